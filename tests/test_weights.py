"""Weights against Saaty's printed examples, closed forms, and the same sums by hand in fractions."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError
from landmarket.pricing.weights import (
    ahp_weights,
    consistency,
    delphi_rounds,
    delphi_weights,
    geometric_mean_weights,
    pairwise_weights,
    require_weights,
)
from landmarket.pricing.weights.judgements import random_indices, ratio_limit
from tests.helpers import assert_same_index
from tests.hunting import examples

SAATY = Path(__file__).parent / "data" / "saaty"
SCALE = [Fraction(1, k) for k in range(9, 1, -1)] + [Fraction(k) for k in range(1, 10)]

# λmax, CI and CR as printed (sources in the files): decimals as printed, CI not printed for the drinks.
PRINTED = {
    "drinks": (None, None, "0.022"),
    "wealth": ("7.61", "0.10", "0.08"),
    "house": ("9.669", "0.238", "0.169"),
}


def printed(name: str) -> tuple[pd.DataFrame, pd.Series]:
    """Judgements as text and the printed weights of one of Saaty's examples."""
    path = SAATY / f"{name}.csv"
    assert path.read_text(encoding="utf-8-sig").startswith("# source: Saaty")
    table = pd.read_csv(path, comment="#", index_col=0, dtype=str, encoding="utf-8-sig")
    return table.drop(columns="printed"), table["printed"].astype(float)


def as_printed(value: float, text: str) -> bool:
    return f"{value:.{len(text.partition('.')[2])}f}" == text


def reciprocal(n: int, upper: list[Fraction]) -> pd.DataFrame:
    """Judgement matrix from its upper triangle, row by row."""
    cells = [[Fraction(1)] * n for _ in range(n)]
    for (i, j), value in zip(combinations(range(n), 2), upper, strict=True):
        cells[i][j], cells[j][i] = value, 1 / value
    labels = [f"因素{k}" for k in range(n)]
    return pd.DataFrame(cells, index=labels, columns=labels, dtype=object)


def from_weights(weights: list[Fraction]) -> pd.DataFrame:
    """The consistent matrix of these weights, exact."""
    n = len(weights)
    return reciprocal(n, [weights[i] / weights[j] for i, j in combinations(range(n), 2)])


def by_powers(rows: list[list[float]]) -> tuple[float, list[float]]:
    """Largest eigenvalue and its vector by repeated multiplication, in plain loops."""
    vector = [1.0] * len(rows)
    largest = 0.0
    for _ in range(400):
        product = [sum(a * v for a, v in zip(row, vector, strict=True)) for row in rows]
        largest = sum(product) / sum(vector)
        vector = [p / sum(product) for p in product]
    return largest, vector


# --- Saaty's printed examples


@pytest.mark.parametrize("name", PRINTED)
def test_printed_weights_and_consistency(name: str) -> None:
    matrix, weights = printed(name)
    found = consistency(matrix)
    assert_same_index(found.weights, matrix)
    assert found.weights.round(3).tolist() == weights.tolist()
    values = (found.lambda_max, found.consistency_index, found.consistency_ratio)
    for value, text in zip(values, PRINTED[name], strict=True):
        assert text is None or as_printed(value, text)


@pytest.mark.parametrize("name", ["drinks", "wealth"])
def test_consistent_examples_give_their_weights(name: str) -> None:
    matrix, weights = printed(name)
    before = matrix.copy()
    assert ahp_weights(matrix).round(3).tolist() == weights.tolist()
    assert ahp_weights(matrix).sum() == pytest.approx(1, abs=1e-15)
    pd.testing.assert_frame_equal(matrix, before)


@pytest.mark.parametrize("weigh", [ahp_weights, geometric_mean_weights])
def test_buying_a_house_is_refused_by_name(weigh: Callable[..., object]) -> None:
    # Saaty 2003 (EJOR 145, table 3) names neighborhood against condition, judged 6, as the judgement furthest off.
    with pytest.raises(BadValueError) as refusal:
        weigh(printed("house")[0])
    text = str(refusal.value)
    assert "CR = 0.1691，应小于 0.1" in text
    assert "行 Neighborhood 列 Condition 现为 6，其余判断推得 1/2.18，改成它则 CR = 0.082" in text
    assert text.count("现为") == 3
    assert text.index("Neighborhood 列 Condition") < text.index("Size 列 Condition") < text.index("Size 列 Neighbor")


def test_buying_a_house_put_right() -> None:
    # Saaty 2003 (from memory): 6 becomes 1/2, then .175 .062 .103 .019 .034 .041 .221 .345.
    matrix, _ = printed("house")
    matrix.loc["Neighborhood", "Condition"], matrix.loc["Condition", "Neighborhood"] = "1/2", "2"
    expected = [0.175, 0.062, 0.103, 0.019, 0.034, 0.041, 0.221, 0.345]
    assert ahp_weights(matrix).round(3).tolist() == expected


def test_three_by_three_of_the_house() -> None:
    # Saaty 1990, table 3, transportation: λmax 3.247, CR 0.213; closed form with k = 7 · (1/8) / (1/5) = 35/8.
    found = consistency([[1, 7, "1/5"], ["1/7", 1, "1/8"], [5, 8, 1]])
    assert as_printed(found.lambda_max, "3.247")
    assert as_printed(found.consistency_ratio, "0.213")
    assert found.lambda_max == pytest.approx(1 + (35 / 8) ** (1 / 3) + (8 / 35) ** (1 / 3), abs=1e-12)


def test_random_indices_are_saatys() -> None:
    values = [0, 0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59]
    assert random_indices() == dict(enumerate(values, start=1))
    assert ratio_limit().number == Decimal("0.1")
    assert not ratio_limit().verified
    assert consistency(printed("wealth")[0]).random_index == 1.32


# --- closed forms and brute force


def test_one_and_two_factors_are_always_consistent() -> None:
    one, two = consistency([[1]]), consistency([[1, 9], ["1/9", 1]])
    assert one.weights.tolist() == [1]
    assert (one.lambda_max, one.consistency_index, one.consistency_ratio, len(one.worst)) == (1, 0, 0, 0)
    assert two.weights.tolist() == pytest.approx([0.9, 0.1], abs=1e-15)
    assert (two.lambda_max, two.consistency_index, two.consistency_ratio) == (2, 0, 0)
    assert two.worst[["value", "consistent_value", "consistency_ratio_if_changed"]].to_numpy().tolist() == [
        pytest.approx([9, 9, 0])
    ]
    assert geometric_mean_weights([[1]]).tolist() == [1]


def test_fifteen_factors_are_the_most() -> None:
    assert ahp_weights(np.ones((15, 15))).tolist() == pytest.approx([1 / 15] * 15, abs=1e-15)
    with pytest.raises(BadValueError, match="16 个因素，随机一致性指标表只到 15 阶"):
        ahp_weights(np.ones((16, 16)))


pairs_of = {n: n * (n - 1) // 2 for n in range(3, 8)}
upper_triangles = st.sampled_from(list(pairs_of)).flatmap(
    lambda n: st.tuples(st.just(n), st.lists(st.sampled_from(SCALE), min_size=pairs_of[n], max_size=pairs_of[n]))
)
exact_weights = st.lists(st.fractions(Fraction(1, 50), 1, max_denominator=50), min_size=1, max_size=9)


@settings(max_examples=examples(60))
@given(exact_weights)
def test_a_matrix_built_from_weights_gives_them_back(weights: list[Fraction]) -> None:
    matrix = from_weights(weights)
    expected = [float(weight / sum(weights)) for weight in weights]
    found = consistency(matrix)
    assert found.weights.tolist() == pytest.approx(expected, rel=1e-12)
    assert found.lambda_max == pytest.approx(len(weights), abs=1e-12)
    assert found.consistency_ratio == pytest.approx(0, abs=1e-12)
    assert found.lambda_max >= len(weights)  # as it must be; rounding takes neither below
    assert found.consistency_ratio >= 0
    assert (found.worst["consistency_ratio_if_changed"] >= 0).all()
    assert ahp_weights(matrix).tolist() == found.weights.tolist()
    assert geometric_mean_weights(matrix).tolist() == pytest.approx(expected, rel=1e-12)
    for row in found.worst.itertuples():
        assert row.consistent_value == pytest.approx(row.value, rel=1e-9)


@settings(max_examples=examples(60))
@given(st.lists(st.sampled_from(SCALE), min_size=3, max_size=3))
def test_three_factors_in_closed_form(upper: list[Fraction]) -> None:
    first, second, third = upper  # a12, a13, a23
    ratio = float(first * third / second)
    found = consistency(reciprocal(3, upper))
    assert found.lambda_max == pytest.approx(1 + ratio ** (1 / 3) + ratio ** (-1 / 3), rel=1e-12)
    # With three factors the eigenvector is the geometric means of the rows, and two judgements imply the third.
    means = [float(first * second) ** (1 / 3), float(third / first) ** (1 / 3), float(1 / (second * third)) ** (1 / 3)]
    assert found.weights.tolist() == pytest.approx([mean / sum(means) for mean in means], rel=1e-12)
    implied = {(0, 1): second / third, (0, 2): first * third, (1, 2): second / first}
    labels = list(found.weights.index)
    for row in found.worst.itertuples():
        assert row.consistent_value == pytest.approx(float(implied[labels.index(row.row), labels.index(row.column)]))
        assert row.consistency_ratio_if_changed == pytest.approx(0, abs=1e-12)


@settings(max_examples=examples(60))
@given(st.lists(st.sampled_from(SCALE), min_size=2, max_size=2), st.floats(0.7, 1.4))
def test_both_methods_agree_up_to_three_factors(pair: list[Fraction], off: float) -> None:
    matrix = reciprocal(3, [pair[0], pair[0] * pair[1] * Fraction(off), pair[1]])
    assert geometric_mean_weights(matrix).tolist() == pytest.approx(ahp_weights(matrix).tolist(), rel=1e-12)


@settings(max_examples=examples(25), deadline=None)
@given(upper_triangles)
def test_eigenvector_by_repeated_multiplication(case: tuple[int, list[Fraction]]) -> None:
    n, upper = case
    matrix = reciprocal(n, upper)
    rows = [[float(value) for value in row] for row in matrix.to_numpy().tolist()]
    found = consistency(matrix)
    largest, vector = by_powers(rows)
    assert found.lambda_max == pytest.approx(largest, rel=1e-9)
    assert found.weights.tolist() == pytest.approx(vector, rel=1e-8)
    assert found.weights.sum() == pytest.approx(1, abs=1e-14)
    assert (found.weights > 0).all()
    assert found.consistency_index == pytest.approx((largest - n) / (n - 1), abs=1e-9)
    assert found.consistency_ratio == pytest.approx(found.consistency_index / random_indices()[n])


@settings(max_examples=examples(25), deadline=None)
@given(upper_triangles, st.data())
def test_each_change_named_does_what_it_says(case: tuple[int, list[Fraction]], data: st.DataObject) -> None:
    n, upper = case
    matrix = reciprocal(n, upper)
    found = consistency(matrix)
    ratios = found.worst["consistency_ratio_if_changed"].tolist()
    assert len(ratios) == n * (n - 1) // 2
    assert ratios == pytest.approx(sorted(ratios), abs=1e-11)
    row = found.worst.iloc[data.draw(st.integers(0, len(ratios) - 1))]
    assert row["value"] == pytest.approx(float(matrix.loc[row["row"], row["column"]]))
    changed = matrix.copy()
    changed.loc[row["row"], row["column"]] = row["consistent_value"]
    changed.loc[row["column"], row["row"]] = 1 / row["consistent_value"]
    again = consistency(changed)
    assert again.consistency_ratio == pytest.approx(row["consistency_ratio_if_changed"], abs=1e-9)
    # Implied by the others: the weights that result stand in just that ratio.
    assert again.weights[row["row"]] / again.weights[row["column"]] == pytest.approx(row["consistent_value"], rel=1e-8)
    # By hand: the pair left out, the diagonal of both raised by one.
    rows = [[float(value) for value in line] for line in matrix.to_numpy().tolist()]
    i, j = list(matrix.index).index(row["row"]), list(matrix.index).index(row["column"])
    rows[i][j] = rows[j][i] = 0.0
    rows[i][i] = rows[j][j] = 2.0
    _, vector = by_powers(rows)
    assert row["consistent_value"] == pytest.approx(vector[i] / vector[j], rel=1e-6)


@settings(max_examples=examples(40))
@given(upper_triangles, st.randoms(use_true_random=False))
def test_the_order_of_factors_does_not_matter(case: tuple[int, list[Fraction]], random: object) -> None:
    matrix = reciprocal(*case)
    order = list(matrix.index)
    random.shuffle(order)
    found, again = consistency(matrix), consistency(matrix.loc[order, order])
    assert list(again.weights.index) == order
    assert again.weights[matrix.index].tolist() == pytest.approx(found.weights.tolist(), rel=1e-10)
    assert again.consistency_ratio == pytest.approx(found.consistency_ratio, abs=1e-11)
    left, right = (table["consistency_ratio_if_changed"].tolist() for table in (found.worst, again.worst))
    assert left == pytest.approx(right, abs=1e-9)


def test_just_below_the_limit_passes_and_just_above_is_refused() -> None:
    # n = 3: CR = 0.1 where λmax = 3.116, that is k^(1/3) + k^(-1/3) = 2.116.
    root = (2.116 + math.sqrt(2.116**2 - 4)) / 2
    below, above = ([[1, 1, 1], [1, 1, k], [1, 1 / k, 1]] for k in (root**3 * 0.999, root**3 * 1.001))
    assert consistency(below).consistency_ratio < 0.1 < consistency(above).consistency_ratio
    assert ahp_weights(below).sum() == pytest.approx(1)
    with pytest.raises(BadValueError, match="不一致"):
        ahp_weights(above)


# --- cells


def test_ways_to_write_a_judgement() -> None:
    expected = consistency([[1, 3, 5], [1 / 3, 1, 2], [1 / 5, 1 / 2, 1]]).weights.tolist()
    typed = [
        [1, "3", Decimal(5)],
        [Fraction(1, 3), 1.0, "２"],
        [" 1 / 5 ", "0.5", np.int64(1)],
    ]
    assert ahp_weights(typed).tolist() == expected
    assert list(ahp_weights(typed).index) == [0, 1, 2]
    rounded = [[1, 3, 5], [0.3333, 1, 2], [0.2, 0.5, 1]]
    assert ahp_weights(rounded).tolist() == pytest.approx(expected, abs=1e-15)  # 3 counts, not 0.3333
    assert ahp_weights(np.array(rounded).T).tolist() == ahp_weights([[1, "1/3", 0.2], [3, 1, 0.5], [5, 2, 1]]).tolist()


@pytest.mark.parametrize("nearly", [(7, 0.143), (6, 0.167), (9, 0.111), (3, 0.333), (8, 0.125), (1.002, 1.002)])
def test_three_typed_decimals_are_reciprocal_enough(nearly: tuple[float, float]) -> None:
    weights = ahp_weights([[1, nearly[0]], [nearly[1], 1]])
    assert weights[0] / weights[1] == pytest.approx(nearly[0], rel=1e-12)


@pytest.mark.parametrize("apart", [(3, "1/4"), (6, 0.17), (2, 2), (3, 3)])
def test_judgements_that_are_not_reciprocal_are_named(apart: tuple[object, object]) -> None:
    labels = ["区位", "交通"]
    with pytest.raises(BadValueError, match=r"不互为倒数.*共 1 行：区位—交通：.*办法"):
        ahp_weights(pd.DataFrame([[1, apart[0]], [apart[1], 1]], index=labels, columns=labels, dtype=object))


UNREADABLE = [
    "=1/3",
    "1/0",
    "1/0.5",
    "2**3",
    "__import__('os')",
    "三",
    "-3",
    "1e3",
    "3倍",
    "1/3/2",
    "1 3",
    "③",
    "½",
    True,
]


@pytest.mark.parametrize("cell", [*UNREADABLE, datetime(2024, 1, 3), 10**400, Decimal("sNaN"), 1j])
@pytest.mark.parametrize("weigh", [ahp_weights, geometric_mean_weights, consistency, pairwise_weights])
def test_unreadable_cells_are_named_and_never_evaluated(weigh: Callable[..., object], cell: object) -> None:
    labels = ["区位", "交通"]
    matrix = pd.DataFrame([[1, cell], [3, 1]], index=labels, columns=labels, dtype=object)
    with pytest.raises(BadValueError, match=r"共 1 行：行 区位 列 交通 = .*分数文字.*Excel"):
        weigh(matrix)


@pytest.mark.parametrize("blank", [None, math.nan, "", "  ", pd.NA, pd.NaT, Decimal("NaN")])
@pytest.mark.parametrize("weigh", [ahp_weights, geometric_mean_weights, consistency])
def test_blank_judgements_are_not_filled_in(weigh: Callable[..., object], blank: object) -> None:
    labels = ["区位", "交通"]
    matrix = pd.DataFrame([[1, 3], [blank, 1]], index=labels, columns=labels, dtype=object)
    with pytest.raises(BadValueError, match="共 1 行：行 交通 列 区位 = '缺'。办法：两个方向都要填"):
        weigh(matrix)


@pytest.mark.parametrize("weigh", [ahp_weights, geometric_mean_weights, consistency])
@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        ([[1, 2, 3], [0.5, 1, 2]], "2 行 3 列"),
        ([], "二维"),
        ([[1, 2], [0.5]], "长短不一"),
        (np.ones(4), "二维"),
        (np.ones((0, 0)), "0 行 0 列"),
        ([[1, 0], [0, 1]], "共 2 行：行 0 列 1 = 0.0、行 1 列 0 = 0.0。办法：判断值应为正数"),
        (np.array([[1, -2], [-0.5, 1]]), "行 0 列 1 = -2.0"),
        (np.array([[1, np.inf], [1e-300, 1]]), "行 0 列 1 = inf"),
        (np.array([[1, 1e200], [1e200, 1]]), "不互为倒数"),
        ([[2, 3], ["1/3", 1]], "共 1 行：行 0 列 0 = 2.0。办法：因素与自己比较为 1"),
        ([[1, 3], ["1/3", 0.999]], "行 1 列 1 = 0.999"),
        (pd.DataFrame([[1, 2], [0.5, 1]], index=["甲", "乙"], columns=["甲", "丙"]), "共 2 行：乙、丙"),
        (pd.DataFrame([[1, 2], [0.5, 1]], index=["甲", "乙"], columns=["乙", "甲"]), "次序不同"),
        (pd.DataFrame([[1, 2], [0.5, 1]], index=["甲", "甲"], columns=["甲", "甲"]), "行名重复或空白，共 1 行：甲"),
        (pd.DataFrame([[1, 2], [0.5, 1]], columns=["甲", "乙"]), "设为索引"),
    ],
)
def test_what_is_no_judgement_matrix_is_refused(weigh: Callable[..., object], matrix: object, said: str) -> None:
    with pytest.raises(BadValueError, match="办法") as refusal:
        weigh(matrix)
    assert said in str(refusal.value)


# --- Delphi

FIRST = pd.DataFrame({"繁华": [50, 40, 45], "交通": [30, 35, 25], "环境": [20, 25, 30]}, index=["甲", "乙", "丙"])
SECOND = pd.DataFrame(
    {"环境": ["24", "26", "25"], "繁华": ["48", "45", "45"], "交通": ["28", "29", "30"]}, index=["丙", "甲", "乙"]
)


def test_delphi_weights_by_hand() -> None:
    # Sums 135, 90, 75 of 300.
    weights = delphi_weights(FIRST)
    assert list(weights.index) == list(FIRST.columns)
    assert weights.tolist() == pytest.approx([135 / 300, 90 / 300, 75 / 300], abs=1e-15)
    assert delphi_weights(FIRST[["交通"]]).tolist() == [1]


def test_delphi_rounds_by_hand_in_fractions() -> None:
    kept = FIRST.copy()
    table = delphi_rounds([FIRST, SECOND])
    pd.testing.assert_frame_equal(FIRST, kept)
    assert table.index.names == ["round", "factor"]
    assert table.index.tolist() == [(k, factor) for k in (1, 2) for factor in FIRST.columns]
    before: dict[str, Fraction] = {}
    for number, scores in enumerate((FIRST, SECOND), start=1):
        exact = {factor: [Fraction(str(score)) for score in scores[factor]] for factor in FIRST.columns}
        means = {factor: sum(values) / len(values) for factor, values in exact.items()}
        for factor, values in exact.items():
            variance = sum((value - means[factor]) ** 2 for value in values) / (len(values) - 1)
            weight = means[factor] / sum(means.values())
            row = table.loc[(number, factor)]
            assert row["mean"] == pytest.approx(float(means[factor]), rel=1e-14)
            assert row["variance"] == pytest.approx(float(variance), rel=1e-12)
            assert row["variation"] == pytest.approx(math.sqrt(variance) / means[factor], rel=1e-12)
            assert row["weight"] == pytest.approx(float(weight), rel=1e-14)
            if number == 1:
                assert math.isnan(row["weight_change"])
            else:
                assert row["weight_change"] == pytest.approx(float(weight - before[factor]), abs=1e-15)
            before[factor] = weight
    assert table.loc[(1, "繁华"), "variance"] == 25  # scores 50, 40, 45: (25 + 25 + 0) / 2


def test_the_last_round_weighs_as_one_round_does() -> None:
    table = delphi_rounds([FIRST, SECOND])
    assert table.loc[2, "weight"].to_dict() == pytest.approx(delphi_weights(SECOND).to_dict())
    assert len(delphi_rounds([FIRST])) == 3


@settings(max_examples=examples(40))
@given(st.integers(2, 6), st.integers(1, 5), st.data())
def test_delphi_weights_are_shares_of_all_points(experts: int, factors: int, data: st.DataObject) -> None:
    points = data.draw(
        st.lists(st.lists(st.integers(1, 100), min_size=factors, max_size=factors), min_size=experts, max_size=experts)
    )
    weights = delphi_weights(pd.DataFrame(points))
    total = sum(map(sum, points))
    assert weights.tolist() == pytest.approx([float(Fraction(sum(c), total)) for c in zip(*points, strict=True)])
    if factors > 1:
        require_weights(weights)


def spoilt(row: str, column: str, value: object) -> pd.DataFrame:
    table = FIRST.astype(object)
    table.loc[row, column] = value
    return table


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        (spoilt("乙", "交通", None), "行 乙 列 交通 = '缺'。办法：缺的分数请专家补打"),
        (spoilt("乙", "交通", ""), "行 乙 列 交通 = '缺'"),
        (spoilt("乙", "交通", 0), "行 乙 列 交通 = 0.0。办法：分数应为正数"),
        (spoilt("乙", "交通", -5), "行 乙 列 交通 = -5.0"),
        (spoilt("乙", "交通", math.inf), "行 乙 列 交通 = inf"),
        (spoilt("乙", "交通", "约30"), "行 乙 列 交通 = '约30'"),
        (FIRST.iloc[:1], "1 位专家"),
        (FIRST.iloc[:0], "0 位专家"),
        (FIRST[[]], "0 个因素"),
        (FIRST.set_axis(["甲", "乙", "甲"]), "行名重复或空白，共 1 行：甲"),
        (FIRST.set_axis(["交通", "交通", "环境"], axis=1), "列名重复或空白，共 1 行：交通"),
    ],
)
def test_scores_that_cannot_be_used_are_named(scores: pd.DataFrame, said: str) -> None:
    with pytest.raises(BadValueError, match=r"^delphi_weights.*办法") as refusal:
        delphi_weights(scores)
    assert said in str(refusal.value)
    with pytest.raises(BadValueError, match=r"^delphi_rounds 第 2 轮.*办法"):
        delphi_rounds([FIRST, scores])


@pytest.mark.parametrize(
    ("rounds", "said"),
    [
        ([], "没有打分"),
        ([FIRST, FIRST.rename(index={"丙": "丁"})], "第 2 轮与第 1 轮的专家不一致，共 2 行：丁、丙"),
        ([FIRST, FIRST.drop(index="丙")], "第 2 轮与第 1 轮的专家不一致，共 1 行：丙"),
        ([FIRST, SECOND, FIRST.drop(columns="环境")], "第 3 轮与第 1 轮的因素不一致，共 1 行：环境"),
    ],
)
def test_rounds_of_other_experts_or_factors_are_refused(rounds: list[pd.DataFrame], said: str) -> None:
    with pytest.raises(BadValueError, match="办法") as refusal:
        delphi_rounds(rounds)
    assert said in str(refusal.value)


# --- pairwise comparison

FACTORS = ["繁华", "交通", "设施", "环境"]


def compared(rows: list[list[object]]) -> pd.DataFrame:
    names = FACTORS[: len(rows)]
    return pd.DataFrame(rows, index=names, columns=names, dtype=object)


def test_pairwise_weights_by_hand() -> None:
    # Sums 3, 3/2, 1, 1/2 of six points.
    matrix = compared([["", 1, 1, 1], [0, 0, "0.5", 1], [0, "1/2", None, 0.5], [0, 0, 0.5, math.nan]])
    kept = matrix.copy()
    expected = [Fraction(3, 6), Fraction(3, 12), Fraction(1, 6), Fraction(1, 12)]
    weights = pairwise_weights(matrix)
    assert_same_index(weights, matrix)
    pd.testing.assert_frame_equal(matrix, kept)
    assert weights.tolist() == pytest.approx([float(weight) for weight in expected], abs=1e-15)
    assert pairwise_weights([[0, 0.5], [0.5, 0]]).tolist() == [0.5, 0.5]


@settings(max_examples=examples(60))
@given(st.lists(st.integers(1, 4), min_size=2, max_size=7), st.randoms(use_true_random=False))
def test_pairwise_weights_of_any_order_with_ties(levels: list[int], random: object) -> None:
    # The two least factors are as important as each other, so that none gets 0.
    levels = [*levels, min(levels)]
    n = len(levels)
    rows = [
        [math.nan if j == k else 1.0 if a > b else 0.5 if a == b else 0.0 for k, b in enumerate(levels)]
        for j, a in enumerate(levels)
    ]
    sums = [sum(Fraction(d) for k, d in enumerate(row) if k != j) for j, row in enumerate(rows)]
    assert sum(sums) == Fraction(n * (n - 1), 2)
    names = [f"因素{k}" for k in range(n)]
    table = pd.DataFrame(rows, index=names, columns=names)
    weights = pairwise_weights(table)
    assert weights.tolist() == pytest.approx([float(s / sum(sums)) for s in sums])
    require_weights(weights, rank=[names[k] for k in sorted(range(n), key=lambda k: -levels[k])])
    order = list(names)
    random.shuffle(order)
    assert pairwise_weights(table.loc[order, order])[names].tolist() == pytest.approx(weights.tolist(), abs=1e-15)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([["", 1, 1], [0, "", 1], [0, 0, ""]], "权重为 0，共 1 行：设施"),
        ([["", 1], [0, ""]], "权重为 0，共 1 行：交通"),
        (
            [["", 1, 0.5], [0, "", 0.5], [1, 0.5, ""]],
            "共 2 行：行 繁华 列 设施 = 0.5、行 设施 列 繁华 = 1.0。办法：两个方向之和应为 1",
        ),
        ([["", 0], [0, ""]], "共 2 行：行 繁华 列 交通 = 0.0、行 交通 列 繁华 = 0.0。办法：两个方向之和应为 1"),
        ([["", 1, ""], [0, "", 0.5], [1, 0.5, ""]], "共 1 行：行 繁华 列 设施 = '缺'"),
        ([["", 0.7], [0.3, ""]], "共 2 行：行 繁华 列 交通 = 0.7、行 交通 列 繁华 = 0.3"),
        ([["", 2], [-1.0, ""]], "行 繁华 列 交通 = 2.0"),
        ([[0.5, 1, 1], [0, 0.5, 0.5], [0, 0.5, 0.5]], "共 3 行：行 繁华 列 繁华 = 0.5"),
        ([[1, 0.5], [0.5, 1]], "对角线不参加比较"),
        ([["", 1, 0], [0, "", 1], [1, 0, ""]], "繁华 重于 交通、交通 重于 设施，而 繁华 不重于 设施"),
        ([["", 1, 0.5], [0, "", 1], [0.5, 0, ""]], "繁华 重于 交通、交通 重于 设施，而 繁华 不重于 设施"),
        ([[""]], "只有一个因素"),
    ],
)
def test_comparisons_that_give_no_weights_are_refused(rows: list[list[object]], said: str) -> None:
    with pytest.raises(BadValueError, match=r"^pairwise_weights.*办法") as refusal:
        pairwise_weights(compared(rows))
    assert said in str(refusal.value)


# --- any weights


def test_weights_that_are_weights_come_back() -> None:
    weights = pd.Series([0.5, 0.3, 0.2], index=["繁华", "交通", "环境"], name="w")
    kept = weights.copy()
    checked = require_weights(weights)
    pd.testing.assert_series_equal(checked, weights)
    assert checked is not weights
    assert require_weights(weights, rank=["繁华", "交通", "环境"]).tolist() == [0.5, 0.3, 0.2]
    assert require_weights(pd.Series([0.4, 0.4, 0.2], index=list("abc")), rank=["b", "a", "c"]).sum() == 1
    assert require_weights(pd.Series([1.0])).tolist() == [1]
    assert require_weights(pd.Series([0.5, 0.5 + 9e-10])).tolist() == [0.5, 0.5 + 9e-10]
    pd.testing.assert_series_equal(weights, kept)


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        (pd.Series({"a": 0.5, "b": 0.4}), "权重之和为 0.9，应为 1"),
        (pd.Series({"a": 0.5, "b": 0.5 + 2e-9}), "权重之和为 1.000000002，应为 1"),
        (pd.Series({"a": 1.0, "b": 0.0}), "共 2 行：行 a 列 权重 = 1.0、行 b 列 权重 = 0.0"),
        (pd.Series({"a": 1.2, "b": -0.2}), "共 2 行"),
        (pd.Series({"a": 60, "b": 40}), "百分数先除以 100"),
        (pd.Series({"a": 0.9}), "行 a 列 权重 = 0.9"),
        (pd.Series({"a": 0.5, "b": math.nan}), "行 b 列 权重 = '缺'"),
        (pd.Series({"a": 0.5, "b": math.inf}), "行 b 列 权重 = inf"),
        (pd.Series({"a": 0.5, "b": "50%"}, dtype=object), "行 b 列 权重 = '50%'"),
        (pd.Series([0.5, 0.5], index=["a", "a"]), "行名重复或空白，共 1 行：a"),
        (pd.Series([], dtype=float), "没有因素"),
    ],
)
def test_what_cannot_be_weights_is_refused(weights: pd.Series, said: str) -> None:
    with pytest.raises(BadValueError, match=r"^require_weights.*办法") as refusal:
        require_weights(weights)
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("rank", "said"),
    [
        (["交通", "繁华", "环境"], "共 1 行：交通 0.3 排在 繁华 0.5 之前"),
        (["环境", "交通", "繁华"], "共 2 行"),
        (["繁华", "交通"], "共 1 行：环境"),
        (["繁华", "交通", "环境", "设施"], "共 1 行：设施"),
        (["繁华", "交通", "交通", "环境"], "共 1 行：交通"),
        ([], "共 3 行"),
    ],
)
def test_weights_against_a_rank(rank: list[str], said: str) -> None:
    with pytest.raises(BadValueError, match="办法") as refusal:
        require_weights(pd.Series({"繁华": 0.5, "交通": 0.3, "环境": 0.2}), rank)
    assert said in str(refusal.value)
