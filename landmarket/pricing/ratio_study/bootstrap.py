"""Confidence intervals of the ratio statistics by bootstrap (自助法置信区间).

A resample of n sales is kept as how often each sale was drawn. Sales are sorted once, by price and by ratio; medians
and ranks of a resample follow from running totals of its counts, everything else from weighted sums. Nothing is
sorted again, and no more than one block of counts is held.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.errors import BadValueError
from landmarket.pricing.ratio_study.formulas import NOISE, STATISTICS, all_statistics
from landmarket.pricing.ratio_study.sales import Sales, Values, read_sales
from landmarket.units import Floats, Ints

CELLS = 1 << 15
"""Counts held at a time, or one resample where it has more sales; results do not depend on it."""

_COLUMNS = ["value", "low", "high", "n", "finding"]


@dataclass(frozen=True, eq=False)
class SortedSales:
    """Sales in the order of prices, equal prices by estimate (按成交价排序的样点).

    Attributes
    ----------
    estimate, price, ratio : ndarray of float
        As in `Sales`.
    by_ratio : ndarray of int
        Positions of the sales in the order of ratios.
    first, last : ndarray of int
        Positions of the first and the last sale of the same price.
    """

    estimate: Floats
    price: Floats
    ratio: Floats
    by_ratio: npt.NDArray[np.intp]
    first: npt.NDArray[np.intp]
    last: npt.NDArray[np.intp]

    @property
    def tied(self) -> bool:
        """Tell whether any two sales have the same price."""
        return bool((self.first != self.last).any())


def intervals(
    estimate: Values,
    price: Values,
    *,
    seed: int,
    resamples: int = 1000,
    level: float = 0.95,
    least: int = 5,
) -> pd.DataFrame:
    """Give every ratio statistic with its confidence interval (置信区间).

    Parameters
    ----------
    estimate, price : sequence, ndarray or Series of float
        Estimate and price of each sale, in one unit.
    seed : int
        Seed, not negative. The same seed gives the same intervals, whatever the order of the sales.
    resamples : int, default 1000
        Resamples; at least one must lie beyond either end of the interval.
    level : float, default 0.95
        Confidence level.
    least : int, default 5
        Under so many sales nothing is reported but the finding 样点不足. Four sales have only 35 different resamples.

    Returns
    -------
    DataFrame
        Index ``statistic``: median, mean, weighted_mean, cod, prd, prb, mki, ki; columns ``value``, ``low``, ``high``,
        ``n`` and ``finding`` (Chinese, empty where there is none). A statistic that is not defined, such as that of
        vertical equity where all prices are equal, is missing and has a finding; resamples in which it is not
        defined are left out and counted in the finding.

    Raises
    ------
    BadValueError
        If there is no sale, the lengths differ, a value is not a positive finite number, or the resamples are too few
        for the level.
    IndexMismatchError
        If both are Series and do not have the same index.

    Notes
    -----
    Percentile intervals (Efron 1979) of resamples of the same size with replacement.
    """
    sales = read_sales(estimate, price, "intervals", least=1)
    if not (0 < level < 1 and resamples * (1 - level) / 2 >= 1):
        raise BadValueError(
            f"intervals：重抽样 {resamples} 次、置信水平 {level} 不成立。"
            "办法：置信水平在 0—1 之间；95% 至少重抽样 40 次，通常 1000 次。"
        )
    n = len(sales.price)
    if n < max(least, 2):
        table = pd.DataFrame(np.nan, index=pd.Index(STATISTICS, name="statistic"), columns=_COLUMNS[:3])
        return table.assign(n=n, finding=too_few(n, max(least, 2)))
    drawn = _resampled(sales, resamples, seed)
    tails = [(1 - level) / 2, (1 + level) / 2]
    rows = [
        _interval(value, drawn[:, column], tails) for column, (_, value) in enumerate(all_statistics(sales).items())
    ]
    table = pd.DataFrame(
        rows, index=pd.Index(STATISTICS, name="statistic"), columns=["value", "low", "high", "finding"]
    )
    return table.assign(n=n)[_COLUMNS].astype({"finding": "str"})


def too_few(n: int, least: int) -> str:
    """Say that a sample is too small.

    Parameters
    ----------
    n : int
        Sales there are.
    least : int
        Sales there must be.

    Returns
    -------
    str
        The finding, in Chinese.
    """
    return f"样点不足：{n} 宗，少于 {least} 宗"


def sorted_sales(sales: Sales) -> SortedSales:
    """Sort sales for resampling.

    Parameters
    ----------
    sales : Sales
        In any order.

    Returns
    -------
    SortedSales
        The same for every order of the rows.
    """
    order = np.lexsort((sales.estimate, sales.price))
    estimate, price, ratio = (values[order] for values in (sales.estimate, sales.price, sales.ratio))
    n = len(price)
    edges = np.concatenate([[0], np.flatnonzero(price[1:] != price[:-1]) + 1, [n]])
    sizes = np.diff(edges)
    return SortedSales(
        estimate=estimate,
        price=price,
        ratio=ratio,
        by_ratio=np.argsort(ratio, kind="stable"),
        first=np.repeat(edges[:-1], sizes),
        last=np.repeat(edges[1:] - 1, sizes),
    )


def resample_counts(n: int, resamples: int, *, seed: int) -> Iterator[Ints]:
    """Draw resamples with replacement, as how often each sale is drawn.

    Parameters
    ----------
    n : int
        Sales, and draws in each resample.
    resamples : int
        How many resamples.
    seed : int
        Seed, not negative.

    Yields
    ------
    ndarray of int64, shape (a block of resamples, n)
        Counts; each row adds up to n. The rows are the same however many fit into a block, and the first of them
        the same however many follow.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    block = max(1, CELLS // n)
    for start in range(0, resamples, block):
        rows = min(block, resamples - start)
        drawn = generator.integers(0, n, size=(rows, n))
        drawn += n * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n)


def counted_statistics(sales: SortedSales, counts: Ints) -> Floats:
    """Compute every statistic of resamples from their counts.

    Parameters
    ----------
    sales : SortedSales
        The sales that were drawn from.
    counts : ndarray of int64, shape (resamples, n)
        How often each was drawn, in the order of ``sales``; each row adds up to n.

    Returns
    -------
    ndarray of float, shape (resamples, statistics)
        In the order of `STATISTICS`; not a number where it is not defined.
    """
    n = counts.shape[1]
    weights = counts.astype(np.float64)
    median = _medians(sales, counts)
    mean, estimates, prices = (
        np.einsum("ri,i->r", weights, values) / n for values in (sales.ratio, sales.estimate, sales.price)
    )
    deviation = sales.ratio - median[:, None]
    prb = _slopes(sales, weights, median, deviation)
    np.abs(deviation, out=deviation)
    cod = 100 / median * np.einsum("ri,ri->r", weights, deviation) / n
    of_estimates, of_prices = _ginis(sales, counts, weights)
    of_estimates /= estimates * n**2
    of_prices /= prices * n**2
    weighted = estimates / prices
    columns = [median, mean, weighted, cod, mean / weighted, prb, of_estimates / of_prices, of_estimates - of_prices]
    return np.column_stack(columns)


def _resampled(sales: Sales, resamples: int, seed: int) -> Floats:
    ordered = sorted_sales(sales)
    found = np.empty((resamples, len(STATISTICS)))
    done = 0
    for counts in resample_counts(len(sales.price), resamples, seed=seed):
        found[done : done + len(counts)] = counted_statistics(ordered, counts)
        done += len(counts)
    return found


def _interval(value: float, drawn: Floats, tails: list[float]) -> tuple[float, float, float, str]:
    """Percentiles of the resamples in which the statistic is defined, and what there is to say of them."""
    defined = drawn[~np.isnan(drawn)]
    if np.isnan(value) or not len(defined):
        return np.nan, np.nan, np.nan, "无定义：各样点的价值没有差别"
    lost = len(drawn) - len(defined)
    low, high = np.quantile(defined, tails).tolist()
    return value, low, high, f"{len(drawn)} 次重抽样中 {lost} 次无定义，未计入" if lost else ""


def _medians(sales: SortedSales, counts: Ints) -> Floats:
    """Medians of ratios: the sales at which the running total of counts reaches the middle.

    Every row adds up to n, so one running total over the whole block serves all rows: row r begins at r n.
    """
    rows, n = counts.shape
    total = np.cumsum(counts.take(sales.by_ratio, axis=1))
    begin = n * np.arange(rows)
    lower, upper = (
        sales.ratio[sales.by_ratio[np.searchsorted(total, begin + middle) % n]] for middle in ((n + 1) // 2, n // 2 + 1)
    )
    middles: Floats = (lower + upper) / 2
    return middles


def _slopes(sales: SortedSales, weights: Floats, median: Floats, deviation: Floats) -> Floats:
    """Slopes of relative ratios on the binary logarithm of value, by weighted least squares."""
    n = weights.shape[1]
    scale = float(sales.price[n // 2])
    value = sales.estimate / (scale * median[:, None])
    value += sales.price / scale
    np.log2(value, out=value)
    middle = np.einsum("ri,ri->r", weights, value) / n
    value -= middle[:, None]
    weighted = weights * value
    square = np.einsum("ri,ri->r", weighted, value)
    slope = np.einsum("ri,ri->r", weighted, deviation)
    flat = square <= n * (NOISE * (1 + np.abs(middle))) ** 2
    square[flat] = np.nan
    slopes: Floats = slope / median / square
    return slopes


def _ginis(sales: SortedSales, counts: Ints, weights: Floats) -> tuple[Floats, Floats]:
    """Sums of estimates and of prices by twice their centred mean rank; not a number where one price was drawn."""
    rows, n = counts.shape
    upto = np.cumsum(counts).reshape(rows, n)
    upto -= n * np.arange(rows)[:, None]
    before = upto - counts
    of_price = counts
    if sales.tied:
        upto, before = upto.take(sales.last, axis=1), before.take(sales.first, axis=1)
        of_price = upto - before
    alone = of_price.max(axis=1) == n
    upto += before
    upto -= n
    ranked = weights * upto
    of_estimates, of_prices = (np.einsum("ri,i->r", ranked, values) for values in (sales.estimate, sales.price))
    of_estimates[alone] = of_prices[alone] = np.nan
    return of_estimates, of_prices
