"""The ledger of a split, what a change of the rule does, and the taxes of a deal."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.columns import UNKNOWN_TOWNSHIP
from landmarket.distribution import PARTIES, FundBase, FundRate, SplitRule, split_income
from landmarket.distribution.balance import OPEN, TOTAL, balance_by, parcel_balance
from landmarket.distribution.reform import compare_splits, reform, same_fund_total
from landmarket.distribution.rule_records import rule_records
from landmarket.distribution.taxes import deal_taxes
from landmarket.errors import (
    BadValueError,
    IndexMismatchError,
    MissingColumnError,
    NoRuleInForceError,
    RuleError,
    UnverifiedRuleWarning,
)
from tests.helpers import assert_same_index
from tests.hunting import examples
from tests.test_distribution import AMOUNTS, LEVELS, LOOSE, RULE, WAN, deals, document, rules
from tests.test_income_library import BASED

supposed = pytest.mark.filterwarnings("ignore::landmarket.errors.UnverifiedRuleWarning")
"""A supposed rule was read by nobody, and warns."""
CODES = [f"330521{number:06d}JB00001" for number in range(9)]
GROUPS = pd.Series(["甲镇", "乙镇", None] * 3, index=pd.Index(CODES), dtype="str")


def sold(prices: list[int | None], **columns: object) -> pd.DataFrame:
    return deals(**{"deal_price_fen": prices, "acquisition_cost": 0.0, "development_cost": 0.0} | columns)


def fen_of(table: pd.DataFrame, column: str) -> dict[str, int]:
    """A column as whole numbers by parcel or group; missing ones left out."""
    return {str(code): int(fen) for code, fen in table[column].dropna().items()}


# The ledger.


def test_a_hand_worked_ledger() -> None:
    # 100, 200 and 400 元 without costs: 20 % to the fund, 30 % of the rest to the village; 300 元 not sold.
    table = sold([10_000, 20_000, 40_000, None])
    shares = split_income(table, RULE)
    ledger = parcel_balance(table, shares)
    columns = ["deal_price_fen", "fund_fen", "village_fen", "members_fen", OPEN]
    assert ledger[columns].to_numpy().tolist() == [
        [10_000, 2000, 2400, 5600, 0],
        [20_000, 4000, 4800, 11_200, 0],
        [40_000, 8000, 9600, 22_400, 0],
    ]
    assert list(ledger.index) == CODES[:3]
    groups = pd.Series(["甲镇", "乙镇", "甲镇"], index=pd.Index(CODES[:3]))
    summed = balance_by(ledger, groups)
    assert summed.index.tolist() == ["甲镇", "乙镇", TOTAL]
    assert summed[["deals", *columns]].to_numpy().tolist() == [
        [2, 50_000, 10_000, 12_000, 28_000, 0],
        [1, 20_000, 4000, 4800, 11_200, 0],
        [3, 70_000, 14_000, 16_800, 39_200, 0],
    ]
    assert set(summed.dtypes) == {np.dtype("int64")}
    assert balance_by(ledger, groups.iloc[:2]).index.tolist() == ["甲镇", "乙镇", UNKNOWN_TOWNSHIP, TOTAL]


@settings(max_examples=examples(25), deadline=None)
@given(
    rules(), st.lists(st.one_of(st.none(), AMOUNTS), min_size=1, max_size=9), st.lists(LEVELS, min_size=9, max_size=9)
)
def test_every_sum_of_the_ledger(rule: SplitRule, prices: list[int | None], levels: list[str]) -> None:
    table = sold(prices, owner_level=levels[: len(prices)], acquisition_cost=12.34)
    shares = split_income(table, rule)
    before = shares.copy(deep=True)
    ledger = parcel_balance(table, shares)
    pd.testing.assert_frame_equal(shares, before)
    known = {code: price for code, price in zip(table.index, prices, strict=True) if price is not None}
    assert ledger["deal_price_fen"].to_dict() == known
    summed = balance_by(ledger, GROUPS)
    for group in (*GROUPS.dropna().unique(), UNKNOWN_TOWNSHIP):
        own = [code for code in known if GROUPS.fillna(UNKNOWN_TOWNSHIP)[code] == group]
        assert (group in summed.index) == bool(own)
        if own:
            assert summed.loc[group, "deals"] == len(own)
            for party in PARTIES:
                assert summed.loc[group, party] == sum(fen_of(shares, party)[code] for code in own)
    assert summed.loc[TOTAL, "deal_price_fen"] == sum(known.values()) == summed.loc[TOTAL, list(PARTIES)].sum()
    assert summed.loc[TOTAL, "deals"] == len(known)
    assert summed[OPEN].eq(0).all()


@pytest.mark.parametrize("party", PARTIES)
@pytest.mark.parametrize("fen", [1, -1])
def test_a_fen_that_was_moved_is_named(party: str, fen: int) -> None:
    table = sold([10_000, 20_000, 40_000])
    shares = split_income(table, RULE)
    shares[party] += np.array([0, fen, 0])
    with pytest.raises(BadValueError, match=rf"共 1 行：{CODES[1]} = {-fen}。办法：不要改动"):
        parcel_balance(table, shares)


@pytest.mark.parametrize(("party", "left"), [("fund_fen", 2000), ("members_fen", 5600), ("tax_fen", 0)])
def test_a_part_that_was_lost_is_named(party: str, left: int) -> None:
    table = sold([10_000, 20_000])
    shares = split_income(table, RULE)
    shares.loc[CODES[0], party] = pd.NA
    with pytest.raises(BadValueError, match=rf"或有缺失、负数.*共 1 行：{CODES[0]} = {left}。办法"):
        parcel_balance(table, shares)


def test_a_negative_part_is_named_though_the_sum_is_right() -> None:
    table = sold([10_000, 20_000])
    shares = split_income(table, RULE)
    shares.loc[CODES[0], ["tax_fen", "cost_fen"]] = [-1, 1]
    with pytest.raises(BadValueError, match=rf"{CODES[0]} = 0"):
        parcel_balance(table, shares)


def test_a_ledger_is_of_one_table() -> None:
    table = sold([10_000, 20_000])
    shares = split_income(table, RULE)
    with pytest.raises(IndexMismatchError, match="parcel_balance"):
        parcel_balance(table.iloc[::-1], shares)
    with pytest.raises(MissingColumnError, match="members_fen"):
        parcel_balance(table, shares.drop(columns="members_fen"))
    with pytest.raises(BadValueError, match="宗地代码重复"):
        parcel_balance(table.iloc[[0, 0]], shares.iloc[[0, 0]])
    without = shares.loc[[CODES[0], CODES[1]]].assign(fund_fen=pd.array([pd.NA, 1], dtype="Int64"))
    with pytest.raises(BadValueError, match="共 2 行"):
        parcel_balance(table, without)


def test_a_township_may_not_be_called_like_the_total() -> None:
    table = sold([10_000, 20_000])
    ledger = parcel_balance(table, split_income(table, RULE))
    with pytest.raises(BadValueError, match=f"分组名不能是 {TOTAL}，共 1 行：{CODES[1]}"):
        balance_by(ledger, pd.Series(["甲镇", TOTAL], index=pd.Index(CODES[:2])))


def test_an_empty_ledger_adds_up_to_nothing() -> None:
    table = sold([None, None])
    summed = balance_by(parcel_balance(table, split_income(table, RULE)), GROUPS)
    assert summed.index.tolist() == [TOTAL]
    assert summed.loc[TOTAL].eq(0).all()


def test_sums_beyond_the_floats_stay_exact() -> None:
    most = 9 * 10**15 - 1  # the largest price of a deal; two of them are beyond 2⁵³ fen
    table = sold([most, most - 2])
    summed = balance_by(parcel_balance(table, split_income(table, RULE)), GROUPS)
    assert summed.loc[TOTAL, "deal_price_fen"] == 2 * most - 2
    assert sum(fen_of(summed, party)[TOTAL] for party in PARTIES) == 2 * most - 2


# A changed rule.


@supposed
def test_a_hand_worked_change() -> None:
    # 1000 元 without costs, twice in 甲镇, once in 乙镇: the fund from 20 to 30 %, retention from 30 to 50 %.
    table = sold([100_000] * 3)
    groups = pd.Series(["甲镇", "甲镇", "乙镇"], index=table.index)
    before = split_income(table, RULE)
    changed = reform(RULE, "三成五成", fund_rate=Decimal("0.3"), retention_rate=Decimal("0.5"))
    after = split_income(table, changed)
    result = compare_splits(before, after, groups)
    assert result.index.names == ["group", "party"]
    moved = result[result["before"].ne(0) | result["after"].ne(0)]
    assert {key: tuple(row) for key, row in zip(moved.index, moved.to_numpy().tolist(), strict=True)} == {
        ("甲镇", "fund_fen"): (40_000, 60_000, 20_000),
        ("甲镇", "village_fen"): (48_000, 70_000, 22_000),
        ("甲镇", "members_fen"): (112_000, 70_000, -42_000),
        ("乙镇", "fund_fen"): (20_000, 30_000, 10_000),
        ("乙镇", "village_fen"): (24_000, 35_000, 11_000),
        ("乙镇", "members_fen"): (56_000, 35_000, -21_000),
    }


@supposed
@settings(max_examples=examples(25), deadline=None)
@given(rules(), rules(), st.lists(st.one_of(st.none(), AMOUNTS), min_size=1, max_size=9))
def test_what_some_gain_others_lose(rule: SplitRule, other: SplitRule, prices: list[int | None]) -> None:
    table = sold(prices, acquisition_cost=12.34, owner_level=["村", "组", "乡镇"][len(prices) % 3])
    before, after = split_income(table, rule), split_income(table, other)
    result = compare_splits(before, after, GROUPS)
    assert result.groupby("group")["change"].sum().eq(0).all()
    groups = GROUPS.fillna(UNKNOWN_TOWNSHIP)
    assert set(result.index) == {(groups[code], party) for code in table.index for party in PARTIES}
    for when, shares in (("before", before), ("after", after)):
        sums = dict.fromkeys(result.index, 0)
        for party in PARTIES:
            for code, fen in fen_of(shares, party).items():
                sums[groups[code], party] += fen
        assert result[when].to_dict() == sums
    assert result["change"].eq(result["after"] - result["before"]).all()


def test_splits_of_other_deals_are_not_compared() -> None:
    table = sold([10_000, 20_000, None])
    shares = split_income(table, RULE)
    with pytest.raises(IndexMismatchError, match="compare_splits"):
        compare_splits(shares, shares.iloc[:2], GROUPS)
    with pytest.raises(BadValueError, match=rf"只在一种办法下分配，共 1 行：{CODES[2]}。办法"):
        compare_splits(shares, split_income(sold([10_000, 20_000, 5]), RULE), GROUPS)
    with pytest.raises(BadValueError, match=rf"成交价不同，相差 \[分\]：共 1 行：{CODES[1]} = -1。办法"):
        compare_splits(shares, split_income(sold([10_000, 19_999, None]), RULE), GROUPS)
    with pytest.raises(MissingColumnError, match="village_fen"):
        compare_splits(shares, shares.drop(columns="village_fen"), GROUPS)


def test_a_change_says_that_it_is_one() -> None:
    changed = reform(RULE, "调节金三成", fund_rate=Decimal("0.3"))
    assert (changed.name, changed.verified) == ("调节金三成", False)
    assert changed.source == "测算假设，由 测试用分配办法 改动"
    assert changed.fund_rates == (FundRate(Decimal("0.3")),)
    same = reform(RULE, RULE.name)
    assert replace(same, source=RULE.source, verified=True) == RULE
    with pytest.warns(UnverifiedRuleWarning, match="调节金三成（测算假设"):
        split_income(deals(), changed)


def test_every_rate_is_multiplied_and_rounded() -> None:
    rates = (FundRate(Decimal("0.24"), price_use="工业"), FundRate(Decimal("0.333333"), zone="县城规划区"))
    changed = reform(replace(RULE, fund_rates=rates), "半", rate_factor=Decimal("0.5"))
    assert [rate.rate for rate in changed.fund_rates] == [Decimal("0.12"), Decimal("0.166666")]  # …6.5 to the even
    assert [rate.price_use for rate in changed.fund_rates] == ["工业", ""]


@pytest.mark.parametrize("factor", ["-0.1", "NaN", "Infinity", "1e30"])
def test_a_factor_that_is_none_is_refused(factor: str) -> None:
    with pytest.raises(RuleError, match=re.escape(f"rate_factor = {Decimal(factor)} 应为不小于 0 的数")):
        reform(RULE, "改", rate_factor=Decimal(factor))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"fund_rate": Decimal("0.3"), "rate_factor": Decimal(2)}, "fund_rate 与 rate_factor 只能给一个"),
        ({"rate_factor": Decimal("5.1")}, "之和超过 1"),
        ({"retention_rate": Decimal("1.1")}, "之和超过 1"),
        ({"override_document": "按领导意见"}, "没有文号"),
    ],
)
def test_a_change_that_cannot_be_applied_is_refused(change: dict[str, Decimal], fault: str) -> None:
    with pytest.raises(RuleError, match=fault):
        reform(RULE, "改", **change)  # type: ignore[arg-type] # any keyword


@supposed
def test_a_changed_figure_is_no_longer_the_cited_places(tmp_path: Path) -> None:
    cited = document(tmp_path, BASED)
    scaled = reform(cited, "九折", rate_factor=Decimal("0.9"))
    assert [record.key for record in scaled.taken] == ["fund_base"]
    listed = {record.name: record.value for record in rule_records(scaled) if record.key == "fund_rate"}
    assert set(listed) == {"九折：调节金比例"}
    one = reform(cited, "按增值收益", fund_base=FundBase.GAIN, fund_rate=Decimal("0.3"))
    assert one.taken == ()
    assert rule_records(one)[0].value == "土地增值收益"
    assert rule_records(one)[1].value == Decimal("0.3")


# The same total on another base.


@supposed
def test_the_same_total_hand_worked() -> None:
    # 工业 1000 at cost 500 and 20 % : 100; 商服 2000 at cost 1000 and 40 % : 400. On the price at half the rates.
    rates = (FundRate(Decimal("0.2"), price_use="工业"), FundRate(Decimal("0.4"), price_use="商服"))
    table = sold([1000 * WAN, 2000 * WAN, None], acquisition_cost=[5e6, 1e7, 0.0], price_use=["工业", "商服", "工业"])
    found = same_fund_total(table, replace(RULE, fund_rates=rates), FundBase.PRICE)
    assert [rate.rate for rate in found.rule.fund_rates] == [Decimal("0.1"), Decimal("0.2")]
    assert (found.fund_before, found.fund_after, found.difference) == (500 * WAN, 500 * WAN, 0)
    assert found.rule.fund_base is FundBase.PRICE
    assert found.rule.name == "测试用分配办法（按成交价，总额不变）"
    assert abs(found.factor - Decimal("0.5")) < Decimal("0.00001")
    back = same_fund_total(table, replace(found.rule, verified=True), FundBase.GAIN)
    assert [rate.rate for rate in back.rule.fund_rates] == [Decimal("0.2"), Decimal("0.4")]
    assert back.difference == 0


@supposed
def test_six_decimals_of_a_rate_leave_a_difference() -> None:
    # T39 on the price: 146.4 / 982 is 0.14908350…; 0.149083 misses by 4.94 元, 0.149084 by 4.88.
    found = same_fund_total(deals(), RULE, FundBase.PRICE)
    assert found.rule.fund_rates == (FundRate(Decimal("0.149084")),)
    assert (found.fund_before, found.difference) == (146_400_000, 488)


@supposed
@settings(max_examples=examples(25), deadline=None)
@given(
    st.sampled_from(list(FundBase)),
    st.lists(st.integers(1, 10**6), min_size=3, max_size=3),
    st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 2)), min_size=1, max_size=12),
)
def test_the_totals_differ_by_no_more_than_six_decimals_allow(
    base: FundBase, rates: list[int], lots: list[tuple[int, int, int]]
) -> None:
    other = next(each for each in FundBase if each is not base)
    uses = ("工业", "商服", "公共")
    exact = [Decimal(rate).scaleb(-6) for rate in rates]
    stated = tuple(FundRate(rate, price_use=use) for rate, use in zip(exact, uses, strict=True))
    rule = replace(LOOSE, fund_base=base, fund_rates=stated)
    table = sold(
        [price for price, _, _ in lots],
        acquisition_cost=[cost / 100 for _, cost, _ in lots],
        price_use=[uses[use] for _, _, use in lots],
    )
    gains = [max(0, price - cost) for price, cost, _ in lots]
    on_new = [price for price, _, _ in lots] if other is FundBase.PRICE else gains
    before = int(split_income(table, rule)["fund_fen"].sum())
    most = sum(Fraction(exact[lot[2]]) / Fraction(max(exact)) * fen for fen, lot in zip(on_new, lots, strict=True))
    slack = Fraction(sum(on_new), 10**6) + 1  # a millionth of every rate, as where a rate is at most 1
    if not before or most + slack < before:
        with pytest.raises(BadValueError, match="收不到"):
            same_fund_total(table, rule, other)
    elif most - slack >= before:
        found = same_fund_total(table, rule, other)
        assert found.fund_before == before
        assert found.fund_after == int(split_income(table, found.rule)["fund_fen"].sum())
        assert found.difference == found.fund_after - before
        # Half of what a millionth more of every rate brings, and a fen a deal.
        assert abs(found.difference) <= Fraction(sum(on_new), 2 * 10**6) + len(lots)
        for old, new in zip(stated, found.rule.fund_rates, strict=True):
            assert abs(new.rate - old.rate * found.factor) <= Decimal("0.0000005")
            assert new.price_use == old.price_use


@supposed
def test_no_rate_gives_that_total() -> None:
    price = replace(LOOSE, fund_base=FundBase.PRICE, fund_rates=(FundRate(Decimal("0.48")),))
    table = sold([1000, 2000], acquisition_cost=[9.99, 25.0])  # a gain of 1 fen in all
    with pytest.raises(BadValueError, match="新基数下比例到顶也收不到原来的总额"):
        same_fund_total(table, price, FundBase.GAIN)
    with pytest.raises(BadValueError, match="新基数下比例到顶"):
        same_fund_total(sold([1000], acquisition_cost=10.0), price, FundBase.GAIN)
    for rule, costs in ((RULE, 10.0), (replace(LOOSE, fund_rates=(FundRate(Decimal(0)),)), 0.0)):
        with pytest.raises(BadValueError, match="原办法收不到调节金"):
            same_fund_total(sold([1000], acquisition_cost=costs), rule, FundBase.PRICE)
    with pytest.raises(BadValueError, match="原办法收不到调节金"):
        same_fund_total(sold([None]), RULE, FundBase.PRICE)


@supposed
def test_the_new_rates_are_held_against_their_band() -> None:
    # 20 % of a price without costs is 20 % of the gain; with costs of half the price it would be 40 %, or 60 %.
    price = replace(RULE, fund_base=FundBase.PRICE, fund_rates=(FundRate(Decimal("0.3")),))
    table = sold([100 * WAN], acquisition_cost=500_000.0)
    with pytest.raises(RuleError, match=r"比例 0\.600000 不在 0\.20—0\.50 之内"):
        same_fund_total(table, price, FundBase.GAIN)
    found = same_fund_total(table, price, FundBase.GAIN, override_document="虚构〔2016〕9号")
    assert (found.rule.fund_rates[0].rate, found.difference) == (Decimal("0.6"), 0)
    assert found.rule.override_document == "虚构〔2016〕9号"
    with pytest.raises(NoRuleInForceError):
        same_fund_total(table.assign(deal_on=pd.Timestamp(2020, 1, 1)), price, FundBase.GAIN)


# Taxes.

DEED, CHARGE, STAMP = "契税", "受让方参照契税缴纳的调节金", "印花税（产权转移书据）"
FREE = {"增值税（土地所有者出让土地使用权）": 0, "土地增值税": 0}


def taxes(day: date, *, pilot: bool = True, price: int = 1_000_030) -> pd.DataFrame:
    table = deals(deal_price_fen=price, deal_on=pd.Timestamp(day))
    rates = {"deed_tax_rate": Decimal("0.03"), "charge_rate": Decimal("0.05")}
    return deal_taxes(table, county="411081", pilot=pilot, **rates)


@pytest.mark.parametrize("pilot", [True, False])
@pytest.mark.parametrize(
    ("day", "amounts"),
    [
        (date(2010, 6, 1), {}),
        (date(2016, 4, 17), {"土地增值税": 0}),
        (date(2018, 12, 31), {CHARGE: 50_002, **FREE}),  # 5 % of 10,000.30 元 is 500.015
        (date(2019, 1, 1), FREE),
        (date(2021, 8, 31), FREE),
        (date(2021, 9, 1), {DEED: 30_001, **FREE}),
        (date(2022, 6, 30), {DEED: 30_001, **FREE}),
        (date(2022, 7, 1), {DEED: 30_001, STAMP: 500, **FREE}),
        (date(2026, 4, 7), {DEED: 30_001, STAMP: 500, **FREE}),
    ],
)
def test_who_is_taxed_on_a_day(day: date, amounts: dict[str, int], pilot: bool) -> None:
    table = taxes(day, pilot=pilot)
    expected = {name: fen for name, fen in amounts.items() if pilot or name != CHARGE}
    assert dict(zip(table["tax"], table["amount_fen"], strict=True)) == expected
    assert table["taxed"].tolist() == ["是" if fen else "否" for fen in table["amount_fen"]]
    payer = {DEED: "受让方", CHARGE: "受让方", STAMP: "双方"} | dict.fromkeys(FREE, "出让方")
    assert table["payer"].tolist() == [payer[name] for name in table["tax"]]
    assert not {DEED, CHARGE} <= set(table["tax"])  # never both


def test_land_value_added_tax_is_off_and_says_why() -> None:
    row = taxes(date(2026, 4, 7)).set_index("tax").loc["土地增值税"]
    assert (row["taxed"], row["rate"], row["amount_fen"], row["verified"]) == ("否", 0.0, 0, False)
    assert "默认不征" in row["note"]
    assert row["source"].startswith("土地增值税暂行条例")


@pytest.mark.parametrize("rate", ["0.03", "0.04", "0.05"])
def test_the_deed_tax_of_a_province(rate: str) -> None:
    table = deal_taxes(
        deals(deal_on=pd.Timestamp(2024, 1, 3)), county="411081", pilot=True, deed_tax_rate=Decimal(rate)
    )
    row = table.set_index("tax").loc[DEED]
    assert (row["amount_fen"], row["rate"], row["verified"]) == (Decimal(rate) * 982 * WAN, float(rate), True)


@pytest.mark.parametrize("rate", ["0.029999", "0.050001"])
def test_a_deed_tax_outside_the_law_is_refused(rate: str) -> None:
    table = deals(deal_on=pd.Timestamp(2021, 9, 1))
    with pytest.raises(RuleError, match=rf"2021-09-01：契税 为 0\.03—0\.05（契税法.*给出 {rate}"):
        deal_taxes(table, county="411081", pilot=False, deed_tax_rate=Decimal(rate))


@pytest.mark.parametrize("rate", [None, "0.02", "0.06"])
def test_a_charge_that_the_county_has_not_set_is_refused(rate: str | None) -> None:
    charge = None if rate is None else Decimal(rate)
    rates = {"deed_tax_rate": Decimal("0.03"), "charge_rate": charge}
    with pytest.raises(RuleError, match=rf"调节金 为 0\.03—0\.05（财税〔2016〕41号.*给出 {rate}"):
        deal_taxes(deals(), county="411081", pilot=True, **rates)  # type: ignore[arg-type] # a pair of keywords
    assert CHARGE not in deal_taxes(deals(), county="411081", pilot=False, **rates)["tax"].tolist()  # type: ignore[arg-type] # a pair of keywords


def test_rows_follow_the_deals_whatever_their_days() -> None:
    days = [
        pd.Timestamp(2024, 5, 1),
        None,
        pd.Timestamp(2021, 9, 1, 15, 30),
        pd.Timestamp(2024, 5, 1),
        pd.Timestamp(2010, 1, 1),
    ]
    table = deals(deal_price_fen=[300, None, 200, 100, 50], deal_on=days)
    result = deal_taxes(table, county="411081", pilot=True, deed_tax_rate=Decimal("0.03"))
    assert result["parcel_code"].tolist() == [CODES[0]] * 4 + [CODES[2]] * 3 + [CODES[3]] * 4
    assert result.loc[result["tax"].eq(DEED), "amount_fen"].tolist() == [9, 6, 3]
    objects = table.assign(deal_on=pd.Series([day and day.date() for day in days], table.index, dtype="object"))
    pd.testing.assert_frame_equal(
        deal_taxes(objects, county="411081", pilot=True, deed_tax_rate=Decimal("0.03")), result
    )


def test_without_deals_there_are_no_taxes_but_all_columns() -> None:
    none = deal_taxes(sold([None]), county="411081", pilot=True, deed_tax_rate=Decimal("0.03"))
    assert len(none) == 0
    assert list(none) == list(taxes(date(2024, 1, 3)))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"deal_on": pd.NaT}, r"deal_on（成交日）.*补上成交日"),
        ({"deal_price_fen": -1}, r"deal_price_fen.*= -1.*不应为负"),
    ],
)
def test_a_deal_that_cannot_be_taxed_is_named(change: dict[str, object], fault: str) -> None:
    with pytest.raises(BadValueError, match=fault):
        deal_taxes(deals(**change), county="411081", pilot=True, deed_tax_rate=Decimal("0.03"))
    twice = deals().iloc[[0, 0]]
    with pytest.raises(BadValueError, match="宗地代码重复"):
        deal_taxes(twice, county="411081", pilot=True, deed_tax_rate=Decimal("0.03"))


def test_the_comparison_keeps_its_inputs() -> None:
    table = sold([10_000, 20_000])
    shares = split_income(table, RULE)
    before = shares.copy(deep=True)
    ledger = parcel_balance(table, shares)
    compare_splits(shares, shares, GROUPS)
    pd.testing.assert_frame_equal(shares, before)
    assert_same_index(ledger, table)


def test_a_lease_pays_no_tax_on_the_transfer_of_a_right() -> None:
    # 契税法 art. 2: the tax is on the grant and the transfer of a right; a lease is neither.
    table = deals(deal_on=pd.Timestamp(2022, 8, 1), form=["出让", "出租"])
    taxes = deal_taxes(table, county="110115", pilot=True, deed_tax_rate=Decimal("0.03"))
    granted, leased = (taxes[taxes["parcel_code"].eq(code)].set_index("tax") for code in table.index)
    assert granted.loc[DEED, "amount_fen"] == 982 * WAN * 3 // 100
    assert leased["amount_fen"].eq(0).all()
    assert leased["taxed"].eq("否").all()
    assert "租赁合同的印花税另计" in leased.loc[DEED, "note"]
    assert not leased.loc[DEED, "verified"]
