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

from landmarket.checks import require_projected, require_same_crs, require_unique_index
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
    shapes = _polygons(parcels, "宗地", needed_by)
    return IndexedParcels(parcels.index, crs, shapes, shapely.area(shapes), shapely.STRtree(shapes))


def _polygons(layer: gpd.GeoDataFrame, what: str, needed_by: str) -> Geometries:
    geometry: Geometries = layer.geometry.to_numpy()
    usable = np.isin(shapely.get_type_id(geometry), POLYGONS) & (shapely.area(geometry) > 0)
    usable &= shapely.is_valid(geometry)
    if not usable.all():
        rows = layer.index[~usable]
        raise BadValueError(
            f"{needed_by}：{what}有缺失、空、非面或无效的图形，{named_rows(rows)}。"
            "办法：宗地先用 screen() 检查；其他图层先用 landmarket.geometry.repaired() 修复或删除该行。"
        )
    return geometry


class Pieces(NamedTuple):
    """What each area cuts out of each parcel, ordered by parcel, then area.

    A piece whose area is known without cutting has no shape; it overlaps no other. The pairs are those pieces of one
    parcel whose areas have ground in common: the pieces need not.
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
        Only pieces with an area.

    Raises
    ------
    CrsError
        If the coordinate systems are missing, geographic or different.
    BadValueError
        If a geometry of the layer is missing, invalid or no polygon.

    Notes
    -----
    Most parcels lie wholly inside one area and are not cut. Where the areas that meet a parcel cover it and have no
    ground in common, the last of them has what the others leave.
    """
    require_same_crs(parcels, areas, needed_by)
    zones = _polygons(areas, "图层", needed_by)
    parcel, zone, inside = _meeting(parcels, zones)
    left, right = _pairs(parcel)
    meet = _areas_overlap(zones, zone[left], zone[right])
    left, right = left[meet], right[meet]
    rest = _rests(parcels, zones, parcel, zone, inside, np.unique(parcel[left]))
    shape = np.full(len(parcel), None, dtype=object)
    shape[inside] = parcels.shapes[parcel[inside]]
    _cut(shape, ~inside & ~rest, parcels.shapes, parcel, zones, zone)
    area = np.nan_to_num(shapely.area(shape))
    others = np.bincount(parcel, weights=area, minlength=len(parcels.area))
    area[rest] = (parcels.area - others)[parcel[rest]]
    small = rest & (area <= EQUAL_AREA)
    _cut(shape, small, parcels.shapes, parcel, zones, zone)
    area[small] = shapely.area(shape[small])
    return _with_area(Pieces(parcel, zone, shape, area, left, right))


def _meeting(parcels: IndexedParcels, zones: Geometries) -> tuple[Positions, Positions, Flags]:
    """Positions of parcels and of the areas that meet them, and whether the parcel lies inside."""
    zone, parcel = parcels.tree.query(zones)
    shapely.prepare(zones)
    inside: Flags = shapely.covers(zones[zone], parcels.shapes[parcel])
    meet = inside.copy()
    meet[~inside] = shapely.intersects(zones[zone[~inside]], parcels.shapes[parcel[~inside]])
    shapely.destroy_prepared(zones)
    zone, parcel, inside = zone[meet].astype(np.int64), parcel[meet].astype(np.int64), inside[meet]
    order = np.lexsort((zone, parcel))
    return parcel[order], zone[order], inside[order]


def _cut(
    shape: Geometries, where: Flags, shapes: Geometries, parcel: Positions, zones: Geometries, zone: Positions
) -> None:
    shape[where] = shapely.intersection(shapes[parcel[where]], zones[zone[where]])


def _rests(
    parcels: IndexedParcels,
    zones: Geometries,
    parcel: Positions,
    zone: Positions,
    inside: Flags,
    doubled: Positions,
) -> Flags:
    """Which pieces are what the others leave: in parcels that the layer covers once, the area of most points."""
    apart = ~np.isin(parcel, np.concatenate([doubled, parcel[inside]]))
    candidates = np.unique(parcel[apart])
    whole = shapely.union_all(zones[np.unique(zone[apart])])
    shapely.prepare(whole)
    covered = candidates[shapely.covers(whole, parcels.shapes[candidates])]
    order = np.lexsort((shapely.get_num_coordinates(zones)[zone], parcel))
    last = np.zeros(len(parcel), dtype=np.bool_)
    last[order] = np.append(parcel[order][1:] != parcel[order][:-1], True)[: len(parcel)]
    return last & np.isin(parcel, covered)


def _with_area(pieces: Pieces) -> Pieces:
    kept = pieces.area > 0
    place = np.cumsum(kept) - 1
    both = kept[pieces.left] & kept[pieces.right]
    return Pieces(
        pieces.parcel[kept],
        pieces.area_row[kept],
        pieces.shape[kept],
        pieces.area[kept],
        place[pieces.left[both]],
        place[pieces.right[both]],
    )


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
