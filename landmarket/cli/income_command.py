"""The command that follows the income through (收益)."""

from __future__ import annotations

from pathlib import Path

import click

from landmarket.cli.help import ChineseCommand
from landmarket.cli.options import COUNTY, JSON, OUT, record_command, run_time, say
from landmarket.cli.terminal import tell, tell_json
from landmarket.columns import header
from landmarket.county import read_county
from landmarket.units import wan_text


@click.command(cls=ChineseCommand)
@COUNTY
@OUT
@JSON
def income(county: Path, out: Path, as_json: bool) -> None:
    """收益分配：决算成本、各方分配、分期收付、成员分配与公示表、公积公益金、指标、办法比较。"""
    from landmarket.income_products import do_income, income_run, public_notices, write_income
    from landmarket.income_products.checks import ledger_check, roster_check, unposted
    from landmarket.income_products.pages import INDEX
    from landmarket.income_products.products import NOTICES, WORKBOOK, deals_of

    work, created = do_income(read_county(county), say), run_time()
    with income_run(work, out, created) as folder:
        record_command(folder)
        write_income(work, folder, created, say)
    made = {"首页": INDEX, "工作簿": WORKBOOK, "公示表": NOTICES, "清单": "manifest.json"}
    total = {name: int(fen) for name, fen in work.balance.sum().items()}
    posted, unsplit = len(public_notices(work)), len(work.deals) - len(work.balance)
    if as_json:
        document = {"folder": str(folder.final), "files": made, "sums": total, "unsplit": unsplit, "posted": posted}
        tell_json(document)
        return
    if work.notice:
        tell(work.notice)
    tell(
        f"{deals_of(work)} {len(work.deals)} 宗，已分配 {len(work.balance)} 宗，"
        f"未分配 {unsplit} 宗（原因见工作簿“未分配”）"
    )
    shown = ("deal_price_fen", "fund_fen", "cost_fen", "members_fen", "balance_fen")
    tell(
        "已分配的："
        + "，".join(
            f"{header(name).partition('（')[0].removesuffix('分')} {wan_text(total[name])} 万元" for name in shown
        )
    )
    gain, loss = (int(work.shares[name].sum()) for name in ("gain_fen", "loss_fen"))
    rate = f"{total['fund_fen'] / gain:.1%}" if gain else "—"
    tell(f"调节金占土地增值收益 {rate}；没有收回的成本（亏损）{wan_text(loss)} 万元")
    odd, lacking = (int(table["需要核对"].ne("").sum()) for table in (roster_check(work), ledger_check(work)))
    tell(
        f"公示表 {posted} 宗（A4、A3 各一份），名册中有的集体另有 {unposted(work)} 宗没有公示表（见“未分到成员”）；"
        f"台账未计入 {len(work.uncounted)} 笔；需要核对：名册 {odd} 个集体，台账 {lacking} 宗"
    )
    for name, file in made.items():
        tell(f"{name}：{folder.final / file}")
