"""After the deal (成交以后): what was paid, handed over, built and used of each parcel, and what is late or idle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pandas as pd

from landmarket.land_book.deals import book_deals
from landmarket.land_book.events import effective, in_order
from landmarket.land_book.states import parcel_states
from landmarket.rules import Rule, require_rule, shipped_rules
from landmarket.units import round_half_up

GREEN, YELLOW, RED = "绿", "黄", "红"
IDLE, RECOVERABLE = "闲置满一年", "闲置满两年"
UNSETTLED = "记为价款缴清，缴款少于成交价"
_SOON = "将届满"
_LATE = {
    "逾期未履行": (RED, "逾期 {days} 日未履行"),
    "逾期履行": (YELLOW, "逾期 {days} 日才履行"),
    "太早": (YELLOW, "以前就办了"),
}
_USED_DAYS = {
    "paid_up_on": "价款缴清",
    "used_on": "投入使用",
    "transferred_on": "转让",
    "use_changed_on": "改变用途",
}
_LASTING = {"is_leased": "出租未终止", "is_mortgaged": "抵押未注销", "is_disputed": "权属争议未解决"}


@dataclass(frozen=True)
class IdleRule:
    """When land lies idle, and what follows (闲置土地处置).

    Attributes
    ----------
    years, recovery_years : int
        Years after the day on which building was to begin.
    start_years : int
        Years after hand-over by which building is to begin where no day was agreed.
    fee_share : Decimal
        Fee as a share of the deal price.
    days_ahead : int
        Days before the end of a term on which the light turns yellow.
    rules : tuple of Rule
        What they rest on.
    """

    years: int
    recovery_years: int
    start_years: int
    fee_share: Decimal
    days_ahead: int
    rules: tuple[Rule, ...]


def idle_rule(*, on: date, county: str, rules: Sequence[Rule] | None = None) -> IdleRule:
    """Find when land lies idle (闲置规则).

    Parameters
    ----------
    on : date
        The day.
    county : str
        County code, 6 digits.
    rules : sequence of Rule, optional
        Local rules beside those that ship.

    Returns
    -------
    IdleRule
        The rule in force.

    Raises
    ------
    NoRuleInForceError
        If none is in force.
    """
    known = (*shipped_rules("land_book/data"), *(rules or ()))
    keys = ("idle_years", "idle_recovery_years", "idle_start_years", "idle_fee_share", "light_days_ahead")
    found = tuple(require_rule(known, key, on=on, county=county, pilot=False) for key in keys)
    years, recovery, start, fee, ahead = (rule.number for rule in found)
    return IdleRule(int(years), int(recovery), int(start), fee, int(ahead), found)


def after_deals(events: pd.DataFrame, terms: pd.DataFrame, rule: IdleRule, *, on: date) -> pd.DataFrame:
    """Follow every deal that stands to what became of it (成交以后).

    Parameters
    ----------
    events : DataFrame
        Of the land book, in any order.
    terms : DataFrame
        As from `due_dates` of these events on that day.
    rule : IdleRule
        When land lies idle.
    on : date
        The day: what happened later is not looked at.

    Returns
    -------
    DataFrame
        Indexed by parcel code, in the order of the codes: what `book_deals` gives; ``paid_fen``, ``unpaid_fen`` [分]
        and ``pay_due_on``; days on which the price was settled (``paid_up_on``), of use, of the last transfer and
        change of use; ``is_leased``, ``is_mortgaged`` and ``is_disputed``;
        ``idle_since``, ``idle_state`` and ``idle_fee_fen`` [分]; ``light`` (红、黄、绿) with
        ``light_reasons``, joined by ；.

    Notes
    -----
    Land is idle whose building has not begun a year after the day it was to begin; where none was agreed, that day is
    a year after hand-over; an anniversary counts as full. The fee is what the law of state land would ask, by analogy.
    A light is red where a term is over unmet, land is idle, its use was changed, a dispute is open, or the price
    counts as settled and was not paid in full; yellow where a term was met late or ends within the days of the rule,
    or more was paid than owed; else green.
    """
    table = book_deals(events, on=on)
    held = in_order(effective(events))
    day = pd.Timestamp(on)
    past = held[held["happened_on"].le(day) & held["parcel_code"].isin(table.index)]
    since = past[past["happened_on"].to_numpy() >= table["deal_on"].reindex(past["parcel_code"]).to_numpy()]
    table = table.assign(**_paid(since, table), **_days(since, table), **_standing(events, table, on))
    table = table.assign(**_idle(table, rule, day))
    reasons = _reasons(table, terms[terms["parcel_code"].isin(table.index)], rule, day)
    lights = [_light(own) for own in reasons]
    told = ["；".join(text for _, text in own) for own in reasons]
    return table.assign(
        light=pd.Series(lights, index=table.index, dtype="str"),
        light_reasons=pd.Series(told, index=table.index, dtype="str"),
    )


def _paid(since: pd.DataFrame, table: pd.DataFrame) -> dict[str, pd.Series[int] | pd.Series[pd.Timestamp]]:
    payments = since[since["kind"].eq("缴款")]
    paid = payments.groupby("parcel_code")["amount_fen"].sum().reindex(table.index).fillna(0).astype("Int64")
    contracts = since[since["kind"].eq("签订合同")].drop_duplicates("parcel_code", keep="last")
    due = contracts.set_index("parcel_code")["agreed_by"].reindex(table.index)
    return {"paid_fen": paid, "unpaid_fen": table["deal_price_fen"] - paid, "pay_due_on": due}


def _days(since: pd.DataFrame, table: pd.DataFrame) -> dict[str, pd.Series[pd.Timestamp]]:
    return {
        name: since[since["kind"].eq(kind)].groupby("parcel_code")["happened_on"].last().reindex(table.index)
        for name, kind in _USED_DAYS.items()
    }


def _standing(events: pd.DataFrame, table: pd.DataFrame, on: date) -> dict[str, pd.Series[bool]]:
    facts = parcel_states(events, on=on)["standing_facts"].reindex(table.index).fillna("")
    return {name: facts.str.split("、").map(lambda held, fact=fact: fact in held) for name, fact in _LASTING.items()}


def _idle(
    table: pd.DataFrame, rule: IdleRule, day: pd.Timestamp
) -> dict[str, pd.Series[pd.Timestamp] | pd.Series[str] | pd.Series[int]]:
    due = table["start_due_on"].fillna(table["delivered_on"] + pd.DateOffset(years=rule.start_years))
    waiting = table["started_on"].isna() & table["completed_on"].isna() & due.notna()
    since = due.where(waiting) + pd.DateOffset(years=rule.years)
    is_idle = since.le(day)
    is_recoverable = (due.where(waiting) + pd.DateOffset(years=rule.recovery_years)).le(day)
    state = pd.Series("", index=table.index, dtype="str").mask(is_idle, IDLE).mask(is_recoverable, RECOVERABLE)
    fees = {
        str(code): int(round_half_up(Decimal(int(price)) * rule.fee_share))
        for code, price in table.loc[is_idle, "deal_price_fen"].dropna().items()
    }
    fee = pd.Series(fees, dtype="Int64").reindex(table.index)
    return {"idle_since": since.where(is_idle), "idle_state": state, "idle_fee_fen": fee}


def _reasons(
    table: pd.DataFrame, terms: pd.DataFrame, rule: IdleRule, day: pd.Timestamp
) -> list[list[tuple[str, str]]]:
    """Everything that turns the light of each parcel, with its colour."""
    found: dict[str, list[tuple[str, str]]] = {str(code): [] for code in table.index}
    soon = terms["clock_state"].eq("未到期") & terms["due_by"].le(day + pd.Timedelta(days=rule.days_ahead))
    late = terms["clock_state"].isin(list(_LATE))
    shown = terms.assign(clock_state=terms["clock_state"].mask(soon, _SOON))[soon | late]
    ends = shown["due_by"].dt.strftime("%Y-%m-%d")
    columns = (shown[name] for name in ("parcel_code", "clock", "clock_state", "overdue_days"))
    for code, clock, state, days, end in zip(*columns, ends, strict=True):
        colour, words = {**_LATE, _SOON: (YELLOW, "将届满")}[state]
        found[code].append((colour, f"{clock} {end} {words.format(days=days)}"))
    for code, own in found.items():
        own += _own_reasons(table, code)
    return list(found.values())


def _own_reasons(table: pd.DataFrame, code: str) -> list[tuple[str, str]]:
    """What the row of a parcel itself gives cause for."""
    row = table.loc[[code], ["idle_state", "idle_since", "use_changed_on", "is_disputed", "unpaid_fen", "paid_up_on"]]
    idle, since, changed, disputed, unpaid, settled = (row[name].iloc[0] for name in row.columns)
    found = []
    if idle:
        found.append((RED, f"{idle}（自 {since:%Y-%m-%d}）"))
    if pd.notna(changed):
        found.append((RED, f"{changed:%Y-%m-%d} 改变用途"))
    if disputed:
        found.append((RED, "权属争议未解决"))
    if pd.notna(settled) and unpaid > 0:
        found.append((RED, f"{settled:%Y-%m-%d} {UNSETTLED}"))
    if pd.notna(unpaid) and unpaid < 0:
        found.append((YELLOW, "缴款多于成交价"))
    return found


def _light(reasons: list[tuple[str, str]]) -> str:
    colours = {colour for colour, _ in reasons}
    return RED if RED in colours else YELLOW if YELLOW in colours else GREEN


def township_lights(table: pd.DataFrame, townships: pd.Series[str]) -> pd.DataFrame:
    """Count the lights of each township (红黄绿表).

    Parameters
    ----------
    table : DataFrame
        As from `after_deals`.
    townships : Series of str
        Township of each parcel, indexed by parcel code.

    Returns
    -------
    DataFrame
        Indexed by ``township``, those that have a deal, and 合计: 红, 黄 and 绿 (宗), ``unpaid_fen`` [分] still owed,
        ``idle_parcels``, ``late_terms`` (宗 with a term over unmet).

    Raises
    ------
    LookupError
        If a parcel has no township.
    """
    towns = townships.loc[table.index].rename("township")
    counted = pd.DataFrame(
        {
            **{light: table["light"].eq(light).astype("int64") for light in (RED, YELLOW, GREEN)},
            "unpaid_fen": table["unpaid_fen"].clip(lower=0).fillna(0).astype("int64"),
            "idle_parcels": table["idle_state"].ne("").astype("int64"),
            "late_terms": table["light_reasons"].str.contains("未履行").astype("int64"),
        }
    )
    summed = counted.groupby(towns).sum()
    summed.loc["合计"] = counted.sum()
    return summed.rename_axis("township")
