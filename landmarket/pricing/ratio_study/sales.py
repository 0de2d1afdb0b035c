"""The sales of a ratio study (样点), checked: what each was estimated at and what it fetched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd

from landmarket.checks import require_same_index
from landmarket.errors import BadValueError, named_rows
from landmarket.units import Floats

Values: TypeAlias = "Sequence[float] | Floats | pd.Series[float]"


@dataclass(frozen=True, eq=False)
class Sales:
    """Sales that were checked (样点): what each was estimated at and what it fetched.

    Attributes
    ----------
    estimate, price : ndarray of float
        Estimate and price, in one unit; positive, finite, same length.
    ratio : ndarray of float
        Estimate over price.
    """

    estimate: Floats
    price: Floats
    ratio: Floats


def read_sales(estimate: Values, price: Values, needed_by: str, *, least: int = 2) -> Sales:
    """Check estimates and prices, and divide them.

    Parameters
    ----------
    estimate, price : sequence, ndarray or Series of float
        Estimate and price of each sale, in one unit.
    needed_by : str
        The function that needs them, for the message.
    least : int, default 2
        How many sales there must be.

    Returns
    -------
    Sales
        In the order given.

    Raises
    ------
    BadValueError
        If the lengths differ, there are too few sales, or a value is not a positive finite number.
    IndexMismatchError
        If both are Series and do not have the same index.
    """
    if isinstance(estimate, pd.Series) and isinstance(price, pd.Series):
        require_same_index(estimate.to_frame(), price.to_frame(), needed_by)
    if len(estimate) != len(price):
        raise BadValueError(f"{needed_by}：评估价 {len(estimate)} 个，成交价 {len(price)} 个。办法：两者应逐宗对应。")
    top, bottom = (
        read_positive(values, name, needed_by, least=least)
        for values, name in ((estimate, "评估价"), (price, "成交价"))
    )
    with np.errstate(over="ignore", under="ignore"):
        ratio = top / bottom
    _require_positive(price, ratio, "评估价÷成交价", needed_by)
    return Sales(top, bottom, ratio)


def read_positive(values: Values, name: str, needed_by: str, *, least: int) -> Floats:
    """Check that values are positive numbers.

    Parameters
    ----------
    values : sequence, ndarray or Series of float
        One value per sale.
    name : str
        What they are, in Chinese, for the message.
    needed_by : str
        The function that needs them, for the message.
    least : int
        How many there must be.

    Returns
    -------
    ndarray of float
        The values.

    Raises
    ------
    BadValueError
        If there are too few, or a value is not a positive finite number.
    """
    if isinstance(values, np.ndarray) and values.ndim != 1:
        raise BadValueError(f"{needed_by}：{name}是 {values.ndim} 维数组。办法：只给一列数。")
    if len(values) < least:
        raise BadValueError(f"{needed_by}：只有 {len(values)} 宗样点，至少要 {least} 宗。办法：补充样点或合并分组。")
    column = values if isinstance(values, pd.Series) else pd.Series(values)
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        raise BadValueError(
            f"{needed_by}：{name}的类型是 {column.dtype}，不是数。办法：先转换为数值，如 astype(float)。"
        )
    numbers = np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    _require_positive(values, numbers, name, needed_by)
    return numbers


def _require_positive(values: Values, numbers: Floats, name: str, needed_by: str) -> None:
    bad = ~(np.isfinite(numbers) & (numbers > 0))
    if bad.any():
        index = values.index if isinstance(values, pd.Series) else pd.RangeIndex(len(numbers))
        rows = named_rows(index[bad], numbers[bad].tolist())
        raise BadValueError(f"{needed_by}：{name}应为大于 0 的有限数，{rows}。办法：更正，或先剔除并说明。")
