"""The county's index page, and saving all pages.

The index has no script at all: its map is inline SVG with links, and the switch of its colours is CSS.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import numpy as np

from landmarket.errors import BadValueError
from landmarket.html_page import escaped, written_page
from landmarket.io.file_names import file_names
from landmarket.io.whole import output_errors, write_whole
from landmarket.maps.county import County
from landmarket.maps.legend import ramp
from landmarket.maps.offline_map import figure_of
from landmarket.maps.packing import Ints
from landmarket.maps.page_files import package_text
from landmarket.maps.sketch import WIDTH, name_boxes, scale_bar
from landmarket.maps.texts import count_rows, foot, notice_badge, subtitle
from landmarket.maps.township_sums import Sum
from landmarket.maps.townships import TownshipMap

INDEX = "index.html"
_RAMP = ("#fff3d6", "#fdcf86", "#f79a4b", "#dd5f2a", "#a8321a")
_STEPS = 5
_LETTER = 22.0


def save_maps(maps: Mapping[str, TownshipMap], folder: str | os.PathLike[str]) -> list[Path]:
    """Write one page per township and the county's index page.

    Parameters
    ----------
    maps : mapping of str to TownshipMap
        What :func:`landmarket.maps.township_maps` gives, or some of it.
    folder : path
        Folder to write into; made where it does not exist.

    Returns
    -------
    list of Path
        ``index.html`` first, then the pages in the order of the maps.

    Raises
    ------
    BadValueError
        If there is no map.
    OutputError
        If a page cannot be written.

    Notes
    -----
    File names are safe on Windows, macOS and Linux, and differ also where capital letters do not count.
    """
    if not maps:
        raise BadValueError("save_maps：没有地图可以保存。办法：先用 township_maps() 画图，并检查表中是否有宗地。")
    county = next(iter(maps.values())).county
    titles = {name: f"{county.codes[name]}_{name}" if name in county.codes else f"_{name}" for name in maps}
    stems = file_names(titles.values())  # none can be "index": each begins with a code or a mark
    pages = {name: f"{stems[title]}.html" for name, title in titles.items()}
    target = Path(folder)
    texts = {INDEX: index_page(county, pages)}
    for name, page in maps.items():
        texts[pages[name]] = figure_of(page).render(home=INDEX)
    with output_errors(target):
        target.mkdir(parents=True, exist_ok=True)
    for file_name, text in texts.items():
        write_whole(target / file_name, text.encode("utf-8"))
    return [target / file_name for file_name in texts]


def index_page(county: County, pages: Mapping[str, str]) -> str:
    """Write the county's index page (全县索引).

    Parameters
    ----------
    county : County
        Townships, their outlines and what each parcel adds to their sums.
    pages : mapping of str to str
        File name of each township's page.

    Returns
    -------
    str
        HTML.
    """
    rows = _rows(county)
    counts = f'<dl class="lm-counts">{count_rows(county.counts, " 宗")}</dl>' if county.counts else ""
    body = (
        f'<header class="lm-head"><h1>{escaped(county.title)}</h1>{subtitle(county)}{notice_badge(county)}</header>\n'
        f'<main class="ix-main">{counts}{_map(county, rows, pages)}{_table(county, rows, pages)}</main>\n'
        f'<footer class="lm-foot">{foot(county)}</footer>'
    )
    styles = f"<style>\n{package_text('index.css')}</style>\n"
    return written_page(f"{county.title} · 索引", head=styles, body=body)


@dataclass(frozen=True)
class _Rows:
    """The sums of each township and of the county, as numbers and as text."""

    sums: list[Sum]
    totals: list[Ints]
    aside: Ints

    def text(self, column: int, township: int | None) -> str:
        """Write one cell; the county's where no township is named."""
        one, values = self.sums[column], self.totals[column]
        value = int(values.sum()) if township is None else int(values[township])
        return f"{value / one.scale:,.{one.decimals}f}"


def _rows(county: County) -> _Rows:
    places, names = county.places, len(county.places.names)
    totals = []
    for one in county.sums:
        total = np.zeros(names, dtype=np.int64)
        np.add.at(total, places.of_parcel, one.values)
        totals.append(total)
    known = places.of_set_aside[places.of_set_aside >= 0]
    return _Rows(county.sums, totals, np.bincount(known, minlength=names).astype(np.int64))


def _link(name: str, pages: Mapping[str, str], content: str, label: str = "") -> str:
    if name not in pages:
        return content
    title = f' aria-label="{escaped(label)}"' if label else ""
    return f'<a href="{escaped(quote(pages[name]))}"{title}>{content}</a>'


def _map(county: County, rows: _Rows, pages: Mapping[str, str]) -> str:
    """Draw the townships once per sum; radio buttons before the drawings choose which one shows."""
    if not county.sketch.paths:
        return ""
    inputs, drawings = [], []
    for column, one in enumerate(rows.sums):
        checked = " checked" if column == 0 else ""
        inputs.append(f'<input type="radio" name="ix" id="ix{column}"{checked}>')
        inputs.append(f'<label for="ix{column}">{escaped(one.label)}</label>')
        drawings.append(f'<div class="ix-draw">{_drawing(county, rows, column, pages)}{_key(rows, column)}</div>')
    chosen = "".join(
        f"#ix{n}:checked~.ix-draws .ix-draw:nth-child({n + 1}){{display:block}}" for n in range(len(rows.sums))
    )
    return (
        f'<section class="ix-map" aria-label="全县地图"><style>{chosen}</style>{"".join(inputs)}'
        f'<div class="ix-draws">{"".join(drawings)}</div></section>'
    )


def _step(one: Sum, top: int) -> float:
    """Choose a round class width, in shown units, so that five classes reach the largest sum."""
    fifth = max(top / one.scale / _STEPS, 1.0 if one.decimals == 0 else 0.01)
    power = 10.0 ** np.floor(np.log10(fifth))
    return float(next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= fifth * (1 - 1e-12)))


def _levels(one: Sum, values: Ints) -> Ints:
    step = _step(one, int(values.max(initial=0)))
    return np.minimum(values / one.scale / step + 1e-9, _STEPS - 1).astype(np.int64)


def _drawing(county: County, rows: _Rows, column: int, pages: Mapping[str, str]) -> str:
    sketch, names = county.sketch, county.places.names
    colours = ramp(_RAMP, _STEPS)
    levels = _levels(rows.sums[column], rows.totals[column])
    written = name_boxes(sketch, _LETTER, 2)
    keyed = [name for name in sketch.paths if name not in written]
    shapes, labels = [], []
    for name, path in sketch.paths.items():
        at = names.index(name) if name in names else None
        value = "" if at is None else rows.text(column, at)
        fill = "#ececea" if at is None else colours[int(levels[at])]
        dark = ' class="ix-dark"' if at is not None and levels[at] >= _STEPS - 2 else ""
        label = f"{name} {rows.sums[column].label} {value}"
        shapes.append(_link(name, pages, f'<path d="{path}" fill="{fill}"/>', label))
        x, y = sketch.places[name]
        if name in written:
            lines = f'<tspan x="{x}">{escaped(name)}</tspan><tspan x="{x}" dy="24" class="ix-value">{value}</tspan>'
            labels.append(f'<text x="{x}" y="{y}"{dark}>{lines}</text>')
        else:
            labels.append(f'<circle cx="{x}" cy="{y}" r="15"/><text x="{x}" y="{y + 7}">{keyed.index(name) + 1}</text>')
    drawn = f'{"".join(shapes)}<g class="ix-names" aria-hidden="true">{"".join(labels)}{scale_bar(sketch)}</g>'
    return f'<svg viewBox="0 0 {WIDTH} {sketch.height}">{drawn}</svg>{_keyed(keyed, rows, column, names)}'


def _keyed(keyed: list[str], rows: _Rows, column: int, names: list[str]) -> str:
    """List the townships too small for their name."""
    items = "".join(
        f"<li><b>{number}</b>{escaped(name)} {rows.text(column, names.index(name)) if name in names else ''}</li>"
        for number, name in enumerate(keyed, 1)
    )
    return f'<ol class="ix-small">{items}</ol>' if keyed else ""


def _key(rows: _Rows, column: int) -> str:
    one = rows.sums[column]
    step = _step(one, int(rows.totals[column].max(initial=0)))
    edges = [f"{step * edge:,.2f}".rstrip("0").rstrip(".") for edge in range(_STEPS + 1)]
    steps = "".join(
        f'<li><span style="background:{colour}"></span>{low} – {high}</li>'
        for colour, (low, high) in zip(ramp(_RAMP, _STEPS), pairwise(edges), strict=True)
    )
    return f'<ul class="ix-key"><li>{escaped(one.label)}</li>{steps}</ul>'


def _table(county: County, rows: _Rows, pages: Mapping[str, str]) -> str:
    aside = int(rows.aside.sum()) > 0
    unplaced = int((county.places.of_set_aside < 0).sum())
    heads = "".join(f'<th scope="col">{_head(one.label)}</th>' for one in rows.sums)
    heads += '<th scope="col">暂不处理</th>' if aside or unplaced else ""
    lines = []
    for at, name in enumerate(county.places.names):
        cells = "".join(_cell(one.label, rows.text(n, at), _bar(rows.totals[n], at)) for n, one in enumerate(rows.sums))
        cells += _cell("暂不处理", f"{int(rows.aside[at]):,}") if aside or unplaced else ""
        lines.append(f'<tr><th scope="row">{_link(name, pages, escaped(name))}</th>{cells}</tr>')
    whole = "".join(_cell(one.label, rows.text(n, None)) for n, one in enumerate(rows.sums))
    whole += _cell("暂不处理", f"{len(county.places.of_set_aside):,}") if aside or unplaced else ""
    note = (
        f'<p class="lm-note">另有 {unplaced} 宗暂不处理的宗地没有可用的图形，未能落在任何乡镇。</p>' if unplaced else ""
    )
    return (
        '<section class="ix-table"><table><caption>各乡镇汇总</caption>'
        f'<thead><tr><th scope="col">乡镇、街道</th>{heads}</tr></thead>'
        f'<tbody><tr class="ix-whole"><th scope="row">全县合计</th>{whole}</tr>{"".join(lines)}</tbody></table>'
        f"{note}</section>"
    )


def _cell(label: str, text: str, bar: str = "") -> str:
    """Write a cell that says its column itself where a narrow screen leaves out the head."""
    return f'<td data-label="{escaped(label)}">{text}{bar}</td>'


def _bar(values: Ints, at: int) -> str:
    """Draw a township's part of the largest as a bar beneath the number."""
    width = 100 * int(values[at]) / max(int(values.max(initial=0)), 1)
    bar = f'<rect width="{width:.1f}" height="4"/>'
    return f'<svg class="ix-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">{bar}</svg>'


def _head(label: str) -> str:
    """Set the unit of a column head on a line of its own."""
    title, _, unit = label.partition("（")
    return f"{escaped(title)}<small>{escaped(unit.removesuffix('）'))}</small>" if unit else escaped(title)
