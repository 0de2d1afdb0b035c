"""What acts most on each of many points, by straight-line distance (最强作用来源)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from landmarket.pricing.factors.nearby import Positions, distances, nearby
from landmarket.pricing.kinds import Floats

Formula = Callable[[Floats, Floats], Floats]
"""Score from the score at the source and the distance over the radius."""


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
    sources : ndarray of float64, shape (m, 2) or (m, 2, 2)
        Facilities, or the two ends of straight pieces of road [m].
    score, radius : ndarray of float64, shape (m,)
        Score at each source, and its influence radius [m].
    formula : callable
        The decay.

    Returns
    -------
    Strongest
        One entry a point, in the order of ``points``; of equal scores the source that comes first.
    """
    best, source = np.zeros(len(points)), np.full(len(points), -1, dtype=np.int64)
    away = np.full(len(points), np.nan)
    if not len(points) or not len(sources):
        return Strongest(best, source, away)

    def bounds(which: Positions, near: Floats, far: Floats) -> tuple[Floats, Floats]:
        return formula(score[which], far / radius[which]), formula(score[which], near / radius[which])

    found = nearby(points, sources, bounds, 0.0)
    x, y = points.T.copy()
    reaching, most, within = sources[found.source], score[found.source], radius[found.source]
    for rows, place in found.pairs():
        distance = distances(x.take(rows), y.take(rows), reaching.take(place, axis=0))
        reached = formula(most.take(place), distance / within.take(place))
        better = np.flatnonzero(reached > best.take(rows))
        changed = rows[better]
        best[changed], source[changed], away[changed] = reached[better], found.source[place[better]], distance[better]
    return Strongest(best, source, away)
