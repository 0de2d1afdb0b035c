"""The parts of a shapefile (Shapefile 的各部分): all there, and all of the same records, so that none is lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from landmarket.errors import ReadError, named_rows
from landmarket.io.dbf_table import Table, sibling

SHAPEFILE = ".shp"
_NEEDED = (".shx", ".dbf")
_HEADER, _HEAD = 100, 8
"""Bytes of the header of ``.shp`` and ``.shx``, of a record of the one and of the head of a record of the other."""
_LENGTH_AT = 24
_CURE = "办法：从原处把同名的 .shp、.shx、.dbf（连同 .prj、.cpg）一起复制到同一文件夹，或重新导出。"


def require_parts(path: Path) -> None:
    """Raise for a shapefile that lacks a part it cannot be read without (缺件).

    Parameters
    ----------
    path : Path
        The ``.shp`` file.

    Raises
    ------
    ReadError
        If there is no ``.shx`` or no ``.dbf``: rebuilt from the ``.shp`` alone, shapes may meet rows of others.
    """
    missing = [suffix for suffix in _NEEDED if sibling(path, suffix) is None]
    if missing:
        raise ReadError(f"{path}：缺少同名 {'、'.join(missing)}。{_CURE}")


def require_same_records(path: Path, table: Table) -> None:
    """Raise where shapes and attribute table are not of the same records (条数不符): GDAL reads the fewer.

    Parameters
    ----------
    path : Path
        The ``.shp`` file.
    table : Table
        Its attribute table.

    Raises
    ------
    ReadError
        If the headers of ``.shx`` and ``.dbf`` count differently, the ``.shp`` has numbered records behind the last
        that the ``.shx`` knows, or the table is shorter than its header says.
    """
    index = sibling(path, ".shx") or path.with_suffix(".shx")
    data = index.read_bytes()
    shapes = (2 * int.from_bytes(data[_LENGTH_AT : _LENGTH_AT + 4], "big") - _HEADER) // _HEAD
    if shapes != table.count:
        counts = f"{index.name} 有 {shapes} 条记录，{table.path.name} 有 {table.count} 条"
        raise ReadError(f"{path}：图形与属性表对不上，{counts}。{_CURE}")
    more = _records_behind(path, data, shapes)
    if more:
        counts = f"{path.name} 有 {shapes + more} 个图形，{index.name} 和 {table.path.name} 有 {shapes} 条记录"
        raise ReadError(f"{path}：图形与属性表对不上，{counts}。{_CURE}")
    if len(table.flags()) < table.count:
        raise ReadError(
            f"{table.path}：属性表不完整，文件头写有 {table.count} 条记录，实有 {len(table.flags())} 条。{_CURE}"
        )


def _records_behind(path: Path, index: bytes, count: int) -> int:
    """Count the records of a ``.shp`` behind those in the index that go on with their numbers."""
    known = index[_HEADER : _HEADER + _HEAD * count]
    words = np.frombuffer(known[: len(known) // _HEAD * _HEAD], dtype=">u4").reshape(-1, 2).sum(axis=1, dtype=np.int64)
    end, more = (2 * int(words.max()) + _HEAD if len(words) else _HEADER), 0
    with path.open("rb") as file:
        while True:
            file.seek(end)
            head = file.read(_HEAD)
            if len(head) < _HEAD or int.from_bytes(head[:4], "big") != count + more + 1:
                return more
            end, more = end + _HEAD + 2 * int.from_bytes(head[4:], "big"), more + 1


def deleted_note(table: Table) -> str:
    """Tell which records a program has marked as deleted (已删除的记录): they stay in the file and are not read.

    Parameters
    ----------
    table : Table
        An attribute table.

    Returns
    -------
    str
        In Chinese; empty where there is none.
    """
    flags = table.flags()
    if b"*" not in flags:
        return ""
    numbers = [number for number, flag in enumerate(flags, start=1) if flag == ord("*")]
    return (
        f"{table.path.name} 中有标为已删除的记录，没有读入，{named_rows(numbers)}。"
        "办法：核对是否确已删除；仍要用的，向提供单位索要没有删除的文件"
    )
