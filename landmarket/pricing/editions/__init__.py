"""Editions of a price notice compared (两版基准地价比较)."""

from __future__ import annotations

from landmarket.pricing.editions.connotation import at_connotation
from landmarket.pricing.editions.diff import EditionDiff, diff
from landmarket.pricing.editions.index import edition_index
from landmarket.pricing.editions.tables import edition_tables

__all__ = ["EditionDiff", "at_connotation", "diff", "edition_index", "edition_tables"]
