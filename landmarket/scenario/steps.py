"""The steps of a scenario one by one (情景分步), and all of them in one go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import geopandas as gpd
import pandas as pd

from landmarket.distribution import split_gaps, split_income
from landmarket.market.deal import simulate_deals
from landmarket.market.offer import deal_gaps
from landmarket.pieces import indexed_parcels
from landmarket.pricing.basis import price_basis
from landmarket.pricing.gaps import price_or_gap
from landmarket.scenario.values import ALLOWED, Outcome, Scenario
from landmarket.zoning.conditions import planning_conditions
from landmarket.zoning.constraints import constraint_hits
from landmarket.zoning.entry import market_entry
from landmarket.zoning.ownership import ownership
from landmarket.zoning.place import locate
from landmarket.zoning.plan import planned_use


@dataclass(frozen=True, eq=False)
class Zoned:
    """Parcels with their plan, and whether each may enter (规划与入市资格).

    Attributes
    ----------
    parcels : GeoDataFrame
        Parcels with the columns of zoning.
    entry : DataFrame
        Whether each may enter the market.
    """

    parcels: gpd.GeoDataFrame
    entry: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Priced:
    """Parcels with their prices (地价).

    Attributes
    ----------
    parcels : GeoDataFrame
        All parcels, with ``price_gap``.
    prices : DataFrame
        Factors and prices of those without one.
    offered : GeoDataFrame
        Those that may enter, with all columns so far.
    """

    parcels: gpd.GeoDataFrame
    prices: pd.DataFrame
    offered: gpd.GeoDataFrame


def zoned_parcels(parcels: gpd.GeoDataFrame, scenario: Scenario) -> Zoned:
    """Place the parcels and decide on market entry (规划与入市资格).

    Parameters
    ----------
    parcels : GeoDataFrame
        Accepted parcels.
    scenario : Scenario
        Its layers and entry rule are used.

    Returns
    -------
    Zoned
        Parcels and entry.
    """
    zoned = zone_parcels(parcels, scenario)
    return Zoned(zoned, market_entry(zoned, on=scenario.on, rule=scenario.entry_rule))


def priced_parcels(zoned: Zoned, scenario: Scenario) -> Priced:
    """Price the parcels by a scenario's notice (地价).

    Parameters
    ----------
    zoned : Zoned
        Parcels and entry.
    scenario : Scenario
        Its notice, day and choice of floor-area ratio are used.

    Returns
    -------
    Priced
        Prices, and the parcels that can be offered.
    """
    table, ends = scenario.price_table, scenario.floor_area_ratio
    basis = price_basis(zoned.parcels, table)
    parcels = _with_columns(zoned.parcels, basis)
    prices, parcels["price_gap"] = price_or_gap(parcels, table, ends, on=scenario.on)
    chosen = parcels["price_gap"].eq("") & zoned.entry["allowed"].reindex(parcels.index).eq(ALLOWED)
    ratio = prices["floor_area_ratio"].reindex(parcels.index[chosen])
    offered = parcels[chosen].assign(floor_area_ratio=ratio)
    return Priced(parcels, prices, offered.join(prices[prices.columns.difference(offered.columns, sort=False)]))


def zone_parcels(parcels: gpd.GeoDataFrame, scenario: Scenario) -> gpd.GeoDataFrame:
    """Give every parcel its place, owner, constraints, planned use and planning conditions.

    Parameters
    ----------
    parcels : GeoDataFrame
        Accepted parcels.
    scenario : Scenario
        Its layers are used.

    Returns
    -------
    GeoDataFrame
        The parcels with the columns of zoning; township and village come from the village layer where it
        covers the parcel, else from the parcel's own column.
    """
    laid = indexed_parcels(parcels, "zone_parcels")
    place = locate(laid, scenario.villages)
    stated = parcels.reindex(columns=place.columns)
    for name in place.columns[place.isna().any()]:
        own = place[name]
        place[name] = own.astype("object").where(own.notna(), stated[name]).astype(own.dtype)
    return _with_columns(
        parcels,
        place,
        ownership(laid, scenario.owners),
        constraint_hits(laid, scenario.constraints),
        planned_use(laid, scenario.plan),
        planning_conditions(parcels),
    )


def _with_columns(parcels: gpd.GeoDataFrame, *found: pd.DataFrame) -> gpd.GeoDataFrame:
    """Put tables on the index of the parcels beside them, in place of columns of that name."""
    names = [name for table in found for name in table.columns]
    return cast("gpd.GeoDataFrame", pd.concat([parcels.drop(columns=names, errors="ignore"), *found], axis=1))


def deals_and_shares(zoned: Zoned, priced: Priced, offered: gpd.GeoDataFrame, scenario: Scenario) -> Outcome:
    """Simulate one deal for each parcel and split its income (交易与分配).

    Parameters
    ----------
    zoned, priced : Zoned, Priced
        What went before.
    offered : GeoDataFrame
        The parcels that are offered.
    scenario : Scenario
        Its terms, rule on the split, day and seed are used.

    Returns
    -------
    Outcome
        As `run_scenario` gives it.
    """
    gap = deal_gaps(offered, scenario.terms)
    deals = simulate_deals(offered[gap.eq("")], scenario.terms, seed=scenario.seed, on=scenario.on)
    deals = deals.reindex(offered.index).assign(deal_gap=gap)
    made = deals.join(offered[offered.columns.difference(deals.columns, sort=False)])
    gap = gap.where(gap.ne(""), split_gaps(made, scenario.split_rule))
    shares = split_income(made[gap.eq("")], scenario.split_rule).reindex(deals.index).assign(split_gap=gap)
    return Outcome(priced.parcels, zoned.entry, priced.prices, deals, shares)


def run_scenario(parcels: gpd.GeoDataFrame, scenario: Scenario) -> Outcome:
    """Run the whole job: zoning, entry, price, deal, split.

    Parameters
    ----------
    parcels : GeoDataFrame
        Accepted parcels, as `screen` gives them.
    scenario : Scenario
        Layers, notice and rules.

    Returns
    -------
    Outcome
        One table per step. A parcel with a missing or unusable fact stops nothing: it has every reason in
        ``price_gap``, ``deal_gap`` or ``split_gap``, and the others are priced, offered and split as without it.
    """
    zoned = zoned_parcels(parcels, scenario)
    priced = priced_parcels(zoned, scenario)
    return deals_and_shares(zoned, priced, priced.offered, scenario)
