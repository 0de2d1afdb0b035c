"""Clocks of the land book (台账期限): terms that an event starts, when they end, and whether they were met."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

from landmarket.land_book.events import effective, in_order
from landmarket.rules import Rule, national_rules, rule_in_force, shipped_rules
from landmarket.workdays import HolidayNotice, add_working_days, next_working_day

CLOCK_COLUMNS = [
    "parcel_code",
    "clock",
    "clock_from",
    "happened_on",
    "due_by",
    "met_on",
    "clock_state",
    "overdue_days",
    "clock_source",
]
LATEST, EARLIEST, AGREED = "最迟", "最早", "约定"
_WORKING, _NO_RULE, _NOT_AGREED = "工作日", "没有施行中的规定", "没有写明约定期限"


@dataclass(frozen=True)
class Clock:
    """A term that an event starts (期限).

    Attributes
    ----------
    name : str
        Chinese name.
    starts, meets : str
        Kinds of events that start and meet it.
    lapses : tuple of str
        Kinds of events after which it no longer counts.
    rule : str
        Key of the rule with its length; empty where it is agreed.
    bound : str
        最迟: the event comes at the latest then; 最早: not before; 约定: the day the starting event names.
    """

    name: str
    starts: str
    meets: str
    lapses: tuple[str, ...]
    rule: str
    bound: str


@cache
def clocks() -> tuple[Clock, ...]:
    """Return the terms that the land book watches.

    Returns
    -------
    tuple of Clock
        In the order of ``data/event_clocks.csv``.
    """
    text = files("landmarket.land_book").joinpath("data/event_clocks.csv").read_text(encoding="utf-8-sig")
    return tuple(
        Clock(row["name"], row["starts"], row["meets"], tuple(row["lapses"].split("、")), row["rule"], row["bound"])
        for row in csv.DictReader(text.splitlines())
    )


def due_dates(
    events: pd.DataFrame,
    *,
    on: date,
    county: str = "",
    rules: Sequence[Rule] | None = None,
    holidays: Sequence[HolidayNotice] = (),
) -> pd.DataFrame:
    """List every term that events started (台账期限).

    Parameters
    ----------
    events : DataFrame
        Of the land book, in any order.
    on : date
        The day.
    county : str, optional
        County code, 6 digits; decides only where there are local rules.
    rules : sequence of Rule, optional
        Rules with the lengths; by default those that ship.
    holidays : sequence of HolidayNotice, optional
        Announcements for years that the calendar package does not know.

    Returns
    -------
    DataFrame
        `CLOCK_COLUMNS`, by parcel, day and term; a term that lapsed or began anew has no row. ``clock_state`` is
        missing where no rule is in force or nothing was agreed, as ``clock_source`` says.

    Raises
    ------
    RuleError
        If the holidays of a year are not known.

    Notes
    -----
    The day of the event is not counted (民法典 art. 201); a term in days that ends on a day off ends on the next
    working day (art. 203), save one before whose end something may not happen.
    """
    held = in_order(effective(events))
    past = held[held["happened_on"].le(pd.Timestamp(on))]
    known = (*national_rules(), *shipped_rules("land_book/data")) if rules is None else tuple(rules)
    tables = [_judged(_started(past, clock), clock, on, county, known, holidays) for clock in clocks()]
    table = pd.DataFrame(pd.concat([table for table in tables if len(table)] or tables[:1]))
    return table.sort_values(["parcel_code", "happened_on", "clock"]).reset_index(drop=True)


def _started(ordered: pd.DataFrame, clock: Clock) -> pd.DataFrame:
    """Terms that run or were met: of the events that matter the one after the start decides."""
    rows = ordered[ordered["kind"].isin([clock.starts, clock.meets, *clock.lapses])]
    follows = rows["parcel_code"].eq(rows["parcel_code"].shift(-1)).to_numpy()
    following = np.where(follows, rows["kind"].shift(-1).fillna(""), "")
    runs = rows["kind"].eq(clock.starts).to_numpy() & ((following == clock.meets) | (following == ""))
    met = rows["happened_on"].shift(-1).where(follows)
    started: pd.DataFrame = rows.assign(met_on=met).loc[runs]
    return started


def _judged(
    rows: pd.DataFrame,
    clock: Clock,
    on: date,
    county: str,
    rules: Sequence[Rule],
    holidays: Sequence[HolidayNotice],
) -> pd.DataFrame:
    ends: dict[pd.Timestamp, tuple[date | None, str]] = {}
    if clock.bound == AGREED:
        due = rows["agreed_by"]
        source = np.where(due.isna(), _NOT_AGREED, "合同或公告约定")
    else:
        days = rows["happened_on"].unique()
        ends = {day: _end(day.date(), clock, county, rules, holidays) for day in days}
        due = pd.to_datetime(rows["happened_on"].map({day: end for day, (end, _) in ends.items()}))
        source = rows["happened_on"].map({day: said for day, (_, said) in ends.items()}).to_numpy()
    due, met = due.astype("datetime64[us]"), rows["met_on"].astype("datetime64[us]")
    state = pd.Series(list(_states(due, met, clock.bound == EARLIEST, pd.Timestamp(on))), index=rows.index, dtype="str")
    late = (met.fillna(pd.Timestamp(on)) - due).dt.days.where(state.isin(["逾期履行", "逾期未履行"]))
    table = rows.assign(clock=clock.name, clock_from=rows["event_id"], due_by=due, met_on=met, clock_state=state)
    return table.assign(
        overdue_days=late.astype("Int64"), clock_source=pd.Series(source, index=rows.index, dtype="str")
    )[CLOCK_COLUMNS]


def _states(
    due: pd.Series[pd.Timestamp], met: pd.Series[pd.Timestamp], is_earliest: bool, on: pd.Timestamp
) -> Iterator[str | None]:
    cells = zip(due, due.isna(), met, met.isna(), strict=True)
    for end, is_unknown, done, is_open in cells:
        if is_unknown:
            yield None
        elif is_earliest:
            yield "未到期" if is_open else "太早" if done < end else "按期"
        elif is_open:
            yield "逾期未履行" if end < on else "未到期"
        else:
            yield "逾期履行" if done > end else "按期"


def _end(
    day: date, clock: Clock, county: str, rules: Sequence[Rule], holidays: Sequence[HolidayNotice]
) -> tuple[date | None, str]:
    rule = rule_in_force(rules, clock.rule, on=day, county=county, pilot=False)
    if rule is None:
        return None, _NO_RULE
    source = rule.source if rule.verified else f"{rule.source}（未核对原文）"
    if rule.unit == _WORKING:
        return add_working_days(day, int(rule.number), holidays), source
    end = day + timedelta(days=int(rule.number))
    return (end if clock.bound == EARLIEST else next_working_day(end, holidays)), source
