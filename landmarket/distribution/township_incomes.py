"""Residents and rural incomes of townships (乡镇居民收入表), beside which land income is set."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pandas as pd

from landmarket.errors import BadValueError, named_rows
from landmarket.io.sheet_tables import sheet_numbers, sheet_table

_TOWNSHIP = "乡镇"
_NUMBERS = {"residents": "常住人口（人）", "rural_income": "农村居民人均可支配收入（元）"}


def read_township_incomes(path: Path, urban_income: Decimal) -> pd.DataFrame:
    """Read residents and rural incomes of townships (乡镇居民收入表).

    Parameters
    ----------
    path : Path
        ``.xlsx``, or ``.csv`` in UTF-8, with the columns 乡镇、常住人口（人）、农村居民人均可支配收入（元）.
    urban_income : Decimal
        Disposable income of urban residents of the county [元 per head and year].

    Returns
    -------
    DataFrame
        Index ``township``; ``residents`` [人], ``rural_income`` and ``urban_income`` [元].

    Raises
    ------
    ReadError
        If the file cannot be read or lacks a column.
    BadValueError
        If a township is missing or stands twice, or a number is missing, not positive or not readable.
    """
    table = sheet_table(path, [_TOWNSHIP, *_NUMBERS.values()])
    names = table[_TOWNSHIP]
    _require(table, names.eq("") | names.duplicated(keep=False), "township", _TOWNSHIP, "每个乡镇一行。", path)
    incomes = pd.DataFrame(index=pd.Index(names, dtype="str", name="township"))
    for name, header in _NUMBERS.items():
        values = sheet_numbers(table, header, path)
        _require(table, ~(values > 0), name, header, "填大于 0 的数。", path)
        incomes[name] = values.to_numpy()
    return incomes.assign(urban_income=float(urban_income))


def _require(table: pd.DataFrame, bad: pd.Series[bool], name: str, header: str, cure: str, path: Path) -> None:
    if bad.any():
        rows = named_rows([f"第 {row} 行" for row in table.index[bad]], table[header][bad])
        raise BadValueError(f"{path}：列 {name}（{header}）的值不能用，{rows}。办法：{cure}")
