"""Layers for other programs: the styles QGIS looks up and reads, short field names in GB18030, whole or not at all."""

from __future__ import annotations

import re
import sqlite3
import xml.etree.ElementTree as ET
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import cast

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from landmarket.columns import schema
from landmarket.errors import BadValueError, CrsError, MissingColumnError, OutputError
from landmarket.io.tables import read_csv_table
from landmarket.products import Work, layers
from landmarket.report.geopackage import write_geopackage
from landmarket.report.layer_style import Category, LayerStyle, Range, layer_qml
from landmarket.report.shapefile import field_names, write_shapefile
from tests.hunting import examples

CREATED = datetime(2026, 3, 2, 9, 30)
SQUARE = Polygon([(0, 0), (0, 10), (10, 10), (10, 0)])
HOSTILE = "<a & \"b\" 'c'> ]]> </qgis>\x01\u202e"
# The table that QGIS makes when it saves a style (qgsogrprovidermetadata.cpp).
COLUMNS = [
    "id",
    "f_table_catalog",
    "f_table_schema",
    "f_table_name",
    "f_geometry_column",
    "styleName",
    "styleQML",
    "styleSLD",
    "useAsDefault",
    "description",
    "owner",
    "ui",
    "update_time",
]


def parcels(shape: BaseGeometry = SQUARE) -> gpd.GeoDataFrame:
    codes = pd.Index(["411081002004JB00011", "411081002004JB00012"], name="parcel_code")
    columns = {
        "township": pd.Series(["乙镇", None], index=codes, dtype="str"),
        "price_use": pd.Series(["工业", HOSTILE], index=codes, dtype="str"),
        "unit_price": pd.Series([132.81, float("nan")], index=codes),
        "total_price_fen": pd.Series([265_620_000, None], index=codes, dtype="Int64"),
        "deal_on": pd.Series(pd.to_datetime(["2026-03-16", "NaT"]), index=codes),
    }
    return gpd.GeoDataFrame(columns, geometry=[shape, shape], index=codes, crs=4547)


def nowhere() -> gpd.GeoDataFrame:
    """The parcels without a coordinate system."""
    return gpd.GeoDataFrame(parcels().drop(columns="geometry"), geometry=[SQUARE, SQUARE])


PRICES = LayerStyle(
    "地价",
    "unit_price",
    (Range(0, 100, "100 以下", "#ffffff"), Range(100, 200.5, "100—200.5", "#8c2f1b")),
    label_column="parcel_code",
)
USES = LayerStyle(
    "用途",
    "price_use",
    (Category("工业", "工业", "#aabbcc"), Category(HOSTILE, HOSTILE, "#010203")),
    other_colour="#cccccc",
)


def written(folder: Path, **layers: gpd.GeoDataFrame) -> Path:
    path = folder / "图层.gpkg"
    write_geopackage(
        path, layers or {"地价": parcels(), "用途": parcels()}, {"地价": PRICES, "用途": USES}, created=CREATED
    )
    return path


def rows_of(path: Path, query: str, *values: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as book:
        return book.execute(query, values).fetchall()


def style_of(path: Path, layer: str) -> ET.Element:
    """Look a style up as QGIS does: by schema, table and geometry column, the default one first."""
    ((geometry,),) = rows_of(path, "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", layer)
    query = (
        "SELECT styleQML FROM layer_styles "
        "WHERE f_table_schema = '' AND f_table_name = ? AND f_geometry_column = ? AND useAsDefault = 1"
    )
    ((text,),) = rows_of(path, query, layer, str(geometry))
    return ET.fromstring(str(text))  # noqa: S314  # our own


# --- GeoPackage


def test_the_styles_table_is_the_one_qgis_makes(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert [row[1] for row in rows_of(path, "PRAGMA table_info(layer_styles)")] == COLUMNS
    assert rows_of(path, "SELECT data_type, srs_id FROM gpkg_contents WHERE table_name = 'layer_styles'") == [
        ("attributes", 0)
    ]
    assert rows_of(path, "PRAGMA integrity_check") == [("ok",)]
    stamped = rows_of(path, "SELECT DISTINCT last_change FROM gpkg_contents")
    assert stamped == [("2026-03-02T09:30:00.000Z",)]


def test_the_layers_read_back(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert {str(name) for name, _ in pyogrio.list_layers(path)} == {"地价", "用途", "layer_styles"}
    found = pyogrio.read_dataframe(path, layer="用途").set_index("parcel_code")
    expected = parcels()
    assert found.index.tolist() == expected.index.tolist()
    assert found["price_use"].tolist() == expected["price_use"].tolist()
    assert found.loc[expected.index[0], "total_price_fen"] == 265_620_000
    assert found["deal_on"].iloc[0] == pd.Timestamp("2026-03-16")
    assert found["unit_price"].isna().tolist() == [False, True]
    assert found.crs == expected.crs
    assert found.geometry.iloc[0].equals(SQUARE)


def test_ranges_colours_and_labels(tmp_path: Path) -> None:
    root = style_of(written(tmp_path), "地价")
    renderer = root.find("renderer-v2")
    assert renderer is not None
    assert (renderer.get("type"), renderer.get("attr")) == ("graduatedSymbol", "unit_price")
    ranges = [
        (one.get("lower"), one.get("upper"), one.get("label"), one.get("symbol")) for one in renderer.iter("range")
    ]
    assert ranges == [("0.0", "100.0", "100 以下", "0"), ("100.0", "200.5", "100—200.5", "1")]
    fills = [
        (symbol.get("name"), option.get("value"))
        for symbol in renderer.iter("symbol")
        for option in symbol.iter("Option")
        if option.get("name") == "color"
    ]
    assert fills == [("0", "255,255,255,255"), ("1", "140,47,27,255")]  # 8c 2f 1b
    assert root.get("labelsEnabled") == "1"
    (text,) = root.iter("text-style")
    assert (text.get("fieldName"), text.get("isExpression")) == ("parcel_code", "0")


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    root = style_of(written(tmp_path), "用途")
    assert root.get("labelsEnabled") == "0"
    values = [(one.get("value"), one.get("label")) for one in root.iter("category")]
    shown = HOSTILE.replace("\x01", "␁").replace("\u202e", "\ufffd")
    assert values == [("工业", "工业"), (shown, shown), ("", "其他")]


def test_fields_have_chinese_names(tmp_path: Path) -> None:
    aliases = {one.get("field"): one.get("name") for one in style_of(written(tmp_path), "地价").iter("alias")}
    assert aliases == {
        "parcel_code": "宗地代码",
        "township": "乡镇",
        "price_use": "地价用途",
        "unit_price": "地面单价（元/㎡）",
        "total_price_fen": "总地价分（分）",
        "deal_on": "成交日",
    }


@given(st.text(min_size=1), st.text(), st.one_of(st.text(), st.integers(-(2**40), 2**40)))
@settings(max_examples=examples(60), deadline=None)
def test_any_text_gives_sound_xml(column: str, label: str, value: str | int) -> None:
    layer = gpd.GeoDataFrame({column: ["x"]}, geometry=gpd.GeoSeries([SQUARE], crs=4547).array)
    if column == "geometry":
        return
    qml = layer_qml(LayerStyle("样式", column, (Category(value, label, "#000000"),), column), layer)
    root = ET.fromstring(qml)  # noqa: S314  # our own
    assert [one.tag for one in root] == ["renderer-v2", "labeling", "aliases"]


@pytest.mark.parametrize(
    ("shape", "symbol", "layer"),
    [
        (SQUARE, "fill", "SimpleFill"),
        (LineString([(0, 0), (1, 1)]), "line", "SimpleLine"),
        (Point(0, 0), "marker", "SimpleMarker"),
    ],
)
def test_symbols_by_geometry(tmp_path: Path, shape: BaseGeometry, symbol: str, layer: str) -> None:
    path = tmp_path / "图层.gpkg"
    write_geopackage(path, {"地价": parcels(shape)}, {"地价": PRICES}, created=CREATED)
    root = style_of(path, "地价")
    assert {one.get("type") for one in root.iter("symbol")} == {symbol}
    assert {one.get("class") for one in root.iter("layer")} == {layer}


def test_the_same_layers_give_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
    assert written(tmp_path / "a").read_bytes() == written(tmp_path / "b").read_bytes()


def test_a_layer_needs_no_style(tmp_path: Path) -> None:
    write_geopackage(tmp_path / "图层.gpkg", {"宗地": parcels()}, {}, created=CREATED)
    assert rows_of(tmp_path / "图层.gpkg", "SELECT count(*) FROM layer_styles") == [(0,)]


@pytest.mark.parametrize(
    ("layers", "styles", "error", "parts"),
    [
        (
            {"宗地": parcels().assign(reserve_price_fen=1)},
            {},
            BadValueError,
            ["图层 宗地", "reserve_price_fen", "保密"],
        ),
        ({"宗地": parcels().assign(底价=1)}, {}, BadValueError, ["底价", "保密"]),
        ({"宗地": parcels().assign(fid=1)}, {}, BadValueError, ["列名 fid"]),
        ({"宗地": parcels().assign(A=1, a=2)}, {}, BadValueError, ["列名 a", "不分大小写"]),
        ({"gpkg_x": parcels()}, {}, BadValueError, ["gpkg_x", "系统表名"]),
        ({"layer_styles": parcels()}, {}, BadValueError, ["layer_styles"]),
        ({"A": parcels(), "a": parcels()}, {}, BadValueError, ["图层名 A、a"]),
        ({}, {}, BadValueError, ["图层名 （无）"]),
        ({"宗地": parcels()}, {"村": PRICES}, BadValueError, ["样式 村", "没有对应图层"]),
        ({"宗地": nowhere()}, {}, CrsError, ["图层 宗地：没有坐标系"]),
        (
            {"宗地": parcels().drop(columns="unit_price")},
            {"宗地": PRICES},
            MissingColumnError,
            ["图层样式 地价", "地面单价"],
        ),
    ],
)
def test_layers_that_are_refused(
    tmp_path: Path,
    layers: dict[str, gpd.GeoDataFrame],
    styles: dict[str, LayerStyle],
    error: type[Exception],
    parts: list[str],
) -> None:
    (tmp_path / "图层.gpkg").write_bytes(b"old")
    with pytest.raises(error) as caught:
        write_geopackage(tmp_path / "图层.gpkg", layers, styles, created=CREATED)
    assert all(part in str(caught.value) for part in (*parts, "办法"))
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


@pytest.mark.parametrize(
    ("style", "parts"),
    [
        (LayerStyle("样式", "unit_price", ()), ["没有分类"]),
        (LayerStyle("样式", "unit_price", (Range(0, 1, "x", "red"),)), ["颜色 red"]),
        (LayerStyle("样式", "unit_price", (Range(0, 1, "x", "#ffffff"),), other_colour="#ff"), ["颜色 #ff"]),
        (LayerStyle("样式", "unit_price", (Range(2, 1, "倒", "#ffffff"),)), ["分级 倒", "下限大于上限"]),
        (LayerStyle("样式", "unit_price", (Range(0, 1, "x", "#ffffff"), Category(1, "y", "#ffffff"))), ["混用"]),
    ],
)
def test_styles_that_are_refused(style: LayerStyle, parts: list[str]) -> None:
    with pytest.raises(BadValueError) as error:
        layer_qml(style, parcels().reset_index())
    assert all(part in str(error.value) for part in ("图层样式 样式", *parts, "办法"))


def test_mixed_geometries_are_refused(tmp_path: Path) -> None:
    mixed = parcels().set_geometry([SQUARE, Point(0, 0)], crs=4547)
    with pytest.raises(BadValueError, match="图形类型 Point、Polygon"):
        write_geopackage(tmp_path / "a.gpkg", {"宗地": mixed}, {}, created=CREATED)
    with pytest.raises(BadValueError, match="图形类型 Point、Polygon"):
        write_shapefile(tmp_path / "a.shp", mixed)
    assert not list(tmp_path.iterdir())


def test_a_disk_error_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path)
    before = path.read_bytes()

    def fails(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(OutputError, match="磁盘已满"):
        written(tmp_path)
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [before]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="办法"):
        write_geopackage(tmp_path / "无" / "a.gpkg", {"宗地": parcels()}, {}, created=CREATED)
    with pytest.raises(OutputError, match="没有这个文件夹"):
        write_shapefile(tmp_path / "无" / "a.shp", parcels())


def test_layers_are_not_changed(tmp_path: Path) -> None:
    layer = parcels()
    write_geopackage(tmp_path / "a.gpkg", {"宗地": layer}, {}, created=CREATED)
    write_shapefile(tmp_path / "a.shp", layer.assign(price_use="工业"))
    pd.testing.assert_frame_equal(layer, parcels())


def test_a_layer_in_one_colour(tmp_path: Path) -> None:
    style = LayerStyle("村界", "", (), label_column="township", other_colour="#f7f5ee")
    write_geopackage(tmp_path / "a.gpkg", {"村界": parcels()}, {"村界": style}, created=CREATED)
    renderer = style_of(tmp_path / "a.gpkg", "村界").find("renderer-v2")
    assert renderer is not None
    assert renderer.attrib["type"] == "singleSymbol"
    colours = [one.attrib["value"] for one in renderer.iter("Option") if one.attrib.get("name") == "color"]
    assert colours == ["247,245,238,255"]


@pytest.mark.parametrize(
    "style", [LayerStyle("x", "", ()), LayerStyle("x", "", PRICES.classes, other_colour="#f7f5ee")]
)
def test_one_colour_must_be_named_and_knows_no_classes(tmp_path: Path, style: LayerStyle) -> None:
    with pytest.raises(BadValueError, match="没有着色的列"):
        write_geopackage(tmp_path / "a.gpkg", {"村界": parcels()}, {"村界": style}, created=CREATED)


# --- shapefile


def test_a_shapefile_in_gb18030(tmp_path: Path) -> None:
    layer = parcels().assign(price_use=["工业", "𠮷商服"], 一个很长的列名甲="x", 一个很长的列名乙="=1+1")
    write_shapefile(tmp_path / "宗地.shp", layer)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {f"宗地{ending}" for ending in (".shp", ".shx", ".dbf", ".prj", ".cpg", "_字段对照.csv")}
    assert (tmp_path / "宗地.cpg").read_text(encoding="ascii") == "GB18030"
    raw = (tmp_path / "宗地.dbf").read_bytes()
    assert "宗地代码".encode("gb18030") in raw
    assert "𠮷商服".encode("gb18030") in raw
    found = pyogrio.read_dataframe(tmp_path / "宗地.shp")
    # ten bytes are five Chinese characters; the second of two equal names has a number
    assert found.columns.tolist()[:-1] == [
        "宗地代码", "乡镇", "地价用途", "地面单价", "总地价分", "成交日", "一个很长的", "一个很长2",
    ]  # fmt: skip
    assert found["地价用途"].tolist() == ["工业", "𠮷商服"]
    assert found["总地价分"].iloc[0] == 265_620_000
    assert str(found["成交日"].iloc[0])[:10] == "2026-03-16"
    assert found.geometry.iloc[0].equals(SQUARE)
    assert found.crs == layer.crs


def test_the_list_says_what_each_field_is(tmp_path: Path) -> None:
    write_shapefile(
        tmp_path / "宗地.shp", parcels().assign(price_use="工业", 一个很长的列名甲="x", 一个很长的列名乙="y")
    )
    listed = read_csv_table(tmp_path / "宗地_字段对照.csv").fillna("").to_numpy().tolist()
    assert ["总地价分", "total_price_fen", "总地价分", "分", ""] in listed
    assert ["一个很长的", "一个很长的列名甲", "一个很长的列名甲", "", "已截短"] in listed
    assert ["一个很长2", "一个很长的列名乙", "一个很长的列名乙", "", "重名，已编号"] in listed


@given(st.lists(st.one_of(st.sampled_from(sorted(schema())), st.text(alphabet="aA甲𠮷1", max_size=8)), unique=True))
@settings(max_examples=examples(60), deadline=None)
def test_field_names_fit_and_differ(columns: list[str]) -> None:
    fields = field_names(columns)
    assert [one.column for one in fields] == columns
    assert all(0 < len(one.field.encode("gb18030")) <= 10 for one in fields)
    assert len({one.field.casefold() for one in fields}) == len(columns)


def test_all_columns_of_the_schema_have_fields_of_their_own() -> None:
    assert len({one.field for one in field_names(list(schema()))}) == len(schema())


def test_a_text_that_does_not_fit_is_refused_not_cut(tmp_path: Path) -> None:
    # 127 Chinese characters are 254 bytes
    write_shapefile(tmp_path / "宗地.shp", parcels().assign(price_use="长" * 127))
    assert pyogrio.read_dataframe(tmp_path / "宗地.shp")["地价用途"].tolist() == ["长" * 127] * 2
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(BadValueError) as error:
        write_shapefile(tmp_path / "宗地.shp", parcels().assign(price_use=["短", "长" * 128]))
    for part in ("price_use（地价用途）", "共 1 行：411081002004JB00012", "254", "办法"):
        assert part in str(error.value)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_times_of_day_are_text(tmp_path: Path) -> None:
    moments = pd.to_datetime(["2026-03-16 09:30:00", "NaT"])
    write_shapefile(tmp_path / "宗地.shp", parcels().assign(price_use="工业", deal_on=moments))
    assert pyogrio.read_dataframe(tmp_path / "宗地.shp")["成交日"].iloc[0] == "2026-03-16 09:30:00"


def test_stale_parts_go(tmp_path: Path) -> None:
    (tmp_path / "宗地.qix").write_bytes(b"index of another file")
    write_shapefile(tmp_path / "宗地.shp", parcels().assign(price_use="工业"))
    assert not (tmp_path / "宗地.qix").exists()


@pytest.mark.parametrize(
    ("layer", "name", "error", "part"),
    [
        (parcels().assign(reserve_price_fen=1), "宗地.shp", BadValueError, "reserve_price_fen"),
        (nowhere(), "宗地.shp", CrsError, "没有坐标系"),
        (parcels(), "宗地.gpkg", BadValueError, "应为 .shp 文件"),
    ],
)
def test_shapefiles_that_are_refused(
    tmp_path: Path, layer: gpd.GeoDataFrame, name: str, error: type[Exception], part: str
) -> None:
    with pytest.raises(error, match=re.escape(part)):
        write_shapefile(tmp_path / name, layer)
    assert not list(tmp_path.iterdir())


def test_reasons_of_our_own_fit_a_shapefile_and_say_where_they_stand_in_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long, short = "道路通达度没有填写；" * 40, "公告中没有价"
    rows = {"township": ["甲镇", "乙镇"], "reason_text": [long, ""], "price_gap": [None, short], "deal_gap": ["", long]}
    codes = pd.Index(["411081002004JB00012", "411081002004JB00013"], name="parcel_code")
    layer = gpd.GeoDataFrame(rows, index=codes, geometry=[SQUARE, SQUARE], crs=4547)
    monkeypatch.setattr(layers, "parcel_layer", lambda work: layer)
    layers.write_parcel_shapefile(cast("Work", None), tmp_path / "宗地.shp")
    texts = gpd.read_file(tmp_path / "宗地.shp", encoding="gb18030").drop(columns="geometry").to_numpy().tolist()
    first, second = texts
    for cell in (first[2], second[4]):
        assert len(cell.encode("gb18030")) <= 254
        kept, mark, where = cell.partition("……")
        assert (mark, where) == ("……", "（全文见 图层.gpkg）")
        assert long.startswith(kept)
        assert len(kept) > 110
    assert second[3] == short
    assert layer["reason_text"].iloc[0] == long
