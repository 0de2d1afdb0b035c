"""Ratio studies: printed tables, brute force, what always holds, and intervals against resamples drawn one by one."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, IndexMismatchError, MissingColumnError, UnverifiedRuleWarning
from landmarket.pricing.ratio_study import bootstrap as ratio_intervals
from landmarket.pricing.ratio_study import (
    cod,
    intervals,
    ki,
    median_ratio,
    mki,
    prb,
    prd,
    price_classes,
    rank_test,
    ratio_study,
)
from landmarket.pricing.ratio_study.bands import Band, band_of, ratio_bands
from landmarket.pricing.ratio_study.bootstrap import counted_statistics, resample_counts, sorted_sales
from landmarket.pricing.ratio_study.formulas import STATISTICS
from landmarket.pricing.ratio_study.sales import read_sales
from tests.helpers import assert_same_index
from tests.hunting import examples

DATA = Path(__file__).parent / "data" / "iaao"
PRINTED = pd.read_csv(DATA / "printed.csv", dtype=str)
FORMULAS: dict[str, Callable[..., float]] = {
    "median": median_ratio,
    "cod": cod,
    "prd": prd,
    "prb": prb,
    "mki": mki,
    "ki": ki,
}

amounts = st.integers(1, 10**6)
sales = st.lists(st.tuples(amounts, amounts), min_size=2, max_size=30)
apart = sales.filter(lambda rows: len({price for _, price in rows}) > 1)


def columns(rows: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(rows, dtype=float)
    return table[:, 0], table[:, 1]


def printed_table(name: str) -> pd.DataFrame:
    return pd.read_csv(DATA / f"{name}.csv")


def made(n: int, seed: int = 7, level: float = 1.0) -> pd.DataFrame:
    """Sales with a known level and lognormal noise."""
    draw = np.random.default_rng(seed)
    price = np.exp(draw.normal(6, 0.6, n))
    return pd.DataFrame({"estimate": level * price * np.exp(draw.normal(0, 0.2, n)), "price": price})


def naive(estimate: np.ndarray, price: np.ndarray) -> list[float]:
    """Every statistic by its definition."""
    order = np.argsort(price, kind="stable")
    estimate, price = estimate[order], price[order]
    ratio, n = estimate / price, len(price)
    middle = np.median(ratio)
    rank = pd.Series(price).rank().to_numpy()
    gini = [2 * (rank * v).sum() / v.sum() / n - (n + 1) / n for v in (estimate, price)]
    value = np.log2((estimate / middle + price) / 2)
    level = estimate.sum() / price.sum()
    slope = np.cov(value, (ratio - middle) / middle)[0, 1] / value.var(ddof=1)
    dispersion = 100 * abs(ratio - middle).mean() / middle
    return [middle, ratio.mean(), level, dispersion, ratio.mean() / level, slope, gini[0] / gini[1], gini[0] - gini[1]]


# --- statistics ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "statistic", "printed"), PRINTED.iloc[:, :3].to_numpy().tolist())
def test_printed_tables_to_the_last_digit(name: str, statistic: str, printed: str) -> None:
    table = printed_table(name)
    digits = len(printed.partition(".")[2])
    value = FORMULAS[statistic](table["estimate"], table["price"])
    assert abs(value - float(printed)) <= 0.5 * 10.0**-digits


def test_the_sample_of_quintos_counts_as_regressive() -> None:
    table = printed_table("quintos")
    assert rank_test(table["estimate"], table["price"]).rho < -0.99


@given(sales)
@settings(max_examples=examples(50), deadline=None)
def test_level_and_dispersion_against_fractions(rows: list[tuple[int, int]]) -> None:
    ratios = sorted(Fraction(estimate, price) for estimate, price in rows)
    n = len(ratios)
    median = (ratios[(n - 1) // 2] + ratios[n // 2]) / 2
    dispersion = 100 * sum(abs(ratio - median) for ratio in ratios) / n / median
    level = Fraction(sum(estimate for estimate, _ in rows), sum(price for _, price in rows))
    given_columns = columns(rows)
    assert median_ratio(*given_columns) == pytest.approx(float(median), rel=1e-12)
    assert cod(*given_columns) == pytest.approx(float(dispersion), rel=1e-12, abs=1e-12)
    assert prd(*given_columns) == pytest.approx(float(sum(ratios) / n / level), rel=1e-12)


@given(apart)
@settings(max_examples=examples(50), deadline=None)
def test_kakwani_against_fractions(rows: list[tuple[int, int]]) -> None:
    n = len(rows)
    ginis = []
    for column in (0, 1):
        total = sum(row[column] for row in rows)
        below = [sum(other[1] < row[1] for other in rows) for row in rows]
        upto = [sum(other[1] <= row[1] for other in rows) for row in rows]
        weighted = sum((a + b - n) * row[column] for a, b, row in zip(below, upto, rows, strict=True))
        ginis.append(Fraction(weighted, n * total))
    assert mki(*columns(rows)) == pytest.approx(float(ginis[0] / ginis[1]), rel=1e-9, abs=1e-12)
    assert ki(*columns(rows)) == pytest.approx(float(ginis[0] - ginis[1]), abs=1e-12)


@given(apart)
@settings(max_examples=examples(50), deadline=None)
def test_slope_against_least_squares(rows: list[tuple[int, int]]) -> None:
    estimate, price = columns(rows)
    middle = np.median(estimate / price)
    value = np.log2((estimate / middle + price) / 2)
    if np.ptp(value) < 1e-3:
        return
    design = np.column_stack([np.ones(len(value)), value - value.mean()])
    slope = np.linalg.lstsq(design, (estimate / price - middle) / middle, rcond=None)[0][1]
    assert prb(estimate, price) == pytest.approx(slope, rel=1e-8, abs=1e-8)


@given(apart, st.floats(0.01, 100))
@settings(max_examples=examples(50), deadline=None)
def test_scale_of_estimates_moves_the_level_alone(rows: list[tuple[int, int]], factor: float) -> None:
    estimate, price = columns(rows)
    assert median_ratio(factor * estimate, price) == pytest.approx(factor * median_ratio(estimate, price), rel=1e-12)
    for formula in (cod, prd, mki):
        expected = formula(estimate, price)
        assert formula(factor * estimate, price) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(st.floats(0.01, 100))
@settings(max_examples=examples(20), deadline=None)
def test_scale_of_estimates_does_not_move_the_slope(factor: float) -> None:
    table = printed_table("table_1_1")
    expected = prb(table["estimate"], table["price"])
    assert prb(factor * table["estimate"], table["price"]) == pytest.approx(expected, rel=1e-10)


@given(apart, st.randoms(use_true_random=False))
@settings(max_examples=examples(50), deadline=None)
def test_order_does_not_matter(rows: list[tuple[int, int]], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for formula in (median_ratio, cod, prd, mki, ki):
        assert formula(*columns(shuffled)) == pytest.approx(formula(*columns(rows)), rel=1e-10, abs=1e-10)


@given(st.lists(amounts, min_size=2, max_size=30, unique=True))
@settings(max_examples=examples(50), deadline=None)
def test_estimates_that_are_the_prices(prices: list[int]) -> None:
    assert [formula(prices, prices) for formula in FORMULAS.values()] == [1, 0, 1, 0, 1, 0]


def test_equal_ratios_have_documented_values() -> None:
    price = np.array([100.0, 250.0, 300.0, 777.0])
    estimate = 0.9 * price
    expected = {"median": 0.9, "cod": 0, "prd": 1, "prb": 0, "mki": 1, "ki": 0}
    assert {name: formula(estimate, price) for name, formula in FORMULAS.items()} == pytest.approx(expected, abs=1e-14)
    assert rank_test(estimate, price) == (0.0, 1.0)


def test_lists_arrays_and_series_give_the_same() -> None:
    table = printed_table("table_1_1")
    for formula in FORMULAS.values():
        expected = formula(table["estimate"], table["price"])
        assert isinstance(expected, float)
        assert formula(table["estimate"].tolist(), table["price"].to_numpy()) == expected
        assert formula(table["estimate"].astype("Int64"), table["price"].astype("Float64")) == expected


def test_rank_test_against_the_formula_of_squared_differences() -> None:
    # Without ties ρ = 1 − 6 Σd² / (n (n² − 1)).
    table = printed_table("table_d_1")
    estimate, price = table["estimate"].to_numpy(), table["price"].to_numpy()
    ratio = estimate / price
    value = estimate / np.median(ratio) + price
    difference = ratio.argsort().argsort() - value.argsort().argsort()
    n = len(ratio)
    rho, p = rank_test(estimate, price)
    assert rho == pytest.approx(1 - 6 * (difference**2).sum() / (n * (n**2 - 1)), rel=1e-12)
    assert p < 0.001


BAD = [
    ([1.0, 2.0], [1.0, 0.0], "大于 0"),
    ([1.0, -2.0], [1.0, 2.0], "大于 0"),
    ([1.0, np.nan], [1.0, 2.0], "有限数"),
    ([1.0, 2.0], [np.inf, 2.0], "有限数"),
    ([1e-300, 2.0], [1e300, 2.0], "评估价÷成交价"),
    ([], [], "只有 0 宗"),
    ([1.0, 2.0], [1.0, 2.0, 3.0], "逐宗对应"),
    (["1", "2"], [1.0, 2.0], "不是数"),
    ([True, False], [1.0, 2.0], "不是数"),
    (np.ones((2, 2)), np.ones(2), "2 维数组"),
]


@pytest.mark.parametrize(("estimate", "price", "message"), BAD)
@pytest.mark.parametrize("formula", [*FORMULAS.values(), lambda *pair: intervals(*pair, seed=1)])
def test_bad_values_are_refused(formula: Callable[..., float], estimate: object, price: object, message: str) -> None:
    with pytest.raises(BadValueError, match=message):
        formula(estimate, price)


@pytest.mark.parametrize("formula", FORMULAS.values())
def test_one_sale_is_refused_and_rows_are_named(formula: Callable[..., float]) -> None:
    with pytest.raises(BadValueError, match="至少要 2 宗"):
        formula([1.0], [1.0])
    bad = pd.Series([1.0, -3.0], index=["甲", "乙"])
    with pytest.raises(BadValueError, match=r"乙 = -3\.0"):
        formula(bad, pd.Series([1.0, 2.0], index=["甲", "乙"]))
    with pytest.raises(IndexMismatchError, match="次序不同"):
        formula(pd.Series([1.0, 2.0], index=["甲", "乙"]), pd.Series([1.0, 2.0], index=["乙", "甲"]))


def test_vertical_statistics_of_equal_prices_are_refused() -> None:
    for formula in (mki, ki):
        with pytest.raises(BadValueError, match="全部相同"):
            formula([90.0, 100.0], [100.0, 100.0])
    with pytest.raises(BadValueError, match="没有差别"):
        prb([100.0, 100.0, 100.0], [100.0, 100.0, 100.0])
    for test in (prb, rank_test):
        with pytest.raises(BadValueError, match="没有差别"):
            test([20.0, 60.0, 100.0], [100.0, 60.0, 20.0])
    with pytest.raises(BadValueError, match="至少要 3 宗"):
        rank_test([60.0, 70.0], [100.0, 60.0])


# --- intervals -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("n", [6, 101, 1000])
def test_counted_statistics_are_those_of_the_resampled_rows(n: int, ties: bool) -> None:
    table = made(n)
    if ties:
        table = table.assign(price=table["price"].round(-2) + 100, estimate=table["estimate"].round(-1) + 10)
    ordered = sorted_sales(read_sales(table["estimate"], table["price"], "test"))
    (counts,) = resample_counts(n, 30, seed=3)
    found = counted_statistics(ordered, counts)
    for row, drawn in zip(found, counts, strict=True):
        chosen = np.repeat(np.arange(n), drawn)
        expected = naive(ordered.estimate[chosen], ordered.price[chosen])
        assert row == pytest.approx(expected, rel=1e-11, abs=1e-12)


def test_counts_are_resamples_and_do_not_depend_on_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = np.concatenate(list(resample_counts(50, 40, seed=5)))
    assert (whole.sum(axis=1) == 50).all()
    assert np.array_equal(np.concatenate(list(resample_counts(50, 25, seed=5))), whole[:25])
    monkeypatch.setattr(ratio_intervals, "CELLS", 150)
    assert np.array_equal(np.concatenate(list(resample_counts(50, 40, seed=5))), whole)


def test_intervals_are_reproducible_and_do_not_depend_on_blocks_or_order(monkeypatch: pytest.MonkeyPatch) -> None:
    table = made(333)
    first = intervals(table["estimate"], table["price"], seed=1, resamples=200)
    for sales in (table, table.assign(price=table["price"].round(-2) + 100)):
        shuffled = sales.sample(frac=1, random_state=2)
        found, again = (intervals(rows["estimate"], rows["price"], seed=1, resamples=200) for rows in (sales, shuffled))
        pd.testing.assert_frame_equal(found[["low", "high"]], again[["low", "high"]], rtol=0, atol=0)
    for cells in (1, 1000, 10**6):
        monkeypatch.setattr(ratio_intervals, "CELLS", cells)
        again = intervals(table["estimate"], table["price"], seed=1, resamples=200)
        pd.testing.assert_frame_equal(again, first, rtol=0, atol=0)
    other = intervals(table["estimate"], table["price"], seed=2, resamples=200)
    assert (other["low"] != first["low"]).all()


def test_intervals_hold_the_values_of_the_formulas() -> None:
    table = made(200)
    found = intervals(table["estimate"], table["price"], seed=1)
    assert found.index.tolist() == list(STATISTICS)
    assert found["n"].eq(200).all()
    assert found["finding"].eq("").all()
    assert (found["low"] < found["high"]).all()
    for name, formula in FORMULAS.items():
        assert found.loc[name, "value"] == formula(table["estimate"], table["price"])
        assert found.loc[name, "low"] < found.loc[name, "value"] < found.loc[name, "high"]
    wider = intervals(table["estimate"], table["price"], seed=1, level=0.99)
    assert (wider["low"] < found["low"]).all()


def test_percentiles_are_those_of_the_resamples() -> None:
    table = made(60)
    ordered = sorted_sales(read_sales(table["estimate"], table["price"], "test"))
    drawn = np.concatenate([counted_statistics(ordered, counts) for counts in resample_counts(60, 500, seed=9)])
    found = intervals(table["estimate"], table["price"], seed=9, resamples=500, level=0.9)
    for column, name in enumerate(STATISTICS):
        expected = pd.Series(drawn[:, column]).quantile([0.05, 0.95]).tolist()
        assert found.loc[name, ["low", "high"]].tolist() == pytest.approx(expected, rel=1e-12)


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    # The ratios are exp(σ z) with a standard normal z: their median is 1, E |r − 1| = exp(σ²/2) (2 Φ(σ) − 1).
    from scipy.stats import norm

    sigma, rounds = 0.2, examples(200)
    truth = {"median": 1.0, "cod": 100 * np.exp(sigma**2 / 2) * (2 * norm.cdf(sigma) - 1)}
    hits = dict.fromkeys(truth, 0)
    for seed in range(rounds):
        table = made(120, seed=seed)
        found = intervals(table["estimate"], table["price"], seed=seed, resamples=200)
        for name, value in truth.items():
            hits[name] += found.loc[name, "low"] <= value <= found.loc[name, "high"]
    assert all(0.88 <= count / rounds <= 0.99 for count in hits.values()), hits


def test_memory_does_not_grow_with_the_resamples() -> None:
    table = made(20_000)
    peaks = []
    for resamples in (50, 400):
        tracemalloc.start()
        intervals(table["estimate"], table["price"], seed=1, resamples=resamples, level=0.9)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.05 * peaks[0]


def test_small_samples_are_reported_as_such() -> None:
    found = intervals([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 5.0], seed=1)
    assert found[["value", "low", "high"]].isna().all(axis=None)
    assert set(found["finding"]) == {"样点不足：4 宗，少于 5 宗"}
    assert intervals([1.0], [1.0], seed=1, least=1)["finding"].iloc[0] == "样点不足：1 宗，少于 2 宗"


def test_resamples_without_an_answer_are_counted() -> None:
    # Of three sales a resample holds one price only with probability 1/9.
    found = intervals([10.0, 21.0, 33.0], [10.0, 20.0, 30.0], seed=1, least=3)
    assert found.loc["cod", "finding"] == ""
    lost = int(found.loc["mki", "finding"].removeprefix("1000 次重抽样中 ").removesuffix(" 次无定义，未计入"))
    assert 80 < lost < 145
    assert found.loc["prb", "finding"] == found.loc["mki", "finding"]


def test_what_is_not_defined_is_missing_and_said() -> None:
    found = intervals([90.0, 95.0, 100.0, 105.0, 110.0], [100.0] * 5, seed=1)
    assert found.loc[["mki", "ki"], "finding"].eq("无定义：各样点的价值没有差别").all()
    assert found.loc[["mki", "ki"], ["value", "low", "high"]].isna().all(axis=None)
    assert found.loc["median", "value"] == 1


@pytest.mark.parametrize(("resamples", "level"), [(0, 0.95), (39, 0.95), (100, 1.0), (100, 0.0), (1000, 95)])
def test_intervals_refuse_levels_that_resamples_cannot_give(resamples: int, level: float) -> None:
    with pytest.raises(BadValueError, match="置信水平"):
        intervals([1.0, 2.0], [1.0, 2.0], seed=1, resamples=resamples, level=level)


# --- the study -------------------------------------------------------------------------------------------------


def study(table: pd.DataFrame, by: list[str], **changes: object) -> pd.DataFrame:
    with pytest.warns(UnverifiedRuleWarning, match="PRB"):
        return ratio_study(table, by=by, seed=1, **({"resamples": 200} | changes))  # type: ignore[arg-type]


def grouped() -> pd.DataFrame:
    table = made(130).assign(use="商服", township="甲镇")
    table.loc[60:, "township"] = "乙镇"
    table.loc[115:, "use"] = "工业"
    table.loc[127:, "township"] = "丙镇"
    return table


def test_every_group_is_studied_by_itself() -> None:
    table = grouped()
    before = table.copy()
    found = study(table, ["use", "township"])
    pd.testing.assert_frame_equal(table, before)
    assert found.index.names == ["use", "township"]
    assert found["n"].to_dict() == {
        ("商服", "乙镇"): 55,
        ("商服", "甲镇"): 60,
        ("工业", "丙镇"): 3,
        ("工业", "乙镇"): 12,
    }
    group = table[:60]
    for name, formula in FORMULAS.items():
        assert found.loc[("商服", "甲镇"), name] == formula(group["estimate"], group["price"])
    alone = study(group, ["use", "township"])
    pd.testing.assert_series_equal(alone.loc[("商服", "甲镇")], found.loc[("商服", "甲镇")])
    few = found.loc[("工业", "丙镇")]
    assert (few["verdict"], few["finding"]) == ("样点不足", "样点不足：3 宗，少于 5 宗")
    assert few.drop(["n", "verdict", "finding"]).isna().all()


def test_groups_of_the_same_sales_draw_for_themselves() -> None:
    table = pd.concat([made(40).assign(use="商服"), made(40).assign(use="工业")])
    found = study(table, ["use"])
    assert found["cod"].nunique() == 1
    assert found["cod_low"].nunique() == 2


def test_one_column_and_no_column_of_groups() -> None:
    table = grouped()
    assert study(table, ["use"]).index.tolist() == ["商服", "工业"]
    found = study(table, [])
    assert found.index.tolist() == ["全部"]
    assert found["median"].tolist() == [median_ratio(table["estimate"], table["price"])]


def test_verdict_of_table_1_1() -> None:
    # Median 0.864, COD 29.8, PRD 0.98, PRB 0.232, MKI 1.137 of 36 sales: everything but the level and PRD is far out.
    (verdict,) = study(printed_table("table_1_1"), [])["verdict"]
    assert verdict.split("；水平")[0].startswith(
        "水平偏低（比率中位数 0.864，应在 0.9 与 1.1 之间；置信区间仍触及，不能断定）"
    )
    assert "离散偏大（COD 29.8，应不大于 20）" in verdict
    assert "累进（高价地评得偏高）（PRB 0.232" in verdict
    assert "累进程度不可接受（PRB 0.232" in verdict
    assert "PRD" not in verdict


def test_few_sales_are_judged_by_ranks() -> None:
    # Table 1-4 has 17 sales: PRB 0.135 does not count, the rank correlation 0.52 (p = 0.034) does.
    (verdict,) = study(printed_table("table_1_4"), [])["verdict"]
    assert "PRB" not in verdict
    assert verdict.endswith("累进（等级相关 0.52，p = 0.034）")
    (strict,) = study(printed_table("table_1_4"), [], level=0.99)["verdict"]
    assert "等级相关" not in strict


def test_verdicts_at_the_ends_of_bands() -> None:
    price = np.linspace(100, 400, 40)
    level = pd.DataFrame({"estimate": price * np.tile([1.04, 0.92], 20), "price": price})
    assert study(level, [])["verdict"].tolist() == ["符合"]
    copied = study(level.assign(estimate=level["price"] * np.tile([1.01, 0.99], 20)), [])["verdict"].item()
    assert copied.startswith("疑似追价（COD 1.0，应不小于 5")
    narrow = Band("median", "全部", 0.98, 1.0, "低", "高", "测试", True)
    vertical = band_of(ratio_bands("土地"), "vertical_sales")
    found = ratio_study(level.assign(estimate=price), by=[], seed=1, bands=[narrow, vertical], resamples=200)
    assert found["verdict"].tolist() == ["符合"]
    assert (narrow.meaning(0.9799), narrow.meaning(0.98), narrow.meaning(1.0001)) == ("低", "", "高")


def test_a_statistic_without_a_value_is_no_pass() -> None:
    table = pd.DataFrame({"estimate": np.tile([94.0, 106.0], 12), "price": 100.0})
    row = study(table, []).iloc[0]
    assert "MKI 无定义" in row["verdict"]
    assert "MKI 无定义：各样点的价值没有差别" in row["finding"]


def test_bands_are_those_of_the_kind() -> None:
    assert {band.high for band in ratio_bands("住宅") if band.statistic == "cod"} == {15, np.inf}
    assert {band.high for band in ratio_bands("乡村土地") if band.statistic == "cod"} == {25, np.inf}
    with pytest.raises(BadValueError, match="住宅、土地、乡村土地"):
        ratio_bands("林地")
    for kind in ("住宅", "土地", "乡村土地"):
        for band in ratio_bands(kind):
            assert band.source
            assert band.low < band.high
            assert not (band.verified and any(word in band.source for word in ("凭记忆", "未见原文", "转引")))
    with pytest.raises(BadValueError, match="现有 2 条"):
        band_of(ratio_bands("土地"), "cod")


def test_the_study_refuses_what_it_cannot_group_or_find() -> None:
    table = grouped()
    with pytest.raises(MissingColumnError, match="grade"):
        ratio_study(table, by=["grade"], seed=1)
    with pytest.raises(MissingColumnError, match="price"):
        ratio_study(table.drop(columns="price"), by=[], seed=1)
    with pytest.raises(BadValueError, match="分组列应逐宗填写"):
        ratio_study(table.assign(use=table["use"].where(table.index != 5)), by=["use"], seed=1)
    with pytest.raises(BadValueError, match="5 = 0"):
        ratio_study(table.assign(price=table["price"].where(table.index != 5, 0.0)), by=["use"], seed=1)
    with pytest.raises(BadValueError, match="只有 0 宗"):
        ratio_study(table[:0], by=["use"], seed=1)


def test_classes_of_value_are_of_equal_number() -> None:
    table = made(100).set_axis([f"p{i}" for i in range(100)])
    found = price_classes(table["estimate"], table["price"], classes=4)
    assert_same_index(found, table)
    assert found.value_counts().to_dict() == {1: 25, 2: 25, 3: 25, 4: 25}
    value = table["estimate"] / median_ratio(table["estimate"], table["price"]) + table["price"]
    assert value.groupby(found).agg(["min", "max"]).to_numpy().ravel().tolist() == sorted(
        value.groupby(found).agg(["min", "max"]).to_numpy().ravel()
    )
    assert price_classes([5, 5, 5, 9], [5, 5, 5, 9], classes=2).tolist() == [1, 1, 1, 2]
    with pytest.raises(BadValueError, match="至少两档"):
        price_classes([1, 2], [1, 2], classes=1)
    with pytest.raises(BadValueError, match="至少要 3 宗"):
        price_classes([1, 2], [1, 2], classes=3)
