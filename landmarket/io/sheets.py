"""Sheets of a bureau (表格) as text, each cell with its address: workbooks and CSV files look the same from here on."""

from __future__ import annotations

import csv
import re
import warnings
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

from landmarket.errors import LandMarketWarning, ReadError
from landmarket.io.dates import one_day
from landmarket.io.foreign_formats import require_readable_format
from landmarket.io.formulas import require_computed
from landmarket.io.text_encoding import UTF8, table_text
from landmarket.io.values import half_width
from landmarket.paths import refuse_pipe

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_BROKEN = "不是能读的 .xlsx 工作簿。办法：用 Excel 或 WPS 另存为 .xlsx。"
_MOST_BYTES, _MOST_CELLS = 1 << 30, 20_000_000
_MOST_DIGITS = 10**15
_ZEROS = re.compile("0{2,}")
_MAC_EPOCH = 1904
_OF_DAYS = re.compile(r"日期|时间|日$")
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|[_*].|\[[^\]]*\]')


@dataclass(frozen=True)
class Grid:
    """One sheet (工作表) as rows of text.

    Attributes
    ----------
    name : str
        Sheet or file name, the first part of every address.
    rows : tuple of tuple of str
        Cells; merged cells all hold the merged text.
    """

    name: str
    rows: tuple[tuple[str, ...], ...]

    def address(self, row: int, column: int) -> str:
        """Name a cell.

        Parameters
        ----------
        row, column : int
            Position from 0.

        Returns
        -------
        str
            For example ``"基准地价表!C7"``.
        """
        return f"{self.name}!{_letters(column)}{row + 1}"


def _letters(column: int) -> str:
    """Name a column as spreadsheets do: A to Z, then AA."""
    name = ""
    while column >= 0:
        name = chr(ord("A") + column % 26) + name
        column = column // 26 - 1
    return name


def plain(text: str) -> str:
    """Bring a text to one form: no white space, full-width letters and digits made half-width.

    Parameters
    ----------
    text : str
        As the notice prints it.

    Returns
    -------
    str
        For example ``"Ⅱ 级"`` gives ``"II级"``. ``㎡`` becomes ``m2``; a footnote mark stays.
    """
    return re.sub(r"\s+", "", half_width(text)).replace("㎡", "m2").replace("m²", "m2")


def day(text: str) -> date | None:
    """Read a printed date.

    Parameters
    ----------
    text : str
        For example ``"2025-01-01"``, ``"2025年1月1日"``, ``"2025/1/1"``.

    Returns
    -------
    date or None
        None where it is not a date.
    """
    return one_day(half_width(text).strip())


def cell_text(value: object, number_format: str = "General") -> str:
    """Give the text of a workbook cell.

    Parameters
    ----------
    value : object
        What the cell holds.
    number_format : str
        Its format; a percent format prints the percentage, a quoted percent sign only the sign, zeros fill a code up.

    Returns
    -------
    str
        Without white space at the ends and without the apostrophe that marks a text; empty for an empty cell. A number
        of more than the 15 digits a workbook keeps has an exponent, so that nobody takes it for a code.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        if abs(value) >= _MOST_DIGITS:
            return f"{value:E}"
        if _ZEROS.fullmatch(number_format) and value == int(value) >= 0:
            return f"{int(value):0{len(number_format)}d}"
        return _printed(Decimal(repr(value)), number_format)
    return str(value).strip().removeprefix("'")


def _printed(value: Decimal, number_format: str) -> str:
    """Print a number; a percent sign that the format only quotes or escapes is printed behind it, unscaled."""
    if "%" in _LITERAL.sub("", number_format):
        return f"{value * 100:f}%"
    quoted = any(sign in (found[1] or found[2] or "") for found in _LITERAL.finditer(number_format) for sign in "%％")
    return f"{value:f}".removesuffix(".0") + ("%" if quoted else "")


def _sheet(sheet: Worksheet) -> Grid:
    rows = [[cell_text(cell.value, str(cell.number_format)) for cell in row] for row in sheet.iter_rows()]
    for merged in sheet.merged_cells.ranges:
        first = rows[merged.min_row - 1][merged.min_col - 1]
        for row in range(merged.min_row - 1, merged.max_row):
            for column in range(merged.min_col - 1, merged.max_col):
                rows[row][column] = first
    return Grid(sheet.title, tuple(tuple(row) for row in rows))


def workbook_grids(path: Path) -> dict[str, Grid]:
    """Read every sheet of a workbook.

    Parameters
    ----------
    path : Path
        An .xlsx file.

    Returns
    -------
    dict of str to Grid
        By sheet title without white space.

    Raises
    ------
    ReadError
        If it is not a workbook that can be read.
    """
    book = open_workbook(path)
    if book.epoch.year == _MAC_EPOCH:
        _require_formatted_days(book, path)
    try:
        return {plain(sheet.title): _sheet(sheet) for sheet in book.worksheets}
    except Exception as error:
        raise ReadError(f"{path}：{_BROKEN}") from error


def _require_formatted_days(book: Workbook, path: Path) -> None:
    """Raise where a workbook counts days from 1904 and one of them is not formatted as a day: it would be misread."""
    for sheet in book.worksheets:
        for column in sheet.iter_cols():
            headed = False
            for cell in column:
                headed |= isinstance(cell.value, str) and _OF_DAYS.search(plain(cell.value)) is not None
                if headed and isinstance(cell.value, int | float) and one_day(str(cell.value)) is not None:
                    raise ReadError(
                        f"{path}：{sheet.title}!{cell.coordinate} 的 {cell.value} 没有设日期格式，"
                        "而工作簿从 1904 年起计日，会差四年。办法：把该列设为日期格式后保存。"
                    )


def open_workbook(path: Path) -> Workbook:
    """Open a workbook that may be anything: values, not formulas.

    Parameters
    ----------
    path : Path
        An .xlsx file.

    Returns
    -------
    Workbook
        With every sheet in memory.

    Raises
    ------
    ReadError
        If it cannot be opened, is not a sound workbook, holds more than any sheet of a bureau does, or a formula that
        was never computed.
    """
    import openpyxl  # only here: whoever prices from a folder does not wait for it

    require_readable_format(path)
    try:
        refuse_pipe(path)
        with path.open("rb") as file:  # the library leaves a file open that it cannot read
            with ZipFile(file) as archive:
                unpacked = sum(member.file_size for member in archive.infolist())
            book = None if unpacked > _MOST_BYTES else openpyxl.load_workbook(file, data_only=True)
        if book is not None:
            require_computed(path, book)
    except ReadError:
        raise
    except OSError as error:
        raise ReadError(f"{path}：打不开（{error.strerror}）。办法：检查路径与权限。") from error
    except Exception as error:  # the library raises whatever its parsers of archives and texts raise
        raise ReadError(f"{path}：{_BROKEN}") from error
    if book is None:
        raise ReadError(
            f"{path}：解开后有 {unpacked / 1e6:,.0f} MB，不像表格。办法：检查文件来源，只保留要用的工作表。"
        )
    for sheet in book.worksheets:
        if sheet.max_row * sheet.max_column > _MOST_CELLS:
            raise ReadError(
                f"{path}：工作表 {sheet.title} 的已用区域有 {sheet.max_row} 行 × {sheet.max_column} 列，"
                "多半是远处有一个单元格。办法：删除数据以外的行和列后保存。"
            )
    return book


def csv_grid(path: Path) -> Grid:
    """Read a CSV file.

    Parameters
    ----------
    path : Path
        UTF-8, with or without a byte-order mark, or GB 18030, of which a warning tells.

    Returns
    -------
    Grid
        Named after the file.

    Raises
    ------
    ReadError
        If it cannot be opened or decoded.
    """
    require_readable_format(path)
    text, encoding = table_text(path)
    if encoding != UTF8:
        said = f"{path}：不是 UTF-8，按 {encoding} 读。办法：看有没有乱码；另存为 CSV UTF-8 就不再提醒。"
        warnings.warn(said, LandMarketWarning, stacklevel=2)
    rows = list(csv.reader(StringIO(text, newline="")))
    width = max((len(row) for row in rows), default=0)
    padded = (tuple(cell_text(cell) for cell in row) + ("",) * (width - len(row)) for row in rows)
    return Grid(path.name, tuple(padded))
