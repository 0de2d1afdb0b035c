"""Who gains (收益指标): inequality, shares of the parties, parity with state land, changes between scenarios."""

from __future__ import annotations

from landmarket.indicators.changes import changes_by_place, gainers_and_losers, income_changes
from landmarket.indicators.income import split_indicators
from landmarket.indicators.inequality import TheilParts, gini, lorenz, theil, theil_parts
from landmarket.indicators.parity import price_parity
from landmarket.indicators.urban_rural import income_gap, income_per_resident, township_income_gap

__all__ = [
    "TheilParts",
    "changes_by_place",
    "gainers_and_losers",
    "gini",
    "income_changes",
    "income_gap",
    "income_per_resident",
    "lorenz",
    "price_parity",
    "split_indicators",
    "theil",
    "theil_parts",
    "township_income_gap",
]
