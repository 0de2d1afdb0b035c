"""Connotation, floor-area ratio and development degree of a parcel, as columns (价格内涵、容积率修正、开发程度修正)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.checks import require_values
from landmarket.errors import BadValueError
from landmarket.pricing.corrections import far_factor
from landmarket.pricing.development import development_difference
from landmarket.pricing.keys import Keys, rows_for, text_codes, texts
from landmarket.pricing.price_table import Outside, PriceForm, PriceTable
from landmarket.pricing.rounding import printed, rounded_exactly

NEEDED_BY = "benchmark_price"
Floats = npt.NDArray[np.float64]


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
        return np.array([row[name].iloc[0] if len(row) else np.nan for row in rows], dtype=np.float64)[keys.code]

    return pd.DataFrame(
        {
            "price_form": texts(forms, keys.code, index),
            "legal_term": _numbers("legal_term"),
            "capitalisation_rate": _numbers("capitalisation_rate"),
            "stated_far": _numbers("floor_area_ratio"),
            "stated_development": texts(stated, keys.code, index),
        },
        index=index,
    )


def far_columns(parcels: pd.DataFrame, keys: Keys, basis: pd.DataFrame, table: PriceTable) -> pd.DataFrame:
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
    DataFrame
        ``floor_area_ratio, far_factor, far_note``.

    Raises
    ------
    BadValueError
        If a ratio is needed and missing, not positive, or outside the table where the notice says 报错.
    """
    given = parcels["floor_area_ratio"]
    ratio: Floats = np.asarray(pd.to_numeric(given, errors="coerce"), dtype=np.float64)
    unreadable = given.notna().to_numpy() & ~(np.isfinite(ratio) & (ratio > 0))
    cure = "应为一个正数；范围（如 1.0≤R≤2.5）须先选定取值。"
    require_values(parcels, "floor_area_ratio", unreadable, cure, NEEDED_BY)
    floor = basis["price_form"].to_numpy() == PriceForm.FLOOR.value
    factor, note, needed = np.ones(len(parcels)), np.zeros(len(parcels), dtype=np.intp), floor.copy()
    outside = np.zeros(len(parcels), dtype=bool)
    for pair, rows in zip(keys.pairs, keys.positions, strict=True):
        steps = rows_for(table.far, *pair).sort_values("floor_area_ratio")
        skipped = bool(floor[rows[0]]) and not table.formula.far_on_floor_price
        if skipped or not len(steps):
            note[rows] = 3 if skipped else 2
            continue
        needed[rows] = True
        ends = steps["floor_area_ratio"].iloc[0], steps["floor_area_ratio"].iloc[-1]
        outside[rows] = (ratio[rows] < ends[0]) | (ratio[rows] > ends[1])
        factor[rows] = _rounded_far(ratio[rows], steps, table)
    cure = "补上容积率；公告对该用途作容积率修正。"
    require_values(parcels, "floor_area_ratio", needed & np.isnan(ratio), cure, NEEDED_BY)
    if table.far_outside is Outside.RAISE:
        cure = "容积率在公告的修正表之外；核对容积率，或在公告说明中写明 容积率表外处理：取端值。"
        require_values(parcels, "floor_area_ratio", outside, cure, NEEDED_BY)
    note[outside] = 1
    known = ["", "容积率在表外，取端值", "公告未设容积率修正", "楼面地价不作容积率修正"]
    return pd.DataFrame(
        {"floor_area_ratio": ratio, "far_factor": factor, "far_note": texts(known, note, parcels.index)},
        index=parcels.index,
    )


def _rounded_far(ratio: Floats, steps: pd.DataFrame, table: PriceTable) -> Floats:
    """Look up and round; the caller judges ratios outside the table, given its ends, and missing ones, given 1."""
    ratios: Floats = steps["floor_area_ratio"].to_numpy(dtype=np.float64)
    factors: Floats = steps["factor"].to_numpy(dtype=np.float64)
    column: pd.Series[float] = pd.Series(factors, index=ratios)
    known = np.isfinite(ratio)
    values = far_factor(ratio[known], column, outside="clamp")
    result = np.ones(len(ratio))
    result[known] = rounded_exactly(
        values, table.factor_decimals, _interpolate(ratios, factors), [ratio[known]], values
    )
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


def development_columns(parcels: pd.DataFrame, basis: pd.DataFrame, table: PriceTable) -> pd.DataFrame:
    """Compute the correction for the development degree (开发程度修正).

    Parameters
    ----------
    parcels : DataFrame
        Optionally with ``development``.
    basis : DataFrame
        From `connotation_columns`.
    table : PriceTable
        The notice.

    Returns
    -------
    DataFrame
        ``development_correction`` [元/㎡] and ``development_note``.

    Raises
    ------
    BadValueError
        If a degree cannot be read, or the notice lacks the cost of an item that differs.
    """
    given = parcels["development"] if "development" in parcels else pd.Series("", index=parcels.index, dtype="str")
    own_code, own = text_codes(given)
    base_code, base = text_codes(basis["stated_development"])
    present, which = (
        np.unique(own_code * len(base) + base_code, return_inverse=True) if len(parcels) else ([], own_code)
    )
    found = [_development(own[pair // len(base)], base[pair % len(base)], table) for pair in present]
    amounts = np.array([amount for amount, _ in found], dtype=np.float64)
    notes = texts([note for _, note in found], which.reshape(-1), parcels.index)
    values = amounts[which.reshape(-1)]
    return pd.DataFrame({"development_correction": values, "development_note": notes}, index=parcels.index)


def _development(own: str, base: str, table: PriceTable) -> tuple[float, str]:
    if not len(table.development):
        return 0.0, "公告未设开发程度修正"
    if not base:
        return 0.0, "公告未列开发程度内涵，不修正"
    if not own:
        return 0.0, f"未填开发程度，按价格内涵 {base}"
    more, less = development_difference(own, base)
    costs = {
        item: printed(cost)
        for item, cost in zip(table.development["item"], table.development["unit_cost"], strict=True)
    }
    lacking = sorted((more | less) - costs.keys())
    if lacking:
        raise BadValueError(
            f"{NEEDED_BY}：开发程度 {own} 与价格内涵 {base} 相差 {'、'.join(lacking)}，公告没有其单位费用。"
            "办法：补充开发程度修正表。"
        )
    amount = sum((costs[item] for item in more), Fraction(0)) - sum((costs[item] for item in less), Fraction(0))
    parts = [f"加{'、'.join(sorted(more))}"] * bool(more) + [f"减{'、'.join(sorted(less))}"] * bool(less)
    return float(amount), f"{own}，价格内涵 {base}" + (f"：{'，'.join(parts)}" if parts else "")
