"""Layers in PostGIS (空间数据库): found, and read as from a file, in one transaction that changes nothing."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import psycopg
import shapely
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from pyproj import CRS
from pyproj.exceptions import CRSError as ProjError

from landmarket.columns import label, rename_map, schema
from landmarket.errors import CrsError, LandMarketWarning, ReadError
from landmarket.io.database_address import address_password, shown_address

Link = psycopg.Connection[TupleRow]

_TIMEOUT = "10"
_BATCH = 20_000
_YES_NO = ("是", "否")
_LAYERS = """
SELECT f_table_schema, f_table_name, f_geometry_column FROM geometry_columns
UNION ALL
SELECT f_table_schema, f_table_name, f_geography_column FROM geography_columns
ORDER BY 1, 2, 3"""
_COLUMNS = """
SELECT a.attname, t.typname, a.attnum = ANY(k.indkey), c.relkind::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type u ON u.oid = a.atttypid
JOIN pg_type t ON t.oid = CASE WHEN u.typtype = 'd' THEN u.typbasetype ELSE u.oid END
LEFT JOIN pg_index k ON k.indrelid = c.oid AND k.indisprimary
WHERE n.nspname = %s AND c.relname = %s ORDER BY a.attnum"""
_SPATIAL = ("geometry", "geography")
_WHOLE = ("int2", "int4", "int8")
_FLOAT = ("float4", "float8")
_DTYPES = {"bool": "boolean", "date": "datetime64[s]", "timestamp": "datetime64[us]", "timestamptz": "datetime64[us]"}
_DTYPES |= dict.fromkeys(_WHOLE, "Int64") | dict.fromkeys((*_FLOAT, "numeric"), "float64")


@dataclass(frozen=True)
class SpatialTable:
    """A geometry column of a table (空间表): what other programs call a layer.

    Attributes
    ----------
    space, table, geometry : str
        Names of the schema, the table and the column.
    alone : bool
        Whether the table has no other geometry column.
    """

    space: str
    table: str
    geometry: str
    alone: bool

    @property
    def name(self) -> str:
        """As GDAL and QGIS write it: ``schema.table``, with ``(column)`` where there are several."""
        return f"{self.space}.{self.table}" + ("" if self.alone else f"({self.geometry})")

    @property
    def names(self) -> tuple[str, ...]:
        """Every way to ask for it."""
        full = f"{self.space}.{self.table}({self.geometry})"
        return (self.name, self.name.removeprefix(f"{self.space}."), full, full.removeprefix(f"{self.space}."))


@contextmanager
def connected(address: str) -> Iterator[Link]:
    """Connect to a database (连接数据库); what the block does is one transaction.

    Parameters
    ----------
    address : str
        Address; what it leaves out comes from PostgreSQL's environment variables, service and pgpass files.

    Yields
    ------
    Connection
        Committed when the block ends, rolled back when it fails.

    Raises
    ------
    ReadError
        If the database cannot be reached; the message never holds the password.
    """
    where, password = shown_address(address), address_password(address)
    if password:
        warnings.warn(
            f"{where}：地址里写了密码，会留在命令历史和笔记本里。办法：改用 pgpass 文件或服务文件。",
            LandMarketWarning,
            stacklevel=6,
        )
    try:
        waiting = conninfo_to_dict(address).get("connect_timeout") or os.environ.get("PGCONNECT_TIMEOUT", _TIMEOUT)
        link = psycopg.connect(make_conninfo(address, client_encoding="UTF8", connect_timeout=waiting))
    except psycopg.Error as error:
        said = " ".join(str(error).split())
        said = said.replace(password, "…") if password else said
        raise ReadError(
            f"{where}：连不上数据库（{said}）。办法：检查主机、端口、库名、用户，密码放在 pgpass 文件或 PGPASSWORD 里。"
        ) from None  # the driver's own words may repeat the address
    with link:
        yield link


def spatial_tables(link: Link, where: str) -> list[SpatialTable]:
    """List the geometry columns that the user may read.

    Parameters
    ----------
    link : Connection
        An open connection.
    where : str
        The database, for messages.

    Returns
    -------
    list of SpatialTable
        By schema, table and column.

    Raises
    ------
    ReadError
        If the database has no PostGIS.
    """
    try:
        found = [(str(space), str(table), str(column)) for space, table, column in link.execute(_LAYERS)]
    except psycopg.errors.UndefinedTable as error:
        raise ReadError(f"{where}：库里没有 PostGIS。办法：请管理员执行 CREATE EXTENSION postgis。") from error
    tables = [(space, table) for space, table, _ in found]
    return [SpatialTable(*each, alone=tables.count(each[:2]) == 1) for each in found]


def list_tables(address: str) -> list[str]:
    """Names of the layers of a database (列出图层).

    Parameters
    ----------
    address : str
        Address of the database.

    Returns
    -------
    list of str
        ``schema.table``, or ``schema.table(column)`` where a table has several geometry columns.

    Raises
    ------
    ReadError
        If the database cannot be reached or has no PostGIS.
    """
    with connected(address) as link:
        return [table.name for table in spatial_tables(link, shown_address(address))]


def _one_table(tables: list[SpatialTable], layer: str | None, where: str) -> SpatialTable:
    wanted = [table for table in tables if layer is None or layer in table.names]
    exact = [table for table in wanted if table.name == layer]
    if len(exact or wanted) == 1:
        return (exact or wanted)[0]
    columns = [table for table in tables if not table.alone and layer in (f"{table.space}.{table.table}", table.table)]
    several = wanted or columns
    asked = ("有多个图层" if layer is None else f"图层 {layer} 不止一个") if several else f"没有图层 {layer}"
    names = "、".join(table.name for table in several or tables) or "无"
    raise ReadError(
        f"{where}：{asked}。现有图层：{names}。办法：用 layer= 指明，如 layer='模式.表' 或 '模式.表(图形列)'。"
    )


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
        false, times those of the session's clock. Headers as the table has them.
    note : str
        Layer and order, in Chinese.

    Raises
    ------
    ReadError
        If database, table or cells cannot be read.
    CrsError
        If the table mixes coordinate systems or has an unknown one.
    """
    where = shown_address(address)
    with connected(address) as link:
        link.isolation_level, link.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
        table = _one_table(spatial_tables(link, where), layer, where)
        where = f"{where} 的 {table.name}"
        try:
            return _read(link, table, where)
        except psycopg.Error as error:
            said = " ".join((error.diag.message_primary or str(error)).split())
            raise ReadError(f"{where}：读不出来（{said}）。办法：检查读取权限和数据。") from error


def _read(link: Link, table: SpatialTable, where: str) -> tuple[gpd.GeoDataFrame, str]:
    described = link.execute(_COLUMNS, (table.space, table.table)).fetchall()
    keys = [str(row[0]) for row in described if row[2]]
    kinds = {str(name): str(kind) for name, kind, *_ in described if str(kind) not in _SPATIAL}
    renamed = rename_map(kinds)
    chosen = [_selected(name, kind, renamed.get(name, name)) for name, kind in kinds.items()]
    geometry = sql.SQL("ST_AsBinary({})").format(sql.Identifier(table.geometry))
    origin = sql.SQL("FROM {}").format(sql.Identifier(table.space, table.table))
    order: sql.Composable = sql.SQL("")
    if keys:
        order = sql.SQL("ORDER BY {}").format(sql.SQL(", ").join(map(sql.Identifier, keys)))
    elif described[0][3] == "r":
        order = sql.SQL("ORDER BY ctid")  # as the rows lie in the table
    crs = _crs(link, table, origin, where)
    query = sql.SQL("SELECT {} {} {}").format(sql.SQL(", ").join([*chosen, geometry]), origin, order)
    dtypes = [_DTYPES.get(kind, "str") for kind in kinds.values()]
    dtypes = [
        "str" if _as_text(renamed.get(name, name), kind) else dtype
        for (name, kind), dtype in zip(kinds.items(), dtypes, strict=True)
    ]
    columns, shapes = _fetch(link, query, list(kinds), dtypes, where)
    frame = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, index=columns.index, crs=crs))
    frame = frame.rename_geometry(table.geometry) if table.geometry not in ("geometry", *kinds) else frame
    how = f"按主键 {'、'.join(keys)}" if keys else "按表中次序"
    return frame, f"UTF-8（PostGIS，{table.name}，{how}）"


def _as_text(name: str, kind: str) -> bool:
    """Whether the database itself shall write the cells: codes, whose digits count, and 是/否."""
    column = schema().get(name)
    code = column is not None and column.kind == "code" and kind not in _FLOAT
    return code or (kind == "bool" and column is not None and column.allowed == _YES_NO)


def _selected(name: str, kind: str, identifier: str) -> sql.Composable:
    column = sql.Identifier(name)
    if kind == "bool" and _as_text(identifier, kind):
        return sql.SQL("CASE {0} WHEN true THEN {1} WHEN false THEN {2} END").format(column, *map(sql.Literal, _YES_NO))
    if kind == "numeric" and _as_text(identifier, kind):
        return sql.SQL("trim_scale({})::text").format(column)
    if kind == "numeric":
        return sql.SQL("{}::float8").format(column)
    if kind == "timestamptz":
        return sql.SQL("{}::timestamp").format(column)
    if kind in _DTYPES and not _as_text(identifier, kind):
        return column
    return sql.SQL("{}::text").format(column)


def _crs(link: Link, table: SpatialTable, origin: sql.Composed, where: str) -> CRS | None:
    query = sql.SQL("SELECT DISTINCT ST_SRID({0}::geometry) {1} WHERE {0} IS NOT NULL")
    numbers = [int(row[0]) for row in link.execute(query.format(sql.Identifier(table.geometry), origin))]
    if not numbers:
        named = (
            "SELECT srid FROM geometry_columns WHERE (f_table_schema, f_table_name, f_geometry_column) = (%s, %s, %s)"
        )
        numbers = [int(row[0]) for row in link.execute(named, (table.space, table.table, table.geometry))]
    if len(numbers) > 1:
        raise CrsError(
            f"{where}：图形的 SRID 不一：{'、'.join(map(str, sorted(numbers)))}。办法：用 ST_Transform 统一。"
        )
    if numbers in ([], [0]):
        return None
    systems = "SELECT auth_name, auth_srid, srtext FROM spatial_ref_sys WHERE srid = %s"
    row = link.execute(systems, numbers).fetchone()
    try:
        if row is None:
            raise ProjError("spatial_ref_sys 中没有")
        return CRS.from_authority(row[0], row[1]) if row[0] in ("EPSG", "ESRI") else CRS.from_wkt(str(row[2]))
    except ProjError as error:
        raise CrsError(f"{where}：不认识 SRID {numbers[0]}。办法：用 UpdateGeometrySRID 改为正确的代码。") from error


def _fetch(
    link: Link, query: sql.Composed, names: list[str], dtypes: list[str], where: str
) -> tuple[pd.DataFrame, np.ndarray[tuple[int], np.dtype[np.object_]]]:
    """Fetch by batches, so that rows as Python values never stand in memory all at once."""
    tables, shapes = [], []
    with link.cursor(name="landmarket", binary=True) as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(_BATCH):
            columns = list(zip(*rows, strict=True))
            cells = zip(names, columns[:-1], dtypes, strict=True)
            tables.append(pd.DataFrame({name: _cells(name, values, kind, where) for name, values, kind in cells}))
            shapes.append(_shapes(columns[-1], where))
    empty = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in zip(names, dtypes, strict=True)})
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


def _shapes(values: tuple[object, ...], where: str) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    try:
        return np.asarray(shapely.from_wkb(np.array(values, dtype=object)), dtype=object)
    except (shapely.errors.GEOSException, NotImplementedError) as error:
        raise ReadError(f"{where}：图形读不出来（{error}）。办法：曲线用 ST_CurveToLine 化为折线。") from error
