"""Numbers with their unit (数量), as people type them into a cell: read into the unit of the column, exactly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

import pandas as pd

from landmarket.io.values import Mask, clean_text, half_width, number, to_number
from landmarket.units import MU_PER_HECTARE

_HECTARE = 10_000
_SQUARE_METRES, _HECTARES = ("㎡", "m2", "m²", "平方米", "平米"), ("公顷", "hm2", "hm²", "ha")
_WORDS: Mapping[str, tuple[str, Fraction]] = MappingProxyType(
    {
        "": ("money", Fraction(1)),  # 300万, 12.5万/亩
        "分": ("money", Fraction(1, 100)),
        **dict.fromkeys(("元", "元整", "元人民币"), ("money", Fraction(1))),
        **dict.fromkeys(_SQUARE_METRES, ("area", Fraction(1))),
        "亩": ("area", Fraction(_HECTARE, MU_PER_HECTARE)),
        **dict.fromkeys(_HECTARES, ("area", Fraction(_HECTARE))),
        **dict.fromkeys(("m", "米"), ("length", Fraction(1))),
        **dict.fromkeys(("km", "公里"), ("length", Fraction(1000))),
        "年": ("time", Fraction(1)),
        "人": ("people", Fraction(1)),
        "%": ("share", Fraction(1)),
    }
)
_TIMES: Mapping[str, int] = MappingProxyType({"": 1, "千": 10**3, "万": 10**4, "亿": 10**8})
_WORD = re.compile(r"([千万亿]?)(.*)")
_TYPED = re.compile(r"[¥￥]?\s*([-+0-9., eE]*[0-9.])\s*(.*)", re.ASCII)


class Unit(NamedTuple):
    """A unit (单位).

    Attributes
    ----------
    kinds : tuple of str
        What it measures, and by what it is divided.
    size : Fraction
        How many of the usual unit it is: 元, ㎡, m.
    """

    kinds: tuple[str, ...]
    size: Fraction


@cache
def unit_of(text: str) -> Unit | None:
    """Read a unit.

    Parameters
    ----------
    text : str
        For example ``"元/㎡"``, ``"万元／亩"``, ``"元每平方米"``, ``"元/（亩·年）"``.

    Returns
    -------
    Unit or None
        None where it is not known.

    Examples
    --------
    >>> unit_of("万元/亩").size / unit_of("元/平方米").size
    Fraction(15, 1)
    """
    tidy = re.sub(r"[\s()]", "", half_width(text)).casefold().replace("每", "/").replace("·", "/")
    words = [_WORD.fullmatch(word) for word in tidy.split("/")] if tidy else []
    found = [
        (kind[0], _TIMES[word[1]] * kind[1])
        for word in words
        if word is not None and word[0] and (kind := _WORDS.get(word[2])) is not None
    ]
    if not found or len(found) < len(words):
        return None
    size = found[0][1]
    for _, divisor in found[1:]:
        size /= divisor
    return Unit(tuple(kind for kind, _ in found), size)


def quantity(text: str, unit: str) -> Fraction | None:
    """Read one number that may have its unit behind it, exactly (带单位的数).

    Parameters
    ----------
    text : str
        For example ``"1,020元/㎡"``, ``"１２.５ 万元/亩"``, ``"1020"``.
    unit : str
        What it is wanted in; a number without a unit is in it already.

    Returns
    -------
    Fraction or None
        None where it is no finite number, or its unit is not known or measures something else.

    Examples
    --------
    >>> quantity("12.5万元/亩", "元/㎡"), quantity("3亩", "㎡"), quantity("3亩", "元")
    (Fraction(375, 2), Fraction(2000, 1), None)
    """
    found = _TYPED.fullmatch(half_width(text).strip())
    value = None if found is None else number(found[1])
    if found is None or value is None:
        return None
    if not found[2]:
        return Fraction(value)
    typed, wanted = unit_of(found[2]), unit_of(unit)
    if typed is None or wanted is None or typed.kinds != wanted.kinds:
        return None
    return Fraction(value) * typed.size / wanted.size


def to_quantity(column: pd.Series[str], unit: str) -> tuple[pd.Series[float], Mask]:
    """Read numbers that may have their unit behind them; another unit of the same kind is converted.

    Parameters
    ----------
    column : Series
        Numbers, taken in the column's unit, or text such as ``"1,020元/㎡"``, ``"12.5万元/亩"``.
    unit : str
        The column's unit.

    Returns
    -------
    values : Series of float
        In the column's unit: the float nearest to the exact value; missing where blank or unreadable.
    bad : ndarray of bool
        Cells that hold something that is not a finite number of that kind.
    """
    if unit_of(unit) is None or (
        pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype)
    ):
        return to_number(column)
    text = clean_text(column)
    values = text.map(lambda typed: _float_of(typed, unit), na_action="ignore").astype("float64")
    return values, (text.notna() & values.isna()).to_numpy()


def _float_of(text: str, unit: str) -> float | None:
    value = number(text) or quantity(text, unit)  # most have no unit
    try:
        return None if value is None else float(value)
    except OverflowError:
        return None


def quantity_cure(unit: str) -> str:
    """Say how to put numbers right that cannot be read (数读不懂时的办法).

    Parameters
    ----------
    unit : str
        The column's unit.

    Returns
    -------
    str
        In Chinese.
    """
    behind = f"；单位不是 {unit} 的写在数后，如 12.5万元/亩、3.2亩" if unit_of(unit) is not None else ""
    return f"写成数{behind}。"
