"""Exact sums of money: an amount times a rate without rounding, and parts that add up to the whole.

A rate (比例) is a decimal of at most six places, kept as integer millionths. An amount in fen times a rate is kept
as whole fen and a remainder, both 64-bit integers, so that nothing is rounded before the last step.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from operator import index

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.errors import BadValueError, RuleError, named_rows

Ints = npt.NDArray[np.int64]

MILLION = 1_000_000
TRILLION = MILLION * MILLION
_MOST = 9e18
_MOST_RATE = 9_000_000_000_000


def millionths(rate: Decimal, what: str) -> int:
    """Turn a rate into integer millionths.

    Parameters
    ----------
    rate : Decimal
        Rate, at most six decimal places, not negative.
    what : str
        Name of the rate, for the message.

    Returns
    -------
    int
        Rate × 1,000,000.

    Raises
    ------
    RuleError
        If the rate is negative, not finite or has more places.

    Examples
    --------
    >>> millionths(Decimal("0.2319"), "调节金比例")
    231900
    """
    scaled = rate * MILLION if rate.is_finite() else Decimal("NaN")
    if not scaled.is_finite() or scaled < 0 or scaled != scaled.to_integral_value():
        raise RuleError(f"{what} = {rate}：应为不小于 0、至多六位小数的数。办法：改写规则文件。")
    return int(scaled)


def times_rate(amount: Ints, rate: Ints, rows: Sequence[str] | pd.Index[str] | None = None) -> tuple[Ints, Ints]:
    """Multiply whole amounts by rates, exactly.

    Parameters
    ----------
    amount : ndarray of int64
        Amounts [分], not negative.
    rate : ndarray of int64
        Rates in millionths, not above 9·10¹².
    rows : sequence of str or Index, optional
        Names of the rows for the message, such as parcel codes. Default: their positions, from 1.

    Returns
    -------
    whole : ndarray of int64
        Whole fen of each product.
    rest : ndarray of int64
        What remains, in millionths of a fen, 0 to 999,999.

    Raises
    ------
    BadValueError
        If a rate is too large, or a product leaves 64 bits; rows and amounts are named.

    Notes
    -----
    With ``amount = q·10⁶ + s`` the product in fen is ``q·rate + s·rate/10⁶``, and neither term leaves 64 bits
    while the product itself does not.
    """
    beyond = (rate > _MOST_RATE) | (amount.astype(np.float64) * rate > _MOST * MILLION)
    if beyond.any():
        names = range(1, len(amount) + 1) if rows is None else rows
        bad = [(name, int(fen)) for name, fen, far in zip(names, amount, beyond, strict=True) if far]
        raise BadValueError(
            f"金额×比例超出 64 位整数，金额 [分]：{named_rows(*zip(*bad, strict=True))}。"
            "办法：核对金额与面积的单位（元，不是分；㎡，不是公顷）和规则文件中的比例。"
        )
    q, s = np.divmod(amount, MILLION)
    carried, rest = np.divmod(s * rate, MILLION)
    return q * rate + carried, rest


def round_up(amount: Ints, unit: Ints | int) -> Ints:
    """Round whole amounts up to a multiple.

    Parameters
    ----------
    amount : ndarray of int64
        Amounts, not negative.
    unit : ndarray of int64 or int
        The multiple, positive.

    Returns
    -------
    ndarray of int64
        The least multiple that is not below each amount.
    """
    return -(-amount // unit) * unit


def largest_remainder(whole: Ints, rest: Ints) -> Ints:
    """Hand out the fen that whole parts leave over, to the largest remainders (最大余数法).

    Parameters
    ----------
    whole : ndarray of int64, shape (parties, rows)
        Whole part of every party's exact quota.
    rest : ndarray of int64, shape (parties, rows)
        Remainders in any one unit, each below one fen; a column's remainders add up to whole fen.

    Returns
    -------
    ndarray of int64, shape (parties, rows)
        Parts within one fen of the quota, with the column sums of the quotas; ties go to the party named first.

    Raises
    ------
    ArithmeticError
        If the remainders of a row do not add up to whole units of `TRILLION`.
    """
    left, odd = np.divmod(rest.sum(axis=0), TRILLION)
    if odd.any():
        raise ArithmeticError(f"余数之和不是整分，共 {int((odd != 0).sum())} 行")
    parts = whole.copy()
    for party, own in enumerate(rest):  # a party's rank is the number of those before it: faster than sorting
        rank = np.zeros(rest.shape[1], dtype=np.int32)
        for other, theirs in enumerate(rest):
            if other != party:
                rank += theirs >= own if other < party else theirs > own
        parts[party] += rank < left
    return parts


def apportion(amount: int, weights: Sequence[int]) -> list[int]:
    """Divide one amount in proportion to whole weights, by the largest remainder.

    Parameters
    ----------
    amount : int
        The amount [分], not negative.
    weights : sequence of int
        Weights, not negative, not all zero.

    Returns
    -------
    list of int
        Parts [分] in the order of the weights, summing to the amount; ties go to the one named first.

    Examples
    --------
    801.55 万元 by 23.19 : 53.62 : 23.19:

    >>> apportion(801_550_000, [2319, 5362, 2319])
    [185879445, 429791110, 185879445]
    """
    amount, weights = index(amount), [index(weight) for weight in weights]  # NumPy's integers would overflow
    total = sum(weights)
    parts = [amount * weight // total for weight in weights]
    rests = [amount * weight % total for weight in weights]
    first = sorted(range(len(weights)), key=lambda i: -rests[i])
    for i in first[: amount - sum(parts)]:
        parts[i] += 1
    return parts
