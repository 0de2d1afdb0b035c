"""Which encoding the texts of a shapefile are in: ``.cpg``, the table's own header, strict UTF-8, then GB18030."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from landmarket.errors import ReadError

_CANDIDATES = ("UTF-8", "GB18030")
_CODE_PAGES = {
    "936": "GB18030",
    "GBK": "GB18030",
    "GB2312": "GB18030",
    "65001": "UTF-8",
    "UTF8": "UTF-8",
    "950": "Big5",
}
_CODE_PAGE_AT = 29
_DRIVERS = {0x4D: "GB18030", 0x7A: "GB18030", 0x4F: "Big5", 0x78: "Big5"}
"""Language drivers that a table's header names for Chinese; others, 0 and 0x57 first, are habit and say nothing."""
_HEADER = 32
_END_OF_FIELDS = 0x0D
_NAME_WIDTH = 10


@dataclass(frozen=True)
class _Field:
    name: bytes
    kind: str
    start: int
    width: int


def _sibling(path: Path, suffix: str) -> Path | None:
    """Return the part of a shapefile, whatever the case of its suffix."""
    for candidate in (path.with_suffix(suffix), path.with_suffix(suffix.upper())):
        if candidate.exists():
            return candidate
    return None


def _fields(data: bytes) -> list[_Field]:
    fields, start, offset = [], 1, _HEADER
    while offset + 32 <= len(data) and data[offset] != _END_OF_FIELDS:
        width = data[offset + 16]
        name = data[offset : offset + 11].split(b"\0")[0]
        fields.append(_Field(name, chr(data[offset + 11]), start, width))
        start, offset = start + width, offset + 32
    return fields


def _require_whole(path: Path, data: bytes) -> None:
    """Raise where the header cannot be that of the table behind it."""
    header, width = int.from_bytes(data[8:10], "little"), int.from_bytes(data[10:12], "little")
    fields = _fields(data)
    if len(data) <= _CODE_PAGE_AT or header > len(data) or any(field.start + field.width > width for field in fields):
        raise ReadError(f"{path}：属性表文件头与内容不符，文件损坏或不完整。办法：重新复制或重新导出。")


def _only_cut(text: bytes, encoding: str) -> bool:
    """Tell whether a text that cannot be decoded is sound but for a last character without its end."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(text)
    except UnicodeDecodeError:
        return False
    return True


def _undecodable(path: Path, data: bytes, encoding: str) -> str | None:
    """Name the first text that the encoding cannot decode: field name, or field and record."""
    header, width = int.from_bytes(data[8:10], "little"), int.from_bytes(data[10:12], "little")
    fields = _fields(data)
    for number, field in enumerate(fields, start=1):
        try:
            field.name.decode(encoding)
        except UnicodeDecodeError:
            if len(field.name) < _NAME_WIDTH or not _only_cut(field.name, encoding):
                return f"{path}：第 {number} 个字段名 {field.name!r} 不是 {encoding}"
    count = (len(data) - header) // width if width else 0
    table = np.frombuffer(data, dtype=np.uint8, count=count * width, offset=header).reshape(count, width)
    for field in fields:
        if field.kind != "C" or not field.width:
            continue
        column = table[:, field.start : field.start + field.width]
        cells = np.ascontiguousarray(column).view(f"S{field.width}").ravel()
        _, distinct = np.unique(cells, return_index=True)
        for record in np.sort(distinct):  # the first record of each distinct text
            text = column[record].tobytes().rstrip(b" \0")
            if text.isascii():
                continue
            try:
                text.decode(encoding)
            except UnicodeDecodeError:
                if len(text) < field.width or not _only_cut(text, encoding):
                    name = field.name.decode(encoding, "replace")
                    return f"{path}：字段 {name} 第 {record + 1} 条记录 {text!r} 不是 {encoding}"
    return None


def shapefile_encoding(path: Path, encoding: str | None) -> tuple[str, str]:
    """Find the encoding of a shapefile's attribute table.

    Parameters
    ----------
    path : Path
        The ``.shp`` file.
    encoding : str or None
        What the caller says; it is checked all the same.

    Returns
    -------
    encoding : str
        A Python codec name.
    note : str
        How it was found, in Chinese.

    Raises
    ------
    ReadError
        If the table is missing or the texts cannot be decoded; field and record are named.
    """
    table = _sibling(path, ".dbf")
    if table is None:
        raise ReadError(f"{path}：缺少同名 .dbf 属性表。办法：把 .shp .shx .dbf .prj 放在同一文件夹。")
    data = table.read_bytes()
    _require_whole(table, data)
    stated, said = encoding, "参数指定"
    declared = _sibling(path, ".cpg")
    if stated is None and declared is not None:
        stated, said = declared.read_text(encoding="ascii", errors="replace").strip(), ".cpg 指明"
        bare = stated.upper().removeprefix("ANSI").strip(" _-").removeprefix("CP").removeprefix("WINDOWS-")
        stated = _CODE_PAGES.get(bare, stated)
    if stated is not None:
        try:
            b"a".decode(stated)
        except (LookupError, ValueError) as error:  # no codec; one that is not for texts, or not for single bytes
            raise ReadError(f"{path}：{said}的编码 {stated!r} 不认识。办法：改为 GB18030 或 UTF-8。") from error
        problem = _undecodable(table, data, stated)
        if problem:
            raise ReadError(f"{problem}（{said}）。办法：用 encoding= 指定正确编码，或改正 .cpg。")
        return stated, said
    driver = _DRIVERS.get(data[_CODE_PAGE_AT])
    problems = []
    for candidate in ([driver] if driver else []) + list(_CANDIDATES):
        problem = _undecodable(table, data, candidate)
        if problem is None:
            return candidate, "没有 .cpg，属性表文件头指明" if candidate == driver else "没有 .cpg，按内容判定"
        problems.append(problem)
    raise ReadError(f"{problems[-1]}，也不是 UTF-8。办法：用 encoding= 指定编码，如 'Big5'。")
