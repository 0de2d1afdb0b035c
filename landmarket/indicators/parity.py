"""Whether collective land fetches what state land is worth at the same place (同地同价)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from landmarket.checks import require_columns, require_same_index, require_unique_index
from landmarket.errors import BadValueError
from landmarket.pricing.ratio_study.bootstrap import too_few
from landmarket.pricing.ratio_study.equity import parity
from landmarket.pricing.ratio_study.groups import members


def price_parity(
    deals: pd.DataFrame,
    state_prices: pd.Series[float],
    by: Sequence[str] = ("price_use", "township"),
    *,
    price: str = "deal_unit_price",
    least: int = 5,
) -> pd.DataFrame:
    r"""Compare what collective land fetched with the state benchmark price, by use and township (同地同价比).

    .. math:: parity = \frac{\text{collective deal price}}{\text{state benchmark price, same use and place}}

    Parameters
    ----------
    deals : DataFrame
        Index parcel code; the column of the price [元/㎡], missing where there was no deal, and those of the groups.
    state_prices : Series of float
        State benchmark price of each parcel [元/㎡] on the same index, missing where the state notice has none.
    by : sequence of str, default ("price_use", "township")
        Columns of the groups; none puts all parcels into one group 全部.
    price : str, default "deal_unit_price"
        Column of the deal price. Both prices must be stated on one connotation: either the deal price of the parcel as
        it is and the state price corrected to that parcel, or both on the connotation of the state notice.
    least : int, default 5
        Under so many parcels a group has no median: 样点不足.

    Returns
    -------
    DataFrame
        One row per group that has a deal, sorted: ``n`` parcels compared, ``median`` (1: the same price), ``cod`` [%],
        ``finding``, and ``unpriced``: deals that could not be compared because the state notice has no price there.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    IndexMismatchError
        If the indexes differ.
    BadValueError
        If no deal has a state price, a price is not a positive finite number, or a deal has no group.

    Notes
    -----
    Medians and dispersion are those of `landmarket.pricing.ratio_study.parity`. No statutory index exists; "same place"
    is a condition, not a result.
    """
    require_columns(deals, [price, *by], "price_parity")
    require_unique_index(deals, "price_parity")
    require_same_index(deals, state_prices.to_frame(), "price_parity")
    sold = deals[deals[price].notna()]
    index, positions = members(sold, by, "price_parity")
    priced = state_prices.loc[sold.index].notna()
    compared = sold[priced]
    if compared.empty:
        raise BadValueError(
            f"price_parity：成交 {len(sold)} 宗，没有一宗有国有基准地价可比。办法：核对国有基准地价表的范围与用途。"
        )
    collective, state = compared[price].astype("float64"), state_prices.loc[compared.index].astype("float64")
    found = parity(collective, state, compared[list(by)], least=least).reindex(index)
    return found.assign(
        n=found["n"].fillna(0).astype("int64"),
        finding=found["finding"].fillna(too_few(0, least)),
        unpriced=[int((~priced.iloc[rows]).sum()) for rows in positions],
    )
