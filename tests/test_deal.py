"""Simulated deals against a clerk who runs each lot bid by bid, published notices, and invariants."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from hashlib import blake2b
from math import ceil, floor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from landmarket.columns import schema
from landmarket.errors import (
    BadValueError,
    DealTermsWarning,
    MissingColumnError,
    NoRuleInForceError,
    RuleError,
    UnverifiedRuleWarning,
)
from landmarket.market.bids import Quote, decide, is_legal_bid
from landmarket.market.deal import simulate_deals
from landmarket.market.deal_table import deal_table, masked_fen, periods
from landmarket.market.draws import uniforms
from landmarket.market.offer import industrial_minimum, reserve_prices
from landmarket.market.rent import rent_factor, yearly_rent_fen
from landmarket.market.terms import (
    DayKind,
    DealTerms,
    Form,
    Mode,
    RentDue,
    ReserveComparison,
    StartRounding,
    StepBasis,
    public_terms,
    read_deal_terms,
)
from landmarket.workdays import HolidayNotice
from tests.helpers import assert_same_index
from tests.hunting import examples

ON = date(2025, 3, 3)
WAN = 1_000_000  # 1 万元 in fen
TERMS = DealTerms(
    name="测试用交易条件",
    source="虚构",
    county="411081",
    effective_from=date(2020, 1, 1),
    verified=True,
    mode=Mode.LISTING,
    form=Form.GRANT,
    start_ratio=Decimal("0.8"),
    unit_yuan=1000,
    step=Decimal("0.01"),
    step_basis=StepBasis.OF_START,
    deposit_ratio=Decimal("0.2"),
    min_bidders=1,
    notice_days=20,
    listing_days=10,
    listing_day_kind=DayKind.WORKING,
    contract_days=10,
    payment_days=30,
    reserve_comparison=ReserveComparison.NOT_BELOW,
    reserve_ratio=Decimal("0.873641"),
    bidder_weights=tuple(map(Decimal, (1, 2, 3, 3, 2, 1))),
    value_low=Decimal("0.7"),
    value_high=Decimal("1.3"),
)


def prices(count: int, seed: int = 0) -> pd.DataFrame:
    """Some priced parcels."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "total_price_fen": rng.integers(10**7, 10**11, count),
            "area": rng.integers(10**4, 10**7, count) / 100,
            "price_use": rng.choice(["工业", "商服"], count),
            "term_years": rng.choice([50.0, 40.0, np.inf], count),
            "capitalisation_rate": rng.choice([0.05, 0.065], count),
            "acquisition_cost": rng.integers(0, 10**6, count) / 1.0,
            "development_cost": rng.integers(0, 10**6, count) / 1.0,
        },
        index=pd.Index([f"411081{number:06d}JB{number % 89999:05d}" for number in range(count)], name="parcel_code"),
    )


# The clerk: an independent account of one lot, in fen and bidder by bidder.


@dataclass
class Lot:
    """One lot on the clerk's desk."""

    start: int
    step: int
    reserve: int
    values: list[int]  # what each interested bidder can pay, in order of arrival


@dataclass
class Protocol:
    """What the clerk wrote down."""

    outcome: str
    registered: int
    onsite: bool = False
    price: int | None = None


def call_prices(start_at: int, step: int, values: list[int]) -> int:
    """Call one price after another until fewer than two hands go up; the price at which the hammer falls."""
    called = start_at
    while True:
        hands = [value for value in values if value >= called]
        if len(hands) == 1:
            return called
        if not hands:  # at the call before, two or more had said yes: the earliest of them has it
            return called - step
        called += step


def clerk(lot: Lot, terms: DealTerms) -> Protocol:
    """Run one lot by the rules of listing or auction, event by event."""
    registered = [value for value in lot.values if value >= lot.start]
    if not registered:
        return Protocol("流拍-无人报名", 0)
    if len(registered) < terms.min_bidders:
        return Protocol("流拍-人数不足", len(registered))
    onsite = False
    if terms.mode is Mode.AUCTION:
        price = call_prices(lot.start, lot.step, registered)
    else:
        bids: list[tuple[int, int]] = []  # (price, bidder), in order of arrival
        for bidder, value in enumerate(registered):
            asked = bids[-1][0] + lot.step if bids else lot.start
            if value >= asked:
                bids.append((asked, bidder))
        price, holder = bids[-1]
        willing = [bidder for bidder, value in enumerate(registered) if value >= price + lot.step]
        onsite = len(willing) >= 2
        if onsite:
            price = call_prices(price + lot.step, lot.step, registered)
        elif willing and willing != [holder]:
            price += lot.step
    enough = price >= lot.reserve if terms.reserve_comparison is ReserveComparison.NOT_BELOW else price > lot.reserve
    if not enough:
        return Protocol("流拍-低于底价", len(registered), onsite)
    return Protocol("成交", len(registered), onsite, price)


def lot_of(code: str, appraised: int, terms: DealTerms, seed: int) -> Lot:
    """Set up a lot from the parcel's code and appraised price, for terms with the step as a ratio."""
    unit = terms.unit_yuan * 100
    raw = ceil(Fraction(appraised) * Fraction(terms.start_ratio))
    step = max(ceil(Fraction(raw) * Fraction(terms.step) / unit) * unit, unit)
    grain = step if terms.start_rounding is StartRounding.STEP else unit
    numbers = [
        int.from_bytes(digest[i : i + 8], "little") // 2**11 / 2**53
        for digest in (blake2b(f"{seed}|{code}|{block}".encode()).digest() for block in range(3))
        for i in range(0, 64, 8)
    ]
    weights = terms.bidder_weights
    count = next(n for n in range(len(weights)) if numbers[0] < sum(weights[: n + 1]) / sum(weights))
    low, high = float(terms.value_low), float(terms.value_high)
    values = [floor(appraised * (low + (high - low) * number)) for number in numbers[1 : 1 + count]]
    return Lot(-(-raw // grain) * grain, step, ceil(Fraction(appraised) * Fraction(terms.reserve_ratio)), values)


VARIANTS = [
    TERMS,
    replace(TERMS, mode=Mode.AUCTION),
    replace(TERMS, min_bidders=3),
    replace(TERMS, mode=Mode.AUCTION, min_bidders=2, start_rounding=StartRounding.STEP),
    replace(TERMS, step=Decimal("0.05"), start_rounding=StartRounding.STEP),
    replace(TERMS, step=Decimal("0.2")),
    replace(TERMS, start_ratio=Decimal(1), reserve_ratio=Decimal(1), unit_yuan=1),
    replace(TERMS, reserve_comparison=ReserveComparison.ABOVE, reserve_ratio=Decimal("0.8"), unit_yuan=1),
    replace(TERMS, bidder_weights=tuple(map(Decimal, (0, 1)))),
    replace(TERMS, bidder_weights=tuple(map(Decimal, (0,) * 14 + (1,))), step=Decimal("0.003")),
]


@pytest.mark.parametrize("terms", VARIANTS, ids=range(len(VARIANTS)))
def test_two_hundred_lots_of_each_kind_as_the_clerk_runs_them(terms: DealTerms) -> None:
    table = prices(200, seed=VARIANTS.index(terms))
    deals = simulate_deals(table, terms, seed=7, on=ON)
    for code, appraised, (_, deal) in zip(table.index, table["total_price_fen"], deals.iterrows(), strict=True):
        lot = lot_of(code, int(appraised), terms, 7)
        protocol = clerk(lot, terms)
        assert (deal["start_price_fen"], deal["step_fen"]) == (lot.start, lot.step)
        price = None if pd.isna(deal["deal_price_fen"]) else int(deal["deal_price_fen"])
        told = Protocol(deal["outcome"], deal["bidder_count"], deal["onsite_bidding"] == "是", price)
        assert told == protocol, code


def test_the_clerk_saw_every_ending() -> None:
    seen = pd.concat([simulate_deals(prices(200, i), t, seed=7, on=ON) for i, t in enumerate(VARIANTS)])
    assert set(seen["outcome"]) == set(schema()["outcome"].allowed) - {"作价出资"}
    assert (seen["onsite_bidding"].value_counts() > 100).all()


# Published rules and notices.


def test_pingluo_next_legal_bids() -> None:
    # 平罗五香村, 2022: start 39.9 万元, steps of 0.5 万元 or multiples.
    start, step = round(39.9 * WAN), WAN // 2
    legal = [
        bid
        for bid in range(round(39.5 * WAN), round(41.5 * WAN), WAN // 10)
        if is_legal_bid(bid, start_fen=start, step_fen=step, best_fen=start)
    ]
    assert legal == [round(40.4 * WAN), round(40.9 * WAN), round(41.4 * WAN)]
    assert is_legal_bid(start, start_fen=start, step_fen=step, best_fen=None)
    assert not is_legal_bid(start - step, start_fen=start, step_fen=step, best_fen=None)


@pytest.mark.parametrize("comparison", list(ReserveComparison))
def test_decision_by_price_then_time(comparison: ReserveComparison) -> None:
    first, second, third = (
        Quote(f"B{n}", datetime(2025, 3, 3, n), price) for n, price in ((1, 100), (2, 105), (3, 105))
    )
    assert decide([third, first, second], 100, comparison) == second
    assert decide([Quote("B1", first.at, 99)], 100, comparison) is None
    at_the_floor = decide([first], 100, comparison)
    assert at_the_floor == (first if comparison is ReserveComparison.NOT_BELOW else None)


def test_a_single_bid_at_the_reserve() -> None:
    alone = replace(
        TERMS, bidder_weights=(Decimal(0), Decimal(1)), value_low=Decimal(1), reserve_ratio=TERMS.start_ratio
    )
    table = prices(20).assign(total_price_fen=np.arange(1, 21) * WAN)
    outcomes = {
        comparison: set(simulate_deals(table, replace(alone, reserve_comparison=comparison), seed=1, on=ON)["outcome"])
        for comparison in ReserveComparison
    }
    assert outcomes == {ReserveComparison.NOT_BELOW: {"成交"}, ReserveComparison.ABOVE: {"流拍-低于底价"}}


def test_yicheng_premium_and_unit_price() -> None:
    # 宜城刘台村, 2017: 43 → 45.2 万元, 739.37 ㎡, three bidders.
    table = pd.DataFrame({"area": [739.37]}, index=["刘台村"])
    fen = {
        "start_price_fen": 43 * WAN,
        "step_fen": WAN // 10,
        "deposit_fen": 10 * WAN,
        "deal_price_fen": round(45.2 * WAN),
    }
    amounts = {name: masked_fen(np.array([value])) for name, value in fen.items()}
    amounts["annual_rent_fen"] = masked_fen(np.array([0]), np.array([False]))
    deal = deal_table(
        table, TERMS, np.array(["成交"]), np.array([3]), np.array([True]), amounts, periods(TERMS, ON)
    ).iloc[0]
    assert round(deal["premium_rate"] * 100, 3) == 5.116
    assert round(deal["deal_unit_price"], 2) == 611.33


def test_rent_of_a_finite_and_of_an_unlimited_term() -> None:
    # A published exercise: 1,020 元 at 5 %, 50 years → 55.87; for ever → 51.00.
    five = Decimal("0.05")
    assert round(float(1020 * rent_factor(five, 50, RentDue.ARREARS)), 2) == 55.87
    assert 1020 * rent_factor(five, float("inf"), RentDue.ARREARS) == 51
    present = sum(rent_factor(five, 50, RentDue.ADVANCE) / (1 + Fraction(five)) ** year for year in range(50))
    assert present == 1  # fifty rents in advance are worth the price


def test_minimum_of_industrial_land() -> None:
    # 明光, 2021: sold at the minimum of class 13, 96.00 元/㎡.
    with pytest.warns(UnverifiedRuleWarning):
        assert industrial_minimum(13, on=date(2021, 9, 1), county="341182") == 96
    with pytest.warns(UnverifiedRuleWarning), pytest.raises(RuleError, match="16"):
        industrial_minimum(16, on=date(2021, 9, 1), county="341182")
    with pytest.raises(NoRuleInForceError):
        industrial_minimum(13, on=date(2006, 12, 31), county="341182")


# Dates.


def test_days_of_a_listing() -> None:
    # Notice on Friday 5 September 2025; 20 days later is Thursday 25 September. Ten working days on, over the
    # holidays of 1 to 8 October and with the worked 28 September and 11 October: 26, 28, 29, 30; 9, 10, 11, 13, 14, 15.
    days = periods(TERMS, date(2025, 9, 5))
    assert (days.listing_from, days.listing_until) == (date(2025, 9, 25), date(2025, 10, 15))
    assert (days.deal_on, days.contract_by, days.payment_by) == (
        date(2025, 10, 15),
        date(2025, 10, 29),
        date(2025, 11, 28),
    )


def test_calendar_days_end_on_a_working_day() -> None:
    days = periods(replace(TERMS, listing_day_kind=DayKind.CALENDAR), date(2025, 9, 5))
    assert days.listing_until == date(2025, 10, 9)  # ten days on is 5 October, a holiday


def test_a_listing_does_not_start_on_a_day_off() -> None:
    assert periods(TERMS, date(2025, 3, 2)).listing_from == date(2025, 3, 24)  # 22 March is a Saturday


def test_an_auction_has_one_day() -> None:
    days = periods(replace(TERMS, mode=Mode.AUCTION), ON)
    assert (days.listing_until, days.deal_on) == (None, days.listing_from)


def test_failed_listings_have_no_contract() -> None:
    deals = simulate_deals(prices(200), TERMS, seed=1, on=ON)
    sold = deals["outcome"].eq("成交")
    assert 0 < sold.sum() < 200
    for name in ("deal_on", "contract_by", "payment_by", "deal_price_fen", "deal_price", "premium_rate"):
        assert deals[name].notna().eq(sold).all()


def test_a_year_without_announced_holidays_is_refused() -> None:
    far = date(2031, 3, 3)
    with pytest.raises(RuleError, match="2031 年"):
        simulate_deals(prices(3), TERMS, seed=1, on=far)
    told = replace(TERMS, holidays=(HolidayNotice(2031, frozenset(), frozenset(), "虚构"),))
    assert simulate_deals(prices(3), told, seed=1, on=far)["listing_from"].notna().all()


# Forms.


def test_a_lease_is_bid_for_by_the_year() -> None:
    lease = replace(
        TERMS, form=Form.LEASE, lease_years=20, unit_yuan=1, step=Decimal(1), step_basis=StepBasis.PER_SQUARE_METRE
    )
    table = prices(300)
    deals = simulate_deals(table, lease, seed=1, on=ON)
    sold = deals[deals["outcome"].eq("成交")]
    assert len(sold) > 50
    assert (sold["deal_price_fen"] == sold["annual_rent_fen"] * 20).all()
    assert sold["lease_years"].eq(20).all()
    assert (deals["deposit_fen"] * 5 >= deals["start_price_fen"]).all()
    assert (deals["deposit_fen"] * 5 < deals["start_price_fen"] + 500).all()
    first = table.iloc[0]
    factor = rent_factor(Decimal(str(first["capitalisation_rate"])), first["term_years"], RentDue.ARREARS)
    rent = floor(int(first["total_price_fen"]) * factor + Fraction(1, 2))
    assert deals["start_price_fen"].iloc[0] == ceil(ceil(rent * Fraction(4, 5)) / Fraction(100)) * 100 * 20
    assert deals["step_fen"].iloc[0] == ceil(first["area"]) * 100 * 20


def test_rents_are_half_up_to_the_fen() -> None:
    table = prices(500)
    for due in RentDue:
        rents = yearly_rent_fen(table, table["total_price_fen"].to_numpy(), replace(TERMS, rent_due=due))
        given = zip(table["capitalisation_rate"], table["term_years"], table["total_price_fen"], strict=True)
        exact = [int(fen) * rent_factor(Decimal(str(rate)), years, due) for rate, years, fen in given]
        assert rents.tolist() == [floor(rent + Fraction(1, 2)) for rent in exact]


def test_a_lease_is_not_longer_than_the_law_allows() -> None:
    with pytest.raises(RuleError, match=r"21 年超过.*20 年.*705"):
        simulate_deals(prices(3), replace(TERMS, form=Form.LEASE, lease_years=21), seed=1, on=ON)


def test_a_lease_needs_the_years_of_the_price() -> None:
    lease = replace(TERMS, form=Form.LEASE, lease_years=20)
    with pytest.raises(MissingColumnError, match="term_years"):
        simulate_deals(prices(3).drop(columns="term_years"), lease, seed=1, on=ON)
    with pytest.raises(BadValueError, match="term_years"):
        simulate_deals(prices(3).assign(term_years=39.5), lease, seed=1, on=ON)
    with pytest.raises(BadValueError, match="capitalisation_rate"):
        simulate_deals(prices(3).assign(capitalisation_rate=np.nan), lease, seed=1, on=ON)


def test_equity_is_taken_at_the_price() -> None:
    table = prices(5)
    deals = simulate_deals(table, replace(TERMS, form=Form.EQUITY, mode=Mode.NEGOTIATION), seed=1, on=ON)
    assert deals["outcome"].eq("作价出资").all()
    assert deals["deal_price_fen"].tolist() == table["total_price_fen"].tolist()
    assert deals[["start_price_fen", "deposit_fen", "premium_rate", "listing_from", "mode"]].isna().all(axis=None)
    assert deals["deal_on"].eq(pd.Timestamp(ON)).all()


# Tender and negotiation, by the clerk.

TENDERED = replace(TERMS, mode=Mode.TENDER)
NEGOTIATED = replace(TERMS, mode=Mode.NEGOTIATION, bargaining_power=Decimal("0.375"))
SEALED = [
    TENDERED,
    replace(TENDERED, min_bidders=4),
    replace(TENDERED, reserve_comparison=ReserveComparison.ABOVE, step=Decimal("0.2"), reserve_ratio=Decimal("0.8")),
    NEGOTIATED,
    replace(
        NEGOTIATED, bargaining_power=Decimal(0), start_ratio=Decimal(1), reserve_ratio=Decimal("0.99"), unit_yuan=1
    ),
    replace(NEGOTIATED, bargaining_power=Decimal(1), reserve_ratio=Decimal(1)),
]


def private_clerk(lot: Lot, terms: DealTerms) -> Protocol:
    """Open the sealed bids of one lot, or sit down with the first who is interested."""
    registered = [value for value in lot.values if value >= lot.start]
    least = max(3, terms.min_bidders) if terms.mode is Mode.TENDER else 1  # 招标投标法 art. 28
    if not registered:
        return Protocol("流拍-无人报名", 0)
    if len(registered) < least:
        return Protocol("流拍-人数不足", len(registered))
    if terms.mode is Mode.TENDER:
        price = max(lot.start + (value - lot.start) // lot.step * lot.step for value in registered)
    else:
        yuan = Fraction(lot.start, 100) + Fraction(terms.bargaining_power) * Fraction(registered[0] - lot.start, 100)
        price = min(floor(yuan + Fraction(1, 2)), registered[0] // 100) * 100
    enough = price >= lot.reserve if terms.reserve_comparison is ReserveComparison.NOT_BELOW else price > lot.reserve
    return Protocol("成交", len(registered), price=price) if enough else Protocol("流拍-低于底价", len(registered))


@pytest.mark.parametrize("terms", SEALED, ids=range(len(SEALED)))
def test_two_hundred_tenders_and_negotiations_as_the_clerk_runs_them(terms: DealTerms) -> None:
    table = prices(200, seed=SEALED.index(terms))
    deals = simulate_deals(table, terms, seed=7, on=ON)
    assert_same_index(deals, table)
    seen = set()
    for code, appraised, (_, deal) in zip(table.index, table["total_price_fen"], deals.iterrows(), strict=True):
        protocol = private_clerk(lot_of(code, int(appraised), terms, 7), terms)
        price = None if pd.isna(deal["deal_price_fen"]) else int(deal["deal_price_fen"])
        assert Protocol(deal["outcome"], deal["bidder_count"], deal["onsite_bidding"] == "是", price) == protocol, code
        seen.add(protocol.outcome)
    assert {"成交", "流拍-无人报名"} <= seen
    assert deals["mode"].eq(str(terms.mode)).all()


@pytest.mark.parametrize("terms", [TENDERED, NEGOTIATED], ids=["tender", "negotiation"])
def test_the_reserve_moves_no_price_of_a_tender_or_negotiation(terms: DealTerms) -> None:
    table = prices(400)
    low = simulate_deals(table, replace(terms, reserve_ratio=Decimal("0.1")), seed=1, on=ON)
    high = simulate_deals(table, replace(terms, reserve_ratio=Decimal("0.95")), seed=1, on=ON)
    kept = high["outcome"].eq("成交")
    assert 0 < kept.sum() < low["outcome"].eq("成交").sum()
    pd.testing.assert_frame_equal(low[kept], high[kept])


def test_days_of_a_tender_and_of_a_negotiation() -> None:
    tender, negotiation = (simulate_deals(prices(50), terms, seed=1, on=ON) for terms in (TENDERED, NEGOTIATED))
    assert tender["listing_from"].eq(pd.Timestamp("2025-03-24")).all()  # 20 days on is Sunday 23 March
    assert tender["listing_until"].isna().all()
    assert set(tender["deal_on"].dropna()) == set(negotiation["deal_on"].dropna()) == {pd.Timestamp("2025-03-24")}
    assert negotiation[["listing_from", "listing_until"]].isna().all(axis=None)


def test_a_short_notice_matters_to_a_tender_and_not_to_a_negotiation() -> None:
    with pytest.warns(DealTermsWarning, match=r"公告期 19 日"):
        simulate_deals(prices(2), replace(TENDERED, notice_days=19), seed=1, on=ON)
    simulate_deals(prices(2), replace(NEGOTIATED, notice_days=0, listing_days=0), seed=1, on=ON)


def test_a_leased_parcel_can_be_tendered_and_negotiated() -> None:
    table = prices(200)
    for terms in (TENDERED, NEGOTIATED):
        deals = simulate_deals(table, replace(terms, form=Form.LEASE, lease_years=20, unit_yuan=1), seed=1, on=ON)
        sold = deals[deals["outcome"].eq("成交")]
        assert len(sold) > 20
        assert (sold["deal_price_fen"] == sold["annual_rent_fen"] * 20).all()
        assert (sold["annual_rent_fen"] % 100 == 0).all()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"bargaining_power": None}, r"mode = 协议 时须写明 bargaining_power"),
        ({"bargaining_power": Decimal("1.1")}, "bargaining_power 应在 0 与 1 之间"),
        ({"bargaining_power": Decimal("-0.1")}, "bargaining_power = -0.1"),
        ({"min_bidders": 3}, "min_bidders 应为 1"),
    ],
)
def test_a_negotiation_needs_its_terms(changed: dict[str, object], said: str) -> None:
    with pytest.raises(RuleError, match=said):
        replace(NEGOTIATED, **changed)


def test_the_bargaining_power_is_read_and_shown(tmp_path: Path) -> None:
    text = DOCUMENT.replace('"挂牌"', '"协议"') + "bargaining_power = 0.6\n"
    terms = document(tmp_path, text)
    assert terms.bargaining_power == Decimal("0.6")
    shown = public_terms(terms).set_index("item")["value"]
    assert shown["卖方议价能力（模拟假设）"] == "0.6"
    assert "卖方议价能力（模拟假设）" not in set(public_terms(TERMS)["item"])
    with pytest.raises(RuleError, match="bargaining_power"):
        document(tmp_path, text.replace("bargaining_power = 0.6\n", ""))


# The reserve.


def test_floors_of_the_reserve_are_off_unless_stated() -> None:
    table = prices(100)
    plain = reserve_prices(table, TERMS)["reserve_price_fen"]
    assert plain.tolist() == [ceil(int(fen) * Fraction(TERMS.reserve_ratio)) for fen in table["total_price_fen"]]
    assert_same_index(plain, table)
    cost = (table["acquisition_cost"] + table["development_cost"]) * 100
    with_cost = reserve_prices(table, replace(TERMS, floor_entry_cost=True))["reserve_price_fen"]
    assert with_cost.tolist() == np.maximum(plain, cost).tolist()
    floored = reserve_prices(table, replace(TERMS, floor_price_ratio=Decimal("0.95")))["reserve_price_fen"]
    assert floored.tolist() == [ceil(int(fen) * Fraction(95, 100)) for fen in table["total_price_fen"]]
    industrial = replace(TERMS, industrial_minimum=Decimal(96), industrial_uses=("工业",))
    minimum = np.where(table["price_use"].eq("工业"), np.rint(table["area"] * 100) * 96, 0)
    assert reserve_prices(table, industrial)["reserve_price_fen"].tolist() == np.maximum(plain, minimum).tolist()


def test_entry_cost_as_a_floor_must_be_known() -> None:
    with pytest.raises(BadValueError, match="acquisition_cost"):
        reserve_prices(prices(3).assign(acquisition_cost=np.nan), replace(TERMS, floor_entry_cost=True))


def test_nothing_public_tells_the_reserve() -> None:
    secret = replace(
        TERMS, floor_price_ratio=Decimal("0.812345"), industrial_minimum=Decimal("97.31"), industrial_uses=("工业",)
    )
    table = prices(400)
    reserve = reserve_prices(table, secret)
    deals = simulate_deals(table, secret, seed=1, on=ON)
    assert not set(reserve.columns) & set(deals.columns)
    for name in deals.columns[deals.dtypes.map(pd.api.types.is_numeric_dtype)]:
        same = deals[name].astype("float64").isin(reserve.to_numpy().ravel())
        assert not same.any(), name
    shown = repr(secret) + public_terms(secret).to_string() + str(secret)
    assert not [text for text in ("873641", "812345", "97.31") if text in shown]
    assert "底价" not in "".join(public_terms(secret).query("item != '最高报价与底价的比较'")["item"])


def test_the_reserve_decides_only_whether_a_deal_comes_about() -> None:
    table = prices(400)
    low = simulate_deals(table, replace(TERMS, reserve_ratio=Decimal("0.1")), seed=1, on=ON)
    high = simulate_deals(table, replace(TERMS, reserve_ratio=Decimal(1)), seed=1, on=ON)
    kept = high["outcome"].eq("成交")
    pd.testing.assert_frame_equal(low[kept], high[kept])
    public = ["start_price_fen", "step_fen", "deposit_fen", "bidder_count", "onsite_bidding", "listing_until"]
    pd.testing.assert_frame_equal(low[public], high[public])
    assert set(high.loc[~kept & low["outcome"].eq("成交"), "outcome"]) == {"流拍-低于底价"}


def test_a_wrong_secret_is_refused_without_printing_it() -> None:
    with pytest.raises(RuleError, match="reserve_ratio") as refused:
        replace(TERMS, reserve_ratio=Decimal("0.12345678"))
    assert "1234" not in str(refused.value)


# Invariants.

SIZES = st.integers(1, 30)
STEPS = st.sampled_from(["0.001", "0.01", "0.037", "0.3"]).map(Decimal)
TERMS_DRAWN = st.builds(
    lambda mode, step, ratio, rounding, unit, fewest: replace(
        TERMS, mode=mode, step=step, start_ratio=ratio, start_rounding=rounding, unit_yuan=unit, min_bidders=fewest
    ),
    st.sampled_from([Mode.LISTING, Mode.AUCTION]),
    STEPS,
    st.sampled_from(["0.5", "0.7", "0.95", "1.1"]).map(Decimal),
    st.sampled_from(list(StartRounding)),
    st.sampled_from([1, 1000, 10_000]),
    st.integers(1, 3),
)


@settings(max_examples=examples(60), deadline=None)
@given(SIZES, st.integers(0, 10**6), TERMS_DRAWN)
def test_what_every_deal_obeys(count: int, seed: int, terms: DealTerms) -> None:
    table = prices(count, seed)
    deals = simulate_deals(table, terms, seed=seed, on=ON)
    assert_same_index(deals, table)
    pd.testing.assert_frame_equal(deals, simulate_deals(table, terms, seed=seed, on=ON))
    sold = deals[deals["outcome"].eq("成交")]
    steps = (sold["deal_price_fen"] - sold["start_price_fen"]) // sold["step_fen"]
    assert (steps >= 0).all()
    assert (sold["start_price_fen"] + steps * sold["step_fen"] == sold["deal_price_fen"]).all()
    assert (sold["deal_price_fen"] >= reserve_prices(table, terms).loc[sold.index, "reserve_price_fen"]).all()
    assert (sold["deal_price_fen"] <= table.loc[sold.index, "total_price_fen"] * 1.3 + 1).all()
    assert (sold["bidder_count"] >= terms.min_bidders).all()
    assert (deals["start_price_fen"] % (terms.unit_yuan * 100) == 0).all()
    assert (deals["deposit_fen"] * 5 >= deals["start_price_fen"]).all()


@settings(max_examples=examples(40), deadline=None)
@given(st.permutations(range(12)), st.integers(1, 12))
def test_leaving_out_or_reordering_parcels_changes_no_other(order: list[int], kept: int) -> None:
    table = prices(12)
    deals = simulate_deals(table, TERMS, seed=3, on=ON)
    some = simulate_deals(table.iloc[order[:kept]], TERMS, seed=3, on=ON)
    pd.testing.assert_frame_equal(some, deals.loc[some.index])


def test_the_input_is_left_as_it_was() -> None:
    table = prices(20)
    before = table.copy(deep=True)
    simulate_deals(table, TERMS, seed=3, on=ON)
    pd.testing.assert_frame_equal(table, before)


def test_another_seed_gives_other_deals() -> None:
    one, two = (simulate_deals(prices(50), TERMS, seed=seed, on=ON)["deal_price_fen"] for seed in (1, 2))
    assert not one.equals(two)


def test_no_parcels_no_deals() -> None:
    nobody = simulate_deals(prices(3).iloc[:0], TERMS, seed=1, on=ON)
    some = simulate_deals(prices(3), TERMS, seed=1, on=ON)
    assert len(nobody) == 0
    assert nobody.dtypes.equals(some.dtypes)


def test_columns_and_texts_are_those_of_the_schema() -> None:
    variants = [TERMS, replace(TERMS, form=Form.LEASE, lease_years=5), replace(TERMS, form=Form.EQUITY)]
    tables = [simulate_deals(prices(50), terms, seed=1, on=ON) for terms in variants]
    assert all(table.dtypes.equals(tables[0].dtypes) for table in tables)
    columns = schema()
    for table in tables:
        for name in table.columns:
            allowed = columns[name].allowed
            assert not allowed or set(table[name].dropna()) <= set(allowed)


# Draws.


def test_draws_are_even_and_independent() -> None:
    codes = [f"411081{n:013d}" for n in range(4000)]
    drawn = uniforms(codes, 9, seed=411081)
    assert stats.kstest(drawn.ravel(), "uniform").pvalue > 0.001
    assert all(stats.kstest(drawn[:, column], "uniform").pvalue > 0.001 for column in range(9))
    off = np.corrcoef(drawn.T)[~np.eye(9, dtype=bool)]
    assert np.abs(off).max() < 5 / np.sqrt(len(codes))


def test_draws_are_the_digest_of_seed_code_and_block() -> None:
    first = int.from_bytes(blake2b("5|甲|0".encode()).digest()[:8], "little")
    assert uniforms(["乙", "甲"], 1, seed=5)[1, 0] == (first >> 11) / 2**53
    assert uniforms(["甲"], 20, seed=5)[0, :3].tolist() == uniforms(["甲"], 3, seed=5)[0].tolist()


def test_mean_price_of_an_auction_is_the_second_highest_value() -> None:
    # n values even on [0, 1]: the second highest is (n − 1)/(n + 1) on average; steps add half a step.
    four = replace(
        TERMS,
        mode=Mode.AUCTION,
        bidder_weights=tuple(map(Decimal, (0, 0, 0, 0, 1))),
        start_ratio=Decimal("0.5"),
        step=Decimal("0.0001"),
        unit_yuan=1,
        value_low=Decimal("0.5"),
        value_high=Decimal("1.5"),
        reserve_ratio=Decimal(0),
    )
    table = prices(6000)
    deals = simulate_deals(table, four, seed=1, on=ON)
    ratio = deals["deal_price_fen"].astype("float64") / table["total_price_fen"]
    deviation = np.sqrt(2 * 3 / (5**2 * 6)) / np.sqrt(len(table))  # of the third of four order statistics
    assert abs(ratio.mean() - (0.5 + 3 / 5)) < 4 * deviation


# Terms.

DOCUMENT = """
name = "示例条件"
source = "示例，虚构"
county = "411081"
effective_from = 2024-01-01
verified = false
mode = "挂牌"
form = "出让"
start_ratio = 0.80
unit_yuan = 1000
step = 0.01
step_basis = "起始价比例"
deposit_ratio = 0.20
min_bidders = 1
notice_days = 20
listing_days = 10
listing_day_kind = "工作日"
contract_days = 10
payment_days = 60
reserve_comparison = "不低于"
reserve_ratio = 0.85
bidder_weights = [1, 2.5, 1]
value_low = 0.78
value_high = 1.22
"""


def document(folder: Path, text: str) -> DealTerms:
    """Terms read from a file with this text."""
    path = folder / "deal.toml"
    path.write_text(text, encoding="utf-8")
    return read_deal_terms(path)


def test_terms_are_read_exactly(tmp_path: Path) -> None:
    terms = document(tmp_path, DOCUMENT)
    assert (terms.mode, terms.start_ratio, terms.min_bidders) == (Mode.LISTING, Decimal("0.80"), 1)
    assert terms.bidder_weights == (Decimal(1), Decimal("2.5"), Decimal(1))
    assert (terms.floor_entry_cost, terms.floor_price_ratio, terms.industrial_minimum) == (False, 0, 0)


def test_terms_can_bring_holidays(tmp_path: Path) -> None:
    record = '[[holidays]]\nyear = 2031\ndays_off = []\nworking_weekends = []\nsource = "虚构"\n'
    assert document(tmp_path, DOCUMENT + record).holidays[0].year == 2031


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("unit_yuan = 1000\n", "", "缺少 unit_yuan"),
        ("unit_yuan = 1000", "unit_yuan = 1000\nreserve = 1", "不认识的键 reserve"),
        ('"挂牌"', '"挂排"', "招标、拍卖、挂牌、协议 之一"),
        ("start_ratio = 0.80", 'start_ratio = "0.8"', "不是数"),
        ("start_ratio = 0.80", "start_ratio = 0.0000001", "至多六位小数"),
        ("start_ratio = 0.80", "start_ratio = inf", "不是有限的数"),
        ("start_ratio = 0.80", "start_ratio = 0", "start_ratio 应大于 0"),
        ("min_bidders = 1", "min_bidders = 1.5", "不是整数"),
        ("min_bidders = 1", "min_bidders = true", "不是整数"),
        ("notice_days = 20", "notice_days = -1", "notice_days 应在 0 至 36525 之间"),
        ("notice_days = 20", "notice_days = 1000000000000000000", "notice_days 应在 0 至 36525 之间"),
        ("unit_yuan = 1000", "unit_yuan = 1000000000000000000", "unit_yuan 不应超过 1000000000 元"),
        ("value_high = 1.22", "value_high = 0.5", "不应小于 value_low"),
        ("[1, 2.5, 1]", "[0, 0]", "bidder_weights"),
        ("[1, 2.5, 1]", '["1"]', "数的数组"),
        ('"出让"', '"出租"', "lease_years"),
        ("2024-01-01", '"2024"', "不是日期"),
        ("verified = false", 'verified = "否"', "true 或 false"),
        ('"411081"', "411081", "不是文字"),
        ("value_high = 1.22", "value_high = 1.22\nholidays = 3", "holidays"),
    ],
)
def test_faulty_terms_are_refused(tmp_path: Path, before: str, after: str, fault: str) -> None:
    assert before in DOCUMENT
    with pytest.raises(RuleError, match=fault):
        document(tmp_path, DOCUMENT.replace(before, after))


def test_terms_hold_on_their_days_only() -> None:
    ended = replace(TERMS, effective_to=date(2025, 3, 2))
    with pytest.raises(NoRuleInForceError, match="2025-03-03"):
        simulate_deals(prices(2), ended, seed=1, on=ON)
    with pytest.raises(NoRuleInForceError, match="2019-12-31"):
        simulate_deals(prices(2), TERMS, seed=1, on=date(2019, 12, 31))


def test_unchecked_terms_warn() -> None:
    with pytest.warns(UnverifiedRuleWarning, match="测试用交易条件"):
        simulate_deals(prices(2), replace(TERMS, verified=False), seed=1, on=ON)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"notice_days": 19}, r"公告期 19 日.*20 日（国土资源部令第39号（2007），未经核对原文"),
        ({"notice_days": 19, "mode": Mode.AUCTION}, r"公告期 19 日.*20 日"),
        ({"listing_days": 9, "listing_day_kind": DayKind.CALENDAR}, r"挂牌期 9 日.*10 日（国土资源部令第39号"),
        ({"listing_days": 5}, r"挂牌期 5 工作日.*10 日（国土资源部令第39号"),
    ],
)
def test_terms_below_the_national_minimum_warn(changed: dict[str, object], said: str) -> None:
    """39号令: notice 20 days before, listing not under 10 days; 5 working days from a Monday end within 7."""
    with pytest.warns(DealTermsWarning, match=said) as caught:
        simulate_deals(prices(2), replace(TERMS, **changed), seed=1, on=ON)
    assert len(caught) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"notice_days": 20, "listing_days": 10, "listing_day_kind": DayKind.CALENDAR},
        {"listing_days": 8},  # working days: over a weekend, ten days
        {"listing_days": 0, "mode": Mode.AUCTION},
        {"notice_days": 0, "listing_days": 0, "form": Form.EQUITY},
    ],
)
def test_terms_at_the_national_minimum_do_not_warn(changed: dict[str, object]) -> None:
    simulate_deals(prices(2), replace(TERMS, **changed), seed=1, on=ON)


@pytest.mark.parametrize(("days", "warns"), [(10, True), (14, False)])
def test_the_minimum_of_2002_is_in_working_days(days: int, *, warns: bool) -> None:
    """11号令, to 2007-10-31: ten working days, which ten days are not."""
    kind = {"listing_days": days, "listing_day_kind": DayKind.CALENDAR, "effective_from": date(2002, 7, 1)}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        simulate_deals(prices(2), replace(TERMS, **kind), seed=1, on=date(2006, 3, 6))
    assert [f"挂牌期 {days} 日" in str(one.message) for one in caught] == [True] * warns


def test_days_a_deal_does_not_have_are_not_asked_for() -> None:
    """An auction has no listing, equity neither listing nor notice: their ends may lie in any year."""
    far = {"listing_days": 3000, "notice_days": 20}
    days = periods(replace(TERMS, mode=Mode.AUCTION, **far), ON)
    assert (days.listing_from, days.listing_until) == (date(2025, 3, 24), None)
    assert periods(replace(TERMS, form=Form.EQUITY, notice_days=4000), ON).deal_on == ON
    with pytest.raises(RuleError, match=r"20[23][0-9]"):
        periods(replace(TERMS, **far), ON)


def test_an_amount_beyond_64_bits_names_the_parcel() -> None:
    table = prices(2)
    table.iloc[1, 0] = 9 * 10**18
    with pytest.raises(BadValueError, match=rf"共 1 行：{table.index[1]}.*办法"):
        simulate_deals(table, replace(TERMS, start_ratio=Decimal(2)), seed=1, on=ON)


@pytest.mark.parametrize("bad", [0, -5])
def test_a_parcel_without_a_price_is_named(bad: int) -> None:
    table = prices(3)
    table.iloc[1, 0] = bad
    with pytest.raises(BadValueError, match=table.index[1]):
        simulate_deals(table, TERMS, seed=1, on=ON)


def test_a_missing_price_is_named() -> None:
    table = prices(3).astype({"total_price_fen": "Int64"})
    table.loc[table.index[2], "total_price_fen"] = pd.NA
    with pytest.raises(BadValueError, match=table.index[2]):
        simulate_deals(table, TERMS, seed=1, on=ON)


def test_a_parcel_twice_is_refused() -> None:
    with pytest.raises(BadValueError, match="重复"):
        simulate_deals(pd.concat([prices(1), prices(1)]), TERMS, seed=1, on=ON)


@pytest.mark.parametrize(
    "change", [{"start_ratio": Decimal(85)}, {"deposit_ratio": Decimal(20)}, {"reserve_ratio": Decimal(80)}]
)
def test_percentages_typed_as_whole_numbers_are_refused(change: dict[str, Decimal]) -> None:
    with pytest.raises(RuleError, match=f"{next(iter(change))} 过大"):
        replace(TERMS, **change)


def test_a_time_at_midnight_is_its_day() -> None:
    usual = simulate_deals(prices(2), TERMS, seed=1, on=ON)
    for on in (datetime(ON.year, ON.month, ON.day), pd.Timestamp(ON)):
        pd.testing.assert_frame_equal(simulate_deals(prices(2), TERMS, seed=1, on=on), usual)


@pytest.mark.parametrize(
    "on", ["2026-03-02", None, pd.NaT, datetime(2026, 3, 2, 9), date(9999, 12, 31), date(1, 1, 1), 20260302]
)
def test_what_is_no_day_is_refused(on: date) -> None:
    with pytest.raises(BadValueError, match=r"simulate_deals：on = .*1900 至 2199.*办法"):
        simulate_deals(prices(2), TERMS, seed=1, on=on)


@pytest.mark.parametrize(("column", "value"), [("area", "x"), ("total_price_fen", 100.5), ("total_price_fen", "x")])
def test_a_cell_of_another_kind_is_named(column: str, value: object) -> None:
    table = prices(2)
    cells = pd.Series([table[column].iloc[0], value], index=table.index, dtype="object")
    with pytest.raises(BadValueError, match=rf"列 {column}.*共 1 行：{table.index[1]}.*办法"):
        simulate_deals(table.assign(**{column: cells}), TERMS, seed=1, on=ON)
