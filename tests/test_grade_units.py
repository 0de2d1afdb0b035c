"""The grid, its surfaces, neighbours, homogeneous areas and small patches, against plain counting."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from landmarket.errors import BadValueError, CrsError, IndexMismatchError, MissingColumnError, OutputError
from landmarket.pricing.grading import (
    homogeneous_areas,
    merge_small,
    neighbours,
    score_grid,
    write_surfaces,
)
from landmarket.pricing.grading.grid import NODATA
from landmarket.pricing.grading.units import cell_polygons, components, grade_polygons, merge_small_cells
from tests.helpers import assert_same_index
from tests.hunting import examples

METRES = "EPSG:4547"


def tiles(*bounds: tuple[float, float, float, float], names: str = "") -> gpd.GeoDataFrame:
    index = list(names) if names else [f"村{number}" for number in range(len(bounds))]
    return gpd.GeoDataFrame(index=index, geometry=[shapely.box(*each) for each in bounds], crs=METRES)


def board(rows: int, columns: int, side: float = 100.0, shrink: float = 0.0) -> gpd.GeoDataFrame:
    """Squares in rows from the south, all shrunk alike, so that slivers lie between them."""
    return tiles(
        *[
            (side * c + shrink, side * r + shrink, side * (c + 1) - shrink, side * (r + 1) - shrink)
            for r in range(rows)
            for c in range(columns)
        ]
    )


def touching(units: gpd.GeoDataFrame) -> dict[tuple[int, int], float]:
    pairs = neighbours(units)
    assert pairs.count == len(units)
    assert (pairs.first < pairs.second).all()
    return dict(zip(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True), pairs.shared.tolist(), strict=True))


def test_each_cell_belongs_to_the_village_around_its_centre(sample_villages: gpd.GeoDataFrame) -> None:
    grid = score_grid(sample_villages, 400)
    owner = pd.Series(None, index=range(grid.rows * grid.columns), dtype=object)
    row, column = np.divmod(np.arange(grid.rows * grid.columns), grid.columns)
    x, y = grid.west + (column + 0.5) * 400, grid.north - (row + 0.5) * 400
    for code, shape in sample_villages.geometry.items():
        west, south, east, north = shape.bounds
        near = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
        owner[near[shapely.contains_xy(shape, x[near], y[near])]] = code
    inside = owner.dropna()
    assert inside.index.tolist() == grid.places.tolist()
    assert inside.tolist() == grid.cells["unit"].tolist()
    np.testing.assert_array_equal(
        shapely.get_coordinates(grid.cells.geometry.to_numpy()), np.stack([x, y], axis=1)[grid.places]
    )
    assert set(grid.cells["unit"]) == set(sample_villages.index)
    assert grid.cells.index.tolist() == list(range(len(grid.cells)))
    west, south, east, north = sample_villages.total_bounds
    assert grid.west % 400 == grid.north % 400 == 0
    assert 0 <= west - grid.west < 400
    assert 0 <= grid.north - north < 400
    assert grid.west + 400 * grid.columns >= east
    assert grid.north - 400 * grid.rows <= south


def test_cells_are_numbered_from_the_north_west() -> None:
    grid = score_grid(tiles((0, 0, 250, 100), (0, 100, 150, 200), names="南北"), 50)
    assert (grid.rows, grid.columns, grid.west, grid.north) == (4, 5, 0.0, 200.0)
    assert grid.cells["unit"].tolist() == ["北"] * 6 + ["南"] * 10
    assert grid.places.tolist() == [0, 1, 2, 5, 6, 7, *range(10, 20)]
    assert repr(grid) == "<ScoreGrid 4×5，50 m，区内 16 格>"
    laid = grid.raster(pd.Series(np.arange(16.0), index=grid.cells.index))
    np.testing.assert_equal(laid[0], [0, 1, 2, np.nan, np.nan])
    np.testing.assert_equal(laid[3], [11, 12, 13, 14, 15])
    means = grid.unit_means(pd.DataFrame({"甲": np.arange(16.0), "乙": [np.nan] * 6 + [1.0] * 9 + [np.nan]}))
    assert means["甲"].to_dict() == {"北": 2.5, "南": 10.5}
    assert means["乙"]["南"] == 1.0
    assert math.isnan(means["乙"]["北"])


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda v: score_grid(v, 0), BadValueError, "网格边长 0"),
        (lambda v: score_grid(v, -5), BadValueError, "网格边长 -5"),
        (lambda v: score_grid(v, math.nan), BadValueError, "网格边长 nan"),
        (lambda v: score_grid(v, math.inf), BadValueError, "网格边长 inf"),
        (lambda v: score_grid(v, 0.001), BadValueError, "全县格数"),
        (lambda v: score_grid(v, 90), BadValueError, r"太大.*共 1 行：丙"),
        (lambda v: score_grid(v.set_geometry([None, *v.geometry[1:]], crs=v.crs), 9), BadValueError, "甲"),
        (lambda v: score_grid(v.set_index(pd.Index(["甲", "乙", "甲"])), 9), BadValueError, "重复.*甲"),
        (lambda v: score_grid(v.iloc[:0], 9), BadValueError, "村界"),
        (lambda v: score_grid(v.set_crs(None, allow_override=True), 9), CrsError, "没有坐标系"),
        (lambda v: score_grid(v.set_crs("EPSG:4490", allow_override=True), 9), CrsError, "度"),
    ],
)
def test_grids_that_cannot_be_laid(
    call: Callable[[gpd.GeoDataFrame], object], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        call(tiles((0, 0, 200, 200), (200, 0, 400, 200), (400, 0, 420, 20), names="甲乙丙"))


def test_surfaces_come_back_as_they_were_written(tmp_path: Path) -> None:
    grid = score_grid(tiles((0, 0, 250, 100), (0, 100, 150, 200), names="南北"), 50)
    values = np.linspace(0, 100, 16)
    surfaces = pd.DataFrame({"商服繁华影响度": values, "道路": np.where(values < 20, np.nan, values)})
    write_surfaces(tmp_path / "a.tif", grid, surfaces)
    with rasterio.open(tmp_path / "a.tif") as file:
        assert file.descriptions == ("商服繁华影响度", "道路")
        assert file.nodata == NODATA
        assert CRS.from_wkt(file.crs.to_wkt()).to_epsg() == 4547
        assert (file.transform.a, file.transform.c, file.transform.e, file.transform.f) == (50, 0, -50, 200)
        assert set(file.dtypes) == {"float32"}
        read = file.read(masked=True)
        for cell, x, y in zip(range(16), grid.cells.geometry.x, grid.cells.geometry.y, strict=True):
            assert next(file.sample([(x, y)]))[0] == np.float32(values[cell])
    for band, name in enumerate(surfaces):
        expected = grid.raster(surfaces[name])
        np.testing.assert_array_equal(read[band].mask, np.isnan(expected))
        np.testing.assert_allclose(read[band].compressed(), expected[np.isfinite(expected)], rtol=1e-6)
    with pytest.raises(BadValueError, match="没有要写的"):
        write_surfaces(tmp_path / "b.tif", grid, surfaces.iloc[:, :0])
    with pytest.raises(OutputError):
        write_surfaces(tmp_path / "none" / "b.tif", grid, surfaces)


@pytest.mark.parametrize("shrink", [0.0, 0.2, 0.45])
def test_neighbours_on_a_board_with_slivers(shrink: float) -> None:
    found = touching(board(4, 5, shrink=shrink))
    beside = {(5 * r + c, 5 * r + c + 1) for r in range(4) for c in range(4)}
    above = {(5 * r + c, 5 * r + c + 5) for r in range(3) for c in range(5)}
    assert set(found) == beside | above  # corners are no borders
    assert all(98 <= border <= 103 for border in found.values())


def test_wider_gaps_and_corners_are_no_borders() -> None:
    assert not touching(board(2, 2, shrink=0.6))
    assert not touching(tiles((0, 0, 100, 100), (100, 100, 200, 200)))
    assert not touching(tiles((0, 0, 100, 100), (100, 98, 200, 200)))
    assert touching(tiles((0, 0, 100, 100), (100, 50, 200, 200))) == {(0, 1): pytest.approx(50, abs=2)}


def test_an_enclave_borders_on_what_surrounds_it() -> None:
    hole = shapely.box(40, 40, 60, 60)
    units = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 100, 100) - hole, hole], crs=METRES)
    assert touching(units) == {(0, 1): pytest.approx(80, abs=2)}


def test_borders_do_not_hang_on_the_order_of_units(sample_villages: gpd.GeoDataFrame) -> None:
    units = sample_villages.iloc[:60]
    turned = units.iloc[::-1]
    swapped = {(59 - b, 59 - a): border for (a, b), border in touching(turned).items()}
    assert swapped == touching(units)
    exact = {pair: shapely.length(shapely.intersection(*units.geometry.iloc[list(pair)].boundary)) for pair in swapped}
    assert all(abs(border - exact[pair]) < 6 for pair, border in swapped.items() if exact[pair] > 0)


def reached(start: int, edges: set[tuple[int, int]], inside: set[int]) -> set[int]:
    """All units that one can walk to without leaving the inside."""
    seen, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        for a, b in edges:
            for one, other in ((a, b), (b, a)):
                if one == here and other in inside and other not in seen:
                    seen.add(other)
                    waiting.append(other)
    return seen


def test_components_by_walking() -> None:
    units = tiles((0, 0, 10, 10), (10, 0, 20, 10), (50, 0, 60, 10), (60, 0, 70, 10), (20, 0, 30, 10))
    assert components(neighbours(units)).tolist() == [0, 0, 1, 1, 0]
    labels = components(neighbours(units), ["I", "II", "I", "I", "II"]).tolist()
    assert labels[1] == labels[4] != labels[0]
    assert len(set(labels)) == 3


@settings(max_examples=examples(15), deadline=None)
@given(st.integers(1, 8), st.lists(st.integers(0, 9), min_size=20, max_size=20), st.randoms(use_true_random=False))
def test_homogeneous_areas_are_a_connected_partition(count: int, drawn: list[int], random: object) -> None:
    units = board(4, 5)
    rng = np.random.default_rng(sum(drawn) + count)
    scores = pd.DataFrame({"甲": np.array(drawn) + rng.random(20), "乙": rng.random(20)}, index=units.index)
    number = homogeneous_areas(units, scores, count)
    assert_same_index(number, units)
    assert sorted(set(number)) == list(range(1, count + 1))
    assert number.drop_duplicates().tolist() == list(range(1, count + 1))  # in the order of the units
    edges = set(touching(units))
    for own in range(1, count + 1):
        inside = set(np.flatnonzero(number == own).tolist())
        assert reached(min(inside), edges, inside) == inside
    pd.testing.assert_series_equal(homogeneous_areas(units, scores, count), number)
    order = rng.permutation(20)
    mixed = homogeneous_areas(units.iloc[order], scores.iloc[order], count).reindex(units.index)
    assert len(set(zip(number, mixed, strict=True))) == count  # other numbers, the same areas


def test_homogeneous_areas_follow_the_scores() -> None:
    units = board(4, 6)
    score = pd.DataFrame({"甲": [0.0, 0.0, 0.0, 10.0, 10.0, 10.0] * 4}, index=units.index)
    number = homogeneous_areas(units, score, 2)
    assert number.tolist() == [1, 1, 1, 2, 2, 2] * 4


def test_separate_parts_get_their_areas_where_scores_spread() -> None:
    islands = pd.concat([board(2, 2), board(2, 2).translate(1000).to_frame("geometry")], ignore_index=True)
    scores = pd.DataFrame({"甲": [50.0, 50, 50, 50.1, 10, 10, 90, 90]})
    assert homogeneous_areas(islands, scores, 3).tolist() == [1, 1, 1, 1, 2, 2, 3, 3]
    assert homogeneous_areas(islands, scores, 8).tolist() == list(range(1, 9))
    with pytest.raises(BadValueError, match="互不相连的 2 片"):
        homogeneous_areas(islands, scores, 1)
    for count in (0, 9):
        with pytest.raises(BadValueError, match=f"不能分成 {count} 个区片"):
            homogeneous_areas(islands, scores, count)
    with pytest.raises(BadValueError, match="共 1 行：2"):
        homogeneous_areas(islands, scores.replace(50.1, np.nan).set_axis([0, 1, 3, 2, *range(4, 8)]).sort_index(), 3)
    with pytest.raises(IndexMismatchError):
        homogeneous_areas(islands, scores.iloc[::-1], 3)


def merged(units: gpd.GeoDataFrame, grades: str, smallest: float) -> str:
    table = pd.Series(list(grades), index=units.index)
    before = table.copy()
    found = merge_small(table, units.geometry.area, neighbours(units), smallest)
    assert_same_index(found, units)
    pd.testing.assert_series_equal(table, before)
    return "".join(found)


def test_small_patches_join_the_longest_border() -> None:
    # a strip of A, one tile of B among them: 100 m to each side; alone it is 1 ha
    assert merged(board(1, 5), "AABAA", 10_001) == "AAAAA"
    assert merged(board(1, 5), "AABAA", 10_000) == "AABAA"
    assert merged(board(1, 5), "AABAA", 0) == "AABAA"
    # the middle of three by three: three sides to A, one to C
    assert merged(board(3, 3), "AAAABAACA", 10_001) == "AAAAAAAAA"
    # 300 m to C below, 40 m to A beside
    units = tiles((0, 0, 300, 100), (0, 100, 300, 140), (300, 100, 700, 140), names="下中右")
    assert merged(units, "CBA", 12_001) == "CCA"


def test_of_equal_borders_the_better_named_grade_takes_the_patch() -> None:
    row = tiles((0, 0, 500, 100), (500, 0, 600, 100), (600, 0, 1100, 100))
    assert merged(row, "CBA", 10_001) == "CAA"
    assert merged(row, "ABC", 10_001) == "AAC"


def test_the_smallest_patch_goes_first() -> None:
    # D (0.5 ha) joins C, and with it C is large enough to stay
    row = tiles((0, 0, 1000, 100), (1000, 0, 1080, 100), (1080, 0, 1130, 100))
    assert merged(row, "ACD", 12_000) == "ACC"
    assert merged(row, "ACD", 14_000) == "AAA"


def test_islands_stay() -> None:
    units = pd.concat([board(1, 3), board(1, 1).translate(5000).to_frame("geometry")], ignore_index=True)
    assert merged(units, "AAAB", 1e9) == "AAAB"
    # three patches as small as each other: the first goes first
    assert merged(units, "ABAB", 15_000) == "BBBB"


@settings(max_examples=examples(25), deadline=None)
@given(st.text("ABC", min_size=20, max_size=20), st.integers(0, 9))
def test_no_small_patch_with_a_neighbour_is_left(grades: str, tiles_at_least: int) -> None:
    units = board(4, 5)
    found = merged(units, grades, 10_000.0 * tiles_at_least)
    edges = set(touching(units))
    for start in range(20):
        same = reached(start, edges, {at for at in range(20) if found[at] == found[start]})
        assert len(same) >= tiles_at_least or set(found) == {found[start]}
    large = {
        at
        for at in range(20)
        if len(reached(at, edges, {other for other in range(20) if grades[other] == grades[at]})) >= tiles_at_least
    }
    assert all(found[at] == grades[at] for at in large)  # what is large enough keeps its grade


def cells_of(picture: list[str]) -> tuple[pd.Series, object]:
    """Grade of each cell of a picture; a dot is outside the county."""
    rows, columns = len(picture), len(picture[0])
    land = shapely.union_all(
        [
            shapely.box(10 * c, 10 * (rows - 1 - r), 10 * c + 10, 10 * (rows - r))
            for r in range(rows)
            for c in range(columns)
            if picture[r][c] != "."
        ]
    )
    grid = score_grid(gpd.GeoDataFrame(index=["县"], geometry=[land], crs=METRES), 10)
    letters = [mark for row in picture for mark in row if mark != "."]
    return pd.Series(letters, index=grid.cells.index, dtype="str", name="grade"), grid


@pytest.mark.parametrize(
    ("picture", "cells", "expected"),
    [
        (["AAAAA", "ABBAA", "AAAAC"], 3, ["AAAAA", "AAAAA", "AAAAA"]),
        (["AAAAA", "ABBAA", "AAAAC"], 2, ["AAAAA", "ABBAA", "AAAAA"]),
        (["AAAAA", "ABBAA", "AAAAC"], 0, ["AAAAA", "ABBAA", "AAAAC"]),
        # corners do not connect
        (["AAAAA", "ABAAA", "AABAA", "AAAAA"], 2, ["AAAAA", "AAAAA", "AAAAA", "AAAAA"]),
        # an island of the county stays, and nothing grows over its edge
        (["AAA..B", "AAA..B"], 5, ["AAA..B", "AAA..B"]),
        # D and C are each other's largest neighbours, and only the speck E between them and A shows the way
        (["DDDDCCCEAAAAAAAAAA"], 6, ["AAAAAAAAAAAAAAAAAA"]),
        # more than the whole county: nothing has a neighbour that is large enough
        (["AAAB"], 1_000_000, ["AAAB"]),
    ],
)
def test_small_patches_of_cells(picture: list[str], cells: int, expected: list[str]) -> None:
    grades, grid = cells_of(picture)
    found = merge_small_cells(grades, grid, cells * 100.0)
    pd.testing.assert_series_equal(found, cells_of(expected)[0])


def test_cells_without_a_grade_are_left_out() -> None:
    grades, grid = cells_of(["AABAA", "AAAAA"])
    found = merge_small_cells(grades.drop([0, 9]), grid, 200.0)
    assert found.to_dict() == dict.fromkeys(range(1, 9), "A")


def test_polygons_of_cells_have_their_area() -> None:
    rng = np.random.default_rng(2)
    picture = ["".join(rng.choice(list("AABBC."), 14)) for _ in range(9)]
    grades, grid = cells_of(picture)
    drawn = cell_polygons(grades, grid)
    count = Counter(grades)
    assert drawn["grade"].tolist() == sorted(count)
    assert drawn["area"].tolist() == pytest.approx([100.0 * count[name] for name in sorted(count)])
    assert drawn.geometry.is_valid.all()
    for name, shape in zip(drawn["grade"], drawn.geometry, strict=True):
        assert shapely.contains_xy(shape, shapely.get_coordinates(grid.cells.geometry[grades == name])).all()


def test_polygons_of_villages_are_joined_by_grade() -> None:
    units = board(2, 2).assign(grade=["II", "I", "II", "I"])
    drawn = grade_polygons(units)
    assert drawn["grade"].tolist() == ["I", "II"]
    assert drawn["area"].tolist() == [20_000, 20_000]
    assert drawn.geometry.iloc[1].equals(shapely.box(0, 0, 100, 200))
    with pytest.raises(MissingColumnError, match="grade"):
        grade_polygons(board(1, 1))
