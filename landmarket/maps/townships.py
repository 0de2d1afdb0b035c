"""One map per township, from a table of parcels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd

from landmarket.display import paragraph, rows_table
from landmarket.errors import SHOWN
from landmarket.maps.assembly import chosen_views, drawn_parcels, put_together, rectangle_of
from landmarket.maps.audience import OFFICE, Audience
from landmarket.maps.basemap import Basemap
from landmarket.maps.county import County
from landmarket.maps.drawing import Drawing
from landmarket.maps.legend import View
from landmarket.maps.offline_map import OfflineMap, PageText
from landmarket.maps.packing import Bounds
from landmarket.maps.texts import page_text


class TownshipMap(OfflineMap):
    """The map of one township, which knows its county for the index page.

    Parameters
    ----------
    text : PageText
        What stands around the map.
    location : tuple of float
        Latitude and longitude of the centre.
    township : str
        Official name.
    county : County
        What the pages of a county share.
    parcels : int
        Parcels drawn, those set aside with them.
    """

    def __init__(
        self, text: PageText, location: tuple[float, float], township: str, county: County, parcels: int
    ) -> None:
        super().__init__(text, location)
        self.township = township
        self.county = county
        self.parcels = parcels


class TownshipMaps(dict[str, TownshipMap]):
    """The maps of a county by township (乡镇地图集): a dictionary that a notebook shows as a list of what is in it.

    All maps shown at once would weigh as much as all pages; one is shown by its name.
    """

    def __repr__(self) -> str:
        """Count instead of printing every map."""
        return f"<TownshipMaps {len(self)} 幅：{'、'.join(list(self)[:SHOWN])}{'……' if len(self) > SHOWN else ''}>"

    def _repr_html_(self) -> str:
        """List the townships in a notebook; every text is escaped."""
        head = paragraph(f"{len(self)} 幅乡镇地图。看一幅：在单元格最后一行写 maps[乡镇全称]；存成网页：save_maps。")
        return head + rows_table(["乡镇", "图上宗地"], [[name, page.parcels] for name, page in self.items()])


def township_maps(
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
) -> TownshipMaps:
    """Draw one map per township (乡镇地图).

    Parameters
    ----------
    table : GeoDataFrame
        Accepted parcels, indexed by parcel code, in a projected CRS; with ``township`` and the columns to show.
    column : str
        The column shown when a page opens.
    views : sequence of str or View, optional
        Columns the page can switch to; those of `landmarket.maps.assembly.VIEWS` that the table has where none
        are given.
    worksheets : DataFrame, optional
        Steps of the valuation, several rows a parcel: ``step, value, unit, source``, indexed by parcel code.
    set_aside : GeoDataFrame, optional
        Rows that screening set aside, drawn in grey. One without a township goes to the township it lies in.
    context : mapping of str to GeoDataFrame, optional
        Layers beneath the parcels by name, see :func:`landmarket.maps.ground.ground_layers`.
    notice : str, default ""
        Printed on every page, such as 示例数据.
    counts : mapping of str to int, optional
        Counts of the run printed on every page, such as ``{"读入": 3000, "采用": 2980, "暂不处理": 20}``.
    county : str, default ""
        Name of the county.
    on : date, optional
        Date the values stand for.
    audience : Audience, default OFFICE
        For whom the pages are, see `landmarket.maps.public_audience`.
    basemap : Basemap, optional
        Layers from the network, off until switched on, see `landmarket.maps.tianditu`.

    Returns
    -------
    TownshipMaps
        A dictionary of :class:`folium.Map` by the official name of the township; parcels without one are on the map
        of :data:`NO_TOWNSHIP`.

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

    Notes
    -----
    A map is a :class:`folium.Map`: a notebook shows it, and folium's layers can be added to it. Classes are made
    for the whole county, so that colours agree between pages.
    """
    drawing, frame = drawn_parcels(
        table,
        chosen_views(table, column, views),
        "township_maps",
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
    return TownshipMaps({name: _township_map(name, drawing, frame) for name in drawing.places.names})


def _township_map(township: str, drawing: Drawing, county: County) -> TownshipMap:
    bounds = _bounds(township, drawing)
    at, aside = drawing.places.parcels(township), drawing.places.set_aside(township)
    page = TownshipMap(page_text(township, county), (0.0, 0.0), township, county, len(at) + len(aside))
    put_together(page, drawing, township, at, aside, bounds)
    return page


def _bounds(township: str, drawing: Drawing) -> Bounds:
    """Take the rectangle a page opens on: the township's outline, else what is drawn."""
    for layer in drawing.ground:
        if layer.kind == "township" and township in layer.townships:
            return np.asarray(layer.bounds[layer.townships.index(township)])
    places = drawing.places
    own = np.vstack([drawing.bounds[places.parcels(township)], drawing.aside_bounds[places.set_aside(township)]])
    return rectangle_of(own if np.isfinite(own).all(axis=1).any() else drawing.bounds)
