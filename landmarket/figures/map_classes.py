"""The classes of a map sheet (分级与分类): breaks by a stated rule at printable numbers, grades, categories."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import jenkspy
import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.colors import to_hex, to_rgb

from landmarket.columns import label
from landmarket.errors import BadValueError
from landmarket.figures.map_spec import BreakRule, Classes, Kind, MapClass, MapSpec
from landmarket.figures.marks import MARKS, Mark
from landmarket.figures.numerals import grade_number, numeral
from landmarket.figures.values import Floats, number_text, number_values

_WARM, _COLD = ("YlOrRd", 0.18, 0.95), ("YlGnBu", 0.88, 0.25)
_SIGNS = ("o", "s", "^", "D", "v", "P", "X", "*")
_HATCHES = ("", "....", "////", "xxxx", "\\\\\\\\", "----", "++++", "oo")
_HATCH, _NO_HATCH = "#333333", "#ffffff"
_MOST_JENKS = 3000
_MOST_CLASSES = 8
_HALF_LIGHT = 1.5
MISSING = Mark("#ffffff", "#8a8a8a", "////", "-", "o")
"""Of what has no value."""


def classes_of(table: pd.DataFrame, column: str, spec: MapSpec, needed_by: str) -> Classes:
    """Class a column of a table (分级).

    Parameters
    ----------
    table : DataFrame
        With the column.
    column : str
        What is shown.
    spec : MapSpec
        How.
    needed_by : str
        The function, for the message.

    Returns
    -------
    Classes
        A class for each row.

    Raises
    ------
    BadValueError
        If a number is not finite, or breaks do not ascend.
    """
    if spec.kind is Kind.NUMBER:
        return _number_classes(number_values(table, column, needed_by) / spec.divisor, column, spec, needed_by)
    cells = [None if pd.isna(cell) or not str(cell).strip() else str(cell).strip() for cell in table[column].tolist()]
    return _grade_classes(cells, spec) if spec.kind is Kind.GRADE else _category_classes(cells, spec)


def natural_breaks(values: Floats, count: int) -> Floats:
    """Divide numbers at natural breaks (自然断点), by Fisher's and Jenks' method.

    Parameters
    ----------
    values : ndarray of float64
        Finite numbers, more different ones than classes.
    count : int
        Classes.

    Returns
    -------
    ndarray of float64
        Inner breaks, midway between the highest value of a class and the next one.

    Notes
    -----
    Of more than 3,000 values as many are taken, evenly by rank, the lowest and highest among them: the method takes
    time with the square of their number.
    """
    ordered = np.sort(values)
    if len(ordered) > _MOST_JENKS:
        ordered = ordered[np.linspace(0, len(ordered) - 1, _MOST_JENKS).round().astype(np.int64)]
    tops = np.asarray(jenkspy.jenks_breaks(ordered, n_classes=count)[1:-1], dtype=np.float64)
    followers = ordered[np.searchsorted(ordered, tops, side="right")]
    return np.asarray((tops + followers) / 2, dtype=np.float64)


def printable_breaks(raw: Floats, values: Floats) -> tuple[list[float], Fraction]:
    """Move breaks to the roundest numbers that keep the classes apart (取整).

    Parameters
    ----------
    raw : ndarray of float64
        Inner breaks, ascending.
    values : ndarray of float64
        What is divided.

    Returns
    -------
    breaks : list of float
        Multiples of the step; each moved by at most a quarter of the way to the next break or to the end.
    step : Fraction
        The greatest of 1, 2, 5 and powers of ten of which that is true, and which leaves no class empty.

    Examples
    --------
    >>> printable_breaks(np.array([148.2, 261.0, 803.9]), np.array([70.0, 160.0, 300.0, 900.0, 1100.0]))
    ([150.0, 250.0, 800.0], Fraction(50, 1))
    """
    ends = np.array([values.min(), *raw, values.max()])
    room = np.minimum(np.diff(ends)[:-1], np.diff(ends)[1:]) / 4
    largest = math.ceil(math.log10(max(ends[-1] - ends[0], 1e-9)))
    for power in range(largest, largest - 9, -1):
        for first in (5, 2, 1):
            step = first * Fraction(10) ** power
            moved = [float(step * round(Fraction(each) / step)) for each in raw]
            near = bool((np.abs(np.array(moved) - raw) <= room).all())
            if near and np.unique(np.searchsorted(moved, values, side="right")).size == len(raw) + 1:
                return moved, step
    return [float(each) for each in raw], Fraction(0)


def _number_classes(numbers: Floats, column: str, spec: MapSpec, needed_by: str) -> Classes:
    known = numbers[np.isfinite(numbers)]
    breaks, labels, note = _number_labels(known, column, spec, needed_by)
    colours = _ramp(_WARM, len(labels))
    entries = [MapClass(text, Mark(colour, _HATCH, "", "-", "o")) for text, colour in zip(labels, colours, strict=True)]
    places = np.searchsorted(np.asarray(breaks, dtype=np.float64), numbers, side="right")
    members = np.where(np.isfinite(numbers), places, len(entries)).astype(np.int64)
    texts = [number_text(number, spec.decimals) if np.isfinite(number) else "" for number in numbers.tolist()]
    return Classes((*entries, MapClass(spec.missing, MISSING)), members, texts, note)


def _number_labels(known: Floats, column: str, spec: MapSpec, needed_by: str) -> tuple[list[float], list[str], str]:
    """Divide numbers: inner breaks, what the classes are called, how they were made."""
    if spec.breaks:
        if any(low >= high for low, high in pairwise(spec.breaks)):
            raise BadValueError(
                f"{needed_by}：列 {label(column)} 的分级界限 {spec.breaks} 不是由小到大。办法：按升序给出，不重复。"
            )
        return list(spec.breaks), _ranges(spec.breaks), "按给定界限分级，含下限、不含上限"
    if not 2 <= spec.count <= _MOST_CLASSES:
        raise BadValueError(f"{needed_by}：分 {spec.count} 级。办法：一张图分 2 至 {_MOST_CLASSES} 级。")
    single = np.unique(known)
    if len(single) <= spec.count:
        return single[1:].tolist(), [_short(each) for each in single.tolist()], "每级一个数值" if len(single) else ""
    raw = _BREAKS[spec.rule](known, spec.count)
    breaks, step = printable_breaks(raw, known)
    unit = f"，取整到 {_short(float(step))}" if step else ""
    return breaks, _ranges(breaks), f"{spec.rule.value}分 {len(breaks) + 1} 级{unit}，含下限、不含上限"


def _quantile_breaks(values: Floats, count: int) -> Floats:
    """Divide at quantiles, each moved midway between two values; of many equal values some fall together."""
    different = np.unique(values)
    places = np.unique(np.searchsorted(different, np.quantile(values, np.arange(1, count) / count)))
    places = places[places > 0]
    return np.asarray((different[places - 1] + different[places]) / 2, dtype=np.float64)


_BREAKS: dict[BreakRule, Callable[[Floats, int], Floats]] = {
    BreakRule.NATURAL: natural_breaks,
    BreakRule.QUANTILES: _quantile_breaks,
}


def _ranges(breaks: Sequence[float]) -> list[str]:
    if not breaks:
        return ["全部"]
    edges = [_short(each) for each in breaks]
    between = [f"{low} – {high}" for low, high in pairwise(edges)]
    return [f"＜ {edges[0]}", *between, f"≥ {edges[-1]}"]


def _short(number: float) -> str:
    text = f"{number:,.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _grade_classes(cells: Sequence[str | None], spec: MapSpec) -> Classes:
    """Class grades in their order, whatever way they are written; names that are no numbers after them."""
    numbers = {cell: grade_number(cell) for cell in dict.fromkeys(cells) if cell is not None}
    known = sorted({number for number in numbers.values() if number is not None})
    named = sorted(cell for cell, number in numbers.items() if number is None)
    names = [*(f"{numeral(number)}级" for number in known), *named]
    place = {cell: len(known) + named.index(cell) if n is None else known.index(n) for cell, n in numbers.items()}
    colours = _ramp(_COLD, len(names))
    marks = [_graded(colour, at) for at, colour in enumerate(colours)]
    signs = {cell: cell if number is None else numeral(number) for cell, number in numbers.items()}
    return _placed(cells, place, names, marks, signs, spec)


def _category_classes(cells: Sequence[str | None], spec: MapSpec) -> Classes:
    """Class categories: those with a mark of their own, then the most frequent ones, the rest together."""
    counts = Counter(cell for cell in cells if cell is not None)
    own = {name: mark for name, mark in spec.marks if name in counts}
    rest = sorted((name for name in counts if name not in own), key=lambda name: (-counts[name], name))
    free = [mark for mark in MARKS if mark not in own.values()]
    kept = len(rest) if len(rest) <= len(free) else len(free) - 1
    names, marks = [*own, *rest[:kept]], [*own.values(), *free[:kept]]
    place = {name: at for at, name in enumerate(names)} | dict.fromkeys(rest[kept:], len(names))
    left = [f"其余 {len(rest) - kept} 类"] if rest[kept:] else []
    note = "、".join(f"{name} {counts[name]:,}" for name in rest[kept:])
    made = _placed(
        cells, place, [*names, *left], [*marks, *free[kept : kept + len(left)]], dict.fromkeys(counts, ""), spec
    )
    return replace(made, note=f"{left[0]}：{note}" if left else "")


def _placed(
    cells: Sequence[str | None],
    place: Mapping[str, int],
    names: Sequence[str],
    marks: Sequence[Mark],
    signs: Mapping[str, str],
    spec: MapSpec,
) -> Classes:
    members = np.array([len(names) if cell is None else place[cell] for cell in cells], dtype=np.int64)
    texts = ["" if cell is None else signs[cell] for cell in cells]
    entries = [MapClass(name, mark) for name, mark in zip(names, marks, strict=True)]
    return Classes((*entries, MapClass(spec.missing, MISSING)), members, texts, "")


def _graded(colour: str, at: int) -> Mark:
    """Mark a grade; its hatch is white on dark colours and dark on light ones."""
    dark = sum(to_rgb(colour)) < _HALF_LIGHT
    return Mark(colour, _NO_HATCH if dark else _HATCH, _HATCHES[at % len(_HATCHES)], "-", _SIGNS[at % len(_SIGNS)])


def _ramp(ramp: tuple[str, float, float], count: int) -> list[str]:
    name, first, last = ramp
    return [to_hex(colour) for colour in colormaps[name](np.linspace(first, last, max(count, 1)))][:count]
