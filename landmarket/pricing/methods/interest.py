"""Interest on what is laid out for land and its development (投资利息)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from landmarket.errors import BadValueError
from landmarket.pricing.kinds import Floats, Numbers, shaped
from landmarket.pricing.methods.operands import Number, aligned, floats, refuse

_WHOLE = 1e-9


class Interest(StrEnum):
    """How interest accrues (计息方式)."""

    COMPOUND = "复利"
    SIMPLE = "单利"


class Tranche(NamedTuple):
    """A part of the outlay that is laid out evenly over a part of the period (一期投入).

    Attributes
    ----------
    share : float
        Share of the whole outlay; the shares of all tranches sum to 1.
    starts : float
        When it begins, as a fraction of the development period.
    ends : float
        When it is all laid out, as a fraction of the period.
    """

    share: float
    starts: float
    ends: float


EVENLY = (Tranche(1.0, 0.0, 1.0),)
"""The whole outlay laid out evenly over the period (均匀投入)."""


def equal_tranches(shares: Sequence[float]) -> tuple[Tranche, ...]:
    """Divide the period into equal parts, each with its share of the outlay (按年投入).

    Parameters
    ----------
    shares : sequence of float
        Share of each part, in order: ``(0.4, 0.6)`` for 40 % in the first of two years.

    Returns
    -------
    tuple of Tranche
        One per part.

    Raises
    ------
    BadValueError
        If a share is negative or they do not sum to 1.

    Examples
    --------
    >>> [tranche.ends for tranche in equal_tranches((0.4, 0.6))]
    [0.5, 1.0]
    """
    parts = len(shares)
    return checked_tranches([Tranche(share, i / parts, (i + 1) / parts) for i, share in enumerate(shares)])


def checked_tranches(tranches: Sequence[Tranche]) -> tuple[Tranche, ...]:
    """Refuse tranches that are not a whole outlay inside the period.

    Parameters
    ----------
    tranches : sequence of Tranche
        In any order.

    Returns
    -------
    tuple of Tranche
        The same.

    Raises
    ------
    BadValueError
        If a share is negative, they do not sum to 1, or a tranche does not lie inside the period.
    """
    bad = [
        f"第 {i} 期 {tuple(each)}"
        for i, each in enumerate(tranches, start=1)
        if not (0 <= each.share <= 1 and 0 <= each.starts <= each.ends <= 1)
    ]
    total = sum(each.share for each in tranches)
    if bad or not abs(total - 1) <= _WHOLE:
        raise BadValueError(
            f"开发费分期投入不成立：{'、'.join(bad) or f'各期比例之和为 {total:g}'}。"
            "办法：各期比例之和应为 1，起止为开发周期的 0—1，如 Tranche(0.4, 0, 0.5)。"
        )
    return tuple(tranches)


def interest_factor(years: Numbers, rate: Number, form: Interest = Interest.COMPOUND) -> Numbers:
    r"""Compute the interest on an outlay of 1 (计息系数).

    .. math:: (1 + i)^t - 1 \text{ compound}, \qquad i t \text{ simple}

    Parameters
    ----------
    years : float, ndarray or Series
        Years t it bears interest, not negative.
    rate : float, ndarray or Series
        Interest rate, i [fraction a year].
    form : Interest, default Interest.COMPOUND
        Compound or simple.

    Returns
    -------
    float, ndarray or Series
        Interest per unit of outlay; a Series keeps the index of ``years``.

    Raises
    ------
    BadValueError
        If years are negative or endless, or a rate is negative, or 1 or more.
    IndexMismatchError
        If the rates have other rows than the years.

    Examples
    --------
    A published answer: 100 元/㎡ for two years at 6 %: 12.36 元/㎡.

    >>> round(100 * interest_factor(2, 0.06), 2)
    12.36
    """
    t, i = floats(years), aligned(rate, years, "利息率")
    refuse(years, ~((t >= 0) & (t < np.inf)), t, "计息年数不能用", "计息年数应不小于 0。")
    refuse(years, ~((i >= 0) & (i < 1)), i, "利息率不能用", "利息率应在 0—1 之间，如 6% 写 0.06。")
    return shaped(np.expm1(t * np.log1p(i)) if form is Interest.COMPOUND else t * i, years)


def tranche_factors(
    period: Numbers, rate: Number, tranches: Sequence[Tranche], form: Interest = Interest.COMPOUND
) -> list[Numbers]:
    r"""Compute the interest that each tranche of an outlay of 1 bears up to the end of the period (分期计息系数).

    .. math:: w_k \left[ (1 + i)^{n (1 - (s_k + e_k) / 2)} - 1 \right]

    Parameters
    ----------
    period : float, ndarray or Series
        Development period (开发周期), n [年].
    rate : float, ndarray or Series
        Interest rate, i [fraction a year].
    tranches : sequence of Tranche
        Each with its share w, start s and end e; an outlay made evenly bears interest from its half-point.
    form : Interest, default Interest.COMPOUND
        Compound or simple.

    Returns
    -------
    list of float, ndarray or Series
        One per tranche, of the kind of ``period``.

    Raises
    ------
    BadValueError
        If the tranches are no whole, or a period or rate is out of range.
    IndexMismatchError
        If the rates have other rows than the periods.

    Notes
    -----
    The half-point is a convention of the field: interest of an even stream is slightly more than that.

    Examples
    --------
    A published case: 207 and 138 元/㎡ in the two years of development, 6 %; 27.81 for the land, in all 50.8.

    >>> first, second = tranche_factors(2, 0.06, equal_tranches((0.6, 0.4)))
    >>> round(345 * (first + second) + 225 * interest_factor(2, 0.06), 1)
    50.8
    """
    n = floats(period)
    bearing: list[Floats] = [n * (1 - (each.starts + each.ends) / 2) for each in checked_tranches(tranches)]
    return [
        shaped(each.share * floats(interest_factor(shaped(years, period), rate, form)), period)
        for each, years in zip(tranches, bearing, strict=True)
    ]
