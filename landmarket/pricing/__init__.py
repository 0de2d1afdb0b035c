"""What land is worth: price notices read, checked and applied (估价)."""

from __future__ import annotations

from landmarket.pricing.basis import price_basis, range_findings
from landmarket.pricing.benchmark import benchmark_price
from landmarket.pricing.gaps import price_gaps
from landmarket.pricing.notice_reading import read_price_table
from landmarket.pricing.notice_writing import write_price_table
from landmarket.pricing.price_table import Connotation, PriceTable
from landmarket.pricing.worksheet import explain, worksheets

__all__ = [
    "Connotation",
    "PriceTable",
    "benchmark_price",
    "explain",
    "price_basis",
    "price_gaps",
    "range_findings",
    "read_price_table",
    "worksheets",
    "write_price_table",
]
