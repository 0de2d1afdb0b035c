"""The attribute table of a shapefile (属性表, ``.dbf``) as bytes: its fields, and every distinct text in them."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from landmarket.errors import ReadError

NAME_WIDTH = 10
"""Bytes that a field name may have."""
_HEADER = 32
_CODE_PAGE_AT = 29
_END_OF_FIELDS = 0x0D


@dataclass(frozen=True)
class Field:
    """One field (字段) of a table.

    Attributes
    ----------
    name : bytes
        As in the header, without the filling.
    kind : str
        Letter of its type; ``C`` for texts.
    start, width : int
        Where it lies in a record, and how many bytes it has.
    """

    name: bytes
    kind: str
    start: int
    width: int


@dataclass(frozen=True)
class Table:
    """An attribute table (属性表).

    Attributes
    ----------
    path : Path
        The ``.dbf`` file.
    data : bytes
        All of it.
    fields : tuple of Field
        In order.
    driver : int
        Language driver that the header names, 0 for none.
    count : int
        Records that the header counts, deleted ones included.
    """

    path: Path
    data: bytes
    fields: tuple[Field, ...]
    driver: int
    count: int

    def flags(self) -> bytes:
        """Give the first byte of each whole record.

        Returns
        -------
        bytes
            A blank, or an asterisk where the record is marked as deleted.
        """
        return self._records()[:, :1].tobytes()

    def texts(self) -> Iterator[tuple[Field, list[bytes]]]:
        """Give the distinct texts of each field that are more than ASCII.

        Yields
        ------
        field : Field
            A field that has any.
        texts : list of bytes
            In order, without blanks at their end.
        """
        for field in self.fields:
            if field.kind == "C" and field.width:
                distinct = dict.fromkeys(text.rstrip(b" \0") for text in dict.fromkeys(self._cells(field)))
                if texts := [text for text in distinct if not text.isascii()]:
                    yield field, texts

    def record_of(self, field: Field, text: bytes) -> int:
        """Find the first record that has a text.

        Parameters
        ----------
        field : Field
            Where it stands.
        text : bytes
            As `texts` gives it.

        Returns
        -------
        int
            Its number, from 1.
        """
        return [cell.rstrip(b" \0") for cell in self._cells(field)].index(text) + 1

    def _cells(self, field: Field) -> list[bytes]:
        column = np.ascontiguousarray(self._records()[:, field.start : field.start + field.width])
        cells: list[bytes] = column.view(f"S{field.width}").ravel().tolist()
        return cells

    def _records(self) -> npt.NDArray[np.uint8]:
        header, width = int.from_bytes(self.data[8:10], "little"), int.from_bytes(self.data[10:12], "little")
        count = (len(self.data) - header) // width if width else 0
        table = np.frombuffer(self.data, dtype=np.uint8, count=count * width, offset=header)
        return table.reshape(count, width)


def read_dbf(path: Path) -> Table:
    """Read the attribute table of a shapefile.

    Parameters
    ----------
    path : Path
        The ``.shp`` file.

    Returns
    -------
    Table
        Its header is that of the table behind it.

    Raises
    ------
    ReadError
        If there is none, or it is damaged.
    """
    file = sibling(path, ".dbf")
    if file is None:
        raise ReadError(f"{path}：缺少同名 .dbf 属性表。办法：把 .shp .shx .dbf .prj 放在同一文件夹。")
    data = file.read_bytes()
    fields = _fields(data)
    header, width = int.from_bytes(data[8:10], "little"), int.from_bytes(data[10:12], "little")
    if len(data) <= _CODE_PAGE_AT or header > len(data) or any(field.start + field.width > width for field in fields):
        raise ReadError(f"{file}：属性表文件头与内容不符，文件损坏或不完整。办法：重新复制或重新导出。")
    return Table(file, data, fields, data[_CODE_PAGE_AT], int.from_bytes(data[4:8], "little"))


def sibling(path: Path, suffix: str) -> Path | None:
    """Find a part of a shapefile (同名文件), whatever the case of its suffix.

    Parameters
    ----------
    path : Path
        The ``.shp`` file.
    suffix : str
        Of the part, in small letters.

    Returns
    -------
    Path or None
        None where there is no such part.
    """
    return next((part for part in map(path.with_suffix, (suffix, suffix.upper())) if part.exists()), None)


def _fields(data: bytes) -> tuple[Field, ...]:
    fields, start, offset = [], 1, _HEADER
    while offset + 32 <= len(data) and data[offset] != _END_OF_FIELDS:
        width = data[offset + 16]
        name = data[offset : offset + 11].split(b"\0")[0]
        fields.append(Field(name, chr(data[offset + 11]), start, width))
        start, offset = start + width, offset + 32
    return tuple(fields)


def decodes(text: bytes, encoding: str, width: int) -> bool:
    """Tell whether a text is sound in an encoding, a last character without its end forgiven where the room was full.

    Parameters
    ----------
    text : bytes
        Without blanks at its end.
    encoding : str
        Codec name.
    width : int
        Bytes it had room for.

    Returns
    -------
    bool
        Whether it can be read.
    """
    try:
        codecs.getincrementaldecoder(encoding)().decode(text, final=len(text) < width)
    except UnicodeDecodeError:
        return False
    return True


def first_broken(texts: Sequence[bytes], encoding: str, width: int) -> bytes | None:
    """Find the first text that is not sound in an encoding; see `decodes`.

    Parameters
    ----------
    texts : sequence of bytes
        Texts of one field.
    encoding : str
        Codec name.
    width : int
        Bytes they had room for.

    Returns
    -------
    bytes or None
        None where all are sound.
    """
    try:
        b"\n".join(texts).decode(encoding)  # at once, as an end of a line is no part of any character
    except UnicodeDecodeError:
        return next((text for text in texts if not decodes(text, encoding, width)), None)
    return None
