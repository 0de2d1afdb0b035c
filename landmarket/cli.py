"""The command ``landmarket``: the whole job, or one step of it, from a county file.

Exit codes: 0 done; 1 warnings found by ``check``; 2 wrong usage; 3 errors found by ``check``; 4 the work was refused.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TextIO

import click

from landmarket.columns import header
from landmarket.county import read_county, read_county_parcels, read_villages, sample_county
from landmarket.errors import BadValueError, LandMarketError, LandMarketWarning, NoPriceError
from landmarket.io.parcels import read_parcels
from landmarket.io.tables import csv_bytes
from landmarket.pricing.worksheet import explain
from landmarket.products import (
    MAPS,
    RESERVE,
    TABLES,
    WORKBOOK,
    Work,
    county_run,
    do_county,
    record,
    write_all,
    write_maps,
    write_report,
)
from landmarket.scenario import TOTAL
from landmarket.screening import Screening, screen
from landmarket.units import wan_text

WARNINGS_FOUND, WRONG_USAGE, ERRORS_FOUND, REFUSED = 1, 2, 3, 4


_METAVARS = {"[OPTIONS]": "[选项]", "COMMAND [ARGS]...": "命令 [参数]…"}


class _ChineseHelp(click.Command):
    """A command whose help is in Chinese."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "显示本说明并退出。"
        return option

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [_METAVARS.get(piece, piece) for piece in super().collect_usage_pieces(ctx)]

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix="用法：")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [row for row in (parameter.get_help_record(ctx) for parameter in self.get_params(ctx)) if row]
        with formatter.section("选项"):
            formatter.write_dl(rows)


class _ChineseGroup(_ChineseHelp, click.Group):
    """The group of commands, with its help in Chinese."""

    command_class = _ChineseHelp

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        commands = [(name, self.commands[name].get_short_help_str(80)) for name in self.commands]
        with formatter.section("命令"):
            formatter.write_dl(commands)


@click.group(cls=_ChineseGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="landmarket", message="landmarket %(version)s", help="显示版本并退出。")
def app() -> None:
    """农村集体经营性建设用地：入市资格、基准地价、交易模拟、收益分配、乡镇地图。

    先用 check 检查宗地文件，再用 run 完成全部工作；县配置文件的写法见 sample_data/yuzhou/county.toml。
    退出码：0 完成；1 check 发现警告；2 用法错误；3 check 发现错误；4 拒绝处理（原因见提示）。
    """


OUT = click.option(
    "--out", type=click.Path(path_type=Path), default=Path("output"), metavar="目录", help="成果目录，默认 output。"
)
PRICES = click.option(
    "--prices",
    type=click.Path(path_type=Path),
    metavar="公告",
    help="改用这份基准地价公告（.xlsx，或 compile 写出的 price_table 文件夹）。",
)
JSON = click.option("--json", "as_json", is_flag=True, help="以 JSON 输出，供程序读取。")
COUNTY = click.argument("county", type=click.Path(path_type=Path), metavar="县配置")


@app.command()
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
    click.echo(_counts_line(screening.counts))


def _counts_line(counts: Mapping[str, int]) -> str:
    return "；".join(f"{name} {count} 宗" for name, count in counts.items())


def _say(step: str) -> None:
    """Say a step of long work on standard error as it begins."""
    click.echo(f"… {step}", err=True)


def _sums(work: Work) -> dict[str, int]:
    """County-wide figures of a run, money in fen."""
    totals = work.outcome.totals().drop(columns="area")
    return dict(zip(map(str, totals.columns), totals.loc[[TOTAL]].to_numpy(dtype="int64")[0].tolist(), strict=True))


def _finished(work: Work, final: Path, made: Mapping[str, str], as_json: bool) -> None:
    """Say what a run gave and where it lies."""
    sums = _sums(work)
    if as_json:
        counts, gaps = work.screening.counts, work.outcome.gaps
        document = {"folder": str(final), "files": made, "counts": counts, "sums": sums, "gaps": gaps}
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
        return
    if work.county.notice:
        click.echo(work.county.notice)
    click.echo(_counts_line(work.screening.counts))
    total, paid, fund = (wan_text(sums[name]) for name in ("total_price_fen", "deal_price_fen", "fund_fen"))
    click.echo(
        f"可入市 {sums['allowed']} 宗；有基准地价 {sums['priced']} 宗，总地价 {total} 万元；"
        f"成交 {sums['sold']} 宗，成交价 {paid} 万元，其中调节金 {fund} 万元"
    )
    gaps = work.outcome.gaps
    click.echo(
        f"没有地价 {gaps['price_gap']} 宗；可入市而未模拟交易 {gaps['deal_gap']} 宗；未分配 {gaps['split_gap']} 宗；"
        "原因逐宗写在工作簿中"
    )
    for name, file in made.items():
        click.echo(f"{name}：{final / file}")


def _county_work(path: Path, prices: Path | None = None) -> Work:
    county = read_county(path)
    if prices is not None:
        county = replace(county, files={**county.files, "prices": prices})
    return do_county(county, _say)


@app.command()
@COUNTY
@PRICES
@OUT
@JSON
def run(county: Path, prices: Path | None, out: Path, as_json: bool) -> None:
    """完成全部工作：检查、入市资格、地价、模拟交易、收益分配、工作簿、乡镇地图。"""
    _run_all(county, out, as_json, prices)


def _run_all(path: Path, out: Path, as_json: bool, prices: Path | None = None) -> None:
    work, created = _county_work(path, prices), datetime.now().astimezone()
    with county_run(work.county, out, created) as folder:
        write_all(work, folder, created, _say)
    made = {
        "地图首页": f"{MAPS}/index.html",
        "工作簿": WORKBOOK,
        "数据表": f"{TABLES}/parcels.parquet",
        "底价（内部）": f"internal/{RESERVE}",
        "清单": "manifest.json",
    }
    _finished(work, folder.final, made, as_json)


@app.command()
@COUNTY
@OUT
@JSON
def report(county: Path, out: Path, as_json: bool) -> None:
    """只写工作簿：汇总、入市资格、宗地地价、挂牌模拟、收益分配、依据、数据检查、暂不处理。"""
    work, created = _county_work(county), datetime.now().astimezone()
    with county_run(work.county, out, created) as folder:
        write_report(work, folder.folder / WORKBOOK, created)
        record(work, folder)
    _finished(work, folder.final, {"工作簿": WORKBOOK}, as_json)


@app.command("map")
@COUNTY
@OUT
@JSON
def map_(county: Path, out: Path, as_json: bool) -> None:
    """只画地图：每个乡镇一页，全县首页一页；不联网即可打开。"""
    work, created = _county_work(county), datetime.now().astimezone()
    with county_run(work.county, out, created) as folder:
        write_maps(work, folder.folder / MAPS)
        record(work, folder)
    _finished(work, folder.final, {"地图首页": f"{MAPS}/index.html"}, as_json)


@app.command()
@COUNTY
@click.option("--parcel", "code", help="只写出这一宗的测算过程（19 位宗地代码）。")
@PRICES
@JSON
def price(county: Path, code: str | None, prices: Path | None, as_json: bool) -> None:
    """只算地价：列出每宗单价与总价；--parcel 写出一宗的测算过程。"""
    work = _county_work(county, prices)
    priced = work.outcome.prices
    if code is not None:
        _say_worksheet(work, code, as_json)
        return
    columns = ["township", "grade", "price_use", "area", "unit_price", "wan_per_mu", "total_price"]
    table = priced[columns].reset_index()
    if as_json:
        click.echo(table.to_json(orient="records", force_ascii=False, double_precision=6))
    else:
        click.echo(csv_bytes(table.rename(columns=header)).decode("utf-8-sig"), nl=False)


def _say_worksheet(work: Work, code: str, as_json: bool) -> None:
    parcels = work.outcome.parcels
    if code not in parcels.index:
        raise BadValueError(f"采用的宗地中没有 {code}。办法：核对代码，或用 check 看它为何暂不处理。")
    if code not in work.outcome.prices.index:
        gap = parcels["price_gap"].astype("str").loc[[code]].iloc[0]
        raise NoPriceError(f"{code} 没有地价：{gap}。办法：核对规划用途、级别范围与公告。")
    steps = explain(work.outcome.prices, code)
    if as_json:
        click.echo(steps.to_json(orient="records", force_ascii=False))
        return
    for step in steps.fillna("").to_dict("records"):
        click.echo(f"{step['step']}：{step['value']} {step['unit']}    〔{step['source']}〕")


@app.command()
@COUNTY
@OUT
@JSON
def grade(county: Path, out: Path, as_json: bool) -> None:
    """土地定级：因素作用分、权重、级别、样点检验、敏感性；每种用途一张级别图，每村的评定说明。"""
    from landmarket.grade_products import INDEX, MAPS, POLYGONS, WORKBOOK, do_grading, grading_run, write_grades
    from landmarket.pricing.grading.tables import grade_label

    work, created = do_grading(read_county(county), _say), datetime.now().astimezone()
    with grading_run(work, out, created) as folder:
        write_grades(work, folder, created, _say)
    made = {"定级首页": f"{MAPS}/{INDEX}", "工作簿": WORKBOOK, "级别图斑": POLYGONS, "清单": "manifest.json"}
    counts, findings = work.grades.counts(), work.findings
    if as_json:
        document = {"folder": str(folder.final), "files": made, "villages": counts.T.to_dict()}
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
        return
    if work.county.notice:
        click.echo(work.county.notice)
    for use, row in counts.iterrows():
        said = "，".join(f"{grade_label(str(name))} {count} 村" for name, count in row.items() if count)
        click.echo(f"{use}：{said}")
    inverted = work.checks[work.checks["verdict"].isin(["倒挂", "与上一级持平"])]
    click.echo(
        f"样点检验：{len(work.checks) - len(inverted)} 级合格或样点不足，{len(inverted)} 级倒挂或持平；"
        f"需要核对 {len(findings)} 处"
    )
    for name, file in made.items():
        click.echo(f"{name}：{folder.final / file}")


@app.command("compile")
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

    work, created = do_compiling(read_county(county), _say), datetime.now().astimezone()
    with compile_run(work, out, created) as folder:
        write_compilation(work, folder, created, _say)
    made = {"首页": f"{MAPS}/{INDEX}", "工作簿": BOOK, "地价表": NOTICE, "公告稿": DRAFT_DOCX, "清单": "manifest.json"}
    compilation = work.compilation
    evidence, counted = compilation.evidence, int(compilation.samples["counted"].sum())
    if as_json:
        prices = evidence[["township", "grade", "use", "unit_price"]].astype("object")
        document = {"folder": str(folder.final), "files": made, "counted": counted}
        document["prices"] = prices.where(prices.notna(), None).to_dict("records")
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
        return
    if work.county.notice:
        click.echo(work.county.notice)
    click.echo(f"采用样点 {counted}/{len(compilation.samples)}；需要核对 {len(compilation.findings)} 处")
    for use, own in evidence.groupby("use", sort=False):
        cells = zip(own["township"], own["grade"], own["unit_price"], strict=True)
        said = "，".join(
            f"{town}{grade_label(name)} {'无价' if value != value else f'{value:g}'}" for town, name, value in cells
        )
        click.echo(f"{use}（元/㎡）：{said}")
    for name, file in made.items():
        click.echo(f"{name}：{folder.final / file}")


@app.command()
@COUNTY
@OUT
@JSON
def income(county: Path, out: Path, as_json: bool) -> None:
    """收益分配：决算成本、各方分配、分期收付、成员分配与公示表、公积公益金、指标、办法比较。"""
    from landmarket.income_products import do_income, income_run, public_notices, write_income
    from landmarket.income_products.checks import ledger_check, roster_check, unposted
    from landmarket.income_products.pages import INDEX
    from landmarket.income_products.products import NOTICES, WORKBOOK, deals_of

    work, created = do_income(read_county(county), _say), datetime.now().astimezone()
    with income_run(work, out, created) as folder:
        write_income(work, folder, created, _say)
    made = {"首页": INDEX, "工作簿": WORKBOOK, "公示表": NOTICES, "清单": "manifest.json"}
    total = {name: int(fen) for name, fen in work.balance.sum().items()}
    posted, unsplit = len(public_notices(work)), len(work.deals) - len(work.balance)
    if as_json:
        document = {"folder": str(folder.final), "files": made, "sums": total, "unsplit": unsplit, "posted": posted}
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
        return
    if work.notice:
        click.echo(work.notice)
    click.echo(
        f"{deals_of(work)} {len(work.deals)} 宗，已分配 {len(work.balance)} 宗，"
        f"未分配 {unsplit} 宗（原因见工作簿“未分配”）"
    )
    shown = ("deal_price_fen", "fund_fen", "cost_fen", "members_fen", "balance_fen")
    click.echo(
        "已分配的："
        + "，".join(
            f"{header(name).partition('（')[0].removesuffix('分')} {wan_text(total[name])} 万元" for name in shown
        )
    )
    gain, loss = (int(work.shares[name].sum()) for name in ("gain_fen", "loss_fen"))
    rate = f"{total['fund_fen'] / gain:.1%}" if gain else "—"
    click.echo(f"调节金占土地增值收益 {rate}；没有收回的成本（亏损）{wan_text(loss)} 万元")
    odd, lacking = (int(table["需要核对"].ne("").sum()) for table in (roster_check(work), ledger_check(work)))
    click.echo(
        f"公示表 {posted} 宗（A4、A3 各一份），名册中有的集体另有 {unposted(work)} 宗没有公示表（见“未分到成员”）；"
        f"台账未计入 {len(work.uncounted)} 笔；需要核对：名册 {odd} 个集体，台账 {lacking} 宗"
    )
    for name, file in made.items():
        click.echo(f"{name}：{folder.final / file}")


@contextmanager
def _progress(name: str, parcels: int) -> Iterator[Callable[[int], object]]:
    """Show on standard error how many parcels of a simulation are done."""
    with click.progressbar(length=parcels, label=f"… {name}", file=sys.stderr) as bar:
        yield bar.update


@app.command()
@COUNTY
@click.option("--draws", type=int, metavar="次数", help="抽样次数；默认用供应测算方案中的。")
@OUT
@JSON
def simulate(county: Path, draws: int | None, out: Path, as_json: bool) -> None:
    """供应测算（内部）：多次模拟交易，今年推哪些宗地、能收多少、哪些会流拍、底价怎么定、价格下跌会怎样。

    结果可以推知底价，只写在 internal 文件夹里，不得外传。中断以后用同样的命令再来，从停下的乡镇接着做。
    """
    from landmarket.market.tile_store import kept_tiles
    from landmarket.market_products import answer, do_market, market_run, sentences, write_market
    from landmarket.market_products.answer import SHORT
    from landmarket.market_products.products import INDEX, WORKBOOK

    asked = read_county(county)
    with kept_tiles(out) as kept:
        work, created = do_market(asked, _say, _progress, draws=draws, kept=kept), datetime.now().astimezone()
        with market_run(work, out, created) as folder:
            write_market(work, folder, created, _say)
    made = {"市场模拟（内部）": f"internal/{WORKBOOK}", "首页": INDEX, "清单": "manifest.json"}
    said = dict(list(sentences(work).items())[:SHORT])  # those on the reserve stand in the internal folder alone
    if as_json:
        document = {"folder": str(folder.final), "files": made, "answer": asdict(answer(work)), "sentences": said}
        click.echo(json.dumps(document, ensure_ascii=False, indent=1, default=str))
        return
    if work.county.notice:
        click.echo(work.county.notice)
    for sentence in said.values():
        click.echo(sentence)
    for name, file in made.items():
        click.echo(f"{name}：{folder.final / file}")


@app.command()
@OUT
@JSON
def demo(out: Path, as_json: bool) -> None:
    """用随附的示例县（禹州，宗地、地价与成交均为虚构）做一遍全部工作。"""
    _run_all(sample_county(), out, as_json)


def main() -> None:
    """Run the command; errors are told in Chinese, on one place, with their exit code."""
    gc.freeze()  # what was imported is never garbage: looking through it again and again costs a run a tenth
    with warnings.catch_warnings():
        warnings.simplefilter("once", LandMarketWarning)
        warnings.showwarning = partial(_show_warning, set())
        _run_app()


def _run_app() -> None:
    try:
        app(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(WRONG_USAGE)
    except click.UsageError as error:
        click.echo(f"用法错误：{_usage_problem(error)}。用 --help 查看说明。", err=True)
        sys.exit(WRONG_USAGE)
    except click.Abort:
        click.echo("已中断，没有留下半份成果。", err=True)
        sys.exit(REFUSED)
    except LandMarketError as error:
        click.echo(click.style(f"不能处理：{error}", fg="red"), err=True)
        sys.exit(REFUSED)
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _usage_problem(error: click.UsageError) -> str:
    """Tell a usage error in Chinese."""
    match error:
        case click.NoSuchOption():
            return f"没有选项 {error.option_name}"
        case click.MissingParameter():
            return f"缺少 {error.param.make_metavar(error.ctx) if error.param and error.ctx else '参数'}"
        case click.BadParameter():
            return f"参数 {error.param.name if error.param else ''} 的值不对（{error.message}）"
        case _:
            return error.format_message().replace("No such command", "没有命令").rstrip(".")


def _show_warning(
    told: set[str],
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Tell a warning as the analyst needs it: what, not where in the code; once, whatever filters libraries set."""
    del category, filename, lineno, file, line
    if str(message) not in told:
        told.add(str(message))
        click.echo(click.style(f"注意：{message}", fg="yellow"), err=True)
