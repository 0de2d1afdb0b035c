"""What lies beneath a map sheet (底图): county, townships, villages, roads, and how each is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.path import Path
from shapely.geometry.base import BaseGeometry

from landmarket.checks import require_columns, require_same_crs
from landmarket.columns import UNKNOWN_TOWNSHIP
from landmarket.errors import BadValueError
from landmarket.figures.map_paper import Window
from landmarket.figures.values import texts_of

Shapes = npt.NDArray[np.object_]
Dashes = tuple[float, tuple[float, ...]]

AREAS, GRID, FEATURES, LINES, BORDERS, SIGNS, SCOPE, NAMES = 1, 2, 3, 5, 6, 8, 10, 12
"""What is drawn above what: the scope on top, then points, lines, areas; names are above all."""

_SHOWN_MM = 0.02
_OUTSIDE, _INSIDE = "#ececec", "#fcfcf9"
_ROAD_KINDS = ("高速公路", "国道", "省道", "县道", "乡道", "村道")


@dataclass(frozen=True)
class Stroke:
    """How a line of the ground is drawn (线型).

    Attributes
    ----------
    name : str
        In the legend.
    colour : str
        Colour.
    width : float
        Width [pt].
    dashes : tuple
        Offset and lengths [widths of the line]; without lengths it is drawn through.
    """

    name: str
    colour: str
    width: float
    dashes: Dashes = (0.0, ())


COUNTY = Stroke("评价范围（县界）", "#000000", 1.5, (0.0, (9.0, 2.0, 1.0, 2.0, 1.0, 2.0)))
TOWNSHIP = Stroke("乡镇界", "#303030", 0.7, (0.0, (8.0, 3.0, 1.0, 3.0)))
VILLAGE = Stroke("村界", "#9a9a9a", 0.3, (0.0, (5.0, 4.0)))
_ROADS = (
    ("#8c3b00", 1.5), ("#b35806", 1.2), ("#b35806", 0.9), ("#8a7a66", 0.7), ("#9c9186", 0.5), ("#b3aaa1", 0.35),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Ground:
    """The layers beneath the sheets of a county (底图), joined once for all of them.

    Attributes
    ----------
    county : geometry
        Outline of the county.
    townships : GeoDataFrame
        Outlines, indexed by the official name, in the order of the villages.
    villages : GeoDataFrame
        ``village``, ``township`` and outlines.
    roads : GeoDataFrame
        ``kind`` and lines; no row where there are none.
    """

    county: BaseGeometry
    townships: gpd.GeoDataFrame
    villages: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame


def ground_of(
    villages: gpd.GeoDataFrame, *, roads: gpd.GeoDataFrame | None = None, road_kind: str = "道路等级"
) -> Ground:
    """Join villages to townships and to the county (底图).

    Parameters
    ----------
    villages : GeoDataFrame
        ``village``, ``township`` and outlines, in a projected CRS.
    roads : GeoDataFrame, optional
        Lines in the same CRS.
    road_kind : str, default "道路等级"
        Column of the roads with their class; roads of a layer without it are all alike.

    Returns
    -------
    Ground
        For the sheets of the county.

    Raises
    ------
    MissingColumnError
        If the villages lack a column.
    CrsError
        If a layer has no projected CRS, or they differ.
    BadValueError
        If no village has a shape.
    """
    require_columns(villages, ["village", "township"], "ground_of")
    lines = villages.iloc[:0] if roads is None else roads
    require_same_crs(villages, lines, "ground_of")
    shapes = shapely.make_valid(np.asarray(villages.geometry.array))
    towns = texts_of(villages["township"].tolist(), UNKNOWN_TOWNSHIP)
    drawn = gpd.GeoDataFrame(
        {"village": texts_of(villages["village"].tolist(), ""), "township": towns}, geometry=shapes, crs=villages.crs
    )
    drawn = drawn[~(drawn.geometry.is_empty | drawn.geometry.isna())]
    if drawn.empty:
        raise BadValueError(f"ground_of：{len(villages)} 个村没有一个有图形。办法：核对村界图层。")
    townships = drawn.dissolve("township", sort=False)[["geometry"]]
    kinds = texts_of(lines[road_kind].tolist(), "道路") if road_kind in lines.columns else ["道路"] * len(lines)
    ways = gpd.GeoDataFrame({"kind": kinds}, geometry=np.asarray(lines.geometry.array), crs=villages.crs)
    return Ground(shapely.union_all(np.asarray(townships.geometry.array)), townships, drawn, ways)


def road_strokes(ground: Ground, window: Window) -> list[Stroke]:
    """List the classes of roads within a map (道路等级), the highest first.

    Parameters
    ----------
    ground : Ground
        The ground.
    window : Window
        The piece of it that is shown.

    Returns
    -------
    list of Stroke
        One a class; unknown ones after the known, drawn as the lowest.
    """
    roads = ground.roads
    kinds = set(roads["kind"].to_numpy()[_near(np.asarray(roads.geometry.array), window)].tolist())
    known = [(name, *_ROADS[at]) for at, name in enumerate(_ROAD_KINDS) if name in kinds]
    others = [(name, *_ROADS[-1]) for name in sorted(kinds - set(_ROAD_KINDS))]
    return [Stroke(name, colour, width) for name, colour, width in [*known, *others]]


def draw_ground(axes: Axes, ground: Ground, window: Window, enlarged: float, township: str | None) -> None:
    """Draw the ground of a map (底图).

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Of the map.
    ground : Ground
        What is drawn.
    window : Window
        The piece of it that is shown.
    enlarged : float
        Enlargement of line widths.
    township : str or None
        The township that is lit; the whole county where there is none.
    """
    axes.set_facecolor(_OUTSIDE)
    towns, villages, roads = (_shown(layer, window) for layer in (ground.townships, ground.villages, ground.roads))
    lit = [ground.county] if township is None else [ground.townships.geometry[township]]
    axes.add_collection(PathCollection(paths_of(_simple(lit, window)), facecolor=_INSIDE, zorder=AREAS))
    borders = [
        (VILLAGE, villages, LINES),
        (TOWNSHIP, towns, BORDERS),
        (COUNTY, _simple([ground.county], window), SCOPE),
    ]
    for stroke, shapes, order in borders:
        draw_lines(axes, shapely.boundary(shapes), stroke, enlarged, order)
    if township is not None:
        whole = Stroke(TOWNSHIP.name, TOWNSHIP.colour, 2 * TOWNSHIP.width, TOWNSHIP.dashes)
        draw_lines(axes, shapely.boundary(_simple(lit, window)), whole, enlarged, SCOPE)
    kinds = ground.roads["kind"].to_numpy()[_near(np.asarray(ground.roads.geometry.array), window)]
    for at, stroke in enumerate(reversed(road_strokes(ground, window))):
        draw_lines(axes, roads[kinds == stroke.name], stroke, enlarged, LINES + at / 100)


def draw_lines(axes: Axes, shapes: Shapes, stroke: Stroke, enlarged: float, order: float) -> None:
    """Draw lines in one way (线).

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where.
    shapes : ndarray of geometry
        Lines, of any number of parts.
    stroke : Stroke
        How.
    enlarged : float
        Enlargement of the width.
    order : float
        What they lie above.
    """
    parts = shapely.get_parts(shapely.get_parts(shapes))
    parts = parts[shapely.get_dimensions(parts) == 1]
    points, ends = shapely.get_coordinates(parts), np.cumsum(shapely.get_num_coordinates(parts)).tolist()
    lines = [points[start:stop] for start, stop in pairwise([0, *ends])]
    dashes = stroke.dashes if stroke.dashes[1] else "-"
    axes.add_collection(
        LineCollection(
            lines,
            colors=stroke.colour,
            linewidths=stroke.width * enlarged,
            linestyles=[dashes],
            zorder=order,
            capstyle="butt",
        )
    )


def paths_of(shapes: Shapes | Sequence[BaseGeometry]) -> list[Path]:
    """Turn areas into paths (面), each with its parts and holes in one.

    Parameters
    ----------
    shapes : sequence of geometry
        Areas; what else is in a collection is left out.

    Returns
    -------
    list of matplotlib.path.Path
        One a shape.
    """
    whole = shapely.orient_polygons(np.asarray(shapes, dtype=object))
    parts, shape = shapely.get_parts(whole, return_index=True)
    parts, part = shapely.get_parts(parts, return_index=True)
    areas = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    rings, area = shapely.get_rings(parts[areas], return_index=True)
    points, ends = shapely.get_coordinates(rings), np.cumsum(shapely.get_num_coordinates(rings))
    begins = np.concatenate([[0], ends])
    codes = np.full(len(points), Path.LINETO, dtype=Path.code_type)
    codes[begins[:-1]], codes[ends - 1] = Path.MOVETO, Path.CLOSEPOLY
    owner = shape[part][areas][area]
    cuts = begins[np.searchsorted(owner, np.arange(len(whole) + 1))].tolist()
    return [Path(points[start:stop], codes[start:stop]) for start, stop in pairwise(cuts)]


def _shown(layer: gpd.GeoDataFrame, window: Window) -> Shapes:
    shapes = np.asarray(layer.geometry.array)
    return _simple(shapes[_near(shapes, window)], window)


def _near(shapes: Shapes, window: Window) -> npt.NDArray[np.bool_]:
    bounds = shapely.bounds(shapes)
    apart = (bounds[:, 0] > window.east) | (bounds[:, 2] < window.west)
    apart |= (bounds[:, 1] > window.north) | (bounds[:, 3] < window.south)
    return np.asarray(~apart & np.isfinite(bounds).all(axis=1), dtype=np.bool_)


def _simple(shapes: Shapes | Sequence[BaseGeometry], window: Window) -> Shapes:
    """Leave out what is too fine for paper."""
    return np.asarray(shapely.simplify(np.asarray(shapes, dtype=object), _SHOWN_MM * window.metres_per_mm))
