"""Road accessibility (道路通达度): the best road decides."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landmarket.checks import require_columns, require_same_crs
from landmarket.errors import BadValueError, named_rows
from landmarket.pricing.factors.formulas import BEST, FORMULAS, Decay
from landmarket.pricing.factors.pieces import straight_pieces
from landmarket.pricing.factors.reach import strongest
from landmarket.pricing.factors.unit_points import unit_points


def road_scores(
    units: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, *, decay: Decay | str = Decay.LINEAR
) -> pd.Series[float]:
    """Score units by the best road that reaches them (道路通达度).

    Parameters
    ----------
    units : GeoDataFrame
        Points, parcels, villages or cells, projected [m].
    roads : GeoDataFrame
        Lines with ``score`` (above 0, at most 100) and ``radius`` [m], in the same coordinate system.
    decay : Decay, default "linear"
        How the score falls with distance.

    Returns
    -------
    Series of float
        Score 0 to 100 on the units' index: with several roads within reach it is the best that counts.

    Raises
    ------
    MissingColumnError, CrsError, BadValueError
        As for `landmarket.pricing.factors.point_scores`.
    """
    return governing_roads(units, roads, decay=decay)["score"]


def governing_roads(
    units: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, *, decay: Decay | str = Decay.LINEAR
) -> pd.DataFrame:
    """Find the road that gives each unit its score, and how far it is.

    Parameters
    ----------
    units, roads : GeoDataFrame
        As for `road_scores`.
    decay : Decay, default "linear"
        As for `road_scores`.

    Returns
    -------
    DataFrame
        On the units' index: ``score``, ``facility`` (position in ``roads``, −1 where none) and ``distance`` [m].

    Raises
    ------
    MissingColumnError, CrsError, BadValueError
        As for `road_scores`.
    """
    require_columns(roads, ["score", "radius"], "road_scores")
    require_same_crs(units, roads, "road_scores")
    _require_roads(roads, Decay(decay))
    pieces, road = straight_pieces(roads.geometry.to_numpy())
    score = roads["score"].to_numpy(dtype=np.float64)[road]
    radius = roads["radius"].to_numpy(dtype=np.float64)[road]
    found = strongest(unit_points(units), pieces, score, radius, FORMULAS[Decay(decay)])
    source = np.where(found.source < 0, -1, road[found.source])
    return pd.DataFrame({"score": found.score, "facility": source, "distance": found.distance}, index=units.index)


def _require_roads(roads: gpd.GeoDataFrame, decay: Decay) -> None:
    if not len(roads):
        raise BadValueError("road_scores：没有道路。办法：核对道路图层与道路等级。")
    shapes, score, radius = roads.geometry.to_numpy(), roads["score"].to_numpy(), roads["radius"].to_numpy()
    least = 1.0 if decay is Decay.EXPONENTIAL else np.nextafter(0.0, 1.0)
    rules = (
        (shapely.is_missing(shapes) | shapely.is_empty(shapes), "没有图形", "补上图形，或删去该行"),
        (shapely.get_dimensions(shapes) != 1, "不是线", "道路图层应为线"),
        (~((score >= least) & (score <= BEST)), "作用分不能用", "作用分应大于 0、不超过 100；指数衰减时不小于 1"),
        (~((radius > 0) & np.isfinite(radius)), "影响距离不能用", "影响距离应为正数 [m]"),
    )
    for bad, what, cure in rules:
        if bad.any():
            raise BadValueError(f"道路{what}，{named_rows(roads.index[bad])}。办法：{cure}。")
