"""Putting a page together (拼图): features, ground and furniture on one map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd

from landmarket.checks import require_columns, require_projected, require_unique_index
from landmarket.maps.audience import Audience, opened_bounds
from landmarket.maps.basemap import Basemap
from landmarket.maps.county import County, county_frame
from landmarket.maps.drawing import Drawing, drawing_of
from landmarket.maps.elements import Page
from landmarket.maps.facts import FACTS, require_not_secret
from landmarket.maps.ground import ground_layers
from landmarket.maps.layer import Furniture, GroundLayer, Opening, ParcelLayer
from landmarket.maps.legend import View
from landmarket.maps.offline_map import OfflineMap, figure_of
from landmarket.maps.packing import Bounds, Ints
from landmarket.maps.places import places_of, with_outlines
from landmarket.maps.words import PARCELS
from landmarket.maps.worksheets import sheets_of

VIEWS = ("unit_price", "grade", "planned_use_name", "use_category", "allowed", "outcome")
"""Columns a page can switch to where none are asked for: price, grade, planned use and its category, entry, deal."""

NOWHERE = np.array([112.0, 33.0, 115.0, 35.0])
"""The rectangle a page without any shape opens on: west, south, east, north [°]."""


def chosen_views(table: pd.DataFrame, column: str, views: Sequence[str | View] | None) -> list[View]:
    """Order the columns a page can switch to, the one it opens with first.

    Parameters
    ----------
    table : DataFrame
        Parcels.
    column : str
        The column shown when a page opens.
    views : sequence of str or View, or None
        Columns the page can switch to; those of `VIEWS` that the table has where None.

    Returns
    -------
    list of View
        Each column once.
    """
    listed = [name for name in VIEWS if name in table.columns] if views is None else list(views)
    given = [view if isinstance(view, View) else View(view) for view in listed]
    first = next((view for view in given if view.column == column), View(column))
    others = {view.column: view for view in reversed(given) if view.column != column}
    return [first, *reversed(others.values())]


def drawn_parcels(
    table: gpd.GeoDataFrame,
    views: Sequence[View],
    what: str,
    *,
    worksheets: pd.DataFrame | None,
    set_aside: gpd.GeoDataFrame | None,
    context: Mapping[str, gpd.GeoDataFrame] | None,
    notice: str,
    counts: Mapping[str, int] | None,
    county: str,
    on: date | None,
    audience: Audience,
    basemap: Basemap | None,
) -> tuple[Drawing, County]:
    """Check parcels and make everything that pages of them are cut from.

    Parameters
    ----------
    table : GeoDataFrame
        Accepted parcels.
    views : sequence of View
        Columns that can be shown.
    what : str
        Name of the function that asks, for messages.
    worksheets : DataFrame or None
        Steps of the valuation.
    set_aside : GeoDataFrame or None
        Rows that screening set aside.
    context : mapping of str to GeoDataFrame, or None
        Layers beneath.
    notice : str
        Printed on every page.
    counts : mapping of str to int, or None
        Counts of the run.
    county : str
        Name of the county.
    on : date or None
        Date the values stand for.
    audience : Audience
        For whom the pages are.
    basemap : Basemap or None
        Layers from the network.

    Returns
    -------
    drawing : Drawing
        The features.
    frame : County
        What the pages share.

    Raises
    ------
    MissingColumnError
        If the table lacks a column.
    CrsError
        If a layer has no projected CRS.
    BadValueError
        If parcel codes repeat, or a column holds the reserve price.
    """
    require_columns(table, ["township", *(view.column for view in views)], what)
    require_projected(table, what)
    require_unique_index(table, what)
    require_not_secret([view.column for view in views], what)
    beneath = with_outlines(context or {})
    layers = ground_layers(beneath, audience)
    aside = table.iloc[:0] if set_aside is None else set_aside
    places = places_of(table, aside, beneath)
    sheets = sheets_of(table.index, worksheets)
    drawing = drawing_of(
        table, aside, places, views, FACTS, sheets, layers, PARCELS, audience=audience, basemap=basemap
    )
    frame = county_frame(
        table, places, beneath, name=county, on=on, notice=notice, counts=dict(counts or {}), audience=audience
    )
    return drawing, frame


def rectangle_of(bounds: Bounds) -> Bounds:
    """Find the rectangle around rectangles.

    Parameters
    ----------
    bounds : ndarray of float64, shape (n, 4)
        West, south, east, north of each [°]; nan where there is no shape.

    Returns
    -------
    ndarray of float64
        West, south, east, north [°]; `NOWHERE` where there is none.
    """
    drawn = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(drawn):
        return NOWHERE
    return np.concatenate([drawn[:, :2].min(axis=0), drawn[:, 2:].max(axis=0)])


def put_together(page: OfflineMap, drawing: Drawing, township: str, at: Ints, aside: Ints, bounds: Bounds) -> None:
    """Put features, what lies beneath and the furniture on a map.

    Parameters
    ----------
    page : OfflineMap
        An empty map.
    drawing : Drawing
        What it is cut from.
    township : str
        The township it is at home in; empty for a whole county.
    at, aside : ndarray of int64
        Features, and rows set aside, that are on it.
    bounds : ndarray of float64
        The rectangle it opens on: west, south, east, north [°].
    """
    figure = figure_of(page)
    if drawing.basemap and isinstance(figure, Page):
        figure.picture_host = drawing.basemap.host
    west, south, east, north = opened = opened_bounds(bounds, drawing.audience).tolist()
    page.location = [(south + north) / 2, (west + east) / 2]
    Opening(opened).add_to(page)
    ground = None
    if drawing.ground:
        ground = GroundLayer("底图", {"layers": [one.packed(township, bounds) for one in drawing.ground]}, page)
    features = ParcelLayer(drawing.words.layer, drawing.packed(at, aside), page)
    Furniture(features, ground, page.panel_id).add_to(page)
