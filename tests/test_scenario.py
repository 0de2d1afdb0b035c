"""Scenarios: composition, comparison, and independence of parcels."""

from __future__ import annotations

import warnings
from dataclasses import replace
from decimal import Decimal

import pandas as pd
import pytest

from landmarket.distribution import FundBase
from landmarket.errors import IndexMismatchError, LandMarketWarning
from landmarket.products import Work
from landmarket.scenario import TOTAL, Outcome, compare_scenarios, run_scenario
from tests.helpers import assert_same_index


def run(work: Work, **changes: object) -> Outcome:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        return run_scenario(work.screening.accepted, replace(work.scenario, **changes))


def test_every_step_is_on_its_index(sample_work: Work) -> None:
    outcome = sample_work.outcome
    accepted = sample_work.screening.accepted
    assert_same_index(outcome.parcels, accepted)
    assert_same_index(outcome.entry, accepted)
    assert_same_index(outcome.shares, outcome.deals)
    assert_same_index(outcome.table, accepted)
    assert outcome.prices.index.isin(accepted.index).all()


def test_every_parcel_has_a_price_or_the_reason_why_not(sample_work: Work) -> None:
    outcome = sample_work.outcome
    gap = outcome.parcels["price_gap"]
    assert set(gap.index[gap.eq("")]) == set(outcome.prices.index)
    assert gap[gap.ne("")].str.len().gt(3).all()


def test_deals_are_simulated_for_priced_parcels_that_may_enter(sample_work: Work) -> None:
    outcome = sample_work.outcome
    may = outcome.entry.index[outcome.entry["allowed"].eq("可入市")]
    assert set(outcome.deals.index) == set(may) & set(outcome.prices.index)


def test_totals_add_up_and_agree_with_the_tables(sample_work: Work) -> None:
    outcome = sample_work.outcome
    totals = outcome.totals()
    assert totals.loc[TOTAL, "parcels"] == len(outcome.parcels)
    assert totals.loc[TOTAL, "allowed"] == outcome.entry["allowed"].eq("可入市").sum()
    assert totals.loc[TOTAL, "total_price_fen"] == outcome.prices["total_price_fen"].sum()
    assert totals.loc[TOTAL, "deal_price_fen"] == outcome.deals["deal_price_fen"].sum()
    assert totals.loc[TOTAL, "fund_fen"] == outcome.shares["fund_fen"].sum()
    assert (totals.drop(TOTAL).drop(columns="area").sum() == totals.loc[TOTAL].drop("area")).all()


def test_no_change_compares_to_zero(sample_work: Work) -> None:
    change = compare_scenarios(sample_work.outcome, run(sample_work)).xs("change", axis=1, level=1)
    assert (change == 0).all(axis=None)


def test_prices_a_tenth_lower_show_in_every_township(sample_work: Work) -> None:
    lower = run(sample_work, price_table=sample_work.scenario.price_table.scaled(Decimal("0.9")))
    table = compare_scenarios(sample_work.outcome, lower)
    assert (table[("total_price_fen", "change")] < 0).all()
    before, after = table.loc[TOTAL, ("total_price_fen", "before")], table.loc[TOTAL, ("total_price_fen", "after")]
    assert after / before == pytest.approx(
        0.9, abs=0.005
    )  # 开发程度修正 is added after the product, and does not scale


def test_fund_on_the_price_takes_more_than_on_the_gain(sample_work: Work) -> None:
    rule = replace(sample_work.scenario.split_rule, fund_base=FundBase.PRICE, override_document="示例〔2026〕1号")
    table = compare_scenarios(sample_work.outcome, run(sample_work, split_rule=rule))
    assert table.loc[TOTAL, ("fund_fen", "change")] > 0
    assert table.loc[TOTAL, ("deal_price_fen", "change")] == 0


def test_leaving_parcels_out_changes_no_other_row(sample_work: Work) -> None:
    accepted = sample_work.screening.accepted
    some = accepted.iloc[::3].sample(frac=1, random_state=7)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        part = run_scenario(some, sample_work.scenario)
    for step in ("entry", "prices", "deals", "shares"):
        whole: pd.DataFrame = getattr(sample_work.outcome, step)
        partial: pd.DataFrame = getattr(part, step)
        pd.testing.assert_frame_equal(partial, whole.loc[partial.index], check_dtype=False)


def test_a_parcel_without_a_township_counts_in_the_totals(sample_work: Work) -> None:
    parcels = sample_work.outcome.parcels.copy()
    parcels.loc[parcels.index[:3], "township"] = None
    totals = replace(sample_work.outcome, parcels=parcels).totals()
    assert totals.loc[TOTAL, "parcels"] == len(parcels)
    assert totals.loc["乡镇不明", "parcels"] == 3


def test_a_grade_of_the_parcels_own_does_not_stop_the_run(sample_work: Work) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        outcome = run_scenario(sample_work.screening.accepted.assign(grade="I"), sample_work.scenario)
    pd.testing.assert_series_equal(outcome.parcels["grade"], sample_work.outcome.parcels["grade"])


def test_other_parcels_cannot_be_compared(sample_work: Work) -> None:
    fewer = replace(sample_work.outcome, parcels=sample_work.outcome.parcels.iloc[1:])
    with pytest.raises(IndexMismatchError, match="compare_scenarios"):
        compare_scenarios(sample_work.outcome, fewer)
