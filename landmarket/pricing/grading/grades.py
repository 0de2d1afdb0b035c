"""From factor scores to grades (定级): weighted totals, boundaries between grades, the grade of each unit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

import jenkspy
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from landmarket.checks import require_columns
from landmarket.errors import BadValueError, named_rows
from landmarket.pricing.factors.formulas import BEST
from landmarket.pricing.kinds import Floats
from landmarket.pricing.weights import require_weights
from landmarket.units import round_half_up_array

GRADE_NAMES = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")
"""Names of grades, best first, where none are given."""

SCORE_DECIMALS = 2
WEIGHT_UNITS = 10_000
"""Weights are printed, and multiplied, in ten-thousandths."""

_ROUNDING = 1e-6
_BIN = 0.25
_SMOOTH = 1.0
_MOST_BREAK_SCORES = 4000


class BoundaryMethod(StrEnum):
    """How the boundaries between grades are found (级别划分方法)."""

    VALLEYS = "valleys"
    GAPS = "gaps"
    NATURAL_BREAKS = "natural_breaks"
    GIVEN = "given"


def printed_weights(weights: pd.Series[float]) -> pd.Series[float]:
    """Round weights to four decimals so that they still sum to 1.

    Parameters
    ----------
    weights : Series of float
        Weights that sum to 1, by factor.

    Returns
    -------
    Series of float
        Largest-remainder rounding; ties go to the factor named first.

    Raises
    ------
    BadValueError
        If they cannot be weights, see `landmarket.pricing.weights.require_weights`, or a weight so rounded is 0.

    Examples
    --------
    >>> printed_weights(pd.Series({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3})).tolist()
    [0.3334, 0.3333, 0.3333]
    """
    exact = require_weights(weights).to_numpy(dtype=np.float64) * WEIGHT_UNITS
    parts = np.floor(exact + _ROUNDING).astype(np.int64)
    rests = (exact - parts).round(6)  # equal ones may differ in their last binary digits
    parts[np.argsort(-rests, kind="stable")[: WEIGHT_UNITS - int(parts.sum())]] += 1
    gone = np.flatnonzero(parts == 0)
    if len(gone):
        named = "、".join(map(str, weights.index[gone]))
        raise BadValueError(f"权重小于万分之一：{named}。办法：删去该因素，或提高其权重。")
    return pd.Series(parts / WEIGHT_UNITS, index=weights.index)


def total_scores(scores: pd.DataFrame, weights: pd.Series[float]) -> pd.Series[float]:
    r"""Add up the factor scores of each unit (总分值).

    .. math:: S = \sum_j W_j E_j

    Parameters
    ----------
    scores : DataFrame
        Factor scores E, 0 to 100, one column a factor; those the weights do not name are left out.
    weights : Series of float
        Weight W of each factor, as `printed_weights` gives them.

    Returns
    -------
    Series of float
        Total 0 to 100 on the index of ``scores``, rounded half-up to two decimals; missing where a factor is.

    Raises
    ------
    MissingColumnError
        If the scores lack a factor.
    BadValueError
        If the weights do not sum to 1 or have more than four decimals, or a score is outside 0 to 100.

    Notes
    -----
    Scores are taken at two and weights at four decimals and multiplied as integers: what is printed is what is added.

    Examples
    --------
    >>> total_scores(pd.DataFrame({"a": [80.0], "b": [33.33]}), pd.Series({"a": 0.6, "b": 0.4})).tolist()
    [61.33]
    """
    names = [str(name) for name in weights.index]
    require_columns(scores, names, "total_scores")
    exact = require_weights(weights).to_numpy(dtype=np.float64) * WEIGHT_UNITS
    shares = np.rint(exact).astype(np.int64)
    if (np.abs(exact - shares) > _ROUNDING).any() or int(shares.sum()) != WEIGHT_UNITS:
        raise BadValueError(f"权重多于四位小数：{weights.to_dict()}。办法：先用 printed_weights() 取到四位小数。")
    values = scores[names].to_numpy(dtype=np.float64)
    bad = np.asarray(((values < 0) | (values > BEST)).any(axis=1))
    if bad.any():
        rows = named_rows(scores.index[bad], values[bad].max(axis=1).tolist())
        raise BadValueError(f"作用分不在 0—100 之间，{rows}。办法：核对因素的计算。")
    missing: npt.NDArray[np.bool_] = np.isnan(values).any(axis=1)
    printed = round_half_up_array(np.nan_to_num(values).ravel(), SCORE_DECIMALS).reshape(values.shape)
    hundredths = np.rint(printed * 100).astype(np.int64)
    totals = (hundredths @ shares + WEIGHT_UNITS // 2) // WEIGHT_UNITS
    return pd.Series(np.where(missing, np.nan, totals / 100), index=scores.index)


def grade_boundaries(
    scores: pd.Series[float] | Floats,
    count: int,
    method: BoundaryMethod | str = BoundaryMethod.VALLEYS,
    *,
    weights: pd.Series[float] | Floats | None = None,
    least_share: float = 0.02,
    smoothing: float = _SMOOTH,
) -> tuple[float, ...]:
    """Find the boundaries between grades on the axis of total scores (级别分界).

    Parameters
    ----------
    scores : Series or ndarray of float
        Total scores of the units.
    count : int
        How many grades, at least 2.
    method : BoundaryMethod, default "valleys"
        ``valleys``: the deepest valleys between the peaks of the histogram (总分频率曲线法). ``gaps``: the widest gaps
        on the axis (总分数轴法). ``natural_breaks``: least sum of squares inside the grades (自然断点法,
        Fisher–Jenks; of more than 4,000 units, 4,000 evenly spaced ones of the sorted scores).
    weights : Series or ndarray of float, optional
        Area of each unit; each counts the same where not given. Natural breaks do not use it.
    least_share : float, default 0.02
        No grade may hold a smaller share of the units (by weight); natural breaks do not look at it.
    smoothing : float, default 1.0
        Standard deviation [分] of the curve that smoothes the histogram.

    Returns
    -------
    tuple of float
        ``count - 1`` scores, ascending, of two decimals. A unit whose score is not below a boundary is above it.

    Raises
    ------
    BadValueError
        If a score is missing or outside 0 to 100, there are fewer distinct scores than grades, a weight or another
        figure cannot be used, or the method finds too few boundaries: all units of one kind cannot be graded.

    Notes
    -----
    GB/T 18507-2014 names the three ways (from memory); where peaks are shallow they give different answers, and the
    mean prices of samples decide, see `landmarket.pricing.grading.checks.price_order`.

    Examples
    --------
    >>> grade_boundaries(np.array([10.0, 11, 12, 40, 41, 42, 80, 81]), 3, "gaps")
    (26.0, 61.0)
    >>> grade_boundaries(np.array([10.0, 11, 12, 40, 41, 42, 80, 81]), 3, "natural_breaks")
    (26.0, 61.0)
    """
    values = np.asarray(scores, dtype=np.float64)
    odd = ~((values >= 0) & (values <= BEST))
    if odd.any():
        raise BadValueError(f"总分值缺失或不在 0—100 之间，共 {int(odd.sum())} 个。办法：补齐因素作用分后再划级。")
    distinct = len(np.unique(values))
    if not 2 <= count <= len(GRADE_NAMES) or distinct < count:
        raise BadValueError(
            f"{len(values)} 个单元有 {distinct} 种总分值，不能划成 {count} 级。办法：级数应为 2—{len(GRADE_NAMES)}，"
            "且不多于总分值的种数；所有单元同分时不能划级，应核对因素与权重。"
        )
    shares = _shares(values, weights)
    if not (0 <= least_share < 1 / count and 0 < smoothing < np.inf):
        raise BadValueError(
            f"最小占比 {least_share} 或平滑分值 {smoothing} 不能用。办法：占比小于 1/{count}，平滑分值为正数，如 1。"
        )
    ways: dict[BoundaryMethod, Callable[[], Sequence[float]]] = {
        BoundaryMethod.VALLEYS: lambda: _valleys(values, shares, count, least_share, smoothing),
        BoundaryMethod.GAPS: lambda: _gaps(values, shares, count, least_share),
        BoundaryMethod.NATURAL_BREAKS: lambda: _natural_breaks(values, count),
    }
    chosen = BoundaryMethod(method)
    if chosen is BoundaryMethod.GIVEN:
        raise BadValueError("级别分界由规则给定，不用计算。办法：直接用 assign_grade()。")
    found = ways[chosen]()
    if len(found) < count - 1:
        raise BadValueError(
            f"{_NAMES[chosen]}只找到 {len(found)} 个分界，{count} 级需要 {count - 1} 个。"
            "办法：减少级数，换一种方法，或直接给定分界。"
        )
    return tuple(sorted(found))


def _shares(values: Floats, weights: pd.Series[float] | Floats | None) -> Floats:
    """Check the areas of the units; each counts the same where there are none."""
    shares = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=np.float64)
    if shares.shape != values.shape or not (np.isfinite(shares) & (shares >= 0)).all() or not shares.sum() > 0:
        raise BadValueError(
            f"单元面积 {shares.size} 个，总分值 {values.size} 个，或有面积缺失、为负。办法：每个单元一个面积 [㎡]。"
        )
    return shares


def _printed(cuts: Sequence[float] | Floats) -> list[float]:
    """Round boundaries as they are printed: what is printed is what grades are cut at.

    The middle between two neighbouring scores ends in 5, and must not be rounded down by its last binary digit.
    """
    exact: Floats = np.asarray(cuts, dtype=np.float64).round(SCORE_DECIMALS + 4)
    rounded: list[float] = round_half_up_array(exact, SCORE_DECIMALS).tolist()
    return rounded


_NAMES = {
    BoundaryMethod.VALLEYS: "总分频率曲线法",
    BoundaryMethod.GAPS: "总分数轴法",
    BoundaryMethod.NATURAL_BREAKS: "自然断点法",
    BoundaryMethod.GIVEN: "给定分界",
}


def method_name(method: BoundaryMethod) -> str:
    """Name a method in Chinese.

    Parameters
    ----------
    method : BoundaryMethod
        The method.

    Returns
    -------
    str
        As tables and maps print it.
    """
    return _NAMES[method]


def _apart(cuts: Sequence[float], values: Floats, shares: Floats, least: float) -> bool:
    """Tell whether each grade between cuts holds its least share of the units."""
    held = np.bincount(np.searchsorted(np.sort(cuts), values, side="right"), weights=shares, minlength=len(cuts) + 1)
    return bool((held >= least * shares.sum()).all() and (held > 0).all())


def _chosen(ranked: Sequence[float], values: Floats, shares: Floats, count: int, least: float) -> list[float]:
    """Take the best cuts that leave no grade too small, best first."""
    taken: list[float] = []
    for cut in _printed(ranked):
        if len(taken) < count - 1 and _apart([*taken, cut], values, shares, least):
            taken.append(cut)
    return taken


def _valleys(values: Floats, shares: Floats, count: int, least: float, smoothing: float) -> list[float]:
    edges = np.arange(np.floor(values.min() / _BIN) - 1, np.ceil(values.max() / _BIN) + 2) * _BIN
    heights, _ = np.histogram(values, bins=edges, weights=shares)
    smooth = gaussian_filter1d(heights, smoothing / _BIN, mode="constant")
    places, found = find_peaks(-smooth, prominence=0)
    bottoms, depths = _bottoms(smooth, places), found["prominences"]
    order = np.argsort(-depths, kind="stable")
    middles = edges[:-1] + _BIN / 2
    return _chosen(
        [float(np.interp(bottoms[i], np.arange(len(middles)), middles)) for i in order], values, shares, count, least
    )


def _bottoms(smooth: Floats, places: npt.NDArray[np.intp]) -> Floats:
    """Find the middle of each valley's level floor: where nothing lies between two peaks it is wide."""
    level = 1e-9 * float(smooth.max())
    middles = []
    for place in places:
        left = right = int(place)
        while left > 0 and smooth[left - 1] <= smooth[place] + level:
            left -= 1
        while right < len(smooth) - 1 and smooth[right + 1] <= smooth[place] + level:
            right += 1
        middles.append((left + right) / 2)
    return np.array(middles)


def _gaps(values: Floats, shares: Floats, count: int, least: float) -> list[float]:
    axis = np.unique(values)
    widths, middles = np.diff(axis), (axis[1:] + axis[:-1]) / 2
    order = np.argsort(-widths, kind="stable")
    return _chosen(middles[order].tolist(), values, shares, count, least)


def _natural_breaks(values: Floats, count: int) -> list[float]:
    """Cut midway between the highest score of a class and the next one: jenkspy counts the break to the class below.

    Its work grows with the square of the number of scores: of many, evenly spaced ones of the sorted row stand for all.
    """
    axis = np.unique(values)
    places = np.linspace(0, len(values) - 1, min(len(values), _MOST_BREAK_SCORES)).astype(np.int64)
    standing = np.sort(values)[places]
    if len(np.unique(standing)) < count:
        return []
    tops = np.array(jenkspy.jenks_breaks(standing, n_classes=count)[1:-1])
    after = np.searchsorted(axis, tops, side="right")
    cuts = _printed((axis[after - 1] + axis[after]) / 2)
    return cuts if _apart(cuts, values, np.ones(len(values)), 0.0) else []


def assign_grade(
    scores: pd.Series[float], boundaries: Sequence[float], names: Sequence[str] = GRADE_NAMES
) -> pd.Series[str]:
    """Give each unit its grade (评定级别): exactly one.

    Parameters
    ----------
    scores : Series of float
        Total scores.
    boundaries : sequence of float
        Scores between the grades, ascending.
    names : sequence of str, default I, II, III …
        Names of the grades, best first.

    Returns
    -------
    Series of str
        On the index of ``scores``: the first name above the highest boundary. A score equal to a boundary is above it.

    Raises
    ------
    BadValueError
        If a score is missing, boundaries do not ascend or lie outside 0 to 100, or names are too few or repeat.

    Examples
    --------
    >>> assign_grade(pd.Series([81.0, 61.0, 30.5, 12.0]), [26.0, 61.0]).tolist()
    ['I', 'I', 'II', 'III']
    """
    cuts = np.asarray(boundaries, dtype=np.float64)
    if not (np.isfinite(cuts).all() and (np.diff(cuts) > 0).all() and (cuts > 0).all() and (cuts <= BEST).all()):
        raise BadValueError(f"级别分界 {list(boundaries)} 应在 0—100 之间由小到大。办法：改正分界。")
    count = len(cuts) + 1
    if len(names) < count or len(set(names[:count])) < count:
        raise BadValueError(f"级别名称 {list(names)} 不够 {count} 个，或有重复。办法：补足名称，好的在前。")
    missing = scores.isna()
    if missing.any():
        raise BadValueError(f"总分值缺失，{named_rows(scores.index[missing])}。办法：补齐因素作用分。")
    above = np.searchsorted(cuts, scores.to_numpy(dtype=np.float64), side="right")
    chosen = np.array(names[:count], dtype=object)[count - 1 - above]
    return pd.Series(chosen, index=scores.index, dtype="str", name="grade")
