"""Bidders that bid for several lots out of one budget: lot after lot, in all draws at once.

Who comes for a lot and what it is worth to them is drawn as in `landmarket.market.lot_draws`; what they can still pay
depends on the lots before. Lots close in the order of their parcel codes, relistings after all first offers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from landmarket.exact import Ints
from landmarket.market.budgets import Rows, budget_unit
from landmarket.market.draw_streams import stream_keys, uniforms_at
from landmarket.market.lot_draws import (
    failures_of,
    no_failures,
    prices_of,
    settle_round,
    sold_rows,
    worth_of,
)
from landmarket.market.lots import Lot, LotDraws, Market, spread_at
from landmarket.units import Floats

Members = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Pool:
    """The bidders of one use (竞买人), in every draw.

    Attributes
    ----------
    money : ndarray of float64, shape (members, draws)
        What each can still pay [分].
    lots : ndarray of int16, shape (members, draws)
        How many more lots each can buy.
    """

    money: Floats
    lots: npt.NDArray[np.int16]

    def pay(self, member: Members, rows: Rows, price: Ints) -> None:
        """Take a price out of the winners' budgets.

        Parameters
        ----------
        member : ndarray of int
            Winner of each deal.
        rows : ndarray of int
            Its draw.
        price : ndarray of int64
            Its price, on the basis of the bids [分].
        """
        self.money[member, rows] -= price
        self.lots[member, rows] -= 1


@dataclass(frozen=True, eq=False)
class SharedPurse:
    """Budgets of those who come for one lot in one round, members of a pool.

    Attributes
    ----------
    pool : Pool
        The pool.
    market : Market
        What all lots share.
    name : str
        Name of the family of streams that say which member comes.
    members : list of ndarray of int
        Who came first, second …, draw by draw; it grows with each call.
    """

    pool: Pool
    market: Market
    name: str
    members: list[Members]

    def bound(self, position: int, values: Floats, rows: Rows) -> Floats:
        """Bound values by what each member can still pay.

        Parameters
        ----------
        position : int
            Position in the order of arrival.
        values : ndarray of float64
            What the lot is worth to them [分].
        rows : ndarray of int
            Their draws.

        Returns
        -------
        ndarray of float64
            The lesser of value and budget; nothing for one who has come before, or has bought enough [分].
        """
        key = stream_keys(self.name, position + 1, seed=self.market.seed)[position]
        member = (uniforms_at(key, self.market.at[rows]) * len(self.pool.money)).astype(np.intp)
        out = self.pool.lots[member, rows] <= 0
        for earlier in self.members:
            out |= member == earlier[: len(member)]
        self.members.append(member)
        return np.where(out, 0.0, np.minimum(values, self.pool.money[member, rows]))

    def winners(self, sold: npt.NDArray[np.bool_], winner: npt.NDArray[np.int16]) -> Members:
        """Name the member that won each deal.

        Parameters
        ----------
        sold : ndarray of bool
            Where there is a deal.
        winner : ndarray of int16
            Position of the winner in the order of arrival.

        Returns
        -------
        ndarray of int
            Members, deal by deal.
        """
        found = np.zeros(len(sold), dtype=np.intp)
        for position, member in enumerate(self.members):
            size = len(member)
            found[:size] = np.where(winner[:size] == position, member, found[:size])
        return found[sold]


def shared_draws(lots: Sequence[Lot], market: Market, bidder_lots: int) -> list[LotDraws]:
    """Simulate lots whose bidders share budgets.

    Parameters
    ----------
    lots : sequence of Lot
        The lots.
    market : Market
        What all lots share.
    bidder_lots : int
        Most lots that one bidder buys.

    Returns
    -------
    list of LotDraws
        In the order of the lots. All of it is in memory at once: 9 bytes for each lot and draw, 10 for each member of
        the pool and draw.
    """
    found: dict[str, LotDraws] = {}
    for use in {lot.use.price_use: lot.use for lot in lots}.values():
        same = sorted((lot for lot in lots if lot.use is use), key=lambda lot: lot.code)
        found |= _use_draws(same, market, _pool(same[0], market, bidder_lots))
    return [found[lot.code] for lot in lots]


def _pool(lot: Lot, market: Market, bidder_lots: int) -> Pool:
    use, draws = lot.use, len(market.at)
    money = np.full((use.pool, draws), np.inf)
    if use.budget is not None:
        for member in range(use.pool):
            name = f"成员预算|{use.price_use}|{member}"
            money[member] = spread_at(use.budget, name, market.at, market.seed) * budget_unit(lot)
    return Pool(money, np.full((use.pool, draws), bidder_lots, dtype=np.int16))


def _use_draws(lots: Sequence[Lot], market: Market, pool: Pool) -> dict[str, LotDraws]:
    """Run all rounds of the lots of one use."""
    draws = len(market.at)
    price = {lot.code: np.zeros(draws, dtype=np.int64) for lot in lots}
    sold_in = {lot.code: np.full(draws, -1, dtype=np.int8) for lot in lots}
    bidders, failures = dict.fromkeys(price, 0), dict.fromkeys(price, no_failures())
    for number in range(max(len(lot.rounds) for lot in lots)):
        for lot in lots:
            left = np.flatnonzero(sold_in[lot.code] < 0)
            purse = SharedPurse(pool, market, f"成员|{lot.code}|{number}", [])
            settled, rows = settle_round(lot, number, market, worth_of(lot, market), left, purse)
            sold = sold_rows(lot, number, market, settled)
            paid = prices_of(lot, number, settled, sold)
            pool.pay(purse.winners(sold, settled.winner), rows[sold], paid)
            price[lot.code][rows[sold]] = paid * lot.years
            sold_in[lot.code][rows[sold]] = number
            bidders[lot.code] += int(settled.bidders.sum()) if number == 0 else 0
            failures[lot.code] = failures_of(settled, sold, market)
    return {code: LotDraws(price[code], sold_in[code], bidders[code], failures[code]) for code in price}
