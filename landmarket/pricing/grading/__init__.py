"""Grading the land (定级): a rule and its layers to the grade of every village for every use."""

from __future__ import annotations

from landmarket.pricing.grading.checks import factor_price_ranks, price_order
from landmarket.pricing.grading.grades import (
    BoundaryMethod,
    assign_grade,
    grade_boundaries,
    printed_weights,
    total_scores,
)
from landmarket.pricing.grading.grid import ScoreGrid, score_grid, write_surfaces
from landmarket.pricing.grading.land import Grades, UseGrades, grade_land, use_polygons
from landmarket.pricing.grading.layers import read_grading_layers
from landmarket.pricing.grading.rule import GradingRule, UnitKind, UseRule
from landmarket.pricing.grading.rule_reading import read_grading_rule
from landmarket.pricing.grading.scores import FactorScores, Reach, score_factors
from landmarket.pricing.grading.sensitivity import sensitivity
from landmarket.pricing.grading.units import homogeneous_areas, merge_small, neighbours
from landmarket.pricing.grading.worksheet import explain_grade, factor_table, grade_worksheets

__all__ = [
    "BoundaryMethod",
    "FactorScores",
    "Grades",
    "GradingRule",
    "Reach",
    "ScoreGrid",
    "UnitKind",
    "UseGrades",
    "UseRule",
    "assign_grade",
    "explain_grade",
    "factor_price_ranks",
    "factor_table",
    "grade_boundaries",
    "grade_land",
    "grade_worksheets",
    "homogeneous_areas",
    "merge_small",
    "neighbours",
    "price_order",
    "printed_weights",
    "read_grading_layers",
    "read_grading_rule",
    "score_factors",
    "score_grid",
    "sensitivity",
    "total_scores",
    "use_polygons",
    "write_surfaces",
]
