"""The layers that a grading rule names (定级图层): read, in one coordinate system, tied to the villages."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd
import shapely
from pyproj import CRS

from landmarket.checks import require_projected
from landmarket.columns import rename_map
from landmarket.errors import CrsError, MissingColumnError, ReadError, named_rows
from landmarket.geometry import in_system
from landmarket.io.parcels import read_layer
from landmarket.io.sheet_tables import sheet_numbers, sheet_table
from landmarket.pricing.factors.terrain import Elevation, read_elevation
from landmarket.pricing.grading.rule import AreaFactor, GradingRule, LayerFile, PointFactor, RoadFactor, TerrainFactor
from landmarket.pricing.notice_findings import Finding

_OVERLAP = 1e-6

Layers = Mapping[str, gpd.GeoDataFrame | Elevation]
"""The layers of a rule by their key."""


def read_grading_layers(rule: GradingRule, villages: gpd.GeoDataFrame) -> Layers:
    """Read the layers of a grading rule.

    Parameters
    ----------
    rule : GradingRule
        The rule.
    villages : GeoDataFrame
        Villages with their code as index, projected; all layers are brought to their coordinate system.

    Returns
    -------
    mapping of str to GeoDataFrame or Elevation
        By the keys of the rule. A table of villages is joined to their shapes.

    Raises
    ------
    ReadError, CrsError
        If a file cannot be read, or its coordinate system is missing or wrong; if a table lacks villages.
    BadValueError
        If a cell of a table is no number.
    """
    crs = require_projected(villages, "read_grading_layers")
    terrain = {factor.layer for factor in rule.factors if isinstance(factor, TerrainFactor)}
    read: dict[str, gpd.GeoDataFrame | Elevation] = {}
    for key, file in rule.layers.items():
        if key in terrain:
            read[key] = read_elevation(file.path, crs)
        elif file.key:
            columns = [f.column for f in rule.factors if isinstance(f, AreaFactor) and f.layer == key]
            read[key] = _village_table(file, columns, villages)
        else:
            read[key] = _vector(file, crs)
    return read


def _vector(file: LayerFile, crs: CRS) -> gpd.GeoDataFrame:
    layer = in_system(read_layer(file.path, layer=file.layer), crs)
    shapes = layer.geometry.to_numpy()
    lost = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if lost.all():
        raise CrsError(f"{file.path}：没有任何图形。办法：核对图层。")
    if lost.any():
        raise ReadError(f"{file.path}：有的行没有图形，{named_rows(layer.index[lost])}。办法：补上图形，或删去这些行。")
    return layer


def _village_table(file: LayerFile, columns: list[str], villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    table = sheet_table(file.path, [file.key, *columns])
    codes = table[file.key]
    repeated = codes[codes.duplicated()]
    lacking = villages.index[~villages.index.isin(codes)]
    if len(repeated) or len(lacking):
        what = "村代码重复" if len(repeated) else "缺少这些村"
        rows = [f"第 {row} 行 {code}" for row, code in repeated.items()] if len(repeated) else list(lacking)
        raise ReadError(f"{file.path}：{what}，{named_rows(rows)}。办法：每个村一行，代码为文本。")
    read = {name: sheet_numbers(table, name, file.path) for name in columns}
    numbers = pd.DataFrame(read, index=table.index).set_axis(codes, axis=0)
    return gpd.GeoDataFrame(numbers.reindex(villages.index), geometry=villages.geometry, crs=villages.crs)


def column_of(layer: gpd.GeoDataFrame, name: str, where: str) -> str:
    """Find a column of a layer by the header its file has.

    Parameters
    ----------
    layer : GeoDataFrame
        As `landmarket.io.read_layer` gives it: headers that ``columns.csv`` knows are identifiers.
    name : str
        Header in the file, or identifier.
    where : str
        Factor and layer, for the message.

    Returns
    -------
    str
        Name of the column in the layer.

    Raises
    ------
    MissingColumnError
        If there is none.
    """
    for candidate in (name, *rename_map([name]).values()):
        if candidate in layer.columns:
            return candidate
    raise MissingColumnError(
        f"{where} 没有列 {name}。现有列：{'、'.join(map(str, layer.columns))}。办法：改正规则文件。"
    )


def layer_findings(rule: GradingRule, layers: Layers, villages: gpd.GeoDataFrame) -> list[Finding]:
    """Find facilities and roads that lie outside the county.

    Parameters
    ----------
    rule : GradingRule
        The rule.
    layers : mapping of str to GeoDataFrame or Elevation
        Its layers.
    villages : GeoDataFrame
        Villages of the county.

    Returns
    -------
    list of Finding
        One a layer. What lies outside still acts inside, as far as it reaches.

    Raises
    ------
    CrsError
        If none of a layer lies in the county.
    """
    county = shapely.union_all(villages.geometry.to_numpy())
    shapely.prepare(county)
    found = []
    used = {f.layer: f.name for f in rule.factors if isinstance(f, PointFactor | RoadFactor)}
    used |= {f.roads: f.name for f in rule.factors if isinstance(f, PointFactor) and f.roads}
    for key, factor in used.items():
        layer = layers[key]
        if isinstance(layer, Elevation):
            continue
        inside = shapely.intersects(county, layer.geometry.to_numpy())
        if not inside.any():
            raise CrsError(f"图层 {key}（{factor}）没有一个要素在县内。办法：核对坐标系与带号，或换用本县的图层。")
        if not inside.all():
            away = [f"第 {row} 行" for row in layer.index[~inside]]
            found.append(
                Finding(
                    "提示",
                    f"图层 {key}",
                    named_rows(away),
                    "要素在县界以外",
                    "县外要素在其影响半径内仍起作用；不应计入的，从图层中删去",
                )
            )
    areas = {f.layer: f.name for f in rule.factors if isinstance(f, AreaFactor)}
    for key, factor in areas.items():
        layer = layers[key]
        if not isinstance(layer, Elevation):
            found += _overlap_findings(key, factor, layer)
    return found


def _overlap_findings(key: str, factor: str, layer: gpd.GeoDataFrame) -> list[Finding]:
    shapes = layer.geometry.to_numpy()
    twice = float(shapely.area(shapes).sum() - shapely.area(shapely.union_all(shapely.make_valid(shapes))))
    if twice <= _OVERLAP * float(shapely.area(shapes).sum()):
        return []
    said = f"重叠 {twice / 1e6:.3f} km²"
    return [Finding("警告", f"图层 {key}", said, f"{factor} 的图斑互相重叠", "重叠处取平均值；应先在图层中消除重叠")]
