"""Prices of cells, correction tables and the whole notice: what was planted comes back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from statistics import mean, median

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, LandMarketWarning, MissingColumnError, RuleError, UnverifiedRuleWarning
from landmarket.pricing import PriceTable, benchmark_price, read_price_table, write_price_table
from landmarket.pricing.compilation import Compilation, Screen, compile_price_table
from landmarket.pricing.compilation.cells import Curve, cell_prices, cells_of_use, price_curve, rounded
from landmarket.pricing.compilation.correction_tables import far_table, level_table, printed_levels
from landmarket.pricing.compilation.rule import CellAverage, CellKey, FarSource, HalfStep, ScreenKind, Sparse
from landmarket.pricing.corrections import five_level
from landmarket.pricing.price_table import LEVELS
from tests.compiled_county import (
    BASE,
    FAR,
    GRADES,
    connotation,
    deal,
    edition,
    graded,
    lease,
    priced_samples,
    pricing,
    rule,
    samples,
)
from tests.helpers import assert_same_index
from tests.hunting import examples

NAMES = GRADES["商服"]
PRICES = st.lists(st.integers(10_000, 200_000).map(lambda fen: fen / 100), min_size=1, max_size=12)


# Prices of cells


def counted(prices: Mapping[tuple[str, str], Sequence[float]]) -> pd.DataFrame:
    """Samples that count, by township and grade."""
    rows = [(township, grade, float(price)) for (township, grade), own in prices.items() for price in own]
    table = pd.DataFrame(rows, columns=["township", "grade", "standard_price"])
    score = table["grade"].map({"I": 90.0, "II": 60.0, "III": 30.0})
    return table.assign(score=score.astype("float64"))


def cells(
    table: pd.DataFrame, names: Sequence[str] = NAMES, townships: Sequence[str] = ("",), **changes: object
) -> pd.DataFrame:
    """Price the cells of 商服, grades 90, 60 and 30 points good."""
    own = pd.DataFrame(
        [(town, name, 90.0 - 30 * rank) for town in townships for rank, name in enumerate(names)],
        columns=["township", "grade", "score"],
    )
    use = changes.pop("use", pricing("商服"))
    result = cell_prices(table, own, names, use, rule(**changes))  # type: ignore[arg-type] # a use
    return result.set_index(["township", "grade"] if len(townships) > 1 else "grade")


@pytest.mark.parametrize(
    ("price", "multiple", "whole"),
    [
        *((712.5, 5, 715), (712.49, 5, 710), (7.5, 5, 10)),
        *((143.75, 0.5, 144), (143.74, 0.5, 143.5), (0.25, 0.5, 0.5)),
        *((0.35, 0.1, 0.4), (1.15, 0.1, 1.2), (446.435, 0.01, 446.44)),
    ],
)
def test_prices_are_rounded_half_up(price: float, multiple: float, whole: float) -> None:
    assert rounded(price, multiple) == whole
    assert math.isnan(rounded(math.nan, multiple))


@given(st.integers(1, 10**7), st.sampled_from(["0.01", "0.1", "0.5", "1", "5", "10", "25"]))
@settings(max_examples=examples(200))
def test_rounding_is_that_of_decimals(fen: int, multiple: str) -> None:
    price, step = Decimal(fen) / 100, Decimal(multiple)
    exact = (price / step).quantize(Decimal(1), ROUND_HALF_UP) * step
    assert rounded(float(price), float(step)) == float(exact)


@given(PRICES, st.sampled_from(list(CellAverage)))
@example([100.0, 100.0, 100.0, 100.0, 353.24, 1925.37], CellAverage.MEAN)  # 446.435: a tie that floats miss
@settings(max_examples=examples(25), deadline=None)
def test_a_price_is_the_average_of_its_cell(prices: list[float], average: CellAverage) -> None:
    row = cells(counted({("", "I"): prices}), average=average, least_samples=1, round_to=0.01).loc["I"]
    exact = {CellAverage.MEAN: mean, CellAverage.MEDIAN: median}[average]([Decimal(f"{price:.2f}") for price in prices])
    assert row["unit_price"] == float(Decimal(exact).quantize(Decimal("0.01"), ROUND_HALF_UP))
    assert (row["samples"], row["lowest"], row["highest"]) == (len(prices), min(prices), max(prices))
    assert row["mean"] == pytest.approx(mean(prices), abs=0.0051)
    assert row["median"] == pytest.approx(median(prices), abs=0.0051)
    assert row["way"] == "样点"


def test_the_basis_says_how_the_price_came_about() -> None:
    table = counted({("", "I"): [931, 945, 980, 1010], ("", "II"): [640], ("", "III"): [400, 410, 420]})
    evidence = cells(table)
    assert evidence["unit_price"].tolist() == [965, 945, 410]
    assert evidence.loc["I", "basis"] == "4 个样点的中位数"
    assert evidence.loc["II", "basis"] == "样点 1 个，不足 3 个：与 I 级 合并，共 5 个样点"
    assert cells(table, average=CellAverage.MEAN)["unit_price"].tolist() == [965, 900, 410]


def test_a_sparse_grade_joins_the_next_better_one_and_the_best_the_next_worse() -> None:
    table = counted({("", "I"): [900], ("", "II"): [600, 610, 620], ("", "III"): [400, 410]})
    evidence = cells(table)
    assert evidence["way"].tolist() == ["并级", "样点", "并级"]
    assert evidence.loc["I", ["unit_price", "samples"]].tolist() == [rounded(median([900, 600, 610, 620]), 5), 4]
    assert evidence.loc["III", ["unit_price", "samples"]].tolist() == [600, 5]
    assert "与 II 级 合并" in str(evidence.loc["I", "basis"])
    assert "与 II 级 合并" in str(evidence.loc["III", "basis"])


def test_a_grade_that_finds_nobody_to_join_has_no_price() -> None:
    evidence = cells(counted({("", "I"): [900], ("", "II"): [600]}))
    assert evidence["unit_price"].isna().all()
    assert evidence["way"].tolist() == ["无价"] * 3
    assert evidence.loc["III", "basis"] == "样点 0 个，不足 3 个，也没有可借用的依据"
    assert evidence["samples"].tolist() == [1, 1, 0]


def test_the_only_grade_of_a_use_has_nobody_to_join() -> None:
    only = cells(counted({("", "I"): [900]}), names=("I",))
    assert only.loc["I", "way"] == "无价"
    towns = {("东镇", "I"): [900, 910], ("西镇", "I"): [800]}
    whole = cells(counted(towns), names=("I",), townships=("东镇", "西镇"), key=CellKey.TOWNSHIP_GRADE)
    assert whole["unit_price"].tolist() == [900, 900]


def test_a_cell_of_a_township_first_takes_the_grade_of_the_whole_county() -> None:
    table = counted(
        {
            ("东镇", "I"): [900, 910, 920],
            ("西镇", "I"): [700],
            ("东镇", "II"): [600],
            ("西镇", "II"): [500],
            ("东镇", "III"): [400, 410, 420],
        }
    )
    evidence = cells(table, townships=("东镇", "西镇"), key=CellKey.TOWNSHIP_GRADE)
    assert evidence["unit_price"].tolist() == [910, 800, 410, 905, 800, 410]
    assert evidence.loc[("西镇", "I"), "basis"] == "样点 1 个，不足 3 个：与 全县 I 级 合并，共 4 个样点"
    assert evidence.loc[("东镇", "II"), "basis"] == "样点 1 个，不足 3 个：与 I 级 合并，共 6 个样点"
    assert evidence.loc[("西镇", "III"), "basis"] == "样点 0 个，不足 3 个：与 全县 III 级 合并，共 3 个样点"


def test_cells_are_those_that_have_villages() -> None:
    villages = pd.DataFrame(
        {
            "township": ["西镇", "东镇", "东镇", "西镇"],
            "grade": ["II", "I", "II", "II"],
            "score": [50.0, 90.0, 60.0, 40.0],
        }
    )
    county = cells_of_use(villages, NAMES, rule())
    assert county.to_numpy().tolist() == [["", "I", 90.0], ["", "II", 50.0]]
    towns = cells_of_use(villages, NAMES, rule(key=CellKey.TOWNSHIP_GRADE))
    assert towns.to_numpy().tolist() == [["西镇", "II", 45.0], ["东镇", "I", 90.0], ["东镇", "II", 60.0]]


def test_intervals_come_from_seed_and_cell_alone() -> None:
    rng = np.random.default_rng(3)
    own = rng.lognormal(6.6, 0.2, 20).round(2).tolist()
    full = {("", "I"): own, ("", "II"): (rng.lognormal(6, 0.2, 9)).round(2).tolist()}
    ends = ["low", "high"]
    alone = cells(counted({("", "I"): own})).loc["I", ends].tolist()
    assert cells(counted(full)).loc["I", ends].tolist() == alone
    assert cells(counted({("", "I"): own[::-1]})).loc["I", ends].tolist() == alone
    assert cells(counted(full), seed=8).loc["I", ends].tolist() != alone
    assert cells(counted({("", "II"): own})).loc["II", ends].tolist() != alone
    assert alone[0] < median(own) < alone[1]
    one = cells(counted({("", "I"): [700]}), least_samples=1).loc["I"]
    assert one["unit_price"] == 700
    assert one[ends].isna().all()


def test_intervals_of_a_mean_are_near_the_closed_form() -> None:
    # The bootstrap of a mean is near normal with deviation s / √n, s² over n; 1.96 of it hold 95 %.
    own = np.random.default_rng(5).normal(700, 80, 60).round(2)
    row = cells(counted({("", "I"): own.tolist()}), average=CellAverage.MEAN, resamples=4000).loc["I"]
    half = 1.959964 * own.std() / math.sqrt(len(own))
    assert row["low"] == pytest.approx(own.mean() - half, abs=0.1 * half)
    assert row["high"] == pytest.approx(own.mean() + half, abs=0.1 * half)
    wide = cells(counted({("", "I"): own.tolist()}), average=CellAverage.MEAN, resamples=4000, level=0.5).loc["I"]
    assert wide["high"] - wide["low"] == pytest.approx(2 * half * 0.67449 / 1.959964, rel=0.1)


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    rng, covered = np.random.default_rng(11), 0
    for number in range(60):
        own = rng.normal(700, 80, 25).round(2).tolist()
        row = cells(counted({("", "I"): own}), names=("I",), average=CellAverage.MEAN, resamples=300, seed=number)
        covered += bool((row["low"].iloc[0] <= 700) and (row["high"].iloc[0] >= 700))
    assert 50 <= covered <= 60  # 57 expected; fewer than 51 or so once in a thousand


def test_the_curve_over_scores_is_the_planted_one() -> None:
    scores = np.array([20.0, 35.0, 50.0, 80.0, 95.0])
    curve = price_curve(120 * 1.021**scores, scores, 3)
    assert curve is not None
    assert (math.exp(curve.log_a), math.exp(curve.log_b)) == pytest.approx((120, 1.021), rel=1e-12)
    assert curve.price(60) == pytest.approx(120 * 1.021**60, rel=1e-12)
    assert curve.text() == "P = 120.00 × 1.02100^S，5 个样点"


@given(st.lists(st.tuples(st.integers(1, 99), st.integers(100, 2000)), min_size=3, max_size=15))
@settings(max_examples=examples(60))
def test_the_curve_is_the_closed_form_of_least_squares(points: list[tuple[int, int]]) -> None:
    scores = np.array([score for score, _ in points], dtype=np.float64)
    prices = np.array([price for _, price in points], dtype=np.float64)
    x, y = scores - scores.mean(), np.log(prices) - np.log(prices).mean()
    found = price_curve(prices, scores, 3)
    if not (x @ x) or (x @ y) / (x @ x) <= 1e-12:
        assert found is None or abs(found.log_b) < 1e-9
        return
    slope = (x @ y) / (x @ x)
    assert found is not None
    assert found.log_b == pytest.approx(slope, rel=1e-6, abs=1e-12)
    assert found.price(scores.mean()) == pytest.approx(math.exp(np.log(prices).mean()), rel=1e-9)


def test_no_curve_without_a_rise_or_enough_samples() -> None:
    scores = np.array([90.0, 60.0, 30.0])
    assert price_curve(np.array([400.0, 600.0, 900.0]), scores, 3) is None
    assert price_curve(np.array([900.0, 600.0, 400.0]), np.full(3, 50.0), 3) is None
    assert price_curve(np.array([900.0, 600.0, 400.0]), scores, 4) is None
    assert price_curve(np.array([900.0, 600.0]), scores[:2], 1) is None


def test_a_sparse_grade_by_the_curve() -> None:
    table = counted({("", "I"): [120 * 1.02**90] * 3, ("", "II"): [120 * 1.02**60]})
    evidence = cells(table, sparse=Sparse.SCORE)
    assert evidence["way"].tolist() == ["样点", "总分值推算", "总分值推算"]
    assert evidence["unit_price"].tolist() == [rounded(120 * 1.02**score, 5) for score in (90, 60, 30)]
    assert evidence.loc["III", "basis"] == "样点 0 个，不足 3 个：按 P = 120.00 × 1.02000^S，4 个样点 推算，S = 30.00"
    assert evidence[["low", "high"]].isna().all(axis=1).tolist() == [False, True, True]
    flat = cells(counted({("", "I"): [500] * 3, ("", "II"): [500.0]}), sparse=Sparse.SCORE)
    assert flat["way"].tolist() == ["样点", "并级", "无价"]


def test_state_prices_are_borrowed_only_with_ratio_and_price() -> None:
    table = counted({("", "I"): [900, 910, 920]})
    state = pricing("商服", state_ratio=0.8, state_prices={"I": 1200.0, "III": 512.0}, state_source="某政〔2024〕2号")
    evidence = cells(table, use=state)
    assert evidence["way"].tolist() == ["样点", "并级", "国有地价推算"]
    assert evidence.loc["III", "unit_price"] == 410  # 0.8 × 512 = 409.6
    assert evidence.loc["III", "basis"] == "样点 0 个，不足 3 个：国有基准地价 512 × 0.8（某政〔2024〕2号）"
    lacking = pricing("商服", state_ratio=0.8, state_prices={"I": 1200.0}, state_source="x")
    assert cells(table, use=lacking).loc["III", "way"] == "无价"
    assert cells(table, use=pricing("商服")).loc["III", "way"] == "无价"


def test_a_price_that_rounds_to_nothing_is_refused() -> None:
    with pytest.raises(RuleError, match=r"I 级 商服：地价 168\.00 元/㎡ 取整到 500 的倍数为 0"):
        cells(counted({("", "I"): [168, 168, 168]}), round_to=500.0)


# Correction tables


def levels(
    prices: Mapping[str, Sequence[float]], base: Mapping[str, float], weights: Mapping[str, float], **changes: object
) -> pd.DataFrame:
    """Five levels of 商服 in the whole county."""
    table = counted({("", grade): own for grade, own in prices.items()})
    evidence = pd.DataFrame({"township": "", "grade": list(base), "unit_price": list(base.values())})
    use = pricing("商服", factors={name: name for name in weights})
    made, findings = level_table(table, evidence, use, pd.Series(dict(weights)), rule(**changes))
    assert not findings
    return made.set_index(["grade", "factor"])[list(LEVELS)]


def test_levels_of_changyuan() -> None:
    # 长垣县 2011: grade I commercial 770 (580—960), weight 0.25: ±6.169 and ±3.084; grade III industry 120 (115—150).
    made = levels({"I": [580, 770, 960], "III": [115, 120, 150]}, {"I": 770, "III": 120}, {"道路": 0.25, "其余": 0.75})
    assert made.loc[("I", "道路")].tolist() == [6.17, 3.08, 0, -3.08, -6.17]
    assert made.loc[("III", "道路")].tolist() == [6.25, 3.12, 0, -0.52, -1.04]
    whole = levels({"III": [115, 120, 150]}, {"III": 120}, {"全部": 1.0})
    assert whole.loc[("III", "全部"), ["优", "劣"]].tolist() == [25.0, -4.17]


@pytest.mark.parametrize(
    ("whole", "truncated", "half_up"), [(8.59, 4.29, 4.30), (5.85, 2.92, 2.93), (7.02, 3.51, 3.51), (0.01, 0, 0.01)]
)
def test_half_steps_are_truncated_as_published_or_rounded(whole: float, truncated: float, half_up: float) -> None:
    # 8.59 / 4.29 and 5.85 / 2.92 are the published first-grade industrial rows.
    exact = {"优": whole / 100, "较优": whole / 200, "一般": 0.0, "较劣": -whole / 200, "劣": -whole / 100}
    for half_step, half in ((HalfStep.TRUNCATE, truncated), (HalfStep.ROUND, half_up)):
        printed = printed_levels(exact, half_step)
        assert list(printed) == list(LEVELS)
        assert list(printed.values()) == [whole, half, 0, -half, -whole]
        assert all(math.copysign(1, value) == 1 for value in printed.values() if not value)


@given(st.floats(0.3, 1), st.floats(1, 3), st.lists(st.integers(1, 100), min_size=1, max_size=6), st.integers(50, 2000))
@settings(max_examples=examples(25), deadline=None)
def test_the_best_of_all_factors_gives_the_whole_span(low: float, high: float, parts: list[int], base: int) -> None:
    weights = {f"因素{number}": part / 1000 for number, part in enumerate(parts)}
    made = levels({"I": [low * base, base, high * base]}, {"I": float(base)}, weights)
    assert made["优"].sum() == pytest.approx(100 * (high - 1), abs=0.0051 * len(parts))
    assert made["劣"].sum() == pytest.approx(100 * (low - 1), abs=0.0051 * len(parts))
    exact = five_level(base, low * base, high * base, parts[0] / sum(parts))
    assert made.iloc[0]["优"] == pytest.approx(100 * exact["优"], abs=0.0051)
    halves = made[["优", "劣"]].to_numpy() / 2 - made[["较优", "较劣"]].to_numpy()
    assert (np.abs(halves) <= 0.005 + 1e-9).all()
    assert (made["一般"] == 0).all()


def test_the_span_is_that_of_quantiles_and_holds_the_price() -> None:
    prices = [float(price) for price in range(80, 181, 10)]
    made = levels({"I": prices}, {"I": 100.0}, {"全部": 1.0}, span=(0.1, 0.9))
    assert made.loc[("I", "全部")].tolist() == [70, 35, 0, -5, -10]
    above = levels({"I": [110.0, 120.0, 130.0]}, {"I": 100.0}, {"全部": 1.0})
    assert above.loc[("I", "全部")].tolist() == [30, 15, 0, 0, 0]


def test_in_townships_each_sample_is_held_against_the_price_of_its_own_cell() -> None:
    # The west is half as dear as the east; inside each cell prices lie 10 % around their own price.
    table = counted({("东镇", "I"): [900, 1000, 1100], ("西镇", "I"): [450, 500, 550]})
    evidence = pd.DataFrame({"township": ["东镇", "西镇"], "grade": "I", "unit_price": [1000.0, 500.0]})
    use, weights = pricing("商服", factors={"全部": "全部"}), pd.Series({"全部": 0.3})
    made, _ = level_table(table, evidence, use, weights, rule(key=CellKey.TOWNSHIP_GRADE))
    assert made[["grade", *LEVELS]].to_numpy().tolist() == [["I", 10.0, 5.0, 0.0, -5.0, -10.0]]


def test_a_grade_with_few_samples_borrows_the_span_of_the_use() -> None:
    table = counted({("", "I"): [900, 1000, 1100], ("", "II"): [480]})
    evidence = pd.DataFrame({"township": "", "grade": ["I", "II", "III"], "unit_price": [1000.0, 600.0, np.nan]})
    use, weights = pricing("商服", factors={"全部": "全部"}), pd.Series({"全部": 1.0})
    made, findings = level_table(table, evidence, use, weights, rule())
    # Relative prices 0.9, 1, 1.1 and 0.8; the third grade has no price, hence no table.
    assert made["grade"].tolist() == ["I", "II"]
    assert made[["优", "劣"]].to_numpy().tolist() == [[10, -10], [10, -20]]
    assert [(one.severity, one.where, one.value) for one in findings] == [
        ("提示", "用途 商服 II 级", "样点 1 个，该用途共 4 个")
    ]
    none, findings = level_table(table.iloc[:2], evidence.iloc[:1], use, weights, rule())
    assert none.columns.tolist() == ["use", "grade", "factor", *LEVELS]
    assert not len(none)
    assert findings[0].severity == "错误"


def test_a_factor_that_was_not_graded_is_refused() -> None:
    evidence = pd.DataFrame({"township": "", "grade": ["I"], "unit_price": [1000.0]})
    use = pricing("商服", factors={"繁华": "繁华度", "水": "供水"})
    with pytest.raises(RuleError, match="用途 商服：定级因素中没有 繁华度、供水"):
        level_table(counted({("", "I"): [1.0]}), evidence, use, pd.Series({"道路": 1.0}), rule())
    none, findings = level_table(counted({}), evidence, pricing("商服", factors={}), pd.Series(dtype="float64"), rule())
    assert (len(none), findings) == (0, [])


def far_samples(exponent: float, noise: float = 0.0, count: int = 40, seed: int = 2) -> pd.DataFrame:
    """Samples whose price rises with a power of their ratio, as the last edition corrected them."""
    rng = np.random.default_rng(seed)
    ratio = rng.choice([1.0, 1.2, 1.4, 1.6, 2.0], count)
    grade = rng.choice(["I", "II"], count)
    bare = np.where(grade == "I", 900.0, 500.0) * (ratio / 1.4) ** exponent * np.exp(rng.normal(0, noise, count))
    factor = np.array([1 / float(FAR["商服"][f"{each:.1f}"]) for each in ratio])
    added = rng.choice([0.0, 22.0, -8.0], count)
    columns = {"grade": grade, "floor_area_ratio": ratio, "far_factor": factor, "development_correction": added}
    return pd.DataFrame({**columns, "standard_price": bare * factor + added})


def test_ratios_from_samples_give_back_the_planted_power() -> None:
    made, findings = far_table(far_samples(0.45), pricing("商服"), edition(), 5)
    ratios = [float(ratio) for ratio in FAR["商服"]]
    assert made["floor_area_ratio"].tolist() == ratios
    assert made["factor"].tolist() == [round((ratio / 1.4) ** 0.45, 4) for ratio in ratios]
    assert (set(made["use"]), set(made["grade"])) == ({"商服"}, {""})
    assert findings[0].severity == "提示"
    assert findings[0].value.startswith("b = 0.4500，标准误 0.0000，40 个样点")


def test_ratios_from_noisy_samples_are_near_and_their_error_is_that_of_least_squares() -> None:
    table = far_samples(0.45, noise=0.1, count=120)
    _, findings = far_table(table, pricing("商服"), edition(), 5)
    # The same with a dummy for each grade, solved by numpy.
    bare = (table["standard_price"] - table["development_correction"]) / table["far_factor"]
    design = np.column_stack(
        [np.log(table["floor_area_ratio"]), table["grade"].eq("I"), table["grade"].eq("II")]
    ).astype(np.float64)
    solved, rest, _, _ = np.linalg.lstsq(design, np.log(bare), rcond=None)
    error = math.sqrt(rest[0] / (len(table) - 3) * np.linalg.inv(design.T @ design)[0, 0])
    assert findings[0].value == f"b = {solved[0]:.4f}，标准误 {error:.4f}，120 个样点"
    assert abs(solved[0] - 0.45) < 3 * error


@pytest.mark.parametrize(
    ("table", "basis", "severity", "said"),
    [
        (far_samples(0.0, noise=0.1), edition(), "警告", "看不出地价随容积率上升"),
        (far_samples(-0.5, noise=0.05), edition(), "警告", "看不出地价随容积率上升"),
        (far_samples(0.45).assign(floor_area_ratio=1.4), edition(), "警告", "看不出地价随容积率上升"),
        (far_samples(0.45).iloc[:4], edition(), "提示", "样点不足，沿用上一版"),
        (far_samples(0.45).assign(floor_area_ratio=np.nan), edition(), "提示", "样点不足，沿用上一版"),
        (far_samples(0.45).drop(columns="floor_area_ratio"), edition(), "提示", "样点不足，沿用上一版"),
        (far_samples(0.45), edition(far=edition().far.iloc[:0]), "提示", "没有容积率修正表或标准容积率"),
        (far_samples(0.45), connotation(edition(), floor_area_ratio=np.nan), "提示", "没有容积率修正表或标准容积率"),
        (
            far_samples(0.45),
            connotation(edition(), use="商服", grade=["I", "II"], floor_area_ratio=[1.6, 1.4]),
            "提示",
            "各级标准容积率不同",
        ),
    ],
)
def test_ratios_that_samples_do_not_show_stay_as_they_were(
    table: pd.DataFrame, basis: PriceTable, severity: str, said: str
) -> None:
    made, findings = far_table(table, pricing("商服"), basis, 5)
    pd.testing.assert_frame_equal(made, basis.far)
    assert (findings[0].severity, len(findings)) == (severity, 1)
    assert said in findings[0].message


# The whole notice

TRUTH = {
    ("商服", "I"): 960.0,
    ("商服", "II"): 640.0,
    ("商服", "III"): 410.0,
    ("工业", "I"): 175.0,
    ("工业", "II"): 145.0,
}


def planted(each: int = 6) -> pd.DataFrame:
    """Deals and rents that are worth exactly the price of their grade."""
    return priced_samples({cell: [price] * each for cell, price in TRUTH.items()})


def compiled(table: pd.DataFrame, last: PriceTable | None = None, **changes: object) -> Compilation:
    """Compile the county."""
    return compile_price_table(table, graded(), rule(**changes), last or edition())


@pytest.fixture(scope="module")
def exact() -> Compilation:
    """The county whose truth is known; not to be changed by a test."""
    return compiled(planted())


def by_cell(compilation: Compilation, column: str = "unit_price") -> dict[tuple[str, str], object]:
    """A column of the evidence by use and grade."""
    return compilation.evidence.set_index(["use", "grade"])[column].to_dict()


def test_the_planted_prices_come_back_exactly(exact: Compilation) -> None:
    assert by_cell(exact) == TRUTH
    assert by_cell(exact, "median") == TRUTH
    assert by_cell(exact, "lowest") == by_cell(exact, "highest") == TRUTH
    assert set(by_cell(exact, "samples").values()) == {6}
    assert exact.samples["counted"].all()
    expected = [TRUTH[use, grade] for use, grade in exact.samples[["price_use", "grade"]].to_numpy()]
    assert exact.samples["standard_price"].tolist() == expected
    assert repr(exact) == "<Compilation 某县集体建设用地基准地价（编制稿）：5 个价格，采用样点 30/30>"
    shown = exact._repr_html_()
    assert "采用样点 30/30" in shown
    assert shown.endswith(exact.table._repr_html_())


def test_the_sample_table_keeps_its_rows_and_input_is_not_changed() -> None:
    table = planted(3)
    table.loc["Y003", "deal_on"] = pd.NaT
    table.loc["Y004", "village_code"] = None
    before = table.copy(deep=True)
    result = compiled(table)
    pd.testing.assert_frame_equal(table, before)
    assert_same_index(result.samples, table)
    pd.testing.assert_frame_equal(result.samples[list(table.columns)], table)
    assert result.samples.loc[["Y003", "Y004"], "gap"].tolist() == ["没有成交日期", "没有级别：位置不明，或不在县内"]
    assert not result.samples.loc[["Y003", "Y004"], "counted"].any()
    assert result.samples["counted"].sum() == len(table) - 2


FRAMES = ("prices", "grade_ranges", "uses", "dates", "far", "factors", "steps", "development")
KEYS = {"far": ["use", "grade", "floor_area_ratio"], "dates": ["use", "date"]}


def assert_same_notice(left: PriceTable, right: PriceTable) -> None:
    """Two notices state the same; tables that are read by number need not stand in one order."""
    for name in FRAMES:
        frames = [
            getattr(table, name).sort_values(KEYS.get(name, []), ignore_index=True)
            if name in KEYS
            else getattr(table, name)
            for table in (left, right)
        ]
        pd.testing.assert_frame_equal(*frames, obj=name)
    pd.testing.assert_frame_equal(left.connotation.by_use, right.connotation.by_use, obj="connotation")
    texts = [(t.name, t.document, t.source, t.connotation.base_date, t.connotation.rights) for t in (left, right)]
    assert texts[0] == texts[1]
    settings_ = [(t.decimals, t.factor_decimals, t.far_outside, t.formula, t.monthly_growth) for t in (left, right)]
    assert settings_[0] == settings_[1]


def test_the_notice_is_written_and_reads_back_the_same(exact: Compilation, tmp_path: Path) -> None:
    write_price_table(exact.table, tmp_path / "notice")
    assert_same_notice(read_price_table(tmp_path / "notice"), exact.table)


def test_what_is_not_made_anew_is_the_last_editions(exact: Compilation) -> None:
    table, last = exact.table, edition()
    assert table.connotation.base_date == BASE
    assert table.connotation.rights == last.connotation.rights
    for name in ("far", "uses", "steps", "development"):
        pd.testing.assert_frame_equal(getattr(table, name), getattr(last, name))
    pd.testing.assert_frame_equal(table.connotation.by_use, last.connotation.by_use)
    pd.testing.assert_frame_equal(table.dates, rule().index.iloc[3:].reset_index(drop=True))
    assert table.grade_ranges["village"].nunique() == 12
    named = table.grade_ranges.set_index(["use", "village"])["grade"]
    assert named.loc[("商服", "甲村")] == "I"
    assert named.loc[("工业", "丑村")] == "II"


def test_a_notice_for_all_uses_keeps_what_it_says_of_all(tmp_path: Path) -> None:
    last = edition(far=edition().far.assign(use=""))
    stated = last.connotation.by_use.iloc[[0]].assign(use="")
    last = replace(last, connotation=replace(last.connotation, by_use=stated))
    deals = [{**deal("商服", 900), "village_code": "41108100100" + "0"}] * 3
    table = samples(*deals).drop(columns="grade")
    made = compiled(table, last, uses=(pricing("商服"),)).table
    pd.testing.assert_frame_equal(made.far, last.far)
    pd.testing.assert_frame_equal(made.connotation.by_use, stated)
    del tmp_path


def test_a_base_date_between_two_dates_of_the_index_has_its_own_row() -> None:
    # 2024-07-01 is 182 of the 366 days from 97 to 100.
    made = compiled(planted(3).assign(deal_on=pd.Timestamp("2024-01-01")), base_date=date(2024, 7, 1)).table.dates
    assert [f"{day:%Y-%m-%d}" for day in made["date"]] == ["2024-07-01", "2025-01-01", "2026-01-01"]
    assert made["index"].tolist() == [round(97 + 3 * 182 / 366, 4), 100, 100.9]


def parcels_of(compilation: Compilation) -> pd.DataFrame:
    """The samples' own parcels, average in every factor."""
    facts = compilation.samples
    columns = ["township", "price_use", "grade", "floor_area_ratio", "area", "development"]
    factors = dict.fromkeys(compilation.table.factors["factor"].unique(), "一般")
    rented = facts["deal_unit_price"].isna()
    legal = facts["price_use"].map({"商服": 40.0, "工业": 50.0})
    term = facts["term_years"].where(~rented, legal).map(lambda years: f"{years:g}")
    return facts[columns].assign(term=term, **factors)


def test_applied_to_the_samples_own_parcels_the_notice_gives_their_prices_back() -> None:
    rows = []
    villages = graded().villages.drop_duplicates(["use", "grade"]).set_index(["use", "grade"])["village_code"]
    for (use, grade), price in TRUTH.items():
        terms = [(0, ""), (20, "1.1"), (30, "1.9")]
        deals = [deal(use, price, years=years, ratio=ratio) for years, ratio in terms] + [lease(use, price)]
        rows += [{**each, "village_code": villages.loc[use, grade]} for each in deals]
    result = compiled(samples(*rows).drop(columns="grade"))
    assert by_cell(result) == TRUTH
    priced = benchmark_price(parcels_of(result), result.table, on=BASE)
    paid = result.samples["deal_unit_price"]
    known = paid.notna()
    assert (priced.loc[known, "unit_price"] - paid[known]).abs().max() < 0.006
    rents = result.samples.loc[~known, ["price_use", "grade"]].to_numpy()
    assert priced.loc[~known, "unit_price"].tolist() == [TRUTH[use, grade] for use, grade in rents]
    dear = benchmark_price(parcels_of(result).assign(繁华="优", 道路="优"), result.table, on=BASE)
    assert dear["unit_price"].tolist() == priced["unit_price"].tolist()  # equal samples leave nothing to correct


def test_levels_and_prices_span_what_the_samples_paid() -> None:
    spread = {("商服", "I"): [800.0, 900.0, 1000.0, 1100.0, 1200.0]}
    result = compiled(priced_samples(spread), uses=(pricing("商服"),), key=CellKey.GRADE)
    first = result.table.factors[result.table.factors["grade"].eq("I")].set_index("factor")
    # 1000 (800—1200), weights 0.45 and 0.30 of 0.75: ±20 % in all.
    assert first.loc["繁华", list(LEVELS)].tolist() == [12, 6, 0, -6, -12]
    assert first.loc["道路", list(LEVELS)].tolist() == [8, 4, 0, -4, -8]


def test_prices_by_township_and_grade() -> None:
    table = planted(8)
    west = table["village_code"].str.startswith("411081002")
    dearer = table.assign(
        deal_unit_price=table["deal_unit_price"].where(~west, table["deal_unit_price"] * 2),
        unit_rent=table["unit_rent"].where(~west, table["unit_rent"] * 2),
        development="五通一平",
    )
    plain = table["development"].eq("五通一平")
    result = compiled(dearer[plain], key=CellKey.TOWNSHIP_GRADE, least_samples=1, uses=(pricing("商服"),))
    own = result.evidence[result.evidence["way"].eq("样点")].set_index(["township", "grade"])["unit_price"]
    assert len(own) >= 4
    for (township, grade), price in own.items():
        assert price == TRUTH["商服", str(grade)] * (2 if township == "西镇" else 1)
    assert set(result.table.prices["township"]) == {"东镇", "西镇"}
    assert (result.table.factors[list(LEVELS)] == 0).all(axis=None)


def test_ratios_made_from_samples_correct_the_samples_they_were_made_from() -> None:
    # The truth rises with the ratio to the power 0.9, much more than the last edition says: prices on the standard
    # ratio must come out as planted although nearly all samples are denser.
    rng = np.random.default_rng(4)
    villages = graded().villages.drop_duplicates(["use", "grade"]).set_index(["use", "grade"])["village_code"]
    rows = []
    for grade in GRADES["商服"]:
        for ratio in rng.choice([1.2, 1.6, 2.0, 2.0, 2.0], 12):
            price = TRUTH["商服", grade] * (ratio / 1.4) ** 0.9
            rows.append({"deal_unit_price": price, "floor_area_ratio": ratio, "village_code": villages["商服", grade]})
    table = samples(*rows).drop(columns="grade")
    uses = (pricing("商服", far=FarSource.SAMPLES),)
    result = compiled(table, uses=uses)
    assert by_cell(result) == {cell: price for cell, price in TRUTH.items() if cell[0] == "商服"}
    made = result.table.far.set_index("floor_area_ratio")["factor"]
    assert made.to_dict() == {r: round((r / 1.4) ** 0.9, 4) for r in (1.0, 1.2, 1.4, 1.6, 2.0)}
    truth = [TRUTH["商服", str(grade)] for grade in result.samples["grade"]]
    assert (result.samples["standard_price"] - truth).abs().max() < 0.1
    priced = benchmark_price(parcels_of(result), result.table, on=BASE)
    assert (priced["unit_price"] / table["deal_unit_price"] - 1).abs().max() < 1e-4
    kept = compiled(table, uses=(pricing("商服"),))
    assert by_cell(kept)["商服", "I"] > TRUTH["商服", "I"]
    assert "b = 0.9000" in "".join(result.findings["value"])


# Findings


def finding(compilation: Compilation, text: str) -> pd.Series:
    """The one finding whose message has a text."""
    found = compilation.findings[compilation.findings["message"].str.contains(text, regex=False)]
    assert len(found) == 1, compilation.findings
    return found.iloc[0]


def test_a_county_without_trouble_has_no_findings(exact: Compilation) -> None:
    assert not len(exact.findings)


def test_a_better_grade_below_a_worse_one_is_found() -> None:
    turned = {("商服", "I"): [500.0] * 3, ("商服", "II"): [640.0] * 3, ("商服", "III"): [410.0] * 3}
    result = compiled(priced_samples(turned), uses=(pricing("商服"),))
    row = finding(result, "高级别价低于低级别")
    assert (row["severity"], row["where"]) == ("警告", "基准地价表 第 1 行")
    assert "I 500 与 II 640" in row["message"]
    assert result.table.findings["message"].str.contains("高级别价低于低级别").any()


def test_a_use_without_samples_has_no_price_and_an_error() -> None:
    table = planted()
    result = compiled(table[table["price_use"].eq("商服")])
    prices = by_cell(result)
    assert math.isnan(prices["工业", "I"])  # type: ignore[arg-type] # a price
    rows = result.findings[result.findings["where"].str.endswith("工业")]
    assert rows[["severity", "where", "value"]].to_numpy().tolist() == [
        ["错误", "I 级 工业", "无价"],
        ["错误", "II 级 工业", "无价"],
    ]
    assert result.table.prices.set_index(["use", "grade"]).loc["工业", "unit_price"].isna().all()
    assert not result.table.factors["use"].eq("工业").any()


def test_a_grade_with_one_sample_is_a_warning() -> None:
    table = planted()
    third = table.index[table["village_code"].str[-3:].ge("008") & table["price_use"].eq("商服")]
    result = compiled(table.drop(index=third[1:]))
    row = result.findings[result.findings["where"].eq("III 级 商服")].iloc[0]
    assert (row["severity"], row["value"]) == ("警告", "并级")
    assert by_cell(result)["商服", "III"] == 640


def test_findings_count_every_reason_of_every_sample() -> None:
    table = planted()
    table.loc[["Y000", "Y001", "Y002"], "deal_on"] = pd.NaT
    table.loc[["Y001", "Y002"], "village_code"] = None
    table.loc["Y006", "note"] = "关联方：兄弟"
    table.loc["Y007", "note"] = "关联方：父子"
    related = Screen("关联方交易", ScreenKind.TEXT, column="note", words=("关联方",))
    result = compiled(table, screens=(related,))
    rows = result.findings[["value", "where", "message"]].to_numpy().tolist()
    assert rows == [
        ["3 个", "Y000、Y001、Y002", "样点不能修正到价格内涵：没有成交日期"],
        ["2 个", "Y001、Y002", "样点不能修正到价格内涵：没有级别"],
        ["2 个", "Y006、Y007", "样点被剔除：关联方交易"],
    ]
    assert result.samples.loc["Y007", "dropped"] == "关联方交易：“关联方：父子”"
    many = planted()
    many.loc[many.index[:12], "deal_on"] = pd.NaT
    assert finding(compiled(many), "没有成交日期")["where"] == "、".join(f"Y{n:03d}" for n in range(10)) + " 等"


def test_screens_set_outliers_aside_before_prices_are_made() -> None:
    table = planted()
    wild = table.index[table["deal_unit_price"].notna() & table["price_use"].eq("工业")][:1]
    table.loc[wild, "deal_unit_price"] *= 5
    ratio = Screen("偏离", ScreenKind.RATIO, low=0.4, high=2.5)
    mean_of = compiled(table, screens=(ratio,), average=CellAverage.MEAN)
    assert by_cell(mean_of) == TRUTH
    assert mean_of.samples.loc[wild, "dropped"].str.startswith("偏离：为本级中位数的").all()
    assert by_cell(compiled(table, average=CellAverage.MEAN)) != TRUTH


# What always holds


@given(st.lists(st.integers(30_000, 90_000), min_size=9, max_size=20), st.integers(1, 400), st.randoms())
@settings(max_examples=examples(3), deadline=None)
def test_order_does_not_matter_and_dearer_land_makes_dearer_averages(
    fens: list[int], percent: int, random: np.random.Generator
) -> None:
    factor = percent / 100
    home = graded().villages.loc[lambda villages: villages["use"].eq("商服"), "village_code"].to_list()
    prices = [fen / 100 for fen in fens]
    rows = [{"deal_unit_price": p, "village_code": home[n % 12]} for n, p in enumerate(prices)]
    table = samples(*rows).drop(columns="grade")
    screens = (Screen("偏离", ScreenKind.RATIO, low=0.5, high=2.0), Screen("三倍", ScreenKind.SIGMA, k=1.2))
    settings_ = {"uses": (pricing("商服"),), "screens": screens, "round_to": 0.01}
    straight = compiled(table, **settings_)
    order = list(table.index)
    random.shuffle(order)
    shuffled = compiled(table.loc[order], **settings_)
    pd.testing.assert_frame_equal(shuffled.evidence, straight.evidence)
    pd.testing.assert_frame_equal(shuffled.table.factors, straight.table.factors)
    scaled = compiled(table.assign(deal_unit_price=table["deal_unit_price"] * factor), **settings_)
    assert (scaled.samples["dropped"].ne("") == straight.samples["dropped"].ne("")).all()
    averages = ["mean", "median", "lowest", "highest"]
    difference = (scaled.evidence[averages] - factor * straight.evidence[averages]).abs().max(axis=None)
    assert difference <= 0.005 * factor + 0.0101


# Refusals


def test_a_rule_nobody_checked_is_warned_of() -> None:
    with pytest.warns(UnverifiedRuleWarning, match="规则未经核对原文：某县集体建设用地基准地价"):
        compiled(planted(3), verified=False)


def test_a_use_that_was_not_graded_is_refused() -> None:
    with pytest.raises(RuleError, match="用途 工业 没有定级"):
        compile_price_table(planted(3), graded({"商服": GRADES["商服"]}), rule(), edition())


def test_when_no_sample_can_be_used_the_reasons_are_told() -> None:
    table = planted(3).assign(deal_on=pd.NaT)
    with pytest.raises(BadValueError, match=r"没有一个样点可用。原因：没有成交日期（15 个）"):
        compiled(table.astype({"deal_on": "datetime64[s]"}))
    with pytest.raises(BadValueError, match=r"用途 旅游 不在编制范围内"):
        compiled(planted(3).assign(price_use="旅游"))


def test_columns_that_are_needed_are_named() -> None:
    with pytest.raises(MissingColumnError, match="village_code"):
        compiled(planted(3).drop(columns="village_code"))


def test_a_use_of_one_grade_is_compiled() -> None:
    names = {"商服": ("I",), "工业": ("I", "II")}
    table = priced_samples({("商服", "I"): [700.0] * 3, ("工业", "II"): [145.0] * 3}, names=names)
    result = compile_price_table(table, graded(names), rule(), edition())
    assert by_cell(result)["商服", "I"] == 700
    sparse = compile_price_table(table, graded(names), rule(least_samples=4), edition())
    assert by_cell(sparse, "way")["商服", "I"] == "无价"


def test_the_curve_prints_what_it_is() -> None:
    assert Curve(math.log(100), math.log(1.02), 7).text() == "P = 100.00 × 1.02000^S，7 个样点"


def test_nothing_is_warned_of_a_checked_rule(recwarn: pytest.WarningsRecorder) -> None:
    compiled(planted(3))
    assert not [one for one in recwarn if issubclass(one.category, LandMarketWarning)]
