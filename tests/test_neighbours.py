"""Overlaps of any shapes at any angle are those that comparing every pair finds."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import rotate

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
