"""Tiles on a cluster: CPU a parcel, memory of a worker and wall time, by number of parcels and of workers.

::

    python benchmarks/cluster.py FOLDER --millions 1 2 5 10 --workers 2

The county of a million parcels is that of `synthetic.py`, in the order of places; larger ones are copies of it side by
side, each with codes of its own, so that the work on a parcel is the same and only the number of tiles, the size of the
layers and the length of the file differ. A county of n copies has n times the sums of one in everything but the
simulated deals, whose draws hang on the code.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import dask
import distributed
import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely
from synthetic import PER_PARCEL, write_county

from landmarket import cluster, read_county
from landmarket.io.geoparquet import write_geoparquet
from landmarket.scenario import TOTAL
from landmarket.tiles import in_order, write_ordered

MILLION = 1_000_000
ACROSS = 4
GAP = 100.0
"""Metres between copies: none touches what belongs to another."""
_CODES = 10_000
"""A copy has so many numbers of parcels in each village; there are fewer than 2,000."""
MEMORY = {"MALLOC_TRIM_THRESHOLD_": 64 << 20, "MALLOC_MMAP_THRESHOLD_": 4 << 20}
"""dask has workers give memory back at every 64 kB, which costs a third more in page faults."""
PER_COPY = ("parcels", "allowed", "priced", "total_price_fen", "area_cm")
"""Sums of a county of n copies that are n times those of one; deals are drawn by code."""
LAYERS = ("villages", "plan", "ownership", "永久基本农田", "采空区")


@dataclass(frozen=True)
class Measured:
    """What one run took."""

    parcels: int
    workers: int
    wall: float
    worker_cpu: float
    client_cpu: float
    worker_rss: float
    sums: dict[str, int]


def _moved(table: pa.Table, copy: int, x: float, y: float) -> pa.Table:
    """A batch of parcels of a copy: shifted, with codes of its own."""
    shapes = shapely.from_wkb(table.column("geometry").to_numpy())
    shifted = pa.array(shapely.to_wkb(shapely.transform(shapes, lambda xy: xy + np.array([x, y]))), pa.binary())
    box = table.column("bbox").combine_chunks()
    box = box.chunk(0) if isinstance(box, pa.ChunkedArray) else box
    corners = [pc.add(box.field(i), [x, y][i % 2]) for i in range(4)]
    codes = table.column("parcel_code").to_pandas()
    own = codes.str[:14] + (codes.str[14:].astype(int) + copy * _CODES).astype(str).str.zfill(5)
    new = {
        "geometry": shifted,
        "bbox": pa.StructArray.from_arrays(corners, names=["xmin", "ymin", "xmax", "ymax"]),
        "parcel_code": pa.array(own),
    }
    columns = [new[f.name].cast(f.type) if f.name in new else table.column(f.name) for f in table.schema]
    return pa.table(columns, schema=table.schema)


def copies(source: Path, folder: Path, count: int) -> Path:
    """Write a county of so many copies of another, side by side; gives its county file."""
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("*.parquet", "county.toml"), dirs_exist_ok=True)
    step = (MILLION * PER_PARCEL) ** 0.5 + GAP
    places = [(copy % ACROSS * step, copy // ACROSS * step) for copy in range(count)]
    for name in LAYERS:
        layer = gpd.read_parquet(source / f"{name}.parquet")
        moved = [layer.set_geometry(layer.geometry.translate(x, y)) for x, y in places]
        write_geoparquet(gpd.GeoDataFrame(pd.concat(moved, ignore_index=True)), folder / f"{name}.parquet")
    with (
        pq.ParquetFile(source / "parcels.parquet") as file,
        pq.ParquetWriter(folder / "parcels.parquet", file.schema_arrow, compression="zstd") as writer,
    ):
        for copy, (x, y) in enumerate(places):
            for group in range(file.num_row_groups):
                writer.write_table(_moved(file.read_row_group(group), copy, x, y))
    return shutil.copy(source / "county.toml", folder)  # last: with it the county is whole


def counties(folder: Path, millions: list[int]) -> dict[int, Path]:
    """The county of each size; made where it is not there yet."""
    first = folder / "1"
    if not (first / "county.toml").exists():
        write_county(first, MILLION)
        write_ordered(first / "parcels.parquet", first / "ordered.parquet")
        (first / "ordered.parquet").replace(first / "parcels.parquet")
    found = {1: first / "county.toml"}
    for count in sorted({*millions} - {1}):
        path = folder / f"{count}, {GAP:g} m apart" / "county.toml"
        found[count] = path if path.exists() else copies(first, path.parent, count)
    return found


def _usage() -> tuple[float, float]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e9


def measure(path: Path, out: Path, workers: int, memory: str, parcels_a_tile: int) -> Measured:
    """Run a county on so many workers of so much memory."""
    county = read_county(path)
    with (
        dask.config.set({"distributed.nanny.pre-spawn-environ": MEMORY}),
        distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            memory_limit=memory,
            dashboard_address=":0",
            local_directory=str(out / "dask"),
        ) as processes,
        distributed.Client(processes) as client,
    ):
        before = sum(cpu for cpu, _ in client.run(_usage).values())
        own, start = time.process_time(), time.perf_counter()
        done = cluster.run(county, client, out, tiling=in_order(parcels_a_tile))
        wall, own = time.perf_counter() - start, time.process_time() - own
        used = client.run(_usage).values()
    totals = done.totals()
    sums = {str(name): int(totals.loc[TOTAL, name]) for name in totals.columns if name != "area"}
    sums["area_cm"] = round(float(totals.loc[TOTAL, "area"]) * 100)
    shutil.rmtree(done.folder)
    return Measured(
        parcels=done.together.counts["读入"],
        workers=workers,
        wall=wall,
        worker_cpu=sum(cpu for cpu, _ in used) - before,
        client_cpu=own,
        worker_rss=max(rss for _, rss in used),
        sums=sums,
    )


def main() -> None:
    """Measure every size and number of workers that was asked for; one line of JSON each."""
    options = argparse.ArgumentParser(description="tiles on a cluster")
    options.add_argument("folder", type=Path)
    options.add_argument("--millions", type=int, nargs="+", default=[1, 2, 5, 10])
    options.add_argument("--workers", type=int, nargs="+", default=[2])
    options.add_argument("--memory", default="1.2GB")
    options.add_argument("--parcels-a-tile", type=int, default=30_000)
    asked = options.parse_args()
    warnings.simplefilter("ignore")
    of_one: dict[str, float] = {}
    for count, path in counties(asked.folder, asked.millions).items():
        for workers in asked.workers if count in asked.millions else []:
            found = measure(path, asked.folder / "out", workers, asked.memory, asked.parcels_a_tile)
            each = {name: found.sums[name] / count for name in PER_COPY}
            of_one = of_one or each
            assert each == of_one, (of_one, each)
            cpu = (found.worker_cpu + found.client_cpu) / found.parcels * 1e6
            print(json.dumps({**found.__dict__, "cpu_us_a_parcel": round(cpu, 1)}, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
