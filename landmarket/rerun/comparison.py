"""Whether two runs are equal (成果比对): file by file, and where the first difference is.

Equal bytes are equal. Other files are compared by what they hold, with two things taken out: times of the clock, and
the random names that map pages give their parts.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from itertools import zip_longest
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio

from landmarket.errors import ReadError
from landmarket.io.manifest import INTERNAL, KEY, MANIFEST
from landmarket.paths import is_folder

SAME_BYTES, SAME_CONTENT, DIFFERENT, MISSING = "逐字节相同", "内容相同", "不同", "缺少"
_ROW = ["file", "result", "difference"]
_OF_THE_RUN = {MANIFEST, f"{INTERNAL}/{KEY}"}
_CLOCK = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?")
_RANDOM_NAME = re.compile(r"\b[0-9a-f]{32}\b|run-\d{8}-\d{6}-[0-9a-f]{4}")
_PDF_TIMES = re.compile(rb"/(?:CreationDate|ModDate) \([^)]*\)|/ID \[[^\]]*\]")
_PROPERTIES = ("docProps/core.xml",)
_SHOWN = 60
_GEODATABASE = ".gdb"
Compare = Callable[[Path, Path], str]


def compare_runs(left: Path, right: Path) -> pd.DataFrame:
    """Compare two run folders file by file (比对两次成果).

    Parameters
    ----------
    left, right : Path
        Run folders, or copies of them.

    Returns
    -------
    DataFrame
        One row per file but the manifest and the key of fingerprints: ``file``, ``result`` (逐字节相同, 内容相同, 不同,
        缺少) and ``difference``: where the first one is, or which file cannot be read.

    Raises
    ------
    ReadError
        If there is no such folder.
    """
    for folder in (left, right):
        if not is_folder(folder):
            raise ReadError(f"{folder}：没有这个成果目录。办法：检查路径。")
    names = sorted(_names(left) | _names(right))
    return pd.DataFrame([(name, *_compared(left / name, right / name)) for name in names], columns=_ROW)


def _names(folder: Path) -> set[str]:
    files = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    return {_whole(path).as_posix() for path in files} - _OF_THE_RUN


def _whole(path: Path) -> Path:
    """The file, or the FileGDB it is a part of."""
    return next((parent for parent in path.parents if parent.suffix.lower() == _GEODATABASE), path)


def _compared(left: Path, right: Path) -> tuple[str, str]:
    for path, which in ((left, "前一次"), (right, "后一次")):
        if not path.exists():
            return MISSING, f"{which}没有这个文件"
    compare = _BY_ENDING.get(left.suffix.lower(), _bytes)
    try:
        if left.is_file() and left.read_bytes() == right.read_bytes():
            return SAME_BYTES, ""
        said = compare(left, right)
    except Exception as error:  # noqa: BLE001 - a damaged file breaks its library in any way
        sides = [which for path, which in ((left, "前一次"), (right, "后一次")) if not _readable(path, compare)]
        return DIFFERENT, f"{'、'.join(sides) or '两次'}的文件损坏或读不了（{type(error).__name__}），没有比对内容"
    return (DIFFERENT, said) if said else (SAME_CONTENT, "时间与随机编号不计")


def _readable(path: Path, compare: Compare) -> bool:
    """Tell whether a file can be compared with itself."""
    try:
        compare(path, path)
    except Exception:  # noqa: BLE001 - as above
        return False
    return True


def _bytes(left: Path, right: Path) -> str:
    return f"字节不同（{left.stat().st_size} 与 {right.stat().st_size} 字节）"


def _text(left: Path, right: Path) -> str:
    pairs = (path.read_text(encoding="utf-8", errors="surrogateescape").splitlines() for path in (left, right))
    return _lines(*pairs)


def _lines(left: list[str], right: list[str]) -> str:
    for number, (one, other) in enumerate(zip_longest(left, right, fillvalue=""), start=1):
        a, b = (_RANDOM_NAME.sub("", _CLOCK.sub("", line)) for line in (one, other))
        if a != b:
            at = next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
            return f"第 {number} 行：{_cut(a, at)} 与 {_cut(b, at)}"
    return ""


def _cut(text: str, at: int) -> str:
    return repr(text[max(0, at - 10) : at + _SHOWN])


def _pdf(left: Path, right: Path) -> str:
    same = len({_PDF_TIMES.sub(b"", path.read_bytes()) for path in (left, right)}) == 1
    return "" if same else "除日期、编号外内容不同"


def _parquet(left: Path, right: Path) -> str:
    return _tables(_parquet_table(left), _parquet_table(right), "")


def _parquet_table(path: Path) -> pd.DataFrame:
    """Table of a file; lists and records are compared as they print."""
    stored = pq.read_table(path)
    nested = {field.name: stored[field.name] for field in stored.schema if pa.types.is_nested(field.type)}
    table: pd.DataFrame = stored.to_pandas()
    return table.assign(**{name: list(map(repr, cells.to_pylist())) for name, cells in nested.items()})


def _layers(left: Path, right: Path) -> str:
    layers = [dict(pyogrio.list_layers(path)) for path in (left, right)]
    if layers[0] != layers[1]:
        return f"图层不同：{'、'.join(layers[0])} 与 {'、'.join(layers[1])}"
    for layer in layers[0]:
        said = _tables(_layer(left, layer), _layer(right, layer), f"图层 {layer}：")
        if said:
            return said
    return ""


def _layer(path: Path, layer: str) -> pd.DataFrame:
    table = pyogrio.read_dataframe(path, layer=layer, fid_as_index=True)
    if isinstance(table, gpd.GeoDataFrame):
        table = table.to_wkb(hex=True)
    return pd.DataFrame(table.drop(columns="update_time", errors="ignore").astype("str"))


def _tables(left: pd.DataFrame, right: pd.DataFrame, where: str) -> str:
    """First difference of two tables: columns, rows, types, then cells; missing equals missing."""
    for what, heads in (
        ("列", (left.columns, right.columns)),
        ("类型", (left.dtypes, right.dtypes)),
        ("行", (left.index, right.index)),
    ):
        texts = [list(map(str, head)) for head in heads]
        if texts[0] != texts[1]:
            one, other = next((x, y) for x, y in zip_longest(*texts) if x != y)
            return f"{where}{what}不同：{one} 与 {other}"
    for name in left.columns:
        cells = [table[name].astype("object").where(table[name].notna(), None).to_list() for table in (left, right)]
        row = next((row for row, (x, y) in enumerate(zip(*cells, strict=True)) if x is not y and x != y), None)
        if row is not None:
            return f"{where}第 {row + 1} 行（{left.index[row]}）{name}：{cells[0][row]!r} 与 {cells[1][row]!r}"
    return ""


def _office(left: Path, right: Path) -> str:
    """Members of a workbook or document but its properties; a difference in a sheet is told by its cell."""
    first, second = (dict(_members(path)) for path in (left, right))
    for name in sorted(first.keys() | second.keys()):
        a, b = first.get(name, b""), second.get(name, b"")
        if a == b:
            continue
        texts = [data.decode("utf-8", "replace").replace("><", ">\n<").splitlines() for data in (a, b)]
        said = _cells(*texts) if name.startswith("xl/worksheets/") else _lines(*texts)
        if said:
            return f"{_sheet_name(first, name)}：{said}"
    return ""


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name not in _PROPERTIES:
                yield name, archive.read(name)


def _sheet_name(members: Mapping[str, bytes], name: str) -> str:
    """Name of a worksheet as the reader sees it."""
    number = re.fullmatch(r"xl/worksheets/sheet(\d+)\.xml", name)
    sheets = re.findall(r'<sheet name="([^"]*)"', members.get("xl/workbook.xml", b"").decode("utf-8"))
    return f"工作表 {sheets[int(number[1]) - 1]}" if number and int(number[1]) <= len(sheets) else name


def _cells(left: list[str], right: list[str]) -> str:
    said = _lines(left, right)
    if not said:
        return ""
    line = int(said.split()[1])
    above = [found[1] for text in left[:line] if (found := re.match(r'<c r="([A-Z]+\d+)"', text))]
    return f"单元格 {above[-1] if above else '—'}：{said.partition('：')[2]}"


_BY_ENDING: Mapping[str, Compare] = {
    ".parquet": _parquet,
    ".gpkg": _layers,
    _GEODATABASE: _layers,
    ".xlsx": _office,
    ".docx": _office,
    ".pdf": _pdf,
    **dict.fromkeys((".html", ".csv", ".txt", ".json", ".toml", ".svg", ".xml"), _text),
}
