"""How a price is paid (付款计划): instalments in days after the contract, the order of parties, when rent is due."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

from landmarket.errors import RuleError
from landmarket.exact import MILLION, millionths
from landmarket.rule_file import RuleFile
from landmarket.rules import load_toml


class PaymentOrder(StrEnum):
    """Which party's claims a payment serves (清偿顺序)."""

    PRO_RATA = "按比例"
    FUND_FIRST = "调节金与税费优先"


class RentTiming(StrEnum):
    """When a year's rent is due (租金支付时点)."""

    ADVANCE = "期初"
    ARREARS = "期末"


@dataclass(frozen=True)
class Instalment:
    """One payment of a price (一期付款).

    Attributes
    ----------
    days_after_contract : int
        Days from the contract to the day it is due.
    share : Decimal
        Part of the price, at most six decimals.
    """

    days_after_contract: int
    share: Decimal


@dataclass(frozen=True)
class PaymentPlan:
    """The instalments in which a price is paid (付款计划).

    Attributes
    ----------
    name, source : str
        What the plan is called, and the document that sets it.
    verified : bool
        Whether the document was read.
    instalments : tuple of Instalment
        In the order of their days; the shares add up to 1.
    """

    name: str
    source: str
    verified: bool
    instalments: tuple[Instalment, ...]

    def __post_init__(self) -> None:
        """Refuse a plan that does not pay the price.

        Raises
        ------
        RuleError
            Naming what is wrong.
        """
        where = f"付款计划 {self.name}"
        if not self.instalments:
            raise RuleError(f"{where}：没有 [[instalment]] 记录。办法：写明各期。")
        days = [each.days_after_contract for each in self.instalments]
        if days[0] < 0 or any(later <= earlier for earlier, later in pairwise(days)):
            raise RuleError(f"{where}：days_after_contract = {days}。办法：从不小于 0 的天数起逐期递增。")
        shares = [millionths(each.share, f"{where}：share") for each in self.instalments]
        if not all(shares):
            raise RuleError(f"{where}：有一期 share = 0。办法：删去该期。")
        if sum(shares) != MILLION:
            total = sum(each.share for each in self.instalments)
            raise RuleError(f"{where}：各期 share 合计 {total}，应恰为 1。办法：改正各期比例。")


def read_payment_plan(path: Path) -> PaymentPlan:
    """Read a plan of instalments (付款计划).

    Parameters
    ----------
    path : Path
        TOML file with ``name``, ``source``, ``verified`` and ``[[instalment]]`` records of ``days_after_contract``
        and ``share``.

    Returns
    -------
    PaymentPlan
        The plan.

    Raises
    ------
    ReadError
        If the file is not TOML.
    RuleError
        If a key is missing, unknown or of the wrong kind, the days do not rise, or the shares do not add up to 1.
    """
    file = RuleFile(load_toml(path), str(path))
    plan = PaymentPlan(
        name=file.text("name"),
        source=file.text("source"),
        verified=file.flag("verified"),
        instalments=tuple(_instalment(record) for record in file.records("instalment")),
    )
    file.finish()
    return plan


def _instalment(record: RuleFile) -> Instalment:
    instalment = Instalment(record.whole("days_after_contract"), record.number("share"))
    record.finish()
    return instalment
