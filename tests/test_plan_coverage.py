"""Plan coverage: strips of squares by hand, brute force over plain geometry, the work list in exact fen."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, MissingColumnError, RuleError
from landmarket.land_book.plan_coverage import (
    entry_plan_types,
    plan_areas,
    plan_coverage,
    plan_work_list,
    read_plan_register,
)
from landmarket.rules import Rule
from tests.helpers import assert_same_index
from tests.hunting import examples

CRS = "EPSG:4547"
ON = date(2026, 3, 2)
NEEDED = ("村庄规划", "详细规划")
Box = tuple[float, float, float, float]
SHARES = ["township_plan_share", "village_plan_share", "detailed_plan_share", "entry_plan_share", "expired_plan_share"]


def code(number: int) -> str:
    return f"411081001001JB{number:05d}"


def parcels_of(*boxes: Box) -> gpd.GeoDataFrame:
    index = pd.Index([code(i) for i in range(1, len(boxes) + 1)], name="parcel_code")
    return gpd.GeoDataFrame(geometry=[shapely.box(*box) for box in boxes], index=index, crs=CRS)


def plans_of(*rows: tuple[str, str, str | None, str | None, Box]) -> gpd.GeoDataFrame:
    table = {
        "plan_id": pd.Series([row[0] for row in rows], dtype="str"),
        "plan_type": pd.Series([row[1] for row in rows], dtype="str"),
        "plan_approved_on": pd.Series(pd.to_datetime([row[2] for row in rows])),
        "plan_expires_on": pd.Series(pd.to_datetime([row[3] for row in rows])),
    }
    return gpd.GeoDataFrame(table, geometry=[shapely.box(*row[4]) for row in rows], crs=CRS)


PLANS = plans_of(
    ("镇1", "乡镇规划", "2024-01-01", "2035-12-31", (0, 0, 100, 100)),
    ("村1", "村庄规划", "2022-01-01", None, (0, 0, 40, 100)),
    ("村2", "村庄规划", "2018-01-01", "2025-12-31", (40, 0, 70, 100)),
    ("详1", "详细规划", "2023-05-01", "2026-03-02", (30, 0, 50, 100)),
    ("村3", "村庄规划", "2026-03-03", None, (0, 0, 100, 100)),
    ("村4", "村庄规划", None, None, (0, 0, 100, 100)),
)


def test_strips_of_a_square_are_covered_as_drawn() -> None:
    """Village 0-40, detailed 30-50 until this very day, expired 40-70 of which 20 is left; later plans do not count."""
    parcels = parcels_of((0, 0, 100, 100), (10, 0, 20, 10), (55, 0, 60, 10), (80, 0, 90, 10), (200, 0, 210, 10))
    result = plan_coverage(parcels, PLANS, NEEDED, on=ON)
    assert_same_index(result, parcels)
    assert result.loc[code(1), SHARES].to_list() == pytest.approx([1.0, 0.4, 0.2, 0.5, 0.2])
    assert result["plan_status"].to_list() == ["部分覆盖", "已覆盖", "规划已过期", "没有规划", "没有规划"]
    assert result["newest_plan"].to_list()[:4] == ["镇1"] * 4
    assert pd.isna(result["newest_plan"].iloc[4])
    assert result["newest_plan_on"].iloc[0] == pd.Timestamp(2024, 1, 1)
    tomorrow = plan_coverage(parcels, PLANS, NEEDED, on=date(2026, 3, 3))
    assert tomorrow.loc[code(1), SHARES].to_list() == pytest.approx([1.0, 1.0, 0.0, 1.0, 0.0])
    assert tomorrow["newest_plan"].iloc[0] == "村3"


STRIP = st.tuples(
    st.integers(-3, 20), st.integers(1, 12), st.sampled_from(["乡镇规划", "村庄规划", "详细规划"]),
    st.sampled_from(["2020-01-01", "2024-06-01", "2026-03-02", "2026-03-03"]),
    st.sampled_from([None, "2026-03-01", "2026-03-02", "2035-12-31"]),
)  # fmt: skip


@settings(max_examples=examples(50), deadline=None)
@given(strips=st.lists(STRIP, max_size=6), seed=st.integers(0, 2**16))
def test_shares_are_those_of_counted_metres_in_any_order(
    strips: list[tuple[int, int, str, str, str | None]], seed: int
) -> None:
    parcels = parcels_of((0, 0, 20, 5), (20, 0, 28, 5))
    plans = plans_of(*[(f"规{i}", t, a, e, (x, 0, x + w, 5)) for i, (x, w, t, a, e) in enumerate(strips)])
    result = plan_coverage(parcels, plans, NEEDED, on=ON)
    for parcel, metres in zip(parcels.index, (range(20), range(20, 28)), strict=True):
        made = [strip for strip in strips if strip[3] <= "2026-03-02"]
        here = [{(t, e is not None and e < "2026-03-02") for x, w, t, _, e in made if x <= m < x + w} for m in metres]
        valid = [{kind for kind, old in met if not old} for met in here]
        old = [{kind for kind, old in met if old} & set(NEEDED) for met in here]
        counted = [sum(kind in met for met in valid) for kind in ("乡镇规划", "村庄规划", "详细规划")]
        counted.append(sum(bool(met & set(NEEDED)) for met in valid))
        counted.append(sum(bool(was) and not met & set(NEEDED) for was, met in zip(old, valid, strict=True)))
        assert result.loc[parcel, SHARES].to_list() == pytest.approx([n / len(metres) for n in counted])
    order = np.random.default_rng(seed).permutation(len(plans))
    again = plan_coverage(parcels.iloc[::-1], plans.iloc[order], NEEDED, on=ON)
    pd.testing.assert_frame_equal(again.loc[result.index], result)


def test_villages_that_wait_are_listed_by_value() -> None:
    """333.33 ㎡ at 150.01 元/㎡ is 50,002.8333 元; 2,000 ㎡ are 3 亩."""
    index = pd.Index([code(i) for i in range(1, 6)], name="parcel_code")
    parcels = pd.DataFrame(
        {
            "township": ["梁北镇"] * 4 + ["郭连镇"],
            "village": ["甲村", "甲村", "乙村", "乙村", "丙村"],
            "area": [2000.0, 333.33, 500.0, 100.0, 9000.0],
            "unit_price_fen": pd.array([None, 15001, 100_000, 100_000, 1], dtype="Int64"),
        },
        index=index,
    )
    status = pd.DataFrame({"plan_status": ["没有规划", "部分覆盖", "规划已过期", "已覆盖", "已覆盖"]}, index=index)
    before = parcels.copy()
    result = plan_work_list(parcels, status)
    pd.testing.assert_frame_equal(parcels, before)
    assert result.index.to_list() == [("梁北镇", "乙村"), ("梁北镇", "甲村")]
    assert result["waiting_value_fen"].to_list() == [50_000_000, 5_000_283]
    assert result["waiting_area"].to_list() == [500.0, 2333.33]
    assert result["waiting_mu"].to_list() == pytest.approx([0.75, 3.499995])
    assert result["waiting_parcels"].to_list() == [1, 2]
    assert result["unpriced_parcels"].to_list() == [0, 1]
    assert plan_work_list(parcels, status.assign(plan_status="已覆盖")).empty
    with pytest.raises(BadValueError, match=code(1)):
        plan_work_list(parcels.assign(village=None), status)
    with pytest.raises(MissingColumnError, match="unit_price_fen"):
        plan_work_list(parcels.drop(columns="unit_price_fen"), status)


HEAD = "规划编号,规划类型,乡镇,村,批准日期,规划期末"
VILLAGES = gpd.GeoDataFrame(
    {"township": ["梁北镇", "梁北镇"], "village": ["甲村", "乙村"]},
    geometry=[shapely.box(0, 0, 10, 10), shapely.box(10, 0, 30, 10)],
    crs=CRS,
)


def register_of(folder: Path, *lines: str) -> pd.DataFrame:
    path = folder / "plans.csv"
    path.write_text("\n".join(["示例", HEAD, *lines]), encoding="utf-8-sig")
    return read_plan_register(path)


def test_a_register_is_put_on_villages_and_townships(tmp_path: Path) -> None:
    register = register_of(
        tmp_path,
        "镇1,乡镇规划,梁北镇,,2024-01-01,2035-12-31",
        "村1,村庄规划,梁北镇,乙村,2022年1月1日,",
        "村2,村庄规划,梁北镇,甲村,,",
    )
    plans = plan_areas(register, VILLAGES)
    assert_same_index(plans, register)
    assert plans.area.to_list() == [300, 200, 100]
    result = plan_coverage(parcels_of((5, 0, 15, 10)), plans, NEEDED, on=ON)
    assert result.loc[code(1), SHARES].to_list() == pytest.approx([1.0, 0.5, 0.0, 0.5, 0.0])


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("村1,村庄规划,梁北镇,丁村,2022-01-01,", "没有这个村"),
        ("村1,乡镇规划,无此镇,,2022-01-01,", "没有该乡镇"),
        ("村1,总体规划,梁北镇,甲村,2022-01-01,", "总体规划"),
        ("村1,村庄规划,梁北镇,甲村,2022-01-01,2021-01-01", "早于批准日"),
        (",村庄规划,梁北镇,甲村,2022-01-01,", "plan_id"),
    ],
)
def test_bad_rows_of_the_register_are_named(tmp_path: Path, line: str, what: str) -> None:
    with pytest.raises(BadValueError, match=what):
        plan_areas(register_of(tmp_path, line), VILLAGES)


@pytest.mark.filterwarnings("ignore::landmarket.errors.UnverifiedRuleWarning")
def test_the_plans_that_entry_needs_are_data() -> None:
    assert entry_plan_types([], on=ON, county="411081", pilot=True) == NEEDED
    local = Rule(
        "entry_plan_types", "示例", "详细规划", "", date(2025, 1, 1), "示例", verified=True, counties=("411081",)
    )
    assert entry_plan_types([local], on=ON, county="411081", pilot=True) == ("详细规划",)
    wrong = Rule("entry_plan_types", "示例", "总规", "", date(2025, 1, 1), "示例", verified=True, counties=("411081",))
    with pytest.raises(RuleError, match="总规"):
        entry_plan_types([wrong], on=ON, county="411081", pilot=True)
