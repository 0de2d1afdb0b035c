"""Terms of a tender (招标文件中的评标办法): what wins, criteria and weights, the committee."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from landmarket.errors import RuleError
from landmarket.exact import MILLION, millionths
from landmarket.market.document import LocalDocument, read_document
from landmarket.market.terms import ReserveComparison
from landmarket.rule_file import RuleFile
from landmarket.rules import load_toml, national_rules, require_rule

_MOST_DECIMALS = 6


class Award(StrEnum):
    """What wins a tender for land (中标原则); the lowest price never does."""

    HIGHEST_PRICE = "价高者得"
    BEST_SCORE = "综合评分"


class PriceScore(StrEnum):
    """What the price score is linear to (价格分计算基准)."""

    TO_BEST = "最高有效报价"
    """Full marks × price / highest valid price."""
    TO_BENCHMARK = "基准价"
    """Full marks × price / benchmark of the lot, at most full marks."""


@dataclass(frozen=True)
class TenderCriterion:
    """One criterion beside the price (评分项), marked by the committee.

    Attributes
    ----------
    name : str
        Its name: the column of the bids that holds the mark.
    weight : Decimal
        Weight in the total score, 0 to 1.
    """

    name: str
    weight: Decimal


@dataclass(frozen=True)
class TenderTerms:
    """How a tender is decided (评标办法).

    Attributes
    ----------
    document : LocalDocument
        The tender document that states it.
    award : Award
        What wins.
    reserve_comparison : ReserveComparison
        How a bid must stand to the reserve.
    committee_size : int
        Members of the committee; zero where the highest price wins and there is none.
    price_weight : Decimal
        Weight of the price score in the total, 0 to 1; zero where the highest price wins.
    price_score : PriceScore
        What the price score is linear to.
    criteria : tuple of TenderCriterion
        The other criteria; their weights and the price's sum to 1.
    full_marks : int
        Full marks of every criterion and of the price.
    score_decimals : int
        Decimal places of scores: they are rounded half-up, and compared as rounded.
    """

    document: LocalDocument
    award: Award
    reserve_comparison: ReserveComparison = ReserveComparison.NOT_BELOW
    committee_size: int = 0
    price_weight: Decimal = Decimal(0)
    price_score: PriceScore = PriceScore.TO_BEST
    criteria: tuple[TenderCriterion, ...] = ()
    full_marks: int = 0
    score_decimals: int = 0

    def __post_init__(self) -> None:
        """Refuse terms that contradict themselves.

        Raises
        ------
        RuleError
            Naming the key.
        """
        where = f"评标办法 {self.document.name}"
        names = [each.name for each in self.criteria]
        weights = [millionths(each.weight, f"{where}：{each.name} 的 weight") for each in self.criteria]
        total = sum(weights) + millionths(self.price_weight, f"{where}：price_weight")
        wrong = []
        if len(set(names)) < len(names):
            wrong.append("评分项重名")
        if self.award is Award.BEST_SCORE and total != MILLION:
            wrong.append(f"price_weight 与各评分项 weight 之和应为 1，现为 {Decimal(total) / MILLION}")
        if self.award is Award.BEST_SCORE and self.full_marks <= 0:
            wrong.append("full_marks 应大于 0")
        if self.award is Award.HIGHEST_PRICE and (total or self.committee_size):
            wrong.append("价高者得时不应有权重、评分项和 committee_size")
        if not 0 <= self.score_decimals <= _MOST_DECIMALS:
            wrong.append(f"score_decimals 应在 0—{_MOST_DECIMALS} 之间")
        if wrong:
            raise RuleError(f"{where}：{'；'.join(wrong)}。办法：改写规则文件。")

    def require_committee(self, on: date) -> None:
        """Refuse a committee (评标委员会) smaller than the law asks for, or of an even number.

        Parameters
        ----------
        on : date
            The day of the tender.

        Raises
        ------
        RuleError
            Naming both numbers and the source. Where the highest price wins no committee is needed.
        NoRuleInForceError
            If no rule on committees is in force.
        """
        if self.award is Award.HIGHEST_PRICE:
            return
        least, odd = (
            require_rule(national_rules(), key, on=on, county=self.document.county, pilot=False)
            for key in ("tender_committee_min", "tender_committee_odd")
        )
        if self.committee_size < least.number or (odd.value is True and self.committee_size % 2 == 0):
            kind = "单数" if odd.value is True else "数"
            raise RuleError(
                f"评标办法 {self.document.name}：committee_size = {self.committee_size}，"
                f"评标委员会应为 {least.number} 人以上{kind}（{least.source}）。办法：改正委员会人数。"
            )


def read_tender_terms(path: Path) -> TenderTerms:
    """Read how a tender is decided.

    Parameters
    ----------
    path : Path
        TOML file whose keys are the attributes of `TenderTerms` and of its document; the criteria are
        ``[[criterion]]`` records.

    Returns
    -------
    TenderTerms
        The terms.

    Raises
    ------
    ReadError
        If the file is not TOML.
    RuleError
        If a key is missing, unknown or of the wrong kind, or the terms contradict themselves.
    """
    file = RuleFile(load_toml(path), str(path))
    terms = TenderTerms(
        document=read_document(file),
        award=file.choice("award", Award),
        reserve_comparison=file.choice("reserve_comparison", ReserveComparison, ReserveComparison.NOT_BELOW),
        committee_size=file.whole("committee_size", 0),
        price_weight=file.number("price_weight", Decimal(0)),
        price_score=file.choice("price_score", PriceScore, PriceScore.TO_BEST),
        criteria=tuple(_criterion(record) for record in file.records("criterion")),
        full_marks=file.whole("full_marks", 0),
        score_decimals=file.whole("score_decimals", 0),
    )
    file.finish()
    return terms


def _criterion(record: RuleFile) -> TenderCriterion:
    criterion = TenderCriterion(record.text("name"), record.number("weight"))
    record.finish()
    return criterion
