"""What an analyst does with the pages: look, point, click, switch, search, print a county from a USB stick."""

from __future__ import annotations

import re
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from playwright.sync_api import expect

from landmarket.maps import save_maps, township_maps
from landmarket.maps.audience import INTERNAL
from tests.browser import samples
from tests.browser.conftest import Open, Visit

CODE = "411081100001JB00001"
HOLED = "411081100001JB00002"
TWO_PARTS = "411081100001JB00003"
UNPRICED = "411081100001JB00005"


def legend(visit: Visit) -> list[tuple[str, str]]:
    """Label and count of each legend entry."""
    entries = visit.page.locator(".lm-legend li")
    return [
        (entries.nth(i).locator(".lm-label").inner_text(), entries.nth(i).locator(".lm-count").inner_text())
        for i in range(entries.count())
    ]


@pytest.mark.parametrize("name", ["", "火龙镇"])
@pytest.mark.parametrize(("width", "height", "phone"), [(1280, 800, False), (390, 844, True)])
def test_a_page_opens_alone_and_fits(
    visit: Open, pages: dict[str, Path], name: str, width: int, height: int, phone: bool
) -> None:
    seen = visit(pages[name], width, height, phone=phone)
    expect(seen.page.locator("h1")).to_contain_text("样例县")
    expect(seen.page.locator("footer")).to_contain_text(INTERNAL)
    expect(seen.page.locator("footer")).to_contain_text(samples.NOTICE)
    wide = seen.page.evaluate("document.scrollingElement.scrollWidth")
    assert wide <= width, "the page must not scroll sideways"
    if name:
        expect(seen.page.locator(".folium-map canvas").first).to_be_visible()
        expect(seen.page.locator(".leaflet-control-scale-line")).to_contain_text("km")
        expect(seen.page.get_by_role("img", name="指北针")).to_be_visible()
    assert seen.noticed == []


def test_the_legend_counts_every_parcel(visit: Open, pages: dict[str, Path]) -> None:
    seen = visit(pages["火龙镇"])
    entries = legend(seen)
    assert entries[-2:] == [("无数据", "1 宗"), ("暂不处理", "1 宗")]
    assert sum(int(count.split()[0]) for _, count in entries[:-1]) == 9


def test_switching_the_view_changes_legend_and_colours(visit: Open, pages: dict[str, Path]) -> None:
    seen = visit(pages["火龙镇"])
    titles = seen.page.locator(".lm-choice").all_inner_texts()
    assert titles == ["地面单价", "土地级别", "规划用途", "入市资格", "交易结果"]
    seen.page.locator(".lm-choice").get_by_text("入市资格", exact=True).click()
    assert legend(seen) == [
        ("可入市", "3 宗"),
        ("不可入市", "3 宗"),
        ("待核实", "3 宗"),
        ("无数据", "0 宗"),
        ("暂不处理", "1 宗"),
    ]
    x, y = seen.parcel_at(CODE)
    drawn = seen.page.evaluate(
        """([x, y]) => {
            const canvas = document.querySelector(".leaflet-landmarket-400-pane canvas");
            const box = canvas.getBoundingClientRect(), ratio = canvas.width / box.width;
            const pixel = canvas.getContext("2d").getImageData((x - box.x) * ratio, (y - box.y) * ratio, 1, 1).data;
            return Array.from(pixel);
        }""",
        [x, y],
    )
    assert drawn == [0x00, 0x9E, 0x73, 255]
    assert seen.noticed == []


def test_pointing_tells_code_and_value(visit: Open, pages: dict[str, Path]) -> None:
    seen = visit(pages["火龙镇"])
    seen.page.mouse.move(*seen.parcel_at(CODE))
    tip = seen.page.locator(".lm-tip")
    expect(tip).to_contain_text(CODE)
    expect(tip).to_contain_text("100.00 元/㎡")
    seen.page.mouse.move(*seen.parcel_at(UNPRICED))
    expect(tip).to_contain_text("无数据")
    assert seen.noticed == []


def test_a_click_shows_facts_and_worksheet(visit: Open, pages: dict[str, Path]) -> None:
    seen = visit(pages["火龙镇"])
    seen.page.mouse.click(*seen.parcel_at(CODE))
    card = seen.page.get_by_role("dialog")
    expect(card.locator("h2")).to_have_text(CODE)
    expect(card).to_contain_text("540,000.00 ㎡（810.00 亩）")
    expect(card).to_contain_text("54,000,000.00 元（5,400.00 万元）")
    rows = card.locator("tbody tr")
    assert rows.count() == 2
    assert rows.nth(1).locator("th, td").all_inner_texts() == ["地面单价", "123.45", "元/㎡", "四舍五入"]
    card.get_by_role("button", name="关闭").click()
    expect(card).to_be_hidden()
    assert seen.noticed == []


def test_a_parcel_without_a_price_has_no_worksheet(visit: Open, pages: dict[str, Path]) -> None:
    seen = visit(pages["火龙镇"])
    seen.page.mouse.click(*seen.parcel_at(UNPRICED))
    card = seen.page.get_by_role("dialog")
    expect(card.locator("h2")).to_have_text(UNPRICED)
    expect(card.locator("table")).to_have_count(0)


def test_a_hole_is_no_parcel_and_both_parts_are(visit: Open, pages: dict[str, Path]) -> None:
    seen = visit(pages["火龙镇"])
    card = seen.page.get_by_role("dialog")
    seen.page.mouse.click(*seen.parcel_at(HOLED, inwards=1))
    expect(card).to_be_hidden()
    seen.page.mouse.click(*seen.parcel_at(HOLED))
    expect(card.locator("h2")).to_have_text(HOLED)
    seen.page.mouse.click(*seen.parcel_at(TWO_PARTS))
    expect(card.locator("h2")).to_have_text(TWO_PARTS)


def test_what_was_set_aside_is_there_and_can_be_hidden(visit: Open, pages: dict[str, Path]) -> None:
    seen = visit(pages["火龙镇"])
    place = seen.page.evaluate(
        """() => {
            const of = start => window[Object.keys(window).find(name => name.startsWith(start))];
            const map = of("map_"), layer = of("parcels_");
            const at = map.latLngToContainerPoint(layer.centre(layer.accepted));
            const box = map.getContainer().getBoundingClientRect();
            return [at.x + box.x, at.y + box.y];
        }"""
    )
    seen.page.mouse.click(*place)
    card = seen.page.get_by_role("dialog")
    expect(card).to_contain_text("暂不处理")
    expect(card).to_contain_text("宗地代码重复")
    seen.page.keyboard.press("Escape")
    seen.page.get_by_label("暂不处理的宗地").uncheck()
    seen.page.mouse.click(*place)
    expect(card).to_be_hidden()


def test_layers_can_be_hidden(visit: Open, pages: dict[str, Path]) -> None:
    seen = visit(pages["火龙镇"])
    ground = "document.querySelector('.leaflet-landmarket-350-pane canvas').toDataURL()"
    for name in ("乡镇界", "村界", "道路"):
        before = seen.page.evaluate(ground)
        seen.page.get_by_label(name, exact=True).uncheck()
        assert seen.page.evaluate(ground) != before, name
    assert seen.noticed == []


def test_a_parcel_is_found_by_keyboard_alone(visit: Open, pages: dict[str, Path]) -> None:
    seen = visit(pages["火龙镇"])
    for _ in range(60):
        seen.page.keyboard.press("Tab")
        if seen.page.evaluate("document.activeElement.type") == "search":
            break
    seen.page.keyboard.type("jb00007")
    seen.page.keyboard.press("Enter")
    card = seen.page.get_by_role("dialog")
    expect(card.locator("h2")).to_have_text("411081100001JB00007")
    assert seen.page.evaluate("document.activeElement.getAttribute('role')") == "dialog"
    seen.page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    assert seen.noticed == []


def test_the_index_leads_to_the_pages_by_keyboard(visit: Open, pages: dict[str, Path]) -> None:
    seen = visit(pages[""])
    seen.page.locator("tbody a", has_text="磨街乡").focus()
    seen.page.keyboard.press("Enter")
    expect(seen.page.locator("h1")).to_contain_text("磨街乡")
    seen.page.get_by_role("link", name="返回全县索引").click()
    expect(seen.page.locator("table")).to_contain_text("全县合计")
    assert seen.noticed == []


def test_the_index_map_changes_its_sum_by_keyboard(visit: Open, pages: dict[str, Path]) -> None:
    seen = visit(pages[""])
    drawn = seen.page.locator(".ix-draw:visible .ix-key li:first-child")
    expect(drawn).to_have_text("宗数")
    seen.page.get_by_role("radio", name="宗数", exact=True).focus()
    seen.page.keyboard.press("ArrowRight")
    expect(drawn).to_have_text("面积（亩）")
    expect(seen.page.locator(".ix-draw:visible")).to_have_count(1)
    seen.page.locator(".ix-draw:visible svg > a").first.click()
    expect(seen.page.locator(".folium-map")).to_be_visible()


@pytest.mark.parametrize(("name", "swatch"), [("", ".ix-key span:visible"), ("火龙镇", ".lm-legend .lm-swatch")])
def test_a_page_prints_its_colours_and_no_buttons(visit: Open, pages: dict[str, Path], name: str, swatch: str) -> None:
    seen = visit(pages[name])
    if name:
        seen.page.mouse.click(*seen.parcel_at(CODE))
        expect(seen.page.get_by_role("dialog")).to_be_visible()
        seen.page.get_by_label("村界", exact=True).uncheck()
    seen.page.emulate_media(media="print")
    adjust = seen.page.locator(swatch).first.evaluate("swatch => getComputedStyle(swatch).printColorAdjust")
    assert adjust == "exact", "browsers leave out backgrounds unless told"
    expect(seen.page.locator("input:visible, button:visible, .leaflet-control-zoom:visible")).to_have_count(0)
    if name:
        expect(seen.page.get_by_text("道路", exact=True)).to_be_visible()
        expect(seen.page.get_by_text("村界", exact=True)).to_be_hidden()
        expect(seen.page.get_by_role("dialog")).to_be_hidden()
    printed = seen.page.pdf(print_background=False, prefer_css_page_size=True)
    box = re.search(rb"/MediaBox *\[0 0 ([0-9.]+) ([0-9.]+)\]", printed)
    assert box is not None
    assert (float(box[1]) > float(box[2])) == bool(name), "a township lies across, the index stands"


def test_the_index_is_a_list_of_cards_on_a_phone(visit: Open, pages: dict[str, Path]) -> None:
    seen = visit(pages[""], width=375, height=700)
    assert seen.page.evaluate("[document, ...document.querySelectorAll('.ix-table')].every("
                              "part => (part.documentElement ?? part).scrollWidth <= 375)")  # fmt: skip
    cells = seen.page.locator("tr:has(th a)").first.locator("td")
    labels = cells.evaluate_all("cells => cells.map(cell => getComputedStyle(cell, '::before').content)")
    assert labels[:3] == ['"宗数"', '"面积（亩）"', '"可入市"']
    right = cells.evaluate_all("cells => Math.max(...cells.map(cell => cell.getBoundingClientRect().right))")
    assert right <= 375
    assert seen.noticed == []


def test_bars_of_the_index_are_parts_of_the_largest_township(visit: Open, pages: dict[str, Path]) -> None:
    seen = visit(pages[""])
    sums = samples.parcels().groupby("township")["total_price"].sum()
    drawn = {}
    for row in seen.page.locator("tr:has(th a)").all():
        cell = row.locator('td[data-label="总地价（万元）"]')
        drawn[row.locator("th").inner_text()] = cell.evaluate(
            "cell => cell.querySelector('rect').getBoundingClientRect().width /"
            " cell.querySelector('svg').getBoundingClientRect().width"
        )
    assert drawn == pytest.approx((sums / sums.max()).astype(float).to_dict(), abs=1e-3)
    assert seen.page.locator(".ix-table [style], .ix-table script").count() == 0
    link = seen.page.locator(".ix-table th a").first
    seen.page.keyboard.press("Tab")
    while not link.evaluate("link => link === document.activeElement"):
        seen.page.keyboard.press("Tab")
    assert link.evaluate("link => getComputedStyle(link).outlineStyle") == "solid"
    seen.page.keyboard.press("Enter")
    expect(seen.page.locator(".folium-map")).to_be_visible()


def test_the_notebook_shows_the_same_map(visit: Open, tmp_path: Path) -> None:
    shown = samples.maps()["火龙镇"]._repr_html_()
    notebook = tmp_path / "notebook.html"
    notebook.write_text(f"<!DOCTYPE html><meta charset='utf-8'><body>{shown}</body>", encoding="utf-8")
    seen = visit(notebook)
    frame = seen.page.frame_locator("iframe")
    expect(frame.locator(".lm-legend li").first).to_be_visible()
    expect(frame.locator("h1")).to_contain_text("火龙镇")
    expect(frame.locator(".lm-home")).to_have_count(0)
    assert [line for line in seen.noticed if "about:srcdoc" not in line] == []


def test_twenty_thousand_parcels_stay_usable(visit: Open, tmp_path: Path) -> None:
    count = 20_000
    place = np.arange(count)
    x, y = 440_000 + (place % 200) * 60.0, 3_780_000 + (place // 200) * 60.0
    table = gpd.GeoDataFrame(
        {"township": "火龙镇", "unit_price": 100.0 + place % 700, "allowed": "可入市"},
        geometry=shapely.box(x, y, x + 50, y + 50),
        index=pd.Index([f"411081100001JB{i:05d}" for i in place], name="parcel_code"),
        crs=samples.CRS,
    )
    started = time.process_time()
    files = save_maps(township_maps(table, "unit_price"), tmp_path)
    assert time.process_time() - started < 10
    assert files[1].stat().st_size < 4_000_000
    started = time.perf_counter()
    seen = visit(files[1])
    seen.page.mouse.move(*seen.parcel_at("411081100001JB10100"))
    expect(seen.page.locator(".lm-tip")).to_contain_text("411081100001JB10100")
    assert time.perf_counter() - started < 15
    assert seen.noticed == []
