"""A small county whose every free text is one of the script corpus: places, owners, files, layers, rules, events."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from itertools import cycle
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import xlsxwriter

from landmarket.county import sample_county
from landmarket.land_book import make_book, read_events
from landmarket.products import Work
from tests import compiled_county, graded_county
from tests.compiled_county import write_compile_county, write_sheet
from tests.script_corpus import FORMULAS, SCRIPTS
from tests.small_county import FIRST_TWO, WITH_ROSTER, write_small_county

ALL = (*SCRIPTS, *FORMULAS)
NOTICE, MAKER, COUNTY = SCRIPTS[13], SCRIPTS[42], "禹州</title><b>市"
PLACES = tuple(text for text in SCRIPTS if not re.search(r"[、，,；;\s\\]", text) and text.isprintable())
"""Texts that a notice can list as villages."""

TOWNSHIPS = ("</script><script>alert(1)</script>街道", "=夏都${alert(1)}{{7*7}}<img/src=x/onerror=alert(1)>镇")
FREE_COLUMNS = ("规划区位", "临街状况", "道路通达度", "基础设施", "产业集聚", "商服繁华", "宗地形状", "转用文号")
PERSON = "欧阳测试"
"""Every name of a person begins with it."""

PERSONAL_CELLS = {"法定代表人", "姓名", "记录人"}
PERSONAL_COLUMNS = ("联系人", "经办人", "户主姓名")
"""What a bureau keeps in its layers beside what this library knows."""

FREE_CELLS = {
    *("收款方", "凭证号", "说明", "相对人", "事件文号", "事件备注", "户号", "村民小组", *PERSONAL_CELLS),
    *("成员编号", "争议编号", "决议编号", "规划编号", "批准文号", "集体名称", "实施主体"),
}
FREE_KEYS = ("name", "source", "document", "maker", "notice", "note", "fund_document", "risk_reserve_document")
_LAYERS = {"永久基本农田": f"农田{SCRIPTS[0]}", "生态保护红线": '红线"><b>', "道路": "道路${alert(1)}</script>"}
_FILES = {"cost_ledger.xlsx": "<img src=x onerror=alert(1)>.xlsx", "roster.xlsx": "${alert(1)}{{7*7}}.xlsx"}
_STRING = re.compile(r'^([ ]*"?[\w\u4e00-\u9fff]+"?) = "([^"]*)"', re.MULTILINE)


def write_hostile_county(folder: Path) -> Path:
    """Write the county; give the path of its county file."""
    path = write_small_county(folder, (FIRST_TWO[0], WITH_ROSTER), parcels=28)
    shutil.copytree(sample_county() / "land_book", folder / "land_book")
    for unused in ("samples.xlsx", "facilities.gpkg", "land_book/events_bad.xlsx"):
        (folder / unused).unlink()
    names = _place_names(folder)
    _rewrite_layers(folder, names)
    codes = set(gpd.read_file(folder / "parcels.gpkg", columns=["宗地代码"], read_geometry=False)["宗地代码"])
    _rewrite_notice(folder / "price_notice.xlsx", names)
    for book in sorted({*folder.rglob("*.xlsx")} - {folder / "price_notice.xlsx"}):
        _rewrite_book(book, names, {"宗地代码": codes, "乡镇": names})
    for table in sorted(folder.rglob("*.csv")):
        text = table.read_text(encoding="utf-8-sig")
        table.write_text(_replaced(text, {old: _csv_cell(new) for old, new in names.items()}), encoding="utf-8-sig")
    for old, new in _FILES.items():
        (folder / old).rename(folder / new)
    for rules in sorted(folder.rglob("*.toml")):
        _rewrite_rules(rules, names)
    supply = folder / "rules" / "supply.toml"  # no more than so few parcels have
    supply.write_text(supply.read_text(encoding="utf-8").replace("least = 20", "least = 1"), encoding="utf-8")
    return path


def _place_names(folder: Path) -> dict[str, str]:
    """What every township and village is called instead."""
    villages = gpd.read_file(folder / "villages.gpkg", layer="villages")
    names = dict(zip(villages["乡镇名称"].unique(), TOWNSHIPS, strict=True))
    texts = cycle(PLACES)
    return names | {name: f"{next(texts)}{number}" for number, name in enumerate(villages["村名称"].unique())}


def _replaced(text: str, names: Mapping[str, str]) -> str:
    return _pattern(frozenset(names)).sub(lambda match: names[match[0]], text)


@cache
def _pattern(names: frozenset[str]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)))


def _csv_cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _rewrite_layers(folder: Path, names: Mapping[str, str]) -> None:
    rows = gpd.read_file(folder / "parcels.gpkg").groupby("乡镇名称").tail(14).reset_index(drop=True)  # with events
    (folder / "parcels.gpkg").unlink()
    for place, name in enumerate(FREE_COLUMNS):
        own = [ALL[(number + 7 * place) % len(ALL)] for number in range(len(rows))]
        rows[name] = rows[name].where(pd.Series(range(len(rows))) % 3 != 0, own)  # the others can be priced
    rows[SCRIPTS[0][:40]] = [ALL[number % len(ALL)] for number in range(len(rows))]
    people = dict.fromkeys(PERSONAL_COLUMNS, PERSON)
    _save(_renamed(rows, names).assign(**people), folder / "parcels.gpkg", "parcels")
    villages = _renamed(gpd.read_file(folder / "villages.gpkg"), names).assign(**people)
    _save(villages, folder / "villages.gpkg", "villages")
    owners = _renamed(gpd.read_file(folder / "ownership.gpkg", layer="ownership"), names)
    owners["实施主体"] = [f"{ALL[number % len(ALL)]}{number}" for number in range(len(owners))]
    _save(owners.assign(**people), folder / "ownership.gpkg", "ownership")
    for file in ("constraints.gpkg", "roads.gpkg"):
        layers = {name: gpd.read_file(folder / file, layer=name) for name in pyogrio.list_layers(folder / file)[:, 0]}
        (folder / file).unlink()
        for name, layer in layers.items():
            _save(layer, folder / file, _LAYERS.get(name, name))


def _save(layer: gpd.GeoDataFrame, file: Path, name: str) -> None:
    layer.to_file(file, layer=name, driver="GPKG")


def _renamed(layer: gpd.GeoDataFrame, names: Mapping[str, str]) -> gpd.GeoDataFrame:
    texts = [name for name in layer.select_dtypes(["object", "str"]).columns if name != layer.geometry.name]
    swap = {name: layer[name].map(lambda cell: _replaced(cell, names), na_action="ignore") for name in texts}
    return layer.assign(**swap)


def _rewrite_notice(path: Path, names: Mapping[str, str]) -> None:
    book = openpyxl.load_workbook(path)  # whole, for its merged cells
    for cell in (cell for sheet in book for row in sheet.iter_rows() for cell in row):
        if isinstance(cell.value, str):
            cell.value, cell.data_type = _replaced(cell.value, names), "s"  # a text, whatever it begins with
    book.save(path)


def _rewrite_book(path: Path, names: Mapping[str, str], own: Mapping[str, Container[str]]) -> None:
    """Places by their new names, free cells by the corpus; rows of other places left out."""
    with closing(openpyxl.load_workbook(path, read_only=True)) as sheets:
        grids = {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in sheets}
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        day, texts = book.add_format({"num_format": "yyyy-mm-dd"}), cycle(ALL)
        swapped: dict[tuple[str, object], str] = {}
        for title, grid in grids.items():
            sheet = book.add_worksheet(title)
            for number, row in enumerate(_own_rows(grid, own)):
                heads = _heads(grid) if number > 1 else {}
                for place, cell in enumerate(row):
                    head = heads.get(place, "")
                    if isinstance(cell, datetime):
                        sheet.write_datetime(number, place, cell, day)
                    elif head in FREE_CELLS and cell is not None:  # what was equal stays equal
                        text = f"{PERSON * (head in PERSONAL_CELLS)}{next(texts)}{number}"
                        sheet.write_string(number, place, swapped.setdefault((head, cell), text))
                    elif isinstance(cell, str):
                        sheet.write_string(number, place, _replaced(cell, names))
                    elif cell is not None:
                        sheet.write(number, place, cell)


def _heads(grid: Sequence[Sequence[object]]) -> dict[int, str]:
    """Headers by their place, without units: the first row that has more than two."""
    for row in grid:
        said = {place: str(cell).partition("（")[0] for place, cell in enumerate(row) if cell is not None}
        if len(said) > 2:
            return said
    return {}


def _own_rows(grid: Sequence[list[object]], own: Mapping[str, Container[str]]) -> Iterator[list[object]]:
    places = [(place, own[head], head) for place, head in _heads(grid).items() if head in own]
    for row in grid:
        if all(row[place] in (None, head) or str(row[place]) in kept for place, kept, head in places):
            yield row


def _rewrite_rules(path: Path, names: Mapping[str, str]) -> None:
    """Free texts by the corpus; files, layers and places by their new names."""
    texts, own = cycle(SCRIPTS), {"name": COUNTY, "maker": MAKER, "notice": NOTICE}
    head, tables, rest = path.read_text(encoding="utf-8").partition("\n[")
    other = {**names, **_LAYERS, **_FILES}

    def of_county(match: re.Match[str]) -> str:
        return f"{match[1]} = {_quoted(own[match[1]])}" if match[1] in own else match[0]

    def written(match: re.Match[str]) -> str:
        free = match[1].strip() in FREE_KEYS and match[2] and match[2] not in _LAYERS
        return f"{match[1]} = {_quoted(next(texts) if free else _replaced(match[2], other))}"

    head = _STRING.sub(of_county if path.name == "county.toml" else written, head)
    rest = _STRING.sub(written, tables + rest).replace('"道路" = ', f"{_quoted(_LAYERS['道路'])} = ")
    path.write_text(head + rest, encoding="utf-8")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def hostile_events(main: Work, folder: Path, book: Path) -> pd.DataFrame:
    """A land book with the events of the parcels that there are; all of it as the book holds it."""
    kept = make_book(str(book), main.screening.accepted)
    events = read_events(folder / "land_book" / "events.xlsx")
    codes = set(main.screening.accepted.index)
    events = events[events["parcel_code"].isin(codes) & events["lineage"].isna() & events["corrects"].isna()]
    kept.append(events, recorded_by=SCRIPTS[1], recorded_at=datetime(2026, 3, 2, 8, tzinfo=UTC))
    return kept.events()


def write_hostile_compile_county(folder: Path) -> Path:
    """A county that can be graded and compiled, its places, layers, rules and samples by the corpus; its folder."""
    plain = [
        *(graded_county.NAME, graded_county.NOTICE, graded_county.RULE, graded_county.SOURCE),
        *(*graded_county.TOWNSHIPS, *graded_county.VILLAGES),
        *("县医院", "东镇卫生院", "西镇卫生院", "样例国道", "样例县道", "设施", "道路"),
    ]
    names = {name: f"{text}{number}" for number, (name, text) in enumerate(zip(plain, PLACES, strict=False))}
    texts = dict(zip(("样例县基准地价（编制稿）", "示例，虚构"), map(_quoted, SCRIPTS), strict=False))
    rule = compiled_county.RULE
    for old, new in texts.items():
        rule = rule.replace(f'"{old}"', new, 1)
    write_compile_county(folder, rule, names)
    rows = [
        (f"{ALL[number % len(ALL)]}{number}", *row[1:-1], row[-1] or f"{ALL[-1 - number % len(ALL)]}注")
        for number, row in enumerate(compiled_county.SHEET)
    ]
    write_sheet(folder / "sheet.csv", rows)
    return folder
