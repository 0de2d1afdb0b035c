"""How the price of one parcel came about (宗地地价测算说明), and a township in sums (乡镇汇总), as hand-outs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pandas as pd

from landmarket.checks import require_columns
from landmarket.errors import BadValueError
from landmarket.io.manifest import require_public
from landmarket.report.notice_parts import Gap
from landmarket.report.paper import INTERNAL_LINE, Paper, Part, printed_frame, text_table
from landmarket.report.paper_document import write_paper_docx
from landmarket.report.paper_facts import require_untold
from landmarket.report.paper_page import write_paper_page

NOT_A_REPORT = "内部参考，不构成土地估价报告"
"""What every page of these hand-outs says: a 土地估价报告 needs a registered institution and its appraisers."""

_STEPS = {"step": "步骤", "value": "数值", "unit": "单位", "source": "依据"}
_SOURCES = ["item", "value", "unit", "source", "verified"]
_UNREAD = ("False", "否")
_NAME, _SUMMARY = "宗地地价测算说明", "乡镇汇总"


def worksheet_paper(worksheet: pd.DataFrame, facts: Mapping[str, str], sources: pd.DataFrame | None = None) -> Paper:
    """Lay out how the price of one parcel came about (宗地地价测算说明).

    Parameters
    ----------
    worksheet : DataFrame
        ``step, value, unit, source`` of one parcel, all text; see `landmarket.pricing.explain`.
    facts : mapping of str to str
        Facts of the parcel by their labels, as they are printed: 宗地代码, 坐落, 用途, 面积, 估价期日.
    sources : DataFrame, optional
        What the price rests on: ``item, value, unit, source, verified``; see `landmarket.report.rule_sources`.

    Returns
    -------
    Paper
        The steps as they stand: nothing is computed or rounded again.

    Raises
    ------
    MissingColumnError
        If a table lacks a column.
    BadValueError
        If the worksheet is empty, or a label, a step or a column is secret.
    """
    require_columns(worksheet, [*_STEPS], _NAME)
    require_public([*worksheet.columns, *facts, *worksheet["step"]], _NAME)
    require_untold(facts.items(), _NAME)
    if not len(worksheet):
        raise BadValueError(f"{_NAME}：没有步骤。办法：用 explain() 取一宗地的测算过程。")
    steps = worksheet[[*_STEPS]].fillna("").astype("str").to_numpy().tolist()
    stated = [(label, text) for label, text in facts.items() if text.strip()]
    parts = [
        Part("一、宗地", (), (text_table("宗地情况", ("事项", "内容"), stated),)),
        Part(
            "二、测算过程",
            (f"系数修正法，逐步列出；{NOT_A_REPORT}。",),
            (text_table("测算步骤", tuple(_STEPS.values()), steps),),
        ),
    ]
    gaps = [Gap("待填", label, "补填后重新输出") for label, text in facts.items() if not text.strip()]
    if sources is not None:
        require_columns(sources, _SOURCES, _NAME)
        parts.append(_sources_part(sources))
        gaps += _unread(sources)
    title = f"{_NAME}（{facts['宗地代码']}）" if facts.get("宗地代码") else _NAME
    return Paper(_NAME, title, f"（{NOT_A_REPORT}）", tuple(parts), gaps=tuple(gaps))


def township_paper(township: str, tables: Mapping[str, pd.DataFrame], paragraphs: tuple[str, ...] = ()) -> Paper:
    """Lay out a township in sums (乡镇汇总).

    Parameters
    ----------
    township : str
        Official name.
    tables : mapping of str to DataFrame
        By caption; integer fen [分] are printed in 元. The index is not printed.
    paragraphs : tuple of str, optional
        Text before the tables.

    Returns
    -------
    Paper
        One table after the other.

    Raises
    ------
    BadValueError
        If a column is secret or a number is infinite.
    """
    require_untold(((text[:20], text) for text in paragraphs), _SUMMARY)
    printed = tuple(printed_frame(caption, table) for caption, table in tables.items())
    title = f"{township}集体经营性建设用地市场汇总"
    return Paper(_SUMMARY, title, f"（{NOT_A_REPORT}）", (Part("", paragraphs, printed),))


def write_worksheet_document(
    path: Path,
    worksheet: pd.DataFrame,
    facts: Mapping[str, str],
    sources: pd.DataFrame | None = None,
    *,
    created: datetime,
    notice_line: str = "",
    internal_line: str = INTERNAL_LINE,
) -> None:
    """Write how the price of one parcel came about (宗地地价测算说明), as document and as page.

    Parameters
    ----------
    path : Path
        The ``.docx`` file; the page of the same name, ``.html``, goes beside it. Older ones are replaced.
    worksheet : DataFrame
        ``step, value, unit, source`` of one parcel, all text.
    facts : mapping of str to str
        Facts of the parcel by their labels.
    sources : DataFrame, optional
        What the price rests on.
    created : datetime
        Time in the properties of the document.
    notice_line : str, optional
        A line on every page, such as that the data are invented.
    internal_line : str, optional
        The line on internal use.

    Raises
    ------
    MissingColumnError
        If a table lacks a column.
    BadValueError
        As `worksheet_paper` does, or if the path is not of a ``.docx`` file.
    OutputError
        If a file cannot be written whole.
    """
    _write(path, worksheet_paper(worksheet, facts, sources), created, notice_line, internal_line)


def write_township_document(
    path: Path,
    tables: Mapping[str, pd.DataFrame],
    *,
    township: str,
    created: datetime,
    paragraphs: tuple[str, ...] = (),
    notice_line: str = "",
    internal_line: str = INTERNAL_LINE,
) -> None:
    """Write a township in sums (乡镇汇总), as document and as page.

    Parameters
    ----------
    path : Path
        The ``.docx`` file; the page of the same name, ``.html``, goes beside it. Older ones are replaced.
    tables : mapping of str to DataFrame
        By caption.
    township : str
        Official name.
    created : datetime
        Time in the properties of the document.
    paragraphs : tuple of str, optional
        Text before the tables.
    notice_line : str, optional
        A line on every page, such as that the data are invented.
    internal_line : str, optional
        The line on internal use.

    Raises
    ------
    BadValueError
        As `township_paper` does, or if the path is not of a ``.docx`` file.
    OutputError
        If a file cannot be written whole.
    """
    _write(path, township_paper(township, tables, paragraphs), created, notice_line, internal_line)


def _write(path: Path, paper: Paper, created: datetime, notice_line: str, internal_line: str) -> None:
    if path.suffix.lower() != ".docx":
        raise BadValueError(f"{path}：应为 .docx 文件。办法：改后缀，网页以同名 .html 写在旁边。")
    line = f"{NOT_A_REPORT}　{internal_line}"
    write_paper_docx(path, paper, created=created, notice_line=notice_line, internal_line=line)
    write_paper_page(path.with_suffix(".html"), paper, notice_line=notice_line, internal_line=line)


def _sources_part(sources: pd.DataFrame) -> Part:
    return Part("三、依据", (), (printed_frame("测算依据", sources[_SOURCES]),))


def _unread(sources: pd.DataFrame) -> list[Gap]:
    """List the sources whose text nobody has read."""
    rows = sources[["item", "source", "verified"]].astype("str").to_numpy().tolist()
    return [
        Gap("核对", f"{item}（{source}）未核对原文", "按文件原文核对") for item, source, read in rows if read in _UNREAD
    ]
