"""Every command on a county whose every free text is hostile: its pages opened, its other files looked into."""

from __future__ import annotations

import base64
import re
import warnings
import zipfile
import zlib
from datetime import date
from html import unescape
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from landmarket.book_products import book_run, book_work, county_book_plan, write_book
from landmarket.book_products import products as book_products
from landmarket.check_products import checked, write_check
from landmarket.county import read_county, read_county_parcels
from landmarket.errors import LandMarketWarning
from landmarket.io.writing import new_run
from landmarket.products import Work, county_run, do_county, record, sheets
from landmarket.products.documents import parcel_papers, write_parcel_papers, write_worksheet
from landmarket.screening import survey
from tests import test_compile_products
from tests.browser.conftest import Open
from tests.browser.run_folders import CREATED, income_folder, market_folder, whole_run
from tests.browser.test_script_corpus import require_harmless, require_shown
from tests.conftest import quiet
from tests.hostile_county import (
    COUNTY,
    NOTICE,
    PERSON,
    TOWNSHIPS,
    hostile_events,
    write_hostile_compile_county,
    write_hostile_county,
)
from tests.hunting import FULL
from tests.output_walls import unsafe_files
from tests.page_data import page_data
from tests.script_corpus import SCRIPTS, told

STRANGE = (
    "img, iframe, object, embed, link, base, form, video, svg script, "
    "[onclick], [onload], [onerror], [onmouseover], [onfocus], [ontoggle], a[href^='javascript'], a[href^='data:']"
)
"""What none of our pages has: if it is there, a text has become it."""

DAILY = {"run": 8, "income": 2, "book": 3}
COMMANDS = DAILY | ({"papers": 4, "simulate": 1, "compile": 5} if FULL else {})
"""The least number of pages that each leaves; the hostile pages of ``grade`` are walked through elsewhere."""


def book_folder(main: Work, county: Path, folder: Path) -> Path:
    """What ``landmarket book report`` leaves."""
    events = hostile_events(main, county, folder.with_suffix(".gpkg"))
    work = book_work(main, county_book_plan(main.county), events, quiet, on=date(2026, 3, 2), year=2025)
    with book_run(work, folder, CREATED) as run:
        write_book(work, run, CREATED, quiet)
    return run.final


def check_folder(main: Work, folder: Path) -> Path:
    """What ``landmarket check --out`` leaves."""
    parcels = read_county_parcels(main.county)
    with new_run(folder, created=CREATED) as run:
        write_check(checked(parcels, survey(parcels), NOTICE, NOTICE), run, CREATED)
    return run.final


def papers_folder(main: Work, folder: Path) -> Path:
    """What ``papers`` and ``worksheet`` leave for one parcel, in one folder."""
    code = str(main.outcome.prices.index[0])
    with county_run(main.county, folder, CREATED) as run:
        papers = parcel_papers(main, code, main.county.paper_facts, None)
        write_parcel_papers(main, papers, run.folder / "交易文书", CREATED)
        write_worksheet(main, code, run.folder / f"地价测算说明_{code}.docx", CREATED)
        record(main, run)
    return run.final


def hunted_runs(main: Work, home: Path) -> dict[str, Path]:
    """What the other commands leave."""
    compiled = test_compile_products.compiled(write_hostile_compile_county(home / "graded"))
    return {
        "papers": papers_folder(main, home / "papers"),
        "simulate": market_folder(main, home / "simulate"),
        "compile": test_compile_products.handed_over(compiled, home / "compile"),
    }


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run folder of every command, of hostile counties."""
    home = tmp_path_factory.mktemp("hostile")
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore", LandMarketWarning)
        patch.setattr(sheets, "write_county_atlas", lambda work, path, created: None)  # figures have tests of their own
        patch.setattr(book_products, "write_year_sheets", lambda work, folder, created: {})
        main = do_county(read_county(write_hostile_county(home / "county")), quiet)
        return {
            "check": check_folder(main, home / "check"),
            "run": whole_run(main, home / "run"),
            "income": income_folder(main, home / "income"),
            "book": book_folder(main, home / "county", home / "book"),
            **(hunted_runs(main, home) if FULL else {}),
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


@pytest.mark.parametrize("command", [*COMMANDS, "check"])
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
    for command in DAILY:
        cells = [
            str(cell)
            for path in runs[command].rglob("*.xlsx")
            for sheet in openpyxl.load_workbook(path)
            for row in sheet.iter_rows(values_only=True)
            for cell in row
        ]
        assert set(TOWNSHIPS) & set(cells), command


@pytest.mark.parametrize("command", [*COMMANDS, "check"])
def test_no_person_is_named(runs: dict[str, Path], command: str) -> None:
    """Representatives, members, recorders and whoever a layer's own columns name; members are posted masked."""
    kinds = {".html", ".xlsx", ".docx", ".csv", ".svg", ".gpkg", ".json", ".parquet"}
    looked = [path for path in runs[command].rglob("*") if path.suffix in kinds and path.name != "parcels.parquet"]
    assert looked
    assert [path.name for path in looked if PERSON in content(path)] == []


def test_the_table_of_parcels_keeps_the_columns_of_its_file(runs: dict[str, Path]) -> None:
    """As the page on safe outputs says of ``tables``; and seen to fail: names in such a file are found."""
    assert PERSON in content(runs["run"] / "tables" / "parcels.parquet")


def content(path: Path) -> str:
    """All text of a file: what is packed, unpacked."""
    if path.suffix == ".parquet":
        return pd.read_parquet(path).to_csv()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            return "\n".join(packed.read(name).decode(errors="ignore") for name in packed.namelist())
    text = path.read_bytes().decode(errors="ignore")
    data = re.findall(r'<script type="application/zlib;base64"[^>]*>([A-Za-z0-9+/=]*)</script>', text)
    return "\n".join(
        [unescape(text), *(zlib.decompress(base64.b64decode(one)).decode(errors="ignore") for one in data)]
    )


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
