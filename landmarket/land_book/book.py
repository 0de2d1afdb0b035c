"""The land book (宗地台账): dated events that are only ever added to, in a GeoPackage or in PostGIS."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd

from landmarket.checks import require_columns
from landmarket.errors import BadValueError
from landmarket.io.database_address import is_database
from landmarket.land_book.book_file import FileStore, make_file
from landmarket.land_book.book_rows import Store, event_rows
from landmarket.land_book.checks import event_faults, require_events
from landmarket.land_book.events import identified, typed_events
from landmarket.zoning.parcel_code import check_parcel_codes


@dataclass(frozen=True, eq=False)
class Book:
    """A land book (宗地台账).

    Attributes
    ----------
    store : Store
        Where it is kept.
    """

    store: Store

    def events(self) -> pd.DataFrame:
        """Read all events (台账事件).

        Returns
        -------
        DataFrame
            As `typed_events`, by identifier: the same whichever store it is kept in, in whatever order they came.
        """
        return self.store.events()

    def parcels(self) -> gpd.GeoDataFrame:
        """Read the layer of parcels (宗地图层).

        Returns
        -------
        GeoDataFrame
            Indexed by parcel code.
        """
        return self.store.layer()

    def append(
        self,
        events: pd.DataFrame,
        *,
        recorded_by: str,
        collectives: Collection[str] | None = None,
        recorded_at: datetime | None = None,
    ) -> int:
        """Record events, all or none (登记事件).

        Parameters
        ----------
        events : DataFrame
            With ``parcel_code``, ``kind``, ``happened_on`` and what the kind asks for.
        recorded_by : str
            Who records them.
        collectives : collection of str, optional
            Codes of the collectives there are; by default every code will do.
        recorded_at : datetime, optional
            When, with a time zone; by default now. Its day is the last on which an event may have happened.

        Returns
        -------
        int
            How many were not in the book yet.

        Raises
        ------
        MissingColumnError, BadValueError
            If an event cannot be recorded; the first ten faults are named.
        OutputError
            If the book cannot be written.

        Notes
        -----
        The check is made while no one else can write, against what is there then. What was wrong before, and is
        not made worse, does not stand in the way.
        """
        now = recorded_at or datetime.now(UTC).astimezone()
        new = identified(typed_events(events), recorded_by=recorded_by, recorded_at=now)
        if events.empty:
            return 0
        with self.store.writing() as writing:
            held, codes = writing.events(), writing.codes()
            fresh = new[~new["event_id"].isin(held["event_id"])].drop_duplicates("event_id")
            both = pd.concat([held, fresh], ignore_index=True) if len(held) else fresh.reset_index(drop=True)
            faults = event_faults(both, on=now.date(), collectives=collectives, parcels=codes)
            if len(faults) and len(held):
                known = event_faults(held, on=now.date(), collectives=collectives, parcels=codes)
                faults = faults[~_pairs(faults).isin(_pairs(known))]
            require_events(faults, "append")
            writing.insert(event_rows(fresh))
        return len(fresh)


def _pairs(faults: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(faults[["event_id", "column", "problem"]])


def open_book(target: str | Path) -> Book:
    """Open a land book (打开台账).

    Parameters
    ----------
    target : str or Path
        A ``.gpkg`` file, or the address of a PostGIS database, ``postgresql://…``.

    Returns
    -------
    Book
        The book.

    Raises
    ------
    ReadError
        If there is none.
    """
    if is_database(target):
        from landmarket.land_book.book_database import DatabaseStore  # the driver is an extra

        book = Book(DatabaseStore(str(target)))
    else:
        book = Book(FileStore(Path(target)))
    book.events()
    return book


def make_book(target: str | Path, parcels: gpd.GeoDataFrame) -> Book:
    """Make an empty land book (建立台账).

    Parameters
    ----------
    target : str or Path
        A ``.gpkg`` file that does not exist yet, or the address of a PostGIS database without a land book.
    parcels : GeoDataFrame
        Indexed by parcel code, in a known coordinate system.

    Returns
    -------
    Book
        The book, without events.

    Raises
    ------
    BadValueError
        If a parcel code is no code or stands twice, or the coordinate system is unknown.
    OutputError
        If there is a book already, or it cannot be written.
    """
    layer = _layer(parcels)
    if is_database(target):
        from landmarket.land_book.book_database import make_tables  # the driver is an extra

        make_tables(str(target), layer)
    else:
        make_file(Path(target), layer)
    return open_book(target)


def _layer(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Codes and geometry: what else is known of a parcel stands in the events or in the parcel table."""
    table = parcels if "parcel_code" in parcels.columns else parcels.rename_axis("parcel_code").reset_index()
    require_columns(table, ["parcel_code"], "make_book")
    codes = table["parcel_code"].astype("str")
    bad = codes.duplicated() | ~check_parcel_codes(codes)["ok"]
    if bad.any():
        raise BadValueError(
            f"make_book：宗地代码重复或不是 19 位，共 {int(bad.sum())} 行。办法：先用 screen() 检查数据。"
        )
    if parcels.crs is None:
        raise BadValueError("make_book：图层没有坐标系。办法：读取时用 crs= 指明。")
    shapes = gpd.GeoSeries(parcels.geometry.to_numpy(), crs=parcels.crs)
    return gpd.GeoDataFrame({"parcel_code": codes.to_numpy()}, geometry=shapes)
