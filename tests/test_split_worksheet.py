"""A split written out step by step: the printed figures, recomputed as a reader with a calculator would."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pandas as pd
import pytest

from landmarket.distribution import FundBase, FundRate, explain_split, split_income
from landmarket.errors import BadValueError
from tests.test_distribution import RULE, WAN, deals

FEN = Decimal("0.01")


def steps(table: pd.DataFrame, rule: object = RULE) -> dict[str, tuple[Decimal, str]]:
    shares = split_income(table, rule)  # type: ignore[arg-type] # a rule
    sheet = explain_split(table, shares, rule, str(table.index[0]))  # type: ignore[arg-type]
    assert list(sheet.columns) == ["step", "value", "unit", "source"]
    assert sheet["unit"].eq("元").all()
    return {
        step: (Decimal(value.replace(",", "")), source)
        for step, value, source in zip(sheet["step"], sheet["value"], sheet["source"], strict=True)
    }


def near(value: Decimal, exact: Decimal) -> bool:
    return abs(value - exact) < FEN


def test_the_case_of_the_national_rule() -> None:
    # 财税〔2016〕41号 with a rate of 20 %: price 982, costs 200 + 50 万元, gain 732, fund 146.4 万元; 30 % is retained.
    sheet = steps(deals(owner_level="村"))
    assert {step: value for step, (value, _) in sheet.items()} == {
        "成交价": Decimal(9_820_000),
        "取得成本": Decimal(2_000_000),
        "开发成本": Decimal(500_000),
        "土地增值收益": Decimal(7_320_000),
        "土地增值收益调节金": Decimal(1_464_000),
        "税费": Decimal(0),
        "成本补偿": Decimal(2_500_000),
        "净收益": Decimal(5_856_000),
        "村集体": Decimal(1_756_800),
        "成员分配": Decimal(4_099_200),
        "各方合计": Decimal(9_820_000),
    }
    assert sheet["土地增值收益调节金"][1] == "土地增值收益 7,320,000.00 元 × 20%（虚构）"
    assert sheet["村集体"][1] == "净收益 5,856,000.00 元 × 30%（公积公益金）"


def test_every_line_can_be_recomputed_from_the_lines_above() -> None:
    rule = replace(
        RULE,
        fund_rates=(FundRate(Decimal("0.2319")),),
        tax_rate=Decimal("0.0005"),
        township_share=Decimal("0.05"),
        township_document="虚构〔2016〕2号",
        village_share=Decimal("0.1"),
        village_document="虚构〔2016〕3号",
        reclaimed_share=Decimal("0.4"),
    )
    table = deals(deal_price_fen=98_765_433_1, owner_level="组", pathway="调整", acquisition_cost=1234.56)
    table = table.assign(transaction_cost=777.77, reclamation_cost=99.01)
    sheet = {step: value for step, (value, _) in steps(table, rule).items()}
    price, costs = sheet["成交价"], sheet["取得成本"] + sheet["复垦成本"] + sheet["开发成本"]
    assert sheet["土地增值收益"] == price - costs
    assert near(sheet["土地增值收益调节金"], sheet["土地增值收益"] * Decimal("0.2319"))
    assert near(sheet["税费"], price * Decimal("0.0005") + sheet["交易费用"])
    assert sheet["成本补偿"] == costs
    assert sheet["净收益"] == price - sheet["土地增值收益调节金"] - sheet["税费"] - costs
    assert near(sheet["复垦区集体"], sheet["净收益"] * Decimal("0.4"))
    rest = sheet["净收益"] * Decimal("0.6")
    for party, share in (("乡镇集体", "0.05"), ("村集体", "0.1"), ("组集体", "0.3"), ("成员分配", "0.55")):
        assert near(sheet[party], rest * Decimal(share)), party
    parts = ("土地增值收益调节金", "税费", "成本补偿", "乡镇集体", "复垦区集体", "村集体", "组集体", "成员分配")
    assert sum(sheet[part] for part in parts) == sheet["各方合计"] == price


def test_a_cost_that_is_half_a_fen_is_printed_as_it_was_split() -> None:
    # half-up, as the split rounds it; half to even would print 0.12 and 1000.00
    sheet = steps(deals(acquisition_cost=0.125, development_cost=1000.005))
    assert sheet["取得成本"][0] == Decimal("0.13")
    assert sheet["开发成本"][0] == Decimal("1000.01")
    assert sheet["成本补偿"][0] == Decimal("1000.14")


def test_a_loss_and_what_is_not_paid_out_are_said() -> None:
    sheet = steps(deals(acquisition_cost=9_900_000.0), replace(RULE, direct_distribution=False))
    assert sheet["土地增值收益"][0] == sheet["净收益"][0] == 0
    assert sheet["没有收回的成本（亏损）"][0] == Decimal(9_900_000 + 500_000 - 9_820_000)
    kept = steps(deals(), replace(RULE, direct_distribution=False, fund_base=FundBase.PRICE))
    assert kept["村集体"][1] == "净收益 5,356,000.00 元，扣除统筹后全部留在集体（公积公益金），不直接分配"
    assert "成员分配" not in kept
    assert kept["土地增值收益调节金"] == (Decimal(1_964_000), "成交总价款 9,820,000.00 元 × 20%（虚构）")


def test_a_deal_that_was_not_split_is_refused() -> None:
    table = deals(deal_price_fen=[982 * WAN, None])
    shares = split_income(table, RULE)
    for code in (str(table.index[1]), "没有这一宗"):
        with pytest.raises(BadValueError, match=rf"{code}.*没有分配结果.*split_gap"):
            explain_split(table, shares, RULE, code)
