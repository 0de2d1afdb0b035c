"""The command that looks at parcels before anything is computed (检查)."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import click

from landmarket.check_products import CheckWork, checked, write_check
from landmarket.cli.help import ChineseCommand
from landmarket.cli.options import CRS, ENCODING, JSON, LAYER, counts_line, folder_to_be, record_command, run_time
from landmarket.cli.terminal import INDENT, tell, tell_json
from landmarket.county import read_county, read_county_parcels, read_villages
from landmarket.io.database_address import Source, layer_source
from landmarket.io.parcels import read_parcels
from landmarket.io.writing import new_run
from landmarket.paths import is_file
from landmarket.screening import Screening, survey
from landmarket.screening.result import WHOLE
from landmarket.zoning.parcel_code import is_county_code

WARNINGS_FOUND, ERRORS_FOUND = 1, 3
_CODED = 3
"""Rows of a problem that the terminal names with their codes; the workbook names all."""


def _county_code(context: click.Context, parameter: click.Parameter, code: str | None) -> str | None:
    """Refuse what is no county code before anything is read."""
    if code is not None and not is_county_code(code):
        raise click.BadParameter(f"{code} 不是县级行政区代码：应为 6 位数字，如 411081", context, parameter)
    return code


@click.command(cls=ChineseCommand)
@click.argument("file", type=click.Path(path_type=Path), metavar="宗地文件")
@LAYER
@CRS
@ENCODING
@click.option(
    "--county", "code", callback=_county_code, metavar="代码", help="县级行政区代码，如 411081；宗地代码须以此开头。"
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    callback=folder_to_be,
    metavar="目录",
    help="另写成果：检查结果.xlsx 与 .gpkg，行数多时另有 .csv。",
)
@JSON
def check(
    file: Path,
    layer: str | None,
    crs: str | None,
    encoding: str | None,
    code: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """检查宗地文件，一次列出全部问题：严重程度、数量、前十行、列、值、办法。

    给出县配置（county.toml 或其文件夹）时，连同乡镇名录一起检查。给出 --out 时，另写一个工作簿（每种问题一张表）
    和一组图层（问题宗地，图形毛病的位置，重叠与缝隙），QGIS 打开即有颜色。
    """
    notice = ""
    if file.suffix == ".toml" or is_file(file / "county.toml"):
        if layer or crs or encoding or code:
            raise click.UsageError("给出县配置时，--layer、--crs、--encoding、--county 不起作用；请写在 county.toml 中")
        county = read_county(file)
        parcels = read_county_parcels(county)
        found = survey(parcels, county=county.county, villages=read_villages(county))
        source, notice = county.sources["parcels"], county.notice
    else:
        parcels = read_parcels(file, encoding=encoding, crs=crs, layer=layer)
        found = survey(parcels, county=code)
        source = layer_source(str(file), layer, Path())
    made = {} if out is None else _write(checked(parcels, found, _title(source), notice), out, source)
    with suppress(BrokenPipeError):  # whoever stops reading, as `| head` does, still has the code
        _say_findings(found.screening, parcels.attrs["source_notes"], made, as_json)
    severities = set(found.screening.findings["severity"])
    sys.exit(ERRORS_FOUND if "错误" in severities else WARNINGS_FOUND if "警告" in severities else 0)


def _title(source: Source) -> str:
    return source.name if isinstance(source, Path) else str(source)


def _write(work: CheckWork, out: Path, source: Source) -> dict[str, str]:
    """Write workbook and layer; gives the files by what they are."""
    created = run_time()
    with new_run(out, inputs=[source], created=created) as run:
        record_command(run)
        made = write_check(work, run, created)
    return {name: str(run.final / file) for name, file in made.items()}


def _with_codes(rows: str, codes: Mapping[str, str]) -> str:
    """Rows, the first few with their parcel codes: 3（411081001001JB00001）、7."""
    numbers = rows.split("、")
    coded = [f"{row}（{codes[row]}）" if row in codes else row for row in numbers[:_CODED]]
    return "、".join([*coded, *numbers[_CODED:]])


def _say_findings(screening: Screening, notes: tuple[str, ...], made: Mapping[str, str], as_json: bool) -> None:
    summary = screening.summary()
    if as_json:
        findings = screening.findings.astype("object").where(screening.findings.notna(), None)
        document = {"source": notes, "counts": screening.counts, "findings": findings.to_dict("records")}
        document["files"] = made
        tell_json(document)
        return
    tell("；".join(notes))
    named = screening.findings[screening.findings["parcel_code"].fillna("").ne("")]
    codes = dict(zip(named["source_row"].astype("str"), named["parcel_code"], strict=True))
    for row in summary.to_dict("records"):
        colour = {"错误": "red", "警告": "yellow"}.get(str(row["严重程度"]))
        whole = row["行"] == WHOLE
        count = WHOLE if whole else f"{row['数量']} 行"
        tell(f"[{row['严重程度']}] {row['检查项']}：{count}", colour=colour)
        tell(f"{INDENT}列：{row['列']}")
        if not whole:
            tell(f"{INDENT}行：{_with_codes(str(row['行']), codes)}")
        tell(f"{INDENT}值：{row['值']}")
        tell(f"{INDENT}办法：{row['办法']}")
    tell(counts_line(screening.counts))
    for name, path in made.items():
        tell(f"{name}：{path}")
