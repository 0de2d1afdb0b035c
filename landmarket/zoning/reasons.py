"""Reasons (原因) why a parcel may not, or may not yet, enter the market, and how they add up to an answer."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

Mask = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.int64]
ELIGIBLE = "eligible"


class Answer(StrEnum):
    """Whether a parcel may enter the market (入市资格)."""

    YES = "可入市"
    NO = "不可入市"
    UNKNOWN = "待核实"


@dataclass(frozen=True)
class Reason:
    """One reason (原因) with the article it rests on.

    Attributes
    ----------
    code : str
        Identifier, such as ``"vote_too_few"``.
    text : str
        Chinese text.
    article : str
        Article.
    effect : str
        ``no``, ``unknown``, ``warn`` (said, but does not block) or ``yes``.
    """

    code: str
    text: str
    article: str
    effect: str


@cache
def reasons() -> Mapping[str, Reason]:
    """All reasons `market_entry` can give.

    Returns
    -------
    mapping of str to Reason
        By code, in the order in which they are listed; read-only.
    """
    text = files("landmarket.zoning").joinpath("data", "reasons.csv").read_text(encoding="utf-8-sig")
    rows = csv.DictReader(text.splitlines())
    return MappingProxyType(
        {row["code"]: Reason(row["code"], row["text"], row["article"], row["effect"]) for row in rows}
    )


class Found(NamedTuple):
    """Where a reason applies.

    Attributes
    ----------
    code : str
        The reason.
    where : ndarray of bool
        Parcels it applies to.
    details : sequence of str or None
        What is said in brackets behind the text, one per parcel it applies to.
    articles : sequence of str or None
        Articles that go before the reason's own, one per parcel it applies to.
    """

    code: str
    where: Mask
    details: list[str] | None = None
    articles: list[str] | None = None


def combine(found: Iterable[Found], index: pd.Index[str]) -> pd.DataFrame:
    """Add the reasons of every parcel up to an answer.

    Parameters
    ----------
    found : iterable of Found
        Reasons and where they apply, in any order.
    index : Index
        The parcels.

    Returns
    -------
    DataFrame
        On the index: ``allowed``, ``reason`` (codes joined by ;), ``reason_text`` and ``article`` (joined by ；).
        Any reason with effect ``no`` forbids; else any ``unknown`` leaves it open; else the parcel may enter.
    """
    order = {code: position for position, code in enumerate(reasons())}
    listed = sorted(found, key=lambda one: order[one.code])
    forbidden, open_ = _any(listed, "no", len(index)), _any(listed, "unknown", len(index))
    listed.insert(0, Found(ELIGIBLE, ~forbidden & ~open_))
    number, first = _combinations(listed, len(index))
    answers = pd.DataFrame(_joined(listed, first), dtype="str")
    answers.insert(
        0, "allowed", np.select([forbidden, open_], [str(Answer.NO), str(Answer.UNKNOWN)], str(Answer.YES))[first]
    )
    return answers.astype("str").take(number).set_axis(index)


def _combinations(found: list[Found], size: int) -> tuple[Positions, Positions]:
    """Number of each parcel's combination of reasons and what is said of them, and the first parcel of each."""
    number = np.zeros(size, dtype=np.int64)
    for one in found:
        if not one.where.any():
            continue
        variant = np.zeros(size, dtype=np.int64)
        variant[one.where] = 1
        for said in (one.details, one.articles):
            if said:
                distinct, texts = pd.factorize(np.array(said, dtype=object))
                variant[one.where] = variant[one.where] * len(texts) + distinct
        number = pd.factorize(number * (variant.max() + 1) + variant)[0]
    return number, np.unique(number, return_index=True)[1]


def _joined(found: list[Found], rows: Positions) -> dict[str, list[str]]:
    """Codes, texts and articles of some parcels, joined in the order of the reasons."""
    codes: list[list[str]] = [[] for _ in rows]
    texts: list[list[str]] = [[] for _ in rows]
    articles: list[list[str]] = [[] for _ in rows]
    for one in found:
        reason, place = reasons()[one.code], np.cumsum(one.where) - 1
        for own in np.flatnonzero(one.where[rows]):
            at = place[rows[own]]
            codes[own].append(reason.code)
            texts[own].append(f"{reason.text}（{one.details[at]}）" if one.details else reason.text)
            articles[own].append(one.articles[at] if one.articles else reason.article)
    return {
        "reason": [";".join(row) for row in codes],
        "reason_text": ["；".join(row) for row in texts],
        "article": ["；".join(dict.fromkeys(row)) for row in articles],
    }


def _any(found: list[Found], effect: str, size: int) -> Mask:
    result = np.zeros(size, dtype=bool)
    for one in found:
        if reasons()[one.code].effect == effect:
            result |= one.where
    return result
