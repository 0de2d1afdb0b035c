"""One map of all parcels of a county (全县宗地图)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd

from landmarket.maps.assembly import chosen_views, drawn_parcels, put_together, rectangle_of
from landmarket.maps.audience import OFFICE, Audience
from landmarket.maps.basemap import Basemap
from landmarket.maps.legend import View
from landmarket.maps.offline_map import OfflineMap
from landmarket.maps.texts import county_text


def county_map(
    table: gpd.GeoDataFrame,
    column: str,
    *,
    views: Sequence[str | View] | None = None,
    worksheets: pd.DataFrame | None = None,
    set_aside: gpd.GeoDataFrame | None = None,
    context: Mapping[str, gpd.GeoDataFrame] | None = None,
    notice: str = "",
    counts: Mapping[str, int] | None = None,
    county: str = "",
    on: date | None = None,
    audience: Audience = OFFICE,
    basemap: Basemap | None = None,
) -> OfflineMap:
    """Draw all parcels of a county on one map (全县宗地图).

    Parameters
    ----------
    table : GeoDataFrame
        Accepted parcels, indexed by parcel code, in a projected CRS; with ``township`` and the columns to show.
    column : str
        The column shown when the page opens.
    views : sequence of str or View, optional
        Columns the page can switch to; those of `landmarket.maps.assembly.VIEWS` that the table has where none are
        given.
    worksheets : DataFrame, optional
        Steps of the valuation: ``step, value, unit, source``, indexed by parcel code. They are most of a large page.
    set_aside : GeoDataFrame, optional
        Rows that screening set aside, drawn in grey.
    context : mapping of str to GeoDataFrame, optional
        Layers beneath, see `landmarket.maps.ground.ground_layers`.
    notice : str, default ""
        Printed on the page, such as 示例数据.
    counts : mapping of str to int, optional
        Counts of the run.
    county : str, default ""
        Name of the county.
    on : date, optional
        Date the values stand for.
    audience : Audience, default OFFICE
        For whom the page is, see `landmarket.maps.public_audience`.
    basemap : Basemap, optional
        Layers from the network, off until switched on, see `landmarket.maps.tianditu`.

    Returns
    -------
    folium.Map
        A notebook shows it; `save_page` writes it. Without a base map it fetches nothing.

    Raises
    ------
    MissingColumnError
        If the table lacks a column.
    CrsError
        If a layer has no projected CRS.
    BadValueError
        If parcel codes repeat, or a column holds the reserve price.

    Warns
    -----
    ShiftedDataWarning
        If parcels or outlines look as if they were traced from a shifted map.
    """
    drawing, frame = drawn_parcels(
        table,
        chosen_views(table, column, views),
        "county_map",
        worksheets=worksheets,
        set_aside=set_aside,
        context=context,
        notice=notice,
        counts=counts,
        county=county,
        on=on,
        audience=audience,
        basemap=basemap,
    )
    outlines = [layer.bounds for layer in drawing.ground if layer.kind == "township"]
    bounds = rectangle_of(np.vstack([drawing.bounds, drawing.aside_bounds, *outlines]))
    page = OfflineMap(county_text(frame), (0.0, 0.0))
    at, aside = (np.arange(len(rows), dtype=np.int64) for rows in (drawing.bounds, drawing.aside_bounds))
    put_together(page, drawing, "", at, aside, bounds)
    return page
