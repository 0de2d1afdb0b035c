"""The command that prices parcels (地价)."""

from __future__ import annotations

from pathlib import Path

import click

from landmarket.cli.help import ChineseCommand
from landmarket.cli.options import COUNTY, JSON, PRICES
from landmarket.cli.run_commands import county_work
from landmarket.cli.terminal import tell, tell_csv, tell_json_text
from landmarket.columns import header
from landmarket.products import Work
from landmarket.products.documents import price_steps


@click.command(cls=ChineseCommand)
@COUNTY
@click.option("--parcel", "code", help="只写出这一宗的测算过程（19 位宗地代码）。")
@PRICES
@JSON
def price(county: Path, code: str | None, prices: Path | None, as_json: bool) -> None:
    """只算地价：列出每宗单价与总价；--parcel 写出一宗的测算过程。"""
    work = county_work(county, prices)
    priced = work.outcome.prices
    if code is not None:
        _say_worksheet(work, code, as_json)
        return
    columns = ["township", "grade", "price_use", "area", "unit_price", "wan_per_mu", "total_price"]
    table = priced[columns].reset_index()
    if as_json:
        tell_json_text(table.to_json(orient="records", force_ascii=False, double_precision=6))
    else:
        tell_csv(table.rename(columns=header))


def _say_worksheet(work: Work, code: str, as_json: bool) -> None:
    steps = price_steps(work, code)
    if as_json:
        tell_json_text(steps.to_json(orient="records", force_ascii=False))
        return
    for step in steps.fillna("").to_dict("records"):
        tell(f"{step['step']}：{step['value']} {step['unit']}    〔{step['source']}〕")
