"""The columns of a roster (成员名册) that are wanted, and no others: what is not named stays in the file.

A roster carries identity numbers, bank accounts and telephones. The header row is looked for, and below it only the
cells of wanted columns are turned into text.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

import pandas as pd

from landmarket.errors import MissingColumnError, ReadError
from landmarket.io.sheet_tables import sheet_grids
from landmarket.io.sheets import cell_text, open_workbook, plain

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_KEPT_DIGITS = 10**15
"""A workbook keeps fifteen digits of a number."""
_ZEROS = re.compile("0+")

Place = tuple[int, int]


class _Cell(Protocol):
    @property
    def value(self) -> object: ...
    @property
    def number_format(self) -> str: ...


class _Sheet(NamedTuple):
    """A sheet as it lies there: cells or texts, and for each merged cell the one that holds its text."""

    title: str
    rows: Sequence[Sequence[_Cell | str]]
    merged: Mapping[Place, Place]

    def text(self, row: int, column: int, *, spread: bool) -> str:
        """Text of one cell; `spread` reads the text of a merged area in all its cells."""
        at, across = self.merged.get((row, column), (row, column)) if spread else (row, column)
        cell = self.rows[at][across]
        return cell if isinstance(cell, str) else _cell_text(cell.value, str(cell.number_format))


def read_named_columns(
    path: Path, wanted: Mapping[str, Sequence[str]], required: Collection[str], spread: Collection[str]
) -> pd.DataFrame:
    """Read those columns of a workbook or CSV file that have a name (具名列).

    Parameters
    ----------
    path : Path
        ``.xlsx``, or ``.csv`` in UTF-8. Lines above the header row do no harm.
    wanted : mapping of str to sequence of str
        For each name the headers it is read from; the first one that the sheet has is taken.
    required : collection of str
        Names that the header row must have.
    spread : collection of str
        Names whose merged cells hold their text in every row; of other columns a merged cell has it in its first.

    Returns
    -------
    DataFrame of str
        Columns by name, cells as text, empty where blank; the index is the row in the sheet, from 1. Rows blank in all
        these columns are left out.

    Raises
    ------
    ReadError
        If the file cannot be read, two sheets have the header row, or it has a wanted header twice.
    MissingColumnError
        If no row has all required columns; those that the best row lacks are named.
    """
    found: list[tuple[_Sheet, int]] = []
    fewest = list(required)
    for sheet in _sheets(path):
        for at in range(len(sheet.rows)):
            lacking = _lacking(sheet, at, wanted, required)
            fewest = min(fewest, lacking, key=len)
            if not lacking:
                found.append((sheet, _last_header(sheet, at, wanted, required)))
                break
    if not found:
        listed = "；".join(f"{name}（{'、'.join(wanted[name])}）" for name in fewest)
        raise MissingColumnError(f"{path}：没有一行表头齐全，缺少列 {listed}。办法：补上该列，或用 headers= 指明列名。")
    if len(found) > 1:
        titles = "、".join(sheet.title for sheet, _ in found)
        raise ReadError(f"{path}：有 {len(found)} 张工作表都是名册（{titles}）。办法：合并为一张，或各存一个文件。")
    return _below(*found[0], wanted, spread, path)


def _lacking(sheet: _Sheet, row: int, wanted: Mapping[str, Sequence[str]], required: Collection[str]) -> list[str]:
    headers = set(_headers(sheet, row))
    return [name for name in required if headers.isdisjoint(wanted[name])]


def _last_header(sheet: _Sheet, at: int, wanted: Mapping[str, Sequence[str]], required: Collection[str]) -> int:
    """Find the last line of a header: one of two or three merged lines reads the same in each."""
    while at + 1 < len(sheet.rows) and not _lacking(sheet, at + 1, wanted, required):
        at += 1
    return at


def _below(
    sheet: _Sheet, at: int, wanted: Mapping[str, Sequence[str]], spread: Collection[str], path: Path
) -> pd.DataFrame:
    headers = _headers(sheet, at)
    places = {}
    for name, accepted in wanted.items():
        header = next((each for each in accepted if each in headers), None)
        if header is None:
            continue
        if headers.count(header) > 1:
            raise ReadError(f"{path}：{sheet.title} 第 {at + 1} 行的表头 {header} 重复。办法：改正表头。")
        places[name] = headers.index(header)
    rows = {
        row + 1: [sheet.text(row, place, spread=name in spread).strip() for name, place in places.items()]
        for row in range(at + 1, len(sheet.rows))
    }
    filled = {row: cells for row, cells in rows.items() if any(cells)}
    return pd.DataFrame.from_dict(filled, orient="index", columns=list(places), dtype="str")


def _headers(sheet: _Sheet, row: int) -> list[str]:
    return [plain(sheet.text(row, column, spread=True)) for column in range(len(sheet.rows[row]))]


def _cell_text(value: object, number_format: str) -> str:
    """Text of a cell: leading zeros that its format shows stay, digits that a number cannot keep are not made up."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        if abs(value) >= _KEPT_DIGITS:
            return f"{value:.5E}"
        if _ZEROS.fullmatch(number_format) and value == int(value):
            return f"{int(value):0{len(number_format)}d}"
    return cell_text(value, number_format)


def _sheets(path: Path) -> Iterator[_Sheet]:
    if path.suffix.lower() == ".csv":
        return (_Sheet(grid.name, grid.rows, {}) for grid in sheet_grids(path))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a warning about a cell shows its value, which may be private
        book = open_workbook(path)
    return (_workbook_sheet(sheet) for sheet in book.worksheets)


def _workbook_sheet(sheet: Worksheet) -> _Sheet:
    merged = {
        (row - 1, column - 1): (area.min_row - 1, area.min_col - 1)
        for area in sheet.merged_cells.ranges
        for row in range(area.min_row, area.max_row + 1)
        for column in range(area.min_col, area.max_col + 1)
    }
    return _Sheet(sheet.title, list(sheet.iter_rows()), merged)
