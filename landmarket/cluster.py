"""A county computed on several processes or machines (集群), by `dask.distributed`: the same tiles, the same numbers.

Every worker reads the parcels and writes finished tiles by itself, so the file and the output folder must be at one
path for all of them: one machine, or a share. Layers and rules are read once by each worker.
"""

from __future__ import annotations

import ctypes
import gc
import pickle
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import islice
from pathlib import Path
from secrets import token_hex
from socket import gethostname

import distributed
import pyarrow as pa
from distributed.comm.addressing import parse_address, parse_host_port
from distributed.comm.core import CommClosedError
from distributed.comm.registry import get_backend
from distributed.scheduler import KilledWorker

from landmarket.county import County
from landmarket.errors import ClusterError, ReadError
from landmarket.io.manifest import Json, versions
from landmarket.io.whole import output_errors, write_whole
from landmarket.progress import Progress, unwatched
from landmarket.tiles import PARCELS_AT_A_WORKER, TiledRun, Tiling, in_order, run_tiles
from landmarket.tiles.tile_job import TileJob
from landmarket.tiles.tile_record import TileRecord, finish_tile
from landmarket.tiles.tiled_run import Executor
from landmarket.tiles.tiling import Tile

_AHEAD = 3
"""Tiles that wait at each worker: enough that none idles, few enough that a lost worker loses little."""
_WAIT = 30.0
_WITH_PORT = ("tcp", "tls", "ws", "wss")
"""Seconds that a scheduler or a first worker may keep us waiting."""
_MEMORY_CURE = (
    "办法：给工作进程更多内存（--memory-limit）再运行，已完成的分片保留；"
    "或减少每片宗数（--tile-parcels），那时各片重新计算。"
)
_LOOK, _ASK, _PAUSED = 0.05, 5.0, 60.0
"""Seconds between two looks for a finished tile, and between two questions whether the workers pause for want of
memory; seconds that all of them may."""


def run(
    county: County,
    client: distributed.Client,
    out: Path,
    *,
    tiling: Tiling | None = None,
    progress: Progress = unwatched,
) -> TiledRun:
    """Check and compute a county on a cluster, and write its tables (集群运行).

    Parameters
    ----------
    county : County
        The county file; its parcels are in GeoParquet that every worker can read.
    client : distributed.Client
        Connected to the cluster; best with one thread to a worker.
    out : Path
        Folder of all runs, where every worker can write.
    tiling : callable, optional
        How the rows are divided; by default in order, `landmarket.tiles.PARCELS_AT_A_WORKER` to a tile.
    progress : callable, optional
        Told how many parcels are done.

    Returns
    -------
    TiledRun
        As `landmarket.tiles.run_tiles`: nothing depends on the number of workers or on their order.

    Raises
    ------
    ClusterError
        If the cluster has no worker, other versions, or stops, or all its workers pause for want of memory. Finished
        tiles are kept: run again to go on.
    """
    tiling = tiling or in_order(PARCELS_AT_A_WORKER)
    return run_tiles(county, out.absolute(), tiling=tiling, executor=on_cluster(client), progress=progress)


@contextmanager
def connected(address: str) -> Iterator[distributed.Client]:
    """Connect to the scheduler of a cluster (连接集群).

    Parameters
    ----------
    address : str
        Such as ``tcp://10.0.0.5:8786``.

    Yields
    ------
    distributed.Client
        Closed after the block; the cluster goes on.

    Raises
    ------
    ClusterError
        If nobody answers there.
    """
    try:
        _require_port(address)
        client = distributed.Client(address, timeout=_WAIT, set_as_default=False)
    except (OSError, ValueError) as error:
        said = " ".join(str(error).split())
        raise ClusterError(
            f"{address}：连不上集群的调度进程（{said}）。"
            "办法：核对地址，如 tcp://10.0.0.5:8786，并确认 dask scheduler 已启动。"
        ) from error
    try:
        yield client
    finally:
        client.close(timeout=1)


def _require_port(address: str) -> None:
    """Raise where an address names no port, or no protocol: a client that never began would wait a minute to end."""
    scheme, place = parse_address(address)
    get_backend(scheme)
    if scheme in _WITH_PORT:
        parse_host_port(place)


def on_cluster(client: distributed.Client) -> Executor:
    """Work on tiles on a cluster (集群执行).

    Parameters
    ----------
    client : distributed.Client
        Connected to it.

    Returns
    -------
    callable
        For `landmarket.tiles.run_tiles`.
    """

    def execute(job: TileJob, tiles: Sequence[Tile]) -> Iterator[TileRecord]:
        left = len(tiles)
        try:
            for record in _worked(client, job, tiles):
                left -= 1
                yield record
        except CancelledError as error:
            raise _stopped(left) from error
        except KilledWorker as error:
            raise ClusterError(f"{error.task}：处理这一片的工作进程一再终止，多半是内存不足。{_MEMORY_CURE}") from error
        except OSError as error:
            if client.status == "running" and not isinstance(error, CommClosedError):
                raise
            raise _stopped(left) from error

    return execute


def _worked(client: distributed.Client, job: TileJob, tiles: Sequence[Tile]) -> Iterator[TileRecord]:
    """Work on tiles, a few ahead of the workers; what is given up is cancelled."""
    if not tiles:
        return
    try:
        client.wait_for_workers(1, timeout=_WAIT)
    except TimeoutError as error:
        raise ClusterError("集群没有工作进程。办法：先启动 dask worker。") from error
    path, waiting = _written(job), iter(tiles)

    def submit(tile: Tile) -> distributed.Future:
        name = f"分片-{tile.number:06d}-{path.stem}-{token_hex(4)}"
        return client.submit(_finish, versions(), path, tile, key=name, pure=False)

    workers = max(len(client.scheduler_info(n_workers=-1)["workers"]), 1)
    first = [submit(tile) for tile in islice(waiting, workers * _AHEAD)]
    done = distributed.as_completed(first, loop=client.loop)
    while not done.is_empty():
        yield _next(client, done).result()
        following = next(waiting, None)
        if following is not None:
            done.add(submit(following))


def _next(client: distributed.Client, done: distributed.as_completed) -> distributed.Future:
    """Wait for a finished tile; workers that all pause for want of memory, with no tile in hand, never finish one."""
    since = asked = time.monotonic()
    while not done.has_ready():
        time.sleep(_LOOK)
        if time.monotonic() - asked < _ASK:
            continue
        asked = time.monotonic()
        workers = client.scheduler_info(n_workers=-1)["workers"].values()
        # A worker above its limit takes no tile; with one in hand it will give some memory back.
        full = [
            worker["status"] == "paused" and not worker["metrics"].get("task_counts", {}).get("executing", 0)
            for worker in workers
        ]
        if not full or not all(full):
            since = asked
        elif asked - since > _PAUSED:
            raise ClusterError(f"所有工作进程都因内存接近上限而暂停，不再计算。没有留下半份成果。{_MEMORY_CURE}")
    return next(done)


def _written(job: TileJob) -> Path:
    """Write what all tiles share beside them: a worker that starts late or again finds it there, whoever was lost."""
    path = job.folder / f"job-{job.folder.name[:12]}.pickle"
    with output_errors(job.folder):
        job.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(path, pickle.dumps(job, protocol=pickle.HIGHEST_PROTOCOL))
    return path


@lru_cache(maxsize=1)
def _shared(path: Path) -> TileJob:
    """What all tiles share, read once by each worker; the name of the folder is made of its content."""
    try:
        with path.open("rb") as file:
            job = pickle.load(file)  # noqa: S301 - our own file, in a folder that only its owner can write
    except OSError as error:
        raise ReadError(
            f"{path}：{gethostname()} 上的工作进程读不到。办法：成果目录放在各台机器都能读写的同一路径。"
        ) from error
    if not isinstance(job, TileJob):
        raise ReadError(f"{path}：不是分片任务。办法：删除该文件夹，重新运行。")
    return job


def _stopped(left: int) -> ClusterError:
    return ClusterError(
        f"集群中途停止，还有 {left} 片没有完成。没有留下半份成果。办法：重新启动集群，再运行一次，已完成的分片不重算。"
    )


def _finish(stated: dict[str, Json], path: Path, tile: Tile) -> TileRecord:
    """Finish a tile at a worker; refuse other libraries there, as the last digits could differ."""
    own = versions()
    other = [
        f"{name} {own.get(name)}（应为 {version}）" for name, version in stated.items() if own.get(name) != version
    ]
    if other:
        raise ClusterError(f"{gethostname()} 上工作进程的软件版本不同：{'、'.join(other)}。办法：各台机器装同一环境。")
    try:
        return finish_tile(_shared(path), tile)
    finally:
        _give_back()


def _give_back() -> None:
    """Give back to the system what a tile no longer needs: near its limit a worker takes no tile until it has."""
    gc.collect()
    pa.default_memory_pool().release_unused()
    with suppress(OSError, AttributeError, TypeError):  # only GNU's C library has it
        ctypes.CDLL(None).malloc_trim(0)
