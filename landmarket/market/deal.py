"""One simulated deal (成交) per parcel, by the rules of listing, auction, tender or negotiation.

::

    ANNOUNCED ──(notice days)──> LISTED ──(bids)──> CLOSED ──> DECIDE ──> CONFIRMED ──> CONTRACT ──> PAID
                                                      │           └────> FAILED (below the reserve)
                                                      ├── two or more still willing ──> ON-SITE ──> DECIDE
                                                      └── nobody, or too few bidders ──> FAILED

A tender has sealed bids instead of the listing; a negotiation is with the first who is interested.

State rules, applied to collective land by analogy: every number of theirs is a field of `DealTerms`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.checks import require_unique_index
from landmarket.errors import RuleError
from landmarket.exact import Ints
from landmarket.market.bids import Bools, auction, listing, meets_at
from landmarket.market.deal_table import Periods, deal_table, masked_fen, periods
from landmarket.market.draws import uniforms
from landmarket.market.minimums import warn_below_minimum
from landmarket.market.negotiation import nash_prices
from landmarket.market.offer import Offer, appraised_prices, deposits, offer, yearly_reserve
from landmarket.market.sealed_bids import least_tenderers, sealed
from landmarket.market.terms import DealTerms, Form, Mode
from landmarket.rules import as_day, national_rules, require_rule

SOLD = "成交"
NOBODY = "流拍-无人报名"
TOO_FEW = "流拍-人数不足"
BELOW_RESERVE = "流拍-低于底价"
EQUITY = "作价出资"
_BIDDING = {Mode.LISTING: listing, Mode.AUCTION: auction, Mode.TENDER: sealed}


def simulate_deals(prices: pd.DataFrame, terms: DealTerms, *, seed: int, on: date) -> pd.DataFrame:
    """Simulate one deal for each parcel.

    Parameters
    ----------
    prices : DataFrame
        Index parcel code; ``total_price_fen``, ``area``; for a lease also ``term_years`` and
        ``capitalisation_rate``; what the floors of the reserve need, see `reserve_prices`.
    terms : DealTerms
        Mode, form, start price, reserve, step, periods, assumptions on bidders.
    seed : int
        Seed. What a parcel draws depends on seed and parcel code alone.
    on : date
        Day of the public notice.

    Returns
    -------
    DataFrame
        On the same index: outcome, bidders, start price, step, deposit, deal price, rent and dates. A failed
        listing is a result, with a missing deal price. The reserve is not in it. For a lease all amounts are the
        rent of all years, beside the yearly rent; equity (作价出资) is taken at the appraised price without bidding.

    Raises
    ------
    NoRuleInForceError
        If the terms, or for a tender the rule on the fewest tenderers, are not in force on the day.
    RuleError
        If a lease is longer than the law of the day allows, or a working day falls into a year whose holidays
        are not announced.
    BadValueError
        If the day is no date, a price is missing, or a cost, term or rate that the terms need; see `deal_gaps`.

    Warns
    -----
    UnverifiedRuleWarning
        If nobody has checked the terms, or the cap on leases, against the document.
    DealTermsWarning
        If the notice or the listing is shorter than the national minimum of the day.

    Notes
    -----
    A bidder's value is the appraised price times a number drawn evenly from ``value_low`` to ``value_high``; it
    bids up to its value on the grid of start price plus whole steps. Who cannot afford the start price, which is
    public, does not register. Only one level counts at the end: see `landmarket.market.bids`.

    A tender (招标) goes to the highest sealed bid. Each bids its highest level without shading, so that prices are an
    upper bound: shaded bids give on average what an auction gives.

    A negotiation (协议) is with the first who arrives and can afford the start price. The gain between start price and
    value is split by the terms' bargaining power, see `landmarket.market.negotiation.nash_prices`. The seller falls
    back on the start price and not on the reserve: seed and assumptions are public, so a price that moved with the
    reserve would tell it. The reserve only decides whether the price is accepted.
    """
    require_unique_index(prices, "simulate_deals")
    on = as_day(on, "simulate_deals")
    terms.require_in_force(on)
    require_lease_term(terms, on)
    if terms.form is Form.EQUITY:
        return _equity(prices, terms, on)
    days = _days(terms, on)
    if terms.mode is not Mode.NEGOTIATION:
        warn_below_minimum(terms, days)
    least = (
        max(terms.min_bidders, least_tenderers(on, terms.county)) if terms.mode is Mode.TENDER else terms.min_bidders
    )
    offered = offer(prices, terms)
    values = bidder_values(prices, offered, terms, seed=seed)
    price, wanted_on = _bid(offered, values, terms)
    bidders = (values >= offered.start[:, None]).sum(axis=1, dtype=np.int64)
    outcome = _decide(bidders, least, price, yearly_reserve(prices, terms), terms)
    onsite = wanted_on & (bidders >= least)
    sold = outcome == SOLD
    years = offered.years
    amounts = {
        "start_price_fen": masked_fen(offered.start * years),
        "step_fen": masked_fen(offered.step * years),
        "deposit_fen": masked_fen(deposits(offered, terms, prices.index)),
        "deal_price_fen": masked_fen(price * years, sold),
        "annual_rent_fen": masked_fen(price, sold & (terms.form is Form.LEASE)),
    }
    return deal_table(prices, terms, outcome, bidders, onsite, amounts, days)


def _equity(prices: pd.DataFrame, terms: DealTerms, on: date) -> pd.DataFrame:
    nobody, missing = np.zeros(len(prices), dtype=np.int64), np.zeros(len(prices), dtype=np.bool_)
    price = appraised_prices(prices, terms)
    names = ("start_price_fen", "step_fen", "deposit_fen", "annual_rent_fen")
    amounts = {name: masked_fen(nobody, missing) for name in names} | {"deal_price_fen": masked_fen(price)}
    outcome = np.full(len(prices), EQUITY)
    return deal_table(prices, terms, outcome, nobody, missing, amounts, periods(terms, on))


def _days(terms: DealTerms, on: date) -> Periods:
    """Days of the deal; bids are opened on one day, as in an auction, and a negotiation has no such day."""
    if terms.mode in (Mode.LISTING, Mode.AUCTION):
        return periods(terms, on)
    days = periods(replace(terms, mode=Mode.AUCTION), on)
    return replace(days, listing_from=None) if terms.mode is Mode.NEGOTIATION else days


def _bid(offered: Offer, values: Ints, terms: DealTerms) -> tuple[Ints, Bools]:
    """Price of each parcel before anyone looks at the reserve, and whether two still wanted to bid at the deadline."""
    if terms.mode is Mode.NEGOTIATION and terms.bargaining_power is not None:
        return _negotiated(offered, values, terms.bargaining_power), np.zeros(len(values), dtype=np.bool_)
    bidding = _BIDDING[terms.mode](_levels(offered, values))
    return offered.price_at(bidding.level), bidding.onsite


def _negotiated(offered: Offer, values: Ints, power: Decimal) -> Ints:
    """Negotiate with the first who can afford the start price; the start price where there is none."""
    able = values >= offered.start[:, None]
    first = values[np.arange(len(values)), np.argmax(able, axis=1)]
    value = np.where(able.any(axis=1), first, offered.start)
    return nash_prices(offered.start, value, power).price


def _levels(offered: Offer, values: Ints) -> Ints:
    level = (values - offered.start[:, None]) // offered.step[:, None]
    levels: Ints = np.where(values < 0, -1, np.maximum(level, -1))
    return levels


def bidder_values(prices: pd.DataFrame, offered: Offer, terms: DealTerms, *, seed: int) -> Ints:
    """Draw the bidders of each parcel and what each can pay (心理价位).

    Parameters
    ----------
    prices : DataFrame
        Index parcel code.
    offered : Offer
        Appraised prices.
    terms : DealTerms
        Assumptions on bidders.
    seed : int
        Seed.

    Returns
    -------
    ndarray of int64, shape (parcels, most bidders)
        Values [分], a year's for a lease, in order of arrival; −1 for one who is not there.
    """
    most = max(len(terms.bidder_weights) - 1, 1)
    drawn = uniforms([str(code) for code in prices.index], 1 + most, seed=seed)
    total = sum(terms.bidder_weights)
    shares = np.cumsum([float(weight / total) for weight in terms.bidder_weights[:-1]])
    interested = np.searchsorted(shares, drawn[:, 0], side="right")
    low, high = float(terms.value_low), float(terms.value_high)
    value = np.floor(offered.appraised[:, None] * (low + (high - low) * drawn[:, 1:])).astype(np.int64)
    values: Ints = np.where(np.arange(most) < interested[:, None], value, -1)
    return values


def require_lease_term(terms: DealTerms, on: date) -> None:
    """Refuse a lease longer than the law of the day allows (租期上限).

    Parameters
    ----------
    terms : DealTerms
        The terms; other forms pass.
    on : date
        The day.

    Raises
    ------
    RuleError
        If the lease is longer.
    """
    if terms.form is not Form.LEASE:
        return
    rule = require_rule(national_rules(), "lease_years_max", on=on, county=terms.county, pilot=False)
    if terms.lease_years > rule.number:
        raise RuleError(
            f"租期 {terms.lease_years} 年超过 {rule.name} {rule.number} 年（{rule.source}），超过部分无效。"
            "办法：缩短 lease_years，期满续租。"
        )


def _decide(bidders: Ints, least: int, price: Ints, reserve: Ints, terms: DealTerms) -> npt.NDArray[np.str_]:
    met = (price > reserve) | ((price == reserve) & meets_at(terms.reserve_comparison))
    return np.select([bidders == 0, bidders < least, ~met], [NOBODY, TOO_FEW, BELOW_RESERVE], default=SOLD)
