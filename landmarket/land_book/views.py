"""Views of the land book (台账视图): the reserve bank and the annual plan are its events seen from one side."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from landmarket.land_book.events import effective, in_order
from landmarket.land_book.kinds import Turn, facts_mask
from landmarket.land_book.states import replay

AVAILABLE, WAITING, SUPPLIED = "可供应", "暂不供应", "已供应"
_BARRED = ["disputed", "mortgaged", "offered"]
_GONE = ["closed", "withdrawn"]


def banked_parcels(events: pd.DataFrame, *, on: date) -> pd.DataFrame:
    """Parcels of the reserve bank on a day (储备库).

    Parameters
    ----------
    events : DataFrame
        Of the land book, in any order.
    on : date
        The day.

    Returns
    -------
    DataFrame
        Indexed by parcel code: ``banked_on`` (day it entered) and ``supply_state`` (可供应; 暂不供应 while disputed,
        mortgaged or on offer; 已供应 once dealt), as the supply plan reads it. Closed and
        withdrawn parcels are left out.
    """
    run = replay(events, on=on)
    last = ~run.events["parcel_code"].duplicated(keep="last").to_numpy()
    masks = pd.Series(run.after[last], index=pd.Index(run.events["parcel_code"][last], name="parcel_code"))
    kept = masks[_any(masks, ["banked"]) & ~_any(masks, _GONE)]
    entries = run.events[run.events["kind"].eq(Turn.BANKED)].drop_duplicates("parcel_code", keep="last")
    days = entries.set_index("parcel_code")["happened_on"].reindex(kept.index)
    state = np.where(_any(kept, ["dealt"]), SUPPLIED, np.where(_any(kept, _BARRED), WAITING, AVAILABLE))
    return pd.DataFrame({"banked_on": days, "supply_state": pd.Series(state, index=kept.index, dtype="str")})


def _any(masks: pd.Series[int], facts: list[str]) -> pd.Series[bool]:
    return (masks & facts_mask(facts)).astype(bool)


def planned_parcels(events: pd.DataFrame, *, year: int, on: date) -> pd.DataFrame:
    """Parcels of the annual plan of a year, and what was done (年度计划).

    Parameters
    ----------
    events : DataFrame
        Of the land book, in any order.
    year : int
        Year of the plan.
    on : date
        The day: what happened later is not looked at.

    Returns
    -------
    DataFrame
        Indexed by parcel code: ``planned_on``, and of the first deal after it ``deal_on``, ``deal_no`` and
        ``deal_price_fen``; missing where there is none yet.
    """
    held = in_order(effective(events))
    past = held[held["happened_on"].le(pd.Timestamp(on))]
    listed = past[past["kind"].eq(Turn.PLANNED_YEAR) & past["plan_year"].eq(year).fillna(False)]
    planned = listed.drop_duplicates("parcel_code").set_index("parcel_code")["happened_on"]
    deals = past[past["kind"].eq(Turn.DEAL) & past["parcel_code"].isin(planned.index)]
    after = deals[deals["happened_on"].to_numpy() >= planned.reindex(deals["parcel_code"]).to_numpy()]
    first = after.drop_duplicates("parcel_code").set_index("parcel_code").reindex(planned.index)
    return pd.DataFrame(
        {
            "planned_on": planned,
            "deal_on": first["happened_on"],
            "deal_no": first["deal_no"],
            "deal_price_fen": first["amount_fen"],
        }
    )
