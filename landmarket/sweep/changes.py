"""What a setting of the knobs changes (变动): the scenario, the assumptions on demand, the parcels within a quota."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal

import geopandas as gpd
import pandas as pd

from landmarket.distribution import reform
from landmarket.market.demand import Demand
from landmarket.market.market_changes import with_bidders, with_price_level
from landmarket.market.supply import SupplyOrder, plan_by_rule
from landmarket.market.supply_limits import SupplyState
from landmarket.market.supply_rule import SupplyRule
from landmarket.scenario import Scenario
from landmarket.sweep.plan import KnobName, Setting, SweepPlan

_PLACES = Decimal("0.000001")
_YES = "是"


def within_quota(offered: gpd.GeoDataFrame, quota_mu: Decimal | None, name: str) -> gpd.GeoDataFrame:
    """Take as many parcels as a quota allows (指标内的宗地), by benchmark price per mu, the highest first.

    Parameters
    ----------
    offered : GeoDataFrame
        Parcels that can be offered.
    quota_mu : Decimal or None
        The quota [亩]; None: no limit.
    name : str
        Name of the grid, for messages.

    Returns
    -------
    GeoDataFrame
        Those that are offered, in the order they stand in. One that does not fit is passed over for smaller ones.
    """
    if quota_mu is None:
        return offered
    rule = SupplyRule(name, name, verified=True, year=1, quota_mu=quota_mu)
    bank = pd.DataFrame(offered[["township", "price_use", "area"]]).assign(
        township=offered["township"].fillna(""),
        supply_state=str(SupplyState.AVAILABLE),
        expected_collective_fen=offered["total_price_fen"],
    )
    chosen = plan_by_rule(bank, rule, SupplyOrder.INCOME_PER_MU).chosen["chosen"]
    return offered[chosen.eq(_YES)]


def changed_scenario(base: Scenario, setting: Setting, plan: SweepPlan) -> Scenario:
    """Turn the knobs of a scenario (变动后的情景); a quota is no part of a scenario.

    Parameters
    ----------
    base : Scenario
        The base scenario.
    setting : Setting
        What is different.
    plan : SweepPlan
        The grid, for the document by which rates stand outside a band.

    Returns
    -------
    Scenario
        The base scenario with its new name, or itself where nothing is different.
    """
    name = setting_name(setting)
    changed = replace(base, name=name) if setting else base
    for knob, value in setting:
        if knob is KnobName.PRICE:
            changed = replace(changed, price_table=base.price_table.scaled(value))
        elif knob is KnobName.BIDDERS:
            weights = tuple(weight * value**count for count, weight in enumerate(base.terms.bidder_weights))
            changed = replace(changed, terms=replace(changed.terms, bidder_weights=weights))
        elif knob is KnobName.VALUES:
            low, high = (_sixth(value * end) for end in (base.terms.value_low, base.terms.value_high))
            changed = replace(changed, terms=replace(changed.terms, value_low=low, value_high=high))
        elif knob is KnobName.FUND_RATE:
            rule = reform(base.split_rule, name, fund_rate=value, override_document=plan.override_document or None)
            changed = replace(changed, split_rule=rule)
        elif knob is KnobName.FUND_FACTOR:
            rule = reform(base.split_rule, name, rate_factor=value, override_document=plan.override_document or None)
            changed = replace(changed, split_rule=rule)
    return changed


def changed_demand(demand: Demand, setting: Setting) -> Demand:
    """Turn the knobs of the assumptions on demand (变动后的需求假设).

    Parameters
    ----------
    demand : Demand
        The base assumptions.
    setting : Setting
        What is different; knobs that are no matter of demand change nothing.

    Returns
    -------
    Demand
        Mean numbers of bidders, and what every parcel is worth to everybody, multiplied; budgets stay.
    """
    for knob, value in setting:
        if knob is KnobName.BIDDERS:
            demand = with_bidders(demand, value - 1)
        elif knob is KnobName.VALUES:
            demand = with_price_level(demand, value - 1)
    return demand


def _sixth(value: Decimal) -> Decimal:
    return value.quantize(_PLACES, rounding=ROUND_HALF_EVEN)


def setting_name(setting: Setting) -> str:
    """Name a scenario by what is different (情景名称).

    Parameters
    ----------
    setting : Setting
        What is different.

    Returns
    -------
    str
        In Chinese; 基准 where nothing is.
    """
    return "，".join(f"{knob} {value:f}" for knob, value in setting) or "基准"
