"""Samples brought to the connotation (样点地价修正到价格内涵): every correction a column.

A sample is corrected by its own facts as they were at the deal (面积、年期、容积率、开发程度以成交时为准): nothing is
read from today's parcel table.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from landmarket.checks import JOINT, require_columns, require_unique_index
from landmarket.pricing.compilation.rule import CompileRule
from landmarket.pricing.corrections import far_factor, term_factor
from landmarket.pricing.development import read_development
from landmarket.pricing.keys import rows_for
from landmarket.pricing.kinds import Floats
from landmarket.pricing.methods.income import income_value
from landmarket.pricing.price_table import PriceForm, PriceTable
from landmarket.units import round_half_up_array

NEEDED = ["price_use", "grade", "sample_kind", "mode", "deal_on", "deal_unit_price", "unit_rent"]
FACTORS = ("case_factor", "date_factor", "term_factor", "far_factor")


def normalise_samples(samples: pd.DataFrame, rule: CompileRule, basis: PriceTable) -> pd.DataFrame:
    r"""Bring samples to the connotation of a notice (样点地价修正).

    .. math:: P_{std} = P \, K_{case} \, K_{date} \, K_{term} \, K_{far} + D

    Parameters
    ----------
    samples : DataFrame
        As `landmarket.pricing.samples.read_samples` gives them, with ``grade``.
    rule : CompileRule
        Base date, index, corrections for circumstances.
    basis : PriceTable
        Connotation, capitalisation rates, floor-area-ratio factors and development costs.

    Returns
    -------
    DataFrame
        On the same index, every sample: ``raw_price`` [元/㎡] (the deal price, or the rent capitalised over the legal
        term), ``price_note``, ``case_factor, date_factor, term_factor, far_factor``, ``development_correction``
        [元/㎡], ``standard_price`` [元/㎡, two decimals] and ``gap``: every reason why a sample cannot be brought to
        the connotation; its standard price is missing then. Nothing is left out in silence.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a sample is named twice.

    Notes
    -----
    GB/T 18508-2014 (from memory). The date factor is read from the index by straight lines between its dates. A rent is
    the net rent of land: it is capitalised over the legal term, so that it needs no term factor.
    """
    require_columns(samples, NEEDED, "normalise_samples")
    require_unique_index(samples, "normalise_samples")
    cells = [samples["price_use"].fillna(""), samples["grade"].fillna("")]
    parts = [_of_cell(own, str(use), str(grade), rule, basis) for (use, grade), own in samples.groupby(cells)]
    return pd.concat([*parts, _unknown(samples.index[:0])]).reindex(samples.index)


_COLUMNS = ["raw_price", "price_note", *FACTORS, "development_correction", "standard_price", "gap"]


def _unknown(index: pd.Index[str]) -> pd.DataFrame:
    """Make the result for samples of which nothing can be computed."""
    numbers = {name: pd.Series(np.nan, index=index) for name in _COLUMNS}
    texts = {name: pd.Series("", index=index, dtype="str") for name in ("price_note", "gap")}
    return pd.DataFrame({**numbers, **texts})


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


class _Gaps:
    """Reasons gathered for each row."""

    def __init__(self, index: pd.Index[str]) -> None:
        self.texts = pd.Series("", index=index, dtype="str")

    def add(self, rows: pd.Series[bool] | np.ndarray[tuple[int], np.dtype[np.bool_]] | bool, reason: str) -> None:
        """Add a reason to some rows, or to all."""
        if not np.any(rows):
            return
        marked = pd.Series(np.broadcast_to(np.asarray(rows, dtype=bool), len(self.texts)), index=self.texts.index)
        joint = np.where(self.texts.ne(""), JOINT, "")
        self.texts = self.texts.where(~marked, self.texts + joint + reason)


def stated_rows(basis: PriceTable, use: str, grade: str) -> pd.DataFrame:
    """Find what a notice states of a use and grade (价格内涵).

    Parameters
    ----------
    basis : PriceTable
        The notice; its connotation may hold for all grades, or differ between them.
    use : str
        The use.
    grade : str
        The grade; empty where it is not known.

    Returns
    -------
    DataFrame
        Rows of the connotation, the first of which holds; none where the notice states nothing of them. Where the grade
        is not known and the notice states nothing for all grades, those of any grade.
    """
    stated = basis.connotation.by_use
    rows = rows_for(stated, use, grade)
    return rows if len(rows) or grade else stated[stated["use"].eq(use)]


def _of_cell(samples: pd.DataFrame, use: str, grade: str, rule: CompileRule, basis: PriceTable) -> pd.DataFrame:
    """Correct the samples of one use and grade."""
    gaps = _Gaps(samples.index)
    gaps.add(not grade, "没有级别：位置不明，或不在县内")
    stated, wanted = stated_rows(basis, use, grade), use in {one.name for one in rule.uses}
    if not wanted or not len(stated):
        where = f"{use or '（空）'}{f' {grade} 级' if wanted and grade else ''}"
        gaps.add(True, f"上一版没有用途 {where} 的价格内涵" if wanted else f"用途 {where} 不在编制范围内")
        return _unknown(samples.index).assign(gap=gaps.texts)
    legal, rate = float(stated["legal_term"].iloc[0]), float(stated["capitalisation_rate"].iloc[0])
    gaps.add(np.isnan(legal), f"上一版没有用途 {use} 的法定最高年期")
    raw, note, rented = _raw_prices(samples, legal, rate, gaps)
    table = pd.DataFrame({"raw_price": raw, "price_note": note}, index=samples.index)
    table["case_factor"] = _case(samples, rule)
    table["date_factor"] = _date(samples, use, rule, gaps)
    table["term_factor"] = _term(samples, rented, legal, rate, gaps)
    table["far_factor"] = _far(samples, rows_for(basis.far, use, grade), stated, gaps)
    table["development_correction"] = _development(samples, _text(stated["development"].iloc[0]), basis, gaps)
    product = table["raw_price"] * table[list(FACTORS)].prod(axis=1, skipna=False) + table["development_correction"]
    gaps.add(gaps.texts.eq("") & (product <= 0), "修正后地价不是正数，核对开发程度与原价")
    known = gaps.texts.eq("")
    table["standard_price"] = round_half_up_array(product.where(known).to_numpy(dtype=np.float64), 2)
    return table.assign(gap=gaps.texts)[_COLUMNS]


def _column(samples: pd.DataFrame, name: str) -> pd.Series[float]:
    """Take a column that a sheet need not have; missing everywhere where it has none."""
    return samples[name] if name in samples else pd.Series(np.nan, index=samples.index)


def _raw_prices(
    samples: pd.DataFrame, legal: float, rate: float, gaps: _Gaps
) -> tuple[pd.Series[float], pd.Series[str], pd.Series[bool]]:
    price, rent = samples["deal_unit_price"], samples["unit_rent"]
    rented = price.isna() & rent.notna()
    gaps.add(price.isna() & rent.isna(), "没有单价，也没有租金")
    wrong = price.le(0) | rent.le(0) | np.isinf(price) | np.isinf(rent)
    gaps.add(wrong, "单价或租金不是正数")
    usable = rented & ~wrong & ~np.isnan(legal)
    if usable.any() and not 0 < rate < 1:
        gaps.add(usable, "租金不能还原：上一版没有该用途的土地还原率")
        usable = usable & False
    capitalised = pd.Series(np.nan, index=samples.index)
    if usable.any():
        capitalised[usable] = income_value(rent[usable].to_numpy(dtype=np.float64), rate, legal)
    term = "无年期" if np.isinf(legal) else f" {legal:g} 年期"
    said = {True: f"租金按还原率 {rate:.2%} 还原为{term}地价", False: "成交单价"}
    note = pd.Series([said[bool(one)] for one in rented], index=samples.index, dtype="str")
    return price.where(~rented, capitalised), note, rented


def _case(samples: pd.DataFrame, rule: CompileRule) -> pd.Series[float]:
    """Multiply the corrections of the kind of sample and of the mode of deal; 1 where the rule lists neither."""
    kind = samples["sample_kind"].map(rule.case_factors).astype("float64").fillna(1.0)
    mode = samples["mode"].map(rule.case_factors).astype("float64").fillna(1.0)
    return kind * mode


def index_at(index: pd.DataFrame, use: str, days: pd.Series[pd.Timestamp]) -> Floats:
    """Read a land price index between its dates (期日指数内插).

    Parameters
    ----------
    index : DataFrame
        ``date, use, index``; rows of the use go before those of all uses (an empty use).
    use : str
        The use.
    days : Series of Timestamp
        Days wanted; missing ones give nan.

    Returns
    -------
    ndarray of float64
        On straight lines between the dates; nan outside them.
    """
    own = index[index["use"].eq(use)]
    own = (own if len(own) else index[index["use"].eq("")]).sort_values("date")
    wanted = days.to_numpy(dtype="datetime64[D]").astype(np.float64)
    wanted[days.isna().to_numpy()] = np.nan
    if not len(own):
        return np.full(len(days), np.nan)
    known = own["date"].to_numpy(dtype="datetime64[D]").astype(np.float64)
    read: Floats = np.interp(wanted, known, own["index"].to_numpy(dtype=np.float64), left=np.nan, right=np.nan)
    return read


def _date(samples: pd.DataFrame, use: str, rule: CompileRule, gaps: _Gaps) -> pd.Series[float]:
    base = pd.Timestamp(rule.base_date)
    days = samples["deal_on"]
    gaps.add(days.isna(), "没有成交日期")
    late = days.gt(base)
    gaps.add(late, f"成交日期晚于估价期日 {rule.base_date}")
    then = index_at(rule.index, use, days)
    now = index_at(rule.index, use, pd.Series([base]))[0]
    gaps.add(np.isnan(then) & days.notna().to_numpy() & ~late.to_numpy(), "地价指数没有覆盖成交日期")
    if np.isnan(now):
        gaps.add(True, f"地价指数没有覆盖估价期日 {rule.base_date}")
    return pd.Series(now / then, index=samples.index)


def _term(samples: pd.DataFrame, rented: pd.Series[bool], legal: float, rate: float, gaps: _Gaps) -> pd.Series[float]:
    years = _column(samples, "term_years").where(~rented, legal)
    factor = pd.Series(1.0, index=samples.index)
    gaps.add(years.isna() & ~rented, "没有使用年期")
    gaps.add(years.gt(legal) | years.le(0), f"使用年期不在 0—{legal:g} 年之间")
    short = years.gt(0) & years.lt(legal)
    if short.any() and not 0 < rate < 1:
        gaps.add(short, "年期不能修正：上一版没有该用途的土地还原率")
    elif short.any():
        factor[short] = 1 / term_factor(years[short].astype("float64"), legal, rate)
    return factor


def _far(samples: pd.DataFrame, steps: pd.DataFrame, stated: pd.DataFrame, gaps: _Gaps) -> pd.Series[float]:
    """Correct the floor-area ratio by the rows of a table that hold; without any there is nothing to correct."""
    factor = pd.Series(1.0, index=samples.index)
    if str(stated["price_form"].iloc[0]) == PriceForm.FLOOR:
        gaps.add(True, "上一版该用途为楼面地价，样点为地面地价：不能直接修正")
        return factor
    if not len(steps):
        return factor
    table = pd.Series(steps["factor"].to_numpy(), index=steps["floor_area_ratio"].to_numpy())
    standard, ratios = float(stated["floor_area_ratio"].iloc[0]), _column(samples, "floor_area_ratio")
    inside = ratios.between(table.index.min(), table.index.max())
    gaps.add(~inside, "容积率缺失，或不在容积率修正表内")
    if not table.index.min() <= standard <= table.index.max():
        gaps.add(True, "上一版没有该用途的标准容积率，或不在容积率修正表内")
        return factor
    factor[inside] = far_factor(standard, table) / far_factor(ratios[inside].astype("float64"), table)
    return factor


def _development(samples: pd.DataFrame, standard: str, basis: PriceTable, gaps: _Gaps) -> pd.Series[float]:
    """Add the cost of what the connotation has and the sample lacks; take away what it has besides."""
    correction = pd.Series(0.0, index=samples.index)
    if not standard:
        return correction
    stated = _column(samples, "development")
    costs = dict(zip(basis.development["item"], basis.development["unit_cost"], strict=True))
    wanted, trouble = read_development(standard)
    gaps.add(bool(trouble), f"上一版的开发程度读不懂：{trouble}")
    for text in stated.dropna().unique():
        own = stated.eq(text)
        items, trouble = read_development(str(text))
        unpriced = (items ^ wanted) - costs.keys()
        if trouble or unpriced:
            gaps.add(own, f"开发程度 {trouble or '缺少单价：' + '、'.join(sorted(unpriced))}")
            continue
        correction[own] = sum(costs[item] for item in wanted - items) - sum(costs[item] for item in items - wanted)
    gaps.add(stated.isna(), "没有开发程度")
    return correction
