"""Chromium without a network, and what it noticed while a page was open."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from landmarket.maps import save_maps
from tests.browser import samples

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium; a test without one fails, it is not left out."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.fail(f"没有找到 Chromium（{'、'.join(NAMES)}）。办法：安装 chromium，或用环境变量 CHROMIUM 指明其路径。")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


DRAWN = "html:not(:has(.folium-map)), html[data-landmarket='drawn']"
"""A page without a map is there at once; a map says when it is drawn."""


@dataclass
class Visit:
    """A page and everything it did that it should not do."""

    page: Page
    address: str
    noticed: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Note dialogs, messages, errors and requests but the page's own."""
        page = self.page
        page.on("dialog", lambda dialog: (self.noticed.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("console", lambda message: self.noticed.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.noticed.append(f"error: {error}"))
        page.on("request", self._requested)

    def _requested(self, request: Request) -> None:
        if not (request.is_navigation_request() and request.url.startswith("file://")):
            self.noticed.append(f"request: {request.url[:200]}")

    def goes_to(self, path: Path) -> None:
        """Open another file in the same page."""
        self.page.goto(path.as_uri())
        self.page.wait_for_selector(DRAWN, state="attached")

    def parcel_at(self, code: str, inwards: float = 0.15) -> tuple[float, float]:
        """A point of a parcel on the screen: from its first corner so far towards the middle of that ring."""
        x, y = self.page.evaluate(
            """([code, inwards]) => {
                const of = start => window[Object.keys(window).find(name => name.startsWith(start))];
                const map = of("map_"), layer = of("parcels_"), shapes = layer.shapes;
                const feature = layer.data.codes.indexOf(code), ring = shapes.features[feature];
                let x = 0, y = 0;
                const from = shapes.rings[ring], to = shapes.rings[ring + 1];
                for (let i = from; i < to; i++) { x += shapes.xs[i]; y += shapes.ys[i]; }
                x = shapes.xs[from] + inwards * (x / (to - from) - shapes.xs[from]);
                y = shapes.ys[from] + inwards * (y / (to - from) - shapes.ys[from]);
                const scale = Math.pow(2, map.getZoom()), origin = map.getPixelOrigin();
                const at = map.layerPointToContainerPoint(
                    L.point(x * scale - origin.x, y * scale - origin.y));
                const box = map.getContainer().getBoundingClientRect();
                return [at.x + box.x, at.y + box.y];
            }""",
            [code, inwards],
        )
        return float(x), float(y)


Open = Callable[..., Visit]


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Open]:
    """Open a file with the network off: ``visit(path, width=1280, height=800)``."""
    contexts = []

    def opened(path: Path, width: int = 1280, height: int = 800, *, phone: bool = False) -> Visit:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, offline=True, is_mobile=phone, has_touch=phone
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        found = Visit(page, path.as_uri())
        found.watch()
        found.goes_to(path)
        return found

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The small county's pages by name of the township; ``""`` is the index."""
    files = save_maps(samples.maps(), tmp_path_factory.mktemp("county"))
    return {"" if path.name == "index.html" else path.stem.split("_")[1]: path for path in files}
