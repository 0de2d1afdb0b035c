"""A cluster of real processes gives what one process gives, whoever is killed in between."""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import distributed
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from landmarket import cluster, read_county
from landmarket.cli import tile_commands
from landmarket.cli.main_command import app
from landmarket.county import County, read_county_parcels
from landmarket.errors import ClusterError, LandMarketWarning, OutputError
from landmarket.io.geoparquet import write_geoparquet
from landmarket.tiles import here, in_order, run_tiles
from landmarket.tiles.tile_job import TileJob
from landmarket.tiles.tile_record import TileRecord
from landmarket.tiles.tiled_run import FOLDER, TiledRun
from landmarket.tiles.tiling import Tile
from tests.small_county import write_small_county

pytestmark = [
    pytest.mark.filterwarnings("ignore::landmarket.errors.LandMarketWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # sockets of the scheduler that a test kills
]

STEPS = ("parcels", "entry", "prices", "deals", "shares", "findings", "set_aside")
PARCELS_A_TILE = 2
"""Eleven tiles: more than wait at two workers at a time."""


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> County:
    path = write_small_county(tmp_path_factory.mktemp("county") / "county", parcels=10)
    raw = read_county_parcels(read_county(path))
    doubled = pd.concat([raw, raw.iloc[[2]], raw.iloc[[7]].assign(parcel_code=raw["parcel_code"].iloc[9])])
    mixed = doubled.iloc[np.random.default_rng(3).permutation(len(doubled))]
    write_geoparquet(mixed.reset_index(drop=True).set_crs(raw.crs), path.parent / "parcels.parquet")
    path.write_text(path.read_text(encoding="utf-8").replace("parcels.gpkg", "parcels.parquet"), encoding="utf-8")
    return read_county(path)


@pytest.fixture(scope="module")
def whole(county: County, tmp_path_factory: pytest.TempPathFactory) -> TiledRun:
    """The county in one tile, in this process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        return run_tiles(county, tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[distributed.Client]:
    """Two worker processes, which are started again when they die."""
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=":0",
            local_directory=str(tmp_path_factory.mktemp("dask")),
        ) as workers,
        distributed.Client(workers, set_as_default=False) as client,
    ):
        yield client


def assert_same(done: TiledRun, whole: TiledRun) -> None:
    for name in STEPS:
        order = ["source_row", "check", "column"] if name == "findings" else None
        tables = [run.table(name) for run in (done, whole)]
        first, second = (table.sort_values(order) if order else table.sort_index() for table in tables)
        pd.testing.assert_frame_equal(
            pd.DataFrame(first).reset_index(drop=bool(order)), pd.DataFrame(second).reset_index(drop=bool(order))
        )
    assert done.together.sums == whole.together.sums
    assert done.together.counts == whole.together.counts


def after(tiles: int, act: Callable[[], object]) -> Callable[[str, int], object]:
    """A watcher that acts once when so many tiles are done."""

    @contextmanager
    def watch(name: str, size: int) -> Iterator[Callable[[int], object]]:
        told: list[int] = []

        def tell(parcels: int) -> None:
            told.append(parcels)
            if len(told) == tiles:
                act()

        yield tell

    return watch


def test_a_killed_worker_is_made_good(
    county: County, client: distributed.Client, whole: TiledRun, tmp_path: Path
) -> None:
    victim = next(iter(client.run(os.getpid).values()))
    watch = after(1, lambda: os.kill(victim, signal.SIGKILL))
    done = cluster.run(county, client, tmp_path, tiling=in_order(PARCELS_A_TILE), progress=watch)
    assert_same(done, whole)
    assert victim not in client.run(os.getpid).values()
    assert not (tmp_path / FOLDER).exists()


def test_workers_that_all_pause_are_not_waited_for_for_ever(
    county: County, client: distributed.Client, whole: TiledRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_ASK", 0.1)
    monkeypatch.setattr(cluster, "_PAUSED", 0.5)

    def pause_at(share: float) -> None:
        def set_share(dask_worker: distributed.Worker) -> None:
            dask_worker.memory_manager.memory_pause_fraction = share

        client.run(set_share)

    try:
        with pytest.raises(ClusterError, match=r"内存接近上限而暂停.*办法：.*--memory-limit"):
            cluster.run(
                county, client, tmp_path, tiling=in_order(PARCELS_A_TILE), progress=after(1, lambda: pause_at(1e-3))
            )
    finally:
        pause_at(0.8)
    assert [path.name for path in tmp_path.iterdir()] == [FOLDER]
    assert_same(cluster.run(county, client, tmp_path, tiling=in_order(PARCELS_A_TILE)), whole)


HELD = """
import resource
import numpy as np
from landmarket import cluster

def held():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()

pieces = [np.ones(100_000) for _ in range(400)]
del pieces[:-1]  # the last is above them on the heap: what lies below stays with the process
before = held()
cluster._give_back()
print(before - held())
"""


def test_a_worker_gives_back_what_a_tile_needed() -> None:
    # As docs/scale.md has workers started: without it dask gives back at once, at a high cost.
    environment = os.environ | {"MALLOC_TRIM_THRESHOLD_": "67108864", "MALLOC_MMAP_THRESHOLD_": "4194304"}
    done = subprocess.run([sys.executable, "-c", HELD], env=environment, capture_output=True, text=True, check=True)
    assert int(done.stdout) > 200e6


def test_a_disk_full_at_a_worker_leaves_nothing_half(
    county: County, client: distributed.Client, whole: TiledRun, tmp_path: Path
) -> None:
    limit_files(client, 20_000)
    try:
        with pytest.raises(OutputError, match="办法："):
            cluster.run(county, client, tmp_path, tiling=in_order(20))
    finally:
        limit_files(client, -1)
    assert [path.name for path in tmp_path.iterdir()] == [FOLDER]
    assert_same(cluster.run(county, client, tmp_path, tiling=in_order(20)), whole)


def limit_files(client: distributed.Client, size: int) -> None:
    """Let no worker write a file larger than that; -1 lifts the limit."""

    def limit() -> None:
        import resource

        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))

    client.run(limit)


@contextmanager
def processes(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A scheduler and a worker of their own; gives the address, and the scheduler."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    start = [sys.executable, "-m"]
    asked = ["--no-dashboard", "--host", "127.0.0.1", "--port", address.rsplit(":", 1)[1]]
    scheduler = subprocess.Popen([*start, "distributed.cli.dask_scheduler", *asked], **quiet)
    working = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(folder)]
    worker = subprocess.Popen([*start, "distributed.cli.dask_worker", address, *working], **quiet)
    try:
        yield address, scheduler
    finally:
        for process in (scheduler, worker):
            process.kill()
            process.wait()


def test_after_a_killed_scheduler_the_rest_is_done(county: County, whole: TiledRun, tmp_path: Path) -> None:
    asked: list[int] = []

    def counted(job: TileJob, tiles: Sequence[Tile]) -> Iterator[TileRecord]:
        asked.append(len(tiles))
        return here(job, tiles)

    with processes(tmp_path / "dask") as (address, scheduler), cluster.connected(address) as client:
        watch = after(2, scheduler.kill)
        with pytest.raises(ClusterError, match="再运行一次"):
            cluster.run(county, client, tmp_path / "out", tiling=in_order(PARCELS_A_TILE), progress=watch)
    assert [path.name for path in (tmp_path / "out").iterdir()] == [FOLDER]
    done = run_tiles(county, tmp_path / "out", tiling=in_order(PARCELS_A_TILE), executor=counted)
    assert_same(done, whole)
    assert 0 < asked[0] <= 11 - 2


def test_the_command_runs_on_a_cluster(
    county: County, client: distributed.Client, whole: TiledRun, tmp_path: Path
) -> None:
    address = client.scheduler.address
    asked = ["run", str(county.path), "--cluster", address, "--tile-parcels", "11", "--out", str(tmp_path)]
    result = CliRunner().invoke(app, asked, catch_exceptions=False)
    assert f"采用 {whole.together.counts['采用']} 宗" in result.stdout


def test_nobody_at_the_address_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_WAIT", 0.5)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(ClusterError, match=r"连不上.*办法："), cluster.connected(address):
        pass


@pytest.mark.parametrize("address", ["nonsense", "", "http://[::1", "tcp://a:b"])
def test_what_is_no_address_is_said_at_once(address: str) -> None:
    began = time.monotonic()
    with pytest.raises(ClusterError, match=r"连不上.*办法："), cluster.connected(address):
        pass
    gc.collect()  # a client that never began would wait a minute here
    assert time.monotonic() - began < 10


def test_other_versions_at_a_worker_are_refused(
    county: County, client: distributed.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = cluster.versions()
    monkeypatch.setattr(cluster, "versions", lambda: {**own, "shapely": "1.0"})
    with pytest.raises(ClusterError, match=r"shapely .*应为 1\.0.*办法："):
        cluster.run(county, client, tmp_path)


def test_without_dask_the_cure_is_said(county: County, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "landmarket.cluster", None)
    with pytest.raises(ClusterError, match=r"办法：.*pip install -e '\.\[dask\]'"):
        tile_commands.run_on_cluster(county, tmp_path, "tcp://127.0.0.1:1", 5, False)
