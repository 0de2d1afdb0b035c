"""Roads as straight pieces (道路直线段)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from landmarket.pricing.kinds import Floats


def straight_pieces(lines: npt.NDArray[np.object_]) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Cut lines at every bend.

    Parameters
    ----------
    lines : ndarray of shapely geometries
        Lines, also of several parts.

    Returns
    -------
    pieces : ndarray of float64, shape (n, 2, 2)
        Both ends of each straight piece.
    line : ndarray of int64
        Position of the line each is a piece of.
    """
    parts, owner = shapely.get_parts(lines, return_index=True)
    points, part = shapely.get_coordinates(parts, return_index=True)
    start = np.flatnonzero(part[1:] == part[:-1])
    return np.stack([points[start], points[start + 1]], axis=1), np.asarray(owner[part[start]], dtype=np.int64)
