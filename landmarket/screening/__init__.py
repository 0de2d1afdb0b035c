"""Screening (数据检查): raw rows → accepted, findings, set aside.

The only room of the package that sets rows aside. What can be repaired without doubt is repaired and said; what
cannot be read becomes missing and is said; a row that cannot be worked with is set aside with every reason.
"""

from __future__ import annotations

from landmarket.screening.neighbours import neighbour_faults, neighbour_table
from landmarket.screening.result import Screening
from landmarket.screening.screen import Survey, screen, survey
from landmarket.screening.shapes import Tolerances

__all__ = ["Screening", "Survey", "Tolerances", "neighbour_faults", "neighbour_table", "screen", "survey"]
