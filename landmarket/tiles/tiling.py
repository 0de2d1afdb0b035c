"""How a file of parcels is divided into tiles (分片): by the order of its rows, or by township."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landmarket.columns import UNKNOWN_TOWNSHIP
from landmarket.errors import BadValueError
from landmarket.exact import Ints
from landmarket.io.values import clean_text, to_code
from landmarket.tiles.parcel_file import Floats, ParcelFile
from landmarket.tiles.rows import column_batches, header_of, row_boxes

PARCELS_A_TILE = 200_000
"""Parcels of a tile on this machine where nobody says otherwise: 1.3 GB, and a tenth less time than by 50,000."""
PARCELS_AT_A_WORKER = 50_000
"""Parcels of a tile at a worker of a cluster where nobody says otherwise: that needs well under a gigabyte."""

Span = tuple[int, int]
"""Positions of rows, from the first to before the last."""
Tiling = Callable[[ParcelFile], "list[Place]"]
"""Divides a file: every row lies in exactly one place."""


@dataclass(frozen=True)
class Place:
    """The rows of a file that are worked on together (分片范围).

    Attributes
    ----------
    name : str
        Name for people.
    spans : tuple of (int, int)
        Their positions, ascending.
    """

    name: str
    spans: tuple[Span, ...]

    @property
    def rows(self) -> Ints:
        """Their positions one by one."""
        return np.concatenate([np.arange(start, stop, dtype=np.int64) for start, stop in self.spans])


@dataclass(frozen=True)
class Tile:
    """A tile, with the rows elsewhere that bear the codes of its own (分片).

    Attributes
    ----------
    number : int
        From 0.
    place : Place
        Its own rows.
    twins : tuple of int
        Positions of rows of other tiles that repeat a code of its own.
    """

    number: int
    place: Place
    twins: tuple[int, ...]


def in_order(parcels: int = PARCELS_A_TILE) -> Tiling:
    """Divide a file in the order of its rows (按行序分片).

    Parameters
    ----------
    parcels : int, default 50000
        Parcels of a tile, at most.

    Returns
    -------
    callable
        The division; whole row groups stay together where they are small enough.

    Raises
    ------
    BadValueError
        If there is no parcel to a tile.
    """
    if parcels < 1:
        raise BadValueError(f"每片 {parcels} 宗不成立。办法：写大于 0 的整数，如 {PARCELS_A_TILE}。")

    def divide(file: ParcelFile) -> list[Place]:
        spans: list[Span] = []
        for start, stop in zip(file.starts[:-1].tolist(), file.starts[1:].tolist(), strict=True):
            pieces = -(-(stop - start) // parcels)
            bounds = [start + (stop - start) * i // max(pieces, 1) for i in range(pieces + 1)]
            for piece in pairwise(bounds):
                if spans and piece[1] - spans[-1][0] <= parcels:
                    spans[-1] = (spans[-1][0], piece[1])
                else:
                    spans.append(piece)
        return [Place(f"第 {start + 1}—{stop} 行", ((start, stop),)) for start, stop in spans]

    return divide


def by_township(file: ParcelFile) -> list[Place]:
    """Divide a file by the township that its rows state (按乡镇分片).

    Parameters
    ----------
    file : ParcelFile
        The file; best with the rows of a township one after the other.

    Returns
    -------
    list of Place
        In the order in which the townships first appear; rows without one are a place of their own.

    Raises
    ------
    BadValueError
        If the file has no such column.
    """
    header = header_of(file, "township")
    if header is None:
        raise BadValueError(f"{file.path}：没有乡镇列，不能按乡镇分片。办法：改为按行序分片 in_order()。")
    spans: dict[str, list[Span]] = {}
    start = 0
    for batch in column_batches(file, [header]):
        names = clean_text(batch.column(0).to_pandas()).fillna(UNKNOWN_TOWNSHIP).to_numpy(dtype=object)
        cuts = np.flatnonzero(names[1:] != names[:-1]) + 1
        bounds = [0, *cuts.tolist(), len(names)]
        for first, last in pairwise(bounds):
            own = spans.setdefault(names[first], [])
            if own and own[-1][1] == start + first:
                own[-1] = (own[-1][0], start + last)
            else:
                own.append((start + first, start + last))
        start += len(names)
    return [Place(name, tuple(own)) for name, own in spans.items()]


def plan_tiles(file: ParcelFile, tiling: Tiling) -> list[Tile]:
    """Divide a file, and find for each tile the rows elsewhere that repeat its codes (分片计划).

    Parameters
    ----------
    file : ParcelFile
        The file; its column of codes is read once.
    tiling : callable
        How to divide it.

    Returns
    -------
    list of Tile
        In the order of the division.
    """
    rows, group = _repeated_codes(file)
    tiles = []
    for number, place in enumerate(tiling(file)):
        own = np.zeros(len(rows), dtype=bool)
        for start, stop in place.spans:
            own |= (rows >= start) & (rows < stop)
        twins = np.isin(group, group[own]) & ~own
        tiles.append(Tile(number, place, tuple(np.sort(rows[twins]).tolist())))
    return tiles


def _repeated_codes(file: ParcelFile) -> tuple[Ints, Ints]:
    """Rows whose code stands in more than one row, and which code it is: a number of eight bytes stands for each.

    Two codes of one number would only make a tile read a row that it does not need.
    """
    header = header_of(file, "parcel_code")
    nothing = np.empty(0, dtype=np.int64)
    if header is None:
        return nothing, nothing
    numbers, present = [np.empty(0, dtype=np.uint64)], [np.empty(0, dtype=bool)]
    for batch in column_batches(file, [header]):
        codes = clean_text(to_code(batch.column(0).to_pandas())[0])
        present.append(codes.notna().to_numpy())
        texts = codes.fillna("").to_numpy(dtype=object)
        numbers.append(pd.util.hash_array(texts, categorize=False).astype(np.uint64))
    number, rows = np.concatenate(numbers), np.flatnonzero(np.concatenate(present))
    number = number[rows]
    order = np.argsort(number, kind="stable")
    same = number[order[1:]] == number[order[:-1]]
    repeated = np.concatenate([[False], same]) | np.concatenate([same, [False]]) if len(rows) else np.empty(0, bool)
    chosen = order[repeated]
    _, group = np.unique(number[chosen], return_inverse=True)
    return rows[chosen].astype(np.int64), group.astype(np.int64)


def neighbours(file: ParcelFile, own: Ints, margin: float) -> Ints:
    """Find the rows whose extents meet that of a row of a tile (邻接宗地).

    Parameters
    ----------
    file : ParcelFile
        The file.
    own : ndarray of int64
        Positions of the tile's own rows, ascending.
    margin : float
        Distance up to which extents meet, in the units of the file.

    Returns
    -------
    ndarray of int64
        Positions of other rows, ascending. Only row groups that meet a row of the tile are looked at: a tile where the
        order of the file jumps lies in two places, with most of the file between them.
    """
    boxes = row_boxes(file, own)
    boxes = boxes[~np.isnan(boxes).any(axis=1)] + margin * np.array([-1, -1, 1, 1])
    if not len(boxes):
        return np.empty(0, dtype=np.int64)
    tree = shapely.STRtree(_as_shapes(boxes))
    spans = [np.arange(*file.starts[group : group + 2]) for group in _meeting(file.boxes, boxes, tree)]
    others = np.setdiff1d(np.concatenate(spans), own, assume_unique=True).astype(np.int64)
    return others[_meeting(row_boxes(file, others), boxes, tree)]


def _meeting(boxes: Floats, own: Floats, tree: shapely.STRtree) -> Ints:
    """Positions of the boxes that meet one of a tile's own."""
    around = np.concatenate([own[:, :2].min(axis=0), own[:, 2:].max(axis=0)])
    near = np.flatnonzero(_meet(boxes, around))
    found: Ints = near[np.unique(tree.query(_as_shapes(boxes[near]))[0])].astype(np.int64)
    return found


def _as_shapes(boxes: Floats) -> npt.NDArray[np.object_]:
    return np.asarray(shapely.box(*boxes.T), dtype=object)


def _meet(boxes: Floats, box: Floats) -> npt.NDArray[np.bool_]:
    """Which boxes meet one; a box that is not known meets none."""
    meet: npt.NDArray[np.bool_] = (
        (boxes[:, 0] <= box[2]) & (boxes[:, 2] >= box[0]) & (boxes[:, 1] <= box[3]) & (boxes[:, 3] >= box[1])
    )
    return meet


def scattered(file: ParcelFile, tiles: Sequence[Tile]) -> float:
    """Tell how much of the file a tile must look at for its neighbours, on average (邻接比例).

    Parameters
    ----------
    file : ParcelFile
        The file.
    tiles : sequence of Tile
        Its tiles.

    Returns
    -------
    float
        Rows in the row groups that a tile's row groups meet, as a multiple of the tile's own, averaged over rows.
    """
    looked, sizes = 0, np.diff(file.starts)
    for tile in tiles:
        spans = tile.place.spans
        boxes = np.concatenate(
            [file.boxes[_first_group(file, start) : _group_end(file, stop)] for start, stop in spans]
        )
        boxes = boxes[~np.isnan(boxes).any(axis=1)]
        if len(boxes):
            looked += int(sizes[np.logical_or.reduce([_meet(file.boxes, box) for box in boxes])].sum())
    return looked / max(file.rows, 1)


def _first_group(file: ParcelFile, start: int) -> int:
    return int(np.searchsorted(file.starts, start, side="right")) - 1


def _group_end(file: ParcelFile, stop: int) -> int:
    return int(np.searchsorted(file.starts, stop, side="left"))
