"""The explorer (试算面板): a township computed again while sliders move, in a notebook."""

from landmarket.explorer.panel import Explorer, explore
from landmarket.explorer.trial import Ground, Trial, trial_ground, tried, tried_scenario

__all__ = ["Explorer", "Ground", "Trial", "explore", "trial_ground", "tried", "tried_scenario"]
