"""Yearly incomes of the villages' collectives (村集体年收入), by which weak villages are told."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from landmarket.checks import require_values
from landmarket.io.sheet_tables import sheet_numbers, sheet_table
from landmarket.units import yuan_to_fen

_TEXTS = {"village_code": "村代码", "township": "乡镇", "village": "村"}
_INCOME = "年经营收入（元）"
_MOST = 10**12


def read_village_incomes(path: str | Path) -> pd.DataFrame:
    """Read what the villages' collectives earn in a year (村集体年经营收入表).

    Parameters
    ----------
    path : path-like
        ``.xlsx``, or ``.csv`` in UTF-8, with 村代码、乡镇、村、年经营收入（元）, the last blank where not known.

    Returns
    -------
    DataFrame
        Indexed by ``village_code``: ``township``, ``village``, ``yearly_income_fen`` [分].

    Raises
    ------
    ReadError
        If the file cannot be read or lacks a column.
    BadValueError
        If a village is blank or stands twice, or an income is no number or negative.
    """
    file = Path(path)
    sheet = sheet_table(file, [*_TEXTS.values(), _INCOME])
    table = pd.DataFrame({name: sheet[header] for name, header in _TEXTS.items()}, index=sheet.index)
    code = table["village_code"]
    require_values(table, "village_code", code.eq("") | code.duplicated(keep=False), "一村一行，写村代码。", str(file))
    yuan = sheet_numbers(sheet, _INCOME, file)
    stated = sheet.assign(yearly_income_fen=sheet[_INCOME])
    require_values(
        stated,
        "yearly_income_fen",
        (yuan < 0) | (yuan >= _MOST),
        "收入不小于 0，也不会上万亿元；不明的留空。",
        str(file),
    )
    told = yuan[yuan.notna()]
    fen = pd.Series([yuan_to_fen(amount) for amount in told], index=told.index, dtype="Int64")
    return table.assign(yearly_income_fen=fen.reindex(table.index)).set_index("village_code")
