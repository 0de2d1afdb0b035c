"""Candidates: areas by cause on hand-drawn squares, thresholds at their edges, missing evidence, local cut-off."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, MissingColumnError, NoRuleInForceError, ReadError, RuleError
from landmarket.land_book.candidate_rule import CandidateRule, candidate_rule, causes
from landmarket.land_book.candidates import candidates, cause_areas, unregistered_patches
from landmarket.land_book.cause_zones import permit_areas, read_permits, read_use_records, with_use_records
from landmarket.rules import read_rules
from tests.helpers import assert_same_index
from tests.hunting import examples

CRS = "EPSG:4547"
ON = date(2026, 3, 2)
RULE = CandidateRule(
    cutoff=date(2023, 3, 1),
    idle_years=1,
    unsupplied_years=2,
    low_use_ratio=Decimal("0.5"),
    construction_codes=("05H1", "0508", "0601", "0602", "0702", "08H1"),
    homestead_codes=("0702",),
    works_codes=("0601", "0602"),
    public_codes=("08H1",),
    state_natures=("10", "20"),
    collective_natures=("30", "32"),
    land_approvals=("建设用地批准",),
    urban_settlements=("201", "202"),
)
Box = tuple[float, float, float, float]
COLUMNS = [column.column for column in causes().values()] + ["other_area"]


def code(number: int) -> str:
    return f"411081001001JB{number:05d}"


def days(*values: str | None) -> pd.Series[pd.Timestamp]:
    return pd.Series(pd.to_datetime(list(values)))


def parcels_of(*rows: tuple[Box, str]) -> gpd.GeoDataFrame:
    """Parcels with their source of land, all other evidence complete."""
    count = len(rows)
    table = {
        "land_source": pd.Series([source for _, source in rows], dtype="str"),
        "conversion_document": pd.Series(["示例〔2025〕1号"] * count, dtype="str"),
        "released_on": days(*["2025-01-01"] * count),
        "disused_since": days(*["2025-01-01"] * count),
        "building_area": pd.Series([np.nan] * count),
        "ownership_registered": pd.Series(["是"] * count, dtype="str"),
        "disputed": pd.Series(["否"] * count, dtype="str"),
        "planned_use": pd.Series(["1001"] * count, dtype="str"),
    }
    frame = gpd.GeoDataFrame(table, geometry=[shapely.box(*box) for box, _ in rows], crs=CRS)
    return frame.set_axis(pd.Index([code(i) for i in range(1, count + 1)], name="parcel_code"), axis=0)


def patches_of(*rows: tuple[Box, str, str]) -> gpd.GeoDataFrame:
    table = {
        "current_use": pd.Series([use for _, use, _ in rows], dtype="str"),
        "owner_nature": pd.Series([nature for _, _, nature in rows], dtype="str"),
        "settlement_code": pd.Series(["203"] * len(rows), dtype="str"),
    }
    return gpd.GeoDataFrame(table, geometry=[shapely.box(*box) for box, _, _ in rows], crs=CRS)


def permits_of(*rows: tuple[Box, str, str | None, str | None, str | None]) -> gpd.GeoDataFrame:
    """Approvals: ground, day, supplied, building due, building begun."""
    count = len(rows)
    table = {
        "permit_no": pd.Series([f"示例〔{i}〕号" for i in range(count)], dtype="str"),
        "permit_kind": pd.Series(["建设用地批准"] * count, dtype="str"),
        "permit_on": days(*[row[1] for row in rows]),
        "supplied_on": days(*[row[2] for row in rows]),
        "start_due_on": days(*[row[3] for row in rows]),
        "started_on": days(*[row[4] for row in rows]),
    }
    return gpd.GeoDataFrame(table, geometry=[shapely.box(*row[0]) for row in rows], crs=CRS)


NOTHING = permits_of()
BUILT = ("2020-01-01", "2020-06-01", "2021-01-01", "2020-12-01")


def test_a_parcel_is_divided_by_hand() -> None:
    """100 m square: 20 m strip of the state, 30 m built and approved in 2020, 40 m built without, 10 m farmland."""
    parcels = parcels_of(((0, 0, 100, 100), "存量"))
    patches = patches_of(
        ((0, 0, 20, 100), "0601", "20"), ((20, 0, 90, 100), "0601", "30"), ((90, 0, 100, 100), "0102", "30")
    )
    before = parcels.copy()
    result = candidates(parcels, patches, permits_of(((10, 0, 50, 100), *BUILT)), RULE, on=ON)
    assert_same_index(result, parcels)
    pd.testing.assert_frame_equal(parcels, before)
    row = result.loc[code(1)]
    expected = {"state_land_area": 2000, "legal_stock_area": 3000, "unproven_area": 4000, "other_area": 1000}
    assert {name: round(row[name], 6) for name in COLUMNS if row[name] > 1e-6} == expected
    assert row["candidate_area"] == pytest.approx(3000)
    assert (row["main_cause"], row["evidence_status"]) == ("合法存量建设用地", "待补")
    assert row["legal_share"] == pytest.approx(0.4)
    assert row["missing_evidence"] == (
        "2023-03-01 以前的用地批准只占 40.0%；有 4000.00 ㎡ 建设用地没有依据；有 2000.00 ㎡ 调查为国有"
    )


@pytest.mark.parametrize(
    ("source", "use", "name"),
    [("退出宅基地", "0702", "退出的宅基地"), ("废弃工矿", "0602", "废弃工矿"), ("废弃公益", "08H1", "废弃公益用地")],
)
def test_records_and_survey_together_make_a_cause(source: str, use: str, name: str) -> None:
    parcels = parcels_of(((0, 0, 10, 10), source), ((20, 0, 30, 10), source))
    patches = patches_of(((0, 0, 10, 10), use, "32"), ((20, 0, 30, 10), "0508", "32"))
    permits = permits_of(((0, 0, 40, 10), *BUILT))
    result = candidates(parcels, patches, permits, RULE, on=ON)
    assert list(result["main_cause"]) == [name, "合法存量建设用地"]
    assert list(result["evidence_status"]) == ["齐全", "待补"]
    assert result["missing_evidence"].iloc[1] == f"土地来源填为{source}，调查图斑或日期不支持"


@pytest.mark.parametrize(
    ("permit", "name"),
    [
        (("2024-03-02", None, None, None), "批而未供"),
        (("2024-03-03", None, None, None), ""),
        (("2024-03-02", "2026-03-03", None, None), "批而未供"),
        (("2020-01-01", "2020-06-01", "2025-03-02", None), "闲置"),
        (("2020-01-01", "2020-06-01", "2025-03-03", None), "合法存量建设用地"),
        (("2020-01-01", "2020-06-01", "2025-03-02", "2026-03-02"), "合法存量建设用地"),
        (("2020-01-01", "2020-06-01", "2025-03-02", "2026-03-03"), "闲置"),
        (("2023-02-28", "2023-06-01", None, "2024-01-01"), "合法存量建设用地"),
        (("2023-03-01", "2023-06-01", None, "2024-01-01"), ""),
    ],
)
def test_days_count_to_the_day(permit: tuple[str, str | None, str | None, str | None], name: str) -> None:
    """On 2026-03-02: two years since the approval, one since building was due, approval before 2023-03-01."""
    parcels = parcels_of(((0, 0, 10, 10), "存量"))
    patches = patches_of(((0, 0, 10, 10), "0601", "30"))
    result = candidates(parcels, patches, permits_of(((0, 0, 10, 10), *permit)), RULE, on=ON)
    assert result["main_cause"].iloc[0] == name


@pytest.mark.parametrize(("floor", "ratio", "name"), [(49.9, "0.5", "低效"), (50.0, "0.5", ""), (49.9, None, "")])
def test_low_use_is_below_the_local_ratio(floor: float, ratio: str | None, name: str) -> None:
    parcels = parcels_of(((0, 0, 10, 10), "存量")).assign(building_area=floor)
    rule = replace(RULE, low_use_ratio=Decimal(ratio) if ratio else None)
    result = candidates(parcels, patches_of(((0, 0, 10, 10), "0601", "30")), NOTHING, rule, on=ON)
    assert result["main_cause"].iloc[0] == name


def test_a_planning_permit_does_not_prove_land_legal() -> None:
    parcels, patches = parcels_of(((0, 0, 10, 10), "存量")), patches_of(((0, 0, 10, 10), "0601", "30"))
    permits = permits_of(((0, 0, 10, 10), *BUILT)).assign(permit_kind="乡村建设规划许可")
    row = candidates(parcels, patches, permits, RULE, on=ON).iloc[0]
    assert (row["unproven_area"], row["evidence_status"]) == (pytest.approx(100), "不是备选")


def test_everything_that_is_missing_is_named() -> None:
    parcels = parcels_of(((0, 0, 10, 10), "退出宅基地")).assign(
        conversion_document=pd.NA, released_on=pd.NaT, ownership_registered="否", disputed="是", planned_use=pd.NA
    )
    patches = patches_of(((0, 0, 10, 8), "0702", "30")).assign(settlement_code="202A")
    row = candidates(parcels, patches, NOTHING, RULE, on=ON).iloc[0]
    assert row["homestead_area"] == pytest.approx(80)
    assert row["missing_evidence"].split("；") == [
        "有 20.00 ㎡ 没有调查图斑",
        "缺宅基地退出日期",
        "缺宅基地转用文件",
        "没有 2023-03-01 以前的用地批准",
        "图斑在城市或建制镇内，核实是否已征收",
        "缺集体土地所有权登记",
        "权属争议没有解决",
        "缺规划用途",
    ]


Zone = tuple[int, int, int, int, str]
ZONES = st.lists(
    st.tuples(*[st.integers(-5, 25)] * 2, *[st.integers(1, 20)] * 2, st.sampled_from(list(causes()))), max_size=8
)


def zones_of(rows: list[Zone]) -> gpd.GeoDataFrame:
    names = pd.Series([row[4] for row in rows], dtype="str")
    shapes = [shapely.box(x, y, x + width, y + height) for x, y, width, height, _ in rows]
    return gpd.GeoDataFrame({"cause": names}, geometry=shapes, crs=CRS)


@settings(max_examples=examples(60), deadline=None)
@given(rows=ZONES, seed=st.integers(0, 2**16))
def test_areas_are_those_of_a_grid_and_add_up(rows: list[Zone], seed: int) -> None:
    """Squares on whole metres: counting metre cells one by one, the first cause in order takes a cell."""
    parcels = parcels_of(((0, 0, 20, 20), "存量"), ((20, 0, 30, 10), "存量"))
    result = cause_areas(parcels, zones_of(rows))
    for parcel, (left, right, top) in zip(result.index, ((0, 20, 20), (20, 30, 10)), strict=True):
        counted = dict.fromkeys(COLUMNS, 0)
        for x in range(left, right):
            for y in range(top):
                here = {c for a, b, w, h, c in rows if a <= x < a + w and b <= y < b + h}
                first = next((cause.column for cause in causes().values() if cause.cause in here), "other_area")
                counted[first] += 1
        assert result.loc[parcel].to_dict() == pytest.approx(counted, abs=1e-6)
    assert result.sum(axis=1).to_numpy() == pytest.approx(parcels.area.to_numpy())
    mixed = np.random.default_rng(seed).permutation(len(rows))
    again = cause_areas(parcels.iloc[::-1], zones_of([rows[i] for i in mixed]))
    pd.testing.assert_frame_equal(again.loc[result.index], result)


def test_unknown_codes_and_causes_are_refused() -> None:
    parcels = parcels_of(((0, 0, 10, 10), "存量"))
    with pytest.raises(BadValueError, match="99"):
        candidates(parcels, patches_of(((0, 0, 10, 10), "0601", "99")), NOTHING, RULE, on=ON)
    with pytest.raises(BadValueError, match="6666"):
        candidates(parcels, patches_of(((0, 0, 10, 10), "6666", "30")), NOTHING, RULE, on=ON)
    with pytest.raises(BadValueError, match="山林"):
        cause_areas(parcels, zones_of([(0, 0, 5, 5, "山林")]))
    with pytest.raises(MissingColumnError, match="规划用途"):
        candidates(parcels.drop(columns="planned_use"), patches_of(), NOTHING, RULE, on=ON)
    low = parcels.assign(building_area=-1.0)
    with pytest.raises(BadValueError, match="building_area"):
        candidates(low, patches_of(((0, 0, 10, 10), "0601", "30")), NOTHING, RULE, on=ON)


def test_construction_land_outside_parcels_is_found() -> None:
    patches = patches_of(
        ((0, 0, 10, 10), "0601", "30"), ((10, 0, 20, 10), "0102", "30"), ((0, 10, 10, 20), "0601", "20")
    )
    result = unregistered_patches(patches, parcels_of(((0, 0, 10, 4), "存量")), RULE)
    assert_same_index(result, patches)
    assert list(result["unregistered_area"]) == pytest.approx([60, 0, 0])
    assert list(result["collective_construction"]) == [True, False, False]


LOCAL = """
[[rule]]
key = "candidate_cutoff"
name = "截止日"
value = {cutoff}
unit = ""
effective_from = 2024-01-01
source = "示例"
verified = true
counties = ["411081"]
"""


def local_rules(folder: Path, cutoff: str) -> CandidateRule:
    path = folder / "candidates.toml"
    path.write_text(LOCAL.format(cutoff=cutoff), encoding="utf-8")
    return candidate_rule(read_rules(path), on=ON, county="411081", pilot=True)


@pytest.mark.filterwarnings("ignore::landmarket.errors.UnverifiedRuleWarning")
def test_the_cut_off_day_is_local(tmp_path: Path) -> None:
    rule = local_rules(tmp_path, '"2022-05-06"')
    assert (rule.cutoff, rule.idle_years, rule.low_use_ratio) == (date(2022, 5, 6), 1, None)
    assert {"0702", "0601"} <= set(rule.construction_codes)
    with pytest.raises(NoRuleInForceError, match="candidate_cutoff"):
        candidate_rule([], on=ON, county="411081", pilot=True)
    with pytest.raises(RuleError, match="不是日期"):
        local_rules(tmp_path, '"今年"')


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines), encoding="utf-8-sig")
    return path


def test_permits_are_read_and_put_on_their_parcels(tmp_path: Path) -> None:
    head = "宗地代码,批准文号,许可类型,许可日期,动工日期"
    path = write(tmp_path / "permits.csv", "示例", head, f"{code(1)},甲〔2020〕1号,建设用地批准,2020年1月2日,2020/3/4")
    permits = read_permits(path)
    assert permits.loc[3, "permit_on"] == pd.Timestamp(2020, 1, 2)
    assert pd.isna(permits.loc[3, "supplied_on"])
    parcels = parcels_of(((0, 0, 10, 10), "存量"))
    placed = permit_areas(permits, parcels)
    assert_same_index(placed, permits)
    assert placed.area.to_list() == [100]
    with pytest.raises(BadValueError, match=code(1)):
        permit_areas(permits, parcels.iloc[:0])


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (f"{code(1)},甲,建设用地批准,去年,", "第 2 行 = '去年'"),
        (f"{code(1)},甲,收据,2020-01-01,", "第 2 行 = '收据'"),
        (",甲,建设用地批准,2020-01-01,", "parcel_code（宗地代码）"),
        (f"{code(1)},甲,建设用地批准,2020-01-02,2020-01-01", "动工日早于许可日期"),
    ],
)
def test_bad_cells_of_permits_are_named(tmp_path: Path, line: str, what: str) -> None:
    path = write(tmp_path / "permits.csv", "宗地代码,批准文号,许可类型,许可日期,动工日", line)
    with pytest.raises(BadValueError, match=what):
        read_permits(path)


def test_records_of_use_are_put_beside_their_parcels(tmp_path: Path) -> None:
    path = write(tmp_path / "use.csv", "宗地代码,退出日期,停用日期,现状建筑面积（㎡）", f"{code(2)},,2024年5月6日,12.5")
    parcels = parcels_of(((0, 0, 10, 10), "存量"), ((20, 0, 30, 10), "废弃工矿"))
    bare = parcels.drop(columns=["released_on", "disused_since", "building_area"])
    result = with_use_records(bare, read_use_records(path))
    assert_same_index(result, parcels)
    assert result["disused_since"].to_list() == [pd.NaT, pd.Timestamp(2024, 5, 6)]
    assert result["building_area"].iloc[1] == 12.5
    assert set(bare.columns) < set(result.columns)
    with pytest.raises(BadValueError, match=code(2)):
        with_use_records(bare.iloc[:1], read_use_records(path))


def test_a_unit_in_a_header_is_the_one_of_its_column_or_refused(tmp_path: Path) -> None:
    path, line = tmp_path / "利用.csv", "411081001001JB00001,3"
    path.write_text(
        f"宗地代码,现状建筑面积（㎡）,登记面积（亩）\n{line},9\n", encoding="utf-8"
    )  # the last is not asked for
    assert read_use_records(path)["building_area"].tolist() == [3.0]
    path.write_text(f"宗地代码,现状建筑面积（亩）\n{line}\n", encoding="utf-8")
    said = r"利用\.csv：表头 现状建筑面积（亩） 的单位不是列 building_area（现状建筑面积） 的 ㎡。办法"
    with pytest.raises(ReadError, match=said):
        read_use_records(path)
