"""How far units lie from the nearest of a layer (到最近地物的距离): points, lines and areas, straight and exact."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landmarket.checks import require_same_crs
from landmarket.errors import BadValueError, named_rows
from landmarket.pricing.factors.nearby import distances, nearby
from landmarket.pricing.factors.pieces import straight_pieces
from landmarket.pricing.factors.unit_points import unit_points
from landmarket.pricing.kinds import Floats

Geometries = npt.NDArray[np.object_]


def nearest_distances(units: gpd.GeoDataFrame, layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Measure the straight distance from each unit to the nearest of each layer (到最近地物的距离).

    Parameters
    ----------
    units : GeoDataFrame
        Points, parcels, villages or cells, projected [m]. A polygon is measured from the point that `unit_points`
        gives, as scores are.
    layers : mapping of str to GeoDataFrame
        Layers by name, such as 主干道 or 公交站: points, lines or polygons, in the same coordinate system.

    Returns
    -------
    DataFrame
        On the units' index, a column of float for each layer: distance [m]; 0 on a line or inside a polygon.

    Raises
    ------
    CrsError
        If a coordinate system is missing, in degrees, or not the units'.
    BadValueError
        If a layer is empty, a shape of it or of the units is missing, or a coordinate is no number.

    Examples
    --------
    >>> yard = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 20, 10)], index=["411081101001JB00001"], crs=4547)
    >>> stop = gpd.GeoDataFrame(geometry=[shapely.Point(13, 9)], crs=4547)
    >>> nearest_distances(yard, {"公交站": stop})["公交站"].tolist()
    [5.0]
    """
    for name, layer in layers.items():
        require_same_crs(units, layer, f"nearest_distances（{name}）")
        _require_shapes(layer, name)
    points = unit_points(units)
    found = {name: _distances(points, layer.geometry.to_numpy()) for name, layer in layers.items()}
    return pd.DataFrame(found, index=units.index, dtype=np.float64)


def _distances(points: Floats, shapes: Geometries) -> Floats:
    """Distance of each point to the nearest shape."""
    dimensions = shapely.get_dimensions(shapes)
    areas = shapely.get_parts(shapes[dimensions == 2])
    spots: Floats = shapely.get_coordinates(shapes[dimensions == 0])
    pieces, _ = straight_pieces(np.concatenate([shapes[dimensions == 1], shapely.boundary(areas)]))
    sources = np.concatenate([np.stack([spots, spots], axis=1), pieces]) if len(pieces) else spots
    found = np.full(len(points), np.inf)
    if len(points):
        near = nearby(points, sources, lambda _, least, most: (-most, -least), -np.inf)
        x, y = points.T.copy()
        candidates = sources[near.source]
        for rows, place in near.pairs():
            away = distances(x.take(rows), y.take(rows), candidates.take(place, axis=0))
            found[rows] = np.minimum(found.take(rows), away)
    if len(areas):
        inside, _ = shapely.STRtree(areas).query(shapely.points(points), predicate="intersects")
        found[inside] = 0.0
    return found


def _require_shapes(layer: gpd.GeoDataFrame, name: str) -> None:
    if not len(layer):
        raise BadValueError(f"nearest_distances：图层“{name}”没有地物。办法：核对图层与筛选条件，或不列这个图层。")
    shapes = layer.geometry.to_numpy()
    bad = shapely.is_missing(shapes) | shapely.is_empty(shapes) | ~np.isfinite(shapely.bounds(shapes)).all(axis=1)
    bad |= shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION
    if bad.any():
        raise BadValueError(
            f"nearest_distances：图层“{name}”的列 geometry（图形）缺失、空、混有几类图形或坐标不是数，"
            f"{named_rows(layer.index[bad])}。办法：补上图形、拆开混合图形，或删去该行。"
        )
