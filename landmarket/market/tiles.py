"""A tile of a simulated market (乡镇): the lots of one township, their rows, and what they bring together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from landmarket.exact import Ints
from landmarket.market.lots import Lot, LotDraws
from landmarket.market.market_tables import Row, lot_row
from landmarket.market.market_totals import Totals

NO_YEAR = -1
"""Year of lots whose year of offer nobody asked for."""

Find = Callable[[int], LotDraws]
Place = tuple[str, Ints]
"""A township, and the positions of its lots."""


@dataclass(frozen=True, eq=False)
class Book:
    """The lots with what is added up of them, in the order of the table (标的册).

    Attributes
    ----------
    lots : sequence of Lot
        The lots.
    areas : ndarray of int64
        Their areas [0.01 ㎡].
    rates : ndarray of int64, shape (lots, parties)
        Share of each party in millionths.
    years : ndarray of int64
        Year in which each is first offered, or `NO_YEAR`.
    shares : sequence of str
        Columns that hold the parties' shares.
    draws : int
        Number of draws.
    months : float
        Months that each round takes.
    """

    lots: Sequence[Lot]
    areas: Ints
    rates: Ints
    years: Ints
    shares: Sequence[str]
    draws: int
    months: float


@dataclass(frozen=True, eq=False)
class Tile:
    """What became of the lots of one township (乡镇模拟结果).

    Attributes
    ----------
    rows : sequence of mapping
        Their rows of the parcel table.
    most : sequence of int
        Highest price of each [分].
    totals : dict of int to Totals
        What they bring together, by year of the offer.
    """

    rows: Sequence[Row]
    most: Sequence[int]
    totals: dict[int, Totals]


def simulate_tile(book: Book, find: Find, place: Place) -> Tile:
    """Simulate the lots of one township, keeping what they add up to and not their draws (乡镇模拟).

    Parameters
    ----------
    book : Book
        All lots.
    find : callable
        Gives the draws of the lot at a position.
    place : tuple of str and ndarray of int64
        The township, and the positions of its lots.

    Returns
    -------
    Tile
        Rows in the order of the positions.
    """
    rows: list[Row] = []
    most: list[int] = []
    by_year: dict[int, Totals] = {}
    for position in place[1].tolist():
        lot, found = book.lots[position], find(position)
        rows.append(lot_row(lot, found, book.months))
        most.append(int(found.price.max()))
        totals = by_year.setdefault(int(book.years[position]), Totals.empty(book.draws, len(book.shares)))
        totals.add_lot(found, int(book.areas[position]), book.rates[position])
    return Tile(rows, most, by_year)
