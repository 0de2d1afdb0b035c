"""Parcels by use and grade: tables of a notice are looked up once per pair, not once per parcel."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Positions = npt.NDArray[np.intp]
_FEW = 2**16
"""Pairs of codes below this many are numbered by counting; more of them by hashing."""


@dataclass(frozen=True, eq=False)
class Keys:
    """The distinct pairs of use and grade of some parcels.

    Attributes
    ----------
    pairs : tuple of (str, str)
        Use and grade; an empty grade where it is missing.
    code : ndarray of int
        Which pair each parcel has.
    """

    pairs: tuple[tuple[str, str], ...]
    code: Positions

    @cached_property
    def first(self) -> Positions:
        """Find a parcel of each pair.

        Returns
        -------
        ndarray of int
            Position of its first parcel.
        """
        first = np.zeros(len(self.pairs), dtype=np.intp)
        first[self.code[::-1]] = np.arange(len(self.code) - 1, -1, -1)
        return first

    @cached_property
    def positions(self) -> tuple[Positions, ...]:
        """Find the parcels of each pair.

        Returns
        -------
        tuple of ndarray
            Ascending positions, one array per pair.
        """
        small = self.code.astype(np.uint16) if len(self.pairs) <= np.iinfo(np.uint16).max else self.code
        order = np.argsort(small, kind="stable")
        edges = np.searchsorted(self.code[order], np.arange(len(self.pairs) + 1))
        return tuple(order[start:end] for start, end in pairwise(edges))


def text_codes(texts: pd.Series[str]) -> tuple[Positions, list[str]]:
    """Number the distinct texts of a column; missing counts as empty.

    Parameters
    ----------
    texts : Series
        Text column.

    Returns
    -------
    codes : ndarray of int
        Number of each row's text.
    distinct : list of str
        The texts by number.
    """
    if isinstance(texts.dtype, pd.CategoricalDtype):
        known = [str(text) for text in texts.cat.categories]
        codes = texts.cat.codes.to_numpy().astype(np.intp)
        missing = codes < 0
        return (np.where(missing, len(known), codes), [*known, ""]) if missing.any() else (codes, known)
    codes, distinct = pd.factorize(texts, use_na_sentinel=False)
    return codes.astype(np.intp, copy=False), ["" if pd.isna(text) else str(text) for text in distinct]


def texts(values: list[str], codes: npt.NDArray[np.intp], index: pd.Index[str]) -> pd.Series[str]:
    """Spread distinct texts over the parcels.

    Parameters
    ----------
    values : list of str
        Distinct texts.
    codes : ndarray of int
        Which text each parcel has.
    index : Index
        The parcels.

    Returns
    -------
    Series of str
        On that index.
    """
    present = {values[code] for code in np.flatnonzero(np.bincount(codes, minlength=len(values)))}
    if len(present) == 1:
        spread_out = pa.repeat(pa.scalar(present.pop(), pa.large_string()), len(codes))
    else:
        spread_out = pa.array(values, pa.large_string()).take(pa.array(codes))
    return pd.Series(pd.array(spread_out, dtype="str"), index=index)


def kept_texts(given: pd.Series[str], kept: npt.NDArray[np.bool_]) -> pd.Series[str]:
    """Keep a text column where it counts; missing elsewhere.

    Parameters
    ----------
    given : Series
        Text column.
    kept : ndarray of bool
        True where the text counts.

    Returns
    -------
    Series
        On the same index.
    """
    if kept.all():
        return given
    if given.dtype != "str":
        return given.where(kept)
    stated = pa.array(given.array)
    texts = pc.if_else(pa.array(kept), stated, pa.scalar(None, stated.type))
    return pd.Series(pd.array(texts, dtype="str"), index=given.index, name=given.name)


def present_pairs(left: Positions, right: Positions, width: int) -> tuple[list[tuple[int, int]], Positions]:
    """Number the pairs of codes that occur.

    Parameters
    ----------
    left, right : ndarray of int
        Codes of each row.
    width : int
        Above every code of ``right``.

    Returns
    -------
    pairs : list of (int, int)
        The pairs, ascending.
    which : ndarray of int
        Number of each row's pair.
    """
    present, which = numbered_pairs(left, right, width)
    return list(zip(*(codes.tolist() for codes in present), strict=True)), which


def numbered_pairs(left: Positions, right: Positions, width: int) -> tuple[tuple[Positions, Positions], Positions]:
    """Number the pairs of codes that occur, however many.

    Parameters
    ----------
    left, right : ndarray of int
        Codes of each row.
    width : int
        Above every code of ``right``.

    Returns
    -------
    pairs : (ndarray of int, ndarray of int)
        Left and right code of each pair, ascending.
    which : ndarray of int
        Number of each row's pair.
    """
    width = max(width, 1)
    pair = left * width + right
    size = (int(left.max(initial=-1)) + 1) * width
    if size <= _FEW:
        present = np.flatnonzero(np.bincount(pair, minlength=size))
        number = np.zeros(size, dtype=np.intp)
        number[present] = np.arange(len(present))
        which = number.take(pair)
    else:
        which, present = pd.factorize(pair, sort=True)
    return np.divmod(present, width), which.astype(np.intp, copy=False)


def spread(marks: npt.NDArray[np.bool_], which: Positions) -> npt.NDArray[np.bool_]:
    """Spread marks of distinct values over the parcels; nothing is spread where none is marked.

    Parameters
    ----------
    marks : ndarray of bool
        One a distinct value.
    which : ndarray of int
        Which value each parcel has.

    Returns
    -------
    ndarray of bool
        One a parcel, or none at all where no value is marked.
    """
    return marks.take(which) if marks.any() else np.zeros(0, dtype=bool)


def use_grade_keys(parcels: pd.DataFrame) -> Keys:
    """Find the distinct pairs of price use and grade.

    Parameters
    ----------
    parcels : DataFrame
        With ``price_use`` and ``grade``.

    Returns
    -------
    Keys
        Pairs and the pair of each parcel.
    """
    use_code, uses = text_codes(parcels["price_use"])
    grade_code, grades = text_codes(parcels["grade"])
    present, code = present_pairs(use_code, grade_code, len(grades))
    return Keys(tuple((uses[use], grades[grade]) for use, grade in present), code)


def particular(known: Collection[tuple[str, str]], use: str, grade: str) -> tuple[str, str] | None:
    """Choose among the pairs a notice's table states the one that holds for a use and grade.

    Parameters
    ----------
    known : collection of (str, str)
        Uses and grades stated; empty means all.
    use, grade : str
        Use and grade of a parcel.

    Returns
    -------
    (str, str) or None
        The most particular: the use and grade, else the use, else the grade, else all; None where none holds.
    """
    return next((pair for pair in ((use, grade), (use, ""), ("", grade), ("", "")) if pair in known), None)


def rows_for(frame: pd.DataFrame, use: str, grade: str | None = None) -> pd.DataFrame:
    """Select the rows of a notice's table that hold for a use and a grade.

    Parameters
    ----------
    frame : DataFrame
        With ``use`` and, unless ``grade`` is None, ``grade``; empty means all.
    use : str
        Use.
    grade : str, optional
        Grade.

    Returns
    -------
    DataFrame
        The rows of the most particular pair, see `particular`; in the order of the frame.
    """
    grades = frame["grade"] if grade is not None else pd.Series("", index=frame.index, dtype="str")
    pair = particular(frozenset(zip(frame["use"], grades, strict=True)), use, grade or "")
    if pair is None:
        return frame.iloc[:0]
    return frame[(frame["use"] == pair[0]) & (grades == pair[1])]


def text_at(frame: pd.DataFrame, row: int, column: str) -> str:
    """Give one text of a table.

    Parameters
    ----------
    frame : DataFrame
        The table.
    row : int
        Row label.
    column : str
        Column.

    Returns
    -------
    str
        Its text.
    """
    texts_of: pd.Series[str] = frame[column]
    return str(texts_of.loc[row])


def number_at(frame: pd.DataFrame, row: int, column: str) -> float:
    """Give one number of a table.

    Parameters
    ----------
    frame : DataFrame
        The table.
    row : int
        Row label.
    column : str
        Column.

    Returns
    -------
    float
        Its number.
    """
    numbers: pd.Series[float] = frame[column]
    return float(numbers.loc[row])
