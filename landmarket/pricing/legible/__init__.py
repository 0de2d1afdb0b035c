"""Price models a citizen can read (可读地价模型): grades × uses, or a location surface, with correction tables."""

from __future__ import annotations

from landmarket.pricing.legible.correction_rows import NumericFactor, PriceTerms
from landmarket.pricing.legible.folds import block_folds, random_folds
from landmarket.pricing.legible.graded_price import GradedPrice, grade_price, predict_graded_price
from landmarket.pricing.legible.surface_price import SurfacePrice, fit_surface_price, predict_surface_price

__all__ = [
    "GradedPrice",
    "NumericFactor",
    "PriceTerms",
    "SurfacePrice",
    "block_folds",
    "fit_surface_price",
    "grade_price",
    "predict_graded_price",
    "predict_surface_price",
    "random_folds",
]
