"""Filters, coordinates, measuring and the keyboard on a map page; what a page says where it cannot be shown."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import pytest
from playwright.sync_api import Browser, expect
from pyproj import CRS, Transformer
from shapely import Polygon

from landmarket.maps import save_maps, township_maps
from landmarket.maps.plane import plane_of
from tests.browser import samples
from tests.browser.conftest import Open, Visit
from tests.browser.test_pages import CODE, HOLED, TWO_PARTS, legend


def narrow(seen: Visit, view: str, *left_out: str) -> None:
    """Unfold a filter and untick classes."""
    group = seen.page.locator(".lm-filter").filter(has=seen.page.get_by_text(view, exact=True))
    group.locator("summary").click()
    for name in left_out:
        group.get_by_label(name).uncheck()


def status(seen: Visit) -> str:
    """How many parcels are shown."""
    return seen.page.locator(".lm-shown").inner_text()


def test_filters_of_several_views_leave_what_fits_all(visit: Open, pages: dict[str, Path]) -> None:
    seen = visit(pages["火龙镇"])
    own = samples.parcels().query("township == '火龙镇'")
    assert status(seen) == "显示 9 宗，共 9 宗"
    narrow(seen, "规划用途", "商业用地")
    narrow(seen, "入市资格", "待核实", "不可入市")
    left = own[(own["planned_use_name"] == "工业用地") & (own["allowed"] == "可入市")]
    assert status(seen) == f"显示 {len(left)} 宗，共 9 宗"
    seen.page.locator(".lm-choice").get_by_text("土地级别", exact=True).click()
    shown = {label: int(count.split()[0]) for label, count in legend(seen) if label != "暂不处理"}
    counts = left["grade"].value_counts().to_dict()
    assert {label: count for label, count in shown.items() if count} == counts
    expect(seen.page.locator(".lm-filter-state").nth(2)).to_have_text("工业用地")
    seen.page.get_by_role("button", name="清除筛选").click()
    assert status(seen) == "显示 9 宗，共 9 宗"
    expect(seen.page.get_by_role("button", name="清除筛选")).to_be_hidden()
    assert seen.noticed == []


def test_a_parcel_that_is_filtered_out_is_neither_drawn_nor_found(visit: Open, pages: dict[str, Path]) -> None:
    seen = visit(pages["火龙镇"])
    place = seen.parcel_at(CODE)
    picture = "document.querySelector('.leaflet-landmarket-400-pane canvas').toDataURL()"
    before = seen.page.evaluate(picture)
    seen.page.mouse.click(*place)
    card = seen.page.get_by_role("dialog")
    expect(card.locator("h2")).to_have_text(CODE)
    seen.page.keyboard.press("Escape")
    narrow(seen, "土地级别", "Ⅰ级")  # the grade of the first parcel
    assert seen.page.evaluate(picture) != before
    seen.page.mouse.click(*place)
    expect(card).to_be_hidden()
    assert seen.noticed == []


def test_a_search_finds_what_a_filter_hides_and_says_how_to_see_it(visit: Open, pages: dict[str, Path]) -> None:
    seen = visit(pages["火龙镇"])
    search, found = seen.page.locator(".lm-search input"), seen.page.locator(".lm-found li")
    search.fill(CODE)
    expect(found).to_have_count(1)
    expect(found).not_to_contain_text("已被筛选隐藏")
    narrow(seen, "土地级别", "Ⅰ级")
    expect(found).to_contain_text("已被筛选隐藏")
    search.focus()
    seen.page.keyboard.press("Enter")
    card = seen.page.get_by_role("dialog")
    expect(card.locator("h2")).to_have_text(CODE)
    show = card.get_by_role("button", name="清除筛选并显示")
    show.focus()
    seen.page.keyboard.press("Enter")
    assert status(seen) == "显示 9 宗，共 9 宗"
    expect(show).to_have_count(0)
    expect(card).to_be_visible()
    expect(found).not_to_contain_text("已被筛选隐藏")
    seen.page.keyboard.press("Escape")
    seen.page.mouse.click(*seen.parcel_at(CODE))
    expect(card.locator("h2")).to_have_text(CODE)
    assert seen.noticed == []


@pytest.mark.parametrize("crs", [4547, 4526, 4527, 4502])
def test_plane_coordinates_are_those_of_pyproj(visit: Open, pages: dict[str, Path], crs: int) -> None:
    """Zones of three and six degrees, with and without the number of the zone before the easting."""
    given = plane_of(gpd.GeoDataFrame(geometry=[], crs=crs))
    assert given is not None
    meridian = given["meridian"]
    places = [
        (meridian + east, north) for east in (-3.0, -1.5, -0.2, 0.0, 1.4999, 2.9) for north in (18.2, 34.16, 53.5)
    ]
    seen = visit(pages["火龙镇"])
    found = seen.page.evaluate(
        "([given, places]) => places.map(place => new landmarket.Plane(given).project(...place))",
        [given, places],
    )
    to_plane = Transformer.from_crs(CRS(crs).geodetic_crs, crs, always_xy=True)
    for (longitude, latitude), at in zip(places, found, strict=True):
        assert at == pytest.approx(to_plane.transform(longitude, latitude), abs=5e-4)


def test_no_plane_for_other_projections_and_other_datums() -> None:
    for crs in (3857, 32649, 2360):  # web Mercator; UTM on WGS 84; Xian 1980
        assert plane_of(gpd.GeoDataFrame(geometry=[], crs=crs)) is None


def test_the_pointer_shows_plane_coordinates(visit: Open, pages: dict[str, Path]) -> None:
    seen = visit(pages["火龙镇"])
    seen.page.mouse.move(*seen.parcel_at(CODE, inwards=0))
    text = seen.page.locator(".lm-coordinates").inner_text()
    found = re.match(r"X ([\d,.]+) m\s+Y ([\d,.]+) m", text)
    assert found
    north, east = (float(number.replace(",", "")) for number in found.groups())
    corners = samples.parcels().loc[CODE].geometry.exterior.coords
    metres_a_pixel = 6000 / 640
    assert min(abs(east - x) + abs(north - y) for x, y in corners) < 2 * metres_a_pixel


def corners_of(seen: Visit, code: str) -> list[tuple[float, float]]:
    """Corners of the first ring of a parcel, on the screen."""
    found = seen.page.evaluate(
        """code => {
            const of = start => window[Object.keys(window).find(name => name.startsWith(start))];
            const map = of("map_"), layer = of("parcels_"), shapes = layer.shapes, all = [];
            const ring = shapes.features[layer.data.codes.indexOf(code)];
            const scale = Math.pow(2, map.getZoom()), origin = map.getPixelOrigin();
            const box = map.getContainer().getBoundingClientRect();
            for (let i = shapes.rings[ring]; i < shapes.rings[ring + 1]; i++) {
                const at = map.layerPointToContainerPoint(
                    L.point(shapes.xs[i] * scale - origin.x, shapes.ys[i] * scale - origin.y));
                all.push([at.x + box.x, at.y + box.y]);
            }
            return all;
        }""",
        code,
    )
    return [(float(x), float(y)) for x, y in found]


def test_measuring_takes_the_corners_of_parcels(visit: Open, pages: dict[str, Path]) -> None:
    """Clicks some pixels off the corners, where a pixel is nine metres, give the area of the parcel itself."""
    shape = samples.parcels().loc[HOLED].geometry
    outer = Polygon(shape.exterior)
    seen = visit(pages["火龙镇"])
    corners = corners_of(seen, HOLED)
    seen.page.get_by_role("button", name="量面积").click()
    for x, y in corners:
        seen.page.mouse.click(x + 3, y - 2)
    result = seen.page.locator(".lm-measured").inner_text()
    found = re.fullmatch(r"面积 ([\d,.]+) ㎡（([\d,.]+) 亩），周长 ([\d,.]+) m", result)
    assert found
    area, mu, around = (float(number.replace(",", "")) for number in found.groups())
    slack = 0.01 * outer.length  # a corner stands within a centimetre of where it was surveyed
    assert area == pytest.approx(outer.area, abs=slack)
    assert mu == pytest.approx(outer.area * 3 / 2000, abs=slack * 3 / 2000 + 0.005)
    assert around == pytest.approx(outer.length, abs=0.1)
    expect(seen.page.get_by_role("dialog")).to_be_hidden()
    seen.page.get_by_role("button", name="量距离").click()
    for x, y in corners[:2]:
        seen.page.mouse.click(x, y)
    side = min(abs(outer.length / 2 - a) for a in (600.0, 900.0))
    assert seen.page.locator(".lm-measured").inner_text() in {
        f"距离 {side + d:.2f} m" for d in (-0.02, -0.01, 0, 0.01, 0.02)
    }
    seen.page.get_by_role("button", name="量距离").click()
    expect(seen.page.locator(".lm-measured")).to_be_hidden()
    seen.page.mouse.click(*seen.parcel_at(CODE))
    expect(seen.page.get_by_role("dialog")).to_be_visible()
    assert seen.noticed == []


def focus_map(seen: Visit) -> None:
    """Tab until the map has the focus."""
    for _ in range(40):
        seen.page.keyboard.press("Tab")
        if seen.page.evaluate("document.activeElement.classList.contains('folium-map')"):
            return
    pytest.fail("the Tab key does not reach the map")


def test_the_keyboard_alone_opens_walks_and_measures(visit: Open, pages: dict[str, Path]) -> None:
    seen = visit(pages["火龙镇"])
    focus_map(seen)
    expect(seen.page.locator(".lm-cross")).to_be_visible()
    seen.page.keyboard.press("Enter")  # nothing lies under the cross yet
    card = seen.page.get_by_role("dialog")
    expect(card).to_be_hidden()
    seen.page.evaluate(
        """code => {
            const of = start => window[Object.keys(window).find(name => name.startsWith(start))];
            const layer = of("parcels_");
            of("map_").setView(layer.centre(layer.data.codes.indexOf(code)), 15, { animate: false });
        }""",
        CODE,
    )
    seen.page.keyboard.press("Enter")
    expect(card.locator("h2")).to_have_text(CODE)
    seen.page.keyboard.press("ArrowRight")
    expect(card.locator("h2")).to_have_text(HOLED)
    seen.page.keyboard.press("ArrowRight")
    expect(card.locator("h2")).to_have_text(TWO_PARTS)
    seen.page.keyboard.press("ArrowLeft")
    expect(card.locator("h2")).to_have_text(HOLED)
    seen.page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    assert seen.page.evaluate("document.activeElement.classList.contains('folium-map')")
    seen.page.get_by_role("button", name="量距离").focus()
    seen.page.keyboard.press("Enter")
    seen.page.keyboard.press("Enter")
    for _ in range(3):
        seen.page.keyboard.press("ArrowRight")
    seen.page.wait_for_timeout(600)  # the map glides
    seen.page.keyboard.press("Enter")
    found = re.fullmatch(r"距离 ([\d,.]+) m", seen.page.locator(".lm-measured").inner_text())
    assert found
    assert float(found[1].replace(",", "")) > 100
    seen.page.keyboard.press("Backspace")
    expect(seen.page.locator(".lm-measured")).to_contain_text("回车加点")
    seen.page.keyboard.press("Escape")
    expect(seen.page.locator(".lm-measured")).to_be_hidden()
    assert seen.noticed == []


def test_a_filter_is_told_on_paper(visit: Open, pages: dict[str, Path]) -> None:
    seen = visit(pages["火龙镇"])
    narrow(seen, "规划用途", "商业用地")
    seen.page.emulate_media(media="print")
    expect(seen.page.locator(".lm-shown")).to_be_visible()
    expect(seen.page.locator(".lm-filter summary:visible")).to_have_text(["规划用途工业用地"])
    expect(seen.page.locator("input:visible, button:visible, .lm-coordinates:visible")).to_have_count(0)


@pytest.mark.parametrize(("width", "height"), [(1700, 900), (1280, 800), (1100, 1400)])
def test_paper_holds_all_that_the_screen_showed(visit: Open, pages: dict[str, Path], width: int, height: int) -> None:
    """A4 across, less its margins, is 1047 by 718 pixels: neither map nor panel is cut off."""
    seen = visit(pages["火龙镇"], width, height)
    seen.page.emulate_media(media="print")
    wide, tall = 277 / 25.4 * 96, 190 / 25.4 * 96
    boxes = [seen.page.locator(place).bounding_box() for place in (".folium-map", ".lm-map", ".lm-panel", "footer")]
    drawn, frame, panel, foot = (box or {} for box in boxes)
    assert (drawn["width"], drawn["height"]) == pytest.approx((frame["width"], frame["height"]), abs=1)
    assert min(740 - drawn["width"], 580 - drawn["height"]) == pytest.approx(0, abs=1), "as large as there is room"
    assert max(drawn["width"] - 740, drawn["height"] - 580) <= 1
    assert panel["x"] >= frame["x"] + frame["width"] - 1
    assert panel["x"] + panel["width"] <= wide
    assert foot["y"] + foot["height"] <= max(tall, panel["y"] + panel["height"] + 60)


def failed(chromium: Browser, path: Path, script: str) -> str:
    """What a page says instead of its map; ``script`` runs before the page's own."""
    context = chromium.new_context(offline=True)
    page = context.new_page()
    if script:
        page.add_init_script(script)
    page.goto(path.as_uri())
    told = page.get_by_role("alert")
    expect(told).to_be_visible()
    text = told.inner_text()
    context.close()
    return text


def test_an_old_browser_is_told_so(chromium: Browser, pages: dict[str, Path]) -> None:
    text = failed(chromium, pages["火龙镇"], "delete window.DecompressionStream")
    for part in ("浏览器版本过低", "办法", "Chrome", "Firefox 113"):
        assert part in text


@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_a_damaged_page_is_told_so(chromium: Browser, tmp_path: Path, damage: str) -> None:
    path = save_maps(township_maps(samples.parcels(), "unit_price"), tmp_path)[1]
    html = path.read_text(encoding="utf-8")
    found = re.search(r'id="parcels_\w+">([A-Za-z0-9+/=]+)', html)
    assert found
    data = found[1]
    half = len(data) // 8 * 4
    bad = (
        data[:half]
        if damage == "cut"
        else data[:half] + ("AAAA" if data[half : half + 4] != "AAAA" else "BBBB") + data[half + 4 :]
    )
    path.write_text(html.replace(data, bad), encoding="utf-8")
    text = failed(chromium, path, "")
    assert "已损坏" in text
    assert "办法" in text
