"""Where parcels come from (宗地沿革): splits and mergers; areas balance, old codes are closed, owners are inherited."""

from __future__ import annotations

from collections.abc import Mapping
from math import fsum

import pandas as pd

from landmarket.land_book.events import effective, in_order
from landmarket.land_book.kinds import ENDING, Turn
from landmarket.land_book.states import LISTING

AREA_TOLERANCE = 1.0
"""By how much the areas before and after a split or merger may differ: a matter of surveying [㎡]."""


def lineage_links(events: pd.DataFrame) -> pd.DataFrame:
    """List which parcel came from which (宗地沿革).

    Parameters
    ----------
    events : DataFrame
        Of the land book.

    Returns
    -------
    DataFrame
        ``event_id``, ``kind``, ``parent`` and ``child``: a row for each pair that an event names.
    """
    held = effective(events)
    named = held[held["kind"].isin([*ENDING, Turn.ESTABLISHED]) & held["lineage"].notna()]
    pairs = named[["event_id", "kind", "parcel_code"]].assign(other=named["lineage"].str.split(LISTING))
    pairs = pairs.explode("other").reset_index(drop=True)
    made = pairs["kind"].eq(Turn.ESTABLISHED)
    return pd.DataFrame(
        {
            "event_id": pairs["event_id"],
            "kind": pairs["kind"],
            "parent": pairs["other"].where(made, pairs["parcel_code"]),
            "child": pairs["parcel_code"].where(made, pairs["other"]),
        }
    )


def ancestors(events: pd.DataFrame, parcel_code: str) -> list[str]:
    """Parcels that a parcel came from, near or far (来源宗地).

    Parameters
    ----------
    events : DataFrame
        Of the land book.
    parcel_code : str
        The parcel.

    Returns
    -------
    list of str
        Nearest first; those equally near by code.
    """
    return _reached(lineage_links(events), parcel_code, "child", "parent")


def descendants(events: pd.DataFrame, parcel_code: str) -> list[str]:
    """Parcels that came from a parcel, near or far (后续宗地).

    Parameters
    ----------
    events : DataFrame
        Of the land book.
    parcel_code : str
        The parcel.

    Returns
    -------
    list of str
        Nearest first; those equally near by code.
    """
    return _reached(lineage_links(events), parcel_code, "parent", "child")


def _reached(links: pd.DataFrame, start: str, here: str, there: str) -> list[str]:
    ways = _grouped(links, here, there)
    found: list[str] = []
    front = {start}
    while front:
        front = {code for each in front for code in ways.get(each, ())} - {start, *found}
        found += sorted(front)
    return found


def inherited_owners(events: pd.DataFrame) -> pd.Series[str]:
    """Collective of every parcel, inherited where a parcel was made by a split or merger (权属沿革).

    Parameters
    ----------
    events : DataFrame
        Of the land book.

    Returns
    -------
    Series of str
        ``collective_code`` by parcel code; missing where unknown, or where origins belong to several.
    """
    held = in_order(effective(events))
    stated = held[held["collective_code"].notna()].drop_duplicates("parcel_code", keep="last")
    owner: dict[str, str] = dict(zip(stated["parcel_code"], stated["collective_code"], strict=True))
    codes = sorted(held["parcel_code"].dropna().unique())
    parents = _grouped(lineage_links(events), "child", "parent")
    waiting = [code for code in codes if code not in owner and code in parents]
    while waiting:
        ready = [code for code in waiting if not parents[code] & set(waiting)]
        owner |= {code: one for code in ready if (one := _one_owner(owner, parents[code]))}
        waiting = [code for code in waiting if code not in ready] if ready else []
    return pd.Series([owner.get(code) for code in codes], index=codes, dtype="str", name="collective_code")


def _one_owner(owner: Mapping[str, str], parents: set[str]) -> str:
    owners = {owner.get(parent, "") for parent in parents}
    return owners.pop() if len(owners) == 1 else ""


def lineage_problems(events: pd.DataFrame, *, tolerance: float = AREA_TOLERANCE) -> dict[str, str]:
    """Find splits and mergers that do not agree with the parcels they make (沿革问题).

    Parameters
    ----------
    events : DataFrame
        Of the land book.
    tolerance : float, default 1.0
        By how much areas may differ [㎡].

    Returns
    -------
    dict of str to str
        Identifier of an event to what is wrong, in Chinese.
    """
    links = lineage_links(events)
    if links.empty:
        return {}
    held = effective(events)
    closing = held[held["kind"].isin(ENDING)].drop_duplicates("parcel_code").set_index("parcel_code")
    making = held[held["kind"].eq(Turn.ESTABLISHED)].drop_duplicates("parcel_code").set_index("parcel_code")
    told = set(zip(links["kind"].eq(Turn.ESTABLISHED), links["parent"], links["child"], strict=True))
    made_on, closed_on = making["happened_on"].to_dict(), closing["happened_on"].to_dict()
    problems: dict[str, str] = {}
    for event_id, kind, parent, child in links.itertuples(index=False):
        made = kind == Turn.ESTABLISHED
        if parent == child:
            problems.setdefault(event_id, f"宗地 {parent} 不能来自自己")
        elif (not made, parent, child) not in told:
            said = f"原宗地 {parent} 没有分割或合并为 {child} 的事件" if made else f"新宗地 {child} 没有设立事件"
            problems.setdefault(event_id, said)
        elif made and made_on[child] < closed_on[parent]:
            problems.setdefault(event_id, f"设立早于原宗地 {parent} 的分割或合并")
    return problems | _unbalanced(links, closing, making, tolerance, problems)


def _unbalanced(
    links: pd.DataFrame,
    closing: pd.DataFrame,
    making: pd.DataFrame,
    tolerance: float,
    known: Mapping[str, str],
) -> dict[str, str]:
    """Groups of parcels that belong together, of which the areas before and after differ."""
    found: dict[str, str] = {}
    children, parents = _grouped(links, "parent", "child"), _grouped(links, "child", "parent")
    closed_by = {str(code): str(event_id) for code, event_id in closing["event_id"].items()}
    before, after = _areas(closing), _areas(making)
    done: set[str] = set()
    for parent in sorted(set(children) & set(closed_by)):
        if parent in done:
            continue
        old, new = {parent}, set(children[parent])
        while (grown := {each for code in new for each in parents[code]} | old) != old:
            old, new = grown, {each for code in grown for each in children[code]}
        done |= old
        if old <= set(before) and new <= set(after) and closed_by[parent] not in known:
            sums = [fsum(before[code] for code in old), fsum(after[code] for code in new)]
            if not abs(sums[0] - sums[1]) <= tolerance:
                found[closed_by[parent]] = (
                    f"分割或合并前 {sums[0]:.2f} ㎡，后 {sums[1]:.2f} ㎡，相差超过 {tolerance:g} ㎡"
                )
    return found


def _grouped(links: pd.DataFrame, here: str, there: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for code, other in zip(links[here].astype(str), links[there].astype(str), strict=True):
        found.setdefault(code, set()).add(other)
    return found


def _areas(events: pd.DataFrame) -> dict[str, float]:
    """Areas by parcel, where told."""
    told = events["event_area"].dropna()
    return {str(code): float(area) for code, area in told.items()}
