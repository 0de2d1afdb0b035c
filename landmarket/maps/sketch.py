"""Small outline maps as inline SVG: they need no script, and work by keyboard and on paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from landmarket.maps.elements import escaped

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
    height : int
        Height of the drawing.
    """

    paths: Mapping[str, str]
    places: Mapping[str, tuple[float, float]]
    height: int


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
        return Sketch({}, {}, 0)
    geometries = np.array(list(drawn.values()), dtype=object)
    west, south, east, north = shapely.total_bounds(geometries)
    scale = (WIDTH - 2 * _MARGIN) / max(east - west, (north - south) / 1.2, 1.0)
    left = (WIDTH - (east - west) * scale) / 2

    def placed(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack([(points[:, 0] - west) * scale + left, (north - points[:, 1]) * scale + _MARGIN])

    shapes = shapely.transform(shapely.simplify(geometries, _TOLERANCE / scale), placed)
    return Sketch(
        {name: _path(shape) for name, shape in zip(drawn, shapes, strict=True)},
        dict(zip(drawn, _places(shapes), strict=True)),
        round((north - south) * scale) + 2 * _MARGIN,
    )


def _path(shape: BaseGeometry) -> str:
    pieces = []
    for ring in shapely.get_rings(shapely.get_parts(shape)):
        points = np.rint(shapely.get_coordinates(ring)[:-1]).astype(int).tolist()
        pieces.append("M" + "L".join(f"{x} {y}" for x, y in points) + "Z")
    return "".join(pieces)


def _places(shapes: npt.NDArray[np.object_]) -> list[tuple[float, float]]:
    """Choose where names stand: the centre of the largest circle inside."""
    centres = shapely.get_point(shapely.maximum_inscribed_circle(shapes, tolerance=5), 0)
    return [(round(float(point.x), 1), round(float(point.y), 1)) for point in centres]


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
