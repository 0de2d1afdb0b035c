"""What the shipped rules say of themselves: nothing from memory, and no convention of ours, counts as read."""

from __future__ import annotations

from datetime import date

import pytest

from landmarket.distribution import income_rules
from landmarket.rules import Rule, national_rules

MEMORY = ("凭记忆", "按记忆", "未见原文", "未核对", "本项目")
SECOND_HAND = ("据公开", "据论文", "未见", "随试点期限")
RULES = tuple(dict.fromkeys((*national_rules(), *income_rules())))


def named(rule: Rule) -> str:
    return f"{rule.region}{rule.key} {rule.effective_from}"


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_what_is_from_memory_or_ours_is_not_verified(rule: Rule) -> None:
    doubtful = any(word in rule.source + rule.note for word in MEMORY)
    assert not (doubtful and rule.verified)


@pytest.mark.parametrize("rule", income_rules(), ids=named)
def test_income_rules_seen_in_papers_only_are_not_verified(rule: Rule) -> None:
    doubtful = any(word in rule.source + rule.note for word in SECOND_HAND)
    assert not (doubtful and rule.verified)


def test_of_the_rules_on_income_two_were_read() -> None:
    # 财税〔2016〕41号 on its own days, and the deed tax law; no local document.
    read = [(rule.key, rule.effective_from) for rule in income_rules() if rule.verified]
    assert read == [("fund_rate_band", date(2015, 1, 1)), ("deed_tax_band", date(2021, 9, 1))]
    assert not any(rule.verified for rule in income_rules() if rule.region or rule.counties)


@pytest.mark.parametrize("rule", income_rules(), ids=named)
def test_an_income_rule_names_its_document_and_its_unit(rule: Rule) -> None:
    assert rule.source.strip()
    assert rule.name.strip()
    assert bool(rule.unit) != isinstance(rule.value, bool | str)
    assert bool(rule.region) == bool(rule.counties)
    assert rule.name.startswith(rule.region)
    assert all(len(code) in (2, 4, 6) and code.isdigit() for code in rule.counties)


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_the_day_the_land_law_came_into_force_was_not_read(rule: Rule) -> None:
    assert not (rule.effective_from == date(2020, 1, 1) and rule.verified)


def test_a_convention_of_the_project_cites_no_law() -> None:
    (rule,) = (rule for rule in RULES if rule.key == "date_index_valid_months")
    assert (rule.source, rule.verified) == ("本项目约定", False)


def test_what_was_read_stays_verified() -> None:
    read = {rule.key for rule in RULES if rule.verified and "农村集体经济组织法第" in rule.source}
    assert read == {
        "vote_majority:成员大会",
        "vote_quorum:成员大会",
        "vote_majority:成员代表大会",
        "vote_least_total:成员代表大会",
    }
