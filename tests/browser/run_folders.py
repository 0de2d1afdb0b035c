"""A run folder of every command that writes pages: small counties where they do, the sample county for the rest."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from landmarket.errors import LandMarketWarning
from landmarket.income_products import do_income, income_run, write_income
from landmarket.income_products import products as income_products
from landmarket.income_products import work as income_work
from landmarket.market_products import do_market, market_run, write_market
from landmarket.market_products import products as market_products
from landmarket.market_products import work as market_work
from landmarket.products import Work, county_run, record, write_comparison
from landmarket.products.documents import parcel_papers, write_parcel_papers, write_worksheet
from landmarket.products.maps import COMPARISON
from tests import graded_county, test_compile_products
from tests.compiled_county import write_compile_county
from tests.conftest import quiet

CREATED = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DRAWS = 4


SPENT = ("411081014033JA00002", "411081022012JA00002", "411081025001JA00001")
"""Collectives that have spent of what they kept: all their deals are needed to cover it."""


def with_few_deals(main: Work) -> Work:
    """The county with every four-hundredth deal, and all of those who have spent."""
    outcome = main.outcome
    owners = outcome.parcels["owner_code"].astype("str").reindex(outcome.deals.index)
    codes = outcome.deals.index[owners.isin(SPENT) | (pd.RangeIndex(len(owners)) % 400 == 0)]
    return replace(main, outcome=replace(outcome, deals=outcome.deals.loc[codes], shares=outcome.shares.loc[codes]))


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
        patch.setattr(income_work, "do_county", lambda county, say: with_few_deals(main))
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


def all_runs(main: Work, main_run: Path, folder: Path) -> dict[str, Path]:
    """The run folders by the command that leaves them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        return {
            "run": main_run,
            "grade": graded_run(folder / "grade"),
            "compile": compiled_run(folder / "compile"),
            "income": income_folder(main, folder / "income"),
            "simulate": market_folder(main, folder / "simulate"),
            "parcel": parcel_folder(main, folder / "parcel"),
        }
