"""Date and term of a parcel, as columns (期日修正、年期修正)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.checks import Fault, fault
from landmarket.io.values import to_term
from landmarket.pricing.corrections import date_factor, term_factor
from landmarket.pricing.keys import Keys, numbered_pairs, rows_for, spread, text_codes, texts
from landmarket.pricing.price_table import PriceTable
from landmarket.pricing.rounding import printed
from landmarket.pricing.staleness import check_index_age, whole_months
from landmarket.units import round_half_up, round_half_up_array

NEEDED_BY = "benchmark_price"
Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]


def date_columns(keys: Keys, table: PriceTable, on: date, index: pd.Index[str]) -> tuple[pd.DataFrame, list[Fault]]:
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
    columns : DataFrame
        ``date_factor`` and ``date_note``; of no meaning where there is a fault.
    faults : list of Fault
        Parcels of uses whose index does not reach back to the date.
    """
    uses = dict.fromkeys(use for use, _ in keys.pairs)
    by_use = {use: _growth(table, on) if table.formula.date_by == "growth" else _index(table, use, on) for use in uses}
    found = [by_use[use] for use, _ in keys.pairs]
    factors = np.array(
        [float(round_half_up(factor, table.factor_decimals)) for factor, _, _ in found], dtype=np.float64
    )
    notes = texts([note for _, note, _ in found], keys.code, index)
    troubled = np.array([bool(trouble) for _, _, trouble in found], dtype=bool)
    bad = np.flatnonzero(spread(troubled, keys.code))
    faults = [Fault(("price_use",), bad, [found[pair][2] for pair in keys.code[bad]])]
    return pd.DataFrame({"date_factor": factors.take(keys.code), "date_note": notes}, index=index, copy=False), faults


def _growth(table: PriceTable, on: date) -> tuple[Fraction, str, str]:
    """Give the factor, its note, and what stands in the way of it."""
    base = table.connotation.base_date
    if on < base:
        return Fraction(1), "", f"期日 {on} 早于估价期日 {base}，月增长率不能倒推，改用指数表"
    rate, months = Fraction(table.monthly_growth or 0), whole_months(base, on)
    percent = f"{(table.monthly_growth or Decimal(0)) * 100:f}".rstrip("0").rstrip(".")
    if table.formula.growth == "compound":
        return (1 + rate) ** months, f"（1 + {percent}%）^{months} 个月", ""
    return 1 + rate * months, f"1 + {percent}% × {months} 个月", ""


def _index(table: PriceTable, use: str, on: date) -> tuple[Fraction, str, str]:
    """Give the factor, its note, and what stands in the way of it."""
    rows = rows_for(table.dates, use)
    if not len(rows):
        return Fraction(1), "公告未设期日修正", ""
    rows = rows.sort_values("date")
    base_date, first = table.connotation.base_date, rows["date"].iloc[0].date()
    for day in (base_date, on):
        if day < first:
            return Fraction(1), "", f"期日修正表从 {first} 起，没有 {day} 的指数，补充更早的指数或核对期日"
    base_day, base = _in_force(rows, base_date)
    last_day, last = _in_force(rows, on)
    if last_day == rows["date"].iloc[-1].date():
        check_index_age(table, last_day, on)
    date_factor(last, base)
    return printed(last) / printed(base), f"指数 {last:g}（{last_day}）÷ {base:g}（{base_day}）", ""


def _in_force(rows: pd.DataFrame, on: date) -> tuple[date, float]:
    earlier = rows[rows["date"] <= pd.Timestamp(on)]
    return earlier["date"].iloc[-1].date(), float(earlier["index"].iloc[-1])


def term_columns(
    parcels: pd.DataFrame, keys: Keys, basis: pd.DataFrame, table: PriceTable
) -> tuple[pd.DataFrame, list[Fault]]:
    """Compute the term factor of each parcel (年期修正).

    Parameters
    ----------
    parcels : DataFrame
        Optionally with ``term``: years, 无年期, or missing for the legal maximum.
    keys : Keys
        Uses and grades of the parcels.
    basis : DataFrame
        From `connotation_columns`.
    table : PriceTable
        The notice.

    Returns
    -------
    columns : DataFrame
        ``term_years`` (infinite where unlimited), ``legal_term, capitalisation_rate, term_factor, term_note``; of no
        meaning where there is a fault.
    faults : list of Fault
        Terms that cannot be read, exceed the legal maximum, or need a figure that the notice lacks.
    """
    given = parcels["term"] if "term" in parcels else pd.Series("", index=parcels.index, dtype="str")
    codes, distinct = text_codes(given)
    terms, unreadable = to_term(pd.Series(distinct, dtype="str"))
    (pair, text), which = numbered_pairs(keys.code, codes, len(distinct))
    stated = np.where(unreadable, np.nan, terms.fillna(0.0).to_numpy())[text]
    legal: Floats = basis["legal_term"].to_numpy(dtype=np.float64)[keys.first][pair]
    years = np.where(stated == 0, legal, stated)
    rate: Floats = basis["capitalisation_rate"].to_numpy(dtype=np.float64)[keys.first][pair]
    faults = _term_faults(stated, years, legal, rate, which)
    unlimited = np.isinf(years)
    notes = np.where(unlimited, 2, np.where(stated == 0, 1, 0)).astype(np.intp)
    known = ["", "未填年期，按法定最高年期", "无年期，不作年期修正"]
    columns = {
        "term_years": years.take(which),
        "legal_term": basis["legal_term"],
        "capitalisation_rate": basis["capitalisation_rate"],
        "term_factor": _term_factors(years, legal, rate, table).take(which),
        "term_note": texts(known, notes.take(which), parcels.index),
    }
    return pd.DataFrame(columns, index=parcels.index, copy=False), faults


def _term_faults(stated: Floats, years: Floats, legal: Floats, rate: Floats, which: Positions) -> list[Fault]:
    limited = np.isfinite(years)
    corrected = limited & (years != legal) & ~np.isnan(legal)
    known_rate = (rate > 0) & (rate < 1)
    found = [
        ("term", np.isnan(stated), "写成年数如 40，或 无年期，按法定最高年期的留空。"),
        ("price_use", np.isnan(legal) & (limited | (stated == 0)), "公告的价格内涵缺少该用途的法定最高年期，补上。"),
        ("term", limited & (years > legal), "年期不能超过公告的法定最高年期，核对后改正。"),
        ("price_use", corrected & ~known_rate, "年期不足法定最高年期，但公告缺少该用途的土地还原率。"),
    ]
    return [fault(name, spread(bad, which), cure) for name, bad, cure in found]


def _term_factors(years: Floats, legal: Floats, rate: Floats, table: PriceTable) -> Floats:
    """Compute the factor where there is one; 1 where the term is whole, unlimited, or at fault."""
    corrected = np.isfinite(years) & (years < legal) & (rate > 0) & (rate < 1)
    factors = np.ones(len(years))
    exact = term_factor(years[corrected], legal[corrected], rate[corrected])
    factors[corrected] = round_half_up_array(exact, table.factor_decimals)
    return factors
