"""Exact quotas of the parties of a split (应得份额), and their whole fen.

A quota is kept as whole fen and a remainder: in millionths of a fen after one rate, in 10⁻¹² fen after two. Nothing is
rounded before the last step.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from landmarket.distribution.rule import SplitRule
from landmarket.exact import MILLION, TRILLION, Ints, largest_remainder, millionths, times_rate

LEVELS = ("乡镇", "村", "组")
"""Levels of an owning collective (所有权层级)."""
_BLOCK = 16_384  # deals whose quotas fit into the processor's cache


@dataclass(frozen=True, eq=False)
class Bearing:
    """What the price of each deal has to bear [分], one number a deal.

    Attributes
    ----------
    price : ndarray of int64
        Deal price.
    base : ndarray of int64
        What the rate of the fund multiplies.
    rate : ndarray of int64
        That rate, in millionths.
    paid : ndarray of int64
        Taxes and transaction costs paid.
    land : ndarray of int64
        Costs of the land that are left out of the net income.
    case : ndarray of int64
        Row of the table of `net_parts`.
    """

    price: Ints
    base: Ints
    rate: Ints
    paid: Ints
    land: Ints
    case: Ints

    def some(self, rows: Ints) -> Bearing:
        """Take some deals.

        Parameters
        ----------
        rows : ndarray of int64
            Which.

        Returns
        -------
        Bearing
            Of those.
        """
        return Bearing(
            self.price[rows], self.base[rows], self.rate[rows], self.paid[rows], self.land[rows], self.case[rows]
        )


def net_parts(rule: SplitRule) -> Ints:
    """Write out who has which part of the net income (净收益各方比例).

    Parameters
    ----------
    rule : SplitRule
        The county's rule.

    Returns
    -------
    ndarray of int64, shape (6, 4)
        Millionths of the net income for the collectives of township, reclaimed land, village and group; a row for each
        level of `LEVELS`, then the same for adjusted entry (调整入市). Members have the rest.
    """
    shares = {level: {"乡镇": rule.township_share} for level in ("村", "组")} | {"乡镇": {}}
    shares["组"]["村"] = rule.village_share
    rows = []
    for adjusted in (False, True):
        for level in LEVELS:
            passed = shares[level]
            kept = rule.retention_rate if rule.direct_distribution else 1 - sum(passed.values(), Decimal(0))
            own = {**passed, level: kept}
            part = {party: _part(own.get(party, Decimal(0)), rule, adjusted) for party in LEVELS}
            reclaimed = millionths(rule.reclaimed_share, "reclaimed_share") if adjusted else 0
            rows.append([part["乡镇"], reclaimed, part["村"], part["组"]])
    return np.array(rows, dtype=np.int64)


def _part(share: Decimal, rule: SplitRule, adjusted: bool) -> int:
    return rule.part_of_net(share, "份额") if adjusted else millionths(share, "份额")


def beyond_price(due: Bearing, rule: SplitRule) -> Ints:
    """Find deals whose fund, taxes and transaction costs exceed the price (税费超过成交价).

    Parameters
    ----------
    due : Bearing
        The deals.
    rule : SplitRule
        The county's rule.

    Returns
    -------
    ndarray of int64
        Their positions. Without taxes or transaction costs paid there is none, for the rates are at most 1 together.
    """
    rows: Ints = np.flatnonzero(due.paid).astype(np.int64)
    some = due.some(rows)
    fund, fund_rest, tax, tax_rest = _fund_and_tax(some, rule)
    left, _ = _carry(some.price - fund - tax, -fund_rest - tax_rest, MILLION)  # the two remainders may exceed a fen
    return rows[left < 0]


def whole_parts(due: Bearing, rule: SplitRule) -> Ints:
    """Give each party its whole fen (各方分配), by the largest remainder.

    Parameters
    ----------
    due : Bearing
        The deals; none of `beyond_price`.
    rule : SplitRule
        The county's rule.

    Returns
    -------
    ndarray of int64, shape (8, deals)
        In the order of `landmarket.distribution.PARTIES`; a deal's parts add up to its price.

    Raises
    ------
    ArithmeticError
        If they did not; it is checked.
    """
    table = net_parts(rule)
    parts = np.empty((8, len(due.price)), dtype=np.int64)
    for start in range(0, len(due.price), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(due.price)))
        parts[:, start : start + _BLOCK] = _block(due.some(rows), rule, table)
    return parts


def _fund_and_tax(due: Bearing, rule: SplitRule) -> tuple[Ints, Ints, Ints, Ints]:
    fund, fund_rest = times_rate(due.base, due.rate)
    tax, tax_rest = times_rate(due.price, np.full_like(due.price, millionths(rule.tax_rate, "tax_rate")))
    return fund, fund_rest, tax + due.paid, tax_rest


def _block(due: Bearing, rule: SplitRule, table: Ints) -> Ints:
    whole, rests = np.empty((2, 8, len(due.price)), dtype=np.int64)
    whole[0], fund_rest, whole[1], tax_rest = _fund_and_tax(due, rule)
    rest, left = _carry(due.price - whole[0] - whole[1], -fund_rest - tax_rest, MILLION)
    short = rest < due.land
    whole[2], covered_rest = np.where(short, rest, due.land), np.where(short, left, 0)
    net, net_rest = np.where(short, 0, rest - due.land), left - covered_rest
    for row, amount in enumerate((fund_rest, tax_rest, covered_rest)):
        np.multiply(amount, MILLION, out=rests[row])
    whole[7], rests[7] = net, net_rest * MILLION
    for row, rate in enumerate(table.T[:, due.case], start=3):
        whole[row], rests[row] = _share(net, net_rest, rate)
        whole[7] -= whole[row]
        rests[7] -= rests[row]
    whole[7], rests[7] = _carry(whole[7], rests[7], TRILLION)
    parts = largest_remainder(whole, rests)
    if (parts.sum(axis=0) != due.price).any() or (parts < 0).any():
        raise ArithmeticError("收益分配：各方之和不等于成交价")
    return parts


def _carry(whole: Ints, rest: Ints, unit: int) -> tuple[Ints, Ints]:
    """Bring a remainder into 0 … unit − 1."""
    carried, rest = np.divmod(rest, unit)
    return whole + carried, rest


def _share(net: Ints, net_rest: Ints, rate: Ints) -> tuple[Ints, Ints]:
    """Rate × net income: whole fen, and the remainder in 10⁻¹² fen."""
    if not rate.any():
        return np.zeros_like(net), np.zeros_like(net)
    whole, rest = times_rate(net, rate)
    return _carry(whole, rest * MILLION + rate * net_rest, TRILLION)
