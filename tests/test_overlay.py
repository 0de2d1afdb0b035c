"""Exact shares: against geopandas.overlay, against counting unit squares, and the cases that break simple sums."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, CrsError, MissingColumnError
from landmarket.overlay import at_rows, coverage, key_shares, largest_share, shares
from landmarket.pieces import EQUAL_AREA
from tests.helpers import assert_same_index
from tests.hunting import examples

CRS = "EPSG:4547"
ORIGIN = np.array([480_000.0, 3_780_000.0])
CODES = ["0703", "0901", "1001", "1101"]


def layer(shapes: list[object], codes: list[str] | None = None) -> gpd.GeoDataFrame:
    """Areas with a column ``code``."""
    names = codes if codes is not None else [CODES[i % len(CODES)] for i in range(len(shapes))]
    return gpd.GeoDataFrame({"code": pd.Series(names, dtype="str")}, geometry=list(shapes), crs=CRS)


def parcels_of(shapes: list[object]) -> gpd.GeoDataFrame:
    """Parcels named p0, p1 …"""
    index = pd.Index([f"p{i}" for i in range(len(shapes))], name="parcel_code", dtype="str")
    return gpd.GeoDataFrame(geometry=list(shapes), index=index, crs=CRS)


def polygon(rng: np.random.Generator, reach: float) -> object:
    """A star-shaped polygon, hardly ever convex."""
    corners = int(rng.integers(3, 12))
    angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
    radius = rng.uniform(0.2, 1, corners) * reach
    centre = ORIGIN + rng.uniform(0, 100, 2)
    shape = shapely.Polygon(centre + np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]))
    return shape if shape.is_valid and shape.area > 1 else shapely.box(*centre, *(centre + reach))


def partition(rng: np.random.Generator) -> npt.NDArray[np.object_]:
    """Areas that fill a square and do not overlap."""
    points = shapely.multipoints(ORIGIN + rng.uniform(0, 100, (int(rng.integers(2, 15)), 2)))
    frame = shapely.box(480_000, 3_780_000, 480_100, 3_780_100)
    cells: npt.NDArray[np.object_] = shapely.intersection(
        shapely.get_parts(shapely.voronoi_polygons(points, extend_to=frame)), frame
    )
    return cells


def by_overlay(parcels: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """What a geopandas user would write: parcel, row of the area, area."""
    cut = gpd.overlay(
        parcels.reset_index(), areas.assign(area_row=range(len(areas))), how="intersection", keep_geom_type=True
    )
    return cut.assign(area=cut.area).set_index(["parcel_code", "area_row"])["area"].sort_index()


@settings(deadline=None, max_examples=examples(30))
@given(st.integers(0, 2**32), st.booleans())
def test_same_areas_as_geopandas(seed: int, filled: bool) -> None:
    rng = np.random.default_rng(seed)
    parcels = parcels_of([polygon(rng, 15) for _ in range(rng.integers(1, 12))])
    areas = layer(list(partition(rng)) if filled else [polygon(rng, 60) for _ in range(rng.integers(1, 12))])
    ours = shares(parcels, areas)
    theirs = by_overlay(parcels, areas)
    both = ours.set_index(["parcel_code", "area_row"])["area"].to_frame("ours").join(theirs, how="outer").fillna(0.0)
    assert (both["ours"] - both["area"]).abs().max() <= 1e-6 or both.empty
    whole = parcels.area.reindex(ours["parcel_code"]).to_numpy()
    np.testing.assert_allclose(ours["share"], ours["area"] / whole, rtol=1e-12)


@settings(deadline=None, max_examples=examples(30))
@given(st.integers(0, 2**32))
def test_same_winners_as_geopandas(seed: int) -> None:
    """A partition without overlaps: summing per code is the union, as a geopandas user would do."""
    rng = np.random.default_rng(seed)
    cells = partition(rng)
    areas = layer(list(cells), list(rng.choice(CODES, len(cells))))
    parcels = parcels_of([polygon(rng, 15) for _ in range(8)])
    found = largest_share(parcels, areas, ["code"])
    assert_same_index(found, parcels)
    theirs = by_overlay(parcels, areas).reset_index()
    theirs["code"] = areas["code"].to_numpy()[theirs["area_row"]]
    sums = theirs.groupby(["parcel_code", "code"])["area"].sum().reset_index()
    best = sums.sort_values(["parcel_code", "area"]).drop_duplicates("parcel_code", keep="last")
    best = best.set_index("parcel_code").reindex(parcels.index)
    clear = ~found["tied"]
    assert found.loc[clear, "code"].fillna("").tolist() == best.loc[clear, "code"].fillna("").tolist()
    np.testing.assert_allclose(found["area"], best["area"].fillna(0), atol=1e-6)
    covered = theirs.groupby("parcel_code")["area"].sum().reindex(parcels.index, fill_value=0.0)
    np.testing.assert_allclose(found["gap_share"], 1 - covered / parcels.area, atol=1e-9)
    assert (found["overlap_share"] == 0).all()


squares = st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(1, 5), st.integers(1, 5))


def box(square: tuple[int, int, int, int]) -> object:
    x, y, width, height = square
    return shapely.box(x, y, x + width, y + height)


@settings(deadline=None, max_examples=examples(80))
@given(squares, st.lists(st.tuples(squares, st.sampled_from(CODES[:3])), min_size=1, max_size=7))
def test_against_counting_unit_squares(parcel: tuple[int, int, int, int], zones: list) -> None:
    """On whole numbers every share is a count of unit squares: gaps, overlaps, ties, areas of one code counted once."""
    x, y, width, height = parcel
    under = {code: np.zeros((16, 16), dtype=int) for code in CODES[:3]}
    for (zx, zy, zw, zh), code in zones:
        under[code][zx : zx + zw, zy : zy + zh] += 1
    inside = np.s_[x : x + width, y : y + height]
    areas = layer([box(zone) for zone, _ in zones], [code for _, code in zones])
    found = largest_share(parcels_of([box(parcel)]), areas, ["code"]).iloc[0]
    counts = {code: int((grid[inside] > 0).sum()) for code, grid in under.items()}
    depth = sum(grid[inside] for grid in under.values())
    most = max(counts.values())
    size = width * height
    assert found["overlap_share"] == pytest.approx((depth > 1).sum() / size, abs=1e-9)
    assert found["gap_share"] == pytest.approx((depth == 0).sum() / size, abs=1e-9)
    assert found["area"] == pytest.approx(most, abs=1e-9)
    if most == 0:
        assert pd.isna(found["code"])
        assert not found["tied"]
        return
    winners = [code for code, count in counts.items() if count == most]
    assert found["code"] == min(winners)
    assert found["tied"] == (len(winners) > 1)


@settings(deadline=None, max_examples=examples(15))
@given(st.integers(0, 2**32))
def test_order_is_irrelevant(seed: int) -> None:
    rng = np.random.default_rng(seed)
    parcels = parcels_of([polygon(rng, 15) for _ in range(6)])
    areas = layer([polygon(rng, 50) for _ in range(9)])
    columns = ["code", "area", "share", "tied", "gap_share", "overlap_share"]
    straight = largest_share(parcels, areas, ["code"])[columns]
    shuffled = largest_share(parcels.iloc[rng.permutation(6)], areas.iloc[rng.permutation(9)], ["code"])[columns]
    pd.testing.assert_frame_equal(shuffled.loc[parcels.index], straight, rtol=0, atol=1e-6)


def test_a_parcel_alone_is_as_among_others() -> None:
    rng = np.random.default_rng(5)
    parcels, areas = parcels_of([polygon(rng, 15) for _ in range(9)]), layer([polygon(rng, 50) for _ in range(9)])
    together = largest_share(parcels, areas, ["code"])
    alone = pd.concat([largest_share(parcels.iloc[[i]], areas, ["code"]) for i in range(9)])
    pd.testing.assert_frame_equal(alone, together)


def test_three_areas_on_one_spot_overlap_once() -> None:
    """Sum minus union would say 1.0 of the parcel; half of it lies in more than one area."""
    half = shapely.box(0, 0, 1, 2)
    found = largest_share(parcels_of([shapely.box(0, 0, 2, 2)]), layer([half, half, half]), ["code"]).iloc[0]
    assert (found["overlap_share"], found["gap_share"], found["share"]) == (0.5, 0.5, 0.5)
    assert found["tied"]
    assert found["code"] == "0703"


def test_ground_under_two_areas_of_one_code_counts_once() -> None:
    """0.4 twice is still 0.4, and loses against 0.6."""
    low, high = shapely.box(0, 0, 10, 4), shapely.box(0, 4, 10, 10)
    found = largest_share(
        parcels_of([shapely.box(0, 0, 10, 10)]), layer([low, low, high], ["1001", "1001", "0901"]), ["code"]
    )
    assert found["code"].tolist() == ["0901"]
    assert found["share"].tolist() == [0.6]
    assert found["overlap_share"].tolist() == [pytest.approx(0.4)]


@pytest.mark.parametrize(("shift", "tied"), [(0.0, True), (1e-8, True), (1e-5, False)])
def test_ties_within_a_millionth(shift: float, tied: bool) -> None:
    left, right = shapely.box(0, 0, 5 + shift, 10), shapely.box(5 + shift, 0, 10, 10)
    found = largest_share(
        parcels_of([shapely.box(0, 0, 10, 10)]), layer([left, right], ["1001", "0901"]), ["code"]
    ).iloc[0]
    assert found["tied"] == tied
    assert found["code"] == ("0901" if tied else "1001")


def test_touching_is_not_lying_in() -> None:
    parcels = parcels_of([shapely.box(0, 0, 10, 10)])
    areas = layer([shapely.box(10, 0, 20, 10), shapely.box(-5, -5, 0, 0)])
    assert shares(parcels, areas).empty
    found = largest_share(parcels, areas, ["code"]).iloc[0]
    assert pd.isna(found["code"])
    assert (found["gap_share"], found["area_row"]) == (1.0, -1)


def test_covered_parcels_get_their_own_area() -> None:
    rng = np.random.default_rng(1)
    parcels = parcels_of([polygon(rng, 15) for _ in range(20)])
    covered = coverage(parcels, layer([shapely.box(479_000, 3_779_000, 481_000, 3_781_000)]))
    assert_same_index(covered, parcels)
    assert covered["area"].tolist() == parcels.area.tolist()
    assert (covered["share"] == 1).all()


def test_several_keys_and_missing_ones() -> None:
    areas = layer([shapely.box(0, 0, 4, 10), shapely.box(4, 0, 10, 10)])
    areas["owner"] = pd.Series(["甲村", None], dtype="str")
    areas["level"] = pd.Series(["村", "组"], dtype="str")
    table = key_shares(parcels_of([shapely.box(0, 0, 10, 10)]), areas, ["owner", "level"])
    assert table["share"].tolist() == [0.4, 0.6]
    assert table["owner"].isna().tolist() == [False, True]
    assert table["area_row"].tolist() == [0, 1]


def test_multipolygons_and_holes() -> None:
    ring = shapely.box(0, 0, 10, 10).difference(shapely.box(2, 2, 8, 8))
    two = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(9, 9, 10, 10)])
    found = coverage(parcels_of([shapely.box(0, 0, 10, 10), two]), layer([ring]))
    np.testing.assert_allclose(found["area"], [64, 2])


def test_empty_tables() -> None:
    parcels, areas = parcels_of([shapely.box(0, 0, 1, 1)]), layer([shapely.box(0, 0, 1, 1)])
    assert largest_share(parcels.iloc[:0], areas, ["code"]).empty
    assert largest_share(parcels, areas.iloc[:0], ["code"])["gap_share"].tolist() == [1.0]
    assert shares(parcels, areas.iloc[:0]).empty


def test_at_rows() -> None:
    table = pd.DataFrame({"a": ["x", "y"]}, index=[7, 9])
    taken = at_rows(table, np.array([1, -1, 0]), pd.Index(["p", "q", "r"]))
    assert taken["a"].tolist()[::2] == ["y", "x"]
    assert pd.isna(taken["a"].iloc[1])


BOW = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
FAR = shapely.box(1e200, 1e200, 2e200, 2e200)


@pytest.mark.parametrize("bad", [BOW, None, shapely.Polygon(), shapely.LineString([(0, 0), (1, 1)]), FAR])
def test_unusable_geometry_is_refused(bad: object) -> None:
    good = shapely.box(0, 0, 1, 1)
    with pytest.raises(BadValueError, match="p1"):
        coverage(parcels_of([good, bad]), layer([good]))
    with pytest.raises(BadValueError, match="图层"):
        largest_share(parcels_of([good]), layer([good, bad]), ["code"])


def test_wrong_tables_are_refused() -> None:
    good = [shapely.box(0, 0, 1, 1)]
    parcels, areas = parcels_of(good), layer(good)
    with pytest.raises(CrsError):
        shares(parcels, areas.set_crs("EPSG:4526", allow_override=True))
    with pytest.raises(CrsError):
        shares(parcels.set_crs(None, allow_override=True), areas)
    with pytest.raises(MissingColumnError, match="colour"):
        largest_share(parcels, areas, ["colour"])
    with pytest.raises(BadValueError, match="重复"):
        shares(pd.concat([parcels, parcels]), areas)


def test_equal_area_is_a_square_millimetre() -> None:
    assert EQUAL_AREA == 1e-6
