"""What a formula is given: numbers aligned with each other, and the columns of a table checked (算式的各项)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.checks import Fault, fault, require_columns, require_unique_index, require_values
from landmarket.errors import BadValueError, IndexMismatchError, named_rows
from landmarket.pricing.kinds import Floats, row_names

Number: TypeAlias = "float | Floats | pd.Series[float]"
"""One number for all rows, or one a row."""


def floats(values: Number) -> Floats:
    """Take numbers as float64; what is no number becomes nan.

    Parameters
    ----------
    values : float, ndarray or Series
        Numbers; a Series may hold text or missing values.

    Returns
    -------
    ndarray of float64
        The same numbers.
    """
    if isinstance(values, pd.Series):
        numbers: Floats = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        return numbers
    return np.asarray(values, dtype=np.float64)


def aligned(value: Number, like: Number, what: str) -> Floats:
    """Bring a number, an array or a column to the rows of another.

    Parameters
    ----------
    value : float, ndarray or Series
        One number, or one a row.
    like : float, ndarray or Series
        What has the rows.
    what : str
        Chinese name of the value, for the message.

    Returns
    -------
    ndarray of float64
        In the shape of ``like``.

    Raises
    ------
    IndexMismatchError
        If both are Series of different rows.
    BadValueError
        If their lengths differ.
    """
    if isinstance(value, pd.Series) and isinstance(like, pd.Series) and not value.index.equals(like.index):
        only = value.index.symmetric_difference(like.index)
        rows = named_rows(only) if len(only) else "各行相同但次序不同"
        raise IndexMismatchError(f"{what}与所算的列行不一致，{rows}。办法：用 .reindex() 或 .loc 对齐。")
    shape, numbers = np.shape(like), floats(value)
    if numbers.shape not in ((), shape):
        raise BadValueError(
            f"{what}有 {numbers.size} 个值，所算的有 {int(np.prod(shape))} 个。办法：给一个数，或逐行给一个。"
        )
    return np.broadcast_to(numbers, shape)


def refuse(like: Number, bad: npt.NDArray[np.bool_], shown: Floats, what: str, cure: str) -> None:
    """Raise if any row is bad, naming rows and values.

    Parameters
    ----------
    like : float, ndarray or Series
        What has the rows.
    bad : ndarray of bool
        The rows that cannot be used.
    shown : ndarray of float64
        The value of each row, for the message.
    what : str
        What is wrong, in Chinese.
    cure : str
        What the analyst should do, in Chinese.

    Raises
    ------
    BadValueError
        If any row is bad.
    """
    if bad.any():
        rows = named_rows(row_names(like, np.atleast_1d(bad)), shown[bad].tolist())
        raise BadValueError(f"{what}，{rows}。办法：{cure}")


def inputs(
    table: pd.DataFrame, names: Sequence[str], settings: Mapping[str, tuple[Number, str]], needed_by: str
) -> pd.DataFrame:
    """Lay the columns of a table and the settings of a calculation side by side.

    Parameters
    ----------
    table : DataFrame
        One row a parcel.
    names : sequence of str
        The columns taken from it.
    settings : mapping of str to (float, ndarray or Series, str)
        By the name of its column: one number or one a row, and its Chinese name.
    needed_by : str
        The function that needs them, for the message.

    Returns
    -------
    DataFrame
        On the index of the table, all float64.

    Raises
    ------
    MissingColumnError
        If the table lacks a column.
    BadValueError
        If a parcel is named twice, or a cell is missing or no number.
    IndexMismatchError
        If a setting has other rows.
    """
    require_columns(table, list(names), needed_by)
    require_unique_index(table, needed_by)
    rows = pd.Series(0.0, index=table.index)
    columns = {name: floats(table[name]) for name in names}
    for name in names:
        require_values(table, name, np.isnan(columns[name]), "应为数，不能为空。", needed_by)
    columns |= {name: aligned(value, rows, f"{needed_by}：{what}") for name, (value, what) in settings.items()}
    return pd.DataFrame(columns, index=table.index)


def costs_faults(table: pd.DataFrame, names: Iterable[str]) -> list[Fault]:
    """Find amounts that are negative or not finite.

    Parameters
    ----------
    table : DataFrame
        From `inputs`.
    names : iterable of str
        Columns of amounts.

    Returns
    -------
    list of Fault
        One per column.
    """
    return [fault(name, _outside(table, name, 0, np.inf), "金额应为不小于 0 的数。") for name in names]


def rate_faults(table: pd.DataFrame, names: Iterable[str]) -> list[Fault]:
    """Find rates that are no fraction of one.

    Parameters
    ----------
    table : DataFrame
        From `inputs`.
    names : iterable of str
        Columns of rates.

    Returns
    -------
    list of Fault
        One per column.
    """
    return [fault(name, _outside(table, name, 0, 1), "比率应在 0—1 之间，如 6% 写 0.06。") for name in names]


def _outside(table: pd.DataFrame, name: str, least: float, beyond: float) -> npt.NDArray[np.bool_]:
    values = table[name].to_numpy(dtype=np.float64)
    outside: npt.NDArray[np.bool_] = ~((values >= least) & (values < beyond))
    return outside
