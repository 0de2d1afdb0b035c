"""The point that stands for a unit (评价单元的代表点)."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from landmarket.checks import require_projected
from landmarket.errors import BadValueError, named_rows
from landmarket.pricing.kinds import Floats


def unit_points(units: gpd.GeoDataFrame) -> Floats:
    """Find the point at which each unit is scored.

    Parameters
    ----------
    units : GeoDataFrame
        Points, lines or polygons, projected [m].

    Returns
    -------
    ndarray of float64, shape (n, 2)
        Easting and northing [m]: the point itself; of other shapes the centroid, or where that lies outside the shape
        a point on it.

    Raises
    ------
    CrsError
        If the coordinate system is missing or in degrees.
    BadValueError
        If a shape is missing or empty, or a coordinate is no number.
    """
    require_projected(units, "unit_points")
    shapes = units.geometry.to_numpy()
    plain = bool((shapely.get_type_id(shapes) == shapely.GeometryType.POINT).all())
    if plain:
        given: Floats = shapely.get_coordinates(shapes)
        if len(given) == len(shapes) and np.isfinite(given).all():
            return given
    lost = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if lost.any():
        raise BadValueError(f"没有图形，{named_rows(units.index[lost])}。办法：先用 screen() 检查数据，或补上图形。")
    broken = np.flatnonzero(~np.isfinite(shapely.bounds(shapes)).all(axis=1))
    if len(broken):
        raise BadValueError(f"坐标不是数，{named_rows(units.index[broken])}。办法：先用 screen() 检查数据。")
    points = shapes
    if not plain:
        points = shapely.centroid(shapes)
        inside = shapely.intersects_xy(shapes, shapely.get_x(points), shapely.get_y(points))
        outside = np.flatnonzero(~inside & (shapely.get_dimensions(shapes) > 0))
        points[outside] = shapely.point_on_surface(shapes[outside])
    coordinates: Floats = shapely.get_coordinates(points)
    return coordinates
