"""A parcel with a missing or unusable fact stops nothing: it is named with its reasons, and nothing else changes."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landmarket.columns import schema
from landmarket.county import read_county_parcels, read_villages
from landmarket.distribution import FundRate, SplitRule, split_gaps, split_income
from landmarket.errors import BadValueError, LandMarketError, LandMarketWarning, RuleError
from landmarket.market.deal import simulate_deals
from landmarket.market.offer import deal_gaps
from landmarket.market.terms import DealTerms, Form, Mode, StepBasis
from landmarket.pricing import PriceTable, benchmark_price, price_basis, price_gaps, price_or_gap
from landmarket.pricing.price_table import Outside, formulas
from landmarket.products import Work
from landmarket.scenario import Outcome, run_scenario
from landmarket.screening import Screening, screen
from landmarket.zoning import choose_floor_area_ratio
from tests.helpers import assert_same_index
from tests.hunting import examples

NAN = float("nan")
ANY_TEXT = st.one_of(st.none(), st.text(max_size=6))


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """The sample's rules are invented, hence unverified."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        yield


# The main job on damaged raw parcels.

COLUMN = {name: column.headers[0] for name, column in schema().items()}
SHORT_OF_PRICE: list[tuple[str, object, str]] = [
    ("development", "通了", "'通了' 不认识"),
    ("development", "八通一平", "'八通一平' 不认识"),
    ("道路通达度", "好", "道路通达度 好：填写 优、较优、一般、较劣、劣 之一"),
    ("道路通达度", None, "道路通达度 缺：填写"),
    ("基础设施", "中", "基础设施 中：填写"),
    ("宗地形状", None, "宗地形状 缺：宗地形状应为 规则、较规则、不规则 之一"),
    ("宗地形状", "三角", "宗地形状 三角"),
    ("term", "500", "使用年期 500：年期不能超过公告的法定最高年期"),
    ("term", "71年", "使用年期 71年"),
    ("floor_area_ratio", None, "容积率 缺：补上容积率"),
    ("floor_area_ratio", "100", "容积率 100：容积率在公告的修正表之外"),
    ("floor_area_ratio", "0.01", "容积率 0.01：容积率在公告的修正表之外"),
]
SHORT_OF_INDUSTRY = [("floor_area_ratio", "≤1.5", "容积率 ≤1.5：选定的一端没有数值"), ("产业集聚", "强", "产业集聚 强")]
SHORT_OF_COMMERCE = [("商服繁华", None, "商服繁华 缺"), ("临街状况", "巷", "临街状况 巷")]
SHORT_OF_COST = [("acquisition_cost", NAN, "取得成本 缺：补上成本"), ("development_cost", NAN, "开发支出 缺：补上成本")]
SHORT_OF_SPLIT = [("zone", None, "区位 缺、"), ("zone", "城里", "区位 城里、")]
SHORT_OF_ENTRY = [
    ("vote_on", None, "表决"),
    ("ownership_registered", "好像是", "登记"),
    ("entry_plan_filed_on", "去年", "报送"),
    ("land_source", None, "来源"),
    ("sealed", None, "查封"),
]
SET_ASIDE = [
    ("parcel_code", "4110810", "代码"),
    ("acquisition_cost", -5.0, "数值为负"),
    ("term", "四十", "使用年期读不懂"),
    ("floor_area_ratio", "约2", "容积率读不懂"),
    ("registered_area", 0.5, "登记面积"),
]
Damage = tuple[str, str, object, str, str]
"""Parcel, column, value, part of the reason, and where the reason stands."""


def damages(outcome: Outcome) -> list[Damage]:
    """Give each kind of damage to two sold parcels of its use, every parcel hurt once."""
    table = outcome.table
    sold = table[table["deal_price_fen"].notna() & table["floor_area_ratio"].notna()]
    left = {use: list(rows.index) for use, rows in sold.groupby("price_use")}
    kinds = [
        ("price_gap", ("工业", "商服"), SHORT_OF_PRICE),
        ("price_gap", ("工业", "工业"), SHORT_OF_INDUSTRY),
        ("price_gap", ("商服", "商服"), SHORT_OF_COMMERCE),
        ("deal_gap", ("工业", "商服"), SHORT_OF_COST),
        ("split_gap", ("工业", "商服"), SHORT_OF_SPLIT),
        ("reason_text", ("工业", "商服"), SHORT_OF_ENTRY),
        ("set_aside_reason", ("工业", "商服"), SET_ASIDE),
    ]
    return [
        (str(left[use].pop()), column, value, said, where)
        for where, uses, kind in kinds
        for column, value, said in kind
        for use in uses
    ]


@pytest.fixture(scope="module")
def hurt(sample_work: Work) -> tuple[list[Damage], Screening, Outcome]:
    """The main job on the sample county's raw parcels, about sixty of them damaged."""
    raw = read_county_parcels(sample_work.county)
    rows = damages(sample_work.outcome)
    for code, column, value, _, _ in rows:
        raw.loc[raw["parcel_code"].eq(code), column] = value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        screening = screen(raw, county=sample_work.county.county, villages=read_villages(sample_work.county))
        return rows, screening, run_scenario(screening.accepted, sample_work.scenario)


def test_every_kind_of_damage_is_tried(hurt: tuple[list[Damage], Screening, Outcome]) -> None:
    rows, _, _ = hurt
    assert len(rows) >= 60
    assert len({code for code, *_ in rows}) == len(rows)
    assert {where for *_, where in rows} == {"price_gap", "deal_gap", "split_gap", "reason_text", "set_aside_reason"}


def test_every_damaged_parcel_is_named_with_its_reason(
    sample_work: Work, hurt: tuple[list[Damage], Screening, Outcome]
) -> None:
    rows, screening, outcome = hurt
    source = sample_work.screening.accepted["source_row"]
    table = outcome.table
    for code, column, value, said, where in rows:
        if where == "set_aside_reason":
            assert code not in table.index
            assert said in screening.set_aside.loc[source[code], where], (code, column, value)
            assert source[code] in set(screening.findings["source_row"])
        else:
            assert said in table.loc[code, where], (code, column, value, table.loc[code, where])


def test_a_parcel_without_a_price_a_deal_or_a_split_has_none(hurt: tuple[list[Damage], Screening, Outcome]) -> None:
    rows, _, outcome = hurt
    by_place = {place: [code for code, *_, where in rows if where == place] for *_, place in rows}
    assert not outcome.prices.index.isin(by_place["price_gap"]).any()
    assert not outcome.deals.index.isin(by_place["price_gap"]).any()
    undealt = outcome.deals.loc[by_place["deal_gap"]].drop(columns="deal_gap")
    assert undealt.isna().all(axis=None)
    unsplit = outcome.shares.loc[[*by_place["deal_gap"], *by_place["split_gap"]]]
    assert unsplit.drop(columns="split_gap").isna().all(axis=None)
    assert unsplit["split_gap"].ne("").all()
    assert outcome.deals.loc[by_place["split_gap"], "deal_price_fen"].notna().all()
    assert outcome.gaps["deal_gap"] == len(by_place["deal_gap"])
    allowed, unpriced = outcome.entry["allowed"].eq("可入市"), outcome.parcels["price_gap"].ne("")
    assert outcome.gaps["allowed_price_gap"] == len(set(allowed.index[allowed]) & set(unpriced.index[unpriced])) > 0
    assert allowed.sum() == len(outcome.deals) + outcome.gaps["allowed_price_gap"], (
        "every allowed parcel is accounted for"
    )
    assert outcome.gaps["split_gap"] == len(unsplit)


def test_no_other_row_changes(sample_work: Work, hurt: tuple[list[Damage], Screening, Outcome]) -> None:
    rows, screening, outcome = hurt
    victims = {code for code, *_ in rows}
    for step in ("parcels", "entry", "prices", "deals", "shares"):
        before, after = getattr(sample_work.outcome, step), getattr(outcome, step)
        kept = before.index[~before.index.isin(victims)]
        pd.testing.assert_frame_equal(
            pd.DataFrame(after.loc[~after.index.isin(victims)]), pd.DataFrame(before.loc[kept])
        )
    aside = screening.set_aside
    others = aside[~aside.index.isin(sample_work.screening.accepted["source_row"][list(victims)])]
    pd.testing.assert_frame_equal(pd.DataFrame(others), pd.DataFrame(sample_work.screening.set_aside))
    assert len(screening.accepted) + len(aside) == sum(
        sample_work.screening.counts[name] for name in ("采用", "暂不处理")
    )


def test_the_sums_are_those_of_the_rows(hurt: tuple[list[Damage], Screening, Outcome]) -> None:
    _, _, outcome = hurt
    totals = outcome.totals().loc["合计"]
    split = outcome.shares["split_gap"].eq("")
    parts = [
        "fund_fen",
        "tax_fen",
        "cost_fen",
        "township_fen",
        "reclaimed_fen",
        "village_fen",
        "group_fen",
        "members_fen",
    ]
    assert totals[parts].sum() == outcome.deals.loc[split, "deal_price_fen"].sum()
    assert totals["sold"] == outcome.deals["deal_price_fen"].notna().sum()
    assert totals["priced"] == len(outcome.prices) == outcome.parcels["price_gap"].eq("").sum()


def test_where_no_parcel_can_be_priced_the_job_still_ends(sample_work: Work) -> None:
    parcels = sample_work.screening.accepted.iloc[:20].assign(宗地形状="菱形")
    outcome = run_scenario(parcels, sample_work.scenario)
    assert outcome.gaps["price_gap"] == 20
    assert [len(step) for step in (outcome.prices, outcome.deals, outcome.shares)] == [0, 0, 0]
    assert set(outcome.shares) == set(sample_work.outcome.shares)
    uncosted = sample_work.screening.accepted.iloc[:200].assign(acquisition_cost=np.nan)
    outcome = run_scenario(uncosted, sample_work.scenario)
    assert outcome.gaps["deal_gap"] == len(outcome.deals) > 0
    assert outcome.totals().loc["合计", "sold"] == 0


# Prices: the gap is empty exactly where the price is not refused.


def priced(parcels: pd.DataFrame, table: PriceTable, choice: dict[str, str], on: date) -> pd.DataFrame:
    chosen = parcels.assign(floor_area_ratio=choose_floor_area_ratio(parcels, choice))
    return benchmark_price(chosen, table, on=on)


def tables(table: PriceTable) -> list[PriceTable]:
    """The sample notice, and others of which each lacks or turns something."""
    basis = table.connotation
    by_use = basis.by_use
    industry = by_use["use"].eq("工业")
    late = table.dates.assign(date=table.dates["date"] + pd.DateOffset(years=5))
    return [
        table,
        replace(table, far_outside=Outside.CLAMP),
        replace(table, connotation=replace(basis, by_use=by_use.assign(price_form="楼面地价"))),
        replace(
            table, connotation=replace(basis, by_use=by_use.assign(legal_term=by_use["legal_term"].mask(industry)))
        ),
        replace(
            table,
            connotation=replace(basis, by_use=by_use.assign(capitalisation_rate=np.nan)),
            development=table.development[table.development["item"] != "供热"],
        ),
        replace(table, connotation=replace(basis, by_use=by_use.assign(development="九通一平"))),
        replace(table, dates=late.assign(use="工业")),
        replace(table, formula=formulas()["月增长-单利"], monthly_growth=Decimal("0.002")),
        replace(table, prices=table.prices.assign(unit_price=20.0), far_outside=Outside.CLAMP),
    ]


TEXTS = ("township", "price_use", "grade", "term", "development", "道路通达度", "商服繁华", "宗地形状", "临街状况")
TRUE_TEXTS = [
    "工业",
    "商服",
    "无年期",
    "20",
    "39.5年",
    "五通一平",
    "七通一平",
    "三通",
    "通路、通电",
    "优",
    "规则",
    "/",
    "1e999",
]
RATIO_TEXTS = ["1.2", "1.0≤R≤1.5", "≤1.5", "≥1.2", "100", "约2", "0.0000000001", "0≤R≤1", "9" * 40]
AREAS = [NAN, 0.0, -3.0, 0.004, 0.005, 1e6, 1e12, 1e14, 1e300, float("inf")]
Cell = tuple[str, object]
PRICE_CELLS: list[Cell] = [
    *((name, value) for name in TEXTS for value in (None, "", "好", *TRUE_TEXTS)),
    *(("floor_area_ratio", value) for value in (None, "", *RATIO_TEXTS)),
    *(("area", value) for value in AREAS),
]
PRICE_DAMAGE = st.one_of(
    st.sampled_from(PRICE_CELLS), st.tuples(st.sampled_from((*TEXTS, "floor_area_ratio")), ANY_TEXT)
)


def each_once(table: pd.DataFrame, cells: list[Cell]) -> pd.DataFrame:
    """As many parcels as there are cells, taken in turn from a table, each with one cell damaged."""
    many = table.iloc[[number % len(table) for number in range(len(cells))]]
    many = many.set_axis([f"411081001001JB{number:05d}" for number in range(len(cells))], axis=0)
    return damaged(many, list(enumerate(cells)))


def damaged(table: pd.DataFrame, cells: list[tuple[int, Cell]]) -> pd.DataFrame:
    result = table.copy()
    for row, (column, value) in cells:
        result.iloc[row, result.columns.get_loc(column)] = value  # type: ignore[call-overload, index] # any cell
    return result


def cells_of(damage: st.SearchStrategy[Cell], rows: int) -> st.SearchStrategy[list[object]]:
    return st.lists(st.tuples(st.integers(0, rows - 1), damage), max_size=5)


@pytest.fixture(scope="module")
def lots(sample_work: Work) -> pd.DataFrame:
    """Three parcels of each use, as they stand before pricing."""
    parcels = sample_work.outcome.parcels
    return pd.DataFrame(parcels.loc[sample_work.outcome.prices.index]).groupby("price_use").head(3)


def check_prices(
    parcels: pd.DataFrame, table: PriceTable, choice: dict[str, str], on: date, alone: pd.Index[str]
) -> None:
    """A parcel is priced exactly where there is no gap; those of ``alone`` are tried one by one."""
    gap = price_gaps(parcels, table, choice, on=on)
    assert_same_index(gap, parcels)
    sound = parcels[gap.eq("")]
    prices = priced(sound, table, choice, on)
    assert_same_index(prices, sound)
    together, same_gap = price_or_gap(parcels, table, choice, on=on)
    pd.testing.assert_frame_equal(together, prices)
    pd.testing.assert_series_equal(same_gap, gap)
    for code in alone[gap[alone].ne("")]:
        with pytest.raises(LandMarketError):
            priced(parcels.loc[[code]], table, choice, on)
        assert price_gaps(parcels.loc[[code]], table, choice, on=on).iloc[0] == gap[code]


@pytest.mark.parametrize("which", range(9))
def test_each_fact_of_a_price(sample_work: Work, lots: pd.DataFrame, which: int) -> None:
    choice, on = dict(sample_work.scenario.floor_area_ratio), sample_work.scenario.on
    parcels = each_once(lots, PRICE_CELLS)
    check_prices(parcels, tables(sample_work.scenario.price_table)[which], choice, on, parcels.index[which::29])


@settings(deadline=None, max_examples=examples(12), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(which=st.integers(0, 8), cells=cells_of(PRICE_DAMAGE, 9))
def test_a_price_is_refused_exactly_where_there_is_a_gap(
    sample_work: Work, lots: pd.DataFrame, which: int, cells: list[tuple[int, Cell]]
) -> None:
    choice, on = dict(sample_work.scenario.floor_area_ratio), sample_work.scenario.on
    parcels = damaged(lots, cells)
    check_prices(parcels, tables(sample_work.scenario.price_table)[which], choice, on, parcels.index)


def test_factors_of_uses_without_a_price_are_no_columns(sample_work: Work, lots: pd.DataFrame) -> None:
    """Of parcels that cannot be priced the explanation holds nothing, not even an empty column."""
    choice, on = dict(sample_work.scenario.floor_area_ratio), sample_work.scenario.on
    parcels = lots.assign(grade=lots["grade"].where(lots["price_use"].eq("工业")))
    check_prices(parcels, sample_work.scenario.price_table, choice, on, parcels.index[:0])
    prices, gap = price_or_gap(parcels, sample_work.scenario.price_table, choice, on=on)
    assert set(prices["price_use"]) == {"工业"}
    assert "因素:商服繁华" not in prices
    assert "因素:产业集聚" in prices
    assert len(prices) + gap.ne("").sum() == len(lots)


def test_all_reasons_are_said_each_once(sample_work: Work, lots: pd.DataFrame) -> None:
    rows = lots[lots["price_use"].eq("工业")].head(1)
    rows = rows.assign(
        development="通了", 宗地形状=None, term="500", floor_area_ratio="≤1.5", area=NAN, township="某乡"
    )
    scenario = sample_work.scenario
    gap = price_gaps(rows, scenario.price_table, scenario.floor_area_ratio, on=scenario.on).iloc[0].split("；")
    assert gap[0].startswith("公告中 某乡 ")
    assert [reason.split("：")[0] for reason in gap[1:]] == [
        "容积率 ≤1.5",
        "计价面积 缺",
        "使用年期 500",
        "宗地形状 缺",
        "开发程度 通了",
    ]


def test_a_parcel_without_a_price_use_has_that_reason_alone(sample_work: Work) -> None:
    scenario, zoned = sample_work.scenario, sample_work.outcome.parcels
    basis = price_basis(zoned, scenario.price_table)
    gap = sample_work.outcome.parcels["price_gap"]
    unused = basis["price_use"].isna()
    assert unused.any()
    assert gap[unused].tolist() == basis.loc[unused, "price_gap"].tolist()


def test_a_price_for_all_grades_needs_no_grade(sample_work: Work, lots: pd.DataFrame) -> None:
    table = sample_work.scenario.price_table
    everywhere = replace(
        table, prices=table.prices.drop_duplicates("use").assign(township="", grade="", unit_price=300.0)
    )
    basis = price_basis(lots.assign(village="没有的村"), everywhere)
    assert basis["price_gap"].eq("").all()
    assert basis["grade"].isna().all()


def test_gaps_are_said_once_for_parcels_named_once(sample_work: Work, lots: pd.DataFrame) -> None:
    scenario = sample_work.scenario
    with pytest.raises(BadValueError, match="重复"):
        price_gaps(pd.concat([lots, lots]), scenario.price_table, scenario.floor_area_ratio, on=scenario.on)


# Deals.


def all_terms(terms: DealTerms) -> list[DealTerms]:
    lease = replace(terms, form=Form.LEASE, lease_years=20)
    return [
        terms,
        replace(terms, floor_entry_cost=False),
        replace(
            terms, step_basis=StepBasis.PER_SQUARE_METRE, step=Decimal(2), mode=Mode.AUCTION, floor_entry_cost=False
        ),
        replace(terms, industrial_minimum=Decimal(96), industrial_uses=("工业",)),
        lease,
        replace(lease, floor_entry_cost=False),
        replace(terms, form=Form.EQUITY),
    ]


MONEY = [NAN, 0.0, -1.0, 0.01, 1e9, 1e13, 1e15, 1e300, float("inf")]
DEAL_CELLS: list[Cell] = [
    *((name, value) for name in ("acquisition_cost", "development_cost") for value in MONEY),
    *(("total_price_fen", value) for value in (0, 1, -5, 10**12, 10**17, None)),
    *(("area", value) for value in AREAS),
    *(("term_years", value) for value in (NAN, 0.0, -1.0, 20.0, 39.5, float("inf"))),
    *(("capitalisation_rate", value) for value in (NAN, 0.0, 1.0, 0.05)),
]


def check_deals(table: pd.DataFrame, terms: DealTerms, on: date) -> None:
    """A deal is simulated exactly where there is no gap."""
    gap = deal_gaps(table, terms)
    assert_same_index(gap, table)
    sound = table[gap.eq("")]
    assert_same_index(simulate_deals(sound, terms, seed=1, on=on), sound)
    for code in table.index[gap.ne("")]:
        with pytest.raises(LandMarketError):
            simulate_deals(table.loc[[code]], terms, seed=1, on=on)


@pytest.mark.parametrize("which", range(7))
def test_each_fact_of_a_deal(sample_work: Work, which: int) -> None:
    table = pd.DataFrame(sample_work.outcome.table.loc[sample_work.outcome.deals.index[:9]])
    table = each_once(table.astype({"total_price_fen": "Int64"}), DEAL_CELLS)
    check_deals(table, all_terms(sample_work.scenario.terms)[which], sample_work.scenario.on)


@settings(deadline=None, max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(which=st.integers(0, 6), cells=cells_of(st.sampled_from(DEAL_CELLS), 9))
def test_a_deal_is_refused_exactly_where_there_is_a_gap(
    sample_work: Work, which: int, cells: list[tuple[int, Cell]]
) -> None:
    table = pd.DataFrame(sample_work.outcome.table.loc[sample_work.outcome.deals.index[:9]])
    table = damaged(table.astype({"total_price_fen": "Int64"}), cells)
    check_deals(table, all_terms(sample_work.scenario.terms)[which], sample_work.scenario.on)


# Shares.


def all_rules(rule: SplitRule) -> list[SplitRule]:
    rates = (
        FundRate(Decimal("0.20")),
        FundRate(Decimal("0.24"), price_use="工业"),
        FundRate(Decimal("0.21"), pathway="调整"),
        FundRate(Decimal("0.48"), price_use="商服", zone="县城规划区", mode="挂牌"),
    )
    twice = (FundRate(Decimal("0.2")), FundRate(Decimal("0.3")))
    return [rule, replace(rule, fund_rates=rates), replace(rule, fund_rates=twice, override_document="虚构〔2024〕1号")]


_ASPECTS = ("owner_level", "zone", "price_use", "pathway", "mode")
_DAYS = (pd.NaT, *map(pd.Timestamp, ("2015-01-01", "2019-06-01", "2025-01-02")))
SPLIT_CELLS: list[Cell] = [
    *((name, value) for name in ("acquisition_cost", "development_cost") for value in MONEY),
    *(("deal_price_fen", value) for value in (0, 1, -5, 10**12, 10**17, None)),
    *(("member_count", value) for value in (0, -1, 1, None)),
    *((name, value) for name in _ASPECTS for value in (None, "", "乡镇", "组", "工业", "商服", "县城规划区", "调整")),
    *(("deal_on", value) for value in _DAYS),
]
SPLIT_DAMAGE = st.one_of(st.sampled_from(SPLIT_CELLS), st.tuples(st.sampled_from(_ASPECTS), ANY_TEXT))


def check_split(table: pd.DataFrame, rule: SplitRule) -> None:
    """Income is split exactly where there is no gap."""
    gap = split_gaps(table, rule)
    assert_same_index(gap, table)
    assert gap[table["deal_price_fen"].isna()].eq("").all()
    sound = table[gap.eq("")]
    parts = split_income(sound, rule)
    assert_same_index(parts, sound)
    assert parts["fund_fen"].notna().eq(sound["deal_price_fen"].notna()).all()
    for code in table.index[gap.ne("")]:
        with pytest.raises(LandMarketError):
            split_income(table.loc[[code]], rule)


@pytest.mark.parametrize("which", range(3))
def test_each_fact_of_a_split(sample_work: Work, which: int) -> None:
    sold = sample_work.outcome.deals["deal_price_fen"].dropna().index[:9]
    table = each_once(pd.DataFrame(sample_work.outcome.table.loc[sold]), SPLIT_CELLS)
    check_split(table, all_rules(sample_work.scenario.split_rule)[which])


@settings(deadline=None, max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(which=st.integers(0, 2), cells=cells_of(SPLIT_DAMAGE, 9))
def test_a_split_is_refused_exactly_where_there_is_a_gap(
    sample_work: Work, which: int, cells: list[tuple[int, Cell]]
) -> None:
    sold = sample_work.outcome.deals["deal_price_fen"].dropna().index[:9]
    table = damaged(pd.DataFrame(sample_work.outcome.table.loc[sold]), cells)
    check_split(table, all_rules(sample_work.scenario.split_rule)[which])


def test_every_reason_of_a_split_is_said(sample_work: Work) -> None:
    sold = sample_work.outcome.deals["deal_price_fen"].dropna().index[:1]
    table = pd.DataFrame(sample_work.outcome.table.loc[sold])
    table = table.assign(zone=None, owner_level=None, development_cost=NAN, deal_on=pd.Timestamp("2019-06-01"))
    gap = split_gaps(table, sample_work.scenario.split_rule).iloc[0].split("；")
    use = table["price_use"].iloc[0]
    assert [reason.split("：")[0] for reason in gap] == [
        "开发支出 缺",
        "所有权层级 缺",
        "成交日 2019-06-01",
        f"地价用途 {use}、区位 缺、入市途径 {table['pathway'].iloc[0]}",
    ]


def test_a_rule_outside_the_national_band_stops_both(sample_work: Work) -> None:
    table = pd.DataFrame(sample_work.outcome.table.loc[sample_work.outcome.deals.index])
    low = replace(sample_work.scenario.split_rule, fund_rates=(FundRate(Decimal("0.1")),))
    for split in (split_gaps, split_income):
        with pytest.raises(RuleError, match="override_document"):
            split(table, low)
