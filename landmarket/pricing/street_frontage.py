"""Where parcels front on streets: length, sides, corner, width and depth from the street (临街状况)."""

from __future__ import annotations

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landmarket.checks import require_same_crs
from landmarket.errors import BadValueError, named_rows
from landmarket.pricing.kinds import Floats
from landmarket.pricing.parcel_shape import Geometries, checked_polygons, smallest_rectangles

Ints = npt.NDArray[np.int64]
_Spans = tuple[Ints, Floats, Floats]
_SIDES = 4
_ROUND = 6
"""Lengths are compared to the micrometre, angles to a millionth of a right angle: closer than that is equal."""


class _Edges(NamedTuple):
    """Straight pieces of the outer boundaries, walked with the parcel on the left."""

    parcel: Ints
    start: Floats
    along: Floats
    length: Floats


class _Roads(NamedTuple):
    """Lines taken straight piece by straight piece, shape (n, 2 ends, 2 coordinates), and areas."""

    straight: Floats
    areas: Geometries


def frontage_columns(
    parcels: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
    *,
    distance: float,
    least_front: float,
    inside: float,
) -> pd.DataFrame:
    """Measure along which of its sides a parcel fronts on roads (临街长度、临街面数、街角).

    Parameters
    ----------
    parcels : GeoDataFrame
        One polygon a parcel, projected coordinates in metres.
    roads : GeoDataFrame
        Lines (carriageway edges or centre lines) or polygons (road land), in the same coordinate system.
    distance : float
        How far from the boundary a road still fronts [m]: from centre lines half the road's width more.
    least_front : float
        Shortest front that counts [m].
    inside : float
        How far inside the boundary a road may be drawn and still front [m]: the accuracy of the layers. Above 0 where
        roads are drawn on the boundary itself.

    Returns
    -------
    DataFrame
        On the same index: ``frontage`` [m], ``front_count`` (0 to 4), ``corner`` (是, 否), and of the longest front
        ``street_width`` and ``street_depth`` [m] and ``width_depth_ratio``; missing where there is no front.

    Raises
    ------
    CrsError
        If a coordinate system is missing, in degrees, or not the other layer's.
    BadValueError
        If a parcel is named twice or cannot be measured, a road is missing, empty, invalid or a point, or a length is
        not positive.

    Notes
    -----
    The rule, exactly:

    1. Each straight piece of the outer boundary has a strip: from ``inside`` metres inward to ``distance`` metres
       outward, square to it, as long as it. What of a road lies in the strip is projected square onto the piece; the
       union of these projections is what fronts. A piece square to the road fronts nowhere, however close its end.
    2. Each piece belongs to that side of the smallest rectangle around the parcel which looks the same way most nearly.
       A side whose pieces front on ``least_front`` metres or more is a front.
    3. ``frontage`` is the sum over the fronts, ``front_count`` their number; a corner has two fronts that meet.
    4. ``street_width`` is the side of the rectangle along the longest front (of equals: the longer side),
       ``street_depth`` the one across it.

    Whether something stands between parcel and road is not looked at, so ``distance`` is to be small. A road that ends
    at the parcel, drawn as a line, does not front; drawn as an area it does.

    Examples
    --------
    A yard of 20 m × 100 m, 3 m from a road along its short side:

    >>> yard = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 20, 100)], index=["411081101001JB00001"], crs=4547)
    >>> road = gpd.GeoDataFrame(geometry=[shapely.LineString([(-500, -3), (500, -3)])], crs=4547)
    >>> row = frontage_columns(yard, road, distance=5, least_front=3, inside=0.1).iloc[0]
    >>> float(row["frontage"]), int(row["front_count"]), row["corner"], float(row["street_depth"])
    (20.0, 1, '否', 100.0)
    """
    if not (0 < distance < np.inf and 0 < least_front < np.inf and 0 <= inside < np.inf):
        raise BadValueError(
            f"frontage_columns：distance={distance}、least_front={least_front}、inside={inside} 不能用。"
            "办法：临街距离、最短临街长度应为正数 [m]，inside 不小于 0。"
        )
    require_same_crs(parcels, roads, "frontage_columns")
    geometry, streets = checked_polygons(parcels, "frontage_columns"), _straight_and_areas(roads)
    edges = _near_edges(geometry, streets, distance + inside)
    fronting = _fronting_lengths(edges, streets, distance, inside)
    rectangles = smallest_rectangles(geometry)
    side = _sides(edges, rectangles.along)
    number = edges.parcel * _SIDES + side
    by_side: Floats = np.bincount(number, weights=fronting, minlength=len(geometry) * _SIDES).astype(np.float64)
    return _front_columns(by_side.reshape(-1, _SIDES), rectangles.sides, least_front, parcels.index)


def _straight_and_areas(roads: gpd.GeoDataFrame) -> _Roads:
    geometry: Geometries = roads.geometry.to_numpy()
    usable = (shapely.get_dimensions(geometry) >= 1) & ~shapely.is_empty(geometry) & shapely.is_valid(geometry)
    if not usable.all():
        raise BadValueError(
            f"frontage_columns：道路图层有缺失、空、无效或点状的图形，{named_rows(roads.index[~usable])}。"
            "办法：先修复或删除该行；道路应为线或面。"
        )
    parts, _ = _flat(geometry)
    areas = shapely.get_dimensions(parts) == 2
    points, line = shapely.get_coordinates(parts[~areas], return_index=True)
    kept = np.flatnonzero((line[1:] == line[:-1]) & (np.diff(points, axis=0) != 0).any(axis=1))
    return _Roads(np.stack([points[kept], points[kept + 1]], axis=1), parts[areas])


def _near_edges(geometry: Geometries, roads: _Roads, reach: float) -> _Edges:
    """Cut the outer boundaries of the parcels near a road into straight pieces."""
    lines: Geometries = np.array(shapely.linestrings(roads.straight), dtype=object)
    both = np.concatenate([lines, roads.areas])
    near = np.unique(shapely.STRtree(geometry).query(both, predicate="dwithin", distance=reach)[1])
    rings = shapely.get_exterior_ring(shapely.orient_polygons(geometry[near]))
    points, ring = shapely.get_coordinates(rings, return_index=True)
    step = np.diff(points, axis=0)
    length: Floats = np.hypot(*step.T)
    kept = np.flatnonzero((ring[1:] == ring[:-1]) & (length > 0))
    along = step[kept] / length[kept, None]
    return _Edges(near[ring[kept]].astype(np.int64), points[kept], along, length[kept])


def _fronting_lengths(edges: _Edges, roads: _Roads, distance: float, inside: float) -> Floats:
    """Length of each piece on which roads project that lie in its strip."""
    outward = np.column_stack([edges.along[:, 1], -edges.along[:, 0]])
    end = edges.start + edges.along * edges.length[:, None]
    corners = [edges.start - inside * outward, end - inside * outward, end + distance * outward]
    ring = np.stack([*corners, edges.start + distance * outward, corners[0]], axis=1)
    strips: Geometries = np.array(shapely.polygons(ring), dtype=object)
    tree = shapely.STRtree(strips)
    spans = [_of_lines(edges, roads.straight, tree, (-inside, distance)), _of_areas(edges, roads.areas, tree, strips)]
    owner, low, high = (np.concatenate(each) for each in zip(*spans, strict=True))
    return _united(owner, low, high, len(edges.length))


def _of_lines(edges: _Edges, straight: Floats, tree: shapely.STRtree, across: tuple[float, float]) -> _Spans:
    """Clip straight lines to the strips, and project what is left."""
    lines: Geometries = np.array(shapely.linestrings(straight), dtype=object)
    line, edge = tree.query(lines)
    from_start = straight[line] - edges.start[edge][:, None, :]
    along = edges.along[edge]
    u = (from_start * along[:, None, :]).sum(axis=2)
    v = from_start[:, :, 0] * along[:, None, 1] - from_start[:, :, 1] * along[:, None, 0]
    rise = v[:, 1] - v[:, 0]
    level = rise == 0
    slope = np.where(level, 1.0, rise)
    cuts = np.stack([(across[0] - v[:, 0]) / slope, (across[1] - v[:, 0]) / slope], axis=1)
    begins = np.where(level, 0.0, np.maximum(cuts.min(axis=1), 0.0))
    ends = np.where(level, 1.0, np.minimum(cuts.max(axis=1), 1.0))
    met = np.where(level, (v[:, 0] >= across[0]) & (v[:, 0] <= across[1]), begins <= ends)
    reached = u[:, :1] + np.stack([begins, ends], axis=1) * (u[:, 1:] - u[:, :1])
    low, high = np.maximum(reached.min(axis=1), 0.0), np.minimum(reached.max(axis=1), edges.length[edge])
    kept = met & (low < high)
    return edge[kept].astype(np.int64), low[kept], high[kept]


def _of_areas(edges: _Edges, areas: Geometries, tree: shapely.STRtree, strips: Geometries) -> _Spans:
    """Intersect areas with the strips, and project each part of what is common."""
    area, strip = tree.query(areas, predicate="intersects")
    pieces: Geometries = np.array(shapely.intersection(areas[area], strips[strip]), dtype=object)
    parts, pair = _flat(pieces)
    points, part = shapely.get_coordinates(parts, return_index=True)
    edge = strip[pair].astype(np.int64)
    at = ((points - edges.start[edge[part]]) * edges.along[edge[part]]).sum(axis=1)
    at = np.clip(at, 0.0, edges.length[edge[part]])
    first = np.flatnonzero(np.diff(part, prepend=-1))
    if not len(first):
        return edge, np.empty(0), np.empty(0)
    return edge, np.minimum.reduceat(at, first), np.maximum.reduceat(at, first)


def _flat(geometry: Geometries) -> tuple[Geometries, Ints]:
    """Take collections apart, and tell which of them each part is of; empty ones have none."""
    parts, owner = shapely.get_parts(geometry, return_index=True)
    nested, inner = shapely.get_parts(parts, return_index=True)
    kept = ~shapely.is_empty(nested)
    return nested[kept], owner[inner][kept]


def _united(owner: Ints, low: Floats, high: Floats, count: int) -> Floats:
    """Length of the union of the intervals of each owner."""
    order = np.lexsort((low, owner))
    owner, low, high = owner[order], low[order], high[order]
    reached = pd.Series(high).groupby(owner).cummax().groupby(owner).shift(fill_value=0.0).to_numpy()
    new = np.maximum(high - np.maximum(low, reached), 0.0)
    united: Floats = np.bincount(owner, weights=new, minlength=count).astype(np.float64)
    return united


def _sides(edges: _Edges, along: Floats) -> Ints:
    """Tell for each piece which side of its parcel's rectangle looks the same way: 0 to 3, counter-clockwise."""
    axis = along[edges.parcel]
    forward = (edges.along * axis).sum(axis=1)
    across = axis[:, 0] * edges.along[:, 1] - axis[:, 1] * edges.along[:, 0]
    quarters = np.arctan2(across, forward) / (np.pi / 2)
    side: Ints = np.floor(np.round(quarters, _ROUND) + 0.5).astype(np.int64) % _SIDES
    return side


def _front_columns(by_side: Floats, rectangle: Floats, least: float, index: pd.Index[str]) -> pd.DataFrame:
    fronts = np.round(by_side, _ROUND) >= least
    counted = np.where(fronts, by_side, 0.0)
    # Sides 0 and 2 run along the rectangle's first side, 1 and 3 across it.
    parallel = rectangle[:, [0, 1, 0, 1]]
    best = np.lexsort((-np.round(parallel, _ROUND), -np.round(counted, _ROUND)), axis=1)[:, 0]
    rows = np.arange(len(by_side))
    any_front = fronts.any(axis=1)
    width = np.where(any_front, parallel[rows, best], np.nan)
    depth = np.where(any_front, rectangle[:, [1, 0, 1, 0]][rows, best], np.nan)
    meeting = (fronts & np.roll(fronts, 1, axis=1)).any(axis=1)
    return pd.DataFrame(
        {
            "frontage": counted.sum(axis=1),
            "front_count": fronts.sum(axis=1),
            "corner": pd.Series(np.where(meeting, "是", "否"), index=index, dtype="str"),
            "street_width": width,
            "street_depth": depth,
            "width_depth_ratio": width / depth,
        },
        index=index,
    )
