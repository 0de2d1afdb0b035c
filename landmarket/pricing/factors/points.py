"""Facilities that act over a distance (点状因素): the one that acts most decides."""

from __future__ import annotations

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.checks import require_columns, require_same_crs, require_values
from landmarket.errors import BadValueError, named_rows
from landmarket.pricing.factors.formulas import BEST, FORMULAS, Decay
from landmarket.pricing.factors.reach import Strongest, strongest
from landmarket.pricing.factors.road_network import RoadNetwork
from landmarket.pricing.factors.unit_points import unit_points
from landmarket.pricing.kinds import Floats


def point_scores(
    units: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    *,
    decay: Decay | str = Decay.LINEAR,
    roads: RoadNetwork | None = None,
) -> pd.Series[float]:
    """Score units by the facility that acts on them most (点状因素).

    Parameters
    ----------
    units : GeoDataFrame
        Points, parcels, villages or cells, projected [m]. A polygon is scored at the point that `unit_points` gives.
    facilities : GeoDataFrame
        Facilities with ``score`` (above 0, at most 100) and ``radius`` [m], in the same coordinate system.
    decay : Decay, default "linear"
        How the score falls with distance.
    roads : RoadNetwork, optional
        Distances are measured along these roads; straight where not given.

    Returns
    -------
    Series of float
        Score 0 to 100 on the units' index: the largest over all facilities; 0 where none reaches.

    Raises
    ------
    MissingColumnError
        If the facilities lack a column.
    CrsError
        If a coordinate system is missing, in degrees, or not the other layer's.
    BadValueError
        If there is no facility, a radius or score is out of range, a score under 1 is to decay exponentially, or a
        shape is missing.
    """
    return governing_facilities(units, facilities, decay=decay, roads=roads)["score"]


def governing_facilities(
    units: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    *,
    decay: Decay | str = Decay.LINEAR,
    roads: RoadNetwork | None = None,
) -> pd.DataFrame:
    """Find the facility that gives each unit its score, and how far it is.

    Parameters
    ----------
    units, facilities : GeoDataFrame
        As for `point_scores`.
    decay : Decay, default "linear"
        As for `point_scores`.
    roads : RoadNetwork, optional
        As for `point_scores`.

    Returns
    -------
    DataFrame
        On the units' index: ``score``, ``facility`` (position in ``facilities``, −1 where none reaches) and
        ``distance`` [m] (nan where none reaches). Of equal scores the facility that comes first counts.

    Raises
    ------
    MissingColumnError, CrsError, BadValueError
        As for `point_scores`.
    """
    require_same_crs(units, facilities, "point_scores")
    found = _strongest(unit_points(units), _sources(facilities, Decay(decay)), Decay(decay), roads)
    return pd.DataFrame({"score": found.score, "facility": found.source, "distance": found.distance}, index=units.index)


def kind_scores(
    units: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    *,
    decay: Decay | str = Decay.LINEAR,
    roads: RoadNetwork | None = None,
) -> pd.DataFrame:
    """Score units by the facilities of each kind (各类设施的作用分), the units' points being read once.

    Parameters
    ----------
    units : GeoDataFrame
        As for `point_scores`.
    facilities : GeoDataFrame
        As for `point_scores`, with ``kind``: 学校, 医院 …
    decay : Decay, default "linear"
        As for `point_scores`.
    roads : RoadNetwork, optional
        As for `point_scores`.

    Returns
    -------
    DataFrame
        On the units' index, a column a kind in the order of the facilities: what `point_scores` gives for them.

    Raises
    ------
    MissingColumnError, CrsError, BadValueError
        As for `point_scores`; also if a kind is missing.
    """
    require_columns(facilities, ["kind"], "kind_scores")
    require_same_crs(units, facilities, "kind_scores")
    cure = "补上设施类别，如 学校、医院。"
    require_values(facilities, "kind", facilities["kind"].isna() | facilities["kind"].eq(""), cure, "kind_scores")
    points, every = unit_points(units), _sources(facilities, Decay(decay))
    codes, kinds = pd.factorize(facilities["kind"])
    of_kind = [_Sources(*(values[codes == code] for values in every)) for code in range(len(kinds))]
    scores = [_strongest(points, sources, Decay(decay), roads).score for sources in of_kind]
    return pd.DataFrame(dict(zip(kinds, scores, strict=True)), index=units.index, copy=False)


class _Sources(NamedTuple):
    """Where facilities are, their scores, and how far they reach [m]."""

    places: Floats
    score: Floats
    radius: Floats


def _sources(facilities: gpd.GeoDataFrame, decay: Decay) -> _Sources:
    require_columns(facilities, ["score", "radius"], "point_scores")
    score = facilities["score"].to_numpy(dtype=np.float64)
    radius = facilities["radius"].to_numpy(dtype=np.float64)
    _require_facilities(facilities, score, radius, decay)
    return _Sources(unit_points(facilities), score, radius)


def _strongest(points: Floats, sources: _Sources, decay: Decay, roads: RoadNetwork | None) -> Strongest:
    if roads is None:
        return strongest(points, *sources, FORMULAS[decay])
    return roads.strongest(points, *sources, FORMULAS[decay])


def _require_facilities(facilities: gpd.GeoDataFrame, score: Floats, radius: Floats, decay: Decay) -> None:
    if not len(facilities):
        raise BadValueError("point_scores：没有设施。办法：核对设施图层与筛选条件。")
    weak: npt.NDArray[np.bool_] = score < 1.0 if decay is Decay.EXPONENTIAL else score <= 0.0
    rules = (
        ("作用分", score, weak | ~(score <= BEST), "作用分应大于 0、不超过 100；指数衰减时不小于 1"),
        ("影响半径", radius, ~((radius > 0) & np.isfinite(radius)), "半径应为正数 [m]"),
    )
    for what, values, bad, cure in rules:
        if bad.any():
            listed = named_rows(facilities.index[bad], values[bad].tolist())
            raise BadValueError(f"设施的{what}不能用，{listed}。办法：{cure}。")
