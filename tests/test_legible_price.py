"""The compilers of legible price models against prices whose truth is known in closed form."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, CrsError, IndexMismatchError, MissingColumnError
from landmarket.pricing.legible.correction_rows import OTHER, NumericFactor, PriceTerms, table_rows
from landmarket.pricing.legible.correction_tables import OWN, table_size
from landmarket.pricing.legible.folds import block_folds, random_folds
from landmarket.pricing.legible.graded_price import BORROWED, GradedPrice, grade_price, predict_graded_price
from landmarket.pricing.legible.location_surface import grid_over
from landmarket.pricing.legible.shrunken_fit import robust_weights, solve, solve_signed
from landmarket.pricing.legible.surface_price import SurfacePrice, fit_surface_price, predict_surface_price
from tests.helpers import assert_same_index
from tests.hunting import examples

CRS = "EPSG:4547"
BOUNDS = (0.0, 0.0, 8000.0, 8000.0)
USES = {"工业": 300.0, "商业": 900.0}
ROADS = {"主干道": 1.2, "次干道": 1.0, "支路": 0.9}
FARS = {1.0: 1.0, 1.5: 1.1, 2.0: 1.3, 2.5: 1.4}
TERMS = PriceTerms("price", "use", (NumericFactor("far", "rising"),), ("road",))
WEST, EAST = 1.0, 1.5


def located(table: pd.DataFrame, crs: str | None = CRS) -> gpd.GeoDataFrame:
    """Make points of the columns x and y."""
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["x"], table["y"]), crs=crs)


def sampled(count: int, place: str, seed: int = 7) -> gpd.GeoDataFrame:
    """Samples whose price is base × location × factor tables, exactly: location is two towns, or bilinear."""
    draw = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "x": draw.uniform(100, 7900, count),
            "y": draw.uniform(100, 7900, count),
            "use": draw.choice(list(USES), count),
            "road": draw.choice(list(ROADS), count),
            "far": draw.choice(list(FARS), count),
        },
        index=[f"P{number:04d}" for number in range(count)],
    )
    if place == "towns":
        # Two towns with empty land between them, so that a square is in one of them.
        table["x"] = np.where(table["x"] < 4000, table["x"] / 2, 8000 - (8000 - table["x"]) / 2)
    table["price"] = truth(table, place)
    return located(table)


def truth(table: pd.DataFrame, place: str) -> pd.Series:
    """The price in closed form."""
    if place == "towns":
        location = np.where(table["x"] < 4000, WEST, EAST)
    else:
        location = np.exp(table["x"] / 8000 * 0.5 + table["y"] / 8000 * 0.3 - table["x"] * table["y"] / 64e6 * 0.4)
    return table["use"].map(USES) * table["road"].map(ROADS) * table["far"].map(FARS) * location


@pytest.fixture(scope="module")
def smooth() -> tuple[gpd.GeoDataFrame, SurfacePrice]:
    samples = sampled(300, "smooth")
    return samples, fit_surface_price(samples, TERMS, random_folds(samples, 5, seed=1), BOUNDS, depths=(2, 3))


@pytest.fixture(scope="module")
def towns() -> tuple[gpd.GeoDataFrame, GradedPrice]:
    samples = sampled(300, "towns")
    folds = random_folds(samples, 5, seed=1)
    surface = fit_surface_price(samples, TERMS, folds, BOUNDS, depths=(2, 3))
    return samples, grade_price(surface, samples, folds, counts=(2,))


def coefficients(model: SurfacePrice | GradedPrice, name: str) -> dict[object, float]:
    """One correction table as a mapping."""
    table, key = (model.numbers, "at") if name == "far" else (model.categories, "value")
    rows = table[table["factor"] == name]
    return dict(zip(rows[key], rows["coefficient"], strict=True))


@pytest.mark.parametrize("edition", ["smooth", "towns"])
def test_factor_tables_are_recovered(edition: str, request: pytest.FixtureRequest) -> None:
    _, model = request.getfixturevalue(edition)
    far, road = coefficients(model, "far"), coefficients(model, "road")
    for low, high in itertools.pairwise(FARS):
        assert far[high] / far[low] == pytest.approx(FARS[high] / FARS[low], rel=0.002)
    for name, factor in ROADS.items():
        assert road[name] / road["次干道"] == pytest.approx(factor, rel=0.002)


def test_surface_recovers_prices_it_has_not_seen(smooth: tuple[gpd.GeoDataFrame, SurfacePrice]) -> None:
    samples, model = smooth
    unseen = sampled(200, "smooth", seed=8)
    found = predict_surface_price(model, unseen)
    assert_same_index(found, unseen)
    assert (found["unit_price"] / unseen["price"] - 1).abs().max() < 0.02
    assert (found["unit_price"] / unseen["price"] - 1).abs().median() < 0.002
    assert model.base.set_index("use")["samples"].to_dict() == samples["use"].value_counts().to_dict() | {OTHER: 0}


def test_grades_and_cells_are_recovered(towns: tuple[gpd.GeoDataFrame, GradedPrice]) -> None:
    samples, model = towns
    found = predict_graded_price(model, samples)
    assert_same_index(found, samples)
    assert found["grade"].eq(np.where(samples["x"] < 4000, 2, 1)).all()
    cells = model.cells.set_index(["grade", "use"])["base_price"]
    for use in USES:
        assert cells[1, use] / cells[2, use] == pytest.approx(EAST / WEST, rel=0.01)
    assert cells[1, "商业"] / cells[1, "工业"] == pytest.approx(3.0, rel=0.005)
    assert (found["unit_price"] / samples["price"] - 1).abs().max() < 0.01


@pytest.mark.parametrize("edition", ["smooth", "towns"])
def test_a_row_explains_its_price(edition: str, request: pytest.FixtureRequest) -> None:
    samples, model = request.getfixturevalue(edition)
    predict = predict_surface_price if isinstance(model, SurfacePrice) else predict_graded_price
    before = samples.copy()
    found = predict(model, samples)
    pd.testing.assert_frame_equal(samples, before)
    factors = found.drop(columns=["unit_price", "grade"], errors="ignore")
    assert list(factors.columns[-2:]) == ["系数:far", "系数:road"]
    assert np.allclose(found["unit_price"], factors.prod(axis=1), atol=0.0051)


def test_order_of_rows_does_not_matter_and_a_seed_repeats() -> None:
    samples = sampled(120, "smooth")
    folds = random_folds(samples, 4, seed=3)
    shuffled = samples.sample(frac=1, random_state=2)
    pd.testing.assert_series_equal(random_folds(shuffled, 4, seed=3).reindex(samples.index), folds)
    one = fit_surface_price(samples, TERMS, folds, depths=(2,))
    two = fit_surface_price(shuffled, TERMS, random_folds(shuffled, 4, seed=3), depths=(2,))
    for name in ("base", "nodes", "numbers", "categories", "penalties"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name), check_exact=True)
    assert one.inner_error == two.inner_error
    graded = [grade_price(each, rows, folds, counts=(3,)) for each, rows in ((one, samples), (two, shuffled))]
    pd.testing.assert_frame_equal(graded[0].cells, graded[1].cells, check_exact=True)
    pd.testing.assert_frame_equal(graded[0].squares, graded[1].squares, check_exact=True)


def test_cells_with_too_few_samples_say_that_they_borrow() -> None:
    samples = sampled(300, "towns")
    # Commerce in the west only three times, at twice its price: too few to be believed, its price there is borrowed.
    few = samples[(samples["x"] > 4000) | (samples["use"] == "工业")]
    some = samples[(samples["x"] < 4000) & (samples["use"] == "商业")].iloc[:3].copy()
    some["price"] *= 2
    samples = located(pd.concat([few, some]).drop(columns="geometry"))
    folds = random_folds(samples, 5, seed=1)
    model = grade_price(fit_surface_price(samples, TERMS, folds, BOUNDS, depths=(2, 3)), samples, folds, counts=(2,))
    cells = model.cells.set_index(["grade", "use"])
    assert cells.loc[(2, "商业"), ["samples", "source"]].tolist() == [3, BORROWED]
    assert cells.loc[(1, "商业"), "source"] == OWN
    ratio = cells.loc[(2, "商业"), "base_price"] / cells.loc[(2, "工业"), "base_price"]
    assert ratio == pytest.approx(cells.loc[(1, "商业"), "base_price"] / cells.loc[(1, "工业"), "base_price"], rel=0.05)
    size = table_size(model.cells, model.numbers, model.categories)
    own = model.cells[model.cells["samples"] >= TERMS.least]
    assert size["cells"] == len(model.cells) == 6
    assert size["own_cells"] == len(own) == 3
    assert size["least_samples"] == own["samples"].min()
    assert size["parameters"] == 6 + len(model.numbers) + len(model.categories)


def noisy(samples: gpd.GeoDataFrame, sigma: float) -> gpd.GeoDataFrame:
    """The same samples with independent errors of the logarithm of price."""
    errors = np.random.default_rng(2).normal(0, sigma, len(samples))
    return samples.assign(price=samples["price"] * np.exp(errors))


def test_a_cell_has_a_price_of_its_own_where_its_samples_say_so() -> None:
    samples = sampled(300, "towns")
    special = (samples["x"] > 4000) & (samples["use"] == "工业")
    samples["price"] *= np.where(special, 1.5, 1.0)
    folds = random_folds(samples, 5, seed=1)
    model = grade_price(fit_surface_price(samples, TERMS, folds, BOUNDS, depths=(2, 3)), samples, folds, counts=(2,))
    price = predict_graded_price(model, samples)["unit_price"]
    assert (price / samples["price"] - 1).abs().median() < 0.02


def test_cells_keep_to_grade_and_use_where_their_samples_differ_by_chance() -> None:
    samples = noisy(sampled(300, "towns"), 0.4)
    folds = random_folds(samples, 5, seed=1)
    model = grade_price(fit_surface_price(samples, TERMS, folds, BOUNDS, depths=(2,)), samples, folds, counts=(6,))
    chosen = model.penalties.set_index("table")["log_penalty"]
    assert chosen["grade × use"] >= 2


def test_the_fewest_grades_and_the_coarsest_surface_that_do_are_chosen() -> None:
    samples = noisy(sampled(300, "towns"), 0.1)
    folds = random_folds(samples, 5, seed=1)
    surface = fit_surface_price(samples, TERMS, folds, BOUNDS, depths=(2, 3, 4), tolerance=0.05)
    assert surface.depth == 2
    assert surface.nodes[["column", "row"]].max().tolist() == [4, 4]
    model = grade_price(surface, samples, folds, counts=(12, 6, 2), tolerance=0.05)
    assert model.choices["grades"].tolist() == [2, 6, 12]
    assert model.cells["grade"].max() == 2


def test_values_with_too_few_samples_are_pooled() -> None:
    samples = sampled(60, "smooth")
    samples.loc[samples.index[:4], "road"] = ["甲", "甲", "乙", "乙"]
    assert table_rows(samples, TERMS).texts[1] == [*sorted(ROADS), OTHER]


def test_a_factor_that_means_nothing_is_left_out_and_not_asked_for() -> None:
    samples = sampled(200, "smooth")
    samples["noise"] = np.random.default_rng(1).choice(["a", "b", "c"], len(samples))
    terms = PriceTerms("price", "use", TERMS.numbers, ("road", "noise"))
    samples["price"] *= np.exp(np.random.default_rng(2).normal(0, 0.1, len(samples)))
    model = fit_surface_price(samples, terms, random_folds(samples, 5, seed=1), depths=(2,), tolerance=0.02)
    assert model.terms.categories == ("road",)
    assert len(predict_surface_price(model, samples.drop(columns="noise"))) == len(samples)


def test_monotone_tables_stay_monotone_where_samples_do_not() -> None:
    samples = sampled(200, "smooth")
    samples["price"] *= samples["far"].map({1.0: 1.0, 1.5: 1.0, 2.0: 0.7, 2.5: 1.0})
    folds = random_folds(samples, 5, seed=1)
    free = PriceTerms("price", "use", (NumericFactor("far"),), ("road",))
    for terms, falls in ((TERMS, False), (free, True)):
        far = coefficients(fit_surface_price(samples, terms, folds, depths=(2,)), "far")
        assert bool((np.diff(list(far.values())) < 0).any()) is falls


def test_one_absurd_sample_hardly_moves_the_tables() -> None:
    samples = sampled(200, "smooth")
    samples["price"] *= np.exp(np.random.default_rng(2).normal(0, 0.05, len(samples)))
    folds = random_folds(samples, 5, seed=1)
    spoiled = samples.copy()
    spoiled.loc["P0000", "price"] *= 100
    before, after = (
        predict_surface_price(fit_surface_price(each, TERMS, folds, depths=(2,)), samples)["unit_price"]
        for each in (samples, spoiled)
    )
    assert (after / before - 1).abs().median() < 0.02


def test_outside_the_tables_is_refused_or_taken_at_the_edge(smooth: tuple[gpd.GeoDataFrame, SurfacePrice]) -> None:
    samples, model = smooth
    one = samples.iloc[[0]].copy()
    edge = predict_surface_price(model, one.assign(far=2.5))["unit_price"].iloc[0]
    with pytest.raises(BadValueError, match=r"far.*P0000 = 3\.0.*1—2\.5"):
        predict_surface_price(model, one.assign(far=3.0))
    assert predict_surface_price(model, one.assign(far=3.0), "nearest")["unit_price"].iloc[0] == edge
    with pytest.raises(BadValueError, match=r"road.*P0000 = '小巷'"):
        predict_surface_price(model, one.assign(road="小巷"))
    with pytest.raises(BadValueError, match=r"use.*P0000 = '仓储'"):
        predict_surface_price(model, one.assign(use="仓储"))
    far_away = located(pd.DataFrame(one.drop(columns="geometry")).assign(x=9000.0))
    with pytest.raises(BadValueError, match=r"图幅之外.*P0000"):
        predict_surface_price(model, far_away)
    at_edge = located(pd.DataFrame(one.drop(columns="geometry")).assign(x=8000.0))
    expected = predict_surface_price(model, at_edge)["unit_price"].iloc[0]
    assert predict_surface_price(model, far_away, "nearest")["unit_price"].iloc[0] == expected


@pytest.mark.parametrize(
    ("column", "value", "error", "message"),
    [
        ("price", 0.0, BadValueError, "price.*P0003 = 0"),
        ("price", -1.0, BadValueError, "price.*P0003"),
        ("price", np.nan, BadValueError, "price.*P0003"),
        ("price", np.inf, BadValueError, "price.*P0003"),
        ("far", np.nan, BadValueError, "far.*P0003"),
        ("far", np.inf, BadValueError, "far.*P0003"),
        ("road", None, BadValueError, "road.*P0003"),
        ("use", " ", BadValueError, "use.*P0003"),
    ],
)
def test_bad_samples_are_refused(column: str, value: object, error: type[Exception], message: str) -> None:
    samples = sampled(40, "smooth")
    samples.loc["P0003", column] = value
    with pytest.raises(error, match=message):
        fit_surface_price(samples, TERMS, random_folds(samples, 4, seed=1))


def test_bad_tables_are_refused(smooth: tuple[gpd.GeoDataFrame, SurfacePrice]) -> None:
    samples, model = smooth
    folds = random_folds(samples, 4, seed=1)
    with pytest.raises(MissingColumnError, match="road"):
        fit_surface_price(samples.drop(columns="road"), TERMS, folds)
    with pytest.raises(CrsError, match="度"):
        fit_surface_price(samples.set_crs("EPSG:4490", allow_override=True), TERMS, folds)
    with pytest.raises(CrsError, match="没有坐标系"):
        fit_surface_price(samples.set_crs(None, allow_override=True), TERMS, folds)
    with pytest.raises(CrsError, match="不同"):
        predict_surface_price(model, samples.set_crs("EPSG:4549", allow_override=True))
    with pytest.raises(BadValueError, match="重复"):
        fit_surface_price(located(pd.concat([samples, samples.iloc[:1]])), TERMS, folds)
    with pytest.raises(IndexMismatchError, match="folds"):
        fit_surface_price(samples, TERMS, folds.iloc[1:])
    with pytest.raises(BadValueError, match="只有一组"):
        fit_surface_price(samples, TERMS, folds * 0)
    with pytest.raises(BadValueError, match="样点不足"):
        fit_surface_price(samples.iloc[:0], TERMS, folds.iloc[:0])
    with pytest.raises(BadValueError, match="bounds"):
        fit_surface_price(samples, TERMS, folds, (0, 0, 100, 100))
    with pytest.raises(BadValueError, match="层数"):
        fit_surface_price(samples, TERMS, folds, depths=())
    with pytest.raises(BadValueError, match="级别至少 2"):
        grade_price(model, samples, folds, counts=())
    no_place = samples.copy()
    no_place.loc["P0002", "geometry"] = None
    with pytest.raises(BadValueError, match=r"没有位置.*P0002"):
        predict_surface_price(model, no_place)


def test_folds_of_blocks_keep_a_block_together() -> None:
    samples = sampled(200, "smooth")
    folds = block_folds(samples, 1000, 4, seed=5)
    assert_same_index(folds, samples)
    blocks = (samples["x"] // 1000).astype(str) + "/" + (samples["y"] // 1000).astype(str)
    assert folds.groupby(blocks).nunique().eq(1).all()
    assert sorted(folds.unique()) == [0, 1, 2, 3]
    assert random_folds(samples, 4, seed=5).value_counts().tolist() == [50] * 4
    for call in (lambda: random_folds(samples, 1, seed=1), lambda: block_folds(samples, 10_000, 2, seed=1)):
        with pytest.raises(BadValueError, match="不能分成"):
            call()
    with pytest.raises(BadValueError, match="边长"):
        block_folds(samples, 0, 2, seed=1)


@settings(max_examples=examples(25), deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4))
def test_sums_of_halving_grids_are_bilinear_on_the_finest(seed: int, depth: int) -> None:
    """Brute force: the sum of interpolations equals the interpolation of the sum at any point."""
    draw = np.random.default_rng(seed)
    bounds = (0.0, 0.0, draw.uniform(1, 9), draw.uniform(1, 9))
    grids = [grid_over(bounds, level) for level in range(1, depth + 1)]
    values = [draw.normal(size=grid.size) for grid in grids]
    x, y = draw.uniform(0, bounds[2], 20), draw.uniform(0, bounds[3], 20)
    apart = sum(grid.interpolated(value, x, y) for grid, value in zip(grids, values, strict=True))
    nodes = grids[-1].nodes()
    together = sum(grid.interpolated(value, *nodes) for grid, value in zip(grids, values, strict=True))
    assert np.allclose(grids[-1].interpolated(together, x, y), apart)
    assert np.allclose(grids[-1].shares(x, y) @ together, apart)


@settings(max_examples=examples(25), deadline=None)
@given(st.integers(0, 10**6))
def test_signed_least_squares_is_optimal(seed: int) -> None:
    """The conditions of Karush, Kuhn and Tucker hold, whatever the signs."""
    draw = np.random.default_rng(seed)
    columns, target = draw.normal(size=(30, 6)), draw.normal(size=30)
    gram, moment, diagonal = columns.T @ columns, columns.T @ target, draw.uniform(0.1, 2, 6)
    signs = draw.integers(-1, 2, 6)
    found = solve_signed(gram, moment, diagonal, signs)
    slope = (gram + np.diag(diagonal)) @ found - moment
    assert (found * signs >= 0).all()
    assert np.allclose(slope[(signs == 0) | (np.abs(found) > 1e-9)], 0, atol=1e-8)
    assert (slope * signs >= -1e-8).all()
    assert np.allclose(solve(gram, moment, diagonal), np.linalg.solve(gram + np.diag(diagonal), moment))


def test_robust_weights() -> None:
    # Median 1, so the limit is 1.345 × 1.4826 = 1.994097.
    assert robust_weights(np.array([1.0, -1.0, 0.5, 10.0, -1.0])).round(6).tolist() == [1, 1, 1, 0.19941, 1]
    assert robust_weights(np.zeros(3)).tolist() == [1, 1, 1]
