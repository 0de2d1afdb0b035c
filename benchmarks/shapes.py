"""Size and shape of parcels beside the bare vectorised calls, and beside a row at a time.

::

    python -m benchmarks.shapes FOLDER --parcels 10000 100000 1000000

The bare calls are what the measures cannot do without: area, length and the smallest rectangle of every shape, no check
of anything. The row at a time is the way OpenAVMKit 0.7 does it, to judge by what it publishes: an ``apply`` over the
rows, with the coordinates of the rectangle taken in Python. It is timed on a part of the rows, where it must agree, and
scaled. Both are given shapes already moved to their own origins, outside the clock: far from the origin the smallest
rectangle is off by a tenth of a millimetre, and of two that are nearly as small now and then the other one is taken.
Parcels of several parts are left out: a width of two pieces together means nothing, and ours refuses them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import Polygon

from benchmarks.timing import OURS, Contest, Part, county, main
from landmarket.io.geoparquet import read_geoparquet
from landmarket.pricing.parcel_shape import shape_columns

COLUMNS = ["plane_area", "perimeter", "compactness", "shape_width", "shape_depth"]
BARE = "shapely 裸调用"
ROWS = 5000
"""How many parcels are measured a row at a time."""


def bare(shapes: np.ndarray) -> pd.DataFrame:
    """The same measures by the vectorised calls alone."""
    area, perimeter = shapely.area(shapes), shapely.length(shapes)
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(shapes)).reshape(len(shapes), 5, 2)
    sides = np.linalg.norm(corners[:, 1:3] - corners[:, :2], axis=2)
    values = (area, perimeter, 4 * np.pi * area / perimeter**2, sides.min(axis=1), sides.max(axis=1))
    return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)))


def of_row(shape: Polygon) -> pd.Series:
    """The same measures of one shape, in Python."""
    x, y = shape.minimum_rotated_rectangle.exterior.coords.xy
    sides = [float(np.hypot(x[i + 1] - x[i], y[i + 1] - y[i])) for i in (0, 1)]
    compactness = 4 * np.pi * shape.area / shape.length**2
    return pd.Series([shape.area, shape.length, compactness, min(sides), max(sides)], index=COLUMNS)


def require_equal(ours: object, name: str, other: object) -> None:
    """Stop unless the measures agree."""
    assert isinstance(ours, pd.DataFrame)
    assert isinstance(other, pd.DataFrame)
    np.testing.assert_allclose(ours[COLUMNS].iloc[: len(other)], other, rtol=1e-9, atol=1e-9, err_msg=name)


def moved(shapes: np.ndarray) -> np.ndarray:
    """Shapes with the lower left corner of their box at the origin."""
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    return np.asarray(shapely.set_coordinates(shapes.copy(), coordinates - shapely.bounds(shapes)[owner, :2]))


def contests(root: Path, size: int) -> tuple[int, Sequence[Contest]]:
    """What is asked about a county."""
    folder = county(root, size)
    parcels = read_geoparquet(folder / "parcels.parquet")[["parcel_code", "geometry"]].set_index("parcel_code")
    parcels = gpd.GeoDataFrame(parcels[shapely.get_num_geometries(parcels.geometry.to_numpy()) == 1])
    shapes = moved(parcels.geometry.to_numpy())
    some = pd.Series(shapes[:ROWS])
    sides = {
        OURS: lambda: shape_columns(parcels),
        BARE: lambda: bare(shapes),
        "逐行（OpenAVMKit 0.7 的做法）": Part(lambda: some.apply(of_row), len(parcels) / len(some)),
    }
    question, target = "面积、周长、紧凑度、宽、深", "不超过裸调用的 1.5 倍"
    return len(parcels), [Contest(question, target, sides, require_equal, {BARE: 1 / 1.5})]


if __name__ == "__main__":
    main("benchmarks.shapes", "size and shape of parcels", contests)
