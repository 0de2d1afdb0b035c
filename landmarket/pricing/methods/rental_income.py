"""Net income of land from what is paid for it: let with its buildings, or bare (土地纯收益)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from landmarket.checks import Fault, fault, require_sound
from landmarket.pricing.kinds import Numbers, shaped
from landmarket.pricing.methods.income import annual_income, income_value
from landmarket.pricing.methods.operands import Number, aligned, costs_faults, floats, inputs, rate_faults, refuse

RENTAL_COSTS = ("management_cost", "repair_cost", "insurance_cost", "rental_tax")
"""Yearly costs of letting land with its buildings: 管理费、维修费、保险费、税金."""

BARE_LAND_COSTS = ("rental_tax", "management_cost", "maintenance_cost")
"""Yearly costs of letting bare land: 税金、管理费、维护费."""


def built_land_income(
    rents: pd.DataFrame,
    *,
    land_rate: Number,
    building_rate: Number,
    years: Number | None = None,
    growth: Number = 0.0,
    costs: Sequence[str] = RENTAL_COSTS,
) -> pd.DataFrame:
    r"""Take the building's part out of a rent and capitalise the land's (房地出租的土地收益价格).

    .. math::
        a = G (1 - v) - \sum C_i - \frac{B \, r_B}{1 - (1 + r_B)^{-m}}

    Parameters
    ----------
    rents : DataFrame
        On the parcel code: ``gross_rent`` G [元/年, as if let in full], ``vacancy`` v [fraction], the columns of
        ``costs`` C_i [元/年], ``building_value`` B [元], ``building_life`` m [年, ``inf`` where the costs hold the
        depreciation already] and ``area`` [㎡ of land].
    land_rate : float, ndarray or Series
        Capitalisation rate of land (土地还原率) [fraction a year].
    building_rate : float, ndarray or Series
        Capitalisation rate of buildings (建筑物还原率), r_B [fraction a year].
    years : float, ndarray or Series, optional
        Years of land use left; ``None`` or infinite: for ever.
    growth : float, ndarray or Series, default 0
        Growth of the land's net income [fraction a year].
    costs : sequence of str
        The columns of yearly costs.

    Returns
    -------
    DataFrame
        On the same index, in the order of the calculation: the inputs, ``effective_rent``, ``operating_cost``,
        ``property_income``, ``building_income``, ``land_income`` [元/年], ``capitalised_value`` [元] and
        ``income_price`` [元/㎡ of land], not rounded.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a value is missing, negative or out of range, or the rent does not exceed the costs, or the costs and the
        building's income together; parcels and values are named.
    IndexMismatchError
        If a rate or the years have other rows.

    Notes
    -----
    Over a building's remaining life its income is an annuity, which gives back its value as well: then no depreciation
    belongs into the costs. For ever (``inf``) it is the value times the rate, as examinations print it. GB/T 18508-2014
    (from memory).
    """
    needed_by = "built_land_income"
    names = ["gross_rent", "vacancy", *costs, "building_value", "building_life", "area"]
    settings = {
        "building_rate": (building_rate, "建筑物还原率"),
        **_land_settings(land_rate, years, growth),
    }
    table = inputs(rents, names, settings, needed_by)
    no_life = fault("building_life", ~(table["building_life"] > 0), "房屋剩余年限应大于 0。")
    found = [*costs_faults(table, ["gross_rent", *costs, "building_value"]), no_life, _no_area(table)]
    require_sound(table, [*found, *rate_faults(table, ["vacancy", "building_rate"])], needed_by)
    table["effective_rent"] = table["gross_rent"] * (1 - table["vacancy"])
    table["operating_cost"] = table[list(costs)].sum(axis=1)
    table["property_income"] = table["effective_rent"] - table["operating_cost"]
    _require_income(table, "property_income", "租金不抵费用，核对租金、空置率与各项费用，或改用其他方法。", needed_by)
    table["building_income"] = _building_income(table)
    table["land_income"] = table["property_income"] - table["building_income"]
    _require_income(table, "land_income", "扣除房屋纯收益后没有余额，核对房屋现值与还原率，或改用其他方法。", needed_by)
    ordered = ["gross_rent", "vacancy", "effective_rent", *costs, "operating_cost", "property_income"]
    ordered += ["building_value", "building_rate", "building_life", "building_income"]
    return _capitalised(table, ordered)


def bare_land_income(
    leases: pd.DataFrame,
    *,
    land_rate: Number,
    years: Number | None = None,
    growth: Number = 0.0,
    costs: Sequence[str] = BARE_LAND_COSTS,
) -> pd.DataFrame:
    r"""Compute the net income of leased bare land and capitalise it (空地出租的土地收益价格).

    .. math:: a = \text{rent} - (\text{taxes} + \text{management} + \text{maintenance})

    Parameters
    ----------
    leases : DataFrame
        On the parcel code: ``annual_rent`` [元/年], the columns of ``costs`` [元/年] and ``area`` [㎡].
    land_rate : float, ndarray or Series
        Capitalisation rate of land (土地还原率) [fraction a year].
    years : float, ndarray or Series, optional
        Years the price is for; ``None`` or infinite: for ever.
    growth : float, ndarray or Series, default 0
        Growth of the net income [fraction a year].
    costs : sequence of str
        The columns of yearly costs.

    Returns
    -------
    DataFrame
        On the same index: the inputs, ``operating_cost``, ``land_income`` [元/年], ``capitalised_value`` [元] and
        ``income_price`` [元/㎡], not rounded.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a value is missing, negative or out of range, or the rent does not exceed the costs.
    IndexMismatchError
        If a rate or the years have other rows.

    Notes
    -----
    The three costs are those that examinations print for leased bare land.
    """
    needed_by = "bare_land_income"
    settings = _land_settings(land_rate, years, growth)
    table = inputs(leases, ["annual_rent", *costs, "area"], settings, needed_by)
    require_sound(table, [*costs_faults(table, ["annual_rent", *costs]), _no_area(table)], needed_by)
    table["operating_cost"] = table[list(costs)].sum(axis=1)
    table["land_income"] = table["annual_rent"] - table["operating_cost"]
    _require_income(table, "land_income", "租金不抵税费，核对租金与各项费用，或改用其他方法。", needed_by)
    return _capitalised(table, ["annual_rent", *costs, "operating_cost"])


def depreciated_value(replacement_cost: Numbers, age: Number, life: Number, salvage: Number = 0.0) -> Numbers:
    r"""Compute the present value of a building by the straight line (房屋现值，直线折旧).

    .. math:: B = C - \frac{C (1 - q)}{m} t

    Parameters
    ----------
    replacement_cost : float, ndarray or Series
        Cost of building it new, C [元].
    age : float, ndarray or Series
        Years it has stood, t.
    life : float, ndarray or Series
        Years it can be used in all, m: its economic life, or up to the end of the land's term where that is sooner.
    salvage : float, ndarray or Series, default 0
        What is left of the cost at the end, q [fraction].

    Returns
    -------
    float, ndarray or Series
        Present value [元], not rounded; a Series keeps the index of ``replacement_cost``.

    Raises
    ------
    BadValueError
        Unless 0 ≤ age ≤ life, the cost is positive and the salvage from 0 to below 1.
    IndexMismatchError
        If the other columns have other rows than ``replacement_cost``.

    Examples
    --------
    A published case: 4,500,000 元 new, one of 48 years gone, nothing left at the end:

    >>> depreciated_value(4_500_000, 1, 48)
    4406250.0
    """
    cost, cure = floats(replacement_cost), "应有 0 ≤ 已使用年数 ≤ 可使用年限，重置价为正数，残值率在 0—1 之间。"
    t, m = aligned(age, replacement_cost, "已使用年数"), aligned(life, replacement_cost, "可使用年限")
    q = aligned(salvage, replacement_cost, "残值率")
    refuse(replacement_cost, ~((cost > 0) & (cost < np.inf)), cost, "房屋重置价不能用", cure)
    refuse(replacement_cost, ~((t >= 0) & (t <= m) & (m > 0) & (m < np.inf)), t, "房屋已使用年数不能用", cure)
    refuse(replacement_cost, ~((q >= 0) & (q < 1)), q, "房屋残值率不能用", cure)
    return shaped(cost - cost * (1 - q) / m * t, replacement_cost)


def _land_settings(land_rate: Number, years: Number | None, growth: Number) -> dict[str, tuple[Number, str]]:
    return {
        "capitalisation_rate": (land_rate, "土地还原率"),
        "term_years": (np.inf if years is None else years, "年期"),
        "income_growth": (growth, "递增率"),
    }


def _building_income(table: pd.DataFrame) -> pd.Series[float]:
    """Give the yearly income of each building; nothing where there is none to speak of."""
    income = pd.Series(0.0, index=table.index)
    worth = table["building_value"] > 0
    rows = table.loc[worth]
    income[worth] = annual_income(rows["building_value"], rows["building_rate"], rows["building_life"])
    return income


def _capitalised(table: pd.DataFrame, ordered: list[str]) -> pd.DataFrame:
    income, rate = table["land_income"], table["capitalisation_rate"]
    value = income_value(income, rate, table["term_years"], table["income_growth"])
    table = table.assign(capitalised_value=value, income_price=value / table["area"])
    last = ["land_income", "capitalisation_rate", "term_years", "income_growth", "capitalised_value", "area"]
    return table[[*ordered, *last, "income_price"]]


def _no_area(table: pd.DataFrame) -> Fault:
    area = table["area"]
    return fault("area", ~((area > 0) & (area < np.inf)), "面积应为正数。")


def _require_income(table: pd.DataFrame, name: str, cure: str, needed_by: str) -> None:
    require_sound(table, [fault(name, ~(table[name] > 0), cure)], needed_by)
