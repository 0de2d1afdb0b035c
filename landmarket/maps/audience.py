"""What a page for the public may show of a place (公开地图的位置): points on a mesh, never the surveyed ones."""

from __future__ import annotations

import numpy as np

from landmarket.audience import INTERNAL, OFFICE, Audience, public_audience
from landmarket.maps.packing import STEP, Bounds, Shapes

__all__ = ["INTERNAL", "OFFICE", "Audience", "drawn_shapes", "opened_bounds", "public_audience"]

_METRES_A_DEGREE = 111_000.0


def drawn_shapes(shapes: Shapes, audience: Audience) -> Shapes:
    """Move points to a mesh so wide that surveyed coordinates cannot be read from the page.

    Parameters
    ----------
    shapes : Shapes
        Exact shapes.
    audience : Audience
        For whom the page is.

    Returns
    -------
    Shapes
        The same rings; with exact coordinates for the office, else with points moved by at most ``accuracy``
        along either axis.
    """
    if audience.exact or not len(shapes.points):
        return shapes
    latitude = float(np.radians(shapes.points[:, 1].mean() * STEP))
    mesh = 2 * audience.accuracy / _METRES_A_DEGREE / STEP * np.array([1 / np.cos(latitude), 1.0])
    whole = np.floor(mesh).astype(np.int64)
    return Shapes((shapes.points + whole // 2) // whole * whole, shapes.rings, shapes.features)


def opened_bounds(bounds: Bounds, audience: Audience) -> Bounds:
    """Round the rectangle a page opens on, for its corners are surveyed points.

    Parameters
    ----------
    bounds : ndarray of float64
        West, south, east, north [°].
    audience : Audience
        For whom the page is.

    Returns
    -------
    ndarray of float64
        Outwards to thousandths of a degree for the public.
    """
    if audience.exact:
        return bounds
    thousandths = bounds * 1000
    return np.concatenate([np.floor(thousandths[:2]), np.ceil(thousandths[2:])]) / 1000
