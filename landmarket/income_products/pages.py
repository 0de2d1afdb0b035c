"""The pages that lead through a county's income (收益分配首页、公示表目录): links and a few tables, no script."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from landmarket.income_products.inequality import inequality_tables
from landmarket.income_products.tables import indicator_table
from landmarket.income_products.work import IncomeWork
from landmarket.maps.table_page import write_table_page

INDEX = "index.html"

_PERCENT, _FEN_PER_WAN = 100, 1_000_000
_MEASURES = 4  # decimals of Gini and Theil
_SUMS = {
    "split_price_fen": "已分配成交价（万元）",
    "fund_fen": "调节金（万元）",
    "to_collectives_fen": "集体及成员（万元）",
    "members_fen": "其中成员（万元）",
}
_SHARES = {"effective_fund_rate": "调节金占比（%）", "collective_share": "集体及成员占比（%）"}


def write_index(work: IncomeWork, path: Path, links: Mapping[str, str]) -> None:
    """Write the first page of a county's income (收益分配首页).

    Parameters
    ----------
    work : IncomeWork
        A county's income.
    path : Path
        The ``.html`` file.
    links : mapping of str to str
        Text and relative address of each link.
    """
    measures = inequality_tables(work)[0]
    shown = [str(name) for name in measures.select_dtypes("float")]
    figures = {name: [f"{value:.{_MEASURES}f}" for value in measures[name]] for name in shown}
    write_table_page(
        path,
        {
            "分配指标（已分配的宗地；占比以成交价为 100%）": _indicators(work),
            "均衡程度（成员收益在各村之间）": measures.assign(**figures),
        },
        title=_title(work),
        links=links,
        notice=work.notice,
        foot=_foot(work),
    )


def write_notice_index(work: IncomeWork, path: Path, notices: Mapping[str, str]) -> None:
    """Write the page that lists the sheets posted in the villages (公示表目录); no name stands on it.

    Parameters
    ----------
    work : IncomeWork
        A county's income.
    path : Path
        The ``.html`` file, beside the sheets.
    notices : mapping of str to str
        For each sheet what it is called and the name of its file.
    """
    write_table_page(
        path,
        {},
        title=f"{_title(work)}　公示表目录",
        links={"返回首页": f"../{INDEX}", **notices},
        notice=work.notice,
        foot=_foot(work),
    )


def _title(work: IncomeWork) -> str:
    return f"{work.county.name}集体经营性建设用地入市收益分配"


def _foot(work: IncomeWork) -> str:
    return f"{work.rule.name}（{work.rule.source}）；决算日 {work.plan.settled_on:%Y-%m-%d}"


def _indicators(work: IncomeWork) -> pd.DataFrame:
    """The figures that fit on a page, in the units in which they are spoken of."""
    table = indicator_table(work)
    shown = {"乡镇": table.index.astype("str"), "成交（宗）": table["sold"], "未分配（宗）": table["unsplit"]}
    shown |= {title: table[name].astype("float64") / _FEN_PER_WAN for name, title in _SUMS.items()}
    shown |= {title: table[name].astype("float64") * _PERCENT for name, title in _SHARES.items()}
    return pd.DataFrame({**shown, "成员人均（元）": table["income_per_head"]}).reset_index(drop=True)
