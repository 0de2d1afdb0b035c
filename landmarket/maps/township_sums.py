"""What a township adds up to on the county's index page (分乡镇汇总)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from landmarket.maps.facts import AREA_COLUMNS
from landmarket.maps.packing import Ints
from landmarket.maps.values import Column, floats
from landmarket.units import round_half_up_array


@dataclass(frozen=True)
class Sum:
    """One column of the county's table: a sum over the parcels of each township (汇总列).

    Attributes
    ----------
    label : str
        Chinese header with the unit.
    decimals : int
        Decimals shown.
    values : ndarray of float64
        What each parcel adds, in whole hundredths where there are decimals, so that sums are exact.
    scale : float
        What a sum is divided by to be shown.
    """

    label: str
    decimals: int
    values: Ints
    scale: float = 1.0


def township_sums(parcels: pd.DataFrame) -> list[Sum]:
    """List what each parcel adds to its township's row.

    Parameters
    ----------
    parcels : DataFrame
        All parcels.

    Returns
    -------
    list of Sum
        Number of parcels, and what else the table's columns allow to add up.
    """
    sums = [Sum("宗数", 0, np.ones(len(parcels), dtype=np.int64))]
    name = next((name for name in AREA_COLUMNS if name in parcels.columns), None)
    if name is not None:
        sums.append(Sum("面积（亩）", 2, _hundredths(parcels[name]), 100 * 2000 / 3))
    if "allowed" in parcels.columns:
        sums += [Sum(value, 0, _equals(parcels["allowed"], value)) for value in ("可入市", "待核实", "不可入市")]
    sums += _money(parcels, "total_price", "总地价")
    if "outcome" in parcels.columns:
        sums.append(Sum("成交宗数", 0, _equals(parcels["outcome"], "成交")))
    return sums + _money(parcels, "deal_price", "成交价")


def _money(parcels: pd.DataFrame, column: str, label: str) -> list[Sum]:
    fen = f"{column}_fen"
    if fen in parcels.columns:
        values = parcels[fen].fillna(0).to_numpy(dtype=np.int64)
    elif column in parcels.columns:
        values = _hundredths(parcels[column])
    else:
        return []
    return [Sum(f"{label}（万元）", 2, values, 1e6)]


def _hundredths(values: Column) -> Ints:
    rounded = round_half_up_array(floats(values), 2)
    return np.rint(np.nan_to_num(rounded) * 100).astype(np.int64)


def _equals(values: Column, wanted: str) -> Ints:
    return (values == wanted).fillna(False).to_numpy(dtype=bool).astype(np.int64)
