"""Paths that no disk can hold, and pipes that never answer: told as what is not there, or cannot be read."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from landmarket import read_county
from landmarket.cli.main_command import app
from landmarket.distribution.income_plan import read_income_plan
from landmarket.errors import LandMarketError, ReadError
from landmarket.io import read_layer
from landmarket.io.sheets import workbook_grids
from landmarket.io.text_encoding import table_text
from landmarket.land_book.book_plan import read_book_plan
from landmarket.market.market_plan import read_market_plan
from landmarket.pricing.compilation import read_compile_rule
from landmarket.pricing.grading import read_grading_rule
from landmarket.rules import load_toml
from tests.small_county import write_small_county

pytestmark = pytest.mark.filterwarnings("ignore::landmarket.errors.LandMarketWarning")
LONG = "长" * 300
"""900 bytes: file systems take 255."""
READERS: dict[str, Callable[[Path], object]] = {
    "county.toml": read_county,
    "rules/market.toml": read_market_plan,
    "rules/income.toml": read_income_plan,
    "rules/grading.toml": read_grading_rule,
    "rules/compile.toml": read_compile_rule,
    "rules/book.toml": read_book_plan,
}
NAMED_FILE = re.compile(r'"[^"]+\.(?:csv|gpkg|shp|gdb|toml|xlsx)"(?!.*可以不写)')


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_county(tmp_path_factory.mktemp("paths") / "county", parcels=6)


@pytest.mark.parametrize("name", READERS)
def test_a_name_too_long_for_the_disk_is_a_file_that_is_not_there(name: str, county: Path) -> None:
    file = county.parent / name
    text = file.read_text(encoding="utf-8")
    named = list(NAMED_FILE.finditer(text))
    assert named
    edited = file.with_name("edited.toml")
    for one in named:
        edited.write_text(f'{text[: one.start()]}"{LONG}"{text[one.end() :]}', encoding="utf-8")
        with pytest.raises(ReadError, match=rf"(?s){LONG}.*办法"):
            READERS[name](edited)


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", LONG],
        ["price", LONG],
        ["check", f"{LONG}.gpkg"],
        ["check", f"{LONG}.parquet"],
        ["check", f"{LONG}.shp"],
        ["check", f"{LONG}.zip"],
        ["price", "county.toml", "--prices", LONG],
        ["map", "county.toml", "--compare", LONG],
        ["report", "county.toml", "--out", LONG],
        ["rerun", LONG],
        ["compare", LONG, LONG],
        ["book", "status", f"{LONG}.gpkg"],
    ],
    ids=lambda arguments: " ".join(arguments).replace(LONG, "long"),
)
def test_an_argument_too_long_for_the_disk_is_refused(
    arguments: list[str], county: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(county.parent)
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, LandMarketError), done.exception
    assert "办法" in str(done.exception)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes in folders")
@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("county.toml", load_toml),
        ("甲.gpkg", read_layer),
        ("甲.parquet", read_layer),
        ("甲.txt", read_layer),
        ("甲.zip", read_layer),
        ("甲.xlsx", workbook_grids),
        ("甲.csv", table_text),
    ],
)
def test_a_pipe_is_refused_at_once(name: str, read: Callable[[Path], object], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(ReadError, match=r"不是普通文件.*办法"):
        read(tmp_path / name)
