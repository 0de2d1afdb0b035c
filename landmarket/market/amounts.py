"""Columns of whole fen that are given from outside: which cells cannot be used (金额列)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from landmarket.checks import Fault, fault
from landmarket.columns import label
from landmarket.errors import BadValueError, named_rows
from landmarket.market.bids import Bools
from landmarket.units import floats_of

_MOST_FEN = 9e15
"""Amounts [分] below this are whole numbers that floating point holds exactly."""


def not_whole(column: pd.Series[float], least: int) -> Bools:
    """Find the cells that are no whole number, or too small (不是整数).

    Parameters
    ----------
    column : Series
        Numbers.
    least : int
        Smallest number allowed.

    Returns
    -------
    ndarray of bool
        True where missing, below `least`, not whole or too large to be exact.
    """
    values = floats_of(column)
    bad: Bools = ~((values >= least) & (values == np.floor(values)) & (values < _MOST_FEN))
    return bad


def fen_fault(table: pd.DataFrame, name: str) -> Fault:
    """Find the amounts that are not whole fen above zero (金额不能用).

    Parameters
    ----------
    table : DataFrame
        The table.
    name : str
        Its column of amounts [分].

    Returns
    -------
    Fault
        Of no rows where all can be used.
    """
    return fault(name, not_whole(table[name], 1), "应为大于 0 的整数分。")


def require_secret_fen(table: pd.DataFrame, name: str, needed_by: str) -> None:
    """Raise unless every secret amount is whole fen, not negative; no value is printed (保密金额).

    Parameters
    ----------
    table : DataFrame
        The table.
    name : str
        Its column of secret amounts [分].
    needed_by : str
        The function that needs it, for the message.

    Raises
    ------
    BadValueError
        Naming the rows, not the values.
    """
    bad = not_whole(table[name], 0)
    if bad.any():
        raise BadValueError(
            f"{needed_by}：列 {label(name)} 保密，不显示；应为不小于 0 的整数分，"
            f"{named_rows(table.index[bad])}。办法：补上。"
        )
