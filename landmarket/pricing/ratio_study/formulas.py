"""The statistics of a ratio study (比率分析): level, dispersion and vertical equity of estimates against prices."""

from __future__ import annotations

import numpy as np

from landmarket.errors import BadValueError
from landmarket.pricing.ratio_study.sales import Sales, Values, read_sales
from landmarket.units import Floats

STATISTICS = ("median", "mean", "weighted_mean", "cod", "prd", "prb", "mki", "ki")
"""Every statistic, in the order of tables."""

NOISE = 1e-13
"""Differences of logarithms up to this, relative to their size, are rounding and not a spread of values."""


def median_ratio(estimate: Values, price: Values) -> float:
    r"""Compute the median ratio (比率中位数), the level of the estimates.

    .. math:: M = \operatorname{median}(A_i / S_i)

    Parameters
    ----------
    estimate, price : sequence, ndarray or Series of float
        Estimate A and price S of each sale, in one unit.

    Returns
    -------
    float
        The median; 1 where estimates are level with prices.

    Raises
    ------
    BadValueError
        If there are fewer than two sales, the lengths differ, or a value is not a positive finite number.
    IndexMismatchError
        If both are Series and do not have the same index.

    Examples
    --------
    >>> median_ratio([90, 110, 100], [100, 100, 100])
    1.0
    """
    return float(np.median(read_sales(estimate, price, "median_ratio").ratio))


def cod(estimate: Values, price: Values) -> float:
    r"""Compute the coefficient of dispersion (离散系数) about the median ratio.

    .. math:: COD = \frac{100}{M} \cdot \frac{1}{n} \sum_i \left| \frac{A_i}{S_i} - M \right|

    Parameters
    ----------
    estimate, price : sequence, ndarray or Series of float
        Estimate A and price S of each sale, in one unit.

    Returns
    -------
    float
        Dispersion [%]; 0 where all ratios are equal.

    Raises
    ------
    BadValueError
        If there are fewer than two sales, the lengths differ, or a value is not a positive finite number.
    IndexMismatchError
        If both are Series and do not have the same index.

    Notes
    -----
    IAAO, Standard on Ratio Studies (2013); reproduces its tables 1-1, 1-4, D-1 and D-2.

    Examples
    --------
    >>> round(cod([90, 110, 100], [100, 100, 100]), 4)
    6.6667
    """
    ratio = read_sales(estimate, price, "cod").ratio
    return _dispersion(ratio, float(np.median(ratio)))


def prd(estimate: Values, price: Values) -> float:
    r"""Compute the price-related differential (价格相关差).

    .. math:: PRD = \frac{\frac{1}{n} \sum_i A_i / S_i}{\sum_i A_i / \sum_i S_i}

    Parameters
    ----------
    estimate, price : sequence, ndarray or Series of float
        Estimate A and price S of each sale, in one unit.

    Returns
    -------
    float
        Mean ratio over the ratio of the sums; above 1 where dear land is estimated low (累退).

    Raises
    ------
    BadValueError
        If there are fewer than two sales, the lengths differ, or a value is not a positive finite number.
    IndexMismatchError
        If both are Series and do not have the same index.

    Notes
    -----
    IAAO, Standard on Ratio Studies (2013); reproduces its tables 1-1, 1-4, D-1 and D-2.

    Examples
    --------
    >>> round(prd([90, 300], [100, 400]), 4)
    1.0577
    """
    sales = read_sales(estimate, price, "prd")
    return float(sales.ratio.mean() / _weighted_mean(sales))


def prb(estimate: Values, price: Values) -> float:
    r"""Compute the price-related bias (价格相关偏差): by what part ratios rise when value doubles.

    .. math:: \frac{r_i - M}{M} = a + PRB \cdot \log_2 \frac{A_i / M + S_i}{2}, \qquad r_i = A_i / S_i

    Parameters
    ----------
    estimate, price : sequence, ndarray or Series of float
        Estimate A and price S of each sale, in one unit.

    Returns
    -------
    float
        Slope of the least-squares line; −0.05: ratios fall by 5 % when value doubles (累退).

    Raises
    ------
    BadValueError
        If there are fewer than two sales, the lengths differ, a value is not a positive finite number, or all sales
        are of the same value, so that there is no line.
    IndexMismatchError
        If both are Series and do not have the same index.

    Notes
    -----
    IAAO, Standard on Ratio Studies (2013); reproduces its tables 1-1, 1-4, D-1 and D-2. The mean of estimate at the
    common level and price stands for the value, since either alone would bias the slope.

    Examples
    --------
    >>> round(prb([90, 360, 1440], [100, 400, 1600]), 6) + 0.0
    0.0
    """
    sales = read_sales(estimate, price, "prb")
    slope = _slope(sales, float(np.median(sales.ratio)))
    if np.isnan(slope):
        raise BadValueError("prb：各样点的价值没有差别，回归斜率无定义。办法：补充不同价位的样点。")
    return slope


def mki(estimate: Values, price: Values) -> float:
    r"""Compute the modified Kakwani index (修正 Kakwani 指数).

    .. math:: MKI = G_A / G_S, \qquad G_v = \frac{1}{n \sum_i v_i} \sum_i (2 R_i - n - 1) \, v_i

    Parameters
    ----------
    estimate, price : sequence, ndarray or Series of float
        Estimate A and price S of each sale, in one unit.

    Returns
    -------
    float
        Gini coefficient of the estimates over that of the prices, both in the order R of the prices; below 1 where
        dear land is estimated low (累退).

    Raises
    ------
    BadValueError
        If there are fewer than two sales, the lengths differ, a value is not a positive finite number, or all prices
        are equal, so that their Gini coefficient is 0.
    IndexMismatchError
        If both are Series and do not have the same index.

    Notes
    -----
    Quintos (2020), Journal of Property Tax Assessment & Administration 17(2); reproduces its sample. Equal prices
    share their mean rank, so that the order of the rows does not matter.

    Examples
    --------
    >>> round(mki([100, 200], [100, 300]), 4)
    0.6667
    """
    of_estimates, of_prices = _different_ginis(estimate, price, "mki")
    return of_estimates / of_prices


def ki(estimate: Values, price: Values) -> float:
    """Compute the Kakwani index (Kakwani 指数), the difference where `mki` is the ratio.

    Parameters
    ----------
    estimate, price : sequence, ndarray or Series of float
        Estimate and price of each sale, in one unit.

    Returns
    -------
    float
        Gini coefficient of the estimates less that of the prices; below 0 where dear land is estimated low (累退).

    Raises
    ------
    BadValueError
        If there are fewer than two sales, the lengths differ, a value is not a positive finite number, or all prices
        are equal.
    IndexMismatchError
        If both are Series and do not have the same index.

    Notes
    -----
    Quintos (2020), as for `mki`.

    Examples
    --------
    >>> round(ki([100, 200], [100, 300]), 4)
    -0.0833
    """
    of_estimates, of_prices = _different_ginis(estimate, price, "ki")
    return of_estimates - of_prices


def all_statistics(sales: Sales) -> dict[str, float]:
    """Compute every statistic of checked sales.

    Parameters
    ----------
    sales : Sales
        At least two.

    Returns
    -------
    dict of str to float
        By name, see `STATISTICS`; not a number where it is not defined.
    """
    median, mean, weighted = float(np.median(sales.ratio)), float(sales.ratio.mean()), _weighted_mean(sales)
    of_estimates, of_prices = _ginis(sales)
    defined = of_prices != 0
    return {
        "median": median,
        "mean": mean,
        "weighted_mean": weighted,
        "cod": _dispersion(sales.ratio, median),
        "prd": mean / weighted,
        "prb": _slope(sales, median),
        "mki": of_estimates / of_prices if defined else np.nan,
        "ki": of_estimates - of_prices if defined else np.nan,
    }


def _weighted_mean(sales: Sales) -> float:
    return float(sales.estimate.sum() / sales.price.sum())


def _dispersion(ratio: Floats, median: float) -> float:
    return float(100 / median * np.abs(ratio - median).mean())


def _slope(sales: Sales, median: float) -> float:
    """Slope of relative ratios on the binary logarithm of value; not a number where there is no line."""
    value = np.log2((sales.estimate / median + sales.price) / 2)
    middle = value.mean()
    value -= middle
    square = float((value * value).sum())
    if square <= len(value) * (NOISE * (1 + abs(middle))) ** 2:
        return np.nan
    return float((value * (sales.ratio - median)).sum() / median / square)


def _ginis(sales: Sales) -> tuple[float, float]:
    """Gini coefficients of estimates and prices in the order of prices; that of equal prices is exactly 0."""
    order = np.argsort(sales.price)
    estimate, price = sales.estimate[order], sales.price[order]
    n = len(price)
    edges = np.concatenate([[0], np.flatnonzero(price[1:] != price[:-1]) + 1, [n]])
    weight = np.repeat(edges[:-1] + edges[1:] - n, np.diff(edges))
    of_estimates, of_prices = (float((weight * values).sum() / values.sum() / n) for values in (estimate, price))
    return of_estimates, of_prices


def _different_ginis(estimate: Values, price: Values, needed_by: str) -> tuple[float, float]:
    of_estimates, of_prices = _ginis(read_sales(estimate, price, needed_by))
    if of_prices == 0:
        raise BadValueError(f"{needed_by}：成交价全部相同，基尼系数为 0，指数无定义。办法：补充不同价位的样点。")
    return of_estimates, of_prices
