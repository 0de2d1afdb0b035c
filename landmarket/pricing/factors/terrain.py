"""Slope and relief from an elevation model (坡度、地形起伏度)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from pyproj import CRS
from rasterio.warp import Resampling, calculate_default_transform, reproject
from scipy import ndimage

from landmarket.errors import BadValueError, CrsError, ReadError
from landmarket.io.foreign_formats import require_readable_format
from landmarket.pricing.kinds import Floats

_SQUARE = 1e-6
_LOWEST, _HIGHEST = -500.0, 9000.0
"""Below the Dead Sea and above the Everest there is no land [m]."""
_DRIVERS = {".img": "HFA", ".asc": "AAIGrid"}
_USUAL = "GTiff"
"""Named, as GDAL goes by content: a text that only names another file or an address would be followed."""


@dataclass(frozen=True, eq=False, repr=False)
class Elevation:
    """Heights on a grid of squares (数字高程模型).

    Attributes
    ----------
    heights : ndarray of float64, shape (rows, columns)
        Metres above sea level, north first; nan where there are none.
    west, north : float
        Outer corner of the first cell [m].
    cell : float
        Side of a cell [m].
    crs : pyproj.CRS
        Projected coordinate system.
    source : str
        The file.
    """

    heights: Floats
    west: float
    north: float
    cell: float
    crs: CRS
    source: str = ""

    def __repr__(self) -> str:
        """Tell size and file instead of printing the heights."""
        rows, columns = self.heights.shape
        return f"<Elevation {rows}×{columns}，{self.cell:g} m，{self.source}>"

    def at(self, values: Floats, points: Floats) -> Floats:
        """Read a grid of this size at points.

        Parameters
        ----------
        values : ndarray of float64
            On the cells of this grid, such as `slope` gives them.
        points : ndarray of float64, shape (n, 2)
            In the same coordinate system [m].

        Returns
        -------
        ndarray of float64
            Value of the cell each point lies in; nan outside the grid.
        """
        column = np.floor((points[:, 0] - self.west) / self.cell).astype(np.int64)
        row = np.floor((self.north - points[:, 1]) / self.cell).astype(np.int64)
        inside = (row >= 0) & (row < values.shape[0]) & (column >= 0) & (column < values.shape[1])
        read = np.full(len(points), np.nan)
        read[inside] = values[row[inside], column[inside]]
        return read


def read_elevation(path: str | Path, crs: CRS) -> Elevation:
    """Read an elevation model (DEM).

    Parameters
    ----------
    path : path-like
        Raster with one band of heights [m].
    crs : pyproj.CRS
        Projected coordinate system the heights are wanted in; a raster in another one, or with cells that are not
        square, is resampled bilinearly.

    Returns
    -------
    Elevation
        Cells without data are nan.

    Raises
    ------
    ReadError
        If the file is no raster, has several bands, no cell with a height, or heights that no place on earth has.
    CrsError
        If it has no coordinate system, or the one wanted is in degrees.
    """
    if not crs.is_projected:
        raise CrsError(
            f"{path}：坡度须在以米为单位的投影坐标系中计算，{crs.to_string()} 以度为单位。办法：换投影坐标系。"
        )
    require_readable_format(Path(path))
    try:
        with rasterio.open(path, driver=_DRIVERS.get(Path(path).suffix.lower(), _USUAL)) as raster:
            count, found, transform = raster.count, raster.crs, raster.transform
            heights = raster.read(1, masked=True).astype(np.float64).filled(np.nan) if count == 1 else np.empty(0)
    except rasterio.errors.RasterioError as error:
        raise ReadError(f"{path}：不能作为栅格读取（{error}）。办法：转换为 GeoTIFF。") from error
    if count != 1:
        raise ReadError(f"{path}：有 {count} 个波段，高程应只有 1 个。办法：导出单波段高程。")
    if found is None:
        raise CrsError(f"{path}：栅格没有坐标系。办法：用 gdal_edit.py -a_srs EPSG:4547 之类的命令写入。")
    _require_heights(heights, path)
    if not _fits(found, transform, crs):
        heights, transform = _resampled(heights, transform, found, crs)
    return Elevation(heights, transform.c, transform.f, transform.a, crs, str(path))


def _require_heights(heights: Floats, path: str | Path) -> None:
    known = heights[~np.isnan(heights)]
    if not len(known):
        raise ReadError(f"{path}：没有一个像元有高程（全为无数据）。办法：核对无数据值与裁剪范围。")
    odd = known[~((known > _LOWEST) & (known < _HIGHEST))]
    if len(odd):
        raise ReadError(
            f"{path}：{len(odd)} 个像元的高程不可能，如 {odd[0]:g} m，多半是没有写明的无数据值。"
            "办法：用 gdal_edit.py -a_nodata 写明无数据值；高程单位应为米。"
        )


def _fits(found: rasterio.crs.CRS, transform: Affine, crs: CRS) -> bool:
    upright = transform.b == 0 and transform.d == 0 and transform.a > 0 > transform.e
    square = abs(transform.a + transform.e) <= _SQUARE * abs(transform.a)
    return upright and square and CRS.from_wkt(found.to_wkt()).equals(crs, ignore_axis_order=True)


def _resampled(heights: Floats, transform: Affine, found: rasterio.crs.CRS, crs: CRS) -> tuple[Floats, Affine]:
    """Bring heights to square cells in another coordinate system."""
    rows, columns = heights.shape
    west, south, east, north = rasterio.transform.array_bounds(rows, columns, transform)
    target, width, height = calculate_default_transform(found, crs.to_wkt(), columns, rows, west, south, east, north)
    cell = float(np.sqrt(abs(target.a * target.e)))
    target = Affine(cell, 0, target.c, 0, -cell, target.f)
    filled = np.full((height, width), np.nan)
    reproject(
        heights,
        filled,
        src_transform=transform,
        src_crs=found,
        dst_transform=target,
        dst_crs=crs.to_wkt(),
        src_nodata=np.nan,
        dst_nodata=np.nan,
        resampling=Resampling.bilinear,
    )
    return filled, target


def slope(elevation: Elevation) -> Floats:
    r"""Compute the slope of each cell (坡度) by Horn's method.

    .. math:: 100 \sqrt{z_x^2 + z_y^2}

    Parameters
    ----------
    elevation : Elevation
        The heights.

    Returns
    -------
    ndarray of float64
        Slope [%] on the cells; nan where the cell itself has no height.

    Notes
    -----
    z_x and z_y are the weighted differences of the eight neighbours (1-2-1) over eight cells: B. K. P. Horn, Hill
    shading and the reflectance map, 1981. A neighbour without a height, as beyond the county's edge, is taken to lie on
    the straight line through the cell and the neighbour opposite; at a corner, where that has none either, on the plane
    through the cell and the neighbours beside it; and as high as the cell where nothing on its axis is known. So an
    even slope comes out right up to the edge.
    """
    heights = elevation.heights
    rows, columns = heights.shape
    padded = np.pad(heights, 1, constant_values=np.nan)

    def neighbour(down: int, right: int) -> Floats:
        here: Floats = padded[1 + down : 1 + down + rows, 1 + right : 1 + right + columns]
        across = padded[1 - down : 1 - down + rows, 1 - right : 1 - right + columns]
        instead = neighbour(down, 0) + neighbour(0, right) - heights if down and right else heights
        opposite = np.where(np.isnan(across), instead, 2 * heights - across)
        return np.where(np.isnan(here), opposite, here)

    weighted = [(-1, 1), (0, 2), (1, 1)]
    east = sum(weight * (neighbour(side, 1) - neighbour(side, -1)) for side, weight in weighted)
    south = sum(weight * (neighbour(1, side) - neighbour(-1, side)) for side, weight in weighted)
    steep: Floats = 100 * np.hypot(east, south) / (8 * elevation.cell)
    return np.where(np.isnan(heights), np.nan, steep)


def relief(elevation: Elevation, window: float) -> Floats:
    """Compute the relief around each cell (地形起伏度): the highest less the lowest height of a square window.

    Parameters
    ----------
    elevation : Elevation
        The heights.
    window : float
        Side of the window [m]; rounded up to an odd number of cells.

    Returns
    -------
    ndarray of float64
        Relief [m] on the cells, over the heights there are; nan where the cell itself has none.

    Raises
    ------
    BadValueError
        If the window is not wider than a cell.
    """
    if not elevation.cell < window < np.inf:
        raise BadValueError(f"起伏度窗口 {window} m 应大于像元 {elevation.cell:g} m。办法：加大窗口。")
    size = int(np.ceil(window / elevation.cell))
    size += 1 - size % 2
    known = np.isfinite(elevation.heights)
    high = ndimage.maximum_filter(np.where(known, elevation.heights, -np.inf), size, mode="constant", cval=-np.inf)
    low = ndimage.minimum_filter(np.where(known, elevation.heights, np.inf), size, mode="constant", cval=np.inf)
    difference: Floats = np.where(known, high, np.nan) - np.where(known, low, np.nan)
    return difference
