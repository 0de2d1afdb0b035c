"""Payments of deals over time (收款进度): when each party gets what, and what that is worth on a day."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal, localcontext
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.checks import (
    Fault,
    fault,
    require_columns,
    require_same_index,
    require_sound,
    require_unique_index,
)
from landmarket.distribution.entries import MOST_FEN
from landmarket.distribution.payment_plan import PaymentOrder, PaymentPlan, RentTiming
from landmarket.distribution.split import PARTIES
from landmarket.errors import BadValueError, UnverifiedRuleWarning, named_rows
from landmarket.exact import MILLION, Ints, largest_remainder, millionths, times_rate

GRANT, LEASE = "出让", "出租"
TOTAL = "合计"
_SERVED_FIRST = ("fund_fen", "tax_fen")
_NEEDED_BY = "payment_schedule"
_YEAR_DAYS = 365
_DIGITS = 60
_UNIT = 10**40
_TIE = 10**22
"""In 10⁻⁴⁰ fen: a present value that comes this near to half a fen from below is half a fen."""

Rows = npt.NDArray[np.intp]


class _Step(NamedTuple):
    """The k-th payment of the deals that have one."""

    rows: Rows
    number: int
    due_on: pd.DatetimeIndex
    amount: Ints


def payment_schedule(
    deals: pd.DataFrame,
    shares: pd.DataFrame,
    plan: PaymentPlan,
    *,
    order: PaymentOrder,
    timing: RentTiming,
    parties: Sequence[str] = PARTIES,
) -> pd.DataFrame:
    r"""Spread the income of deals over their payments (收款进度表), exact to the fen.

    Parameters
    ----------
    deals : DataFrame
        Index parcel code; ``deal_price_fen`` [分], missing where not sold, ``contract_by``, ``form``; with leases also
        ``lease_years`` and ``annual_rent_fen``.
    shares : DataFrame
        On the same index, the parties' columns [分], adding up to the price.
    plan : PaymentPlan
        Instalments of a grant (出让).
    order : PaymentOrder
        Whether every payment is shared by all, or adjustment fund and taxes are served fully before the others.
    timing : RentTiming
        Whether the rent of a lease (出租) is due when a year of the lease begins or when it has ended.
    parties : sequence of str
        Columns of the parties, in the order in which ties of a fen are decided.

    Returns
    -------
    DataFrame
        Rows from 0, for each deal its payments in order: ``parcel_code``, ``instalment`` (from 1), ``due_on``,
        ``amount_fen`` and the parties (int64 [分]). What was not sold has no payments.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    IndexMismatchError
        If deals and shares are not of the same parcels.
    BadValueError
        If shares do not add up to the price, a fact is missing, all years' rents are not the price, or a deal pays
        nothing in cash (作价出资); the parcels are named.

    Warns
    -----
    UnverifiedRuleWarning
        If nobody has checked the plan against its document.

    Notes
    -----
    The price is divided among the instalments by the largest remainder, and each payment a among the parties by what
    remains of their claims R before it:

    .. math:: q_i = a R_i / \sum_j R_j

    in whole fen by the largest remainder, ties by party order. So no claim is overpaid and the last payment is the rest
    of all claims. A year of a lease runs from the day of ``contract_by``; where a month has no such day it ends on the
    month's last (民法典 art. 202).
    """
    require_unique_index(deals, _NEEDED_BY)
    require_same_index(deals, shares, _NEEDED_BY)
    require_columns(deals, ["deal_price_fen", "contract_by", "form"], _NEEDED_BY)
    require_columns(shares, list(parties), _NEEDED_BY)
    sold = deals["deal_price_fen"].notna()
    deals, shares = deals[sold], shares.loc[sold, list(parties)]
    _require_facts(deals, shares)
    if len(deals) and not plan.verified:
        warnings.warn(f"付款计划未经核对原文：{plan.name}（{plan.source}）", UnverifiedRuleWarning, stacklevel=2)
    open_claims: Ints = shares.to_numpy(dtype=np.int64).T.copy()
    first = np.array([name in _SERVED_FIRST and order is PaymentOrder.FUND_FIRST for name in parties], dtype=np.bool_)
    pieces = []
    for step in _steps(deals, plan, timing):
        paid = _served(step.amount, open_claims[:, step.rows], first)
        open_claims[:, step.rows] -= paid
        piece = pd.DataFrame({"row": step.rows, "instalment": step.number, "due_on": step.due_on})
        pieces.append(piece.assign(amount_fen=step.amount, **dict(zip(parties, paid, strict=True))))
    table = pd.concat(pieces).sort_values(["row", "instalment"], ignore_index=True)
    table.insert(0, "parcel_code", deals.index[table.pop("row")])
    return table


def cash_by(schedule: pd.DataFrame, by: Sequence[str] = ("year",), *, parties: Sequence[str] = PARTIES) -> pd.DataFrame:
    """Sum payments by calendar year or any other column (分年现金流).

    Parameters
    ----------
    schedule : DataFrame
        As `payment_schedule` gives it, with any other column that is summed by, such as ``township``.
    by : sequence of str
        ``year``, the calendar year of ``due_on``, and columns of the table.
    parties : sequence of str
        Columns of the parties.

    Returns
    -------
    DataFrame
        Rows from 0: the columns of `by` as text, sorted, empty where missing, then ``amount_fen`` and the parties
        (int64 [分]). The last row, 合计, holds the sums.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    """
    money = ["amount_fen", *parties]
    require_columns(schedule, ["due_on", *money, *(name for name in by if name != "year")], "cash_by")
    keyed = schedule.assign(year=schedule["due_on"].dt.year)
    keyed = keyed.assign(**{name: keyed[name].astype("str").fillna("") for name in by})
    sums = keyed.groupby(list(by))[money].sum().reset_index()
    bottom = keyed[money].sum().to_frame().T.assign(**dict.fromkeys(by, "")).assign(**{by[0]: TOTAL})
    return pd.concat([sums, bottom[sums.columns]], ignore_index=True).astype(dict.fromkeys(money, "int64"))


def present_value(schedule: pd.DataFrame, rate: Decimal, on: date, *, parties: Sequence[str] = PARTIES) -> pd.DataFrame:
    r"""Discount the payments of each deal to a day (现值).

    Parameters
    ----------
    schedule : DataFrame
        As `payment_schedule` gives it.
    rate : Decimal
        Discount rate r [fraction a year], at least 0 and below 1.
    on : date
        The day; a payment due before it is carried forward at the same rate.
    parties : sequence of str
        Columns of the parties.

    Returns
    -------
    DataFrame
        Index ``parcel_code``, in the order of the schedule; the parties (int64 [分]), each rounded once, half-up.
        A deal's present value is the sum of its row.

    Raises
    ------
    BadValueError
        If the rate is not from 0 to 1.
    MissingColumnError
        If a column is missing.

    Notes
    -----
    .. math:: V = \sum_k a_k / (1 + r)^{d_k / 365}

    with :math:`d_k` the days from `on` to the payment. The factors are computed once a day due, in decimal arithmetic
    of 60 digits, so that the result is the same on every machine.
    """
    if not rate.is_finite() or not 0 <= rate < 1:
        raise BadValueError(f"present_value：折现率 rate = {rate} 不在 [0, 1) 之内。办法：写成小数，如 5% 写成 0.05。")
    require_columns(schedule, ["parcel_code", "due_on", *parties], "present_value")
    distinct, due = pd.factorize(schedule["due_on"])
    factors = np.array([_factor(rate, (day.date() - on).days) for day in pd.DatetimeIndex(due)], dtype=object)
    amounts = schedule[list(parties)].to_numpy(dtype=object)
    deal, codes = pd.factorize(schedule["parcel_code"])
    worth = np.zeros((len(codes), len(parties)), dtype=object)
    np.add.at(worth, deal, amounts * factors[distinct][:, None] if len(due) else amounts)
    whole = (worth + _UNIT // 2 + _TIE) // _UNIT
    return pd.DataFrame(whole.astype(np.int64), pd.Index(codes, name="parcel_code"), list(parties))


def _factor(rate: Decimal, days: int) -> int:
    """1 / (1 + r)^(days / 365) in units of 10⁻⁴⁰."""
    with localcontext(prec=_DIGITS):
        return int(((1 + rate) ** (Decimal(-days) / _YEAR_DAYS) * _UNIT).to_integral_value())


def _steps(deals: pd.DataFrame, plan: PaymentPlan, timing: RentTiming) -> Iterator[_Step]:
    """Every deal's payments in order: the instalments of grants, the years of leases."""
    leased = deals["form"].eq(LEASE).to_numpy(dtype=bool)
    contract = pd.DatetimeIndex(deals["contract_by"])
    grants = np.flatnonzero(~leased)
    price = deals["deal_price_fen"].to_numpy(dtype=np.int64)[grants]
    parts = [times_rate(price, np.full_like(price, millionths(each.share, "share"))) for each in plan.instalments]
    whole, rest = (np.stack(each) for each in zip(*parts, strict=True))
    amounts = largest_remainder(whole, rest * MILLION)
    for number, (each, amount) in enumerate(zip(plan.instalments, amounts, strict=True), start=1):
        yield _Step(grants, number, contract[grants] + pd.Timedelta(days=each.days_after_contract), amount)
    if not leased.any():
        return
    years = pd.to_numeric(deals["lease_years"]).fillna(0).to_numpy(dtype=np.int64)
    rent = np.asarray(deals["annual_rent_fen"].astype("Int64").fillna(0), dtype=np.int64)
    for year in range(int(years[leased].max())):
        rows = np.flatnonzero(leased & (years > year))
        begun = year + (timing is RentTiming.ARREARS)
        yield _Step(rows, year + 1, contract[rows] + pd.DateOffset(years=begun), rent[rows])


def _served(amount: Ints, claims: Ints, first: npt.NDArray[np.bool_]) -> Ints:
    """Divide payments among open claims, those that go first before the others."""
    before = np.minimum(amount, claims[first].sum(axis=0))
    paid = np.zeros_like(claims)
    paid[first] = _pro_rata(before, claims[first])
    paid[~first] = _pro_rata(amount - before, claims[~first])
    return paid


def _pro_rata(amount: Ints, claims: Ints) -> Ints:
    """Divide payments in proportion to claims, none above its claim; shape (parties, deals).

    The quota amount × claim / total is first estimated in floating point, off by a few fen at most; the exact remainder
    of the estimate is small, so that it survives products that wrap around at 64 bits, and corrects it.
    """
    total = np.maximum(claims.sum(axis=0), 1)
    guess = np.floor(amount.astype(np.float64) * claims / total).astype(np.int64)
    carried, rest = np.divmod(amount * claims - guess * total, total)
    whole = guess + carried
    left = amount - whole.sum(axis=0)
    rank = np.argsort(np.argsort(-rest, axis=0, kind="stable"), axis=0, kind="stable")
    parts: Ints = whole + (rank < left)
    return parts


def _require_facts(deals: pd.DataFrame, shares: pd.DataFrame) -> None:
    price = pd.to_numeric(deals["deal_price_fen"]).to_numpy(dtype=np.float64)
    leased = deals["form"].eq(LEASE)
    if leased.any():
        require_columns(deals, ["lease_years", "annual_rent_fen"], _NEEDED_BY)
    form_cure = f"供应方式应为 {GRANT} 或 {LEASE}，作价出资没有现金付款，先从表中分出。"
    faults = [
        fault("deal_price_fen", ~((price >= 0) & (price < MOST_FEN)), "成交价不应为负，核对金额。"),
        fault("contract_by", deals["contract_by"].isna(), "补上签约日。"),
        fault("form", ~deals["form"].isin([GRANT, LEASE]), form_cure),
        *(_rent_faults(deals, leased) if leased.any() else []),
    ]
    require_sound(deals, faults, _NEEDED_BY)
    missing = [fault(name, ~(shares[name] >= 0).fillna(False).astype(bool), "补上分配。") for name in shares.columns]
    require_sound(shares, missing, _NEEDED_BY)
    total = shares.astype("int64").sum(axis=1)
    off = (total != deals["deal_price_fen"].astype("int64")).to_numpy(dtype=bool)
    if off.any():
        pairs = zip(deals["deal_price_fen"][off], total[off], strict=True)
        listed = named_rows(deals.index[off], [f"成交价 {fen} 分，各方合计 {parts} 分" for fen, parts in pairs])
        raise BadValueError(f"{_NEEDED_BY}：各方之和不等于成交价，{listed}。办法：用同一批成交重新分配收益。")


def _rent_faults(deals: pd.DataFrame, leased: pd.Series[bool]) -> list[Fault]:
    years = pd.to_numeric(deals["lease_years"], errors="coerce").to_numpy(dtype=np.float64)
    whole = (years > 0) & (years == np.floor(years))
    rent = deals["annual_rent_fen"].astype("Int64").fillna(-1).to_numpy(dtype=np.int64)
    price = deals["deal_price_fen"].to_numpy(dtype=np.int64)
    paid = rent * np.where(whole, years, 0).astype(np.int64) == price
    return [
        fault("lease_years", leased.to_numpy() & ~whole, "租期应为大于 0 的整数年。"),
        fault("annual_rent_fen", leased.to_numpy() & ~(paid & (rent >= 0)), "年租金×租期应等于成交价，核对三者。"),
    ]
