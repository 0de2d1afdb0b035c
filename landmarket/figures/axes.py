"""The axes of a chart (坐标轴): rows of names, numbers, ticks, where the legend is."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter

from landmarket.figures.sheet import PLAIN, SMALL, shortened

_JOINER = "\u2060"
_LEGEND_LINE, _LEGEND_GAP = 16.0, 8.0
_FEWEST_ROWS = 6
"""With fewer rows bars do not become thicker."""


def number_axes(axes: Axes, x_label: str, y_label: str) -> None:
    """Make axes of numbers both ways (数轴).

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        The axes.
    x_label, y_label : str
        Chinese names with units.
    """
    axes.set_xlabel(x_label, fontsize=PLAIN)
    axes.set_ylabel(y_label, fontsize=PLAIN)
    axes.tick_params(labelsize=SMALL)
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    plain_ticks(axes.xaxis)
    grouped_ticks(axes.yaxis)


def grouped_ticks(axis: Axis) -> None:
    """Write the ticks of an axis with thousands separators (千分位).

    Parameters
    ----------
    axis : matplotlib.axis.Axis
        Of numbers.
    """
    axis.set_major_formatter(FuncFormatter(lambda value, _: _tick(f"{value:,.8f}")))


def plain_ticks(axis: Axis) -> None:
    """Write the ticks of an axis without separators (年份等), as years are.

    Parameters
    ----------
    axis : matplotlib.axis.Axis
        Of numbers.
    """
    axis.set_major_formatter(FuncFormatter(lambda value, _: _tick(f"{value:.8f}")))


def row_axes(axes: Axes, names: Sequence[str]) -> None:
    """Make axes of one row a name (逐行), the first on top.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        The axes.
    names : sequence of str
        Names of the rows; very long ones are cut.
    """
    axes.set_ylim(max(len(names), _FEWEST_ROWS) - 0.4, -0.6)
    axes.set_yticks(range(len(names)), labels=[shortened(name, 14) for name in names], fontsize=PLAIN)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=SMALL)
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    grouped_ticks(axes.xaxis)


def entry_text(name: str, ems: float) -> str:
    """Write the name of a series for a legend (图例项).

    Parameters
    ----------
    name : str
        Its Chinese name.
    ems : float
        Room, in Chinese characters.

    Returns
    -------
    str
        Behind a joiner of no width, which is never drawn: matplotlib leaves out what begins with a low line.
    """
    return _JOINER + shortened(name, ems)


def legend_above(figure: Figure, axes: Axes, columns: int) -> None:
    """Put the legend between title and axes (图例), where it hides nothing.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        From `sheet`; its axes are given less room.
    axes : matplotlib.axes.Axes
        With labelled artists.
    columns : int
        Entries in a line.
    """
    handles, labels = axes.get_legend_handles_labels()
    if not handles:
        return
    engine = figure.get_layout_engine()
    if not isinstance(engine, ConstrainedLayoutEngine):
        raise TypeError("figure is not from sheet()")
    left, bottom, width, height = engine.get()["rect"]
    legend = figure.legend(
        handles,
        labels,
        loc="upper left",
        bbox_to_anchor=(left, bottom + height),
        ncols=columns,
        frameon=False,
        fontsize=PLAIN,
        borderaxespad=0,
        borderpad=0,
        handlelength=3.5,
    )
    legend.set_in_layout(False)
    lines = -(-len(handles) // columns)
    height -= (lines * _LEGEND_LINE + _LEGEND_GAP) / (72 * figure.get_figheight())
    engine.set(rect=(left, bottom, width, height))


def _tick(text: str) -> str:
    short = text.rstrip("0").rstrip(".")
    return "0" if short == "-0" else short
