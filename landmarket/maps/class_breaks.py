"""Where one class of a numeric column ends and the next begins (分级界限)."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from landmarket.errors import BadValueError

Floats = npt.NDArray[np.float64]

CLASSES = 5
"""Classes of a numeric column where no breaks are given."""

SINGLE = "每级一个数值"
"""Said of a column that has no more distinct numbers than classes."""

_SAMPLED = 2000
"""Numbers natural breaks are sought among: evenly spaced quantiles where there are more."""

_COUNT = {1: "一", 2: "二", 3: "三", 4: "四", 5: "五"}


class ClassRule(Enum):
    """How numbers are classed (分级方法)."""

    QUANTILES = "分位"
    """About as many parcels in each class."""

    EQUAL = "等距"
    """Classes of the same width."""

    NATURAL = "自然断点"
    """Breaks where the numbers within each class differ least (Fisher and Jenks)."""


def class_breaks(numbers: Floats, given: tuple[float, ...], rule: ClassRule, column: str) -> tuple[list[float], str]:
    """Find the inner breaks of a numeric column.

    Parameters
    ----------
    numbers : ndarray of float64
        The numbers, nan where missing.
    given : tuple of float
        Breaks to keep, or empty.
    rule : ClassRule
        How breaks are made where none are given.
    column : str
        The column, for messages.

    Returns
    -------
    breaks : list of float
        Ascending; each is the lowest number of the class above it. Those that were made are round numbers.
    note : str
        How they were made, for the legend.

    Raises
    ------
    BadValueError
        If given breaks do not ascend.
    """
    if given:
        if any(low >= high for low, high in pairwise(given)):
            raise BadValueError(f"列 {column} 的分级界限 {given} 不是由小到大。办法：按升序给出，且不重复。")
        return list(given), "按给定界限分级，含下限、不含上限"
    finite = np.sort(numbers[np.isfinite(numbers)])
    distinct = np.unique(finite)
    if len(distinct) <= CLASSES:
        return [float(number) for number in distinct[1:]], SINGLE
    inner = _rounded(_MADE[rule](finite), distinct)
    count = _COUNT[len(inner) + 1]
    made = f"全县{count}分位分级（取整）" if rule is ClassRule.QUANTILES else f"全县{rule.value}分{count}级（取整）"
    return [float(f"{number:.10g}") for number in inner], f"{made}，含下限、不含上限"


def _quantiles(finite: Floats) -> Floats:
    return np.asarray(np.quantile(finite, np.arange(1, CLASSES) / CLASSES), dtype=np.float64)


def _equal(finite: Floats) -> Floats:
    return np.linspace(finite[0], finite[-1], CLASSES + 1)[1:-1]


def _natural(finite: Floats) -> Floats:
    """Breaks of Fisher and Jenks, each at the lowest number of its class."""
    import jenkspy  # not loaded until somebody asks for it

    sampled = finite
    if len(finite) > _SAMPLED:
        sampled = np.quantile(finite, np.linspace(0, 1, _SAMPLED), method="inverted_cdf")
    if len(np.unique(sampled)) <= CLASSES:
        return _equal(finite)
    highest = np.asarray(jenkspy.jenks_breaks(sampled, n_classes=CLASSES)[1:-1], dtype=np.float64)
    return sampled[np.searchsorted(sampled, highest, side="right")]


_MADE: dict[ClassRule, Callable[[Floats], Floats]] = {
    ClassRule.QUANTILES: _quantiles,
    ClassRule.EQUAL: _equal,
    ClassRule.NATURAL: _natural,
}


def _rounded(breaks: Floats, distinct: Floats) -> Floats:
    """Round breaks as far as they stay apart and each class has a number."""
    quantum = 10.0 ** np.floor(np.log10(distinct[-1] - distinct[0]) - 1)
    while True:
        rounded = np.unique(np.round(breaks / quantum) * quantum)
        inner = rounded[(rounded > distinct[0]) & (rounded <= distinct[-1])]
        if len(inner) == CLASSES - 1 or quantum < 0.01:
            return np.asarray(inner, dtype=np.float64)
        quantum /= 10.0
