"""The sample county: real names and codes, whole geometry, stable bytes, and every planted defect really there."""

from __future__ import annotations

import csv
import re
import sqlite3
import warnings
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely
from pyproj import Transformer

from landmarket.county import read_county, read_county_parcels, read_scenario, read_villages
from landmarket.io import read_layer, read_parcels
from landmarket.scenario import zone_parcels
from landmarket.screening import screen
from landmarket.zoning.entry import market_entry
from sample_data.make_yuzhou import make_county
from tests.hunting import ROUNDS

CLEAN = (5, 250, "none")
SHIPPED = Path(__file__).resolve().parents[1] / "sample_data" / "yuzhou"
NOTICE = "示例数据：宗地、地价与成交均为虚构"

# 禹州市, 统计用区划代码 2023 (国家统计局): code, township, villages.
TOWNSHIPS = """
411081001 颍川街道 15|411081002 夏都街道 12|411081003 韩城街道 11|411081004 钧台街道 14|411081005 褚河街道 37
411081100 火龙镇 26|411081101 顺店镇 39|411081102 方山镇 27|411081103 神垕镇 20|411081104 鸿畅镇 38
411081105 梁北镇 26|411081106 古城镇 25|411081107 无梁镇 30|411081108 文殊镇 34|411081109 鸠山镇 31
411081111 范坡镇 35|411081112 郭连镇 29|411081113 朱阁镇 29|411081114 浅井镇 23|411081115 方岗镇 24
411081116 花石镇 33|411081117 张得镇 38|411081118 苌庄镇 31|411081119 小吕镇 28|411081204 磨街乡 17
411081210 山货回族乡 6
"""
# Names of findings that each kind of defect may rightly be reported under.
FOUND_AS = {
    "乡镇名称写错": "乡镇名称",
    "亩数填进平方米栏": "疑为单位",
    "公顷填进平方米栏": "疑为单位",
    "代码位数不对": "宗地代码不合规则",
    "代码里有错字符": "宗地代码不合规则",
    "外县代码": "宗地代码不合规则",
    "权属或特征字母不对": "宗地代码不合规则",
    "代码没有填": "宗地代码缺失",
    "代码重复": "宗地代码重复",
    "使用年期读不懂": "使用年期",
    "压盖相邻宗地": "重叠",
    "取得成本为负": "负",
    "开发成本为负": "负",
    "图形为空": "没有图形",
    "没有图形": "没有图形",
    "图形重复": "图形相同",
    "土地来源不认识": "读不懂",
    "容积率读不懂": "容积率",
    "日期不可能": "读不懂",
    "日期读不懂": "读不懂",
    "是否写法不认识": "读不懂",
    "狭长碎片": "碎片",
    "现状地类没有填": "现状地类",
    "登记面积与图形不符": "面积",
    "自相交": "图形无效",
    "边界往返": "图形无效",
    "表决人数矛盾": "表决人数",
}
CODE = re.compile(r"411081\d{6}J[BSX](?!00000)\d{5}")


def read_planted(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "planted.csv", comment="#", encoding="utf-8-sig")


def read_raw(folder: Path) -> gpd.GeoDataFrame:
    """Parcels as the GeoPackage has them, rows counted from 1."""
    table = pyogrio.read_dataframe(folder / "parcels.gpkg", layer="parcels")
    return table.set_index(pd.RangeIndex(1, len(table) + 1))


@pytest.fixture(scope="module")
def raw() -> gpd.GeoDataFrame:
    return read_raw(SHIPPED)


@pytest.fixture(scope="module")
def villages() -> gpd.GeoDataFrame:
    return pyogrio.read_dataframe(SHIPPED / "villages.gpkg", layer="villages")


@pytest.fixture(scope="module")
def townships() -> gpd.GeoDataFrame:
    return pyogrio.read_dataframe(SHIPPED / "villages.gpkg", layer="townships")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A county with defects drawn at random."""
    folder = tmp_path_factory.mktemp("random")
    make_county(folder, 20260302, 500, "random")
    return folder


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A county without defects."""
    folder = tmp_path_factory.mktemp("clean")
    make_county(folder, *CLEAN)
    return folder


def test_townships_have_their_real_names_codes_and_numbers_of_villages(villages, townships):
    expected = {
        code: (name, int(n)) for code, name, n in (row.split() for row in re.split(r"[|\n]", TOWNSHIPS.strip()))
    }
    assert dict(zip(townships["乡镇代码"], townships["乡镇名称"], strict=True)) == {
        c: n for c, (n, _) in expected.items()
    }
    assert villages.groupby("乡镇代码").size().to_dict() == {code: count for code, (_, count) in expected.items()}
    assert len(villages) == 678


def test_villages_have_real_codes_under_their_township(villages, townships):
    source = (SHIPPED.parent / "sources" / "villages.csv").read_text(encoding="utf-8-sig")
    listed = {row["village_code"]: row["village"] for row in csv.DictReader(source.splitlines())}
    assert dict(zip(villages["村代码"], villages["村名称"], strict=True)) == listed
    assert villages["村代码"].str[:9].equals(villages["乡镇代码"])
    named = villages.merge(townships[["乡镇代码", "乡镇名称"]], on="乡镇代码")
    assert (named["乡镇名称_x"] == named["乡镇名称_y"]).all()
    # Read off the published list, so that the committed list is not its own witness.
    assert listed["411081001001"] == "长春社区居委会"
    assert listed["411081004001"] == "古钧台社区居委会"


def test_county_lies_where_yuzhou_lies(townships):
    assert townships.crs.to_epsg() == 4547
    assert townships.area.sum() / 1e6 == pytest.approx(1460, rel=0.03)
    west, south, east, north = townships.total_bounds
    to_degrees = Transformer.from_crs(4547, 4490, always_xy=True)
    (west, south), (east, north) = to_degrees.transform(west, south), to_degrees.transform(east, north)
    assert (west, east) == pytest.approx((113.05, 113.65), abs=0.02)
    assert (south, north) == pytest.approx((33.98, 34.40), abs=0.02)


def test_villages_tile_their_townships(villages, townships):
    assert villages.geometry.is_valid.all()
    assert set(villages.geom_type) == {"Polygon"}
    assert shapely.coverage_is_valid(villages.geometry.to_numpy())
    assert shapely.coverage_is_valid(townships.geometry.to_numpy())
    whole = villages.dissolve("乡镇代码").geometry
    own = townships.set_index("乡镇代码").geometry
    assert whole.symmetric_difference(own.reindex(whole.index)).area.max() < 1e-6


def test_folder_holds_everything_and_stays_small():
    names = {path.name for path in SHIPPED.iterdir()}
    assert {"parcels.shp", "parcels.shx", "parcels.dbf", "parcels.prj", "parcels.gpkg", "plan.gdb"} <= names
    assert {"ownership.gpkg", "villages.gpkg", "constraints.gpkg", "roads.gpkg", "facilities.gpkg", "dem.tif"} <= names
    assert {"price_notice.xlsx", "samples.xlsx", "county.toml", "planted.csv", "README.md", "rules"} <= names
    rules = {"entry.toml", "deal.toml", "split.toml", "grading.toml", "delphi_industry.csv", "compile.toml"}
    rules |= {"payment.toml", "income.toml", "market.toml", "demand.toml", "supply.toml"}
    rules |= {"sweep.toml", "sweep_result.csv", "book.toml"}
    assert {path.name for path in (SHIPPED / "rules").iterdir()} == rules
    income = [SHIPPED / name for name in ("cost_ledger.xlsx", "roster.xlsx", "fund_uses.xlsx", "township_incomes.csv")]
    assert sum(path.stat().st_size for path in income) < 200_000
    assert "village_facts.csv" in names
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*") if path.is_file()) < 15e6


def test_every_file_says_that_it_is_invented():
    silent = {".shp", ".shx", ".dbf", ".prj"}
    for path in SHIPPED.iterdir():
        if path.suffix == ".gpkg":
            with sqlite3.connect(path) as database:
                said = [row[0] for row in database.execute("select description from gpkg_contents")]
            database.close()
            assert said
            assert all(NOTICE in text for text in said), path
        elif path.suffix == ".xlsx":
            book = openpyxl.load_workbook(path)
            assert all(any(NOTICE in str(cell.value) for row in sheet for cell in row) for sheet in book), path
        elif path.suffix == ".tif":
            with rasterio.open(path) as raster:
                assert NOTICE in raster.tags()["TIFFTAG_IMAGEDESCRIPTION"]
        elif path.suffix == ".gdb":
            assert any(NOTICE.encode() in part.read_bytes() for part in path.iterdir())
        elif path.is_file() and path.suffix not in silent:
            assert NOTICE in path.read_text(encoding="utf-8-sig"), path
    assert all(NOTICE in path.read_text(encoding="utf-8") for path in (SHIPPED / "rules").iterdir())


def test_shapefile_does_not_tell_its_encoding(raw):
    assert not (SHIPPED / "parcels.cpg").exists()
    content = (SHIPPED / "parcels.dbf").read_bytes()
    assert content[29] == 0
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    header = content[32 : int.from_bytes(content[8:10], "little") - 1]
    fields = [header[i : i + 11].split(b"\0")[0].decode("gb18030") for i in range(0, len(header), 32)]
    assert fields == [name for name in raw.columns if name != "geometry"]
    assert all(re.fullmatch(r"[\u4e00-\u9fff]{1,5}", name) for name in fields)
    assert "宗地代码" not in gpd.read_file(SHIPPED / "parcels.shp", rows=1).columns


def test_shapefile_and_geopackage_hold_the_same_rows(raw):
    table = pyogrio.read_dataframe(SHIPPED / "parcels.shp", encoding="GB18030")
    table.index = raw.index
    for name in raw.columns.drop("geometry"):
        left, right = raw[name], table[name]
        if pd.api.types.is_numeric_dtype(left.dtype):
            np.testing.assert_array_equal(left.to_numpy(float), right.to_numpy(float), name)
        else:
            assert left.fillna("").tolist() == right.fillna("").tolist(), name
    shaped = ~raw.geometry.is_empty & raw.geometry.map(lambda shape: shape is not None)
    assert (table.geometry.notna() == shaped).all()
    assert raw.area[shaped].to_numpy() == pytest.approx(table.area[shaped].to_numpy(), abs=1e-6)


def test_about_three_thousand_parcels_of_every_township_and_use(raw, villages):
    assert 2950 <= len(raw) <= 3100
    assert set(villages["乡镇名称"]) <= set(raw["乡镇名称"])
    assert raw["容积率"].str.fullmatch(r"[\d.]+≤R≤[\d.]+").sum() > 300
    assert raw["表决日期"].str.fullmatch(r"\d{4}年\d{1,2}月\d{1,2}日").sum() > 300
    assert raw["表决日期"].str.fullmatch(r"\d{8}").sum() > 200
    shapes = raw.geometry.dropna()
    assert (shapely.get_num_interior_rings(shapely.get_geometry(shapes.to_numpy(), 0)) > 0).sum() >= 10
    assert (shapely.get_num_geometries(shapes.to_numpy()) > 1).sum() >= 10


def test_plan_is_a_geodatabase_with_gaps_and_overlaps(villages):
    plan = pyogrio.read_dataframe(SHIPPED / "plan.gdb", layer="国土空间规划")
    assert list(plan.columns) == ["用地代码", "规划类型", "批准日期", "geometry"]
    assert plan.geometry.is_valid.all()
    assert {"村庄规划", "详细规划", "乡镇规划"} == set(plan["规划类型"])
    assert plan["批准日期"].isna().sum() >= 3
    shapes = plan.geometry.to_numpy()
    covered = shapely.union_all(shapes).area
    assert villages.area.sum() - covered > 100_000
    assert plan.area.sum() - covered > 10_000
    assert {"100101", "110101", "090101", "1102", "1003", "070301", "1401"} <= set(plan["用地代码"])


def test_owners_are_of_three_levels_with_ownership_codes():
    owners = pyogrio.read_dataframe(SHIPPED / "ownership.gpkg", layer="ownership")
    assert list(owners.columns) == ["所有权人", "所有权代码", "所有权层级", "实施主体", "成员人数", "geometry"]
    assert set(owners["所有权层级"]) == {"乡镇", "村", "组"}
    assert owners["所有权代码"].is_unique
    assert owners["所有权代码"].str.fullmatch(r"411081\d{6}JA\d{5}").all()
    assert owners["实施主体"].isna().any()
    shapes = owners.geometry.to_numpy()
    assert owners.area.sum() == pytest.approx(shapely.union_all(shapes).area, abs=0.01)


def test_other_layers_have_what_the_readme_says():
    layers = {str(name) for name in pyogrio.list_layers(SHIPPED / "constraints.gpkg")[:, 0]}
    assert layers == {"永久基本农田", "生态保护红线", "城镇开发边界", "采空区", "文物保护"}
    roads = pyogrio.read_dataframe(SHIPPED / "roads.gpkg")
    assert {"高速公路", "国道", "省道", "县道", "乡道", "村道"} == set(roads["道路等级"])
    facilities = pyogrio.read_dataframe(SHIPPED / "facilities.gpkg")
    assert {"学校", "医院", "商服中心", "客运站"} <= set(facilities["设施类型"])
    assert facilities.groupby("设施类型")["设施级别"].nunique()[["学校", "医院", "商服中心"]].min() >= 3
    with rasterio.open(SHIPPED / "dem.tif") as raster:
        height = raster.read(1, masked=True)
        assert raster.crs.to_epsg() == 4547
        assert 0.1 < height.mask.mean() < 0.7
        west, east = height[:, : height.shape[1] // 4].mean(), height[:, -height.shape[1] // 4 :].mean()
        assert west > east + 200
    sheet = openpyxl.load_workbook(SHIPPED / "samples.xlsx")["样点"]
    rows = list(sheet.iter_rows(min_row=3, values_only=True))
    assert 380 <= len(rows) <= 420
    assert {"出让", "出租"} == {row[1] for row in rows}


def test_notice_is_typed_as_bureaus_type_it(villages):
    book = openpyxl.load_workbook(SHIPPED / "price_notice.xlsx")
    assert {"公告说明", "基准地价表", "价格内涵", "用途对应", "级别范围", "期日修正"} <= set(book.sheetnames)
    assert {"容积率修正", "因素修正", "其他修正", "开发程度修正"} <= set(book.sheetnames)
    sheet = book["基准地价表"]
    assert sheet["A1"].value == "表1 禹州市集体建设用地基准地价表（示例）"
    assert {"A1:H1", "C2:D2", "E2:F2", "G2:H2"} <= {str(span) for span in sheet.merged_cells.ranges}
    rows = [row for row in sheet.iter_rows(min_row=4, values_only=True) if row[1]]
    prices = [cell for row in rows for cell in row[2::2]]
    assert all(isinstance(cell, str) or cell is None for cell in prices)
    assert {"—", "/"} <= set(prices)
    assert any(not cell for cell in prices)
    assert any(cell and "," in cell for cell in prices)
    assert any(cell and cell != cell.strip() for cell in prices)
    slips = [
        abs(float(wan) - float(price.strip().replace(",", "")) / 15)
        for row in rows
        for price, wan in zip(row[2::2], row[3::2], strict=True)
        if price and price not in "—/"
    ]
    assert sum(0.006 < slip <= 0.0451 for slip in slips) == 3
    assert sum(slip > 0.0451 for slip in slips) == 1
    assert {row[0] for row in rows if row[0]} == set(villages["乡镇名称"])
    listed = [
        (row[0], name) for row in book["级别范围"].iter_rows(min_row=3, values_only=True) for name in row[3].split("、")
    ]
    assert sorted(listed) == sorted(zip(villages["乡镇名称"], villages["村名称"], strict=True))


def _content(path: Path) -> pd.DataFrame:
    table = pyogrio.read_dataframe(path)
    return pd.DataFrame(table.drop(columns="geometry")).assign(wkb=shapely.to_wkb(table.geometry.to_numpy()))


def test_a_seed_always_makes_the_same_county(clean, drawn):
    files = [path for path in clean.rglob("*") if path.is_file() and ".gdb" not in str(path)]
    first, plan = {path: path.read_bytes() for path in files}, _content(clean / "plan.gdb")
    make_county(clean, *CLEAN)  # a second run replaces the files of the first
    assert [path.name for path in files if path.read_bytes() != first[path]] == []
    pd.testing.assert_frame_equal(_content(clean / "plan.gdb"), plan)
    assert not read_raw(clean).geometry.iloc[0].equals(read_raw(drawn).geometry.iloc[0])


def _overlaps(row: int, table: gpd.GeoDataFrame) -> bool:
    shape = table.geometry[row]
    return bool((table.drop(row).intersection(shape).area > 1).any())


def _ratio(row: int, table: gpd.GeoDataFrame) -> float:
    return float(table.loc[row, "面积"] / table.geometry[row].area)


def _real_day(text: str) -> bool:
    parts = re.fullmatch(r"(\d{4})[-年]?(\d{1,2})[-月]?(\d{1,2})日?", text)
    try:
        return parts is not None and pd.Timestamp(*map(int, parts.groups())) is not None
    except ValueError:
        return False


NAMES = {row.split()[1] for row in re.split(r"[|\n]", TOWNSHIPS.strip())}
YES_NO = ["权属登记", "权属争议", "是否查封", "征收范围"]
BROKEN: dict[str, Callable[[int, gpd.GeoDataFrame], bool]] = {
    "乡镇名称写错": lambda r, t: t.loc[r, "乡镇名称"] not in NAMES,
    "亩数填进平方米栏": lambda r, t: _ratio(r, t) * 2000 / 3 == pytest.approx(1, rel=0.02),
    "公顷填进平方米栏": lambda r, t: _ratio(r, t) * 10_000 == pytest.approx(1, rel=0.02),
    "代码位数不对": lambda r, t: len(t.loc[r, "宗地代码"]) != 19,
    "代码里有错字符": lambda r, t: not CODE.fullmatch(t.loc[r, "宗地代码"]),
    "外县代码": lambda r, t: not t.loc[r, "宗地代码"].startswith("411081"),
    "权属或特征字母不对": lambda r, t: not re.match(r"\d{12}(J[ABCSX]|[GZ][BSX])", t.loc[r, "宗地代码"]),
    "代码没有填": lambda r, t: pd.isna(t.loc[r, "宗地代码"]),
    "代码重复": lambda r, t: (t["宗地代码"] == t.loc[r, "宗地代码"]).sum() > 1,
    "使用年期读不懂": lambda r, t: not re.fullmatch(r"[1-9]\d*年?", t.loc[r, "使用年期"]),
    "压盖相邻宗地": _overlaps,
    "取得成本为负": lambda r, t: t.loc[r, "取得成本"] < 0,
    "开发成本为负": lambda r, t: t.loc[r, "开发成本"] < 0,
    "图形为空": lambda r, t: t.geometry[r].is_empty,
    "没有图形": lambda r, t: t.geometry[r] is None,
    "图形重复": lambda r, t: t.drop(r).geometry.geom_equals(t.geometry[r]).any(),
    "土地来源不认识": lambda r, t: t.loc[r, "土地来源"] not in ("存量", "退出宅基地", "废弃工矿", "废弃公益"),
    "容积率读不懂": lambda r, t: t.loc[r, "容积率"] in ("按规划条件", "1..5", "一点五", "2.5≤R≤1.0", "≤", "1.0/2.0"),
    "日期不可能": lambda r, t: not all(_real_day(d) for d in t.loc[r, ["表决日期", "备案日期"]].dropna()),
    "日期读不懂": lambda r, t: not _real_day(t.loc[r, "表决日期"]),
    "是否写法不认识": lambda r, t: not set(t.loc[r, YES_NO].dropna()) <= {"是", "否"},
    "狭长碎片": lambda r, t: 2 * t.geometry[r].area / t.geometry[r].length < 1,
    "现状地类没有填": lambda r, t: pd.isna(t.loc[r, "现状地类"]),
    "登记面积与图形不符": lambda r, t: abs(_ratio(r, t) - 1) > 0.05,
    "自相交": lambda r, t: not t.geometry[r].is_valid,
    "边界往返": lambda r, t: not t.geometry[r].is_valid,
    "表决人数矛盾": lambda r, t: max(t.loc[r, "实到人数"], t.loc[r, "同意人数"]) > t.loc[r, "应到人数"],
}  # fmt: skip


def _not_broken(folder: Path) -> list[str]:
    table, planted = read_raw(folder), read_planted(folder)
    return [
        f"{row} {kind}"
        for row, kind in zip(planted["source_row"], planted["kind"], strict=True)
        if not BROKEN[kind](row, table)
    ]


def test_planted_defects_are_really_there(drawn):
    planted = read_planted(SHIPPED)
    assert planted["kind"].value_counts().reindex(list(BROKEN), fill_value=0).min() >= 5
    assert planted["source_row"].is_unique
    assert _not_broken(SHIPPED) == []
    assert len(read_planted(drawn)) > 40
    assert _not_broken(drawn) == []


def test_clean_county_has_no_defect(clean):
    table = read_raw(clean)
    assert read_planted(clean).empty
    assert table.geometry.is_valid.all()
    assert table["宗地代码"].is_unique
    assert table["宗地代码"].str.fullmatch(CODE).all()
    left, right = shapely.STRtree(table.geometry.to_numpy()).query(table.geometry.to_numpy(), "intersects")
    shapes, pairs = table.geometry.to_numpy(), left < right
    assert shapely.area(shapely.intersection(shapes[left[pairs]], shapes[right[pairs]])).max() < 1e-6
    harmless = {
        "图形重复",
        "代码重复",
        "压盖相邻宗地",
        "没有图形",
        "图形为空",
        "日期读不懂",
        "使用年期读不懂",
        "土地来源不认识",
    }
    for kind in BROKEN.keys() - harmless:
        rows = [row for row in table.index if BROKEN[kind](row, table)]
        assert rows == [], kind
    for name in ("表决日期", "备案日期"):
        assert all(_real_day(text) for text in table[name].dropna())


@pytest.mark.parametrize("file", ["parcels.shp", "parcels.gpkg"])
@pytest.mark.parametrize("county", ["shipped", "drawn", *range(1, ROUNDS)])
def test_screening_finds_every_planted_defect_by_name(county, file, request, tmp_path):
    if isinstance(county, int):  # a hunt draws further counties
        folder = tmp_path
        make_county(folder, county, 500, "random")
    else:
        folder = SHIPPED if county == "shipped" else request.getfixturevalue(county)
    planted = read_planted(folder)
    findings = screen(
        read_parcels(folder / file), county="411081", villages=read_layer(folder / "villages.gpkg", layer="villages")
    ).findings
    said = findings.groupby("source_row")["check"].agg("；".join)
    missed = [
        f"{row} {kind}: {said.get(row)}"
        for row, kind in zip(planted["source_row"], planted["kind"], strict=True)
        if FOUND_AS[kind] not in said.get(row, "")
    ]
    assert missed == []


@pytest.mark.parametrize("file", ["parcels.shp", "parcels.gpkg"])
def test_screening_raises_no_alarm_in_a_clean_county(clean, file):
    screening = screen(
        read_parcels(clean / file), county="411081", villages=read_layer(clean / "villages.gpkg", layer="villages")
    )
    assert set(screening.findings["check"]) <= {"方案备案日早于表决日"}, "parcels whose vote is still to come"
    early = screening.accepted.reset_index().set_index("source_row").loc[screening.findings["source_row"]]
    assert early["vote_on"].gt("2026-03-02").all()
    assert screening.set_aside.empty


def test_every_reason_occurs_and_many_parcels_may_enter():
    county = read_county(SHIPPED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        known = set(read_layer(SHIPPED / "villages.gpkg", layer="townships")["township"])
        accepted = screen(read_county_parcels(county), county=county.county, villages=read_villages(county)).accepted
        scenario = read_scenario(county, accepted.crs)
        entry = market_entry(zone_parcels(accepted, scenario), on=county.on, rule=scenario.entry_rule)
    assert known == NAMES
    assert entry["allowed"].eq("可入市").mean() > 0.35
    reasons = (SHIPPED.parents[1] / "landmarket/zoning/data/reasons.csv").read_text(encoding="utf-8-sig")
    codes = [row["code"] for row in csv.DictReader(reasons.splitlines())]
    count = entry["reason"].str.split(";").explode().value_counts().reindex(codes, fill_value=0)
    assert count[count < 20].to_dict() == {"right_other": 0}, "the sample has no codes of other rights"
