"""The sheet of a chart (图幅): title, note, foot, the room for axes; texts that fit and are never read as formulas."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from matplotlib import style
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text

from landmarket.errors import BadValueError
from landmarket.figures.fonts import chinese_font, drawable

A4_LANDSCAPE = (297.0, 210.0)
"""Width and height [mm]."""
SMALL, PLAIN = 8.0, 9.5
"""Sizes of type [pt]."""

_NOTEBOOK_DPI = 80
_MARGIN = 12.0
_TITLE, _NOTE = 16.0, 10.0
_MM_PER_INCH, _MM_PER_POINT = 25.4, 25.4 / 72
_LEADING = 1.45
_NARROW = 0.6
_PLACES = 6
_WORDS = re.compile(r"[（〔《“]*(?:[!-~]+|.)[，。；：、）〕》”]*")
"""What is not broken between lines: a run of Latin letters and digits, brackets and stops beside a character."""
_ROWS_PER_SHEET, _MOST_ROWS, _ROW_HEIGHT = 30, 300, 4.4

Size = tuple[float, float]


def foot_text(source: str, on: date, notice: str, line: str) -> str:
    """Write the foot of a chart (图脚): where the values come from and who may see them.

    Parameters
    ----------
    source : str
        Source of the data.
    on : date
        The date they stand for.
    notice : str
        Name or number of the notice; empty where there is none.
    line : str
        For example that the sheet is for internal use.

    Returns
    -------
    str
        Two lines.
    """
    parts = [f"数据来源：{source}", f"期日：{on:%Y-%m-%d}", *([f"依据：{notice}"] if notice else [])]
    return "；".join(parts) + f"\n{line}"


@contextmanager
def plain_style() -> Iterator[None]:
    """Draw with the defaults of matplotlib (默认样式), whatever a notebook has set, and give its settings back.

    Yields
    ------
    None
        Around the drawing.
    """
    with style.context("default"):
        yield


class _Shown(Figure):
    """A figure that a notebook shows as a picture, whatever its backend."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        with plain_style():
            self.savefig(buffer, format="png", dpi=_NOTEBOOK_DPI)
        return buffer.getvalue()


def sheet(title: str, note: str, foot: str, size: Size) -> Figure:
    """Make an empty sheet (图幅) with title, note and foot.

    Parameters
    ----------
    title, note, foot : str
        Texts above and below; the note may be empty, the foot may have several lines.
    size : tuple of float
        Width and height [mm].

    Returns
    -------
    matplotlib.figure.Figure
        Axes added to it share what room the texts leave.
    """
    width, height = size
    figure = _Shown(figsize=(width / _MM_PER_INCH, height / _MM_PER_INCH), facecolor="white")
    top, bottom = height - _MARGIN, _MARGIN
    for text, points in ((title, _TITLE), (note, _NOTE)):
        for line in wrapped(text, _ems(width, points)):
            figure.text(_MARGIN / width, top / height, line, fontsize=points, va="top")
            top -= points * _MM_PER_POINT * _LEADING
    lines = [part for line in foot.split("\n") for part in wrapped(line, _ems(width, SMALL))]
    for line in reversed(lines):
        figure.text(_MARGIN / width, bottom / height, line, fontsize=SMALL, va="bottom", color="#333333")
        bottom += SMALL * _MM_PER_POINT * _LEADING
    room = (_MARGIN / width, (bottom + 2) / height, 1 - 2 * _MARGIN / width, (top - bottom - 4) / height)
    figure.set_layout_engine("constrained", rect=room, w_pad=0.02, h_pad=0.02)
    return figure


def rows_size(size: Size, rows: int, needed_by: str, lines: int = 1) -> Size:
    """Make a sheet higher where it has more rows than can be read (加高图幅).

    Parameters
    ----------
    size : tuple of float
        Width and height [mm].
    rows : int
        Rows of the chart.
    needed_by : str
        The function, for the message.
    lines : int, default 1
        Lines of type in a row.

    Returns
    -------
    tuple of float
        The same up to 30 lines.

    Raises
    ------
    BadValueError
        If there are more than 300 rows.
    """
    if rows > _MOST_ROWS:
        raise BadValueError(f"{needed_by}：{rows} 行，一张图至多画 {_MOST_ROWS} 行。办法：分开出图，或先按乡镇汇总。")
    return size[0], size[1] + max(rows * lines - _ROWS_PER_SHEET, 0) * _ROW_HEIGHT


def finished(figure: Figure, font: FontProperties | None) -> Figure:
    """Set every text of a figure in the font, literally, and fix the ticks (定稿).

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        With everything drawn.
    font : matplotlib.font_manager.FontProperties, optional
        Default: the one `chinese_font` finds.

    Returns
    -------
    matplotlib.figure.Figure
        The same figure.
    """
    face = chinese_font() if font is None else font
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            _fix_ticks(axis, face)
    for text in figure.findobj(Text):
        sized = face.copy()
        sized.set_size(text.get_fontsize())
        text.set_fontproperties(sized)
        text.set_parse_math(False)
        text.set_text(drawable(text.get_text(), face))
    _fix_layout(figure)
    return figure


def _fix_layout(figure: Figure) -> None:
    """Lay the axes out once; rounded, since the solver's last bit is not the same each time."""
    if isinstance(figure.get_layout_engine(), ConstrainedLayoutEngine):  # map sheets are laid out to the millimetre
        figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        left, bottom, width, height = (round(float(side), _PLACES) for side in axes.get_position(original=True).bounds)
        axes.set_position((left, bottom, width, height))


def _fix_ticks(axis: Axis, font: FontProperties) -> None:
    low, high = sorted(axis.get_view_interval())
    places = [float(place) for place in axis.get_ticklocs()]
    shown = [(at, text.get_text()) for at, text in zip(places, axis.get_ticklabels(), strict=True) if low <= at <= high]
    axis.set_ticks([at for at, _ in shown], labels=[drawable(text, font) for _, text in shown])


def shortened(text: str, ems: float) -> str:
    """Cut a text that is too wide (截短), with an ellipsis.

    Parameters
    ----------
    text : str
        One line; white space is made single.
    ems : float
        Room, in Chinese characters.

    Returns
    -------
    str
        At most that wide.
    """
    lines = wrapped(text, ems)
    return wrapped(text, ems - 1)[0] + "…" if len(lines) > 1 else "".join(lines)


def wrapped(text: str, ems: float) -> list[str]:
    """Break a text into lines (折行): between Chinese characters, not within numbers.

    Parameters
    ----------
    text : str
        White space is made single.
    ems : float
        Room, in Chinese characters.

    Returns
    -------
    list of str
        No line where there is no text.
    """
    lines, line = [], ""
    for word in _WORDS.findall(" ".join(text.split())):
        for piece in [word] if _wide(word) <= ems else word:
            if line and _wide(line + piece.rstrip()) > ems:
                lines.append(line.rstrip())
                line = ""
            line += piece if line else piece.lstrip()
    return [*lines, line.rstrip()] if line.strip() else lines


def _wide(text: str) -> float:
    """Width in Chinese characters, roughly."""
    return sum(1.0 if unicodedata.east_asian_width(character) in "WFA" else _NARROW for character in text)


def _ems(width: float, points: float) -> float:
    return (width - 2 * _MARGIN) / (points * _MM_PER_POINT)
