"""Kinds of events (事件种类): what each requires, what it brings about, and what it rests on."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from landmarket.errors import BadValueError


class Turn(StrEnum):
    """Events with a meaning of their own in the land book (特殊事件)."""

    ESTABLISHED = "新宗地设立"
    SPLIT = "分割"
    MERGED = "合并"
    CORRECTION = "更正"
    VOIDED = "作废"
    DEAL = "成交"
    BANKED = "入库"
    PLANNED_YEAR = "列入年度计划"


CORRECTING = (Turn.CORRECTION, Turn.VOIDED)
ENDING = (Turn.SPLIT, Turn.MERGED)


@dataclass(frozen=True)
class EventKind:
    """A kind of event (事件种类).

    Attributes
    ----------
    name : str
        Chinese name, as events have it.
    phase : str
        Part of the way it belongs to.
    place : int
        Place in the list; decides the order of events of one day.
    is_main : bool
        Whether it is a step on the way to use.
    requires, forbids, sets, clears : tuple of str
        Facts that must hold before, must not hold before, begin, and end.
    state : str
        State of the parcel afterwards; empty where it stays as it was.
    columns : tuple of str
        Columns that must be filled.
    source : str
        What it rests on.
    verified : bool
        Whether that text was read.
    """

    name: str
    phase: str
    place: int
    is_main: bool
    requires: tuple[str, ...]
    forbids: tuple[str, ...]
    sets: tuple[str, ...]
    clears: tuple[str, ...]
    state: str
    columns: tuple[str, ...]
    source: str
    verified: bool


@cache
def event_kinds() -> Mapping[str, EventKind]:
    """Return the kinds of events by their Chinese name.

    Returns
    -------
    mapping of str to EventKind
        In the order of ``data/event_kinds.csv``; read-only.
    """
    text = files("landmarket.land_book").joinpath("data/event_kinds.csv").read_text(encoding="utf-8-sig")
    kinds = [_kind(row, place) for place, row in enumerate(csv.DictReader(text.splitlines()))]
    return MappingProxyType({kind.name: kind for kind in kinds})


def _kind(row: Mapping[str, str], place: int) -> EventKind:
    lists = {name: tuple(row[name].split()) for name in ("requires", "forbids", "sets", "clears", "columns")}
    return EventKind(
        name=row["name"],
        phase=row["phase"],
        place=place,
        is_main=row["main"] == "1",
        state=row["state"],
        source=row["source"],
        verified=row["verified"] == "true",
        **lists,
    )


@cache
def fact_names() -> Mapping[str, str]:
    """Return the facts that events begin and end, with their Chinese names.

    Returns
    -------
    mapping of str to str
        In the order of ``data/event_facts.csv``; read-only.
    """
    text = files("landmarket.land_book").joinpath("data/event_facts.csv").read_text(encoding="utf-8-sig")
    return MappingProxyType({row["fact"]: row["name"] for row in csv.DictReader(text.splitlines())})


def facts_mask(facts: Iterable[str]) -> int:
    """Write facts as one number (事实编码).

    Parameters
    ----------
    facts : iterable of str
        Facts.

    Returns
    -------
    int
        A bit for each fact.

    Raises
    ------
    BadValueError
        If a fact is not known.
    """
    places = {fact: place for place, fact in enumerate(fact_names())}
    unknown = [fact for fact in facts if fact not in places]
    if unknown:
        raise BadValueError(f"event_facts.csv 中没有这些事实：{'、'.join(unknown)}。办法：在该文件中补上。")
    return sum(1 << places[fact] for fact in set(facts))


def facts_text(mask: int) -> str:
    """Write a number of facts in words (现有事实).

    Parameters
    ----------
    mask : int
        As from `facts_mask`.

    Returns
    -------
    str
        Their names, joined by 、.
    """
    return "、".join(name for place, name in enumerate(fact_names().values()) if mask >> place & 1)


def lacking(kind: EventKind, mask: int) -> str:
    """Say what keeps an event from happening (缺少的前提).

    Parameters
    ----------
    kind : EventKind
        The kind of event.
    mask : int
        Facts that hold before it.

    Returns
    -------
    str
        In Chinese, joined by ；; empty where nothing does.
    """
    wanting, barring = facts_mask(kind.requires) & ~mask, facts_mask(kind.forbids) & mask
    parts = [f"之前须有{facts_text(wanting)}"] if wanting else []
    return "；".join([*parts, *([f"之前不得有{facts_text(barring)}"] if barring else [])])
