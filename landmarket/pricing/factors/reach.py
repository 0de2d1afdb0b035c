"""What acts most on each of many points, by straight-line distance (最强作用来源)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from landmarket.pricing.kinds import Floats

Formula = Callable[[Floats, Floats], Floats]
"""Score from the score at the source and the distance over the radius."""

_ROWS_A_RADIUS = 3
_MOST_ROWS = 4096
_ROUNDING = 1e-6
"""What the edge of a source's box may be off [m]: without it, points exactly on the radius were now and then missed."""


class Strongest(NamedTuple):
    """What acts most on each point.

    Attributes
    ----------
    score : ndarray of float64
        Its score; 0 where nothing reaches.
    source : ndarray of int64
        Position of the source; −1 where nothing reaches.
    distance : ndarray of float64
        Distance [m]; nan where nothing reaches.
    """

    score: Floats
    source: npt.NDArray[np.int64]
    distance: Floats


def strongest(points: Floats, sources: Floats, score: Floats, radius: Floats, formula: Formula) -> Strongest:
    """Find the largest score of each point over all sources.

    Parameters
    ----------
    points : ndarray of float64, shape (n, 2)
        Where scores are wanted [m].
    sources : ndarray of float64, shape (m, 2, 2)
        The two ends of a straight piece of road [m]; of a facility twice the same point.
    score, radius : ndarray of float64, shape (m,)
        Score at each source, and its influence radius [m].
    formula : callable
        The decay.

    Returns
    -------
    Strongest
        One entry a point, in the order of ``points``; of equal scores the source that comes first.

    Notes
    -----
    The points are put into rows as high as a part of a usual radius and sorted along each row; rows without points are
    left out. What a source can reach is then one run of points a row, and hardly a distance is computed that could not
    matter.
    """
    best, source = np.zeros(len(points)), np.full(len(points), -1, dtype=np.int64)
    away = np.full(len(points), np.nan)
    if not len(points) or not len(sources):
        return Strongest(best, source, away)
    low, high = float(points[:, 1].min()), float(points[:, 1].max())
    height = max(float(np.median(radius)) / _ROWS_A_RADIUS, (high - low) / _MOST_ROWS, 1e-3)
    rows, row = np.unique(np.floor((points[:, 1] - low) / height), return_inverse=True)
    order = np.lexsort((points[:, 0], row))
    x, y = points[order, 0].copy(), points[order, 1].copy()
    limits = np.searchsorted(row[order], np.arange(len(rows) + 1))
    margin = (radius + _ROUNDING)[:, None]
    near, far = sources.min(axis=1) - margin, sources.max(axis=1) + margin
    first = np.searchsorted(rows, np.floor((near[:, 1] - low) / height), side="left")
    stop_at = np.searchsorted(rows, np.floor((far[:, 1] - low) / height), side="right")
    for place, (start, end) in enumerate(sources):
        for line in range(first[place], stop_at[place]):
            begin, stop = limits[line], limits[line + 1]
            run = slice(
                begin + np.searchsorted(x[begin:stop], near[place, 0], side="left"),
                begin + np.searchsorted(x[begin:stop], far[place, 0], side="right"),
            )
            if run.start == run.stop:
                continue
            distance = _distance(x[run], y[run], start, end)
            reached = formula(score[place], distance / radius[place])
            better = reached > best[run]
            best[run][better] = reached[better]
            source[run][better] = place
            away[run][better] = distance[better]
    back = np.empty(len(order), dtype=np.int64)
    back[order] = np.arange(len(order))
    return Strongest(best[back], source[back], away[back])


def _distance(x: Floats, y: Floats, start: Floats, end: Floats) -> Floats:
    """Distance of points to a straight piece, or to a point where its ends are one."""
    along = end - start
    square = float(along @ along)
    right, up = x - start[0], y - start[1]
    if square > 0:
        share = np.clip((right * along[0] + up * along[1]) / square, 0.0, 1.0)
        right, up = right - share * along[0], up - share * along[1]
    distance: Floats = np.hypot(right, up)
    return distance
