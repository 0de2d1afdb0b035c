"""Changes of a market's assumptions (情景假设): the price level, how many bidders come, what is asked."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_CEILING, Decimal

import numpy as np
import pandas as pd

from landmarket.checks import require_columns
from landmarket.errors import RuleError
from landmarket.exact import MILLION, millionths, times_rate
from landmarket.market.demand import Demand
from landmarket.market.distributions import Shape, Spread
from landmarket.market.terms import DealTerms

_SIXTH = Decimal("0.000001")


def with_price_level(demand: Demand, change: Decimal) -> Demand:
    """Change what every parcel is worth to everybody (价格水平变动).

    Parameters
    ----------
    demand : Demand
        Assumptions on demand.
    change : Decimal
        Relative change, more than −1: −0.10 for a fall by a tenth.

    Returns
    -------
    Demand
        With the county's shock multiplied by 1 + change in every draw; budgets stay as they are.

    Raises
    ------
    RuleError
        If the change is −1 or less.
    """
    factor = _factor(change, "with_price_level")
    return replace(demand, county_shock=_scaled(demand.county_shock, factor))


def with_bidders(demand: Demand, change: Decimal) -> Demand:
    """Change how many bidders come on average (竞买人数变动).

    Parameters
    ----------
    demand : Demand
        Assumptions on demand.
    change : Decimal
        Relative change, more than −1.

    Returns
    -------
    Demand
        With the mean number of every band multiplied by 1 + change.

    Raises
    ------
    RuleError
        If the change is −1 or less, or more come than can be simulated.
    """
    factor = _factor(change, "with_bidders")
    uses = tuple(replace(use, bidders=tuple(mean * factor for mean in use.bidders)) for use in demand.uses)
    return replace(demand, uses=uses)


def with_reserve(terms: DealTerms, change: Decimal) -> DealTerms:
    """Change the ratio of the reserve (底价变动). Internal.

    Parameters
    ----------
    terms : DealTerms
        Terms of the offers.
    change : Decimal
        Relative change, more than −1.

    Returns
    -------
    DealTerms
        With the ratio rounded up to six decimals; the floors of the reserve stay.

    Raises
    ------
    RuleError
        If the change is −1 or less.
    """
    ratio = (terms.reserve_ratio * _factor(change, "with_reserve")).quantize(_SIXTH, ROUND_CEILING)
    return replace(terms, reserve_ratio=ratio)


def scaled_prices(prices: pd.DataFrame, change: Decimal) -> pd.DataFrame:
    """Change the appraised prices (评估价变动), and with them what is asked.

    Parameters
    ----------
    prices : DataFrame
        ``total_price_fen`` [分], whole.
    change : Decimal
        Relative change, more than −1, at most six decimals.

    Returns
    -------
    DataFrame
        On the same index; ``total_price_fen`` half-up to the fen, other columns as they are.

    Raises
    ------
    RuleError
        If the change is −1 or less, or has more than six decimals.
    """
    require_columns(prices, ["total_price_fen"], "scaled_prices")
    rate = millionths(_factor(change, "scaled_prices"), "scaled_prices：change")
    whole, rest = times_rate(np.asarray(prices["total_price_fen"], dtype=np.int64), np.array([rate]))
    return prices.assign(total_price_fen=whole + (2 * rest >= MILLION))


def percent_text(change: Decimal) -> str:
    """Write a relative change in percent, with its sign (变动幅度).

    Parameters
    ----------
    change : Decimal
        Relative change.

    Returns
    -------
    str
        In Chinese where there is none.

    Examples
    --------
    >>> percent_text(Decimal("-0.10")), percent_text(Decimal("0.025")), percent_text(Decimal(0))
    ('-10%', '+2.5%', '不变')
    """
    return f"{(change * 100).normalize():+f}%" if change else "不变"


def _factor(change: Decimal, needed_by: str) -> Decimal:
    if not change.is_finite() or change <= -1:
        raise RuleError(f"{needed_by}：变动 {change} 应大于 -1。办法：写成小数，如下跌一成写成 -0.10。")
    return 1 + change


def _scaled(spread: Spread, factor: Decimal) -> Spread:
    """The distribution of a multiple of a quantity."""
    scale = spread.scale if spread.shape is Shape.LOGNORMAL else spread.scale * factor
    return replace(spread, base=spread.base * factor, scale=scale)
