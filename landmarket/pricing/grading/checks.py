"""The check of grades against sample prices (级别检验): mean prices must fall from the best grade down."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from landmarket.checks import require_columns
from landmarket.errors import BadValueError, IndexMismatchError, named_rows

_SAME = 1e-9
"""Relative difference of two means that is rounding of the machine."""


INVERTED, LEVEL = "倒挂", "与上一级持平"


def price_order(samples: pd.DataFrame, names: Sequence[str], *, least: int = 5) -> pd.DataFrame:
    """Compare the mean sample prices of the grades of one use (分级样点地价检验).

    Parameters
    ----------
    samples : DataFrame
        ``grade`` and ``unit_price`` [元/㎡] of each sample of the use.
    names : sequence of str
        Grades, best first.
    least : int, default 5
        Samples below which a mean is not relied on.

    Returns
    -------
    DataFrame
        One row a grade: ``grade``, ``samples``, ``mean_price``, ``median_price`` [元/㎡], ``verdict`` (合格, 样点不足,
        与上一级持平, 倒挂) and ``cure``, what to do where it is not 合格. A grade is compared with the next better one
        that has samples enough.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a price is not positive and finite, a grade is not among the names, or ``least`` is under 1.
    """
    require_columns(samples, ["grade", "unit_price"], "price_order")
    if least < 1:
        raise BadValueError(f"最少样点数 {least} 应不小于 1。办法：没有样点的级别没有均价可比。")
    price = samples["unit_price"]
    bad = ~((price > 0) & np.isfinite(price)) | ~samples["grade"].isin(list(names))
    if bad.any():
        listed = named_rows(samples.index[bad], samples.loc[bad, ["grade", "unit_price"]].to_dict("records"))
        raise BadValueError(f"样点地价不是正数，或级别不在 {'、'.join(names)} 之中，{listed}。办法：先剔除或改正样点。")
    by_grade = samples.groupby("grade")["unit_price"]
    table = pd.DataFrame(
        {"samples": by_grade.size(), "mean_price": by_grade.mean(), "median_price": by_grade.median()}
    ).reindex(list(names))
    table["samples"] = table["samples"].fillna(0).astype("int64")
    table["verdict"], table["cure"] = "合格", ""
    few = table["samples"] < least
    table.loc[few, "verdict"] = "样点不足"
    table.loc[few, "cure"] = f"样点少于 {least} 个，均价不足为凭：补充样点，或与相邻级别合并检验"
    relied = table.index[~few].tolist()
    for better, worse in pairwise(relied):
        above, below = float(table["mean_price"][better]), float(table["mean_price"][worse])
        equal = bool(np.isclose(below, above, rtol=_SAME, atol=0))
        if equal or below > above:
            table.loc[worse, "verdict"] = LEVEL if equal else INVERTED
            table.loc[worse, "cure"] = _cure(samples, better, worse)
    return table.reset_index(names="grade")


def _cure(samples: pd.DataFrame, better: str, worse: str) -> str:
    """Say where to look first: the samples that pull the two means the wrong way."""
    own = samples["unit_price"]
    low = own[samples["grade"].eq(better)].nsmallest(2).index
    high = own[samples["grade"].eq(worse)].nlargest(2).index
    return (
        f"{worse} 级均价不低于 {better} 级：先核对 {better} 级最低样点 {'、'.join(map(str, low))} "
        f"与 {worse} 级最高样点 {'、'.join(map(str, high))}（是否同一内涵）；"
        "样点无误的，调整两级之间的分界，"
        "提高与地价相关更强的因素的权重，或把两级合并"
    )


def factor_price_ranks(scores: pd.DataFrame, prices: pd.Series[float]) -> pd.Series[float]:
    """Correlate each factor with sample prices by rank (因素与样点地价的等级相关).

    Parameters
    ----------
    scores : DataFrame
        Factor scores at each sample.
    prices : Series of float
        Sample prices [元/㎡] on the same index.

    Returns
    -------
    Series of float
        Spearman's coefficient of each factor, of the samples that have both; missing where scores or prices are all
        equal.

    Raises
    ------
    IndexMismatchError
        If scores and prices are not of the same samples.
    """
    if not scores.index.equals(prices.index):
        raise IndexMismatchError("factor_price_ranks：作用分与样点地价不是同一批样点。办法：先用 .reindex() 对齐。")
    return pd.Series({name: _spearman(scores[name], prices) for name in scores.columns}, dtype="float64")


def _spearman(score: pd.Series[float], price: pd.Series[float]) -> float:
    both = score.notna() & price.notna()
    ranks = score[both].rank(), price[both].rank()
    if any(rank.nunique() < 2 for rank in ranks):
        return float("nan")
    return float(np.corrcoef(*ranks)[0, 1])
