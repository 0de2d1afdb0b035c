"""Layers written to PostGIS (写入空间数据库): the whole table in one transaction, or the old one stays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import psycopg
import shapely
from psycopg import sql

from landmarket.columns import label, schema
from landmarket.errors import BadValueError, CrsError, OutputError, named_rows
from landmarket.io.database_address import shown_address
from landmarket.io.postgis import Link, connected

MARK = "landmarket"
"""How the comment of a table begins that may be replaced, because it was written here."""

_NAME_BYTES = 63
_LARGEST = 2**63 - 1


def write_table(layer: gpd.GeoDataFrame, address: str, name: str, keys: Sequence[str]) -> None:
    """Write a layer as a table of PostGIS (写空间表).

    Parameters
    ----------
    layer : GeoDataFrame
        With a coordinate system that has an EPSG code, and no index but its columns.
    address : str
        Address of the database.
    name : str
        ``schema.table``, or ``table`` in the first schema of the search path.
    keys : sequence of str
        Columns of the primary key, or none.

    Raises
    ------
    BadValueError
        If a name or a cell cannot be written.
    CrsError
        If the coordinate system has no EPSG code.
    OutputError
        If the table is not one written here, or it cannot be written whole; the old one stands then.
    ReadError
        If the database cannot be reached.
    """
    where = f"{shown_address(address)} 的 {name}"
    kinds = _kinds(layer, where)
    rows = pd.Index(layer[keys[0]]) if keys else layer.index
    cells = [_cells(layer[column], kind, rows, where) for column, kind in kinds.items()]
    shapes, srid = _shapes(layer, where)
    try:
        with connected(address) as link:
            _replace(link, _identifier(name, where), where, [*_columns(layer, kinds, srid), *_key(keys)])
            copy = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
                _identifier(name, where), sql.SQL(", ").join(map(sql.Identifier, [*kinds, str(layer.geometry.name)]))
            )
            with link.cursor() as cursor, cursor.copy(copy) as target:
                target.set_types([*kinds.values(), "bytea"])
                for row in zip(*cells, shapes, strict=True):
                    target.write_row(row)
            index = sql.SQL("CREATE INDEX ON {} USING gist ({})")
            link.execute(index.format(_identifier(name, where), sql.Identifier(str(layer.geometry.name))))
    except psycopg.Error as error:
        said = " ".join((error.diag.message_primary or str(error)).split())
        raise OutputError(
            f"{where}：写不成，{said}。原来的表没有变。办法：检查连接、写权限，以及是否有视图依赖这个表。"
        ) from error


def _identifier(name: str, where: str) -> sql.Identifier:
    parts = name.split(".", 1)
    if any(not part or "\0" in part or len(part.encode("utf-8", "replace")) > _NAME_BYTES for part in parts):
        raise BadValueError(f"{where}：不能作表名。办法：写成 模式.表，各不超过 {_NAME_BYTES} 个字节（21 个汉字）。")
    return sql.Identifier(*parts)


def _replace(link: Link, table: sql.Identifier, where: str, columns: list[sql.Composable]) -> None:
    """Make the table anew; an older one only gives way if it was written here."""
    full = table.as_string(link)
    found = link.execute("SELECT to_regclass(%s)::oid, obj_description(to_regclass(%s))", (full, full)).fetchone()
    if found is not None and found[0] is not None:
        if not str(found[1] or "").startswith(MARK):
            raise OutputError(f"{where}：已有同名的表，不是本程序写的，不覆盖。办法：换一个表名，或请管理员先删除它。")
        link.execute(sql.SQL("DROP TABLE {}").format(table))
    link.execute(sql.SQL("CREATE TABLE {} ({})").format(table, sql.SQL(", ").join(columns)))
    link.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(table, sql.Literal(f"{MARK}：整表写入，可被再次写入替换")))


def _kinds(layer: gpd.GeoDataFrame, where: str) -> dict[str, str]:
    """PostgreSQL's type of every column but the geometry, names checked."""
    names = [str(name) for name in layer.columns]
    bad = [name for name in names if not name or "\0" in name or len(name.encode("utf-8", "replace")) > _NAME_BYTES]
    bad += [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if bad:
        raise BadValueError(
            f"{where}：列名 {'、'.join(map(repr, bad))} 为空、重复或超过 {_NAME_BYTES} 个字节。办法：改列名。"
        )
    return {name: _kind(layer[name], where) for name in names if name != layer.geometry.name}


def _kind(column: pd.Series[str], where: str) -> str:
    known = schema().get(str(column.name))
    if pd.api.types.is_bool_dtype(column.dtype):
        return "bool"
    if pd.api.types.is_integer_dtype(column.dtype):
        return "int8"
    if pd.api.types.is_float_dtype(column.dtype):
        return "float8"
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return "timestamptz"
    if pd.api.types.is_datetime64_dtype(column.dtype):
        return "date" if known is not None and known.kind == "date" else "timestamp"
    types: set[type] = {type(cell) for cell in np.asarray(column.dropna(), dtype=object)}
    if types == {date}:
        return "date"
    if types <= {str}:
        return "text"
    raise BadValueError(
        f"{where}：列 {label(str(column.name))} 有文字、数值、日期以外或混杂的值。办法：统一为一种类型。"
    )


def _cells(column: pd.Series[str], kind: str, rows: pd.Index[str], where: str) -> list[object]:
    """Cells as the driver takes them, None where missing; what the database would change is refused."""
    missing = column.isna().to_numpy()
    cells: list[object] = column.astype("object").tolist()
    bad = np.zeros(len(cells), dtype=bool)
    if kind == "text":
        bad = np.array([isinstance(cell, str) and not _is_text(cell) for cell in cells], dtype=bool)
    elif kind == "int8":
        bad = np.array([isinstance(cell, int) and cell > _LARGEST for cell in cells], dtype=bool)
    elif pd.api.types.is_datetime64_any_dtype(column.dtype):
        times = pd.DatetimeIndex(column)
        bad = ~missing & np.asarray(times != times.normalize() if kind == "date" else times.nanosecond > 0)
        cells = times.date.tolist() if kind == "date" else cells
    if bad.any():
        raise BadValueError(
            f"{where}：列 {label(str(column.name))} 的值数据库存不下（空字符、半个字符、钟点、纳秒或过大的整数），"
            f"{named_rows(rows[bad], column[bad])}。办法：改正这些值。"
        )
    return [None if lost else cell for cell, lost in zip(cells, missing, strict=True)]


def _is_text(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _shapes(layer: gpd.GeoDataFrame, where: str) -> tuple[list[bytes | None], int]:
    """Geometries with their SRID, and the SRID."""
    srid = None if layer.crs is None else layer.crs.to_epsg()
    if srid is None:
        raise CrsError(f"{where}：图层没有坐标系，或坐标系没有 EPSG 代码。办法：用 set_crs 写明，或 to_crs 转换。")
    shapes = shapely.set_srid(layer.geometry.to_numpy(), srid)
    flavoured: list[bytes | None] = shapely.to_wkb(shapes, include_srid=True).tolist()
    return flavoured, int(srid)


def _columns(layer: gpd.GeoDataFrame, kinds: dict[str, str], srid: int) -> list[sql.Composable]:
    """Definitions of the columns; the geometry has the one type of all rows, or any."""
    shapes = layer.geometry.dropna()
    types, deep = set(np.asarray(shapes.geom_type).tolist()), set(np.asarray(shapes.has_z, dtype=bool).tolist())
    shape = types.pop() if len(types) == 1 else "Geometry"
    shape += "Z" if deep == {True} else ""
    # Heights in some rows only fit no type that names a dimension; those tables name the SRID row by row.
    kind = sql.SQL("geometry({}, {})").format(sql.Identifier(shape), srid) if len(deep) < 2 else sql.SQL("geometry")
    defined = [sql.SQL("{} {}").format(sql.Identifier(name), sql.Identifier(kind)) for name, kind in kinds.items()]
    return [*defined, sql.SQL("{} {}").format(sql.Identifier(str(layer.geometry.name)), kind)]


def _key(keys: Sequence[str]) -> list[sql.Composable]:
    return [sql.SQL("PRIMARY KEY ({})").format(sql.SQL(", ").join(map(sql.Identifier, keys)))] if keys else []
