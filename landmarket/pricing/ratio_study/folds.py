"""Folds for testing compiled prices on sales they did not see (检验分组): no parcel in two folds."""

from __future__ import annotations

from collections.abc import Hashable
from hashlib import blake2b
from heapq import heapreplace

import geopandas as gpd
import numpy as np
import pandas as pd

from landmarket.errors import BadValueError, named_rows
from landmarket.pricing.ratio_study.spatial_tests import Points, coordinates


def grouped_folds(groups: pd.Series[str], *, folds: int, seed: int) -> pd.Series[int]:
    """Give each sale a fold such that all sales of one parcel share it (分组交叉检验).

    Parameters
    ----------
    groups : Series of str
        Parcel code, block or whatever else must stay together; not missing.
    folds : int
        How many folds. 5, and fold 0 is a fifth held out; as many as there are groups, and each is left out once.
    seed : int
        Seed.

    Returns
    -------
    Series of int
        0 to ``folds`` − 1, on the same index. The folds have as equal numbers of sales as whole groups allow by taking
        the largest group first; which of equal groups go where is a matter of the seed.

    Raises
    ------
    BadValueError
        If there are fewer groups than folds, fewer than two folds, or a group is missing.

    Notes
    -----
    The order of the rows does not matter. A price tested on a sale must be compiled without the sale's whole fold,
    weights and grades included: otherwise the parcel's other sales give the answer away.

    Examples
    --------
    >>> grouped_folds(pd.Series(["a", "a", "b", "c"]), folds=3, seed=1).nunique()
    3
    """
    missing = groups.isna()
    if missing.any():
        raise BadValueError(f"grouped_folds：分组缺失，{named_rows(groups.index[missing])}。办法：补全宗地代码或分块。")
    sizes = groups.value_counts(sort=False)
    if not 2 <= folds <= len(sizes):
        raise BadValueError(f"grouped_folds：{len(sizes)} 组分不成 {folds} 份。办法：份数在 2 与组数之间。")
    ordered = sorted(sizes.items(), key=lambda group: (-group[1], _digest(seed, group[0])))
    filled = [(0, fold) for fold in range(folds)]
    fold_of: dict[Hashable, int] = {}
    for group, size in ordered:
        sales, fold_of[group] = filled[0]
        heapreplace(filled, (sales + size, fold_of[group]))
    return groups.map(fold_of).astype("int64")


def spatial_blocks(points: Points, size: float) -> pd.Series[str]:
    """Name the square of the ground in which each point lies (空间分块), to keep neighbours in one fold.

    Parameters
    ----------
    points : GeoSeries of Point, or ndarray of shape (n, 2)
        Where the sales are, in projected coordinates [m].
    size : float
        Side of the squares [m]; wider than the reach of what makes neighbours alike.

    Returns
    -------
    Series of str
        ``column_row``, counted from the origin of the coordinates, so that other points do not move the squares; on
        the index of the points where they are a GeoSeries.

    Raises
    ------
    BadValueError
        If the size is not positive, or a point is missing, empty or not finite.
    CrsError
        If a GeoSeries has no or a geographic coordinate system.

    Examples
    --------
    >>> spatial_blocks(np.array([[10.0, 10.0], [990.0, 10.0], [1010.0, -10.0]]), 1000).tolist()
    ['0_0', '0_0', '1_-1']
    """
    if not 0 < size < np.inf:
        raise BadValueError(f"spatial_blocks：边长 {size} 不成立。办法：写大于 0 的米数，如 2000。")
    squares = np.floor(coordinates(points, "spatial_blocks") / size).astype(np.int64)
    names = [f"{column}_{row}" for column, row in squares.tolist()]
    index = points.index if isinstance(points, gpd.GeoSeries) else pd.RangeIndex(len(names))
    return pd.Series(names, index=index, dtype="str")


def _digest(seed: int, group: Hashable) -> bytes:
    return blake2b(f"{seed}|{group}".encode(), digest_size=16).digest()
