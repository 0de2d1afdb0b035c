"""Places that lie where a shifted map would put them (偏移坐标): held against the areas they say they belong to.

Maps of Chinese internet providers are in GCJ-02, which moves every place by some hundred metres in a way that is
publicly known. Places that were traced from such a map lie beside their village; moved back they lie in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import numpy as np
import numpy.typing as npt
import shapely

FEWEST = 20
"""Places with an area below which nothing can be said."""

_AXIS, _ECCENTRICITY = 6378245.0, 0.00669342162296594323
_LONGITUDE, _LATITUDE = 105.0, 35.0
_LEVEL = 0.7
_CERTAIN = 5.0

Floats = npt.NDArray[np.float64]


class Shift(Enum):
    """What was moved by GCJ-02 (疑似偏移的一方)."""

    NONE = "没有看出偏移"
    PLACES = "宗地"
    AREAS = "村镇界"


def gcj_offset(longitude: Floats, latitude: Floats) -> tuple[Floats, Floats]:
    """Give how far GCJ-02 moves places (火星坐标偏移).

    Parameters
    ----------
    longitude, latitude : ndarray of float64
        Places in CGCS2000 within China [°].

    Returns
    -------
    longitude, latitude : ndarray of float64
        What GCJ-02 adds [°].

    Notes
    -----
    The formula as published in many open libraries; its constants are those of the Krasovsky ellipsoid.
    """
    x, y = longitude - _LONGITUDE, latitude - _LATITUDE
    waves = 20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)
    east = (
        300.0
        + x
        + 2.0 * y
        + 0.1 * x**2
        + 0.1 * x * y
        + 0.1 * np.sqrt(np.abs(x))
        + 2.0 / 3.0 * (waves + _waves(x, ((20.0, 1.0), (40.0, 1 / 3), (150.0, 1 / 12), (300.0, 1 / 30))))
    )
    north = (
        -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y**2
        + 0.1 * x * y
        + 0.2 * np.sqrt(np.abs(x))
        + 2.0 / 3.0 * (waves + _waves(y, ((20.0, 1.0), (40.0, 1 / 3), (160.0, 1 / 12), (320.0, 1 / 30))))
    )
    angle = np.radians(latitude)
    magic = 1.0 - _ECCENTRICITY * np.sin(angle) ** 2
    meridian = _AXIS * (1.0 - _ECCENTRICITY) / magic**1.5
    normal = _AXIS / np.sqrt(magic)
    return np.degrees(east / (normal * np.cos(angle))), np.degrees(north / meridian)


def _waves(along: Floats, parts: tuple[tuple[float, float], ...]) -> Floats:
    total = np.zeros_like(along)
    for height, rate in parts:
        total = total + height * np.sin(rate * np.pi * along)
    return total


def shift_of(points: Floats, names: npt.NDArray[np.object_], areas: Mapping[str, shapely.Geometry]) -> Shift:
    """Tell whether places come home when GCJ-02 is taken off them, or put on (疑似 GCJ-02 偏移).

    Parameters
    ----------
    points : ndarray of float64, shape (n, 2)
        Places in CGCS2000 [°].
    names : ndarray of object
        The area each says it belongs to.
    areas : mapping of str to Geometry
        Areas in CGCS2000 by name; places that name none of them are left out.

    Returns
    -------
    Shift
        ``NONE`` where they agree, or fewer than twenty places name an area.
    """
    known = np.array([name in areas for name in names], dtype=bool)
    if known.sum() < FEWEST:
        return Shift.NONE
    points, names = points[known], names[known]
    offset = np.column_stack(gcj_offset(points[:, 0], points[:, 1]))
    here = _inside(points, names, areas)
    if _better(here, _inside(points - offset, names, areas)):
        return Shift.PLACES
    if _better(here, _inside(points + offset, names, areas)):
        return Shift.AREAS
    return Shift.NONE


def _inside(
    points: Floats, names: npt.NDArray[np.object_], areas: Mapping[str, shapely.Geometry]
) -> npt.NDArray[np.bool_]:
    found = np.zeros(len(points), dtype=bool)
    for name in dict.fromkeys(names.tolist()):
        own = names == name
        shapely.prepare(areas[name])
        found[own] = shapely.contains_xy(areas[name], points[own])
    return found


def _better(before: npt.NDArray[np.bool_], after: npt.NDArray[np.bool_]) -> bool:
    """Whether a shift brings parcels home, by more than chance (a sign test) and for most of them."""
    won, lost = int((after & ~before).sum()), int((before & ~after).sum())
    return won - lost > _CERTAIN * np.sqrt(won + lost) and bool(after.mean() > _LEVEL)
