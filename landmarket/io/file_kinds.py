"""What a file of layers must hold by its name (文件类型): GDAL goes by content alone, wherever that leads.

A text that only names another file, an address on the network or a program to run is opened like a layer, whatever the
file is called; so is a GeoJSON whose coordinate system stands behind an address. None of them reaches GDAL.
"""

from __future__ import annotations

import json
import mmap
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from landmarket.errors import ReadError
from landmarket.paths import is_folder, refuse_pipe

GEODATABASE = ".gdb"
_HEADS: Mapping[str, re.Pattern[bytes]] = MappingProxyType(
    {
        ".shp": re.compile(rb"\x00\x00\x27\x0a"),
        ".gpkg": re.compile(rb"SQLite format 3\x00"),
        ".fgb": re.compile(rb"fgb"),
        ".geojson": re.compile(rb"\s*[{\[]"),
        ".json": re.compile(rb"\s*[{\[]"),
        ".geojsonl": re.compile(rb"[\s\x1e]*[{\[]"),
        ".kml": re.compile(rb"\s*<"),
        ".gml": re.compile(rb"\s*<"),
        ".mif": re.compile(rb"\s*version", re.IGNORECASE),
        ".tab": re.compile(rb"\s*!table", re.IGNORECASE),
        ".dxf": re.compile(rb"\s*(?:0|999)\s|AutoCAD Binary DXF"),
    }
)
_JSON = (".geojson", ".json", ".geojsonl")
_BOM = b"\xef\xbb\xbf"
_HEAD = 1 << 20
_ELSEWHERE = re.compile(rb"<OGR[A-Za-z]*DataSource|_Capabilities|gdal_streamed_alg")
_CRS_KEY = re.compile(rb'"(?:c|\\u00[46]3)(?:r|\\u00[57]2)(?:s|\\u00[57]3)"\s*:\s*', re.IGNORECASE)
_MOST_CRS = 1 << 16
_NAMED = ("name", "epsg")


def require_own_layers(path: Path) -> None:
    """Raise for a file that is not what its name says, or whose layers lie elsewhere.

    Parameters
    ----------
    path : Path
        A file that is there, or a FileGDB folder.

    Raises
    ------
    ReadError
        If it is of an unknown kind, does not begin as its kind does, or refers to another file or the network.
    """
    if is_folder(path):
        if path.suffix.lower() != GEODATABASE or not any(path.glob("*.gdbtable")):
            raise ReadError(
                f"{path}：是文件夹，不是 FileGDB（.gdb），其中也没有 county.toml。"
                "办法：指明其中的图层文件（如 .shp），或有 county.toml 的县文件夹。"
            )
        return
    head = _HEADS.get(path.suffix.lower())
    if head is None:
        known = "、".join((*_HEADS, GEODATABASE, ".parquet", ".txt（勘测定界坐标文件）", ".zip"))
        raise ReadError(
            f"{path}：不认识的图层格式 {path.suffix or '（没有扩展名）'}。能读：{known}。办法：转换后再读。"
        )
    try:
        refuse_pipe(path)
        with path.open("rb") as file:
            begin = file.read(_HEAD).removeprefix(_BOM)
    except OSError as error:
        raise ReadError(f"{path}：打不开（{error.strerror}）。办法：检查路径与权限。") from error
    if not head.match(begin):
        raise ReadError(
            f"{path}：不能作为矢量数据读取（内容不是 {path.suffix}）。"
            "办法：重新导出为 Shapefile、GeoPackage 或 FileGDB。"
        )
    found = _ELSEWHERE.search(begin)
    if found:
        raise ReadError(f"{path}：指向别的文件或网络（{found[0].decode()}），不读。办法：用实际存放图层的文件。")
    if path.suffix.lower() in _JSON:
        _require_named_crs(path)


def _require_named_crs(path: Path) -> None:
    """Raise where the coordinate system of a GeoJSON would be fetched from somewhere."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        for key in _CRS_KEY.finditer(text):
            if not _is_named(text[key.end() : key.end() + _MOST_CRS].decode("utf-8", "replace")):
                raise ReadError(
                    f"{path}：坐标系（crs）写成了网址或链接，不上网去取。"
                    "办法：删去 crs，用 crs= 指明，或另存为 GeoPackage。"
                )


def _is_named(text: str) -> bool:
    """Tell whether the value that a text begins with is a coordinate system by name, or none."""

    def kinds(pairs: list[tuple[str, object]]) -> list[object]:
        return [value for key, value in pairs if key.casefold() == "type"] or [None]

    try:
        value, _ = json.JSONDecoder(object_pairs_hook=kinds).raw_decode(text)
    except (ValueError, RecursionError):
        return False
    return not isinstance(value, list) or all(str(kind).casefold() in _NAMED for kind in value)
