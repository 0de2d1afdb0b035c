"""Features on a map sheet (专题要素): areas in the colour and hatch of their class, signs, texts that keep apart."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.patheffects import Stroke as Outline
from matplotlib.text import Text

from landmarket.figures.map_ground import FEATURES, NAMES, SIGNS, Shapes, paths_of
from landmarket.figures.map_paper import Floats, Window
from landmarket.figures.map_spec import Classes, Ints

LIFTS = (0.0, -1.6, 1.6)
"""Places that are tried for a text that may move, in its heights above its middle."""
SMALLEST_MM = 0.7
"""A feature smaller than a square of this side is drawn with a sign."""

_SIGN_MM, _READABLE_MM = 1.05, 1.5
_POINTS_PER_MM = 72 / 25.4
_POINTS = 5.5
_EDGE = "#3a3a3a"
_HATCH_WIDTH = 0.45
_NARROW, _OVERHANG, _ROOMY = 0.62, 2.5, 4.0
"""Width of a digit [em]; how much wider than its feature a text may be; from how many text heights it may be moved."""


@dataclass(frozen=True, eq=False)
class Shown:
    """Features of a sheet as they are drawn (上图要素).

    Attributes
    ----------
    shaped : ndarray of int64
        Rows of the layer that have a shape.
    small : ndarray of bool
        Which of them are drawn with a sign.
    centres : ndarray of float64, shape (n, 2)
        A point within each [m].
    sides : ndarray of float64
        Side of a square as large, on paper [mm].
    """

    shaped: Ints
    small: np.ndarray[tuple[int], np.dtype[np.bool_]]
    centres: Floats
    sides: Floats


@dataclass(frozen=True)
class Label:
    """A text that wants a place on the map (注记).

    Attributes
    ----------
    x, y : float
        Where its middle should be [m].
    text : str
        What it says, one line.
    points : float
        Size of type [pt].
    colour : str
        Colour of type.
    lifts : tuple of float
        Where it may go, in its heights above that middle, the best first.
    """

    x: float
    y: float
    text: str
    points: float
    colour: str = "#000000"
    lifts: tuple[float, ...] = (0.0,)

    def half_size(self, window: Window) -> tuple[float, float]:
        """Estimate half of its width and height on the ground [m].

        Parameters
        ----------
        window : Window
            The ground shown.

        Returns
        -------
        tuple of float
            Not less than it has.
        """
        high = self.points / _POINTS_PER_MM * window.metres_per_mm
        ems = sum(_NARROW if character.isascii() else 1.0 for character in self.text)
        return ems * high / 2, 0.6 * high


def shown_features(layer: gpd.GeoDataFrame, window: Window, enlarged: float) -> Shown:
    """Tell which features are drawn to scale and which by a sign (依比例尺与不依比例尺).

    Parameters
    ----------
    layer : GeoDataFrame
        Areas.
    window : Window
        The ground shown.
    enlarged : float
        Enlargement of signs.

    Returns
    -------
    Shown
        Features without a shape are left out.
    """
    shapes = np.asarray(layer.geometry.array)
    shaped = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes))).astype(np.int64)
    sides = np.sqrt(shapely.area(shapes[shaped])) / window.metres_per_mm
    centres = shapely.get_coordinates(shapely.point_on_surface(shapely.make_valid(shapes[shaped])))
    return Shown(shaped, np.asarray(sides < SMALLEST_MM * enlarged), centres, np.asarray(sides))


def draw_features(axes: Axes, layer: gpd.GeoDataFrame, classes: Classes, shown: Shown, enlarged: float) -> None:
    """Draw every feature that has a shape (专题要素), class by class.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Of the map.
    layer : GeoDataFrame
        Areas.
    classes : Classes
        The class of each.
    shown : Shown
        From `shown_features`.
    enlarged : float
        Enlargement of signs.
    """
    shapes = np.asarray(layer.geometry.array)[shown.shaped]
    paths, members = paths_of(shapely.make_valid(shapes)), classes.members[shown.shaped]
    diameter = (_SIGN_MM * enlarged * _POINTS_PER_MM) ** 2
    last = len(classes.entries) - 1
    for at, entry in enumerate(classes.entries):
        mark, rows = entry.mark, np.flatnonzero(members == at)
        areas = PathCollection(
            [paths[row] for row in rows], facecolor=mark.colour, edgecolor=_EDGE, linewidth=0.3, zorder=FEATURES
        )
        areas.set_gid(f"area {at}")
        areas.set_hatch(mark.hatch)
        areas.set_hatchcolor(mark.hatch_colour)
        areas.set_hatch_linewidth(_HATCH_WIDTH)
        axes.add_collection(areas)
        points = shown.centres[rows[shown.small[rows]]]
        fill, order = (mark.colour, SIGNS + 0.5) if at < last else ("white", float(SIGNS))
        axes.scatter(
            points[:, 0], points[:, 1], s=diameter, marker=mark.marker, color=fill, edgecolors=_EDGE, linewidths=0.3,
            zorder=order, gid=f"sign {at}",
        )  # fmt: skip


def feature_labels(
    layer: gpd.GeoDataFrame, classes: Classes, shown: Shown, window: Window, enlarged: float
) -> list[Label]:
    """List what stands on the features (要素注记), the largest first.

    Parameters
    ----------
    layer : GeoDataFrame
        Areas.
    classes : Classes
        With the text of each row.
    shown : Shown
        From `shown_features`.
    window : Window
        The ground shown.
    enlarged : float
        Enlargement of type.

    Returns
    -------
    list of Label
        Of features that are large enough to carry one.
    """
    order = np.argsort(-shown.sides, kind="stable")
    texts = [classes.texts[row] for row in shown.shaped.tolist()]
    wanted = [at for at in order.tolist() if texts[at] and shown.sides[at] >= _READABLE_MM * enlarged]
    centres = middles(np.asarray(layer.geometry.array)[shown.shaped[wanted]])
    labels = []
    for at, (x, y) in zip(wanted, centres.tolist(), strict=True):
        label, side = Label(x, y, texts[at], _POINTS * enlarged), float(shown.sides[at]) * window.metres_per_mm
        half_x, half_y = label.half_size(window)
        if 2 * half_x <= _OVERHANG * side:
            labels.append(replace(label, lifts=LIFTS) if side >= _ROOMY * 2 * half_y else label)
    return labels


def middles(shapes: Shapes) -> Floats:
    """Find the middle of areas (中心), well inside each.

    Parameters
    ----------
    shapes : ndarray of geometry
        Areas.

    Returns
    -------
    ndarray of float64, shape (n, 2)
        Centre of the largest circle in each [m].
    """
    tolerance = np.maximum(np.sqrt(shapely.area(shapes)) / 50, 0.1)
    circles = shapely.maximum_inscribed_circle(shapely.make_valid(shapes), tolerance=tolerance)
    return np.asarray(shapely.get_coordinates(shapely.get_point(circles, 0)))


def draw_labels(axes: Axes, labels: list[Label], window: Window) -> int:
    """Write texts on the map (注记), none over another; what has no place is left out.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Of the map.
    labels : list of Label
        The more important first.
    window : Window
        The ground shown.

    Returns
    -------
    int
        How many were written.
    """
    taken = np.empty((0, 4))
    for label in labels:
        half = np.array(label.half_size(window))
        for lift in label.lifts:
            middle = np.array([label.x, label.y + lift * half[1] / 0.6])
            box = np.concatenate([middle - half, middle + half])
            if _free(box, taken, window):
                taken = np.vstack([taken, box])
                _write(axes, replace(label, y=float(middle[1])))
                break
    return len(taken)


def _free(box: Floats, taken: Floats, window: Window) -> bool:
    west, south, east, north = box
    inside = west > window.west and south > window.south and east < window.east and north < window.north
    over = (taken[:, 0] < east) & (taken[:, 2] > west) & (taken[:, 1] < north) & (taken[:, 3] > south)
    return bool(inside and not over.any())


def _write(axes: Axes, label: Label) -> None:
    """Write a text over its own white outline, so that it stays text in a PDF."""
    for colour, width in (("white", 1.6), (label.colour, 0.0)):
        text = Text(
            label.x, label.y, label.text, fontsize=label.points, color=colour, ha="center", va="center", zorder=NAMES
        )
        text.set_clip_on(True)
        if width:
            text.set_path_effects([Outline(linewidth=width, foreground=colour)])
        else:
            text.set_gid("name")
        axes.add_artist(text)
