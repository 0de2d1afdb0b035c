"""Exact shares of parcels in the areas of another layer."""

from __future__ import annotations

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landmarket.errors import MissingColumnError
from landmarket.pieces import (
    EQUAL_AREA,
    Floats,
    IndexedParcels,
    Overlaps,
    Parcels,
    Pieces,
    Positions,
    cut_pieces,
    indexed_parcels,
    overlaps,
)


def shares(parcels: Parcels, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Area and share of every parcel in every area that it meets (面积占比).

    Parameters
    ----------
    parcels : GeoDataFrame or IndexedParcels
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
    laid = indexed_parcels(parcels, "shares")
    pieces = cut_pieces(laid, areas, "shares")
    return pd.DataFrame(
        {
            "parcel_code": laid.index.to_numpy()[pieces.parcel],
            "area_row": pieces.area_row,
            "area": pieces.area,
            "share": pieces.area / laid.area[pieces.parcel],
        }
    )


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


def _united(group: Positions, pieces: Pieces, doubled: Overlaps) -> _Grouped:
    """Unite the pieces of each group.

    Pieces that do not overlap are summed. The area met more than once is the union of all pairwise
    intersections: three areas on one spot count once there, which sum minus union would not give.
    """
    groups, number = np.unique(group, return_inverse=True)
    area: Floats = np.bincount(number, weights=pieces.area, minlength=len(groups)).astype(np.float64)
    overlap = np.zeros(len(groups))
    same = number[doubled.left] == number[doubled.right]
    owner, ground = number[doubled.left[same]], doubled.shape[same]
    twice = np.unique(owner)
    own_pieces, own_ground = _runs(number, twice), _runs(owner, twice)
    for position, own, shared in zip(twice, own_pieces, own_ground, strict=True):
        area[position] = shapely.area(shapely.union_all(pieces.shape[own]))
        overlap[position] = shapely.area(shapely.union_all(ground[shared]))
    return _Grouped(groups, area, overlap)


def coverage(parcels: Parcels, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """How much of every parcel a layer covers, and how much of it more than once.

    Parameters
    ----------
    parcels : GeoDataFrame or IndexedParcels
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
    laid = indexed_parcels(parcels, "coverage")
    pieces = cut_pieces(laid, areas, "coverage")
    return _coverage(laid, pieces, overlaps(pieces))


def _coverage(parcels: IndexedParcels, pieces: Pieces, doubled: Overlaps) -> pd.DataFrame:
    whole = parcels.area
    united = _united(pieces.parcel, pieces, doubled)
    covered, overlap = np.zeros(len(whole)), np.zeros(len(whole))
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


def _key_pieces(pieces: Pieces, doubled: Overlaps, areas: gpd.GeoDataFrame, keys: list[str]) -> pd.DataFrame:
    """One row per parcel and distinct key: position, key rank, united area, row of the largest piece."""
    rank_of_row = areas[keys].astype("str").groupby(keys, dropna=False, sort=True).ngroup().to_numpy()
    ranks = int(rank_of_row.max(initial=0)) + 1
    group = pieces.parcel * ranks + rank_of_row[pieces.area_row]
    united = _united(group, pieces, doubled)
    order = np.lexsort((pieces.area_row, -np.round(pieces.area / EQUAL_AREA), group))
    largest = order[np.unique(group[order], return_index=True)[1]]
    return pd.DataFrame(
        {
            "parcel": united.group // ranks,
            "rank": united.group % ranks,
            "area": united.area,
            "area_row": pieces.area_row[largest],
        }
    )


def key_shares(parcels: Parcels, areas: gpd.GeoDataFrame, keys: list[str]) -> pd.DataFrame:
    """Area and share of every parcel in all areas of one key together.

    Parameters
    ----------
    parcels : GeoDataFrame or IndexedParcels
        Polygons with a unique index, projected coordinates.
    areas : GeoDataFrame
        Polygons in the same coordinate system.
    keys : list of str
        Columns of ``areas`` that make up the key.

    Returns
    -------
    DataFrame
        One row per parcel and distinct key, in the order of the parcels, then of the key's text:
        ``parcel_code``, the keys, ``area`` [㎡], ``share``, ``area_row``, the position in ``areas`` of the largest
        piece (the first of those equal within `EQUAL_AREA`, see `in_settled_order`), and ``parcel_row``, that in
        ``parcels``. Where areas of one key overlap, the ground is counted once.

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
    laid = indexed_parcels(parcels, "key_shares")
    pieces = cut_pieces(laid, areas, "key_shares")
    table = _key_pieces(pieces, overlaps(pieces), areas, keys)
    rows = table["area_row"].to_numpy()
    result = areas[keys].iloc[rows].reset_index(drop=True)
    position = table["parcel"].to_numpy()
    result.insert(0, "parcel_code", laid.index.to_numpy()[position])
    result["area"] = table["area"].to_numpy()
    result["share"] = result["area"] / laid.area[position]
    result["area_row"] = rows
    result["parcel_row"] = position
    return pd.DataFrame(result)


def largest_share(parcels: Parcels, areas: gpd.GeoDataFrame, keys: list[str]) -> pd.DataFrame:
    """The key that holds most of every parcel, exactly, with ties, gaps and overlaps said.

    Parameters
    ----------
    parcels : GeoDataFrame or IndexedParcels
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
    laid = indexed_parcels(parcels, "largest_share")
    pieces = cut_pieces(laid, areas, "largest_share")
    doubled = overlaps(pieces)
    table = _key_pieces(pieces, doubled, areas, keys)
    position, area = table["parcel"].to_numpy(), table["area"].to_numpy()
    most = np.zeros(len(laid.index))
    np.maximum.at(most, position, area)
    best = table[area >= most[position] - EQUAL_AREA].sort_values(["parcel", "rank"])
    winner = best.drop_duplicates("parcel")
    at = winner["parcel"].to_numpy()
    area_row = np.full(len(laid.index), -1, dtype=np.int64)
    area_row[at] = winner["area_row"].to_numpy()
    won = np.zeros(len(laid.index))
    won[at] = winner["area"].to_numpy()
    tied = np.bincount(best["parcel"].to_numpy(), minlength=len(laid.index)) > 1
    result = at_rows(areas[keys], area_row, laid.index)
    covered = _coverage(laid, pieces, doubled)
    result["area"] = won
    result["share"] = np.minimum(won / laid.area, 1.0)
    result["tied"] = tied
    result["area_row"] = area_row
    result["gap_share"] = 1.0 - covered["share"]
    result["overlap_share"] = covered["overlap_share"]
    return result


def in_settled_order(areas: gpd.GeoDataFrame, columns: list[str], *, last_first: bool = False) -> gpd.GeoDataFrame:
    """Put areas into an order that does not depend on their file: of pieces as large, the first area's counts.

    Parameters
    ----------
    areas : GeoDataFrame
        The areas.
    columns : list of str
        What is taken from them; compared as text, the first column first.
    last_first : bool, default False
        Whether what comes last is put first. Missing values come before all others either way.

    Returns
    -------
    GeoDataFrame
        The same rows.
    """
    return areas.sort_values(
        columns, key=lambda values: values.astype("str"), ascending=not last_first, na_position="first", kind="stable"
    )


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
