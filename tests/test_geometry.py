"""Geometry of parcels: widths, polygons out of collections, repair with and without doubt."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely.affinity import rotate, translate

from landmarket.checks import require_projected
from landmarket.errors import CrsError
from landmarket.geometry import ellipsoidal_area, in_system, mean_width, polygons_only, repaired
from tests.helpers import assert_same_index
from tests.hunting import examples

SQUARE = shapely.box(0, 0, 10, 10)


def array(*shapes: shapely.Geometry | None) -> np.ndarray:
    result = np.empty(len(shapes), dtype=object)
    result[:] = shapes
    return result


def test_width_of_a_strip_is_its_width() -> None:
    """2A / P of a w × l strip is w·l / (w + l), which tends to w as it gets longer."""
    assert mean_width(array(shapely.box(0, 0, 0.5, 10_000)))[0] == pytest.approx(0.5, rel=1e-4)
    assert mean_width(array(SQUARE))[0] == pytest.approx(5.0)
    assert np.isnan(mean_width(array(None))[0])


def test_polygons_come_out_of_collections() -> None:
    line, other = shapely.LineString([(0, 0), (1, 1)]), translate(SQUARE, 20, 0)
    mixed = shapely.GeometryCollection([line, SQUARE, shapely.MultiPolygon([other])])
    result = polygons_only(array(SQUARE, mixed, line, None, shapely.GeometryCollection()))
    assert result[0].equals(SQUARE)
    assert result[1].geom_type == "MultiPolygon"
    assert result[1].area == 200
    assert [shape is None for shape in result] == [False, False, True, True, True]


SPIKE = shapely.Polygon([(0, 0), (10, 0), (10, 10), (10, 30), (10, 10), (0, 10)])
BOW_TIE = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
LOPSIDED = shapely.Polygon([(0, 0), (10, 0), (0, 10), (3, 12)])
HOLE_OUTSIDE = shapely.Polygon([(0, 0), (10, 0), (10, 10), (0, 10)], [[(20, 0), (30, 0), (30, 10), (20, 10)]])
TWICE = shapely.Polygon([(0, 0), (10, 0), (10, 10), (0, 10), (0, 0), (10, 0), (10, 10), (0, 10)])


@pytest.mark.parametrize(
    ("shape", "certain"),
    [(SQUARE, True), (SPIKE, True), (BOW_TIE, False), (LOPSIDED, False), (HOLE_OUTSIDE, False), (TWICE, False)],
)
def test_repairs_that_change_the_area_are_in_doubt(shape: shapely.Polygon, certain: bool) -> None:
    result, sure = repaired(array(shape))
    assert shapely.is_valid(result[0])
    assert sure[0] == certain


def test_valid_shapes_are_returned_as_they_are_and_input_is_not_changed() -> None:
    shapes = array(SQUARE, None, SPIKE)
    before = shapes.copy()
    result, sure = repaired(shapes)
    assert result[0] is SQUARE
    assert result[1] is None
    assert sure.tolist() == [True, True, True]
    assert all(a is b for a, b in zip(shapes, before, strict=True))


@example([(2, 0), (1, 1), (1, 0), (0, 0), (1, 1), (1, 0)])  # two triangles that share an edge, found by a hunt
@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=4, max_size=9))
def test_whatever_the_ring_the_repair_is_valid_or_in_doubt(ring: list[tuple[int, int]]) -> None:
    result, sure = repaired(array(shapely.Polygon(ring)))
    if result[0] is None:
        return
    assert shapely.is_valid(result[0])
    if sure[0] and not shapely.is_valid(shapely.Polygon(ring)):
        assert result[0].area == pytest.approx(shapely.Polygon(ring).area, rel=1e-3)


def test_a_ring_that_crosses_itself_only_in_the_other_system_is_repaired() -> None:
    """A notch ends a micrometre before the straight edge opposite, which is bent in the zone of the next meridian."""
    notched = shapely.Polygon([(0, 0), (2000, 0), (2000, 999), (1001, 999), (1000, 1e-6), (999, 999), (0, 999)])
    turned = rotate(notched, 180, origin=(1000, 499.5))
    bow_tie = shapely.Polygon([(0, 0), (2000, 999), (2000, 0), (0, 999)])
    shapes = [translate(shape, 620_000, 3_780_000) for shape in (notched, turned, bow_tie)]
    layer = gpd.GeoDataFrame(geometry=[*shapes, None], index=[5, 3, 4, 1], crs=4547)
    moved, found = layer.to_crs(4548), in_system(layer, CRS.from_epsg(4548))
    assert layer.is_valid.tolist() == [True, True, False, False]
    assert moved.is_valid.tolist()[:2] != [True, True]
    assert_same_index(found, layer)
    assert found.is_valid.tolist() == [True, True, False, False]
    assert found.area.iloc[:2].tolist() == pytest.approx(moved.area.iloc[:2].tolist(), rel=1e-6)
    assert found.geometry.loc[4].equals_exact(moved.geometry.loc[4], 0)


def test_area_is_on_the_same_index_with_gaps() -> None:
    parcels = gpd.GeoDataFrame(
        geometry=[translate(SQUARE, 500_000, 3_770_000), None], index=["b", "a"], crs="EPSG:4547"
    )
    area = ellipsoidal_area(parcels)
    assert_same_index(area, parcels)
    assert area["b"] == pytest.approx(100.0, rel=1e-6)  # on the central meridian the scale is 1
    assert np.isnan(area["a"])


def graticule_area(south: float, north: float, degrees: float) -> float:
    """Area of the GRS80 ellipsoid, whose axes CGCS2000 shares, between two parallels and two meridians: closed form."""
    a, flattening = 6378137.0, 1 / 298.257222101
    b, e = a * (1 - flattening), (2 * flattening - flattening**2) ** 0.5

    def up_to(latitude: float) -> float:
        s = np.sin(np.radians(latitude))
        return float(s / (1 - (e * s) ** 2) + np.arctanh(e * s) / e)

    return float(np.radians(degrees) * b**2 / 2 * (up_to(north) - up_to(south)))


@pytest.mark.parametrize("degrees", [0.002, 0.02, 0.2, 1.0])
def test_area_of_large_shapes_is_that_of_the_ellipsoid(degrees: float) -> None:
    west, south = 112.6, 34.0
    along = np.linspace(0, degrees, 2001)
    far = np.full(len(along), degrees)
    ring = np.concatenate(
        [
            np.stack(side, axis=1)
            for side in ((along, 0 * far), (far, along), (along[::-1], far), (0 * far, along[::-1]))
        ]
    )
    hole = [(0.3 * degrees, 0.3 * degrees), (0.3 * degrees, 0.6 * degrees), (0.6 * degrees, 0.6 * degrees)]
    corner = np.array([west, south])
    whole, cut = shapely.Polygon(ring + corner), shapely.Polygon(ring + corner, [np.array(hole) + corner])
    area = ellipsoidal_area(gpd.GeoDataFrame(geometry=[whole, cut, whole - cut], crs=4490).to_crs(4547))
    assert area.iloc[0] == pytest.approx(graticule_area(south, south + degrees, degrees), rel=2e-9)
    assert area.iloc[1] + area.iloc[2] == pytest.approx(area.iloc[0], rel=2e-9)


def test_shapes_whose_rings_touch_stay_valid_in_another_system() -> None:
    """A hole that touches the middle of a side: rounding puts the point on one side of it or the other."""
    corners = np.random.default_rng(1).integers([400_000, 3_700_000], [500_000, 3_800_000], (200, 2))
    shapes = [
        shapely.Polygon(
            [(x, y), (x + 16, y), (x + 16, y + 16), (x, y + 16)], [[(x + 8, y), (x + 12, y + 8), (x + 4, y + 8)]]
        )
        for x, y in corners.tolist()
    ]
    layer = gpd.GeoDataFrame(geometry=shapes, index=range(200, 0, -1), crs="EPSG:4547")
    plain, moved = layer.to_crs("EPSG:4526"), in_system(layer, CRS.from_epsg(4526))
    assert layer.geometry.is_valid.all()
    assert not plain.geometry.is_valid.all(), "the rounding that this is about"
    assert moved.geometry.is_valid.all()
    np.testing.assert_allclose(moved.area, plain.area, atol=1e-4)
    assert moved.index.equals(layer.index)
    assert moved.crs == "EPSG:4526"


def test_shapes_that_were_invalid_before_are_left_to_be_told() -> None:
    bow_tie = shapely.Polygon([(450_000, 3_780_000), (450_010, 3_780_010), (450_010, 3_780_000), (450_000, 3_780_010)])
    moved = in_system(gpd.GeoDataFrame(geometry=[bow_tie, None], crs="EPSG:4547"), CRS.from_epsg(4526))
    assert moved.geometry.is_valid.tolist() == [False, False]
    assert moved.geometry.isna().tolist() == [False, True]


def test_a_system_in_feet_is_refused() -> None:
    feet = "+proj=tmerc +lat_0=0 +lon_0=114 +k=1 +x_0=500000 +ellps=GRS80 +units=us-ft"
    with pytest.raises(CrsError, match="US survey foot，不是米"):
        require_projected(gpd.GeoDataFrame(geometry=[SQUARE], crs=feet), "price")
