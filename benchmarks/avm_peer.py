"""OpenAVMKit 0.7 as a peer, in an environment of its own: ``OPENAVMKIT_PYTHON`` names the interpreter there."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.timing import Elsewhere, asked_elsewhere

NAME = "OpenAVMKit 0.7"
_PYTHON = os.environ.get("OPENAVMKIT_PYTHON", "")
THERE = bool(_PYTHON)
"""Whether it can be asked."""
ROWS = 100_000
"""How many parcels it is asked about; its seconds are scaled to all."""
SHARE, METRES = 2e-3, 1e-3
"""How far it may be off: it measures in a projection of its own, where straight lines are others."""


def asked(parcels: Path, *what: str) -> Elsewhere:
    """Basic geometry of a file of parcels, or their distances to a layer.

    Parameters
    ----------
    parcels : Path
        Parcels with a column ``key``.
    *what : str
        Steps of its basic geometry as JSON, or a file of the layer.

    Returns
    -------
    Elsewhere
        Its table, by key.
    """
    target = parcels.with_name("openavmkit.parquet")
    told = asked_elsewhere(_PYTHON, "openavmkit_measures.py", parcels, target, *what)
    return told._replace(answer=told.answer.set_index("key"))
