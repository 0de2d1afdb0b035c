"""Connotation, floor-area ratio and development degree of a parcel, as columns (价格内涵、容积率修正、开发程度修正)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.checks import Fault, fault
from landmarket.pricing.corrections import far_factor
from landmarket.pricing.development import read_development
from landmarket.pricing.keys import Keys, numbered_pairs, present_pairs, rows_for, spread, text_codes, texts
from landmarket.pricing.price_table import Outside, PriceForm, PriceTable
from landmarket.pricing.rounding import printed, rounded_exactly

NEEDED_BY = "benchmark_price"
Floats = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]
_FAR_NOTES = ["", "容积率在表外，取端值", "公告未设容积率修正", "楼面地价不作容积率修正"]
_LEAST_RATIO, _MOST_RATIO = 1e-6, 1e6
"""Floor-area ratios beyond these are no number a plan states, and would leave the range of exact money."""


def connotation_columns(keys: Keys, table: PriceTable, index: pd.Index[str]) -> pd.DataFrame:
    """Look up the basis each parcel's price is stated on.

    Parameters
    ----------
    keys : Keys
        Uses and grades of the parcels.
    table : PriceTable
        The notice.
    index : Index
        The parcels.

    Returns
    -------
    DataFrame
        ``price_form, legal_term, capitalisation_rate, stated_far, stated_development``.
    """
    rows = [rows_for(table.connotation.by_use, use, grade) for use, grade in keys.pairs]
    forms = [str(row["price_form"].iloc[0]) if len(row) else PriceForm.LAND.value for row in rows]
    stated = [str(row["development"].iloc[0]) if len(row) else "" for row in rows]

    def _numbers(name: str) -> Floats:
        return np.array([row[name].iloc[0] if len(row) else np.nan for row in rows], dtype=np.float64).take(keys.code)

    return pd.DataFrame(
        {
            "price_form": texts(forms, keys.code, index),
            "legal_term": _numbers("legal_term"),
            "capitalisation_rate": _numbers("capitalisation_rate"),
            "stated_far": _numbers("floor_area_ratio"),
            "stated_development": texts(stated, keys.code, index),
        },
        index=index,
        copy=False,
    )


def far_columns(
    parcels: pd.DataFrame, keys: Keys, basis: pd.DataFrame, table: PriceTable
) -> tuple[pd.DataFrame, list[Fault]]:
    """Look up the floor-area-ratio factor of each parcel (容积率修正).

    Parameters
    ----------
    parcels : DataFrame
        With ``floor_area_ratio``.
    keys : Keys
        Uses and grades of the parcels.
    basis : DataFrame
        From `connotation_columns`.
    table : PriceTable
        The notice.

    Returns
    -------
    columns : DataFrame
        ``floor_area_ratio, far_factor, far_note``; of no meaning where there is a fault.
    faults : list of Fault
        Ratios that are needed and missing, not positive, or outside the table where the notice says 报错.
    """
    given = parcels["floor_area_ratio"]
    ratio: Floats = np.asarray(pd.to_numeric(given, errors="coerce"), dtype=np.float64)
    unreadable = given.notna().to_numpy() & ~((ratio >= _LEAST_RATIO) & (ratio <= _MOST_RATIO))
    ratio = np.where(unreadable, np.nan, ratio) if unreadable.any() else ratio
    floor = basis["price_form"].iloc[keys.first].eq(PriceForm.FLOOR.value).to_numpy()
    codes, found = pd.factorize(ratio, use_na_sentinel=False)
    (pair_of, ratio_of), which = numbered_pairs(keys.code, codes.astype(np.intp, copy=False), len(found))
    distinct: Floats = np.asarray(found, dtype=np.float64)[ratio_of]
    factor, note, needed = np.ones(len(distinct)), np.zeros(len(distinct), dtype=np.intp), floor[pair_of]
    outside = np.zeros(len(distinct), dtype=bool)
    edges = np.searchsorted(pair_of, np.arange(len(keys.pairs) + 1))
    for number, (pair, at) in enumerate(zip(keys.pairs, pairwise(edges), strict=True)):
        rows, steps = slice(*at), rows_for(table.far, *pair).sort_values("floor_area_ratio")
        skipped = bool(floor[number]) and not table.formula.far_on_floor_price
        if skipped or not len(steps):
            note[rows] = 3 if skipped else 2
            continue
        needed[rows] = True
        ends = steps["floor_area_ratio"].iloc[0], steps["floor_area_ratio"].iloc[-1]
        outside[rows] = (distinct[rows] < ends[0]) | (distinct[rows] > ends[1])
        factor[rows] = _rounded_far(distinct[rows], steps, table)
    note[outside] = 1
    lacking, beyond = spread(needed & np.isnan(distinct), which), spread(outside, which)
    columns = {
        "floor_area_ratio": ratio,
        "far_factor": factor.take(which),
        "far_note": texts(_FAR_NOTES, note.take(which), parcels.index),
    }
    return pd.DataFrame(columns, index=parcels.index, copy=False), _far_faults(unreadable, lacking, beyond, table)


def _far_faults(unreadable: Marks, lacking: Marks, beyond: Marks, table: PriceTable) -> list[Fault]:
    faults = [
        fault("floor_area_ratio", unreadable, "应为一个正数，范围（如 1.0≤R≤2.5）须先选定取值。"),
        fault("floor_area_ratio", lacking, "补上容积率，公告对该用途作容积率修正。"),
    ]
    if table.far_outside is Outside.RAISE:
        cure = "容积率在公告的修正表之外，核对容积率，或在公告说明中写明 容积率表外处理：取端值。"
        faults.append(fault("floor_area_ratio", beyond, cure))
    return faults


def _rounded_far(ratio: Floats, steps: pd.DataFrame, table: PriceTable) -> Floats:
    """Look up and round; the caller judges ratios outside the table, given its ends, and missing ones, given 1."""
    ratios: Floats = steps["floor_area_ratio"].to_numpy(dtype=np.float64)
    factors: Floats = steps["factor"].to_numpy(dtype=np.float64)
    column: pd.Series[float] = pd.Series(factors, index=ratios)
    stated = ~np.isnan(ratio)
    known, result = ratio[stated], np.ones(len(ratio))
    values = far_factor(known, column, outside="clamp")
    result[stated] = rounded_exactly(values, table.factor_decimals, _interpolate(ratios, factors), [known], values)
    return result


def _interpolate(ratios: Floats, factors: Floats) -> Callable[[Sequence[Fraction]], Fraction]:
    def exact(operands: Sequence[Fraction]) -> Fraction:
        ratio = operands[0]
        at = int(np.searchsorted(ratios, float(ratio), side="left"))
        if at == 0 or at == len(ratios):
            return printed(factors[min(at, len(ratios) - 1)])
        r1, r2, k1, k2 = (printed(x) for x in (ratios[at - 1], ratios[at], factors[at - 1], factors[at]))
        return k1 + (k2 - k1) * (ratio - r1) / (r2 - r1)

    return exact


def development_columns(
    parcels: pd.DataFrame, keys: Keys, basis: pd.DataFrame, table: PriceTable
) -> tuple[pd.DataFrame, list[Fault]]:
    """Compute the correction for the development degree (开发程度修正).

    Parameters
    ----------
    parcels : DataFrame
        Optionally with ``development``.
    keys : Keys
        Uses and grades of the parcels.
    basis : DataFrame
        From `connotation_columns`.
    table : PriceTable
        The notice.

    Returns
    -------
    columns : DataFrame
        ``development_correction`` [元/㎡] and ``development_note``; of no meaning where there is a fault.
    faults : list of Fault
        Degrees that cannot be read, or differ by an item whose cost the notice lacks.
    """
    given = parcels["development"] if "development" in parcels else pd.Series("", index=parcels.index, dtype="str")
    own_code, own = text_codes(given)
    base = basis["stated_development"].iloc[keys.first].tolist()
    present, which = present_pairs(own_code, keys.code, len(base))
    told = {pair: _development(*pair, table) for pair in {(own[has], base[stated]) for has, stated in present}}
    found = [told[own[has], base[stated]] for has, stated in present]
    amounts = np.array([amount for amount, _, _ in found], dtype=np.float64)
    notes = texts([note for _, note, _ in found], which, parcels.index)
    troubles = [trouble for _, _, trouble in found]
    bad = np.flatnonzero(spread(np.array([bool(trouble) for trouble in troubles], dtype=bool), which))
    columns = {"development_correction": amounts.take(which), "development_note": notes}
    faults = [Fault(("development",), bad, [troubles[pair] for pair in which[bad]])]
    return pd.DataFrame(columns, index=parcels.index, copy=False), faults


def _development(own: str, base: str, table: PriceTable) -> tuple[float, str, str]:
    """Give the correction, its note, and what stands in the way of it."""
    if not len(table.development):
        return 0.0, "公告未设开发程度修正", ""
    if not base:
        return 0.0, "公告未列开发程度内涵，不修正", ""
    if not own:
        return 0.0, f"未填开发程度，按价格内涵 {base}", ""
    (has, trouble), (stated, stated_trouble) = read_development(own), read_development(base)
    if trouble or stated_trouble:
        return 0.0, "", trouble or f"公告价格内涵的开发程度 {stated_trouble}"
    more, less = has - stated, stated - has
    costs = {
        item: printed(cost)
        for item, cost in zip(table.development["item"], table.development["unit_cost"], strict=True)
    }
    lacking = sorted((more | less) - costs.keys())
    if lacking:
        return 0.0, "", f"与价格内涵 {base} 相差 {'、'.join(lacking)}，公告没有其单位费用，补充开发程度修正表"
    amount = sum((costs[item] for item in more), Fraction(0)) - sum((costs[item] for item in less), Fraction(0))
    parts = [f"加{'、'.join(sorted(more))}"] * bool(more) + [f"减{'、'.join(sorted(less))}"] * bool(less)
    return float(amount), f"{own}，价格内涵 {base}" + (f"：{'，'.join(parts)}" if parts else ""), ""
