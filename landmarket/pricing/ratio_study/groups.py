"""The groups of a ratio study (分组): use, township, grade, class of value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.checks import require_columns, require_values

Positions = npt.NDArray[np.intp]
Keys: TypeAlias = "pd.Index[str]"

ALL = "全部"
"""Name of the one group where no columns are given."""


def members(table: pd.DataFrame, by: Sequence[str], needed_by: str) -> tuple[Keys, list[Positions]]:
    """Group the rows of a table.

    Parameters
    ----------
    table : DataFrame
        The rows.
    by : sequence of str
        Columns of the groups; none puts all rows into one group 全部.
    needed_by : str
        The function that needs them, for the message.

    Returns
    -------
    keys : Index or MultiIndex
        The groups that have rows, sorted.
    positions : list of ndarray of int
        For each of them the positions of its rows, ascending.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a row has no group; rows are named.
    """
    columns = list(by)
    require_columns(table, columns, needed_by)
    if not columns:
        return pd.Index([ALL], name="group"), [np.arange(len(table))]
    for name in columns:
        require_values(table, name, table[name].isna(), "分组列应逐宗填写。", needed_by)
    grouped = table.groupby(columns, observed=True, sort=True)
    code, sizes = grouped.ngroup().to_numpy(), grouped.size()
    return sizes.index, np.split(np.argsort(code, kind="stable"), np.cumsum(sizes.to_numpy())[:-1])
