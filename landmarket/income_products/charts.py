"""The pictures of a county's income (收益分配图): who gets what, how evenly, when, and who gains by a reform."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from landmarket.distribution.split import PARTIES
from landmarket.distribution.worksheet import party_names
from landmarket.income_products.comparison import to_collectives_change, village_changes
from landmarket.income_products.inequality import BASE, inequality_tables, lorenz_curves
from landmarket.income_products.tables import TOTAL, cash_table, gap_table, indicator_table
from landmarket.income_products.work import IncomeWork
from landmarket.report import INTERNAL_LINE
from landmarket.units import wan_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def income_charts(work: IncomeWork) -> dict[str, Figure]:
    """Draw every chart of a county's income (收益分配图).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    dict of str to Figure
        By title, in the order of reading; none where no deal was split.

    Raises
    ------
    FontError
        If there is no Chinese font; the message names packages.
    """
    from landmarket.figures import cash_chart, foot_text, lorenz_chart, split_chart

    county, names = work.county, party_names()
    if work.balance.empty:
        return {}
    data = f"{county.name}入市{'实际' if work.plan.deals else '模拟'}成交，成本决算至 {work.plan.settled_on:%Y-%m-%d}"
    line = "　".join(text for text in (work.notice, INTERNAL_LINE) if text)
    foot = foot_text(data, county.on, f"{work.rule.name}（{work.rule.source}）", line)
    parts = [party for party in PARTIES if work.townships.loc[TOTAL, party]]
    labels = {party: names[party] for party in parts}
    by_town = work.townships.drop(index=TOTAL)[parts]
    measures = inequality_tables(work)[0]
    gini = {str(name): float(value) for name, value in zip(measures["办法"], measures["基尼系数"], strict=True)}
    head = f"{county.name}集体经营性建设用地"
    return {
        "各乡镇收益分配": split_chart(by_town, labels, f"{head}入市收益分配（按乡镇）", foot),
        "成员收益洛伦兹曲线": lorenz_chart(lorenz_curves(work), f"{head}成员收益在各村之间的分布", foot, gini),
        "分年度收付": cash_chart(_years(cash_table(work))[parts], labels, f"{head}收益分年度收付", foot),
        **_indicator_charts(work, head, foot),
        **_reform_charts(work, foot),
    }


def _indicator_charts(work: IncomeWork, head: str, foot: str) -> dict[str, Figure]:
    """Draw the shares of the parties by township, and how the gap between town and country narrows."""
    from landmarket.figures import indicator_chart

    charts, indicators = {}, indicator_table(work)
    for column, label, decimals in (
        ("effective_fund_rate", "调节金占成交价（%）", 1),
        ("collective_share", "集体及成员所得占成交价（%）", 1),
        ("income_per_head", "成员人均收益（元）", 2),
    ):
        values = indicators[[column]] * (100 if label.endswith("（%）") else 1)
        own, all_of_it = values.drop(index=TOTAL), float(values[column].loc[TOTAL])
        title = label.partition("（")[0]
        charts[title] = indicator_chart(own, column, label, all_of_it, f"{head}{title}", foot, decimals=decimals)
    gap = gap_table(work)
    if gap is not None:
        title, county_fall = "城乡收入比缩小", float(gap["ratio_fall"].loc[TOTAL])
        falls = gap[["ratio_fall"]].drop(index=TOTAL)
        charts[title] = indicator_chart(falls, "ratio_fall", title, county_fall, f"{head}{title}", foot, decimals=4)
    return charts


def _reform_charts(work: IncomeWork, foot: str) -> dict[str, Figure]:
    """Draw the villages that gain and lose most under each reform; none where nothing moves."""
    from landmarket.figures import change_chart

    charts = {}
    for name in work.reforms:
        moved = village_changes(work, name)
        if moved.empty:
            continue
        changes = pd.DataFrame({"name": moved.index.astype("str"), "change_fen": moved["change_fen"].to_numpy()})
        title, net = f"{name}：集体与成员增减前十的村", wan_text(to_collectives_change(work, name))
        charts[title] = change_chart(changes, f"{title}（与{BASE}比，全县各村合计 {net} 万元）", foot)
    return charts


def _years(cash: pd.DataFrame) -> pd.DataFrame:
    """Cash by year alone."""
    return cash.assign(year=cash["year"].astype("int64")).groupby("year").sum(numeric_only=True)


def write_charts(work: IncomeWork, folder: Path, created: datetime) -> dict[str, str]:
    """Write every chart as PNG and PDF (收益分配图).

    Parameters
    ----------
    work : IncomeWork
        A county's income.
    folder : Path
        Where they go.
    created : datetime
        Time in the properties of the files.

    Returns
    -------
    dict of str to str
        Title and name of the PNG.
    """
    from landmarket.figures import save_figures

    return save_figures(income_charts(work), folder, created)
