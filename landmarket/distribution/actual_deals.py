"""Deals that were made (实际成交), as a bureau's sheet has them, in place of simulated ones."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from landmarket.checks import require_columns
from landmarket.distribution.entries import EntryColumn, EntryKind, read_entries, require_entries
from landmarket.errors import BadValueError, named_rows

_CODE = EntryColumn("parcel_code", "宗地代码", EntryKind.CODE)
_PRICE = EntryColumn("deal_price_fen", "成交价", EntryKind.FEN)
_COLUMNS = (
    _CODE,
    EntryColumn("deal_on", "成交日期", EntryKind.DATE),
    _PRICE,
    EntryColumn("mode", "交易方式", required=False),
)
_FEN = 100
_GRANT, _SOLD = "出让", "成交"


def read_actual_deals(path: str | Path) -> pd.DataFrame:
    """Read the deals that were made (实际成交表).

    Parameters
    ----------
    path : path-like
        ``.xlsx``, or ``.csv`` in UTF-8, with the columns 宗地代码、成交日期、成交价（元）; 交易方式 may be there.

    Returns
    -------
    DataFrame
        Index ``parcel_code``: ``deal_on``, ``deal_price_fen`` (int64 [分]), ``mode``.

    Raises
    ------
    ReadError
        If the file cannot be read, lacks a column, or states amounts in another unit than 元.
    BadValueError
        If a cell is blank or cannot be read, a price is not positive, or a parcel is named twice.
    """
    deals = read_entries(path, _COLUMNS)
    price = deals["deal_price_fen"].le(0).to_numpy(dtype=bool)
    require_entries(deals, _PRICE, price, "成交价应大于 0，流拍的不要列入。", path)
    twice = deals["parcel_code"].duplicated(keep=False).to_numpy(dtype=bool)
    require_entries(deals, _CODE, twice, "同一宗地只列一次，再转让的不列在这里。", path)
    return deals.set_index("parcel_code").drop(columns="source_row")


def with_actual_deals(parcels: pd.DataFrame, deals: pd.DataFrame) -> pd.DataFrame:
    """Put the deals that were made into a table of parcels (以实际成交为准).

    Parameters
    ----------
    parcels : DataFrame
        Index parcel code; all that is known of the parcels, simulated deals among it.
    deals : DataFrame
        As `read_actual_deals` gives it.

    Returns
    -------
    DataFrame
        The parcels that were sold, in the order of `parcels`, with the deals' day, price and mode as grants (出让);
        what a simulation said of the deal is missing, and the mode where the sheet leaves it blank.

    Raises
    ------
    MissingColumnError
        If there is no column of deals.
    BadValueError
        If a parcel is not in the table; the codes are named.
    """
    require_columns(parcels, ["deal_price_fen", "deal_on", "mode", "form", "outcome"], "with_actual_deals")
    unknown = deals.index.difference(parcels.index, sort=False)
    if len(unknown):
        raise BadValueError(
            f"实际成交表中的宗地不在采用的宗地之内，{named_rows(unknown)}。"
            "办法：核对宗地代码；被暂不处理的，先用 check 查看并改正。"
        )
    sold = parcels.loc[parcels.index.isin(deals.index)].copy()
    own = deals.reindex(sold.index)
    simulated = ["start_price_fen", "step_fen", "deposit_fen", "annual_rent_fen", "start_price", "annual_rent"]
    simulated += ["premium_rate", "bidder_count", "onsite_bidding", "lease_years", "listing_from", "listing_until"]
    sold = sold.drop(columns=[name for name in simulated if name in sold.columns])
    price = own["deal_price_fen"].astype("Int64")
    day = pd.to_datetime(own["deal_on"])
    return sold.assign(
        deal_price_fen=price,
        deal_price=price.astype("float64") / _FEN,
        deal_on=day,
        contract_by=day,
        payment_by=day,
        mode=own["mode"].where(own["mode"].ne("")),
        form=_GRANT,
        outcome=_SOLD,
    )
