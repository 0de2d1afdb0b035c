"""Assumptions on demand (需求假设): how many bidders come, what a parcel is worth to them, what they can pay.

A bidder's value is the appraised price times four independent multiples: the county's shock, the use's shock, what the
market makes of this parcel (all common to a draw), and the bidder's own. Values are private and known to the bidder.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.checks import require_columns, require_values
from landmarket.errors import RuleError
from landmarket.market.distributions import ONE, Shape, Spread
from landmarket.rule_file import RuleFile
from landmarket.rules import load_toml

_MOST_BIDDERS = 100
_MOST_ROUNDS = 20
_NEEDED_BY = "simulate_market"


class BudgetBasis(StrEnum):
    """What a budget is stated in."""

    MULTIPLE = "评估价倍数"
    AMOUNT = "元"
    """Of the amount bid for: for a lease, the rent of one year."""


@dataclass(frozen=True)
class UseDemand:
    """Demand for parcels of one price use.

    Attributes
    ----------
    price_use : str
        The use.
    score_from : tuple of Decimal
        Least location score of each band, ascending; a parcel is in the last band it reaches.
    bidders : tuple of Decimal
        Mean number of bidders that come to a listing, for each band; the number is Poisson.
    private : Spread
        Multiple of the appraised price, drawn for each bidder.
    common : Spread
        Multiple drawn once per parcel and draw.
    shock : Spread
        Multiple drawn once per draw, for all parcels of the use.
    budget : Spread or None
        Most that a bidder can pay; None: whatever it is worth to it.
    budget_basis : BudgetBasis
        What the budget is stated in.
    pool : int
        Bidders that exist, where they bid for several parcels; else zero.
    """

    price_use: str
    score_from: tuple[Decimal, ...]
    bidders: tuple[Decimal, ...]
    private: Spread
    common: Spread = ONE
    shock: Spread = ONE
    budget: Spread | None = None
    budget_basis: BudgetBasis = BudgetBasis.MULTIPLE
    pool: int = 0

    def __post_init__(self) -> None:
        """Refuse a use whose bands and bidders do not fit.

        Raises
        ------
        RuleError
            Naming the use.
        """
        wrong = []
        if not self.score_from or len(self.score_from) != len(self.bidders):
            wrong.append("score_from 与 bidders 应一样长，至少一档")
        if not all(a < b for a, b in zip(self.score_from, self.score_from[1:], strict=False)):
            wrong.append("score_from 应递增")
        if not all(mean.is_finite() and 0 <= mean <= _MOST_BIDDERS for mean in self.bidders):
            wrong.append(f"bidders 应在 0 至 {_MOST_BIDDERS} 之间")
        if self.pool < 0:
            wrong.append("pool 不应小于 0")
        if wrong:
            raise RuleError(f"需求假设 {self.price_use}：{'；'.join(wrong)}。办法：改写规则文件。")


@dataclass(frozen=True)
class Relisting:
    """What happens to a parcel that found no buyer (流拍后重新挂牌).

    Attributes
    ----------
    times : int
        How often it is offered again.
    cut : Decimal
        Share by which start price and reserve ratio fall each time; the floors of the reserve stay.
    round_months : Decimal
        Months from one offer to its close, and to the next offer.
    """

    times: int
    cut: Decimal
    round_months: Decimal

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense.

        Raises
        ------
        RuleError
            Naming the keys.
        """
        months = self.round_months
        if not (0 <= self.times <= _MOST_ROUNDS and 0 <= self.cut < 1 and months.is_finite() and months > 0):
            raise RuleError(
                f"需求假设：relist_times = {self.times} 应在 0 至 {_MOST_ROUNDS} 之间，"
                f"relist_cut = {self.cut} 应不小于 0 且小于 1，round_months = {months} 应大于 0。办法：改写规则文件。"
            )


@dataclass(frozen=True)
class Demand:
    """Assumptions on demand (需求假设).

    Attributes
    ----------
    name, source : str
        What the assumptions are called, and what they rest on.
    verified : bool
        Whether somebody has checked them against it.
    uses : tuple of UseDemand
        Demand for each price use.
    relisting : Relisting
        What happens to unsold parcels.
    county_shock : Spread
        Multiple drawn once per draw, for all parcels.
    sealed_shares : tuple of Decimal
        Share of its value that a bidder writes into a tender, where 1, 2, 3 … take part; the last one holds for more.
    bidder_lots : int
        Most parcels that one bidder buys out of one budget; 1: every bidder comes for one parcel.
    """

    name: str
    source: str
    verified: bool
    uses: tuple[UseDemand, ...]
    relisting: Relisting
    county_shock: Spread = ONE
    sealed_shares: tuple[Decimal, ...] = ()
    bidder_lots: int = 1

    def __post_init__(self) -> None:
        """Refuse assumptions that contradict themselves.

        Raises
        ------
        RuleError
            Naming the key.
        """
        names = [use.price_use for use in self.uses]
        wrong = []
        if not names or len(set(names)) < len(names):
            wrong.append("[[use]] 应至少一条，price_use 不应重复")
        if not all(0 <= share <= 1 for share in self.sealed_shares):
            wrong.append("sealed_shares 应在 0 与 1 之间")
        if self.bidder_lots < 1:
            wrong.append("bidder_lots 应不小于 1")
        shared = [u.pool > 0 and u.budget is not None and u.budget_basis is BudgetBasis.AMOUNT for u in self.uses]
        if self.bidder_lots > 1 and not all(shared):
            wrong.append(f"bidder_lots 大于 1 时，每个用途须有 pool 和以{BudgetBasis.AMOUNT}计的 budget")
        if wrong:
            raise RuleError(f"需求假设 {self.name}：{'；'.join(wrong)}。办法：改写规则文件。")


def read_demand(path: Path) -> Demand:
    """Read assumptions on demand.

    Parameters
    ----------
    path : Path
        TOML file: the attributes of `Demand`; ``relist_times``, ``relist_cut`` and ``round_months``; one ``[[use]]``
        for each `UseDemand`; distributions are tables ``{shape, base, scale}``.

    Returns
    -------
    Demand
        The assumptions.

    Raises
    ------
    ReadError
        If the file is not TOML.
    RuleError
        If a key is missing, unknown or of the wrong kind, or the assumptions contradict themselves.
    """
    file = RuleFile(load_toml(path), str(path))
    demand = Demand(
        name=file.text("name"),
        source=file.text("source"),
        verified=file.flag("verified"),
        uses=tuple(_use(record) for record in file.records("use")),
        relisting=Relisting(file.whole("relist_times"), file.number("relist_cut"), file.number("round_months")),
        county_shock=_spread(file, "county_shock", ONE),
        sealed_shares=file.numbers("sealed_shares") if file.has("sealed_shares") else (),
        bidder_lots=file.whole("bidder_lots", 1),
    )
    file.finish()
    return demand


def _use(record: RuleFile) -> UseDemand:
    use = UseDemand(
        price_use=record.text("price_use"),
        score_from=record.numbers("score_from"),
        bidders=record.numbers("bidders"),
        private=_spread(record, "private"),
        common=_spread(record, "common", ONE),
        shock=_spread(record, "shock", ONE),
        budget=_spread(record, "budget") if record.has("budget") else None,
        budget_basis=record.choice("budget_basis", BudgetBasis, BudgetBasis.MULTIPLE),
        pool=record.whole("pool", 0),
    )
    record.finish()
    return use


def _spread(file: RuleFile, key: str, default: Spread | None = None) -> Spread:
    if default is not None and not file.has(key):
        return default
    record = RuleFile(file.value(key, "分布 {shape, base, scale}"), f"{file.where} {key}")
    spread = Spread(record.choice("shape", Shape), record.number("base"), record.number("scale"))
    record.finish()
    return spread


def mean_bidders(prices: pd.DataFrame, demand: Demand) -> pd.Series[str]:
    """Give the mean number of bidders that come for each parcel.

    Parameters
    ----------
    prices : DataFrame
        With ``price_use``; ``location_score`` where a use has several bands.
    demand : Demand
        The assumptions.

    Returns
    -------
    Series of str
        ``bidders_expected`` on the same index: the exact decimal number of the band.

    Raises
    ------
    BadValueError
        If a use is not in the assumptions, or a score is missing or below the lowest band; the parcels are named.
    """
    require_columns(prices, ["price_use"], _NEEDED_BY)
    known = [use.price_use for use in demand.uses]
    cure = f"需求假设 {demand.name} 只有用途 {'、'.join(known)}，在其中补上 [[use]]。"
    require_values(prices, "price_use", ~prices["price_use"].isin(known), cure, _NEEDED_BY)
    means = np.full(len(prices), "", dtype=object)
    for use in demand.uses:
        rows = np.flatnonzero(prices["price_use"] == use.price_use)
        band = np.zeros(len(rows), dtype=np.intp)
        if len(use.score_from) > 1 and len(rows):
            band = _bands(prices, rows, use)
        means[rows] = [str(use.bidders[at]) for at in band]
    return pd.Series(means, index=prices.index, name="bidders_expected", dtype="str")


def _bands(prices: pd.DataFrame, rows: npt.NDArray[np.intp], use: UseDemand) -> npt.NDArray[np.intp]:
    require_columns(prices, ["location_score"], _NEEDED_BY)
    scores = np.asarray(pd.to_numeric(prices["location_score"], errors="coerce"), dtype=np.float64)
    bad = np.zeros(len(prices), dtype=np.bool_)
    bad[rows] = ~(scores[rows] >= float(use.score_from[0]))
    cure = f"补上区位分值，不低于需求假设中 {use.price_use} 的最低一档 {use.score_from[0]}。"
    require_values(prices, "location_score", bad, cure, _NEEDED_BY)
    return np.searchsorted(np.array([float(score) for score in use.score_from]), scores[rows], side="right") - 1
