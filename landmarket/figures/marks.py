"""Colours, hatches, lines and markers of series (图式): told apart without colour, and by the colour-blind.

The colours are those of Okabe and Ito, Color Universal Design (2008), with grey for their black.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.container import BarContainer

from landmarket.errors import BadValueError


@dataclass(frozen=True)
class Mark:
    """How one series is drawn (图式).

    Attributes
    ----------
    colour, hatch_colour : str
        Of the surface or line, and of the hatch on it.
    hatch : str
        Pattern of a surface, as matplotlib writes it.
    line : str or tuple
        Dashes of a line, as matplotlib writes them.
    marker : str
        Sign of a point.
    """

    colour: str
    hatch_colour: str
    hatch: str
    line: str | tuple[int, tuple[int, ...]]
    marker: str


MARKS = (
    Mark("#0072B2", "#005A8E", "", "-", "o"),
    Mark("#E69F00", "#A87400", "////", "--", "s"),
    Mark("#009E73", "#006B4E", "....", "-.", "^"),
    Mark("#56B4E9", "#2C7FB0", "xxxx", ":", "D"),
    Mark("#D55E00", "#963F00", "\\\\\\\\", (0, (8, 2)), "v"),
    Mark("#CC79A7", "#8F4A71", "oo", (0, (5, 1, 1, 1, 1, 1)), "P"),
    Mark("#F0E442", "#A89F1E", "++++", (0, (1, 1)), "X"),
    Mark("#999999", "#5E5E5E", "----", (0, (10, 3, 2, 3)), "*"),
)
"""In the order they are used."""
GAIN, LOSS = MARKS[0], MARKS[4]
"""Of what grows and what shrinks."""


def marks_of(names: Sequence[str], needed_by: str) -> list[Mark]:
    """Give each series its mark (图式).

    Parameters
    ----------
    names : sequence of str
        The series.
    needed_by : str
        The function, for the message.

    Returns
    -------
    list of Mark
        One a series.

    Raises
    ------
    BadValueError
        If there is no series, or more than there are marks.
    """
    if not names:
        raise BadValueError(f"{needed_by}：没有可画的系列。办法：至少给出一个。")
    if len(names) > len(MARKS):
        raise BadValueError(
            f"{needed_by}：{len(names)} 个系列（{'、'.join(names)}），一张图至多分清 {len(MARKS)} 个。"
            "办法：合并，或分开出图。"
        )
    return list(MARKS[: len(names)])


def cover(bars: BarContainer, mark: Mark) -> None:
    """Give bars their colour and hatch (填色).

    Parameters
    ----------
    bars : matplotlib.container.BarContainer
        Of one series.
    mark : Mark
        Its mark.
    """
    for patch in bars.patches:
        patch.set_facecolor(mark.colour)
        patch.set_hatch(mark.hatch)
        patch.set_hatchcolor(mark.hatch_colour)
        patch.set_edgecolor("white")
        patch.set_linewidth(0.5)
