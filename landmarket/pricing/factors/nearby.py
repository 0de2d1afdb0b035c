"""Which of many sources can matter at each of many points: cells halved again and again (候选来源)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from landmarket.pricing.kinds import Floats

Positions = npt.NDArray[np.int64]
Bounds = Callable[[Positions, Floats, Floats], tuple[Floats, Floats]]
"""From sources, and the least and most distance to them, the least and most that each can do there."""

_POINTS_A_CELL = 8
_CELLS_A_SOURCE = 16
_DEEPEST = 10
_ROUNDING = 1e-6
"""What a distance to a cell may be off [m]."""
_BLOCK = 32_768


class Nearby(NamedTuple):
    """The sources that can matter in each cell.

    Attributes
    ----------
    cell : ndarray of int64
        Cell of each point.
    first, many : ndarray of int64
        Where the sources of each cell begin in ``source``, and how many they are.
    source : ndarray of int64
        Positions of sources, ascending within a cell.
    """

    cell: Positions
    first: Positions
    many: Positions
    source: Positions

    def pairs(self) -> Iterator[tuple[Positions, Positions]]:
        """Go through what is to be compared, each point with one source at a time.

        Yields
        ------
        rows, places : ndarray of int64
            Positions of points, and in ``source`` of what each is to be compared with; a point's sources ascend.
        """
        for start in range(0, len(self.cell), _BLOCK):
            cell = self.cell[start : start + _BLOCK]
            place, left = self.first.take(cell), self.many.take(cell)
            rows = np.arange(start, start + len(cell))
            while len(rows):
                more = left > 0
                if not more.all():
                    rows, place, left = rows[more], place[more], left[more]
                yield rows, place
                place, left = place + 1, left - 1


def nearby(points: Floats, sources: Floats, bounds: Bounds, nothing: float) -> Nearby:
    """Find for each point the sources of which one does most there.

    Parameters
    ----------
    points : ndarray of float64, shape (n, 2)
        Points [m], at least one.
    sources : ndarray of float64, shape (m, 2) or (m, 2, 2)
        Places, or the two ends of straight pieces [m], at least one.
    bounds : callable
        What a source can do at least and at most between two distances; never more at a greater distance.
    nothing : float
        What does not count: only what does more is kept.

    Returns
    -------
    Nearby
        Every source that does most at some point of its cell, and few others.

    Notes
    -----
    A square around the points is halved both ways, down to cells of a few points; cells without points are left out.
    The distance from a cell's centre bounds what a source does in it. A source that can do less at its most than
    another at its least is dropped from the cell, and so from all cells within.
    """
    x, y = points.T.copy()
    west, south = float(x.min()), float(y.min())
    side = max(float(x.max()) - west, float(y.max()) - south, 1e-3)
    wanted = min(len(points) / _POINTS_A_CELL, len(sources) * _CELLS_A_SOURCE)
    depth = min(int(np.ceil(np.log2(max(wanted, 1.0)) / 2)), _DEEPEST)
    column, row = (_steps(x - west, side, depth), _steps(y - south, side, depth))
    finest, cell = _numbered(column << depth | row, 4**depth)
    codes, first, count = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64), np.array([len(sources)])
    source = np.arange(len(sources))
    for level in range(depth + 1):
        east, north = finest >> depth >> (depth - level), (finest & (2**depth - 1)) >> (depth - level)
        inside = np.unique(east << level | north)
        east, north = inside >> level, inside & (2**level - 1)
        parent = np.searchsorted(codes, east >> 1 << max(level - 1, 0) | north >> 1) if level else np.zeros(1, np.int64)
        owner = np.repeat(np.arange(len(inside)), count[parent])
        source = source[_runs(first[parent], count[parent])]
        width = side / 2**level
        centre_x, centre_y = west + (east + 0.5) * width, south + (north + 0.5) * width
        away, reach = distances(centre_x[owner], centre_y[owner], sources[source]), width * 0.5**0.5 + _ROUNDING
        least, most = bounds(source, np.maximum(away - reach, 0.0), away + reach)
        bar = np.full(len(inside), -np.inf)
        np.maximum.at(bar, owner, least)
        kept = (most >= bar[owner]) & (most > nothing)
        codes, source, count = inside, source[kept], np.bincount(owner[kept], minlength=len(inside))
        first = np.cumsum(count) - count
    return Nearby(cell, first, count, source)


def distances(x: Floats, y: Floats, sources: Floats) -> Floats:
    """Measure from each point to its place or straight piece.

    Parameters
    ----------
    x, y : ndarray of float64
        Points [m].
    sources : ndarray of float64, shape (n, 2) or (n, 2, 2)
        Places, or the two ends of straight pieces [m].

    Returns
    -------
    ndarray of float64
        Distances [m].
    """
    if sources.ndim == 2:
        place: Floats = np.hypot(x - sources[:, 0], y - sources[:, 1])
        return place
    right, up = x - sources[:, 0, 0], y - sources[:, 0, 1]
    along, across = sources[:, 1, 0] - sources[:, 0, 0], sources[:, 1, 1] - sources[:, 0, 1]
    square = along * along + across * across
    share = np.clip((right * along + up * across) / np.where(square > 0, square, 1.0), 0.0, 1.0)
    piece: Floats = np.hypot(right - share * along, up - share * across)
    return piece


def _steps(along: Floats, side: float, depth: int) -> Positions:
    """Count whole cells from the edge."""
    steps: Positions = np.minimum(along * (2**depth / side), 2**depth - 1).astype(np.int64)
    return steps


def _numbered(codes: Positions, size: int) -> tuple[Positions, Positions]:
    """Number the codes that occur, ascending."""
    present = np.flatnonzero(np.bincount(codes, minlength=size))
    number = np.zeros(size, dtype=np.int64)
    number[present] = np.arange(len(present))
    return present, number[codes]


def _runs(first: Positions, count: Positions) -> Positions:
    """Write out runs of positions, one after the other."""
    shift = first - (np.cumsum(count) - count)
    written: Positions = np.arange(int(count.sum())) + np.repeat(shift, count)
    return written
