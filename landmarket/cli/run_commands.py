"""The commands of the main job: everything, or one of its products (主要工作)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click

from landmarket.cli.help import ChineseCommand
from landmarket.cli.options import (
    COUNTY,
    JSON,
    OUT,
    PRICES,
    counts_line,
    county_sums,
    record_command,
    run_time,
    say,
    sums_line,
    tell_gaps,
)
from landmarket.cli.terminal import tell, tell_json
from landmarket.cli.tile_commands import run_in_tiles, run_on_cluster
from landmarket.county import County, read_county, sample_county
from landmarket.products import (
    LAYERS,
    MAPS,
    RESERVE,
    TABLES,
    WORKBOOK,
    Work,
    county_run,
    do_county,
    record,
    write_all,
    write_report,
)
from landmarket.products.maps import COUNTY_PAGE
from landmarket.products.run_folder import ATLAS
from landmarket.products.whole_run import FIRST_PAGE
from landmarket.tiles import PARCELS_A_TILE, PARCELS_AT_A_WORKER, here


def finished(work: Work, final: Path, made: Mapping[str, str], as_json: bool) -> None:
    """Say what a run gave and where it lies."""
    sums = county_sums(work.outcome.totals())
    if as_json:
        counts, gaps = work.screening.counts, work.outcome.gaps
        document = {"folder": str(final), "files": made, "counts": counts, "sums": sums, "gaps": gaps}
        tell_json(document)
        return
    if work.county.notice:
        tell(work.county.notice)
    tell(counts_line(work.screening.counts))
    tell(sums_line(sums))
    tell_gaps(work.outcome.gaps, "工作簿")
    for name, file in made.items():
        tell(f"{name}：{final / file}")


def county_work(path: Path, prices: Path | None = None) -> Work:
    return do_county(_county(path, prices), say)


def _county(path: Path, prices: Path | None) -> County:
    county = read_county(path)
    return county if prices is None else replace(county, files={**county.files, "prices": prices})


@click.command(cls=ChineseCommand)
@COUNTY
@PRICES
@click.option(
    "--tables",
    is_flag=True,
    help="只写数据表，逐片计算，内存只占一片；百万宗以上用此项，宗地须为 GeoParquet（用 sort 另存）。",
)
@click.option("--cluster", metavar="地址", help="在集群上逐片计算，只写数据表；地址如 tcp://10.0.0.5:8786。")
@click.option(
    "--tile-parcels",
    type=click.IntRange(min=1),
    metavar="宗数",
    help=f"每片宗数，默认本机 {PARCELS_A_TILE}、集群 {PARCELS_AT_A_WORKER}。",
)
@OUT
@JSON
def run(
    county: Path,
    prices: Path | None,
    tables: bool,
    cluster: str | None,
    tile_parcels: int | None,
    out: Path,
    as_json: bool,
) -> None:
    """完成全部工作：检查、入市资格、地价、模拟交易、收益分配、地图、图集、工作簿、乡镇汇总、图层。

    宗地太多、内存或工作簿装不下时，加 --tables 只写数据表；先用 sort 按位置排序。
    """
    if cluster is not None:
        run_on_cluster(_county(county, prices), out, cluster, tile_parcels or PARCELS_AT_A_WORKER, as_json)
    elif tables:
        run_in_tiles(_county(county, prices), out, here, tile_parcels or PARCELS_A_TILE, as_json)
    else:
        run_all(county, out, as_json, prices)


def run_all(path: Path, out: Path, as_json: bool, prices: Path | None = None) -> None:
    work, created = county_work(path, prices), run_time()
    with county_run(work.county, out, created) as folder:
        record_command(folder)
        write_all(work, folder, created, say)
    made = {
        "成果首页": FIRST_PAGE,
        "地图首页": f"{MAPS}/index.html",
        "全县宗地图": f"{MAPS}/{COUNTY_PAGE}",
        "图集": ATLAS,
        "工作簿": WORKBOOK,
        "图层": LAYERS,
        "数据表": f"{TABLES}/parcels.parquet",
        "底价（内部）": f"internal/{RESERVE}",
        "清单": "manifest.json",
    }
    finished(work, folder.final, made, as_json)


@click.command(cls=ChineseCommand)
@COUNTY
@OUT
@JSON
def report(county: Path, out: Path, as_json: bool) -> None:
    """只写工作簿：汇总、入市资格、宗地地价、挂牌模拟、收益分配、依据、数据检查、暂不处理。"""
    work, created = county_work(county), run_time()
    with county_run(work.county, out, created) as folder:
        record_command(folder)
        write_report(work, folder.folder / WORKBOOK, created)
        record(work, folder)
    finished(work, folder.final, {"工作簿": WORKBOOK}, as_json)


@click.command(cls=ChineseCommand)
@OUT
@JSON
def demo(out: Path, as_json: bool) -> None:
    """用随附的示例县（禹州，宗地、地价与成交均为虚构）做一遍全部工作。"""
    run_all(sample_county(), out, as_json)
