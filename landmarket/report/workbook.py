"""The workbook (工作簿): one file with prices, entry, deals, shares, what they rest on, and what was set aside."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_range_abs, xl_rowcol_to_cell
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from landmarket.audience import INTERNAL_TABLE
from landmarket.io.writing import write_whole
from landmarket.report.cells import FORMATS, MONEY, TEXT, Cells, safe_text
from landmarket.report.layout import FIRST_ROW, HEADER_ROW, Sheet, SheetColumn, sheets_of
from landmarket.report.summary import TOTAL, townships_in_order, write_summary

INTERNAL_LINE = INTERNAL_TABLE
"""The line that every sheet carries unless the caller says otherwise."""

SUMMARY = "汇总"
CHECK = "校验：各项之和与成交价之差（元）"
Look = dict[str, str | int | bool]
_FONT = "宋体"
_LONGEST_PRINT_LINE = 120  # a print header or footer takes 255 characters, its codes included
_A4, _A3, _WIDEST_ON_A4 = 9, 8, 230
_LINE = 13.5  # height of a line of 10 points
_GREY = "#A6A6A6"
_MARKS = {
    "allowed": {"可入市": "good", "不可入市": "bad", "待核实": "doubtful"},
    "severity": {"错误": "bad", "警告": "doubtful"},
    "verified": {"否（未核对）": "bad"},
}


@dataclass(frozen=True)
class Frame:
    """What every sheet carries around its table (表头表尾).

    Attributes
    ----------
    title, notice, line, internal_line : str
        The lines above the table, as text that is safe in a cell.
    """

    title: str
    notice: str
    line: str
    internal_line: str


def write_workbook(
    path: Path,
    tables: Mapping[str, pd.DataFrame],
    *,
    title: str,
    counts: Mapping[str, int],
    sources: pd.DataFrame,
    created: datetime,
    notice: str = "",
    internal_line: str = INTERNAL_LINE,
) -> None:
    """Write the workbook (工作簿) of a run, whole or not at all.

    Parameters
    ----------
    path : Path
        The ``.xlsx`` file; an older one is replaced.
    tables : mapping of str to DataFrame
        ``parcels`` with township and area [㎡], and any of ``entry``, ``prices``, ``deals``, ``shares`` (indexed by
        parcel code), ``findings``, ``set_aside``; money in integer fen is shown in 元.
    title : str
        What the workbook is about, such as the county's name.
    counts : mapping of str to int
        The three counts: 读入, 采用, 暂不处理.
    sources : DataFrame
        Everything the results rest on, as `landmarket.report.rule_sources` gives it: item, value, unit,
        effective_from, effective_to, source, verified, note.
    created : datetime
        Time in the properties of the file; the same tables and time give the same bytes.
    notice : str, optional
        A line on every sheet and page, such as that the data are invented.
    internal_line : str, optional
        The line on internal use, on every sheet and page.

    Raises
    ------
    BadValueError
        If a table is unknown, a column is secret, or a number is infinite.
    IndexMismatchError
        If a table has parcels that ``parcels`` does not have.
    OutputError
        If it cannot be written whole, or a table has too many rows for a sheet.

    Notes
    -----
    Text stays text: no cell made from data becomes a formula, a link or a number. Limits are those of "Excel
    specifications and limits".
    """
    sheets = sheets_of({**tables, "sources": sources})
    line = "　".join(f"{name} {count:,} 宗" for name, count in counts.items())
    frame = Frame(*map(safe_text, (title, notice, line, internal_line)))
    buffer = io.BytesIO()
    with Workbook(buffer, book_options()) as book:
        pens = begin_book(book, frame, created)
        summary, townships = open_sheet(book, SUMMARY, frame, pens), townships_in_order(tables["parcels"])
        columns = write_summary(summary, sheets, townships, pens)
        _draw_lines(summary, FIRST_ROW + len(townships), columns - 1, pens)
        for sheet in sheets:
            write_sheet(open_sheet(book, sheet.name, frame, pens), sheet, pens)
    write_whole(path, buffer.getvalue())


def begin_book(book: Workbook, frame: Frame, created: datetime) -> dict[str, Format]:
    """Give a workbook its properties and formats.

    Parameters
    ----------
    book : Workbook
        A new workbook.
    frame : Frame
        What its sheets carry.
    created : datetime
        Time in the properties of the file.

    Returns
    -------
    dict of str to Format
        All formats by name; a number format is its own name.
    """
    book.set_properties({"title": frame.title, "comments": frame.notice, "author": "landmarket", "created": created})
    return _pens_of(book)


def book_options() -> dict[str, bool | Look]:
    """Options of the library, which changes what it is given.

    Returns
    -------
    dict
        A new one at each call.
    """
    texts = ("strings_to_formulas", "strings_to_urls", "strings_to_numbers")
    font: Look = {"font_name": _FONT, "font_size": 10}
    return {"in_memory": True, **dict.fromkeys(texts, False), "default_format_properties": font}


def _pens_of(book: Workbook) -> dict[str, Format]:
    """All formats of the workbook by name; a number format is its own name."""
    cell: Look = {"font_name": _FONT, "font_size": 10, "valign": "vcenter"}
    head = cell | {
        "bold": True,
        "text_wrap": True,
        "align": "center",
        "bg_color": "#DCE6F1",
        "border": 1,
        "border_color": _GREY,
    }
    total = cell | {"bold": True, "border": 1, "border_color": _GREY, "bg_color": "#F2F2F2"}
    looks: dict[str, Look] = {
        "title": {"bold": True, "font_size": 15, "font_name": _FONT, "valign": "vcenter"},
        "notice": {"bold": True, "font_color": "#C00000", "font_name": _FONT, "font_size": 11},
        "line": {"font_color": "#404040", "font_name": _FONT, "font_size": 10},
        "head": head,
        "wrap": cell | {"text_wrap": True, "indent": 1},
        "grid": {"border": 1, "border_color": _GREY},
        "good": {"font_color": "#006100", "bg_color": "#E2F0D9"},
        "bad": {"font_color": "#9C0006", "bg_color": "#FBE0DD"},
        "doubtful": {"font_color": "#7F6000", "bg_color": "#FFF2CC"},
    }
    for number_format in FORMATS:
        look: Look = {"num_format": number_format, "indent": int(number_format == TEXT)}
        looks[number_format] = cell | look
        looks[f"total {number_format}"] = total | look
    return {name: book.add_format(look) for name, look in looks.items()}


def open_sheet(book: Workbook, name: str, frame: Frame, pens: Mapping[str, Format]) -> Worksheet:
    """Add a sheet with the lines above its table and its page set-up.

    Parameters
    ----------
    book : Workbook
        The workbook.
    name : str
        Name of the sheet.
    frame : Frame
        What it carries.
    pens : mapping of str to Format
        Formats of the workbook.

    Returns
    -------
    Worksheet
        Empty below the lines.
    """
    sheet = book.add_worksheet(name)
    sheet.write_string(0, 0, f"{frame.title}　{name}", pens["title"])
    sheet.write_string(1, 0, frame.notice, pens["notice"])
    sheet.write_string(2, 0, f"{frame.line}　｜　{frame.internal_line}", pens["line"])
    sheet.set_row(0, 24)
    sheet.set_row(HEADER_ROW, 44)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
    sheet.repeat_rows(0, HEADER_ROW)
    sheet.set_header(f"&L{_print_line(frame.title)}　{_print_line(name)}&R{_print_line(frame.notice)}")
    sheet.set_footer(f"&L{_print_line(frame.internal_line)}&R第 &P 页，共 &N 页")
    return sheet


def _print_line(text: str) -> str:
    """Make a text safe in a print header, where ``&`` begins a code."""
    cut = text if len(text) <= _LONGEST_PRINT_LINE // 2 else text[: _LONGEST_PRINT_LINE // 2 - 1] + "…"
    return cut.replace("\n", " ").replace("&", "&&")


def write_sheet(target: Worksheet, sheet: Sheet, pens: Mapping[str, Format]) -> None:
    """Write the rows of one table, its totals, and its checks.

    Parameters
    ----------
    target : Worksheet
        As `open_sheet` gives it.
    sheet : Sheet
        The table.
    pens : mapping of str to Format
        Formats of the workbook.
    """
    for position, column in enumerate(sheet.columns):
        target.write_string(HEADER_ROW, position, safe_text(column.header), pens["head"])
        target.set_column(position, position, column.width)
        _write_column(target, position, column, pens)
    if sheet.width > _WIDEST_ON_A4:
        target.set_paper(_A3)
    for row, lines in sheet.tall_rows().items():
        target.set_row(FIRST_ROW + row, _LINE * lines + 3)
    per_parcel = bool(sheet.columns) and sheet.columns[0].cells.name == "parcel_code"
    target.freeze_panes(FIRST_ROW, 2 if per_parcel else 1)
    if not sheet.rows:
        target.write_string(FIRST_ROW, 0, "（无）", pens[TEXT])
        return
    last = FIRST_ROW + sheet.rows - 1
    checked = _write_check(target, sheet, pens)
    target.print_area(0, 0, last + 1, max(len(sheet.printed), checked) - 1)
    _draw_lines(target, last, len(sheet.columns) - 1, pens)
    target.autofilter(HEADER_ROW, 0, last, len(sheet.columns) - 1)
    target.ignore_errors({"number_stored_as_text": xl_range_abs(FIRST_ROW, 0, last, len(sheet.columns) - 1)})
    sums = sheet.positions("total", "whole", "part")
    if sums:
        _write_totals(target, last + 1, len(sheet.columns), pens)
    for position in sums:
        cells = sheet.columns[position].cells
        formula = f"=SUM({_cells(position, FIRST_ROW, last)})"
        target.write_formula(last + 1, position, formula, pens[f"total {cells.number_format}"], cells.total)


def _draw_lines(target: Worksheet, last: int, column: int, pens: Mapping[str, Format]) -> None:
    """Draw thin lines around the cells of a table, empty ones too."""
    rule = {"type": "formula", "criteria": "=TRUE", "format": pens["grid"]}
    target.conditional_format(FIRST_ROW, 0, last, column, rule)


def _write_totals(target: Worksheet, row: int, columns: int, pens: Mapping[str, Format]) -> None:
    """Begin the row of totals."""
    target.write_string(row, 0, TOTAL, pens[f"total {TEXT}"])
    for position in range(1, columns):
        target.write_blank(row, position, None, pens[f"total {TEXT}"])


def _write_column(target: Worksheet, position: int, column: SheetColumn, pens: Mapping[str, Format]) -> None:
    cells = column.cells
    pen = pens["wrap"] if cells.is_text and not column.is_code else pens[cells.number_format]
    for row, value in enumerate(cells.entries, start=FIRST_ROW):
        if isinstance(value, str):
            target.write_string(row, position, value, pen)
        elif value is not None:
            target.write_number(row, position, value, pen)
    last = FIRST_ROW + len(cells.entries) - 1
    for text, mark in _MARKS.get(cells.name, {}).items():
        rule = {"type": "cell", "criteria": "==", "value": f'"{text}"', "format": pens[mark]}
        target.conditional_format(FIRST_ROW, position, max(last, FIRST_ROW), position, rule)


def _write_check(target: Worksheet, sheet: Sheet, pens: Mapping[str, Format]) -> int:
    """Write beside each row what its parts differ from the whole, as a live formula; give the columns in use.

    A row without any part has nothing to differ: there was no deal, or the reason stands in the row.
    """
    wholes, parts, position = sheet.positions("whole"), sheet.positions("part"), len(sheet.columns)
    if len(wholes) != 1 or not parts:
        return 0
    target.write_string(HEADER_ROW, position, CHECK, pens["head"])
    target.set_column(position, position, 18)
    amounts = [_fen(sheet.columns[part].cells) for part in parts]
    last = FIRST_ROW + sheet.rows
    total = 0
    for row, (whole, *others) in enumerate(
        zip(_fen(sheet.columns[wholes[0]].cells), *amounts, strict=True), start=FIRST_ROW
    ):
        known = [amount for amount in others if amount is not None]
        difference = (whole or 0) - sum(known) if known else 0
        total += difference
        cells = ",".join(xl_rowcol_to_cell(row, part) for part in parts)
        formula = f"=ROUND({xl_rowcol_to_cell(row, wholes[0])}*(COUNT({cells})>0)-SUM({cells}),2)"
        target.write_formula(row, position, formula, pens[MONEY], difference / 100)
    formula = f"=SUM({_cells(position, FIRST_ROW, last - 1)})"
    target.write_formula(last, position, formula, pens[f"total {MONEY}"], total / 100)
    rule = {"type": "cell", "criteria": "!=", "value": 0, "format": pens["bad"]}
    target.conditional_format(FIRST_ROW, position, last, position, rule)
    _draw_lines(target, last - 1, position, pens)
    return position + 1


def _fen(cells: Cells) -> list[int | None]:
    """Amounts of a column in integer fen; None for an empty cell."""
    return [round(value * 100) if isinstance(value, float) else None for value in cells.entries]


def _cells(position: int, first: int, last: int) -> str:
    """Range of one column, such as ``F5:F3004``."""
    return f"{xl_rowcol_to_cell(first, position)}:{xl_rowcol_to_cell(last, position)}"
