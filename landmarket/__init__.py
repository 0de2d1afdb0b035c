"""The market of China's rural collective operating construction land (农村集体经营性建设用地).

Every step is a function from a table of parcels to a table on the same index. Maps are in `landmarket.maps`,
the workbook in `landmarket.report`.
"""

from __future__ import annotations

from importlib.metadata import version

from landmarket.county import County, read_county, read_county_parcels, read_scenario, read_villages, sample_county
from landmarket.distribution import SplitRule, read_split_rule, split_income
from landmarket.market.deal import simulate_deals
from landmarket.market.terms import DealTerms, read_deal_terms
from landmarket.scenario import Outcome, Scenario, compare_scenarios, run_scenario, zone_parcels
from landmarket.screening import Screening, screen

__version__ = version("landmarket")

__all__ = [
    "County",
    "DealTerms",
    "Outcome",
    "Scenario",
    "Screening",
    "SplitRule",
    "__version__",
    "compare_scenarios",
    "read_county",
    "read_county_parcels",
    "read_deal_terms",
    "read_scenario",
    "read_split_rule",
    "read_villages",
    "run_scenario",
    "sample_county",
    "screen",
    "simulate_deals",
    "split_income",
    "zone_parcels",
]
