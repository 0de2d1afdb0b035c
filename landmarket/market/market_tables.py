"""Tables of a simulated market: a row for each parcel, for each township, for each party."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from landmarket.columns import header
from landmarket.exact import Ints
from landmarket.market.lots import Lot, LotDraws
from landmarket.market.market_totals import Totals, exact_sum, quantiles_of

Cell = str | int | float | None
Row = Mapping[str, Cell]

TOTAL = "合计"
REST = "其余"
"""What no named party has of the money."""
PUBLIC_COLUMNS = ("start_price_fen", "bidders_mean")
"""Columns of the parcel table that do not depend on the secret reserve; all others stay in the bureau."""
_FEN = 100
_RANKS = ("low", "median", "high")
_PRICES = tuple(f"deal_price_{rank}_fen" for rank in _RANKS)
_GIVEN_SALE = ("deal_price_mean", *_PRICES, "premium_mean", "months_mean")
_WHOLE = ("start_price_fen", *_PRICES)


def lot_row(lot: Lot, found: LotDraws, round_months: float) -> Row:
    """Sum up one lot.

    Parameters
    ----------
    lot : Lot
        The lot.
    found : LotDraws
        What became of it in each draw.
    round_months : float
        Months that each round takes.

    Returns
    -------
    mapping of str to value
        Its row of the parcel table; what is given a sale is missing where there was none.
    """
    draws = len(found.price)
    sold = found.sold_in >= 0
    count = int(np.count_nonzero(sold))
    row: dict[str, Cell] = {
        "start_price_fen": lot.rounds[0].start * lot.years,
        "bidders_mean": found.bidders / draws,
        "sale_probability": count / draws,
        "no_sale": "" if count else max(found.failures, key=lambda name: found.failures[name]),
    }
    return row | (_given_sale(lot, found, found.price[sold], round_months) if count else dict.fromkeys(_GIVEN_SALE))


def _given_sale(lot: Lot, found: LotDraws, price: Ints, round_months: float) -> dict[str, Cell]:
    over_start, months = 0.0, 0.0
    for number, offered in enumerate(lot.rounds):
        paid = found.price[found.sold_in == number]
        over_start += exact_sum(paid) / (offered.start * lot.years)
        months += len(paid) * (number + 1) * round_months
    return {
        "deal_price_mean": exact_sum(price) / len(price) / _FEN,
        **dict(zip(_PRICES, quantiles_of(price), strict=True)),
        "premium_mean": over_start / len(price) - 1,
        "months_mean": months / len(price),
    }


def parcel_table(rows: Sequence[Row], index: pd.Index[str]) -> pd.DataFrame:
    """Make the table of parcels.

    Parameters
    ----------
    rows : sequence of mapping
        A row of `lot_row` for each parcel.
    index : Index
        Parcel codes.

    Returns
    -------
    DataFrame
        On that index; amounts in fen are nullable whole numbers.
    """
    names = ("start_price_fen", "bidders_mean", "sale_probability", "no_sale", *_GIVEN_SALE)
    columns = {name: [row[name] for row in rows] for name in names}
    kinds = {name: "Int64" if name in _WHOLE else "str" if name == "no_sale" else "float64" for name in names}
    return pd.DataFrame({name: pd.Series(columns[name], index=index, dtype=kinds[name]) for name in names})


def total_row(township: str, year: int | None, totals: Totals, parcels: int, area: int) -> Row:
    """Sum up the lots of a township, a year or the county.

    Parameters
    ----------
    township : str
        Township, or `TOTAL`.
    year : int or None
        Year of the offer; None: all of them.
    totals : Totals
        What the lots bring together in each draw.
    parcels : int
        Number of lots.
    area : int
        Their area [0.01 ㎡].

    Returns
    -------
    mapping of str to value
        Its row; quantiles are those of the sums.
    """
    row: dict[str, Cell] = {"township": township, "listing_year": year, "parcels": parcels, "area": area / _FEN}
    row["area_sold_mean"] = exact_sum(totals.area) / len(totals.area) / _FEN
    row |= {f"area_sold_{rank}": at / _FEN for rank, at in zip(_RANKS, quantiles_of(totals.area), strict=True)}
    return row | _money(totals.money)


def party_rows(township: str, year: int | None, totals: Totals, shares: Sequence[str]) -> list[Row]:
    """Sum up the money of each party.

    Parameters
    ----------
    township : str
        Township, or `TOTAL`.
    year : int or None
        Year of the offer; None: all of them.
    totals : Totals
        What the lots bring together in each draw.
    shares : sequence of str
        Columns that hold the parties' shares.

    Returns
    -------
    list of mapping of str to value
        A row for each party, and one for what is left.
    """
    named = [*map(header, shares), REST] if shares else []
    place: dict[str, Cell] = {"township": township, "listing_year": year}
    return [place | {"party": party} | _money(money) for party, money in zip(named, totals.parties, strict=True)]


def _money(money: Ints) -> dict[str, Cell]:
    row: dict[str, Cell] = {"money_mean": exact_sum(money) / len(money) / _FEN}
    return row | {f"money_{rank}_fen": at for rank, at in zip(_RANKS, quantiles_of(money), strict=True)}


def total_table(rows: Iterable[Row]) -> pd.DataFrame:
    """Make the table of townships.

    Parameters
    ----------
    rows : iterable of mapping
        Rows of `total_row`.

    Returns
    -------
    DataFrame
        One row each, in order.
    """
    return _table(rows, ("parcels", "area", "area_sold_mean", *(f"area_sold_{rank}" for rank in _RANKS)))


def party_table(rows: Iterable[Row]) -> pd.DataFrame:
    """Make the table of parties.

    Parameters
    ----------
    rows : iterable of mapping
        Rows of `party_rows`.

    Returns
    -------
    DataFrame
        One row each, in order.
    """
    return _table(rows, ("party",))


def _table(rows: Iterable[Row], own: Sequence[str]) -> pd.DataFrame:
    names = ["township", "listing_year", *own, "money_mean", *(f"money_{rank}_fen" for rank in _RANKS)]
    table = pd.DataFrame([dict(row) for row in rows], columns=names)
    kinds = dict.fromkeys(names, "float64") | {"township": "str", "party": "str", "listing_year": "Int64"}
    kinds |= {name: "int64" for name in names if name == "parcels" or name.endswith("_fen")}
    return table.astype({name: kinds[name] for name in names})
