"""Sealed bids of a tender (密封投标): the highest wins, and how many must take part."""

from __future__ import annotations

from datetime import date

import numpy as np

from landmarket.exact import Ints
from landmarket.market.bids import Bidding
from landmarket.rules import Rule, national_rules, require_rule

_LEAST = "tender_min_bidders"


def sealed(levels: Ints) -> Bidding:
    """Bid once, sealed (密封报价): the highest bid wins and is paid, of equal ones the earliest.

    Parameters
    ----------
    levels : ndarray of int64, shape (parcels, bidders)
        Highest affordable level of each bidder in order of arrival, −1 for none.

    Returns
    -------
    Bidding
        Everyone bids the highest level that it can afford; nobody bids a second time.

    Examples
    --------
    Two rows, three bidders each; in the second row nobody can afford the start price:

    >>> result = sealed(np.array([[2, 5, 5], [-1, -1, -1]]))
    >>> result.level.tolist(), result.winner.tolist()
    ([5, -1], [1, -1])
    """
    first = np.argmax(levels, axis=1).astype(np.int64)
    level = levels[np.arange(len(levels)), first]
    return Bidding(level, np.where(level >= 0, first, -1), np.zeros(len(levels), dtype=np.bool_))


def least_tenderers_rule(on: date, county: str) -> Rule:
    """Return the rule on the fewest tenderers (最少投标人数) in force.

    Parameters
    ----------
    on : date
        The day.
    county : str
        County code, 6 digits.

    Returns
    -------
    Rule
        With its source.

    Raises
    ------
    NoRuleInForceError
        If there is none.
    """
    return require_rule(national_rules(), _LEAST, on=on, county=county, pilot=False)


def least_tenderers(on: date, county: str) -> int:
    """Return the fewest tenderers with whom a tender goes on (最少投标人数).

    Parameters
    ----------
    on : date
        The day.
    county : str
        County code, 6 digits.

    Returns
    -------
    int
        Tenderers.

    Raises
    ------
    NoRuleInForceError
        If there is no rule in force.
    """
    return int(least_tenderers_rule(on, county).number)
