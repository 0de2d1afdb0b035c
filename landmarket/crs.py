"""Coordinate systems of CGCS2000: 3-degree zones, and recognising one from coordinates.

``zone = floor((lon + 1.5) / 3)``, central meridian ``3 × zone``; EPSG ``4488 + zone`` with the zone prefix in
the easting, ``4534 + (meridian − 75) / 3`` without it (EPSG database).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Proj

from landmarket.checks import FARTHEST
from landmarket.errors import CrsError

GEOGRAPHIC = "EPSG:4490"
_LONGITUDES = (73.0, 136.0)
_LATITUDES = (3.0, 54.0)
_NORTHINGS = (300_000.0, 6_000_000.0)
_EASTINGS = (200_000.0, 800_000.0)
PREFIX = 1_000_000
"""Zone numbers stand before six digits of the easting [m]."""
_PREFIXED_EASTINGS = (25_000_000.0, 46_000_000.0)
_ZONES = (25, 45)
_WIDE_ZONES = (13, 23)
_WIDE_EASTINGS = (13_000_000.0, 24_000_000.0)
_MOST_DISTORTION = 0.01
_FAR, _FAR_DEGREES = 200_000.0, 2.0
_CIRCLE = 180.0

Bounds = tuple[float, float, float, float]


def zone_of_longitude(longitude: float) -> int:
    """Number of the 3-degree zone (3度带带号) of a longitude.

    Parameters
    ----------
    longitude : float
        Longitude [°E], 73.5 to 136.5.

    Returns
    -------
    int
        Zone number, 25 to 45.

    Raises
    ------
    CrsError
        If the longitude is in none of the zones of China.

    Examples
    --------
    All of Xuchang lies in zone 38:

    >>> zone_of_longitude(113.05), zone_of_longitude(114.3166), zone_of_longitude(115.5)
    (38, 38, 39)
    """
    zone = math.floor((longitude + 1.5) / 3) if math.isfinite(longitude) else 0
    if not _ZONES[0] <= zone <= _ZONES[1]:
        raise CrsError(f"经度 {longitude} 不在 3 度带 25—45 带内。办法：检查坐标是否为经纬度、次序是否为经度在前。")
    return zone


def zone_crs(longitude: float, *, prefixed: bool = False) -> CRS:
    """CGCS2000 3-degree Gauss-Krüger system of a longitude.

    Parameters
    ----------
    longitude : float
        Longitude [°E].
    prefixed : bool, default False
        Whether eastings carry the zone number (38 500 000) or not (500 000).

    Returns
    -------
    pyproj.CRS
        For example EPSG:4547 at 114°E, or EPSG:4526 with the prefix.

    Examples
    --------
    >>> zone_crs(113.83).to_epsg(), zone_crs(113.83, prefixed=True).to_epsg()
    (4547, 4526)
    """
    zone = zone_of_longitude(longitude)
    return CRS.from_epsg(4488 + zone if prefixed else 4534 + (zone - 25))


@dataclass(frozen=True)
class Recognised:
    """What the coordinates of a layer say about its system (坐标系判别).

    Attributes
    ----------
    crs : pyproj.CRS or None
        The system, or None where the coordinates alone do not decide it.
    swapped : bool
        Whether x and y are the other way round.
    note : str
        What was seen, in Chinese.
    """

    crs: CRS | None
    swapped: bool
    note: str


def _within(low: float, high: float, interval: tuple[float, float]) -> bool:
    return interval[0] <= low and high <= interval[1]


def extent_on_earth(shapes: npt.NDArray[np.object_]) -> Bounds:
    """Give the extent of shapes without those that can lie nowhere: a slip of one says nothing of the others.

    Parameters
    ----------
    shapes : ndarray of shapely geometries
        In any system.

    Returns
    -------
    tuple of float
        min x, min y, max x, max y; of all shapes where none has coordinates of a place on earth.
    """
    near = (np.abs(shapely.bounds(shapes)) <= FARTHEST).all(axis=1)
    west, south, east, north = map(float, shapely.total_bounds(shapes[near] if near.any() else shapes))
    return west, south, east, north


def recognise_crs(bounds: Bounds) -> Recognised:
    """Recognise the coordinate system from the extent of a layer.

    Parameters
    ----------
    bounds : tuple of float
        min x, min y, max x, max y.

    Returns
    -------
    Recognised
        Degrees and prefixed eastings decide the system; six-digit eastings only that it is projected.

    Examples
    --------
    >>> recognise_crs((38_412_200, 3_740_000, 38_529_300, 3_810_000)).crs.to_epsg()
    4526
    >>> recognise_crs((33.9, 113.0, 34.4, 113.6)).swapped
    True
    """
    min_x, min_y, max_x, max_y = bounds
    for swapped, (x, y) in ((False, ((min_x, max_x), (min_y, max_y))), (True, ((min_y, max_y), (min_x, max_x)))):
        order = "，坐标次序为纬（纵）在前" if swapped else ""
        if _within(*x, _LONGITUDES) and _within(*y, _LATITUDES):
            return Recognised(CRS.from_user_input(GEOGRAPHIC), swapped, f"坐标是经纬度{order}")
        if not _within(*y, _NORTHINGS):
            continue
        zones = {int(value // PREFIX) for value in x}
        if len(zones) == 1 and _within(*x, _PREFIXED_EASTINGS):
            zone = zones.pop()
            return Recognised(CRS.from_epsg(4488 + zone), swapped, f"横坐标带 {zone} 带带号{order}")
        if len(zones) == 1 and _within(*x, _WIDE_EASTINGS):
            zone = zones.pop()
            return Recognised(CRS.from_epsg(4478 + zone), swapped, f"横坐标带 6 度带 {zone} 带带号{order}")
        if _within(*x, _EASTINGS):
            return Recognised(None, swapped, f"横坐标不带带号，中央经线不明{order}")
    return Recognised(None, False, "坐标范围不像中国境内的经纬度或 3 度带坐标")


def far_rows(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    """Find shapes that lie far from most of the others (远离其余图形): one county's never do.

    Parameters
    ----------
    shapes : ndarray of shapely geometries
        In degrees or metres; None where there is none.

    Returns
    -------
    ndarray of bool
        True where the middle of the frame is more than 200 km, or two degrees, from the median of all.
    """
    bounds = shapely.bounds(shapes)
    bounds[~np.isfinite(bounds).all(axis=1)] = np.nan
    middles = (bounds[:, :2] + bounds[:, 2:]) / 2
    known = middles[~np.isnan(middles[:, 0])]
    if not len(known):
        return np.zeros(len(shapes), dtype=bool)
    centre = np.median(known, axis=0)
    limit = _FAR_DEGREES if (np.abs(centre) <= _CIRCLE).all() else _FAR
    return np.asarray(np.hypot(*(middles - centre).T) > limit, dtype=bool)


def swap_axes(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Exchange x and y of every geometry.

    Parameters
    ----------
    layer : GeoDataFrame
        A layer whose axes are the other way round.

    Returns
    -------
    GeoDataFrame
        The same rows with exchanged axes.
    """
    geometry = shapely.transform(layer.geometry.to_numpy(), lambda points: points[:, ::-1])
    return layer.set_geometry(gpd.GeoSeries(geometry, index=layer.index, crs=layer.crs))


def place_of(layer: gpd.GeoDataFrame, crs: CRS) -> tuple[float, float] | None:
    """Tell where most of a layer lies in a system: by the middle of its shapes, as a few may lie anywhere.

    Parameters
    ----------
    layer : GeoDataFrame
        Shapes; a system of their own is not looked at.
    crs : pyproj.CRS
        The system their coordinates are taken in.

    Returns
    -------
    tuple of float or None
        Longitude and latitude on its own datum [°]; None where no shape tells, or the place is not on earth.
    """
    bounds = shapely.bounds(layer.geometry.to_numpy())
    known = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(known):
        return None
    west, south, east, north = np.median(known, axis=0)
    middle = (west + east) / 2, (south + north) / 2
    longitude, latitude = middle if crs.is_geographic else Proj(crs)(*middle, inverse=True)
    return (float(longitude), float(latitude)) if np.isfinite([longitude, latitude]).all() else None


def area_scale(crs: CRS, place: tuple[float, float]) -> float:
    """Give how many times its true size an area has in a projected system (面积变形).

    Parameters
    ----------
    crs : pyproj.CRS
        Projected.
    place : tuple of float
        Longitude and latitude [°].

    Returns
    -------
    float
        1 where areas are true.

    Examples
    --------
    Web Mercator stretches lengths by the secant of the latitude, areas by its square, four at 60°:

    >>> round(area_scale(CRS.from_epsg(3857), (114.0, 60.0)))
    4
    """
    return float(Proj(crs).get_factors(*place).areal_scale)


def distorts(layer: gpd.GeoDataFrame) -> bool:
    """Tell whether areas cannot be taken from the projected coordinates of a layer (面积失真).

    Parameters
    ----------
    layer : GeoDataFrame
        A layer with a coordinate system.

    Returns
    -------
    bool
        Whether they are more than a hundredth off, as in Web Mercator; in the zones of China it is a thousandth.
    """
    if layer.crs is None or not layer.crs.is_projected:
        return False
    place = place_of(layer, layer.crs)
    return place is not None and abs(area_scale(layer.crs, place) - 1.0) > _MOST_DISTORTION


def to_projected(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Bring a layer to true metres: geographic coordinates, and Web Mercator, go to their own 3-degree zone.

    The zone is that of the middle of the layer, the median of its shapes: a few that lie elsewhere do not choose it.

    Parameters
    ----------
    layer : GeoDataFrame
        A layer with a coordinate system.

    Returns
    -------
    GeoDataFrame
        The layer itself where it is projected already and its areas are true.

    Raises
    ------
    CrsError
        If there is no coordinate system, or no geometry that tells the zone.
    """
    if layer.crs is None:
        raise CrsError("图层没有坐标系。办法：读取时用 crs= 指明。")
    if layer.crs.is_projected and not distorts(layer):
        return layer
    place = place_of(layer, layer.crs)
    if place is None:
        raise CrsError(
            "图层是经纬度坐标，但没有一个图形有坐标，不能确定 3 度带。办法：检查文件是否完整，或改用投影坐标系的图层。"
        )
    return layer.to_crs(zone_crs(place[0]))
