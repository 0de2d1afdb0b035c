"""Lots: each parcel with its start price, step and secret reserve in each round."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import ROUND_CEILING, Decimal

import numpy as np
import pandas as pd

from landmarket.market.bids import meets_at
from landmarket.market.demand import Demand, Relisting, mean_bidders
from landmarket.market.distributions import poisson_shares
from landmarket.market.lots import Lot, Market, Round, market_draws
from landmarket.market.offer import offer, yearly_reserve
from landmarket.market.sealed_bids import least_tenderers
from landmarket.market.terms import DealTerms, Mode

_SIXTH = Decimal("0.000001")


def market_of(terms: DealTerms, demand: Demand, on: date, *, draws: int, seed: int) -> Market:
    """Draw what all lots share under the terms (市场): a tender needs as many bidders as the law asks for.

    Parameters
    ----------
    terms : DealTerms
        Terms of the offers.
    demand : Demand
        Assumptions on demand.
    on : date
        Day of the offers.
    draws : int
        Number of draws.
    seed : int
        Seed.

    Returns
    -------
    Market
        What all lots share.
    """
    least = least_tenderers(on, terms.county) if terms.mode is Mode.TENDER else 1
    return market_draws(demand, terms.mode, max(terms.min_bidders, least), terms.county, draws=draws, seed=seed)


def lots_of(prices: pd.DataFrame, terms: DealTerms, demand: Demand) -> list[Lot]:
    """Make a lot of each parcel.

    Parameters
    ----------
    prices : DataFrame
        As for `simulate_market`.
    terms : DealTerms
        Terms of the first offer.
    demand : Demand
        Assumptions on demand.

    Returns
    -------
    list of Lot
        In the order of the table.

    Raises
    ------
    BadValueError
        If a use, score or price is missing, or what the terms need; the parcels are named.
    """
    means = mean_bidders(prices, demand)
    arrivals = {mean: poisson_shares(Decimal(mean)) for mean in means.unique()}
    uses = {use.price_use: use for use in demand.uses}
    offered = offer(prices, terms)
    rounds = zip(*(_round(prices, each) for each in terms_by_round(terms, demand.relisting)), strict=True)
    return [
        Lot(str(code), uses[use], arrivals[mean], appraised, each, offered.years)
        for code, use, mean, appraised, each in zip(
            prices.index, prices["price_use"], means, offered.appraised.tolist(), rounds, strict=True
        )
    ]


def terms_by_round(terms: DealTerms, relisting: Relisting) -> list[DealTerms]:
    """Give the terms of the first offer and of each relisting.

    Parameters
    ----------
    terms : DealTerms
        Terms of the first offer.
    relisting : Relisting
        How often, and how much cheaper each time.

    Returns
    -------
    list of DealTerms
        The start and reserve ratios fall by the cut each time, rounded up to six decimals; floors of the reserve stay.
    """
    found = [terms]
    kept = 1 - relisting.cut
    for _ in range(relisting.times):
        start, reserve = (
            (ratio * kept).quantize(_SIXTH, ROUND_CEILING) for ratio in (found[-1].start_ratio, found[-1].reserve_ratio)
        )
        found.append(replace(found[-1], start_ratio=start, reserve_ratio=reserve))
    return found


def _round(prices: pd.DataFrame, terms: DealTerms) -> list[Round]:
    offered = offer(prices, terms)
    step = offered.step
    gap = yearly_reserve(prices, terms) - offered.start
    least = np.maximum(-(-gap // step) if meets_at(terms.reserve_comparison) else gap // step + 1, 0)
    return [Round(*row) for row in zip(offered.start.tolist(), step.tolist(), least.tolist(), strict=True)]
