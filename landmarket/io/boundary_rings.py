"""Rings of a boundary text file (地块圈): what is wrong with them, and the area they make."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import shapely
from shapely.validation import explain_validity

from landmarket.io.boundary_lines import Fault


@dataclass(frozen=True)
class Point:
    """A boundary point (界址点) as it stands in the file.

    Attributes
    ----------
    line : int
        Line of the file, from 1.
    name : str
        Number of the point, such as ``J1``.
    ring : int
        Number of the ring, from 1.
    north, east : float
        Coordinates [m], the easting without a zone number.
    """

    line: int
    name: str
    ring: int
    north: float
    east: float


def parcel_area(points: Sequence[Point]) -> shapely.Polygon:
    """Make the area of a parcel: the first ring is its outline, each further one is cut out (扣除).

    Parameters
    ----------
    points : sequence of Point
        All points of the parcel, in the order of the file, without `ring_faults`.

    Returns
    -------
    Polygon
        In easting and northing.
    """
    shell, *holes = (_outline(ring) for ring in _rings(points).values())
    return shapely.Polygon(shell, holes)


def ring_faults(points: Sequence[Point]) -> list[Fault]:
    """Say what is wrong with the rings of a parcel (圈的错误).

    Parameters
    ----------
    points : sequence of Point
        All points of the parcel, in the order of the file; at least one.

    Returns
    -------
    list of Fault
        Rings in pieces, wrongly numbered, short, open, with a point twice, that cross themselves or each other, or
        that are not inside the first; empty where all is well.
    """
    rings = _rings(points)
    faults = _broken(points)
    if list(rings) != list(range(1, len(rings) + 1)):
        named = "、".join(map(str, rings))
        faults.append(Fault(points[0].line, f"圈号依次为 {named}。办法：外圈写 1，内圈依次写 2、3……。"))
    faults += [fault for ring in rings.values() for fault in _outline_faults(ring)]
    return faults or _together(rings)


def _rings(points: Sequence[Point]) -> dict[int, list[Point]]:
    rings: dict[int, list[Point]] = {}
    for point in points:
        rings.setdefault(point.ring, []).append(point)
    return rings


def _broken(points: Sequence[Point]) -> list[Fault]:
    """Points of a ring that was left before."""
    faults, left = [], set()
    for before, point in pairwise(points):
        if point.ring != before.ring:
            left.add(before.ring)
            if point.ring in left:
                said = f"圈号 {point.ring} 的点不连续。办法：同一圈的点依次写在一起。"
                faults.append(Fault(point.line, said))
    return faults


def _outline(ring: Sequence[Point]) -> list[tuple[float, float]]:
    return [(point.east, point.north) for point in ring]


def _outline_faults(ring: Sequence[Point]) -> list[Fault]:
    first, last = ring[0], ring[-1]
    outline = _outline(ring)
    faults = _repeated(ring)
    if outline[0] != outline[-1] or len(ring) == 1:
        said = f"第 {first.ring} 圈没有闭合。办法：末行重复首点 {first.name}，坐标相同。"
        return [*faults, Fault(first.line, said, last.line)]
    if len(set(outline)) < 3:
        said = f"第 {first.ring} 圈不足 3 个界址点。办法：补齐界址点。"
        return [*faults, Fault(first.line, said, last.line)]
    shape = shapely.Polygon(outline)
    if faults or shape.is_valid:
        return faults
    return [Fault(first.line, f"第 {first.ring} 圈自相交（{_place(shape)}）。办法：检查点的次序。", last.line)]


def _repeated(ring: Sequence[Point]) -> list[Fault]:
    """Points that stand where an earlier one does, the closing point left out."""
    seen: dict[tuple[float, float], Point] = {}
    faults = []
    closed = len(ring) > 1 and _outline(ring)[0] == _outline(ring)[-1]
    for point in ring[:-1] if closed else ring:
        other = seen.setdefault((point.east, point.north), point)
        if other is not point:
            said = f"{point.name} 与第 {other.line} 行 {other.name} 坐标重复。办法：删去重复的点。"
            faults.append(Fault(point.line, said))
    return faults


def _together(rings: dict[int, list[Point]]) -> list[Fault]:
    """Holes that are not inside, and rings that cross."""
    outer, *inner = rings.values()
    shell = shapely.Polygon(_outline(outer))
    cure = "办法：内圈是扣除的部分；不相连的地块各写一条地块行。"
    faults = [
        Fault(ring[0].line, f"第 {ring[0].ring} 圈不在外圈之内。{cure}", ring[-1].line)
        for ring in inner
        if not shell.covers(shapely.Polygon(_outline(ring)))
    ]
    area = shapely.Polygon(_outline(outer), [_outline(ring) for ring in inner])
    if faults or area.is_valid:
        return faults
    return [Fault(outer[0].line, f"各圈相交或重叠（{_place(area)}）。办法：改正界址点。", inner[-1][-1].line)]


def _place(shape: shapely.Polygon) -> str:
    """Where a shape is invalid, X first as the file has it."""
    found = re.search(r"\[(\S+) (\S+)\]", explain_validity(shape))
    return f"X={float(found[2]):.3f}、Y={float(found[1]):.3f} 附近" if found else "位置不明"
