"""Scores of location factors (因素作用分): points, roads, areas and terrain, each explained by what gave it."""

from __future__ import annotations

from landmarket.pricing.factors.distances import nearest_distances
from landmarket.pricing.factors.facilities import functional_scores, level_radii, overlay_functions
from landmarket.pricing.factors.formulas import (
    Decay,
    area_score,
    exponential_decay,
    influence_radius,
    linear_decay,
    road_influence,
    size_index,
)
from landmarket.pricing.factors.points import governing_facilities, kind_scores, point_scores
from landmarket.pricing.factors.road_network import RoadNetwork, road_network
from landmarket.pricing.factors.roads import governing_roads, road_scores
from landmarket.pricing.factors.terrain import Elevation, read_elevation, relief, slope
from landmarket.pricing.factors.unit_points import unit_points

__all__ = [
    "Decay",
    "Elevation",
    "RoadNetwork",
    "area_score",
    "exponential_decay",
    "functional_scores",
    "governing_facilities",
    "governing_roads",
    "influence_radius",
    "kind_scores",
    "level_radii",
    "linear_decay",
    "nearest_distances",
    "overlay_functions",
    "point_scores",
    "read_elevation",
    "relief",
    "road_influence",
    "road_network",
    "road_scores",
    "size_index",
    "slope",
    "unit_points",
]
