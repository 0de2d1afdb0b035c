"""A GeoParquet file of parcels that is read in pieces (分块读取): where its rows lie, and some of them at a time."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from landmarket.errors import ReadError
from landmarket.exact import Ints
from landmarket.io.geoparquet import PARQUET

Floats = npt.NDArray[np.float64]

_TAIL = 8
"""Bytes after the footer: its length, and the mark of the format."""
CORNERS = ("xmin", "ymin", "xmax", "ymax")
"""Fields that hold the extent of a row."""
_CURE = "办法：用 landmarket sort 原文件 新文件.parquet 重写（逐宗范围、按位置排序），再分块计算。"


@dataclass(frozen=True, eq=False)
class ParcelFile:
    """A GeoParquet file of parcels, as its footer describes it (宗地文件).

    Attributes
    ----------
    path : Path
        The file.
    footer : str
        Digest of the footer: another file has another.
    starts : ndarray of int64
        Position of the first row of each row group, from 0; the number of rows last.
    boxes : ndarray of float64, shape (row groups, 4)
        Extent of each row group in the coordinates of the file; NaN where it has no shape.
    corners : tuple of str
        Columns that hold the extent of each row: xmin, ymin, xmax, ymax, with a dot before the field.
    shapes : mapping of str to str
        Columns of shapes, the one that counts first, each with its coordinate system as text, empty where none
        is stated.
    holed : tuple of str
        Columns of whole numbers or of truth values in which a cell of the file is missing.
    """

    path: Path
    footer: str
    starts: Ints
    boxes: Floats
    corners: tuple[str, ...]
    shapes: dict[str, str]
    holed: tuple[str, ...]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.starts[-1])


def parcel_file(path: Path) -> ParcelFile:
    """Look at the footer of a GeoParquet file; no row is read.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    ParcelFile
        Where its rows lie.

    Raises
    ------
    ReadError
        If it is no GeoParquet, or does not hold the extent of each row.
    """
    if path.suffix.lower() not in PARQUET:
        raise ReadError(f"{path}：分块计算只读 GeoParquet。办法：先用 landmarket sort 原文件 新文件.parquet 另存。")
    with opened_parquet(path) as file:
        described = _geo(path, file.schema_arrow)
        corners = _corners(path, described)
        metadata = file.metadata
        sizes = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
        return ParcelFile(
            path=path,
            footer=footer_digest(path),
            starts=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            boxes=_boxes(path, metadata, corners),
            corners=corners,
            shapes=_shapes(path, described),
            holed=_holed(file),
        )


@contextmanager
def opened_parquet(path: Path) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file; what is wrong with it is said in Chinese (打开文件).

    Parameters
    ----------
    path : Path
        The file.

    Yields
    ------
    pyarrow.parquet.ParquetFile
        Open for the block.

    Raises
    ------
    ReadError
        If it cannot be read.
    """
    try:
        with pq.ParquetFile(path, metadata=_footer(path, footer_digest(path))) as file:
            yield file
    except FileNotFoundError as error:
        raise ReadError(f"{path}：没有这个文件。办法：检查路径；在集群上，各台机器都要能读到它。") from error
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, ReadError):
            raise
        said = " ".join(str(error).split())
        raise ReadError(
            f"{path}：不能作为 GeoParquet 读取（{said}）。办法：由原来的图层用 landmarket sort 另存。"
        ) from error


@lru_cache(maxsize=2)
def _footer(path: Path, digest: str) -> pq.FileMetaData:
    """The footer of that digest: a large one takes as long to take apart as a twentieth of a tile."""
    return pq.read_metadata(path)


def footer_digest(path: Path) -> str:
    """Digest of the footer (文件尾指纹): it names the place of every column chunk, its least and its greatest value.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    str
        Hexadecimal; another for another content, but for deliberate tricks.
    """
    with path.open("rb") as file:
        end = max(file.seek(0, os.SEEK_END) - _TAIL, 0)
        file.seek(end)
        size = int.from_bytes(file.read(4), "little")
        file.seek(max(end - size, 0))
        return blake2b(file.read(size), digest_size=20).hexdigest()


def _geo(path: Path, schema: pa.Schema) -> dict[str, object]:
    """The description of its shapes that the file carries."""
    try:
        described = json.loads((schema.metadata or {})[b"geo"])
        first = described["columns"][described["primary_column"]]
    except (KeyError, TypeError, ValueError) as error:
        raise ReadError(f"{path}：没有 GeoParquet 的图形说明。办法：由原来的图层用 landmarket sort 另存。") from error
    if not isinstance(first, dict) or not isinstance(described, dict):
        raise ReadError(f"{path}：GeoParquet 的图形说明损坏。办法：由原来的图层用 landmarket sort 另存。")
    return described


def _columns(described: dict[str, object]) -> dict[str, dict[str, object]]:
    """The columns of shapes, the one that counts first."""
    listed = described["columns"]
    columns = listed if isinstance(listed, dict) else {}
    first = str(described["primary_column"])
    return {name: columns[name] for name in sorted(columns, key=lambda name: name != first)}


def _corners(path: Path, described: dict[str, object]) -> tuple[str, ...]:
    first = next(iter(_columns(described).values()))
    covering = first.get("covering")
    box = covering.get("bbox") if isinstance(covering, dict) else None
    if not isinstance(box, dict) or not set(CORNERS) <= set(box):
        raise ReadError(f"{path}：没有逐宗的范围（bbox）列，不能分块读取。{_CURE}")
    return tuple(".".join(map(str, box[corner])) for corner in CORNERS)


def _shapes(path: Path, described: dict[str, object]) -> dict[str, str]:
    found = {}
    for name, column in _columns(described).items():
        if column.get("encoding") != "WKB":
            raise ReadError(f"{path}：图形列 {name} 的编码是 {column.get('encoding')}，只读 WKB。{_CURE}")
        crs = column.get("crs", "OGC:CRS84")
        found[name] = "" if crs is None else crs if isinstance(crs, str) else json.dumps(crs)
    return found


def _boxes(path: Path, metadata: pq.FileMetaData, corners: tuple[str, ...]) -> Floats:
    """Extent of each row group, from the statistics of the columns that hold that of each row."""
    place = {metadata.schema.column(i).path: i for i in range(metadata.num_columns)}
    boxes = np.full((metadata.num_row_groups, 4), np.nan)
    for group in range(metadata.num_row_groups):
        row_group = metadata.row_group(group)
        for i, corner in enumerate(corners):
            stated = row_group.column(place[corner]).statistics
            empty = row_group.num_rows == 0 or (stated is not None and stated.null_count == row_group.num_rows)
            if not empty and (stated is None or not stated.has_min_max):
                raise ReadError(f"{path}：范围列 {corner} 没有统计值，不能分块读取。{_CURE}")
            if not empty:
                boxes[group, i] = stated.min if i < 2 else stated.max
    return boxes


def _holed(file: pq.ParquetFile) -> tuple[str, ...]:
    """Columns whose type in a table depends on whether a cell is missing anywhere in the file."""
    kinds = {field.name: field.type for field in file.schema_arrow}
    whole = [name for name, kind in kinds.items() if pa.types.is_integer(kind) or pa.types.is_boolean(kind)]
    return tuple(name for name in whole if _has_hole(file, name))


def _has_hole(file: pq.ParquetFile, name: str) -> bool:
    metadata = file.metadata
    place = next(i for i in range(metadata.num_columns) if metadata.schema.column(i).path == name)
    stated = [metadata.row_group(group).column(place).statistics for group in range(metadata.num_row_groups)]
    if all(one is not None and one.has_null_count for one in stated):
        return any(one.null_count for one in stated)
    return any(batch.column(0).null_count for batch in file.iter_batches(columns=[name]))
