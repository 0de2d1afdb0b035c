"""Weights as printed, total scores, boundaries between grades: exact arithmetic and brute force over all choices."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, MissingColumnError
from landmarket.pricing.grading import (
    BoundaryMethod,
    assign_grade,
    grade_boundaries,
    printed_weights,
    total_scores,
)
from landmarket.pricing.grading.grades import GRADE_NAMES
from tests.helpers import assert_same_index
from tests.hunting import examples

shares = st.lists(st.integers(1, 1000), min_size=2, max_size=9)
hundredths = st.integers(0, 10_000)
"""A score of two decimals, as an integer."""


def series(values: list[float]) -> pd.Series:
    return pd.Series(values, index=[f"因素{number}" for number in range(len(values), 0, -1)])


@settings(max_examples=examples(50), deadline=None)
@given(shares)
def test_printed_weights_sum_to_one(parts: list[int]) -> None:
    exact = [Fraction(part, sum(parts)) for part in parts]
    assume(min(exact) >= Fraction(1, 10_000))
    weights = series([float(each) for each in exact])
    printed = printed_weights(weights)
    assert_same_index(printed, weights)
    units = [round(each * 10_000) for each in printed]
    assert units == [each * 10_000 for each in printed] or printed.tolist() == [each / 10_000 for each in units]
    assert sum(units) == 10_000
    # the largest remainder: floors, and one more for the largest remainders, the first of equal ones
    rests = [each * 10_000 - math.floor(each * 10_000) for each in exact]
    for one, two in combinations(range(len(parts)), 2):
        more = [unit - math.floor(each * 10_000) for unit, each in zip(units, exact, strict=True)]
        assert set(more) <= {0, 1}
        if abs(rests[one] - rests[two]) < Fraction(1, 10**6):
            assert rests[one] != rests[two] or more[one] >= more[two]
        else:
            assert more[one] == more[two] or (more[one] > more[two]) == (rests[one] > rests[two])


def test_printed_weights_of_equal_factors_go_by_their_order() -> None:
    assert printed_weights(series([1 / 3] * 3)).tolist() == [0.3334, 0.3333, 0.3333]
    assert printed_weights(series([1 / 7] * 7)).tolist() == [0.1429] * 4 + [0.1428] * 3
    assert printed_weights(series([1.0])).tolist() == [1.0]


@pytest.mark.parametrize("wrong", [[2.0, 2.0], [1.5, -0.5], [0.5, math.nan], [0.5, 0.4], [], [1.0, 0.0]])
def test_what_cannot_be_weights(wrong: list[float]) -> None:
    with pytest.raises(BadValueError, match=r"权重|因素|格子"):
        printed_weights(series(wrong))
    with pytest.raises(BadValueError, match=r"权重|因素|格子"):
        total_scores(pd.DataFrame([[1.0] * len(wrong)], columns=series(wrong).index), series(wrong))


def test_a_weight_that_rounds_to_nothing_is_named() -> None:
    with pytest.raises(BadValueError, match="万分之一：微小"):
        printed_weights(pd.Series({"甲": 0.99999, "微小": 0.00001}))


def half_up(value: Fraction) -> Fraction:
    """To two decimals, half-up, in whole numbers."""
    return Fraction(math.floor(value * 100 + Fraction(1, 2)), 100)


@settings(max_examples=examples(50), deadline=None)
@given(st.data())
def test_totals_in_exact_arithmetic(data: st.DataObject) -> None:
    parts = data.draw(st.lists(st.integers(1, 100), min_size=1, max_size=6))
    weights = printed_weights(series([part / sum(parts) for part in parts]))
    ties = st.integers(0, 99_999).map(lambda n: n / 1000)
    cell = st.one_of(hundredths.map(lambda n: n / 100), st.floats(0, 100), ties)
    rows = data.draw(st.lists(st.tuples(*[cell] * len(parts)), min_size=1, max_size=5))
    table = pd.DataFrame(rows, columns=weights.index, index=range(len(rows), 0, -1)).assign(别的="不算")
    before = table.copy()
    totals = total_scores(table, weights)
    assert_same_index(totals, table)
    pd.testing.assert_frame_equal(table, before)
    for row, total in zip(rows, totals, strict=True):
        printed = [Fraction(Decimal(repr(score)).quantize(Decimal("0.01"), ROUND_HALF_UP)) for score in row]
        exact = sum(
            Fraction(round(weight * 10_000), 10_000) * score for weight, score in zip(weights, printed, strict=True)
        )
        assert total == float(half_up(exact))
        assert 0 <= total <= 100


def test_totals_refuse_what_is_no_score() -> None:
    weights = pd.Series({"甲": 0.25, "乙": 0.75})
    table = pd.DataFrame({"甲": [50.0, math.nan], "乙": [100.0, 1.0]}, index=["一", "二"])
    assert total_scores(table, weights).tolist()[:1] == [87.5]
    assert math.isnan(total_scores(table, weights)["二"])
    for wrong in (100.01, -0.01, math.inf):
        with pytest.raises(BadValueError, match="一 = "):
            total_scores(table.assign(甲=[wrong, 1.0]), weights)
    with pytest.raises(MissingColumnError, match="乙"):
        total_scores(table[["甲"]], weights)
    with pytest.raises(BadValueError, match="多于四位小数"):
        total_scores(table, pd.Series({"甲": 0.33335, "乙": 0.66665}))


def even(*ranges: tuple[float, float]) -> np.ndarray:
    """Scores spread evenly over some ranges, a hundred in each."""
    return np.concatenate([np.round(np.linspace(low, high, 100), 2) for low, high in ranges])


def test_valleys_of_a_histogram_that_is_known() -> None:
    scores = even((10, 20), (40, 50), (80, 90))
    low, high = grade_boundaries(scores, 3, "valleys")
    # the middle of the empty ranges
    assert low == pytest.approx(30, abs=0.5)
    assert high == pytest.approx(65, abs=0.5)
    assert len(grade_boundaries(scores, 2, "valleys")) == 1


def test_the_bottom_of_a_valley() -> None:
    # as many units at each score as it is away from 50: falls to the bottom at 50 and rises again
    scores = np.repeat(np.arange(20.0, 81.0), np.abs(np.arange(-30, 31)) + 5)
    assert grade_boundaries(scores, 2, "valleys")[0] == pytest.approx(50, abs=0.5)


def test_valleys_count_area_where_it_is_given() -> None:
    scores, size = even((20, 80)), np.ones(100)
    size[(scores > 49) & (scores < 52)] = 0.01
    assert grade_boundaries(scores, 2, "valleys", weights=size)[0] == pytest.approx(50.5, abs=1)


def test_one_peak_has_no_valley() -> None:
    scores = np.repeat(np.arange(20.0, 81.0), 35 - np.abs(np.arange(-30, 31)))
    with pytest.raises(BadValueError, match="总分频率曲线法只找到 0 个分界"):
        grade_boundaries(scores, 2, "valleys")


def test_no_grade_is_too_small() -> None:
    scores = np.append(even((10, 20), (40, 50)), [99.0])
    # the widest gap would leave one of 201 units alone
    assert grade_boundaries(scores, 2, "gaps") == (30.0,)
    assert grade_boundaries(scores, 2, "gaps", least_share=0.0) == (74.5,)
    weights = np.append(np.ones(200), 10.0)
    assert grade_boundaries(scores, 2, "gaps", weights=weights) == (74.5,)


def gaps_by_hand(scores: list[int], count: int, least: Fraction) -> list[int] | None:
    """Take the widest gaps in turn, lower ones first, whenever no grade gets too small; in hundredths."""
    axis = sorted(set(scores))
    gaps = sorted(pairwise(axis), key=lambda gap: (gap[0] - gap[1], gap[0]))
    cuts: list[int] = []
    for low, high in gaps:
        tried = sorted([*cuts, (low + high + 1) // 2])
        held = [sum(a <= score < b for score in scores) for a, b in pairwise([-1, *tried, 10_001])]
        if len(cuts) < count - 1 and all(own > 0 and own >= least * len(scores) for own in held):
            cuts = tried
    return cuts if len(cuts) == count - 1 else None


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(hundredths, min_size=2, max_size=14), st.integers(2, 5), st.sampled_from([0, 2, 10, 15]))
def test_gaps_by_brute_force(scores: list[int], count: int, percent: int) -> None:
    assume(len(set(scores)) >= count)
    expected = gaps_by_hand(scores, count, Fraction(percent, 100))
    values = np.array(scores) / 100
    if expected is None:
        with pytest.raises(BadValueError, match="总分数轴法只找到"):
            grade_boundaries(values, count, "gaps", least_share=percent / 100)
        return
    found = grade_boundaries(values, count, "gaps", least_share=percent / 100)
    assert found == tuple(cut / 100 for cut in expected)


def within(groups: list[list[int]]) -> Fraction:
    """Sum of squares inside the classes."""
    total = Fraction(0)
    for group in groups:
        mean = Fraction(sum(group), len(group))
        total += sum((score - mean) ** 2 for score in group)
    return total


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.one_of(hundredths, st.integers(0, 12)), min_size=3, max_size=9), st.integers(2, 4))
def test_natural_breaks_against_all_partitions(scores: list[int], count: int) -> None:
    axis = sorted(set(scores))
    assume(len(axis) >= count)
    found = grade_boundaries(np.array(scores) / 100, count, "natural_breaks")
    cuts = [round(cut * 100) for cut in found]
    assert list(found) == [cut / 100 for cut in cuts]

    def classes(ends: list[int]) -> list[list[int]]:
        return [[score for score in scores if a <= score < b] for a, b in pairwise([-1, *ends, 10_001])]

    best = min(within(classes(list(ends))) for ends in combinations(axis[1:], count - 1))
    assert all(classes(cuts))
    assert within(classes(cuts)) == best


def test_natural_breaks_of_many_scores_take_evenly_spaced_ones() -> None:
    rng = np.random.default_rng(3)
    scores = np.round(np.concatenate([rng.normal(m, 1.5, 4000) for m in (20, 50, 80)]), 2)
    low, high = grade_boundaries(scores, 3, "natural_breaks")
    assert 26 < low < 44
    assert 56 < high < 74
    with pytest.raises(BadValueError, match="自然断点法只找到"):
        grade_boundaries(np.r_[np.full(9000, 1.0), 1.5, np.full(9000, 2.0)], 3, "natural_breaks")


methods = st.sampled_from([BoundaryMethod.VALLEYS, BoundaryMethod.GAPS, BoundaryMethod.NATURAL_BREAKS])


@settings(max_examples=examples(50), deadline=None)
@given(st.lists(hundredths, min_size=2, max_size=40), st.integers(2, 5), methods)
def test_every_unit_has_exactly_one_grade(scores: list[int], count: int, method: BoundaryMethod) -> None:
    values = pd.Series(scores, index=range(len(scores), 0, -1)) / 100
    try:
        cuts = grade_boundaries(values, count, method, least_share=0.0)
    except BadValueError:
        return
    assert len(cuts) == count - 1
    assert list(cuts) == sorted(set(cuts))
    grades = assign_grade(values, cuts)
    assert_same_index(grades, values)
    ranges = list(pairwise([-math.inf, *cuts, math.inf]))
    for score, grade in zip(values, grades, strict=True):
        inside = [name for name, (low, high) in zip(GRADE_NAMES, reversed(ranges), strict=False) if low <= score < high]
        assert inside == [grade]
    assert set(grades) == set(GRADE_NAMES[:count])
    ranks = grades.map({name: rank for rank, name in enumerate(GRADE_NAMES)})
    assert ranks[values.sort_values().index].is_monotonic_decreasing
    # neither the order of the units nor doubling them changes a boundary
    assert grade_boundaries(values.to_numpy()[::-1], count, method, least_share=0.0) == cuts


def test_a_score_on_a_boundary_is_above_it() -> None:
    scores = pd.Series([60.99, 61.0, 26.0, 25.99, 100.0, 0.0])
    assert assign_grade(scores, [26.0, 61.0]).tolist() == ["II", "I", "II", "III", "I", "III"]
    assert assign_grade(scores, [26.0], ["好", "差"]).tolist() == ["好", "好", "好", "差", "好", "差"]


def test_scores_at_the_end_of_the_axis() -> None:
    scores = pd.Series([99.99, 100.0])
    assert assign_grade(scores, grade_boundaries(scores, 2, "gaps")).tolist() == ["II", "I"]
    scores = pd.Series([0.0, 0.01])
    assert assign_grade(scores, grade_boundaries(scores, 2, "gaps")).tolist() == ["II", "I"]


SOME = np.array([10.0, 20.0, 50.0, 51.0])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: grade_boundaries(np.full(9, 40.0), 2), "所有单元同分"),
        (lambda: grade_boundaries(SOME, 5), "4 种总分值，不能划成 5 级"),
        (lambda: grade_boundaries(SOME, 1), "级数应为 2—10"),
        (lambda: grade_boundaries(np.arange(30.0), 11), "级数应为 2—10"),
        (lambda: grade_boundaries(np.array([]), 2), "0 个单元"),
        (lambda: grade_boundaries(np.array([10.0, math.nan]), 2), "总分值缺失"),
        (lambda: grade_boundaries(np.array([10.0, math.inf]), 2), "不在 0—100"),
        (lambda: grade_boundaries(np.array([10.0, 100.5]), 2), "不在 0—100"),
        (lambda: grade_boundaries(SOME, 2, "given"), "规则给定"),
        (lambda: grade_boundaries(SOME, 2, "gaps", weights=np.ones(3)), "单元面积 3 个"),
        (lambda: grade_boundaries(SOME, 2, "gaps", weights=np.array([1, 1, math.nan, 1])), "面积缺失"),
        (lambda: grade_boundaries(SOME, 2, "gaps", weights=np.array([1, 1, -1.0, 1])), "为负"),
        (lambda: grade_boundaries(SOME, 2, "gaps", weights=np.zeros(4)), "单元面积"),
        (lambda: grade_boundaries(SOME, 2, "gaps", least_share=0.5), "最小占比"),
        (lambda: grade_boundaries(SOME, 2, "gaps", least_share=-0.1), "最小占比"),
        (lambda: grade_boundaries(SOME, 2, "valleys", smoothing=0.0), "平滑"),
        (lambda: grade_boundaries(SOME, 2, "valleys", smoothing=math.nan), "平滑"),
        (lambda: grade_boundaries(np.array([1.001, 1.002, 1.003]), 3, "natural_breaks"), "自然断点法只找到"),
        (lambda: grade_boundaries(np.array([1.001, 1.002, 1.003]), 3, "gaps"), "总分数轴法只找到"),
        (lambda: assign_grade(pd.Series(SOME), [50.0, 20.0]), "由小到大"),
        (lambda: assign_grade(pd.Series(SOME), [20.0, 20.0]), "由小到大"),
        (lambda: assign_grade(pd.Series(SOME), [0.0]), "0—100"),
        (lambda: assign_grade(pd.Series(SOME), [100.5]), "0—100"),
        (lambda: assign_grade(pd.Series(SOME), [math.nan]), "0—100"),
        (lambda: assign_grade(pd.Series(SOME), [20.0], ["好"]), "级别名称"),
        (lambda: assign_grade(pd.Series(SOME), [20.0], ["好", "好"]), "级别名称"),
        (lambda: assign_grade(pd.Series([10.0, math.nan], index=["一", "二"]), [20.0]), "二"),
    ],
)
def test_what_cannot_be_graded_is_refused(call: Callable[[], object], said: str) -> None:
    with pytest.raises(BadValueError, match=said):
        call()
