r"""A smooth location factor that is published as the factors of a grid of nodes (区位曲面).

The surface is the sum of bilinear surfaces on grids whose step halves from level to level. Such a sum is itself
bilinear on the finest grid: what is published is that grid alone, and between its nodes a person interpolates with
four numbers.

.. math:: f(x, y) = (1-s)(1-t) f_{00} + s(1-t) f_{10} + (1-s)t f_{01} + st f_{11}
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import CRS

from landmarket.checks import require_projected
from landmarket.errors import BadValueError, CrsError, named_rows

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_HAIR = 1e-9
"""Fraction of a step by which rounding may carry a point over the edge."""


@dataclass(frozen=True)
class NodeGrid:
    """A square grid of nodes (节点网格).

    Attributes
    ----------
    left, bottom : float
        Coordinates of the first node [m].
    step : float
        Distance between nodes [m].
    columns, rows : int
        Nodes in each direction, at least 2.
    """

    left: float
    bottom: float
    step: float
    columns: int
    rows: int

    @property
    def size(self) -> int:
        """Number of nodes (节点数)."""
        return self.columns * self.rows

    def nodes(self) -> tuple[Floats, Floats]:
        """Return the coordinates of the nodes (节点坐标).

        Returns
        -------
        x, y : ndarray
            Row by row [m].
        """
        x, y = np.meshgrid(np.arange(self.columns, dtype=np.float64), np.arange(self.rows, dtype=np.float64))
        return np.asarray(self.left + self.step * x.ravel()), np.asarray(self.bottom + self.step * y.ravel())

    def outside(self, x: Floats, y: Floats) -> Bools:
        """Mark the points that do not lie on the grid (网格之外).

        Parameters
        ----------
        x, y : ndarray
            Coordinates [m].

        Returns
        -------
        ndarray of bool
            True for each point outside.
        """
        right, top = (self.columns - 1) * self.step, (self.rows - 1) * self.step
        slack = _HAIR * self.step
        along, up = x - self.left, y - self.bottom
        return ~((along >= -slack) & (along <= right + slack) & (up >= -slack) & (up <= top + slack))

    def corners(self, x: Floats, y: Floats) -> tuple[Ints, Floats]:
        """Return the four nodes around each point and their weights (四角节点与权重).

        Parameters
        ----------
        x, y : ndarray
            Coordinates [m]; points outside count as the nearest point of the edge.

        Returns
        -------
        nodes : ndarray of int
            Four columns: positions of the nodes.
        weights : ndarray
            Four columns; each row sums to 1.
        """
        along = np.clip((x - self.left) / self.step, 0, self.columns - 1)
        up = np.clip((y - self.bottom) / self.step, 0, self.rows - 1)
        i = np.minimum(along.astype(np.int64), self.columns - 2)
        j = np.minimum(up.astype(np.int64), self.rows - 2)
        s, t = along - i, up - j
        first = j * self.columns + i
        nodes = np.stack([first, first + 1, first + self.columns, first + self.columns + 1], axis=1)
        return nodes, np.stack([(1 - s) * (1 - t), s * (1 - t), (1 - s) * t, s * t], axis=1)

    def interpolated(self, values: Floats, x: Floats, y: Floats) -> Floats:
        """Interpolate values of the nodes at points (双线性内插).

        Parameters
        ----------
        values : ndarray
            One value a node.
        x, y : ndarray
            Coordinates [m].

        Returns
        -------
        ndarray
            One value a point.
        """
        nodes, weights = self.corners(x, y)
        found: Floats = (values[nodes] * weights).sum(axis=1)
        return found

    def shares(self, x: Floats, y: Floats) -> Floats:
        """Return the weight of every node in every point (各节点的权重).

        Parameters
        ----------
        x, y : ndarray
            Coordinates [m].

        Returns
        -------
        ndarray
            One row a point, one column a node.
        """
        nodes, weights = self.corners(x, y)
        found = np.zeros((len(x), self.size))
        np.put_along_axis(found, nodes, weights, axis=1)
        return found

    def squares(self, parts: int) -> tuple[Floats, Floats]:
        """Return the centres of squares that divide each cell of the grid (小方格中心).

        Parameters
        ----------
        parts : int
            Squares along a side of a cell.

        Returns
        -------
        x, y : ndarray
            Row by row [m].
        """
        small = self.step / parts
        across, high = (self.columns - 1) * parts, (self.rows - 1) * parts
        x, y = np.meshgrid(np.arange(across, dtype=np.float64), np.arange(high, dtype=np.float64))
        return np.asarray(self.left + small * (x.ravel() + 0.5)), np.asarray(self.bottom + small * (y.ravel() + 0.5))

    def square_of(self, x: Floats, y: Floats, parts: int) -> Ints:
        """Return the position of the square that each point lies in (所在小方格).

        Parameters
        ----------
        x, y : ndarray
            Coordinates [m]; points outside count as the nearest point of the edge.
        parts : int
            Squares along a side of a cell.

        Returns
        -------
        ndarray of int
            Position in the order of `squares`.
        """
        across, high = (self.columns - 1) * parts, (self.rows - 1) * parts
        i = np.clip(np.floor((x - self.left) / self.step * parts), 0, across - 1).astype(np.int64)
        j = np.clip(np.floor((y - self.bottom) / self.step * parts), 0, high - 1).astype(np.int64)
        result: Ints = j * across + i
        return result


def grid_over(bounds: tuple[float, float, float, float], level: int) -> NodeGrid:
    """Lay a grid over an area (布设节点网格).

    Parameters
    ----------
    bounds : tuple of float
        Left, bottom, right, top [m].
    level : int
        The longer side is divided into 2 to the power of this many steps.

    Returns
    -------
    NodeGrid
        From the lower left corner, as far as the area goes.

    Raises
    ------
    BadValueError
        If the area is empty or not finite.

    Examples
    --------
    >>> grid_over((0, 0, 8000, 3000), 3)
    NodeGrid(left=0, bottom=0, step=1000.0, columns=9, rows=4)
    """
    left, bottom, right, top = bounds
    length = max(right - left, top - bottom)
    if not (np.isfinite(bounds).all() and right >= left and top >= bottom and length > 0):
        raise BadValueError(f"区位曲面的范围 {bounds} 不成立。办法：按 左、下、右、上 给出，单位米。")
    step = length / 2**level
    columns, rows = (max(int(np.ceil(side / step - _HAIR)), 1) + 1 for side in (right - left, top - bottom))
    return NodeGrid(left, bottom, step, columns, rows)


def node_table(grid: NodeGrid, factors: Floats) -> pd.DataFrame:
    """Write the nodes of a surface as a table (区位系数表).

    Parameters
    ----------
    grid : NodeGrid
        The grid.
    factors : ndarray
        Location factor of each node.

    Returns
    -------
    DataFrame
        ``column``, ``row``, ``x`` [m], ``y`` [m], ``location_factor``.
    """
    x, y = grid.nodes()
    place = np.arange(grid.size)
    return pd.DataFrame(
        {"column": place % grid.columns, "row": place // grid.columns, "x": x, "y": y, "location_factor": factors}
    )


def places_in(table: gpd.GeoDataFrame, crs: object, needed_by: str) -> tuple[Floats, Floats]:
    """Return a point of each row, in the given coordinate system (取点).

    Parameters
    ----------
    table : GeoDataFrame
        Samples or parcels.
    crs : object
        The coordinate system they must be in.
    needed_by : str
        The function that needs them, for the message.

    Returns
    -------
    x, y : ndarray
        A point inside each [m].

    Raises
    ------
    CrsError
        If the coordinate system is none, in degrees or another.
    BadValueError
        If a row has no geometry.
    """
    if not require_projected(table, needed_by).equals(CRS.from_user_input(crs), ignore_axis_order=True):
        raise CrsError(f"{needed_by}：图层与价格表的坐标系不同。办法：先用 .to_crs() 转为价格表的坐标系。")
    missing = table.geometry.isna() | table.geometry.is_empty
    if missing.any():
        raise BadValueError(f"{needed_by}：没有位置，{named_rows(table.index[missing])}。办法：补上其坐标或界址。")
    points = table.geometry.representative_point()
    return np.asarray(points.x, dtype=np.float64), np.asarray(points.y, dtype=np.float64)


def require_on_map(parcels: gpd.GeoDataFrame, grid: NodeGrid, x: Floats, y: Floats, needed_by: str) -> None:
    """Raise if a parcel lies outside the map.

    Parameters
    ----------
    parcels : GeoDataFrame
        The parcels.
    grid : NodeGrid
        Grid of the map.
    x, y : ndarray
        Their places [m].
    needed_by : str
        The function that needs it, for the message.

    Raises
    ------
    BadValueError
        Naming them.
    """
    out = grid.outside(x, y)
    if out.any():
        raise BadValueError(
            f"{needed_by}：在图幅之外，{named_rows(parcels.index[out])}。"
            "办法：核对坐标，编表时用 bounds= 给出全县范围，或明确选择取最近处（outside='nearest'）。"
        )
