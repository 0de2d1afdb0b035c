"""Reading parcels and other layers as they come from a bureau: every row kept, every header understood."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from landmarket.columns import label, rename_map, schema
from landmarket.crs import with_crs
from landmarket.errors import BadValueError, ReadError, named_rows
from landmarket.io.boundary_text import SUFFIX as BOUNDARY_TEXT
from landmarket.io.boundary_text import read_boundary_text
from landmarket.io.database_address import NO_DRIVER, is_database, shown_address
from landmarket.io.dates import day_cure
from landmarket.io.encoding import shapefile_encoding
from landmarket.io.foreign_formats import require_readable_format
from landmarket.io.geoparquet import PARQUET, read_geoparquet
from landmarket.io.quantities import quantity_cure, to_quantity
from landmarket.io.values import Mask, clean_text, to_choice, to_code, to_date
from landmarket.io.zip_files import ZIP, unpacked_layer

_SHAPEFILE = ".shp"
_NUMBERS = ("number", "whole", "fen")
_SHOWN = 3

Typed: TypeAlias = "pd.Series[float] | pd.Series[str] | pd.Series[pd.Timestamp]"


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
    if not Path(path).exists():
        raise ReadError(f"{path}：没有这个文件。办法：检查路径与文件名。")
    if Path(path).suffix.lower() == ZIP:
        with unpacked_layer(Path(path)) as inner:
            return list_layers(inner)
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
    raise ReadError(f"{path}：{asked}。现有图层：{'、'.join(layers)}。办法：用 layer= 指明。")


def _vector(path: Path, encoding: str | None, layer: str | None) -> tuple[gpd.GeoDataFrame, str]:
    """Read a vector file by GDAL; give it, on its record numbers, and what was found about its encoding."""
    note = "文件自带编码"
    shapefile = path.suffix.lower() == _SHAPEFILE
    if shapefile:
        if not path.exists():
            raise ReadError(f"{path}：没有这个文件。办法：检查路径与文件名。")
        encoding, how = shapefile_encoding(path, encoding)
        note = f"{encoding}（{how}）"
    name = _one_layer(path, layer)
    try:
        with _told_by_gdal() as told:
            frame = pyogrio.read_dataframe(
                path, layer=name, encoding=encoding, fid_as_index=shapefile, on_invalid="ignore"
            )
    except UnicodeDecodeError as error:
        raise ReadError(
            f"{path}：图层 {name} 的字段名在汉字中间被截断（{error}）。"
            "办法：字段名改为 3 个汉字以内，或另存为 GeoPackage。"
        ) from error
    except Exception as error:  # of a damaged file the library raises whatever it stumbles over
        raise ReadError(f"{path}：图层 {name} 读不出来（{error}）。办法：在 QGIS 中打开检查，或重新导出。") from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise ReadError(f"{path}：图层 {name} 没有图形。办法：选另一个图层：{'、'.join(list_layers(path))}。")
    frame.index = frame.index + 1 if shapefile else pd.RangeIndex(1, len(frame) + 1)
    return frame, "；".join([note, *(f"读取提示 {text}" for text in told[:_SHOWN])])


def _table(address: str, layer: str | None) -> tuple[gpd.GeoDataFrame, str]:
    try:
        from landmarket.io.postgis_reading import read_table
    except ImportError as error:
        raise ReadError(NO_DRIVER) from error
    return read_table(address, layer)


def _read(path: str | Path, encoding: str | None, layer: str | None) -> tuple[gpd.GeoDataFrame, str, str]:
    """Read from wherever it is; give the rows, what was found about the encoding, and the place as it may be shown."""
    if is_database(path):
        return *_table(str(path), layer), shown_address(str(path))
    file = Path(path)
    if file.suffix.lower() == ZIP:
        with unpacked_layer(file) as inner:
            frame, encoded, name = _read(inner, encoding, layer)
        return frame, encoded, f"{file.name} 中的 {name}"
    if file.suffix.lower() == BOUNDARY_TEXT:
        frame = read_boundary_text(file)
        return frame, str(frame.attrs["encoding"]), file.name
    if file.suffix.lower() in PARQUET:
        return read_geoparquet(file), "UTF-8（Parquet）", file.name
    return *_vector(file, encoding, layer), file.name


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
        though not read; elsewhere the position of the row, as feature numbers there may be any number. Chinese
        headers that ``columns.csv`` knows are identifiers, others stay; codes are text, other cells as the file
        has them. What was found about encoding and coordinates stands in ``.attrs["source_notes"]``.

    Raises
    ------
    ReadError
        If the file or layer cannot be read, or its texts cannot be decoded.
    CrsError
        If the coordinate system is unknown or contradicts the coordinates.
    """
    frame, encoded, shown = _read(path, encoding, layer)
    where = shown if is_database(path) else str(path)
    frame, located = with_crs(named_columns(frame, where), crs, where)
    frame.index = frame.index.rename("source_row")
    frame.attrs["source_notes"] = (
        f"文件：{shown}",
        f"编码：{encoded}",
        f"坐标系：{located}",
        f"记录：{len(frame)}",
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
