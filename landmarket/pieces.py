"""What each area of a layer cuts out of each parcel, and where such pieces lie on the same ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from landmarket.checks import FARTHEST, require_projected, require_same_crs, require_unique_index
from landmarket.common_area import common_areas
from landmarket.errors import BadValueError, named_rows

EQUAL_AREA = 1e-6
"""Areas closer than this are equal [㎡]: below it two orders of the same arithmetic differ."""

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Geometries = npt.NDArray[np.object_]
POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
"""Types of shape that have an area."""


@dataclass(frozen=True, eq=False)
class IndexedParcels:
    """Parcels checked once and held in a spatial index, to be laid over several layers (已建索引的宗地).

    Attributes
    ----------
    index : Index
        The parcels' codes, each once.
    crs : pyproj.CRS
        Their projected coordinate system.
    shapes : ndarray of shapely.Geometry
        Valid polygons.
    area : ndarray of float
        Their areas in the plane [㎡].
    tree : shapely.STRtree
        The index of the shapes.
    """

    index: pd.Index[str]
    crs: pyproj.CRS
    shapes: Geometries
    area: Floats
    tree: shapely.STRtree


Parcels = gpd.GeoDataFrame | IndexedParcels
"""What is laid over a layer: parcels, or parcels that have been checked and indexed already."""


def indexed_parcels(parcels: Parcels, needed_by: str) -> IndexedParcels:
    """Check parcels and put them into a spatial index; those that are indexed are given back.

    Parameters
    ----------
    parcels : GeoDataFrame or IndexedParcels
        Polygons with a unique index, projected coordinates.
    needed_by : str
        The function that needs it, for messages.

    Returns
    -------
    IndexedParcels
        The same parcels.

    Raises
    ------
    CrsError
        If the coordinate system is missing or geographic.
    BadValueError
        If a parcel is named twice, or a geometry is missing, invalid or no polygon.
    """
    if isinstance(parcels, IndexedParcels):
        return parcels
    crs = require_projected(parcels, needed_by)
    require_unique_index(parcels, needed_by)
    shapes = require_polygons(parcels, "宗地", needed_by)
    return IndexedParcels(parcels.index, crs, shapes, shapely.area(shapes), shapely.STRtree(shapes))


def require_polygons(layer: gpd.GeoDataFrame, what: str, needed_by: str) -> Geometries:
    """Raise unless every row of a layer has a valid polygon (核对图形).

    Parameters
    ----------
    layer : GeoDataFrame
        Parcels or areas.
    what : str
        What they are called in the message.
    needed_by : str
        The file, or the function that needs the layer, for the message.

    Returns
    -------
    ndarray of Polygon or MultiPolygon
        The shapes.

    Raises
    ------
    BadValueError
        If a geometry is missing, empty, invalid, no polygon or nowhere on earth.
    """
    geometry: Geometries = layer.geometry.to_numpy()
    usable = np.isin(shapely.get_type_id(geometry), POLYGONS) & shapely.is_valid(geometry)
    usable &= (np.abs(shapely.bounds(geometry)) <= FARTHEST).all(axis=1)
    usable[usable] = shapely.area(geometry[usable]) > 0
    if not usable.all():
        rows = layer.index[~usable]
        raise BadValueError(
            f"{needed_by}：{what}有缺失、空、非面或无效的图形，{named_rows(rows)}。"
            "办法：宗地先用 screen() 检查；其他图层在 GIS 软件中修复或删除该行，"
            "或用 landmarket.geometry.repaired() 修复。"
        )
    return geometry


class Pieces(NamedTuple):
    """What each area cuts out of each parcel, ordered by parcel, then area.

    The pairs are those pieces of one parcel whose areas have ground in common: the pieces need not. Only pieces of such
    parcels have a shape.
    """

    parcel: Positions
    area_row: Positions
    shape: Geometries
    area: Floats
    left: Positions
    right: Positions


class Overlaps(NamedTuple):
    """Where two pieces of one parcel lie on the same ground: their positions, and that ground."""

    left: Positions
    right: Positions
    shape: Geometries


def cut_pieces(parcels: IndexedParcels, areas: gpd.GeoDataFrame, needed_by: str) -> Pieces:
    """Cut parcels by the areas of a layer.

    Parameters
    ----------
    parcels : IndexedParcels
        The parcels.
    areas : GeoDataFrame
        Polygons in the same coordinate system; they may overlap and leave gaps.
    needed_by : str
        The function that needs it, for messages.

    Returns
    -------
    Pieces
        Only pieces larger than `EQUAL_AREA`, and parcels that lie inside an area.

    Raises
    ------
    CrsError
        If the coordinate systems are missing, geographic or different.
    BadValueError
        If a geometry of the layer is missing, invalid or no polygon.

    Notes
    -----
    No parcel is cut but those whose ground may be counted twice: of all others the areas alone are needed.
    """
    require_same_crs(parcels, areas, needed_by)
    zones = require_polygons(areas, "图层", needed_by)
    parcel, zone, inside = _near(parcels, zones)
    area = parcels.area[parcel]
    area[~inside] = common_areas(parcels.shapes, parcel[~inside], zones, zone[~inside])
    meet = inside | (area > EQUAL_AREA)
    parcel, zone, inside, area = parcel[meet], zone[meet], inside[meet], area[meet]
    left, right = _pairs(parcel)
    both = _areas_overlap(zones, zone[left], zone[right])
    left, right = left[both], right[both]
    shape, shared = np.full(len(parcel), None, dtype=object), np.isin(parcel, parcel[left])
    shape[shared] = shapely.intersection(parcels.shapes[parcel[shared]], zones[zone[shared]])
    return Pieces(parcel, zone, shape, area, left, right)


def _near(parcels: IndexedParcels, zones: Geometries) -> tuple[Positions, Positions, Flags]:
    """Positions of parcels and of the areas whose frames meet, and whether the parcel lies inside."""
    zone, parcel = parcels.tree.query(zones)
    order = np.lexsort((zone, parcel))
    zone, parcel = zone[order].astype(np.int64), parcel[order].astype(np.int64)
    shapely.prepare(zones)
    inside: Flags = shapely.covers(zones[zone], parcels.shapes[parcel])
    shapely.destroy_prepared(zones)
    return parcel, zone, inside


def _pairs(group: Positions) -> tuple[Positions, Positions]:
    """All pairs of positions inside each run of equal groups; ``group`` ascends."""
    _, start, size = np.unique(group, return_index=True, return_counts=True)
    left, right = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for n in np.unique(size[size > 1]):
        first, second = np.triu_indices(int(n), k=1)
        runs = start[size == n].astype(np.int64)[:, None]
        left.append((runs + first).ravel())
        right.append((runs + second).ravel())
    return np.concatenate(left), np.concatenate(right)


def _areas_overlap(areas: Geometries, left: Positions, right: Positions) -> Flags:
    """Whether the areas of each pair have ground in common; every pair of areas is looked at once."""
    pairs, number = np.unique(left * len(areas) + right, return_inverse=True)
    meet: Flags = shapely.relate_pattern(areas[pairs // len(areas)], areas[pairs % len(areas)], "T********")
    return meet[number]


def overlaps(pieces: Pieces) -> Overlaps:
    """Find where pieces of one parcel lie on the same ground.

    Parameters
    ----------
    pieces : Pieces
        What a layer cuts out of parcels.

    Returns
    -------
    Overlaps
        Those larger than `EQUAL_AREA`.
    """
    both = shapely.intersection(pieces.shape[pieces.left], pieces.shape[pieces.right])
    real = shapely.area(both) > EQUAL_AREA
    return Overlaps(pieces.left[real], pieces.right[real], both[real])
