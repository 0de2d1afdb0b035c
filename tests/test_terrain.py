"""Slope and relief, against planes, hills and windows whose answers are known."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pyproj import CRS, Transformer

from landmarket.errors import BadValueError, CrsError, ReadError
from landmarket.pricing.factors import Elevation, read_elevation, relief, slope
from tests.hunting import examples

# rasterio 1.4 multiplies transforms in a way that affine 3.1 is going to deprecate
pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")

METRES = CRS.from_epsg(4547)
WEST, NORTH = 437_000.0, 3_790_000.0
Heights = np.ndarray


def elevation(heights: Heights, cell: float = 30.0) -> Elevation:
    return Elevation(np.asarray(heights, dtype=float), WEST, NORTH, cell, METRES, "test")


def write(path: Path, heights: Heights, *, crs: str | None = "EPSG:4547", **profile: object) -> Path:
    bands = heights if heights.ndim == 3 else heights[None]
    stated = {
        "driver": "GTiff",
        "dtype": "float64",
        "count": len(bands),
        "height": bands.shape[1],
        "width": bands.shape[2],
        "crs": crs,
        "transform": Affine(30, 0, WEST, 0, -30, NORTH),
    } | profile
    with rasterio.open(path, "w", **stated) as file:
        file.write(bands.astype(stated["dtype"]))
    return path


def centres(transform: Affine, rows: int, columns: int) -> tuple[Heights, Heights]:
    """Coordinates of the middle of each cell."""
    row, column = np.mgrid[:rows, :columns] + 0.5
    a, b, c, d, e, f = transform[:6]
    return a * column + b * row + c, d * column + e * row + f


def plane(rows: int, columns: int, east: float, north: float, cell: float = 30.0) -> Heights:
    row, column = np.mgrid[:rows, :columns]
    return 400 + cell * (east * column - north * row)


@settings(max_examples=examples(50), deadline=None)
@given(st.integers(2, 7), st.integers(2, 7), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5), st.floats(1, 200))
def test_a_tilted_plane_is_as_steep_everywhere(rows: int, columns: int, east: float, north: float, cell: float) -> None:
    steep = slope(elevation(plane(rows, columns, east, north, cell), cell))
    np.testing.assert_allclose(steep, 100 * math.hypot(east, north), atol=1e-6)


@settings(max_examples=examples(40), deadline=None)
@given(st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=6), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_beside_gaps_a_plane_is_as_steep(gaps: set[tuple[int, int]], east: float, north: float) -> None:
    heights = plane(7, 7, east, north)
    for gap in gaps:
        heights[gap] = np.nan
    steep = slope(elevation(heights))
    known = np.isfinite(np.pad(heights, 1, constant_values=np.nan))
    beside = (known[1:-1, :-2] | known[1:-1, 2:]) & (known[:-2, 1:-1] | known[2:, 1:-1]) & known[1:-1, 1:-1]
    np.testing.assert_allclose(steep[beside], 100 * math.hypot(east, north), atol=1e-6)
    assert np.isnan(steep[np.isnan(heights)]).all()
    assert np.isfinite(steep[np.isfinite(heights)]).all()


def test_slope_by_hand() -> None:
    # Horn: ((3 + 2·6 + 9) − (1 + 2·4 + 7)) / 8 and ((7 + 2·8 + 9) − (1 + 2·2 + 3)) / 8 of a cell of 10 m
    east, south = (24 - 16) / 80, (32 - 8) / 80
    steep = slope(elevation(np.arange(1.0, 10.0).reshape(3, 3), 10.0))
    assert steep[1, 1] == pytest.approx(100 * math.hypot(east, south))
    assert slope(elevation(np.array([[500.0]]))).tolist() == [[0.0]]
    # one row: nothing is known across it
    assert slope(elevation(np.array([[0.0, 3.0, 6.0]]))).tolist() == [[10.0, 10.0, 10.0]]


def test_horn_over_all_windows() -> None:
    heights = np.random.default_rng(5).uniform(100, 900, (9, 11))
    steep = slope(elevation(heights))
    for row in range(1, 8):
        for column in range(1, 10):
            z = heights[row - 1 : row + 2, column - 1 : column + 2]
            east = (z[0, 2] + 2 * z[1, 2] + z[2, 2] - z[0, 0] - 2 * z[1, 0] - z[2, 0]) / 240
            south = (z[2, 0] + 2 * z[2, 1] + z[2, 2] - z[0, 0] - 2 * z[0, 1] - z[0, 2]) / 240
            assert steep[row, column] == pytest.approx(100 * math.hypot(east, south), rel=1e-12)


sizes = st.tuples(st.integers(1, 8), st.integers(1, 8))
rasters = arrays.arrays(float, sizes, elements=st.integers(0, 900).map(float) | st.just(math.nan))


@settings(max_examples=examples(40), deadline=None)
@given(rasters, st.sampled_from([30.5, 61.0, 89.0, 90.0, 91.0, 150.0, 1000.0]))
def test_relief_is_highest_less_lowest_of_the_window(heights: Heights, window: float) -> None:
    found = relief(elevation(heights), window)
    reach = math.ceil(window / 30) // 2  # an odd number of cells, at least as wide as the window
    assert (2 * reach + 1) * 30 >= window
    for row, column in np.ndindex(heights.shape):
        near = heights[max(row - reach, 0) : row + reach + 1, max(column - reach, 0) : column + reach + 1]
        if math.isnan(heights[row, column]):
            assert math.isnan(found[row, column])
        else:
            assert found[row, column] == np.nanmax(near) - np.nanmin(near)


@pytest.mark.parametrize("window", [30.0, 0.0, -90.0, math.nan, math.inf])
def test_a_window_is_wider_than_a_cell(window: float) -> None:
    with pytest.raises(BadValueError, match="起伏度窗口"):
        relief(elevation(plane(3, 3, 0.1, 0.1)), window)


def test_values_are_read_where_the_point_lies() -> None:
    ground = elevation(np.arange(6.0).reshape(2, 3))
    points = [(1, -1), (29.9, -29.9), (30, -30), (89, -59), (-0.1, -1), (90, -1), (1, 0.1), (1, -60)]
    read = ground.at(ground.heights, np.array([(WEST + x, NORTH + y) for x, y in points]))
    np.testing.assert_equal(read, [0, 0, 4, 5, np.nan, np.nan, np.nan, np.nan])
    assert repr(ground) == "<Elevation 2×3，30 m，test>"


def test_heights_of_a_raster_in_the_wanted_system_are_kept(tmp_path: Path) -> None:
    heights = plane(5, 6, 0.1, 0.05)
    heights[2, 3] = -9999
    read = read_elevation(write(tmp_path / "a.tif", heights, nodata=-9999), METRES)
    np.testing.assert_array_equal(read.heights, np.where(heights == -9999, np.nan, heights))
    assert (read.west, read.north, read.cell, read.crs) == (WEST, NORTH, 30.0, METRES)
    whole = read_elevation(write(tmp_path / "b.tif", np.arange(30).reshape(5, 6), dtype="int16"), METRES)
    assert whole.heights.tolist() == np.arange(30.0).reshape(5, 6).tolist()


def hill(x: Heights, y: Heights, spread: float = 900.0, top: float = 300.0) -> tuple[Heights, Heights]:
    """A smooth hill in the middle of the sample county: its height, and its slope [%] by calculus."""
    away = np.hypot(x - WEST, y - NORTH)
    height = top * np.exp(-(away**2) / (2 * spread**2))
    return 200 + height, 100 * height * away / spread**2


@pytest.mark.parametrize(
    ("epsg", "cell"),
    [("EPSG:4490", 1 / 3600), ("EPSG:4326", 1 / 3600), ("EPSG:4548", 30.0), ("EPSG:32649", 25.0)],
)
def test_a_raster_in_another_system_is_brought_over(tmp_path: Path, epsg: str, cell: float) -> None:
    over = Transformer.from_crs("EPSG:4547", epsg, always_xy=True)
    back = Transformer.from_crs(epsg, "EPSG:4547", always_xy=True)
    x, y = over.transform(WEST, NORTH)
    half = 130
    transform = Affine(cell, 0, x - half * cell, 0, -cell, y + half * cell)
    east, north = back.transform(*centres(transform, 2 * half, 2 * half))
    path = write(tmp_path / "hill.tif", hill(east, north)[0], crs=epsg, transform=transform)
    read = read_elevation(path, METRES)
    assert read.cell == pytest.approx(28 if cell < 1 else cell, rel=0.1)
    rng = np.random.default_rng(0)
    row, column = rng.integers(20, min(read.heights.shape) - 20, (2, 2000))
    points = np.stack([read.west + (column + 0.5) * read.cell, read.north - (row + 0.5) * read.cell], axis=1)
    points = points[np.abs(points - [WEST, NORTH]).max(axis=1) < 2500]
    assert len(points) > 500
    height, steep = hill(points[:, 0], points[:, 1])
    np.testing.assert_allclose(read.at(read.heights, points), height, atol=0.5)
    off = read.at(slope(read), points) - steep
    # of slopes up to 20 %: bilinear resampling is off by a seventh of one per cent on the whole
    assert math.sqrt(np.mean(off**2)) < 0.2
    assert np.abs(off).max() < 1.2


@pytest.mark.parametrize(
    "transform",
    [Affine(30, 0, WEST, 0, -20, NORTH), Affine(30, 0, WEST, 0, 30, NORTH - 900), Affine(30, 4, WEST, 4, -30, NORTH)],
    ids=["oblong cells", "south up", "turned"],
)
def test_cells_that_are_no_upright_squares_are_resampled(tmp_path: Path, transform: Affine) -> None:
    x, y = centres(transform, 31, 31)
    path = write(tmp_path / "a.tif", 400 + 0.1 * (x - WEST) + 0.05 * (y - NORTH), transform=transform)
    read = read_elevation(path, METRES)
    middle = np.array([(x[15, 15], y[15, 15])])
    assert read.at(read.heights, middle)[0] == pytest.approx(
        400 + 0.1 * (middle[0, 0] - WEST) + 0.05 * (middle[0, 1] - NORTH), abs=4
    )
    assert read.at(slope(read), middle)[0] == pytest.approx(100 * math.hypot(0.1, 0.05), abs=0.05)


def test_rasters_that_cannot_be_used(tmp_path: Path) -> None:
    flat = plane(4, 4, 0, 0)
    with pytest.raises(ReadError, match="不能作为栅格读取"):
        read_elevation(tmp_path / "none.tif", METRES)
    (tmp_path / "text.tif").write_text("no raster", encoding="utf-8")
    with pytest.raises(ReadError, match="不能作为栅格读取"):
        read_elevation(tmp_path / "text.tif", METRES)
    inner = write(tmp_path / "inner.tif", flat)
    names_another = tmp_path / "names_another.tif"  # GDAL would follow it by its content
    with rasterio.open(inner) as raster:
        rasterio.shutil.copy(raster, names_another, driver="VRT")
    with pytest.raises(ReadError, match="不能作为栅格读取"):
        read_elevation(names_another, METRES)
    with pytest.raises(ReadError, match="有 3 个波段"):
        read_elevation(write(tmp_path / "rgb.tif", np.stack([flat] * 3)), METRES)
    with pytest.raises(CrsError, match="栅格没有坐标系"):
        read_elevation(write(tmp_path / "bare.tif", flat, crs=None), METRES)
    with pytest.raises(ReadError, match="没有一个像元有高程"):
        read_elevation(write(tmp_path / "void.tif", np.full((4, 4), -9999.0), nodata=-9999), METRES)
    with pytest.raises(ReadError, match="没有一个像元有高程"):
        read_elevation(write(tmp_path / "nan.tif", np.full((4, 4), math.nan)), METRES)
    with pytest.raises(CrsError, match="以度为单位"):
        read_elevation(write(tmp_path / "flat.tif", flat), CRS.from_epsg(4490))


@pytest.mark.parametrize("odd", [-32768.0, -9999.0, 65535.0, math.inf])
def test_a_nodata_value_that_is_not_stated_is_no_height(tmp_path: Path, odd: float) -> None:
    heights = plane(4, 4, 0.1, 0)
    heights[0, 0] = odd
    with pytest.raises(ReadError, match=r"1 个像元的高程不可能.*没有写明的无数据值"):
        read_elevation(write(tmp_path / "a.tif", heights), METRES)
