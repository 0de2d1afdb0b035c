"""An invented relief: mountains in the west and north, a plain in the east."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sample_data.county import facts

Values = npt.NDArray[np.float64]

CELL = 150.0
_WEST, _EAST, _SOUTH, _NORTH = 412_000.0, 468_500.0, 3_761_500.0, 3_808_700.0


def height(seed: int, x: Values, y: Values) -> Values:
    """Height above sea level [m] at projected coordinates."""
    rng = facts.generator(seed, "terrain")
    west = np.clip((_EAST - 22_000 - x) / (_EAST - 22_000 - _WEST), 0, 1)
    north = np.clip((y - _SOUTH - 25_000) / (_NORTH - _SOUTH - 25_000), 0, 1)
    relief = 95 + 30 * (_EAST - x) / (_EAST - _WEST) + 560 * west**2.2 + 380 * north**2.0 * (0.3 + west)
    rough = np.clip(west + north, 0.02, 1)
    for wave in (14_000, 7_000, 3_200, 1_500, 700):
        angle, phase_x, phase_y = rng.uniform(0, 2 * np.pi, 3)
        u = (x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / wave + phase_x
        v = (y * np.cos(angle) - x * np.sin(angle)) * 2 * np.pi / wave + phase_y
        relief = relief + rough * wave * 0.0065 * np.sin(u) * np.cos(v)
    return relief


def raster(seed: int) -> tuple[Values, tuple[float, float, float]]:
    """Cells of the elevation model and their origin: west, north, cell size [m]."""
    columns = int((_EAST - _WEST) / CELL)
    rows = int((_NORTH - _SOUTH) / CELL)
    x = _WEST + (np.arange(columns) + 0.5) * CELL
    y = _NORTH - (np.arange(rows) + 0.5) * CELL
    grid_x, grid_y = np.meshgrid(x, y)
    return height(seed, grid_x, grid_y), (_WEST, _NORTH, CELL)
