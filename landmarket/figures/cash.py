"""Receipts and payments by year (分年收支图)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from landmarket.errors import BadValueError, named_rows
from landmarket.figures.axes import entry_text, grouped_ticks, legend_above
from landmarket.figures.marks import Mark, cover, marks_of
from landmarket.figures.parts import Parts, short_row_text, totals_note
from landmarket.figures.sheet import A4_LANDSCAPE, PLAIN, SMALL, Size, finished, plain_style, sheet
from landmarket.figures.values import FEN_PER_WAN, fen_values, require_rows

_MOST_YEARS, _CROWDED, _UPRIGHT = 80, 12, 24


def cash_chart(
    table: pd.DataFrame,
    labels: Mapping[str, str],
    title: str,
    foot: str,
    *,
    font: FontProperties | None = None,
    size: Size = A4_LANDSCAPE,
) -> Figure:
    """Draw receipts and payments by year (分年收支图), parties stacked.

    Parameters
    ----------
    table : DataFrame
        Index: years, each once; a column of amounts [分] for each party. Payments are negative and drawn below zero.
    labels : mapping of str to str
        Chinese name of each column that is drawn, in this order.
    title, foot : str
        Texts above and below, see `foot_text`.
    font : matplotlib.font_manager.FontProperties, optional
        Default: the one `chinese_font` finds.
    size : tuple of float, optional
        Width and height [mm].

    Returns
    -------
    matplotlib.figure.Figure
        A column for each year from the first to the last; the net sum stands on it.

    Raises
    ------
    BadValueError
        If there is no row or party, a year is no whole number, stands twice, or an amount is not whole.

    Notes
    -----
    A year without a row, or with a missing amount, is marked 无数据: nothing drawn is not zero.
    """
    require_rows(table, list(labels), "cash_chart")
    names = list(labels.values())
    marks = marks_of(names, "cash_chart")
    columns = [fen_values(table, name, "cash_chart") for name in labels]
    given = {year: [column[at] for column in columns] for at, year in enumerate(_years(table))}
    years = list(range(min(given), max(given) + 1))
    rows = [given.get(year, [None] * len(names)) for year in years]
    with plain_style():
        figure = sheet(title, totals_note(rows, names), foot, size)
        axes = figure.subplots()
        _draw_years(axes, years, rows, names, marks)
        legend_above(figure, axes, 4)
        return finished(figure, font)


def _draw_years(
    axes: Axes, years: Sequence[int], rows: Sequence[Parts], names: Sequence[str], marks: Sequence[Mark]
) -> None:
    above, below = [0] * len(rows), [0] * len(rows)
    for party, (name, mark) in enumerate(zip(names, marks, strict=True)):
        parts = [row[party] or 0 for row in rows]
        starts = [below[at] if part < 0 else above[at] for at, part in enumerate(parts)]
        cover(
            axes.bar(
                years,
                [part / FEN_PER_WAN for part in parts],
                bottom=[start / FEN_PER_WAN for start in starts],
                label=entry_text(name, 14),
            ),
            mark,
        )
        above = [start + max(part, 0) for start, part in zip(above, parts, strict=True)]
        below = [start + min(part, 0) for start, part in zip(below, parts, strict=True)]
    turned = 90.0 if len(years) > _CROWDED else 0.0
    for at, (year, row) in enumerate(zip(years, rows, strict=True)):
        axes.annotate(
            short_row_text(row),
            (year, above[at] / FEN_PER_WAN),
            (0, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            rotation=turned,
            fontsize=SMALL - 1 if turned else SMALL,
        )
    _year_axes(axes, years, max(*above, 1) / FEN_PER_WAN, min(*below, 0) / FEN_PER_WAN)


def _year_axes(axes: Axes, years: Sequence[int], top: float, bottom: float) -> None:
    room = (top - bottom) * (0.2 if len(years) > _CROWDED else 0.1)
    axes.set_ylim(bottom - room / 4 if bottom else 0, top + room)
    axes.set_xlim(years[0] - 0.7, years[-1] + 0.7)
    axes.set_xticks(
        years, labels=[str(year) for year in years], fontsize=SMALL, rotation=90 if len(years) > _UPRIGHT else 0
    )
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set_xlabel("年份（柱上为当年合计）", fontsize=PLAIN)
    axes.set_ylabel("金额（万元）", fontsize=PLAIN)
    axes.tick_params(axis="y", labelsize=SMALL)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    grouped_ticks(axes.yaxis)


def _years(table: pd.DataFrame) -> list[int]:
    years = fen_values(pd.DataFrame({"year": table.index}, index=table.index), "year", "cash_chart")
    repeated = table.index[table.index.duplicated()].unique()
    if len(repeated):
        raise BadValueError(f"cash_chart：年份重复，{named_rows(repeated)}。办法：先按年份汇总。")
    whole = [year for year in years if year is not None]
    if len(whole) < len(years) or max(whole) - min(whole) >= _MOST_YEARS:
        raise BadValueError(
            f"cash_chart：年份缺失，或首尾相差 {_MOST_YEARS} 年以上，{named_rows(table.index)}。"
            "办法：核对索引中的年份。"
        )
    return whole
