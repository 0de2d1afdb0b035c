"""Zoning (规划与用途管制): what a parcel is, who owns it, what it may be, and whether it may enter the market."""

from __future__ import annotations

from landmarket.zoning.conditions import (
    FarEnd,
    FarRange,
    PlanningConditions,
    choose_floor_area_ratio,
    parse_far_range,
    planning_conditions,
    planning_conditions_of,
)
from landmarket.zoning.constraints import ConstraintLayer, Effect, constraint_hits
from landmarket.zoning.entry import EntryRule, market_entry, read_entry_rule
from landmarket.zoning.ownership import ownership
from landmarket.zoning.parcel_code import (
    ParcelCode,
    build_parcel_code,
    check_parcel_codes,
    parse_parcel_code,
    unit_code,
)
from landmarket.zoning.place import locate
from landmarket.zoning.plan import planned_use
from landmarket.zoning.reasons import Answer, Reason, reasons
from landmarket.zoning.use import Correspondence, LandUse, Scheme, land_use_table, use_crosswalk
from landmarket.zoning.votes import votes_needed

__all__ = [
    "Answer",
    "ConstraintLayer",
    "Correspondence",
    "Effect",
    "EntryRule",
    "FarEnd",
    "FarRange",
    "LandUse",
    "ParcelCode",
    "PlanningConditions",
    "Reason",
    "Scheme",
    "build_parcel_code",
    "check_parcel_codes",
    "choose_floor_area_ratio",
    "constraint_hits",
    "land_use_table",
    "locate",
    "market_entry",
    "ownership",
    "parse_far_range",
    "parse_parcel_code",
    "planned_use",
    "planning_conditions",
    "planning_conditions_of",
    "read_entry_rule",
    "reasons",
    "unit_code",
    "use_crosswalk",
    "votes_needed",
]
