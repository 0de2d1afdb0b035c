"""Open the same parcels as a page of this package and as `folium.GeoJson`, in headless Chromium, without a network.

::

    python benchmarks/maps.py --parcels 20000 --county 200000 --repetitions 3

Both pages have the same parcels, coordinates to the same digit, classes, colours, texts, hover and popup; both have
Leaflet in the page, for folium's own asks four hosts. Seconds are from the start of the navigation to the first frame
after everything is drawn; medians of visits in turn, each in a fresh context. Before any time is printed both pages
must show the same: the number of parcels, the colours of a sample, and what a click on each of them tells.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from branca.element import Element
from playwright.sync_api import Browser, Page, sync_playwright

from landmarket.maps import View, county_map, save_page
from landmarket.maps.facts import parcel_facts
from landmarket.maps.legend import legend
from landmarket.maps.page_files import leaflet_script, leaflet_style

SHOWN = ("village", "planned_use_name", "grade", "allowed", "outcome", "unit_price", "total_price")
BREAKS = (100.0, 200.0, 300.0, 400.0)
SAMPLE = 12
CODE = "宗地代码"
OURS, SVG, CANVAS = "landmarket", "folium.GeoJson", "folium.GeoJson, prefer_canvas"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]

# The first frame after the page says, or a loaded folium page has shown, that everything is drawn.
WATCH = """() => {
    const drawn = () => document.readyState === "complete" && (!document.querySelector(".lm-map")
        || document.documentElement.dataset.landmarket === "drawn");
    const look = () => drawn()
        ? requestAnimationFrame(() => setTimeout(() => {
            document.documentElement.dataset.opened = String(performance.now());
        }))
        : requestAnimationFrame(look);
    requestAnimationFrame(look);
}"""

OURS_SHOWN = """codes => {
    const layer = window[Object.keys(window).find(name => name.startsWith("parcels_"))], data = layer.data;
    const view = data.views[0], tell = (fact, i) => layer.text(fact.values[i]);
    return [layer.shownCount(), codes.map(code => {
        const i = data.codes.indexOf(code);
        return [view.classes[view.members[i]].colour, data.facts.filter(fact => tell(fact, i) !== null).map(
            fact => [fact.label + (fact.unit ? "（" + fact.unit + "）" : ""), tell(fact, i)])];
    })];
}"""

FOLIUM_SHOWN = """([codes, code]) => {
    const layer = window[Object.keys(window).find(name => /^geo_json_[0-9a-f]+$/.test(name))];
    const byCode = new Map(layer.getLayers().map(one => [one.feature.properties[code], one]));
    return [byCode.size, codes.map(wanted => {
        const one = byCode.get(wanted);
        one.fire("click", { latlng: one.getBounds().getCenter() }, true);
        const rows = Array.from(document.querySelectorAll(".leaflet-popup-content tr"));
        layer.closePopup();
        return [one.options.fillColor, rows.map(row => [
            row.querySelector("th").textContent.trim(), row.querySelector("td").textContent.trim()])];
    })];
}"""


class Shown(NamedTuple):
    """What a page shows: the number of parcels, and colour and lines of the popup of a sample."""

    parcels: int
    sample: list[tuple[str, list[tuple[str, str]]]]


@dataclass(frozen=True)
class Opened:
    """Size of a page [MB] and seconds until it was drawn, one per visit."""

    megabytes: float
    seconds: list[float]


def made(count: int) -> gpd.GeoDataFrame:
    """Parcels of six corners in rows, with the columns a bureau looks at."""
    draw, place = np.random.default_rng(20267), np.arange(count)
    side = int(np.ceil(np.sqrt(count)))
    corner = np.column_stack([440_000 + place % side * 90.0, 3_780_000 + place // side * 90.0])
    wide, tall = draw.uniform(30, 80, (2, count))
    across, up = np.array([0, 0.5, 1, 1, 0.5, 0]), np.array([0, -0.04, 0, 1, 1.04, 1])
    points = np.stack([np.outer(wide, across), np.outer(tall, up)], axis=2) + corner[:, None]
    shapes = shapely.polygons(points + draw.uniform(0, 8, points.shape))
    table = gpd.GeoDataFrame(
        {
            "township": "火龙镇",
            "village": [f"第{n:03d}村委会" for n in place * 300 // count],
            "area": shapely.area(shapes).round(2),
            "unit_price": draw.gamma(3, 90, count).round(2),
            "grade": draw.choice(["Ⅰ级", "Ⅱ级", "Ⅲ级"], count),
            "planned_use_name": draw.choice(["工业用地", "商业用地", "物流仓储用地"], count),
            "allowed": draw.choice(["可入市", "不可入市", "待核实"], count),
            "outcome": draw.choice(["成交", "流拍-无人报名", "流拍-低于底价"], count),
        },
        geometry=shapes,
        index=pd.Index([f"411081{100 + n // 99000:03d}001JB{n % 99000:05d}" for n in place], name="parcel_code"),
        crs="EPSG:4547",
    )
    fen = (table["unit_price"] * table["area"] * 100).round().astype("Int64")
    return table.assign(total_price_fen=fen, total_price=fen.astype("Float64") / 100)


def view() -> View:
    """Classes of the price, given so that both pages have them."""
    return View("unit_price", BREAKS)


def write_ours(table: gpd.GeoDataFrame, path: Path) -> None:
    """Write a page of this package."""
    shown = table[["township", "area", *SHOWN, table.geometry.name]]
    save_page(county_map(shown, "unit_price", views=[view(), *(name for name in SHOWN if name != "unit_price")]), path)


def write_folium(table: gpd.GeoDataFrame, path: Path, *, canvas: bool) -> None:
    """Write the same with `folium.GeoJson`: one style function, one popup, one tooltip."""
    facts = parcel_facts(table, SHOWN)
    titles = [fact.label + (f"（{fact.unit}）" if fact.unit else "") for fact in facts]
    texts = {
        title: [fact.texts.distinct[i] for i in fact.texts.codes] for title, fact in zip(titles, facts, strict=True)
    }
    classes = legend(table, view())
    colours = [classes.classes[member].colour for member in classes.members]
    degrees = shapely.transform(np.asarray(table.geometry.to_crs(4490).array), lambda points: points.round(7))
    layer = gpd.GeoDataFrame({CODE: table.index, **texts, "_colour": colours}, geometry=degrees, crs=4326)
    west, south, east, north = layer.total_bounds
    page = folium.Map([(south + north) / 2, (west + east) / 2], tiles=None, zoom_start=12, prefer_canvas=canvas)
    page.default_js, page.default_css = [], []
    header = page.get_root().header
    header.add_child(Element(f"<style>{leaflet_style()}</style><script>{leaflet_script()}</script>"))
    folium.GeoJson(
        layer,
        style_function=lambda feature: {
            "fillColor": feature["properties"]["_colour"],
            "color": "#2d2823",
            "weight": 0.7,
            "fillOpacity": 1.0,
        },
        highlight_function=lambda feature: {"weight": 3, "color": "#111111"},
        tooltip=folium.GeoJsonTooltip([CODE, titles[SHOWN.index("unit_price") + 1]], localize=False),
        popup=folium.GeoJsonPopup(list(texts), localize=False),
    ).add_to(page)
    page.fit_bounds([[south, west], [north, east]])
    page.save(str(path))


def visited(browser: Browser, path: Path) -> tuple[Page, float]:
    """Open a page in a fresh context without a network; stop if it asks for anything."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}, offline=True).new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.add_init_script(f"({WATCH})()")
    page.goto(path.as_uri(), timeout=600_000)
    opened = page.locator("html[data-opened]")
    opened.wait_for(state="attached", timeout=600_000)
    if asked != [path.as_uri()]:
        raise SystemExit(f"{path.name} asks for {asked[1:4]}")
    return page, float(opened.get_attribute("data-opened") or "nan") / 1000


def shown_by(browser: Browser, path: Path, codes: list[str]) -> Shown:
    """What a page shows."""
    page, _ = visited(browser, path)
    ours = page.locator(".lm-map").count() > 0
    count, sample = page.evaluate(OURS_SHOWN, codes) if ours else page.evaluate(FOLIUM_SHOWN, [codes, CODE])
    page.context.close()
    return Shown(count, [(colour, sorted((title, text) for title, text in lines)) for colour, lines in sample])


def require_equal(browser: Browser, table: gpd.GeoDataFrame, pages: Mapping[str, Path]) -> None:
    """Stop unless all pages show the same parcels."""
    codes = table.index[:: len(table) // SAMPLE].tolist()
    found = {name: shown_by(browser, path, codes) for name, path in pages.items()}
    for name, one in found.items():
        if one != found[OURS] or one.parcels != len(table):
            raise SystemExit(f"{name} does not show what {OURS} shows:\n{one.sample[0]}\n{found[OURS].sample[0]}")


def time_openings(browser: Browser, pages: Mapping[str, Path], repetitions: int) -> dict[str, Opened]:
    """Open the pages in turn."""
    opened = {name: Opened(path.stat().st_size / 1e6, []) for name, path in pages.items()}
    for _ in range(repetitions):
        for name, path in pages.items():
            page, seconds = visited(browser, path)
            opened[name].seconds.append(seconds)
            page.context.close()
    return opened


def table_lines(opened: Mapping[str, Opened], count: int) -> Iterator[str]:
    """Lines of a table, ours first."""
    ours = next(iter(opened.values()))
    yield f"\n{count:,} parcels; load of the machine {os.getloadavg()[0]:.1f}\n"
    yield "| page | MB | × | seconds, median (all) | × |"
    yield "|---|---:|---:|---:|---:|"
    for name, one in opened.items():
        median = statistics.median(one.seconds)
        every = ", ".join(f"{seconds:.2f}" for seconds in one.seconds)
        larger, slower = one.megabytes / ours.megabytes, median / statistics.median(ours.seconds)
        yield f"| {name} | {one.megabytes:.2f} | {larger:.1f} | {median:.2f} ({every}) | {slower:.1f} |"


def compare(browser: Browser, folder: Path, count: int, repetitions: int) -> Iterator[str]:
    """Lines of the comparison with folium."""
    table = made(count)
    pages = {name: folder / f"{number}.html" for number, name in enumerate((OURS, SVG, CANVAS))}
    write_ours(table, pages[OURS])
    write_folium(table, pages[SVG], canvas=False)
    write_folium(table, pages[CANVAS], canvas=True)
    require_equal(browser, table, pages)
    yield from table_lines(time_openings(browser, pages, repetitions), count)


def alone(browser: Browser, folder: Path, count: int, repetitions: int) -> Iterator[str]:
    """Lines about a page of a whole county."""
    path = folder / "county.html"
    write_ours(made(count), path)
    yield from table_lines(time_openings(browser, {OURS: path}, repetitions), count)


def main() -> None:
    """Read the options, compare, print."""
    options = argparse.ArgumentParser(description="open map pages beside folium.GeoJson")
    options.add_argument("--parcels", type=int, default=20_000, help="parcels of the comparison")
    options.add_argument("--county", type=int, default=200_000, help="parcels of the page that only we can open")
    options.add_argument("--repetitions", type=int, default=3)
    chosen = options.parse_args()
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for line in compare(browser, Path(folder), chosen.parcels, chosen.repetitions):
            print(line, flush=True)
        for line in alone(browser, Path(folder), chosen.county, chosen.repetitions):
            print(line, flush=True)
        browser.close()


if __name__ == "__main__":
    main()
