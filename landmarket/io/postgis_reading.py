"""Layers read from PostGIS (读空间数据库) as from a file, in one transaction that changes nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import psycopg
import shapely
from psycopg import sql
from pyproj import CRS
from pyproj.exceptions import CRSError as ProjError

from landmarket.columns import label, rename_map, schema
from landmarket.errors import CrsError, ReadError
from landmarket.io.database_address import FINGERPRINT, shown_address
from landmarket.io.postgis import Link, SpatialTable, connected, one_table, spatial_tables

_BATCH = 20_000
_YES_NO = ("是", "否")
_COLUMNS = """
SELECT a.attname, t.typname, a.attnum = ANY(k.indkey), c.relkind::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type u ON u.oid = a.atttypid
JOIN pg_type t ON t.oid = CASE WHEN u.typtype = 'd' THEN u.typbasetype ELSE u.oid END
LEFT JOIN pg_index k ON k.indrelid = c.oid AND k.indisprimary
WHERE n.nspname = %s AND c.relname = %s ORDER BY a.attnum"""
_SPATIAL = ("geometry", "geography")
_FLOAT = ("float4", "float8")
_TIMES = {"date": "datetime64[s]", "timestamp": "datetime64[us]", "timestamptz": "datetime64[us]"}
_DTYPES = {"bool": "boolean"} | _TIMES
_DTYPES |= dict.fromkeys(("int2", "int4", "int8"), "Int64") | dict.fromkeys((*_FLOAT, "numeric"), "float64")
# Measures are no part of a shape, as with files; a multi-surface without arcs is a multi-polygon.
_SHAPE = """ST_AsBinary(CASE WHEN ST_GeometryType({0}::geometry) IN
('ST_MultiSurface', 'ST_MultiCurve', 'ST_CurvePolygon', 'ST_CompoundCurve') THEN ST_CurveToLine({0}::geometry)
WHEN ST_Zmflag({0}::geometry) = 1 THEN ST_Force2D({0}::geometry)
WHEN ST_Zmflag({0}::geometry) = 3 THEN ST_Force3DZ({0}::geometry) ELSE {0}::geometry END)"""
_SYSTEMS = """SELECT ST_SRID({0}::geometry), count(*) FILTER (WHERE ST_HasArc({0}::geometry))
{1} WHERE {0} IS NOT NULL GROUP BY 1 ORDER BY 1"""
_ODD_DAYS = "count(*) FILTER (WHERE NOT {}::timestamp BETWEEN '0001-01-01' AND '9999-12-31 23:59:59.999999')"

Shapes = np.ndarray[tuple[int], np.dtype[np.object_]]


@dataclass(frozen=True)
class _Reading:
    """How a table is read: columns but the geometry with their types in the database, the key, the query."""

    table: SpatialTable
    where: str
    kinds: dict[str, str]
    dtypes: list[str]
    keys: list[str]
    srid: int
    query: sql.Composed


def read_table(address: str, layer: str | None) -> tuple[gpd.GeoDataFrame, str]:
    """Read a table of PostGIS (读空间表) as a file would be read.

    Parameters
    ----------
    address : str
        Address of the database.
    layer : str or None
        ``schema.table``, ``table``, or either with ``(column)``; None where there is only one.

    Returns
    -------
    frame : GeoDataFrame
        Index from 1, by primary key where there is one; codes are exact text, 是/否 where the table has true and
        false, times those of the session's clock. Headers as the table has them. ``attrs`` hold its fingerprint.
    note : str
        Layer and order, in Chinese.

    Raises
    ------
    ReadError
        If database, table or cells cannot be read.
    CrsError
        If the table mixes coordinate systems or has an unknown one.
    """
    with _reading(address, layer) as (link, reading):
        crs = _crs(link, reading)
        columns, shapes = _fetch(link, reading)
        stated = _fingerprint(link, reading)
    frame = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, index=columns.index, crs=crs))
    name = reading.table.geometry
    frame = frame.rename_geometry(name) if name not in ("geometry", *reading.kinds) else frame
    frame.attrs[FINGERPRINT] = stated
    how = f"按主键 {'、'.join(reading.keys)}" if reading.keys else "按表中次序"
    return frame, f"UTF-8（PostGIS，{reading.table.name}，{how}）"


def table_fingerprint(address: str, layer: str | None) -> dict[str, str | int]:
    """Fingerprint of what `read_table` reads (表的指纹).

    Parameters
    ----------
    address : str
        Address of the database.
    layer : str or None
        As for `read_table`.

    Returns
    -------
    dict
        ``database``, without the password; ``layer``; ``rows``; and ``sha256``, which any change of a cell, a shape,
        a column, the coordinate system or the order changes.

    Raises
    ------
    ReadError, CrsError
        As `read_table`.
    """
    with _reading(address, layer) as (link, reading):
        return _fingerprint(link, reading)


@contextmanager
def _reading(address: str, layer: str | None) -> Iterator[tuple[Link, _Reading]]:
    """A transaction that sees one state of the table, and how to read it."""
    where = shown_address(address)
    with connected(address) as link:
        link.isolation_level, link.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
        table = one_table(spatial_tables(link, where), layer, where)
        where = f"{where} 的 {table.name}"
        try:
            yield link, _described(link, table, where)
        except psycopg.Error as error:
            said = " ".join((error.diag.message_primary or str(error)).split())
            raise ReadError(f"{where}：读不出来（{said}）。办法：检查读取权限和数据。") from error


def _described(link: Link, table: SpatialTable, where: str) -> _Reading:
    described = link.execute(_COLUMNS, (table.space, table.table)).fetchall()
    keys = [str(row[0]) for row in described if row[2]]
    kinds = {str(name): str(kind) for name, kind, *_ in described if str(kind) not in _SPATIAL}
    renamed = rename_map(kinds)
    texts = {name for name, kind in kinds.items() if _as_text(renamed.get(name, name), kind)}
    chosen = [_selected(name, kind, name in texts) for name, kind in kinds.items()]
    origin = sql.SQL("FROM {}").format(sql.Identifier(table.space, table.table))
    _require_days(link, [name for name, kind in kinds.items() if kind in _TIMES and name not in texts], origin, where)
    order: sql.Composable = sql.SQL("")
    if keys:
        order = sql.SQL("ORDER BY {}").format(sql.SQL(", ").join(map(sql.Identifier, keys)))
    elif described[0][3] == "r":
        order = sql.SQL("ORDER BY ctid")  # as the rows lie in the table
    shape = sql.SQL(_SHAPE).format(sql.Identifier(table.geometry))
    return _Reading(
        table=table,
        where=where,
        kinds=kinds,
        dtypes=["str" if name in texts else _DTYPES.get(kind, "str") for name, kind in kinds.items()],
        keys=keys,
        srid=_srid(link, table, origin, where),
        query=sql.SQL("SELECT {} {} {}").format(sql.SQL(", ").join([*chosen, shape]), origin, order),
    )


def _as_text(name: str, kind: str) -> bool:
    """Whether the database itself shall write the cells: codes, whose digits count, and 是/否."""
    column = schema().get(name)
    code = column is not None and column.kind == "code" and kind not in _FLOAT
    return code or (kind == "bool" and column is not None and column.allowed == _YES_NO)


def _selected(name: str, kind: str, as_text: bool) -> sql.Composable:
    column = sql.Identifier(name)
    if kind == "bool" and as_text:
        return sql.SQL("CASE {0} WHEN true THEN {1} WHEN false THEN {2} END").format(column, *map(sql.Literal, _YES_NO))
    if kind == "numeric":
        return sql.SQL("trim_scale({})::text" if as_text else "{}::float8").format(column)
    if kind in _DTYPES and not as_text:
        return sql.SQL("{}::timestamp" if kind == "timestamptz" else "{}").format(column)
    return sql.SQL("{}::text").format(column)


def _require_days(link: Link, names: list[str], origin: sql.Composed, where: str) -> None:
    """Refuse days that only a database knows: infinity, and years before 1 or after 9999."""
    if not names:
        return
    counts = sql.SQL(", ").join(sql.SQL(_ODD_DAYS).format(sql.Identifier(name)) for name in names)
    found = link.execute(sql.SQL("SELECT {} {}").format(counts, origin)).fetchone() or ()
    odd = {name: count for name, count in zip(names, found, strict=True) if count}
    if odd:
        said = "、".join(f"列 {label(rename_map([name]).get(name, name))} {count} 行" for name, count in odd.items())
        raise ReadError(
            f"{where}：{said}的日期是无穷大（infinity），或不在公元 1 年至 9999 年之间。"
            "办法：没有日期的改为 NULL，其余改正。"
        )


def _srid(link: Link, table: SpatialTable, origin: sql.Composed, where: str) -> int:
    """The one SRID of the shapes, of the column where there are none; arcs are refused, as any chord is a guess."""
    rows = link.execute(sql.SQL(_SYSTEMS).format(sql.Identifier(table.geometry), origin)).fetchall()
    arcs = sum(int(row[1]) for row in rows)
    if arcs:
        raise ReadError(
            f"{where}：列 {table.geometry} 有 {arcs} 行图形含圆弧，化为折线的精度须由人定。"
            "办法：用 ST_CurveToLine 化为折线，写明允许的弦高。"
        )
    numbers = [int(row[0]) for row in rows]
    if len(numbers) > 1:
        raise CrsError(f"{where}：图形的 SRID 不一：{'、'.join(map(str, numbers))}。办法：用 ST_Transform 统一。")
    if numbers:
        return numbers[0]
    named = "SELECT srid FROM geometry_columns WHERE (f_table_schema, f_table_name, f_geometry_column) = (%s, %s, %s)"
    row = link.execute(named, (table.space, table.table, table.geometry)).fetchone()
    return 0 if row is None else int(row[0])


def _crs(link: Link, reading: _Reading) -> CRS | None:
    if reading.srid == 0:
        return None
    systems = "SELECT auth_name, auth_srid, srtext FROM spatial_ref_sys WHERE srid = %s"
    row = link.execute(systems, (reading.srid,)).fetchone()
    try:
        if row is None:
            raise ProjError("spatial_ref_sys 中没有")
        return CRS.from_authority(row[0], row[1]) if row[0] in ("EPSG", "ESRI") else CRS.from_wkt(str(row[2]))
    except ProjError as error:
        raise CrsError(
            f"{reading.where}：不认识 SRID {reading.srid}。办法：用 UpdateGeometrySRID 改为正确的代码。"
        ) from error


def _fingerprint(link: Link, reading: _Reading) -> dict[str, str | int]:
    """Hash what the query gives, as the database sends it in binary, under the names and types of its columns."""
    digest = hashlib.sha256(json.dumps([reading.kinds, reading.table.geometry, reading.srid]).encode())
    copy = sql.SQL("COPY ({}) TO STDOUT (FORMAT BINARY)").format(reading.query)
    with link.cursor() as cursor:
        with cursor.copy(copy) as source:
            for block in source:
                digest.update(block)
        rows = cursor.rowcount
    shown, _, _ = reading.where.partition(" 的 ")
    return {"database": shown, "layer": reading.table.name, "rows": rows, "sha256": digest.hexdigest()}


def _fetch(link: Link, reading: _Reading) -> tuple[pd.DataFrame, Shapes]:
    """Fetch by batches, so that rows as Python values never stand in memory all at once."""
    names, tables, shapes = list(reading.kinds), [], []
    with link.cursor(name="landmarket", binary=True) as cursor:
        cursor.execute(reading.query)
        while rows := cursor.fetchmany(_BATCH):
            columns = list(zip(*rows, strict=True))
            cells = zip(names, columns[:-1], reading.dtypes, strict=True)
            tables.append(pd.DataFrame({name: _cells(name, one, kind, reading.where) for name, one, kind in cells}))
            shapes.append(_shapes(columns[-1], reading.where))
    empty = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in zip(names, reading.dtypes, strict=True)})
    frame = pd.concat(tables, ignore_index=True) if names and tables else empty
    geometries = np.concatenate([np.empty(0, dtype=object), *shapes])
    frame = frame if names else pd.DataFrame(index=pd.RangeIndex(len(geometries)))
    whole = [name for name in names if frame[name].dtype in ("Int64", "boolean") and frame[name].notna().all()]
    frame = frame.astype({name: "int64" if frame[name].dtype == "Int64" else "bool" for name in whole})
    return frame.set_axis(pd.RangeIndex(1, len(frame) + 1), axis=0), geometries


def _cells(name: str, values: tuple[object, ...], dtype: str, where: str) -> pd.Series[str]:
    try:
        if dtype.startswith("datetime64"):
            return pd.Series(np.array(values, dtype=dtype), name=name)
        return pd.Series(values, dtype=dtype, name=name)
    except (ValueError, OverflowError, TypeError) as error:
        raise ReadError(f"{where}：列 {label(name)} 读不出来（{error}）。办法：改正数据或改为文本列。") from error


def _shapes(values: tuple[object, ...], where: str) -> Shapes:
    try:
        return np.asarray(shapely.from_wkb(np.array(values, dtype=object)), dtype=object)
    except (shapely.errors.GEOSException, NotImplementedError) as error:
        raise ReadError(f"{where}：图形读不出来（{error}）。办法：转换为点、线、面或其多部件。") from error
