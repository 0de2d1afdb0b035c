"""Totals of many lots draw by draw, so that their intervals are those of the joint outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from landmarket.errors import BadValueError, named_rows
from landmarket.exact import MILLION, Ints, largest_remainder, times_rate
from landmarket.market.lots import LotDraws

LEVELS = (Fraction(1, 20), Fraction(1, 2), Fraction(19, 20))
"""Quantiles that are given: 5, 50 and 95 %."""
_MOST = 2**63 - 1
_MOST_PRICE = 2**52
_LOW_BITS = 32


@dataclass(frozen=True, eq=False)
class Totals:
    """What lots bring together in each draw (合计).

    Attributes
    ----------
    money : ndarray of int64
        Deal prices of the lots sold [分].
    area : ndarray of int64
        Their areas [0.01 ㎡].
    parties : ndarray of int64, shape (parties + 1, draws)
        Money of each party [分], the last row what no party has; no rows where no shares are asked for.
    """

    money: Ints
    area: Ints
    parties: Ints

    @classmethod
    def empty(cls, draws: int, parties: int) -> Totals:
        """Start from nothing.

        Parameters
        ----------
        draws : int
            Number of draws.
        parties : int
            Number of parties; 0: none are asked for.

        Returns
        -------
        Totals
            Zero everywhere.
        """
        rows = parties + 1 if parties else 0
        return cls(np.zeros(draws, np.int64), np.zeros(draws, np.int64), np.zeros((rows, draws), np.int64))

    def add_lot(self, lot: LotDraws, area: int, rates: Ints) -> None:
        """Add one lot.

        Parameters
        ----------
        lot : LotDraws
            What became of it.
        area : int
            Its area [0.01 ㎡].
        rates : ndarray of int64
            Share of each party in millionths.
        """
        sold = lot.sold_in >= 0
        np.add(self.money, lot.price, out=self.money)
        self.area[:] += area * sold
        if len(self.parties):
            self.parties[:, sold] += party_money(lot.price[sold], rates)

    def add(self, other: Totals) -> None:
        """Add totals of other lots.

        Parameters
        ----------
        other : Totals
            Their totals.
        """
        for mine, theirs in ((self.money, other.money), (self.area, other.area), (self.parties, other.parties)):
            np.add(mine, theirs, out=mine)


def party_money(price: Ints, rates: Ints) -> Ints:
    """Divide prices among parties, exactly.

    Parameters
    ----------
    price : ndarray of int64
        Deal prices [分].
    rates : ndarray of int64
        Share of each party in millionths, together at most a million.

    Returns
    -------
    ndarray of int64, shape (parties + 1, prices)
        Money of each party [分], the last row what is left; within a fen of the exact share, adding up to the price
        (largest remainder, ties to the party named first).

    Examples
    --------
    One yuan, a third each in millionths:

    >>> party_money(np.array([100]), np.array([333_333, 333_333])).ravel().tolist()
    [33, 33, 34]
    """
    full = np.append(rates, MILLION - rates.sum())
    parts = [times_rate(price, np.array([rate])) for rate in full]
    whole, rest = (np.stack([part[at] for part in parts]) for at in (0, 1))
    return largest_remainder(whole, rest * MILLION)


def quantiles_of(values: Ints) -> list[int]:
    """Give the quantiles of `LEVELS`.

    Parameters
    ----------
    values : ndarray of int64
        At least one value.

    Returns
    -------
    list of int
        For each level the least value that at least this share of the values does not exceed: one that occurred.

    Examples
    --------
    >>> quantiles_of(np.arange(1, 101))
    [5, 50, 95]
    """
    places = [-(-level.numerator * len(values) // level.denominator) - 1 for level in LEVELS]
    ordered = np.partition(values, places)
    return [int(ordered[place]) for place in places]


def exact_sum(values: Ints) -> int:
    """Add up values that may leave 64 bits together.

    Parameters
    ----------
    values : ndarray of int64
        Values, not negative.

    Returns
    -------
    int
        Their sum.
    """
    return (int((values >> _LOW_BITS).sum()) << _LOW_BITS) + int((values & (2**_LOW_BITS - 1)).sum())


def require_countable(most: Sequence[int], codes: Sequence[str]) -> None:
    """Refuse lots whose prices are no longer exact, or cannot be added up in 64 bits.

    Parameters
    ----------
    most : sequence of int
        Highest price of each lot [分].
    codes : sequence of str
        Their parcel codes.

    Raises
    ------
    BadValueError
        Naming the parcels with a price beyond 2⁵² fen; or if the sum leaves 64 bits.
    """
    cure = "办法：核对总地价的单位（元，不是分）和需求假设的分布。"
    beyond = [(code, price) for code, price in zip(codes, most, strict=True) if price > _MOST_PRICE]
    if beyond:
        raise BadValueError(
            f"simulate_market：模拟的成交价 [分] 过大，{named_rows(*zip(*beyond, strict=True))}。{cure}"
        )
    if sum(most) > _MOST:
        raise BadValueError(f"simulate_market：最高成交价合计 {sum(most)} 分，超出 64 位整数。{cure}")
