"""The text of a draft notice (公告稿正文), as ``notice_text.toml`` has it, with its blanks filled or marked."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

_BLANK = re.compile(r"\{([^{}]+)\}")
OPEN = re.compile(r"(〔待填(?:：[^〔〕]*)?〕)")
"""A blank that nobody has filled yet."""


class Fact(NamedTuple):
    """A fact only the office knows (填写项).

    Attributes
    ----------
    name, hint : str
        Its name, and how to fill it in.
    """

    name: str
    hint: str


class Statute(NamedTuple):
    """A document the notice rests on (编制依据).

    Attributes
    ----------
    name, source : str
        How it is cited, and which version.
    verified : bool
        Whether its text was read.
    """

    name: str
    source: str
    verified: bool


class Section(NamedTuple):
    """A part of the notice (公告的一节).

    Attributes
    ----------
    heading : str
        Empty for the preamble.
    paragraphs : tuple of str
        Text with blanks in braces.
    tables : tuple of str
        Identifiers of the tables that follow.
    """

    heading: str
    paragraphs: tuple[str, ...]
    tables: tuple[str, ...]


class Template(NamedTuple):
    """The text of the notice.

    Attributes
    ----------
    title, mark : str
        Title, and the word that it is a draft.
    sections : tuple of Section
        In order.
    closing : tuple of str
        Who signs, and when.
    """

    title: str
    mark: str
    sections: tuple[Section, ...]
    closing: tuple[str, ...]


@cache
def _document() -> tuple[Template, tuple[Fact, ...], tuple[Statute, ...]]:
    found = tomllib.loads(files("landmarket.report").joinpath("notice_text.toml").read_text(encoding="utf-8"))
    sections = tuple(
        Section(one["heading"], tuple(one["paragraphs"]), tuple(one.get("tables", ()))) for one in found["section"]
    )
    template = Template(found["title"], found["mark"], sections, tuple(found["closing"]))
    return template, tuple(Fact(**one) for one in found["fact"]), tuple(Statute(**one) for one in found["basis"])


def template() -> Template:
    """Return the text of the notice.

    Returns
    -------
    Template
        With blanks in braces.
    """
    return _document()[0]


def facts() -> tuple[Fact, ...]:
    """List the facts that the text has blanks for.

    Returns
    -------
    tuple of Fact
        In the order in which they are asked for.
    """
    return _document()[1]


def statutes() -> tuple[Statute, ...]:
    """List the documents that the notice rests on.

    Returns
    -------
    tuple of Statute
        As it cites them.
    """
    return _document()[2]


def filled(text: str, stated: Mapping[str, str], county: str) -> str:
    """Fill the blanks of a text; what is not known is marked.

    Parameters
    ----------
    text : str
        With blanks in braces.
    stated : mapping of str to str
        What is known, by name.
    county : str
        Name of the county.

    Returns
    -------
    str
        For example ``自〔待填：施行日期〕起施行``.

    Examples
    --------
    >>> filled("有效期{有效期}。", {}, "某县"), filled("{县名}", {}, "某县")
    ('有效期〔待填：有效期〕。', '某县')
    """
    known = {"县名": county, "编制依据": "".join(statute.name for statute in statutes()), **stated}
    return _BLANK.sub(lambda match: known.get(match[1]) or f"〔待填：{match[1]}〕", text)
