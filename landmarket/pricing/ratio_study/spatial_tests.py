"""Whether errors of neighbouring parcels are alike (空间自相关检验)."""

from __future__ import annotations

from math import erfc, sqrt
from typing import NamedTuple, TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.checks import require_projected, require_same_index
from landmarket.errors import BadValueError, named_rows
from landmarket.units import Floats

Points: TypeAlias = "gpd.GeoSeries | Floats"
Neighbours = npt.NDArray[np.intp]

_LEAST = 4
_ROUNDING = 1e-9


class MoranTest(NamedTuple):
    """Moran's I of values at points, and how far it is from chance (莫兰指数).

    Attributes
    ----------
    i : float
        The index; above its expectation where neighbours are alike.
    expectation, variance : float
        Of the index where the same values stand at random.
    z : float
        Distance from the expectation in standard deviations.
    p : float
        Two-sided probability by the normal distribution.
    p_permuted : float
        Two-sided probability by permutation, the observed order counted in.
    n, neighbours : int
        Points, and neighbours of each.
    """

    i: float
    expectation: float
    variance: float
    z: float
    p: float
    p_permuted: float
    n: int
    neighbours: int


def morans_i(
    values: pd.Series[float] | Floats, points: Points, *, seed: int, neighbours: int = 8, permutations: int = 999
) -> MoranTest:
    r"""Test by Moran's I whether neighbours have like values (莫兰指数).

    .. math:: I = \frac{n}{S_0} \frac{\sum_{ij} w_{ij} z_i z_j}{\sum_i z_i^2}, \qquad z_i = x_i - \bar x, \quad
        w_{ij} = \frac{1}{k} \text{ for the } k \text{ nearest points of } i

    Parameters
    ----------
    values : Series or ndarray of float
        For example the ratios less their median; finite, not all equal.
    points : GeoSeries of Point, or ndarray of shape (n, 2)
        Where they are, in projected coordinates [m]; same index where both have one.
    seed : int
        Seed of the permutations, not negative.
    neighbours : int, default 8
        Nearest points k that count as neighbours.
    permutations : int, default 999
        How often the values are shuffled.

    Returns
    -------
    MoranTest
        Index, expectation and variance under randomisation, and both probabilities.

    Raises
    ------
    BadValueError
        If there are fewer than four points or than k + 2, a value is not finite, all are equal, a point is missing
        or not finite, or there is no permutation.
    CrsError
        If a GeoSeries has no or a geographic coordinate system.
    IndexMismatchError
        If values and points have different indexes.

    Notes
    -----
    Cliff and Ord (1981): with :math:`S_1 = \frac12 \sum_{ij} (w_{ij} + w_{ji})^2`,
    :math:`S_2 = \sum_i (w_{i \cdot} + w_{\cdot i})^2` and the kurtosis :math:`b = n \sum z^4 / (\sum z^2)^2`,

    .. math:: E[I] = \frac{-1}{n - 1}, \qquad E[I^2] = \frac{n [(n^2 - 3n + 3) S_1 - n S_2 + 3 S_0^2]
        - b [(n^2 - n) S_1 - 2 n S_2 + 6 S_0^2]}{(n - 1)(n - 2)(n - 3) S_0^2}

    Of points equally far, which count as nearest is a matter of their order.
    """
    if isinstance(values, pd.Series) and isinstance(points, gpd.GeoSeries):
        require_same_index(values.to_frame(), points.to_frame("geometry"), "morans_i")
    places = coordinates(points, "morans_i")
    z = _centred(values, len(places))
    if not 1 <= neighbours <= len(z) - 2:
        raise BadValueError(
            f"morans_i：{len(z)} 个点取 {neighbours} 个邻点不成立：各点都相邻时指数是常数。"
            f"办法：邻点数在 1 与 {len(z) - 2} 之间。"
        )
    near = nearest(places, neighbours)
    if permutations < 1:
        raise BadValueError(f"morans_i：置换 {permutations} 次不成立。办法：通常 999 次。")
    n, square = len(z), float((z * z).sum())
    index = _index(z, near, square)
    expectation, variance = -1 / (n - 1), _variance(z, near)
    generator = np.random.Generator(np.random.PCG64(seed))
    distance = abs(index - expectation) * (1 - _ROUNDING)
    farther = 0
    shuffled = z.copy()
    for _ in range(permutations):
        generator.shuffle(shuffled)
        farther += abs(_index(shuffled, near, square) - expectation) >= distance
    score = (index - expectation) / sqrt(variance)
    return MoranTest(
        i=index,
        expectation=expectation,
        variance=variance,
        z=score,
        p=erfc(abs(score) / sqrt(2)),
        p_permuted=(farther + 1) / (permutations + 1),
        n=n,
        neighbours=neighbours,
    )


def nearest(places: Floats, count: int) -> Neighbours:
    """Find the nearest other points of each point.

    Parameters
    ----------
    places : ndarray of float, shape (n, 2)
        Coordinates [m].
    count : int
        How many.

    Returns
    -------
    ndarray of int, shape (n, count)
        Positions, nearest first; never the point itself, though another point at the same place may be.

    Raises
    ------
    BadValueError
        If there are not so many other points.
    """
    from scipy.spatial import cKDTree

    n = len(places)
    if not 1 <= count < n:
        raise BadValueError(f"nearest：{n} 个点没有 {count} 个邻点。办法：邻点数在 1 与 {n - 1} 之间。")
    _, found = cKDTree(places).query(places, k=count + 1)
    others = found != np.arange(n)[:, None]
    others[others.all(axis=1), -1] = False
    near: Neighbours = found[others].reshape(n, count)
    return near


def coordinates(points: Points, needed_by: str) -> Floats:
    """Read the coordinates of points.

    Parameters
    ----------
    points : GeoSeries of Point, or ndarray of shape (n, 2)
        Points in projected coordinates.
    needed_by : str
        The function that needs them, for the message.

    Returns
    -------
    ndarray of float, shape (n, 2)
        Coordinates [m].

    Raises
    ------
    BadValueError
        If one is missing, empty, not a point or not finite; rows are named.
    CrsError
        If a GeoSeries has no or a geographic coordinate system.
    """
    if isinstance(points, gpd.GeoSeries):
        require_projected(gpd.GeoDataFrame(geometry=points), needed_by)
        other = ~points.geom_type.eq("Point").to_numpy() | points.is_empty.to_numpy()
        if other.any():
            rows = named_rows(points.index[other])
            raise BadValueError(f"{needed_by}：不是点，{rows}。办法：用 .representative_point() 取宗地的内点。")
        return np.column_stack([points.x, points.y]).astype(np.float64)
    places = np.asarray(points, dtype=np.float64)
    if places.ndim != 2 or places.shape[1] != 2:
        raise BadValueError(f"{needed_by}：坐标数组的形状是 {places.shape}。办法：每行一个点，两列为 x、y。")
    bad = ~np.isfinite(places).all(axis=1)
    if bad.any():
        raise BadValueError(
            f"{needed_by}：坐标不是有限数，{named_rows(np.flatnonzero(bad).tolist())}。办法：补全坐标。"
        )
    return places


def _centred(values: pd.Series[float] | Floats, n: int) -> Floats:
    """Values less their mean, checked."""
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.shape != (n,):
        raise BadValueError(f"morans_i：值 {numbers.shape}，点 {n} 个。办法：两者应逐点对应。")
    if n < _LEAST:
        raise BadValueError(f"morans_i：只有 {n} 个点，至少要 {_LEAST} 个。办法：补充样点。")
    bad = ~np.isfinite(numbers)
    if bad.any():
        index = values.index if isinstance(values, pd.Series) else pd.RangeIndex(n)
        raise BadValueError(
            f"morans_i：值不是有限数，{named_rows(index[bad], numbers[bad].tolist())}。办法：先剔除并说明。"
        )
    if not np.ptp(numbers):
        raise BadValueError("morans_i：值全部相同，指数无定义。办法：不必检验。")
    centred: Floats = numbers - numbers.mean()
    return centred


def _index(z: Floats, near: Neighbours, square: float) -> float:
    """Moran's index: the weights of each point add up to 1, hence S₀ = n."""
    return float((z * z[near].mean(axis=1)).sum() / square)


def _variance(z: Floats, near: Neighbours) -> float:
    """Variance of the index under randomisation."""
    n, k = near.shape
    pairs = np.arange(n)[:, None] * n + near
    back = near * n + np.arange(n)[:, None]
    mutual = int(np.isin(pairs, back).sum())
    s0, s1 = float(n), (n * k + mutual) / k**2
    s2 = float(((1 + np.bincount(near.ravel(), minlength=n) / k) ** 2).sum())
    kurtosis = n * float((z**4).sum()) / float((z * z).sum()) ** 2
    cubed = (n - 1) * (n - 2) * (n - 3)
    first = n * ((n * n - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
    second = kurtosis * ((n * n - n) * s1 - 2 * n * s2 + 6 * s0**2)
    return float((first - second) / (cubed * s0**2) - 1 / (n - 1) ** 2)
