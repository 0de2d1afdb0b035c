"""Reading a county's rule on the split of income (收益分配办法), alone or from a cited one of the rule library."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from landmarket.distribution.library import regional_rules
from landmarket.distribution.rule import ASPECTS, BETWEEN_KINDS, LAND_COSTS, FundBase, FundRate, SplitRule
from landmarket.errors import RuleError
from landmarket.rule_file import RuleFile
from landmarket.rules import Rule, load_toml


def read_split_rule(path: Path) -> SplitRule:
    """Read a rule on the split of income (收益分配办法).

    Parameters
    ----------
    path : Path
        TOML file whose keys are the attributes of `SplitRule`; the rates are ``[[fund_rate]]`` records. With
        ``base = "德清"`` it starts from that place's rules in the library (see `landmarket.distribution.regions`) as
        they were on ``effective_from``: what the file states goes before them, a rate before that of the same case.

    Returns
    -------
    SplitRule
        The rule.

    Raises
    ------
    ReadError
        If the file is not TOML.
    RuleError
        If a key is missing, unknown or of the wrong kind, the base is not in the library, or rates of the library would
        multiply another base of the fund than the one they are cited for.
    """
    file = RuleFile(load_toml(path), str(path))
    try:
        rule = _rule(file)
    except RuleError as error:
        if file.where in str(error):
            raise
        raise RuleError(f"{file.where}：{error}") from error
    file.finish()
    return rule


def _rule(file: RuleFile) -> SplitRule:
    start = file.day("effective_from")
    base = _Base(file, start)
    stated = tuple(_fund_rate(record) for record in file.records("fund_rate"))
    fund_base = base.fund_base()
    rates = (*stated, *base.rates(stated, fund_base))
    return SplitRule(
        name=file.text("name"),
        source=file.text("source"),
        county=file.text("county"),
        pilot=file.flag("pilot"),
        effective_from=start,
        effective_to=file.day("effective_to") if file.has("effective_to") else None,
        verified=file.flag("verified"),
        fund_base=fund_base,
        fund_rates=rates,
        tax_rate=base.number("tax_rate"),
        retention_rate=base.number("retention_rate"),
        direct_distribution=base.flag("direct_distribution"),
        township_share=base.number("township_share", Decimal(0)),
        township_document=file.text("township_document", ""),
        village_share=base.number("village_share", Decimal(0)),
        village_document=file.text("village_document", ""),
        reclaimed_share=base.number("reclaimed_share", Decimal(0)),
        gain_costs=_kinds(file, "gain_costs", base),
        net_costs=_kinds(file, "net_costs", base),
        override_document=file.text("override_document", ""),
        inherited=base.taken,
    )


class _Base:
    """What a rule file takes from the library: a key that the file states is never taken."""

    def __init__(self, file: RuleFile, on: date) -> None:
        region = file.text("base", "")
        self._file = file
        self._records: tuple[Rule, ...] = regional_rules(region, on=on) if region else ()
        self._taken: list[Rule] = []

    @property
    def taken(self) -> tuple[Rule, ...]:
        return tuple(self._taken)

    def gives(self, key: str) -> bool:
        return not self._file.has(key) and any(rule.key == key for rule in self._records)

    def _take(self, key: str) -> Rule:
        found = [rule for rule in self._records if rule.key == key]
        if len(found) > 1:
            raise RuleError(f"{self._file.where}：规则库中 {key} 有 {len(found)} 条，须在文件中写明 {key}。")
        self._taken.append(found[0])
        return found[0]

    def number(self, key: str, default: Decimal | None = None) -> Decimal:
        return self._take(key).number if self.gives(key) else self._file.number(key, default)

    def flag(self, key: str) -> bool:
        return self._take(key).value is True if self.gives(key) else self._file.flag(key)

    def text(self, key: str, default: str) -> str:
        return str(self._take(key).value) if self.gives(key) else self._file.text(key, default)

    def fund_base(self) -> FundBase:
        key = "fund_base"
        return FundBase(str(self._take(key).value)) if self.gives(key) else self._file.choice(key, FundBase)

    def rates(self, stated: Sequence[FundRate], fund_base: FundBase) -> tuple[FundRate, ...]:
        """Rates of the library for cases that the file does not state."""
        cases = {_case(rate) for rate in stated}
        rates = {rule: FundRate(rule.number, **dict(rule.when)) for rule in self._records if rule.key == "fund_rate"}
        used = {rule: rate for rule, rate in rates.items() if _case(rate) not in cases}
        bases = {rule.value for rule in self._records if rule.key == "fund_base"}
        if used and bases - {fund_base.value}:
            raise RuleError(
                f"{self._file.where}：fund_base = {fund_base}，规则库中 {'、'.join(rule.name for rule in used)} "
                f"却按 {'、'.join(map(str, bases))} 计征。办法：不改 fund_base，或把这些情形的比例也写进文件。"
            )
        self._taken += used
        return tuple(used.values())


def _case(rate: FundRate) -> tuple[str, ...]:
    return tuple(getattr(rate, aspect) for aspect in ASPECTS)


def _kinds(file: RuleFile, key: str, base: _Base) -> tuple[str, ...]:
    """Kinds of costs: a list in the file, one text in the library, else all."""
    if file.has(key):
        return file.texts(key)
    text = base.text(key, "")
    return tuple(text.split(BETWEEN_KINDS)) if text else tuple(LAND_COSTS)


def _fund_rate(record: RuleFile) -> FundRate:
    rate = FundRate(record.number("rate"), *(record.text(aspect, "") for aspect in ASPECTS))
    record.finish()
    return rate
