"""Words and grades of a notice (公告用语), brought to one form."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

from landmarket.io.sheets import plain
from landmarket.io.values import unlimited_terms

_ROMAN_GRADE = re.compile(r"([IVX]+|\d+)级$")
_RANKS = {
    text: rank for rank, text in enumerate(("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"), start=1)
}
_RANKS |= {text: rank for rank, text in enumerate("一二三四五六七八九十", start=1)}


@cache
def words() -> dict[str, tuple[str, ...]]:
    """Return the vocabulary of notices.

    Returns
    -------
    dict of str to tuple of str
        As in ``words.toml``; ``unlimited`` as `landmarket.io.values.unlimited_terms` has it.
    """
    text = files("landmarket.pricing").joinpath("data/words.toml").read_text(encoding="utf-8")
    return {key: tuple(value) for key, value in tomllib.loads(text).items()} | {"unlimited": unlimited_terms()}


def grade_text(text: str) -> str:
    """Bring the name of a grade (级别) to one form.

    Parameters
    ----------
    text : str
        As the notice prints it.

    Returns
    -------
    str
        ``"Ⅱ级"`` and ``"II"`` both give ``"II"``; ``"二级"`` stays.
    """
    tidy = plain(text)
    found = _ROMAN_GRADE.match(tidy)
    return found.group(1) if found else tidy


def grade_rank(grade: str) -> int | None:
    """Tell which grade comes first.

    Parameters
    ----------
    grade : str
        Grade in one form, see `grade_text`.

    Returns
    -------
    int or None
        1 for the best of ``I``, ``1``, ``一级``; None where the name is no numeral or nought: then no order is assumed.
    """
    numeral = grade.removesuffix("级").removesuffix("类")
    if numeral.isdecimal():
        return int(numeral) or None
    return _RANKS.get(numeral)
