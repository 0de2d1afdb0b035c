"""Two editions of a notice parcel by parcel (逐宗比较): value at the price of the grade, and who gains."""

from __future__ import annotations

import numpy as np
import pandas as pd

from landmarket.checks import fault, require_columns, require_sound
from landmarket.pricing.basis import price_basis
from landmarket.pricing.benchmark import price_cells
from landmarket.pricing.editions.changes import Floats, joined_gaps, no_table, price_changes
from landmarket.pricing.editions.connotation import connotation_notes
from landmarket.pricing.intensity_factors import connotation_columns
from landmarket.pricing.keys import use_grade_keys
from landmarket.pricing.price_table import PriceForm, PriceTable
from landmarket.pricing.rounding import rounded_exactly
from landmarket.units import fen_series, round_half_up_array, times_area_fen

NEEDED_BY = "diff"
_LEAST_AREA, _MOST_AREA = 0.005, 9e13
_OTHERS = ("owner",)
COLUMNS = [
    "township",
    "village",
    "area",
    "price_use_old",
    "price_use_new",
    "grade_old",
    "grade_new",
    "price_old",
    "price_new",
    "value_old_fen",
    "value_new_fen",
    "change_fen",
    "change_rate",
    "status",
    "connotation",
    "reason",
]
"""Columns of the comparison."""


def compare_parcels(old: PriceTable, new: PriceTable, parcels: pd.DataFrame) -> pd.DataFrame:
    """Compare what parcels are worth at the price of their grade in two editions.

    Parameters
    ----------
    old, new : PriceTable
        The editions.
    parcels : DataFrame
        With ``planned_use, planned_use_scheme, township, village, area`` [㎡]; an ``owner`` is passed through.

    Returns
    -------
    DataFrame
        On the same index: use, grade, price per square metre of land [元/㎡] and value in integer fen in both
        editions, ``change_fen``, ``change_rate``, ``status``, ``connotation`` and ``reason``. No parcel is left out;
        what is unknown is missing.

    Raises
    ------
    BadValueError
        If an area is missing or not positive.

    Notes
    -----
    Price of the grade × area, not corrected for the parcel: what the editions alone change. A price per floor area is
    brought to the land at the floor-area ratio it is stated on.
    """
    require_columns(parcels, ["area"], NEEDED_BY)
    area: Floats = np.asarray(pd.to_numeric(parcels["area"], errors="coerce"), dtype=np.float64)
    usable = (area >= _LEAST_AREA) & (area < _MOST_AREA)
    require_sound(parcels, [fault("area", ~usable, "应为正数 [㎡]。")], NEEDED_BY)
    rounded = pd.Series(round_half_up_array(area, 2), index=parcels.index)
    before, after = (_side(parcels, table, rounded) for table in (old, new))
    prices = before["unit_price"].to_numpy(dtype=np.float64), after["unit_price"].to_numpy(dtype=np.float64)
    changes = price_changes(*prices, np.zeros(len(parcels), dtype=bool))
    notes = connotation_notes(old, new, before, after)
    priced = before["unit_price"].notna() & after["unit_price"].notna()
    table = pd.DataFrame(
        {
            "township": parcels["township"],
            "village": parcels["village"],
            "area": rounded,
            "price_use_old": before["price_use"],
            "price_use_new": after["price_use"],
            "grade_old": before["grade"],
            "grade_new": after["grade"],
            "price_old": prices[0],
            "price_new": prices[1],
            "value_old_fen": before["value_fen"],
            "value_new_fen": after["value_fen"],
            "change_fen": after["value_fen"] - before["value_fen"],
            "change_rate": changes["change_rate"],
            "status": pd.Series(changes["status"], index=parcels.index, dtype="str"),
            "connotation": notes.where(priced, ""),
            "reason": joined_gaps(before["gap"], after["gap"]),
        },
        index=parcels.index,
    )
    return table.assign(**{name: parcels[name] for name in _OTHERS if name in parcels})


def no_parcels() -> pd.DataFrame:
    """Return the comparison of no parcels.

    Returns
    -------
    DataFrame
        Its columns without rows.
    """
    return no_table(COLUMNS)


def _side(parcels: pd.DataFrame, table: PriceTable, area: pd.Series[float]) -> pd.DataFrame:
    """Find use, grade, land price and value of each parcel in one edition."""
    basis = price_basis(parcels, table)
    keyed = parcels[["township"]].assign(price_use=basis["price_use"], grade=basis["grade"])
    price, gap = price_cells(keyed, table), basis["price_gap"]
    stated = connotation_columns(use_grade_keys(keyed), table, parcels.index)
    floor = (stated["price_form"] == PriceForm.FLOOR.value).to_numpy() & ~np.isnan(price)
    if floor.any():
        ratio: Floats = stated["stated_far"].to_numpy(dtype=np.float64)[floor]
        per_land = price[floor] * ratio
        exact = rounded_exactly(per_land, table.decimals, lambda row: row[0] * row[1], [price[floor], ratio], per_land)
        price[floor] = exact
        gap = gap.mask(floor & np.isnan(price), "价格为楼面地价，价格内涵没有容积率，折不成地面地价")
    known = ~np.isnan(price)
    value = pd.Series(pd.NA, index=parcels.index, dtype="Int64")
    unit = fen_series(pd.Series(price[known], index=parcels.index[known], name="unit_price"))
    value[known] = times_area_fen(unit, fen_series(area[known]))
    return keyed.assign(unit_price=price, gap=gap, value_fen=value)


def gains_by(parcels: pd.DataFrame, by: str) -> pd.DataFrame:
    """Add up what parcels gain, by township, owner or another column (增减值汇总).

    Parameters
    ----------
    parcels : DataFrame
        As `compare_parcels` gives it.
    by : str
        A column of it.

    Returns
    -------
    DataFrame
        Indexed by it, the greatest gain first: ``parcels``, ``compared`` of them, ``value_old_fen, value_new_fen,
        change_fen`` of those compared, and ``change_rate``. A missing name is 不明.

    Raises
    ------
    MissingColumnError
        If there is no such column.
    """
    require_columns(parcels, [by, "change_fen"], "gains_by")
    known = parcels["change_fen"].notna()
    rows = pd.DataFrame(
        {
            by: parcels[by].astype("object").where(parcels[by].notna(), "不明"),
            "parcels": 1,
            "compared": known.astype("int64"),
            **{name: _fen(parcels[name].where(known)) for name in ("value_old_fen", "value_new_fen", "change_fen")},
        }
    )
    table = rows.groupby(by, sort=False).sum().sort_values("change_fen", ascending=False, kind="stable")
    old = table["value_old_fen"].astype("float64")
    return table.assign(change_rate=(table["change_fen"] / old.where(old > 0)).to_numpy())


def _fen(values: pd.Series[int]) -> pd.Series[int]:
    return values.astype("Int64").fillna(0).astype("int64")
