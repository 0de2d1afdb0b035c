"""Shortest notice and listing that national rules ask for (``data/listing.toml``), beside those of the terms."""

from __future__ import annotations

import warnings

from landmarket.errors import DealTermsWarning
from landmarket.market.deal_table import Periods
from landmarket.market.terms import DayKind, DealTerms
from landmarket.rules import Rule, national_rules
from landmarket.workdays import working_days_between


def warn_below_minimum(terms: DealTerms, days: Periods) -> None:
    """Warn of a notice or listing that is shorter than the national minimum in force on the day of the notice.

    Parameters
    ----------
    terms : DealTerms
        The terms.
    days : Periods
        The days they lead to.

    Warns
    -----
    DealTermsWarning
        Naming both numbers, the source, and whether its text was read.

    Notes
    -----
    The rules are for state land; they are applied to collective land by analogy, so terms below them are not
    refused. A listing counted in other days than the minimum is compared by its first and last day.
    """
    for rule in _in_force("notice_days_min", terms, days):
        if terms.notice_days < rule.number:
            _warn(terms, rule, f"公告期 {terms.notice_days} 日（notice_days）")
    for rule in _in_force("listing_days_min", terms, days):
        length = _listing_length(terms, days, rule)
        if length is not None and length < rule.number:
            _warn(terms, rule, f"挂牌期 {terms.listing_days} {terms.listing_day_kind}（listing_days）")


def _in_force(key: str, terms: DealTerms, days: Periods) -> list[Rule]:
    """Rules in force; that nobody has read one is said where it bites, not for terms that keep to it."""
    return [rule for rule in national_rules() if rule.key == key and rule.holds(days.notice_on, terms.county, False)]


def _listing_length(terms: DealTerms, days: Periods, rule: Rule) -> int | None:
    """Length of the listing in the days that the rule counts; None where there is no listing."""
    if days.listing_from is None or days.listing_until is None:
        return None
    if rule.unit == terms.listing_day_kind:
        return terms.listing_days
    if rule.unit == DayKind.CALENDAR:
        return (days.listing_until - days.listing_from).days
    return working_days_between(days.listing_from, days.listing_until, terms.holidays)


def _warn(terms: DealTerms, rule: Rule, said: str) -> None:
    unread = "" if rule.verified else "，未经核对原文"
    warnings.warn(
        f"交易条件 {terms.name}：{said}短于{rule.name} {rule.number} {rule.unit}（{rule.source}{unread}；"
        "国有土地的规定，集体经营性建设用地参照）。办法：核对出让公告，确有地方依据的在交易条件的 source 中写明。",
        DealTermsWarning,
        stacklevel=4,
    )
