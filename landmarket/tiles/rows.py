"""Some rows or some columns of a file of parcels (分块读取): no more is held than what was asked for."""

from __future__ import annotations

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from pyproj import CRS

from landmarket.columns import rename_map
from landmarket.errors import ReadError
from landmarket.exact import Ints
from landmarket.io.geoparquet import days_of, with_index_as_columns
from landmarket.tiles.parcel_file import Floats, ParcelFile, footer_digest, opened_parquet

_AT_ONCE = 65_536
"""Rows that are decoded at a time."""


def column_batches(file: ParcelFile, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Read some columns of all rows, a batch at a time.

    Parameters
    ----------
    file : ParcelFile
        The file.
    columns : list of str
        Names as they stand in the file.

    Yields
    ------
    pyarrow.RecordBatch
        In the order of the rows.
    """
    with opened_parquet(file.path) as opened:
        yield from opened.iter_batches(batch_size=_AT_ONCE, columns=columns)


def header_of(file: ParcelFile, identifier: str) -> str | None:
    """Find the column of the file that a column of the schema is read from.

    Parameters
    ----------
    file : ParcelFile
        The file.
    identifier : str
        Identifier of the column, such as ``parcel_code``.

    Returns
    -------
    str or None
        Its name in the file; None if the file does not have it.
    """
    with opened_parquet(file.path) as opened:
        names = [str(name) for name in opened.schema_arrow.names]
    meant = rename_map(names)
    return next((name for name in names if meant.get(name, name) == identifier), None)


def _taken(opened: pq.ParquetFile, file: ParcelFile, rows: Ints, columns: list[str] | None) -> pa.Table:
    """Some rows by position, ascending; only the row groups that hold them are decoded, a batch at a time."""
    batches = []
    for group in np.unique(np.searchsorted(file.starts, rows, side="right") - 1).tolist():
        start = int(file.starts[group])
        for batch in opened.iter_batches(batch_size=_AT_ONCE, row_groups=[group], columns=columns):
            own = rows[slice(*np.searchsorted(rows, [start, start + len(batch)]))] - start
            if len(own):
                batches.append(batch.take(pa.array(own)))
            start += len(batch)
    if not batches:
        empty = opened.schema_arrow.empty_table()
        return empty if columns is None else empty.select(list(dict.fromkeys(name.split(".")[0] for name in columns)))
    return pa.Table.from_batches(batches).replace_schema_metadata(opened.schema_arrow.metadata)


def row_boxes(file: ParcelFile, rows: Ints) -> Floats:
    """Read the extents of some rows.

    Parameters
    ----------
    file : ParcelFile
        The file.
    rows : ndarray of int64
        Positions, ascending.

    Returns
    -------
    ndarray of float64, shape (rows, 4)
        In the coordinates of the file; NaN where a row has no shape.
    """
    with opened_parquet(file.path) as opened:
        table = _taken(opened, file, rows, list(file.corners))
    columns = [_field(table, corner).to_numpy(zero_copy_only=False) for corner in file.corners]
    return np.stack(columns, axis=1).astype(np.float64)


def _field(table: pa.Table, dotted: str) -> pa.Array:
    name, *inside = dotted.split(".")
    column = table.column(name).combine_chunks()
    for field in inside:
        column = pa.compute.struct_field(column, field)
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def read_rows(file: ParcelFile, rows: Ints) -> gpd.GeoDataFrame:
    """Read some rows, as `landmarket.io.geoparquet.read_geoparquet` would read them among all others.

    Parameters
    ----------
    file : ParcelFile
        The file.
    rows : ndarray of int64
        Positions from 0, ascending.

    Returns
    -------
    GeoDataFrame
        Index from 1: the number of each row in the file.

    Raises
    ------
    ReadError
        If the file was changed since it was looked at.
    """
    with opened_parquet(file.path) as opened:
        if footer_digest(file.path) != file.footer:
            raise ReadError(f"{file.path}：计算期间被人改动。办法：等修改结束后重新运行。")
        table = _taken(opened, file, rows, None)
        days = days_of(opened.schema_arrow)
    table = table.drop_columns(list(dict.fromkeys(corner.split(".")[0] for corner in file.corners)))
    for name in file.holed:
        if pa.types.is_integer(table.schema.field(name).type):
            table = table.set_column(table.column_names.index(name), name, table.column(name).cast(pa.float64()))
    frame = with_index_as_columns(table.to_pandas())
    frame.index = pd.RangeIndex(len(frame)) if not len(rows) else pd.Index(rows + 1)
    for name in file.holed:
        if frame[name].dtype == np.dtype(bool):
            frame[name] = frame[name].astype("object")
    first = next(iter(file.shapes))
    for name, crs in file.shapes.items():
        shapes = shapely.from_wkb(frame[name].to_numpy(dtype=object))
        frame[name] = gpd.GeoSeries(shapes, index=frame.index, crs=CRS.from_user_input(crs) if crs else None)
    result = gpd.GeoDataFrame(frame, geometry=first)
    return result.assign(**{name: result[name].astype("datetime64[s]") for name in days if name in result.columns})
