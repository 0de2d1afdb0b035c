"""The income plan: its keys, what it refuses, what its reforms do, and that the sample's files are really readable."""

from __future__ import annotations

import csv
import re
from dataclasses import fields
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from landmarket.county import read_county, sample_county
from landmarket.distribution import FundBase, FundRate, SplitRule, read_split_rule, regions, split_income
from landmarket.distribution.accounts import account_deposits, read_fund_uses, retained_account
from landmarket.distribution.cost_ledger import later_entries, ledger_costs, read_cost_ledger
from landmarket.distribution.income_plan import (
    IncomePlan,
    NoticePeriod,
    ReformPlan,
    planned_reform,
    read_income_plan,
)
from landmarket.distribution.member_payments import unrostered
from landmarket.distribution.members import MemberBasis
from landmarket.distribution.payment_plan import Instalment, PaymentOrder, RentTiming, read_payment_plan
from landmarket.distribution.reform import same_fund_total
from landmarket.distribution.roster import members_on, read_roster
from landmarket.distribution.township_incomes import read_township_incomes
from landmarket.errors import BadValueError, ReadError, RuleError
from landmarket.products import Work

SHIPPED = sample_county()
DOCS = Path(__file__).parent.parent / "docs" / "files"
FILES = ("payment.toml", "ledger.xlsx", "roster.xlsx", "uses.xlsx", "places.csv")
SHORT = """name = "方案"
source = "某农〔2026〕5号"
verified = true
settled_on = 2026-12-31
payment_plan = "payment.toml"
payment_order = "调节金与税费优先"
rent_timing = "期末"
discount_rate = 0
deed_tax_rate = 0.03
"""
NOTICE = """
[public_notice]
days = 7
source = "某县办法"
objections = { "受理单位" = "农业农村局", "电话" = "0" }
"""
WHOLE = (
    SHORT
    + """cost_ledger = "ledger.xlsx"
roster = "roster.xlsx"
member_basis = "按户"
fund_uses = "uses.xlsx"
risk_reserve_share = 0.1
risk_reserve_document = "某政〔2024〕2号"
places = "places.csv"
urban_income = 38600.5
"""
    + NOTICE
    + """
[[reform]]
name = "三成"
fund_rate = 0.3
fund_base = "price"
override_document = "某政〔2026〕1号"

[[reform]]
name = "减半"
rate_factor = 0.5

[[reform]]
name = "同额"
same_total_base = "price"
"""
)


def plan_of(folder: Path, text: str) -> IncomePlan:
    for name in FILES:
        (folder / name).touch()
    path = folder / "income.toml"
    path.write_text(text, encoding="utf-8")
    return read_income_plan(path)


def rule_of(base: FundBase = FundBase.GAIN, **figures: object) -> SplitRule:
    stated = {
        "name": "县办法",
        "source": "某政〔2024〕2号",
        "county": "411081",
        "pilot": True,
        "effective_from": date(2015, 1, 1),
        "verified": True,
        "fund_base": base,
        "fund_rates": (FundRate(Decimal("0.40")), FundRate(Decimal("0.20"), price_use="工业")),
        "tax_rate": Decimal(0),
        "retention_rate": Decimal("0.3"),
        "direct_distribution": True,
        "override_document": "某政〔2024〕2号",
    }
    return SplitRule(**{**stated, **figures})  # type: ignore[arg-type]


def deals_of(prices: list[int], costs: list[float]) -> pd.DataFrame:
    index = pd.Index([f"411081001001JB{number:05d}" for number in range(1, len(prices) + 1)], name="parcel_code")
    table = pd.DataFrame({"deal_price_fen": prices, "acquisition_cost": costs, "price_use": "工业"}, index=index)
    when = pd.Timestamp("2026-04-07")
    return table.assign(deal_on=when, development_cost=0.0, owner_level="村", member_count=10)


# --- reading


def test_every_key_is_read(tmp_path: Path) -> None:
    assert plan_of(tmp_path, WHOLE) == IncomePlan(
        name="方案",
        source="某农〔2026〕5号",
        verified=True,
        settled_on=date(2026, 12, 31),
        payment_plan=tmp_path / "payment.toml",
        payment_order=PaymentOrder.FUND_FIRST,
        rent_timing=RentTiming.ARREARS,
        discount_rate=Decimal(0),
        deed_tax_rate=Decimal("0.03"),
        public_notice=NoticePeriod(7, "某县办法", (("受理单位", "农业农村局"), ("电话", "0"))),
        cost_ledger=tmp_path / "ledger.xlsx",
        roster=tmp_path / "roster.xlsx",
        member_basis=MemberBasis.HOUSEHOLD,
        fund_uses=tmp_path / "uses.xlsx",
        risk_reserve_share=Decimal("0.1"),
        risk_reserve_document="某政〔2024〕2号",
        places=tmp_path / "places.csv",
        urban_income=Decimal("38600.5"),
        reforms=(
            ReformPlan("三成", fund_rate=Decimal("0.3"), fund_base=FundBase.PRICE, override_document="某政〔2026〕1号"),
            ReformPlan("减半", rate_factor=Decimal("0.5")),
            ReformPlan("同额", same_total_base=FundBase.PRICE),
        ),
    )


def test_what_is_optional_may_be_left_out(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SHORT + NOTICE)
    assert (plan.cost_ledger, plan.roster, plan.member_basis, plan.fund_uses) == (None, None, None, None)
    assert (plan.risk_reserve_share, plan.risk_reserve_document) == (None, "")
    assert (plan.places, plan.urban_income, plan.reforms) == (None, None, ())
    assert plan.files == [tmp_path / "payment.toml"]


def test_files_are_relative_to_the_plan_and_listed_once(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "ledger.xlsx").touch()
    (tmp_path / "rules" / "payment.toml").touch()
    text = SHORT + 'cost_ledger = "../ledger.xlsx"\nfund_uses = "../ledger.xlsx"\n' + NOTICE
    (tmp_path / "rules" / "income.toml").write_text(text, encoding="utf-8")
    listed = read_income_plan(str(tmp_path / "rules" / "income.toml")).files
    assert [path.resolve() for path in listed] == [tmp_path / "rules" / "payment.toml", tmp_path / "ledger.xlsx"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "方案"\n', "", ["缺少 name"]),
        ('source = "某农〔2026〕5号"\n', "", ["缺少 source"]),
        ("verified = true\n", "", ["缺少 verified"]),
        ("settled_on = 2026-12-31\n", "", ["缺少 settled_on"]),
        ("2026-12-31", '"2026-12-31"', ["settled_on", "不加引号"]),
        ('payment_plan = "payment.toml"\n', "", ["缺少 payment_plan"]),
        ('payment_order = "调节金与税费优先"\n', "", ["缺少 payment_order"]),
        ('"调节金与税费优先"', '"先到先得"', ["payment_order", "先到先得", "按比例、调节金与税费优先"]),
        ('rent_timing = "期末"\n', "", ["缺少 rent_timing"]),
        ('"期末"', '"月末"', ["rent_timing", "月末", "期初、期末"]),
        ("discount_rate = 0\n", "", ["缺少 discount_rate"]),
        ("discount_rate = 0", "discount_rate = 5", ["discount_rate = 5", "办法"]),
        ("discount_rate = 0", "discount_rate = 1", ["discount_rate = 1", "办法"]),
        ("discount_rate = 0", "discount_rate = -0.01", ["discount_rate = -0.01", "办法"]),
        ("discount_rate = 0", "discount_rate = nan", ["discount_rate = NaN", "办法"]),
        ("deed_tax_rate = 0.03\n", "", ["缺少 deed_tax_rate"]),
        ("deed_tax_rate = 0.03", "deed_tax_rate = 3", ["deed_tax_rate = 3", "0.03"]),
        ("deed_tax_rate = 0.03", "deed_tax_rate = -0.03", ["deed_tax_rate = -0.03"]),
        ("deed_tax_rate = 0.03", 'deed_tax_rate = "3%"', ["deed_tax_rate", "不是数"]),
        ("deed_tax_rate = 0.03", "deed_tax_rate = 0.03\nextra = 1", ["不认识的键 extra"]),
        ('member_basis = "按户"\n', "", ["有 roster 而没有 member_basis"]),
        ('roster = "roster.xlsx"\n', "", ["有 member_basis 而没有 roster"]),
        ('"按户"', '"按亩"', ["member_basis", "按人、按份额、按户"]),
        ("risk_reserve_share = 0.1\n", "", ["有 risk_reserve_document 而没有 risk_reserve_share"]),
        ('risk_reserve_document = "某政〔2024〕2号"\n', "", ["有 risk_reserve_share 而没有 risk_reserve_document"]),
        ('risk_reserve_document = "某政〔2024〕2号"', 'risk_reserve_document = ""', ["risk_reserve_document"]),
        ("risk_reserve_share = 0.1", "risk_reserve_share = 20", ["risk_reserve_share = 20", "超过 1"]),
        ("urban_income = 38600.5\n", "", ["有 places 而没有 urban_income"]),
        ('places = "places.csv"\n', "", ["有 urban_income 而没有 places"]),
        ("urban_income = 38600.5", "urban_income = 0", ["urban_income = 0", "大于 0"]),
        ("urban_income = 38600.5", "urban_income = inf", ["urban_income = Infinity", "不是有限的数"]),
        ("days = 7", "days = 0", ["[public_notice]", "days = 0"]),
        ("days = 7", "days = 7.5", ["[public_notice]", "days", "整数"]),
        ("days = 7", "days = 7\nhours = 8", ["[public_notice]", "不认识的键 hours"]),
        ('source = "某县办法"\n', "", ["[public_notice]", "缺少 source"]),
        ('{ "受理单位" = "农业农村局", "电话" = "0" }', "{}", ["objections", "没有内容"]),
        ('"电话" = "0"', '"电话" = 110', ["objections", "电话 = 110", "文字"]),
        ('{ "受理单位" = "农业农村局", "电话" = "0" }', '"农业农村局"', ["objections", "键值表"]),
        ("[public_notice]", "[public]", ["缺少 public_notice"]),
        ('name = "减半"\n', "", ["第 2 条 [[reform]]", "缺少 name"]),
        ('name = "减半"', 'name = "三成"', ["[[reform]] 重名 三成"]),
        ("rate_factor = 0.5\n", "", ["办法调整 减半", "fund_rate、rate_factor、same_total_base", "现有 无"]),
        ("rate_factor = 0.5", "rate_factor = 0.5\nfund_rate = 0.3", ["办法调整 减半", "现有 fund_rate、rate_factor"]),
        ("rate_factor = 0.5", "rate_factor = 0", ["第 2 条 [[reform]]", "rate_factor = 0"]),
        ("rate_factor = 0.5", "rate_factor = 0.5\nretention = 0.3", ["第 2 条 [[reform]]", "不认识的键 retention"]),
        ("fund_rate = 0.3\n", "fund_rate = 30\n", ["第 1 条 [[reform]]", "fund_rate = 30", "超过 1"]),
        ("fund_rate = 0.3\n", "fund_rate = 0.33333333\n", ["fund_rate = 0.33333333", "六位小数"]),
        ('fund_base = "price"', 'fund_base = "成交价"', ["fund_base", "gain、price"]),
        ('same_total_base = "price"', 'same_total_base = "all"', ["same_total_base", "gain、price"]),
        (
            'same_total_base = "price"',
            'same_total_base = "price"\nfund_base = "price"',
            ["办法调整 同额", "不再写 fund_base"],
        ),
    ],
)
def test_a_wrong_key_or_value_is_named(tmp_path: Path, old: str, new: str, said: list[str]) -> None:
    assert old in WHOLE
    with pytest.raises(RuleError) as caught:
        plan_of(tmp_path, WHOLE.replace(old, new, 1))
    assert [part for part in said if part not in str(caught.value)] == []


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    plan_of(tmp_path, WHOLE)
    (tmp_path / name).unlink()
    with pytest.raises(ReadError, match=rf"income\.toml：找不到文件 .*{re.escape(name)}。办法：路径相对于该文件"):
        read_income_plan(tmp_path / "income.toml")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    plan_of(tmp_path, WHOLE)
    (tmp_path / "roster.xlsx").unlink()
    (tmp_path / "roster.xlsx").mkdir()
    with pytest.raises(ReadError, match=r"找不到文件 .*roster\.xlsx"):
        read_income_plan(tmp_path / "income.toml")


def test_a_plan_that_cannot_be_opened_or_is_no_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"no\.toml：打不开"):
        read_income_plan(tmp_path / "no.toml")
    with pytest.raises(ReadError, match="TOML"):
        plan_of(tmp_path, "name = ")


# --- reforms


def test_one_rate_for_all_and_a_factor() -> None:
    rule, nobody = rule_of(), deals_of([], [])
    one = planned_reform(nobody, rule, ReformPlan("三成", fund_rate=Decimal("0.3"), fund_base=FundBase.PRICE))
    assert (one.name, one.fund_base, one.fund_rates) == ("三成", FundBase.PRICE, (FundRate(Decimal("0.3")),))
    assert one.override_document == rule.override_document
    half = planned_reform(nobody, rule, ReformPlan("减半", rate_factor=Decimal("0.5"), override_document="某政9号"))
    assert [rate.rate for rate in half.fund_rates] == [Decimal("0.2"), Decimal("0.1")]
    assert [rate.price_use for rate in half.fund_rates] == ["", "工业"]
    assert (half.fund_base, half.override_document) == (FundBase.GAIN, "某政9号")
    assert not half.verified
    assert (half.retention_rate, half.county) == (rule.retention_rate, rule.county)


def test_a_factor_of_one_is_a_change_of_base_alone() -> None:
    plan = ReformPlan("只换基数", rate_factor=Decimal(1), fund_base=FundBase.PRICE)
    changed = planned_reform(deals_of([], []), rule_of(), plan)
    assert (changed.fund_base, changed.fund_rates) == (FundBase.PRICE, rule_of().fund_rates)


@pytest.mark.filterwarnings("ignore::landmarket.errors.UnverifiedRuleWarning")  # a supposition is never verified
def test_the_same_total_on_another_base() -> None:
    # Gains of 600 and 200 元 at 20 % give 160 元; on prices of 1000 and 600 元 that is 10 %.
    deals = deals_of([100_000, 60_000], [400.0, 400.0])
    rule = rule_of(fund_rates=(FundRate(Decimal("0.20")),))
    changed = planned_reform(deals, rule, ReformPlan("同额", same_total_base=FundBase.PRICE))
    assert (changed.name, changed.fund_base) == ("同额", FundBase.PRICE)
    assert changed.fund_rates == (FundRate(Decimal("0.1")),)
    assert split_income(deals, changed)["fund_fen"].tolist() == [10_000, 6_000]
    assert changed.fund_rates == same_fund_total(deals, rule, FundBase.PRICE).rule.fund_rates


@pytest.mark.filterwarnings("ignore::landmarket.errors.UnverifiedRuleWarning")
def test_a_reform_outside_the_band_needs_its_document() -> None:
    deals = deals_of([100_000], [400.0])
    rule = rule_of(override_document="", fund_rates=(FundRate(Decimal("0.20")),))
    low = ReformPlan("一成", fund_rate=Decimal("0.1"))
    changed = planned_reform(deals, rule, low)
    with pytest.raises(RuleError, match=r"一成：调节金比例 0\.1 不在"):
        split_income(deals, changed)
    allowed = ReformPlan("一成", fund_rate=Decimal("0.1"), override_document="某政〔2026〕1号")
    assert split_income(deals, planned_reform(deals, rule, allowed))["fund_fen"].tolist() == [6_000]
    with pytest.raises(RuleError, match="没有文号"):
        planned_reform(deals, rule, ReformPlan("一成", fund_rate=Decimal("0.1"), override_document="按领导意见"))


@pytest.mark.parametrize("given", [{}, {"fund_rate": Decimal("0.3"), "rate_factor": Decimal(2)}])
def test_a_reform_says_one_thing(given: dict[str, Decimal]) -> None:
    with pytest.raises(RuleError, match="须写且只写一个"):
        ReformPlan("甲", **given)  # type: ignore[arg-type]


# --- townships


def write_places(path: Path, rows: list[str]) -> Path:
    header = "乡镇,常住人口（人）,农村居民人均可支配收入（元）"
    path.write_text("\n".join(["# 示例", header, *rows]), encoding="utf-8-sig")
    return path


def test_townships_are_read(tmp_path: Path) -> None:
    table = read_township_incomes(
        write_places(tmp_path / "p.csv", ["甲镇,12000,21000.5", "乙乡,800,18000"]), Decimal("38600")
    )
    assert table.index.name == "township"
    assert table.to_dict("index") == {
        "甲镇": {"residents": 12000, "rural_income": 21000.5, "urban_income": 38600},
        "乙乡": {"residents": 800, "rural_income": 18000, "urban_income": 38600},
    }


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["甲镇,1,1", "甲镇,2,2"], r"township（乡镇）.*共 2 行：第 3 行 = '甲镇'、第 4 行"),
        (["甲镇,1,1", ",2,2"], r"township（乡镇）.*第 4 行 = ''"),
        (["甲镇,0,1"], r"residents（常住人口（人））.*第 3 行 = '0'.*大于 0"),
        (["甲镇,,1"], r"residents（常住人口（人））.*第 3 行 = ''"),
        (["甲镇,1,-5"], r"rural_income（农村居民人均可支配收入（元））.*第 3 行 = '-5'"),
        (["甲镇,1,约两万"], r"不是数.*第 3 行 = '约两万'"),
    ],
)
def test_townships_that_cannot_be_used_are_named(tmp_path: Path, rows: list[str], said: str) -> None:
    with pytest.raises(BadValueError, match=said):
        read_township_incomes(write_places(tmp_path / "p.csv", rows), Decimal(38600))


def test_a_table_without_its_columns_is_named(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("乡镇,人口\n甲镇,1\n", encoding="utf-8")
    with pytest.raises(ReadError, match="常住人口（人）"):
        read_township_incomes(tmp_path / "p.csv", Decimal(38600))


# --- the sample county's files


@pytest.fixture(scope="module")
def shipped() -> IncomePlan:
    path = read_county(SHIPPED).income_plan
    assert path is not None
    return read_income_plan(path)


@pytest.fixture(scope="module")
def roster(shipped: IncomePlan) -> pd.DataFrame:
    assert shipped.roster is not None
    return read_roster(shipped.roster)


@pytest.fixture(scope="module")
def sold(sample_work: Work) -> pd.DataFrame:
    """Sold parcels with their owner and shares."""
    outcome = sample_work.outcome
    deals = outcome.deals[outcome.deals["deal_price_fen"].notna()]
    facts = pd.DataFrame(outcome.parcels[["owner_code", "owner_level", "member_count"]])
    shares = outcome.shares[["members_fen", "village_fen", "group_fen"]]
    return pd.DataFrame(deals[["deal_price_fen", "deal_on", "payment_by"]]).join([facts, shares])


def cells(name: str) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(SHIPPED / name).worksheets[0].iter_rows(min_row=2, values_only=True))


def test_the_sample_plan_has_every_file_and_two_reforms(shipped: IncomePlan) -> None:
    names = {"payment.toml", "cost_ledger.xlsx", "roster.xlsx", "fund_uses.xlsx", "township_incomes.csv"}
    assert {path.name for path in shipped.files} == names
    assert shipped.settled_on == date(2026, 12, 31)
    assert shipped.member_basis is MemberBasis.SHARE
    assert [plan.name for plan in shipped.reforms] == ["调节金三成", "改按成交价计征，总额不变"]
    assert not shipped.verified


def test_the_sample_rule_on_the_split_has_its_own_tax_and_no_base() -> None:
    rule = read_split_rule(SHIPPED / "rules" / "split.toml")
    assert rule.tax_rate == Decimal("0.0005")
    assert (len(rule.fund_rates), rule.inherited) == (10, ())


def test_the_sample_ledger_is_near_the_stated_costs_and_has_no_taxes(shipped: IncomePlan, sample_work: Work) -> None:
    assert shipped.cost_ledger is not None
    ledger = read_cost_ledger(shipped.cost_ledger)
    assert set(ledger["cost_kind"]) == {"取得", "复垦", "开发", "交易"}
    assert ledger["voucher"].is_unique
    corrected = ledger[ledger["amount_fen"] < 0]
    assert len(corrected) >= 3
    assert corrected["note"].str.startswith("冲销").all()
    assert len(later_entries(ledger, shipped.settled_on)) == 3
    with pytest.raises(BadValueError, match="共 3 行"):
        read_cost_ledger(shipped.cost_ledger, until=shipped.settled_on)
    by_hand: dict[tuple[object, object], Decimal] = {}
    for code, day, kind, yuan, *_ in cells("cost_ledger.xlsx")[1:]:
        if str(day) <= "2026-12-31":
            by_hand[code, kind] = by_hand.get((code, kind), Decimal(0)) + Decimal(str(yuan))
    codes = pd.Index(ledger["parcel_code"].unique())
    assert len(codes) == 60
    costs = ledger_costs(ledger, codes, shipped.settled_on)
    stated = sample_work.screening.accepted.loc[codes]
    for code in codes:
        assert costs.loc[code, "acquisition_fen"] == by_hand[code, "取得"] * 100
        assert costs.loc[code, "development_fen"] == by_hand[code, "开发"] * 100
        for column, name in (("acquisition_fen", "acquisition_cost"), ("development_fen", "development_cost")):
            assert costs.loc[code, column] / 100 == pytest.approx(stated.loc[code, name], rel=0.031)


def test_the_sample_ledger_is_of_sold_and_unsold_parcels(shipped: IncomePlan, sold: pd.DataFrame) -> None:
    assert shipped.cost_ledger is not None
    codes = pd.Index(read_cost_ledger(shipped.cost_ledger)["parcel_code"].unique())
    assert 25 <= codes.isin(sold.index).sum() <= 55


def test_the_sample_roster_has_as_many_members_as_the_owners(
    roster: pd.DataFrame, shipped: IncomePlan, sold: pd.DataFrame
) -> None:
    own = sold[sold["owner_code"].isin(roster["owner_code"])]
    stated = own.groupby("owner_code")["member_count"].first()
    assert set(stated.index) == set(roster["owner_code"])
    assert own.groupby("owner_code")["owner_level"].first().value_counts().to_dict() == {"组": 2, "村": 1}
    for day in [date(2026, 3, 2), *own["deal_on"].dt.date.unique()]:
        there = members_on(roster, day)["owner_code"].value_counts()
        assert there.to_dict() == stated.astype(int).to_dict()
    assert len(members_on(roster, shipped.settled_on)) > stated.sum()
    assert len(roster) > stated.sum() + 20
    for basis in MemberBasis:
        assert unrostered(own, roster, basis).eq("").all()


def test_private_columns_of_the_sample_roster_are_never_read(roster: pd.DataFrame) -> None:
    header, *rows = cells("roster.xlsx")
    private = [header.index(name) for name in ("身份证号", "银行账号", "电话")]
    hidden = {str(row[place]) for row in rows for place in private}
    assert len(hidden) > 1000
    assert list(roster.columns) == [
        "owner_code",
        "owner",
        "group",
        "household",
        "name",
        "share",
        "joined_on",
        "left_on",
    ]
    read = {str(value) for column in roster.columns for value in roster[column]} | set(roster.index)
    assert not hidden & read


def test_identity_numbers_of_the_sample_are_impossible() -> None:
    header, *rows = cells("roster.xlsx")
    numbers = {str(row[header.index("身份证号")]) for row in rows}
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999
    for number in numbers:
        check = "10X98765432"[sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False)) % 11]
        assert check != number[-1]
        assert number[14:17] == "000"


def test_the_sample_uses_stay_within_what_was_retained(shipped: IncomePlan, sold: pd.DataFrame) -> None:
    assert shipped.fund_uses is not None
    uses = read_fund_uses(shipped.fund_uses)
    assert len(uses) == 6
    own = sold[sold["owner_code"].isin(uses["collective_code"])]
    kept = own["village_fen"].where(own["owner_level"].eq("村"), own["group_fen"]).astype("int64")
    account = retained_account(account_deposits(kept, own["owner_code"], own["payment_by"]), uses)
    last = account.groupby("collective_code")["balance_fen"].last()
    assert last.sum() == kept.sum() - uses["amount_fen"].sum()
    assert (last > 0).all()
    assert account["entry_on"].max() <= pd.Timestamp(shipped.settled_on)


def test_the_sample_townships_are_those_of_the_county(shipped: IncomePlan) -> None:
    assert shipped.places is not None
    assert shipped.urban_income is not None
    table = read_township_incomes(shipped.places, shipped.urban_income)
    listed = (SHIPPED.parent / "sources" / "townships.csv").read_text(encoding="utf-8-sig")
    assert sorted(table.index) == sorted(row["township"] for row in csv.DictReader(listed.splitlines()))
    assert (table["urban_income"] > table["rural_income"]).all()


def test_the_sample_payment_plan_has_three_instalments(shipped: IncomePlan) -> None:
    plan = read_payment_plan(shipped.payment_plan)
    assert plan.instalments == (
        Instalment(10, Decimal("0.3")),
        Instalment(60, Decimal("0.4")),
        Instalment(365, Decimal("0.3")),
    )


# --- pages


def in_tables(name: str) -> set[str]:
    text = (DOCS / name).read_text(encoding="utf-8")
    return {word for row in re.findall(r"^\|.*", text, re.M) for word in re.findall(r"`([^`]+)`", row)}


def test_the_page_has_every_key() -> None:
    keys = {field.name for kind in (IncomePlan, NoticePeriod, ReformPlan, Instalment) for field in fields(kind)}
    written = {word.strip("[]") for word in in_tables("income.md")}
    assert keys - {"public_notice", "reforms"} <= written
    assert {"public_notice", "reform"} <= written


def test_the_example_of_the_page_can_be_read(tmp_path: Path) -> None:
    text = re.findall(r"^```toml\n(.*?)^```", (DOCS / "income.md").read_text(encoding="utf-8"), re.M | re.S)[0]
    (tmp_path / "rules").mkdir()
    for name in ("rules/payment.toml", "成本台账.xlsx", "成员名册.xlsx", "公积公益金使用.xlsx", "乡镇收入.csv"):
        (tmp_path / name).touch()
    (tmp_path / "rules" / "income.toml").write_text(text, encoding="utf-8")
    assert len(read_income_plan(tmp_path / "rules" / "income.toml").reforms) == 2


def test_the_page_on_the_split_lists_the_places_of_the_library() -> None:
    section = (DOCS / "split.md").read_text(encoding="utf-8").partition("## 从规则库起步")[2]
    assert set(re.findall(r"^\| (\w+) \| ", section, re.M)) == set(regions())
