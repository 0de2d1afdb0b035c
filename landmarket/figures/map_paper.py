"""The sheet of a map to the millimetre (图幅): where its parts are, what scale fits, which lengths are round."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from landmarket.errors import BadValueError
from landmarket.figures.sheet import Size

A4_PORTRAIT = (210.0, 297.0)
A3_LANDSCAPE = (420.0, 297.0)
"""Width and height [mm]."""

Floats = npt.NDArray[np.float64]

_PLAIN_SIDE = 210.0
_MARGIN, _TITLE, _FOOT, _BAND, _GAP, _PANEL = 9.0, 13.0, 16.0, 5.0, 2.5, 58.0
_SMALLEST = (200.0, 180.0)
_ROOM = 0.04
"""Free around what is drawn, as a share of its size on each side."""
_SMALLEST_EXTENT = 200.0
_STEPS = (10, 12, 15, 18, 20, 25, 30, 35, 40, 45, 50, 60, 70, 80, 90, 100)
"""First digits of a scale number."""
_ROUND = (1, 2, 5, 10)
_MM = 1000.0


@dataclass(frozen=True)
class Box:
    """A rectangle on the sheet (版面), from its lower left corner.

    Attributes
    ----------
    left, bottom, width, height : float
        In mm.
    """

    left: float
    bottom: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right side [mm]."""
        return self.left + self.width

    @property
    def top(self) -> float:
        """Its upper side [mm]."""
        return self.bottom + self.height

    def within(self, band: float) -> Box:
        """Take the part inside a band along the sides.

        Parameters
        ----------
        band : float
            Width of the band [mm].

        Returns
        -------
        Box
            The rest.
        """
        return Box(self.left + band, self.bottom + band, self.width - 2 * band, self.height - 2 * band)


@dataclass(frozen=True)
class Paper:
    """Where the parts of a map sheet are (图面配置).

    Attributes
    ----------
    size : tuple of float
        Width and height [mm].
    enlarged : float
        Type and distances relative to A4; a sheet twice as large has them 1.19 times as large.
    frame, body, panel : Box
        Outer frame (图廓), the map in it, and the panel of inset, legend and scale beside it.
    """

    size: Size
    enlarged: float
    frame: Box
    body: Box
    panel: Box


@dataclass(frozen=True)
class Window:
    """The piece of ground a map shows (制图范围), at its scale.

    Attributes
    ----------
    west, south, east, north : float
        Its sides [m].
    denominator : int
        ``n`` of the scale 1:n.
    """

    west: float
    south: float
    east: float
    north: float
    denominator: int

    @property
    def metres_per_mm(self) -> float:
        """Ground under a millimetre of paper [m]."""
        return self.denominator / _MM

    @property
    def centre(self) -> tuple[float, float]:
        """Its middle [m]."""
        return (self.west + self.east) / 2, (self.south + self.north) / 2


def paper_of(size: Size, needed_by: str) -> Paper:
    """Divide a sheet (图面配置): title above, foot below, the panel on the right.

    Parameters
    ----------
    size : tuple of float
        Width and height [mm].
    needed_by : str
        The function, for the message.

    Returns
    -------
    Paper
        The parts.

    Raises
    ------
    BadValueError
        If the sheet is too small for them.
    """
    width, height = size
    if not (min(size) >= _SMALLEST[1] and max(size) >= _SMALLEST[0]):
        raise BadValueError(
            f"{needed_by}：图幅 {width:g} × {height:g} 毫米太小，放不下图廓、图例和比例尺。"
            "办法：用 A4（297 × 210）或更大。"
        )
    enlarged = math.sqrt(min(size) / _PLAIN_SIDE)
    margin, title, foot = (enlarged * part for part in (_MARGIN, _TITLE, _FOOT))
    panel, gap = enlarged * _PANEL, enlarged * _GAP
    bottom, tall = margin + foot, height - 2 * margin - title - foot
    frame = Box(margin, bottom, width - 2 * margin - panel - gap, tall)
    side = Box(width - margin - panel, bottom, panel, tall)
    return Paper(size, enlarged, frame, frame.within(enlarged * _BAND), side)


def window_of(bounds: Floats, body: Box) -> Window:
    """Find the scale at which a piece of ground fills a box (制图范围).

    Parameters
    ----------
    bounds : ndarray of float64
        West, south, east, north [m].
    body : Box
        Where the map is.

    Returns
    -------
    Window
        The box at the largest printable scale that has room for all of it, around the same middle.
    """
    west, south, east, north = (float(side) for side in bounds)
    wide, tall = (max(side, _SMALLEST_EXTENT) * (1 + 2 * _ROOM) for side in (east - west, north - south))
    number = scale_number(max(wide / body.width, tall / body.height) * _MM)
    half_x, half_y = (side * number / _MM / 2 for side in (body.width, body.height))
    x, y = (west + east) / 2, (south + north) / 2
    return Window(x - half_x, y - half_y, x + half_x, y + half_y, number)


def scale_number(least: float) -> int:
    """Take the next printable scale number (比例尺分母).

    Parameters
    ----------
    least : float
        The scale number at which everything just fits, from 10 up.

    Returns
    -------
    int
        Not below it; two digits, then zeros.

    Examples
    --------
    >>> scale_number(304_000), scale_number(20_000), scale_number(20_001)
    (350000, 20000, 25000)
    """
    power = int("1" + "0" * (len(str(math.floor(least))) - 2))
    return next(step * power for step in (*_STEPS, 120) if step * power >= least)


def round_length(most: float) -> Fraction:
    """Take the greatest round length (整数长度): 1, 2 or 5 and a power of ten.

    Parameters
    ----------
    most : float
        Limit, greater than 0.

    Returns
    -------
    Fraction
        Not above it.

    Examples
    --------
    >>> [str(round_length(limit)) for limit in (12.5, 5, 4.99, 0.34)]
    ['10', '5', '2', '1/5']
    """
    power = Fraction(10) ** (math.floor(math.log10(most)) - 1)
    fitting = [step * scale for scale in (power, power * 10, power * 100) for step in _ROUND if step * scale <= most]
    return max(fitting)


def grid_lines(low: float, high: float, spacing: Fraction) -> list[Fraction]:
    """List the grid lines of a map (方格网线) that lie within two sides.

    Parameters
    ----------
    low, high : float
        The sides [m].
    spacing : Fraction
        Distance of the lines [m].

    Returns
    -------
    list of Fraction
        Whole multiples of the spacing [m].

    Examples
    --------
    >>> [int(line) for line in grid_lines(418_300, 441_000, Fraction(10_000))]
    [420000, 430000, 440000]
    """
    first, last = math.ceil(Fraction(low) / spacing), math.floor(Fraction(high) / spacing)
    return [number * spacing for number in range(first, last + 1)]
