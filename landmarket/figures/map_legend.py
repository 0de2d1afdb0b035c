"""The legend of a map sheet (图例): classes with their counts, lines of the ground, how the map was made."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from landmarket.figures.map_features import SMALLEST_MM, Shown
from landmarket.figures.map_ground import Stroke
from landmarket.figures.map_paper import Box
from landmarket.figures.map_spec import Classes, MapClass, MapSpec
from landmarket.figures.sheet import PLAIN, SMALL, shortened, wrapped

_MM_PER_POINT = 25.4 / 72
_NOTE, _LEADING = 6.5, 1.4
_HEADING, _TALLEST_ROW = 6.5, 5.2
_SWATCH, _INDENT, _GAP = 8.0, 2.5, 2.0
_EDGE = "#3a3a3a"
_MOST_NOTES = 9


def legend_notes(classes: Classes, spec: MapSpec, shown: Shown, enlarged: float) -> list[str]:
    """Say how a map was made (图例说明): breaks, signs, features without a shape.

    Parameters
    ----------
    classes : Classes
        The classes.
    spec : MapSpec
        What is shown.
    shown : Shown
        Features as drawn.
    enlarged : float
        Enlargement of signs.

    Returns
    -------
    list of str
        Sentences.
    """
    rows, small = len(classes.members), int(shown.small.sum())
    lost = rows - len(shown.shaped)
    notes = [classes.note] if classes.note else []
    if small:
        notes.append(f"图上不足 {SMALLEST_MM * enlarged:.1f} 毫米见方的 {small:,} {spec.word}以符号表示")
    if lost:
        notes.append(f"另有 {lost:,} {spec.word}没有图形，计数而未画")
    return [*notes, f"共 {rows:,} {spec.word}"]


def draw_legend(
    axes: Axes,
    box: Box,
    classes: Classes,
    spec: MapSpec,
    shown: Shown,
    strokes: Sequence[Stroke],
    enlarged: float,
) -> None:
    """Draw the legend (图例) into a box of the panel.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        From `paper_axes`.
    box : Box
        Its room.
    classes : Classes
        The classes.
    spec : MapSpec
        What is shown.
    shown : Shown
        Features as drawn.
    strokes : sequence of Stroke
        Lines of the ground.
    enlarged : float
        Enlargement of type and distances.
    """
    u = enlarged
    inner = Box(box.left + _INDENT * u, box.bottom, box.width - 2 * _INDENT * u, box.height - _HEADING * u)
    room = inner.width / (_NOTE * u * _MM_PER_POINT)
    notes = [line for note in legend_notes(classes, spec, shown, u) for line in wrapped(note, room)][:_MOST_NOTES]
    entries = list(zip(classes.entries, classes.counts(), strict=True))
    if not entries[-1][1]:
        entries.pop()
    note_tall = _NOTE * _MM_PER_POINT * _LEADING * u
    rows = 1 + len(entries) + len(strokes)
    tall = min(_TALLEST_ROW * u, (inner.height - len(notes) * note_tall - 2 * u) / rows)
    lines = [Box(inner.left, inner.top - (at + 1) * tall, inner.width, tall) for at in range(rows)]
    points, signs = min(SMALL * u, tall / _MM_PER_POINT / 1.25), bool(shown.small.any())
    axes.text(box.left + box.width / 2, box.top - 1.6 * u, "图  例", fontsize=PLAIN * u, ha="center", va="top")
    _pair(axes, lines[0], inner.left, shortened(spec.label, 14), f"{spec.word}数", points)
    for line, (entry, count) in zip(lines[1:], entries, strict=False):
        _class_row(axes, line, entry, f"{count:,}", points, signs)
    for line, stroke in zip(lines[1 + len(entries) :], strokes, strict=True):
        _stroke_row(axes, line, stroke, points, u)
    for at, note in enumerate(notes):
        y = lines[-1].bottom - 1 * u - at * note_tall
        axes.text(inner.left, y, note, fontsize=_NOTE * u, va="top", color="#333333", gid="note")


def _pair(axes: Axes, row: Box, start: float, text: str, number: str, points: float) -> None:
    """Write a text and, at the right, what belongs to it."""
    y = row.bottom + row.height / 2
    axes.text(start, y, text, fontsize=points, va="center", gid="class")
    axes.text(row.right, y, number, fontsize=points, ha="right", va="center", gid="count")


def _stroke_row(axes: Axes, row: Box, stroke: Stroke, points: float, enlarged: float) -> None:
    y, end = row.bottom + row.height / 2, row.left + _SWATCH * enlarged
    swatch = Line2D([row.left, end], [y, y], color=stroke.colour, linewidth=stroke.width * enlarged)
    swatch.set_linestyle(stroke.dashes if stroke.dashes[1] else "-")
    axes.add_line(swatch)
    axes.text(end + _GAP * enlarged, y, shortened(stroke.name, 14), fontsize=points, va="center", gid="stroke")


def _class_row(axes: Axes, row: Box, entry: MapClass, count: str, points: float, signs: bool) -> None:
    """Draw a class: its surface, beside it its sign where some features have one, name and number."""
    mark, high, middle = entry.mark, row.height * 0.7, row.bottom + row.height / 2
    wide = row.height * 1.7
    swatch = Rectangle((row.left, middle - high / 2), wide, high, facecolor=mark.colour, edgecolor=_EDGE)
    swatch.set_linewidth(0.4)
    swatch.set_hatch(mark.hatch)
    swatch.set_hatchcolor(mark.hatch_colour)
    swatch.set_hatch_linewidth(0.45)
    axes.add_patch(swatch)
    start = row.left + wide + _GAP
    if signs:
        size = (high * 0.75 / _MM_PER_POINT) ** 2
        axes.scatter(
            [start + high / 2], [middle], s=size, marker=mark.marker, color=mark.colour, edgecolors=_EDGE,
            linewidths=0.4,
        )  # fmt: skip
        start += high + _GAP
    room = (row.right - start) / (points * _MM_PER_POINT) - 0.7 * len(count)
    _pair(axes, row, start, shortened(entry.label, room), count, points)
