"""The pages that the main job leaves for the sample county, as the bureau opens them."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from landmarket.maps.audience import INTERNAL
from landmarket.products import MAPS
from tests.browser.conftest import Open


def test_index_and_townships_of_the_sample_county(visit: Open, sample_run: Path) -> None:
    folder = sample_run / MAPS
    pages = sorted(path for path in folder.glob("*.html") if path.name != "index.html")
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
