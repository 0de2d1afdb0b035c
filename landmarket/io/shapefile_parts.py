"""The parts of a shapefile (Shapefile 的各部分): all there, and all of the same records, so that none is lost."""

from __future__ import annotations

from pathlib import Path

from landmarket.errors import ReadError, named_rows
from landmarket.io.dbf_table import Table, sibling

SHAPEFILE = ".shp"
_NEEDED = (".shx", ".dbf")
_SHX_HEADER, _SHX_RECORD = 100, 8
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
        If the headers of ``.shx`` and ``.dbf`` count differently, or the table is shorter than its header says.
    """
    index = sibling(path, ".shx") or path.with_suffix(".shx")
    with index.open("rb") as file:
        words = int.from_bytes(file.read(_SHX_HEADER)[_LENGTH_AT : _LENGTH_AT + 4], "big")
    shapes = (2 * words - _SHX_HEADER) // _SHX_RECORD
    if shapes != table.count:
        counts = f"{index.name} 有 {shapes} 条记录，{table.path.name} 有 {table.count} 条"
        raise ReadError(f"{path}：图形与属性表对不上，{counts}。{_CURE}")
    if len(table.flags()) < table.count:
        raise ReadError(
            f"{table.path}：属性表不完整，文件头写有 {table.count} 条记录，实有 {len(table.flags())} 条。{_CURE}"
        )


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
