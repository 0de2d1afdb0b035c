"""A paper as a document (文书文件) for Word and WPS: red lines on top, what is missing on the last page."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import cast

from docx.shared import Pt, RGBColor
from docx.styles.style import ParagraphStyle

from landmarket.report.notice_document import NoticeDocument
from landmarket.report.notice_print import PrintedTable
from landmarket.report.notice_styles import BODY, CELL
from landmarket.report.paper import GAPS_HEADING, INTERNAL_LINE, Paper

_RED = RGBColor(0xC0, 0x00, 0x00)
_SIZES = {"Title": 20, "Heading 1": 14, BODY: 14}
_UPRIGHT = 6
"""Most columns of a table on an upright page."""


class PaperDocument(NoticeDocument):
    """A document with red lines that is being written (文书).

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
        self._across = False
        super().__init__(title, head, foot, created, comment)
        for name, size in _SIZES.items():
            cast("ParagraphStyle", self._document.styles[name]).font.size = Pt(size)
        form = cast("ParagraphStyle", self._document.styles[CELL]).paragraph_format
        form.space_before = form.space_after = Pt(2)

    def add_table(self, table: PrintedTable, *, continued: bool = False) -> None:
        """Write a table with its number; only one of many columns lies across.

        Parameters
        ----------
        table : PrintedTable
            The table.
        continued : bool
            Whether it goes on from the table before, under one number.
        """
        self._across = len(table.heads[-1]) > _UPRIGHT
        super().add_table(table, continued=continued)

    def _turn(self, *, landscape: bool) -> None:
        super()._turn(landscape=landscape and self._across)

    def add_warning(self, text: str) -> None:
        """Write a line in red (警示).

        Parameters
        ----------
        text : str
            The line.
        """
        for run in self._add(text, BODY).runs:
            run.font.color.rgb, run.bold = _RED, True


def write_paper_docx(
    path: Path, paper: Paper, *, created: datetime, notice_line: str = "", internal_line: str = INTERNAL_LINE
) -> None:
    """Write a paper as a document (文书), whole or not at all.

    Parameters
    ----------
    path : Path
        The ``.docx`` file; an older one is replaced.
    paper : Paper
        The paper.
    created : datetime
        Time in the properties of the file; the same paper and time give the same bytes.
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
    What is missing stands on a last page of its own, which is taken off before the paper goes out. Text of facts is
    plain text: the only field of the document is its page number.
    """
    head = "　".join(filter(None, (notice_line, internal_line)))
    document = PaperDocument(paper.title, head, f"{paper.name}　{internal_line}", created, notice_line)
    document.add_title(paper.title, paper.mark)
    for text in paper.warnings:
        document.add_warning(text)
    for part in paper.parts:
        if part.heading:
            document.add_heading(part.heading)
        for text in part.paragraphs:
            document.add_text(text)
        for table in part.tables:
            document.add_table(table)
    for line in paper.closing:
        document.add_line(line, right=True)
    if paper.gaps:
        document.add_page()
        document.add_heading(GAPS_HEADING)
        for line in paper.gap_lines:
            document.add_line(line)
    document.save(path)
