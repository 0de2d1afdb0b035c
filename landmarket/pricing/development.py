"""Development degree (开发程度): 五通一平 and the like as items, and the correction for their difference."""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files

from landmarket.errors import BadValueError
from landmarket.io.sheets import plain

_WHERE = re.compile(r"(宗地|基础设施|配套)?(红线|宗地)(内外|外|内)|达到|[（）()]")
_SEPARATORS = re.compile(r"[、，,；;+和及]")
_THROUGH = re.compile(r"^[一二三四五六七]通$")


@cache
def _rows(name: str) -> tuple[dict[str, str], ...]:
    text = files("landmarket.pricing").joinpath(f"data/{name}").read_text(encoding="utf-8-sig")
    return tuple(csv.DictReader(text.splitlines()))


@cache
def read_development(text: str) -> tuple[frozenset[str], str]:
    """Read a development degree as its items, and say what cannot be read.

    Parameters
    ----------
    text : str
        For example ``五通一平``.

    Returns
    -------
    items : frozenset of str
        Items such as 通路, 供水, 场地平整.
    trouble : str
        In Chinese which word is not known, and how to write it; empty where all are.
    """
    degrees = {row["degree"]: row["items"] for row in _rows("development.csv")}
    synonyms = {row["word"]: row["item"] for row in _rows("development_words.csv")}
    known = {item for items in degrees.values() for item in items.split("、") if item}
    found: set[str] = set()
    for word in filter(None, _SEPARATORS.split(_WHERE.sub("", plain(text)))):
        if word in degrees:
            found |= set(filter(None, degrees[word].split("、")))
        elif _THROUGH.match(word):
            found |= set(degrees[f"{word}一平"].split("、")) - {"场地平整"}
        elif synonyms.get(word, word) in known:
            found.add(synonyms.get(word, word))
        else:
            return frozenset(), f"{word!r} 不认识，写成 五通一平，或列举 {'、'.join(sorted(known))}"
    return frozenset(found), ""


def development_items(text: str) -> frozenset[str]:
    """Read a development degree as its items.

    Parameters
    ----------
    text : str
        For example ``五通一平``, ``红线外五通、红线内场地平整`` or a list such as ``通路、通电、供水``.

    Returns
    -------
    frozenset of str
        Items such as 通路, 供水, 场地平整.

    Raises
    ------
    BadValueError
        If a word is not known.

    Examples
    --------
    >>> sorted(development_items("五通一平") - development_items("三通一平"))
    ['排水', '通讯']
    """
    items, trouble = read_development(text)
    if trouble:
        raise BadValueError(f"开发程度 {text!r} 中的 {trouble}。")
    return items
