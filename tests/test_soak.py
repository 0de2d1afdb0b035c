"""A long run keeps nothing: memory flat, no file handle and no temporary file left."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.hunting import FULL

ROUNDS = 1000 if FULL else 8
WARM = ROUNDS // 4
ROOM = 24e6
"""What the allocator may keep more at the end than after warming up [bytes]."""
Readings = list[tuple[int, int, int]]


def readings(text: str) -> Readings:
    """Resident bytes, open files, files left, a round each."""
    rows = [tuple(map(int, line.split(","))) for line in text.splitlines()]
    return [(row[1], row[2], row[3]) for row in rows]


def require_steady(rounds: Readings) -> None:
    """Memory stays within `ROOM` of what it was when warm; handles and left files do not grow at all."""
    warm = rounds[WARM:]
    third = len(warm) // 3
    before, after = (min(memory for memory, _, _ in part) for part in (warm[:third], warm[-third:]))
    assert after - before < ROOM, f"grew by {(after - before) / 1e6:.1f} MB"
    assert warm[-1][1] <= warm[0][1], "file handles left open"
    assert all(left == 0 for _, _, left in rounds), "temporary files left"


def test_the_whole_job_keeps_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak", str(ROUNDS)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent.parent,
    )
    assert done.returncode == 0, done.stderr
    rounds = readings(done.stdout)
    assert len(rounds) == ROUNDS
    require_steady(rounds)


@pytest.mark.parametrize(
    ("grows", "what"), [((4_000_000, 0, 0), "grew"), ((0, 1, 0), "handles"), ((0, 0, 1), "temporary")]
)
def test_the_meter_sees_a_leak(grows: tuple[int, int, int], what: str) -> None:
    rounds = [(300_000_000 + n * grows[0], 12 + n * grows[1], n * grows[2]) for n in range(40)]
    with pytest.raises(AssertionError, match=what):
        require_steady(rounds)


def test_the_meter_accepts_a_steady_process() -> None:
    require_steady([(300_000_000 + 1_000_000 * (n % 7), 12, 0) for n in range(40)])
