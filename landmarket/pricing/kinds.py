"""One formula for a number, an array and a column: the kind of the answer is the kind of the value it came from."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Numbers = TypeVar("Numbers", float, Floats, "pd.Series[float]")


def shaped(answer: Floats, like: Numbers) -> Numbers:
    """Give an answer the kind of the value it was computed from.

    Parameters
    ----------
    answer : ndarray of float64
        What was computed.
    like : float, ndarray or Series
        The value it was computed from.

    Returns
    -------
    float, ndarray or Series
        The answer; a Series keeps the index of ``like``.
    """
    if isinstance(like, pd.Series):
        return pd.Series(answer, index=like.index)
    if isinstance(like, np.ndarray):
        return answer
    return float(answer)


def leading(*values: Numbers) -> Numbers:
    """Find the value that an answer takes its kind from.

    Parameters
    ----------
    *values : float, ndarray or Series
        What goes into a formula.

    Returns
    -------
    float, ndarray or Series
        The first Series, else the first array, else the first number.
    """
    for kind in (pd.Series, np.ndarray):
        for value in values:
            if isinstance(value, kind):
                return value
    return values[0]


def same_rows(*values: object) -> bool:
    """Tell whether all Series among some values are of the same rows.

    Parameters
    ----------
    *values : object
        Numbers, arrays and Series.

    Returns
    -------
    bool
        False if the index of one Series is not that of another.
    """
    tables = [value for value in values if isinstance(value, pd.Series)]
    return all(table.index.equals(tables[0].index) for table in tables)


def row_names(values: object, bad: npt.NDArray[np.bool_]) -> list[object]:
    """Name bad rows: by index where there is one, else by position.

    Parameters
    ----------
    values : object
        A Series, or anything without an index.
    bad : ndarray of bool
        The rows to name.

    Returns
    -------
    list of object
        Index values or positions.
    """
    if isinstance(values, pd.Series):
        return list(values.index[bad])
    return list(np.flatnonzero(bad).tolist())
