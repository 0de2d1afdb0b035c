"""Areas as whole hundredths of a square metre (面积), so that ledgers of land add up exactly."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from landmarket.checks import Fault, fault
from landmarket.exact import Ints
from landmarket.market.bids import Bools
from landmarket.units import floats_of, round_half_up_array

_CENTI = 100
_MU_THIRDS = 200_000
_MOST_AREA = 1e10
"""No area is larger [㎡]."""


def centi_of(area: pd.Series[float]) -> Ints:
    """Read areas as whole hundredths of a square metre (面积), half-up.

    Parameters
    ----------
    area : Series of float
        Areas [㎡], none missing.

    Returns
    -------
    ndarray of int64
        Areas [0.01 ㎡].
    """
    return np.rint(round_half_up_array(floats_of(area), 2) * _CENTI).astype(np.int64)


def square_metres(centi: Iterable[int], index: pd.Index[str]) -> pd.Series[float]:
    """Show whole hundredths as square metres (面积).

    Parameters
    ----------
    centi : iterable of int
        Areas [0.01 ㎡].
    index : Index
        Index of the result.

    Returns
    -------
    Series of float
        Areas [㎡].
    """
    return pd.Series([area / _CENTI for area in centi], index=index, dtype="float64")


def money_of_mu(fen_per_mu: int, centi: int) -> int:
    """Multiply a price per mu by an area (亩价×面积), half-up to the fen.

    Parameters
    ----------
    fen_per_mu : int
        Price [分/亩], not negative.
    centi : int
        Area [0.01 ㎡], not negative.

    Returns
    -------
    int
        Amount [分].

    Examples
    --------
    40 万元/亩 on 2,000 ㎡, which is 3 亩:

    >>> money_of_mu(40_000_000, 200_000)
    120000000
    """
    return (2 * fen_per_mu * 3 * centi + _MU_THIRDS) // (2 * _MU_THIRDS)


def not_area(column: pd.Series[float], least: float) -> Bools:
    """Find the cells that are no area (面积不能用).

    Parameters
    ----------
    column : Series
        Areas [㎡].
    least : float
        Smallest area allowed [㎡].

    Returns
    -------
    ndarray of bool
        True where missing, smaller or beyond any parcel.
    """
    area = floats_of(column)
    bad: Bools = ~((area >= least) & (area < _MOST_AREA))
    return bad


def area_fault(table: pd.DataFrame, name: str) -> Fault:
    """Find the areas that are not above zero (面积不能用).

    Parameters
    ----------
    table : DataFrame
        The table.
    name : str
        Its column of areas [㎡].

    Returns
    -------
    Fault
        Of no rows where all can be used.
    """
    return fault(name, not_area(table[name], 1 / _CENTI), "应为大于 0 的面积（㎡）。")
