"""A price-capped round against a brute force with fractions, and a round worked by hand."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, NoRuleInForceError, RuleError, UnverifiedRuleWarning
from landmarket.market.capped_round import (
    CappedRoundTerms,
    capped_awards,
    decide_capped_round,
    nearest_to_mean,
    read_capped_round_terms,
)
from landmarket.market.document import LocalDocument
from tests.helpers import assert_same_index
from tests.hunting import examples

WAN = 1_000_000
ON = date(2025, 3, 3)
TERMS = CappedRoundTerms(
    document=LocalDocument("测试用限价竞价规则", "虚构", "411081", date(2024, 1, 1), True),
    premium_cap=Decimal("0.5"),
    band_low=Decimal(1),
    band_high=Decimal("1.2"),
)
A, B, C = (f"411081101001GB0000{n}" for n in range(3))


def lots() -> pd.DataFrame:
    """Start 100 万元 each: the cap is 150. B stops below it, C reaches it but nobody bids on."""
    return pd.DataFrame(
        {
            "start_price_fen": [100 * WAN] * 3,
            "open_bid_fen": [150 * WAN, 149 * WAN, 151 * WAN],
            "open_bidder": ["甲", "乙", "丙"],
        },
        index=pd.Index([A, B, C], name="parcel_code"),
    )


def bids(prices: list[int], lot: str = A) -> pd.DataFrame:
    """Sealed bids of one lot [分]."""
    rows = {"parcel_code": lot, "bidder": [f"买{n}" for n in range(len(prices))], "price_fen": prices}
    return pd.DataFrame(rows, index=[f"报{n}" for n in range(len(prices))])


def test_a_round_worked_by_hand() -> None:
    # Band 150 to 180 万元. 149.99 and 180.01 are outside, the two of 160 are equal. Left: 150, 155, 180; their mean is
    # 161.666666 67 万元, to the fen 161,666,667; 155 lies 6.666667 away, 150 11.67, 180 18.33.
    sealed = bids([150 * WAN, 155 * WAN, 180 * WAN, 160 * WAN, 160 * WAN, 14_999 * WAN // 100, 18_001 * WAN // 100])
    before = sealed.copy(deep=True)
    judged = decide_capped_round(sealed, lots(), TERMS, on=ON)
    assert_same_index(judged, sealed)
    pd.testing.assert_frame_equal(sealed, before)
    assert judged["exclusion"].tolist() == ["", "", "", "报价相同", "报价相同", "超出报价区间", "超出报价区间"]
    assert judged["sealed_mean_fen"].tolist()[:3] == [161_666_667] * 3
    assert judged["distance_fen"].tolist()[:3] == [11_666_667, 6_666_667, 18_333_333]
    assert judged["sealed_mean_fen"].isna().tolist() == [False] * 3 + [True] * 4
    assert judged["nearest_bid"].tolist() == ["否", "是", "否", "否", "否", "否", "否"]
    awards = capped_awards(sealed, judged, lots(), TERMS)
    assert_same_index(awards, lots())
    assert awards["cap_reached"].tolist() == ["是", "否", "是"]
    assert awards["decided_by"].tolist() == ["一次报价", "公开竞价", "公开竞价"]
    assert awards["bidder"].tolist() == ["买1", "乙", "丙"]
    assert awards["deal_price_fen"].tolist() == [155 * WAN, 149 * WAN, 151 * WAN]


def test_of_two_as_near_the_lower_wins() -> None:
    assert nearest_to_mean([200, 100]) == (150, 1)
    assert nearest_to_mean([100, 200]) == (150, 0)


def test_the_mean_is_rounded_half_up() -> None:
    assert nearest_to_mean([100, 101]) == (101, 1)  # 100.5 → 101
    assert nearest_to_mean([100, 100 + 1, 100 + 0]).mean == 100  # 100.33 → 100


def test_no_valid_sealed_bid_leaves_the_last_open_bid() -> None:
    sealed = bids([160 * WAN, 160 * WAN])
    judged = decide_capped_round(sealed, lots(), TERMS, on=ON)
    award = capped_awards(sealed, judged, lots(), TERMS).loc[A]
    assert award[["decided_by", "bidder", "deal_price_fen"]].tolist() == ["公开竞价", "甲", 150 * WAN]


RATES = st.integers(1, 3000).map(lambda n: Decimal(n) / 1000)
START = 1000


@settings(max_examples=examples(100), deadline=None)
@given(
    st.integers(2, 4 * START),
    RATES,
    st.integers(500, 1500),
    st.integers(0, 1000),
    st.lists(st.one_of(st.integers(1, 3 * START), st.integers(1495, 1505)), min_size=1, max_size=8),
)
def test_a_round_by_fractions(open_bid: int, cap: Decimal, low: int, width: int, prices: list[int]) -> None:
    low_end, high_end = Fraction(low, 1000), Fraction(low + width, 1000)
    terms = replace(TERMS, premium_cap=cap, band_low=Decimal(low) / 1000, band_high=Decimal(low + width) / 1000)
    lot = lots().iloc[:1].assign(start_price_fen=START, open_bid_fen=open_bid)
    sealed, at_cap = bids(prices), START * (1 + Fraction(cap))
    if open_bid < at_cap:
        with pytest.raises(BadValueError, match=r"公开竞价未到上限"):
            decide_capped_round(sealed, lot, terms, on=ON)
        return
    often = Counter(prices)
    valid = [p for p in prices if often[p] == 1 and low_end * at_cap <= p <= high_end * at_cap]
    judged = decide_capped_round(sealed, lot, terms, on=ON)
    assert judged["exclusion"].eq("").sum() == len(valid)
    award = capped_awards(sealed, judged, lot, terms).iloc[0]
    if not valid:
        assert award[["bidder", "deal_price_fen"]].tolist() == ["甲", open_bid]
        return
    exact = Decimal(sum(valid)) / Decimal(len(valid))
    mean = int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    best = sorted(valid, key=lambda p: (abs(p - mean), p))[0]
    assert award[["bidder", "deal_price_fen"]].tolist() == [f"买{prices.index(best)}", best]
    assert judged["nearest_bid"].eq("是").sum() == 1


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("price_fen", 0, r"price_fen（报价分）.*报0"),
        ("bidder", None, r"bidder（竞买人）.*报0.*补上竞买人"),
        ("bidder", "买1", r"bidder（竞买人）.*共 2 行：报0.*一次报价"),
        ("parcel_code", B, rf"parcel_code（宗地代码）.*{B}.*未到上限"),
        ("parcel_code", "没有的宗地", "没有的宗地"),
    ],
)
def test_sealed_bids_that_cannot_be_judged_are_named(column: str, value: object, said: str) -> None:
    sealed = bids([160 * WAN, 161 * WAN])
    sealed.loc["报0", column] = value
    with pytest.raises(BadValueError, match=said):
        decide_capped_round(sealed, lots(), TERMS, on=ON)


def test_a_lot_without_a_price_is_named() -> None:
    with pytest.raises(BadValueError, match=rf"open_bid_fen（最后公开报价分）.*{A}"):
        decide_capped_round(bids([160 * WAN]), lots().assign(open_bid_fen=0), TERMS, on=ON)


TEXT = """
name = "示例限价竞价规则"
source = "示例，虚构"
county = "411081"
effective_from = 2024-01-01
verified = false
premium_cap = 0.5
band_low = 1
band_high = 1.15
"""


def test_terms_are_read_exactly(tmp_path: Path) -> None:
    path = tmp_path / "capped.toml"
    path.write_text(TEXT, encoding="utf-8")
    terms = read_capped_round_terms(path)
    assert (terms.premium_cap, terms.band_low, terms.band_high) == (Decimal("0.5"), Decimal(1), Decimal("1.15"))


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("premium_cap = 0.5", "premium_cap = 0", "premium_cap 应大于 0"),
        ("premium_cap = 0.5", "premium_cap = 50", "premium_cap、band_high 过大"),
        ("band_low = 1\n", "band_low = 2\n", "不大于 band_high"),
        ("band_low = 1\n", "", "缺少 band_low"),
        ("band_high = 1.15", "band_high = 1.15\nband = 2", "不认识的键 band"),
        ("band_high = 1.15", "band_high = 1.1500001", "至多六位小数"),
    ],
)
def test_faulty_terms_are_refused(tmp_path: Path, before: str, after: str, fault: str) -> None:
    assert before in TEXT
    path = tmp_path / "capped.toml"
    path.write_text(TEXT.replace(before, after), encoding="utf-8")
    with pytest.raises(RuleError, match=fault):
        read_capped_round_terms(path)


def test_terms_hold_on_their_days_only_and_warn_if_unread() -> None:
    with pytest.raises(NoRuleInForceError, match=r"2023-12-31.*测试用限价竞价规则"):
        decide_capped_round(bids([160 * WAN]), lots(), TERMS, on=date(2023, 12, 31))
    unread = replace(TERMS, document=replace(TERMS.document, verified=False))
    with pytest.warns(UnverifiedRuleWarning, match="测试用限价竞价规则"):
        decide_capped_round(bids([160 * WAN]), lots(), unread, on=ON)
