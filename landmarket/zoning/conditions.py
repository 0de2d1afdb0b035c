"""Planning conditions (规划条件): floor-area ratio as a range, density, green share, height, least yield."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import pandas as pd

from landmarket.checks import require_columns
from landmarket.columns import label
from landmarket.errors import BadValueError, MissingColumnError, named_rows

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


def _texts(column: pd.Series[str]) -> pd.Series[str]:
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
    known = {text: _readable(text) for text in _texts(texts).dropna().unique()}
    return _texts(texts).map(known).fillna(True).astype(bool)


def _far_columns(texts: pd.Series[str]) -> pd.DataFrame:
    plain = _texts(texts)
    bad = ~readable_far_ranges(plain)
    if bad.any():
        raise BadValueError(
            f"{label('floor_area_ratio')}读不懂，{named_rows(plain.index[bad], plain[bad])}。"
            "办法：写成一个数或区间，如 1.0≤R≤2.5。"
        )
    known = {text: parse_far_range(text) for text in plain.dropna().unique()}
    low = plain.map({text: found.low for text, found in known.items()})
    high = plain.map({text: found.high for text, found in known.items()})
    return pd.DataFrame({"far_low": low.astype("float64"), "far_high": high.astype("float64")}, index=texts.index)


@dataclass(frozen=True)
class _Limit:
    low: float
    high: float


_LIMITS: Mapping[str, _Limit] = {
    "building_density": _Limit(0, 100),
    "green_share": _Limit(0, 100),
    "height_limit": _Limit(0, np.inf),
    "supporting_share": _Limit(0, 100),
    "investment_intensity": _Limit(0, np.inf),
    "tax_intensity": _Limit(0, np.inf),
}


@dataclass(frozen=True)
class PlanningConditions:
    """Planning conditions of one parcel (规划条件); None where the plan says nothing.

    Attributes
    ----------
    far_low, far_high : float or None
        Floor-area ratio.
    building_density : float or None
        Largest building density [%].
    green_share : float or None
        Least green share [%].
    height_limit : float or None
        Height limit [m].
    supporting_share : float or None
        Largest share of supporting facilities [%].
    investment_intensity : float or None
        Least investment [万元/亩].
    tax_intensity : float or None
        Least yearly tax [万元/亩].
    """

    far_low: float | None = None
    far_high: float | None = None
    building_density: float | None = None
    green_share: float | None = None
    height_limit: float | None = None
    supporting_share: float | None = None
    investment_intensity: float | None = None
    tax_intensity: float | None = None


def planning_conditions(parcels: pd.DataFrame) -> pd.DataFrame:
    """Planning conditions (规划条件) of every parcel.

    Parameters
    ----------
    parcels : DataFrame
        With ``floor_area_ratio`` as text; the other conditions where the table has them.

    Returns
    -------
    DataFrame
        On the same index, the fields of `PlanningConditions` as float columns; missing where there is no condition.

    Raises
    ------
    MissingColumnError
        If there is no floor-area ratio.
    BadValueError
        If a floor-area ratio cannot be read or a share lies outside 0 to 100 %.
    """
    require_columns(parcels, ["floor_area_ratio"], "planning_conditions")
    result = _far_columns(parcels["floor_area_ratio"])
    for name, limit in _LIMITS.items():
        stated = parcels[name] if name in parcels.columns else pd.Series(np.nan, index=parcels.index)
        values = stated.astype("float64")
        bad = (values < limit.low) | (values > limit.high)
        if bad.any():
            raise BadValueError(
                f"{label(name)}不在 {limit.low:g}—{limit.high:g} 之间，{named_rows(values.index[bad], values[bad])}。"
                "办法：核对规划条件及单位。"
            )
        result[name] = values
    return result


def planning_conditions_of(parcels: pd.DataFrame, parcel_code: str) -> PlanningConditions:
    """Planning conditions of one parcel as a record.

    Parameters
    ----------
    parcels : DataFrame
        As for `planning_conditions`.
    parcel_code : str
        The parcel.

    Returns
    -------
    PlanningConditions
        Its conditions.

    Raises
    ------
    BadValueError
        If there is no such parcel, or a condition is not valid.
    """
    if parcel_code not in parcels.index:
        raise BadValueError(f"planning_conditions_of：没有宗地 {parcel_code}。办法：核对宗地代码。")
    row = planning_conditions(parcels.loc[[parcel_code]]).iloc[0]
    return PlanningConditions(**{str(name): float(value) for name, value in row.items() if pd.notna(value)})


class FarEnd(StrEnum):
    """Which end of a planned range prices a parcel (容积率取值)."""

    UPPER = "upper"
    LOWER = "lower"


def _chosen_ends(parcels: pd.DataFrame, choice: Mapping[str, str]) -> pd.Series[str]:
    wrong = {use: end for use, end in choice.items() if end not in tuple(FarEnd)}
    if wrong:
        raise BadValueError(f"容积率取值 {wrong} 不是 {'、'.join(FarEnd)}。办法：改为其中之一。")
    present = [name for name in ("price_use", "use_category") if name in parcels.columns]
    if not present:
        columns = f"{label('price_use')} 或 {label('use_category')}"
        raise MissingColumnError(f"choose_floor_area_ratio 缺少列：{columns}。办法：先求地价用途或规划用途。")
    ends = pd.Series(None, index=parcels.index, dtype="str")
    for name in present:
        ends = ends.fillna(parcels[name].map(dict(choice)).astype("str"))
    return ends


def choose_floor_area_ratio(parcels: pd.DataFrame, choice: Mapping[str, str]) -> pd.Series[float]:
    """Choose the floor-area ratio that prices every parcel.

    Parameters
    ----------
    parcels : DataFrame
        With ``floor_area_ratio`` as text, and ``price_use`` or ``use_category``.
    choice : mapping of str to str
        Per price use (or category of use) ``"upper"`` or ``"lower"``: the end of a range that is taken.

    Returns
    -------
    Series of float
        ``floor_area_ratio`` on the same index: the number itself where the plan states one; missing where it states
        nothing.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a range has no choice, the chosen end is open, or a text cannot be read.
    """
    require_columns(parcels, ["floor_area_ratio"], "choose_floor_area_ratio")
    ends = _chosen_ends(parcels, choice)
    texts = _texts(parcels["floor_area_ratio"])
    far = _far_columns(texts)
    low, high = far["far_low"], far["far_high"]
    stated = low.notna() | high.notna()
    ranged = stated & ~low.eq(high)
    lost = ranged & ends.isna()
    if lost.any():
        raise BadValueError(
            f"choose_floor_area_ratio：容积率是区间而没有选定取值，{named_rows(texts.index[lost], texts[lost])}。"
            "办法：在 floor_area_ratio 选择中为该用途写明 upper 或 lower。"
        )
    chosen = high.where(ends.eq(FarEnd.UPPER), low).where(ranged, low)
    unbounded = ranged & (chosen.isna() | chosen.le(0))
    if unbounded.any():
        rows = texts[unbounded]
        raise BadValueError(
            f"choose_floor_area_ratio：选定的一端没有数值，{named_rows(rows.index, rows)}。"
            "办法：改选另一端，或在该宗地上写明计价容积率。"
        )
    return chosen.rename("floor_area_ratio")
