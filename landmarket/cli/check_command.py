"""The command that looks at parcels before anything is computed (检查)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from landmarket.cli.help import ChineseCommand
from landmarket.cli.options import JSON, counts_line
from landmarket.county import read_county, read_county_parcels, read_villages
from landmarket.io.parcels import read_parcels
from landmarket.screening import Screening, screen

WARNINGS_FOUND, ERRORS_FOUND = 1, 3


@click.command(cls=ChineseCommand)
@click.argument("file", type=click.Path(path_type=Path), metavar="宗地文件")
@click.option("--layer", help="图层名（文件含多个图层时）。")
@click.option("--crs", help="坐标系，如 EPSG:4547（文件未注明时）。")
@click.option("--encoding", help="Shapefile 文字编码；默认按 .cpg 或内容判定。")
@click.option("--county", "code", help="县级行政区代码，如 411081；宗地代码须以此开头。")
@JSON
def check(
    file: Path, layer: str | None, crs: str | None, encoding: str | None, code: str | None, as_json: bool
) -> None:
    """检查宗地文件，一次列出全部问题：严重程度、数量、前十行、列、值、办法。

    给出县配置（county.toml 或其文件夹）时，连同乡镇名录一起检查。
    """
    if file.suffix == ".toml" or (file / "county.toml").is_file():
        if layer or crs or encoding or code:
            raise click.UsageError("给出县配置时，--layer、--crs、--encoding、--county 不起作用；请写在 county.toml 中")
        county = read_county(file)
        parcels = read_county_parcels(county)
        screening = screen(parcels, county=county.county, villages=read_villages(county))
    else:
        parcels = read_parcels(file, encoding=encoding, crs=crs, layer=layer)
        screening = screen(parcels, county=code)
    _say_findings(screening, parcels.attrs["source_notes"], as_json)
    severities = set(screening.findings["severity"])
    sys.exit(ERRORS_FOUND if "错误" in severities else WARNINGS_FOUND if "警告" in severities else 0)


def _say_findings(screening: Screening, notes: tuple[str, ...], as_json: bool) -> None:
    summary = screening.summary()
    if as_json:
        findings = screening.findings.astype("object").where(screening.findings.notna(), None)
        document = {"source": notes, "counts": screening.counts, "findings": findings.to_dict("records")}
        click.echo(json.dumps(document, ensure_ascii=False, indent=1, default=str))
        return
    click.echo("；".join(notes))
    for row in summary.to_dict("records"):
        colour = {"错误": "red", "警告": "yellow"}.get(str(row["严重程度"]))
        click.echo(click.style(f"[{row['严重程度']}] {row['检查项']}：{row['数量']} 行", fg=colour))
        click.echo(f"    列：{row['列']}\n    行：{row['行']}\n    值：{row['值']}\n    办法：{row['办法']}")
    click.echo(counts_line(screening.counts))
