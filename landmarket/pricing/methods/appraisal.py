"""One price from two or more methods, and what is doubtful about it (两种以上方法的综合)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd

from landmarket.checks import fault, require_same_index, require_sound, require_unique_index
from landmarket.errors import MissingColumnError
from landmarket.pricing.kinds import Floats
from landmarket.pricing.methods.check_limits import CheckLimits
from landmarket.pricing.methods.operands import Number, aligned, floats
from landmarket.pricing.methods.row_findings import FILL, row_findings
from landmarket.pricing.notice_findings import Finding, findings_table
from landmarket.pricing.rounding import printed, rounded_exactly

PRICE, WEIGHT = "估价:", "权重:"
"""Columns of each method's price [元/㎡] and weight."""

WHOLE = 1e-9
"""Weights whose sum is closer to 1 than this sum to 1."""

_NEEDED_BY = "appraise"
_NEAR = 1e-9


def appraise(
    prices: pd.DataFrame, weights: pd.DataFrame | Mapping[str, float], *, decimals: int, least_methods: int
) -> pd.DataFrame:
    r"""Weigh the prices of two or more methods into one (综合地价).

    .. math:: P = \sum_m w_m P_m, \qquad \sum_m w_m = 1, \qquad \text{gap} = (P_{max} - P_{min}) / P_{min}

    Parameters
    ----------
    prices : DataFrame
        On the parcel code, one column per method, named as the method: its price [元/㎡]; missing where a parcel was
        not valued by it.
    weights : DataFrame or mapping of str to float
        Weight of each method for each parcel, on the same index and columns, or one per method for all parcels.
    decimals : int
        Decimal places of the result.
    least_methods : int
        How many methods a parcel needs at least: ``least_methods`` of
        `landmarket.pricing.methods.check_limits.CheckLimits`.

    Returns
    -------
    DataFrame
        On the same index: ``估价:…`` [元/㎡] and ``权重:…`` per method, ``method_count``, ``method_gap`` and
        ``appraised_price`` [元/㎡], rounded half-up once.

    Raises
    ------
    MissingColumnError
        If weights and prices are of different methods.
    IndexMismatchError
        If they are of different parcels.
    BadValueError
        If a price is not positive, a weight is outside 0 to 1 or stands where there is no price, the weights of a
        parcel do not sum to 1, or it has too few methods.

    Examples
    --------
    >>> prices = pd.DataFrame({"收益还原法": [662.0], "市场比较法": [601.0]}, index=["411081101001JB00001"])
    >>> result = appraise(prices, {"收益还原法": 0.5, "市场比较法": 0.5}, decimals=0, least_methods=2)
    >>> result[["method_gap", "appraised_price"]].round(4).values.tolist()
    [[0.1015, 632.0]]
    """
    require_unique_index(prices, _NEEDED_BY)
    methods, weighted = list(prices.columns), _weights(prices, weights)
    table = pd.concat([prices.add_prefix(PRICE), weighted.add_prefix(WEIGHT)], axis=1)
    used = prices.notna().to_numpy(dtype=bool)
    price = np.column_stack([floats(prices[name]) for name in methods])
    weight = np.column_stack([floats(weighted[name]) for name in methods])
    weight[~used & np.isnan(weight)] = 0.0
    faults = []
    for i, name in enumerate(methods):
        sound = ~used[:, i] | ((price[:, i] > 0) & (price[:, i] < np.inf))
        faults.append(fault(PRICE + name, ~sound, "地价应为正数；未采用该方法的留空。"))
        sound = (weight[:, i] >= 0) & (weight[:, i] <= 1) & (used[:, i] | (weight[:, i] == 0))
        faults.append(fault(WEIGHT + name, ~sound, "权重应在 0—1 之间；没有地价的方法不能有权重。"))
    require_sound(table, faults, _NEEDED_BY)
    table = pd.DataFrame(np.column_stack([price, weight]), index=prices.index, columns=table.columns)
    table["method_count"] = used.sum(axis=1)
    table["weight_sum"] = weight.sum(axis=1)
    few = fault("method_count", table["method_count"] < least_methods, f"至少采用 {least_methods} 种方法。")
    whole = fault("weight_sum", (table["weight_sum"] - 1).abs() > WHOLE, "各方法权重之和应为 1。")
    require_sound(table, [few, whole], _NEEDED_BY)
    lowest = np.where(used, price, np.inf).min(axis=1, initial=np.inf)
    highest = np.where(used, price, 0.0).max(axis=1, initial=0.0)
    table["method_gap"] = highest / lowest - 1
    table["appraised_price"] = _weighed(np.where(used, price, 0.0), weight, decimals)
    return table.drop(columns="weight_sum")


def appraisal_findings(appraised: pd.DataFrame, limits: CheckLimits) -> pd.DataFrame:
    """Find the methods of a parcel whose prices lie too far apart (方法之间相差过大).

    Parameters
    ----------
    appraised : DataFrame
        From `appraise`.
    limits : CheckLimits
        The most they may differ.

    Returns
    -------
    DataFrame
        One finding per parcel and pair of methods: severity, where, value, message, cure.
    """
    prices = appraised[[name for name in appraised.columns if str(name).startswith(PRICE)]]
    return findings_table([gap_finding(gap, limits, "两种方法") for gap in wide_gaps(prices, limits.gap)])


class Gap(NamedTuple):
    """Two prices of one row that lie too far apart (相差过大的一对).

    Attributes
    ----------
    row : object
        Index value of the row.
    first, second : str
        Their columns.
    prices : tuple of float
        The two prices [元/㎡].
    """

    row: object
    first: str
    second: str
    prices: tuple[float, float]


def wide_gaps(prices: pd.DataFrame, limit: float) -> Iterator[Gap]:
    """Find the pairs of positive prices in each row that differ by more than a limit.

    Parameters
    ----------
    prices : DataFrame
        One column per method or appraiser [元/㎡]; missing and not positive prices are passed over.
    limit : float
        The most they may differ, as a part of the lower one; exactly that much is allowed.

    Yields
    ------
    Gap
        By pair of columns, then row.
    """
    for first, second in combinations(prices.columns, 2):
        one, two = floats(prices[first]), floats(prices[second])
        both = (one > 0) & (two > 0) & np.isfinite(one + two)
        gap = np.full(len(prices), -1.0)
        gap[both] = np.maximum(one, two)[both] / np.minimum(one, two)[both] - 1
        for row in np.flatnonzero(gap > limit - _NEAR).tolist():
            low, high = sorted((printed(one[row]), printed(two[row])))
            if high - low > printed(limit) * low:
                yield Gap(prices.index[row], str(first), str(second), (float(one[row]), float(two[row])))


def gap_finding(gap: Gap, limits: CheckLimits, what: str) -> Finding:
    """Say that two prices lie too far apart.

    Parameters
    ----------
    gap : Gap
        The pair.
    limits : CheckLimits
        The most they may differ, and where that comes from.
    what : str
        What differs, in Chinese: 两种方法 or 两家机构.

    Returns
    -------
    Finding
        Naming the row, both columns, both prices, the gap and the limit.
    """
    low, high = sorted(gap.prices)
    return Finding(
        "警告",
        f"{gap.row} {gap.first}、{gap.second}",
        f"{gap.prices[0]:.15g}、{gap.prices[1]:.15g}",
        f"{what}相差 {100 * (high / low - 1):.6g}%，超过 {100 * limits.gap:g}%（{limits.source}）",
        "核对两者的参数与案例，说明相差的原因，或重新测算",
    )


def term_findings(term_years: pd.Series[float], legal_term: Number) -> pd.DataFrame:
    """Find terms over the legal maximum (年期超过法定最高年期).

    Parameters
    ----------
    term_years : Series
        Years a price is stated for, ``inf`` where unlimited, on the number of the parcel or sample.
    legal_term : float, ndarray or Series
        Legal maximum of its use (法定最高年期) [年], ``inf`` where unlimited: the national ones are the rules
        ``legal_term.…`` of `landmarket.rules.national_rules`.

    Returns
    -------
    DataFrame
        One finding per term that is over the maximum, or cannot be read. No term is shortened.

    Raises
    ------
    IndexMismatchError
        If the maximums have other rows than the terms.
    """
    years, most = floats(term_years), aligned(legal_term, term_years, "法定最高年期")
    table = pd.DataFrame({"term_years": term_years, "legal_term": most}, index=term_years.index)
    names = ["term_years", "legal_term"]
    unknown = ~((years > 0) & (most > 0))
    found = [
        *row_findings(
            table, names, ~unknown & (years > most), "警告", "年期超过法定最高年期", "核对出让合同与用途，改正年期"
        ),
        *row_findings(table, names, unknown, "提示", "年期或法定最高年期缺，或不大于 0，无法核对", FILL),
    ]
    return findings_table(found)


def _weights(prices: pd.DataFrame, weights: pd.DataFrame | Mapping[str, float]) -> pd.DataFrame:
    methods = list(prices.columns)
    if not isinstance(weights, pd.DataFrame):
        weights = pd.DataFrame({name: np.full(len(prices), weights[name]) for name in weights}, index=prices.index)
    named, priced = ("、".join(sorted(map(str, names))) for names in (weights.columns, methods))
    if named != priced or len(set(methods)) < len(methods) or not methods:
        raise MissingColumnError(
            f"{_NEEDED_BY}：权重的方法（{named}）与地价的方法（{priced}）不一致，或有重复。"
            "办法：每种方法一列地价、一个权重，名称相同且不重复。"
        )
    require_same_index(prices, weights, _NEEDED_BY)
    return weights[methods]


def _weighed(price: Floats, weight: Floats, decimals: int) -> Floats:
    """Weigh and round once; near ties are decided on the printed numbers."""
    methods = price.shape[1]

    def exact(operands: Sequence[Fraction]) -> Fraction:
        return sum((p * w for p, w in zip(operands[:methods], operands[methods:], strict=True)), Fraction(0))

    values: Floats = (price * weight).sum(axis=1)
    return rounded_exactly(values, decimals, exact, [*price.T, *weight.T], values)
