"""Which encoding the texts of a shapefile are in: ``.cpg``, the table's own header, strict UTF-8, then GB18030."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from landmarket.errors import ReadError
from landmarket.io.dbf_table import NAME_WIDTH, Table, decodes, first_broken, sibling
from landmarket.io.text_encoding import BIG5, GB, UTF8, likeness

_SPELLINGS: Mapping[str, str] = MappingProxyType(
    {
        "GB18030": GB,
        "GB2312": GB,
        "GB231280": GB,
        "GBK": GB,
        "EUCCN": GB,
        "936": GB,
        "UTF8": UTF8,
        "UTF8BOM": UTF8,
        "UTF8SIG": UTF8,
        "65001": UTF8,
        "BIG5": BIG5,
        "950": BIG5,
        "BIG5HKSCS": "Big5-HKSCS",
        "88591": "ISO-8859-1",
        "28591": "ISO-8859-1",
        "1252": "CP1252",
    }
)
"""Endings of what a .cpg says, letters and digits alone: ANSI 936, CP936 and Chinese_PRC.936 are one."""
_UNSAID = ("", "ANSI", "OEM", "SYSTEM", "DEFAULT")
_DRIVERS: Mapping[int, str] = MappingProxyType({0x4D: GB, 0x7A: GB, 0x4F: BIG5, 0x78: BIG5})
"""Language drivers that a table's header names for Chinese; others, 0 and 0x57 first, are habit and say nothing."""
_DRIVER_NAME = re.compile(r"LDID(\d+)")
_LOOKED_AT = 2000


def shapefile_encoding(path: Path, table: Table, encoding: str | None) -> tuple[str, str]:
    """Find the encoding of a shapefile's attribute table.

    Parameters
    ----------
    path : Path
        The ``.shp`` file.
    table : Table
        Its attribute table.
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
        If the texts cannot be decoded - field and record are named -, or nothing says which of two encodings it is
        and they read as Chinese in both.
    """
    if encoding is not None:
        return _stated(table, path, encoding, "参数指定"), "参数指定"
    declared, habit = sibling(path, ".cpg"), "没有 .cpg"
    if declared is not None:
        written = declared.read_bytes().decode("utf-8-sig", "replace").strip(" \t\r\n\0;\"'")
        driver = _DRIVER_NAME.fullmatch(_bare(written))
        if driver is not None:
            written = _DRIVERS.get(int(driver[1]), "")
        habit = f".cpg 写的是 {written}，没有指明汉字编码" if written else ".cpg 是空的"
        if _bare(written) not in _UNSAID and _writes_chinese(written):
            return _stated(table, path, written, ".cpg 指明"), ".cpg 指明"
    return _found(table, habit)


def _bare(written: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", written.upper())


def _codec(written: str) -> str:
    """Give the codec a spelling means; what is not known stays as it is."""
    bare = _bare(written)
    return next((_SPELLINGS[end] for end in sorted(_SPELLINGS, key=len, reverse=True) if bare.endswith(end)), written)


def _writes_chinese(written: str) -> bool:
    """Tell whether an encoding is known and has no Chinese character: programs put such a .cpg beside any table."""
    try:
        "中".encode(_codec(written))
    except UnicodeEncodeError:
        return False
    except (LookupError, ValueError):
        return True
    return True


def _stated(table: Table, path: Path, written: str, said: str) -> str:
    encoding = _codec(written)
    try:
        b"a".decode(encoding)
    except (LookupError, ValueError) as error:  # no codec; one that is not for texts, or not for single bytes
        raise ReadError(f"{path}：{said}的编码 {written!r} 不认识。办法：改为 GB18030 或 UTF-8。") from error
    problem = _undecodable(table, encoding)
    if problem:
        raise ReadError(f"{problem}（{said}）。办法：用 encoding= 指定正确编码，或改正 .cpg。")
    return encoding


def _found(table: Table, habit: str) -> tuple[str, str]:
    """Find the encoding by what the header names and by the texts."""
    driver = _DRIVERS.get(table.driver)
    problems = []
    for candidate in ([driver] if driver else []) + [UTF8, GB]:
        problem = _undecodable(table, candidate)
        if problem is None:
            _require_no_rival(table, candidate)
            return candidate, f"{habit}，{'属性表文件头指明' if candidate == driver else '按内容判定'}"
        problems.append(problem)
    raise ReadError(
        f"{problems[-1]}，也不是 UTF-8（{habit}）。办法：用 encoding=（命令行 --encoding）指定编码，如 'Big5'。"
    )


def _undecodable(table: Table, encoding: str) -> str | None:
    """Name the first text that the encoding cannot decode: field name, or field and record."""
    for number, field in enumerate(table.fields, start=1):
        if not decodes(field.name, encoding, NAME_WIDTH):
            return f"{table.path}：第 {number} 个字段名 {field.name!r} 不是 {encoding}"
    for field, texts in table.texts():
        text = first_broken(texts, encoding, field.width)
        if text is not None:
            name, record = field.name.decode(encoding, "replace"), table.record_of(field, text)
            return f"{table.path}：字段 {name} 第 {record} 条记录 {text!r} 不是 {encoding}"
    return None


def _require_no_rival(table: Table, encoding: str) -> None:
    """Raise where the texts look more like another encoding than like the one that can decode them."""
    texts = [(text, field.width) for field, some in table.texts() for text in some[:_LOOKED_AT]]
    texts += [(field.name, NAME_WIDTH) for field in table.fields if not field.name.isascii()]
    alike = {each: likeness(texts, each) for each in (encoding, UTF8, GB, BIG5)}
    rival = max(alike, key=lambda each: alike[each])
    if rival == encoding:
        return
    one, other = (texts[0][0].decode(each, "ignore") for each in (encoding, rival))
    raise ReadError(
        f"{table.path}：编码不明，按 {encoding} 读是“{one}”，按 {rival} 读是“{other}”，都读得通。"
        "办法：看哪个对，用 encoding=（命令行 --encoding）指定，或写入 .cpg。"
    )
