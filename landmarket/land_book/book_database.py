"""The land book in PostGIS (台账数据库): the same events and the same layer, for several people at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import geopandas as gpd
import pandas as pd
import psycopg
from psycopg import sql

from landmarket.errors import OutputError, ReadError
from landmarket.io.database_address import shown_address
from landmarket.io.postgis import Link, connected
from landmarket.io.postgis_reading import read_table
from landmarket.io.postgis_writing import write_table
from landmarket.land_book.book_rows import EVENTS, PARCELS, Row, event_table
from landmarket.land_book.events import EVENT_COLUMNS, WHOLES

SPACE = "land_book"
"""Schema the tables of a book lie in."""
_TYPES = dict.fromkeys(WHOLES, "bigint") | {"event_area": "float8", "happened_on": "date", "agreed_by": "date"}
_TABLE = sql.Identifier(SPACE, EVENTS)
_NAMES = sql.SQL(", ").join(map(sql.Identifier, EVENT_COLUMNS))
_SELECT = sql.SQL("SELECT {} FROM {}").format(_NAMES, _TABLE)
_COPY = sql.SQL("COPY {} ({}) FROM STDIN").format(_TABLE, _NAMES)
_LOCK = sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(_TABLE)
_CODES = sql.SQL("SELECT parcel_code FROM {} WHERE parcel_code IS NOT NULL").format(sql.Identifier(SPACE, PARCELS))
_CURE = "办法：核对地址和权限；新台账用 make_book 建立。"


class DatabaseWriting:
    """A transaction that writes into a book (写入事务).

    Parameters
    ----------
    link : Connection
        Inside a transaction that holds the lock on the events.
    """

    def __init__(self, link: Link) -> None:
        self._link = link

    def events(self) -> pd.DataFrame:
        """Read the events, those of the writer before included.

        Returns
        -------
        DataFrame
            As `typed_events`.
        """
        return event_table(self._link.execute(_SELECT).fetchall())

    def codes(self) -> set[str]:
        """Read which parcels the layer has.

        Returns
        -------
        set of str
            Parcel codes.
        """
        return {str(code) for (code,) in self._link.execute(_CODES)}

    def insert(self, rows: Sequence[Row]) -> None:
        """Add events.

        Parameters
        ----------
        rows : sequence of tuple
            As from `event_rows`.
        """
        with self._link.cursor() as cursor, cursor.copy(_COPY) as copy:
            for row in rows:
                copy.write_row(row)


class DatabaseStore:
    """The database a book is kept in (台账数据库).

    Parameters
    ----------
    address : str
        Its address; never shown with a password.
    """

    def __init__(self, address: str) -> None:
        self._address = address

    @contextmanager
    def writing(self) -> Iterator[DatabaseWriting]:
        """Hold the events alone while new ones are checked and added; readers go on.

        Yields
        ------
        DatabaseWriting
            Committed when the block ends, rolled back when it fails.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        try:
            with connected(self._address) as link:
                link.execute(_LOCK)
                yield DatabaseWriting(link)
        except psycopg.Error as error:
            raise OutputError(f"{self._where}：台账写不进去（{_said(error)}），什么也没有写入。{_CURE}") from error

    def events(self) -> pd.DataFrame:
        """Read the events.

        Returns
        -------
        DataFrame
            As `typed_events`.

        Raises
        ------
        ReadError
            If the database has no land book.
        """
        try:
            with connected(self._address) as link:
                return event_table(link.execute(_SELECT).fetchall())
        except psycopg.Error as error:
            raise ReadError(f"{self._where}：没有台账，或读不出来（{_said(error)}）。{_CURE}") from error

    def layer(self) -> gpd.GeoDataFrame:
        """Read the layer of parcels.

        Returns
        -------
        GeoDataFrame
            Indexed by parcel code.
        """
        table, _ = read_table(self._address, f"{SPACE}.{PARCELS}")
        return table.set_index("parcel_code")

    @property
    def _where(self) -> str:
        return shown_address(self._address)


def _said(error: psycopg.Error) -> str:
    return " ".join((error.diag.message_primary or str(error)).split())


def make_tables(address: str, parcels: gpd.GeoDataFrame) -> None:
    """Make the tables of an empty book (建立台账).

    Parameters
    ----------
    address : str
        Address of the database.
    parcels : GeoDataFrame
        The parcels, with ``parcel_code``.

    Raises
    ------
    OutputError
        If there is a book already, or it cannot be made.
    """
    where = shown_address(address)
    try:
        with connected(address) as link:
            link.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(SPACE)))
            row = link.execute("SELECT to_regclass(%s)", (f"{SPACE}.{EVENTS}",)).fetchone()
            if row and row[0] is not None:
                raise OutputError(f"{where}：已有台账，不覆盖。办法：用 open_book 打开。")
        write_table(parcels, address, f"{SPACE}.{PARCELS}", ["parcel_code"])
        with connected(address) as link:  # the events come last: only with them there is a book
            _make_events(link)
    except psycopg.Error as error:
        raise OutputError(f"{where}：台账建立不了（{_said(error)}）。{_CURE}") from error


def _make_events(link: Link) -> None:
    cells = [sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(_TYPES.get(name, "text"))) for name in EVENT_COLUMNS]
    link.execute(
        sql.SQL("CREATE TABLE {} (fid bigserial PRIMARY KEY, {}, UNIQUE (event_id))").format(
            _TABLE, sql.SQL(", ").join(cells)
        )
    )
    refuse = sql.Identifier(SPACE, "events_only_grow")
    link.execute(
        sql.SQL(
            "CREATE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '台账只增不改，请记更正事件'; END $$"
        ).format(refuse)
    )
    link.execute(
        sql.SQL(
            "CREATE TRIGGER only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON {} "
            "FOR EACH STATEMENT EXECUTE FUNCTION {}()"
        ).format(_TABLE, refuse)
    )
