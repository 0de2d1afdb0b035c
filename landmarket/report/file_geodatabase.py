"""A file geodatabase with Chinese field names (导出 FileGDB), for ArcGIS and for whoever delivers in it."""

from __future__ import annotations

import re
import secrets
import shutil
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from landmarket.columns import label, schema
from landmarket.errors import BadValueError, CrsError, OutputError, named_rows
from landmarket.io.file_names import LONGEST
from landmarket.io.manifest import require_public
from landmarket.io.whole import output_errors, sync_file
from landmarket.report.layer_style import symbol_kind

DRIVER = "OpenFileGDB"

_NAME_LENGTH, _MOST_EXACT = 60, 2**53
_NOT_A_LETTER = re.compile(r"\W")


def write_file_geodatabase(path: Path, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Write layers as a file geodatabase (导出 FileGDB), whole or not at all.

    Parameters
    ----------
    path : Path
        The ``.gdb`` folder; an older one is replaced.
    layers : mapping of str to GeoDataFrame
        By the name of the layer, each with a coordinate system. A named index becomes a field.

    Raises
    ------
    BadValueError
        If a column is secret, the path is of no ``.gdb``, a name cannot be used, geometries are of several kinds, or a
        whole number is too large for a field.
    CrsError
        If a layer has no coordinate system.
    OutputError
        If the installed GDAL writes no file geodatabase, or it cannot be written whole.

    Notes
    -----
    Fields are named by the Chinese header of their column, with signs that ArcGIS does not take replaced by ``_``.
    Whole numbers of 64 bits are stored as floating point numbers, exact up to 2⁵³, which every version of ArcGIS reads.
    """
    if path.suffix.lower() != ".gdb":
        raise BadValueError(f"{path}：应为 .gdb 文件夹。办法：改后缀。")
    if "w" not in pyogrio.list_drivers().get(DRIVER, ""):
        raise OutputError(f"{path}：所装的 GDAL 不能写 FileGDB。办法：改写 GeoPackage，或升级 pyogrio。")
    _require_names(layers)
    tables = {name: _table(f"{path} 图层 {name}", layer) for name, layer in layers.items()}
    kinds = {name: symbol_kind(table, f"{path} 图层 {name}") for name, table in tables.items()}
    with _whole(path) as part:
        for name, table in tables.items():
            pyogrio.write_dataframe(
                table, part, layer=name, driver=DRIVER, append=part.exists(), promote_to_multi=kinds[name] != "marker"
            )
        for name, table in tables.items():
            if pyogrio.read_info(part, layer=name)["features"] != len(table):
                raise OutputError(f"{path}：图层 {name} 写入的要素数不符。办法：检查磁盘后重写。")


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """Give a folder beside the one that is wanted, and put it in its place at the end."""
    mark = f"{path.stem[:LONGEST]}.{secrets.token_hex(4)}"
    part, old = path.with_name(f".{mark}.part.gdb"), path.with_name(f".{mark}.old.gdb")
    with output_errors(path):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", RuntimeWarning)  # whatever does not fit
                yield part
            for file in part.iterdir():
                sync_file(file)
            if path.exists():
                path.replace(old)
            part.replace(path)
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, RuntimeWarning) as error:
            raise OSError(str(error)) from error
        finally:
            if old.exists() and not path.exists():
                old.replace(path)
            for folder in (part, old):
                shutil.rmtree(folder, ignore_errors=True)


def _table(where: str, layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Make a table whose columns a file geodatabase can hold."""
    table = layer.reset_index() if layer.index.name is not None else layer.reset_index(drop=True)
    require_public(table.columns, where)
    if table.crs is None:
        raise CrsError(f"{where}：没有坐标系。办法：读入时写明，或用 set_crs。")
    columns = [str(name) for name in table.columns if name != table.geometry.name]
    stored = {column: _whole_numbers(table[column], column, layer.index, where) for column in columns}
    stored |= {column: table[column].dt.tz_localize("UTC") for column in columns if _is_day(table[column])}
    named = dict(zip(columns, field_names(columns), strict=True))
    return table.assign(**stored).rename(columns=named)


def field_names(columns: list[str]) -> list[str]:
    """Give each column a field name that ArcGIS takes (字段名).

    Parameters
    ----------
    columns : list of str
        Column identifiers, or headers the schema does not know.

    Returns
    -------
    list of str
        The Chinese header, at most 60 characters and a number where two would be one; upper and lower case are alike.

    Examples
    --------
    >>> field_names(["parcel_code", "1 期（亩）", "shape"])
    ['宗地代码', '_1_期_亩_', 'shape_2']
    """
    taken, found = {"objectid", "shape", "shape_length", "shape_area"}, []
    for column in columns:
        known = schema().get(column)
        stem = _NOT_A_LETTER.sub("_", known.headers[0] if known else column)[:_NAME_LENGTH] or "_"
        stem = f"_{stem}" if stem[0].isdigit() else stem
        name, number = stem, 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}_{number}"
        taken.add(name.casefold())
        found.append(name)
    return found


def _require_names(layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    folded = [name.casefold() for name in layers]
    wrong = [
        name
        for name in layers
        if not name.isidentifier()
        or len(name) > _NAME_LENGTH
        or name.startswith("_")
        or folded.count(name.casefold()) > 1
    ]
    if wrong or not layers:
        raise BadValueError(
            f"FileGDB：图层名 {'、'.join(wrong) or '（无）'} 不能用。"
            f"办法：以字开头，只用字、数字和下划线，至多 {_NAME_LENGTH} 字，不重名。"
        )


def _is_day(values: pd.Series[str]) -> bool:
    """Whether a column holds days: without a zone GDAL would warn of each."""
    return isinstance(values.dtype, np.dtype) and values.dtype.kind == "M"


def _whole_numbers(
    values: pd.Series[str], column: str, rows: pd.Index[str], where: str
) -> pd.Series[str] | pd.Series[float]:
    """Turn whole numbers into floating point ones, which every version reads, where they are exact."""
    if not pd.api.types.is_integer_dtype(values):
        return values
    numbers = values.astype("Int64")
    large = (numbers.abs() > _MOST_EXACT).fillna(value=False).to_numpy(dtype="bool")
    if large.any():
        raise BadValueError(
            f"{where}：列 {label(column)} 的整数超过 2⁵³，{named_rows(rows[large])}。"
            "办法：改用文字，或改写 GeoPackage。"
        )
    return numbers.astype("float64")
