"""Factor scores of any units (各因素作用分), with what gave them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landmarket.errors import BadValueError, named_rows
from landmarket.io.values import to_number
from landmarket.pricing.factors.facilities import functional_scores, level_radii, ready
from landmarket.pricing.factors.formulas import BEST, area_score, road_influence, size_index
from landmarket.pricing.factors.points import governing_facilities
from landmarket.pricing.factors.road_network import RoadNetwork, road_network
from landmarket.pricing.factors.roads import governing_roads
from landmarket.pricing.factors.terrain import Elevation, relief, slope
from landmarket.pricing.factors.unit_points import unit_points
from landmarket.pricing.grading.layers import Layers, column_of
from landmarket.pricing.grading.rule import (
    AreaFactor,
    Combine,
    FacilityKind,
    Factor,
    GradingRule,
    Level,
    Measure,
    PointFactor,
    RoadFactor,
    TerrainFactor,
)
from landmarket.pricing.kinds import Floats

_NO_SOURCES = pd.DataFrame({"name": pd.Series(dtype="str"), "level": pd.Series(dtype="str"), "score": [], "radius": []})


class Reach(NamedTuple):
    """How influence radii are computed (影响半径的计算条件).

    Attributes
    ----------
    served : float
        Area of the county [㎡], for radii by formula.
    stretch : float
        What every radius is multiplied with, to see how much hangs on it.
    """

    served: float
    stretch: float = 1.0


@dataclass(frozen=True, eq=False)
class Influence:
    """One part of a factor's score (作用来源): facilities of one function, roads, or a value of the place itself.

    Attributes
    ----------
    label : str
        What acts, such as 医院 or 县级功能.
    weight : float
        What its score is multiplied with in the factor.
    found : DataFrame
        On the units' index: ``score``; for facilities and roads ``facility`` (position in ``sources``, −1 for none) and
        ``distance`` [m]; for values of the place ``value``.
    sources : DataFrame
        ``name, level, score, radius`` [m] of each facility or road; no rows for values of the place.
    unit : str
        Unit of the value.
    note : str
        How the value became a score, in Chinese.
    """

    label: str
    weight: float
    found: pd.DataFrame
    sources: pd.DataFrame
    unit: str = ""
    note: str = ""


@dataclass(frozen=True, eq=False)
class FactorScores:
    """Scores of units (作用分表), and where they come from.

    Attributes
    ----------
    table : DataFrame
        One row a unit, one column a factor: 0 to 100, not rounded; missing where a factor has no value.
    influences : mapping of str to tuple of Influence
        By factor. The weighted sum of the parts is the factor's score, up to 100.
    """

    table: pd.DataFrame
    influences: Mapping[str, tuple[Influence, ...]]


def score_factors(units: gpd.GeoDataFrame, rule: GradingRule, layers: Layers, reach: Reach) -> FactorScores:
    """Score units by every factor of a rule (因素作用分).

    Parameters
    ----------
    units : GeoDataFrame
        Cells, parcels or villages, in the layers' coordinate system; scored at `unit_points`.
    rule : GradingRule
        The rule.
    layers : mapping of str to GeoDataFrame or Elevation
        Its layers, as `read_grading_layers` gives them.
    reach : Reach
        How influence radii are computed.

    Returns
    -------
    FactorScores
        On the units' index.

    Raises
    ------
    MissingColumnError, BadValueError, CrsError
        If a layer lacks a column, a level or class is unknown, or a value cannot be used.
    """
    influences = {factor.name: factor_influences(units, factor, layers, reach) for factor in rule.factors}
    table = pd.DataFrame({name: summed(parts) for name, parts in influences.items()}, index=units.index)
    return FactorScores(table, influences)


def summed(parts: tuple[Influence, ...]) -> pd.Series[float]:
    """Add up the parts of a factor's score.

    Parameters
    ----------
    parts : tuple of Influence
        As `factor_influences` gives them.

    Returns
    -------
    Series of float
        On the units' index, at most 100: functions of several centres may add up to more.
    """
    whole = parts[0].weight * parts[0].found["score"]
    for part in parts[1:]:
        whole = whole + part.weight * part.found["score"]
    return whole.clip(upper=BEST)


def factor_influences(units: gpd.GeoDataFrame, factor: Factor, layers: Layers, reach: Reach) -> tuple[Influence, ...]:
    """Score units by one factor.

    Parameters
    ----------
    units : GeoDataFrame
        As for `score_factors`.
    factor : Factor
        The factor.
    layers : mapping of str to GeoDataFrame or Elevation
        As for `score_factors`.
    reach : Reach
        As for `score_factors`.

    Returns
    -------
    tuple of Influence
        The parts of its score.
    """
    layer = layers[factor.layer]
    if isinstance(factor, TerrainFactor):
        if not isinstance(layer, Elevation):
            raise BadValueError(f"因素 {factor.name} 的图层 {factor.layer} 不是高程栅格。办法：改正规则文件。")
        return (_terrain(units, factor, layer),)
    if isinstance(layer, Elevation):
        raise BadValueError(f"因素 {factor.name} 的图层 {factor.layer} 是栅格，应为矢量。办法：改正规则文件。")
    if isinstance(factor, RoadFactor):
        return (_roads(units, factor, layer, reach),)
    if isinstance(factor, AreaFactor):
        return (_area(units, factor, layer),)
    network = None
    if factor.roads:
        roads = layers[factor.roads]
        if isinstance(roads, Elevation):
            raise BadValueError(f"因素 {factor.name} 的道路图层 {factor.roads} 是栅格，应为线。办法：改正规则文件。")
        network = road_network(roads)
    return tuple(part for kind in factor.kinds for part in _facilities(units, factor, kind, layer, network, reach))


def _facilities(
    units: gpd.GeoDataFrame,
    factor: PointFactor,
    kind: FacilityKind,
    layer: gpd.GeoDataFrame,
    network: RoadNetwork | None,
    reach: Reach,
) -> list[Influence]:
    where = f"因素 {factor.name} 的图层 {factor.layer}"
    kinds, level_name = column_of(layer, factor.kind_column, where), column_of(layer, factor.level_column, where)
    levels = layer[level_name].astype("str")
    own = layer[layer[kinds].eq(kind.name) & ~levels.isin(kind.leave_out)]
    if not len(own):
        raise BadValueError(f"{where} 没有 {factor.kind_column} = {kind.name} 的设施。办法：核对名称。")
    names = own[column_of(layer, factor.name_column, where)].astype("str").fillna("（无名）")
    level, order = levels.loc[own.index], [one.name for one in kind.levels]
    _require_levels(level, order, f"{where}（{kind.name}）")
    surveyed = pd.Series({one.name: one.radius for one in kind.levels}, dtype="float64")
    radii = reach.stretch * level_radii(level, order, reach.served, surveyed)
    index = _index(own, kind, level, where)
    if kind.combine is Combine.BEST:
        acting = ready(own, index, level.map(radii).astype("float64"))
        found = governing_facilities(units, acting, decay=factor.decay, roads=network)
        return [Influence(kind.name, kind.weight, found, _sources(acting, names, level))]
    functions = functional_scores(index, level, [name for name in order if (level == name).any()])
    parts = []
    for function in functions.columns:
        acting = ready(own, functions[function], pd.Series(radii[function], index=own.index))
        found = governing_facilities(units, acting, decay=factor.decay, roads=network)
        label = f"{kind.name}（{function}功能）"
        parts.append(Influence(label, kind.weight, found, _sources(acting, names, level)))
    return parts


def _sources(acting: gpd.GeoDataFrame, names: pd.Series[str], level: pd.Series[str]) -> pd.DataFrame:
    """List what acts: name, level, score and radius."""
    table = pd.DataFrame(acting[["score", "radius"]])
    return table.assign(name=names, level=level)[["name", "level", "score", "radius"]].reset_index(drop=True)


def _require_levels(level: pd.Series[str], order: list[str], where: str) -> None:
    unknown = ~level.isin(order)
    if unknown.any():
        rows = named_rows(level.index[unknown], level[unknown])
        raise BadValueError(
            f"{where} 的级别不在规则的 {'、'.join(order)} 之中，{rows}。"
            "办法：改正级别，或在规则中补上该级别，或列入 leave_out。"
        )


def _index(own: gpd.GeoDataFrame, kind: FacilityKind, level: pd.Series[str], where: str) -> pd.Series[float]:
    """Score each facility at its own place: as its level is given, else by its size."""
    given = {one.name: one.score for one in kind.levels}
    if all(score is not None for score in given.values()):
        return level.map(given).astype("float64")
    columns = [column_of(own, name, where) for name in kind.sizes]
    return size_index(pd.DataFrame({name: _numbers(own, name, where) for name in columns}))


def _numbers(layer: gpd.GeoDataFrame, name: str, where: str) -> pd.Series[float]:
    values, bad = to_number(layer[name])
    if bad.any():
        rows = named_rows(layer.index[bad], layer.loc[bad, name])
        raise BadValueError(f"{where}：列 {name} 不是数，{rows}。办法：改正源数据。")
    return values


def _roads(units: gpd.GeoDataFrame, factor: RoadFactor, layer: gpd.GeoDataFrame, reach: Reach) -> Influence:
    where = f"因素 {factor.name} 的图层 {factor.layer}"
    kinds = layer[column_of(layer, factor.class_column, where)].astype("str")
    classes = {one.name: one for one in factor.classes}
    own = layer[~kinds.isin(factor.leave_out)]
    if not len(own):
        raise BadValueError(f"{where} 没有计入的道路。办法：核对道路等级与 leave_out。")
    kinds = kinds.loc[own.index]
    _require_levels(kinds, list(classes), where)
    lengths = own.geometry.length.groupby(kinds).sum()
    radius = {
        name: reach.stretch * _road_radius(classes[name], reach.served, float(lengths[name])) for name in lengths.index
    }
    score = kinds.map({name: one.score for name, one in classes.items()}).astype("float64")
    acting = own.assign(score=score, radius=kinds.map(radius).astype("float64"))
    found = governing_roads(units, acting, decay=factor.decay)
    names = own[column_of(layer, factor.name_column, where)].astype("str").fillna("（无名）")
    return Influence("道路", 1.0, found, _sources(acting, names, kinds))


def _road_radius(one: Level, served: float, length: float) -> float:
    return road_influence(served, length) if one.radius is None else one.radius


def _area(units: gpd.GeoDataFrame, factor: AreaFactor, layer: gpd.GeoDataFrame) -> Influence:
    """Take the value of the polygon that each unit's point lies in; of several the mean, of none no value."""
    where = f"因素 {factor.name} 的图层 {factor.layer}"
    numbers = _numbers(layer, column_of(layer, factor.column, where), where).to_numpy()
    points = shapely.points(unit_points(units))
    at, polygon = shapely.STRtree(layer.geometry.to_numpy()).query(points, predicate="intersects")
    known = np.isfinite(numbers[polygon])
    summed = np.bincount(at[known], weights=numbers[polygon[known]], minlength=len(units))
    counted = np.bincount(at[known], minlength=len(units))
    values = np.divide(summed, counted, out=np.full(len(units), np.nan), where=counted > 0)
    return _placed(units, factor, values, factor.unit)


def _terrain(units: gpd.GeoDataFrame, factor: TerrainFactor, heights: Elevation) -> Influence:
    surface = slope(heights) if factor.measure is Measure.SLOPE else relief(heights, factor.window)
    return _placed(units, factor, heights.at(surface, unit_points(units)), factor.unit)


def _placed(
    units: gpd.GeoDataFrame,
    factor: AreaFactor | TerrainFactor,
    values: Floats,
    unit: str,
) -> Influence:
    found = pd.DataFrame({"score": area_score(values, factor.worst, factor.best), "value": values}, index=units.index)
    note = f"{factor.worst:g} 及更差为 0 分，{factor.best:g} 及更好为 100 分"
    return Influence(factor.name, 1.0, found, _NO_SOURCES, unit, note)
