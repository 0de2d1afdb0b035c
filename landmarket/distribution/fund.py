"""The adjustment fund (土地增值收益调节金): which rate applies to a deal, and whether the day's law allows it."""

from __future__ import annotations

import warnings
from datetime import date

import numpy as np
import pandas as pd

from landmarket.columns import label
from landmarket.distribution.rule import ASPECTS, FundBase, SplitRule
from landmarket.errors import NoRuleInForceError, RuleError, UnverifiedRuleWarning, named_rows
from landmarket.exact import Ints, millionths
from landmarket.rules import national_rules, rule_in_force


def fund_rates(deals: pd.DataFrame, rule: SplitRule) -> Ints:
    """Find the rate of the fund for each deal (调节金比例).

    Parameters
    ----------
    deals : DataFrame
        With the aspects that the rule's rates state; the others are not looked at.
    rule : SplitRule
        The county's rule.

    Returns
    -------
    ndarray of int64
        Rates in millionths, in the order of the table.

    Raises
    ------
    RuleError
        If for a deal no rate applies, two equally specific ones do, or a missing fact decides which.
    """
    facts = pd.DataFrame("", index=deals.index, columns=list(ASPECTS), dtype="str")
    for aspect in stated_aspects(rule):
        facts[aspect] = deals[aspect].astype("str").fillna("")
    number = facts.groupby(list(ASPECTS), sort=False).ngroup().to_numpy()
    distinct = facts.drop_duplicates().itertuples(index=False)
    rates = [
        _rate_of(dict(zip(ASPECTS, map(str, combination), strict=True)), rule, deals.index[number == i])
        for i, combination in enumerate(distinct)
    ]
    found: Ints = np.array(rates, dtype=np.int64)[number]
    return found


def stated_aspects(rule: SplitRule) -> list[str]:
    """List the aspects that a rule's rates depend on.

    Parameters
    ----------
    rule : SplitRule
        The county's rule.

    Returns
    -------
    list of str
        Some of ``price_use``, ``zone``, ``pathway``, ``mode``.
    """
    return [aspect for aspect in ASPECTS if any(getattr(rate, aspect) for rate in rule.fund_rates)]


def _rate_of(parcel: dict[str, str], rule: SplitRule, rows: pd.Index[str]) -> int:
    fitting = [rate for rate in rule.fund_rates if rate.fits(parcel)]
    most = max((rate.aspects for rate in fitting), default=0)
    best = [rate for rate in fitting if rate.aspects == most]
    stated = "、".join(f"{label(aspect)} = {parcel[aspect] or '缺'}" for aspect in stated_aspects(rule))
    where = f"收益分配办法 {rule.name}：{stated}，{named_rows(rows)}"
    if any(rate.might_fit(parcel) and rate.aspects >= most for rate in rule.fund_rates if rate not in fitting):
        raise RuleError(f"{where}：缺的一项决定调节金比例。办法：在宗地表中补上，缺失不当作其他。")
    if not best:
        raise RuleError(f"{where}：没有适用的调节金比例。办法：补上 [[fund_rate]] 记录。")
    if len(best) > 1:
        raise RuleError(f"{where}：有 {len(best)} 条同样具体的调节金比例。办法：删去多余的。")
    return millionths(best[0].rate, "调节金比例")


def require_rules(deals: pd.DataFrame, rule: SplitRule) -> None:
    """Refuse deals on days when the county's rule or a national rule on the fund is not in force.

    Parameters
    ----------
    deals : DataFrame
        With ``deal_on``.
    rule : SplitRule
        The county's rule.

    Raises
    ------
    NoRuleInForceError
        If either is not in force, and no document stands in for the national rule.
    RuleError
        If a rate on the gain lies outside the national band, and no document allows it.

    Warns
    -----
    UnverifiedRuleWarning
        If a rule was not read by whoever entered it.

    Notes
    -----
    The band of 财税〔2016〕41号 is one of the gain, in pilot counties: a rate on the price is not held against it.
    """
    days = [stamp.date() for stamp in pd.to_datetime(deals["deal_on"].unique())]
    for day in sorted(days):
        if day < rule.effective_from or (rule.effective_to is not None and day > rule.effective_to):
            raise NoRuleInForceError(
                f"成交日 {day}：收益分配办法 {rule.name} 未生效（{rule.effective_from}—{rule.effective_to or '今'}）。"
                "办法：换用当日有效的办法。"
            )
        _require_band(day, rule)
    if days and not rule.verified:
        warnings.warn(f"收益分配办法未经核对原文：{rule.name}（{rule.source}）", UnverifiedRuleWarning, stacklevel=4)


def _require_band(day: date, rule: SplitRule) -> None:
    """Stop where no national rule on the fund is in force, or a rate on the gain lies outside its band."""
    if rule.override_document:
        return
    band = rule_in_force(national_rules(), "fund_rate_band", on=day, county=rule.county, pilot=rule.pilot)
    if band is None:
        raise NoRuleInForceError(
            f"成交日 {day}：{rule.county}（{'' if rule.pilot else '非'}试点）没有生效的国家调节金规定，不当作 0。"
            f"办法：在收益分配办法 {rule.name} 的 override_document 写明准予征收的文号，或核对成交日与试点状态。"
        )
    if rule.fund_base is FundBase.PRICE:
        return
    if not isinstance(band.value, tuple) or len(band.value) != 2:
        raise RuleError(f"规则 {band.name} 的值应为 [下限, 上限]。")
    low, high = band.value
    outside = sorted({str(rate.rate) for rate in rule.fund_rates if not low <= rate.rate <= high})
    if outside:
        raise RuleError(
            f"收益分配办法 {rule.name}：调节金比例 {'、'.join(outside)} 不在 {low}—{high} 之内（{band.source}）。"
            "办法：改正比例，或在 override_document 写明准予的文号。"
        )
