"""Writing what a county's land book hands over (土地台账成果): one run folder, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pandas as pd

from landmarket.book_products.land_tables import candidate_table, coverage_table, owner_table, waiting_table
from landmarket.book_products.pages import (
    INDEX,
    YEAR_MAP,
    YEAR_PAGE,
    title_of,
    write_index,
    write_year_map,
    write_year_page,
    write_year_sheets,
)
from landmarket.book_products.sources import book_facts, sources_table
from landmarket.book_products.tables import (
    bank_table,
    deal_table,
    due_table,
    event_table,
    idle_table,
    irregularity_table,
    light_table,
    plan_table,
    state_table,
    undivided_table,
    village_table,
    year_page_table,
)
from landmarket.book_products.work import BookWork
from landmarket.io.tables import write_tables
from landmarket.io.writing import RunFolder
from landmarket.products import TABLES, county_run, record
from landmarket.report.table_book import write_table_book

WORKBOOK, CHARTS = "土地台账.xlsx", "图"

Say = Callable[[str], None]

_LONG = (
    *("missing_evidence", "decision_text", "dispute_text", "standing_facts", "step_missing", "light_reasons"),
    *("irregularity_text", "clock_source", "lineage", "remark", "说明", "split_gap", "source", "note"),
)


@contextmanager
def book_run(work: BookWork, out: Path, created: datetime) -> Iterator[RunFolder]:
    """Open a run folder that knows what the land book is checked against (成果目录).

    Parameters
    ----------
    work : BookWork
        A county's land book.
    out : Path
        Folder of all runs.
    created : datetime
        Time of the run.

    Yields
    ------
    RunFolder
        Write into its ``folder``.
    """
    named = [work.county.book_plan, *work.plan.files]
    with county_run(work.county, out, created, also=[path for path in named if path is not None]) as run:
        yield run


def write_book(work: BookWork, run: RunFolder, created: datetime, say: Say) -> None:
    """Write everything a land book hands over into a run folder (土地台账成果).

    Parameters
    ----------
    work : BookWork
        A county's land book.
    run : RunFolder
        The run folder.
    created : datetime
        Time of the run.
    say : callable
        Told of each step, in Chinese, as it begins.
    """
    say("写土地台账工作簿")
    write_book_workbook(work, run.folder / WORKBOOK, created)
    say("画年度图")
    write_year_map(work, run.folder / YEAR_MAP)
    charts = write_year_sheets(work, run.folder / CHARTS, created)
    links = {"年度地图（各村）": YEAR_MAP} | {f"图：{title}": f"{CHARTS}/{name}" for title, name in charts.items()}
    write_year_page(work, run.folder / YEAR_PAGE, links)
    write_index(work, run.folder / INDEX, {"工作簿": WORKBOOK, f"{work.year} 年度一页": YEAR_PAGE, **links})
    write_tables(run.folder / TABLES, result_tables(work))
    record(work.main, run)
    rules = sources_table(work).astype("object")
    run.record(book=book_facts(work), rules=rules.where(rules.notna(), None).to_dict("records"))


def write_book_workbook(work: BookWork, path: Path, created: datetime) -> None:
    """Write the workbook of a land book (土地台账工作簿).

    Parameters
    ----------
    work : BookWork
        A county's land book.
    path : Path
        The ``.xlsx`` file.
    created : datetime
        Time in the properties of the file.
    """
    red = int(work.deals["light"].eq("红").sum())
    write_table_book(
        path,
        book_tables(work),
        title=title_of(work),
        line=f"台账日 {work.on:%Y-%m-%d}　台账 {len(work.states)} 宗　成交 {len(work.deals)} 宗，红灯 {red} 宗"
        f"　异常 {len(work.irregularities)} 件",
        created=created,
        notice=work.county.notice,
        long=_LONG,
        roles={
            "储备库": {"area": "total", "total_price_fen": "total"},
            "年度计划": {"area": "total", "deal_price_fen": "total"},
            "成交以后": dict.fromkeys(("deal_price_fen", "paid_fen", "unpaid_fen"), "total"),
            "规划编制清单": dict.fromkeys(
                ("waiting_parcels", "waiting_area", "waiting_mu", "waiting_value_fen"), "total"
            ),
        },
    )


def book_tables(work: BookWork) -> dict[str, pd.DataFrame]:
    """Gather the sheets of the workbook (工作簿各表).

    Parameters
    ----------
    work : BookWork
        A county's land book.

    Returns
    -------
    dict of str to DataFrame
        By the name of the sheet.
    """
    undivided = undivided_table(work)
    return {
        "年度一页": year_page_table(work),
        "红黄绿": light_table(work),
        "异常": irregularity_table(work),
        "到期与逾期": due_table(work),
        "闲置": idle_table(work),
        "成交以后": deal_table(work),
        "台账": state_table(work),
        "储备库": bank_table(work),
        "年度计划": plan_table(work),
        "备选地块": candidate_table(work),
        "权属": owner_table(work),
        "规划覆盖": coverage_table(work),
        "规划编制清单": waiting_table(work),
        "薄弱村": village_table(work),
        **({"未分配": undivided} if len(undivided) else {}),
        "事件": event_table(work),
        "依据": sources_table(work),
    }


def result_tables(work: BookWork) -> dict[str, pd.DataFrame]:
    """Gather results for other programs (数据表).

    Parameters
    ----------
    work : BookWork
        A county's land book.

    Returns
    -------
    dict of str to DataFrame
        By the name of the file.
    """
    return {
        "states": work.states,
        "terms": work.terms,
        "deals": work.deals,
        "income": work.income,
        "townships": work.townships,
        "villages": work.villages,
        "candidates": work.land.candidates,
        "plan_coverage": work.land.coverage,
        "irregularities": work.irregularities,
    }
