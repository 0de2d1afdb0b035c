"""The commands that follow a land book through (土地台账成果): the year, the run folder, sending, candidates, plans."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
import pandas as pd

from landmarket.cli.book_commands import BOOK, ON, as_records, tell_table
from landmarket.cli.help import ChineseCommand
from landmarket.cli.options import COUNTY, JSON, OUT, counts_line, record_command, run_time, say
from landmarket.cli.terminal import tell, tell_json
from landmarket.county import read_county

YEAR = click.option("--year", type=int, metavar="年", help="汇总哪一年；默认是台账日所在的年。")
_FILE = click.Path(path_type=Path)
_TO = click.option("--to", type=_FILE, metavar="文件", help="另写成这个 .csv 文件。")


@click.command(cls=ChineseCommand)
@BOOK
@COUNTY
@YEAR
@ON
@JSON
def year(book: str, county: Path, year: int | None, on: datetime | None, as_json: bool) -> None:
    """年度一页：各乡镇的备选、计划、同意、公告、成交、流拍，面积、价款、调节金、人均；薄弱村。"""
    from landmarket.book_products import do_book
    from landmarket.book_products.tables import YEAR_HEADERS, year_page_table
    from landmarket.land_book import open_book

    work = do_book(read_county(county), open_book(book), say, on=on.date() if on else None, year=year)
    weak = {name: work.villages[name].value_counts().to_dict() for name in ("weak_before", "weak_after")}
    if as_json:
        tell_json({"year": work.year, "townships": as_records(work.townships.reset_index()), "weak_villages": weak})
        return
    if work.county.notice:
        tell(work.county.notice)
    table = year_page_table(work)
    shown = ["candidates", "planned", "approved", "offered", "failed", "sold"]
    tell_table(table[["township", *(YEAR_HEADERS[name] for name in shown)]])
    total = table.iloc[-1]
    tell("；".join(f"{title} {total[title]:,.2f}" for title in YEAR_HEADERS.values() if "元" in title or "亩" in title))
    before, after = (weak[name].get("是", 0) for name in ("weak_before", "weak_after"))
    tell(f"集体经济薄弱村：入市收入以前 {before} 个，加上当年入市收入 {after} 个")


@click.command(cls=ChineseCommand)
@BOOK
@COUNTY
@YEAR
@ON
@OUT
@JSON
def report(book: str, county: Path, year: int | None, on: datetime | None, out: Path, as_json: bool) -> None:
    """写台账成果：工作簿、首页、红黄绿、到期与逾期、闲置、异常、年度一页与图。"""
    from landmarket.book_products import book_run, do_book, write_book
    from landmarket.book_products.pages import INDEX, YEAR_PAGE
    from landmarket.book_products.products import WORKBOOK
    from landmarket.land_book import open_book

    work = do_book(read_county(county), open_book(book), say, on=on.date() if on else None, year=year)
    created = run_time()
    with book_run(work, out, created) as run:
        record_command(run)
        write_book(work, run, created, say)
    made = {"首页": INDEX, "工作簿": WORKBOOK, "年度一页": YEAR_PAGE, "清单": "manifest.json"}
    lights = {str(name): int(count) for name, count in work.deals["light"].value_counts().items()}
    odd = work.irregularities["irregularity"].value_counts().to_dict()
    if as_json:
        tell_json({"folder": str(run.final), "files": made, "lights": lights, "irregularities": odd})
        return
    if work.county.notice:
        tell(work.county.notice)
    tell(f"台账日 {work.on}，{len(work.events)} 条事件，{len(work.states)} 宗；成交 {len(work.deals)} 宗")
    tell(counts_line({f"{name}灯": count for name, count in lights.items()}))
    tell(f"异常 {len(work.irregularities)} 件（逐件见工作簿“异常”）")
    for name, file in made.items():
        tell(f"{name}：{run.final / file}")


@click.command(cls=ChineseCommand)
@BOOK
@COUNTY
@click.argument("form", metavar="交换表")
@click.argument("file", type=_FILE, metavar="文件")
@click.option("--by", "sender", required=True, metavar="姓名", help="发送人，记入发送清单。")
@click.option(
    "--also", type=_FILE, metavar="补充表", help="宗地代码和台账没有的栏（.xlsx 或 .csv），如交易方式、行业分类。"
)
@click.option("--year", type=int, metavar="年", help="只报这一年的成交；默认全部有效的成交。")
@ON
@JSON
def export(
    book: str,
    county: Path,
    form: str,
    file: Path,
    sender: str,
    also: Path | None,
    year: int | None,
    on: datetime | None,
    as_json: bool,
) -> None:
    """向其他系统报送成交：按对照表换算、查缺项，写文件并记入发送清单；缺一项就不写。

    交换表：national_result（监测监管系统供地结果）、city_result（市级平台成交结果），或自己的对照表 .csv。
    """
    from landmarket.book_products.exchange_table import exchange_table
    from landmarket.land_book import exchange_rows, open_book, read_field_map, shipped_field_map, write_exchange
    from landmarket.products import do_county

    field_map = read_field_map(Path(form)) if form.endswith(".csv") else shipped_field_map(form)
    events, named = open_book(book).events(), read_county(county)
    main = do_county(named, say)
    table = exchange_table(main, events, on=on.date() if on else named.on, year=year, also=also)
    sent = write_exchange(exchange_rows(table, field_map), file, field_map, sent_by=sender)
    if as_json:
        tell_json(
            {
                "file": str(sent.file),
                "list": str(sent.listed),
                "rows": sent.rows,
                "sha256": sent.sha256,
                "entry": sent.entry,
            }
        )
        return
    tell(f"{sent.file}：{sent.rows} 行，SHA-256 {sent.sha256}")
    tell(f"发送清单：{sent.listed}，本条 {sent.entry}")


@click.command(cls=ChineseCommand)
@COUNTY
@_TO
@JSON
def candidates(county: Path, to: Path | None, as_json: bool) -> None:
    """备选地块：按原因分的宗数与面积，证据齐全的、待补的，缺什么；不需要台账。"""
    from landmarket.book_products import county_book_plan, surveyed_land
    from landmarket.products import do_county

    named = read_county(county)
    land = surveyed_land(do_county(named, say), county_book_plan(named))
    table = land.parcels[["township", "village"]].join(land.candidates)
    found = table[table["main_cause"].ne("")]
    causes = (
        found.groupby("main_cause")["candidate_area"]
        .agg(["size", "sum"])
        .rename(columns={"size": "宗数", "sum": "面积（㎡）"})
    )
    status = {str(name): int(count) for name, count in table["evidence_status"].value_counts().items()}
    _write(pd.DataFrame(table), to)
    if as_json:
        tell_json({"status": status, "candidates": as_records(pd.DataFrame(table).reset_index())})
        return
    if named.notice:
        tell(named.notice)
    tell(counts_line(status))
    tell_table(causes.round(2).reset_index())


@click.command(cls=ChineseCommand)
@COUNTY
@_TO
@JSON
def coverage(county: Path, to: Path | None, as_json: bool) -> None:
    """规划覆盖：多少宗地有可用的规划，哪些村的规划要先编；不需要台账。"""
    from landmarket.book_products import county_book_plan, surveyed_land
    from landmarket.products import do_county

    named = read_county(county)
    land = surveyed_land(do_county(named, say), county_book_plan(named))
    status = {str(name): int(count) for name, count in land.coverage["plan_status"].value_counts().items()}
    waiting = land.waiting.reset_index()
    table = pd.DataFrame(land.parcels[["township", "village"]]).join(land.coverage)
    _write(table, to)
    if as_json:
        tell_json({"status": status, "waiting": as_records(waiting), "parcels": as_records(table.reset_index())})
        return
    if named.notice:
        tell(named.notice)
    tell(counts_line(status))
    money = waiting.assign(**{"待规划价值（万元）": (waiting["waiting_value_fen"] / 1_000_000).round(2)})
    tell_table(money.drop(columns=["waiting_value_fen", "waiting_area"]).round(2))


def _write(table: pd.DataFrame, to: Path | None) -> None:
    if to is None:
        return
    from landmarket.columns import header
    from landmarket.io.tables import csv_bytes
    from landmarket.io.whole import write_whole

    write_whole(to, csv_bytes(table.reset_index().rename(columns=header)))
    say(f"已写 {to}")
