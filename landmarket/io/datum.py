"""Which datum (大地基准) a coordinate system stands on: only CGCS2000 is in force, and older ones lie elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pyproj import CRS

_METRE = 0.5
_AXES: Mapping[str, float] = MappingProxyType({"1954北京坐标系": 6_378_245.0, "1980西安坐标系": 6_378_140.0})
"""Semi-major axes of the ellipsoids (Krasovsky 1940, IAG 1975) that the older systems stand on [m]."""
_PRESENT = 6_378_137.0
"""Of CGCS2000, GRS 80 and WGS 84 alike, which differ by centimetres [m]."""


def datum_note(crs: CRS) -> str:
    """Say that a system stands on another datum than CGCS2000 (基准不同).

    Parameters
    ----------
    crs : pyproj.CRS
        Any system.

    Returns
    -------
    str
        In Chinese, with the cure; empty where the datum is CGCS2000 or the same within centimetres.
    """
    axis = crs.ellipsoid.semi_major_metre if crs.ellipsoid is not None else _PRESENT
    if abs(axis - _PRESENT) < _METRE:
        return ""
    name = next((name for name, known in _AXES.items() if abs(axis - known) < _METRE), crs.name)
    return (
        f"{name}不是 2000 国家大地坐标系，与 CGCS2000 的图层叠加会差几十到上百米。"
        "办法：用本地转换参数（向市县自然资源主管部门申请）转换后再用；程序不带参数，也不代为转换"
    )
