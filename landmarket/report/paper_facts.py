"""The facts that the papers of a deal have blanks for (填写项), what each paper must state, and its void terms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from landmarket.errors import BadValueError, RuleError
from landmarket.io.manifest import require_public
from landmarket.report.amount_text import amount_in_words
from landmarket.rules import load_toml
from landmarket.units import yuan_text

FactValue = str | date | int
TEXT, DATE, FEN, COMPUTED = "text", "date", "fen", "computed"
KINDS = (TEXT, DATE, FEN)
"""Kinds of facts that a template may declare itself."""

_FOLDER = "templates"
_FIGURE = "[0-9０-９]|[〇零一二两三四五六七八九十百千壹贰叁肆伍陆柒捌玖拾佰仟]+[万亿元]"
_TOLD = re.compile(rf"(?:底价|保留价|标底)[\s:：＝=（(为是系定人民币￥¥]*(?:{_FIGURE})")


class PaperFact(NamedTuple):
    """A fact that a paper has a blank for (填写项).

    Attributes
    ----------
    name, hint : str
        Its name, and how to fill it in.
    kind : str
        ``text``, ``date``, ``fen`` (integer fen [分]) or ``computed``.
    """

    name: str
    hint: str
    kind: str


class Requirement(NamedTuple):
    """Something a paper must state (应有事项).

    Attributes
    ----------
    paper, item : str
        The paper, and the item as its source names it.
    facts : tuple of str
        Facts that together state it.
    source : str
        Document and article.
    verified : bool
        Whether its text was read.
    void : bool
        Whether a contract without it is void.
    """

    paper: str
    item: str
    facts: tuple[str, ...]
    source: str
    verified: bool
    void: bool


class VoidTerms(NamedTuple):
    """What is said of a contract that lacks what it may not lack (合同无效).

    Attributes
    ----------
    text : str
        The sentence, with blanks {缺项} and {依据}.
    source : str
        Document and article.
    """

    text: str
    source: str


@cache
def paper_facts() -> Mapping[str, PaperFact]:
    """Return the facts that any template may have blanks for (填写项).

    Returns
    -------
    mapping of str to PaperFact
        By name, in the order in which they are asked for.
    """
    records = _records("facts.toml", "fact")
    found = [PaperFact(str(one["name"]), str(one["hint"]), str(one.get("kind", TEXT))) for one in records]
    return {fact.name: fact for fact in found}


@cache
def requirements(paper: str) -> tuple[Requirement, ...]:
    """Return what a paper must state (应有事项).

    Parameters
    ----------
    paper : str
        Such as 入市方案.

    Returns
    -------
    tuple of Requirement
        In order; empty for a paper of which nothing is laid down.
    """
    found = []
    for one in _records("requirements.toml", "requirement"):
        source, verified = str(one["source"]), one["verified"] is True
        for item in _tables(one["items"]) if one["paper"] == paper else ():
            void = item.get("void") is True
            found.append(Requirement(paper, str(item["item"]), _strings(item["facts"]), source, verified, void))
    return tuple(found)


@cache
def void_terms() -> VoidTerms:
    """Return what is said of a contract without planning, industry or environment terms (合同无效).

    Returns
    -------
    VoidTerms
        Sentence and source.
    """
    (found,) = _tables([load_toml(files("landmarket.report").joinpath(_FOLDER, "requirements.toml"))["void"]])
    return VoidTerms(str(found["text"]), str(found["source"]))


def fact_texts(stated: Mapping[str, FactValue], known: Mapping[str, PaperFact]) -> dict[str, str]:
    """Print facts as papers have them (填写项的文字).

    Parameters
    ----------
    stated : mapping of str to str, date or int
        Facts by name; int is integer fen [分]. Blank text is left out.
    known : mapping of str to PaperFact
        What may be stated.

    Returns
    -------
    dict of str to str
        Dates as 2026年3月2日, amounts as figures [元] and capital numerals.

    Raises
    ------
    BadValueError
        If a name is secret, unknown or of a computed fact, a value is of another kind, or tells a secret price.
    """
    require_public(stated, "交易文书")
    unknown = [name for name in stated if name not in known]
    computed = [name for name in stated if name in known and known[name].kind == COMPUTED]
    if unknown or computed:
        named = "、".join(unknown or computed)
        what = "没有这些填写项" if unknown else "由程序推算，不得填写"
        raise BadValueError(f"交易文书：{named}：{what}。办法：填写项的名称见模板说明，或在模板中用 [[fact]] 声明。")
    texts = {name: _text(known[name], value) for name, value in stated.items()}
    require_untold(texts.items(), "交易文书")
    return {name: text for name, text in texts.items() if text}


def fact_day(stated: Mapping[str, FactValue], name: str) -> date | None:
    """Look up a fact that is a day (日期填写项).

    Parameters
    ----------
    stated : mapping of str to str, date or int
        Facts by name.
    name : str
        The fact.

    Returns
    -------
    date or None
        None where it is not stated.

    Raises
    ------
    BadValueError
        If it is no date.
    """
    value = stated.get(name)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, date):
        return value.date() if isinstance(value, datetime) else value
    if isinstance(value, str):
        with suppress(ValueError):
            return date.fromisoformat(value.strip())
    raise BadValueError(f"交易文书：{name} = {value!r} 不是日期。办法：写成 2026-03-02。")


def require_untold(texts: Iterable[tuple[str, str]], where: str) -> None:
    """Raise if a text tells a secret price (底价) in figures.

    Parameters
    ----------
    texts : iterable of (str, str)
        Name and text.
    where : str
        Where they would be printed, for the message.

    Raises
    ------
    BadValueError
        Naming the texts, not what they tell.
    """
    told = [name for name, text in texts if _TOLD.search(text)]
    if told:
        raise BadValueError(f"{where}：{'、'.join(told)} 写有底价数额，截止前保密，不得写入。办法：删去数额。")


def _text(fact: PaperFact, value: FactValue) -> str:
    if isinstance(value, bool) or not isinstance(value, str | date | int):
        raise BadValueError(f"交易文书：{fact.name} = {value!r} 不能写入。办法：改为文字、日期或整数分。")
    if fact.kind == DATE:
        day = fact_day({fact.name: value}, fact.name)
        return day_text(day) if day else ""
    if isinstance(value, int) and fact.kind == FEN:
        return f"{yuan_text(value)} 元（人民币{amount_in_words(value)}）"
    if not isinstance(value, str):
        wanted = "整数分，或已写好的文字" if fact.kind == FEN else "文字"
        raise BadValueError(f"交易文书：{fact.name} = {value!r} 不能写入。办法：写成{wanted}。")
    return value.strip()


def day_text(day: date) -> str:
    """Print a day as papers do (日期).

    Parameters
    ----------
    day : date
        The day.

    Returns
    -------
    str
        Such as 2026年3月2日.

    Examples
    --------
    >>> day_text(date(2026, 3, 2))
    '2026年3月2日'
    """
    return f"{day.year}年{day.month}月{day.day}日"


def _records(name: str, key: str) -> list[dict[str, object]]:
    return _tables(load_toml(files("landmarket.report").joinpath(_FOLDER, name))[key])


def _tables(found: object) -> list[dict[str, object]]:
    if not isinstance(found, list):
        raise RuleError(f"{_FOLDER}：{found!r} 应为记录的数组。办法：恢复随包的文件。")
    return found


def _strings(found: object) -> tuple[str, ...]:
    return tuple(map(str, found)) if isinstance(found, list) else ()
