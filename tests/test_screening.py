"""Screening: each planted fault is found by name, nothing else is, and no row is lost."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import translate

from landmarket.errors import BadValueError, CrsError, MissingColumnError
from landmarket.screening import Tolerances, screen
from landmarket.screening.places import check_places
from landmarket.screening.result import Findings
from tests.hunting import examples

COUNTY = "411081"


def clean(count: int = 12) -> gpd.GeoDataFrame:
    """Parcels without any fault, on a grid with gaps."""
    boxes = [shapely.box(430_000 + 100 * i, 3_770_000, 430_060 + 100 * i, 3_770_050) for i in range(count)]
    frame = gpd.GeoDataFrame(
        {
            "parcel_code": [f"411081001001JB{i:05d}" for i in range(1, count + 1)],
            "township": "褚河街道",
            "village": "甲村",
            "building_density": 40.0,
            "registered_area": 3000.0 / 1.00001,
            "current_use": "0601",
            "floor_area_ratio": "1.0≤R≤2.5",
            "term": "50",
            "land_source": "存量",
            "vote_on": "2025年11月3日",
            "vote_total": 30,
            "vote_attended": 25,
            "vote_yes": 20,
            "acquisition_cost": 1000.0,
            "development_cost": 500.0,
            "ownership_registered": "是",
            "disputed": "否",
            "sealed": "否",
            "expropriation": "否",
            "vote_body": "成员大会",
            "entry_plan_filed_on": "20260101",
            "conversion_document": None,
            "pathway": "就地",
        },
        geometry=boxes,
        crs="EPSG:4547",
    )
    frame.index = pd.RangeIndex(1, count + 1, name="source_row")
    return frame


VILLAGES = gpd.GeoDataFrame(
    {
        "township": ["褚河街道", "褚河街道", "顺店镇"],
        "township_code": ["411081005", "411081005", "411081101"],
        "village": ["甲村", "乙村", "丙村"],
        "village_code": ["411081005201", "411081005202", "411081101201"],
    },
    geometry=[
        shapely.box(429_000, 3_769_000, 431_250, 3_771_000),
        shapely.box(431_250, 3_769_000, 450_000, 3_780_000),
        shapely.box(429_000, 3_771_000, 431_250, 3_780_000),
    ],
    crs="EPSG:4547",
)


def found(frame: gpd.GeoDataFrame) -> dict[str, list[int]]:
    """Source rows by name of check."""
    findings = screen(frame, county=COUNTY, villages=VILLAGES).findings
    return {check: sorted(rows) for check, rows in findings.groupby("check")["source_row"]}


def test_clean_parcels_raise_no_alarm_and_get_their_code_as_index() -> None:
    frame = clean()
    accepted, findings, set_aside = screen(frame, county=COUNTY, villages=VILLAGES)
    assert findings.empty
    assert set_aside.empty
    assert accepted.index.tolist() == frame["parcel_code"].tolist()
    assert accepted["source_row"].tolist() == frame.index.tolist()
    assert accepted["vote_on"].dt.date.astype(str).unique().tolist() == ["2025-11-03"]


def test_summary_of_nothing_is_an_empty_table() -> None:
    assert screen(clean()).summary().empty


BOW_TIE = shapely.Polygon([(0, 0), (60, 0), (0, 50), (70, 50)])
TOUCHING = shapely.Polygon([(0, 0), (60, 0), (60, 0), (60, 50), (60, 60), (60, 50), (0, 50)])

FAULTS = [
    ("parcel_code", None, "宗地代码缺失", True),
    ("parcel_code", "411081001001JB0001", "宗地代码不合规则", True),
    ("parcel_code", "411081001001GC00001", "宗地代码不合规则", True),
    ("parcel_code", "411024001001JB00001", "宗地代码不合规则", True),
    ("geometry", None, "没有图形", True),
    ("geometry", shapely.Polygon(), "没有图形", True),
    ("geometry", shapely.LineString([(0, 0), (9, 9)]), "图形不是面", True),
    ("geometry", BOW_TIE, "图形无效，修复结果有疑", True),
    ("geometry", shapely.box(0, 0, 0.2, 900), "碎片：过小或过窄", True),
    ("geometry", shapely.box(0, 0, 2, 2), "碎片：过小或过窄", True),
    ("parcel_code", "411081001001GB00001", "不是集体建设用地使用权宗地（JB、JS、JX）", False),
    ("parcel_code", "411081001001JC00001", "不是集体建设用地使用权宗地（JB、JS、JX）", False),
    ("registered_area", 4.5, "登记面积与图形相差数倍以上，疑为单位或录入错误", True),
    ("registered_area", 1e12, "登记面积与图形相差数倍以上，疑为单位或录入错误", True),
    ("registered_area", 3300.0, "登记面积与椭球面积相差超过容差", False),
    ("registered_area", None, "没有登记面积，按椭球面积计价", False),
    ("registered_area", "三千", "值读不懂，关系到地价或分配", True),
    ("registered_area", -3000.0, "数值为负", True),
    ("acquisition_cost", -5.0, "数值为负", True),
    ("floor_area_ratio", "约1.5左右", "容积率读不懂", True),
    ("term", "长期", "使用年期读不懂", True),
    ("vote_on", "2025-02-30", "值读不懂，按未知处理", False),
    ("land_source", "旧厂", "值读不懂，按未知处理", False),
    ("vote_yes", 26, "表决人数自相矛盾（同意>实到或实到>应到），按未知处理", False),
    ("entry_plan_filed_on", "2025-11-02", "方案备案日早于表决日", False),
    ("current_use", None, "没有现状地类", False),
    ("current_use", "9999", "现状地类代码不在三调工作分类中", False),
    ("acquisition_cost", None, "成本空缺，不能计算增值收益", False),
    ("building_density", 450.0, "值超出可能的范围，按未知处理", False),
    ("vote_on", "0025-03-01", "值超出可能的范围，按未知处理", False),
    ("vote_on", "1925年5月14日", "值超出可能的范围，按未知处理", False),
    ("entry_plan_filed_on", "2205-01-31", "值超出可能的范围，按未知处理", False),
    ("registered_area", 0, "登记面积为 0，按椭球面积计价", False),
    ("township", "楮河街道", "乡镇名称不在名录中", False),
    ("township", "顺店镇", "乡镇名称与图形位置不符，按图形", False),
    ("village", "丁村", "村名不在名录中", False),
    ("village", "乙村", "村名与图形位置不符，按图形", False),
    ("geometry", shapely.box(60_000, 0, 60_060, 50), "宗地不在村界图层范围内", False),
]


@pytest.mark.parametrize(
    ("column", "value", "check", "aside"), FAULTS, ids=[f"{c}={str(v)[:20]}" for c, v, _, _ in FAULTS]
)
def test_each_fault_is_found_by_name_where_it_is(column: str, value: object, check: str, aside: bool) -> None:
    frame = clean()
    if column == "geometry":
        shape = value if value is None else translate(value, 440_000, 3_772_000)
        frame.geometry = [shape if row == 5 else g for row, g in zip(frame.index, frame.geometry, strict=True)]
        frame.loc[5, "registered_area"] = np.nan
    else:
        frame[column] = frame[column].astype("object")
        frame.loc[5, column] = value
    hits = found(frame)
    assert hits.pop(check) == [5]
    moved = {"没有登记面积，按椭球面积计价", "村名与图形位置不符，按图形"} if column == "geometry" else set()
    assert set(hits) <= moved
    accepted, _, set_aside = screen(frame, county=COUNTY)
    assert set_aside.index.tolist() == ([5] if aside else [])
    assert len(accepted) + len(set_aside) == len(frame)


@pytest.mark.parametrize(
    ("column", "value", "told", "cure"),
    [
        ("land_source", "其他", "其他", "写成 存量、退出宅基地、废弃工矿、废弃公益 之一"),
        ("vote_body", "村委会", "村委会", "写成 成员大会、成员代表大会、村民会议、村民代表会议 之一"),
        ("vote_yes", "若干", "若干", "写成数"),
        ("vote_on", "2025-02-30", "2025-02-30", "日期写成 2021-01-31"),
        ("vote_on", "1925-05-14", "1925-05-14", "应在 1949 年至 2100 年之间"),
        ("building_density", "600", "600", "应在 0—100 % 之间"),
        ("registered_area", "0", "0", "补填登记面积"),
        ("registered_area", "约1020", "约1020", "写成数；单位不是 ㎡ 的写在数后"),
    ],
)
def test_what_cannot_be_is_told_with_its_value_and_how_the_column_is_written(
    column: str, value: str, told: str, cure: str
) -> None:
    frame = clean()
    frame[column] = frame[column].astype("object")
    frame.loc[5, column] = value
    (row,) = screen(frame, county=COUNTY, villages=VILLAGES).findings.to_dict("records")
    assert (row["source_row"], row["column"], row["value"]) == (5, column, told)
    assert cure in row["cure"]


def test_a_repair_without_doubt_is_made_and_said() -> None:
    frame = clean()
    shape = translate(TOUCHING, 440_000, 3_772_000)
    frame.geometry = [shape if row == 5 else g for row, g in zip(frame.index, frame.geometry, strict=True)]
    screening = screen(frame, county=COUNTY)
    assert screening.findings["check"].tolist() == ["图形无效，已修复（面积变化不足千分之一）"]
    repaired = screening.accepted[screening.accepted["source_row"].eq(5)].geometry.iloc[0]
    assert repaired.is_valid
    assert repaired.area == pytest.approx(3000.0)


def test_repeated_rows_keep_the_first_and_ambiguous_codes_keep_none() -> None:
    frame = clean()
    frame.loc[13] = frame.loc[2]
    ambiguous = frame.loc[3].copy()
    ambiguous["registered_area"] = 2999.0
    frame.loc[14] = ambiguous
    frame = frame.set_crs("EPSG:4547", allow_override=True)
    accepted, findings, set_aside = screen(frame, county=COUNTY)
    assert set_aside.index.tolist() == [3, 13, 14]
    assert frame.loc[2, "parcel_code"] in accepted.index
    by_check = findings.groupby("check")["source_row"].agg(sorted).to_dict()
    assert by_check["整行重复，只取第一行"] == [13]
    assert by_check["宗地代码重复"] == [3, 14]


def test_overlap_and_equal_shapes_name_the_other_parcel() -> None:
    frame = clean()
    frame.geometry = [
        frame.geometry[7]
        if row == 8
        else shapely.box(430_130, 3_770_000, 430_190, 3_770_050)
        if row == 2
        else shapely.box(430_180, 3_770_000, 430_240, 3_770_050)
        if row == 3
        else shape
        for row, shape in frame.geometry.items()
    ]
    accepted, findings, set_aside = screen(frame, county=COUNTY)
    assert set_aside.index.tolist() == [7, 8]
    overlap = findings[findings["check"].eq("与另一宗重叠")]
    assert overlap["source_row"].tolist() == [2, 3]
    assert "（第 3 行）500.00㎡" in overlap["value"].iloc[0]
    assert len(accepted) == 10


def test_touching_neighbours_do_not_overlap() -> None:
    frame = clean()
    frame.geometry = [shapely.box(430_000 + 60 * i, 3_770_000, 430_060 + 60 * i, 3_770_050) for i in range(12)]
    assert screen(frame, county=COUNTY).findings.empty


@pytest.mark.parametrize("crs", ["EPSG:4547", "EPSG:4526", "EPSG:4490", "EPSG:3857"])
@pytest.mark.parametrize("scale", [1e12, 1e150, 1e200, -1e300, np.inf])
def test_a_shape_that_lies_nowhere_on_earth_is_set_aside_alone(crs: str, scale: float) -> None:
    frame = clean().to_crs(crs)
    frame.geometry = [scaled(shape, scale) if row == 3 else shape for row, shape in frame.geometry.items()]
    found = screen(frame, county=COUNTY)
    assert found.set_aside["set_aside_reason"].to_dict() == {3: "坐标超出范围"}
    assert found.findings["source_row"].tolist() == [3]
    assert (found.accepted["area"] == round(3000.0 / 1.00001, 2)).all()


@pytest.mark.parametrize("scale", [1e200, np.inf])
def test_shapes_that_all_lie_nowhere_are_all_set_aside(scale: float) -> None:
    frame = clean()
    frame.geometry = [scaled(shape, scale) for shape in frame.geometry]
    assert set(screen(frame).set_aside["set_aside_reason"]) == {"坐标超出范围"}


def scaled(shape: shapely.Geometry, scale: float) -> shapely.Geometry:
    return shapely.transform(shape, lambda points: points * scale)


def test_a_ring_of_one_point_is_a_fault_of_its_own_row() -> None:
    """Alone it is no shape; beside a sound ring nothing of the area is in doubt."""
    frame = clean()
    point = shapely.Polygon([(430_210, 3_770_010)] * 4)
    with_hole = shapely.Polygon(frame.geometry.iloc[4].exterior.coords, [[(430_410, 3_770_010)] * 4])
    frame.geometry = [{3: point, 5: with_hole}.get(row, shape) for row, shape in frame.geometry.items()]
    found = screen(frame, county=COUNTY)
    assert found.set_aside.index.tolist() == [3]
    assert found.findings.groupby("source_row")["value"].first().str.startswith("界址点太少").to_dict() == {
        3: True,
        5: True,
    }


def test_rows_that_share_a_number_are_refused() -> None:
    """As tables put together have them: what is found of one row would be told of the other."""
    frame = clean()
    twice = pd.concat([frame.iloc[:4].reset_index(drop=True), frame.iloc[4:6].reset_index(drop=True)])
    with pytest.raises(BadValueError, match=r"行号（索引）重复，共 2 行：0、1。办法：.*reset_index"):
        screen(twice)


def test_no_parcel_code_column_sets_every_row_aside() -> None:
    screening = screen(clean().drop(columns="parcel_code"))
    assert screening.counts == {"读入": 12, "采用": 0, "暂不处理": 12}


@pytest.mark.parametrize(("units", "named"), [("us-ft", "US survey foot"), ("km", "kilometre")])
def test_a_system_in_another_unit_than_metres_is_refused(units: str, named: str) -> None:
    """Its areas would be 10.76 times what they are, or a millionth."""
    frame = clean().to_crs(f"+proj=tmerc +lon_0=114 +k=1 +x_0=500000 +ellps=GRS80 +units={units}")
    with pytest.raises(CrsError, match=rf"单位是 {named}，不是米.*办法"):
        screen(frame)


def test_layer_without_crs_is_refused() -> None:
    with pytest.raises(CrsError):
        screen(clean().set_crs(None, allow_override=True))


def test_a_parcel_far_from_all_others_is_told_with_its_place() -> None:
    frame = clean()
    frame.geometry = [translate(g, 0, 450_000) if row == 5 else g for row, g in frame.geometry.items()]
    frame["registered_area"] = np.nan
    findings = screen(frame, county=COUNTY).findings
    (row,) = findings[findings["severity"].eq("警告")].to_dict("records")
    assert (row["source_row"], row["check"]) == (5, "宗地远离其余宗地（中心相距 200 km 以上）")
    # 450 km north along the meridian of 114°, where a degree of latitude is about 111 km: 34.05° + 4.05°.
    assert row["value"] == "430430, 4220025（东经 113.21°、北纬 38.11°）"
    near = clean()
    near.geometry = [translate(g, 0, 150_000) if row == 5 else g for row, g in near.geometry.items()]
    assert not screen(near, county=COUNTY).findings["check"].str.contains("远离").any()


def test_tolerances_are_parameters() -> None:
    frame = clean()
    frame.loc[5, "registered_area"] = 3300.0
    assert screen(frame, tolerances=Tolerances(area_share=0.2)).findings.empty


@settings(max_examples=examples(30), deadline=None)
@given(st.permutations(range(12)), st.sets(st.integers(0, 11)), st.sets(st.integers(0, 11)))
def test_rows_are_never_lost_and_order_does_not_matter(order: list[int], no_code: set[int], no_shape: set[int]) -> None:
    frame = clean()
    frame.loc[frame.index[list(no_code)], "parcel_code"] = None
    frame.geometry = [None if i in no_shape else shape for i, shape in enumerate(frame.geometry)]
    one, other = screen(frame), screen(frame.iloc[order])
    assert one.counts == other.counts
    assert sum([one.counts["采用"], one.counts["暂不处理"]]) == one.counts["读入"] == 12
    assert set(one.set_aside.index) == {i + 1 for i in no_code | no_shape} == set(other.set_aside.index)
    assert set(one.accepted.index) == set(other.accepted.index)


def test_columns_the_file_lacks_are_said_once_and_unknown() -> None:
    frame = clean().drop(columns=["pathway", "vote_on", "development_cost"])
    accepted, findings, set_aside = screen(frame)
    assert set(findings["column"]) == {"pathway", "vote_on", "development_cost"}
    assert findings["source_row"].tolist() == [0, 0, 0]
    assert screen(frame).summary()["行"].tolist() == ["整列"] * 3
    assert set_aside.empty
    assert accepted[["pathway", "vote_on", "development_cost"]].isna().all(axis=None)
    assert accepted["vote_on"].dtype == "datetime64[s]"


@pytest.mark.parametrize("name", ["reserve_price", "底价", "挂牌底价", "底价万元", "保留价"])
def test_a_reserve_price_never_gets_past_screening(name: str) -> None:
    frame = clean()
    frame.loc[5, name] = 4321.0
    frame.loc[6, "parcel_code"] = None
    accepted, findings, set_aside = screen(frame)
    assert name not in accepted.columns
    assert name not in set_aside.columns
    assert findings["check"].tolist() == ["宗地文件含底价，已略去", "宗地代码缺失"]
    assert not findings["value"].str.contains("4321").any()


def test_results_in_the_parcel_file_do_not_mask_what_is_computed() -> None:
    frame = clean().assign(allowed="可入市", deal_price=1.0, grade="I")
    accepted, findings, _ = screen(frame)
    assert set(findings["column"]) == {"allowed", "deal_price"}
    assert not {"allowed", "deal_price"} & set(accepted.columns)
    assert accepted["grade"].eq("I").all()


def test_a_second_column_of_the_same_meaning_is_said() -> None:
    frame = clean()
    frame["面积"] = 9999.0
    accepted, findings, _ = screen(frame)
    assert findings[["check", "column"]].to_numpy().tolist() == [["文件另有同义的列，未采用", "面积"]]
    assert (accepted["area"] < 3001).all()


def test_headers_that_may_mean_a_missing_column_are_named() -> None:
    headers = {"registered_area": "面积（亩）", "parcel_code": "宗地代码（19位）", "term": "出让年限"}
    accepted, findings, _ = screen(clean().rename(columns=headers).assign(建筑面积=1.0))
    alike = findings[findings["check"].eq("文件没有这一列，而有相近的列名")]
    assert alike[["source_row", "severity"]].drop_duplicates().to_numpy().tolist() == [[0, "警告"]]
    assert dict(zip(alike["column"], alike["value"], strict=True)) == headers
    assert alike["cure"].str.contains("改用规定的列名").all()
    assert len(accepted) == 0, "nothing is read from them"


def test_headers_are_not_named_where_the_column_is_there() -> None:
    findings = screen(clean().assign(**{"面积（亩）": 4.5})).findings
    assert len(findings) == 0


def test_rows_that_differ_only_in_unreadable_cells_are_not_repeats() -> None:
    frame = clean()
    frame.loc[13] = frame.loc[2]
    frame.loc[2, "land_source"], frame.loc[13, "land_source"] = "旧厂", "仓库"
    findings = screen(frame.set_crs("EPSG:4547", allow_override=True)).findings
    assert findings[findings["check"].eq("宗地代码重复")]["source_row"].tolist() == [2, 13]


def test_the_input_is_not_changed() -> None:
    frame = clean()
    before = frame.copy()
    screen(frame)
    pd.testing.assert_frame_equal(
        pd.DataFrame(frame.drop(columns="geometry")), pd.DataFrame(before.drop(columns="geometry"))
    )
    assert frame.geometry.geom_equals_exact(before.geometry, 0).all()


def test_a_stated_village_is_wrong_only_where_the_shape_is_nowhere_in_it() -> None:
    """Boxes beside, across and on the corner where the three villages meet, their rings begun at any corner."""
    drawn = list(itertools.product(range(-3, 4), range(-3, 4), range(4), VILLAGES["village"]))
    boxes = [
        shapely.box(431_250 + 20 * x, 3_771_000 + 20 * y, 431_290 + 20 * x, 3_771_040 + 20 * y) for x, y, *_ in drawn
    ]
    corners = [list(box.exterior.coords)[:4] for box in boxes]
    rings = [[*four[turn:], *four[:turn]] for four, (_, _, turn, _) in zip(corners, drawn, strict=True)]
    frame = gpd.GeoDataFrame({"village": [village for *_, village in drawn]}, geometry=[*map(shapely.Polygon, rings)])
    grounds = dict(zip(VILLAGES["village"], VILLAGES.geometry, strict=True))
    expected = [
        row
        for row, (box, (*_, village)) in enumerate(zip(boxes, drawn, strict=True))
        if not box.intersects(grounds[village])
    ]
    found = Findings(pd.Series("", index=frame.index, dtype="str"))
    check_places(frame.set_crs("EPSG:4547"), found, VILLAGES)
    assert found.table()["source_row"].tolist() == expected
    assert set(found.table()["check"]) == {"村名与图形位置不符，按图形"}


def test_a_table_that_is_no_layer_is_refused() -> None:
    rows = clean()
    for table in (pd.DataFrame(rows), gpd.GeoDataFrame(rows.drop(columns="geometry"))):
        with pytest.raises(MissingColumnError, match=r"screen 缺少图形列.*办法"):
            screen(table)


def test_repeated_columns_and_an_index_of_levels_are_refused() -> None:
    rows = clean()
    with pytest.raises(BadValueError, match=r"screen：列重复：township（.*办法"):
        screen(gpd.GeoDataFrame(pd.concat([rows, rows[["township"]]], axis=1)))
    with pytest.raises(BadValueError, match=r"screen：索引有 2 级.*办法"):
        screen(rows.set_axis(pd.MultiIndex.from_arrays([rows.index, rows.index]), axis=0))
