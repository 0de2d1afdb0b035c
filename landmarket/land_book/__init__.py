"""The land book (土地台账): candidates, owners, decisions, plans, and what becomes of each parcel."""

from landmarket.land_book.book import Book, make_book, open_book
from landmarket.land_book.checks import event_faults, require_events
from landmarket.land_book.clocks import due_dates
from landmarket.land_book.events import EVENT_COLUMNS, identified, read_events, typed_events
from landmarket.land_book.kinds import EventKind, event_kinds
from landmarket.land_book.lineage import ancestors, descendants, inherited_owners, lineage_links
from landmarket.land_book.states import parcel_states
from landmarket.land_book.views import banked_parcels, planned_parcels

__all__ = [
    "EVENT_COLUMNS",
    "Book",
    "EventKind",
    "ancestors",
    "banked_parcels",
    "descendants",
    "due_dates",
    "event_faults",
    "event_kinds",
    "identified",
    "inherited_owners",
    "lineage_links",
    "make_book",
    "open_book",
    "parcel_states",
    "planned_parcels",
    "read_events",
    "require_events",
    "typed_events",
]
