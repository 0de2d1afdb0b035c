"""The adjustment fund at resale (再转让的土地增值收益调节金): who sells on pays on the gain since it bought."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from landmarket.checks import Fault, fault, require_columns, require_sound, require_unique_index
from landmarket.distribution.entries import MOST_FEN
from landmarket.distribution.fund import day_faults, fund_rates, stated_aspects, warn_unverified
from landmarket.distribution.rule import FundBase, SplitRule
from landmarket.exact import MILLION, Ints, times_rate

_AMOUNTS = ("resale_price_fen", "acquisition_fen", "development_fen")
_NEEDED_BY = "resale_fund"


def resale_fund(resales: pd.DataFrame, rule: SplitRule) -> pd.DataFrame:
    r"""Compute the adjustment fund of each resale (再转让调节金), which the seller (再转让方) pays.

    Parameters
    ----------
    resales : DataFrame
        Index parcel code; ``resale_price_fen``, ``acquisition_fen`` (what the seller paid for the right) and
        ``development_fen`` (what it spent on the land) [分], ``resold_on``, and those of ``price_use``, ``zone``,
        ``pathway``, ``mode`` that the rule's rates state.
    rule : SplitRule
        The county's rule on resales.

    Returns
    -------
    DataFrame
        On the same index: ``gain_fen``, ``loss_fen``, ``fund_fen``, ``seller_fen`` (int64 [分]) and ``fund_rate``.
        Fund and seller add up to the resale price.

    Raises
    ------
    NoRuleInForceError
        If the county's rule, or the national rule on the fund, is not in force on the day of a resale.
    RuleError
        If no rate or more than one applies, a missing fact decides it, or a rate lies outside the national band without
        a document.
    BadValueError
        If an amount or a day is missing or an amount negative, or a parcel is in the table twice.

    Notes
    -----
    With resale price P, acquisition A and development D (财税〔2016〕41号 for the base "gain"):

    .. math:: G = \max(0, P - A - D), \quad F = f G \text{ or } f P

    F is rounded once, half-up to the fen. Without a gain the fund on the gain is 0 and the loss is recorded; a fund on
    the price is due whatever the gain, as at entry. Several resales of one parcel are several tables.
    """
    require_unique_index(resales, _NEEDED_BY)
    require_columns(resales, [*_AMOUNTS, "resold_on", *stated_aspects(rule)], _NEEDED_BY)
    rate = _sound_rates(resales, rule)
    price, acquisition, development = (resales[name].to_numpy(dtype=np.int64) for name in _AMOUNTS)
    cost = acquisition + development
    gain = np.maximum(price - cost, 0)
    whole, rest = times_rate(gain if rule.fund_base is FundBase.GAIN else price, rate, resales.index)
    fund = whole + (2 * rest >= MILLION)
    columns = {
        "gain_fen": gain,
        "loss_fen": np.maximum(cost - price, 0),
        "fund_rate": rate / MILLION,
        "fund_fen": fund,
        "seller_fen": price - fund,
    }
    return pd.DataFrame(columns, index=resales.index)


def _sound_rates(resales: pd.DataFrame, rule: SplitRule) -> Ints:
    """Rates in millionths; a fault of the day is told by the table's own column."""
    rates, faults = fund_rates(resales, rule)
    days = [replace(each, columns=("resold_on",)) for each in day_faults(_as_deals(resales), rule)]
    require_sound(resales, [*_fact_faults(resales), *days, *faults], _NEEDED_BY)
    warn_unverified(resales, rule)
    return rates


def _as_deals(resales: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"deal_on": resales["resold_on"]}, index=resales.index)


def _fact_faults(resales: pd.DataFrame) -> list[Fault]:
    amounts = {name: pd.to_numeric(resales[name], errors="coerce").astype("Float64") for name in _AMOUNTS}
    return [
        *(
            fault(name, ~((fen >= 0) & (fen < MOST_FEN)).fillna(False), "补上金额（分），确无支出的填 0，不得为负。")
            for name, fen in amounts.items()
        ),
        fault("resold_on", resales["resold_on"].isna(), "补上再转让日。"),
    ]
