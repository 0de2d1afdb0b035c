"""Layers written (写图层): to the working format or to PostGIS, by where they shall go."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd

from landmarket.checks import require_columns
from landmarket.errors import BadValueError, ReadError, named_rows
from landmarket.io.database_address import NO_DRIVER, is_database, shown_address
from landmarket.io.geoparquet import PARQUET, write_geoparquet
from landmarket.io.manifest import require_public


def write_layer(layer: gpd.GeoDataFrame, path: str | Path, name: str | None = None) -> None:
    """Write a layer whole, or leave what was there (写图层).

    Parameters
    ----------
    layer : GeoDataFrame
        With a coordinate system; a named index becomes a column.
    path : path-like
        A ``.parquet`` file, or the address of a PostGIS database.
    name : str, optional
        ``schema.table`` in the database.

    Raises
    ------
    BadValueError
        If the target is of another kind, a column is secret, or a cell cannot be written.
    CrsError
        If there is no coordinate system that the target can name.
    OutputError
        If it cannot be written whole.
    """
    _write(layer, path, name, [])


def write_parcels(parcels: gpd.GeoDataFrame, path: str | Path, name: str | None = None) -> None:
    """Write parcels (宗地) whole, each code once: in a database the code is the primary key.

    Parameters
    ----------
    parcels : GeoDataFrame
        As accepted by `screen`: indexed by ``parcel_code``, or with it as a column.
    path : path-like
        A ``.parquet`` file, or the address of a PostGIS database.
    name : str, optional
        ``schema.table`` in the database.

    Raises
    ------
    BadValueError
        If a code is missing or repeated, and as `write_layer`.
    CrsError, OutputError
        As `write_layer`.
    MissingColumnError
        If there is no parcel code.
    """
    if parcels.index.name != "parcel_code":
        require_columns(parcels, ["parcel_code"], "write_parcels")
    codes = parcels.index.to_series() if parcels.index.name == "parcel_code" else parcels["parcel_code"]
    bad = (codes.isna() | codes.duplicated(keep=False)).to_numpy()
    if bad.any():
        rows = named_rows(parcels.index[bad], codes[bad])
        raise BadValueError(f"parcel_code（宗地代码）缺失或重复，{rows}。办法：先用 screen() 检查，写 accepted。")
    _write(parcels, path, name, ["parcel_code"])


def _write(layer: gpd.GeoDataFrame, path: str | Path, name: str | None, keys: list[str]) -> None:
    where = shown_address(str(path)) if is_database(path) else str(path)
    names = [each for each in layer.index.names if each is not None]
    flat = layer.reset_index(names) if names else layer
    require_public(flat.columns, where)
    if is_database(path):
        if not name:
            raise BadValueError(f"{where}：没有说写到哪个表。办法：用 name='模式.表' 指明。")
        try:
            from landmarket.io.postgis_writing import write_table
        except ImportError as error:
            raise ReadError(NO_DRIVER) from error
        write_table(flat, str(path), name, keys)
        return
    if Path(path).suffix.lower() not in PARQUET:
        raise BadValueError(
            f"{where}：只写 GeoParquet（.parquet）和 PostGIS。"
            "办法：GeoPackage 用 landmarket.report.geopackage，Shapefile 用 landmarket.report.shapefile。"
        )
    write_geoparquet(flat, Path(path))
