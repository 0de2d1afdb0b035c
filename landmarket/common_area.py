"""How much ground two polygons have in common, without building the shape of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]
_SHAPES_AT_ONCE = 10_000
"""Shapes whose points are taken at a time."""
_LEAST = np.finfo(np.float64).tiny
"""What nothing is divided by, instead of zero."""
_POINTS_AT_ONCE, _MEETINGS_AT_ONCE = 60_000, 3_000_000
"""Points of both sides, and edges of the one times edges of the other, that are looked at together at most: they stay
in a processor's cache, and two long rivers in a few hundred megabytes."""
_MOST_POINTS = 1_000
"""Where both polygons have more points than this, comparing every edge with every other costs more than cutting."""


class _Outlines(NamedTuple):
    """Points of some polygons in order; the edge of each point leads to the next.

    A polygon has the ground below an edge of sign 1 less that below an edge of sign -1. Sign 0 is an upright edge, or
    none: the point ends a ring.
    """

    start: Integers
    x: Floats
    y: Floats
    sign: npt.NDArray[np.int8]


class _Edges(NamedTuple):
    """Edges from left to right, seen from an origin of each pair's own."""

    pair: Integers
    left: Floats
    right: Floats
    y_left: Floats
    slope: Floats
    sign: npt.NDArray[np.int8]


def common_areas(shapes: Geometries, rows: Integers, others: Geometries, other_rows: Integers) -> Floats:
    """Area that each of some polygons has in common with a partner (公共面积).

    Parameters
    ----------
    shapes : ndarray of shapely.Geometry
        Valid polygons and multipolygons.
    rows : ndarray of int
        Position in ``shapes`` of the one of each pair.
    others : ndarray of shapely.Geometry
        Valid polygons and multipolygons.
    other_rows : ndarray of int
        Position in ``others`` of the other of each pair.

    Returns
    -------
    ndarray of float
        One area per pair, in the plane: that of the intersection but for rounding. Polygons that only touch have less
        than 1e-12 of the area of their frames, of either sign.

    Notes
    -----
    A polygon is the ground below its upper edges less that below its lower ones; what two have in common is the same
    sum over every edge of the one and every edge of the other, of the ground below both. Each such piece is a
    trapezoid or two, whose area changes with the points without a jump: edges that meet, cross or lie on each other
    need no case of their own.
    """
    areas = np.zeros(len(rows))
    points = shapely.get_num_coordinates(shapes)[rows], shapely.get_num_coordinates(others)[other_rows]
    many = np.minimum(*points) > _MOST_POINTS
    areas[many] = shapely.area(shapely.intersection(shapes[rows[many]], others[other_rows[many]]))
    few = np.flatnonzero(~many)
    used, row = np.unique(rows[few], return_inverse=True)
    other_used, other_row = np.unique(other_rows[few], return_inverse=True)
    one, other = _outlines(shapes[used]), _outlines(others[other_used])
    frames = shapely.bounds(shapes[used])[row], shapely.bounds(others[other_used])[other_row]
    for pairs in _blocks(*(each[few].astype(np.int64) for each in points)):
        frame, other_frame = frames[0][pairs], frames[1][pairs]
        origin = frame[:, :2]
        edges = _edges(one, row[pairs], other_frame, origin), _edges(other, other_row[pairs], frame, origin)
        areas[few[pairs]] = _below_both(*edges, len(origin))
    return areas


def _blocks(points: Integers, others: Integers) -> Iterator[npt.NDArray[np.intp]]:
    """Positions of pairs in runs that are looked at together."""
    full = np.cumsum((points + others) / _POINTS_AT_ONCE + points * others / _MEETINGS_AT_ONCE)
    starts = np.flatnonzero(np.diff(np.floor(full), prepend=-1))
    return (np.arange(start, end) for start, end in pairwise([*starts.tolist(), len(points)]))


def _outlines(shapes: Geometries) -> _Outlines:
    """Points of polygons, and what the edge of each is to the ground below it."""
    count = shapely.get_num_coordinates(shapes)
    start = np.concatenate([[0], np.cumsum(count)])
    x, y, sign = np.empty(start[-1]), np.empty(start[-1]), np.empty(start[-1], dtype=np.int8)
    for first in range(0, len(shapes), _SHAPES_AT_ONCE):
        some = shapes[first : first + _SHAPES_AT_ONCE]
        here = slice(start[first], start[first + len(some)])
        x[here], y[here] = shapely.get_coordinates(some).T
        sign[here] = _signs(x[here], y[here], *_rings(some))
    return _Outlines(start, x, y, sign)


def _rings(shapes: Geometries) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """Points of each ring, in order, and whether it is the outer one."""
    single = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    plain = single & (shapely.get_num_interior_rings(shapes) == 0)
    parts, shape = shapely.get_parts(shapes[~plain], return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    count = np.ones(len(shapes), dtype=np.int64)
    count[~plain] = np.bincount(shape[part], minlength=int((~plain).sum()))
    alone = np.repeat(plain, count)
    size, shell = np.empty(len(alone), dtype=np.int64), np.ones(len(alone), dtype=bool)
    size[alone], size[~alone] = shapely.get_num_coordinates(shapes[plain]), shapely.get_num_coordinates(rings)
    shell[~alone] = np.diff(part, prepend=-1) > 0
    return size, shell


def _signs(x: Floats, y: Floats, size: Integers, shell: npt.NDArray[np.bool_]) -> npt.NDArray[np.int8]:
    """Sign of the edge of each point: where the ground is on the left of its ring, it is below edges to the left."""
    ends = np.cumsum(size) - 1
    begin = ends - size + 1
    dx, dy = np.diff(x, append=0), np.diff(y, append=0)
    dx[ends] = 0
    turned = np.add.reduceat((x - np.repeat(x[begin], size)) * dy - (y - np.repeat(y[begin], size)) * dx, begin)
    return np.sign(dx).astype(np.int8) * np.repeat(np.where((turned > 0) == shell, -1, 1), size).astype(np.int8)


def _edges(outlines: _Outlines, rows: Integers, frame: Floats, origin: Floats) -> _Edges:
    """Edges in and above the frame of each partner, seen from an origin; no ground of it is below or beside others."""
    start = outlines.start[rows]
    count = outlines.start[rows + 1] - start
    pair = np.repeat(np.arange(len(rows)), count)
    point = np.arange(len(pair)) + np.repeat(start - np.cumsum(count) + count, count)
    sign = outlines.sign[point]
    real = sign != 0
    pair, point, sign = pair[real], point[real], sign[real]
    x, x_end = outlines.x[point], outlines.x[point + 1]
    over = (np.maximum(x, x_end) > frame[pair, 0]) & (np.minimum(x, x_end) < frame[pair, 2])
    pair, point, sign, x, x_end = pair[over], point[over], sign[over], x[over], x_end[over]
    y, y_end = outlines.y[point], outlines.y[point + 1]
    within = np.maximum(y, y_end) > frame[pair, 1]
    pair, sign, x, x_end, y, y_end = (each[within] for each in (pair, sign, x, x_end, y, y_end))
    back = x > x_end
    left, y_left = np.where(back, x_end, x) - origin[pair, 0], np.where(back, y_end, y) - origin[pair, 1]
    right = np.where(back, x, x_end) - origin[pair, 0]
    return _Edges(pair, left, right, y_left, (y_end - y) / (x_end - x), sign)


def _below_both(one: _Edges, other: _Edges, pairs: int) -> Floats:
    """Sum for each pair of the signed ground below an edge of the one and an edge of the other."""
    first, second = _paired(one.pair, np.bincount(other.pair, minlength=pairs))
    left, right = np.maximum(one.left[first], other.left[second]), np.minimum(one.right[first], other.right[second])
    meet = right > left
    first, second, left, right = first[meet], second[meet], left[meet], right[meet]
    left_height, right_height = _heights(one, first, left, right)
    other_left, other_right = _heights(other, second, left, right)
    over_left, over_right = left_height - other_left, right_height - other_right
    over = np.maximum(over_left, 0) + np.maximum(over_right, 0)
    mean_over = over * over / np.maximum(np.abs(over_left) + np.abs(over_right), _LEAST)
    below = (left_height + right_height - mean_over) * (right - left) / 2
    signed = below * (one.sign[first] * other.sign[second])
    return np.bincount(one.pair[first], weights=signed, minlength=pairs).astype(np.float64)


def _paired(owner: Integers, count: Integers) -> tuple[Integers, Integers]:
    """Every edge of the one with every edge of its partner, as positions; both are in order of the pairs."""
    times = count[owner]
    first = np.repeat(np.arange(len(owner)), times)
    start = (np.cumsum(count) - count)[owner] - (np.cumsum(times) - times)
    return first, np.arange(len(first)) + start[first]


def _heights(edges: _Edges, rows: Integers, left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """Heights of some edges at two places."""
    start, y_start, slope = edges.left[rows], edges.y_left[rows], edges.slope[rows]
    return y_start + (left - start) * slope, y_start + (right - start) * slope
