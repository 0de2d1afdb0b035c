"""A whole county on one page: opened, looked at, and its base map asked for only when switched on."""

from __future__ import annotations

import base64
import re
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from playwright.sync_api import Browser, Route, expect

from landmarket.errors import UnverifiedRuleWarning
from landmarket.maps import county_map, public_audience, save_page, tianditu
from tests.browser import samples
from tests.browser.conftest import DRAWN, Open
from tests.browser.test_map_tools import status
from tests.browser.test_pages import CODE, legend

ON = date(2026, 3, 2)
KEY = "0123456789abcdef" * 2
HOST = "https://t0.tianditu.gov.cn/"
WHITE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All parcels of the small county."""
    table = samples.parcels()
    drawn = county_map(
        table,
        "grade",
        worksheets=samples.sheets(table),
        set_aside=samples.set_aside(),
        context=samples.context(),
        notice=samples.NOTICE,
        counts=samples.COUNTS,
        county="样例县",
        on=ON,
    )
    path = tmp_path_factory.mktemp("whole") / "全县.html"
    save_page(drawn, path, "index.html")
    return path


def test_all_parcels_of_the_county_are_on_one_page(visit: Open, page: Path, tmp_path: Path) -> None:
    seen = visit(page)
    expect(seen.page.locator("h1")).to_have_text("样例县集体经营性建设用地全县宗地图")
    assert status(seen) == "显示 27 宗，共 27 宗"
    assert legend(seen) == [("Ⅰ级", "9 宗"), ("Ⅱ级", "9 宗"), ("Ⅲ级", "9 宗"), ("无数据", "0 宗"), ("暂不处理", "3 宗")]
    for code in samples.parcels().index[[0, 9, 18]]:
        seen.page.mouse.click(*seen.parcel_at(str(code)))
        expect(seen.page.get_by_role("dialog").locator("h2")).to_have_text(str(code))
        seen.page.keyboard.press("Escape")
    seen.page.screenshot(path=tmp_path / "county.png")
    assert (tmp_path / "county.png").stat().st_size > 30_000, "a map is drawn"
    assert seen.noticed == []


def test_a_large_county_opens_and_answers(visit: Open, tmp_path: Path) -> None:
    """Two hundred thousand parcels: drawn, found under the pointer, filtered, without a request."""
    count, side = 200_000, 450
    place = np.arange(count)
    x, y = 440_000 + (place % side) * 60.0, 3_780_000 + (place // side) * 60.0
    table = gpd.GeoDataFrame(
        {
            "township": np.array(["火龙镇", "磨街乡"], dtype=object)[place % 2],
            "grade": np.array(["Ⅰ级", "Ⅱ级", "Ⅲ级", None], dtype=object)[place % 4],
            "unit_price": 100.0 + place % 700,
        },
        geometry=shapely.box(x, y, x + 50, y + 50),
        index=pd.Index([f"411081{100 + i // 90000:03d}001JB{i % 90000:05d}" for i in place], name="parcel_code"),
        crs=samples.CRS,
    )
    path = tmp_path / "large.html"
    save_page(county_map(table, "grade"), path)
    assert path.stat().st_size < 10_000_000
    seen = visit(path)
    assert status(seen) == "显示 200,000 宗，共 200,000 宗"
    assert [count for _, count in legend(seen)][:4] == ["50,000 宗"] * 4
    code = str(table.index[123_456])
    seen.page.mouse.move(*seen.parcel_at(code, inwards=1))
    expect(seen.page.locator(".lm-tip")).to_be_visible()
    seen.page.locator(".lm-search input").fill(code)
    seen.page.keyboard.press("Enter")
    expect(seen.page.get_by_role("dialog").locator("h2")).to_have_text(code)
    seen.page.keyboard.press("Escape")
    seen.page.locator(".lm-filter summary").first.click()
    seen.page.locator(".lm-filter").first.get_by_label("Ⅰ级").uncheck()
    assert status(seen) == "显示 150,000 宗，共 200,000 宗"
    assert seen.noticed == []


def test_no_class_covers_another_where_parcels_are_small(visit: Open, tmp_path: Path) -> None:
    """Sixty thousand parcels of two pixels: each of four equal classes has its quarter of the coloured picture."""
    count, side = 60_000, 245
    place = np.random.default_rng(3).permutation(count)
    x, y = 440_000 + (place % side) * 60.0, 3_780_000 + (place // side) * 60.0
    grades = np.array(["Ⅰ级", "Ⅱ级", "Ⅲ级", "Ⅳ级"], dtype=object)[np.arange(count) % 4]
    table = gpd.GeoDataFrame(
        {"township": "火龙镇", "grade": grades},
        geometry=shapely.box(x, y, x + 50, y + 50),
        index=pd.Index([f"411081100001JB{i:05d}" for i in range(count)], name="parcel_code"),
        crs=samples.CRS,
    )
    path = tmp_path / "dense.html"
    save_page(county_map(table, "grade"), path)
    seen = visit(path)
    drawn = seen.page.evaluate(
        """() => {
            const canvas = document.querySelector(".leaflet-landmarket-400-pane canvas");
            const all = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            const colours = Array.from(document.querySelectorAll(".lm-legend .lm-swatch")).slice(0, 4).map(
                swatch => getComputedStyle(swatch).backgroundColor.match(/[0-9]+/g).map(Number));
            const counts = [0, 0, 0, 0];
            for (let i = 0; i < all.length; i += 4) {
                if (all[i + 3] < 128) { continue; }
                const far = colours.map(c => Math.hypot(c[0] - all[i], c[1] - all[i + 1], c[2] - all[i + 2]));
                counts[far.indexOf(Math.min(...far))] += 1;
            }
            return counts;
        }"""
    )
    shares = np.array(drawn) / sum(drawn)
    assert sum(drawn) > 100_000
    assert shares.min() > 0.2
    assert shares.max() < 0.3


def test_a_base_map_is_fetched_from_its_host_alone_and_only_when_switched_on(chromium: Browser, tmp_path: Path) -> None:
    path = tmp_path / "tiles.html"
    save_page(county_map(samples.parcels(), "grade", context=samples.context(), basemap=tianditu(KEY, on=ON)), path)
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body=WHITE, content_type="image/png")

    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    context.route(re.compile(r"^https?:"), answer)
    page = context.new_page()
    page.goto(path.as_uri())
    page.wait_for_selector(DRAWN, state="attached")
    page.mouse.wheel(0, -400)
    page.wait_for_timeout(400)
    assert asked == []
    page.get_by_label("天地图影像").check()
    expect(page.locator(".leaflet-tile-loaded").first).to_be_visible()
    expect(page.locator(".leaflet-control-attribution")).to_have_text("底图：国家地理信息公共服务平台 天地图")
    assert {url.split("/")[3].split("_")[0] for url in asked} == {"img", "cia"}
    assert all(url.startswith(HOST) and f"tk={KEY}" in url for url in asked)
    page.screenshot(path=tmp_path / "tiles.png")
    before = len(asked)
    page.get_by_label("不用底图").check()
    page.mouse.wheel(0, 400)
    page.wait_for_timeout(400)
    assert len(asked) == before
    expect(page.locator(".leaflet-tile")).to_have_count(0)
    context.close()


def test_a_public_page_tells_no_coordinates(visit: Open, tmp_path: Path) -> None:
    with pytest.warns(UnverifiedRuleWarning):
        audience = public_audience("豫S（2026）012号", on=ON)
    path = tmp_path / "public.html"
    save_page(county_map(samples.parcels(), "grade", context=samples.context(), audience=audience), path)
    seen = visit(path)
    expect(seen.page.locator("footer strong")).to_have_text("审图号：豫S（2026）012号")
    expect(seen.page.locator(".lm-tools")).to_have_count(0)
    seen.page.mouse.click(*seen.parcel_at(CODE, inwards=0.3))
    expect(seen.page.get_by_role("dialog").locator("h2")).to_have_text(CODE)
    assert seen.noticed == []
