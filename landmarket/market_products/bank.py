"""The reserve bank of a county (储备库): parcels that can be offered, with what each is expected to bring."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from landmarket.distribution.rule import SplitRule
from landmarket.distribution.split import COLLECTIVES, split_gaps, split_income
from landmarket.errors import BadValueError
from landmarket.market.demand import Demand
from landmarket.market.simulation import MarketOutcome, simulate_market
from landmarket.market.supply_limits import SupplyState
from landmarket.market.terms import DealTerms
from landmarket.market.tile_store import TileStore
from landmarket.products import Work, plain
from landmarket.progress import Progress

FUND, COLLECTIVE = "fund_price_share", "collective_price_share"
SHARES = (FUND, COLLECTIVE)
_FEN = 100
_PLACES = 6


@dataclass(frozen=True, eq=False)
class Assumptions:
    """What a simulation rests on besides the parcels (测算条件); change it with `dataclasses.replace`.

    Attributes
    ----------
    terms : DealTerms
        Terms of the offers.
    demand : Demand
        Assumptions on demand.
    split_rule : SplitRule
        How the price is divided.
    draws, seed : int
        Number of draws, and the seed.
    on : date
        Day of the offers.
    """

    terms: DealTerms
    demand: Demand
    split_rule: SplitRule
    draws: int
    seed: int = field(repr=False)
    on: date


@dataclass(frozen=True, eq=False)
class Watch:
    """Who is told how far the work is, and where finished townships are kept (进度).

    Attributes
    ----------
    progress : callable
        Told of each simulation.
    kept : TileStore or None
        Where finished townships are kept.
    """

    progress: Progress
    kept: TileStore | None


def reserve_bank(main: Work) -> pd.DataFrame:
    """List the parcels that may enter, are priced and can be offered on the terms (储备库).

    Parameters
    ----------
    main : Work
        The county's main job.

    Returns
    -------
    DataFrame
        Facts, entry and price of each, with the mode and form of the terms; no simulated deal.

    Raises
    ------
    BadValueError
        If there is none.
    """
    outcome, terms = main.outcome, main.scenario.terms
    table = plain(outcome.parcels)
    for step in (outcome.entry, outcome.prices):
        table = table.join(step[step.columns.difference(table.columns, sort=False)])
    offered = outcome.deals.index[outcome.deals["deal_gap"].eq("")]
    if offered.empty:
        raise BadValueError(
            f"{main.county.path}：没有一宗可入市、有地价、能按交易条件推出的宗地。"
            "办法：先用 run 查看入市资格、没有地价和未模拟交易的原因。"
        )
    return table.loc[offered].assign(mode=str(terms.mode), form=str(terms.form))


def simulated(
    bank: pd.DataFrame, given: Assumptions, watch: Watch, name: str, shares: tuple[str, ...] = ()
) -> MarketOutcome:
    """Simulate the market of some parcels (模拟交易).

    Parameters
    ----------
    bank : DataFrame
        The parcels.
    given : Assumptions
        What it rests on.
    watch : Watch
        Who is told of it.
    name : str
        What the work is called, in Chinese.
    shares : tuple of str, optional
        Columns with the parties' shares.

    Returns
    -------
    MarketOutcome
        The same whether it was interrupted or not.
    """
    with watch.progress(name, len(bank)) as done:
        return simulate_market(
            bank,
            given.terms,
            given.demand,
            draws=given.draws,
            seed=given.seed,
            on=given.on,
            shares=shares,
            kept=watch.kept,
            done=done,
        )


def with_income(bank: pd.DataFrame, parcels: pd.DataFrame, given: Assumptions) -> pd.DataFrame:
    """Add what each parcel is expected to bring (预期收入).

    Parameters
    ----------
    bank : DataFrame
        The parcels.
    parcels : DataFrame
        Their table of a `MarketOutcome`, on the same index.
    given : Assumptions
        Its rule divides the price.

    Returns
    -------
    DataFrame
        With the columns of the simulation; ``fund_price_share`` and ``collective_price_share`` (those of the mean
        price given a sale, to six decimals; zero where never sold or not to be split); ``expected_price_fen`` and
        ``expected_collective_fen``, chance of sale included [分]; ``split_gap``; ``supply_state``.

    Notes
    -----
    Collective means township, village and group, the reclaimed side, and members. The share of the mean price stands
    for the share of every price: exact where the fund is on the price, or every price is above the costs.
    """
    mean = parcels["deal_price_mean"] * _FEN
    split = _shares(bank, mean, given)
    older = [*parcels.columns, *split.columns]
    table = bank.drop(columns=older, errors="ignore").join(parcels).join(split)
    expected = (mean * parcels["sale_probability"]).fillna(0)
    table["expected_price_fen"] = _whole(expected)
    table["expected_collective_fen"] = _whole(expected * split[COLLECTIVE])
    sound = split["split_gap"].eq("")
    return table.assign(supply_state=np.where(sound, str(SupplyState.AVAILABLE), str(SupplyState.WAITING)))


def _shares(bank: pd.DataFrame, mean: pd.Series[float], given: Assumptions) -> pd.DataFrame:
    """Shares of the fund and of the collectives with their members, of the mean price."""
    price = _whole(mean.fillna(0)).astype("Int64").where(mean.notna())
    deals = bank.assign(deal_price_fen=price, deal_on=pd.Timestamp(given.on))
    gap = split_gaps(deals, given.split_rule)
    parts = split_income(deals[gap.eq("")], given.split_rule).reindex(bank.index)
    whole = price.astype("float64")
    collective = parts[[*COLLECTIVES, "members_fen"]].astype("float64").sum(axis=1, min_count=1)
    shares = {FUND: parts["fund_fen"].astype("float64") / whole, COLLECTIVE: collective / whole}
    return pd.DataFrame({name: share.fillna(0).round(_PLACES) for name, share in shares.items()}).assign(split_gap=gap)


def _whole(fen: pd.Series[float]) -> pd.Series[int]:
    """Amounts half-up to the fen."""
    return pd.Series(np.floor(fen.to_numpy(dtype=np.float64) + 1 / 2).astype(np.int64), index=fen.index)


def valued(bank: pd.DataFrame, given: Assumptions, watch: Watch, name: str) -> tuple[pd.DataFrame, MarketOutcome]:
    """Simulate the market of some parcels, and add what each is expected to bring (模拟与预期收入).

    Parameters
    ----------
    bank : DataFrame
        The parcels.
    given : Assumptions
        What it rests on.
    watch : Watch
        Who is told of it.
    name : str
        What the work is called, in Chinese.

    Returns
    -------
    bank : DataFrame
        As `with_income` gives it.
    market : MarketOutcome
        The simulation.
    """
    market = simulated(bank, given, watch, name)
    return with_income(bank, market.parcels, given), market
