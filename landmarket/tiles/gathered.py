"""The files of all tiles put together as one dataset (分片成果): each table a folder of parts with the same columns."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from landmarket.io.whole import write_whole
from landmarket.io.writing import RunFolder
from landmarket.pricing.level_factors import FACTOR, LEVEL, STEP
from landmarket.pricing.price_table import PriceTable
from landmarket.products.run_folder import RESERVE, TABLES
from landmarket.tiles.tile_record import RESERVES, TileRecord, tile_folder
from landmarket.tiles.tile_record import TABLES as NAMES


def gather(run: RunFolder, kept: Path, records: Sequence[TileRecord], notice: PriceTable) -> dict[str, int]:
    """Link the files of all tiles into the run folder; they also stay where they are kept, in case the run breaks.

    Parameters
    ----------
    run : RunFolder
        The run folder.
    kept : Path
        Folder of the finished tiles.
    records : sequence of TileRecord
        The tiles, in their order.
    notice : PriceTable
        The notice: the order of its factors is that of the columns.

    Returns
    -------
    dict of str to int
        Parts of each table.
    """
    parts = {}
    for name in NAMES:
        paths = {
            record.number: tile_folder(kept, record.number) / f"{name}.parquet"
            for record in records
            if f"{name}.parquet" in record.files
        }
        parts[name] = len(paths)
        if paths:
            _gather_table(run.folder / TABLES / name, paths, notice)
    folder = run.internal / Path(RESERVE).stem
    folder.mkdir()
    for record in records:
        if RESERVES in record.files:
            _link(tile_folder(kept, record.number) / RESERVES, folder / f"part-{record.number:06d}.csv")
    return parts


def _gather_table(target: Path, paths: Mapping[int, Path], notice: PriceTable) -> None:
    target.mkdir(parents=True)
    schemas = {number: pq.read_schema(path) for number, path in paths.items()}
    common = _common_schema(list(schemas.values()), notice)
    for number, path in paths.items():
        part = target / f"part-{number:06d}.parquet"
        if schemas[number].equals(common):
            _link(path, part)
        else:
            write_whole(part, _cast(path, common))


def _common_schema(schemas: Sequence[pa.Schema], notice: PriceTable) -> pa.Schema:
    """The columns of all parts in the order in which the whole file would have them.

    A part lacks the columns of factors that concern none of its parcels. A column without a value in any part is text.
    """
    distinct: list[pa.Schema] = []
    described: dict[str, object] = {}
    for schema in schemas:
        if not any(schema.equals(other) for other in distinct):
            distinct.append(schema)
            described |= {
                str(column["field_name"]): column
                for column in schema.pandas_metadata["columns"]
                if not pa.types.is_null(schema.field(column["field_name"]).type)
            }
    types = pa.unify_schemas([schema.remove_metadata() for schema in distinct], promote_options="permissive")
    before = TopologicalSorter[str]()
    for names in [*(schema.names for schema in distinct), *_ordered_columns(notice)]:
        for first, second in pairwise(name for name in names if name in types.names):
            before.add(second, first)
    order = list(before.static_order()) or types.names
    fields = [types.field(name) for name in order]
    fields = [field.with_type(pa.large_string()) if pa.types.is_null(field.type) else field for field in fields]
    pandas = dict(distinct[0].pandas_metadata)
    pandas["columns"] = [described[name] for name in order if name in described]
    return pa.schema(fields, metadata={b"pandas": json.dumps(pandas, ensure_ascii=False).encode("utf-8")})


def _ordered_columns(notice: PriceTable) -> list[list[str]]:
    factors = dict.fromkeys(map(str, notice.factors["factor"]))
    return [
        [f"{kind}{factor}" for factor in factors for kind in (LEVEL, FACTOR)],
        [f"{STEP}{name}" for name in dict.fromkeys(map(str, notice.steps["name"]))],
    ]


def _cast(path: Path, common: pa.Schema) -> bytes:
    """A part with the common columns: one that it lacks, or that has no value in it, has the type it has elsewhere."""
    table = pq.read_table(path)
    columns = [
        table.column(field.name).cast(field.type)
        if field.name in table.column_names
        else pa.nulls(len(table), field.type)
        for field in common
    ]
    kept = {key: value for key, value in table.schema.metadata.items() if key != b"pandas"}
    whole = pa.table(columns, schema=common.with_metadata({**common.metadata, **kept}))
    buffer = pa.BufferOutputStream()
    pq.write_table(whole, buffer, compression="zstd")
    return bytes(buffer.getvalue().to_pybytes())


def _link(path: Path, target: Path) -> None:
    try:
        os.link(path, target)
    except OSError:  # a file system without links
        shutil.copyfile(path, target)
