"""Units that are graded together (评价单元): neighbours, homogeneous areas, small patches, polygons of a grade."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from rasterio.features import shapes, sieve
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from landmarket.checks import require_columns, require_projected, require_same_index
from landmarket.errors import BadValueError, named_rows
from landmarket.pricing.grading.grid import ScoreGrid
from landmarket.pricing.kinds import Floats

Ints = npt.NDArray[np.int64]

NEAR = 1.0
"""Outlines this close together [m] count as touching: drawn borders leave slivers."""


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Which units touch, and along what length (邻接关系).

    Attributes
    ----------
    first, second : ndarray of int64
        Positions of each pair, the smaller first.
    shared : ndarray of float64
        Length of their common border [m]; a pair that touches in a point alone has 0 and is no pair.
    count : int
        How many units there are.
    """

    first: Ints
    second: Ints
    shared: Floats
    count: int


def neighbours(units: gpd.GeoDataFrame) -> Neighbours:
    """Find which units share a border (邻接关系).

    Parameters
    ----------
    units : GeoDataFrame
        Polygons, projected [m].

    Returns
    -------
    Neighbours
        Pairs that share more than a point; outlines up to `NEAR` apart count as one.

    Raises
    ------
    CrsError
        If the coordinate system is missing or in degrees.
    """
    require_projected(units, "neighbours")
    outlines = units.geometry.to_numpy()
    first, second = shapely.STRtree(outlines).query(outlines, predicate="dwithin", distance=NEAR)
    once = first < second
    first, second = first[once], second[once]
    borders = shapely.boundary(outlines)
    around = shapely.buffer(outlines, NEAR, quad_segs=2)
    # from both sides, to the millimetre: the order of the units and the last digit must not decide between borders
    ways = [shapely.length(shapely.intersection(borders[a], around[b])) for a, b in ((first, second), (second, first))]
    shared = np.round((ways[0] + ways[1]) / 2, 3)
    long = shared > 4 * NEAR
    return Neighbours(first[long], second[long], shared[long], len(units))


def components(pairs: Neighbours, labels: npt.ArrayLike | None = None) -> Ints:
    """Number the connected groups of units (连片).

    Parameters
    ----------
    pairs : Neighbours
        Which units touch.
    labels : array-like, optional
        Only units of one label are connected; all where not given.

    Returns
    -------
    ndarray of int64
        Number of each unit's group, from 0.
    """
    same = np.ones(len(pairs.first), dtype=bool)
    if labels is not None:
        named = np.asarray(labels)
        same = named[pairs.first] == named[pairs.second]
    edges = (np.ones(int(same.sum())), (pairs.first[same], pairs.second[same]))
    _, number = connected_components(coo_matrix(edges, shape=(pairs.count, pairs.count)), directed=False)
    return np.asarray(number, dtype=np.int64)


def homogeneous_areas(
    units: gpd.GeoDataFrame, scores: pd.DataFrame, count: int, pairs: Neighbours | None = None
) -> pd.Series[int]:
    """Join neighbouring units of like scores into areas (均质区片划分).

    Parameters
    ----------
    units : GeoDataFrame
        Polygons with a unique index, projected [m].
    scores : DataFrame
        Factor scores on the same index, each already multiplied by its weight.
    count : int
        How many areas.
    pairs : Neighbours, optional
        Which units touch, where that is known already.

    Returns
    -------
    Series of int
        Number of each unit's area, from 1 in the order of the units; every area is connected.

    Raises
    ------
    IndexMismatchError
        If the tables do not describe the same units.
    BadValueError
        If a score is missing, there are fewer units than areas, or more separate parts than areas.

    Notes
    -----
    Ward's method with the neighbours as the only pairs that may be joined, as scikit-learn does it: at each step the
    two touching areas are joined that raise the sum of squares least.
    """
    require_same_index(units, scores, "homogeneous_areas")
    lost = ~np.isfinite(scores.to_numpy(dtype=np.float64)).all(axis=1)
    if lost.any():
        raise BadValueError(f"因素作用分缺失，{named_rows(scores.index[lost])}。办法：补齐后再划区片。")
    if not 1 <= count <= len(units):
        raise BadValueError(f"{len(units)} 个单元不能分成 {count} 个区片。办法：区片数应在 1 与单元数之间。")
    pairs = neighbours(units) if pairs is None else pairs
    part = components(pairs)
    parts = int(part.max()) + 1
    if parts > count:
        raise BadValueError(
            f"单元分成互不相连的 {parts} 片，不能只划 {count} 个区片。办法：区片数不少于 {parts}，或核对界线间的缝隙。"
        )
    from sklearn.cluster import AgglomerativeClustering  # only here: importing it takes a second

    number = np.zeros(len(units), dtype=np.int64)
    shares = _areas_of_parts(scores.to_numpy(dtype=np.float64), part, count)
    both = (np.concatenate([pairs.first, pairs.second]), np.concatenate([pairs.second, pairs.first]))
    touching = coo_matrix((np.ones(len(both[0])), both), shape=(len(units), len(units))).tocsr()
    for own in range(parts):
        rows = np.flatnonzero(part == own)
        inside = np.zeros(len(rows), dtype=np.int64)
        if shares[own] > 1:
            ward = AgglomerativeClustering(shares[own], connectivity=touching[rows][:, rows], linkage="ward")
            inside = ward.fit_predict(scores.to_numpy(dtype=np.float64)[rows])
        number[rows] = number.max(initial=0) + 1 + inside
    return pd.Series(pd.factorize(number)[0] + 1, index=units.index, name="area_number")


def _areas_of_parts(scores: Floats, part: Ints, count: int) -> list[int]:
    """Share the areas out among separate parts: one each, then the next where the scores spread most."""
    spread, sizes = [], np.bincount(part).tolist()
    for own in range(int(part.max()) + 1):
        rows = scores[part == own]
        spread.append(float(((rows - rows.mean(axis=0)) ** 2).sum()))
    shares = [1] * len(sizes)
    for _ in range(count - len(sizes)):
        open_parts = [own for own in range(len(sizes)) if shares[own] < sizes[own]]
        widest = max(open_parts, key=lambda own: spread[own] / shares[own] ** 2)
        shares[widest] += 1
    return shares


def merge_small(grades: pd.Series[str], areas: pd.Series[float], pairs: Neighbours, smallest: float) -> pd.Series[str]:
    """Join isolated patches that are too small to the grade around them (小图斑归并).

    Parameters
    ----------
    grades : Series of str
        Grade of each unit.
    areas : Series of float
        Area of each unit [㎡].
    pairs : Neighbours
        Which units touch.
    smallest : float
        Patches of one grade under this area [㎡] are joined.

    Returns
    -------
    Series of str
        On the same index. The smallest patch goes first, to the neighbouring grade with the longest common border (of
        equal ones the better-named first); patches without a neighbour stay.
    """
    merged = grades.to_numpy(dtype=object, copy=True)
    size = areas.to_numpy(dtype=np.float64)
    while True:
        patch = components(pairs, merged)
        whole = np.bincount(patch, weights=size)
        small = np.flatnonzero(whole < smallest)
        around = next(
            filter(
                None, (_around(pairs, patch, merged, own) for own in small[np.argsort(whole[small], kind="stable")])
            ),
            None,
        )
        if around is None:
            return pd.Series(merged, index=grades.index, dtype="str", name=grades.name)
        rows, border = around
        merged[rows] = min(border, key=lambda grade: (-border[grade], grade))


def _around(
    pairs: Neighbours, patch: Ints, grades: npt.NDArray[np.object_], own: int
) -> tuple[npt.NDArray[np.bool_], dict[str, float]] | None:
    """Find the units of a patch and how long its border with each other grade is; None where it has no neighbour."""
    inside, outside = patch[pairs.first] == own, patch[pairs.second] == own
    border: dict[str, float] = {}
    for at in np.flatnonzero(inside ^ outside):
        other = str(grades[pairs.second[at] if inside[at] else pairs.first[at]])
        border[other] = border.get(other, 0.0) + float(pairs.shared[at])
    return (patch == own, border) if border else None


def merge_small_cells(grades: pd.Series[str], grid: ScoreGrid, smallest: float) -> pd.Series[str]:
    """Join isolated patches of cells that are too small to what lies around them (小图斑归并).

    Parameters
    ----------
    grades : Series of str
        Grade of each cell; cells without one are left out.
    grid : ScoreGrid
        Where the cells lie.
    smallest : float
        Patches under this area [㎡] are joined to their largest neighbour.

    Returns
    -------
    Series of str
        On the same index. Patches that have no neighbour, or only ones as small, stay.
    """
    numbers, names = pd.factorize(grades, sort=True)
    raster = grid.raster(pd.Series(numbers + 1.0, index=grades.index))
    known = np.isfinite(raster)
    cells = min(max(int(np.ceil(smallest / grid.cell**2)), 1), raster.size)
    before, sieved = None, np.nan_to_num(raster).astype(np.int32)
    while before is None or (sieved != before).any():  # a small patch may get a large neighbour only by the step before
        before, sieved = sieved, sieve(sieved, cells, mask=known, connectivity=4)
    merged = pd.Series(sieved.ravel()[grid.places], index=grid.cells.index)[grades.index]
    return pd.Series(np.asarray(names, dtype=object)[merged - 1], index=grades.index, dtype="str", name=grades.name)


def grade_polygons(units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Join the units of each grade into one shape (级别图斑).

    Parameters
    ----------
    units : GeoDataFrame
        Polygons with ``grade``.

    Returns
    -------
    GeoDataFrame
        One row a grade, in the order of their names: ``grade``, ``area`` [㎡] and the geometry.

    Raises
    ------
    MissingColumnError
        If there is no grade.
    """
    require_columns(units, ["grade"], "grade_polygons")
    joined = units[["grade", units.geometry.name]].dissolve(by="grade", sort=True).reset_index()
    return joined.assign(area=joined.geometry.area)[["grade", "area", joined.geometry.name]]


def cell_polygons(grades: pd.Series[str], grid: ScoreGrid) -> gpd.GeoDataFrame:
    """Outline the cells of each grade (级别图斑).

    Parameters
    ----------
    grades : Series of str
        Grade of each cell.
    grid : ScoreGrid
        Where the cells lie.

    Returns
    -------
    GeoDataFrame
        As `grade_polygons` gives them.
    """
    numbers, names = pd.factorize(grades, sort=True)
    raster = np.nan_to_num(grid.raster(pd.Series(numbers + 1.0, index=grades.index))).astype(np.int32)
    found = [
        (str(names[int(value) - 1]), shapely.geometry.shape(outline))
        for outline, value in shapes(raster, mask=raster > 0, transform=grid.transform)
    ]
    outlines = gpd.GeoDataFrame(
        {"grade": [name for name, _ in found]}, geometry=[s for _, s in found], crs=grid.cells.crs
    )
    return grade_polygons(outlines)
