"""Parcels rewritten in the order of their places (按位置排序): neighbours stand together, so a tile reads little.

Rows are sorted along a Hilbert curve through the middle of their extents. The file is read twice and never held: rows
are first dealt into stacks of neighbouring places on disk, then each stack is sorted by itself.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from landmarket.errors import ReadError
from landmarket.exact import Ints
from landmarket.io.file_names import LONGEST
from landmarket.io.geoparquet import PARQUET, write_geoparquet
from landmarket.io.parcels import read_parcels
from landmarket.io.whole import output_errors, sync_file
from landmarket.tiles.parcel_file import CORNERS, Floats, opened_parquet

SOURCE_ROW = "原行号"
"""Column that keeps the number of the row in the file before, from 1."""
_A_GROUP = 8_000
_A_STACK = 400_000
_AT_ONCE = 65_536
_LEVEL = 16


def write_ordered(source: Path, target: Path, *, rows_a_stack: int = _A_STACK) -> None:
    """Write the parcels of a GeoParquet file in the order of their places, ready for tiles (按位置重写).

    Parameters
    ----------
    source : Path
        The file; it need not hold the extent of each row.
    target : Path
        The new file: the same rows and columns, ``原行号`` with the number of the row in the source, and ``bbox`` with
        its extent; small row groups. An older one is replaced in one step.
    rows_a_stack : int, default 400000
        Rows that are sorted at a time; the file does not depend on it.

    Raises
    ------
    ReadError
        If the source is no GeoParquet with shapes as WKB.
    OutputError
        If the target cannot be written; rows are dealt into a hidden folder beside it, as large as the source.
    """
    if source.suffix.lower() not in PARQUET:
        raise ReadError(f"{source}：只重写 GeoParquet。办法：其他格式用 write_parcels_ordered()。")
    _require_another(source, target)
    shapes = _shape_column(source)
    rank = _ranks(source, shapes)
    hidden = target.with_name(f".{target.name[:LONGEST]}.{secrets.token_hex(4)}.part")
    with output_errors(target):
        try:
            hidden.mkdir(parents=True)
            _deal(source, hidden, rank // rows_a_stack)
            _write(hidden, hidden / target.name, _layout(source, shapes), rank)
            sync_file(hidden / target.name)
            (hidden / target.name).replace(target)
        finally:
            shutil.rmtree(hidden, ignore_errors=True)


def write_parcels_ordered(
    source: Path, target: Path, *, layer: str | None = None, crs: str | None = None, encoding: str | None = None
) -> None:
    """Read a parcel file of any kind, and write it as GeoParquet in the order of its places (任一格式按位置另存).

    Parameters
    ----------
    source : Path
        What `landmarket.io.read_parcels` reads, held in memory as a whole; GeoParquet is dealt with as by
        `write_ordered`.
    target : Path
        As in `write_ordered`; headers that ``columns.csv`` knows become identifiers.
    layer, crs, encoding : str, optional
        As in `landmarket.io.read_parcels`; not for GeoParquet.

    Raises
    ------
    ReadError, CrsError, BadValueError
        As `landmarket.io.read_parcels`.
    OutputError
        As `write_ordered`.
    """
    _require_another(source, target)
    if source.suffix.lower() in PARQUET:
        write_ordered(source, target)
        return
    parcels = read_parcels(source, encoding=encoding, crs=crs, layer=layer)
    parcels = parcels.assign(**{SOURCE_ROW: parcels.index}).rename_axis(None)
    with output_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    with output_errors(target), TemporaryDirectory(prefix=".", suffix=".part", dir=target.parent) as hidden:
        whole = Path(hidden) / "parcels.parquet"
        write_geoparquet(parcels, whole)
        write_ordered(whole, target)


def _require_another(source: Path, target: Path) -> None:
    if source.resolve() == target.resolve():
        raise ReadError(f"{source}：源文件与新文件是同一个文件。办法：新文件另取一个名称。")
    if target.suffix.lower() not in PARQUET:
        raise ReadError(f"{target}：只写 GeoParquet。办法：新文件的名称以 .parquet 结尾。")


def _shape_column(source: Path) -> str:
    with opened_parquet(source) as file:
        try:
            described = json.loads(file.schema_arrow.metadata[b"geo"])
            name = str(described["primary_column"])
            encoded = described["columns"][name]["encoding"]
        except (KeyError, TypeError, ValueError) as error:
            raise ReadError(
                f"{source}：没有 GeoParquet 的图形说明。办法：由原来的图层用 landmarket sort 另存。"
            ) from error
    if encoded != "WKB":
        raise ReadError(
            f"{source}：图形列 {name} 的编码是 {encoded}，只读 WKB。办法：由原来的图层用 landmarket sort 另存。"
        )
    return name


def _ranks(source: Path, shapes: str) -> Ints:
    """Place of each row in the new file; rows without a shape go last, equal places keep their order."""
    with opened_parquet(source) as file:
        parts = [_middles(batch.column(0)) for batch in file.iter_batches(batch_size=_AT_ONCE, columns=[shapes])]
    middles = np.concatenate([np.empty((0, 2)), *parts])
    known = ~np.isnan(middles).any(axis=1)
    keys = np.full(len(middles), np.iinfo(np.int64).max, dtype=np.int64)
    if known.any():
        extent = (*middles[known].min(axis=0), *middles[known].max(axis=0))
        points = gpd.GeoSeries(shapely.points(middles[known]))
        keys[known] = points.hilbert_distance(total_bounds=extent, level=_LEVEL).to_numpy(dtype=np.int64)
    rank = np.empty(len(middles), dtype=np.int64)
    rank[np.argsort(keys, kind="stable")] = np.arange(len(middles))
    return rank


def _extents(column: pa.Array) -> Floats:
    shapes = shapely.from_wkb(column.to_numpy(zero_copy_only=False))
    return np.asarray(shapely.bounds(shapes), dtype=np.float64)


def _middles(column: pa.Array) -> Floats:
    boxes = _extents(column)
    return (boxes[:, :2] + boxes[:, 2:]) / 2


def _deal(source: Path, folder: Path, stack: Ints) -> None:
    """Deal rows into stacks, each a file, in the order of the source."""
    stacks = int(stack.max(initial=-1)) + 1
    with opened_parquet(source) as file:
        writers = [pa.ipc.new_file(str(folder / f"{number}.arrow"), file.schema_arrow) for number in range(stacks)]
        start = 0
        for batch in file.iter_batches(batch_size=_AT_ONCE):
            own = stack[start : start + len(batch)]
            for number in np.unique(own).tolist():
                writers[number].write_batch(batch.take(pa.array(np.flatnonzero(own == number))))
            start += len(batch)
        for writer in writers:
            writer.close()


@dataclass(frozen=True)
class _Layout:
    """Where the new file keeps the extent of each row."""

    shapes: str
    box: str
    schema: pa.Schema


def _layout(source: Path, shapes: str) -> _Layout:
    with opened_parquet(source) as file:
        schema = file.schema_arrow
    described = json.loads(schema.metadata[b"geo"])
    covering = described["columns"][shapes].pop("covering", None)
    old = covering["bbox"]["xmin"][0] if covering else None
    fields = [field for field in schema if field.name not in (old, SOURCE_ROW)]
    box = next(
        name for name in ("bbox", "宗地范围", secrets.token_hex(4)) if name not in {each.name for each in fields}
    )
    described["version"] = "1.1.0"
    described["columns"][shapes] |= {"covering": {"bbox": {corner: [box, corner] for corner in CORNERS}}}
    corners = pa.struct([(corner, pa.float64()) for corner in CORNERS])
    fields += [pa.field(SOURCE_ROW, pa.int64()), pa.field(box, corners)]
    metadata = {**schema.metadata, b"geo": json.dumps(described).encode("utf-8")}
    return _Layout(shapes, box, pa.schema(fields, metadata=metadata))


def _write(folder: Path, part: Path, layout: _Layout, rank: Ints) -> None:
    """Sort each stack and write it; a row group may hold the end of one stack and the beginning of the next."""
    order = np.empty(len(rank), dtype=np.int64)
    order[rank] = np.arange(len(rank))
    rest = layout.schema.empty_table()
    with pq.ParquetWriter(part, layout.schema, compression="zstd") as writer:
        for sorted_stack in _sorted_stacks(folder, layout, rank, order):
            rest = pa.concat_tables([rest, sorted_stack]).combine_chunks()
            whole = len(rest) // _A_GROUP * _A_GROUP
            if whole:
                writer.write_table(rest.slice(0, whole), row_group_size=_A_GROUP)
            rest = rest.slice(whole)
        if len(rest):
            writer.write_table(rest, row_group_size=_A_GROUP)


def _sorted_stacks(folder: Path, layout: _Layout, rank: Ints, order: Ints) -> Iterator[pa.Table]:
    start = 0
    for number in range(len(list(folder.glob("*.arrow")))):
        with pa.memory_map(str(folder / f"{number}.arrow")) as mapped:
            table = pa.ipc.open_file(mapped).read_all()
        rows = np.sort(order[start : start + len(table)])  # the stack is in the order of the source
        start += len(table)
        sorted_rows = np.argsort(rank[rows])
        yield _completed(table.take(pa.array(sorted_rows)), layout, rows[sorted_rows])


def _completed(table: pa.Table, layout: _Layout, rows: Ints) -> pa.Table:
    """Add the number of each row and its extent."""
    extents = _extents(table.column(layout.shapes).combine_chunks())
    missing = np.asarray(np.isnan(extents).any(axis=1), dtype=bool)
    corners = [pa.array(extents[:, i]) for i in range(len(CORNERS))]
    boxes = pa.StructArray.from_arrays(corners, names=list(CORNERS), mask=pa.array(missing))
    numbers = table.column(SOURCE_ROW) if SOURCE_ROW in table.column_names else pa.array(rows + 1)
    added = {SOURCE_ROW: numbers, layout.box: boxes}
    columns = [added[field.name] if field.name in added else table.column(field.name) for field in layout.schema]
    return pa.table(columns, schema=layout.schema)
