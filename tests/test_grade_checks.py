"""How grades hang on the rule, and how they agree with sample prices: counted again from the rule itself."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import (
    BadValueError,
    IndexMismatchError,
    MissingColumnError,
)
from landmarket.grade_products import GradeWork
from landmarket.pricing.grading import (
    BoundaryMethod,
    Grades,
    factor_price_ranks,
    grade_land,
    merge_small,
    price_order,
    printed_weights,
    read_grading_layers,
    read_grading_rule,
    sensitivity,
)
from landmarket.pricing.grading.sensitivity import RADIUS, WEIGHT, moved_weights
from tests.grading_cases import USE, WHOLE, changed, six_villages, write_layers
from tests.hunting import examples
from tests.test_grade_land import totals_by_hand

pytestmark = pytest.mark.filterwarnings("ignore::landmarket.errors.UnverifiedRuleWarning")

shares = st.lists(st.integers(1, 60), min_size=2, max_size=6)


@settings(max_examples=examples(60), deadline=None)
@given(shares, st.integers(0, 5), st.floats(-0.3, 0.3))
def test_moved_weights_keep_their_proportions(parts: list[int], place: int, move: float) -> None:
    names = [f"因素{number}" for number in range(len(parts))]
    weights = printed_weights(pd.Series([part / sum(parts) for part in parts], index=names))
    factor = names[place % len(names)]
    before = weights.copy()
    moved = moved_weights(weights, factor, move)
    pd.testing.assert_series_equal(weights, before)
    target = weights[factor] + move
    rest = weights.drop(factor) * (1 - target) / (1 - weights[factor])
    if not 0 < target < 1 or min(rest.min(), target) < 0.00005:
        assert moved is None
        return
    if moved is None:  # the smallest of them was rounded down to nothing
        assert min(rest.min(), target) < 0.0001
        return
    assert sum(round(weight * 10_000) for weight in moved) == 10_000
    assert moved[factor] == pytest.approx(target, abs=1.01e-4)
    np.testing.assert_allclose(moved.drop(factor), rest, atol=1.01e-4)


def test_one_weight_cannot_move() -> None:
    assert moved_weights(pd.Series({"甲": 1.0}), "甲", -0.1) is None


GIVEN = 'grades = 3\nboundaries = "given"\nscores = [40, 60]'
FOUR = changed(WHOLE, GIVEN, 'grades = 4\nboundaries = "natural_breaks"')


@pytest.fixture(scope="module")
def moves(tmp_path_factory: pytest.TempPathFactory) -> tuple[Grades, dict[str, object], pd.DataFrame]:
    """Six villages in four grades, and what small moves of the rule do to them."""
    folder = tmp_path_factory.mktemp("six")
    rule = read_grading_rule(write_layers(folder, FOUR + changed(USE, 'name = "商服"', 'name = "工业"')))
    layers = dict(read_grading_layers(rule, six_villages()))
    grades = grade_land(six_villages(), replace(rule, smallest=0.0), layers)
    return grades, layers, sensitivity(grades, layers, weight_step=0.15, radius_share=0.4)


def test_every_figure_is_moved_both_ways(moves: tuple[Grades, dict[str, object], pd.DataFrame]) -> None:
    grades, _, table = moves
    counted = ["changed", "changed_same_boundaries", "share"]
    assert list(table.columns) == ["use", "what", "factor", "change", *counted, "note"]
    expected = [
        (WEIGHT, factor, change) for factor in ("医疗", "道路", "保障", "坡度") for change in ("+0.15", "-0.15")
    ]
    expected += [(RADIUS, factor, change) for factor in ("医疗", "道路") for change in ("+40%", "-40%")]
    for use in ("商服", "工业"):
        own = table[table["use"].eq(use)]
        assert list(own[["what", "factor", "change"]].itertuples(index=False, name=None)) == expected
    gone = table[table["note"].str.contains("超出 0—1")]
    assert gone[["factor", "change"]].drop_duplicates().to_numpy().tolist() == [["坡度", "-0.15"]]
    assert gone["changed"].isna().all()
    known = table[table["changed"].notna()]
    np.testing.assert_allclose(known["share"].astype(float), known["changed"].astype(float) / len(grades.villages))


def test_counts_against_grading_by_a_changed_rule(moves: tuple[Grades, dict[str, object], pd.DataFrame]) -> None:
    grades, layers, table = moves
    weighted = table[table["what"].eq(WEIGHT) & table["changed"].notna()]
    assert weighted["changed"].max() > 0
    assert (weighted["changed"] != weighted["changed_same_boundaries"]).any()
    for row in weighted.itertuples():
        (old,) = [use for use in grades.rule.uses if use.name == row.use]
        step = float(row.change)
        rest = old.weights.drop(row.factor) * (1 - old.weights[row.factor] - step) / (1 - old.weights[row.factor])
        weights = printed_weights(rest.reindex(old.weights.index).fillna(old.weights[row.factor] + step))
        kept = replace(old, weights=weights, method=BoundaryMethod.GIVEN, boundaries=grades.uses[row.use].boundaries)
        counts = []
        for use in (replace(old, weights=weights), kept):
            again = grade_land(grades.villages, replace(grades.rule, uses=(use,)), layers).uses[row.use].villages
            counts.append((again["grade"] != grades.uses[row.use].villages["grade"]).sum())
        assert [row.changed, row.changed_same_boundaries] == counts, row
    widened = table[table["what"].eq(RADIUS)]
    assert (widened["changed"].max() > 0) or (widened["changed_same_boundaries"].max() > 0)
    for row in widened[widened["factor"].eq("医疗")].itertuples():
        stretch = 1 + float(row.change.rstrip("%")) / 100
        points, *others = grades.rule.factors
        area, counts = 24e6, {"县级": 1, "乡级": 3, "村级": 2}
        kinds = tuple(
            replace(
                kind,
                levels=tuple(
                    replace(one, radius=stretch * (one.radius or math.sqrt(area / (counts[one.name] * math.pi))))
                    for one in kind.levels
                ),
            )
            for kind in points.kinds
        )
        rule = replace(grades.rule, factors=(replace(points, kinds=kinds), *others))
        again = grade_land(grades.villages, rule, layers).uses[row.use].villages["grade"]
        assert row.changed == (again != grades.uses[row.use].villages["grade"]).sum()


def test_next_to_no_move_changes_next_to_nothing(moves: tuple[Grades, dict[str, object], pd.DataFrame]) -> None:
    grades, layers, _ = moves
    still = sensitivity(grades, layers, weight_step=1e-6, radius_share=1e-9)
    assert still["note"].eq("").all()
    assert still["changed"].eq(0).all()
    assert still["changed_same_boundaries"].eq(0).all()
    for step, share in ((0.0, 0.2), (1.0, 0.2), (0.1, 0.0), (0.1, 1.0), (math.nan, 0.2)):
        with pytest.raises(BadValueError, match="敏感性"):
            sensitivity(grades, layers, weight_step=step, radius_share=share)


def test_the_sample_moves_as_graded_anew(graded_sample: GradeWork) -> None:
    moves, grades = graded_sample.moves, graded_sample.grades
    uses = {use.name: use for use in graded_sample.rule.uses}
    reaching = {"商服繁华影响度", "道路通达度", "对外交通便利度", "公用设施完备度", "产业集聚度"}
    assert len(moves) == sum(2 * len(use.weights) + 2 * len(reaching & set(use.weights.index)) for use in uses.values())
    own = moves["use"].eq("宅基地") & moves["factor"].eq("公用设施完备度") & moves["change"].eq("+0.05")
    weights = uses["宅基地"].weights
    rest = {name: weight * 0.70 / 0.75 for name, weight in weights.items()} | {"公用设施完备度": 0.30}
    totals = totals_by_hand(grades.scores[list(weights.index)], printed_weights(pd.Series(rest)))
    by_score = pd.Series(["I", "II", "III"], index=[2, 1, 0])[[(total >= 30) + (total >= 50) for total in totals]]
    size = grades.villages.geometry.area
    again = merge_small(by_score.set_axis(grades.scores.index), size, grades.neighbours, grades.rule.smallest)
    changed = int((again != grades.uses["宅基地"].villages["grade"]).sum())
    assert moves.loc[own, ["changed", "changed_same_boundaries"]].to_numpy().tolist() == [[changed, changed]]


def priced(**prices: list[float]) -> pd.DataFrame:
    rows = [(grade, price) for grade, own in prices.items() for price in own]
    return pd.DataFrame(rows, columns=["grade", "unit_price"], index=[f"S{number}" for number in range(len(rows))])


@pytest.mark.parametrize(
    ("prices", "least", "verdicts"),
    [
        ({"I": [900, 800], "II": [500, 600], "III": [300, 310]}, 2, ["合格", "合格", "合格"]),
        ({"I": [900, 800], "II": [500, 600], "III": [700, 310, 800]}, 2, ["合格", "合格", "倒挂"]),
        ({"I": [500, 600], "II": [900, 800], "III": [300, 310]}, 2, ["合格", "倒挂", "合格"]),
        ({"I": [500, 600], "II": [600, 500], "III": [300, 310]}, 2, ["合格", "与上一级持平", "合格"]),
        # the same three prices in another order differ in the last digit of their mean
        ({"I": [0.1, 0.2, 0.3], "II": [0.3, 0.2, 0.1], "III": [0.05] * 3}, 3, ["合格", "与上一级持平", "合格"]),
        ({"I": [500, 600], "II": [550.01, 550.01], "III": [300, 310]}, 2, ["合格", "倒挂", "合格"]),
        # with too few in between, the third is held against the first
        ({"I": [500, 600], "II": [900], "III": [560, 560]}, 2, ["合格", "样点不足", "倒挂"]),
        ({"I": [500, 600], "III": [300, 300]}, 2, ["合格", "样点不足", "合格"]),
        ({"I": [500, 600], "II": [300, 310], "III": [200, 210]}, 5, ["样点不足"] * 3),
    ],
)
def test_mean_prices_fall_from_the_best_grade(prices: dict[str, list[float]], least: int, verdicts: list[str]) -> None:
    samples = priced(**prices)
    before = samples.copy()
    table = price_order(samples, ["I", "II", "III"], least=least)
    pd.testing.assert_frame_equal(samples, before)
    assert table["grade"].tolist() == ["I", "II", "III"]
    assert table["verdict"].tolist() == verdicts
    assert table["samples"].tolist() == [len(prices.get(name, [])) for name in table["grade"]]
    for row in table.itertuples():
        own = prices.get(row.grade, [])
        assert math.isnan(row.mean_price) if not own else row.mean_price == pytest.approx(math.fsum(own) / len(own))
        assert bool(row.cure) == (row.verdict != "合格")


def test_where_to_look_first() -> None:
    table = price_order(priced(I=[500, 900, 400], II=[800, 1000, 700]), ["I", "II"], least=2)
    # the lowest of I, the highest of II
    assert "S2、S0" in table["cure"].iloc[1]
    assert "S4、S3" in table["cure"].iloc[1]


@pytest.mark.parametrize("price", [0.0, -5.0, math.nan, math.inf])
def test_prices_that_are_none(price: float) -> None:
    with pytest.raises(BadValueError, match="S0"):
        price_order(priced(I=[price, 500.0]), ["I"])


def test_samples_that_cannot_be_checked() -> None:
    with pytest.raises(BadValueError, match=r"S0.*'V'"):
        price_order(priced(V=[500.0]), ["I", "II"])
    with pytest.raises(BadValueError, match="最少样点数 0"):
        price_order(priced(I=[500.0]), ["I", "II"], least=0)
    with pytest.raises(MissingColumnError, match="unit_price"):
        price_order(priced(I=[500.0]).drop(columns="unit_price"), ["I"])


@settings(max_examples=examples(40), deadline=None)
@given(st.data())
def test_rank_correlations_against_scipy(data: st.DataObject) -> None:
    count = data.draw(st.integers(3, 12))
    index = [f"S{number}" for number in range(count)]

    def drawn(cell: st.SearchStrategy[float]) -> pd.Series:
        return pd.Series(data.draw(st.lists(cell, min_size=count, max_size=count)), index=index)

    cell = st.one_of(st.integers(0, 5).map(float), st.floats(0, 100), st.just(math.nan))
    scores, prices = pd.DataFrame({"甲": drawn(cell), "乙": drawn(cell)}), drawn(st.integers(100, 110).map(float))
    found = factor_price_ranks(scores, prices)
    assert found.index.tolist() == ["甲", "乙"]
    for name in scores:
        both = scores[name].notna()
        if scores[name][both].nunique() < 2 or prices[both].nunique() < 2:
            assert math.isnan(found[name])
        else:
            expected = scipy.stats.spearmanr(scores[name][both], prices[both]).statistic
            assert found[name] == pytest.approx(expected, abs=1e-12)
    with pytest.raises(IndexMismatchError):
        factor_price_ranks(scores, prices.iloc[::-1])
