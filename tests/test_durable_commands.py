"""Every command that leaves a run folder, stopped at any moment: what was there stays, nothing half is left.

By default the cheap commands, at a few moments; in a hunt all of them, at every call that writes and a hundred times.
"""

from __future__ import annotations

import os
import random
import signal
import time
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from landmarket.book_products import book_run, book_work, county_book_plan, write_book
from landmarket.check_products import checked, write_check
from landmarket.cli.main_command import app
from landmarket.compile_products import compile_run, write_compilation
from landmarket.county import read_county, read_county_parcels
from landmarket.errors import LandMarketError, LandMarketWarning
from landmarket.grade_products import grading_run, write_grades
from landmarket.income_products import do_income, income_run, write_income
from landmarket.io.geoparquet import write_geoparquet
from landmarket.io.manifest import altered_files
from landmarket.io.parcels import read_parcels
from landmarket.io.writing import LATEST, RunFolder, new_run, read_latest
from landmarket.market_products import do_market, market_run, write_market
from landmarket.products import (
    Work,
    county_run,
    do_county,
    record,
    write_all,
    write_comparison,
    write_layers,
    write_maps,
)
from landmarket.products.book import write_report
from landmarket.products.documents import parcel_papers, write_parcel_papers, write_worksheet
from landmarket.products.layers import write_geodatabase, write_parcel_shapefile
from landmarket.products.sheets import write_county_atlas
from landmarket.screening import survey
from landmarket.tiles import run_tiles
from landmarket.tiles.tiling import in_order
from tests import graded_county
from tests.browser.run_folders import CREATED, DRAWS
from tests.compiled_county import write_compile_county
from tests.conftest import quiet
from tests.disk_faults import FULL as DISK_FULL
from tests.disk_faults import fails_at_each_call
from tests.hostile_county import hostile_events, write_hostile_county
from tests.hunting import FULL
from tests.small_county import write_small_county
from tests.test_compile_products import compiled
from tests.test_durability import layer

Write = Callable[[Path], object]
Filled = Callable[[RunFolder], object]

CHEAP = ("check",)
GRADING = ("grade", "compile")
MAIN = ("run", "report", "map", "atlas", "layers", "papers", "worksheet", "income", "simulate", "book report")
COMMANDS = (*CHEAP, "rerun", *GRADING, *MAIN) if FULL else CHEAP
TILED = ("run --tables",)
KILLED = (*COMMANDS, *TILED) if FULL else COMMANDS
"""A run by tiles keeps those it has done: what a full disk leaves of it is looked at in ``test_tiles``."""
KILLS = 100 if FULL else 3


def into(opened: Callable[[Path], AbstractContextManager[RunFolder]], fill: Filled) -> Write:
    """A command's writer: a folder of runs, and everything the command puts into a new one."""

    def write(out: Path) -> None:
        with opened(out) as run:
            fill(run)

    return write


def check_command(home: Path) -> dict[str, Write]:
    layer("甲").to_file(home / "宗地.gpkg")
    parcels = read_parcels(home / "宗地.gpkg")
    work = checked(parcels, survey(parcels), "宗地.gpkg")
    return {"check": into(lambda out: new_run(out, created=CREATED), lambda run: write_check(work, run, CREATED))}


def rerun_command(home: Path) -> dict[str, Write]:
    """``rerun`` as it is typed, of a run of ``check``; its comparison finds every file the same."""
    done = CliRunner().invoke(app, ["check", str(home / "宗地.gpkg"), "--out", str(home / "当时")])
    first = read_latest(home / "当时")
    assert first is not None, done.output

    def write(out: Path) -> None:
        again = CliRunner().invoke(app, ["rerun", str(first), "--out", str(out)])
        if isinstance(again.exception, LandMarketError):
            raise again.exception
        assert (again.exit_code, "复算成果：" in again.stdout) == (0, True), again.output

    return {"rerun": write}


def tiled_command(home: Path) -> dict[str, Write]:
    path = write_small_county(home / "tiled", parcels=6)
    write_geoparquet(read_county_parcels(read_county(path)), path.parent / "parcels.parquet")
    path.write_text(path.read_text(encoding="utf-8").replace("parcels.gpkg", "parcels.parquet"), encoding="utf-8")
    county = read_county(path)
    return {"run --tables": lambda out: run_tiles(county, out, tiling=in_order(4))}


def grading_commands(home: Path) -> dict[str, Write]:
    graded = graded_county.graded(graded_county.write_county(home / "graded"))
    notice = compiled(write_compile_county(home / "compiled"))
    return {
        "grade": into(
            lambda out: grading_run(graded, out, CREATED), lambda run: write_grades(graded, run, CREATED, quiet)
        ),
        "compile": into(
            lambda out: compile_run(notice, out, CREATED), lambda run: write_compilation(notice, run, CREATED, quiet)
        ),
    }


def main_commands(home: Path) -> dict[str, Write]:
    """Commands that begin with the main job, and their followers."""
    main = do_county(read_county(write_hostile_county(home / "county")), quiet)
    code = str(main.outcome.prices.index[0])
    papers = parcel_papers(main, code, main.county.paper_facts, None)
    income, market = do_income(main.county, quiet), do_market(main.county, quiet, draws=DRAWS)
    events = hostile_events(main, home / "county", home / "台账.gpkg")
    book = book_work(main, county_book_plan(main.county), events, quiet, on=date(2026, 3, 2), year=2025)
    fills: dict[str, Filled] = {
        "run": lambda run: write_all(main, run, CREATED, quiet),
        "report": lambda run: write_report(main, run.folder / "表.xlsx", CREATED),
        "map": lambda run: both_maps(main, run),
        "atlas": lambda run: write_county_atlas(main, run.folder / "图集.pdf", CREATED),
        "layers": lambda run: all_layers(main, run),
        "papers": lambda run: write_parcel_papers(main, papers, run.folder / "交易文书", CREATED),
        "worksheet": lambda run: write_worksheet(main, code, run.folder / "说明.docx", CREATED),
    }
    commands = {
        name: into(lambda out: county_run(main.county, out, CREATED), lambda run, fill=fill: recorded(main, run, fill))
        for name, fill in fills.items()
    }
    return commands | {
        "income": into(
            lambda out: income_run(income, out, CREATED), lambda run: write_income(income, run, CREATED, quiet)
        ),
        "simulate": into(
            lambda out: market_run(market, out, CREATED), lambda run: write_market(market, run, CREATED, quiet)
        ),
        "book report": into(
            lambda out: book_run(book, out, CREATED), lambda run: write_book(book, run, CREATED, quiet)
        ),
    }


def recorded(main: Work, run: RunFolder, fill: Filled) -> None:
    fill(run)
    record(main, run)


def both_maps(main: Work, run: RunFolder) -> None:
    write_maps(main, run.folder / "maps")
    write_comparison(main, main, run.folder / "maps" / "对比图.html")


def all_layers(main: Work, run: RunFolder) -> None:
    write_layers(main, run.folder / "图层.gpkg", CREATED)
    write_parcel_shapefile(main, run.folder / "宗地.shp")
    write_geodatabase(main, run.folder / "图层.gdb")


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Write]:
    """What each command writes, computed and not written."""
    home = tmp_path_factory.mktemp("commands")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        cheap = check_command(home)
        if not FULL:
            return cheap
        return cheap | rerun_command(home) | tiled_command(home) | grading_commands(home) | main_commands(home)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_stops_a_command_and_leaves_the_former_run(
    commands: dict[str, Write], tmp_path: Path, name: str
) -> None:
    out, write = tmp_path / "成果", commands[name]
    write(out)
    former = read_latest(out)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        every = 3 if name in CHEAP else 11
        fails_at_each_call(lambda: write(out), out, DISK_FULL, every=every, ended=lambda: read_latest(out) != former)
    latest = read_latest(out)
    assert latest is not None
    assert latest != former
    assert {path.name for path in out.iterdir()} == {LATEST, latest.name, former.name if former else ""}


@pytest.mark.parametrize("name", KILLED)
def test_a_command_killed_at_any_moment_leaves_the_former_run(
    commands: dict[str, Write], tmp_path: Path, name: str
) -> None:
    """Real children of this process, really killed, at random moments of their writing."""
    out, write = tmp_path / "成果", commands[name]
    write(out)
    start = time.perf_counter()
    write(out)
    took, draw, killed = time.perf_counter() - start, random.Random(20260302), 0  # noqa: S311  # moments, not secrets
    for _ in range(KILLS):
        killed += in_child(lambda: write(out), draw.uniform(0, 1.1 * took)) == -signal.SIGKILL
        latest = read_latest(out)
        assert latest is not None
        for path in out.iterdir():  # whatever has a final name is whole
            assert path.name.startswith(".") or path.name == LATEST or altered_files(path) == [], path
    assert killed >= (KILLS // 10 if name in TILED else KILLS // 2)  # tiles that are done are not done again
    write(out)
    assert [path.name for path in out.iterdir() if path.name.startswith(".")] == []


def in_child(action: Callable[[], object], delay: float) -> int:
    """Do something in a child that is killed after a while; how it ended."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of libraries: the child does not live long
        child = os.fork()
    if child == 0:
        try:
            action()
        finally:
            os._exit(0)
    time.sleep(delay)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
