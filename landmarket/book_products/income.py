"""What the deals of a land book bring (台账成交的收益): divided by the county's rule, by township and by village."""

from __future__ import annotations

import pandas as pd

from landmarket.distribution.actual_deals import with_actual_deals
from landmarket.distribution.split import COLLECTIVES, split_gaps, split_income
from landmarket.land_book import ancestors
from landmarket.land_book.events import effective
from landmarket.products import Work, plain

NOT_FOUND = "采用的宗地中没有该代码"
_PARTS = ("fund_fen", "collective_fen")
_VILLAGE_LEVELS = ("村", "组")


def deal_income(deals: pd.DataFrame, main: Work) -> pd.DataFrame:
    """Divide the deals of a land book by the county's rule (成交收益分配).

    Parameters
    ----------
    deals : DataFrame
        Indexed by parcel code: ``deal_on``, ``deal_price_fen``, as from `year_deals`.
    main : Work
        The county's main job: costs, owners and the rule on the split.

    Returns
    -------
    DataFrame
        On the deals' index: ``fund_fen`` to the county and ``collective_fen`` to collectives and their members [分],
        missing where ``split_gap`` says why the deal cannot be divided.
    """
    table = plain(main.outcome.table).drop(columns=list(main.outcome.shares.columns))
    known = deals[deals.index.isin(table.index)]
    sold = with_actual_deals(table, known.assign(mode=""))
    rule = main.scenario.split_rule
    gap = split_gaps(sold, rule)
    shares = split_income(sold[gap.eq("")], rule)
    both = pd.DataFrame(
        {"fund_fen": shares["fund_fen"], "collective_fen": shares[[*COLLECTIVES, "members_fen"]].sum(axis=1)}
    )
    return both.reindex(deals.index).astype("Int64").assign(split_gap=gap.reindex(deals.index).fillna(NOT_FOUND))


def village_income(income: pd.DataFrame, main: Work) -> pd.Series[int]:
    """Add up what collectives of villages and groups and their members have (村集体的入市收入).

    Parameters
    ----------
    income : DataFrame
        As from `deal_income`.
    main : Work
        The county's main job.

    Returns
    -------
    Series of int
        [分] by village code; a township's collective is no village.
    """
    known = income[income["collective_fen"].notna()]
    facts = main.outcome.table.loc[known.index, ["village_code", "owner_level"]]
    own = facts["owner_level"].isin(_VILLAGE_LEVELS)
    return known.loc[own, "collective_fen"].astype("int64").groupby(facts.loc[own, "village_code"]).sum()


def places_of(events: pd.DataFrame, main: Work) -> pd.DataFrame:
    """Find township, village and area of every parcel that a land book names (台账宗地的位置与面积).

    Parameters
    ----------
    events : DataFrame
        Of the land book.
    main : Work
        The county's main job.

    Returns
    -------
    DataFrame
        Indexed by parcel code: ``township``, ``village``, ``area`` [㎡]; a parcel that a split or merger made has the
        place of its nearest origin and the area its events state; missing where nothing tells.
    """
    known = plain(main.outcome.table)[["township", "village", "area"]]
    held = effective(events)
    codes = pd.Index(sorted(held["parcel_code"].dropna().unique()), name="parcel_code")
    stated = held.dropna(subset=["event_area"]).drop_duplicates("parcel_code", keep="last")
    areas = stated.set_index("parcel_code")["event_area"]
    made = [code for code in codes if code not in known.index]
    origins = {code: next((one for one in ancestors(events, code) if one in known.index), None) for code in made}
    rows = known.reindex([origins[code] for code in made]).set_axis(made, axis=0)
    rows["area"] = areas.reindex(made)
    return pd.concat([known[known.index.isin(codes)], rows]).reindex(codes)
