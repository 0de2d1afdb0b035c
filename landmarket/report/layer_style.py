"""How QGIS draws a layer (图层样式): colours by class or by range, labels, Chinese names of fields, as QML text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import geopandas as gpd

from landmarket.checks import require_columns
from landmarket.columns import header
from landmarket.errors import BadValueError
from landmarket.report.cells import safe_text

OTHER = "其他"
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_OUTLINE, _INK, _PAPER, _OPAQUE = "#4d4954", "#26241f", "#ffffff", 255
_KINDS = {
    "Polygon": "fill",
    "MultiPolygon": "fill",
    "LineString": "line",
    "MultiLineString": "line",
    "Point": "marker",
    "MultiPoint": "marker",
}
_PLACEMENT = {"fill": "4", "line": "2", "marker": "0"}  # horizontal, along the line, around the point
_PLAIN = {"symbollevels": "0", "forceraster": "0", "enableorderby": "0"}
_MARKS = {
    "fill": ("SimpleFill", "color", {"outline_color": _OUTLINE, "outline_width": "0.2", "outline_style": "solid"}),
    "line": ("SimpleLine", "line_color", {"line_width": "0.5", "line_style": "solid"}),
    "marker": (
        "SimpleMarker",
        "color",
        {"outline_color": _OUTLINE, "outline_width": "0.2", "name": "circle", "size": "2.4"},
    ),
}


class Category(NamedTuple):
    """One class of a layer by its value (分类).

    Attributes
    ----------
    value : str or int
        The value in the column.
    label, colour : str
        What the legend says, and ``#rrggbb``.
    """

    value: str | int
    label: str
    colour: str


class Range(NamedTuple):
    """One class of a layer by the range its number lies in (分级).

    Attributes
    ----------
    lower, upper : float
        Ends of the range, both in it; where two ranges meet the first one has the number.
    label, colour : str
        What the legend says, and ``#rrggbb``.
    """

    lower: float
    upper: float
    label: str
    colour: str


@dataclass(frozen=True)
class LayerStyle:
    """How a layer is drawn (图层样式).

    Attributes
    ----------
    name : str
        What the style is called, at most 30 characters.
    column : str
        The column that decides the colour; empty: every feature is drawn in ``other_colour``.
    classes : tuple of Category or Range
        All of one kind, in the order of the legend; none where no column decides.
    label_column : str
        The column a feature is labelled with; empty: no labels.
    other_colour : str
        ``#rrggbb`` of features of no category, legend 其他; empty: they are not drawn. Of features in no range QGIS
        draws nothing.
    """

    name: str
    column: str
    classes: tuple[Category | Range, ...]
    label_column: str = ""
    other_colour: str = ""


def layer_qml(style: LayerStyle, layer: gpd.GeoDataFrame) -> str:
    """Write a style as QGIS reads it (QML).

    Parameters
    ----------
    style : LayerStyle
        The style.
    layer : GeoDataFrame
        The layer it is for, its index already a column.

    Returns
    -------
    str
        XML with a categorised or graduated renderer, labels, and the Chinese header of each column as its alias. All
        text of the data is escaped.

    Raises
    ------
    MissingColumnError
        If the layer lacks the column of the colours or of the labels.
    BadValueError
        If there is no class, a colour is none, a range is empty, or geometries are of several kinds.
    """
    require_columns(layer, [name for name in (style.column, style.label_column) if name], f"图层样式 {style.name}")
    _require_sound(style)
    kind = symbol_kind(layer, style.name)
    root = ET.Element("qgis", {"version": "3.28.0", "labelsEnabled": "1" if style.label_column else "0"})
    _add_renderer(root, style, kind)
    if style.label_column:
        _add_labels(root, style.label_column, kind)
    aliases = ET.SubElement(root, "aliases")
    for place, name in enumerate((one for one in layer.columns if one != layer.geometry.name), start=1):  # 0: fid
        _add(aliases, "alias", {"index": str(place), "field": str(name), "name": header(name)})
    return _DOCTYPE + ET.tostring(root, encoding="unicode")


def symbol_kind(layer: gpd.GeoDataFrame, where: str) -> str:
    """Tell what a layer's features are drawn as (符号类型).

    Parameters
    ----------
    layer : GeoDataFrame
        The layer.
    where : str
        What is written, for the message.

    Returns
    -------
    str
        ``fill``, ``line`` or ``marker``; ``fill`` for a layer without a geometry.

    Raises
    ------
    BadValueError
        If geometries are of several kinds, or of one that cannot be drawn.
    """
    types = sorted(set(layer.geom_type.dropna()))
    kinds = {_KINDS.get(one, "") for one in types} or {"fill"}
    if len(kinds) > 1 or "" in kinds:
        raise BadValueError(f"{where}：图形类型 {'、'.join(types)} 不能同层绘制。办法：面、线、点分开成层。")
    return kinds.pop()


def _require_sound(style: LayerStyle) -> None:
    colours = [*(one.colour for one in style.classes), *filter(None, [style.other_colour])]
    wrong = [colour for colour in colours if not _COLOUR.fullmatch(colour)]
    if not style.column and (style.classes or not style.other_colour):
        raise BadValueError(f"图层样式 {style.name}：没有着色的列。办法：写明 column；单一颜色的只写 other_colour。")
    if (style.column and not style.classes) or wrong:
        what = f"颜色 {'、'.join(wrong)} 不是 #rrggbb" if wrong else "没有分类"
        raise BadValueError(f"图层样式 {style.name}：{what}。办法：写成 #8c2f1b 之类，至少一类。")
    if len({type(one) for one in style.classes}) > 1:
        raise BadValueError(f"图层样式 {style.name}：分类与分级混用。办法：只用一种。")
    empty = [one.label for one in style.classes if isinstance(one, Range) and not one.lower <= one.upper]
    if empty:
        raise BadValueError(f"图层样式 {style.name}：分级 {'、'.join(empty)} 的下限大于上限。办法：改正分级。")


def _add(parent: ET.Element, tag: str, attributes: Mapping[str, str]) -> ET.Element:
    """Add an element; characters that XML cannot hold become visible ones."""
    return ET.SubElement(parent, tag, {key: safe_text(value) for key, value in attributes.items()})


def _add_renderer(root: ET.Element, style: LayerStyle, kind: str) -> None:
    if not style.column:
        single = _add(root, "renderer-v2", {"type": "singleSymbol", **_PLAIN})
        _add_symbol(ET.SubElement(single, "symbols"), "0", kind, style.other_colour)
        return
    graduated = isinstance(style.classes[0], Range)
    type_of = (
        {"type": "graduatedSymbol", "graduatedMethod": "GraduatedColor"} if graduated else {"type": "categorizedSymbol"}
    )
    renderer = _add(root, "renderer-v2", {"attr": style.column, **type_of, **_PLAIN})
    listed = ET.SubElement(renderer, "ranges" if graduated else "categories")
    symbols = ET.SubElement(renderer, "symbols")
    for place, one in enumerate(style.classes):
        shown = {"symbol": str(place), "label": one.label, "render": "true"}
        if isinstance(one, Range):
            _add(listed, "range", {"lower": repr(float(one.lower)), "upper": repr(float(one.upper)), **shown})
        else:
            value_type = "long" if isinstance(one.value, int) else "string"
            _add(listed, "category", {"value": str(one.value), "type": value_type, **shown})
        _add_symbol(symbols, str(place), kind, one.colour)
    if style.other_colour and not graduated:
        place = len(style.classes)
        _add(
            listed, "category", {"value": "", "type": "string", "symbol": str(place), "label": OTHER, "render": "true"}
        )
        _add_symbol(symbols, str(place), kind, style.other_colour)


def _add_symbol(symbols: ET.Element, name: str, kind: str, colour: str) -> None:
    symbol = _add(
        symbols, "symbol", {"name": name, "type": kind, "alpha": "1", "clip_to_extent": "1", "force_rhr": "0"}
    )
    class_name, coloured, others = _MARKS[kind]
    layer = _add(symbol, "layer", {"class": class_name, "enabled": "1", "locked": "0", "pass": "0"})
    options = ET.SubElement(layer, "Option", {"type": "Map"})
    for key, value in {coloured: colour, **others}.items():
        _add(options, "Option", {"name": key, "type": "QString", "value": _rgba(value) if value[0] == "#" else value})


def _add_labels(root: ET.Element, column: str, kind: str) -> None:
    settings = ET.SubElement(_add(root, "labeling", {"type": "simple"}), "settings", {"calloutType": "simple"})
    text = {
        "fieldName": column,
        "isExpression": "0",
        "fontSize": "8",
        "fontSizeUnit": "Point",
        "textColor": _rgba(_INK),
    }
    style = _add(settings, "text-style", text)
    buffer = {"bufferDraw": "1", "bufferSize": "0.8", "bufferSizeUnits": "MM", "bufferColor": _rgba(_PAPER)}
    _add(style, "text-buffer", buffer)
    _add(settings, "placement", {"placement": _PLACEMENT[kind]})
    _add(settings, "rendering", {"drawLabels": "1", "obstacle": "1"})


def _rgba(colour: str) -> str:
    return ",".join(str(part) for part in (*bytes.fromhex(colour[1:]), _OPAQUE))
