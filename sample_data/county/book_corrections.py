"""Corrections in the sample county's land book: a few events are wrong, and put right by later ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

import pandas as pd

from landmarket.land_book.events import identified, typed_events

Row = dict[str, object]


def corrected_events(rows: list[Row], of_way: Mapping[str, Sequence[str]], recorder: str) -> list[Row]:
    """Spoil a few events and correct them: an area, a buyer, the day building began, a payment entered twice.

    Parameters
    ----------
    rows : list of dict
        All events; those that are spoilt are changed in place.
    of_way : mapping of str to sequence of str
        Parcels by the way they took.
    recorder : str
        Who records them: part of what an event's identifier is made from.

    Returns
    -------
    list of dict
        All events and the corrections.
    """
    find = partial(_found, rows, of_way)
    fixes: list[tuple[Row, Row]] = []
    if area := find("规划", "列入备选"):
        right = area["event_area"]
        area["event_area"] = round(float(str(right)) * 10, 2)
        fixes.append((area, {"kind": "更正", "event_area": right, "remark": "面积多写一位（示例）"}))
    if deal := find("使用", "成交"):
        right, deal["party"] = deal["party"], "示例企业000"
        fixes.append((deal, {"kind": "更正", "party": right, "remark": "受让人写错（示例）"}))
    handed, started = find("开工日更正", "交地"), find("开工日更正", "开工")
    if handed and started:
        day = handed["agreed_by"]
        fixes.append((started, {"kind": "更正", "happened_on": day, "remark": "开工日写成登记日（示例）"}))
    if payment := find("开工", "缴款"):
        twice = payment | {"event_document": f"{payment['event_document']}副本"}
        fixes.append((twice, {"kind": "作废", "remark": "同一笔款记了两次（示例）"}))
        rows = [*rows, twice]
    return rows + _corrections(rows, fixes, recorder)


def _corrections(rows: list[Row], fixes: Sequence[tuple[Row, Row]], recorder: str) -> list[Row]:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    known = identified(typed_events(pd.DataFrame(rows)), recorded_by=recorder, recorded_at=now)["event_id"]
    places = {id(row): place for place, row in enumerate(rows)}
    same = ("parcel_code", "happened_on", "recorded_by")
    return [
        {name: wrong[name] for name in same} | {"corrects": known.iloc[places[id(wrong)]]} | fix for wrong, fix in fixes
    ]


def _found(rows: Sequence[Row], of_way: Mapping[str, Sequence[str]], way: str, kind: str) -> Row | None:
    """First event of a kind of the first parcel that took a way."""
    code = next(iter(of_way.get(way, ())), None)
    return next((row for row in rows if row["parcel_code"] == code and row["kind"] == kind), None)
