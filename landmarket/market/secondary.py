"""The secondary market (二级市场): a right obtained is passed on, leased or subleased for what is left of its term.

The land stays the collective's; the right goes on with its remaining term (转让、互换、出资、赠与), or its use is let
for a while (出租、转租). The owner is told in writing each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from landmarket.checks import Fault, fault, require_columns, require_sound, require_unique_index
from landmarket.errors import BadValueError, LandMarketError, RuleError, named_rows
from landmarket.market.amounts import not_whole
from landmarket.market.right_events import EVENT_COLUMNS, Event, Occurrence, after_years, occurrences, years_between
from landmarket.rules import national_rules, require_rule

_RIGHT_COLUMNS = ["right_holder", "right_from", "right_until", "price_fen", "sealed"]
_NEEDED_BY = "transfer"
_YES, _NO = "是", "否"


_PASSING = frozenset({Event.SALE, Event.EXCHANGE, Event.EQUITY, Event.GIFT})
_PRICED = _PASSING - {Event.GIFT}


@dataclass(frozen=True)
class _Lease:
    """A lease or sublease: who uses the land, until when."""

    lessee: str
    until: date


@dataclass(frozen=True)
class _Right:
    """Where the right to one parcel stands after some events."""

    holder: str
    until: date
    paid_fen: int
    since: date
    leases: tuple[_Lease, ...] = ()

    def running(self, day: date) -> tuple[_Lease, ...]:
        """Give the lease and its subleases that still run on a day, the one who uses the land last."""
        return tuple(lease for lease in self.leases if day < lease.until)

    def leased_on(self, day: date) -> _Lease | None:
        """Give the lease by which the land is used on a day."""
        return next(reversed(self.running(day)), None)


@dataclass(frozen=True)
class _Step:
    """One row of the result."""

    holder: str
    user: str
    use_until: date
    right_until: date
    remaining_years: float
    acquisition_fen: int | None
    resale_gain_fen: int | None


def transfer(rights: pd.DataFrame, events: pd.DataFrame, *, county: str) -> pd.DataFrame:
    """Pass rights on, event by event (转让、互换、出资、赠与、出租、转租).

    Parameters
    ----------
    rights : DataFrame
        Index parcel code; ``right_holder``, ``right_from``, ``right_until`` (dates), ``price_fen`` paid for the right
        [分], ``sealed`` (是 or 否: sealed or seized by a court).
    events : DataFrame
        In the order of their happening, on any unique index: ``parcel_code``, ``event_on``, ``event_kind`` (`Event`),
        ``giver``, ``taker``, ``price_fen`` [分] (missing for a gift and for leases), ``lease_years`` (whole years, for
        leases and subleases only), ``owner_notified_on`` (date of the written notice to the land owner).
    county : str
        County code, 6 digits, for the rule on leases.

    Returns
    -------
    DataFrame
        On the index of the events: ``right_holder`` and ``land_user`` afterwards, ``use_until`` (end of
        that use), ``right_until``, ``remaining_years`` of the right on the day; for what is paid for, ``resold_on``,
        ``resale_price_fen``, ``acquisition_fen`` (what the giver had paid) and ``resale_gain_fen``, not below zero, as
        the basis of a fund on resales; missing otherwise.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If an event is of no parcel, a fact is missing, a parcel is sealed, the events of a parcel are out of order, the
        giver does not hold the right, or the right has ended; each names the event.
    RuleError
        If a lease is longer than the law allows, or reaches beyond the right or, a sublease, beyond the head lease.
    NoRuleInForceError
        If no rule on the length of leases is in force on the day of one.

    Notes
    -----
    土地管理法 art. 63(3), 实施条例 art. 43: written contract and written notice to the owner; the right keeps only its
    remaining years (城镇国有土地使用权出让和转让暂行条例 art. 22, by analogy). 民法典 art. 705: length of a lease;
    art. 717: a sublease binds the lessor only within the lease. A sale does not break a lease (art. 725). A gift
    carries what the giver had paid over to the taker; the price of an exchange or of equity is the agreed value.
    """
    require_unique_index(rights, _NEEDED_BY)
    require_unique_index(events, _NEEDED_BY)
    require_columns(rights, _RIGHT_COLUMNS, _NEEDED_BY)
    require_columns(events, EVENT_COLUMNS, _NEEDED_BY)
    require_sound(rights, _right_faults(rights), _NEEDED_BY)
    require_sound(events, _event_faults(events, rights), _NEEDED_BY)
    standing = _standing(rights)
    steps = []
    for row, event in zip(events.index, occurrences(events), strict=True):
        right = standing[event.parcel_code]
        _require_possible(right, event, row)
        if event.kind not in _PASSING:
            _require_lease(right, event, row, county)
        standing[event.parcel_code] = after = _after(right, event)
        steps.append(_step(right, after, event))
    return _table(steps, events)


def _standing(rights: pd.DataFrame) -> dict[str, _Right]:
    """Where each right stands before any event."""
    facts = zip(
        rights.index.astype(str).tolist(),
        rights["right_holder"].astype(str).tolist(),
        rights["right_until"].dt.date.tolist(),
        rights["price_fen"].astype("int64").tolist(),
        rights["right_from"].dt.date.tolist(),
        strict=True,
    )
    return {code: _Right(holder, until, paid, since) for code, holder, until, paid, since in facts}


def _right_faults(rights: pd.DataFrame) -> list[Fault]:
    return [
        *(fault(name, rights[name].isna(), "补上。") for name in ("right_holder", "right_from", "right_until")),
        fault("right_until", rights["right_until"] <= rights["right_from"], "终止日应晚于起始日。"),
        fault("price_fen", not_whole(rights["price_fen"], 0), "取得价款应为不小于 0 的整数分，无偿取得的填 0。"),
        fault("sealed", ~rights["sealed"].isin([_YES, _NO]), "写明是否查封：是 或 否。"),
    ]


def _event_faults(events: pd.DataFrame, rights: pd.DataFrame) -> list[Fault]:
    elsewhere = ~events["parcel_code"].isin(rights.index)
    seized = events["parcel_code"].isin(rights.index[rights["sealed"].eq(_YES)])
    priced, let = events["event_kind"].isin(_PRICED), events["event_kind"].isin([Event.LEASE, Event.SUBLEASE])
    wrong_price = np.where(priced, not_whole(events["price_fen"], 1), events["price_fen"].notna())
    wrong_years = np.where(let, not_whole(events["lease_years"], 1), events["lease_years"].notna())
    missing = ("event_on", "giver", "taker")
    return [
        fault("parcel_code", elsewhere, "该宗地没有登记的使用权，核对宗地代码。"),
        fault("event_kind", ~events["event_kind"].isin(list(Event)), f"写 {'、'.join(Event)} 之一。"),
        *(fault(name, events[name].isna(), "补上。") for name in missing),
        fault("owner_notified_on", events["owner_notified_on"].isna(), "须书面通知土地所有权人，补上通知日期。"),
        fault("parcel_code", seized, "宗地已被查封，不得转让、出租或转租；解除查封后再办。"),
        fault("price_fen", wrong_price, "转让、互换、出资填价款（整数分），赠与、出租、转租留空。"),
        fault("lease_years", wrong_years, "出租、转租填整数年，其他留空。"),
    ]


def _require_possible(right: _Right, event: Occurrence, row: object) -> None:
    """Refuse an event out of order, of an ended right, or by somebody who has nothing to give."""
    if event.on < right.since:
        raise _refusal(
            BadValueError, event, row, f"日期 {event.on} 早于该宗地上一次取得或交易 {right.since}", "按发生次序排列"
        )
    if event.on >= right.until:
        raise _refusal(BadValueError, event, row, f"使用权已于 {right.until} 到期", "核对日期，或先办理续期")
    lease = right.leased_on(event.on)
    entitled = right.holder if event.kind is not Event.SUBLEASE else (lease.lessee if lease else "")
    if event.giver != entitled:
        who = f"承租人 {entitled}" if event.kind is Event.SUBLEASE and entitled else f"使用权人 {right.holder}"
        reason = f"{event.giver} 不是{who}" if entitled else "没有未到期的租约可以转租"
        raise _refusal(BadValueError, event, row, reason, "核对当事人")
    if event.kind is Event.LEASE and lease is not None:
        raise _refusal(BadValueError, event, row, f"租约至 {lease.until} 未到期", "到期后再出租，或由承租人转租")


def _require_lease(right: _Right, event: Occurrence, row: object, county: str) -> None:
    """Refuse a lease longer than the law, the right or the head lease allows."""
    rule = require_rule(national_rules(), "lease_years_max", on=event.on, county=county, pilot=False)
    until, head = after_years(event.on, event.lease_years), right.leased_on(event.on)
    if event.lease_years > rule.number:
        reason = f"租期 {event.lease_years} 年超过 {rule.name} {rule.number} 年（{rule.source}），超过部分无效"
        raise _refusal(RuleError, event, row, reason, "缩短租期，期满续租")
    if until > right.until:
        raise _refusal(RuleError, event, row, f"租期至 {until}，超过使用权剩余年期 {right.until}", "缩短租期")
    if event.kind is Event.SUBLEASE and head is not None and until > head.until:
        raise _refusal(RuleError, event, row, f"转租至 {until}，超过原租约 {head.until}", "缩短转租期")


def _refusal(error: type[LandMarketError], event: Occurrence, row: object, reason: str, cure: str) -> LandMarketError:
    where = named_rows([f"{row}（{event.parcel_code} {event.kind}）"])
    return error(f"{_NEEDED_BY}：事件{where}：{reason}。办法：{cure}。")


def _after(right: _Right, event: Occurrence) -> _Right:
    """The right after an event: passed on with its term and its leases, or let."""
    running = right.running(event.on)
    if event.kind in _PASSING:
        paid = right.paid_fen if event.price_fen is None else event.price_fen
        return replace(right, holder=event.taker, paid_fen=paid, since=event.on, leases=running)
    lease = _Lease(event.taker, after_years(event.on, event.lease_years))
    return replace(right, since=event.on, leases=(*running, lease))


def _step(before: _Right, after: _Right, event: Occurrence) -> _Step:
    lease, paid = after.leased_on(event.on), before.paid_fen
    gain = None if event.price_fen is None else max(event.price_fen - paid, 0)
    return _Step(
        holder=after.holder,
        user=lease.lessee if lease else after.holder,
        use_until=lease.until if lease else after.until,
        right_until=after.until,
        remaining_years=years_between(event.on, after.until),
        acquisition_fen=None if gain is None else paid,
        resale_gain_fen=gain,
    )


def _table(steps: Sequence[_Step], events: pd.DataFrame) -> pd.DataFrame:
    table = pd.DataFrame(index=events.index)
    paid = events["event_kind"].isin(_PRICED)
    table["right_holder"] = pd.Series([step.holder for step in steps], index=events.index, dtype="str")
    table["land_user"] = pd.Series([step.user for step in steps], index=events.index, dtype="str")
    for name in ("use_until", "right_until"):
        days = [pd.Timestamp(getattr(step, name)) for step in steps]
        table[name] = pd.Series(days, index=events.index, dtype="datetime64[s]")
    table["remaining_years"] = [step.remaining_years for step in steps]
    table["resold_on"] = events["event_on"].where(paid)
    table["resale_price_fen"] = events["price_fen"].astype("Int64")
    for name in ("acquisition_fen", "resale_gain_fen"):
        table[name] = pd.array([getattr(step, name) for step in steps], dtype="Int64")
    return table
