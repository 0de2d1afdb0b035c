"""Budgets (资金上限): what bounds the bids of those who come for a lot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from landmarket.market.demand import BudgetBasis
from landmarket.market.lots import Lot, Market, spread_at
from landmarket.units import Floats

Rows = npt.NDArray[np.intp]

_FEN = 100


class Purse(Protocol):
    """What bounds the bids of those who come."""

    def bound(self, position: int, values: Floats, rows: Rows) -> Floats:
        """Bound values by what the bidders can pay.

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
            What they can pay [分].
        """
        ...


@dataclass(frozen=True, eq=False)
class OwnPurse:
    """Budgets of bidders that come for one lot only.

    Attributes
    ----------
    lot : Lot
        The lot.
    number : int
        Round, from 0.
    market : Market
        What all lots share.
    """

    lot: Lot
    number: int
    market: Market

    def bound(self, position: int, values: Floats, rows: Rows) -> Floats:
        """Bound values by each bidder's own budget.

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
            The lesser of value and budget [分].
        """
        budget = self.lot.use.budget
        if budget is None:
            return values
        name = f"预算|{self.lot.code}|{self.number}|{position}"
        limit = spread_at(budget, name, self.market.at[rows], self.market.seed)
        return np.minimum(values, limit * budget_unit(self.lot))


def budget_unit(lot: Lot) -> int:
    """Give the fen that a budget of one means.

    Parameters
    ----------
    lot : Lot
        The lot bid for.

    Returns
    -------
    int
        The appraised price [分], or 100 where budgets are stated in yuan.
    """
    return lot.appraised if lot.use.budget_basis is BudgetBasis.MULTIPLE else _FEN
