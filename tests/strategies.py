"""Hypothesis strategies that several test modules draw from."""

from __future__ import annotations

from hypothesis import strategies as st

Place = tuple[float, float]
Site = tuple[Place, float, float]

EASTING, NORTHING = 437_000.0, 3_780_000.0
"""Somewhere inside the sample county, EPSG:4547 [m]."""

places: st.SearchStrategy[Place] = st.tuples(st.integers(-60, 60), st.integers(-60, 60)).map(
    lambda cell: (EASTING + 50.0 * cell[0], NORTHING + 50.0 * cell[1])
)
"""Points of a coarse lattice: many coincide, stand in one line, or are exactly as far as a radius."""

scores: st.SearchStrategy[float] = st.one_of(
    st.integers(1, 100).map(float), st.sampled_from([1.0, 15.0, 50.0, 100.0]), st.floats(1, 100)
)
"""Scores of facilities and roads."""

radii: st.SearchStrategy[float] = st.one_of(
    st.integers(1, 40).map(lambda steps: 50.0 * steps), st.sampled_from([1e-6, 0.5, 250.0, 1e9]), st.floats(1, 5000)
)
"""Influence radii [m], tiny and huge ones among them."""

sites: st.SearchStrategy[list[Site]] = st.lists(st.tuples(places, scores, radii), min_size=1, max_size=12)
"""Facilities: place, score, radius; often several at one place."""
