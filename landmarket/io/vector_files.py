"""Layers in files and databases as GDAL reads them (矢量数据): every row, and what was found about the texts."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from landmarket.errors import ReadError
from landmarket.io.boundary_text import SUFFIX as BOUNDARY_TEXT
from landmarket.io.boundary_text import read_boundary_text
from landmarket.io.database_address import NO_DRIVER, is_database, shown_address
from landmarket.io.dbf_table import Field, read_dbf
from landmarket.io.encoding import shapefile_encoding
from landmarket.io.field_names import BYTES, from_bytes, has_cut_name, with_whole_names
from landmarket.io.file_kinds import require_own_layers
from landmarket.io.foreign_formats import require_readable_format
from landmarket.io.geoparquet import PARQUET, read_geoparquet
from landmarket.io.shapefile_parts import SHAPEFILE, deleted_note, require_parts, require_same_records
from landmarket.io.unread_shapes import SHAPES_NOT_READ, shapes_not_read
from landmarket.io.zip_files import ZIP, unpacked_layer
from landmarket.paths import is_there

_SHOWN = 3


def list_layers(path: str | Path) -> list[str]:
    """Names of the layers of a file.

    Parameters
    ----------
    path : path-like
        Any vector file, a FileGDB folder or the address of a PostGIS database.

    Returns
    -------
    list of str
        In the order of the file.

    Raises
    ------
    ReadError
        If there is no such file or it is no vector data.
    """
    if is_database(path):
        return _tables(str(path))
    require_readable_format(Path(path))
    if not is_there(Path(path)):
        raise ReadError(f"{path}：没有这个文件。办法：检查路径与文件名。")
    if Path(path).suffix.lower() == ZIP:
        with unpacked_layer(Path(path)) as inner:
            return list_layers(inner)
    if Path(path).suffix.lower() in (*PARQUET, BOUNDARY_TEXT):
        return [Path(path).stem]
    require_own_layers(Path(path))
    if Path(path).suffix.lower() == SHAPEFILE:
        require_parts(Path(path))
    try:
        with _told_by_gdal():
            return [str(name) for name, _ in pyogrio.list_layers(path)]
    except Exception as error:  # of a damaged file the library raises whatever it stumbles over
        raise ReadError(
            f"{path}：不能作为矢量数据读取（{error}）。办法：转换为 Shapefile、GeoPackage 或 FileGDB。"
        ) from error


@contextmanager
def _told_by_gdal() -> Iterator[list[str]]:
    """Collect what GDAL says of a file beside the result: it belongs to the notes on that file, not on the screen."""
    told: list[str] = []
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        yield told
    told += dict.fromkeys(" ".join(str(one.message).split()) for one in said)


def _tables(address: str) -> list[str]:
    try:
        from landmarket.io.postgis import list_tables
    except ImportError as error:
        raise ReadError(NO_DRIVER) from error
    return list_tables(address)


def _one_layer(path: Path, layer: str | None) -> str:
    layers = list_layers(path)
    if layer is None and len(layers) == 1:
        return layers[0]
    if layer in layers:
        return str(layer)
    asked = "有多个图层" if layer is None else f"没有图层 {layer}"
    raise ReadError(f"{path}：{asked}。现有图层：{'、'.join(layers)}。办法：用 layer=（命令行 --layer）指明。")


def _vector(path: Path, layer: str | None) -> tuple[gpd.GeoDataFrame, str]:
    """Read a vector file that says its own encoding by GDAL; give it and what was said while it was read."""
    name = _one_layer(path, layer)
    try:
        with _told_by_gdal() as told:
            frame = pyogrio.read_dataframe(path, layer=name, on_invalid="ignore")
    except Exception as error:  # of a damaged file the library raises whatever it stumbles over
        raise ReadError(f"{path}：图层 {name} 读不出来（{error}）。办法：在 QGIS 中打开检查，或重新导出。") from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise ReadError(f"{path}：图层 {name} 没有图形。办法：选另一个图层：{'、'.join(list_layers(path))}。")
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    with _told_by_gdal():  # what it says again was heard above
        unread = shapes_not_read(path, name, frame)
    if unread:
        frame.attrs[SHAPES_NOT_READ] = unread
    return frame, "；".join(["文件自带编码", *(f"读取提示 {text}" for text in told[:_SHOWN])])


def _shapefile(path: Path, encoding: str | None, layer: str | None) -> tuple[gpd.GeoDataFrame, str]:
    """Read a shapefile by GDAL; give it, on its record numbers, and what was found about its encoding and names."""
    if not is_there(path):
        raise ReadError(f"{path}：没有这个文件。办法：检查路径与文件名。")
    name = _one_layer(path, layer)
    table = read_dbf(path)
    require_same_records(path, table)
    encoding, how = shapefile_encoding(path, table, encoding)
    fields, deleted = table.fields, deleted_note(table)
    del table  # as large as the file
    try:
        with _told_by_gdal() as told:
            frame = _decoded_records(path, name, encoding, fields)
    except Exception as error:  # of a damaged file the library raises whatever it stumbles over
        raise ReadError(f"{path}：图层 {name} 读不出来（{error}）。办法：在 QGIS 中打开检查，或重新导出。") from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise ReadError(f"{path}：没有图形。办法：检查 .shp 是否完整。")
    frame, named = with_whole_names(frame, fields, encoding, str(path))
    frame.index = frame.index + 1
    frame.attrs["name_notes"] = named
    frame.attrs["deleted_note"] = deleted
    return frame, "；".join([f"{encoding}（{how}）", *(f"读取提示 {text}" for text in told[:_SHOWN])])


def _decoded_records(path: Path, layer: str, encoding: str, fields: Sequence[Field]) -> pd.DataFrame:
    if not has_cut_name(fields, encoding):
        try:
            return _records(path, layer, encoding)
        except UnicodeDecodeError:  # a text is cut inside a character
            pass
    return from_bytes(_records(path, layer, BYTES), encoding)


def _records(path: Path, layer: str, encoding: str) -> pd.DataFrame:
    frame: pd.DataFrame = pyogrio.read_dataframe(
        path, layer=layer, encoding=encoding, fid_as_index=True, on_invalid="ignore"
    )
    return frame


def _table(address: str, layer: str | None) -> tuple[gpd.GeoDataFrame, str]:
    try:
        from landmarket.io.postgis_reading import read_table
    except ImportError as error:
        raise ReadError(NO_DRIVER) from error
    return read_table(address, layer)


def read_rows(path: str | Path, encoding: str | None, layer: str | None) -> tuple[gpd.GeoDataFrame, str, str]:
    """Read a layer from wherever it is (读图层), its columns as they are there.

    Parameters
    ----------
    path : path-like
        As for `read_parcels`.
    encoding : str or None
        Of a shapefile's texts.
    layer : str or None
        Of a file with several.

    Returns
    -------
    layer : GeoDataFrame
        Every row; ``.attrs["name_notes"]`` has what was found about field names, ``.attrs["deleted_note"]`` about
        records marked as deleted.
    encoded : str
        What was found about the encoding, in Chinese.
    shown : str
        The place as it may be shown.

    Raises
    ------
    ReadError
        If it cannot be read.
    """
    if is_database(path):
        return *_table(str(path), layer), shown_address(str(path))
    file = Path(path)
    require_readable_format(file)
    if file.suffix.lower() == ZIP:
        with unpacked_layer(file) as inner:
            frame, encoded, name = read_rows(inner, encoding, layer)
        return frame, encoded, f"{file.name} 中的 {name}"
    if file.suffix.lower() == BOUNDARY_TEXT:
        frame = read_boundary_text(file)
        return frame, str(frame.attrs["encoding"]), file.name
    if file.suffix.lower() in PARQUET:
        return read_geoparquet(file), "UTF-8（Parquet）", file.name
    if file.suffix.lower() == SHAPEFILE:
        return *_shapefile(file, encoding, layer), file.name
    return *_vector(file, layer), file.name
