"""What is simulated: a lot, the rounds it is offered in, what all lots share, and what became of a lot."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from landmarket.exact import Ints
from landmarket.market.demand import Demand, UseDemand
from landmarket.market.distributions import Spread, quantiles
from landmarket.market.draw_streams import Words, positions, stream_keys, uniforms_at
from landmarket.market.terms import Mode
from landmarket.units import Floats


@dataclass(frozen=True)
class Round:
    """What a lot is offered for in one round, on the basis of the bids [分].

    Attributes
    ----------
    start, step : int
        Start price and step.
    least : int
        Lowest level of the grid that meets the reserve. Secret.
    """

    start: int
    step: int
    least: int = field(repr=False)


@dataclass(frozen=True, eq=False)
class Lot:
    """A parcel on offer (标的).

    Attributes
    ----------
    code : str
        Parcel code.
    use : UseDemand
        Demand for its use.
    arrivals : ndarray of float64
        Cumulative chances of 0, 1, 2 … bidders.
    appraised : int
        Appraised price, for a lease the rent of one year [分].
    rounds : tuple of Round
        The first offer, then each relisting.
    years : int
        Years that the whole deal has: the lease's, else 1.
    """

    code: str
    use: UseDemand
    arrivals: Floats
    appraised: int
    rounds: tuple[Round, ...]
    years: int


@dataclass(frozen=True, eq=False)
class Market:
    """What all lots share.

    Attributes
    ----------
    mode : Mode
        Mode of the deals.
    min_bidders : int
        Fewest bidders for a valid deal.
    sealed_shares : ndarray of float64
        Share of its value that a bidder writes into a tender.
    seed : int
        Seed.
    at : ndarray of uint64
        Position of each draw in the streams.
    shocks : dict of str to ndarray of float64
        For each price use the multiple that all its parcels share in a draw.
    """

    mode: Mode
    min_bidders: int
    sealed_shares: Floats
    seed: int
    at: Words
    shocks: dict[str, Floats]


@dataclass(frozen=True, eq=False)
class LotDraws:
    """What became of one lot in each draw.

    Attributes
    ----------
    price : ndarray of int64
        Deal price [分], for a lease the rent of all years; 0 where not sold.
    sold_in : ndarray of int8
        Round in which it was sold, from 0; −1 where it was not.
    bidders : int
        Bidders of the first round, of all draws together.
    failures : dict of str to int
        Draws that ended unsold, by how the last round failed.
    """

    price: Ints
    sold_in: npt.NDArray[np.int8]
    bidders: int
    failures: dict[str, int]


def market_draws(demand: Demand, mode: Mode, min_bidders: int, county: str, *, draws: int, seed: int) -> Market:
    """Draw what all lots share: the county's and the uses' shocks.

    Parameters
    ----------
    demand : Demand
        Assumptions on demand.
    mode : Mode
        Mode of the deals.
    min_bidders : int
        Fewest bidders for a valid deal.
    county : str
        County code.
    draws : int
        Number of draws.
    seed : int
        Seed.

    Returns
    -------
    Market
        The shocks depend on seed, county, use and number of the draw alone.
    """
    at = positions(draws)
    whole = spread_at(demand.county_shock, f"县|{county}", at, seed)
    own = {use.price_use: spread_at(use.shock, f"用途|{county}|{use.price_use}", at, seed) for use in demand.uses}
    shocks = {name: whole * shock for name, shock in own.items()}
    shares = np.array([float(share) for share in demand.sealed_shares])
    return Market(mode, min_bidders, shares, seed, at, shocks)


def spread_at(spread: Spread, name: str, at: Words, seed: int) -> Floats:
    """Draw one quantity in each draw.

    Parameters
    ----------
    spread : Spread
        Its distribution.
    name : str
        Name of its stream.
    at : ndarray of uint64
        Positions of the draws.
    seed : int
        Seed.

    Returns
    -------
    ndarray of float64
        The quantity in each draw.
    """
    if spread.certain:
        return np.full(len(at), float(spread.base))
    (key,) = stream_keys(name, 1, seed=seed)
    return quantiles(spread, uniforms_at(key, at))
