"""Writing what a county's income hands over (收益分配成果): one run folder, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pandas as pd

from landmarket.distribution.settlement import SETTLED_COSTS
from landmarket.distribution.split import PARTIES
from landmarket.income_products.charts import write_charts
from landmarket.income_products.checks import ledger_check, roster_check
from landmarket.income_products.comparison import reform_table, village_changes, village_table
from landmarket.income_products.inequality import inequality_tables
from landmarket.income_products.notices import write_notices
from landmarket.income_products.pages import INDEX, write_index, write_notice_index
from landmarket.income_products.sources import sources_table
from landmarket.income_products.tables import (
    cash_table,
    gap_table,
    indicator_table,
    ledger_table,
    member_tables,
    present_table,
    tax_table,
    township_table,
    undivided_table,
    unsplit_table,
)
from landmarket.income_products.work import IncomeWork
from landmarket.io.tables import write_tables
from landmarket.io.writing import RunFolder
from landmarket.products import TABLES, county_run
from landmarket.report.table_book import write_table_book

WORKBOOK = "收益分配.xlsx"
NOTICES = "公示表"
CHARTS = "图"

Say = Callable[[str], None]

_FEN = 100
_MONEY = {"deal_price_fen": "whole", **dict.fromkeys(PARTIES, "part")}
_CASH = {"amount_fen": "whole", **dict.fromkeys(PARTIES, "part")}
_OWN_HEADERS = {
    "year": "年度",
    "balance_fen": "余额（元）",
    "uncounted_reason": "未计入原因",
    "unknown": "收益不明（宗）",
    "parcels": "宗地数",
    "sold": "成交（宗）",
    "unsplit": "未分配（宗）",
    "split_price_fen": "已分配成交价（元）",
    "to_collectives_fen": "集体及成员所得（元）",
    "effective_fund_rate": "调节金占成交价 比率",
    "fund_of_gain": "调节金占增值收益 比率",
    "collective_share": "集体及成员所得占比",
    "members_share": "成员所得占比",
    "uncounted": "成员人数不明（宗）",
    "income_per_head": "成员人均收益（各级集体成员数相加，元）",
    "income_per_resident": "常住人口人均收益（元）",
    "rural_before": "农村人均收入（分配前，元）",
    "rural_after": "农村人均收入（分配后，元）",
    "ratio_before": "城乡收入比率（分配前）",
    "ratio_after": "城乡收入比率（分配后）",
    "ratio_fall": "城乡收入比率缩小",
    "before_fen": "调整前（元）",
    "after_fen": "调整后（元）",
    "change_fen": "增减（元）",
    "change_percent": "增减（%）",
    "side": "得失",
    "rank": "名次",
}


@contextmanager
def income_run(work: IncomeWork, out: Path, created: datetime) -> Iterator[RunFolder]:
    """Open a run folder that knows what the split rests on (成果目录).

    Parameters
    ----------
    work : IncomeWork
        A county's income.
    out : Path
        Folder of all runs.
    created : datetime
        Time of the run.

    Yields
    ------
    RunFolder
        Write into its ``folder``.
    """
    with county_run(work.county, out, created, also=work.inputs) as run:
        yield run


def write_income(work: IncomeWork, run: RunFolder, created: datetime, say: Say) -> None:
    """Write everything a county's income hands over into a run folder (收益分配成果).

    Parameters
    ----------
    work : IncomeWork
        A county's income.
    run : RunFolder
        The run folder.
    created : datetime
        Time of the run.
    say : callable
        Told of each step, in Chinese, as it begins.
    """
    say("写收益分配工作簿")
    write_income_book(work, run.folder / WORKBOOK, created)
    say("画收益分配图")
    charts = write_charts(work, run.folder / CHARTS, created)
    say("写公示表")
    notices = write_notices(work, run.folder / NOTICES)
    write_tables(run.folder / TABLES, _result_tables(work))
    write_notice_index(work, run.folder / NOTICES / INDEX, notices)
    links = {"工作簿": WORKBOOK, f"公示表目录（{len(notices)} 份）": f"{NOTICES}/{INDEX}"}
    links |= {f"图：{title}": f"{CHARTS}/{name}" for title, name in charts.items()}
    write_index(work, run.folder / INDEX, links)
    rules = sources_table(work).astype("object")
    run.record(
        counts=work.main.screening.counts,
        notice=work.notice,
        rules=rules.where(rules.notna(), None).to_dict("records"),
    )


def book_tables(work: IncomeWork) -> dict[str, pd.DataFrame]:
    """Gather the sheets of the workbook (工作簿各表).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    dict of str to DataFrame
        By the name of the sheet.
    """
    measures, townships = inequality_tables(work)
    gap = gap_table(work)
    tables = {
        "乡镇汇总": township_table(work),
        "收支平衡": ledger_table(work),
        "未分配": unsplit_table(work),
        "未分到成员": undivided_table(work),
        "分年度收付": cash_table(work),
        "分期收付": work.schedule.drop(columns=["township", "village"]),
        "现值": present_table(work),
        "公积公益金台账": work.account,
        "公积公益金年度": work.years,
        **({"公积公益金未入账": work.open_uses} if len(work.open_uses) else {}),
        **({"风险准备金": work.reserve.reset_index()} if len(work.reserve) else {}),
        **member_tables(work),
        "税费": tax_table(work),
        "台账未计入": work.uncounted.drop(columns="payee", errors="ignore"),  # may name a villager; the voucher tells
        "台账核对": ledger_check(work),
        "名册核对": roster_check(work),
        "分配指标": indicator_table(work).reset_index(),
        **({} if gap is None else {"城乡收入": gap.reset_index()}),
        "均衡程度": measures,
        "均衡程度（乡镇）": townships,
        **({"办法比较": reform_table(work), "办法比较（村）": village_table(work)} if work.reforms else {}),
        **{f"增减前十 {name}": village_changes(work, name).rename_axis("村").reset_index() for name in work.reforms},
        "依据": sources_table(work),
    }
    return {name: _presented(table) for name, table in tables.items()}


def _presented(table: pd.DataFrame) -> pd.DataFrame:
    """Name columns that the schema does not know, and show their fen in yuan."""
    own = [name for name in table.columns if name in _OWN_HEADERS]
    yuan = {name: table[name].astype("Float64") / _FEN for name in own if name.endswith("_fen")}
    return table.assign(**yuan).rename(columns=_OWN_HEADERS)


def write_income_book(work: IncomeWork, path: Path, created: datetime) -> None:
    """Write the workbook of a county's income (收益分配工作簿).

    Parameters
    ----------
    work : IncomeWork
        A county's income.
    path : Path
        The ``.xlsx`` file.
    created : datetime
        Time in the properties of the file.
    """
    split = len(work.balance)
    write_table_book(
        path,
        book_tables(work),
        title=f"{work.county.name}集体经营性建设用地入市收益分配",
        line=f"{deals_of(work)} {len(work.deals)} 宗　已分配 {split} 宗　未分配 {len(work.deals) - split} 宗",
        created=created,
        notice=work.notice,
        long=("需要核对", "split_gap", "member_gap", "note", "说明", "依据", "未计入原因", "source", "purpose"),
        roles={
            "乡镇汇总": _MONEY | {"已分配（宗）": "total"},
            "收支平衡": _MONEY | dict.fromkeys((*SETTLED_COSTS.values(), "gain_fen", "loss_fen"), "total"),
            "分年度收付": _CASH,
            "分期收付": _CASH,
            "现值": dict.fromkeys(PARTIES, "total"),
            "未分到成员": {"members_fen": "total"},
            "公积公益金台账": {"in_fen": "total", "out_fen": "total"},
            "风险准备金": dict.fromkeys(("fund_fen", "provision_fen", "rest_fen"), "total"),
            "台账未计入": {"amount_fen": "total"},
            "台账核对": {"宗地表所载（元）": "total"},
        },
    )


def deals_of(work: IncomeWork) -> str:
    """Say which deals were split (实际成交或模拟成交).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    str
        In Chinese.
    """
    return "模拟成交" if work.plan.deals is None else "实际成交"


def _result_tables(work: IncomeWork) -> dict[str, pd.DataFrame]:
    """Results for other programs; members' names are in none of them."""
    return {
        "shares": work.shares,
        "balance": work.balance,
        "townships": work.townships,
        "schedule": work.schedule,
        "present_values": work.present,
        "accounts": work.account,
    }
