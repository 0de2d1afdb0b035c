"""Ratio studies (比率分析): whether compiled prices are level and fair, group by group."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from hashlib import blake2b

import numpy as np
import pandas as pd

from landmarket.checks import require_columns
from landmarket.errors import BadValueError
from landmarket.pricing.ratio_study.bands import NAMES, Band, band_of, ratio_bands, warn_unverified
from landmarket.pricing.ratio_study.bootstrap import intervals
from landmarket.pricing.ratio_study.formulas import STATISTICS
from landmarket.pricing.ratio_study.groups import members
from landmarket.pricing.ratio_study.ranks import RANKED_LEAST, RankTest, ranked
from landmarket.pricing.ratio_study.sales import Sales, Values, read_sales

_VERTICAL = ("prd", "prb", "mki")
_SALES = "vertical_sales"
_DIGITS = {"cod": 1}


def ratio_study(
    table: pd.DataFrame,
    *,
    by: Sequence[str],
    seed: int,
    kind: str = "土地",
    bands: Sequence[Band] | None = None,
    estimate: str = "estimate",
    price: str = "price",
    resamples: int = 1000,
    level: float = 0.95,
    least: int = 5,
) -> pd.DataFrame:
    """Study the ratios of estimates to prices in each group of sales (比率分析).

    Parameters
    ----------
    table : DataFrame
        One row per sale.
    by : sequence of str
        Columns of the groups, such as use, township, grade or the classes of `price_classes`; none for one study of
        all sales.
    seed : int
        Seed of the intervals, not negative. What a group gets depends on the seed and its own sales alone.
    kind : str, default "土地"
        Kind of land, see `ratio_bands`.
    bands : sequence of Band, optional
        Acceptance bands. Default: those that ship for the kind.
    estimate, price : str
        Columns of estimate and price, in one unit, such as 元/㎡.
    resamples : int, default 1000
        Resamples of the intervals.
    level : float, default 0.95
        Confidence level; 1 − level is the significance of the rank test.
    least : int, default 5
        Under so many sales a group is 样点不足 and nothing else.

    Returns
    -------
    DataFrame
        One row per group, sorted: ``n``; each statistic with ``_low`` and ``_high``; ``spearman`` and ``spearman_p``;
        ``verdict``, 符合 or in Chinese what lies outside its band, and whether the interval still reaches into it;
        ``finding``, what could not be computed.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If there is no sale, a value is not a positive finite number, a sale has no group, or the kind is unknown.

    Warns
    -----
    UnverifiedRuleWarning
        If bands are applied whose documents were not read.

    Notes
    -----
    A value on the end of a band lies inside it. Where a group has fewer sales than the band ``vertical_sales`` says,
    the rank test decides on vertical equity instead of the price-related statistics (50 IAC 27-4-5(d), Indiana).
    """
    require_columns(table, [estimate, price], "ratio_study")
    sales = read_sales(table[estimate], table[price], "ratio_study", least=1)
    index, groups = members(table, by, "ratio_study")
    applied = ratio_bands(kind) if bands is None else tuple(bands)
    judged = [band for band in applied if band.statistic in STATISTICS]
    vertical_sales = band_of(applied, _SALES).low
    studied, verdicts, findings = [], [], []
    for key, rows in zip(index, groups, strict=True):
        group = Sales(sales.estimate[rows], sales.price[rows], sales.ratio[rows])
        table_of_group = intervals(
            group.estimate, group.price, seed=_group_seed(seed, key), resamples=resamples, level=level, least=least
        )
        numbers = _numbers(group, table_of_group, least)
        studied.append(numbers)
        verdicts.append(_verdict(numbers, judged, vertical_sales, 1 - level, least))
        findings.append("；".join(_findings(table_of_group["finding"])))
    warn_unverified(judged, stacklevel=2)
    result = pd.DataFrame(studied, index=index).astype({"n": "int64"})
    texts = pd.DataFrame({"verdict": verdicts, "finding": findings}, index=index, dtype="str")
    return result.join(texts)


def price_classes(estimate: Values, price: Values, *, classes: int) -> pd.Series[int]:
    r"""Class sales by value, in classes of equal number (价位分档).

    .. math:: V_i = \frac{A_i / M + S_i}{2}

    Parameters
    ----------
    estimate, price : sequence, ndarray or Series of float
        Estimate A and price S of each sale, in one unit.
    classes : int
        How many classes, at least two.

    Returns
    -------
    Series of int
        1 (lowest) to ``classes``, on the index of ``price`` where it is a Series; equal values are in one class.

    Raises
    ------
    BadValueError
        If there are fewer sales than classes, the lengths differ, or a value is not a positive finite number.
    IndexMismatchError
        If both are Series and do not have the same index.

    Notes
    -----
    The value is the market proxy of the price-related bias: classes by price alone make estimates look low in the
    upper classes, classes by estimate alone high.

    Examples
    --------
    >>> price_classes([90, 110, 400, 380], [100, 100, 400, 400], classes=2).tolist()
    [1, 1, 2, 2]
    """
    if classes < 2:
        raise BadValueError(f"price_classes：分 {classes} 档不成立。办法：至少两档。")
    sales = read_sales(estimate, price, "price_classes", least=classes)
    value = (sales.estimate / np.median(sales.ratio) + sales.price) / 2
    ends = np.quantile(value, np.arange(1, classes) / classes)
    index = next((given.index for given in (price, estimate) if isinstance(given, pd.Series)), None)
    return pd.Series(np.searchsorted(ends, value) + 1, index=index, dtype="int64")


def _group_seed(seed: int, key: Hashable) -> int:
    """Seed of one group: other groups do not change it."""
    text = "|".join(map(str, key)) if isinstance(key, tuple) else str(key)
    return int.from_bytes(blake2b(f"{seed}|{text}".encode(), digest_size=8).digest())


def _numbers(sales: Sales, table: pd.DataFrame, least: int) -> dict[str, float]:
    """Statistics of a group, their intervals and its rank test, as columns."""
    numbers: dict[str, float] = {"n": len(sales.price)}
    ends = table[["value", "low", "high"]].to_numpy(dtype=np.float64)
    for name, row in zip(STATISTICS, ends.tolist(), strict=True):
        numbers |= zip((name, f"{name}_low", f"{name}_high"), row, strict=True)
    found = ranked(sales) if len(sales.price) >= max(least, RANKED_LEAST) else RankTest(np.nan, np.nan)
    return numbers | {"spearman": found.rho, "spearman_p": found.p}


def _findings(texts: pd.Series[str]) -> list[str]:
    """Findings of a group: one that all statistics share as it is, others with the statistic's name."""
    distinct = texts.unique().tolist()
    if len(distinct) == 1:
        return list(filter(None, distinct))
    return [f"{NAMES[str(name)]} {text}" for name, text in texts.items() if text]


def _verdict(
    numbers: dict[str, float], bands: Sequence[Band], vertical_sales: float, significance: float, least: int
) -> str:
    """Say what lies outside its band; 符合 where nothing does."""
    n = numbers["n"]
    if n < least:
        return "样点不足"
    by_ranks = n < vertical_sales
    said = [_outside(numbers, band) for band in bands if not (by_ranks and band.statistic in _VERTICAL)]
    if by_ranks:
        said.append(_by_ranks(numbers["spearman"], numbers["spearman_p"], significance))
    return "；".join(filter(None, said)) or "符合"


def _outside(numbers: dict[str, float], band: Band) -> str:
    name, digits = NAMES[band.statistic], _DIGITS.get(band.statistic, 3)
    value, low, high = (numbers[f"{band.statistic}{end}"] for end in ("", "_low", "_high"))
    if np.isnan(value):
        return f"{name} 无定义"
    meaning = band.meaning(value)
    if not meaning:
        return ""
    unsure = "；置信区间仍触及，不能断定" if low <= band.high and high >= band.low else ""
    return f"{meaning}（{name} {value:.{digits}f}，应{band.text}{unsure}）"


def _by_ranks(rho: float, p: float, significance: float) -> str:
    if np.isnan(rho):
        return "等级相关无定义"
    if p >= significance:
        return ""
    return f"{'累退' if rho < 0 else '累进'}（等级相关 {rho:.2f}，p = {p:.3f}）"
