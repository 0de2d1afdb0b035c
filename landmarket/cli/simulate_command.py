"""The command that simulates the market (供应测算)."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from landmarket.cli.help import ChineseCommand
from landmarket.cli.options import COUNTY, JSON, OUT, progress, record_command, run_time, say
from landmarket.cli.terminal import tell, tell_json
from landmarket.county import read_county


@click.command(cls=ChineseCommand)
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
        work, created = do_market(asked, say, progress, draws=draws, kept=kept), run_time()
        with market_run(work, out, created) as folder:
            record_command(folder)
            write_market(work, folder, created, say)
    made = {"市场模拟（内部）": f"internal/{WORKBOOK}", "首页": INDEX, "清单": "manifest.json"}
    said = dict(list(sentences(work).items())[:SHORT])  # those on the reserve stand in the internal folder alone
    if as_json:
        document = {"folder": str(folder.final), "files": made, "answer": asdict(answer(work)), "sentences": said}
        tell_json(document)
        return
    if work.county.notice:
        tell(work.county.notice)
    for sentence in said.values():
        tell(sentence)
    for name, file in made.items():
        tell(f"{name}：{folder.final / file}")
