"""Split of a deal's income among its parties, exact to the fen.

Parties, in this order: 县财政（调节金）、税费、成本补偿、乡镇集体、复垦区集体、村集体、组集体、成员. A township
government is no party: a township's part is its collective's, as owner or by a cited local document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.checks import Fault, fault, gap_texts, require_columns, require_sound, require_unique_index
from landmarket.columns import schema
from landmarket.distribution.fund import day_faults, deal_days, fund_rates, stated_aspects, warn_unverified
from landmarket.distribution.quotas import LEVELS, Bearing, beyond_price, whole_parts
from landmarket.distribution.rule import LAND_COSTS, FundBase, SplitRule
from landmarket.errors import BadValueError
from landmarket.exact import MILLION, Ints
from landmarket.units import Floats, floats_of, round_half_up_array

PARTIES = (
    "fund_fen",
    "tax_fen",
    "cost_fen",
    "township_fen",
    "reclaimed_fen",
    "village_fen",
    "group_fen",
    "members_fen",
)
"""Columns of the parties, in the order in which ties of a fen are decided."""
COLLECTIVES = ("township_fen", "reclaimed_fen", "village_fen", "group_fen")
"""Parties that are collectives: what they keep is 集体留存, with members' part 集体收益."""
_ADJUSTED = "调整"
_NEEDED_COSTS = ("acquisition_cost", "development_cost")
_LEDGER_COSTS = ("reclamation_cost", "transaction_cost", "tax_paid")
_MOST = 9e13
"""Amounts [元] below this are exact to the fen in floating point."""
_FEN = 100


def split_income(deals: pd.DataFrame, rule: SplitRule) -> pd.DataFrame:
    r"""Split the income of each deal among its parties.

    Parameters
    ----------
    deals : DataFrame
        Index parcel code; ``deal_price_fen``, ``deal_on``, ``acquisition_cost`` and ``development_cost`` [元],
        ``owner_level``, ``member_count``, those of ``price_use``, ``zone``, ``pathway``, ``mode`` that the rule's rates
        state, and ``pathway`` where the rule has a share for the reclaimed side. A ledger may add
        ``reclamation_cost``, ``transaction_cost`` and ``tax_paid`` [元]; a table without them has none.
    rule : SplitRule
        The county's rule.

    Returns
    -------
    DataFrame
        On the same index, in fen: ``gain_fen``, ``loss_fen``, the eight parties, ``per_member_fen``, and ``fund_rate``.
        All missing where there was no deal. The parties of a deal add up to its price exactly.

    Raises
    ------
    NoRuleInForceError
        If the county's rule, or the national rule on the fund, is not in force on the day of a deal.
    RuleError
        If no rate or more than one applies to a deal or a missing fact decides it, a rate lies outside its band without
        a document, or the rule pays out to members where that is forbidden.
    BadValueError
        If a cost, the owner's level or the day of a deal is missing, taxes stand both in the ledger and in the rule, or
        fund, taxes and transaction costs exceed the price; `split_gaps` names all such deals beforehand.

    Notes
    -----
    With price P, the costs of the land that the gain leaves out C, those that the net income leaves out D, taxes and
    transaction costs paid T, tax rate t and fund rate f (财税〔2016〕41号 for the base "gain"):

    .. math:: G = \max(0, P - C), \quad F = f G \text{ or } f P, \quad N = \max(0, P - F - tP - T - D)

    The net income N of adjusted entry (调整入市) goes to the collective of the reclaimed land by its share; of what
    remains, the township collective and, where a group owns the land, the village collective have their cited
    shares, the owning collective its retention (公积公益金), and members the rest. Where the price does not cover all,
    taxes and fund go before costs, and the costs left open are the loss. The exact quotas are rational numbers; whole
    fen are handed out by the largest remainder, ties by party order.
    A fund on the price is due whatever the gain.
    """
    sold = _sold(deals, rule, "split_income")
    parts = _split_sold(sold, rule)
    return parts if sold is deals else parts.reindex(deals.index).astype(parts.dtypes.to_dict())


def split_gaps(deals: pd.DataFrame, rule: SplitRule) -> pd.Series[str]:
    """Say for each deal everything that keeps its income from being split.

    Parameters
    ----------
    deals : DataFrame
        As for `split_income`.
    rule : SplitRule
        The county's rule.

    Returns
    -------
    Series of str
        ``split_gap`` on the same index: empty where `split_income` splits the deal or there was none, else every reason
        in Chinese why it refuses it, joined by ；.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    RuleError
        If the rule itself cannot be applied: its rates lie outside their band without a document, or it pays out to
        members where that is forbidden.

    Notes
    -----
    The reasons are found by the very checks that `split_income` makes.
    """
    sold = _sold(deals, rule, "split_gaps")
    faults = _faults(sold, rule)[-1]
    return gap_texts(sold, faults).reindex(deals.index, fill_value="").rename("split_gap")


def _sold(deals: pd.DataFrame, rule: SplitRule, needed_by: str) -> pd.DataFrame:
    """Check the shape of the table and leave out what was not sold."""
    require_unique_index(deals, needed_by)
    needed = ["deal_on", *_NEEDED_COSTS, *stated_aspects(rule), "owner_level", "member_count"]
    needed += ["pathway"] if rule.reclaimed_share else []
    require_columns(deals, ["deal_price_fen", *needed], needed_by)
    sold = deals["deal_price_fen"].notna()
    return deals if sold.all() else deals[sold]


def _faults(deals: pd.DataFrame, rule: SplitRule) -> tuple[Bearing, Ints, list[Fault]]:
    """Find what each price has to bear, the gain, and everything that cannot be used."""
    rates, faults = fund_rates(deals, rule)
    price = _price_fen(deals)
    land = {kind: _fen(deals, column) for kind, column in LAND_COSTS.items()}
    gain = np.maximum(price - _added(land, rule.gain_costs), 0)
    due = Bearing(
        price=price,
        base=gain if rule.fund_base is FundBase.GAIN else price,
        rate=rates,
        paid=_fen(deals, "transaction_cost") + _fen(deals, "tax_paid"),
        land=_added(land, rule.net_costs),
        case=_cases(deals, rule),
    )
    facts = _fact_faults(deals, rule)
    beyond = np.setdiff1d(beyond_price(due, rule), np.concatenate([found.rows for found in facts]))
    cures = ["调节金、税费与交易费用超过成交价，核对成交价与费用台账"] * len(beyond)
    over = Fault(("deal_price_fen",), beyond.astype(np.intp), cures, BadValueError)
    return due, gain, [*facts, over, *day_faults(deals, rule), *faults]


def _cases(deals: pd.DataFrame, rule: SplitRule) -> Ints:
    """Row of each deal in the table of `net_parts`; an unknown level, which has a fault of its own, as the first."""
    codes, found = pd.factorize(_texts(deals["owner_level"]))
    rows = [LEVELS.index(level) if level in LEVELS else 0 for level in found]
    case: Ints = np.array([*rows, 0], dtype=np.int64)[codes]
    if rule.reclaimed_share:
        case += _texts(deals["pathway"]).eq(_ADJUSTED).to_numpy(dtype=bool, na_value=False) * np.int64(len(LEVELS))
    return case


def _added(land: Mapping[str, Ints], kinds: Sequence[str]) -> Ints:
    none = np.zeros_like(land[next(iter(land))])
    total: Ints = np.sum([none, *(land[kind] for kind in kinds)], axis=0)
    return total


def _split_sold(deals: pd.DataFrame, rule: SplitRule) -> pd.DataFrame:
    due, gain, faults = _faults(deals, rule)
    require_sound(deals, faults, "split_income")
    warn_unverified(deals, rule)
    parties = whole_parts(due, rule)
    loss = due.land - parties[PARTIES.index("cost_fen")]
    columns = {"gain_fen": gain, "loss_fen": loss, **dict(zip(PARTIES, parties, strict=True))}
    table = pd.DataFrame({name: _filled(fen) for name, fen in columns.items()}, index=deals.index, copy=False)
    table.insert(2, "fund_rate", due.rate / MILLION)
    members = pd.to_numeric(deals["member_count"]).astype("Int64")
    table["per_member_fen"] = table["members_fen"] // members
    return table


def _filled(fen: Ints) -> pd.arrays.IntegerArray:
    return pd.arrays.IntegerArray(fen, np.zeros(len(fen), dtype=np.bool_))


def _fact_faults(deals: pd.DataFrame, rule: SplitRule) -> list[Fault]:
    price = floats_of(deals["deal_price_fen"])
    costs = [
        fault(name, ~((amount >= 0) & (amount < _MOST)), "补上成本，确无成本的填 0，缺失不当作 0。")
        for name in _costs(deals)
        for amount in [floats_of(deals[name])]
    ]
    members = floats_of(deals["member_count"])
    counted = (members > 0) & (members == np.floor(members)) & (members < _MOST)
    miscounted = deals["member_count"].notna().to_numpy() & ~counted
    found = [
        fault("deal_price_fen", ~_is_price(price), "成交价应为不小于 0 的整数分，核对金额。"),
        fault("deal_on", deal_days(deals).isna(), "补上成交日，写成日期。"),
        *costs,
        fault(
            "owner_level", ~_texts(deals["owner_level"]).isin(LEVELS), "所有权层级应为 乡镇、村 或 组，先核实所有权。"
        ),
        fault("member_count", miscounted, "成员人数应为大于 0 的整数，不知道则留空。"),
    ]
    if rule.reclaimed_share:
        known = schema()["pathway"].allowed
        cure = f"入市途径应为 {'、'.join(known)} 之一，调整入市的另有复垦区份额。"
        found.append(fault("pathway", ~_texts(deals["pathway"]).isin(known), cure))
    if rule.tax_rate and "tax_paid" in deals.columns:
        twice = floats_of(deals["tax_paid"]) > 0
        found.append(fault("tax_paid", twice, "税费已有台账，办法的 tax_rate 应为 0，不重复计算。"))
    return found


def _costs(deals: pd.DataFrame) -> list[str]:
    return [*_NEEDED_COSTS, *(name for name in _LEDGER_COSTS if name in deals.columns)]


def _fen(deals: pd.DataFrame, name: str) -> Ints:
    """A column of yuan in fen; a column that is not there, and what has a fault of its own, as zero."""
    if name not in deals.columns:
        return np.zeros(len(deals), dtype=np.int64)
    yuan = floats_of(deals[name])
    sound = np.where((yuan >= 0) & (yuan < _MOST), yuan, 0.0)
    fen = np.rint(sound * _FEN)
    odd = fen / _FEN != sound  # not a whole number of fen as it stands: half-up, exactly
    fen[odd] = np.rint(round_half_up_array(sound[odd], 2) * _FEN)
    whole: Ints = fen.astype(np.int64)
    return whole


def _price_fen(deals: pd.DataFrame) -> Ints:
    """Prices; what has a fault of its own as zero."""
    price = floats_of(deals["deal_price_fen"])
    fen: Ints = np.where(_is_price(price), price, 0.0).astype(np.int64)
    return fen


def _is_price(price: Floats) -> npt.NDArray[np.bool_]:
    sound: npt.NDArray[np.bool_] = (price >= 0) & (price < _MOST * _FEN) & (price == np.floor(price))
    return sound


def _texts(column: pd.Series[str]) -> pd.Series[str]:
    """The texts of a column; cells of another kind, which may be lists, as missing."""
    if str(column.dtype) != "object":
        return column
    cells: Sequence[object] = column.tolist()
    texts = [cell if isinstance(cell, str) else None for cell in cells]
    return pd.Series(texts, index=column.index, dtype="str")
