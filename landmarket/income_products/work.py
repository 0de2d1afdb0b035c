"""A county's income, computed (收益分配): settled costs, split, payments over time, members, comparisons."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from landmarket.county import County
from landmarket.distribution.accounts import account_by_year, account_deposits, read_fund_uses, retained_account
from landmarket.distribution.accounts import risk_reserve as reserve_of_fund
from landmarket.distribution.actual_deals import read_actual_deals, with_actual_deals
from landmarket.distribution.balance import balance_by, parcel_balance
from landmarket.distribution.cost_ledger import foreign_entries, later_entries, read_cost_ledger
from landmarket.distribution.income_plan import IncomePlan, planned_reform, read_income_plan
from landmarket.distribution.member_payments import member_payments, unrostered
from landmarket.distribution.members import MemberBasis
from landmarket.distribution.payment_plan import read_payment_plan
from landmarket.distribution.reform import compare_splits
from landmarket.distribution.roster import read_roster
from landmarket.distribution.rule import SplitRule
from landmarket.distribution.schedule import cash_by, payment_schedule, present_value
from landmarket.distribution.settlement import settled_deals
from landmarket.distribution.split import PARTIES, split_gaps, split_income
from landmarket.errors import RuleError, UnverifiedRuleWarning
from landmarket.products import Work, do_county

Say = Callable[[str], None]

_OWN = {"乡镇": "township_fen", "村": "village_fen", "组": "group_fen"}
NOT_SOLD, NOT_FOUND = "宗地没有成交", "采用的宗地中没有该代码，核对代码或暂不处理的原因"
NOT_SPLIT = "该集体有未分配的成交，存入不全，暂不入账"
SIMULATED = "成交为模拟，不是实际成交，不得张贴"
NO_ROSTER = "没有成员名册"
EQUITY = "作价出资"


@dataclass(frozen=True, eq=False)
class Reform:
    """A changed rule beside the county's (办法比较).

    Attributes
    ----------
    rule : SplitRule
        The changed rule.
    shares : DataFrame
        The split under it, on the deals' index.
    changes : DataFrame
        Who gains and who loses by township and party, as `compare_splits` gives it.
    """

    rule: SplitRule
    shares: pd.DataFrame
    changes: pd.DataFrame


@dataclass(frozen=True, eq=False)
class IncomeWork:
    """A county's income, split and followed through (收益分配).

    Attributes
    ----------
    main : Work
        The county's main job: parcels, prices, deals.
    plan : IncomePlan
        What is read and compared.
    deals : DataFrame
        The deals with settled costs and where they lie; one row for each parcel that was sold.
    shares : DataFrame
        Their split, with ``split_gap``; on the same index.
    uncounted : DataFrame
        Ledger entries that did not count, with ``uncounted_reason``.
    balance, townships : DataFrame
        The ledger that balances, by parcel and by township with the total.
    schedule, cash, present : DataFrame
        Payments, cash by year and township, present values by parcel and party [分].
    payments : DataFrame
        Members' parts, with names: for the sheet posted in the village alone.
    member_gaps : Series of str
        Why members' income of a deal is not divided.
    roster : DataFrame
        Members, with names: for the sheet posted in the village alone; empty where there is no roster.
    account, years : DataFrame
        Retained funds of each collective whose deals were all split, by entry and by year.
    open_uses : DataFrame
        Uses of the other collectives, whose deposits are not all known, with ``uncounted_reason``.
    reserve : DataFrame
        Part of the fund set aside against risk; empty where the plan has none.
    reforms : dict of str to Reform
        By name.
    """

    main: Work
    plan: IncomePlan
    deals: pd.DataFrame
    shares: pd.DataFrame
    uncounted: pd.DataFrame
    balance: pd.DataFrame
    townships: pd.DataFrame
    schedule: pd.DataFrame
    cash: pd.DataFrame
    present: pd.DataFrame
    payments: pd.DataFrame
    member_gaps: pd.Series[str]
    roster: pd.DataFrame
    account: pd.DataFrame
    years: pd.DataFrame
    open_uses: pd.DataFrame
    reserve: pd.DataFrame
    reforms: dict[str, Reform]

    @property
    def county(self) -> County:
        """The county file."""
        return self.main.county

    @property
    def rostered(self) -> tuple[str, ...]:
        """Codes of the collectives whose members are known."""
        return tuple(self.roster["owner_code"].unique().tolist())

    @property
    def notice(self) -> str:
        """The line that every page, sheet and notice carries: the county's, and that the deals are simulated."""
        simulated = SIMULATED if self.plan.deals is None else ""
        return "　".join(text for text in (simulated, self.county.notice) if text)

    @property
    def inputs(self) -> list[Path]:
        """The income plan and every file that it names."""
        return [path for path in (self.county.income_plan, *self.plan.files) if path is not None]

    @property
    def rule(self) -> SplitRule:
        """The county's rule on the split."""
        return self.main.scenario.split_rule

    @property
    def split(self) -> pd.DataFrame:
        """The deals that were split, with their parts beside them."""
        there = self.shares["split_gap"].eq("")
        return self.deals[there].join(self.shares.loc[there].drop(columns="split_gap"))


def do_income(county: County, say: Say) -> IncomeWork:
    """Do the main job and follow the income through.

    Parameters
    ----------
    county : County
        The county file; it must name an income plan.
    say : callable
        Told of each step, in Chinese, as it begins.

    Returns
    -------
    IncomeWork
        All results, nothing written.

    Raises
    ------
    RuleError
        If the county file names no income plan.

    Warns
    -----
    UnverifiedRuleWarning
        If nobody has checked the plan, or a rule that decides, against its document.
    """
    if county.income_plan is None:
        raise RuleError(f"{county.path}：[files] 没有 income_plan。办法：写明收益分配方案的 TOML 文件。")
    plan = read_income_plan(county.income_plan)
    if not plan.verified:
        warnings.warn(f"收益分配方案未经核对原文：{plan.name}（{plan.source}）", UnverifiedRuleWarning, stacklevel=2)
    main = do_county(county, say)
    say("收益分配：决算成本、各方分配、收支平衡")
    deals, uncounted = _deals(main, plan)
    rule = main.scenario.split_rule
    shares = _shares(deals, rule)
    split = shares["split_gap"].eq("")
    balance = parcel_balance(deals, shares)
    say("分期收付、成员分配、公积公益金、办法比较")
    schedule = _schedule(deals[split], shares[split], plan)
    roster = _roster(plan)
    payments, gaps = _payments(deals[split].join(shares.loc[split, ["members_fen"]]), roster, plan)
    account, open_uses = _account(schedule, deals, deals.loc[~split, "owner_code"], plan)
    return IncomeWork(
        main=main,
        plan=plan,
        deals=deals,
        shares=shares,
        uncounted=uncounted,
        balance=balance,
        townships=balance_by(balance, deals["township"]),
        schedule=schedule,
        cash=cash_by(schedule, ("year", "township")),
        present=present_value(schedule, plan.discount_rate, county.on),
        payments=payments,
        member_gaps=gaps,
        roster=roster,
        account=account,
        years=account_by_year(account),
        open_uses=open_uses,
        reserve=_reserve(shares[split], plan),
        reforms=_reforms(deals[split], shares[split], rule, plan),
    )


def _deals(main: Work, plan: IncomePlan) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sold parcels with all that is known of them; ledger entries that did not count."""
    table = pd.DataFrame(main.outcome.table.drop(columns=["geometry", *main.outcome.shares.columns]))
    deals = table[table["deal_price_fen"].notna()]
    if plan.deals is not None:
        deals = with_actual_deals(table, read_actual_deals(plan.deals))
    if plan.cost_ledger is None:
        return deals.assign(cost_basis="宗地表"), pd.DataFrame()
    ledger = read_cost_ledger(plan.cost_ledger)
    later = later_entries(ledger, plan.settled_on).assign(uncounted_reason=f"晚于决算日 {plan.settled_on}")
    foreign = foreign_entries(ledger, deals.index, plan.settled_on)
    known = foreign["parcel_code"].isin(table.index)
    foreign = foreign.assign(uncounted_reason=known.map({True: NOT_SOLD, False: NOT_FOUND}).astype("str"))
    uncounted = pd.concat([part for part in (later, foreign) if len(part)] or [later], ignore_index=True)
    return settled_deals(deals, ledger, plan.settled_on), uncounted


def _shares(deals: pd.DataFrame, rule: SplitRule) -> pd.DataFrame:
    gap = split_gaps(deals, rule)
    return split_income(deals[gap.eq("")], rule).reindex(deals.index).assign(split_gap=gap)


def _schedule(deals: pd.DataFrame, shares: pd.DataFrame, plan: IncomePlan) -> pd.DataFrame:
    """Payments in cash: land taken as equity (作价出资) brings none."""
    cash = deals["form"].ne(EQUITY)
    payments = read_payment_plan(plan.payment_plan)
    schedule = payment_schedule(deals[cash], shares[cash], payments, order=plan.payment_order, timing=plan.rent_timing)
    return schedule.join(deals[["township", "village"]], on="parcel_code")


def _roster(plan: IncomePlan) -> pd.DataFrame:
    if plan.roster is None:
        return pd.DataFrame({"owner_code": []}, dtype="str")
    roster = read_roster(plan.roster)
    if plan.member_basis is MemberBasis.SHARE and roster["share"].isna().all():
        raise RuleError(f"{plan.roster}：member_basis = 按份额，名册没有份额。办法：补上“份额”列，或改为按人、按户。")
    return roster


def _payments(deals: pd.DataFrame, roster: pd.DataFrame, plan: IncomePlan) -> tuple[pd.DataFrame, pd.Series[str]]:
    if plan.member_basis is None:
        due = deals["members_fen"].gt(0).to_numpy(dtype=bool)
        return pd.DataFrame(), pd.Series("", index=deals.index, dtype="str", name="member_gap").mask(due, NO_ROSTER)
    gaps = unrostered(deals, roster, plan.member_basis)
    return member_payments(deals[gaps.eq("")], roster, plan.member_basis), gaps


def _account(
    schedule: pd.DataFrame, deals: pd.DataFrame, unknown: pd.Series[str], plan: IncomePlan
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Retained funds: what the owning collective keeps of each payment, on the day it is due.

    A collective with a deal that was not split has deposits nobody knows: its uses stand apart, with the reason.
    """
    level = schedule["parcel_code"].map(deals["owner_level"])
    kept = pd.Series(0, index=schedule.index, dtype="int64")
    for own, party in _OWN.items():
        kept = kept.mask(level.eq(own), schedule[party])
    codes = pd.Index(schedule["parcel_code"])
    owners = pd.Series(deals["owner_code"].reindex(codes).array, index=codes)
    days = pd.Series(schedule["due_on"].array, index=codes)
    deposits = account_deposits(kept.where(kept.gt(0)).astype("Int64").set_axis(codes), owners, days)
    deposits = deposits.assign(document="宗地 " + deposits["parcel_code"])
    uses = read_fund_uses(plan.fund_uses) if plan.fund_uses else deposits.iloc[:0].assign(purpose="")
    known, apart = (~table["collective_code"].isin(unknown) for table in (deposits, uses))
    return retained_account(deposits[known], uses[apart]), uses[~apart].assign(uncounted_reason=NOT_SPLIT)


def _reserve(shares: pd.DataFrame, plan: IncomePlan) -> pd.DataFrame:
    if plan.risk_reserve_share is None:
        return pd.DataFrame()
    return reserve_of_fund(shares, plan.risk_reserve_share, plan.risk_reserve_document)


def _reforms(deals: pd.DataFrame, shares: pd.DataFrame, rule: SplitRule, plan: IncomePlan) -> dict[str, Reform]:
    made: dict[str, Reform] = {}
    if deals.empty:
        return made
    for one in plan.reforms:
        changed = planned_reform(deals, rule, one)
        after = split_income(deals, changed)
        made[one.name] = Reform(changed, after, compare_splits(shares[list(PARTIES)], after, deals["township"]))
    return made
