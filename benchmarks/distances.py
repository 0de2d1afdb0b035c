"""Distances of parcels to the nearest of 200 roads and of 500 points, beside `geopandas.sjoin_nearest`.

::

    python -m benchmarks.distances FOLDER --parcels 10000 100000 1000000

Roads are lines of about a hundred bends; the peer is asked twice, with whole roads and, which suits its index better,
with roads cut at every bend. It is asked about points, as ours measures from a point of each parcel. Whole roads take
it so long that a part of the parcels is timed and scaled. With ``OPENAVMKIT_PYTHON`` naming the interpreter of an
environment with OpenAVMKit 0.7, its distances are timed as well, in its own process and on a part of the parcels.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from benchmarks.synthetic import CRS, ORIGIN, PER_PARCEL, roads
from benchmarks.timing import OURS, Call, Contest, Elsewhere, Part, asked_elsewhere, county, main
from landmarket.io.geoparquet import read_geoparquet
from landmarket.pricing.factors import nearest_distances, unit_points

ROADS, SEGMENTS, POINTS = 200, 20_000, 500
ROWS = 2000
"""How many parcels are asked about whole roads."""
AVM_ROWS = 20_000
"""How many parcels OpenAVMKit is asked about."""
AVM = "OpenAVMKit 0.7"
OPENAVMKIT = "OPENAVMKIT_PYTHON"
AVM_SHARE, AVM_METRES = 2e-3, 1e-3
"""How far OpenAVMKit may be off: it measures in a projection of its own, where straight roads are others."""


def drawn(parcels: int) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Roads, the same cut at every bend, and points, over a county of so many parcels."""
    rng, width = np.random.default_rng(7), (parcels * PER_PARCEL) ** 0.5
    segments = roads(SEGMENTS, width, rng)
    parts = np.array_split(segments.geometry.to_numpy(), ROADS)
    whole = gpd.GeoDataFrame(geometry=[shapely.line_merge(shapely.multilinestrings(each)) for each in parts], crs=CRS)
    spots = np.asarray(ORIGIN) + rng.uniform(0, width, (POINTS, 2))
    return whole, segments[["geometry"]], gpd.GeoDataFrame(geometry=shapely.points(spots), crs=CRS)


def joined(points: gpd.GeoDataFrame, layer: gpd.GeoDataFrame) -> pd.Series:
    """Distances by `geopandas.sjoin_nearest`."""
    table = gpd.sjoin_nearest(points, layer, distance_col="distance")
    return table.loc[~table.index.duplicated(), "distance"]


def by_openavmkit(folder: Path, points: gpd.GeoDataFrame, layer: gpd.GeoDataFrame) -> Part:
    """Distances of some of the parcels by OpenAVMKit, scaled to all."""
    some = points.iloc[:: max(1, len(points) // AVM_ROWS)].iloc[:AVM_ROWS]
    files = folder / "some_points.parquet", folder / "near.parquet"

    def ask() -> Elsewhere:
        some.reset_index(names="key").to_parquet(files[0])
        layer.to_parquet(files[1])
        told = asked_elsewhere(
            os.environ[OPENAVMKIT], "openavmkit_measures.py", *files, target=folder / "openavmkit.parquet"
        )
        return told._replace(answer=told.answer.set_index("key")["dist_to_layer"])

    return Part(ask, len(points) / len(some))


def require_equal(ours: object, name: str, other: object) -> None:
    """Stop unless the distances agree within 1e-9 m; the peer's rows are positions."""
    assert isinstance(ours, pd.DataFrame)
    assert isinstance(other, pd.Series)
    mine = ours.iloc[:, 0].to_numpy()[other.index.to_numpy()]
    rtol, atol = (AVM_SHARE, AVM_METRES) if name == AVM else (0, 1e-9)
    np.testing.assert_allclose(mine, other, rtol=rtol, atol=atol, err_msg=name)


def contests(root: Path, size: int) -> tuple[int, Sequence[Contest]]:
    """What is asked about a county."""
    folder = county(root, size)
    parcels = read_geoparquet(folder / "parcels.parquet")[["parcel_code", "geometry"]].set_index("parcel_code")
    points = gpd.GeoDataFrame(geometry=shapely.points(unit_points(parcels)), crs=CRS)
    whole, segments, spots = drawn(len(parcels))
    some = points.iloc[:: max(1, len(points) // ROWS)].iloc[:ROWS]

    def of_whole_roads() -> pd.Series:
        return joined(some, whole)

    to_roads: dict[str, Call] = {
        OURS: lambda: nearest_distances(parcels, {"road": whole}),
        "geopandas.sjoin_nearest，道路先在拐点切开": lambda: joined(points, segments),
        "geopandas.sjoin_nearest": Part(of_whole_roads, len(points) / len(some)),
    }
    to_points: dict[str, Call] = {
        OURS: lambda: nearest_distances(parcels, {"point": spots}),
        "geopandas.sjoin_nearest": lambda: joined(points, spots),
    }
    if os.environ.get(OPENAVMKIT):
        to_roads[AVM] = by_openavmkit(folder, points, whole)
        to_points[AVM] = by_openavmkit(folder, points, spots)
    bars = {AVM: 10.0} if os.environ.get(OPENAVMKIT) else {}
    target = "OpenAVMKit 的十分之一（别处量得的十分之一：百万宗 {} 秒）"
    return len(parcels), [
        Contest("到 200 条道路中最近的距离", target.format(6.8), to_roads, require_equal, bars, most=6.8),
        Contest("到 500 个点中最近的距离", target.format(4.7), to_points, require_equal, bars, most=4.7),
    ]


if __name__ == "__main__":
    main("benchmarks.distances", "distances of parcels to roads and points", contests)
