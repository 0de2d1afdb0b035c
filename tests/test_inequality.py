"""Lorenz curve, Gini coefficient and Theil index: published answers, closed forms, brute force, and the axioms."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from math import log

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, IndexMismatchError
from landmarket.indicators import TheilParts, gini, lorenz, theil, theil_parts
from tests.hunting import examples

MEASURES = pytest.mark.parametrize("measure", [gini, theil])
Measure = Callable[[list[int], list[int] | None], float]

# Income per head of the 32 states of Mexico in 1940 and 2000 and their five regions after Hanson (1998): the data set
# mexico.csv that comes with PySAL.
STATES_1940 = [
    *[10384, 22361, 9573, 3758, 2934, 8578, 8537, 6909, 17816, 12132, 4359, 2181, 4414, 5309, 3408, 3327],
    *[6936, 4836, 9073, 1892, 3569, 11016, 21965, 4372, 4840, 6399, 2459, 7508, 3605, 5203, 7990, 3734],
]
STATES_2000 = [
    *[27782, 29855, 26103, 36163, 8684, 30735, 28460, 21358, 54349, 17379, 15585, 11820, 12348, 21610, 16322, 11838],
    *[18170, 11478, 38672, 9010, 15685, 26149, 33442, 15866, 15242, 24068, 13360, 23546, 11701, 12191, 17509, 11130],
]
REGIONS = list("21255113423533433215335221513352")

units = st.lists(st.tuples(st.integers(0, 500), st.integers(1, 9)), min_size=1, max_size=15).filter(
    lambda rows: any(amount for amount, _ in rows)
)
"""Units with their total and their people, not all without income."""
incomes = st.lists(st.integers(0, 500), min_size=2, max_size=15).filter(any)
factors = st.sampled_from([3, 100, 10**9])


def mean_difference(amounts: list[int], people: list[int]) -> Fraction:
    """Half the relative mean difference over all pairs of people, exactly."""
    each = [Fraction(amount, count) for amount, count in zip(amounts, people, strict=True)]
    pairs = sum(
        abs(one - other) * a * b
        for one, a in zip(each, people, strict=True)
        for other, b in zip(each, people, strict=True)
    )
    return Fraction(pairs) / (2 * sum(people) * sum(amounts))


def entropy(amounts: list[int], people: list[int]) -> float:
    """Theil index person by person, in decimal arithmetic of 28 digits."""
    mean = Decimal(sum(amounts)) / sum(people)
    parts = [
        count * (Decimal(amount) / count / mean) * (Decimal(amount) / count / mean).ln()
        for amount, count in zip(amounts, people, strict=True)
        if amount
    ]
    return float(sum(parts, Decimal(0)) / sum(people))


# --- published answers -----------------------------------------------------------------------------------------------


def test_gini_of_published_examples() -> None:
    # The documented example of the R package ineq (Gini), whose answer is printed as 0.4620911.
    assert gini([541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261]) == pytest.approx(0.4620911, abs=5e-8)
    # Documentation of Inequality.jl, gini(v).
    assert gini([8, 5, 1, 3, 5, 6, 7, 6, 3]) == pytest.approx(0.2373737373737374, rel=1e-14)
    # PySAL giddy, test_inequality: Gini of the Mexican states in 1940.
    assert gini(STATES_1940) == pytest.approx(0.35372371173452849, rel=1e-13)


def test_weighted_measures_of_a_published_example() -> None:
    # Documentation of Inequality.jl, gini(v, w) and theil(v, w): v is the mean of a unit, so its total is v × w.
    mean, people = np.array([8, 5, 1, 3, 5, 6, 7, 6, 3]), np.arange(1, 10) / 10
    assert gini(mean * people, people) == pytest.approx(0.20652395514780775, rel=1e-13)
    assert theil(mean * people, people) == pytest.approx(0.08120013911680612, rel=1e-13)
    # A question on weighted Gini coefficients, Stack Overflow 48999542, answer 0.2553.
    mean, people = np.array([3, 1, 6, 2, 1]), np.array([4, 2, 2, 10, 1])
    assert gini(mean * people, people) == pytest.approx(0.2553, abs=5e-5)


def test_theil_of_published_examples() -> None:
    # Documentation of Inequality.jl, theil(v); documentation of PySAL inequality, Theil.
    assert theil([8, 5, 1, 3, 5, 6, 7, 6, 3]) == pytest.approx(0.10494562214323544, rel=1e-13)
    assert theil(STATES_1940) == pytest.approx(0.20894344, abs=5e-9)
    assert theil(STATES_2000) == pytest.approx(0.10660832, abs=5e-9)


@pytest.mark.parametrize(
    ("states", "between", "within"), [(STATES_1940, 0.0345889, 0.17435454), (STATES_2000, 0.03635872, 0.0702496)]
)
def test_theil_parts_of_a_published_example(states: list[int], between: float, within: float) -> None:
    # Documentation of PySAL inequality, TheilD: bg and wg by the regions of Hanson.
    parts = theil_parts(states, REGIONS)
    assert isinstance(parts, TheilParts)
    assert (parts.between, parts.within) == pytest.approx((between, within), abs=5e-9)
    assert parts.groups["units"].to_dict() == {"1": 6, "2": 7, "3": 10, "4": 2, "5": 7}


def test_lorenz_curve_of_a_published_example() -> None:
    # B. Essama-Nssah, The Lorenz model of the size distribution of income, World Bank 2005: two people with 25 and 75.
    curve = lorenz(pd.Series([75.0, 25.0]))
    assert list(curve.columns) == ["population_share", "income_share"]
    assert curve.to_numpy().tolist() == [[0, 0], [0.5, 0.25], [1, 1]]


# --- closed forms and brute force ------------------------------------------------------------------------------------


@given(st.integers(0, 10**12), st.integers(1, 10**12))
@settings(max_examples=examples(30), deadline=None)
def test_gini_of_two_people(poor: int, rich: int) -> None:
    assert gini([poor, rich]) == pytest.approx(float(Fraction(abs(rich - poor), 2 * (rich + poor))), rel=1e-12)


@pytest.mark.parametrize("n", [1, 2, 7, 1000])
def test_one_has_all_or_all_have_the_same(n: int) -> None:
    assert gini([0] * (n - 1) + [5]) == pytest.approx((n - 1) / n, rel=1e-12)
    assert theil([0] * (n - 1) + [5]) == pytest.approx(log(n), rel=1e-12)
    assert gini([0.1] * n) == 0
    assert theil([0.1] * n) == pytest.approx(0, abs=1e-13)
    assert gini(list(range(1, n + 1))) == pytest.approx((n - 1) / (3 * n), rel=1e-12)


@given(units)
@settings(max_examples=examples(100), deadline=None)
def test_measures_against_all_pairs_and_all_people(rows: list[tuple[int, int]]) -> None:
    amounts, people = [amount for amount, _ in rows], [count for _, count in rows]
    assert gini(amounts, people) == pytest.approx(float(mean_difference(amounts, people)), rel=1e-11, abs=1e-15)
    assert theil(amounts, people) == pytest.approx(entropy(amounts, people), rel=1e-10, abs=1e-13)
    assert 0 <= gini(amounts, people) < 1
    assert 0 <= theil(amounts, people) <= log(sum(people)) + 1e-12


@given(units)
@settings(max_examples=examples(60), deadline=None)
def test_lorenz_curve_bends_one_way_and_encloses_the_gini(rows: list[tuple[int, int]]) -> None:
    amounts, people = [amount for amount, _ in rows], [count for _, count in rows]
    curve = lorenz(amounts, people)
    x, y = curve["population_share"].to_numpy(), curve["income_share"].to_numpy()
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    assert len(curve) == len(rows) + 1
    assert (np.diff(np.diff(y) / np.diff(x)) >= -1e-9).all()
    area = (np.diff(x) * (y[1:] + y[:-1]) / 2).sum()
    assert gini(amounts, people) == pytest.approx(1 - 2 * area, abs=1e-12)
    pd.testing.assert_frame_equal(lorenz(amounts[::-1], people[::-1]), curve)


# --- axioms ----------------------------------------------------------------------------------------------------------


@MEASURES
@given(rows=units, factor=factors)
@settings(max_examples=examples(40), deadline=None)
def test_scale_order_and_replication_do_not_matter(measure: Measure, rows: list[tuple[int, int]], factor: int) -> None:
    amounts, people = [amount for amount, _ in rows], [count for _, count in rows]
    value = pytest.approx(measure(amounts, people), rel=1e-9, abs=1e-13)
    assert measure([amount * factor for amount in amounts], people) == value
    assert measure(amounts, [count * factor for count in people]) == value
    assert measure(amounts[::-1], people[::-1]) == value
    assert measure(amounts * 3, people * 3) == value


@MEASURES
@given(rows=units)
@settings(max_examples=examples(40), deadline=None)
def test_weights_are_repetitions(measure: Measure, rows: list[tuple[int, int]]) -> None:
    # A unit of w people with w × a is w people with a each.
    amounts, people = [amount * count for amount, count in rows], [count for _, count in rows]
    alone = [amount for amount, count in rows for _ in range(count)]
    assert measure(amounts, people) == pytest.approx(measure(alone, None), rel=1e-9, abs=1e-13)


@MEASURES
@given(amounts=incomes, data=st.data())
@settings(max_examples=examples(60), deadline=None)
def test_a_transfer_from_rich_to_poor_lowers_inequality(
    measure: Measure, amounts: list[int], data: st.DataObject
) -> None:
    poor, rich = int(np.argmin(amounts)), int(np.argmax(amounts))
    assume(amounts[rich] - amounts[poor] >= 2)
    gift = data.draw(st.integers(1, (amounts[rich] - amounts[poor]) // 2))
    after = list(amounts)
    after[poor] += gift
    after[rich] -= gift
    assert measure(after, None) < measure(amounts, None)


# --- Theil by group --------------------------------------------------------------------------------------------------

grouped = st.lists(
    st.tuples(st.integers(0, 500), st.integers(1, 9), st.sampled_from("甲乙丙丁")), min_size=1, max_size=20
).filter(lambda rows: any(amount for amount, _, _ in rows))


@given(grouped)
@settings(max_examples=examples(80), deadline=None)
def test_within_and_between_are_all(rows: list[tuple[int, int, str]]) -> None:
    amounts, people, groups = (list(column) for column in zip(*rows, strict=True))
    parts = theil_parts(amounts, groups, people)
    assert parts.within + parts.between == parts.total
    assert parts.total == pytest.approx(entropy(amounts, people), rel=1e-9, abs=1e-13)
    names = sorted(set(groups))
    assert parts.groups.index.tolist() == names
    members = {name: [row for row in rows if row[2] == name] for name in names}
    totals = [[sum(row[part] for row in members[name]) for name in names] for part in (0, 1)]
    assert parts.between == pytest.approx(entropy(*totals), rel=1e-9, abs=1e-13)
    shares = pd.Series(totals[0], index=names) / sum(amounts)
    assert parts.groups["income_share"].tolist() == pytest.approx(shares.tolist())
    assert parts.groups["population_share"].tolist() == pytest.approx([count / sum(people) for count in totals[1]])
    for name in names:
        own = [[row[part] for row in members[name]] for part in (0, 1)]
        if any(own[0]):
            assert parts.groups.loc[name, "theil"] == pytest.approx(entropy(*own), rel=1e-9, abs=1e-13)
        else:
            assert np.isnan(parts.groups.loc[name, "theil"])
            assert parts.groups.loc[name, ["within", "between"]].tolist() == [0, 0]


def test_parts_by_hand() -> None:
    # 甲 has 1 and 3: ½·½·ln ½ + ½·3/2·ln 3/2; 乙 has 4 and 4. Shares of income 1/3 and 2/3, of people ½ and ½.
    parts = theil_parts(
        pd.Series([1, 3, 4, 4], index=list("abcd")), pd.Series(["甲镇", "甲镇", "乙镇", "乙镇"], index=list("abcd"))
    )
    own = 0.25 * log(0.5) + 0.75 * log(1.5)
    row = parts.groups.loc["甲镇"]
    assert row["theil"] == pytest.approx(own)
    assert row["within"] == pytest.approx(own / 3)
    assert row["between"] == pytest.approx(log(2 / 3) / 3)
    assert parts.groups.loc["乙镇", ["theil", "within"]].tolist() == pytest.approx([0, 0], abs=1e-15)
    assert parts.between == pytest.approx(log(2 / 3) / 3 + 2 / 3 * log(4 / 3))


# --- what cannot be measured -----------------------------------------------------------------------------------------


def test_nothing_to_share() -> None:
    assert np.isnan(gini([0, 0, 0]))
    assert np.isnan(theil([0, 0, 0]))
    curve = lorenz([0, 0])
    assert curve["population_share"].tolist() == [0, 0.5, 1]
    assert curve["income_share"].isna().all()
    parts = theil_parts([0, 0], ["甲镇", "乙镇"])
    assert np.isnan([parts.within, parts.between, parts.total]).all()


@pytest.mark.parametrize("measure", [lorenz, gini, theil])
def test_measures_refuse_bad_units(measure: Callable[..., object]) -> None:
    index = ["甲村", "乙村", "丙村"]
    income, people = pd.Series([1.0, 2, 3], index=index), pd.Series([1, 2, 3], index=index)
    with pytest.raises(BadValueError, match=r"收入不能用，共 1 行：乙村 = -1\.0.*办法"):
        measure(income.replace(2.0, -1.0), people)
    with pytest.raises(BadValueError, match=r"共 1 行：2 = nan"):
        measure([1.0, np.nan])
    with pytest.raises(BadValueError, match=r"共 1 行：1 = inf"):
        measure([np.inf, 1.0])
    with pytest.raises(BadValueError, match=r"人口不能用，共 1 行：丙村 = 0\.0.*先剔除"):
        measure(income, people.replace(3, 0))
    with pytest.raises(BadValueError, match="共 1 行：乙村 = nan"):
        measure(pd.Series([1, None, 3], index=index, dtype="Int64"))
    with pytest.raises(BadValueError, match="没有一个单位"):
        measure([])
    with pytest.raises(BadValueError, match="收入 3 个，人口 2 个"):
        measure(income, [1, 2])
    with pytest.raises(IndexMismatchError, match="次序不同"):
        measure(income, people[::-1])


def test_parts_refuse_units_without_a_group() -> None:
    with pytest.raises(BadValueError, match="没有分组，共 1 行：2。办法"):
        theil_parts([1, 2], ["甲镇", ""])
    with pytest.raises(BadValueError, match="收入 2 个，分组 1 个"):
        theil_parts([1, 2], ["甲镇"])
    with pytest.raises(IndexMismatchError):
        theil_parts(pd.Series([1, 2], index=["a", "b"]), pd.Series(["甲镇", "甲镇"], index=["a", "c"]))
