"""Planned use and place of parcels: winners, ties, gaps, overlaps, and strictness about the plan's codes."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, CrsError, MissingColumnError, SchemeError
from landmarket.zoning import Scheme, locate, planned_use
from tests.helpers import assert_same_index
from tests.hunting import examples

CRS = "EPSG:4547"


def parcels_of(*boxes: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    index = pd.Index([f"411081001001JB{i:05d}" for i in range(1, len(boxes) + 1)], name="parcel_code")
    return gpd.GeoDataFrame(geometry=[shapely.box(*box) for box in boxes], index=index, crs=CRS)


def plan_of(*rows: tuple[str | None, tuple[float, float, float, float], str]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "plan_code": pd.Series([code for code, _, _ in rows], dtype="str"),
            "plan_type": pd.Series(["村庄规划"] * len(rows), dtype="str"),
            "plan_approved_on": pd.to_datetime([day for _, _, day in rows]).astype("datetime64[s]"),
        },
        geometry=[shapely.box(*box) for _, box, _ in rows],
        crs=CRS,
    )


PLAN = plan_of(
    ("100101", (0, 0, 60, 100), "2022-01-01"),
    ("090101", (60, 0, 100, 100), "2023-01-01"),
    ("100101", (100, 0, 200, 100), "2024-01-01"),
)


def test_the_largest_share_wins() -> None:
    parcels = parcels_of((0, 0, 100, 100), (50, 0, 90, 100), (300, 0, 310, 10))
    found = planned_use(parcels, PLAN)
    assert_same_index(found, parcels)
    assert found["planned_use"].fillna("").tolist() == ["100101", "090101", ""]
    assert found["planned_use_name"].fillna("").tolist() == ["一类工业用地", "零售商业用地", ""]
    assert found["use_category"].fillna("").tolist() == ["工矿仓储", "商服", ""]
    assert found["planned_use_scheme"].fillna("").tolist() == ["用地用海分类2023", "用地用海分类2023", ""]
    assert found["planned_use_share"].tolist() == pytest.approx([0.6, 0.75, 0.0])
    assert found["plan_gap_share"].tolist() == pytest.approx([0, 0, 1])
    assert found["plan_tied"].tolist() == ["否", "否", "否"]


def test_areas_of_one_code_count_together_and_the_largest_dates_them() -> None:
    """Two thirds of the parcel are industry in two pieces; the larger piece was approved in 2024."""
    found = planned_use(parcels_of((40, 0, 160, 100)), PLAN).iloc[0]
    assert (found["planned_use"], found["planned_use_share"]) == ("100101", pytest.approx(80 / 120))
    assert found["plan_approved_on"] == pd.Timestamp("2024-01-01")


def test_a_tie_is_decided_and_said() -> None:
    found = planned_use(parcels_of((50, 0, 70, 100)), PLAN).iloc[0]
    assert (found["planned_use"], found["plan_tied"], found["planned_use_share"]) == ("090101", "是", 0.5)


@pytest.mark.parametrize(
    ("days", "told"), [(("2022-01-01", "2027-01-01"), "2027-01-01"), (("2022-01-01", "NaT"), "NaT")]
)
def test_of_areas_as_large_the_one_approved_last_counts(days: tuple[str, str], told: str) -> None:
    """Half of the parcel each, of one code: what is not yet approved, or not known to be, is not passed over."""
    plan = plan_of(("100101", (0, 0, 50, 100), days[0]), ("100101", (50, 0, 100, 100), days[1]))
    for order in ([0, 1], [1, 0]):
        found = planned_use(parcels_of((20, 0, 80, 100)), plan.iloc[order]).iloc[0]
        assert found["planned_use_share"] == 1.0
        assert str(found["plan_approved_on"])[:10] == told


def test_a_parcel_that_only_touches_a_plan_area_has_no_use() -> None:
    """Edges drawn twice: 1e-6 m of a 1,000 m edge is noise, 1e-4 m is more than the tolerance of 0.01 ㎡."""
    plan = plan_of(("1001", (0, 0, 100, 1000), "2022-01-01"), ("0901", (0, 0, 100, 1000), "2022-01-01"))
    parcels = parcels_of((100 - 1e-6, 0, 200, 1000), (100 - 1e-4, 0, 200, 1000), (99, 0, 100, 0.02))
    found = planned_use(parcels, plan)
    assert found["planned_use"].fillna("").tolist() == ["", "0901", "0901"]
    assert found["planned_use_share"].gt(0).tolist() == [False, True, True]
    assert found["plan_tied"].tolist() == ["否", "是", "是"]
    assert found["plan_type"].isna().tolist() == [True, False, False]
    assert found["plan_gap_share"].iloc[0] < 1
    assert planned_use(parcels, plan, tolerance=0)["planned_use"].tolist() == ["0901"] * 3


def test_gaps_and_overlaps_of_the_plan() -> None:
    plan = plan_of(("1001", (0, 0, 60, 100), "2022-01-01"), ("0901", (50, 0, 90, 100), "2022-01-01"))
    found = planned_use(parcels_of((0, 0, 100, 100)), plan).iloc[0]
    assert found["plan_gap_share"] == pytest.approx(0.1)
    assert found["plan_overlap_share"] == pytest.approx(0.1)


def test_codes_are_those_of_the_named_scheme() -> None:
    parcels, plan = parcels_of((0, 0, 10, 10)), plan_of(("0601", (0, 0, 10, 10), "2022-01-01"))
    assert planned_use(parcels, plan)["planned_use_name"].tolist() == ["农村道路"]
    survey = planned_use(parcels, plan, Scheme.三调)
    assert survey[["planned_use_name", "planned_use_scheme"]].iloc[0].tolist() == ["工业用地", "三调"]
    with pytest.raises(SchemeError):
        planned_use(parcels, plan, "现状")


@pytest.mark.parametrize("code", [None, "385", "601", "05H1"])
def test_a_code_outside_the_scheme_is_refused(code: str | None) -> None:
    plan = plan_of(("1001", (0, 0, 5, 10), "2022-01-01"), (code, (5, 0, 10, 10), "2022-01-01"))
    with pytest.raises(BadValueError, match="共 1 行：1 = "):
        planned_use(parcels_of((0, 0, 10, 10)), plan)


def test_wrong_plans_are_refused() -> None:
    parcels = parcels_of((0, 0, 10, 10))
    with pytest.raises(MissingColumnError, match="plan_type（规划类型）"):
        planned_use(parcels, PLAN.drop(columns="plan_type"))
    with pytest.raises(CrsError):
        planned_use(parcels, PLAN.to_crs("EPSG:4490"))


def test_missing_dates_stay_missing_days() -> None:
    plan = plan_of(("1001", (0, 0, 10, 10), "NaT"))
    found = planned_use(parcels_of((0, 0, 10, 10), (50, 50, 60, 60)), plan)
    assert pd.api.types.is_datetime64_any_dtype(found["plan_approved_on"].dtype)
    assert found["plan_approved_on"].isna().all()


@settings(deadline=None, max_examples=examples(12))
@given(st.permutations(range(3)), st.permutations(range(4)))
def test_order_of_rows_is_irrelevant(plan_order: list[int], parcel_order: list[int]) -> None:
    parcels = parcels_of((0, 0, 100, 100), (50, 0, 70, 100), (55, 0, 130, 50), (190, 0, 240, 50))
    straight = planned_use(parcels, PLAN)
    shuffled = planned_use(parcels.iloc[parcel_order], PLAN.iloc[plan_order])
    pd.testing.assert_frame_equal(shuffled.loc[parcels.index], straight)


def test_inputs_are_left_as_they_are() -> None:
    parcels, plan = parcels_of((0, 0, 100, 100)), PLAN.copy(deep=True)
    planned_use(parcels, plan)
    pd.testing.assert_frame_equal(plan, PLAN)


VILLAGES = gpd.GeoDataFrame(
    {
        "township": pd.Series(["梁北镇", "梁北镇", "古城镇"], dtype="str"),
        "township_code": pd.Series(["411081102", "411081102", "411081103"], dtype="str"),
        "village": pd.Series(["甲村", "乙村", "甲村"], dtype="str"),
        "village_code": pd.Series(["411081102201", "411081102202", "411081103201"], dtype="str"),
    },
    geometry=[shapely.box(0, 0, 50, 100), shapely.box(50, 0, 100, 100), shapely.box(100, 0, 200, 100)],
    crs=CRS,
)


def test_place_comes_from_geometry_and_villages_of_one_name_stay_apart() -> None:
    parcels = parcels_of((0, 0, 20, 20), (45, 0, 65, 20), (95, 0, 115, 20), (500, 0, 510, 10))
    found = locate(parcels, VILLAGES)
    assert_same_index(found, parcels)
    assert found["village"].fillna("").tolist() == ["甲村", "乙村", "甲村", ""]
    assert found["village_code"].fillna("").tolist() == ["411081102201", "411081102202", "411081103201", ""]
    assert found["township"].fillna("").tolist() == ["梁北镇", "梁北镇", "古城镇", ""]
    assert found["village_share"].tolist() == pytest.approx([1, 0.75, 0.75, 0])


def test_villages_need_their_columns() -> None:
    with pytest.raises(MissingColumnError, match="township_code（乡镇代码）"):
        locate(parcels_of((0, 0, 1, 1)), VILLAGES.drop(columns="township_code"))
