"""Working days against the State Council's own announcements, and a calendar walked day by day."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landmarket.errors import LandMarketError, RuleError
from landmarket.workdays import (
    HolidayNotice,
    add_working_days,
    is_working_day,
    next_working_day,
    read_holiday_notices,
    working_days_between,
)

# 国务院办公厅关于 2025 年部分节假日安排的通知（国办发明电〔2024〕12号）, typed in from its text.
OFF_2025 = {
    *(date(2025, 1, day) for day in (1, 28, 29, 30, 31)),
    *(date(2025, 2, day) for day in (1, 2, 3, 4)),
    *(date(2025, 4, day) for day in (4, 5, 6)),
    *(date(2025, 5, day) for day in (1, 2, 3, 4, 5, 31)),
    *(date(2025, 6, day) for day in (1, 2)),
    *(date(2025, 10, day) for day in range(1, 9)),
}
WORKED_2025 = {date(2025, 1, 26), date(2025, 2, 8), date(2025, 4, 27), date(2025, 9, 28), date(2025, 10, 11)}
DAYS_2025 = [date(2025, 1, 1) + timedelta(days=n) for n in range(365)]
WORKING_2025 = [day for day in DAYS_2025 if day in WORKED_2025 or (day.weekday() < 5 and day not in OFF_2025)]

NOTICE_2031 = HolidayNotice(2031, frozenset({date(2031, 1, 1)}), frozenset({date(2031, 1, 4)}), "示例，虚构")
in_2025 = st.sampled_from(DAYS_2025)


def test_a_year_as_announced() -> None:
    assert [day for day in DAYS_2025 if is_working_day(day)] == WORKING_2025
    assert len(WORKING_2025) == 365 - 104 - 13  # weekends, and the thirteen public holidays since 2025


@given(in_2025, in_2025)
def test_days_between_are_counted_one_by_one(start: date, end: date) -> None:
    counted = sum(start < day <= end for day in WORKING_2025) - sum(end <= day < start for day in WORKING_2025)
    assert working_days_between(start, end) == counted


@given(in_2025, st.integers(-20, 20))
def test_adding_and_counting_agree(day: date, n: int) -> None:
    moved = add_working_days(day, n)
    assert n == 0 or is_working_day(moved)
    assert working_days_between(day, moved) == n


def test_ten_days_before_a_deal_skip_the_holidays() -> None:
    # Back from Wednesday 15 October: 14, 13, 11 (a worked Saturday), 10, 9; over the days off 1 to 8;
    # then 30, 29, 28 (a worked Sunday), 26 and 25 September.
    assert add_working_days(date(2025, 10, 15), -10) == date(2025, 9, 25)


def test_a_day_off_moves_on() -> None:
    assert next_working_day(date(2025, 10, 3)) == date(2025, 10, 9)
    assert next_working_day(date(2025, 10, 11)) == date(2025, 10, 11)


@pytest.mark.parametrize("year", [2003, 2031])
def test_a_year_not_announced_is_refused_by_name(year: int) -> None:
    with pytest.raises(RuleError, match=rf"{year} 年.*chinesecalendar"):
        is_working_day(date(year, 6, 3))


def test_counting_into_a_year_not_announced_is_refused() -> None:
    last = date(max(year for year in range(2020, 2031) if knows(year)), 12, 30)
    with pytest.raises(RuleError, match=str(last.year + 1)):
        add_working_days(last, 5)


def knows(year: int) -> bool:
    """Whether the package has that year."""
    try:
        is_working_day(date(year, 6, 3))
    except LandMarketError:
        return False
    return True


def test_a_notice_makes_the_year_known() -> None:
    assert [is_working_day(date(2031, 1, day), [NOTICE_2031]) for day in (1, 2, 3, 4, 5)] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert add_working_days(date(2031, 1, 1), 4, [NOTICE_2031]) == date(2031, 1, 6)


def test_a_notice_goes_before_the_package() -> None:
    stricter = HolidayNotice(2025, frozenset({date(2025, 6, 3)}), frozenset(), "示例，虚构")
    assert is_working_day(date(2025, 6, 3))
    assert not is_working_day(date(2025, 6, 3), [stricter])


def test_notices_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "holidays.toml"
    path.write_text(
        '[[holidays]]\nyear = 2031\ndays_off = [2031-01-01]\nworking_weekends = [2031-01-04]\nsource = "示例，虚构"\n',
        encoding="utf-8",
    )
    assert read_holiday_notices(path) == (NOTICE_2031,)


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        ('year = 2031\ndays_off = []\nsource = "x"', "working_weekends"),
        ('year = "2031"\ndays_off = []\nworking_weekends = []\nsource = "x"', "year"),
        ('year = 2031\ndays_off = [2030-01-01]\nworking_weekends = []\nsource = "x"', "2031 年"),
        ('year = 2031\ndays_off = ["2031-01-01"]\nworking_weekends = []\nsource = "x"', "不加引号"),
        ('year = 2031\ndays_off = []\nworking_weekends = [2031-01-03]\nsource = "x"', "不是周末"),
        ('year = 2031\ndays_off = []\nworking_weekends = []\nsource = ""', "文号"),
        ('year = 2031\ndays_off = 5\nworking_weekends = []\nsource = "x"', "数组"),
    ],
)
def test_a_faulty_notice_is_refused(tmp_path: Path, record: str, fault: str) -> None:
    path = tmp_path / "holidays.toml"
    path.write_text(f"[[holidays]]\n{record}\n", encoding="utf-8")
    with pytest.raises(RuleError, match=fault):
        read_holiday_notices(path)
