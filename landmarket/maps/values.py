"""Values as a map shows them: half-up, with thousands separators, money in 万元, shares in percent."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.columns import schema
from landmarket.units import round_half_up_array

Column: TypeAlias = "pd.Series[str] | pd.Series[float] | pd.Series[pd.Timestamp]"
"""A column of any kind."""

_TITLES = {"planned_use_name": "规划用途"}
_SHARES = ("_share", "_rate")


def is_number(values: Column) -> bool:
    """Say whether a column is shown as numbers.

    Parameters
    ----------
    values : Series
        Any column.

    Returns
    -------
    bool
        True for numeric columns that are not truth values.
    """
    return bool(pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype))


def floats(values: Column) -> npt.NDArray[np.float64]:
    """Take a numeric column as floats.

    Parameters
    ----------
    values : Series
        Numbers, nullable or not.

    Returns
    -------
    ndarray of float64
        ``nan`` where missing.
    """
    return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def missing(values: Column) -> npt.NDArray[np.bool_]:
    """Say where a column holds nothing that could be shown: missing, or only white space.

    Parameters
    ----------
    values : Series
        Any column.

    Returns
    -------
    ndarray of bool
        True where there is nothing.
    """
    blank = values.isna().to_numpy(dtype=bool)
    if pd.api.types.is_numeric_dtype(values.dtype):
        return blank
    return np.asarray(blank | (values.astype(str).str.strip() == "").to_numpy(dtype=bool), dtype=np.bool_)


def title_and_unit(column: str) -> tuple[str, str, float]:
    """Title and unit a column is shown with, and what its values are divided by.

    Parameters
    ----------
    column : str
        Column identifier, or a header the schema does not know.

    Returns
    -------
    title : str
        Chinese header without the unit.
    unit : str
        Unit shown: amounts of money in 万元.
    divisor : float
        Values of the column per shown unit.
    """
    known = schema().get(column)
    if known is None:
        return column, "", 1.0
    if known.kind == "number" and not known.unit and column.endswith(_SHARES):
        return known.headers[0], "%", 0.01
    if known.kind == "fen":
        per_unit = known.unit.removeprefix("分")
        title = known.headers[0].removesuffix("分")
        return (title, "万元", 1e6) if not per_unit else (title, f"元{per_unit}", 100.0)
    if known.unit == "元":
        return known.headers[0], "万元", 1e4
    return _TITLES.get(column, known.headers[0]), known.unit, 1.0


def number_texts(values: Column, divisor: float, decimals: int) -> list[str | None]:
    """Write numbers half-up with thousands separators.

    Parameters
    ----------
    values : Series
        Numbers, missing ones allowed.
    divisor : float
        What they are divided by first.
    decimals : int
        Decimals shown.

    Returns
    -------
    list of str or None
        One text a row, None where missing or not finite.
    """
    numbers = floats(values) / divisor
    shown = round_half_up_array(np.where(np.isfinite(numbers), numbers, np.nan), decimals)
    return [f"{number:,.{decimals}f}" if np.isfinite(number) else None for number in shown.tolist()]


def plain_texts(values: Column) -> list[str | None]:
    """Write any column as text, dates as ``YYYY-MM-DD``.

    Parameters
    ----------
    values : Series
        Any column.

    Returns
    -------
    list of str or None
        One text a row, None where missing or blank.
    """
    dated = pd.api.types.is_datetime64_any_dtype(values.dtype)
    texts = pd.DatetimeIndex(values).strftime("%Y-%m-%d").tolist() if dated else values.astype(object).tolist()
    return [None if gone else str(text) for text, gone in zip(texts, missing(values).tolist(), strict=True)]


def column_texts(values: Column, column: str) -> tuple[list[str | None], str]:
    """Write a column as the map shows it.

    Parameters
    ----------
    values : Series
        The column.
    column : str
        Its identifier, which decides unit and decimals.

    Returns
    -------
    texts : list of str or None
        One text a row, without the unit.
    unit : str
        The unit, or empty.
    """
    _, unit, divisor = title_and_unit(column)
    if not is_number(values):
        return plain_texts(values), unit if unit in {"㎡", "亩", "年"} else ""
    known = schema().get(column)
    if known is not None and known.kind == "whole":
        return number_texts(values, 1.0, 0), unit
    decimals = 2 if unit or known is None else 4
    return number_texts(values, divisor, decimals), unit
