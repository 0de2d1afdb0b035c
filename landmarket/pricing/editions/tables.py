"""The comparison of two editions as tables for people (两版比较成果表): Chinese headers with units, money in 元."""

from __future__ import annotations

import numpy as np
import pandas as pd

from landmarket.pricing.editions.diff import EditionDiff
from landmarket.units import round_half_up_array

_HEADERS = {
    "township": "乡镇",
    "village": "村（社区）",
    "village_code": "村代码",
    "village_row": "村序号",
    "parcel_code": "宗地代码",
    "owner": "土地所有权人",
    "area": "面积（㎡）",
    "use": "用途",
    "grade": "级别",
    "grade_old": "旧版级别",
    "grade_new": "新版级别",
    "grade_status": "级别变化",
    "price_use_old": "旧版用途",
    "price_use_new": "新版用途",
    "price_old": "旧版地价（元/㎡）",
    "price_new": "新版地价（元/㎡）",
    "change": "变化（元/㎡）",
    "change_rate": "变幅（%）",
    "median_change_rate": "变幅中位数（%）",
    "status": "价格变化",
    "connotation": "价格内涵差异",
    "reason": "说明",
    "value_old_fen": "旧版价值（元）",
    "value_new_fen": "新版价值（元）",
    "change_fen": "价值变化（元）",
    "villages": "村数",
    "direction": "方向",
    "rank": "名次",
    "severity": "严重程度",
    "where": "位置",
    "value": "值",
    "message": "问题",
    "cure": "办法",
}
_RATES = ("change_rate", "median_change_rate")


def edition_tables(diff: EditionDiff) -> dict[str, pd.DataFrame]:
    """Put a comparison into tables for a workbook (两版比较成果表).

    Parameters
    ----------
    diff : EditionDiff
        The comparison.

    Returns
    -------
    dict of str to DataFrame
        汇总, 涨跌居前, 逐格比较, 逐村比较, 逐宗比较 where there are parcels, 须核对; rates in per cent with two
        decimals, money in 元.
    """
    tables = {
        "汇总": diff.summary,
        "涨跌居前": diff.movers,
        "逐格比较": diff.cells,
        "逐村比较": diff.villages.reset_index(names=_row_name(diff.villages, "village_row")),
    }
    if len(diff.parcels):
        tables["逐宗比较"] = diff.parcels.reset_index(names=_row_name(diff.parcels, "parcel_code"))
    tables["须核对"] = diff.findings
    return {name: _shown(table) for name, table in tables.items()}


def _row_name(table: pd.DataFrame, otherwise: str) -> str:
    return otherwise if table.index.name is None else str(table.index.name)


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    columns = {}
    for name in table.columns:
        values = table[name]
        if name in _RATES:
            percent = 100 * values.to_numpy(dtype=np.float64)
            values = pd.Series(round_half_up_array(percent, 2), index=table.index)
        elif str(name).endswith("_fen"):
            values = values.astype("Float64").astype("float64") / 100
        columns[_HEADERS.get(str(name), str(name))] = values
    return pd.DataFrame(columns, index=table.index)
