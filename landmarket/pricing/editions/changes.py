"""What becomes of a price and of a grade from one edition to the next (价格与级别的变化)."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.errors import BadValueError, named_rows
from landmarket.pricing.notice_cells import grade_rank
from landmarket.pricing.price_table import PriceTable
from landmarket.units import round_half_up_array

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
_KEY = ["township", "grade", "use"]
_NOISE = 6  # decimals of a difference that can be more than the noise of floating point


class Change(StrEnum):
    """What becomes of a price (价格变化)."""

    UP = "上调"
    DOWN = "下调"
    SAME = "不变"
    ADDED = "新增"
    DROPPED = "取消"
    NONE = "两版无价"
    APART = "不可比"


class GradeChange(StrEnum):
    """What becomes of a grade (级别变化)."""

    UP = "升级"
    DOWN = "降级"
    LEVEL = "平级"
    ADDED = "新定级"
    DROPPED = "不再定级"
    NONE = "未分级"
    APART = "不可比"


def price_changes(old: Floats, new: Floats, apart: Mask) -> dict[str, Floats | list[str]]:
    """Compare two columns of prices.

    Parameters
    ----------
    old, new : ndarray of float
        Prices of both editions, nan where there is none.
    apart : ndarray of bool
        Rows whose two prices are not stated per the same thing.

    Returns
    -------
    dict
        Columns ``change`` (new − old), ``change_rate`` (of the old price) and ``status``; both numbers are nan where
        the prices are not compared.
    """
    priced, was = ~np.isnan(new), ~np.isnan(old)
    compared = priced & was & ~apart
    change = np.where(compared, round_half_up_array(new - old, _NOISE), np.nan)
    status = np.select(
        [~priced & ~was, ~was, ~priced, apart, change > 0, change < 0],
        [Change.NONE, Change.ADDED, Change.DROPPED, Change.APART, Change.UP, Change.DOWN],
        Change.SAME,
    )
    rate: Floats = np.divide(change, old, out=np.full(len(old), np.nan), where=compared)
    return {"change": change, "change_rate": rate, "status": [str(one) for one in status]}


def grade_change(old: str, new: str, *, apart: bool) -> GradeChange:
    """Tell whether a grade rose.

    Parameters
    ----------
    old, new : str
        Names of the grades; empty where there is none.
    apart : bool
        Whether the two editions mean different things by a grade.

    Returns
    -------
    GradeChange
        Not comparable also where the names differ and one of them is no numeral.

    Examples
    --------
    >>> str(grade_change("II", "一级", apart=False)), str(grade_change("A", "B", apart=False))
    ('升级', '不可比')
    """
    if not old or not new:
        return GradeChange.NONE if old == new else GradeChange.ADDED if new else GradeChange.DROPPED
    if apart:
        return GradeChange.APART
    before, after = grade_rank(old), grade_rank(new)
    if old == new or (before is not None and before == after):
        return GradeChange.LEVEL
    if before is None or after is None:
        return GradeChange.APART
    return GradeChange.UP if after < before else GradeChange.DOWN


def grade_name(grade: str) -> str:
    """Give a grade one name in all editions: ``一级`` and ``I`` are the same grade.

    Parameters
    ----------
    grade : str
        As the notice has it.

    Returns
    -------
    str
        The number of its rank; its own name where that is no numeral.
    """
    rank = grade_rank(grade)
    return grade if rank is None else str(rank)


def uses_of(*tables: PriceTable) -> list[str]:
    """List the uses that notices price.

    Parameters
    ----------
    *tables : PriceTable
        The notices.

    Returns
    -------
    list of str
        Each once, in the order in which they first stand there.
    """
    return list(dict.fromkeys(str(use) for table in tables for use in table.prices["use"]))


def keying(table: PriceTable, use: str) -> tuple[bool, bool]:
    """Tell what the prices of a use are keyed by.

    Parameters
    ----------
    table : PriceTable
        The notice.
    use : str
        The use.

    Returns
    -------
    tuple of bool
        Whether any price names a township; whether any names a grade.
    """
    rows = table.prices[table.prices["use"] == use]
    return bool((rows["township"] != "").any()), bool((rows["grade"] != "").any())


def keying_text(key: tuple[bool, bool]) -> str:
    """Say what prices are keyed by.

    Parameters
    ----------
    key : tuple of bool
        As `keying` gives it.

    Returns
    -------
    str
        In Chinese.
    """
    names = {(True, True): "分乡镇划级别", (False, True): "全县统一级别", (True, False): "分乡镇、不划级别"}
    return names.get(key, "全县一价")


def require_prices(table: PriceTable, needed_by: str) -> None:
    """Refuse a notice whose prices cannot be compared.

    Parameters
    ----------
    table : PriceTable
        The notice.
    needed_by : str
        The function that needs it, for the message.

    Raises
    ------
    BadValueError
        If a township, grade and use has two prices, or a price is not a positive number.
    """
    prices = table.prices
    price = prices["unit_price"].to_numpy(dtype=np.float64)
    names = (prices["township"] + " " + prices["grade"] + " " + prices["use"]).tolist()
    bad = np.isinf(price) | (price <= 0)
    for wrong, what in ((prices.duplicated(_KEY).to_numpy(), "重复"), (bad, "不是正数")):
        if wrong.any():
            rows = [name for name, one in zip(names, wrong, strict=True) if one]
            named = named_rows(rows, price[wrong].tolist())
            raise BadValueError(f"{needed_by}：{table.name} 的价格{what}，{named}。办法：改正基准地价表。")


def joined_gaps(old: pd.Series[str], new: pd.Series[str]) -> pd.Series[str]:
    """Say why there is no price, in which edition.

    Parameters
    ----------
    old, new : Series of str
        The reason in each edition; empty where there is a price.

    Returns
    -------
    Series of str
        In Chinese, on the same index; what holds for both is said once.
    """
    both = ("两版：" + old).where((old != "") & (old == new), "")
    before, after = ("旧版：" + old).where(old != "", ""), ("新版：" + new).where(new != "", "")
    between = pd.Series("；", index=old.index).where((old != "") & (new != ""), "")
    return both.where(both != "", before + between + after)


def no_table(names: list[str]) -> pd.DataFrame:
    """Make a table without rows.

    Parameters
    ----------
    names : list of str
        Its columns.

    Returns
    -------
    DataFrame
        Empty.
    """
    return pd.DataFrame({name: pd.Series(dtype="str") for name in names})
