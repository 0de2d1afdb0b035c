"""Boundary text files: areas in closed form, each fault named by its line, any bytes refused with a reason."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, LandMarketError
from landmarket.io.boundary_text import read_boundary_text
from landmarket.io.boundary_writing import write_boundary_text
from tests.hunting import examples

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
