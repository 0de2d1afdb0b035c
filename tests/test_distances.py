"""Distances to the nearest of a layer: against each shape in turn, and closed forms."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from landmarket.errors import BadValueError, CrsError
from landmarket.pricing.factors import nearest_distances
from tests.helpers import assert_same_index
from tests.hunting import examples
from tests.strategies import EASTING, NORTHING

CRS = "EPSG:4547"


def layer(*shapes: BaseGeometry | None) -> gpd.GeoDataFrame:
    """Shapes named by letter."""
    return gpd.GeoDataFrame(geometry=np.array(shapes, dtype=object), index=list("abcdefghijkl"[: len(shapes)]), crs=CRS)


def drawn(rng: np.random.Generator) -> BaseGeometry:
    """A point, line or area of one or two parts, long or short, with a hole or not, standing or lying anywhere."""
    corners = np.array([EASTING, NORTHING]) + rng.uniform(0, 3000, (4, 2))
    side = 10.0 ** rng.uniform(-1, 3)
    yards = [box(*corner, *(corner + side)) for corner in corners[:2]]
    court = Polygon(yards[0].exterior, [yards[0].buffer(-0.2 * side, join_style="mitre").exterior])
    apart = MultiPolygon([yards[0], shapely.transform(yards[0], lambda xy: xy + 2 * side)])
    shapes = (
        Point(corners[0]),
        MultiPoint(corners[:2]),
        LineString(corners),
        LineString([corners[0], corners[0] + side, corners[0] + side, corners[0] + (2 * side, 0)]),
        MultiLineString([corners[:2], corners[2:]]),
        *(yards[0], court, apart),
    )
    return shapes[rng.integers(len(shapes))]


@settings(max_examples=examples(12), deadline=None)
@given(st.integers(0, 2**32))
def test_the_nearest_is_the_least_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shapes = [drawn(rng) for _ in range(rng.integers(1, 12))]
    spots = np.array([EASTING, NORTHING]) + rng.uniform(-500, 3500, (30, 2))
    spots[:12] = shapely.get_coordinates(shapes)[rng.integers(0, shapely.get_num_coordinates(shapes).sum(), 12)]
    units = gpd.GeoDataFrame(geometry=shapely.points(spots), index=[f"U{n}" for n in range(30, 0, -1)], crs=CRS)
    areas = layer(*shapes)
    before = units.copy(), areas.copy()
    found = nearest_distances(units, {"甲": areas, "乙": areas.iloc[:1]})
    assert_same_index(found, units)
    each = np.array([[shape.distance(spot) for shape in shapes] for spot in units.geometry])
    np.testing.assert_allclose(found["甲"], each.min(axis=1), rtol=0, atol=1e-9)
    np.testing.assert_allclose(found["乙"], each[:, 0], rtol=0, atol=1e-9)
    for left, right in zip(before, (units, areas), strict=True):
        assert_geodataframe_equal(left, right)


def test_many_points_in_deep_cells_find_the_least_of_all() -> None:
    rng = np.random.default_rng(17)
    shapes = np.array([drawn(rng) for _ in range(12)])
    spots = shapely.points(np.array([EASTING, NORTHING]) + rng.normal(1500, 1500, (2000, 2)))
    found = nearest_distances(gpd.GeoDataFrame(geometry=spots, crs=CRS), {"甲": layer(*shapes)})["甲"]
    least = shapely.distance(spots[:, None], shapes[None]).min(axis=1)
    np.testing.assert_allclose(found, least, rtol=0, atol=1e-9)


def test_closed_forms() -> None:
    court = Polygon(box(0, 0, 100, 100).exterior, [box(40, 40, 60, 60).exterior])
    units = layer(Point(50, 52), Point(70, 70), Point(100, 30), Point(103, 104), box(110, 20, 130, 40))
    found = nearest_distances(units, {"面": layer(court), "线": layer(LineString([(0, 0), (300, 400)]))})
    assert found["面"].tolist() == pytest.approx([8.0, 0.0, 0.0, 5.0, 20.0])
    # of (x, y) from the line 4x = 3y it is |4x − 3y| ÷ 5
    expected = [abs(4 * x - 3 * y) / 5 for x, y in ((50, 52), (70, 70), (100, 30), (103, 104), (120, 30))]
    assert found["线"].tolist() == pytest.approx(expected)


def test_one_long_road_of_two_points_is_measured_whole() -> None:
    """It is cut into thousands of pieces to be found; what is measured is the road that was drawn."""
    start, end = (EASTING + 0.1, NORTHING + 0.7), (EASTING + 70_000.3, NORTHING + 11_111.1)
    rng = np.random.default_rng(5)
    spots = np.array([EASTING, NORTHING]) + rng.uniform(0, 60_000, (500, 2))
    units = gpd.GeoDataFrame(geometry=shapely.points(spots), crs=CRS)
    found = nearest_distances(units, {"路": layer(LineString([start, end]))})["路"]
    along, off = np.subtract(end, start), spots - start
    share = np.clip(off @ along / (along @ along), 0, 1)
    np.testing.assert_allclose(found, np.hypot(*(off - share[:, None] * along).T), rtol=0, atol=1e-9)


def test_both_ends_of_a_road_lie_on_it() -> None:
    """To the last digit, though what is cut between them is rounded."""
    ends = np.array([EASTING, NORTHING]) + np.random.default_rng(6).uniform(0, 5000, (40, 2, 2))
    units = gpd.GeoDataFrame(geometry=shapely.points(ends.reshape(-1, 2)), crs=CRS)
    roads = gpd.GeoDataFrame(geometry=shapely.linestrings(ends), crs=CRS)
    assert nearest_distances(units, {"路": roads})["路"].eq(0).all()


def test_nothing_asked_and_nobody_asking() -> None:
    units = layer(Point(0, 0), Point(3, 4))
    assert nearest_distances(units, {}).shape == (2, 0)
    empty = nearest_distances(units.iloc[:0], {"点": layer(Point(0, 0))})
    pd.testing.assert_frame_equal(empty, pd.DataFrame({"点": []}, index=units.index[:0], dtype=np.float64))
    standing = layer(LineString([(3, 0), (3, 0)]))
    assert nearest_distances(units, {"点": standing})["点"].tolist() == [3.0, 4.0]


MIXED = GeometryCollection([Point(0, 0), LineString([(0, 0), (1, 1)])])


@pytest.mark.parametrize("bad", [None, Point(), Point(math.inf, 0), Point(math.nan, 0), MIXED], ids=repr)
def test_shapes_that_have_no_distance_are_refused_by_name(bad: BaseGeometry | None) -> None:
    with pytest.raises(BadValueError, match=r"“公交站”.*geometry.*b.*办法"):
        nearest_distances(layer(Point(0, 0)), {"公交站": layer(Point(1, 1), bad)})


def test_layers_that_cannot_be_asked() -> None:
    units = layer(Point(0, 0))
    with pytest.raises(BadValueError, match=r"“公交站”没有地物.*办法"):
        nearest_distances(units, {"公交站": layer()})
    for crs in ("EPSG:4548", "EPSG:4490"):
        with pytest.raises(CrsError, match="公交站"):
            nearest_distances(units, {"公交站": layer(Point(1, 1)).set_crs(crs, allow_override=True)})
    with pytest.raises(BadValueError, match=r"没有图形.*b"):
        nearest_distances(layer(Point(0, 0), None), {"公交站": units})
