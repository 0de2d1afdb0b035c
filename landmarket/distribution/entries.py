"""Dated entries of money (台账分录) as a bureau's sheet has them: exact amounts, days, and the paper behind each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd

from landmarket.errors import BadValueError, ReadError, named_rows
from landmarket.io.quantities import quantity
from landmarket.io.sheet_tables import grid_table, sheet_grids
from landmarket.io.values import Mask, clean_text, half_width, to_code, to_date

_UNIT = re.compile(r"[（(]([^（）()]*)[）)]$")
_YUAN = "元"
_FEN = 100
MOST_FEN = 9 * 10**15
"""Amounts up to this many fen can be added up by the thousand in 64 bits."""


class EntryKind(StrEnum):
    """What the cells of a column of entries hold (列的类型)."""

    TEXT = "text"
    CODE = "code"
    DATE = "date"
    FEN = "fen"
    """Amounts, printed in yuan."""


class EntryColumn(NamedTuple):
    """A column of a sheet of entries (台账列).

    Attributes
    ----------
    name : str
        Identifier.
    header : str
        Chinese header, without the unit in brackets.
    kind : EntryKind
        What it holds.
    required : bool
        Whether the sheet must have it and every row must fill it; texts that are not required are empty where blank.
    """

    name: str
    header: str
    kind: EntryKind = EntryKind.TEXT
    required: bool = True


def read_entries(path: str | Path, columns: Sequence[EntryColumn]) -> pd.DataFrame:
    """Read a sheet of dated entries (台账): every row is kept, every amount exact.

    Parameters
    ----------
    path : path-like
        ``.xlsx``, or ``.csv`` in UTF-8; a heading above the header row does no harm, 元 in brackets behind the header
        of amounts neither.
    columns : sequence of EntryColumn
        The columns; others in the sheet are left out.

    Returns
    -------
    DataFrame
        Rows from 0, in the order of the sheet: ``source_row``, then the columns; amounts are int64 [分].

    Raises
    ------
    ReadError
        If the file cannot be read, lacks a required column, has one twice, or states amounts in another unit.
    BadValueError
        If a required cell is blank, or a cell cannot be read as its column's kind; rows and values are named.
    """
    path = Path(path)
    texts = _texts(path, columns)
    read = pd.DataFrame({"source_row": np.asarray(texts.index, dtype=np.int64)})
    for column in columns:
        cells = texts[column.name].reset_index(drop=True)
        if column.required:
            require_entries(read, column, clean_text(cells).isna().to_numpy(), "补上，不能留空。", path, cells)
        values, bad = _READERS[column.kind](cells)
        require_entries(read, column, bad, _CURES[column.kind], path, cells)
        read[column.name] = values
    return read


def require_entries(
    entries: pd.DataFrame,
    column: EntryColumn,
    bad: Mask,
    cure: str,
    path: str | Path,
    values: pd.Series[str] | None = None,
) -> None:
    """Raise if any entry read from a sheet (台账分录) is marked bad, naming rows, values and the cure.

    Parameters
    ----------
    entries : DataFrame
        With ``source_row``.
    column : EntryColumn
        The column at fault.
    bad : ndarray of bool
        True for each entry that cannot be used.
    cure : str
        What the analyst should do, in Chinese.
    path : path-like
        The file.
    values : Series, optional
        What is shown of each row. Default: the column's values.

    Raises
    ------
    BadValueError
        If any is marked.
    """
    if not bad.any():
        return
    shown = entries[column.name] if values is None else values
    rows = [f"第 {row} 行" for row in entries["source_row"][bad]]
    listed = named_rows(rows, [_printed(value, column.kind) for value in shown[bad]])
    raise BadValueError(f"{path}：列 {column.name}（{column.header}）的值不能用，{listed}。办法：{cure}")


def _printed(value: object, kind: EntryKind) -> str:
    if kind is EntryKind.FEN and isinstance(value, int):
        return f"{'-' * (value < 0)}{abs(value) // _FEN}.{abs(value) % _FEN:02d} 元"
    return f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else str(value)


def _texts(path: Path, columns: Sequence[EntryColumn]) -> pd.DataFrame:
    """Cells as text under their identifiers; a column that the sheet may lack is blank."""
    grids = sheet_grids(path)
    table = grid_table(grids, [column.header for column in columns if column.kind is EntryKind.CODE], path)
    taken = pd.DataFrame(index=table.index)
    for column in columns:
        found = [name for name in table.columns if _UNIT.sub("", name).strip() == column.header]
        if len(found) > 1:
            raise ReadError(f"{path}：列 {'、'.join(found)} 是同一列，不知用哪一列。办法：只留一列。")
        if not found and column.required:
            raise ReadError(f"{path}：缺少列 {column.header}（{column.name}）。办法：补上该列。")
        if found and column.kind is EntryKind.FEN:
            _require_yuan(found[0], path)
        taken[column.name] = table[found[0]] if found else ""
    return taken.astype("str")


def _require_yuan(header: str, path: Path) -> None:
    unit = _UNIT.search(header)
    if unit and half_width(unit[1]).strip() != _YUAN:
        raise ReadError(f"{path}：列 {header} 的单位不是元。办法：换算成元后改写表头。")


def _text(cells: pd.Series[str]) -> tuple[pd.Series[str], Mask]:
    return clean_text(cells).fillna(""), np.zeros(len(cells), dtype=np.bool_)


def _fen(cells: pd.Series[str]) -> tuple[pd.Series[int], Mask]:
    """Amounts from their printed decimals, never through a float."""
    read = [quantity(text, _YUAN) for text in cells]
    exact = [None if amount is None or abs(amount) * _FEN > MOST_FEN else amount * _FEN for amount in read]
    whole = [None if fen is None or fen.denominator != 1 else int(fen) for fen in exact]
    bad = np.array([fen is None for fen in whole], dtype=np.bool_)
    return pd.Series([fen or 0 for fen in whole], index=cells.index, dtype="int64"), bad


_READERS: Mapping[
    EntryKind, Callable[[pd.Series[str]], tuple[pd.Series[str] | pd.Series[pd.Timestamp] | pd.Series[int], Mask]]
] = MappingProxyType({EntryKind.TEXT: _text, EntryKind.CODE: to_code, EntryKind.DATE: to_date, EntryKind.FEN: _fen})
_CURES: Mapping[EntryKind, str] = MappingProxyType(
    {
        EntryKind.TEXT: "改正该单元格。",
        EntryKind.CODE: "代码按文本填写。",
        EntryKind.DATE: "日期写成 2024-01-31。",
        EntryKind.FEN: "金额以元计，写成数，至多两位小数，不写单位。",
    }
)
