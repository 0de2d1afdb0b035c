"""Reports: the workbook of a run and what it rests on."""

from landmarket.report.sources import rule_sources, stated_sources
from landmarket.report.workbook import INTERNAL_LINE, write_workbook

__all__ = ["INTERNAL_LINE", "rule_sources", "stated_sources", "write_workbook"]
