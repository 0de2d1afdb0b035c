"""Named rules that set outlying samples aside (异常样点剔除): what was dropped, by which rule, and why."""

from __future__ import annotations

import numpy as np
import pandas as pd

from landmarket.checks import require_columns
from landmarket.errors import MissingColumnError
from landmarket.pricing.compilation.rule import Screen, ScreenKind

_ROUNDING = 1e-9
"""Logarithms of equal prices may differ by less: neither prices in cents nor outliers do."""


def screen_samples(samples: pd.DataFrame, screens: tuple[Screen, ...]) -> pd.Series[str]:
    """Find the samples that screens set aside (异常样点剔除).

    Parameters
    ----------
    samples : DataFrame
        ``price_use, grade, standard_price`` [元/㎡], ``gap`` (samples with a gap do not count), and the columns that
        screens of texts look at.
    screens : tuple of Screen
        The rules, applied in order: each looks at what the ones before left.

    Returns
    -------
    Series of str
        On the same index: rule and reason; empty where a sample stays, or has a gap already. Where half the prices of
        a cell are one price there is no interquartile range to go by, and ``iqr`` drops none.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    """
    require_columns(samples, ["price_use", "grade", "standard_price", "gap"], "screen_samples")
    dropped = pd.Series("", index=samples.index, dtype="str")
    counted = samples["gap"].eq("")
    for screen in screens:
        left = samples[counted & dropped.eq("")]
        reasons = _texts(left, screen) if screen.kind is ScreenKind.TEXT else _prices(left, screen)
        dropped[reasons.index] = f"{screen.name}：" + reasons
    return dropped


def _texts(samples: pd.DataFrame, screen: Screen) -> pd.Series[str]:
    if screen.column not in samples:
        raise MissingColumnError(f"剔除规则 {screen.name} 的列 {screen.column} 不在样点表中。办法：改正规则文件。")
    cells = samples[screen.column].astype("str").fillna("")
    hit = cells[cells.map(lambda cell: any(word in cell for word in screen.words))]
    return "“" + hit + "”"


def _prices(samples: pd.DataFrame, screen: Screen) -> pd.Series[str]:
    """Compare each price with its cell: use and grade."""
    prices = samples["standard_price"]
    cells = [samples["price_use"], samples["grade"]]
    logs = np.log(prices)
    grouped = logs.groupby(cells)
    if screen.kind is ScreenKind.RATIO:
        ratio = prices / prices.groupby(cells).transform("median")
        hit = (ratio < screen.low) | (ratio > screen.high)
        said = [f"为本级中位数的 {value:.2f} 倍，界限 {screen.low:g}—{screen.high:g}" for value in ratio[hit]]
    elif screen.kind is ScreenKind.SIGMA:
        off = logs - grouped.transform("mean")
        away = off / grouped.transform("std")
        hit = (away.abs() > screen.k) & (off.abs() > _ROUNDING)
        said = [f"对数价偏离本级平均 {value:+.2f} 倍标准差，界限 ±{screen.k:g}" for value in away[hit]]
    else:
        low, high = grouped.transform(lambda own: own.quantile(0.25)), grouped.transform(lambda own: own.quantile(0.75))
        beyond, range_ = pd.concat([low - logs, logs - high], axis=1).max(axis=1), high - low
        hit = (beyond > screen.k * range_) & (range_ > _ROUNDING)
        away = beyond / range_
        said = [f"对数价在本级四分位之外 {value:.2f} 倍四分位距，界限 {screen.k:g}" for value in away[hit]]
    return pd.Series(said, index=samples.index[hit], dtype="str")
