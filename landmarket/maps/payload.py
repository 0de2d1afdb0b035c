"""Data as a page holds them: texts and columns of whole numbers, compressed (页面数据).

A page's script unpacks them with the browser's own ``DecompressionStream`` and reads the columns without a loop
over text. The bytes before compression are, one after another: the number of bytes of the outline (32 bits, low
byte first), the outline as JSON in UTF-8, and the columns. A column stands in the outline as ``{"column": place,
"count": rows}``. Its numbers are 32-bit integers whose four bytes stand apart, first all lowest bytes, then all
second ones and so on: the high bytes of small numbers are alike, and what is alike compresses to nearly nothing.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

from landmarket.html_page import escaped
from landmarket.maps.elements import Json, Verbatim
from landmarket.maps.packing import Ints

Packed: TypeAlias = "Json | Ints | Sequence[Packed] | Mapping[str, Packed]"
"""JSON whose leaves may be columns of whole numbers."""

_LEVEL = 7


def payload(data: Packed) -> str:
    """Compress data for a page.

    Parameters
    ----------
    data : packed value
        Texts, numbers and columns; a column's numbers lie within 32 bits, or wrap around and are read as such.

    Returns
    -------
    str
        Base64 of the bytes in the format of zlib; a character that UTF-8 cannot hold is replaced by ``?``.

    Examples
    --------
    >>> data = zlib.decompress(base64.b64decode(payload({"n": np.array([1, -2])})))
    >>> data[4:32], data[32:].hex(" ", 2)
    (b'{"n":{"column":0,"count":2}}', '01fe 00ff 00ff 00ff')
    """
    columns: list[Ints] = []
    outline = json.dumps(_outline(data, columns), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    head = outline.encode("utf-8", "replace")
    packer = zlib.compressobj(_LEVEL)
    pieces = [packer.compress(len(head).to_bytes(4, "little") + head)]
    pieces += [packer.compress(_byte_planes(column)) for column in columns]
    return base64.b64encode(b"".join([*pieces, packer.flush()])).decode("ascii")


def _outline(data: Packed, columns: list[Ints]) -> Json:
    """Put a place holder where a column stands, and collect the columns."""
    if isinstance(data, np.ndarray):
        columns.append(data)
        return {"column": len(columns) - 1, "count": len(data)}
    if isinstance(data, Mapping):
        return {key: _outline(value, columns) for key, value in data.items()}
    if isinstance(data, Sequence) and not isinstance(data, str):
        if all(isinstance(value, str) for value in data):  # texts by the hundred thousand
            return [str(value) for value in data]
        return [_outline(value, columns) for value in data]
    return data


def _byte_planes(column: Ints) -> bytes:
    low = (column & 0xFFFFFFFF).astype("<u4")
    return low.view(np.uint8).reshape(-1, 4).T.tobytes()


class Payload(Verbatim):
    """Compressed data in the page, read by a script and never run.

    Parameters
    ----------
    element_id : str
        Identifier of the element.
    data : packed value
        The data.
    """

    def __init__(self, element_id: str, data: Packed) -> None:
        super().__init__(
            f'<script type="application/zlib;base64" id="{escaped(element_id)}">{payload(data)}</script>\n'
        )
