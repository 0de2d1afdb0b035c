"""Where parcels and their neighbours do not fit (相邻关系): overlaps, equal shapes, narrow gaps, with their ground."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landmarket.checks import require_projected
from landmarket.geometry import flat, mean_width, polygon_parts, polygons_only, usable_polygons
from landmarket.screening.facing import facing_pairs
from landmarket.screening.shapes import Geometries, Overlaps, Positions, Tolerances, overlaps

OVERLAP, EQUAL, GAP = "重叠", "图形相同", "缝隙"
_COLUMNS = ["relation", "parcel_code", "other_code", "source_row", "other_row", "relation_area", "relation_width"]


def neighbour_faults(parcels: gpd.GeoDataFrame, tolerances: Tolerances | None = None) -> gpd.GeoDataFrame:
    """List parcels that overlap, are equal, or leave a narrow gap (相邻宗地问题).

    Parameters
    ----------
    parcels : GeoDataFrame
        Rows on their source rows, with ``parcel_code``, in a projected system [m]; rows without a polygon take no
        part, invalid ones as repaired.
    tolerances : Tolerances, optional
        Least area of an overlap, width and least area of a gap.

    Returns
    -------
    GeoDataFrame
        One row per pair that overlaps and per gap: ``relation`` (重叠, 图形相同, 缝隙), ``parcel_code``,
        ``other_code``, ``source_row``, ``other_row``, ``relation_area`` [㎡] and ``relation_width`` [m] of the ground
        they share or leave, and that ground.

    Raises
    ------
    CrsError
        If the coordinates are not projected.
    """
    crs = require_projected(parcels, "neighbour_faults")
    limits = tolerances or Tolerances()
    shapes = usable_polygons(flat(parcels.geometry.to_numpy()))
    drawn = gpd.GeoSeries(shapes, index=parcels.index, crs=crs)
    return neighbour_table(parcels["parcel_code"], drawn, overlaps(shapes, limits.overlap_area), limits)


def neighbour_table(
    codes: pd.Series[str], shapes: gpd.GeoSeries, over: Overlaps, limits: Tolerances
) -> gpd.GeoDataFrame:
    """List what `neighbour_faults` lists, of shapes whose overlaps are known (相邻宗地问题).

    Parameters
    ----------
    codes : Series of str
        Parcel codes, by source row.
    shapes : GeoSeries
        Valid polygons or None, on the same index, in a projected system [m].
    over : Overlaps
        The pairs that overlap, by position.
    limits : Tolerances
        Width and least area of a gap.

    Returns
    -------
    GeoDataFrame
        One row per pair that overlaps and per gap.
    """
    gaps = _gaps(shapes.to_numpy(), limits, told=over)
    left, right = np.concatenate([over.left, gaps[0]]), np.concatenate([over.right, gaps[1]])
    ground = np.concatenate([polygons_only(over.ground), gaps[2]])
    relation = np.concatenate([np.where(over.equal, EQUAL, OVERLAP), np.full(len(gaps[0]), GAP)]).astype(object)
    named, rows = codes.fillna("").astype("str").to_numpy(), codes.index.to_numpy()
    table = pd.DataFrame(
        {
            "relation": relation,
            "parcel_code": named[left],
            "other_code": named[right],
            "source_row": rows[left],
            "other_row": rows[right],
            "relation_area": np.round(shapely.area(ground), 2),
            "relation_width": np.round(mean_width(ground), 3),
        },
        columns=_COLUMNS,
    )
    return gpd.GeoDataFrame(table, geometry=ground, crs=shapes.crs)


def _gaps(shapes: Geometries, limits: Tolerances, told: Overlaps) -> tuple[Positions, Positions, Geometries]:
    """Pieces of ground in no parcel that a disc as wide as a gap, rolled along two parcels, cannot reach.

    Found so are slits between parcels, wedges between parcels that touch at one end, and thin holes that they enclose.
    Pairs that overlap are told as that alone.
    """
    left, right = facing_pairs(shapes, limits.gap_width, limits.gap_area)
    fresh = ~np.isin(left * len(shapes) + right, told.left * len(shapes) + told.right)
    left, right = left[fresh], right[fresh]
    both = shapely.union(shapes[left], shapes[right])
    closed = shapely.buffer(shapely.buffer(both, limits.gap_width / 2), -limits.gap_width / 2)
    more = shapely.area(closed) - shapely.area(both) > limits.gap_area / 2  # corners are lost by a little
    pieces, pair = polygon_parts(shapely.difference(closed[more], both[more]))
    left, right, pieces = _larger(limits.gap_area, left[more][pair], right[more][pair], pieces)
    free, piece = polygon_parts(_without_parcels(pieces, shapes))
    return _larger(limits.gap_area, left[piece], right[piece], free)


def _larger(
    least: float, left: Positions, right: Positions, ground: Geometries
) -> tuple[Positions, Positions, Geometries]:
    """Pairs whose ground is larger than so much."""
    large = shapely.area(ground) > least
    return left[large], right[large], ground[large]


def _without_parcels(near: Geometries, shapes: Geometries) -> Geometries:
    """Take every parcel out of each piece of ground."""
    piece, parcel = shapely.STRtree(shapes).query(near, predicate="intersects")
    order = np.argsort(piece, kind="stable")
    piece, parcel = piece[order], parcel[order]
    result = near.copy()
    for number, own in zip(*np.unique(piece, return_index=True), strict=True):
        end = np.searchsorted(piece, number, side="right")
        result[number] = shapely.difference(near[number], shapely.union_all(shapes[parcel[own:end]]))
    return result
