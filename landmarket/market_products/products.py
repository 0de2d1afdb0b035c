"""Writing what a simulated market hands over (供应测算成果): numbers into the internal folder, a page without any."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pandas as pd

from landmarket.io.manifest import INTERNAL, require_public
from landmarket.io.tables import csv_bytes, write_tables
from landmarket.io.writing import RunFolder
from landmarket.maps.table_page import write_table_page
from landmarket.market_products.charts import write_charts
from landmarket.market_products.tables import (
    answer_table,
    case_table,
    draw_table,
    internal_sources,
    lever_table,
    parcel_table,
    party_table,
    plan_table,
    reserve_table,
    sources_table,
    township_table,
)
from landmarket.market_products.work import MarketWork
from landmarket.products import TABLES, county_run
from landmarket.report.table_book import write_internal_book

WORKBOOK = "市场模拟（内部，不得外传）.xlsx"
CURVES = "底价曲线（内部，不得外传）.csv"
INDEX = "index.html"
CHARTS = "图"

Say = Callable[[str], None]

_PUBLIC = ["item", "value", "source", "verified"]
_WORDS = {"item": "名称", "value": "内容", "source": "来源", "verified": "是否核对原文"}
_WHAT = (
    "各宗成交概率、预期收入、供应计划、价格情景和底价测算都可以推知保密的底价，只写在 internal 文件夹里，"
    "不得外传。分发本成果时去掉整个 internal 文件夹。"
)


@contextmanager
def market_run(work: MarketWork, out: Path, created: datetime) -> Iterator[RunFolder]:
    """Open a run folder that knows what the simulation rests on (成果目录).

    Parameters
    ----------
    work : MarketWork
        A county's market.
    out : Path
        Folder of all runs.
    created : datetime
        Time of the run.

    Yields
    ------
    RunFolder
        Write into its ``folder``.
    """
    with county_run(work.county, out, created, also=work.plan.files, secret=work.secret_inputs) as run:
        yield run


def write_market(work: MarketWork, run: RunFolder, created: datetime, say: Say) -> None:
    """Write everything a simulated market hands over into a run folder (供应测算成果).

    Parameters
    ----------
    work : MarketWork
        A county's market.
    run : RunFolder
        The run folder.
    created : datetime
        Time of the run.
    say : callable
        Told of each step, in Chinese, as it begins.
    """
    say("写市场模拟工作簿（内部）")
    write_market_book(work, run.internal / WORKBOOK, created)
    say("画图（内部）")
    write_charts(work, run.internal / CHARTS, created)
    (run.internal / CURVES).write_bytes(csv_bytes(work.curves))
    write_tables(run.internal / TABLES, result_tables(work))
    rules = sources_table(work)
    _write_index(work, run.folder / INDEX, rules)
    rules = rules.astype("object")
    run.record(
        counts=work.main.screening.counts,
        notice=work.county.notice,
        rules=rules.where(rules.notna(), None).to_dict("records"),
    )


def write_market_book(work: MarketWork, path: Path, created: datetime) -> None:
    """Write the internal workbook of a simulated market (市场模拟工作簿).

    Parameters
    ----------
    work : MarketWork
        A county's market.
    path : Path
        The ``.xlsx`` file, in the internal folder.
    created : datetime
        Time in the properties of the file.
    """
    write_internal_book(
        path,
        book_tables(work),
        title=f"{work.county.name}集体经营性建设用地市场模拟",
        line=f"储备库 {len(work.bank)} 宗　列入计划 {len(work.listed)} 宗　抽样 {work.joint.draws} 次",
        created=created,
        notice=work.county.notice,
        long=("回答", "plan_reason", "split_gap", "note", "reserve_methods", "reserve_floors", "value", "source"),
    )


def book_tables(work: MarketWork) -> dict[str, pd.DataFrame]:
    """Gather the sheets of the internal workbook (工作簿各表).

    Parameters
    ----------
    work : MarketWork
        A county's market.

    Returns
    -------
    dict of str to DataFrame
        By the name of the sheet.
    """
    return {
        "回答": answer_table(work),
        "供应计划": plan_table(work),
        "宗地": parcel_table(work),
        "乡镇": township_table(work),
        "分配方": party_table(work),
        "价格情景": case_table(work),
        "敏感性": lever_table(work),
        "底价建议": reserve_table(work),
        "底价曲线": work.curves,
        "依据": internal_sources(work),
    }


def result_tables(work: MarketWork) -> dict[str, pd.DataFrame]:
    """Gather results for other programs (数据表), none with a column of the reserve; internal all the same.

    Parameters
    ----------
    work : MarketWork
        A county's market.

    Returns
    -------
    dict of str to DataFrame
        By the name of the file.
    """
    return {
        "plan": plan_table(work),
        "parcels": parcel_table(work),
        "townships": township_table(work),
        "parties": party_table(work),
        "cases": case_table(work),
        "levers": work.levers,
        "plan_draws": draw_table(work),
    }


def _write_index(work: MarketWork, path: Path, rules: pd.DataFrame) -> None:
    """The public page: what was done and what it rests on, no number of the results."""
    require_public(rules.columns, INDEX)
    shown = rules[_PUBLIC].assign(verified=rules["verified"].map({True: "是", False: "否"})).rename(columns=_WORDS)
    write_table_page(
        path,
        {"结果在哪里": pd.DataFrame({"说明": [_WHAT]}), "依据": shown},
        title=f"{work.county.name}集体经营性建设用地市场模拟",
        links={"内部成果（不得外传）": f"{INTERNAL}/{WORKBOOK}"},
        notice=work.county.notice,
        foot=f"{work.plan.name}（{work.plan.source}）",
    )
