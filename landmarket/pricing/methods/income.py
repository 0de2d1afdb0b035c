"""The income method: a yearly net income capitalised (收益还原法).

Incomes fall due at the end of each year, the first one a year after the valuation date.
"""

from __future__ import annotations

import numpy as np

from landmarket.pricing.kinds import Floats, Numbers, shaped
from landmarket.pricing.methods.operands import Number, aligned, floats, refuse

_RATE_CURE = "还原率应在 0—1 之间，如 6% 写 0.06；无限年期时应大于 0 且大于递增率。"


def income_value(net_income: Numbers, rate: Number, years: Number | None = None, growth: Number = 0.0) -> Numbers:
    r"""Capitalise a yearly net income, level or growing by a fraction a year (收益还原).

    .. math::
        P = \frac{a}{r - s} \left[ 1 - \left( \frac{1 + s}{1 + r} \right)^n \right],
        \qquad P = \frac{a}{r - s} \text{ for ever}

    Parameters
    ----------
    net_income : float, ndarray or Series
        Net income of the first year, a [元, or 元/㎡], above 0.
    rate : float, ndarray or Series
        Capitalisation rate (还原率), r [fraction a year].
    years : float, ndarray or Series, optional
        Years n the income lasts; ``None`` or infinite: for ever (无限年期).
    growth : float, ndarray or Series, default 0
        Growth of the income (递增率), s [fraction a year]; negative where it falls.

    Returns
    -------
    float, ndarray or Series
        Price, not rounded, in the unit of the income; a Series keeps the index of ``net_income``.

    Raises
    ------
    BadValueError
        If an income is not positive; a rate is negative, or 1 or more; years are not positive; or the income lasts for
        ever and the rate is 0 or does not exceed the growth.
    IndexMismatchError
        If the other columns have other rows than ``net_income``.

    Notes
    -----
    GB/T 18508-2014 (from memory); teaching texts print each case. Where rate and growth are equal the formula has a
    hole whose value is :math:`a n / (1 + r)`: it is computed without the hole, as
    :math:`\frac{a}{1+r} \cdot \frac{e^{nx} - 1}{e^x - 1}` with :math:`x = \ln \frac{1+s}{1+r}`.

    Examples
    --------
    Two published answers: 1,000 元/㎡ a year at 5 % for ever, and 90 万元 a year at 6 % for 40 years:

    >>> round(income_value(1000, 0.05), 6), int(income_value(90, 0.06, years=40) * 10) / 10
    (20000.0, 1354.1)
    """
    n = aligned(np.inf if years is None else years, net_income, "年期")
    r, s = aligned(rate, net_income, "还原率"), aligned(growth, net_income, "递增率")
    a = floats(net_income)
    _check(net_income, r, n)
    refuse(net_income, ~((s > -1) & (s < 1)), s, "递增率不能用", "递增率应在 -1 与 1 之间，如 2% 写 0.02。")
    refuse(net_income, np.isinf(n) & (r <= s), r, "无限年期的还原率不大于递增率", _RATE_CURE)
    price = a * _annuity(r, n, s)
    refuse(net_income, ~np.isfinite(price), n, "收益价格超出可算的范围", "核对年期与递增率。")
    return shaped(price, net_income)


def stepped_income_value(net_income: Numbers, rate: Number, step: Number, years: Number | None = None) -> Numbers:
    r"""Capitalise a yearly net income that grows or falls by one amount a year (纯收益按等差级数变化).

    .. math::
        P = \left( \frac{a}{r} + \frac{b}{r^2} \right) \left[ 1 - \frac{1}{(1+r)^n} \right]
            - \frac{b}{r} \cdot \frac{n}{(1+r)^n},
        \qquad P = \frac{a}{r} + \frac{b}{r^2} \text{ for ever}

    Parameters
    ----------
    net_income : float, ndarray or Series
        Net income of the first year, a [元, or 元/㎡], above 0.
    rate : float, ndarray or Series
        Capitalisation rate, r [fraction a year], above 0.
    step : float, ndarray or Series
        What each year's income has more than the last one's, b [元, or 元/㎡]; negative where it falls.
    years : float, ndarray or Series, optional
        Years n the income lasts; ``None`` or infinite: for ever.

    Returns
    -------
    float, ndarray or Series
        Price, not rounded, in the unit of the income; a Series keeps the index of ``net_income``.

    Raises
    ------
    BadValueError
        If an income, a rate or years are not positive, the income of the last year is not, or the price is not.
    IndexMismatchError
        If the other columns have other rows than ``net_income``.

    Notes
    -----
    GB/T 18508-2014 (from memory); the perpetual form is printed in examinations, with a minus for a falling income.
    An income that falls for ever turns into a loss at last, and the perpetual form counts those losses: where it falls,
    state the years.

    Examples
    --------
    A published answer: 80 万元 in the first year, 1 万元 more every year, 6 %, for ever: 1,611 万元.

    >>> round(stepped_income_value(80, 0.06, 1))
    1611
    """
    n = aligned(np.inf if years is None else years, net_income, "年期")
    r, b = aligned(rate, net_income, "还原率"), aligned(step, net_income, "递增额")
    a = floats(net_income)
    _check(net_income, r, n)
    refuse(net_income, ~(r > 0), r, "还原率应大于 0", _RATE_CURE)
    refuse(net_income, ~np.isfinite(b), b, "递增额不能用", "递增额应为数，递减写负数。")
    ends = np.isfinite(n)
    last = np.where(ends, a + (np.where(ends, n, 1) - 1) * b, a)
    refuse(net_income, ~(last > 0), last, "最后一年的纯收益不大于 0", "缩短年期，只算到纯收益为正的年份。")
    left = (1 + r) ** -n
    price = (a / r + b / r**2) * (1 - left) - b / r * np.where(ends, n, 0) * left
    refuse(net_income, ~(price > 0), price, "收益价格不大于 0", "纯收益递减的，写明递减到 0 以前的年期。")
    return shaped(price, net_income)


def annual_income(price: Numbers, rate: Number, years: Number | None = None) -> Numbers:
    r"""Find the level yearly income that a price capitalises (由价格反算年纯收益).

    .. math:: a = P \cdot \frac{r}{1 - (1 + r)^{-n}}, \qquad a = P r \text{ for ever}

    Parameters
    ----------
    price : float, ndarray or Series
        Price P [元, or 元/㎡], above 0.
    rate : float, ndarray or Series
        Capitalisation rate, r [fraction a year].
    years : float, ndarray or Series, optional
        Years n the income lasts; ``None`` or infinite: for ever.

    Returns
    -------
    float, ndarray or Series
        Income a year, not rounded; a Series keeps the index of ``price``.

    Raises
    ------
    BadValueError
        If a price or years are not positive, or a rate is negative, 1 or more, or 0 for ever.
    IndexMismatchError
        If the other columns have other rows than ``price``.

    Examples
    --------
    A published answer: 1,020 元 for 50 years at 5 % is 55.87 元 a year, and 51.00 元 for ever.

    >>> round(annual_income(1020, 0.05, years=50), 2), round(annual_income(1020, 0.05), 2)
    (55.87, 51.0)
    """
    n = aligned(np.inf if years is None else years, price, "年期")
    r = aligned(rate, price, "还原率")
    _check(price, r, n)
    refuse(price, np.isinf(n) & ~(r > 0), r, "无限年期的还原率应大于 0", _RATE_CURE)
    return shaped(floats(price) / _annuity(r, n, np.zeros_like(r)), price)


def _check(amount: Number, rate: Floats, years: Floats) -> None:
    a = floats(amount)
    refuse(amount, ~((a > 0) & np.isfinite(a)), a, "纯收益或价格应为正数", "租金不抵费用的，先核对租金与各项费用。")
    refuse(amount, ~((rate >= 0) & (rate < 1)), rate, "还原率不能用", _RATE_CURE)
    refuse(amount, ~(years > 0), years, "年期不能用", "年期应大于 0；无限年期写 None 或 inf。")


def _annuity(rate: Floats, years: Floats, growth: Floats) -> Floats:
    """Present value of a first income of 1; exact where rate and growth are nearly or wholly equal."""
    x = np.log1p((growth - rate) / (1 + rate))
    level = x == 0
    with np.errstate(over="ignore"):
        ratio = np.expm1(np.where(level, 0.0, years) * x) / np.where(level, 1.0, np.expm1(x))
    present: Floats = np.where(level, years, ratio) / (1 + rate)
    return present
