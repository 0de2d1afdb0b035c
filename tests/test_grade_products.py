"""What grading hands over: its numbers add up on a calculator, its files agree, and it comes whole or not at all."""

from __future__ import annotations

import csv
import json
import math
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import combinations, pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import rasterio
import scipy.stats
import shapely
from openpyxl.utils import column_index_from_string
from shapely import Polygon

from landmarket.county import read_county, sample_county
from landmarket.errors import BadValueError, LandMarketError, MissingColumnError, OutputError
from landmarket.grade_products import (
    INDEX,
    MAPS,
    POLYGONS,
    SURFACES,
    TABLES,
    VILLAGE_LAYER,
    WORKBOOK,
    GradeWork,
    do_grading,
    grading_villages,
    write_grade_polygons,
    write_grade_surfaces,
)
from landmarket.io.manifest import altered_files
from landmarket.io.writing import LATEST, read_latest
from landmarket.pricing.grading import Grades, explain_grade, grade_worksheets
from landmarket.pricing.grading.sample_check import check_samples, graded_samples
from landmarket.pricing.grading.tables import grade_label, range_table, summary_table, village_table
from tests import graded_county
from tests.graded_county import SIDE, USES, graded, handed_over, write_county

SAMPLE = sample_county()
CENT = Decimal("0.01")
PRODUCT = re.compile(r"(\d+\.\d\d) × (\d\.\d{4}) = (\d+\.\d{6})")
Steps = dict[str, tuple[str, str, str]]
"""Value, unit and source of each step of a worksheet."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> GradeWork:
    """The small county; not to be changed by a test."""
    return graded(write_county(tmp_path_factory.mktemp("small")))


def sheets_of(grades: Grades, use: str) -> Iterator[tuple[str, Steps]]:
    """The worksheet of each village of a use."""
    sheets: dict[str, Steps] = {}
    for code, step, value, unit, source in grade_worksheets(grades, use).itertuples():
        own = sheets.setdefault(code, {})
        assert step not in own, "a step stands once in a worksheet"
        own[step] = (value, unit, source)
    assert list(sheets) == grades.villages.index.tolist()
    yield from sheets.items()


def multiplied(steps: Steps, factors: list[str]) -> tuple[Decimal, dict[str, str]]:
    """Add up the factor lines as a person with a calculator would; give the total and the scores as printed."""
    total, weights, scores = Decimal(0), Decimal(0), {}
    for factor in factors:
        found = PRODUCT.fullmatch(steps[factor][0])
        assert found, steps[factor]
        assert Decimal(found[1]) * Decimal(found[2]) == Decimal(found[3])
        total, weights, scores[factor] = total + Decimal(found[3]), weights + Decimal(found[2]), found[1]
    assert weights == 1
    return total.quantize(CENT, rounding=ROUND_HALF_UP), scores


def grade_of(score: Decimal, steps: Steps) -> tuple[str, str]:
    """Grade by the boundaries that the worksheet prints, and what the score lacks to the next better one."""
    between = re.findall(r"([^；]+) ≥ (\d+\.\d\d)", steps["级别分界"][0])
    last = re.search("；其余为 (.+)$", steps["级别分界"][2])
    assert last
    better = "已是最好一级"
    for name, cut in between:
        if score >= Decimal(cut):
            return name, better
        better = f"{Decimal(cut) - score}"
    return last[1], better


def calculated(grades: Grades) -> tuple[int, int]:
    """Check every worksheet on a calculator; count them, and the villages joined to the grade around them."""
    checked = moved = 0
    for use, one in grades.uses.items():
        factors, totals, printed = list(map(str, one.use.weights.index)), [], []
        for code, steps in sheets_of(grades, use):
            total, scores = multiplied(steps, factors)
            assert scores == {factor: f"{grades.scores.at[code, factor]:.2f}" for factor in factors}, code
            assert steps["总分值"][0] == f"{total}" == f"{one.villages.at[code, 'score']:.2f}", code
            by, better = grade_of(total, steps)
            assert by == grade_label(one.villages.at[code, "grade_by_score"]), code
            assert steps["距上一级"][0] == better, code
            own = grade_label(steps["级别"][0])
            assert steps["级别"][0] == one.villages.at[code, "grade"], code
            note = "按总分值划定" if own == by else f"按总分值为 {by}，并入相邻的 {own}"
            assert steps["级别"][2] == note, code
            checked, moved = checked + 1, moved + (own != by)
            totals.append(total)
            printed.append(steps["全县名次"][0])
        ordered = sorted(totals, reverse=True)
        ranks = [1 + ordered.index(total) for total in totals]
        assert printed == [f"{rank} / {len(totals)}" for rank in ranks]
        assert one.villages["rank"].tolist() == ranks
    return checked, moved


def test_every_worksheet_gives_its_total_and_grade_on_a_calculator(graded_sample: GradeWork) -> None:
    assert calculated(graded_sample.grades)[0] == 4 * 678


def test_a_village_joined_to_its_neighbours_says_so(tmp_path: Path) -> None:
    checked, moved = calculated(graded(write_county(tmp_path, smallest=9.0)).grades)
    assert checked == 24
    assert moved > 0


@pytest.mark.parametrize("unit", ["cell", "area"])
def test_worksheets_of_other_units_say_what_gave_the_grade(tmp_path: Path, unit: str) -> None:
    grades = graded(write_county(tmp_path, unit=unit)).grades
    for use, one in grades.uses.items():
        factors, size = list(map(str, one.use.weights.index)), grades.villages.geometry.area
        for code, steps in sheets_of(grades, use):
            total, _ = multiplied(steps, factors)
            assert steps["总分值"][0] == f"{total}"
            judged = total
            if unit == "area":
                number = one.villages["area_number"]
                mates = number.index[number.eq(number[code])]
                parts = [(Fraction(str(one.villages.at[mate, "score"])), round(size[mate])) for mate in mates]
                exact = sum(score * area for score, area in parts) / sum(area for _, area in parts)
                judged = Decimal(steps["区片分值"][0])
                assert abs(Fraction(str(judged)) - exact) <= Fraction(1, 200)
                assert steps["区片分值"][2] == f"第 {number[code]} 区片，按面积平均"
            by, better = grade_of(judged, steps)
            own = grade_label(steps["级别"][0])
            assert steps["距上一级"][0] == better
            if unit == "area":
                assert by == own
                assert steps["级别"][2] == "按区片分值划定"
                assert steps["距上一级"][2].startswith("区片分值")
            else:
                inside = one.cells[grades.grid.cells["unit"].eq(code).to_numpy()]
                most = inside.value_counts()
                assert grade_label(str(most.index[0])) == own or most.iloc[0] == most[steps["级别"][0]]
                share = Decimal(int(most[steps["级别"][0]])) / len(inside)
                assert steps["级别面积占比"][0] == f"{share:.1%}"
                assert steps["级别"][2] == "村域内该级网格最多" + ("" if by == own else f"；按总分值为 {by}")


def test_one_worksheet_is_that_of_the_village(small: GradeWork) -> None:
    code = str(small.grades.villages.index[4])
    whole = grade_worksheets(small.grades, "工业").loc[[code]].reset_index(drop=True)
    pd.testing.assert_frame_equal(explain_grade(small.grades, "工业", code), whole)
    with pytest.raises(BadValueError, match="商服、工业"):
        explain_grade(small.grades, "旅游", code)
    with pytest.raises(BadValueError, match="没有村代码"):
        explain_grade(small.grades, "工业", "411081")


def test_grades_that_end_in_their_word_are_not_given_it_again(tmp_path: Path) -> None:
    names = ["一级", "二级", "Ⅲ"]
    grades = graded(write_county(tmp_path, grades=names)).grades
    assert set(village_table(grades)["商服级别"]) == {"一级", "二级", "Ⅲ级"}
    steps = dict(sheets_of(grades, "商服"))[str(grades.villages.index[0])]
    assert steps["级别分界"] == ("一级 ≥ 60.00；二级 ≥ 40.00", "", "给定分界；其余为 Ⅲ级")


# --- what acts: brute force from the files of the sample county


@dataclass(frozen=True)
class Acting:
    """Facilities or roads that act in one part of a factor, and how."""

    label: str
    shapes: np.ndarray
    names: list[str]
    scores: list[float]
    radii: list[float]
    formula: Callable[[float, float], float]
    weight: float = 1.0

    def text(self, village: Polygon, cells: list[shapely.Point]) -> tuple[str, float]:
        """What a worksheet should say of a village with these cells, and the mean score of the part."""
        governed: dict[int, list[float]] = {}
        total = 0.0
        near = np.flatnonzero(shapely.distance(self.shapes, village) <= np.array(self.radii)).tolist()
        for cell in cells:
            away = dict(zip(near, shapely.distance(self.shapes[near], cell).tolist(), strict=True))
            reached = {
                i: self.formula(self.scores[i], away[i] / self.radii[i]) for i in near if away[i] <= self.radii[i]
            }
            if reached:
                best = max(reached, key=lambda i: (reached[i], -i))
                governed.setdefault(best, []).append(away[best])
                total += reached[best]
        mean = total / len(cells)
        if not governed:
            return f"{self.label}：不在影响半径内", mean
        most = max(governed, key=lambda i: (len(governed[i]), -i))
        own = governed[most]
        by = f" × {self.weight:g}" if self.weight != 1 else ""
        said = f"平均 {sum(own) / len(own) / 1000:.2f} km，{len(own) / len(cells):.0%} 的网格"
        return f"{self.label}：{self.names[most]}（{said}）{mean:.2f} 分{by}", mean


def straight(score: float, share: float) -> float:
    """Linear decay."""
    return score * (1 - share)


def steep(score: float, share: float) -> float:
    """Exponential decay."""
    return float(score ** (1 - share))


def acting_of(factor: dict, county: float) -> list[Acting]:
    """Read from the files of the sample what acts in a factor of facilities or roads."""
    formula = {"linear": straight, "exponential": steep}[factor["decay"]]
    if factor["kind"] == "roads":
        layer = gpd.read_file(SAMPLE / "roads.gpkg")
        layer = layer[~layer["道路等级"].isin(factor["leave_out"])]
        length = layer.geometry.length.groupby(layer["道路等级"]).sum()
        classes = {one["name"]: one for one in factor["class"]}
        radius = {name: one.get("radius", county / (2 * length[name])) for name, one in classes.items()}
        levels = layer["道路等级"].tolist()
        scores = [classes[level]["score"] for level in levels]
        radii = [radius[level] for level in levels]
        return [Acting("道路", layer.geometry.to_numpy(), layer["道路名称"].tolist(), scores, radii, formula)]
    layer = gpd.read_file(SAMPLE / "facilities.gpkg")
    parts = []
    for kind in factor["facility"]:
        own = layer[layer["设施类型"].eq(kind["name"])]
        order = [level["name"] for level in kind["level"]]
        place = [order.index(level) for level in own["设施级别"]]
        counts = [sum(p <= i for p in place) for i in range(len(order))]
        radius = [
            level.get("radius", math.sqrt(county / (math.pi * count)))
            for level, count in zip(kind["level"], counts, strict=True)
        ]
        index = [level.get("score") for level in kind["level"]]
        own_scores = [index[p] for p in place]
        if None in index:
            largest = max(own["规模"])
            own_scores = [100 * size / largest for size in own["规模"]]
        names, shapes = own["设施名称"].tolist(), own.geometry.to_numpy()
        if kind.get("combine") != "functions":
            radii = [radius[p] for p in place]
            parts.append(Acting(kind["name"], shapes, names, own_scores, radii, formula, kind.get("weight", 1.0)))
            continue
        for i, name in enumerate(order):  # the score of a function: of its level less that of the next lower one
            step = index[i] - (index[i + 1] if i + 1 < len(order) else 0)
            has = [j for j, p in enumerate(place) if p <= i]
            few = [names[j] for j in has]
            label = f"{kind['name']}（{name}功能）"
            parts.append(Acting(label, shapes[has], few, [step] * len(has), [radius[i]] * len(has), formula))
    return parts


def test_what_a_worksheet_names_governs_most_cells(graded_sample: GradeWork) -> None:
    """Ten villages by brute force from the layers: who governs each cell, how far it is, and what that scores."""
    grades = graded_sample.grades
    rule = tomllib.loads((SAMPLE / "rules" / "grading.toml").read_text(encoding="utf-8"))
    villages = pyogrio.read_dataframe(SAMPLE / "villages.gpkg", layer="villages").set_index("村代码")
    county = float(villages.geometry.area.sum())
    use_of = {factor: use for use, one in grades.uses.items() for factor in one.use.weights.index}
    sheets = {use: dict(sheets_of(grades, use)) for use in grades.uses}
    chosen = villages.index[7::68]
    assert len(chosen) == 10
    told = set()
    for factor in rule["factor"]:
        if factor["kind"] not in ("points", "roads"):
            continue
        parts = acting_of(factor, county)
        for code in chosen:
            shape = villages.geometry[code]
            west, south, east, north = (math.floor(edge / 100) for edge in shape.bounds)
            centres = [(100 * x + 50, 100 * y + 50) for x in range(west, east + 1) for y in range(south, north + 1)]
            cells = [shapely.Point(centre) for centre in centres if shape.contains(shapely.Point(centre))]
            texts, means = zip(*(part.text(shape, cells) for part in parts), strict=True)
            value, _, source = sheets[use_of[factor["name"]]][code][factor["name"]]
            assert source == "；".join(texts), (factor["name"], code)
            mean = sum(part.weight * score for part, score in zip(parts, means, strict=True))
            assert abs(mean - float(value.split(" ")[0])) < 0.005 + 1e-9, (factor["name"], code)
            told |= {text.split("（平均")[0] for text in texts}
    assert len(told) > 60, "many different facilities were named"


def test_values_of_the_place_are_told_with_their_ends(graded_sample: GradeWork) -> None:
    grades = graded_sample.grades
    rows = list(csv.reader((SAMPLE / "village_facts.csv").read_text(encoding="utf-8-sig").splitlines()))
    start = next(number for number, row in enumerate(rows) if "村代码" in row)
    facts = pd.DataFrame(rows[start + 1 :], columns=rows[start]).set_index("村代码")
    rates = facts["基础设施保障率（%）"].map(Decimal)
    for code, steps in sheets_of(grades, "商服"):
        value, _, source = steps["基础设施完善度"]
        assert source == f"平均 {rates[code]:.2f} %（50 及更差为 0 分，98 及更好为 100 分）"
        exact = min(max(100 * (rates[code] - 50) / 48, Decimal(0)), Decimal(100))
        assert abs(Decimal(value.split(" ")[0]) - exact) <= CENT / 2


# --- the files of a run


def test_the_command_hands_over_every_product(graded_run: Path, grade_document: dict[str, object]) -> None:
    files = {path.relative_to(graded_run).as_posix() for path in graded_run.rglob("*") if path.is_file()}
    uses = ("商服", "工业", "公共管理与公共服务", "宅基地")
    assert files == {
        f"{MAPS}/{INDEX}",
        f"{MAPS}/各村级别评定说明.html",
        *(f"{MAPS}/级别图_{use}.html" for use in uses),
        WORKBOOK,
        POLYGONS,
        f"{SURFACES}/因素作用分.tif",
        f"{SURFACES}/总分值.tif",
        *(
            f"{TABLES}/{name}.parquet"
            for name in (
                "village_grades",
                "village_scores",
                "grade_ranges",
                "samples",
                "price_order",
                "sensitivity",
            )
        ),
        "manifest.json",
        "internal/fingerprint.key",
    }
    named = grade_document["files"]
    assert isinstance(named, dict)
    assert all((graded_run / file).is_file() for file in named.values())
    counted = grade_document["villages"]
    assert isinstance(counted, dict)
    assert {use: sum(own.values()) for use, own in counted.items()} == dict.fromkeys(uses, 678)


def test_the_manifest_accounts_for_everything_the_grades_rest_on(graded_run: Path, tmp_path: Path) -> None:
    assert altered_files(graded_run) == []
    manifest = json.loads((graded_run / "manifest.json").read_text(encoding="utf-8"))
    inputs = {Path(entry["path"]).name for entry in manifest["inputs"]}
    assert inputs == {
        "villages.gpkg",
        "facilities.gpkg",
        "roads.gpkg",
        "village_facts.csv",
        "dem.tif",
        "grading.toml",
        "delphi_industry.csv",
        "samples.xlsx",
    }
    assert {Path(entry["path"]).name for entry in manifest["secret_inputs"]} == {"county.toml"}
    assert {rule["item"] for rule in manifest["rules"]} >= {"定级办法", "评价单元", "网格边长", "图层：设施", "样点"}
    copy = tmp_path / "run"
    shutil.copytree(graded_run, copy)
    (copy / POLYGONS).write_bytes(b"")
    assert altered_files(copy) == [POLYGONS]


def test_tables_are_the_grades(graded_run: Path, graded_sample: GradeWork) -> None:
    grades = graded_sample.grades
    villages = gpd.read_parquet(graded_run / TABLES / "village_grades.parquet")
    assert villages.index.equals(grades.villages.index)
    assert villages.crs == grades.villages.crs
    for use, one in grades.uses.items():
        assert (villages[f"{use}级别"] == one.villages["grade"] + "级").all()
        assert (villages[f"{use}总分值"] == one.villages["score"]).all()
    ranges = pd.read_parquet(graded_run / TABLES / "grade_ranges.parquet")
    assert len(ranges) == 4 * 678
    assert not ranges.duplicated(["use", "township", "village"]).any()
    scores = pd.read_parquet(graded_run / TABLES / "village_scores.parquet")
    pd.testing.assert_frame_equal(scores, grades.scores)
    samples = pd.read_parquet(graded_run / TABLES / "samples.parquet")
    assert len(samples) == len(pd.read_excel(SAMPLE / "samples.xlsx", header=None)) - heading(SAMPLE / "samples.xlsx")


def heading(path: Path) -> int:
    """Rows of a sheet up to its header."""
    rows = openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
    return 1 + next(number for number, row in enumerate(rows) if "样点编号" in row)


def test_ranges_and_summary_count_every_village_once(graded_sample: GradeWork) -> None:
    grades = graded_sample.grades
    listed = range_table(grades)
    for use, one in grades.uses.items():
        own = listed[listed["用途"].eq(use)]
        names = own["村（社区）"].str.split("、")
        assert (names.str.len() == own["村数"]).all()
        found = {
            (township, village, grade)
            for township, grade, villages in zip(own["乡镇"], own["级别"], names, strict=True)
            for village in villages
        }
        place = grades.villages[["township", "village"]]
        wanted = set(zip(place["township"], place["village"], one.villages["grade"], strict=True))
        assert found == wanted
        assert own["村数"].sum() == 678
        order = [one.use.names.index(grade) for grade in own["级别"]]
        assert order == sorted(order), "the best grade first"
    whole = summary_table(grades)
    for use, own in whole.groupby("用途"):
        assert own["村数"].sum() == 678
        assert own["面积占比（%）"].sum() == pytest.approx(100, abs=0.02)
        for row in own.itertuples(index=False):
            scores = grades.uses[str(use)].villages.query("grade == @row[1]")["score"]
            assert (row[2], row[5], row[6]) == (len(scores), scores.min(), scores.max())


def test_polygons_cover_the_county_once_and_hold_their_villages(graded_run: Path, graded_sample: GradeWork) -> None:
    path, grades = graded_run / POLYGONS, graded_sample.grades
    assert pyogrio.list_layers(path)[:, 0].tolist() == [*grades.uses, VILLAGE_LAYER]
    villages = pyogrio.read_dataframe(path, layer=VILLAGE_LAYER).set_index("village_code")
    assert villages.crs == grades.villages.crs
    assert villages.index.equals(grades.villages.index)
    county = shapely.union_all(pyogrio.read_dataframe(SAMPLE / "villages.gpkg", layer="villages").geometry.to_numpy())
    for use in grades.uses:
        drawn = pyogrio.read_dataframe(path, layer=use)
        assert sorted(drawn["grade"]) == sorted(grades.uses[use].use.names)
        assert set(drawn["use"]) == {use}
        assert shapely.is_valid(drawn.geometry.to_numpy()).all()
        assert drawn["area"].to_numpy() == pytest.approx(drawn.geometry.area.to_numpy(), rel=1e-12)
        assert drawn["area"].sum() == pytest.approx(county.area, rel=1e-6)
        for first, second in combinations(drawn.geometry, 2):
            assert first.intersection(second).area < 1e-6 * county.area
        assert county.difference(shapely.union_all(drawn.geometry.to_numpy())).area < 1e-6 * county.area
        shape = dict(zip(drawn["grade"], drawn.geometry, strict=True))
        for grade, own in villages.geometry.groupby(villages[f"{use}级别"].str.removesuffix("级")):
            shapely.prepare(shape[grade])
            assert shapely.contains(shape[grade], shapely.point_on_surface(own.to_numpy())).all(), (use, grade)


def test_surfaces_hold_the_scores_of_the_cells(graded_run: Path, graded_sample: GradeWork) -> None:
    grades = graded_sample.grades
    cells = grades.grid.cells
    places = list(zip(cells.geometry.x, cells.geometry.y, strict=True))
    with rasterio.open(graded_run / SURFACES / "因素作用分.tif") as file:
        assert list(file.descriptions) == grades.cells.table.columns.tolist()
        assert file.crs.to_epsg() == 4547
        assert set(file.nodatavals) == {-9999.0}
        assert file.res == (100.0, 100.0)
        factors = file.read(masked=True)
        assert (factors.count(axis=(1, 2)) == grades.cells.table.notna().sum().to_numpy()).all()
        columns, rows = (np.floor(place).astype(int) for place in ~file.transform @ np.array(places).T)
        found = factors[:, rows, columns]
        wanted = grades.cells.table.to_numpy(dtype=np.float32).T
        np.testing.assert_array_equal(found.filled(np.nan), wanted)
        some = np.array(list(file.sample(places[::9001])))
        np.testing.assert_array_equal(some, wanted.T[::9001])
    with rasterio.open(graded_run / SURFACES / "总分值.tif") as file:
        assert list(file.descriptions) == list(grades.uses)
        assert set(file.nodatavals) == {-9999.0}
        totals = file.read(masked=True)[:, rows, columns]
    for band, one in enumerate(grades.uses.values()):
        for at in range(0, len(cells), 9001):
            parts = [
                Decimal(repr(float(grades.cells.table.at[at, factor]))).quantize(CENT, ROUND_HALF_UP)
                * Decimal(f"{weight:.4f}")
                for factor, weight in one.use.weights.items()
            ]
            total = sum(parts, Decimal(0)).quantize(CENT, ROUND_HALF_UP)
            assert float(totals[band, at]) == pytest.approx(float(total), abs=1e-4)


def test_the_mean_of_a_surface_over_a_village_is_its_score(graded_run: Path, graded_sample: GradeWork) -> None:
    """From the files alone, as an analyst would check with zonal statistics."""
    villages = pyogrio.read_dataframe(graded_run / POLYGONS, layer=VILLAGE_LAYER).set_index("village_code")
    with rasterio.open(graded_run / SURFACES / "因素作用分.tif") as file:
        bands, names = file.read(masked=True), list(file.descriptions)
        columns, rows = np.meshgrid(np.arange(file.width), np.arange(file.height))
        xs, ys = file.transform @ (columns.ravel() + 0.5, rows.ravel() + 0.5)
    for code in villages.index[3::70]:
        shape = villages.geometry[code]
        shapely.prepare(shape)
        inside = shapely.contains_xy(shape, xs, ys).reshape(bands.shape[1:])
        for band, name in zip(bands, names, strict=True):
            mean = float(band[inside].astype(np.float64).mean())
            assert mean == pytest.approx(graded_sample.grades.scores.at[code, name], abs=0.00501), (code, name)


# --- the workbook


@pytest.fixture(scope="module")
def formulas(graded_run: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(graded_run / WORKBOOK)


def rows_of(book: openpyxl.Workbook, name: str) -> list[tuple[object, ...]]:
    """Rows of a sheet from its header on."""
    return list(book[name].iter_rows(values_only=True))[3:]


def test_sheets_and_headers_are_chinese(formulas: openpyxl.Workbook, graded_sample: GradeWork) -> None:
    uses = [f"得分 {use}" for use in graded_sample.grades.uses]
    rest = ["权重", "因素与半径", "样点检验", "因素与地价", "样点", "敏感性", "需要核对", "依据"]
    assert formulas.sheetnames == ["级别汇总", "级别范围", *uses, *rest]
    for sheet in formulas:
        head = [str(value) for row in sheet.iter_rows(max_row=3, values_only=True) for value in row if value]
        assert head[0] == f"禹州市集体建设用地定级　{sheet.title}"
        assert graded_sample.county.notice in head[1]
        assert "678 村" in head[2]
        for header in rows_of(formulas, sheet.title)[0]:
            assert re.fullmatch(r"[\u4e00-\u9fff（）/()㎡²km元%·\n]+", str(header)), (sheet.title, header)


def test_every_total_is_a_live_formula_that_gives_what_is_stored(
    formulas: openpyxl.Workbook, graded_run: Path, graded_sample: GradeWork
) -> None:
    stored = openpyxl.load_workbook(graded_run / WORKBOOK, data_only=True)
    term, checked = re.compile(r"([A-Z]+)(\d+)\*([\d.]+)"), 0
    for use, one in graded_sample.grades.uses.items():
        written, shown = rows_of(formulas, f"得分 {use}"), rows_of(stored, f"得分 {use}")
        header = list(written[0])
        at, code = header.index("总分值"), header.index("村代码")
        assert [row[code] for row in written[1:]] == graded_sample.grades.villages.index.tolist()
        for number, (row, values) in enumerate(zip(written[1:], shown[1:], strict=True), start=5):
            formula = str(row[at])
            terms = term.findall(formula)
            assert formula == f"=ROUND({'+'.join(f'{c}{r}*{w}' for c, r, w in terms)},2)"
            assert {int(r) for _, r, _ in terms} == {number}, "a row adds up its own cells"
            cells = [(row[column_index_from_string(c) - 1], w) for c, _, w in terms]
            exact = sum((Decimal(repr(cell)) * Decimal(w) for cell, w in cells), Decimal(0))
            total = exact.quantize(CENT, ROUND_HALF_UP)
            assert values[at] == float(total) == one.villages["score"].iloc[number - 5]
            floating = math.fsum(float(str(cell)) * float(w) for cell, w in cells)
            spreadsheet = Decimal(f"{floating:.15g}").quantize(CENT, ROUND_HALF_UP)  # as Excel rounds: 15 digits
            assert spreadsheet == total
            headed = {str(header[column_index_from_string(c) - 1]): float(w) for c, _, w in terms}
            assert headed == {str(name): weight for name, weight in one.use.weights.items()}
            assert values[header.index("级别")] == one.villages["grade"].iloc[number - 5]
            assert values[header.index("名次")] == one.villages["rank"].iloc[number - 5]
            checked += 1
    assert checked == 4 * 678


def test_other_sheets_are_their_tables(formulas: openpyxl.Workbook, graded_sample: GradeWork) -> None:
    grades = graded_sample.grades
    samples = rows_of(formulas, "样点")
    assert len(samples) - 1 == len(graded_sample.samples)
    header = list(samples[0])
    reasons = [row[header.index("未参与检验的原因")] or "" for row in samples[1:]]
    assert reasons == graded_sample.samples["left_out"].tolist()
    assert [row[0] for row in samples[1:]] == graded_sample.samples.index.tolist()
    summary = rows_of(formulas, "级别汇总")[1:]
    assert [row[:3] for row in summary] == [
        (use, name, int(one.villages["grade"].eq(name).sum()))
        for use, one in grades.uses.items()
        for name in one.use.names
    ]
    weights = rows_of(formulas, "权重")[1:]
    assert {(row[0], row[1]): row[2] for row in weights} == {
        (use, factor): weight for use, one in grades.uses.items() for factor, weight in one.use.weights.items()
    }
    radii = {(row[0], row[1], row[2]): row[5] for row in rows_of(formulas, "因素与半径")[1:]}
    assert radii[("道路通达度", "道路", "国道")] == 4000
    assert radii[("公用设施完备度", "医院", "县级")] == 12000
    county = float(grades.villages.geometry.area.sum())
    assert radii[("公用设施完备度", "医院", "乡镇级")] == round(math.sqrt(county / (math.pi * 28)), 1)
    stated = {row[0]: (row[1], row[6]) for row in rows_of(formulas, "依据")[1:]}
    assert stated["定级办法"] == ("禹州市集体建设用地定级办法（示例）", "否（未核对）")
    assert stated["网格边长"][0] == "100 m"


def test_findings_and_order_of_prices_reach_the_workbook(formulas: openpyxl.Workbook, graded_sample: GradeWork) -> None:
    listed = rows_of(formulas, "样点检验")
    header = [str(name).replace("\n", "") for name in listed[0]]
    assert header == ["用途", "级别", "样点数", "平均地价（元/㎡）", "中位地价（元/㎡）", "结论", "办法"]
    for row, own in zip(listed[1:], graded_sample.checks.itertuples(index=False), strict=True):
        assert row[:3] == (own.use, own.grade, own.samples)
        assert row[5] == own.verdict
        assert row[3] == (None if math.isnan(own.mean_price) else pytest.approx(own.mean_price, rel=1e-15))
    found = rows_of(formulas, "需要核对")
    assert len(found) - 1 == max(len(graded_sample.findings), 1)
    inverted = graded_sample.checks["verdict"].isin(["倒挂", "与上一级持平"])
    assert len(graded_sample.findings) == len(graded_sample.grades.findings) + int(inverted.sum()) > 0


# --- names that files and spreadsheets do not take


HOSTILE = [
    ("=1+1", VILLAGE_LAYER),
    ("[]:*?/\\", "A&G\nB"),
    ("长" * 28 + "甲", "长" * 28 + "乙"),
]
LONG_CELL = "字" * 40_000


@pytest.mark.parametrize("pair", HOSTILE)
def test_odd_names_stay_text_and_every_use_has_its_sheet_page_and_layer(tmp_path: Path, pair: tuple[str, str]) -> None:
    odd = dict(zip(USES, pair, strict=True))
    odd |= {
        "甲村": "=HYPERLINK(1)",
        "县医院": "@SUM(1)",
        "样例国道": "-1+1",
        "东镇": "+cmd|' /C calc'!A0",
        "乙村": LONG_CELL,
    }
    work = graded(write_county(tmp_path / "county", odd))
    run = handed_over(work, tmp_path / "out")
    assert list(work.grades.uses) == list(pair)
    book = openpyxl.load_workbook(run / WORKBOOK)
    names = book.sheetnames
    assert len({name.casefold() for name in names}) == len(names) == 12
    for name in names:
        assert len(name.encode("utf-16-le")) <= 62, "Excel counts UTF-16 units, and takes 31"
        assert not set(name) & set("[]:*?/\\\n")
        assert not name.startswith("'") and not name.endswith("'")  # noqa: PT018 - one condition of one program
        assert "&G" not in str(book[name].oddHeader.left.text), "a print header takes & for a code"
    formulas = {
        (sheet.title, str(cell.value)[:7]) for sheet in book for row in sheet for cell in row if cell.data_type == "f"
    }
    assert formulas == {(name, "=ROUND(") for name in names[2:4]}, "nothing but the totals is computed"
    texts = {str(cell.value) for sheet in book for row in sheet for cell in row if cell.data_type == "s"}
    assert {"=HYPERLINK(1)", "+cmd|' /C calc'!A0", pair[0]} <= texts
    layers = pyogrio.list_layers(run / POLYGONS)[:, 0].tolist()
    assert len(layers) == 3
    for use, layer in zip(pair, layers, strict=False):
        assert set(pyogrio.read_dataframe(run / POLYGONS, layer=layer)["use"]) == {use}
    assert pyogrio.read_info(run / POLYGONS, layer=layers[2])["features"] == 12
    assert len(list((run / MAPS).glob("级别图_*.html"))) == 2
    assert altered_files(run) == []


# --- villages that cannot be graded


def changed(folder: Path, change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]) -> Path:
    """A small county with changed villages."""
    write_county(folder)
    villages = change(gpd.read_file(folder / "villages.gpkg"))
    (folder / "villages.gpkg").unlink()
    villages.to_file(folder / "villages.gpkg", layer="villages")
    return folder


def with_value(column: str, value: object) -> Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]:
    """Set one cell of the second village."""

    def change(villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        villages.loc[1, column] = value
        return villages

    return change


X, Y = graded_county.corner(1)
BOW_TIE = Polygon([(X, Y), (X + SIDE, Y + SIDE), (X + SIDE, Y), (X, Y + SIDE)])


@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        (lambda villages: villages.drop(columns="乡镇代码"), MissingColumnError, "township_code（乡镇代码）"),
        (with_value("村", None), BadValueError, "名称或代码有空格，共 1 行：第 2 行 = '411081002002'"),
        (with_value("乡镇", None), BadValueError, "名称或代码有空格"),
        (with_value("村代码", None), BadValueError, "名称或代码有空格，共 1 行：第 2 行"),
        (with_value("村代码", "411081002001"), BadValueError, "村代码重复，共 2 行：第 1 行 = '411081002001'、第 2 行"),
        (with_value("geometry", None), BadValueError, "没有图形，或不是面，共 1 行：411081002002"),
        (with_value("geometry", shapely.Point(X, Y)), BadValueError, "没有图形，或不是面，共 1 行：411081002002"),
        (with_value("geometry", BOW_TIE), BadValueError, "图形自相交，共 1 行：411081002002"),
        (lambda villages: villages.to_crs(4490), LandMarketError, "以度为单位"),
    ],
)
def test_villages_that_cannot_be_graded_are_named(
    tmp_path: Path,
    change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame],
    kind: type[LandMarketError],
    said: str,
) -> None:
    county = read_county(changed(tmp_path, change))
    with pytest.raises(kind, match=re.escape(said)) as caught:
        do_grading(county, graded_county.quiet)
    assert "办法" in str(caught.value)


def test_a_shape_that_can_only_mean_one_area_is_repaired(tmp_path: Path) -> None:
    """A spike of no width: the outline goes out and comes back on the same line."""
    corners = [(X, Y), (X + SIDE, Y), (X + SIDE, Y + SIDE), (X + 900, Y + SIDE), (X + 900, Y + SIDE + 300)]
    spiked = Polygon([*corners, (X + 900, Y + SIDE), (X, Y + SIDE)])
    assert not spiked.is_valid
    villages = grading_villages(read_county(changed(tmp_path, with_value("geometry", spiked))))
    assert villages.geometry.is_valid.all()
    assert villages.geometry.area.tolist() == pytest.approx([SIDE**2] * 12)


# --- samples held against the grades


SAMPLES: list[tuple[object, ...]] = [
    ("成交", "出让", "商服", "2025-03-01", 300.5, "", 0, 500, 700),
    ("租金", "出租", "商服", "2025-03-01", "", 20, 0, 500, 700),
    ("无价", "挂牌报价", "商服", "2025-03-01", "", "", 0, 500, 700),
    ("零价", "出让", "商服", "2025-03-01", 0, "", 0, 500, 700),
    ("负价", "出让", "工业", "2025-03-01", -5, 20, 0, 500, 700),
    ("居住", "出让", "居住", "2025-03-01", 300, "", 0, 500, 700),
    ("无坐标", "出让", "工业", "2025-03-01", 300, "", None, 0, 0),
    ("县外", "出让", "工业", "2025-03-01", 300, "", 0, -50_000, 700),
    ("两村之间", "出让", "工业", "2025-03-01", 120, "", 0, SIDE, 700),
    ("四村之间", "出让", "工业", "2025-03-01", 130, "", 5, SIDE, SIDE),
    ("县界上", "出让", "工业", "2025-03-01", 140, "", 0, 0, 700),
    ("县外租金", "出租", "居住", "2025-03-01", "", 20, None, 0, 0),
]


def test_every_sample_is_kept_with_the_reason_why_it_does_not_count(tmp_path: Path) -> None:
    work = graded(write_county(tmp_path, samples=SAMPLES))
    found, grades = work.samples, work.grades
    assert found.index.tolist() == [str(row[0]) for row in SAMPLES]
    assert found["left_out"].to_dict() == {
        "成交": "",
        "租金": "租金，未还原为地价",
        "无价": "没有单价",
        "零价": "单价不是正数",
        "负价": "单价不是正数",
        "居住": "用途未定级",
        "无坐标": "没有坐标，或不在县内",
        "县外": "没有坐标，或不在县内",
        "两村之间": "",
        "四村之间": "",
        "县界上": "",
        "县外租金": "租金，未还原为地价",
    }
    codes = grades.villages.index
    assert found["village_code"].dropna().to_dict() == {
        **dict.fromkeys(("成交", "租金", "无价", "零价", "负价", "居住", "两村之间", "县界上"), codes[0]),
        "四村之间": codes[5],
    }
    assert found["price_use"].tolist() == [row[2] for row in SAMPLES]
    for name, row in found[found["left_out"].eq("")].iterrows():
        assert row["grade"] == grades.uses[row["price_use"]].villages.at[row["village_code"], "grade"], name
    pd.testing.assert_frame_equal(
        graded_samples(replace(grades, villages=grades.villages.rename_axis(None))), found, check_names=False
    )


def test_prices_are_compared_by_grade_and_ranked_against_the_factors(
    small: GradeWork, graded_sample: GradeWork
) -> None:
    for work in (small, graded_sample):
        samples, grades = work.samples, work.grades
        checks, ranks = check_samples(grades, samples)
        pd.testing.assert_frame_equal(checks, work.checks)
        counted = samples[samples["left_out"].eq("")]
        assert set(checks["use"]) == set(counted["price_use"])
        for use in set(checks["use"]):
            one, own = grades.uses[use], counted[counted["price_use"].eq(use)]
            table = checks[checks["use"].eq(use)].set_index("grade")
            assert table.index.tolist() == list(one.use.names)
            assert table["samples"].sum() == len(own)
            for grade, prices in own.groupby("grade")["unit_price"]:
                exact = sum(map(Fraction, prices)) / len(prices)
                assert table.at[grade, "mean_price"] == pytest.approx(float(exact), rel=1e-12)
            relied = table[table["samples"].ge(5)]
            for better, worse in pairwise(relied.index):
                falls = relied.at[worse, "mean_price"] < relied.at[better, "mean_price"]
                assert relied.at[worse, "verdict"] == ("合格" if falls else "倒挂")
            assert (table.loc[table["samples"].lt(5), "verdict"] == "样点不足").all()
            found = ranks[ranks["use"].eq(use)].set_index("factor")["rank_correlation"]
            assert found.index.tolist() == [*map(str, one.use.weights.index), "总分值"]
            for factor in one.use.weights.index:
                scores = grades.scores.loc[own["village_code"], factor]
                assert found[factor] == pytest.approx(scipy.stats.spearmanr(scores, own["unit_price"])[0])
            totals = one.villages.loc[own["village_code"], "score"]
            assert found["总分值"] == pytest.approx(scipy.stats.spearmanr(totals, own["unit_price"])[0])


def test_a_rule_without_samples_is_no_obstacle(tmp_path: Path) -> None:
    work = graded(write_county(tmp_path / "county", samples=None))
    assert (len(work.samples), len(work.checks), len(work.ranks)) == (0, 0, 0)
    run = handed_over(work, tmp_path / "out")
    book = openpyxl.load_workbook(run / WORKBOOK)
    assert all(rows_of(book, name)[1][0] == "（无）" for name in ("样点", "样点检验", "因素与地价"))
    assert "没有该用途的样点" in (run / MAPS / "级别图_商服.html").read_text(encoding="utf-8")
    no_deals = [row for row in SAMPLES if row[0] in ("租金", "居住")]
    few = graded(write_county(tmp_path / "few", samples=no_deals))
    assert (len(few.samples), len(few.checks), len(few.ranks)) == (2, 0, 0)


# --- whole or not at all


def test_a_failure_in_the_middle_leaves_the_former_run(
    small: GradeWork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = handed_over(small, tmp_path)

    def full(work: GradeWork, path: Path) -> None:
        path.write_bytes(b"half")
        raise OutputError(f"{path}：写不成")

    monkeypatch.setattr("landmarket.grade_products.write_grade_polygons", full)
    with pytest.raises(OutputError, match=POLYGONS):
        handed_over(small, tmp_path)
    assert read_latest(tmp_path) == former
    assert {path.name for path in tmp_path.iterdir()} == {former.name, LATEST}


def test_an_older_file_is_replaced_not_added_to(small: GradeWork, tmp_path: Path) -> None:
    for _ in range(2):
        write_grade_polygons(small, tmp_path / POLYGONS)
    assert pyogrio.read_info(tmp_path / POLYGONS, layer="商服")["features"] == 3
    write_grade_surfaces(small, tmp_path / "new" / SURFACES)
    assert len(list((tmp_path / "new" / SURFACES).iterdir())) == 2
    for write in (write_grade_polygons, write_grade_surfaces):
        with pytest.raises(OutputError, match="办法"):
            write(small, tmp_path / POLYGONS / "in a file")


KILLED = '''
import json, os, resource, signal, sys
from pathlib import Path
from landmarket.errors import OutputError
from landmarket.grade_products import POLYGONS, SURFACES, write_grade_polygons, write_grade_surfaces
from landmarket.io.manifest import altered_files
from landmarket.io.writing import read_latest
from tests.graded_county import graded, handed_over, write_county

home = Path(sys.argv[1])
out, work = home / "out", graded(write_county(home / "county"))

def counting(last=None):
    """Count the calls that touch a file; kill the process before the last one."""
    calls = [0]
    def event(name, _):
        if name in ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree", "fcntl.flock"):
            calls[0] += 1
            if calls[0] == last:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(event)
    return calls

def in_child(action):
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = action()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def killed(last):
    counting(last)
    handed_over(work, out)
    return 0

def counted():
    calls = counting()
    handed_over(work, out)
    (home / "calls").write_text(str(calls[0]))
    return 0

def limited(write, path, limit):
    """A file that may not grow further, as on a full disk: 0 if that was told, 3 if nothing was."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        write(work, path)
    except OutputError as error:
        return 0 if "办法" in str(error) else 2
    return 3

assert in_child(counted) == 0
calls, former = int((home / "calls").read_text()), read_latest(out)
ends = []
for last in (calls // 2, calls - 2, calls):
    ends.append(in_child(lambda: killed(last)))
    latest = read_latest(out)
    for path in out.iterdir():  # whatever has a final name is whole
        assert path.name.startswith(".") or path.name == "latest" or altered_files(path) == [], path
final = handed_over(work, out)
left = [path.name for path in out.iterdir() if path.name.startswith(".")]

told = []
for name, write in ((POLYGONS, write_grade_polygons), (SURFACES, write_grade_surfaces)):
    write(work, home / name)
    files = [home / name] if (home / name).is_file() else list((home / name).iterdir())
    whole = max(path.stat().st_size for path in files)
    told += [in_child(lambda: limited(write, home / f"limited {name}", int(whole * share)))
             for share in (0.1, 0.75, 0.97)]
    told.append(-in_child(lambda: limited(write, home / f"whole {name}", whole)))
print(json.dumps({"ends": ends, "left": left, "told": told, "latest": read_latest(out) == final}))
'''


def test_kill_and_full_disk_leave_no_half_run(tmp_path: Path) -> None:
    """Real children, killed before chosen calls that touch a file, and stopped by a limit on the size of a file."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KILLED, str(tmp_path)],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert set(found["ends"]) == {-9}
    assert len(found["ends"]) == 3
    assert found["left"] == []
    assert found["latest"] is True
    assert found["told"] == [0, 0, 0, -3] * 2, "told below the size of the file, silent at it"
