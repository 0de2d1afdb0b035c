"""Area that two polygons have in common: against closed forms, against GEOS, and the same alone as among others."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from landmarket.common_area import Geometries, common_areas
from tests.hunting import examples

CORNER = (480_000.0, 3_780_000.0)
SQUARE = shapely.box(0, 0, 10, 10)
FRAME = shapely.Polygon(shapely.box(0, 0, 10, 10).exterior, [shapely.box(4, 4, 6, 6).exterior])
TWO = shapely.MultiPolygon([shapely.box(0, 0, 2, 10), shapely.box(8, 0, 10, 10)])
CASES = [
    ("the same", SQUARE, SQUARE, 100),
    ("a quarter", SQUARE, shapely.box(5, 5, 15, 15), 25),
    ("inside", SQUARE, shapely.box(2, 3, 4, 7), 8),
    ("inside along an edge", SQUARE, shapely.box(0, 3, 4, 7), 16),
    ("a common edge", SQUARE, shapely.box(10, 0, 20, 10), 0),
    ("a common edge above", SQUARE, shapely.box(0, 10, 10, 20), 0),
    ("a common corner", SQUARE, shapely.box(10, 10, 20, 20), 0),
    ("apart", SQUARE, shapely.box(30, 0, 40, 10), 0),
    ("apart within the frame", shapely.Polygon([(0, 0), (10, 0), (0, 10)]), shapely.box(6, 6, 9, 9), 0),
    ("half by the diagonal", SQUARE, shapely.Polygon([(0, 0), (10, 0), (10, 10)]), 50),
    ("across a hole", FRAME, shapely.box(0, 4, 10, 6), 16),
    ("in the hole", FRAME, shapely.box(4, 4, 6, 6), 0),
    ("around the hole", FRAME, shapely.box(3, 3, 7, 7), 12),
    ("across two parts", TWO, shapely.box(1, 2, 9, 4), 4),
    ("two holes that overlap", FRAME, affinity.translate(FRAME, 1, 0), 90 - 2 * 3),
    ("a bottom that the other crosses", shapely.box(2, -5, 4, 5), SQUARE, 10),
    ("a slanted strip", SQUARE, shapely.Polygon([(-5, 0), (5, 0), (15, 10), (5, 10)]), 75),
]


def area(one: shapely.Geometry, other: shapely.Geometry) -> float:
    """Common area of two shapes."""
    rows = np.zeros(1, dtype=np.int64)
    return float(common_areas(np.array([one]), rows, np.array([other]), rows)[0])


@pytest.mark.parametrize(("one", "other", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_areas_known_by_hand(one: shapely.Geometry, other: shapely.Geometry, expected: float) -> None:
    for turned in (one, one.reverse()):
        assert area(turned, other) == pytest.approx(expected, abs=1e-12)
        assert area(other, turned) == pytest.approx(expected, abs=1e-12)
    far_one, far_other = (affinity.translate(each, *CORNER) for each in (one, other))
    assert area(far_one, far_other) == pytest.approx(expected, abs=1e-9)


def test_circles_of_many_points_have_the_area_of_a_lens() -> None:
    points = 4 * 1500
    one, other = (shapely.Point(x, 0).buffer(10, quad_segs=points // 4) for x in (0, 10))
    lens = 2 * 100 * np.arccos(0.5) - 5 * np.sqrt(300)
    assert area(one, other) == pytest.approx(lens, rel=1e-5)
    few = shapely.Point(10, 0).buffer(10, quad_segs=200)
    assert area(one, few) == pytest.approx(shapely.area(shapely.intersection(one, few)), abs=1e-9)


def test_long_outlines_are_compared_a_few_at_a_time() -> None:
    circles = np.array([shapely.Point(x / 10, 0).buffer(10, quad_segs=240) for x in range(30)])
    row = np.arange(29)
    tracemalloc.start()
    areas = common_areas(circles, row, circles, row + 1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_allclose(areas, shapely.area(shapely.intersection(circles[:-1], circles[1:])), atol=1e-9)
    assert peak < 300e6


def shapes(rng: np.random.Generator) -> Geometries:
    """Shapes that cross, hold one another, share edges, and have holes and parts."""
    stars = []
    for _ in range(6):
        angle = np.sort(rng.uniform(0, 2 * np.pi, 9))
        radius = rng.uniform(2, 40, 9)
        centre = np.array(CORNER) + rng.uniform(0, 60, 2)
        stars.append(shapely.Polygon(centre + np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])))
    sound = shapely.get_parts(shapely.make_valid(np.array(stars)))
    sound = sound[shapely.get_type_id(sound) == shapely.GeometryType.POLYGON]
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(np.array(CORNER) + rng.uniform(0, 60, (6, 2))))
    )
    holed = shapely.difference(cells[:3], shapely.buffer(shapely.centroid(cells[:3]), 3, quad_segs=2))
    parted = shapely.union(sound[:1], affinity.translate(sound[0], 200, 0))
    found = np.concatenate([sound, cells, holed, parted, shapely.snap(sound[:2], cells[:2], 5)])
    return found[shapely.is_valid(found) & np.isin(shapely.get_type_id(found), (3, 6))]


@settings(deadline=None, max_examples=examples(40))
@given(st.integers(0, 2**32))
def test_areas_of_any_shapes_are_those_of_their_intersections(seed: int) -> None:
    found = shapes(np.random.default_rng(seed))
    row, other = np.indices((len(found), len(found))).reshape(2, -1)
    areas = common_areas(found, row, found, other)
    expected = shapely.area(shapely.intersection(found[row], found[other]))
    np.testing.assert_allclose(areas, expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(areas[row == other], shapely.area(found), rtol=0, atol=1e-8)


@settings(deadline=None, max_examples=examples(10))
@given(st.integers(0, 2**32))
def test_a_pair_has_the_same_area_alone_to_the_last_bit(seed: int) -> None:
    found = shapes(np.random.default_rng(seed))
    row, other = np.indices((len(found), len(found))).reshape(2, -1)
    alone = [area(found[one], found[two]) for one, two in zip(row[::7], other[::7], strict=True)]
    assert common_areas(found, row, found, other)[::7].tolist() == alone


def test_no_pairs() -> None:
    none = np.empty(0, dtype=np.int64)
    assert common_areas(np.array([SQUARE]), none, np.array([SQUARE]), none).tolist() == []
