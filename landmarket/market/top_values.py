"""Highest and second highest value among the bidders of a lot (最高与次高心理价位): what reserves are tried on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd

from landmarket.exact import Ints
from landmarket.market.budgets import OwnPurse
from landmarket.market.demand import Demand
from landmarket.market.lot_draws import arriving, worth_of
from landmarket.market.lot_offers import lots_of, market_of
from landmarket.market.lots import Lot, Market
from landmarket.market.terms import DealTerms

_EXACT = 2.0**53


def top_values(
    prices: pd.DataFrame, terms: DealTerms, demand: Demand, *, draws: int, seed: int, on: date
) -> Iterator[tuple[str, Ints, Ints]]:
    """Draw the highest and the second highest value among those who come for each parcel first (最高与次高心理价位).

    Parameters
    ----------
    prices : DataFrame
        As for `landmarket.market.simulation.simulate_market`.
    terms : DealTerms
        Terms of the offers.
    demand : Demand
        Assumptions on demand.
    draws : int
        Number of draws.
    seed : int
        Seed; the bidders are those of `simulate_market` with the same seed.
    on : date
        Day of the offers.

    Yields
    ------
    code : str
        Parcel code.
    highest, second : ndarray of int64
        Values in each draw [分], for a lease of all years; zero where there is no such bidder, and where fewer came
        than a valid deal needs. Each bidder's budget is its own, whatever it bids for elsewhere.
    """
    market = market_of(terms, demand, on, draws=draws, seed=seed)
    for lot in lots_of(prices, terms, demand):
        yield lot.code, *_top_two(lot, market)


def _top_two(lot: Lot, market: Market) -> tuple[Ints, Ints]:
    draws = len(market.at)
    everywhere = np.arange(draws)
    columns, rows = arriving(lot, 0, market, worth_of(lot, market), everywhere, OwnPurse(lot, 0, market))
    high, second, coming = np.zeros(draws), np.zeros(draws), np.zeros(draws, dtype=np.int64)
    for values in columns:
        size = len(values)
        whole = np.floor(np.minimum(values, _EXACT))
        np.maximum(second[:size], np.minimum(high[:size], whole), out=second[:size])
        np.maximum(high[:size], whole, out=high[:size])
        coming[:size] += 1
    valid = coming >= market.min_bidders
    top: Ints = np.zeros(draws, dtype=np.int64)
    next_to: Ints = np.zeros(draws, dtype=np.int64)
    top[rows], next_to[rows] = high * valid, second * valid
    return top * lot.years, next_to * lot.years
