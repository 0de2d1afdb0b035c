"""The papers of a deal (交易文书): entry plan, notice, confirmation, contract annexes, supervision agreement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from landmarket.errors import BadValueError
from landmarket.io.file_names import file_names
from landmarket.io.whole import output_errors
from landmarket.report.filing_clock import LATE, FilingClock, filing_clock
from landmarket.report.notice_parts import Gap
from landmarket.report.paper import INTERNAL_LINE, Paper
from landmarket.report.paper_document import write_paper_docx
from landmarket.report.paper_facts import (
    COMPUTED,
    FactValue,
    Requirement,
    day_text,
    fact_day,
    fact_texts,
    paper_facts,
    requirements,
    void_terms,
)
from landmarket.report.paper_page import write_paper_page
from landmarket.report.paper_template import PaperTemplate, filled_parts, filled_text, shipped_templates
from landmarket.workdays import HolidayNotice

_PLAN = "入市方案"
_FILED, _DEAL, _ANSWERED = "方案报送日", "交易日", "政府意见日"
_LATEST, _ANSWER_BY = "最迟报送日", "政府意见期限"
_OPTIONAL = frozenset({_ANSWERED})


def deal_papers(
    facts: Mapping[str, FactValue],
    templates: Sequence[PaperTemplate] = (),
    *,
    holidays: Sequence[HolidayNotice] = (),
) -> dict[str, Paper]:
    """Fill in the papers of a deal (交易文书), each with the list of what is missing.

    Parameters
    ----------
    facts : mapping of str to str, date or int
        Facts by their names, as ``templates/facts.toml`` has them; int is integer fen [分]. What is left out or blank
        is printed as 〔待填：…〕.
    templates : sequence of PaperTemplate, optional
        Edited templates, each in the place of the shipped one of the same paper; see
        `landmarket.report.paper_template.read_template`.
    holidays : sequence of HolidayNotice, optional
        Announcements for years that the calendar package does not know.

    Returns
    -------
    dict of str to Paper
        By the name of the paper, in the order of a deal.

    Raises
    ------
    BadValueError
        If a fact is secret, unknown or of another kind, or a paper has two templates.
    RuleError
        If the holidays of a year are not known.

    Notes
    -----
    土地管理法实施条例 (2021) art. 40, 41. The reserve price (底价) has no blank in any paper.
    """
    names = [template.paper for template in templates]
    if len(set(names)) < len(names):
        raise BadValueError(f"交易文书：同一文书给了两个模板：{'、'.join(names)}。办法：每种文书只给一个。")
    chosen = {**shipped_templates(), **{template.paper: template for template in templates}}
    known = {**paper_facts(), **{name: fact for one in templates for name, fact in one.known.items()}}
    texts = fact_texts(facts, known)
    clock = filing_clock(fact_day(facts, _FILED), fact_day(facts, _DEAL), fact_day(facts, _ANSWERED), holidays=holidays)
    for name, day in ((_LATEST, clock.latest), (_ANSWER_BY, clock.answer_by)):
        if day is not None:
            texts[name] = day_text(day)
    return {name: _paper(template, texts, clock) for name, template in chosen.items()}


def write_papers(
    folder: Path,
    papers: Mapping[str, Paper],
    *,
    created: datetime,
    notice_line: str = "",
    internal_line: str = INTERNAL_LINE,
) -> list[Path]:
    """Write papers as documents and as pages (写出文书), each file whole or not at all.

    Parameters
    ----------
    folder : Path
        Where to; made if need be. Older files of the same names are replaced.
    papers : mapping of str to Paper
        From `deal_papers`, by name.
    created : datetime
        Time in the properties of the files; the same papers and time give the same bytes.
    notice_line : str, optional
        A line on every page, such as that the data are invented.
    internal_line : str, optional
        The line on internal use.

    Returns
    -------
    list of Path
        The files: for each paper a ``.docx`` and an ``.html``.

    Raises
    ------
    OutputError
        If a file cannot be written whole.
    """
    with output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, stem in file_names(papers).items():
        document, page = folder / f"{stem}.docx", folder / f"{stem}.html"
        write_paper_docx(document, papers[name], created=created, notice_line=notice_line, internal_line=internal_line)
        write_paper_page(page, papers[name], notice_line=notice_line, internal_line=internal_line)
        written += [document, page]
    return written


def _paper(template: PaperTemplate, texts: Mapping[str, str], clock: FilingClock) -> Paper:
    filed = template.paper == _PLAN
    gaps = (*_gaps(template, texts), *(clock.findings if filed else ()))
    warnings = (*_void(template, texts), *(one.what for one in clock.findings if filed and one.kind == LATE))
    return Paper(
        template.paper,
        filled_text(template.title, texts),
        filled_text(template.mark, texts),
        filled_parts(template, texts),
        tuple(filled_text(line, texts) for line in template.closing),
        warnings,
        gaps,
    )


def _gaps(template: PaperTemplate, texts: Mapping[str, str]) -> Iterator[Gap]:
    """List what the paper must state and does not, then other open blanks, then sources nobody has read."""
    required = requirements(template.paper)
    for one in required:
        open_facts = _open(one, template, texts)
        if open_facts:
            hints = "；".join(f"{name}：{template.known[name].hint}" for name in open_facts)
            absent = "、".join(f"{{{name}}}" for name in open_facts if name not in template.blanks)
            cure = f"{hints}（依据：{one.source}）"
            yield Gap("必备", one.item, f"在模板中加入 {absent}；{cure}" if absent else cure)
    stated = {name for one in required for name in one.facts}
    for name in template.blanks:
        if name not in texts and name not in stated | _OPTIONAL:
            yield Gap("待推算" if template.known[name].kind == COMPUTED else "待填", name, template.known[name].hint)
    for source in dict.fromkeys(one.source for one in required if not one.verified):
        yield Gap("核对", f"应有事项依据未核对原文：{source}", "按现行有效文本核对应有事项")


def _open(one: Requirement, template: PaperTemplate, texts: Mapping[str, str]) -> list[str]:
    return [name for name in one.facts if name not in texts or name not in template.blanks]


def _void(template: PaperTemplate, texts: Mapping[str, str]) -> Iterator[str]:
    """Say that the contract would be void."""
    missing = [one.item for one in requirements(template.paper) if one.void and _open(one, template, texts)]
    if missing:
        said = void_terms()
        yield said.text.format(缺项="、".join(missing), 依据=said.source)
