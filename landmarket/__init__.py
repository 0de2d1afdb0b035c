"""The market of China's rural collective operating construction land (农村集体经营性建设用地).

Every step is a function from a table of parcels to a table on the same index. Maps are in `landmarket.maps`,
the workbook in `landmarket.report`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from landmarket.county import County, read_county, read_county_parcels, read_scenario, read_villages, sample_county
    from landmarket.distribution import SplitRule, read_split_rule, split_income
    from landmarket.explorer import explore
    from landmarket.market.deal import simulate_deals
    from landmarket.market.terms import DealTerms, read_deal_terms
    from landmarket.scenario import Outcome, Scenario, compare_scenarios, run_scenario, scenario_changes, zone_parcels
    from landmarket.screening import Screening, screen

    __version__: str

_ROOMS = {
    "landmarket.county": (
        *("County", "read_county", "read_county_parcels", "read_scenario", "read_villages", "sample_county"),
    ),
    "landmarket.distribution": ("SplitRule", "read_split_rule", "split_income"),
    "landmarket.explorer": ("explore",),
    "landmarket.market.deal": ("simulate_deals",),
    "landmarket.market.terms": ("DealTerms", "read_deal_terms"),
    "landmarket.scenario": (
        *("Outcome", "Scenario", "compare_scenarios", "run_scenario", "scenario_changes", "zone_parcels"),
    ),
    "landmarket.screening": ("Screening", "screen"),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> object:
    """Import what is first asked for: all of it together takes longer to import than geopandas."""
    if name == "__version__":
        from importlib.metadata import version

        return version("landmarket")
    if name not in _ROOM_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(_ROOM_OF[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Names for completion."""
    return sorted({*globals(), *__all__})


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
