"""GeoParquet, the working format (工作格式): read quickly, types, coordinate system and notes kept."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from landmarket.errors import BadValueError, CrsError, ReadError
from landmarket.io.database_address import FINGERPRINT
from landmarket.io.file_names import LONGEST
from landmarket.io.whole import output_errors, sync_file
from landmarket.paths import is_there, refuse_pipe

PARQUET = (".parquet", ".geoparquet")
"""Endings of its files."""


def read_geoparquet(path: Path) -> gpd.GeoDataFrame:
    """Read a GeoParquet file (读工作格式).

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    GeoDataFrame
        Index from 1; a named index that the file was written with is a column.

    Raises
    ------
    ReadError
        If there is no such file or it is no GeoParquet.
    """
    if not is_there(path):
        raise ReadError(f"{path}：没有这个文件。办法：检查路径与文件名。")
    try:
        refuse_pipe(path)
        frame = gpd.read_parquet(path)
        times = days_of(pq.read_schema(path))
    except (ValueError, OSError) as error:
        said = " ".join(str(error).split())
        raise ReadError(
            f"{path}：不能作为 GeoParquet 读取（{said}）。办法：用 write_layer() 写成，或存为 GeoPackage。"
        ) from error
    frame.attrs.pop(FINGERPRINT, None)  # it was read from the file, not from a database
    frame = gpd.GeoDataFrame(with_index_as_columns(frame))
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    return frame.assign(**{name: frame[name].astype("datetime64[s]") for name in times if name in frame.columns})


def with_index_as_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Make columns of the named indices that a file was written with.

    Parameters
    ----------
    frame : DataFrame
        As read.

    Returns
    -------
    DataFrame
        The same rows.
    """
    named = [name for name in frame.index.names if name is not None and name not in frame.columns]
    return frame.reset_index(named) if named else frame


def days_of(schema: pa.Schema) -> list[str]:
    """Columns that were in whole seconds, a unit Parquet does not have: it keeps milliseconds.

    Parameters
    ----------
    schema : pyarrow.Schema
        Of the file.

    Returns
    -------
    list of str
        Their names.
    """
    described = schema.pandas_metadata or {}
    return [str(each["name"]) for each in described.get("columns", []) if each["numpy_type"] == "datetime64[s]"]


def write_geoparquet(layer: gpd.GeoDataFrame, path: Path) -> None:
    """Write a GeoParquet 1.1 file, whole or not at all (写工作格式).

    Parameters
    ----------
    layer : GeoDataFrame
        With a coordinate system, and no index but its columns.
    path : Path
        The file; an older one is replaced in one step.

    Raises
    ------
    BadValueError
        If a column holds values of several types.
    CrsError
        If there is no coordinate system: a file without one would be taken for WGS 84.
    OutputError
        If it cannot be written.
    """
    if layer.crs is None:
        raise CrsError(f"{path}：图层没有坐标系。办法：用 set_crs 写明。")
    part = path.with_name(f".{path.name[:LONGEST]}.{secrets.token_hex(4)}.part")
    with output_errors(path):
        try:
            layer.to_parquet(part, index=False, compression="zstd", schema_version="1.1.0", write_covering_bbox=True)
            if layer.geometry.has_z.any():
                _drop_flat_extent(part)
            sync_file(part)
            part.replace(path)
        except (ValueError, TypeError) as error:
            said = " ".join(str(error).split())
            raise BadValueError(f"{path}：写不成，{said}。办法：让每一列只有一种类型，列名不重复。") from error
        finally:
            part.unlink(missing_ok=True)


def _drop_flat_extent(path: Path) -> None:
    """Take out the extent, which is optional: of shapes with heights it must name the heights, and does not."""
    with pq.ParquetFile(path) as file:
        table = file.read()
    described = json.loads(table.schema.metadata[b"geo"])
    for column in described["columns"].values():
        column.pop("bbox", None)
    metadata = {**table.schema.metadata, b"geo": json.dumps(described).encode()}
    pq.write_table(table.replace_schema_metadata(metadata), path, compression="zstd")
