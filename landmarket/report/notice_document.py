"""A document of Chinese text and tables (公文排版) for Word and WPS: the same content gives the same bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK, WD_COLOR_INDEX
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Pt
from docx.table import Table, _Row
from docx.text.paragraph import Paragraph

from landmarket.io.writing import write_whole
from landmarket.report.cells import safe_text
from landmarket.report.notice_print import PrintedTable
from landmarket.report.notice_styles import BODY, CAPTION, CELL, GRID, MARK, SIZES, blank_document
from landmarket.report.notice_text import OPEN

_A4 = (Cm(21.0), Cm(29.7))
_MARGIN = Cm(2.5)
_CHARACTER = Pt(SIZES[CELL] / 2)
"""Width of a half-width character in a table."""
_PADDING = 3  # half-width characters of a cell's margins
_WIDEST = 60
_ZIP_DAY = (1980, 1, 1, 0, 0, 0)


class NoticeDocument:
    """A document that is being written (公文).

    Parameters
    ----------
    title : str
        Title in the properties of the file.
    head, foot : str
        The line above and below each page.
    created : datetime
        Time in the properties of the file.
    comment : str
        Remark in the properties of the file.
    """

    def __init__(self, title: str, head: str, foot: str, created: datetime, comment: str = "") -> None:
        blank, self._style_ids = blank_document()
        self._document = Document(io.BytesIO(blank))
        _set_properties(self._document, title, comment, created)
        self._set_page(landscape=False)
        section = self._document.sections[0]
        top, bottom = section.header.paragraphs[0], section.footer.paragraphs[0]
        for paragraph, text in ((top, head), (bottom, f"{foot}　第 ")):
            paragraph._p.style = self._style_ids[MARK]
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            paragraph.add_run(_line(text))
        _add_page_number(bottom)
        bottom.add_run(" 页")
        self._numbered = 0

    def add_title(self, text: str, below: str) -> None:
        """Write the title and a line below it.

        Parameters
        ----------
        text, below : str
            The two lines.
        """
        self._add(text, "Title")
        self._add(below, BODY, centred=True)

    def add_heading(self, text: str) -> None:
        """Write a heading.

        Parameters
        ----------
        text : str
            The heading.
        """
        self._turn(landscape=False)
        self._add(text, "Heading 1")

    def add_text(self, text: str) -> None:
        """Write a paragraph, its first line indented; open blanks are marked.

        Parameters
        ----------
        text : str
            The paragraph.
        """
        self._turn(landscape=False)
        paragraph = self._add(text, BODY)
        properties = paragraph._p.get_or_add_pPr()  # the library has no indent in characters
        indent = properties.get_or_add_ind()
        indent.set(qn("w:firstLineChars"), "200")
        indent.set(qn("w:firstLine"), str(int(2 * SIZES[BODY] * 20)))

    def add_line(self, text: str, *, right: bool = False) -> None:
        """Write a line of its own.

        Parameters
        ----------
        text : str
            The line.
        right : bool
            Whether it stands at the right, as a signature does.
        """
        self._turn(landscape=False)
        paragraph = self._add(text, BODY if right else MARK)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if right else WD_ALIGN_PARAGRAPH.LEFT

    def add_page(self) -> None:
        """Begin a new page."""
        self._turn(landscape=False)
        self._document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)

    def add_table(self, table: PrintedTable, *, continued: bool = False) -> None:
        """Write a table with its number, its header repeated on each page, across where it is wide.

        Parameters
        ----------
        table : PrintedTable
            The table.
        continued : bool
            Whether it goes on from the table before, under one number.
        """
        widths = [min(width, _WIDEST) + _PADDING for width in table.widths]
        self._turn(landscape=sum(widths) * _CHARACTER > _A4[0] - 2 * _MARGIN)
        self._numbered += not continued
        self._add(f"表{self._numbered}　{table.caption}{'（续）' if continued else ''}", CAPTION, centred=True)
        made = self._document.add_table(rows=0, cols=len(widths))
        self._set_grid(made)
        room = _columns(made, widths, self._room())
        for place, texts in enumerate((*table.heads, *table.rows)):
            _fill(made.add_row(), texts, room, table.texts, self._style_ids[CELL], head=place < len(table.heads))
        _merge_heads(made, table.heads)
        if table.note:
            self._add(table.note, CELL)

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all.

        Parameters
        ----------
        path : Path
            The ``.docx`` file; an older one is replaced.
        """
        buffer, fixed = io.BytesIO(), io.BytesIO()
        self._document.save(buffer)
        with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
            for name in source.namelist():  # the library stamps the clock on each part
                target.writestr(zipfile.ZipInfo(name, _ZIP_DAY), source.read(name), zipfile.ZIP_DEFLATED)
        write_whole(path, fixed.getvalue())

    def _add(self, text: str, style: str, *, centred: bool = False) -> Paragraph:
        paragraph = self._document.add_paragraph()
        paragraph._p.style = self._style_ids[style]  # the library would look it up for every paragraph
        if centred:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        for part in filter(None, OPEN.split(_line(text))):
            run = paragraph.add_run(part)
            if OPEN.fullmatch(part):
                run.font.highlight_color = WD_COLOR_INDEX.YELLOW
        return paragraph

    def _set_grid(self, made: Table) -> None:
        made._tbl.tblStyle_val = self._style_ids[GRID]
        made.alignment, made.autofit = WD_TABLE_ALIGNMENT.CENTER, False

    def _turn(self, *, landscape: bool) -> None:
        """Begin a new section where the page must be turned."""
        across = self._document.sections[-1].orientation == WD_ORIENT.LANDSCAPE
        if across != landscape:
            self._document.add_section(WD_SECTION.NEW_PAGE)
            self._set_page(landscape=landscape)

    def _set_page(self, *, landscape: bool) -> None:
        section = self._document.sections[-1]
        section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = _A4[::-1] if landscape else _A4
        section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = _MARGIN

    def _room(self) -> int:
        return int(self._document.sections[-1].page_width or 0) - 2 * _MARGIN


def _line(text: str) -> str:
    """Make one line of text that a document can hold."""
    return " ".join(safe_text(text).split("\n")).replace("\t", " ")


def _set_properties(document: DocumentObject, title: str, comment: str, created: datetime) -> None:
    properties = document.core_properties
    moment = created if created.tzinfo is None else created.astimezone(UTC).replace(tzinfo=None)
    properties.title, properties.comments = _line(title)[:255], _line(comment)[:255]
    properties.author = properties.last_modified_by = "landmarket"
    properties.created = properties.modified = moment
    properties.language, properties.revision = "zh-CN", 1


def _add_page_number(paragraph: Paragraph) -> None:
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)  # the library has no fields


def _fill(
    row: _Row, texts: Sequence[str], widths: Sequence[int], long: Sequence[bool], style: str | None, *, head: bool
) -> None:
    """Write the cells of a row; a row is not broken, and a header is repeated on each page."""
    properties = row._tr.get_or_add_trPr()  # the library has no repeated headers
    for name in ("w:cantSplit", *(("w:tblHeader",) if head else ())):
        properties.append(OxmlElement(name))
    for cell, text, width, is_long in zip(row.cells, texts, widths, long, strict=True):
        cell.width, cell.vertical_alignment = Emu(width), WD_CELL_VERTICAL_ALIGNMENT.CENTER
        paragraph = cell.paragraphs[0]
        paragraph._p.style = style  # by its identifier: the library would look it up for every cell
        paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT if is_long and not head else WD_ALIGN_PARAGRAPH.CENTER
        run = paragraph.add_run(_line(text))
        run.bold = head
        if OPEN.fullmatch(text):
            run.font.highlight_color = WD_COLOR_INDEX.YELLOW


def _merge_heads(made: Table, heads: Sequence[Sequence[str]]) -> None:
    """Make one cell of equal neighbours in the header rows."""
    first = heads[0]
    for place in range(len(first)):
        if len(heads) > 1 and heads[1][place] == first[place]:
            _merge(made, (0, place), (1, place))
        elif place + 1 < len(first) and first[place] == first[place + 1] and first[place] != first[place - 1]:
            _merge(made, (0, place), (0, place + 1))


def _merge(made: Table, start: tuple[int, int], end: tuple[int, int]) -> None:
    merged = made.cell(*start).merge(made.cell(*end))
    for paragraph in merged.paragraphs[1:]:
        paragraph._p.getparent().remove(paragraph._p)  # merging keeps both texts


def _columns(made: Table, widths: Sequence[int], room: int) -> list[int]:
    """Give every column its share of the page."""
    wanted = [width * _CHARACTER for width in widths]
    shares = [int(width * min(1.0, room / sum(wanted))) for width in wanted]
    for column, width in zip(made.columns, shares, strict=True):
        column.width = Emu(width)
    return shares
