"""Distributions of values, budgets and arrivals, by their quantile functions.

Arithmetic only: `log` and `exp` of the processor differ in their last bit from one machine to the next, and a bid
that falls on another step of the grid is another price.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum
from math import factorial

import numpy as np

from landmarket.errors import RuleError
from landmarket.units import Floats

_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_SQRT_HALF = 0.7071067811865476
_MANTISSA, _HALF, _POWER_BITS, _POWER_OF_HALF = 2**52 - 1, 0x3FE << 52, 52, 0x3FE
_EXP = [1 / factorial(k) for k in range(14)]
_DIGITS = 50
_UNSEEN = Decimal(2) ** -54
"""A chance that no uniform number of 53 bits can meet."""
_HALF_STEP = 2.0**-54


def _pair(above: str, below: str) -> tuple[list[float], list[float]]:
    """Numerator and denominator of a rational function, the constants first."""
    return [float(number) for number in above.split()], [float(number) for number in below.split()]


# fdlibm e_log.c (Sun Microsystems, 1993): the fitted series of 2·atanh(s)/s − 2 in s².
_LOG, _ = _pair(
    "6.666666666666735130e-01 3.999999999940941908e-01 2.857142874366239149e-01 2.222219843214978396e-01 "
    "1.818357216161805012e-01 1.531383769920937332e-01 1.479819860511658591e-01",
    "1.0",
)

# Wichura, Algorithm AS 241 (1988), PPND16: for the centre, the tails and the far tails.
_CENTRE = _pair(
    "3.3871328727963666080e0 1.3314166789178437745e2 1.9715909503065514427e3 1.3731693765509461125e4 "
    "4.5921953931549871457e4 6.7265770927008700853e4 3.3430575583588128105e4 2.5090809287301226727e3",
    "1.0 4.2313330701600911252e1 6.8718700749205790830e2 5.3941960214247511077e3 "
    "2.1213794301586595867e4 3.9307895800092710610e4 2.8729085735721942674e4 5.2264952788528545610e3",
)
_TAIL = _pair(
    "1.42343711074968357734e0 4.63033784615654529590e0 5.76949722146069140550e0 3.64784832476320460504e0 "
    "1.27045825245236838258e0 2.41780725177450611770e-1 2.27238449892691845833e-2 7.74545014278341407640e-4",
    "1.0 2.05319162663775882187e0 1.67638483018380384940e0 6.89767334985100004550e-1 "
    "1.48103976427480074590e-1 1.51986665636164571966e-2 5.47593808499534494600e-4 1.05075007164441684324e-9",
)
_FAR_TAIL = _pair(
    "6.65790464350110377720e0 5.46378491116411436990e0 1.78482653991729133580e0 2.96560571828504891230e-1 "
    "2.65321895265761230930e-2 1.24266094738807843860e-3 2.71155556874348757815e-5 2.01033439929228813265e-7",
    "1.0 5.99832206555887937690e-1 1.36929880922735805310e-1 1.48753612908506148525e-2 "
    "7.86869131145613259100e-4 1.84631831751005468180e-5 1.42151175831644588870e-7 2.04426310338993978564e-15",
)


class Shape(StrEnum):
    """Shape of a distribution (分布)."""

    UNIFORM = "均匀"
    """Evenly from `base` to `base` + `scale`."""
    EXPONENTIAL = "指数"
    """`base` plus an exponential number of mean `scale`."""
    LOGNORMAL = "对数正态"
    """`base`, the median, times exp(`scale` × a standard normal number)."""


@dataclass(frozen=True)
class Spread:
    """A distribution of one positive quantity (分布假设).

    Attributes
    ----------
    shape : Shape
        Its shape.
    base, scale : Decimal
        Its two numbers, as the shape reads them; a scale of zero makes it the number `base`.
    """

    shape: Shape
    base: Decimal
    scale: Decimal

    def __post_init__(self) -> None:
        """Refuse numbers from which no positive quantity can be drawn.

        Raises
        ------
        RuleError
            Naming them.
        """
        sound = self.base.is_finite() and self.scale.is_finite() and self.base >= 0 and self.scale >= 0
        if not sound or (self.base == 0 and (self.scale == 0 or self.shape is Shape.LOGNORMAL)):
            raise RuleError(
                f"分布 {self.shape}：base = {self.base}、scale = {self.scale}，应为不小于 0、不全为 0 的数，"
                "对数正态的 base 应大于 0。办法：改写规则文件。"
            )

    @property
    def certain(self) -> bool:
        """Whether it is one number."""
        return self.scale == 0


ONE = Spread(Shape.UNIFORM, Decimal(1), Decimal(0))
"""The number one: no spread at all."""


def quantiles(spread: Spread, shares: Floats) -> Floats:
    """Give the quantiles of a distribution.

    Parameters
    ----------
    spread : Spread
        The distribution.
    shares : ndarray of float64
        Shares of probability from [0, 1), multiples of 2⁻⁵³.

    Returns
    -------
    ndarray of float64
        The quantity below which each share lies.
    """
    base, scale = float(spread.base), float(spread.scale)
    if spread.shape is Shape.UNIFORM:
        return base + scale * shares
    if spread.shape is Shape.EXPONENTIAL:
        return base - scale * natural_log(1.0 - shares)
    return base * exponential(scale * normal_quantiles(shares))


def poisson_shares(mean: Decimal) -> Floats:
    """Give the cumulative chances of a Poisson number of arrivals.

    Parameters
    ----------
    mean : Decimal
        Mean number.

    Returns
    -------
    ndarray of float64
        Chance of at most 0, 1, 2 … arrivals, up to where it is one.

    Examples
    --------
    The chance that nobody comes is exp(−mean):

    >>> float(poisson_shares(Decimal(2))[0])
    0.1353352832366127
    """
    with localcontext() as context:
        context.prec = _DIGITS
        term = (-mean).exp()
        total, shares, k = term, [float(term)], 0
        while 1 - total > _UNSEEN:
            k += 1
            term = term * mean / k
            total += term
            shares.append(float(total))
    return np.array(shares)


def natural_log(x: Floats) -> Floats:
    """Natural logarithm by arithmetic alone, the same on every machine.

    Parameters
    ----------
    x : ndarray of float64
        Positive numbers, none of them subnormal.

    Returns
    -------
    ndarray of float64
        Logarithms, to about the last bit.

    Notes
    -----
    log(1 + f) = 2·atanh(s), s = f/(2 + f), the series in s² fitted as in fdlibm.
    """
    bits = np.asarray(x, dtype=np.float64).view(np.int64)
    part = ((bits & _MANTISSA) | _HALF).view(np.float64)
    low = part < _SQRT_HALF
    part *= 1.0 + low
    power = ((bits >> _POWER_BITS) - _POWER_OF_HALF - low).astype(np.float64)
    s = (part - 1.0) / (part + 1.0)
    z = s * s
    fine = _polynomial(_LOG, z)
    fine *= z
    fine += 2.0
    fine *= s
    fine += power * _LN2_LOW
    result: Floats = power * _LN2_HIGH + fine
    return result


def exponential(x: Floats) -> Floats:
    """Exponential function by arithmetic alone, the same on every machine.

    Parameters
    ----------
    x : ndarray of float64
        Numbers.

    Returns
    -------
    ndarray of float64
        exp(x), to about the last bit.
    """
    power = np.rint(x / (_LN2_HIGH + _LN2_LOW))
    rest = (x - power * _LN2_HIGH) - power * _LN2_LOW
    result: Floats = np.ldexp(_polynomial(_EXP, rest), power.astype(np.int32))
    return result


def normal_quantiles(shares: Floats) -> Floats:
    """Quantiles of the standard normal distribution.

    Parameters
    ----------
    shares : ndarray of float64
        Shares of probability from [0, 1), multiples of 2⁻⁵³; each is taken at the middle of its step.

    Returns
    -------
    ndarray of float64
        Quantiles, to about 16 digits.

    Notes
    -----
    Wichura, Algorithm AS 241: the percentage points of the normal distribution, Applied Statistics 37 (1988).
    """
    q = (shares - 0.5) + _HALF_STEP
    inner = 0.180625 - q * q
    result: Floats = q * _ratio(_CENTRE, inner)
    outer = np.flatnonzero(inner < 0)
    side = q[outer]
    r = np.sqrt(-natural_log(np.minimum(0.5 + side, 0.5 - side)))
    tail = np.where(r <= 5.0, _ratio(_TAIL, r - 1.6), _ratio(_FAR_TAIL, r - 5.0))
    result[outer] = np.where(side < 0, -tail, tail)
    return result


def _ratio(pair: tuple[Sequence[float], Sequence[float]], x: Floats) -> Floats:
    return _polynomial(pair[0], x) / _polynomial(pair[1], x)


def _polynomial(coefficients: Sequence[float], x: Floats) -> Floats:
    """Value of a polynomial, the constant first (Horner)."""
    total: Floats = np.full_like(x, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total *= x
        total += coefficient
    return total
