"""Events of a right that was obtained (二级市场交易): what may be done with it, on which day, for how many years."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import numpy as np
import pandas as pd

from landmarket.errors import BadValueError
from landmarket.units import floats_of

EVENT_COLUMNS = [
    "parcel_code",
    "event_on",
    "event_kind",
    "giver",
    "taker",
    "price_fen",
    "lease_years",
    "owner_notified_on",
]


class Event(StrEnum):
    """What may be done with a right that was obtained (二级市场交易方式)."""

    SALE = "转让"
    EXCHANGE = "互换"
    EQUITY = "出资"
    GIFT = "赠与"
    LEASE = "出租"
    SUBLEASE = "转租"


@dataclass(frozen=True)
class Occurrence:
    """One event of one parcel (一次交易).

    Attributes
    ----------
    parcel_code : str
        Parcel.
    on : date
        Day.
    kind : Event
        What was done.
    giver, taker : str
        Who gives and who takes.
    price_fen : int or None
        Price [分]; None where there is none.
    lease_years : int
        Years of a lease; zero for other events.
    """

    parcel_code: str
    on: date
    kind: Event
    giver: str
    taker: str
    price_fen: int | None
    lease_years: int


def occurrences(events: pd.DataFrame) -> Iterator[Occurrence]:
    """Read checked events one by one (逐次交易).

    Parameters
    ----------
    events : DataFrame
        With `EVENT_COLUMNS`.

    Yields
    ------
    Occurrence
        In the order of the table.
    """
    days = events["event_on"].dt.date.tolist()
    prices = [None if np.isnan(fen) else int(fen) for fen in floats_of(events["price_fen"])]
    years = [0 if np.isnan(count) else int(count) for count in floats_of(events["lease_years"])]
    kinds = [Event(kind) for kind in events["event_kind"]]
    codes, givers, takers = (events[name].astype(str).tolist() for name in ("parcel_code", "giver", "taker"))
    for fields in zip(codes, days, kinds, givers, takers, prices, years, strict=True):
        yield Occurrence(*fields)


def years_between(start: date, end: date) -> float:
    """Count the years from one day to a later one (剩余年期): whole years, and days of the last one.

    Parameters
    ----------
    start, end : date
        First day, and the day on which the term ends.

    Returns
    -------
    float
        Whole years to the last anniversary of `start`, and the days after it / the days of that year.

    Raises
    ------
    BadValueError
        If the end is before the start.

    Examples
    --------
    >>> years_between(date(2020, 3, 1), date(2060, 3, 1)), years_between(date(2025, 1, 1), date(2026, 7, 2))
    (40.0, 1.4986301369863013)
    """
    if end < start:
        raise BadValueError(f"剩余年期：{end} 早于 {start}。办法：核对起止日期。")
    years = end.year - start.year - (after_years(start, end.year - start.year) > end)
    last, following = after_years(start, years), after_years(start, years + 1)
    return years + (end - last).days / (following - last).days


def after_years(start: date, years: int) -> date:
    """Give the same day some years later (民法典 art. 200 ff.); 29 February becomes 28 February.

    Parameters
    ----------
    start : date
        The day.
    years : int
        Whole years.

    Returns
    -------
    date
        The day.
    """
    last_of_february = start.month == 2 and start.day == 29
    moved = start - timedelta(days=1) if last_of_february else start
    target = moved.replace(year=start.year + years)
    return target + timedelta(days=1) if last_of_february and _is_leap(target.year) else target


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
