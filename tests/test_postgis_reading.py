"""What only a database has, read from a real PostGIS as a file would be read, or refused with a cure."""

from __future__ import annotations

import sys
from collections.abc import Callable

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely.geometry import Point, box

from landmarket.columns import schema
from landmarket.errors import ReadError
from landmarket.io import list_layers, read_layer, read_parcels, write_layer
from landmarket.io.database_address import DatabaseLayer
from landmarket.io.manifest import fingerprints
from landmarket.screening import screen
from tests.postgis import PASSWORD, execute, without_password

ARC = "CIRCULARSTRING(500000 3780000, 500001 3780001, 500002 3780000, 500001 3779999, 500000 3780000)"


@pytest.fixture
def database(postgis_database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty database whose password comes from the environment, as it should."""
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    return without_password(postgis_database)


def test_arcs_are_refused_as_their_chords_are_a_choice(database: str) -> None:
    execute(
        database,
        "CREATE TABLE t (g geometry)",
        f"INSERT INTO t VALUES (ST_GeomFromText('CURVEPOLYGON({ARC})', 4547)),"  # noqa: S608
        " (ST_SetSRID(ST_MakeEnvelope(0, 0, 1, 1), 4547))",
    )
    with pytest.raises(ReadError, match=r"public\.t：列 g 有 1 行图形含圆弧.*办法：用 ST_CurveToLine"):
        read_parcels(database)
    execute(database, "UPDATE t SET g = ST_CurveToLine(g, 0.001, 1)")
    area = read_parcels(database).geometry.area.max()
    assert 3.14159265 - 2 * 3.14159265 * 0.001 < area < 3.14159265  # chords lie inside the circle, by 1 mm at most


def test_curve_types_without_arcs_are_exact(database: str) -> None:
    ring = "(500000 3780000, 500010 3780000, 500010 3780010, 500000 3780000)"
    execute(
        database,
        "CREATE TABLE t (id int PRIMARY KEY, g geometry)",
        f"INSERT INTO t VALUES (1, ST_GeomFromText('MULTISURFACE((({ring[1:-1]})))', 4547)),"  # noqa: S608
        f" (2, ST_GeomFromText('CURVEPOLYGON({ring})', 4547))",
    )
    read = read_parcels(database).geometry
    assert read.geom_type.tolist() == ["MultiPolygon", "Polygon"]
    assert read.area.tolist() == [50, 50]
    assert shapely.get_coordinates(read.iloc[0]).tolist() == shapely.get_coordinates(read.iloc[1]).tolist()


def test_measures_are_left_out_and_heights_go_where_they_go_with_files(database: str) -> None:
    execute(
        database,
        "CREATE TABLE t (宗地代码 text PRIMARY KEY, g geometry)",
        *(
            f"INSERT INTO t VALUES ('411081002004JB0001{n}', ST_GeomFromText('POLYGON {flag}(({ring}))', 4547))"  # noqa: S608
            for n, (flag, ring) in enumerate(
                (
                    ("", "500000 3780000, 500010 3780000, 500010 3780010, 500000 3780000"),
                    ("Z", "500020 3780000 5, 500030 3780000 5, 500030 3780010 6, 500020 3780000 5"),
                    ("M", "500040 3780000 7, 500050 3780000 7, 500050 3780010 7, 500040 3780000 7"),
                    ("ZM", "500060 3780000 5 7, 500070 3780000 5 7, 500070 3780010 6 7, 500060 3780000 5 7"),
                )
            )
        ),
    )
    read = read_parcels(database)
    assert read.geometry.has_z.tolist() == [False, True, False, True]
    assert shapely.has_m(read.geometry.to_numpy()).tolist() == [False] * 4
    assert shapely.get_coordinates(read.geometry.iloc[3], include_z=True)[:, 2].tolist() == [5, 5, 6, 5]
    accepted = screen(read, county="411081").accepted
    assert len(accepted) == 4
    assert not accepted.geometry.has_z.any()


def test_geography_is_read_in_its_own_system(database: str) -> None:
    execute(
        database,
        "CREATE TABLE t (g geography(Polygon, 4490))",
        "INSERT INTO t VALUES (ST_GeogFromText('SRID=4490;POLYGON((113 34, 113.1 34, 113.1 34.1, 113 34))'))",
    )
    assert list_layers(database) == ["public.t"]
    read = read_parcels(database)
    assert read.crs.to_epsg() == 4490
    assert read.geometry.iloc[0].equals(shapely.Polygon([(113, 34), (113.1, 34), (113.1, 34.1)]))


def test_times_with_a_zone_are_those_of_the_session(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGTZ", "Asia/Shanghai")
    column = pd.Series(pd.to_datetime(["2026-03-01T16:30:00Z", None]).astype("datetime64[us, UTC]"))
    layer = gpd.GeoDataFrame({"登记时间": column}, geometry=[Point(500_000, 3_780_000)] * 2, crs=4547)
    write_layer(layer, database, "t")
    assert execute(database, "SELECT pg_typeof(登记时间)::text FROM t LIMIT 1") == [("timestamp with time zone",)]
    read = read_parcels(database)["登记时间"]  # Beijing is eight hours ahead
    assert read.iloc[0] == pd.Timestamp("2026-03-02 00:30")
    assert pd.isna(read.iloc[1])


@pytest.mark.parametrize("day", ["infinity", "-infinity", "0044-03-15 BC", "20260-03-02"])
@pytest.mark.parametrize("kind", ["date", "timestamp", "timestamptz"])
def test_days_that_no_calendar_here_has_are_named(database: str, day: str, kind: str) -> None:
    execute(
        database,
        f"CREATE TABLE t (表决日期 {kind}, 备注 date, g geometry(Point, 4547))",
        f"INSERT INTO t VALUES ('{day}', NULL, NULL), (NULL, '2026-03-02', NULL), ('{day}', NULL, NULL)",  # noqa: S608
    )
    with pytest.raises(ReadError, match=r"public\.t：列 vote_on（表决日期） 2 行的日期是无穷大.*办法") as said:
        read_layer(database)
    assert "备注" not in str(said.value)


def test_the_first_and_the_last_day_are_read(database: str) -> None:
    execute(
        database,
        "CREATE TABLE t (id int PRIMARY KEY, d date, s timestamp, g geometry(Point, 4547))",
        "INSERT INTO t VALUES (1, '0001-01-01', '0001-01-01', ST_SetSRID(ST_Point(500000, 3780000), 4547)),"
        " (2, '9999-12-31', '9999-12-31 23:59:59.999999', NULL)",
    )
    read = read_parcels(database)
    assert [str(day)[:10] for day in read["d"]] == ["0001-01-01", "9999-12-31"]
    assert str(read["s"].iloc[1]) == "9999-12-31 23:59:59.999999"


def test_other_types_are_text_as_the_database_writes_them(database: str) -> None:
    execute(
        database,
        "CREATE TYPE 用途 AS ENUM ('商服', '工业')",
        "CREATE DOMAIN 面积 AS numeric(12,2)",
        "CREATE TABLE t (u 用途, a 面积, j jsonb, l text[], i uuid, g geometry(Point, 4547))",
        "INSERT INTO t VALUES ('工业', 12.5, '{\"a\": 1}', '{一,二}', '00000000-0000-0000-0000-000000000001',"
        " ST_SetSRID(ST_Point(500000, 3780000), 4547))",
    )
    row = read_parcels(database).iloc[0]
    assert row.drop("g").tolist() == ["工业", 12.5, '{"a": 1}', "{一,二}", "00000000-0000-0000-0000-000000000001"]


def test_views_are_read_and_tables_without_rows_too(database: str) -> None:
    execute(
        database,
        "CREATE TABLE t (id int, g geometry(Point, 4547))",
        "CREATE VIEW v AS SELECT id, g FROM t WHERE id > 1",
    )
    empty = read_parcels(database, layer="v")
    assert (len(empty), list(empty.columns), empty.crs.to_epsg()) == (0, ["id", "g"], 4547)
    execute(database, "INSERT INTO t SELECT n, ST_SetSRID(ST_Point(500000, 3780000), 4547) FROM generate_series(1,3) n")
    assert read_parcels(database, layer="public.v")["id"].tolist() == [2, 3]


def test_a_reader_without_rights_is_told(database: str) -> None:
    execute(
        database,
        "CREATE TABLE t (g geometry(Point, 4547))",
        f"CREATE ROLE 读者 LOGIN PASSWORD '{PASSWORD}'",
        "CREATE VIEW v AS SELECT g FROM t",
        "ALTER VIEW v OWNER TO 读者",
        "GRANT SELECT ON v TO 读者",
    )
    try:
        with pytest.raises(
            ReadError, match=r"public\.v：读不出来（permission denied for table t）.*办法：检查读取权限"
        ):
            read_parcels(database.replace("postgres@", "读者@"), layer="v")
    finally:
        execute(database, "DROP OWNED BY 读者", "DROP ROLE 读者")


def test_what_is_not_a_database_of_ours_is_told(postgis_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    address = without_password(postgis_database)
    execute(address, "DROP EXTENSION postgis")
    with pytest.raises(ReadError, match=r"没有 PostGIS.*CREATE EXTENSION postgis"):
        list_layers(address)


READERS: list[Callable[[str], object]] = [
    list_layers,
    read_parcels,
    read_layer,
    lambda address: fingerprints([DatabaseLayer(address, "t")]),
    lambda address: write_layer(gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)], crs=4547), address, "t"),
]


@pytest.mark.parametrize("use", READERS)
def test_without_the_driver_it_is_said_how_to_install_it(
    use: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("landmarket.io.postgis")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ReadError, match=r"需要 psycopg。办法：pip install 'landmarket\[postgis\]'"):
        use("postgresql://h/land")


def test_every_code_of_the_schema_keeps_its_digits(database: str) -> None:
    codes = [name for name, column in schema().items() if column.kind == "code"]
    cells = {name: pd.Series(["0110810020040000012"], dtype="str") for name in codes}
    write_layer(gpd.GeoDataFrame(cells, geometry=[Point(500_000, 3_780_000)], crs=4547), database, "t")
    read = read_layer(database)
    assert read[codes].iloc[0].tolist() == ["0110810020040000012"] * len(codes)
