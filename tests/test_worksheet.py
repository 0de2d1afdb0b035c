"""The worksheet of a parcel: the printed numbers, multiplied on paper, give the printed price."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from math import prod

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import MissingColumnError, NoPriceError
from landmarket.pricing import PriceTable, benchmark_price, explain, worksheets
from landmarket.pricing.price_table import formulas
from tests.hunting import examples
from tests.test_benchmark import ON, ROWS, bare, connotation, made, notice, parcels

NOT_MULTIPLIED = (
    "级别基准地价",
    "因素修正系数和 ΣK",
    "开发程度修正",
    "测算公式",
    "地面单价",
    "面积",
    "总地价",
    "楼面地价",
    "亩均地价",
)


def half_up(value: Decimal, decimals: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def on_paper(sheet: pd.DataFrame) -> tuple[Decimal, Decimal]:
    """Multiply what is printed, step by step: unit price and total."""
    values = {
        step: Decimal(value) for step, value in zip(sheet["step"], sheet["value"], strict=True) if step != "测算公式"
    }
    percents = [Decimal(value) for value, unit in zip(sheet["value"], sheet["unit"], strict=True) if unit == "%"]
    levels = set(sheet.loc[sheet["unit"] == "%", "step"])
    assert sum(percents, Decimal(0)) / 100 == values["因素修正系数和 ΣK"]
    factors = [value for step, value in values.items() if step not in NOT_MULTIPLIED and step not in levels]
    unit = values["级别基准地价"] * (1 + values["因素修正系数和 ΣK"]) * prod(factors) + values["开发程度修正"]
    return half_up(unit, 2), half_up(values["地面单价"] * values["面积"], 2)


def formula_value(text: str) -> tuple[Decimal, Decimal]:
    """Work out the written formula: left and right of the equals sign."""
    left, right = text.split(" = ")
    first, *more = re.split(r" × ", left)
    last, *added = re.split(r" (?=[+-] )", more[-1]) if more and not more[-1].startswith("(") else (more[-1],)
    product = Decimal(first)
    for factor in [*more[:-1], last]:
        inner = re.fullmatch(r"\(1 ([+-]) ([\d.]+)\)", factor)
        product *= Decimal(factor) if inner is None else 1 + Decimal(inner[1] + inner[2])
    return product + sum((Decimal(term.replace(" ", "")) for term in added), Decimal(0)), Decimal(right)


def test_worksheet_of_the_composite() -> None:
    prices = benchmark_price(parcels(term=35, development="六通一平", 道路通达度="优", area=1234.56), notice(), on=ON)
    sheet = explain(prices, prices.index[0])
    assert list(sheet.columns) == ["step", "value", "unit", "source"]
    # 645 × 1.0859 × 1.02 × 0.963576 × 1 × 1.01 × 1 + 15 = 710.2807…; × 1,234.56 = 876,883.2768
    assert sheet[["step", "value", "unit"]].to_numpy().tolist() == [
        ["级别基准地价", "645", "元/㎡"],
        ["道路通达度（优）", "8.59", "%"],
        ["商服繁华（一般）", "0", "%"],
        ["因素修正系数和 ΣK", "0.0859", ""],
        ["期日修正系数", "1.02", ""],
        ["年期修正系数", "0.963576", ""],
        ["容积率修正系数", "1", ""],
        ["面积修正", "1.01", ""],
        ["形状修正", "1", ""],
        ["开发程度修正", "15", "元/㎡"],
        ["测算公式", "645 × (1 + 0.0859) × 1.02 × 0.963576 × 1 × 1.01 × 1 + 15 = 710.28", "元/㎡"],
        ["地面单价", "710.28", "元/㎡"],
        ["面积", "1234.56", "㎡"],
        ["总地价", "876883.28", "元"],
        ["楼面地价", "473.52", "元/㎡（建筑面积）"],
        ["亩均地价", "47.35", "万元/亩"],
    ]
    sources = dict(zip(sheet["step"], sheet["source"], strict=True))
    assert sources["级别基准地价"] == "某县基准地价，估价期日 2025-01-01：东镇 I 商服"
    assert sources["期日修正系数"] == "指数 102（2026-01-01）÷ 100（2025-01-01）"
    assert sources["年期修正系数"] == "[1 - 1/(1 + 0.06)^35] ÷ [1 - 1/(1 + 0.06)^40]"
    assert sources["容积率修正系数"] == "容积率 1.5"
    assert sources["开发程度修正"] == "六通一平，价格内涵 五通一平：加通气"


@settings(deadline=None, max_examples=examples(12))
@given(ROWS, st.sampled_from(["指数", "指数-楼面修正"]), st.sampled_from(["地面地价", "楼面地价"]))
def test_printed_numbers_multiply_to_the_printed_price(rows: list[dict[str, object]], formula: str, form: str) -> None:
    table: PriceTable = notice(formula=formulas()[formula], connotation=connotation(price_form=form))
    prices = benchmark_price(made(rows), table, on=ON)
    sheets = worksheets(prices)
    pd.testing.assert_frame_equal(
        sheets.loc[prices.index[[0]]].reset_index(drop=True), explain(prices, prices.index[0])
    )
    for code in prices.index:
        sheet = sheets.loc[[code]]
        printed = dict(zip(sheet["step"], sheet["value"], strict=True))
        unit, total = on_paper(sheet)
        assert unit == Decimal(printed["地面单价"])
        assert total == Decimal(printed["总地价"])
        left, right = formula_value(printed["测算公式"])
        assert half_up(left, 2) == right == unit
        assert prices.loc[code, "total_price_fen"] == int(total * 100)


def test_worksheets_are_in_the_order_of_the_parcels() -> None:
    prices = benchmark_price(parcels(3), bare(), on=ON).iloc[::-1]
    sheets = worksheets(prices)
    assert sheets.index.unique().tolist() == prices.index.tolist()
    assert sheets.index.name == "parcel_code"
    assert sheets.notna().all(axis=None)
    assert worksheets(prices.iloc[:0]).empty


def test_what_a_notice_lacks_is_said() -> None:
    sheet = explain(benchmark_price(parcels(floor_area_ratio=None), bare(), on=ON), parcels().index[0])
    sources = dict(zip(sheet["step"], sheet["source"], strict=True))
    assert sources["期日修正系数"] == "公告未设期日修正"
    assert sources["年期修正系数"] == "未填年期，按法定最高年期"
    assert sources["容积率修正系数"] == "公告未设容积率修正"
    assert "楼面地价" not in sources


def test_unknown_parcel_and_foreign_table() -> None:
    prices = benchmark_price(parcels(), bare(), on=ON)
    with pytest.raises(NoPriceError, match="没有宗地 X"):
        explain(prices, "X")
    with pytest.raises(MissingColumnError, match="unit_price_fen"):
        worksheets(prices.drop(columns="unit_price_fen"))
