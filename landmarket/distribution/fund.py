"""The adjustment fund (土地增值收益调节金): which rate applies to a deal, and whether the day's law allows it."""

from __future__ import annotations

import warnings
from datetime import date

import numpy as np
import pandas as pd

from landmarket.checks import Fault
from landmarket.distribution.rule import ASPECTS, FundBase, SplitRule
from landmarket.errors import NoRuleInForceError, RuleError, UnverifiedRuleWarning
from landmarket.exact import Ints, millionths
from landmarket.rules import Rule, national_rules, rule_in_force


def fund_rates(deals: pd.DataFrame, rule: SplitRule) -> tuple[Ints, list[Fault]]:
    """Find the rate of the fund for each deal (调节金比例).

    Parameters
    ----------
    deals : DataFrame
        With the aspects that the rule's rates state; the others are not looked at.
    rule : SplitRule
        The county's rule.

    Returns
    -------
    rates : ndarray of int64
        Rates in millionths, in the order of the table; 0 where there is a fault.
    faults : list of Fault
        Deals to which no rate applies, or two equally specific ones, or for which a missing fact decides.
    """
    facts = pd.DataFrame("", index=deals.index, columns=list(ASPECTS), dtype="str")
    aspects = stated_aspects(rule)
    for aspect in aspects:
        facts[aspect] = deals[aspect].astype("str").fillna("")
    number = facts.groupby(list(ASPECTS), sort=False).ngroup().to_numpy()
    distinct = facts.drop_duplicates().itertuples(index=False)
    found = [_rate_of(dict(zip(ASPECTS, map(str, combination), strict=True)), rule) for combination in distinct]
    rates: Ints = np.array([rate for rate, _ in found], dtype=np.int64)[number]
    bad = np.flatnonzero(np.array([bool(trouble) for _, trouble in found], dtype=bool)[number])
    return rates, [Fault(tuple(aspects), bad, [found[which][1] for which in number[bad]], RuleError)]


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


def _rate_of(parcel: dict[str, str], rule: SplitRule) -> tuple[int, str]:
    """Give the rate, and what stands in the way of it."""
    fitting = [rate for rate in rule.fund_rates if rate.fits(parcel)]
    most = max((rate.aspects for rate in fitting), default=0)
    best = [rate for rate in fitting if rate.aspects == most]
    named = f"收益分配办法 {rule.name}"
    if any(rate.might_fit(parcel) and rate.aspects >= most for rate in rule.fund_rates if rate not in fitting):
        return 0, "缺的一项决定调节金比例，在宗地表中补上，缺失不当作其他"
    if not best:
        return 0, f"{named} 没有适用的调节金比例，补上 [[fund_rate]] 记录"
    if len(best) > 1:
        return 0, f"{named} 有 {len(best)} 条同样具体的调节金比例，删去多余的"
    return millionths(best[0].rate, "调节金比例"), ""


def day_faults(deals: pd.DataFrame, rule: SplitRule) -> list[Fault]:
    """Find deals on days when the county's rule or a national rule on the fund is not in force.

    Parameters
    ----------
    deals : DataFrame
        With ``deal_on``; a missing day is passed over.
    rule : SplitRule
        The county's rule.

    Returns
    -------
    list of Fault
        Deals on whose day either is not in force, and no document stands in for the national rule.

    Raises
    ------
    RuleError
        If a rate on the gain lies outside the national band, and no document allows it.

    Warns
    -----
    UnverifiedRuleWarning
        If the national rule was not read by whoever entered it.

    Notes
    -----
    The band of 财税〔2016〕41号 is one of the gain, in pilot counties: a rate on the price is not held against it.
    """
    number, days = pd.factorize(pd.to_datetime(deals["deal_on"]), sort=True)
    troubles = np.array([*(_day_trouble(stamp.date(), rule) for stamp in pd.DatetimeIndex(days)), ""], dtype=object)
    bad = np.flatnonzero(troubles[number] != "")
    return [Fault(("deal_on",), bad, troubles[number[bad]].tolist(), NoRuleInForceError)]


def warn_unverified(deals: pd.DataFrame, rule: SplitRule) -> None:
    """Warn where deals are split by a rule that nobody has checked.

    Parameters
    ----------
    deals : DataFrame
        The deals.
    rule : SplitRule
        The county's rule.

    Warns
    -----
    UnverifiedRuleWarning
        If the rule was not read by whoever entered it.
    """
    if len(deals) and not rule.verified:
        warnings.warn(f"收益分配办法未经核对原文：{rule.name}（{rule.source}）", UnverifiedRuleWarning, stacklevel=4)


def _day_trouble(day: date, rule: SplitRule) -> str:
    """Say why nothing can be split on a day; stop where a rate on the gain lies outside the band of that day."""
    if day < rule.effective_from or (rule.effective_to is not None and day > rule.effective_to):
        period = f"{rule.effective_from}—{rule.effective_to or '今'}"
        return f"收益分配办法 {rule.name} 在 {day} 未生效（{period}），换用当日有效的办法"
    if rule.override_document:
        return ""
    band = rule_in_force(national_rules(), "fund_rate_band", on=day, county=rule.county, pilot=rule.pilot)
    if band is None:
        return (
            f"{day} 在 {rule.county}（{'' if rule.pilot else '非'}试点）没有生效的国家调节金规定，不当作 0，"
            f"在收益分配办法 {rule.name} 的 override_document 写明准予征收的文号，或核对成交日与试点状态"
        )
    if rule.fund_base is FundBase.GAIN:
        _require_band(band, rule)
    return ""


def _require_band(band: Rule, rule: SplitRule) -> None:
    if not isinstance(band.value, tuple) or len(band.value) != 2:
        raise RuleError(f"规则 {band.name} 的值应为 [下限, 上限]。")
    low, high = band.value
    outside = sorted({str(rate.rate) for rate in rule.fund_rates if not low <= rate.rate <= high})
    if outside:
        raise RuleError(
            f"收益分配办法 {rule.name}：调节金比例 {'、'.join(outside)} 不在 {low}—{high} 之内（{band.source}）。"
            "办法：改正比例，或在 override_document 写明准予的文号。"
        )
