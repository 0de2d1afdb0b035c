"""Geometry of parcels: areas on the ellipsoid, thinness, repair without doubt."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS, Geod, Proj, Transformer

from landmarket.checks import require_projected
from landmarket.crs import GEOGRAPHIC
from landmarket.pieces import POLYGONS

Geometries = npt.NDArray[np.object_]
_LARGE = 1000.0
"""Shapes longer than this are measured by geodesics [m]."""
_STEP = 100.0
"""Distance of the points between which their sides are geodesics [m]."""
_LEAST_AREA, _LEAST_SHARE = 0.01, 1e-6
"""What a repair after a change of system may take from an area or add to it, whichever is more [㎡]; of the area."""


def ellipsoidal_area(parcels: gpd.GeoDataFrame) -> pd.Series[float]:
    """Area on the CGCS2000 ellipsoid (椭球面积).

    Parameters
    ----------
    parcels : GeoDataFrame
        Polygons in a conformal projected system, metres.

    Returns
    -------
    Series of float
        Area [㎡] on the same index; nan where there is no geometry.

    Notes
    -----
    The projected area is divided by the areal scale of the projection at the parcel's centroid. Across a kilometre in a
    3-degree zone the scale changes so that this is off by 2e-9, across a hundred by 2e-5: the outlines of shapes that
    are longer than a kilometre are given points every hundred metres and measured by geodesics (C. F. F. Karney,
    Algorithms for geodesics, J. Geodesy 87, 2013).
    """
    crs = require_projected(parcels, "ellipsoidal_area")
    geometry = parcels.geometry.to_numpy()
    area = shapely.area(geometry)
    centroid = shapely.centroid(geometry)
    to_degrees = Transformer.from_crs(crs, GEOGRAPHIC, always_xy=True)
    longitude, latitude = to_degrees.transform(shapely.get_x(centroid), shapely.get_y(centroid))
    usable = np.isfinite(longitude) & np.isfinite(latitude)
    scale = np.full(len(area), np.nan)
    if usable.any():
        factors = Proj(crs).get_factors(np.asarray(longitude)[usable], np.asarray(latitude)[usable])
        scale[usable] = factors.areal_scale
    measured = area / scale
    x0, y0, x1, y1 = shapely.bounds(geometry).T
    large = usable & (np.hypot(x1 - x0, y1 - y0) > _LARGE)
    outlines = shapely.orient_polygons(shapely.segmentize(geometry[large], _STEP))
    placed = shapely.transform(outlines, lambda xy: np.stack(to_degrees.transform(*xy.T), axis=1))
    geod = Geod(ellps="GRS80")  # whose axes CGCS2000 shares
    measured[large] = [geod.geometry_area_perimeter(shape)[0] for shape in placed]
    return pd.Series(measured, index=parcels.index, name="ellipsoidal_area")


def flat(geometry: Geometries) -> Geometries:
    """Drop heights and measures (Z、M) where there are any.

    Parameters
    ----------
    geometry : ndarray of shapely geometries
        Any geometries, or None.

    Returns
    -------
    ndarray of shapely geometries
        In the plane; those that were so already as they are.
    """
    result = geometry.copy()
    raised = shapely.has_z(geometry) | shapely.has_m(geometry)
    result[raised] = shapely.force_2d(geometry[raised])
    return result


def mean_width(geometry: Geometries) -> npt.NDArray[np.float64]:
    """Mean width of polygons: twice the area over the perimeter, which is the width of a long strip.

    Parameters
    ----------
    geometry : ndarray of shapely geometries
        Polygons in metres.

    Returns
    -------
    ndarray of float64
        Width [m]; nan without perimeter.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        width: npt.NDArray[np.float64] = 2 * shapely.area(geometry) / shapely.length(geometry)
    return width


def polygon_parts(geometry: Geometries) -> tuple[Geometries, npt.NDArray[np.int64]]:
    """Take geometries apart into polygons.

    Parameters
    ----------
    geometry : ndarray of shapely geometries
        Any geometries, or None.

    Returns
    -------
    parts : ndarray of shapely geometries
        Their polygons, none of them empty.
    owner : ndarray of int
        Position of the geometry each is part of, ascending.
    """
    parts, owner = shapely.get_parts(geometry, return_index=True)
    nested, inner = shapely.get_parts(parts, return_index=True)
    keep = (shapely.get_type_id(nested) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(nested)
    return nested[keep], owner[inner[keep]]


def polygons_only(geometry: Geometries) -> Geometries:
    """Keep the polygons of each geometry, as polygon or multipolygon.

    Parameters
    ----------
    geometry : ndarray of shapely geometries
        Any geometries, such as those that a repair leaves.

    Returns
    -------
    ndarray of shapely geometries
        None where a geometry has no polygon.
    """
    drawn = np.asarray(geometry, dtype=object)
    plain = (shapely.get_type_id(drawn) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(drawn)
    result = drawn.copy()
    result[~plain] = _polygons_of(drawn[~plain])
    return result


def _polygons_of(geometry: Geometries) -> Geometries:
    """The polygons of each geometry that is more than one, or something else."""
    result: Geometries = np.full(len(geometry), None, dtype=object)
    nested, owner = polygon_parts(geometry)
    places, start, count = np.unique(owner, return_index=True, return_counts=True)
    result[places[count == 1]] = nested[start[count == 1]]
    several = np.flatnonzero(count > 1)
    drawn = geometry[places[several]]
    whole = (shapely.get_type_id(drawn) == shapely.GeometryType.MULTIPOLYGON) & shapely.is_valid(drawn)
    whole &= shapely.get_num_geometries(drawn) == count[several]
    result[places[several[whole]]] = drawn[whole]
    several = several[~whole]
    for number in np.unique(count[several]):
        own = several[count[several] == number]
        result[places[own]] = shapely.union_all(nested[start[own][:, None] + np.arange(number)], axis=1)
    return result


def repaired(geometry: Geometries) -> tuple[Geometries, npt.NDArray[np.bool_]]:
    """Repair invalid polygons, and tell where the repair leaves no doubt.

    Parameters
    ----------
    geometry : ndarray of shapely geometries
        Polygons, valid or not; None is kept.

    Returns
    -------
    repaired : ndarray of shapely geometries
        Valid polygons; valid input is returned as it is.
    certain : ndarray of bool
        True where the repair cannot be disputed: the enclosed area by the rings' own orientation and the area of
        the repaired polygon agree within a thousandth. A bow-tie is repaired with doubt, a repeated vertex or a
        touching ring without.
    """
    result = geometry.copy()
    certain = np.ones(len(geometry), dtype=bool)
    broken = np.flatnonzero(~shapely.is_valid(geometry) & ~shapely.is_missing(geometry))
    if len(broken):
        before = shapely.area(geometry[broken])
        after_geometry = polygons_only(shapely.make_valid(geometry[broken], method="structure"))
        after = shapely.area(after_geometry)
        result[broken] = after_geometry
        certain[broken] = np.abs(after - before) <= 1e-3 * np.maximum(np.nan_to_num(after), 1e-9)
    return result, certain


def in_system(layer: gpd.GeoDataFrame, crs: CRS) -> gpd.GeoDataFrame:
    """Bring a layer to a coordinate system (换算坐标系); what becomes invalid on the way is repaired.

    An edge that is straight in one system is bent in another, and coordinates are rounded: a ring that touches itself
    may cross itself by a millimetre afterwards.

    Parameters
    ----------
    layer : GeoDataFrame
        A layer with a coordinate system.
    crs : pyproj.CRS
        The other system.

    Returns
    -------
    GeoDataFrame
        A shape that was valid and is no longer is repaired, where that changes its area by no more than 0.01 ㎡ or a
        millionth of it; else, or where it was invalid before, it stays as it is, for the checks that follow to refuse.
    """
    moved = layer.to_crs(crs)
    if layer.crs == crs:
        return moved
    before, after = layer.geometry.to_numpy(), moved.geometry.to_numpy().copy()
    broken = np.flatnonzero(shapely.is_valid(before) & ~shapely.is_valid(after) & ~shapely.is_missing(after))
    if not len(broken):
        return moved
    mended, _ = repaired(after[broken])
    area = shapely.area(mended)
    same = np.abs(area - shapely.area(after[broken])) <= np.maximum(_LEAST_AREA, _LEAST_SHARE * area)
    after[broken[same]] = mended[same]
    return moved.set_geometry(gpd.GeoSeries(after, index=moved.index, crs=moved.crs))


def usable_polygons(geometry: Geometries) -> Geometries:
    """Bring shapes to valid polygons where that can be done at all (可用的面).

    Parameters
    ----------
    geometry : ndarray of shapely geometries
        Any geometries, or None.

    Returns
    -------
    ndarray of shapely geometries
        Polygons and multipolygons, repaired even where that is in doubt; None where there is no polygon.
    """
    result = repaired(geometry)[0]
    plain = np.isin(shapely.get_type_id(result), POLYGONS) & ~shapely.is_empty(result)
    result[~plain] = polygons_only(result[~plain])
    return result
