"""The basis of two editions: what differs, and the older one restated on the newer basis (价格内涵的比较与换算)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import prod

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.checks import require_sound, require_values
from landmarket.errors import BadValueError, named_rows
from landmarket.pricing.corrections import term_factor
from landmarket.pricing.development import read_development
from landmarket.pricing.editions.changes import Floats, require_prices
from landmarket.pricing.intensity_factors import connotation_columns, development_columns, far_columns
from landmarket.pricing.keys import Keys, rows_for, use_grade_keys
from landmarket.pricing.notice_findings import Finding, findings_table
from landmarket.pricing.price_table import Connotation, PriceForm, PriceTable
from landmarket.pricing.rounding import rounded_exactly
from landmarket.units import round_half_up_array

NEEDED_BY = "at_connotation"
_OPEN = "未写"
_KEY = ["use", "grade"]


def connotation_notes(old: PriceTable, new: PriceTable, before: pd.DataFrame, after: pd.DataFrame) -> pd.Series[str]:
    """Say for each row how the basis of its two prices differs.

    Parameters
    ----------
    old, new : PriceTable
        The editions.
    before, after : DataFrame
        ``price_use`` and ``grade`` in each edition, on one index.

    Returns
    -------
    Series of str
        In Chinese, such as ``容积率 1.5→2；年期 40→50``; empty where the basis is the same.

    Notes
    -----
    Floor-area ratio, term, development degree and whether the price is per land or per floor area. What neither
    edition states does not differ; what only one of them states does.
    """
    keys = use_grade_keys(before), use_grade_keys(after)
    bases = [connotation_columns(key, table, before.index) for key, table in zip(keys, (old, new), strict=True)]
    pairs = keys[0].code * max(len(keys[1].pairs), 1) + keys[1].code
    _, first, which = np.unique(pairs, return_index=True, return_inverse=True)
    told = [_differences(bases[0].iloc[row], bases[1].iloc[row]) for row in first]
    return pd.Series([told[one] for one in which.reshape(-1)], index=before.index, dtype="str")


def _differences(old: pd.Series[str], new: pd.Series[str]) -> str:
    named = [("容积率", "stated_far"), ("年期", "legal_term")]
    pairs = [(name, _number(old[column]), _number(new[column])) for name, column in named]
    parts = [f"{name} {was}→{now}" for name, was, now in pairs if was != now]
    was, now = str(old["stated_development"]), str(new["stated_development"])
    if not same_development(was, now):
        parts.append(f"开发程度 {was or _OPEN}→{now or _OPEN}")
    if old["price_form"] != new["price_form"]:
        parts.append(f"地价类型 {old['price_form']}→{new['price_form']}")
    return "；".join(parts)


def _number(value: str | float) -> str:
    number = float(value)
    return _OPEN if np.isnan(number) else "无年期" if np.isinf(number) else f"{number:g}"


def same_development(one: str, other: str) -> bool:
    """Tell whether two development degrees mean the same (开发程度是否相同).

    Parameters
    ----------
    one, other : str
        For example ``五通一平`` and a list of its items.

    Returns
    -------
    bool
        True where the items are the same, or the texts are.
    """
    (items, trouble), (others, other_trouble) = read_development(one), read_development(other)
    readable = bool(one) and bool(other) and not trouble and not other_trouble
    return items == others if readable else one == other


def at_connotation(table: PriceTable, basis: Connotation) -> PriceTable:
    r"""Restate the prices of an edition on another basis, by its own corrections (价格内涵换算).

    .. math:: P' = P \, V(R') \, \frac{1 - (1+r)^{-N'}}{1 - (1+r)^{-N}} + D

    Parameters
    ----------
    table : PriceTable
        The edition; its own table of floor-area ratios, capitalisation rates and development costs are used.
    basis : Connotation
        The other basis, such as that of the next edition; grades are matched by name. What it leaves open is not
        changed, nor are the uses it does not have.

    Returns
    -------
    PriceTable
        To compare editions with, not to price parcels: its correction tables still belong to the former basis, and its
        findings say so. The base date stays.

    Raises
    ------
    BadValueError
        If a correction is needed that the edition has no figures for, or a price is per floor area on one basis and
        per land on the other.

    Notes
    -----
    GB/T 18508-2014 (from memory): what the edition itself gives for a parcel of average factors that has the other
    floor-area ratio, term and development. A term longer than the edition's own is corrected by the inverse factor.
    Each factor is rounded half-up to the edition's digits before it multiplies, the product once, half-up.
    """
    require_prices(table, NEEDED_BY)
    priced = table.prices["unit_price"].notna()
    cells = table.prices[priced].rename(columns={"use": "price_use"})
    named = cells["township"] + " " + cells["grade"] + " " + cells["price_use"]
    cells.index = pd.Index(named.str.strip(), dtype="str")
    keys = use_grade_keys(cells)
    own = connotation_columns(keys, table, cells.index)
    aim = _aim(keys, own, replace(table, connotation=basis))
    _require_stated(cells, own, aim)
    price: Floats = cells["unit_price"].to_numpy(dtype=np.float64)
    far, term = _far(cells, own, aim, table), _term(own, aim, table)
    added = _development(cells, own, aim, table)
    product = price * far * term
    restated = rounded_exactly(
        product + added,
        table.decimals,
        lambda row: prod(row[:3], start=Fraction(1)) + row[3],
        [price, far, term, added],
        np.abs(product) + np.abs(added),
    )
    bad = restated <= 0
    require_values(cells.assign(unit_price=restated), "unit_price", bad, "换算后不为正，核对开发费用。", NEEDED_BY)
    note = Finding("错误", "全表", table.name, "已换算到另一价格内涵，只供版本比较", "计价用换算前的公告")
    return replace(
        table,
        name=f"{table.name}（已换算价格内涵）",
        prices=table.prices.assign(unit_price=pd.Series(restated, index=table.prices.index[priced])),
        connotation=replace(table.connotation, by_use=_restated_basis(cells, own, aim)),
        findings=pd.concat([table.findings, findings_table([note])], ignore_index=True),
    )


def _aim(keys: Keys, own: pd.DataFrame, other: PriceTable) -> pd.DataFrame:
    """Look up the other basis; what it leaves open stays as it is."""
    aim = connotation_columns(keys, other, own.index)
    found = [bool(len(rows_for(other.connotation.by_use, *pair))) for pair in keys.pairs]
    known = pd.Series(np.array(found, dtype=bool)[keys.code], index=own.index)
    aim = aim.where(known, own)
    stated = aim["stated_development"] != ""
    return aim.fillna({name: own[name] for name in ("legal_term", "stated_far")}).assign(
        stated_development=aim["stated_development"].where(stated, own["stated_development"])
    )


def _restated_basis(cells: pd.DataFrame, own: pd.DataFrame, aim: pd.DataFrame) -> pd.DataFrame:
    """Write the basis the restated prices stand on, one row a use and grade."""
    columns = {
        "use": cells["price_use"],
        "grade": cells["grade"],
        "legal_term": aim["legal_term"],
        "floor_area_ratio": aim["stated_far"],
        "development": aim["stated_development"],
        "capitalisation_rate": own["capitalisation_rate"],
        "price_form": own["price_form"],
    }
    table = pd.DataFrame({name: column.to_numpy() for name, column in columns.items()})
    texts = dict.fromkeys(("use", "grade", "development", "price_form"), "str")
    return table.drop_duplicates(_KEY, ignore_index=True).astype(texts)


def _require_stated(cells: pd.DataFrame, own: pd.DataFrame, aim: pd.DataFrame) -> None:
    """Refuse a basis that cannot be compared with: prices per floor area against land, or nothing to start from."""
    unstated = np.zeros(len(cells), dtype=bool)
    for name in ("legal_term", "stated_far"):
        unstated |= (own[name].isna() & aim[name].notna()).to_numpy()
    unstated |= ((own["stated_development"] == "") & (aim["stated_development"] != "")).to_numpy()
    form = (own["price_form"] != aim["price_form"]).to_numpy()
    for bad, what in (
        (form, "一版是楼面地价、一版是地面地价，不换算。办法：先按内涵容积率折成同一地价类型"),
        (unstated, "本版价格内涵没有写全，无从换算。办法：在价格内涵中补上年期、容积率、开发程度"),
    ):
        if bad.any():
            raise BadValueError(f"{NEEDED_BY}：{named_rows(cells.index[bad])}：{what}。")


def _require_figures(cells: pd.DataFrame, lacking: npt.NDArray[np.bool_], what: str) -> None:
    if lacking.any():
        rows = named_rows(cells.index[lacking])
        raise BadValueError(f"{NEEDED_BY}：本版没有{what}，{rows}。办法：在本版中补上。")


def _far(cells: pd.DataFrame, own: pd.DataFrame, aim: pd.DataFrame, table: PriceTable) -> Floats:
    """Look up the floor-area-ratio factor of the prices whose ratio differs."""
    floor = (own["price_form"] == PriceForm.FLOOR.value).to_numpy() & (not table.formula.far_on_floor_price)
    differs = own["stated_far"].notna().to_numpy() & (own["stated_far"] != aim["stated_far"]).to_numpy() & ~floor
    factors = np.ones(len(cells))
    if differs.any():
        moved = cells[differs].assign(floor_area_ratio=aim.loc[differs, "stated_far"].to_numpy())
        keys = use_grade_keys(moved)
        empty = np.array([not len(rows_for(table.far, *pair)) for pair in keys.pairs], dtype=bool)
        _require_figures(moved, empty[keys.code], "容积率修正表")
        columns, faults = far_columns(moved, keys, own[differs], table)
        require_sound(moved, faults, NEEDED_BY)
        factors[differs] = columns["far_factor"].to_numpy()
    return factors


def _term(own: pd.DataFrame, aim: pd.DataFrame, table: PriceTable) -> Floats:
    """Compute the term factor; of a longer term the inverse of the shorter one's."""
    was: Floats = own["legal_term"].to_numpy(dtype=np.float64)
    now: Floats = aim["legal_term"].to_numpy(dtype=np.float64)
    rate: Floats = own["capitalisation_rate"].to_numpy(dtype=np.float64)
    differs = (was != now) & ~np.isnan(was)
    _require_figures(own, differs & np.isnan(rate), "土地还原率")
    factors = np.ones(len(own))
    if differs.any():
        least, most = np.minimum(was, now)[differs], np.maximum(was, now)[differs]
        shorter: Floats = np.asarray(term_factor(least, most, rate[differs]), dtype=np.float64)
        exact = np.where(now[differs] < was[differs], shorter, 1 / shorter)
        factors[differs] = round_half_up_array(exact, table.factor_decimals)
    return factors


def _development(cells: pd.DataFrame, own: pd.DataFrame, aim: pd.DataFrame, table: PriceTable) -> Floats:
    """Sum the cost of what the other development degree has more, less what it lacks."""
    pairs: Sequence[tuple[str, str]] = list(zip(own["stated_development"], aim["stated_development"], strict=True))
    differs = np.array([not same_development(*pair) for pair in pairs], dtype=bool)
    added = np.zeros(len(cells))
    if differs.any():
        _require_figures(cells, differs & (len(table.development) == 0), "开发程度修正表")
        wanted = cells[differs].assign(development=aim.loc[differs, "stated_development"].to_numpy())
        columns, faults = development_columns(wanted, use_grade_keys(wanted), own[differs], table)
        require_sound(wanted, faults, NEEDED_BY)
        added[differs] = columns["development_correction"].to_numpy()
    return added
