"""Folds of samples, at random or by block of land, to judge a price model on land it has not seen (样点分组)."""

from __future__ import annotations

from hashlib import blake2b

import geopandas as gpd
import numpy as np
import pandas as pd

from landmarket.checks import require_projected, require_unique_index
from landmarket.errors import BadValueError


def random_folds(samples: pd.DataFrame, count: int, *, seed: int) -> pd.Series[int]:
    """Deal the samples into folds of equal size (随机分组).

    Parameters
    ----------
    samples : DataFrame
        The samples, index unique.
    count : int
        Number of folds, at least 2.
    seed : int
        Decides the draw; the order of rows does not.

    Returns
    -------
    Series of int
        Fold of each sample, 0 to count − 1, on the same index.

    Raises
    ------
    BadValueError
        If there are fewer than 2 folds, fewer samples than folds, or a repeated index value.
    """
    require_unique_index(samples, "random_folds")
    _require_enough(len(samples), count, "样点")
    drawn = np.argsort(np.argsort([_hash(seed, str(code)) for code in samples.index]))
    return pd.Series(drawn % count, index=samples.index, name="fold", dtype=np.int64)


def block_folds(samples: gpd.GeoDataFrame, side: float, count: int, *, seed: int) -> pd.Series[int]:
    """Deal square blocks of land into folds, so that no block is in two of them (按地块网格分组).

    Parameters
    ----------
    samples : GeoDataFrame
        The samples, index unique, in a projected coordinate system.
    side : float
        Side of a block [m].
    count : int
        Number of folds, at least 2.
    seed : int
        Decides the draw; the order of rows does not.

    Returns
    -------
    Series of int
        Fold of each sample, 0 to count − 1, on the same index. The largest blocks are dealt first, each to the fold
        with the fewest samples.

    Raises
    ------
    BadValueError
        If the side is not positive, there are fewer blocks than folds, or a repeated index value.
    CrsError
        If the coordinates are in degrees or of no known system.
    """
    require_unique_index(samples, "block_folds")
    require_projected(samples, "block_folds")
    if not 0 < side < np.inf:
        raise BadValueError(f"block_folds：网格边长 {side} 应为正数。办法：以米给出，如 5000。")
    places = samples.geometry.representative_point()
    blocks = [f"{int(x // side)}/{int(y // side)}" for x, y in zip(places.x, places.y, strict=True)]
    sizes = pd.Series(blocks).value_counts()
    _require_enough(len(sizes), count, "网格")
    filled, fold_of = [0] * count, {}
    for block in sorted(sizes.index, key=lambda name: (-sizes[name], _hash(seed, name))):
        fold_of[block] = int(np.argmin(filled))
        filled[fold_of[block]] += int(sizes[block])
    return pd.Series([fold_of[block] for block in blocks], index=samples.index, name="fold", dtype=np.int64)


def _require_enough(things: int, count: int, what: str) -> None:
    if count < 2 or things < count:
        raise BadValueError(f"分组：{things} 个{what}不能分成 {count} 组。办法：组数至少 2，且不多于{what}数。")


def _hash(seed: int, name: str) -> bytes:
    return blake2b(f"{seed}\n{name}".encode(), digest_size=16).digest()
