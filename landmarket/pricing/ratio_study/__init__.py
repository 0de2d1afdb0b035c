"""Proof that compiled prices are level and fair (比率分析): statistics, intervals, bands, equity, folds."""

from __future__ import annotations

from landmarket.pricing.ratio_study.bootstrap import intervals
from landmarket.pricing.ratio_study.equity import horizontal_equity, parity
from landmarket.pricing.ratio_study.folds import grouped_folds, spatial_blocks
from landmarket.pricing.ratio_study.formulas import cod, ki, median_ratio, mki, prb, prd
from landmarket.pricing.ratio_study.ranks import RankTest, rank_test
from landmarket.pricing.ratio_study.scrutiny import sales_chasing, sold_unsold, trim_ratios
from landmarket.pricing.ratio_study.spatial_tests import morans_i
from landmarket.pricing.ratio_study.study import price_classes, ratio_study

__all__ = [
    "RankTest",
    "cod",
    "grouped_folds",
    "horizontal_equity",
    "intervals",
    "ki",
    "median_ratio",
    "mki",
    "morans_i",
    "parity",
    "prb",
    "prd",
    "price_classes",
    "rank_test",
    "ratio_study",
    "sales_chasing",
    "sold_unsold",
    "spatial_blocks",
    "trim_ratios",
]
