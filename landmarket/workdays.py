"""Working days (工作日) of mainland China: weekends, public holidays and the days worked in their stead.

The holidays come from the package ``chinesecalendar``, which knows the years whose holidays the State Council
has announced. Another year is refused, unless its announcement is given as a `HolidayNotice`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import chinese_calendar

from landmarket.errors import RuleError
from landmarket.rules import load_toml

_FRIDAY = 4


@dataclass(frozen=True)
class HolidayNotice:
    """The announcement of one year's public holidays (国务院办公厅部分节假日安排的通知).

    Attributes
    ----------
    year : int
        Calendar year.
    days_off : frozenset of date
        Every day off that is not simply a weekend.
    working_weekends : frozenset of date
        Saturdays and Sundays that are worked instead.
    source : str
        Number of the announcement.
    """

    year: int
    days_off: frozenset[date]
    working_weekends: frozenset[date]
    source: str


def read_holiday_notices(path: Path) -> tuple[HolidayNotice, ...]:
    """Read announcements of holidays from a file.

    Parameters
    ----------
    path : Path
        TOML file of ``[[holidays]]`` records with ``year``, ``days_off``, ``working_weekends`` and ``source``.

    Returns
    -------
    tuple of HolidayNotice
        In the order of the file.

    Raises
    ------
    ReadError
        If the file is not TOML.
    RuleError
        If a record is incomplete or a date lies outside its year.
    """
    return holiday_notices(load_toml(path).get("holidays", []), str(path))


def holiday_notices(records: object, where: str) -> tuple[HolidayNotice, ...]:
    """Check announcements of holidays as a TOML document holds them.

    Parameters
    ----------
    records : object
        The list under ``holidays``.
    where : str
        The file, for messages.

    Returns
    -------
    tuple of HolidayNotice
        In the order given.

    Raises
    ------
    RuleError
        If a record is incomplete, or a date is no date or lies outside its year.
    """
    if not isinstance(records, list):
        raise RuleError(f"{where}：holidays 应为 [[holidays]] 记录。")
    return tuple(_notice(record, f"{where} 第 {i} 条 [[holidays]]") for i, record in enumerate(records, start=1))


def _notice(record: object, where: str) -> HolidayNotice:
    if not isinstance(record, dict) or set(record) != {"year", "days_off", "working_weekends", "source"}:
        raise RuleError(f"{where}：应恰有 year、days_off、working_weekends、source 四项。")
    year, source = record["year"], record["source"]
    if type(year) is not int or not isinstance(source, str) or not source:
        raise RuleError(f"{where}：year 应为整数，source 应写明通知文号。")
    days = {name: _days(record[name], year, f"{where} 的 {name}") for name in ("days_off", "working_weekends")}
    weekdays = sorted(day for day in days["working_weekends"] if day.weekday() <= _FRIDAY)
    if weekdays:
        raise RuleError(f"{where}：working_weekends 中的 {weekdays[0]} 不是周末。")
    return HolidayNotice(year, days["days_off"], days["working_weekends"], source)


def _days(values: object, year: int, where: str) -> frozenset[date]:
    if not isinstance(values, list):
        raise RuleError(f"{where} 应为日期数组。")
    for value in values:
        if type(value) is not date or value.year != year:
            raise RuleError(f"{where}：{value!r} 不是 {year} 年的日期。办法：写成 {year}-10-01，不加引号。")
    return frozenset(values)


@cache
def _years_known() -> frozenset[int]:
    return frozenset(day.year for day in chinese_calendar.holidays)


def is_working_day(day: date, notices: Iterable[HolidayNotice] = ()) -> bool:
    """Tell whether a day is a working day.

    Parameters
    ----------
    day : date
        The day.
    notices : iterable of HolidayNotice, optional
        Announcements that go before the package's own calendar for their years.

    Returns
    -------
    bool
        True for a working day.

    Raises
    ------
    RuleError
        If the holidays of that year are not known.

    Examples
    --------
    National Day 2025 was a Wednesday; Sunday 28 September 2025 was worked instead (国办发明电〔2024〕12号):

    >>> is_working_day(date(2025, 10, 1)), is_working_day(date(2025, 9, 28))
    (False, True)
    """
    for notice in notices:
        if notice.year == day.year:
            weekend = day.weekday() > _FRIDAY
            return day in notice.working_weekends or not (weekend or day in notice.days_off)
    if day.year not in _years_known():
        raise RuleError(
            f"{day.year} 年的法定节假日安排未知（已知 {min(_years_known())}—{max(_years_known())} 年），"
            f"不能推算 {day} 前后的工作日。办法：更新 chinesecalendar 包，或在规则文件的 [[holidays]] 中写明放假安排。"
        )
    return bool(chinese_calendar.is_workday(day))


def add_working_days(day: date, n: int, notices: Iterable[HolidayNotice] = ()) -> date:
    """Count working days onwards from a day; the day itself is not counted (民法典 art. 201).

    Parameters
    ----------
    day : date
        The day to count from, working day or not.
    n : int
        Working days; negative counts back, zero gives the day itself.
    notices : iterable of HolidayNotice, optional
        Announcements that go before the package's own calendar for their years.

    Returns
    -------
    date
        The n-th working day after (before) the day.

    Raises
    ------
    RuleError
        If the count enters a year whose holidays are not known.

    Examples
    --------
    Ten working days after 29 September 2025 pass over the eight days off of October and a worked Saturday:

    >>> add_working_days(date(2025, 9, 29), 10)
    datetime.date(2025, 10, 20)
    """
    notices, step, left = tuple(notices), timedelta(days=1 if n >= 0 else -1), abs(n)
    while left:
        day += step
        left -= is_working_day(day, notices)
    return day


def next_working_day(day: date, notices: Iterable[HolidayNotice] = ()) -> date:
    """Move a day that is no working day on to the next one (民法典 art. 203).

    Parameters
    ----------
    day : date
        The day.
    notices : iterable of HolidayNotice, optional
        Announcements that go before the package's own calendar for their years.

    Returns
    -------
    date
        The day itself where it is a working day, else the first working day after it.

    Raises
    ------
    RuleError
        If the holidays of the year are not known.
    """
    notices = tuple(notices)
    return day if is_working_day(day, notices) else add_working_days(day, 1, notices)


def working_days_between(start: date, end: date, notices: Iterable[HolidayNotice] = ()) -> int:
    """Count the working days after one day up to and including another.

    Parameters
    ----------
    start, end : date
        The two days; the first is not counted, the last is.
    notices : iterable of HolidayNotice, optional
        Announcements that go before the package's own calendar for their years.

    Returns
    -------
    int
        Working days; negative where ``end`` is before ``start``.

    Raises
    ------
    RuleError
        If the count enters a year whose holidays are not known.

    Examples
    --------
    >>> working_days_between(date(2025, 9, 29), date(2025, 10, 20))
    10
    """
    notices, sign = tuple(notices), 1 if end >= start else -1
    days = (start + timedelta(days=sign * offset) for offset in range(1, abs((end - start).days) + 1))
    return sign * sum(is_working_day(day, notices) for day in days)
