"""What makes land a candidate (备选规则): cut-off day, thresholds and lists of codes, each from a dated, cited rule."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from landmarket.errors import RuleError
from landmarket.rules import Rule, read_rules, require_rule, rule_in_force


@dataclass(frozen=True)
class Cause:
    """One cause why land is looked at (备选原因).

    Attributes
    ----------
    cause : str
        Identifier, such as ``"idle"``.
    column : str
        Column of its area.
    name : str
        Chinese name.
    candidate : bool
        Whether land under it is a candidate.
    """

    cause: str
    column: str
    name: str
    candidate: bool


@cache
def causes() -> Mapping[str, Cause]:
    """All causes in their order: ground under two of them belongs to the first.

    Returns
    -------
    mapping of str to Cause
        By identifier; read-only.
    """
    text = files("landmarket.land_book").joinpath("data", "causes.csv").read_text(encoding="utf-8-sig")
    rows = csv.DictReader(text.splitlines())
    return MappingProxyType(
        {row["cause"]: Cause(row["cause"], row["column"], row["name"], row["candidate"] == "yes") for row in rows}
    )


@dataclass(frozen=True)
class CandidateRule:
    """The rule for candidates in one county on one day (备选地块规则).

    Attributes
    ----------
    cutoff : date
        Land approved before this day is stock.
    idle_years, unsupplied_years : int
        Years after the day building was due, and after the approval.
    low_use_ratio : Decimal or None
        Floor area ÷ parcel area below which use is low; None where the county has no standard.
    construction_codes, homestead_codes, works_codes, public_codes : tuple of str
        Beginnings of 三调 codes.
    state_natures, collective_natures : tuple of str
        Codes of ownership nature.
    land_approvals : tuple of str
        Kinds of permits that prove land legal.
    urban_settlements : tuple of str
        Town and village attributes whose land may have been expropriated.
    sources : tuple of Rule
        The rules it was made from.
    """

    cutoff: date
    idle_years: int
    unsupplied_years: int
    low_use_ratio: Decimal | None
    construction_codes: tuple[str, ...]
    homestead_codes: tuple[str, ...]
    works_codes: tuple[str, ...]
    public_codes: tuple[str, ...]
    state_natures: tuple[str, ...]
    collective_natures: tuple[str, ...]
    land_approvals: tuple[str, ...]
    urban_settlements: tuple[str, ...]
    sources: tuple[Rule, ...] = ()


def candidate_rule(local: Sequence[Rule], *, on: date, county: str, pilot: bool) -> CandidateRule:
    """Put together the rule in force (生效的备选规则).

    Parameters
    ----------
    local : sequence of Rule
        Rules of the county, as `landmarket.rules.read_rules` gives them; where they name the county they go before
        the shipped ones.
    on : date
        The day.
    county : str
        County code, 6 digits.
    pilot : bool
        Whether the county is a pilot county on that day.

    Returns
    -------
    CandidateRule
        With the rules it rests on.

    Raises
    ------
    NoRuleInForceError
        If a value has no rule in force; the cut-off day is always local.
    RuleError
        If a value is not of its kind, or two rules are in force at once.

    Warns
    -----
    UnverifiedRuleWarning
        For each rule nobody has checked.
    """
    rules = [*local, *read_rules(files("landmarket.land_book").joinpath("data", "candidates.toml"))]

    def find(key: str) -> Rule:
        return require_rule(rules, f"candidate_{key}", on=on, county=county, pilot=pilot)

    low = rule_in_force(rules, "candidate_low_use_ratio", on=on, county=county, pilot=pilot)
    names = ("cutoff", "idle_years", "unsupplied_years", *_LISTS)
    found = {name: find(name) for name in names}
    return CandidateRule(
        _day(found["cutoff"]),
        _years(found["idle_years"]),
        _years(found["unsupplied_years"]),
        low.number if low is not None else None,
        **{name: _listed(found[name]) for name in _LISTS},
        sources=(*found.values(), *([low] if low is not None else [])),
    )


_LISTS = (
    *("construction_codes", "homestead_codes", "works_codes", "public_codes"),
    *("state_natures", "collective_natures", "land_approvals", "urban_settlements"),
)


def _day(rule: Rule) -> date:
    try:
        return date.fromisoformat(str(rule.value))
    except ValueError as error:
        raise RuleError(
            f"规则 {rule.key}（{rule.name}）的值 {rule.value!r} 不是日期。办法：写成 2023-03-01。"
        ) from error


def _years(rule: Rule) -> int:
    if rule.number != int(rule.number) or rule.number < 0:
        raise RuleError(
            f"规则 {rule.key}（{rule.name}）的值 {rule.value!r} 应为不小于 0 的整年数。办法：改写规则文件。"
        )
    return int(rule.number)


def _listed(rule: Rule) -> tuple[str, ...]:
    parts = tuple(part.strip() for part in str(rule.value).split("、") if part.strip())
    if not isinstance(rule.value, str) or not parts:
        raise RuleError(f"规则 {rule.key}（{rule.name}）的值 {rule.value!r} 应为以“、”分隔的文字。办法：改写规则文件。")
    return parts
