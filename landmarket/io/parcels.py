"""Reading parcels and other layers as they come from a bureau: every row kept, every header understood."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd

from landmarket.columns import label, rename_map, schema
from landmarket.errors import BadValueError, LandMarketWarning, named_rows
from landmarket.io.database_address import is_database, shown_address
from landmarket.io.dates import day_cure
from landmarket.io.located import with_crs
from landmarket.io.quantities import quantity_cure, to_quantity
from landmarket.io.values import Mask, clean_text, to_choice, to_code, to_date
from landmarket.io.vector_files import read_rows

_NUMBERS = ("number", "whole", "fen")

Typed: TypeAlias = "pd.Series[float] | pd.Series[str] | pd.Series[pd.Timestamp]"


def read_parcels(
    path: str | Path, encoding: str | None = None, crs: str | None = None, layer: str | None = None
) -> gpd.GeoDataFrame:
    """Read a parcel file (宗地); every row is kept, whatever is wrong with it.

    Parameters
    ----------
    path : path-like
        Shapefile, GeoPackage, FileGDB folder, GeoJSON, GeoParquet, boundary text file (``.txt``), or a ``.zip`` of
        one; or the address of a PostGIS database, ``postgresql://user@host/database``.
    encoding : str, optional
        Encoding of a shapefile's texts. Default: its ``.cpg``, then strict UTF-8, then GB18030.
    crs : str, optional
        Coordinate system of a file that does not name its own, such as ``"EPSG:4547"``.
    layer : str, optional
        Layer of a file with several; in a database ``schema.table``, with ``(column)`` where it has several geometries.

    Returns
    -------
    GeoDataFrame
        Index ``source_row``, from 1: in a shapefile the number of the record in the ``.dbf``, deleted ones counted
        though not read, of which a warning tells; elsewhere the position of the row, as feature numbers there may be
        any number. Chinese headers that ``columns.csv`` knows are identifiers, others stay; codes are text, other
        cells as the file has them. What was found about encoding and coordinates stands in
        ``.attrs["source_notes"]``.

    Raises
    ------
    ReadError
        If the file or layer cannot be read, or its texts cannot be decoded.
    CrsError
        If the coordinate system is unknown or contradicts the coordinates.
    """
    frame, encoded, shown = read_rows(path, encoding, layer)
    where = shown if is_database(path) else str(path)
    frame, located = with_crs(named_columns(frame, where), crs, where)
    frame.index = frame.index.rename("source_row")
    deleted = frame.attrs.pop("deleted_note", "")
    if deleted:
        warnings.warn(f"{where}：{deleted}。", LandMarketWarning, stacklevel=2)
    frame.attrs["source_notes"] = (
        f"文件：{shown}",
        f"编码：{encoded}",
        f"坐标系：{located}",
        f"记录：{len(frame)}",
        *filter(None, [deleted]),
        *frame.attrs.pop("name_notes", ()),
        *frame.attrs.pop("boundary_notes", ()),
    )
    return frame


def named_columns(frame: gpd.GeoDataFrame, where: str) -> gpd.GeoDataFrame:
    """Give columns that ``columns.csv`` knows their identifiers, and codes as text (列名).

    Parameters
    ----------
    frame : GeoDataFrame
        Rows as read.
    where : str
        File, for the message.

    Returns
    -------
    GeoDataFrame
        The same rows.

    Raises
    ------
    BadValueError
        If a code was stored as a number and has lost digits.
    """
    frame = frame.rename(columns=rename_map([str(name) for name in frame.columns]))
    for name in frame.columns.intersection([column.name for column in schema().values() if column.kind == "code"]):
        frame[name], lost = to_code(frame[name])
        if lost.any():
            raise BadValueError(
                f"{where}：列 {label(name)} 存成了数值，末位数字已丢失，{named_rows(frame.index[lost])}。"
                "办法：在源数据中改为文本字段后重新导出。"
            )
    return frame


def read_layer(
    path: str | Path, layer: str | None = None, crs: str | None = None, encoding: str | None = None
) -> gpd.GeoDataFrame:
    """Read any other layer (规划、所有权、村界、管控), with values in their types.

    Parameters
    ----------
    path : path-like
        Vector file, FileGDB folder or address of a PostGIS database.
    layer : str, optional
        Layer of a file with several, table of a database.
    crs : str, optional
        Coordinate system of a file that does not name its own.
    encoding : str, optional
        Encoding of a shapefile's texts.

    Returns
    -------
    GeoDataFrame
        Headers as identifiers where ``columns.csv`` knows them; numbers, dates and codes typed.

    Raises
    ------
    ReadError, CrsError
        As `read_parcels`.
    BadValueError
        If a cell cannot be read as its column's type; file, column, row and value are named.
    """
    frame = read_parcels(path, encoding=encoding, crs=crs, layer=layer)
    for name in frame.columns.intersection(list(schema())):
        if name == frame.geometry.name:
            continue
        values, bad = typed_column(frame[name])
        if bad.any():
            rows = named_rows(frame.index[bad], frame.loc[bad, name])
            where = shown_address(str(path)) if is_database(path) else path
            raise BadValueError(
                f"{where}：列 {label(name)} 的值读不懂，{rows}。办法：{_cure(name, frame.loc[bad, name])}"
            )
        frame[name] = values
    return frame


def typed_column(column: pd.Series[str]) -> tuple[Typed, Mask]:
    """Give a column of the schema its type.

    Parameters
    ----------
    column : Series
        Cells as read; its name is an identifier of ``columns.csv``.

    Returns
    -------
    values : Series
        Typed; missing where blank or unreadable.
    bad : ndarray of bool
        Cells that hold something unreadable.
    """
    if not isinstance(column.dtype, pd.StringDtype):
        return _read_cells(column)
    numbers, distinct = pd.factorize(column, use_na_sentinel=False)  # each distinct text is read once
    values, bad = _read_cells(pd.Series(distinct, name=column.name))
    return values.take(numbers).set_axis(column.index), bad[numbers]


def _read_cells(column: pd.Series[str]) -> tuple[Typed, Mask]:
    described = schema()[str(column.name)]
    if described.allowed:
        return to_choice(column, described.allowed)
    if described.kind in _NUMBERS:
        return to_quantity(column, described.unit)
    readers: dict[str, Callable[[pd.Series[str]], tuple[Typed, Mask]]] = {"date": to_date, "code": to_code}
    reader = readers.get(described.kind)
    return reader(column) if reader else (clean_text(column), np.zeros(len(column), dtype=bool))


def _cure(name: str, cells: pd.Series[str]) -> str:
    described = schema()[name]
    if described.allowed:
        return f"写成 {'、'.join(described.allowed)} 之一。"
    if described.kind == "date":
        return day_cure(cells)
    return quantity_cure(described.unit) if described.kind in _NUMBERS else "改正源数据。"
