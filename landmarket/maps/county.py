"""What the pages of a county share: its townships, their outlines and sums."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import geopandas as gpd
from pyproj import CRS

from landmarket.errors import ShiftedDataWarning
from landmarket.maps.audience import Audience
from landmarket.maps.places import Places, outlines_of, township_codes
from landmarket.maps.shift import shift_note
from landmarket.maps.sketch import Sketch, sketch_of
from landmarket.maps.township_sums import Sum, township_sums


@dataclass(frozen=True)
class County:
    """What the pages of a county share.

    Attributes
    ----------
    name : str
        Name of the county, or empty.
    on : date or None
        Date the values stand for.
    notice : str
        Printed on every page.
    counts : mapping of str to int
        Counts of the run.
    crs : str
        The coordinate system, in words.
    places : Places
        Which township each parcel belongs to.
    codes : mapping of str to str
        Code of each township, where known.
    sketch : Sketch
        Outlines of the townships.
    sums : list of Sum
        What each parcel adds to its township's row.
    audience : Audience
        For whom the pages are.
    shifted : str
        What looks shifted, or empty.
    """

    name: str
    on: date | None
    notice: str
    counts: Mapping[str, int]
    crs: str
    places: Places
    codes: Mapping[str, str]
    sketch: Sketch
    sums: list[Sum]
    audience: Audience
    shifted: str

    @property
    def title(self) -> str:
        """Title of the county's index page.

        Returns
        -------
        str
            Text, not escaped.
        """
        return f"{self.name}集体经营性建设用地入市与地价"


def county_frame(
    table: gpd.GeoDataFrame,
    places: Places,
    context: Mapping[str, gpd.GeoDataFrame],
    *,
    name: str,
    on: date | None,
    notice: str,
    counts: Mapping[str, int],
    audience: Audience,
) -> County:
    """Gather what the pages of a county share.

    Parameters
    ----------
    table : GeoDataFrame
        Accepted parcels.
    places : Places
        Which township each belongs to.
    context : mapping of str to GeoDataFrame
        The context layers.
    name : str
        Name of the county.
    on : date or None
        Date the values stand for.
    notice : str
        Printed on every page.
    counts : mapping of str to int
        Counts of the run.
    audience : Audience
        For whom the pages are.

    Returns
    -------
    County
        The frame of every page.

    Warns
    -----
    ShiftedDataWarning
        If parcels or outlines look as if they were traced from a shifted map.
    """
    shifted = shift_note(table, context)
    if shifted:
        warnings.warn(f"{shifted}。办法：核对来源，换成 CGCS2000 坐标后重做。", ShiftedDataWarning, stacklevel=4)
    return County(
        name=name,
        on=on,
        notice=notice,
        counts=counts,
        crs=crs_note(table),
        places=places,
        codes=township_codes([table, *context.values()]),
        sketch=sketch_of(outlines_of(table, places, context)),
        sums=township_sums(table),
        audience=audience,
        shifted=shifted,
    )


def crs_note(table: gpd.GeoDataFrame) -> str:
    """Say the coordinate system in the words a map prints.

    Parameters
    ----------
    table : GeoDataFrame
        Layer with a projected CRS.

    Returns
    -------
    str
        For EPSG:4547 ``2000国家大地坐标系，高斯-克吕格投影，3度带，中央经线114°``; for others their own name.
    """
    crs = CRS.from_user_input(table.crs)
    geodetic, operation = crs.geodetic_crs, crs.coordinate_operation
    if geodetic is None or operation is None or "China Geodetic Coordinate System 2000" not in geodetic.name:
        return crs.name
    meridian = next((p.value for p in operation.params if p.name == "Longitude of natural origin"), None)
    if meridian is None:
        return f"2000国家大地坐标系（{crs.name}）"
    width = "3度带，" if "3-degree" in crs.name else "6度带，" if "Gauss-Kruger" in crs.name else ""
    return f"2000国家大地坐标系，高斯-克吕格投影，{width}中央经线{meridian:g}°"
