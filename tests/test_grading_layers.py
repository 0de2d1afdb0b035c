"""The layers of a grading rule: what lies elsewhere, lacks villages or cannot be read is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point

from landmarket.errors import BadValueError, CrsError, LandMarketError, MissingColumnError, ReadError
from landmarket.pricing.factors import Elevation
from landmarket.pricing.grading import Grades, grade_land, read_grading_layers, read_grading_rule
from landmarket.pricing.grading.layers import Layers
from landmarket.pricing.grading.rule import GradingRule
from tests.grading_cases import (
    EAST,
    NORTH,
    SIDE,
    WHOLE,
    changed,
    facilities,
    roads,
    six_villages,
    write_dem,
    write_layers,
)
from tests.hunting import examples

ROAD_LAYER = '[[layer]]\nname = "路"'
RATES = [95 - 7 * number for number in range(6)]


def read(folder: Path, text: str = WHOLE) -> tuple[GradingRule, Layers]:
    (folder / "rule.toml").write_text(text, encoding="utf-8")
    rule = read_grading_rule(folder / "rule.toml")
    return rule, read_grading_layers(rule, six_villages())


def graded(folder: Path, text: str = WHOLE) -> Grades:
    return grade_land(six_villages(), *read(folder, text))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_layers(tmp_path)
    return tmp_path


def test_layers_are_read_in_the_system_of_the_villages(folder: Path) -> None:
    facilities().to_crs("EPSG:4490").to_file(folder / "a.gpkg", layer="第一层")
    _, layers = read(folder)
    assert list(layers) == ["设施", "路", "村情", "高程"]
    assert isinstance(layers["高程"], Elevation)
    found = layers["设施"]
    assert isinstance(found, gpd.GeoDataFrame)
    assert found.crs == six_villages().crs
    assert found.geometry.distance(facilities().geometry, align=False).max() < 0.01
    table = layers["村情"]
    assert isinstance(table, gpd.GeoDataFrame)
    assert table["保障率"].tolist() == RATES
    assert table.index.equals(six_villages().index)
    assert table.geometry.tolist() == six_villages().geometry.tolist()


def test_a_table_of_villages_from_a_workbook(folder: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["各村设施保障率"])
    sheet.append(["村代码", "备注", "保障率"])
    for code, rate in zip(reversed(six_villages().index), reversed(RATES), strict=True):
        sheet.append([int(code) if rate % 2 else code, "", rate])  # codes as text and as numbers
    sheet.append(["411081999999", "外县", 3])
    book.save(folder / "c.xlsx")
    _, layers = read(folder, changed(WHOLE, "c.csv", "c.xlsx"))
    assert layers["村情"]["保障率"].tolist() == RATES


def table(*rows: str, head: str = "村代码,保障率") -> str:
    return "\n".join([head, *rows]) + "\n"


CODES = six_villages().index.tolist()
GOOD = [f"{code},{rate}" for code, rate in zip(CODES, RATES, strict=True)]


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        (table(*GOOD[:-1]), ReadError, f"缺少这些村，共 1 行：{CODES[5]}"),
        (table(*GOOD, GOOD[2]), ReadError, f"村代码重复，共 1 行：第 8 行 {CODES[2]}"),
        (table(*GOOD[1:], f"{CODES[0]},九十五"), BadValueError, "列 保障率 不是数，共 1 行：第 7 行 = '九十五'"),
        (table(*GOOD[1:], f"{CODES[0]},95%"), BadValueError, "列 保障率 不是数"),
        (table(*[row.replace("411081", "411081 ") for row in GOOD]), ReadError, "缺少这些村，共 6 行"),
        (table(*GOOD, head="村代码,保障"), ReadError, "没有一行表头含有 村代码、保障率"),
        (table(*[row + ",1" for row in GOOD], head="村代码,保障率,保障率"), ReadError, "表头重复：保障率"),
        ("", ReadError, "文件是空的"),
        (table(), ReadError, "缺少这些村，共 6 行"),
    ],
)
def test_tables_of_villages_that_cannot_be_used(folder: Path, text: str, error: type[Exception], said: str) -> None:
    (folder / "c.csv").write_text(text, encoding="utf-8")
    with pytest.raises(error, match=said):
        read(folder)


def test_a_table_in_utf_16_or_with_a_stray_quote(folder: Path) -> None:
    (folder / "c.csv").write_bytes(table(*GOOD).encode("utf-16"))
    with pytest.raises(ReadError, match=r"c\.csv：不是 UTF-8"):
        read(folder)
    (folder / "c.csv").write_text(table('"' + GOOD[0], *["x" * 1000] * 200), encoding="utf-8")
    with pytest.raises(ReadError, match="不能作为 CSV 读取"):
        read(folder)


def test_a_table_that_no_factor_uses_is_read_all_the_same(folder: Path) -> None:
    (folder / "e.csv").write_text(table(*GOOD), encoding="utf-8")
    idle = '[[layer]]\nname = "闲"\nfile = "e.csv"\nvillage_code = "村代码"\n'
    _, layers = read(folder, changed(WHOLE, ROAD_LAYER, idle + ROAD_LAYER))
    assert list(layers) == ["设施", "闲", "路", "村情", "高程"]


def anew(folder: Path, layer: gpd.GeoDataFrame, name: str = "第一层") -> None:
    """Write the facilities once more."""
    (folder / "a.gpkg").unlink()
    layer.to_file(folder / "a.gpkg", layer=name)


SHAPELESS = pd.concat([facilities(), facilities().head(1).set_geometry([None], crs=4547)])


@pytest.mark.parametrize(
    ("spoil", "error", "said"),
    [
        (lambda folder: anew(folder, facilities().iloc[:0]), CrsError, r"a\.gpkg：没有任何图形"),
        (lambda folder: anew(folder, SHAPELESS), ReadError, "有的行没有图形，共 1 行：7"),
        (lambda folder: anew(folder, facilities(), "另一层"), ReadError, "没有图层 第一层"),
        (lambda folder: (folder / "b.gpkg").write_text("no layer", encoding="utf-8"), ReadError, r"b\.gpkg"),
        (lambda folder: (folder / "d.tif").write_text("no raster", encoding="utf-8"), ReadError, r"d\.tif"),
    ],
)
def test_files_that_cannot_be_read(
    folder: Path, spoil: Callable[[Path], object], error: type[Exception], said: str
) -> None:
    spoil(folder)
    with pytest.raises(error, match=said):
        read(folder)


def test_villages_in_degrees_are_refused(folder: Path) -> None:
    rule, _ = read(folder)
    with pytest.raises(CrsError, match="度"):
        read_grading_layers(rule, six_villages().to_crs("EPSG:4490"))
    with pytest.raises(CrsError, match="没有坐标系"):
        read_grading_layers(rule, six_villages().set_crs(None, allow_override=True))


ROADS_TOO = changed(WHOLE, 'kind_column = "类型"', 'kind_column = "类型"\ndistance = "roads"\nroads = "另路"')
ROADS_TOO = changed(ROADS_TOO, ROAD_LAYER, '[[layer]]\nname = "另路"\nfile = "r.gpkg"\n' + ROAD_LAYER)


def away(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return layer.set_geometry(layer.geometry.translate(60_000))


def test_a_layer_of_another_county_is_refused(folder: Path) -> None:
    anew(folder, away(facilities()))
    with pytest.raises(CrsError, match="图层 设施（医疗）没有一个要素在县内"):
        graded(folder)
    write_layers(folder)
    (folder / "b.gpkg").unlink()
    away(roads()).to_file(folder / "b.gpkg", layer="路")
    with pytest.raises(CrsError, match="图层 路（道路）没有一个要素在县内"):
        graded(folder)


def test_roads_for_distances_lie_in_the_county_too(folder: Path) -> None:
    away(roads()).to_file(folder / "r.gpkg", layer="路")
    with pytest.raises(CrsError, match="图层 另路（医疗）没有一个要素在县内"):
        graded(folder, ROADS_TOO)


def test_what_lies_outside_is_found_and_still_acts(folder: Path) -> None:
    # radii as given: those by formula hang on how many facilities there are
    text = changed(WHOLE, "score = 60\n", "score = 60\n    radius = 2000\n")
    text = changed(text, "score = 20\n", "score = 20\n    radius = 2000\n")
    plain = graded(folder, text)
    assert "图层 设施" not in set(plain.findings["where"])
    far = facilities().iloc[[0]].set_geometry([Point(EAST - 100, NORTH + SIDE)])
    anew(folder, pd.concat([facilities(), far], ignore_index=True))
    found = graded(folder, text)
    rows = found.findings[found.findings["where"].eq("图层 设施")]
    assert rows["severity"].tolist() == ["提示"]
    assert rows["value"].tolist() == ["共 1 行：第 7 行"]
    assert (found.scores["医疗"] >= plain.scores["医疗"]).all()
    assert (found.scores["医疗"] > plain.scores["医疗"]).any()


def test_a_factor_without_data_in_some_cells_is_found_with_its_share(folder: Path) -> None:
    write_dem(folder / "d.tif", columns=60)  # ends 5,000 m into the villages of 6,000
    found = graded(folder)
    (row,) = found.findings[found.findings["where"].eq("因素 坡度")].itertuples()
    missing = found.cells.table["坡度"].isna()
    assert missing.tolist() == (found.grid.cells.geometry.x > EAST + 5000).tolist()
    assert (row.severity, row.value) == ("警告", f"{missing.mean():.2%} 的网格")
    assert f"{1 / 6:.2%}" == f"{missing.mean():.2%}"
    assert "共 2 行" in row.message
    assert CODES[2] in row.message
    assert CODES[5] in row.message
    # the mean of the cells that have a value
    own = found.cells.table["坡度"][found.grid.cells["unit"].eq(CODES[2])]
    assert found.scores.loc[CODES[2], "坡度"] == pytest.approx(own.mean(), abs=0.006)


@pytest.mark.parametrize("unit", ["cell", "village", "area"])
def test_cells_without_data_in_each_way_of_grading(folder: Path, unit: str) -> None:
    write_dem(folder / "d.tif", columns=60)
    found = graded(folder, changed(WHOLE, 'unit = "village"', f'unit = "{unit}"\narea_count = 3'))
    one = found.uses["商服"]
    assert one.villages["grade"].isin(["I", "II", "III"]).all()
    assert one.villages["grade_share"].between(0, 1).all()
    if unit == "cell":
        assert len(one.cells) == found.cells.table["坡度"].notna().sum() < len(found.grid.cells)


def test_a_factor_without_data_in_a_village_is_refused(folder: Path) -> None:
    write_dem(folder / "d.tif", columns=40)
    with pytest.raises(BadValueError, match=f"因素 坡度 在这些村没有数据，共 2 行：{CODES[2]}、{CODES[5]}"):
        graded(folder)
    write_dem(folder / "d.tif")
    (folder / "c.csv").write_text(table(f"{CODES[0]},", *GOOD[1:]), encoding="utf-8")
    with pytest.raises(BadValueError, match=f"因素 保障 在这些村没有数据，共 1 行：{CODES[0]}"):
        graded(folder)


def test_a_village_whose_cells_all_lack_something(folder: Path) -> None:
    # the ground ends in the east half of a village, the table of places is a layer that ends in its west half
    write_dem(folder / "d.tif", columns=60)
    places = six_villages().clip((EAST, NORTH, EAST + 4000, NORTH + 2 * SIDE)).assign(保障率=RATES[:2] * 2)
    part = six_villages().clip((EAST + 5000, NORTH, EAST + 6000, NORTH + 2 * SIDE)).assign(保障率=50)
    pd.concat([places, part]).to_file(folder / "c.gpkg", layer="村情")
    text = changed(WHOLE, 'file = "c.csv"\nvillage_code = "村代码"', 'file = "c.gpkg"')
    assert len(graded(folder, text).scores) == 6
    with pytest.raises(BadValueError, match=f"没有一个网格各因素齐全的村，共 2 行：{CODES[2]}、{CODES[5]}"):
        graded(folder, changed(text, 'unit = "village"', 'unit = "cell"'))


def test_of_places_that_overlap_the_mean_counts(folder: Path) -> None:
    whole = six_villages().dissolve().assign(保障率=98)
    for order in (1, -1):
        both = pd.concat([six_villages().iloc[[0]].assign(保障率=50), whole])[::order]
        (folder / "c.gpkg").unlink(missing_ok=True)
        both.to_file(folder / "c.gpkg", layer="村情")
        found = graded(folder, changed(WHOLE, 'file = "c.csv"\nvillage_code = "村代码"', 'file = "c.gpkg"'))
        assert found.scores["保障"].tolist() == [50.0, *[100.0] * 5]


@pytest.mark.parametrize(
    ("spoil", "error", "said"),
    [
        (lambda v: v.drop(columns="township"), MissingColumnError, "township"),
        (lambda v: v.set_index(pd.Index(["a"] * 6)), BadValueError, "重复"),
        (lambda v: v.set_geometry([None, *v.geometry[1:]], crs=v.crs), LandMarketError, CODES[0]),
        (lambda v: v.set_crs(None, allow_override=True), CrsError, "没有坐标系"),
        (lambda v: v.set_crs("EPSG:4490", allow_override=True), CrsError, "度"),
        (lambda v: v.to_crs("EPSG:4548"), LandMarketError, "坐标系不同|没有一个要素在县内"),
        (lambda v: v.iloc[:0], LandMarketError, "没有一个要素在县内"),
    ],
)
def test_villages_that_cannot_be_graded(
    folder: Path, spoil: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame], error: type[Exception], said: str
) -> None:
    rule, layers = read(folder)
    with pytest.raises(error, match=said):
        grade_land(spoil(six_villages()), replace(rule, cell=500), layers)


def test_no_name_in_a_layer_is_no_name(folder: Path) -> None:
    anew(folder, facilities().assign(名称=None))
    assert np.isfinite(graded(folder).scores).all(axis=None)


@pytest.fixture(scope="module")
def six(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all layers, for many rules."""
    folder = tmp_path_factory.mktemp("six")
    write_layers(folder)
    return folder


FIGURES = [line for line in WHOLE.splitlines() if "=" in line]
OTHERS = ["0", "1", "3.5", "60", "100", "1e9", "[50]", "[]", '""', '"路"', '"设施"', '"高程"', '"级别"', '"area"']


@settings(max_examples=examples(12), deadline=None)
@given(st.sampled_from(FIGURES), st.sampled_from(OTHERS))
def test_a_figure_gone_wrong_is_graded_or_refused(six: Path, line: str, other: str) -> None:
    (six / "rule.toml").write_text(changed(WHOLE, line, f"{line.split('=')[0]}= {other}"), encoding="utf-8")
    villages = six_villages()
    try:
        rule = replace(read_grading_rule(six / "rule.toml"), cell=250.0)
        found = grade_land(villages, rule, read_grading_layers(rule, villages))
    except LandMarketError:
        return
    assert found.scores.map(lambda score: 0 <= score <= 100).all(axis=None)
    for one in found.uses.values():
        assert one.villages["grade"].isin(one.use.names).all()
