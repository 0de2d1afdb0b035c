"""Values as charts take them (图中数值): amounts in fen, numbers, each missing or sound."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.checks import require_columns, require_values
from landmarket.errors import BadValueError
from landmarket.units import round_half_up

Floats = npt.NDArray[np.float64]

FEN_PER_WAN = 1_000_000
NO_DATA = "无数据"
"""Drawn where a value is missing."""
_INTEGERS = (int, np.integer)


def require_rows(table: pd.DataFrame, names: list[str], needed_by: str) -> None:
    """Raise unless a table has rows and these columns (非空表).

    Parameters
    ----------
    table : DataFrame
        What is to be drawn.
    names : list of str
        Columns.
    needed_by : str
        The function, for the message.

    Raises
    ------
    BadValueError
        If it has no row.
    MissingColumnError
        If it lacks a column.
    """
    require_columns(table, names, needed_by)
    if table.empty:
        raise BadValueError(f"{needed_by}：表中没有行，没有可画的内容。办法：核对筛选条件和上一步的结果。")


def fen_values(table: pd.DataFrame, name: str, needed_by: str) -> list[int | None]:
    """Take a column of amounts in integer fen (分).

    Parameters
    ----------
    table : DataFrame
        With the column.
    name : str
        Column.
    needed_by : str
        The function, for the message.

    Returns
    -------
    list of int or None
        Amounts [分]; None where missing.

    Raises
    ------
    BadValueError
        If an amount is not a whole number.
    """
    cells = table[name].astype(object).tolist()
    amounts = [_fen(cell) for cell in cells]
    missing = pd.isna(table[name]).to_numpy(dtype=bool)
    bad = np.array([amount is None for amount in amounts], dtype=bool) & ~missing
    require_values(table, name, bad, "金额应为整数分；以元计的先用 units.fen_series() 换算。", needed_by)
    return amounts


def number_values(table: pd.DataFrame, name: str, needed_by: str) -> Floats:
    """Take a column of numbers (数值).

    Parameters
    ----------
    table : DataFrame
        With the column.
    name : str
        Column.
    needed_by : str
        The function, for the message.

    Returns
    -------
    ndarray of float64
        ``nan`` where missing.

    Raises
    ------
    BadValueError
        If a value is no finite number.
    """
    numbers = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    bad = ~np.isfinite(numbers) & ~pd.isna(table[name]).to_numpy(dtype=bool)
    require_values(table, name, bad, "改为有限的数；没有的留空。", needed_by)
    return np.asarray(numbers, dtype=np.float64)


def known_sum(amounts: Iterable[int | None]) -> int:
    """Add the amounts that are there (已知合计).

    Parameters
    ----------
    amounts : iterable of int or None
        Amounts [分].

    Returns
    -------
    int
        Their sum [分].
    """
    return sum(amount for amount in amounts if amount is not None)


def share_text(part: int, whole: int) -> str:
    """Write a share in percent (占比), half-up to one decimal.

    Parameters
    ----------
    part, whole : int
        Amounts [分]; the whole is positive.

    Returns
    -------
    str
        For example ``42.3%``.

    Examples
    --------
    >>> share_text(1, 3), share_text(1, 800)
    ('33.3%', '0.1%')
    """
    return f"{round_half_up(Fraction(100 * part, whole), 1)}%"


def number_text(value: float, decimals: int) -> str:
    """Write a number half-up with thousands separators (数值文字).

    Parameters
    ----------
    value : float
        Any number; ``nan`` for a missing one.
    decimals : int
        Decimals shown.

    Returns
    -------
    str
        ``无数据`` for a missing one.

    Examples
    --------
    >>> number_text(1234.565, 2), number_text(float("nan"), 2)
    ('1,234.57', '无数据')
    """
    return f"{round_half_up(value, decimals):,}" if np.isfinite(value) else NO_DATA


def descending(values: Sequence[float | None]) -> list[int]:
    """Order values from the largest (降序), ties as they stand, missing ones last.

    Parameters
    ----------
    values : sequence of float or None
        Values.

    Returns
    -------
    list of int
        Positions.
    """
    keys = [(0, -value) if value is not None and value == value else (1, 0.0) for value in values]
    return sorted(range(len(keys)), key=lambda at: keys[at])


def texts_of(cells: Iterable[object], unknown: str) -> list[str]:
    """Take names of rows (名称).

    Parameters
    ----------
    cells : iterable of object
        Names.
    unknown : str
        What a missing one is called.

    Returns
    -------
    list of str
        One a row.
    """
    return [
        unknown if cell is None or cell is pd.NA or cell != cell or not str(cell).strip() else str(cell)
        for cell in cells
    ]


def ascending(x: Sequence[float], needed_by: str) -> Floats:
    """Take the places of a horizontal axis (横轴).

    Parameters
    ----------
    x : sequence of float
        Places.
    needed_by : str
        The function, for the message.

    Returns
    -------
    ndarray of float64
        The same.

    Raises
    ------
    BadValueError
        If there is none, or they do not ascend.
    """
    places = pd.to_numeric(pd.Series(x), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    if not len(places) or not np.isfinite(places).all() or (np.diff(places) <= 0).any():
        raise BadValueError(f"{needed_by}：横轴应为由小到大、不重复的数，至少一个。办法：排序，去掉缺失和重复的。")
    return np.asarray(places, dtype=np.float64)


def _fen(cell: object) -> int | None:
    if isinstance(cell, bool):
        return None
    if isinstance(cell, _INTEGERS):
        return int(cell)
    return int(cell) if isinstance(cell, float) and cell.is_integer() else None
