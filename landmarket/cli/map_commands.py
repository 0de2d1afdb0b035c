"""The commands that draw: pages, the atlas, layers for other programs (地图、图集、图层)."""

from __future__ import annotations

from pathlib import Path

import click

from landmarket.audience import OFFICE, public_audience, require_audience
from landmarket.cli.help import ChineseCommand
from landmarket.cli.options import COUNTY, JSON, OUT, record_command, run_time, say
from landmarket.cli.run_commands import county_work, finished
from landmarket.county import read_county
from landmarket.io.database_address import Source
from landmarket.paths import is_file
from landmarket.products import LAYERS, MAPS, Work, county_run, record, write_comparison, write_layers, write_maps
from landmarket.products.layers import (
    GEODATABASE,
    SHAPEFILE,
    write_geodatabase,
    write_parcel_shapefile,
    writes_geodatabase,
)
from landmarket.products.maps import COMPARISON, COUNTY_PAGE
from landmarket.products.run_folder import ATLAS


@click.command("map", cls=ChineseCommand)
@COUNTY
@click.option("--public", "review", metavar="审图号", help="公开地图：写审图号，不含精确坐标；各项资料须为公开。")
@click.option(
    "--compare",
    "other",
    type=click.Path(path_type=Path),
    metavar="另一县配置或公告",
    help="另写一页对比图：与另一县配置，或改用另一份基准地价公告的结果相比。",
)
@OUT
@JSON
def map_(county: Path, review: str | None, other: Path | None, out: Path, as_json: bool) -> None:
    """只画地图：每个乡镇一页，全县首页与宗地图各一页；不联网即可打开。"""
    created = run_time()
    audience = OFFICE
    if review is not None:
        audience = public_audience(review, on=created.date())
        require_audience(audience, read_county(county).classified)
    work = county_work(county)
    second = None if other is None else _second(county, other)
    made = {"地图首页": f"{MAPS}/index.html", "全县宗地图": f"{MAPS}/{COUNTY_PAGE}"}
    with county_run(work.county, out, created, _also(work, second), _guarded(work, second)) as folder:
        record_command(folder)
        write_maps(work, folder.folder / MAPS, audience)
        if second is not None:
            write_comparison(work, second, folder.folder / MAPS / COMPARISON, audience)
            made["对比图"] = f"{MAPS}/{COMPARISON}"
        record(work, folder)
    finished(work, folder.final, made, as_json)


def _second(county: Path, other: Path) -> Work:
    """Compute what a run is compared with: another county file, or the same one with another notice."""
    if other.suffix == ".toml" or is_file(other / "county.toml"):
        return county_work(other)
    return county_work(county, other)


def _also(work: Work, second: Work | None) -> list[Source]:
    """Inputs of the second run that the first does not have."""
    return [] if second is None else [path for path in second.county.inputs if path not in work.county.inputs]


def _guarded(work: Work, second: Work | None) -> list[Path]:
    """Files of the second run that hold a seed or a reserve ratio."""
    if second is None or second.county.path == work.county.path:
        return []
    return [path for path in (second.county.path, second.county.files["deal_terms"]) if path not in _own(work)]


def _own(work: Work) -> tuple[Path, Path]:
    return work.county.path, work.county.files["deal_terms"]


@click.command(cls=ChineseCommand)
@COUNTY
@OUT
@JSON
def atlas(county: Path, out: Path, as_json: bool) -> None:
    """只出图集：全县专题图与乡镇分幅图，一个 PDF，带目录、页码与书签；内部用图。"""
    from landmarket.products.sheets import write_county_atlas

    work, created = county_work(county), run_time()
    with county_run(work.county, out, created) as folder:
        record_command(folder)
        write_county_atlas(work, folder.folder / ATLAS, created)
        record(work, folder)
    finished(work, folder.final, {"图集": ATLAS}, as_json)


@click.command(cls=ChineseCommand)
@COUNTY
@OUT
@JSON
def layers(county: Path, out: Path, as_json: bool) -> None:
    """只出图层：带样式的 GeoPackage，GB18030 编码的 Shapefile 与字段对照表，FileGDB（GDAL 能写时）。"""
    work, created = county_work(county), run_time()
    with county_run(work.county, out, created) as folder:
        record_command(folder)
        write_layers(work, folder.folder / LAYERS, created)
        write_parcel_shapefile(work, folder.folder / SHAPEFILE)
        made = {"图层": LAYERS, "Shapefile": SHAPEFILE}
        if writes_geodatabase():
            write_geodatabase(work, folder.folder / GEODATABASE)
            made["FileGDB"] = GEODATABASE
        else:
            say("所装的 GDAL 不能写 FileGDB，未写；可用 GeoPackage 代替")
        record(work, folder)
    finished(work, folder.final, made, as_json)
