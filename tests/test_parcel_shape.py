"""Size, shape and frontage of parcels: closed forms, brute force over directions, and sampled projections."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, affinity, box
from shapely.geometry.base import BaseGeometry

from landmarket.errors import BadValueError, CrsError
from landmarket.pricing.parcel_shape import shape_columns, smallest_rectangles
from landmarket.pricing.street_frontage import frontage_columns
from tests.helpers import assert_same_index
from tests.hunting import examples

CRS = 4526
HERE = (38_486_147.15, 3_766_999.27)
"""A place near Yuzhou in zone 38, where coordinates are large."""


def layer(shapes: Sequence[BaseGeometry | None], crs: int | None = CRS) -> gpd.GeoDataFrame:
    index = pd.Index([f"411081101001JB{number:05d}" for number in range(1, len(shapes) + 1)], name="parcel_code")
    return gpd.GeoDataFrame(geometry=gpd.GeoSeries(list(shapes), index=index, crs=crs))


def placed(shape: BaseGeometry, angle: float = 0.0) -> BaseGeometry:
    """A shape turned about the origin and moved to where parcels lie."""
    return affinity.translate(affinity.rotate(shape, angle, origin=(0, 0)), *HERE)


# --- shape


def test_a_rectangle() -> None:
    parcels = layer([placed(box(0, 0, 100, 20))])
    before = parcels.copy()
    result = shape_columns(parcels)
    assert_same_index(result, parcels)
    row = result.iloc[0]
    assert row["plane_area"] == pytest.approx(2000)
    assert row["perimeter"] == pytest.approx(240)
    assert row["compactness"] == pytest.approx(4 * np.pi * 2000 / 240**2)
    assert (row["shape_width"], row["shape_depth"], row["depth_ratio"]) == pytest.approx((20, 100, 5))
    assert row["rectangularity"] == pytest.approx(1)
    assert parcels.geometry.geom_equals_exact(before.geometry, 0).all()


@settings(max_examples=examples(200), deadline=None)
@given(st.floats(1, 500), st.floats(1, 20), st.floats(0, 360))
def test_rectangles_keep_width_and_depth_however_they_are_turned(width: float, ratio: float, angle: float) -> None:
    row = shape_columns(layer([placed(box(0, 0, width * ratio, width), angle)])).iloc[0]
    assert row["shape_width"] == pytest.approx(width, rel=1e-6, abs=1e-6)
    assert row["shape_depth"] == pytest.approx(width * ratio, rel=1e-6, abs=1e-6)
    assert row["depth_ratio"] == pytest.approx(ratio, rel=1e-5)
    assert row["depth_ratio"] >= 1
    assert row["rectangularity"] == pytest.approx(1, rel=1e-6)


def test_closed_forms_of_other_shapes() -> None:
    circle = Point(0, 0).buffer(50, quad_segs=1000)
    triangle = Polygon([(0, 0), (30, 0), (0, 40)])
    frame = Polygon(box(0, 0, 40, 40).exterior, [box(10, 10, 30, 30).exterior])
    result = shape_columns(layer([circle, triangle, frame]))
    assert result["compactness"].iloc[0] == pytest.approx(1, abs=1e-5)
    assert result["rectangularity"].tolist() == pytest.approx([np.pi / 4, 0.5, 0.75], abs=1e-5)
    assert result["shape_depth"].iloc[0] == pytest.approx(100, abs=1e-3)
    # A triangle's rectangle of least area is twice the triangle on any of its sides: 1,200 ㎡.
    assert (result["shape_width"] * result["shape_depth"]).iloc[1] == pytest.approx(1200)
    assert result["perimeter"].tolist()[1:] == pytest.approx([120, 160 + 80])


@settings(max_examples=examples(100), deadline=None)
@given(st.floats(10, 500), st.floats(10, 500), st.floats(0, 360), st.integers(0, 2))
def test_of_rectangles_of_one_area_the_shorter_outline_is_taken(a: float, b: float, angle: float, start: int) -> None:
    corners = [(0.0, 0.0), (a, 0.0), (0.0, b)]
    row = shape_columns(layer([placed(Polygon(corners[start:] + corners[:start]), angle)])).iloc[0]
    # On the hypotenuse c lies a rectangle of c by ab/c: the same area, a longer outline.
    assert [row["shape_width"], row["shape_depth"]] == pytest.approx(sorted([a, b]), rel=1e-7)


def brute_rectangle(polygon: Polygon) -> float:
    """Least area of a rectangle along any side of the hull."""
    points = shapely.get_coordinates(polygon.convex_hull)
    areas = []
    for step in np.diff(points, axis=0):
        along = step / np.hypot(*step)
        u, v = points @ along, points @ np.array([-along[1], along[0]])
        areas.append((u.max() - u.min()) * (v.max() - v.min()))
    return min(areas)


COORDINATE = st.integers(0, 60)


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(st.tuples(COORDINATE, COORDINATE), min_size=3, max_size=8, unique=True), st.floats(0, 360))
def test_the_rectangle_is_the_smallest_in_any_direction(points: list[tuple[int, int]], angle: float) -> None:
    hull = shapely.MultiPoint(points).convex_hull
    assume(isinstance(hull, Polygon) and hull.area > 1)
    turned = affinity.rotate(hull, angle, origin=(0, 0))
    found = smallest_rectangles(np.array([turned], dtype=object))
    assert found.sides.prod() == pytest.approx(brute_rectangle(hull), rel=1e-6)
    assert np.hypot(*found.along[0]) == pytest.approx(1)


def test_a_layer_without_parcels_has_no_shapes() -> None:
    assert not len(shape_columns(layer([])))


@pytest.mark.parametrize(
    ("shape", "what"),
    [
        (None, "缺失、空、无效或不是面"),
        (Polygon(), "缺失、空、无效或不是面"),
        (Point(0, 0), "缺失、空、无效或不是面"),
        (Polygon([(0, 0), (10, 10), (10, 0), (0, 10)]), "缺失、空、无效或不是面"),
        (MultiPolygon([box(0, 0, 1, 1), box(5, 5, 6, 6)]), "不止一块"),
    ],
)
def test_parcels_without_a_shape_are_refused_by_name(shape: BaseGeometry | None, what: str) -> None:
    parcels = layer([box(0, 0, 1, 1), shape])
    roads = layer([LineString([(0, 0), (9, 0)])])
    with pytest.raises(BadValueError, match=rf"{what}.*00002.*办法"):
        shape_columns(parcels)
    with pytest.raises(BadValueError, match=rf"{what}.*00002.*办法"):
        frontage_columns(parcels, roads, distance=5, least_front=1, inside=0)


def test_one_part_is_one_polygon_and_degrees_are_refused() -> None:
    assert shape_columns(layer([MultiPolygon([box(0, 0, 10, 50)])]))["depth_ratio"].iloc[0] == pytest.approx(5)
    for crs in (None, 4490):
        with pytest.raises(CrsError, match="坐标系"):
            shape_columns(layer([box(113, 34, 114, 35)], crs))
    twice = pd.concat([layer([box(0, 0, 1, 1)])] * 2)
    with pytest.raises(BadValueError, match="重复"):
        shape_columns(gpd.GeoDataFrame(twice, crs=CRS))


# --- frontage


def fronts(parcel: BaseGeometry, *roads: BaseGeometry, angle: float = 0.0, **more: float) -> pd.Series[float]:
    given_ = {"distance": 6.0, "least_front": 3.0, "inside": 0.1} | more
    streets = layer([placed(road, angle) for road in roads])
    return frontage_columns(layer([placed(parcel, angle)]), streets, **given_).iloc[0]


YARD = box(0, 0, 20, 100)
SOUTH, NORTH = LineString([(-500, -4), (500, -4)]), LineString([(-500, 104), (500, 104)])
WEST, EAST = LineString([(-4, -500), (-4, 500)]), LineString([(24, -500), (24, 500)])


@pytest.mark.parametrize("angle", [0, 17.3, 45, 90, 211])
@pytest.mark.parametrize(
    ("roads", "frontage", "count", "corner", "width", "depth"),
    [
        ([SOUTH], 20, 1, "否", 20, 100),
        ([WEST], 100, 1, "否", 100, 20),
        ([SOUTH, NORTH], 40, 2, "否", 20, 100),
        ([SOUTH, WEST], 120, 2, "是", 100, 20),
        ([NORTH, EAST], 120, 2, "是", 100, 20),
        ([SOUTH, WEST, NORTH], 140, 3, "是", 100, 20),
        ([SOUTH, WEST, NORTH, EAST], 240, 4, "是", 100, 20),
        ([SOUTH, SOUTH], 20, 1, "否", 20, 100),
    ],
)
def test_sides_of_a_yard(
    roads: list[LineString], frontage: float, count: int, corner: str, width: float, depth: float, angle: float
) -> None:
    row = fronts(YARD, *roads, angle=angle)
    assert row["frontage"] == pytest.approx(frontage, abs=1e-5)
    assert (row["front_count"], row["corner"]) == (count, corner)
    assert (row["street_width"], row["street_depth"]) == pytest.approx((width, depth))
    assert row["width_depth_ratio"] == pytest.approx(width / depth)


def test_no_road_no_front() -> None:
    far = LineString([(-500, -40), (500, -40)])
    parcels = layer([placed(YARD), placed(box(0, -30, 20, -25))])
    result = frontage_columns(parcels, layer([placed(far)]), distance=12, least_front=3, inside=0)
    assert_same_index(result, parcels)
    assert result["front_count"].tolist() == [0, 1]
    assert (result["frontage"].iloc[0], result["corner"].iloc[0]) == (0, "否")
    of_the_street = result[["street_width", "street_depth", "width_depth_ratio"]]
    assert of_the_street.isna().to_numpy().tolist() == [[True] * 3, [False] * 3]
    nothing = frontage_columns(parcels, layer([]), distance=12, least_front=3, inside=0)
    assert nothing["frontage"].tolist() == [0, 0]
    assert not len(frontage_columns(layer([]), layer([far]), distance=12, least_front=3, inside=0))


def test_the_reach_of_a_front() -> None:
    assert fronts(YARD, SOUTH, distance=3.9)["front_count"] == 0
    assert fronts(YARD, SOUTH, distance=4.1)["front_count"] == 1
    # A road that covers half the side, and one of 2.9 m where 3 m are needed.
    assert fronts(YARD, LineString([(10, -4), (500, -4)]))["frontage"] == pytest.approx(10)
    assert fronts(YARD, LineString([(17.1, -4), (500, -4)]))["front_count"] == 0
    assert fronts(YARD, LineString([(17, -4), (500, -4)]))["front_count"] == 1


def test_an_edge_square_to_the_road_does_not_front_however_wide_the_reach() -> None:
    for distance in (5.0, 20.0, 60.0):
        assert fronts(YARD, SOUTH, distance=distance)["frontage"] == pytest.approx(20)


def test_a_road_drawn_on_or_inside_the_boundary() -> None:
    on = LineString([(-50, 0), (50, 0)])
    within = LineString([(-50, 0.3), (50, 0.3)])
    assert fronts(YARD, on, inside=0.01)["frontage"] == pytest.approx(20, abs=1e-6)
    assert fronts(YARD, within, inside=0.2)["front_count"] == 0
    assert fronts(YARD, within, inside=0.5)["frontage"] == pytest.approx(20, abs=1e-6)


def test_gaps_and_pieces_of_a_road_are_united() -> None:
    pieces = [LineString([(-10, -4), (8, -4)]), LineString([(5, -3), (12, -3)]), LineString([(15, -2), (40, -2)])]
    assert fronts(YARD, *pieces)["frontage"] == pytest.approx(12 + 5)
    assert fronts(YARD, shapely.MultiLineString(pieces))["frontage"] == pytest.approx(17)


def test_a_road_that_runs_away_at_an_angle() -> None:
    # From 2 m before the near corner, rising 1 in 4: within 6 m of the side for the first 16 m of it.
    assert fronts(YARD, LineString([(-40, 8), (0, -2), (40, -12)]))["frontage"] == pytest.approx(16)


def test_road_land_as_areas() -> None:
    street = box(-500, -14, 500, -2)
    assert fronts(YARD, street)["frontage"] == pytest.approx(20)
    assert fronts(YARD, box(-500, -14, 500, 0))["frontage"] == pytest.approx(20, abs=0.3)
    mouth = box(5, -50, 11, -1)  # a street that ends at the parcel fronts with its width
    assert fronts(YARD, mouth)["frontage"] == pytest.approx(6)
    assert fronts(YARD, LineString([(8, -50), (8, -1)]))["front_count"] == 0
    both = fronts(YARD, street, WEST)
    assert (both["frontage"], both["corner"]) == (pytest.approx(120), "是")


def test_a_bent_side_counts_as_one_front() -> None:
    bent = Polygon([(0, 0), (10, -1), (20, 0), (20, 100), (0, 100)])
    row = fronts(bent, SOUTH)
    assert row["front_count"] == 1
    assert row["frontage"] == pytest.approx(2 * np.hypot(10, 1), abs=0.15)


def test_it_does_not_matter_which_way_a_boundary_is_walked() -> None:
    for corners in ([(0, 0), (0, 100), (20, 100), (20, 0)], [(0, 0), (20, 0), (20, 100), (0, 100)]):
        row = fronts(Polygon(corners), SOUTH, EAST)
        assert (row["frontage"], row["corner"]) == (pytest.approx(120), "是")


def test_a_court_inside_the_parcel_is_no_front() -> None:
    court = Polygon(box(0, 0, 100, 100).exterior, [box(40, 40, 60, 60).exterior])
    assert fronts(court, LineString([(45, 50), (55, 50)]), distance=15)["front_count"] == 0


def sampled(parcel: Polygon, road: LineString, distance: float, inside: float) -> float:
    """Frontage by walking the boundary in steps of a centimetre and looking straight out from each."""
    ring = shapely.get_coordinates(shapely.orient_polygons(parcel).exterior)
    total, step = 0.0, 0.01
    for start, end in pairwise(ring):
        length = float(np.hypot(*(end - start)))
        along = (end - start) / length
        out = np.array([along[1], -along[0]])
        at = (np.arange(int(length / step)) + 0.5)[:, None] * step
        points: npt.NDArray[np.float64] = start + at * along
        looks = shapely.linestrings(np.stack([points - inside * out, points + distance * out], axis=1))
        total += step * int(shapely.intersects(looks, road).sum())
    return total


SMALL = st.integers(-15, 25)
REACH = st.integers(1, 9).map(lambda whole: whole + 0.3719)  # no road lies exactly on the edge of what counts


@settings(max_examples=examples(25), deadline=None)
@given(st.lists(st.tuples(SMALL, SMALL), min_size=2, max_size=4, unique=True), st.integers(1, 8), st.integers(0, 2))
def test_frontage_is_what_one_sees_looking_straight_out(
    road: list[tuple[int, int]], distance: int, inside: int
) -> None:
    parcel, line = Polygon([(0, 0), (12, 0), (12, 9), (5, 14), (0, 9)]), LineString(road)
    assume(line.is_valid)
    more = {"distance": float(distance), "least_front": 1e-4, "inside": float(inside)}
    result = frontage_columns(layer([parcel]), layer([line]), **more)
    assert result["frontage"].iloc[0] == pytest.approx(sampled(parcel, line, distance, inside), abs=0.2)


@settings(max_examples=examples(50), deadline=None)
@given(st.lists(st.tuples(SMALL, SMALL), min_size=2, max_size=5, unique=True), st.floats(0, 360), REACH)
def test_frontage_turns_with_the_map_and_grows_with_the_reach(
    road: list[tuple[int, int]], angle: float, distance: float
) -> None:
    parcel, line = Polygon([(0, 0), (12, 0), (12, 9), (5, 15), (0, 9)]), LineString(road)
    assume(line.is_valid)
    still = fronts(parcel, line, distance=distance, least_front=1e-3)
    turned = fronts(parcel, line, distance=distance, least_front=1e-3, angle=angle)
    wider = fronts(parcel, line, distance=distance * 1.5, least_front=1e-3)
    assert turned["frontage"] == pytest.approx(still["frontage"], abs=5e-3)
    assert 0 <= still["frontage"] <= wider["frontage"] + 5e-3
    assert wider["frontage"] <= parcel.length + 1e-6
    pieces = [LineString(pair) for pair in pairwise(road)]
    split = fronts(parcel, *pieces, distance=distance, least_front=1e-3)
    assert split["frontage"] == pytest.approx(still["frontage"], abs=1e-6)


@pytest.mark.parametrize(
    "more", [{"distance": 0}, {"distance": np.inf}, {"distance": np.nan}, {"least_front": 0}, {"inside": -1}]
)
def test_lengths_of_the_rule_are_positive(more: dict[str, float]) -> None:
    with pytest.raises(BadValueError, match=r"临街距离.*正数"):
        fronts(YARD, SOUTH, **more)


@pytest.mark.parametrize("road", [None, LineString(), Point(0, 0), Polygon([(0, 0), (9, 9), (9, 0), (0, 9)])])
def test_roads_that_are_none_are_refused_by_name(road: BaseGeometry | None) -> None:
    with pytest.raises(BadValueError, match=r"道路图层.*00002"):
        frontage_columns(layer([YARD]), layer([SOUTH, road]), distance=5, least_front=3, inside=0)


def test_layers_of_two_systems_are_refused() -> None:
    with pytest.raises(CrsError, match="坐标系不同"):
        frontage_columns(layer([YARD]), layer([SOUTH], 4547), distance=5, least_front=3, inside=0)
