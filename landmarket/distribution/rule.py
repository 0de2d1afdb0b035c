"""A county's rule on the split of income (收益分配办法), as its document states it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from landmarket.errors import RuleError
from landmarket.exact import MILLION, millionths
from landmarket.rule_file import RuleFile
from landmarket.rules import load_toml

ASPECTS = ("price_use", "zone", "pathway", "mode")
"""What a rate of the fund can depend on."""


class FundBase(StrEnum):
    """What the rate of the adjustment fund multiplies (调节金计征基数); never inferred from the rate."""

    GAIN = "gain"
    """土地增值收益: price − acquisition cost − development cost."""
    PRICE = "price"
    """成交总价款."""


@dataclass(frozen=True)
class FundRate:
    """Rate of the adjustment fund for a use, zone, pathway and mode (调节金比例).

    Attributes
    ----------
    rate : Decimal
        Share of the base.
    price_use, zone, pathway, mode : str
        What it applies to; empty: to all.
    """

    rate: Decimal
    price_use: str = ""
    zone: str = ""
    pathway: str = ""
    mode: str = ""

    def fits(self, parcel: Mapping[str, str]) -> bool:
        """Tell whether the rate applies.

        Parameters
        ----------
        parcel : mapping of str to str
            ``price_use``, ``zone``, ``pathway`` and ``mode`` of a deal.

        Returns
        -------
        bool
            True if each aspect is the deal's or stated for all.
        """
        return all(getattr(self, aspect) in ("", parcel[aspect]) for aspect in ASPECTS)

    def might_fit(self, parcel: Mapping[str, str]) -> bool:
        """Tell whether the rate could apply if the missing facts of a deal were known.

        Parameters
        ----------
        parcel : mapping of str to str
            ``price_use``, ``zone``, ``pathway`` and ``mode`` of a deal; empty where missing.

        Returns
        -------
        bool
            True if no known aspect contradicts it.
        """
        return all(parcel[aspect] == "" or getattr(self, aspect) in ("", parcel[aspect]) for aspect in ASPECTS)

    @property
    def aspects(self) -> int:
        """Count the aspects it states: of two rates that apply, the one that states more goes before.

        Returns
        -------
        int
            0 to 4.
        """
        return sum(getattr(self, aspect) != "" for aspect in ASPECTS)


@dataclass(frozen=True)
class SplitRule:
    """A county's rule on the split of income (收益分配办法).

    Attributes
    ----------
    name, source : str
        What the document is called, and its number.
    county : str
        County code, 6 digits.
    pilot : bool
        Whether the county is a pilot county.
    effective_from : date
        First day in force.
    effective_to : date or None
        Last day in force; None while it is in force.
    verified : bool
        Whether the document was read.
    fund_base : FundBase
        What the rates multiply.
    fund_rates : tuple of FundRate
        Rates; the most specific that applies.
    tax_rate : Decimal
        Taxes and fees borne by the owner / price.
    retention_rate : Decimal
        公积公益金 / net income: what the owning collective keeps.
    direct_distribution : bool
        Whether entry income may be paid out to members; else the collective keeps all.
    township_share : Decimal
        Share of the township collective in the net income of other owners.
    township_document : str
        Document that gives it; required where the share is not zero.
    override_document : str
        Document by which a rate stands outside the national band, or without a national rule.
    """

    name: str
    source: str
    county: str
    pilot: bool
    effective_from: date
    verified: bool
    fund_base: FundBase
    fund_rates: tuple[FundRate, ...]
    tax_rate: Decimal
    retention_rate: Decimal
    direct_distribution: bool
    township_share: Decimal = Decimal(0)
    township_document: str = ""
    override_document: str = ""
    effective_to: date | None = None

    def __post_init__(self) -> None:
        """Refuse a rule that cannot be applied.

        Raises
        ------
        RuleError
            Naming the key.
        """
        where = f"收益分配办法 {self.name}"
        if not self.fund_rates:
            raise RuleError(f"{where}：没有 [[fund_rate]] 记录。办法：写明调节金比例。")
        highest = max(millionths(rate.rate, f"{where}：调节金比例") for rate in self.fund_rates)
        tax, kept, township = (
            millionths(getattr(self, key), f"{where}：{key}")
            for key in ("tax_rate", "retention_rate", "township_share")
        )
        if highest + tax > MILLION:
            raise RuleError(f"{where}：调节金比例与 tax_rate 之和超过 1。")
        if kept + township > MILLION:
            raise RuleError(f"{where}：retention_rate 与 township_share 之和超过 1。")
        if township and not self.township_document:
            raise RuleError(f"{where}：township_share 须有 township_document（文号）；乡镇政府不是分配主体。")


def read_split_rule(path: Path) -> SplitRule:
    """Read a rule on the split of income.

    Parameters
    ----------
    path : Path
        TOML file whose keys are the attributes of `SplitRule`; the rates are ``[[fund_rate]]`` records.

    Returns
    -------
    SplitRule
        The rule.

    Raises
    ------
    ReadError
        If the file is not TOML.
    RuleError
        If a key is missing, unknown or of the wrong kind.
    """
    file = RuleFile(load_toml(path), str(path))
    rule = SplitRule(
        name=file.text("name"),
        source=file.text("source"),
        county=file.text("county"),
        pilot=file.flag("pilot"),
        effective_from=file.day("effective_from"),
        effective_to=file.day("effective_to") if file.has("effective_to") else None,
        verified=file.flag("verified"),
        fund_base=file.choice("fund_base", FundBase),
        fund_rates=tuple(_fund_rate(record) for record in file.records("fund_rate")),
        tax_rate=file.number("tax_rate"),
        retention_rate=file.number("retention_rate"),
        direct_distribution=file.flag("direct_distribution"),
        township_share=file.number("township_share", Decimal(0)),
        township_document=file.text("township_document", ""),
        override_document=file.text("override_document", ""),
    )
    file.finish()
    return rule


def _fund_rate(record: RuleFile) -> FundRate:
    rate = FundRate(record.number("rate"), *(record.text(aspect, "") for aspect in ASPECTS))
    record.finish()
    return rate
