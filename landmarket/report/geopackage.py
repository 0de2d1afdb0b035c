"""A GeoPackage that QGIS opens coloured, labelled and with Chinese names of fields (带样式的 GeoPackage)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import pyogrio

from landmarket.errors import BadValueError, CrsError, OutputError
from landmarket.io.manifest import require_public
from landmarket.io.whole import file_beside
from landmarket.report.layer_style import LayerStyle, layer_qml, symbol_kind

STYLES_TABLE = "layer_styles"
GEOMETRY, _KEY = "geom", "fid"
_RESERVED = ("gpkg_", "rtree_", "sqlite_", STYLES_TABLE)
_NAME_LENGTH = 30
_VERSION = "1.2"  # newer ones make the GDAL of older machines warn
_NOT_WHOLE = "写入的要素数与图层不符"
# The columns and types are those of the table that QGIS makes when a style is saved into a GeoPackage.
_MAKE_STYLES = f"""
CREATE TABLE "{STYLES_TABLE}" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  "f_table_catalog" TEXT(256), "f_table_schema" TEXT(256), "f_table_name" TEXT(256), "f_geometry_column" TEXT(256),
  "styleName" TEXT(30), "styleQML" TEXT, "styleSLD" TEXT, "useAsDefault" BOOLEAN, "description" TEXT,
  "owner" TEXT(30), "ui" TEXT(30), "update_time" DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)"""
_ADD_STYLE = f"""
INSERT INTO "{STYLES_TABLE}" (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML,
  styleSLD, useAsDefault, description, owner, ui, update_time)
VALUES ('', '', ?, ?, ?, ?, '', 1, ?, '', NULL, ?)"""  # noqa: S608  # the name of the table is ours
_REGISTER = """
INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id)
VALUES (?, 'attributes', ?, '', ?, 0)"""


def write_geopackage(
    path: Path,
    layers: Mapping[str, gpd.GeoDataFrame],
    styles: Mapping[str, LayerStyle],
    *,
    created: datetime,
) -> None:
    """Write layers with their styles as a GeoPackage, whole or not at all.

    Parameters
    ----------
    path : Path
        The ``.gpkg`` file; an older one is replaced.
    layers : mapping of str to GeoDataFrame
        By the name of the layer, each with a coordinate system. A named index becomes a column.
    styles : mapping of str to LayerStyle
        By the name of the layer: how QGIS draws it unless told otherwise. A layer without one is drawn plainly.
    created : datetime
        Time of layers and styles.

    Raises
    ------
    BadValueError
        If a column is secret, a name cannot be used, a style has no layer, or geometries are of several kinds.
    CrsError
        If a layer has no coordinate system.
    MissingColumnError
        If a layer lacks the column of its style.
    OutputError
        If it cannot be written whole.

    Notes
    -----
    QGIS looks styles up in the table ``layer_styles`` by layer and geometry column; it is registered in
    ``gpkg_contents`` as attributes, so that other programs show it as a table.
    """
    tables = {name: _table(name, layer) for name, layer in layers.items()}
    _require_layer_names(tables, styles)
    kinds = {name: symbol_kind(table, f"图层 {name}") for name, table in tables.items()}
    made = {name: (style, layer_qml(style, tables[name])) for name, style in styles.items()}
    stamp = created if created.tzinfo is None else created.astimezone(UTC)
    moment = f"{stamp:%Y-%m-%dT%H:%M:%S}.000Z"
    with _whole(path) as part:
        for name, table in tables.items():
            _write_layer(part, name, table, multi=kinds[name] != "marker")
        with closing(sqlite3.connect(part)) as book, book:
            book.execute("UPDATE gpkg_contents SET last_change = ?", (moment,))
            book.execute(_MAKE_STYLES)
            book.execute(_REGISTER, (STYLES_TABLE, STYLES_TABLE, moment))
            for name, (style, qml) in made.items():
                book.execute(_ADD_STYLE, (name, GEOMETRY, style.name, qml, style.name, moment))
        for name, table in tables.items():  # a disk that fills up while the file is closed is not reported
            if pyogrio.read_info(part, layer=name)["features"] != len(table):
                raise OutputError(f"{path}：图层 {name} {_NOT_WHOLE}。办法：检查磁盘后重写。")


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """Give a file beside the one that is wanted, and put it in its place at the end."""
    with file_beside(path) as part:
        try:
            yield part
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, sqlite3.Error) as error:
            raise OSError(str(error)) from error


def _write_layer(path: Path, name: str, table: gpd.GeoDataFrame, *, multi: bool) -> None:
    pyogrio.write_dataframe(
        table,
        path,
        layer=name,
        driver="GPKG",
        dataset_options={"VERSION": _VERSION},
        append=path.exists(),
        promote_to_multi=multi,
        layer_options={"GEOMETRY_NAME": GEOMETRY, "FID": _KEY},
    )


def _table(name: str, layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Make a table whose columns a GeoPackage can hold."""
    table = layer.reset_index() if layer.index.name is not None else layer.reset_index(drop=True)
    where = f"图层 {name}"
    require_public(table.columns, where)
    if table.crs is None:
        raise CrsError(f"{where}：没有坐标系。办法：读入时写明，或用 set_crs。")
    names = [str(one).casefold() for one in table.columns if one != table.geometry.name]
    wrong = sorted({one for one in names if names.count(one) > 1 or one in (GEOMETRY, _KEY) or not one.strip()})
    if wrong:
        raise BadValueError(
            f"{where}：列名 {'、'.join(wrong)} 为空、重复（不分大小写），或为 {GEOMETRY}、{_KEY}。办法：改列名。"
        )
    return table


def _require_layer_names(layers: Mapping[str, gpd.GeoDataFrame], styles: Mapping[str, LayerStyle]) -> None:
    folded = [name.casefold() for name in layers]
    wrong = [
        name
        for name in layers
        if not name[:1].isalnum() or name.casefold().startswith(_RESERVED) or folded.count(name.casefold()) > 1
    ]
    if wrong or not layers:
        raise BadValueError(
            f"GeoPackage：图层名 {'、'.join(wrong) or '（无）'} 不能用。办法：以字或数字开头，不重名，不用系统表名。"
        )
    stray = [name for name in styles if name not in layers]
    long = [style.name for style in styles.values() if not 0 < len(style.name) <= _NAME_LENGTH]
    if stray or long:
        raise BadValueError(
            f"GeoPackage：样式 {'、'.join(stray + long)} 没有对应图层，或名称不在 1—{_NAME_LENGTH} 字。办法：改正样式。"
        )
