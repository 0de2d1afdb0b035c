"""Compiling a benchmark price notice (基准地价编制): samples, cells, correction tables."""

from __future__ import annotations

from landmarket.pricing.compilation.compiling import (
    Compilation,
    GradedVillages,
    compile_price_table,
    graded_villages,
)
from landmarket.pricing.compilation.normalising import normalise_samples
from landmarket.pricing.compilation.proof import Proof, prove
from landmarket.pricing.compilation.rule import CompileRule, Screen, UsePricing
from landmarket.pricing.compilation.rule_reading import read_compile_rule
from landmarket.pricing.compilation.screens import screen_samples

__all__ = [
    "Compilation",
    "CompileRule",
    "GradedVillages",
    "Proof",
    "Screen",
    "UsePricing",
    "compile_price_table",
    "graded_villages",
    "normalise_samples",
    "prove",
    "read_compile_rule",
    "screen_samples",
]
