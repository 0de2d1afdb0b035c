"""The pages that the main job leaves for the sample county, as the bureau opens them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from landmarket.maps.audience import INTERNAL
from landmarket.products import MAPS, Work
from landmarket.products.maps import write_maps
from tests.browser.conftest import Open


@pytest.fixture(scope="module")
def folder(sample_work: Work, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The maps of the sample county."""
    folder = tmp_path_factory.mktemp("sample") / MAPS
    write_maps(sample_work, folder)
    return folder


def test_index_and_townships_of_the_sample_county(visit: Open, folder: Path) -> None:
    pages = sorted(folder.glob("[0-9]*.html"))
    assert len(pages) == 26
    index = visit(folder / "index.html")
    assert index.page.locator("tbody a").count() == 26
    assert index.page.locator(".ix-draw:visible svg > a").count() == 26
    for path in (pages[5], pages[25]):
        seen = visit(path)
        code = seen.page.evaluate(
            """() => {
                const layer = window[Object.keys(window).find(name => name.startsWith("parcels_"))];
                const start = layer.worksheetStart;
                return layer.data.codes.find((code, i) => start[i + 1] > start[i]);
            }"""
        )
        seen.page.locator(".lm-search input").fill(code)
        seen.page.keyboard.press("Enter")
        seen.page.keyboard.press("Escape")
        seen.page.mouse.click(*seen.parcel_at(code))
        card = seen.page.get_by_role("dialog")
        expect(card.locator("h2")).to_have_text(code)
        assert card.locator("tbody tr").count() >= 10
        expect(card).to_contain_text("总地价")
        expect(seen.page.locator("footer")).to_contain_text(INTERNAL)
        assert seen.noticed == []
    assert index.noticed == []


def test_the_tallest_township_is_whole_on_one_sheet(visit: Open, folder: Path, sample_work: Work) -> None:
    corners = sample_work.outcome.parcels.bounds.groupby(sample_work.outcome.parcels["township"].astype("str"))
    least, most = corners.min(), corners.max()
    tallest = str(((most["maxy"] - least["miny"]) / (most["maxx"] - least["minx"])).idxmax())
    (path,) = folder.glob(f"[0-9]*_{tallest}.html")
    for width, height in ((1280, 800), (1920, 1080), (900, 1400)):
        seen = visit(path, width, height)
        room = seen.page.evaluate(
            """() => {
                const of = start => window[Object.keys(window).find(name => name.startsWith(start))];
                const map = of("map_"), size = map.getSize(), scale = Math.pow(2, map.getZoom());
                const town = of("ground_").layers.find(layer => layer.kind === "township"), home = town.home.indexOf(1);
                const box = town.shapes.boxes.slice(4 * home, 4 * home + 4);
                const corner = ([x, y]) => L.point(x * scale, y * scale).subtract(map.getPixelOrigin());
                const at = [box.slice(0, 2), box.slice(2)].map(c => map.layerPointToContainerPoint(corner(c)));
                return [at[0].x, at[0].y, size.x - at[1].x, size.y - at[1].y];
            }"""
        )
        assert min(room) >= 0, "the whole township is on the screen, whose picture is printed"
        for sheet in ({"prefer_css_page_size": True}, {"format": "A4"}):
            printed = seen.page.pdf(**sheet)
            assert re.findall(rb"/Type */Page\b", printed) == [b"/Type /Page"], "one sheet"
        seen.page.emulate_media(media="print")
        drawn = seen.page.locator(".lm-map").bounding_box()
        scaled = seen.page.locator(".folium-map").bounding_box()
        assert drawn
        assert scaled
        assert scaled["height"] == pytest.approx(drawn["height"], abs=1), "nothing of the map is cut"
        assert scaled["height"] <= 581
        assert scaled["width"] == pytest.approx(drawn["width"], abs=1)
        assert seen.noticed == []
