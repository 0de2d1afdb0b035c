"""A paper as a page (文书网页) without a script, for machines without a network."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path

from landmarket.html_page import escaped, written_page
from landmarket.io.whole import write_whole
from landmarket.report.cells import safe_text
from landmarket.report.notice_print import PrintedTable
from landmarket.report.notice_text import OPEN
from landmarket.report.paper import GAPS_HEADING, INTERNAL_LINE, Paper, Part


def write_paper_page(path: Path, paper: Paper, *, notice_line: str = "", internal_line: str = INTERNAL_LINE) -> None:
    """Write a paper as a page (文书网页), whole or not at all.

    Parameters
    ----------
    path : Path
        The ``.html`` file; an older one is replaced.
    paper : Paper
        The paper.
    notice_line : str, optional
        A line on the page, such as that the data are invented.
    internal_line : str, optional
        The line on internal use.

    Raises
    ------
    OutputError
        If it cannot be written.

    Notes
    -----
    Every text is escaped; the page has no script, asks no other machine for anything, and its policy forbids both.
    """
    head = "　".join(filter(None, (notice_line, internal_line)))
    body = [f"<header>{_shown(head)}</header>", f"<h1>{_shown(paper.title)}</h1>"]
    body += [f'<p class="mark">{_shown(paper.mark)}</p>'] if paper.mark else []
    body += [f'<p class="warning" role="alert">{_shown(text)}</p>' for text in paper.warnings]
    body += [_part(part) for part in paper.parts]
    body += [f'<p class="sign">{_shown(line)}</p>' for line in paper.closing]
    if paper.gaps:
        lines = "".join(f"<p>{_shown(line)}</p>" for line in paper.gap_lines)
        body.append(f'<section class="gaps"><h2>{_shown(GAPS_HEADING)}</h2>{lines}</section>')
    body.append(f"<footer>{_shown(paper.name)}　{_shown(head)}</footer>")
    styles = f"<style>\n{_styles()}</style>\n"
    page = written_page(safe_text(paper.title), head=styles, body="\n".join(body))
    write_whole(path, page.encode("utf-8"))


@cache
def _styles() -> str:
    return files("landmarket.report").joinpath("paper.css").read_text(encoding="utf-8").replace("\r\n", "\n")


def _escaped(text: str) -> str:
    return escaped(safe_text(text))


def _shown(text: str) -> str:
    """Escape a text; open blanks are marked."""
    parts = OPEN.split(text)
    return "".join(f"<mark>{_escaped(one)}</mark>" if OPEN.fullmatch(one) else _escaped(one) for one in parts)


def _part(part: Part) -> str:
    heading = f"<h2>{_shown(part.heading)}</h2>" if part.heading else ""
    paragraphs = "".join(f"<p>{_shown(text)}</p>" for text in part.paragraphs)
    return f"<section>{heading}{paragraphs}{''.join(map(_table, part.tables))}</section>"


def _table(table: PrintedTable) -> str:
    heads = "".join(_row([f'<th scope="col">{_shown(text)}</th>' for text in row]) for row in table.heads)
    rows = "".join(_row(map(_cell, row)) for row in table.rows)
    note = f'<p class="note">{_shown(table.note)}</p>' if table.note else ""
    caption = f"<caption>{_shown(table.caption)}</caption>"
    return f'<div class="sheet"><table>{caption}<thead>{heads}</thead><tbody>{rows}</tbody></table></div>{note}'


def _row(cells: Iterable[str]) -> str:
    return f"<tr>{''.join(cells)}</tr>"


def _cell(text: str) -> str:
    number = text.replace(",", "").lstrip("-").replace(".", "", 1).rstrip("%").isdecimal()
    return f'<td class="number">{_shown(text)}</td>' if number else f"<td>{_shown(text)}</td>"
