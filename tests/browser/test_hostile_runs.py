"""Every command on a county whose every free text is hostile: its pages opened, its other files looked into."""

from __future__ import annotations

import re
import warnings
from datetime import date
from html import unescape
from pathlib import Path

import openpyxl
import pytest

from landmarket.book_products import book_run, book_work, county_book_plan, write_book
from landmarket.county import read_county
from landmarket.errors import LandMarketWarning
from landmarket.products import Work, do_county, sheets
from tests import test_compile_products
from tests.browser.conftest import Open
from tests.browser.run_folders import CREATED, income_folder, market_folder, whole_run
from tests.browser.test_script_corpus import require_harmless, require_shown
from tests.conftest import quiet
from tests.hostile_county import (
    COUNTY,
    NOTICE,
    TOWNSHIPS,
    hostile_events,
    write_hostile_compile_county,
    write_hostile_county,
)
from tests.output_walls import unsafe_files
from tests.page_data import page_data
from tests.script_corpus import SCRIPTS, told

STRANGE = (
    "img, iframe, object, embed, link, base, form, video, svg script, "
    "[onclick], [onload], [onerror], [onmouseover], [onfocus], [ontoggle], a[href^='javascript'], a[href^='data:']"
)
"""What none of our pages has: if it is there, a text has become it."""

COMMANDS = {"run": 8, "income": 2, "simulate": 1, "book": 3, "compile": 5}
"""The least number of pages that each leaves."""


def book_folder(main: Work, county: Path, folder: Path) -> Path:
    """What ``landmarket book report`` leaves."""
    events = hostile_events(main, county, folder.with_suffix(".gpkg"))
    work = book_work(main, county_book_plan(main.county), events, quiet, on=date(2026, 3, 2), year=2025)
    with book_run(work, folder, CREATED) as run:
        write_book(work, run, CREATED, quiet)
    return run.final


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run folder of every command, of hostile counties."""
    home = tmp_path_factory.mktemp("hostile")
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore", LandMarketWarning)
        patch.setattr(sheets, "write_county_atlas", lambda work, path, created: None)  # figures have tests of their own
        main = do_county(read_county(write_hostile_county(home / "county")), quiet)
        compiled = test_compile_products.compiled(write_hostile_compile_county(home / "graded"))
        return {
            "run": whole_run(main, home / "run"),
            "income": income_folder(main, home / "income"),
            "simulate": market_folder(main, home / "simulate"),
            "book": book_folder(main, home / "county", home / "book"),
            "compile": test_compile_products.handed_over(compiled, home / "compile"),
        }


@pytest.mark.parametrize("command", COMMANDS)
def test_no_page_of_a_run_does_what_its_data_say(visit: Open, runs: dict[str, Path], command: str) -> None:
    pages = sorted(runs[command].rglob("*.html"))
    assert len(pages) >= COMMANDS[command]
    seen = visit(pages[0])
    for path in pages:
        text = path.read_text(encoding="utf-8")
        policy = re.search(r'<meta http-equiv="Content-Security-Policy"\s+content="([^"]*)"', text[:2000])
        assert policy is not None, path
        assert policy[1].startswith("default-src 'none'; "), path
        scripts = policy[1].partition("script-src ")[2].partition(";")[0]
        assert re.fullmatch(r"'none'|('sha256-[A-Za-z0-9+/=]+'\s*)+", scripts), path
        title = re.search(r"<title>(.*?)</title>", text, re.DOTALL)
        assert title is not None, path
        seen.goes_to(path)
        require_harmless(seen, unescape(title[1]))
        assert seen.page.locator(STRANGE).count() == 0, path
        if command != "compile":
            require_shown(seen, [NOTICE])


@pytest.mark.parametrize("command", COMMANDS)
def test_no_file_of_a_run_computes_fetches_or_escapes(runs: dict[str, Path], command: str) -> None:
    assert list(unsafe_files(runs[command])) == []


def test_names_are_handed_over_as_they_were_written(runs: dict[str, Path]) -> None:
    """What is harmless has not been left out: it stands in maps and workbooks, letter by letter."""
    pages = [path.read_text(encoding="utf-8") for path in (runs["run"] / "maps").glob("4*.html")]
    texts = {text for page in pages for text in page_data(page, "parcels")["texts"]}
    assert len({text for text in texts if text.startswith(SCRIPTS)}) > len(pages)
    titles = [unescape(page.partition("<title>")[2].partition("</title>")[0]) for page in pages]
    assert sorted(told(name) for name in TOWNSHIPS for title in titles if name in title) == sorted(TOWNSHIPS)
    assert all(COUNTY in title for title in titles)
    for command in ("run", "income", "simulate", "book"):
        cells = [
            str(cell)
            for path in runs[command].rglob("*.xlsx")
            for sheet in openpyxl.load_workbook(path, read_only=True)
            for row in sheet.iter_rows(values_only=True)
            for cell in row
        ]
        assert set(TOWNSHIPS) & set(cells), command


def test_the_walls_see_what_they_forbid(tmp_path: Path) -> None:
    """Seen to fail: one file of each kind with something in it that must not be there."""
    book = openpyxl.Workbook()
    book.worksheets[0]["A1"] = '=HYPERLINK("https://example.invalid","x")'
    book.save(tmp_path / "表.xlsx")
    (tmp_path / "表.csv").write_text("甲\r\n=1+1\r\n-5\r\n", encoding="utf-8-sig")
    (tmp_path / "图.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" onload="x"/>', encoding="utf-8")
    (tmp_path / "图.pdf").write_bytes(b"%PDF-1.4\n1 0 obj<</S/JavaScript/JS(x)>>endobj")
    (tmp_path / "甲\u202e.txt").write_text("", encoding="utf-8")
    found = {line.partition("：")[0] for line in unsafe_files(tmp_path)}
    assert found == {"表.xlsx", "表.csv", "图.svg", "图.pdf", "甲\u202e.txt"}
    assert sum(line.startswith("表.csv") for line in unsafe_files(tmp_path)) == 1
