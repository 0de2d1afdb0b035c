"""The sheet posted in the village (收益分配公示表): a deal, the parts of its price, and what each member is paid.

Members' names are printed here and nowhere else.
"""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path

import pandas as pd

from landmarket.report.amount_text import amount_in_words
from landmarket.report.cells import safe_text
from landmarket.report.public_notice_document import Grid, Paper, PublicSheet
from landmarket.report.public_notice_lines import (
    Line,
    deal_lines,
    member_groups,
    member_total,
    part_lines,
    period_lines,
    title_of,
    undistributed_line,
)
from landmarket.report.public_notice_parts import PublicNotice, require_sound_notice
from landmarket.report.public_notice_text import chapter
from landmarket.units import yuan_text

__all__ = ["Paper", "PublicNotice", "public_notice_table", "write_public_notice"]

_LABELS = frozenset({0, 2})
_FACTS, _PARTS, _MEMBERS, _TERMS = (4, 8, 4, 8), (5, 13, 6, 4), (5, 7, 8, 6, 9, 8), (1, 6)
_MEMBER_COLUMNS = {Paper.A4: 1, Paper.A3: 2}


def write_public_notice(path: Path, notice: PublicNotice, paper: Paper) -> None:
    """Write the sheet that is posted in the village (收益分配公示表), ready to print, whole or not at all.

    Parameters
    ----------
    path : Path
        The ``.docx`` file; an older one is replaced.
    notice : PublicNotice
        What is posted.
    paper : Paper
        A4 upright, or A3 across with members in two columns.

    Raises
    ------
    MissingColumnError
        If a table lacks a column.
    BadValueError
        If parts do not add up to the price or members to their sum, or the period is too short; see
        `landmarket.report.public_notice_parts.require_sound_notice`.
    OutputError
        If it cannot be written whole.

    Notes
    -----
    The same notice gives the same bytes. Amounts are in 元 to the fen.
    """
    require_sound_notice(notice)
    created = datetime.combine(notice.from_on, time())
    title = title_of(notice)
    sheet = PublicSheet(paper, title, notice.notice, notice.collective, created)
    sheet.add_sheet_title(title)
    _add_deal(sheet, notice)
    _add_parts(sheet, notice)
    _add_members(sheet, notice, _MEMBER_COLUMNS[paper])
    _add_period(sheet, notice)
    sheet.save(path)


def public_notice_table(notice: PublicNotice) -> pd.DataFrame:
    """Give the sheet as one plain table (公示表数据), for a workbook or a page.

    Parameters
    ----------
    notice : PublicNotice
        What is posted.

    Returns
    -------
    DataFrame
        Rows from 0, in the order of the sheet: 栏目, 项目, 户号, 姓名, 人数/份额, 说明, 占成交价 as text, and
        ``amount_fen`` (Int64 [分]). Sums (合计, 小计) stand in rows of their own, so the column is not to be added up.

    Raises
    ------
    MissingColumnError
        If a table lacks a column.
    BadValueError
        As `write_public_notice` does.
    """
    require_sound_notice(notice)
    members = [line for group in member_groups(notice) for line in group]
    paid = [*members, member_total(notice)] if members else [undistributed_line(notice)]
    lines = [*deal_lines(notice), *part_lines(notice), *paid, *period_lines(notice)]
    heads = dict(zip(Line._fields, chapter("sheet").heads, strict=False))
    texts = {head: [safe_text(getattr(line, name)) for line in lines] for name, head in heads.items()}
    table = pd.DataFrame(texts, dtype="str")
    return table.assign(amount_fen=pd.array([line.fen for line in lines], dtype="Int64"))


def _add_deal(sheet: PublicSheet, notice: PublicNotice) -> None:
    """Write two facts a row; the price, in figures and in words, has rows to itself."""
    *facts, price, said = [(line.item, line.text) for line in deal_lines(notice)]
    rows: list[tuple[str | None, ...]] = [left + right for left, right in zip(facts[::2], facts[1::2], strict=False)]
    rows += [(*alone, None, None) for alone in (*facts[2 * len(rows) :], price, said)]
    sheet.add_heading(chapter("deal").words["heading"])
    sheet.add_grid(Grid((), rows, (), _FACTS, "^<^<", _LABELS))


def _add_parts(sheet: PublicSheet, notice: PublicNotice) -> None:
    words, heads = chapter("parts")
    rows = [(line.item, line.text, line.amount, line.share) for line in part_lines(notice)]
    total = rows[-1]
    sheet.add_heading(words["heading"])
    sheet.add_grid(Grid((heads,), rows[:-1], [total], _PARTS, "<<>>"))
    sheet.add_note(words["check"].format(sum=total[2], whole=yuan_text(notice.price_fen)))


def _add_members(sheet: PublicSheet, notice: PublicNotice, columns: int) -> None:
    words, heads = chapter("members")
    groups = member_groups(notice)
    if not groups:
        sheet.add_heading(words["heading"])
        sheet.add_text(undistributed_line(notice).text)
        return
    sheet.set_columns(columns)
    sheet.add_heading(words["heading"])
    for group in groups:
        *members, subtotal = group
        rows = [(one.item, one.household, one.name, one.weight, one.amount, "") for one in members]
        caption = (subtotal.section, *[None] * (len(heads) - 1))
        sheet.add_grid(Grid((caption, heads), rows, [_sum_row(subtotal)], _MEMBERS, "^^^>>^"))
    sheet.set_columns(1)
    total = member_total(notice)
    sheet.add_grid(Grid((), (), [_sum_row(total)], _MEMBERS, "^^^>>^"))
    added = sum(group[-1].fen or 0 for group in groups)
    said = chapter("deal").words["currency"] + amount_in_words(notice.members_fen)
    sheet.add_note(words["check"].format(sum=yuan_text(added), whole=yuan_text(notice.members_fen), words=said))


def _sum_row(line: Line) -> tuple[str | None, ...]:
    return line.item, None, None, line.weight, line.amount, ""


def _add_period(sheet: PublicSheet, notice: PublicNotice) -> None:
    words, around = chapter("period").words, chapter("").words
    rows = [(line.item, line.text) for line in period_lines(notice)]
    sheet.add_heading(words["heading"])
    sheet.add_grid(Grid((), rows, (), _TERMS, "^<", _LABELS, bound=True))
    sheet.add_seal(words["objections"], (around["seal"].format(collective=notice.collective), around["day"]))
