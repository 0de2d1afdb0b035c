"""Size and shape of parcels beside the bare vectorised calls, and beside a row at a time.

::

    python -m benchmarks.shapes FOLDER --parcels 10000 100000 1000000

The bare calls are what the measures cannot do without: area, length and the smallest rectangle of every shape, no check
of anything. The row at a time is an ``apply`` over the rows, with the coordinates of the rectangle taken in Python; it
is timed on a part of the rows, where it must agree, and scaled. Both are given shapes moved to their own origins,
outside the clock: far from the origin their smallest rectangle is off by a tenth of a millimetre. One parcel in a
thousand has two smallest rectangles of exactly the same area: ours is the one of the shorter outline, theirs either.
With ``OPENAVMKIT_PYTHON`` naming the interpreter of an environment with OpenAVMKit 0.7, its basic geometry is timed as
well, whole and without what the others do not measure, in its own process and on a part of the rows.
Parcels of several parts are left out: a width of two pieces together means nothing, and ours refuses them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import Polygon

from benchmarks import avm_peer
from benchmarks.timing import OURS, Call, Contest, Part, county, main
from landmarket.io.geoparquet import read_geoparquet
from landmarket.pricing.parcel_shape import shape_columns

COLUMNS = ["plane_area", "perimeter", "compactness", "shape_width", "shape_depth"]
BARE = "shapely 裸调用"
ROWS_SIDE = "逐行（pandas apply）"
AVM = f"{avm_peer.NAME}，基本几何"
AVM_STEPS = {AVM: "{}", f"{AVM}中的面积与形状": '{"basic": {"latlon": false, "polar": false}}'}
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
    if name in AVM_STEPS:
        # It measures in another projection, far from the origin, and tells how well the smallest rectangle is filled
        # as 1 − |R − A| / A.
        some = ours.loc[other.index]
        for mine, theirs in (("plane_area", "land_area_gis_sqm"), ("rectangularity", "geom_rectangularity_num")):
            told = some[mine] if mine == "plane_area" else 2 - 1 / some[mine]
            np.testing.assert_allclose(told, other[theirs], rtol=avm_peer.SHARE, atol=avm_peer.SHARE, err_msg=name)
        return
    mine = ours[COLUMNS].iloc[: len(other)].reset_index(drop=True)
    same = np.isclose(mine, other, rtol=1e-9, atol=1e-9).all(axis=1)
    # Of two rectangles of the same area ours is the one of the shorter outline, theirs that which rounding prefers.
    mine, other = mine[~same], other[~same]
    simple, sides = COLUMNS[:3], COLUMNS[3:]
    np.testing.assert_allclose(mine[simple], other[simple], rtol=1e-9, atol=1e-9, err_msg=name)
    np.testing.assert_allclose(mine[sides].prod(axis=1), other[sides].prod(axis=1), rtol=1e-7, err_msg=name)
    assert (mine[sides].sum(axis=1) < other[sides].sum(axis=1)).all(), name


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
    sides: dict[str, Call] = {
        OURS: lambda: shape_columns(parcels),
        BARE: lambda: bare(shapes),
        ROWS_SIDE: Part(lambda: some.apply(of_row), len(parcels) / len(some)),
    }
    if avm_peer.THERE:
        few, file = parcels.iloc[: avm_peer.ROWS], folder / "few_parcels.parquet"
        few.reset_index(names="key").to_parquet(file)
        for name, steps in AVM_STEPS.items():
            sides[name] = Part(partial(avm_peer.asked, file, steps), len(parcels) / len(few))
    bars = {name: bar for name, bar in ((BARE, 1 / 1.5), (AVM, 80.0)) if name in sides}
    question, target = "面积、周长、紧凑度、宽、深", "用时不超过裸调用的 1.5 倍"
    target += "，OpenAVMKit 的用时是它的 80 倍" if AVM in sides else ""
    return len(parcels), [Contest(question, target, sides, require_equal, bars)]


if __name__ == "__main__":
    main("benchmarks.shapes", "size and shape of parcels", contests)
