"""Scenarios (情景): the whole job as one composition of functions, and what differs between two."""

from landmarket.scenario.changes import scenario_changes
from landmarket.scenario.comparison import compare_scenarios
from landmarket.scenario.steps import (
    Priced,
    Zoned,
    deals_and_shares,
    priced_parcels,
    run_scenario,
    zone_parcels,
    zoned_parcels,
)
from landmarket.scenario.values import ALLOWED, TOTAL, Outcome, Scenario

__all__ = [
    "ALLOWED",
    "TOTAL",
    "Outcome",
    "Priced",
    "Scenario",
    "Zoned",
    "compare_scenarios",
    "deals_and_shares",
    "priced_parcels",
    "run_scenario",
    "scenario_changes",
    "zone_parcels",
    "zoned_parcels",
]
