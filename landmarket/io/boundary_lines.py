"""Lines of a boundary text file (勘测定界坐标文件): its texts decoded, its sections told apart, its faults named."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from landmarket.errors import SHOWN, CrsError, ReadError

HEADER, COORDINATES = "[属性描述]", "[地块坐标]"
_END = "@"
_BRACKETS = str.maketrans("【】", "[]")


@dataclass(frozen=True)
class Fault:
    """Something wrong in a file (错误).

    Attributes
    ----------
    line : int
        Line, from 1; 0 for the file as a whole.
    said : str
        What is wrong and what to do, in Chinese.
    until : int
        Last line where it is more than one.
    of_system : bool
        Whether the coordinate system is at fault.
    """

    line: int
    said: str
    until: int = 0
    of_system: bool = False

    @property
    def text(self) -> str:
        """The fault with its line."""
        where = f"{self.line}—{self.until}" if self.until > self.line else str(self.line)
        return f"第 {where} 行：{self.said}" if self.line else self.said


@dataclass(frozen=True)
class Line:
    """A line of the coordinates (行).

    Attributes
    ----------
    number : int
        From 1.
    cells : tuple of str
        What stands between its commas.
    """

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Plot:
    """A parcel as it stands in a file (地块).

    Attributes
    ----------
    head : Line
        Its own line, up to the ``@``.
    after : tuple of str
        What stands behind the ``@``.
    points : tuple of Line
        Its boundary points.
    """

    head: Line
    after: tuple[str, ...]
    points: tuple[Line, ...]


@dataclass(frozen=True)
class Parts:
    """A boundary text file in its parts (文件各部分).

    Attributes
    ----------
    header : mapping of str to (int, str)
        Keys of [属性描述], each with its line and value.
    plots : tuple of Plot
        In the order of the file.
    skipped : tuple of str
        Sections that are not of the form.
    faults : tuple of Fault
        Lines that are in no place.
    """

    header: Mapping[str, tuple[int, str]]
    plots: tuple[Plot, ...]
    skipped: tuple[str, ...]
    faults: tuple[Fault, ...]


def refuse(faults: Sequence[Fault], where: str) -> NoReturn:
    """Raise for all faults of a file at once: all counted, the first ten named.

    Parameters
    ----------
    faults : sequence of Fault
        At least one.
    where : str
        The file.

    Raises
    ------
    CrsError
        If each is one of the coordinate system.
    ReadError
        If not.
    """
    ordered = sorted(faults, key=lambda fault: fault.line)
    texts = [fault.text for fault in ordered[:SHOWN]]
    texts += [f"另有 {len(ordered) - SHOWN} 处"] if len(ordered) > SHOWN else []
    message = f"{where}：{texts[0]}" if len(ordered) == 1 else "\n".join([f"{where}：共 {len(ordered)} 处错误", *texts])
    raise (CrsError if all(fault.of_system for fault in ordered) else ReadError)(message)


def decoded(data: bytes) -> tuple[str, str]:
    """Decode a text file (文字编码).

    Parameters
    ----------
    data : bytes
        Its content.

    Returns
    -------
    text, encoding : str
        UTF-8 where it is, with or without byte-order mark; else GB18030, of which GBK and GB2312 are parts.

    Raises
    ------
    ReadError
        If it is neither.
    """
    for encoding, name in (("utf-8-sig", "UTF-8"), ("gb18030", "GB18030")):
        try:
            return data.decode(encoding), name
        except UnicodeDecodeError:
            continue
    raise ReadError("文字编码既不是 UTF-8 也不是 GB18030。办法：用记事本另存为 UTF-8。")


def parts_of_text(text: str) -> Parts:
    """Tell the sections of a boundary text file apart.

    Parameters
    ----------
    text : str
        The file.

    Returns
    -------
    Parts
        Nothing is left out but lines of sections that are skipped.
    """
    header: dict[str, tuple[int, str]] = {}
    heads: list[tuple[Line, tuple[str, ...]]] = []
    points: list[list[Line]] = []
    skipped: list[str] = []
    faults: list[Fault] = []
    section = ""
    for number, raw in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        line = raw.strip()
        if not line:
            continue
        if re.fullmatch(r"[\[【].*[\]】]", line):
            section = line.translate(_BRACKETS).strip()
            skipped += [section] if section not in (HEADER, COORDINATES) else []
        elif section == HEADER:
            faults += _into_header(header, number, line)
        elif section == COORDINATES:
            cells = tuple(cell.strip() for cell in line.split(","))
            if _END in cells:
                end = cells.index(_END) + 1
                heads.append((Line(number, cells[:end]), cells[end:]))
                points.append([])
            elif points:
                points[-1].append(Line(number, cells))
            else:
                faults.append(Fault(number, "界址点之前没有地块行（以 @ 结尾）。办法：补上地块行。"))
    plots = (Plot(head, after, tuple(lines)) for (head, after), lines in zip(heads, points, strict=True))
    return Parts(header, tuple(plots), tuple(dict.fromkeys(skipped)), tuple(faults))


def _into_header(header: dict[str, tuple[int, str]], number: int, line: str) -> list[Fault]:
    """Note a line of [属性描述]; give what is wrong with it."""
    key, sign, value = (part.strip() for part in line.partition("="))
    if not sign:
        return [Fault(number, f"{line!r} 不是“键=值”。办法：用半角等号。")]
    if key in header:
        return [Fault(number, f"“{key}”在第 {header[key][0]} 行已经写过。办法：删去一行。")]
    header[key] = (number, value)
    return []
