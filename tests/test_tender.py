"""Tenders decided: a table worked by hand, the highest price and never the lowest, ties, exclusions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, MissingColumnError, NoRuleInForceError, RuleError, UnverifiedRuleWarning
from landmarket.io.manifest import secret_name
from landmarket.market.document import LocalDocument
from landmarket.market.sealed_bids import least_tenderers, sealed
from landmarket.market.tender import decide_tender, tender_awards
from landmarket.market.tender_terms import Award, PriceScore, TenderCriterion, TenderTerms, read_tender_terms
from landmarket.market.terms import ReserveComparison
from tests.helpers import assert_same_index
from tests.hunting import examples

ON = date(2025, 3, 24)
WAN = 1_000_000
DOCUMENT = LocalDocument("测试用招标文件", "虚构", "411081", date(2024, 1, 1), True)
SCORED = TenderTerms(
    document=DOCUMENT,
    award=Award.BEST_SCORE,
    committee_size=5,
    price_weight=Decimal("0.6"),
    criteria=(TenderCriterion("产业方案", Decimal("0.3")), TenderCriterion("就业带动", Decimal("0.1"))),
    full_marks=100,
    score_decimals=2,
)
PRICED = TenderTerms(document=DOCUMENT, award=Award.HIGHEST_PRICE)
LOT = "411081101001GB00001"


def bids(rows: list[tuple[str, str, float, float, float]], lot: str = LOT) -> pd.DataFrame:
    """Bids of one lot: bidder, hour and minute, price in 万元, two marks."""
    table = pd.DataFrame(rows, columns=["bidder", "submitted_at", "wan", "产业方案", "就业带动"])
    table["parcel_code"] = lot
    table["submitted_at"] = pd.to_datetime("2025-03-24 " + table["submitted_at"])
    table[["产业方案", "就业带动"]] = table[["产业方案", "就业带动"]].astype("float64")
    table["price_fen"] = (table.pop("wan") * WAN).round().astype("Int64")
    return table.set_axis([f"标{n}" for n in range(len(table))])


def lots(reserve_wan: float = 380, **more: float) -> pd.DataFrame:
    """One lot whose bids are due at noon."""
    facts = {"reserve_price_fen": round(reserve_wan * WAN), "bids_until": pd.Timestamp("2025-03-24 12:00"), **more}
    return pd.DataFrame(facts, index=pd.Index([LOT], name="parcel_code"))


# Worked by hand. Highest valid price 450: price scores 100 × 400/450 = 88.888… → 88.89, 100, 100 × 420/450 = 93.333… →
# 93.33. Totals: 甲 0.6·88.89 + 0.3·95 + 0.1·80 = 53.334 + 28.5 + 8 = 89.834 → 89.83;
# 乙 60 + 0.3·70 + 0.1·60 = 60 + 21 + 6 = 87.00; 丙 0.6·93.33 + 0.3·88 + 0.1·75 = 55.998 + 26.4 + 7.5 = 89.898 → 89.90.
# 丁 offers most but comes a minute late; 戊 is below the reserve of 380; 己 gives no price.
WORKED = [
    ("甲", "09:00", 400, 95, 80),
    ("乙", "10:00", 450, 70, 60),
    ("丙", "11:00", 420, 88, 75),
    ("丁", "12:01", 500, 90, 90),
    ("戊", "12:00", 379.99, 99, 99),
    ("己", "08:00", np.nan, 60, 60),
]


def test_a_tender_worked_by_hand() -> None:
    table = bids(WORKED)
    before = table.copy(deep=True)
    decided = decide_tender(table, lots(), SCORED, on=ON)
    assert_same_index(decided, table)
    pd.testing.assert_frame_equal(table, before)
    assert decided["price_score"].tolist()[:3] == [88.89, 100.0, 93.33]
    assert decided["加权:产业方案"].tolist()[:3] == [28.5, 21.0, 26.4]
    assert decided["加权:就业带动"].tolist()[:3] == [8.0, 6.0, 7.5]
    assert decided["total_score"].tolist()[:3] == [89.83, 87.0, 89.9]
    assert decided["tender_rank"].tolist()[:3] == [2, 3, 1]
    assert decided["tender_award"].tolist() == ["未中标", "未中标", "中标", "无效投标", "无效投标", "无效投标"]
    assert decided["exclusion"].tolist() == ["", "", "", "逾期送达", "低于底价", "投标不完整"]
    assert decided["in_time"].tolist() == ["是", "是", "是", "否", "是", "是"]
    assert decided.loc["标3":, ["price_score", "total_score", "tender_rank"]].isna().all(axis=None)
    award = tender_awards(table, decided, lots()).iloc[0]
    assert award.tolist() == ["成交", 5, "丙", 420 * WAN]


def test_the_highest_price_wins_and_never_the_lowest() -> None:
    decided = decide_tender(bids(WORKED), lots(), PRICED, on=ON)
    assert decided["tender_award"].tolist()[:3] == ["未中标", "中标", "未中标"]
    assert decided["tender_rank"].tolist()[:3] == [3, 1, 2]
    assert decided[["price_score", "total_score"]].isna().all(axis=None)


def test_a_price_score_against_a_benchmark_stops_at_full_marks() -> None:
    terms = replace(SCORED, price_score=PriceScore.TO_BENCHMARK)
    decided = decide_tender(bids(WORKED), lots(benchmark_fen=440 * WAN), terms, on=ON)
    assert decided["price_score"].tolist()[:3] == [90.91, 100.0, 95.45]  # 400/440, 450/440, 420/440
    with pytest.raises(MissingColumnError, match="benchmark_fen"):
        decide_tender(bids(WORKED), lots(), terms, on=ON)


@pytest.mark.parametrize("wrong", [np.nan, 0.0, -1.0, 10.5])
def test_a_benchmark_must_be_an_amount(wrong: float) -> None:
    terms = replace(SCORED, price_score=PriceScore.TO_BENCHMARK)
    with pytest.raises(BadValueError, match=f"benchmark_fen.*{LOT}"):
        decide_tender(bids(WORKED), lots(benchmark_fen=wrong), terms, on=ON)


@pytest.mark.parametrize(
    ("comparison", "said"), [(ReserveComparison.NOT_BELOW, ""), (ReserveComparison.ABOVE, "低于底价")]
)
def test_a_bid_at_the_reserve(comparison: ReserveComparison, said: str) -> None:
    terms = replace(PRICED, reserve_comparison=comparison)
    decided = decide_tender(bids(WORKED), lots(400), terms, on=ON)
    assert decided["exclusion"].iloc[0] == said


def test_several_reasons_stand_together() -> None:
    decided = decide_tender(bids([("甲", "13:00", 1, np.nan, 1)]), lots(), SCORED, on=ON)
    assert decided["exclusion"].tolist() == ["逾期送达；投标不完整；低于底价"]


# Equal scores.


def test_of_equal_scores_the_higher_price_goes_first() -> None:
    # 甲: 100 × 0.6 + 50 × 0.3 + 50 × 0.1 = 80. 乙: 80 × 0.6 + 80 × 0.3 + 80 × 0.1 = 80. 丙 far behind.
    rows = [("乙", "08:00", 400, 80, 80), ("甲", "11:00", 500, 50, 50), ("丙", "09:00", 390, 1, 1)]
    decided = decide_tender(bids(rows), lots(), SCORED, on=ON)
    assert decided["total_score"].tolist()[:2] == [80.0, 80.0]
    assert decided["tender_award"].tolist() == ["未中标", "中标", "未中标"]


@pytest.mark.parametrize("terms", [SCORED, PRICED])
def test_of_equal_prices_the_earliest(terms: TenderTerms) -> None:
    rows = [("甲", "10:00", 400, 80, 80), ("乙", "09:59", 400, 80, 80), ("丙", "09:00", 390, 1, 1)]
    decided = decide_tender(bids(rows), lots(), terms, on=ON)
    assert decided["tender_rank"].tolist() == [2, 1, 3]
    assert decided["tender_award"].tolist() == ["未中标", "中标", "未中标"]


@pytest.mark.parametrize("terms", [SCORED, PRICED])
def test_what_is_equal_in_all_is_drawn_by_lot(terms: TenderTerms) -> None:
    rows = [("甲", "10:00", 400, 80, 80), ("乙", "10:00", 400, 80, 80), ("丙", "09:00", 390, 1, 1)]
    table = bids(rows)
    decided = decide_tender(table, lots(), terms, on=ON)
    assert decided["tender_rank"].tolist() == [1, 1, 3]
    assert decided["tender_award"].tolist() == ["待抽签", "待抽签", "未中标"]
    award = tender_awards(table, decided, lots()).iloc[0]
    assert award["tender_outcome"] == "待抽签"
    assert award[["bidder", "deal_price_fen"]].isna().all()


# Too few, none valid, nobody.


def test_fewer_than_three_in_time_end_the_tender() -> None:
    # 招标投标法 art. 28: fewer than three tenderers. The third comes late, so that two are left.
    table = bids([WORKED[0], WORKED[1], WORKED[3]])
    decided = decide_tender(table, lots(), SCORED, on=ON)
    assert decided["tender_award"].tolist() == ["流拍-人数不足", "流拍-人数不足", "无效投标"]
    assert decided["tender_rank"].isna().all()
    assert tender_awards(table, decided, lots())["tender_outcome"].tolist() == ["流拍-人数不足"]
    assert least_tenderers(ON, "411081") == 3


def test_one_valid_bid_of_three_wins() -> None:
    table = bids([WORKED[0], WORKED[4], WORKED[5]])
    decided = decide_tender(table, lots(), SCORED, on=ON)
    assert decided["tender_award"].tolist() == ["中标", "无效投标", "无效投标"]


def test_no_valid_bid_and_nobody() -> None:
    several = pd.concat([lots(10_000), lots().set_axis(["411081101001GB00002"])])
    table = bids(WORKED)
    decided = decide_tender(table, several, SCORED, on=ON)
    awards = tender_awards(table, decided, several)
    assert awards["tender_outcome"].tolist() == ["流拍-无有效投标", "流拍-无人报名"]
    assert awards["bidder_count"].tolist() == [5, 0]
    assert_same_index(awards, several)
    nobody = table.iloc[:0]
    empty = decide_tender(nobody, several, SCORED, on=ON)
    assert tender_awards(nobody, empty, several)["tender_outcome"].tolist() == ["流拍-无人报名"] * 2


# Against fractions.

MARKS = st.integers(0, 10_000).map(lambda mark: mark / 100)
ROWS = st.lists(st.tuples(st.integers(380, 420), st.integers(0, 3), MARKS, MARKS), min_size=3, max_size=7)


@settings(max_examples=examples(60), deadline=None)
@given(ROWS, st.integers(0, 4))
def test_winner_and_scores_by_fractions(rows: list[tuple[int, int, float, float]], decimals: int) -> None:
    table = bids([(f"B{n}", f"0{hour}:00", wan, one, two) for n, (wan, hour, one, two) in enumerate(rows)])
    decided = decide_tender(table, lots(), replace(SCORED, score_decimals=decimals), on=ON)
    best = max(wan for wan, *_ in rows)

    def half_up(value: Fraction) -> Decimal:
        exact = Decimal(value.numerator) / Decimal(value.denominator)
        return exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)

    totals = []
    for wan, _, one, two in rows:
        price = Fraction(half_up(Fraction(100 * wan, best)))
        marks = Fraction(3, 10) * Fraction(str(one)) + Fraction(1, 10) * Fraction(str(two))
        totals.append(half_up(Fraction(6, 10) * price + marks))
    assert decided["total_score"].tolist() == [float(total) for total in totals]
    order = [(-total, -wan, hour) for total, (wan, hour, *_) in zip(totals, rows, strict=True)]
    first = min(order)
    won = [n for n, place in enumerate(order) if place == first]
    assert np.flatnonzero(decided["tender_rank"] == 1).tolist() == won
    assert (decided["tender_award"] == ("中标" if len(won) == 1 else "待抽签")).tolist() == [
        n in won for n in range(len(rows))
    ]


# Refusals.


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("price_fen", 0, "price_fen（报价分）.*标0 = .*0.*大于 0"),
        ("price_fen", -5, "标0 = .*-5"),
        ("产业方案", 100.5, "产业方案.*标0 = .*100.5.*0—100"),
        ("就业带动", -1.0, "标0 = .*-1"),
        ("parcel_code", "411081101001GB00009", "parcel_code（宗地代码）.*411081101001GB00009.*办法"),
        ("bidder", "乙", "bidder（竞买人）.*共 2 行：标0 = '乙'、标1 = '乙'"),
    ],
)
def test_bids_that_cannot_be_judged_are_named(column: str, value: object, said: str) -> None:
    table = bids(WORKED)
    table.loc["标0", column] = value
    with pytest.raises(BadValueError, match=said):
        decide_tender(table, lots(), SCORED, on=ON)


def test_a_wrong_reserve_is_refused_without_printing_it() -> None:
    with pytest.raises(BadValueError, match=f"保密.*{LOT}") as refused:
        decide_tender(bids(WORKED), lots().assign(reserve_price_fen=1234.5), SCORED, on=ON)
    assert "1234" not in str(refused.value)


def test_a_lot_without_a_deadline_is_refused() -> None:
    with pytest.raises(BadValueError, match=f"bids_until（投标截止时间）.*{LOT}"):
        decide_tender(bids(WORKED), lots().assign(bids_until=pd.NaT), SCORED, on=ON)


def test_nothing_told_is_the_reserve() -> None:
    decided = decide_tender(bids(WORKED), lots(380.123), SCORED, on=ON)
    assert not [name for name in decided.columns if secret_name(name)]
    assert "380" not in decided.to_string()


@pytest.mark.parametrize("size", [0, 3, 4, 6])
def test_the_committee_is_five_or_more_and_odd(size: int) -> None:
    with pytest.raises(RuleError, match=rf"committee_size = {size}.*5 人以上单数.*招标投标法.*37"):
        decide_tender(bids(WORKED), lots(), replace(SCORED, committee_size=size), on=ON)
    assert len(decide_tender(bids(WORKED), lots(), replace(SCORED, committee_size=7), on=ON)) == len(WORKED)


def test_terms_hold_on_their_days_only_and_warn_if_unread() -> None:
    with pytest.raises(NoRuleInForceError, match=r"2023-12-31.*测试用招标文件"):
        decide_tender(bids(WORKED), lots(), PRICED, on=date(2023, 12, 31))
    unread = replace(PRICED, document=replace(DOCUMENT, verified=False))
    with pytest.warns(UnverifiedRuleWarning, match="测试用招标文件"):
        decide_tender(bids(WORKED), lots(), unread, on=ON)
    with pytest.raises(RuleError, match="早于"):
        replace(DOCUMENT, effective_to=date(2023, 1, 1))


TEXT = """
name = "示例招标文件"
source = "示例，虚构"
county = "411081"
effective_from = 2024-01-01
verified = false
award = "综合评分"
committee_size = 5
price_weight = 0.6
price_score = "最高有效报价"
full_marks = 100
score_decimals = 2

[[criterion]]
name = "产业方案"
weight = 0.4
"""


def test_terms_are_read_exactly(tmp_path: Path) -> None:
    path = tmp_path / "tender.toml"
    path.write_text(TEXT, encoding="utf-8")
    terms = read_tender_terms(path)
    assert (terms.price_weight, terms.criteria) == (Decimal("0.6"), (TenderCriterion("产业方案", Decimal("0.4")),))
    assert (terms.document.name, terms.document.verified) == ("示例招标文件", False)


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("weight = 0.4", "weight = 0.3", "之和应为 1，现为 0.9"),
        ("weight = 0.4", "weight = 0.4\nbonus = 1", "不认识的键 bonus"),
        ('award = "综合评分"', 'award = "最低投标价"', "价高者得、综合评分 之一"),
        ('award = "综合评分"', 'award = "价高者得"', "不应有权重"),
        ("full_marks = 100", "full_marks = 0", "full_marks"),
        ("score_decimals = 2", "score_decimals = 7", "score_decimals"),
        ("committee_size = 5", "committee = 5", "不认识的键 committee"),
        ("effective_from = 2024-01-01", "effective_from = 2024-01-01\neffective_to = 2023-01-01", "早于"),
    ],
)
def test_faulty_terms_are_refused(tmp_path: Path, before: str, after: str, fault: str) -> None:
    assert before in TEXT
    path = tmp_path / "tender.toml"
    path.write_text(TEXT.replace(before, after), encoding="utf-8")
    with pytest.raises(RuleError, match=fault):
        read_tender_terms(path)


def test_criteria_of_one_name_are_refused() -> None:
    with pytest.raises(RuleError, match="重名"):
        replace(SCORED, criteria=(TenderCriterion("甲", Decimal("0.2")), TenderCriterion("甲", Decimal("0.2"))))


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.lists(st.integers(-1, 4), min_size=4, max_size=4), min_size=1, max_size=5))
def test_sealed_bids_go_to_the_first_of_the_highest(rows: list[list[int]]) -> None:
    result = sealed(np.array(rows, dtype=np.int64))
    for row, level, winner in zip(rows, result.level.tolist(), result.winner.tolist(), strict=True):
        assert level == max(row)
        assert winner == (row.index(max(row)) if max(row) >= 0 else -1)
    assert not result.onsite.any()
