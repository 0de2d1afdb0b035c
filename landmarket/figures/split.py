"""What each party receives, by township (收益分配图)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from landmarket.checks import require_values
from landmarket.columns import UNKNOWN_TOWNSHIP
from landmarket.figures.axes import entry_text, legend_above, row_axes
from landmarket.figures.marks import Mark, cover, marks_of
from landmarket.figures.parts import Parts, known_total, row_text, totals_note
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
    descending,
    fen_values,
    known_sum,
    require_rows,
    share_text,
    texts_of,
)

_NARROWEST = 0.1
_BOX = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}


def split_chart(
    table: pd.DataFrame,
    labels: Mapping[str, str],
    title: str,
    foot: str,
    *,
    font: FontProperties | None = None,
    size: Size = A4_LANDSCAPE,
) -> Figure:
    """Draw what each party receives by township (收益分配图): amounts on the left, shares on the right.

    Parameters
    ----------
    table : DataFrame
        Index: townships; a column of amounts [分] for each party, not negative.
    labels : mapping of str to str
        Chinese name of each column that is drawn, in this order.
    title, foot : str
        Texts above and below, see `foot_text`.
    font : matplotlib.font_manager.FontProperties, optional
        Default: the one `chinese_font` finds.
    size : tuple of float, optional
        Width and height [mm]; more than 30 townships make it higher.

    Returns
    -------
    matplotlib.figure.Figure
        Townships from the largest known sum down; the total of each party stands under the title.

    Raises
    ------
    BadValueError
        If there is no township or party, or an amount is negative or not whole.

    Notes
    -----
    A missing amount is drawn as 无数据 and counts in no total; a township that lacks one has no shares.
    """
    require_rows(table, list(labels), "split_chart")
    marks, names = marks_of(list(labels.values()), "split_chart"), list(labels.values())
    columns = [_not_negative(table, name) for name in labels]
    order = descending([known_total([column[at] for column in columns]) for at in range(len(table))])
    rows = [[column[at] for column in columns] for at in order]
    towns = texts_of(table.index.tolist(), UNKNOWN_TOWNSHIP)
    with plain_style():
        figure = sheet(title, totals_note(rows, names), foot, rows_size(size, len(rows), "split_chart"))
        left, right = figure.subplots(1, 2, width_ratios=(3, 2))
        row_axes(left, [towns[at] for at in order])
        row_axes(right, [""] * len(rows))
        _draw_amounts(left, rows, names, marks)
        _draw_shares(right, rows, marks)
        legend_above(figure, left, 4)
        return finished(figure, font)


def _draw_amounts(axes: Axes, rows: Sequence[Parts], names: Sequence[str], marks: Sequence[Mark]) -> None:
    starts = [0] * len(rows)
    for party, (name, mark) in enumerate(zip(names, marks, strict=True)):
        widths = [row[party] or 0 for row in rows]
        cover(
            axes.barh(
                range(len(rows)),
                [width / FEN_PER_WAN for width in widths],
                left=[start / FEN_PER_WAN for start in starts],
                label=entry_text(name, 14),
            ),
            mark,
        )
        starts = [start + width for start, width in zip(starts, widths, strict=True)]
    for at, row in enumerate(rows):
        gap = 4 if starts[at] else 2
        axes.annotate(
            row_text(row, names),
            (starts[at] / FEN_PER_WAN, at),
            (gap, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
        )
    axes.set_xlim(0, max(*starts, 1) / FEN_PER_WAN * 1.22)
    axes.set_xlabel("金额（万元）", fontsize=PLAIN)


def _draw_shares(axes: Axes, rows: Sequence[Parts], marks: Sequence[Mark]) -> None:
    for at, row in enumerate(rows):
        whole = known_sum(row)
        if None in row or not whole:
            text = NO_DATA if None in row else "没有金额，不计比例"
            axes.annotate(text, (0, at), (4, 0), textcoords="offset points", va="center", fontsize=SMALL)
            continue
        start = 0
        for part, mark in zip(row, marks, strict=True):
            width = part or 0
            cover(axes.barh([at], [100 * width / whole], left=[100 * start / whole]), mark)
            if width >= whole * _NARROWEST:
                middle = 100 * (start + width / 2) / whole
                axes.text(middle, at, share_text(width, whole), ha="center", va="center", fontsize=SMALL - 1, bbox=_BOX)
            start += width
    axes.set_xlim(0, 100)
    axes.set_xlabel("占比（%，不足 10% 的不标）", fontsize=PLAIN)


def _not_negative(table: pd.DataFrame, name: str) -> Parts:
    amounts = fen_values(table, name, "split_chart")
    bad = pd.Series([amount is not None and amount < 0 for amount in amounts], index=table.index)
    require_values(table, name, bad, "分得的金额不小于 0；有支出的用 cash_chart()。", "split_chart")
    return amounts
