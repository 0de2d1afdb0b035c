"""The rule of a supply plan (供应计划规则): how much may be supplied in a year, and what townships must have of it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from landmarket.errors import RuleError, UnverifiedRuleWarning
from landmarket.exact import MILLION, millionths
from landmarket.rule_file import RuleFile
from landmarket.rules import load_toml


class FloorBasis(StrEnum):
    """What a township must have at least (乡镇下限的口径)."""

    AREA = "亩"
    INCOME = "收入占比"
    """Share of the expected collective income of the whole plan."""


@dataclass(frozen=True)
class UseQuota:
    """Most that may be supplied for one price use (分用途指标).

    Attributes
    ----------
    price_use : str
        The use.
    quota_mu : Decimal
        Area [亩].
    """

    price_use: str
    quota_mu: Decimal


@dataclass(frozen=True)
class TownshipFloor:
    """Least that townships must have of a plan (乡镇下限).

    Attributes
    ----------
    basis : FloorBasis
        Area, or share of the expected collective income.
    least : Decimal
        Area [亩], or share from 0 to 1.
    township : str
        The township; empty: each township with parcels that can be supplied, unless it has a floor of its own on the
        same basis.
    """

    basis: FloorBasis
    least: Decimal
    township: str = ""


@dataclass(frozen=True)
class SupplyRule:
    """What a supply plan must keep to (供应计划规则).

    Attributes
    ----------
    name, source : str
        What the rule is called, and what it rests on.
    verified : bool
        Whether somebody has checked it against its document.
    year : int
        Year of the plan.
    quota_mu : Decimal
        Most that may be supplied altogether [亩].
    use_quotas : tuple of UseQuota
        Most for single uses; a use without one has only the total.
    floors : tuple of TownshipFloor
        Least for townships.
    """

    name: str
    source: str
    verified: bool
    year: int
    quota_mu: Decimal
    use_quotas: tuple[UseQuota, ...] = ()
    floors: tuple[TownshipFloor, ...] = ()

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense, and two records for one thing.

        Raises
        ------
        RuleError
            Naming the keys.
        """
        amounts = [self.quota_mu, *(quota.quota_mu for quota in self.use_quotas), *(one.least for one in self.floors)]
        for amount in amounts:
            millionths(amount, f"供应计划规则 {self.name}：指标或下限")
        uses = [quota.price_use for quota in self.use_quotas]
        places = [(one.basis, one.township) for one in self.floors]
        wrong = []
        if len(set(uses)) < len(uses):
            wrong.append("[[use_quota]] 的 price_use 重复")
        if len(set(places)) < len(places):
            wrong.append("[[floor]] 同一口径、同一乡镇重复")
        if any(one.basis is FloorBasis.INCOME and one.least > 1 for one in self.floors):
            wrong.append(f"[[floor]] {FloorBasis.INCOME}应在 0 与 1 之间，如 5% 写 0.05")
        if wrong:
            raise RuleError(f"供应计划规则 {self.name}：{'；'.join(wrong)}。办法：改写规则文件。")

    def warn_unverified(self) -> None:
        """Say that nobody has checked the rule, if so (未经核对).

        Warns
        -----
        UnverifiedRuleWarning
            If the rule is not verified.
        """
        if not self.verified:
            text = f"供应计划规则未经核对：{self.name}（{self.source}）"
            warnings.warn(text, UnverifiedRuleWarning, stacklevel=3)

    def floors_of(self, township: str) -> tuple[TownshipFloor, ...]:
        """Give the floors that hold for a township with parcels that can be supplied (某乡镇的下限).

        Parameters
        ----------
        township : str
            The township.

        Returns
        -------
        tuple of TownshipFloor
            At most one on each basis, its own before the general one.
        """
        found = {one.basis: one for one in self.floors if not one.township}
        found |= {one.basis: one for one in self.floors if one.township == township}
        return tuple(TownshipFloor(basis, found[basis].least, township) for basis in FloorBasis if basis in found)


def share_millionths(floor: TownshipFloor) -> int:
    """Give a floor's share as integer millionths (收入占比下限).

    Parameters
    ----------
    floor : TownshipFloor
        A floor on the income.

    Returns
    -------
    int
        Share × 1,000,000.
    """
    return min(millionths(floor.least, "收入占比"), MILLION)


def read_supply_rule(path: Path) -> SupplyRule:
    """Read the rule of a supply plan (读取供应计划规则).

    Parameters
    ----------
    path : Path
        TOML file: ``name``, ``source``, ``verified``, ``year``, ``quota_mu``; ``[[use_quota]]`` with ``price_use`` and
        ``quota_mu``; ``[[floor]]`` with ``basis``, ``least`` and, for one township alone, ``township``.

    Returns
    -------
    SupplyRule
        The rule.

    Raises
    ------
    ReadError
        If the file is not TOML.
    RuleError
        If a key is missing, unknown or of the wrong kind, or the rule contradicts itself.
    """
    file = RuleFile(load_toml(path), str(path))
    rule = SupplyRule(
        name=file.text("name"),
        source=file.text("source"),
        verified=file.flag("verified"),
        year=file.whole("year"),
        quota_mu=file.number("quota_mu"),
        use_quotas=tuple(_use_quota(record) for record in file.records("use_quota")),
        floors=tuple(_floor(record) for record in file.records("floor")),
    )
    file.finish()
    return rule


def _use_quota(record: RuleFile) -> UseQuota:
    quota = UseQuota(record.text("price_use"), record.number("quota_mu"))
    record.finish()
    return quota


def _floor(record: RuleFile) -> TownshipFloor:
    floor = TownshipFloor(record.choice("basis", FloorBasis), record.number("least"), record.text("township", ""))
    record.finish()
    return floor
