"""The split of income against exact fractions, published cases, and the law's gaps."""

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

from landmarket.columns import schema
from landmarket.distribution import (
    PARTIES,
    FundBase,
    FundRate,
    SplitRule,
    distribute_to_members,
    read_split_rule,
    split_income,
)
from landmarket.errors import (
    BadValueError,
    MissingColumnError,
    NoRuleInForceError,
    RuleError,
    UnverifiedRuleWarning,
)
from landmarket.exact import apportion, largest_remainder, millionths, times_rate
from tests.helpers import assert_same_index
from tests.hunting import examples

WAN = 1_000_000  # 1 万元 in fen
IN_PILOT = date(2016, 6, 1)  # a day on which the national rule was in force and its text is known
RULE = SplitRule(
    name="测试用分配办法",
    source="虚构",
    county="110115",
    pilot=True,
    effective_from=date(2015, 1, 1),
    verified=True,
    fund_base=FundBase.GAIN,
    fund_rates=(FundRate(Decimal("0.2")),),
    tax_rate=Decimal(0),
    retention_rate=Decimal("0.3"),
    direct_distribution=True,
)
LOOSE = replace(RULE, override_document="虚构〔2016〕1号")


def deals(**columns: object) -> pd.DataFrame:
    """One deal of 982 万元 unless told otherwise, or as many as a column has values."""
    usual: dict[str, object] = {
        "deal_price_fen": 982 * WAN,
        "deal_on": pd.Timestamp(IN_PILOT),
        "acquisition_cost": 2_000_000.0,
        "development_cost": 500_000.0,
        "price_use": "工业",
        "zone": "乡镇规划区",
        "pathway": "就地",
        "mode": "挂牌",
        "owner_level": "村",
        "member_count": 1000,
    }
    rows = max([len(value) for value in columns.values() if isinstance(value, list)], default=1)
    index = pd.Index([f"330521{number:06d}JB00001" for number in range(rows)], name="parcel_code")
    table = pd.DataFrame(usual | columns, index=index)
    return table.astype({"deal_price_fen": "Int64"})


def exact_split(
    price: int,
    cost: int,
    rate: Decimal,
    rule: SplitRule,
    level: str,
    pathway: str = "就地",
    paid: int = 0,
    net_cost: int | None = None,
) -> list[int]:
    """One deal in fractions: quotas by the book, floors, then single fen by the largest remainder.

    The net income leaves out the costs that the gain leaves out, unless told otherwise.
    """
    f, t, kept, share, village, other = map(
        Fraction,
        (rate, rule.tax_rate, rule.retention_rate, rule.township_share, rule.village_share, rule.reclaimed_share),
    )
    gain = max(0, price - cost)
    fund = f * (gain if rule.fund_base is FundBase.GAIN else price)
    tax = t * price + paid
    covered = min(Fraction(cost if net_cost is None else net_cost), price - fund - tax)
    net = price - fund - tax - covered
    reclaimed = other * net if pathway == "调整" else Fraction(0)
    net -= reclaimed
    passed = {"乡镇": [Fraction(0)] * 2, "村": [share, Fraction(0)], "组": [share, village]}[level]
    kept = kept if rule.direct_distribution else Fraction(1) - sum(passed)
    members = (1 - sum(passed) - kept) * net
    own = [kept * net if level == each else Fraction(0) for each in ("乡镇", "村", "组")]
    collectives = [own[0] + passed[0] * net, reclaimed, own[1] + passed[1] * net, own[2]]
    parts = [fund, tax, covered, *collectives, members]
    whole = [floor(part) for part in parts]
    order = sorted(range(len(parts)), key=lambda party: (whole[party] - parts[party], party))
    for party in order[: price - sum(whole)]:
        whole[party] += 1
    return whole


# Published cases and the law.


@pytest.mark.parametrize(("rate", "fund"), [("0.2", 146.4), ("0.5", 366.0)])
def test_fund_on_the_gain(rate: str, fund: float) -> None:
    # 财税〔2016〕41号: price 982, costs 200 + 50 万元.
    parts = split_income(deals(), replace(RULE, fund_rates=(FundRate(Decimal(rate)),))).iloc[0]
    assert parts["gain_fen"] == 732 * WAN
    assert parts["fund_fen"] == round(fund * WAN)
    assert parts["cost_fen"] == 250 * WAN
    assert parts["village_fen"] == round((732 - fund) * WAN * 0.3)


def test_the_base_makes_the_difference() -> None:
    parts = split_income(deals(), replace(RULE, fund_base=FundBase.PRICE)).iloc[0]
    assert parts["fund_fen"] == round(196.4 * WAN)
    assert parts["gain_fen"] == 732 * WAN


@pytest.mark.parametrize("cost", [982.0, 983.0, 5000.0])
def test_no_gain_no_fund(cost: float) -> None:
    parts = split_income(deals(acquisition_cost=cost * 1e4, development_cost=0.0), RULE).iloc[0]
    assert parts["fund_fen"] == parts["gain_fen"] == 0
    assert parts["cost_fen"] == 982 * WAN
    assert parts["loss_fen"] == round((cost - 982) * WAN)
    assert (parts[["township_fen", "reclaimed_fen", "village_fen", "group_fen", "members_fen"]] == 0).all()


def test_the_gain_of_adjusted_entry_between_two_villages() -> None:
    assert apportion(100, [40, 60]) == [40, 60]  # 海城
    assert apportion(100, [30, 70]) == [30, 70]  # 平罗


def test_yining_amount_by_the_shares_of_zhanqi() -> None:
    # 801.55 万元 by 23.19 : 53.62 : 23.19.
    shares = pd.Series([23.19, 53.62, 23.19], index=["政府", "集体", "成员"])
    parts = distribute_to_members(round(801.55 * WAN), shares)
    assert parts.tolist() == [185_879_445, 429_791_110, 185_879_445]
    assert_same_index(parts, shares)


def test_income_that_must_not_be_paid_out_stays_with_the_collective() -> None:
    # 浙江省农村集体资产管理条例 art. 27.
    parts = split_income(deals(owner_level=["村", "组", "乡镇"]), replace(RULE, direct_distribution=False))
    assert parts["members_fen"].eq(0).all()
    assert parts["village_fen"].tolist() == [round(585.6 * WAN), 0, 0]
    assert parts["group_fen"].tolist() == [0, round(585.6 * WAN), 0]
    assert parts["township_fen"].tolist() == [0, 0, round(585.6 * WAN)]


def test_a_township_takes_part_as_owner_only() -> None:
    parts = split_income(deals(owner_level=["村", "组", "乡镇"]), RULE)
    assert parts["township_fen"].gt(0).tolist() == [False, False, True]
    assert parts["village_fen"].gt(0).tolist() == [True, False, False]
    assert parts["group_fen"].gt(0).tolist() == [False, True, False]
    assert parts["members_fen"].nunique() == 1


def test_a_township_share_needs_its_document() -> None:
    with pytest.raises(RuleError, match="township_document"):
        replace(RULE, township_share=Decimal("0.1"))
    cited = replace(RULE, township_share=Decimal("0.1"), township_document="虚构〔2016〕2号")
    parts = split_income(deals(owner_level=["村", "乡镇"]), cited)
    assert parts["township_fen"].tolist() == [round(58.56 * WAN), round(585.6 * 0.3 * WAN)]
    assert parts["members_fen"].tolist() == [round(585.6 * 0.6 * WAN), round(585.6 * 0.7 * WAN)]


# Which rule.


@pytest.mark.parametrize(("day", "pilot"), [(date(2021, 6, 1), True), (date(2019, 1, 1), True), (IN_PILOT, False)])
def test_no_national_rule_stops_the_split(day: date, pilot: bool) -> None:
    rule = replace(RULE, pilot=pilot)
    with pytest.raises(NoRuleInForceError, match=rf"{day}.*没有生效的国家调节金规定"):
        split_income(deals(deal_on=pd.Timestamp(day)), rule)
    allowed = split_income(deals(deal_on=pd.Timestamp(day)), replace(rule, override_document="建安政〔2020〕12号"))
    assert allowed["fund_fen"].iloc[0] == round(146.4 * WAN)


@pytest.mark.parametrize("rate", ["0.199999", "0.500001", "0"])
def test_a_rate_outside_the_band_needs_a_document(rate: str) -> None:
    rule = replace(RULE, fund_rates=(FundRate(Decimal(rate)),))
    with pytest.raises(RuleError, match=r"不在 0\.20—0\.50 之内.*override_document"):
        split_income(deals(), rule)
    assert split_income(deals(), replace(rule, override_document="虚构〔2016〕3号"))["fund_rate"].iloc[0] == float(rate)


def test_the_rule_of_today_warns_that_nobody_has_read_it() -> None:
    with pytest.warns(UnverifiedRuleWarning, match="财税〔2023〕52号"):
        split_income(deals(deal_on=pd.Timestamp(2026, 4, 7)), RULE)


def test_an_unchecked_local_rule_warns() -> None:
    with pytest.warns(UnverifiedRuleWarning, match="测试用分配办法"):
        split_income(deals(), replace(RULE, verified=False))


@pytest.mark.parametrize("day", [date(2014, 12, 31), date(2016, 6, 2)])
def test_a_local_rule_holds_on_its_days_only(day: date) -> None:
    with pytest.raises(NoRuleInForceError, match=f"{day}.*未生效"):
        split_income(deals(deal_on=pd.Timestamp(day)), replace(RULE, effective_to=IN_PILOT))


RATES = (
    FundRate(Decimal("0.20")),
    FundRate(Decimal("0.24"), price_use="工业"),
    FundRate(Decimal("0.30"), price_use="商服"),
    FundRate(Decimal("0.48"), price_use="商服", zone="县城规划区"),
    FundRate(Decimal("0.40"), price_use="商服", zone="县城规划区", mode="挂牌"),
    FundRate(Decimal("0.22"), price_use="工业", pathway="调整"),
)


@pytest.mark.parametrize(
    ("use", "zone", "pathway", "mode", "rate"),
    [
        ("公共", "县城规划区", "就地", "挂牌", 0.20),
        ("工业", "县城规划区", "就地", "挂牌", 0.24),
        ("工业", "县城规划区", "调整", "挂牌", 0.22),
        ("商服", "乡镇规划区", "就地", "挂牌", 0.30),
        ("商服", "县城规划区", "就地", "拍卖", 0.48),
        ("商服", "县城规划区", "就地", "挂牌", 0.40),
    ],
)
def test_the_most_specific_rate_applies(use: str, zone: str, pathway: str, mode: str, rate: float) -> None:
    table = deals(price_use=use, zone=zone, pathway=pathway, mode=mode)
    assert split_income(table, replace(RULE, fund_rates=RATES))["fund_rate"].iloc[0] == rate


def test_each_parcel_has_its_own_rate() -> None:
    uses = ["商服", "工业", "公共", "商服", "工业"]
    parts = split_income(deals(price_use=uses), replace(RULE, fund_rates=RATES))
    assert parts["fund_rate"].tolist() == [0.30, 0.24, 0.20, 0.30, 0.24]


def test_no_rate_is_refused_with_the_combination() -> None:
    rule = replace(RULE, fund_rates=RATES[1:4])
    with pytest.raises(
        RuleError, match=r"price_use（地价用途） = 公共、zone（区位） = 乡镇规划区.*没有适用"
    ) as refused:
        split_income(deals(price_use=["工业", "公共"]), rule)
    assert "330521000001JB00001" in str(refused.value)
    assert "330521000000JB00001" not in str(refused.value)


def test_two_equally_specific_rates_are_refused() -> None:
    rule = replace(RULE, fund_rates=(*RATES, FundRate(Decimal("0.21"), price_use="工业", mode="挂牌")))
    assert split_income(deals(), rule)["fund_rate"].iloc[0] == 0.21
    with pytest.raises(RuleError, match="2 条同样具体"):
        split_income(deals(pathway="调整"), rule)


def test_a_missing_fact_that_decides_the_rate_is_refused() -> None:
    rule = replace(RULE, fund_rates=RATES[:4])
    with pytest.raises(RuleError, match=r"zone（区位） = 缺.*决定调节金比例"):
        split_income(deals(price_use="商服", zone=None), rule)
    assert split_income(deals(price_use="工业", zone=None), rule)["fund_rate"].iloc[0] == 0.24


def test_aspects_the_rule_does_not_use_need_not_be_there() -> None:
    bare = deals().drop(columns=["zone", "pathway", "mode", "price_use"])
    assert split_income(bare, RULE)["fund_rate"].iloc[0] == 0.2
    with pytest.raises(MissingColumnError, match="price_use"):
        split_income(bare, replace(RULE, fund_rates=RATES[:2]))


# Facts.


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("acquisition_cost", np.nan),
        ("development_cost", np.nan),
        ("acquisition_cost", -1.0),
        ("owner_level", None),
        ("owner_level", "县"),
        ("deal_on", pd.NaT),
        ("member_count", 0),
    ],
)
def test_a_fact_that_cannot_be_used_is_named(column: str, value: object) -> None:
    table = deals(**{column: [deals()[column].iloc[0], value]})
    with pytest.raises(BadValueError, match=rf"{column}.*330521000001JB00001"):
        split_income(table, RULE)


def test_unknown_members_leave_the_part_per_head_open() -> None:
    parts = split_income(deals(member_count=[1000, None]), RULE)
    assert parts["members_fen"].notna().all()
    assert parts["per_member_fen"].isna().tolist() == [False, True]
    assert parts["per_member_fen"].iloc[0] == parts["members_fen"].iloc[0] // 1000


def test_where_there_was_no_deal_every_part_is_missing() -> None:
    table = deals(
        deal_price_fen=[None, 982 * WAN, None], acquisition_cost=[np.nan, 0.0, 1.0], owner_level=[None, "组", "村"]
    )
    table.loc[table["deal_price_fen"].isna(), "deal_on"] = pd.NaT
    parts = split_income(table, RULE)
    assert_same_index(parts, table)
    assert parts.notna().all(axis=1).tolist() == [False, True, False]
    assert parts.isna().all(axis=1).tolist() == [True, False, True]


@pytest.mark.parametrize("rows", [0, 2])
def test_no_deals_at_all(rows: int) -> None:
    table = deals(deal_price_fen=[None, None]).iloc[:rows]
    parts = split_income(table, RULE)
    assert_same_index(parts, table)
    assert parts.dtypes.equals(split_income(deals(), RULE).dtypes)
    assert parts.isna().all(axis=None)


def test_result_columns_are_those_of_the_schema() -> None:
    assert set(split_income(deals(), RULE).columns) <= set(schema())


def test_the_input_is_left_as_it_was() -> None:
    table = deals(price_use=["工业", "商服"])
    before = table.copy(deep=True)
    split_income(table, RULE)
    pd.testing.assert_frame_equal(table, before)


# To the fen.

RATE = st.integers(0, 10**6).map(lambda n: Decimal(n).scaleb(-6))
LEVELS = st.sampled_from(["乡镇", "村", "组"])
AMOUNTS = st.one_of(st.integers(0, 1000), st.integers(0, 10**13))


@st.composite
def rules(draw: st.DrawFn) -> SplitRule:
    """Any rule whose rates leave something: three decimals where shares of shares are taken, else six."""
    tax, other = draw(st.integers(0, 10**5)), draw(st.sampled_from([Decimal(0), Decimal("0.4"), Decimal("0.317")]))
    places = 3 if other else 6
    most = 10**places
    share, village = draw(st.integers(0, most)), draw(st.integers(0, most))
    share, village = min(share, most - village // 2), village // 2
    return replace(
        LOOSE,
        fund_base=draw(st.sampled_from(list(FundBase))),
        fund_rates=(FundRate(Decimal(draw(st.integers(0, 10**6 - tax))).scaleb(-6)),),
        tax_rate=Decimal(tax).scaleb(-6),
        reclaimed_share=other,
        township_share=Decimal(share).scaleb(-places),
        township_document="虚构〔2016〕2号",
        village_share=Decimal(village).scaleb(-places),
        village_document="虚构〔2016〕3号",
        retention_rate=Decimal(draw(st.integers(0, most - share - village))).scaleb(-places),
        direct_distribution=draw(st.booleans()),
    )


PATHS = st.sampled_from(["就地", "调整", "整治"])


@settings(max_examples=examples(60), deadline=None)
@given(rules(), st.lists(st.tuples(AMOUNTS, st.integers(0, 10**11), LEVELS, PATHS), min_size=1, max_size=40))
def test_every_part_as_in_fractions(rule: SplitRule, lots: list[tuple[int, int, str, str]]) -> None:
    prices, costs, levels, paths = map(list, zip(*lots, strict=True))
    table = deals(
        deal_price_fen=prices,
        acquisition_cost=[c / 100 for c in costs],
        development_cost=0.0,
        owner_level=levels,
        pathway=paths,
    )
    parts = split_income(table, rule)
    rate = rule.fund_rates[0].rate
    got = parts[list(PARTIES)].to_numpy(dtype=np.int64).tolist()
    assert got == [exact_split(price, cost, rate, rule, level, path) for price, cost, level, path in lots]
    assert [sum(row) for row in got] == prices
    assert min(map(min, got)) >= 0
    assert parts["loss_fen"].tolist() == [cost - row[2] for cost, row in zip(costs, got, strict=True)]
    assert parts["gain_fen"].tolist() == [max(0, price - cost) for price, cost, _, _ in lots]


@settings(max_examples=examples(15), deadline=None)
@given(rules(), st.permutations(range(6)))
def test_order_and_company_do_not_matter(rule: SplitRule, order: list[int]) -> None:
    table = deals(
        deal_price_fen=[1, 99, 10**6 + 7, 10**9 + 1, 3 * 10**12 + 11, None],
        owner_level=["村", "组", "乡镇", "村", "组", "村"],
        acquisition_cost=[0.0, 0.5, 100.01, 1e6, 7.77, 0.0],
        development_cost=0.0,
    )
    parts = split_income(table, rule)
    some = split_income(table.iloc[order[:4]], rule)
    pd.testing.assert_frame_equal(some, parts.loc[some.index])


def test_thousands_of_deals_as_in_fractions() -> None:
    rng = np.random.default_rng(8)
    count = 3000
    prices = np.floor(10 ** rng.uniform(0, 13.9, count)).astype(np.int64).tolist()
    costs = np.floor(np.array(prices) * rng.uniform(0, 1.2, count)).astype(np.int64) // 10**4 * 100
    levels = rng.choice(["乡镇", "村", "组"], count).tolist()
    rule = replace(
        RULE,
        fund_rates=(FundRate(Decimal("0.333333")),),
        tax_rate=Decimal("0.000507"),
        township_share=Decimal("0.123457"),
        township_document="虚构〔2016〕2号",
        retention_rate=Decimal("0.234567"),
    )
    table = deals(
        deal_price_fen=prices, acquisition_cost=(costs / 100).tolist(), development_cost=0.0, owner_level=levels
    )
    got = split_income(table, rule)[list(PARTIES)].to_numpy(dtype=np.int64).tolist()
    lots = zip(prices, costs.tolist(), levels, strict=True)
    assert got == [exact_split(price, cost, Decimal("0.333333"), rule, level) for price, cost, level in lots]


@given(st.lists(st.integers(0, 9 * 10**12), min_size=1, max_size=5), RATE)
def test_an_amount_times_a_rate_is_exact(amounts: list[int], rate: Decimal) -> None:
    whole, rest = times_rate(np.array(amounts), np.full(len(amounts), millionths(rate, "比例")))
    assert [Fraction(int(w)) + Fraction(int(r), 10**6) for w, r in zip(whole, rest, strict=True)] == [
        amount * Fraction(rate) for amount in amounts
    ]


def test_beyond_64_bits_is_refused() -> None:
    fine, large, double = 100, 9 * 10**18, 2_000_000
    with pytest.raises(BadValueError, match=r"共 1 行：2 = 9000000000000000000。办法"):
        times_rate(np.array([fine, large]), np.array([double, double]))
    with pytest.raises(BadValueError, match=r"共 1 行：甲 = 1。办法"):
        times_rate(np.array([1]), np.array([10**13]), ["甲"])
    whole, _ = times_rate(np.array([fine, large]), np.array([9 * 10**12, 10**6]))  # each row by itself
    assert whole.tolist() == [900_000_000, large]


def test_remainders_that_are_no_whole_fen_are_refused() -> None:
    with pytest.raises(ArithmeticError, match="不是整分"):
        largest_remainder(np.array([[1], [1]]), np.array([[1], [1]]))


def test_ties_go_to_the_party_named_first() -> None:
    half = 5 * 10**11
    assert largest_remainder(np.array([[0], [0], [0]]), np.array([[0], [half], [half]])).tolist() == [[0], [1], [0]]


# Members.


@given(AMOUNTS, st.lists(st.integers(0, 10**6), min_size=1, max_size=30).filter(any))
def test_members_get_their_quota_to_the_fen(amount: int, shares: list[int]) -> None:
    parts = distribute_to_members(amount, pd.Series(shares) / 4)
    total = sum(shares)
    assert sum(parts) == amount
    assert all(abs(part - Fraction(amount * share, total)) < 1 for part, share in zip(parts, shares, strict=True))
    assert all(part == 0 for part, share in zip(parts, shares, strict=True) if share == 0)


def test_shares_are_taken_as_they_print() -> None:
    assert distribute_to_members(30, pd.Series([0.1, 0.2])).tolist() == [10, 20]
    assert distribute_to_members(1, pd.Series([Decimal("1e2"), Decimal("1e2")])).tolist() == [1, 0]


@pytest.mark.parametrize("shares", [[1.0, -1.0], [1.0, np.nan], [0.0, 0.0], []])
def test_shares_that_cannot_be_used_are_refused(shares: list[float]) -> None:
    with pytest.raises(BadValueError):
        distribute_to_members(100, pd.Series(shares, dtype="float64"))


def test_the_numbers_of_a_table_do_not_overflow() -> None:
    """A third and two thirds of 1,086,384.75 元, to ten places: 108638475 × 333333333333 is beyond 64 bits."""
    shares = pd.Series([33.3333333333, 66.6666666667])
    assert distribute_to_members(np.int64(108_638_475), shares).tolist() == [36_212_825, 72_425_650]
    assert apportion(np.int64(10**18), list(np.array([1, 2]) * 10**12)) == [333333333333333333, 666666666666666667]


@pytest.mark.parametrize("amount", [100.5, float("nan"), "100", None, Decimal(100), 10**30, 2**63, -1])
def test_what_is_no_amount_is_refused(amount: object) -> None:
    with pytest.raises(BadValueError, match=r"金额 .* 分不能分配。办法：.*整数"):
        distribute_to_members(amount, pd.Series([1]))  # type: ignore[arg-type]


@pytest.mark.parametrize("share", [None, pd.NA, "x", Decimal("Infinity")])
def test_what_is_no_share_is_refused(share: object) -> None:
    with pytest.raises(BadValueError, match="份额不能用"):
        distribute_to_members(100, pd.Series([1, share], dtype="object"))


def test_a_negative_amount_is_refused() -> None:
    with pytest.raises(BadValueError, match="-1"):
        distribute_to_members(-1, pd.Series([1]))


# The document.

DOCUMENT = """
name = "示例办法"
source = "示例，虚构"
county = "411081"
pilot = true
effective_from = 2024-01-01
verified = false
fund_base = "gain"
tax_rate = 0.0005
retention_rate = 0.30
direct_distribution = true

[[fund_rate]]
price_use = "工业"
zone = "县城规划区"
rate = 0.24

[[fund_rate]]
rate = 0.2
"""


def document(folder: Path, text: str) -> SplitRule:
    """A rule read from a file with this text."""
    path = folder / "split.toml"
    path.write_text(text, encoding="utf-8")
    return read_split_rule(path)


def test_the_document_is_read_exactly(tmp_path: Path) -> None:
    rule = document(tmp_path, DOCUMENT)
    assert rule.fund_base is FundBase.GAIN
    assert rule.fund_rates == (
        FundRate(Decimal("0.24"), price_use="工业", zone="县城规划区"),
        FundRate(Decimal("0.2")),
    )
    assert (rule.tax_rate, rule.township_share, rule.effective_to) == (Decimal("0.0005"), Decimal(0), None)


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('fund_base = "gain"\n', "", "缺少 fund_base"),
        ('"gain"', '"income"', "gain、price 之一"),
        ("rate = 0.24", 'rate = 0.24\nuse = "x"', r"第 1 条 \[\[fund_rate\]\].*不认识的键 use"),
        ("rate = 0.24", "rate = 24", "之和超过 1"),
        ("rate = 0.24", "rate = -0.24", "不小于 0"),
        ("rate = 0.24", "rate = 0.2400001", "至多六位小数"),
        ("tax_rate = 0.0005", "tax_rate = 0.8", "之和超过 1"),
        ("retention_rate = 0.30", 'retention_rate = 0.9\ntownship_share = 0.2\ntownship_document = "x"', "之和超过 1"),
        ("direct_distribution = true", 'direct_distribution = "是"', "true 或 false"),
        ("pilot = true", "", "缺少 pilot"),
    ],
)
def test_a_faulty_document_is_refused(tmp_path: Path, before: str, after: str, fault: str) -> None:
    assert before in DOCUMENT
    with pytest.raises(RuleError, match=fault):
        document(tmp_path, DOCUMENT.replace(before, after))


def test_a_document_without_rates_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"没有 \[\[fund_rate\]\] 记录"):
        document(tmp_path, DOCUMENT.split("[[", 1)[0])
