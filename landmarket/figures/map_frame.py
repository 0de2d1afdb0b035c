"""The furniture of a map sheet (图廓与整饰): frame, grid, title, foot, north arrow, scale bar, inset."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from landmarket.figures.map_ground import GRID, Ground, paths_of
from landmarket.figures.map_imprint import Imprint
from landmarket.figures.map_paper import Box, Paper, Window, grid_lines, round_length
from landmarket.figures.sheet import PLAIN, SMALL, shortened

MAP, PAPER, INSET = "map", "paper", "inset"
"""Names of the axes of a sheet."""

_TITLE = 17.0
_INK, _INTERNAL_INK = "#000000", "#9b1c1c"
_MM_PER_POINT = 25.4 / 72
_GRID_MM, _BAR_MM = 30.0, 44.0
_KM = 1000
_BAR_HEIGHT, _PARTS = 1.6, 4


def map_axes(figure: Figure, paper: Paper, window: Window) -> Axes:
    """Make the axes of the map (图面), a metre of ground as long as the scale says.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The sheet.
    paper : Paper
        Its parts.
    window : Window
        The ground it shows.

    Returns
    -------
    matplotlib.axes.Axes
        Coordinates in metres; without ticks.
    """
    axes = _axes(figure, paper, paper.body, MAP)
    axes.set_xlim(window.west, window.east)
    axes.set_ylim(window.south, window.north)
    axes.spines[:].set_visible(False)
    return axes


def paper_axes(figure: Figure, paper: Paper) -> Axes:
    """Make axes over the whole sheet (版面), its coordinates in mm from the lower left corner.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The sheet.
    paper : Paper
        Its parts.

    Returns
    -------
    matplotlib.axes.Axes
        Above the map, see-through.
    """
    axes = _axes(figure, paper, Box(0, 0, *paper.size), PAPER)
    axes.set_xlim(0, paper.size[0])
    axes.set_ylim(0, paper.size[1])
    axes.set_axis_off()
    axes.set_zorder(3)
    return axes


def draw_frame(axes: Axes, paper: Paper) -> None:
    """Draw the frame (图廓): a thick line, the band of coordinates, a thin line; the panel beside it.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        From `paper_axes`.
    paper : Paper
        Parts of the sheet.
    """
    for box, width in ((paper.frame, 1.6), (paper.body, 0.6), (paper.panel, 0.6)):
        _rectangle(axes, box, width * paper.enlarged)


def draw_grid(axes: Axes, sheet: Axes, paper: Paper, window: Window) -> None:
    """Draw the grid (方格网) at round kilometres, its coordinates [km] in the band of the frame.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        From `map_axes`.
    sheet : matplotlib.axes.Axes
        From `paper_axes`.
    paper : Paper
        Parts of the sheet.
    window : Window
        The ground shown.
    """
    spacing = grid_spacing(paper, window)
    east, north = grid_lines(window.west, window.east, spacing), grid_lines(window.south, window.north, spacing)
    lines = [
        *([(float(x), window.south), (float(x), window.north)] for x in east),
        *([(window.west, float(y)), (window.east, float(y))] for y in north),
    ]
    axes.add_collection(LineCollection(lines, colors="#7f97a8", linewidths=0.3, zorder=GRID, gid="grid"))
    body, per_mm, ends = paper.body, window.metres_per_mm, 3 * SMALL * _MM_PER_POINT * paper.enlarged / 2
    half = (paper.frame.width - body.width) / 4
    for metres in east:
        x = body.left + (float(metres) - window.west) / per_mm
        if body.left + ends <= x <= body.right - ends:
            for y in (body.bottom - half, body.top + half):
                _coordinate(sheet, x, y, metres, paper, 0)
    for metres in north:
        y = body.bottom + (float(metres) - window.south) / per_mm
        if body.bottom + ends <= y <= body.top - ends:
            for x in (body.left - half, body.right + half):
                _coordinate(sheet, x, y, metres, paper, 90)


def grid_spacing(paper: Paper, window: Window) -> Fraction:
    """Choose the distance of grid lines (方格网间距).

    Parameters
    ----------
    paper : Paper
        Parts of the sheet.
    window : Window
        The ground shown.

    Returns
    -------
    Fraction
        A round number of metres [m]; three to seven centimetres of an A4 sheet.
    """
    return round_length(2.5 * _GRID_MM * paper.enlarged * window.metres_per_mm)


def draw_texts(axes: Axes, paper: Paper, title: str, imprint: Imprint, note: str) -> None:
    """Write title, remark and foot (图名、使用范围、坐标系、资料来源、制图单位和时间).

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        From `paper_axes`.
    paper : Paper
        Parts of the sheet.
    title : str
        Title.
    imprint : Imprint
        What stands around the map.
    note : str
        Of its coordinate system.
    """
    plain, small, u = PLAIN * paper.enlarged, SMALL * paper.enlarged, paper.enlarged
    left, right, top, foot = paper.frame.left, paper.panel.right, paper.frame.top, paper.frame.bottom
    room = right - left
    size = _TITLE * u
    remark = shortened(imprint.remark, 12)
    middle = _ems(room, size) - 2 * len(remark) * plain / size
    axes.text((left + right) / 2, top + 4 * u, shortened(title, middle), fontsize=size, ha="center", va="baseline")
    axes.text(right, top + 4 * u, remark, fontsize=plain, ha="right", va="baseline", gid="remark")
    ink = _INK if imprint.audience.public else _INTERNAL_INK
    step = 4.9 * u
    lines = (
        (imprint.audience.foot, f"制图单位：{imprint.maker}", plain, ink),
        (note, f"制图时间：{imprint.made_on.year}年{imprint.made_on.month}月{imprint.made_on.day}日",
         small, _INK),
        (f"资料来源：{imprint.source}", f"期日：{imprint.on:%Y-%m-%d}", small, _INK),
    )  # fmt: skip
    for row, (one, other, points, colour) in enumerate(lines):
        y = foot - 5.2 * u - row * step
        axes.text(left, y, shortened(one, _ems(room * 0.66, points)), fontsize=points, color=colour, va="baseline")
        axes.text(right, y, shortened(other, _ems(room * 0.32, small)), fontsize=small, ha="right", va="baseline")


def draw_scale(axes: Axes, box: Box, window: Window, enlarged: float) -> None:
    """Draw north arrow, numeric scale and scale bar (指北针、数字比例尺、图解比例尺).

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        From `paper_axes`.
    box : Box
        Where they stand.
    window : Window
        The ground shown.
    enlarged : float
        Enlargement of type and distances.
    """
    u, middle = enlarged, box.left + box.width / 2
    tip, wing = box.top - 4.5 * u, 2.4 * u
    base = tip - 10 * u
    for side, fill in ((-1, _INK), (1, "white")):
        points = [(middle, tip), (middle + side * wing, base), (middle, base + 2.5 * u)]
        axes.add_patch(Polygon(points, facecolor=fill, edgecolor=_INK, linewidth=0.6, gid="north"))
    axes.text(middle, tip + 0.7 * u, "北", fontsize=PLAIN * u, ha="center", va="bottom")
    number = f"1:{window.denominator:,}".replace(",", " ")
    axes.text(middle, base - 2.2 * u, number, fontsize=(PLAIN + 1) * u, ha="center", va="top", gid="scale")
    length = round_length(_BAR_MM * u * window.metres_per_mm)
    long, y = float(length) / window.metres_per_mm, box.bottom + 5.5 * u
    start = middle - long / 2
    for part in range(_PARTS):
        fill = _INK if part % 2 == 0 else "white"
        piece = Box(start + part * long / _PARTS, y, long / _PARTS, _BAR_HEIGHT * u)
        _rectangle(axes, piece, 0.6, fill, "scale bar")
    for share in (Fraction(0), Fraction(1, 2), Fraction(1)):
        text = f"{_km(length * share)} km" if share == 1 else _km(length * share)
        axes.text(start + float(share) * long, y - 1 * u, text, fontsize=SMALL * u, ha="center", va="top")


def draw_inset(figure: Figure, axes: Axes, paper: Paper, box: Box, ground: Ground, lit: str, window: Window) -> None:
    """Draw where in the county a map lies (位置示意图).

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The sheet.
    axes : matplotlib.axes.Axes
        From `paper_axes`.
    paper : Paper
        Parts of the sheet.
    box : Box
        Where it stands.
    ground : Ground
        Outlines of the townships.
    lit : str
        The township that is filled; one that has no outline is not.
    window : Window
        The ground shown, as a rectangle.
    """
    u = paper.enlarged
    axes.text(box.left + box.width / 2, box.top - 1.2 * u, "位置示意图", fontsize=SMALL * u, ha="center", va="top")
    room = Box(box.left, box.bottom, box.width, box.height - 5 * u).within(1.5 * u)
    inset = _axes(figure, paper, room, INSET)
    west, south, east, north = ground.townships.total_bounds
    per_mm = max((east - west) / room.width, (north - south) / room.height)
    x, y = (west + east) / 2, (south + north) / 2
    inset.set_xlim(x - room.width * per_mm / 2, x + room.width * per_mm / 2)
    inset.set_ylim(y - room.height * per_mm / 2, y + room.height * per_mm / 2)
    inset.set_axis_off()
    shapes = ground.townships.geometry.simplify(0.1 * per_mm)
    fills = ["#4d4d4d" if name == lit else "#f2f2f2" for name in shapes.index]
    paths = paths_of(np.asarray(shapes.array))
    inset.add_collection(PathCollection(paths, facecolors=fills, edgecolors="#7a7a7a", linewidths=0.35, gid="inset"))
    corner, sides = (window.west, window.south), (window.east - window.west, window.north - window.south)
    inset.add_patch(Rectangle(corner, *sides, fill=False, edgecolor=_INTERNAL_INK, linewidth=0.8))
    axes.plot([box.left, box.right], [box.bottom, box.bottom], color=_INK, linewidth=0.5)


def _coordinate(sheet: Axes, x: float, y: float, metres: Fraction, paper: Paper, turned: float) -> None:
    sheet.text(
        x,
        y,
        _km(metres),
        fontsize=(SMALL - 1.5) * paper.enlarged,
        ha="center",
        va="center",
        rotation=turned,
        gid="coordinate",
    )


def _axes(figure: Figure, paper: Paper, box: Box, name: str) -> Axes:
    width, height = paper.size
    place = (box.left / width, box.bottom / height, box.width / width, box.height / height)
    axes = figure.add_axes(place, label=name)
    axes.set_xticks([])
    axes.set_yticks([])
    return axes


def _rectangle(axes: Axes, box: Box, width: float, fill: str = "none", gid: str | None = None) -> None:
    axes.add_patch(
        Rectangle(
            (box.left, box.bottom), box.width, box.height, facecolor=fill, edgecolor=_INK, linewidth=width, gid=gid
        )
    )


def _km(metres: Fraction) -> str:
    return f"{float(metres / _KM):.6f}".rstrip("0").rstrip(".")


def _ems(width: float, points: float) -> float:
    return width / (points * _MM_PER_POINT)
