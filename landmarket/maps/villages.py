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
from landmarket.io.whole import output_errors, write_whole
from landmarket.maps.county import county_frame
from landmarket.maps.drawing import drawing_of
from landmarket.maps.elements import escaped
from landmarket.maps.facts import require_not_secret, sheets_of
from landmarket.maps.ground import ground_layers
from landmarket.maps.layer import Furniture, GroundLayer, OfflineMap, PageText, ParcelLayer, figure_of
from landmarket.maps.legend import View
from landmarket.maps.places import places_of, with_outlines
from landmarket.maps.texts import foot, notice_badge, subtitle
from landmarket.maps.words import VILLAGES


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

    Returns
    -------
    folium.Map
        A notebook shows it; `save_page` writes it. It fetches nothing.

    Raises
    ------
    MissingColumnError
        If the table lacks a column.
    CrsError
        If a layer has no projected CRS.
    BadValueError
        If village codes repeat, no village has a shape, or a column holds the reserve price.
    """
    given = [view if isinstance(view, View) else View(view) for view in views]
    first = next((view for view in given if view.column == column), View(column))
    chosen = [first, *(view for view in given if view.column != column)]
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
    facts, sheets = ("township", "village"), sheets_of(table.index, worksheets)
    drawing = drawing_of(table, table.iloc[:0], places, chosen, facts, sheets, ground_layers(beneath), VILLAGES)
    frame = county_frame(table, places, beneath, name="", on=on, notice=notice, counts={})
    lines = "".join(f"<dt>{escaped(name)}</dt><dd>{escaped(text)}</dd>" for name, text in (remarks or {}).items())
    panel = f'<section class="lm-remarks"><dl>{lines}</dl></section>' if lines else ""
    head = f"<h1>{escaped(title)}</h1>{subtitle(frame)}{notice_badge(frame)}"
    drawn = drawing.bounds[np.isfinite(drawing.bounds).all(axis=1)]
    bounds = np.concatenate([drawn[:, :2].min(axis=0), drawn[:, 2:].max(axis=0)]).tolist()
    page = OfflineMap(
        PageText(title, head, "", panel, foot(frame)), ((bounds[1] + bounds[3]) / 2, (bounds[0] + bounds[2]) / 2)
    )
    layers = [layer.packed("", np.asarray(bounds)) for layer in drawing.ground]
    ground = GroundLayer("底图", {"layers": layers}, page)
    shown = np.arange(len(table), dtype=np.int64)
    villages = ParcelLayer("村", drawing.packed(shown, shown[:0]), page)
    page.fit_bounds([[bounds[1], bounds[0]], [bounds[3], bounds[2]]], padding=(14, 14))
    Furniture(villages, ground, page.panel_id).add_to(page)
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
