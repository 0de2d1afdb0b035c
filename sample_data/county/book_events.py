"""Two years of events in the sample county's land book, and events that may not be recorded; all invented."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd

from sample_data.county import facts, notice
from sample_data.county.attributes import price_kind
from sample_data.county.book_corrections import corrected_events
from sample_data.county.book_refused import refused_events
from sample_data.county.book_ways import (
    AGREED,
    FIRST,
    MERGED,
    SPLIT,
    WAYS,
    Way,
    agreed_place,
    draw_places,
    place_of,
    working_days,
)  # fmt: skip
from sample_data.county.land_book import FOLDER
from sample_data.county.samples import USE_OF_KIND
from sample_data.county.writing import save_workbook, write_csv

RECORDER = "示例记录员"
EVENTS, REFUSED, PLANTED = "events.xlsx", "events_bad.xlsx", "planted_events.csv"
_HEADER = {
    "parcel_code": "宗地代码", "kind": "事件", "happened_on": "发生日期", "collective_code": "集体代码",
    "party": "相对人", "deal_no": "成交编号", "amount_fen": "金额分", "plan_year": "计划年度",
    "event_area": "事件面积（㎡）", "agreed_by": "约定期限", "event_document": "事件文号", "corrects": "更正事件编号",
    "lineage": "关联宗地", "recorded_by": "记录人", "remark": "事件备注",
}  # fmt: skip
_DOCUMENTS = {
    "证据核实": "示例核", "规划批准": "示例规", "出具规划条件": "示例条", "决议": "示例决", "报送入市方案": "示例报",
    "答复意见": "示例复", "同意入市": "示例批", "出让公告": "示例告", "签订合同": "示例合", "缴款": "示例收",
    "权属争议": "示例争", "争议解决": "示例裁", "收回": "示例收回", "闲置认定": "示例闲", "改变用途": "示例变",
}  # fmt: skip
_PARTIES = {"出租": "示例承租企业", "抵押": "示例银行", "转让": "示例受让企业"}
_INSTALMENTS = (0.3, 0.4, 0.3)
_TYPICAL = {"商服": 600.0, "工业": 220.0, "公共管理与公共服务": 260.0}
_LATE_YEAR_MONTH = 11
Row = dict[str, object]


@dataclass
class Records:
    """What was made: events, planted irregularities, and which parcels went which way."""

    rows: list[Row] = field(default_factory=list)
    planted: list[tuple[str, str, str]] = field(default_factory=list)
    of_way: dict[str, list[str]] = field(default_factory=dict)


def _pool(
    home: Path, seed: int, clear: pd.DataFrame, owned: gpd.GeoDataFrame, prices: pd.Series[float]
) -> pd.DataFrame:
    """Parcels of the land book that its other files have nothing against, those without a decision of 2025 first."""
    used = pd.read_excel(home / "use_records.xlsx", header=1)["宗地代码"].astype(str)
    wrong = pd.read_csv(home / "planted.csv", comment="#", encoding="utf-8-sig")["key"].astype(str)
    decided = pd.read_excel(home / "decisions.xlsx", header=1)["宗地代码"].astype(str)
    register = pd.read_excel(home / "collectives.xlsx", header=1).set_index("所有权人")["集体代码"]
    names = clear["所有权代码"].map(owned.set_index("所有权代码")["所有权人"])
    table = pd.DataFrame(
        {
            "code": clear["宗地代码"].astype(str),
            "area": clear["面积"].astype(float).round(2),
            "collective": names.map(register),
            "price": prices.reindex(clear.index),
        }
    )
    kept = table[table["code"].isin(used) & ~table["code"].isin(wrong)]
    mixed = kept.iloc[facts.generator(seed, "book events pool").permutation(len(kept))]
    return mixed.iloc[np.argsort(mixed["code"].isin(decided).to_numpy(), kind="stable")].reset_index(drop=True)


def _unit_prices(table: gpd.GeoDataFrame, shapes: gpd.GeoDataFrame) -> pd.Series[float]:
    """Benchmark price of each parcel's use where it lies, else what is usual for the use [元/㎡]."""
    grades = notice.grade_of_villages()
    known = notice.prices().dropna().set_index(["township", "grade", "use"])["price"].to_dict()
    index = table.index[: len(shapes)]
    uses = [USE_OF_KIND.get(price_kind(code, ""), "工业") for code in shapes["plan_code"]]
    places = zip(table["乡镇名称"].iloc[: len(shapes)], shapes["village_code"], uses, strict=True)
    return pd.Series(
        [float(known.get((town, grades[home], use), _TYPICAL[use])) for town, home, use in places], index=index
    )


def _shares(kinds: tuple[str, ...]) -> tuple[float, ...]:
    at_once = kinds.count("缴款") == 1 and "价款缴清" in kinds
    return (1.0,) if at_once else _INSTALMENTS


def _payment(price: int, shares: tuple[float, ...], number: int) -> int:
    """One instalment [分]; the last one of all is the rest."""
    earlier = [round(price * share) for share in shares[:number]]
    return price - sum(earlier) if number == len(shares) - 1 else round(price * shares[number])


def _follow(rng: np.random.Generator, way: Way, parcel: pd.Series) -> list[Row]:
    """The events of one parcel."""
    places, days = draw_places(rng, way), working_days()
    price = round(float(parcel["area"]) * float(parcel["price"]) * float(rng.uniform(0.95, 1.3))) * 100
    rows: list[Row] = []
    paid, buyer = 0, f"示例企业{int(rng.integers(1, 900)):03d}"
    for place, kind in enumerate(way.kinds):
        day = days[places[place]]
        row: Row = {"parcel_code": parcel["code"], "kind": kind, "happened_on": day}
        if day < FIRST:
            row["remark"] = "建账以前的事，补记"
        if kind in ("列入备选", "分割", "合并"):
            row["event_area"] = parcel["area"]
        elif kind == "权属确认":
            row["collective_code"] = parcel["collective"]
        elif kind == "列入年度计划":
            row["plan_year"] = day.year + (day.month >= _LATE_YEAR_MONTH)
        elif kind == "出让公告":
            listed = places[place + 1] if "交易开始" in way.kinds[place:] else places[place] + 20
            row["agreed_by"] = days[listed]
        elif kind == "成交":
            row |= {"amount_fen": price, "party": buyer}
        elif kind == "缴款":
            row["amount_fen"] = _payment(price, _shares(way.kinds), paid)
            paid += 1
        elif kind in _PARTIES:
            row["party"] = f"{_PARTIES[kind]}"
            if kind == "抵押":
                row["amount_fen"] = price // 200 * 100
        if kind in AGREED:
            row["agreed_by"] = days[agreed_place(rng, way, places, place)]
        rows.append(row)
    return rows


def _free_codes(taken: set[str], near: str, count: int) -> list[str]:
    """Codes of the same district that no parcel has."""
    numbers = (f"{near[:14]}{number:05d}" for number in range(90001, 99999))
    return [code for _, code in zip(range(count), (c for c in numbers if c not in taken), strict=False)]


def _established(code: str, day: date, parents: list[str], area: float) -> Row:
    return {
        "parcel_code": code,
        "kind": "新宗地设立",
        "happened_on": day,
        "lineage": "、".join(parents),
        "event_area": round(area, 2),
    }


def _later(code: str, day: date, kinds: tuple[str, ...]) -> list[Row]:
    """What becomes of a new parcel: an event every eight working days."""
    days = working_days()
    rows: list[Row] = []
    for number, kind in enumerate(kinds, 1):
        on = days[place_of(day) + 8 * number]
        row: Row = {"parcel_code": code, "kind": kind, "happened_on": on}
        rows.append(row | ({"plan_year": on.year} if kind == "列入年度计划" else {}))
    return rows


def _split(rng: np.random.Generator, made: Records, parcel: pd.Series, taken: set[str]) -> None:
    """One parcel becomes two, of which one goes on into the plan."""
    rows = _follow(rng, SPLIT, parcel)
    children = _free_codes(taken, parcel["code"], 2)
    last, first = rows[-1], round(parcel["area"] * 0.45, 2)
    last["lineage"] = "、".join(children)
    day = pd.Timestamp(str(last["happened_on"])).date()
    made.rows += rows
    for child, area in zip(children, (first, parcel["area"] - first), strict=True):
        made.rows.append(_established(child, day, [parcel["code"]], area))
    made.rows += _later(children[0], day, ("列入年度计划", "出具规划条件"))
    made.of_way["分割"] = [parcel["code"]]


def _merge(rng: np.random.Generator, made: Records, pair: pd.DataFrame, taken: set[str]) -> None:
    """Two parcels of one collective become one, which goes on into the stock."""
    child, *_ = _free_codes(taken, pair["code"].iloc[0], 3)[2:]
    day = working_days()[place_of(MERGED.ends[1])]
    for _, parcel in pair.iterrows():
        rows = _follow(rng, MERGED, parcel)
        rows[-1] |= {"lineage": child, "happened_on": day}
        made.rows += rows
    made.rows.append(_established(child, day, list(pair["code"]), float(pair["area"].sum())))
    made.rows += _later(child, day, ("入库", "列入年度计划"))
    made.of_way["合并"] = list(pair["code"])


def _recorded(seed: int, pool: pd.DataFrame, taken: set[str]) -> Records:
    """Events of every way: the merger's two parcels first, then one parcel after the other."""
    rng, made = facts.generator(seed, "book events"), Records()
    owners = pool["collective"][pool["collective"].duplicated()]
    pair = pool[pool["collective"].eq(owners.iloc[0])].head(2) if len(owners) else pool.head(0)
    rest = iter(pool.drop(pair.index).iterrows())
    if len(pair):
        _merge(rng, made, pair, taken)
    for _, parcel in zip(range(SPLIT.count), (row for _, row in rest), strict=False):
        _split(rng, made, parcel, taken)
    ways = (way for way in WAYS for _ in range(way.count))
    for way, (_, parcel) in zip(ways, rest, strict=False):
        made.rows += _follow(rng, way, parcel)
        made.of_way.setdefault(way.name, []).append(parcel["code"])
        if way.planted:
            made.planted.append((EVENTS, parcel["code"], way.planted))
    return made


def _numbered(rows: list[Row]) -> list[Row]:
    """Events by day, with numbers of deals and documents as they came."""
    counted: Counter[str] = Counter()
    deals: dict[object, str] = {}
    done = []
    for row in sorted(rows, key=lambda row: str(row["happened_on"])):
        kind, year = str(row["kind"]), str(row["happened_on"])[:4]
        if kind == "成交":
            counted[year] += 1
            deals[row["parcel_code"]] = f"示例交{year}-{counted[year]:03d}"
        if kind in ("成交", "成交确认", "签订合同"):
            row["deal_no"] = deals[row["parcel_code"]]
        if kind in _DOCUMENTS:
            counted[kind + year] += 1
            row["event_document"] = f"{_DOCUMENTS[kind]}〔{year}〕{counted[kind + year]}号"
        done.append(row | {"recorded_by": RECORDER})
    return done


def _write_events(path: Path, rows: list[Row]) -> None:
    book = openpyxl.Workbook()
    sheet = book.create_sheet("台账事件")
    book.remove(book.worksheets[0])
    sheet.append([facts.NOTICE])
    sheet.append(list(_HEADER.values()))
    for row in rows:
        sheet.append([row.get(name) for name in _HEADER])
    sheet.freeze_panes = "A3"
    save_workbook(book, path)


def write_book_events(
    folder: Path,
    seed: int,
    table: gpd.GeoDataFrame,
    shapes: gpd.GeoDataFrame,
    clear: pd.DataFrame,
    owned: gpd.GeoDataFrame,
) -> None:
    """Write the events, those to be refused, and the list of what was planted; the land book's files are there.

    Parameters
    ----------
    folder : Path
        Folder of the county.
    seed : int
        Seed of the county.
    table : GeoDataFrame
        The parcel file.
    shapes : GeoDataFrame
        Shapes with planned uses, in the order of the file.
    clear : DataFrame
        Parcels without a defect and their owners, as from `clear_parcels`.
    owned : GeoDataFrame
        As from `ownership_layer`.
    """
    home = folder / FOLDER
    pool = _pool(home, seed, clear, owned, _unit_prices(table, shapes))
    made = _recorded(seed, pool, set(table["宗地代码"].dropna()))
    rows = corrected_events(_numbered(made.rows), made.of_way, RECORDER)
    refused = refused_events(rows, made.of_way)
    _write_events(home / EVENTS, rows)
    _write_events(home / REFUSED, [row | {"recorded_by": RECORDER} for row, _ in refused])
    planted = [*made.planted, *((REFUSED, str(row["parcel_code"]), why) for row, why in refused)]
    write_csv(home / PLANTED, pd.DataFrame(planted, columns=["file", "parcel_code", "kind"]))
