"""What a file that was handed over may hold, whatever its data said: looked at in the file itself, by its kind."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_FUNCTIONS = "SUM|SUBTOTAL|SUMPRODUCT|SUMIFS?|COUNT|COUNTIFS?|EXACT|ISNUMBER|ROUND|IF|ABS|MAX|MIN"
_OURS = re.compile(rf'=(?:(?:{_FUNCTIONS})\(|\$?[A-Z]{{1,3}}\$?\d+|[-+*/(),.:;&<>=\d ]|"[\u4e00-\u9fff]{{0,9}}")+')
_SHEET = re.compile(r"'(?:[^']|'')+'!")
_PDF_ACTION = re.compile(rb"/(?:JavaScript|JS|Launch|URI|OpenAction|EmbeddedFiles?|SubmitForm|GoToR|AA)\b")
_PDF_STREAM = re.compile(rb"\bstream\r?\n.*?endstream", re.DOTALL)


def unsafe_files(run: Path) -> Iterator[str]:
    """What in a run folder could run, compute, fetch or escape; each with the file."""
    for path in sorted(run.rglob("*")):
        name = path.relative_to(run).as_posix()
        if not all(part.isprintable() and not set(part) & set('<>:"\\|?*') for part in name.split("/")):
            yield f"{name}：文件名"
        look = _BY_KIND.get(path.suffix.lower())
        if path.is_file() and look is not None:
            yield from (f"{name}：{wrong}" for wrong in look(path))


def _workbook(path: Path) -> Iterator[str]:
    with zipfile.ZipFile(path) as packed:
        yield from (name for name in packed.namelist() if re.search("(?i)macro|vba|external|embeddings", name))
        yield from _foreign_links(packed)
    for sheet in openpyxl.load_workbook(path):
        for cell in (cell for row in sheet.iter_rows() for cell in row):
            formula = _SHEET.sub("", str(cell.value)) if cell.data_type == "f" else ""
            if formula and not _OURS.fullmatch(formula):
                yield f"{sheet.title}!{cell.coordinate} {cell.value}"
            if cell.hyperlink is not None and cell.hyperlink.target is not None:
                yield f"{sheet.title}!{cell.coordinate} 链接 {cell.hyperlink.target}"


def _foreign_links(packed: zipfile.ZipFile) -> Iterator[str]:
    for name in packed.namelist():
        data = packed.read(name)
        if b'TargetMode="External"' in data or b"w:altChunk" in data or b"<!ENTITY" in data:
            yield f"{name} 引用外部"
        if name.endswith((".xml", ".rels")):
            ET.fromstring(data)  # noqa: S314  # our own


def _document(path: Path) -> Iterator[str]:
    with zipfile.ZipFile(path) as packed:
        yield from _foreign_links(packed)
        text = packed.read("word/document.xml")
    fields = re.findall(rb"<w:instrText[^>]*>([^<]*)<", text)
    yield from (f"域 {field!r}" for field in fields if field.strip() not in (b"PAGE", b"NUMPAGES"))


def _table(path: Path) -> Iterator[str]:
    text = path.read_bytes().decode("utf-8-sig")
    for number, row in enumerate(csv.reader(io.StringIO(text, newline="")), start=1):
        for cell in row:
            bare = cell.lstrip(" \u3000\u00a0\ufeff")
            if bare.startswith(_DANGEROUS) and not re.fullmatch(r"-\d+(\.\d+)?(e-?\d+)?", bare):
                yield f"第 {number} 行 {cell!r}"


def _picture(path: Path) -> Iterator[str]:
    for element in ET.parse(path).iter():  # noqa: S314  # our own
        tag = str(element.tag).rpartition("}")[2].lower()
        if tag in ("script", "foreignobject", "a", "iframe", "animate", "set"):
            yield f"元素 {tag}"
        for key, value in element.attrib.items():
            bare = key.rpartition("}")[2].lower()
            if bare.startswith("on") or (bare == "href" and not value.startswith(("#", "data:image/png;base64,"))):
                yield f"属性 {bare}={value[:40]}"


def _print(path: Path) -> Iterator[str]:
    yield from {repr(found) for found in _PDF_ACTION.findall(_PDF_STREAM.sub(b"", path.read_bytes()))}


def _layers(path: Path) -> Iterator[str]:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as book:
        made = book.execute("SELECT type, name FROM sqlite_master WHERE type IN ('view', 'trigger')").fetchall()
        whole = book.execute("PRAGMA integrity_check").fetchone()[0]
        styled = book.execute("SELECT 1 FROM sqlite_master WHERE name = 'layer_styles'").fetchone()
        styles = book.execute("SELECT styleQML FROM layer_styles").fetchall() if styled else []
    known = ("rtree_", "gpkg_tile_matrix_", "trigger_insert_feature_count_", "trigger_delete_feature_count_")
    yield from (f"{kind} {name}" for kind, name in made if kind == "view" or not name.startswith(known))
    if whole != "ok":
        yield str(whole)
    for (style,) in styles:
        ET.fromstring(style)  # noqa: S314  # our own


def _rules(path: Path) -> Iterator[str]:
    tomllib.loads(path.read_text(encoding="utf-8"))
    yield from ()


def _facts(path: Path) -> Iterator[str]:
    json.loads(path.read_text(encoding="utf-8"))
    yield from ()


_BY_KIND: dict[str, Callable[[Path], Iterator[str]]] = {
    ".xlsx": _workbook,
    ".docx": _document,
    ".csv": _table,
    ".svg": _picture,
    ".pdf": _print,
    ".gpkg": _layers,
    ".toml": _rules,
    ".json": _facts,
}
