"""The commands that grade a county and compile its benchmark price (定级、编制)."""

from __future__ import annotations

from pathlib import Path

import click

from landmarket.cli.help import ChineseCommand
from landmarket.cli.options import COUNTY, JSON, OUT, record_command, run_time, say
from landmarket.cli.terminal import tell, tell_json
from landmarket.county import read_county


@click.command(cls=ChineseCommand)
@COUNTY
@OUT
@JSON
def grade(county: Path, out: Path, as_json: bool) -> None:
    """土地定级：因素作用分、权重、级别、样点检验、敏感性；每种用途一张级别图，每村的评定说明。"""
    from landmarket.grade_products import INDEX, MAPS, POLYGONS, WORKBOOK, do_grading, grading_run, write_grades
    from landmarket.pricing.grading.tables import grade_label

    work, created = do_grading(read_county(county), say), run_time()
    with grading_run(work, out, created) as folder:
        record_command(folder)
        write_grades(work, folder, created, say)
    made = {"定级首页": f"{MAPS}/{INDEX}", "工作簿": WORKBOOK, "级别图斑": POLYGONS, "清单": "manifest.json"}
    counts, findings = work.grades.counts(), work.findings
    if as_json:
        document = {"folder": str(folder.final), "files": made, "villages": counts.T.to_dict()}
        tell_json(document)
        return
    if work.county.notice:
        tell(work.county.notice)
    for use, row in counts.iterrows():
        said = "，".join(f"{grade_label(str(name))} {count} 村" for name, count in row.items() if count)
        tell(f"{use}：{said}")
    inverted = work.checks[work.checks["verdict"].isin(["倒挂", "与上一级持平"])]
    tell(
        f"样点检验：{len(work.checks) - len(inverted)} 级合格或样点不足，{len(inverted)} 级倒挂或持平；"
        f"需要核对 {len(findings)} 处"
    )
    for name, file in made.items():
        tell(f"{name}：{folder.final / file}")


@click.command("compile", cls=ChineseCommand)
@COUNTY
@OUT
@JSON
def compile_(county: Path, out: Path, as_json: bool) -> None:
    """编制基准地价：定级、样点修正与剔除、地价表、修正体系、检验、与上一版比较、公告稿。

    写出的 price_table 文件夹可用 price 或 run 的 --prices 套用。
    """
    from landmarket.compile_products import (
        BOOK,
        DRAFT_DOCX,
        INDEX,
        MAPS,
        NOTICE,
        compile_run,
        do_compiling,
        write_compilation,
    )
    from landmarket.pricing.grading.tables import grade_label

    work, created = do_compiling(read_county(county), say), run_time()
    with compile_run(work, out, created) as folder:
        record_command(folder)
        write_compilation(work, folder, created, say)
    made = {"首页": f"{MAPS}/{INDEX}", "工作簿": BOOK, "地价表": NOTICE, "公告稿": DRAFT_DOCX, "清单": "manifest.json"}
    compilation = work.compilation
    evidence, counted = compilation.evidence, int(compilation.samples["counted"].sum())
    if as_json:
        prices = evidence[["township", "grade", "use", "unit_price"]].astype("object")
        document = {"folder": str(folder.final), "files": made, "counted": counted}
        document["prices"] = prices.where(prices.notna(), None).to_dict("records")
        tell_json(document)
        return
    if work.county.notice:
        tell(work.county.notice)
    tell(f"采用样点 {counted}/{len(compilation.samples)}；需要核对 {len(compilation.findings)} 处")
    for use, own in evidence.groupby("use", sort=False):
        cells = zip(own["township"], own["grade"], own["unit_price"], strict=True)
        said = "，".join(
            f"{town}{grade_label(name)} {'无价' if value != value else f'{value:g}'}" for town, name, value in cells
        )
        tell(f"{use}（元/㎡）：{said}")
    for name, file in made.items():
        tell(f"{name}：{folder.final / file}")
