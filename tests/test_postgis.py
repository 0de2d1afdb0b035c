"""Layers in a real PostGIS (and GeoParquet beside it): what is written is read back, whole or not at all."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import psycopg
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from shapely.geometry import MultiPolygon, Polygon, box

from landmarket.errors import BadValueError, CrsError, LandMarketWarning, MissingColumnError, OutputError, ReadError
from landmarket.io import list_layers, read_layer, read_parcels, write_layer, write_parcels
from landmarket.io.database_address import shown_address
from tests.hunting import examples
from tests.postgis import PASSWORD, execute, without_password

X, Y = 38_500_000 % 1_000_000, 3_780_000
HOLED = Polygon(box(X, Y, X + 30, Y + 30).exterior.coords, [box(X + 5, Y + 5, X + 10, Y + 10).exterior.coords])
PARTS = MultiPolygon([box(X, Y, X + 1, Y + 1), box(X + 5, Y, X + 6, Y + 1)])
AWKWARD = "a'b\"c;--\\ \t\n😀〇𠮷%s{}$1"


@pytest.fixture
def database(postgis_database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty database whose password comes from the environment, as it should."""
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    return without_password(postgis_database)


def parcels() -> gpd.GeoDataFrame:
    codes = pd.Index(["411081002004JB00011", "411081002004JB00012", "411081002004JB00013"], name="parcel_code")
    columns = {
        "township": pd.Series([AWKWARD, None, ""], index=codes, dtype="str"),
        "registered_area": pd.Series([0.1 + 0.2, math.nan, -1e300], index=codes),
        "total_price_fen": pd.Series([2**62 + 1, None, 0], index=codes, dtype="Int64"),
        "vote_on": pd.Series(pd.to_datetime(["2026-03-16", None, "1949-10-01"]).astype("datetime64[s]"), index=codes),
        "顺序": pd.Series([1, 2, 3], index=codes),
        "是否核对": pd.Series([True, False, True], index=codes),
    }
    return gpd.GeoDataFrame(columns, geometry=[HOLED, PARTS, None], index=codes, crs=4547)


def assert_same_rows(read: gpd.GeoDataFrame, written: gpd.GeoDataFrame) -> None:
    """Equal cells, types, geometries and system; the unit of times may differ."""
    expected = written.reset_index().set_axis(pd.RangeIndex(1, len(written) + 1, name="source_row"), axis=0)
    assert list(read.columns) == list(expected.columns)
    plain = [name for name in expected.columns if name != "geometry"]
    left, right = pd.DataFrame(read[plain]), pd.DataFrame(expected[plain])
    assert_frame_equal(left, right, check_exact=True)
    assert shapely.to_wkb(read.geometry.to_numpy()).tolist() == shapely.to_wkb(expected.geometry.to_numpy()).tolist()
    assert read.crs == expected.crs


def test_parcels_come_back_from_a_table_with_a_chinese_name(database: str) -> None:
    write_parcels(parcels(), database, 'public.宗地 "2026"; DROP--')
    assert list_layers(database) == ['public.宗地 "2026"; DROP--']
    assert_same_rows(read_parcels(database), parcels())
    keyed = "SELECT count(*) FROM pg_index JOIN pg_class c ON c.oid = indrelid WHERE indisprimary AND relname ~ '^宗地'"
    assert execute(database, keyed) == [(1,)]


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
ROWS = st.lists(
    st.tuples(
        st.none() | TEXTS,
        st.floats(allow_nan=True, allow_infinity=True),
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.datetimes().map(lambda time: pd.Timestamp(time).as_unit("us")),
        st.sampled_from([HOLED, PARTS, None]),
    ),
    min_size=1,
    max_size=6,
)


@given(rows=ROWS)
@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read(
    database: str, tmp_path: Path, rows: list[tuple[str, float, int, pd.Timestamp, Polygon]]
) -> None:
    texts, floats, wholes, times, shapes = zip(*rows, strict=True)
    whole = pd.Series(wholes, dtype="Int64")
    columns = {
        "文'字\";": pd.Series(texts, dtype="str"),
        "数": pd.Series(floats, dtype="float64"),
        "整数": whole.astype("int64") if whole.notna().all() else whole,
        "时间": pd.Series(times, dtype="datetime64[us]"),
    }
    layer = gpd.GeoDataFrame(columns, geometry=list(shapes), crs=4547).rename_axis("行")
    for target, name in ((database, "图层"), (tmp_path / "图层.parquet", None)):
        write_layer(layer, target, name)
        assert_same_rows(read_parcels(target), layer)


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_text_that_no_database_holds_is_refused_with_its_row(database: str, text: str) -> None:
    layer = parcels().astype({"township": object})
    layer.loc["411081002004JB00012", "township"] = text
    with pytest.raises(BadValueError, match=r"township（乡镇）.*共 1 行：411081002004JB00012.*办法"):
        write_parcels(layer, database, "t")
    assert list_layers(database) == []


def test_a_killed_connection_leaves_the_old_table(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write_parcels(parcels(), database, "public.宗地")
    real: Callable[..., None] = psycopg.Copy.write_row

    def killed(self: psycopg.Copy[tuple[object, ...]], row: tuple[object, ...]) -> None:
        if self.connection.info.backend_pid and row[0] == "411081002004JB00013":
            pid = self.connection.info.backend_pid
            execute(database, f"SELECT pg_terminate_backend({pid}, 5000)")
        real(self, row)

    monkeypatch.setattr(psycopg.Copy, "write_row", killed)
    with pytest.raises(OutputError, match="原来的表没有变"):
        write_parcels(parcels().assign(顺序=9), database, "public.宗地")
    monkeypatch.undo()
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    assert_same_rows(read_parcels(database), parcels())


def test_a_table_written_here_is_replaced_and_another_is_not(database: str) -> None:
    write_parcels(parcels(), database, "宗地")
    write_parcels(parcels().iloc[:1], database, "public.宗地")
    assert len(read_parcels(database)) == 1
    execute(database, "CREATE TABLE 地籍 (geom geometry(Polygon, 4547))")
    with pytest.raises(OutputError, match=r"地籍.*不是本程序写的.*办法"):
        write_parcels(parcels(), database, "地籍")
    execute(database, "CREATE VIEW 看 AS SELECT * FROM 宗地")
    with pytest.raises(OutputError, match="视图"):
        write_parcels(parcels(), database, "宗地")


def test_headers_codes_and_yes_no_are_read_as_from_a_file(database: str) -> None:
    execute(
        database,
        'CREATE TABLE 宗地 (gid int PRIMARY KEY, "宗地代码" numeric(25,2), "乡镇代码" char(12), "权属争议" bool,'
        ' "登记面积" numeric(20,6), "表决日期" text, 登记时间 timestamptz, geom geometry(Point, 4547))',
        "INSERT INTO 宗地 VALUES (2, 4110810020040000011, '411081002', true, 0.1, '2025年11月3日', NULL, NULL),"
        " (1, NULL, NULL, false, NULL, NULL, NULL, ST_SetSRID(ST_Point(500000, 3780000), 4547))",
    )
    read = read_layer(database, "宗地")
    assert read["gid"].tolist() == [1, 2]
    last = read.loc[2]
    assert (last["parcel_code"], last["township_code"]) == ("4110810020040000011", "411081002")
    assert (last["disputed"], last["registered_area"], last["vote_on"]) == ("是", 0.1, pd.Timestamp("2025-11-03"))
    assert read["disputed"].tolist() == ["否", "是"]
    assert read.geometry.name == "geom"
    assert read.attrs["source_notes"][0] == f"文件：{shown_address(database)}"


def test_a_code_that_was_a_float_is_refused(database: str) -> None:
    execute(
        database,
        'CREATE TABLE t ("宗地代码" float8, geom geometry(Point, 4547))',
        "INSERT INTO t VALUES (4110810020040000011, ST_SetSRID(ST_Point(500000, 3780000), 4547))",
    )
    with pytest.raises(BadValueError, match=r"parcel_code（宗地代码）.*末位数字已丢失"):
        read_parcels(database)


def test_several_geometry_columns_ask_which(database: str) -> None:
    execute(database, "CREATE TABLE t (界址 geometry(Polygon, 4547), 中心 geometry(Point, 4490))")
    assert list_layers(database) == ["public.t(中心)", "public.t(界址)"]
    with pytest.raises(ReadError, match=r"public\.t\(中心\)、public\.t\(界址\).*办法"):
        read_parcels(database, layer="public.t")
    assert read_parcels(database, layer="t(中心)").crs.to_epsg() == 4490
    with pytest.raises(ReadError, match=r"没有图层 别的"):
        read_parcels(database, layer="别的")


def test_mixed_systems_are_refused(database: str) -> None:
    execute(
        database,
        "CREATE TABLE t (g geometry)",
        "INSERT INTO t VALUES (ST_SetSRID(ST_Point(1, 2), 4490)), (ST_SetSRID(ST_Point(1, 2), 4547))",
    )
    with pytest.raises(CrsError, match="SRID 不一：4490、4547"):
        read_parcels(database)


@pytest.mark.parametrize(
    "address", ["postgresql://u:pa@ss-word@h/db", "postgresql://u:pa/ss-word@h/db", "postgresql://u:ss-word#1@h/db"]
)
def test_an_address_that_cannot_be_told_apart_repeats_nothing(address: str) -> None:
    with pytest.raises(ReadError, match="办法") as caught:
        read_parcels(address)
    assert "ss-word" not in str(caught.value)


def test_a_password_is_never_shown(postgis_database: str) -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        write_parcels(parcels(), postgis_database, "t")
        read = read_parcels(postgis_database)
        with pytest.raises(ReadError) as refused:
            read_parcels(postgis_database, layer="没有")
        with pytest.raises(ReadError, match="连不上") as wrong:
            read_parcels(postgis_database.replace(PASSWORD, "wrong-" + PASSWORD))
    assert {warning.category for warning in said} == {LandMarketWarning}
    words = [*map(str, said), str(refused.value), str(wrong.value), repr(read.attrs)]
    assert not [text for text in words if PASSWORD in text]


def test_codes_must_be_there_once(database: str, tmp_path: Path) -> None:
    twice = parcels().iloc[[0, 0]]
    with pytest.raises(BadValueError, match="缺失或重复，共 2 行"):
        write_parcels(twice, tmp_path / "p.parquet")
    with pytest.raises(MissingColumnError):
        write_parcels(parcels().reset_index(drop=True), database, "t")


def test_reserve_prices_and_unknown_systems_are_not_written(database: str, tmp_path: Path) -> None:
    for target in (database, tmp_path / "p.parquet"):
        with pytest.raises(BadValueError, match="保密"):
            write_layer(parcels().assign(reserve_price=1.0), target, "t")
        with pytest.raises(CrsError, match="坐标系"):
            write_layer(parcels().set_crs(None, allow_override=True), target, "t")
    with pytest.raises(BadValueError, match="GeoPackage"):
        write_layer(parcels(), tmp_path / "p.gpkg")
    assert list(tmp_path.iterdir()) == []
