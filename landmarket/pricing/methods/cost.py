"""The cost method: what acquiring and developing the land costs, with interest, profit and value added (成本逼近法)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import pandas as pd

from landmarket.checks import fault, require_sound
from landmarket.pricing.methods.interest import EVENLY, Interest, Tranche, interest_factor, tranche_factors
from landmarket.pricing.methods.operands import Number, costs_faults, inputs, rate_faults

TRANCHE = "利息:开发费第{}期"
"""Columns of the interest on each tranche of development [元/㎡]."""

_NEEDED_BY = "cost_value"


class TaxInterest(StrEnum):
    """Whether taxes and fees bear interest (税费是否计息)."""

    NONE = "不计息"
    WHOLE_PERIOD = "按整个开发周期计息"


def cost_value(
    costs: pd.DataFrame,
    *,
    period: Number,
    interest_rate: Number,
    profit_rate: Number,
    value_added_rate: Number,
    tranches: Sequence[Tranche] = EVENLY,
    interest: Interest = Interest.COMPOUND,
    tax_interest: TaxInterest = TaxInterest.NONE,
) -> pd.DataFrame:
    r"""Value land by its costs (成本逼近法).

    .. math::
        V = (E_a + E_d + T + R_1 + R_2)(1 + R_3\%), \qquad R_2 = (E_a + E_d + T) \times p

    with the interest

    .. math:: R_1 = E_a [(1 + i)^n - 1] + E_d \sum_k w_k [(1 + i)^{t_k} - 1] \,(+\, T [(1 + i)^n - 1])

    Parameters
    ----------
    costs : DataFrame
        On the parcel code: ``acquisition_fee`` E_a (取得费), ``development_fee`` E_d (开发费) and ``acquisition_tax`` T
        (税费) [元/㎡ of land].
    period : float, ndarray or Series
        Development period (开发周期), n [年].
    interest_rate : float, ndarray or Series
        Interest rate, i [fraction a year].
    profit_rate : float, ndarray or Series
        Return on fees and taxes (投资回报率), p [fraction].
    value_added_rate : float, ndarray or Series
        Value-added rate (土地增值收益率), R_3 [fraction].
    tranches : sequence of Tranche, default EVENLY
        When the development fee is laid out; each tranche bears interest from its half-point.
    interest : Interest, default Interest.COMPOUND
        Compound or simple.
    tax_interest : TaxInterest, default TaxInterest.NONE
        Whether taxes bear interest for the whole period, as the acquisition does.

    Returns
    -------
    DataFrame
        On the same index, in the order of the calculation: fees, rates, ``acquisition_interest``, the interest of each
        tranche (``利息:开发费第…期``), ``development_interest``, ``tax_interest``, ``total_interest``, ``profit``,
        ``value_added`` and ``cost_price`` [元/㎡ of land], not rounded.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If an amount is missing or negative, all are 0, or a rate, period or tranche is out of range.
    IndexMismatchError
        If a rate or the period has other rows.

    Notes
    -----
    GB/T 18508-2014 (from memory). The price has no term: where the use is for n years, multiply it by the term factor,
    `landmarket.pricing.corrections.term_factor` with an unlimited legal term.

    Examples
    --------
    A published case: 75 and 200 元/㎡, 40 % of it in the first of two years, 10 %, profit and value added 20 %:

    >>> from landmarket.pricing.methods.interest import equal_tranches
    >>> row = pd.DataFrame({"acquisition_fee": [75.0], "development_fee": [200.0], "acquisition_tax": [0.0]})
    >>> rates = {"interest_rate": 0.10, "profit_rate": 0.20, "value_added_rate": 0.20}
    >>> result = cost_value(row, period=2, tranches=equal_tranches((0.4, 0.6)), **rates)
    >>> result[["total_interest", "profit", "cost_price"]].round(1).values.tolist()
    [[33.9, 55.0, 436.7]]
    """
    fees = ["acquisition_fee", "development_fee", "acquisition_tax"]
    settings: dict[str, tuple[Number, str]] = {
        "development_period": (period, "开发周期"),
        "interest_rate": (interest_rate, "利息率"),
        "profit_rate": (profit_rate, "投资回报率"),
        "value_added_rate": (value_added_rate, "土地增值收益率"),
    }
    table = inputs(costs, fees, settings, _NEEDED_BY)
    nothing = fault("acquisition_fee", table[fees].sum(axis=1) <= 0, "取得费、开发费、税费不能都为 0。")
    found = [*costs_faults(table, [*fees, "development_period"]), nothing]
    require_sound(
        table, [*found, *rate_faults(table, ["interest_rate", "profit_rate", "value_added_rate"])], _NEEDED_BY
    )
    table = _with_interest(table, tranches, interest, tax_interest)
    spent = table[fees].sum(axis=1)
    table["profit"] = spent * table["profit_rate"]
    table["value_added"] = (spent + table["total_interest"] + table["profit"]) * table["value_added_rate"]
    table["cost_price"] = spent + table["total_interest"] + table["profit"] + table["value_added"]
    return table


def _with_interest(
    table: pd.DataFrame, tranches: Sequence[Tranche], form: Interest, tax_interest: TaxInterest
) -> pd.DataFrame:
    years, rate = table["development_period"], table["interest_rate"]
    whole = interest_factor(years, rate, form)
    table["acquisition_interest"] = table["acquisition_fee"] * whole
    parts = [TRANCHE.format(number) for number in range(1, len(tranches) + 1)]
    for name, factor in zip(parts, tranche_factors(years, rate, tranches, form), strict=True):
        table[name] = table["development_fee"] * factor
    table["development_interest"] = table[parts].sum(axis=1)
    bears = tax_interest is TaxInterest.WHOLE_PERIOD
    table["tax_interest"] = table["acquisition_tax"] * whole if bears else np.zeros(len(table))
    table["total_interest"] = table[["acquisition_interest", "development_interest", "tax_interest"]].sum(axis=1)
    return table
