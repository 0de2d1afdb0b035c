"""Shapes that a file holds and that are no geometry here (未读出的图形), such as surfaces of triangles."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio

SHAPES_NOT_READ = "shapes_not_read"
"""Where a layer that was read carries them, in its ``attrs``."""

_FLAT = ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")
_KINDS = {15: "多面体表面", 16: "三角网 TIN", 17: "三角形"}  # codes of OGC 06-103r4, table 7
_HEAD = 5
"""Bytes before the content of a shape: byte order and type."""


def shapes_not_read(path: Path, layer: str, frame: gpd.GeoDataFrame) -> dict[int, str]:
    """Name the shapes that the file holds but the rows lack (未读出的图形).

    Parameters
    ----------
    path : Path
        The file.
    layer : str
        Its layer.
    frame : GeoDataFrame
        All its rows in the order of the file, as read.

    Returns
    -------
    dict of int to str
        By row of the index, the kind of its shape in Chinese; a row that has no shape in the file either is not in it.
    """
    missing = np.flatnonzero(frame.geometry.isna())
    if not len(missing) or str(pyogrio.read_info(path, layer=layer)["geometry_type"]).split(" ")[0] in _FLAT:
        return {}
    shapes = pyogrio.raw.read(path, layer=layer)[2]
    rows = zip(frame.index[missing].tolist(), shapes[missing], strict=True)
    return {row: _kind(content) for row, content in rows if content is not None}


def _kind(content: bytes) -> str:
    """The kind of a shape in WKB, whose heights and measures add to its code."""
    code = int.from_bytes(content[1:_HEAD], "little" if content[:1] == b"\x01" else "big")
    code = (code & 0x0FFFFFFF) % 1000
    return _KINDS.get(code, f"不认识的图形（类型 {code}）")
