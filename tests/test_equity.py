"""Scrutiny of sales, equity, parity, folds and spatial tests: by hand, by brute force, by enumeration."""

from __future__ import annotations

from itertools import permutations
from math import erf, sqrt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, CrsError, IndexMismatchError, MissingColumnError
from landmarket.pricing.ratio_study.equity import horizontal_equity, parity
from landmarket.pricing.ratio_study.folds import grouped_folds, spatial_blocks
from landmarket.pricing.ratio_study.scrutiny import sales_chasing, sold_unsold, trim_ratios
from landmarket.pricing.ratio_study.spatial_tests import MoranTest, morans_i, nearest
from tests.helpers import assert_same_index
from tests.hunting import examples

# --- outliers --------------------------------------------------------------------------------------------------

SPREAD = pd.Series([0.8, 0.9, 1.0, 1.1, 1.2], index=list("abcde"))


def test_quartiles_and_limits_by_hand() -> None:
    # 0.8 … 1.2 with 1.6 and 1.9: quartiles 0.95 and 1.4, range 0.45; one range beyond them 0.5 and 1.85.
    ratio = pd.concat([SPREAD, pd.Series([1.6, 1.9], index=["f", "g"])])
    found = trim_ratios(ratio, cap=0.5, k=1.0)
    assert_same_index(found, ratio)
    assert found["kept"].tolist() == [True] * 6 + [False]
    assert found["reason"].tolist() == [""] * 6 + ["剔除：高于上限 1.85"]
    assert trim_ratios(ratio, cap=0.5)["kept"].all()


def test_the_farthest_go_first_up_to_the_cap() -> None:
    # Quartiles 0.9 and 1.15: the limits are 0.15 and 1.9.
    ratio = pd.concat([SPREAD] * 4 + [pd.Series([0.1, 5.0, 9.0], index=["low", "high", "top"])])
    whole = trim_ratios(ratio, cap=0.2)
    assert whole.index[~whole["kept"]].tolist() == ["low", "high", "top"]
    capped = trim_ratios(ratio, cap=0.05)
    assert capped.index[~capped["kept"]].tolist() == ["top"]
    assert capped.loc["high", "reason"] == "保留：高于上限 1.9，但剔除已达上限 5%"
    assert trim_ratios(ratio, cap=0.0)["kept"].all()


def test_equally_far_ratios_at_the_cap_are_all_kept() -> None:
    ratio = pd.concat([SPREAD] * 4 + [pd.Series([9.0, 9.0], index=["x", "y"])])
    assert trim_ratios(ratio, cap=0.06)["kept"].all()
    assert trim_ratios(ratio, cap=0.1)["kept"].sum() == 20


def test_logarithms_see_low_outliers_that_ratios_do_not() -> None:
    ratio = pd.Series([0.02, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8])
    assert trim_ratios(ratio, cap=0.3, k=1.5)["kept"].all()
    found = trim_ratios(ratio, cap=0.3, k=1.5, method="log_iqr")
    assert found["kept"].tolist() == [False] + [True] * 6
    assert found.loc[0, "reason"].startswith("剔除：低于下限 0.")


@given(st.lists(st.integers(1, 1000), min_size=4, max_size=40), st.floats(0, 0.5))
@settings(max_examples=examples(50), deadline=None)
def test_no_more_than_the_cap_is_dropped_and_none_without_reason(values: list[int], cap: float) -> None:
    ratio = pd.Series(values) / 100
    if np.ptp(np.quantile(ratio, [0.25, 0.75])) < 1e-9:
        with pytest.raises(BadValueError, match="四分位距为 0"):
            trim_ratios(ratio, cap=cap)
        return
    found = trim_ratios(ratio, cap=cap)
    assert (~found["kept"]).sum() <= cap * len(ratio) + 1e-6
    assert found["reason"][~found["kept"]].str.startswith("剔除").all()
    assert not found["reason"][found["kept"]].str.startswith("剔除").any()
    backwards = trim_ratios(ratio[::-1], cap=cap)[::-1]
    pd.testing.assert_frame_equal(backwards, found)


@pytest.mark.parametrize(
    ("ratio", "cap", "k"),
    [([1.0, 2.0, 3.0], 0.1, 3), ([1.0, 1.0, 1.0, 1.0, 9.0], 0.1, 3), ([1.0, 2.0, 3.0, -4.0], 0.1, 3)]
    + [([1.0, 2.0, 3.0, 4.0], cap, k) for cap, k in ((1.0, 3), (-0.1, 3), (0.1, 0))],
)
def test_trimming_refuses_what_it_cannot_measure(ratio: list[float], cap: float, k: float) -> None:
    with pytest.raises(BadValueError):
        trim_ratios(pd.Series(ratio), cap=cap, k=k)


# --- sales chasing ---------------------------------------------------------------------------------------------


def test_copied_prices_are_seen_and_honest_estimates_are_not() -> None:
    # The two examples of assesspy's documentation: 10,000 normal ratios, and 900 of them with 100 ratios of 1.
    honest = np.random.default_rng(1).normal(1, 0.15, 10_000)
    assert sales_chasing(honest)["finding"].tolist() == ["", ""]
    chased = sales_chasing(np.concatenate([honest[:900], np.ones(100)]))
    assert chased.index.tolist() == ["jump", "excess"]
    assert chased["finding"].str.startswith("疑似追价").all()
    assert chased.loc["jump", "value"] == pytest.approx(0.1, abs=0.01)
    assert chased["limit"].eq(0.05).all()


def test_signs_of_chasing_by_hand() -> None:
    # 30 of 40 ratios are 1.004 or 0.996, at a distance of nothing else: 15 of 40 are one ratio; all but ten lie near 1.
    ratio = np.repeat([1.004, 0.996, 0.5, 1.5], [15, 15, 5, 5])
    found = sales_chasing(ratio)
    assert found.loc["jump", "value"] == 15 / 40
    normal = erf(0.02 / ratio.std() / sqrt(2))
    assert found.loc["excess", "value"] == pytest.approx(30 / 40 - normal, rel=1e-12)
    assert sales_chasing(ratio, digits=2).loc["jump", "value"] == 30 / 40
    assert sales_chasing(np.ones(30))["value"].tolist() == [1.0, 0.0]


def test_few_ratios_tell_nothing_of_chasing() -> None:
    found = sales_chasing(np.ones(29))
    assert found["finding"].eq("样点不足：29 宗，少于 30 宗").all()
    assert found["value"].isna().all()
    for bad in ({"about": (1.02, 0.98)}, {"gap": 0.0}):
        with pytest.raises(BadValueError, match="不成立"):
            sales_chasing(np.ones(40), **bad)  # type: ignore[arg-type]
    with pytest.raises(BadValueError, match="只有 0 宗"):
        sales_chasing([])


def test_sold_parcels_raised_more_than_others() -> None:
    before = pd.Series([100.0, 200.0, 100.0, 300.0, 100.0], index=list("abcde"))
    after = pd.Series([120.0, 240.0, 105.0, 315.0, 105.0], index=list("abcde"))
    sold = pd.Series([True, True, False, False, False], index=list("abcde"))
    found = sold_unsold(before, after, sold)
    assert (found.sold, found.unsold) == (2, 3)
    assert (found.sold_change, found.unsold_change) == pytest.approx((0.2, 0.05))
    assert found.finding == "疑似追价：成交宗地升值偏多（相差 15.0%，应在 -0.05 与 0.05 之间）"
    # All of two above all of three: one of the ten arrangements, and its mirror image; with ties the normal p is near.
    assert found.p == pytest.approx(0.2, abs=0.15)
    same = sold_unsold(before, 1.1 * before, sold)
    assert (same.gap, same.finding) == (pytest.approx(0, abs=1e-12), "")


def test_sold_and_unsold_are_checked() -> None:
    values = pd.Series([1.0, 2.0, 3.0, 4.0])
    sold = pd.Series([True, True, False, False])
    with pytest.raises(IndexMismatchError):
        sold_unsold(values, values[::-1], sold)
    with pytest.raises(BadValueError, match="True 或 False"):
        sold_unsold(values, values, pd.Series([1, 1, 0, 0]))
    with pytest.raises(BadValueError, match="至少要两宗"):
        sold_unsold(values, values, pd.Series([True, True, True, False]))


# --- horizontal equity and parity ------------------------------------------------------------------------------


def test_dispersion_between_and_within_groups_by_hand() -> None:
    # Logarithms ±1 about ±2: of Σ = 4·2² + 4·1² = 20, the groups' means make 16 and their own spread 4.
    unit = np.exp([3.0, 1.0, -1.0, -3.0])
    table = pd.DataFrame({"estimate": unit * 10, "area": 10.0, "grade": ["I", "I", "II", "II"]})
    found = horizontal_equity(table, ["grade"], least=2)
    assert found["between_share"].tolist() == pytest.approx([0.4, 0.4])
    assert found["within_share"].tolist() == pytest.approx([0.1, 0.1])
    middle = (np.exp(3) + np.exp(1)) / 2
    assert found.loc["I", "median"] == pytest.approx(middle)
    assert found.loc["I", "cod"] == pytest.approx(100 * (np.exp(3) - np.exp(1)) / 2 / middle)
    per_metre = horizontal_equity(table.assign(estimate=unit), ["grade"], area=None, least=2)
    pd.testing.assert_frame_equal(per_metre, found)


@given(
    st.lists(st.tuples(st.integers(1, 9999), st.integers(1, 99), st.sampled_from("甲乙丙")), min_size=2, max_size=30)
)
@settings(max_examples=examples(50), deadline=None)
def test_shares_of_dispersion_add_up(rows: list[tuple[int, int, str]]) -> None:
    table = pd.DataFrame(rows, columns=["estimate", "area", "township"])
    shares = horizontal_equity(table, ["township"])[["between_share", "within_share"]]
    equal = np.ptp(table["estimate"] / table["area"]) == 0
    assert shares.to_numpy().sum() == pytest.approx(0 if equal else 1, abs=1e-9)
    assert (shares.to_numpy() >= 0).all()


def test_groups_that_are_too_small_keep_their_share() -> None:
    table = pd.DataFrame({"estimate": [1.0, 2, 3, 4, 5, 9], "area": 1.0, "use": ["商服"] * 5 + ["工业"]})
    found = horizontal_equity(table, ["use"])
    assert found.loc["工业", "finding"] == "样点不足：1 宗，少于 5 宗"
    assert found.loc["工业", ["median", "cod"]].isna().all()
    assert found.loc["商服", "finding"] == ""
    assert found[["between_share", "within_share"]].sum(axis=None) == pytest.approx(1)


def test_equity_refuses_bad_tables() -> None:
    table = pd.DataFrame({"estimate": [1.0, 2.0], "area": [1.0, 0.0], "use": "商服"})
    with pytest.raises(BadValueError, match="面积"):
        horizontal_equity(table, ["use"])
    with pytest.raises(MissingColumnError, match="area"):
        horizontal_equity(table.drop(columns="area"), ["use"])
    with pytest.raises(BadValueError, match="分组列"):
        horizontal_equity(table.assign(area=1.0, use=["商服", None]), ["use"])


def test_parity_by_group() -> None:
    index = [f"p{i}" for i in range(8)]
    by = pd.DataFrame({"use": ["商服"] * 5 + ["工业"] * 3, "township": "甲镇"}, index=index)
    state = pd.Series([1000.0] * 5 + [300.0] * 3, index=index)
    collective = pd.Series([600.0, 650, 700, 750, 800, 300, 300, 300], index=index)
    found = parity(collective, state, by)
    assert found.index.names == ["use", "township"]
    row = found.loc[("商服", "甲镇")]
    # |0.6 … 0.8 − 0.7| averages 0.06: 8.571 %.
    assert (row["n"], row["median"], row["finding"]) == (5, 0.7, "")
    assert row["cod"] == pytest.approx(100 * 0.06 / 0.7)
    assert found.loc[("工业", "甲镇"), "finding"] == "样点不足：3 宗，少于 5 宗"
    assert parity(collective, state, by["use"], least=3)["median"].to_dict() == {"商服": 0.7, "工业": 1.0}
    with pytest.raises(IndexMismatchError):
        parity(collective, state, by[::-1])
    with pytest.raises(BadValueError, match="大于 0"):
        parity(collective, state.replace(300.0, 0.0), by)
    with pytest.raises(BadValueError, match="分组列"):
        parity(collective, state, by.assign(use=by["use"].where(by.index != "p3")))


# --- folds -----------------------------------------------------------------------------------------------------

codes = st.lists(st.integers(0, 12).map(lambda number: f"4110810010{number:02d}"), min_size=2, max_size=60)


@given(codes, st.integers(2, 6), st.integers(0, 99))
@settings(max_examples=examples(60), deadline=None)
def test_no_parcel_lies_in_two_folds(parcels: list[str], folds: int, seed: int) -> None:
    groups = pd.Series(parcels, index=[f"s{i}" for i in range(len(parcels))])
    if groups.nunique() < folds:
        with pytest.raises(BadValueError, match="分不成"):
            grouped_folds(groups, folds=folds, seed=seed)
        return
    found = grouped_folds(groups, folds=folds, seed=seed)
    assert_same_index(found, groups)
    assert (found.groupby(groups).nunique() == 1).all()
    sizes = found.value_counts()
    assert sorted(sizes.index) == list(range(folds))
    assert sizes.max() - sizes.min() <= groups.value_counts().max()
    shuffled = groups.sample(frac=1, random_state=seed)
    pd.testing.assert_series_equal(grouped_folds(shuffled, folds=folds, seed=seed).reindex(found.index), found)


def test_the_seed_decides_and_each_group_can_be_left_out() -> None:
    groups = pd.Series([f"p{i // 2}" for i in range(60)])
    assert not grouped_folds(groups, folds=5, seed=1).equals(grouped_folds(groups, folds=5, seed=2))
    alone = grouped_folds(groups, folds=30, seed=1)
    assert alone.value_counts().eq(2).all()
    assert alone.nunique() == 30
    uneven = pd.Series(["big"] * 6 + [f"small{i}" for i in range(6)])
    for seed in range(10):
        assert grouped_folds(uneven, folds=2, seed=seed).value_counts().eq(6).all()
    with pytest.raises(BadValueError, match="缺失"):
        grouped_folds(pd.Series(["a", None, "b"]), folds=2, seed=1)
    with pytest.raises(BadValueError, match="份数"):
        grouped_folds(groups, folds=1, seed=1)


def test_what_is_learnt_of_a_parcel_does_not_reach_its_test() -> None:
    # Every parcel sold twice at a price of its own: predicted by the parcel's mean price where it is known, else by the
    # mean of all. Folds by row leak the answer; folds by parcel do not.
    draw = np.random.default_rng(3)
    own = pd.Series(np.repeat(draw.normal(0, 1, 100), 2))
    parcel = pd.Series(np.repeat(np.arange(100), 2).astype(str))

    def error(folds: pd.Series) -> float:
        guess = pd.Series(0.0, index=own.index)
        for fold in folds.unique():
            test, train = folds.eq(fold), folds.ne(fold)
            guess[test] = parcel[test].map(own[train].groupby(parcel[train]).mean()).fillna(own[train].mean())
        return float(((own - guess) ** 2).mean())

    by_row = pd.Series(np.tile([0, 1], 100))
    assert error(by_row) == pytest.approx(0, abs=1e-12)
    assert error(grouped_folds(parcel, folds=5, seed=1)) > 0.8 * own.var()


def test_blocks_do_not_move_with_other_points() -> None:
    points = gpd.GeoSeries.from_xy([38500010.0, 38500990.0, 38501010.0], [3790001.0] * 3, index=list("abc"), crs=4526)
    found = spatial_blocks(points, 1000)
    assert_same_index(found, points)
    assert found.tolist() == ["38500_3790", "38500_3790", "38501_3790"]
    assert spatial_blocks(points[["c"]], 1000).tolist() == ["38501_3790"]
    with pytest.raises(BadValueError, match="边长"):
        spatial_blocks(points, 0)
    with pytest.raises(CrsError):
        spatial_blocks(points.set_crs(None, allow_override=True), 1000)
    with pytest.raises(CrsError):
        spatial_blocks(gpd.GeoSeries.from_xy([113.5], [34.1], crs=4490), 1000)
    with pytest.raises(BadValueError, match="c"):
        spatial_blocks(gpd.GeoSeries([*points[:2], None], index=list("abc"), crs=4526), 1000)
    with pytest.raises(BadValueError, match="有限数"):
        spatial_blocks(np.array([[0.0, np.nan]]), 1000)
    with pytest.raises(BadValueError, match="形状"):
        spatial_blocks(np.zeros((3, 3)), 1000)


# --- spatial autocorrelation -----------------------------------------------------------------------------------


def places_and_values() -> tuple[np.ndarray, np.ndarray]:
    """Forty points by whole-number arithmetic: the same everywhere."""
    i = np.arange(40)
    places = np.column_stack([(i * 37) % 101 * 10.0 + (i * i) % 7, (i * 53) % 89 * 10.0 + (i * i) % 5])
    return places, np.round(100 + 0.02 * places[:, 0] - 0.01 * places[:, 1] + (i * i * 7) % 23, 3)


def dense(values: np.ndarray, places: np.ndarray, count: int) -> tuple[np.ndarray, float, float]:
    """Weights, index and variance by full matrices and the definitions."""
    n = len(values)
    distance = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    np.fill_diagonal(distance, np.inf)
    weights = np.zeros((n, n))
    for row, order in enumerate(np.argsort(distance, axis=1, kind="stable")):
        weights[row, order[:count]] = 1 / count
    z = values - values.mean()
    s0, s1 = weights.sum(), ((weights + weights.T) ** 2).sum() / 2
    s2 = ((weights.sum(axis=0) + weights.sum(axis=1)) ** 2).sum()
    b = n * (z**4).sum() / (z**2).sum() ** 2
    square = n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2) - b * ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
    variance = square / ((n - 1) * (n - 2) * (n - 3) * s0**2) - 1 / (n - 1) ** 2
    return weights, n / s0 * (z @ weights @ z) / (z @ z), variance


@pytest.mark.parametrize(
    ("count", "index", "variance", "z", "p"),
    [
        (4, 0.4318456088557218, 0.010002651806866466, 4.5742598824820755, 4.779063404232407e-06),
        (8, 0.4009186157397543, 0.0043476153965186955, 6.469254008143812, 9.84879195264079e-11),
    ],
)
def test_moran_of_another_library(count: int, index: float, variance: float, z: float, p: float) -> None:
    # esda 2.9.0 with libpysal 4.14.1: Moran(values, KNN(places, k), row-standardised), I, VI_rand, z_rand, p_rand.
    places, values = places_and_values()
    found = morans_i(values, places, seed=1, neighbours=count)
    assert (found.i, found.variance, found.z) == pytest.approx((index, variance, z), rel=1e-12)
    assert found.p == pytest.approx(p, rel=1e-9)
    assert (found.expectation, found.p_permuted, found.n, found.neighbours) == (-1 / 39, 0.001, 40, count)


@given(st.integers(0, 10**6), st.integers(6, 25), st.integers(1, 4))
@settings(max_examples=examples(30), deadline=None)
def test_moran_against_full_matrices(seed: int, n: int, count: int) -> None:
    draw = np.random.default_rng(seed)
    places, values = draw.random((n, 2)), draw.normal(size=n)
    found = morans_i(values, places, seed=1, neighbours=count, permutations=1)
    _, index, variance = dense(values, places, count)
    assert (found.i, found.variance) == pytest.approx((index, variance), rel=1e-9, abs=1e-12)


def test_moran_over_every_permutation() -> None:
    # Seven values in all 5,040 orders: mean and variance of the index are the stated ones, and so is its probability.
    draw = np.random.default_rng(4)
    places, values = draw.random((7, 2)), np.array([1.0, 2.0, 4.0, 7.0, 11.0, 16.0, 30.0])
    weights = dense(values, places, 2)[0]
    z = values - values.mean()
    orders = np.array(list(permutations(z)))
    indices = np.einsum("oi,ij,oj->o", orders, weights, orders) / (z @ z)
    found = morans_i(values, places, seed=1, neighbours=2, permutations=4000)
    assert found.expectation == pytest.approx(indices.mean(), rel=1e-9)
    assert found.variance == pytest.approx(indices.var(), rel=1e-9)
    distance = abs(found.i - found.expectation)
    exact = np.mean(abs(indices - indices.mean()) >= distance - 1e-12)
    assert found.p_permuted == pytest.approx(exact, abs=0.03)


def test_moran_tells_a_pattern_from_noise() -> None:
    draw = np.random.default_rng(6)
    places = draw.random((300, 2)) * 1000
    index = pd.Index([f"p{i}" for i in range(300)])
    points = gpd.GeoSeries.from_xy(*places.T, index=index, crs=4526)
    noise = pd.Series(draw.normal(size=300), index=index)
    quiet = morans_i(noise, points, seed=1)
    assert isinstance(quiet, MoranTest)
    assert quiet.p > 0.05
    assert quiet.p_permuted > 0.05
    loud = morans_i(noise + places[:, 0] / 200, points, seed=1)
    assert loud.p < 0.001
    assert loud.p_permuted == 0.001
    assert morans_i(noise, points, seed=1) == quiet
    with pytest.raises(IndexMismatchError):
        morans_i(noise[::-1], points, seed=1)


def test_points_at_one_place_are_neighbours_and_not_their_own() -> None:
    near = nearest(np.array([[0.0, 0.0]] * 4 + [[9.0, 9.0]]), 2)
    assert (near != np.arange(5)[:, None]).all()
    assert (near[:4] < 4).all()
    with pytest.raises(BadValueError, match="没有 5 个邻点"):
        nearest(np.zeros((5, 2)), 5)


@pytest.mark.parametrize(
    ("values", "changes", "message"),
    [
        ([1.0, 2.0, 3.0, np.nan, 5.0], {}, "3 = nan"),
        ([1.0] * 5, {}, "全部相同"),
        ([1.0, 2.0, 3.0], {}, "逐点对应"),
        ([1.0, 2.0, 3.0, 4.0, 5.0], {"neighbours": 4}, "各点都相邻"),
        ([1.0, 2.0, 3.0, 4.0, 5.0], {"neighbours": 0}, "邻点"),
        ([1.0, 2.0, 3.0, 4.0, 5.0], {"permutations": 0}, "置换"),
    ],
)
def test_moran_refuses_bad_input(values: list[float], changes: dict[str, int], message: str) -> None:
    places = np.arange(10.0).reshape(5, 2)
    with pytest.raises(BadValueError, match=message):
        morans_i(np.array(values), places, seed=1, **({"neighbours": 2} | changes))
    with pytest.raises(BadValueError, match="至少要 4 个"):
        morans_i(np.array([1.0, 2.0, 3.0]), places[:3], seed=1, neighbours=1)
