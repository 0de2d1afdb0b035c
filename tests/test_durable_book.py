"""Events recorded in a land book (``landmarket book import``), stopped at any moment: all are kept, or none.

By default at a few moments; in a hunt at a hundred.
"""

from __future__ import annotations

import random
import resource
import signal
import time
from pathlib import Path

import pandas as pd
import pytest

from landmarket.errors import OutputError
from landmarket.land_book import make_book, open_book
from tests.clerk import book_of
from tests.hunting import FULL
from tests.test_book_store import NOW, layer
from tests.test_durable_commands import KILLS, in_child

PARCELS = 40 if FULL else 8
"""Parcels whose events are recorded at once."""
GROWTH = 50 if FULL else 1
"""Sizes of a disk that fills up while they are recorded."""

ROOM = 24_576
"""Less than the events take [bytes]."""


def test_an_import_killed_at_any_moment_is_recorded_whole_or_not_at_all(tmp_path: Path) -> None:
    """As `landmarket book import` writes, in real children that are really killed; the next records what is missing."""
    events, _ = book_of(PARCELS, 3)
    draw, killed, whole = random.Random(20260302), 0, 0  # noqa: S311  # moments, not secrets
    make_book(tmp_path / "尺.gpkg", layer(PARCELS))
    start = time.perf_counter()
    open_book(tmp_path / "尺.gpkg").append(events, recorded_by="甲", recorded_at=NOW)
    took = time.perf_counter() - start
    for number in range(KILLS):
        book = make_book(tmp_path / f"{number}.gpkg", layer(PARCELS))
        append = lambda: book.append(events, recorded_by="甲", recorded_at=NOW)  # noqa: B023, E731  # done at once
        killed += in_child(append, draw.uniform(0.3, 1.1) * took) == -signal.SIGKILL
        again = open_book(tmp_path / f"{number}.gpkg")
        held = len(again.events())
        assert held in (0, len(events))
        whole += held > 0
        assert again.append(events, recorded_by="甲", recorded_at=NOW) == len(events) - held
        assert len(again.parcels()) == PARCELS
        (tmp_path / f"{number}.gpkg").unlink()
    assert killed + whole >= KILLS // 2
    assert [path.name for path in tmp_path.iterdir()] == ["尺.gpkg"], "no journal is left"


def test_an_import_onto_a_full_disk_writes_nothing_and_says_so(tmp_path: Path) -> None:
    events, _ = book_of(PARCELS, 3)
    path = tmp_path / "台账.gpkg"
    before = make_book(path, layer(PARCELS)).parcels()
    size, (soft, hard) = path.stat().st_size, resource.getrlimit(resource.RLIMIT_FSIZE)
    refused = 0
    for number in range(GROWTH):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + number * ROOM // GROWTH, hard))
        try:
            with pytest.raises(OutputError, match=r"什么也没有写入.*办法：") as caught:
                open_book(path).append(events, recorded_by="甲", recorded_at=NOW)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        refused += str(path) in str(caught.value)
        assert open_book(path).events().empty
    assert refused == GROWTH
    pd.testing.assert_frame_equal(open_book(path).parcels(), before)
    assert open_book(path).append(events, recorded_by="甲", recorded_at=NOW) == len(events)
    assert [one.name for one in tmp_path.iterdir()] == [path.name], "no journal is left"
