"""Events as rows of a database (台账行): what both stores write and read."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import geopandas as gpd
import pandas as pd

from landmarket.land_book.events import EVENT_COLUMNS, typed_events

EVENTS, PARCELS = "events", "parcels"
"""Names of the tables."""
Cell = str | int | float | None
Row = tuple[Cell, ...]


class Writing(Protocol):
    """A transaction that writes into a book, alone (写入事务)."""

    def events(self) -> pd.DataFrame:
        """Read the events, those of the writer before included."""

    def codes(self) -> set[str]:
        """Read which parcels the layer has."""

    def insert(self, rows: Sequence[Row]) -> None:
        """Add events.

        Parameters
        ----------
        rows : sequence of tuple
            As from `event_rows`.
        """


class Store(Protocol):
    """Where a book is kept (台账的存放处)."""

    def writing(self) -> AbstractContextManager[Writing]:
        """Hold the book alone while events are checked and added."""

    def events(self) -> pd.DataFrame:
        """Read the events."""

    def layer(self) -> gpd.GeoDataFrame:
        """Read the layer of parcels."""


def event_rows(events: pd.DataFrame) -> list[Row]:
    """Write events as rows (写成行).

    Parameters
    ----------
    events : DataFrame
        As from `typed_events`.

    Returns
    -------
    list of tuple
        Cells in the order of `EVENT_COLUMNS`; days as ISO text, None where missing.
    """
    return list(zip(*(_cells(events[name]) for name in EVENT_COLUMNS), strict=True))


def _cells(column: pd.Series[str]) -> list[Cell]:
    missing = column.isna().tolist()
    if isinstance(column.dtype, pd.StringDtype):
        values: list[Cell] = [str(cell) for cell in column]
    elif pd.api.types.is_datetime64_any_dtype(column):
        values = [str(day)[:10] for day in column]
    elif pd.api.types.is_float_dtype(column) and column.name == "event_area":
        values = [float(cell) for cell in column]
    else:
        values = [0 if gone else int(cell) for cell, gone in zip(column, missing, strict=True)]
    return [None if gone else cell for cell, gone in zip(values, missing, strict=True)]


def event_table(rows: Sequence[Sequence[object]]) -> pd.DataFrame:
    """Read rows as events (读成表).

    Parameters
    ----------
    rows : sequence of sequence
        Cells in the order of `EVENT_COLUMNS`.

    Returns
    -------
    DataFrame
        As `typed_events`, by identifier.
    """
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(EVENT_COLUMNS)
    cells = {name: pd.Series(values, dtype="object") for name, values in zip(EVENT_COLUMNS, columns, strict=True)}
    return typed_events(pd.DataFrame(cells)).sort_values("event_id").reset_index(drop=True)
