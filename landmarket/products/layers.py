"""Layers of a county for other programs (图层): GeoPackage with styles, Shapefile in GB18030, FileGDB."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio

from landmarket.products.work import Work
from landmarket.report.file_geodatabase import DRIVER, write_file_geodatabase
from landmarket.report.geopackage import write_geopackage
from landmarket.report.layer_style import Category, LayerStyle, Range
from landmarket.report.shapefile import ENCODING, TEXT_BYTES, write_shapefile

LAYERS = "图层.gpkg"
SHAPEFILE = "宗地.shp"
GEODATABASE = "图层.gdb"
PARCELS, PRICES, VILLAGES = "宗地", "地价", "村界"

_ENTRY = (
    Category("可入市", "可入市", "#1a9850"),
    Category("待核实", "待核实", "#fee08b"),
    Category("不可入市", "不可入市", "#d73027"),
)
_PAPER = "#f7f5ee"
_PALE_TO_DARK = ("#fff3d6", "#fdcf86", "#f79a4b", "#dd5f2a", "#a8321a")
_SHOWN = [
    "township", "village", "owner", "area", "planned_use_name", "allowed", "reason_text", "price_use", "grade",
    "unit_price", "total_price", "price_gap", "mode", "outcome", "start_price", "deal_price", "deal_on", "deal_gap",
]  # fmt: skip
_REASONS = ("reason_text", "price_gap", "deal_gap")
_IN_FULL = f"……（全文见 {LAYERS}）"
_PRICED = ["township", "village", "area", "price_use", "grade", "unit_price", "floor_price", "total_price"]


def write_layers(work: Work, path: Path, created: datetime) -> None:
    """Write parcels, prices and villages as one GeoPackage that QGIS opens coloured.

    Parameters
    ----------
    work : Work
        The county's results.
    path : Path
        The ``.gpkg`` file.
    created : datetime
        Time of layers and styles.
    """
    layers = _layers(work)
    styles = {
        PARCELS: LayerStyle("入市资格", "allowed", _ENTRY, label_column="parcel_code", other_colour="#cccccc"),
        VILLAGES: LayerStyle("村界", "", (), label_column="village", other_colour=_PAPER),
    }
    if PRICES in layers:
        ranges = _ranges(layers[PRICES])
        styles[PRICES] = LayerStyle("地面单价（元/㎡）", "unit_price", ranges, label_column="unit_price")
    write_geopackage(path, layers, styles, created=created)


def write_parcel_shapefile(work: Work, path: Path) -> None:
    """Write the parcels as a shapefile in GB18030, with a list of its fields beside it.

    Reasons of our own that a field has no room for are cut, and say where they stand in full; a text of the county's
    is never cut.

    Parameters
    ----------
    work : Work
        The county's results.
    path : Path
        The ``.shp`` file.
    """
    layer = parcel_layer(work)
    write_shapefile(path, layer.assign(**{name: layer[name].map(_fitting, na_action="ignore") for name in _REASONS}))


def _fitting(text: str) -> str:
    """A text, cut where a field has no room for it."""
    if len(text.encode(ENCODING)) <= TEXT_BYTES:
        return text
    room = TEXT_BYTES - len(_IN_FULL.encode(ENCODING))
    return text.encode(ENCODING)[:room].decode(ENCODING, errors="ignore") + _IN_FULL


def writes_geodatabase() -> bool:
    """Tell whether the installed GDAL writes file geodatabases (能否写 FileGDB).

    Returns
    -------
    bool
        True where it does.
    """
    return "w" in pyogrio.list_drivers().get(DRIVER, "")


def write_geodatabase(work: Work, path: Path) -> None:
    """Write parcels, prices and villages as a file geodatabase.

    Parameters
    ----------
    work : Work
        The county's results.
    path : Path
        The ``.gdb`` folder.
    """
    write_file_geodatabase(path, _layers(work))


def parcel_layer(work: Work) -> gpd.GeoDataFrame:
    """Choose the columns of the parcels that other programs are given (宗地图层).

    Parameters
    ----------
    work : Work
        The county's results.

    Returns
    -------
    GeoDataFrame
        Every accepted parcel, indexed by its code.
    """
    table = work.outcome.table
    return table[[*_SHOWN, table.geometry.name]]


def _layers(work: Work) -> dict[str, gpd.GeoDataFrame]:
    """Choose the layers; that of prices is left out where nothing has one."""
    villages, table = work.scenario.villages, work.outcome.table
    layers = {VILLAGES: villages[["village", "township", villages.geometry.name]], PARCELS: parcel_layer(work)}
    priced = table.loc[table["unit_price"].notna(), [*_PRICED, table.geometry.name]]
    return {**layers, PRICES: priced} if len(priced) else layers


def _ranges(priced: gpd.GeoDataFrame) -> tuple[Range, ...]:
    """Divide prices into at most five classes of about equal numbers."""
    prices = priced["unit_price"].to_numpy(dtype="float64")
    edges = np.unique(np.quantile(prices, np.linspace(0, 1, len(_PALE_TO_DARK) + 1), method="nearest")).tolist()
    ends = list(pairwise(edges if len(edges) > 1 else edges * 2))
    return tuple(
        Range(low, high, f"{low:g}—{high:g}", colour) for (low, high), colour in zip(ends, _PALE_TO_DARK, strict=False)
    )
