"""Half-up rounding of products and quotients of printed numbers, exact to the last digit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from landmarket.units import round_half_up

Floats = npt.NDArray[np.float64]
_GUARD = 1e-11
_PARTS = 10**6
"""Divisors of at most six decimals are divided by as whole numbers of millionths."""
_MOST_WHOLE = np.iinfo(np.int64).max // (4 * _PARTS)


def printed(value: float) -> Fraction:
    """Take a float at the decimal it prints as.

    Parameters
    ----------
    value : float
        Finite.

    Returns
    -------
    Fraction
        Exactly that decimal.
    """
    return Fraction(repr(float(value)))


def rounded_exactly(
    values: Floats,
    decimals: int,
    exact: Callable[[Sequence[Fraction]], Fraction],
    operands: Sequence[Floats],
    size: Floats,
) -> Floats:
    """Round half-up what floating point has nearly computed, deciding near ties in rational arithmetic.

    Parameters
    ----------
    values : ndarray
        Result in floating point; nan stays nan.
    decimals : int
        Decimal places kept.
    exact : callable
        Gives the exact result from one row's operands.
    operands : sequence of ndarray
        What ``exact`` is given, taken at their printed decimals.
    size : ndarray
        Magnitude of the largest term of each result, which bounds the error of ``values``.

    Returns
    -------
    ndarray
        The nearest float to each rounded decimal.
    """
    scale = 10.0**decimals
    scaled = np.abs(values) * scale
    whole = np.floor(scaled + 0.5)
    near = np.flatnonzero(np.abs(scaled - np.floor(scaled) - 0.5) < _GUARD * np.maximum(size * scale, 1.0))
    if len(near):
        distinct, which = np.unique(
            np.column_stack([operand[near] for operand in operands]), axis=0, return_inverse=True
        )
        answers = [float(abs(round_half_up(exact([printed(value) for value in row]), decimals))) for row in distinct]
        whole[near] = np.rint(np.array(answers)[which.reshape(-1)] * scale)
    result: Floats = np.copysign(whole, values) / scale
    return result


def divided_exactly(values: Floats, divisor: Floats, decimals: int) -> Floats:
    """Divide decimals by decimals and round half-up, exactly while the quotient is below 2⁵³ units of the last decimal.

    Parameters
    ----------
    values : ndarray
        Not negative, of at most so many decimals; nan stays nan.
    divisor : ndarray
        Positive, or nan.
    decimals : int
        Decimal places of ``values`` that are kept.

    Returns
    -------
    ndarray
        The nearest float to each rounded decimal; nan where an operand is.
    """
    scale = 10.0**decimals
    whole, parts = np.rint(values * scale), np.rint(divisor * _PARTS)
    plain = (parts > 0) & (parts <= _MOST_WHOLE) & (parts / _PARTS == divisor) & (whole <= _MOST_WHOLE)
    above = np.where(plain, whole, 0).astype(np.int64) * (2 * _PARTS)
    below = np.where(plain, parts, 1).astype(np.int64)
    result: Floats = (above + below) // (2 * below) / scale
    other = np.flatnonzero(~plain)
    left, right = values[other], divisor[other]
    quotient = left / right
    result[other] = rounded_exactly(quotient, decimals, lambda pair: pair[0] / pair[1], [left, right], quotient)
    return result
