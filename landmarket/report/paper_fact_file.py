"""What a bureau states of deals (填写表): a TOML file or a sheet that it edits, for all parcels and for each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from landmarket.errors import ReadError
from landmarket.io.sheet_tables import sheet_table
from landmarket.report.paper_facts import FEN, FactValue, paper_facts
from landmarket.rules import load_toml

COMMON = "通用"
"""The table of what holds for every parcel."""

_CODE, _NAME, _VALUE = "宗地代码", "填写项", "内容"


def read_paper_facts(path: Path, code: str) -> dict[str, FactValue]:
    """Read what a bureau states of the deal of a parcel (填写表).

    Parameters
    ----------
    path : Path
        TOML: a table ``["通用"]`` for every parcel, and one named by its code for a parcel. A workbook or CSV file:
        宗地代码 (blank: every parcel), 填写项, 内容. Amounts are whole fen [分].
    code : str
        Parcel code.

    Returns
    -------
    dict of str to str, date or int
        What holds for every parcel, then what holds for this one, which prevails.

    Raises
    ------
    ReadError
        If the file cannot be read, a table is none, or a value is no text, day or whole number, or stated twice.
    """
    found = _from_toml(path) if path.suffix.lower() == ".toml" else _from_sheet(path)
    return {**found.get(COMMON, {}), **found.get(code, {})}


def _from_toml(path: Path) -> Mapping[str, dict[str, FactValue]]:
    found: dict[str, dict[str, FactValue]] = {}
    for table, facts in load_toml(path).items():
        if not isinstance(facts, dict):
            raise ReadError(f'{path}：{table} 应为表。办法：通用的写在 ["{COMMON}"] 下，一宗的写在 ["宗地代码"] 下。')
        found[table] = {}
        for name, value in facts.items():
            if isinstance(value, bool) or not isinstance(value, str | int | date):
                raise ReadError(
                    f"{path}：[{table}] 的 {name} = {value!r} 不能填写。办法：写成文字、日期（2026-03-02）或整数分。"
                )
            found[table][str(name)] = value
    return found


def _from_sheet(path: Path) -> Mapping[str, dict[str, FactValue]]:
    found: dict[str, dict[str, FactValue]] = {}
    for number, row in sheet_table(path, [_CODE, _NAME, _VALUE]).iterrows():
        table, name, value = (str(row[head]).strip() for head in (_CODE, _NAME, _VALUE))
        facts = found.setdefault(table or COMMON, {})
        if name in facts:
            raise ReadError(f"{path} 第 {number} 行：{table or COMMON} 的 {_NAME} {name} 写了两次。办法：只留一行。")
        known = paper_facts().get(name)
        facts[name] = int(value) if known is not None and known.kind == FEN and value.isdecimal() else value
    return found
