"""Pathways into the market (入市途径): in place (就地), adjusted (调整) and after replanning (整治).

In place a parcel enters with its own area. Adjusted, scattered plots are reclaimed, and the area accepted lets a parcel
of a building zone enter elsewhere. After replanning, a mixed area is divided, and what the collective keeps for itself
does not enter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

import pandas as pd

from landmarket.checks import Fault, fault, require_columns, require_sound, require_unique_index
from landmarket.errors import RuleError
from landmarket.exact import MILLION, apportion, millionths
from landmarket.market.amounts import not_whole
from landmarket.market.areas import area_fault, centi_of, not_area, square_metres


class Pathway(StrEnum):
    """Pathway into the market (入市途径)."""

    IN_PLACE = "就地"
    ADJUSTED = "调整"
    REPLANNED = "整治"


@dataclass(frozen=True)
class ReplanRule:
    """How a replanned area is divided (整治入市的用地分配).

    Attributes
    ----------
    name, source : str
        What the rule is called, and what it rests on.
    state_share, collective_share, public_share : Decimal
        Parts of the area, together one.
    """

    name: str
    source: str
    state_share: Decimal
    collective_share: Decimal
    public_share: Decimal

    def __post_init__(self) -> None:
        """Refuse shares that are not a whole.

        Raises
        ------
        RuleError
            Naming the rule and the sum.
        """
        total = sum(self.weights)
        if total != MILLION:
            raise RuleError(
                f"整治规则 {self.name}：国有、集体、公共用地比例合计 {Decimal(total) / MILLION}，应为 1。办法：改写。"
            )

    @property
    def weights(self) -> tuple[int, int, int]:
        """The shares in millionths: state, collective, public."""
        shares = (("国有", self.state_share), ("集体", self.collective_share), ("公共", self.public_share))
        state, collective, public = (millionths(share, f"{self.name}：{what}用地比例") for what, share in shares)
        return state, collective, public


def adjusted_areas(zones: pd.DataFrame, plots: pd.DataFrame) -> pd.DataFrame:
    """Set the area reclaimed beside the area it lets in (调整入市面积台账).

    Parameters
    ----------
    zones : DataFrame
        Parcels of building zones, index parcel code; ``area`` [㎡].
    plots : DataFrame
        Reclaimed plots, index parcel code; ``zone_parcel`` (the parcel they make way for), ``area`` [㎡],
        ``accepted_area`` [㎡] (missing: not accepted yet), ``reclamation_cost_fen`` [分].

    Returns
    -------
    DataFrame
        On the index of the zones: ``plot_count``, ``plot_area``, ``accepted_area``, ``quota_left_area`` (accepted, not
        needed), ``quota_short_area`` (needed, not accepted) [㎡], ``reclamation_cost_fen`` [分] of all their plots.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a parcel stands twice or in both tables, a plot makes way for none of the parcels, an area or cost cannot be
        used, or more was accepted than a plot has.
    """
    require_plots(zones, plots, "adjusted_areas")
    whole, accepted = centi_of(plots["area"]), centi_of(plots["accepted_area"].fillna(0))
    own = pd.DataFrame(
        {
            "plot_count": 1,
            "plot_area": whole,
            "accepted_area": accepted,
            "reclamation_cost_fen": plots["reclamation_cost_fen"].astype("int64"),
        },
        index=plots.index,
    )
    sums = own.groupby(plots["zone_parcel"]).sum().reindex(zones.index, fill_value=0).astype("int64")
    left = sums["accepted_area"] - centi_of(zones["area"])
    table = pd.DataFrame({"plot_count": sums["plot_count"]}, index=zones.index)
    for name in ("plot_area", "accepted_area"):
        table[name] = square_metres(sums[name].tolist(), zones.index)
    table["quota_left_area"] = square_metres(left.clip(lower=0).tolist(), zones.index)
    table["quota_short_area"] = square_metres((-left).clip(lower=0).tolist(), zones.index)
    table["reclamation_cost_fen"] = sums["reclamation_cost_fen"]
    return table


def require_plots(zones: pd.DataFrame, plots: pd.DataFrame, needed_by: str) -> None:
    """Raise unless plots and the parcels they make way for can be used (复垦地块与建新地块).

    Parameters
    ----------
    zones, plots : DataFrame
        As for `adjusted_areas`.
    needed_by : str
        The function that needs them, for messages.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a value cannot be used; the parcels are named.
    """
    for table in (zones, plots):
        require_unique_index(table, needed_by)
    require_columns(zones, ["area"], needed_by)
    require_columns(plots, ["zone_parcel", "area", "accepted_area", "reclamation_cost_fen"], needed_by)
    require_sound(zones, [area_fault(zones, "area")], needed_by)
    require_sound(plots, _plot_faults(zones, plots), needed_by)


def _plot_faults(zones: pd.DataFrame, plots: pd.DataFrame) -> list[Fault]:
    accepted = plots["accepted_area"].fillna(0)
    elsewhere = ~plots["zone_parcel"].isin(zones.index)
    return [
        fault("zone_parcel", elsewhere, "没有这个建新地块，核对代码。"),
        fault("zone_parcel", plots.index.isin(zones.index), "复垦地块同时列为建新地块，核对代码。"),
        area_fault(plots, "area"),
        fault("accepted_area", not_area(accepted, 0), "应为不小于 0 的面积（㎡），未验收的留空。"),
        fault("accepted_area", accepted > plots["area"], "验收面积不应大于地块面积。"),
        fault(
            "reclamation_cost_fen", not_whole(plots["reclamation_cost_fen"], 0), "应为不小于 0 的整数分，没有的填 0。"
        ),
    ]


def replanned_areas(areas: pd.DataFrame, rule: ReplanRule) -> pd.DataFrame:
    """Divide replanned areas between state, collective and public land (整治入市), and say what enters.

    Parameters
    ----------
    areas : DataFrame
        Replanned areas, index their code; ``area`` [㎡], ``retained_area`` [㎡] (what the collective keeps for housing
        and its own use).
    rule : ReplanRule
        The shares.

    Returns
    -------
    DataFrame
        On the same index: ``state_area``, ``collective_area``, ``public_area``, adding up to the area to 0.01 ㎡
        (largest remainder, ties in this order), and ``entering_area``, the collective's less what it keeps [㎡].

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If an area cannot be used, or more is kept than the collective has.
    """
    needed_by = "replanned_areas"
    require_unique_index(areas, needed_by)
    require_columns(areas, ["area", "retained_area"], needed_by)
    kept_wrong = fault("retained_area", not_area(areas["retained_area"], 0), "应为不小于 0 的面积（㎡），没有的填 0。")
    require_sound(areas, [area_fault(areas, "area"), kept_wrong], needed_by)
    parts = [apportion(area, rule.weights) for area in centi_of(areas["area"]).tolist()]
    kept = centi_of(areas["retained_area"]).tolist()
    entering = [collective - own for (_, collective, _), own in zip(parts, kept, strict=True)]
    beyond = pd.Series(entering, index=areas.index) < 0
    require_sound(areas, [fault("retained_area", beyond, f"不应大于集体所得（{rule.collective_share}）。")], needed_by)
    table = pd.DataFrame(index=areas.index)
    for at, name in enumerate(("state_area", "collective_area", "public_area")):
        table[name] = square_metres([part[at] for part in parts], areas.index)
    table["entering_area"] = square_metres(entering, areas.index)
    return table


def entering_areas(parcels: pd.DataFrame, adjusted: pd.DataFrame, replanned: pd.DataFrame) -> pd.DataFrame:
    """Say with which area each parcel enters, by its pathway (入市面积), and how much quota it takes.

    Parameters
    ----------
    parcels : DataFrame
        Index parcel code; ``pathway`` (`Pathway`), ``area`` [㎡].
    adjusted : DataFrame
        As `adjusted_areas` gives it, with every parcel of adjusted entry.
    replanned : DataFrame
        As `replanned_areas` gives it, with every area of replanned entry.

    Returns
    -------
    DataFrame
        On the same index: ``entering_area`` and ``quota_taken_area`` [㎡]; only adjusted entry takes quota.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a pathway or area cannot be used, a parcel is not in its ledger, or quota is short for it.
    """
    needed_by = "entering_areas"
    require_unique_index(parcels, needed_by)
    require_columns(parcels, ["pathway", "area"], needed_by)
    require_columns(adjusted, ["quota_short_area"], needed_by)
    require_columns(replanned, ["entering_area"], needed_by)
    require_sound(parcels, _pathway_faults(parcels, adjusted, replanned), needed_by)
    own = square_metres(centi_of(parcels["area"]).tolist(), parcels.index)
    is_replanned = parcels["pathway"].eq(Pathway.REPLANNED)
    table = pd.DataFrame(index=parcels.index)
    table["entering_area"] = own.mask(is_replanned, replanned["entering_area"].reindex(parcels.index))
    table["quota_taken_area"] = own.where(parcels["pathway"].eq(Pathway.ADJUSTED), 0.0)
    return table


def _pathway_faults(parcels: pd.DataFrame, adjusted: pd.DataFrame, replanned: pd.DataFrame) -> Sequence[Fault]:
    way, codes = parcels["pathway"], parcels.index
    short = adjusted.index[adjusted["quota_short_area"] > 0]
    moved, renewed = way.eq(Pathway.ADJUSTED), way.eq(Pathway.REPLANNED)
    return [
        fault("pathway", ~way.isin(list(Pathway)), f"写 {'、'.join(Pathway)} 之一。"),
        area_fault(parcels, "area"),
        fault("pathway", moved & ~codes.isin(adjusted.index), "调整入市的宗地不在调整入市面积台账中，补上复垦地块。"),
        fault("pathway", moved & codes.isin(short), "复垦验收面积不足，补足验收面积后再入市。"),
        fault("pathway", renewed & ~codes.isin(replanned.index), "整治入市的宗地不在整治用地分配表中，补上。"),
    ]
