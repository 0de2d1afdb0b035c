"""The commands for counties larger than memory (分片计算): tables by tiles, and parcels put in order for them."""

from __future__ import annotations

from pathlib import Path

import click

from landmarket.cli.help import ChineseCommand
from landmarket.cli.options import (
    CRS,
    ENCODING,
    LAYER,
    counts_line,
    county_sums,
    progress,
    record_command,
    run_time,
    say,
    sums_line,
    tell_gaps,
)
from landmarket.cli.terminal import tell, tell_json
from landmarket.county import County
from landmarket.errors import ClusterError
from landmarket.io.geoparquet import PARQUET
from landmarket.products.run_folder import TABLES
from landmarket.products.work import severities_line
from landmarket.tiles import TiledRun, in_order, run_tiles, write_parcels_ordered
from landmarket.tiles.tiled_run import Executor

NO_DASK = (
    "没有安装 dask，不能用集群。办法：在仓库文件夹里 .venv/bin/pip install -e '.[dask]'"
    '（Windows：.venv\\Scripts\\pip install -e ".[dask]"），或改用 --tables 在本机逐片计算。'
)


def run_on_cluster(county: County, out: Path, address: str, parcels: int, as_json: bool) -> None:
    """Write a county's tables, computed on a cluster (集群运行)."""
    try:
        from landmarket.cluster import connected, on_cluster
    except ImportError as error:
        raise ClusterError(NO_DASK) from error
    with connected(address) as client:
        run_in_tiles(county, out, on_cluster(client), parcels, as_json)


def run_in_tiles(county: County, out: Path, executor: Executor, parcels: int, as_json: bool) -> None:
    """Write a county's tables, computed tile by tile (分片运行)."""
    say("只写数据表：地图、图集与工作簿不写（工作簿一张表最多 1048576 行）；逐宗原因见各表")
    done = run_tiles(
        county,
        out.absolute(),
        tiling=in_order(parcels),
        executor=executor,
        progress=progress,
        created=run_time(),
        opened=record_command,
    )
    _finished(county, done, as_json)


def _finished(county: County, done: TiledRun, as_json: bool) -> None:
    found, sums = done.together, county_sums(done.totals())
    if as_json:
        files = {"数据表": TABLES, "清单": "manifest.json"}
        document = {
            "folder": str(done.folder),
            "files": files,
            "counts": found.counts,
            "sums": sums,
            "gaps": found.gaps,
            "findings": found.findings,
        }
        tell_json(document)
        return
    if county.notice:
        tell(county.notice)
    tell(counts_line(found.counts))
    tell(sums_line(sums))
    tell_gaps(found.gaps, f" {TABLES}/parcels ")
    tell(f"数据检查：{severities_line(found.findings)}（逐条见 {TABLES}/findings）")
    tell(f"数据表：{done.folder / TABLES}")


@click.command(cls=ChineseCommand)
@click.argument("source", type=click.Path(path_type=Path), metavar="宗地文件")
@click.argument("target", type=click.Path(path_type=Path), metavar="新文件")
@LAYER
@CRS
@ENCODING
def sort(source: Path, target: Path, layer: str | None, crs: str | None, encoding: str | None) -> None:
    """把宗地文件按位置排序，另存为 GeoParquet，供 run --tables 逐片计算：邻接宗地排在一起，读得少、算得快。

    check 能读的格式都可以；GeoParquet 以外的一次读入内存。

    新文件多一列“原行号”（原文件中的行号，从 1 起）和逐宗范围 bbox；内容不变，认得的列名换成英文标识。
    """
    if source.suffix.lower() in PARQUET and (layer or crs or encoding):
        raise click.UsageError("GeoParquet 自己写明图层、坐标系与编码，--layer、--crs、--encoding 不起作用")
    write_parcels_ordered(source, target, layer=layer, crs=crs, encoding=encoding)
    tell(f"已按位置排序：{target}")
