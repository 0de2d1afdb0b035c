"""A county's market, computed (供应测算): reserve bank, plan, joint totals, what if, reserves. Internal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pandas as pd

from landmarket.county import County
from landmarket.errors import BadValueError, RuleError
from landmarket.market.demand import Demand, read_demand
from landmarket.market.market_plan import MarketPlan, read_market_plan
from landmarket.market.simulation import MarketOutcome
from landmarket.market.supply import QuotaValue, best_plan, plan_by_rule, quota_value
from landmarket.market.supply_plan import SupplyPlan
from landmarket.market.supply_rule import SupplyRule, read_supply_rule
from landmarket.market.tile_store import TileStore
from landmarket.market_products.bank import SHARES, Assumptions, Watch, reserve_bank, simulated, valued
from landmarket.market_products.cases import PriceCase, levers, price_cases, quota_lever
from landmarket.market_products.reserves import reserve_advice, reserve_curves
from landmarket.products import Work, do_county
from landmarket.progress import Progress, unwatched

Say = Callable[[str], None]

ALL_OFFERED = "没有供应计划规则，全部推出"
ONE_MU = Decimal(1)


@dataclass(frozen=True, eq=False)
class Supply:
    """The supply plan with what stands beside it (供应计划). Internal.

    Attributes
    ----------
    rule : SupplyRule
        Quotas and floors.
    best : SupplyPlan
        The plan of the highest expected collective income.
    by_order : SupplyPlan
        The plan made by the stated order.
    quota : QuotaValue
        What one mu more, and one less, is worth.
    """

    rule: SupplyRule
    best: SupplyPlan
    by_order: SupplyPlan
    quota: QuotaValue


@dataclass(frozen=True, eq=False)
class MarketWork:
    """A county's market, simulated (供应测算). Internal: from all of it the reserve can be guessed.

    Attributes
    ----------
    main : Work
        The county's main job.
    plan : MarketPlan
        What it rests on.
    given : Assumptions
        Terms, demand, rule on the split, draws, seed, day.
    bank : DataFrame
        Parcels that can be offered: facts, price, simulated columns, expected income, ``chosen``, ``plan_reason``.
    market : MarketOutcome
        All of them offered.
    supply : Supply or None
        The supply plan; None without a supply rule.
    joint : MarketOutcome
        The parcels of the plan offered together, with the money of fund and collectives.
    cases : tuple of PriceCase
        The plan at other price levels.
    levers : DataFrame
        How far each assumption moves the expected collective income [万元].
    curves, advice : DataFrame
        Reserves tried on each parcel of the plan, and what they come to.
    """

    main: Work
    plan: MarketPlan
    given: Assumptions
    bank: pd.DataFrame
    market: MarketOutcome
    supply: Supply | None
    joint: MarketOutcome
    cases: tuple[PriceCase, ...]
    levers: pd.DataFrame
    curves: pd.DataFrame
    advice: pd.DataFrame

    @property
    def county(self) -> County:
        """The county file."""
        return self.main.county

    @property
    def demand(self) -> Demand:
        """The assumptions on demand."""
        return self.given.demand

    @property
    def listed(self) -> pd.DataFrame:
        """The parcels of the plan."""
        return self.bank[self.bank["chosen"].eq("是")]

    @property
    def secret_inputs(self) -> list[Path]:
        """The plan, whose valuations tell of the reserve."""
        return [path for path in (self.county.market_plan,) if path is not None]


def do_market(
    county: County,
    say: Say,
    progress: Progress = unwatched,
    *,
    draws: int | None = None,
    kept: TileStore | None = None,
) -> MarketWork:
    """Do the main job and simulate the market (供应测算).

    Parameters
    ----------
    county : County
        The county file; it must name a market plan.
    say : callable
        Told of each step, in Chinese, as it begins.
    progress : callable, optional
        Told of each simulation, and of the parcels done.
    draws : int, optional
        Number of draws; default: the plan's.
    kept : TileStore, optional
        Where finished townships are kept, so that killed work goes on where it stopped.

    Returns
    -------
    MarketWork
        All results, nothing written but what `kept` holds.

    Raises
    ------
    RuleError
        If the county file names no market plan, a file of it cannot be used, or no supply plan keeps to the rule.
    BadValueError
        If no parcel can be offered.
    """
    if county.market_plan is None:
        raise RuleError(f"{county.path}：[files] 没有 market_plan。办法：写明供应测算方案的 TOML 文件。")
    plan = read_market_plan(county.market_plan)
    plan = plan if draws is None else replace(plan, draws=draws)
    demand = read_demand(plan.demand)
    rule = read_supply_rule(plan.supply) if plan.supply else None
    main = do_county(county, say)
    scenario, watch = main.scenario, Watch(progress, kept)
    given = Assumptions(scenario.terms, demand, scenario.split_rule, plan.draws, scenario.seed, scenario.on)
    offered = reserve_bank(main)
    say(f"模拟交易：储备库 {len(offered)} 宗，抽样 {plan.draws} 次")
    bank, market = valued(offered, given, watch, "储备库")
    say("供应计划")
    supply = _supply(bank, rule, plan)
    bank = _with_choice(bank, supply)
    listed = bank[bank["chosen"].eq("是")]
    _require_some(listed, plan)
    say(f"计划宗地 {len(listed)} 宗：合计、价格情景、敏感性")
    joint = simulated(listed, given, watch, "计划宗地", SHARES)
    cases = price_cases(listed, given, plan.price_changes, watch)
    moved = levers(listed, joint.parcels, given, plan.swings, watch)
    if rule is not None:
        moved = pd.concat([moved, quota_lever(bank, rule, plan.swings.quota)], ignore_index=True)
    say("底价测算")
    curves = reserve_curves(listed, given, plan)
    advice = reserve_advice(listed, curves, given, plan, county.county)
    return MarketWork(main, plan, given, bank, market, supply, joint, cases, moved, curves, advice)


def _supply(bank: pd.DataFrame, rule: SupplyRule | None, plan: MarketPlan) -> Supply | None:
    if rule is None or plan.order is None:
        return None
    best, by_order = best_plan(bank, rule), plan_by_rule(bank, rule, plan.order)
    return Supply(rule, best, by_order, quota_value(bank, rule, ONE_MU))


def _with_choice(bank: pd.DataFrame, supply: Supply | None) -> pd.DataFrame:
    """The bank with what was chosen and why; a parcel whose income cannot be split is named as such."""
    if supply is None:
        return bank.assign(chosen="是", plan_reason=ALL_OFFERED)
    gap = bank["split_gap"]
    table = supply.best.chosen
    reason = table["plan_reason"].where(gap.eq(""), "未列入：收益不能分配，" + gap)
    return bank.assign(chosen=table["chosen"], plan_reason=reason)


def _require_some(listed: pd.DataFrame, plan: MarketPlan) -> None:
    if listed.empty:
        raise BadValueError(
            f"供应测算方案 {plan.name}：供应计划一宗也没有列入，没有一宗预期有收入。办法：核对需求假设与供应计划规则。"
        )
