"""The script corpus in every text that a page can carry: nothing runs, nothing is asked for, all shows as written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from landmarket import screen
from landmarket.display import frame_table, paragraph
from landmarket.html_page import written_page
from landmarket.maps.table_page import write_table_page
from landmarket.report.notice_parts import Gap
from landmarket.report.paper import Paper, Part, text_table
from landmarket.report.paper_page import write_paper_page
from tests.browser.conftest import Open, Visit
from tests.script_corpus import FORMULAS, SCRIPTS, told

ALL = (*SCRIPTS, *FORMULAS)
FOREIGN = (
    "script:not([type='application/json']), img, iframe, object, embed, link, base, form, input, video, svg script"
)


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


def test_every_page_begins_with_its_policy() -> None:
    page = written_page(SCRIPTS[8], head="<style></style>", body="")
    assert page.index("charset") < page.index("default-src 'none'") < page.index("<title>") < page.index("<style>")
    assert "script-src 'none'" in page
    assert SCRIPTS[8] not in page
