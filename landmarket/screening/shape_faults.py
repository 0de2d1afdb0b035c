"""What is wrong with an invalid shape (图形毛病): its kind, where it is, and the areas around a repair."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landmarket.geometry import polygon_parts

Geometries = npt.NDArray[np.object_]
Positions = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

SPIKE, DOUBLE_RING, REPEATED = "尖刺", "环重复", "界址点重复"
_REASONS = {
    "Self-intersection": "边界自相交",
    "Ring Self-intersection": "环在一点自相触",
    "Hole lies outside shell": "洞在外环之外",
    "Holes are nested": "洞中有洞",
    "Nested shells": "面中有面",
    "Interior is disconnected": "内部不连通",
    "Too few points in geometry component": "界址点太少",
    "Duplicate Rings": DOUBLE_RING,
    "Invalid Coordinate": "坐标无效",
    "Ring is not closed": "环不闭合",
}
_PLACE = r"^([^\[]*)(?:\[(\S+) ([^\s\]]+))?"
_STRAIGHT = 1e-6
"""A corner turns back where the sine of its angle is below this."""


class ShapeFaults(NamedTuple):
    """What is wrong with shapes (图形毛病), one entry each.

    Attributes
    ----------
    fault : list of str
        Kind, in Chinese.
    fault_x, fault_y : ndarray of float
        Where; nan where no place can be told.
    area_before, area_after : ndarray of float
        Area before and after the repair [㎡].
    """

    fault: list[str]
    fault_x: Floats
    fault_y: Floats
    area_before: Floats
    area_after: Floats

    def texts(self) -> list[str]:
        """Say each in one line.

        Returns
        -------
        list of str
            Kind, place, areas.
        """
        return [
            f"{name}{_place(x, y)}；修复前 {before:.2f}㎡，" + (f"修复后 {after:.2f}㎡" if after else "修复后没有面")
            for name, x, y, before, after in zip(*self, strict=True)
        ]


def _place(x: float, y: float) -> str:
    return f"，位置 {x:.2f}, {y:.2f}" if np.isfinite(x) and np.isfinite(y) else ""


def shape_faults(before: Geometries, after: Geometries, certain: Mask) -> ShapeFaults:
    """Tell what is wrong with invalid polygons.

    Parameters
    ----------
    before, after : ndarray of shapely geometries
        Invalid shapes, and as repaired; None where nothing is left.
    certain : ndarray of bool
        Whether the repair leaves the area as it was.

    Returns
    -------
    ShapeFaults
        One entry each.
    """
    said = pd.Series(list(shapely.is_valid_reason(before)), dtype="str").str.extract(_PLACE)
    name = said[0].str.strip()
    fault = name.map(_REASONS).fillna(name).to_numpy(dtype=object)
    x, y = (np.array(pd.to_numeric(said[column], errors="coerce"), dtype=np.float64) for column in (1, 2))
    fault[_double_rings(before)] = DOUBLE_RING
    sure = np.flatnonzero(certain)
    spiked, tips = _spikes(before[sure])
    spiked = sure[spiked]
    fault[spiked] = SPIKE
    x[spiked], y[spiked] = tips.T
    left = np.nan_to_num(shapely.area(after))
    return ShapeFaults(fault.tolist(), x, y, shapely.area(before), left)


def _rings(geometry: Geometries) -> tuple[Geometries, Positions]:
    """Rings of all polygons, also those in collections, and the shape each belongs to."""
    parts, owner = polygon_parts(geometry)
    rings, polygon = shapely.get_rings(parts, return_index=True)
    return rings, owner[polygon]


def _double_rings(geometry: Geometries) -> Mask:
    """Shapes of which two rings are one, wherever they begin and whichever way they run."""
    rings, owner = _rings(geometry)
    several = np.bincount(owner, minlength=len(geometry))[owner] > 1
    rings, owner = rings[several], owner[several]
    with np.errstate(invalid="ignore"):  # of coordinates that are no numbers
        drawn = shapely.to_wkb(shapely.normalize(shapely.polygons(rings)))
    result = np.zeros(len(geometry), dtype=bool)
    result[owner[pd.DataFrame({"owner": owner, "ring": drawn}).duplicated().to_numpy()]] = True
    return result


def _spikes(geometry: Geometries) -> tuple[Positions, Floats]:
    """Shapes with a corner from which the boundary goes back the way it came, and the first such corner of each."""
    rings, owner = _rings(geometry)
    x0, y0, x1, y1 = shapely.bounds(rings).T
    spread = (x0 < x1) | (y0 < y1)  # of one point alone no ring is left without its repetitions
    rings, owner = rings[spread], owner[spread]
    points, ring = shapely.get_coordinates(shapely.remove_repeated_points(rings), return_index=True)
    start = np.searchsorted(ring, ring)
    last = np.append(ring[1:] != ring[:-1], True) if len(ring) else np.zeros(0, dtype=bool)
    following = np.where(last, start + 1, np.arange(len(ring)) + 1)
    corner = np.flatnonzero((np.arange(len(ring)) > start) & (following < len(ring)))
    came, goes = points[corner] - points[corner - 1], points[following[corner]] - points[corner]
    sine = np.abs(came[:, 0] * goes[:, 1] - came[:, 1] * goes[:, 0])
    cosine = (came * goes).sum(axis=1)
    back = corner[(cosine < 0) & (sine <= _STRAIGHT * -cosine)]
    shape, first = np.unique(owner[ring[back]], return_index=True)
    return shape, points[back[first]]


def repeated_points(geometry: Geometries) -> tuple[Positions, Positions, Floats]:
    """Find shapes with a boundary point that is given twice in a row (界址点重复).

    Parameters
    ----------
    geometry : ndarray of shapely geometries
        Polygons, or None.

    Returns
    -------
    shape, count : ndarray of int
        Positions of the shapes, and how many such points each has.
    point : ndarray of float
        The first of them.
    """
    drawn, owner = shapely.get_coordinates(geometry, return_index=True)
    hit = (drawn[1:] == drawn[:-1]).all(axis=1) & (owner[1:] == owner[:-1])
    suspects = np.unique(owner[1:][hit])  # where two rings meet they may only follow each other
    rings, of_ring = _rings(geometry[suspects])
    points, ring = shapely.get_coordinates(rings, return_index=True)
    again = np.flatnonzero((points[1:] == points[:-1]).all(axis=1) & (ring[1:] == ring[:-1])) + 1
    shape, first, count = np.unique(suspects[of_ring[ring[again]]], return_index=True, return_counts=True)
    return shape, count, points[again[first]]
