"""Facility scores of parcels, all kinds, beside a KD-tree of SciPy used in whole arrays, and all pairs on a part.

::

    python -m benchmarks.facilities FOLDER --parcels 10000 100000 1000000

Each kind of facility of the county has a score and a radius; a parcel has the best of each kind, falling straight with
distance. The peer finds the parcels within reach of each facility in a tree and takes the largest score of each. All
pairs, the brute force, are computed for a part of the parcels and scaled.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import KDTree

from benchmarks.timing import OURS, Contest, Part, county, main
from landmarket.io.geoparquet import read_geoparquet
from landmarket.pricing.factors import kind_scores, unit_points

Floats = npt.NDArray[np.float64]

KINDS = {"学校": (60.0, 1500.0), "医院": (90.0, 3000.0), "集贸市场": (50.0, 2000.0), "公交站": (30.0, 800.0)}
"""Score and radius [m]."""
TREE = "SciPy KD 树"
ROWS = 500


def by_tree(points: Floats, facilities: gpd.GeoDataFrame) -> pd.DataFrame:
    """Scores of all kinds by a tree of the points."""
    tree, columns = KDTree(points), {}
    for kind, (score, radius) in KINDS.items():
        places = unit_points(facilities[facilities["kind"].eq(kind)])
        best = np.zeros(len(points))
        for place, rows in zip(places, tree.query_ball_point(places, radius, return_sorted=False), strict=True):
            at = np.asarray(rows, dtype=np.intp)
            reached = score * (1 - np.hypot(*(points[at] - place).T) / radius)
            best[at] = np.maximum(best[at], reached)
        columns[kind] = best
    return pd.DataFrame(columns)


def by_pairs(points: Floats, facilities: gpd.GeoDataFrame) -> pd.DataFrame:
    """Scores of all kinds from every pair."""
    columns = {}
    for kind, (score, radius) in KINDS.items():
        places = unit_points(facilities[facilities["kind"].eq(kind)])
        away = np.hypot(*(points[:, None] - places[None]).transpose(2, 0, 1))
        columns[kind] = np.maximum(score * (1 - away / radius), 0).max(axis=1)
    return pd.DataFrame(columns)


def ours(parcels: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame) -> pd.DataFrame:
    """Scores of all kinds by this package."""
    scored = facilities.assign(
        score=facilities["kind"].map({kind: score for kind, (score, _) in KINDS.items()}),
        radius=facilities["kind"].map({kind: radius for kind, (_, radius) in KINDS.items()}),
    )
    return kind_scores(parcels, scored[scored["kind"].isin(KINDS)])[list(KINDS)]


def require_equal(mine: object, name: str, other: object) -> None:
    """Stop unless the scores agree within 1e-9; the peer may have scored the first parcels only."""
    assert isinstance(mine, pd.DataFrame)
    assert isinstance(other, pd.DataFrame)
    np.testing.assert_allclose(mine.iloc[: len(other)], other, rtol=0, atol=1e-9, err_msg=name)


def contests(root: Path, size: int) -> tuple[int, Sequence[Contest]]:
    """What is asked about a county."""
    folder = county(root, size)
    parcels = read_geoparquet(folder / "parcels.parquet")[["parcel_code", "geometry"]].set_index("parcel_code")
    facilities = read_geoparquet(folder / "facilities.parquet")
    parcels = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(*unit_points(parcels).T), index=parcels.index, crs=parcels.crs
    )
    points = unit_points(parcels)
    part = points[:ROWS]
    sides = {
        OURS: lambda: ours(parcels, facilities),
        TREE: lambda: by_tree(points, facilities),
        "逐对穷举": Part(lambda: by_pairs(part, facilities), len(points) / len(part)),
    }
    return len(parcels), [
        Contest("设施作用分，每百万宗 3,000 处设施，四类", "KD 树的 5 倍", sides, require_equal, {TREE: 5.0})
    ]


if __name__ == "__main__":
    main("benchmarks.facilities", "facility scores of parcels", contests)
