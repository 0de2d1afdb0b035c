"""The words of a public notice (公示表文字), as ``public_notice_text.toml`` has them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Chapter(NamedTuple):
    """Words of one part of the sheet (公示表的一栏).

    Attributes
    ----------
    words : mapping of str to str
        Texts by key, with blanks in braces.
    heads : tuple of str
        Headers of its table; may be empty.
    """

    words: Mapping[str, str]
    heads: tuple[str, ...]


@cache
def chapter(name: str) -> Chapter:
    """Look up the words of one part of the sheet (公示表的一栏).

    Parameters
    ----------
    name : str
        ``deal``, ``parts``, ``members``, ``period`` or ``sheet``; empty for what stands around them.

    Returns
    -------
    Chapter
        Words and headers.
    """
    document = tomllib.loads(files("landmarket.report").joinpath("public_notice_text.toml").read_text(encoding="utf-8"))
    found = document[name] if name else document
    return Chapter({key: text for key, text in found.items() if isinstance(text, str)}, tuple(found.get("heads", ())))
