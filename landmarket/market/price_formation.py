"""How bids make a price, lot after lot in many draws at once: listing, auction, sealed bids.

The rules are those of `landmarket.market.bids`, which decides one table of bidders; here the bidders of all draws come
one column after another. Draws stand in the order of how many bidders they have, most first: the column of the third
bidders is as long as there are draws with three, and belongs to the first of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from landmarket.units import Floats

Slots = npt.NDArray[np.int16]

_EXACT = 2.0**53


@dataclass(frozen=True, eq=False)
class Settled:
    """How the bidding for one lot ended in each draw, before anyone looks at the reserve.

    Attributes
    ----------
    level : ndarray of float64
        Whole steps of the best bid above the start price, −1 where nobody bid.
    bidders : ndarray of int16
        Bidders that can afford the start price.
    winner : ndarray of int16
        Position of the winner in the order of arrival; of no meaning where nobody bid.
    """

    level: Floats
    bidders: Slots
    winner: Slots


@dataclass(frozen=True, eq=False)
class _Standing:
    """The bidders so far: the highest level, whose it is, the second highest, and how many there are."""

    high: Floats
    second: Floats
    first: Slots
    bidders: Slots

    @classmethod
    def empty(cls, draws: int) -> _Standing:
        nobody = np.full(draws, -1.0)
        return cls(nobody, nobody.copy(), np.zeros(draws, dtype=np.int16), np.zeros(draws, dtype=np.int16))

    def add(self, position: int, levels: Floats) -> None:
        """Take up the bidders that arrive at one position."""
        size = len(levels)
        high, second, first = self.high[:size], self.second[:size], self.first[:size]
        _note_last(first, levels > high, position)
        np.maximum(second, np.minimum(high, levels), out=second)
        np.maximum(high, levels, out=high)
        self.bidders[:size] += levels >= 0


def _note_last(slots: Slots, where: npt.NDArray[np.bool_], position: int) -> None:
    """Write a position, larger than any before, where something holds."""
    np.maximum(slots, where * np.int16(position), out=slots)


def grid_levels(values: Floats, start_fen: int, step_fen: int) -> Floats:
    """Give the highest level that each value affords on the grid of start price plus whole steps.

    Parameters
    ----------
    values : ndarray of float64
        What bidders can pay [分].
    start_fen, step_fen : int
        Start price and step [分].

    Returns
    -------
    ndarray of float64
        Whole numbers, negative where not even the start price is affordable. Exact: a quotient of whole numbers
        below 2⁵³ is never rounded up to a whole number; values beyond that count as 2⁵³ fen.
    """
    levels = np.floor(np.minimum(values, _EXACT))
    levels -= start_fen
    levels /= step_fen
    result: Floats = np.floor(levels, out=levels)
    return result


def settle_auction(columns: Iterable[Floats], draws: int) -> Settled:
    """End an ascending auction (拍卖) in every draw.

    Parameters
    ----------
    columns : iterable of ndarray of float64
        Levels of the first, second … bidders, each for the first so many draws.
    draws : int
        Number of draws.

    Returns
    -------
    Settled
        As `landmarket.market.bids.auction` decides.
    """
    standing = _Standing.empty(draws)
    for position, levels in enumerate(columns):
        standing.add(position, levels)
    return Settled(np.minimum(standing.high, standing.second + 1), standing.bidders, standing.first)


def settle_listing(columns: Iterable[Floats], draws: int) -> Settled:
    """End a listing (挂牌) in every draw: bids on arrival, then on-site bidding of those still willing.

    Parameters
    ----------
    columns : iterable of ndarray of float64
        Levels of the first, second … bidders, each for the first so many draws.
    draws : int
        Number of draws.

    Returns
    -------
    Settled
        As `landmarket.market.bids.listing` decides.

    Notes
    -----
    Two or more are willing at the deadline just where the second highest level is above the best bid.
    """
    standing = _Standing.empty(draws)
    best, holder = np.full(draws, -1.0), np.zeros(draws, dtype=np.int16)
    for position, levels in enumerate(columns):
        bids = levels > best[: len(levels)]
        best[: len(levels)] += bids
        _note_last(holder[: len(levels)], bids, position)
        standing.add(position, levels)
    onsite = standing.second > best
    raised = (standing.high > best) & (standing.first != holder)
    level = np.where(onsite, np.minimum(standing.high, standing.second + 1), best + raised)
    return Settled(level, standing.bidders, np.where(onsite | raised, standing.first, holder))


def settle_sealed(columns: Iterable[Floats], draws: int, start_fen: int, step_fen: int, shares: Floats) -> Settled:
    """End a tender for the highest price (招标, 价高者得) in every draw.

    Parameters
    ----------
    columns : iterable of ndarray of float64
        What the first, second … bidders can pay, in fen above the start price, each for the first so many draws.
    draws : int
        Number of draws.
    start_fen, step_fen : int
        Start price and step [分].
    shares : ndarray of float64
        Share of its value that each writes, where 1, 2, 3 … take part; the last one holds for more.

    Returns
    -------
    Settled
        The highest bid: all write the same share of their value, rounded down to the grid, and at least the start
        price, so the one to whom it is worth most has it, of equal ones the earliest. With shares of one it is as
        `landmarket.market.sealed_bids.sealed` decides.
    """
    standing = _Standing.empty(draws)
    for position, levels in enumerate(columns):
        standing.add(position, levels)
    share = shares[np.clip(standing.bidders - 1, 0, len(shares) - 1)]
    level = grid_levels((standing.high + start_fen) * share, start_fen, step_fen)
    level = np.where(standing.bidders > 0, np.maximum(level, 0.0), -1.0)
    return Settled(level, standing.bidders, standing.first)
