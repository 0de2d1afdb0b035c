"""The script corpus in every text that a page can carry: nothing runs, nothing is asked for, all shows as written."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from landmarket import screen
from landmarket.county import read_county
from landmarket.display import frame_table, paragraph
from landmarket.errors import LandMarketWarning
from landmarket.html_page import written_page
from landmarket.maps.table_page import write_table_page
from landmarket.products import county_run, do_county, write_all
from landmarket.report.notice_parts import Gap
from landmarket.report.paper import Paper, Part, text_table
from landmarket.report.paper_page import write_paper_page
from tests.browser.conftest import Open, Visit
from tests.browser.run_folders import CREATED
from tests.conftest import quiet
from tests.script_corpus import FORMULAS, SCRIPTS, told
from tests.small_county import write_small_county

ALL = (*SCRIPTS, *FORMULAS)
FOREIGN = (
    "script:not([type='application/json']), img, iframe, object, embed, link, base, form, input, video, svg script"
)
FREE_COLUMNS = ("规划区位", "临街状况", "道路通达度", "基础设施", "产业集聚", "商服繁华", "宗地形状", "转用文号")


def require_harmless(seen: Visit, title: str) -> None:
    """Nothing was asked for, said or run; the title is the page's own."""
    assert told(seen.page.title()) == told(title)
    assert seen.noticed == []


def require_shown(seen: Visit, texts: Iterable[str]) -> None:
    """Every text can be read on the page as it was written."""
    shown = told(seen.page.locator("body").inner_text())
    assert [text for text in texts if told(text) not in shown] == []


def test_tables_links_and_captions(visit: Open, tmp_path: Path) -> None:
    rows = pd.DataFrame({"文字": ALL, "<b onclick=alert(1)>列</b>${1}": ALL[::-1]})
    tables = {SCRIPTS[0]: rows, **{text: rows.head(1) for text in SCRIPTS[1:]}}
    links = {text: f"{number}.html" for number, text in enumerate(SCRIPTS)}
    path = tmp_path / "页.html"
    write_table_page(path, tables, title=SCRIPTS[8], links=links, notice=SCRIPTS[13], foot=SCRIPTS[42])
    seen = visit(path)
    require_harmless(seen, SCRIPTS[8])
    assert seen.page.locator(FOREIGN).count() == 0
    require_shown(seen, [*ALL, SCRIPTS[13], SCRIPTS[42], "<b onclick=alert(1)>列</b>${1}"])


def test_papers(visit: Open, tmp_path: Path) -> None:
    table = text_table(SCRIPTS[2], [SCRIPTS[3], SCRIPTS[4]], list(zip(ALL, ALL[::-1], strict=True)))
    paper = Paper(
        SCRIPTS[8],
        SCRIPTS[8],
        SCRIPTS[5],
        (Part(SCRIPTS[1], ALL, (table,)),),
        closing=SCRIPTS[10:14],
        warnings=SCRIPTS[14:20],
        gaps=(Gap("待填", SCRIPTS[20], SCRIPTS[21]),),
    )
    path = tmp_path / "文书.html"
    write_paper_page(path, paper, notice_line=SCRIPTS[22], internal_line=SCRIPTS[23])
    seen = visit(path)
    require_harmless(seen, SCRIPTS[8])
    assert seen.page.locator(FOREIGN).count() == 0
    turned = ("\u202e", "\u2066", "\uffff")  # in documents a sign stands for what would turn the line around
    require_shown(seen, [text for text in (*ALL, *SCRIPTS[1:6], *SCRIPTS[10:24]) if not set(turned) & set(text)])
    require_shown(seen, ["�gnp.exe", "�a�\u200f甲"])


def test_values_in_a_notebook(visit: Open, tmp_path: Path) -> None:
    """What a notebook shows of a value stands in a page without a policy there: it must be harmless by itself."""
    square = shapely.box(437_000, 3_780_000, 437_100, 3_780_100)
    rows = gpd.GeoDataFrame({"parcel_code": ALL, "term": ALL, "village": ALL}, geometry=[square] * len(ALL), crs=4547)
    rows.index = rows.index + 1
    shown = screen(rows)._repr_html_() + paragraph(SCRIPTS[13]) + frame_table(pd.DataFrame({SCRIPTS[0]: ALL}))
    path = tmp_path / "单元格.html"
    path.write_text(f"<!doctype html><meta charset=utf-8><title>笔记本</title>{shown}", encoding="utf-8")
    seen = visit(path)
    require_harmless(seen, "笔记本")
    assert seen.page.locator(FOREIGN).count() == 0


def hostile_county(folder: Path) -> Path:
    """A small county with the corpus in its names and in every free text of its parcels, plan, owners and places."""
    path = write_small_county(folder, parcels=40)
    parcels = gpd.read_file(folder / "parcels.gpkg")
    for place, name in enumerate(FREE_COLUMNS):
        parcels[name] = [ALL[(number + 7 * place) % len(ALL)] for number in range(len(parcels))]
    parcels[SCRIPTS[0][:40]] = [ALL[number % len(ALL)] for number in range(len(parcels))]
    parcels.to_file(folder / "parcels.gpkg", layer="parcels")
    owners = gpd.read_file(folder / "ownership.gpkg", layer="ownership")
    for name in ("所有权人", "实施主体"):
        owners[name] = [f"{ALL[number % len(ALL)]}{number}" for number in range(len(owners))]
    owners.to_file(folder / "ownership.gpkg", layer="ownership")
    villages = gpd.read_file(folder / "villages.gpkg")
    villages["村名称"] = [f"{SCRIPTS[number % len(SCRIPTS)]}{number}" for number in range(len(villages))]
    villages.to_file(folder / "villages.gpkg", layer="villages")
    return path


def test_the_whole_job_on_a_hostile_county(visit: Open, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        county = read_county(hostile_county(tmp_path / "county"))
        work = do_county(replace(county, notice=SCRIPTS[13], maker=SCRIPTS[42], name="禹州</title><b>市"), quiet)
        with county_run(work.county, tmp_path / "out", CREATED) as run:
            write_all(work, run, CREATED, quiet)
    pages = sorted(run.final.rglob("*.html"))
    assert len(pages) >= 8
    for path in pages:
        assert all(part.isprintable() for part in path.relative_to(run.final).parts)
        head = path.read_text(encoding="utf-8")[:2000]
        assert "default-src 'none'" in head
        scripts = head.partition("script-src ")[2].partition(";")[0]
        assert "unsafe" not in scripts
        assert scripts.startswith(("'sha256-", "'none'"))
        seen = visit(path)
        require_harmless(seen, seen.page.title())
        assert "<b>" in seen.page.title() or "禹州" not in seen.page.title()
        require_shown(seen, [SCRIPTS[13]])
        assert seen.page.locator("img, iframe, object, embed, base, form, svg script").count() == 0


def test_every_page_begins_with_its_policy() -> None:
    page = written_page(SCRIPTS[8], head="<style></style>", body="")
    assert page.index("charset") < page.index("default-src 'none'") < page.index("<title>") < page.index("<style>")
    assert "script-src 'none'" in page
    assert SCRIPTS[8] not in page
