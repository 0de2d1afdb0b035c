"""What is offered: the amount bid for, start price, step, and the secret reserve.

For a lease the amount bid for is the rent of one year; for a grant it is the price.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import ceil

import numpy as np
import pandas as pd

from landmarket.checks import Fault, fault, gap_texts, require_columns, require_sound
from landmarket.errors import RuleError
from landmarket.exact import Ints, millionths, round_up, times_rate
from landmarket.market.amounts import not_whole
from landmarket.market.rent import rent_faults, yearly_rent_fen
from landmarket.market.terms import DealTerms, Form, StartRounding, StepBasis
from landmarket.rules import national_rules, require_rule
from landmarket.units import fen_series, floats_of

_FEN = 100
_MOST = 9e13
"""Amounts [元] and areas [㎡] below this are exact to two decimals in floating point."""
_COSTS = ("acquisition_cost", "development_cost")


@dataclass(frozen=True, eq=False)
class Offer:
    """Amounts of each parcel on offer [分], a year's for a lease.

    Attributes
    ----------
    appraised : ndarray of int64
        Appraised price, or yearly rent.
    start : ndarray of int64
        Start price.
    step : ndarray of int64
        Step.
    years : int
        Years that the whole deal has: the lease's, else 1.
    """

    appraised: Ints
    start: Ints
    step: Ints
    years: int

    def price_at(self, level: Ints) -> Ints:
        """Give the price of a level of the grid.

        Parameters
        ----------
        level : ndarray of int64
            Level of each parcel; −1, nobody, counts as the start.

        Returns
        -------
        ndarray of int64
            Start price plus whole steps [分].
        """
        steps: Ints = np.where(level < 0, 0, level)
        return self.start + steps * self.step


def offer(prices: pd.DataFrame, terms: DealTerms) -> Offer:
    """Set start price and step of each parcel.

    Parameters
    ----------
    prices : DataFrame
        With ``total_price_fen`` and ``area``; for a lease also ``term_years`` and ``capitalisation_rate``.
    terms : DealTerms
        The terms.

    Returns
    -------
    Offer
        In the order of the table.

    Raises
    ------
    BadValueError
        If a price is missing or not positive.
    """
    appraised = _appraised(prices, appraised_prices(prices, terms), terms)
    unit = terms.unit_yuan * _FEN
    start = _product(appraised, terms.start_ratio, prices.index)
    if terms.step_basis is StepBasis.OF_START:
        step = _product(start, terms.step, prices.index)
    elif terms.step_basis is StepBasis.PER_SQUARE_METRE:
        step = _product(_centi(prices), terms.step, prices.index)
    else:
        step = np.full(len(prices), ceil(terms.step * _FEN), dtype=np.int64)
    step = np.maximum(round_up(step, unit), unit)
    start = round_up(start, step if terms.start_rounding is StartRounding.STEP else unit)
    return Offer(appraised, start, step, terms.lease_years or 1)


def deposits(offered: Offer, terms: DealTerms, rows: pd.Index[str]) -> Ints:
    """Set the deposit of each parcel (竞买保证金): a ratio of the start price, rounded up to the yuan.

    Parameters
    ----------
    offered : Offer
        Start prices.
    terms : DealTerms
        The terms.
    rows : Index
        Parcel codes, for messages.

    Returns
    -------
    ndarray of int64
        Deposits [分]; for a lease on the start rent of all years.
    """
    return round_up(_product(offered.start * offered.years, terms.deposit_ratio, rows), _FEN)


def reserve_prices(prices: pd.DataFrame, terms: DealTerms) -> pd.DataFrame:
    """Set the reserve price of each parcel (底价): internal, secret until the close.

    Parameters
    ----------
    prices : DataFrame
        As for `simulate_deals`; ``acquisition_cost`` and ``development_cost`` where entry cost is a floor,
        ``price_use`` where there is an industrial minimum.
    terms : DealTerms
        The terms.

    Returns
    -------
    DataFrame
        On the same index: ``reserve_price_fen`` and ``reserve_price`` [元], on the basis of ``deal_price_fen``.

    Notes
    -----
    The highest of the stated ratio of the appraised price and the floors that the terms switch on, rounded up
    to the fen. Never join it to a table that leaves the bureau.
    """
    reserve = yearly_reserve(prices, terms) * (terms.lease_years or 1)
    return pd.DataFrame({"reserve_price_fen": reserve, "reserve_price": reserve / _FEN}, index=prices.index)


def yearly_reserve(prices: pd.DataFrame, terms: DealTerms) -> Ints:
    """Reserve on the basis of the bids: the price, for a lease the rent of one year.

    Parameters
    ----------
    prices : DataFrame
        As for `reserve_prices`.
    terms : DealTerms
        The terms.

    Returns
    -------
    ndarray of int64
        Reserve [分] in the order of the table. Secret.
    """
    total = appraised_prices(prices, terms)
    reserve = np.maximum(
        _product(total, terms.reserve_ratio, prices.index), _product(total, terms.floor_price_ratio, prices.index)
    )
    if terms.floor_entry_cost:
        reserve = np.maximum(reserve, _entry_cost(prices))
    if terms.industrial_minimum:
        bound = prices["price_use"].isin(terms.industrial_uses).to_numpy(dtype=bool)
        reserve = np.maximum(
            reserve, np.where(bound, _product(_centi(prices), terms.industrial_minimum, prices.index), 0)
        )
    return _appraised(prices, reserve, terms)


def industrial_minimum(land_class: int, *, on: date, county: str) -> Decimal:
    """National minimum price of industrial land (工业用地出让最低价标准) of a land class.

    Parameters
    ----------
    land_class : int
        Class of the county's land (土地等别), 1 to 15.
    on : date
        The day.
    county : str
        County code, 6 digits.

    Returns
    -------
    Decimal
        Minimum [元/㎡]; it binds state land, and collective land only where local terms say so.

    Raises
    ------
    RuleError
        If there is no such class.
    NoRuleInForceError
        If no standard is in force on that day.
    """
    rule = require_rule(national_rules(), "industrial_minimum", on=on, county=county, pilot=False)
    if not isinstance(rule.value, tuple) or not 1 <= land_class <= len(rule.value):
        raise RuleError(f"规则 {rule.name} 中没有土地等别 {land_class}。办法：等别应为 1 至 15。")
    return rule.value[land_class - 1]


def _product(amount: Ints, ratio: Decimal, rows: pd.Index[str]) -> Ints:
    """Amount × ratio, rounded up to the fen."""
    rate = np.full(len(amount), millionths(ratio, "比例"), dtype=np.int64)
    whole, rest = times_rate(amount, rate, rows)
    return whole + (rest > 0)


def deal_gaps(prices: pd.DataFrame, terms: DealTerms) -> pd.Series[str]:
    """Say for each parcel everything that keeps it from being offered on these terms.

    Parameters
    ----------
    prices : DataFrame
        As for `simulate_deals`.
    terms : DealTerms
        The terms.

    Returns
    -------
    Series of str
        ``deal_gap`` on the same index: empty where `simulate_deals` simulates a deal, else every reason in Chinese why
        it refuses the parcel, joined by ；.

    Raises
    ------
    MissingColumnError
        If a column is missing that the terms need.

    Notes
    -----
    The reasons are found by the very checks that `simulate_deals` makes.
    """
    return gap_texts(prices, _faults(prices, terms)).rename("deal_gap")


def _faults(prices: pd.DataFrame, terms: DealTerms) -> list[Fault]:
    """Find what cannot be used of what these terms need."""
    require_columns(prices, ["total_price_fen", "area"], "simulate_deals")
    cure = "先用 benchmark_price() 求出地价，未定价的宗地不能交易。"
    faults = [fault("total_price_fen", not_whole(prices["total_price_fen"], 1), cure)]
    area = floats_of(prices["area"])
    faults.append(fault("area", np.isnan(area) & prices["area"].notna().to_numpy(), "计价面积应为数 [㎡]。"))
    if terms.form is Form.EQUITY:
        return faults
    if terms.industrial_minimum:
        require_columns(prices, ["price_use"], "simulate_deals")
    if terms.industrial_minimum or terms.step_basis is StepBasis.PER_SQUARE_METRE:
        faults.append(fault("area", ~((area > 0) & (area < _MOST)), "计价面积应大于 0。"))
    if terms.floor_entry_cost:
        require_columns(prices, list(_COSTS), "simulate_deals")
        for name in _COSTS:
            cost = floats_of(prices[name])
            faults.append(fault(name, ~((cost >= 0) & (cost < _MOST)), "补上成本，确无成本的填 0，底价以成本为下限。"))
    return [*faults, *(rent_faults(prices) if terms.form is Form.LEASE else [])]


def appraised_prices(prices: pd.DataFrame, terms: DealTerms) -> Ints:
    """Take the appraised price of each parcel, once everything else that the terms need is there.

    Parameters
    ----------
    prices : DataFrame
        As for `simulate_deals`.
    terms : DealTerms
        The terms.

    Returns
    -------
    ndarray of int64
        Prices [分] in the order of the table.

    Raises
    ------
    BadValueError
        If a price or what the terms need is missing; `deal_gaps` names all such parcels beforehand.
    """
    require_sound(prices, _faults(prices, terms), "simulate_deals")
    fen: Ints = pd.to_numeric(prices["total_price_fen"]).to_numpy(dtype=np.int64)
    return fen


def _centi(prices: pd.DataFrame) -> Ints:
    centi: Ints = np.rint(floats_of(prices["area"]) * 100).astype(np.int64)
    return centi


def _entry_cost(prices: pd.DataFrame) -> Ints:
    acquisition, development = (fen_series(pd.to_numeric(prices[name])).to_numpy(dtype=np.int64) for name in _COSTS)
    cost: Ints = acquisition + development
    return cost


def _appraised(prices: pd.DataFrame, price: Ints, terms: DealTerms) -> Ints:
    return yearly_rent_fen(prices, price, terms) if terms.form is Form.LEASE else price
