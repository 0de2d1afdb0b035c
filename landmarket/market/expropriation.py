"""Entry against expropriation (入市与征收对照): who has what of a parcel's value on either way.

"大体平衡" compares the state and the collective, so their shares are shown apart; how the collective divides its part
among members is no matter of that balance. Numbers of the compensation are inputs; none has a default.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction

import pandas as pd

from landmarket.checks import Fault, fault, require_columns, require_same_index, require_sound, require_unique_index
from landmarket.market.amounts import not_whole
from landmarket.market.areas import area_fault, centi_of, money_of_mu
from landmarket.units import round_half_up

TOTAL = "合计"
ENTRY_COLUMNS = ["deal_price_fen", "cost_fen", "tax_fen", "fund_fen", "collective_fen", "members_fen"]
TAKING_COLUMNS = [
    "state_price_fen",
    "zone_price_fen",
    "crops_fen",
    "social_security_fen",
    "resettlement_fen",
    "government_cost_fen",
]
_PLACES = 6


class Party(StrEnum):
    """Who has a part of the land's value (各方)."""

    STATE = "国家（县级财政）"
    COLLECTIVE = "集体"
    MEMBERS = "成员"
    OWNERS = "地上物所有人"
    TAXES = "税费"
    COSTS = "成本"


def entry_parts(entry: pd.DataFrame) -> pd.DataFrame:
    """Lay out who has what when a parcel enters the market (入市各方所得).

    Parameters
    ----------
    entry : DataFrame
        Index parcel code; ``deal_price_fen``, ``cost_fen``, ``tax_fen``, ``fund_fen``, ``collective_fen`` (what all
        collectives keep) and ``members_fen`` [分], from the split.

    Returns
    -------
    DataFrame
        On the same index, a column for each `Party` [分]; a row adds up to the price.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If an amount is not whole fen, or the parts are not the price; the parcels are named.
    """
    needed_by = "entry_parts"
    require_unique_index(entry, needed_by)
    require_columns(entry, ENTRY_COLUMNS, needed_by)
    require_sound(entry, _amount_faults(entry, ENTRY_COLUMNS), needed_by)
    money = entry[ENTRY_COLUMNS].astype("int64")
    odd = money.drop(columns="deal_price_fen").sum(axis=1) != money["deal_price_fen"]
    require_sound(entry, [fault("deal_price_fen", odd, "各方之和不等于成交价，按收益分配表填写。")], needed_by)
    return _parties(
        state=money["fund_fen"],
        collective=money["collective_fen"],
        members=money["members_fen"],
        owners=0 * money["fund_fen"],
        taxes=money["tax_fen"],
        costs=money["cost_fen"],
    )


def expropriation_parts(taking: pd.DataFrame) -> pd.DataFrame:
    """Lay out who has what when a parcel is taken and granted as state land (征收各方所得).

    Parameters
    ----------
    taking : DataFrame
        Index parcel code; ``area`` [㎡]; ``state_price_fen``, income from granting the state land; ``zone_price_fen``,
        the area price (区片综合地价) [分/亩], which holds land compensation and 安置补助费; ``crops_fen`` (young crops,
        buildings and other things on the land), ``social_security_fen``, ``resettlement_fen`` (houses of villagers) and
        ``government_cost_fen`` [分].

    Returns
    -------
    DataFrame
        On the same index, a column for each `Party` [分]; a row adds up to the grant income. The state's part is
        what is left after compensation and costs; it may be negative.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If an area or amount is missing or cannot be used; the parcels are named.

    Notes
    -----
    土地管理法 art. 48: the area price covers land compensation and resettlement subsidy; houses, things on the land and
    young crops, and social security are compensated apart. The area price goes to the collective, social security and
    resettlement to members. What is paid for crops and buildings replaces them and is no part of the land's value: it
    stands apart, as costs do under entry.
    """
    needed_by = "expropriation_parts"
    require_unique_index(taking, needed_by)
    require_columns(taking, ["area", *TAKING_COLUMNS], needed_by)
    require_sound(taking, [area_fault(taking, "area"), *_amount_faults(taking, TAKING_COLUMNS)], needed_by)
    money = taking[TAKING_COLUMNS].astype("int64")
    areas = centi_of(taking["area"]).tolist()
    paid = [money_of_mu(price, area) for price, area in zip(money["zone_price_fen"].tolist(), areas, strict=True)]
    collective = pd.Series(paid, index=taking.index, dtype="int64")
    members = money["social_security_fen"] + money["resettlement_fen"]
    spent = collective + members + money["crops_fen"] + money["government_cost_fen"]
    return _parties(
        state=money["state_price_fen"] - spent,
        collective=collective,
        members=members,
        owners=money["crops_fen"],
        taxes=0 * spent,
        costs=money["government_cost_fen"],
    )


def _parties(
    *,
    state: pd.Series[int],
    collective: pd.Series[int],
    members: pd.Series[int],
    owners: pd.Series[int],
    taxes: pd.Series[int],
    costs: pd.Series[int],
) -> pd.DataFrame:
    parts = zip(Party, (state, collective, members, owners, taxes, costs), strict=True)
    return pd.DataFrame({str(party): part for party, part in parts}).astype("int64")


def _amount_faults(table: pd.DataFrame, names: Sequence[str]) -> list[Fault]:
    return [fault(name, not_whole(table[name], 0), "应为不小于 0 的整数分，没有的填 0，不得留空。") for name in names]


def compare_pathways(entry: pd.DataFrame, taking: pd.DataFrame) -> pd.DataFrame:
    """Set entry and expropriation side by side, party by party (入市与征收对照表).

    Parameters
    ----------
    entry : DataFrame
        As `entry_parts` gives it.
    taking : DataFrame
        As `expropriation_parts` gives it, on the same index.

    Returns
    -------
    DataFrame
        Index (parcel code, party), each parcel with its parties and 合计; ``entry_fen``, ``expropriation_fen`` and
        ``difference_fen``, entry less expropriation [分].

    Raises
    ------
    IndexMismatchError
        If the tables are of different parcels.
    """
    require_same_index(entry, taking, "compare_pathways")
    names = [*map(str, Party), TOTAL]
    index = pd.MultiIndex.from_product([entry.index, names], names=[entry.index.name, "party"])
    table = pd.DataFrame(index=index)
    for name, parts in (("entry_fen", entry), ("expropriation_fen", taking)):
        whole = parts.assign(**{TOTAL: parts.sum(axis=1)})[names]
        table[name] = whole.to_numpy().ravel()
    return table.assign(difference_fen=table["entry_fen"] - table["expropriation_fen"])


def state_balance(entry: pd.DataFrame, taking: pd.DataFrame, base_fen: pd.Series[int]) -> pd.DataFrame:
    r"""Compare the state's share on either way, and find the fund rate at which both are equal (大体平衡测算).

    .. math:: s = \frac{S}{S + C}, \qquad r \, B = s_{expropriation} \, (S_{entry} + C_{entry})

    Parameters
    ----------
    entry : DataFrame
        As `entry_parts` gives it.
    taking : DataFrame
        As `expropriation_parts` gives it, on the same index.
    base_fen : Series of int
        What the fund's rate multiplies, B, on the same index: the gain, or the price [分].

    Returns
    -------
    DataFrame
        On the same index: ``entry_state_share`` and ``expropriation_state_share``, the state's part S of what state and
        collective side C (the collective with its members) have together, missing where that is not above zero;
        ``equal_share_rate`` r, six decimals, half-up; ``balance_note``, why there is no rate, or that it cannot be
        reached. A rate is information on the principle, not the county's rate, which its rule sets within a band.

    Raises
    ------
    IndexMismatchError
        If the tables are of different parcels.
    BadValueError
        If a base is not whole fen; the parcels are named.

    Notes
    -----
    The fund is taken from what the state and the collective side have together: that sum does not depend on the rate,
    and the equation is linear. Taxes, costs and payments for things on the land are on neither side.
    """
    require_same_index(entry, taking, "state_balance")
    base = base_fen.rename("base_fen").to_frame()
    require_same_index(entry, base, "state_balance")
    require_sound(base, _amount_faults(base, ["base_fen"]), "state_balance")
    rows = [
        _balance(*amounts)
        for amounts in zip(*_sides(entry), *_sides(taking), base["base_fen"].astype("int64").tolist(), strict=True)
    ]
    names = ("entry_state_share", "expropriation_state_share", "equal_share_rate")
    table = pd.DataFrame(index=entry.index)
    for at, name in enumerate(names):
        table[name] = pd.Series([row[0][at] for row in rows], index=entry.index, dtype="float64")
    table["balance_note"] = pd.Series([row[1] for row in rows], index=entry.index, dtype="str")
    return table


def _sides(parts: pd.DataFrame) -> tuple[list[int], list[int]]:
    """The state's part, and that of the collective with its members."""
    both = parts[[str(Party.COLLECTIVE), str(Party.MEMBERS)]].sum(axis=1)
    return parts[str(Party.STATE)].tolist(), both.tolist()


def _balance(
    fund: int, kept: int, state: int, compensated: int, base: int
) -> tuple[tuple[float | None, float | None, float | None], str]:
    """Shares, rate and note of one parcel."""
    entering, taken = fund + kept, state + compensated
    own = float(Fraction(fund, entering)) if entering > 0 else None
    if taken <= 0:
        return (own, None, None), "征收下国家与集体合计不大于 0，无从比较"
    share = Fraction(state, taken)
    if share < 0:
        return (own, float(share), None), "征收下国家净得为负，没有使两者相等的比例"
    if base <= 0 or entering <= 0:
        return (own, float(share), None), "没有可征收的基数"
    rate = share * entering / base
    note = "比例大于 1，不能达到" if rate > 1 else ""
    return (own, float(share), float(round_half_up(rate, _PLACES))), note
