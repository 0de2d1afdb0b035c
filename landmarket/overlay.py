"""Exact shares of parcels in the areas of another layer.

Most parcels lie wholly inside one area: an index of the parcels is asked first which areas cover which parcels,
and only the other pairs are intersected.
"""

from __future__ import annotations

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landmarket.checks import require_same_crs, require_unique_index
from landmarket.errors import BadValueError, MissingColumnError, named_rows

EQUAL_AREA = 1e-6
"""Areas closer than this are equal [㎡]: below it two orders of the same arithmetic differ."""

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]
_POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


class _Pieces(NamedTuple):
    """What each area cuts out of each parcel, ordered by parcel, then area."""

    parcel: Positions
    area_row: Positions
    shape: Geometries
    area: Floats


def _require_polygons(layer: gpd.GeoDataFrame, what: str, needed_by: str) -> None:
    geometry = layer.geometry.to_numpy()
    usable = np.isin(shapely.get_type_id(geometry), _POLYGONS) & (shapely.area(geometry) > 0)
    usable &= shapely.is_valid(geometry)
    if not usable.all():
        rows = layer.index[~usable]
        raise BadValueError(
            f"{needed_by}：{what}有缺失、空、非面或无效的图形，{named_rows(rows)}。"
            "办法：宗地先用 screen() 检查；其他图层先用 landmarket.geometry.repaired() 修复或删除该行。"
        )


def _check(parcels: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, needed_by: str) -> None:
    require_same_crs(parcels, areas, needed_by)
    require_unique_index(parcels, needed_by)
    _require_polygons(parcels, "宗地", needed_by)
    _require_polygons(areas, "图层", needed_by)


def _pieces(parcels: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> _Pieces:
    shapes, zones = parcels.geometry.to_numpy(), areas.geometry.to_numpy()
    near_zone, near = shapely.STRtree(shapes).query(zones)
    shapely.prepare(zones)
    inside = shapely.covers(zones[near_zone], shapes[near])
    zone_covering, covered = near_zone[inside], near[inside]
    cut_zone, cut_parcel = near_zone[~inside], near[~inside]
    meet = shapely.intersects(zones[cut_zone], shapes[cut_parcel])
    shapely.destroy_prepared(zones)
    cut_zone, cut_parcel = cut_zone[meet], cut_parcel[meet]
    cut = shapely.intersection(shapes[cut_parcel], zones[cut_zone])
    parcel = np.concatenate([covered, cut_parcel]).astype(np.int64)
    area_row = np.concatenate([zone_covering, cut_zone]).astype(np.int64)
    shape = np.concatenate([shapes[covered], cut])
    area = shapely.area(shape)
    order = np.lexsort((area_row, parcel))
    order = order[area[order] > 0]
    return _Pieces(parcel[order], area_row[order], shape[order], area[order])


def shares(parcels: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Area and share of every parcel in every area that it meets (面积占比).

    Parameters
    ----------
    parcels : GeoDataFrame
        Polygons with a unique index, projected coordinates.
    areas : GeoDataFrame
        Polygons in the same coordinate system; they may overlap and leave gaps.

    Returns
    -------
    DataFrame
        One row per parcel and area, in the order of the parcels: ``parcel_code``, ``area_row`` (position in
        ``areas``, from 0), ``area`` [㎡] in the plane, ``share`` of the parcel.

    Raises
    ------
    CrsError
        If the coordinate systems are missing, geographic or different.
    BadValueError
        If a parcel is named twice, or a geometry is missing, invalid or no polygon.
    """
    _check(parcels, areas, "shares")
    pieces = _pieces(parcels, areas)
    whole = shapely.area(parcels.geometry.to_numpy())
    return pd.DataFrame(
        {
            "parcel_code": parcels.index.to_numpy()[pieces.parcel],
            "area_row": pieces.area_row,
            "area": pieces.area,
            "share": pieces.area / whole[pieces.parcel],
        }
    )


class _Overlaps(NamedTuple):
    """Where two pieces of one parcel lie on the same ground: their positions, and that ground."""

    left: Positions
    right: Positions
    shape: Geometries


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


def _areas_overlap(areas: Geometries, left: Positions, right: Positions) -> npt.NDArray[np.bool_]:
    """Whether the areas of each pair have ground in common; every pair of areas is looked at once."""
    pairs, number = np.unique(np.stack([left, right], axis=1), axis=0, return_inverse=True)
    meet: npt.NDArray[np.bool_] = shapely.relate_pattern(areas[pairs[:, 0]], areas[pairs[:, 1]], "T********")
    return meet[number.ravel()]


def _overlaps(pieces: _Pieces, areas: gpd.GeoDataFrame) -> _Overlaps:
    left, right = _pairs(pieces.parcel)
    meet = _areas_overlap(areas.geometry.to_numpy(), pieces.area_row[left], pieces.area_row[right])
    left, right = left[meet], right[meet]
    both = shapely.intersection(pieces.shape[left], pieces.shape[right])
    real = shapely.area(both) > EQUAL_AREA
    return _Overlaps(left[real], right[real], both[real])


class _Grouped(NamedTuple):
    """Pieces merged by group: the groups ascending, the united area of each, and the area met more than once."""

    group: Positions
    area: Floats
    overlap: Floats


def _runs(number: Positions, wanted: Positions) -> list[Positions]:
    """Positions at which each wanted number stands."""
    order = np.argsort(number, kind="stable")
    sorted_ = number[order]
    start, end = np.searchsorted(sorted_, wanted, "left"), np.searchsorted(sorted_, wanted, "right")
    return [order[a:b] for a, b in zip(start, end, strict=True)]


def _united(group: Positions, pieces: _Pieces, overlaps: _Overlaps) -> _Grouped:
    """Unite the pieces of each group.

    Pieces that do not overlap are summed. The area met more than once is the union of all pairwise
    intersections: three areas on one spot count once there, which sum minus union would not give.
    """
    groups, number = np.unique(group, return_inverse=True)
    area: Floats = np.bincount(number, weights=pieces.area, minlength=len(groups)).astype(np.float64)
    overlap = np.zeros(len(groups))
    same = number[overlaps.left] == number[overlaps.right]
    owner, ground = number[overlaps.left[same]], overlaps.shape[same]
    doubled = np.unique(owner)
    own_pieces, own_ground = _runs(number, doubled), _runs(owner, doubled)
    for position, own, shared in zip(doubled, own_pieces, own_ground, strict=True):
        area[position] = shapely.area(shapely.union_all(pieces.shape[own]))
        overlap[position] = shapely.area(shapely.union_all(ground[shared]))
    return _Grouped(groups, area, overlap)


def coverage(parcels: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """How much of every parcel a layer covers, and how much of it more than once.

    Parameters
    ----------
    parcels : GeoDataFrame
        Polygons with a unique index, projected coordinates.
    areas : GeoDataFrame
        Polygons in the same coordinate system.

    Returns
    -------
    DataFrame
        On the parcels' index: ``area`` [㎡] of the parcel in the union of the areas, ``share`` of it, and
        ``overlap_share``, the share of the parcel that lies in more than one area.

    Raises
    ------
    CrsError
        If the coordinate systems are missing, geographic or different.
    BadValueError
        If a parcel is named twice, or a geometry is missing, invalid or no polygon.
    """
    _check(parcels, areas, "coverage")
    pieces = _pieces(parcels, areas)
    return _coverage(parcels, pieces, _overlaps(pieces, areas))


def _coverage(parcels: gpd.GeoDataFrame, pieces: _Pieces, overlaps: _Overlaps) -> pd.DataFrame:
    whole = shapely.area(parcels.geometry.to_numpy())
    united = _united(pieces.parcel, pieces, overlaps)
    covered, overlap = np.zeros(len(parcels)), np.zeros(len(parcels))
    covered[united.group], overlap[united.group] = united.area, united.overlap
    covered = np.where(np.abs(whole - covered) <= EQUAL_AREA, whole, np.minimum(covered, whole))
    return pd.DataFrame(
        {"area": covered, "share": covered / whole, "overlap_share": np.minimum(overlap / whole, 1.0)},
        index=parcels.index,
    )


def _require_keys(areas: gpd.GeoDataFrame, keys: list[str], needed_by: str) -> None:
    missing = [key for key in keys if key not in areas.columns]
    if missing:
        raise MissingColumnError(f"{needed_by}：图层缺少列 {'、'.join(missing)}。办法：检查图层的字段名。")


def _key_pieces(pieces: _Pieces, overlaps: _Overlaps, areas: gpd.GeoDataFrame, keys: list[str]) -> pd.DataFrame:
    """One row per parcel and distinct key: position, key rank, united area, row of the largest piece."""
    rank_of_row = areas[keys].astype("str").groupby(keys, dropna=False, sort=True).ngroup().to_numpy()
    ranks = int(rank_of_row.max(initial=0)) + 1
    group = pieces.parcel * ranks + rank_of_row[pieces.area_row]
    united = _united(group, pieces, overlaps)
    order = np.lexsort((pieces.area_row, -pieces.area, group))
    largest = order[np.unique(group[order], return_index=True)[1]]
    return pd.DataFrame(
        {
            "parcel": united.group // ranks,
            "rank": united.group % ranks,
            "area": united.area,
            "area_row": pieces.area_row[largest],
        }
    )


def key_shares(parcels: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, keys: list[str]) -> pd.DataFrame:
    """Area and share of every parcel in all areas of one key together.

    Parameters
    ----------
    parcels : GeoDataFrame
        Polygons with a unique index, projected coordinates.
    areas : GeoDataFrame
        Polygons in the same coordinate system.
    keys : list of str
        Columns of ``areas`` that make up the key.

    Returns
    -------
    DataFrame
        One row per parcel and distinct key, in the order of the parcels, then of the key's text:
        ``parcel_code``, the keys, ``area`` [㎡], ``share``, and ``area_row``, the position in ``areas`` of the
        largest piece. Where areas of one key overlap, the ground is counted once.

    Raises
    ------
    MissingColumnError
        If the areas lack a key.
    CrsError
        If the coordinate systems are missing, geographic or different.
    BadValueError
        If a parcel is named twice, or a geometry is missing, invalid or no polygon.
    """
    _require_keys(areas, keys, "key_shares")
    _check(parcels, areas, "key_shares")
    pieces = _pieces(parcels, areas)
    table = _key_pieces(pieces, _overlaps(pieces, areas), areas, keys)
    rows = table["area_row"].to_numpy()
    result = areas[keys].iloc[rows].reset_index(drop=True)
    position = table["parcel"].to_numpy()
    result.insert(0, "parcel_code", parcels.index.to_numpy()[position])
    result["area"] = table["area"].to_numpy()
    result["share"] = result["area"] / shapely.area(parcels.geometry.to_numpy())[position]
    result["area_row"] = rows
    return pd.DataFrame(result)


def largest_share(parcels: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, keys: list[str]) -> pd.DataFrame:
    """The key that holds most of every parcel, exactly, with ties, gaps and overlaps said.

    Parameters
    ----------
    parcels : GeoDataFrame
        Polygons with a unique index, projected coordinates.
    areas : GeoDataFrame
        Polygons in the same coordinate system.
    keys : list of str
        Columns of ``areas`` that make up the key.

    Returns
    -------
    DataFrame
        On the parcels' index: the keys (missing where the parcel lies in no area), ``area`` [㎡] and ``share`` of
        the winner, ``tied`` (bool), ``area_row`` (position in ``areas`` of the winner's largest piece; -1 where
        none), ``gap_share`` of the parcel in no area, and ``overlap_share`` in more than one.

    Raises
    ------
    MissingColumnError
        If the areas lack a key.
    CrsError
        If the coordinate systems are missing, geographic or different.
    BadValueError
        If a parcel is named twice, or a geometry is missing, invalid or no polygon.

    Notes
    -----
    Areas of one key are taken together, ground under several of them once. Keys whose areas differ by no more than
    `EQUAL_AREA` tie; the smallest key text wins.
    """
    _require_keys(areas, keys, "largest_share")
    _check(parcels, areas, "largest_share")
    pieces = _pieces(parcels, areas)
    overlaps = _overlaps(pieces, areas)
    table = _key_pieces(pieces, overlaps, areas, keys)
    position, area = table["parcel"].to_numpy(), table["area"].to_numpy()
    most = np.zeros(len(parcels))
    np.maximum.at(most, position, area)
    best = table[area >= most[position] - EQUAL_AREA].sort_values(["parcel", "rank"])
    winner = best.drop_duplicates("parcel")
    at = winner["parcel"].to_numpy()
    area_row = np.full(len(parcels), -1, dtype=np.int64)
    area_row[at] = winner["area_row"].to_numpy()
    won = np.zeros(len(parcels))
    won[at] = winner["area"].to_numpy()
    tied = np.bincount(best["parcel"].to_numpy(), minlength=len(parcels)) > 1
    result = at_rows(areas[keys], area_row, parcels.index)
    covered = _coverage(parcels, pieces, overlaps)
    result["area"] = won
    result["share"] = np.minimum(won / shapely.area(parcels.geometry.to_numpy()), 1.0)
    result["tied"] = tied
    result["area_row"] = area_row
    result["gap_share"] = 1.0 - covered["share"]
    result["overlap_share"] = covered["overlap_share"]
    return result


def at_rows(table: pd.DataFrame, rows: Positions, index: pd.Index[str]) -> pd.DataFrame:
    """Take rows of a table by position onto another index.

    Parameters
    ----------
    table : DataFrame
        The table to take from.
    rows : ndarray of int64
        Positions from 0; -1 gives a row of missing values.
    index : Index
        The index of the result.

    Returns
    -------
    DataFrame
        The table's columns on ``index``.
    """
    plain = pd.DataFrame(table).reset_index(drop=True)
    taken = plain.reindex(rows)
    return taken.set_axis(index, axis=0)
