"""The checks of monitoring bureaus, each against rows that pass, fail and stand on the limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import MissingColumnError
from landmarket.pricing.methods.check_limits import CheckLimits, check_limits
from landmarket.pricing.methods.sample_checks import (
    appraiser_findings,
    comparable_findings,
    floor_area_findings,
    floor_price_findings,
    method_findings,
    quarter_findings,
    weight_findings,
)
from tests.hunting import examples

LIMITS = check_limits(date(2026, 3, 2))
COLUMNS = ["severity", "where", "value", "message", "cure"]


def samples(**columns: list[object]) -> pd.DataFrame:
    rows = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index([f"S{number}" for number in range(1, rows + 1)], name="sample"))


def named(found: pd.DataFrame) -> list[str]:
    """Samples that were found, once a finding; every finding says what to do."""
    assert list(found.columns) == COLUMNS
    assert (found.map(len) > 0).all(axis=None)
    return [where.split()[0] for where in found["where"]]


def test_weights_sum_to_one() -> None:
    table = samples(a=[0.5, 0.6, 1.0, None, 1.2, 0.1], b=[0.5, 0.5, None, None, -0.2, 0.2], c=[0, 0, 0, 0, 0, 0.7])
    before = table.copy()
    found = weight_findings(table, ["a", "b", "c"])
    assert named(found) == ["S2", "S4", "S5"]
    assert found["where"].iloc[0] == "S2 a、b、c"
    assert found["value"].tolist() == ["0.6、0.5、0", "缺、缺、0", "1.2、-0.2、0"]
    pd.testing.assert_frame_equal(table, before)
    assert not len(weight_findings(table.iloc[:0], ["a", "b", "c"]))


def test_what_is_no_number_is_found() -> None:
    found = weight_findings(samples(a=["0.5", "一半"], b=[0.5, 0.5]), ["a", "b"])
    assert named(found) == ["S2", "S2"]
    assert (found["value"].iloc[0], found["message"].iloc[0]) == ("一半", "不是数")


def test_methods_and_appraisers_differ_by_a_fifth_at_most() -> None:
    table = samples(one=[100.0, 100.0, 1.1, 100.0, np.nan], two=[120.0, 120.01, 1.32, np.nan, np.nan])
    found = method_findings(table, ["one", "two"], LIMITS)
    assert named(found) == ["S4", "S5", "S2"]
    assert "20.01%，超过 20%" in found["message"].iloc[2]
    assert found["value"].iloc[2] == "100、120.01"
    assert "未经核对原文" in found["message"].iloc[2]
    found = appraiser_findings(table, ["one", "two"], LIMITS)
    assert named(found) == ["S5", "S2"]
    assert found["message"].iloc[1].startswith("两家机构")
    assert named(appraiser_findings(table, ["one", "two"], replace(LIMITS, gap=0.19))) == ["S5", "S1", "S2", "S3"]


def test_columns_are_named_in_both_languages() -> None:
    found = method_findings(samples(unit_price=[100.0], floor_price=[200.0]), ["unit_price", "floor_price"], LIMITS)
    assert found["where"].tolist() == ["S1 unit_price（地面单价）、floor_price（楼面地价）"]


def test_a_price_that_is_none_is_no_method() -> None:
    found = method_findings(samples(one=[100.0, 100.0], two=[0.0, -5.0]), ["one", "two"], LIMITS)
    assert named(found) == ["S1", "S2"]
    assert found["message"].str.startswith("有效的估价结果少于 2 个").all()


@settings(max_examples=examples(20), deadline=None)
@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 3), st.integers(-1, 1)), min_size=1, max_size=30))
def test_the_gap_is_judged_on_the_printed_prices(rows: list[tuple[int, int, int]]) -> None:
    # The higher price is 1.1 to 1.4 times the lower one, a ten-thousandth more or less.
    lows = [5 * low for low, _, _ in rows]
    highs = [low * (11 + tenth) // 10 + off for low, (_, tenth, off) in zip(lows, rows, strict=True)]
    table = samples(one=[low / 10_000 for low in lows], two=[high / 10_000 for high in highs])
    pairs = zip(lows, highs, strict=True)
    expected = [f"S{i}" for i, (low, high) in enumerate(pairs, start=1) if 5 * abs(high - low) > min(low, high)]
    assert named(method_findings(table, ["one", "two"], LIMITS)) == expected


def test_three_different_comparables() -> None:
    table = samples(
        c1=["A", "A", "A", "A", "A"], c2=["B", "A", "B", "B", "B"], c3=["C", "C", None, " ", " B "], c4=[None] * 5
    )
    found = comparable_findings(table, ["c1", "c2", "c3", "c4"], LIMITS)
    assert named(found) == ["S2", "S3", "S4", "S5"]
    assert found["value"].iloc[1] == "A、B、缺、缺"
    assert not len(comparable_findings(table, ["c1", "c2", "c3"], replace(LIMITS, least_comparables=1)))


@settings(max_examples=examples(50), deadline=None)
@given(st.lists(st.lists(st.sampled_from(["A", "B", "C", "", None]), min_size=4, max_size=4), min_size=1, max_size=8))
def test_comparables_are_counted_as_a_set(rows: list[list[str | None]]) -> None:
    table = samples(**{f"c{number}": [row[number] for row in rows] for number in range(4)})
    expected = [f"S{i}" for i, row in enumerate(rows, start=1) if len({code for code in row if code}) < 3]
    assert named(comparable_findings(table, ["c0", "c1", "c2", "c3"], LIMITS)) == expected


def test_land_price_over_floor_price_is_the_floor_area_ratio() -> None:
    table = samples(
        unit_price=[3882.0, 151.0, 152.0, 300.0, 300.0],
        floor_price=[1941.0, 100.0, 100.0, 0.0, np.nan],
        floor_area_ratio=[2.0, 1.5, 1.5, 1.5, 1.5],
    )
    found = floor_price_findings(table, LIMITS)
    assert named(found) == ["S3", "S4", "S5"]
    assert found["where"].iloc[0] == "S3 unit_price（地面单价）、floor_price（楼面地价）、floor_area_ratio（容积率）"
    assert found["value"].iloc[0] == "152、100、1.5"
    assert found["message"].iloc[0].startswith("相除得 1.52，与容积率相差超过 0.01")
    assert found["severity"].tolist() == ["警告", "提示", "提示"]


def test_a_published_floor_area_ratio() -> None:
    # 1.5 亿元 for 58 亩 at a floor price of 1,941 元/㎡: 1.9986, printed as 2.0.
    unit_price = 1.5e8 / (58 * 2000 / 3)
    table = samples(unit_price=[unit_price] * 2, floor_price=[1941.0] * 2, floor_area_ratio=[2.0, 2.01])
    assert named(floor_price_findings(table, LIMITS)) == ["S2"]


def test_planned_floor_area_over_area_is_the_floor_area_ratio() -> None:
    table = samples(
        planned_floor_area=[20_000.0, 20_100.0, 20_101.0, None],
        area=[10_000.0] * 4,
        floor_area_ratio=["2.0", "2", "2.0", "2.0"],
    )
    assert named(floor_area_findings(table, LIMITS)) == ["S3", "S4"]
    wider: CheckLimits = replace(LIMITS, far_tolerance=0.02)
    assert named(floor_area_findings(table, wider)) == ["S4"]


@settings(max_examples=examples(20), deadline=None)
@given(st.lists(st.tuples(st.integers(1, 10**5), st.integers(1, 500), st.integers(-2, 2)), min_size=1, max_size=30))
def test_the_ratio_is_judged_on_the_printed_numbers(rows: list[tuple[int, int, int]]) -> None:
    # The floor area is that of the ratio and up to two hundredths more or less.
    table = samples(
        planned_floor_area=[max(ratio + off, 1) * area / 10_000 for area, ratio, off in rows],
        area=[area / 100 for area, _, _ in rows],
        floor_area_ratio=[ratio / 100 for _, ratio, _ in rows],
    )
    expected = [f"S{i}" for i, (_, ratio, off) in enumerate(rows, start=1) if abs(max(ratio + off, 1) - ratio) > 1]
    assert named(floor_area_findings(table, LIMITS)) == expected


QUARTERS = ("2024Q3", "2024q3", "2024-Q3", "2024年3季度", "2024年第三季度", "2024 第3季", "２０２４年第３季度")


@pytest.mark.parametrize("quarter", QUARTERS)
def test_a_deal_lies_inside_its_quarter(quarter: str) -> None:
    days = [date(2024, 6, 30), date(2024, 7, 1), date(2024, 9, 30), date(2024, 10, 1), date(2023, 8, 1)]
    table = samples(deal_on=list(days), quarter=[quarter] * 5)
    assert named(quarter_findings(table)) == ["S1", "S4", "S5"]
    table["deal_on"] = pd.to_datetime(table["deal_on"])
    found = quarter_findings(table)
    assert named(found) == ["S1", "S4", "S5"]
    assert found["where"].iloc[0].startswith("S1 deal_on（成交日）、quarter")
    assert found["value"].iloc[0] == f"2024-06-30、{quarter}"


def test_days_and_quarters_that_cannot_be_read_are_found() -> None:
    table = samples(
        deal_on=["2024年7月1日", "20240701", "七月", None, "2024-07-01", "2024-07-01", "2024-07-01"],
        quarter=["2024Q3", "2024年第三季度", "2024Q3", "2024Q3", "2024年7", "2024Q5", None],
    )
    found = quarter_findings(table)
    assert named(found) == ["S3", "S4", "S5", "S6", "S7"]
    assert set(found["severity"]) == {"提示"}


@settings(max_examples=examples(100), deadline=None)
@given(st.integers(0, 20_000), st.integers(1990, 2045), st.integers(1, 4))
def test_quarters_have_three_months(day: int, year: int, quarter: int) -> None:
    on = date(1990, 1, 1) + timedelta(days=day)
    inside = on.year == year and (on.month + 2) // 3 == quarter
    assert len(quarter_findings(samples(deal_on=[on], quarter=[f"{year}Q{quarter}"]))) == (not inside)


@pytest.mark.parametrize(
    "check",
    [
        lambda table: weight_findings(table, ["a"]),
        lambda table: method_findings(table, ["a"], LIMITS),
        lambda table: appraiser_findings(table, ["a"], LIMITS),
        lambda table: comparable_findings(table, ["a"], LIMITS),
        lambda table: floor_price_findings(table, LIMITS),
        lambda table: floor_area_findings(table, LIMITS),
        quarter_findings,
    ],
)
def test_a_missing_column_is_refused(check: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    with pytest.raises(MissingColumnError, match="办法"):
        check(samples(other=[1]))
