"""One lot in many draws: who comes, what they can pay, at what price it goes, in which round.

What a lot draws depends on seed, parcel code, round, bidder and number of the draw alone, and on the shocks that all
parcels of its use, or of the county, share in a draw.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from landmarket.exact import Ints
from landmarket.market.budgets import OwnPurse, Purse, Rows
from landmarket.market.deal import BELOW_RESERVE, NOBODY, TOO_FEW
from landmarket.market.distributions import quantiles
from landmarket.market.draw_streams import stream_keys, uniforms_at
from landmarket.market.lots import Lot, LotDraws, Market, spread_at
from landmarket.market.price_formation import Settled, grid_levels, settle_auction, settle_listing, settle_sealed
from landmarket.market.terms import Mode
from landmarket.units import Floats


def worth_of(lot: Lot, market: Market) -> Floats:
    """Draw what a lot is worth to everybody: the appraised price times shocks and common part.

    Parameters
    ----------
    lot : Lot
        The lot.
    market : Market
        What all lots share.

    Returns
    -------
    ndarray of float64
        Worth in each draw [分], before the bidder's own multiple.
    """
    worth = lot.appraised * market.shocks[lot.use.price_use]
    if lot.use.common.certain:
        return worth * float(lot.use.common.base)
    return worth * spread_at(lot.use.common, f"宗地|{lot.code}", market.at, market.seed)


def arriving(
    lot: Lot, number: int, market: Market, worth: Floats, left: Rows, purse: Purse
) -> tuple[Iterator[Floats], Rows]:
    """Draw who comes for a lot in a round, and what each can pay (到场竞买人).

    Parameters
    ----------
    lot : Lot
        The lot.
    number : int
        Round, from 0.
    market : Market
        What all lots share.
    worth : ndarray of float64
        Worth of the lot in each draw [分].
    left : ndarray of int
        The draws concerned.
    purse : Purse
        What bounds the bids.

    Returns
    -------
    columns : iterator of ndarray of float64
        What the first, second … bidders can pay [分], each for the first so many of `rows`.
    rows : ndarray of int
        The draws, those with most bidders first.
    """
    (key,) = stream_keys(f"到场|{lot.code}|{number}", 1, seed=market.seed)
    coming, sizes = _arrivals(lot.arrivals, uniforms_at(key, market.at[left]))
    rows = left[np.argsort(coming, kind="stable")[::-1]]
    return _columns(lot, number, market, worth[rows], rows, sizes, purse), rows


def settle_round(
    lot: Lot, number: int, market: Market, worth: Floats, left: Rows, purse: Purse
) -> tuple[Settled, Rows]:
    """Offer a lot once in the draws in which it is still to be had.

    Parameters
    ----------
    lot : Lot
        The lot.
    number : int
        Round, from 0.
    market : Market
        What all lots share.
    worth : ndarray of float64
        Worth of the lot in each draw [分].
    left : ndarray of int
        The draws concerned.
    purse : Purse
        What bounds the bids.

    Returns
    -------
    settled : Settled
        How the bidding ended, in the order of `rows`.
    rows : ndarray of int
        The draws, those with most bidders first.
    """
    columns, rows = arriving(lot, number, market, worth, left, purse)
    start, step = lot.rounds[number].start, lot.rounds[number].step
    if market.mode is Mode.TENDER:
        above = (grid_levels(values, start, 1) for values in columns)
        return settle_sealed(above, len(rows), start, step, market.sealed_shares), rows
    settle = settle_listing if market.mode is Mode.LISTING else settle_auction
    return settle((grid_levels(values, start, step) for values in columns), len(rows)), rows


def _arrivals(shares: Floats, drawn: Floats) -> tuple[npt.NDArray[np.uint8], list[int]]:
    """How many come in each draw, and in how many draws there is a first, a second … bidder."""
    coming, sizes = np.zeros(len(drawn), dtype=np.uint8), []
    for share in shares.tolist():
        more = drawn >= share
        size = int(np.count_nonzero(more))
        if not size:
            break
        coming += more
        sizes.append(size)
    return coming, sizes


def _columns(
    lot: Lot, number: int, market: Market, worth: Floats, rows: Rows, sizes: Sequence[int], purse: Purse
) -> Iterator[Floats]:
    """Values of the first, second … bidders."""
    keys = stream_keys(f"出价|{lot.code}|{number}", len(sizes), seed=market.seed)
    at = market.at[rows]
    for position, (key, size) in enumerate(zip(keys, sizes, strict=True)):
        own = quantiles(lot.use.private, uniforms_at(key, at[:size]))
        own *= worth[:size]
        yield purse.bound(position, own, rows[:size])


def sold_rows(lot: Lot, number: int, market: Market, settled: Settled) -> npt.NDArray[np.bool_]:
    """Tell in which draws a round ends with a deal.

    Parameters
    ----------
    lot : Lot
        The lot.
    number : int
        Round, from 0.
    market : Market
        What all lots share.
    settled : Settled
        How the bidding ended.

    Returns
    -------
    ndarray of bool
        True where enough bidders came and the best bid meets the reserve.
    """
    return (settled.bidders >= market.min_bidders) & (settled.level >= lot.rounds[number].least)


def prices_of(lot: Lot, number: int, settled: Settled, sold: npt.NDArray[np.bool_]) -> Ints:
    """Give the price of each deal of a round, on the basis of the bids.

    Parameters
    ----------
    lot : Lot
        The lot.
    number : int
        Round, from 0.
    settled : Settled
        How the bidding ended.
    sold : ndarray of bool
        Where there is a deal.

    Returns
    -------
    ndarray of int64
        Start price plus whole steps [分], deal by deal.
    """
    return lot.rounds[number].start + settled.level[sold].astype(np.int64) * lot.rounds[number].step


def no_failures() -> dict[str, int]:
    """Start counting failures.

    Returns
    -------
    dict of str to int
        Zero for each kind of failure.
    """
    return dict.fromkeys((NOBODY, TOO_FEW, BELOW_RESERVE), 0)


def failures_of(settled: Settled, sold: npt.NDArray[np.bool_], market: Market) -> dict[str, int]:
    """Count how a round failed.

    Parameters
    ----------
    settled : Settled
        How the bidding ended.
    sold : ndarray of bool
        Where there is a deal.
    market : Market
        What all lots share.

    Returns
    -------
    dict of str to int
        Draws for each kind of failure.
    """
    nobody = int(np.count_nonzero(settled.bidders == 0))
    few = int(np.count_nonzero(settled.bidders < market.min_bidders)) - nobody
    return {NOBODY: nobody, TOO_FEW: few, BELOW_RESERVE: len(sold) - int(np.count_nonzero(sold)) - nobody - few}


def lot_draws(lot: Lot, market: Market) -> LotDraws:
    """Simulate one lot in all draws, with its relistings.

    Parameters
    ----------
    lot : Lot
        The lot.
    market : Market
        What all lots share.

    Returns
    -------
    LotDraws
        What became of it.
    """
    draws = len(market.at)
    price, sold_in = np.zeros(draws, dtype=np.int64), np.full(draws, -1, dtype=np.int8)
    worth, left = worth_of(lot, market), np.arange(draws)
    bidders, failures = 0, no_failures()
    for number in range(len(lot.rounds)):
        settled, rows = settle_round(lot, number, market, worth, left, OwnPurse(lot, number, market))
        sold = sold_rows(lot, number, market, settled)
        price[rows[sold]] = prices_of(lot, number, settled, sold) * lot.years
        sold_in[rows[sold]] = number
        bidders += int(settled.bidders.sum()) if number == 0 else 0
        failures = failures_of(settled, sold, market)
        left = rows[~sold]
    return LotDraws(price, sold_in, bidders, failures)
