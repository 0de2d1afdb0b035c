"""Negotiated entry: procedure, floors, and the bargaining solution against a search of all prices."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.columns import label
from landmarket.errors import BadValueError, MissingColumnError, NoRuleInForceError, RuleError, UnverifiedRuleWarning
from landmarket.market.negotiation import (
    bargained_deals,
    nash_prices,
    negotiated_prices,
    negotiation_gaps,
    negotiation_needs,
)
from tests.helpers import assert_same_index
from tests.hunting import examples

ON = date(2025, 3, 3)
COUNTY = "411081"
CODES = pd.Index([f"411081101001GB{n:05d}" for n in range(4)], name="parcel_code")
FACTS = pd.DataFrame({"vote_passed": "是", "township_reviewed": "是", "negotiation_approved": "是"}, index=CODES)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """The rule on negotiation was not read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnverifiedRuleWarning)
        yield


def test_the_rule_on_negotiation_was_not_read() -> None:
    cases = FACTS.assign(reserve_price_fen=10_000, buyer_value_fen=20_000)
    with pytest.warns(UnverifiedRuleWarning, match=r"协议入市须具备的程序 = 表决通过、乡镇审查、协议批准"):
        bargained_deals(cases, Decimal("0.5"), on=ON, county=COUNTY)


def test_what_is_missing_is_named() -> None:
    facts = FACTS.copy()
    facts.iloc[1, 0] = "否"
    facts.iloc[2, [1, 2]] = ["否", None]
    facts.iloc[3] = None
    gaps = negotiation_gaps(facts, negotiation_needs(ON, COUNTY))
    assert gaps.tolist() == ["", "表决通过", "乡镇审查、协议批准", "表决通过、乡镇审查、协议批准"]
    assert_same_index(gaps, facts)
    with pytest.raises(MissingColumnError, match=r"vote_passed（表决通过）"):
        negotiation_gaps(facts.drop(columns="vote_passed"), negotiation_needs(ON, COUNTY))


def test_there_is_no_rule_before_the_law() -> None:
    with pytest.raises(NoRuleInForceError, match="negotiation_needs"):
        negotiation_needs(date(2019, 12, 31), COUNTY)


def test_the_price_is_the_highest_of_offer_and_floors() -> None:
    cases = FACTS.assign(
        offer_fen=[100_000, 100_000, 100_001, 100_000],
        reserve_price_fen=[90_000, 110_050, 90_000, 100_000],
        floor_fen=pd.array([None, 105_000, None, 120_000], dtype="Int64"),
    )
    cases.iloc[3, 2] = "否"
    before = cases.copy(deep=True)
    result = negotiated_prices(cases, ["reserve_price_fen", "floor_fen"], on=ON, county=COUNTY)
    assert_same_index(result, cases)
    pd.testing.assert_frame_equal(cases, before)
    assert result["negotiated_price_fen"].tolist()[:3] == [100_000, 110_100, 100_100]
    assert result["negotiated_price_fen"].isna().tolist() == [False, False, False, True]
    assert result["reserve_binding"].tolist() == ["报价", "底价分", "报价", "floor_fen"]
    assert result["negotiation_gap"].tolist() == ["", "", "", "协议批准"]


@pytest.mark.parametrize("wrong", [0.0, -3.0, 1.5, np.nan])
def test_an_offer_must_be_an_amount(wrong: float) -> None:
    with pytest.raises(BadValueError, match=rf"offer_fen（协议报价分）.*共 4 行：{CODES[0]}"):
        negotiated_prices(FACTS.assign(offer_fen=wrong), [], on=ON, county=COUNTY)


def test_no_deal_below_the_reserve_and_none_without_procedure() -> None:
    cases = FACTS.assign(
        reserve_price_fen=[10_000, 10_000, 10_050, 10_000], buyer_value_fen=[20_000, 9_999, 10_099, 20_000]
    )
    cases.iloc[3, 1] = "否"
    result = bargained_deals(cases, Decimal("0.5"), on=ON, county=COUNTY)
    assert result["negotiation_outcome"].tolist() == [
        "成交",
        "未成交-无共同区间",
        "未成交-无共同区间",
        "未成交-程序不全",
    ]
    assert result["negotiated_price_fen"].iloc[0] == 15_000
    assert result["negotiated_price_fen"].iloc[1:].isna().all()
    assert_same_index(result, cases)


def test_a_wrong_secret_is_refused_without_printing_it() -> None:
    cases = FACTS.assign(reserve_price_fen=1234.5, buyer_value_fen=2000)
    with pytest.raises(BadValueError, match=rf"{label('reserve_price_fen')} 保密.*共 4 行：{CODES[0]}") as refused:
        bargained_deals(cases, Decimal("0.5"), on=ON, county=COUNTY)
    assert "1234" not in str(refused.value)


@pytest.mark.parametrize("power", ["-0.1", "1.1", "0.1234567", "NaN"])
def test_power_is_a_share(power: str) -> None:
    with pytest.raises(RuleError, match="议价能力"):
        nash_prices(np.array([100]), np.array([200]), Decimal(power))


def test_all_the_power_takes_all_the_gain() -> None:
    threat, value = np.array([10_000, 10_001]), np.array([19_999, 20_000])
    assert nash_prices(threat, value, Decimal(0)).price.tolist() == [10_000, 10_100]
    assert nash_prices(threat, value, Decimal(1)).price.tolist() == [19_900, 20_000]


AMOUNTS = st.integers(0, 5000)


@settings(max_examples=examples(60), deadline=None)
@given(AMOUNTS, AMOUNTS, st.integers(1, 99))
def test_no_whole_yuan_has_a_larger_product(threat: int, value: int, hundredths: int) -> None:
    """Nash: (p − r)^β (v − p)^(1 − β), compared over every whole yuan; the half-up price is among the two beside it."""
    beta = hundredths / 100
    found = nash_prices(np.array([threat]), np.array([value]), Decimal(hundredths) / 100)
    yuan = [price for price in range(0, 5100, 100) if threat <= price <= value]
    assert bool(found.agreed[0]) == bool(yuan)
    if not yuan:
        return
    price = int(found.price[0])
    assert price in yuan
    exact = Fraction(threat) + Fraction(hundredths, 100) * (value - threat)
    assert abs(price - exact) <= 100

    def product(p: int) -> float:
        gain, rest = p - threat, value - p
        return -math.inf if min(gain, rest) <= 0 else beta * math.log(gain) + (1 - beta) * math.log(rest)

    best = max(yuan, key=product)
    if product(best) > -math.inf:
        assert abs(price - best) <= 100
