"""A county's rule on the split of income (收益分配办法), as its document states it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from landmarket.display import pairs_table
from landmarket.errors import RuleError
from landmarket.exact import MILLION, millionths
from landmarket.rules import Rule

ASPECTS = ("price_use", "zone", "pathway", "mode")
"""What a rate of the fund can depend on."""
LAND_COSTS = {"取得": "acquisition_cost", "复垦": "reclamation_cost", "开发": "development_cost"}
"""Costs of the land (土地成本) by kind, and their column [元]."""
_NUMBERED = re.compile(r"\d\s*号")
_COUNTY = re.compile(r"\d{6}", re.ASCII)
BETWEEN_KINDS = "、"
"""Between the kinds of costs where a record of the library lists them."""


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
        Document that gives it, with its number; required where the share is not zero.
    village_share : Decimal
        Share of the village collective in the net income of groups (村级统筹).
    village_document : str
        Document that gives it, with its number; required where the share is not zero.
    reclaimed_share : Decimal
        Share of the collective whose land was reclaimed (复垦区) in the net income of adjusted entry (调整入市); the
        other shares are of what remains. Products of shares have at most six decimals.
    gain_costs, net_costs : tuple of str
        Costs of the land (取得、复垦、开发) that the gain, and the net income, leave out. What the net income does not
        leave out the collective bears itself.
    override_document : str
        Document, with its number, by which a rate stands outside the band, or without a national rule.
    inherited : tuple of Rule
        Records of the rule library that the document starts from; see `taken`.
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
    village_share: Decimal = Decimal(0)
    village_document: str = ""
    reclaimed_share: Decimal = Decimal(0)
    gain_costs: tuple[str, ...] = tuple(LAND_COSTS)
    net_costs: tuple[str, ...] = tuple(LAND_COSTS)
    inherited: tuple[Rule, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a rule that cannot be applied.

        Raises
        ------
        RuleError
            Naming the key.
        """
        where = f"收益分配办法 {self.name}"
        if not _COUNTY.fullmatch(self.county):
            raise RuleError(f"{where}：county = {self.county!r} 不是 6 位县代码。办法：写成 411081 这样的代码文字。")
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise RuleError(f"{where}：effective_to {self.effective_to} 早于 effective_from {self.effective_from}。")
        if not self.fund_rates:
            raise RuleError(f"{where}：没有 [[fund_rate]] 记录。办法：写明调节金比例。")
        highest = max(millionths(rate.rate, f"{where}：调节金比例") for rate in self.fund_rates)
        tax = millionths(self.tax_rate, f"{where}：tax_rate")
        if highest + tax > MILLION:
            raise RuleError(f"{where}：调节金比例与 tax_rate 之和超过 1。")
        self._require_shares(where)
        for key in ("gain_costs", "net_costs"):
            kinds = getattr(self, key)
            unknown = [kind for kind in kinds if kind not in LAND_COSTS]
            if unknown:
                raise RuleError(f"{where}：{key} 中不认识 {'、'.join(unknown)}。办法：只写 {'、'.join(LAND_COSTS)}。")
            if len(set(kinds)) < len(kinds):
                raise RuleError(f"{where}：{key} = {'、'.join(kinds)} 有重复，成本会扣两次。办法：每种只写一次。")
        for key in ("override_document", "township_document", "village_document"):
            document = getattr(self, key)
            if document and not _NUMBERED.search(document):
                raise RuleError(f"{where}：{key} = {document!r} 没有文号。办法：写明，如 某政〔2024〕2号。")

    def _require_shares(self, where: str) -> None:
        shares = ("retention_rate", "township_share", "village_share")
        for names in (("reclaimed_share",), shares):
            if sum(millionths(getattr(self, key), f"{where}：{key}") for key in names) > MILLION:
                raise RuleError(f"{where}：{'、'.join(names)} 之和超过 1。")
        for key in shares:
            self.part_of_net(getattr(self, key), f"{where}：{key}")
        for level in ("township", "village"):
            if getattr(self, f"{level}_share") and not getattr(self, f"{level}_document"):
                raise RuleError(f"{where}：{level}_share 须有 {level}_document（文号）；政府不是分配主体。")

    def __repr__(self) -> str:
        """Name the rule and count its rates."""
        return f"<SplitRule {self.name}：{self.effective_from} 起，调节金比例 {len(self.fund_rates)} 档>"

    def _repr_html_(self) -> str:
        """Show figures and rates in a notebook; every text is escaped."""
        return pairs_table(self.facts(), "项目", "内容") + pairs_table(self.rates_by_case(), "调节金适用于", "比例")

    def facts(self) -> dict[str, str]:
        """List the rule item by item, all but the rates of the fund, in Chinese (办法要点).

        Returns
        -------
        dict of str to str
            Item and content.
        """
        shares = {
            "乡镇": (self.township_share, self.township_document),
            "村": (self.village_share, self.village_document),
        }
        return {
            "收益分配办法": self.name,
            "文件": self.source,
            "施行": f"{self.effective_from}—{self.effective_to or '今'}",
            "核对原文": "是" if self.verified else "否",
            "调节金计征基数": "土地增值收益" if self.fund_base is FundBase.GAIN else "成交总价款",
            "税费 ÷ 成交价": f"{self.tax_rate:%}",
            "公积公益金 ÷ 净收益": f"{self.retention_rate:%}",
            "分配给成员": "可以" if self.direct_distribution else "不可以",
            **{f"{level}集体份额": f"{share:%} {document}".strip() for level, (share, document) in shares.items()},
            "复垦区份额": f"{self.reclaimed_share:%}",
            "增值收益扣除的成本": BETWEEN_KINDS.join(self.gain_costs) or "无",
            "净收益扣除的成本": BETWEEN_KINDS.join(self.net_costs) or "无",
            "越出幅度的依据": self.override_document or "无",
        }

    def rates_by_case(self) -> dict[str, str]:
        """List the rates of the fund by what they apply to, in Chinese (调节金比例).

        Returns
        -------
        dict of str to str
            Case and rate; of two rates for one case, both.
        """
        cases: dict[str, str] = {}
        for rate in self.fund_rates:
            case = "，".join(filter(None, (getattr(rate, aspect) for aspect in ASPECTS))) or "一律"
            cases[case] = "、".join(filter(None, (cases.get(case, ""), f"{rate.rate:%}")))
        return cases

    @property
    def taken(self) -> tuple[Rule, ...]:
        """List the records of the rule library whose figures the rule has (沿用规则库的各项).

        Returns
        -------
        tuple of Rule
            Of `inherited` those that no later change of the rule, such as `dataclasses.replace`, put another figure
            in the place of.
        """
        return tuple(record for record in self.inherited if self._has(record))

    def _has(self, record: Rule) -> bool:
        if record.key == "fund_rate":
            return FundRate(record.number, **dict(record.when)) in self.fund_rates
        figure = getattr(self, record.key)
        return bool(record.value == (BETWEEN_KINDS.join(figure) if isinstance(figure, tuple) else figure))

    def part_of_net(self, share: Decimal, what: str) -> int:
        """Give a share of what adjusted entry leaves the building side, as a part of the whole net income.

        Parameters
        ----------
        share : Decimal
            Share of the building side's part.
        what : str
            Its name, for the message.

        Returns
        -------
        int
            Millionths of the net income.

        Raises
        ------
        RuleError
            If the product has more than six decimals.
        """
        return millionths((1 - self.reclaimed_share) * share, f"{what}（乘以 1 − reclaimed_share）")
