"""Distances of parcels to the nearest of 200 roads and of 500 points, beside `geopandas.sjoin_nearest`.

::

    python -m benchmarks.distances FOLDER --parcels 10000 100000 1000000

Roads are lines of about a hundred bends; the peer is asked twice, with whole roads and, which suits its index better,
with roads cut at every bend. It is asked about points, as ours measures from a point of each parcel. Whole roads take
it so long that a part of the parcels is timed and scaled. With ``OPENAVMKIT_PYTHON`` naming the interpreter of an
environment with OpenAVMKit 0.7, its distances are timed as well, in its own process and on a part of the parcels.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from benchmarks import avm_peer
from benchmarks.synthetic import CRS, ORIGIN, PER_PARCEL, roads
from benchmarks.timing import OURS, Call, Contest, Elsewhere, Part, county, main
from landmarket.io.geoparquet import read_geoparquet
from landmarket.pricing.factors import nearest_distances, unit_points

ROADS, SEGMENTS, POINTS = 200, 20_000, 500
ROWS = 2000
"""How many parcels are asked about whole roads."""


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
    some = points.iloc[:: max(1, len(points) // avm_peer.ROWS)].iloc[: avm_peer.ROWS]
    source, near = folder / "some_points.parquet", folder / "near.parquet"

    def ask() -> Elsewhere:
        some.reset_index(names="key").to_parquet(source)
        layer.to_parquet(near)
        told = avm_peer.asked(source, str(near.resolve()))
        return told._replace(answer=told.answer["dist_to_layer"])

    return Part(ask, len(points) / len(some))


def require_equal(ours: object, name: str, other: object) -> None:
    """Stop unless the distances agree within 1e-9 m; the peer's rows are positions."""
    assert isinstance(ours, pd.DataFrame)
    assert isinstance(other, pd.Series)
    mine = ours.iloc[:, 0].to_numpy()[other.index.to_numpy()]
    rtol, atol = (avm_peer.SHARE, avm_peer.METRES) if name == avm_peer.NAME else (0, 1e-9)
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
    bars: dict[str, float] = {}
    target = "百万宗 {} 秒（OpenAVMKit 在别处用时的十分之一）"
    if avm_peer.THERE:
        to_roads[avm_peer.NAME] = by_openavmkit(folder, points, whole)
        to_points[avm_peer.NAME] = by_openavmkit(folder, points, spots)
        bars = {avm_peer.NAME: 10.0}
        target += "，OpenAVMKit 的用时是它的 10 倍"
    return len(parcels), [
        Contest("到 200 条道路中最近的距离", target.format(6.8), to_roads, require_equal, bars, most=6.8),
        Contest("到 500 个点中最近的距离", target.format(4.7), to_points, require_equal, bars, most=4.7),
    ]


if __name__ == "__main__":
    main("benchmarks.distances", "distances of parcels to roads and points", contests)
