"""The market comparison method: prices of similar parcels brought to the parcel's own terms (市场比较法)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import pandas as pd

from landmarket.checks import Fault, fault, require_columns, require_sound
from landmarket.io.values import clean_text
from landmarket.pricing.kinds import Numbers, shaped
from landmarket.pricing.methods.operands import Number, aligned, floats, refuse

FACTORS = ("situation_factor", "date_factor", "regional_factor", "individual_factor", "term_factor")
"""The corrections A 情况, B 期日, D 区域, E 个别, F 年期: each a factor of the comparable's price."""

_NEEDED_BY = "comparison_value"
_WHOLE = 1e-9


class Average(StrEnum):
    """How one price is made of several (取值方法)."""

    MEAN = "算术平均"
    WEIGHTED = "加权平均"
    MEDIAN = "中位数"


def condition_factor(comparable: Numbers, parcel: Number = 100.0) -> Numbers:
    r"""Compute a correction from two condition indices (条件指数之比).

    .. math:: K = I_{parcel} / I_{comparable}

    Parameters
    ----------
    comparable : float, ndarray or Series
        Index of the comparable.
    parcel : float, ndarray or Series, default 100
        Index of the parcel valued.

    Returns
    -------
    float, ndarray or Series
        Factor, not rounded; a Series keeps the index of ``comparable``.

    Raises
    ------
    BadValueError
        If an index is not positive.
    IndexMismatchError
        If the two columns have different rows.

    Examples
    --------
    The comparable is 2 % better than the parcel:

    >>> round(condition_factor(102), 4)
    0.9804
    """
    other, own = floats(comparable), aligned(parcel, comparable, "待估宗地的条件指数")
    for index in (other, own):
        refuse(comparable, ~((index > 0) & (index < np.inf)), index, "条件指数应为正数", "核对条件指数表，基准为 100。")
    return shaped(own / other, comparable)


def comparable_prices(comparables: pd.DataFrame, factors: Sequence[str] = FACTORS) -> pd.DataFrame:
    r"""Correct the price of each comparable (比准价格).

    .. math:: P = P_B \times A \times B \times D \times E \times F \,[\times K_{FAR} \ldots]

    Parameters
    ----------
    comparables : DataFrame
        One row per parcel valued and comparable: ``subject_code`` and ``comparable_code`` (parcel codes),
        ``comparable_price`` P_B [元/㎡ of land] and the columns of ``factors``.
    factors : sequence of str
        The columns of corrections; add ``far_factor`` where floor-area ratios differ.

    Returns
    -------
    DataFrame
        On the same index: the two codes, the price, each factor, ``total_factor`` and ``adjusted_price`` [元/㎡], not
        rounded.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a code, a price or a factor is missing, a price or factor is not positive, a parcel is compared with itself,
        or one comparable stands twice for one parcel.

    Notes
    -----
    GB/T 18508-2014 (from memory). A correction that is not needed is a column of 1, so that the row says so.
    """
    names = ["subject_code", "comparable_code", "comparable_price", *factors]
    require_columns(comparables, names, _NEEDED_BY)
    numbers = {name: floats(comparables[name]) for name in names[2:]}
    found = [*_code_faults(comparables)]
    for name, values in numbers.items():
        found.append(fault(name, ~((values > 0) & (values < np.inf)), "应为正数；不需修正的系数写 1。"))
    require_sound(comparables, found, _NEEDED_BY)
    table = comparables[names[:2]].assign(**numbers)
    table["total_factor"] = table[list(factors)].prod(axis=1)
    table["adjusted_price"] = table["comparable_price"] * table["total_factor"]
    return table


def comparison_value(
    comparables: pd.DataFrame,
    *,
    least: int,
    average: Average = Average.MEAN,
    factors: Sequence[str] = FACTORS,
) -> pd.DataFrame:
    """Value parcels by their comparables (市场比较法).

    Parameters
    ----------
    comparables : DataFrame
        As `comparable_prices` takes it; with ``comparable_weight`` where the average is weighted.
    least : int
        How many comparables a parcel needs at least, see
        `landmarket.pricing.methods.check_limits.CheckLimits.least_comparables`.
    average : Average, default Average.MEAN
        How one price is made of several.
    factors : sequence of str
        The columns of corrections.

    Returns
    -------
    DataFrame
        One row per parcel valued, on its code in the order of first appearance: ``comparable_count``,
        ``lowest_price`` and ``highest_price`` [元/㎡], ``comparable_spread`` (highest / lowest − 1),
        ``average_method`` and ``comparison_price`` [元/㎡ of land], not rounded.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        As `comparable_prices`; or if a parcel has too few comparables, or weights are negative or do not sum to 1.

    See Also
    --------
    comparable_prices : The price of each comparable with all its corrections.

    Examples
    --------
    Four comparables of an examination that prints 801.75 元/㎡ (each rounded to 元 first):

    >>> rows = pd.DataFrame(
    ...     {
    ...         "subject_code": "甲",
    ...         "comparable_code": list("ABCD"),
    ...         "comparable_price": [800.0, 850, 760, 780],
    ...         "situation_factor": condition_factor(pd.Series([102.0, 101, 100, 100])),
    ...         "date_factor": condition_factor(pd.Series([110.0, 111, 110, 110]), 111),
    ...         "regional_factor": condition_factor(pd.Series([101.0, 100, 100, 99])),
    ...         "individual_factor": condition_factor(pd.Series([100.0, 101, 98, 99])),
    ...         "term_factor": 1.0,
    ...         "far_factor": condition_factor(pd.Series([109.0, 112, 103, 100]), 106),
    ...     }
    ... )
    >>> float(comparison_value(rows, least=3, factors=[*FACTORS, "far_factor"])["comparison_price"].iloc[0].round(1))
    801.8
    """
    table = comparable_prices(comparables, factors)
    price, subject = table["adjusted_price"], clean_text(table["subject_code"])
    groups = price.groupby(subject.to_numpy(), sort=False)
    count, lowest, highest = groups.count(), groups.min(), groups.max()
    cure = f"至少要 {least} 个不同的比较案例，补充案例或改用其他方法。"
    counts = pd.DataFrame({"comparable_count": count})
    require_sound(counts, [fault("comparable_count", count < least, cure)], _NEEDED_BY)
    if average is Average.WEIGHTED:
        weighted = price * _weights(comparables, subject)
        value = weighted.groupby(subject.to_numpy(), sort=False).sum()
    else:
        value = groups.median() if average is Average.MEDIAN else groups.mean()
    result = counts.assign(
        lowest_price=lowest,
        highest_price=highest,
        comparable_spread=highest / lowest - 1,
        average_method=pd.Series(average.value, index=counts.index, dtype="str"),
        comparison_price=value,
    )
    return result.rename_axis("parcel_code")


def _code_faults(comparables: pd.DataFrame) -> list[Fault]:
    subject, other = clean_text(comparables["subject_code"]), clean_text(comparables["comparable_code"])
    pairs = pd.DataFrame({"subject_code": subject, "comparable_code": other})
    return [
        fault("subject_code", subject.isna(), "补上待估宗地代码。"),
        fault("comparable_code", other.isna(), "补上比较案例的宗地代码。"),
        fault("comparable_code", subject.eq(other), "宗地不能作自己的比较案例，换一个案例。"),
        fault("comparable_code", pairs.duplicated(keep="first"), "同一案例只能用一次，换一个不同的宗地。"),
    ]


def _weights(comparables: pd.DataFrame, subject: pd.Series[str]) -> pd.Series[float]:
    require_columns(comparables, ["comparable_weight"], _NEEDED_BY)
    weight = pd.Series(floats(comparables["comparable_weight"]), index=comparables.index)
    bad = fault("comparable_weight", ~((weight >= 0) & (weight <= 1)), "权重应在 0—1 之间。")
    require_sound(comparables, [bad], _NEEDED_BY)
    total = weight.groupby(subject.to_numpy(), sort=False).sum()
    sums = pd.DataFrame({"comparable_weight": total})
    require_sound(sums, [fault("comparable_weight", (total - 1).abs() > _WHOLE, "各案例权重之和应为 1。")], _NEEDED_BY)
    return weight
