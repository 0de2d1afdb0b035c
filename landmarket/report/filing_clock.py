"""The clock of filing an entry plan (入市方案报送期限): how long before the deal, and when it is to be answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from landmarket.report.notice_parts import Gap
from landmarket.rules import Rule, national_rules, rule_in_force
from landmarket.workdays import HolidayNotice, add_working_days, working_days_between

_FILING, _ANSWER = "entry_filing_days", "filing_answer_days"


@dataclass(frozen=True)
class FilingClock:
    """Days of filing an entry plan (入市方案报送期限).

    Attributes
    ----------
    latest : date or None
        Last day on which filing is in time; None while the deal has no day, or no rule is in force.
    earliest_deal : date or None
        First day on which the deal may be, given the day of filing.
    answer_by : date or None
        Last day on which the government answers; None before filing.
    findings : tuple of Gap
        Late filing, and a late answer.
    """

    latest: date | None
    earliest_deal: date | None
    answer_by: date | None
    findings: tuple[Gap, ...]

    @property
    def is_late(self) -> bool:
        """Whether the plan was filed too late for the deal."""
        return any(finding.kind == LATE for finding in self.findings)


LATE = "迟报"
"""Kind of the finding that the plan was filed too late."""


def filing_clock(
    filed_on: date | None,
    deal_on: date | None,
    answered_on: date | None = None,
    *,
    county: str = "",
    rules: Sequence[Rule] | None = None,
    holidays: Sequence[HolidayNotice] = (),
) -> FilingClock:
    """Count the working days of filing an entry plan (入市方案报送期限).

    Parameters
    ----------
    filed_on, deal_on, answered_on : date or None
        Day the plan was filed, day of the deal, day the government answered; None where not known yet.
    county : str, optional
        County code, 6 digits; decides only where there are local rules.
    rules : sequence of Rule, optional
        Rules with ``entry_filing_days`` and ``filing_answer_days``; by default those that ship.
    holidays : sequence of HolidayNotice, optional
        Announcements for years that the calendar package does not know.

    Returns
    -------
    FilingClock
        Days and findings.

    Raises
    ------
    RuleError
        If the holidays of a year are not known.

    Notes
    -----
    土地管理法实施条例 (2021) art. 40. The day of filing is not counted, the day of the deal is (民法典 art. 201): the
    plan is in time where the working days after filing up to and including the deal are as many as needed.

    Examples
    --------
    >>> filing_clock(date(2026, 3, 2), date(2026, 3, 16)).latest
    datetime.date(2026, 3, 2)
    """
    held = national_rules() if rules is None else rules
    latest = earliest = answer_by = None
    findings: list[Gap] = []
    before = _rule(held, _FILING, deal_on or filed_on, county)
    if before and deal_on:
        latest = add_working_days(deal_on + timedelta(days=1), -int(before.number), holidays) - timedelta(days=1)
    if before and filed_on:
        earliest = add_working_days(filed_on, int(before.number), holidays)
    if before and filed_on and deal_on and latest and earliest and filed_on > latest:
        findings.append(_late(before, filed_on, deal_on, latest, earliest, holidays))
    within = _rule(held, _ANSWER, filed_on, county)
    if within and filed_on:
        answer_by = add_working_days(filed_on, int(within.number), holidays)
        if answered_on and answered_on > answer_by:
            said = f"政府意见于 {answered_on} 提出，晚于期限 {answer_by}（报送后 {within.number} 个工作日）"
            findings.append(Gap("核对", said, f"核对政府意见日。依据：{within.source}"))
    return FilingClock(latest, earliest, answer_by, tuple(findings))


def _rule(rules: Sequence[Rule], key: str, on: date | None, county: str) -> Rule | None:
    return rule_in_force(rules, key, on=on, county=county, pilot=False) if on else None


def _late(rule: Rule, filed: date, deal: date, latest: date, earliest: date, holidays: Sequence[HolidayNotice]) -> Gap:
    days = max(0, working_days_between(filed, deal, holidays))
    said = (
        f"入市方案于 {filed} 报送，到交易日 {deal} 只有 {days} 个工作日，不足 {rule.number} 个；最迟应于 {latest} 报送"
    )
    return Gap(LATE, said, f"把交易日改到 {earliest} 或以后。依据：{rule.source}")
