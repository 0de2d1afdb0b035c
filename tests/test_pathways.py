"""Pathways, the ledger of linked quota, and entry against expropriation: worked by hand, and against fractions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.api.typing import NaTType

from landmarket.columns import schema
from landmarket.errors import BadValueError, IndexMismatchError, MissingColumnError, RuleError
from landmarket.market.adjusted_entry import AdjustedRule, Payer, plot_shares, split_adjusted
from landmarket.market.areas import money_of_mu
from landmarket.market.expropriation import (
    Party,
    compare_pathways,
    entry_parts,
    expropriation_parts,
    state_balance,
)
from landmarket.market.pathways import ReplanRule, adjusted_areas, entering_areas, replanned_areas
from landmarket.market.quota_ledger import LAND_PRICES, QUOTA_COLUMNS, quota_balances, quota_ledger
from landmarket.rules import shipped_rules
from tests.helpers import assert_same_index
from tests.hunting import examples

D = Decimal
WAN = 1_000_000
"""One 万元 in fen."""


def cited(key: str, region: str) -> Decimal:
    """A number of a local rule that ships."""
    return next(rule.number for rule in shipped_rules("data/income") if (rule.key, rule.region) == (key, region))


# Adjusted entry. Two parcels of a building zone: 3 mu from plots of 1, 2 and 0.6 mu; 1.5 mu from one plot of 1.5 mu.

ZONES = pd.DataFrame(
    {
        "area": [2000.0, 1000.0],
        "deal_price_fen": [130 * WAN, 60 * WAN],
        "fund_fen": [13 * WAN, 6 * WAN],
        "tax_fen": [0, 0],
        "cost_fen": [7 * WAN, 4 * WAN],
    },
    index=pd.Index(["Z1", "Z2"], name="parcel_code"),
)
PLOTS = pd.DataFrame(
    {
        "zone_parcel": ["Z1", "Z1", "Z2", "Z1"],
        "area": [700.0, 1333.33, 1000.0, 400.0],
        "accepted_area": [666.67, 1333.33, 1000.0, 400.0],
        "reclamation_cost_fen": [3 * WAN, 5 * WAN, 4 * WAN, 2 * WAN],
    },
    index=pd.Index(["P1", "P2", "P3", "P4"], name="parcel_code"),
)
HAICHENG = AdjustedRule("海城", "公开出版物", D("0.40"), Payer.PROCEEDS)


def test_the_area_ledger_sets_plots_beside_parcels() -> None:
    before = PLOTS.copy(deep=True)
    ledger = adjusted_areas(ZONES, PLOTS)
    pd.testing.assert_frame_equal(PLOTS, before)
    assert_same_index(ledger, ZONES)
    assert ledger.to_dict("list") == {
        "plot_count": [3, 1],
        "plot_area": [2433.33, 1000.0],
        "accepted_area": [2400.0, 1000.0],
        "quota_left_area": [400.0, 0.0],
        "quota_short_area": [0.0, 0.0],
        "reclamation_cost_fen": [10 * WAN, 4 * WAN],
    }
    waiting = adjusted_areas(ZONES, PLOTS.assign(accepted_area=[float("nan"), 1333.33, float("nan"), 400.0]))
    assert waiting["quota_short_area"].tolist() == [266.67, 1000.0]
    assert waiting["quota_left_area"].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("region", "parts"),
    [
        ("海城", [(40 * WAN, 60 * WAN), (18_400_000, 27_600_000)]),
        ("平罗", [(30 * WAN, 70 * WAN), (13_800_000, 32_200_000)]),
    ],
)
def test_cited_shares_divide_what_is_left(region: str, parts: list[tuple[int, int]]) -> None:
    # 130 − 13 − 7 − 10 = 100 and 60 − 6 − 4 − 4 = 46 万元, divided 40:60 and 30:70.
    split = split_adjusted(ZONES, PLOTS, replace(HAICHENG, reclaimed_share=cited("reclaimed_share", region)))
    assert_same_index(split, ZONES)
    assert split["net_income_fen"].tolist() == [100 * WAN, 46 * WAN]
    assert list(zip(split["reclaimed_fen"], split["building_fen"], strict=True)) == parts
    assert split["government_cost_fen"].tolist() == split["quota_top_up_fen"].tolist() == [0, 0]


def test_the_floor_of_quota_is_topped_up_by_the_government_or_out_of_the_proceeds() -> None:
    floor = cited("quota_floor_price", "义乌")
    yiwu = AdjustedRule("义乌", "公开出版物", D("0.40"), Payer.GOVERNMENT, floor)
    split = split_adjusted(ZONES, PLOTS, yiwu)
    # 110 and 50 万元 are left, 40 % are 44 and 20; 3 and 1.5 mu at 40 万元 are 120 and 60.
    assert split["government_cost_fen"].tolist() == [10 * WAN, 4 * WAN]
    assert split["reclaimed_fen"].tolist() == [44 * WAN, 20 * WAN]
    assert split["quota_floor_fen"].tolist() == [120 * WAN, 60 * WAN]
    assert split["quota_top_up_fen"].tolist() == [76 * WAN, 40 * WAN]
    with pytest.raises(BadValueError, match=r"Z1.*400000 元/亩"):
        split_adjusted(ZONES, PLOTS, replace(yiwu, floor_paid_by=Payer.PROCEEDS))
    low = replace(yiwu, floor_paid_by=Payer.PROCEEDS, quota_floor=D(200_000))
    paid = split_adjusted(ZONES, PLOTS, low)
    assert paid["reclaimed_fen"].tolist() == [60 * WAN, 30 * WAN]
    assert paid["building_fen"].tolist() == [50 * WAN, 20 * WAN]
    assert paid["quota_top_up_fen"].tolist() == [0, 0]


def test_a_loss_is_recorded_and_nothing_divided() -> None:
    split = split_adjusted(ZONES.assign(cost_fen=[110 * WAN, 4 * WAN]), PLOTS, HAICHENG)
    assert split["loss_fen"].tolist() == [3 * WAN, 0]
    assert split["net_income_fen"].tolist() == [0, 46 * WAN]
    assert split["reclaimed_fen"].tolist() == [0, 18_400_000]


def test_plots_have_their_part_by_accepted_area() -> None:
    split = split_adjusted(ZONES, PLOTS, HAICHENG)
    shares = plot_shares(ZONES, PLOTS, split)
    assert_same_index(shares, PLOTS)
    # 40 万元 on 666.67, 1333.33 and 400 of 2400 ㎡: 11111166.67, 22222166.67 and 6666666.67 fen; two fen are over.
    assert shares["plot_income_fen"].tolist() == [11_111_167, 22_222_167, 18_400_000, 6_666_666]


money = st.integers(0, 10**12)


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(st.tuples(money, money, money, money, money), min_size=1, max_size=4),
    st.integers(0, 10**6).map(lambda n: D(n) / 10**6),
    st.sampled_from(Payer),
    st.lists(st.integers(1, 10**6), min_size=1, max_size=3),
    st.integers(0, 10**6),
)
def test_every_fen_of_the_price_is_somewhere(
    sales: list[tuple[int, int, int, int, int]], share: Decimal, payer: Payer, extra: list[int], floor: int
) -> None:
    zones = pd.DataFrame(sales, columns=["deal_price_fen", "fund_fen", "tax_fen", "cost_fen", "own"]).assign(area=500.0)
    zones.index = pd.Index([f"Z{at}" for at in range(len(zones))], name="parcel_code")
    rows = [(zone, 10_500.0, 500 + centi / 100, cost) for zone, cost in zones["own"].items() for centi in extra]
    plots = pd.DataFrame(rows, columns=["zone_parcel", "area", "accepted_area", "reclamation_cost_fen"])
    plots.index = pd.Index([f"P{at}" for at in range(len(plots))], name="parcel_code")
    rule = AdjustedRule("测试", "虚构", share, payer, D(floor) / 100)
    split = split_adjusted(zones, plots, rule)
    charged = zones[["fund_fen", "tax_fen", "cost_fen"]].sum(axis=1) + split["reclamation_cost_fen"]
    sides = split["reclaimed_fen"] + split["building_fen"]
    assert (charged + sides - split["loss_fen"]).tolist() == zones["deal_price_fen"].tolist()
    assert (sides * split["loss_fen"]).eq(0).all()
    assert (split["reclamation_cost_fen"] + split["government_cost_fen"]).tolist() == (
        zones["own"] * len(extra)
    ).tolist()
    for reclaimed, net in zip(split["reclaimed_fen"], split["net_income_fen"], strict=True):
        assert abs(reclaimed - Fraction(share) * net) < 1
    shares = plot_shares(zones, plots, split).groupby(plots["zone_parcel"]).sum()
    assert shares["plot_income_fen"].to_dict() == split["reclaimed_fen"].to_dict()
    assert shares["plot_top_up_fen"].to_dict() == split["quota_top_up_fen"].to_dict()
    least = Fraction(floor, 1) * 50_000 * 3 / 200_000
    assert all(abs(have - least) <= Fraction(1, 2) for have in split["quota_floor_fen"])
    assert (split["reclaimed_fen"] + split["quota_top_up_fen"] >= split["quota_floor_fen"]).all()


@pytest.mark.parametrize(
    ("name", "values", "parts"),
    [
        ("accepted_area", [666.67, 1333.33, 999.99, 400.0], ["Z2", "quota_short_area（验收面积缺口）", "补足"]),
        ("accepted_area", [700.01, 1333.33, 1000.0, 400.0], ["P1 = 700.01", "不应大于地块面积"]),
        ("zone_parcel", ["Z1", "Z9", "Z2", "Z1"], ["P2", "'Z9'", "zone_parcel（建新地块代码）"]),
        ("reclamation_cost_fen", [0, 0, -1, 0], ["P3 = -1", "reclamation_cost_fen（复垦费用分）"]),
        ("area", [0.0, 1333.33, 1000.0, 400.0], ["P1 = 0.0", "area（计价面积）"]),
    ],
)
def test_plots_that_cannot_be_used_are_named(name: str, values: list[float], parts: list[str]) -> None:
    with pytest.raises(BadValueError) as caught:
        split_adjusted(ZONES, PLOTS.assign(**{name: pd.Series(values, index=PLOTS.index)}), HAICHENG)
    assert all(part in str(caught.value) for part in [*parts, "办法："])


def test_rules_of_adjusted_entry_that_make_no_sense_are_refused() -> None:
    with pytest.raises(RuleError, match=r"海城：复垦区份额 40 应在 0 与 1 之间"):
        replace(HAICHENG, reclaimed_share=D(40))
    with pytest.raises(RuleError, match=r"指标保底价 = -1"):
        replace(HAICHENG, quota_floor=D(-1))
    with pytest.raises(MissingColumnError, match=r"fund_fen（土地增值收益调节金分）"):
        split_adjusted(ZONES.drop(columns="fund_fen"), PLOTS, HAICHENG)
    with pytest.raises(BadValueError, match="同时列为建新地块"):
        adjusted_areas(ZONES, PLOTS.rename({"P1": "Z1"}))


# Replanned entry, and what enters by any pathway.

REPLAN = ReplanRule("城中村整治（测试）", "虚构", D("0.25"), D("0.6"), D("0.15"))
AREAS = pd.DataFrame(
    {"area": [10_000.0, 333.33], "retained_area": [2_000.0, 0.0]}, index=pd.Index(["R1", "R2"], name="parcel_code")
)


def test_a_replanned_area_is_divided_to_the_hundredth() -> None:
    table = replanned_areas(AREAS, REPLAN)
    assert_same_index(table, AREAS)
    # 33333 hundredths by 25 : 60 : 15 are 8333.25, 19999.8 and 4999.95; the two over go to public and collective.
    assert table.to_dict("list") == {
        "state_area": [2500.0, 83.33],
        "collective_area": [6000.0, 200.0],
        "public_area": [1500.0, 50.0],
        "entering_area": [4000.0, 200.0],
    }


def test_replanning_that_does_not_add_up_is_refused() -> None:
    with pytest.raises(RuleError, match=r"合计 1\.1，应为 1"):
        replace(REPLAN, public_share=D("0.25"))
    with pytest.raises(BadValueError) as caught:
        replanned_areas(AREAS.assign(retained_area=[6000.01, 0.0]), REPLAN)
    assert all(part in str(caught.value) for part in ("R1 = 6000.01", "retained_area（集体自留面积）", "0.6"))


def test_each_pathway_enters_with_its_own_area() -> None:
    parcels = pd.DataFrame(
        {"pathway": ["整治", "就地", "调整"], "area": [10_000.0, 512.3, 2000.0]},
        index=pd.Index(["R1", "A1", "Z1"], name="parcel_code"),
    )
    ledger, replanned = adjusted_areas(ZONES, PLOTS), replanned_areas(AREAS, REPLAN)
    table = entering_areas(parcels, ledger, replanned)
    assert_same_index(table, parcels)
    assert table["entering_area"].tolist() == [4000.0, 512.3, 2000.0]
    assert table["quota_taken_area"].tolist() == [0.0, 0.0, 2000.0]
    short = adjusted_areas(ZONES, PLOTS.assign(accepted_area=0.0))
    for adjusted, renewed, parts in (
        (short, replanned, ["Z1", "复垦验收面积不足"]),
        (ledger.drop("Z1"), replanned, ["Z1", "不在调整入市面积台账"]),
        (ledger, replanned.drop("R1"), ["R1", "不在整治用地分配表"]),
    ):
        with pytest.raises(BadValueError) as caught:
            entering_areas(parcels, adjusted, renewed)
        assert all(part in str(caught.value) for part in [*parts, "pathway（入市途径）"])


# The ledger of linked quota.

EVENTS = pd.DataFrame(
    [
        ("2026-01-10", "产生", "甲镇", "P1", None, 666.67, "2026-01-08", None),
        ("2026-02-01", "产生", "乙镇", "P2", None, 1000.0, "2026-02-01", None),
        ("2026-03-01", "使用", "甲镇", None, "Z1", 600.0, None, 30_000_000.0),
        ("2026-03-01", "使用", "乙镇", None, "Z1", 400.0, None, 30_000_001.0),
        ("2026-05-01", "退回", "甲镇", None, "Z1", 100.0, None, None),
        ("2026-12-31", "失效", "甲镇", None, None, 166.67, None, None),
    ],
    columns=QUOTA_COLUMNS,
    index=pd.Index([f"E{number}" for number in range(1, 7)], name="event"),
)
EVENTS = EVENTS.assign(
    quota_event_on=pd.to_datetime(EVENTS["quota_event_on"]), accepted_on=pd.to_datetime(EVENTS["accepted_on"])
)


def test_the_ledger_runs_from_event_to_event() -> None:
    before = EVENTS.copy(deep=True)
    ledger = quota_ledger(EVENTS)
    pd.testing.assert_frame_equal(EVENTS, before)
    assert_same_index(ledger, EVENTS)
    assert ledger["quota_change_area"].tolist() == [666.67, 1000.0, -600.0, -400.0, 100.0, -166.67]
    assert ledger["township_quota_area"].tolist() == [666.67, 1000.0, 66.67, 600.0, 166.67, 0.0]
    assert ledger["county_quota_area"].tolist() == [666.67, 1666.67, 1066.67, 666.67, 766.67, 600.0]
    # 0.9 mu at 30 万元 are 27 万元; 0.6 mu at 300,000.01 元 are 180,000.006 元.
    assert ledger["quota_amount_fen"].tolist()[2:4] == [27_000_000, 18_000_001]
    assert ledger["quota_amount_fen"].isna().tolist() == [True, True, False, False, True, True]


def test_balances_are_those_of_a_day() -> None:
    table = quota_balances(EVENTS, date(2026, 5, 1))
    assert table.index.tolist() == ["甲镇", "乙镇", "合计"]
    first, _, total = table.to_numpy().tolist()
    assert first == [666.67, 600.0, 100.0, 0.0, 166.67]
    assert total == [1666.67, 1000.0, 100.0, 0.0, 766.67]
    assert quota_balances(EVENTS, date(2025, 12, 31))["quota_balance_area"].tolist() == [0.0, 0.0, 0.0]


def at(
    row: str, column: str, value: str | float | pd.Timestamp | NaTType | None
) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Change one cell."""

    def changed(events: pd.DataFrame) -> pd.DataFrame:
        table = events.copy()
        table.loc[row, column] = value
        return table

    return changed


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        (at("E2", "plot_code", "P1"), ["E2（2026-02-01 乙镇 产生）", "复垦地块 P1 已在事件 E1 产生指标"]),
        (
            at("E1", "accepted_on", pd.Timestamp("2026-01-11")),
            ["E1", "不能早于复垦验收", "quota_event_on（指标事件日）"],
        ),
        (at("E1", "accepted_on", pd.NaT), ["E1", "复垦须先验收", "accepted_on（复垦验收日）"]),
        (at("E4", "quota_event_on", pd.Timestamp("2026-02-28")), ["E4", "早于上一事件 2026-03-01", "次序"]),
        (at("E3", "quota_area", 666.68), ["E3（2026-03-01 甲镇 使用）", "结余只有 666.67 ㎡，不足 666.68 ㎡"]),
        (at("E6", "quota_area", 166.68), ["E6（2026-12-31 甲镇 失效）", "结余只有 166.67 ㎡"]),
        (at("E5", "quota_area", 600.01), ["E5", "退回多于建新地块 Z1 已使用的指标"]),
        (at("E5", "township", "丙镇"), ["E5", "退回多于建新地块 Z1 已使用的指标"]),
        (at("E3", "zone_parcel", None), ["E3", "zone_parcel（建新地块代码）"]),
        (at("E3", "plot_code", "P3"), ["E3 = 'P3'", "plot_code（复垦地块代码）"]),
        (at("E3", "quota_event", "出售"), ["E3 = '出售'", "产生、使用、退回、失效"]),
        (at("E3", "quota_area", -5.0), ["E3 = -5.0", "quota_area（指标面积）"]),
        (at("E3", "quota_unit_price_fen", 0.5), ["E3 = 0.5", "quota_unit_price_fen（指标单价分）", "分/亩"]),
    ],
)
def test_an_event_that_cannot_be_is_refused_by_name(
    change: Callable[[pd.DataFrame], pd.DataFrame], parts: list[str]
) -> None:
    for keep in (quota_ledger, lambda events: quota_balances(events, date(2026, 1, 1))):
        with pytest.raises(BadValueError) as caught:
            keep(change(EVENTS))
        assert all(part in str(caught.value) for part in [*parts, "办法："])


def test_what_one_township_has_another_cannot_use() -> None:
    with pytest.raises(BadValueError, match=r"E4.*结余只有 0\.00 ㎡"):
        quota_ledger(at("E4", "township", "丙镇")(EVENTS))


@pytest.mark.parametrize("name", LAND_PRICES)
def test_a_price_of_land_has_no_place_among_quota(name: str) -> None:
    with pytest.raises(BadValueError) as caught:
        quota_ledger(EVENTS.assign(**{name: 1}))
    assert all(
        part in str(caught.value) for part in (name, "不是地价", "不得混用", "quota_unit_price_fen（指标单价分）")
    )


def test_prices_of_quota_and_of_land_differ_in_name_and_unit() -> None:
    columns = schema()
    assert columns["quota_unit_price_fen"].unit == "分/亩"
    assert columns["unit_price_fen"].unit == "分/㎡"
    every_price = {
        name for name in columns if "price" in name and not name.startswith(("quota", "reserve", "base_price", "negot"))
    }
    assert not every_price & {*quota_ledger(EVENTS).columns, *quota_balances(EVENTS, date(2026, 1, 1)).columns}
    assert set(LAND_PRICES) <= set(columns)


@settings(max_examples=examples(80), deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("产使退失"), st.sampled_from("甲乙"), st.integers(1, 50)), min_size=1, max_size=12
    )
)
def test_a_ledger_is_kept_if_no_balance_falls_below_zero(moves: list[tuple[str, str, int]]) -> None:
    kinds = {"产": "产生", "使": "使用", "退": "退回", "失": "失效"}
    rows = [
        (
            pd.Timestamp("2026-01-01") + pd.Timedelta(days=number // 2),
            kinds[kind],
            town,
            f"P{number}" if kind == "产" else None,
            "Z" if kind in "使退" else None,
            float(area),
            pd.Timestamp("2025-12-31") if kind == "产" else pd.NaT,
            None,
        )
        for number, (kind, town, area) in enumerate(moves)
    ]
    events = pd.DataFrame(rows, columns=QUOTA_COLUMNS)
    events["quota_unit_price_fen"] = pd.Series([None] * len(rows), dtype="Int64")
    have, used, bad = {"甲": 0, "乙": 0}, {"甲": 0, "乙": 0}, False
    expected = []
    for kind, town, area in moves:
        have[town] += area if kind in "产退" else -area
        used[town] += {"使": area, "退": -area}.get(kind, 0)
        bad = bad or have[town] < 0 or used[town] < 0
        expected.append((have[town], sum(have.values())))
    if bad:
        with pytest.raises(BadValueError, match=r"结余只有|退回多于"):
            quota_ledger(events)
        return
    ledger = quota_ledger(events)
    assert list(zip(ledger["township_quota_area"], ledger["county_quota_area"], strict=True)) == expected


@settings(max_examples=examples(100), deadline=None)
@given(st.integers(0, 10**10), st.integers(0, 10**12))
def test_a_price_per_mu_times_an_area_is_exact(price: int, centi: int) -> None:
    exact = Fraction(price) * centi * 3 / 200_000
    assert -Fraction(1, 2) < money_of_mu(price, centi) - exact <= Fraction(1, 2)


# Entry against expropriation. 15 mu: sold for 300 万元, or taken at 5 万元/亩 and granted for 360 万元.

CODES = pd.Index(["A", "B"], name="parcel_code")
ENTRY = pd.DataFrame(
    {
        "deal_price_fen": [300 * WAN, 100 * WAN],
        "cost_fen": [60 * WAN, 10 * WAN],
        "tax_fen": [0, 2 * WAN],
        "fund_fen": [72 * WAN, 18 * WAN],
        "collective_fen": [68 * WAN, 40 * WAN],
        "members_fen": [100 * WAN, 30 * WAN],
    },
    index=CODES,
)
TAKING = pd.DataFrame(
    {
        "area": [10_000.0, 2_000.0],
        "state_price_fen": [360 * WAN, 20 * WAN],
        "zone_price_fen": [5 * WAN, 6 * WAN],
        "crops_fen": [10 * WAN, 0],
        "social_security_fen": [15 * WAN, 3 * WAN],
        "resettlement_fen": [0, 4 * WAN],
        "government_cost_fen": [80 * WAN, 5 * WAN],
    },
    index=CODES,
)


def test_party_by_party_both_ways_add_up_to_the_lands_value() -> None:
    before = TAKING.copy(deep=True)
    entry, taking = entry_parts(ENTRY), expropriation_parts(TAKING)
    pd.testing.assert_frame_equal(TAKING, before)
    assert_same_index(entry, ENTRY)
    assert_same_index(taking, TAKING)
    # A: 15 mu × 5 = 75 for the collective; 360 − 75 − 10 − 15 − 80 = 180 for the state.
    table = compare_pathways(entry, taking)
    first = table.loc["A"]
    assert first.index.tolist() == [*map(str, Party), "合计"]
    assert (first["entry_fen"] // WAN).tolist() == [72, 68, 100, 0, 0, 60, 300]
    assert (first["expropriation_fen"] // WAN).tolist() == [180, 75, 15, 10, 0, 80, 360]
    assert (first["difference_fen"] // WAN).tolist() == [-108, -7, 85, -10, 0, -20, -60]
    # B: 3 mu × 6 = 18; the state loses 20 − 18 − 3 − 4 − 5 = −10.
    second = table.loc["B"]
    assert (second["expropriation_fen"] // WAN).tolist() == [-10, 18, 7, 0, 0, 5, 20]


def test_the_rate_of_equal_shares_is_the_one_at_which_they_are_equal() -> None:
    gain = pd.Series([240 * WAN, 90 * WAN], index=CODES)
    table = state_balance(entry_parts(ENTRY), expropriation_parts(TAKING), gain)
    assert_same_index(table, ENTRY)
    # A: 72 of 240 is 30 %; 180 of 180 + 75 + 15 is two thirds. 2/3 of 240 is 160; on the gain of 240 the rate is 2/3.
    assert table["entry_state_share"].tolist() == [0.3, pytest.approx(18 / 88)]
    assert table["expropriation_state_share"].iloc[0] == pytest.approx(2 / 3)
    assert table["equal_share_rate"].iloc[0] == 0.666667
    assert table["balance_note"].tolist() == ["", "征收下国家净得为负，没有使两者相等的比例"]
    assert table["equal_share_rate"].isna().tolist() == [False, True]
    price = state_balance(entry_parts(ENTRY), expropriation_parts(TAKING), ENTRY["deal_price_fen"])
    assert price["equal_share_rate"].iloc[0] == 0.533333  # 160 of 300


@settings(max_examples=examples(80), deadline=None)
@given(st.integers(1, 10**9), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(1, 10**9))
def test_at_that_rate_the_shares_are_equal(divided: int, state: int, other: int, base: int) -> None:
    if state + other == 0:
        return
    entry = pd.DataFrame([[0, divided, 0, 0, 0, 0]], columns=[str(party) for party in Party])
    taking = pd.DataFrame([[state, other, 0, 0, 0, 0]], columns=[str(party) for party in Party])
    row = state_balance(entry, taking, pd.Series([base])).iloc[0]
    # By bisection: the rate at which the state's part of what is divided reaches its share under expropriation.
    low, high = Fraction(0), Fraction(10**10)
    for _ in range(80):
        middle = (low + high) / 2
        below = middle * base * (state + other) < Fraction(state) * divided
        low, high = (middle, high) if below else (low, middle)
    assert abs(Fraction(row["equal_share_rate"]) - low) <= Fraction(1, 10**6) + low / 10**12
    assert row["balance_note"] == ("比例大于 1，不能达到" if state * divided > base * (state + other) else "")


def test_where_nothing_can_be_compared_the_note_says_so() -> None:
    nothing = expropriation_parts(TAKING.assign(state_price_fen=0))
    table = state_balance(entry_parts(ENTRY), nothing, pd.Series([WAN, WAN], index=CODES))
    assert table["balance_note"].tolist() == ["征收下国家与集体合计不大于 0，无从比较"] * 2
    no_base = state_balance(entry_parts(ENTRY), expropriation_parts(TAKING), pd.Series([0, 0], index=CODES))
    assert no_base["balance_note"].iloc[0] == "没有可征收的基数"


@pytest.mark.parametrize("name", ["zone_price_fen", "crops_fen", "social_security_fen", "resettlement_fen"])
def test_numbers_of_the_compensation_have_no_default(name: str) -> None:
    with pytest.raises(MissingColumnError, match=name):
        expropriation_parts(TAKING.drop(columns=name))
    empty = TAKING.astype({name: "Int64"})
    empty.loc["B", name] = pd.NA
    with pytest.raises(BadValueError) as caught:
        expropriation_parts(empty)
    assert all(part in str(caught.value) for part in (name, "B", "不得留空"))


def test_parts_that_are_not_the_price_are_refused() -> None:
    with pytest.raises(BadValueError) as caught:
        entry_parts(ENTRY.assign(fund_fen=[72 * WAN, 18 * WAN + 1]))
    assert all(part in str(caught.value) for part in ("B = 100000000", "deal_price_fen（成交价分）", "各方之和"))
    with pytest.raises(IndexMismatchError):
        compare_pathways(entry_parts(ENTRY), expropriation_parts(TAKING.iloc[::-1]))
