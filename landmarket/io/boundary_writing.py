"""Parcels written as the bureau's boundary text file (勘测定界坐标文件): X is north and comes first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import shapely

from landmarket.errors import BadValueError, CrsError, named_rows
from landmarket.io.boundary_form import PREFIX, Zone, boundary_form, zone_of_crs
from landmarket.io.boundary_lines import COORDINATES, HEADER
from landmarket.io.boundary_rings import Point, ring_faults
from landmarket.io.boundary_text import EXTRA, EXTRA_AFTER, HEADER_ATTR
from landmarket.io.whole import write_whole

_BREAKS = re.compile(r"[,@\[\]【】\r\n]")
_LINE_BREAKS = re.compile(r"[\r\n]")
_HECTARE = 10_000


def write_boundary_text(
    parcels: gpd.GeoDataFrame, path: str | Path, header: Mapping[str, str] = MappingProxyType({})
) -> Path:
    """Write parcels as a boundary text file (勘测定界坐标文件), UTF-8, zone numbers in the eastings.

    Parameters
    ----------
    parcels : GeoDataFrame
        Polygons in a 3- or 6-degree zone of CGCS2000, with or without zone number. ``地块编号`` (else
        ``parcel_code``), ``地块名称``, ``图幅号``, ``地块用途``, ``地类编码`` and what a file had beyond them are
        written where they are, and so is the header that a file had (``attrs``).
    path : path-like
        The file; an older one is replaced in one step.
    header : mapping of str to str, optional
        Keys of [属性描述] that go before those of the table, such as 数据产生单位. Zone, unit and system are always
        those that are written.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    CrsError
        If the coordinate system is another one.
    BadValueError
        If a row is no single polygon or falls together when rounded, or a text would break a line.
    OutputError
        If it cannot be written.
    """
    zone = zone_of_crs(parcels.crs)
    if zone is None:
        raise CrsError(f"{parcels.crs} 不是 CGCS2000 的 3 度带或 6 度带坐标系。办法：先转换，如 to_crs('EPSG:4547')。")
    polygons = _polygons(parcels)
    _require_inside(parcels, zone)
    keys = _header(parcels, header, zone)
    decimals = max(boundary_form().decimals, _decimals(keys["精度"]))
    heads = _heads(parcels)
    lines = [HEADER, *(f"{key}={value}" for key, value in keys.items()), COORDINATES]
    for row, shape, (facts, after) in zip(parcels.index, polygons, heads, strict=True):
        points = _points(shape, zone, decimals)
        faults = ring_faults([_read_back(point) for point in points])
        if faults:
            raise BadValueError(
                f"第 {row} 行：坐标取到 {decimals} 位小数后不成面（{faults[0].said}）。办法：删去过密的界址点。"
            )
        lines += [",".join([str(len(points)), _hectares(shape), *facts, "@", *after]), *map(_line, points)]
    file = Path(path)
    write_whole(file, ("\r\n".join(lines) + "\r\n").encode())
    return file


def _polygons(parcels: gpd.GeoDataFrame) -> list[shapely.Polygon]:
    shapes = parcels.geometry
    bad = ~((shapes.geom_type == "Polygon") & ~shapes.is_empty & shapes.is_valid)
    if bad.any():
        raise BadValueError(
            f"图形不是单个有效的面，{named_rows(parcels.index[bad])}。办法：多部件拆成单部件，修复图形后再写。"
        )
    return [shape for shape in shapes if isinstance(shape, shapely.Polygon)]


def _require_inside(parcels: gpd.GeoDataFrame, zone: Zone) -> None:
    """Raise where a polygon lies outside what a file can say of its zone."""
    form, bounds = boundary_form(), parcels.geometry.bounds
    plain = bounds[["minx", "maxx"]] % PREFIX
    (west, east), (south, north) = (map(float, limits) for limits in (form.eastings, form.northings))
    bad = (plain.min(axis=1) < west) | (plain.max(axis=1) > east)
    bad |= (bounds["miny"] < south) | (bounds["maxy"] > north)
    bad |= ~(bounds[["minx", "maxx"]] // PREFIX).isin([0, zone.number]).all(axis=1)
    if bad.any():
        raise BadValueError(
            f"坐标不在 {zone.width.degrees} 度带 {zone.number} 带的范围内，{named_rows(parcels.index[bad])}。"
            "办法：检查坐标系与纵横坐标的次序。"
        )


def _header(parcels: gpd.GeoDataFrame, given: Mapping[str, str], zone: Zone) -> dict[str, str]:
    known = boundary_form().header
    read = parcels.attrs.get(HEADER_ATTR, {})
    keys = dict(known) | {str(key): str(value) for key, value in {**read, **given}.items()}
    fixed = ("坐标系", "投影类型", "计量单位")
    keys |= {key: known[key] for key in fixed} | {"几度分带": str(zone.width.degrees), "带号": str(zone.number)}
    for key, value in keys.items():
        if not key.strip() or _LINE_BREAKS.search(key + value) or "=" in key or key.strip()[:1] in ("[", "【"):
            raise BadValueError(
                f"属性描述 {key!r} = {value!r} 写成一行读不回来。办法：键不含等号、方括号，值不含换行。"
            )
    return keys


def _decimals(accuracy: str) -> int:
    """Decimals of a stated accuracy such as 0.001; none where it is no such number."""
    return len(accuracy.partition(".")[2]) if re.fullmatch(r"[0-9]\.[0-9]{1,6}", accuracy, re.ASCII) else 0


def _heads(parcels: gpd.GeoDataFrame) -> list[tuple[list[str], list[str]]]:
    """For each parcel what its line has before and behind the ``@``, count and area left out."""
    form = boundary_form()
    before: list[list[str]] = []
    for name in form.facts:
        given = "parcel_code" if name == "地块编号" and name not in parcels.columns else name
        before.append([form.area_shape] * len(parcels) if name == "图形属性" else _texts(parcels, given))
    before += [_texts(parcels, name) for name in _numbered(parcels, EXTRA)]
    after = [_texts(parcels, name) for name in _numbered(parcels, EXTRA_AFTER)]
    return [([column[i] for column in before], [column[i] for column in after]) for i in range(len(parcels))]


def _numbered(parcels: gpd.GeoDataFrame, stem: str) -> list[str]:
    found = [str(name) for name in parcels.columns if re.fullmatch(rf"{stem}[0-9]{{1,3}}", str(name))]
    return sorted(found, key=lambda name: int(name.removeprefix(stem)))


def _texts(parcels: gpd.GeoDataFrame, name: str) -> list[str]:
    if name not in parcels.columns:
        return [""] * len(parcels)
    texts = parcels[name].astype("string").fillna("")
    bad = texts.str.contains(_BREAKS).to_numpy(dtype=bool)
    if bad.any():
        rows = named_rows(parcels.index[bad], texts[bad])
        raise BadValueError(f"列 {name} 的值含逗号、@、方括号或换行，{rows}。办法：删去这些字符。")
    return [str(text) for text in texts]


def _hectares(shape: shapely.Polygon) -> str:
    step = Decimal(1).scaleb(-boundary_form().area_decimals)
    return str((Decimal(repr(float(shape.area))) / _HECTARE).quantize(step, ROUND_HALF_UP))


_Written = tuple[str, int, Decimal, Decimal]


def _points(shape: shapely.Polygon, zone: Zone, decimals: int) -> list[_Written]:
    """Name, ring, northing and easting of all points; numbers run on, and a ring ends with the point it began with."""
    points: list[_Written] = []
    first, step = 1, Decimal(1).scaleb(-decimals)
    for ring, outline in enumerate([shape.exterior, *shape.interiors], start=1):
        places = [(Decimal(repr(float(y))), Decimal(repr(float(x)))) for x, y, *_ in outline.coords]
        names = [*range(first, first + len(places) - 1), first]
        for name, (north, east) in zip(names, places, strict=True):
            written = [value.quantize(step, ROUND_HALF_UP) for value in (north, east % PREFIX + zone.number * PREFIX)]
            points.append((f"J{name}", ring, written[0], written[1]))
        first += len(places) - 1
    return points


def _line(point: _Written) -> str:
    name, ring, north, east = point
    return f"{name},{ring},{north},{east}"


def _read_back(point: _Written) -> Point:
    name, ring, north, east = point
    return Point(0, name, ring, float(north), float(east % PREFIX))
