"""The lines of a public notice (公示表的行): what its document and its plain table both print."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import pandas as pd

from landmarket.exact import apportion
from landmarket.report.amount_text import amount_in_words
from landmarket.report.public_notice_parts import PublicNotice, amounts_of, texts_of
from landmarket.report.public_notice_text import chapter
from landmarket.units import yuan_text

_WEIGHT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?|[0-9]{1,9}/[1-9][0-9]{0,8}")
_HUNDREDTHS = 10_000  # of a per cent of the price
_NO_SUM = "—"


class Line(NamedTuple):
    """One line of the sheet (公示表的一行).

    Attributes
    ----------
    section : str
        Heading it stands under; a villagers' group for a member.
    item : str
        Label, party, or number of the member in the group.
    household, name, weight : str
        Of a member.
    text : str
        A fact, or how an amount was computed.
    share : str
        Of the price.
    fen : int, optional
        Amount [分].
    """

    section: str
    item: str
    household: str = ""
    name: str = ""
    weight: str = ""
    text: str = ""
    share: str = ""
    fen: int | None = None

    @property
    def amount(self) -> str:
        """The amount as printed [元]."""
        return "" if self.fen is None else yuan_text(self.fen)


def title_of(notice: PublicNotice) -> str:
    """Title of the sheet (公示表标题).

    Parameters
    ----------
    notice : PublicNotice
        What is posted.

    Returns
    -------
    str
        Begins with the collective.
    """
    return chapter("").words["title"].format(collective=notice.collective)


def deal_lines(notice: PublicNotice) -> list[Line]:
    """List the facts of the deal (交易情况), the price in words last.

    Parameters
    ----------
    notice : PublicNotice
        What is posted.

    Returns
    -------
    list of Line
        Label and text; the price [元] is one but last.
    """
    words = chapter("deal").words
    price, said = yuan_text(notice.price_fen), words["currency"] + amount_in_words(notice.price_fen)
    facts = [*notice.deal.items(), (words["price"], price), (words["words"], said)]
    return [Line(words["heading"], item, text=text) for item, text in facts]


def part_lines(notice: PublicNotice) -> list[Line]:
    """List the parts of the price (收益分配), their sum last.

    Parameters
    ----------
    notice : PublicNotice
        What is posted.

    Returns
    -------
    list of Line
        Shares are rounded by the largest remainder, so that they add up to 100 %.
    """
    heading, amounts = chapter("parts").words["heading"], amounts_of(notice.parts)
    texts = zip(texts_of(notice.parts["party"]), texts_of(notice.parts["basis"]), strict=True)
    lines = [
        Line(heading, party, text=basis, share=_percent(share), fen=fen)
        for (party, basis), share, fen in zip(texts, apportion(_HUNDREDTHS, amounts), amounts, strict=True)
    ]
    return [*lines, Line(heading, chapter("").words["total"], share=_percent(_HUNDREDTHS), fen=sum(amounts))]


def _percent(hundredths: int) -> str:
    return f"{hundredths // 100}.{hundredths % 100:02}%"


def member_groups(notice: PublicNotice) -> list[list[Line]]:
    """List what members are paid (成员分配), by villagers' group.

    Parameters
    ----------
    notice : PublicNotice
        What is posted.

    Returns
    -------
    list of list of Line
        Groups in the order of their first members, the subtotal of each as its last line; none without members.
    """
    places: dict[str, list[int]] = {}
    for place, name in enumerate(texts_of(notice.members["group"])):
        places.setdefault(name, []).append(place)
    return [_group(name, notice.members.iloc[own]) for name, own in places.items()]


def _group(name: str, own: pd.DataFrame) -> list[Line]:
    words, amounts, weights = chapter("members").words, amounts_of(own), texts_of(own["weight"])
    section = words["group"].format(group=name or chapter("").words["no_group"], count=len(own))
    columns = zip(texts_of(own["household"]), texts_of(own["name"]), weights, amounts, strict=True)
    lines = [
        Line(section, str(number), household, person, weight, fen=fen)
        for number, (household, person, weight, fen) in enumerate(columns, start=1)
    ]
    return [
        *lines,
        Line(section, words["subtotal"].format(count=len(own)), weight=weight_sum(weights), fen=sum(amounts)),
    ]


def member_total(notice: PublicNotice) -> Line:
    """Sum up what members are paid (成员分配合计).

    Parameters
    ----------
    notice : PublicNotice
        What is posted.

    Returns
    -------
    Line
        With the sum of heads or shares.
    """
    words, weights = chapter("members").words, texts_of(notice.members["weight"])
    said, fen = words["total"].format(count=len(weights)), sum(amounts_of(notice.members))
    return Line(words["heading"], said, weight=weight_sum(weights), fen=fen)


def undistributed_line(notice: PublicNotice) -> Line:
    """Say that nothing is paid to members, and why (不直接分配).

    Parameters
    ----------
    notice : PublicNotice
        What is posted.

    Returns
    -------
    Line
        With the reason in its text.
    """
    words = chapter("members").words
    said = words["undistributed"].format(reason=notice.undistributed_reason)
    return Line(words["heading"], words["none"], text=said)


def period_lines(notice: PublicNotice) -> list[Line]:
    """List how long the sheet is posted and who takes objections (公示与异议).

    Parameters
    ----------
    notice : PublicNotice
        What is posted.

    Returns
    -------
    list of Line
        The period first.
    """
    words = chapter("period").words
    first, last = (f"{day.year}年{day.month}月{day.day}日" for day in (notice.from_on, notice.until_on))
    said = words["text"].format(first=first, last=last, days=notice.least_days, source=notice.days_source)
    facts = [(words["label"], said), *notice.objections.items()]
    return [Line(words["heading"], item, text=text) for item, text in facts]


def weight_sum(weights: Sequence[str]) -> str:
    """Add up heads or shares as printed (人数、份额合计), exactly.

    Parameters
    ----------
    weights : sequence of str
        Whole numbers, decimals, or fractions such as ``1/4``.

    Returns
    -------
    str
        Their sum; — where one of them is no such number.

    Examples
    --------
    >>> weight_sum(["1/3", "2/3", "10"]), weight_sum(["0.1", "0.2"]), weight_sum(["1/3"]), weight_sum(["甲"])
    ('11', '0.3', '1/3', '—')
    """
    if not all(map(_WEIGHT.fullmatch, weights)):
        return _NO_SUM
    total = sum(map(Fraction, weights), Fraction(0))
    shown = Decimal(total.numerator) / Decimal(total.denominator)
    return f"{shown.normalize():f}" if Fraction(shown) == total else str(total)
