"""Map sheets: true to scale on paper, everything drawn and counted, texts in place and literal, files and atlas."""

from __future__ import annotations

import re
import struct
import zlib
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import Collection, PathCollection
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.figure import Figure
from matplotlib.path import Path as MplPath
from matplotlib.text import Text
from pyproj import CRS
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

from landmarket.audience import Audience
from landmarket.errors import BadValueError, CrsError, LandMarketError, MissingColumnError, OutputError
from landmarket.figures import (
    A3_LANDSCAPE,
    A4_LANDSCAPE,
    A4_PORTRAIT,
    BreakRule,
    Imprint,
    Kind,
    MapSpec,
    deal_sheet,
    entry_sheet,
    grade_sheet,
    ground_of,
    income_sheet,
    index_sheet,
    map_sheet,
    price_sheet,
    save_figure,
    township_sheets,
    use_sheet,
    write_atlas,
)
from landmarket.figures.county_sheets import GRADES, PRICES
from landmarket.figures.map_classes import classes_of, natural_breaks, printable_breaks
from landmarket.figures.map_features import Label, draw_labels
from landmarket.figures.map_ground import paths_of
from landmarket.figures.map_imprint import crs_note
from landmarket.figures.map_paper import Box, Window, round_length, scale_number, window_of
from landmarket.figures.map_spec import Classes
from landmarket.figures.numerals import grade_number
from landmarket.figures.pdf_outline import with_bookmarks
from landmarket.figures.sheet import finished
from tests.hunting import examples
from tests.output_walls import unsafe_files
from tests.script_corpus import SCRIPTS

CREATED = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
INTERNAL = "内部工作用图，未经地图审核，不得公开"
NUMBER = "豫S〔2026年〕001号"
IMPRINT = Imprint("示例县", "示例数据", "示例县局", date(2026, 3, 2), date(2026, 3, 5), "示例")
PUBLIC = replace(IMPRINT, audience=Audience(NUMBER, 10.0))
WEST, SOUTH = 440_000.0, 3_770_000.0
SIZES = [A4_LANDSCAPE, A3_LANDSCAPE, A4_PORTRAIT]
HOSTILE = ["A$x_1^2$镇", r"\frac{1}{0}$$", "_下划线", "<b>&amp;", "换\n行", "\u202e反向", "\x00零", "很长" * 40, "$"]


def village(column: int, row: int) -> BaseGeometry:
    """A village of 2 km by 2 km."""
    return box(WEST + 2000 * column, SOUTH + 2000 * row, WEST + 2000 * column + 2000, SOUTH + 2000 * row + 2000)


def villages() -> gpd.GeoDataFrame:
    """Twelve villages in three townships, side by side."""
    places = [(column, row) for column in range(4) for row in range(3)]
    names = {0: "甲镇", 1: "乙镇", 2: "乙镇", 3: "丙乡"}
    return gpd.GeoDataFrame(
        {
            "village": [f"{column}{row}村村民委员会" for column, row in places],
            "township": [names[column] for column, _ in places],
        },
        geometry=[village(*place) for place in places],
        crs="EPSG:4547",
    )


def roads() -> gpd.GeoDataFrame:
    """A highway, a county road in two parts and a path nobody classed."""
    lines = [
        shapely.LineString([(WEST, SOUTH + 3100), (WEST + 8000, SOUTH + 3100)]),
        shapely.MultiLineString([[(WEST, SOUTH), (WEST + 900, SOUTH + 900)], [(WEST, SOUTH + 50), (WEST + 9, SOUTH)]]),
        shapely.LineString([(WEST + 50, SOUTH), (WEST + 50, SOUTH + 900)]),
    ]
    return gpd.GeoDataFrame({"道路等级": ["高速公路", "县道", "机耕路"]}, geometry=lines, crs="EPSG:4547")


def parcels() -> gpd.GeoDataFrame:
    """Eleven parcels: large, tiny, with a hole, of two parts, without a shape; the third township has none."""
    shapes: list[BaseGeometry | None] = [
        box(WEST + 300 * at, SOUTH + 200, WEST + 300 * at + 260, SOUTH + 480) for at in range(7)
    ]
    ring = box(WEST + 3000, SOUTH + 500, WEST + 3600, SOUTH + 1100)
    shapes.append(Polygon(ring.exterior, [box(WEST + 3200, SOUTH + 700, WEST + 3400, SOUTH + 900).exterior]))
    first, second = (box(WEST + x, SOUTH + 4000, WEST + x + 300, SOUTH + 4300) for x in (2500, 3000))
    shapes += [MultiPolygon([first, second]), box(WEST + 5000, SOUTH + 5000, WEST + 5004, SOUTH + 5003), None]
    return gpd.GeoDataFrame(
        {
            "township": ["甲镇"] * 7 + ["乙镇"] * 4,
            "unit_price": [88.0, 120.0, 131.5, 160.0, 260.0, 700.0, 1200.0, 95.0, 400.0, 220.0, np.nan],
            "grade": ["I", "Ⅰ级", "一级", "II", "2", "Ⅲ级", "城区", None, " ", "III", "I"],
            "use_category": ["商服"] * 3 + ["工矿仓储"] * 5 + ["居住", None, ""],
            "allowed": ["可入市"] * 4 + ["不可入市"] * 4 + ["待核实"] * 3,
            "outcome": ["成交", "流拍-无人报名"] + [None] * 9,
            "income_per_head": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0],
        },
        geometry=np.array(shapes, dtype=object),
        index=pd.Index([f"P{at:02}" for at in range(11)], name="parcel_code"),
        crs="EPSG:4547",
    )


GROUND = ground_of(villages(), roads=roads())
SHEETS = {
    "unit_price": price_sheet,
    "grade": grade_sheet,
    "use_category": use_sheet,
    "allowed": entry_sheet,
    "outcome": deal_sheet,
    "income_per_head": income_sheet,
}


def axes_named(figure: Figure, name: str) -> Axes:
    """The axes of a figure with a name."""
    (found,) = [axes for axes in figure.axes if axes.get_label() == name]
    return found


def texts(figure: Figure, gid: str | None = None) -> list[str]:
    """What is written on a figure."""
    written = figure.findobj(Text)
    return [text.get_text() for text in written if text.get_text() and (gid is None or text.get_gid() == gid)]


def collections(figure: Figure, start: str) -> dict[str, PathCollection]:
    """Collections of the map by their names."""
    found = {}
    for one in axes_named(figure, "map").collections:
        name = one.get_gid()
        if name and name.startswith(start):
            assert isinstance(one, PathCollection)
            found[name] = one
    return found


def millimetres(figure: Figure, pixels: float) -> float:
    """Length on paper."""
    return pixels / figure.dpi * 25.4


def bar_ends(figure: Figure) -> tuple[float, float]:
    """Ends of the scale bar [px]."""
    pieces = [patch for patch in axes_named(figure, "paper").patches if patch.get_gid() == "scale bar"]
    extents = [patch.get_window_extent() for patch in pieces]
    assert len(pieces) == 4
    assert all(left.x1 == pytest.approx(right.x0) for left, right in pairwise(extents))
    return min(each.x0 for each in extents), max(each.x1 for each in extents)


def legend_counts(figure: Figure) -> dict[str, int]:
    """Counts of the legend by class."""
    names, numbers = texts(figure, "class")[1:], texts(figure, "count")[1:]
    return {name: int(number.replace(",", "")) for name, number in zip(names, numbers, strict=True)}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("stretch", [1.0, 0.013, 61.7])
def test_scale_bar_and_number_are_true_on_paper(size: tuple[float, float], stretch: float) -> None:
    layer = gpd.GeoDataFrame(
        {"unit_price": [1.0]}, geometry=[box(WEST, SOUTH, WEST + 8000 * stretch, SOUTH + 5000 * stretch)], crs=4547
    )
    figure = price_sheet(layer, IMPRINT, size=size)
    start, end = bar_ends(figure)
    (far,) = [text for text in texts(figure) if text.endswith(" km")]
    metres = float(Decimal(far.removesuffix(" km")) * 1000)
    (number,) = texts(figure, "scale")
    denominator = int(number.removeprefix("1:").replace(" ", ""))
    assert millimetres(figure, end - start) == pytest.approx(metres * 1000 / denominator, rel=1e-5)
    at = axes_named(figure, "map").transData.transform([(WEST, SOUTH), (WEST + metres, SOUTH + metres)])
    assert at[1] - at[0] == pytest.approx([end - start, end - start], rel=1e-5)
    assert Decimal(far.removesuffix(" km")).normalize().as_tuple().digits in {(1,), (2,), (5,)}
    half = [text.get_text() for text in axes_named(figure, "paper").texts if text.get_position()[0] == (
        pytest.approx((start + end) / 2 / figure.dpi * 25.4, abs=1e-3)
    )]  # fmt: skip
    assert f"{(Decimal(far.removesuffix(' km')) / 2).normalize():f}" in half


@given(st.floats(10, 9e8))
def test_scale_number_is_the_next_printable_one(least: float) -> None:
    number = scale_number(least)
    digits = str(number).rstrip("0")
    assert number >= least
    assert len(digits) <= 2
    assert number <= least * 1.26
    assert number in {scale_number(number), scale_number(number - 0.5)}


@given(st.floats(1e-6, 1e9))
def test_round_length_is_the_greatest_below(most: float) -> None:
    candidates = [Fraction(digit) * Fraction(10) ** power for digit in (1, 2, 5) for power in range(-8, 11)]
    assert round_length(most) == max(each for each in candidates if each <= Fraction(most))


@given(st.floats(0, 3e5), st.floats(0, 3e5))
def test_window_has_room_for_everything_at_the_same_scale_both_ways(wide: float, tall: float) -> None:
    body = Box(14, 30, 204, 153)
    window = window_of(np.array([WEST, SOUTH, WEST + wide, SOUTH + tall]), body)
    assert window.west <= WEST
    assert window.east >= WEST + wide
    assert window.south <= SOUTH
    assert window.north >= SOUTH + tall
    assert (window.east - window.west) / body.width == pytest.approx(window.metres_per_mm)
    assert (window.north - window.south) / body.height == pytest.approx(window.metres_per_mm)


@pytest.mark.parametrize("name", SHEETS)
def test_every_feature_with_a_shape_is_drawn_once(name: str) -> None:
    table = parcels()
    before = table.copy(deep=True)
    figure = SHEETS[name](table, IMPRINT, ground=GROUND)
    areas = collections(figure, "area")
    assert sum(len(one.get_paths()) for one in areas.values()) == 10
    assert sum(legend_counts(figure).values()) == 11
    assert any("另有 1" in text for text in texts(figure, "note"))
    pd.testing.assert_frame_equal(pd.DataFrame(table), pd.DataFrame(before))


def test_shapes_are_drawn_as_they_are_holes_left_out() -> None:
    figure = price_sheet(parcels(), IMPRINT, ground=GROUND)
    drawn = []
    for one in collections(figure, "area").values():
        for path in one.get_paths():
            rings = [Polygon(np.asarray(ring)) for ring in path.to_polygons(closed_only=True)]
            drawn.append(abs(sum(ring.area if ring.exterior.is_ccw else -ring.area for ring in rings)))
    assert sorted(drawn) == pytest.approx(sorted(parcels().area.dropna().tolist()))


def test_tiny_features_have_a_sign_at_their_place() -> None:
    figure = price_sheet(parcels(), IMPRINT, ground=GROUND)
    points = np.vstack([np.asarray(one.get_offsets()) for one in collections(figure, "sign").values()])
    assert len(points) == 1
    assert parcels().geometry["P09"].contains(shapely.Point(points[0]))
    assert any("1 宗以符号表示" in text for text in texts(figure, "note"))


def test_legend_counts_are_those_of_the_table() -> None:
    assert legend_counts(grade_sheet(parcels(), IMPRINT, ground=GROUND)) == {
        "Ⅰ级": 4, "Ⅱ级": 2, "Ⅲ级": 2, "城区": 1, "无数据": 2,
    }  # fmt: skip
    assert legend_counts(use_sheet(parcels(), IMPRINT)) == {"工矿仓储": 5, "商服": 3, "居住": 1, "无数据": 2}
    assert legend_counts(entry_sheet(parcels(), IMPRINT)) == {"可入市": 4, "待核实": 3, "不可入市": 4}
    assert legend_counts(deal_sheet(parcels(), IMPRINT)) == {"成交": 1, "流拍-无人报名": 1, "没有交易": 9}


def counted(values: list[float], label: str) -> int:
    """Count the values that a legend's class names, as a reader would."""
    numbers = [Decimal(part.replace(",", "")) for part in re.findall(r"-?[\d,.]+", label)]
    exact = [Decimal(repr(value)) for value in values if value == value]
    if label == "全部":
        return len(exact)
    if label.startswith("＜"):
        return sum(value < numbers[0] for value in exact)
    if label.startswith("≥"):
        return sum(value >= numbers[0] for value in exact)
    if len(numbers) == 1:
        return sum(value == numbers[0] for value in exact)
    return sum(numbers[0] <= value < numbers[1] for value in exact)


PRICE_LISTS = st.lists(st.decimals(1, 3000, places=2).map(float), min_size=1, max_size=60)


@settings(max_examples=examples(80))
@given(PRICE_LISTS, st.sampled_from(list(BreakRule)), st.integers(2, 8))
@example([68.9] * 40 + [70.0 + at for at in range(12)], BreakRule.QUANTILES, 5)
def test_number_classes_count_as_their_labels_say(values: list[float], rule: BreakRule, count: int) -> None:
    table = pd.DataFrame({"unit_price": [*values, np.nan]})
    found = classes_of(table, "unit_price", replace(PRICES, rule=rule, count=count), "test")
    entries = zip(found.entries[:-1], found.counts(), strict=False)
    assert {entry.label: number for entry, number in entries} == {
        entry.label: counted(values, entry.label) for entry in found.entries[:-1]
    }
    assert found.counts()[-1] == 1
    assert sum(found.counts()) == len(values) + 1
    assert all(found.counts()[:-1])


def spread(groups: list[list[float]]) -> float:
    """Sum of squares within groups."""
    return sum(float(((np.array(group) - np.mean(group)) ** 2).sum()) for group in groups)


@settings(max_examples=examples(60))
@given(st.lists(st.integers(0, 300), min_size=5, max_size=11, unique=True), st.integers(2, 4))
def test_natural_breaks_are_the_best_of_all(numbers: list[int], count: int) -> None:
    ordered = sorted(float(number) for number in numbers)
    breaks = natural_breaks(np.array(ordered), count)
    cuts = np.searchsorted(ordered, breaks).tolist()
    chosen = [ordered[low:high] for low, high in pairwise([0, *cuts, len(ordered)])]
    best = min(
        spread([ordered[low:high] for low, high in pairwise([0, *inner, len(ordered)])])
        for inner in combinations(range(1, len(ordered)), count - 1)
    )
    assert spread(chosen) == pytest.approx(best)


@settings(max_examples=examples(80))
@given(st.lists(st.floats(0, 1000), min_size=6, max_size=30, unique=True), st.integers(1, 4))
def test_printable_breaks_stay_near_and_leave_no_class_empty(values: list[float], inner: int) -> None:
    ordered = np.sort(np.array(values))
    assume(np.diff(ordered).min() > 0.01)
    places = np.linspace(0, len(ordered) - 1, inner + 2).astype(int)[1:-1]
    raw = (ordered[places] + ordered[places + 1]) / 2
    breaks, step = printable_breaks(raw, ordered)
    ends = [ordered[0], *raw, ordered[-1]]
    for at, (old, new) in enumerate(zip(raw, breaks, strict=True), 1):
        assert abs(old - new) <= min(ends[at] - ends[at - 1], ends[at + 1] - ends[at]) / 4 + 1e-12
        assert (Fraction(repr(new)) / step).denominator == 1
    sides = [-np.inf, *breaks, np.inf]
    assert all(((low <= ordered) & (ordered < high)).any() for low, high in pairwise(sides))
    assert str(step.numerator * step.denominator).rstrip("0") in {"1", "2", "5"}


def test_given_breaks_are_kept_and_stated() -> None:
    spec = replace(PRICES, breaks=(100.0, 260.0))
    figure = map_sheet(parcels(), "unit_price", spec, IMPRINT)
    assert legend_counts(figure) == {"＜ 100": 2, "100 – 260": 4, "≥ 260": 4, "无数据": 1}
    assert "按给定界限分级" in "".join(texts(figure, "note"))


def test_rare_categories_are_one_class_and_told() -> None:
    uses = [f"用途{at:02}" for at in range(12) for _ in range(12 - at)]
    found = classes_of(pd.DataFrame({"use": uses}), "use", MapSpec("图", "用途", Kind.CATEGORY), "test")
    assert [entry.label for entry in found.entries] == [*(f"用途{at:02}" for at in range(7)), "其余 5 类", "无数据"]
    assert found.counts() == [12, 11, 10, 9, 8, 7, 6, 5 + 4 + 3 + 2 + 1, 0]
    assert found.note == "其余 5 类：用途07 5、用途08 4、用途09 3、用途10 2、用途11 1"


def test_grades_are_read_however_they_are_written() -> None:
    roman = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]
    signs = "ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩⅪⅫ"
    for number in range(1, 13):
        written = [roman[number - 1], f"{roman[number - 1]}级", signs[number - 1], f"{signs[number - 1]} 级"]
        assert {grade_number(text) for text in written} == {number}
    assert [grade_number(f"{character}级") for character in "一二三四五六七八九十"] == list(range(1, 11))
    assert {grade_number(text) for text in ("", "级", "城区", "IIII", "13", "½", "0")} == {None}


def test_grades_are_told_apart_without_colour() -> None:
    figure = grade_sheet(parcels(), IMPRINT, ground=GROUND)
    areas = collections(figure, "area").values()
    assert len({(one.get_hatch() or "") for one in list(areas)[:-1]}) == 4
    assert {"Ⅰ", "Ⅱ", "Ⅲ"} <= set(texts(figure, "name"))
    light = [sum(to_rgb(entry.mark.colour)) for entry in grades().entries[:3]]
    assert light == sorted(light)
    assert len({entry.mark.marker for entry in grades().entries[:-1]}) == 4


def grades() -> Classes:
    """The classes of the grades."""
    return classes_of(parcels(), "grade", GRADES, "test")


def test_numbers_darken_as_they_grow() -> None:
    found = classes_of(parcels(), "unit_price", PRICES, "test")
    weights = np.array([0.2126, 0.7152, 0.0722])
    light = [float(weights @ np.array(to_rgb(entry.mark.colour)) ** 2.2) for entry in found.entries[:-1]]
    assert all(later < earlier - 0.02 for earlier, later in pairwise(light))


def test_grid_is_labelled_where_it_is() -> None:
    figure = price_sheet(parcels(), IMPRINT, ground=GROUND)
    ground, page = axes_named(figure, "map"), axes_named(figure, "paper")
    labels = [text for text in page.texts if text.get_gid() == "coordinate"]
    assert len(labels) >= 8
    for text in labels:
        pixel = page.transData.transform(text.get_position())
        x, y = ground.transData.inverted().transform(pixel)
        metres = float(Decimal(text.get_text()) * 1000)
        assert metres == pytest.approx(y if text.get_rotation() == 90 else x, abs=0.05)
    grid = next(one for one in ground.collections if one.get_gid() == "grid")
    assert isinstance(grid, Collection)
    assert "方格网坐标单位：千米" in "".join(texts(figure))
    assert "2000国家大地坐标系，3度带，中央经线114°" in "".join(texts(figure))


@pytest.mark.parametrize(
    ("code", "note"),
    [
        (4547, "2000国家大地坐标系，3度带，中央经线114°"),
        (4526, "2000国家大地坐标系，3度带，中央经线114°，带号38"),
        (4508, "2000国家大地坐标系，高斯-克吕格投影，中央经线111°"),
        (2383, "坐标系：Xian 1980 / 3-degree Gauss-Kruger CM 114E"),
    ],
)
def test_coordinate_system_is_named(code: int, note: str) -> None:
    assert crs_note(CRS.from_epsg(code)) == note


@pytest.mark.parametrize("size", SIZES)
def test_sheet_has_its_elements(size: tuple[float, float]) -> None:
    figure = price_sheet(parcels(), IMPRINT, ground=GROUND, part="工业", size=size)
    written = texts(figure)
    assert "示例县集体经营性建设用地地价图（工业）" in written
    for text in (INTERNAL, "制图单位：示例县局", "制图时间：2026年3月5日", "资料来源：示例数据", "期日：2026-03-02"):
        assert text in written
    assert {"示例", "北", "图  例", "地面单价（元/㎡）", "评价范围（县界）", "乡镇界", "村界"} <= set(written)
    assert [name for name in texts(figure, "stroke") if name.endswith(("路", "道"))] == [
        "高速公路", "县道", "机耕路",
    ]  # fmt: skip
    page = axes_named(figure, "paper")
    assert sum(patch.get_gid() == "north" for patch in page.patches) == 2
    tips = [
        float(np.asarray(patch.get_path().vertices)[:, 1].max()) for patch in page.patches if patch.get_gid() == "north"
    ]
    assert tips[0] == tips[1]
    assert {"甲镇", "乙镇", "丙乡"} <= set(written)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["unit_price", "use_category"])
def test_texts_stay_on_the_sheet_and_apart(size: tuple[float, float], name: str) -> None:
    table = parcels()
    table["use_category"] = [*HOSTILE, "a", "b"]
    imprint = replace(IMPRINT, source="很长的来源" * 40, maker="很长的单位" * 20, remark="很长的备注" * 5)
    for figure in (
        SHEETS[name](table, imprint, ground=GROUND, size=size),
        township_sheets(table, name, replace(PRICES, kind=Kind.CATEGORY), imprint, GROUND, size=size)["甲镇"],
    ):
        assert_in_place(figure)


def assert_in_place(figure: Figure) -> None:
    """No text leaves the sheet; those of the paper do not run into each other; names on the map are inside it."""
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    shown = [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]
    extents = [(text, text.get_window_extent(renderer)) for text in shown]
    sheet = figure.bbox
    for text, extent in extents:
        assert sheet.x0 <= extent.x0, text
        assert extent.x1 <= sheet.x1, text
        assert sheet.y0 <= extent.y0, text
        assert extent.y1 <= sheet.y1, text
    page = axes_named(figure, "paper")
    for group in (
        [extent for text, extent in extents if text in page.texts],
        [extent for text, extent in extents if text.get_gid() == "name"],
    ):
        for one, other in combinations(group, 2):
            over_x, over_y = (
                min(one.x1, other.x1) - max(one.x0, other.x0),
                min(one.y1, other.y1) - max(one.y0, other.y0),
            )
            assert min(over_x, over_y) < 2.5, (one, other)


@settings(max_examples=examples(15), deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 40), st.sampled_from(["甲镇", "1,234", "山货回族乡", "Ⅰ"])),
        min_size=2,
        max_size=25,
    )
)
def test_names_on_the_map_never_overlap(wanted: list[tuple[int, int, str]]) -> None:
    figure = Figure(figsize=(8, 5))
    axes = figure.add_axes((0, 0, 1, 1), label="map")
    window = Window(0, 0, 203.2, 127, 1000)
    axes.set_xlim(0, 203.2)
    axes.set_ylim(0, 127)
    labels = [Label(x + 50, y + 40, text, 8, lifts=(0, -1.6, 1.6)) for x, y, text in wanted]
    written = draw_labels(axes, labels, window)
    finished(figure, None)
    assert 1 <= written == len(texts(figure, "name")) <= len(wanted)
    assert texts(figure, "name")[0] == wanted[0][2]
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    names = [text for text in figure.findobj(Text) if text.get_gid() == "name"]
    extents = [text.get_window_extent(renderer) for text in names]
    for one, other in combinations(extents, 2):
        over_x, over_y = min(one.x1, other.x1) - max(one.x0, other.x0), min(one.y1, other.y1) - max(one.y0, other.y0)
        assert min(over_x, over_y) < 1.5
    middles = {(text.get_position()[0], round(text.get_position()[1], 6)) for text in names}
    high = 8 / 72 * 25.4
    allowed = {(x + 50, round(y + 40 + lift * high, 6)) for x, y, _ in wanted for lift in (0, -1.6, 1.6)}
    assert middles <= allowed


def test_hostile_texts_are_literal(tmp_path: Path) -> None:
    table = parcels()
    table["use_category"] = [*HOSTILE, "a", "b"]
    towns = villages()
    towns["township"] = towns["township"].replace({"甲镇": HOSTILE[0]})
    towns.loc[0, "village"] = HOSTILE[1]
    ground = ground_of(towns)
    table["township"] = table["township"].replace({"甲镇": HOSTILE[0]})
    spec = MapSpec("$图$", "$x$", Kind.CATEGORY)
    imprint = replace(IMPRINT, place="$县$", source=r"\alpha$", maker=SCRIPTS[0], remark=SCRIPTS[5])
    figures = township_sheets(table, "use_category", spec, imprint, ground)
    figure = figures[HOSTILE[0]]
    assert not any(text.get_parse_math() for text in figure.findobj(Text))
    assert f"$县${HOSTILE[0]}$图$" in texts(figure)
    assert r"\frac{1}{0}$$" in texts(figure, "class")
    for ending in ("png", "pdf", "svg"):
        save_figure(figure, tmp_path / f"sheet.{ending}", CREATED)
    index = index_sheet(list(figures), imprint, ground)
    write_atlas(tmp_path / "atlas.pdf", {"$目$\n(录)": index, **figures}, CREATED)
    assert outline((tmp_path / "atlas.pdf").read_bytes())[:2] == ["$目$\n(录)", HOSTILE[0]]
    assert list(unsafe_files(tmp_path)) == []


def test_public_sheet_has_its_number_and_no_coordinates() -> None:
    figure = price_sheet(parcels(), PUBLIC, ground=GROUND)
    written = "".join(texts(figure))
    assert f"审图号：{NUMBER}" in written
    assert INTERNAL not in written
    assert "方格网" not in written
    assert not texts(figure, "coordinate")
    assert not any(one.get_gid() == "grid" for one in axes_named(figure, "map").collections)


def test_blank_imprint_is_refused() -> None:
    with pytest.raises(BadValueError, match=r"source（资料来源）、maker（制图单位）空缺.*办法"):
        replace(IMPRINT, source=" ", maker="")


def without_shapes() -> gpd.GeoDataFrame:
    """Parcels, all without a shape."""
    return parcels().set_geometry(gpd.GeoSeries(np.full(11, None), index=parcels().index, crs=4547))


def without_crs() -> gpd.GeoDataFrame:
    """Parcels whose coordinate system nobody stated."""
    shapes = parcels().geometry.to_numpy()
    return gpd.GeoDataFrame(pd.DataFrame(parcels().drop(columns="geometry")), geometry=shapes)


@pytest.mark.parametrize(
    ("layer", "error", "parts"),
    [
        (parcels().iloc[:0], BadValueError, ["0 行", "没有一行有图形", "办法"]),
        (without_shapes(), BadValueError, ["11 行", "没有一行有图形"]),
        (
            without_crs(),
            CrsError,
            ["没有坐标系", "办法"],
        ),
        (parcels().to_crs(4490), CrsError, ["以度为单位", "to_crs"]),
        (parcels().to_crs(3857), CrsError, ["长度不真", "EPSG:3857", "办法"]),
        (parcels().drop(columns="unit_price"), MissingColumnError, ["unit_price（地面单价）", "办法"]),
        (parcels().assign(unit_price=np.inf), BadValueError, ["unit_price（地面单价）", "有限的数", "P00"]),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    layer: gpd.GeoDataFrame, error: type[LandMarketError], parts: list[str]
) -> None:
    with pytest.raises(error) as caught:
        price_sheet(layer, IMPRINT)
    assert all(part in str(caught.value) for part in parts)


def test_ground_of_another_system_is_refused() -> None:
    with pytest.raises(CrsError, match=r"坐标系不同（EPSG:4526 与 EPSG:4547）.*办法"):
        price_sheet(parcels().to_crs(4526), IMPRINT, ground=GROUND)
    with pytest.raises(CrsError, match="坐标系不同"):
        ground_of(villages(), roads=roads().to_crs(4526))
    with pytest.raises(BadValueError, match=r"0 个村没有一个有图形.*办法"):
        ground_of(villages().iloc[:0])


@pytest.mark.parametrize("column", ["reserve_price_fen", "底价", "Reserve"])
def test_reserve_price_is_never_drawn(column: str) -> None:
    table = parcels().assign(**{column: 1.0})
    with pytest.raises(BadValueError, match=r"map_sheet.*是底价，成交前保密.*办法"):
        map_sheet(table, column, PRICES, IMPRINT)
    with pytest.raises(BadValueError, match=r"township_sheets.*是底价，成交前保密.*办法"):
        township_sheets(table, column, PRICES, IMPRINT, GROUND)


def test_small_sheet_and_bad_breaks_are_refused() -> None:
    with pytest.raises(BadValueError, match=r"图幅 148 × 105 毫米太小.*办法：用 A4"):
        price_sheet(parcels(), IMPRINT, size=(148.0, 105.0))
    with pytest.raises(BadValueError, match=r"unit_price（地面单价） 的分级界限 \(9, 3\) 不是由小到大.*办法"):
        map_sheet(parcels(), "unit_price", replace(PRICES, breaks=(9, 3)), IMPRINT)
    with pytest.raises(BadValueError, match=r"分 9 级.*办法"):
        map_sheet(parcels(), "unit_price", replace(PRICES, count=9), IMPRINT)


def test_townships_have_a_sheet_each_with_the_county_classes() -> None:
    table = pd.concat([parcels(), parcels().iloc[:1].assign(township=None)])
    figures = township_sheets(table, "unit_price", PRICES, IMPRINT, GROUND)
    assert list(figures) == ["甲镇", "乙镇", "丙乡", "乡镇不明"]
    counts = {name: legend_counts(figure) for name, figure in figures.items()}
    whole = Counter[str]()
    for each in counts.values():
        whole.update(each)
    assert whole == Counter(legend_counts(price_sheet(table, IMPRINT)))
    assert {name: sum(each.values()) for name, each in counts.items()} == {
        "甲镇": 7, "乙镇": 4, "丙乡": 0, "乡镇不明": 1,
    }  # fmt: skip
    drawn = {
        name: sum(len(one.get_paths()) for one in collections(figure, "area").values())
        for name, figure in figures.items()
    }
    assert drawn == {"甲镇": 7, "乙镇": 3, "丙乡": 0, "乡镇不明": 1}
    assert "示例县丙乡集体经营性建设用地地价图" in texts(figures["丙乡"])
    assert {"10村", "22村", "甲镇", "丙乡"} <= set(texts(figures["乙镇"], "name"))
    assert not {"乙镇", "00村"} & set(texts(figures["乙镇"], "name"))


def test_township_sheet_shows_its_place_in_the_county() -> None:
    figures = township_sheets(parcels(), "unit_price", PRICES, IMPRINT, GROUND)
    for at, name in enumerate(["甲镇", "乙镇", "丙乡"]):
        inset = axes_named(figures[name], "inset")
        (towns,) = [one for one in inset.collections if one.get_gid() == "inset"]
        dark = (np.asarray(towns.get_facecolor())[:, :3].sum(axis=1) < 1.5).tolist()
        assert dark == [place == at for place in range(3)]
        ground = axes_named(figures[name], "map")
        (frame,) = inset.patches
        assert frame.get_extents().width == pytest.approx(frame_pixels(inset, ground))
    assert not any(axes.get_label() == "inset" for axes in price_sheet(parcels(), IMPRINT, ground=GROUND).axes)


def frame_pixels(inset: Axes, ground: Axes) -> float:
    """Width of the map's ground on the inset [px]."""
    (west, east), y = ground.get_xlim(), ground.get_ylim()[0]
    at = inset.transData.transform([(west, y), (east, y)])
    return float(at[1, 0] - at[0, 0])


def test_scope_is_on_top_then_points_lines_areas() -> None:
    figure = price_sheet(parcels(), IMPRINT, ground=GROUND)
    lowest = {kind: min(one.get_zorder() for one in collections(figure, kind).values()) for kind in ("area", "sign")}
    lines = [one for one in axes_named(figure, "map").collections if not isinstance(one, PathCollection)]
    orders = sorted(one.get_zorder() for one in lines if one.get_gid() != "grid")
    assert orders[0] > lowest["area"]
    assert orders[-1] > max(one.get_zorder() for one in collections(figure, "sign").values())
    assert orders[-2] < lowest["sign"]


@pytest.mark.parametrize("size", SIZES)
def test_files_have_the_size_of_the_sheet(size: tuple[float, float], tmp_path: Path) -> None:
    figure = price_sheet(parcels(), IMPRINT, ground=GROUND, size=size)
    for ending in ("png", "pdf", "svg"):
        save_figure(figure, tmp_path / f"sheet.{ending}", CREATED)
    wide, high = struct.unpack(">II", (tmp_path / "sheet.png").read_bytes()[16:24])
    assert [wide, high] == [int(side / 25.4 * 300) for side in size]
    content = (tmp_path / "sheet.pdf").read_bytes()
    (media,) = re.findall(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", content)
    assert [float(side) * 25.4 / 72 for side in media] == pytest.approx(list(size), abs=0.01)
    assert b"/FontFile2" in content
    assert b"/Type3" not in content
    assert set(INTERNAL) <= written_characters(content)
    drawing = (tmp_path / "sheet.svg").read_text(encoding="utf-8")
    sides = re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', drawing)
    assert sides is not None
    assert [float(side) * 25.4 / 72 for side in sides.groups()] == pytest.approx(list(size), abs=0.01)


def written_characters(content: bytes) -> set[str]:
    """Characters that the fonts of a PDF map to Unicode, so that its text can be searched."""
    found = set()
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
        plain = zlib.decompress(stream) if stream[:1] == b"\x78" else stream
        if b"beginbfrange" in plain:
            targets = b"".join(re.findall(rb"\[(.*?)\]", plain))
            found |= {chr(int(code, 16)) for code in re.findall(rb"<([0-9a-fA-F]{4})>", targets)}
    return found


def objects(content: bytes) -> dict[int, bytes]:
    """Objects of a PDF through its cross-reference tables, as a viewer finds them."""
    offsets: dict[int, int] = {}
    at = int(re.findall(rb"startxref\s+(\d+)\s+%%EOF", content)[-1])
    while at:
        table, trailer = content[at:].split(b"trailer", 1)
        lines = table.split(b"\n")[1:]
        while lines and lines[0].strip():
            first, count = (int(part) for part in lines.pop(0).split())
            for number in range(first, first + count):
                entry = lines.pop(0).split()
                if entry[2] == b"n":
                    offsets.setdefault(number, int(entry[0]))
        older = re.search(rb"/Prev (\d+)", trailer.split(b">>")[0])
        at = int(older[1]) if older else 0
    found = {}
    for number, start in offsets.items():
        head = b"%d 0 obj" % number
        assert content[start : start + len(head)] == head
        found[number] = content[start + len(head) : content.index(b"endobj", start)]
    return found


def referred(body: bytes, key: str) -> int | None:
    """The object a key of a dictionary refers to."""
    found = re.search(rb"/%s (\d+) 0 R" % key.encode(), body)
    return int(found[1]) if found else None


def outline(content: bytes) -> list[str]:
    """Bookmarks of a PDF, each on its own page in order."""
    all_objects = objects(content)
    trailer = content[content.rindex(b"trailer") :]
    assert int(re.findall(rb"/Size (\d+)", trailer)[0]) == max(all_objects) + 1
    catalog = all_objects[referred(trailer, "Root") or 0]
    pages = [int(page) for page in re.findall(rb"(\d+) 0 R", all_objects[referred(catalog, "Pages") or 0])]
    root = all_objects[referred(catalog, "Outlines") or 0]
    titles: list[str] = []
    before, at = None, referred(root, "First")
    while at is not None:
        item = all_objects[at]
        assert referred(item, "Prev") == before
        assert int(re.findall(rb"/Dest \[ (\d+) 0 R /Fit \]", item)[0]) == pages[len(titles)]
        titles.append(bytes.fromhex(re.findall(rb"/Title <FEFF(\w*)>", item)[0].decode()).decode("utf-16-be"))
        before, at = at, referred(item, "Next")
    assert before == referred(root, "Last")
    assert len(titles) == len(pages) == int(re.findall(rb"/Count (\d+)", root)[0])
    return titles


def test_atlas_has_all_sheets_numbers_and_bookmarks(tmp_path: Path) -> None:
    county = {"地价图": price_sheet(parcels(), IMPRINT, ground=GROUND, size=A3_LANDSCAPE)}
    sheets = {**county, **township_sheets(parcels(), "unit_price", PRICES, IMPRINT, GROUND)}
    figures = {"目录": index_sheet(list(sheets), IMPRINT, GROUND), **sheets}
    before = {name: len(figure.findobj()) for name, figure in figures.items()}
    write_atlas(tmp_path / "atlas.pdf", figures, CREATED)
    content = (tmp_path / "atlas.pdf").read_bytes()
    assert outline(content) == ["目录", "地价图", "甲镇", "乙镇", "丙乡"]
    boxes = [
        tuple(round(float(side) * 25.4 / 72) for side in media)
        for media in re.findall(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", content)
    ]
    assert boxes == [(297, 210), (420, 297), (297, 210), (297, 210), (297, 210)]
    assert b"/FontFile2" in content
    assert b"/Type3" not in content
    assert {name: len(figure.findobj()) for name, figure in figures.items()} == before
    write_atlas(tmp_path / "again.pdf", figures, CREATED)
    assert (tmp_path / "again.pdf").read_bytes() == content


def test_index_lists_the_sheets_with_their_pages() -> None:
    figure = index_sheet(["地价图", "乙镇", "甲镇"], IMPRINT, GROUND)
    assert texts(figure, "entry") == ["地价图", "乙镇", "甲镇"]
    assert {"甲镇 4", "乙镇 3", "丙乡"} == set(texts(figure, "name"))
    assert INTERNAL in texts(figure)
    assert_in_place(figure)


def test_index_and_atlas_without_sheets_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadValueError, match=r"0 幅图.*办法"):
        index_sheet([], IMPRINT, GROUND)
    with pytest.raises(BadValueError, match=r"90 幅图，一页目录列不下.*办法"):
        index_sheet([f"{at}" for at in range(90)], IMPRINT, GROUND)
    with pytest.raises(BadValueError, match=r"没有图.*办法"):
        write_atlas(tmp_path / "atlas.pdf", {}, CREATED)
    assert not list(tmp_path.iterdir())


def test_bookmarks_need_a_plain_file_and_one_for_each_page(tmp_path: Path) -> None:
    save_figure(price_sheet(parcels(), IMPRINT), tmp_path / "sheet.pdf", CREATED)
    content = (tmp_path / "sheet.pdf").read_bytes()
    with pytest.raises(OutputError, match=r"1 页，2 个书签.*办法"):
        with_bookmarks(content, ["一", "二"])
    with pytest.raises(OutputError, match=r"文件结尾不合预期.*办法"):
        with_bookmarks(content[:-10], ["一"])
    assert outline(with_bookmarks(content, ["第一页"])) == ["第一页"]


def test_patches_of_the_legend_have_the_marks_of_the_map() -> None:
    figure = grade_sheet(parcels(), IMPRINT, ground=GROUND)
    marks = [(one.get_hatch() or "") for one in collections(figure, "area").values()]
    swatches = [
        patch.get_hatch() or ""
        for patch in axes_named(figure, "paper").patches
        if to_rgba(patch.get_facecolor())[3] and patch.get_gid() is None
    ]
    assert swatches == marks


def rings_of(path: MplPath) -> list[np.ndarray]:
    """The closed rings of a path, each ending where it began."""
    starts = np.flatnonzero(path.codes == MplPath.MOVETO).tolist()
    rings = [path.vertices[start:stop] for start, stop in pairwise([*starts, len(path.vertices)])]
    assert all(np.array_equal(ring[0], ring[-1]) for ring in rings)
    assert np.count_nonzero(path.codes == MplPath.CLOSEPOLY) == len(starts)
    return rings


def doubled_area(ring: np.ndarray) -> float:
    """By the shoelace formula: negative where the ring runs clockwise."""
    x, y = ring.T
    return float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))


def test_areas_become_paths_with_all_parts_and_holes() -> None:
    holed = box(0, 0, 10, 10).difference(box(2, 2, 4, 4))
    apart = MultiPolygon([holed, box(20, 0, 21, 3)])
    line = shapely.LineString([(0, 0), (1, 1)])
    mixed = shapely.GeometryCollection([line, apart, box(30, 0, 32, 2)])
    paths = paths_of([apart, None, line, Polygon(), box(5, 5, 6, 7), mixed])
    areas = [[doubled_area(ring) / 2 for ring in rings_of(path)] for path in paths]
    # a hole runs the other way round, so that it is not filled
    assert areas == [[100.0, -4.0, 3.0], [], [], [], [2.0], [100.0, -4.0, 3.0, 4.0]]
    assert paths_of([]) == []
