"""A rule on the split written out as cited records (依据): one for each figure, with where it comes from."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from landmarket.distribution.rule import FundBase, FundRate, SplitRule
from landmarket.rules import Rule

BASES = {FundBase.GAIN: "土地增值收益", FundBase.PRICE: "成交总价款"}
"""What the bases of the fund are called."""


def rule_records(rule: SplitRule) -> list[Rule]:
    """Write a rule on the split as one record a figure (收益分配办法逐项依据).

    Parameters
    ----------
    rule : SplitRule
        The county's rule.

    Returns
    -------
    list of Rule
        Figures of the county's own document with its source and dates; figures taken from the rule library with the
        library's name, source and dates.
    """
    taken = {(record.key, record.when): _worded(record) for record in rule.taken}
    rates = [
        taken.get(("fund_rate", _case(rate))) or _record(rule, "fund_rate", "调节金比例", rate.rate, _said(rate))
        for rate in rule.fund_rates
    ]
    figures: list[tuple[str, str, Decimal | str | bool, str]] = [
        ("fund_base", "调节金计征基数", BASES[rule.fund_base], ""),
        ("tax_rate", "税费比例", rule.tax_rate, ""),
        ("gain_costs", "土地增值收益中扣除的成本", "、".join(rule.gain_costs), ""),
        ("net_costs", "净收益中扣除的成本", "、".join(rule.net_costs), ""),
        ("retention_rate", "公积公益金提留比例", rule.retention_rate, ""),
        ("direct_distribution", "可否直接分配到成员", rule.direct_distribution, ""),
        ("township_share", "乡镇集体统筹比例", rule.township_share, rule.township_document),
        ("village_share", "村集体统筹比例（组集体所有的）", rule.village_share, rule.village_document),
        ("reclaimed_share", "调整入市归复垦区集体的比例", rule.reclaimed_share, ""),
    ]
    records = [taken.get((key, ())) or _record(rule, key, name, value, note) for key, name, value, note in figures]
    override = _record(rule, "override_document", "准予征收的文号", rule.override_document or "无", "")
    return [records[0], *rates, *records[1:], override]


def _worded(record: Rule) -> Rule:
    """The record as an analyst reads it: the base of the fund is a key of ours in the file."""
    return replace(record, value=BASES[FundBase(str(record.value))]) if record.key == "fund_base" else record


def _case(rate: FundRate) -> tuple[tuple[str, str], ...]:
    stated = (("price_use", rate.price_use), ("zone", rate.zone), ("pathway", rate.pathway), ("mode", rate.mode))
    return tuple((aspect, text) for aspect, text in stated if text)


def _said(rate: FundRate) -> str:
    return "、".join(text for _, text in _case(rate))


def _record(rule: SplitRule, key: str, name: str, value: Decimal | str | bool, note: str) -> Rule:
    return Rule(
        key=key,
        name=f"{rule.name}：{name}",
        value=value,
        unit="",
        effective_from=rule.effective_from,
        effective_to=rule.effective_to,
        source=rule.source,
        verified=rule.verified,
        note=note,
    )
