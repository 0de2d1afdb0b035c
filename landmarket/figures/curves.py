"""Charts of lines (曲线图): Lorenz curves and plain ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from landmarket.checks import require_values
from landmarket.errors import BadValueError, IndexMismatchError
from landmarket.figures.axes import entry_text, legend_above, number_axes
from landmarket.figures.marks import marks_of
from landmarket.figures.sheet import A4_LANDSCAPE, PLAIN, Size, finished, plain_style, sheet
from landmarket.figures.values import NO_DATA, Floats, ascending, number_text, number_values, require_rows

_MARKED = 40


def lorenz_chart(
    curves: Mapping[str, pd.DataFrame],
    title: str,
    foot: str,
    notes: Mapping[str, float] | None = None,
    *,
    font: FontProperties | None = None,
    size: Size = A4_LANDSCAPE,
) -> Figure:
    """Draw Lorenz curves of several scenarios (洛伦兹曲线) with the line of equality.

    Parameters
    ----------
    curves : mapping of str to DataFrame
        By the name of the scenario: ``population_share`` and ``income_share``, cumulative, from 0 to 1.
    title, foot : str
        Texts above and below, see `foot_text`.
    notes : mapping of str to float, optional
        Gini coefficient of scenarios, for the legend.
    font : matplotlib.font_manager.FontProperties, optional
        Default: the one `chinese_font` finds.
    size : tuple of float, optional
        Width and height [mm].

    Returns
    -------
    matplotlib.figure.Figure
        A scenario with a missing share is not drawn and has 无数据 in the legend.

    Raises
    ------
    BadValueError
        If there is no curve, a curve has no row, or its population share leaves 0 to 1 or falls.
    """
    marks, gini = marks_of(list(curves), "lorenz_chart"), notes or {}
    lines = {name: _lorenz(name, table) for name, table in curves.items()}
    with plain_style():
        figure = sheet(title, "", foot, size)
        axes = figure.subplots()
        axes.plot([0, 100], [0, 100], color="black", linewidth=0.8, label="绝对平均线")
        for mark, (name, (x, y)) in zip(marks, lines.items(), strict=True):
            label = entry_text(name, 16)
            label += "" if len(x) else f"（{NO_DATA}）"
            label += f"\n基尼系数 {number_text(gini[name], 3)}" if name in gini else ""
            axes.plot(
                x,
                y,
                color=mark.colour,
                linestyle=mark.line,
                marker=mark.marker,
                markersize=5,
                linewidth=1.8,
                markevery=max(len(x) // 12, 1),
                label=label,
            )
        axes.set_xlim(0, 100)
        axes.set_ylim(min(0.0, *(float(y.min()) for _, y in lines.values() if len(y)), 0.0), 100)
        axes.set_aspect("equal", adjustable="box")
        number_axes(axes, "人口累计比例（%，按收入由低到高）", "收入累计比例（%）")
        axes.legend(loc="center left", bbox_to_anchor=(1.04, 0.5), frameon=False, fontsize=PLAIN, handlelength=4)
        return finished(figure, font)


def curve_chart(
    x: Sequence[float],
    curves: Mapping[str, Sequence[float]],
    x_label: str,
    y_label: str,
    title: str,
    foot: str,
    *,
    font: FontProperties | None = None,
    size: Size = A4_LANDSCAPE,
) -> Figure:
    """Draw one or several curves (曲线图).

    Parameters
    ----------
    x : sequence of float
        Places, ascending.
    curves : mapping of str to sequence of float
        Chinese name and values at these places; ``nan`` where missing.
    x_label, y_label : str
        Chinese names with units.
    title, foot : str
        Texts above and below, see `foot_text`.
    font : matplotlib.font_manager.FontProperties, optional
        Default: the one `chinese_font` finds.
    size : tuple of float, optional
        Width and height [mm].

    Returns
    -------
    matplotlib.figure.Figure
        A missing value is a gap in the line; the legend counts them.

    Raises
    ------
    BadValueError
        If there is no place or curve, x does not ascend, or a value is infinite.
    IndexMismatchError
        If a curve has another number of values.
    """
    marks = marks_of(list(curves), "curve_chart")
    places = ascending(list(x), "curve_chart")
    values = {name: _curve(name, list(each), len(places)) for name, each in curves.items()}
    with plain_style():
        figure = sheet(title, "", foot, size)
        axes = figure.subplots()
        for mark, (name, y) in zip(marks, values.items(), strict=True):
            gone = int((~np.isfinite(y)).sum())
            missing = f"（{NO_DATA}）" if gone == len(y) else f"（{gone} 处{NO_DATA}）" if gone else ""
            axes.plot(
                places,
                y,
                color=mark.colour,
                linestyle=mark.line,
                linewidth=1.8,
                marker=mark.marker,
                markersize=5,
                markevery=1 if len(y) <= _MARKED else max(len(y) // 12, 1),
                label=entry_text(name, 16) + missing,
            )
        number_axes(axes, x_label, y_label)
        legend_above(figure, axes, 3)
        return finished(figure, font)


def _lorenz(name: str, table: pd.DataFrame) -> tuple[Floats, Floats]:
    what = f"lorenz_chart（{name}）"
    require_rows(table, ["population_share", "income_share"], what)
    x, y = (number_values(table, column, what) for column in ("population_share", "income_share"))
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return np.array([]), np.array([])
    falls = np.concatenate([[False], np.diff(x) < 0])
    require_values(table, "population_share", (x < 0) | (x > 1) | falls, "应为 0 到 1 的累计比例，由低到高排列。", what)
    return 100 * x, 100 * y


def _curve(name: str, values: Sequence[float], count: int) -> Floats:
    y = np.asarray(values, dtype=np.float64)
    if len(y) != count:
        raise IndexMismatchError(
            f"curve_chart：曲线“{name}”有 {len(y)} 个值，横轴有 {count} 个。办法：每个横轴位置给一个值，缺的写 nan。"
        )
    if np.isinf(y).any():
        raise BadValueError(f"curve_chart：曲线“{name}”有无穷大的值。办法：改为有限的数；没有的写 nan。")
    return y
