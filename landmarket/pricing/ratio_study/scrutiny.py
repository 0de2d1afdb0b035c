"""Scrutiny of the sales of a ratio study: outliers (离群样点) and estimates that chase sales (追价)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from landmarket.checks import require_same_index
from landmarket.errors import BadValueError
from landmarket.pricing.ratio_study.bands import band_of, ratio_shared_bands
from landmarket.pricing.ratio_study.sales import Values, read_positive
from landmarket.units import Floats

Method: TypeAlias = Literal["iqr", "log_iqr"]

_QUARTILE_LEAST = 4
_ROUNDING = 1e-9


class ChangeTest(NamedTuple):
    """How estimates of sold and of unsold parcels changed (成交与未成交宗地的变化).

    Attributes
    ----------
    sold, unsold : int
        Parcels of either kind.
    sold_change, unsold_change : float
        Change of the sum of their estimates [fraction].
    gap : float
        The first less the second.
    p : float
        Two-sided probability of the rank-sum test that the changes of single parcels differ as much by chance.
    finding : str
        In Chinese; empty inside the band.
    """

    sold: int
    unsold: int
    sold_change: float
    unsold_change: float
    gap: float
    p: float
    finding: str


def trim_ratios(ratio: pd.Series[float], *, cap: float, method: Method = "iqr", k: float = 3.0) -> pd.DataFrame:
    r"""Mark outlying ratios, each with its reason, up to a share of the sales (剔除离群样点).

    .. math:: r < Q_1 - k \, (Q_3 - Q_1) \quad \text{or} \quad r > Q_3 + k \, (Q_3 - Q_1)

    Parameters
    ----------
    ratio : Series of float
        Ratio of each sale.
    cap : float
        Largest share of the sales that may be dropped [fraction]; the farthest out go first.
    method : {"iqr", "log_iqr"}
        Quartiles of the ratios, or of their logarithms, for skewed ratios.
    k : float, default 3.0
        Interquartile ranges from the quartiles to the limits.

    Returns
    -------
    DataFrame
        On the same index: ``kept``, and ``reason`` in Chinese for each ratio beyond the limits, dropped or kept because
        of the cap. Ratios equally far out at the cap are all kept, so that the order of the rows does not matter.

    Raises
    ------
    BadValueError
        If a ratio is not a positive finite number, there are fewer than four, half of them are equal so that there is
        no spread to measure by, or cap or k make no sense.

    Notes
    -----
    Quartiles by linear interpolation. 3 interquartile ranges: IAAO, Standard on Ratio Studies (2013), appendix B, as
    cited by assesspy 2.0.2.

    Examples
    --------
    >>> ratio = pd.Series([0.9, 0.95, 1.0, 1.05, 1.1, 4.0], index=list("abcdef"))
    >>> trim_ratios(ratio, cap=0.2)["kept"].tolist()
    [True, True, True, True, True, False]
    """
    values = read_positive(ratio, "比率", "trim_ratios", least=_QUARTILE_LEAST)
    if not (0 <= cap < 1 and 0 < k < np.inf):
        raise BadValueError(f"trim_ratios：上限 {cap}、倍数 {k} 不成立。办法：上限如 0.05，倍数如 3。")
    scaled = np.log(values) if method == "log_iqr" else values
    lower, upper = np.quantile(scaled, [0.25, 0.75]).tolist()
    spread = upper - lower
    if spread <= _ROUNDING * abs(upper):
        raise BadValueError(
            "trim_ratios：一半以上的比率相同，四分位距为 0，不能据以判断离群。"
            "办法：先查评估价是否照抄成交价（sales_chasing）。"
        )
    low, high = lower - k * spread, upper + k * spread
    excess = np.maximum(np.maximum(low - scaled, scaled - high), 0.0)
    dropped = (excess > 0) & (excess > _capped(excess, int(cap * len(values) + _ROUNDING)))
    limits = (float(np.exp(low)), float(np.exp(high))) if method == "log_iqr" else (low, high)
    reasons = [
        _reason(value, limits, drop, cap) if far else ""
        for value, far, drop in zip(values.tolist(), (excess > 0).tolist(), dropped.tolist(), strict=True)
    ]
    return pd.DataFrame(
        {"kept": ~dropped, "reason": pd.Series(reasons, index=ratio.index, dtype="str")}, index=ratio.index
    )


def sales_chasing(
    ratio: Values, *, about: tuple[float, float] = (0.98, 1.02), gap: float = 0.05, digits: int = 3, least: int = 30
) -> pd.DataFrame:
    """Look in the ratios for signs that estimates were set to the prices (追价检查).

    Parameters
    ----------
    ratio : sequence, ndarray or Series of float
        Ratio of each sale.
    about : tuple of (float, float)
        Where ratios would gather.
    gap : float, default 0.05
        Share of the sales from which a sign counts [fraction].
    digits : int, default 3
        Ratios equal to so many decimals count as the same.
    least : int, default 30
        Under so many sales the signs mislead: 样点不足.

    Returns
    -------
    DataFrame
        Index ``check``: ``jump``, the largest share of sales with one and the same ratio within ``about``, which is
        the largest jump of the distribution there; ``excess``, the share of sales within ``about`` beyond that of a
        normal distribution with the same mean and standard deviation. Columns ``value``, ``limit`` and ``finding``.

    Raises
    ------
    BadValueError
        If there is no ratio, one is not a positive finite number, or ``about`` or ``gap`` make no sense.

    Notes
    -----
    Two rough signs and no statistical test: they are described in the documentation of assesspy 2.0.2, the second after
    IAAO, Standard on Ratio Studies (2013), appendix E.4. The normal share is computed and not drawn.
    """
    values = read_positive(ratio, "比率", "sales_chasing", least=1)
    low, high = about
    if not (0 < low < high and 0 < gap < 1):
        raise BadValueError(f"sales_chasing：范围 {about}、界限 {gap} 不成立。办法：范围如 (0.98, 1.02)，界限如 0.05。")
    if len(values) < least:
        few = f"样点不足：{len(values)} 宗，少于 {least} 宗"
        found = [(np.nan, few), (np.nan, few)]
    else:
        found = [
            (_jump(values, low, high, digits), "疑似追价：大量样点的比率相同"),
            (_excess(values, low, high), "疑似追价：比率过分集中在 1 附近"),
        ]
    rows = [(value, gap, text if not value <= gap else "") for value, text in found]
    index = pd.Index(["jump", "excess"], name="check")
    return pd.DataFrame(rows, index=index, columns=["value", "limit", "finding"]).astype({"finding": "str"})


def sold_unsold(before: pd.Series[float], after: pd.Series[float], sold: pd.Series[bool]) -> ChangeTest:
    r"""Compare how the estimates of sold and of unsold parcels changed from one compilation to the next.

    .. math:: \frac{\sum_{sold} A'}{\sum_{sold} A} - \frac{\sum_{unsold} A'}{\sum_{unsold} A}

    Parameters
    ----------
    before, after : Series of float
        Estimate A before and A' after, in one unit, same index.
    sold : Series of bool
        Whether the parcel was sold in between, same index.

    Returns
    -------
    ChangeTest
        A finding where the two changes differ by more than the band ``change_gap``: the ratios of sold parcels then
        say little of the others.

    Raises
    ------
    BadValueError
        If an estimate is not a positive finite number, ``sold`` is not a column of truth values, or there are fewer
        than two parcels of either kind.
    IndexMismatchError
        If the indexes differ.

    Notes
    -----
    Wyoming State Board of Equalization, rules chapter 5, section 6(a)(ii)(F), for the band; the difference is read as
    one of percentage points. The rank-sum test is that of Mann and Whitney.
    """
    from scipy.stats import mannwhitneyu

    for other in (after, sold):
        require_same_index(before.to_frame(), other.to_frame(), "sold_unsold")
    if not pd.api.types.is_bool_dtype(sold) or sold.isna().any():
        raise BadValueError("sold_unsold：sold 应逐宗为 True 或 False。办法：先用 .astype(bool) 转换，缺值先补。")
    old, new = (read_positive(values, "评估价", "sold_unsold", least=4) for values in (before, after))
    chosen = sold.to_numpy(dtype=bool)
    if min(chosen.sum(), (~chosen).sum()) < 2:
        raise BadValueError("sold_unsold：成交与未成交宗地都至少要两宗。办法：补充，或不做这项检查。")
    change = new / old
    sold_change, unsold_change = (float(new[rows].sum() / old[rows].sum()) - 1 for rows in (chosen, ~chosen))
    gap = sold_change - unsold_change
    band = band_of(ratio_shared_bands(), "change_gap")
    meaning = band.meaning(gap)
    finding = f"疑似追价：{meaning}（相差 {gap:.1%}，应{band.text}）" if meaning else ""
    p = float(mannwhitneyu(change[chosen], change[~chosen]).pvalue) if np.ptp(change) else 1.0
    return ChangeTest(int(chosen.sum()), int((~chosen).sum()), sold_change, unsold_change, gap, p, finding)


def _capped(excess: Floats, allowed: int) -> float:
    """Distance that must be exceeded so that no more than the allowed number is dropped."""
    if np.count_nonzero(excess) <= allowed:
        return 0.0
    return float(np.sort(excess)[::-1][allowed])


def _reason(value: float, limits: Sequence[float], drop: bool, cap: float) -> str:
    low, high = limits
    beyond = f"低于下限 {low:.4g}" if value < low else f"高于上限 {high:.4g}"
    return f"剔除：{beyond}" if drop else f"保留：{beyond}，但剔除已达上限 {cap:.0%}"


def _jump(values: Floats, low: float, high: float, digits: int) -> float:
    within = np.round(values[(values >= low) & (values <= high)], digits)
    return float(np.unique(within, return_counts=True)[1].max(initial=0) / len(values))


def _excess(values: Floats, low: float, high: float) -> float:
    from scipy.stats import norm

    share = float(np.mean((values >= low) & (values <= high)))
    middle, spread = float(values.mean()), float(values.std())
    if spread == 0:
        return share - float(low <= middle <= high)
    return share - float(norm.cdf(high, middle, spread) - norm.cdf(low, middle, spread))
