"""One map per township, from a table of parcels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd

from landmarket.checks import require_columns, require_projected, require_unique_index
from landmarket.maps.county import County, county_frame
from landmarket.maps.drawing import Drawing, drawing_of
from landmarket.maps.facts import FACTS, require_not_secret, sheets_of
from landmarket.maps.ground import Bounds, ground_layers
from landmarket.maps.layer import Furniture, GroundLayer, OfflineMap, PageText, ParcelLayer
from landmarket.maps.legend import View
from landmarket.maps.places import places_of, with_outlines
from landmarket.maps.texts import page_text
from landmarket.maps.words import PARCELS

VIEWS = ("unit_price", "grade", "planned_use_name", "use_category", "allowed", "outcome")
"""Columns a page can switch to where none are asked for: price, grade, planned use and its category, entry, deal."""


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
    """

    def __init__(self, text: PageText, location: tuple[float, float], township: str, county: County) -> None:
        super().__init__(text, location)
        self.township = township
        self.county = county


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
) -> dict[str, TownshipMap]:
    """Draw one map per township (乡镇地图).

    Parameters
    ----------
    table : GeoDataFrame
        Accepted parcels, indexed by parcel code, in a projected CRS; with ``township`` and the columns to show.
    column : str
        The column shown when a page opens.
    views : sequence of str or View, optional
        Columns the page can switch to; those of :data:`VIEWS` that the table has where none are given.
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

    Returns
    -------
    dict of str to folium.Map
        Maps by the official name of the township; parcels without one are on the map of :data:`NO_TOWNSHIP`.

    Raises
    ------
    MissingColumnError
        If the table lacks a column.
    CrsError
        If a layer has no projected CRS.
    BadValueError
        If parcel codes repeat, or a column holds the reserve price.

    Notes
    -----
    A map is a :class:`folium.Map`: a notebook shows it, and folium's layers can be added to it. Classes are made
    for the whole county, so that colours agree between pages.
    """
    chosen = _views(table, column, views)
    require_columns(table, ["township", *(view.column for view in chosen)], "township_maps")
    require_projected(table, "township_maps")
    require_unique_index(table, "township_maps")
    require_not_secret([view.column for view in chosen], "township_maps")
    beneath = with_outlines(context or {})
    layers = ground_layers(beneath)
    aside = table.iloc[:0] if set_aside is None else set_aside
    places = places_of(table, aside, beneath)
    drawing = drawing_of(table, aside, places, chosen, FACTS, sheets_of(table.index, worksheets), layers, PARCELS)
    frame = county_frame(table, places, beneath, name=county, on=on, notice=notice, counts=dict(counts or {}))
    return {name: _township_map(name, drawing, frame) for name in drawing.places.names}


def _views(table: gpd.GeoDataFrame, column: str, views: Sequence[str | View] | None) -> list[View]:
    listed = [name for name in VIEWS if name in table.columns] if views is None else list(views)
    given = [view if isinstance(view, View) else View(view) for view in listed]
    first = next((view for view in given if view.column == column), View(column))
    return [first, *(view for view in given if view.column != column)]


def _township_map(township: str, drawing: Drawing, county: County) -> TownshipMap:
    bounds = _bounds(township, drawing)
    centre = (float(bounds[1] + bounds[3]) / 2, float(bounds[0] + bounds[2]) / 2)
    page = TownshipMap(page_text(township, county), centre, township, county)
    ground = None
    if drawing.ground:
        layers = [layer.packed(township, bounds) for layer in drawing.ground]
        ground = GroundLayer("底图", {"layers": layers}, page)
    at, aside = drawing.places.parcels(township), drawing.places.set_aside(township)
    parcels = ParcelLayer("宗地", drawing.packed(at, aside), page)
    page.fit_bounds([[float(bounds[1]), float(bounds[0])], [float(bounds[3]), float(bounds[2])]], padding=(14, 14))
    Furniture(parcels, ground, page.panel_id).add_to(page)
    return page


def _bounds(township: str, drawing: Drawing) -> Bounds:
    """Take the rectangle a page opens on: the township's outline, else what is drawn."""
    for layer in drawing.ground:
        if layer.kind == "township" and township in layer.townships:
            return np.asarray(layer.bounds[layer.townships.index(township)])
    places = drawing.places
    drawn = np.vstack(
        [drawing.bounds[places.parcels(township)], drawing.aside_bounds[places.set_aside(township)], drawing.bounds]
    )
    drawn = drawn[np.isfinite(drawn).all(axis=1)]
    own = len(places.parcels(township)) + len(places.set_aside(township))
    chosen = drawn[:own] if own and len(drawn) >= own else drawn
    if not len(chosen):
        return np.array([112.0, 33.0, 115.0, 35.0])
    return np.concatenate([chosen[:, :2].min(axis=0), chosen[:, 2:].max(axis=0)])
