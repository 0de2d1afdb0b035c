"""Distances along roads, against networks whose ways are known: by hand, and by Floyd–Warshall."""

from __future__ import annotations

import math
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, Point

from landmarket.errors import BadValueError, CrsError
from landmarket.pricing.factors import governing_facilities, point_scores, road_network
from tests.hunting import examples

CRS = "EPSG:4547"
Place = tuple[float, float]
MILLIMETRES = 0.005
"""Coordinates are kept to a millimetre: a way of a few pieces may be off by a few of them [m]."""


def roads_of(*lines: list[Place] | LineString | MultiLineString) -> gpd.GeoDataFrame:
    shapes = [LineString(line) if isinstance(line, list) else line for line in lines]
    return gpd.GeoDataFrame(geometry=shapes, crs=CRS)


def way(roads: gpd.GeoDataFrame, start: Place, end: Place) -> float:
    return float(road_network(roads).distances(np.array([start], dtype=float), np.array([end], dtype=float))[0, 0])


CROSS = roads_of([(-100, 0), (100, 0)], [(0, -100), (0, 100)])


def test_roads_that_cross_are_joined() -> None:
    assert way(CROSS, (-60, 0), (0, 80)) == pytest.approx(140)
    network = road_network(CROSS)
    assert (len(network.segments), network.nodes) == (4, 5)
    assert repr(network) == "<RoadNetwork 4 段，5 个结点>"


def test_ways_to_and_from_the_road_count() -> None:
    assert way(CROSS, (-60, 7), (3, 80)) == pytest.approx(7 + 140 + 3)


def test_two_spots_beside_the_same_piece_go_along_it() -> None:
    assert way(CROSS, (20, 5), (70, -5)) == pytest.approx(5 + 50 + 5)
    assert way(CROSS, (20, 5), (20, 5)) == pytest.approx(10)


def test_beyond_the_end_of_a_road() -> None:
    assert way(CROSS, (130, 40), (50, 0)) == pytest.approx(math.hypot(30, 40) + 50)


def test_the_shorter_way_round_a_triangle() -> None:
    triangle = roads_of([(0, 0), (300, 0), (0, 400), (0, 0)])
    assert way(triangle, (0, 0), (0, 400)) == pytest.approx(400)
    assert way(triangle, (300, 0), (0, 400)) == pytest.approx(500)
    # through the right angle 100 + 399 and 290 + 399, through the other corner 200 + 501 and 10 + 501
    assert way(triangle, (100, 0), (0, 399)) == pytest.approx(499)
    assert way(triangle, (290, 0), (0, 399)) == pytest.approx(511)


def test_a_bend_is_followed() -> None:
    bent = roads_of([(0, 0), (0, 300), (400, 300), (400, 0)])
    assert way(bent, (0, 0), (400, 0)) == pytest.approx(1000)


def test_parts_and_doubled_roads_change_nothing() -> None:
    halves = MultiLineString([[(-100, 0), (0, 0)], [(0, 0), (100, 0)]])
    parts = roads_of(halves, [(0, -100), (0, 100)], [(-50, 0), (70, 0)])
    for start, end in (((-60, 7), (3, 80)), ((-90, 1), (90, 1))):
        assert way(parts, start, end) == pytest.approx(way(CROSS, start, end))


@pytest.mark.parametrize("foot", [(300.0, 99.9), (333.33, 333.33 * 0.333), (617.1234567, 617.1234567 * 0.333)])
def test_a_road_that_ends_on_a_slanting_one_is_joined(foot: Place) -> None:
    # the foot lies on the line up to the last digits, as snapped data have it, and the line has no vertex there
    slanting = roads_of([(0, 0), (1000, 333)], [foot, (foot[0], 900.0)])
    expected = math.hypot(*foot) + 900 - foot[1]
    assert way(slanting, (0, 0), (foot[0], 900.0)) == pytest.approx(expected, abs=MILLIMETRES)


def test_a_gap_is_a_gap() -> None:
    apart = roads_of([(0, 0), (1000, 0)], [(500, 0.5), (500, 900)])
    assert way(apart, (0, 0), (500, 900)) == math.inf


def test_nothing_beyond_the_limit() -> None:
    network = road_network(CROSS)
    start, end = np.array([[-60.0, 7.0]]), np.array([[3.0, 80.0]])
    assert network.distances(start, end, limit=150.0)[0, 0] == pytest.approx(150)
    assert network.distances(start, end, limit=149.9)[0, 0] == math.inf


def test_what_cannot_be_reached_has_no_score() -> None:
    apart = roads_of([(0, 0), (1000, 0)], [(0, 300), (1000, 300)])
    units = gpd.GeoDataFrame(geometry=[Point(100, 0), Point(100, 300)], index=["near", "over"], crs=CRS)
    hospital = gpd.GeoDataFrame({"score": [80.0], "radius": [1000.0]}, geometry=[Point(600, 0)], crs=CRS)
    found = governing_facilities(units, hospital, roads=road_network(apart))
    assert found["score"].to_dict() == {"near": 40.0, "over": 0.0}
    assert found["facility"].to_dict() == {"near": 0, "over": -1}
    assert math.isnan(found["distance"]["over"])
    assert point_scores(units, hospital)["over"] > 0


def test_of_equal_facilities_along_roads_the_first_governs() -> None:
    units = gpd.GeoDataFrame(geometry=[Point(0, 0)], crs=CRS)
    ends = [Point(50, 0), Point(-50, 0), Point(0, 50)]
    # with another radius in between they are looked at in another order than they stand in
    for reach in ([200.0, 200.0, 200.0], [200.0, 100.0, 200.0]):
        layer = gpd.GeoDataFrame({"score": [60.0] * 3, "radius": reach}, geometry=ends, crs=CRS)
        found = governing_facilities(units, layer, roads=road_network(CROSS))
        assert (found["facility"].tolist(), found["score"].tolist()) == ([0], [45.0])


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(BadValueError, match="没有线"):
        road_network(gpd.GeoDataFrame(geometry=[Point(0, 0)], crs=CRS))
    with pytest.raises(BadValueError, match="没有线"):
        road_network(CROSS.iloc[:0])
    with pytest.raises(BadValueError, match="1 毫米"):
        road_network(roads_of([(0, 0), (0.0001, 0)]))
    with pytest.raises(CrsError, match="度"):
        road_network(CROSS.set_crs("EPSG:4490", allow_override=True))
    with pytest.raises(CrsError, match="没有坐标系"):
        road_network(CROSS.set_crs(None, allow_override=True))


def test_a_speck_among_the_roads_does_no_harm() -> None:
    specks = roads_of([(-100, 0), (100, 0)], [(0, -100), (0, 100)], [(5, 5), (5.0001, 5)])
    assert way(specks, (-60, 0), (0, 80)) == pytest.approx(140)


def floyd_warshall(lines: list[tuple[Place, Place]], spots: list[Place]) -> np.ndarray:
    """All ways between spots along straight lines: cut at every crossing, each spot joined to its nearest line."""
    shapes = [LineString(line) for line in lines]
    on: list[set[Place]] = [{line[0], line[1]} for line in lines]
    for i, one in enumerate(shapes):
        for j, other in enumerate(shapes[:i]):
            for point in shapely.get_coordinates(shapely.intersection(one, other)).tolist():
                on[i].add(tuple(point))
                on[j].add(tuple(point))
    aside, feet = [], []
    for spot in spots:
        near = min(range(len(shapes)), key=lambda at: Point(spot).distance(shapes[at]))
        foot = shapes[near].interpolate(shapes[near].project(Point(spot)))
        feet.append((foot.x, foot.y))
        on[near].add((foot.x, foot.y))
        aside.append(Point(spot).distance(foot))
    names = sorted({(round(x, 3), round(y, 3)) for places in on for x, y in places})
    number = {name: at for at, name in enumerate(names)}
    table = np.full((len(names), len(names)), np.inf)
    np.fill_diagonal(table, 0.0)
    for line, places in zip(lines, on, strict=True):
        row = sorted(places, key=lambda place: math.dist(place, line[0]))
        for one, other in pairwise(row):
            a, b = number[round(one[0], 3), round(one[1], 3)], number[round(other[0], 3), round(other[1], 3)]
            table[a, b] = table[b, a] = min(table[a, b], math.dist(one, other))
    for via in range(len(names)):
        table = np.minimum(table, table[:, via, None] + table[None, via, :])
    at = [number[round(x, 3), round(y, 3)] for x, y in feet]
    return table[np.ix_(at, at)] + np.add.outer(aside, aside)


@pytest.mark.parametrize("seed", range(6))
def test_distances_against_floyd_warshall(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ends = rng.integers(0, 1000, (9, 2, 2)).astype(float)
    lines = [(tuple(a), tuple(b)) for a, b in ends.tolist()]
    spots = [tuple(spot) for spot in rng.uniform(-50, 1050, (12, 2)).tolist()]
    expected = floyd_warshall(lines, spots)
    places = np.array(spots)
    found = road_network(roads_of(*map(list, lines))).distances(places, places)
    assert np.isinf(found).tolist() == np.isinf(expected).tolist()
    assert np.isfinite(expected).sum() > len(spots)  # some lines do meet
    np.testing.assert_allclose(found[np.isfinite(found)], expected[np.isfinite(expected)], atol=0.02)


cells = st.tuples(st.integers(0, 12), st.integers(0, 12)).map(lambda cell: (100.0 * cell[0], 100.0 * cell[1]))
networks = st.lists(st.tuples(cells, cells).filter(lambda ends: ends[0] != ends[1]), min_size=1, max_size=7)
anywhere = st.lists(st.tuples(st.floats(-300, 1500), st.floats(-300, 1500)), min_size=1, max_size=5)


@settings(max_examples=examples(60), deadline=None)
@given(networks, anywhere, anywhere)
def test_no_way_is_shorter_than_the_straight_one(
    lines: list[tuple[Place, Place]], here: list[Place], there: list[Place]
) -> None:
    network = road_network(roads_of(*map(list, lines)))
    points, places = np.array(here), np.array(there)
    ways = network.distances(points, places)
    straight = np.hypot(*(places[:, None, :] - points[None, :, :]).transpose(2, 0, 1))
    assert ways.shape == straight.shape
    assert (ways >= straight - MILLIMETRES).all()
    back = network.distances(places, points).T
    np.testing.assert_allclose(np.nan_to_num(ways, posinf=-1), np.nan_to_num(back, posinf=-1), atol=1e-6)


hospitals = st.lists(st.tuples(cells, st.integers(10, 100), st.integers(100, 1500)), min_size=1, max_size=6)


@settings(max_examples=examples(30), deadline=None)
@given(networks, anywhere, hospitals)
def test_scores_along_roads_are_the_best_of_all_pairs(
    lines: list[tuple[Place, Place]], here: list[Place], drawn: list[tuple[Place, int, int]]
) -> None:
    network = road_network(roads_of(*map(list, lines)))
    units = gpd.GeoDataFrame(geometry=[Point(spot) for spot in here], crs=CRS)
    layer = gpd.GeoDataFrame(
        {"score": [float(score) for _, score, _ in drawn], "radius": [float(reach) for _, _, reach in drawn]},
        geometry=[Point(place) for place, _, _ in drawn],
        crs=CRS,
    )
    ways = network.distances(np.array(here), np.array([place for place, _, _ in drawn]))
    found = governing_facilities(units, layer, roads=network)
    for unit, own in enumerate(found.itertuples()):
        reached = [max(0.0, score * (1 - ways[at, unit] / reach)) for at, (_, score, reach) in enumerate(drawn)]
        assert own.score == pytest.approx(max(reached), abs=1e-9)
        if own.score > 0:
            equal = [at for at, score in enumerate(reached) if score == pytest.approx(own.score, abs=1e-9)]
            assert own.facility == equal[0]
