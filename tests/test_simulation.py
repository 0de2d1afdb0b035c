"""The simulated market against a clerk, against theory, and against itself with parcels left out or dealt otherwise."""

from __future__ import annotations

import tracemalloc
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import ceil, exp

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from landmarket.errors import (
    BadValueError,
    MissingColumnError,
    NoRuleInForceError,
    RuleError,
    UnsupportedModeError,
    UnverifiedRuleWarning,
)
from landmarket.market import bids
from landmarket.market.demand import BudgetBasis, Demand, Relisting, UseDemand
from landmarket.market.distributions import ONE, Shape, Spread
from landmarket.market.lot_draws import lot_draws
from landmarket.market.lot_offers import lots_of, terms_by_round
from landmarket.market.lots import Lot, Round, market_draws
from landmarket.market.market_totals import exact_sum, party_money, quantiles_of
from landmarket.market.offer import offer, yearly_reserve
from landmarket.market.price_formation import settle_auction, settle_listing, settle_sealed
from landmarket.market.sealed_bids import sealed
from landmarket.market.shared_budgets import shared_draws
from landmarket.market.simulation import MarketOutcome, simulate_market
from landmarket.market.terms import DealTerms, Form, Mode, ReserveComparison
from tests.helpers import assert_same_index
from tests.hunting import examples
from tests.market_clerk import by_loop, by_rules, clerk_lots, run_lot, run_shared
from tests.test_deal import ON, TERMS

Floats = npt.NDArray[np.float64]

D = Decimal
LIST = replace(TERMS, reserve_ratio=D("0.85"))


def even(base: str, scale: str) -> Spread:
    """A uniform distribution."""
    return Spread(Shape.UNIFORM, D(base), D(scale))


INDUSTRY = UseDemand(
    "工业", (D(0), D(50)), (D("1.4"), D("3")), even("0.75", "0.5"), even("0.9", "0.2"), even("0.95", "0.1")
)
COMMERCE = UseDemand("商服", (D(0),), (D("2.2"),), Spread(Shape.EXPONENTIAL, D("0.7"), D("0.25")))
DEMAND = Demand("测试", "虚构", True, (INDUSTRY, COMMERCE), Relisting(2, D("0.12"), D(3)), even("0.9", "0.2"))


def with_uses(demand: Demand, **changes: object) -> Demand:
    """The same change of every use."""
    return replace(demand, uses=tuple(replace(use, **changes) for use in demand.uses))  # type: ignore[arg-type]


def prices(count: int, seed: int = 0) -> pd.DataFrame:
    """Some priced parcels of four townships."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "total_price_fen": rng.integers(10**7, 10**11, count),
            "area": rng.integers(10**4, 10**7, count) / 100,
            "price_use": rng.choice(["工业", "商服"], count),
            "township": [["梁北镇", "神垕镇", "褚河街道", None][at] for at in rng.integers(0, 4, count)],
            "location_score": rng.integers(0, 100, count) / 1.0,
            "year": rng.choice([2025, 2026], count),
            "term_years": 50.0,
            "capitalisation_rate": 0.05,
        },
        index=pd.Index([f"411081{number:06d}JB{number % 89999:05d}" for number in range(count)], name="parcel_code"),
    )


def simulate(table: pd.DataFrame, terms: DealTerms, demand: Demand, draws: int, **more: object) -> MarketOutcome:
    """The market with seed 5."""
    return simulate_market(table, terms, demand, draws=draws, seed=5, on=ON, **more)  # type: ignore[arg-type]


# The clerk.

VARIANTS: list[tuple[DealTerms, Demand]] = [
    (LIST, DEMAND),
    (replace(LIST, mode=Mode.AUCTION), DEMAND),
    (replace(LIST, mode=Mode.TENDER), replace(DEMAND, sealed_shares=(D(1), D("0.5"), D("0.9"), D("0.95")))),
    (replace(LIST, min_bidders=2, step=D("0.2")), DEMAND),
    (replace(LIST, step=D("0.07"), reserve_comparison=ReserveComparison.ABOVE, reserve_ratio=D("0.9")), DEMAND),
    (replace(LIST, mode=Mode.AUCTION, min_bidders=3), with_uses(DEMAND, bidders=(D("4.5"),), score_from=(D(0),))),
    (replace(LIST, step=D("0.001")), with_uses(DEMAND, budget=even("0.7", "0.4"))),
    (LIST, with_uses(DEMAND, budget=even("100000", "400000000"), budget_basis=BudgetBasis.AMOUNT)),
]


@pytest.mark.parametrize("bidding", [by_rules, by_loop])
@pytest.mark.parametrize(("terms", "demand"), VARIANTS, ids=range(len(VARIANTS)))
def test_three_thousand_lots_of_each_kind_as_the_clerk_runs_them(
    terms: DealTerms, demand: Demand, bidding: Callable[[Mode, list[int]], tuple[int, int]]
) -> None:
    table, draws = prices(20), 150
    least = 3 if terms.mode is Mode.TENDER else terms.min_bidders
    market = market_draws(demand, terms.mode, least, terms.county, draws=draws, seed=5)
    for lot, desk in zip(lots_of(table, terms, demand), clerk_lots(table, terms, demand), strict=True):
        found = lot_draws(lot, market)
        endings = [run_lot(desk, terms, demand, seed=5, draw=draw, bidding=bidding) for draw in range(draws)]
        assert found.price.tolist() == [ending.price for ending in endings], lot.code
        assert found.sold_in.tolist() == [ending.sold_in for ending in endings], lot.code
        assert found.bidders == sum(ending.registered for ending in endings)


def test_the_clerk_saw_every_ending() -> None:
    market = market_draws(DEMAND, Mode.LISTING, 1, "411081", draws=150, seed=5)
    found = [lot_draws(lot, market) for lot in lots_of(prices(20), LIST, DEMAND)]
    assert {round_ for lot in found for round_ in lot.sold_in.tolist()} == {-1, 0, 1, 2}
    assert all(sum(lot.failures[kind] for lot in found) > 10 for kind in ("流拍-无人报名", "流拍-低于底价"))


def test_a_tender_needs_as_many_bidders_as_the_law_asks_for() -> None:
    # 招标投标法 art. 28: fewer than three, and it is held again; the terms may say one.
    table, (terms, demand) = prices(6), VARIANTS[2]
    parcels = simulate(table, terms, demand, 80).parcels
    desk = clerk_lots(table, terms, demand)
    sold = [sum(run_lot(lot, terms, demand, seed=5, draw=draw).sold_in >= 0 for draw in range(80)) for lot in desk]
    assert terms.min_bidders == 1
    assert parcels["sale_probability"].tolist() == [count / 80 for count in sold]


def test_a_bid_exactly_at_the_reserve() -> None:
    # Every bidder can pay just the start price, which is the reserve: sold "not below" it, not sold "above" it.
    table = prices(5).assign(total_price_fen=10**9, price_use="工业")
    calm = replace(with_uses(DEMAND, private=even("0.8", "0"), shock=ONE, common=ONE), county_shock=ONE)
    once = replace(calm, relisting=Relisting(0, D(0), D(1)))
    at_reserve = replace(LIST, reserve_ratio=D("0.8"))
    sold = {
        comparison: simulate(table, replace(at_reserve, reserve_comparison=comparison), once, 50).parcels
        for comparison in ReserveComparison
    }
    assert (sold[ReserveComparison.NOT_BELOW]["sale_probability"] > 0.5).all()
    assert (sold[ReserveComparison.ABOVE]["sale_probability"] == 0).all()


@settings(max_examples=examples(150), deadline=None)
@given(st.lists(st.lists(st.integers(-1, 6), max_size=7), min_size=1, max_size=12))
def test_columns_of_bidders_are_decided_as_the_rules_decide_tables(lots: list[list[int]]) -> None:
    lots = sorted(lots, key=len, reverse=True)
    most = max(len(lots[0]), 1)
    table = np.array([lot + [-1] * (most - len(lot)) for lot in lots], dtype=np.int64)
    columns = [np.array([lot[at] for lot in lots if len(lot) > at], dtype=np.float64) for at in range(len(lots[0]))]
    ones = np.ones(1)
    for settled, expected in (
        (settle_listing(columns, len(lots)), bids.listing(table)),
        (settle_auction(columns, len(lots)), bids.auction(table)),
        (settle_sealed(columns, len(lots), 10, 1, ones), sealed(table)),
    ):
        assert settled.level.tolist() == expected.level.tolist()
        assert settled.bidders.tolist() == (table >= 0).sum(axis=1).tolist()
        assert np.where(settled.level < 0, -1, settled.winner).tolist() == expected.winner.tolist()


# Theory: a lot with a known number of bidders, and steps too small to matter.

APPRAISED = 10**13
DRAWS = 100_000
UNIFORM01 = even("0", "1")


def exactly(count: int) -> Floats:
    """Chances of arrivals where just so many come."""
    return np.array([0.0] * count + [1.0])


def income(
    mode: Mode, private: Spread, bidders: Floats, *, start: float = 1e-9, reserve: float = 0.0, **more: object
) -> Floats:
    """What each of many draws brings, as a multiple of the appraised price."""
    use = UseDemand("工业", (D(0),), (D(1),), private, **more)  # type: ignore[arg-type]
    shares = (D(1), *(D(n - 1) / D(n) for n in range(2, 12)))
    demand = replace(DEMAND, uses=(use,), sealed_shares=shares, county_shock=ONE)
    begin = ceil(start * APPRAISED)
    offered = Round(begin, 100, max(-(-(ceil(reserve * APPRAISED) - begin) // 100), 0))
    market = market_draws(demand, mode, 1, "411081", draws=DRAWS, seed=11)
    return lot_draws(Lot("411081000000JB00001", use, bidders, APPRAISED, (offered,), 1), market).price / APPRAISED


def assert_mean(drawn: Floats, expected: float) -> None:
    """The mean is within four standard errors, and the grid's fineness, of what theory says."""
    assert abs(drawn.mean() - expected) <= 4 * drawn.std() / np.sqrt(len(drawn)) + 2e-9


@pytest.mark.parametrize("mode", [Mode.LISTING, Mode.AUCTION])
@pytest.mark.parametrize("count", [1, 2, 3, 5, 10])
def test_mean_income_of_an_english_auction(mode: Mode, count: int) -> None:
    # Values even on [0, 1]: the second highest of n has mean (n − 1)/(n + 1).
    assert_mean(income(mode, UNIFORM01, exactly(count)), (count - 1) / (count + 1))


@pytest.mark.parametrize("count", [2, 3, 5, 10])
def test_sealed_bids_in_equilibrium_bring_the_same(count: int) -> None:
    # Revenue equivalence: each bids (n − 1)/n of its value, and the highest bid has mean (n − 1)/(n + 1).
    assert_mean(income(Mode.TENDER, UNIFORM01, exactly(count)), (count - 1) / (count + 1))


def english_income(count: int, reserve: float) -> float:
    """Income with a public reserve r: the integral of (2v − 1)·n·v^(n−1) from r to 1."""
    return 2 * count / (count + 1) * (1 - reserve ** (count + 1)) - (1 - reserve**count)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 10])
def test_a_public_reserve(count: int) -> None:
    for reserve in (0.2, 0.5, 0.8):
        assert_mean(income(Mode.AUCTION, UNIFORM01, exactly(count), start=reserve), english_income(count, reserve))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_half_is_the_best_public_reserve(count: int) -> None:
    # (1 − F(r))/f(r) = r for even values: r = 1/2, however many bid.
    curve = {r: income(Mode.AUCTION, UNIFORM01, exactly(count), start=r).mean() for r in (0.3, 0.4, 0.5, 0.6, 0.7)}
    assert max(curve, key=lambda reserve: curve[reserve]) == 0.5


@pytest.mark.parametrize("count", [2, 3, 5])
def test_a_secret_reserve_only_refuses(count: int) -> None:
    # Sold at the second highest where it meets r: the integral of s·n(n − 1)s^(n−2)(1 − s) from r to 1.
    for r in (0.3, 0.7):
        expected = count * (count - 1) * ((1 - r**count) / count - (1 - r ** (count + 1)) / (count + 1))
        assert_mean(income(Mode.AUCTION, UNIFORM01, exactly(count), reserve=r), expected)


@pytest.mark.parametrize("count", [2, 3, 5, 10])
def test_mean_income_from_exponential_values(count: int) -> None:
    # The second highest of n has mean H(n) − 1, in units of the mean.
    harmonic = sum(1 / k for k in range(1, count + 1))
    drawn = income(Mode.LISTING, Spread(Shape.EXPONENTIAL, D("0.2"), D("0.3")), exactly(count))
    assert_mean(drawn, 0.2 + 0.3 * (harmonic - 1))


def second_highest(distribution: Callable[[float], float], count: int, top: float) -> float:
    """Mean of the second highest of n: the integral of 1 − F^n − n·F^(n−1)·(1 − F)."""

    def above(x: float) -> float:
        below = distribution(x)
        return 1 - below**count - count * below ** (count - 1) * (1 - below)

    return float(integrate.quad(above, 0, top, limit=200)[0])


def test_mean_income_from_lognormal_values() -> None:
    peer = stats.lognorm(0.4, scale=1.1)
    drawn = income(Mode.AUCTION, Spread(Shape.LOGNORMAL, D("1.1"), D("0.4")), exactly(3))
    assert_mean(drawn, second_highest(peer.cdf, 3, 30))


def test_mean_income_where_budgets_bind() -> None:
    # The lesser of value and budget, both even: F(x) = 1 − (1 − x)².
    drawn = income(Mode.AUCTION, UNIFORM01, exactly(4), budget=UNIFORM01)
    assert_mean(drawn, second_highest(lambda x: 1 - (1 - x) ** 2, 4, 1))


def test_a_common_part_multiplies() -> None:
    drawn = income(Mode.AUCTION, UNIFORM01, exactly(3), common=even("0.5", "1"), shock=even("0.8", "0.4"))
    assert_mean(drawn, 0.5)
    # Independent factors: second moments multiply. E[S²] of the second of three is 3/10.
    assert_mean(drawn**2, 0.3 * (1 + 1 / 12) * (1 + 0.16 / 12))


def test_poisson_arrivals() -> None:
    table = prices(1).assign(price_use="工业", location_score=10)
    for mean in ("0.3", "1.4", "5"):
        demand = with_uses(DEMAND, bidders=(D(mean),), score_from=(D(0),), private=even("3", "0"), common=ONE)
        demand = replace(demand, relisting=Relisting(0, D(0), D(1)))
        parcel = simulate(table, replace(LIST, reserve_ratio=D(0)), demand, DRAWS).parcels.iloc[0]
        nobody = exp(-float(mean))
        error = 4 * np.sqrt(nobody * (1 - nobody) / DRAWS)
        assert abs(1 - parcel["sale_probability"] - nobody) < error
        assert abs(parcel["bidders_mean"] - float(mean)) < 4 * np.sqrt(float(mean) / DRAWS)


def test_shocks_widen_the_interval_of_the_total_and_leave_its_mean() -> None:
    table = prices(60).assign(total_price_fen=10**9, price_use="工业", location_score=80)
    calm = replace(with_uses(DEMAND, shock=ONE, common=ONE), county_shock=ONE)
    shaken = replace(calm, county_shock=even("0.8", "0.4"))
    widths = []
    for demand in (calm, shaken):
        total = simulate(table, replace(LIST, reserve_ratio=D(0)), demand, 2000).townships.iloc[-1]
        widths.append(total["money_high_fen"] - total["money_low_fen"])
    assert widths[1] > 3 * widths[0]


# Tables against brute force over all draws of the clerk.


def clerk_draws(table: pd.DataFrame, draws: int) -> dict[str, list[tuple[int, int]]]:
    """Price and round of every lot in every draw."""
    lots = clerk_lots(table, LIST, DEMAND)
    endings = {lot.code: [run_lot(lot, LIST, DEMAND, seed=5, draw=d) for d in range(draws)] for lot in lots}
    return {code: [(ending.price, ending.sold_in) for ending in found] for code, found in endings.items()}


def least_not_exceeded(values: Sequence[int], level: Fraction) -> int:
    """The least value that this share of the values does not exceed."""
    return next(v for v in sorted(values) if Fraction(sum(x <= v for x in values), len(values)) >= level)


QUANTILES = {"low": Fraction(1, 20), "median": Fraction(1, 2), "high": Fraction(19, 20)}


def test_parcels_are_summed_up_as_by_hand() -> None:
    table, draws = prices(25), 90
    parcels = simulate(table, LIST, DEMAND, draws).parcels
    assert_same_index(parcels, table)
    starts = [offer(table, terms).start for terms in terms_by_round(LIST, DEMAND.relisting)]
    for at, (code, found) in enumerate(clerk_draws(table, draws).items()):
        row, sold = parcels.loc[code], [(price, number) for price, number in found if number >= 0]
        amounts = [price for price, _ in sold]
        assert row["start_price_fen"] == starts[0][at]
        assert row["sale_probability"] == pytest.approx(len(sold) / draws)
        assert row["deal_price_mean"] == pytest.approx(sum(amounts) / len(sold) / 100)
        assert row["premium_mean"] == pytest.approx(sum(p / starts[n][at] - 1 for p, n in sold) / len(sold))
        assert row["months_mean"] == pytest.approx(sum(3 * (n + 1) for _, n in sold) / len(sold))
        assert row["no_sale"] == ""
        for rank, level in QUANTILES.items():
            assert row[f"deal_price_{rank}_fen"] == least_not_exceeded(amounts, level)


def test_totals_are_those_of_the_joint_draws() -> None:
    table, draws = prices(25), 90
    areas = dict(zip(table.index, table["area"], strict=True))
    table["own_share"], table["fund_share"] = 0.7, np.linspace(0.05, 0.3, 25).round(4)
    outcome = simulate(table, LIST, DEMAND, draws, year="year", shares=["own_share", "fund_share"])
    found = clerk_draws(table, draws)
    groups: dict[tuple[str, int | None], list[str]] = defaultdict(list)
    for code, row in table.iterrows():
        town = row["township"] if isinstance(row["township"], str) else "乡镇不明"
        for place in ((town, row["year"]), (town, None), ("合计", row["year"]), ("合计", None)):
            groups[place].append(str(code))
    rows = {
        (r["township"], None if pd.isna(r["listing_year"]) else r["listing_year"]): r
        for _, r in outcome.townships.iterrows()
    }
    assert rows.keys() == groups.keys()
    for place, codes in groups.items():
        row = rows[place]
        money = [sum(found[code][d][0] for code in codes) for d in range(draws)]
        area = [sum(round(100 * areas[c]) for c in codes if found[c][d][1] >= 0) for d in range(draws)]
        assert (row["parcels"], row["area"]) == (len(codes), pytest.approx(table.loc[codes, "area"].sum()))
        assert row["money_mean"] == pytest.approx(sum(money) / draws / 100)
        assert row["area_sold_mean"] == pytest.approx(sum(area) / draws / 100)
        for rank, level in QUANTILES.items():
            assert row[f"money_{rank}_fen"] == least_not_exceeded(money, level)
            assert row[f"area_sold_{rank}"] == least_not_exceeded(area, level) / 100
    whole = outcome.parties[outcome.parties["township"] == "合计"]
    whole = whole[whole["listing_year"].isna()]
    assert whole["party"].tolist() == ["own_share", "fund_share", "其余"]
    assert whole["money_mean"].sum() == pytest.approx(rows[("合计", None)]["money_mean"])
    shares = dict(zip(table.index, table["fund_share"], strict=True))
    fund = [sum(found[code][d][0] * Fraction(str(share)) for code, share in shares.items()) for d in range(draws)]
    told = whole.loc[whole["party"] == "fund_share", "money_median_fen"].item()
    assert abs(told - least_not_exceeded([round(each) for each in fund], Fraction(1, 2))) <= len(shares)


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(st.integers(0, 10**15), min_size=1, max_size=8), st.lists(st.integers(0, 250_000), min_size=1, max_size=4)
)
def test_party_money_is_within_a_fen_and_adds_up(amounts: list[int], rates: list[int]) -> None:
    parts = party_money(np.array(amounts), np.array(rates))
    assert parts.sum(axis=0).tolist() == amounts
    for party, rate in zip(parts.tolist(), rates, strict=False):
        assert all(abs(part - Fraction(amount * rate, 10**6)) < 1 for part, amount in zip(party, amounts, strict=True))


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.integers(0, 2**62), min_size=1, max_size=60))
def test_sums_and_quantiles_are_exact(values: list[int]) -> None:
    assert exact_sum(np.array(values)) == sum(values)
    assert quantiles_of(np.array(values)) == [least_not_exceeded(values, level) for level in QUANTILES.values()]


# What a parcel draws depends on nothing else.


@settings(max_examples=examples(6), deadline=None)
@given(st.integers(0, 10**6), st.randoms(use_true_random=False), st.integers(1, 14), st.integers(1, 4))
def test_dropping_reordering_and_workers_change_no_parcel(seed: int, chance: object, kept: int, workers: int) -> None:
    table = prices(14, seed)
    order = np.random.default_rng(seed).permutation(14)[:kept]
    whole = simulate(table, LIST, DEMAND, 60)
    some = simulate(table.iloc[order], LIST, DEMAND, 60, workers=workers)
    pd.testing.assert_frame_equal(some.parcels, whole.parcels.iloc[order])
    again = simulate(table.iloc[::-1], LIST, DEMAND, 60, workers=workers, year="year")
    totals = (outcome.townships[outcome.townships["listing_year"].isna()] for outcome in (whole, again))
    first, second = (each.sort_values("township").reset_index(drop=True) for each in totals)
    pd.testing.assert_frame_equal(first, second)


def test_more_draws_begin_with_the_same() -> None:
    lots = lots_of(prices(10), LIST, DEMAND)
    few, many = (market_draws(DEMAND, Mode.LISTING, 1, "411081", draws=n, seed=3) for n in (70, 400))
    for lot in lots:
        assert lot_draws(lot, few).price.tolist() == lot_draws(lot, many).price[:70].tolist()


def test_another_seed_draws_differently() -> None:
    table = prices(10)
    first, second = (
        simulate_market(table, LIST, DEMAND, draws=50, seed=seed, on=ON).parcels["deal_price_mean"] for seed in (1, 2)
    )
    assert (first != second).all()


def test_more_bidders_never_make_a_price_lower() -> None:
    # A bidder keeps its value whatever the assumptions on arrivals are: scenarios differ by what they change alone.
    table = prices(12)
    plain = replace(DEMAND, relisting=Relisting(0, D(0), D(1)))
    terms = replace(LIST, mode=Mode.AUCTION, reserve_ratio=D(0))
    markets = [with_uses(plain, score_from=(D(0),), bidders=(D(mean),)) for mean in ("1.5", "2.5")]
    found = [
        [
            lot_draws(lot, market_draws(each, Mode.AUCTION, 1, "411081", draws=300, seed=3)).price
            for lot in lots_of(table, terms, each)
        ]
        for each in markets
    ]
    assert all((more >= less).all() for less, more in zip(*found, strict=True))
    assert any((more > less).any() for less, more in zip(*found, strict=True))


def test_input_is_not_changed() -> None:
    table = prices(8)
    before = table.copy(deep=True)
    simulate(table, LIST, DEMAND, 20)
    pd.testing.assert_frame_equal(table, before)


def peak(count: int, draws: int) -> int:
    """Most memory that a simulation of so many parcels of one township holds [bytes]."""
    table = prices(count).assign(township="梁北镇")
    tracemalloc.start()
    try:
        simulate(table, LIST, DEMAND, draws)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_parcels() -> None:
    peak(2, 100)
    assert peak(60, 4000) < 1.3 * peak(12, 4000)


# Shared budgets.

POOLED = replace(
    with_uses(DEMAND, budget=even("2000000", "700000000"), budget_basis=BudgetBasis.AMOUNT, pool=9), bidder_lots=3
)


RICH_BUT_FEW = replace(with_uses(POOLED, budget=even("2e9", "1e9"), pool=4), bidder_lots=2)


@pytest.mark.parametrize("mode", [Mode.LISTING, Mode.AUCTION])
@pytest.mark.parametrize("demand", [POOLED, RICH_BUT_FEW], ids=["money binds", "lots bind"])
def test_shared_budgets_as_the_clerk_runs_them(mode: Mode, demand: Demand) -> None:
    table, draws, terms = prices(24, 4).iloc[::-1], 60, replace(LIST, mode=mode)
    market = market_draws(demand, mode, 1, terms.county, draws=draws, seed=5)
    lots = lots_of(table, terms, demand)
    found = dict(zip(table.index, shared_draws(lots, market, demand.bidder_lots), strict=True))
    for use in demand.uses:
        desk = [lot for lot in clerk_lots(table, terms, demand) if lot.use.price_use == use.price_use]
        for draw in range(draws):
            for code, ending in run_shared(desk, terms, demand, seed=5, draw=draw).items():
                lot = found[code]
                assert (lot.price[draw], lot.sold_in[draw]) == (ending.price, ending.sold_in), (code, draw)


def test_ample_budgets_and_many_bidders_are_no_bond() -> None:
    table = prices(12)
    ample = replace(with_uses(POOLED, budget=even("1e12", "0"), pool=10**5), bidder_lots=50)
    market = market_draws(ample, Mode.LISTING, 1, "411081", draws=40, seed=5)
    alone = [lot_draws(lot, market) for lot in lots_of(table, LIST, DEMAND)]
    shared = shared_draws(lots_of(table, LIST, ample), market, 50)
    assert [lot.price.tolist() for lot in shared] == [lot.price.tolist() for lot in alone]


def test_tight_shared_budgets_sell_less() -> None:
    table = prices(24, 4)
    loose = replace(POOLED, bidder_lots=1)
    market = simulate(table, LIST, POOLED, 200)
    free = simulate(table, LIST, with_uses(loose, budget=None, pool=0), 200)
    assert market.townships["money_mean"].iloc[-1] < free.townships["money_mean"].iloc[-1]
    reordered = simulate(table.iloc[::-1], LIST, POOLED, 200, workers=2)
    pd.testing.assert_frame_equal(reordered.parcels.iloc[::-1], market.parcels)


# Leases, reserves, failures.


def test_a_lease_is_the_rent_of_all_years() -> None:
    table = prices(6)
    lease = replace(LIST, form=Form.LEASE, lease_years=20, unit_yuan=1)
    parcels = simulate(table, lease, DEMAND, 40).parcels
    assert (parcels["start_price_fen"] == offer(table, lease).start * 20).all()
    assert (parcels["deal_price_median_fen"] % 20 == 0).all()


def test_public_columns_do_not_move_with_the_reserve() -> None:
    table = prices(15)
    outcomes = [simulate(table, replace(LIST, reserve_ratio=D(ratio)), DEMAND, 80) for ratio in ("0.5", "1.1")]
    pd.testing.assert_frame_equal(outcomes[0].public, outcomes[1].public)
    assert (outcomes[0].parcels["sale_probability"] > outcomes[1].parcels["sale_probability"]).all()
    assert list(outcomes[0].public) == ["start_price_fen", "bidders_mean"]
    assert "9753124680" not in repr(Round(1, 2, 9753124680))


def test_a_sale_meets_the_reserve_of_its_round() -> None:
    table = prices(15)
    rounds = [yearly_reserve(table, terms) for terms in terms_by_round(LIST, DEMAND.relisting)]
    market = market_draws(DEMAND, Mode.LISTING, 1, "411081", draws=200, seed=5)
    for at, lot in enumerate(lots_of(table, LIST, DEMAND)):
        found = lot_draws(lot, market)
        for number, reserves in enumerate(rounds):
            assert (found.price[found.sold_in == number] >= reserves[at]).all()


def test_floors_of_the_reserve_are_not_cut() -> None:
    table = prices(15).assign(acquisition_cost=10.0**12, development_cost=0.0)
    guarded = replace(LIST, floor_entry_cost=True)
    outcome = simulate(table, guarded, DEMAND, 30)
    assert (outcome.parcels["sale_probability"] == 0).all()


def test_relisting_cuts_start_and_reserve_and_rounds_up_to_six_decimals() -> None:
    rounds = terms_by_round(replace(TERMS, start_ratio=D("0.8"), reserve_ratio=D("0.873641")), DEMAND.relisting)
    assert [each.start_ratio for each in rounds] == [D("0.8"), D("0.704"), D("0.61952")]
    # 0.873641 × 0.88 = 0.76880408 and 0.768805 × 0.88 = 0.6765484.
    assert [each.reserve_ratio for each in rounds] == [D("0.873641"), D("0.768805"), D("0.676549")]


NO_BUYER = {"deal_price_mean", "deal_price_low_fen", "deal_price_median_fen", "deal_price_high_fen"}


@pytest.mark.parametrize(
    ("terms", "demand", "reason"),
    [
        (replace(LIST, reserve_ratio=D(3)), with_uses(DEMAND, budget=even("0.9", "0.2")), "流拍-低于底价"),
        (LIST, with_uses(DEMAND, bidders=(D(0),), score_from=(D(0),)), "流拍-无人报名"),
        (LIST, with_uses(DEMAND, private=even("0.1", "0.1")), "流拍-无人报名"),
        (replace(LIST, min_bidders=90), DEMAND, "流拍-人数不足"),
    ],
)
def test_what_nobody_buys_says_why(terms: DealTerms, demand: Demand, reason: str) -> None:
    table = prices(9).assign(location_score=90)
    once = replace(demand, relisting=Relisting(0, D(0), D(1)))
    outcome = simulate(table, terms, once, 200)
    assert (outcome.parcels["sale_probability"] == 0).all()
    assert set(outcome.parcels["no_sale"]) == {reason}
    assert outcome.parcels[[*NO_BUYER, "premium_mean", "months_mean"]].isna().all().all()
    assert (outcome.townships[["money_high_fen", "area_sold_high"]] == 0).all().all()


def test_steps_larger_than_any_price_sell_at_the_start_or_one_step_above() -> None:
    table = prices(9)
    wide = replace(LIST, step=D(3), reserve_ratio=D(0))
    parcels = simulate(table, wide, replace(DEMAND, relisting=Relisting(0, D(0), D(1))), 200).parcels
    assert (parcels["deal_price_high_fen"] == parcels["start_price_fen"]).all()
    assert (parcels["premium_mean"] == 0).all()


def test_no_parcels_give_empty_tables_and_a_total_of_nothing() -> None:
    outcome = simulate(prices(3).iloc[:0], LIST, DEMAND, 10)
    assert len(outcome.parcels) == len(outcome.parties) == 0
    assert outcome.townships[["township", "parcels", "money_mean"]].to_numpy().tolist() == [["合计", 0, 0.0]]


RICH = with_uses(DEMAND, private=even("9", "1"))
TALKS = replace(LIST, mode=Mode.NEGOTIATION, bargaining_power=D("0.5"))


@pytest.mark.parametrize(
    ("change", "terms", "demand", "more", "error", "parts"),
    [
        ({}, LIST, DEMAND, {"draws": 0}, BadValueError, ["draws = 0"]),
        ({}, LIST, DEMAND, {"workers": 0}, BadValueError, ["workers = 0"]),
        ({"price_use": "住宅"}, LIST, DEMAND, {}, BadValueError, ["price_use", "共 4 行", "B00000 = '住宅'"]),
        ({"location_score": np.nan, "price_use": "工业"}, LIST, DEMAND, {}, BadValueError, ["location_score", "4 行"]),
        ({"area": 0.0}, LIST, DEMAND, {}, BadValueError, ["area（计价面积）", "共 4 行"]),
        ({"total_price_fen": -5}, LIST, DEMAND, {}, BadValueError, ["total_price_fen", "= -5", "共 4 行"]),
        ({"year": np.nan}, LIST, DEMAND, {"year": "year"}, BadValueError, ["year", "共 4 行", "年份"]),
        ({"own": 1.2}, LIST, DEMAND, {"shares": ["own"]}, BadValueError, ["own", "= 1.2", "0 与 1"]),
        ({"own": 0.6, "fund": 0.5}, LIST, DEMAND, {"shares": ["own", "fund"]}, BadValueError, ["合计不应超过 1"]),
        ({}, LIST, DEMAND, {"shares": ["own"]}, MissingColumnError, ["缺少列：own"]),
        ({}, replace(LIST, form=Form.EQUITY), DEMAND, {}, UnsupportedModeError, ["作价出资", "招标"]),
        ({}, TALKS, DEMAND, {}, UnsupportedModeError, ["协议"]),
        ({}, replace(LIST, mode=Mode.TENDER), DEMAND, {}, RuleError, ["sealed_shares"]),
        ({}, replace(LIST, effective_from=ON.replace(year=2030)), DEMAND, {}, NoRuleInForceError, ["未生效"]),
        ({"total_price_fen": 8 * 10**15}, LIST, RICH, {}, BadValueError, ["过大", "共 4 行"]),
    ],
)  # fmt: skip
def test_what_cannot_be_simulated_is_refused_by_name(
    change: dict[str, str | float],
    terms: DealTerms,
    demand: Demand,
    more: dict[str, object],
    error: type[Exception],
    parts: list[str],
) -> None:
    table = prices(4)
    for name, value in change.items():
        table[name] = value
    with pytest.raises(error) as caught:
        simulate(table, terms, demand, **{"draws": 5, **more})  # type: ignore[arg-type]
    assert all(part in str(caught.value) for part in [*parts, "办法："]), str(caught.value)


def test_a_table_with_a_parcel_twice_is_refused() -> None:
    table = prices(4)
    with pytest.raises(BadValueError, match="宗地代码重复"):
        simulate(pd.concat([table, table.iloc[:1]]), LIST, DEMAND, 5)


def test_unchecked_assumptions_warn() -> None:
    with pytest.warns(UnverifiedRuleWarning, match="需求假设未经核对：测试（虚构）"):
        simulate(prices(2), LIST, replace(DEMAND, verified=False), 5)


def test_results_name_their_assumptions() -> None:
    outcome = simulate(prices(2), LIST, DEMAND, 5)
    assert (outcome.draws, outcome.seed, outcome.assumptions) == (5, 5, "测试")
