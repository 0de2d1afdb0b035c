"""The plane parcels were surveyed in, as a page's script computes it (平面坐标)."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
from pyproj import CRS

_METHOD = "Transverse Mercator"
_LATITUDE, _MERIDIAN = "Latitude of natural origin", "Longitude of natural origin"
_SCALE, _EASTING, _NORTHING = "Scale factor at natural origin", "False easting", "False northing"


def plane_of(table: gpd.GeoDataFrame) -> Mapping[str, float] | None:
    """Give what the transverse Mercator projection of a layer needs (高斯-克吕格投影参数).

    Parameters
    ----------
    table : GeoDataFrame
        Layer with a projected CRS.

    Returns
    -------
    mapping of str to float, or None
        ``meridian`` [°], ``easting`` and ``northing`` [m], ``scale``, ``axis`` [m] and ``flattening``; None where the
        layer has another projection, or one whose datum is not CGCS2000: a page then shows no plane coordinates.

    Examples
    --------
    >>> plane_of(gpd.GeoDataFrame(geometry=[], crs=4547))["meridian"]
    114.0
    """
    crs = CRS.from_user_input(table.crs)
    geodetic, operation, ellipsoid = crs.geodetic_crs, crs.coordinate_operation, crs.ellipsoid
    if geodetic is None or operation is None or ellipsoid is None or operation.method_name != _METHOD:
        return None
    given = {str(one.name): float(one.value) for one in operation.params}
    if "China Geodetic Coordinate System 2000" not in geodetic.name or given.get(_LATITUDE, 0.0) != 0.0:
        return None
    return {
        "meridian": given[_MERIDIAN],
        "easting": given[_EASTING],
        "northing": given[_NORTHING],
        "scale": given[_SCALE],
        "axis": float(ellipsoid.semi_major_metre),
        "flattening": 1.0 / float(ellipsoid.inverse_flattening),
    }
