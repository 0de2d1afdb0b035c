"""What land the book is about (备选、权属、规划覆盖): candidates with evidence, owners, plans that cover them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import pandas as pd

from landmarket.book_products.registers import Registers, read_registers
from landmarket.checks import require_projected
from landmarket.geometry import in_system
from landmarket.io.parcels import read_layer
from landmarket.land_book.book_plan import BookPlan
from landmarket.land_book.candidate_rule import CandidateRule, candidate_rule
from landmarket.land_book.candidates import candidates
from landmarket.land_book.cause_zones import permit_areas, with_use_records
from landmarket.land_book.collectives import contested_share, owner_parts, parcel_collectives
from landmarket.land_book.plan_coverage import entry_plan_types, plan_areas, plan_coverage, plan_work_list
from landmarket.overlay import coverage
from landmarket.products import Work

_HALF = 0.5


@dataclass(frozen=True, eq=False)
class Land:
    """The land that a county looks at (备选地块及其权属、规划).

    Attributes
    ----------
    rule : CandidateRule
        What makes land a candidate.
    plan_types : tuple of str
        Kinds of plans that entry needs.
    parcels : GeoDataFrame
        The parcels looked at, indexed by parcel code.
    unsurveyed : Series of float
        Area of every parcel that lies in no patch of the survey [㎡].
    candidates : DataFrame
        As from `landmarket.land_book.candidates.candidates`.
    parts : DataFrame
        As from `owner_parts`.
    owners : DataFrame
        On the parcels' index: ``collective_code``, ``collective``, ``contested_share``.
    coverage : DataFrame
        As from `plan_coverage`.
    waiting : DataFrame
        As from `plan_work_list`.
    """

    rule: CandidateRule
    plan_types: tuple[str, ...]
    parcels: gpd.GeoDataFrame
    unsurveyed: pd.Series[float]
    candidates: pd.DataFrame
    parts: pd.DataFrame
    owners: pd.DataFrame
    coverage: pd.DataFrame
    waiting: pd.DataFrame


def look_at_land(main: Work, plan: BookPlan, registers: Registers, named: Collection[str], *, on: date) -> Land:
    """Find candidates, owners and plans of the parcels a county looks at.

    Parameters
    ----------
    main : Work
        The county's main job.
    plan : BookPlan
        What the book is checked against.
    registers : Registers
        Its registers.
    named : collection of str
        Codes of parcels that the book names.
    on : date
        The day.

    Returns
    -------
    Land
        Of the accepted parcels that lie in the survey by half, or that a permit, a record of use or the book names.
    """
    county = main.county
    survey = in_system(read_layer(plan.survey), require_projected(main.outcome.table, "look_at_land"))
    parcels = _looked_at(main.outcome.table, survey, registers, named)
    rule = candidate_rule(registers.rules, on=on, county=county.county, pilot=county.pilot)
    types = entry_plan_types(registers.rules, on=on, county=county.county, pilot=county.pilot)
    permits = permit_areas(registers.permits, parcels)
    covered = plan_coverage(parcels, plan_areas(registers.plans, main.scenario.villages), types, on=on)
    owned = parcel_collectives(parcels, registers.collectives)
    return Land(
        rule=rule,
        plan_types=types,
        parcels=parcels,
        unsurveyed=parcels.geometry.area - coverage(parcels, survey)["area"],
        candidates=candidates(_disputed(parcels, registers), survey, permits, rule, on=on),
        parts=owner_parts(parcels, main.scenario.owners),
        owners=owned.assign(contested_share=_contested(parcels, main.scenario.owners)),
        coverage=covered,
        waiting=plan_work_list(parcels, covered),
    )


def _looked_at(
    table: gpd.GeoDataFrame, survey: gpd.GeoDataFrame, registers: Registers, named: Collection[str]
) -> gpd.GeoDataFrame:
    stated = {*registers.permits["parcel_code"], *registers.use_records.index, *named}
    surveyed = coverage(table, survey)["share"]
    return with_use_records(table[surveyed.ge(_HALF) | table.index.isin(list(stated))], registers.use_records)


def _disputed(parcels: gpd.GeoDataFrame, registers: Registers) -> gpd.GeoDataFrame:
    """A dispute counts that the parcel file or the register has open."""
    open_ = registers.disputes["disputed"].reindex(parcels.index).eq("是")
    return parcels.assign(disputed=parcels["disputed"].mask(open_, "是"))


def _contested(parcels: gpd.GeoDataFrame, owners: gpd.GeoDataFrame) -> pd.Series[float]:
    near = owners.iloc[owners.sindex.query(parcels.geometry, predicate="intersects")[1]]
    return contested_share(parcels, near.loc[~near.index.duplicated()])


def surveyed_land(main: Work, plan: BookPlan) -> Land:
    """Look at a county's land without a book (备选地块).

    Parameters
    ----------
    main : Work
        The county's main job.
    plan : BookPlan
        What its land is checked against.

    Returns
    -------
    Land
        On the county's day.
    """
    registers = read_registers(plan, main.county, main.outcome.table, on=main.county.on)
    return look_at_land(main, plan, registers, (), on=main.county.on)
