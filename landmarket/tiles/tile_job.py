"""The work on one tile (分片计算): what `screen` and `run_scenario` give for its rows among all others of the file.

Screening compares parcels with each other, so a tile also reads its neighbours and the rows that repeat its codes; they
are compared with and not reported. Layers are never cut: a tile takes every plan area whole that its parcels can meet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from landmarket.common_area import Geometries
from landmarket.crs import swap_axes
from landmarket.errors import BadValueError
from landmarket.io.parcels import named_columns
from landmarket.scenario import Outcome, Scenario, run_scenario
from landmarket.screening import Screening, screen
from landmarket.screening.result import WHOLE_COLUMN
from landmarket.tiles.parcel_file import ParcelFile
from landmarket.tiles.rows import read_rows
from landmarket.tiles.tiling import Tile, neighbours

_METRES, _DEGREES = 1.0, 1e-5
"""Extents closer than this meet: edges that are straight in one system are bent in another."""
_MOST_TWINS = 500_000


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer with an index of its areas (图层索引): each worker has both once.

    Attributes
    ----------
    areas : GeoDataFrame
        The whole layer.
    tree : shapely.STRtree
        Its areas by extent.
    """

    areas: gpd.GeoDataFrame
    tree: shapely.STRtree

    def __reduce__(self) -> tuple[Callable[[gpd.GeoDataFrame], Layer], tuple[gpd.GeoDataFrame]]:
        """Leave the index behind when sent: it is made again there, of the same shapes and not of copies."""
        return indexed, (self.areas,)

    def near(self, extents: Geometries) -> gpd.GeoDataFrame:
        """Take the areas, whole, whose extents meet one; the first area where none does, as a layer is never empty.

        Parameters
        ----------
        extents : ndarray of shapely.Polygon
            The extents: a parcel far from the others brings only what is near it.

        Returns
        -------
        GeoDataFrame
            In the order of the layer.
        """
        rows = np.unique(self.tree.query(extents)[1])
        return self.areas.iloc[rows if len(rows) else [0]]


def indexed(areas: gpd.GeoDataFrame) -> Layer:
    """Index the areas of a layer.

    Parameters
    ----------
    areas : GeoDataFrame
        The layer.

    Returns
    -------
    Layer
        The layer and its index.
    """
    return Layer(areas, shapely.STRtree(areas.geometry.to_numpy()))


@dataclass(frozen=True, eq=False)
class TileJob:
    """Everything that the work on any tile rests on (分片任务); each worker has it once.

    Attributes
    ----------
    file : ParcelFile
        The parcels.
    county : str
        County code that parcel codes must begin with.
    stated : str
        Coordinate system of the file, as text.
    swapped : bool
        Whether its axes are the other way round.
    crs : str
        Coordinate system of the work, as text.
    scenario : Scenario
        Notice and rules, and the whole villages; of the other layers only a row.
    villages, plan, owners : Layer
        The layers.
    constraints : tuple of Layer
        In the order of the scenario's.
    folder : Path
        Where finished tiles are kept.
    """

    file: ParcelFile
    county: str
    stated: str
    swapped: bool
    crs: str
    scenario: Scenario
    villages: Layer
    plan: Layer
    owners: Layer
    constraints: tuple[Layer, ...]
    folder: Path


@dataclass(frozen=True, eq=False)
class TileWork:
    """What came of a tile (分片结果).

    Attributes
    ----------
    screening : Screening
        Of its own rows; findings on whole columns too.
    outcome : Outcome or None
        None where no row was accepted.
    """

    screening: Screening
    outcome: Outcome | None


def work_on(job: TileJob, tile: Tile) -> TileWork:
    """Check and compute the rows of a tile (分片计算).

    Parameters
    ----------
    job : TileJob
        What all tiles share.
    tile : Tile
        The tile.

    Returns
    -------
    TileWork
        As if its rows had been worked on among all others.
    """
    screening = _own_screening(job, tile)
    accepted = screening.accepted
    if accepted.empty:
        return TileWork(screening, None)
    return TileWork(screening, run_scenario(accepted, _scenario_near(job, accepted)))


def _own_screening(job: TileJob, tile: Tile) -> Screening:
    own = tile.place.rows
    if len(tile.twins) > _MOST_TWINS:
        raise BadValueError(
            f"{job.file.path}：{tile.place.name}的宗地代码在别处重复 {len(tile.twins)} 行，多半是占位文字。"
            "办法：把占位的代码清空，再运行。"
        )
    margin = _METRES if CRS.from_user_input(job.stated).is_projected else _DEGREES
    near = neighbours(job.file, own, margin)
    rows = np.sort(pd.unique(np.concatenate([own, near, np.array(tile.twins, dtype=np.int64)])))
    frame = named_columns(read_rows(job.file, rows), str(job.file.path))
    frame = swap_axes(frame) if job.swapped else frame
    frame = frame if frame.crs is not None else frame.set_crs(job.stated)
    frame.index = frame.index.rename("source_row")
    found = screen(frame, county=job.county, villages=job.villages.areas, crs=CRS.from_user_input(job.crs))
    mine = own + 1
    findings = found.findings
    reported = findings["source_row"].isin(mine) | findings["source_row"].eq(WHOLE_COLUMN)
    return Screening(
        found.accepted[found.accepted["source_row"].isin(mine)],
        findings[reported].reset_index(drop=True),
        found.set_aside[found.set_aside.index.isin(mine)],
    )


def _scenario_near(job: TileJob, parcels: gpd.GeoDataFrame) -> Scenario:
    """The scenario with the areas that the parcels can meet."""
    extents = shapely.box(*parcels.geometry.bounds.to_numpy().T)
    layers = zip(job.scenario.constraints, job.constraints, strict=True)
    return replace(
        job.scenario,
        villages=job.villages.near(extents),
        plan=job.plan.near(extents),
        owners=job.owners.near(extents),
        constraints=tuple(replace(layer, areas=index.near(extents)) for layer, index in layers),
    )
