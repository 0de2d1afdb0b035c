"""One map of a whole county by village (村级专题图), such as its grades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landmarket.checks import require_columns, require_projected, require_unique_index
from landmarket.errors import BadValueError
from landmarket.html_page import escaped
from landmarket.io.whole import output_errors, write_whole
from landmarket.maps.assembly import chosen_views, put_together, rectangle_of
from landmarket.maps.audience import OFFICE, Audience
from landmarket.maps.basemap import Basemap
from landmarket.maps.county import county_frame
from landmarket.maps.drawing import drawing_of
from landmarket.maps.facts import require_not_secret
from landmarket.maps.ground import ground_layers
from landmarket.maps.legend import View
from landmarket.maps.offline_map import OfflineMap, PageText, figure_of
from landmarket.maps.places import places_of, with_outlines
from landmarket.maps.texts import foot, notice_badge, subtitle
from landmarket.maps.words import VILLAGES
from landmarket.maps.worksheets import sheets_of


def village_map(
    table: gpd.GeoDataFrame,
    column: str,
    *,
    title: str,
    views: Sequence[str | View],
    worksheets: pd.DataFrame | None = None,
    context: Mapping[str, gpd.GeoDataFrame] | None = None,
    remarks: Mapping[str, str] | None = None,
    notice: str = "",
    on: date | None = None,
    audience: Audience = OFFICE,
    basemap: Basemap | None = None,
) -> OfflineMap:
    """Draw one map of all villages of a county (村级专题图).

    Parameters
    ----------
    table : GeoDataFrame
        Villages indexed by their code, in a projected CRS; with ``township``, ``village`` and the columns to show.
    column : str
        The column shown when the page opens.
    title : str
        Title of the page.
    views : sequence of str or View
        Columns the page can switch to.
    worksheets : DataFrame, optional
        Several rows a village: ``step, value, unit, source``, indexed by village code; shown on a click.
    context : mapping of str to GeoDataFrame, optional
        Layers beneath, see `landmarket.maps.ground.ground_layers`.
    remarks : mapping of str to str, optional
        Lines below the legend, such as the boundaries between grades.
    notice : str, default ""
        Printed on the page, such as 示例数据.
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
        If village codes repeat, no village has a shape, or a column holds the reserve price.
    """
    chosen = chosen_views(table, column, views)
    require_columns(table, ["township", "village", *(view.column for view in chosen)], "village_map")
    require_projected(table, "village_map")
    require_unique_index(table, "village_map")
    require_not_secret([view.column for view in chosen], "village_map")
    shapes = table.geometry.to_numpy()
    shaped = table[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    if not len(shaped):
        raise BadValueError(f"village_map：{len(table)} 个村，没有一个有图形。办法：核对村界图层。")
    beneath = with_outlines({"村界": shaped[["township", "village", table.geometry.name]], **(context or {})})
    places = places_of(table, table.iloc[:0], beneath)
    facts, sheets, layers = (
        ("township", "village"),
        sheets_of(table.index, worksheets),
        ground_layers(beneath, audience),
    )
    drawing = drawing_of(
        table, table.iloc[:0], places, chosen, facts, sheets, layers, VILLAGES, audience=audience, basemap=basemap
    )
    frame = county_frame(table, places, beneath, name="", on=on, notice=notice, counts={}, audience=audience)
    lines = "".join(f"<dt>{escaped(name)}</dt><dd>{escaped(text)}</dd>" for name, text in (remarks or {}).items())
    panel = f'<section class="lm-remarks"><dl>{lines}</dl></section>' if lines else ""
    head = f"<h1>{escaped(title)}</h1>{subtitle(frame)}{notice_badge(frame)}"
    page = OfflineMap(PageText(title, head, "", panel, foot(frame)), (0.0, 0.0))
    shown = np.arange(len(table), dtype=np.int64)
    put_together(page, drawing, "", shown, shown[:0], rectangle_of(drawing.bounds))
    return page


def save_page(page: OfflineMap, path: Path, home: str = "") -> None:
    """Write a map as one page that fetches nothing.

    Parameters
    ----------
    page : OfflineMap
        The map.
    path : Path
        The ``.html`` file.
    home : str, default ""
        Address of the index page it links back to.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    with output_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, figure_of(page).render(home=home).encode("utf-8"))
