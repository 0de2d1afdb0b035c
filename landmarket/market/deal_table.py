"""The table that deals are given in, and the days on which they happen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.exact import Ints
from landmarket.market.bids import Bools
from landmarket.market.terms import DayKind, DealTerms, Form, Mode
from landmarket.workdays import add_working_days, next_working_day

_FEN = 100


@dataclass(frozen=True)
class Periods:
    """The days of a deal.

    Attributes
    ----------
    notice_on : date
        Public notice.
    listing_from, listing_until : date or None
        First and last day of a listing; an auction has the first only, equity has neither.
    deal_on : date
        Day of the deal: the close of the listing, the auction, or the notice of equity.
    contract_by : date
        Last day to sign the contract.
    payment_by : date
        Last day to pay in full.
    """

    notice_on: date
    listing_from: date | None
    listing_until: date | None
    deal_on: date
    contract_by: date
    payment_by: date


def periods(terms: DealTerms, on: date) -> Periods:
    """Set the days of a deal from the day of its notice.

    Parameters
    ----------
    terms : DealTerms
        Lengths of the periods.
    on : date
        Day of the public notice.

    Returns
    -------
    Periods
        The day a period starts from is not counted (民法典 art. 201); a last day that is no working day moves
        on to the next one (art. 203), except the payment day, which the contract states as a date.

    Raises
    ------
    RuleError
        If a period that this deal has ends in a year whose holidays are not announced.
    """
    if terms.form is Form.EQUITY:
        return _concluded(terms, on, None, None, on)
    first = next_working_day(on + timedelta(days=terms.notice_days), terms.holidays)
    if terms.mode is Mode.AUCTION:
        return _concluded(terms, on, first, None, first)
    if terms.listing_day_kind is DayKind.WORKING:
        last = add_working_days(first, terms.listing_days, terms.holidays)
    else:
        last = next_working_day(first + timedelta(days=terms.listing_days), terms.holidays)
    return _concluded(terms, on, first, last, last)


def _concluded(terms: DealTerms, on: date, first: date | None, last: date | None, deal: date) -> Periods:
    contract = add_working_days(deal, terms.contract_days, terms.holidays)
    return Periods(on, first, last, deal, contract, contract + timedelta(days=terms.payment_days))


def masked_fen(amount: Ints, there: Bools | None = None) -> pd.arrays.IntegerArray:
    """Make a column of fen that can have gaps.

    Parameters
    ----------
    amount : ndarray of int64
        Amounts [分].
    there : ndarray of bool, optional
        False where the amount is missing.

    Returns
    -------
    IntegerArray
        Nullable ``Int64``.
    """
    gaps = np.zeros(len(amount), dtype=np.bool_) if there is None else ~there
    return pd.arrays.IntegerArray(amount.copy(), gaps)


def deal_table(
    prices: pd.DataFrame,
    terms: DealTerms,
    outcome: npt.NDArray[np.str_],
    bidders: Ints,
    onsite: Bools,
    amounts: Mapping[str, pd.arrays.IntegerArray],
    days: Periods,
) -> pd.DataFrame:
    """Put deals into the columns of the schema.

    Parameters
    ----------
    prices : DataFrame
        The table the deals are of: its index and ``area``.
    terms : DealTerms
        The terms.
    outcome : ndarray of str
        What became of each deal.
    bidders : ndarray of int64
        Registered bidders.
    onsite : ndarray of bool
        Whether on-site bidding took place.
    amounts : mapping of str to IntegerArray
        ``start_price_fen``, ``step_fen``, ``deposit_fen``, ``deal_price_fen``, ``annual_rent_fen`` [分].
    days : Periods
        The days of the deal.

    Returns
    -------
    DataFrame
        On the same index; days of a deal that did not come about are missing.
    """
    fen = pd.DataFrame(dict(amounts), index=prices.index)
    sold = fen["deal_price_fen"].notna()
    table = pd.DataFrame(index=prices.index)
    table["mode"] = pd.Series(None if terms.form is Form.EQUITY else str(terms.mode), index=table.index, dtype="str")
    table["form"] = str(terms.form)
    table["outcome"] = outcome
    table["bidder_count"] = masked_fen(bidders)
    table["onsite_bidding"] = np.where(onsite, "是", "否")
    for name in ("start_price", "step", "deposit", "deal_price", "annual_rent"):
        table[f"{name}_fen"] = fen[f"{name}_fen"]
    for name in ("start_price", "deal_price", "annual_rent"):
        table[name] = _float(fen[f"{name}_fen"]) / _FEN
    table["deal_unit_price"] = table["deal_price"] / prices["area"].astype("float64")
    table["premium_rate"] = _float(fen["deal_price_fen"]) / _float(fen["start_price_fen"]) - 1
    table["lease_years"] = float(terms.lease_years) if terms.form is Form.LEASE else np.nan
    for name in ("notice_on", "listing_from", "listing_until"):
        table[name] = _day(getattr(days, name), table.index)
    for name in ("deal_on", "contract_by", "payment_by"):
        table[name] = _day(getattr(days, name), table.index).where(sold)
    return table


def _float(fen: pd.Series[int]) -> pd.Series[float]:
    return fen.astype("float64")


def _day(day: date | None, index: pd.Index[str]) -> pd.Series[pd.Timestamp]:
    return pd.Series(pd.NaT if day is None else pd.Timestamp(day), index=index, dtype="datetime64[s]")
