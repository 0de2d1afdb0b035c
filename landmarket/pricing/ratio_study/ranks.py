"""Vertical equity by ranks, for small samples (等级相关检验)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from landmarket.errors import BadValueError
from landmarket.pricing.ratio_study.sales import Sales, Values, read_sales

RANKED_LEAST = 3
"""Fewest sales with a rank test."""

_RANKED_DIGITS = 12
"""Digits by which ratios are told apart: what rounding makes of equal ratios is no rank."""


class RankTest(NamedTuple):
    """Rank correlation of ratio and value (等级相关检验).

    Attributes
    ----------
    rho : float
        Spearman's rank correlation; negative where dear land is estimated low (累退).
    p : float
        Two-sided probability of one as far from 0 where there is none.
    """

    rho: float
    p: float


def rank_test(estimate: Values, price: Values) -> RankTest:
    """Test by ranks whether ratios rise or fall with value (斯皮尔曼等级相关检验), for small samples.

    Parameters
    ----------
    estimate, price : sequence, ndarray or Series of float
        Estimate and price of each sale, in one unit.

    Returns
    -------
    RankTest
        Correlation 0 and probability 1 where all ratios are equal.

    Raises
    ------
    BadValueError
        If there are fewer than three sales, the lengths differ, a value is not a positive finite number, or all sales
        are of the same value.
    IndexMismatchError
        If both are Series and do not have the same index.

    Notes
    -----
    50 IAC 27-4-5(d) (Indiana) puts it in the place of the price-related differential under twenty sales. The value is
    that of `prb`. The probability is that of Student's t, rough under ten sales.
    """
    found = ranked(read_sales(estimate, price, "rank_test", least=RANKED_LEAST))
    if np.isnan(found.rho):
        raise BadValueError("rank_test：各样点的价值没有差别，等级相关无定义。办法：补充不同价位的样点。")
    return found


def ranked(sales: Sales) -> RankTest:
    """Make the rank test of checked sales.

    Parameters
    ----------
    sales : Sales
        At least three.

    Returns
    -------
    RankTest
        Not a number where all are of the same value.
    """
    from scipy.stats import spearmanr

    median = float(np.median(sales.ratio))
    ratio = np.round(sales.ratio / median, _RANKED_DIGITS)
    value = (sales.estimate / median + sales.price) / 2
    if np.ptp(ratio) == 0:
        return RankTest(0.0, 1.0)
    if np.ptp(value) == 0:
        return RankTest(np.nan, np.nan)
    found = spearmanr(ratio, value)
    return RankTest(float(found.statistic), float(found.pvalue))
