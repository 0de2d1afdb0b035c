"""The adjustment fund (土地增值收益调节金): which rate applies to a deal, and whether the day's law allows it."""

from __future__ import annotations

import warnings
from datetime import date

import numpy as np
import pandas as pd

from landmarket.checks import Fault
from landmarket.distribution.library import income_rules
from landmarket.distribution.rule import ASPECTS, FundBase, SplitRule
from landmarket.errors import NoRuleInForceError, RuleError, UnverifiedRuleWarning
from landmarket.exact import Ints, millionths
from landmarket.rules import Rule, holding_rule, rule_in_force

BANDS = {FundBase.GAIN: "fund_rate_band", FundBase.PRICE: "fund_rate_band:price"}
"""Which rule of the library limits the rates on a base."""


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
    aspects = stated_aspects(rule)
    number = np.zeros(len(deals), dtype=np.int64)
    cases: list[tuple[str, ...]] = [()]
    for aspect in aspects:
        codes, texts = pd.factorize(deals[aspect].astype("str").fillna(""))
        number, found = pd.factorize(number * np.int64(len(texts)) + codes)
        cases = [(*cases[int(one) // len(texts)], str(texts[int(one) % len(texts)])) for one in found]
    empty = dict.fromkeys(ASPECTS, "")
    answers = [_rate_of(empty | dict(zip(aspects, case, strict=True)), rule) for case in cases]
    rates: Ints = np.array([rate for rate, _ in answers], dtype=np.int64)[number]
    bad = np.flatnonzero(np.array([bool(trouble) for _, trouble in answers], dtype=bool)[number])
    return rates, [Fault(tuple(aspects), bad, [answers[which][1] for which in number[bad]], RuleError)]


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


def deal_days(deals: pd.DataFrame) -> pd.Series[pd.Timestamp]:
    """Read the days of the deals (成交日).

    Parameters
    ----------
    deals : DataFrame
        With ``deal_on``.

    Returns
    -------
    Series of datetime
        On the same index; missing where there is no day, or none that can be read.
    """
    try:
        return pd.to_datetime(deals["deal_on"], errors="coerce")
    except (TypeError, ValueError):  # of periods, and of times of several zones
        return pd.Series(pd.NaT, index=deals.index)


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
        Deals on whose day either is not in force, and no document stands in for the national rule. A county's own
        document in the library is no stand-in: it was made under the national rule.

    Raises
    ------
    RuleError
        If a rate lies outside the band it is held against, and no document allows it; or the rule pays out to members
        where that is forbidden on the day of a deal.

    Warns
    -----
    UnverifiedRuleWarning
        If a rule of the library that decides was not read by whoever entered it.

    Notes
    -----
    The band of 财税〔2016〕41号 is one of the gain, in pilot counties: a rate on the price is held against the band of
    the county's own cited document, where the library has one. Where direct distribution to members is forbidden
    (浙江省农村集体资产管理条例 art. 27), a rule that pays out is refused, whatever other document it cites.
    """
    number, days = pd.factorize(deal_days(deals), sort=True)
    troubles = np.array([*(_day_trouble(stamp.date(), rule) for stamp in pd.DatetimeIndex(days)), ""], dtype=object)
    bad = np.flatnonzero(troubles[number] != "")
    return [Fault(("deal_on",), bad, troubles[number[bad]].tolist(), NoRuleInForceError)]


def warn_unverified(deals: pd.DataFrame, rule: SplitRule) -> None:
    """Warn where deals are split by a rule, or by figures of the library, that nobody has checked.

    Parameters
    ----------
    deals : DataFrame
        The deals.
    rule : SplitRule
        The county's rule.

    Warns
    -----
    UnverifiedRuleWarning
        If the rule, or a figure it takes from the library, was not read by whoever entered it.
    """
    if not len(deals):
        return
    unread = [] if rule.verified else [f"{rule.name}（{rule.source}）"]
    unread += [f"{taken.name}（{taken.source}）" for taken in rule.taken if not taken.verified]
    for one in unread:
        warnings.warn(f"收益分配办法未经核对原文：{one}", UnverifiedRuleWarning, stacklevel=4)


def rules_asked(day: date, rule: SplitRule) -> list[Rule]:
    """List the rules of the library that a split on a day rests on (依据).

    Parameters
    ----------
    day : date
        Day of a deal.
    rule : SplitRule
        The county's rule.

    Returns
    -------
    list of Rule
        The national rule on the fund, the band its rates are held against, and the rule on direct distribution, where
        they are in force; no rule on the fund where a document overrides it.
    """
    bands = [] if rule.override_document else [BANDS[FundBase.GAIN], BANDS[rule.fund_base]]
    held = (
        holding_rule(income_rules(), key, on=day, county=rule.county, pilot=rule.pilot)
        for key in dict.fromkeys([*bands, "direct_distribution"])
    )
    return [found for found in held if found is not None]


def _day_trouble(day: date, rule: SplitRule) -> str:
    """Say why nothing can be split on a day; stop where the rule contradicts one that is in force on that day."""
    if day < rule.effective_from or (rule.effective_to is not None and day > rule.effective_to):
        period = f"{rule.effective_from}—{rule.effective_to or '今'}"
        return f"收益分配办法 {rule.name} 在 {day} 未生效（{period}），换用当日有效的办法"
    _require_direct_distribution(day, rule)
    if rule.override_document:
        return ""
    national = _asked(BANDS[FundBase.GAIN], day, rule)
    if national is None:
        return (
            f"{day} 在 {rule.county}（{'' if rule.pilot else '非'}试点）没有生效的国家调节金规定，不当作 0，"
            f"在收益分配办法 {rule.name} 的 override_document 写明准予征收的文号，或核对成交日与试点状态"
        )
    band = national if rule.fund_base is FundBase.GAIN else _asked(BANDS[rule.fund_base], day, rule)
    if band is not None:
        _require_band(band, rule)
    return ""


def _asked(key: str, day: date, rule: SplitRule) -> Rule | None:
    return rule_in_force(income_rules(), key, on=day, county=rule.county, pilot=rule.pilot)


def _require_direct_distribution(day: date, rule: SplitRule) -> None:
    found = _asked("direct_distribution", day, rule) if rule.direct_distribution else None
    if found is not None and found.value is False:
        raise RuleError(
            f"收益分配办法 {rule.name}：{day} 在 {rule.county} {found.name}（{found.source}）。"
            "办法：direct_distribution 改为 false，净收益留在集体，量化到成员份额。"
        )


def _require_band(band: Rule, rule: SplitRule) -> None:
    low, high = band.band
    outside = sorted({str(rate.rate) for rate in rule.fund_rates if not low <= rate.rate <= high})
    if outside:
        raise RuleError(
            f"收益分配办法 {rule.name}：调节金比例 {'、'.join(outside)} 不在 {low}—{high} 之内（{band.source}）。"
            "办法：改正比例，或在 override_document 写明准予的文号。"
        )
