"""Small outline maps as inline SVG: they need no script, and work by keyboard and on paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landmarket.html_page import escaped

WIDTH = 1000
"""Width of a sketch in its own units."""

_TOLERANCE = 1.5
_MARGIN = 12


@dataclass(frozen=True)
class Sketch:
    """Outlines as a drawing 1000 units wide (示意图).

    Attributes
    ----------
    paths : mapping of str to str
        Path of each area, as SVG writes it.
    places : mapping of str to tuple of float
        Where the name of each stands.
    room : mapping of str to float
        Radius of the largest circle in each area.
    height : int
        Height of the drawing.
    metre : float
        Length of a metre on the drawing.
    """

    paths: Mapping[str, str]
    places: Mapping[str, tuple[float, float]]
    room: Mapping[str, float]
    height: int
    metre: float


def sketch_of(outlines: Mapping[str, BaseGeometry]) -> Sketch:
    """Turn outlines into a drawing.

    Parameters
    ----------
    outlines : mapping of str to geometry
        Areas in one projected CRS.

    Returns
    -------
    Sketch
        Simplified to a unit and a half of the drawing; areas without a shape are left out.
    """
    drawn = {name: shape for name, shape in outlines.items() if not shape.is_empty}
    if not drawn:
        return Sketch({}, {}, {}, 0, 1.0)
    geometries = np.array(list(drawn.values()), dtype=object)
    west, south, east, north = shapely.total_bounds(geometries)
    scale = (WIDTH - 2 * _MARGIN) / max(east - west, (north - south) / 1.2, 1.0)
    corner, stretch = np.array([west, north]), np.array([scale, -scale])
    shift = np.array([(WIDTH - (east - west) * scale) / 2, _MARGIN])
    simple = shapely.simplify(geometries, _TOLERANCE / scale)
    shapes = shapely.transform(simple, lambda points: (points - corner) * stretch + shift)
    radii = shapely.maximum_inscribed_circle(shapes, tolerance=5)
    centres = shapely.get_coordinates(shapely.get_point(radii, 0)).round(1).tolist()
    return Sketch(
        {name: _path(shape) for name, shape in zip(drawn, shapes, strict=True)},
        {name: (x, y) for name, (x, y) in zip(drawn, centres, strict=True)},
        dict(zip(drawn, shapely.length(radii).tolist(), strict=True)),
        round((north - south) * scale) + 2 * _MARGIN,
        float(scale),
    )


def _path(shape: BaseGeometry) -> str:
    pieces = []
    for ring in shapely.get_rings(shapely.get_parts(shape)):
        points = np.rint(shapely.get_coordinates(ring)[:-1]).astype(int).tolist()
        pieces.append("M" + "L".join(f"{x} {y}" for x, y in points) + "Z")
    return "".join(pieces)


def inset(sketch: Sketch, here: str) -> str:
    """Draw where a township lies in its county (位置图).

    Parameters
    ----------
    sketch : Sketch
        The county's townships.
    here : str
        The township to mark.

    Returns
    -------
    str
        HTML.
    """
    others = "".join(f'<path d="{path}"/>' for name, path in sketch.paths.items() if name != here)
    mark = f'<path d="{sketch.paths[here]}" class="lm-here"/>' if here in sketch.paths else ""
    label = f"{escaped(here)}在全县的位置"
    return f'<svg viewBox="0 0 {WIDTH} {sketch.height}" role="img" aria-label="{label}">{others}{mark}</svg>'


def name_boxes(sketch: Sketch, size: float, lines: int) -> set[str]:
    """Choose the areas whose name finds room on the drawing.

    Parameters
    ----------
    sketch : Sketch
        The county's townships.
    size : float
        Size of a character, in units of the drawing.
    lines : int
        Lines of text at each place.

    Returns
    -------
    set of str
        Names that can be written without covering one another; the roomiest areas first. The others want a
        number and an entry in a list.
    """
    boxes: list[tuple[float, float, float]] = []
    written = set()
    for name in sorted(sketch.places, key=lambda name: -sketch.room[name]):
        (x, y), half = sketch.places[name], len(name) * size / 2 + 3
        apart = all(abs(x - u) > half + other or abs(y - v) > lines * size * 1.15 for u, v, other in boxes)
        if apart and half < 2.1 * sketch.room[name]:
            boxes.append((x, y, half))
            written.add(name)
    return written


def scale_bar(sketch: Sketch) -> str:
    """Draw a scale bar and an arrow to the north at the lower left corner of a sketch.

    Parameters
    ----------
    sketch : Sketch
        The drawing.

    Returns
    -------
    str
        SVG elements.
    """
    longest = 0.2 * WIDTH / sketch.metre
    power = 10.0 ** np.floor(np.log10(longest))
    metres = max(step * power for step in (1, 2, 5) if step * power <= longest)
    length, y = round(metres * sketch.metre), sketch.height - 16
    text = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
    return (
        f'<g class="ix-scale"><path d="M20 {y - 10}V{y}H{20 + length}V{y - 10}"/>'
        f'<text x="{20 + length / 2}" y="{y - 12}">{text}</text>'
        '<path class="ix-north" d="M40 46L54 92L40 82L26 92Z"/><text x="40" y="38">北</text></g>'
    )
