"""Layers put in their place (坐标系): what file, caller, coordinates and codes say of the system, held together."""

from __future__ import annotations

import warnings

import geopandas as gpd
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from landmarket.crs import (
    GEOGRAPHIC,
    PREFIX,
    Recognised,
    distorts,
    extent_on_earth,
    far_rows,
    place_of,
    recognise_crs,
    swap_axes,
    zone_crs,
)
from landmarket.errors import CoordinateWarning, CrsError, named_rows
from landmarket.io.datum import datum_note
from landmarket.io.provinces import province_of_codes

_FIRST_MERIDIAN, _LAST_MERIDIAN = 75, 135


def with_crs(layer: gpd.GeoDataFrame, crs: str | None, where: str) -> tuple[gpd.GeoDataFrame, str]:
    """Give a layer its coordinate system: the file's, the caller's, or the one its coordinates show.

    Parameters
    ----------
    layer : GeoDataFrame
        The layer as read; where it has codes, its place is held against the province they name.
    crs : str or None
        What the caller says; goes before the coordinates, not against the file.
    where : str
        File name for messages.

    Returns
    -------
    layer : GeoDataFrame
        With a coordinate system, axes in order.
    note : str
        What was recognised, in Chinese.

    Raises
    ------
    CrsError
        If file, caller and coordinates contradict each other, or nothing decides.

    Warns
    -----
    CoordinateWarning
        If the system stands on an older datum, the layer does not lie where its codes say, or areas are not true in
        its system.
    """
    located, note = _located(layer, crs, where)
    notes = (datum_note(_system(located)), _place_note(located), _area_note(located))
    doubts = [doubt for doubt in notes if doubt]
    for doubt in doubts:
        warnings.warn(f"{where}：{doubt}。", CoordinateWarning, stacklevel=2)
    return located, "；".join([note, *doubts])


def _system(layer: gpd.GeoDataFrame) -> CRS:
    if layer.crs is None:  # it has one by now
        raise CrsError("图层没有坐标系。办法：读取时用 crs= 指明。")
    return layer.crs


def _located(layer: gpd.GeoDataFrame, crs: str | None, where: str) -> tuple[gpd.GeoDataFrame, str]:
    told = None if crs is None else _told(crs, where)
    stated = layer.crs if layer.crs is not None else told
    if stated is not None:
        _require_usable(stated, where)
    if layer.crs is not None and told is not None and not told.equals(layer.crs):
        raise CrsError(
            f"{where}：文件写明 {layer.crs.to_string()}，参数 crs={crs} 与之不同。办法：去掉 crs= 或改正 .prj。"
        )
    shapes = layer.geometry.to_numpy()
    present = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if not present.any():
        if stated is None:
            raise CrsError(f"{where}：没有图形，也没有坐标系。办法：检查文件是否完整。")
        return layer.set_crs(stated), "没有图形"
    min_x, min_y, max_x, max_y = extent_on_earth(shapes)
    seen = recognise_crs((min_x, min_y, max_x, max_y))
    if seen.swapped:
        layer = swap_axes(layer)
    if stated is None:
        if seen.crs is None:
            raise CrsError(
                f"{where}：没有坐标系说明（.prj），{seen.note}。"
                f"范围 x {min_x:.0f}—{max_x:.0f}，y {min_y:.0f}—{max_y:.0f}。"
                f"{_far_note(layer)}{_zones_of_codes(layer)}"
                f"办法：用 crs=（命令行 --crs）指明，如 crs='EPSG:4547'（中央经线114°）。"
            )
        return layer.set_crs(seen.crs), f"{seen.note}，判为 {seen.crs.to_string()}（基准按 CGCS2000，坐标看不出）"
    _refuse_contradiction(stated, seen, where)
    layer = layer if layer.crs is not None else layer.set_crs(stated)
    return layer, f"{stated.to_string()}（{stated.name}）" + ("，已调换纵横坐标" if seen.swapped else "")


def _told(crs: str, where: str) -> CRS:
    try:
        return CRS.from_user_input(crs)
    except (ProjError, UnicodeEncodeError) as error:
        raise CrsError(f"{where}：不认识坐标系 crs={crs!r}。办法：写成 EPSG 代码，如 crs='EPSG:4547'。") from error


def _require_usable(stated: CRS, where: str) -> None:
    """Raise where a system is described but cannot be computed with, as from a damaged .prj."""
    try:
        Transformer.from_crs(stated, GEOGRAPHIC, always_xy=True)
    except ProjError as error:
        raise CrsError(
            f"{where}：坐标系的定义有误，不能换算（{error}）。办法：改正 .prj，或删去它，用 crs= 指明。"
        ) from error


def _refuse_contradiction(stated: CRS, seen: Recognised, where: str) -> None:
    """Raise where the stated system cannot have these coordinates."""
    degrees = seen.crs is not None and seen.crs.is_geographic
    if stated.is_geographic != degrees:
        raise CrsError(
            f"{where}：写明的坐标系是 {stated.to_string()}（{stated.name}），但{seen.note}。办法：改正 .prj 或 crs=。"
        )
    said, there = _prefix(stated), _prefix(seen.crs) if seen.crs is not None else None
    if seen.crs is not None and said != there:
        carries = f"的带号是 {said}" if said else "不带带号"
        raise CrsError(
            f"{where}：写明的坐标系 {stated.to_string()}（{stated.name}）{carries}，但{seen.note}。"
            f"办法：改正 .prj 或 crs=；CGCS2000 的 {there} 带是 {seen.crs.to_string()}。"
        )
    if seen.crs is None and said:
        raise CrsError(
            f"{where}：写明的坐标系 {stated.to_string()} 带带号，但{seen.note}。办法：改为不带带号的坐标系。"
        )


def _prefix(crs: CRS) -> int:
    """Zone number in the eastings of a system, 0 where they carry none."""
    operation = crs.coordinate_operation
    parameters = operation.params if operation is not None else []
    easting = max((float(p.value) for p in parameters if p.name == "False easting"), default=0.0)
    return int(easting // PREFIX)


def _place_note(layer: gpd.GeoDataFrame) -> str:
    """Say that a layer does not lie in the province that its codes name."""
    province = province_of_codes(layer)
    place = None if province is None else place_of(layer, _system(layer))
    if province is None or place is None or province.holds(*place):
        return ""
    return (
        f"坐标在东经 {place[0]:.1f}°、北纬 {place[1]:.1f}°，而代码以 {province.code} 开头，是{province.name}。"
        "办法：核对坐标系（中央经线、带号）与代码"
    )


def _area_note(layer: gpd.GeoDataFrame) -> str:
    """Say that areas cannot be taken in the system of a layer."""
    if not distorts(layer):
        return ""
    return (
        f"{_system(layer).name}的面积不是实际面积，检查与测算先换算到 CGCS2000 3 度带。"
        "办法：核对坐标系；确是的，最好索要 3 度带坐标的成果"
    )


def _far_note(layer: gpd.GeoDataFrame) -> str:
    """Name rows that lie far from the others: the extent may be theirs alone."""
    far = far_rows(layer.geometry.to_numpy())
    if not far.any():
        return ""
    places = [f"{x:.0f}, {y:.0f}" for x, y, *_ in shapely.bounds(layer.geometry.to_numpy()[far])]
    return f"远离其余图形的{named_rows(layer.index[far], places)}，先核对这些行的坐标。"


def _zones_of_codes(layer: gpd.GeoDataFrame) -> str:
    """Say which central meridians put a layer into the province that its codes name."""
    province = province_of_codes(layer)
    if province is None:
        return ""
    found = []
    for meridian in range(_FIRST_MERIDIAN, _LAST_MERIDIAN + 1, 3):
        system = zone_crs(float(meridian))
        place = place_of(layer, system)
        if place is not None and province.holds(*place):
            found.append(f"{system.to_string()}（中央经线 {meridian}°）")
    if not found:
        return f"代码以 {province.code} 开头，是{province.name}，但没有一条中央经线使坐标落在省内。"
    return f"代码以 {province.code} 开头，是{province.name}，可能是 {'、'.join(found)}。"
