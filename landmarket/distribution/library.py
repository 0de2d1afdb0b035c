"""The rule library on income (收益分配规则库): national and local rules that ship, each dated and cited.

A rule says which county and which days it is for. "None in force" is an answer: it is neither zero nor the rule
before or after.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from landmarket.errors import RuleError
from landmarket.rules import Rule, holding_rule, national_rules, shipped_rules

_FOLDER = "data/income"


def income_rules() -> tuple[Rule, ...]:
    """Return the rules on income that ship (规则库): the fund's national band, taxes, and cited local rules.

    Returns
    -------
    tuple of Rule
        National rules first.
    """
    return (*(rule for rule in national_rules() if rule.key == "fund_rate_band"), *shipped_rules(_FOLDER))


def income_rule(key: str, *, on: date, county: str, pilot: bool, when: Mapping[str, str] | None = None) -> Rule | None:
    """Find the rule on income that is in force (当日有效的规则), without a warning.

    Parameters
    ----------
    key : str
        What is to be decided, such as ``"direct_distribution"``.
    on : date
        The day.
    county : str
        County code, 6 digits.
    pilot : bool
        Whether the county is a pilot county on that day.
    when : mapping of str to str, optional
        Which case of a key that has several, such as ``{"price_use": "工业"}``. Default: whatever the rule depends on.

    Returns
    -------
    Rule or None
        The rule of the nearest reach; None where none is in force.

    Raises
    ------
    RuleError
        If two rules of the same reach are in force, such as two cases.
    """
    cases = (rule for rule in income_rules() if when is None or dict(rule.when) == dict(when))
    return holding_rule(cases, key, on=on, county=county, pilot=pilot)


def regions() -> tuple[str, ...]:
    """List the places whose cited rules ship (规则库中的地方).

    Returns
    -------
    tuple of str
        Names that a rule file may give as its ``base``.
    """
    return tuple(dict.fromkeys(rule.region for rule in income_rules() if rule.region))


def regional_rules(region: str, *, on: date) -> tuple[Rule, ...]:
    """Find a place's rules that were in force on a day (某地当日有效的规则).

    Parameters
    ----------
    region : str
        Name of the place, see `regions`.
    on : date
        The day.

    Returns
    -------
    tuple of Rule
        Its rules, at least one.

    Raises
    ------
    RuleError
        If there is no such place, or none of its rules was in force on that day.
    """
    own = [rule for rule in income_rules() if rule.region == region]
    if not own:
        raise RuleError(f"规则库中没有 {region}。办法：base 可写 {'、'.join(regions())}。")
    held = tuple(rule for rule in own if rule.effective_from <= on <= (rule.effective_to or on))
    if not held:
        spans = "、".join(sorted({f"{rule.effective_from}—{rule.effective_to or '今'}" for rule in own}))
        raise RuleError(
            f"规则库中 {region} 的规则在 {on} 都不生效（{spans}）。"
            "办法：核对 effective_from；确要沿用的，把各项写进自己的文件并注明文号。"
        )
    return held
