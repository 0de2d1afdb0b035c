"""Why parcels have no price (无价原因): what `benchmark_price` would refuse, said beforehand for every parcel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.checks import JOINT, gap_texts, require_columns, require_unique_index
from landmarket.pricing.basis import no_price_texts
from landmarket.pricing.benchmark import (
    NEEDED,
    Floats,
    cell_prices,
    factor_columns,
    factored,
    price_faults,
    unit_prices,
    with_prices,
)
from landmarket.pricing.keys import use_grade_keys
from landmarket.pricing.level_factors import FACTOR, LEVEL, STEP
from landmarket.pricing.price_table import PriceTable
from landmarket.pricing.staleness import check_age
from landmarket.zoning.conditions import chosen_ratios

NEEDED_BY = "price_gaps"


class _Judged(NamedTuple):
    """Why each parcel has no price, and what it is multiplied from; of no meaning where there is a gap."""

    gap: pd.Series[str]
    factors: pd.DataFrame
    unit: Floats


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
    return _judged(parcels, table, choice, on).gap


def price_or_gap(
    parcels: pd.DataFrame,
    table: PriceTable,
    choice: Mapping[str, str],
    *,
    on: date,
    stale: Literal["raise", "warn"] = "raise",
) -> tuple[pd.DataFrame, pd.Series[str]]:
    """Price the parcels that can be priced, and say of the others why not; every factor is looked up once.

    Parameters
    ----------
    parcels : DataFrame
        As for `price_gaps`.
    table : PriceTable
        The notice.
    choice : mapping of str to str
        As for `price_gaps`.
    on : date
        Valuation date.
    stale : {"raise", "warn"}
        What happens to a notice that is too old to be applied.

    Returns
    -------
    prices : DataFrame
        Of the parcels without a gap, what `benchmark_price` gives for them with the chosen floor-area ratio.
    gap : Series of str
        Of all parcels, what `price_gaps` says.

    Raises
    ------
    MissingColumnError, BadValueError
        As for `price_gaps`.
    StalePriceTableError
        If the notice is too old.
    """
    check_age(table, on, stale)
    judged = _judged(parcels, table, choice, on)
    sound = judged.gap.eq("").to_numpy()
    factors = judged.factors[sound]
    named = [name for name in factors.columns if name.startswith((FACTOR, LEVEL, STEP))]
    unknown = [name for name in named if factors[name].isna().all()]
    return with_prices(factors.drop(columns=unknown), judged.unit[sound], table, on), judged.gap


def _judged(parcels: pd.DataFrame, table: PriceTable, choice: Mapping[str, str], on: date) -> _Judged:
    require_unique_index(parcels, NEEDED_BY)
    require_columns(parcels, [*NEEDED, "price_gap"], NEEDED_BY)
    keys = use_grade_keys(parcels)
    base = cell_prices(parcels["township"], keys, table)
    used = parcels["price_use"].fillna("").ne("").to_numpy() | ~np.isnan(base)
    ratios, unchosen = chosen_ratios(parcels, choice)
    factors, unusable = factor_columns(parcels.assign(floor_area_ratio=ratios), keys, table, on)
    faults = [each.among(used) for each in (*unchosen, *unusable)]
    unpriced, unfit = _unpriced(parcels, np.isnan(base)), gap_texts(parcels, faults)
    gap = unpriced + np.where(unpriced.ne("") & unfit.ne(""), JOINT, "") + unfit
    priced = factored(parcels, base, factors)
    unit = unit_prices(priced, table)
    sound = gap.eq("").to_numpy()
    late = [each.among(sound) for each in price_faults(priced, unit)]
    gap = gap.where(~sound, gap_texts(priced.assign(unit_price=unit), late)).rename("price_gap")
    return _Judged(gap, priced, unit)


def _unpriced(parcels: pd.DataFrame, missing: npt.NDArray[np.bool_]) -> pd.Series[str]:
    """Say why the notice has no price: the reason that `price_basis` found, else that there is none."""
    rows = pd.DataFrame(parcels.loc[missing, ["township", "grade", "price_use", "price_gap"]])
    known = rows["price_gap"].fillna("")
    return known.where(known != "", no_price_texts(rows)).reindex(parcels.index, fill_value="")
