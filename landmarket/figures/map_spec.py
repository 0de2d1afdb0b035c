"""What a map sheet shows of a column (专题), and its classes once they are made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
import numpy.typing as npt

from landmarket.figures.marks import Mark
from landmarket.figures.values import NO_DATA

Ints = npt.NDArray[np.int64]


class Kind(Enum):
    """What a column holds (指标类型)."""

    NUMBER = "数值"
    GRADE = "级别"
    CATEGORY = "类别"


class BreakRule(Enum):
    """How numbers are divided into classes (分级方法) where no breaks are given."""

    NATURAL = "自然断点"
    QUANTILES = "分位数"


@dataclass(frozen=True)
class MapSpec:
    """What a sheet shows of a column (专题).

    Attributes
    ----------
    title : str
        End of the sheet's title, after the place.
    label : str
        Title of the legend, with the unit.
    kind : Kind
        What the column holds.
    divisor : float
        Values of the column per shown unit, such as 100 for fen shown in 元.
    decimals : int
        Decimals of a value on its feature.
    rule : BreakRule
        How numbers are divided.
    breaks : tuple of float
        Inner breaks in the shown unit, ascending; they go before the rule.
    count : int
        Classes made by the rule, at most 8.
    marks : tuple of tuple
        Categories that have their own place and mark, in order.
    missing : str
        What a missing value is called.
    word : str
        Counting word of the features.
    """

    title: str
    label: str
    kind: Kind
    divisor: float = 1.0
    decimals: int = 0
    rule: BreakRule = BreakRule.NATURAL
    breaks: tuple[float, ...] = ()
    count: int = 5
    marks: tuple[tuple[str, Mark], ...] = ()
    missing: str = NO_DATA
    word: str = "宗"


@dataclass(frozen=True)
class MapClass:
    """One entry of a legend (图例项).

    Attributes
    ----------
    label : str
        What it is called.
    mark : Mark
        Colour, hatch and the sign of features too small to be drawn to scale.
    """

    label: str
    mark: Mark


@dataclass(frozen=True, eq=False)
class Classes:
    """The classes of a column, and the class of each row (分级结果).

    Attributes
    ----------
    entries : tuple of MapClass
        In the order of the legend; the last one is for missing values.
    members : ndarray of int64
        Position in the entries of each row.
    texts : list of str
        What stands on the feature of each row: numbers and grades; nothing where missing, and of categories.
    note : str
        How the classes were made.
    """

    entries: tuple[MapClass, ...]
    members: Ints
    texts: list[str]
    note: str

    def of_rows(self, rows: Ints) -> Classes:
        """Keep some rows, with the same classes.

        Parameters
        ----------
        rows : ndarray of int64
            Positions.

        Returns
        -------
        Classes
            Of these rows.
        """
        return replace(self, members=self.members[rows], texts=[self.texts[row] for row in rows])

    def counts(self) -> list[int]:
        """Count the rows of each class.

        Returns
        -------
        list of int
            One an entry.
        """
        return [int(count) for count in np.bincount(self.members, minlength=len(self.entries))]
