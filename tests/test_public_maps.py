"""Maps for the public, base maps from the network, and data that look shifted."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, NoRuleInForceError, ShiftedDataWarning, UnverifiedRuleWarning
from landmarket.io.shifted_places import gcj_offset
from landmarket.maps import Audience, county_map, public_audience, save_maps, tianditu, township_maps
from landmarket.maps.audience import INTERNAL, drawn_shapes
from landmarket.maps.offline_map import figure_of
from landmarket.maps.packing import STEP, shapes_of
from landmarket.maps.shift import shift_note
from tests.browser import samples
from tests.hunting import examples
from tests.page_data import page_data
from tests.test_maps import Tags

NUMBER = "豫S（2026）012号"
ON = date(2026, 3, 2)
KEY = "0123456789abcdef" * 2
HOST = "https://t0.tianditu.gov.cn"


def public() -> Audience:
    """Readers outside the office; the limit of accuracy is not verified."""
    with pytest.warns(UnverifiedRuleWarning, match="公开地图"):
        return public_audience(NUMBER, on=ON)


# --- for whom


@pytest.mark.parametrize(
    "number", ["GS（2024）0650号", "豫S（2026）012号", "粤AS(2023)012号", "GS京〔2025〕1号", "沪S[2022]9号"]
)
def test_review_numbers_as_they_are_printed(number: str) -> None:
    with pytest.warns(UnverifiedRuleWarning):
        assert public_audience(number, on=ON).foot == f"审图号：{number}"


@pytest.mark.parametrize("number", ["", "012", "豫S（26）012号", "已送审", "豫S（2026）012号<b>", "（2026）012号"])
def test_what_is_no_review_number_is_refused(number: str) -> None:
    with pytest.raises(BadValueError, match=r"审图号.*办法"):
        public_audience(number, on=ON)


def test_the_limit_of_accuracy_is_that_of_the_day() -> None:
    for on, metres in ((date(2009, 1, 23), 50), (date(2023, 2, 5), 50), (date(2023, 2, 6), 10), (ON, 10)):
        with pytest.warns(UnverifiedRuleWarning):
            assert public_audience(NUMBER, on=on).accuracy == metres
    with pytest.raises(NoRuleInForceError, match="办法"):
        public_audience(NUMBER, on=date(2009, 1, 22))


def test_every_page_is_internal_unless_said_otherwise() -> None:
    for page in (township_maps(samples.parcels(), "grade")["火龙镇"], county_map(samples.parcels(), "grade")):
        assert INTERNAL in figure_of(page).render()


def test_a_public_page_has_its_number_and_no_exact_coordinates() -> None:
    table = samples.parcels()
    html = figure_of(county_map(table, "grade", context=samples.context(), audience=public())).render()
    assert f"审图号：{NUMBER}" in html
    assert "不高于 10 m" in html
    assert INTERNAL not in html
    data = page_data(html, "parcels")
    assert data["plane"] is None, "no coordinates under the pointer, nothing to measure"
    exact = page_data(figure_of(county_map(table, "grade")).render(), "parcels")
    points, surveyed = (
        np.cumsum(np.array(one["geometry"]["deltas"]).reshape(-1, 2), axis=0) + one["geometry"]["origin"]
        for one in (data, exact)
    )
    moved = (points - surveyed) * STEP * 111_000 * [np.cos(np.radians(34.15)), 1]
    assert 2 < np.abs(moved).max() <= 10.1
    assert len(np.unique(points[:, 1])) < len(np.unique(surveyed[:, 1])), "a mesh, not a shift of all points"
    opened = re.search(r"fitBounds\(\s*(\[\[.*?\]\])", html, re.DOTALL)
    assert opened
    for number in np.ravel(json.loads(opened[1])):
        assert round(number, 3) == number, "corners of the data would be surveyed points"
    ground = page_data(html, "ground")
    for layer in ground["layers"]:
        places = np.cumsum(np.array(layer["geometry"]["deltas"]).reshape(-1, 2), axis=0) + layer["geometry"]["origin"]
        mesh = np.gcd.reduce(places[:, 1])
        assert mesh * STEP * 111_000 > 19, layer["name"]


def test_the_index_of_public_pages_has_the_number(tmp_path: Path) -> None:
    files = save_maps(township_maps(samples.parcels(), "grade", audience=public()), tmp_path)
    for path in files:
        html = path.read_text(encoding="utf-8")
        assert f"<strong>审图号：{NUMBER}</strong>" in html
        assert INTERNAL not in html


POINTS = st.tuples(st.floats(-4e4, 4e4), st.floats(-4e4, 4e4), st.floats(1, 900), st.floats(1, 900))


@settings(max_examples=examples(30))
@given(st.lists(POINTS, min_size=1, max_size=6), st.sampled_from([5.0, 10.0, 50.0]))
def test_points_move_no_farther_than_the_limit(places: list[tuple[float, ...]], limit: float) -> None:
    boxes = [shapely.box(5e5 + x, 3.78e6 + y, 5e5 + x + w, 3.78e6 + y + h) for x, y, w, h in places]
    exact = shapes_of(gpd.GeoSeries(boxes, crs=samples.CRS), areas=True)
    coarse = drawn_shapes(exact, Audience(NUMBER, limit))
    latitudes = exact.points[:, 1] * STEP
    moved = np.abs(coarse.points - exact.points) * STEP * 111_000
    assert (moved[:, 1] <= limit * 1.001).all()
    assert (moved[:, 0] * np.cos(np.radians(latitudes)) <= limit * 1.02).all()
    assert np.array_equal(coarse.rings, exact.rings)


# --- base maps


def policy_of(html: str) -> dict[str, str]:
    """Rules of a page's policy."""
    policy = str(Tags(html).tags[3][1]["content"])
    return dict(rule.strip().split(" ", 1) for rule in policy.split(";"))


def test_one_host_enters_the_policy_and_only_with_a_base_map() -> None:
    table = samples.parcels()
    assert policy_of(figure_of(county_map(table, "grade")).render())["img-src"] == "data:"
    html = figure_of(county_map(table, "grade", basemap=tianditu(KEY, on=ON))).render()
    rules = policy_of(html)
    assert rules.pop("img-src") == f"data: {HOST}"
    assert "http" not in " ".join(rules.values())
    basemap = page_data(html, "parcels")["basemap"]
    assert [layer["title"] for layer in basemap["layers"]] == ["天地图矢量", "天地图影像", "天地图地形"]
    for layer in basemap["layers"]:
        for address in layer["tiles"]:
            assert address.startswith(f"{HOST}/")
            assert address.endswith(f"&tk={KEY}")
            assert {"{x}", "{y}", "{z}"} <= set(re.findall(r"\{\w+\}", address))
    assert "天地图" in basemap["attribution"]


def test_the_key_is_not_printed_with_the_value() -> None:
    assert KEY not in repr(tianditu(KEY, on=ON))


@pytest.mark.parametrize("key", ["", "my key", KEY[:-1], KEY + "0", KEY.upper(), KEY[:-1] + "<"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(BadValueError, match=r"天地图密钥.*办法"):
        tianditu(key, on=ON)


# --- shifted data

PUBLISHED = [  # latitude and longitude in WGS 84 and in GCJ-02, from the tests of the eviltransform libraries
    (31.1774276, 121.5272106, 31.17530398364597, 121.531541859215),
    (22.543847, 113.912316, 22.540796131694766, 113.9171764808363),
    (39.911954, 116.377817, 39.91334545536069, 116.38404722455657),
]


def test_the_offset_is_the_published_one() -> None:
    latitude, longitude, shifted_latitude, shifted_longitude = np.array(PUBLISHED).T
    east, north = gcj_offset(longitude, latitude)
    np.testing.assert_allclose(longitude + east, shifted_longitude, atol=1e-9)
    np.testing.assert_allclose(latitude + north, shifted_latitude, atol=1e-9)


def villages_and_parcels() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Sixteen villages of two kilometres, and twenty parcels in each, up to its border."""
    side, rows, homes = 2000.0, [], []
    draw = np.random.default_rng(7)
    for number in range(16):
        x, y = 440_000 + number % 4 * side, 3_780_000 + number // 4 * side
        homes.append((f"村{number}", shapely.box(x, y, x + side, y + side)))
        for east, north in draw.uniform(0, side - 60, (20, 2)):
            rows.append((f"村{number}", shapely.box(x + east, y + north, x + east + 60, y + north + 60)))
    outlines = gpd.GeoDataFrame(
        {"township": "火龙镇", "village": [n for n, _ in homes]}, geometry=[g for _, g in homes], crs=samples.CRS
    )
    codes = pd.Index([f"411081100001JB{i:05d}" for i in range(len(rows))], name="parcel_code")
    return outlines, gpd.GeoDataFrame(
        {"township": "火龙镇", "village": [n for n, _ in rows], "grade": "Ⅰ级"},
        geometry=[g for _, g in rows],
        index=codes,
        crs=samples.CRS,
    )


def shifted(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The layer as if it had been traced from a map in GCJ-02."""
    degrees = layer.geometry.to_crs(4490)
    moved = shapely.transform(
        np.asarray(degrees.array), lambda at: at + np.column_stack(gcj_offset(at[:, 0], at[:, 1]))
    )
    return layer.set_geometry(gpd.GeoSeries(moved, layer.index, crs=4490).to_crs(samples.CRS))


def test_data_that_agree_are_not_suspected() -> None:
    outlines, parcels = villages_and_parcels()
    assert shift_note(parcels, {"村界": outlines}) == ""
    assert shift_note(shifted(parcels), {"村界": shifted(outlines)}) == "", "both moved alike: nothing to see"
    assert shift_note(shifted(parcels), {}) == ""
    assert shift_note(shifted(parcels).iloc[:19], {"村界": outlines}) == ""


@pytest.mark.parametrize("metres", [(300.0, 0.0), (0.0, -500.0), (-550.0, 120.0)])
def test_another_shift_is_not_taken_for_this_one(metres: tuple[float, float]) -> None:
    """At this place GCJ-02 moves by some 590 metres to the east and 140 to the south."""
    outlines, parcels = villages_and_parcels()
    moved = parcels.set_geometry(parcels.translate(*metres))
    assert "宗地疑似" not in shift_note(moved, {"村界": outlines})


def test_shifted_parcels_and_shifted_outlines_are_told_apart() -> None:
    outlines, parcels = villages_and_parcels()
    assert shift_note(shifted(parcels), {"村界": outlines}).startswith("宗地疑似偏移坐标（GCJ-02）")
    assert shift_note(parcels, {"村界": shifted(outlines)}).startswith("村镇界疑似偏移坐标（GCJ-02）")


def test_shifted_data_warn_and_the_page_says_so() -> None:
    outlines, parcels = villages_and_parcels()
    with pytest.warns(ShiftedDataWarning, match=r"GCJ-02.*办法"):
        page = county_map(shifted(parcels), "grade", context={"村界": outlines})
    assert '<strong class="lm-notice">宗地疑似偏移坐标（GCJ-02）' in figure_of(page).render()
