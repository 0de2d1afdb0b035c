"""Why parcels have no price (无价原因): what `benchmark_price` would refuse, said beforehand for every parcel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.checks import JOINT, gap_texts, require_columns, require_unique_index
from landmarket.pricing.basis import no_price_texts
from landmarket.pricing.benchmark import NEEDED, factor_columns, price_cells, price_faults, unit_prices
from landmarket.pricing.price_table import PriceTable
from landmarket.zoning.conditions import chosen_ratios

NEEDED_BY = "price_gaps"


def price_gaps(parcels: pd.DataFrame, table: PriceTable, choice: Mapping[str, str], *, on: date) -> pd.Series[str]:
    """Say for each parcel everything that keeps it from being priced.

    Parameters
    ----------
    parcels : DataFrame
        With the columns of `price_basis`, ``floor_area_ratio`` as the plan states it, and what `benchmark_price`
        needs besides.
    table : PriceTable
        The notice.
    choice : mapping of str to str
        Which end of a range of floor-area ratios prices a parcel, as for `choose_floor_area_ratio`.
    on : date
        Valuation date.

    Returns
    -------
    Series of str
        ``price_gap`` on the same index: empty where `choose_floor_area_ratio` and `benchmark_price` price the parcel,
        else every reason in Chinese why they refuse it, joined by ；.

    Raises
    ------
    MissingColumnError
        If a column is missing that some parcel needs.
    BadValueError
        If a parcel is named twice, or a choice is no end of a range.

    Notes
    -----
    The reasons are found by the very checks that `benchmark_price` makes. What a parcel needs depends on its price
    use: one without a price use has the reason for that alone. The age of the notice is no parcel's reason.
    """
    require_unique_index(parcels, NEEDED_BY)
    require_columns(parcels, [*NEEDED, "price_gap"], NEEDED_BY)
    base = price_cells(parcels, table)
    used = parcels["price_use"].fillna("").ne("").to_numpy() | ~np.isnan(base)
    ratios, unchosen = chosen_ratios(parcels, choice)
    factors, unusable = factor_columns(parcels.assign(floor_area_ratio=ratios), table, on)
    faults = [each.among(used) for each in (*unchosen, *unusable)]
    unpriced, unfit = _unpriced(parcels, np.isnan(base)), gap_texts(parcels, faults)
    gap = unpriced + np.where(unpriced.ne("") & unfit.ne(""), JOINT, "") + unfit
    priced = factors.assign(base_price=base)
    priced["unit_price"] = unit = unit_prices(priced, table)
    sound = gap.eq("").to_numpy()
    late = gap_texts(priced, [each.among(sound) for each in price_faults(priced, unit)])
    return gap.where(~sound, late).rename("price_gap")


def _unpriced(parcels: pd.DataFrame, missing: npt.NDArray[np.bool_]) -> pd.Series[str]:
    """Say why the notice has no price: the reason that `price_basis` found, else that there is none."""
    rows = pd.DataFrame(parcels.loc[missing, ["township", "grade", "price_use", "price_gap"]])
    known = rows["price_gap"].fillna("")
    return known.where(known != "", no_price_texts(rows)).reindex(parcels.index, fill_value="")
