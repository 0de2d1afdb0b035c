"""Date and term of a parcel, as columns (期日修正、年期修正)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.checks import require_values
from landmarket.columns import label
from landmarket.errors import BadValueError, named_rows
from landmarket.pricing.corrections import date_factor, term_factor
from landmarket.pricing.keys import Keys, rows_for, text_codes, texts
from landmarket.pricing.notice_cells import number, plain, words
from landmarket.pricing.price_table import PriceTable
from landmarket.pricing.rounding import printed
from landmarket.pricing.staleness import check_index_age, whole_months
from landmarket.units import round_half_up, round_half_up_array

NEEDED_BY = "benchmark_price"
Floats = npt.NDArray[np.float64]


def date_columns(keys: Keys, table: PriceTable, on: date, index: pd.Index[str]) -> pd.DataFrame:
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
    uses = dict.fromkeys(use for use, _ in keys.pairs)
    by_use = {use: _growth(table, on) if table.formula.date_by == "growth" else _index(table, use, on) for use in uses}
    found = [by_use[use] for use, _ in keys.pairs]
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


def term_columns(parcels: pd.DataFrame, keys: Keys, basis: pd.DataFrame, table: PriceTable) -> pd.DataFrame:
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
    DataFrame
        ``term_years`` (infinite where unlimited), ``legal_term, capitalisation_rate, term_factor, term_note``.

    Raises
    ------
    BadValueError
        If a term cannot be read, exceeds the legal maximum, or needs a capitalisation rate the notice lacks.
    """
    given = parcels["term"] if "term" in parcels else pd.Series("", index=parcels.index, dtype="str")
    codes, distinct = text_codes(given)
    stated = np.array([_years(text) for text in distinct], dtype=np.float64)[codes]
    require_values(parcels, "term", np.isnan(stated), "写成年数如 40，或 无年期；按法定最高年期的留空。", NEEDED_BY)
    legal = basis["legal_term"].to_numpy()
    years = np.where(stated == 0, legal, stated)
    if np.isnan(years).any():
        rows = named_rows(parcels.index[np.isnan(years)], parcels.loc[np.isnan(years), "price_use"])
        raise BadValueError(
            f"{NEEDED_BY}：未填 {label('term')}，公告也没有该用途的法定最高年期，{rows}。办法：补其一。"
        )
    unlimited = np.isinf(years)
    notes = np.where(unlimited, 2, np.where(stated == 0, 1, 0)).astype(np.intp)
    known = ["", "未填年期，按法定最高年期", "无年期，不作年期修正"]
    columns = {
        "term_years": years,
        "legal_term": legal,
        "capitalisation_rate": basis["capitalisation_rate"].to_numpy(),
        "term_factor": _term_factors(parcels, keys, years, basis, table),
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


def _term_factors(parcels: pd.DataFrame, keys: Keys, years: Floats, basis: pd.DataFrame, table: PriceTable) -> Floats:
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
    for rows in keys.positions:
        rows = rows[corrected[rows]]
        if len(rows):
            codes, found = pd.factorize(years[rows])
            distinct: Floats = np.asarray(found, dtype=np.float64)
            exact = term_factor(distinct, float(legal[rows[0]]), float(rate[rows[0]]))
            factors[rows] = round_half_up_array(exact, table.factor_decimals)[codes]
    return factors
