"""What a change of the rule does (办法调整): who gains, who loses, and the rate that leaves the fund's total equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

import pandas as pd

from landmarket.checks import require_columns, require_same_index
from landmarket.columns import UNKNOWN_TOWNSHIP
from landmarket.distribution.rule import FundBase, FundRate, SplitRule
from landmarket.distribution.split import PARTIES, split_income
from landmarket.errors import BadValueError, RuleError, named_rows

_PLACES = Decimal("0.000001")
_FINE = Decimal("1e-12")
_MOST_FACTOR = Decimal(1_000_000)  # the smallest rate, one millionth, becomes 1
_HALVINGS = 60  # of the span of factors: by then two neighbours differ in no rate


def reform(
    rule: SplitRule,
    name: str,
    *,
    fund_rate: Decimal | None = None,
    rate_factor: Decimal = Decimal(1),
    fund_base: FundBase | None = None,
    retention_rate: Decimal | None = None,
    override_document: str | None = None,
) -> SplitRule:
    """Change a county's rule for a comparison (办法调整): what is not stated stays.

    Parameters
    ----------
    rule : SplitRule
        The rule as it is.
    name : str
        Name of the changed rule on outputs, such as ``"调节金三成"``.
    fund_rate : Decimal, optional
        One rate of the fund for every case.
    rate_factor : Decimal, default 1
        What every rate is multiplied by, rounded to six decimals; not together with `fund_rate`.
    fund_base : FundBase, optional
        What the rates multiply.
    retention_rate : Decimal, optional
        公积公益金 / net income.
    override_document : str, optional
        Document, with its number, by which a rate stands outside the band.

    Returns
    -------
    SplitRule
        The changed rule; its source says that it is a supposition.

    Raises
    ------
    RuleError
        If the changed rule cannot be applied, the factor is no number from 0 to a million, or both a rate and a factor
        are given.
    """
    if not (rate_factor.is_finite() and 0 <= rate_factor <= _MOST_FACTOR):
        raise RuleError(f"reform：rate_factor = {rate_factor} 应为不小于 0 的数，至多 {_MOST_FACTOR}。办法：改写倍数。")
    for key, number in (("fund_rate", fund_rate), ("rate_factor", rate_factor), ("retention_rate", retention_rate)):
        if number is not None and not isinstance(number, Decimal):
            raise RuleError(f'reform：{key} = {number!r} 应为 Decimal。办法：写成 Decimal("0.30")，小数才不走样。')
    if fund_rate is not None and rate_factor != 1:
        raise RuleError("reform：fund_rate 与 rate_factor 只能给一个。办法：去掉一个。")
    rates = rule.fund_rates if fund_rate is None else (FundRate(fund_rate),)
    return replace(
        rule,
        name=name,
        source=f"测算假设，由 {rule.name} 改动",
        verified=False,
        fund_rates=tuple(replace(rate, rate=_scaled(rate.rate, rate_factor)) for rate in rates),
        fund_base=rule.fund_base if fund_base is None else FundBase(fund_base),
        retention_rate=rule.retention_rate if retention_rate is None else retention_rate,
        override_document=rule.override_document if override_document is None else override_document,
    )


def _scaled(rate: Decimal, factor: Decimal) -> Decimal:
    return rate if factor == 1 else (rate * factor).quantize(_PLACES, rounding=ROUND_HALF_EVEN)


def compare_splits(before: pd.DataFrame, after: pd.DataFrame, groups: pd.Series[str]) -> pd.DataFrame:
    """Compare two splits of the same deals, party by party (两种办法的得失).

    Parameters
    ----------
    before, after : DataFrame
        Two results of `split_income` on the same index.
    groups : Series of str
        Township or village of each parcel.

    Returns
    -------
    DataFrame
        Index (group, party); ``before``, ``after``, ``change`` [分]. The changes of a group add up to zero: deals that
        one of the two does not split, or splits at another price, are refused, for their change is none of the rule.

    Raises
    ------
    IndexMismatchError
        If the splits are of different parcels.
    MissingColumnError
        If a party is missing.
    BadValueError
        If one splits a deal that the other does not, or the price is another; the parcels are named.
    """
    require_same_index(before, after, "compare_splits")
    for shares in (before, after):
        require_columns(shares, list(PARTIES), "compare_splits")
    odd = before["fund_fen"].isna() != after["fund_fen"].isna()
    if odd.any():
        rows = named_rows(odd.index[odd])
        raise BadValueError(f"compare_splits：只在一种办法下分配，{rows}。办法：先处理未分配的原因。")
    change = after[list(PARTIES)].sum(axis=1) - before[list(PARTIES)].sum(axis=1)
    if change.ne(0).any():
        rows = named_rows(change.index[change.ne(0)], change[change.ne(0)])
        raise BadValueError(f"compare_splits：成交价不同，相差 [分]：{rows}。办法：两种办法用同一张成交表分配。")
    named = groups.reindex(before.index).astype("object").fillna(UNKNOWN_TOWNSHIP).rename("group")

    def sums(shares: pd.DataFrame, when: str) -> pd.DataFrame:
        parts = shares[list(PARTIES)].astype("Int64").fillna(0).astype("int64").groupby(named, sort=False).sum()
        long = parts.melt(var_name="party", value_name=when, ignore_index=False)
        return long.set_index("party", append=True)

    table = sums(before, "before").join(sums(after, "after"))
    return table.assign(change=table["after"] - table["before"])


@dataclass(frozen=True, eq=False)
class NeutralReform:
    """A changed base with the rates that leave the fund's total nearly equal (总额不变的换算).

    Attributes
    ----------
    rule : SplitRule
        The rule on the new base.
    factor : Decimal
        What every rate was multiplied by before it was rounded to six decimals.
    fund_before, fund_after : int
        The fund's total under the old and the new rule [分].
    """

    rule: SplitRule
    factor: Decimal
    fund_before: int
    fund_after: int

    @property
    def difference(self) -> int:
        """What six decimals of a rate leave between the totals: after less before [分]."""
        return self.fund_after - self.fund_before


def same_fund_total(
    deals: pd.DataFrame, rule: SplitRule, base: FundBase, *, override_document: str = ""
) -> NeutralReform:
    """Charge the fund on another base, at the rates that leave its total equal (改换计征基数，总额不变).

    Parameters
    ----------
    deals : DataFrame
        As for `split_income`.
    rule : SplitRule
        The rule as it is.
    base : FundBase
        The new base.
    override_document : str, default ""
        Document, with its number, where the new rates stand outside a band.

    Returns
    -------
    NeutralReform
        All rates multiplied by one factor; of the rules that six decimals allow the one whose total is nearest.

    Raises
    ------
    BadValueError
        If no factor gives that total: the new base is zero, or a rate would exceed 1.

    Notes
    -----
    The total is monotone in the factor, so halving the span of factors finds the place where it passes the old one.
    """
    base = FundBase(base)
    shares = split_income(deals, rule)
    due = _due_by_rate(deals, shares, base)
    before = int(shares["fund_fen"].sum())
    highest = max(rate.rate for rate in rule.fund_rates)
    if not before or not highest:
        raise BadValueError("same_fund_total：原办法收不到调节金，无从换算。办法：核对办法与成本。")
    low, high = Decimal(0), ((1 - rule.tax_rate) / highest).quantize(_FINE, rounding=ROUND_DOWN)
    if _total(due, high) < before:
        raise BadValueError("same_fund_total：新基数下比例到顶也收不到原来的总额。办法：核对成本与基数。")
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _total(due, middle) < before else (low, middle)
    factor = min((low, high), key=lambda one: abs(_total(due, one) - before))
    changed = reform(
        rule,
        f"{rule.name}（{'按成交价' if base is FundBase.PRICE else '按增值收益'}，总额不变）",
        rate_factor=factor,
        fund_base=base,
        override_document=override_document or None,
    )
    after = int(split_income(deals, changed)["fund_fen"].sum())
    return NeutralReform(changed, factor, before, after)


def _due_by_rate(deals: pd.DataFrame, shares: pd.DataFrame, base: FundBase) -> dict[Decimal, int]:
    """Add the new base up by the old rate [分]."""
    amount = shares["gain_fen"] if base is FundBase.GAIN else deals["deal_price_fen"].where(shares["fund_fen"].notna())
    sums = amount.astype("Int64").groupby(shares["fund_rate"]).sum()
    return {Decimal(str(rate)): int(fen) for rate, fen in sums.items()}


def _total(due: Mapping[Decimal, int], factor: Decimal) -> Decimal:
    """The fund's total at a factor, rates rounded as in the rule [分]."""
    return sum((_scaled(rate, factor) * fen for rate, fen in due.items()), Decimal(0))
