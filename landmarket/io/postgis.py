"""PostGIS (空间数据库): the connection to it, and the layers it has."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow

from landmarket.errors import LandMarketWarning, ReadError
from landmarket.io.database_address import address_password, shown_address

Link = psycopg.Connection[TupleRow]

_TIMEOUT = "10"
_LAYERS = """
SELECT f_table_schema, f_table_name, f_geometry_column FROM geometry_columns
UNION ALL
SELECT f_table_schema, f_table_name, f_geography_column FROM geography_columns
ORDER BY 1, 2, 3"""


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


def one_table(tables: list[SpatialTable], layer: str | None, where: str) -> SpatialTable:
    """Choose the layer that is asked for (选定图层).

    Parameters
    ----------
    tables : list of SpatialTable
        Of the database.
    layer : str or None
        Any of a table's names; None where there is only one.
    where : str
        The database, for messages.

    Returns
    -------
    SpatialTable
        The one.

    Raises
    ------
    ReadError
        If there is none, or several.
    """
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
