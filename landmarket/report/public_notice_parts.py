"""What a public notice on the income of a deal consists of (公示内容), and whether it adds up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from landmarket.checks import require_columns
from landmarket.columns import label
from landmarket.errors import BadValueError, named_rows
from landmarket.report.public_notice_text import chapter
from landmarket.units import yuan_text

_PARTS = ["party", "basis", "amount_fen"]
_MEMBERS = ["group", "household", "name", "weight", "amount_fen"]


@dataclass(frozen=True)
class PublicNotice:
    """What is posted about the income of one deal (收益分配公示).

    Attributes
    ----------
    collective : str
        Name of the collective (农村集体经济组织), as on its seal.
    deal : mapping of str to str
        Facts of the deal by their labels, as they are printed: 宗地代码, 坐落, 用途, 面积, 交易方式, 成交日. The price
        is printed from `price_fen`.
    parts : DataFrame
        ``party``, ``basis`` (how it was computed), ``amount_fen`` (integer [分]).
    members : DataFrame
        ``group``, ``household``, ``name``, ``weight`` (heads or share, as printed), ``amount_fen`` (integer [分]), in
        the order of the sheet. May be empty.
    price_fen, members_fen : int
        Deal price, and what members are paid together [分].
    from_on, until_on : date
        First and last day of the publication.
    least_days : int
        Days the publication must last; the first one is not counted (民法典 art. 201).
    days_source : str
        Where that is laid down, such as the article of the charter.
    objections : mapping of str to str
        Who takes objections, by labels: 受理单位, 电话, 地址, 截止日期.
    notice : str
        A line on each page, such as that the data are invented; may be empty.
    undistributed_reason : str
        Why members are paid nothing; needed where there are none.
    """

    collective: str
    deal: Mapping[str, str]
    parts: pd.DataFrame
    members: pd.DataFrame
    price_fen: int
    members_fen: int
    from_on: date
    until_on: date
    least_days: int
    days_source: str
    objections: Mapping[str, str]
    notice: str = ""
    undistributed_reason: str = ""


def texts_of(values: pd.Series[str]) -> list[str]:
    """Print a column; what is missing is empty (列的文字).

    Parameters
    ----------
    values : Series
        A column.

    Returns
    -------
    list of str
        In order.
    """
    return [str(value) if known else "" for value, known in zip(values.tolist(), values.notna().tolist(), strict=True)]


def amounts_of(table: pd.DataFrame) -> list[int]:
    """Take the amounts of a sound table, so that sums are exact (金额).

    Parameters
    ----------
    table : DataFrame
        With ``amount_fen`` [分].

    Returns
    -------
    list of int
        In order [分].
    """
    return [int(fen) for fen in table["amount_fen"].tolist()]


def require_sound_notice(notice: PublicNotice) -> None:
    """Raise unless a notice adds up and is posted long enough (公示表核对).

    Parameters
    ----------
    notice : PublicNotice
        What is to be posted.

    Raises
    ------
    MissingColumnError
        If a table lacks a column.
    BadValueError
        If the price is not above zero, an amount is no whole fen or negative, parts do not add up to the price or
        members to `members_fen`, the last day is before the first or too early, the source of the days is missing, or
        the reason for paying nobody. Members are named by their row: names stand on the sheet alone.
    """
    require_columns(notice.parts, _PARTS, "PublicNotice.parts")
    require_columns(notice.members, _MEMBERS, "PublicNotice.members")
    if notice.price_fen <= 0:
        raise _refusal(notice, "price_fen", f"{yuan_text(notice.price_fen)} 元", "成交价应大于 0")
    _require_amounts(notice, "parts", notice.parts)
    _require_amounts(notice, "members", notice.members)
    _require_sum(notice, "parts", notice.parts, "price_fen", notice.price_fen)
    _require_sum(notice, "members", notice.members, "members_fen", notice.members_fen)
    own = [party == chapter("").words["members_party"] for party in texts_of(notice.parts["party"])]
    if any(own):
        _require_sum(notice, "parts（成员分配）", notice.parts[own], "members_fen", notice.members_fen)
    _require_days(notice)
    if notice.members.empty and not notice.undistributed_reason.strip():
        raise _refusal(notice, "undistributed_reason", "空", "没有成员分配时，写明不直接分配的理由")


def _refusal(notice: PublicNotice, name: str, value: str, cure: str) -> BadValueError:
    return BadValueError(f"收益分配公示表（{notice.collective}）：{label(name)} = {value}。办法：{cure}。")


def _require_amounts(notice: PublicNotice, name: str, table: pd.DataFrame) -> None:
    amounts = enumerate(table["amount_fen"].tolist(), start=1)
    bad = [(row, fen) for row, fen in amounts if not isinstance(fen, int) or isinstance(fen, bool) or fen < 0]
    if bad:
        listed = named_rows(*zip(*bad, strict=True))
        raise _refusal(notice, f"{name} 的 {label('amount_fen')}", listed, "金额应为不小于 0 的整数分，按行号核对")


def _require_sum(notice: PublicNotice, name: str, table: pd.DataFrame, whole: str, fen: int) -> None:
    total = sum(amounts_of(table))
    if total != fen:
        value = f"{yuan_text(total)} 元，{label(whole)} {yuan_text(fen)} 元，相差 {yuan_text(total - fen)} 元"
        raise _refusal(notice, f"{name} 的 {label('amount_fen')}合计", value, "核对各行金额，两者应相等")


def _require_days(notice: PublicNotice) -> None:
    days, asked = (notice.until_on - notice.from_on).days, notice.least_days
    said = f"{notice.until_on}，from_on = {notice.from_on}"
    if days < 0:
        raise _refusal(notice, "until_on", f"{said}，早 {-days} 日", "公示截止日不应早于开始日")
    if days < asked:
        cure = f"延长公示期，应不少于 {asked} 日（开始当日不计入），差 {asked - days} 日"
        raise _refusal(notice, "until_on", f"{said}，公示 {days} 日", cure)
    if not notice.days_source.strip():
        raise _refusal(notice, "days_source", "空", "写明公示天数的依据")
