"""The land book (土地台账): candidates, owners, decisions, plans, and what becomes of each parcel."""

from landmarket.land_book.book import Book, make_book, open_book
from landmarket.land_book.checks import event_faults, require_events
from landmarket.land_book.clocks import due_dates
from landmarket.land_book.deals import book_deals
from landmarket.land_book.events import EVENT_COLUMNS, identified, read_events, typed_events
from landmarket.land_book.exchange import exchange_gaps, exchange_rows, read_exchange
from landmarket.land_book.exchange_map import FieldMap, exchange_forms, read_field_map, shipped_field_map
from landmarket.land_book.exchange_sent import Sent, verify_sent, write_exchange
from landmarket.land_book.kinds import EventKind, event_kinds
from landmarket.land_book.lineage import ancestors, descendants, inherited_owners, lineage_links
from landmarket.land_book.states import parcel_states
from landmarket.land_book.views import banked_parcels, planned_parcels

__all__ = [
    "EVENT_COLUMNS",
    "Book",
    "EventKind",
    "FieldMap",
    "Sent",
    "ancestors",
    "banked_parcels",
    "book_deals",
    "descendants",
    "due_dates",
    "event_faults",
    "event_kinds",
    "exchange_forms",
    "exchange_gaps",
    "exchange_rows",
    "identified",
    "inherited_owners",
    "lineage_links",
    "make_book",
    "open_book",
    "parcel_states",
    "planned_parcels",
    "read_events",
    "read_exchange",
    "read_field_map",
    "require_events",
    "shipped_field_map",
    "typed_events",
    "verify_sent",
    "write_exchange",
]
