"""The money of adjusted entry (调整入市): what the sale leaves goes to the reclaimed side and the building side.

The share, who pays for reclamation, and the floor price of quota are local: they are given, with their source.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

import pandas as pd

from landmarket.checks import Fault, fault, require_columns, require_sound, require_values
from landmarket.errors import RuleError
from landmarket.exact import MILLION, apportion, millionths
from landmarket.market.amounts import not_whole
from landmarket.market.areas import centi_of, money_of_mu
from landmarket.market.pathways import adjusted_areas, require_plots
from landmarket.units import yuan_to_fen

_SALE_COLUMNS = ["deal_price_fen", "fund_fen", "tax_fen", "cost_fen"]


class Payer(StrEnum):
    """Who pays (承担者)."""

    GOVERNMENT = "政府"
    PROCEEDS = "入市收入"


@dataclass(frozen=True)
class AdjustedRule:
    """How adjusted entry is settled (调整入市收益分配办法).

    Attributes
    ----------
    name, source : str
        What the rule is called, and what it rests on.
    reclaimed_share : Decimal
        Share of the net income that goes to the reclaimed side (复垦区), 0 to 1; the building side (建新区): the rest.
    reclamation_paid_by : Payer
        Who pays for reclamation.
    quota_floor : Decimal or None
        Least that the reclaimed side has for its quota [元/亩] (回购保底价); None: there is no floor.
    floor_paid_by : Payer
        Who pays what is missing to the floor.
    """

    name: str
    source: str
    reclaimed_share: Decimal
    reclamation_paid_by: Payer
    quota_floor: Decimal | None = None
    floor_paid_by: Payer = Payer.GOVERNMENT

    def __post_init__(self) -> None:
        """Refuse what is no share or no price.

        Raises
        ------
        RuleError
            Naming rule and value.
        """
        share = millionths(self.reclaimed_share, f"{self.name}：复垦区份额")
        if share > MILLION:
            raise RuleError(
                f"{self.name}：复垦区份额 {self.reclaimed_share} 应在 0 与 1 之间，如四成写 0.40。办法：改写。"
            )
        millionths(self.quota_floor or Decimal(0), f"{self.name}：指标保底价")


def split_adjusted(zones: pd.DataFrame, plots: pd.DataFrame, rule: AdjustedRule) -> pd.DataFrame:
    r"""Split what sales of building-zone parcels leave (调整入市收益分配), exact to the fen.

    .. math:: N = P - F - T - C - R, \qquad A = \max(0, N), \quad A_r = s A

    Parameters
    ----------
    zones : DataFrame
        Parcels sold, index parcel code; ``area`` [㎡]; ``deal_price_fen`` P, ``fund_fen`` F, ``tax_fen`` T and
        ``cost_fen`` C, costs of the land without reclamation [分].
    plots : DataFrame
        Reclaimed plots, as for `adjusted_areas`, all accepted as far as the area needs.
    rule : AdjustedRule
        Share s of the reclaimed side, who pays for reclamation R, floor price.

    Returns
    -------
    DataFrame
        On the index of the zones [分]: ``reclamation_cost_fen`` R that the proceeds bear, ``government_cost_fen``
        that the government bears, ``net_income_fen`` A, ``loss_fen`` (−N where negative), ``reclaimed_fen``,
        ``building_fen``, ``quota_floor_fen`` (floor price × area that enters), ``quota_top_up_fen`` that the government
        adds to the reclaimed side; it is no part of the price. P = F + T + C + R + reclaimed + building − loss.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a value cannot be used, accepted area is short, or proceeds that must pay the floor do not suffice.

    Notes
    -----
    Largest remainder, a tie to the reclaimed side. Shares of 海城 and 平罗 and a floor of 义乌 are records of the local
    rules.
    """
    needed_by = "split_adjusted"
    ledger = adjusted_areas(zones, plots)
    require_columns(zones, _SALE_COLUMNS, needed_by)
    short = ledger["quota_short_area"] > 0
    require_sound(zones, _sale_faults(zones), needed_by)
    require_values(ledger, "quota_short_area", short, "复垦验收面积不足，补足后再分配。", needed_by)
    reclamation = ledger["reclamation_cost_fen"]
    borne = reclamation if rule.reclamation_paid_by is Payer.PROCEEDS else 0 * reclamation
    sale = zones[_SALE_COLUMNS].astype("int64")
    net = sale["deal_price_fen"] - sale["fund_fen"] - sale["tax_fen"] - sale["cost_fen"] - borne
    table = pd.DataFrame(index=zones.index)
    table["reclamation_cost_fen"] = borne
    table["government_cost_fen"] = reclamation - borne
    table["net_income_fen"] = net.clip(lower=0)
    table["loss_fen"] = (-net).clip(lower=0)
    floor_price = yuan_to_fen(rule.quota_floor or Decimal(0))
    table["quota_floor_fen"] = [money_of_mu(floor_price, area) for area in centi_of(zones["area"]).tolist()]
    return _divided(table, rule)


def _divided(table: pd.DataFrame, rule: AdjustedRule) -> pd.DataFrame:
    """Divide the net income between the sides, and see to the floor."""
    share = millionths(rule.reclaimed_share, "复垦区份额")
    net, floor = table["net_income_fen"], table["quota_floor_fen"]
    own = [apportion(int(fen), [share, MILLION - share])[0] for fen in net]
    reclaimed = pd.Series(own, index=table.index, dtype="int64")
    missing = (floor - reclaimed).clip(lower=0)
    if rule.floor_paid_by is Payer.PROCEEDS:
        cure = f"净收益不足以支付指标保底价（{rule.quota_floor} 元/亩），改由政府回购，或重新定价。"
        require_values(table, "net_income_fen", floor > net, cure, "split_adjusted")
        reclaimed, missing = reclaimed + missing, 0 * missing
    return table.assign(reclaimed_fen=reclaimed, building_fen=net - reclaimed, quota_top_up_fen=missing)


def _sale_faults(zones: pd.DataFrame) -> list[Fault]:
    cure = "应为不小于 0 的整数分，没有的填 0。"
    return [fault(name, not_whole(zones[name], 0), cure) for name in _SALE_COLUMNS]


def plot_shares(zones: pd.DataFrame, plots: pd.DataFrame, split: pd.DataFrame) -> pd.DataFrame:
    """Divide the reclaimed side's money among its plots by accepted area (复垦地块分配).

    Parameters
    ----------
    zones, plots : DataFrame
        As for `split_adjusted`.
    split : DataFrame
        Its result.

    Returns
    -------
    DataFrame
        On the index of the plots [分]: ``plot_income_fen`` from the sale, ``plot_top_up_fen`` from the government. For
        each parcel they add up to its ``reclaimed_fen`` and ``quota_top_up_fen`` (largest remainder, ties by code).

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a value cannot be used.
    """
    require_plots(zones, plots, "plot_shares")
    require_columns(split, ["reclaimed_fen", "quota_top_up_fen"], "plot_shares")
    accepted = dict(zip(plots.index, centi_of(plots["accepted_area"].fillna(0)).tolist(), strict=True))
    table = pd.DataFrame({"plot_income_fen": 0, "plot_top_up_fen": 0}, index=plots.index, dtype="int64")
    for zone in zones.index:
        codes = sorted(plots.index[plots["zone_parcel"].eq(zone)])
        weights = [accepted[code] for code in codes]
        for name, source in (("plot_income_fen", "reclaimed_fen"), ("plot_top_up_fen", "quota_top_up_fen")):
            table.loc[codes, name] = apportion(int(split.loc[zone, source]), weights)
    return table
