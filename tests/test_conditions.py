"""Planning conditions: floor-area ratios as notices write them, and the end of a range that prices a parcel."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landmarket.errors import BadValueError, MissingColumnError
from landmarket.zoning import (
    FarRange,
    PlanningConditions,
    choose_floor_area_ratio,
    parse_far_range,
    planning_conditions,
    planning_conditions_of,
)
from landmarket.zoning.conditions import readable_far_ranges
from tests.helpers import assert_same_index


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.0≤R≤2.5", FarRange(1.0, 2.5)),
        ("1.0<R≤2.5", FarRange(1.0, 2.5, low_excluded=True)),
        ("1.0 ≤ 容积率 < 2.5", FarRange(1.0, 2.5, high_excluded=True)),
        ("1.0<=FAR<=2.5", FarRange(1.0, 2.5)),
        ("2.5≥R≥1", FarRange(1.0, 2.5)),
        ("2.5>R>1", FarRange(1.0, 2.5, low_excluded=True, high_excluded=True)),
        ("１．０≤Ｒ≤２．５", FarRange(1.0, 2.5)),
        ("1.0-2.5", FarRange(1.0, 2.5)),
        ("1.0～2.5", FarRange(1.0, 2.5)),
        ("1.0—2.5", FarRange(1.0, 2.5)),
        ("1.0至2.5", FarRange(1.0, 2.5)),
        ("≥1.0且≤2.5", FarRange(1.0, 2.5)),
        ("不低于1.0，不高于2.5", FarRange(1.0, 2.5)),
        ("R≥1.2", FarRange(1.2, None)),
        ("≤2.5", FarRange(None, 2.5)),
        ("<2.5", FarRange(None, 2.5, high_excluded=True)),
        ("2.5≥R", FarRange(None, 2.5)),
        ("1.2≤R", FarRange(1.2, None)),
        ("不大于2.5", FarRange(None, 2.5)),
        ("不小于 1.0", FarRange(1.0, None)),
        ("小于等于2.5", FarRange(None, 2.5)),
        ("大于1.0", FarRange(1.0, None, low_excluded=True)),
        ("1.0以上", FarRange(1.0, None)),
        ("2.5及以下", FarRange(None, 2.5)),
        ("容积率≤2.5", FarRange(None, 2.5)),
        ("容积率1.8", FarRange(1.8, 1.8)),
        ("R=1.8", FarRange(1.8, 1.8)),
        ("1.8", FarRange(1.8, 1.8)),
        ("2", FarRange(2.0, 2.0)),
        ("", FarRange(None, None)),
        ("  ", FarRange(None, None)),
    ],
)
def test_texts(text: str, expected: FarRange) -> None:
    assert parse_far_range(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "约2",
        "2.5≤R≤1.0",
        "1.0≤R≥2.5",
        "2.5-1.0",
        "0",
        "≤0",
        "1.0≤≤2.5",
        "1,5",
        "R",
        "1.0≤R≤2.5≤3",
        "-1",
        "≥1且≥2",
        "1.0.0",
    ],
)
def test_unreadable_texts(text: str) -> None:
    with pytest.raises(BadValueError, match="容积率"):
        parse_far_range(text)
    assert not readable_far_ranges(pd.Series([text])).iloc[0]


@given(st.integers(1, 999), st.integers(1, 999), st.sampled_from("≤<"), st.sampled_from("≤<"))
def test_ranges_are_read_back(one: int, other: int, left: str, right: str) -> None:
    low, high = sorted((one / 100, other / 100))
    assert parse_far_range(f"{low}{left}R{right}{high}") == FarRange(low, high, left == "<", right == "<")


@given(st.text(max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = parse_far_range(text)
    except BadValueError:
        return
    assert found.low is None or found.high is None or found.low <= found.high


def table(**columns: list[object]) -> pd.DataFrame:
    size = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index([f"p{i}" for i in range(size)], name="parcel_code"))


def test_conditions_of_a_table() -> None:
    parcels = table(
        floor_area_ratio=["1.0≤R≤2.5", None, "≤3.0"],
        building_density=[40.0, np.nan, 30.0],
        tax_intensity=[20.0, 1.0, 0.0],
    )
    found = planning_conditions(parcels)
    assert_same_index(found, parcels)
    np.testing.assert_array_equal(found["far_low"], [1.0, np.nan, np.nan])
    np.testing.assert_array_equal(found["far_high"], [2.5, np.nan, 3.0])
    np.testing.assert_array_equal(found["building_density"], [40, np.nan, 30])
    assert found["green_share"].isna().all()
    assert planning_conditions_of(parcels, "p2") == PlanningConditions(
        far_high=3.0, building_density=30.0, tax_intensity=0.0
    )


def test_numbers_are_floor_area_ratios_too() -> None:
    assert planning_conditions(table(floor_area_ratio=[1.8, np.nan]))["far_low"].tolist()[0] == 1.8


def test_impossible_conditions_are_refused() -> None:
    with pytest.raises(BadValueError, match=r"building_density（建筑密度）.*p1"):
        planning_conditions(table(floor_area_ratio=["1", "1"], building_density=[40.0, 140.0]))
    with pytest.raises(BadValueError, match=r"floor_area_ratio（容积率）.*p0 = '约2'"):
        planning_conditions(table(floor_area_ratio=["约2"]))
    with pytest.raises(MissingColumnError):
        planning_conditions(table(area=[1.0]))
    with pytest.raises(BadValueError, match="p9"):
        planning_conditions_of(table(floor_area_ratio=["1"]), "p9")


USES = ["商服", "工矿仓储", "商服", "工矿仓储", "宅基地"]
RATIOS = ["1.0≤R≤2.5", "1.0≤R≤2.5", "1.8", "≥1.2", None]


def test_the_chosen_end() -> None:
    parcels = table(floor_area_ratio=RATIOS, use_category=USES)
    chosen = choose_floor_area_ratio(parcels, {"商服": "upper", "工矿仓储": "lower"})
    assert_same_index(chosen, parcels)
    assert chosen.name == "floor_area_ratio"
    np.testing.assert_array_equal(chosen, [2.5, 1.0, 1.8, 1.2, np.nan])


def test_the_price_use_goes_before_the_category() -> None:
    parcels = table(floor_area_ratio=["1-2", "1-2"], use_category=["工矿仓储", "工矿仓储"], price_use=["工业", None])
    assert choose_floor_area_ratio(parcels, {"工业": "lower", "工矿仓储": "upper"}).tolist() == [1.0, 2.0]


def test_a_range_without_a_choice_is_refused() -> None:
    parcels = table(floor_area_ratio=RATIOS, use_category=USES)
    with pytest.raises(BadValueError, match=r"共 2 行：p1 = '1.0≤R≤2.5'、p3.*没有选定取值"):
        choose_floor_area_ratio(parcels, {"商服": "upper"})
    with pytest.raises(BadValueError, match=r"共 1 行：p3 = '≥1.2'。.*没有数值"):
        choose_floor_area_ratio(parcels, {"商服": "upper", "工矿仓储": "upper"})
    with pytest.raises(BadValueError, match="middle"):
        choose_floor_area_ratio(parcels, {"商服": "middle"})
    with pytest.raises(MissingColumnError, match="price_use（地价用途）"):
        choose_floor_area_ratio(parcels.drop(columns="use_category"), {})
