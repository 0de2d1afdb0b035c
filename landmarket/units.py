"""Units and exact money: 亩 and ㎡, 元/㎡ and 万元/亩, integer fen (分), half-up rounding.

One mu (亩) is 2000/3 ㎡, hence 1 万元/亩 = 15 元/㎡ exactly. Money is kept as integer fen; a float
only ever shows it.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import overload

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.errors import BadValueError

MU_PER_HECTARE = 15
YUAN_PER_SQUARE_METRE_IN_WAN_PER_MU = 15
_FEN_PER_WAN = 1_000_000
_WIDE = Context(prec=400)
"""Wide enough for the digits of any float."""
_TIE_GUARD = 1e-9
_WHOLE_FROM = 2.0**53
"""Floats from here on are whole numbers."""
_MOST_PRODUCT = 9e18
_MOST_YUAN = 9e16
"""Amounts [元] below this are 64-bit integers of fen."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@overload
def square_metres_to_mu(area: float) -> float: ...
@overload
def square_metres_to_mu(area: pd.Series[float]) -> pd.Series[float]: ...
def square_metres_to_mu(area: float | pd.Series[float]) -> float | pd.Series[float]:
    """Convert an area from square metres to mu (亩): 1 亩 = 2000/3 ㎡.

    Parameters
    ----------
    area : float or Series of float
        Area [㎡].

    Returns
    -------
    float or Series of float
        Area [亩], not rounded.

    Examples
    --------
    A published listing prints 51317.23 ㎡ as 76.98 亩:

    >>> round(square_metres_to_mu(51317.23), 2)
    76.98
    """
    return area * 3 / 2000


@overload
def wan_per_mu(unit_price: float) -> float: ...
@overload
def wan_per_mu(unit_price: pd.Series[float]) -> pd.Series[float]: ...
def wan_per_mu(unit_price: float | pd.Series[float]) -> float | pd.Series[float]:
    """Convert a unit price from 元/㎡ to 万元/亩: divide by 15.

    Parameters
    ----------
    unit_price : float or Series of float
        Unit price [元/㎡].

    Returns
    -------
    float or Series of float
        Unit price [万元/亩], not rounded.

    Examples
    --------
    >>> round(wan_per_mu(712), 2)
    47.47
    """
    return unit_price / YUAN_PER_SQUARE_METRE_IN_WAN_PER_MU


def round_half_up(value: float | Decimal | Fraction, decimals: int = 0) -> Decimal:
    """Round half away from zero, as money and notices do (四舍五入).

    Parameters
    ----------
    value : float, Decimal or Fraction
        The value; a float is taken at its shortest printed form, so ``2.675`` is two-six-seven-five.
    decimals : int, default 0
        Decimal places kept.

    Returns
    -------
    Decimal
        The rounded value.

    Examples
    --------
    >>> round_half_up(2.675, 2), round_half_up(-0.5)
    (Decimal('2.68'), Decimal('-1'))
    """
    quantum = Decimal(1).scaleb(-decimals)
    if isinstance(value, Fraction):
        scaled = abs(value) * 10**decimals
        units = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
        return Decimal(units if value >= 0 else -units).scaleb(-decimals, _WIDE)
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    return exact.quantize(quantum, rounding=ROUND_HALF_UP, context=_WIDE)


def round_half_up_array(values: Floats, decimals: int) -> Floats:
    """Round a float array half away from zero at the value each float prints as.

    Parameters
    ----------
    values : ndarray of float64
        Finite values or nan; nan stays nan.
    decimals : int
        Decimal places kept.

    Returns
    -------
    ndarray of float64
        The nearest float to each rounded decimal.

    Notes
    -----
    Values are scaled and floored in floating point; the few that lie within a billionth of a tie are
    decided one by one in decimal arithmetic.
    """
    scale = 10.0**decimals
    scaled = np.abs(values) * scale
    rounded = np.floor(scaled + 0.5)
    near_tie = np.abs(scaled - np.floor(scaled) - 0.5) < _TIE_GUARD * np.maximum(scaled, 1.0)
    near_tie &= np.abs(values) < _WHOLE_FROM
    for i in np.flatnonzero(near_tie):
        rounded[i] = float(round_half_up(abs(float(values[i])), decimals).scaleb(decimals))
    result: Floats = np.copysign(rounded, values) / scale
    return result


def yuan_to_fen(yuan: float | Decimal) -> int:
    """Convert an amount in yuan to integer fen (分), half-up.

    Parameters
    ----------
    yuan : float or Decimal
        Amount [元].

    Returns
    -------
    int
        Amount [分].

    Raises
    ------
    BadValueError
        If the amount is missing or infinite.
    """
    if not math.isfinite(yuan):
        raise BadValueError(f"金额 {yuan} 元不是有限的数。办法：补齐后再算。")
    return int(round_half_up(yuan, 2).scaleb(2))


def wan_text(fen: int) -> str:
    """Print an amount in 万元 with two decimals, half-up, as every table, page and message shows sums.

    Parameters
    ----------
    fen : int
        Amount [分].

    Returns
    -------
    str
        Amount [万元]; thousands are separated by commas, the unit is not printed.

    Raises
    ------
    BadValueError
        If the amount is missing or infinite.

    Examples
    --------
    >>> wan_text(1_005_000), wan_text(123_456_789_000)
    ('1.01', '123,456.79')
    """
    if not math.isfinite(fen):
        raise BadValueError(f"金额 {fen} 分不是有限的数。办法：补齐后再算。")
    return f"{round_half_up(Fraction(int(fen), _FEN_PER_WAN), 2):,}"


def yuan_text(fen: int) -> str:
    """Print an amount in yuan (金额), to the fen.

    Parameters
    ----------
    fen : int
        Amount [分].

    Returns
    -------
    str
        Amount [元]; thousands are separated by commas, the unit is not printed.

    Examples
    --------
    >>> yuan_text(10_700_053), yuan_text(-5)
    ('107,000.53', '-0.05')
    """
    yuan, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{yuan:,}.{rest:02}"


def fen_series(yuan: pd.Series[float]) -> pd.Series[int]:
    """Convert a column of yuan to integer fen (分), half-up.

    Parameters
    ----------
    yuan : Series of float
        Amounts [元]; a missing amount is refused.

    Returns
    -------
    Series of int64
        Amounts [分] on the same index.

    Raises
    ------
    BadValueError
        If an amount is missing, no number, or too large for 64 bits.
    """
    values = np.asarray(pd.to_numeric(yuan, errors="coerce"), dtype=np.float64)
    bad = ~(np.abs(values) < _MOST_YUAN)
    if bad.any():
        rows = "、".join(str(row) for row in yuan.index[bad][:10])
        raise BadValueError(
            f"金额列 {yuan.name} 有缺失、非数值或不小于 {_MOST_YUAN:.0e} 元的，共 {int(bad.sum())} 行：{rows}。"
            "办法：补齐后再算。"
        )
    fen = np.rint(round_half_up_array(values, 2) * 100).astype(np.int64)
    return pd.Series(fen, index=yuan.index, name=yuan.name)


def fen_to_yuan(fen: pd.Series[int]) -> pd.Series[float]:
    """Show integer fen as yuan.

    Parameters
    ----------
    fen : Series of int64
        Amounts [分]; nullable integers keep their gaps.

    Returns
    -------
    Series of float
        Amounts [元] on the same index; exact to the fen below 9×10¹³ 元.
    """
    return fen.astype("float64") / 100


def times_area_fen(unit_price_fen: pd.Series[int], area_centi: pd.Series[int]) -> pd.Series[int]:
    """Total price: unit price × area in integers, half-up to the fen.

    Parameters
    ----------
    unit_price_fen : Series of int64
        Unit price [分/㎡], not negative.
    area_centi : Series of int64
        Area [0.01 ㎡], same index, not negative.

    Returns
    -------
    Series of int64
        Total price [分].

    Raises
    ------
    BadValueError
        If a product does not fit into 64 bits.

    Examples
    --------
    96.00 元/㎡ on 20,000.00 ㎡ is 192 万元:

    >>> price, area = pd.Series([9600]), pd.Series([2_000_000])
    >>> int(times_area_fen(price, area).iloc[0])
    192000000
    """
    price = unit_price_fen.to_numpy(dtype=np.int64)
    area = area_centi.to_numpy(dtype=np.int64)
    if (price.astype(np.float64) * area.astype(np.float64) > _MOST_PRODUCT).any():
        raise BadValueError("单价×面积超出 64 位整数范围。办法：检查面积单位是否为 ㎡、单价单位是否为 元/㎡。")
    return pd.Series((price * area + 50) // 100, index=unit_price_fen.index)


def floats_of(column: pd.Series[float]) -> Floats:
    """Read a column of numbers as floating point (数值列).

    Parameters
    ----------
    column : Series
        Numbers, nullable or not; or text, which becomes missing where it is no number.

    Returns
    -------
    ndarray of float64
        Missing cells are nan.
    """
    return np.asarray(pd.to_numeric(column, errors="coerce"), dtype=np.float64)
