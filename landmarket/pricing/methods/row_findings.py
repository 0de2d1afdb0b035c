"""What a check finds in the rows of a table, and how it is said (逐行的疑点)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.columns import label
from landmarket.pricing.notice_findings import Finding

FILL = "补上后再核对"
"""The cure of a missing value."""


def row_findings(
    table: pd.DataFrame,
    names: Sequence[str],
    bad: npt.NDArray[np.bool_],
    severity: str,
    message: str | Callable[[int], str],
    cure: str,
) -> Iterator[Finding]:
    """Say one thing of each bad row, with its columns in both languages and the values as they stand.

    Parameters
    ----------
    table : DataFrame
        One row a sample or parcel, its number as index.
    names : sequence of str
        The columns the finding is about.
    bad : ndarray of bool
        The rows to speak of.
    severity : str
        错误, 警告 or 提示.
    message : str or callable
        What is wrong, in Chinese; or what gives it from the position of the row.
    cure : str
        What the analyst should do, in Chinese.

    Yields
    ------
    Finding
        In the order of the rows.
    """
    columns = "、".join(map(label, names))
    for row in np.flatnonzero(bad).tolist():
        values = "、".join(_shown(table[name].iloc[row]) for name in names)
        text = message if isinstance(message, str) else message(row)
        yield Finding(severity, f"{table.index[row]} {columns}", values, text, cure)


def _shown(value: object) -> str:
    """Write a cell as a person would; a missing one as 缺."""
    if value is None or value is pd.NA or value is pd.NaT or value != value or value == "":
        return "缺"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return f"{value:.15g}" if isinstance(value, float) else str(value)
