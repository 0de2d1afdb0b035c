"""Bids: which are legal, how the bidding of a listing or an auction ends, who wins.

Bids lie on a grid: level 0 is the start price, level k the start price plus k steps. A bidder is known by the
highest level it can afford, −1 if not even the start price. Bidders stand in the order of their arrival.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from landmarket.exact import Ints
from landmarket.market.terms import ReserveComparison

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Quote:
    """A bid on the table (报价).

    Attributes
    ----------
    bidder : str
        Who bids.
    at : datetime
        When.
    price_fen : int
        The bid [分].
    """

    bidder: str
    at: datetime
    price_fen: int


@dataclass(frozen=True)
class Bidding:
    """How the bidding for each parcel ended, before anyone looks at the reserve.

    Attributes
    ----------
    level : ndarray of int64
        Level of the best bid, −1 where nobody bid.
    winner : ndarray of int64
        Position of its bidder in the order of arrival, −1 where nobody bid.
    onsite : ndarray of bool
        Whether two or more still wanted to bid at the deadline of a listing (现场竞价).
    """

    level: Ints
    winner: Ints
    onsite: Bools


def is_legal_bid(price_fen: int, *, start_fen: int, step_fen: int, best_fen: int | None) -> bool:
    """Tell whether a bid may be made.

    Parameters
    ----------
    price_fen : int
        The bid [分].
    start_fen, step_fen : int
        Start price and step [分].
    best_fen : int or None
        The best bid so far [分]; None before the first.

    Returns
    -------
    bool
        True if it is the start price plus whole steps, and at least one step above the best bid.

    Examples
    --------
    Start 39.9 万元, step 0.5 万元: 40.4 is the next, 40.0 is none (平罗五香村, 2022).

    >>> [is_legal_bid(p, start_fen=39_900_000, step_fen=500_000, best_fen=39_900_000) for p in (40_400_000, 40_000_000)]
    [True, False]
    """
    steps, odd = divmod(price_fen - start_fen, step_fen)
    return odd == 0 and steps >= 0 and (best_fen is None or price_fen >= best_fen + step_fen)


def decide(quotes: Sequence[Quote], reserve_fen: int, comparison: ReserveComparison) -> Quote | None:
    """Decide a listing in which nobody wants to bid on: the highest bid, of equal ones the earliest.

    Parameters
    ----------
    quotes : sequence of Quote
        Bids of qualified bidders.
    reserve_fen : int
        Reserve price [分].
    comparison : ReserveComparison
        Whether a bid at the reserve is enough.

    Returns
    -------
    Quote or None
        The winning bid; None if no bid meets the reserve.

    Notes
    -----
    招标拍卖挂牌出让国有土地使用权规定 (国土资源部令第11号, 2002: "高于底价"; 第39号, 2007: "不低于底价").
    """
    met = [q for q in quotes if q.price_fen > reserve_fen or (q.price_fen == reserve_fen and meets_at(comparison))]
    return min(met, key=lambda quote: (-quote.price_fen, quote.at), default=None)


def meets_at(comparison: ReserveComparison) -> bool:
    """Tell whether a bid exactly at the reserve meets it.

    Parameters
    ----------
    comparison : ReserveComparison
        The rule.

    Returns
    -------
    bool
        True under "not below", False under "above".
    """
    return comparison is ReserveComparison.NOT_BELOW


def _two_highest(levels: Ints) -> tuple[Ints, Ints, Ints]:
    """The highest level, its earliest bidder, and the second highest level, row by row."""
    first = np.argmax(levels, axis=1)
    rows = np.arange(len(levels))
    highest = levels[rows, first]
    others = levels.copy()
    others[rows, first] = -1
    return highest, first.astype(np.int64), others.max(axis=1)


def auction(levels: Ints) -> Bidding:
    """Bid in an open ascending auction (拍卖): all are present until the second highest gives up.

    Parameters
    ----------
    levels : ndarray of int64, shape (parcels, bidders)
        Highest affordable level of each bidder in order of arrival, −1 for none.

    Returns
    -------
    Bidding
        One bidder alone takes the start price; else one step above the second highest, if the highest can
        afford that step. Equal ones: the earliest.
    """
    highest, first, second = _two_highest(levels)
    level = np.minimum(highest, second + 1)
    return Bidding(level, np.where(highest >= 0, first, -1), np.zeros(len(levels), dtype=np.bool_))


def listing(levels: Ints) -> Bidding:
    """Bid in a listing (挂牌): each on arrival, then whoever is still willing at the deadline.

    Parameters
    ----------
    levels : ndarray of int64, shape (parcels, bidders)
        Highest affordable level of each bidder in order of arrival, −1 for none.

    Returns
    -------
    Bidding
        With two or more willing at the deadline, on-site bidding as in an auction; one who does not hold the best
        bid raises it by one step; otherwise the holder has it.

    Notes
    -----
    On arrival a bidder bids the start price if there is no bid, else the best bid plus one step, if affordable.
    Willing at the deadline is whoever can afford one step more than the best bid.
    """
    best = np.full(len(levels), -1, dtype=np.int64)
    holder = best.copy()
    for position in range(levels.shape[1]):
        bids = levels[:, position] > best
        best += bids
        holder[bids] = position
    willing = levels > best[:, None]
    count = willing.sum(axis=1)
    highest, first, second = _two_highest(levels)
    onsite = count > 1
    raised = (count == 1) & (first != holder)
    level = np.where(onsite, np.minimum(highest, second + 1), best + raised)
    winner = np.where(onsite | raised, first, holder)
    return Bidding(level, winner, onsite)
