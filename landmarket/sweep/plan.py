"""What a grid of scenarios varies (情景组合方案): named knobs with their values, and where the values come from."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import product
from pathlib import Path

from landmarket.errors import RuleError
from landmarket.rule_file import RuleFile
from landmarket.rules import load_toml

_MOST_COMBINATIONS = 10_000


class KnobName(StrEnum):
    """What can be varied (可变动的假设)."""

    PRICE = "基准地价倍数"
    """Every price of the notice times this, rounded to the notice's decimals. 开发程度修正 is added and stays."""
    BIDDERS = "竞买人数倍数"
    """t: the weight of k bidders times t to the power k. It multiplies the mean of a Poisson number of bidders by t."""
    VALUES = "心理价位倍数"
    """What a parcel is worth to each bidder, times this."""
    FUND_FACTOR = "调节金比例倍数"
    """Every rate of the adjustment fund times this."""
    FUND_RATE = "调节金比例"
    """One rate of the adjustment fund for every case."""
    QUOTA = "供应指标（亩）"
    """Most that is offered [亩]."""

    @property
    def column(self) -> str:
        """Column of the knob in the result."""
        return _COLUMNS[self]


_COLUMNS = {
    KnobName.PRICE: "price_factor",
    KnobName.BIDDERS: "bidder_factor",
    KnobName.VALUES: "value_factor",
    KnobName.FUND_FACTOR: "fund_factor",
    KnobName.FUND_RATE: "fund_rate",
    KnobName.QUOTA: "quota_mu",
}
_MAY_BE_ZERO = {KnobName.FUND_FACTOR, KnobName.FUND_RATE}

Setting = tuple[tuple[KnobName, Decimal], ...]
"""What one scenario has different from the base; empty: nothing."""


class Design(StrEnum):
    """Which combinations are run (组合方式)."""

    ONE_AT_A_TIME = "逐项"
    """Each value of each knob alone, all others as they are."""
    FULL = "全组合"
    """Every value of each knob with every value of all others."""


@dataclass(frozen=True)
class Knob:
    """One assumption and the values it is given (变动项).

    Attributes
    ----------
    name : KnobName
        What is varied.
    values : tuple of Decimal
        Its values, each once.
    """

    name: KnobName
    values: tuple[Decimal, ...]

    def __post_init__(self) -> None:
        """Refuse values that the knob cannot have.

        Raises
        ------
        RuleError
            Naming knob and values.
        """
        zero = self.name in _MAY_BE_ZERO
        wrong = [value for value in self.values if not value.is_finite() or value < 0 or (value == 0 and not zero)]
        if wrong:
            said = "、".join(map(str, wrong))
            raise RuleError(f"{self.name}：{said} 应{'不小于' if zero else '大于'} 0。办法：如下调一成写 0.9。")
        if not self.values or len(set(self.values)) < len(self.values):
            raise RuleError(f"{self.name}：values 应至少一个值，且不重复。办法：改写 values。")


@dataclass(frozen=True)
class SweepPlan:
    """A grid of scenarios (情景组合方案).

    Attributes
    ----------
    name, source : str
        What it is called, and what its values rest on.
    note : str
        Who chose the values, and why.
    verified : bool
        Whether somebody has checked the values against that source.
    design : Design
        Which combinations are run.
    knobs : tuple of Knob
        What is varied, each knob once.
    quota_mu : Decimal or None
        Most that is offered in the base scenario [亩]; None: all that may enter.
    override_document : str
        Document, with its number, where rates of the fund stand outside a band; empty: there is none.
    """

    name: str
    source: str
    note: str
    verified: bool
    design: Design
    knobs: tuple[Knob, ...]
    quota_mu: Decimal | None = None
    override_document: str = ""

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be combined, and more combinations than anyone reads.

        Raises
        ------
        RuleError
            Naming the knobs.
        """
        names = [knob.name for knob in self.knobs]
        wrong = []
        if not names or len(set(names)) < len(names):
            wrong.append("[[knob]] 应至少一条，name 不应重复")
        if self.design is Design.FULL and {KnobName.FUND_RATE, KnobName.FUND_FACTOR} <= set(names):
            wrong.append(
                f"{KnobName.FUND_RATE}与{KnobName.FUND_FACTOR}不能同时改变，只留一个，或用{Design.ONE_AT_A_TIME}"
            )
        if self.quota_mu is not None and not (self.quota_mu.is_finite() and self.quota_mu > 0):
            wrong.append(f"quota_mu = {self.quota_mu} 应大于 0（亩）")
        if len(self.settings()) > _MOST_COMBINATIONS:
            wrong.append(f"组合 {len(self.settings())} 个，多于 {_MOST_COMBINATIONS} 个")
        if wrong:
            raise RuleError(f"情景组合 {self.name}：{'；'.join(wrong)}。办法：改写规则文件。")

    def settings(self) -> tuple[Setting, ...]:
        """List what each scenario has different from the base (各情景的变动).

        Returns
        -------
        tuple of Setting
            The base, which has nothing different, then the combinations in the order of the knobs and their values.
        """
        if self.design is Design.ONE_AT_A_TIME:
            return ((), *(((knob.name, value),) for knob in self.knobs for value in knob.values))
        pairs = [[(knob.name, value) for value in knob.values] for knob in self.knobs]
        return ((), *product(*pairs))


def read_sweep(path: Path) -> SweepPlan:
    """Read a grid of scenarios (读取情景组合方案).

    Parameters
    ----------
    path : Path
        TOML file: ``name``, ``source``, ``note``, ``verified``, ``design``, perhaps ``quota_mu`` and
        ``override_document``; one ``[[knob]]`` with ``name`` and ``values`` for each `Knob`.

    Returns
    -------
    SweepPlan
        The grid.

    Raises
    ------
    ReadError
        If the file is not TOML.
    RuleError
        If a key is missing, unknown or of the wrong kind, or values make no sense.
    """
    file = RuleFile(load_toml(path), str(path))
    plan = SweepPlan(
        name=file.text("name"),
        source=file.text("source"),
        note=file.text("note"),
        verified=file.flag("verified"),
        design=file.choice("design", Design),
        knobs=tuple(_knob(record) for record in file.records("knob")),
        quota_mu=file.number("quota_mu") if file.has("quota_mu") else None,
        override_document=file.text("override_document", ""),
    )
    file.finish()
    return plan


def _knob(record: RuleFile) -> Knob:
    knob = Knob(record.choice("name", KnobName), record.numbers("values"))
    record.finish()
    return knob
