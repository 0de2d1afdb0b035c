"""What all tiles add up to (分片合计): whole numbers, so that neither order nor division matters."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from landmarket import errors
from landmarket.errors import LandMarketWarning
from landmarket.scenario.values import GAPS
from landmarket.tiles.tile_record import Sums, TileRecord


@dataclass(frozen=True)
class Together:
    """What all tiles add up to (分片合计).

    Attributes
    ----------
    counts, gaps, findings : dict of str to int
        As of each tile.
    sums : dict of str to dict of str to int
        By township.
    vote_days, deal_days : tuple of date
        Days on which a rule was asked.
    warned : tuple of (str, str)
        Each warning once.
    """

    counts: dict[str, int]
    gaps: dict[str, int]
    findings: dict[str, int]
    sums: Sums
    vote_days: tuple[date, ...]
    deal_days: tuple[date, ...]
    warned: tuple[tuple[str, str], ...]


def together(records: Sequence[TileRecord]) -> Together:
    """Add up what the tiles give (合计).

    Parameters
    ----------
    records : sequence of TileRecord
        All tiles, in any order.

    Returns
    -------
    Together
        The same for any order, and for any way of dividing the same rows.
    """
    sums: dict[str, Counter[str]] = {}
    for record in records:
        for place, own in record.sums.items():
            sums.setdefault(place, Counter()).update(own)
    return Together(
        counts=_added(record.counts for record in records),
        gaps=dict.fromkeys(GAPS, 0) | _added(record.gaps for record in records),
        findings=_added(record.findings for record in records),
        sums={place: dict(sums[place]) for place in sorted(sums)},
        vote_days=_distinct(record.vote_days for record in records),
        deal_days=_distinct(record.deal_days for record in records),
        warned=tuple(sorted({(name, text) for record in records for name, text in record.warned})),
    )


def _added(each: Iterable[dict[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for counts in each:
        total.update(counts)
    return dict(total)


def _distinct(each: Iterable[list[str]]) -> tuple[date, ...]:
    return tuple(sorted({date.fromisoformat(day) for days in each for day in days}))


def warn_again(warned: Sequence[tuple[str, str]]) -> None:
    """Give the warnings of all tiles, each once.

    Parameters
    ----------
    warned : sequence of (str, str)
        Class and text.
    """
    for name, text in warned:
        warnings.warn(text, getattr(errors, name, LandMarketWarning), stacklevel=3)
