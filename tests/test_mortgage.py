"""Mortgages: bars and limits by hand, recoveries by cases, the risk fund against binomial quantiles."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from landmarket.errors import BadValueError, MissingColumnError, NoRuleInForceError, RuleError, UnverifiedRuleWarning
from landmarket.market.mortgage import mortgage_bars, mortgage_limits, recoveries
from landmarket.market.risk_fund import LoanRisk, risk_fund_size
from tests.helpers import assert_same_index
from tests.hunting import examples

ON = date(2025, 3, 3)
COUNTY = "411081"
CLEAR = {"ownership_registered": "是", "disputed": "否", "sealed": "否", "expropriation": "否", "use_changed": "否"}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Nobody has read the document on mortgages."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnverifiedRuleWarning)
        yield


def parcels(*changed: dict[str, object]) -> pd.DataFrame:
    """Parcels worth 1,000,003.01 元, clear but for what is changed."""
    rows = [{"value_fen": 100_000_301, **CLEAR, **each} for each in changed]
    return pd.DataFrame(rows, index=pd.Index([f"411081101001GB{n:05d}" for n in range(len(rows))], name="parcel_code"))


def test_what_forbids_a_mortgage() -> None:
    table = parcels(
        {},
        {"ownership_registered": "否", "disputed": "是"},
        {"sealed": "是"},
        {"expropriation": "是"},
        {"use_changed": "是"},
        {"sealed": None},
    )
    result = mortgage_limits(table, Decimal("0.6"), on=ON, county=COUNTY)
    assert_same_index(result, table)
    assert result["mortgage_bar"].tolist() == [
        "",
        "权属不清（未登记）；权属有争议",
        "已被查封",
        "列入征地拆迁范围",
        "擅自改变用途",
        "待核实：已被查封",
    ]
    # 0.6 × 1,000,003.01 元 = 600,001.806, down to the yuan.
    assert result["mortgage_limit_fen"].iloc[0] == 60_000_100
    assert result["mortgage_limit_fen"].iloc[1:].isna().all()


def test_a_lender_can_state_its_own_bars() -> None:
    sealed = [bar for bar in mortgage_bars(ON, COUNTY) if bar.key.endswith("sealed")]
    table = parcels({"disputed": "是"}).drop(columns="ownership_registered")
    assert mortgage_limits(table, Decimal(1), sealed, on=ON, county=COUNTY)["mortgage_bar"].tolist() == [""]
    with pytest.raises(MissingColumnError, match="ownership_registered（所有权登记）"):
        mortgage_limits(table, Decimal(1), on=ON, county=COUNTY)


def test_the_bars_were_not_read_and_begin_with_their_document() -> None:
    with pytest.warns(UnverifiedRuleWarning, match=r"银监发〔2016〕26号"):
        assert len(mortgage_bars(ON, COUNTY)) == len(CLEAR)
    with pytest.raises(NoRuleInForceError, match="2016-05-12"):
        mortgage_bars(date(2016, 5, 12), COUNTY)


@pytest.mark.parametrize("rate", ["1.01", "60", "-0.1", "0.1234567"])
def test_the_rate_is_a_share(rate: str) -> None:
    with pytest.raises(RuleError, match="抵押率"):
        mortgage_limits(parcels({}), Decimal(rate), on=ON, county=COUNTY)


@pytest.mark.parametrize("value", [0.0, -1.0, 0.5, np.nan])
def test_a_right_without_a_value_is_named(value: float) -> None:
    table = parcels({}).assign(value_fen=value)
    with pytest.raises(BadValueError, match=rf"value_fen（评估值分）.*{table.index[0]}"):
        mortgage_limits(table, Decimal("0.6"), on=ON, county=COUNTY)


# Defaults.


def test_recoveries_by_cases() -> None:
    # Enough, not enough, costs above the proceeds.
    loans = pd.DataFrame(
        {"owed_fen": [600, 600, 600], "proceeds_fen": [900, 500, 100], "disposal_cost_fen": [100, 100, 150]},
        index=["贷1", "贷2", "贷3"],
    )
    result = recoveries(loans)
    assert_same_index(result, loans)
    assert result["recovered_fen"].tolist() == [600, 400, 0]
    assert result["shortfall_fen"].tolist() == [0, 200, 600]
    assert result["surplus_fen"].tolist() == [200, 0, 0]
    assert result["recovery_rate"].tolist() == [1.0, 400 / 600, 0.0]


@pytest.mark.parametrize(("name", "wrong"), [("owed_fen", 0), ("proceeds_fen", -1), ("disposal_cost_fen", 0.5)])
def test_amounts_of_a_default_must_be_whole(name: str, wrong: float) -> None:
    loans = pd.DataFrame({"owed_fen": [6], "proceeds_fen": [9], "disposal_cost_fen": [1]}, index=["贷1"])
    with pytest.raises(BadValueError, match=rf"{name}（.*贷1"):
        recoveries(loans.assign(**{name: wrong}))


# The fund, by analogy.

RISK = LoanRisk(Decimal("0.05"), Decimal("0.4"), Decimal(0), Decimal("0.5"))
COUNT, LOAN = 120, 10_000_000
LOSS = 3_000_000  # 10,000,000 × (1 − 0.4) × 0.5
DRAWS = 40_000


def within(size: int, chance_of_at_most: list[float], quantile: float, draws: int) -> bool:
    """Whether a number of defaults is a quantile within the error of the draws: five standard errors of the share."""
    slack = 5 * sqrt(quantile * (1 - quantile) / draws)
    below = chance_of_at_most[size - 1] if size else 0.0
    return below < quantile + slack and chance_of_at_most[size] >= quantile - slack


@pytest.mark.parametrize("quantile", ["0.5", "0.9", "0.99", "0.999"])
def test_independent_defaults_are_binomial(quantile: str) -> None:
    fund = risk_fund_size([LOAN] * COUNT, RISK, draws=DRAWS, seed=1, quantile=Decimal(quantile))
    size, odd = divmod(fund.size_fen, LOSS)
    assert odd == 0
    chances = stats.binom.cdf(np.arange(COUNT + 1), COUNT, 0.05).tolist()
    assert within(size, chances, float(quantile), DRAWS)
    assert abs(size - stats.binom.ppf(float(quantile), COUNT, 0.05)) <= 1
    assert fund.expected_loss_fen == COUNT * LOSS // 20
    assert fund.largest_loss_fen == COUNT * LOSS
    assert "类比" in fund.label


@pytest.mark.parametrize("correlation", ["0.04", "0.25", "1"])
@pytest.mark.parametrize("quantile", ["0.9", "0.99"])
def test_a_common_shock_mixes_two_binomials(correlation: str, quantile: str) -> None:
    risk = replace(RISK, correlation=Decimal(correlation))
    fund = risk_fund_size([LOAN] * COUNT, risk, draws=DRAWS, seed=2, quantile=Decimal(quantile))
    p, s, n = 0.05, sqrt(float(correlation)), np.arange(COUNT + 1)
    chances = p * stats.binom.cdf(n, COUNT, s + (1 - s) * p) + (1 - p) * stats.binom.cdf(n, COUNT, (1 - s) * p)
    assert within(fund.size_fen // LOSS, chances.tolist(), float(quantile), DRAWS)


def test_the_fund_is_the_least_that_is_enough() -> None:
    # Everybody defaults, or nobody does: no chance left.
    loans = [100, 201, 333]
    certain = LoanRisk(Decimal(1), Decimal("0.25"), Decimal("0.3"), Decimal("0.5"))
    losses = [ceil(Fraction(loan * 3, 8)) for loan in loans]
    fund = risk_fund_size(loans, certain, draws=10, seed=1)
    assert fund.size_fen == fund.largest_loss_fen == fund.expected_loss_fen == sum(losses)
    none = risk_fund_size(loans, replace(certain, default_rate=Decimal(0)), draws=10, seed=1)
    assert (none.size_fen, none.expected_loss_fen) == (0, 0)


@settings(max_examples=examples(25), deadline=None)
@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=6), st.integers(0, 10**6))
def test_a_larger_share_never_needs_a_smaller_fund(loans: list[int], seed: int) -> None:
    risk = replace(RISK, default_rate=Decimal("0.3"), correlation=Decimal("0.1"))
    shares = [Decimal(n) / 100 for n in (1, 50, 90, 99, 100)]
    sizes = [risk_fund_size(loans, risk, draws=200, seed=seed, quantile=share).size_fen for share in shares]
    assert sizes == sorted(sizes)
    assert sizes[-1] <= sum(ceil(Fraction(loan * 3, 10)) for loan in loans)


@pytest.mark.parametrize("key", ["default_rate", "recovery", "correlation", "cover"])
@pytest.mark.parametrize("wrong", ["1.5", "-0.1", "2"])
def test_assumptions_are_shares(key: str, wrong: str) -> None:
    with pytest.raises(RuleError, match=f"{key} = {wrong}"):
        replace(RISK, **{key: Decimal(wrong)})


def test_loans_and_draws_must_be_there() -> None:
    with pytest.raises(BadValueError, match="没有贷款"):
        risk_fund_size([], RISK, draws=10, seed=1)
    with pytest.raises(BadValueError, match="共 1 行：2 = 0"):
        risk_fund_size([5, 0], RISK, draws=10, seed=1)
    with pytest.raises(BadValueError, match="draws = 0"):
        risk_fund_size([5], RISK, draws=0, seed=1)
    for share in ("0", "1.01"):
        with pytest.raises(RuleError, match=f"quantile = {share}"):
            risk_fund_size([5], RISK, draws=10, seed=1, quantile=Decimal(share))
