"""Boundary text files: areas in closed form, each fault named by its line, any bytes refused with a reason."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, CrsError, LandMarketError, ReadError
from landmarket.io import read_parcels
from landmarket.io.boundary_text import read_boundary_text
from landmarket.io.boundary_writing import write_boundary_text
from tests.hunting import examples

DATA = Path(__file__).parent / "data" / "boundary"
HEAD = "[属性描述]\n坐标系=2000国家大地坐标系\n几度分带=3\n计量单位=米\n带号=38\n[地块坐标]\n"
SQUARE = [(0, 0), (0, 100), (100, 100), (100, 0), (0, 0)]
HOLE = [(20, 20), (20, 40), (30, 40), (30, 20), (20, 20)]


def lines(*rings: list[tuple[int, int]]) -> str:
    """Points of rings as offsets north and east of a corner."""
    return "".join(
        f"J{n},{ring},{3_750_000 + x}.000,{38_450_000 + y}.000\n"
        for ring, places in enumerate(rings, start=1)
        for n, (x, y) in enumerate(places, start=1)
    )


def parcel(area: str, *rings: list[tuple[int, int]]) -> str:
    """One parcel whose count is right."""
    return f"{sum(map(len, rings))},{area},1,东地块,面,,工业,0601,@\n" + lines(*rings)


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    """Write a file of the given encoding."""
    path = folder / "a.txt"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_rectangle_with_hole_has_its_area_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    table = read_boundary_text(written(tmp_path, HEAD + parcel("0.98", SQUARE, HOLE), encoding))
    assert table.area.tolist() == [100 * 100 - 10 * 20]
    assert table.total_bounds.tolist() == [450_000, 3_750_000, 450_100, 3_750_100]  # east first, as everywhere else
    assert table.crs == "EPSG:4547"
    assert (table.loc[1, "地块名称"], table.loc[1, "地类编码"]) == ("东地块", "0601")


@pytest.mark.parametrize(
    ("area", "said"),
    [("1.0", "相符（公顷）"), ("10000", "相符（㎡）"), ("1公顷", "相符"), ("1.2", "不符"), ("", "未填")],
)
def test_stated_area_is_compared_in_its_unit(tmp_path: Path, area: str, said: str) -> None:
    table = read_boundary_text(written(tmp_path, HEAD + parcel(area, SQUARE)))
    assert str(table.loc[1, "面积核对"]).startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + parcel("1", SQUARE[:-1]), "第 8—11 行：第 1 圈没有闭合"),
        (HEAD + parcel("1", SQUARE).replace("5,1,1", "7,1,1", 1), "第 7 行：写明 7 个点，实有 5 行"),
        (HEAD + parcel("1", [*SQUARE[:2], SQUARE[1], *SQUARE[2:]]), "第 10 行：J3 与第 9 行 J2 坐标重复"),
        (HEAD + parcel("1", [(0, 0), (100, 100), (0, 100), (100, 0), (0, 0)]), "自相交"),
        (HEAD + parcel("1", SQUARE, [(x + 500, y) for x, y in HOLE]), "第 13—17 行：第 2 圈不在外圈之内"),
        ((HEAD + parcel("1", SQUARE)).replace("带号=38", "带号=39"), "第 8 行：Y=38450000.000 的带号与“带号=39”不符"),
        (HEAD + "4,1,1,a,面,,,,@\nJ1,1,38450000.0,3750000.0\n", "写反了"),
        (HEAD + "4,1,1,a,面,,,,@\nJ1,1,450000.0,3750000.0\n", "写反了"),
        ((HEAD + parcel("1", SQUARE)).replace("2000国家大地坐标系", "1980西安坐标系"), "不是 CGCS2000"),
        ((HEAD + parcel("1", SQUARE)).replace("2000国家大地坐标系", "某某坐标系"), "不认识"),
        (HEAD + "4,1,1,a,面,,,,@\nJ1,1,3750000.0\n", "第 8 行"),
    ],
)
def test_each_fault_is_named_with_line_and_cure(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(LandMarketError, match="办法：") as caught:
        read_boundary_text(written(tmp_path, text))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("name", "area", "crs", "bounds"),
    [
        ("rectangle", 120 * 80, 4547, [450_000, 3_780_000, 450_120, 3_780_080]),
        ("holed", 200 * 150 - 60 * 40, 4547, [450_000, 3_780_000, 450_200, 3_780_150]),
        ("l_shape", 100 * 40 + 40 * 60, 4508, [700_000, 3_780_000, 700_100, 3_780_100]),  # 6-degree zone 19: 111°E
    ],
)
def test_files_of_known_area_are_read_as_parcels(name: str, area: float, crs: int, bounds: list[float]) -> None:
    table = read_parcels(DATA / f"{name}.txt")
    assert table.area.tolist() == [area]
    assert table.crs == crs
    assert table.total_bounds.tolist() == bounds
    assert str(table.loc[1, "面积核对"]).startswith("相符")
    assert table.index.name == "source_row"


def test_header_and_code_are_kept_and_written_back(tmp_path: Path) -> None:
    table = read_parcels(DATA / "rectangle.txt")
    assert table["parcel_code"].tolist() == ["411081004002JB00001"]
    assert table.attrs["source_notes"][1] == "编码：GB18030"
    back = write_boundary_text(table, tmp_path / "a.txt")
    assert back.read_bytes().decode() == (DATA / "rectangle.txt").read_bytes().decode("gb18030")


def test_a_number_that_is_no_parcel_code_stays_a_number() -> None:
    assert "parcel_code" not in read_parcels(DATA / "holed.txt")


@pytest.mark.parametrize(("crs", "zone", "degrees"), [(4547, 38, 3), (4526, 38, 3), (4508, 19, 6), (4497, 19, 6)])
def test_zones_of_both_widths_are_written_with_their_numbers(tmp_path: Path, crs: int, zone: int, degrees: int) -> None:
    west = 450_000 + (zone * 1_000_000 if crs in (4526, 4497) else 0)
    table = gpd.GeoDataFrame(geometry=[shapely.box(west, 3_780_000, west + 120, 3_780_080)], crs=crs)
    path = write_boundary_text(table, tmp_path / "a.txt", {"数据产生单位": "某队"})
    text = path.read_text(encoding="utf-8")
    assert f"几度分带={degrees}\n" in text
    assert f"带号={zone}\n" in text
    assert "数据产生单位=某队\n" in text
    assert f"3780080.000,{zone}450120.000" in text
    assert read_boundary_text(path).area.tolist() == [120 * 80]


def test_columns_beyond_the_form_are_kept_told_and_written_back(tmp_path: Path) -> None:
    text = (HEAD + parcel("1", SQUARE)).replace("0601,@", "0601,备案1,@,备案2")
    table = read_parcels(written(tmp_path, text))
    assert table[["附加列1", "@后附加列1"]].to_numpy().tolist()[0] == ["备案1", "备案2"]
    assert "地块行多出的列：附加列1、@后附加列1" in table.attrs["source_notes"]
    assert "0601,备案1,@,备案2" in write_boundary_text(table, tmp_path / "b.txt").read_text(encoding="utf-8")


def test_all_faults_are_counted_and_the_first_ten_named(tmp_path: Path) -> None:
    bad = "".join(f"J{n},1,3750000.0\n" for n in range(12))
    text = HEAD.replace("2000国家大地坐标系", "北京54") + f"12,1,1,a,面,,,,@\n{bad}"
    with pytest.raises(ReadError) as caught:
        read_boundary_text(written(tmp_path, text))
    said = str(caught.value)
    assert "共 13 处错误" in said  # twelve lines and the coordinate system
    assert "第 2 行：坐标系=北京54" in said
    assert "第 16 行" in said
    assert "第 17 行" not in said
    assert "另有 3 处" in said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("北京54", "1954 北京坐标系"),
        ("1954年北京坐标系", "1954 北京坐标系"),
        ("西安80", "1980 西安坐标系"),
        ("WGS84", "WGS-84"),
    ],
)
def test_other_systems_are_refused_with_the_way_to_convert(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(CrsError, match=f"{said}.*办法：.*转换为 2000 国家大地坐标系"):
        read_boundary_text(written(tmp_path, (HEAD + parcel("1", SQUARE)).replace("2000国家大地坐标系", name)))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("带号=38", "带号=19", "3 度带带号应为 25—45"),
        ("几度分带=3", "几度分带=6", "6 度带带号应为 13—23"),
        ("几度分带=3", "几度分带=1.5", "写 3 或 6"),
        ("计量单位=米", "计量单位=千米", "坐标换算为米"),
        ("计量单位=米", "投影类型=墨卡托", "高斯克吕格"),
        ("计量单位=米", "带号=38", "“带号”在第 4 行已经写过"),
        ("计量单位=米", "计量单位：米", "不是“键=值”"),
    ],
)
def test_contradictions_of_the_header_are_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = (HEAD + parcel("1", SQUARE)).replace(old, new)
    with pytest.raises(LandMarketError, match="办法：") as caught:
        read_boundary_text(written(tmp_path, text))
    assert said in str(caught.value)


def test_blank_zone_is_read_from_the_eastings_and_refused_where_they_carry_none(tmp_path: Path) -> None:
    text = (HEAD + parcel("1", SQUARE)).replace("带号=38", "带号=")
    assert read_boundary_text(written(tmp_path, text)).crs == "EPSG:4547"
    with pytest.raises(CrsError, match=r"“带号=”.*办法：填写带号"):
        read_boundary_text(written(tmp_path, text.replace(",38450", ",450")))


@pytest.mark.parametrize("turn", [1, -1])
def test_direction_of_rings_does_not_matter(tmp_path: Path, turn: int) -> None:
    table = read_boundary_text(written(tmp_path, HEAD + parcel("0.98", SQUARE[::turn], HOLE[::turn])))
    assert table.area.tolist() == [9_800]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            parcel("1", SQUARE, HOLE).replace(",1,37", ",9,37").replace(",2,37", ",1,37").replace(",9,37", ",2,37"),
            "圈号依次为 2、1",
        ),
        (parcel("1", SQUARE).replace(",面,", ",线,"), "图形属性 '线' 不是“面”"),
        (parcel("1亩", SQUARE), "面积 '1亩' 不是数"),
        (
            parcel(
                "0.8", SQUARE, [(50, 0), (50, 20), (60, 20), (60, 0), (50, 0)], [(55, 5), (55, 15), (65, 15), (55, 5)]
            ),
            "各圈相交",
        ),
        (parcel("1", SQUARE).replace("J3,", "J3，"), "用半角逗号"),
    ],
)
def test_faults_of_parcels_are_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ReadError, match="办法：") as caught:
        read_boundary_text(written(tmp_path, HEAD + text))
    assert said in str(caught.value)


def test_a_ring_in_two_pieces_is_named(tmp_path: Path) -> None:
    *outer, closing = lines(SQUARE, HOLE).splitlines(keepends=True)[:5]
    hole = "".join(lines(SQUARE, HOLE).splitlines(keepends=True)[5:])
    text = f"{HEAD}10,0.98,1,a,面,,,,@\n{''.join(outer)}{hole}{closing}"
    with pytest.raises(ReadError, match="第 17 行：圈号 1 的点不连续。办法："):
        read_boundary_text(written(tmp_path, text))


@pytest.mark.parametrize("name", ["a.WP", "a.wl", "a.wt", "a.dwg", "a.E00", "a.mdb"])
def test_formats_of_other_programs_are_refused_with_the_way_to_convert(tmp_path: Path, name: str) -> None:
    with pytest.raises(ReadError, match=r"不能直接读。办法：.*(导出|输出)"):
        read_parcels(tmp_path / name)


@settings(max_examples=examples(100), deadline=None)
@given(st.binary() | st.text(alphabet="[]属性描述地块坐标=@,面J0123456789.-\n").map(lambda t: (HEAD + t).encode()))
def test_any_bytes_give_a_table_or_a_named_refusal(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("f") / "a.txt"
    path.write_bytes(data)
    try:
        parcels = len(read_boundary_text(path))
    except LandMarketError:
        return
    assert parcels > 0


@settings(max_examples=examples(100), deadline=None)
@given(
    st.sampled_from(["rectangle", "holed", "l_shape"]),
    st.lists(st.tuples(st.integers(0, 600), st.integers(0, 3), st.binary(max_size=3)), min_size=1, max_size=4),
)
def test_a_damaged_file_gives_a_table_or_a_named_refusal(
    tmp_path_factory: pytest.TempPathFactory, name: str, damage: list[tuple[int, int, bytes]]
) -> None:
    data = (DATA / f"{name}.txt").read_bytes()
    for at, lost, put in damage:
        data = data[:at] + put + data[at + lost :]
    path = tmp_path_factory.mktemp("d") / "a.txt"
    path.write_bytes(data)
    try:
        table = read_parcels(path)
    except LandMarketError:
        return
    assert table.geometry.is_valid.all()
    written_again = write_boundary_text(table, path.with_name("b.txt"))
    again = read_parcels(written_again)
    assert again.geometry.geom_equals_exact(table.geometry, 0.0006, align=False).all()


@settings(max_examples=examples(50), deadline=None)
@given(st.lists(st.integers(300_000_000, 600_000_000), min_size=4, max_size=4, unique=True))
def test_round_trip_is_exact_to_the_millimetre(tmp_path_factory: pytest.TempPathFactory, edges: list[int]) -> None:
    west, inner_west, inner_east, east = (edge / 1000 for edge in sorted(edges))
    hole = [(inner_west, 3_750_020.001), (inner_west, 3_750_030), (inner_east, 3_750_030)]
    shape = shapely.Polygon([(west, 3_750_000), (west, 3_750_100), (east, 3_750_100), (east, 3_750_000)], [hole])
    table = gpd.GeoDataFrame({"地块名称": ["甲"]}, geometry=[shape], crs="EPSG:4547", index=[1])
    read = read_boundary_text(write_boundary_text(table, tmp_path_factory.mktemp("r") / "a.txt"))
    back = read.geometry[1]
    assert shapely.get_coordinates(back).tolist() == shapely.get_coordinates(shape).tolist()
    assert shapely.get_num_interior_rings(back) == 1
    assert (read.crs, read.loc[1, "地块名称"]) == (table.crs, "甲")


def test_text_that_would_break_the_line_is_refused_and_nothing_written(tmp_path: Path) -> None:
    table = gpd.GeoDataFrame({"地块名称": ["甲,@\n"]}, geometry=[shapely.box(450_000, 3e6, 450_010, 3e6 + 9)], crs=4547)
    with pytest.raises(BadValueError, match="地块名称"):
        write_boundary_text(table, tmp_path / "a.txt")
    assert not list(tmp_path.iterdir())


def test_parcels_that_cannot_be_said_in_a_file_are_refused_and_nothing_written(tmp_path: Path) -> None:
    two = shapely.MultiPolygon(
        [shapely.box(450_000, 3e6, 450_010, 3e6 + 9), shapely.box(451_000, 3e6, 451_010, 3e6 + 9)]
    )
    for shape, said in (
        (two, "不是单个有效的面，共 1 行：7"),
        (shapely.box(450_000, 3e6, 450_000.0004, 3e6 + 9), "不成面"),
        (shapely.box(150_000, 3e6, 150_010, 3e6 + 9), "不在 3 度带 38 带的范围内，共 1 行：7"),
        (shapely.box(39_450_000, 3e6, 39_450_010, 3e6 + 9), "不在 3 度带 38 带的范围内，共 1 行：7"),
    ):
        with pytest.raises(BadValueError, match=f"{said}.*办法"):
            write_boundary_text(gpd.GeoDataFrame(geometry=[shape], crs=4547, index=[7]), tmp_path / "a.txt")
    with pytest.raises(BadValueError, match="数据产生单位"):
        write_boundary_text(read_parcels(DATA / "holed.txt"), tmp_path / "a.txt", {"数据产生单位": "甲\n[地块坐标]"})
    with pytest.raises(CrsError, match="to_crs"):
        write_boundary_text(gpd.GeoDataFrame(geometry=[two], crs=4490), tmp_path / "a.txt")
    assert not list(tmp_path.iterdir())
