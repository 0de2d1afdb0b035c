"""Deals of the land book (台账成交): one row a parcel, what was agreed and what became of it."""

from __future__ import annotations

from datetime import date

import pandas as pd

from landmarket.land_book.events import effective, in_order
from landmarket.land_book.kinds import Turn

_RECOVERED = "收回"
_TAKEN = {
    "deal_no": (Turn.DEAL, "deal_no"),
    "deal_on": (Turn.DEAL, "happened_on"),
    "deal_price_fen": (Turn.DEAL, "amount_fen"),
    "right_holder": (Turn.DEAL, "party"),
    "contract_on": ("签订合同", "happened_on"),
    "contract_no": ("签订合同", "event_document"),
    "delivered_on": ("交地", "happened_on"),
    "start_due_on": ("交地", "agreed_by"),
    "started_on": ("开工", "happened_on"),
    "completion_due_on": ("开工", "agreed_by"),
    "completed_on": ("竣工", "happened_on"),
}
"""Of each column the kind of event and the cell it is taken from; agreed days stand where their term begins."""


def book_deals(events: pd.DataFrame, *, on: date) -> pd.DataFrame:
    """Give the deal of each parcel that stands on a day (成交台账).

    Parameters
    ----------
    events : DataFrame
        Of the land book, in any order.
    on : date
        The day: what happened later is not looked at.

    Returns
    -------
    DataFrame
        Indexed by parcel code, in the order of the codes: number, day and price [分] of the latest deal, its buyer,
        contract, hand-over, start and completion; missing where there is none yet. A parcel that was taken back is
        left out.
    """
    held = in_order(effective(events))
    past = held[held["happened_on"].le(pd.Timestamp(on))]
    last = past[past["kind"].eq(Turn.DEAL)].groupby("parcel_code")["happened_on"].last()
    since = past[past["happened_on"].to_numpy() >= last.reindex(past["parcel_code"]).to_numpy()]
    taken_back = since.loc[since["kind"].eq(_RECOVERED), "parcel_code"]
    index = last.index[~last.index.isin(taken_back)].rename("parcel_code")
    latest = {
        kind: since[since["kind"].eq(kind)].drop_duplicates("parcel_code", keep="last").set_index("parcel_code")
        for kind in dict.fromkeys(kind for kind, _ in _TAKEN.values())
    }
    return pd.DataFrame({name: latest[kind][cell].reindex(index) for name, (kind, cell) in _TAKEN.items()}, index=index)
