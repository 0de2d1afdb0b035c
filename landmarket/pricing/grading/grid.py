"""The grid on which land is scored (评价网格), and its surfaces as GeoTIFF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import rasterio
import shapely
from affine import Affine
from rasterio.features import rasterize

from landmarket.checks import require_projected
from landmarket.errors import BadValueError, named_rows
from landmarket.io.whole import file_beside
from landmarket.pricing.kinds import Floats

NODATA = -9999.0
"""Value of cells without a score in a surface file."""

_MOST_CELLS = 50_000_000


@dataclass(frozen=True, eq=False, repr=False)
class ScoreGrid:
    """Square cells over the scored area (评价网格).

    Attributes
    ----------
    cells : GeoDataFrame
        Centre of each cell of the area as a point, numbered from 0 row by row from the north-west; with ``unit``, the
        index of the village it lies in.
    places : ndarray of int64
        Place of each of these cells in the whole raster, row by row.
    west, north : float
        Outer corner of the raster [m].
    cell : float
        Side of a cell [m].
    rows, columns : int
        Size of the raster.
    """

    cells: gpd.GeoDataFrame
    places: npt.NDArray[np.int64]
    west: float
    north: float
    cell: float
    rows: int
    columns: int

    def __repr__(self) -> str:
        """Tell the size instead of printing the cells."""
        return f"<ScoreGrid {self.rows}×{self.columns}，{self.cell:g} m，区内 {len(self.cells)} 格>"

    @property
    def transform(self) -> Affine:
        """The raster's georeference, as rasterio takes it."""
        return Affine(self.cell, 0, self.west, 0, -self.cell, self.north)

    def raster(self, values: pd.Series[float]) -> Floats:
        """Lay values of the cells out as a raster.

        Parameters
        ----------
        values : Series
            On the index of ``cells``.

        Returns
        -------
        ndarray of float64, shape (rows, columns)
            nan outside the area.
        """
        whole = np.full(self.rows * self.columns, np.nan)
        whole[self.places] = values.reindex(self.cells.index).to_numpy(dtype=np.float64)
        return whole.reshape(self.rows, self.columns)

    def unit_means(self, values: pd.DataFrame) -> pd.DataFrame:
        """Average the cells of each village.

        Parameters
        ----------
        values : DataFrame
            Numbers on the index of ``cells``.

        Returns
        -------
        DataFrame
            One row a village, in the order of their first cells; cells without a value do not count.
        """
        return values.groupby(self.cells["unit"].to_numpy(), sort=False).mean()


def score_grid(villages: gpd.GeoDataFrame, cell: float) -> ScoreGrid:
    """Lay a grid over the villages (评价网格).

    Parameters
    ----------
    villages : GeoDataFrame
        Polygons with a unique index, projected [m].
    cell : float
        Side of a cell [m]; the corners of the cells lie on its multiples.

    Returns
    -------
    ScoreGrid
        A cell belongs to the village that its centre lies in.

    Raises
    ------
    CrsError
        If the coordinate system is missing or in degrees.
    BadValueError
        If the cell is not a positive number, so small that the grid cannot be held, or so large that a village has no
        cell; or if a shape is missing or villages are named twice.
    """
    crs = require_projected(villages, "score_grid")
    shapes = villages.geometry.to_numpy()
    lost = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if lost.any() or not villages.index.is_unique or not len(villages):
        listed = named_rows(villages.index[lost | villages.index.duplicated()])
        raise BadValueError(f"村界没有图形或代码重复，{listed}。办法：先改正村界图层。")
    west, south, east, north = shapely.total_bounds(shapes)
    if not (0 < cell < np.inf and (east - west) * (north - south) / cell**2 < _MOST_CELLS):
        raise BadValueError(f"网格边长 {cell} m 不能用：全县格数应少于 {_MOST_CELLS:,}。办法：取 50—200 m。")
    west, north = np.floor(west / cell) * cell, np.ceil(north / cell) * cell
    columns, rows = int(np.ceil((east - west) / cell)), int(np.ceil((north - south) / cell))
    transform = Affine(cell, 0, west, 0, -cell, north)
    numbered = zip(shapes, range(1, len(shapes) + 1), strict=True)
    owner = rasterize(numbered, out_shape=(rows, columns), transform=transform, fill=0, dtype="int32").ravel()
    empty = np.setdiff1d(np.arange(1, len(shapes) + 1), owner) - 1
    if len(empty):
        raise BadValueError(
            f"网格边长 {cell:g} m 太大，这些村没有一个格子，{named_rows(villages.index[empty])}。办法：减小网格边长。"
        )
    places = np.flatnonzero(owner)
    row, column = np.divmod(places, columns)
    points = shapely.points(west + (column + 0.5) * cell, north - (row + 0.5) * cell)
    unit = villages.index.to_numpy()[owner[places] - 1]
    cells = gpd.GeoDataFrame({"unit": unit}, geometry=points, crs=crs)
    return ScoreGrid(cells, places, float(west), float(north), float(cell), rows, columns)


def write_surfaces(path: Path, grid: ScoreGrid, surfaces: pd.DataFrame) -> None:
    """Write surfaces as a GeoTIFF, one named band each.

    Parameters
    ----------
    path : Path
        The ``.tif`` file.
    grid : ScoreGrid
        Where the cells lie.
    surfaces : DataFrame
        Values of the cells, one column a band.

    Raises
    ------
    BadValueError
        If there is no surface.
    OutputError
        If the file cannot be written.

    Notes
    -----
    float32, `NODATA` outside the area and where there is no score; QGIS shows the bands by the names of the columns.
    """
    if not len(surfaces.columns):
        raise BadValueError(f"{path}：没有要写的作用分面。办法：先计算作用分。")
    profile = {
        "driver": "GTiff",
        "dtype": "float32",
        "nodata": NODATA,
        "width": grid.columns,
        "height": grid.rows,
        "count": len(surfaces.columns),
        "crs": require_projected(grid.cells, "write_surfaces").to_wkt(),
        "transform": grid.transform,
        "compress": "deflate",
        "predictor": 3,
        "tiled": True,
    }
    names: Sequence[str] = [str(name) for name in surfaces.columns]
    with file_beside(path) as part:
        with rasterio.open(part, "w", **profile) as file:
            for band, name in enumerate(names, start=1):
                values = grid.raster(surfaces[surfaces.columns[band - 1]])
                file.write(np.where(np.isfinite(values), values, NODATA).astype(np.float32), band)
                file.set_band_description(band, name)
        _read_back(part)


def _read_back(path: Path) -> None:
    """Read what was written: GDAL says nothing of a disk that fills up while it closes the file."""
    try:
        with rasterio.open(path) as file:
            for band in file.indexes:
                file.read(band)
    except rasterio.errors.RasterioIOError as error:
        raise OSError(f"没有写全，多半是磁盘已满（{error}）") from error
