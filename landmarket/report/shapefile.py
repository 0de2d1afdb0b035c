"""A shapefile in GB18030 (导出 Shapefile) with short Chinese field names, and a list of what each field is."""

from __future__ import annotations

import secrets
import shutil
import warnings
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import pandas as pd
import pyogrio

from landmarket.columns import label, schema
from landmarket.errors import BadValueError, CrsError, OutputError, named_rows
from landmarket.io.file_names import LONGEST
from landmarket.io.manifest import require_public
from landmarket.io.tables import csv_bytes
from landmarket.io.whole import output_errors, put_in_place, sync_file
from landmarket.report.layer_style import symbol_kind

ENCODING = "GB18030"
LIST_ENDING = "_字段对照.csv"
"""Ending of the file beside the shapefile that says what each field is."""

TEXT_BYTES = 254
"""Most bytes of a text in a field: dBASE III."""

_NAME_BYTES = 10
_PARTS = (".cpg", ".prj", ".dbf", ".shx", ".shp")
_STALE = (".qix", ".sbn", ".sbx", ".qmd")
_HEADS = ("字段", "标识符", "表头", "单位", "说明")


class Field(NamedTuple):
    """One field of a shapefile (字段).

    Attributes
    ----------
    field : str
        Its name, at most ten bytes in GB18030.
    column : str
        The column it was.
    note : str
        Whether the name was cut or numbered.
    """

    field: str
    column: str
    note: str


def field_names(columns: list[str]) -> tuple[Field, ...]:
    """Give each column a field name that a shapefile can hold (字段名).

    Parameters
    ----------
    columns : list of str
        Column identifiers, or headers the schema does not know.

    Returns
    -------
    tuple of Field
        The Chinese header cut to ten bytes of GB18030 between characters; names that would be one, upper and lower
        case alike, are numbered in order.

    Examples
    --------
    >>> [one.field for one in field_names(["parcel_code", "land_source", "总地价测算值一", "总地价测算值二"])]
    ['宗地代码', '土地来源', '总地价测算', '总地价测2']
    """
    found: list[Field] = []
    taken: set[str] = set()
    for column in columns:
        known = schema().get(column)
        whole = known.headers[0] if known else column
        name, number = _cut(whole, _NAME_BYTES) or "_", 1
        while name.casefold() in taken:
            number += 1
            name = _cut(whole, _NAME_BYTES - len(str(number))) + str(number)
        taken.add(name.casefold())
        found.append(Field(name, column, "" if name == whole else "重名，已编号" if number > 1 else "已截短"))
    return tuple(found)


def write_shapefile(path: Path, layer: gpd.GeoDataFrame) -> None:
    """Write a layer as a shapefile in GB18030 (导出 Shapefile), with a list of its fields beside it.

    Parameters
    ----------
    path : Path
        The ``.shp`` file; its parts and the list, named with the ending ``_字段对照.csv``, go beside it. Older ones
        are replaced, the ``.shp`` last.
    layer : GeoDataFrame
        The layer, with a coordinate system. A named index becomes a field.

    Raises
    ------
    BadValueError
        If a column is secret, the path is of no ``.shp`` file, geometries are of several kinds, or a text does not fit.
    CrsError
        If the layer has no coordinate system.
    OutputError
        If it cannot be written whole.

    Notes
    -----
    A field holds at most 254 bytes of text: a longer one is refused, never cut. Days are written as days, times of
    day as text.
    """
    if path.suffix.lower() != ".shp":
        raise BadValueError(f"{path}：应为 .shp 文件。办法：改后缀。")
    table = layer.reset_index() if layer.index.name is not None else layer.reset_index(drop=True)
    require_public(table.columns, str(path))
    if table.crs is None:
        raise CrsError(f"{path}：没有坐标系。办法：读入时写明，或用 set_crs。")
    symbol_kind(table, str(path))
    geometry = table.geometry.name
    fields = field_names([str(name) for name in table.columns if name != geometry])
    shown = gpd.GeoDataFrame(
        {one.field: _dbf_values(table[one.column], one.column, layer.index) for one in fields},
        geometry=table.geometry.array,
        crs=table.crs,
    )
    with output_errors(path):
        _write_parts(path, shown, _field_list(fields))


def _write_parts(path: Path, table: gpd.GeoDataFrame, listed: bytes) -> None:
    """Write all parts into a folder beside, then move them in place."""
    staging = path.with_name(f".{path.stem[:LONGEST]}.{secrets.token_hex(4)}.part")
    staging.mkdir()
    try:
        made = staging / f"{path.stem}.shp"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", RuntimeWarning)  # whatever does not fit
                pyogrio.write_dataframe(table, made, driver="ESRI Shapefile", encoding=ENCODING)
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, RuntimeWarning) as error:
            raise OSError(str(error)) from error
        if pyogrio.read_info(made)["features"] != len(table):
            raise OutputError(f"{path}：写入的要素数与图层不符。办法：检查磁盘后重写。")
        fields = path.with_name(f"{path.stem}{LIST_ENDING}")
        (staging / fields.name).write_bytes(listed)
        for part in (staging / fields.name, *(made.with_suffix(ending) for ending in _PARTS)):
            sync_file(part)
        put_in_place(staging, [fields, *(path.with_suffix(ending) for ending in (*_STALE, *_PARTS))])
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _dbf_values(values: pd.Series[str], column: str, rows: pd.Index[str]) -> pd.Series[str]:
    """Make values that a field can hold, or refuse."""
    if pd.api.types.is_datetime64_any_dtype(values):
        moments = pd.to_datetime(values)
        days = moments.dropna()
        whole = bool((days == days.dt.normalize()).all())
        printed = moments.dt.date if whole else moments.dt.strftime("%Y-%m-%d %H:%M:%S")
        return printed.astype("object").where(values.notna(), None)
    if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return values
    there = values.notna().to_numpy()
    texts = values[there].astype("str")
    lengths = [len(text.encode(ENCODING, errors="replace")) for text in texts]
    long = [length > TEXT_BYTES for length in lengths]
    if any(long):
        raise BadValueError(
            f"Shapefile：列 {label(column)} 的文字超过 {TEXT_BYTES} 字节，{named_rows(rows[there][long])}。"
            "办法：缩短文字，或改写 GeoPackage。"
        )
    return values


def _cut(text: str, most: int) -> str:
    """Cut a text between characters so that it has at most so many bytes."""
    while len(text.encode(ENCODING, errors="replace")) > most:
        text = text[:-1]
    return text


def _field_list(fields: tuple[Field, ...]) -> bytes:
    known = [schema().get(one.column) for one in fields]
    headers = [one.headers[0] if one else field.column for one, field in zip(known, fields, strict=True)]
    units = [one.unit if one else "" for one in known]
    columns = (
        [one.field for one in fields],
        [one.column for one in fields],
        headers,
        units,
        [one.note for one in fields],
    )
    return csv_bytes(pd.DataFrame(dict(zip(_HEADS, columns, strict=True)), dtype="str"))
