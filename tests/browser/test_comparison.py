"""Two scenarios, on one map or side by side: the same colours, what changes, all of it by keyboard too."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from playwright.sync_api import expect

from landmarket.errors import BadValueError, CrsError, IndexMismatchError, MissingColumnError
from landmarket.maps import View, compare_maps, save_page
from landmarket.maps.audience import INTERNAL
from landmarket.maps.offline_map import figure_of
from tests.browser import samples
from tests.browser.conftest import Open, Visit
from tests.browser.test_hostile_text import PAYLOADS, told
from tests.browser.test_map_tools import narrow, status
from tests.browser.test_pages import CODE, legend
from tests.page_data import page_data

NAMES = ("现行办法", "调整方案")
BREAKS = (200.0, 400.0, 600.0)


def scenarios() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """The small county, and the same with every third price half as high again, one lost and one grade changed."""
    before = samples.parcels()
    after = before.copy()
    after["unit_price"] = before["unit_price"] * np.where(np.arange(27) % 3 == 0, 1.5, 1.0)
    after.loc[after.index[1], "unit_price"] = np.nan
    after.loc[after.index[2], "unit_price"] = 1.0
    after.loc[after.index[0], "grade"] = "Ⅲ级"
    return before, after


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both scenarios on one page."""
    path = tmp_path_factory.mktemp("compared") / "对比.html"
    before, after = scenarios()
    drawn = compare_maps(
        before,
        after,
        "unit_price",
        names=NAMES,
        views=[View("unit_price", BREAKS), "grade"],
        context=samples.context(),
        notice=samples.NOTICE,
        county="样例县",
    )
    save_page(drawn, path)
    return path


def expected(table: gpd.GeoDataFrame) -> list[int]:
    """Parcels in each class of the given breaks, then those without a price."""
    prices = table["unit_price"]
    edges = (-np.inf, *BREAKS, np.inf)
    within = [int(((prices >= low) & (prices < high)).sum()) for low, high in pairwise(edges)]
    return [*within, int(prices.isna().sum())]


def test_the_legend_counts_both(visit: Open, page: Path, tmp_path: Path) -> None:
    seen = visit(page)
    before, after = scenarios()
    expect(seen.page.locator("h1")).to_have_text("样例县集体经营性建设用地情景对比：现行办法 → 调整方案")
    expect(seen.page.locator("footer")).to_contain_text(INTERNAL)
    counts = [f"{one} → {other} 宗" for one, other in zip(expected(before), expected(after), strict=True)]
    assert [count for _, count in legend(seen)] == counts
    seen.page.screenshot(path=tmp_path / "compared.png")
    assert (tmp_path / "compared.png").stat().st_size > 30_000
    assert seen.noticed == []


def test_what_changes_can_be_shown_and_filtered(visit: Open, page: Path) -> None:
    seen = visit(page)
    seen.page.locator(".lm-choice").get_by_text("地面单价变化", exact=True).click()
    before, after = scenarios()
    rise = after["unit_price"] - before["unit_price"]
    lost = after["unit_price"].isna() != before["unit_price"].isna()
    wanted = {"升高": (rise > 0).sum(), "降低": (rise < 0).sum(), "不变": (rise == 0).sum(), "仅一方有值": lost.sum()}
    assert {label: int(count.split()[0]) for label, count in legend(seen) if label != "无数据"} == wanted
    narrow(seen, "地面单价变化", "不变", "无数据")
    left = int(wanted["升高"] + wanted["降低"] + wanted["仅一方有值"])
    assert status(seen) == f"显示 {left} → {left} 宗，共 27 宗"
    assert seen.noticed == []


def test_each_side_is_filtered_by_its_own_values(visit: Open, page: Path) -> None:
    seen = visit(page)
    narrow(seen, "土地级别", "Ⅱ级", "Ⅲ级")
    assert status(seen) == "显示 9 → 8 宗，共 27 宗"


def colour_at(seen: Visit, pane: int, place: tuple[float, float]) -> list[int]:
    """Colour of one side's canvas at a place of the screen; nothing where it is cut off."""
    found = seen.page.evaluate(
        """([pane, x, y]) => {
            const holder = document.querySelector(`.leaflet-landmarket-${pane}-pane`);
            const canvas = holder.querySelector("canvas"), box = canvas.getBoundingClientRect();
            const origin = holder.getBoundingClientRect(), clip = holder.style.clip.match(/-?[0-9.]+/g).map(Number);
            if (x - origin.x < clip[3] || x - origin.x > clip[1]) { return []; }
            const ratio = canvas.width / box.width;
            return Array.from(
                canvas.getContext("2d").getImageData((x - box.x) * ratio, (y - box.y) * ratio, 1, 1).data);
        }""",
        [pane, *place],
    )
    return [int(part) for part in found]


def test_the_line_is_moved_by_keyboard_and_parts_the_scenarios(visit: Open, page: Path) -> None:
    seen = visit(page)
    swatches = seen.page.locator(".lm-legend .lm-swatch")
    colours = [
        [int(part) for part in re.findall(r"\d+", swatches.nth(i).evaluate("s => getComputedStyle(s).backgroundColor"))]
        for i in range(4)
    ]
    place = seen.parcel_at(CODE)  # 100 before, 150 after: raised within the lowest class; the line starts right of it
    other = seen.parcel_at("411081100001JB00007")  # 250 before, 375 after
    last = seen.parcel_at("411081001001JB00001")  # 550 before, 825 after
    assert colour_at(seen, 400, last) == []
    assert colour_at(seen, 405, last) == [*colours[3], 255]
    assert colour_at(seen, 405, place) == []
    assert colour_at(seen, 400, other) == [*colours[1], 255]
    handle = seen.page.get_by_role("slider", name="左右对比分界")
    handle.focus()
    seen.page.keyboard.press("End")
    assert colour_at(seen, 400, last) == [*colours[2], 255]
    assert colour_at(seen, 405, last) == []
    seen.page.keyboard.press("Home")
    assert colour_at(seen, 405, place) == [*colours[0], 255]
    assert colour_at(seen, 400, place) == []


def beside(seen: Visit) -> None:
    """Switch to two maps by keyboard alone."""
    seen.page.get_by_role("radio", name="拉帘").focus()
    seen.page.keyboard.press("ArrowRight")
    expect(seen.page.locator(".lm-beside")).to_be_visible()


def place_on(seen: Visit, code: str, second: bool) -> tuple[float, float]:
    """A point of a parcel on the first or the second of two maps."""
    x, y = seen.parcel_at(code, inwards=0.6)
    holders = [seen.page.locator(name).bounding_box() for name in (".folium-map", ".lm-beside")]
    assert holders[0]
    assert holders[1]
    return (x + holders[1]["x"] - holders[0]["x"] if second else x), y


def outlined(seen: Visit, holder: str) -> int:
    """Pixels of the outlines on one map."""
    return int(
        seen.page.evaluate(
            """holder => {
                const canvas = document.querySelector(holder + " .leaflet-landmarket-460-pane canvas");
                const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
                copy.drawImage(canvas, 0, 0);
                const pixels = copy.getImageData(0, 0, canvas.width, canvas.height).data;
                return pixels.filter((value, i) => i % 4 === 3 && value > 0).length;
            }""",
            holder,
        )
    )


def colour_on(seen: Visit, code: str, second: bool) -> list[int]:
    """Colour of a parcel on the first or the second of two maps."""
    found = seen.page.evaluate(
        """([x, y, holder, pane]) => {
            const canvas = document.querySelector(`${holder} .leaflet-landmarket-${pane}-pane canvas`);
            const box = canvas.getBoundingClientRect(), ratio = canvas.width / box.width;
            const copy = new OffscreenCanvas(1, 1).getContext("2d");
            copy.drawImage(canvas, (x - box.x) * ratio, (y - box.y) * ratio, 1, 1, 0, 0, 1, 1);
            return Array.from(copy.getImageData(0, 0, 1, 1).data);
        }""",
        [*place_on(seen, code, second), ".lm-beside" if second else ".folium-map", 405 if second else 400],
    )
    return [int(part) for part in found]


RAISED = "411081001001JB00001"  # 550 before, 825 after: another class


def test_side_by_side_each_map_has_its_own_scenario(visit: Open, page: Path) -> None:
    seen = visit(page)
    swatches = seen.page.locator(".lm-legend .lm-swatch")
    colours = [
        [int(part) for part in re.findall(r"\d+", swatches.nth(i).evaluate("s => getComputedStyle(s).backgroundColor"))]
        for i in range(4)
    ]
    beside(seen)
    expect(seen.page.get_by_role("slider", name="左右对比分界")).to_be_hidden()
    assert seen.page.locator(".lm-swipe-name:visible").all_inner_texts() == list(NAMES)
    assert colour_on(seen, RAISED, second=False) == [*colours[2], 255]
    assert colour_on(seen, RAISED, second=True) == [*colours[3], 255]
    seen.page.locator(".lm-choice").get_by_text("地面单价变化", exact=True).click()
    assert colour_on(seen, RAISED, second=False) == colour_on(seen, RAISED, second=True), "the column shown is linked"
    narrow(seen, "地面单价变化", "升高")
    assert colour_on(seen, RAISED, second=False)[3] == colour_on(seen, RAISED, second=True)[3] == 0
    assert seen.noticed == []


def test_side_by_side_the_maps_move_together(visit: Open, page: Path) -> None:
    seen = visit(page)
    beside(seen)
    for holder, key in ((".folium-map", "ArrowRight"), (".lm-beside", "ArrowDown"), (".lm-beside", "+")):
        before = place_on(seen, RAISED, second=False)
        seen.page.locator(holder).focus()
        expect(seen.page.locator(f"{holder} .lm-cross")).to_be_visible()
        seen.page.keyboard.press(key)
        seen.page.wait_for_timeout(400)  # a step of the arrow keys glides
        assert place_on(seen, RAISED, second=False) != before, "the first map moved"
        assert colour_on(seen, RAISED, second=True)[3] == 255, "the second shows the same place"
        corners = seen.page.evaluate(
            """() => {
                const canvases = [".folium-map", ".lm-beside"].map(holder => {
                    const box = document.querySelector(holder).getBoundingClientRect();
                    const canvas = document.querySelector(holder + " canvas").getBoundingClientRect();
                    return [canvas.x - box.x, canvas.y - box.y];
                });
                return Math.hypot(canvases[0][0] - canvases[1][0], canvases[0][1] - canvases[1][1]);
            }"""
        )
        assert corners <= 2
    assert seen.noticed == []


def test_side_by_side_pointing_and_the_card_are_linked(visit: Open, page: Path) -> None:
    seen = visit(page)
    beside(seen)
    for second in (False, True):
        seen.page.mouse.move(*place_on(seen, RAISED, second))
        expect(seen.page.locator(".lm-tip")).to_contain_text("地面单价（调整方案）：825.00 元/㎡")
        assert outlined(seen, ".folium-map") > 0
        assert outlined(seen, ".lm-beside") > 0
        seen.page.mouse.move(5, 5)
        assert outlined(seen, ".folium-map") == outlined(seen, ".lm-beside") == 0
        expect(seen.page.locator(".lm-tip")).to_have_count(0)  # it fades
    seen.page.mouse.click(*place_on(seen, RAISED, second=True))
    card = seen.page.get_by_role("dialog")
    expect(card.locator("h2")).to_have_text(RAISED)
    assert outlined(seen, ".folium-map") > 0
    seen.page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    assert seen.noticed == []


def test_side_by_side_and_back(visit: Open, page: Path, tmp_path: Path) -> None:
    seen = visit(page)
    before = seen.parcel_at(RAISED)
    beside(seen)
    seen.page.get_by_role("radio", name="并排").focus()
    seen.page.keyboard.press("ArrowLeft")
    expect(seen.page.locator(".lm-beside")).to_be_hidden()
    expect(seen.page.get_by_role("slider", name="左右对比分界")).to_be_visible()
    assert seen.parcel_at(RAISED) == pytest.approx(before, abs=1)
    assert colour_at(seen, 405, seen.parcel_at(RAISED))[3] == 255
    assert colour_at(seen, 400, seen.parcel_at(RAISED)) == []
    assert seen.noticed == []


def test_side_by_side_fits_a_phone_and_prints(visit: Open, page: Path) -> None:
    phone = visit(page, 390, 844, phone=True)
    beside(phone)
    above, below = (phone.page.locator(name).bounding_box() for name in (".folium-map", ".lm-beside"))
    assert above
    assert below
    assert above["y"] + above["height"] == pytest.approx(below["y"], abs=1)
    assert phone.page.evaluate("document.scrollingElement.scrollWidth") <= 390
    seen = visit(page)
    beside(seen)
    seen.page.emulate_media(media="print")
    left, right = (seen.page.locator(name).bounding_box() for name in (".folium-map", ".lm-beside"))
    assert left
    assert right
    assert left["x"] + left["width"] == pytest.approx(right["x"], abs=1)
    assert right["x"] + right["width"] <= 740
    assert phone.noticed == seen.noticed == []


def test_tip_and_card_tell_both_values(visit: Open, page: Path) -> None:
    seen = visit(page)
    seen.page.mouse.move(*seen.parcel_at(CODE))
    tip = seen.page.locator(".lm-tip")
    expect(tip).to_contain_text("地面单价（现行办法）：100.00 元/㎡")
    expect(tip).to_contain_text("地面单价（调整方案）：150.00 元/㎡")
    seen.page.mouse.click(*seen.parcel_at(CODE))
    card = seen.page.get_by_role("dialog")
    expect(card).to_contain_text("土地级别（调整方案）")
    facts = dict(zip(card.locator("dt").all_inner_texts(), card.locator("dd").all_inner_texts(), strict=True))
    assert facts["土地级别（现行办法）"] == "Ⅰ级"
    assert facts["土地级别（调整方案）"] == "Ⅲ级"
    assert facts["村"] == "火龙东村委会", "what both agree on is told once"
    assert seen.noticed == []


def test_names_are_text(visit: Open, tmp_path: Path) -> None:
    before, after = scenarios()
    for number, names in enumerate([(PAYLOADS[1], PAYLOADS[3]), (PAYLOADS[11], PAYLOADS[14])]):
        path = tmp_path / f"{number}.html"
        save_page(compare_maps(before, after, "unit_price", names=names), path)
        seen = visit(path)
        title = seen.page.title()
        shown = [told(text) for text in seen.page.locator(".lm-swipe-name").all_inner_texts()]
        assert shown == [told(name) for name in names]
        seen.page.mouse.move(*seen.parcel_at(CODE))
        expect(seen.page.locator(".lm-tip")).to_contain_text(names[0])
        assert seen.page.title() == title
        assert seen.noticed == []


def test_no_table_is_changed_and_the_same_map_is_the_same_bytes() -> None:
    before, after = scenarios()
    first = figure_of(compare_maps(before, after, "grade", names=NAMES)).render()
    again = figure_of(compare_maps(*scenarios(), "grade", names=NAMES)).render()
    assert first == again
    for table, made in zip((before, after), scenarios(), strict=True):
        assert table.equals(made)
    data = page_data(first, "parcels")
    assert [view["title"] for view in data["views"]][:2] == ["土地级别", "土地级别变化"]
    assert data["comparison"]["names"] == list(NAMES)


def test_refusals() -> None:
    before, after = scenarios()
    with pytest.raises(IndexMismatchError, match="compare_maps"):
        compare_maps(before, after.iloc[:-1], "grade", names=NAMES)
    with pytest.raises(MissingColumnError, match="grade"):
        compare_maps(before, after.drop(columns="grade"), "unit_price", names=NAMES, views=["grade"])
    with pytest.raises(CrsError):
        compare_maps(before, after.to_crs(4526), "grade", names=NAMES)
    moved = after.set_geometry([after.geometry.iloc[1], *after.geometry.iloc[1:]], crs=after.crs)
    with pytest.raises(BadValueError, match=rf"图形不同.*1 行.*{CODE}.*办法"):
        compare_maps(before, moved, "grade", names=NAMES)
    with pytest.raises(BadValueError, match=r"都叫.*办法"):
        compare_maps(before, after, "grade", names=("甲", "甲"))
    with pytest.raises(BadValueError, match="底价"):
        compare_maps(before.assign(底价=1.0), after.assign(底价=2.0), "底价", names=NAMES)
