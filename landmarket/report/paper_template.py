"""Templates of the papers of a deal (文书模板): text with blanks that a bureau may edit, and filling them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

from landmarket.errors import ReadError
from landmarket.io.manifest import require_public
from landmarket.report.notice_print import PrintedTable
from landmarket.report.paper import Part, text_table
from landmarket.report.paper_facts import KINDS, TEXT, PaperFact, paper_facts, require_untold
from landmarket.rules import load_toml

_SHIPPED = ("entry_plan", "announcement", "confirmation", "contract", "supervision")
_BLANK = re.compile(r"\{([^{}]*)\}")
_KEYS = {"paper", "title", "mark", "closing", "fact", "section"}
_SECTION_KEYS = {"heading", "paragraphs", "caption", "heads", "rows"}
_FACT_KEYS = {"name", "hint", "kind"}
_NAMED = 5


class TemplatePart(NamedTuple):
    """One part of a template (模板的一节).

    Attributes
    ----------
    heading : str
        Empty for what stands before the first heading.
    paragraphs : tuple of str
        Text with blanks in braces.
    caption : str
        What its table is called; empty where there is none.
    heads : tuple of str
        Header of the table.
    rows : tuple of tuple of str
        Cells with blanks in braces.
    """

    heading: str
    paragraphs: tuple[str, ...]
    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class PaperTemplate:
    """The text of a paper with its blanks (文书模板).

    Attributes
    ----------
    paper : str
        Which paper it is, such as 入市方案.
    title, mark : str
        Title, and the line below it.
    parts : tuple of TemplatePart
        In order.
    closing : tuple of str
        Who signs, and when.
    own_facts : tuple of PaperFact
        Facts that this template declares itself.
    """

    paper: str
    title: str
    mark: str
    parts: tuple[TemplatePart, ...]
    closing: tuple[str, ...]
    own_facts: tuple[PaperFact, ...] = ()

    @property
    def known(self) -> Mapping[str, PaperFact]:
        """Facts the template may have blanks for."""
        return {**paper_facts(), **{fact.name: fact for fact in self.own_facts}}

    @property
    def blanks(self) -> tuple[str, ...]:
        """Names of its blanks, each once, in the order in which they stand there."""
        return tuple(dict.fromkeys(name for text in _texts(self) for name in _BLANK.findall(text)))


@cache
def shipped_templates() -> Mapping[str, PaperTemplate]:
    """Return the templates that ship with the package (随包模板).

    Returns
    -------
    mapping of str to PaperTemplate
        By the name of the paper: 入市方案, 出让公告, 成交确认书, 合同要点与附件, 监管协议.
    """
    folder = files("landmarket.report").joinpath("templates")
    found = [_template(folder.joinpath(f"{name}.toml"), None) for name in _SHIPPED]
    return {template.paper: template for template in found}


def shipped_template_text(paper: str) -> str:
    """Return a shipped template as text, for a bureau to save and edit (模板原文).

    Parameters
    ----------
    paper : str
        Such as 入市方案.

    Returns
    -------
    str
        TOML.

    Raises
    ------
    ReadError
        If no such paper ships.
    """
    names = dict(zip(shipped_templates(), _SHIPPED, strict=True))
    if paper not in names:
        raise ReadError(f"没有文书 {paper!r} 的模板。办法：可选 {'、'.join(names)}。")
    return files("landmarket.report").joinpath("templates", f"{names[paper]}.toml").read_text(encoding="utf-8")


def read_template(path: Path) -> PaperTemplate:
    """Read a template that a bureau has edited (读模板).

    Parameters
    ----------
    path : Path
        TOML file, built as the shipped ones are.

    Returns
    -------
    PaperTemplate
        The template.

    Raises
    ------
    ReadError
        If the file is not TOML, a key is missing, unknown or of another kind, the paper is unknown, or a blank has
        no such fact.
    BadValueError
        If it names or tells a secret price.
    """
    return _template(path, tuple(shipped_templates()))


def filled_text(text: str, texts: Mapping[str, str]) -> str:
    """Fill the blanks of a text (填写); what is not known is marked 〔待填：…〕.

    Parameters
    ----------
    text : str
        With blanks in braces.
    texts : mapping of str to str
        What is known, by name.

    Returns
    -------
    str
        The text; what is filled in is not looked through for blanks.

    Examples
    --------
    >>> filled_text("{面积}，{用途}", {"面积": "30 亩"})
    '30 亩，〔待填：用途〕'
    """
    return _BLANK.sub(lambda match: texts.get(match[1]) or f"〔待填：{match[1]}〕", text)


def filled_parts(template: PaperTemplate, texts: Mapping[str, str]) -> tuple[Part, ...]:
    """Fill the parts of a template (填写各节).

    Parameters
    ----------
    template : PaperTemplate
        The template.
    texts : mapping of str to str
        What is known, by name.

    Returns
    -------
    tuple of Part
        Ready to be printed.
    """
    return tuple(
        Part(
            filled_text(one.heading, texts),
            tuple(filled_text(text, texts) for text in one.paragraphs),
            _filled_table(one, texts),
        )
        for one in template.parts
    )


def _filled_table(part: TemplatePart, texts: Mapping[str, str]) -> tuple[PrintedTable, ...]:
    rows = [[filled_text(cell, texts) for cell in row] for row in part.rows]
    return (text_table(filled_text(part.caption, texts), part.heads, rows),) if rows else ()


def _texts(template: PaperTemplate) -> Iterator[str]:
    """Give every text of a template that may have blanks, in order."""
    yield from (template.title, template.mark)
    for part in template.parts:
        yield from (part.heading, *part.paragraphs, part.caption)
        yield from (cell for row in part.rows for cell in row)
    yield from template.closing


def _template(path: Path | Traversable, papers: tuple[str, ...] | None) -> PaperTemplate:
    found, where = load_toml(path), str(path)
    _require_keys(found, _KEYS, {"paper", "title", "section"}, where)
    sections, own = _tables(found, "section", where), _tables(found, "fact", where)
    made = PaperTemplate(
        _text(found, "paper", where),
        _text(found, "title", where),
        _text(found, "mark", where),
        tuple(_part(one, f"{where} 第 {place} 节") for place, one in enumerate(sections, 1)),
        _strings(found.get("closing", []), f"{where} 的 closing"),
        tuple(_fact(one, f"{where} 第 {place} 个 [[fact]]") for place, one in enumerate(own, 1)),
    )
    if papers is not None and made.paper not in papers:
        raise ReadError(f"{where}：paper = {made.paper!r} 不是文书名。办法：写成 {'、'.join(papers)} 之一。")
    _require_sound(made, where)
    return made


def _require_sound(template: PaperTemplate, where: str) -> None:
    """Refuse secrets, blanks without a fact, and braces that are no blank."""
    require_public((*template.blanks, *(fact.name for fact in template.own_facts)), where)
    require_untold(((text[:20], text) for text in _texts(template)), where)
    unknown = [name for name in template.blanks if name not in template.known]
    if unknown:
        raise ReadError(
            f"{where}：不认识填写项 {'、'.join(f'{{{name}}}' for name in unknown)}。"
            "办法：改用模板说明中的名称，或在本模板中用 [[fact]] 声明。"
        )
    broken = [text for text in _texts(template) if set("{}") & set(_BLANK.sub("", text))]
    if broken:
        raise ReadError(f"{where}：花括号不成对：{'；'.join(broken[:_NAMED])}。办法：填写项写成 {{名称}}。")


def _part(found: Mapping[str, object], where: str) -> TemplatePart:
    _require_keys(found, _SECTION_KEYS, {"heading"}, where)
    rows = found.get("rows", [])
    if not isinstance(rows, list):
        raise ReadError(f'{where}：rows 应为各行的数组。办法：写成 [["事项", "内容"], …]。')
    heads = _strings(found.get("heads", []), f"{where} 的 heads")
    cells = tuple(_strings(row, f"{where} 的 rows") for row in rows)
    if any(len(row) != len(heads) for row in cells):
        raise ReadError(f"{where}：rows 每行应有 {len(heads)} 格，与 heads 相同。办法：补齐，或改 heads。")
    paragraphs = _strings(found.get("paragraphs", []), f"{where} 的 paragraphs")
    return TemplatePart(_text(found, "heading", where), paragraphs, _text(found, "caption", where), heads, cells)


def _fact(found: Mapping[str, object], where: str) -> PaperFact:
    _require_keys(found, _FACT_KEYS, {"name", "hint"}, where)
    fact = PaperFact(_text(found, "name", where), _text(found, "hint", where), _text(found, "kind", where) or TEXT)
    if fact.kind not in KINDS:
        raise ReadError(f"{where}：kind = {fact.kind!r}。办法：写成 {'、'.join(KINDS)} 之一。")
    if not fact.name or fact.name in paper_facts():
        raise ReadError(f"{where}：name = {fact.name!r} 为空，或与已有的填写项重名。办法：换一个名称，或删去这条声明。")
    return fact


def _require_keys(found: Mapping[str, object], known: set[str], needed: set[str], where: str) -> None:
    missing, unknown = sorted(needed - set(found)), sorted(set(found) - known)
    if missing or unknown:
        raise ReadError(f"{where}：缺少 {missing}，不认识 {unknown}。办法：照随包模板改写。")


def _tables(found: Mapping[str, object], key: str, where: str) -> list[dict[str, object]]:
    tables = found.get(key, [])
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        raise ReadError(f"{where}：{key} 应为 [[{key}]] 记录。办法：照随包模板改写。")
    return tables


def _text(found: Mapping[str, object], key: str, where: str) -> str:
    value = found.get(key, "")
    if not isinstance(value, str):
        raise ReadError(f"{where}：{key} = {value!r} 应为文字。办法：加引号。")
    return value


def _strings(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ReadError(f'{where}：{value!r} 应为文字的数组。办法：写成 ["…", "…"]。')
    return tuple(value)
