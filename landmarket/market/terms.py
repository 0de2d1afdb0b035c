"""The terms of a deal (出让方案): mode, form, start price, step, deposit, secret reserve, periods."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

import pandas as pd

from landmarket.display import frame_table, paragraph
from landmarket.errors import NoRuleInForceError, RuleError, UnverifiedRuleWarning
from landmarket.exact import MILLION, millionths
from landmarket.rule_file import RuleFile
from landmarket.rules import load_toml
from landmarket.workdays import HolidayNotice, holiday_notices

_MOST_DAYS = 36_525  # a century
_MOST_UNIT = 1_000_000_000
_MOST_RATIO = 3  # no share of an appraised price is larger: it was typed in percent


class Mode(StrEnum):
    """Mode of a deal (交易方式)."""

    TENDER = "招标"
    AUCTION = "拍卖"
    LISTING = "挂牌"
    NEGOTIATION = "协议"


class Form(StrEnum):
    """Primary form of supply (供应方式)."""

    GRANT = "出让"
    LEASE = "出租"
    EQUITY = "作价出资"


class ReserveComparison(StrEnum):
    """How the best bid must stand to the reserve price (底价)."""

    NOT_BELOW = "不低于"
    """39号令 (2007)."""
    ABOVE = "高于"
    """11号令 (2002)."""


class StepBasis(StrEnum):
    """What the stated step (加价幅度) multiplies."""

    PER_PARCEL = "元/宗"
    PER_SQUARE_METRE = "元/㎡"
    OF_START = "起始价比例"


class StartRounding(StrEnum):
    """What the start price (起始价) is rounded up to."""

    UNIT = "金额单位"
    STEP = "加价幅度"


class DayKind(StrEnum):
    """How a period is counted."""

    WORKING = "工作日"
    CALENDAR = "日"


class RentDue(StrEnum):
    """When a year's rent is due."""

    ADVANCE = "期初"
    ARREARS = "期末"


@dataclass(frozen=True)
class DealTerms:
    """Terms on which a county's parcels are offered (出让方案中的交易条件).

    For a lease every ratio applies to the yearly rent, and the amounts of a deal are the rent of all years.

    Attributes
    ----------
    name, source : str
        What the document is called, and its number.
    county : str
        County code, 6 digits.
    effective_from : date
        First day in force.
    effective_to : date or None
        Last day in force; None while it is in force.
    verified : bool
        Whether the document was read.
    mode : Mode
        Mode of the deal.
    form : Form
        Primary form of supply.
    start_ratio : Decimal
        Start price / appraised price.
    unit_yuan : int
        Start price and step are rounded up to whole multiples of this [元].
    start_rounding : StartRounding
        Whether the start price is rounded up to that unit or to whole steps.
    step : Decimal
        Step, on the basis of `step_basis`; for a lease, of the yearly rent.
    step_basis : StepBasis
        What `step` multiplies.
    deposit_ratio : Decimal
        Deposit (竞买保证金) / start price.
    min_bidders : int
        Fewest bidders for a valid deal.
    notice_days : int
        Days from the notice to the listing or auction.
    listing_days : int
        Length of the listing.
    listing_day_kind : DayKind
        How these are counted.
    contract_days : int
        Working days from the deal to the contract.
    payment_days : int
        Days from the contract to full payment.
    reserve_comparison : ReserveComparison
        How the best bid must stand to the reserve.
    reserve_ratio : Decimal
        Reserve price / appraised price. Secret: never shown.
    bidder_weights : tuple of Decimal
        Relative weight of 0, 1, 2 … interested bidders. Assumption of the simulation.
    value_low, value_high : Decimal
        Bidders' values lie evenly between these multiples of the appraised price. Assumption of the simulation.
    floor_entry_cost : bool
        Whether the reserve is not below the parcel's acquisition and development cost. Off unless stated.
    floor_price_ratio : Decimal
        The reserve is not below this multiple of the appraised price; zero: off.
    industrial_minimum : Decimal
        The reserve of industrial uses is not below this [元/㎡]; zero: off.
    industrial_uses : tuple of str
        Price uses that minimum binds.
    lease_years : int
        Years of a lease; zero for other forms.
    rent_due : RentDue
        When a year's rent is due.
    holidays : tuple of HolidayNotice
        Holidays of years that the calendar package does not know.
    bargaining_power : Decimal or None
        The seller's part of what there is to gain in a negotiation, 0 to 1; needed where the price is negotiated.
        Assumption of the simulation.
    """

    name: str
    source: str
    county: str
    effective_from: date
    verified: bool
    mode: Mode
    form: Form
    start_ratio: Decimal
    unit_yuan: int
    step: Decimal
    step_basis: StepBasis
    deposit_ratio: Decimal
    min_bidders: int
    notice_days: int
    listing_days: int
    listing_day_kind: DayKind
    contract_days: int
    payment_days: int
    reserve_comparison: ReserveComparison
    bidder_weights: tuple[Decimal, ...]
    value_low: Decimal
    value_high: Decimal
    reserve_ratio: Decimal = field(repr=False)
    floor_entry_cost: bool = field(default=False, repr=False)
    floor_price_ratio: Decimal = field(default=Decimal(0), repr=False)
    industrial_minimum: Decimal = field(default=Decimal(0), repr=False)
    industrial_uses: tuple[str, ...] = field(default=(), repr=False)
    start_rounding: StartRounding = StartRounding.UNIT
    effective_to: date | None = None
    lease_years: int = 0
    rent_due: RentDue = RentDue.ARREARS
    holidays: tuple[HolidayNotice, ...] = ()
    bargaining_power: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse terms that contradict themselves.

        Raises
        ------
        RuleError
            Naming the key; a secret value is not printed.
        """
        for key in ("start_ratio", "step", "deposit_ratio", "value_low", "value_high"):
            millionths(getattr(self, key), f"交易条件 {self.name}：{key}")
        for key in ("reserve_ratio", "floor_price_ratio", "industrial_minimum"):
            secret = getattr(self, key) * MILLION
            if not secret.is_finite() or secret < 0 or secret != secret.to_integral_value():
                raise RuleError(f"交易条件 {self.name}：{key}（保密，不显示）应为不小于 0、至多六位小数的数。")
        positive = {key: getattr(self, key) for key in ("start_ratio", "step", "unit_yuan", "min_bidders", "value_low")}
        wrong = [f"{key} 应大于 0" for key, value in positive.items() if value <= 0]
        days = ("notice_days", "listing_days", "contract_days", "payment_days", "lease_years")
        wrong += [f"{key} 应在 0 至 {_MOST_DAYS} 之间" for key in days if not 0 <= getattr(self, key) <= _MOST_DAYS]
        if self.unit_yuan > _MOST_UNIT:
            wrong.append(f"unit_yuan 不应超过 {_MOST_UNIT} 元")
        if self.value_high < self.value_low:
            wrong.append("value_high 不应小于 value_low")
        if not self.bidder_weights or min(self.bidder_weights) < 0 or not sum(self.bidder_weights):
            wrong.append("bidder_weights 应为不小于 0、不全为 0 的数组（依次为 0、1、2……名竞买人的权重）")
        if (self.form is Form.LEASE) != (self.lease_years > 0):
            wrong.append("lease_years 应在 form = 出租 时大于 0，其他方式时为 0")
        wrong += self._negotiation_faults()
        percents = [key for key in ("start_ratio", "step", "reserve_ratio") if getattr(self, key) > _MOST_RATIO]
        percents += ["deposit_ratio"] if self.deposit_ratio > 1 else []
        wrong += [f"{key} 过大，疑把百分数写成整数（20% 应写 0.20）" for key in percents]
        if wrong:
            raise RuleError(f"交易条件 {self.name}：{'；'.join(wrong)}。办法：改写规则文件。")

    def __repr__(self) -> str:
        """Name the terms; nothing of the reserve."""
        return f"<DealTerms {self.name}：{self.mode}，{self.form}，{self.effective_from} 起>"

    def _repr_html_(self) -> str:
        """Show in a notebook what a notice may print of the terms; nothing of the reserve."""
        shown = public_terms(self).drop(columns="source")
        shown = shown.rename(columns={"item": "项目", "value": "内容", "unit": "单位"})
        return frame_table(shown) + paragraph(f"来源：{self.source}")

    def _negotiation_faults(self) -> list[str]:
        """What a negotiated price needs: the seller's bargaining power, and no second party."""
        power, wrong = self.bargaining_power, []
        if power is not None:
            millionths(power, f"交易条件 {self.name}：bargaining_power")
        if power is not None and power > 1:
            wrong.append("bargaining_power 应在 0 与 1 之间")
        if self.mode is Mode.NEGOTIATION and self.form is not Form.EQUITY:
            if power is None:
                wrong.append("mode = 协议 时须写明 bargaining_power（卖方议价能力，模拟假设，0 与 1 之间）")
            if self.min_bidders > 1:
                wrong.append("mode = 协议 时只与一人商谈，min_bidders 应为 1")
        return wrong

    def require_in_force(self, on: date) -> None:
        """Refuse a day on which the terms are not in force; warn if nobody has checked them.

        Parameters
        ----------
        on : date
            The day of the notice.

        Raises
        ------
        NoRuleInForceError
            If they are not in force.

        Warns
        -----
        UnverifiedRuleWarning
            If the document was not read by whoever entered it.
        """
        if on < self.effective_from or (self.effective_to is not None and on > self.effective_to):
            raise NoRuleInForceError(
                f"{on}：交易条件 {self.name} 未生效（{self.effective_from}—{self.effective_to or '今'}）。"
                "办法：换用当日有效的交易条件。"
            )
        if not self.verified:
            warnings.warn(f"交易条件未经核对原文：{self.name}（{self.source}）", UnverifiedRuleWarning, stacklevel=3)


def read_deal_terms(path: Path) -> DealTerms:
    """Read the terms of a deal.

    Parameters
    ----------
    path : Path
        TOML file whose keys are the attributes of `DealTerms`; ``[[holidays]]`` are records as
        `read_holiday_notices` reads them.

    Returns
    -------
    DealTerms
        The terms.

    Raises
    ------
    ReadError
        If the file is not TOML.
    RuleError
        If a key is missing, unknown or of the wrong kind, or the terms contradict themselves.
    """
    file = RuleFile(load_toml(path), str(path))
    terms = DealTerms(
        name=file.text("name"),
        source=file.text("source"),
        county=file.text("county"),
        effective_from=file.day("effective_from"),
        effective_to=file.day("effective_to") if file.has("effective_to") else None,
        verified=file.flag("verified"),
        mode=file.choice("mode", Mode),
        form=file.choice("form", Form),
        start_ratio=file.number("start_ratio"),
        unit_yuan=file.whole("unit_yuan"),
        start_rounding=file.choice("start_rounding", StartRounding, StartRounding.UNIT),
        step=file.number("step"),
        step_basis=file.choice("step_basis", StepBasis),
        deposit_ratio=file.number("deposit_ratio"),
        min_bidders=file.whole("min_bidders"),
        notice_days=file.whole("notice_days"),
        listing_days=file.whole("listing_days"),
        listing_day_kind=file.choice("listing_day_kind", DayKind),
        contract_days=file.whole("contract_days"),
        payment_days=file.whole("payment_days"),
        reserve_comparison=file.choice("reserve_comparison", ReserveComparison),
        reserve_ratio=file.number("reserve_ratio"),
        bidder_weights=file.numbers("bidder_weights"),
        value_low=file.number("value_low"),
        value_high=file.number("value_high"),
        floor_entry_cost=file.flag("floor_entry_cost") if file.has("floor_entry_cost") else False,
        floor_price_ratio=file.number("floor_price_ratio", Decimal(0)),
        industrial_minimum=file.number("industrial_minimum", Decimal(0)),
        industrial_uses=file.texts("industrial_uses"),
        lease_years=file.whole("lease_years", 0),
        rent_due=file.choice("rent_due", RentDue, RentDue.ARREARS),
        holidays=holiday_notices(file.value("holidays", "[[holidays]]") if file.has("holidays") else [], str(path)),
        bargaining_power=file.number("bargaining_power") if file.has("bargaining_power") else None,
    )
    file.finish()
    return terms


def public_terms(terms: DealTerms) -> pd.DataFrame:
    """List what a notice may print of the terms: all but the reserve and what binds it (底价保密).

    Parameters
    ----------
    terms : DealTerms
        The terms.

    Returns
    -------
    DataFrame
        Columns ``item``, ``value``, ``unit``, ``source``, all text, one row per term.
    """
    rows = [
        ("交易条件", terms.name, ""),
        ("生效日期", f"{terms.effective_from}—{terms.effective_to or '今'}", ""),
        ("是否核对原文", "是" if terms.verified else "否", ""),
        ("交易方式", terms.mode, ""),
        ("供应方式", terms.form, ""),
        ("起始价占评估价比例", terms.start_ratio, ""),
        ("起始价取整", terms.start_rounding, ""),
        ("金额单位", terms.unit_yuan, "元"),
        ("加价幅度", terms.step, terms.step_basis),
        ("竞买保证金占起始价比例", terms.deposit_ratio, ""),
        ("最少竞买人数", terms.min_bidders, "人"),
        ("公告期", terms.notice_days, "日"),
        ("挂牌期", terms.listing_days, terms.listing_day_kind),
        ("签约期限", terms.contract_days, "工作日"),
        ("付款期限", terms.payment_days, "日"),
        ("最高报价与底价的比较", terms.reserve_comparison, ""),
        ("竞买人数权重（模拟假设）", "、".join(map(str, terms.bidder_weights)), ""),
        ("竞买人出价能力（模拟假设）", f"评估价的 {terms.value_low}—{terms.value_high} 倍", ""),
    ]
    if terms.form is Form.LEASE:
        rows += [("租期", terms.lease_years, "年"), ("租金支付", terms.rent_due, "")]
    if terms.mode is Mode.NEGOTIATION and terms.bargaining_power is not None:
        rows += [("卖方议价能力（模拟假设）", terms.bargaining_power, "")]
    return pd.DataFrame(
        {
            "item": [item for item, _, _ in rows],
            "value": [str(value) for _, value, _ in rows],
            "unit": [str(unit) for _, _, unit in rows],
            "source": terms.source,
        }
    )
