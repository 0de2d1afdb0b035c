"""Factor scores of a county: the sample county by plain loops over its rule, and what each kind of factor does."""

from __future__ import annotations

import copy
import math
import tomllib
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely
from geopandas.testing import assert_geodataframe_equal

from landmarket.county import sample_county
from landmarket.errors import BadValueError, MissingColumnError, ReadError
from landmarket.pricing.grading import (
    FactorScores,
    Grades,
    Reach,
    read_grading_layers,
    read_grading_rule,
    score_factors,
)
from landmarket.pricing.grading.layers import Layers
from landmarket.pricing.grading.rule import GradingRule
from tests.grading_cases import (
    EAST,
    FACILITIES,
    NORTH,
    WHOLE,
    changed,
    corner,
    heights,
    six_villages,
    write_layers,
)
from tests.helpers import assert_same_index

Record = dict[str, object]
Spot = tuple[float, float]


@pytest.fixture(scope="module")
def picks(sample_grades: Grades) -> pd.Index:
    """Two hundred cells of the sample county."""
    return sample_grades.grid.cells.sample(200, random_state=411081).index


@pytest.fixture(scope="module")
def document() -> dict[str, Record]:
    """The factors of the sample's rule as its TOML file has them, by name."""
    text = (sample_county() / "rules" / "grading.toml").read_text(encoding="utf-8")
    return {factor["name"]: factor for factor in tomllib.loads(text)["factor"]}


def decayed(kind: object, score: float, away: float, radius: float) -> float:
    if away > radius:
        return 0.0
    return score * (1 - away / radius) if kind == "linear" else score ** (1 - away / radius)


def spots_of(grades: Grades, picks: pd.Index) -> list[Spot]:
    return [(point.x, point.y) for point in grades.grid.cells.geometry[picks]]


def rows_of(name: str) -> list[tuple[dict[str, object], shapely.Geometry]]:
    frame = pyogrio.read_dataframe(sample_county() / name)
    return [(row.drop("geometry").to_dict(), row["geometry"]) for _, row in frame.iterrows()]


def radii_of(levels: list[Record], count: Callable[[str], int], area: float) -> dict[str, float]:
    """As given, else √(S / nπ), n counting all higher levels too."""
    found, standing = {}, 0
    for level in levels:
        standing += count(level["name"])
        found[level["name"]] = float(level.get("radius") or math.sqrt(area / (standing * math.pi)))
    return found


def test_facilities_of_the_sample_by_plain_loops(
    sample_grades: Grades, picks: pd.Index, document: dict[str, Record]
) -> None:
    area = float(sample_grades.villages.geometry.area.sum())
    rows = [(row, (point.x, point.y)) for row, point in rows_of("facilities.gpkg")]
    spots = spots_of(sample_grades, picks)
    for name in ("对外交通便利度", "公用设施完备度", "产业集聚度"):
        factor, whole = document[name], [0.0] * len(spots)
        for kind in factor["facility"]:
            own = [(row, place) for row, place in rows if row["设施类型"] == kind["name"]]
            radii = radii_of(kind["level"], lambda level, own=own: sum(r["设施级别"] == level for r, _ in own), area)
            given = {level["name"]: level.get("score") for level in kind["level"]}
            largest = max(float(row["规模"]) for row, _ in own)
            for at, spot in enumerate(spots):
                best = 0.0
                for row, place in own:
                    level = row["设施级别"]
                    score = given[level] or 100 * float(row["规模"]) / largest
                    best = max(best, decayed(factor["decay"], score, math.dist(spot, place), radii[level]))
                whole[at] += kind.get("weight", 1.0) * best
        np.testing.assert_allclose(sample_grades.cells.table.loc[picks, name], whole, atol=1e-9)
        assert max(whole) > 0


def test_prosperity_of_the_sample_by_plain_loops(
    sample_grades: Grades, picks: pd.Index, document: dict[str, Record]
) -> None:
    factor = document["商服繁华影响度"]
    (kind,) = factor["facility"]
    rows = [(row["设施级别"], (p.x, p.y)) for row, p in rows_of("facilities.gpkg") if row["设施类型"] == "商服中心"]
    levels = [level["name"] for level in kind["level"]]
    score = {level["name"]: level["score"] for level in kind["level"]}
    area = float(sample_grades.villages.geometry.area.sum())
    radii = radii_of(kind["level"], lambda level: sum(own == level for own, _ in rows), area)
    whole = []
    for spot in spots_of(sample_grades, picks):
        total = 0.0
        for place, function in enumerate(levels):
            strength = score[function] - (score[levels[place + 1]] if place + 1 < len(levels) else 0)
            reached = [
                decayed(factor["decay"], strength, math.dist(spot, there), radii[function])
                for level, there in rows
                if levels.index(level) <= place
            ]
            total += max(reached)
        whole.append(min(total, 100.0))
    np.testing.assert_allclose(sample_grades.cells.table.loc[picks, "商服繁华影响度"], whole, atol=1e-9)


def test_roads_of_the_sample_by_plain_loops(
    sample_grades: Grades, picks: pd.Index, document: dict[str, Record]
) -> None:
    factor = document["道路通达度"]
    rows = [(row["道路等级"], line) for row, line in rows_of("roads.gpkg")]
    rows = [(name, line) for name, line in rows if name not in factor["leave_out"]]
    area = float(sample_grades.villages.geometry.area.sum())
    classes = {}
    for one in factor["class"]:
        length = sum(line.length for name, line in rows if name == one["name"])
        classes[one["name"]] = (float(one["score"]), float(one.get("radius") or area / (2 * length)))
    whole = []
    for x, y in spots_of(sample_grades, picks):
        best, spot = 0.0, shapely.Point(x, y)
        for name, line in rows:
            score, radius = classes[name]
            best = max(best, decayed(factor["decay"], score, spot.distance(line), radius))
        whole.append(best)
    np.testing.assert_allclose(sample_grades.cells.table.loc[picks, "道路通达度"], whole, atol=1e-9)


def test_places_of_the_sample_by_plain_loops(
    sample_grades: Grades, picks: pd.Index, document: dict[str, Record]
) -> None:
    facts = pd.read_csv(sample_county() / "village_facts.csv", comment="#", dtype=str).set_index("村代码")
    unit = sample_grades.grid.cells.loc[picks, "unit"]
    for name in ("基础设施完善度", "环境质量优劣度"):
        worst, best = document[name]["worst"], document[name]["best"]
        values = [float(facts.loc[code, document[name]["column"]]) for code in unit]
        whole = [100 * min(max((value - worst) / (best - worst), 0.0), 1.0) for value in values]
        np.testing.assert_allclose(sample_grades.cells.table.loc[picks, name], whole, atol=1e-9)
    with rasterio.open(sample_county() / "dem.tif") as file:
        ground, nodata, a, c, f = file.read(1).astype(float), file.nodata, file.transform.a, *file.transform[2:6:3]
    ground[ground == nodata] = np.nan
    found, whole, at_the_edge = [], [], 0
    for cell, (x, y) in zip(picks, spots_of(sample_grades, picks), strict=True):
        row, column = int((f - y) // a), int((x - c) // a)
        z = ground[row - 1 : row + 2, column - 1 : column + 2]
        if np.isnan(z).any():
            at_the_edge += 1
            continue
        east = (z[:, 2] - z[:, 0]) @ [1, 2, 1] / (8 * a)
        south = (z[2] - z[0]) @ [1, 2, 1] / (8 * a)
        steep = 100 * math.hypot(east, south)
        whole.append(100 * min(max((15 - steep) / (15 - 1), 0.0), 1.0))
        found.append(sample_grades.cells.table.loc[cell, "地形条件"])
    assert at_the_edge < 10
    np.testing.assert_allclose(found, whole, atol=1e-9)


def test_the_parts_of_a_factor_add_up(sample_grades: Grades, picks: pd.Index) -> None:
    for name, parts in sample_grades.cells.influences.items():
        whole = sum(part.weight * part.found.loc[picks, "score"] for part in parts)
        np.testing.assert_allclose(np.minimum(whole, 100), sample_grades.cells.table.loc[picks, name], atol=1e-9)
        if len(parts) > 1 and name != "商服繁华影响度":
            assert sum(part.weight for part in parts) == pytest.approx(1)


def scored(folder: Path, text: str = WHOLE) -> tuple[FactorScores, gpd.GeoDataFrame, GradingRule, Layers]:
    villages = six_villages()
    rule = read_grading_rule(write_layers(folder, text))
    layers = read_grading_layers(rule, villages)
    return score_factors(villages, rule, layers, Reach(24e6)), villages, rule, layers


MIDDLES = [(corner(village)[0] + 1000, corner(village)[1] + 1000) for village in range(6)]


def test_each_kind_of_factor_by_hand(tmp_path: Path) -> None:
    scores, villages, _, _ = scored(tmp_path)
    assert_same_index(scores.table, villages)
    hospital = {"县级": (100.0, 9000.0), "乡级": (60.0, math.sqrt(24e6 / (3 * math.pi)))}
    clinic = {"村级": (20.0, math.sqrt(24e6 / (2 * math.pi)))}
    county = shapely.LineString([(EAST + 3300, NORTH - 500), (EAST + 3100, NORTH + 4500)])
    national = shapely.LineString([(EAST - 500, NORTH + 600), (EAST + 2800, NORTH + 900), (EAST + 6500, NORTH + 700)])
    for at, spot in enumerate(MIDDLES):
        whole = 0.0
        for weight, levels in ((0.7, hospital), (0.3, clinic)):
            reached = [
                decayed("linear", levels[level][0], math.dist(spot, np.add(corner(village), (x, y))), levels[level][1])
                for _, level, village, x, y, _ in FACILITIES
                if level in levels
            ]
            whole += weight * max(reached)
        assert scores.table["医疗"].iloc[at] == pytest.approx(whole, abs=1e-9)
        away = [shapely.Point(spot).distance(line) for line in (national, county)]
        reach = 24e6 / (2 * county.length)
        best = max(decayed("exponential", 100, away[0], 4000), decayed("exponential", 70, away[1], reach))
        assert scores.table["道路"].iloc[at] == pytest.approx(best, abs=1e-9)
        assert scores.table["保障"].iloc[at] == pytest.approx(min(100 * (95 - 7 * at - 50) / 48, 100))
        # the middle of a village is a corner of four cells of the ground: it lies in the one to the south-east
        steep = 100 * (spot[0] + 50 - EAST + 1000) / 40_000
        assert scores.table["坡度"].iloc[at] == pytest.approx(100 * min(max((15 - steep) / 14, 0), 1), abs=1e-6)


def test_distances_along_the_roads_of_a_factor(tmp_path: Path) -> None:
    text = changed(WHOLE, 'kind_column = "类型"', 'kind_column = "类型"\ndistance = "roads"\nroads = "路"')
    scores, villages, rule, layers = scored(tmp_path, text)
    straight = scored(tmp_path, WHOLE)[0]
    assert (scores.table["医疗"] < straight.table["医疗"]).all()
    hospital = scores.influences["医疗"][0].found
    assert (hospital["distance"] > straight.influences["医疗"][0].found["distance"]).all()
    broken = dict(layers) | {"路": layers["高程"]}
    with pytest.raises(BadValueError, match="道路图层 路 是栅格"):
        score_factors(villages, rule, broken, Reach(24e6))


RELIEF = 'measure = "relief"\nwindow = 500\nworst = 60\nbest = 0'


def test_relief_of_a_factor(tmp_path: Path) -> None:
    text = changed(WHOLE, 'measure = "slope"\nworst = 15\nbest = 1', RELIEF)
    scores = scored(tmp_path, text)[0]
    for at, spot in enumerate(MIDDLES):
        x = np.array([spot[0] + 50 - 200, spot[0] + 50 + 200])  # five cells of 100 m: the outer middles
        low, high = heights(x, np.zeros(2))
        assert scores.table["坡度"].iloc[at] == pytest.approx(100 * min(max(1 - (high - low) / 60, 0), 1))


def test_size_gives_the_score(tmp_path: Path) -> None:
    text = changed(WHOLE, "    score = 100\n    radius = 9000\n", "    radius = 9000\n")
    text = changed(changed(text, "    score = 60\n", ""), "weight = 0.7", 'weight = 0.7\n  sizes = ["床位"]')
    hospital = scored(tmp_path, text)[0].influences["医疗"][0].found
    radii = {"县级": 9000.0, "乡级": math.sqrt(24e6 / (3 * math.pi))}
    for at, spot in enumerate(MIDDLES):
        reached = [
            decayed("linear", 100 * beds / 500, math.dist(spot, np.add(corner(village), (x, y))), radii[level])
            for kind, level, village, x, y, beds in FACILITIES
            if kind == "医院"
        ]
        assert hospital["score"].iloc[at] == pytest.approx(max(reached), abs=1e-9)


def test_functions_of_several_centres_are_no_more_than_a_hundred(tmp_path: Path) -> None:
    clinics, rest = WHOLE.index('  [[factor.facility]]\n  name = "诊所"'), WHOLE.index('[[factor]]\nname = "道路"')
    text = WHOLE[:clinics] + WHOLE[rest:]
    text = changed(text, "weight = 0.7", 'sizes = ["床位"]\n  combine = "functions"')
    text = changed(text, "    score = 100\n    radius = 9000\n", "    radius = 9e6\n")
    text = changed(text, "    score = 60\n", "    radius = 9e6\n")
    scores, _, _, layers = scored(tmp_path, text)
    beds = layers["设施"]["床位"].astype(float)
    assert beds.max() == 500
    # the county hospital keeps 500 − 100 of 500 for itself; of the lower function 100 and 120 the larger counts
    parts = [part.found["score"].max() for part in scores.influences["医疗"]]
    assert parts == pytest.approx([80, 24], abs=0.2)
    assert sum(parts) > 100
    assert scores.table["医疗"].max() == 100
    assert scores.table["医疗"].between(0, 100).all()


@pytest.mark.parametrize(
    ("old", "new", "error", "said"),
    [
        ('kind_column = "类型"', 'kind_column = "种类"', MissingColumnError, "因素 医疗 的图层 设施 没有列 种类"),
        ('level_column = "级别"', 'level_column = "档次"', MissingColumnError, "没有列 档次"),
        ('name_column = "名称"', 'name_column = "名"', MissingColumnError, "没有列 名"),
        ('name = "诊所"', 'name = "药店"', BadValueError, "没有 类型 = 药店 的设施"),
        ('leave_out = ["停办"]\n', "", BadValueError, "6 = '停办'.*leave_out"),
        ('name = "乡级"', 'name = "镇级"', BadValueError, "县级、镇级"),
        ('class_column = "等级"', 'class_column = "级"', MissingColumnError, "因素 道路 的图层 路 没有列 级"),
        ('leave_out = ["高速公路"]\n', "", BadValueError, "3 = '高速公路'"),
        ('leave_out = ["高速公路"]', 'leave_out = ["高速公路", "国道", "县道"]', BadValueError, "没有计入的道路"),
        ('layer = "高程"', 'layer = "路"', ReadError, "不能作为栅格读取"),
        ('layer = "设施"\nkind_column', 'layer = "高程"\nkind_column', BadValueError, "图层 高程 是栅格"),
        ('layer = "村情"\ncolumn', 'layer = "设施"\ncolumn', MissingColumnError, "没有列 保障率"),
    ],
)
def test_layers_that_do_not_fit_the_rule(tmp_path: Path, old: str, new: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        scored(tmp_path, changed(WHOLE, old, new))


def test_a_level_that_no_facility_has_still_counts_none(tmp_path: Path) -> None:
    level = "    [[factor.facility.level]]\n"
    higher = level + '    name = "省级"\n    score = 100\n'
    text = changed(WHOLE, level + '    name = "县级"', higher + level + '    name = "县级"')
    with pytest.raises(BadValueError, match="级别 省级"):
        scored(tmp_path, text)
    given = scored(tmp_path, text.replace('name = "省级"\n', 'name = "省级"\n    radius = 20000\n'))[0]
    pd.testing.assert_frame_equal(given.table, scored(tmp_path, WHOLE)[0].table)


def test_sizes_that_are_no_numbers(tmp_path: Path) -> None:
    text = changed(WHOLE, "    score = 100\n    radius = 9000\n", "")
    text = changed(changed(text, "    score = 60\n", ""), "weight = 0.7", 'weight = 0.7\n  sizes = ["名称"]')
    with pytest.raises(BadValueError, match=r"列 名称 不是数.*县级医院"):
        scored(tmp_path, text)


def test_radii_stretch_together(tmp_path: Path) -> None:
    scores, villages, rule, layers = scored(tmp_path)
    wide = score_factors(villages, rule, layers, Reach(24e6, 1.5))
    for at, spot in enumerate(MIDDLES):
        there = np.add(corner(0), (900, 1100))
        reached = wide.influences["医疗"][0].found
        if reached["facility"].iloc[at] == 0:
            assert reached["score"].iloc[at] == pytest.approx(decayed("linear", 100, math.dist(spot, there), 13_500))
    assert (wide.table["道路"] >= scores.table["道路"]).all()
    pd.testing.assert_frame_equal(wide.table[["保障", "坡度"]], scores.table[["保障", "坡度"]])


def test_nothing_that_goes_in_is_changed(tmp_path: Path) -> None:
    _, villages, rule, layers = scored(tmp_path)
    before = {name: copy.deepcopy(layer) for name, layer in layers.items()}
    score_factors(villages, rule, layers, Reach(24e6, 1.2))
    assert_geodataframe_equal(villages, six_villages())
    for name, layer in layers.items():
        if isinstance(layer, gpd.GeoDataFrame):
            assert_geodataframe_equal(layer, before[name])
        else:
            np.testing.assert_array_equal(layer.heights, before[name].heights)
