"""What settling a county's income rests on (收益分配方案): ledgers, roster, payments, public notice, reforms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd

from landmarket.distribution.members import MemberBasis
from landmarket.distribution.payment_plan import PaymentOrder, RentTiming
from landmarket.distribution.reform import reform, same_fund_total
from landmarket.distribution.rule import FundBase, SplitRule
from landmarket.errors import RuleError
from landmarket.exact import MILLION, millionths
from landmarket.rule_file import RuleFile, require_files
from landmarket.rules import load_toml

_FILES = ("payment_plan", "deals", "cost_ledger", "roster", "fund_uses", "places")
_WAYS = ("fund_rate", "rate_factor", "same_total_base")


@dataclass(frozen=True)
class NoticePeriod:
    """How long and where a division is posted (分配公示).

    Attributes
    ----------
    days : int
        Days it is posted.
    source : str
        Document that sets them.
    objections : tuple of (str, str)
        Where objections go: what it is (受理单位, 电话 …), and the text.
    """

    days: int
    source: str
    objections: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ReformPlan:
    """A change of the rule to be compared (办法调整方案): a rate, a factor, or a base that leaves the total equal.

    Attributes
    ----------
    name : str
        Name on outputs.
    fund_rate : Decimal or None
        One rate of the fund for every case.
    rate_factor : Decimal or None
        What every rate is multiplied by.
    same_total_base : FundBase or None
        New base, at the rates that leave the fund's total equal.
    fund_base : FundBase or None
        New base together with a rate or a factor; None: as it is.
    override_document : str or None
        Document, with its number, by which a rate stands outside the band; None: as it is.
    """

    name: str
    fund_rate: Decimal | None = None
    rate_factor: Decimal | None = None
    same_total_base: FundBase | None = None
    fund_base: FundBase | None = None
    override_document: str | None = None

    def __post_init__(self) -> None:
        """Refuse a plan that says nothing, or two things.

        Raises
        ------
        RuleError
            Naming the keys.
        """
        given = [key for key in _WAYS if getattr(self, key) is not None]
        if len(given) != 1:
            raise RuleError(
                f"办法调整 {self.name}：{'、'.join(_WAYS)} 须写且只写一个，现有 {'、'.join(given) or '无'}。"
                "办法：一种调整写一条 [[reform]]。"
            )
        if self.same_total_base is not None and self.fund_base is not None:
            raise RuleError(
                f"办法调整 {self.name}：same_total_base 已写明新基数，不再写 fund_base。办法：删去 fund_base。"
            )


@dataclass(frozen=True)
class IncomePlan:
    """What settling and dividing a county's income rests on (收益分配方案).

    Attributes
    ----------
    name, source : str
        What the plan is called, and its document.
    verified : bool
        Whether the document was read.
    settled_on : date
        Day of settlement (决算日): ledger entries until then count.
    payment_plan : Path
        Instalments, for `landmarket.distribution.payment_plan.read_payment_plan`.
    payment_order : PaymentOrder
        Which party's claims a payment serves.
    rent_timing : RentTiming
        When a year's rent is due.
    discount_rate : Decimal
        Discount rate of present values [fraction a year].
    deed_tax_rate : Decimal
        Deed tax that the province has set / price.
    charge_rate : Decimal or None
        Charge on the transferee that a pilot county had set before there was deed tax / price; None: not needed.
    public_notice : NoticePeriod
        How long and where the division is posted.
    deals : Path or None
        Deals that were made, for `landmarket.distribution.actual_deals.read_actual_deals`; None: the simulated ones.
    cost_ledger : Path or None
        Costs of parcels, for `landmarket.distribution.cost_ledger.read_cost_ledger`.
    roster : Path or None
        Members, for `landmarket.distribution.roster.read_roster`.
    member_basis : MemberBasis or None
        On what basis members are paid; None without a roster.
    fund_uses : Path or None
        Uses of retained funds, for `landmarket.distribution.accounts.read_fund_uses`.
    risk_reserve_share : Decimal or None
        Reserve against risk / fund; None where nothing is set aside.
    risk_reserve_document : str
        Document that sets it.
    places : Path or None
        Townships' residents and rural incomes, for
        `landmarket.distribution.township_incomes.read_township_incomes`.
    urban_income : Decimal or None
        Disposable income of urban residents [元 per head and year]; None without townships.
    reforms : tuple of ReformPlan
        Changes of the rule to be compared.
    """

    name: str
    source: str
    verified: bool
    settled_on: date
    payment_plan: Path
    payment_order: PaymentOrder
    rent_timing: RentTiming
    discount_rate: Decimal
    deed_tax_rate: Decimal
    public_notice: NoticePeriod
    deals: Path | None = None
    cost_ledger: Path | None = None
    roster: Path | None = None
    member_basis: MemberBasis | None = None
    fund_uses: Path | None = None
    risk_reserve_share: Decimal | None = None
    risk_reserve_document: str = ""
    places: Path | None = None
    urban_income: Decimal | None = None
    reforms: tuple[ReformPlan, ...] = ()
    charge_rate: Decimal | None = None

    @property
    def files(self) -> list[Path]:
        """Every file that the plan names, each once."""
        named = [getattr(self, key) for key in _FILES]
        return list(dict.fromkeys(path for path in named if path is not None))


def read_income_plan(path: str | Path) -> IncomePlan:
    """Read what settling a county's income rests on (收益分配方案).

    Parameters
    ----------
    path : path-like
        TOML file whose keys are the attributes of `IncomePlan`, with ``[public_notice]`` and ``[[reform]]`` records;
        the files it names are relative to it.

    Returns
    -------
    IncomePlan
        Its content, every file checked to exist; none of them is read.

    Raises
    ------
    ReadError
        If the file is not TOML, or a file it names does not exist.
    RuleError
        If a key is missing, unknown, of the wrong kind or out of range, or one of two that belong together is missing.
    """
    path = Path(path)
    document = RuleFile(load_toml(path), str(path))
    for pair in (("roster", "member_basis"), ("places", "urban_income")):
        _require_both(document, pair)
    _require_both(document, ("risk_reserve_share", "risk_reserve_document"))
    files = {key: path.parent / document.text(key) for key in _FILES if key == "payment_plan" or document.has(key)}
    plan = IncomePlan(
        name=document.text("name"),
        source=document.text("source"),
        verified=document.flag("verified"),
        settled_on=document.day_of_work("settled_on"),
        **files,
        payment_order=document.choice("payment_order", PaymentOrder),
        rent_timing=document.choice("rent_timing", RentTiming),
        discount_rate=_discount_rate(document),
        deed_tax_rate=_rate(document, "deed_tax_rate"),
        charge_rate=_rate(document, "charge_rate") if document.has("charge_rate") else None,
        public_notice=_notice_period(document),
        member_basis=document.choice("member_basis", MemberBasis) if document.has("member_basis") else None,
        risk_reserve_share=_rate(document, "risk_reserve_share") if document.has("risk_reserve_share") else None,
        risk_reserve_document=document.text("risk_reserve_document") if document.has("risk_reserve_document") else "",
        urban_income=_positive(document, "urban_income") if document.has("urban_income") else None,
        reforms=_reforms(document),
    )
    document.finish()
    require_files(path, plan.files)
    return plan


def planned_reform(deals: pd.DataFrame, rule: SplitRule, plan: ReformPlan) -> SplitRule:
    """Apply a planned change to a county's rule (办法调整).

    Parameters
    ----------
    deals : DataFrame
        As for `split_income`; only a change that leaves the fund's total equal looks at them.
    rule : SplitRule
        The rule as it is.
    plan : ReformPlan
        The change.

    Returns
    -------
    SplitRule
        The changed rule, under the name of the plan.

    Raises
    ------
    RuleError
        If the changed rule cannot be applied.
    BadValueError
        If no rates on the new base give the old total.
    """
    if plan.same_total_base is not None:
        document = plan.override_document or ""
        changed = same_fund_total(deals, rule, plan.same_total_base, override_document=document)
        return replace(changed.rule, name=plan.name)
    return reform(
        rule,
        plan.name,
        fund_rate=plan.fund_rate,
        rate_factor=Decimal(1) if plan.rate_factor is None else plan.rate_factor,
        fund_base=plan.fund_base,
        override_document=plan.override_document,
    )


def _require_both(document: RuleFile, keys: tuple[str, str]) -> None:
    given = [key for key in keys if document.has(key)]
    if len(given) == 1:
        lacking = next(key for key in keys if key not in given)
        raise RuleError(f"{document.where}：有 {given[0]} 而没有 {lacking}。办法：两项都写，或都不写。")


def _rate(record: RuleFile, key: str) -> Decimal:
    rate = record.number(key)
    if millionths(rate, f"{record.where}：{key}") > MILLION:
        raise RuleError(f"{record.where}：{key} = {rate} 超过 1。办法：写成小数，如 3% 写成 0.03。")
    return rate


def _discount_rate(document: RuleFile) -> Decimal:
    rate = document.number("discount_rate")
    if not rate.is_finite() or not 0 <= rate < 1:
        raise RuleError(f"{document.where}：discount_rate = {rate} 不在 [0, 1) 之内。办法：写成小数，如 5% 写成 0.05。")
    return rate


def _positive(document: RuleFile, key: str) -> Decimal:
    number = document.number(key)
    if not number.is_finite() or number <= 0:
        raise RuleError(f"{document.where}：{key} = {number} 应大于 0。办法：改写规则文件。")
    return number


def _notice_period(document: RuleFile) -> NoticePeriod:
    record = RuleFile(document.value("public_notice", "公示表"), f"{document.where} 的 [public_notice]")
    days, source = record.whole("days"), record.text("source")
    if days < 1:
        raise RuleError(f"{record.where}：days = {days} 应为大于 0 的整数。办法：写明公示天数。")
    texts = record.value("objections", "键值表")
    record.finish()
    listed = RuleFile(texts, f"{record.where} 的 objections")
    keys = [str(key) for key in texts] if isinstance(texts, Mapping) else []
    if not keys:
        raise RuleError(f"{listed.where}：没有内容。办法：写明异议受理单位与电话。")
    return NoticePeriod(days, source, tuple((key, listed.text(key)) for key in keys))


def _reforms(document: RuleFile) -> tuple[ReformPlan, ...]:
    plans = tuple(_reform(record) for record in document.records("reform"))
    names = [plan.name for plan in plans]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RuleError(f"{document.where}：[[reform]] 重名 {'、'.join(twice)}。办法：每条的 name 不同。")
    return plans


def _reform(record: RuleFile) -> ReformPlan:
    plan = ReformPlan(
        name=record.text("name"),
        fund_rate=_rate(record, "fund_rate") if record.has("fund_rate") else None,
        rate_factor=_positive(record, "rate_factor") if record.has("rate_factor") else None,
        same_total_base=record.choice("same_total_base", FundBase) if record.has("same_total_base") else None,
        fund_base=record.choice("fund_base", FundBase) if record.has("fund_base") else None,
        override_document=record.text("override_document") if record.has("override_document") else None,
    )
    record.finish()
    return plan
