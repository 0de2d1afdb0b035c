"""What a pilot's totals can prove (试点合计的合理性): where they lie under the assumptions, how little that says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np
import pandas as pd

from landmarket.checks import require_columns, require_values
from landmarket.errors import BadValueError, MissingColumnError
from landmarket.market.demand import Demand
from landmarket.market.draw_streams import stream_keys, uniforms_at
from landmarket.market.lot_draws import lot_draws
from landmarket.market.lot_offers import lots_of, market_of
from landmarket.market.market_totals import LEVELS
from landmarket.market.pilot_totals import PilotTotals
from landmarket.market.terms import DealTerms
from landmarket.units import floats_of, square_metres_to_mu

_FEN_PER_WAN = 1_000_000
_RANKS = ("low", "median", "high")
_PERCENT = 100


def picked_deals(
    prices: pd.DataFrame, terms: DealTerms, demand: Demand, *, parcels: int, draws: int, seed: int, on: date
) -> pd.DataFrame:
    """Draw so many deals by lot out of each simulated market (随机抽取成交). Internal.

    Parameters
    ----------
    prices : DataFrame
        As for `landmarket.market.simulation.simulate_market`.
    terms : DealTerms
        Listing, auction or tender.
    demand : Demand
        Assumptions on demand; every bidder comes for one parcel.
    parcels : int
        Deals that are picked in each draw.
    draws : int
        Number of draws.
    seed : int
        Seed; which deals are picked depends on seed, parcel code and number of the draw alone.
    on : date
        Day on which the terms must be in force.

    Returns
    -------
    DataFrame
        One row a draw: ``deals`` picked (fewer where fewer were sold), ``money_fen`` [分] and ``area`` [㎡].

    Raises
    ------
    BadValueError
        If nothing is to be picked, there are no draws, or what the terms and the assumptions need is missing.
    """
    if parcels < 1 or draws < 1:
        raise BadValueError(f"picked_deals：parcels = {parcels}、draws = {draws} 都应不小于 1。办法：改写。")
    terms.require_in_force(on)
    market = market_of(terms, demand, on, draws=draws, seed=seed)
    rank = np.full((parcels, draws), np.inf)
    money, area = np.zeros((parcels, draws), dtype=np.int64), np.zeros((parcels, draws))
    every = np.arange(draws)
    for lot, size in zip(lots_of(prices, terms, demand), floats_of(prices["area"]).tolist(), strict=True):
        found = lot_draws(lot, market)
        (key,) = stream_keys(f"抽取|{lot.code}", 1, seed=seed)
        drawn = np.where(found.sold_in >= 0, uniforms_at(key, market.at), np.inf)
        last = rank.argmax(axis=0)
        rows = every[drawn < rank[last, every]]
        rank[last[rows], rows], money[last[rows], rows], area[last[rows], rows] = drawn[rows], found.price[rows], size
    picked = np.isfinite(rank).sum(axis=0)
    index = pd.RangeIndex(1, draws + 1, name="draw")
    return pd.DataFrame({"deals": picked, "money_fen": money.sum(axis=0), "area": area.sum(axis=0)}, index=index)


def price_levels(prices: pd.DataFrame) -> pd.DataFrame:
    """Give the level of prices of each use (各用途价格水平).

    Parameters
    ----------
    prices : DataFrame
        ``price_use``, ``total_price_fen`` [分], ``area`` [㎡].

    Returns
    -------
    DataFrame
        Index ``price_use``: ``low``, ``median``, ``high``, the 5, 50 and 95 % quantiles of parcels [万元/亩]: values
        that occur.
    """
    require_columns(prices, ["price_use", "total_price_fen", "area"], "price_levels")
    unit = _unit_prices(prices["total_price_fen"], prices["area"])
    rows = {
        str(use): [sorted(own)[-(-level.numerator * len(own) // level.denominator) - 1] for level in LEVELS]
        for use, own in unit.groupby(prices["price_use"])
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(_RANKS)).rename_axis("price_use")


def _unit_prices(money: pd.Series[float], area: pd.Series[float]) -> pd.Series[float]:
    """Unit prices [万元/亩]."""
    return pd.Series(floats_of(money) / _FEN_PER_WAN, index=money.index) / square_metres_to_mu(area)


def compatible_shares(
    mean: Fraction, first: tuple[Fraction, Fraction], second: tuple[Fraction, Fraction]
) -> tuple[Fraction, Fraction] | None:
    r"""Find which shares of a use a mean price allows (相容的用途占比).

    .. math:: \{ s \in [0, 1] : s a_1 + (1 - s) b_1 \le m \le s a_2 + (1 - s) b_2 \}

    Parameters
    ----------
    mean : Fraction
        The mean price m, by area.
    first, second : tuple of Fraction
        Lowest and highest mean price of the use, a, and of the other, b, in the same unit.

    Returns
    -------
    tuple of Fraction or None
        Least and largest share of the area that the first use may have; None where no mixture has that mean.

    Examples
    --------
    Shops at 60 to 120, industry at 10 to 20: a mean of 70 allows one half to all.

    >>> low, high = compatible_shares(Fraction(70), (Fraction(60), Fraction(120)), (Fraction(10), Fraction(20)))
    >>> (str(low), str(high))
    ('1/2', '1')
    """
    least, most = Fraction(0), Fraction(1)
    # Both sides as slope · s <= rest.
    for slope, rest in ((first[0] - second[0], mean - second[0]), (second[1] - first[1], second[1] - mean)):
        if slope > 0:
            most = min(most, rest / slope)
        elif slope < 0:
            least = max(least, rest / slope)
        elif rest < 0:
            return None
    return (least, most) if least <= most else None


@dataclass(frozen=True)
class Plausibility:
    """Where a pilot's totals lie, and what they leave open (合理性).

    Attributes
    ----------
    wan_per_mu : Fraction
        The pilot's mean price [万元/亩].
    quantile : float
        Share of the draws whose mean price is below it, equal ones counted half.
    two_sided : float
        Share of the draws that lie at least as far out, on both sides.
    shares : tuple of Fraction or None
        Least and largest share of the area in the first use that the mean price allows; None: no mixture.
    factor : float
        Median price of the first use / that of the second: how far the mix of uses alone can move the mean.
    text : str
        The same in Chinese, with how little it proves.
    """

    wan_per_mu: Fraction
    quantile: float
    two_sided: float
    shares: tuple[Fraction, Fraction] | None
    factor: float
    text: str


def plausibility(
    totals_draws: pd.DataFrame,
    observed: PilotTotals,
    levels: pd.DataFrame,
    uses: tuple[str, str] = ("商服", "工业"),
) -> Plausibility:
    """Say where a pilot's totals lie under the assumptions, and how little that proves (试点合计的合理性). Internal.

    Parameters
    ----------
    totals_draws : DataFrame
        One row a draw: ``money_fen`` [分] and ``area`` [㎡] of as many deals, as `picked_deals` gives them.
    observed : PilotTotals
        What the pilot reports.
    levels : DataFrame
        Index ``price_use``; ``low``, ``median``, ``high`` [万元/亩], as `price_levels` gives them.
    uses : tuple of str, default ("商服", "工业")
        The dear use and the cheap one that a mixture is made of.

    Returns
    -------
    Plausibility
        Quantile, two-sided share, compatible shares, and the text.

    Raises
    ------
    BadValueError
        If there is no draw, or a draw has no area.
    MissingColumnError
        If a column, or the level of a use, is missing.
    """
    require_columns(totals_draws, ["money_fen", "area"], "plausibility")
    require_columns(levels, list(_RANKS), "plausibility")
    gone = [use for use in uses if use not in levels.index]
    if gone:
        raise MissingColumnError(f"plausibility：价格水平中没有用途 {'、'.join(gone)}。办法：改写 uses。")
    if totals_draws.empty:
        raise BadValueError("plausibility：没有一次模拟。办法：先用 picked_deals 抽取成交。")
    area = floats_of(totals_draws["area"])
    require_values(totals_draws, "area", ~(area > 0), "这几次模拟没有成交，核对需求假设。", "plausibility")
    unit = _unit_prices(totals_draws["money_fen"], totals_draws["area"]).to_numpy()
    mean, count = float(observed.wan_per_mu), len(unit)
    below, above = int(np.count_nonzero(unit <= mean)), int(np.count_nonzero(unit >= mean))
    quantile = (below + count - above) / (2 * count)
    two_sided = min(1.0, 2 * min(below, above) / count)
    low, median, high = ([Fraction(float(levels[rank][use])) for use in uses] for rank in _RANKS)
    shares = compatible_shares(observed.wan_per_mu, (low[0], high[0]), (low[1], high[1]))
    text = _said(observed, (quantile, two_sided), count, shares, (float(median[0]), float(median[1])), uses)
    return Plausibility(observed.wan_per_mu, quantile, two_sided, shares, float(median[0] / median[1]), text)


def _said(
    observed: PilotTotals,
    places: tuple[float, float],
    draws: int,
    shares: tuple[Fraction, Fraction] | None,
    medians: tuple[float, float],
    uses: tuple[str, str],
) -> str:
    quantile, two_sided = (f"{_PERCENT * place:.1f}%" for place in places)
    dear, cheap = uses
    if shares is None:
        mixed = f"{dear}与{cheap}按本县价格水平怎样搭配都达不到这个均价，价格水平或用途与试点不同"
    else:
        low, high = (f"{float(_PERCENT * share):.0f}%" for share in shares)
        mixed = f"{dear}占面积 {low} 至 {high} 都与这个均价相容"
    return (
        f"{observed.place}{observed.dated}报告 {observed.parcels} 宗、{observed.area_mu} 亩、"
        f"{observed.money_wan} 万元，"
        f"平均 {float(observed.wan_per_mu):.2f} 万元/亩。在本县的需求假设下，同样宗数的均价有 {quantile} 低于它，"
        f"两侧至少偏离这么远的占 {two_sided}（{draws} 次模拟）。"
        f"这证明不了多少：{observed.parcels} 宗没有逐宗的用途、年期、交易方式和年份；"
        f"本县{dear}中位 {medians[0]:.1f}、{cheap}中位 {medians[1]:.1f} 万元/亩，"
        f"单是用途构成就能使均价相差 {medians[0] / medians[1]:.1f} 倍；{mixed}。"
        "合计只能否定离谱的假设，不能证明假设正确，也不能用来校准。"
    )
