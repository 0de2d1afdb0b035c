"""A run folder of every command that writes pages, each of a small county."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from landmarket.county import read_county
from landmarket.errors import LandMarketWarning
from landmarket.income_products import do_income, income_run, write_income
from landmarket.income_products import products as income_products
from landmarket.income_products import work as income_work
from landmarket.market_products import do_market, market_run, write_market
from landmarket.market_products import products as market_products
from landmarket.market_products import work as market_work
from landmarket.products import Work, county_run, do_county, record, write_all, write_comparison
from landmarket.products.documents import parcel_papers, write_parcel_papers, write_worksheet
from landmarket.products.maps import COMPARISON
from tests import graded_county, test_compile_products
from tests.compiled_county import write_compile_county
from tests.conftest import quiet
from tests.small_county import FIRST_TWO, WITH_ROSTER, write_small_county

CREATED = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DRAWS = 4


@contextmanager
def without_charts(module: ModuleType) -> Iterator[None]:
    """Charts are no pages, and have tests of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "write_charts", lambda work, folder, created: {})
        yield


def graded_run(folder: Path) -> Path:
    """What ``landmarket grade`` leaves for a small county."""
    work = graded_county.graded(graded_county.write_county(folder / "county"))
    return graded_county.handed_over(work, folder / "out")


def compiled_run(folder: Path) -> Path:
    """What ``landmarket compile`` leaves for a small county."""
    work = test_compile_products.compiled(write_compile_county(folder / "county"))
    return test_compile_products.handed_over(work, folder / "out")


def income_folder(main: Work, folder: Path) -> Path:
    """What ``landmarket income`` leaves; the main job is not done again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(income_work, "do_county", lambda county, say: main)
        work = do_income(main.county, quiet)
    with without_charts(income_products), income_run(work, folder, CREATED) as run:
        write_income(work, run, CREATED, quiet)
    return run.final


def market_folder(main: Work, folder: Path) -> Path:
    """What ``landmarket simulate`` leaves after few draws; the main job is not done again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(market_work, "do_county", lambda county, say: main)
        work = do_market(main.county, quiet, draws=DRAWS)
    with without_charts(market_products), market_run(work, folder, CREATED) as run:
        write_market(work, run, CREATED, quiet)
    return run.final


def parcel_folder(main: Work, folder: Path) -> Path:
    """What ``papers`` and ``worksheet`` leave for one parcel, and ``map --compare`` for the county, in one folder."""
    code = str(main.outcome.prices.index[0])
    dearer = replace(main, scenario=replace(main.scenario, price_table=main.scenario.price_table.scaled(1.1)))
    papers = parcel_papers(main, code, main.county.paper_facts, None)
    with county_run(main.county, folder, CREATED) as run:
        write_parcel_papers(main, papers, run.folder / "交易文书", CREATED)
        write_worksheet(main, code, run.folder / f"地价测算说明_{code}.docx", CREATED)
        write_comparison(main, dearer, run.folder / COMPARISON)
        record(main, run)
    return run.final


def whole_run(main: Work, folder: Path) -> Path:
    """What ``landmarket run`` leaves."""
    with county_run(main.county, folder, CREATED) as run:
        write_all(main, run, CREATED, quiet)
    return run.final


def pages_of_whole_run(main: Work, folder: Path) -> Path:
    """What ``landmarket run`` leaves, with an empty atlas: it is no page, and has tests of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "landmarket.products.sheets.write_county_atlas", lambda work, path, created: path.write_bytes(b"")
        )
        return whole_run(main, folder)


def all_runs(folder: Path) -> dict[str, Path]:
    """The run folders of small counties, by the command that leaves them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        main = do_county(
            read_county(write_small_county(folder / "county", townships=(*FIRST_TWO, WITH_ROSTER), parcels=40)), quiet
        )
        return {
            "run": pages_of_whole_run(main, folder / "run"),
            "grade": graded_run(folder / "grade"),
            "compile": compiled_run(folder / "compile"),
            "income": income_folder(main, folder / "income"),
            "simulate": market_folder(main, folder / "simulate"),
            "parcel": parcel_folder(main, folder / "parcel"),
        }
