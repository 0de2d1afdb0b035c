"""Charts of one value a row (条形图): changes, indicators by township, what hangs on each assumption."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from landmarket.columns import UNKNOWN_TOWNSHIP
from landmarket.errors import BadValueError
from landmarket.figures.axes import legend_above, row_axes
from landmarket.figures.marks import GAIN, LOSS, Mark, cover
from landmarket.figures.sheet import (
    A4_LANDSCAPE,
    PLAIN,
    SMALL,
    Size,
    finished,
    plain_style,
    rows_size,
    sheet,
)
from landmarket.figures.values import (
    FEN_PER_WAN,
    NO_DATA,
    Floats,
    descending,
    fen_values,
    known_sum,
    number_text,
    number_values,
    require_rows,
    texts_of,
)
from landmarket.units import wan_text

_ROOM = 0.18
_NAMELESS = "名称缺失"


def change_chart(
    changes: pd.DataFrame,
    title: str,
    foot: str,
    *,
    font: FontProperties | None = None,
    size: Size = A4_LANDSCAPE,
) -> Figure:
    """Draw who gains and who loses (增减图), each amount in 万元 beside its bar.

    Parameters
    ----------
    changes : DataFrame
        ``name``, ``change_fen`` [分], one row each.
    title, foot : str
        Texts above and below, see `foot_text`.
    font : matplotlib.font_manager.FontProperties, optional
        Default: the one `chinese_font` finds.
    size : tuple of float, optional
        Width and height [mm]; more than 30 rows make it higher.

    Returns
    -------
    matplotlib.figure.Figure
        From the greatest gain to the greatest loss; missing changes at the end, as 无数据.

    Raises
    ------
    BadValueError
        If there is no row, or an amount is not whole.
    """
    require_rows(changes, ["name", "change_fen"], "change_chart")
    amounts = fen_values(changes, "change_fen", "change_chart")
    order, names = descending(amounts), texts_of(changes["name"].tolist(), _NAMELESS)
    sorted_amounts = [amounts[at] for at in order]
    gains = [amount for amount in amounts if amount is not None and amount > 0]
    losses = [amount for amount in amounts if amount is not None and amount < 0]
    note = (
        f"增加 {len(gains)} 个，共 {_signed(sum(gains))} 万元；减少 {len(losses)} 个，共 {_signed(sum(losses))} 万元；"
        f"净变化 {_signed(known_sum(amounts))} 万元"
    )
    with plain_style():
        figure = sheet(title, note, foot, rows_size(size, len(order), "change_chart"))
        axes = figure.subplots()
        row_axes(axes, [names[at] for at in order])
        for label, mark, sign in (("增加", GAIN, 1), ("减少", LOSS, -1)):
            chosen = [(at, each) for at, each in enumerate(sorted_amounts) if each is not None and each * sign > 0]
            _bars(axes, [at for at, _ in chosen], [each / FEN_PER_WAN for _, each in chosen], 0.0, label, mark)
        for at, amount in enumerate(sorted_amounts):
            _say(axes, (amount or 0) / FEN_PER_WAN, at, _signed(amount), left=amount is not None and amount < 0)
        _set_room(axes, np.array([0.0, *(each / FEN_PER_WAN for each in (*gains, *losses))]))
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set_xlabel("变化（万元）", fontsize=PLAIN)
        legend_above(figure, axes, 2)
        return finished(figure, font)


def indicator_chart(
    table: pd.DataFrame,
    column: str,
    label: str,
    county: float,
    title: str,
    foot: str,
    *,
    decimals: int = 2,
    font: FontProperties | None = None,
    size: Size = A4_LANDSCAPE,
) -> Figure:
    """Draw one indicator by township beside the county's value (指标图).

    Parameters
    ----------
    table : DataFrame
        Index: townships.
    column : str
        The indicator.
    label : str
        Its Chinese name with the unit, such as ``平均地价（元/㎡）``.
    county : float
        The value of the whole county, in the same unit; ``nan`` where there is none.
    title, foot : str
        Texts above and below, see `foot_text`.
    decimals : int, default 2
        Decimals shown.
    font : matplotlib.font_manager.FontProperties, optional
        Default: the one `chinese_font` finds.
    size : tuple of float, optional
        Width and height [mm]; more than 30 townships make it higher.

    Returns
    -------
    matplotlib.figure.Figure
        A point a township, from the largest down; round and full from the county's value up, hollow squares below it.

    Raises
    ------
    BadValueError
        If there is no row, or a value is no finite number.
    """
    require_rows(table, [column], "indicator_chart")
    values = number_values(table, column, "indicator_chart")
    order, names = descending(values.tolist()), texts_of(table.index.tolist(), UNKNOWN_TOWNSHIP)
    known, centre = values[np.isfinite(values)], county if np.isfinite(county) else float("nan")
    note = f"全县 {number_text(county, decimals)}；{len(known)} 个乡镇有数据" + (
        f"，{len(values) - len(known)} 个{NO_DATA}" if len(known) < len(values) else ""
    )
    with plain_style():
        figure = sheet(title, note, foot, rows_size(size, len(order), "indicator_chart"))
        axes = figure.subplots()
        row_axes(axes, [names[at] for at in order])
        _set_room(axes, np.array([*known, *([centre] if np.isfinite(centre) else [])]))
        _points(axes, values[order], centre, decimals)
        axes.set_xlabel(label, fontsize=PLAIN)
        legend_above(figure, axes, 3)
        return finished(figure, font)


def tornado_chart(
    table: pd.DataFrame,
    base: float,
    label: str,
    title: str,
    foot: str,
    *,
    decimals: int = 2,
    font: FontProperties | None = None,
    size: Size = A4_LANDSCAPE,
) -> Figure:
    """Draw how far each assumption moves a result (敏感性龙卷风图), the strongest on top.

    Parameters
    ----------
    table : DataFrame
        ``name`` of the assumption, ``low`` and ``high``: the result where the assumption has its low and high value.
    base : float
        The result with all assumptions as they are.
    label : str
        Chinese name of the result with its unit.
    title, foot : str
        Texts above and below, see `foot_text`.
    decimals : int, default 2
        Decimals shown.
    font : matplotlib.font_manager.FontProperties, optional
        Default: the one `chinese_font` finds.
    size : tuple of float, optional
        Width and height [mm]; more than 15 rows make it higher.

    Returns
    -------
    matplotlib.figure.Figure
        Two bars a row, from the base to each result; neither hides the other where both lie on one side.

    Raises
    ------
    BadValueError
        If there is no row, or a value or the base is no finite number.
    """
    require_rows(table, ["name", "low", "high"], "tornado_chart")
    if not np.isfinite(base):
        raise BadValueError(f"tornado_chart：基准结果 base = {base}，不是有限的数。办法：先算出基准情景的结果。")
    low, high = (number_values(table, name, "tornado_chart") for name in ("low", "high"))
    reach = [_reach(base, pair) for pair in zip(low.tolist(), high.tolist(), strict=True)]
    order, names = descending(reach), texts_of(table["name"].tolist(), _NAMELESS)
    with plain_style():
        figure = sheet(
            title,
            f"基准结果 {number_text(base, decimals)}",
            foot,
            rows_size(size, len(order), "tornado_chart", lines=2),
        )
        axes = figure.subplots()
        row_axes(axes, [names[at] for at in order])
        for shift, values, entry, mark in ((-0.2, low, "取低值", LOSS), (0.2, high, "取高值", GAIN)):
            chosen = [(row, float(values[at])) for row, at in enumerate(order) if np.isfinite(values[at])]
            places = [row + shift for row, _ in chosen]
            _bars(axes, places, [value - base for _, value in chosen], base, entry, mark, height=0.38)
            for row, at in enumerate(order):
                value = float(values[at])
                at_value = value if np.isfinite(value) else base
                _say(axes, at_value, row + shift, number_text(value, decimals), left=bool(value < base))
        _set_room(axes, np.array([base, *low[np.isfinite(low)], *high[np.isfinite(high)]]))
        axes.axvline(base, color="black", linewidth=0.8)
        axes.set_xlabel(label, fontsize=PLAIN)
        legend_above(figure, axes, 2)
        return finished(figure, font)


def _reach(base: float, results: tuple[float, float]) -> float | None:
    distances = [abs(result - base) for result in results if np.isfinite(result)]
    return max(distances, default=None)


def _bars(
    axes: Axes,
    places: list[int] | list[float],
    widths: list[float],
    start: float,
    label: str,
    mark: Mark,
    height: float = 0.72,
) -> None:
    if widths:
        cover(axes.barh(places, widths, left=start, height=height, label=label), mark)


def _points(axes: Axes, values: Floats, county: float, decimals: int) -> None:
    rows = np.arange(len(values))
    above = np.isfinite(values) & ~(values < county)
    below = np.isfinite(values) & (values < county)
    start = county if np.isfinite(county) else axes.get_xlim()[0]
    axes.hlines(rows[above | below], start, values[above | below], color="#999999", linewidth=1.2)
    known = bool(np.isfinite(county))
    axes.scatter(
        values[above], rows[above], s=34, color=GAIN.colour, label="不低于全县" if known else "各乡镇", zorder=3
    )
    if known:
        axes.scatter(
            values[below],
            rows[below],
            s=34,
            marker="s",
            facecolor="white",
            edgecolor=LOSS.colour,
            linewidth=1.5,
            label="低于全县",
            zorder=3,
        )
        axes.axvline(county, color="black", linestyle="--", linewidth=1, label=f"全县 {number_text(county, decimals)}")
    for row, value in enumerate(values.tolist()):
        at = value if np.isfinite(value) else start
        _say(axes, at, row, number_text(value, decimals), left=bool(below[row]), gap=7)


def _say(axes: Axes, x: float, y: float, text: str, *, left: bool, gap: float = 4) -> None:
    axes.annotate(
        text,
        (x, y),
        (-gap if left else gap, 0),
        textcoords="offset points",
        ha="right" if left else "left",
        va="center",
        fontsize=SMALL,
    )


def _set_room(axes: Axes, values: Floats) -> None:
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    room = (high - low) * _ROOM or max(abs(high) * _ROOM, 1.0)
    axes.set_xlim(low - room, high + room)
    if not len(values):
        axes.set_xticks([])


def _signed(amount: int | None) -> str:
    if amount is None:
        return NO_DATA
    return f"+{wan_text(amount)}" if amount > 0 else wan_text(amount)
