"""Scenarios over a grid (情景组合): which knob moves the county's sums how far."""

from landmarket.sweep.grid import market_sweep, sweep, tornado
from landmarket.sweep.plan import Design, Knob, KnobName, SweepPlan, read_sweep

__all__ = ["Design", "Knob", "KnobName", "SweepPlan", "market_sweep", "read_sweep", "sweep", "tornado"]
