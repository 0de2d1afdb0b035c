"""Each correction of a parcel as columns: looked up in the notice, rounded as it will be printed and multiplied."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.checks import require_columns, require_values
from landmarket.columns import label
from landmarket.errors import BadValueError, named_rows
from landmarket.pricing.corrections import date_factor, far_factor, term_factor
from landmarket.pricing.development import development_difference
from landmarket.pricing.keys import Keys, rows_for, text_codes
from landmarket.pricing.notice_cells import number, plain, words
from landmarket.pricing.price_table import LEVELS, Outside, PriceForm, PriceTable
from landmarket.pricing.rounding import printed, rounded_exactly
from landmarket.pricing.staleness import check_index_age, whole_months
from landmarket.units import round_half_up, round_half_up_array

NEEDED_BY = "benchmark_price"
FACTOR, LEVEL, STEP = "因素:", "等级:", "系数:"
"""Beginnings of the columns of one regional factor [%], its level, and one step table."""

_PERCENT_UNITS = 10**6
Floats = npt.NDArray[np.float64]
Texts = list[str]


def texts(values: Texts, codes: npt.NDArray[np.intp], index: pd.Index) -> pd.Series:
    """Spread distinct texts over the parcels.

    Parameters
    ----------
    values : list of str
        Distinct texts.
    codes : ndarray of int
        Which text each parcel has.
    index : Index
        The parcels.

    Returns
    -------
    Series of str
        On that index.
    """
    return pd.Series(pd.array(values, dtype="str").take(codes), index=index)


def connotation_columns(keys: Keys, table: PriceTable, index: pd.Index) -> pd.DataFrame:
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

    def numbers(name: str) -> Floats:
        return np.array([row[name].iloc[0] if len(row) else np.nan for row in rows], dtype=np.float64)[keys.code]

    return pd.DataFrame(
        {
            "price_form": texts(forms, keys.code, index),
            "legal_term": numbers("legal_term"),
            "capitalisation_rate": numbers("capitalisation_rate"),
            "stated_far": numbers("floor_area_ratio"),
            "stated_development": texts(stated, keys.code, index),
        },
        index=index,
    )


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
    columns: dict[str, pd.Series | Floats] = {}
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


def date_columns(keys: Keys, table: PriceTable, on: date, index: pd.Index) -> pd.DataFrame:
    """Compute the date factor of each parcel (期日修正).

    Parameters
    ----------
    keys : Keys
        Uses and grades of the parcels.
    table : PriceTable
        The notice.
    on : date
        Valuation date.
    index : Index
        The parcels.

    Returns
    -------
    DataFrame
        ``date_factor`` and ``date_note``.

    Raises
    ------
    BadValueError
        If the notice's index does not reach back to the date.
    """
    found = [_growth(table, on) if table.formula.date_by == "growth" else _index(table, use, on) for use, _ in keys.pairs]
    factors = np.array([float(round_half_up(factor, table.factor_decimals)) for factor, _ in found], dtype=np.float64)
    return pd.DataFrame(
        {"date_factor": factors[keys.code], "date_note": texts([note for _, note in found], keys.code, index)},
        index=index,
    )


def _growth(table: PriceTable, on: date) -> tuple[Fraction, str]:
    base = table.connotation.base_date
    if on < base:
        raise BadValueError(f"期日 {on} 早于估价期日 {base}，月增长率不能倒推。办法：改用指数表。")
    rate, months = Fraction(table.monthly_growth or 0), whole_months(base, on)
    percent = f"{(table.monthly_growth or Decimal(0)) * 100:f}".rstrip("0").rstrip(".")
    if table.formula.growth == "compound":
        return (1 + rate) ** months, f"（1 + {percent}%）^{months} 个月"
    return 1 + rate * months, f"1 + {percent}% × {months} 个月"


def _index(table: PriceTable, use: str, on: date) -> tuple[Fraction, str]:
    rows = rows_for(table.dates, use)
    if not len(rows):
        return Fraction(1), "公告未设期日修正"
    rows = rows.sort_values("date")
    base_day, base = _in_force(rows, table.connotation.base_date, use)
    last_day, last = _in_force(rows, on, use)
    if last_day == rows["date"].iloc[-1].date():
        check_index_age(table, last_day, on)
    date_factor(last, base)
    return printed(last) / printed(base), f"指数 {last:g}（{last_day}）÷ {base:g}（{base_day}）"


def _in_force(rows: pd.DataFrame, on: date, use: str) -> tuple[date, float]:
    earlier = rows[rows["date"] <= pd.Timestamp(on)]
    if not len(earlier):
        first = rows["date"].iloc[0].date()
        raise BadValueError(f"期日修正表（{use}）从 {first} 起，没有 {on} 的指数。办法：补充更早的指数或核对期日。")
    return earlier["date"].iloc[-1].date(), float(earlier["index"].iloc[-1])


def term_columns(parcels: pd.DataFrame, basis: pd.DataFrame, table: PriceTable) -> pd.DataFrame:
    """Compute the term factor of each parcel (年期修正).

    Parameters
    ----------
    parcels : DataFrame
        Optionally with ``term``: years, 无年期, or missing for the legal maximum.
    basis : DataFrame
        From `connotation_columns`.
    table : PriceTable
        The notice.

    Returns
    -------
    DataFrame
        ``term_years`` (infinite where unlimited), ``legal_term, capitalisation_rate, term_factor, term_note``.

    Raises
    ------
    BadValueError
        If a term cannot be read, exceeds the legal maximum, or needs a capitalisation rate the notice lacks.
    """
    given = parcels["term"] if "term" in parcels else pd.Series(np.nan, index=parcels.index)
    codes, distinct = text_codes(given)
    stated = np.array([_years(text) for text in distinct], dtype=np.float64)[codes]
    require_values(parcels, "term", np.isnan(stated), "写成年数如 40，或 无年期；按法定最高年期的留空。", NEEDED_BY)
    legal = basis["legal_term"].to_numpy()
    years = np.where(stated == 0, legal, stated)
    if np.isnan(years).any():
        rows = named_rows(parcels.index[np.isnan(years)], parcels.loc[np.isnan(years), "price_use"])
        raise BadValueError(f"{NEEDED_BY}：未填 {label('term')}，公告也没有该用途的法定最高年期，{rows}。办法：补其一。")
    unlimited = np.isinf(years)
    notes = np.where(unlimited, 2, np.where(stated == 0, 1, 0)).astype(np.intp)
    known = ["", "未填年期，按法定最高年期", "无年期，不作年期修正"]
    columns = {
        "term_years": years,
        "legal_term": legal,
        "capitalisation_rate": basis["capitalisation_rate"].to_numpy(),
        "term_factor": _term_factors(parcels, years, basis, table),
        "term_note": texts(known, notes, parcels.index),
    }
    return pd.DataFrame(columns, index=parcels.index)


def _years(text: str) -> float:
    """Give years, 0 where the text says nothing, infinity where unlimited, nan where unreadable."""
    tidy = plain(text)
    if tidy in ("", "—", "/"):
        return 0.0
    if tidy in words()["unlimited"]:
        return float("inf")
    years = number(tidy.removesuffix("年"))
    return float(years) if years is not None and years > 0 else float("nan")


def _term_factors(parcels: pd.DataFrame, years: Floats, basis: pd.DataFrame, table: PriceTable) -> Floats:
    legal, rate = basis["legal_term"].to_numpy(), basis["capitalisation_rate"].to_numpy()
    no_legal = np.isnan(legal) & np.isfinite(years)
    require_values(parcels, "price_use", no_legal, "公告的价格内涵缺少该用途的法定最高年期，补上后再算。", NEEDED_BY)
    require_values(
        parcels, "term", np.isfinite(years) & (years > legal), "年期不能超过公告的法定最高年期，核对后改正。", NEEDED_BY
    )
    corrected = np.isfinite(years) & (years != legal)
    no_rate = corrected & np.isnan(rate)
    require_values(parcels, "price_use", no_rate, "年期不足法定最高年期，但公告缺少该用途的土地还原率。", NEEDED_BY)
    factors = np.ones(len(parcels))
    if corrected.any():
        triples = np.column_stack([years, legal, rate])[corrected]
        distinct, which = np.unique(triples, axis=0, return_inverse=True)
        exact = term_factor(distinct[:, 0], distinct[:, 1], distinct[:, 2])
        factors[corrected] = round_half_up_array(exact, table.factor_decimals)[which.reshape(-1)]
    return factors


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
    ratio = pd.to_numeric(parcels["floor_area_ratio"], errors="coerce").to_numpy(dtype=np.float64)
    require_values(
        parcels,
        "floor_area_ratio",
        parcels["floor_area_ratio"].notna().to_numpy() & ~(np.isfinite(ratio) & (ratio > 0)),
        "应为一个正数；范围（如 1.0≤R≤2.5）须先选定取值。",
        NEEDED_BY,
    )
    floor = basis["price_form"].to_numpy() == PriceForm.FLOOR.value
    factor, note = np.ones(len(parcels)), np.zeros(len(parcels), dtype=np.intp)
    for pair, rows in zip(keys.pairs, keys.positions(), strict=True):
        steps = rows_for(table.far, *pair)
        skipped = bool(floor[rows[0]]) and not table.formula.far_on_floor_price
        if len(steps) and not skipped:
            ends = steps["floor_area_ratio"].min(), steps["floor_area_ratio"].max()
            _require_ratio(parcels, rows, ratio)
            factor[rows] = _rounded_far(parcels.iloc[rows], ratio[rows], steps, table)
            note[rows] = np.where((ratio[rows] < ends[0]) | (ratio[rows] > ends[1]), 1, 0)
        else:
            note[rows] = 3 if skipped else 2
            if floor[rows[0]]:
                _require_ratio(parcels, rows, ratio)
    known = ["", "容积率在表外，取端值", "公告未设容积率修正", "楼面地价不作容积率修正"]
    return pd.DataFrame(
        {"floor_area_ratio": ratio, "far_factor": factor, "far_note": texts(known, note, parcels.index)},
        index=parcels.index,
    )


def _require_ratio(parcels: pd.DataFrame, rows: npt.NDArray[np.intp], ratio: Floats) -> None:
    cure = "补上容积率；公告对该用途作容积率修正。"
    require_values(parcels.iloc[rows], "floor_area_ratio", np.isnan(ratio[rows]), cure, NEEDED_BY)


def _rounded_far(parcels: pd.DataFrame, ratio: Floats, steps: pd.DataFrame, table: PriceTable) -> Floats:
    steps = steps.sort_values("floor_area_ratio")
    ratios, factors = steps["floor_area_ratio"].to_numpy(), steps["factor"].to_numpy()
    outside = "clamp" if table.far_outside is Outside.CLAMP else "raise"
    column = pd.Series(factors, index=ratios)
    values = far_factor(pd.Series(ratio, index=parcels.index), column, outside=outside).to_numpy()
    return rounded_exactly(values, table.factor_decimals, _interpolate(ratios, factors), [ratio], values)


def _interpolate(ratios: Floats, factors: Floats) -> Callable[[Fraction], Fraction]:
    def exact(ratio: Fraction) -> Fraction:
        at = int(np.searchsorted(ratios, float(ratio), side="left"))
        if at == 0 or at == len(ratios):
            return printed(factors[min(at, len(ratios) - 1)])
        r1, r2, k1, k2 = (printed(x) for x in (ratios[at - 1], ratios[at], factors[at - 1], factors[at]))
        return k1 + (k2 - k1) * (ratio - r1) / (r2 - r1)

    return exact


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
    factors = steps["factor"].to_numpy()
    if (steps["level"] != "").any():
        place = pd.Index(steps["level"]).get_indexer(pd.Index(parcels[column]))
        cure = f"{name}的等级应为 {'、'.join(steps['level'])}。"
        require_values(parcels, column, place < 0, cure, NEEDED_BY)
        return factors[place]
    values = pd.to_numeric(parcels[column], errors="coerce").to_numpy(dtype=np.float64)
    low = steps["low"].fillna(-np.inf).to_numpy()
    high = steps["high"].fillna(np.inf).to_numpy()
    place = np.searchsorted(low, values, side="right") - 1
    inside = ~np.isnan(values) & (place >= 0) & (values < high[place])
    cure = f"{name}的范围为 " + "、".join(f"[{a:g}, {b:g})" for a, b in zip(low, high, strict=True)) + "。"
    require_values(parcels, column, ~inside, cure, NEEDED_BY)
    return factors[place]


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
    present, which = np.unique(own_code * len(base) + base_code, return_inverse=True) if len(parcels) else ([], own_code)
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
    costs = {item: printed(cost) for item, cost in zip(table.development["item"], table.development["unit_cost"], strict=True)}
    lacking = sorted((more | less) - costs.keys())
    if lacking:
        raise BadValueError(
            f"{NEEDED_BY}：开发程度 {own} 与价格内涵 {base} 相差 {'、'.join(lacking)}，公告没有其单位费用。办法：补充开发程度修正表。"
        )
    amount = sum((costs[item] for item in more), Fraction(0)) - sum((costs[item] for item in less), Fraction(0))
    parts = [f"加{'、'.join(sorted(more))}"] * bool(more) + [f"减{'、'.join(sorted(less))}"] * bool(less)
    return float(amount), f"{own}，价格内涵 {base}" + (f"：{'，'.join(parts)}" if parts else "")
