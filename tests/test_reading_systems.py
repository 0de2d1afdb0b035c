"""Coordinate systems as bureaus leave them: none, wrong, swapped, degrees, another datum, another province, GCJ-02."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Transformer

from landmarket import screen
from landmarket.crs import to_projected
from landmarket.errors import CoordinateWarning, CrsError
from landmarket.io import read_layer, read_parcels
from landmarket.io.located import with_crs
from landmarket.io.provinces import provinces
from landmarket.io.shifted_places import gcj_offset

PLACE = (113.85, 34.03)
"""East 486,147.150, north 3,766,999.270 in EPSG:4547 (PROJ)."""


def parcels(
    crs: str | None, *, swapped: bool = False, code: str = "411081", said: str | None = None
) -> gpd.GeoDataFrame:
    """Three squares at PLACE, written in one system and said to be in another."""
    x, y = PLACE if crs is None else Transformer.from_crs("EPSG:4490", crs, always_xy=True).transform(*PLACE)
    side = 0.001 if crs is None else 100.0
    squares = [shapely.box(x + i * side, y, x + (i + 1) * side, y + side) for i in range(3)]
    if swapped:
        squares = [shapely.box(box.bounds[1], box.bounds[0], box.bounds[3], box.bounds[2]) for box in squares]
    codes = [f"{code}001001JB{number:05d}" for number in (1, 2, 3)]
    return gpd.GeoDataFrame({"parcel_code": codes}, geometry=squares, crs=said)


@pytest.mark.parametrize(
    ("crs", "swapped", "found", "note"),
    [
        ("EPSG:4526", False, 4526, "带 38 带带号"),
        ("EPSG:4526", True, 4526, "带 38 带带号，坐标次序为纬（纵）在前"),
        ("EPSG:4497", False, 4497, "6 度带 19 带带号"),
        ("EPSG:4497", True, 4497, "6 度带 19 带带号，坐标次序为纬（纵）在前"),
        (None, False, 4490, "经纬度"),
        (None, True, 4490, "经纬度，坐标次序为纬（纵）在前"),
    ],
)
def test_without_a_prj_what_the_coordinates_show_is_taken_and_told(
    crs: str | None, swapped: bool, found: int, note: str
) -> None:
    read, told = with_crs(parcels(crs, swapped=swapped), None, "p.shp")
    assert read.crs is not None
    assert read.crs.to_epsg() == found
    assert note in told
    assert "基准按 CGCS2000" in told
    centre = Transformer.from_crs(found, "EPSG:4490", always_xy=True).transform(*read.geometry.iloc[0].bounds[:2])
    assert centre == pytest.approx(PLACE, abs=1e-6)


@pytest.mark.parametrize("swapped", [False, True])
def test_without_prj_and_prefix_the_codes_say_which_meridians_can_be(swapped: bool) -> None:
    """At 113.85°E in zone 38 (114°): with 111° or 117° the parcels would lie at 110.85 or 116.85, both near Henan."""
    with pytest.raises(
        CrsError, match=r"p\.shp：.*中央经线不明.*河南省，可能是 .*EPSG:4547（中央经线 114°）.*办法.*crs="
    ):
        with_crs(parcels("EPSG:4547", swapped=swapped), None, "p.shp")
    with pytest.raises(CrsError) as told:
        with_crs(parcels("EPSG:4547", swapped=swapped, code="330521"), None, "p.shp")
    assert "没有一条中央经线使坐标落在省内" in str(told.value), "34°N is not in 浙江省"


@pytest.mark.parametrize("code", ["", "99", "xx"])
def test_codes_that_name_no_province_say_nothing(code: str) -> None:
    with pytest.raises(CrsError, match=r"中央经线不明。范围 x \d+—\d+，y \d+—\d+。办法"):
        with_crs(parcels("EPSG:4547", code=code), None, "p.shp")


@pytest.mark.parametrize("said", ["EPSG:4541", "EPSG:4553"])
def test_a_meridian_that_puts_parcels_into_another_province_is_told(said: str, tmp_path: Path) -> None:
    """A wrong .prj: 96°E is in 青海, 132°E in the sea."""
    parcels("EPSG:4547", said=said).rename(columns={"parcel_code": "宗地代码"}).to_file(tmp_path / "p.gpkg")
    with pytest.warns(CoordinateWarning, match=r"p\.gpkg：坐标在东经 .*代码以 41 开头，是河南省。办法：核对坐标系"):
        read = read_parcels(tmp_path / "p.gpkg")
    assert any("河南省" in note for note in read.attrs["source_notes"])


def test_the_layer_of_villages_is_held_against_its_codes_too(tmp_path: Path) -> None:
    wrong = parcels("EPSG:4547", said="EPSG:4541").rename(columns={"parcel_code": "村代码"})
    wrong["村代码"] = "411081001001"
    wrong.to_file(tmp_path / "v.gpkg")
    with pytest.warns(CoordinateWarning, match="河南省"):
        read_layer(tmp_path / "v.gpkg")


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4526"])
@pytest.mark.parametrize("stated", [True, False])
@pytest.mark.parametrize("slip", [1e12, -1e200, np.inf])
def test_a_shape_that_lies_nowhere_does_not_hide_the_system(crs: str, stated: bool, slip: float) -> None:
    layer = parcels(None if crs == "EPSG:4490" else crs, said=crs if stated else None)
    layer.geometry = [*layer.geometry.iloc[:2], shapely.transform(layer.geometry.iloc[2], lambda points: points * slip)]
    assert with_crs(layer, None, "f.shp")[0].crs == crs


def test_one_parcel_astray_or_codes_that_disagree_do_not_speak_for_a_layer() -> None:
    right = parcels("EPSG:4547", said="EPSG:4547")
    astray = right.geometry.to_list()
    astray[2] = shapely.box(700_000, 5_000_000, 700_100, 5_000_100)
    assert "°" not in with_crs(right.set_geometry(astray, crs="EPSG:4547"), None, "p.shp")[1]
    mixed = right.assign(parcel_code=["411081", "330521", "510104"])
    assert "代码" not in with_crs(mixed, None, "p.shp")[1]


@pytest.mark.parametrize(
    ("said", "name"),
    [("EPSG:2362", "1980西安坐标系"), ("EPSG:2414", "1954北京坐标系"), ("EPSG:4610", "1980西安坐标系")],
)
def test_an_older_datum_is_named_and_never_converted(said: str, name: str, tmp_path: Path) -> None:
    """EPSG: 2362 Xian 1980 zone 38, 2414 Beijing 1954 zone 38, 4610 Xian 1980 in degrees."""
    layer = parcels("EPSG:4526" if said != "EPSG:4610" else None, said=said)
    layer.rename(columns={"parcel_code": "ZDDM"}).to_file(tmp_path / "p.shp")
    with pytest.warns(CoordinateWarning, match=rf"p\.shp：{name}不是 2000 国家大地坐标系.*办法：用本地转换参数"):
        read = read_parcels(tmp_path / "p.shp")
    assert read.crs is not None
    assert read.crs.ellipsoid is not None
    assert read.crs.ellipsoid.semi_major_metre != 6_378_137
    assert read.geometry.iloc[0].bounds == pytest.approx(layer.geometry.iloc[0].bounds)


@pytest.mark.parametrize("said", ["EPSG:4547", "EPSG:4490", "EPSG:32649"])
def test_systems_within_centimetres_of_cgcs2000_are_quiet(said: str) -> None:
    layer = parcels(None if said == "EPSG:4490" else said, said=said)
    assert "不是 2000" not in with_crs(layer, None, "p.shp")[1]


def test_areas_in_web_mercator_are_brought_to_true_ones() -> None:
    """Squares of 100 m in the zone; Web Mercator stretches areas by 1/cos² of the latitude, 1.456 times at 34°N."""
    with pytest.warns(CoordinateWarning, match=r"p\.gpkg：WGS 84 / Pseudo-Mercator的面积不是实际面积.*办法"):
        read, note = with_crs(parcels("EPSG:4547", said="EPSG:4547").to_crs("EPSG:3857"), None, "p.gpkg")
    assert "不是实际面积" in note
    assert read.geometry.area.iloc[0] == pytest.approx(10_000 / np.cos(np.radians(PLACE[1])) ** 2, rel=0.01)
    projected = to_projected(read)
    assert projected.crs == "EPSG:4547"
    assert projected.geometry.area.tolist() == pytest.approx([10_000.0] * 3, abs=1e-4)
    assert to_projected(projected) is projected


@pytest.mark.parametrize(
    ("crs", "said", "reason"),
    [
        (None, "EPSG:4547", "但坐标是经纬度"),
        ("EPSG:4547", "EPSG:4490", "但横坐标不带带号"),
        ("EPSG:4526", "EPSG:4547", "不带带号，但横坐标带 38 带带号"),
        ("EPSG:4526", "EPSG:4527", "的带号是 39，但横坐标带 38 带带号"),
        ("EPSG:4547", "EPSG:4526", "带带号，但横坐标不带带号"),
        ("EPSG:4497", "EPSG:4526", "的带号是 38，但横坐标带 6 度带 19 带带号"),
    ],
)
def test_a_system_the_coordinates_contradict_is_refused(crs: str | None, said: str, reason: str) -> None:
    for layer, told in ((parcels(crs, said=said), None), (parcels(crs), said)):
        with pytest.raises(CrsError, match=rf"p\.shp：.*{said}.*{reason}.*办法"):
            with_crs(layer, told, "p.shp")


def test_the_provinces_are_all_there_and_each_holds_its_capital() -> None:
    """Seats of government [°], rounded to a tenth, from any atlas."""
    seats = {
        "11": (116.4, 39.9), "12": (117.2, 39.1), "13": (114.5, 38.0), "14": (112.5, 37.9), "15": (111.7, 40.8),
        "21": (123.4, 41.8), "22": (125.3, 43.9), "23": (126.6, 45.8), "31": (121.5, 31.2), "32": (118.8, 32.1),
        "33": (120.2, 30.3), "34": (117.2, 31.8), "35": (119.3, 26.1), "36": (115.9, 28.7), "37": (117.0, 36.7),
        "41": (113.7, 34.8), "42": (114.3, 30.6), "43": (113.0, 28.2), "44": (113.3, 23.1), "45": (108.3, 22.8),
        "46": (110.3, 20.0), "50": (106.5, 29.6), "51": (104.1, 30.7), "52": (106.7, 26.6), "53": (102.7, 25.0),
        "54": (91.1, 29.6), "61": (108.9, 34.3), "62": (103.8, 36.1), "63": (101.8, 36.6), "64": (106.3, 38.5),
        "65": (87.6, 43.8),
    }  # fmt: skip
    known = {province.code: province for province in provinces()}
    assert set(known) == set(seats)
    assert all(known[code].holds(*seat) for code, seat in seats.items())
    assert not known["41"].holds(*seats["33"])


def villages_and_parcels() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Sixteen villages of two kilometres and eight parcels in each, up to its border."""
    side, draw = 2000.0, np.random.default_rng(7)
    homes, rows = [], []
    for number in range(16):
        x, y = 440_000 + number % 4 * side, 3_780_000 + number // 4 * side
        homes.append((f"村{number}", shapely.box(x, y, x + side, y + side)))
        for east, north in draw.uniform(0, side - 60, (8, 2)):
            rows.append((f"村{number}", shapely.box(x + east, y + north, x + east + 60, y + north + 60)))
    villages = gpd.GeoDataFrame(
        {
            "township": "火龙镇",
            "township_code": "411081100",
            "village": [name for name, _ in homes],
            "village_code": [f"4110811002{number:02d}" for number in range(16)],
        },
        geometry=[shape for _, shape in homes],
        crs="EPSG:4547",
    )
    layer = gpd.GeoDataFrame(
        {
            "parcel_code": [f"411081100001JB{number:05d}" for number in range(1, len(rows) + 1)],
            "village": [name for name, _ in rows],
        },
        geometry=[shape for _, shape in rows],
        crs="EPSG:4547",
    )
    return villages, layer


def shifted(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The layer as if traced from a map in GCJ-02."""
    degrees = layer.geometry.to_crs(4490).to_numpy()
    moved = shapely.transform(degrees, lambda at: at + np.column_stack(gcj_offset(at[:, 0], at[:, 1])))
    return layer.set_geometry(gpd.GeoSeries(moved, layer.index, crs=4490).to_crs("EPSG:4547"))


def checks(layer: gpd.GeoDataFrame, villages: gpd.GeoDataFrame | None) -> str:
    return "；".join(screen(layer, villages=villages).findings["check"].unique())


def test_shifted_parcels_are_told_by_their_villages_and_left_where_they_are() -> None:
    villages, layer = villages_and_parcels()
    assert "偏移坐标" not in checks(layer, villages)
    moved = shifted(layer)
    assert "宗地疑似偏移坐标（GCJ-02）" in checks(moved, villages)
    kept = screen(moved, villages=villages)
    assert kept.accepted.geometry.iloc[0].equals_exact(moved.geometry.iloc[0], 1e-6)
    assert len(kept.accepted) == len(layer)


def test_shifted_villages_are_told_apart_from_shifted_parcels() -> None:
    villages, layer = villages_and_parcels()
    assert "村界疑似偏移坐标（GCJ-02）" in checks(layer, shifted(villages))


@pytest.mark.parametrize("moved", [(0.0, -500.0), (-550.0, 120.0)])
def test_another_move_is_not_taken_for_it(moved: tuple[float, float]) -> None:
    """GCJ-02 moves by some 590 metres to the east and 140 to the south here."""
    villages, layer = villages_and_parcels()
    assert "宗地疑似" not in checks(layer.set_geometry(layer.translate(*moved)), villages)


def test_without_evidence_nothing_is_said() -> None:
    villages, layer = villages_and_parcels()
    assert "偏移坐标" not in checks(shifted(layer), None)
    assert "偏移坐标" not in checks(shifted(layer).drop(columns="village"), villages)
    assert "偏移坐标" not in checks(shifted(layer).iloc[:15], villages)
