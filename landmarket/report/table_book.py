"""A workbook of plain tables (表格工作簿), one sheet each, with weighted sums as live formulas."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pandas as pd
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from landmarket.errors import BadValueError
from landmarket.io.manifest import INTERNAL, require_public
from landmarket.io.writing import write_whole
from landmarket.report.cells import FACTOR, GENERAL, MONEY, Cells, cells_of, safe_text
from landmarket.report.layout import FIRST_ROW, Sheet, SheetColumn, require_room
from landmarket.report.workbook import INTERNAL_LINE, Frame, begin_book, book_options, open_sheet, write_sheet

LONGEST_SHEET_NAME = 31
NEVER_OUT = "内部，不得外传：由此可以推知底价"
_FINE = ("系数", "比率", "权重", "指数", "期望值", "p 值", "PRD", "PRB", "MKI", "KI", "占比", "factor", "weight")
_ILLEGAL = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_RESERVED = "history"


@dataclass(frozen=True)
class WeightedSum:
    """A column that is the weighted sum of others (加权合计), written as a live formula beside its value.

    Attributes
    ----------
    column : str
        The column of sums.
    weights : mapping of str to float
        Weight of each column that is added, in the sheet's own order.
    decimals : int
        Decimals the sum is rounded to.
    """

    column: str
    weights: Mapping[str, float]
    decimals: int


def write_table_book(
    path: Path,
    tables: Mapping[str, pd.DataFrame],
    *,
    title: str,
    line: str,
    created: datetime,
    notice: str = "",
    internal_line: str = INTERNAL_LINE,
    long: Sequence[str] = (),
    sums: Mapping[str, WeightedSum] | None = None,
    roles: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Write tables as a workbook, whole or not at all.

    Parameters
    ----------
    path : Path
        The ``.xlsx`` file; an older one is replaced.
    tables : mapping of str to DataFrame
        By the name of the sheet; the index is not written. Columns the schema knows get their Chinese header.
    title, line : str
        What the workbook is about, and a line on every sheet.
    created : datetime
        Time in the properties of the file.
    notice : str, optional
        A line on every sheet and page, such as that the data are invented.
    internal_line : str, optional
        The line on internal use.
    long : sequence of str, optional
        Columns of long text, which get a wide column.
    sums : mapping of str to WeightedSum, optional
        By the name of the sheet: a column that Excel can compute again.
    roles : mapping of str to mapping of str to str, optional
        By the name of the sheet, columns of amounts that get a live total below: ``"whole"`` and its ``"part"``
        columns, which a last column checks row by row, or ``"total"``.

    Raises
    ------
    BadValueError
        If a column is secret, a number is infinite, or a weighted sum names a column that is not there.
    OutputError
        If it cannot be written whole, or a table has too many rows for a sheet.
    """
    for name, table in tables.items():
        require_public(table.columns, f"工作簿 {name}")
    frame = Frame(*map(safe_text, (title, notice, line, internal_line)))
    _write_book(path, tables, frame, created, long, sums or {}, roles or {})


def write_internal_book(
    path: Path,
    tables: Mapping[str, pd.DataFrame],
    *,
    title: str,
    line: str,
    created: datetime,
    notice: str = "",
    long: Sequence[str] = (),
    roles: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Write tables that may hold secrets, such as reserves (内部工作簿), into the internal folder of a run alone.

    Parameters
    ----------
    path : Path
        The ``.xlsx`` file, in a folder that bears the name of the internal folder.
    tables : mapping of str to DataFrame
        By the name of the sheet, as for `write_table_book`.
    title, line : str
        What the workbook is about, and a line on every sheet.
    created : datetime
        Time in the properties of the file.
    notice : str, optional
        A line on every sheet and page.
    long : sequence of str, optional
        Columns of long text.
    roles : mapping of str to mapping of str to str, optional
        As for `write_table_book`.

    Raises
    ------
    BadValueError
        If the file is to lie elsewhere, or a number is infinite.
    OutputError
        If it cannot be written whole, or a table has too many rows for a sheet.
    """
    if path.parent.name != INTERNAL:
        raise BadValueError(f"{path}：内部工作簿只能写入内部文件夹 {INTERNAL}。办法：用 RunFolder.internal。")
    frame = Frame(*map(safe_text, (title, notice, line, NEVER_OUT)))
    _write_book(path, tables, frame, created, long, {}, roles or {})


def _write_book(
    path: Path,
    tables: Mapping[str, pd.DataFrame],
    frame: Frame,
    created: datetime,
    long: Sequence[str],
    sums: Mapping[str, WeightedSum],
    roles: Mapping[str, Mapping[str, str]],
) -> None:
    names = sheet_names(tables)
    buffer = io.BytesIO()
    with Workbook(buffer, book_options()) as book:
        pens = begin_book(book, frame, created)
        for name, table in tables.items():
            require_room(name, table)
            own = dict.fromkeys(long, "long") | dict(roles.get(name, {}))
            columns = tuple(
                SheetColumn(_with_decimals(cells_of(table, column)), own.get(column, ""))
                for column in map(str, table.columns)
            )
            sheet = Sheet(names[name], columns, len(table))
            target = open_sheet(book, sheet.name, frame, pens)
            write_sheet(target, sheet, pens)
            if name in sums:
                _write_sums(target, sheet, table, sums[name], pens)
    write_whole(path, buffer.getvalue())


def sheet_names(texts: Iterable[str]) -> dict[str, str]:
    """Give each text its own name of a sheet that Excel takes.

    Parameters
    ----------
    texts : iterable of str
        Names, each once.

    Returns
    -------
    dict of str to str
        Name of each: at most 31 characters, none of ``[]:*?/\\`` or ``&`` in it, no apostrophe at its ends; where two
        would be one, whatever the case, the later ones get a number.

    Notes
    -----
    The limits are those of "Rename a worksheet" in the help of Excel; in its print header ``&`` begins a code.

    Examples
    --------
    >>> sheet_names(["得分 商服/旅游", "A", "a"])
    {'得分 商服/旅游': '得分 商服_旅游', 'A': 'A', 'a': 'a_2'}
    """
    names: dict[str, str] = {}
    taken = {_RESERVED}
    for table in texts:
        text = _ILLEGAL.sub("_", safe_text(table)).replace("&", "＆")
        name, number = _cut(text, ""), 1
        while name.casefold() in taken:
            number += 1
            name = _cut(text, f"_{number}")
        taken.add(name.casefold())
        names[table] = name
    return names


def _cut(text: str, ending: str) -> str:
    """Cut a name as Excel counts, which takes many a rare character for two; no apostrophe at its ends."""
    room = 2 * (LONGEST_SHEET_NAME - len(ending))
    kept = text.strip("'").encode("utf-16-le")[:room].decode("utf-16-le", errors="ignore")
    return (kept.strip("'") or "_") + ending


def _with_decimals(cells: Cells) -> Cells:
    """Give numbers that are not whole a fixed number of decimals: four for factors and ratios, two for the rest."""
    numbers = [entry for entry in cells.entries if isinstance(entry, float)]
    if cells.number_format != GENERAL or all(number.is_integer() for number in numbers):
        return cells
    fine = any(word in cells.header for word in _FINE)
    return replace(cells, number_format=FACTOR if fine else MONEY)


def _write_sums(
    target: Worksheet, sheet: Sheet, table: pd.DataFrame, one: WeightedSum, pens: Mapping[str, Format]
) -> None:
    at, parts = sheet.position(one.column), {name: sheet.position(name) for name in one.weights}
    if at is None or None in parts.values():
        raise BadValueError(f"工作表 {sheet.name} 没有加权合计所需的列：{one.column}、{'、'.join(one.weights)}。")
    pen = pens[sheet.columns[at].cells.number_format]
    for row, value in enumerate(table[one.column].tolist(), start=FIRST_ROW):
        terms = [f"{xl_rowcol_to_cell(row, part or 0)}*{one.weights[name]!r}" for name, part in parts.items()]
        if pd.notna(value):
            target.write_formula(row, at, f"=ROUND({'+'.join(terms)},{one.decimals})", pen, value)
