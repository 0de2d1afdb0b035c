"""Bookmarks of a PDF (书签), added behind a finished file as PDF itself provides for (incremental update).

The file must have a plain cross-reference table and one flat list of pages, as matplotlib writes them: ISO 32000-1,
7.5.4 (table), 7.5.5 (trailer), 7.5.6 (incremental updates), 12.3.3 (document outline).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from landmarket.errors import OutputError

_ENTRY = 20
_TRAILER = re.compile(rb"trailer\s*<<(?P<body>.*?)>>\s*startxref\s+(?P<at>\d+)\s+%%EOF\s*$", re.DOTALL)
_TABLE = re.compile(rb"xref\s*0\s+(?P<count>\d+)\s*\n")


def with_bookmarks(content: bytes, titles: Sequence[str]) -> bytes:
    """Give each page of a PDF a bookmark (书签).

    Parameters
    ----------
    content : bytes
        The file.
    titles : sequence of str
        One a page.

    Returns
    -------
    bytes
        The same file, and behind it the bookmarks; a viewer shows them beside the first page.

    Raises
    ------
    OutputError
        If the file is not of the plain kind, or has another number of pages.
    """
    trailer = _TRAILER.search(content, len(content) - 1024 if len(content) > 1024 else 0)
    if trailer is None:
        raise OutputError("PDF 书签：文件结尾不合预期。办法：用 write_atlas() 写成的文件，不要改动。")
    body, table_at = trailer["body"], int(trailer["at"])
    root, size = _reference(body, b"Root"), _number(body, b"Size")
    catalog = _object(content, table_at, root)
    kids = re.search(rb"/Kids\s*\[(.*?)\]", _object(content, table_at, _reference(catalog, b"Pages")), re.DOTALL)
    pages = [int(page) for page in re.findall(rb"(\d+) 0 R", kids[1])] if kids else []
    if len(pages) != len(titles):
        raise OutputError(f"PDF 书签：{len(pages)} 页，{len(titles)} 个书签。办法：每页给一个。")
    objects = {
        root: catalog.rstrip().removesuffix(b">>") + b"/Outlines %d 0 R /PageMode /UseOutlines >>" % size,
        size: b"<< /Type /Outlines /First %d 0 R /Last %d 0 R /Count %d >>" % (size + 1, size + len(pages), len(pages)),
    }
    for at, (page, title) in enumerate(zip(pages, titles, strict=True), size + 1):
        objects[at] = _item(title, page, size, at - 1 if at > size + 1 else 0, at + 1 if at < size + len(pages) else 0)
    whole = re.sub(rb"/Size\s+\d+", b"/Size %d" % (size + 1 + len(pages)), body)
    return content + _update(objects, whole + b" /Prev %d" % table_at, len(content))


def _item(title: str, page: int, parent: int, before: int, after: int) -> bytes:
    text = b"<FEFF" + title.encode("utf-16-be", "replace").hex().upper().encode("ascii") + b">"
    links = b" /Prev %d 0 R" % before * bool(before) + b" /Next %d 0 R" % after * bool(after)
    return b"<< /Title " + text + b" /Parent %d 0 R /Dest [ %d 0 R /Fit ]" % (parent, page) + links + b" >>"


def _update(objects: dict[int, bytes], trailer: bytes, start: int) -> bytes:
    """Write objects, where they are, and the trailer that points back to the older table."""
    parts, table, at = [], [b"xref\n"], start
    for number, body in objects.items():
        part = b"%d 0 obj\n%s\nendobj\n" % (number, body)
        table.append(b"%d 1\n%010d 00000 n \n" % (number, at))
        parts.append(part)
        at += len(part)
    return b"".join([*parts, *table, b"trailer\n<<", trailer, b" >>\nstartxref\n%d\n%%%%EOF\n" % at])


def _object(content: bytes, table_at: int, number: int) -> bytes:
    table = _TABLE.match(content, table_at)
    if table is None or number >= int(table["count"]):
        raise OutputError("PDF 书签：没有普通的交叉引用表。办法：用 write_atlas() 写成的文件，不要改动。")
    entry = table.end() + number * _ENTRY
    start = content.index(b"obj", int(content[entry : entry + 10])) + len(b"obj")
    return content[start : content.index(b"endobj", start)]


def _reference(body: bytes, key: bytes) -> int:
    return _number(body, key)


def _number(body: bytes, key: bytes) -> int:
    found = re.search(rb"/%s\s+(\d+)" % key, body)
    if found is None:
        raise OutputError(f"PDF 书签：缺少 /{key.decode('ascii')}。办法：用 write_atlas() 写成的文件，不要改动。")
    return int(found[1])
