"""One map sheet a township (乡镇分幅图), with the same classes on all of them and the place in the county."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from shapely import box, intersection

from landmarket.checks import require_columns
from landmarket.columns import UNKNOWN_TOWNSHIP
from landmarket.figures.map_classes import classes_of
from landmarket.figures.map_features import Label
from landmarket.figures.map_ground import Ground
from landmarket.figures.map_imprint import Imprint
from landmarket.figures.map_paper import Floats, paper_of, window_of
from landmarket.figures.map_sheets import SheetPlan, draw_sheet, joined, name_labels, require_drawable
from landmarket.figures.map_spec import MapSpec
from landmarket.figures.sheet import A4_LANDSCAPE, PLAIN, SMALL, Size
from landmarket.figures.values import texts_of

_VILLAGE_POINTS = SMALL - 2
_NEIGHBOUR = "#7d7d7d"
_SLIVER = 0.15


def township_sheets(
    table: gpd.GeoDataFrame,
    column: str,
    spec: MapSpec,
    imprint: Imprint,
    ground: Ground,
    *,
    font: FontProperties | None = None,
    size: Size = A4_LANDSCAPE,
) -> dict[str, Figure]:
    """Draw one sheet a township (乡镇分幅图).

    Parameters
    ----------
    table : GeoDataFrame
        Parcels of the county, with ``township`` and the column, in a projected CRS in metres.
    column : str
        What is shown.
    spec : MapSpec
        How; classes are made for the county, so that a colour means the same on every sheet.
    imprint : Imprint
        What stands around the maps.
    ground : Ground
        From `ground_of`, in the same CRS.
    font : matplotlib.font_manager.FontProperties, optional
        Default: the one `chinese_font` finds.
    size : tuple of float, optional
        Width and height [mm].

    Returns
    -------
    dict of str to matplotlib.figure.Figure
        By the official name, in the order of the ground; a township without a parcel has a sheet too. Parcels of
        other townships than the ground's, and those of none (乡镇不明), follow.

    Raises
    ------
    BadValueError
        If the table has no row or no shape, or the column holds the reserve price.
    MissingColumnError
        If the table lacks a column.
    CrsError
        If it has no projected CRS in metres, or another than the ground.
    """
    require_columns(table, ["township"], "township_sheets")
    require_drawable(table, column, ground, "township_sheets")
    classes = classes_of(table, column, spec, "township_sheets")
    towns = np.array(texts_of(table["township"].tolist(), UNKNOWN_TOWNSHIP), dtype=object)
    outlined = ground.townships.index.tolist()
    others = sorted(set(towns.tolist()) - set(outlined), key=lambda name: (name == UNKNOWN_TOWNSHIP, name))
    sheets = {}
    for name in [*outlined, *others]:
        rows = np.flatnonzero(towns == name).astype(np.int64)
        layer = table.iloc[rows]
        bounds = joined(_bounds(ground, name), np.asarray(layer.total_bounds))
        title = f"{imprint.place}{name}{spec.title}"
        lit = name if name in outlined else None
        labels = _names(ground, name, bounds, size)
        plan = SheetPlan(title, layer, classes.of_rows(rows), bounds, lit, labels)
        sheets[name] = draw_sheet(plan, spec, imprint, ground, font, size)
    return sheets


def short_village(name: str) -> str:
    """Shorten the official name of a village as maps write it (村名注记).

    Parameters
    ----------
    name : str
        Official name.

    Returns
    -------
    str
        Without the name of its committee.

    Examples
    --------
    >>> [short_village(name) for name in ("北董庄村委会", "金桂社区居民委员会", "许楼村村民委员会", "东关")]
    ['北董庄村', '金桂社区', '许楼村', '东关']
    """
    for ending, kept in (("社区居民委员会", "社区"), ("社区居委会", "社区"), ("村村民委员会", "村")):
        if name.endswith(ending):
            return name.removesuffix(ending) + kept
    return name.removesuffix("民委员会").removesuffix("委会")


def _bounds(ground: Ground, township: str) -> Floats:
    if township not in ground.townships.index:
        return np.full(4, np.nan)
    return np.asarray(ground.townships.geometry[township].bounds, dtype=np.float64)


def _names(ground: Ground, township: str, bounds: Floats, size: Size) -> list[Label]:
    """Name the villages of the township, and the townships around it."""
    own = ground.villages[ground.villages["township"] == township]
    names = [short_village(name) for name in own["village"]]
    window = window_of(bounds, paper_of(size, "township_sheets").body)
    sight = box(window.west, window.south, window.east, window.north)
    around = ground.townships[ground.townships.index != township]
    seen = around.set_geometry(intersection(np.asarray(around.geometry.array), sight), crs=around.crs)
    smallest = (_SLIVER * (window.north - window.south)) ** 2
    seen = seen[seen.area > smallest]
    return [
        *(name_labels(names, own, _VILLAGE_POINTS) if len(own) else []),
        *(name_labels(seen.index.tolist(), seen, PLAIN, _NEIGHBOUR) if len(seen) else []),
    ]
