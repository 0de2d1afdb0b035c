"""What a rule on the split may say, what it then gives each party, and what stops it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.distribution import (
    COLLECTIVES,
    LAND_COSTS,
    PARTIES,
    FundBase,
    FundRate,
    SplitRule,
    income_rule,
    split_gaps,
    split_income,
)
from landmarket.errors import BadValueError, NoRuleInForceError, RuleError, UnverifiedRuleWarning
from landmarket.exact import TRILLION, largest_remainder
from tests.hunting import examples
from tests.test_distribution import AMOUNTS, LEVELS, LOOSE, PATHS, RULE, WAN, deals, document, exact_split, rules
from tests.test_gaps import MONEY, Cell, cells_of, check_split, damaged

unread = pytest.mark.filterwarnings("ignore::landmarket.errors.UnverifiedRuleWarning")
"""The shipped local rules are unverified; where that is not the question, it is let pass."""
SIDE = [*COLLECTIVES, "members_fen"]


def in_wan(shares: pd.DataFrame, columns: list[str]) -> list[Decimal]:
    return [Decimal(int(shares[column].iloc[0])) / WAN for column in columns]


# Which rates, which documents.


@pytest.mark.parametrize("county", ["330521", "440605"])
@unread
def test_a_rate_on_the_price_is_held_against_the_countys_own_band(county: str) -> None:
    low, high, source = {
        "330521": (Decimal("0.16"), Decimal("0.48"), "德清县入市调节金办法，据公开文章"),
        "440605": (Decimal("0.05"), Decimal("0.15"), "南海区入市调节金办法（凭记忆"),
    }[county]
    rule = replace(RULE, county=county, fund_base=FundBase.PRICE)
    least = Decimal("0.000001")
    for rate in (low, high):
        parts = split_income(deals(), replace(rule, fund_rates=(FundRate(rate),)))
        assert parts["fund_fen"].iloc[0] == rate * 982 * WAN
    for rate in (low - least, high + least):
        outside = replace(rule, fund_rates=(FundRate(rate), FundRate(low, price_use="商服")))
        for split in (split_income, split_gaps):
            with pytest.raises(
                RuleError, match=rf"调节金比例 {rate} 不在 {low}—{high} 之内（{source}.*override_document"
            ):
                split(deals(), outside)
        allowed = replace(outside, override_document="虚构〔2016〕3号")
        assert split_income(deals(), allowed)["fund_rate"].iloc[0] == float(rate)


def test_a_rate_on_the_price_of_a_county_without_a_band_is_free() -> None:
    rule = replace(RULE, fund_base=FundBase.PRICE, fund_rates=(FundRate(Decimal("0.12")),))  # 大兴: about 12 %
    assert split_income(deals(), rule)["fund_fen"].iloc[0] == Decimal("117.84") * WAN


@unread
def test_a_rate_on_the_gain_is_held_against_the_national_band_everywhere() -> None:
    rule = replace(RULE, county="440605", fund_rates=(FundRate(Decimal("0.1")),))
    with pytest.raises(RuleError, match=r"0\.1 不在 0\.20—0\.50 之内（财税〔2016〕41号"):
        split_income(deals(), rule)


@pytest.mark.parametrize("key", ["override_document", "township_document", "village_document"])
@pytest.mark.parametrize("document", ["按领导意见", "某政〔2024〕", "2024年口头意见，文号不详", "第号"])
def test_a_document_has_a_number(key: str, document: str) -> None:
    with pytest.raises(RuleError, match=f"{key} = '{document}' 没有文号"):
        replace(RULE, **{key: document})  # type: ignore[arg-type] # a text for any of the three


@pytest.mark.parametrize("document", ["建安政〔2020〕12号", "某政〔2024〕第 2 号", "财税[2016]41号", "某县政府令第3号"])
def test_a_document_with_a_number_is_taken(document: str) -> None:
    rule = replace(RULE, fund_rates=(FundRate(Decimal(0)),), override_document=document)
    assert split_income(deals(), rule)["fund_fen"].iloc[0] == 0


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"county": "德清"}, r"county = '德清' 不是 6 位县代码"),
        ({"county": "33052"}, r"county = '33052' 不是"),
        ({"effective_to": date(2014, 12, 31)}, r"effective_to 2014-12-31 早于 effective_from 2015-01-01"),
        ({"gain_costs": ("取得", "取得")}, r"gain_costs = 取得、取得 有重复"),
        ({"net_costs": ("开发", "取得", "开发")}, r"net_costs = 开发、取得、开发 有重复"),
        ({"net_costs": ("土地",)}, r"net_costs 中不认识 土地。办法：只写 取得、复垦、开发"),
        ({"village_share": Decimal("0.1")}, r"village_share 须有 village_document"),
        ({"reclaimed_share": Decimal("1.1")}, r"reclaimed_share 之和超过 1"),
        ({"reclaimed_share": Decimal("0.4"), "retention_rate": Decimal("0.000001")}, r"retention_rate（乘以 1 − recl"),
        (
            {"retention_rate": Decimal("0.7"), "village_share": Decimal("0.300001")},
            r"retention_rate、township_share、village_share 之和超过 1",
        ),
    ],
)
def test_a_rule_that_cannot_be_applied_is_refused(change: dict[str, object], fault: str) -> None:
    with pytest.raises(RuleError, match=fault):
        replace(RULE, **change)  # type: ignore[arg-type] # any attribute


# 浙江省农村集体资产管理条例 art. 27.


@pytest.mark.parametrize("county", ["330521", "330106", "331127"])
def test_zhejiang_pays_out_to_nobody_whatever_the_document(county: str) -> None:
    rule = replace(LOOSE, county=county)
    table = deals(deal_on=pd.Timestamp(2020, 9, 24))
    for split in (split_income, split_gaps):
        with (
            pytest.warns(UnverifiedRuleWarning, match="浙江"),
            pytest.raises(RuleError, match=r"2020-09-24.*第二十七条.*direct_distribution 改为 false"),
        ):
            split(table, rule)
    kept = split_income(table, replace(rule, direct_distribution=False))
    assert in_wan(kept, ["members_fen", "village_fen"]) == [0, Decimal("585.6")]
    assert split_income(deals(deal_on=pd.Timestamp(2020, 9, 23)), rule)["members_fen"].gt(0).all()


def test_elsewhere_a_collective_may_pay_out() -> None:
    table = deals(deal_on=pd.Timestamp(2020, 9, 24))
    assert split_income(table, replace(LOOSE, county="341881"))["members_fen"].gt(0).all()


# Published cases.

HEAD = """
name = "某办法"
source = "虚构〔2024〕1号"
county = "411081"
pilot = true
effective_from = 2024-01-01
verified = true
tax_rate = 0
retention_rate = 0
"""
FREE = 'fund_base = "gain"\noverride_document = "虚构〔2024〕2号"\n'
RATE = "\n[[fund_rate]]\nrate = {}\n"


@pytest.mark.parametrize(
    ("region", "reclaimed", "building"),
    [("海城", 40, 60), ("平罗", 30, 70)],  # 复垦区 : 建新区
)
@pytest.mark.parametrize("paid_out", ["true", "false"])
def test_adjusted_entry_between_two_villages(
    tmp_path: Path, region: str, reclaimed: int, building: int, paid_out: str
) -> None:
    text = HEAD + FREE + f'base = "{region}"\ndirect_distribution = {paid_out}\n' + RATE.format(0)
    rule = document(tmp_path, text)
    free = {"acquisition_cost": 0.0, "development_cost": 0.0, "deal_on": pd.Timestamp(2024, 3, 1)}
    table = deals(deal_price_fen=[100 * WAN] * 4, pathway=["调整", "就地", "调整", "整治"], **free)
    with pytest.warns(UnverifiedRuleWarning, match=f"{region}：调整入市"):
        parts = split_income(table.assign(owner_level=["村", "村", "组", "组"]), rule)
    assert (parts["reclaimed_fen"] / WAN).tolist() == [reclaimed, 0, reclaimed, 0]
    rest = (parts[["village_fen", "group_fen", "members_fen"]] / WAN).sum(axis=1)
    assert rest.tolist() == [building, 100, building, 100]
    assert parts["members_fen"].gt(0).all() == (paid_out == "true")


def test_the_shares_of_zhanqi_as_parties_of_a_split() -> None:
    # 801.55 万元 by 23.19 : 53.62 : 23.19 = 1,858,794.45 + 4,297,911.10 + 1,858,794.45 元.
    rule = replace(
        LOOSE,
        fund_rates=(FundRate(Decimal(0)),),
        township_share=Decimal("0.2319"),
        township_document="虚构〔2016〕2号",
        retention_rate=Decimal("0.5362"),
    )
    parts = split_income(deals(deal_price_fen=80_155 * 10_000, acquisition_cost=0.0, development_cost=0.0), rule)
    assert parts[["township_fen", "village_fen", "members_fen"]].iloc[0].tolist() == [
        185_879_445,
        429_791_110,
        185_879_445,
    ]


def test_the_collective_of_yining() -> None:
    # 982 万元, of which the collective got 801.55: 81.62 %, fund and costs together 18.38 %.
    rule = replace(LOOSE, fund_base=FundBase.PRICE, fund_rates=(FundRate(Decimal("0.1")),))
    parts = split_income(deals(acquisition_cost=500_000.0, development_cost=322_500.0), rule)  # 98.2 + 82.25 万元
    got = Decimal(int(parts[SIDE].iloc[0].sum()))
    assert got == Decimal("801.55") * WAN
    assert round(got / (982 * WAN) * 100, 2) == Decimal("81.62")
    assert in_wan(parts, ["fund_fen", "cost_fen"]) == [Decimal("98.2"), Decimal("82.25")]


@unread
def test_what_deqing_collected(tmp_path: Path) -> None:
    # 6,389 万元 to the end of 2018, 18.52 % of turnover, at rates of 16 to 48 % of the price: as if of two rates.
    text = HEAD.replace("411081", "330521").replace("2024-01-01", "2016-01-01")
    rule = document(tmp_path, text + 'base = "德清"\ndirect_distribution = true\n')
    turnover = Fraction(6389) / Fraction("0.1852")
    upper = (6389 - Fraction("0.16") * turnover) / Fraction("0.04")  # at 20 %, the rest at 16 %
    prices = [round((turnover - upper) * WAN), round(upper * WAN)]
    assert min(prices) > 0
    table = deals(deal_price_fen=prices, zone=["其他区域", "乡镇规划区"], deal_on=pd.Timestamp(2018, 12, 31))
    parts = split_income(table, rule)
    assert parts["fund_rate"].tolist() == [0.16, 0.20]
    fund = int(parts["fund_fen"].sum())
    assert abs(fund - 6389 * WAN) <= 1
    assert round(Decimal(fund) / sum(prices) * 100, 2) == Decimal("18.52")
    held = income_rule("fund_rate_band:price", on=date(2018, 12, 31), county="330521", pilot=True)
    assert held is not None
    assert held.band[0] < Decimal(fund) / sum(prices) < held.band[1]
    assert "6,389 万元，占成交额 18.52%" in held.note


def test_the_national_aggregate_to_2018() -> None:
    # 257 亿元, of which 28.6 fund (11.1 %) and 178.1 to collectives (69.3 %); the rest are costs.
    yi = 10_000 * WAN
    rule = replace(LOOSE, fund_base=FundBase.PRICE, fund_rates=(FundRate(Decimal("0.111284")),))
    parts = split_income(deals(deal_price_fen=257 * yi, acquisition_cost=50.3e8, development_cost=0.0), rule)
    fund, side = int(parts["fund_fen"].iloc[0]), int(parts[SIDE].iloc[0].sum())
    six_decimals = 257 * yi / 2_000_000
    assert abs(fund - 28.6 * yi) <= six_decimals
    assert abs(side - 178.1 * yi) <= six_decimals
    assert [round(part / (257 * yi), 3) for part in (fund, side)] == [0.111, 0.693]


@pytest.mark.parametrize(("region", "net"), [("平远", 585), ("文山", 555)])
@unread
def test_two_definitions_of_the_collectives_income(tmp_path: Path, region: str, net: int) -> None:
    # Price 1,000, acquisition 200, development 50, reclamation 30, taxes 10, fees 5 万元; fund 20 % of 750 = 150.
    # 平远: 1000 − 150 − 15 − 200 − 50; 文山: less 30.
    text = f'base = "{region}"\nfund_base = "gain"\ngain_costs = ["取得", "开发"]\ndirect_distribution = true\n'
    rule = document(tmp_path, HEAD + text + RATE.format("0.2"))
    ledger = {"reclamation_cost": 300_000.0, "transaction_cost": 50_000.0, "tax_paid": 100_000.0}
    table = deals(deal_price_fen=1000 * WAN, deal_on=pd.Timestamp(2024, 6, 3), **ledger)
    parts = split_income(table, rule)
    assert in_wan(parts, ["fund_fen", "tax_fen", "members_fen"]) == [150, 15, net]
    assert in_wan(parts, ["cost_fen", "gain_fen", "loss_fen"]) == [835 - net, 750, 0]


def test_the_floor_of_yiwu_is_a_record() -> None:
    held = income_rule("quota_floor_price", on=date(2018, 6, 1), county="330782", pilot=True)
    assert held is not None
    assert (held.number, held.unit, held.verified) == (Decimal(400_000), "元/亩", False)
    assert "复垦费用由政府承担" in held.note


# Eight parties.

KINDS = st.sets(st.sampled_from(list(LAND_COSTS))).map(
    lambda kinds: tuple(kind for kind in LAND_COSTS if kind in kinds)
)
FEN = st.integers(0, 10**11)
Lot = tuple[int, tuple[int, int, int], str, str, int, bool]
LOT = st.tuples(AMOUNTS, st.tuples(FEN, FEN, FEN), LEVELS, PATHS, st.integers(0, 10**11), st.booleans())


@st.composite
def rules_on_costs(draw: st.DrawFn) -> SplitRule:
    """Any rule, with any of the costs left out of gain and net income."""
    return replace(draw(rules()), gain_costs=draw(KINDS), net_costs=draw(KINDS))


def costs_of(lot: Lot, kinds: tuple[str, ...]) -> int:
    return sum(cost for kind, cost in zip(LAND_COSTS, lot[1], strict=True) if kind in kinds)


def most_paid(lot: Lot, rule: SplitRule) -> int:
    """The most whole fen that taxes and fees paid may come to."""
    price = lot[0]
    base = max(0, price - costs_of(lot, rule.gain_costs)) if rule.fund_base is FundBase.GAIN else price
    return floor(price - Fraction(rule.fund_rates[0].rate) * base - Fraction(rule.tax_rate) * price)


def table_of(lots: list[Lot], paid: list[int], rule: SplitRule) -> pd.DataFrame:
    """The lots with a full ledger; taxes are paid by it only where the rule has no rate for them."""
    taxes = [0 if rule.tax_rate else one // 3 for one in paid]
    columns = {name: [lot[1][row] / 100 for lot in lots] for row, name in enumerate(LAND_COSTS.values())}
    return deals(
        deal_price_fen=[lot[0] for lot in lots],
        **columns,
        owner_level=[lot[2] for lot in lots],
        pathway=[lot[3] for lot in lots],
        transaction_cost=[(one - tax) / 100 for one, tax in zip(paid, taxes, strict=True)],
        tax_paid=[tax / 100 for tax in taxes],
    )


@settings(max_examples=examples(80), deadline=None)
@given(rules_on_costs(), st.lists(LOT, min_size=1, max_size=15), st.data())
def test_every_part_with_a_ledger_as_in_fractions(rule: SplitRule, lots: list[Lot], data: st.DataObject) -> None:
    most = [most_paid(lot, rule) for lot in lots]
    paid = [top if lot[5] else min(lot[4], top) for lot, top in zip(lots, most, strict=True)]
    table = table_of(lots, paid, rule)
    parts = split_income(table, rule)
    got = parts[list(PARTIES)].to_numpy(dtype=np.int64).tolist()
    rate = rule.fund_rates[0].rate
    expected = [
        exact_split(
            lot[0], costs_of(lot, rule.gain_costs), rate, rule, lot[2], lot[3], one, costs_of(lot, rule.net_costs)
        )
        for lot, one in zip(lots, paid, strict=True)
    ]
    assert got == expected
    assert [sum(row) for row in got] == [lot[0] for lot in lots]
    assert min(map(min, got)) >= 0
    assert parts["gain_fen"].tolist() == [max(0, lot[0] - costs_of(lot, rule.gain_costs)) for lot in lots]
    assert parts["loss_fen"].tolist() == [
        costs_of(lot, rule.net_costs) - row[2] for lot, row in zip(lots, got, strict=True)
    ]
    order = data.draw(st.permutations(list(table.index)))[: len(lots) // 2 + 1]
    pd.testing.assert_frame_equal(split_income(table.loc[order], rule), parts.loc[order])


@settings(max_examples=examples(80), deadline=None)
@given(rules_on_costs(), LOT)
def test_what_is_paid_beyond_the_price_is_refused_to_the_fen(rule: SplitRule, lot: Lot) -> None:
    most = most_paid(lot, rule)
    assert split_gaps(table_of([lot], [most], rule), rule).tolist() == [""]
    table = table_of([lot, lot], [most, most + 1], rule)
    gaps = split_gaps(table, rule)
    assert gaps.ne("").tolist() == [False, True]
    assert gaps.iloc[1] == f"成交价分 {lot[0]}：调节金、税费与交易费用超过成交价，核对成交价与费用台账"
    with pytest.raises(BadValueError, match=r"共 1 行：330521000001JB00001 = .*超过成交价"):
        split_income(table, rule)


def test_two_broken_fen_may_be_one_too_many() -> None:
    # 39 % of 9 fen twice are 7.02 fen: 2 fen more do not fit, though 7 and 2 would.
    rule = replace(LOOSE, fund_base=FundBase.PRICE, fund_rates=(FundRate(Decimal("0.39")),), tax_rate=Decimal("0.39"))
    table = deals(deal_price_fen=9, acquisition_cost=0.0, development_cost=0.0, transaction_cost=[0.01, 0.02])
    assert split_gaps(table, rule).ne("").tolist() == [False, True]
    parts = split_income(table.iloc[:1], rule)
    # quotas 3.51, 4.51, 0.294 and 0.686: the fen left over go to members and fund
    assert parts[list(PARTIES)].iloc[0].tolist() == [4, 4, 0, 0, 0, 0, 0, 1]


def test_taxes_are_paid_once() -> None:
    rule = replace(RULE, tax_rate=Decimal("0.0005"))
    table = deals(tax_paid=[0.0, 0.01, 100.0])
    assert split_gaps(table, rule).ne("").tolist() == [False, True, True]
    with pytest.raises(BadValueError, match=r"tax_paid（已缴税费）.*共 2 行.*tax_rate 应为 0，不重复计算"):
        split_income(table, rule)
    assert in_wan(split_income(table.iloc[:1], rule), ["tax_fen"]) == [Decimal("0.491")]
    assert in_wan(split_income(table.iloc[2:], RULE), ["tax_fen"]) == [Decimal("0.01")]


def test_a_gain_that_leaves_costs_out_beside_a_loss() -> None:
    # Price 100, acquisition 60, reclamation 30, development 80; gain 40, fund 20, so 80 of 170 are covered.
    rule = replace(RULE, fund_rates=(FundRate(Decimal("0.5")),), gain_costs=("取得",))
    costs = {"acquisition_cost": 60e4, "reclamation_cost": 30e4, "development_cost": 80e4}
    parts = split_income(deals(deal_price_fen=100 * WAN, **costs), rule)
    assert in_wan(parts, ["gain_fen", "fund_fen", "cost_fen", "loss_fen"]) == [40, 20, 80, 90]
    assert parts[SIDE].iloc[0].tolist() == [0] * 5
    bare = split_income(deals(deal_price_fen=100 * WAN, **costs), replace(rule, net_costs=()))
    assert in_wan(bare, ["fund_fen", "cost_fen", "loss_fen", "village_fen", "members_fen"]) == [20, 0, 0, 24, 56]
    none = split_income(deals(deal_price_fen=100 * WAN, **costs), replace(rule, gain_costs=tuple(LAND_COSTS)))
    assert in_wan(none, ["gain_fen", "fund_fen", "cost_fen", "loss_fen"]) == [0, 0, 100, 70]


@pytest.mark.parametrize(
    ("rates", "level", "pathway", "first"),
    [
        (("0.5", "0.5", "0", "0", "0", "0"), "村", "就地", "fund_fen"),
        (("0", "0.5", "0", "0", "0", "0.5"), "村", "就地", "tax_fen"),
        (("0", "0", "0.25", "0", "0.25", "0.25"), "组", "就地", "township_fen"),
        (("0", "0", "0", "0.5", "0", "0.5"), "组", "调整", "reclaimed_fen"),
        (("0", "0", "0", "0", "0.25", "0.25"), "组", "就地", "members_fen"),
        (("0", "0", "0", "0", "0.4", "0.2"), "组", "就地", "village_fen"),
        (("0", "0", "0", "0", "0", "0.5"), "组", "就地", "group_fen"),
    ],
)
def test_a_fen_goes_to_the_party_named_first(rates: tuple[str, ...], level: str, pathway: str, first: str) -> None:
    fund, tax, township, reclaimed, village, kept = map(Decimal, rates)
    rule = replace(
        LOOSE,
        fund_base=FundBase.PRICE,
        fund_rates=(FundRate(fund),),
        tax_rate=tax,
        township_share=township,
        township_document="虚构〔2016〕2号",
        village_share=village,
        village_document="虚构〔2016〕3号",
        reclaimed_share=reclaimed,
        retention_rate=kept,
    )
    table = deals(deal_price_fen=1, acquisition_cost=0.0, development_cost=0.0, owner_level=level, pathway=pathway)
    parts = split_income(table, rule).iloc[0]
    assert parts[first] == 1
    assert parts[list(PARTIES)].sum() == 1


@pytest.mark.parametrize("pathway", [None, "", "调整入市"])
def test_a_pathway_that_decides_a_share_must_be_known(pathway: str | None) -> None:
    rule = replace(RULE, reclaimed_share=Decimal("0.4"))
    table = deals(pathway=["调整", pathway])
    assert split_gaps(table, rule).ne("").tolist() == [False, True]
    with pytest.raises(BadValueError, match=r"pathway（入市途径）.*330521000001JB00001.*就地、调整、整治 之一"):
        split_income(table, rule)
    assert split_gaps(table, RULE).eq("").all()


def test_a_missing_cost_is_no_reason_to_doubt_the_price() -> None:
    # Without the acquisition cost the fund would be 20 % of 932 and the 800 paid too much; it is unknown.
    table = deals(acquisition_cost=np.nan, transaction_cost=8_000_000.0)
    assert split_gaps(table, RULE).iloc[0].split("：")[0] == "取得成本 缺"
    assert "超过成交价" not in split_gaps(table, RULE).iloc[0]


LEDGER = ("acquisition_cost", "development_cost", "reclamation_cost", "transaction_cost", "tax_paid")
DAMAGE: list[Cell] = [
    *((name, value) for name in LEDGER for value in (*MONEY, 9_820_000.0, 9_819_999.99)),
    *(("deal_price_fen", value) for value in (0, 1, -5, 10**12, 10**17, None)),
    *(("member_count", value) for value in (0, -1, 1, None)),
    *(("owner_level", value) for value in (None, "", "县", "组")),
    *(("pathway", value) for value in (None, "", "调整", "调整入市")),
    *(("price_use", value) for value in (None, "", "商服", "农业")),
    *(("deal_on", value) for value in (pd.NaT, *map(pd.Timestamp, ("2014-12-31", "2019-06-01", "2021-09-01")))),
]


@settings(max_examples=examples(40), deadline=None)
@given(
    rules_on_costs(),
    st.sampled_from([(), (FundRate(Decimal("0.1"), price_use="商服"), FundRate(Decimal("0.1"), price_use="工业"))]),
    st.booleans(),
    cells_of(st.sampled_from(DAMAGE), 6),
)
def test_what_is_refused_is_what_has_a_gap(
    rule: SplitRule, rates: tuple[FundRate, ...], known: bool, cells: list[tuple[int, Cell]]
) -> None:
    lots: list[Lot] = [(982 * WAN, (10**8, 10**7, 10**6), "村", "就地", 0, False)] * 6
    table = damaged(table_of(lots, [0] * 6, rule).astype({"member_count": "Int64"}), cells)
    rule = replace(rule, fund_rates=rates or rule.fund_rates)
    in_band = replace(RULE, fund_base=rule.fund_base, net_costs=rule.net_costs, gain_costs=rule.gain_costs)
    check_split(table, in_band if known else rule)


def test_outside_its_days_no_document_helps() -> None:
    rule = replace(LOOSE, effective_to=date(2016, 5, 31))
    with pytest.raises(NoRuleInForceError, match="2016-06-01 未生效（2015-01-01—2016-05-31），换用当日有效的办法"):
        split_income(deals(), rule)


# The largest remainder.

QUARTER = TRILLION // 4
RESTS = st.one_of(
    st.sampled_from([0, QUARTER, 2 * QUARTER, 3 * QUARTER, 1, TRILLION - 1]), st.integers(0, TRILLION - 1)
)


def by_sorting(quotas: list[Fraction]) -> list[int]:
    whole = [floor(quota) for quota in quotas]
    order = sorted(range(len(quotas)), key=lambda party: (whole[party] - quotas[party], party))
    for party in order[: int(sum(quotas)) - sum(whole)]:
        whole[party] += 1
    return whole


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**14), RESTS), min_size=1, max_size=300), st.integers(1, 3))
def test_the_largest_remainder_as_by_sorting(parties: list[tuple[int, int]], columns: int) -> None:
    whole, rest = map(list, zip(*parties, strict=True))
    rest[-1] = -sum(rest[:-1]) % TRILLION
    turned = [(whole[turn:] + whole[:turn], rest[turn:] + rest[:turn]) for turn in range(columns)]
    got = largest_remainder(*(np.array(each, dtype=np.int64).T for each in zip(*turned, strict=True)))
    for column, (fen, left) in enumerate(turned):
        quotas = [a + Fraction(b, TRILLION) for a, b in zip(fen, left, strict=True)]
        assert got[:, column].tolist() == by_sorting(quotas)


@pytest.mark.parametrize("half", [1, 64, 65, 66, 130, 200])
def test_many_equal_remainders(half: int) -> None:
    rest = np.full((2 * half, 1), TRILLION // 2, dtype=np.int64)
    assert largest_remainder(np.zeros_like(rest), rest)[:, 0].tolist() == [1] * half + [0] * half
