"""Make the pictures in README and in the gallery: `make screenshots`. Chromium opens the pages; nothing is fetched.

The pictures are of the sample county, whose data are invented, as every page of it says.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

DOCS = Path(__file__).parent
PICTURES = DOCS / "static"
CHROMIUM = "/usr/bin/chromium"
COUNTY = DOCS.parent / "sample_data" / "yuzhou"
TOWNSHIP = "神垕镇"
PARCEL = "411081003007JB00004"
README_SIZE = {"index.png": (1280, 800), "township.png": (1280, 800)}
THUMBNAIL = (360, 240)
SHOWN = ("iframe", "img", "table")
"""What a notebook gives, in the order in which it makes the better picture."""


@contextmanager
def offline_page(size: tuple[int, int]) -> Iterator[Page]:
    """Open a tab of a browser that reaches nothing."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, offline=True, locale="zh-CN")
        yield context.new_page()
        browser.close()


def save(picture: bytes, path: Path, size: tuple[int, int] | None = None) -> None:
    """Save a picture, cut to the proportions of a size and brought to it if one is given."""
    image = Image.open(BytesIO(picture)).convert("RGB")
    if size is not None:
        height = min(image.height, round(image.width * size[1] / size[0]))
        image = image.crop((0, 0, image.width, height)).resize(size, Image.Resampling.LANCZOS)
    image.save(path, optimize=True)


def sample_maps(folder: Path) -> Path:
    """Draw the maps of the sample county."""
    command = [sys.executable, "-m", "landmarket", "map", str(COUNTY), "--out", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    return folder / (folder / "latest").read_text(encoding="utf-8").strip() / "maps"


def readme_pictures() -> None:
    """Show the county's index, and a township with one parcel open."""
    with tempfile.TemporaryDirectory() as folder:
        maps = sample_maps(Path(folder))
        with offline_page(README_SIZE["index.png"]) as page:
            page.goto((maps / "index.html").as_uri())
            page.wait_for_timeout(1000)
            save(page.screenshot(), PICTURES / "index.png")
            page.goto(next(maps.glob(f"*_{TOWNSHIP}.html")).as_uri())
            page.get_by_placeholder("宗地代码或村名").fill(PARCEL)
            page.keyboard.press("Enter")
            page.wait_for_timeout(2000)
            save(page.screenshot(), PICTURES / "township.png")


def thumbnails(pages: Path) -> None:
    """Show of each notebook in the gallery what it gives: a map, or else a chart, or else a table."""
    (PICTURES / "gallery").mkdir(exist_ok=True)
    with offline_page((1280, 1600)) as page:
        for path in sorted(pages.glob("[0-9]*.html")):
            page.goto(path.as_uri())
            page.wait_for_timeout(1500)
            given = next(found for kind in SHOWN if (found := page.locator(f".cell_output {kind}").all()))
            largest = max(given, key=lambda one: one.evaluate("each => each.offsetWidth * each.offsetHeight"))
            save(largest.screenshot(), PICTURES / "gallery" / f"{path.stem}.png", THUMBNAIL)


if __name__ == "__main__":
    readme_pictures()
    thumbnails(DOCS / "_build" / "html" / "gallery")
