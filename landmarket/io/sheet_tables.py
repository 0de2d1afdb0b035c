"""Tables that a bureau keeps in a sheet (表格): .xlsx or CSV, a heading line or two above the header."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from landmarket.errors import BadValueError, ReadError, named_rows
from landmarket.io.sheets import Grid, csv_grid, workbook_grids
from landmarket.io.values import clean_text, number


def sheet_table(path: Path, needed: Sequence[str]) -> pd.DataFrame:
    """Read the table of a workbook or CSV file that has the columns needed.

    Parameters
    ----------
    path : Path
        ``.xlsx``, or ``.csv`` in UTF-8.
    needed : sequence of str
        Headers that the header row must have; the first row that has them all is the header.

    Returns
    -------
    DataFrame
        Cells as text, empty where blank; the index is the row number in the sheet, from 1. Rows without any text are
        left out.

    Raises
    ------
    ReadError
        If the file cannot be read, no row has the headers, or a header stands twice.
    """
    return grid_table(sheet_grids(path), needed, path)


def sheet_grids(path: Path) -> list[Grid]:
    """Read every sheet of a workbook, or a CSV file.

    Parameters
    ----------
    path : Path
        ``.xlsx``, or ``.csv`` in UTF-8.

    Returns
    -------
    list of Grid
        In the order of the file.

    Raises
    ------
    ReadError
        If the file cannot be read.
    """
    if path.suffix.lower() != ".csv":
        return list(workbook_grids(path).values())
    try:
        return [csv_grid(path)]
    except csv.Error as error:
        raise ReadError(f"{path}：不能作为 CSV 读取（{error}）。办法：查找没有成对的引号，或另存为 .xlsx。") from error


def grid_table(grids: Sequence[Grid], needed: Sequence[str], path: Path) -> pd.DataFrame:
    """Find the table that has the columns needed among sheets.

    Parameters
    ----------
    grids : sequence of Grid
        The sheets.
    needed : sequence of str
        As for `sheet_table`.
    path : Path
        The file, for the message.

    Returns
    -------
    DataFrame
        As `sheet_table` gives it.

    Raises
    ------
    ReadError
        If no row has the headers, or a header stands twice.
    """
    for grid in grids:
        for at, row in enumerate(grid.rows):
            headers = [cell.strip() for cell in row]
            if set(needed) <= set(headers):
                return _below(grid, at, headers, path)
    raise ReadError(f"{path}：没有一行表头含有 {'、'.join(needed)}。办法：核对列名，或在规则文件中改写列名。")


def _below(grid: Grid, at: int, headers: list[str], path: Path) -> pd.DataFrame:
    repeated = sorted({name for name in headers if name and headers.count(name) > 1})
    if repeated:
        raise ReadError(f"{path}：{grid.name} 的表头重复：{'、'.join(repeated)}。办法：改正表头。")
    kept = [place for place, name in enumerate(headers) if name]
    rows = {
        number: [cells[place].strip() for place in kept]
        for number, cells in enumerate(grid.rows[at + 1 :], start=at + 2)
        if any(cell.strip() for cell in cells)
    }
    columns = [headers[place] for place in kept]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns, dtype="str")


def sheet_numbers(table: pd.DataFrame, name: str, path: Path) -> pd.Series[float]:
    """Read a column of a sheet as numbers.

    Parameters
    ----------
    table : DataFrame
        As `sheet_table` gives it.
    name : str
        The column.
    path : Path
        The file, for the message.

    Returns
    -------
    Series of float
        Missing where blank, or ``—``, ``/``, ``无``.

    Raises
    ------
    BadValueError
        If a cell is no number; rows and values are named.
    """
    cells = clean_text(table[name])
    values = cells.map(number, na_action="ignore").astype("float64")
    bad = (cells.notna() & values.isna()).to_numpy()
    if bad.any():
        rows = [f"第 {row} 行" for row in table.index[bad]]
        raise BadValueError(f"{path}：列 {name} 不是数，{named_rows(rows, table[name][bad])}。办法：改正该单元格。")
    return values
