"""A sheet for the notice board (张榜公布): repeated headers, A4 upright or A3 across, for Word and WPS."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import cast

from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_ROW_HEIGHT_RULE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.table import CT_Tbl
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Cm, Emu, Pt
from docx.styles.style import ParagraphStyle
from docx.table import Table, _Row
from docx.types import ProvidesStoryPart

from landmarket.report.cells import safe_text
from landmarket.report.notice_document import NoticeDocument
from landmarket.report.notice_styles import BODY, CELL

_LEFT, _CENTRE, _RIGHT = WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT
_ALIGNMENTS = {"<": _LEFT, "^": _CENTRE, ">": _RIGHT}
_MARGIN, _GUTTER, _TWIPS = Cm(2.0), Cm(1.0), 635  # EMU a twip
_HEIGHT = Cm(0.85)  # room for a signature
_KEPT = 3  # rows that are not parted from a table's beginning or end
_LINES, _LONGEST = 12, 120  # most lines of a cell; most characters of a line outside tables


class Paper(StrEnum):
    """Paper of the sheet (纸张): A4 upright, or A3 across with members in two columns."""

    A4 = "A4"
    A3 = "A3"


@dataclass(frozen=True)
class _Look:
    """Measures of a paper (版面)."""

    width: int
    height: int
    orientation: WD_ORIENT
    sizes: dict[str, int]


_LOOKS = {
    Paper.A4: _Look(Cm(21.0), Cm(29.7), WD_ORIENT.PORTRAIT, {"Title": 18, "Heading 1": 13, BODY: 12, CELL: 10}),
    Paper.A3: _Look(Cm(42.0), Cm(29.7), WD_ORIENT.LANDSCAPE, {"Title": 24, "Heading 1": 15, BODY: 14, CELL: 11}),
}


@dataclass(frozen=True)
class Grid:
    """One table of the sheet, as text (表).

    Attributes
    ----------
    heads, rows, sums : sequence of sequence of str or None
        Header rows, repeated on each page; rows; rows of sums. A cell of None is one with the cell left of it.
    widths : sequence of int
        Proportions of the columns.
    alignments : str
        One of ``<^>`` for each column.
    labels : frozenset of int
        Columns printed bold.
    bound : bool
        Whether the table ends on the page where what follows begins.
    """

    heads: Sequence[Sequence[str | None]]
    rows: Sequence[Sequence[str | None]]
    sums: Sequence[Sequence[str | None]]
    widths: Sequence[int]
    alignments: str
    labels: frozenset[int] = frozenset()
    bound: bool = False


class PublicSheet(NoticeDocument):
    """A sheet that is being written (公示表).

    Parameters
    ----------
    paper : Paper
        What it is printed on.
    title : str
        Title in the properties of the file.
    head, foot : str
        The line above and below each page.
    created : datetime
        Time in the properties of the file.
    """

    def __init__(self, paper: Paper, title: str, head: str, foot: str, created: datetime) -> None:
        self._look = _LOOKS[paper]
        self._columns = 1
        super().__init__(title, _line(head, _LONGEST), _line(foot, _LONGEST), created)
        for name, size in self._look.sizes.items():
            cast("ParagraphStyle", self._document.styles[name]).font.size = Pt(size)
        form = cast("ParagraphStyle", self._document.styles[CELL]).paragraph_format
        form.space_before = form.space_after = Pt(2)
        bottom = self._document.sections[0].footer.paragraphs[0]
        bottom.add_run("　共 ")
        field = OxmlElement("w:fldSimple")
        field.set(qn("w:instr"), "NUMPAGES")
        bottom._p.append(field)  # the library has no fields
        bottom.add_run(" 页")

    def add_sheet_title(self, text: str) -> None:
        """Write the title.

        Parameters
        ----------
        text : str
            The title.
        """
        self._add(_line(text, _LONGEST), "Title", centred=True)

    def set_columns(self, count: int) -> None:
        """Go on in columns of text beside each other.

        Parameters
        ----------
        count : int
            How many.
        """
        if count != self._columns:
            ends, self._columns = count < self._columns, count
            columns = self._document.add_section(WD_SECTION.CONTINUOUS)._sectPr.xpath("./w:cols")[0]
            columns.set(qn("w:num"), str(count))  # the library has no columns
            columns.set(qn("w:space"), str(_GUTTER // _TWIPS))
            self._document.paragraphs[-1]._p.style = self._style_ids[CELL]  # the break is a line of its own
            if ends:
                self._add("", CELL)  # below the columns, not in the last of them

    def add_note(self, text: str) -> None:
        """Write a small line below a table.

        Parameters
        ----------
        text : str
            The line.
        """
        self._add(text, CELL)

    def add_seal(self, said: str, lines: Sequence[str]) -> None:
        """Write a last sentence, then who seals and room for the day at the right, all on one page.

        Parameters
        ----------
        said : str
            The sentence; a seal does not stand on a page alone.
        lines : sequence of str
            One below the other.
        """
        paragraph = self._add(said, CELL)
        for text in lines:
            paragraph.paragraph_format.keep_with_next = True
            paragraph = self._add(_line(text, _LONGEST), BODY)
            paragraph.alignment, paragraph.paragraph_format.space_before = _RIGHT, Pt(18)

    def add_grid(self, grid: Grid) -> None:
        """Write a table; its header is repeated on each page, no row is broken, no sum stands alone.

        Parameters
        ----------
        grid : Grid
            The table.
        """
        made = self._document.add_table(rows=0, cols=len(grid.widths))
        self._set_grid(made)
        room = self._room()
        widths = [room * width // sum(grid.widths) for width in grid.widths]
        for column, width in zip(made.columns, widths, strict=True):
            column.width = Emu(width)
        rows = (*grid.heads, *grid.rows, *grid.sums)
        heads, last, every = len(grid.heads), len(rows) - 1, frozenset(range(len(widths)))
        pen = _Pen(self._style_ids[CELL], tuple(widths), grid.alignments, grid.labels)
        head, sums = replace(pen, alignments="^" * len(widths), bold=every, head=True), replace(pen, bold=every)
        for place, texts in enumerate(rows):
            own = head if place < heads else sums if place > last - len(grid.sums) else pen
            kept = grid.bound or (place < last and not heads + _KEPT <= place <= last - _KEPT)
            printed = [self._printed(text, width) for text, width in zip(texts, widths, strict=True)]
            made._tbl.append(_row(replace(own, kept=kept), printed))
        self._add("", CELL).paragraph_format.keep_with_next = grid.bound

    def _turn(self, *, landscape: bool) -> None:
        """Stay on the paper."""

    def _set_page(self, *, landscape: bool) -> None:
        section = self._document.sections[-1]
        section.orientation = self._look.orientation
        section.page_width, section.page_height = Emu(self._look.width), Emu(self._look.height)
        section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = _MARGIN
        section.header_distance = section.footer_distance = Emu(_MARGIN // 2)

    def _printed(self, text: str | None, width: int) -> str | None:
        return text and _line(text, _LINES * width // Pt(self._look.sizes[CELL]))

    def _room(self) -> int:
        return (self._look.width - 2 * _MARGIN - (self._columns - 1) * _GUTTER) // self._columns


@dataclass(frozen=True)
class _Pen:
    """How a row is written."""

    style: str | None
    widths: tuple[int, ...]
    alignments: str
    bold: frozenset[int]
    head: bool = False
    kept: bool = False


def _row(pen: _Pen, texts: Sequence[str | None]) -> BaseOxmlElement:
    """Make a row; copying one is many times as fast as building one."""
    row = deepcopy(_pattern(pen, tuple(text if text is None else bool(text) for text in texts)))
    for element, text in zip(row.iter(qn("w:t")), filter(None, texts), strict=True):
        element.text = text
        if text != text.strip():
            element.set(qn("xml:space"), "preserve")
    return row


@lru_cache(maxsize=256)
def _pattern(pen: _Pen, filled: tuple[bool | None, ...]) -> BaseOxmlElement:
    """Build a row for texts, without them; a cell of None is one with the cell left of it."""
    nowhere = cast("ProvidesStoryPart", None)  # it belongs to no document
    row = Table(CT_Tbl.new_tbl(1, len(filled), Emu(0)), nowhere).rows[0]
    _set_row(row, head=pen.head)
    cells = list(row.cells)
    for place, (cell, has_text) in enumerate(zip(cells, filled, strict=True)):
        cell.width, cell.vertical_alignment = Emu(pen.widths[place]), WD_CELL_VERTICAL_ALIGNMENT.CENTER
        paragraph = cell.paragraphs[0]
        paragraph._p.style = pen.style  # by its identifier: the library would look it up for every cell
        paragraph.alignment = _ALIGNMENTS[pen.alignments[place]]
        if has_text:
            paragraph.add_run("…").bold = place in pen.bold
    starts = [place for place, one in enumerate(filled) if one is not None]
    for start, after in zip(starts, [*starts[1:], len(filled)], strict=True):
        if after - start > 1:
            cells[start].merge(cells[after - 1])
    for cell in row.cells if pen.kept else ():
        cell.paragraphs[0].paragraph_format.keep_with_next = True
    return row._tr


def _set_row(row: _Row, *, head: bool) -> None:
    row.height, row.height_rule = _HEIGHT, WD_ROW_HEIGHT_RULE.AT_LEAST
    properties = row._tr.get_or_add_trPr()  # the library has no repeated headers
    for name in ("w:cantSplit", *(("w:tblHeader",) if head else ())):
        properties.append(OxmlElement(name))


def _line(text: str, most: int) -> str:
    """Make one line that a document can hold; what is too long for a sheet is cut, and says so."""
    line = safe_text(text).translate({ord("\n"): " ", ord("\t"): " "})
    return line if len(line) <= most else f"{line[:most]}…（原文 {len(text)} 字，以下截去）"
