"""What keeps an income from being split: every reason in its own words, and what the ledger's costs do to the fen."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pandas as pd
import pytest

from landmarket.distribution import SplitRule, split_gaps, split_income
from landmarket.distribution.split import PARTIES
from landmarket.errors import BadValueError
from tests.test_distribution import LOOSE, RULE, WAN, deals, exact_split

NO_COST = "补上成本，确无成本的填 0，缺失不当作 0"
NO_PRICE = "成交价应为不小于 0 的整数分，核对金额"
NO_LEVEL = "所有权层级应为 乡镇、村 或 组，先核实所有权"
NO_MEMBERS = "成员人数应为大于 0 的整数，不知道则留空"
NO_PATH = "入市途径应为 就地、调整、整治 之一，调整入市的另有复垦区份额"
TWICE = "税费已有台账，办法的 tax_rate 应为 0，不重复计算"
BEYOND = "调节金、税费与交易费用超过成交价，核对成交价与费用台账"
RECLAIMED = replace(LOOSE, reclaimed_share=Decimal("0.4"))
TAXED = replace(LOOSE, tax_rate=Decimal("0.03"))
REASONS = [
    (RULE, "deal_price_fen", -1, "成交价", NO_PRICE),
    (RULE, "deal_price_fen", 9 * 10**15, "成交价", NO_PRICE),
    (RULE, "deal_on", pd.NaT, "成交日", "补上成交日"),
    (RULE, "acquisition_cost", -0.01, "取得成本", NO_COST),
    (RULE, "acquisition_cost", None, "取得成本", NO_COST),
    (RULE, "development_cost", 9e13, "开发支出", NO_COST),
    (RULE, "transaction_cost", -1.0, "交易费用", NO_COST),
    (RULE, "reclamation_cost", None, "复垦", NO_COST),
    (RULE, "tax_paid", -1.0, "税", NO_COST),
    (RULE, "owner_level", "县", "所有权层级", NO_LEVEL),
    (RULE, "owner_level", None, "所有权层级", NO_LEVEL),
    (RULE, "member_count", 0, "成员人数", NO_MEMBERS),
    (RULE, "member_count", 1.5, "成员人数", NO_MEMBERS),
    (RULE, "member_count", 9e13, "成员人数", NO_MEMBERS),
    (RECLAIMED, "pathway", "别的", "入市途径", NO_PATH),
    (RECLAIMED, "pathway", None, "入市途径", NO_PATH),
    (TAXED, "tax_paid", 0.01, "税", TWICE),
    (RULE, "transaction_cost", 9_820_000.0, "成交价", BEYOND),
    (RULE, "tax_paid", 9_820_000.0, "成交价", BEYOND),
]


@pytest.mark.parametrize(("rule", "column", "value", "said", "cure"), REASONS)
def test_each_reason_in_its_own_words(rule: SplitRule, column: str, value: object, said: str, cure: str) -> None:
    table = deals(price_use=["工业"] * 3)
    usual = table[column].iloc[0] if column in table.columns else 0.0
    kind = {"deal_price_fen": "Int64", "deal_on": "datetime64[s]"}.get(column, "object")
    table = table.assign(**{column: pd.Series([usual, value, usual], index=table.index, dtype="object")})
    table = table.astype({column: kind})
    gaps = split_gaps(table, rule)
    assert gaps.tolist()[::2] == ["", ""]
    assert gaps.name == "split_gap"
    assert cure in gaps.iloc[1]
    assert said in gaps.iloc[1]
    with pytest.raises(BadValueError) as refused:
        split_income(table, rule)
    assert str(refused.value).startswith("split_income：")
    assert cure in str(refused.value)
    assert table.index[1] in str(refused.value)
    assert table.index[0] not in str(refused.value)


@pytest.mark.parametrize("cost", [0.005, 0.015, 1.005, 2.675, 1234.565, 0.0])
def test_costs_of_the_ledger_count_half_up_to_the_fen(cost: float) -> None:
    fen = int((Decimal(repr(cost)) * 100).quantize(Decimal(1), rounding="ROUND_HALF_UP"))
    parts = split_income(deals(transaction_cost=[cost], tax_paid=[cost]), RULE)
    assert parts["tax_fen"].iloc[0] == 2 * fen
    named = split_income(deals(acquisition_cost=[cost], development_cost=[0.0]), RULE)
    assert named["cost_fen"].iloc[0] == fen


def test_taxes_and_transaction_costs_are_taken_before_the_net_income() -> None:
    parts = split_income(deals(transaction_cost=[10_000.0], tax_paid=[25_000.5]), RULE)
    whole = exact_split(982 * WAN, 250 * WAN, Decimal("0.2"), RULE, "村", paid=3_500_050)
    assert parts[list(PARTIES)].iloc[0].tolist() == whole
    assert sum(whole) == 982 * WAN


@pytest.mark.parametrize("pathway", ["就地", "调整", "整治"])
@pytest.mark.parametrize("level", ["乡镇", "村", "组"])
def test_only_adjusted_entry_passes_a_part_to_the_reclaimed_side(pathway: str, level: str) -> None:
    parts = split_income(deals(pathway=[pathway], owner_level=[level]), RECLAIMED)
    whole = exact_split(982 * WAN, 250 * WAN, Decimal("0.2"), RECLAIMED, level, pathway)
    assert parts["reclaimed_fen"].iloc[0] == whole[4]
    assert (whole[4] > 0) == (pathway == "调整")
    assert parts[["township_fen", "village_fen", "group_fen", "members_fen"]].iloc[0].tolist() == [whole[3], *whole[5:]]


def test_the_part_per_head_is_whole_fen_and_columns_are_in_their_order() -> None:
    parts = split_income(deals(member_count=[7]), RULE)
    assert parts["per_member_fen"].iloc[0] == parts["members_fen"].iloc[0] // 7
    assert str(parts["per_member_fen"].dtype) == "Int64"
    assert list(parts.columns[:4]) == ["gain_fen", "loss_fen", "fund_rate", "fund_fen"]
    single = split_income(deals(member_count=[1]), RULE)
    assert single["per_member_fen"].iloc[0] == single["members_fen"].iloc[0]


def test_a_price_of_one_fen_is_still_split() -> None:
    parts = split_income(deals(deal_price_fen=[1], acquisition_cost=[0.0], development_cost=[0.0]), RULE)
    assert parts["gain_fen"].iloc[0] == 1
    assert parts.filter(like="_fen").drop(columns=["gain_fen", "loss_fen", "per_member_fen"]).sum(axis=1).iloc[0] == 1
    free = split_income(deals(deal_price_fen=[0], acquisition_cost=[5.0], development_cost=[0.0]), RULE)
    assert free[["gain_fen", "loss_fen", "cost_fen"]].iloc[0].tolist() == [0, 500, 0]


@pytest.mark.parametrize(
    ("column", "value", "cure"),
    [
        ("deal_price_fen", 100.5, NO_PRICE),
        ("deal_price_fen", "x", NO_PRICE),
        ("deal_price_fen", float("inf"), NO_PRICE),
        ("deal_price_fen", 10**19, NO_PRICE),
        ("deal_price_fen", Decimal("100.5"), NO_PRICE),
        ("deal_on", "x", "补上成交日，写成日期"),
        ("deal_on", pd.Period("2026-03", "M"), "补上成交日，写成日期"),
        ("owner_level", ["村"], NO_LEVEL),
    ],
)
def test_a_cell_of_another_kind_is_named(column: str, value: object, cure: str) -> None:
    table = deals(price_use=["工业"] * 3)
    cells = table[column].astype("object").tolist()
    table = table.assign(**{column: pd.Series([cells[0], value, cells[2]], index=table.index, dtype="object")})
    gaps = split_gaps(table, RULE)
    assert [cure in gap for gap in gaps] == [False, True, False]
    with pytest.raises(BadValueError, match=rf"列 {column}.*{table.index[1]}.*办法"):
        split_income(table, RULE)


def test_days_as_months_are_refused() -> None:
    table = deals()
    with pytest.raises(BadValueError, match="deal_on"):
        split_income(table.assign(deal_on=table["deal_on"].dt.to_period("M")), RULE)


def test_whole_fen_as_decimals_are_split_alike() -> None:
    table = deals()
    exact = pd.Series([Decimal(int(fen)) for fen in table["deal_price_fen"]], index=table.index, dtype="object")
    pd.testing.assert_frame_equal(split_income(table.assign(deal_price_fen=exact), RULE), split_income(table, RULE))


@pytest.mark.parametrize("column", ["deal_price_fen", "acquisition_cost"])
def test_a_repeated_column_is_refused(column: str) -> None:
    table = deals()
    with pytest.raises(BadValueError, match=rf"split_income：列重复：{column}（.*办法"):
        split_income(pd.concat([table, table[[column]]], axis=1), RULE)
