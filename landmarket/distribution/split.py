"""Split of a deal's income among its parties, exact to the fen.

Parties, in this order: 县财政（调节金）、税费、成本补偿、乡镇集体、村组集体留存（公积公益金）、成员. A township
government is no party: a township's part is its collective's, as owner or by a cited local document.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from landmarket.checks import require_columns, require_unique_index, require_values
from landmarket.distribution.fund import fund_rates, require_rules, stated_aspects
from landmarket.distribution.rule import FundBase, SplitRule
from landmarket.exact import MILLION, TRILLION, Ints, largest_remainder, millionths, times_rate
from landmarket.units import fen_series

PARTIES = ("fund_fen", "tax_fen", "cost_fen", "township_fen", "collective_fen", "members_fen")
"""Columns of the parties, in the order in which ties of a fen are decided."""
TOWNSHIP_LEVEL = "乡镇"


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
        If a cost, the owner's level or the day of a deal is missing.

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
    require_unique_index(deals, "split_income")
    require_columns(deals, ["deal_price_fen"], "split_income")
    sold = deals[deals["deal_price_fen"].notna()]
    parts = _split_sold(sold, rule)
    return parts.reindex(deals.index).astype(parts.dtypes.to_dict())


def _split_sold(deals: pd.DataFrame, rule: SplitRule) -> pd.DataFrame:
    needed = ["deal_on", "acquisition_cost", "development_cost", *stated_aspects(rule), "owner_level", "member_count"]
    require_columns(deals, needed, "split_income")
    _require_facts(deals)
    require_rules(deals, rule)
    price = deals["deal_price_fen"].to_numpy(dtype=np.int64)
    cost = fen_series(deals["acquisition_cost"]).to_numpy(dtype=np.int64)
    cost = cost + fen_series(deals["development_cost"]).to_numpy(dtype=np.int64)
    rate = fund_rates(deals, rule)
    gain = np.maximum(price - cost, 0)
    parties = _parties(price, cost, gain if rule.fund_base is FundBase.GAIN else price, rate, deals, rule)
    if (parties.sum(axis=0) != price).any() or (parties < 0).any():
        raise ArithmeticError("收益分配：各方之和不等于成交价")
    table = pd.DataFrame({"gain_fen": gain, "loss_fen": cost - parties[2], "fund_rate": rate / MILLION}, deals.index)
    table = table.assign(**dict(zip(PARTIES, parties, strict=True)))
    table["per_member_fen"] = table["members_fen"].astype("Int64") // deals["member_count"].astype("Int64")
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


def _require_facts(deals: pd.DataFrame) -> None:
    require_values(deals, "deal_on", deals["deal_on"].isna(), "补上成交日。", "split_income")
    for name in ("acquisition_cost", "development_cost"):
        bad = ~(deals[name].astype("float64") >= 0)
        require_values(deals, name, bad, "补上成本；确无成本的填 0，缺失不当作 0。", "split_income")
    bad = ~deals["owner_level"].isin([TOWNSHIP_LEVEL, "村", "组"])
    require_values(deals, "owner_level", bad, "所有权层级应为 乡镇、村 或 组，先核实所有权。", "split_income")
    bad = deals["member_count"].astype("Float64").le(0).fillna(False)
    require_values(deals, "member_count", bad.to_numpy(dtype=bool), "成员人数应大于 0，不知道则留空。", "split_income")
