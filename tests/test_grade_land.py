"""Grading a county as a whole: every step redone by plain counting, and nothing hangs on the order of rows."""

from __future__ import annotations

import math
import warnings
from collections import Counter, deque
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from landmarket.county import sample_county
from landmarket.errors import (
    BadValueError,
    PriceTableWarning,
    UnverifiedRuleWarning,
)
from landmarket.grade_products import GradeWork
from landmarket.pricing import PriceTable
from landmarket.pricing.grading import (
    Grades,
    UnitKind,
    grade_land,
    read_grading_layers,
    read_grading_rule,
    use_polygons,
)
from landmarket.pricing.notice_reading import read_price_table
from tests.grading_cases import WHOLE, changed, six_villages, write_layers
from tests.helpers import assert_same_index

pytestmark = pytest.mark.filterwarnings("ignore::landmarket.errors.UnverifiedRuleWarning")

TOWNSHIPS = ("颍川街道", "夏都街道", "韩城街道", "钧台街道", "褚河街道", "朱阁镇")
CELL, AREAS = 250.0, 25


@pytest.fixture(scope="module")
def part(graded_sample: GradeWork) -> dict[UnitKind, Grades]:
    """The middle of the sample county, graded in the three ways."""
    villages = graded_sample.grades.villages
    middle = villages[villages["township"].isin(TOWNSHIPS)]
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnverifiedRuleWarning)
        for unit in UnitKind:
            rule = replace(graded_sample.rule, cell=CELL, unit=unit, area_count=AREAS)
            found[unit] = grade_land(middle, rule, graded_sample.layers)
    return found


def half_up(value: float | Fraction, places: str = "0.01") -> Decimal:
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(Decimal(places), ROUND_HALF_UP)


def totals_by_hand(scores: pd.DataFrame, weights: pd.Series) -> list[Decimal]:
    exact = {name: Fraction(round(weight * 10_000), 10_000) for name, weight in weights.items()}
    return [
        half_up(sum(weight * Fraction(Decimal(repr(row[name]))) for name, weight in exact.items()))
        for row in scores.to_dict("records")
    ]


def test_scores_of_villages_are_means_of_their_cells(sample_grades: Grades) -> None:
    cells = sample_grades.cells.table
    rows = dict(zip(sample_grades.villages.index, range(len(sample_grades.villages)), strict=True))
    assert_same_index(sample_grades.scores, sample_grades.villages)
    for name in cells.columns:
        own: list[list[float]] = [[] for _ in rows]
        for code, score in zip(sample_grades.grid.cells["unit"], cells[name], strict=True):
            own[rows[code]].append(score)
        means = np.array([math.fsum(scores) / len(scores) for scores in own])
        near_tie = np.abs(means * 100 % 1 - 0.5) < 1e-6
        printed = np.array([float(half_up(float(mean))) for mean in means])
        np.testing.assert_array_equal(sample_grades.scores[name][~near_tie], printed[~near_tie])


def test_totals_ranks_and_grades_by_hand(sample_grades: Grades) -> None:
    for use, one in sample_grades.uses.items():
        table = one.villages
        assert_same_index(table, sample_grades.villages)
        totals = totals_by_hand(sample_grades.scores[list(one.use.weights.index)], one.use.weights)
        assert [Decimal(f"{score:.2f}") for score in table["score"]] == totals, use
        order = sorted(totals, reverse=True)
        assert table["rank"].tolist() == [order.index(total) + 1 for total in totals]
        cuts = [Decimal(f"{cut:.2f}") for cut in one.boundaries]
        by_score = [one.use.names[sum(cut > total for cut in cuts)] for total in totals]
        assert table["grade_by_score"].tolist() == by_score
        assert table["unit_score"].equals(table["score"])
        assert table["grade_share"].eq(1).all()
        assert set(table["grade"]) == set(one.use.names)
    counts = sample_grades.counts()
    assert counts.sum(axis=1).tolist() == [678] * 4
    assert counts.loc["宅基地", "IV"] == 0
    assert "678 村" in repr(sample_grades)
    assert "I 级" in repr(sample_grades.uses["商服"])
    assert sample_grades._repr_html_().count("<tr") == 1 + 4


def patches(grades: pd.Series, edges: dict[int, list[int]]) -> list[set[int]]:
    """Connected groups of villages of one grade, by walking."""
    values, left, found = grades.tolist(), set(range(len(grades))), []
    while left:
        start = min(left)
        seen, waiting = {start}, deque([start])
        while waiting:
            here = waiting.popleft()
            for other in edges.get(here, []):
                if other not in seen and values[other] == values[start]:
                    seen.add(other)
                    waiting.append(other)
        left -= seen
        found.append(seen)
    return found


def test_no_small_patch_is_left_in_the_sample(sample_grades: Grades) -> None:
    edges: dict[int, list[int]] = {}
    for a, b in zip(sample_grades.neighbours.first.tolist(), sample_grades.neighbours.second.tolist(), strict=True):
        edges.setdefault(a, []).append(b)
        edges.setdefault(b, []).append(a)
    shapes = sample_grades.villages.geometry.to_numpy()
    for at in range(0, len(shapes), 40):
        border = shapely.length(shapely.intersection(shapes[at], shapes))
        assert set(np.flatnonzero(border > 8).tolist()) - {at} <= set(edges[at])
    size = shapely.area(shapes)
    for one in sample_grades.uses.values():
        for patch in patches(one.villages["grade"], edges):
            around = {other for at in patch for other in edges[at]} - patch
            assert size[list(patch)].sum() >= sample_grades.rule.smallest or not around


def test_every_way_of_grading_gives_one_grade_a_village(part: dict[UnitKind, Grades]) -> None:
    for unit, grades in part.items():
        assert len(grades.villages) > 100
        for one in grades.uses.values():
            table = one.villages
            assert_same_index(table, grades.villages)
            assert table["grade"].isin(one.use.names).all()
            assert len(one.boundaries) == one.use.count - 1
            assert table.notna().all(axis=None)
            assert (table["area_number"] > 0).all() == (unit is UnitKind.AREA)


def test_cells_vote_on_the_grade_of_a_village(part: dict[UnitKind, Grades]) -> None:
    grades = part[UnitKind.CELL]
    for use, one in grades.uses.items():
        assert_same_index(one.cells, grades.grid.cells)
        votes: dict[str, Counter[str]] = {code: Counter() for code in grades.villages.index}
        for code, grade in zip(grades.grid.cells["unit"], one.cells, strict=True):
            votes[code][grade] += 1
        for code, row in one.villages.iterrows():
            most = max(votes[code].values())
            assert row["grade"] == next(name for name in one.use.names if votes[code][name] == most)
            assert row["grade_share"] == pytest.approx(most / votes[code].total())
        drawn = use_polygons(grades, use)
        count = {name: number * CELL**2 for name, number in Counter(one.cells).items()}
        assert dict(zip(drawn["grade"], drawn["area"], strict=True)) == pytest.approx(count)
        assert set(drawn["use"]) == {use}


def test_cells_are_graded_by_their_totals(part: dict[UnitKind, Grades]) -> None:
    grades = part[UnitKind.CELL]
    for one in grades.uses.values():
        rows = grades.cells.table[list(one.use.weights.index)].head(300)
        totals = totals_by_hand(rows.map(lambda score: float(half_up(score))), one.use.weights)
        cuts = [Decimal(f"{cut:.2f}") for cut in one.boundaries]
        by_score = np.array([one.use.names[sum(cut > total for cut in cuts)] for total in totals])
        assert (by_score == one.cells.head(300).to_numpy()).mean() > 0.9  # the rest are small patches that were joined


def test_areas_share_one_score(part: dict[UnitKind, Grades]) -> None:
    grades = part[UnitKind.AREA]
    size = grades.villages.geometry.area
    for use, one in grades.uses.items():
        table = one.villages
        assert table["area_number"].nunique() == AREAS
        for number, own in table.groupby("area_number"):
            mean = np.average(own["score"], weights=size[own.index])
            assert own["unit_score"].nunique() == own["grade_by_score"].nunique() == 1
            assert own["unit_score"].iloc[0] == pytest.approx(mean, abs=0.00501), number
            whole = shapely.union_all(grades.villages.geometry[own.index].buffer(0.5, quad_segs=1).to_numpy())
            assert whole.geom_type == "Polygon"
        drawn = use_polygons(grades, use).set_index("grade")
        for name in drawn.index:
            assert drawn.loc[name, "area"] == pytest.approx(size[table["grade"].eq(name)].sum())


def test_grading_twice_and_in_any_order_gives_the_same(graded_sample: GradeWork, part: dict[UnitKind, Grades]) -> None:
    layers = dict(graded_sample.layers)
    for name in ("设施", "道路", "村情"):
        layers[name] = layers[name].sample(frac=1, random_state=6)
    for unit, grades in part.items():
        index = grades.villages.index
        mixed = grade_land(grades.villages.sample(frac=1, random_state=5), grades.rule, layers)
        pd.testing.assert_frame_equal(mixed.scores.loc[index], grades.scores)
        for use, one in grades.uses.items():
            other = mixed.uses[use]
            assert other.boundaries == one.boundaries, (unit, use)
            again = other.villages.loc[index]
            pd.testing.assert_frame_equal(
                again.drop(columns="area_number"), one.villages.drop(columns="area_number"), check_exact=True
            )
            numbers = set(zip(again["area_number"], one.villages["area_number"], strict=True))
            assert len(numbers) == one.villages["area_number"].nunique()


def test_ranges_are_what_a_price_table_takes(sample_grades: Grades) -> None:
    ranges = sample_grades.ranges()
    assert list(ranges.columns) == ["township", "use", "grade", "village"]
    assert len(ranges) == 4 * 678
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PriceTableWarning)  # the sample's notice has defects on purpose
        notice = read_price_table(sample_county() / "price_notice.xlsx")
    assert list(ranges.columns) == list(notice.grade_ranges.columns)
    graded = replace(notice, grade_ranges=ranges)
    assert isinstance(graded, PriceTable)
    assert graded.grade_ranges.equals(ranges)
    first = sample_grades.villages.iloc[0]
    own = ranges[ranges["township"].eq(first["township"]) & ranges["village"].eq(first["village"])]
    assert own["grade"].tolist() == [one.villages["grade"].iloc[0] for one in sample_grades.uses.values()]


def small(folder: Path, text: str = WHOLE) -> Grades:
    rule = read_grading_rule(write_layers(folder, text))
    return grade_land(six_villages(), rule, read_grading_layers(rule, six_villages()))


def test_a_rule_that_nobody_checked_warns(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        small(tmp_path)
    with pytest.warns(UnverifiedRuleWarning, match="样例办法（样例文号）"):
        small(tmp_path, changed(WHOLE, "verified = true", "verified = false"))


def test_what_goes_in_is_not_changed(tmp_path: Path) -> None:
    rule = read_grading_rule(write_layers(tmp_path))
    villages = six_villages()
    layers = read_grading_layers(rule, villages)
    kept = layers["设施"].copy()
    grades = grade_land(villages, rule, layers)
    assert_geodataframe_equal(villages, six_villages())
    assert_geodataframe_equal(layers["设施"], kept)
    assert list(layers) == list(rule.layers)
    with pytest.raises(BadValueError, match=r"没有用途 住宅.*商服"):
        use_polygons(grades, "住宅")


def test_a_grade_that_no_village_has_is_found(tmp_path: Path) -> None:
    grades = small(tmp_path, changed(WHOLE, "scores = [40, 60]", "scores = [2, 99]"))
    (row,) = grades.findings[grades.findings["severity"].eq("错误")].itertuples()
    assert (row.where, row.value) == ("用途 商服", "I、III")
    assert grades.counts().loc["商服"].tolist() == [0, 6, 0]


def test_moved_villages_are_found(tmp_path: Path) -> None:
    grades = small(tmp_path, changed(WHOLE, "smallest_km2 = 1.5", "smallest_km2 = 23"))
    one = grades.uses["商服"]
    moved = one.villages["grade"].ne(one.villages["grade_by_score"])
    assert one.villages["grade"].nunique() == 1
    assert moved.any()
    row = grades.findings[grades.findings["message"].str.contains("小图斑归并")].iloc[0]
    assert row["value"].startswith(f"共 {moved.sum()} 行")
    assert all(code in row["value"] for code in one.villages.index[moved])


def test_uses_that_cannot_be_cut_are_named(tmp_path: Path) -> None:
    given = 'grades = 3\nboundaries = "given"\nscores = [40, 60]'
    with pytest.raises(BadValueError, match="用途 商服：6 个单元有 6 种总分值，不能划成 7 级"):
        small(tmp_path, changed(WHOLE, given, 'grades = 7\nboundaries = "gaps"'))
    with pytest.raises(BadValueError, match="6 个单元不能分成 9 个区片"):
        small(tmp_path, changed(WHOLE, 'unit = "village"', 'unit = "area"\narea_count = 9'))
