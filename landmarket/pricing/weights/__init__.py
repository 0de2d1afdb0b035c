"""Weights of factors (因素权重): analytic hierarchy process, Delphi and pairwise comparison, each checked."""

from __future__ import annotations

from landmarket.pricing.weights.judgements import Consistency, consistency
from landmarket.pricing.weights.weighting import (
    ahp_weights,
    delphi_rounds,
    delphi_weights,
    geometric_mean_weights,
    pairwise_weights,
    require_weights,
)

__all__ = [
    "Consistency",
    "ahp_weights",
    "consistency",
    "delphi_rounds",
    "delphi_weights",
    "geometric_mean_weights",
    "pairwise_weights",
    "require_weights",
]
