"""The commands that keep a land book (土地台账): make it, record events, check them, look up states and terms."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path

import click
import pandas as pd

from landmarket.cli.check_command import ERRORS_FOUND
from landmarket.cli.help import ChineseCommand, ChineseGroup
from landmarket.cli.options import COUNTY, JSON, counts_line
from landmarket.cli.terminal import tell, tell_json
from landmarket.columns import header
from landmarket.county import read_county, read_county_parcels, read_villages
from landmarket.errors import BadValueError
from landmarket.screening import screen

BOOK = click.argument("book", metavar="台账")
ON = click.option("--on", type=click.DateTime(["%Y-%m-%d"]), metavar="日期", help="截至哪一天，如 2026-03-02。")
_FILE = click.Path(path_type=Path)
_AGAINST = click.option(
    "--county", "against", type=_FILE, metavar="县配置", help="县配置：按它的集体台账核对集体代码。"
)
_SHOWN, _FEN = 30, 100


@click.group("book", cls=ChineseGroup)
def book_() -> None:
    """土地台账：建立、登记事件、检查、查询状态与期限、年度一页、成果、向其他系统报送。

    台账写成 .gpkg 文件的路径，或 PostGIS 数据库的地址 postgresql://用户@主机/库名（密码放在 pgpass 或 PGPASSWORD）。
    """


def day_of(on: datetime | None) -> date:
    """Give the day an option names; today where it names none."""
    return on.date() if on is not None else datetime.now().astimezone().date()


def as_records(table: pd.DataFrame) -> list[dict[str, object]]:
    """Give a table's rows for JSON: days as text, what is missing as null."""
    days = {str(name): table[name].dt.strftime("%Y-%m-%d") for name in table.select_dtypes("datetime")}
    plain = table.assign(**days).astype("object")
    return [
        {str(name): cell for name, cell in row.items()} for row in plain.where(plain.notna(), None).to_dict("records")
    ]


def tell_table(table: pd.DataFrame) -> None:
    """Write a table's rows as lines, with Chinese headers and amounts in yuan; no more than fit on a few screens."""
    money = [str(name) for name in table.columns if str(name).endswith("_fen")]
    yuan = {name: header(name).partition("（")[0].removesuffix("分") + "（元）" for name in money}
    shown = table.assign(**{name: table[name].astype("Float64") / _FEN for name in money}).head(_SHOWN)
    rows = as_records(shown)
    tell("　".join(yuan.get(str(name)) or header(str(name)) for name in table.columns))
    for row in rows:
        tell("　".join("—" if cell in (None, "") else str(cell) for cell in row.values()))
    if len(table) > _SHOWN:
        tell(f"……共 {len(table)} 行，用 --json 看全部")


@book_.command(cls=ChineseCommand)
@BOOK
@COUNTY
@JSON
def init(book: str, county: Path, as_json: bool) -> None:
    """建立空台账，放入县配置中采用的宗地（代码与图形）；已有台账时拒绝。"""
    from landmarket.land_book import make_book

    named = read_county(county)
    screening = screen(read_county_parcels(named), county=named.county, villages=read_villages(named))
    make_book(book, screening.accepted)
    if as_json:
        tell_json({"counts": screening.counts})
        return
    tell(f"已建立台账：{len(screening.accepted)} 宗。{counts_line(screening.counts)}")


@book_.command("import", cls=ChineseCommand)
@BOOK
@click.argument("file", type=_FILE, metavar="事件表")
@click.option("--by", "recorder", required=True, metavar="姓名", help="记录人；事件表中写了记录人的照表。")
@_AGAINST
@JSON
def import_(book: str, file: Path, recorder: str, against: Path | None, as_json: bool) -> None:
    """登记一份事件表（.xlsx 或 .csv）：逐条检查，有一条不对就一条也不写；已登记过的不重复登记。"""
    from landmarket.land_book import open_book, read_events

    events = read_events(file)
    fresh = open_book(book).append(events, recorded_by=recorder, collectives=_collectives(against))
    if as_json:
        tell_json({"read": len(events), "recorded": fresh})
        return
    tell(f"读入 {len(events)} 条，新登记 {fresh} 条，{len(events) - fresh} 条以前登记过")


@book_.command(cls=ChineseCommand)
@BOOK
@click.argument("file", type=_FILE, metavar="[事件表]", required=False)
@_AGAINST
@ON
@JSON
def check(book: str, file: Path | None, against: Path | None, on: datetime | None, as_json: bool) -> None:
    """检查台账，或试查一份还没有登记的事件表，一次列出全部问题；什么也不写。有问题时退出码为 3。"""
    from landmarket.land_book import event_faults, identified, open_book, read_events

    kept, day, collectives = open_book(book), day_of(on), _collectives(against)
    held, codes = kept.events(), set(kept.parcels().index)
    faults = event_faults(held, on=day, collectives=collectives, parcels=codes)
    if file is not None:
        new = identified(read_events(file), recorded_by="试查", recorded_at=datetime.now(UTC))
        known = held["event_id"]
        both = pd.concat([held, new[~new["event_id"].isin(known)]], ignore_index=True) if len(held) else new
        faults = event_faults(both, on=day, collectives=collectives, parcels=codes)
        faults = faults[~faults["event_id"].isin(known)]
    if as_json:
        tell_json({"events": len(held), "faults": as_records(faults)})
    else:
        for row in faults.to_dict("records"):
            tell(f"宗地 {row['parcel_code']}：{row['problem']}", colour="red")
            tell(f"    列：{header(str(row['column']))}　值：{row['value']}　事件：{row['event_id']}")
            tell(f"    办法：{row['cure']}")
        tell(f"台账 {len(held)} 条事件；{f'{len(faults)} 个问题' if len(faults) else '没有发现问题'}")
    sys.exit(ERRORS_FOUND if len(faults) else 0)


def _collectives(against: Path | None) -> list[str] | None:
    """Codes of the collectives of a county; none to check against where it is not named."""
    if against is None:
        return None
    from landmarket.book_products import county_book_plan
    from landmarket.land_book.collectives import read_collectives

    return list(map(str, read_collectives(county_book_plan(read_county(against)).collectives).index))


@book_.command(cls=ChineseCommand)
@BOOK
@click.option("--parcel", "code", metavar="宗地代码", help="只看一宗：状态、下一步、全部事件。")
@ON
@JSON
def status(book: str, code: str | None, on: datetime | None, as_json: bool) -> None:
    """各状态有几宗；或一宗的状态、下一步缺什么、全部事件与沿革。"""
    from landmarket.land_book import ancestors, descendants, open_book, parcel_states
    from landmarket.land_book.events import in_order

    events = open_book(book).events()
    states = parcel_states(events, on=day_of(on))
    if code is None:
        counts = states["book_state"].value_counts().to_dict()
        if as_json:
            tell_json({"events": len(events), "states": as_records(states.reset_index()), "counts": counts})
            return
        tell(f"{len(events)} 条事件，{len(states)} 宗")
        tell(counts_line({str(name): int(count) for name, count in counts.items()}))
        return
    if code not in states.index:
        raise BadValueError(f"台账中没有宗地 {code} 的事件。办法：核对代码，或核对截至的日期。")
    own = in_order(events[events["parcel_code"].eq(code)])
    shown = own[["happened_on", "kind", "amount_fen", "event_document", "remark", "event_id"]]
    state = as_records(states.loc[[code]])[0]
    lineage = {"来源宗地": ancestors(events, code), "后续宗地": descendants(events, code)}
    if as_json:
        tell_json({"state": state, "events": as_records(shown), **lineage})
        return
    for name, cell in state.items():
        tell(f"{header(name)}：{'—' if cell in (None, '') else cell}")
    for title, codes in lineage.items():
        tell(f"{title}：{'、'.join(codes) or '—'}")
    tell_table(shown)


@book_.command(cls=ChineseCommand)
@BOOK
@click.option("--county", "code", default="", metavar="县代码", help="6 位县代码，有本县规则时用。")
@ON
@JSON
def due(book: str, code: str, on: datetime | None, as_json: bool) -> None:
    """到期与逾期：逾期未履行的、还在走的期限，各依据什么。"""
    from landmarket.land_book import due_dates, open_book

    terms = due_dates(open_book(book).events(), on=day_of(on), county=code)
    late = terms[terms["clock_state"].eq("逾期未履行")].sort_values("due_by")
    running = terms[terms["clock_state"].eq("未到期")].sort_values("due_by")
    columns = ["parcel_code", "clock", "happened_on", "due_by", "overdue_days", "clock_source"]
    if as_json:
        tell_json({"late": as_records(late[columns]), "running": as_records(running[columns])})
        return
    for title, table in (("逾期未履行", late), ("未到期", running)):
        tell(f"{title} {len(table)} 项")
        if len(table):
            tell_table(table[columns])
