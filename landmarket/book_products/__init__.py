"""What a county's land book hands over (土地台账成果): workbook, index page, the year on a page with its maps."""

from landmarket.book_products.land import Land, surveyed_land
from landmarket.book_products.products import book_run, write_book
from landmarket.book_products.registers import Registers, read_registers
from landmarket.book_products.work import BookWork, book_work, county_book_plan, do_book

__all__ = [
    "BookWork",
    "Land",
    "Registers",
    "book_run",
    "book_work",
    "county_book_plan",
    "do_book",
    "read_registers",
    "surveyed_land",
    "write_book",
]
