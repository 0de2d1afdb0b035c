"""Split of a deal's income among its parties, exact to the fen.

Parties, in this order: 县财政（调节金）、税费、成本补偿、乡镇集体、村组集体留存（公积公益金）、成员. A township
government is no party: a township's part is its collective's, as owner or by a cited local document.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from landmarket.checks import Fault, fault, gap_texts, require_columns, require_sound, require_unique_index
from landmarket.distribution.fund import day_faults, fund_rates, stated_aspects, warn_unverified
from landmarket.distribution.rule import FundBase, SplitRule
from landmarket.exact import MILLION, TRILLION, Ints, largest_remainder, millionths, times_rate
from landmarket.units import Floats, fen_series

PARTIES = ("fund_fen", "tax_fen", "cost_fen", "township_fen", "collective_fen", "members_fen")
"""Columns of the parties, in the order in which ties of a fen are decided."""
TOWNSHIP_LEVEL = "乡镇"
_LEVELS = (TOWNSHIP_LEVEL, "村", "组")
_MOST = 9e13
"""Amounts [元] below this are exact to the fen in floating point."""
_FEN = 100


def split_income(deals: pd.DataFrame, rule: SplitRule) -> pd.DataFrame:
    r"""Split the income of each deal among its parties.

    Parameters
    ----------
    deals : DataFrame
        Index parcel code; ``deal_price_fen``, ``deal_on``, ``acquisition_cost`` and ``development_cost`` [元],
        ``owner_level``, ``member_count``, and those of ``price_use``, ``zone``, ``pathway``, ``mode`` that the
        rule's rates state.
    rule : SplitRule
        The county's rule.

    Returns
    -------
    DataFrame
        On the same index, in fen: ``gain_fen``, ``loss_fen``, the six parties, ``per_member_fen``, and ``fund_rate``.
        All missing where there was no deal. The parties of a deal add up to its price exactly.

    Raises
    ------
    NoRuleInForceError
        If the county's rule, or the national rule on the fund, is not in force on the day of a deal.
    RuleError
        If no rate or more than one applies to a deal or a missing fact decides it, or a rate lies outside the
        national band without a document.
    BadValueError
        If a cost, the owner's level or the day of a deal is missing; `split_gaps` names all such deals beforehand.

    Notes
    -----
    With price P, costs C, tax rate t and fund rate f (财税〔2016〕41号 for the base "gain"):

    .. math:: G = \max(0, P - C), \quad F = f G \text{ or } f P, \quad N = \max(0, P - F - tP - C)

    The net income N goes to the township collective by its cited share, to the owning collective by its
    retention rate, and the rest to members. Where the price does not cover all, taxes and fund go before costs,
    and the costs left open are the loss. A township collective that owns the land keeps the retention itself. The
    exact quotas are rational numbers; whole fen are handed out by the largest remainder, ties by party order.
    A fund on the price is due whatever the gain.
    """
    parts = _split_sold(_sold(deals, rule, "split_income"), rule)
    return parts.reindex(deals.index).astype(parts.dtypes.to_dict())


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
        If the rule itself cannot be applied: its rates lie outside the national band without a document.

    Notes
    -----
    The reasons are found by the very checks that `split_income` makes.
    """
    sold = _sold(deals, rule, "split_gaps")
    _, faults = _rates(sold, rule)
    return gap_texts(sold, faults).reindex(deals.index, fill_value="").rename("split_gap")


def _sold(deals: pd.DataFrame, rule: SplitRule, needed_by: str) -> pd.DataFrame:
    """Check the shape of the table and leave out what was not sold."""
    require_unique_index(deals, needed_by)
    needed = ["deal_on", "acquisition_cost", "development_cost", *stated_aspects(rule), "owner_level", "member_count"]
    require_columns(deals, ["deal_price_fen", *needed], needed_by)
    return deals[deals["deal_price_fen"].notna()]


def _rates(deals: pd.DataFrame, rule: SplitRule) -> tuple[Ints, list[Fault]]:
    """Find the rate of the fund for each deal, and everything that cannot be used."""
    rates, faults = fund_rates(deals, rule)
    return rates, [*_fact_faults(deals), *day_faults(deals, rule), *faults]


def _split_sold(deals: pd.DataFrame, rule: SplitRule) -> pd.DataFrame:
    rate, faults = _rates(deals, rule)
    require_sound(deals, faults, "split_income")
    warn_unverified(deals, rule)
    price = deals["deal_price_fen"].to_numpy(dtype=np.int64)
    cost = fen_series(pd.to_numeric(deals["acquisition_cost"])).to_numpy(dtype=np.int64)
    cost = cost + fen_series(pd.to_numeric(deals["development_cost"])).to_numpy(dtype=np.int64)
    gain = np.maximum(price - cost, 0)
    parties = _parties(price, cost, gain if rule.fund_base is FundBase.GAIN else price, rate, deals, rule)
    if (parties.sum(axis=0) != price).any() or (parties < 0).any():
        raise ArithmeticError("收益分配：各方之和不等于成交价")
    table = pd.DataFrame({"gain_fen": gain, "loss_fen": cost - parties[2], "fund_rate": rate / MILLION}, deals.index)
    table = table.assign(**dict(zip(PARTIES, parties, strict=True)))
    members = pd.to_numeric(deals["member_count"]).astype("Int64")
    table["per_member_fen"] = table["members_fen"].astype("Int64") // members
    return table.astype({name: "Int64" for name in table.columns if name != "fund_rate"})


def _parties(price: Ints, cost: Ints, base: Ints, rate: Ints, deals: pd.DataFrame, rule: SplitRule) -> Ints:
    """Whole fen of the six parties, shape (6, deals)."""
    fund, fund_rest = times_rate(base, rate)
    tax, tax_rest = times_rate(price, np.full_like(price, millionths(rule.tax_rate, "tax_rate")))
    rest, left = _carry(price - fund - tax, -fund_rest - tax_rest, MILLION)
    short = rest < cost
    covered, covered_rest = np.where(short, rest, cost), np.where(short, left, 0)
    net, net_rest = np.where(short, 0, rest - cost), np.where(short, 0, left)
    owns = deals["owner_level"].eq(TOWNSHIP_LEVEL).to_numpy(dtype=bool)
    share = millionths(rule.township_share, "township_share")
    passed_on = np.where(owns, 0, share)
    kept = np.full_like(price, millionths(rule.retention_rate, "retention_rate"))
    if not rule.direct_distribution:
        kept = MILLION - passed_on
    township, township_rest = _share(net, net_rest, np.where(owns, kept, passed_on))
    collective, collective_rest = _share(net, net_rest, np.where(owns, 0, kept))
    members, members_rest = _carry(
        net - township - collective, net_rest * MILLION - township_rest - collective_rest, TRILLION
    )
    whole = np.stack([fund, tax, covered, township, collective, members])
    rests = np.stack(
        [fund_rest * MILLION, tax_rest * MILLION, covered_rest * MILLION, township_rest, collective_rest, members_rest]
    )
    return largest_remainder(whole, rests)


def _carry(whole: Ints, rest: Ints, unit: int) -> tuple[Ints, Ints]:
    """Bring a remainder into 0 … unit − 1."""
    carried, rest = np.divmod(rest, unit)
    return whole + carried, rest


def _share(net: Ints, net_rest: Ints, rate: Ints) -> tuple[Ints, Ints]:
    """Rate × net income: whole fen, and the remainder in 10⁻¹² fen."""
    whole, rest = times_rate(net, rate)
    return _carry(whole, rest * MILLION + rate * net_rest, TRILLION)


def _fact_faults(deals: pd.DataFrame) -> list[Fault]:
    price = deals["deal_price_fen"].to_numpy(dtype=np.float64)
    costs = [
        fault(name, ~((amount >= 0) & (amount < _MOST)), "补上成本，确无成本的填 0，缺失不当作 0。")
        for name in ("acquisition_cost", "development_cost")
        for amount in [_numbers(deals[name])]
    ]
    members = _numbers(deals["member_count"])
    counted = (members > 0) & (members == np.floor(members)) & (members < _MOST)
    miscounted = deals["member_count"].notna().to_numpy() & ~counted
    return [
        fault("deal_price_fen", ~((price >= 0) & (price < _MOST * _FEN)), "成交价不应为负，核对金额。"),
        fault("deal_on", deals["deal_on"].isna(), "补上成交日。"),
        *costs,
        fault("owner_level", ~deals["owner_level"].isin(_LEVELS), "所有权层级应为 乡镇、村 或 组，先核实所有权。"),
        fault("member_count", miscounted, "成员人数应为大于 0 的整数，不知道则留空。"),
    ]


def _numbers(column: pd.Series[float]) -> Floats:
    return np.asarray(pd.to_numeric(column, errors="coerce"), dtype=np.float64)
