"""Floor-area ratios (容积率) as plans and notices write them: one number, or a range with an open or a closed end."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

import numpy as np
import pandas as pd

from landmarket.columns import label
from landmarket.errors import BadValueError, named_rows

_NUMBER = r"(\d+(?:\.\d+)?)"
_NAME = r"(?:R|FAR|容积率)"
_LESS, _MORE = r"(<=|<|≤|≦|⩽)", r"(>=|>|≥|≧|⩾)"
_WORDS = (
    (r"且|并且|同时|,|，|、|;|；", "&"),
    (r"不大于|不高于|不超过|不得超过|小于等于|至多|最高", "<="),
    (r"不小于|不低于|不少于|大于等于|至少|最低", ">="),
    (r"小于|低于", "<"),
    (r"大于|高于|超过", ">"),
)
_ONE = re.compile(rf"{_NAME}?(?:=|:)?{_NUMBER}")
_BOTH = re.compile(rf"{_NUMBER}{_LESS}{_NAME}{_LESS}{_NUMBER}")
_BOTH_DOWN = re.compile(rf"{_NUMBER}{_MORE}{_NAME}{_MORE}{_NUMBER}")
_SPAN = re.compile(rf"{_NAME}?(?:=|:)?{_NUMBER}(?:-|–|—|——|~|～|至|到){_NUMBER}")
_SIGN_FIRST = re.compile(rf"{_NAME}?(?:{_LESS}|{_MORE}){_NUMBER}")
_SIGN_LAST = re.compile(rf"{_NUMBER}(?:{_LESS}|{_MORE}){_NAME}")
_SUFFIX = re.compile(rf"{_NAME}?{_NUMBER}(?:\((?:含|不含)\))?(以上|以下|及以上|及以下|\(含\)以上|\(含\)以下)")


class FarRange(NamedTuple):
    """Planned floor-area ratio (容积率): a range, a number (both ends equal), or nothing (both ends missing).

    Attributes
    ----------
    low : float or None
        Lower end; None where there is none.
    high : float or None
        Upper end; None where there is none.
    low_excluded : bool
        Whether the lower end itself is not allowed (R > 1.0).
    high_excluded : bool
        Whether the upper end itself is not allowed (R < 2.5).
    """

    low: float | None
    high: float | None
    low_excluded: bool = False
    high_excluded: bool = False


def _plain(text: str) -> str:
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()
    for pattern, sign in _WORDS:
        plain = re.sub(pattern, sign, plain)
    return plain


def _bound(text: str) -> FarRange | None:
    """Read one bound, such as ``R≤2.5`` or ``1.0以上``."""
    if match := _SIGN_FIRST.fullmatch(text):
        less, more, number = match.groups()
        up = bool(less)
    elif match := _SIGN_LAST.fullmatch(text):
        number, less, more = match.groups()
        up = bool(more)
    elif match := _SUFFIX.fullmatch(text):
        number, word = match.groups()
        up, less, more = word.endswith("以下"), "<=", ">="
    else:
        return None
    strict = (less or more) in ("<", ">")
    if up:
        return FarRange(None, float(number), high_excluded=strict)
    return FarRange(float(number), None, low_excluded=strict)


def _range(text: str) -> FarRange | None:
    plain = _plain(text)
    if match := _ONE.fullmatch(plain):
        return FarRange(float(match[1]), float(match[1]))
    if match := _BOTH.fullmatch(plain):
        return FarRange(float(match[1]), float(match[4]), match[2] == "<", match[3] == "<")
    if match := _BOTH_DOWN.fullmatch(plain):
        return FarRange(float(match[4]), float(match[1]), match[3] == ">", match[2] == ">")
    if match := _SPAN.fullmatch(plain):
        return FarRange(float(match[1]), float(match[2]))
    bounds = [_bound(part) for part in plain.split("&")]
    if len(bounds) == 1:
        return bounds[0]
    if len(bounds) == 2:
        lows = [bound for bound in bounds if bound is not None and bound.low is not None]
        highs = [bound for bound in bounds if bound is not None and bound.high is not None]
        if len(lows) == 1 and len(highs) == 1:
            return FarRange(lows[0].low, highs[0].high, lows[0].low_excluded, highs[0].high_excluded)
    return None


def parse_far_range(text: str) -> FarRange:
    """Read a planned floor-area ratio (容积率) as notices write it.

    Parameters
    ----------
    text : str
        ``"1.0≤R≤2.5"``, ``"≤2.5"``, ``"不低于1.0"``, ``"1.0-2.5"``, ``"≥1.0且≤2.5"``, ``"1.8"`` …; blank is no range.

    Returns
    -------
    FarRange
        Its ends; None where an end is open.

    Raises
    ------
    BadValueError
        If it cannot be read, is zero or less, or its ends are the wrong way round.

    Examples
    --------
    >>> parse_far_range("1.0≤R≤2.5")[:2], parse_far_range("不大于2.5")[:2], parse_far_range("1.8")[:2]
    ((1.0, 2.5), (None, 2.5), (1.8, 1.8))
    """
    if not text.strip():
        return FarRange(None, None)
    found = _range(text)
    cure = "办法：写成一个数或区间，如 1.0≤R≤2.5。"
    if found is None:
        raise BadValueError(f"容积率 {text!r} 读不懂。{cure}")
    ends = [end for end in (found.low, found.high) if end is not None]
    if (found.high is not None and found.high <= 0) or ends != sorted(ends):
        raise BadValueError(f"容积率 {text!r} 的上限须大于零且不小于下限。{cure}")
    return found


def _readable(text: str) -> bool:
    try:
        parse_far_range(text)
    except BadValueError:
        return False
    return True


def far_texts(column: pd.Series[str]) -> pd.Series[str]:
    """Bring a column of floor-area ratios to text; a column of numbers becomes their shortest text.

    Parameters
    ----------
    column : Series
        Texts or numbers.

    Returns
    -------
    Series of str
        On the same index.
    """
    if column.dtype.kind in "fiu":
        return column.map("{:.15g}".format, na_action="ignore").astype("str")
    return column.astype("str")


def readable_far_ranges(texts: pd.Series[str]) -> pd.Series[bool]:
    """Tell which floor-area ratios can be read.

    Parameters
    ----------
    texts : Series of str
        Floor-area ratios; missing ones count as readable.

    Returns
    -------
    Series of bool
        On the same index.
    """
    codes, distinct = pd.factorize(far_texts(texts))
    readable = np.array([*(_readable(str(text)) for text in distinct), True], dtype=bool)
    return pd.Series(readable[codes], index=texts.index)


def far_columns(texts: pd.Series[str]) -> pd.DataFrame:
    """Read a column of floor-area ratios.

    Parameters
    ----------
    texts : Series of str
        Floor-area ratios; missing ones stay missing.

    Returns
    -------
    DataFrame
        On the same index: ``far_low`` and ``far_high``; missing where an end is open.

    Raises
    ------
    BadValueError
        Naming the rows that cannot be read.
    """
    plain = far_texts(texts)
    bad = ~readable_far_ranges(plain)
    if bad.any():
        raise BadValueError(
            f"{label('floor_area_ratio')}读不懂，{named_rows(plain.index[bad], plain[bad])}。"
            "办法：写成一个数或区间，如 1.0≤R≤2.5。"
        )
    codes, distinct = pd.factorize(plain)
    known = [*(parse_far_range(str(text)) for text in distinct), FarRange(None, None)]
    low = np.array([found.low for found in known], dtype=np.float64)[codes]
    high = np.array([found.high for found in known], dtype=np.float64)[codes]
    return pd.DataFrame({"far_low": low, "far_high": high}, index=texts.index)
