"""What land is worth: price notices read, checked and applied (估价)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from landmarket.pricing.basis import price_basis, range_findings
from landmarket.pricing.benchmark import benchmark_price
from landmarket.pricing.gaps import price_gaps, price_or_gap
from landmarket.pricing.notice_reading import read_price_table
from landmarket.pricing.notice_writing import write_price_table
from landmarket.pricing.price_table import Connotation, PriceTable
from landmarket.pricing.worksheet import explain, worksheets

if TYPE_CHECKING:
    from landmarket.pricing.compilation.compiling import compile_price_table
    from landmarket.pricing.editions import diff

_LATE = {"compile_price_table": "landmarket.pricing.compilation.compiling", "diff": "landmarket.pricing.editions"}
"""Names that bring scipy and scikit-learn along: imported when first asked for, so that pricing alone stays light."""


def __getattr__(name: str) -> object:
    """Import what compiling a notice needs when it is first asked for."""
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(_LATE[name]), name)
    return found


__all__ = [
    "Connotation",
    "PriceTable",
    "benchmark_price",
    "compile_price_table",
    "diff",
    "explain",
    "price_basis",
    "price_gaps",
    "price_or_gap",
    "range_findings",
    "read_price_table",
    "worksheets",
    "write_price_table",
]
