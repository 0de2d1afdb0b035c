"""The valuation methods against published answers, sums year by year, and exact fractions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, IndexMismatchError, MissingColumnError, NoRuleInForceError
from landmarket.pricing.corrections import term_factor
from landmarket.pricing.methods import (
    Average,
    Interest,
    ProfitBase,
    TaxInterest,
    Tranche,
    annual_income,
    appraisal_findings,
    appraise,
    bare_land_income,
    built_land_income,
    comparable_prices,
    comparison_value,
    condition_factor,
    cost_value,
    depreciated_value,
    equal_tranches,
    income_value,
    residual_value,
    stepped_income_value,
    term_findings,
)
from landmarket.pricing.methods.check_limits import check_limits
from landmarket.pricing.methods.interest import interest_factor, tranche_factors
from tests.helpers import assert_same_index
from tests.hunting import examples

INF = float("inf")
CODES = [f"411081101001JB{number:05d}" for number in range(1, 6)]
LIMITS = check_limits(date(2026, 3, 2))


def year_by_year(first: float, rate: float, years: int, growth: float = 0.0, step: float = 0.0) -> float:
    """Present value of every year's income, one by one and exactly."""
    a, r, s, b = (Fraction(repr(float(value))) for value in (first, rate, growth, step))
    return float(sum((a * (1 + s) ** k + b * k) / (1 + r) ** (k + 1) for k in range(years)))


# --- income


@pytest.mark.parametrize(
    ("income", "rate", "years", "growth", "price", "within"),
    [
        (1000, 0.05, None, 0, 20000, 1e-9),  # https://www.doczj.com/doc/4c16917749.html
        (51, 0.05, INF, 0, 1020, 1e-9),  # https://zaojiaoba.cn/zuoye/3018233.html
        (55.8723, 0.05, 50, 0, 1020, 0.001),  # the same
        (90, 0.06, 40, 0, 1354.1, 0.1),  # https://tikuer.com/tdgjstdgjl/2310500.html, truncated
        (3, 0.06, 5, 0, 12.64, 0.005),  # https://wapiknow.baidu.com/question/531003004.html, question 2
        (
            2211.14,
            0.07,
            48,
            0,
            30360.00,
            0.005,
        ),  # https://www.zhaokaoti.com/kaoti/265436bd50794770b7cb8340fb230635.html
    ],
)
def test_published_income_values(
    income: float, rate: float, years: float | None, growth: float, price: float, within: float
) -> None:
    assert income_value(income, rate, years, growth) == pytest.approx(price, abs=within)


def test_published_growth_for_ever() -> None:
    # Income 12 growing 2 %, costs 7 growing 1 %, at 8 %: 100 万元 (question 3 of the same page).
    assert income_value(12, 0.08, growth=0.02) - income_value(7, 0.08, growth=0.01) == pytest.approx(100)


def test_a_price_of_forty_years_gives_that_of_thirty() -> None:
    # 150 万元 for 40 years at 10 % is 144.6 万元 for 30 (http://m.mydoc123.com/p-613562.html, question 8).
    assert income_value(annual_income(150, 0.10, 40), 0.10, 30) == pytest.approx(144.6, abs=0.05)


def test_the_rent_of_a_price() -> None:
    # https://zaojiaoba.cn/zuoye/3018233.html
    assert annual_income(1020, 0.05, 50) == pytest.approx(55.8723, abs=0.00005)
    assert annual_income(1020, 0.05) == pytest.approx(51.00)
    assert annual_income(1000, 0.0, 8) == pytest.approx(125)


def tenthousandths(least: int, most: int) -> st.SearchStrategy[float]:
    return st.integers(least, most).map(lambda number: number / 10_000)


@settings(max_examples=examples(100), deadline=None)
@given(st.floats(0.01, 1e6), tenthousandths(0, 3000), st.integers(1, 80), tenthousandths(-2000, 3000))
def test_a_finite_income_is_the_sum_of_its_years(income: float, rate: float, years: int, growth: float) -> None:
    expected = year_by_year(income, rate, years, growth)
    assert income_value(income, rate, years, growth) == pytest.approx(expected, rel=1e-11)


@settings(max_examples=examples(100), deadline=None)
@given(tenthousandths(1, 3000), st.integers(1, 80), st.integers(-1000, 1000).map(lambda number: number * 1e-11))
def test_nothing_happens_where_growth_meets_the_rate(rate: float, years: int, off: float) -> None:
    expected = year_by_year(100, rate, years, rate + off)
    assert income_value(100, rate, years, rate + off) == pytest.approx(expected, rel=1e-12)
    assert income_value(100, rate, years, rate) == pytest.approx(100 * years / (1 + rate), rel=1e-12)


@settings(max_examples=examples(50), deadline=None)
@given(st.floats(0.01, 0.2), st.floats(-0.1, 0.15), st.floats(0.5, 70))
def test_income_value_rises_with_the_years_up_to_the_perpetual_one(rate: float, growth: float, years: float) -> None:
    value = income_value(1, rate, years, growth)
    assert 0 < value < income_value(1, rate, years * 1.1, growth)
    if growth < rate:
        assert value <= income_value(1, rate, None, growth)
        assert income_value(1, rate, None, growth) == pytest.approx(1 / (rate - growth), rel=1e-9)


def test_income_value_is_the_perpetual_one_by_the_term_factor() -> None:
    assert income_value(80, 0.065, 23) == pytest.approx(80 / 0.065 * term_factor(23, INF, 0.065), rel=1e-12)


def test_income_value_of_columns_and_arrays() -> None:
    income = pd.Series([1000.0, 51.0, 90.0], index=["c", "a", "b"])
    years = pd.Series([np.inf, np.inf, 40], index=income.index)
    result = income_value(income, pd.Series([0.05, 0.05, 0.06], index=income.index), years)
    assert_same_index(result, income)
    assert result.round(1).tolist() == [20000.0, 1020.0, 1354.2]
    assert income_value(income.to_numpy(), 0.05, growth=np.array([0.0, 0.01, 0.0])).round(4).tolist() == [
        20000.0,
        1275.0,
        1800.0,
    ]
    assert income.tolist() == [1000.0, 51.0, 90.0]


def test_columns_of_other_rows_are_not_mixed() -> None:
    income = pd.Series([1000.0, 51.0], index=["a", "b"])
    with pytest.raises(IndexMismatchError, match=r"次序不同.*对齐"):
        income_value(income, pd.Series([0.05, 0.06], index=["b", "a"]))
    with pytest.raises(IndexMismatchError, match="c"):
        income_value(income, pd.Series([0.05, 0.06], index=["a", "c"]))
    with pytest.raises(BadValueError, match="3 个值，所算的有 2 个"):
        income_value(income, np.array([0.05, 0.06, 0.07]))
    with pytest.raises(BadValueError, match="2 个值，所算的有 1 个"):
        income_value(100.0, np.array([0.05, 0.06]))


@pytest.mark.parametrize(
    ("income", "rate", "years", "growth", "what"),
    [
        (0, 0.05, 10, 0, "纯收益"),
        (-3, 0.05, 10, 0, "纯收益"),
        (INF, 0.05, 10, 0, "纯收益"),
        (float("nan"), 0.05, 10, 0, "纯收益"),
        (100, -0.01, 10, 0, "还原率不能用"),
        (100, 6, 10, 0, "还原率不能用"),
        (100, float("nan"), 10, 0, "还原率不能用"),
        (100, 0.05, 0, 0, "年期不能用"),
        (100, 0.05, -1, 0, "年期不能用"),
        (100, 0.05, float("nan"), 0, "年期不能用"),
        (100, 0.0, None, 0, "无限年期"),
        (100, 0.0, None, -0.0, "无限年期"),
        (100, 0.05, None, 0.05, "无限年期"),
        (100, 0.05, INF, 0.06, "无限年期"),
        (100, 0.05, 10, 2, "递增率不能用"),
        (100, 0.05, 10, -1, "递增率不能用"),
        (100, 0.05, 10, float("nan"), "递增率不能用"),
        (100, 0.0, 1e6, 0.5, "超出可算的范围"),
    ],
)
def test_income_value_refuses_what_has_no_answer(
    income: float, rate: float, years: float | None, growth: float, what: str
) -> None:
    with pytest.raises(BadValueError, match=rf"{what}.*办法"):
        income_value(income, rate, years, growth)
    rows = pd.Series([100.0, float(income)], index=["good", "wrong"])
    column = None if years is None else pd.Series([10.0, float(years)], index=rows.index)
    rates, growths = (pd.Series([good, float(bad)], index=rows.index) for good, bad in ((0.05, rate), (0.0, growth)))
    with pytest.raises(BadValueError, match=r"共 1 行：wrong = "):
        income_value(rows, rates, column, growths)


def test_zero_rate_is_the_sum_of_the_years() -> None:
    assert income_value(100, 0.0, 30) == pytest.approx(3000)
    assert income_value(100, 0.0, 3, 0.5) == pytest.approx(475)


def test_published_stepped_income() -> None:
    # 80 万元 and 1 万元 more every year at 6 %: 1,611 万元 (http://mining4africa.com/gujia/95905876246.html).
    assert stepped_income_value(80, 0.06, 1) == pytest.approx(1611, abs=0.5)
    assert stepped_income_value(80, 0.06, -1) == pytest.approx(80 / 0.06 - 1 / 0.0036)
    # 1,000, 1,500, 2,000 元 in three years at 10 % (https://66tiku.cn/749/674510.html prints no answer).
    assert stepped_income_value(1000, 0.10, 500, 3) == pytest.approx(1000 / 1.1 + 1500 / 1.21 + 2000 / 1.331)


@settings(max_examples=examples(100), deadline=None)
@given(st.floats(1, 1e5), tenthousandths(100, 3000), st.integers(1, 80), tenthousandths(-120, 5000))
def test_a_stepped_income_is_the_sum_of_its_years(income: float, rate: float, years: int, part: float) -> None:
    step = income * part
    expected = year_by_year(income, rate, years, step=step)
    assert stepped_income_value(income, rate, step, years) == pytest.approx(expected, rel=1e-9)
    assert stepped_income_value(income, rate, 0.0, years) == pytest.approx(income_value(income, rate, years), rel=1e-12)


@pytest.mark.parametrize(
    ("rate", "step", "years", "what"),
    [
        (0.0, 1, 10, "还原率应大于 0"),
        (-0.1, 1, 10, "还原率不能用"),
        (0.05, float("nan"), 10, "递增额"),
        (0.05, -20, 6, "最后一年"),
        (0.05, -10, None, "收益价格不大于 0"),
    ],
)
def test_stepped_income_refuses_what_has_no_answer(rate: float, step: float, years: float | None, what: str) -> None:
    with pytest.raises(BadValueError, match=rf"{what}.*办法"):
        stepped_income_value(100, rate, step, years)


def test_annual_income_refuses_what_has_no_answer() -> None:
    for price, rate, years in ((-1, 0.05, 10), (100, 0.0, None), (100, 0.05, 0), (100, 5, 10)):
        with pytest.raises(BadValueError, match="办法"):
            annual_income(price, rate, years)


# --- rents


def rents(**changes: object) -> pd.DataFrame:
    """The office of an examination: 1,800 ㎡ let at 50 元 a month, one tenth empty."""
    cells: dict[str, object] = {
        "gross_rent": 50 * 12 * 1800.0,
        "vacancy": 0.10,
        "management_cost": 29_160.0,
        "repair_cost": 67_500.0,
        "insurance_cost": 9_000.0,
        "rental_tax": 45_000.0,
        "building_value": depreciated_value(2500 * 1800.0, 1, 48),
        "building_life": np.inf,
        "area": 1000.0,
    }
    return pd.DataFrame(cells | changes, index=pd.Index(CODES[:1], name="parcel_code"))


def test_the_building_is_taken_out_of_the_rent_as_published() -> None:
    # http://222.198.130.40:8081/view/Subject/showsubject.aspx?id=447ccb1fe24c4214959444d269ba74fc
    table = rents()
    before = table.copy()
    row = built_land_income(table, land_rate=0.06, building_rate=0.08, years=45).iloc[0]
    assert row["effective_rent"] == pytest.approx(972_000)
    assert row["operating_cost"] == pytest.approx(150_660)
    assert row["property_income"] == pytest.approx(821_340)
    assert row["building_value"] == pytest.approx(4_406_250)
    assert row["building_income"] == pytest.approx(352_500)
    assert row["land_income"] == pytest.approx(468_840)
    assert row["capitalised_value"] == pytest.approx(year_by_year(468_840, 0.06, 45))
    assert row["income_price"] == pytest.approx(year_by_year(468.84, 0.06, 45))
    pd.testing.assert_frame_equal(table, before)


def test_a_building_with_an_end_earns_its_value_back() -> None:
    table = pd.concat([rents(building_life=30.0), rents(building_value=0.0, building_life=30.0)])
    table.index = pd.Index(["b", "a"], name="parcel_code")
    result = built_land_income(table, land_rate=0.06, building_rate=0.08)
    assert_same_index(result, table)
    assert year_by_year(result["building_income"].iloc[0], 0.08, 30) == pytest.approx(4_406_250)
    assert result["building_income"].iloc[1] == 0
    assert result["land_income"].iloc[1] == pytest.approx(821_340)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"gross_rent": 100_000.0}, r"property_income.*00001 = -60660\.0.*租金不抵费用"),
        ({"building_value": 20e6}, r"land_income.*00001 = -778660\.0.*扣除房屋纯收益"),
        ({"repair_cost": -1.0}, "repair_cost.*不小于 0"),
        ({"repair_cost": np.nan}, "repair_cost.*不能为空"),
        ({"repair_cost": "十"}, "repair_cost.*'十'"),
        ({"vacancy": 10.0}, "vacancy.*0—1"),
        ({"building_life": 0.0}, "building_life.*大于 0"),
        ({"area": 0.0}, "area（计价面积）.*正数"),
        ({"gross_rent": np.inf}, "gross_rent.*不小于 0"),
    ],
)
def test_rents_that_cannot_be_used_are_refused_by_name(changes: dict[str, object], what: str) -> None:
    with pytest.raises(BadValueError, match=what):
        built_land_income(rents(**changes), land_rate=0.06, building_rate=0.08, years=45)


def test_rates_of_rents_are_refused_too() -> None:
    for land, building in ((0.0, 0.08), (-0.1, 0.08), (0.06, -0.08), (0.06, np.nan), (0.06, 8)):
        with pytest.raises(BadValueError, match="00001"):
            built_land_income(rents(), land_rate=land, building_rate=building)
    with pytest.raises(MissingColumnError, match="vacancy"):
        built_land_income(rents().drop(columns="vacancy"), land_rate=0.06, building_rate=0.08)


def test_bare_land() -> None:
    cells = {"annual_rent": [640_656.0, 30_660.0], "rental_tax": [40_656.0, 660.0], "management_cost": [0.0, 500.0]}
    leases = pd.DataFrame(cells | {"maintenance_cost": 0.0, "area": [40_041.0, 405.06]}, index=CODES[:2])
    result = bare_land_income(leases, land_rate=0.05, years=20)
    assert_same_index(result, leases)
    assert result["land_income"].tolist() == [600_000.0, 29_500.0]
    expected = [year_by_year(600_000 / 40_041, 0.05, 20), year_by_year(29_500 / 405.06, 0.05, 20)]
    assert result["income_price"].tolist() == pytest.approx(expected)
    leases.loc[CODES[1], "rental_tax"] = 31_000.0
    with pytest.raises(BadValueError, match=r"land_income.*00002 = -840\.0.*租金不抵税费"):
        bare_land_income(leases, land_rate=0.05, years=20)


def test_depreciation_needs_a_life_that_holds_the_age() -> None:
    for wrong in ((100.0, 50, 40, 0.0), (100.0, -1, 40, 0.0), (0.0, 1, 40, 0.0), (100.0, 1, 0, 0.0), (100.0, 1, 40, 1)):
        with pytest.raises(BadValueError, match="办法"):
            depreciated_value(*wrong)
    cost = pd.Series([100.0, 200.0], index=["b", "a"])
    assert depreciated_value(cost, pd.Series([10, 0], index=["b", "a"]), 40, 0.04).tolist() == [76.0, 200.0]


# --- comparison


def comparables(prices: list[float], **factors: object) -> pd.DataFrame:
    cells: dict[str, object] = {
        "subject_code": CODES[0],
        "comparable_code": [f"C{i}" for i in range(len(prices))],
        "comparable_price": prices,
        "situation_factor": 1.0,
        "date_factor": 1.0,
        "regional_factor": 1.0,
        "individual_factor": 1.0,
        "term_factor": 1.0,
        "far_factor": 1.0,
    }
    return pd.DataFrame(cells | factors)


FAR = ["situation_factor", "date_factor", "regional_factor", "individual_factor", "term_factor", "far_factor"]


def test_published_comparison_of_three() -> None:
    # 8,600, 9,300 and 8,350 元/㎡ give 8,598, 8,019, 9,070 and 8,562 (http://m.zikao365.com/ask/ad1811276781.shtml).
    table = comparables(
        [8600, 9300, 8350],
        situation_factor=[1, 1, 1 / 0.98],
        date_factor=[1.01, 1.01**6, 1.01**14],
        regional_factor=[1 / 0.99, 1 / 1.02, 1 / 0.99],
        term_factor=[0.98, 1, 0.98],
        far_factor=[1, 1.16 / 1.40, 1.16 / 1.24],
    )
    before = table.copy()
    each = comparable_prices(table, FAR)
    assert_same_index(each, table)
    assert each["adjusted_price"].round(0).tolist() == [8598, 8019, 9070]
    assert each["adjusted_price"].iloc[1] == pytest.approx(8019.38, abs=0.005)
    result = comparison_value(table, least=3, factors=FAR)
    assert result.index.tolist() == CODES[:1]
    assert result["comparison_price"].iloc[0] == pytest.approx(8562, abs=0.5)
    assert result["comparison_price"].iloc[0] * 25_000 == pytest.approx(214_050_000, abs=25_000)
    assert result["comparable_spread"].iloc[0] == pytest.approx(9070 / 8019 - 1, abs=2e-4)
    pd.testing.assert_frame_equal(table, before)


def test_published_comparison_with_a_table_of_ratios() -> None:
    # 1,800 元/㎡ of 50 years becomes 2,749 of 70 (https://app.ixiawen.com/question/16885589/).
    table = comparables(
        [1800], regional_factor=1 / 1.03, individual_factor=1 / 0.97, term_factor=1.0171, far_factor=1.8 / 1.2
    )
    assert comparable_prices(table, FAR)["adjusted_price"].iloc[0] == pytest.approx(2749, abs=0.5)


def test_published_comparison_of_four() -> None:
    # 762.04, 788.6, 805.35, 851.26: http://222.198.130.40:8081/view/Subject/showsubject.aspx?id=03a2c102642e438d8121f9b3e48419ab
    table = comparables(
        [800, 850, 760, 780],
        situation_factor=condition_factor(np.array([102.0, 101, 100, 100])),
        date_factor=condition_factor(np.array([110.0, 111, 110, 110]), 111.0),
        regional_factor=condition_factor(np.array([101.0, 100, 100, 99])),
        individual_factor=condition_factor(np.array([100.0, 101, 98, 99])),
        far_factor=condition_factor(np.array([109.0, 112, 103, 100]), 106.0),
    )
    each = comparable_prices(table, FAR)["adjusted_price"]
    assert each.tolist() == pytest.approx([762.04, 788.6, 805.35, 851.26], abs=0.02)
    assert comparison_value(table, least=3, factors=FAR)["comparison_price"].iloc[0] == pytest.approx(801.75, abs=0.1)


def test_averages_by_hand_and_two_parcels_at_once() -> None:
    first = comparables([100, 200, 600]).assign(comparable_weight=[0.5, 0.3, 0.2])
    second = comparables([10, 20, 30]).assign(comparable_weight=[0.2, 0.2, 0.6], subject_code=CODES[1])
    table = pd.concat([second, first]).iloc[[0, 3, 1, 4, 2, 5]]
    by = {
        average: comparison_value(table, least=3, average=average)["comparison_price"].round(9).to_dict()
        for average in Average
    }
    assert by[Average.MEAN] == {CODES[0]: 300, CODES[1]: 20}
    assert by[Average.WEIGHTED] == {CODES[0]: 230, CODES[1]: 24}
    assert by[Average.MEDIAN] == {CODES[0]: 200, CODES[1]: 20}
    result = comparison_value(table, least=3)
    assert result.index.tolist() == [CODES[1], CODES[0]]
    assert result["comparable_spread"].tolist() == pytest.approx([2, 5])
    assert result["comparable_count"].tolist() == [3, 3]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda t: t.iloc[:2], r"comparable_count.*00001 = 2.*至少要 3 个"),
        (lambda t: t.assign(comparable_code=["C0", "C1", " C0 "]), "同一案例只能用一次"),
        (lambda t: t.assign(comparable_code=["C0", "C1", CODES[0]]), "不能作自己的比较案例"),
        (lambda t: t.assign(comparable_code=["C0", "C1", None]), "补上比较案例"),
        (lambda t: t.assign(subject_code=[CODES[0], None, CODES[0]]), "补上待估宗地"),
        (lambda t: t.assign(date_factor=[1, 0, 1]), r"date_factor（期日修正系数）.*1 = 0"),
        (lambda t: t.assign(date_factor=[1, np.nan, 1]), "date_factor"),
        (lambda t: t.assign(comparable_price=[1, -2, 1]), "comparable_price"),
        (lambda t: t.assign(comparable_weight=[0.5, 0.5, 0.5]), r"00001 = 1\.5.*之和应为 1"),
        (lambda t: t.assign(comparable_weight=[1.5, -0.5, 0.0]), "0—1"),
        (lambda t: t.assign(comparable_weight=[0.5, 0.5, np.nan]), "0—1"),
    ],
)
def test_comparables_that_cannot_be_used_are_refused(change: Callable[[pd.DataFrame], pd.DataFrame], what: str) -> None:
    table = change(comparables([100, 110, 120]))
    average = Average.WEIGHTED if "comparable_weight" in table else Average.MEAN
    with pytest.raises(BadValueError, match=what):
        comparison_value(table, least=LIMITS.least_comparables, average=average)


def test_a_missing_factor_or_weight_is_no_factor_of_one() -> None:
    with pytest.raises(MissingColumnError, match="individual_factor"):
        comparison_value(comparables([1, 2, 3]).drop(columns="individual_factor"), least=3)
    with pytest.raises(MissingColumnError, match="comparable_weight"):
        comparison_value(comparables([1, 2, 3]), least=3, average=Average.WEIGHTED)
    with pytest.raises(BadValueError, match="条件指数"):
        condition_factor(0.0)
    with pytest.raises(BadValueError, match="条件指数"):
        condition_factor(100.0, float("nan"))


# --- interest and cost


def costs(acquisition: float, development: float, tax: float = 0.0) -> pd.DataFrame:
    cells = {"acquisition_fee": [acquisition], "development_fee": [development], "acquisition_tax": [tax]}
    return pd.DataFrame(cells, index=pd.Index(CODES[:1], name="parcel_code"))


def test_published_interest() -> None:
    # 100 元/㎡ for two years at 6 %: 12.36 (https://www.zhaokaoti.com/sjtk/ab534f727e29402693e49ba62a87dc07.html).
    assert 100 * interest_factor(2, 0.06) == pytest.approx(12.36)
    assert interest_factor(2, 0.056, Interest.SIMPLE) == pytest.approx(0.112)
    assert interest_factor(pd.Series([0, 1]), 0.06).round(12).tolist() == [0, 0.06]
    for years, rate in ((-1, 0.06), (INF, 0.06), (2, -0.01), (2, 6), (float("nan"), 0.06)):
        with pytest.raises(BadValueError, match="办法"):
            interest_factor(years, rate)


def test_a_tranche_bears_interest_from_its_half_point() -> None:
    tranches = [Tranche(0.25, 0, 0.5), Tranche(0.75, 0.5, 1)]
    assert tranche_factors(2, 0.1, tranches) == pytest.approx([0.25 * (1.1**1.5 - 1), 0.75 * (1.1**0.5 - 1)])
    assert tranche_factors(2, 0.1, tranches, Interest.SIMPLE) == pytest.approx([0.0375, 0.0375])
    assert equal_tranches((0.25, 0.75)) == tuple(tranches)


@pytest.mark.parametrize(
    "tranches",
    [
        [Tranche(0.5, 0, 1)],
        [Tranche(1.5, 0, 1), Tranche(-0.5, 0, 1)],
        [Tranche(1, 0.5, 0.2)],
        [Tranche(1, 0, 2)],
        [Tranche(float("nan"), 0, 1)],
        [],
    ],
)
def test_tranches_are_a_whole_inside_the_period(tranches: list[Tranche]) -> None:
    with pytest.raises(BadValueError, match="分期投入"):
        cost_value(costs(1, 1), period=2, interest_rate=0.1, profit_rate=0.1, value_added_rate=0.1, tranches=tranches)


def test_cost_of_the_published_case_by_hand() -> None:
    # Only the 12.36 is printed; the development fee for one year on average, 10 % profit and 12 % value added follow.
    row = cost_value(costs(100, 150), period=2, interest_rate=0.06, profit_rate=0.10, value_added_rate=0.12).iloc[0]
    assert row["acquisition_interest"] == pytest.approx(12.36)
    assert row["development_interest"] == pytest.approx(9.00)
    assert row["profit"] == pytest.approx(25.00)
    assert row["cost_price"] == pytest.approx(331.92, abs=0.005)


def test_published_profit() -> None:
    # 6 万元/亩 and 1.8 亿元/km² at 18 %: 48.60 元/㎡ (https://www.daan888.com/show/9588425.html).
    table = costs(6 * 15, 1.8e8 / 1e6)
    row = cost_value(table, period=0, interest_rate=0, profit_rate=0.18, value_added_rate=0).iloc[0]
    assert (row["acquisition_fee"], row["development_fee"]) == (90, 180)
    assert row["profit"] == pytest.approx(48.60)


@pytest.mark.parametrize(
    ("fees", "shares", "rates", "interest", "profit", "price"),
    [
        # https://app.ixiawen.com/question/55568425/2d0ef06a5dfc8063627a0cad88cd453f.html
        ((75, 200), (0.4, 0.6), (0.10, 0.20, 0.20), 33.9, 55, 436.7),
        # http://222.198.130.40:8081/view/Subject/showsubject.aspx?id=273bb0c297514713aa2612963641c81c
        ((225, 345), (0.6, 0.4), (0.06, 0.10, 0.0), 50.8, 57, 677.8),
    ],
)
def test_published_costs_in_two_years(
    fees: tuple[float, float],
    shares: tuple[float, float],
    rates: tuple[float, float, float],
    interest: float,
    profit: float,
    price: float,
) -> None:
    names = dict(zip(("interest_rate", "profit_rate", "value_added_rate"), rates, strict=True))
    table = costs(*fees)
    result = cost_value(table, period=2, tranches=equal_tranches(shares), **names)
    assert_same_index(result, table)
    row = result.iloc[0]
    assert row["total_interest"] == pytest.approx(interest, abs=0.05)
    assert row["profit"] == pytest.approx(profit)
    assert row["cost_price"] == pytest.approx(price, abs=0.05)
    assert row[["利息:开发费第1期", "利息:开发费第2期"]].sum() == pytest.approx(row["development_interest"])


def test_taxes_may_bear_interest_and_profit_always_counts_them() -> None:
    rates = {"interest_rate": 0.1, "profit_rate": 0.2, "value_added_rate": 0.0}
    without = cost_value(costs(100, 0, 50), period=2, **rates).iloc[0]
    within = cost_value(costs(100, 0, 50), period=2, tax_interest=TaxInterest.WHOLE_PERIOD, **rates).iloc[0]
    assert without["tax_interest"] == 0
    assert within["tax_interest"] == pytest.approx(50 * 0.21)
    assert without["profit"] == within["profit"] == pytest.approx(30)
    assert within["cost_price"] - without["cost_price"] == pytest.approx(10.5)


def test_a_rate_for_each_parcel() -> None:
    table = pd.concat([costs(100, 150), costs(100, 150)]).set_axis(["b", "a"])
    rates = {"profit_rate": 0.1, "value_added_rate": 0.12}
    result = cost_value(table, period=pd.Series([2, 1], index=["b", "a"]), interest_rate=0.06, **rates)
    assert result["acquisition_interest"].tolist() == pytest.approx([12.36, 6.0])
    with pytest.raises(IndexMismatchError, match="开发周期"):
        cost_value(table, period=pd.Series([2, 1], index=["a", "b"]), interest_rate=0.06, **rates)


@pytest.mark.parametrize(
    ("fees", "changes", "what"),
    [
        ((-1, 150, 0), {}, r"acquisition_fee.*00001 = -1\.0"),
        ((100, np.nan, 0), {}, "development_fee.*不能为空"),
        ((0, 0, 0), {}, "不能都为 0"),
        ((100, 150, np.inf), {}, "acquisition_tax"),
        ((100, 150, 0), {"period": -1}, "development_period"),
        ((100, 150, 0), {"period": np.nan}, "development_period"),
        ((100, 150, 0), {"interest_rate": -0.01}, "interest_rate"),
        ((100, 150, 0), {"profit_rate": 18}, r"profit_rate.*0\.06"),
        ((100, 150, 0), {"value_added_rate": np.nan}, "value_added_rate"),
    ],
)
def test_costs_that_cannot_be_used_are_refused(
    fees: tuple[float, float, float], changes: dict[str, float], what: str
) -> None:
    given_: dict[str, float] = {"period": 2, "interest_rate": 0.06, "profit_rate": 0.1, "value_added_rate": 0.12}
    with pytest.raises(BadValueError, match=what):
        cost_value(costs(*fees), **(given_ | changes))


# --- residual


def projects(completed: float, construction: float, fee: float = 0.0) -> pd.DataFrame:
    cells = {"completed_value": [completed], "construction_cost": [construction], "construction_fee": [fee]}
    return pd.DataFrame(cells, index=pd.Index(CODES[:1], name="parcel_code"))


def test_published_residual_with_compound_interest() -> None:
    # 3,000 ㎡, floor-area ratio 3: 29,836,809 元, 9,946 元/㎡ (https://kaotiyun.com/show/VmOr777K).
    rates = {"interest_rate": 0.06, "profit_rate": 0.2, "selling_fee_rate": 0.04, "sales_tax_rate": 0.065}
    table = projects(72e6 / 3000, 18e6 / 3000, 1.8e6 / 3000)
    before = table.copy()
    result = residual_value(table, period=2, land_tax_rate=0, **rates)
    assert_same_index(result, table)
    row = result.iloc[0] * 3000
    assert row["residual_price"] == pytest.approx(29_836_809, abs=0.5)
    assert row["construction_interest"] == pytest.approx(1_188_000)
    assert row["residual_balance"] == pytest.approx(39_492_000)
    assert row["land_coefficient"] / 3000 == pytest.approx(1.3236)
    assert (row["selling_fee"], row["sales_tax"]) == pytest.approx((2_880_000, 4_680_000))
    pd.testing.assert_frame_equal(table, before)


def test_published_residual_with_simple_interest() -> None:
    # 8,951.69 万元, of capitalised rent: https://www.zhaokaoti.com/kaoti/265436bd50794770b7cb8340fb230635.html
    none = {"selling_fee_rate": 0, "sales_tax_rate": 0, "land_tax_rate": 0}
    row = residual_value(
        projects(30_360.00, 13_068.00),
        period=2,
        interest_rate=0.056,
        profit_rate=0.30,
        interest=Interest.SIMPLE,
        **none,
    ).iloc[0]
    assert row["construction_interest"] == pytest.approx(731.81, abs=0.005)
    assert row["residual_balance"] == pytest.approx(12_639.79, abs=0.005)
    assert row["residual_price"] == pytest.approx(8951.69, abs=0.01)


def test_published_profit_on_the_completed_value() -> None:
    # Land at 3,000,000 元 leaves 5,461,429 元 for building:
    # http://222.198.130.40:8081/view/Subject/showsubject.aspx?id=14065a0caec9414e9209a78945efb8dc
    row = residual_value(
        projects(13_000_000, 5_461_429),
        period=2,
        interest_rate=0.12,
        profit_rate=0.18,
        selling_fee_rate=0,
        sales_tax_rate=0.06,
        land_tax_rate=0,
        profit_base=ProfitBase.VALUE,
    ).iloc[0]
    assert row["residual_price"] == pytest.approx(3_000_000, abs=1)
    assert row["profit"] == pytest.approx(2_340_000)


RATE = st.floats(0, 0.3)


@settings(max_examples=examples(100), deadline=None)
@given(
    st.floats(1000, 1e5),
    st.tuples(st.floats(0, 0.3), st.floats(0, 0.05)),
    st.tuples(RATE, RATE, st.floats(0, 0.1), st.floats(0, 0.1), st.floats(0, 0.1)),
    st.floats(0, 5),
    st.sampled_from(ProfitBase),
    st.sampled_from(Interest),
    st.floats(0, 1),
)
def test_putting_the_land_price_back_closes_the_account(
    completed: float,
    outlay: tuple[float, float],
    rates: tuple[float, ...],
    period: float,
    base: ProfitBase,
    form: Interest,
    early: float,
) -> None:
    names = ("interest_rate", "profit_rate", "selling_fee_rate", "sales_tax_rate", "land_tax_rate")
    table = projects(completed, completed * outlay[0], completed * outlay[1])
    tranches = (Tranche(early, 0, 0.5), Tranche(1 - early, 0.5, 1))
    more: dict[str, float] = dict(zip(names, rates, strict=True))
    i, p, s, x, t = rates
    spent = completed * (outlay[0] + outlay[1])

    def grown(years: float) -> float:
        return (1 + i) ** years - 1 if form is Interest.COMPOUND else i * years

    def left(v: float) -> tuple[float, float, float]:
        """What remains of the completed value when the land costs v; the interest; the profit."""
        land = v * (1 + t)
        interest = land * grown(period) + spent * (early * grown(0.75 * period) + (1 - early) * grown(0.25 * period))
        profit = p * (land + spent) if base is ProfitBase.INVESTMENT else p * completed
        return completed - spent - s * completed - interest - (x * completed + t * v) - profit, interest, profit

    try:
        row = residual_value(table, period=period, profit_base=base, interest=form, tranches=tranches, **more).iloc[0]
    except BadValueError as error:
        assert "residual_price" in str(error)  # noqa: PT017
        assert left(0)[0] <= 1e-9 * completed
        return
    v = row["residual_price"]
    remains, interest, profit = left(v)
    assert v > 0
    assert remains == pytest.approx(v, rel=1e-9, abs=1e-9 * completed)
    assert row["profit"] == pytest.approx(profit, rel=1e-9, abs=1e-9)
    assert row["land_interest"] + row["construction_interest"] == pytest.approx(interest, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("table", "changes", "what"),
    [
        (projects(1000, 900), {}, r"residual_price.*00001 = -\d+.*不足以支付"),
        (projects(0, 0), {}, "residual_price.*不足以支付"),
        (projects(1000, -1), {}, "construction_cost"),
        (projects(np.nan, 100), {}, "completed_value.*不能为空"),
        (projects(1000, 100), {"interest_rate": -0.1}, "interest_rate"),
        (projects(1000, 100), {"land_tax_rate": 3}, "land_tax_rate"),
        (projects(1000, 100), {"profit_rate": np.nan}, "profit_rate"),
        (projects(1000, 100), {"period": -1}, "development_period"),
    ],
)
def test_projects_that_leave_nothing_are_refused_by_name(
    table: pd.DataFrame, changes: dict[str, float], what: str
) -> None:
    given_: dict[str, float] = {"period": 2, "interest_rate": 0.06, "profit_rate": 0.2, "selling_fee_rate": 0.04}
    given_ |= {"sales_tax_rate": 0.05, "land_tax_rate": 0.04}
    with pytest.raises(BadValueError, match=what):
        residual_value(table, **(given_ | changes))


# --- several methods


def test_two_methods_weighed_by_hand() -> None:
    prices = pd.DataFrame(
        {
            "收益还原法": [662.0, 100.0, np.nan],
            "市场比较法": [601.0, 120.0, 300.0],
            "成本逼近法": [np.nan, np.nan, 270.0],
        },
        index=pd.Index(CODES[:3], name="parcel_code"),
    )
    weights = pd.DataFrame(
        {"市场比较法": [0.5, 0.25, 0.6], "收益还原法": [0.5, 0.75, np.nan], "成本逼近法": [np.nan, 0.0, 0.4]},
        index=prices.index,
    )
    result = appraise(prices, weights, decimals=0, least_methods=2)
    assert_same_index(result, prices)
    assert result["appraised_price"].tolist() == [632, 105, 288]  # 631.5, 105 and 288, half-up
    assert result["method_gap"].round(6).tolist() == [round(61 / 601, 6), 0.2, round(30 / 270, 6)]
    assert result["权重:收益还原法"].tolist() == [0.5, 0.75, 0.0]
    assert not len(appraisal_findings(result, LIMITS))  # 20 % exactly is allowed


PRICES = st.integers(1, 10**7)
PARTS = st.sampled_from((250, 500, 750)) | st.integers(0, 1000)


@settings(max_examples=examples(20), deadline=None)
@given(st.lists(st.tuples(PRICES, PRICES, PARTS), min_size=1, max_size=30), st.integers(0, 2))
def test_the_result_is_rounded_half_up_exactly(rows: list[tuple[int, int, int]], decimals: int) -> None:
    prices = pd.DataFrame({"甲法": [one / 100 for one, _, _ in rows], "乙法": [two / 100 for _, two, _ in rows]})
    parts = [part for _, _, part in rows]
    weights = pd.DataFrame({"甲法": [part / 1000 for part in parts], "乙法": [(1000 - part) / 1000 for part in parts]})
    result = appraise(prices, weights, decimals=decimals, least_methods=2)
    exact = [Decimal(one * part + two * (1000 - part)).scaleb(-5) for one, two, part in rows]
    rounded = [value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP) for value in exact]
    assert result["appraised_price"].tolist() == [float(value) for value in rounded]


def test_every_pair_over_the_limit_is_named() -> None:
    prices = pd.DataFrame({"甲法": [100.0, 12.0], "乙法": [120.01, 10.0], "丙法": [150.0, np.nan]}, index=CODES[:2])
    weights = pd.DataFrame({"甲法": [0.5, 0.5], "乙法": [0.5, 0.5], "丙法": [0.0, 0.0]}, index=CODES[:2])
    result = appraise(prices, weights, decimals=2, least_methods=2)
    found = appraisal_findings(result, LIMITS)
    assert found["where"].tolist() == [
        f"{CODES[0]} 估价:甲法、估价:乙法",
        f"{CODES[0]} 估价:甲法、估价:丙法",
        f"{CODES[0]} 估价:乙法、估价:丙法",
    ]
    assert found["message"].iloc[0].startswith("两种方法相差 20.01%，超过 20%")
    assert found["message"].str.contains("未经核对原文").all()
    assert result["method_gap"].round(9).tolist() == [0.5, 0.2]


@pytest.mark.parametrize(
    ("prices", "weights", "what"),
    [
        ({"甲": [1.0], "乙": [2.0]}, {"甲": 0.5, "乙": 0.4}, r"00001 = 0\.9.*之和应为 1"),
        ({"甲": [1.0], "乙": [np.nan]}, {"甲": 0.5, "乙": 0.5}, "没有地价的方法不能有权重"),
        ({"甲": [1.0], "乙": [np.nan]}, {"甲": 1.0, "乙": 0.0}, "method_count.*至少采用 2 种"),
        ({"甲": [1.0]}, {"甲": 1.0}, "至少采用 2 种"),
        ({"甲": [1.0], "乙": [-2.0]}, {"甲": 0.5, "乙": 0.5}, "估价:乙.*正数"),
        ({"甲": [1.0], "乙": ["二"]}, {"甲": 0.5, "乙": 0.5}, "估价:乙.*'二'"),
        ({"甲": [1.0], "乙": [np.inf]}, {"甲": 0.5, "乙": 0.5}, "估价:乙"),
        ({"甲": [1.0], "乙": [2.0]}, {"甲": 1.5, "乙": -0.5}, "权重:甲"),
        ({"甲": [1.0], "乙": [2.0]}, {"甲": 1.0, "乙": np.nan}, "权重:乙"),
    ],
)
def test_what_cannot_be_weighed_is_refused(
    prices: dict[str, list[object]], weights: dict[str, float], what: str
) -> None:
    with pytest.raises(BadValueError, match=what):
        appraise(pd.DataFrame(prices, index=CODES[:1]), weights, decimals=2, least_methods=LIMITS.least_methods)


def test_weights_are_of_the_same_methods_and_parcels() -> None:
    prices = pd.DataFrame({"甲": [1.0], "乙": [2.0]}, index=CODES[:1])
    with pytest.raises(MissingColumnError, match="丙"):
        appraise(prices, {"甲": 0.5, "丙": 0.5}, decimals=2, least_methods=2)
    with pytest.raises(MissingColumnError, match="办法"):
        appraise(prices[[]], {}, decimals=2, least_methods=2)
    weights = pd.DataFrame({"甲": [0.5], "乙": [0.5]}, index=CODES[1:2])
    with pytest.raises(IndexMismatchError, match="00002"):
        appraise(prices, weights, decimals=2, least_methods=2)


def test_a_term_over_the_legal_maximum_is_found_and_not_cut() -> None:
    terms = pd.Series([40.0, 40.5, np.inf, np.inf, np.nan], index=CODES)
    legal = pd.Series([40.0, 40.0, 70.0, np.inf, 50.0], index=CODES)
    found = term_findings(terms, legal)
    assert found["severity"].tolist() == ["警告", "警告", "提示"]
    assert [where.split()[0] for where in found["where"]] == [CODES[1], CODES[2], CODES[4]]
    assert found["where"].iloc[0].endswith("term_years（地价年期）、legal_term（法定最高年期）")
    assert found["value"].tolist() == ["40.5、40", "inf、70", "缺、50"]
    assert not len(term_findings(terms[:1], 40))
    with pytest.raises(IndexMismatchError):
        term_findings(terms, legal[::-1])


def test_the_limits_are_data_and_say_that_they_were_not_read() -> None:
    assert (LIMITS.gap, LIMITS.least_methods, LIMITS.least_comparables, LIMITS.far_tolerance) == (0.2, 2, 3, 0.01)
    assert "未经核对原文" in LIMITS.source
    with pytest.raises(NoRuleInForceError, match="CheckLimits"):
        check_limits(date(1990, 1, 1))


def test_longer_terms_never_lower_a_price_of_columns() -> None:
    years = pd.Series(np.arange(1.0, 71.0))
    values = income_value(pd.Series(np.full(70, 60.0)), 0.06, years)
    assert all(one < two for one, two in pairwise(values))
