"""The commands that write documents on one parcel (文书、测算说明)."""

from __future__ import annotations

from pathlib import Path

import click

from landmarket.cli.help import ChineseCommand
from landmarket.cli.options import COUNTY, JSON, OUT, record_command, run_time
from landmarket.cli.run_commands import county_work
from landmarket.cli.terminal import tell, tell_json
from landmarket.io.file_names import safe_file_name
from landmarket.products import county_run, record
from landmarket.products.documents import parcel_papers, price_steps, write_parcel_papers, write_worksheet

PAPERS = "交易文书"
_PARCEL = click.option("--parcel", "code", required=True, metavar="宗地代码", help="哪一宗（19 位宗地代码）。")


@click.command(cls=ChineseCommand)
@COUNTY
@_PARCEL
@click.option(
    "--facts",
    type=click.Path(path_type=Path),
    metavar="填写表",
    help="填写项的 .toml 或 .xlsx；默认用县配置 [files] 中的 paper_facts。",
)
@click.option("--templates", type=click.Path(path_type=Path), metavar="目录", help="本局改过的模板（.toml）所在目录。")
@OUT
@JSON
def papers(county: Path, code: str, facts: Path | None, templates: Path | None, out: Path, as_json: bool) -> None:
    """写一宗地的交易文书：入市方案、公告、确认书、合同要点、监管协议，并列出缺什么。"""
    work, created = county_work(county), run_time()
    stated = facts or work.county.paper_facts
    made = parcel_papers(work, code, stated, templates)
    also = [path for path in (stated, *(sorted(templates.glob("*.toml")) if templates else ())) if path is not None]
    with county_run(work.county, out, created, also) as folder:
        record_command(folder)
        written = write_parcel_papers(work, made, folder.folder / PAPERS, created)
        record(work, folder)
    missing = {name: list(paper.gap_lines) for name, paper in made.items()}
    files = [f"{PAPERS}/{path.name}" for path in written]
    if as_json:
        document = {"folder": str(folder.final), "files": files, "missing": missing}
        tell_json(document)
        return
    if work.county.notice:
        tell(work.county.notice)
    for name, lines in missing.items():
        tell(f"{name}：{f'待填与核对 {len(lines)} 处' if lines else '齐全'}")
        for line in lines:
            tell(f"    {line}")
    tell(f"文书：{folder.final / PAPERS}")


@click.command(cls=ChineseCommand)
@COUNTY
@_PARCEL
@OUT
@JSON
def worksheet(county: Path, code: str, out: Path, as_json: bool) -> None:
    """写一宗地的地价测算说明（.docx 与 .html）：逐步列出，附依据；不构成土地估价报告。"""
    work, created = county_work(county), run_time()
    price_steps(work, code)  # refused before a folder is begun
    name = safe_file_name(f"地价测算说明_{code}")
    files = [f"{name}.docx", f"{name}.html"]
    with county_run(work.county, out, created) as folder:
        record_command(folder)
        write_worksheet(work, code, folder.folder / files[0], created)
        record(work, folder)
    if as_json:
        tell_json({"folder": str(folder.final), "files": files})
        return
    if work.county.notice:
        tell(work.county.notice)
    for file in files:
        tell(f"测算说明：{folder.final / file}")
