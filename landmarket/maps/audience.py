"""For whom a page is made (使用范围): the office, or the public after a map review."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import numpy as np

from landmarket.errors import BadValueError, NoRuleInForceError
from landmarket.maps.packing import STEP, Bounds, Shapes
from landmarket.rules import rule_in_force, shipped_rules

INTERNAL = "内部工作用图，未经地图审核，不得公开"

_METRES_A_DEGREE = 111_000.0
_REVIEW_NUMBER = re.compile(r"[\u4e00-\u9fffA-Z]{1,10}[（(〔\[](19|20)\d\d[）)〕\]]\s?\d{1,6}号")


@dataclass(frozen=True)
class Audience:
    """For whom a page is made (使用范围).

    Attributes
    ----------
    foot : str
        What stands first in the foot of each page.
    accuracy : float
        How far a drawn point may lie from the surveyed one along either axis [m]; zero where coordinates are exact.
    """

    foot: str
    accuracy: float

    @property
    def exact(self) -> bool:
        """Whether surveyed coordinates stand in the page.

        Returns
        -------
        bool
            True for the office.
        """
        return self.accuracy == 0.0

    def drawn(self, shapes: Shapes) -> Shapes:
        """Move points to a mesh so wide that surveyed coordinates cannot be read from the page.

        Parameters
        ----------
        shapes : Shapes
            Exact shapes.

        Returns
        -------
        Shapes
            The same rings; with exact coordinates for the office, else with points moved by at most ``accuracy``
            along either axis.
        """
        if self.exact or not len(shapes.points):
            return shapes
        latitude = float(np.radians(shapes.points[:, 1].mean() * STEP))
        mesh = 2 * self.accuracy / _METRES_A_DEGREE / STEP * np.array([1 / np.cos(latitude), 1.0])
        whole = np.floor(mesh).astype(np.int64)
        return Shapes((shapes.points + whole // 2) // whole * whole, shapes.rings, shapes.features)

    def opened(self, bounds: Bounds) -> Bounds:
        """Round the rectangle a page opens on, for its corners are surveyed points.

        Parameters
        ----------
        bounds : ndarray of float64
            West, south, east, north [°].

        Returns
        -------
        ndarray of float64
            Outwards to thousandths of a degree for the public.
        """
        if self.exact:
            return bounds
        thousandths = bounds * 1000
        return np.concatenate([np.floor(thousandths[:2]), np.ceil(thousandths[2:])]) / 1000


OFFICE = Audience(INTERNAL, 0.0)
"""Pages for work inside the office, with exact coordinates."""


def public_audience(review_number: str, *, on: date) -> Audience:
    """Make pages for the public (公开地图), which need a review number and hold no exact coordinates.

    Parameters
    ----------
    review_number : str
        The number under which the map passed its review (审图号), such as ``"豫S（2026）012号"``.
    on : date
        Day of publication: the limit of accuracy in force is taken.

    Returns
    -------
    Audience
        To be given to `township_maps`, `county_map` or `village_map`.

    Raises
    ------
    BadValueError
        If the number is not one.
    NoRuleInForceError
        If no limit of accuracy is in force.

    Warns
    -----
    UnverifiedRuleWarning
        If nobody has compared the limit with its document.

    Notes
    -----
    A page for the public must be the map that was reviewed: the number is printed, it is not checked with the office
    that gave it. Whether codes, prices and other columns may be shown is decided by whoever chooses the columns.
    """
    number = review_number.strip()
    if not _REVIEW_NUMBER.fullmatch(number):
        raise BadValueError(
            f"审图号“{review_number}”不像审图号。办法：公开前先送审，再照批准文件填写，如 豫S（2026）012号。"
        )
    limit = rule_in_force(shipped_rules("maps"), "public_position_accuracy", on=on, county="", pilot=False)
    if limit is None:
        raise NoRuleInForceError(f"{on:%Y-%m-%d} 没有公开地图位置精度的规定。办法：核对公开日期。")
    return Audience(f"审图号：{number}", float(limit.number))
