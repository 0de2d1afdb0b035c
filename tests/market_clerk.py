"""A clerk who simulates a market lot by lot, draw by draw and bidder by bidder, in plain Python.

It shares no code with the library but, where asked, its rules of bidding; it knows uniform and exponential
distributions only.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate
from math import ceil, exp, floor, log

import numpy as np
import pandas as pd

from landmarket.market import bids
from landmarket.market.demand import BudgetBasis, Demand, UseDemand
from landmarket.market.distributions import Shape, Spread
from landmarket.market.terms import DealTerms, Mode, ReserveComparison

Bidding = Callable[[Mode, list[int]], tuple[int, int]]

MASK = 2**64 - 1


@lru_cache(maxsize=100_000)
def key(seed: int, name: str, number: int) -> int:
    """Key of a stream: eight to a digest."""
    digest = blake2b(f"{seed}|{name}|{number // 8}".encode()).digest()
    return int.from_bytes(digest[number % 8 * 8 : number % 8 * 8 + 8], "little")


def uniform(stream: int, draw: int) -> float:
    """SplitMix64, the number of one draw."""
    z = (stream + (draw + 1) * 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return ((z ^ (z >> 31)) >> 11) / 2**53


def drawn(spread: Spread, stream: int, draw: int) -> float:
    """One quantity of one draw."""
    base, scale = float(spread.base), float(spread.scale)
    if not scale:
        return base
    number = uniform(stream, draw)
    return base + scale * number if spread.shape is Shape.UNIFORM else base - scale * log(1 - number)


@lru_cache(maxsize=100)
def poisson(mean: Decimal) -> list[float]:
    """Chance of at most 0, 1, 2 … arrivals."""
    terms = [exp(-mean)]
    while len(terms) < 20 + 4 * mean:
        terms.append(terms[-1] * float(mean) / len(terms))
    return list(accumulate(terms))


def by_rules(mode: Mode, levels: list[int]) -> tuple[int, int]:
    """Level and winner as the library's rules of bidding decide one lot."""
    table = np.array([levels], dtype=np.int64)
    if mode is Mode.TENDER:
        return max(levels), levels.index(max(levels))
    found = {Mode.LISTING: bids.listing, Mode.AUCTION: bids.auction}[mode](table)
    return int(found.level[0]), int(found.winner[0])


def by_loop(mode: Mode, levels: list[int]) -> tuple[int, int]:
    """The same in plain Python."""
    highest = max(levels)
    first = levels.index(highest)
    if mode is Mode.TENDER or highest < 0:
        return highest, first
    second = max((level for at, level in enumerate(levels) if at != first), default=-1)
    if mode is Mode.AUCTION:
        return min(highest, second + 1), first
    best, holder = -1, -1
    for at, level in enumerate(levels):
        if level > best:
            best, holder = best + 1, at
    if second > best:
        return min(highest, second + 1), first
    if highest > best and first != holder:
        return best + 1, first
    return best, holder


@dataclass(frozen=True)
class Offered:
    """One round of one lot, on the clerk's own arithmetic."""

    start: int
    step: int
    reserve: int


@dataclass(frozen=True)
class ClerkLot:
    """One lot on the clerk's desk."""

    code: str
    use: UseDemand
    mean: Decimal
    appraised: int
    rounds: list[Offered]


def clerk_lots(prices: pd.DataFrame, terms: DealTerms, demand: Demand) -> list[ClerkLot]:
    """Lots of a table, for grants whose step is a share of the start price."""
    uses = {use.price_use: use for use in demand.uses}
    lots = []
    for code, row in prices.iterrows():
        use = uses[row["price_use"]]
        band = (
            0 if len(use.bidders) == 1 else max(i for i, s in enumerate(use.score_from) if row["location_score"] >= s)
        )
        rounds, start_ratio, reserve_ratio = [], Fraction(terms.start_ratio), Fraction(terms.reserve_ratio)
        for _ in range(demand.relisting.times + 1):
            unit, appraised = terms.unit_yuan * 100, int(row["total_price_fen"])
            raw = ceil(appraised * start_ratio)
            step = max(ceil(Fraction(ceil(raw * Fraction(terms.step)), unit)) * unit, unit)
            rounds.append(Offered(ceil(Fraction(raw, unit)) * unit, step, ceil(appraised * reserve_ratio)))
            kept = 1 - Fraction(demand.relisting.cut)
            start_ratio, reserve_ratio = (
                Fraction(ceil(ratio * kept * 10**6), 10**6) for ratio in (start_ratio, reserve_ratio)
            )
        lots.append(ClerkLot(str(code), use, use.bidders[band], appraised, rounds))
    return lots


def worth_of(lot: ClerkLot, demand: Demand, county: str, seed: int, draw: int) -> float:
    """What a lot is worth to everybody in one draw."""
    use = lot.use
    whole = drawn(demand.county_shock, key(seed, f"县|{county}", 0), draw)
    shock = whole * drawn(use.shock, key(seed, f"用途|{county}|{use.price_use}", 0), draw)
    return lot.appraised * shock * drawn(use.common, key(seed, f"宗地|{lot.code}", 0), draw)


def values_of(lot: ClerkLot, number: int, worth: float, seed: int, draw: int) -> Iterator[float]:
    """What each bidder of a round can pay, in order of arrival, before a shared budget."""
    use = lot.use
    count = bisect_right(poisson(lot.mean), uniform(key(seed, f"到场|{lot.code}|{number}", 0), draw))
    for bidder in range(count):
        value = worth * drawn(use.private, key(seed, f"出价|{lot.code}|{number}", bidder), draw)
        if use.budget is not None and not use.pool:
            unit = lot.appraised if use.budget_basis is BudgetBasis.MULTIPLE else 100
            value = min(value, drawn(use.budget, key(seed, f"预算|{lot.code}|{number}|{bidder}", 0), draw) * unit)
        yield value


def decide(
    offered: Offered, values: list[float], terms: DealTerms, demand: Demand, bidding: Bidding
) -> tuple[int | None, int, int]:
    """Run one round: price where it is sold, registered bidders, position of the winner."""
    levels = [max(floor((floor(value) - offered.start) / offered.step), -1) for value in values]
    registered = sum(level >= 0 for level in levels)
    least = max(terms.min_bidders, 3) if terms.mode is Mode.TENDER else terms.min_bidders
    if not registered or registered < least:
        return None, registered, -1
    if terms.mode is Mode.TENDER:
        share = float(demand.sealed_shares[min(registered, len(demand.sealed_shares)) - 1])
        shaded = [floor((floor(floor(value) * share) - offered.start) / offered.step) for value in values]
        levels = [max(bid, 0) if level >= 0 else -1 for bid, level in zip(shaded, levels, strict=True)]
    level, winner = bidding(terms.mode, levels)
    price = offered.start + level * offered.step
    met = (
        price >= offered.reserve if terms.reserve_comparison is ReserveComparison.NOT_BELOW else price > offered.reserve
    )
    return price if met else None, registered, winner


@dataclass(frozen=True)
class Ending:
    """What the clerk wrote down of one lot in one draw; no price and −1 where it was not sold."""

    price: int
    sold_in: int
    registered: int


def run_lot(
    lot: ClerkLot, terms: DealTerms, demand: Demand, *, seed: int, draw: int, bidding: Bidding = by_loop
) -> Ending:
    """Offer one lot until it is sold or given up."""
    worth = worth_of(lot, demand, terms.county, seed, draw)
    at_first = 0
    for number, offered in enumerate(lot.rounds):
        price, registered, _ = decide(offered, list(values_of(lot, number, worth, seed, draw)), terms, demand, bidding)
        at_first = registered if number == 0 else at_first
        if price is not None:
            return Ending(price, number, at_first)
    return Ending(0, -1, at_first)


def run_shared(
    lots: Sequence[ClerkLot], terms: DealTerms, demand: Demand, *, seed: int, draw: int
) -> dict[str, Ending]:
    """Offer lots of one use to bidders that share budgets, in the order of their codes, round after round."""
    use = lots[0].use
    assert use.budget is not None
    money = {m: drawn(use.budget, key(seed, f"成员预算|{use.price_use}|{m}", 0), draw) * 100 for m in range(use.pool)}
    won = dict.fromkeys(money, 0)
    endings = {lot.code: Ending(0, -1, 0) for lot in lots}
    for number in range(len(lots[0].rounds)):
        for lot in sorted(lots, key=lambda lot: lot.code):
            if endings[lot.code].sold_in >= 0:
                continue
            worth = worth_of(lot, demand, terms.county, seed, draw)
            here: list[int] = []
            values = []
            for at, value in enumerate(values_of(lot, number, worth, seed, draw)):
                member = int(uniform(key(seed, f"成员|{lot.code}|{number}", at), draw) * use.pool)
                able = member not in here and won[member] < demand.bidder_lots
                here.append(member)
                values.append(min(value, money[member]) if able else 0.0)
            price, registered, winner = decide(lot.rounds[number], values, terms, demand, by_rules)
            if price is not None:
                money[here[winner]] -= price
                won[here[winner]] += 1
            at_first = registered if number == 0 else endings[lot.code].registered
            endings[lot.code] = Ending(price or 0, -1 if price is None else number, at_first)
    return endings
