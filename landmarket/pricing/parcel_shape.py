"""Size and shape of parcels, for the correction tables of area, shape, width and depth (宗地面积、形状、宽深比)."""

from __future__ import annotations

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landmarket.checks import require_projected, require_unique_index
from landmarket.errors import BadValueError, named_rows
from landmarket.pricing.kinds import Floats

Geometries = npt.NDArray[np.object_]

_EQUAL = 1e-7
"""Areas of rectangles that differ by less, as a share, are the same but for the rounding of stored coordinates."""
_BLOCK = 1 << 15
"""Corners of hulls that are looked at together: what is worked on stays in the processor's cache."""


class Rectangles(NamedTuple):
    """The smallest rectangles around parcels (最小外接矩形).

    Attributes
    ----------
    along : ndarray of float64, shape (n, 2)
        Direction of the first side, of length 1.
    sides : ndarray of float64, shape (n, 2)
        Length of the first side and of the one across it [m].
    """

    along: Floats
    sides: Floats


def shape_columns(parcels: gpd.GeoDataFrame) -> pd.DataFrame:
    r"""Measure size and shape of parcels (宗地形状).

    .. math:: \text{compactness} = \frac{4 \pi A}{U^2}, \qquad \text{rectangularity} = \frac{A}{b t}

    Parameters
    ----------
    parcels : GeoDataFrame
        One polygon a parcel, projected coordinates in metres.

    Returns
    -------
    DataFrame
        On the same index: ``plane_area`` A [㎡], ``perimeter`` U [m, holes included], ``compactness`` (1 for a circle),
        ``shape_width`` b and ``shape_depth`` t [m], the shorter and the longer side of the smallest rectangle around
        the parcel, ``depth_ratio`` t / b and ``rectangularity``, the share of that rectangle that the parcel fills.

    Raises
    ------
    CrsError
        If the coordinate system is missing or in degrees.
    BadValueError
        If a parcel is named twice, or its geometry is missing, empty, invalid, no polygon, or of several parts.

    Notes
    -----
    The area is that of the plane, for shapes only: the area that prices a parcel is ``area``. Width and depth know
    nothing of streets: for the side along the street see `landmarket.pricing.street_frontage.frontage_columns`.

    Examples
    --------
    >>> yard = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 20, 100)], index=["411081101001JB00001"], crs=4547)
    >>> shape_columns(yard)[["shape_width", "shape_depth", "depth_ratio"]].round(6).values.tolist()
    [[20.0, 100.0, 5.0]]
    """
    geometry = checked_polygons(parcels, "shape_columns")
    area, perimeter = shapely.area(geometry), shapely.length(geometry)
    sides = smallest_rectangles(geometry).sides
    width, depth = sides.min(axis=1, initial=np.inf), sides.max(axis=1, initial=0.0)
    return pd.DataFrame(
        {
            "plane_area": area,
            "perimeter": perimeter,
            "compactness": 4 * np.pi * area / perimeter**2,
            "shape_width": width,
            "shape_depth": depth,
            "depth_ratio": depth / width,
            "rectangularity": np.minimum(area / (width * depth), 1.0),
        },
        index=parcels.index,
    )


def smallest_rectangles(geometry: Geometries) -> Rectangles:
    """Find the smallest rectangle around each polygon, in any direction (最小外接矩形).

    Parameters
    ----------
    geometry : ndarray of shapely geometries
        Valid polygons, none empty.

    Returns
    -------
    Rectangles
        Direction and sides, in the order of the polygons. Of rectangles of the same area the one of least perimeter.

    Notes
    -----
    A side of the smallest rectangle lies along a side of the convex hull, so each side of the hull is tried. Corners
    are taken from the parcel's own origin: far from it the rounding of products costs tenths of a millimetre.
    """
    hulls = shapely.convex_hull(geometry)
    points = shapely.get_coordinates(hulls)
    corners = shapely.get_num_coordinates(hulls) - 1  # the last point is the first
    first = np.concatenate([[0], np.cumsum(corners + 1)[:-1]])
    along, sides = np.empty((len(geometry), 2)), np.empty((len(geometry), 2))
    for count in np.unique(corners):
        alike = np.flatnonzero(corners == count)
        for rows in np.array_split(alike, -(-len(alike) * count // _BLOCK)):
            rings = points[first[rows, None] + np.arange(count)]
            along[rows], sides[rows] = _smallest_of_hulls(rings - rings[:, :1])
    return Rectangles(along, sides)


def _smallest_of_hulls(rings: Floats) -> tuple[Floats, Floats]:
    """Directions and sides of the smallest rectangles around convex rings of the same number of corners."""
    step = np.roll(rings, -1, axis=1) - rings
    length = np.hypot(step[..., 0], step[..., 1])
    x, y = step[..., 0] / length, step[..., 1] / length
    low_along = high_along = low_across = high_across = np.zeros_like(length)  # the first corner is the origin
    for corner in range(1, rings.shape[1]):
        at_x, at_y = rings[:, corner, :1], rings[:, corner, 1:]
        along, across = at_x * x + at_y * y, at_y * x - at_x * y
        low_along, high_along = np.minimum(low_along, along), np.maximum(high_along, along)
        low_across, high_across = np.minimum(low_across, across), np.maximum(high_across, across)
    sides = np.stack([high_along - low_along, high_across - low_across], axis=2)
    area = sides.prod(axis=2)
    smallest = area <= area.min(axis=1, keepdims=True) * (1 + _EQUAL)
    best = np.where(smallest, sides.sum(axis=2), np.inf).argmin(axis=1)
    rows = np.arange(len(rings))
    return np.column_stack([x[rows, best], y[rows, best]]), sides[rows, best]


def checked_polygons(parcels: gpd.GeoDataFrame, needed_by: str) -> Geometries:
    """Refuse parcels that have no shape to measure.

    Parameters
    ----------
    parcels : GeoDataFrame
        Parcels with a unique index.
    needed_by : str
        The function that needs them, for the message.

    Returns
    -------
    ndarray of shapely geometries
        One polygon each; a multipolygon of one part is that part.

    Raises
    ------
    CrsError
        If the coordinate system is missing or in degrees.
    BadValueError
        If a parcel is named twice, or its geometry is missing, empty, invalid, no polygon, or of several parts.
    """
    require_projected(parcels, needed_by)
    require_unique_index(parcels, needed_by)
    geometry = parcels.geometry.to_numpy().copy()
    lone = (shapely.get_type_id(geometry) == shapely.GeometryType.MULTIPOLYGON) & (
        shapely.get_num_geometries(geometry) == 1
    )
    geometry[lone] = shapely.get_geometry(geometry[lone], 0)
    several = shapely.get_type_id(geometry) == shapely.GeometryType.MULTIPOLYGON
    _refuse(parcels, several, needed_by, "宗地不止一块", "一宗地应为一个面；分开的两块各编宗地，或先合并。")
    usable = (shapely.get_type_id(geometry) == shapely.GeometryType.POLYGON) & (shapely.area(geometry) > 0)
    usable &= shapely.is_valid(geometry)
    _refuse(parcels, ~usable, needed_by, "宗地图形缺失、空、无效或不是面", "先用 screen() 检查数据。")
    return geometry


def _refuse(parcels: gpd.GeoDataFrame, bad: npt.NDArray[np.bool_], needed_by: str, what: str, cure: str) -> None:
    if bad.any():
        raise BadValueError(f"{needed_by}：列 geometry（图形）{what}，{named_rows(parcels.index[bad])}。办法：{cure}")
