"""Coordinate systems of CGCS2000: 3-degree zones, and recognising one from coordinates.

``zone = floor((lon + 1.5) / 3)``, central meridian ``3 × zone``; EPSG ``4488 + zone`` with the zone prefix in
the easting, ``4534 + (meridian − 75) / 3`` without it (EPSG database).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import geopandas as gpd
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from landmarket.errors import CrsError

GEOGRAPHIC = "EPSG:4490"
_LONGITUDES = (73.0, 136.0)
_LATITUDES = (3.0, 54.0)
_NORTHINGS = (300_000.0, 6_000_000.0)
_EASTINGS = (200_000.0, 800_000.0)
_PREFIX = 1_000_000
_PREFIXED_EASTINGS = (25_000_000.0, 46_000_000.0)
_ZONES = (25, 45)

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
            return Recognised(CRS.from_user_input(GEOGRAPHIC), swapped, f"经纬度{order}")
        if not _within(*y, _NORTHINGS):
            continue
        if _within(*x, _PREFIXED_EASTINGS):
            zones = {int(value // _PREFIX) for value in x}
            if len(zones) == 1:
                zone = zones.pop()
                return Recognised(CRS.from_epsg(4488 + zone), swapped, f"横坐标带 {zone} 带带号{order}")
        if _within(*x, _EASTINGS):
            return Recognised(None, swapped, f"横坐标不带带号，中央经线不明{order}")
    return Recognised(None, False, "坐标范围不像中国境内的经纬度或 3 度带坐标")


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


def with_crs(layer: gpd.GeoDataFrame, crs: str | None, where: str) -> tuple[gpd.GeoDataFrame, str]:
    """Give a layer its coordinate system: the file's, the caller's, or the one its coordinates show.

    Parameters
    ----------
    layer : GeoDataFrame
        The layer as read.
    crs : str or None
        What the caller says; goes before the coordinates, not against the file.
    where : str
        File name for messages.

    Returns
    -------
    layer : GeoDataFrame
        With a coordinate system, axes in order.
    note : str
        What was recognised, in Chinese.

    Raises
    ------
    CrsError
        If file, caller and coordinates contradict each other, or nothing decides.
    """
    told = None if crs is None else _told(crs, where)
    stated = layer.crs if layer.crs is not None else told
    if stated is not None:
        _require_usable(stated, where)
    if layer.crs is not None and told is not None and not told.equals(layer.crs):
        raise CrsError(
            f"{where}：文件写明 {layer.crs.to_string()}，参数 crs={crs} 与之不同。办法：去掉 crs= 或改正 .prj。"
        )
    shapes = layer.geometry.to_numpy()
    present = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if not present.any():
        if stated is None:
            raise CrsError(f"{where}：没有图形，也没有坐标系。办法：检查文件是否完整。")
        return layer.set_crs(stated), "没有图形"
    min_x, min_y, max_x, max_y = map(float, shapely.total_bounds(layer.geometry.to_numpy()))
    seen = recognise_crs((min_x, min_y, max_x, max_y))
    if seen.swapped:
        layer = swap_axes(layer)
    if stated is None:
        if seen.crs is None:
            raise CrsError(
                f"{where}：没有坐标系说明（.prj），{seen.note}。"
                f"范围 x {min_x:.0f}—{max_x:.0f}，y {min_y:.0f}—{max_y:.0f}。"
                "办法：用 crs= 指明，如 crs='EPSG:4547'（中央经线114°）。"
            )
        return layer.set_crs(seen.crs), f"{seen.note}，判为 {seen.crs.to_string()}"
    _refuse_contradiction(stated, seen, where)
    layer = layer if layer.crs is not None else layer.set_crs(stated)
    return layer, f"{stated.to_string()}（{stated.name}）" + ("，已调换纵横坐标" if seen.swapped else "")


def _told(crs: str, where: str) -> CRS:
    try:
        return CRS.from_user_input(crs)
    except ProjError as error:
        raise CrsError(f"{where}：不认识坐标系 crs={crs!r}。办法：写成 EPSG 代码，如 crs='EPSG:4547'。") from error


def _require_usable(stated: CRS, where: str) -> None:
    """Raise where a system is described but cannot be computed with, as from a damaged .prj."""
    try:
        Transformer.from_crs(stated, GEOGRAPHIC, always_xy=True)
    except ProjError as error:
        raise CrsError(
            f"{where}：坐标系的定义有误，不能换算（{error}）。办法：改正 .prj，或删去它，用 crs= 指明。"
        ) from error


def _refuse_contradiction(stated: CRS, seen: Recognised, where: str) -> None:
    """Raise where the stated system cannot have these coordinates."""
    degrees = seen.crs is not None and seen.crs.is_geographic
    if stated.is_geographic != degrees:
        raise CrsError(
            f"{where}：写明的坐标系是 {stated.to_string()}（{stated.name}），但{seen.note}。办法：改正 .prj 或 crs=。"
        )
    said, there = _prefix(stated), _prefix(seen.crs) if seen.crs is not None else None
    if seen.crs is not None and said != there:
        carries = f"的带号是 {said}" if said else "不带带号"
        raise CrsError(
            f"{where}：写明的坐标系 {stated.to_string()}（{stated.name}）{carries}，但{seen.note}。"
            f"办法：改正 .prj 或 crs=；CGCS2000 的 {there} 带是 {seen.crs.to_string()}。"
        )
    if seen.crs is None and said:
        raise CrsError(
            f"{where}：写明的坐标系 {stated.to_string()} 带带号，但{seen.note}。办法：改为不带带号的坐标系。"
        )


def _prefix(crs: CRS) -> int:
    """Zone number in the eastings of a system, 0 where they carry none."""
    operation = crs.coordinate_operation
    parameters = operation.params if operation is not None else []
    easting = max((float(p.value) for p in parameters if p.name == "False easting"), default=0.0)
    return int(easting // _PREFIX)


def to_projected(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Bring a layer to metres: geographic coordinates go to their own 3-degree zone.

    Parameters
    ----------
    layer : GeoDataFrame
        A layer with a coordinate system.

    Returns
    -------
    GeoDataFrame
        The layer itself where it is projected already.

    Raises
    ------
    CrsError
        If there is no coordinate system, or no geometry that tells the zone.
    """
    if layer.crs is None:
        raise CrsError("图层没有坐标系。办法：读取时用 crs= 指明。")
    if layer.crs.is_projected:
        return layer
    min_x, _, max_x, _ = layer.geometry.total_bounds
    if not math.isfinite(min_x + max_x):
        raise CrsError(
            "图层是经纬度坐标，但没有一个图形有坐标，不能确定 3 度带。办法：检查文件是否完整，或改用投影坐标系的图层。"
        )
    return layer.to_crs(zone_crs(float(min_x + max_x) / 2))
