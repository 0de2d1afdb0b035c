"""Reading values that people typed: numbers, dates, 是/否 and codes, whole columns at a time.

Each function gives the typed values and a mask of the cells that held something unreadable; blanks and the
usual signs for "none" are missing, not bad. A footnote mark (①, ²) is never taken for a digit: a cell that has one
is unreadable.
"""

from __future__ import annotations

import math
import re
import tomllib
import unicodedata
from decimal import Decimal
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from landmarket.io.dates import FIRST_YEAR, LAST_YEAR, one_day

NONE_SIGNS = frozenset({"", "—", "——", "-", "--", "/", "\\", "无", "空", "null", "NULL", "None", "nan", "NaN", "<NA>"})
_NONE_SIGNS = pa.array(sorted(NONE_SIGNS), pa.large_string())
_ASCII_BLANKS = " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f"
"""What `str.strip` takes off a text in ASCII."""
_NUMBER_UNITS = r"(?:平方米|㎡|m2|m²|元|年|人|米|m|%|％)$"
_WHOLE = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?: [0-9]{3})+|[0-9]+|(?=\.[0-9]))"
_NUMBER = re.compile(rf"[+-]?{_WHOLE}(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{{1,3}})?")

# Ways to write one and the same letter; the full compatibility form (NFKC) would also make digits of ① and ².
_WIDE = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_SPACES = dict.fromkeys((0x3000, 0x00A0, 0x2009, 0x202F), " ")
_ROMAN = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2160, 0x2180)}
_RADICALS = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)}
_FORMS = _WIDE | _SPACES | _ROMAN | _RADICALS | {0x2212: "-"}

_WHOLE_FLOAT = r"^([0-9]+)\.0$"
_EXPONENT = r"[0-9](?:\.[0-9]+)?[eE]\+[0-9]{2,3}"

Mask = npt.NDArray[np.bool_]


def half_width(text: str) -> str:
    """Bring the ways to write a letter or digit to one.

    Parameters
    ----------
    text : str
        As typed.

    Returns
    -------
    str
        Full-width forms half-width, ``Ⅱ`` as ``II``; footnote marks, ``①`` or ``²``, stay what they are.

    Examples
    --------
    >>> half_width("１０２０①　％")
    '1020① %'
    """
    return unicodedata.normalize("NFC", text.translate(_FORMS))


def number(text: str) -> Decimal | None:
    """Read one printed number, exactly.

    Parameters
    ----------
    text : str
        For example ``"1,020"``, ``"１ ０２０．５"``, ``" 170 "``; without a unit.

    Returns
    -------
    Decimal or None
        None where it is not a finite number, or its commas do not stand between groups of three digits.

    Examples
    --------
    >>> number("1,020"), number("1,5"), number("1020①")
    (Decimal('1020'), None, None)
    """
    tidy = (text if text.isascii() else half_width(text)).strip()
    if _NUMBER.fullmatch(tidy) is None:
        return None
    value = Decimal(tidy.replace(",", "").replace(" ", ""))
    return value if math.isfinite(float(value)) else None


def clean_text(column: pd.Series[str]) -> pd.Series[str]:
    """Normalise text: see `half_width`; outer blanks off, signs for "none" to missing.

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
    texts = texts.astype("str")
    if _is_tidy(pa.chunked_array(pa.array(texts.array))):
        return texts
    numbers, distinct = pd.factorize(texts)  # each distinct text is tidied once
    tidy = pd.array([_tidy(text) for text in distinct.to_numpy(dtype=object)], dtype="str")
    return pd.Series(tidy.take(numbers, allow_fill=True), index=column.index, name=column.name)


def _is_tidy(texts: pa.ChunkedArray) -> bool:
    """Whether no text would be changed, as the codes of a county mostly are; what is not ASCII may be."""
    if not pc.all(pc.string_is_ascii(texts), min_count=0).as_py():
        return False
    kept = pc.and_(pc.equal(pc.ascii_trim(texts, _ASCII_BLANKS), texts), pc.invert(pc.is_in(texts, _NONE_SIGNS)))
    return bool(pc.all(kept, min_count=0).as_py())


def _tidy(text: str) -> str | None:
    tidy = (text if text.isascii() else half_width(text)).strip()
    return None if tidy in NONE_SIGNS else tidy


def to_number(column: pd.Series[str]) -> tuple[pd.Series[float], Mask]:
    """Read numbers.

    Parameters
    ----------
    column : Series
        Numbers, or text such as ``"1,020"`` or ``"３０ 年"``; see `number`.

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
    values = text.str.replace(_NUMBER_UNITS, "", regex=True).map(_float_of, na_action="ignore").astype("float64")
    return values, (text.notna() & values.isna()).to_numpy()


def _float_of(text: str) -> float:
    value = number(text)
    return math.nan if value is None else float(value)


def to_date(column: pd.Series[str]) -> tuple[pd.Series[pd.Timestamp], Mask]:
    """Read dates.

    Parameters
    ----------
    column : Series
        Dates, Excel serials, or text in any form `one_day` reads; a date with a time is the day its clock showed.

    Returns
    -------
    values : Series of datetime64[s]
        Missing where blank or unreadable.
    bad : ndarray of bool
        Cells that hold something that is not a day from 1949 to 2100.
    """
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        wall = pd.DatetimeIndex(column).tz_localize(None).to_numpy(dtype="datetime64[D]").astype("datetime64[s]")
        days = pd.Series(wall, index=column.index, name=column.name)
        known = days.where(days.dt.year.between(FIRST_YEAR, LAST_YEAR))
        return known, (days.notna() & known.isna()).to_numpy()
    text = clean_text(column)
    read = {typed: one_day(typed) for typed in text.dropna().unique()}
    values = pd.to_datetime(text.map(read, na_action="ignore")).astype("datetime64[s]")
    return values, (text.notna() & values.isna()).to_numpy()


@cache
def unlimited_terms() -> tuple[str, ...]:
    """Return the ways to write a term without end (无年期).

    Returns
    -------
    tuple of str
        As in ``terms.toml``.
    """
    text = files("landmarket.io").joinpath("data/terms.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["unlimited"])


def term_years(text: str) -> float | None:
    """Read one term (年期).

    Parameters
    ----------
    text : str
        For example ``"40"``, ``"40 年"``, ``"无年期"``.

    Returns
    -------
    float or None
        Term [年], positive, infinite where unlimited; None where the text is no term.

    Examples
    --------
    >>> term_years("４０年"), term_years("无年期"), term_years("40人")
    (40.0, inf, None)
    """
    tidy = re.sub(r"\s+", " ", half_width(text)).strip()
    if tidy.replace(" ", "") in unlimited_terms():
        return math.inf
    years = number(tidy.removesuffix("年"))
    return float(years) if years is not None and years > 0 else None


def to_term(column: pd.Series[str]) -> tuple[pd.Series[float], Mask]:
    """Read terms (年期).

    Parameters
    ----------
    column : Series
        Numbers, or text; see `term_years`.

    Returns
    -------
    values : Series of float
        Term [年], infinite where unlimited; missing where blank or unreadable.
    bad : ndarray of bool
        Cells that hold something that is neither a positive number of years nor an unlimited term.
    """
    text = clean_text(column)
    numbers, distinct = pd.factorize(text)
    known = np.array([*map(term_years, distinct), None], dtype=np.float64)  # the last is taken where a value is missing
    values = pd.Series(known[numbers], index=column.index, name=column.name)
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
        Numbers that are no whole number below 2⁵³, and texts such as ``4.11081E+18``: their digits are lost.
    """
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "f":
        values = column.to_numpy()
        bad = np.isfinite(values) & ((values != np.floor(values)) | (np.abs(values) >= 2.0**53))
        whole = column.map(lambda value: f"{value:.0f}", na_action="ignore").astype("str")
        return whole.mask(pd.Series(bad, index=column.index)), bad
    text = clean_text(column)
    if not text.str.contains("[.+]").any():  # neither of the two below is there
        return text, np.zeros(len(text), dtype=bool)
    text = text.str.replace(_WHOLE_FLOAT, r"\1", regex=True)
    lost = text.str.fullmatch(_EXPONENT).fillna(False).to_numpy(dtype=bool)
    return text.mask(lost), lost
