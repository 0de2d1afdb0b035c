"""Split of a deal's income (收益分配): adjustment fund, taxes, costs, collective, members; exact to the fen.

Parties, in this order: 县财政（调节金）、税费、成本补偿、乡镇集体、村组集体留存（公积公益金）、成员. A township
government is no party: a township's part is its collective's, as owner or by a cited local document.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

import numpy as np
import pandas as pd

from landmarket.checks import require_columns, require_unique_index, require_values
from landmarket.errors import BadValueError, NoRuleInForceError, RuleError, UnverifiedRuleWarning, named_rows
from landmarket.exact import MILLION, TRILLION, Ints, apportion, largest_remainder, millionths, times_rate
from landmarket.rule_file import RuleFile
from landmarket.rules import load_toml, national_rules, require_rule
from landmarket.units import fen_series

PARTIES = ("fund_fen", "tax_fen", "cost_fen", "township_fen", "collective_fen", "members_fen")
TOWNSHIP_LEVEL = "乡镇"
_ASPECTS = ("price_use", "zone", "pathway", "mode")


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
        return all(getattr(self, aspect) in ("", parcel[aspect]) for aspect in _ASPECTS)

    @property
    def aspects(self) -> int:
        """How many aspects it states: of two rates that apply, the one that states more goes before."""
        return sum(getattr(self, aspect) != "" for aspect in _ASPECTS)


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
    rate = FundRate(record.number("rate"), *(record.text(aspect, "") for aspect in _ASPECTS))
    record.finish()
    return rate


def split_income(deals: pd.DataFrame, rule: SplitRule) -> pd.DataFrame:
    r"""Split the income of each deal among its parties.

    Parameters
    ----------
    deals : DataFrame
        Index parcel code; ``deal_price_fen``, ``deal_on``, ``acquisition_cost`` and ``development_cost`` [元],
        ``price_use``, ``zone``, ``pathway``, ``mode``, ``owner_level``, ``member_count``.
    rule : SplitRule
        The county's rule.

    Returns
    -------
    DataFrame
        On the same index, in fen: ``gain_fen``, ``loss_fen``, the six parties, ``per_member_fen``, and ``fund_rate``.
        All missing where there was no deal. The parties of a deal add up to its price exactly.

    Raises
    ------
    NoRuleInForceError
        If the county's rule, or the national rule on the fund, is not in force on the day of a deal.
    RuleError
        If no rate or more than one applies, or a rate lies outside the national band without a document.
    BadValueError
        If a cost, the owner's level or the day of a deal is missing.

    Notes
    -----
    With price P, costs C, tax rate t and fund rate f (财税〔2016〕41号 for the base "gain"):

    .. math:: G = \max(0, P - C), \quad F = f G \text{ or } f P, \quad N = \max(0, P - F - tP - C)

    The net income N goes to the township collective by its cited share, to the owning collective by its
    retention rate, and the rest to members. Where the price does not cover all, taxes and fund go before costs,
    and the costs left open are the loss. A township collective that owns the land keeps the retention itself. The
    exact quotas are rational numbers; whole fen are handed out by the largest remainder, ties by party order.
    A fund on the price is due whatever the gain.
    """
    require_unique_index(deals, "split_income")
    require_columns(deals, ["deal_price_fen"], "split_income")
    sold = deals[deals["deal_price_fen"].notna()]
    parts = _split_sold(sold, rule)
    return parts.reindex(deals.index).astype(parts.dtypes.to_dict())


def _split_sold(deals: pd.DataFrame, rule: SplitRule) -> pd.DataFrame:
    needed = ["deal_on", "acquisition_cost", "development_cost", *_ASPECTS, "owner_level", "member_count"]
    require_columns(deals, needed, "split_income")
    _require_facts(deals)
    _require_rules(deals, rule)
    price = deals["deal_price_fen"].to_numpy(dtype=np.int64)
    cost = fen_series(deals["acquisition_cost"]).to_numpy(dtype=np.int64)
    cost = cost + fen_series(deals["development_cost"]).to_numpy(dtype=np.int64)
    rate = _fund_rates(deals, rule)
    gain = np.maximum(price - cost, 0)
    parties = _parties(price, cost, gain if rule.fund_base is FundBase.GAIN else price, rate, deals, rule)
    if (parties.sum(axis=0) != price).any() or (parties < 0).any():
        raise ArithmeticError("收益分配：各方之和不等于成交价")
    table = pd.DataFrame({"gain_fen": gain, "loss_fen": cost - parties[2], "fund_rate": rate / MILLION}, deals.index)
    table = table.assign(**dict(zip(PARTIES, parties, strict=True)))
    table["per_member_fen"] = table["members_fen"].astype("Int64") // deals["member_count"].astype("Int64")
    return table.astype({name: "Int64" for name in table.columns if name != "fund_rate"})


def _parties(price: Ints, cost: Ints, base: Ints, rate: Ints, deals: pd.DataFrame, rule: SplitRule) -> Ints:
    """Whole fen of the six parties, shape (6, deals)."""
    fund, fund_rest = times_rate(base, rate)
    tax, tax_rest = times_rate(price, np.full_like(price, millionths(rule.tax_rate, "tax_rate")))
    rest, left = _carry(price - fund - tax, -fund_rest - tax_rest, MILLION)
    short = rest < cost
    covered, covered_rest = np.where(short, rest, cost), np.where(short, left, 0)
    net, net_rest = np.where(short, 0, rest - cost), np.where(short, 0, left)
    owns = deals["owner_level"].eq(TOWNSHIP_LEVEL).to_numpy(dtype=bool)
    share = millionths(rule.township_share, "township_share")
    passed_on = np.where(owns, 0, share)
    kept = np.full_like(price, millionths(rule.retention_rate, "retention_rate"))
    if not rule.direct_distribution:
        kept = MILLION - passed_on
    township, township_rest = _share(net, net_rest, np.where(owns, kept, passed_on))
    collective, collective_rest = _share(net, net_rest, np.where(owns, 0, kept))
    members, members_rest = _carry(
        net - township - collective, net_rest * MILLION - township_rest - collective_rest, TRILLION
    )
    whole = np.stack([fund, tax, covered, township, collective, members])
    rests = np.stack(
        [fund_rest * MILLION, tax_rest * MILLION, covered_rest * MILLION, township_rest, collective_rest, members_rest]
    )
    return largest_remainder(whole, rests)


def _carry(whole: Ints, rest: Ints, unit: int) -> tuple[Ints, Ints]:
    """Bring a remainder into 0 … unit − 1."""
    carried, rest = np.divmod(rest, unit)
    return whole + carried, rest


def _share(net: Ints, net_rest: Ints, rate: Ints) -> tuple[Ints, Ints]:
    """Rate × net income: whole fen, and the remainder in 10⁻¹² fen."""
    whole, rest = times_rate(net, rate)
    return _carry(whole, rest * MILLION + rate * net_rest, TRILLION)


def _require_facts(deals: pd.DataFrame) -> None:
    require_values(deals, "deal_on", deals["deal_on"].isna(), "补上成交日。", "split_income")
    for name in ("acquisition_cost", "development_cost"):
        bad = ~(deals[name].astype("float64") >= 0)
        require_values(deals, name, bad, "补上成本；确无成本的填 0，缺失不当作 0。", "split_income")
    bad = ~deals["owner_level"].isin([TOWNSHIP_LEVEL, "村", "组"])
    require_values(deals, "owner_level", bad, "所有权层级应为 乡镇、村 或 组，先核实所有权。", "split_income")
    bad = deals["member_count"].astype("Float64").le(0).fillna(False)
    require_values(deals, "member_count", bad.to_numpy(dtype=bool), "成员人数应大于 0，不知道则留空。", "split_income")


def _require_rules(deals: pd.DataFrame, rule: SplitRule) -> None:
    days = [stamp.date() for stamp in pd.to_datetime(deals["deal_on"].unique())]
    for day in sorted(days):
        if day < rule.effective_from or (rule.effective_to is not None and day > rule.effective_to):
            raise NoRuleInForceError(
                f"成交日 {day}：收益分配办法 {rule.name} 未生效（{rule.effective_from}—{rule.effective_to or '今'}）。"
                "办法：换用当日有效的办法。"
            )
        _require_band(day, rule)
    if days and not rule.verified:
        warnings.warn(f"收益分配办法未经核对原文：{rule.name}（{rule.source}）", UnverifiedRuleWarning, stacklevel=4)


def _require_band(day: date, rule: SplitRule) -> None:
    """Stop where no national rule on the fund is in force, or a rate on the gain lies outside its band."""
    if rule.override_document:
        return
    band = require_rule(national_rules(), "fund_rate_band", on=day, county=rule.county, pilot=rule.pilot)
    if rule.fund_base is FundBase.PRICE:
        return
    if not isinstance(band.value, tuple) or len(band.value) != 2:
        raise RuleError(f"规则 {band.name} 的值应为 [下限, 上限]。")
    low, high = band.value
    outside = sorted({str(rate.rate) for rate in rule.fund_rates if not low <= rate.rate <= high})
    if outside:
        raise RuleError(
            f"收益分配办法 {rule.name}：调节金比例 {'、'.join(outside)} 不在 {low}—{high} 之内（{band.source}）。"
            "办法：改正比例，或在 override_document 写明准予的文号。"
        )


def _fund_rates(deals: pd.DataFrame, rule: SplitRule) -> Ints:
    """Rate of each deal, in millionths."""
    keys = deals[list(_ASPECTS)].astype("object")
    keys = keys.where(keys.notna(), "")
    combinations = keys.drop_duplicates()
    found = [_rate_of(dict(zip(_ASPECTS, row, strict=True)), rule) for row in combinations.itertuples(index=False)]
    rates = combinations.assign(rate=found)
    return keys.merge(rates, on=list(_ASPECTS), how="left")["rate"].to_numpy(dtype=np.int64)


def _rate_of(parcel: dict[str, str], rule: SplitRule) -> int:
    fitting = [rate for rate in rule.fund_rates if rate.fits(parcel)]
    most = max((rate.aspects for rate in fitting), default=0)
    best = [rate for rate in fitting if rate.aspects == most]
    named = "、".join(f"{aspect}={parcel[aspect] or '（缺）'}" for aspect in _ASPECTS)
    if not best:
        raise RuleError(f"收益分配办法 {rule.name}：没有适用于 {named} 的调节金比例。办法：补上 [[fund_rate]] 记录。")
    if len(best) > 1:
        raise RuleError(f"收益分配办法 {rule.name}：{named} 有 {len(best)} 条同样具体的调节金比例。办法：删去多余的。")
    return millionths(best[0].rate, "调节金比例")


def distribute_to_members(amount_fen: int, shares: pd.Series[int] | pd.Series[float]) -> pd.Series[int]:
    """Divide members' income by head or by share (成员分配): exact, by the largest remainder.

    Parameters
    ----------
    amount_fen : int
        What is distributed [分].
    shares : Series of int, float or Decimal
        Index member; 1 each for a division by head, else the quantified shares (份额). A float is taken as it
        prints.

    Returns
    -------
    Series of int64
        Each member's part [分] on the same index; the sum is the amount. Ties go to the member named first.

    Raises
    ------
    BadValueError
        If the amount is negative, a share is negative or missing, or there is nobody to distribute to.

    Examples
    --------
    100 元 among three heads:

    >>> distribute_to_members(10_000, pd.Series(1, index=["甲", "乙", "丙"])).tolist()
    [3334, 3333, 3333]
    """
    exact = [Decimal(str(share)) for share in shares]
    bad = [not share.is_finite() or share < 0 for share in exact]
    if any(bad):
        rows = named_rows(shares.index[bad], shares[bad])
        raise BadValueError(f"distribute_to_members：份额不能用，{rows}。办法：份额应为不小于 0 的数。")
    if amount_fen < 0 or not sum(exact):
        raise BadValueError(f"distribute_to_members：金额 {amount_fen} 分，份额合计 {sum(exact)}，无从分配。")
    places = max(0, *(-int(share.as_tuple().exponent) for share in exact))
    weights = [int(share.scaleb(places)) for share in exact]
    return pd.Series(apportion(amount_fen, weights), index=shares.index, dtype="int64", name="members_fen")
