"""Mortgage of a right (抵押): what may not be mortgaged, how much may be lent, what a default recovers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd

from landmarket.checks import JOINT, fault, require_columns, require_sound, require_unique_index
from landmarket.errors import NoRuleInForceError, RuleError
from landmarket.exact import MILLION, Ints, millionths, times_rate
from landmarket.market.amounts import fen_fault, not_whole
from landmarket.rules import Rule, national_rules, rule_in_force

_PREFIX = "mortgage_bar."
_FEN = 100
_YES, _NO = "是", "否"


def mortgage_bars(on: date, county: str) -> tuple[Rule, ...]:
    """Return what forbids a mortgage (不得抵押的情形) in force.

    Parameters
    ----------
    on : date
        The day.
    county : str
        County code, 6 digits.

    Returns
    -------
    tuple of Rule
        Key ``mortgage_bar.`` and the column; the value, 是 or 否, is the one that forbids.

    Raises
    ------
    NoRuleInForceError
        If there is none.

    Warns
    -----
    UnverifiedRuleWarning
        For each that nobody has checked against its document.
    """
    keys = dict.fromkeys(rule.key for rule in national_rules() if rule.key.startswith(_PREFIX))
    found = (rule_in_force(national_rules(), key, on=on, county=county, pilot=False) for key in keys)
    bars = tuple(rule for rule in found if rule is not None)
    if not bars:
        raise NoRuleInForceError(f"{on} {county}：没有生效的抵押规则 {_PREFIX}…。办法：在规则文件中补充带文号的规则。")
    return bars


def mortgage_limits(
    parcels: pd.DataFrame, loan_to_value: Decimal, bars: Sequence[Rule] | None = None, *, on: date, county: str
) -> pd.DataFrame:
    """Set how much may be lent on each right (抵押贷款上限).

    Parameters
    ----------
    parcels : DataFrame
        Index parcel code; ``value_fen``, the value of the right for its remaining term [分], and the columns of the
        bars: ``ownership_registered``, ``disputed``, ``sealed``, ``expropriation``, ``use_changed``, each 是 or 否.
    loan_to_value : Decimal
        Loan / value (抵押率), 0 to 1. No national figure was seen: the lender's own.
    bars : sequence of Rule, optional
        What forbids a mortgage. Default: `mortgage_bars` of the day.
    on : date
        The day.
    county : str
        County code, 6 digits.

    Returns
    -------
    DataFrame
        On the same index: ``mortgage_bar``, every reason against it, empty where there is none; a fact that is missing
        is one (待核实). ``mortgage_limit_fen``: value × loan-to-value, down to the yuan; missing where barred.

    Raises
    ------
    RuleError
        If the loan-to-value is not between 0 and 1.
    BadValueError
        If a value is not positive.

    Notes
    -----
    银监发〔2016〕26号 art. 6, 10, of the pilots; whether it still holds is not known.
    """
    share = millionths(loan_to_value, "抵押率")
    if share > MILLION:
        raise RuleError(f"抵押率 = {loan_to_value}：应在 0 与 1 之间，如六成写 0.60。办法：改写。")
    rules = mortgage_bars(on, county) if bars is None else tuple(bars)
    names = [rule.key.removeprefix(_PREFIX) for rule in rules]
    require_unique_index(parcels, "mortgage_limits")
    require_columns(parcels, ["value_fen", *names], "mortgage_limits")
    require_sound(parcels, [fen_fault(parcels, "value_fen")], "mortgage_limits")
    told = [_bar(parcels[name], rule) for name, rule in zip(names, rules, strict=True)]
    texts = [JOINT.join(filter(None, row)) for row in zip(*told, strict=True)]
    value: Ints = parcels["value_fen"].to_numpy(dtype=np.int64)
    whole, _ = times_rate(value, np.full(len(value), share, dtype=np.int64), parcels.index)
    table = pd.DataFrame(index=parcels.index)
    table["mortgage_bar"] = pd.Series(texts, index=parcels.index, dtype="str")
    barred = table["mortgage_bar"].ne("").to_numpy(dtype=bool)
    table["mortgage_limit_fen"] = pd.arrays.IntegerArray(whole // _FEN * _FEN, barred)
    return table


def _bar(facts: pd.Series[str], rule: Rule) -> list[str]:
    """What one rule says of each parcel."""
    said = {str(rule.value): rule.name, _NO if rule.value == _YES else _YES: ""}
    return [said.get(str(fact), f"待核实：{rule.name}") for fact in facts]


def recoveries(defaults: pd.DataFrame) -> pd.DataFrame:
    """Settle defaulted loans from the sale of the right (违约处置与受偿).

    Parameters
    ----------
    defaults : DataFrame
        Index parcel code or loan; ``owed_fen`` (principal and interest), ``proceeds_fen`` (price the right fetched for
        its remaining term) and ``disposal_cost_fen`` (costs and taxes of the sale, paid first) [分].

    Returns
    -------
    DataFrame
        On the same index: ``recovered_fen``, ``shortfall_fen``, which add up to what is owed, and ``surplus_fen`` left
        to the holder [分]; ``recovery_rate``, recovered / owed.

    Raises
    ------
    BadValueError
        If an amount is missing, negative or not whole fen, or nothing is owed.

    Examples
    --------
    600 owed, sold for 700 at a cost of 150: 550 recovered, 50 short.

    >>> loan = pd.DataFrame({"owed_fen": [600], "proceeds_fen": [700], "disposal_cost_fen": [150]}, index=["贷款1"])
    >>> recoveries(loan)[["recovered_fen", "shortfall_fen", "surplus_fen"]].values.tolist()
    [[550, 50, 0]]
    """
    names = ("owed_fen", "proceeds_fen", "disposal_cost_fen")
    require_unique_index(defaults, "recoveries")
    require_columns(defaults, list(names), "recoveries")
    wrong = [
        fault(name, not_whole(defaults[name], least), f"应为不小于 {least} 的整数分。")
        for name, least in zip(names, (1, 0, 0), strict=True)
    ]
    require_sound(defaults, wrong, "recoveries")
    owed, proceeds, cost = (defaults[name].to_numpy(dtype=np.int64) for name in names)
    net = np.maximum(proceeds - cost, 0)
    recovered = np.minimum(owed, net)
    columns = {
        "recovered_fen": recovered,
        "shortfall_fen": owed - recovered,
        "surplus_fen": net - recovered,
        "recovery_rate": recovered / owed,
    }
    return pd.DataFrame(columns, index=defaults.index)
