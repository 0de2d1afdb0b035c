"""Grids of scenarios: against `run_scenario`, against arithmetic on the deals, and the sample's golden table.

The golden table is rewritten only on purpose, from the folder that holds ``tests``::

    python -c "from tests.test_sweep import write_golden; write_golden()"
"""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from landmarket import read_county, read_county_parcels, read_scenario, read_villages, sample_county, screen
from landmarket.checks import require_projected
from landmarket.distribution import reform
from landmarket.errors import BadValueError, LandMarketWarning, MissingColumnError, RuleError, UnverifiedRuleWarning
from landmarket.market.demand import Demand, Relisting, UseDemand
from landmarket.market.distributions import Shape, Spread, poisson_shares
from landmarket.market.simulation import simulate_market
from landmarket.products import Work
from landmarket.scenario import TOTAL, Outcome, Scenario, deals_and_shares, priced_parcels, run_scenario, zoned_parcels
from landmarket.sweep import Design, Knob, KnobName, SweepPlan, market_sweep, read_sweep, sweep, tornado
from landmarket.sweep.changes import changed_scenario, within_quota

D = Decimal
RULES = sample_county() / "rules"
GOLDEN = RULES / "sweep_result.csv"
HEADERS = {
    "scenario": "情景",
    **{knob.column: str(knob) for knob in KnobName},
    "offered": "推出宗数",
    "parcels": "宗地数",
    "area": "面积（㎡）",
    "allowed": "可入市宗数",
    "priced": "有地价宗数",
    "sold": "成交宗数",
    "total_price_fen": "总地价（分）",
    "deal_price_fen": "成交价（分）",
    "fund_fen": "调节金（分）",
    "tax_fen": "税费（分）",
    "cost_fen": "成本补偿（分）",
    "township_fen": "乡镇集体（分）",
    "reclaimed_fen": "复垦区集体（分）",
    "village_fen": "村集体（分）",
    "group_fen": "组集体（分）",
    "members_fen": "成员分配（分）",
}
HEAD = """# 示例数据：宗地、地价与成交均为虚构。
# 由 sweep.toml 按本县配置（county.toml，种子 411081）得出：
# landmarket.sweep.sweep(采用的宗地, 情景, read_sweep("sweep.toml"))。
# 空格表示该项假设没有变动。只在有意改变计算或示例数据时重写，写法见 tests/test_sweep.py。
"""
DOCUMENT = "示例政〔2025〕0号（虚构）"
MU = Fraction(2000, 3)


def plan(*knobs: Knob, design: Design = Design.ONE_AT_A_TIME, quota: Decimal | None = None) -> SweepPlan:
    """A verified grid."""
    return SweepPlan("测试", "虚构", "测试", True, design, knobs, quota, DOCUMENT)


def swept(parcels: gpd.GeoDataFrame, base: Scenario, grid: SweepPlan) -> pd.DataFrame:
    """A sweep, without the warnings on rules that nobody checked."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        return sweep(parcels, base, grid)


def ran(parcels: gpd.GeoDataFrame, base: Scenario, **changes: object) -> Outcome:
    """The whole job in one go."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        return run_scenario(parcels, replace(base, **changes))  # type: ignore[arg-type]


def write_golden() -> None:
    """Write the sample's golden table."""
    county = read_county(sample_county())
    parcels = screen(read_county_parcels(county), county=county.county, villages=read_villages(county)).accepted
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        found = sweep(
            parcels, read_scenario(county, require_projected(parcels, "write_golden")), read_sweep(RULES / "sweep.toml")
        )
    table = found.assign(area=found["area"].round(2)).reset_index().rename(columns=HEADERS)
    GOLDEN.write_bytes(("\ufeff" + HEAD + table.to_csv(index=False, lineterminator="\n")).encode())


@pytest.fixture(scope="module")
def some(sample_work: Work) -> gpd.GeoDataFrame:
    """Every fifteenth parcel of the sample county."""
    return sample_work.screening.accepted.iloc[::15]


@pytest.fixture(scope="module")
def base(sample_work: Work) -> Scenario:
    """The sample county's scenario."""
    return sample_work.scenario


@pytest.fixture(scope="module")
def result(sample_work: Work) -> pd.DataFrame:
    """The sample county's grid."""
    return swept(sample_work.screening.accepted, sample_work.scenario, read_sweep(RULES / "sweep.toml"))


# Against the whole job in one go.


def test_the_base_is_the_scenario_itself(result: pd.DataFrame, sample_work: Work) -> None:
    totals = sample_work.outcome.totals().T[TOTAL]
    assert result.index[0] == "基准"
    assert result.T["基准"][totals.index].tolist() == totals.astype("float64").tolist()
    assert result["offered"]["基准"] == len(sample_work.outcome.deals)
    assert result.T["基准"][[knob.column for knob in KnobName]].isna().all()


def test_steps_taken_one_by_one_give_the_tables_of_the_whole_job(some: gpd.GeoDataFrame, base: Scenario) -> None:
    setting = ((KnobName.PRICE, D("0.9")), (KnobName.FUND_RATE, D("0.3")))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        changed = changed_scenario(base, setting, plan(Knob(KnobName.PRICE, (D(1),))))
        zoned = zoned_parcels(some, base)
        priced = priced_parcels(zoned, changed)
        found = deals_and_shares(zoned, priced, priced.offered, changed)
        whole = run_scenario(some, changed)
    for step in ("parcels", "entry", "prices", "deals", "shares"):
        pd.testing.assert_frame_equal(getattr(found, step), getattr(whole, step))
    assert len(whole.deals) > 50


def test_every_knob_is_what_its_name_says(some: gpd.GeoDataFrame, base: Scenario) -> None:
    terms, rule = base.terms, base.split_rule
    weights = [weight * D("1.5") ** count for count, weight in enumerate(terms.bidder_weights)]
    changes: dict[tuple[KnobName, str], dict[str, object]] = {
        (KnobName.PRICE, "1.2"): {"price_table": base.price_table.scaled(D("1.2"))},
        (KnobName.BIDDERS, "1.5"): {"terms": replace(terms, bidder_weights=tuple(weights))},
        (KnobName.VALUES, "0.95"): {
            "terms": replace(terms, value_low=terms.value_low * D("0.95"), value_high=terms.value_high * D("0.95"))
        },
        (KnobName.FUND_FACTOR, "1.1"): {
            "split_rule": reform(rule, "一", rate_factor=D("1.1"), override_document=DOCUMENT)
        },
        (KnobName.FUND_RATE, "0.33"): {"split_rule": reform(rule, "二", fund_rate=D("0.33"))},
    }
    found = swept(some, base, plan(*(Knob(name, (D(value),)) for name, value in changes)))
    for (name, value), change in changes.items():
        whole = ran(some, base, **change).totals().T[TOTAL]
        row = found.T[f"{name} {value}"]
        assert row[whole.index].tolist() == whole.astype("float64").tolist(), name
        assert row[name.column] == float(value)


def test_all_combinations_stand_in_the_order_of_knobs_and_values(some: gpd.GeoDataFrame, base: Scenario) -> None:
    prices, rates = Knob(KnobName.PRICE, (D("0.8"), D("1.1"))), Knob(KnobName.FUND_RATE, (D("0.25"), D("0.45")))
    found = swept(some, base, plan(prices, rates, design=Design.FULL))
    assert found.index.tolist() == [
        "基准",
        "基准地价倍数 0.8，调节金比例 0.25",
        "基准地价倍数 0.8，调节金比例 0.45",
        "基准地价倍数 1.1，调节金比例 0.25",
        "基准地价倍数 1.1，调节金比例 0.45",
    ]
    rule = reform(base.split_rule, "一", fund_rate=D("0.45"))
    whole = ran(some, base, price_table=base.price_table.scaled(D("0.8")), split_rule=rule).totals().T[TOTAL]
    assert found.iloc[2][whole.index].tolist() == whole.astype("float64").tolist()


def test_nothing_is_changed_in_place(some: gpd.GeoDataFrame, base: Scenario) -> None:
    before, table = some.copy(), base.price_table.prices.copy()
    swept(some, base, plan(Knob(KnobName.PRICE, (D("0.5"),)), Knob(KnobName.QUOTA, (D(100),))))
    pd.testing.assert_frame_equal(some, before)
    pd.testing.assert_frame_equal(base.price_table.prices, table)


# The golden table, and three of its figures by arithmetic on the deals.


def test_the_golden_table_is_computed_again(result: pd.DataFrame) -> None:
    golden = pd.read_csv(GOLDEN, comment="#", encoding="utf-8-sig").rename(
        columns={header: name for name, header in HEADERS.items()}
    )
    golden = golden.set_index("scenario")
    assert golden.columns.tolist() == result.columns.tolist()
    assert golden.index.tolist() == result.index.tolist()
    assert (golden["area"] - result["area"]).abs().max() < 0.0051
    whole = [name for name in result.columns if name != "area"]
    pd.testing.assert_frame_equal(golden[whole], result[whole], check_exact=True)


@pytest.fixture(scope="module")
def sold(sample_work: Work) -> pd.DataFrame:
    """The deals of the sample county with what they rest on."""
    table = sample_work.outcome.table.loc[sample_work.outcome.deals.index]
    return pd.DataFrame(table[table["deal_price_fen"].notna()])


def fen(yuan: float) -> int:
    """Yuan with two decimals in fen."""
    return int((Decimal(str(yuan)) * 100).to_integral_value())


def test_fund_at_one_and_a_half_times_the_rates(result: pd.DataFrame, sold: pd.DataFrame) -> None:
    exact = Fraction(0)
    facts = [sold[name] for name in ("deal_price_fen", "acquisition_cost", "development_cost", "fund_rate")]
    for price, acquisition, development, rate in zip(*facts, strict=True):
        gain = max(int(price) - fen(acquisition) - fen(development), 0)
        exact += gain * Fraction(Decimal(str(rate))) * Fraction(3, 2)
    assert len(sold) > 900
    # Each deal's fund is within a fen of its quota.
    assert abs(int(result["fund_fen"]["调节金比例倍数 1.5"]) - exact) < len(sold)


def test_fund_at_one_half_of_the_gain_and_taxes_of_the_price(result: pd.DataFrame, sold: pd.DataFrame) -> None:
    costs = sold["acquisition_cost"].map(fen) + sold["development_cost"].map(fen)
    gain = (sold["deal_price_fen"].astype("int64") - costs).clip(lower=0)
    assert abs(2 * int(result["fund_fen"]["调节金比例 0.5"]) - int(gain.sum())) < 2 * len(sold)
    tax = Fraction(5, 10_000) * int(sold["deal_price_fen"].sum())
    assert abs(int(result["tax_fen"]["调节金比例 0.5"]) - tax) < len(sold)


def test_deals_within_a_quota(result: pd.DataFrame, sample_work: Work) -> None:
    table = sample_work.outcome.table.loc[sample_work.outcome.deals.index]
    area = {code: Fraction(Decimal(str(round(size, 2)))) for code, size in table["area"].items()}
    worth = {code: Fraction(int(price)) / area[code] for code, price in table["total_price_fen"].items()}
    left, taken = 3000 * MU, []
    for code in sorted(area, key=lambda code: (-worth[code], code)):
        if area[code] <= left:
            left -= area[code]
            taken.append(code)
    row = result.loc["供应指标（亩） 3000"]
    assert row["offered"] == len(taken)
    assert row["deal_price_fen"] == table.loc[taken, "deal_price_fen"].sum()
    assert row["sold"] == table.loc[taken, "deal_price_fen"].notna().sum()
    assert row["members_fen"] == table.loc[taken, "members_fen"].sum()


def test_a_quota_of_the_base_holds_in_every_other_scenario(some: gpd.GeoDataFrame, base: Scenario) -> None:
    found = swept(some, base, plan(Knob(KnobName.FUND_RATE, (D("0.3"),)), quota=D(60)))
    free = swept(some, base, plan(Knob(KnobName.FUND_RATE, (D("0.3"),))))
    assert found["offered"].nunique() == 1
    assert 0 < found["offered"].iloc[0] < free["offered"].iloc[0]


def test_a_quota_keeps_the_order_of_the_parcels(some: gpd.GeoDataFrame, base: Scenario) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        offered = priced_parcels(zoned_parcels(some, base), base).offered
    chosen = within_quota(offered, D(60), "测试")
    assert chosen.index.tolist() == [code for code in offered.index if code in set(chosen.index)]
    assert chosen["area"].sum() <= float(60 * MU)


# Many draws.

DEMAND = Demand(
    "测试",
    "虚构",
    True,
    tuple(
        UseDemand(use, (D(0),), (D(mean),), Spread(Shape.UNIFORM, D("0.8"), D("0.5")))
        for use, mean in (("工业", "1.5"), ("商服", "2"), ("公共管理与公共服务", "1"))
    ),
    Relisting(0, D(0), D(2)),
)


def simulated(outcome: Outcome, base: Scenario, demand: Demand) -> pd.Series[float]:
    """The county's totals of the market."""
    offered = outcome.table.loc[outcome.deals.index].drop(columns=outcome.deals.columns, errors="ignore")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        market = simulate_market(offered, base.terms, demand, draws=40, seed=base.seed, on=base.on)
    return market.townships.set_index("township").T[TOTAL]


def test_a_market_of_many_draws_for_each_combination(some: gpd.GeoDataFrame, base: Scenario) -> None:
    knobs = (
        Knob(KnobName.PRICE, (D("0.9"),)),
        Knob(KnobName.BIDDERS, (D("1.3"),)),
        Knob(KnobName.VALUES, (D("1.1"),)),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        found = market_sweep(some, base, plan(*knobs), DEMAND, draws=40)
    now = ran(some, base)
    lower = ran(some, base, price_table=base.price_table.scaled(D("0.9")))
    more = replace(
        DEMAND, uses=tuple(replace(use, bidders=tuple(m * D("1.3") for m in use.bidders)) for use in DEMAND.uses)
    )
    dearer = replace(DEMAND, county_shock=Spread(Shape.UNIFORM, D("1.1"), D(0)))
    cases = [(now, DEMAND), (lower, DEMAND), (now, more), (now, dearer)]
    for (name, row), (outcome, demand) in zip(found.iterrows(), cases, strict=True):
        expected = simulated(outcome, base, demand)
        for column in ("parcels", "area_sold_mean", "money_mean", "money_low_fen", "money_high_fen"):
            assert row[column] == expected[column], (name, column)
    assert found["money_mean"].nunique() == 4


def test_a_market_is_not_split(some: gpd.GeoDataFrame, base: Scenario) -> None:
    with pytest.raises(RuleError, match="不能变动 调节金比例。办法：改用 sweep"):
        market_sweep(some, base, plan(Knob(KnobName.FUND_RATE, (D("0.3"),))), DEMAND, draws=2)


def test_weights_of_a_poisson_number_of_bidders_are_those_of_the_multiplied_mean(base: Scenario) -> None:
    # Poisson: e^-m m^k / k!; times t^k it is proportional to the chances of the mean m t.
    cumulative = poisson_shares(D(2)).tolist()
    chances = [D(str(b - a)) for a, b in zip([0.0, *cumulative], cumulative, strict=False)][:12]
    terms = replace(base.terms, bidder_weights=tuple(chances))
    changed = changed_scenario(
        replace(base, terms=terms), ((KnobName.BIDDERS, D("1.5")),), plan(Knob(KnobName.BIDDERS, (D(2),)))
    )
    found = changed.terms.bidder_weights
    cumulative = poisson_shares(D(3)).tolist()
    expected = [b - a for a, b in zip([0.0, *cumulative], cumulative, strict=False)][:12]
    assert [float(weight / found[0]) for weight in found] == pytest.approx(
        [chance / expected[0] for chance in expected], rel=1e-6
    )


# What hangs most on each knob.


def table(rows: list[tuple[float | None, float | None, int]]) -> pd.DataFrame:
    """A result by hand: factor of prices, rate of the fund, money."""
    index = pd.Index([f"情景{number}" for number in range(len(rows))], name="scenario")
    return pd.DataFrame(rows, index=index, columns=["price_factor", "fund_rate", "deal_price_fen"]).astype("float64")


def test_the_furthest_stands_first() -> None:
    found = tornado(
        table([(None, None, 100), (1.1, None, 120), (0.9, None, 90), (None, 0.2, 60), (None, 0.3, 70)]),
        "deal_price_fen",
    )
    # 90 to 120 is 30 wide; 60 and 70 lie on one side of the base, which is part of the span: 40.
    assert found.to_dict("list") == {
        "name": ["调节金比例 0.2～0.3", "基准地价倍数 0.9～1.1"],
        "low": [60, 90],
        "high": [70, 120],
    }


def test_equal_spans_stand_in_the_order_of_the_grid() -> None:
    rows = table([(None, None, 5), (None, 0.2, 1), (None, 0.4, 9), (0.9, None, 9), (1.1, None, 1)])
    swapped = rows[["fund_rate", "price_factor", "deal_price_fen"]]
    assert tornado(rows, "deal_price_fen")["name"].str[:4].tolist() == ["基准地价", "调节金比"]
    assert tornado(swapped, "deal_price_fen")["name"].str[:4].tolist() == ["调节金比", "基准地价"]


def test_the_sample_county_moves_as_it_must(result: pd.DataFrame) -> None:
    money = tornado(result, "deal_price_fen").set_index("name")
    for knob in ("基准地价倍数 0.9～1.1", "竞买人数倍数 0.7～1.3", "心理价位倍数 0.9～1.1"):
        assert money["low"][knob] < result["deal_price_fen"]["基准"] < money["high"][knob]
    for knob in ("调节金比例倍数 0.5～1.5", "调节金比例 0.2～0.5"):
        assert money.T[knob].tolist() == [result["deal_price_fen"]["基准"]] * 2
    members = tornado(result, "members_fen").set_index("name")
    assert members["low"]["调节金比例 0.2～0.5"] > members["high"]["调节金比例 0.2～0.5"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(None, None, 1), (0.9, None, 2), (1.1, None, 3)], "tornado：调节金比例 没有只变动这一项的两个情景"),
        ([(0.9, 0.2, 1), (0.9, 0.3, 2), (1.1, 0.2, 3)], "基准地价倍数、调节金比例 没有只变动"),
        ([(0.9, None, 1), (1.1, None, 2), (None, 0.2, 3), (None, 0.3, 4)], "第一行不是基准"),
    ],
)
def test_a_table_without_a_base_or_of_combinations_is_refused(
    rows: list[tuple[float | None, float | None, int]], said: str
) -> None:
    with pytest.raises(BadValueError, match=said):
        tornado(table(rows), "deal_price_fen")


def test_an_unknown_sum_is_refused() -> None:
    with pytest.raises(MissingColumnError, match="tornado"):
        tornado(table([(None, None, 1)]), "fund_fen")


# The file.

TEXT = """
name = "测试"
source = "虚构"
note = "无"
verified = true
design = "逐项"
quota_mu = 120.5
[[knob]]
name = "基准地价倍数"
values = [0.9, 1.1]
"""


def written(folder: Path, text: str) -> Path:
    """A file of that text."""
    path = folder / "sweep.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_read_key_for_key(tmp_path: Path) -> None:
    assert read_sweep(written(tmp_path, TEXT)) == SweepPlan(
        "测试", "虚构", "无", True, Design.ONE_AT_A_TIME, (Knob(KnobName.PRICE, (D("0.9"), D("1.1"))),), D("120.5")
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[0.9, 1.1]", "[0.9, -1]", "基准地价倍数：-1 应大于 0"),
        ("[0.9, 1.1]", "[0, 1.1]", "基准地价倍数：0 应大于 0"),
        ("[0.9, 1.1]", "[0.9, 0.90]", "不重复"),
        ("[0.9, 1.1]", "[]", "至少一个值"),
        ('name = "基准地价倍数"', 'name = "地价"', "第 1 条 \\[\\[knob\\]\\]：name = '地价' 不是"),
        ("逐项", "随机", "design = '随机' 不是"),
        ("120.5", "0", "quota_mu = 0 应大于 0"),
        ("quota_mu", "quota", "不认识的键 quota"),
        ('source = "虚构"', "", "缺少 source"),
        ('note = "无"', "", "缺少 note"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in TEXT
    with pytest.raises(RuleError, match=said):
        read_sweep(written(tmp_path, TEXT.replace(old, new)))


def test_two_knobs_on_one_rate_are_not_combined() -> None:
    knobs = Knob(KnobName.FUND_RATE, (D(0),)), Knob(KnobName.FUND_FACTOR, (D(2),))
    assert len(plan(*knobs).settings()) == 3
    with pytest.raises(RuleError, match="不能同时改变"):
        plan(*knobs, design=Design.FULL)
    with pytest.raises(RuleError, match="name 不应重复"):
        plan(knobs[0], knobs[0])
    many = tuple(D(number) for number in range(1, 150))
    with pytest.raises(RuleError, match="组合 22202 个，多于 10000 个"):
        plan(Knob(KnobName.PRICE, many), Knob(KnobName.QUOTA, many), design=Design.FULL)


def test_a_rate_outside_its_band_needs_a_document(some: gpd.GeoDataFrame, base: Scenario) -> None:
    grid = replace(plan(Knob(KnobName.FUND_RATE, (D("0.6"),))), override_document="")
    with pytest.raises(RuleError, match=re.escape("0.6")):
        swept(some, base, grid)


def test_who_sweeps_unchecked_values_is_told(some: gpd.GeoDataFrame, base: Scenario) -> None:
    grid = plan(Knob(KnobName.FUND_RATE, (D("0.3"),)))
    for verified in (True, False):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            sweep(some.iloc[:40], base, replace(grid, verified=verified))
        said = [str(each.message) for each in caught if each.category is UnverifiedRuleWarning]
        assert ("情景组合未经核对：测试（虚构）" in said) is not verified


def test_the_sample_says_where_it_comes_from() -> None:
    grid = read_sweep(RULES / "sweep.toml")
    assert (grid.name, grid.source, grid.verified) == ("禹州市情景组合（示例）", "示例，虚构", False)
    assert grid.note
    assert {knob.name for knob in grid.knobs} == set(KnobName)
    assert GOLDEN.read_text(encoding="utf-8-sig").startswith(HEAD)
