"""A paper as a value (文书): titles, parts, tables, red lines and what is missing; every writer prints the same one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from landmarket.audience import INTERNAL_DRAFT
from landmarket.columns import schema
from landmarket.io.manifest import require_public
from landmarket.report.cells import DATE, FACTOR, MONEY, PLAIN_WHOLE, RATE, SHARE, WHOLE, Cells, cells_of
from landmarket.report.notice_parts import Gap
from landmarket.report.notice_print import NONE, PrintedTable, plain_number
from landmarket.units import yuan_text

INTERNAL_LINE = INTERNAL_DRAFT
"""The line that every page carries unless the caller says otherwise."""

GAPS_HEADING = "待填与核对事项（内部，印发前删去本页）"

_FORMATS = {MONEY: ",.2f", WHOLE: ",.0f", PLAIN_WHOLE: ".0f", SHARE: ".2%"}
_EPOCH = pd.Timestamp("1899-12-30")


class Part(NamedTuple):
    """One part of a paper (文书的一节).

    Attributes
    ----------
    heading : str
        Empty for what stands before the first heading.
    paragraphs : tuple of str
        Text, open blanks as 〔待填：…〕.
    tables : tuple of PrintedTable
        What follows the text.
    """

    heading: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[PrintedTable, ...] = ()


@dataclass(frozen=True)
class Paper:
    """One paper (文书), ready to be written.

    Attributes
    ----------
    name : str
        What kind it is, such as 入市方案.
    title, mark : str
        Title, and the line below it.
    parts : tuple of Part
        In order.
    closing : tuple of str
        Who signs, and when.
    warnings : tuple of str
        Printed in red below the title.
    gaps : tuple of Gap
        What is missing or to be checked, for the last page.
    """

    name: str
    title: str
    mark: str
    parts: tuple[Part, ...]
    closing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def gap_lines(self) -> tuple[str, ...]:
        """What is missing, numbered, as the last page has it."""
        return tuple(f"{place}. 〔{one.kind}〕{one.what}。办法：{one.cure}。" for place, one in enumerate(self.gaps, 1))


def printed_frame(caption: str, table: pd.DataFrame, note: str = "") -> PrintedTable:
    """Print a table of any columns (附表), as the workbook would show its cells.

    Parameters
    ----------
    caption : str
        What it is called.
    table : DataFrame
        Columns the schema knows get their Chinese header; the index is not printed. Integer fen [分] are printed in
        元, missing values as —.
    note : str, optional
        A line below the table.

    Returns
    -------
    PrintedTable
        All cells as text.

    Raises
    ------
    BadValueError
        If a column is secret or a number is infinite.
    """
    require_public(table.columns, f"表 {caption}")
    cells = [cells_of(table, str(name)) for name in table.columns]
    columns = [_texts(one, table[one.name]) for one in cells]
    rows = tuple(tuple(row) for row in zip(*columns, strict=True))
    return PrintedTable(caption, (tuple(one.header for one in cells),), rows, note)


def _texts(cells: Cells, values: pd.Series[int]) -> list[str]:
    column = schema().get(cells.name)
    if column is not None and column.kind == "fen":  # whole fen, never by way of a float
        return [NONE if missing else yuan_text(int(fen)) for fen, missing in zip(values, values.isna(), strict=True)]
    return [_text(entry, cells.number_format) for entry in cells.entries]


def _text(entry: str | float | None, number_format: str) -> str:
    if entry is None:
        return NONE
    if isinstance(entry, str):
        return entry
    if number_format == DATE:
        return f"{_EPOCH + pd.Timedelta(days=entry):%Y-%m-%d}"
    if number_format in (FACTOR, RATE):
        return plain_number(entry)
    shown = _FORMATS.get(number_format)
    return plain_number(entry) if shown is None else format(entry, shown)


def text_table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> PrintedTable:
    """Print rows of text under one header (文字表).

    Parameters
    ----------
    caption : str
        What it is called.
    heads : sequence of str
        Its header.
    rows : sequence of sequence of str
        Its cells.

    Returns
    -------
    PrintedTable
        The table.
    """
    return PrintedTable(caption, (tuple(heads),), tuple(map(tuple, rows)))
