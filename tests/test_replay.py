"""Real deals replayed, and what a pilot's totals can prove: against closed forms, a clerk, and tables by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import exp, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, MissingColumnError, NoRuleInForceError, RuleError
from landmarket.market.demand import Demand, Relisting, UseDemand
from landmarket.market.distributions import Shape, Spread
from landmarket.market.pilot_totals import PilotTotals, pilot_totals
from landmarket.market.plausibility import compatible_shares, picked_deals, plausibility, price_levels
from landmarket.market.real_deals import real_deals
from landmarket.market.replay import ReplayAssumptions, replay
from landmarket.market.terms import Mode
from tests.helpers import assert_same_index
from tests.hunting import examples
from tests.market_clerk import clerk_lots, key, run_lot, uniform
from tests.test_deal import ON
from tests.test_simulation import DEMAND, LIST, prices

D = Decimal
DRAWS = 20_000
SAID = ReplayAssumptions(D("0.8"), D("0.0001"), Mode.LISTING, {"商业": "商服", "工业": "工业", "仓储": "工业"})


def demand(*uses: UseDemand) -> Demand:
    """Assumptions without shocks, offered once."""
    return Demand("测试", "虚构", True, uses, Relisting(0, D(0), D(2)))


def use(name: str, mean: str, base: str = "0.8", scale: str = "0.4") -> UseDemand:
    """A use whose bidders have even values."""
    return UseDemand(name, (D(0),), (D(mean),), Spread(Shape.UNIFORM, D(base), D(scale)))


BOTH = demand(use("商服", "2"), use("工业", "1.5"))


def deal(**facts: object) -> pd.DataFrame:
    """One deal like those that ship: start 80 万元, which is the least that any bidder can pay."""
    row = {
        "place": "某县",
        "form": "出让",
        "mode": "拍卖",
        "land_use": "商业",
        "start_price_fen": 80_000_000,
        "deal_price_fen": 90_000_000,
        "bidder_count": pd.NA,
    }
    return pd.DataFrame([row | facts], index=pd.Index(["某案"], name="deal_code"))


def replayed(table: pd.DataFrame, assumed: Demand = BOTH, said: ReplayAssumptions = SAID) -> pd.Series[float]:
    """The one row of a replay."""
    return replay(table, assumed, said, draws=DRAWS, seed=3).iloc[0]


def error(share: float) -> float:
    """Four standard errors of a share."""
    return 4 * sqrt(share * (1 - share) / DRAWS)


# Closed forms.


def test_one_bidder_takes_the_start_price() -> None:
    row = replayed(deal(bidder_count=1, deal_price_fen=80_000_000))
    assert row["price_quantile"] == 0.5
    assert row["simulated_low_fen"] == row["simulated_high_fen"] == 80_000_000
    assert row["sale_share"] == 1


@pytest.mark.parametrize("bidders", [2, 3, 5])
def test_the_second_highest_of_even_values(bidders: int) -> None:
    # Values even on 80 to 120 万元; the second highest of n is below F with chance n F^(n-1) - (n-1) F^n.
    for share in (0.25, 0.5, 0.75):
        expected = bidders * share ** (bidders - 1) - (bidders - 1) * share**bidders
        row = replayed(deal(bidder_count=bidders, deal_price_fen=80_000_000 + round(40_000_000 * share)))
        # A step is 1/5000 of the range of values, and the density of the second highest is at most 2.
        assert row["price_quantile"] == pytest.approx(expected, abs=error(expected) + 2 / 5000)


def test_a_poisson_number_of_bidders_leaves_some_unsold() -> None:
    expected = 1 - exp(-2)
    assert replayed(deal())["sale_share"] == pytest.approx(expected, abs=error(expected))


def test_a_published_number_of_bidders_is_a_fact() -> None:
    row = replayed(deal(bidder_count=3))
    assert row["sale_share"] == 1
    assert "竞买 3 人是公布的事实" in str(row["assumed_text"])
    assert "竞买人数按需求假设" in str(replayed(deal())["assumed_text"])


def test_a_price_that_no_draw_comes_near() -> None:
    assert replayed(deal(deal_price_fen=500_000_000))["price_quantile"] == 1
    assert replayed(deal(deal_price_fen=79_999_999))["price_quantile"] == 0


def test_a_known_appraisal_goes_before_the_assumption() -> None:
    # 平罗: appraised 398,984 元, start 39.9 万元.
    known = replayed(deal(start_price_fen=39_900_000, appraised_fen=39_898_400, deal_price_fen=pd.NA))
    assert known["appraised_fen"] == 39_898_400
    assert "评估价已知" in str(known["assumed_text"])
    assumed = replayed(deal(start_price_fen=39_900_000, deal_price_fen=pd.NA))
    assert assumed["appraised_fen"] == 49_875_000
    assert "评估价为起始价 ÷ 0.8" in str(assumed["assumed_text"])
    # Values from 0.8 to 1.2 of the appraisal: half of the bidders can pay the start where both are nearly equal.
    expected = 1 - exp(-2 * 0.5)
    assert known["sale_share"] == pytest.approx(expected, abs=error(expected) + 1e-4)


def test_the_band_of_the_location_counts() -> None:
    banded = demand(replace(use("商服", "1"), score_from=(D(0), D(50), D(80)), bidders=(D("0.1"), D(1), D(3))))
    for score, mean in ((0.0, 0.1), (49.9, 0.1), (50.0, 1.0), (79.0, 1.0), (80.0, 3.0), (99.0, 3.0)):
        expected = 1 - exp(-mean)
        row = replayed(deal(location_score=score), banded)
        assert row["sale_share"] == pytest.approx(expected, abs=error(expected)), score
    assert str(replayed(deal(), banded)["unusable_reason"]) == "没有区位分值，需求假设按分值分档"


# What cannot be replayed.


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"start_price_fen": pd.NA}, "没有起始价"),
        ({"deal_price_fen": pd.NA}, "没有成交价（公告），只能模拟，不能对照"),
        ({"form": "出租"}, "供应方式为出租，只回放出让"),
        ({"mode": "协议"}, "交易方式为协议，不经竞价"),
        ({"land_use": "居住"}, "用途 居住 不在回放假设或需求假设中"),
        ({"land_use": None}, "用途 未见 不在回放假设或需求假设中"),
    ],
)
def test_why_a_deal_is_no_evidence(facts: dict[str, object], reason: str) -> None:
    row = replayed(deal(**facts))
    assert (str(row["usable"]), str(row["unusable_reason"])) == ("否", reason)
    assert pd.isna(row["price_quantile"])


def test_a_price_beyond_everybody_is_told() -> None:
    row = replayed(deal(), demand(use("商服", "2", "0.1", "0.2")))
    assert row["sale_share"] == 0
    assert str(row["usable"]) == "否"
    assert str(row["unusable_reason"]).startswith("模拟中从未成交，无从对照")
    assert pd.isna(row["simulated_median_fen"])


def test_one_of_the_deals_that_ship_is_evidence() -> None:
    deals = real_deals()
    before = deals.copy()
    found = replay(deals, BOTH, SAID, draws=500, seed=1)
    assert_same_index(found, deals)
    pd.testing.assert_frame_equal(deals, before)
    assert found.index[found["usable"].eq("是")].tolist() == ["宜城-刘台村-2017"]
    assert found.loc[found["usable"].eq("否"), "unusable_reason"].ne("").all()
    assert found["appraised_fen"].notna().sum() == 6
    assert (found["sale_share"].dropna() > 0).all()


def test_no_deal_moves_another() -> None:
    deals = real_deals()
    found = replay(deals, BOTH, SAID, draws=200, seed=1)
    turned = replay(deals.iloc[::-2], BOTH, SAID, draws=200, seed=1)
    pd.testing.assert_frame_equal(turned, found.loc[turned.index])


def test_senseless_assumptions_are_refused() -> None:
    with pytest.raises(RuleError, match="start_ratio = 0 应大于 0"):
        replace(SAID, start_ratio=D(0))
    with pytest.raises(RuleError, match="mode = 协议 应为 挂牌、拍卖"):
        replace(SAID, mode=Mode.NEGOTIATION)
    with pytest.raises(BadValueError, match="draws = 0"):
        replay(deal(), BOTH, SAID, draws=0, seed=1)
    with pytest.raises(MissingColumnError, match="land_use"):
        replay(deal().drop(columns="land_use"), BOTH, SAID, draws=1, seed=1)


# The pilot.


def test_the_pilot_as_it_was_reported() -> None:
    (pilot,) = pilot_totals()
    assert (pilot.parcels, pilot.area_mu, pilot.money_wan) == (12, D("452.9"), D(34400))
    assert pilot.wan_per_mu == Fraction(344_000, 4529)
    assert not pilot.verified
    # 3.44 亿元 over 452.9 亩: 1,139 元/㎡.
    assert round(pilot.wan_per_mu * 15) == 1139
    assert "没有逐宗的用途" in pilot.note


PILOT = PilotTotals("某试点", "某地", "2022 年", 2, D(10), D(300), "虚构", True, "")
LEVELS = pd.DataFrame(
    {"low": [20.0, 5.0], "median": [40.0, 8.0], "high": [80.0, 10.0]}, index=pd.Index(["商服", "工业"])
)


def draws_of(unit: Sequence[int]) -> pd.DataFrame:
    """Draws of one hectare, fifteen mu, at these prices [万元/亩]."""
    return pd.DataFrame({"money_fen": [15 * price * 1_000_000 for price in unit], "area": 10_000.0})


@pytest.mark.parametrize(
    ("unit", "quantile", "two_sided"),
    [
        ([10, 20, 40, 50], 0.5, 1.0),
        ([10, 20, 25, 50], 0.75, 0.5),
        ([31, 32, 33, 34], 0.0, 0.0),
        ([30, 31, 32, 33], 0.125, 0.5),
        ([30, 30, 30, 30], 0.5, 1.0),
    ],
)
def test_where_thirty_wan_a_mu_lies(unit: list[int], quantile: float, two_sided: float) -> None:
    found = plausibility(draws_of(unit), PILOT, LEVELS)
    assert (found.wan_per_mu, found.quantile, found.two_sided) == (Fraction(30), quantile, two_sided)


def test_the_mix_of_uses_that_thirty_wan_a_mu_allows() -> None:
    found = plausibility(draws_of([10, 50]), PILOT, LEVELS)
    # s·80 + (1 − s)·10 ≥ 30 from s = 2/7 on; s·20 + (1 − s)·5 ≤ 30 always.
    assert found.shares == (Fraction(2, 7), Fraction(1))
    assert found.factor == 5
    for part in (
        "某地2022 年报告 2 宗、10 亩、300 万元，平均 30.00 万元/亩",
        "商服占面积 29% 至 100% 都与这个均价相容",
    ):
        assert part in found.text
    for part in ("50.0% 低于它", "（2 次模拟）", "使均价相差 5.0 倍", "不能证明假设正确，也不能用来校准"):
        assert part in found.text


def test_a_mean_that_no_mixture_has() -> None:
    dear = replace(PILOT, money_wan=D(900))
    found = plausibility(draws_of([10, 50]), dear, LEVELS)
    assert found.shares is None
    assert "怎样搭配都达不到这个均价" in found.text


def test_draws_without_a_sale_and_uses_without_a_level_are_refused() -> None:
    with pytest.raises(BadValueError, match=r"area.*这几次模拟没有成交"):
        plausibility(draws_of([10, 20]).assign(area=[10_000.0, 0.0]), PILOT, LEVELS)
    with pytest.raises(BadValueError, match="没有一次模拟"):
        plausibility(draws_of([10]).iloc[:0], PILOT, LEVELS)
    with pytest.raises(MissingColumnError, match="没有用途 居住"):
        plausibility(draws_of([10]), PILOT, LEVELS, uses=("居住", "工业"))


levels = st.tuples(st.integers(1, 30), st.integers(0, 30)).map(lambda pair: (Fraction(pair[0]), Fraction(sum(pair))))


@settings(max_examples=examples(200))
@given(st.integers(1, 70).map(Fraction), levels, levels)
def test_compatible_shares_by_trying_all(
    mean: Fraction, first: tuple[Fraction, Fraction], second: tuple[Fraction, Fraction]
) -> None:
    found = compatible_shares(mean, first, second)
    tried = {Fraction(part, 60) for part in range(61)} | ({*found} if found else set())
    for share in tried:
        low, high = (share * a + (1 - share) * b for a, b in zip(first, second, strict=True))
        assert (low <= mean <= high) == (found is not None and found[0] <= share <= found[1])


def test_levels_are_values_that_occur() -> None:
    # Forty parcels of one mu at 1 to 40 万元, and one of ten mu at 70 万元.
    mu = 2000 / 3
    table = pd.DataFrame(
        {
            "price_use": ["工业"] * 40 + ["商服"],
            "total_price_fen": [price * 1_000_000 for price in range(40, 0, -1)] + [70_000_000],
            "area": [mu] * 40 + [10 * mu],
        }
    )
    found = price_levels(table)
    assert found.T["工业"].tolist() == pytest.approx([2, 20, 38])
    assert found.T["商服"].tolist() == pytest.approx([7, 7, 7])


# Deals picked out of a market, as a clerk picks them.


@pytest.mark.parametrize("wanted", [1, 4, 30])
def test_deals_as_the_clerk_picks_them(wanted: int) -> None:
    table, draws = prices(14), 60
    found = picked_deals(table, LIST, DEMAND, parcels=wanted, draws=draws, seed=5, on=ON)
    desk = clerk_lots(table, LIST, DEMAND)
    counts = set()
    for draw in range(draws):
        endings = [(lot, run_lot(lot, LIST, DEMAND, seed=5, draw=draw)) for lot in desk]
        sold = [
            (uniform(key(5, f"抽取|{lot.code}", 0), draw), lot.code, end.price) for lot, end in endings if end.price
        ]
        chosen = sorted(sold)[:wanted]
        row = found.loc[draw + 1]
        assert row["deals"] == len(chosen)
        assert row["money_fen"] == sum(price for _, _, price in chosen)
        assert row["area"] == pytest.approx(float(table.loc[[code for _, code, _ in chosen], "area"].sum()))
        counts.add(len(sold))
    assert len(counts) > 3
    assert max(counts) < 30


def test_picking_refuses_what_makes_no_sense() -> None:
    with pytest.raises(BadValueError, match="parcels = 0"):
        picked_deals(prices(3), LIST, DEMAND, parcels=0, draws=5, seed=1, on=ON)
    with pytest.raises(NoRuleInForceError, match="未生效"):
        picked_deals(prices(3), LIST, DEMAND, parcels=1, draws=5, seed=1, on=LIST.effective_from.replace(year=1999))


def test_leaving_parcels_out_keeps_the_picks_among_the_others() -> None:
    table = prices(12)
    whole = picked_deals(table, LIST, DEMAND, parcels=12, draws=50, seed=2, on=ON)
    parts = [
        picked_deals(part, LIST, DEMAND, parcels=12, draws=50, seed=2, on=ON) for part in (table[::2], table[1::2])
    ]
    assert (parts[0]["money_fen"] + parts[1]["money_fen"]).tolist() == whole["money_fen"].tolist()
    assert np.allclose(parts[0]["area"] + parts[1]["area"], whole["area"])
