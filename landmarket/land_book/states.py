"""States of parcels in the land book (宗地台账状态): a function of the set of events, whatever order they came in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.land_book.events import effective, in_order
from landmarket.land_book.kinds import (
    CORRECTING,
    EventKind,
    Turn,
    event_kinds,
    fact_names,
    facts_mask,
    facts_text,
    lacking,
)

_Masks = npt.NDArray[np.int64]
LISTING = "、"
"""Between parcels of a lineage."""


@dataclass(frozen=True, eq=False)
class Replay:
    """Events in their order with the facts around each (事件推演).

    Attributes
    ----------
    events : DataFrame
        Effective events in the order they happened.
    before, after : ndarray of int
        Facts that hold before and after each, see `facts_mask`.
    """

    events: pd.DataFrame
    before: _Masks
    after: _Masks


def replay(events: pd.DataFrame, *, on: date) -> Replay:
    """Follow every parcel from event to event (事件推演).

    Parameters
    ----------
    events : DataFrame
        Of the land book, in any order.
    on : date
        The day: what happened later is not looked at.

    Returns
    -------
    Replay
        Of the events whose kind and day are known.

    Notes
    -----
    A parcel made by a split or merger begins with the facts that all its origins had when they were closed.
    """
    held = effective(events)
    known = held["kind"].isin(list(event_kinds())) & held["happened_on"].le(pd.Timestamp(on))
    ordered = in_order(held[known & held["parcel_code"].notna()])
    begun = {name: facts_mask(kind.sets) for name, kind in event_kinds().items()}
    ended = {name: facts_mask(kind.clears) for name, kind in event_kinds().items()}
    sets, clears = (np.array([table[name] for name in ordered["kind"]], dtype=np.int64) for table in (begun, ended))
    codes = pd.factorize(ordered["parcel_code"])[0]
    starts = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]]) if len(codes) else np.zeros(0, dtype=np.intp)
    first = np.repeat(starts, np.diff(np.r_[starts, len(codes)]))
    origins = _origins(ordered)
    for _ in range(len(origins) + 1):
        before, after = _facts(sets, clears, first)
        inherited = _inherited(ordered, after, origins)
        if all(sets[row] == mask for row, mask in inherited.items()):
            break
        sets = sets.copy()
        sets[list(inherited)] = list(inherited.values())
    return Replay(ordered, before, after)


def _facts(sets: _Masks, clears: _Masks, first: npt.NDArray[np.intp]) -> tuple[_Masks, _Masks]:
    """Facts before and after each event: of each fact the last event that begins or ends it decides."""
    before, after = np.zeros_like(sets), np.zeros_like(sets)
    rows = np.arange(len(sets))
    for place in range(len(fact_names())):
        begins, ends = (sets >> place & 1).astype(bool), (clears >> place & 1).astype(bool)
        if not begins.any():
            continue
        latest = np.maximum.accumulate(np.where(begins | ends, rows, -1))
        holds = (latest >= first) & begins[latest]
        after |= holds.astype(np.int64) << place
        earlier = np.r_[False, holds[:-1]] & (rows != first)
        before |= earlier.astype(np.int64) << place
    return before, after


def _origins(ordered: pd.DataFrame) -> Mapping[int, list[int]]:
    """For each event that makes a new parcel the rows of its origins' last events."""
    made = np.flatnonzero(ordered["kind"].eq(Turn.ESTABLISHED).to_numpy())
    if not len(made):
        return {}
    last = dict(zip(ordered["parcel_code"], range(len(ordered)), strict=True))
    lineages = ordered["lineage"].fillna("").iloc[made]
    return {
        int(row): [last[code] for code in lineage.split(LISTING) if code in last]
        for row, lineage in zip(made, lineages, strict=True)
    }


def _inherited(ordered: pd.DataFrame, after: _Masks, origins: Mapping[int, list[int]]) -> dict[int, int]:
    own, ended = facts_mask(["candidate"]), facts_mask(["closed", "disputed", "mortgaged", "withdrawn"])
    return {
        row: own | (int(np.bitwise_and.reduce(after[rows])) & ~ended if rows else 0) for row, rows in origins.items()
    }


@cache
def _ahead(mask: int) -> tuple[str, str, str, str]:
    """Facts in words, next step on the way, what it lacks, and every event that may come next."""
    kinds = [kind for kind in event_kinds().values() if kind.name not in CORRECTING]
    closed = mask & facts_mask(["closed"])
    may = LISTING.join(kind.name for kind in kinds if not lacking(kind, mask) and kind.name != Turn.ESTABLISHED)
    if closed:
        return facts_text(mask), "", "", ""
    ahead = _next_step([kind for kind in kinds if kind.is_main], mask)
    return facts_text(mask), ahead.name if ahead else "", lacking(ahead, mask) if ahead else "", may


def _next_step(way: Sequence[EventKind], mask: int) -> EventKind | None:
    """First step not taken that lies ahead, or that a step ahead requires."""
    open_steps = [kind for kind in way if facts_mask(kind.sets) & ~mask]
    reached = max((kind.place for kind in way if kind not in open_steps), default=-1)
    needed = {fact for kind in open_steps for fact in kind.requires}
    return next((kind for kind in open_steps if kind.place > reached or needed & set(kind.sets)), None)


def parcel_states(events: pd.DataFrame, *, on: date) -> pd.DataFrame:
    """State of every parcel on a day (宗地台账状态).

    Parameters
    ----------
    events : DataFrame
        Of the land book, in any order.
    on : date
        The day.

    Returns
    -------
    DataFrame
        Indexed by parcel code, in the order of the codes: ``book_state``, ``state_since``, ``last_event``,
        ``last_kind``, ``standing_facts``, ``next_step``, ``step_missing``, ``allowed_events``.

    Notes
    -----
    Events of one day count in the order of ``event_kinds.csv``; an event that should not have been possible counts
    all the same, and `event_faults` names it.
    """
    run = replay(events, on=on)
    told = run.events.assign(
        book_state=run.events["kind"].map({name: kind.state or None for name, kind in event_kinds().items()})
    )
    last = told.drop_duplicates("parcel_code", keep="last").set_index("parcel_code")
    stated = told[told["book_state"].notna()].drop_duplicates("parcel_code", keep="last").set_index("parcel_code")
    masks = run.after[~told["parcel_code"].duplicated(keep="last").to_numpy()]
    words = [_ahead(mask) for mask in masks.tolist()]
    facts, steps, missing, allowed = (list(part) for part in zip(*words, strict=True)) if words else ([], [], [], [])
    table = pd.DataFrame(
        {
            "book_state": stated["book_state"].reindex(last.index).fillna("新宗地").astype("str"),
            "state_since": stated["happened_on"].reindex(last.index).fillna(last["happened_on"]),
            "last_event": last["event_id"],
            "last_kind": last["kind"],
        }
    )
    words_of = {"standing_facts": facts, "next_step": steps, "step_missing": missing, "allowed_events": allowed}
    columns = {name: pd.Series(values, index=table.index, dtype="str") for name, values in words_of.items()}
    return table.assign(**columns)
