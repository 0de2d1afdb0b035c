"""Yearly rent from a price (由地价推算年租金), exact to the fen on any machine."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd

from landmarket.checks import Fault, fault, require_columns, require_sound
from landmarket.exact import Ints
from landmarket.market.terms import DealTerms, RentDue

_NEEDED_BY = "simulate_deals（出租）"


def rent_factor(rate: Decimal, years: float, due: RentDue) -> Fraction:
    r"""Yearly rent per unit of price, exactly.

    Parameters
    ----------
    rate : Decimal
        Capitalisation rate (土地还原率), r [fraction a year], above 0.
    years : float
        Whole years the price is for, n; ``inf`` for an unlimited term.
    due : RentDue
        In advance or in arrears.

    Returns
    -------
    Fraction
        Yearly rent / price.

    Notes
    -----
    The income method of GB/T 18508 solved for the rent:

    .. math:: a = P \cdot \frac{r}{1 - (1 + r)^{-n}}

    and in advance :math:`a / (1 + r)`. The price is for n years, whatever the years of the lease: a lease is
    paid year by year at the rent that the price capitalises.

    Examples
    --------
    1,020 元 for 50 years at 5 %: a rent of 55.87 元 a year, and 51.00 元 for ever.

    >>> five, arrears = Decimal("0.05"), RentDue.ARREARS
    >>> [round(float(1020 * rent_factor(five, years, arrears)), 4) for years in (50, float("inf"))]
    [55.8723, 51.0]
    """
    r = Fraction(rate)
    arrears = r if years == float("inf") else r / (1 - (1 + r) ** -int(years))
    return arrears / (1 + r) if due is RentDue.ADVANCE else arrears


def rent_faults(prices: pd.DataFrame) -> list[Fault]:
    """Find terms and rates from which no rent can be computed.

    Parameters
    ----------
    prices : DataFrame
        With ``term_years``, the years the price is for (``inf`` where unlimited), and ``capitalisation_rate``.

    Returns
    -------
    list of Fault
        Terms that are no whole years, and rates that are missing or not between 0 and 1.
    """
    require_columns(prices, ["term_years", "capitalisation_rate"], _NEEDED_BY)
    years = prices["term_years"].to_numpy(dtype=np.float64)
    whole = (years > 0) & ((years == np.floor(years)) | np.isinf(years))
    rates = prices["capitalisation_rate"].to_numpy(dtype=np.float64)
    cure = "公告须有该用途的土地还原率，由地价推算租金要用。"
    return [
        fault("term_years", ~whole, "地价对应的年期应为正整数年，无年期为 inf。"),
        fault("capitalisation_rate", ~((rates > 0) & (rates < 1)), cure),
    ]


def yearly_rent_fen(prices: pd.DataFrame, price_fen: Ints, terms: DealTerms) -> Ints:
    """Yearly rent of each parcel from a price, half-up to the fen.

    Parameters
    ----------
    prices : DataFrame
        With ``term_years``, the years the price is for (``inf`` where unlimited), and ``capitalisation_rate``.
    price_fen : ndarray of int64
        Prices [分], in the order of the table.
    terms : DealTerms
        When rent is due.

    Returns
    -------
    ndarray of int64
        Yearly rents [分].

    Raises
    ------
    BadValueError
        If a term is missing or not whole years above 0, or there is no rate.
    """
    require_sound(prices, rent_faults(prices), _NEEDED_BY)
    years, rates = (prices[name].to_numpy(dtype=np.float64) for name in ("term_years", "capitalisation_rate"))
    pairs = list(zip(rates.tolist(), years.tolist(), strict=True))
    factors = {pair: rent_factor(Decimal(repr(pair[0])), pair[1], terms.rent_due) for pair in set(pairs)}
    return np.array([_half_up(int(fen), factors[pair]) for fen, pair in zip(price_fen, pairs, strict=True)], np.int64)


def _half_up(fen: int, factor: Fraction) -> int:
    over, under = factor.numerator, factor.denominator
    return (2 * fen * over + under) // (2 * under)
