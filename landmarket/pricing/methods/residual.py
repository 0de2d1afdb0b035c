"""The residual method: what is left for land of the value of what is built on it (剩余法，假设开发法)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import pandas as pd

from landmarket.checks import fault, require_sound
from landmarket.pricing.methods.interest import EVENLY, Interest, Tranche, interest_factor, tranche_factors
from landmarket.pricing.methods.operands import Number, costs_faults, inputs, rate_faults

_NEEDED_BY = "residual_value"
_AMOUNTS = ("completed_value", "construction_cost", "construction_fee")
_RATES = ("interest_rate", "profit_rate", "selling_fee_rate", "sales_tax_rate", "land_tax_rate")
_CURE = "开发完成价值不足以支付成本、费用、利息、税费和利润，核对售价与各项费用，或改用其他方法。"


class ProfitBase(StrEnum):
    """What the developer's profit is a part of (利润基数)."""

    INVESTMENT = "地价、购地税费、开发成本与费用之和"
    VALUE = "开发完成价值"


def residual_value(
    projects: pd.DataFrame,
    *,
    period: Number,
    interest_rate: Number,
    profit_rate: Number,
    selling_fee_rate: Number,
    sales_tax_rate: Number,
    land_tax_rate: Number,
    profit_base: ProfitBase = ProfitBase.INVESTMENT,
    tranches: Sequence[Tranche] = EVENLY,
    interest: Interest = Interest.COMPOUND,
) -> pd.DataFrame:
    r"""Value land by what a developer can pay for it (剩余法).

    .. math:: V = C - D - F - I - T - P

    Interest, the taxes of buying and the profit depend on V itself. All are linear in it, so that V is solved for:

    .. math::
        V = \frac{C (1 - s - x) - (D + F)(1 + j + p)}{(1 + t)(1 + i_n + p)}
        \quad \text{or} \quad
        V = \frac{C (1 - s - x - p) - (D + F)(1 + j)}{(1 + t)(1 + i_n)}

    where the profit is a part of the investment, or of the completed value.

    Parameters
    ----------
    projects : DataFrame
        On the parcel code, all [元/㎡ of land]: ``completed_value`` C (开发完成价值), ``construction_cost`` D
        (开发成本) and ``construction_fee`` F (专业费、管理费等费用).
    period : float, ndarray or Series
        Development period [年]: land and its taxes are paid at its start, the building is sold at its end.
    interest_rate : float, ndarray or Series
        Interest rate [fraction a year]; i_n is its factor for the whole period, j that of the tranches.
    profit_rate : float, ndarray or Series
        Profit, p [fraction of the base].
    selling_fee_rate, sales_tax_rate : float, ndarray or Series
        Costs of selling s and taxes on the sale x [fraction of the completed value].
    land_tax_rate : float, ndarray or Series
        Taxes and fees of buying the land (购地税费), t [fraction of the land price].
    profit_base : ProfitBase, default ProfitBase.INVESTMENT
        What the profit is a part of.
    tranches : sequence of Tranche, default EVENLY
        When construction cost and fees are laid out; each tranche bears interest from its half-point.
    interest : Interest, default Interest.COMPOUND
        Compound or simple.

    Returns
    -------
    DataFrame
        On the same index, in the order of the calculation: amounts, period and rates, ``selling_fee``, ``sales_tax``,
        ``construction_interest``, ``fixed_profit`` (the part of the profit that does not depend on V),
        ``residual_balance`` (the numerator), ``land_coefficient`` (the denominator), ``residual_price`` (V), then
        ``land_tax``, ``land_interest`` (of land and its taxes) and ``profit`` (in all) [元/㎡ of land], not rounded.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If an amount is missing or negative, a rate, period or tranche is out of range, or nothing or less is left for
        the land; parcels and values are named.
    IndexMismatchError
        If a rate or the period has other rows.

    Notes
    -----
    GB/T 18508-2014 (from memory). The completed value is taken as it is at the end of the period: the time in between
    is paid for by interest, so it must not be discounted as well.

    Examples
    --------
    A published case, of 3,000 ㎡ at a floor-area ratio of 3: 29,836,809 元, 9,945.60 元/㎡.

    >>> row = pd.DataFrame({"completed_value": [24_000.0], "construction_cost": [6000.0], "construction_fee": [600.0]})
    >>> rates = {"interest_rate": 0.06, "profit_rate": 0.20, "selling_fee_rate": 0.04, "sales_tax_rate": 0.065}
    >>> float(residual_value(row, period=2, land_tax_rate=0, **rates)["residual_price"].iloc[0].round(2))
    9945.6
    """
    settings: dict[str, tuple[Number, str]] = {
        "development_period": (period, "开发周期"),
        "interest_rate": (interest_rate, "利息率"),
        "profit_rate": (profit_rate, "利润率"),
        "selling_fee_rate": (selling_fee_rate, "销售费用率"),
        "sales_tax_rate": (sales_tax_rate, "销售税费率"),
        "land_tax_rate": (land_tax_rate, "购地税费率"),
    }
    table = inputs(projects, _AMOUNTS, settings, _NEEDED_BY)
    faults = [*costs_faults(table, [*_AMOUNTS, "development_period"]), *rate_faults(table, _RATES)]
    require_sound(table, faults, _NEEDED_BY)
    table = _fixed_terms(table, profit_base, tranches, interest)
    return _land_terms(table, profit_base, interest)


def _fixed_terms(table: pd.DataFrame, base: ProfitBase, tranches: Sequence[Tranche], form: Interest) -> pd.DataFrame:
    """Add everything that does not depend on the land price."""
    outlay = table["construction_cost"] + table["construction_fee"]
    factors = tranche_factors(table["development_period"], table["interest_rate"], tranches, form)
    table["selling_fee"] = table["completed_value"] * table["selling_fee_rate"]
    table["sales_tax"] = table["completed_value"] * table["sales_tax_rate"]
    table["construction_interest"] = outlay * np.sum(factors, axis=0)
    of = outlay if base is ProfitBase.INVESTMENT else table["completed_value"]
    table["fixed_profit"] = of * table["profit_rate"]
    deducted = table[["selling_fee", "sales_tax", "construction_interest", "fixed_profit"]].sum(axis=1)
    table["residual_balance"] = table["completed_value"] - outlay - deducted
    return table


def _land_terms(table: pd.DataFrame, base: ProfitBase, form: Interest) -> pd.DataFrame:
    """Solve for the land price, and add what depends on it."""
    whole = interest_factor(table["development_period"], table["interest_rate"], form)
    share = table["profit_rate"] if base is ProfitBase.INVESTMENT else 0.0
    table["land_coefficient"] = (1 + table["land_tax_rate"]) * (1 + whole + share)
    table["residual_price"] = table["residual_balance"] / table["land_coefficient"]
    require_sound(table, [fault("residual_price", ~(table["residual_price"] > 0), _CURE)], _NEEDED_BY)
    table["land_tax"] = table["residual_price"] * table["land_tax_rate"]
    paid = table["residual_price"] + table["land_tax"]
    table["land_interest"] = paid * whole
    table["profit"] = table["fixed_profit"] + paid * share
    return table
