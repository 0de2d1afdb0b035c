"""Encodings of Chinese texts (文字编码): how much bytes look like each, and tables of plain text decoded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from landmarket.errors import ReadError
from landmarket.io.dbf_table import decodes
from landmarket.paths import refuse_pipe

UTF8, GB, BIG5 = "UTF-8", "GB18030", "CP950"
_CERTAIN = 2.0
_LONGER = 0x0800
"""First character that UTF-8 writes in three bytes, as it does all of Chinese."""
_BOM, _WIDE_BOMS = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")
_SHOWN, _LOOKED_AT = 12, 2000


def likeness(texts: Sequence[tuple[bytes, int]], encoding: str) -> float:
    """Tell how much texts look like Chinese in an encoding, and above 1 where it can hardly be another.

    In GB 2312 and Big5 it is the share of double bytes that are common characters there; a text that is sound UTF-8
    by chance has two bytes a character, which are no Chinese.

    Parameters
    ----------
    texts : sequence of tuple of bytes and int
        Each with the bytes it had room for.
    encoding : str
        ``UTF8``, ``GB`` or ``BIG5``.

    Returns
    -------
    float
        Below 0 where a text cannot be decoded.
    """
    if not all(decodes(text, encoding, width) for text, width in texts):
        return -1.0
    if encoding == UTF8:
        signs = (sign for text, _ in texts for sign in text.decode(errors="ignore"))
        return _CERTAIN if any(ord(sign) >= _LONGER for sign in signs) else 0.0
    pairs: list[bytes] = [pair for text, _ in texts for pair in re.findall(rb"[\x81-\xfe][\x40-\xfe]", text)]
    simplified = [0xA1 <= lead <= 0xF7 and trail >= 0xA1 for lead, trail in pairs]
    traditional = [0xA1 <= lead <= 0xC6 and not 0x7F <= trail <= 0xA0 for lead, trail in pairs]
    return sum(simplified if encoding == GB else traditional) / max(len(pairs), 1)


def table_text(path: Path) -> tuple[str, str]:
    """Decode a table of plain text, as Excel and WPS write it (CSV 的编码): strict UTF-8, else GB 18030.

    Parameters
    ----------
    path : Path
        A ``.csv`` file.

    Returns
    -------
    text : str
        All of it, without a byte-order mark.
    encoding : str
        ``UTF8`` or ``GB``.

    Raises
    ------
    ReadError
        If it cannot be opened, is neither - line and cell are named -, or may as well be Big5.
    """
    try:
        refuse_pipe(path)
        data = path.read_bytes().removeprefix(_BOM)
    except OSError as error:
        raise ReadError(f"{path}：打不开（{error.strerror}）。办法：检查路径与权限。") from error
    if data.startswith(_WIDE_BOMS) or b"\0" in data:
        raise ReadError(f"{path}：不是 UTF-8 文本，是“Unicode 文本”（UTF-16）或二进制文件。办法：另存为 CSV UTF-8。")
    if _sound(data, UTF8):
        return data.decode(UTF8), UTF8
    if not _sound(data, GB):
        raise ReadError(f"{path}：{_first_broken(data)}不是 UTF-8 文本，也不是 GB18030。办法：另存为 CSV UTF-8。")
    _require_no_rival(data, path)
    return data.decode(GB), GB


def _sound(data: bytes, encoding: str) -> bool:
    return decodes(data, encoding, len(data) + 1)


def _require_no_rival(data: bytes, path: Path) -> None:
    """Raise where a table looks more like Big5 than like GB 18030."""
    lines = [line for line in data.splitlines() if not line.isascii()][:_LOOKED_AT]
    texts = [(line, len(line) + 1) for line in lines]
    if likeness(texts, BIG5) > likeness(texts, GB):
        one, other = (lines[0].decode(each, "replace")[:_SHOWN] for each in (GB, BIG5))
        raise ReadError(
            f"{path}：不是 UTF-8 文本，按 GB18030 读是“{one}”，按 Big5 读是“{other}”。办法：另存为 CSV UTF-8。"
        )


def _first_broken(data: bytes) -> str:
    """Name the first cell that is not GB 18030; commas and line ends are no part of its double bytes."""
    for row, line in enumerate(re.split(rb"\r\n|\r|\n", data), start=1):
        for place, cell in enumerate(line.split(b","), start=1):
            if not _sound(cell, GB):
                return f"第 {row} 行第 {place} 格 {cell[:_SHOWN]!r} "
    return ""
