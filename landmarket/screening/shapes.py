"""Checks of shapes (图形): usable, repaired, slivers, areas, overlaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landmarket.checks import FARTHEST
from landmarket.common_area import common_areas
from landmarket.geometry import ellipsoidal_area, flat, mean_width, polygon_parts, polygons_only, repaired
from landmarket.io.unread_shapes import SHAPES_NOT_READ
from landmarket.pieces import EQUAL_AREA
from landmarket.screening.result import Findings, Mask
from landmarket.screening.shape_faults import REPEATED, repeated_points, shape_faults
from landmarket.units import round_half_up_array

Geometries = npt.NDArray[np.object_]
Positions = npt.NDArray[np.int64]
_SAME = 1e-6
"""Shapes are equal where this share of the ground of both is not in both."""
_AT_ONCE = 10_000
"""Shapes whose corners are taken out at a time."""
_ROUND = 360.0
"""No place on earth has a longitude above this [°]."""


@dataclass(frozen=True)
class Tolerances:
    """Limits of the checks (检查容差); local practice decides them.

    Attributes
    ----------
    area_share : float
        Registered and ellipsoidal area may differ by this share of the ellipsoidal one.
    area_ratio : float
        A registered area this many times larger or smaller is taken for a mistake of unit or typing.
    sliver_area : float
        Parcels below this area are slivers [㎡].
    sliver_width : float
        Parcels below this mean width are slivers [m].
    overlap_area : float
        Overlaps above this area are findings [㎡].
    gap_width : float
        Parcels that are closer than this without touching leave a gap [m].
    gap_area : float
        Gaps above this area are listed [㎡].
    """

    area_share: float = 0.05
    area_ratio: float = 5.0
    sliver_area: float = 10.0
    sliver_width: float = 1.0
    overlap_area: float = 1.0
    gap_width: float = 0.5
    gap_area: float = 0.5


def check_range(drawn: gpd.GeoDataFrame, table: gpd.GeoDataFrame, found: Findings) -> Mask:
    """Find shapes that lie nowhere on earth, as nothing can be measured of them (坐标超出范围).

    Parameters
    ----------
    drawn : GeoDataFrame
        Raw parcels in their own system.
    table : GeoDataFrame
        The same rows in the system of the work.
    found : Findings
        Where findings go.

    Returns
    -------
    ndarray of bool
        Where a coordinate is infinite or too large, or has no place in the system of the work.
    """
    frames = shapely.bounds(drawn.geometry.to_numpy())
    shaped = ~shapely.is_missing(drawn.geometry.to_numpy()) & ~shapely.is_empty(drawn.geometry.to_numpy())
    degrees = drawn.crs is not None and drawn.crs.is_geographic
    within = (np.abs(frames) <= (_ROUND if degrees else FARTHEST)).all(axis=1)
    within &= np.isfinite(shapely.bounds(table.geometry.to_numpy())).all(axis=1)
    beyond: Mask = shaped & ~within
    texts = [f"x {x0:.9g}—{x1:.9g}，y {y0:.9g}—{y1:.9g}" for x0, y0, x1, y1 in frames[beyond].tolist()]
    found.add("geometry_out_of_range", beyond, texts)
    return beyond


def check_geometry(
    table: gpd.GeoDataFrame, found: Findings, limits: Tolerances, beyond: Mask
) -> tuple[Geometries, Mask]:
    """Check shapes and repair what can be repaired without doubt.

    Parameters
    ----------
    table : GeoDataFrame
        Raw parcels.
    found : Findings
        Where findings go.
    limits : Tolerances
        Limits of the checks.
    beyond : ndarray of bool
        Shapes that are not looked at, as they lie nowhere; `check_range` finds them.

    Returns
    -------
    shapes : ndarray of shapely geometries
        Polygons, repaired even where that is in doubt; None where there is none.
    certain : ndarray of bool
        Where the shape is as drawn, or repaired without doubt.
    """
    original = flat(table.geometry.to_numpy())
    missing = shapely.is_missing(original) | shapely.is_empty(original)
    unread: dict[int, str] = table.attrs.get(SHAPES_NOT_READ, {})
    surface = missing & table.index.isin(list(unread))
    blank = missing & ~surface
    found.add("geometry_missing", blank, [""] * int(blank.sum()))
    found.add("geometry_not_polygon", surface, [unread[row] for row in table.index[surface]])
    missing |= beyond
    kinds = shapely.get_type_id(original)
    usable = np.isin(kinds, (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)) & ~missing
    mixed = kinds == shapely.GeometryType.GEOMETRYCOLLECTION
    usable[np.flatnonzero(mixed)[polygon_parts(original[mixed])[1]]] = True
    not_polygon = ~missing & ~usable
    found.add("geometry_not_polygon", not_polygon, [shape.geom_type for shape in original[not_polygon]])
    candidates = original.copy()
    candidates[missing | not_polygon] = None
    invalid = ~shapely.is_valid(candidates) & ~shapely.is_missing(candidates)
    fixed, certain = candidates.copy(), np.ones(len(candidates), dtype=bool)
    fixed[invalid], certain[invalid] = repaired(candidates[invalid])
    collections = shapely.get_type_id(fixed) == shapely.GeometryType.GEOMETRYCOLLECTION
    fixed[collections] = polygons_only(fixed[collections])
    doubtful = invalid & ~certain
    for key, rows in (("geometry_repaired", invalid & certain), ("geometry_invalid", doubtful)):
        faults = shape_faults(candidates[rows], fixed[rows], certain[rows])
        found.add(key, rows, faults.texts(), facts=pd.DataFrame(faults._asdict()))
    _check_points(fixed, ~invalid, found)
    area, width = shapely.area(fixed), mean_width(fixed)
    sliver = ((area < limits.sliver_area) | (width < limits.sliver_width)) & ~doubtful
    shown = [f"{a:.2f}㎡，均宽 {w:.2f} m" for a, w in zip(area[sliver], width[sliver], strict=True)]
    found.add("geometry_sliver", sliver, shown)
    return fixed, ~doubtful


def _check_points(geometry: Geometries, valid: Mask, found: Findings) -> None:
    """Find points that valid shapes give twice in a row; they do no harm."""
    shape, count, point = repeated_points(geometry[valid])
    rows = np.zeros(len(geometry), dtype=bool)
    rows[np.flatnonzero(valid)[shape]] = True
    texts = [f"{number} 处，位置 {x:.2f}, {y:.2f}" for number, (x, y) in zip(count, point, strict=True)]
    facts = pd.DataFrame({"fault": REPEATED, "fault_x": point[:, 0], "fault_y": point[:, 1]})
    found.add("geometry_points_repeated", rows, texts, facts=facts)


def check_area(table: gpd.GeoDataFrame, found: Findings, limits: Tolerances) -> None:
    """Compare registered and ellipsoidal area, and add the one that prices to the table.

    Parameters
    ----------
    table : GeoDataFrame
        Raw parcels.
    found : Findings
        Where findings go.
    limits : Tolerances
        Limits of the checks.
    """
    measured, plane = ellipsoidal_area(table), table.geometry.area
    stated = table["registered_area"] if "registered_area" in table.columns else measured * np.nan
    zero = (stated.eq(0) & measured.notna()).to_numpy()
    stated = stated.where(stated > 0)
    ratio = (stated / measured).to_numpy()
    share = np.abs(ratio - 1)
    unit = (ratio > limits.area_ratio) | (ratio < 1 / limits.area_ratio)
    differs = (share > limits.area_share) & ~unit
    for key, rows in (("area_unit", unit), ("area_differs", differs)):
        facts = pd.DataFrame({"registered_area": stated, "ellipsoidal_area": measured, "plane_area": plane})[rows]
        texts = [f"登记 {one:.2f}，椭球 {two:.2f}，投影 {three:.2f}" for one, two, three in facts.to_numpy().tolist()]
        found.add(key, rows, texts, facts=facts)
    found.add("area_zero", zero, ["0"] * int(zero.sum()))
    absent = stated.isna().to_numpy() & measured.notna().to_numpy() & ~found.of("registered_area")
    found.add("area_missing", absent, [""] * int(absent.sum()))
    area = round_half_up_array(np.asarray(stated.fillna(measured), dtype=np.float64), 2)
    table["ellipsoidal_area"] = round_half_up_array(np.asarray(measured, dtype=np.float64), 2)
    table["area"] = area
    table["area_source"] = np.where(stated.notna(), "登记", "椭球")


class Overlaps(NamedTuple):
    """Pairs of shapes that overlap (重叠), each once, in ascending order.

    Attributes
    ----------
    left, right : ndarray of int
        Positions, ``left < right``.
    ground : ndarray of shapely geometries
        What they share.
    area : ndarray of float
        Area of it [㎡].
    equal : ndarray of bool
        Whether the two are the same shape.
    """

    left: Positions
    right: Positions
    ground: Geometries
    area: npt.NDArray[np.float64]
    equal: npt.NDArray[np.bool_]


def overlaps(geometry: Geometries, least: float) -> Overlaps:
    """Find the pairs of shapes that share more ground than so much (重叠).

    Parameters
    ----------
    geometry : ndarray of shapely geometries
        Valid polygons, or None.
    least : float
        Area up to which an overlap is a matter of drawing [㎡].

    Returns
    -------
    Overlaps
        The pairs.
    """
    left, right = _near_pairs(geometry, least)
    area = common_areas(geometry, left, geometry, right)
    large = area > max(least, EQUAL_AREA)
    left, right, area = left[large], right[large], area[large]
    united = shapely.area(geometry[left]) + shapely.area(geometry[right]) - area
    ground = shapely.intersection(geometry[left], geometry[right])
    return Overlaps(left, right, ground, area, united - area <= _SAME * united)


def _near_pairs(geometry: Geometries, least: float) -> tuple[Positions, Positions]:
    """Pairs of shapes whose frames share more than so much, each once, in ascending order.

    Most that share a corner are not among them: their diagonal frames share less.
    """
    left, right = shapely.STRtree(geometry).query(geometry)
    once = left < right
    left, right = left[once], right[once]
    for frames, scale in ((shapely.bounds(geometry), 1), (_diagonal_frames(geometry), 2)):
        least_u, least_v, most_u, most_v = frames.T
        u = np.minimum(most_u[left], most_u[right]) - np.maximum(least_u[left], least_u[right])
        v = np.minimum(most_v[left], most_v[right]) - np.maximum(least_v[left], least_v[right])
        large = (u > 0) & (v > 0) & (u * v > least * scale)
        left, right = left[large], right[large]
    order = np.lexsort((right, left))  # an index gives them in an order that depends on all shapes in it
    return left[order], right[order]


def _diagonal_frames(geometry: Geometries) -> npt.NDArray[np.float64]:
    """Frames around shapes by x + y and x - y: the least and the greatest of each; nan without a shape."""
    frames = np.full((len(geometry), 4), np.nan)
    for start in range(0, len(geometry), _AT_ONCE):
        points, owner = shapely.get_coordinates(geometry[start : start + _AT_ONCE], return_index=True)
        if len(points):
            x, y = points.T
            first = np.flatnonzero(np.diff(owner, prepend=-1))
            for column, values in enumerate((x + y, x - y)):
                frames[start + owner[first], column] = np.minimum.reduceat(values, first)
                frames[start + owner[first], column + 2] = np.maximum.reduceat(values, first)
    return frames


def check_overlaps(table: gpd.GeoDataFrame, found: Findings, over: Overlaps) -> None:
    """Find parcels with equal shapes, and pairs that overlap.

    Parameters
    ----------
    table : GeoDataFrame
        Parcels with usable shapes or none.
    found : Findings
        Where findings go.
    over : Overlaps
        Pairs of the table's rows that overlap; those with a shape that the table does not use are passed over.
    """
    left, right, _, shared, same = over
    codes = table["parcel_code"].fillna("（无代码）").to_numpy()
    used = table.geometry.notna().to_numpy()
    apart = (codes[left] != codes[right]) & used[left] & used[right]
    equal, over = same & apart, ~same & apart
    for key, chosen in (("geometry_duplicated", equal), ("geometry_overlap", over)):
        rows = np.concatenate([left[chosen], right[chosen]])
        others = np.concatenate([right[chosen], left[chosen]])
        areas = np.tile(shared[chosen], 2)
        texts: dict[int, str] = {}
        for row, other, area in zip(rows.tolist(), others.tolist(), areas.tolist(), strict=True):
            said = f"{codes[other]}（第 {table.index[other]} 行）{area:.2f}㎡"
            texts[row] = f"{texts[row]}；{said}" if row in texts else said
        mask = np.zeros(len(table), dtype=bool)
        mask[list(texts)] = True
        found.add(key, mask, [texts[row] for row in sorted(texts)])
