"""Which shapes face each other across narrow ground (相对的宗地), so that few pairs need a closer look."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landmarket.geometry import Geometries, polygon_parts

Positions = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


class _Sides(NamedTuple):
    """Sides of shapes that are not a side of another shape too: their ends, and the shape of each."""

    start: Floats
    end: Floats
    owner: Positions


def facing_pairs(shapes: Geometries, width: float, area: float) -> tuple[Positions, Positions]:
    """Find the pairs of shapes that may leave narrow ground between them.

    Parameters
    ----------
    shapes : ndarray of shapely geometries
        Valid polygons.
    width : float
        Ground narrower than this is looked for [m].
    area : float
        Ground smaller than this is none [㎡].

    Returns
    -------
    left, right : ndarray of int
        Positions, ``left < right``, each pair once, ascending. None that leaves such ground is missing.
    """
    sides = _lone_sides(shapes, _near_others(shapes, width))
    lines = np.asarray(shapely.linestrings(np.stack([sides.start, sides.end], axis=1)))
    one, two = _near(lines, width)
    apart = sides.owner[one] != sides.owner[two]  # most are corners of one shape
    one, two = one[apart], two[apart]
    close = shapely.dwithin(lines[one], lines[two], width)
    one, two = one[close], two[close]
    near = ~_open_corners(sides, one, two, (width / 2) ** 2 / area)
    one, other = one[near], sides.owner[two[near]]
    facing = np.unique(np.stack([one, other], axis=1), axis=0)
    one, other = facing.T
    room = np.minimum(_distance(sides, one, shapes[other]), width) * shapely.length(lines[one])
    own = sides.owner[one]
    pairs, number = np.unique(np.stack([np.minimum(own, other), np.maximum(own, other)]), axis=1, return_inverse=True)
    enough = np.bincount(number.ravel(), weights=room, minlength=pairs.shape[1]) > area
    left, right = pairs[:, enough].astype(np.int64)
    return left, right


def _near(shapes: Geometries, width: float) -> tuple[Positions, Positions]:
    """Pairs of shapes whose frames are nearer than so much, in both orders, each shape with itself too."""
    x0, y0, x1, y1 = shapely.bounds(shapes).T
    frames = shapely.box(x0 - width, y0 - width, x1 + width, y1 + width)
    one, two = shapely.STRtree(shapes).query(frames)
    return one, two


def _near_others(shapes: Geometries, width: float) -> Positions:
    """Shapes whose frame is nearer than so much to that of another: the others face none."""
    one, two = _near(shapes, width)
    return np.unique(one[one != two])


def _lone_sides(shapes: Geometries, chosen: Positions) -> _Sides:
    """Sides of the chosen shapes that stand once: ground in no parcel is bounded by these alone."""
    parts, owner = polygon_parts(shapes[chosen])
    rings, polygon = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    hashed = pd.util.hash_array(points[:, 0]) * np.uint64(31) + pd.util.hash_array(points[:, 1])
    first = np.flatnonzero(ring[1:] == ring[:-1])
    lone = first[~pd.Series(hashed[first] + hashed[first + 1]).duplicated(keep=False).to_numpy()]
    return _Sides(points[lone], points[lone + 1], chosen[owner[polygon[ring[lone]]]])


def _open_corners(sides: _Sides, one: Positions, two: Positions, tangent: float) -> Mask:
    """Pairs of sides that begin in one point and open by more than twice the angle of a tangent.

    What a disc of radius r cannot reach in a corner of so wide an angle is less than r² / tan(angle / 2).
    """
    closed = (1 - tangent**2) / (1 + tangent**2)  # the cosine of that angle
    meets, narrow = np.zeros(len(one), dtype=bool), np.zeros(len(one), dtype=bool)
    for here, there in ((sides.start, sides.end), (sides.end, sides.start)):
        for also, beyond in ((sides.start, sides.end), (sides.end, sides.start)):
            shared = (here[one] == also[two]).all(axis=1)
            first, second = there[one] - here[one], beyond[two] - also[two]
            lengths = np.hypot(*first.T) * np.hypot(*second.T)
            meets |= shared
            narrow |= shared & ((first * second).sum(axis=1) > closed * lengths)
    return meets & ~narrow


def _distance(sides: _Sides, chosen: Positions, others: Geometries) -> Floats:
    """The greatest distance of the ends and the middle of each side from the shape it faces."""
    start, end = sides.start[chosen], sides.end[chosen]
    distances = [shapely.distance(shapely.points(point), others) for point in (start, end, (start + end) / 2)]
    greatest: Floats = np.max(distances, axis=0)
    return greatest
