"""What a collective decides its reserve on (底价测算依据): valuations and floors. Internal.

Advice to the collective's own decision, never a public figure: every column that comes out is named so that
`landmarket.io.manifest.secret_name` knows it, and no public output takes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd

from landmarket.checks import Fault, fault, require_columns, require_sound, require_unique_index
from landmarket.exact import MILLION
from landmarket.market.amounts import fen_fault
from landmarket.market.offer import reserve_prices
from landmarket.market.terms import DealTerms
from landmarket.rules import national_rules, require_rule
from landmarket.units import floats_of, wan_text

ENTRY_COST, PRICE_RATIO, INDUSTRIAL = "取得成本与开发支出", "地方最低价比例", "工业用地最低价"
_METHODS = ["parcel_code", "method", "value_fen", "weight", "source"]
_FLOORS = ["parcel_code", "reserve_floor", "reserve_floor_fen", "reserve_floor_source"]
_NEEDED_BY = "reserve_price_basis"
_SUM_GUARD = 1e-9


def reserve_floors(prices: pd.DataFrame, terms: DealTerms) -> pd.DataFrame:
    """List every floor of the reserve that the terms switch on (底价下限). Internal.

    Parameters
    ----------
    prices : DataFrame
        As for `landmarket.market.offer.reserve_prices`.
    terms : DealTerms
        Entry cost, local ratio of the appraised price, industrial minimum.

    Returns
    -------
    DataFrame
        One row per parcel and floor: ``parcel_code``, ``reserve_floor``, ``reserve_floor_fen`` [分],
        ``reserve_floor_source``; only floors above zero.
    """
    none = replace(
        terms,
        reserve_ratio=Decimal(0),
        floor_entry_cost=False,
        floor_price_ratio=Decimal(0),
        industrial_minimum=Decimal(0),
    )
    alone = {
        ENTRY_COST: replace(none, floor_entry_cost=terms.floor_entry_cost),
        PRICE_RATIO: replace(none, floor_price_ratio=terms.floor_price_ratio),
        INDUSTRIAL: replace(none, industrial_minimum=terms.industrial_minimum),
    }
    tables = []
    for name, only in alone.items():
        floor = reserve_prices(prices, only)["reserve_price_fen"]
        rows = {"parcel_code": prices.index, "reserve_floor": name, "reserve_floor_fen": floor.to_numpy()}
        tables.append(pd.DataFrame(rows))
    table = pd.concat(tables, ignore_index=True)
    table["reserve_floor_source"] = terms.source
    return table[table["reserve_floor_fen"] > 0].reset_index(drop=True)[_FLOORS]


def reserve_price_basis(
    parcels: pd.DataFrame, methods: pd.DataFrame, floors: pd.DataFrame, *, on: date, county: str
) -> pd.DataFrame:
    r"""Put together what a reserve rests on: weighed valuations, their gap, the floors that bind (底价测算). Internal.

    .. math:: V = \sum_m w_m V_m, \qquad \text{range} = [\max(f, \min_m V_m),\ \max(f, \max_m V_m)],
        \qquad f = \text{highest floor}

    Parameters
    ----------
    parcels : DataFrame
        Index parcel code; no column is needed.
    methods : DataFrame
        One row per parcel and method: ``parcel_code``, ``method``, ``value_fen`` [分], ``weight`` (at most six
        decimals, summing to 1 per parcel), ``source``.
    floors : DataFrame
        From `reserve_floors`, or rows of the same columns.
    on : date
        Day of the decision.
    county : str
        County code, 6 digits.

    Returns
    -------
    DataFrame
        On the index of the parcels: ``reserve_method_count``; ``reserve_gap``, (highest − lowest) / lowest;
        ``reserve_weighted_fen`` half-up to the fen; ``reserve_floor_fen``, the highest floor or zero;
        ``reserve_binding``, the floors above the weighted value; ``reserve_low_fen``, ``reserve_point_fen`` and
        ``reserve_high_fen``, the range and in it the weighted value; ``reserve_methods`` and ``reserve_floors``, both
        as text with their sources.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a row is of no parcel, a value is not positive, a method stands twice, there are too few methods, or the
        weights do not sum to 1.
    NoRuleInForceError
        If no rule on the number of methods is in force.

    Warns
    -----
    UnverifiedRuleWarning
        If nobody has checked that rule.

    Examples
    --------
    Two methods, 600 and 660 元, weighed 0.4 and 0.6; entry cost of 640 元 lifts the low end:

    >>> import warnings
    >>> code = "411081101001GB00001"
    >>> methods = pd.DataFrame(
    ...     [(code, "市场比较法", 60_000, 0.4, "案例"), (code, "收益还原法", 66_000, 0.6, "租金")],
    ...     columns=["parcel_code", "method", "value_fen", "weight", "source"],
    ... )
    >>> floors = pd.DataFrame(
    ...     [(code, "取得成本与开发支出", 64_000, "台账")],
    ...     columns=["parcel_code", "reserve_floor", "reserve_floor_fen", "reserve_floor_source"],
    ... )
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     basis = reserve_price_basis(
    ...         pd.DataFrame(index=[code]), methods, floors, on=date(2025, 3, 3), county="411081"
    ...     )
    >>> basis[["reserve_low_fen", "reserve_point_fen", "reserve_high_fen"]].iloc[0].tolist()
    [64000, 64000, 66000]
    """
    require_unique_index(parcels, _NEEDED_BY)
    require_columns(methods, _METHODS, _NEEDED_BY)
    require_columns(floors, _FLOORS, _NEEDED_BY)
    require_sound(methods, _method_faults(methods, parcels), _NEEDED_BY)
    require_sound(floors, _floor_faults(floors, parcels), _NEEDED_BY)
    rule = require_rule(national_rules(), "appraisal_methods_min", on=on, county=county, pilot=False)
    table = _valued(parcels, methods)
    few = fault(
        "reserve_method_count", table["reserve_method_count"] < int(rule.number), f"至少采用 {rule.number} 种方法。"
    )
    require_sound(table, [few], _NEEDED_BY)
    lifted = floors["reserve_floor_fen"].astype("int64").groupby(floors["parcel_code"]).max()
    floor = lifted.reindex(parcels.index, fill_value=0)
    lowest, highest = table.pop("lowest"), table.pop("highest")
    table["reserve_gap"] = highest / lowest - 1
    table["reserve_floor_fen"] = floor
    table["reserve_binding"] = _binding(floors, table["reserve_weighted_fen"])
    for name, value in (("low", lowest), ("point", table["reserve_weighted_fen"]), ("high", highest)):
        table[f"reserve_{name}_fen"] = np.maximum(value, floor)
    table["reserve_methods"] = _texts(
        methods["parcel_code"],
        [
            f"{method} {wan_text(int(value))} 万元 × {weight:g}（{source}）"
            for method, value, weight, source in methods[_METHODS[1:]].itertuples(index=False)
        ],
        parcels.index,
    )
    table["reserve_floors"] = _texts(
        floors["parcel_code"],
        [
            f"{name} {wan_text(int(value))} 万元（{source}）"
            for name, value, source in floors[_FLOORS[1:]].itertuples(index=False)
        ],
        parcels.index,
    )
    return table


def _method_faults(methods: pd.DataFrame, parcels: pd.DataFrame) -> list[Fault]:
    weight = floats_of(methods["weight"])
    millionth = np.rint(weight * MILLION)
    outside = ~((weight >= 0) & (weight <= 1) & (np.abs(weight * MILLION - millionth) < _SUM_GUARD * MILLION))
    total = pd.Series(np.where(outside, 0, millionth), index=methods.index).groupby(methods["parcel_code"])
    return [
        fault("parcel_code", ~methods["parcel_code"].isin(parcels.index), "该宗地不在表中，核对宗地代码。"),
        fen_fault(methods, "value_fen"),
        fault("weight", outside, "权重应在 0—1 之间，至多六位小数。"),
        fault("method", methods.duplicated(["parcel_code", "method"], keep=False), "同一宗地每种方法只列一行。"),
        fault("weight", total.transform("sum") != MILLION, "同一宗地各方法权重之和应为 1。"),
    ]


def _floor_faults(floors: pd.DataFrame, parcels: pd.DataFrame) -> list[Fault]:
    return [
        fault("parcel_code", ~floors["parcel_code"].isin(parcels.index), "该宗地不在表中，核对宗地代码。"),
        fen_fault(floors, "reserve_floor_fen"),
    ]


def _valued(parcels: pd.DataFrame, methods: pd.DataFrame) -> pd.DataFrame:
    """Count, lowest, highest and weighed value of each parcel; exactly, in whole millionths of a fen."""
    weight = np.rint(floats_of(methods["weight"]) * MILLION).astype(np.int64).tolist()
    product = [int(value) * share for value, share in zip(methods["value_fen"], weight, strict=True)]
    sums: dict[str, int] = {}
    for code, part in zip(methods["parcel_code"], product, strict=True):
        sums[code] = sums.get(code, 0) + part
    value = methods["value_fen"].astype("int64").groupby(methods["parcel_code"])
    table = pd.DataFrame({"lowest": value.min(), "highest": value.max()}).reindex(parcels.index, fill_value=0)
    table.insert(0, "reserve_method_count", value.size().reindex(parcels.index, fill_value=0))
    weighed = [(2 * sums.get(code, 0) + MILLION) // (2 * MILLION) for code in parcels.index]
    table["reserve_weighted_fen"] = np.array(weighed, dtype=np.int64)
    return table


def _binding(floors: pd.DataFrame, weighted: pd.Series[int]) -> pd.Series[str]:
    above = floors["reserve_floor_fen"].astype("int64").to_numpy() > weighted.reindex(floors["parcel_code"]).to_numpy()
    return _texts(floors["parcel_code"][above], floors["reserve_floor"][above].tolist(), weighted.index)


def _texts(codes: pd.Series[str], texts: Sequence[str], index: pd.Index[str]) -> pd.Series[str]:
    joined = pd.Series(list(texts), index=codes.index, dtype="str").groupby(codes).agg("；".join)
    return joined.reindex(index, fill_value="")
