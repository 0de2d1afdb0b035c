"""Overlaps and gaps of any shapes are those that looking at every pair, or at squared paper, finds."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import rotate

from landmarket.screening import Tolerances, neighbour_faults
from landmarket.screening.shapes import overlaps
from tests.hunting import examples

corners = st.tuples(st.integers(0, 30), st.integers(0, 30))
hulls = (
    st.lists(corners, min_size=3, max_size=6)
    .map(lambda points: shapely.MultiPoint(points).convex_hull)
    .filter(lambda shape: isinstance(shape, shapely.Polygon))
)


def array(shapes: list[shapely.Geometry | None]) -> np.ndarray:
    result = np.empty(len(shapes), dtype=object)
    result[:] = shapes
    return result


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.one_of(st.none(), hulls), min_size=2, max_size=8), st.sampled_from([0.0, 30.0, 45.0]))
def test_overlaps_are_those_of_every_pair(drawn: list[shapely.Polygon | None], angle: float) -> None:
    shapes = array([None if one is None else rotate(one, angle, origin=(0, 0)) for one in drawn])
    expected = {
        (left, right): area
        for (left, a), (right, b) in itertools.combinations(enumerate(shapes), 2)
        if a is not None and b is not None and (area := a.intersection(b).area) > 1.0
    }
    found = overlaps(shapes, 1.0)
    assert dict(zip(zip(found.left, found.right, strict=True), found.area, strict=True)) == pytest.approx(expected)
    assert [bool(one) for one in found.equal] == [shapes[a].equals(shapes[b]) for a, b in expected]


def test_a_lattice_turned_by_any_angle_has_no_overlaps() -> None:
    boxes = [shapely.box(x, y, x + 10, y + 10) for x, y in itertools.product(range(0, 50, 10), repeat=2)]
    for angle in (0, 17, 45, 80):
        turned = array([rotate(one, angle, origin=(0, 0)) for one in boxes])
        assert not len(overlaps(turned, 0.01).left)


# --- gaps

E, N = 437_000.0, 3_780_000.0


def layer(shapes: list[shapely.Polygon]) -> gpd.GeoDataFrame:
    moved = [shapely.transform(shape, lambda xy: xy + np.array([E, N])) for shape in shapes]
    codes = [f"宗{number}" for number in range(1, len(shapes) + 1)]
    return gpd.GeoDataFrame({"parcel_code": codes}, geometry=moved, crs="EPSG:4547", index=range(1, len(shapes) + 1))


def gaps(shapes: list[shapely.Polygon], limits: Tolerances = Tolerances()) -> gpd.GeoDataFrame:  # noqa: B008
    found = neighbour_faults(layer(shapes), limits)
    return found[found["relation"].eq("缝隙")]


def test_a_wedge_between_parcels_that_touch_at_one_end_is_a_gap() -> None:
    """A wedge of angle a holds r² (1 / tan(a / 2) - (pi - a) / 2) that a disc of radius r cannot reach."""
    upper, lower = shapely.Polygon([(0, 0), (50, 1), (50, 40), (0, 40)]), shapely.box(0, -40, 50, 0)
    found = gaps([upper, lower])
    assert found[["source_row", "other_row"]].to_numpy().tolist() == [[1, 2]]
    angle, radius = np.arctan(1 / 50), 0.25
    assert found.area.iloc[0] == pytest.approx(radius**2 * (1 / np.tan(angle / 2) - (np.pi - angle) / 2), rel=1e-3)


def test_a_thin_hole_that_parcels_enclose_is_a_gap_and_a_yard_is_none() -> None:
    thin = shapely.box(20, 29.9, 50, 30.1)
    upper, lower = shapely.box(0, 30, 70, 60) - thin, shapely.box(0, 0, 70, 30) - thin
    assert gaps([upper, lower]).area.sum() == pytest.approx(6.0, abs=0.05)
    yard = shapely.box(20, 25, 50, 35)
    assert gaps([shapely.box(0, 30, 70, 60) - yard, shapely.box(0, 0, 70, 30) - yard]).empty


def test_a_street_corner_and_a_notch_are_no_gaps() -> None:
    notched = [shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 5), shapely.box(10, 5, 20, 5.3)]
    assert gaps(notched).empty
    fan = [shapely.Polygon([(0, 0), (40, 12), (0, 40)]), shapely.Polygon([(0, 0), (40, 0), (0, -40)])]
    assert gaps(fan).empty


@settings(max_examples=examples(40), deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 3)), min_size=4, max_size=12),
    st.lists(st.sampled_from([0, 1, 2, 4, 6, 8]), min_size=7, max_size=7),
)
def test_gaps_are_the_narrow_runs_of_a_drawing_on_squared_paper(
    taken: list[tuple[int, int]], spaces: list[int]
) -> None:
    """Boxes of 8 m in columns that are 0 to 0.8 m apart: narrow ground is every run between two boxes of one row."""
    left = np.concatenate([[0], 80 + np.cumsum(80 + np.array(spaces)) - 80])
    cells = sorted(set(taken))
    shapes = [shapely.box(left[i] / 10, 8 * j, left[i] / 10 + 8, 8 * j + 8) for i, j in cells]
    expected = [
        (cells.index((i, j)) + 1, cells.index((i + 1, j)) + 1)
        for i, j in cells
        if (i + 1, j) in cells and 0 < spaces[i] < 5
    ]
    found = gaps(shapes)
    pairs = set(zip(found["source_row"], found["other_row"], strict=True))
    # Of a row with a neighbour row the slits lie on each other; a box may then face one slantwise too, by a sliver.
    assert pairs >= set(expected)
    everything = shapely.union_all(found.geometry.to_numpy())
    narrow = [
        shapely.box(E + left[i] / 10 + 8, N + 8 * j, E + left[i + 1] / 10, N + 8 * j + 8)
        for i, j in cells
        if (i + 1, j) in cells and 0 < spaces[i] < 5
    ]
    ground = shapely.union_all(narrow)
    assert everything.difference(ground).area <= 0.06 * len(narrow)
    assert ground.difference(everything).area <= 0.06 * len(narrow)
