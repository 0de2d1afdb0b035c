"""The land book in its stores: the same book, whole or not at all, and two people at once."""

from __future__ import annotations

import multiprocessing
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path

import geopandas as gpd
import pandas as pd
import psycopg
import pyogrio
import pytest
from shapely import box

from landmarket.errors import BadValueError, LandMarketError, OutputError, ReadError
from landmarket.land_book import make_book, open_book, parcel_states
from tests.clerk import WAY, book_of, code, event
from tests.postgis import PASSWORD, without_password

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
CRS = "EPSG:4547"


def layer(count: int) -> gpd.GeoDataFrame:
    """Squares of 50 m in a row."""
    codes = pd.Index([code(number) for number in range(1, count + 1)], name="parcel_code")
    squares = [box(500_000 + 60 * i, 3_780_000, 500_050 + 60 * i, 3_780_050) for i in range(count)]
    return gpd.GeoDataFrame(geometry=squares, index=codes, crs=CRS)


@pytest.fixture
def database(postgis_database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An address without a password, which stands in the environment."""
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    return without_password(postgis_database)


@pytest.fixture(params=["geopackage", "postgis"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a book is kept: both kinds."""
    if request.param == "geopackage":
        return str(tmp_path / "台账.gpkg")
    return str(request.getfixturevalue("database"))


def way(kind: str, number: int = 1) -> pd.DataFrame:
    """Every step up to one, a day apart."""
    steps = WAY[: WAY.index(kind) + 1]
    return pd.DataFrame([event(number, step, date(2021, 3, 1 + place)) for place, step in enumerate(steps)])


def test_both_stores_give_the_same_pages_in_whatever_order_events_came(tmp_path: Path, database: str) -> None:
    events, states = book_of(8, 3)
    file, table = make_book(tmp_path / "a.gpkg", layer(8)), make_book(database, layer(8))
    assert file.append(events, recorded_by="甲", recorded_at=NOW) == len(events)
    parts = [part for _, part in events.groupby("parcel_code")]
    for part in reversed(parts):
        table.append(part, recorded_by="甲", recorded_at=NOW)
    one, other = open_book(tmp_path / "a.gpkg").events(), open_book(database).events()
    pd.testing.assert_frame_equal(one, other)
    pages = [parcel_states(each, on=NOW.date()) for each in (one, other)]
    pd.testing.assert_frame_equal(pages[0], pages[1])
    assert pages[0]["book_state"].to_dict() == states
    assert file.parcels().geometry.geom_equals(table.parcels().geometry).all()
    assert file.parcels().crs == table.parcels().crs == CRS


def test_one_bad_event_keeps_all_out_and_is_named(target: str) -> None:
    book = make_book(target, layer(2))
    bad = pd.concat([way("入库"), pd.DataFrame([event(2, "开工", date(2021, 4, 1))])], ignore_index=True)
    with pytest.raises(BadValueError, match=f"什么也没有写入。\n宗地 {code(2)}.*kind（事件） = 开工.*须有交地.*办法"):
        book.append(bad, recorded_by="甲", recorded_at=NOW)
    assert book.events().empty
    with pytest.raises(BadValueError, match="宗地图层中没有这宗地"):
        book.append(way("入库", 3), recorded_by="甲", recorded_at=NOW)
    with pytest.raises(BadValueError, match="集体台账中没有这个集体"):
        book.append(way("入库"), recorded_by="甲", recorded_at=NOW, collectives=set())
    assert book.events().empty


def test_the_same_events_again_are_one(target: str) -> None:
    book = make_book(target, layer(1))
    assert book.append(way("入库"), recorded_by="甲", recorded_at=NOW) == 5
    later = datetime(2026, 2, 1, tzinfo=UTC)
    assert book.append(way("列入年度计划"), recorded_by="甲", recorded_at=later) == 1
    assert len(book.events()) == 6


def test_a_book_is_never_overwritten_and_needs_to_be_one(target: str, tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="办法"):
        open_book(target)
    make_book(target, layer(1)).append(way("入库"), recorded_by="甲", recorded_at=NOW)
    with pytest.raises(OutputError, match="open_book"):
        make_book(target, layer(1))
    assert len(open_book(target).events()) == 5


def test_recorded_events_cannot_be_changed_even_by_hand(tmp_path: Path, database: str) -> None:
    path = tmp_path / "a.gpkg"
    for where in (path, database):
        make_book(where, layer(1)).append(way("入库"), recorded_by="甲", recorded_at=NOW)
    for statement in ("UPDATE {} SET remark = 'x'", "DELETE FROM {}"):
        with closing(sqlite3.connect(path)) as link, pytest.raises(sqlite3.IntegrityError, match="只增不改"):
            link.execute(statement.format("events"))
        with psycopg.connect(database) as link, pytest.raises(psycopg.errors.RaiseException, match="只增不改"):
            link.execute(statement.format("land_book.events").encode())


def test_events_are_a_table_that_other_programs_find(tmp_path: Path) -> None:
    make_book(tmp_path / "a.gpkg", layer(1)).append(way("入库"), recorded_by="甲", recorded_at=NOW)
    assert {name for name, _ in pyogrio.list_layers(tmp_path / "a.gpkg")} == {"parcels", "events"}
    assert len(pyogrio.read_dataframe(tmp_path / "a.gpkg", layer="events")) == 5


def _clerk(target: str, number: int, gate: Barrier, answers: Queue[bool]) -> None:
    """In a process of its own: wait for the other, sell the same parcel, then record payments of one's own."""
    book = open_book(target)
    gate.wait()
    deal = event(1, "成交", date(2021, 5, 1), deal_no=f"C{number}", amount_fen=number, party=f"买方{number}")
    try:
        book.append(pd.DataFrame([deal]), recorded_by=f"人{number}", recorded_at=NOW)
        sold = True
    except BadValueError:
        sold = False
    for place in range(10):
        paid = event(2, "缴款", date(2021, 6, 1), amount_fen=1000 * number + place)
        book.append(pd.DataFrame([paid]), recorded_by=f"人{number}", recorded_at=NOW)
    answers.put(sold)


def test_two_people_at_once_lose_nothing_and_sell_a_parcel_once(target: str) -> None:
    book = make_book(target, layer(2))
    book.append(pd.concat([way("交易开始"), way("签订合同", 2)]), recorded_by="甲", recorded_at=NOW)
    before = len(book.events())
    context = multiprocessing.get_context("spawn")
    gate, answers = context.Barrier(2), context.Queue()
    people = [context.Process(target=_clerk, args=(target, number, gate, answers)) for number in (1, 2)]
    for person in people:
        person.start()
    sold = [answers.get(timeout=120) for _ in people]
    for person in people:
        person.join(60)
    assert sorted(sold) == [False, True]
    held = book.events()
    assert len(held) == before + 1 + 2 * 10
    assert held.loc[held["parcel_code"].eq(code(1)), "kind"].eq("成交").sum() == 1
    assert set(held.loc[held["kind"].eq("缴款"), "amount_fen"]) == {1000 * n + i for n in (1, 2) for i in range(10)}


def test_the_password_is_in_no_message(postgis_database: str) -> None:
    with pytest.warns(UserWarning, match="密码"), pytest.raises(LandMarketError) as caught:
        open_book(postgis_database)
    assert PASSWORD not in str(caught.value)
