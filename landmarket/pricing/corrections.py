"""The corrections of the coefficient method, one function each (系数修正法的各项修正)."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from landmarket.errors import BadValueError, named_rows
from landmarket.pricing.kinds import Floats, Numbers, row_names, shaped


def term_factor(
    years: Numbers, legal_term: float | Floats | pd.Series[float], rate: float | Floats | pd.Series[float]
) -> Numbers:
    r"""Compute the term factor (年期修正系数).

    .. math:: Y = \frac{1 - (1+r)^{-n}}{1 - (1+r)^{-N}}

    Parameters
    ----------
    years : float, ndarray or Series
        Years of use left, n [年]; infinite where the term is unlimited.
    legal_term : float, ndarray or Series
        Term the price is stated on, N [年]; infinite where unlimited.
    rate : float, ndarray or Series
        Land capitalisation rate, r [fraction a year].

    Returns
    -------
    float, ndarray or Series
        Factor, not rounded; a Series keeps the index of ``years``.

    Raises
    ------
    BadValueError
        If years are not positive or exceed the legal term, or a rate is not positive where it is needed.

    Notes
    -----
    GB/T 18508-2014 (from memory); agrees with the published table of 吉安 for all 40 years. An unlimited term on a
    limited legal term exceeds it.

    Examples
    --------
    The published table of 吉安 (commercial, 40 years; reproduced by 6.5 %):

    >>> round(term_factor(20, 40, 0.065), 4), round(term_factor(30, 40, 0.065), 4)
    (0.7789, 0.9232)
    """
    n, legal, r = (np.asarray(value, dtype=np.float64) for value in (years, legal_term, rate))
    n, legal, r = np.broadcast_arrays(n, legal, r)
    same = n == legal
    bad = ~(n > 0) | ~(legal > 0) | (n > legal) | (~same & ~((r > 0) & (r < 1)))
    if bad.any():
        rows = row_names(years, bad)
        values = [
            f"{a:g} 年 / 法定 {b:g} 年 / 还原率 {c:g}" for a, b, c in zip(n[bad], legal[bad], r[bad], strict=True)
        ]
        raise BadValueError(
            f"年期修正算不出，{named_rows(rows, values)}。办法：年期应大于 0 且不超过法定最高年期，还原率如 0.06。"
        )
    base = 1 + np.where(same, 1.0, r)
    factor: Floats = np.where(same, 1.0, (1 - base**-n) / (1 - base**-legal))
    return shaped(factor, years)


def date_factor(index_on: Numbers, index_base: float | Floats | pd.Series[float]) -> Numbers:
    r"""Compute the date factor (期日修正系数) from two land price indices.

    .. math:: T = I_{on} / I_{base}

    Parameters
    ----------
    index_on : float, ndarray or Series
        Index on the valuation date.
    index_base : float, ndarray or Series
        Index on the base date of the benchmark price.

    Returns
    -------
    float, ndarray or Series
        Factor, not rounded; a Series keeps the index of ``index_on``.

    Raises
    ------
    BadValueError
        If an index is not positive.

    Examples
    --------
    >>> round(date_factor(106, 100), 2)
    1.06
    """
    on, base = np.asarray(index_on, dtype=np.float64), np.asarray(index_base, dtype=np.float64)
    if not ((on > 0).all() and (base > 0).all()):
        raise BadValueError(f"地价指数应为正数：{index_on} / {index_base}。办法：核对期日修正表。")
    factor: Floats = on / base
    return shaped(factor, index_on)


def far_factor(
    floor_area_ratio: Numbers, table: pd.Series[float], outside: Literal["raise", "clamp"] = "raise"
) -> Numbers:
    r"""Look up the floor-area-ratio factor (容积率修正系数), linear between the rows of the table.

    .. math:: k = k_1 + (k_2 - k_1) \frac{R - R_1}{R_2 - R_1}

    Parameters
    ----------
    floor_area_ratio : float, ndarray or Series
        Floor-area ratio R.
    table : Series
        Factors k indexed by floor-area ratio, in any order.
    outside : {"raise", "clamp"}
        What happens outside the table: refuse, or take the value of its nearer end. Never extrapolated.

    Returns
    -------
    float, ndarray or Series
        Factor, not rounded; a Series keeps its index.

    Raises
    ------
    BadValueError
        If a ratio is missing or, unless clamped, outside the table; or if the table is empty or repeats a ratio.

    Examples
    --------
    From the published commercial table of 吉安 (baseline 1.4):

    >>> table = pd.Series({1.0: 0.8387, 1.4: 1.0, 1.6: 1.1035, 2.0: 1.2987})
    >>> far_factor(1.4, table), far_factor(1.0, table), round(far_factor(1.5, table), 5)
    (1.0, 0.8387, 1.05175)
    """
    rows = table.sort_index()
    ratios, factors = rows.index.to_numpy(dtype=np.float64), rows.to_numpy(dtype=np.float64)
    if not len(ratios) or (np.diff(ratios) == 0).any():
        raise BadValueError("容积率修正系数表为空或有重复的容积率。办法：核对容积率修正表。")
    wanted = np.asarray(floor_area_ratio, dtype=np.float64)
    bad = ~np.isfinite(wanted)
    if outside == "raise":
        bad |= (wanted < ratios[0]) | (wanted > ratios[-1])
    if bad.any():
        index = row_names(floor_area_ratio, bad)
        raise BadValueError(
            f"容积率不在修正表 {ratios[0]:g}—{ratios[-1]:g} 之内，{named_rows(index, wanted[bad].tolist())}。"
            "办法：核对容积率，或明确选择取端值（clamp）。"
        )
    factor: Floats = np.interp(wanted, ratios, factors)
    return shaped(factor, floor_area_ratio)


def five_level(base: float, low: float, high: float, weight: float) -> dict[str, float]:
    r"""Build the five levels of a factor's correction (五级修正系数) from the price range of a grade.

    .. math::
        F_{up} = \frac{P_{max} - P_b}{P_b}, \quad F_{down} = \frac{P_b - P_{min}}{P_b}

    Parameters
    ----------
    base : float
        Benchmark price of the grade, P_b [元/㎡].
    low, high : float
        Lowest and highest price of the grade [元/㎡].
    weight : float
        Weight of the factor, 0 to 1.

    Returns
    -------
    dict of str to float
        优 +F_up·w, 较优 half of it, 一般 0, 较劣 −F_down·w/2, 劣 −F_down·w [fraction, not rounded].

    Raises
    ------
    BadValueError
        Unless 0 < low ≤ base ≤ high and 0 ≤ weight ≤ 1.

    Notes
    -----
    GB/T 18508-2014 (from memory). Printed tables truncate the half step: 8.59 % gives 4.29 %.

    Examples
    --------
    长垣 grade I commercial, 770 (580—960) 元/㎡, weight 0.25:

    >>> {level: round(100 * value, 3) for level, value in five_level(770, 580, 960, 0.25).items()}
    {'优': 6.169, '较优': 3.084, '一般': 0.0, '较劣': -3.084, '劣': -6.169}
    """
    if not (0 < low <= base <= high < np.inf and 0 <= weight <= 1):
        raise BadValueError(
            f"五级修正：基准地价 {base}、最低 {low}、最高 {high}、权重 {weight} 不成立。"
            "办法：应有 0 < 最低 ≤ 基准地价 ≤ 最高，权重在 0—1 之间。"
        )
    up, down = (high - base) / base * weight, (base - low) / base * weight
    return {"优": up, "较优": up / 2, "一般": 0.0, "较劣": -down / 2, "劣": -down}
