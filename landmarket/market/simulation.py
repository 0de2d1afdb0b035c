"""The market simulated many times: chances of sale, prices, and totals with intervals (交易模拟).

Who comes and what a parcel is worth to them are the assumptions of `landmarket.market.demand`; who may bid what and who
wins are the rules of `landmarket.market.bids`. All results but those of `PUBLIC_COLUMNS` depend on the secret reserve.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np
import pandas as pd

from landmarket.checks import require_columns, require_unique_index, require_values
from landmarket.columns import UNKNOWN_TOWNSHIP
from landmarket.errors import BadValueError, RuleError, UnsupportedModeError, UnverifiedRuleWarning
from landmarket.exact import MILLION, Ints
from landmarket.market.deal import require_lease_term
from landmarket.market.demand import Demand
from landmarket.market.lot_draws import lot_draws
from landmarket.market.lot_offers import lots_of, market_of
from landmarket.market.lots import LotDraws, Market
from landmarket.market.market_tables import (
    PUBLIC_COLUMNS,
    TOTAL,
    Row,
    parcel_table,
    party_rows,
    party_table,
    total_row,
    total_table,
)
from landmarket.market.market_totals import Totals, require_countable
from landmarket.market.shared_budgets import shared_draws
from landmarket.market.terms import DealTerms, Form, Mode
from landmarket.market.tile_store import TileStore, kept_tile
from landmarket.market.tiles import NO_YEAR, Book, Find, Place, Tile, simulate_tile
from landmarket.units import fen_series

_NEEDED_BY = "simulate_market"
_MODES = (Mode.LISTING, Mode.AUCTION, Mode.TENDER)
_MOST_AREA = 1e10
"""No parcel is larger [㎡]."""

Done = Callable[[int], object]


@dataclass(frozen=True, eq=False)
class MarketOutcome:
    """What the market brings under the assumptions (模拟结果). Internal: it lets the secret reserve be guessed.

    Attributes
    ----------
    parcels : DataFrame
        On the index of the prices: ``start_price_fen``, ``bidders_mean``, ``sale_probability``, ``no_sale`` (how a
        parcel failed that was never sold), and given a sale ``deal_price_mean`` [元], its 5, 50 and 95 % quantiles
        ``deal_price_low_fen``, ``_median_fen``, ``_high_fen``, ``premium_mean``, ``months_mean``.
    townships : DataFrame
        For each township (and year of the offer), and 合计: ``parcels`` and ``area`` offered [㎡], area sold and
        money, each with mean and 5, 50 and 95 % quantiles of the joint draws.
    parties : DataFrame
        The same of the money of each party; no rows where no shares were given.
    draws, seed : int
        Number of draws, and the seed.
    assumptions : str
        The demand it rests on.
    totals : Totals
        What all parcels bring together in each draw.
    """

    parcels: pd.DataFrame
    townships: pd.DataFrame
    parties: pd.DataFrame
    draws: int
    seed: int
    assumptions: str
    totals: Totals

    @property
    def public(self) -> pd.DataFrame:
        """The columns of the parcel table that do not depend on the reserve."""
        return self.parcels[list(PUBLIC_COLUMNS)].copy()


def simulate_market(
    prices: pd.DataFrame,
    terms: DealTerms,
    demand: Demand,
    *,
    draws: int,
    seed: int,
    on: date,
    shares: Sequence[str] = (),
    year: str | None = None,
    workers: int = 1,
    kept: TileStore | None = None,
    done: Done | None = None,
) -> MarketOutcome:
    """Simulate the deals of all parcels many times.

    Parameters
    ----------
    prices : DataFrame
        Index parcel code; as for `simulate_deals`, and ``price_use``, ``township``, ``area``; ``location_score`` where
        the assumptions have several bands for a use.
    terms : DealTerms
        Listing, auction or tender for the highest price; its own assumptions on bidders are not used. A tender needs
        as many bidders as the law asks for.
    demand : Demand
        Assumptions on bidders, and relisting.
    draws : int
        Number of draws.
    seed : int
        Seed. What a parcel draws depends on seed, parcel code and number of the draw alone.
    on : date
        Day on which the terms must be in force.
    shares : sequence of str, optional
        Columns with each party's share of the deal price.
    year : str, optional
        Column with the year in which a parcel is first offered; totals are then by year too.
    workers : int, default 1
        Threads among which the townships are dealt out. The result is the same.
    kept : TileStore, optional
        Where finished townships are kept, and taken from where they are there already; the result is the same. Not
        used where bidders share budgets over several parcels: then no township is finished before the others.
    done : callable, optional
        Told of the number of parcels of each township, as it is finished.

    Returns
    -------
    MarketOutcome
        Parcels on the index of the prices, townships, parties.

    Raises
    ------
    UnsupportedModeError
        For negotiation, and for equity.
    NoRuleInForceError
        If the terms are not in force on the day.
    RuleError
        If a tender lacks ``sealed_shares``.
    BadValueError
        If there are no draws, or a use, score, price, share or year is missing; the parcels are named.

    Warns
    -----
    UnverifiedRuleWarning
        If nobody has checked the terms, or the assumptions, against their source.

    Notes
    -----
    In each draw a Poisson number of bidders comes for a parcel; each can pay the lesser of its budget and the appraised
    price times the shocks of county and use, the parcel's common part and its own part. An unsold parcel is offered
    again with fresh bidders, on terms whose start and reserve ratios are cut, rounded up to six decimals. Quantiles are
    values that occurred: the least that the share of the draws does not exceed.
    """
    _require_sound(prices, terms, demand, draws, workers)
    terms.require_in_force(on)
    require_lease_term(terms, on)
    if not demand.verified:
        warnings.warn(f"需求假设未经核对：{demand.name}（{demand.source}）", UnverifiedRuleWarning, stacklevel=2)
    book = _book(prices, terms, demand, draws, shares, year)
    market = market_of(terms, demand, on, draws=draws, seed=seed)
    if demand.bidder_lots > 1:
        find: Find = shared_draws(book.lots, market, demand.bidder_lots).__getitem__
        work = partial(simulate_tile, book, find)
    else:
        find = partial(_lot_at, book, market)
        work = partial(kept_tile, kept, book, market, find) if kept else partial(simulate_tile, book, find)
    places = _places(prices)
    if workers == 1:
        return _outcome(prices, book, _told(places, map(work, places), done), demand, seed)
    with ThreadPoolExecutor(workers) as threads:
        return _outcome(prices, book, _told(places, threads.map(work, places), done), demand, seed)


def _lot_at(book: Book, market: Market, at: int) -> LotDraws:
    return lot_draws(book.lots[at], market)


def _places(prices: pd.DataFrame) -> list[Place]:
    """Townships in the order in which they first stand in the table, each with the positions of its parcels."""
    townships = prices["township"].astype("object").where(prices["township"].notna(), UNKNOWN_TOWNSHIP)
    codes, names = pd.factorize(townships)
    return [(str(name), np.flatnonzero(codes == code).astype(np.int64)) for code, name in enumerate(names)]


def _told(places: Sequence[Place], tiles: Iterable[Tile], done: Done | None) -> Iterator[tuple[Place, Tile]]:
    """Pass the tiles on with their places, telling of each."""
    for place, tile in zip(places, tiles, strict=True):
        if done is not None:
            done(len(place[1]))
        yield place, tile


def _require_sound(prices: pd.DataFrame, terms: DealTerms, demand: Demand, draws: int, workers: int) -> None:
    require_unique_index(prices, _NEEDED_BY)
    require_columns(prices, ["total_price_fen", "area", "price_use", "township"], _NEEDED_BY)
    for name, value in (("draws", draws), ("workers", workers)):
        if value < 1:
            raise BadValueError(
                f"{_NEEDED_BY}：{name} = {value} 应为不小于 1 的整数。办法：如 draws=10000、workers=1。"
            )
    if terms.mode not in _MODES or terms.form is Form.EQUITY:
        raise UnsupportedModeError(
            f"{_NEEDED_BY}：交易方式 {terms.mode}、供应方式 {terms.form} 不经竞价，不能模拟。"
            f"办法：改用 {'、'.join(_MODES)}，供应方式为出让或出租。"
        )
    area = np.asarray(pd.to_numeric(prices["area"], errors="coerce"), dtype=np.float64)
    require_values(prices, "area", ~((area > 0) & (area < _MOST_AREA)), "计价面积应大于 0。", _NEEDED_BY)
    if terms.mode is Mode.TENDER and not demand.sealed_shares:
        raise RuleError(
            f"需求假设 {demand.name}：招标须有 sealed_shares（投标价占心理价位的比例）。办法：在文件中补上。"
        )


def _book(
    prices: pd.DataFrame, terms: DealTerms, demand: Demand, draws: int, shares: Sequence[str], year: str | None
) -> Book:
    areas: Ints = np.asarray(fen_series(pd.to_numeric(prices["area"])), dtype=np.int64)
    months = float(demand.relisting.round_months)
    lots = lots_of(prices, terms, demand)
    return Book(lots, areas, _rates(prices, shares), _years(prices, year), shares, draws, months)


def _rates(prices: pd.DataFrame, shares: Sequence[str]) -> Ints:
    require_columns(prices, list(shares), _NEEDED_BY)
    rates = np.zeros((len(prices), len(shares)), dtype=np.int64)
    for at, name in enumerate(shares):
        share = np.asarray(pd.to_numeric(prices[name], errors="coerce"), dtype=np.float64)
        require_values(prices, name, ~((share >= 0) & (share <= 1)), "份额应在 0 与 1 之间。", _NEEDED_BY)
        rates[:, at] = np.rint(share * MILLION)
    if shares:
        require_values(prices, shares[0], rates.sum(axis=1) > MILLION, "各方份额合计不应超过 1。", _NEEDED_BY)
    return rates


def _years(prices: pd.DataFrame, year: str | None) -> Ints:
    if year is None:
        return np.full(len(prices), NO_YEAR, dtype=np.int64)
    require_columns(prices, [year], _NEEDED_BY)
    numbers = np.asarray(pd.to_numeric(prices[year], errors="coerce"), dtype=np.float64)
    require_values(prices, year, ~((numbers > 0) & (numbers == np.floor(numbers))), "填写首次推出的年份。", _NEEDED_BY)
    return numbers.astype(np.int64)


def _outcome(
    prices: pd.DataFrame, book: Book, tiles: Iterable[tuple[Place, Tile]], demand: Demand, seed: int
) -> MarketOutcome:
    rows: list[Row] = [{}] * len(prices)
    towns: list[Row] = []
    parties: list[Row] = []
    county: dict[int, Totals] = {}
    most = [0] * len(prices)
    every: Ints = np.arange(len(prices), dtype=np.int64)

    def add_up(name: str, totals: dict[int, Totals], at: Ints) -> None:
        for year, of_year, chosen in _by_year(totals, book, at):
            towns.append(total_row(name, year, of_year, len(chosen), int(book.areas[chosen].sum())))
            parties.extend(party_rows(name, year, of_year, book.shares))

    for (township, at), tile in tiles:
        for position, row, price in zip(at.tolist(), tile.rows, tile.most, strict=True):
            rows[position], most[position] = row, price
        add_up(township, tile.totals, at)
        for year, totals in tile.totals.items():
            county.setdefault(year, Totals.empty(book.draws, len(book.shares))).add(totals)
    county = county or {NO_YEAR: Totals.empty(book.draws, len(book.shares))}
    add_up(TOTAL, county, every)
    require_countable(most, [lot.code for lot in book.lots])
    table, together = parcel_table(rows, prices.index), _together(county, book)
    return MarketOutcome(table, total_table(towns), party_table(parties), book.draws, seed, demand.name, together)


def _by_year(totals: dict[int, Totals], book: Book, at: Ints) -> Iterator[tuple[int | None, Totals, Ints]]:
    """The totals of each year, and of all years together."""
    for year in sorted(totals):
        if year != NO_YEAR:
            yield year, totals[year], at[book.years[at] == year]
    yield None, _together(totals, book), at


def _together(totals: dict[int, Totals], book: Book) -> Totals:
    """Add the years up."""
    together = Totals.empty(book.draws, len(book.shares))
    for each in totals.values():
        together.add(each)
    return together
