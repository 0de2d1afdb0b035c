"""Tests of samples before they are averaged (样点检验): normality, equal variance, bias between methods."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from landmarket.checks import require_columns
from landmarket.errors import BadValueError, named_rows

LEAST = 3
"""Samples below which nothing is tested."""


def normality(samples: pd.DataFrame, groups: list[str], price: str = "standard_price") -> pd.DataFrame:
    """Test whether the logarithms of prices are normal in each group (正态性检验, Shapiro–Wilk).

    Parameters
    ----------
    samples : DataFrame
        One row a sample, with the price [元/㎡].
    groups : list of str
        Columns of the groups, such as use and grade.
    price : str, default "standard_price"
        Column of the price.

    Returns
    -------
    DataFrame
        One row a group: the groups, ``n``, ``statistic``, ``p``; missing where there are fewer than `LEAST` samples or
        all are equal.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a price is not positive.
    """
    _check(samples, [*groups, price], price, "normality")
    rows = []
    for key, own in samples.groupby(groups):
        logs = np.log(own[price].to_numpy(dtype=np.float64))
        found = stats.shapiro(logs) if len(logs) >= LEAST and np.ptp(logs) > 0 else (np.nan, np.nan)
        rows.append((*key, len(logs), float(found[0]), float(found[1])))
    return pd.DataFrame(rows, columns=[*groups, "n", "statistic", "p"])


def equal_variance(samples: pd.DataFrame, group: str, price: str = "standard_price") -> tuple[float, float]:
    """Test whether the logarithms of prices spread alike in all groups (方差齐性检验, Brown–Forsythe).

    Parameters
    ----------
    samples : DataFrame
        One row a sample, with the price [元/㎡].
    group : str
        Column of the groups, such as grade; those with fewer than `LEAST` samples do not count.
    price : str, default "standard_price"
        Column of the price.

    Returns
    -------
    statistic, p : float
        Levene's test about the medians.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a price is not positive, or fewer than two groups have samples enough.
    """
    _check(samples, [group, price], price, "equal_variance")
    logs = [np.log(own[price].to_numpy(dtype=np.float64)) for _, own in samples.groupby(group) if len(own) >= LEAST]
    if len(logs) < 2:
        raise BadValueError(f"equal_variance：样点足够的组不到两个（每组至少 {LEAST} 个）。办法：合并组，或补充样点。")
    found = stats.levene(*logs, center="median")
    return float(found.statistic), float(found.pvalue)


def method_bias(samples: pd.DataFrame, method: str, first: str, second: str, price: str) -> tuple[float, float]:
    """Test whether two kinds of samples or methods give different levels (两种来源的系统误差, 秩和检验).

    Parameters
    ----------
    samples : DataFrame
        One row a sample, with the price [元/㎡].
    method : str
        Column that tells the kinds apart, such as ``sample_kind``.
    first, second : str
        The two kinds.
    price : str
        Column of the price.

    Returns
    -------
    statistic, p : float
        Mann–Whitney's U of the first kind, and its two-sided p.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a price is not positive, or a kind has fewer than `LEAST` samples.
    """
    _check(samples, [method, price], price, "method_bias")
    parts = [samples.loc[samples[method].eq(kind), price].to_numpy(dtype=np.float64) for kind in (first, second)]
    if min(map(len, parts)) < LEAST:
        counts = f"{first} {len(parts[0])} 个，{second} {len(parts[1])} 个"
        raise BadValueError(f"method_bias：{counts}，每种至少 {LEAST} 个。办法：补充样点。")
    found = stats.mannwhitneyu(*parts)
    return float(found.statistic), float(found.pvalue)


def _check(samples: pd.DataFrame, columns: list[str], price: str, needed_by: str) -> None:
    require_columns(samples, columns, needed_by)
    bad = ~(samples[price] > 0)
    if bad.any():
        listed = named_rows(samples.index[bad], samples.loc[bad, price])
        raise BadValueError(f"{needed_by}：地价不是正数，{listed}。办法：先剔除或改正样点。")
