"""The land book in a GeoPackage (台账文件): events as a table that QGIS opens, beside the layer of parcels."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from landmarket.errors import OutputError, ReadError
from landmarket.io.file_names import LONGEST
from landmarket.io.locks import acquire, release
from landmarket.io.whole import file_beside, output_errors
from landmarket.land_book.book_rows import EVENTS, PARCELS, Row, event_table
from landmarket.land_book.events import EVENT_COLUMNS, WHOLES
from landmarket.paths import is_there

_WAIT = 60.0
"""How long a writer waits for another one [s]."""
_TYPES = dict.fromkeys(WHOLES, "INTEGER") | {"event_area": "REAL", "happened_on": "DATE", "agreed_by": "DATE"}
_CELLS = ", ".join(f'"{name}" {_TYPES.get(name, "TEXT")}' for name in EVENT_COLUMNS)
_NAMES = ", ".join(f'"{name}"' for name in EVENT_COLUMNS)
_MAKE = (
    f'CREATE TABLE "{EVENTS}" ("fid" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, {_CELLS}, UNIQUE ("event_id"))',
    *(
        f'CREATE TRIGGER "{EVENTS}_no_{act}" BEFORE {act.upper()} ON "{EVENTS}" '
        f"BEGIN SELECT RAISE(ABORT, '台账只增不改，请记更正事件'); END"
        for act in ("update", "delete")
    ),
)
_REGISTER = """
INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id)
VALUES (?, 'attributes', ?, '台账事件', strftime('%Y-%m-%dT%H:%M:%fZ','now'), 0)"""
_INSERT = f'INSERT INTO "{EVENTS}" ({_NAMES}) VALUES ({", ".join("?" * len(EVENT_COLUMNS))})'  # noqa: S608
_SELECT = f'SELECT {_NAMES} FROM "{EVENTS}"'  # noqa: S608
_CODES = f'SELECT DISTINCT parcel_code FROM "{PARCELS}" WHERE parcel_code IS NOT NULL'  # noqa: S608


class FileWriting:
    """A transaction that writes into a book (写入事务).

    Parameters
    ----------
    link : sqlite3.Connection
        Inside a transaction that holds the file's lock.
    """

    def __init__(self, link: sqlite3.Connection) -> None:
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
        self._link.executemany(_INSERT, rows)


class FileStore:
    """The file a book is kept in (台账文件).

    Parameters
    ----------
    path : Path
        The ``.gpkg`` file.

    Notes
    -----
    Journal and locks are SQLite's own, not the write-ahead log, which fails on a shared folder of a network.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def writing(self) -> Iterator[FileWriting]:
        """Hold the file alone while events are checked and added.

        Yields
        ------
        FileWriting
            Committed when the block ends, rolled back when it fails.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        try:
            with closing(self._open("rw")) as link:
                link.execute("BEGIN IMMEDIATE")
                try:
                    yield FileWriting(link)
                    link.execute("COMMIT")
                except BaseException:
                    if link.in_transaction:
                        link.execute("ROLLBACK")
                    raise
        except sqlite3.Error as error:
            raise OutputError(
                f"{self._path}：台账写不进去（{error}），什么也没有写入。办法：关闭占用该文件的程序，检查权限后再试。"
            ) from error

    def events(self) -> pd.DataFrame:
        """Read the events.

        Returns
        -------
        DataFrame
            As `typed_events`.

        Raises
        ------
        ReadError
            If the file has no events.
        """
        try:
            with closing(self._open("ro")) as link:
                return event_table(link.execute(_SELECT).fetchall())
        except sqlite3.Error as error:
            raise ReadError(
                f"{self._path}：不是台账文件，或读不出来（{error}）。办法：核对路径；新台账用 make_book 建立。"
            ) from error

    def layer(self) -> gpd.GeoDataFrame:
        """Read the layer of parcels.

        Returns
        -------
        GeoDataFrame
            Indexed by parcel code.
        """
        return gpd.read_file(self._path, layer=PARCELS).set_index("parcel_code")

    def _open(self, mode: str) -> sqlite3.Connection:
        return sqlite3.connect(f"{self._path.resolve().as_uri()}?mode={mode}", _WAIT, isolation_level=None, uri=True)


def make_file(path: Path, parcels: gpd.GeoDataFrame) -> None:
    """Make an empty book (建立台账文件).

    Parameters
    ----------
    path : Path
        A ``.gpkg`` file that does not exist yet.
    parcels : GeoDataFrame
        The parcels, with ``parcel_code``.

    Raises
    ------
    OutputError
        If the file exists already or cannot be written whole.
    """
    lock = path.with_name(f".{path.name[:LONGEST]}.lock")
    with output_errors(path):
        handle = acquire(lock)
    if handle is None:
        raise OutputError(f"{path}：另一个人正在建立这个台账。办法：等他建好，用 open_book 打开。")
    try:
        if is_there(path):
            raise OutputError(f"{path}：文件已存在，台账不覆盖。办法：用 open_book 打开，或另取文件名。")
        with file_beside(path) as part:
            _make(part, parcels)
    finally:
        release(handle, lock)


def _make(path: Path, parcels: gpd.GeoDataFrame) -> None:
    try:
        pyogrio.write_dataframe(parcels, path, layer=PARCELS, driver="GPKG", geometry_type="Unknown")
        with closing(sqlite3.connect(path, isolation_level=None)) as link:
            link.execute("BEGIN")
            for statement in _MAKE:
                link.execute(statement)
            link.execute(_REGISTER, (EVENTS, EVENTS))
            link.execute("COMMIT")
    except (RuntimeError, sqlite3.Error) as error:
        raise OSError(str(error)) from error
