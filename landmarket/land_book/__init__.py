"""The land book (土地台账): candidates, owners, decisions, plans, and what becomes of each parcel."""

from landmarket.land_book.after_deal import IdleRule, after_deals, idle_rule, township_lights
from landmarket.land_book.book import Book, make_book, open_book
from landmarket.land_book.book_plan import BookPlan, read_book_plan
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
from landmarket.land_book.village_incomes import read_village_incomes
from landmarket.land_book.year import weak_villages, year_deals, year_table

__all__ = [
    "EVENT_COLUMNS",
    "Book",
    "BookPlan",
    "EventKind",
    "FieldMap",
    "IdleRule",
    "Sent",
    "after_deals",
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
    "idle_rule",
    "inherited_owners",
    "lineage_links",
    "make_book",
    "open_book",
    "parcel_states",
    "planned_parcels",
    "read_book_plan",
    "read_events",
    "read_exchange",
    "read_field_map",
    "read_village_incomes",
    "require_events",
    "shipped_field_map",
    "township_lights",
    "typed_events",
    "verify_sent",
    "weak_villages",
    "write_exchange",
    "year_deals",
    "year_table",
]
