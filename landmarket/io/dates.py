"""Days as people write them (日期): numbers with signs or 年月日, eight digits, Chinese numerals, Excel serials."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

FIRST_YEAR, LAST_YEAR = 1949, 2100
_CLOCK = (
    r"(?:[01]?\d|2[0-3])"
    r"(?::[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?|[时点](?:整|[0-5]?\d分(?:[0-5]?\d秒)?)?)"
)
_BEHIND = rf"(?:\s*[日号]\s*(?:{_CLOCK})?|(?:\s+|T){_CLOCK})?"
"""A time is a word of its own: 2021-1-112:30 may be the 1st or the 11th."""
_SIGNS = re.compile(rf"(\d{{4}})\s*[-/.年]\s*(\d{{1,2}})\s*[-/.月]\s*(\d{{1,2}}){_BEHIND}", re.ASCII)
_DIGITS = re.compile(rf"(\d{{4}})(\d{{2}})(\d{{2}})(?:(?:[01]\d|2[0-3])[0-5]\d[0-5]\d|{_BEHIND})", re.ASCII)
_NUMERALS = re.compile(
    r"([〇○零一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})[日号]"
)
_FIGURES = str.maketrans("〇○零一二三四五六七八九", "000123456789")
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?", re.ASCII)
_FIRST_SERIAL, _LAST_SERIAL = 21_000, 73_415
"""From 1957, as 20211 may be the first month of 2021, to 2100-12-31."""
_SERIAL_ZERO = date(1899, 12, 30)
"""Two days before serial 1, as Excel counts a 29th of February 1900 that never was."""
_MINGUO = re.compile(r"民[国國]")
_PART = re.compile(
    r"(?:\d{4}|[〇○零一二三四五六七八九]{4})(?:[-/.年]|年?度)?(?:(?:\d{1,2}|[一二三四五六七八九十]{1,3})月?[份底]?)?",
    re.ASCII,
)


def one_day(text: str) -> date | None:
    """Read one day.

    Parameters
    ----------
    text : str
        Half-width, without blanks at its ends; a time of day behind it is left out.

    Returns
    -------
    date or None
        None where it is no day from 1949 to 2100: half a date, a year of 民国, any other text.

    Examples
    --------
    >>> one_day("2021年1月1日") == one_day("20210101") == one_day("二〇二一年一月一日") == one_day("44197")
    True
    >>> one_day("2021年1月"), one_day("民国110年1月1日"), one_day("2021-02-30")
    (None, None, None)
    """
    day = written_day(text)
    return day if day is not None and FIRST_YEAR <= day.year <= LAST_YEAR else None


def written_day(text: str) -> date | None:
    """Read one day of any year, such as one in which no register was kept.

    Parameters
    ----------
    text : str
        As `one_day` reads it.

    Returns
    -------
    date or None
        None where it is no day.

    Examples
    --------
    >>> written_day("1925-05-14"), one_day("1925-05-14")
    (datetime.date(1925, 5, 14), None)
    """
    serial = _SERIAL.fullmatch(text)
    if serial is not None:
        count = int(serial[1])
        return _SERIAL_ZERO + timedelta(days=count) if _FIRST_SERIAL <= count <= _LAST_SERIAL else None
    found = _SIGNS.fullmatch(text) or _DIGITS.fullmatch(text)
    if found is None:
        numerals = _NUMERALS.fullmatch(text)
        parts = (
            None if numerals is None else [int(numerals[1].translate(_FIGURES)), *map(_count, numerals.groups()[1:])]
        )
    else:
        parts = [int(part) for part in found.groups()[:3]]
    try:
        return None if parts is None else date(*parts)
    except ValueError:
        return None


def _count(numeral: str) -> int:
    """Read a Chinese numeral up to 99; 0 where it is none."""
    if "十" not in numeral:
        return int(numeral.translate(_FIGURES)) if len(numeral) == 1 else 0
    tens, ones = numeral.split("十", 1)
    if "十" in ones or len(tens) > 1 or len(ones) > 1:
        return 0
    return 10 * int((tens or "一").translate(_FIGURES)) + int((ones or "〇").translate(_FIGURES))


def day_cure(texts: Iterable[object]) -> str:
    """Say how to put days right that cannot be read (日期读不懂时的办法).

    Parameters
    ----------
    texts : iterable of object
        The cells.

    Returns
    -------
    str
        In Chinese, by what is wrong with them.
    """
    cells = [str(text).strip() for text in texts]
    cures = ["写成 2021-01-31"]
    if any(_PART.fullmatch(cell) for cell in cells):
        cures.append("只有年、月的补全到日")
    if any(_MINGUO.search(cell) for cell in cells):
        cures.append("民国纪年换算为公历（民国元年是 1912 年）")
    return "，".join(cures) + "。"
