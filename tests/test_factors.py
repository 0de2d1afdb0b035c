"""Scores of location factors: published answers, closed forms, and plain loops over all pairs."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, Point, Polygon

from landmarket.errors import BadValueError, CrsError, IndexMismatchError, LandMarketError, MissingColumnError
from landmarket.pricing.factors import (
    Decay,
    area_score,
    exponential_decay,
    functional_scores,
    governing_facilities,
    governing_roads,
    influence_radius,
    kind_scores,
    level_radii,
    linear_decay,
    overlay_functions,
    point_scores,
    road_influence,
    road_scores,
    size_index,
    unit_points,
)
from landmarket.pricing.factors.facilities import ready
from tests.helpers import assert_same_index
from tests.hunting import examples
from tests.strategies import EASTING, NORTHING, Place, Site, places, radii, scores, sites

CRS = "EPSG:4547"
ORIGIN = np.array([EASTING, NORTHING])


def decayed(kind: str, score: float, distance: float, radius: float) -> float:
    """The printed formulas: e = F (1 − r), e = F^(1 − r), nothing beyond r = 1."""
    if distance / radius > 1:
        return 0.0
    return float(score * (1 - distance / radius) if kind == "linear" else score ** (1 - distance / radius))


def point_layer(spots: list[Place], **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=[Point(spot) for spot in spots], crs=CRS)


def facilities_of(drawn: list[Site]) -> gpd.GeoDataFrame:
    spots, strengths, reaches = zip(*drawn, strict=True)
    return point_layer(list(spots), score=list(strengths), radius=list(reaches))


def units_of(spots: list[Place]) -> gpd.GeoDataFrame:
    units = point_layer(spots)
    return units.set_index(pd.Index([f"U{number}" for number in range(len(spots), 0, -1)], name="unit"))


def test_published_exponential_decay() -> None:
    # F = 60, D = 3,000 m, d = 1,000 m: 15.33 (http://bbs.woexam.com, tid 277342).
    assert round(exponential_decay(60.0, 1000.0, 3000.0), 2) == 15.33
    assert exponential_decay(60.0, 1000.0, 3000.0) == pytest.approx(15.3262, abs=5e-5)


def test_published_overlay_takes_the_best_of_each_function() -> None:
    # City centre 50, 15, 5; another district centre 20, 4: 75, not the 94 of adding all (same source).
    reached = pd.DataFrame({"市级": [50.0, np.nan], "区级": [15.0, 20.0], "街区级": [5.0, 4.0]})
    assert overlay_functions(reached) == 75
    assert overlay_functions(reached.iloc[:0]) == 0
    with pytest.raises(BadValueError, match="不能为负"):
        overlay_functions(-reached)


def test_published_influence_radius() -> None:
    # D = 0.5642 √(S / n): 100 km² and 4 centres give 2.821 km (https://dybbs8.com/doc-322202403.html).
    assert round(influence_radius(100.0, 4), 3) == 2.821
    assert influence_radius(9.0, 1) == pytest.approx(0.5642 * 3, rel=1e-4)
    # circles of that radius around all centres cover the area once
    assert 7 * math.pi * influence_radius(123.0, 7) ** 2 == pytest.approx(123.0)


def test_roads_of_a_class_reach_halfway_to_the_next() -> None:
    # parallel roads 800 m apart in a square of 8 km: ten roads of 8 km serve 400 m on either side
    assert road_influence(8000.0**2, 10 * 8000.0) == 400.0


def test_size_index_is_a_weighted_mean_of_shares() -> None:
    sizes = pd.DataFrame({"面积": [160.0, 40.0, 80.0], "营业额": [3.0, 9.0, 6.0]}, index=["甲", "乙", "丙"])
    assert size_index(sizes[["面积"]]).tolist() == [100.0, 25.0, 50.0]
    plain = [
        100 * (Fraction(1, 2) * Fraction(area, 160) + Fraction(1, 2) * Fraction(money, 9))
        for area, money in ((160, 3), (40, 9), (80, 6))
    ]
    assert size_index(sizes).tolist() == pytest.approx([float(each) for each in plain], rel=1e-12)
    weighted = size_index(sizes, pd.Series({"营业额": 0.25, "面积": 0.75}))
    assert weighted["乙"] == pytest.approx(100 * (0.75 * 40 / 160 + 0.25))
    assert_same_index(weighted, sizes)


def test_area_score_of_both_directions() -> None:
    values = pd.Series([50.0, 62.0, 98.0, 120.0, 10.0, np.nan], index=list("fedcba"))
    score = area_score(values, 50, 98)
    assert_same_index(score, values)
    assert score.tolist()[:5] == [0.0, 25.0, 100.0, 100.0, 0.0]
    assert math.isnan(score["a"])
    # a negative factor (负向因素) has 100 − e
    pd.testing.assert_series_equal(area_score(values, 98, 50), 100 - score)


@pytest.mark.parametrize(("worst", "best"), [(5, 5), (math.nan, 1), (1, math.inf)])
def test_area_score_needs_a_range(worst: float, best: float) -> None:
    with pytest.raises(BadValueError, match="显著区间"):
        area_score(np.array([1.0]), worst, best)


@settings(max_examples=examples(40), deadline=None)
@given(scores, st.floats(1e-6, 1e7))
def test_decay_at_the_centre_and_at_the_edge(score: float, radius: float) -> None:
    beyond = math.nextafter(radius, math.inf) * (1 + 1e-15)
    assert linear_decay(score, 0.0, radius) == exponential_decay(score, 0.0, radius) == score
    assert (linear_decay(score, radius, radius), exponential_decay(score, radius, radius)) == (0.0, 1.0)
    assert linear_decay(score, beyond, radius) == exponential_decay(score, beyond, radius) == 0.0
    assert linear_decay(score, math.inf, radius) == exponential_decay(score, math.inf, radius) == 0.0


@settings(max_examples=examples(40), deadline=None)
@given(scores, radii, st.lists(st.floats(0, 1), min_size=2, max_size=5))
def test_scores_fall_with_distance(score: float, radius: float, parts: list[float]) -> None:
    away = pd.Series(sorted(parts), index=range(len(parts), 0, -1)) * radius
    for formula in (linear_decay, exponential_decay):
        fallen = formula(score, away, radius)
        assert_same_index(fallen, away)
        assert (fallen.diff().dropna() <= 0).all()
        assert fallen.between(0, score).all()


@pytest.mark.parametrize("formula", [linear_decay, exponential_decay])
@pytest.mark.parametrize(
    ("score", "distance", "radius", "what"),
    [
        (0.0, 1.0, 9.0, "作用分"), (-5.0, 1.0, 9.0, "作用分"), (101.0, 1.0, 9.0, "作用分"),
        (math.nan, 1.0, 9.0, "作用分"),
        (50.0, -1.0, 9.0, "距离"), (50.0, math.nan, 9.0, "距离"),
        (50.0, 1.0, 0.0, "影响半径"), (50.0, 1.0, math.inf, "影响半径"), (50.0, 1.0, math.nan, "影响半径"),
    ],
)  # fmt: skip
def test_decay_refuses_what_has_no_score(
    formula: Callable[..., object], score: float, distance: float, radius: float, what: str
) -> None:
    with pytest.raises(BadValueError, match=what):
        formula(score, distance, radius)
    with pytest.raises(BadValueError, match=rf"{what}.*bad = "):
        formula(
            pd.Series([50.0, score], index=["good", "bad"]),
            pd.Series([1.0, distance], index=["good", "bad"]),
            pd.Series([9.0, radius], index=["good", "bad"]),
        )


@pytest.mark.parametrize(
    ("distance", "radius"),
    [
        (np.ones(2), np.ones(3)),
        (pd.Series([1.0]), np.ones(3)),
        (pd.Series([1.0, 2.0]), pd.Series([1.0, 2.0], index=[1, 0])),
    ],
)
def test_decay_refuses_values_of_different_units(distance: pd.Series, radius: pd.Series) -> None:
    with pytest.raises(IndexMismatchError, match="作用分衰减"):
        linear_decay(60.0, distance, radius)


@pytest.mark.parametrize(
    "call",
    [
        lambda: influence_radius(0.0, 3), lambda: influence_radius(5.0, 0), lambda: influence_radius(math.nan, 3),
        lambda: influence_radius(math.inf, 3), lambda: road_influence(0.0, 5.0), lambda: road_influence(5.0, 0.0),
        lambda: road_influence(5.0, math.nan), lambda: road_influence(math.inf, 5.0),
        lambda: size_index(pd.DataFrame({"a": [1.0, 0.0]})), lambda: size_index(pd.DataFrame({"a": [1.0, math.nan]})),
        lambda: size_index(pd.DataFrame({"a": [1.0, math.inf]})), lambda: size_index(pd.DataFrame({"a": []})),
        lambda: size_index(pd.DataFrame({"a": [1.0], "b": [2.0]}), pd.Series({"a": 1.5, "b": -0.5})),
        lambda: size_index(pd.DataFrame({"a": [1.0], "b": [2.0]}), pd.Series({"a": 1.0, "b": math.nan})),
        lambda: size_index(pd.DataFrame({"a": [1.0], "b": [2.0]}), pd.Series({"a": 0.5, "c": 0.5})),
        lambda: size_index(pd.DataFrame({"a": [1.0], "b": [2.0]}), pd.Series({"a": 0.5, "b": 0.4})),
        lambda: size_index(pd.DataFrame({"a": [1.0]}), pd.Series([0.5, 0.5], index=["a", "a"])),
    ],
)  # fmt: skip
def test_what_cannot_be_computed_is_refused(call: Callable[[], object]) -> None:
    with pytest.raises(BadValueError, match="办法"):
        call()


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(places, min_size=1, max_size=25), sites, st.sampled_from(["linear", "exponential"]))
def test_point_scores_are_the_best_of_all_pairs(spots: list[Place], drawn: list[Site], kind: str) -> None:
    units, facilities = units_of(spots), facilities_of(drawn)
    before = units.copy(), facilities.copy()
    found = governing_facilities(units, facilities, decay=kind)
    assert_same_index(found, units)
    for unit, own in zip(spots, found.itertuples(), strict=True):
        away = [math.hypot(unit[0] - place[0], unit[1] - place[1]) for place, _, _ in drawn]
        reached = [decayed(kind, score, d, reach) for d, (_, score, reach) in zip(away, drawn, strict=True)]
        best = max(reached)
        assert own.score == pytest.approx(best, abs=1e-9)
        assert (own.facility == -1) == math.isnan(own.distance) == (best == 0)
        if best > 0:
            assert own.distance == pytest.approx(away[own.facility], abs=1e-9)
            assert reached[own.facility] == pytest.approx(best, abs=1e-9)
            same = [at for at, site in enumerate(drawn) if site == drawn[own.facility]]
            assert own.facility == same[0]
    pd.testing.assert_series_equal(point_scores(units, facilities, decay=kind), found["score"])
    for left, right in zip(before, (units, facilities), strict=True):
        assert_geodataframe_equal(left, right)


@pytest.mark.parametrize("kind", list(Decay))
def test_many_points_in_deep_cells_have_the_best_of_all_pairs(kind: Decay) -> None:
    rng = np.random.default_rng(41)
    crowd = rng.integers(0, 40, (1500, 2)) * 25.0  # on a lattice, so that many scores are equal
    spots = np.concatenate([crowd, rng.normal(500, 2000, (1500, 2))]) + ORIGIN
    there = np.concatenate([rng.integers(0, 40, (60, 2)) * 25.0, rng.normal(500, 2000, (60, 2))]) + ORIGIN
    score, radius = rng.choice([30.0, 60.0, 90.0], 120), rng.choice([200.0, 800.0, 3000.0], 120)
    facilities = gpd.GeoDataFrame({"score": score, "radius": radius}, geometry=shapely.points(there), crs=CRS)
    found = governing_facilities(point_layer([tuple(spot) for spot in spots.tolist()]), facilities, decay=kind)
    share = np.hypot(*(spots[:, None] - there[None]).transpose(2, 0, 1)) / radius
    reached = score * (1 - share) if kind is Decay.LINEAR else score ** (1 - share)
    every = np.where(share > 1, 0.0, reached)
    np.testing.assert_allclose(found["score"], every.max(axis=1), rtol=0, atol=1e-9)
    first = np.where(every.max(axis=1) > 0, every.argmax(axis=1), -1)
    assert found["facility"].tolist() == first.tolist()


def test_scores_of_each_kind_are_the_scores_of_its_facilities() -> None:
    rng = np.random.default_rng(5)
    spots, there = rng.uniform(0, 5000, (2, 40, 2))
    units = units_of([tuple(spot) for spot in (spots + ORIGIN).tolist()])
    facilities = point_layer(
        [tuple(spot) for spot in (there + ORIGIN).tolist()], score=[60.0] * 40, radius=[1500.0] * 40
    )
    facilities["kind"] = ["学校", "医院"] * 20
    before = units.copy(), facilities.copy()
    found = kind_scores(units, facilities)
    assert_same_index(found, units)
    assert found.columns.tolist() == ["学校", "医院"]
    away = np.hypot(*(spots[:, None] - there[None]).transpose(2, 0, 1))
    for first, kind in enumerate(found.columns):
        best = np.maximum(60.0 * (1 - away[:, first::2] / 1500.0), 0.0).max(axis=1)
        np.testing.assert_allclose(found[kind], best, rtol=0, atol=1e-9)
    for left, right in zip(before, (units, facilities), strict=True):
        assert_geodataframe_equal(left, right)
    with pytest.raises(BadValueError, match=r"kind.*办法：补上设施类别"):
        kind_scores(units, facilities.assign(kind=["学校", ""] * 20))


@settings(max_examples=examples(15), deadline=None)
@given(st.lists(places, min_size=2, max_size=20), sites, st.randoms(use_true_random=False))
def test_no_order_of_units_or_facilities_matters(spots: list[Place], drawn: list[Site], random: object) -> None:
    units, facilities = units_of(spots), facilities_of(drawn)
    plain = point_scores(units, facilities, decay="exponential")
    mixed = units.sample(frac=1, random_state=3)
    pd.testing.assert_series_equal(point_scores(mixed, facilities, decay="exponential"), plain.loc[mixed.index])
    turned = facilities.iloc[::-1]
    pd.testing.assert_series_equal(point_scores(units, turned, decay="exponential"), plain)


@settings(max_examples=examples(25), deadline=None)
@given(st.floats(-9000, 9000), st.floats(50, 9000), st.integers(-2, 2), st.sampled_from([0, 1]))
def test_a_point_exactly_on_the_radius_is_reached(place: float, radius: float, steps: int, axis: int) -> None:
    for there in (place + radius, place - radius):
        for _ in range(abs(steps)):
            there = math.nextafter(there, math.copysign(math.inf, steps))
        if abs(there - place) != radius:  # it was rounded to a place beside the edge
            continue
        spot, centre = ((there, 0.0), (place, 0.0)) if axis == 0 else ((0.0, there), (0.0, place))
        found = governing_facilities(point_layer([spot]), facilities_of([(centre, 60.0, radius)]), decay="exponential")
        assert found["facility"].tolist() == [0]
        assert found["score"].tolist() == [1.0]


BEYOND = math.nextafter(-5769.46 + 5769.0, 1.0)


@pytest.mark.parametrize(("centre", "radius", "there"), [(-34686.7, 6773.3, -27913.4), (-5769.46, 5769.0, BEYOND)])
def test_a_radius_that_rounding_hides(centre: float, radius: float, there: float) -> None:
    """The distance is not above the radius, though there is not within the sum of centre and radius."""
    assert abs(there - centre) <= radius
    facility = facilities_of([((0.0, centre), 60.0, radius)])
    assert point_scores(point_layer([(0.0, there)]), facility, decay="exponential").tolist() == pytest.approx([1.0])
    facility = facilities_of([((centre, 0.0), 60.0, radius)])
    assert point_scores(point_layer([(there, 0.0)]), facility, decay="exponential").tolist() == pytest.approx([1.0])


def test_of_equal_facilities_the_first_governs() -> None:
    there = facilities_of([((EASTING + side, NORTHING), 50.0, 900.0) for side in (300.0, -300.0, 300.0)])
    for kind in Decay:
        assert governing_facilities(point_layer([(EASTING, NORTHING)]), there, decay=kind)["facility"].tolist() == [0]


polylines: st.SearchStrategy[list[Place]] = st.lists(places, min_size=2, max_size=5)
road_shapes = st.one_of(polylines.map(LineString), st.lists(polylines, min_size=1, max_size=3).map(MultiLineString))


@settings(max_examples=examples(40), deadline=None)
@given(
    st.lists(places, min_size=1, max_size=15),
    st.lists(st.tuples(road_shapes, scores, radii), min_size=1, max_size=6),
    st.sampled_from(["linear", "exponential"]),
)
def test_road_scores_are_the_best_of_all_pairs(
    spots: list[Place], drawn: list[tuple[LineString, float, float]], kind: str
) -> None:
    units = units_of([(x + 7.3, y - 11.9) for x, y in spots])
    roads = gpd.GeoDataFrame(
        {"score": [score for _, score, _ in drawn], "radius": [reach for _, _, reach in drawn]},
        geometry=[shape for shape, _, _ in drawn],
        crs=CRS,
    )
    before = roads.copy()
    found = governing_roads(units, roads, decay=kind)
    assert_same_index(found, units)
    assert_geodataframe_equal(before, roads)
    for unit, own in zip(units.geometry, found.itertuples(), strict=True):
        away = [shapely.distance(unit, shape) for shape, _, _ in drawn]
        reached = [decayed(kind, score, d, reach) for d, (_, score, reach) in zip(away, drawn, strict=True)]
        edge = any(abs(d - reach) <= 1e-9 * reach for d, (_, _, reach) in zip(away, drawn, strict=True))
        if edge and kind == "exponential":  # 1 or 0: the last digit of the distance decides
            continue
        assert own.score == pytest.approx(max(reached), abs=1e-9)
        flat = kind == "exponential" and own.score == 1.0  # 1^(1 − r) is 1 at any distance
        if own.facility >= 0 and not flat:
            assert own.distance == pytest.approx(away[own.facility], abs=1e-9)
            assert reached[own.facility] == pytest.approx(max(reached), abs=1e-9)
    pd.testing.assert_series_equal(road_scores(units, roads, decay=kind), found["score"])


def test_a_road_of_no_length_acts_like_a_point() -> None:
    spot = (EASTING, NORTHING)
    roads = gpd.GeoDataFrame({"score": [80.0], "radius": [500.0]}, geometry=[LineString([spot, spot])], crs=CRS)
    assert road_scores(point_layer([(EASTING + 100, NORTHING)]), roads).tolist() == [64.0]


def test_nothing_lies_between_the_parts_of_a_road() -> None:
    west = [(EASTING, NORTHING), (EASTING, NORTHING + 10)]
    parts = MultiLineString([west, [(EASTING + 800, NORTHING), (EASTING + 900, NORTHING)]])
    roads = gpd.GeoDataFrame({"score": [100.0], "radius": [1000.0]}, geometry=[parts], crs=CRS)
    assert road_scores(point_layer([(EASTING + 400, NORTHING)]), roads).tolist() == [60.0]


@settings(max_examples=examples(30), deadline=None)
@given(st.lists(places, min_size=1, max_size=8), st.lists(st.tuples(places, st.integers(0, 2)), min_size=1, max_size=9))
def test_overlay_is_the_sum_over_functions_of_the_best(spots: list[Place], drawn: list[tuple[Place, int]]) -> None:
    levels, given_index, reach = ["县级", "乡级", "村级"], [100.0, 50.0, 15.0], [2500.0, 1200.0, 400.0]
    used = [name for place, name in enumerate(levels) if any(rank == place for _, rank in drawn)]
    level = pd.Series([levels[rank] for _, rank in drawn])
    table = functional_scores(pd.Series([given_index[rank] for _, rank in drawn]), level, used)
    whole = pd.Series(0.0, index=range(len(spots)))
    for name in used:
        radius = pd.Series(reach[levels.index(name)], table.index)
        acting = ready(point_layer([place for place, _ in drawn]), table[name], radius)
        whole += point_scores(point_layer(spots), acting, decay="exponential")
    below = {levels.index(a): given_index[levels.index(b)] for a, b in pairwise(used)}
    for unit, score in zip(spots, whole, strict=True):
        plain = 0.0
        for function in map(levels.index, used):
            strength = given_index[function] - below.get(function, 0.0)
            away = [math.dist(unit, place) for place, rank in drawn if rank <= function]
            plain += max(decayed("exponential", strength, d, reach[function]) for d in away)
        assert score == pytest.approx(plain, abs=1e-9)


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), min_size=3, max_size=12))
def test_functions_add_up_to_the_index(drawn: list[tuple[int, int]]) -> None:
    drawn = [*drawn, (0, 0), (1, 0), (2, 0)]
    levels = ["一级", "二级", "三级"]
    index = pd.Series([float((80, 40, 10)[rank] + more) for rank, more in drawn], index=range(len(drawn), 0, -1))
    level = pd.Series([levels[rank] for rank, _ in drawn], index=index.index)
    table = functional_scores(index, level, levels)
    assert_same_index(table, index)
    np.testing.assert_allclose(table.sum(axis=1), index, rtol=1e-12)
    mean = [Fraction(sum(int(v) for v in index[level == name]), int((level == name).sum())) for name in levels]
    for at, (rank, _) in enumerate(drawn):
        lower = mean[rank + 1] if rank < 2 else Fraction(0)
        assert table.iloc[at, rank] == pytest.approx(float(Fraction(int(index.iloc[at])) - lower), rel=1e-12)
        assert table.iloc[at, :rank].isna().all()


def test_functions_that_cannot_be_told_apart_are_refused() -> None:
    level = pd.Series(["县级", "乡级"], index=["甲", "乙"])
    index = pd.Series([50.0, 20.0], index=["甲", "乙"])
    with pytest.raises(BadValueError, match=r"不高于下一级.*甲 = 20"):
        functional_scores(pd.Series([20.0, 20.0], index=["甲", "乙"]), level, ["县级", "乡级"])
    with pytest.raises(BadValueError, match="乙 = '乡级'"):
        functional_scores(index, level, ["县级"])
    with pytest.raises(BadValueError, match="村级 没有设施"):
        functional_scores(index, level, ["县级", "乡级", "村级"])
    for wrong in (math.nan, 0.0, -1.0, 101.0, math.inf):
        with pytest.raises(BadValueError, match="甲 = "):
            functional_scores(pd.Series([wrong, 20.0], index=["甲", "乙"]), level, ["县级", "乡级"])
    with pytest.raises(IndexMismatchError):
        functional_scores(index.iloc[::-1], level, ["县级", "乡级"])


def test_radii_count_all_higher_levels() -> None:
    # "One at level one, four and one at level two": printed so in teaching texts.
    level = pd.Series(["一级"] + ["二级"] * 4 + ["三级"] * 7)
    given_radii = pd.Series({"一级": math.nan, "二级": math.nan, "三级": 900.0})
    found = level_radii(level, ["一级", "二级", "三级"], 5e8, given_radii)
    assert found.tolist() == pytest.approx([math.sqrt(5e8 / math.pi), math.sqrt(5e8 / (5 * math.pi)), 900.0])
    open_radii = given_radii.where(given_radii.isna())
    assert level_radii(level, list(open_radii.index), 5e8, open_radii)["三级"] == pytest.approx(
        math.sqrt(5e8 / (12 * math.pi))
    )
    with pytest.raises(BadValueError, match="二级 = -1"):
        level_radii(level, ["一级", "二级", "三级"], 5e8, given_radii.replace({math.nan: -1.0}))
    with pytest.raises(BadValueError, match="级别 一级"):
        level_radii(level.iloc[1:], ["一级", "二级", "三级"], 5e8, given_radii)


def test_points_that_stand_for_units() -> None:
    ring = Polygon([(0, 0), (90, 0), (90, 90), (0, 90)], [[(10, 10), (80, 10), (80, 80), (10, 80)]])
    cee = Polygon([(0, 0), (90, 0), (90, 10), (10, 10), (10, 80), (90, 80), (90, 90), (0, 90)])
    shapes = [Point(3, 4), shapely.box(0, 0, 10, 20), ring, cee, LineString([(0, 0), (10, 0)]), Point(1, 2, 99)]
    units = gpd.GeoDataFrame(geometry=shapes, crs=CRS)
    points = unit_points(units)
    assert points[[0, 1, 4, 5]].tolist() == [[3, 4], [5, 10], [5, 0], [1, 2]]
    for place in (2, 3):
        assert shapely.intersects(shapes[place], Point(points[place]))
    assert unit_points(units.iloc[:0]).shape == (0, 2)


def one_facility() -> gpd.GeoDataFrame:
    return facilities_of([((EASTING, NORTHING), 50.0, 900.0)])


@pytest.mark.parametrize(
    ("spoil", "error", "said"),
    [
        (lambda f: f.drop(columns="radius"), MissingColumnError, "radius"),
        (lambda f: f.iloc[:0], BadValueError, "没有设施"),
        (lambda f: f.assign(score=math.nan), BadValueError, "作用分不能用.*0 = nan"),
        (lambda f: f.assign(score=0.0), BadValueError, "作用分不能用"),
        (lambda f: f.assign(score=100.5), BadValueError, "100.5"),
        (lambda f: f.assign(radius=0.0), BadValueError, "影响半径不能用"),
        (lambda f: f.assign(radius=math.inf), BadValueError, "影响半径不能用"),
        (lambda f: f.assign(radius=math.nan), BadValueError, "影响半径不能用"),
        (lambda f: f.set_geometry([None], crs=CRS), BadValueError, "没有图形"),
        (lambda f: f.set_geometry([Point()], crs=CRS), BadValueError, "没有图形"),
        (lambda f: f.set_geometry([Point(math.inf, 0)], crs=CRS), BadValueError, "坐标不是数"),
        (lambda f: f.set_geometry([Point(0, math.nan)], crs=CRS), BadValueError, "坐标不是数"),
        (lambda f: f.to_crs("EPSG:4490"), CrsError, "度"),
        (lambda f: f.to_crs("EPSG:4548"), CrsError, "坐标系不同"),
        (lambda f: f.set_crs(None, allow_override=True), CrsError, "没有坐标系"),
    ],
)
def test_facilities_that_cannot_be_used(
    spoil: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame], error: type[LandMarketError], said: str
) -> None:
    with pytest.raises(error, match=said):
        point_scores(point_layer([(EASTING, NORTHING)]), spoil(one_facility()))


def test_a_score_under_one_would_rise_with_distance() -> None:
    weak = one_facility().assign(score=0.9)
    assert point_scores(point_layer([(EASTING, NORTHING)]), weak).tolist() == [0.9]
    with pytest.raises(BadValueError, match="不小于 1"):
        point_scores(point_layer([(EASTING, NORTHING)]), weak, decay="exponential")


def test_no_units_no_scores() -> None:
    assert not len(point_scores(point_layer([]), one_facility()))


@pytest.mark.parametrize(
    ("shape", "score", "radius", "said"),
    [
        (None, 50.0, 900.0, "没有图形"), (LineString(), 50.0, 900.0, "没有图形"), (Point(0, 0), 50.0, 900.0, "不是线"),
        (shapely.box(0, 0, 1, 1), 50.0, 900.0, "不是线"), (LineString([(0, 0), (1, 1)]), 0.0, 900.0, "作用分"),
        (LineString([(0, 0), (1, 1)]), math.nan, 900.0, "作用分"),
        (LineString([(0, 0), (1, 1)]), 50.0, 0.0, "影响距离"),
        (LineString([(0, 0), (1, 1)]), 50.0, math.nan, "影响距离"),
    ],
)  # fmt: skip
def test_roads_that_cannot_be_used(shape: LineString | None, score: float, radius: float, said: str) -> None:
    good = LineString([(0, 0), (9, 9)])
    roads = gpd.GeoDataFrame({"score": [50.0, score], "radius": [900.0, radius]}, geometry=[good, shape], crs=CRS)
    with pytest.raises(BadValueError, match=rf"道路{said}.*：1"):
        road_scores(point_layer([(0, 0)]), roads.set_index(pd.Index(["好", "1"])))
    with pytest.raises(BadValueError, match="没有道路"):
        road_scores(point_layer([(0, 0)]), roads.iloc[:0])
    with pytest.raises(MissingColumnError, match="score"):
        road_scores(point_layer([(0, 0)]), roads.drop(columns="score"))
