"""Negotiated entry (协议入市): when it is lawful, the price that the floors leave, and a bargaining model.

The model is the simulation's assumption: two sides split what there is to gain between the seller's fall-back and the
buyer's value in the proportion of their bargaining power.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import pandas as pd

from landmarket.checks import require_columns, require_sound, require_unique_index
from landmarket.columns import rename_map, schema
from landmarket.errors import RuleError
from landmarket.exact import MILLION, Ints, millionths, round_up, times_rate
from landmarket.market.amounts import fen_fault, require_secret_fen
from landmarket.market.bids import Bools
from landmarket.rules import Rule, national_rules, require_rule

AGREED, NO_GAIN, NOT_LAWFUL = "成交", "未成交-无共同区间", "未成交-程序不全"
OFFER = "报价"
_FEN = 100
_YES = "是"
_NEEDED_BY = "negotiated_prices"


class Bargain(NamedTuple):
    """Prices that bargaining leads to (议定价格).

    Attributes
    ----------
    price : ndarray of int64
        Prices in fen, whole yuan [分]; the least the seller takes where there is no deal.
    agreed : ndarray of bool
        Whether there is a whole yuan that both sides accept.
    """

    price: Ints
    agreed: Bools


def nash_prices(threat: Ints, value: Ints, power: Decimal, rows: pd.Index[str] | None = None) -> Bargain:
    r"""Split the gain between the seller's fall-back and the buyer's value (纳什讨价还价).

    .. math:: p = r + \beta (v - r), \text{ which maximises } (p - r)^{\beta} (v - p)^{1 - \beta}

    Parameters
    ----------
    threat : ndarray of int64
        The seller's fall-back r [分], not negative.
    value : ndarray of int64
        What the land is worth to the buyer, v [分].
    power : Decimal
        The seller's bargaining power β, 0 to 1.
    rows : Index, optional
        Parcel codes, for messages.

    Returns
    -------
    Bargain
        Half-up to whole yuan, but never above v nor below r.

    Raises
    ------
    RuleError
        If the power is not between 0 and 1, or has more than six decimals.

    Notes
    -----
    J. F. Nash, The Bargaining Problem, Econometrica 18 (1950), with unequal powers.

    Examples
    --------
    A reserve of 100 元, a value of 200 元, three quarters of the gain to the seller:

    >>> nash_prices(np.array([10_000]), np.array([20_000]), Decimal("0.75")).price.tolist()
    [17500]
    """
    share = millionths(power, "议价能力")
    if share > MILLION:
        raise RuleError(f"议价能力 = {power}：应在 0 与 1 之间。办法：改写。")
    gain = np.maximum(value - threat, 0)
    whole, _ = times_rate(gain, np.full(len(gain), share, dtype=np.int64), rows)
    lowest, highest = round_up(threat, _FEN), value // _FEN * _FEN
    price = (threat + whole + _FEN // 2) // _FEN * _FEN
    return Bargain(np.maximum(np.minimum(price, highest), lowest), lowest <= highest)


def negotiation_needs(on: date, county: str) -> Rule:
    """Return what must have been decided and approved before land is negotiated (协议入市的程序要求).

    Parameters
    ----------
    on : date
        The day.
    county : str
        County code, 6 digits.

    Returns
    -------
    Rule
        Its value lists the headers of the facts, separated by 、.

    Raises
    ------
    NoRuleInForceError
        If there is no rule in force.
    """
    return require_rule(national_rules(), "negotiation_needs", on=on, county=county, pilot=False)


def negotiation_gaps(cases: pd.DataFrame, needs: Rule) -> pd.Series[str]:
    """Say for each parcel what is missing before it may be negotiated (协议程序缺项).

    Parameters
    ----------
    cases : DataFrame
        Index parcel code; the facts that the rule lists (``vote_passed``, ``township_reviewed``,
        ``negotiation_approved``), each 是 or 否.
    needs : Rule
        From `negotiation_needs`, or a county's own.

    Returns
    -------
    Series of str
        ``negotiation_gap`` on the same index: empty where nothing is missing. A fact that is missing counts as 否.

    Raises
    ------
    RuleError
        If the rule lists something that is no column.
    MissingColumnError
        If a column is missing.
    """
    headers = str(needs.value).split("、")
    names = rename_map(headers)
    unknown = [header for header in headers if header not in names]
    if unknown:
        raise RuleError(
            f"规则 {needs.key}（{needs.name}）：不认识 {'、'.join(unknown)}。办法：写 columns.csv 中的表头。"
        )
    require_columns(cases, list(names.values()), "negotiation_gaps")
    met = {header: cases[name].eq(_YES).fillna(False).to_numpy(dtype=bool) for header, name in names.items()}
    rows = zip(*met.values(), strict=True)
    texts = ["、".join(name for name, held in zip(met, row, strict=True) if not held) for row in rows]
    return pd.Series(texts, index=cases.index, name="negotiation_gap", dtype="str")


def negotiated_prices(cases: pd.DataFrame, floors: Sequence[str], *, on: date, county: str) -> pd.DataFrame:
    """Set the least price at which each parcel may be negotiated (协议价格).

    Parameters
    ----------
    cases : DataFrame
        Index parcel code; the facts of `negotiation_gaps`, ``offer_fen`` [分], and the columns of the floors.
    floors : sequence of str
        Columns of floors [分], such as ``reserve_price_fen``; a missing one does not bind.
    on : date
        Day of the negotiation.
    county : str
        County code, 6 digits.

    Returns
    -------
    DataFrame
        On the same index: ``negotiation_gap``; ``negotiated_price_fen``, the highest of offer and floors, rounded up
        to the yuan, missing where procedure is lacking; ``reserve_binding``, which of them it is. Internal: the last
        column and a lifted price tell the reserve.

    Raises
    ------
    BadValueError
        If an offer is missing or not positive.

    Warns
    -----
    UnverifiedRuleWarning
        If nobody has checked the rule on negotiation.
    """
    require_unique_index(cases, _NEEDED_BY)
    require_columns(cases, ["offer_fen", *floors], _NEEDED_BY)
    require_sound(cases, [fen_fault(cases, "offer_fen")], _NEEDED_BY)
    gaps = negotiation_gaps(cases, negotiation_needs(on, county))
    amounts = np.column_stack([_floor(cases, name) for name in ("offer_fen", *floors)])
    binding = np.argmax(amounts, axis=1)  # the first of equal ones: the offer goes before the floors
    price = round_up(amounts.max(axis=1), _FEN)
    said = np.array([OFFER, *(_header(name) for name in floors)])
    table = pd.DataFrame({"negotiation_gap": gaps})
    table["negotiated_price_fen"] = pd.arrays.IntegerArray(price, gaps.ne("").to_numpy(dtype=bool))
    table["reserve_binding"] = said[binding]
    return table


def bargained_deals(cases: pd.DataFrame, power: Decimal, *, on: date, county: str) -> pd.DataFrame:
    """Simulate a negotiation for each parcel: lawful, worth it, and at what price (协议成交模拟).

    Parameters
    ----------
    cases : DataFrame
        Index parcel code; the facts of `negotiation_gaps`, ``reserve_price_fen`` and ``buyer_value_fen`` [分].
    power : Decimal
        The seller's bargaining power, 0 to 1. An assumption: say so beside the result.
    on : date
        Day of the negotiation.
    county : str
        County code, 6 digits.

    Returns
    -------
    DataFrame
        On the same index: ``negotiation_outcome``, ``negotiation_gap``, ``negotiated_price_fen`` in whole yuan, missing
        where there is no deal: no deal below the reserve. Internal: with the buyer's value the price tells the reserve.

    Raises
    ------
    BadValueError
        If a value or a reserve is missing or negative.

    Warns
    -----
    UnverifiedRuleWarning
        If nobody has checked the rule on negotiation.
    """
    require_unique_index(cases, "bargained_deals")
    require_columns(cases, ["reserve_price_fen", "buyer_value_fen"], "bargained_deals")
    for name in ("reserve_price_fen", "buyer_value_fen"):
        require_secret_fen(cases, name, "bargained_deals")
    reserve, value = (cases[name].to_numpy(dtype=np.int64) for name in ("reserve_price_fen", "buyer_value_fen"))
    gaps = negotiation_gaps(cases, negotiation_needs(on, county))
    bargain = nash_prices(reserve, value, power, cases.index)
    lawful = gaps.eq("").to_numpy(dtype=bool)
    outcome = np.select([~lawful, ~bargain.agreed], [NOT_LAWFUL, NO_GAIN], default=AGREED)
    table = pd.DataFrame({"negotiation_outcome": outcome}, index=cases.index)
    table["negotiation_gap"] = gaps
    table["negotiated_price_fen"] = pd.arrays.IntegerArray(bargain.price, ~(lawful & bargain.agreed))
    return table


def _floor(cases: pd.DataFrame, name: str) -> Ints:
    floor: Ints = cases[name].fillna(0).to_numpy(dtype=np.int64)
    return floor


def _header(name: str) -> str:
    column = schema().get(name)
    return column.headers[0] if column else name
