"""The pictures of a county's market (供应测算图): spread by price level, what matters most, reserves. Internal."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from landmarket.market_products.cases import Asking
from landmarket.market_products.work import MarketWork
from landmarket.report.table_book import NEVER_OUT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
_FEN_PER_WAN = 1_000_000


def market_charts(work: MarketWork) -> dict[str, Figure]:
    """Draw every chart of a county's market (供应测算图).

    Parameters
    ----------
    work : MarketWork
        A county's market.

    Returns
    -------
    dict of str to Figure
        By title, in the order of reading.

    Raises
    ------
    FontError
        If there is no Chinese font; the message names packages.
    """
    from landmarket.figures import curve_chart, fan_chart, foot_text, tornado_chart

    county = work.county
    foot = foot_text(f"{work.demand.name}（{work.demand.source}）", county.on, county.notice, NEVER_OUT)
    head, charts = f"{county.name}集体经营性建设用地", {}
    for asking in Asking:
        title = f"各价格水平的成交总额（{asking}）"
        spread = spread_by_level(work, asking)
        charts[title] = fan_chart(spread, "价格水平变动（%）", "成交总额（万元）", f"{head}{title}", foot)
    title = "各项假设对集体预期收入的影响"
    base = float(work.listed["expected_collective_fen"].sum()) / _FEN_PER_WAN
    charts[title] = tornado_chart(work.levers, base, "集体预期收入（万元）", f"{head}{title}", foot)
    code, curve = shown_curve(work)  # its code is in no name of a file: the manifest lists them
    x = (curve["reserve_price_fen"] / _FEN_PER_WAN).tolist()
    for name, label, values in (
        ("成交概率", "成交概率（%）", 100 * curve["reserve_sale_share"]),
        ("预期收入", "预期收入（万元）", curve["reserve_income_fen"] / _FEN_PER_WAN),
    ):
        title = f"底价与{name}"
        whole = f"{head}{title}：{code}（公开竞价，起始价即底价）"
        charts[title] = curve_chart(x, {name: values.tolist()}, "底价（万元）", label, whole, foot)
    return charts


def spread_by_level(work: MarketWork, asking: Asking) -> pd.DataFrame:
    """Give quantiles of the plan's total at each price level (扇形图数据).

    Parameters
    ----------
    work : MarketWork
        A county's market.
    asking : Asking
        What is asked; where the price level does not change, the two are one.

    Returns
    -------
    DataFrame
        Index: change [%]; columns: levels; the least value [万元] that this share of the draws does not exceed.
    """
    rows = {
        float(case.change * 100): np.quantile(case.market.totals.money, _LEVELS, method="inverted_cdf") / _FEN_PER_WAN
        for case in work.cases
        if case.asking is asking or not case.change
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(_LEVELS))


def shown_curve(work: MarketWork) -> tuple[str, pd.DataFrame]:
    """Choose the parcel whose reserves are drawn: that of the highest expected income (底价曲线).

    Parameters
    ----------
    work : MarketWork
        A county's market.

    Returns
    -------
    code : str
        Parcel code.
    curve : DataFrame
        Its rows of the curves.
    """
    code = str(work.listed["expected_collective_fen"].idxmax())
    return code, work.curves[work.curves["parcel_code"].eq(code)]


def write_charts(work: MarketWork, folder: Path, created: datetime) -> dict[str, str]:
    """Write every chart as PNG and PDF (供应测算图).

    Parameters
    ----------
    work : MarketWork
        A county's market.
    folder : Path
        Where they go, inside the internal folder.
    created : datetime
        Time in the properties of the files.

    Returns
    -------
    dict of str to str
        Title and name of the PNG.
    """
    from landmarket.figures import save_figures

    return save_figures(market_charts(work), folder, created)
