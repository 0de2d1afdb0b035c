"""The draft of a price notice (公告稿): a document for the office, and a workbook that reads back as the notice."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
from xlsxwriter.workbook import Workbook

from landmarket.audience import INTERNAL_DRAFT
from landmarket.io.writing import write_whole
from landmarket.report.cells import DATE, GENERAL, MONEY, PLAIN_WHOLE, TEXT, Cells, cells_of, safe_text
from landmarket.report.layout import Sheet, SheetColumn, require_room
from landmarket.report.notice_document import NoticeDocument
from landmarket.report.notice_parts import (
    EVIDENCE,
    SETTINGS,
    NoticeColumn,
    NoticeDraft,
    draft_gaps,
    notice_columns,
    wan_per_mu_text,
)
from landmarket.report.notice_print import column_name, grouped, ordered_ranges, printed_tables
from landmarket.report.notice_text import filled, template
from landmarket.report.workbook import Frame, begin_book, book_options, open_sheet, write_sheet

INTERNAL_LINE = INTERNAL_DRAFT
"""The line that every page and sheet of a draft carries unless the caller says otherwise."""

TEXT_SHEET, GAPS_SHEET = "公告正文", "待填事项"
_ANNEX = "内部附件 "
_GAPS_HEADING = "待填与核对事项（内部，印发前删去本页）"
_UNLIMITED = "无年期"


def write_notice_docx(
    path: Path,
    draft: NoticeDraft,
    *,
    county: str,
    counts: Mapping[str, int],
    created: datetime,
    notice_line: str = "",
    internal_line: str = INTERNAL_LINE,
) -> None:
    """Write the draft notice (公告稿) as a document, whole or not at all.

    Parameters
    ----------
    path : Path
        The ``.docx`` file; an older one is replaced.
    draft : NoticeDraft
        The draft; its evidence is not written.
    county : str
        Name of the county.
    counts : mapping of str to int
        What the prices rest on, such as samples read, used and set aside; on the last page, which is internal.
    created : datetime
        Time in the properties of the file; the same draft and time give the same bytes.
    notice_line : str, optional
        A line on every page, such as that the data are invented.
    internal_line : str, optional
        The line on internal use, on every page.

    Raises
    ------
    OutputError
        If it cannot be written whole.

    Notes
    -----
    What is missing stands in the text as 〔待填：…〕 and in a list on the last page. Text of the data is plain text:
    the only field of the document is its page number.
    """
    stated, text = draft.stated(), template()
    title = filled(text.title, stated, county)
    head = "　".join(filter(None, (notice_line, internal_line)))
    document = NoticeDocument(title, head, internal_line, created, notice_line)
    document.add_title(title, text.mark)
    document.add_line(filled("{文号}", stated, county), right=True)
    for section in text.sections:
        if section.heading:
            document.add_heading(section.heading)
        for paragraph in section.paragraphs:
            document.add_text(filled(paragraph, stated, county))
        for name in section.tables:
            for place, table in enumerate(printed_tables(draft, name)):
                document.add_table(table, continued=place > 0)
    for line in text.closing:
        document.add_line(filled(line, stated, county), right=True)
    document.add_page()
    document.add_heading(_GAPS_HEADING)
    document.add_line(_counts_line(counts))
    for number, gap in enumerate(draft_gaps(draft), start=1):
        document.add_line(f"{number}. 〔{gap.kind}〕{gap.what}。办法：{gap.cure}。")
    document.save(path)


def write_notice_xlsx(
    path: Path,
    draft: NoticeDraft,
    *,
    county: str,
    counts: Mapping[str, int],
    created: datetime,
    notice_line: str = "",
    internal_line: str = INTERNAL_LINE,
) -> None:
    """Write the draft notice (公告稿) as a workbook that reads back as the same notice, whole or not at all.

    Parameters
    ----------
    path : Path
        The ``.xlsx`` file; an older one is replaced.
    draft : NoticeDraft
        The draft; its evidence is an internal annex.
    county : str
        Name of the county.
    counts : mapping of str to int
        What the prices rest on, such as samples read, used and set aside; on every sheet.
    created : datetime
        Time in the properties of the file.
    notice_line : str, optional
        A line on every sheet, such as that the data are invented.
    internal_line : str, optional
        The line on internal use, on every sheet.

    Raises
    ------
    BadValueError
        If a number cannot be written.
    OutputError
        If it cannot be written whole, or a table has too many rows for a sheet.

    Notes
    -----
    Sheets and headers are those of a notice, so that ``landmarket.pricing.read_price_table`` reads it. What is still
    to be filled is an empty cell there, and a row of the sheet 待填事项.
    """
    lines = (f"{county}集体建设用地基准地价公告稿", notice_line, _counts_line(counts), internal_line)
    frame = Frame(*map(safe_text, lines))
    buffer = io.BytesIO()
    with Workbook(buffer, book_options()) as book:
        pens = begin_book(book, frame, created)
        for sheet in _sheets(draft, county):
            write_sheet(open_sheet(book, sheet.name, frame, pens), sheet, pens)
    write_whole(path, buffer.getvalue())


def _counts_line(counts: Mapping[str, int]) -> str:
    return "　".join(f"{name} {count:,}" for name, count in counts.items())


def _sheets(draft: NoticeDraft, county: str) -> list[Sheet]:
    """Lay out the text, the sheets of the notice that have rows, the evidence, and what is missing."""
    names = [name for name in notice_columns() if name not in (SETTINGS, EVIDENCE) and len(draft.table(name))]
    sheets = [_text_sheet(draft, county), _settings_sheet(draft)]
    sheets += [_table_sheet(name, _written(draft, name)) for name in names]
    gaps = pd.DataFrame(draft_gaps(draft), columns=["类别", "事项", "办法"])
    return [*sheets, _evidence_sheet(draft.evidence), _plain_sheet(GAPS_SHEET, gaps)]


def _text_sheet(draft: NoticeDraft, county: str) -> Sheet:
    text, stated = template(), draft.stated()
    lines = [text.title, "{文号}"]
    for section in text.sections:
        lines += [*filter(None, [section.heading]), *section.paragraphs]
    lines = [filled(line, stated, county) for line in (*lines, *text.closing)]
    return _plain_sheet(TEXT_SHEET, pd.DataFrame({"正文": pd.Series(lines, dtype="str")}))


def _plain_sheet(name: str, table: pd.DataFrame) -> Sheet:
    return Sheet(name, tuple(SheetColumn(cells_of(table, column), "long") for column in table.columns), len(table))


def _settings_sheet(draft: NoticeDraft) -> Sheet:
    columns = notice_columns()[SETTINGS]
    table = pd.DataFrame(
        {"项目": [c.header for c in columns], "内容": [draft.settings.get(c.column, "") for c in columns]}
    )
    values = [_as_typed(text) or None for text in table["内容"]]
    cells = (cells_of(table, "项目"), Cells("内容", "内容", TEXT, [*values], 0.0))
    return Sheet(columns[0].sheet, (SheetColumn(cells[0], ""), SheetColumn(cells[1], "long")), len(table))


def _written(draft: NoticeDraft, name: str) -> pd.DataFrame:
    """Give a table as its sheet has it: lists in one cell, prices also in 万元/亩."""
    table = draft.table(name)
    if name == "grade_ranges":
        return ordered_ranges(draft)
    if name == "uses":
        return grouped(table, ("use", "scheme"), "code")
    if name == "prices":
        wan = [wan_per_mu_text(price) for price in table["unit_price"]]
        return table.assign(wan_per_mu=[float(text) if text[-1].isdigit() else np.nan for text in wan])
    return table


def _table_sheet(name: str, table: pd.DataFrame) -> Sheet:
    require_room(name, table)
    columns = notice_columns()[name]
    return Sheet(columns[0].sheet, tuple(_sheet_column(table, column) for column in columns), len(table))


def _sheet_column(table: pd.DataFrame, column: NoticeColumn) -> SheetColumn:
    values = table[column.column]
    if column.kind == "date":
        cells = cells_of(pd.DataFrame({column.header: values}), column.header)
        return SheetColumn(Cells(column.column, column.header, DATE, cells.entries, 0.0), "")
    if column.kind in ("number", "years"):
        shown = MONEY if column.column == "wan_per_mu" else GENERAL
        entries = [_number(float(value)) for value in values]
        return SheetColumn(Cells(column.column, column.header, shown, [*entries], 0.0), "")
    texts = [column_name(str(value)) if column.kind == "column" else str(value) for value in values]
    entries = [_as_typed(text) or None for text in texts]
    role = "long" if column.kind == "list" else ""
    return SheetColumn(Cells(column.column, column.header, TEXT, [*entries], 0.0), role)


def _number(value: float) -> float | str | None:
    """Write a number that Excel keeps as it is; one that needs more digits than it has stays text."""
    if np.isnan(value):
        return None
    if np.isinf(value):
        return _UNLIMITED
    return value if float(f"{value:.16G}") == value else repr(value)


def _as_typed(text: str) -> str:
    """Write a text so that reading gives it back: an apostrophe before it marks text and is taken off."""
    return safe_text(f"'{text}" if text.startswith("'") else text)


def _evidence_sheet(evidence: pd.DataFrame) -> Sheet:
    """Write how each price came about; columns nobody has named keep their own."""
    known = {column.column: column for column in notice_columns()[EVIDENCE]}
    require_room(EVIDENCE, evidence)
    columns = []
    for name in [*(name for name in known if name in evidence), *(name for name in evidence if name not in known)]:
        cells = cells_of(evidence, str(name))
        if name in known:
            whole = known[name].kind == "whole"
            shown = cells.number_format if cells.is_text else PLAIN_WHOLE if whole else MONEY
            cells = Cells(str(name), known[name].header, shown, cells.entries, cells.total)
        columns.append(SheetColumn(cells, "long" if name == "basis" else ""))
    return Sheet(f"{_ANNEX}{known['basis'].sheet}", tuple(columns), len(evidence))
