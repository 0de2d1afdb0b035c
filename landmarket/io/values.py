"""Reading values that people typed: numbers, dates, 是/否 and codes, whole columns at a time.

Each function gives the typed values and a mask of the cells that held something unreadable; blanks and the
usual signs for "none" are missing, not bad.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

NONE_SIGNS = ("", "—", "——", "-", "--", "/", "\\", "无", "空", "null", "NULL", "None", "nan", "NaN", "<NA>")
_NUMBER_UNITS = r"(?:平方米|㎡|m2|m²|元|年|人|米|m|%|％)$"
_YEARS = (1949, 2100)
_DATE = r"^(\d{4})(?:年|-|/|\.)(\d{1,2})(?:月|-|/|\.)(\d{1,2})日?(?:[ T]00:00(?::00(?:\.0+)?)?)?$"

Mask = npt.NDArray[np.bool_]


def clean_text(column: pd.Series[str]) -> pd.Series[str]:
    """Normalise text: full-width forms to half-width, outer blanks off, signs for "none" to missing.

    Parameters
    ----------
    column : Series
        Cells of any type; numbers become their shortest text.

    Returns
    -------
    Series of str
        Missing where the cell is blank.
    """
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "f":
        texts = column.map(lambda value: f"{value:.15g}", na_action="ignore")
    else:
        texts = column
    text = texts.astype("str").str.normalize("NFKC").str.strip()
    return text.mask(text.isin(NONE_SIGNS))


def to_number(column: pd.Series[str]) -> tuple[pd.Series[float], Mask]:
    """Read numbers.

    Parameters
    ----------
    column : Series
        Numbers, or text such as ``"1,020"`` or ``"３０ 年"``.

    Returns
    -------
    values : Series of float
        Missing where blank or unreadable.
    bad : ndarray of bool
        Cells that hold something that is not a finite number.
    """
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        values = column.astype("float64")
        return values.where(np.isfinite(values)), np.isinf(values.to_numpy())
    text = clean_text(column)
    digits = text.str.replace(",", "", regex=False).str.replace(_NUMBER_UNITS, "", regex=True).str.strip()
    values = pd.to_numeric(digits.where(digits.str.fullmatch(r"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?", na=False)))
    values = values.astype("float64").where(np.isfinite(values.astype("float64")))
    return values, (text.notna() & values.isna()).to_numpy()


def to_date(column: pd.Series[str]) -> tuple[pd.Series[pd.Timestamp], Mask]:
    """Read dates.

    Parameters
    ----------
    column : Series
        Dates, or text such as ``"2025-11-03"``, ``"2025年11月3日"``, ``"20251103"``.

    Returns
    -------
    values : Series of datetime64[s]
        Missing where blank or unreadable.
    bad : ndarray of bool
        Cells that hold something that is not a day from 1949 to 2100.
    """
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        days = column.to_numpy(dtype="datetime64[D]").astype("datetime64[s]")
        return pd.Series(days, index=column.index, name=column.name), np.zeros(len(column), dtype=bool)
    text = clean_text(column)
    compact = text.str.replace(r"^(\d{4})(\d{2})(\d{2})$", r"\1-\2-\3", regex=True)
    parts = compact.str.extract(_DATE)
    joined = parts[0] + "-" + parts[1].str.zfill(2) + "-" + parts[2].str.zfill(2)
    values = pd.to_datetime(joined, format="%Y-%m-%d", errors="coerce").astype("datetime64[s]")
    values = values.where(values.dt.year.between(*_YEARS))
    return values, (text.notna() & values.isna()).to_numpy()


def to_choice(column: pd.Series[str], allowed: tuple[str, ...]) -> tuple[pd.Series[str], Mask]:
    """Read a text that must be one of a few.

    Parameters
    ----------
    column : Series
        Cells.
    allowed : tuple of str
        Allowed texts.

    Returns
    -------
    values : Series of str
        Missing where blank or not allowed.
    bad : ndarray of bool
        Cells that hold another text.
    """
    text = clean_text(column)
    known = text.isin(allowed)
    return text.where(known), (text.notna() & ~known).to_numpy()


def to_code(column: pd.Series[str]) -> tuple[pd.Series[str], Mask]:
    """Read codes as text; a code that passed through a number must still be whole.

    Parameters
    ----------
    column : Series
        Codes as text or numbers.

    Returns
    -------
    values : Series of str
        Missing where blank.
    bad : ndarray of bool
        Numbers that are no whole number below 2⁵³: their digits are lost.
    """
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "f":
        values = column.to_numpy()
        bad = np.isfinite(values) & ((values != np.floor(values)) | (np.abs(values) >= 2.0**53))
        whole = column.map(lambda value: f"{value:.0f}", na_action="ignore").astype("str")
        return whole.mask(pd.Series(bad, index=column.index)), bad
    return clean_text(column), np.zeros(len(column), dtype=bool)
