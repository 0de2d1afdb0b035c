"""What checking a file hands over: every invalid shape told with place and areas, neighbours that do not fit, files."""

from __future__ import annotations

import itertools
import json
import sqlite3
import struct
import warnings
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from landmarket import check_products, screen
from landmarket.check_products import PLACES, PROBLEMS, checked, problem_layers, problem_tables, write_check
from landmarket.cli.main_command import app
from landmarket.geometry import polygons_only
from landmarket.io.parcels import read_parcels
from landmarket.io.tables import read_csv_table
from landmarket.io.writing import new_run
from landmarket.report.cells import cells_of
from landmarket.screening import Tolerances, neighbour_faults, survey
from landmarket.screening.result import joined
from tests.hunting import examples
from tests.small_county import write_small_county
from tests.strategies import DEFECTS, defective, faulty_parcels

E, N = 437_000.0, 3_780_000.0


def at(shape: shapely.Geometry) -> shapely.Geometry:
    """Move a shape drawn near the origin into the county."""
    return shapely.transform(shape, lambda xy: xy + np.array([E, N]))


def rings(shell: str, *holes: str) -> shapely.Geometry:
    return shapely.from_wkt(f"POLYGON({', '.join(f'({ring})' for ring in (shell, *holes))})")


SQUARE = "0 0, 100 0, 100 100, 0 100, 0 0"
# What is drawn, what is said of it, and its area before: by the signed sum of its rings, drawn on squared paper.
INVALID = {
    "bow tie": (rings("0 0, 100 100, 100 0, 0 100, 0 0"), "边界自相交，位置 437050.00, 3780050.00", 0.0),
    "hourglass": (rings("0 0, 50 50, 100 0, 100 100, 50 50, 0 100, 0 0"), "环在一点自相触", 5000.0),
    "hole outside": (rings(SQUARE, "200 200, 210 200, 210 210, 200 200"), "洞在外环之外", 9950.0),
    "hole in hole": (
        rings(SQUARE, "10 10, 90 10, 90 90, 10 90, 10 10", "20 20, 30 20, 30 30, 20 20"),
        "洞中有洞",
        3550.0,
    ),
    "shell in shell": (
        shapely.multipolygons([shapely.box(0, 0, 100, 100), shapely.box(10, 10, 20, 20)]),
        "面中有面",
        10_100.0,
    ),
    "cut in pieces": (rings(SQUARE, "0 50, 50 0, 100 50, 50 100, 0 50"), "内部不连通", 5000.0),
    "overlapping parts": (
        shapely.multipolygons([shapely.box(0, 0, 100, 100), shapely.box(50, 50, 150, 150)]),
        "边界自相交",
        20_000.0,
    ),
    "two points": (rings("0 0, 100 0, 100 0, 0 0"), "界址点太少", 0.0),
    "spike": (
        rings("0 0, 100 0, 100 100, 50 100, 50 130, 50 100, 0 100, 0 0"),
        "尖刺，位置 437050.00, 3780130.00",
        10_000.0,
    ),
    "spike at the first corner": (
        rings("0 -20, 0 0, 100 0, 100 100, 0 100, 0 -20"),
        "尖刺，位置 437000.00, 3779980.00",
        10_000.0,
    ),
    "hole that is the shell": (rings(SQUARE, "0 0, 0 100, 100 100, 100 0, 0 0"), "环重复", 0.0),
    "hole drawn twice": (
        rings(SQUARE, "10 10, 20 10, 20 20, 10 10", "20 20, 10 10, 20 10, 20 20"),
        "环重复",
        9900.0,
    ),
}


def one(shape: shapely.Geometry) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"parcel_code": ["411081004002JB00001"]}, geometry=[shape], crs="EPSG:4547", index=[1])


@pytest.mark.parametrize("name", INVALID)
def test_every_invalid_shape_is_told_with_place_and_areas(name: str) -> None:
    shape, said, before = INVALID[name]
    result = screen(one(at(shape)))
    found = result.findings[result.findings["check"].str.startswith("图形无效")]
    assert len(found) == 1
    value = str(found["value"].iloc[0])
    assert said in value
    assert f"修复前 {before:.2f}㎡" in value
    assert "nan" not in value
    row = found.iloc[0]
    assert said.split("，")[0] == row["fault"]
    assert row["area_before"] == pytest.approx(before)
    after = shapely.make_valid(shape, method="structure", keep_collapsed=False).area
    assert row["area_after"] == pytest.approx(after)
    corners = shapely.MultiPoint(shapely.get_coordinates(at(shape)))
    assert corners.envelope.distance(shapely.Point(row["fault_x"], row["fault_y"])) < 1e-6
    assert sum(result.counts.values()) == 2 * result.counts["读入"]
    if result.counts["采用"]:
        assert shapely.is_valid(result.accepted.geometry.iloc[0])


def test_a_point_given_twice_is_told_and_does_no_harm() -> None:
    touching = shapely.MultiPolygon([shapely.box(0, 0, 10, 10), shapely.box(10, 10, 20, 20)])  # rings meet in a point
    twice = rings("0 0, 100 0, 100 0, 100 100, 0 100, 0 0")
    for shape, rows in ((touching, 0), (twice, 1)):
        result = screen(one(at(shape)))
        found = result.findings[result.findings["check"].eq("界址点连续重复")]
        assert result.counts["采用"] == 1
        assert len(found) == rows
    assert found["value"].tolist() == ["1 处，位置 437100.00, 3780000.00"]
    assert found[["fault_x", "fault_y"]].to_numpy().tolist() == [[E + 100, N]]


def test_the_areas_of_a_wrong_register_stand_side_by_side() -> None:
    # A square of a kilometre, 122.7 km west of the central meridian of 3-degree zone 38, where the plane is too large.
    frame = one(shapely.box(377_300, N, 378_300, N + 1000)).assign(registered_area=900_000.0)
    findings = screen(frame).findings
    row = findings[findings["check"].eq("登记面积与椭球面积相差超过容差")].iloc[0]
    geodesic = abs(Geod(ellps="GRS80").geometry_area_perimeter(frame.segmentize(10).to_crs(4490).geometry.iloc[0])[0])
    assert row["registered_area"] == 900_000
    assert row["plane_area"] == pytest.approx(1e6)
    assert row["ellipsoidal_area"] == pytest.approx(geodesic, rel=1e-7)


def test_shapes_without_coordinates_that_are_numbers_are_set_aside() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of the parser, on the nan
        broken = rings("0 0, 100 0, 100 nan, 0 100, 0 0")
    result = screen(one(at(broken)))
    assert result.counts["采用"] == 0
    assert "坐标无效" in " ".join(result.findings["value"])


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("POLYGON Z((0 0 9, 100 0 9, 100 100 9, 0 0 9))", 1),
        ("POLYGON ZM((0 0 9 1, 100 0 9 1, 100 100 9 1, 0 0 9 1))", 1),
        ("GEOMETRYCOLLECTION(POLYGON((0 0, 100 0, 100 100, 0 0)), LINESTRING(0 0, 500 500), POINT(1 1))", 1),
        ("GEOMETRYCOLLECTION(LINESTRING(0 0, 5 5))", 0),
        ("LINESTRING(0 0, 100 0, 100 100, 0 0)", 0),
        ("LINEARRING(0 0, 100 0, 100 100, 0 0)", 0),
        ("MULTIPOINT(0 0, 100 0)", 0),
        ("POLYGON EMPTY", 0),
    ],
)
def test_only_polygons_pass(text: str, accepted: int) -> None:
    result = screen(one(at(shapely.from_wkt(text))))
    assert result.counts == {"读入": 1, "采用": accepted, "暂不处理": 1 - accepted}
    for shape in result.accepted.geometry:
        assert shape.geom_type in ("Polygon", "MultiPolygon")
        assert not shape.has_z
        assert shape.area == pytest.approx(5000.0)


def curved(path: Path, shape: bytes) -> Path:
    """A GeoPackage with a shape that no library here writes: well-known binary as ISO 13249-3 has it."""
    box = gpd.GeoDataFrame({"宗地代码": ["411081004002JB00001"]}, geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4547")
    pyogrio.write_dataframe(box, path, layer="p", geometry_type="Unknown", layer_options={"SPATIAL_INDEX": "NO"})
    with closing(sqlite3.connect(path)) as book, book:
        book.execute("UPDATE p SET geom = ?", (b"GP\0\1" + struct.pack("<i", 4547) + shape,))
    return path


def test_curves_are_drawn_with_chords(tmp_path: Path) -> None:
    """A circle of radius 50 has 7853.98 ㎡; drawn with chords it has a little less."""
    arc = struct.pack("<BII6d", 1, 8, 3, 437_000, 3_780_000, 437_100, 3_780_000, 437_000, 3_780_000)
    result = screen(read_parcels(curved(tmp_path / "曲线.gpkg", struct.pack("<BII", 1, 10, 1) + arc)))
    assert result.counts["读入"] == 1
    assert result.accepted.geometry.area.iloc[0] == pytest.approx(7853.98, rel=0.01)


def test_surfaces_are_no_polygons(tmp_path: Path) -> None:
    triangle = struct.pack("<BIII8d", 1, 17, 1, 4, 0, 0, 0, 9, 9, 0, 0, 0)
    result = screen(read_parcels(curved(tmp_path / "曲面.gpkg", struct.pack("<BII", 1, 16, 1) + triangle)))
    assert result.counts["读入"] == 1
    shapes = result.findings[result.findings["column"].eq("geometry")]
    assert shapes[["check", "value"]].to_numpy().tolist() == [["图形不是面", "三角网 TIN"]]


ASIDE_FROM_DEFECTS = ("没有登记面积", "成本空缺", "没有现状地类")


@settings(max_examples=examples(4), deadline=None)
@given(defective)
def test_no_row_is_lost_and_each_defect_is_named(parcels: gpd.GeoDataFrame) -> None:
    result = screen(parcels.drop(columns="defect"))
    kept, aside = set(result.accepted["source_row"]), set(result.set_aside.index)
    assert kept | aside == set(parcels.index)
    assert not kept & aside
    told: dict[int, list[tuple[str, str]]] = {row: [] for row in [0, *parcels.index]}
    findings = result.findings[~result.findings["check"].str.startswith(ASIDE_FROM_DEFECTS)]
    for row, check, value in zip(findings["source_row"], findings["check"], findings["value"], strict=True):
        told[row].append((check, value))
    for row, name in parcels["defect"].items():
        defect = DEFECTS[name]
        assert [check for check, _ in told[row]] == ([defect.check] if defect.check else []), name
        assert all(defect.fault in value for _, value in told[row]), name
        assert (row in aside) == defect.aside, name


# --- neighbours


def squares(*boxes: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    codes = [f"宗{number}" for number in range(1, len(boxes) + 1)]
    shapes = [at(shapely.box(*corners)) for corners in boxes]
    return gpd.GeoDataFrame({"parcel_code": codes}, geometry=shapes, crs="EPSG:4547", index=range(1, len(boxes) + 1))


def test_overlap_equal_and_gap_by_hand() -> None:
    found = neighbour_faults(
        squares((0, 0, 10, 10), (10.2, 0, 20, 10), (19, 0, 30, 10), (19, 0, 30, 10), (30, 0, 40, 10))
    )
    rows = found[["relation", "source_row", "other_row", "relation_area"]].values.tolist()
    assert rows == [["重叠", 2, 3, 10.0], ["重叠", 2, 4, 10.0], ["图形相同", 3, 4, 110.0], ["缝隙", 1, 2, 1.99]]
    # A slit of 10 m by 0.2 m, less at each end the segment that a disc of radius 0.25 m cuts off over a chord of 0.2 m.
    angle = 2 * np.arcsin(0.1 / 0.25)
    assert found.area.iloc[3] == pytest.approx(2.0 - 0.25**2 * (angle - np.sin(angle)), abs=1e-3)
    assert found["relation_width"].tolist()[3] == pytest.approx(2 * 2 / 20.4, abs=2e-3)
    assert found.crs == "EPSG:4547"


cells = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 5), st.integers(1, 5)), min_size=2, max_size=9
)


@settings(max_examples=examples(60))
@given(cells)
def test_overlaps_are_those_of_every_pair(drawn: list[tuple[int, int, int, int]]) -> None:
    parcels = squares(*((4.0 * x, 4.0 * y, 4.0 * (x + w), 4.0 * (y + h)) for x, y, w, h in drawn))
    expected = {
        (left + 1, right + 1): 16.0 * width * height
        for (left, a), (right, b) in itertools.combinations(enumerate(drawn), 2)
        if (width := min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])) > 0
        and (height := min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])) > 0
    }
    found = neighbour_faults(parcels)
    found = found[found["relation"].ne("缝隙")]
    pairs = zip(found["source_row"], found["other_row"], strict=True)
    assert dict(zip(pairs, found["relation_area"], strict=True)) == pytest.approx(expected)


def test_parcels_that_share_an_edge_or_lie_far_apart_fit() -> None:
    assert neighbour_faults(squares((0, 0, 10, 10), (10, 0, 20, 10), (21, 0, 30, 10))).empty
    narrow = neighbour_faults(squares((0, 0, 10, 10), (10.4, 0, 20, 10)), Tolerances(gap_width=0.3))
    assert narrow.empty


def test_polygons_of_many_collections_are_kept_in_their_rows() -> None:
    triangle, line = shapely.from_wkt("POLYGON((0 0, 1 0, 1 1, 0 0))"), shapely.from_wkt("LINESTRING(0 0, 1 1)")
    two = shapely.geometrycollections([triangle, shapely.box(5, 5, 6, 6), line])
    kept = polygons_only([line, two, triangle, None, shapely.geometrycollections([triangle])])  # type: ignore[arg-type]
    assert [None if shape is None else shape.area for shape in kept] == [None, 1.5, 0.5, None, 0.5]


def test_overlaps_with_a_shape_repaired_in_doubt_are_neighbours_and_no_finding() -> None:
    """A bow tie of two halves, and a box that covers the upper one by 400 ㎡; the tie itself is set aside."""
    parcels = squares((0, 60, 100, 100), (0, 0, 1, 1), (0, 0, 10, 10))
    parcels.loc[2, "geometry"] = at(rings("0 0, 100 100, 0 100, 100 0, 0 0"))
    parcels.loc[3, "geometry"] = at(shapely.box(0, 60, 50, 100))
    found = survey(parcels)
    told = found.screening.findings
    assert set(told.loc[told["check"].eq("与另一宗重叠"), "source_row"]) == {1, 3}
    over = checked(parcels, found, "宗地").neighbours
    pairs = {(row, other) for row, other in zip(over["source_row"], over["other_row"], strict=True)}
    assert pairs == {(1, 2), (1, 3), (2, 3)}


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(st.tuples(st.integers(1, 4), st.sampled_from("甲乙丙")), max_size=12))
def test_what_is_found_of_a_row_is_told_once_in_its_order(drawn: list[tuple[int, str]]) -> None:
    findings = pd.DataFrame(drawn, columns=["source_row", "check"]).astype({"source_row": "int64", "check": "str"})
    expected = {row: "；".join(dict.fromkeys(text for own, text in drawn if own == row)) for row, _ in drawn}
    assert joined(findings, "check").to_dict() == expected


# --- what is handed over


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_county(tmp_path_factory.mktemp("check") / "county", parcels=40).parent


def with_formulas(folder: Path, tmp_path: Path) -> Path:
    """The small county's parcels, with a formula, a script and a negative number among the values."""
    frame = gpd.read_file(folder / "parcels.gpkg")
    frame["容积率"] = frame["容积率"].astype("object")
    frame.loc[0, "容积率"] = "=HYPERLINK(1)"
    frame.loc[1, "容积率"] = "<script>alert(1)</script>"
    frame.loc[2, "取得成本"] = -5.0
    frame.to_file(tmp_path / "宗地.gpkg", layer="宗地")
    return tmp_path / "宗地.gpkg"


def test_every_column_of_findings_has_a_chinese_header() -> None:
    findings = survey(faulty_parcels([("spike", (50.0, 40.0, 6.0))]).drop(columns="defect")).screening.findings
    assert all(cells_of(findings, name).header[0] > "\u4e00" for name in findings.columns)


def test_every_finding_is_in_the_workbook_once_and_drawn_where_it_can_be(folder: Path, tmp_path: Path) -> None:
    parcels = read_parcels(with_formulas(folder, tmp_path))
    work = checked(parcels, survey(parcels, county="411081"), "宗地.gpkg")
    tables, findings = problem_tables(work), work.screening.findings
    assert next(iter(tables)) == "检查汇总"
    assert sum(len(tables[name]) for name in findings["check"].unique()) == len(findings)
    drawn = problem_layers(work)[PROBLEMS]
    shaped = parcels.index[~(parcels.geometry.isna() | parcels.geometry.is_empty)]
    assert drawn["源文件行号"].tolist() == sorted(set(findings["source_row"]) & set(shaped))
    for _, row in drawn.iterrows():
        own = findings[findings["source_row"].eq(row["源文件行号"])]
        assert set(row["全部问题"].split("；")) == set(own["check"])
        assert row["问题数"] == len(own)
        assert row["严重程度"] == next(one for one in ("错误", "警告", "提示") if one in set(own["severity"]))
    created = datetime(2026, 3, 2, tzinfo=UTC)
    with new_run(tmp_path / "out", created=created) as run:
        made = write_check(work, run, created)
    book = openpyxl.load_workbook(run.final / made["检查结果"])
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert any(cell.value == "=HYPERLINK(1)" and cell.data_type == "s" for cell in cells)
    assert not any(cell.data_type == "f" and "HYPERLINK" in str(cell.value) for cell in cells)
    layers = dict(pyogrio.list_layers(run.final / made["问题图层"]))
    assert {PROBLEMS, "layer_styles"} <= layers.keys()


def test_rows_that_the_workbook_leaves_out_stand_in_a_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_products, "LISTED", 3)
    size = (50.0, 40.0, 6.0)
    parcels = faulty_parcels([("floor-area ratio", size)] * 5 + [("spike", size)]).drop(columns="defect")
    parcels.loc[2, "floor_area_ratio"] = "=1+1"
    work = checked(parcels, survey(parcels), "宗地")
    created = datetime(2026, 3, 2, tzinfo=UTC)
    with new_run(tmp_path / "out", created=created) as run:
        made = write_check(work, run, created)
    tables, findings = problem_tables(work), work.screening.findings
    assert tables["容积率读不懂"]["源文件行号"].tolist() == [1, 2, 3]
    listed = read_csv_table(run.final / made["全部问题"])
    assert listed["源文件行号"].fillna(0).astype("int").tolist() == findings["source_row"].tolist()
    assert listed.loc[listed["源文件行号"].isna(), "值"].eq("整列").all()
    assert "源文件行号" not in tables["文件没有这一列，全部按未知处理"]
    assert listed["值"].fillna("").tolist() == findings["value"].tolist()
    text = (run.final / made["全部问题"]).read_text(encoding="utf-8-sig")
    assert '"\'=1+1"' in text
    first = openpyxl.load_workbook(run.final / made["检查结果"]).worksheets[0]
    assert "每种问题列出前 3 行，全部见 检查结果.csv" in str(first["A3"].value)
    points = gpd.read_file(run.final / made["问题图层"], layer=PLACES)
    assert points[["图形毛病", "源文件行号"]].to_numpy().tolist() == [["尖刺", 6]]
    tip = shapely.get_coordinates(parcels.geometry[6])[4]  # where the spike of the drawing turns back
    assert shapely.get_coordinates(points.geometry)[0] == pytest.approx(tip)


def test_the_command_writes_what_it_says_and_ends_by_severity(folder: Path, tmp_path: Path) -> None:
    path = with_formulas(folder, tmp_path)
    done = CliRunner().invoke(
        app, ["check", str(path), "--county", "411081", "--out", str(tmp_path / "成果"), "--json"]
    )
    assert done.exit_code == 3
    document = json.loads(done.stdout)
    assert {Path(file).name for file in document["files"].values()} == {"检查结果.xlsx", "检查结果.gpkg"}
    assert all(Path(file).is_file() for file in document["files"].values())
    worst = pd.DataFrame(document["findings"])
    assert "错误" in set(worst["severity"])
    sound = one(at(shapely.box(0, 0, 100, 100))).rename(columns={"parcel_code": "宗地代码"})
    sound.to_file(tmp_path / "好.gpkg", layer="宗地")
    done = CliRunner().invoke(app, ["check", str(tmp_path / "好.gpkg")])
    assert done.exit_code == 1  # columns are missing
    assert "[警告] 文件没有这一列，全部按未知处理：整列" in done.stdout
    assert "行：0" not in done.stdout
