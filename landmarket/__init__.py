"""The market of China's rural collective operating construction land (农村集体经营性建设用地).

Every step is a function from a table of parcels to a table on the same index. Maps are in `landmarket.maps`,
the workbook in `landmarket.report`.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

from landmarket.county import County, read_county, read_county_parcels, read_scenario, read_villages, sample_county
from landmarket.distribution import SplitRule, read_split_rule, split_income
from landmarket.market.deal import simulate_deals
from landmarket.market.terms import DealTerms, read_deal_terms
from landmarket.scenario import Outcome, Scenario, compare_scenarios, run_scenario, scenario_changes, zone_parcels
from landmarket.screening import Screening, screen

if TYPE_CHECKING:
    from landmarket.explorer import explore

__version__ = version("landmarket")


def __getattr__(name: str) -> object:
    """Import the explorer when it is first asked for: it brings maps along."""
    if name != "explore":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = import_module("landmarket.explorer").explore
    return found


__all__ = [
    "County",
    "DealTerms",
    "Outcome",
    "Scenario",
    "Screening",
    "SplitRule",
    "__version__",
    "compare_scenarios",
    "explore",
    "read_county",
    "read_county_parcels",
    "read_deal_terms",
    "read_scenario",
    "read_split_rule",
    "read_villages",
    "run_scenario",
    "sample_county",
    "scenario_changes",
    "screen",
    "simulate_deals",
    "split_income",
    "zone_parcels",
]
