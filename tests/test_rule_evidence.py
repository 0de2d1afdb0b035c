"""What the shipped rules say of themselves: nothing from memory, and no convention of ours, counts as read."""

from __future__ import annotations

from datetime import date

import pytest

from landmarket.rules import Rule, national_rules

MEMORY = ("凭记忆", "按记忆", "未见原文", "未核对", "本项目")
RULES = national_rules()


def named(rule: Rule) -> str:
    return f"{rule.key} {rule.effective_from}"


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_what_is_from_memory_or_ours_is_not_verified(rule: Rule) -> None:
    doubtful = any(word in rule.source + rule.note for word in MEMORY)
    assert not (doubtful and rule.verified)


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
