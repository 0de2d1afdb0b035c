"""A map sheet (专题图): one column of a layer, to scale on paper, with all that belongs around it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from pyproj import CRS

from landmarket.checks import require_columns, require_projected, require_same_crs
from landmarket.columns import label
from landmarket.errors import BadValueError
from landmarket.figures.map_classes import classes_of
from landmarket.figures.map_features import (
    LIFTS,
    Label,
    draw_features,
    draw_labels,
    feature_labels,
    middles,
    shown_features,
)
from landmarket.figures.map_frame import (
    draw_frame,
    draw_grid,
    draw_inset,
    draw_scale,
    draw_texts,
    map_axes,
    paper_axes,
)
from landmarket.figures.map_ground import COUNTY, TOWNSHIP, VILLAGE, Ground, draw_ground, road_strokes
from landmarket.figures.map_imprint import Imprint, crs_note, require_true_scale
from landmarket.figures.map_legend import draw_legend
from landmarket.figures.map_paper import Box, Floats, Paper, Window, paper_of, window_of
from landmarket.figures.map_spec import Classes, MapSpec
from landmarket.figures.sheet import A4_LANDSCAPE, SMALL, Size, finished, plain_style, sheet

_SECRET = ("reserve", "底价")
_SCALE_HEIGHT, _INSET_HEIGHT = 30.0, 44.0


@dataclass(frozen=True, eq=False)
class SheetPlan:
    """What one sheet shows, ready to be drawn (图幅内容).

    Attributes
    ----------
    title : str
        Whole title.
    layer : GeoDataFrame
        Features.
    classes : Classes
        The class of each.
    bounds : ndarray of float64
        West, south, east, north of what must be seen [m].
    township : str or None
        The township that the sheet is of; with it comes an inset.
    labels : list of Label
        Names on the map.
    """

    title: str
    layer: gpd.GeoDataFrame
    classes: Classes
    bounds: Floats
    township: str | None
    labels: list[Label]


def map_sheet(
    layer: gpd.GeoDataFrame,
    column: str,
    spec: MapSpec,
    imprint: Imprint,
    *,
    ground: Ground | None = None,
    font: FontProperties | None = None,
    size: Size = A4_LANDSCAPE,
) -> Figure:
    """Draw one column of a county as a sheet (专题图): frame, grid, legend with counts, scale, north arrow, foot.

    Parameters
    ----------
    layer : GeoDataFrame
        Parcels, villages or townships, in a projected CRS in metres.
    column : str
        What is shown.
    spec : MapSpec
        How.
    imprint : Imprint
        What stands around the map, and whom it is for.
    ground : Ground, optional
        What lies beneath, from `ground_of`.
    font : matplotlib.font_manager.FontProperties, optional
        Default: the one `chinese_font` finds.
    size : tuple of float, optional
        Width and height [mm].

    Returns
    -------
    matplotlib.figure.Figure
        At the largest printable scale that has room for everything; `save_figure` writes it.

    Raises
    ------
    BadValueError
        If the layer has no row or no shape, the sheet is too small, or the column holds the reserve price.
    MissingColumnError
        If the layer lacks the column.
    CrsError
        If it has no projected CRS in metres, not that of the ground, or one in which lengths are not true.
    """
    require_drawable(layer, column, ground, "map_sheet")
    classes = classes_of(layer, column, spec, "map_sheet")
    bounds = layer.total_bounds if ground is None else np.asarray(shapely.bounds(ground.county))
    bounds = joined(np.asarray(bounds), layer.total_bounds)
    names = [] if ground is None else name_labels(ground.townships.index.tolist(), ground.townships, SMALL)
    plan = SheetPlan(f"{imprint.place}{spec.title}", layer, classes, bounds, None, names)
    return draw_sheet(plan, spec, imprint, ground, font, size)


def require_drawable(layer: gpd.GeoDataFrame, column: str, ground: Ground | None, needed_by: str) -> CRS:
    """Raise unless a column of a layer can be put on a sheet (可上图).

    Parameters
    ----------
    layer : GeoDataFrame
        Features.
    column : str
        What is shown.
    ground : Ground or None
        What lies beneath.
    needed_by : str
        The function, for the message.

    Returns
    -------
    pyproj.CRS
        That of the layer.

    Raises
    ------
    BadValueError
        If there is no row or no shape, or the column holds the reserve price.
    MissingColumnError
        If the column is missing.
    CrsError
        If there is no projected CRS in metres with true lengths, or the ground has another.
    """
    require_columns(layer, [column], needed_by)
    if any(word in column.lower() for word in _SECRET):
        raise BadValueError(
            f"{needed_by}：列 {label(column)} 是底价，成交前保密，不上图。"
            "办法：底价只写入内部文件，见 reserve_prices()。"
        )
    crs = require_projected(layer, needed_by)
    if ground is not None:
        require_same_crs(layer, ground.townships, needed_by)
    shapes = np.asarray(layer.geometry.array)
    if not len(layer) or bool((shapely.is_missing(shapes) | shapely.is_empty(shapes)).all()):
        raise BadValueError(
            f"{needed_by}：图层有 {len(layer)} 行，没有一行有图形，无图可画。办法：核对筛选条件和图形。"
        )
    west, south, east, north = layer.total_bounds
    require_true_scale(crs, (float(west + east) / 2, float(south + north) / 2), needed_by)
    return crs


def joined(one: Floats, other: Floats) -> Floats:
    """Join two extents (范围).

    Parameters
    ----------
    one, other : ndarray of float64
        West, south, east, north [m].

    Returns
    -------
    ndarray of float64
        The extent of both.
    """
    return np.concatenate([np.fmin(one[:2], other[:2]), np.fmax(one[2:], other[2:])])


def name_labels(names: list[str], places: gpd.GeoDataFrame, points: float, colour: str = "#222222") -> list[Label]:
    """Write names into the middle of their areas (地名注记).

    Parameters
    ----------
    names : list of str
        Names.
    places : GeoDataFrame
        Areas.
    points : float
        Size of type on A4 [pt].
    colour : str, default "#222222"
        Colour of type.

    Returns
    -------
    list of Label
        The smaller areas first, since a name in a larger one can move.
    """
    shapes = np.asarray(places.geometry.array)
    order = np.argsort(shapely.area(shapes), kind="stable").tolist()
    centres = middles(shapes).tolist()
    return [Label(centres[at][0], centres[at][1], names[at], points, colour, LIFTS) for at in order if names[at]]


def draw_sheet(
    plan: SheetPlan, spec: MapSpec, imprint: Imprint, ground: Ground | None, font: FontProperties | None, size: Size
) -> Figure:
    """Draw a planned sheet (制图).

    Parameters
    ----------
    plan : SheetPlan
        What it shows.
    spec : MapSpec
        How.
    imprint : Imprint
        What stands around the map.
    ground : Ground or None
        What lies beneath.
    font : matplotlib.font_manager.FontProperties or None
        Default: the one `chinese_font` finds.
    size : tuple of float
        Width and height [mm].

    Returns
    -------
    matplotlib.figure.Figure
        The sheet.
    """
    paper = paper_of(size, "map_sheet")
    window, u = window_of(plan.bounds, paper.body), paper.enlarged
    with plain_style():
        figure = sheet("", "", "", size)
        figure.set_layout_engine("none")
        axes, page = map_axes(figure, paper, window), paper_axes(figure, paper)
        if ground is not None:
            draw_ground(axes, ground, window, u, plan.township)
        shown = shown_features(plan.layer, window, u)
        draw_features(axes, plan.layer, plan.classes, shown, u)
        names = [replace(name, points=name.points * u) for name in plan.labels]
        draw_labels(axes, [*names, *feature_labels(plan.layer, plan.classes, shown, window, u)], window)
        draw_frame(page, paper)
        note = crs_note(require_projected(plan.layer, "map_sheet"))
        if imprint.audience.exact:
            draw_grid(axes, page, paper, window)
            note += "；方格网坐标单位：千米"
        draw_texts(page, paper, plan.title, imprint, note)
        legend = _legend_box(figure, plan, ground, paper, window)
        strokes = [] if ground is None else [COUNTY, TOWNSHIP, VILLAGE, *road_strokes(ground, window)]
        draw_legend(page, legend, plan.classes, spec, shown, strokes, u)
        scale = Box(paper.panel.left, paper.panel.bottom, paper.panel.width, _SCALE_HEIGHT * u)
        draw_scale(page, scale, window, u)
        return finished(figure, font)


def _legend_box(figure: Figure, plan: SheetPlan, ground: Ground | None, paper: Paper, window: Window) -> Box:
    """Draw the inset of a township, and take the room that is left for the legend."""
    panel, u = paper.panel, paper.enlarged
    bottom, top = panel.bottom + _SCALE_HEIGHT * u, panel.top
    if ground is not None and plan.township is not None:
        top -= _INSET_HEIGHT * u
        box = Box(panel.left, top, panel.width, _INSET_HEIGHT * u)
        draw_inset(figure, figure.axes[1], paper, box, ground, plan.township, window)
    return Box(panel.left, bottom, panel.width, top - bottom)
