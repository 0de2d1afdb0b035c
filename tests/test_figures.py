"""Charts: amounts as drawn, texts in their place and taken literally, files with embedded fonts, the same each time."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from fontTools.fontBuilder import FontBuilder  # type: ignore[import-untyped]
from fontTools.pens.t2CharStringPen import T2CharStringPen  # type: ignore[import-untyped]
from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]
from fontTools.ttLib import TTCollection, TTFont  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import Collection
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.font_manager import FontPath, FontProperties
from matplotlib.ft2font import FT2Font
from matplotlib.patches import Rectangle
from matplotlib.text import Annotation, Text

from landmarket.errors import (
    BadValueError,
    FontError,
    IndexMismatchError,
    LandMarketError,
    MissingColumnError,
    OutputError,
)
from landmarket.figures import (
    cash_chart,
    change_chart,
    chinese_font,
    curve_chart,
    fan_chart,
    fonts,
    foot_text,
    indicator_chart,
    lorenz_chart,
    save_figure,
    split_chart,
    tornado_chart,
)
from landmarket.figures.marks import MARKS
from landmarket.figures.sheet import shortened, wrapped
from landmarket.figures.values import descending, number_text, share_text
from tests.hunting import examples

CREATED = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
INTERNAL = "内部工作用图，未经地图审核，不得公开"
FOOT = foot_text("入市台账", date(2025, 12, 31), "禹政〔2023〕12号", INTERNAL)
LABELS = {"fund_fen": "调节金", "collective_fen": "村集体"}
HOSTILE = [
    "A$x_1^2$镇",
    "a_b^c$",
    r"\frac{1}{0}$$",
    "<b>&amp;镇",
    "换\n行\t镇",
    "\u202e反向镇",
    "\x00零",
    "很长" * 30,
    "$",
    " ",
]


def split_table() -> pd.DataFrame:
    """Three townships: one with all amounts, one that lacks one, one that lacks all."""
    parts = {"fund_fen": [100_000_000, 300_000_000, None], "collective_fen": [300_000_000, None, None]}
    return pd.DataFrame(parts, index=["火龙镇", "神垕镇", "方山镇"], dtype="Int64")


def shares(power: float) -> pd.DataFrame:
    """Lorenz curve y = x**power, whose Gini coefficient is 1 - 2 / (power + 1)."""
    x = np.linspace(0, 1, 21)
    return pd.DataFrame({"population_share": x, "income_share": x**power})


def quantiles() -> pd.DataFrame:
    """Four years of quantiles, one missing."""
    table = pd.DataFrame(index=range(2025, 2029), columns=[0.05, 0.25, 0.5, 0.75, 0.95], dtype=float)
    table.loc[:] = np.outer([1, 2, 3, 4], [1, 2, 3, 4, 5])
    table.loc[2027, 0.05] = np.nan
    return table


def changes() -> pd.DataFrame:
    """A gain, a loss, nothing, and one not known."""
    amounts = pd.array([-1_005_000, 123_456_789_000, 0, None], dtype="Int64")
    return pd.DataFrame({"name": ["甲村", "乙村", "丙村", "丁村"], "change_fen": amounts})


def assumptions() -> pd.DataFrame:
    """Three assumptions: both sides, one side only, one result missing."""
    return pd.DataFrame({"name": ["还原率", "人数", "比例"], "low": [90, 101, np.nan], "high": [150, 105, 120]})


CHARTS: dict[str, Callable[[str, str], Figure]] = {
    "split": lambda title, foot: split_chart(split_table(), LABELS, title, foot),
    "change": lambda title, foot: change_chart(changes(), title, foot),
    "cash": lambda title, foot: cash_chart(split_table().set_axis([2025, 2026, 2028]), LABELS, title, foot),
    "indicator": lambda title, foot: indicator_chart(
        pd.DataFrame({"p": [310.0, 250.0, np.nan]}, index=["甲镇", "乙镇", "丙镇"]),
        "p",
        "地价（元/㎡）",
        300,
        title,
        foot,
    ),
    "fan": lambda title, foot: fan_chart(quantiles(), "年份", "价款（万元）", title, foot),
    "tornado": lambda title, foot: tornado_chart(assumptions(), 100, "收益（万元）", title, foot),
    "curve": lambda title, foot: curve_chart(
        [0, 1, 2], {"现行": [1, 2, 3], "方案": [2, np.nan, 1]}, "比例", "价款（万元）", title, foot
    ),
    "lorenz": lambda title, foot: lorenz_chart({"现行": shares(2), "均分": shares(1)}, title, foot, {"现行": 1 / 3}),
}
EVERY = pytest.mark.parametrize("draw", CHARTS.values(), ids=CHARTS)


def texts(figure: Figure) -> list[str]:
    """Every text that is drawn."""
    return [text.get_text() for text in figure.findobj(Text) if text.get_visible() and text.get_text()]


def row_names(axes: Axes) -> list[str]:
    """Names of the rows, from the top."""
    return [label.get_text() for label in axes.get_yticklabels()]


def bars(axes: Axes) -> list[list[Rectangle]]:
    """Bars of each series."""
    return [list(container.patches) for container in axes.containers if isinstance(container, BarContainer)]


def marks_at(axes: Axes) -> dict[float, str]:
    """Texts that belong to a place, by its x."""
    return {float(text.xy[0]): text.get_text() for text in axes.texts if isinstance(text, Annotation)}


def numbers(values: object) -> list[float]:
    """Flat list of what matplotlib gives back."""
    return np.asarray(values, dtype=np.float64).tolist()  # type: ignore[no-any-return]


def heights(band: Collection) -> list[tuple[float, float]]:
    """Lowest and highest point of each piece of a band."""
    shapes = [np.asarray(path.vertices, dtype=np.float64)[:, 1] for path in band.get_paths()]
    return [(float(shape.min()), float(shape.max())) for shape in shapes]


def assert_within_page(figure: Figure) -> None:
    """Assert that no text leaves the page and that names of rows do not overlap."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    width, height = canvas.get_width_height()
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip():
            box = text.get_window_extent(renderer)
            assert 0 <= box.x0 <= box.x1 <= width, text.get_text()
            assert 0 <= box.y0 <= box.y1 <= height, text.get_text()
    for axes in figure.axes:
        boxes = [label.get_window_extent(renderer) for label in axes.get_yticklabels()]
        boxes = sorted((box for box in boxes if box.height), key=lambda box: float(box.y0))
        assert all(one.y1 <= above.y0 + 1 for one, above in pairwise(boxes))


# what every chart has


@EVERY
def test_title_foot_and_axes_are_written(draw: Callable[[str, str], Figure]) -> None:
    figure = draw("收益分配图", FOOT)
    written = texts(figure)
    assert {"收益分配图", INTERNAL, "数据来源：入市台账；期日：2025-12-31；依据：禹政〔2023〕12号"} <= set(written)
    assert all(axes.get_xlabel() for axes in figure.axes)
    assert any("（万元）" in text or "（元/㎡）" in text or "%" in text for text in written)
    assert_within_page(figure)


@EVERY
def test_page_is_a4_landscape(draw: Callable[[str, str], Figure]) -> None:
    assert draw("图", FOOT).get_size_inches() * 25.4 == pytest.approx([297, 210])


@EVERY
@pytest.mark.parametrize("end", ["png", "pdf", "svg"])
def test_files_are_the_same_each_time(draw: Callable[[str, str], Figure], end: str, tmp_path: Path) -> None:
    for name in ("one", "two"):
        save_figure(draw("图", FOOT), tmp_path / f"{name}.{end}", CREATED)
    assert (tmp_path / f"one.{end}").read_bytes() == (tmp_path / f"two.{end}").read_bytes()


@EVERY
def test_settings_neither_change_nor_count(draw: Callable[[str, str], Figure], tmp_path: Path) -> None:
    before = dict(matplotlib.rcParams)
    save_figure(draw("图", FOOT), tmp_path / "default.svg", CREATED)
    assert dict(matplotlib.rcParams) == before
    with matplotlib.rc_context():
        matplotlib.rc("text", usetex=True)
        matplotlib.rc("axes", facecolor="black")
        matplotlib.rc("font", size=40)
        matplotlib.rc("svg", fonttype="none")
        odd = dict(matplotlib.rcParams)
        save_figure(draw("图", FOOT), tmp_path / "odd.svg", CREATED)
        assert dict(matplotlib.rcParams) == odd
    assert (tmp_path / "odd.svg").read_bytes() == (tmp_path / "default.svg").read_bytes()


def test_pyplot_is_not_loaded() -> None:
    code = "import landmarket.figures, sys; print('matplotlib.pyplot' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


@EVERY
def test_titles_are_never_formulas(draw: Callable[[str, str], Figure], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("read as a formula")

    monkeypatch.setattr("matplotlib.mathtext.MathTextParser.parse", refuse)
    figure = draw(r"图 $x_1^2$ 与 $\frac{1}{2}$", FOOT + "\n$a$")
    assert {r"图 $x_1^2$ 与 $\frac{1}{2}$", "$a$"} <= set(texts(figure))
    assert_within_page(figure)


def test_hostile_names_are_drawn_as_they_stand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("read as a formula")

    monkeypatch.setattr("matplotlib.mathtext.MathTextParser.parse", refuse)
    amounts = [(len(HOSTILE) - at) * 10_000_000 for at in range(len(HOSTILE))]
    table = pd.DataFrame({"fund_fen": amounts, "$p$": amounts}, index=HOSTILE)
    figure = split_chart(table, {"fund_fen": "调节金$_x$", "$p$": "_村^"}, "$", "$_$")
    shown = ["A$x_1^2$镇", "a_b^c$", r"\frac{1}{0}$$", "<b>&amp;镇", "换 行 镇", "反向镇", " 零"]
    assert row_names(figure.axes[0]) == [*shown, "很长" * 6 + "很…", "$", "乡镇不明"]
    assert {"调节金$_x$", "_村^"} <= set(texts(figure))
    assert_within_page(figure)
    save_figure(figure, tmp_path / "a.pdf", CREATED)
    changed = pd.DataFrame({"name": HOSTILE, "change_fen": amounts})
    assert_within_page(change_chart(changed, "$", "$_$"))


@settings(max_examples=examples(6), deadline=None)
@given(
    st.lists(st.text(max_size=40), min_size=1, max_size=40),
    st.lists(st.none() | st.integers(-(10**13), 10**13), min_size=40, max_size=40),
    st.text(max_size=120),
)
def test_any_names_stay_on_the_page(names: list[str], amounts: list[int | None], title: str) -> None:
    cells = pd.array(amounts[: len(names)], dtype="Int64")
    assert_within_page(change_chart(pd.DataFrame({"name": names, "change_fen": cells}), title, FOOT))


@pytest.mark.parametrize("rows", [1, 30, 31, 120])
def test_many_townships_make_the_page_higher(rows: int) -> None:
    parts = pd.DataFrame({"a": range(1, rows + 1)}, index=[f"第{at}镇" for at in range(rows)]) * 10_000_000
    figure = split_chart(parts, {"a": "村集体"}, "图", FOOT)
    height = figure.get_size_inches()[1] * 25.4
    assert height == pytest.approx(210) if rows <= 30 else height > 210
    assert len(row_names(figure.axes[0])) == rows
    assert_within_page(figure)


# amounts


def test_split_draws_the_amounts() -> None:
    figure = split_chart(split_table(), LABELS, "图", FOOT)
    left, right = figure.axes
    assert row_names(left) == ["火龙镇", "神垕镇", "方山镇"]
    fund, collective = bars(left)
    assert [bar.get_width() for bar in fund] == [100, 300, 0]
    assert [(bar.get_x(), bar.get_width()) for bar in collective] == [(100, 300), (300, 0), (0, 0)]
    assert [bar.get_width() for bar in right.patches if isinstance(bar, Rectangle)] == [25, 75]
    written = texts(figure)
    assert {"400.00", "300.00（村集体无数据）", "无数据", "25.0%", "75.0%"} <= set(written)
    assert written.count("无数据") == 3
    assert "合计 700.00 万元：调节金 400.00（57.1%），村集体 300.00（42.9%）；2 行有无数据的金额，未计入" in written


def test_split_puts_the_biggest_first_and_ties_as_they_stand() -> None:
    table = pd.DataFrame({"a": [5, 9, 5, 0]}, index=["甲", "乙", "丙", "丁"]) * 1_000_000
    figure = split_chart(table, {"a": "村集体"}, "图", FOOT)
    assert row_names(figure.axes[0]) == ["乙", "甲", "丙", "丁"]
    assert "没有金额，不计比例" in texts(figure)


def test_change_draws_gains_and_losses_exactly() -> None:
    figure = change_chart(changes(), "图", FOOT)
    gains, losses = bars(figure.axes[0])
    assert row_names(figure.axes[0]) == ["乙村", "丙村", "甲村", "丁村"]
    assert [(bar.get_x(), bar.get_width()) for bar in (*gains, *losses)] == [(0, 123456.789), (0, -1.005)]
    assert {"+123,456.79", "-1.01", "0.00", "无数据"} <= set(texts(figure))
    assert gains[0].get_hatch() != losses[0].get_hatch()
    assert "增加 1 个，共 +123,456.79 万元；减少 1 个，共 -1.01 万元；净变化 +123,455.78 万元" in texts(figure)


def test_change_without_losses_has_no_entry_for_them() -> None:
    figure = change_chart(pd.DataFrame({"name": ["甲"], "change_fen": [5]}), "图", FOOT)
    assert "增加" in texts(figure)
    assert "减少" not in texts(figure)
    assert_within_page(figure)


def test_cash_stacks_payments_below_zero() -> None:
    table = pd.DataFrame({"a": [300, -100], "b": [-200, -50], "c": [400, 50]}, index=[2026, 2025]) * 1_000_000
    axes = cash_chart(table, {"a": "甲", "b": "乙", "c": "丙"}, "图", FOOT).axes[0]
    drawn = [[(bar.get_y(), bar.get_height()) for bar in series] for series in bars(axes)]
    assert drawn == [[(0, -100), (0, 300)], [(-100, -50), (0, -200)], [(0, 50), (300, 400)]]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["2025", "2026"]
    assert {"-100.00", "500.00"} <= {text.get_text() for text in axes.texts}


def test_cash_marks_years_without_data() -> None:
    table = pd.DataFrame(
        {"a": [1_000_000, None, 2_000_000], "b": [0, 5, None]}, index=[2025, 2026, 2028], dtype="Int64"
    )
    axes = cash_chart(table, {"a": "甲", "b": "乙"}, "图", FOOT).axes[0]
    assert marks_at(axes) == {2025: "1.00", 2026: "0.00\n部分无数据", 2027: "无数据", 2028: "2.00\n部分无数据"}


def test_forty_years_stay_readable() -> None:
    table = pd.DataFrame({"a": np.arange(1, 41) * 98_765_432_100}, index=range(2025, 2065))
    assert_within_page(cash_chart(table, {"a": "年租金"}, "图", FOOT))


def test_indicator_is_compared_with_the_county() -> None:
    figure = CHARTS["indicator"]("图", FOOT)
    axes = figure.axes[0]
    above, below = (np.asarray(points.get_offsets()).tolist() for points in axes.collections[1:])
    assert (above, below) == ([[310, 0]], [[250, 1]])
    assert [numbers(line.get_xdata()) for line in axes.lines] == [[300, 300]]
    assert {"310.00", "250.00", "无数据", "全县 300.00"} <= set(texts(figure))


def test_indicator_without_any_value_has_no_numbers() -> None:
    table = pd.DataFrame({"p": [np.nan, np.nan]}, index=["甲", "乙"])
    figure = indicator_chart(table, "p", "地价（元/㎡）", float("nan"), "图", FOOT)
    assert texts(figure).count("无数据") == 2
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == []
    assert "全县 无数据；0 个乡镇有数据，2 个无数据" in texts(figure)


def test_tornado_puts_the_strongest_first() -> None:
    figure = tornado_chart(assumptions(), 100, "收益（万元）", "图", FOOT)
    low, high = bars(figure.axes[0])
    assert row_names(figure.axes[0]) == ["还原率", "比例", "人数"]
    assert [(bar.get_x(), bar.get_width()) for bar in low] == [(100, -10), (100, 1)]
    assert [(bar.get_x(), bar.get_width()) for bar in high] == [(100, 50), (100, 20), (100, 5)]
    assert texts(figure).count("无数据") == 1
    spans = sorted((bar.get_y(), bar.get_y() + bar.get_height()) for bar in (*low, *high))
    assert all(one[1] <= other[0] for one, other in pairwise(spans))


@pytest.mark.parametrize("rows", [15, 40])
def test_results_of_many_assumptions_do_not_overlap(rows: int) -> None:
    table = pd.DataFrame({"name": [f"假设{at}" for at in range(rows)], "low": 101.0, "high": 102.0})
    axes = tornado_chart(table, 100, "收益（万元）", "图", FOOT).axes[0]
    boxes = sorted((text.get_window_extent() for text in axes.texts), key=lambda box: float(box.y0))
    assert len(boxes) == 2 * rows
    assert all(one.y1 <= above.y0 for one, above in pairwise(boxes))


def test_lorenz_shows_curves_and_gini() -> None:
    figure = lorenz_chart({"现行": shares(2), "缺": shares(3).assign(income_share=np.nan)}, "图", FOOT, {"现行": 1 / 3})
    equal, drawn, empty = figure.axes[0].lines
    assert numbers(equal.get_xdata()) == numbers(equal.get_ydata()) == [0, 100]
    assert numbers(drawn.get_ydata())[10] == pytest.approx(25)
    assert numbers(empty.get_xdata()) == []
    assert {"绝对平均线", "现行\n基尼系数 0.333", "缺（无数据）"} <= set(texts(figure))


def test_fan_has_bands_and_gaps() -> None:
    figure = fan_chart(quantiles()[[0.95, 0.5, 0.05, 0.75, 0.25]], "年份", "价款（万元）", "图", FOOT)
    axes = figure.axes[0]
    wide, narrow = (heights(band) for band in axes.collections)
    assert wide == [(1, 10), (4, 20)]
    assert narrow == [(2, 16)]
    assert numbers(axes.lines[0].get_ydata()) == [3, 6, 9, 12]
    assert marks_at(axes) == {2027: "无数据"}
    assert {"90% 区间（5%～95%）", "50% 区间（25%～75%）", "中位数（50%）"} <= set(texts(figure))


def test_curves_have_gaps_where_values_are_missing() -> None:
    figure = curve_chart([0, 1, 2], {"甲": [1, np.nan, 3], "乙": [np.nan] * 3, "丙": [1, 2, 3]}, "x", "y", "图", FOOT)
    assert {"甲（1 处无数据）", "乙（无数据）", "丙"} <= set(texts(figure))
    np.testing.assert_array_equal(numbers(figure.axes[0].lines[0].get_ydata()), [1, np.nan, 3])
    assert len({str(line.get_linestyle()) + str(line.get_marker()) for line in figure.axes[0].lines}) == 3


def test_marks_differ_without_colour() -> None:
    assert len({mark.hatch for mark in MARKS}) == len({mark.line for mark in MARKS}) == len(MARKS)
    assert len({mark.marker for mark in MARKS}) == len({mark.colour for mark in MARKS}) == len(MARKS)


def test_tables_are_not_changed() -> None:
    table, before = split_table(), split_table()
    split_chart(table, LABELS, "图", FOOT)
    pd.testing.assert_frame_equal(table, before)


# refusals


def refused(error: type[LandMarketError], draw: Callable[[], Figure], *parts: str) -> None:
    """Assert that a chart is refused, with these words in the message and a cure."""
    with pytest.raises(error) as caught:
        draw()
    assert all(part in str(caught.value) for part in (*parts, "办法"))


def test_tables_without_rows_are_refused() -> None:
    empty, cause = split_table().iloc[:0], "没有行"
    refused(BadValueError, lambda: split_chart(empty, LABELS, "", ""), "split_chart", cause)
    refused(BadValueError, lambda: cash_chart(empty, LABELS, "", ""), "cash_chart", cause)
    refused(BadValueError, lambda: change_chart(changes().iloc[:0], "", ""), "change_chart", cause)
    refused(BadValueError, lambda: indicator_chart(empty, "fund_fen", "", 1, "", ""), "indicator_chart", cause)
    refused(BadValueError, lambda: tornado_chart(assumptions().iloc[:0], 1, "", "", ""), "tornado_chart", cause)
    refused(BadValueError, lambda: fan_chart(quantiles().iloc[:0], "", "", "", ""), "fan_chart", cause)
    refused(BadValueError, lambda: lorenz_chart({"甲": shares(1).iloc[:0]}, "", ""), "lorenz_chart（甲）", cause)
    refused(BadValueError, lambda: curve_chart([], {"甲": []}, "", "", "", ""), "curve_chart", "至少一个")


def test_charts_without_series_are_refused() -> None:
    refused(BadValueError, lambda: lorenz_chart({}, "", ""), "lorenz_chart", "没有可画的系列")
    refused(BadValueError, lambda: curve_chart([1], {}, "", "", "", ""), "curve_chart", "没有可画的系列")
    refused(BadValueError, lambda: split_chart(split_table(), {}, "", ""), "split_chart", "没有可画的系列")
    nine = {str(at): [1.0] for at in range(9)}
    refused(BadValueError, lambda: curve_chart([1], nine, "", "", "", ""), "9 个系列", "至多分清 8 个")


def test_missing_columns_are_named() -> None:
    refused(MissingColumnError, lambda: split_chart(split_table(), {"x": "甲"}, "", ""), "split_chart", "x")
    refused(MissingColumnError, lambda: change_chart(split_table(), "", ""), "change_fen")


def test_amounts_that_are_not_whole_fen_are_named() -> None:
    table = pd.DataFrame({"fund_fen": [1.5, 2.0]}, index=["甲镇", "乙镇"])
    refused(BadValueError, lambda: split_chart(table, {"fund_fen": "调节金"}, "", ""), "共 1 行：甲镇 = 1.5", "整数分")
    odd = pd.DataFrame({"name": ["甲", "乙", "丙"], "change_fen": ["1", True, float("inf")]})
    refused(BadValueError, lambda: change_chart(odd, "", ""), "共 3 行", "change_fen", "'1'", "True", "inf")


def test_negative_shares_are_named() -> None:
    table = pd.DataFrame({"fund_fen": [-1, 2]}, index=["甲镇", "乙镇"])
    refused(BadValueError, lambda: split_chart(table, {"fund_fen": "调节金"}, "", ""), "甲镇 = -1", "cash_chart()")


@pytest.mark.parametrize("years", [[2025, 2025], [2025, None], [2025, 2025.5], [20, 2025]])
def test_years_that_cannot_be_drawn_are_refused(years: list[float | None]) -> None:
    table = pd.DataFrame({"a": [1, 2]}, index=pd.Index(years, dtype=object))
    refused(BadValueError, lambda: cash_chart(table, {"a": "甲"}, "", ""), "cash_chart", "20")


def test_more_rows_than_a_page_are_refused() -> None:
    table = pd.DataFrame({"a": range(301)})
    refused(BadValueError, lambda: split_chart(table, {"a": "甲"}, "", ""), "301 行", "至多画 300 行")


def test_indicators_that_are_no_numbers_are_named() -> None:
    table = pd.DataFrame({"p": ["高", 3]}, index=["甲镇", "乙镇"])
    refused(BadValueError, lambda: indicator_chart(table, "p", "", 1, "", ""), "indicator_chart", "甲镇 = '高'")


def test_base_must_be_a_number() -> None:
    refused(BadValueError, lambda: tornado_chart(assumptions(), float("nan"), "", "", ""), "base = nan")


@pytest.mark.parametrize("levels", [[0.05, 0.5], [0.5], [0, 1], ["低", "高"], [0.05, 0.95, 0.95]])
def test_levels_without_their_opposite_are_refused(levels: list[float | str]) -> None:
    table = pd.DataFrame([range(len(levels))], columns=levels)
    refused(BadValueError, lambda: fan_chart(table, "", "", "", ""), "fan_chart", str(levels[0]), "成对")


def test_quantiles_that_cross_are_named() -> None:
    table = quantiles()
    table.loc[2026, 0.75] = 1.0
    refused(BadValueError, lambda: fan_chart(table, "", "", "", ""), "2026 = 1.0", "0.75", "0.5")


def test_places_must_ascend() -> None:
    refused(BadValueError, lambda: fan_chart(quantiles().iloc[::-1], "", "", "", ""), "由小到大")
    refused(BadValueError, lambda: curve_chart([1, 1], {"甲": [1, 2]}, "", "", "", ""), "不重复")


def test_curves_must_fit_their_places() -> None:
    refused(IndexMismatchError, lambda: curve_chart([1, 2], {"甲": [1]}, "", "", "", ""), "甲", "1 个值", "2 个")
    refused(BadValueError, lambda: curve_chart([1], {"甲": [float("inf")]}, "", "", "", ""), "甲", "无穷大")


def test_population_shares_must_be_cumulative() -> None:
    falling = pd.DataFrame({"population_share": [0, 0.6, 0.5], "income_share": [0, 0.2, 1]}, index=["a", "b", "c"])
    refused(BadValueError, lambda: lorenz_chart({"甲": falling}, "", ""), "甲", "population_share", "共 1 行：c = 0.5")
    beyond = pd.DataFrame({"population_share": [0, 0.5, 1.5], "income_share": [0, 0.2, 1]}, index=["a", "b", "c"])
    refused(BadValueError, lambda: lorenz_chart({"甲": beyond}, "", ""), "甲", "population_share", "共 1 行：c = 1.5")


# fonts


def made_font(path: Path, family: str, characters: str, *, cubic: bool = False) -> Path:
    """Make a font whose every character is a square."""
    names = [".notdef", *(f"u{ord(character):04X}" for character in characters)]
    builder = FontBuilder(1000, isTTF=not cubic)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(character): f"u{ord(character):04X}" for character in characters})
    pens = {name: T2CharStringPen(1000, None) if cubic else TTGlyphPen(None) for name in names}
    for pen in pens.values():
        pen.moveTo((100, 0))
        for corner in ((100, 700), (900, 700), (900, 0)):
            pen.lineTo(corner)
        pen.closePath()
    if cubic:
        builder.setupCFF(family, {}, {name: pen.getCharString() for name, pen in pens.items()}, {})
    else:
        builder.setupGlyf({name: pen.glyph() for name, pen in pens.items()})
    builder.setupHorizontalMetrics(dict.fromkeys(names, (1000, 100)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": family, "styleName": "Regular", "psName": family.replace(" ", "")})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)
    return path


ASCII = "".join(map(chr, range(32, 127)))


def test_font_writes_the_sample() -> None:
    assert fonts.drawable("禹州市集体建设用地（元/㎡）Ⅰ级", chinese_font()) == "禹州市集体建设用地（元/㎡）Ⅰ级"


def test_simplified_face_of_a_collection_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    faces = [
        TTFont(made_font(tmp_path / f"{at}.ttf", family, fonts.SAMPLE))
        for at, family in enumerate(["Noto Sans CJK JP", "Noto Sans CJK SC"])
    ]
    collection = TTCollection()
    collection.fonts = faces
    collection.save(tmp_path / "NotoSansCJK-Regular.ttc")
    monkeypatch.setattr(fonts, "findSystemFonts", lambda: [str(tmp_path / "NotoSansCJK-Regular.ttc")])
    for font in (chinese_font(), chinese_font(tmp_path / "NotoSansCJK-Regular.ttc")):
        file = font.get_file()
        assert isinstance(file, FontPath)
        assert FT2Font(file.path, face_index=file.face_index).family_name == "Noto Sans CJK SC"


def test_fonts_come_in_the_order_of_the_list(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    paths = [
        made_font(tmp_path / "wqy-microhei.ttc", "WenQuanYi Micro Hei", fonts.SAMPLE),
        made_font(tmp_path / "simhei.ttf", "SimHei", fonts.SAMPLE),
        made_font(tmp_path / "msyh.ttf", "Microsoft YaHei", fonts.SAMPLE.replace("㎡", "")),
    ]
    monkeypatch.setattr(fonts, "findSystemFonts", lambda: [str(path) for path in paths])
    assert str(chinese_font().get_file()) == str(tmp_path / "simhei.ttf")


def test_without_fonts_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "findSystemFonts", list)
    for draw in (chinese_font, lambda: change_chart(changes(), "图", FOOT)):
        with pytest.raises(FontError) as caught:
            draw()
        parts = ("没有找到能写中文的字体", "办法", "apt install fonts-noto-cjk", "补充字体", "chinese_font(path=...)")
        assert all(part in str(caught.value) for part in parts)
        assert isinstance(caught.value, LookupError)


def test_files_that_are_no_chinese_font_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.ttf").write_text("not a font", encoding="utf-8")
    latin = made_font(tmp_path / "latin.ttf", "Latin", ASCII)
    for path, word in ((tmp_path / "text.ttf", "不是字体文件"), (latin, "缺少"), (tmp_path / "no.ttf", "没有这个")):
        with pytest.raises(FontError, match=word) as caught:
            chinese_font(path)
        assert str(path) in str(caught.value)


def test_characters_a_font_lacks_are_written_as_numbers(tmp_path: Path) -> None:
    font = FontProperties(fname=made_font(tmp_path / "latin.ttf", "Latin", ASCII))
    assert fonts.drawable("a\U00020164镇\u200bb\ufe0f\r\nc", font) == "a[U+20164][U+9547]b \nc"
    table = pd.DataFrame({"a": [1]}, index=["\U00020164x"])
    assert row_names(split_chart(table, {"a": "b"}, "t", "f", font=font).axes[0]) == ["[U+20164]x"]


# files


def test_png_has_three_hundred_dots_an_inch(tmp_path: Path) -> None:
    save_figure(CHARTS["change"]("图", FOOT), tmp_path / "a.PNG", CREATED)
    content = (tmp_path / "a.PNG").read_bytes()
    assert struct.unpack(">II", content[16:24]) == (3507, 2480)
    at = content.index(b"pHYs") + 4
    assert struct.unpack(">II", content[at : at + 8]) == (11811, 11811)
    assert b"2026-01-05T09:30:00+00:00" in content


def test_pdf_embeds_truetype_fonts(tmp_path: Path) -> None:
    font = FontProperties(fname=made_font(tmp_path / "f.ttf", "Made", ASCII + "图甲"))
    save_figure(curve_chart([1, 2], {"甲": [1, 2]}, "x", "y", "图", "", font=font), tmp_path / "a.pdf", CREATED)
    content = (tmp_path / "a.pdf").read_bytes()
    assert b"/FontFile2" in content
    assert b"/CIDFontType2" in content
    assert b"/Type3" not in content
    assert b"D:20260105093000" in content


def test_pdf_draws_fonts_with_cubic_outlines(tmp_path: Path) -> None:
    font = FontProperties(fname=made_font(tmp_path / "f.otf", "Made", ASCII + "图甲", cubic=True))
    save_figure(curve_chart([1, 2], {"甲": [1, 2]}, "x", "y", "图", "", font=font), tmp_path / "a.pdf", CREATED)
    content = (tmp_path / "a.pdf").read_bytes()
    assert b"/Type3" in content
    assert b"/ToUnicode" in content
    assert b"/FontFile2" not in content


def test_svg_needs_no_font(tmp_path: Path) -> None:
    save_figure(CHARTS["split"]("图", FOOT), tmp_path / "a.svg", CREATED)
    content = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert "<text" not in content
    assert "font-family" not in content
    assert "<dc:date>2026-01-05T09:30:00+00:00</dc:date>" in content


@pytest.mark.parametrize("name", ["a.jpg", "a", "a.pdf.txt"])
def test_other_kinds_of_file_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"\.png、\.pdf 或 \.svg") as caught:
        save_figure(CHARTS["change"]("图", FOOT), tmp_path / name, CREATED)
    assert name in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_files_that_cannot_be_written_leave_the_old_one(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="没有这个文件夹"):
        save_figure(CHARTS["change"]("图", FOOT), tmp_path / "no" / "a.svg", CREATED)
    save_figure(CHARTS["change"]("图", FOOT), tmp_path / "a.svg", CREATED)
    save_figure(CHARTS["curve"]("图", FOOT), tmp_path / "a.svg", CREATED)
    assert [path.name for path in tmp_path.iterdir()] == ["a.svg"]


# texts and numbers


@settings(max_examples=examples(60), deadline=None)
@given(st.text(alphabet=st.sampled_from("禹州市（），。a1,.% ")), st.integers(4, 30))
def test_wrapping_loses_nothing(text: str, ems: int) -> None:
    lines = wrapped(text, ems)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(line.strip() == line != "" for line in lines)


def test_wrapping_breaks_no_number() -> None:
    assert wrapped("合计一二三 1,234.56（12.3%），余", 9) == ["合计一二三", "1,234.56", "（12.3%），余"]
    assert wrapped("一二三四。", 4) == ["一二三", "四。"]
    assert wrapped("A" * 25, 9) == ["A" * 15, "A" * 10]


def test_long_names_are_cut() -> None:
    assert shortened("一二三四五", 5) == "一二三四五"
    assert shortened("一二三四五六", 5) == "一二三四…"
    assert shortened("  ", 5) == ""


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(0, 10**15), st.integers(1, 10**15))
def test_shares_are_rounded_half_up(part: int, whole: int) -> None:
    twice = (2000 * part + whole) // (2 * whole)
    assert share_text(part, whole) == f"{twice // 10}.{twice % 10}%"


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(-(10**9), 10**9), st.integers(0, 4))
def test_numbers_are_rounded_half_up(thousandths: int, decimals: int) -> None:
    value = thousandths / 1000
    quantum = Decimal(1).scaleb(-decimals)
    expected = Decimal(thousandths).scaleb(-3).quantize(quantum, rounding=ROUND_HALF_UP)
    assert number_text(value, decimals).replace(",", "") == str(expected)
    assert re.fullmatch(r"-?\d{1,3}(,\d{3})*(\.\d+)?", number_text(value, decimals))


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.none() | st.integers(-5, 5)))
def test_order_is_descending_with_missing_last(values: list[int | None]) -> None:
    order = descending(values)
    known = [at for at in range(len(values)) if values[at] is not None]
    expected = [at for level in range(5, -6, -1) for at in known if values[at] == level]
    assert order == expected + [at for at in range(len(values)) if values[at] is None]
