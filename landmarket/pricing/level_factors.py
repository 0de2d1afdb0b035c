"""Regional and individual factors and step tables of a parcel, as columns (因素修正、其他修正)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.checks import require_columns, require_values
from landmarket.pricing.keys import Keys, rows_for
from landmarket.pricing.price_table import LEVELS, PriceTable
from landmarket.units import round_half_up_array

NEEDED_BY = "benchmark_price"
FACTOR, LEVEL, STEP = "因素:", "等级:", "系数:"
"""Beginnings of the columns of one regional factor [%], its level, and one step table."""

_PERCENT_UNITS = 10**6
Floats = npt.NDArray[np.float64]


def five_level_columns(parcels: pd.DataFrame, keys: Keys, table: PriceTable) -> pd.DataFrame:
    """Look up every regional and individual factor (区域及个别因素).

    Parameters
    ----------
    parcels : DataFrame
        With one level column per factor of their use and grade, under the factor's name.
    keys : Keys
        Uses and grades of the parcels.
    table : PriceTable
        The notice.

    Returns
    -------
    DataFrame
        ``等级:…`` and ``因素:…`` [%] per factor, missing where the notice has no such factor for the parcel's use, and
        their sum ``factor_sum`` [fraction].

    Raises
    ------
    BadValueError
        If a level is missing or unknown: a missing level is not 一般.
    """
    total = np.zeros(len(parcels), dtype=np.int64)
    columns: dict[str, pd.Series[str] | Floats] = {}
    for factor in table.factors["factor"].unique():
        rows = [rows_for(table.factors[table.factors["factor"] == factor], *pair)[list(LEVELS)] for pair in keys.pairs]
        percents = np.array([row.iloc[0] if len(row) else [np.nan] * len(LEVELS) for row in rows], dtype=np.float64)
        applies = np.array([len(row) > 0 for row in rows], dtype=bool)[keys.code]
        if not applies.any():
            continue
        require_columns(parcels, [factor], NEEDED_BY)
        level = pd.Categorical(parcels[factor], categories=list(LEVELS)).codes
        cure = f"填写 {'、'.join(LEVELS)} 之一；不知道的不能当作一般。"
        require_values(parcels, factor, applies & (level < 0), cure, NEEDED_BY)
        units = np.rint(np.nan_to_num(percents) * _PERCENT_UNITS).astype(np.int64)[keys.code, level] * applies
        total += units
        columns[f"{LEVEL}{factor}"] = parcels[factor].where(applies)
        columns[f"{FACTOR}{factor}"] = np.where(applies, units / _PERCENT_UNITS, np.nan)
    columns["factor_sum"] = total / (100 * _PERCENT_UNITS)
    return pd.DataFrame(columns, index=parcels.index)


def step_columns(parcels: pd.DataFrame, keys: Keys, table: PriceTable) -> pd.DataFrame:
    """Look up every step table of the notice: area, shape, frontage … (面积、形状等其他修正).

    Parameters
    ----------
    parcels : DataFrame
        With the columns that the step tables name.
    keys : Keys
        Uses and grades of the parcels.
    table : PriceTable
        The notice.

    Returns
    -------
    DataFrame
        ``系数:…`` per step table; missing where it does not concern the parcel's use.

    Raises
    ------
    BadValueError
        If a value lies in no band, or is no level, of its table.
    """
    columns: dict[str, Floats] = {}
    for name in table.steps["name"].unique():
        named = table.steps[table.steps["name"] == name]
        values = np.full(len(parcels), np.nan)
        for (use, _), rows in zip(keys.pairs, keys.positions(), strict=True):
            steps = rows_for(named, use)
            if len(steps):
                values[rows] = _step_factors(parcels.iloc[rows], str(name), steps)
        if np.isfinite(values).any():
            columns[f"{STEP}{name}"] = round_half_up_array(values, table.factor_decimals)
    return pd.DataFrame(columns, index=parcels.index)


def _step_factors(parcels: pd.DataFrame, name: str, steps: pd.DataFrame) -> Floats:
    column = str(steps["column"].iloc[0])
    require_columns(parcels, [column], f"{NEEDED_BY}（{name}）")
    factors = steps["factor"].to_numpy(dtype=np.float64)
    if (steps["level"] != "").any():
        place = pd.Index(steps["level"]).get_indexer(pd.Index(parcels[column]))
        cure = f"{name}的等级应为 {'、'.join(steps['level'])}。"
        require_values(parcels, column, place < 0, cure, NEEDED_BY)
        result: Floats = factors[place]
        return result
    values = pd.to_numeric(parcels[column], errors="coerce").to_numpy(dtype=np.float64)
    low = steps["low"].fillna(-np.inf).to_numpy()
    high = steps["high"].fillna(np.inf).to_numpy()
    place = np.searchsorted(low, values, side="right") - 1
    inside = ~np.isnan(values) & (place >= 0) & (values < high[place])
    cure = f"{name}的范围为 " + "、".join(f"[{a:g}, {b:g})" for a, b in zip(low, high, strict=True)) + "。"
    require_values(parcels, column, ~inside, cure, NEEDED_BY)
    return factors[place]
