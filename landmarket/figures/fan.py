"""Fan charts (扇形图): how wide simulated results spread."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from landmarket.checks import require_values
from landmarket.errors import BadValueError
from landmarket.figures.axes import legend_above, number_axes
from landmarket.figures.sheet import A4_LANDSCAPE, SMALL, Size, finished, plain_style, sheet
from landmarket.figures.values import NO_DATA, Floats, ascending, number_text, number_values, require_rows

_BANDS = (("#D0E3F0", ""), ("#8FBEDD", "...."), ("#4E98C9", "////"), ("#0072B2", "xxxx"))
_LEVEL_DIGITS = 9


def fan_chart(
    table: pd.DataFrame,
    x_label: str,
    y_label: str,
    title: str,
    foot: str,
    *,
    font: FontProperties | None = None,
    size: Size = A4_LANDSCAPE,
) -> Figure:
    """Draw how wide simulated results spread (扇形图): the median and bands of quantiles.

    Parameters
    ----------
    table : DataFrame
        Index: x, ascending numbers such as years; columns: quantile levels between 0 and 1, each with its opposite
        (0.05 and 0.95), and perhaps 0.5.
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
        Where a quantile is missing the band has a gap, marked 无数据.

    Raises
    ------
    BadValueError
        If there is no row, a level is no number between 0 and 1 or lacks its opposite, quantiles cross, or x does not
        ascend.
    """
    require_rows(table, [], "fan_chart")
    x = ascending(list(table.index), "fan_chart")
    values = _quantiles(table)
    gone = np.any([~np.isfinite(each) for each in values.values()], axis=0)
    with plain_style():
        figure = sheet(title, "", foot, size)
        axes = figure.subplots()
        for low, (colour, hatch) in zip([level for level in values if level < 0.5], _BANDS, strict=False):
            high = _opposite(low)
            name = f"{number_text(100 * (high - low), 0)}% 区间（{_percent(low)}～{_percent(high)}）"
            axes.fill_between(
                x,
                values[low],
                values[high],
                facecolor=colour,
                edgecolor="#2C7FB0",
                linewidth=0.6,
                hatch=hatch,
                hatchcolor="#2C7FB0",
                label=name,
            )
        if 0.5 in values:
            axes.plot(x, values[0.5], color="black", linewidth=2, marker="o", markersize=4, label="中位数（50%）")
        _mark_gaps(axes, x[gone])
        number_axes(axes, x_label, y_label)
        legend_above(figure, axes, 3)
        return finished(figure, font)


def _quantiles(table: pd.DataFrame) -> dict[float, Floats]:
    """Values by level, ascending."""
    levels = _levels(table)
    named = table.set_axis([f"分位数 {level:g}" for level in levels], axis=1)
    values = {level: number_values(named, f"分位数 {level:g}", "fan_chart") for level in levels}
    ordered = dict(sorted(values.items()))
    for lower, upper in pairwise(ordered):
        cure = f"高分位数不小于低分位数（{lower:g}），核对列名与数值。"
        require_values(named, f"分位数 {upper:g}", ordered[lower] > ordered[upper], cure, "fan_chart")
    return ordered


def _levels(table: pd.DataFrame) -> list[float]:
    """Take the level of each column from its name."""
    names = "、".join(map(str, table.columns))
    try:
        levels = [round(float(name), _LEVEL_DIGITS) for name in table.columns.tolist()]
    except (TypeError, ValueError):
        levels = []
    odd = [level for level in levels if not 0 < level < 1 or _opposite(level) not in levels]
    pairs = sum(level < 0.5 for level in levels)
    if odd or len(set(levels)) < len(table.columns) or not 0 < pairs <= len(_BANDS):
        raise BadValueError(
            f"fan_chart：列名 {names} 应为 0 到 1 之间成对的分位数，一至 {len(_BANDS)} 对。"
            "办法：如 0.05、0.25、0.5、0.75、0.95。"
        )
    return levels


def _opposite(level: float) -> float:
    return round(1 - level, _LEVEL_DIGITS)


def _percent(level: float) -> str:
    return f"{100 * level:.4g}%"


def _mark_gaps(axes: Axes, places: Floats) -> None:
    for place in places.tolist():
        axes.annotate(
            NO_DATA,
            (place, 0.02),
            xycoords=("data", "axes fraction"),
            ha="center",
            va="bottom",
            fontsize=SMALL,
            rotation=90,
        )
