"""CPU time of states, checks and clocks of a hundred thousand events, beside a plain loop over parcels.

Run it with ``python -m benchmarks.land_book``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from time import process_time

import pandas as pd

from landmarket.errors import UnverifiedRuleWarning
from landmarket.land_book import due_dates, event_faults, event_kinds, identified, parcel_states, typed_events
from tests.clerk import book_of

PARCELS, NOW = 7_400, datetime(2026, 1, 5, tzinfo=UTC)


def plain_loop(events: pd.DataFrame) -> int:
    """Count events before their precondition as an analyst would: parcel by parcel, row by row."""
    kinds = event_kinds()
    places = {name: kind.place for name, kind in kinds.items()}
    ordered = events.assign(place=events["kind"].map(places))

    def early(rows: pd.DataFrame) -> int:
        facts: set[str] = set()
        count = 0
        for _, row in rows.sort_values(["happened_on", "place", "event_id"]).iterrows():
            kind = kinds[row["kind"]]
            count += not (set(kind.requires) <= facts and not facts & set(kind.forbids))
            facts = facts - set(kind.clears) | set(kind.sets)
        return count

    return int(ordered.groupby("parcel_code")[list(ordered.columns)].apply(early).sum())


def main() -> None:
    """Print CPU seconds."""
    warnings.simplefilter("ignore", UnverifiedRuleWarning)
    events = identified(typed_events(book_of(PARCELS, 1)[0]), recorded_by="甲", recorded_at=NOW)
    print(f"{len(events)} events of {PARCELS} parcels, CPU s")
    tasks: dict[str, Callable[[], int]] = {
        "event_faults": lambda: len(event_faults(events, on=NOW.date())),
        "parcel_states": lambda: len(parcel_states(events, on=NOW.date())),
        "due_dates": lambda: len(due_dates(events, on=NOW.date())),
        "plain loop, preconditions alone": lambda: plain_loop(events),
    }
    for name, task in tasks.items():
        start = process_time()
        answer = task()
        print(f"{name}: {process_time() - start:.2f} (answer {answer})")


if __name__ == "__main__":
    main()
