"""Supply plans against every subset of parcels, worked by hand, and against themselves with rows in another order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import chain, combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from landmarket.errors import (
    BadValueError,
    IndexMismatchError,
    MissingColumnError,
    RuleError,
    UnverifiedRuleWarning,
)
from landmarket.market.supply import STATEMENT, SupplyOrder, best_plan, plan_by_rule, quota_value
from landmarket.market.supply_limits import supply_problem
from landmarket.market.supply_outcome import plan_outcome, plan_summary
from landmarket.market.supply_plan import PlanStatus
from landmarket.market.supply_rule import FloorBasis, SupplyRule, TownshipFloor, UseQuota, read_supply_rule
from landmarket.market.supply_solver import best_choice
from tests.helpers import assert_same_index
from tests.hunting import examples

D = Decimal
MU = 2000 / 3
RULE = SupplyRule("年度供应计划（测试）", "虚构", True, 2027, D(30))


def bank(rows: list[tuple[str, str, float, int]]) -> pd.DataFrame:
    """A reserve bank of (township, use, mu, expected collective income [元])."""
    codes = [f"411081{number:03d}001GB00001" for number in range(len(rows))]
    table = pd.DataFrame(rows, columns=["township", "price_use", "area", "income"], index=pd.Index(codes))
    table["area"] = (table["area"] * MU).round(2)
    table["supply_state"] = "可供应"
    table["sale_probability"] = 0.5
    table["expected_collective_fen"] = table.pop("income") * 100
    table["expected_price_fen"] = table["expected_collective_fen"] * 2
    return table.rename_axis("parcel_code")


# By hand: 30 mu. Per mu the first is best, and only the fourth or fifth fits beside it; the second and third fill it.
FIVE = bank(
    [
        ("梁北镇", "工业", 18, 198_000),
        ("梁北镇", "工业", 15, 150_000),
        ("神垕镇", "商服", 15, 150_000),
        ("神垕镇", "工业", 12, 60_000),
        ("褚河街道", "商服", 9, 45_000),
    ]
)


def chosen_of(table: pd.DataFrame) -> list[bool]:
    """Which rows a plan takes."""
    return table["chosen"].eq("是").tolist()


def test_the_best_plan_fills_the_quota_that_the_order_wastes() -> None:
    before = FIVE.copy(deep=True)
    best = best_plan(FIVE, RULE)
    pd.testing.assert_frame_equal(FIVE, before)
    assert_same_index(best.chosen, FIVE)
    assert chosen_of(best.chosen) == [False, True, True, False, False]
    assert (best.objective_fen, best.bound_fen, best.gap) == (30_000_000, 30_000_000, 0.0)
    assert best.status is PlanStatus.BEST
    assert best.chosen["plan_reason"].iloc[0] == "未列入：已列入 30.00 亩，再列入将超出总指标 30 亩"
    by_order = plan_by_rule(FIVE, RULE, SupplyOrder.INCOME_PER_MU)
    assert chosen_of(by_order.chosen) == [True, False, False, True, False]
    assert by_order.objective_fen == 25_800_000
    # Divided parcels: 18 mu at 11000 yuan and 12 mu at 10000 yuan.
    assert by_order.bound_fen == pytest.approx(31_800_000, abs=100)
    assert by_order.gap == pytest.approx(1 - 25_800_000 / 31_800_000, abs=1e-5)


@pytest.mark.parametrize(
    ("order", "taken"),
    [
        (SupplyOrder.INCOME, [True, False, False, True, False]),
        (SupplyOrder.SMALL_FIRST, [False, False, False, True, True]),
        (SupplyOrder.BANK, [False, True, False, False, True]),
        (SupplyOrder.SALE_PROBABILITY, [True, False, False, False, True]),
    ],
)
def test_each_order_takes_what_comes_first_and_fits(order: SupplyOrder, taken: list[bool]) -> None:
    table = FIVE.assign(sale_probability=[0.9, 0.5, 0.5, 0.4, 0.8])
    if order is SupplyOrder.BANK:
        table = table.iloc[[4, 1, 3, 0, 2]]
        taken = [taken[at] for at in (4, 1, 3, 0, 2)]
    assert chosen_of(plan_by_rule(table, RULE, order).chosen) == taken


def test_floors_are_kept_before_the_order_and_named_where_they_are_missed() -> None:
    area = replace(RULE, floors=(TownshipFloor(FloorBasis.AREA, D(9), "褚河街道"),))
    assert chosen_of(plan_by_rule(FIVE, area, SupplyOrder.INCOME).chosen) == [True, False, False, False, True]
    share = replace(RULE, floors=(TownshipFloor(FloorBasis.INCOME, D("0.2"), "褚河街道"),))
    missed = plan_by_rule(FIVE, share, SupplyOrder.INCOME)
    assert missed.status is PlanStatus.BELOW_FLOOR
    assert (missed.missed, missed.bound_fen, missed.gap) == (("褚河街道下限 0.2（占集体预期收入）",), None, None)
    # With the last parcel the first leaves it 18.5 %, of 243,000; one of 15 mu leaves it 23 %, of 195,000.
    assert best_plan(FIVE, share).objective_fen == 19_500_000


def test_a_general_floor_gives_way_to_a_townships_own() -> None:
    floors = (TownshipFloor(FloorBasis.AREA, D(9)), TownshipFloor(FloorBasis.AREA, D(0), "褚河街道"))
    best = best_plan(FIVE, replace(RULE, floors=floors))
    assert best.objective_fen == 30_000_000
    tight = best_plan(FIVE, replace(RULE, quota_mu=D(36), floors=floors[:1]))
    # One of each township: 15 or 18 of 梁北, 12 or 15 of 神垕, 9 of 褚河, together at most 36 mu.
    assert tight.objective_fen == 25_500_000


def test_quotas_of_uses_hold_beside_the_total() -> None:
    best = best_plan(FIVE, replace(RULE, use_quotas=(UseQuota("商服", D(10)),)))
    assert chosen_of(best.chosen) == [True, False, False, True, False]
    assert best.chosen["plan_reason"].iloc[2] == "未列入：单宗 15.00 亩，超出商服指标 10 亩"


def test_parcels_that_cannot_be_supplied_stay_out_with_their_state() -> None:
    states = FIVE.assign(supply_state=["可供应", "已供应", "暂不供应", "可供应", "可供应"])
    best = best_plan(states, RULE)
    assert_same_index(best.chosen, states)
    assert chosen_of(best.chosen) == [True, False, False, True, False]
    assert best.chosen["plan_reason"].tolist()[1:3] == ["储备状态：已供应", "储备状态：暂不供应"]


# Every subset.

PLACES, USES = ("甲镇", "乙镇", "丙镇"), ("工业", "商服")
cells = st.tuples(
    st.sampled_from(PLACES), st.sampled_from(USES), st.integers(1, 60).map(lambda n: n / 2), st.integers(0, 400)
)
mus = st.integers(1, 240).map(lambda n: D(n) / 2)
floors = st.lists(
    st.one_of(
        st.builds(TownshipFloor, st.just(FloorBasis.AREA), st.integers(0, 20).map(D), st.sampled_from(("", *PLACES))),
        st.builds(
            TownshipFloor,
            st.just(FloorBasis.INCOME),
            st.integers(0, 40).map(lambda n: D(n) / 100),
            st.sampled_from(("", *PLACES)),
        ),
    ),
    max_size=3,
    unique_by=lambda one: (one.basis, one.township),
)
quotas = st.lists(st.builds(UseQuota, st.sampled_from(USES), mus), max_size=2, unique_by=lambda one: one.price_use)


def keeps(rule: SupplyRule, table: pd.DataFrame, taken: tuple[int, ...]) -> bool:
    """Whether a choice keeps to the rule, in fractions of a mu and of the income."""
    mu = [Fraction(str(area)) * 3 / 2000 for area in table["area"]]
    income = table["expected_collective_fen"].tolist()
    towns, uses = table["township"].tolist(), table["price_use"].tolist()
    if sum(mu[at] for at in taken) > rule.quota_mu:
        return False
    for quota in rule.use_quotas:
        if sum(mu[at] for at in taken if uses[at] == quota.price_use) > quota.quota_mu:
            return False
    own = {(one.basis, one.township) for one in rule.floors}
    for floor in rule.floors:
        places = {floor.township} if floor.township else {t for t in towns if (floor.basis, t) not in own}
        for place in places:
            inside = [at for at in taken if towns[at] == place]
            if floor.basis is FloorBasis.AREA and sum(mu[at] for at in inside) < floor.least:
                return False
            whole = sum(income[at] for at in taken)
            if floor.basis is FloorBasis.INCOME and sum(income[at] for at in inside) < Fraction(floor.least) * whole:
                return False
    return True


def subsets(count: int) -> Iterator[tuple[int, ...]]:
    """Every choice among some parcels."""
    return chain.from_iterable(combinations(range(count), size) for size in range(count + 1))


def test_a_plan_that_is_the_best_is_called_so() -> None:
    """8.5 mu are 5,666.67 ㎡: two such parcels are a hair above 17 mu, and one of 17 mu is worth as much as either."""
    table = bank([("甲镇", "工业", 8.5, 10_000), ("甲镇", "工业", 8.5, 20_000), ("甲镇", "工业", 17.0, 20_000)])
    plan = best_plan(table, replace(RULE, quota_mu=Decimal(17), use_quotas=(), floors=()))
    assert (plan.objective_fen, plan.bound_fen, plan.status) == (2_000_000, 2_000_000, PlanStatus.BEST)


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(cells, min_size=1, max_size=9), mus, quotas, floors, st.randoms(use_true_random=False))
def test_the_plan_is_the_best_of_all_subsets(
    rows: list[tuple[str, str, float, int]],
    quota: Decimal,
    use_quotas: list[UseQuota],
    least: list[TownshipFloor],
    chance: object,
) -> None:
    table = bank([(town, use, mu, income * 10_000) for town, use, mu, income in rows])
    towns, uses = set(table["township"]), set(table["price_use"])
    rule = replace(
        RULE,
        quota_mu=quota,
        use_quotas=tuple(one for one in use_quotas if one.price_use in uses),
        floors=tuple(one for one in least if not one.township or one.township in towns),
    )
    assume(Fraction(str(table["area"].min())) * 3 / 2000 <= quota)
    income = table["expected_collective_fen"].tolist()
    possible = [sum(income[at] for at in taken) for taken in subsets(len(table)) if keeps(rule, table, taken)]
    if not possible:
        with pytest.raises(RuleError, match=r"下限"):
            best_plan(table, rule)
        return
    plan = best_plan(table, rule)
    assert (plan.objective_fen, plan.bound_fen, plan.status) == (max(possible), max(possible), PlanStatus.BEST)
    taken = tuple(at for at, own in enumerate(chosen_of(plan.chosen)) if own)
    assert keeps(rule, table, taken)
    assert sum(income[at] for at in taken) == plan.objective_fen
    mixed = table.loc[chance.sample(list(table.index), len(table))]  # type: ignore[attr-defined]
    pd.testing.assert_frame_equal(best_plan(mixed, rule).chosen.loc[table.index], plan.chosen)
    for order in SupplyOrder:
        greedy = plan_by_rule(table, rule, order)
        if greedy.bound_fen is None:
            assert greedy.missed
        else:
            assert greedy.objective_fen <= plan.objective_fen <= greedy.bound_fen


def three_hundred() -> pd.DataFrame:
    """A reserve bank of a county."""
    rng = np.random.default_rng(7)
    mu, price = rng.integers(5, 1200, 300) / 10, rng.integers(60, 600, 300)
    towns, uses = rng.choice(list("甲乙丙丁戊己庚辛"), 300), rng.choice(USES, 300)
    rows = zip(towns.tolist(), uses.tolist(), mu.tolist(), (mu * price * 500).astype(int).tolist(), strict=True)
    return bank(list(rows))


def test_a_county_of_three_hundred_parcels_is_solved_and_stated_with_its_gap() -> None:
    table = three_hundred()
    floors = (TownshipFloor(FloorBasis.AREA, D(30)), TownshipFloor(FloorBasis.INCOME, D("0.05")))
    rule = replace(RULE, quota_mu=D(2000), use_quotas=(UseQuota("工业", D(800)),), floors=floors)
    plan = best_plan(table, rule)
    assert keeps(rule, table, tuple(at for at, own in enumerate(chosen_of(plan.chosen)) if own))
    assert plan.bound_fen is not None
    assert plan.gap is not None
    assert plan.objective_fen <= plan.bound_fen
    assert plan.gap < 1e-4
    greedy = plan_by_rule(table, replace(rule, floors=floors[:1]), SupplyOrder.INCOME_PER_MU)
    assert greedy.bound_fen is not None
    assert greedy.objective_fen <= greedy.bound_fen
    assert plan.bound_fen <= greedy.bound_fen  # one floor more cannot add income


def test_a_choice_that_floating_point_cannot_tell_from_the_floor_is_cut_off() -> None:
    # Half of the income is to be 甲镇's; with both parcels it lacks one fen of two hundred thousand million yuan.
    table = bank([("甲镇", "工业", 1, 1), ("乙镇", "工业", 1, 1)]).assign(expected_collective_fen=[10**13, 10**13 + 1])
    rule = replace(RULE, floors=(TownshipFloor(FloorBasis.INCOME, D("0.5"), "甲镇"),))
    plan = best_plan(table, rule)
    assert (chosen_of(plan.chosen), plan.objective_fen) == ([True, False], 10**13)
    assert plan.chosen["plan_reason"].iloc[1] == "未列入：再列入将不满足甲镇下限 0.5（占集体预期收入）"
    even = best_plan(table.assign(expected_collective_fen=10**13), rule)
    assert chosen_of(even.chosen) == [True, True]


# What one more mu is worth.


def test_a_mu_is_worth_what_planning_again_says() -> None:
    value = quota_value(FIVE, RULE, D(3))
    # 33 mu: 18 and 15; 27 mu, as 29 mu: 18 and 9.
    assert (value.objective_fen, value.more_fen, value.less_fen) == (30_000_000, 4_800_000, 5_700_000)
    assert (value.unproven_fen, value.less_reason, value.statement) == (0, "", STATEMENT)
    lump = quota_value(FIVE, RULE)
    assert (lump.extra_mu, lump.more_fen, lump.less_fen) == (D(1), 0, 5_700_000)


def test_where_less_quota_leaves_no_plan_that_is_the_answer() -> None:
    value = quota_value(FIVE, replace(RULE, quota_mu=D(9)))
    assert (value.more_fen, value.less_fen) == (0, None)
    assert "总指标 8 亩小于最小的一宗" in value.less_reason
    with pytest.raises(RuleError, match="extra_mu = 0"):
        quota_value(FIVE, RULE, D(0))


# Refusals.


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        (replace(RULE, quota_mu=D(8)), ["总指标 8 亩小于最小的一宗", "411081004001GB00001", "9.00 亩"]),
        (
            replace(RULE, floors=(TownshipFloor(FloorBasis.AREA, D(10), "褚河街道"),)),
            ["褚河街道下限 10 亩", "9.00 亩", "least = 0"],
        ),
        (
            replace(
                RULE,
                floors=(
                    TownshipFloor(FloorBasis.AREA, D(16), "梁北镇"),
                    TownshipFloor(FloorBasis.AREA, D(13), "神垕镇"),
                    TownshipFloor(FloorBasis.AREA, D(1), "褚河街道"),
                ),
                use_quotas=(UseQuota("工业", D(30)),),
            ),
            ["相互矛盾的是：总指标 30 亩、梁北镇下限 16 亩、神垕镇下限 13 亩"],
        ),
        (replace(RULE, use_quotas=(UseQuota("工业用地", D(9)),)), ["工业用地", "现有用途：商服、工业"]),
        (replace(RULE, floors=(TownshipFloor(FloorBasis.AREA, D(1), "鸠山镇"),)), ["鸠山镇", "没有这些用途或乡镇"]),
    ],
    ids=["quota", "floor", "together", "use", "township"],
)
def test_a_rule_that_cannot_be_kept_says_what_contradicts(rule: SupplyRule, parts: list[str]) -> None:
    with pytest.raises(RuleError) as caught:
        best_plan(FIVE, rule)
    assert all(part in str(caught.value) for part in [*parts, "办法："])


def test_a_contradiction_names_no_limit_that_is_innocent() -> None:
    least = (
        TownshipFloor(FloorBasis.AREA, D(16), "梁北镇"),
        TownshipFloor(FloorBasis.AREA, D(13), "神垕镇"),
        TownshipFloor(FloorBasis.AREA, D(1), "褚河街道"),
    )
    rule = replace(RULE, floors=least, use_quotas=(UseQuota("工业", D(40)),))
    with pytest.raises(RuleError) as caught:
        best_plan(FIVE, rule)
    named = [name for name in ("总指标", "工业指标", "梁北镇", "神垕镇", "褚河街道") if name in str(caught.value)]
    # 18 + 15 + 9 > 30; any two of the three floors can be kept: 18 + 12 would do for 12 mu, but not for 13.
    assert named == ["总指标", "梁北镇", "神垕镇"]


@pytest.mark.parametrize(
    ("column", "value", "parts"),
    [
        ("township", None, ["township（乡镇）", "补上乡镇"]),
        ("price_use", None, ["price_use（地价用途）"]),
        ("area", 0.0, ["area（计价面积）", "大于 0"]),
        ("supply_state", "待定", ["supply_state（储备状态）", "'待定'", "可供应、暂不供应、已供应"]),
        ("expected_collective_fen", -1, ["expected_collective_fen（集体预期收入分）", "-1"]),
    ],
)
def test_values_that_cannot_be_used_are_named(column: str, value: str | float | None, parts: list[str]) -> None:
    table = FIVE.astype({column: object})
    table.loc[table.index[2], column] = value
    with pytest.raises(BadValueError) as caught:
        best_plan(table, RULE)
    assert all(part in str(caught.value) for part in [*parts, str(FIVE.index[2]), "办法："])


def test_other_things_that_cannot_be_planned() -> None:
    with pytest.raises(MissingColumnError, match=r"supply_state（储备状态）"):
        best_plan(FIVE.drop(columns="supply_state"), RULE)
    with pytest.raises(BadValueError, match=r"储备库 5 宗中没有可供应的宗地"):
        best_plan(FIVE.assign(supply_state="已供应"), RULE)
    with pytest.raises(BadValueError, match=r"无法精确计算"):
        best_plan(FIVE.assign(expected_collective_fen=8 * 10**15), RULE)
    with pytest.raises(BadValueError, match=r"sale_probability（含重挂的成交概率）"):
        plan_by_rule(FIVE.assign(sale_probability=1.5), RULE, SupplyOrder.SALE_PROBABILITY)
    with pytest.warns(UnverifiedRuleWarning, match="供应计划规则未经核对：年度供应计划"):
        best_plan(FIVE, replace(RULE, verified=False))


def test_a_search_that_is_stopped_states_its_gap() -> None:
    rng = np.random.default_rng(3)
    mu = (rng.integers(20_000, 8_000_000, 120) / 100) / MU
    table = bank([("甲镇", "工业", one, 1) for one in mu.tolist()])
    table["expected_collective_fen"] = (table["area"] * 9600).round().astype("int64")
    choice = best_choice(supply_problem(table, replace(RULE, quota_mu=D(2000)), "test"), 1, "test")
    worth = int(table["expected_collective_fen"].iloc[list(choice.chosen)].sum())
    assert worth <= choice.bound <= 2000 * 2000 / 3 * 9600 + 1


# Files.

FILE = """
name = "年度计划"
source = "虚构"
verified = false
year = 2027
quota_mu = 120.5
[[use_quota]]
price_use = "工业"
quota_mu = 80
[[floor]]
basis = "亩"
least = 5
[[floor]]
basis = "收入占比"
least = 0.05
township = "神垕镇"
"""


def test_a_rule_is_read_key_by_key(tmp_path: Path) -> None:
    path = tmp_path / "supply.toml"
    path.write_text(FILE, encoding="utf-8")
    assert read_supply_rule(path) == SupplyRule(
        "年度计划",
        "虚构",
        False,
        2027,
        D("120.5"),
        (UseQuota("工业", D(80)),),
        (TownshipFloor(FloorBasis.AREA, D(5)), TownshipFloor(FloorBasis.INCOME, D("0.05"), "神垕镇")),
    )


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("quota_mu = 120.5", "", ["quota_mu", "缺少"]),
        ("quota_mu = 120.5", "quota_mu = -1", ["年度计划", "-1"]),
        ("least = 0.05", "least = 5", ["收入占比应在 0 与 1 之间"]),
        ('basis = "收入占比"', 'basis = "占比"', ["第 2 条 [[floor]]", "亩、收入占比"]),
        ('township = "神垕镇"', 'town = "神垕镇"', ["不认识的键 town"]),
        ("[[floor]]\nbasis", '[[use_quota]]\nprice_use = "工业"\nquota_mu = 1\n[[floor]]\nbasis', ["price_use 重复"]),
    ],
)
def test_a_file_that_says_nonsense_is_refused(tmp_path: Path, old: str, new: str, parts: list[str]) -> None:
    path = tmp_path / "supply.toml"
    path.write_text(FILE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RuleError) as caught:
        read_supply_rule(path)
    assert all(part in str(caught.value) for part in parts)


# What a plan brings.


def test_a_plan_is_added_up_by_township() -> None:
    plan = best_plan(FIVE, RULE)
    summary = plan_summary(FIVE, plan.chosen)
    assert summary.index.tolist() == ["梁北镇", "神垕镇", "褚河街道", "合计"]
    assert summary["parcels"].tolist() == [1, 1, 0, 2]
    assert summary["area"].tolist() == [10_000.0, 10_000.0, 0.0, 20_000.0]
    assert summary["expected_collective_fen"].tolist() == [15_000_000, 15_000_000, 0, 30_000_000]
    assert summary["expected_price_fen"].tolist() == [30_000_000, 30_000_000, 0, 60_000_000]
    assert summary["income_share"].tolist() == [0.5, 0.5, 0.0, 1.0]


def test_a_parcel_of_no_known_township_is_in_a_row_of_its_own() -> None:
    chosen = best_plan(FIVE, RULE).chosen
    lost = FIVE.assign(township=FIVE["township"].astype("object").mask(FIVE.index == chosen.index[1], None))
    summary = plan_summary(lost, chosen)
    assert summary.loc["乡镇不明", "parcels"] == 1
    assert summary["parcels"].drop("合计").sum() == summary.loc["合计", "parcels"] == 2


def test_intervals_of_sums_are_those_of_the_joint_draws() -> None:
    plan = best_plan(FIVE, RULE)  # the second and third parcel
    hundred = np.arange(1, 101, dtype=np.int64)
    draws = np.zeros((100, 5), dtype=np.int64)
    draws[:, 0] = 10**12  # not chosen
    draws[:, 1], draws[:, 2] = hundred * 100, (101 - hundred) * 100
    outcome = plan_outcome(FIVE, plan.chosen, draws)
    # One falls where the other rises: the sum is always 101 yuan.
    assert outcome.index.tolist() == ["梁北镇", "神垕镇", "褚河街道", "合计"]
    assert outcome["money_low_fen"].tolist() == [500, 500, 0, 10_100]
    assert outcome["money_median_fen"].tolist() == [5000, 5000, 0, 10_100]
    assert outcome["money_high_fen"].tolist() == [9500, 9500, 0, 10_100]
    assert outcome["money_mean"].tolist() == [50.5, 50.5, 0.0, 101.0]
    assert outcome["parcels"].tolist() == [1, 1, 0, 2]


def test_draws_that_do_not_fit_are_refused() -> None:
    chosen = best_plan(FIVE, RULE).chosen
    with pytest.raises(BadValueError, match=r"形状为 \(10, 4\)"):
        plan_outcome(FIVE, chosen, np.zeros((10, 4), dtype=np.int64))
    with pytest.raises(BadValueError, match="负数"):
        plan_outcome(FIVE, chosen, np.full((10, 5), -1, dtype=np.int64))
    with pytest.raises(BadValueError, match="64 位"):
        plan_outcome(FIVE, chosen, np.full((10, 5), 4 * 10**18, dtype=np.int64))
    with pytest.raises(IndexMismatchError):
        plan_outcome(FIVE, chosen.iloc[::-1], np.zeros((10, 5), dtype=np.int64))
