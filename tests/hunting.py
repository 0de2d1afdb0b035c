"""How hard the tests hunt: a seeded slice by default, many times as much under `make hunt`."""

from __future__ import annotations

import os

FULL = os.environ.get("HUNT") == "full"
ROUNDS = 25 if FULL else 1
"""How many times the default a hunt tries."""


def examples(count: int) -> int:
    """Examples a property test tries: a third of `count`, or that many times `ROUNDS` in a hunt."""
    return count * ROUNDS if FULL else -(-count // 3)
