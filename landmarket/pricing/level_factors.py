"""Regional and individual factors and step tables of a parcel, as columns (因素修正、其他修正)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.checks import Fault, fault, require_columns
from landmarket.pricing.keys import Keys, kept_texts, particular, spread, text_codes
from landmarket.pricing.price_table import LEVELS, PriceTable
from landmarket.units import round_half_up_array

NEEDED_BY = "benchmark_price"
FACTOR, LEVEL, STEP = "因素:", "等级:", "系数:"
"""Beginnings of the columns of one regional factor [%], its level, and one step table."""

_PERCENT_UNITS = 10**6
Floats = npt.NDArray[np.float64]


def five_level_columns(parcels: pd.DataFrame, keys: Keys, table: PriceTable) -> tuple[pd.DataFrame, list[Fault]]:
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
    columns : DataFrame
        ``等级:…`` and ``因素:…`` [%] per factor, missing where the notice has no such factor for the parcel's use, and
        their sum ``factor_sum`` [fraction]. Of no meaning where there is a fault.
    faults : list of Fault
        Levels that are missing or unknown: a missing level is not 一般.
    """
    total = np.zeros(len(parcels), dtype=np.int64)
    columns: dict[str, pd.Series[str] | Floats] = {}
    faults = []
    for factor, stated in _stated_levels(table).items():
        found = [particular(stated.keys(), *pair) for pair in keys.pairs]
        applies = np.array([pair is not None for pair in found], dtype=bool)[keys.code]
        if not applies.any():
            continue
        require_columns(parcels, [factor], NEEDED_BY)
        codes, distinct = text_codes(parcels[factor])
        percents = np.array(
            [[np.nan] * len(distinct) if pair is None else _of(stated[pair], distinct) for pair in found]
        )
        units = np.rint(percents * _PERCENT_UNITS) + 0.0
        which = keys.code * len(distinct) + codes
        concerned = np.array([pair is not None for pair in found], dtype=bool)
        unknown = concerned[:, None] & np.isnan(units)
        cure = f"填写 {'、'.join(LEVELS)} 之一，不知道的不能当作一般。"
        faults.append(fault(factor, spread(unknown.ravel(), which), cure))
        total += np.nan_to_num(units).astype(np.int64).ravel().take(which)
        columns[f"{LEVEL}{factor}"] = kept_texts(parcels[factor], applies)
        columns[f"{FACTOR}{factor}"] = (units / _PERCENT_UNITS).ravel().take(which)
    columns["factor_sum"] = total / (100 * _PERCENT_UNITS)
    return pd.DataFrame(columns, index=parcels.index, copy=False), faults


def _of(percents: list[float], texts: list[str]) -> list[float]:
    percent_of = dict(zip(LEVELS, percents, strict=True))
    return [percent_of.get(text, np.nan) for text in texts]


def _stated_levels(table: PriceTable) -> dict[str, dict[tuple[str, str], list[float]]]:
    """Give each factor's five levels [%] by use and grade, factors in the notice's order."""
    stated: dict[str, dict[tuple[str, str], list[float]]] = {}
    texts = table.factors[["factor", "use", "grade"]].astype("str").to_numpy()
    percents = table.factors[list(LEVELS)].to_numpy(dtype=np.float64)
    for (factor, use, grade), levels in zip(texts.tolist(), percents.tolist(), strict=True):
        stated.setdefault(factor, {})[use, grade] = levels
    return stated


def step_columns(parcels: pd.DataFrame, keys: Keys, table: PriceTable) -> tuple[pd.DataFrame, list[Fault]]:
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
    columns : DataFrame
        ``系数:…`` per step table; missing where it does not concern the parcel's use, or where there is a fault.
    faults : list of Fault
        Values that lie in no band, or are no level, of their table.
    """
    columns: dict[str, Floats] = {}
    faults = []
    for name, named in table.steps.groupby("name", sort=False):
        column, uses = str(named["column"].iloc[0]), frozenset(named["use"])
        concerned = [use in uses or "" in uses for use, _ in keys.pairs]
        applies = np.array(concerned, dtype=bool)[keys.code]
        if applies.any():
            require_columns(parcels, [column], f"{NEEDED_BY}（{name}）")
            values = _step_factors(parcels[column], named, keys, table.factor_decimals)
            cure = f"{name}应为 {_allowed(named)} 之一。"
            faults.append(fault(column, applies & np.isnan(values), cure))
            columns[f"{STEP}{name}"] = values
    return pd.DataFrame(columns, index=parcels.index, copy=False), faults


def _step_factors(given: pd.Series[str] | pd.Series[float], named: pd.DataFrame, keys: Keys, decimals: int) -> Floats:
    """Look up a factor for each value; nan where the value is in no band, or is no level, of the table."""
    named = named.assign(factor=round_half_up_array(named["factor"].to_numpy(dtype=np.float64), decimals))
    uses = frozenset(named["use"].astype("str"))
    own = [use if use in uses else "" for use, _ in keys.pairs]
    tables = {use: named[named["use"] == use] for use in dict.fromkeys(own)}
    if (named["level"] != "").any():
        codes, distinct = text_codes(_as_text(given))
        known: Floats = np.array([_levels(distinct, tables[use]) for use in own], dtype=np.float64)
        return known.ravel().take(keys.code * len(distinct) + codes)
    values: Floats = np.asarray(pd.to_numeric(given, errors="coerce"), dtype=np.float64)
    if len(tables) == 1:
        return _bands(values, tables[own[0]])
    result = np.full(len(given), np.nan)
    for use, rows in zip(own, keys.positions, strict=True):
        result[rows] = _bands(values[rows], tables[use])
    return result


def _as_text(given: pd.Series[str] | pd.Series[float]) -> pd.Series[str]:
    """Leave categories as they are, which are numbered already."""
    if isinstance(given.dtype, pd.CategoricalDtype):
        return pd.Series(given.array, index=given.index)
    return given.astype("str")


def _levels(distinct: list[str], steps: pd.DataFrame) -> list[float]:
    factor_of = dict(zip(steps["level"].astype("str"), steps["factor"].astype("float64"), strict=True))
    return [factor_of.get(text, np.nan) for text in distinct]


def _bands(values: Floats, steps: pd.DataFrame) -> Floats:
    if not len(steps):
        return np.full(len(values), np.nan)
    steps = steps.assign(low=steps["low"].fillna(-np.inf), high=steps["high"].fillna(np.inf)).sort_values("low")
    place = np.searchsorted(steps["low"].to_numpy(), values, side="right") - 1
    inside = ~np.isnan(values) & (place >= 0) & (values < steps["high"].to_numpy()[place])
    factors: Floats = np.where(inside, steps["factor"].to_numpy(dtype=np.float64)[place], np.nan)
    return factors


def _allowed(steps: pd.DataFrame) -> str:
    bands = (f"[{low:g}, {high:g})" for low, high in zip(steps["low"], steps["high"], strict=True))
    stated = [level or band for level, band in zip(steps["level"], bands, strict=True)]
    return "、".join(dict.fromkeys(stated)).replace("nan", "…")
