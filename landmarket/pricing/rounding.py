"""Half-up rounding of products and quotients of printed numbers, exact to the last digit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from landmarket.units import round_half_up

Floats = npt.NDArray[np.float64]
_GUARD = 1e-11


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
