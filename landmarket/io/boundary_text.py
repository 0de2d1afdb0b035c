"""The bureau's boundary text file (勘测定界坐标文件, TXT) read: X is north and comes first."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import geopandas as gpd
import pandas as pd

from landmarket.errors import ReadError
from landmarket.io.boundary_form import PREFIX, Zone, boundary_form
from landmarket.io.boundary_lines import COORDINATES, Fault, Line, Parts, Plot, decoded, parts_of_text, refuse
from landmarket.io.boundary_rings import Point, parcel_area, ring_faults
from landmarket.io.boundary_system import system_faults, zone_of_file
from landmarket.paths import refuse_pipe

SUFFIX = ".txt"
HEADER_ATTR = "boundary_header"
"""Where the keys of [属性描述] stand in the ``attrs`` of a table."""
EXTRA, EXTRA_AFTER = "附加列", "@后附加列"
"""Columns for what a parcel's line has beyond the form, before and behind its ``@``; numbered from 1."""

_NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,12})?", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,6}", re.ASCII)
_LEAST_CELLS = 9
_SQUARE_METRES = {"公顷": Decimal(10_000), "㎡": Decimal(1)}


def read_boundary_text(path: str | Path) -> gpd.GeoDataFrame:
    """Read a boundary text file (勘测定界坐标文件).

    Parameters
    ----------
    path : path-like
        The file, in UTF-8 or GB18030.

    Returns
    -------
    GeoDataFrame
        One row a parcel, from 1, with the facts of its line as text, ``parcel_code`` where 地块编号 is one, the stated
        area in ㎡ (``文件面积``) and how it compares with the drawn one (``面积核对``); eastings without zone number.
        ``attrs`` has the header (`HEADER_ATTR`), ``encoding`` and ``boundary_notes``: what else was seen.

    Raises
    ------
    ReadError
        If the file is not as the form wants it: all faults are counted, the first ten named by line.
    CrsError
        If nothing is wrong but the coordinate system or the zone.
    """
    file = Path(path)
    try:
        refuse_pipe(file)
        text, encoding = decoded(file.read_bytes())
    except OSError as error:
        raise ReadError(f"{file}：读不出来（{error.strerror}）。办法：检查路径与文件名。") from error
    except ReadError as error:
        raise ReadError(f"{file}：{error}") from error
    parts = parts_of_text(text)
    if not parts.plots and not parts.faults:
        raise ReadError(f"{file}：没有 {COORDINATES} 或其中没有地块行。办法：检查是否为勘测定界坐标文件。")
    zone = zone_of_file(parts)
    points = [_points(plot, zone) for plot in parts.plots]
    faults = [*parts.faults, *system_faults(parts)]
    for plot, read in zip(parts.plots, points, strict=True):
        faults += _plot_faults(plot, read)
    if faults or zone is None:
        refuse(faults, str(file))
    rows = [_row(plot, read) for plot, read in zip(parts.plots, points, strict=True)]
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=zone.crs)
    frame.index = frame.index + 1
    frame.attrs = {
        HEADER_ATTR: {key: value for key, (_, value) in parts.header.items()},
        "encoding": encoding,
        "boundary_notes": tuple(_notes(frame, parts)),
    }
    return frame


def _points(plot: Plot, zone: Zone | None) -> list[Point | Fault]:
    return [_point(line, zone) for line in plot.points]


def _point(line: Line, zone: Zone | None) -> Point | Fault:
    cells = line.cells
    if len(cells) != 4 or not _WHOLE.fullmatch(cells[1]):
        said = f"{','.join(cells)!r} 不是界址点。办法：写成“点号,圈号,X,Y”，用半角逗号。"
        return Fault(line.number, said)
    for cell in cells[2:]:
        if not _NUMBER.fullmatch(cell):
            return Fault(line.number, f"{cell!r} 不是数。办法：改为半角数字，小数不超过 12 位。")
    north, east = Decimal(cells[2]), Decimal(cells[3])
    form = boundary_form()
    plain_zones = (0, *((zone.number,) if zone else range(100)))
    number, plain = divmod(east, PREFIX)
    if PREFIX <= east <= form.northings[1] and form.eastings[0] <= north % PREFIX <= form.eastings[1]:
        said = f"X={cells[2]}、Y={cells[3]}，像是纵横坐标写反了。办法：X（北）在前、Y（东）在后。"
        return Fault(line.number, said)
    if not form.northings[0] <= north <= form.northings[1]:
        return Fault(line.number, f"X={cells[2]} 不像纵坐标。办法：X（北）在前、Y（东）在后，检查是否写反。")
    if not form.eastings[0] <= plain <= form.eastings[1]:
        return Fault(line.number, f"Y={cells[3]} 不在 3 度、6 度带横坐标范围内。办法：检查横坐标。")
    if int(number) not in plain_zones:
        said = f"Y={cells[3]} 的带号与“带号={zone.number if zone else ''}”不符。办法：改正带号或坐标。"
        return Fault(line.number, said, of_system=True)
    return Point(line.number, cells[0], int(cells[1]), float(north), float(plain))


def _plot_faults(plot: Plot, read: list[Point | Fault]) -> list[Fault]:
    """What is wrong with one parcel: its line, its points, and its rings where all points could be read."""
    head = plot.head
    faults = [fault for fault in read if isinstance(fault, Fault)]
    points = [point for point in read if isinstance(point, Point)]
    if len(head.cells) < _LEAST_CELLS or not _WHOLE.fullmatch(head.cells[0]):
        form = "点数,面积,编号,名称,图形属性,图幅号,用途,地类编码,@"
        return [Fault(head.number, f"地块行应为“{form}”。办法：补齐逗号。"), *faults]
    if head.cells[4] != boundary_form().area_shape:
        said = f"图形属性 {head.cells[4]!r} 不是“面”。办法：只读面状地块，点、线另存他处。"
        faults.append(Fault(head.number, said))
    bare, _ = _area_cell(head.cells[1])
    if bare and (not _NUMBER.fullmatch(bare) or bare.startswith("-")):
        said = f"面积 {head.cells[1]!r} 不是数。办法：写公顷数，如 0.9800。"
        faults.append(Fault(head.number, said))
    if not faults and points:
        faults += ring_faults(points)
    rings = len({point.ring for point in points})
    if int(head.cells[0]) not in {len(read), len(read) - rings} or not read:
        said = f"写明 {head.cells[0]} 个点，实有 {len(read)} 行。办法：补上缺的点或改正点数。"
        faults.append(Fault(head.number, said))
    return faults


def _area_cell(cell: str) -> tuple[str, str]:
    """A stated area without and with its unit, as one of 公顷, ㎡ or nothing."""
    bare = re.sub(r"(公顷|平方米|㎡|m2)$", "", cell).strip()
    unit = cell[len(bare) :].strip()
    return bare, unit if unit in ("", "公顷") else "㎡"


def _row(plot: Plot, read: list[Point | Fault]) -> dict[str, object]:
    form = boundary_form()
    area = parcel_area([point for point in read if isinstance(point, Point)])
    cells = plot.head.cells
    facts: dict[str, object] = dict(zip(form.facts, cells[2:8], strict=True))
    code = cells[2] if re.fullmatch(form.parcel_code, cells[2]) else None
    stated, compared = _compared(cells[1], area.area, area.length)
    after = list(plot.after)
    while after and not after[-1]:
        after.pop()
    extra = {f"{EXTRA}{n}": cell for n, cell in enumerate(cells[8:-1], start=1)}
    extra |= {f"{EXTRA_AFTER}{n}": cell for n, cell in enumerate(after, start=1)}
    coded: dict[str, object] = {"parcel_code": code} if code else {}
    return coded | facts | {"文件面积": stated, "面积核对": compared} | extra | {"geometry": area}


def _compared(cell: str, drawn: float, perimeter: float) -> tuple[float | None, str]:
    """Read the stated area, in hectares unless only square metres fit, and compare it with the drawn one."""
    bare, unit = _area_cell(cell)
    if not bare:
        return None, "未填面积"
    half_digit = 10.0 ** -len(bare.partition(".")[2]) / 2
    for name, factor in _SQUARE_METRES.items():
        slack = half_digit * float(factor) + perimeter * boundary_form().boundary_shift
        stated = float(Decimal(bare) * factor)
        if unit in ("", name) and abs(stated - drawn) <= slack:
            return stated, f"相符（{name}）"
    stated = float(Decimal(bare) * _SQUARE_METRES[unit or "公顷"])
    return stated, f"不符：写明 {stated:.2f} ㎡，按坐标 {drawn:.2f} ㎡"


def _notes(frame: pd.DataFrame, parts: Parts) -> list[str]:
    """What was seen besides the parcels, in Chinese."""
    notes = []
    wrong = frame.index[frame["面积核对"].str.startswith("不符")]
    if len(wrong):
        notes.append(f"面积与坐标不符：{len(wrong)} 块（{'、'.join(f'第 {row} 块' for row in wrong[:10])}）")
    extra = [str(name) for name in frame.columns if str(name).startswith((EXTRA, EXTRA_AFTER))]
    if extra:
        notes.append(f"地块行多出的列：{'、'.join(extra)}")
    unknown = [key for key in parts.header if key not in boundary_form().header]
    if unknown:
        notes.append(f"属性描述中另有：{'、'.join(unknown)}")
    if parts.skipped:
        notes.append(f"没有读的段：{'、'.join(parts.skipped)}")
    return notes
