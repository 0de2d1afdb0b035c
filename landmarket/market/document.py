"""The local document that terms of a deal stand in (地方文件): name, number, county, days in force."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import date

from landmarket.errors import NoRuleInForceError, RuleError, UnverifiedRuleWarning
from landmarket.rule_file import RuleFile


@dataclass(frozen=True)
class LocalDocument:
    """A local document (地方文件).

    Attributes
    ----------
    name, source : str
        What it is called, and its number.
    county : str
        County code, 6 digits.
    effective_from : date
        First day in force.
    verified : bool
        Whether its text was read.
    effective_to : date or None
        Last day in force; None while it is in force.
    """

    name: str
    source: str
    county: str
    effective_from: date
    verified: bool
    effective_to: date | None = None

    def __post_init__(self) -> None:
        """Refuse days that contradict each other.

        Raises
        ------
        RuleError
            If it ends before it begins.
        """
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise RuleError(
                f"{self.name}：effective_to {self.effective_to} 早于 effective_from {self.effective_from}。"
                "办法：改正日期。"
            )

    def require_in_force(self, on: date) -> None:
        """Refuse a day on which the document is not in force; warn if nobody has checked it.

        Parameters
        ----------
        on : date
            The day.

        Raises
        ------
        NoRuleInForceError
            If it is not in force.

        Warns
        -----
        UnverifiedRuleWarning
            If its text was not read by whoever entered it.
        """
        if on < self.effective_from or (self.effective_to is not None and on > self.effective_to):
            raise NoRuleInForceError(
                f"{on}：{self.name} 未生效（{self.effective_from}—{self.effective_to or '今'}）。"
                "办法：换用当日有效的文件。"
            )
        if not self.verified:
            warnings.warn(f"文件未经核对原文：{self.name}（{self.source}）", UnverifiedRuleWarning, stacklevel=3)


def read_document(file: RuleFile) -> LocalDocument:
    """Read what a rule document says of itself.

    Parameters
    ----------
    file : RuleFile
        Its keys: ``name``, ``source``, ``county``, ``effective_from``, ``effective_to``, ``verified``.

    Returns
    -------
    LocalDocument
        The document; its other keys are still to be asked for.

    Raises
    ------
    RuleError
        If a key is missing or of the wrong kind.
    """
    return LocalDocument(
        name=file.text("name"),
        source=file.text("source"),
        county=file.text("county"),
        effective_from=file.day("effective_from"),
        verified=file.flag("verified"),
        effective_to=file.day("effective_to") if file.has("effective_to") else None,
    )
