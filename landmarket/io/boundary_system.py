"""Which zone of CGCS2000 a boundary text file (勘测定界坐标文件) is in, by its header and its eastings."""

from __future__ import annotations

import re

from landmarket.io.boundary_form import PREFIX, Width, Zone, boundary_form
from landmarket.io.boundary_lines import Fault, Parts

_WHOLE = re.compile(r"[0-9]{1,3}", re.ASCII)
_EASTING = re.compile(r"([0-9]{1,3})[0-9]{6}(\.[0-9]*)?", re.ASCII)


def system_faults(parts: Parts) -> list[Fault]:
    """Say what is wrong with the header of a file (属性描述的错误).

    Parameters
    ----------
    parts : Parts
        The file.

    Returns
    -------
    list of Fault
        On coordinate system, width, projection, unit and zone; empty where all is well.
    """
    form = boundary_form()
    faults = [*_system_name(parts), *_zone_faults(parts)]
    for key, known, cure in (
        ("投影类型", form.projections, "写“投影类型=高斯克吕格”，坐标也须是高斯—克吕格平面坐标。"),
        ("计量单位", form.units, "坐标换算为米，写“计量单位=米”。"),
    ):
        line, value = parts.header.get(key, (0, ""))
        if value not in known:
            faults.append(Fault(line, f"“{key}={value}”不是这种文件的写法。办法：{cure}", of_system=True))
    return faults


def zone_of_file(parts: Parts) -> Zone | None:
    """Find the zone of a file (带号).

    Parameters
    ----------
    parts : Parts
        The file.

    Returns
    -------
    Zone or None
        By 带号; where that is blank, by the first easting that carries a number. None where neither tells.
    """
    width, stated = _width(parts), _stated_zone(parts)
    if width is None or not _WHOLE.fullmatch(stated) or not width.first_zone <= int(stated) <= width.last_zone:
        return None
    return Zone(width, int(stated))


def _system_name(parts: Parts) -> list[Fault]:
    form = boundary_form()
    line, name = parts.header.get("坐标系", (0, ""))
    if name in form.systems:
        return []
    for refused in form.refused:
        if any(word in name for word in refused.words):
            return [
                Fault(line, f"坐标系={name}，即 {refused.name}，不是 CGCS2000。办法：{refused.cure}。", of_system=True)
            ]
    return [
        Fault(line, f"不认识“坐标系={name}”。办法：确认是 2000 国家大地坐标系后写“坐标系={form.systems[0]}”。", 0, True)
    ]


def _zone_faults(parts: Parts) -> list[Fault]:
    line, degrees = parts.header.get("几度分带", (0, ""))
    width = _width(parts)
    if width is None:
        known = " 或 ".join(str(width.degrees) for width in boundary_form().widths)
        return [Fault(line, f"“几度分带={degrees}”不认识。办法：写 {known}。", of_system=True)]
    if zone_of_file(parts) is not None:
        return []
    line, stated = parts.header.get("带号", (0, ""))
    where = f"{width.degrees} 度带带号应为 {width.first_zone}—{width.last_zone}"
    found = f"，横坐标前的带号是“{_stated_zone(parts)}”" if not stated and _stated_zone(parts) else ""
    return [Fault(line, f"“带号={stated}”{found}，{where}。办法：填写带号，或改正“几度分带”。", of_system=True)]


def _width(parts: Parts) -> Width | None:
    degrees = parts.header.get("几度分带", (0, ""))[1]
    return next((width for width in boundary_form().widths if degrees in width.names), None)


def _stated_zone(parts: Parts) -> str:
    """What 带号 says; where it is blank, what stands before the six digits of the first numbered easting."""
    stated = parts.header.get("带号", (0, ""))[1]
    if stated:
        return stated
    low, high = (int(limit) // PREFIX for limit in boundary_form().northings)
    cells = (line.cells[3] for plot in parts.plots for line in plot.points if len(line.cells) == 4)
    matches = (match for cell in cells if (match := _EASTING.fullmatch(cell)))
    return next((match[1] for match in matches if not low <= int(match[1]) <= high), "")
