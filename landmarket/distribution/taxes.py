"""Taxes of a deal (入市环节税费): who is taxed, who is not, and on what rule."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd

from landmarket.checks import fault, require_columns, require_sound, require_unique_index
from landmarket.distribution.library import income_rule
from landmarket.errors import RuleError
from landmarket.exact import millionths, times_rate
from landmarket.rules import Rule

_KEYS = ("deed_tax_band", "transferee_charge_band", "stamp_duty_rate", "value_added_tax", "land_value_added_tax")
_HALF = 500_000
_LEASE = "出租"
_LEASED = "出租不是权属转移，按不征列出（未核对）；租赁合同的印花税另计，规则库未录入"


def deal_taxes(
    deals: pd.DataFrame, *, county: str, pilot: bool, deed_tax_rate: Decimal, charge_rate: Decimal | None = None
) -> pd.DataFrame:
    """List the taxes of each deal with who pays and who does not (入市环节税费).

    Parameters
    ----------
    deals : DataFrame
        Index parcel code; ``deal_price_fen`` and ``deal_on``, and ``form`` where there are leases (出租); rows
        without a deal are passed over.
    county : str
        County code, 6 digits.
    pilot : bool
        Whether it is a pilot county.
    deed_tax_rate : Decimal
        Deed tax that the province has set, within the law's band.
    charge_rate : Decimal, optional
        Charge on the transferee that a pilot county had set before there was deed tax; needed there for deals of its
        days.

    Returns
    -------
    DataFrame
        A row for each deal and rule in force on its day: ``parcel_code``, ``tax`` (name), ``payer`` (出让方, 受让方
        or 双方: each), ``taxed`` (是/否), ``rate``, ``amount_fen`` [分], half-up, ``source``, ``verified``,
        ``note``. A tax that is not levied has a row that says so; one on which no rule is in force has none.

    Raises
    ------
    RuleError
        If a rate lies outside the band in force, or the charge's rate is missing.
    BadValueError
        If a deal has no day, a price is negative, or a parcel is in the table twice.

    Notes
    -----
    The table informs: what the owner pays enters the split through the cost ledger or the rule's ``tax_rate``. Deed tax
    is the transferee's and no part of the price. Each row says whether its rule was read; there is no other warning.
    """
    require_unique_index(deals, "deal_taxes")
    require_columns(deals, ["deal_price_fen", "deal_on"], "deal_taxes")
    sold = deals[deals["deal_price_fen"].notna()]
    undated, negative = sold["deal_on"].isna(), sold["deal_price_fen"].lt(0)
    faults = [
        fault("deal_on", undated, "补上成交日。"),
        fault("deal_price_fen", negative, "成交价不应为负，核对金额。"),
    ]
    require_sound(sold, faults, "deal_taxes")
    rates = {"deed_tax_band": deed_tax_rate, "transferee_charge_band": charge_rate}
    number, days = pd.factorize(pd.to_datetime(sold["deal_on"]))
    parts = [
        table
        for which, stamp in enumerate(pd.DatetimeIndex(days))
        for table in _taxes_of_day(sold[number == which], stamp.date(), rates, county=county, pilot=pilot)
    ]
    columns = ["parcel_code", "tax", "payer", "taxed", "rate", "amount_fen", "source", "verified", "note"]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    leased = sold.index[sold["form"].eq(_LEASE)] if "form" in sold.columns else sold.index[:0]
    table = _without_leases(table, leased)
    order = {code: place for place, code in enumerate(sold.index)}
    return table.sort_values("parcel_code", key=lambda codes: codes.map(order), kind="stable", ignore_index=True)


def _without_leases(table: pd.DataFrame, leased: pd.Index[str]) -> pd.DataFrame:
    """Levy nothing on leases: what the library has is on the transfer of a right (权属转移)."""
    rows = table["parcel_code"].isin(leased) & table["taxed"].eq("是")
    changed = {"taxed": "否", "rate": 0.0, "amount_fen": 0, "verified": False, "note": _LEASED}
    return table.assign(**{name: table[name].mask(rows, value) for name, value in changed.items()})


def _taxes_of_day(
    deals: pd.DataFrame, day: date, rates: dict[str, Decimal | None], *, county: str, pilot: bool
) -> list[pd.DataFrame]:
    held = [rule for key in _KEYS if (rule := income_rule(key, on=day, county=county, pilot=pilot)) is not None]
    price = deals["deal_price_fen"].to_numpy(dtype=np.int64)
    tables = []
    for rule in held:
        rate = _rate(rule, rates, day)
        whole, rest = times_rate(price, np.full_like(price, millionths(rate, rule.name)), deals.index)
        facts = {
            "tax": rule.name,
            "payer": dict(rule.when)["payer"],
            "taxed": "是" if rate else "否",
            "rate": float(rate),
        }
        said = {"source": rule.source, "verified": rule.verified, "note": rule.note}
        amount = {"parcel_code": deals.index, **facts, "amount_fen": whole + (rest >= _HALF), **said}
        tables.append(pd.DataFrame(amount))
    return tables


def _rate(rule: Rule, rates: dict[str, Decimal | None], day: date) -> Decimal:
    if rule.key not in rates:
        return Decimal(0) if rule.value is False else rule.number
    rate, (low, high) = rates[rule.key], rule.band
    if rate is None or not low <= rate <= high:
        raise RuleError(f"{day}：{rule.name} 为 {low}—{high}（{rule.source}），给出 {rate}。办法：写明当地核定的比例。")
    return rate
