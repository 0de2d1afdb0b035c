"""The sum as it would be written on a worksheet, from the priced row itself (宗地地价测算表)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import pandas as pd

from landmarket.checks import require_columns
from landmarket.errors import NoPriceError
from landmarket.pricing.keys import texts
from landmarket.pricing.level_factors import FACTOR, LEVEL, STEP
from landmarket.pricing.price_table import PriceForm

_NEEDED = [
    "base_price",
    "price_form",
    "factor_sum",
    "date_factor",
    "term_factor",
    "far_factor",
    "development_correction",
    "unit_price_fen",
    "area",
    "total_price_fen",
    "floor_price",
    "wan_per_mu",
    "price_source",
]


class Step(NamedTuple):
    """One line of every worksheet (步骤); a missing value leaves the line out."""

    name: pd.Series[str] | str
    value: pd.Series[str]
    unit: pd.Series[str] | str
    source: pd.Series[str] | str


def explain(prices: pd.DataFrame, parcel_code: str) -> pd.DataFrame:
    """Write out how one parcel's price came about (宗地地价测算过程).

    Parameters
    ----------
    prices : DataFrame
        From `landmarket.pricing.benchmark_price`.
    parcel_code : str
        The parcel.

    Returns
    -------
    DataFrame
        ``step, value, unit, source`` in order, all text, in Chinese. Nothing is computed again: multiplying the printed
        numbers gives the printed price.

    Raises
    ------
    NoPriceError
        If the table has no such parcel.
    """
    if parcel_code not in prices.index:
        raise NoPriceError(f"地价表中没有宗地 {parcel_code}。办法：核对宗地代码，或看它为何未计价（price_gap）。")
    return worksheets(prices.loc[[parcel_code]]).reset_index(drop=True)


def worksheets(prices: pd.DataFrame) -> pd.DataFrame:
    """Write out how every parcel's price came about.

    Parameters
    ----------
    prices : DataFrame
        From `landmarket.pricing.benchmark_price`.

    Returns
    -------
    DataFrame
        ``step, value, unit, source``, several rows per parcel in order, indexed by parcel code.
    """
    require_columns(prices, _NEEDED, "worksheets")
    lines = []
    for order, step in enumerate(_steps(prices)):
        line = pd.DataFrame(step._asdict(), index=prices.index).rename(columns={"name": "step"})
        lines.append(line.assign(parcel=np.arange(len(prices)), order=order).loc[step.value.notna().to_numpy()])
    sheet = pd.concat(lines).sort_values(["parcel", "order"], kind="stable")
    return sheet[["step", "value", "unit", "source"]].astype("str")


def _steps(prices: pd.DataFrame) -> Iterator[Step]:
    per_floor = prices["price_form"] == PriceForm.FLOOR.value
    place = prices["township"].fillna("") + " " + prices["grade"].fillna("") + " " + prices["price_use"]
    unit = texts(["元/㎡", "元/㎡（建筑面积）"], per_floor.to_numpy().astype(np.intp), prices.index)
    yield Step("级别基准地价", _numbers(prices["base_price"]), unit, prices["price_source"] + "：" + place)
    for column in _named(prices, FACTOR):
        name = column.removeprefix(FACTOR)
        level = prices[f"{LEVEL}{name}"].astype("str")
        yield Step(name + "（" + level + "）", _numbers(prices[column]), "%", "因素修正系数表")
    yield Step("因素修正系数和 ΣK", _numbers(prices["factor_sum"]), "", "以上各因素之和")
    yield Step("期日修正系数", _numbers(prices["date_factor"]), "", prices["date_note"])
    yield Step("年期修正系数", _numbers(prices["term_factor"]), "", _term_source(prices))
    yield Step("容积率修正系数", _numbers(prices["far_factor"]), "", _far_source(prices))
    for column in _named(prices, STEP):
        yield Step(column.removeprefix(STEP), _numbers(prices[column]), "", "其他修正系数表")
    ratio = _numbers(prices["floor_area_ratio"])
    yield Step("容积率（楼面地价换算为地面地价）", ratio.where(per_floor), "", "规划条件")
    yield Step("开发程度修正", _numbers(prices["development_correction"]), "元/㎡", prices["development_note"])
    yield Step("测算公式", _formula(prices, ratio.where(per_floor)), "元/㎡", "系数修正法，各系数按上列数值连乘")
    yield Step("地面单价", _money(prices["unit_price_fen"]), "元/㎡", "按公告小数位四舍五入")
    yield Step("面积", _numbers(prices["area"]), "㎡", "计价面积")
    yield Step("总地价", _money(prices["total_price_fen"]), "元", "地面单价 × 面积，四舍五入到分")
    yield Step("楼面地价", _numbers(prices["floor_price"]), "元/㎡（建筑面积）", "地面单价 ÷ 容积率 " + ratio)
    yield Step("亩均地价", _numbers(prices["wan_per_mu"]), "万元/亩", "地面单价 ÷ 15")


def _named(prices: pd.DataFrame, beginning: str) -> list[str]:
    return [str(name) for name in prices.columns if str(name).startswith(beginning)]


def _each(values: pd.Series[float], write: Callable[[float], str]) -> pd.Series[str]:
    """Write each distinct value once."""
    codes, distinct = pd.factorize(values.to_numpy(dtype=np.float64))
    written = pd.array([*(write(float(value)) for value in distinct), None], dtype="str")
    return pd.Series(written.take(codes), index=values.index)


def _numbers(values: pd.Series[float]) -> pd.Series[str]:
    """Print numbers at their shortest; a missing number stays missing."""
    return _each(values, lambda value: f"{Decimal(repr(value)):f}".removesuffix(".0"))


def _money(fen: pd.Series[int]) -> pd.Series[str]:
    values = [f"{amount // 100}.{amount % 100:02d}" for amount in fen.to_numpy(dtype=np.int64).tolist()]
    return pd.Series(values, index=fen.index, dtype="str").str.removesuffix(".00")


def _term_source(prices: pd.DataFrame) -> pd.Series[str]:
    years, legal = _numbers(prices["term_years"]), _numbers(prices["legal_term"])
    rate = _numbers(prices["capitalisation_rate"])
    written = "[1 - 1/(1 + " + rate + ")^" + years + "] ÷ [1 - 1/(1 + " + rate + ")^" + legal + "]"
    plain = ("年期 " + years + " 年，等于法定最高年期").where(np.isfinite(prices["term_years"]), "")
    corrected = prices["term_years"].to_numpy() < prices["legal_term"].to_numpy()
    note = prices["term_note"]
    return note.where(note != "", written.where(corrected, plain).fillna(""))


def _far_source(prices: pd.DataFrame) -> pd.Series[str]:
    ratio = ("容积率 " + _numbers(prices["floor_area_ratio"])).fillna("")
    note = prices["far_note"]
    joined = ratio + "；" + note
    return joined.where((note != "") & (ratio != ""), ratio + note)


def _formula(prices: pd.DataFrame, ratio: pd.Series[str]) -> pd.Series[str]:
    """Write the formula with the row's numbers."""
    text = _numbers(prices["base_price"]) + " × (1 " + _signed(prices["factor_sum"]) + ")"
    for column in ("date_factor", "term_factor", "far_factor", *_named(prices, STEP)):
        text = text + (" × " + _numbers(prices[column])).fillna("")
    text = text + (" × " + ratio).fillna("")
    extra = prices["development_correction"]
    text = text + (" " + _signed(extra)).where((extra != 0).to_numpy(), "")
    return text + " = " + _money(prices["unit_price_fen"])


def _signed(values: pd.Series[float]) -> pd.Series[str]:
    written = _each(values, lambda value: f"{'-' if value < 0 else '+'} {Decimal(repr(abs(value))):f}")
    return written.str.removesuffix(".0")
