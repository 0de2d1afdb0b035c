"""The ledger of linked quota (增减挂钩指标台账): produced by reclamation, used by building zones, within the county.

A quota is not land, and its price is no land price: it stands in its own columns, per mu, and a table of events that
carries a price of land is refused.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

import numpy as np
import pandas as pd

from landmarket.checks import Fault, fault, require_columns, require_sound, require_unique_index
from landmarket.columns import label
from landmarket.errors import BadValueError, named_rows
from landmarket.market.amounts import not_whole
from landmarket.market.areas import area_fault, centi_of, money_of_mu, square_metres
from landmarket.units import floats_of

TOTAL = "合计"
QUOTA_COLUMNS = [
    "quota_event_on",
    "quota_event",
    "township",
    "plot_code",
    "zone_parcel",
    "quota_area",
    "accepted_on",
    "quota_unit_price_fen",
]
LAND_PRICES = (
    "unit_price",
    "unit_price_fen",
    "wan_per_mu",
    "total_price_fen",
    "start_price_fen",
    "price_fen",
    "deal_price_fen",
    "deal_unit_price",
)
"""Prices of land, which have no place in a ledger of quota."""
_NEEDED_BY = "quota_ledger"


class QuotaEvent(StrEnum):
    """What happens to quota (指标事件)."""

    PRODUCED = "产生"
    USED = "使用"
    RETURNED = "退回"
    EXPIRED = "失效"


_SIGNS = {QuotaEvent.PRODUCED: 1, QuotaEvent.USED: -1, QuotaEvent.RETURNED: 1, QuotaEvent.EXPIRED: -1}
_ZONED = frozenset({QuotaEvent.USED, QuotaEvent.RETURNED})


@dataclass(frozen=True)
class _Entry:
    """One event: where it stands in the table, and what it moves."""

    row: object
    on: date
    kind: QuotaEvent
    township: str
    plot: str
    zone: str
    centi: int


@dataclass(eq=False)
class _Book:
    """The balances while the ledger is written."""

    last: date = date.min
    balances: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    used: defaultdict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    plots: dict[str, object] = field(default_factory=dict)


def quota_ledger(events: pd.DataFrame) -> pd.DataFrame:
    """Keep the ledger of linked quota, event by event (增减挂钩指标台账).

    Parameters
    ----------
    events : DataFrame
        In the order of their happening, on any unique index: ``quota_event_on`` (date), ``quota_event`` (`QuotaEvent`),
        ``township`` whose quota it is, ``quota_area`` [㎡]; ``plot_code`` (reclaimed plot) and ``accepted_on`` (day of
        acceptance) where quota is produced, else missing; ``zone_parcel`` (parcel of the building zone) where it is
        used or returned, else missing; ``quota_unit_price_fen`` [分/亩], missing where nothing is paid.

    Returns
    -------
    DataFrame
        On the same index: ``quota_change_area`` (negative where quota leaves), and the balances after it,
        ``township_quota_area`` and ``county_quota_area`` [㎡]; ``quota_amount_fen`` [分], missing where no price is.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a value cannot be used; if events are out of order, quota is produced before acceptance or twice from one
        plot, more is returned than a parcel has used, or a balance would be negative; the event is named. Also if the
        table has a column of land prices.

    Notes
    -----
    The balance is kept after every event, hence never negative on any day. What a township does not have it cannot use,
    whatever the county has: a transfer between townships is an event of each. An amount is price × area / 666.67 ㎡,
    exact, half-up.
    """
    require_unique_index(events, _NEEDED_BY)
    require_columns(events, QUOTA_COLUMNS, _NEEDED_BY)
    _require_no_land_price(events)
    require_sound(events, _faults(events), _NEEDED_BY)
    book = _Book()
    changes, townships, county = [], [], []
    for entry in _entries(events):
        _enter(book, entry)
        changes.append(_SIGNS[entry.kind] * entry.centi)
        townships.append(book.balances[entry.township])
        county.append(sum(book.balances.values()))
    table = pd.DataFrame(index=events.index)
    for name, areas in (
        ("quota_change_area", changes),
        ("township_quota_area", townships),
        ("county_quota_area", county),
    ):
        table[name] = square_metres(areas, events.index)
    table["quota_amount_fen"] = _amounts(events)
    return table


def quota_balances(events: pd.DataFrame, on: date) -> pd.DataFrame:
    """Give the balance of each township at the end of a day (指标结余), and the county's.

    Parameters
    ----------
    events : DataFrame
        As for `quota_ledger`; all of them are checked, those after the day do not count.
    on : date
        The day.

    Returns
    -------
    DataFrame
        Index township in the order of the events, last 合计: ``quota_produced_area``, ``quota_used_area``,
        ``quota_returned_area``, ``quota_expired_area`` and ``quota_balance_area`` [㎡].

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        As `quota_ledger`.
    """
    quota_ledger(events)
    sums: dict[str, dict[QuotaEvent, int]] = {}
    for entry in _entries(events):
        own = sums.setdefault(entry.township, dict.fromkeys(QuotaEvent, 0))
        own[entry.kind] += entry.centi * (entry.on <= on)
    sums[TOTAL] = {kind: sum(own[kind] for own in sums.values()) for kind in QuotaEvent}
    index = pd.Index(list(sums), name="township")
    table = pd.DataFrame(index=index)
    for kind in QuotaEvent:
        name = f"quota_{kind.name.lower()}_area"
        table[name] = square_metres([own[kind] for own in sums.values()], index)
    balances = [sum(_SIGNS[kind] * centi for kind, centi in own.items()) for own in sums.values()]
    table["quota_balance_area"] = square_metres(balances, index)
    return table


def _require_no_land_price(events: pd.DataFrame) -> None:
    mixed = [label(name) for name in LAND_PRICES if name in events.columns]
    if mixed:
        raise BadValueError(
            f"{_NEEDED_BY}：指标台账中有地价列 {'、'.join(mixed)}。增减挂钩指标价（分/亩）不是地价，不得混用。"
            f"办法：去掉这些列；指标价填 {label('quota_unit_price_fen')}。"
        )


def _faults(events: pd.DataFrame) -> list[Fault]:
    kind = events["quota_event"]
    made, zoned = kind.eq(QuotaEvent.PRODUCED), kind.isin(_ZONED)
    price = events["quota_unit_price_fen"]
    return [
        fault("quota_event", ~kind.isin(list(QuotaEvent)), f"写 {'、'.join(QuotaEvent)} 之一。"),
        fault("quota_event_on", events["quota_event_on"].isna(), "补上日期。"),
        fault("township", events["township"].isna(), "补上指标所属乡镇。"),
        area_fault(events, "quota_area"),
        fault("plot_code", made != events["plot_code"].notna(), "产生指标的填复垦地块代码，其他留空。"),
        fault("accepted_on", made & events["accepted_on"].isna(), "复垦须先验收，补上验收日期。"),
        fault("accepted_on", ~made & events["accepted_on"].notna(), "只有产生指标的填验收日期。"),
        fault("zone_parcel", zoned != events["zone_parcel"].notna(), "使用、退回的填建新地块代码，其他留空。"),
        fault(
            "quota_unit_price_fen", price.notna() & not_whole(price, 0), "应为不小于 0 的整数（分/亩），无价的留空。"
        ),
        fault(
            "quota_event_on",
            made & (events["quota_event_on"] < events["accepted_on"]),
            "指标不能早于复垦验收产生，核对验收日期。",
        ),
    ]


def _entries(events: pd.DataFrame) -> Iterator[_Entry]:
    days = events["quota_event_on"].dt.date.tolist()
    kinds = [QuotaEvent(kind) for kind in events["quota_event"]]
    townships = events["township"].astype(str).tolist()
    plots, zones = (events[name].astype("str").tolist() for name in ("plot_code", "zone_parcel"))
    areas = centi_of(events["quota_area"]).tolist()
    for fields in zip(events.index, days, kinds, townships, plots, zones, areas, strict=True):
        yield _Entry(*fields)


def _enter(book: _Book, entry: _Entry) -> None:
    """Enter one event, or refuse it."""
    if entry.on < book.last:
        raise _refusal(entry, f"早于上一事件 {book.last}", "按发生次序排列")
    book.last = entry.on
    if entry.kind is QuotaEvent.PRODUCED:
        if entry.plot in book.plots:
            raise _refusal(
                entry, f"复垦地块 {entry.plot} 已在事件 {book.plots[entry.plot]} 产生指标", "同一地块只计一次"
            )
        book.plots[entry.plot] = entry.row
    if entry.kind in _ZONED:
        place = (entry.zone, entry.township)
        book.used[place] -= _SIGNS[entry.kind] * entry.centi
        if book.used[place] < 0:
            raise _refusal(entry, f"退回多于建新地块 {entry.zone} 已使用的指标", "核对面积与所属乡镇")
    before = book.balances[entry.township]
    book.balances[entry.township] += _SIGNS[entry.kind] * entry.centi
    if book.balances[entry.township] < 0:
        raise _refusal(
            entry, f"结余只有 {before / 100:.2f} ㎡，不足 {entry.centi / 100:.2f} ㎡", "先产生指标，或减少使用"
        )


def _refusal(entry: _Entry, reason: str, cure: str) -> BadValueError:
    where = named_rows([f"{entry.row}（{entry.on} {entry.township} {entry.kind}）"])
    return BadValueError(f"{_NEEDED_BY}：事件{where}：{reason}。办法：{cure}。")


def _amounts(events: pd.DataFrame) -> pd.Series[int]:
    prices = floats_of(events["quota_unit_price_fen"])
    areas = centi_of(events["quota_area"]).tolist()
    amounts = [
        None if np.isnan(price) else money_of_mu(int(price), area) for price, area in zip(prices, areas, strict=True)
    ]
    return pd.Series(amounts, index=events.index, dtype="Int64")
