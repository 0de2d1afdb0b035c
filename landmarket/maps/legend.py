"""What a map can show of a parcel: a column, its classes and their colours.

Classes are made once for the county, so that a colour means the same on every township's page.

Notes
-----
Colours are from Okabe & Ito, "Color Universal Design" (2008), Paul Tol's "muted" scheme (SRON/EPS/TN/09-002) and
ColorBrewer's YlOrRd and YlGnBu (Cynthia Brewer, Pennsylvania State University, Apache-2.0): all of them can be told
apart with the common kinds of colour blindness.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.columns import schema
from landmarket.errors import BadValueError
from landmarket.maps.class_breaks import SINGLE, ClassRule, class_breaks
from landmarket.maps.values import column_texts, floats, is_number, title_and_unit

Floats = npt.NDArray[np.float64]

NAMED = 9
"""Most categories that get a colour of their own; the rarer ones share one."""

NO_DATA = "无数据"
OTHERS = "其他"
OTHERS_COLOUR = "#c9b79c"

_PRICE_RAMP = ("#fed976", "#feb24c", "#fd8d3c", "#f03b20", "#bd0026")
_GRADE_RAMP = ("#253494", "#225ea8", "#1d91c0", "#41b6c4", "#7fcdbb", "#c7e9b4", "#edf8b1")
_CATEGORIES = (
    "#cc6677", "#ddcc77", "#44aa99", "#332288", "#88ccee", "#882255", "#999933", "#aa4499", "#117733",
)  # fmt: skip
_KNOWN = {
    "可入市": "#009e73",
    "不可入市": "#d55e00",
    "待核实": "#f0e442",
    "成交": "#0072b2",
    "作价出资": "#56b4e9",
    "流拍-低于底价": "#d55e00",
    "流拍-人数不足": "#e69f00",
    "流拍-无人报名": "#f0e442",
    "升高": "#d55e00",
    "降低": "#0072b2",
    "不变": "#e6e1d6",
    "有变化": "#d55e00",
    "是": "#0072b2",
    "否": "#e69f00",
    "商服": "#cc6677",
    "工业": "#999933",
    "公共管理与公共服务": "#88ccee",
}
_GRADES = ("grade", "级别")
_ORDINALS = {
    **{character: number for number, character in enumerate("一二三四五六七八九十", 1)},
    **{character: number for number, character in enumerate("ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ", 1)},
    **{text: number for number, text in enumerate(("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"), 1)},
    **{str(number): number for number in range(1, 11)},
}


@dataclass(frozen=True)
class View:
    """One column a map can show (专题).

    Attributes
    ----------
    column : str
        Column of the parcel table.
    breaks : tuple of float
        Inner class breaks of a numeric column, ascending, in the unit of the column; by the rule where empty.
    label : str
        Title of the legend; the column's Chinese header where empty.
    rule : ClassRule
        How breaks are made where none are given.
    """

    column: str
    breaks: tuple[float, ...] = ()
    label: str = ""
    rule: ClassRule = ClassRule.QUANTILES


@dataclass(frozen=True)
class LegendClass:
    """One entry of a legend (图例项).

    Attributes
    ----------
    label : str
        What stands beside the swatch.
    colour : str
        Colour as ``#rrggbb``.
    """

    label: str
    colour: str


@dataclass(frozen=True)
class Legend:
    """A view with its classes, and the class of every parcel (图例).

    Attributes
    ----------
    column : str
        The column shown.
    title : str
        Chinese title without the unit.
    unit : str
        Unit of the values, or empty.
    note : str
        How the classes were made.
    classes : tuple of LegendClass
        The entries, in order.
    members : ndarray of int64
        Class of each parcel, -1 where there is no data.
    texts : list of str or None
        The value of each parcel as text, without its unit.
    numeric : bool
        Whether the classes are ranges of numbers.
    """

    column: str
    title: str
    unit: str
    note: str
    classes: tuple[LegendClass, ...]
    members: npt.NDArray[np.int64]
    texts: list[str | None]
    numeric: bool


def legend(table: pd.DataFrame, view: View) -> Legend:
    """Class one column of the county.

    Parameters
    ----------
    table : DataFrame
        All parcels.
    view : View
        The column, its breaks and title.

    Returns
    -------
    Legend
        Entries, and the class and text of every parcel.

    Raises
    ------
    BadValueError
        If breaks are given for text, or do not ascend.
    """
    values = table[view.column]
    title, unit, divisor = title_and_unit(view.column)
    texts, shown_unit = column_texts(values, view.column)
    if is_number(values):
        numbers = floats(values) / divisor
        breaks, note = class_breaks(numbers, tuple(number / divisor for number in view.breaks), view.rule, view.column)
        classes, members = _numeric_classes(numbers, breaks, single=note == SINGLE)
        return Legend(view.column, view.label or title, unit, note, classes, members, texts, numeric=True)
    if view.breaks:
        raise BadValueError(f"列 {view.column} 是文字，不能给数值分级界限 {view.breaks}。办法：去掉 breaks。")
    classes, members = _text_classes(pd.Series(texts, dtype=object), view.column)
    return Legend(view.column, view.label or title, shown_unit, "", classes, members, texts, numeric=False)


def _numeric_classes(
    numbers: Floats, breaks: Sequence[float], *, single: bool
) -> tuple[tuple[LegendClass, ...], npt.NDArray[np.int64]]:
    finite = np.isfinite(numbers)
    members = np.where(finite, np.searchsorted(np.asarray(breaks), numbers, side="right"), -1).astype(np.int64)
    if not finite.any():
        return (), members
    if single:
        labels = [_short(number) for number in [float(np.nanmin(numbers[finite])), *breaks]]
    else:
        edges = [_short(number) for number in breaks]
        between = [f"{low} – {high}" for low, high in pairwise(edges)]
        labels = [f"＜ {edges[0]}", *between, f"≥ {edges[-1]}"] if edges else ["全部"]
    colours = ramp(_PRICE_RAMP, len(labels))
    return tuple(LegendClass(text, colour) for text, colour in zip(labels, colours, strict=True)), members


def _short(number: float) -> str:
    return f"{number:,.2f}".rstrip("0").rstrip(".")


def _text_classes(texts: pd.Series[str], column: str) -> tuple[tuple[LegendClass, ...], npt.NDArray[np.int64]]:
    counts = texts.dropna().value_counts()
    names = sorted(counts.index.tolist(), key=lambda name: (-int(counts[name]), name))
    known = schema().get(column)
    order = {value: place for place, value in enumerate(known.allowed)} if known else {}
    ordinals = {name: ordinal(name) for name in names}
    if order and all(name in order for name in names):
        names.sort(key=order.__getitem__)
    elif column.endswith(_GRADES) and all(ordinals.values()) and len(set(ordinals.values())) == len(names):
        names.sort(key=lambda name: ordinals[name] or 0)
        colours = ramp(_GRADE_RAMP, len(names))
        return _members(texts, names, colours)
    return _members(texts, names, _category_colours(names))


def ordinal(grade: str) -> int | None:
    """Read the place of a grade from its name.

    Parameters
    ----------
    grade : str
        For example 一级, Ⅱ级, III 级, 4级.

    Returns
    -------
    int or None
        1 for the first grade; None where the name is no ordinal.

    Examples
    --------
    >>> ordinal("Ⅱ级"), ordinal("三级"), ordinal("IV 级"), ordinal("城区")
    (2, 3, 4, None)
    """
    return _ORDINALS.get(grade.strip().removesuffix("级").removesuffix("等").strip())


def _category_colours(names: Sequence[str]) -> list[str]:
    taken = {_KNOWN[name] for name in names if name in _KNOWN}
    free = [colour for colour in _CATEGORIES if colour not in taken]
    return [_KNOWN.get(name) or (free.pop(0) if free else OTHERS_COLOUR) for name in names]


def _members(
    texts: pd.Series[str], names: list[str], colours: list[str]
) -> tuple[tuple[LegendClass, ...], npt.NDArray[np.int64]]:
    kept = len(names) if len(names) <= NAMED else NAMED - 1
    place = {name: min(number, kept) for number, name in enumerate(names)}
    members = np.asarray([place.get(text, -1) for text in texts], dtype=np.int64)
    classes = [LegendClass(name, colour) for name, colour in zip(names[:kept], colours[:kept], strict=True)]
    if kept < len(names):
        classes.append(LegendClass(f"{OTHERS}（{len(names) - kept} 种）", OTHERS_COLOUR))
    return tuple(classes), members


def ramp(colours: Sequence[str], count: int) -> list[str]:
    """Take evenly spaced colours from a sequence, blending between its steps.

    Parameters
    ----------
    colours : sequence of str
        Colours as ``#rrggbb``.
    count : int
        How many are wanted.

    Returns
    -------
    list of str
        The first and the last of the sequence, and colours between them.

    Examples
    --------
    >>> ramp(("#000000", "#ffffff"), 3)
    ['#000000', '#808080', '#ffffff']
    """
    stops = np.asarray([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in colours], dtype=np.float64)
    places = np.linspace(0, len(colours) - 1, count) if count > 1 else np.zeros(count)
    channels = [np.interp(places, np.arange(len(colours)), stops[:, i]) for i in range(3)]
    return ["#{:02x}{:02x}{:02x}".format(*(round(c + 1e-9) for c in rgb)) for rgb in zip(*channels, strict=True)]
