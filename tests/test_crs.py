"""Coordinate systems: published EPSG codes and test points, and what coordinates give away."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely
from pyproj import Geod, Transformer

from landmarket.crs import recognise_crs, swap_axes, to_projected, zone_crs, zone_of_longitude
from landmarket.errors import CoordinateWarning, CrsError
from landmarket.geometry import ellipsoidal_area
from landmarket.io.located import with_crs

YUZHOU = (412_200.0, 3_760_000.0, 470_000.0, 3_810_000.0)


def layer(bounds: tuple[float, float, float, float], crs: str | None = None) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.box(*bounds)], crs=crs)


@pytest.mark.parametrize(("longitude", "zone"), [(113.05, 38), (113.83, 38), (114.3166, 38), (115.5, 39)])
def test_zone_numbers(longitude: float, zone: int) -> None:
    assert zone_of_longitude(longitude) == zone


@pytest.mark.parametrize(
    ("longitude", "plain", "prefixed"), [(113.83, 4547, 4526), (115.5, 4548, 4527), (75.0, 4534, 4513)]
)
def test_epsg_codes_of_the_zones(longitude: float, plain: int, prefixed: int) -> None:
    assert zone_crs(longitude).to_epsg() == plain
    assert zone_crs(longitude, prefixed=True).to_epsg() == prefixed


def test_published_point() -> None:
    """113.85°E 34.03°N lies at E 486,147.150 N 3,766,999.270 in EPSG:4547 (PROJ)."""
    east, north = Transformer.from_crs("EPSG:4490", zone_crs(113.85), always_xy=True).transform(113.85, 34.03)
    assert (east, north) == pytest.approx((486_147.150, 3_766_999.270), abs=0.002)


def test_longitude_outside_china_is_refused() -> None:
    with pytest.raises(CrsError, match="经度 -71"):
        zone_of_longitude(-71.0)


def test_prefixed_easting_is_recognised() -> None:
    read, note = with_crs(layer((38_412_200, 3_760_000, 38_470_000, 3_810_000)), None, "f.shp")
    assert read.crs.to_epsg() == 4526
    assert "带号" in note


def test_degrees_and_swapped_degrees_are_recognised() -> None:
    assert with_crs(layer((113.1, 34.0, 113.6, 34.4)), None, "f.shp")[0].crs.to_epsg() == 4490
    read, note = with_crs(layer((34.0, 113.1, 34.4, 113.6)), None, "f.shp")
    assert tuple(read.total_bounds) == (113.1, 34.0, 113.6, 34.4)
    assert "次序" in note


def test_six_digit_eastings_are_asked_for_never_guessed() -> None:
    with pytest.raises(CrsError, match="中央经线不明"):
        with_crs(layer(YUZHOU), None, "f.shp")
    assert with_crs(layer(YUZHOU), "EPSG:4547", "f.shp")[0].crs.to_epsg() == 4547


@pytest.mark.parametrize(
    ("bounds", "stated"),
    [
        ((38_412_200, 3_760_000, 38_470_000, 3_810_000), "EPSG:4547"),
        (YUZHOU, "EPSG:4526"),
        (YUZHOU, "EPSG:4490"),
        ((113.1, 34.0, 113.6, 34.4), "EPSG:4547"),
    ],
)
def test_a_system_that_contradicts_the_coordinates_is_refused(
    bounds: tuple[float, float, float, float], stated: str
) -> None:
    with pytest.raises(CrsError, match=r"f\.shp"):
        with_crs(layer(bounds, stated), None, "f.shp")


@pytest.mark.parametrize("stated", ["EPSG:4527", "EPSG:4525", "EPSG:4497", "EPSG:4547"])
def test_a_zone_against_the_prefix_is_refused_and_the_right_one_named(stated: str) -> None:
    """EPSG database: 4526 is zone 38 with the prefix; 4497 is the 6-degree zone 19."""
    east = layer((38_412_200, 3_760_000, 38_470_000, 3_810_000))
    with pytest.raises(CrsError, match=rf"{stated}.*38 带.*是 EPSG:4526"):
        with_crs(east, stated, "f.shp")
    with pytest.raises(CrsError, match=r"EPSG:4526"):
        with_crs(east.set_crs(stated), None, "f.shp")


def test_a_zone_that_agrees_with_the_prefix_is_taken() -> None:
    """4526 CGCS2000, 2362 Xian 1980, both zone 38."""
    east = layer((38_412_200, 3_760_000, 38_470_000, 3_810_000))
    assert with_crs(east, "EPSG:4526", "f.shp")[0].crs == "EPSG:4526"
    with pytest.warns(CoordinateWarning, match="1980西安坐标系"):
        assert with_crs(east, "EPSG:2362", "f.shp")[0].crs == "EPSG:2362"


def test_a_system_nobody_knows_is_refused() -> None:
    for bounds in (YUZHOU, (float("nan"),) * 4):
        with pytest.raises(CrsError, match=r"f\.shp：不认识坐标系.*EPSG:99999999"):
            with_crs(layer(bounds), "EPSG:99999999", "f.shp")


@pytest.mark.parametrize("shape", [None, shapely.Polygon()])
def test_degrees_without_a_shape_have_no_zone(shape: shapely.Polygon | None) -> None:
    with pytest.raises(CrsError, match=r"没有一个图形有坐标.*办法"):
        to_projected(gpd.GeoDataFrame(geometry=[shape], crs="EPSG:4490"))


@pytest.mark.parametrize("longitude", [float("nan"), float("inf")])
def test_a_longitude_that_is_no_number_is_refused(longitude: float) -> None:
    with pytest.raises(CrsError, match=r"经度 (nan|inf)"):
        zone_of_longitude(longitude)


def test_caller_against_file_is_refused() -> None:
    with pytest.raises(CrsError, match="参数 crs"):
        with_crs(layer(YUZHOU, "EPSG:4547"), "EPSG:4546", "f.shp")


def test_swapped_projected_axes_are_put_right() -> None:
    swapped = swap_axes(layer(YUZHOU, "EPSG:4547"))
    assert recognise_crs(tuple(swapped.total_bounds)).swapped
    assert tuple(with_crs(swapped, None, "f.shp")[0].total_bounds) == YUZHOU


def test_geographic_layer_goes_to_its_own_zone() -> None:
    assert to_projected(layer((113.1, 34.0, 113.6, 34.4), "EPSG:4490")).crs.to_epsg() == 4547


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:3857"])
@pytest.mark.parametrize("far", [(131.0, 45.0), (74.0, 39.0), (-60.0, -30.0)])
def test_a_shape_that_lies_elsewhere_does_not_choose_the_zone(crs: str, far: tuple[float, float]) -> None:
    """113.3°E lies in the zone of 114°E, EPSG:4547."""
    places = [(113.1, 34.1), (113.3, 34.2), (113.5, 34.3), far]
    shapes = [shapely.box(x, y, x + 0.001, y + 0.001) for x, y in places]
    assert to_projected(gpd.GeoDataFrame(geometry=shapes, crs=4490).to_crs(crs)).crs.to_epsg() == 4547


def test_ellipsoidal_area_equals_the_geodesic_one() -> None:
    """Against PROJ's geodesic area on the same ellipsoid, at both edges of the zone."""
    squares = gpd.GeoDataFrame(
        geometry=[shapely.box(x, 3_770_000, x + 300, 3_770_400) for x in (365_000, 412_200, 500_000, 634_000)],
        crs="EPSG:4547",
    )
    geod = Geod(a=6_378_137.0, rf=298.257222101)
    expected = [geod.geometry_area_perimeter(shape)[0] for shape in squares.to_crs("EPSG:4490").geometry]
    assert ellipsoidal_area(squares).tolist() == pytest.approx(expected, rel=1e-8)


def test_a_system_that_is_no_text_is_refused() -> None:
    layer = gpd.GeoDataFrame(geometry=[shapely.Point(500_000, 3_700_000)])
    with pytest.raises(CrsError, match=r"f\.shp：不认识坐标系.*办法"):
        with_crs(layer, "\udcff", "f.shp")
