"""FileGDB: what is written is read back by GDAL, a fault leaves the old one."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box

from landmarket.errors import BadValueError, CrsError, OutputError
from landmarket.report import file_geodatabase
from landmarket.report.file_geodatabase import field_names, write_file_geodatabase
from tests.hunting import examples

HOLED = Polygon([(0, 0), (60, 0), (60, 40), (0, 40)], [[(10, 10), (20, 10), (20, 20), (10, 20)]])
PARTS = MultiPolygon([box(100, 0, 110, 10), box(200, 0, 210, 10)])


def parcels() -> gpd.GeoDataFrame:
    table = {
        "parcel_code": ["411081003007JB00004", "411081003007JB00005"],
        "unit_price": [266.42, None],
        "total_price_fen": pd.array([14_451_686, None], dtype="Int64"),
        "price_use": ["𠮷商服", "=1+1"],
        "deal_on": pd.to_datetime(["2026-03-16", None]),
    }
    return gpd.GeoDataFrame(table, geometry=[HOLED, PARTS], crs=4547).set_index("parcel_code")


def test_layers_read_back_with_chinese_fields(tmp_path: Path) -> None:
    path = tmp_path / "禹州.gdb"
    write_file_geodatabase(path, {"宗地": parcels(), "村界": parcels()})
    write_file_geodatabase(path, {"宗地": parcels()})
    assert [name for name, _ in pyogrio.list_layers(path)] == ["宗地"]
    found = pyogrio.read_dataframe(path, layer="宗地")
    assert list(found.columns[:-1]) == ["宗地代码", "地面单价", "总地价分", "地价用途", "成交日"]
    assert found["宗地代码"].tolist() == parcels().index.tolist()
    assert found["地价用途"].tolist() == ["𠮷商服", "=1+1"]
    assert found["总地价分"].iloc[0] == 14_451_686
    assert found[["地面单价", "总地价分", "成交日"]].iloc[1].isna().all()
    assert str(found["成交日"].iloc[0])[:10] == "2026-03-16"
    assert found.crs == 4547
    assert found.geometry.area.tolist() == [60 * 40 - 100, 200]
    assert sorted(tmp_path.iterdir()) == [path]


def test_an_input_is_not_changed(tmp_path: Path) -> None:
    layer = parcels()
    write_file_geodatabase(tmp_path / "a.gdb", {"宗地": layer})
    pd.testing.assert_frame_equal(layer, parcels())


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(st.text(min_size=1, max_size=80), max_size=6))
def test_field_names_are_such_as_arcgis_takes(columns: list[str]) -> None:
    names = field_names(columns)
    assert len({name.casefold() for name in names} | {"objectid", "shape"}) == len(names) + 2
    assert all(name.replace("_", "a").isalnum() and not name[0].isdigit() and len(name) <= 64 for name in names)


@pytest.mark.parametrize(
    ("name", "layer", "error", "said"),
    [
        ("a.gdb", {"宗 地": parcels()}, BadValueError, "图层名 宗 地 不能用"),
        ("a.gdb", {}, BadValueError, "图层名 （无） 不能用"),
        ("a.gdb", {"宗地": parcels(), "A": parcels(), "a": parcels()}, BadValueError, "图层名 A、a 不能用"),
        ("a.shp", {"宗地": parcels()}, BadValueError, "应为 .gdb 文件夹"),
        ("a.gdb", {"宗地": parcels().set_crs(None, allow_override=True)}, CrsError, "没有坐标系"),
        ("a.gdb", {"宗地": parcels().assign(total_price_fen=2**53 + 1)}, BadValueError, "总地价分.*整数超过"),
        ("a.gdb", {"宗地": parcels().assign(reserve_price_fen=1)}, BadValueError, "截止前保密"),
        ("a.gdb", {"宗地": parcels().set_geometry([HOLED, Point(0, 0)], crs=4547)}, BadValueError, "不能同层绘制"),
    ],
)
def test_layers_that_are_refused(
    tmp_path: Path, name: str, layer: dict[str, gpd.GeoDataFrame], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        write_file_geodatabase(tmp_path / name, layer)
    assert not list(tmp_path.iterdir())


def test_a_disk_error_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.gdb"
    write_file_geodatabase(path, {"宗地": parcels()})
    real = pyogrio.write_dataframe

    def fails_later(*given: object, **named: object) -> None:
        if named["layer"] == "村界":
            raise pyogrio.errors.DataSourceError("no space left")
        real(*given, **named)

    monkeypatch.setattr(pyogrio, "write_dataframe", fails_later)
    with pytest.raises(OutputError, match="没有留下半份成果"):
        write_file_geodatabase(path, {"乡镇": parcels(), "村界": parcels()})
    assert sorted(tmp_path.iterdir()) == [path]
    assert [name for name, _ in pyogrio.list_layers(path)] == ["宗地"]


def test_a_gdal_that_cannot_write_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_geodatabase.pyogrio, "list_drivers", lambda: {"OpenFileGDB": "r"})
    with pytest.raises(OutputError, match="不能写 FileGDB。办法：改写 GeoPackage"):
        write_file_geodatabase(tmp_path / "a.gdb", {"宗地": parcels()})


def test_days_are_written_without_a_word_on_the_screen(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    days = pd.to_datetime([None, "2026-03-01", None, "2026-03-02", None])
    for unit in ("s", "us", "ns"):
        square = [Polygon([(0, 0), (0, 10), (10, 10), (10, 0)])] * len(days)
        layer = gpd.GeoDataFrame({"deal_on": days.astype(f"datetime64[{unit}]")}, geometry=square, crs=4547)
        write_file_geodatabase(tmp_path / f"{unit}.gdb", {"宗地": layer})
        read = gpd.read_file(tmp_path / f"{unit}.gdb", layer="宗地").iloc[:, 0]
        told = [None if pd.isna(day) else str(day)[:10] for day in read]
        assert told == [None, "2026-03-01", None, "2026-03-02", None]
    assert capfd.readouterr().err == ""
