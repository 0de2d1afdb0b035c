"""Exact shares of each parcel in each plan area, overlaps and gaps included, beside `geopandas.overlay`.

::

    python -m benchmarks.shares FOLDER --parcels 10000 100000 1000000

The peer is what a geopandas user writes: one overlay, areas summed by parcel and area. With ``SEDONADB_PYTHON`` naming
the interpreter of an environment with ``sedonadb``, its spatial join with ``ST_Intersection`` is timed as well, inside
its own process, all threads. Before any time is printed all sides must have the same pairs, the same winner of each
parcel and the same areas within 1e-6 ㎡.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from benchmarks.timing import OURS, Call, Contest, asked_elsewhere, county, main
from landmarket.io.geoparquet import read_geoparquet
from landmarket.overlay import EQUAL_AREA, shares

SEDONADB = "SEDONADB_PYTHON"
SEDONA = "SedonaDB 连接、求交"
PEER = "geopandas.overlay、求和"


def overlaid(parcels: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Shares by `geopandas.overlay` and a sum."""
    pieces = gpd.overlay(parcels, areas, how="intersection", keep_geom_type=True)
    pieces["area"] = pieces.area
    table = pieces.groupby(["parcel_code", "area_row"], as_index=False)["area"].sum()
    whole = pd.Series(parcels.area.to_numpy(), index=parcels["parcel_code"])
    table["share"] = table["area"] / table["parcel_code"].map(whole)
    return table


def ordered(answer: object) -> pd.DataFrame:
    """Shares in the order of parcel and area."""
    assert isinstance(answer, pd.DataFrame)
    return answer.sort_values(["parcel_code", "area_row"], ignore_index=True)


def winners(table: pd.DataFrame) -> pd.Series:
    """Area with most of each parcel; of areas that are equal, the first."""
    best = table.groupby("parcel_code")["area"].transform("max")
    return table[table["area"] >= best - EQUAL_AREA].drop_duplicates("parcel_code").set_index("parcel_code")["area_row"]


def require_equal(ours: object, name: str, other: object) -> None:
    """Stop unless both have the same pairs, winners and areas; pieces under 1e-6 ㎡ may be missing."""
    left, right = (each[each["area"] > EQUAL_AREA].reset_index(drop=True) for each in (ordered(ours), ordered(other)))
    pd.testing.assert_frame_equal(left[["parcel_code", "area_row"]], right[["parcel_code", "area_row"]], obj=name)
    np.testing.assert_allclose(left["area"], right["area"], rtol=0, atol=EQUAL_AREA, err_msg=name)
    np.testing.assert_allclose(left["share"], right["share"], rtol=0, atol=1e-9, err_msg=name)
    pd.testing.assert_series_equal(winners(left), winners(right), obj=name)


def contests(root: Path, size: int) -> tuple[int, Sequence[Contest]]:
    """What is asked about a county."""
    folder = county(root, size)
    parcels = read_geoparquet(folder / "parcels.parquet")[["parcel_code", "geometry"]]
    areas = read_geoparquet(folder / "plan.parquet")[["geometry"]].reset_index(drop=True)
    named, numbered = parcels.set_index("parcel_code"), areas.assign(area_row=np.arange(len(areas)))
    sides: dict[str, Call] = {
        OURS: lambda: shares(named, areas),
        PEER: lambda: overlaid(parcels, numbered),
    }
    if os.environ.get(SEDONADB):
        files = folder / "parcels.parquet", folder / "sedona.parquet", str((folder / "plan.parquet").resolve())
        sides[SEDONA] = lambda: asked_elsewhere(os.environ[SEDONADB], "sedona_shares.py", *files)
    bars = {name: bar for name, bar in ((PEER, 3.0), (SEDONA, 2.0)) if name in sides}
    question, target = "每宗在各规划图斑中的精确面积与占比", "overlay 的用时是它的 3 倍（力争 5 倍）"
    target += "，SedonaDB 的是 2 倍" if SEDONA in sides else ""
    return len(parcels), [Contest(question, target, sides, require_equal, bars)]


if __name__ == "__main__":
    main("benchmarks.shares", "exact shares of parcels in plan areas", contests)
