"""Scores of location factors (因素作用分): decay with distance, influence radii, size, area factors.

A score lies between 0 and 100. What the rules leave to the county (scores, radii, ranges) is an argument.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import pandas as pd

from landmarket.errors import BadValueError, IndexMismatchError, named_rows
from landmarket.pricing.kinds import Floats, Numbers, leading, row_names, same_rows, shaped

BEST = 100.0
"""The highest score."""


class Decay(StrEnum):
    """How a score falls with distance (衰减方式)."""

    LINEAR = "linear"
    EXPONENTIAL = "exponential"


def linear_decay(score: Numbers, distance: Numbers, radius: Numbers) -> Numbers:
    r"""Compute a score that falls evenly with distance (直线衰减).

    .. math:: e = F (1 - r), \quad r = d / D; \qquad e = 0 \text{ for } r > 1

    Parameters
    ----------
    score : float, ndarray or Series
        Score at the facility itself, F, above 0 and at most 100.
    distance : float, ndarray or Series
        Distance d, in the unit of the radius; infinite where the facility cannot be reached.
    radius : float, ndarray or Series
        Influence radius D.

    Returns
    -------
    float, ndarray or Series
        Score; on the index of a Series, as an array of an array.

    Raises
    ------
    BadValueError
        If a score, distance or radius is missing or out of range.
    IndexMismatchError
        If two Series are of different rows, or values of different lengths.

    Notes
    -----
    GB/T 18507-2014 (from memory), and teaching texts that print it.

    Examples
    --------
    >>> linear_decay(60.0, 1000.0, 4000.0)
    45.0
    """
    strength, relative = _checked(score, distance, radius)
    return shaped(linear(strength, relative), leading(distance, score, radius))


def exponential_decay(score: Numbers, distance: Numbers, radius: Numbers) -> Numbers:
    r"""Compute a score that falls fast near the facility (指数衰减), as commercial prosperity does.

    .. math:: e = F^{1 - r}, \quad r = d / D; \qquad e = 0 \text{ for } r > 1

    Parameters
    ----------
    score : float, ndarray or Series
        Score at the facility itself, F, above 0 and at most 100.
    distance : float, ndarray or Series
        Distance d, in the unit of the radius; infinite where the facility cannot be reached.
    radius : float, ndarray or Series
        Influence radius D.

    Returns
    -------
    float, ndarray or Series
        Score; on the index of a Series, as an array of an array. At the edge, r = 1, it is 1 and drops to 0 beyond:
        the formula is like that.

    Raises
    ------
    BadValueError
        If a score, distance or radius is missing or out of range.
    IndexMismatchError
        If two Series are of different rows, or values of different lengths.

    Notes
    -----
    GB/T 18507-2014 (from memory), and teaching texts that print it. Below a score of 1 the formula rises with distance;
    `landmarket.pricing.factors.point_scores` refuses such facilities.

    Examples
    --------
    A published answer prints 15.33:

    >>> round(exponential_decay(60.0, 1000.0, 3000.0), 4)
    15.3262
    """
    strength, relative = _checked(score, distance, radius)
    return shaped(exponential(strength, relative), leading(distance, score, radius))


def linear(score: Floats, relative: Floats) -> Floats:
    """Compute `linear_decay` of checked values.

    Parameters
    ----------
    score, relative : ndarray of float64
        Scores, and distances over radii.

    Returns
    -------
    ndarray of float64
        Scores.
    """
    within: Floats = np.where(relative > 1, 0.0, score * (1 - np.minimum(relative, 1.0)))
    return within


def exponential(score: Floats, relative: Floats) -> Floats:
    """Compute `exponential_decay` of checked values.

    Parameters
    ----------
    score, relative : ndarray of float64
        Scores, and distances over radii.

    Returns
    -------
    ndarray of float64
        Scores.
    """
    within: Floats = np.where(relative > 1, 0.0, score ** (1 - np.minimum(relative, 1.0)))
    return within


FORMULAS = {Decay.LINEAR: linear, Decay.EXPONENTIAL: exponential}


def _checked(score: Numbers, distance: Numbers, radius: Numbers) -> tuple[Floats, Floats]:
    """Refuse what no decay can be computed from; give scores and relative distances."""
    if not same_rows(distance, score, radius):
        raise IndexMismatchError("作用分衰减：作用分、距离与半径不是同一批单元。办法：先用 .reindex() 对齐。")
    given = [np.asarray(value, dtype=np.float64) for value in (score, distance, radius)]
    rows = {value.shape for value in given if value.ndim}
    if len(rows) > 1:
        lengths = "、".join(str(value.size) for value in given)
        raise IndexMismatchError(f"作用分衰减：作用分、距离与半径的个数不同（{lengths}）。办法：一个单元一个值。")
    strength, away, reach = np.broadcast_arrays(*given)
    for what, values, bad, cure in (
        ("作用分", strength, ~((strength > 0) & (strength <= BEST)), "作用分应大于 0、不超过 100"),
        ("距离", away, ~(away >= 0), "距离应为 0 或正数，单位与半径相同"),
        ("影响半径", reach, ~((reach > 0) & np.isfinite(reach)), "半径应为正数"),
    ):
        if bad.any():
            named = row_names(leading(distance, score, radius), np.atleast_1d(bad))
            raise BadValueError(
                f"{what}不能用，{named_rows(named, np.atleast_1d(values[bad]).tolist())}。办法：{cure}。"
            )
    return strength, away / reach


def influence_radius(area: float, count: int) -> float:
    r"""Compute the influence radius of facilities (影响半径) where it was not surveyed.

    .. math:: D = \sqrt{S / (n \pi)} = 0.5642 \sqrt{S / n}

    Parameters
    ----------
    area : float
        Area S they serve [㎡ or km²].
    count : int
        Facilities n of the level **and of all higher levels**.

    Returns
    -------
    float
        Radius D [m or km, by the unit of the area].

    Raises
    ------
    BadValueError
        If the area is not positive, or there is no facility.

    Notes
    -----
    GB/T 18507-2014 (from memory); the counting "one at level one, 4 + 1 at level two" is printed in teaching texts.

    Examples
    --------
    >>> round(influence_radius(100.0, 4), 3)
    2.821
    """
    if not (0 < area < np.inf and count >= 1):
        raise BadValueError(f"影响半径算不出：面积 {area}、个数 {count}。办法：面积应为正数，至少有一处设施。")
    return float(np.sqrt(area / (count * np.pi)))


def road_influence(area: float, length: float) -> float:
    r"""Compute the influence distance of a class of roads (道路影响距离) where it was not surveyed.

    .. math:: D = S / (2 L)

    Parameters
    ----------
    area : float
        Area S they serve [㎡].
    length : float
        Length L of all roads of the class [m].

    Returns
    -------
    float
        Distance D [m].

    Raises
    ------
    BadValueError
        If area or length is not positive.

    Notes
    -----
    GB/T 18507-2014 (from memory).

    Examples
    --------
    >>> road_influence(1_000_000.0, 500.0)
    1000.0
    """
    if not (0 < area < np.inf and 0 < length < np.inf):
        raise BadValueError(f"道路影响距离算不出：面积 {area}、长度 {length}。办法：面积与道路长度应为正数。")
    return area / (2 * length)


def size_index(sizes: pd.DataFrame, weights: pd.Series[float] | None = None) -> pd.Series[float]:
    r"""Compute the size index of facilities (规模指数).

    .. math:: M_i = 100 \sum_j w_j \frac{A_{ij}}{\max_i A_{ij}}

    Parameters
    ----------
    sizes : DataFrame
        One row a facility, one column an indicator, such as floor area and turnover; positive.
    weights : Series of float, optional
        Weight of each indicator; equal where not given.

    Returns
    -------
    Series of float
        Index M, above 0 and at most 100, on the index of ``sizes``.

    Raises
    ------
    BadValueError
        If a size is missing or not positive, or weights do not match the indicators, are not positive or do not sum
        to 1.

    Examples
    --------
    >>> size_index(pd.DataFrame({"面积": [160.0, 40.0]})).tolist()
    [100.0, 25.0]
    """
    values = sizes.to_numpy(dtype=np.float64)
    bad = ~((values > 0) & np.isfinite(values))
    if not values.size or bad.any():
        rows = sizes.index[bad.any(axis=1)]
        listed = named_rows(rows, sizes[bad.any(axis=1)].to_dict("records"))
        raise BadValueError(f"规模指数：规模缺失或不是正数，{listed}。办法：补齐规模，或按级别给定作用分。")
    shares = pd.Series(1 / sizes.shape[1], index=sizes.columns) if weights is None else weights
    matched = shares.index.is_unique and set(shares.index) == set(sizes.columns)
    if not matched or not (shares > 0).all() or abs(float(shares.sum()) - 1) > 1e-9:
        raise BadValueError(f"规模指数：权重 {shares.to_dict()} 与指标不符、有不为正的，或合计不为 1。办法：改正权重。")
    index = values / values.max(axis=0) @ shares.reindex(sizes.columns).to_numpy(dtype=np.float64)
    return pd.Series(BEST * index, index=sizes.index)


def area_score(values: Numbers, worst: float, best: float) -> Numbers:
    r"""Scale a factor that acts where it is and nowhere else (面状因素).

    .. math:: e = 100 \frac{x - x_{worst}}{x_{best} - x_{worst}}

    Parameters
    ----------
    values : float, ndarray or Series
        Values x; missing ones stay missing.
    worst, best : float
        Value of the score 0 and of the score 100: the ends of the significant range. Where more is worse, as with
        pollution or slope (负向因素), ``worst`` is the larger of the two, which gives 100 − e.

    Returns
    -------
    float, ndarray or Series
        Scores; values outside the range are clamped to its ends.

    Raises
    ------
    BadValueError
        If the ends are equal or not finite.

    Notes
    -----
    GB/T 18507-2014 (from memory), and teaching texts that print it.

    Examples
    --------
    >>> area_score(np.array([60.0, 79.0, 120.0]), 60, 98).tolist()
    [0.0, 50.0, 100.0]
    >>> area_score(5.0, worst=25, best=0)
    80.0
    """
    if not (np.isfinite(worst) and np.isfinite(best) and worst != best):
        raise BadValueError(
            f"面状因素：显著区间 {worst}—{best} 不成立。办法：给出两个不同的数：0 分的值与 100 分的值。"
        )
    scaled = (np.asarray(values, dtype=np.float64) - worst) / (best - worst)
    return shaped(np.asarray(BEST * np.clip(scaled, 0.0, 1.0)), values)
