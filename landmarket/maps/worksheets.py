"""The worksheets of parcels (地价测算表), told by a click."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from landmarket.checks import require_columns
from landmarket.maps.facts import require_not_secret
from landmarket.maps.packing import Ints, Texts, TextTable, spread, texts_of
from landmarket.maps.payload import Packed
from landmarket.maps.values import Column, plain_texts

WORKSHEET = ("step", "value", "unit", "source")
_WORKSHEET_HEADERS = ("步骤", "数值", "单位", "来源")


@dataclass(frozen=True)
class Sheets:
    """The worksheets of all parcels (地价测算表).

    Attributes
    ----------
    starts : ndarray of int64
        First row of each parcel; one more than there are parcels.
    columns : tuple of Texts
        Step, value, unit and source of each row, parcel by parcel.
    """

    starts: Ints
    columns: tuple[Texts, ...]

    def packed(self, at: Ints, table: TextTable) -> dict[str, Packed]:
        """Pack the worksheets of some parcels for a page.

        Parameters
        ----------
        at : ndarray of int64
            Positions of the parcels.
        table : TextTable
            The texts of the page.

        Returns
        -------
        dict
            Headers, the rows of each parcel, and the number of each cell's text.
        """
        rows = spread(self.starts, at)
        cells = np.array([table.numbers(texts, rows) for texts in self.columns], dtype=np.int64)
        counts = self.starts[at + 1] - self.starts[at]
        return {"headers": _WORKSHEET_HEADERS, "counts": counts, "cells": cells.T.ravel()}


def sheets_of(codes: pd.Index[str], worksheets: pd.DataFrame | None) -> Sheets:
    """Sort the worksheets by parcel.

    Parameters
    ----------
    codes : Index
        The parcels, in the order of their table.
    worksheets : DataFrame or None
        ``step, value, unit, source``, several rows a parcel, indexed by parcel code.

    Returns
    -------
    Sheets
        Rows of other parcels are left out.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a step speaks of the reserve price.
    """
    if worksheets is None:
        return Sheets(np.zeros(len(codes) + 1, dtype=np.int64), ())
    require_columns(worksheets, list(WORKSHEET), "地图中的测算表")
    require_not_secret(worksheets["step"].dropna().astype(str).unique().tolist(), "地图中的测算表")
    owner = codes.get_indexer(worksheets.index)
    order = np.argsort(owner, kind="stable")[int((owner < 0).sum()) :]
    columns = tuple(_distinct_texts(worksheets[name].iloc[order]) for name in WORKSHEET)
    starts = np.zeros(len(codes) + 1, dtype=np.int64)
    np.cumsum(np.bincount(owner[order], minlength=len(codes)), out=starts[1:])
    return Sheets(starts, columns)


def _distinct_texts(values: Column) -> Texts:
    """Write a long column as text, each distinct value once."""
    codes, distinct = pd.factorize(values)
    written = texts_of(plain_texts(pd.Series(distinct)))
    return Texts(written.distinct, np.append(written.codes, -1)[codes])
