"""Payments over time against exact fractions, hand-worked tables and the closed forms of interest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.distribution.payment_plan import (
    Instalment,
    PaymentOrder,
    PaymentPlan,
    RentTiming,
    read_payment_plan,
)
from landmarket.distribution.schedule import cash_by, payment_schedule, present_value
from landmarket.distribution.split import PARTIES
from landmarket.errors import (
    BadValueError,
    IndexMismatchError,
    MissingColumnError,
    RuleError,
    UnverifiedRuleWarning,
)
from landmarket.exact import apportion
from tests.hunting import examples

THREE = ("fund_fen", "tax_fen", "members_fen")
SIGNED = pd.Timestamp(2024, 3, 1)


def plan(*instalments: tuple[int, str]) -> PaymentPlan:
    """A plan that was checked."""
    parts = tuple(Instalment(days, Decimal(share)) for days, share in instalments)
    return PaymentPlan("测试计划", "虚构〔2024〕1号", verified=True, instalments=parts)


HALVES = plan((30, "0.5"), (365, "0.5"))
AT_ONCE = plan((0, "1"))


def grants(*prices: int | None, **columns: str | float | pd.Timestamp | None) -> pd.DataFrame:
    """Deals by grant, signed on one day."""
    index = pd.Index([f"宗{i}" for i in range(1, len(prices) + 1)], name="parcel_code")
    table = pd.DataFrame({"deal_price_fen": pd.array(list(prices), dtype="Int64")}, index=index)
    return table.assign(contract_by=SIGNED, form="出让").assign(**columns)


def lease(rent: int, years: int, signed: pd.Timestamp = SIGNED) -> pd.DataFrame:
    """One lease."""
    return grants(rent * years, form="出租", lease_years=float(years), annual_rent_fen=rent, contract_by=signed)


def shared(deals: pd.DataFrame, *parts: Sequence[int | None], parties: Sequence[str] = THREE) -> pd.DataFrame:
    """Shares of the parties, a row a deal."""
    return pd.DataFrame(parts, index=deals.index, columns=list(parties)).astype("Int64")


def scheduled(
    deals: pd.DataFrame,
    shares: pd.DataFrame,
    by: PaymentPlan = HALVES,
    order: PaymentOrder = PaymentOrder.PRO_RATA,
    timing: RentTiming = RentTiming.ARREARS,
) -> pd.DataFrame:
    """The schedule for the parties that the shares have."""
    return payment_schedule(deals, shares, by, order=order, timing=timing, parties=list(shares.columns))


def test_a_hand_worked_schedule() -> None:
    # 1001 fen in halves: 501 + 500 (tie to the first). 501 of 101 : 300 : 600 is 50.55, 150.15, 300.30: 51, 150, 300.
    deals = grants(1001, None, 0)
    shares = shared(deals, (101, 300, 600), (None, None, None), (0, 0, 0))
    table = scheduled(deals, shares)
    assert table["parcel_code"].tolist() == ["宗1", "宗1", "宗3", "宗3"]
    assert table["instalment"].tolist() == [1, 2, 1, 2]
    assert table["due_on"].dt.date.tolist() == [date(2024, 3, 31), date(2025, 3, 1)] * 2
    assert table["amount_fen"].tolist() == [501, 500, 0, 0]
    assert table[list(THREE)].to_numpy().tolist() == [[51, 150, 300], [50, 150, 300], [0] * 3, [0] * 3]
    assert set(table[["amount_fen", *THREE]].dtypes.astype(str)) == {"int64"}


def test_fund_and_taxes_first() -> None:
    # 401 due to fund and taxes, 501 paid first: they are served at once, 100 is left over for members.
    deals = grants(1001, 1001)
    shares = shared(deals, (101, 300, 600), (400, 500, 101))
    table = scheduled(deals, shares, order=PaymentOrder.FUND_FIRST)
    served = table[list(THREE)].to_numpy().tolist()
    assert served[:2] == [[101, 300, 100], [0, 0, 500]]
    # 501 of 400 : 500 is 222.67 and 278.33: 223, 278; then the rest 177, 222, and 101.
    assert served[2:] == [[223, 278, 0], [177, 222, 101]]


@pytest.mark.parametrize(
    ("timing", "due"),
    [
        (RentTiming.ADVANCE, [date(2024, 2, 29), date(2025, 2, 28), date(2026, 2, 28), date(2027, 2, 28)]),
        (RentTiming.ARREARS, [date(2025, 2, 28), date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 29)]),
    ],
)
def test_a_lease_is_paid_year_by_year(timing: RentTiming, due: list[date]) -> None:
    deals = lease(100, 4, pd.Timestamp(2024, 2, 29))
    table = scheduled(deals, shared(deals, (80, 20, 300)), timing=timing)
    assert table["due_on"].dt.date.tolist() == due
    assert table["amount_fen"].tolist() == [100] * 4
    assert table[list(THREE)].to_numpy().tolist() == [[20, 5, 75]] * 4


def test_grants_and_leases_stand_in_the_order_of_the_deals() -> None:
    deals = pd.concat([lease(100, 3), grants(10, lease_years=np.nan, annual_rent_fen=None)])
    deals.index = pd.Index(["租", "让"], name="parcel_code")
    table = scheduled(deals, shared(deals, (0, 0, 300), (10, 0, 0)))
    assert table["parcel_code"].tolist() == ["租"] * 3 + ["让"] * 2
    assert table["instalment"].tolist() == [1, 2, 3, 1, 2]
    assert table["fund_fen"].tolist() == [0, 0, 0, 5, 5]


def brute(price: int, claims: list[int], shares: list[Fraction], first: int) -> list[list[int]]:
    """The rule spelt out for one deal: the `first` parties are served before the others."""
    unit = max(share.denominator for share in shares)
    amounts = apportion(price, [int(share * unit * 10**6) for share in shares])
    rows = []
    for amount in amounts:
        paid: list[int] = []
        for group in (claims[:first], claims[first:]):
            part = min(amount, sum(group))
            quotas = [Fraction(part * claim, sum(group) or 1) for claim in group]
            whole = [quota.numerator // quota.denominator for quota in quotas]
            by_rest = sorted(range(len(group)), key=lambda i: whole[i] - quotas[i])
            for i in by_rest[: part - sum(whole)]:
                whole[i] += 1
            paid, amount = paid + whole, amount - part
        claims = [claim - got for claim, got in zip(claims, paid, strict=True)]
        rows.append(paid)
    return rows


claims_of_a_deal = st.lists(
    st.one_of(st.integers(0, 3), st.integers(0, 10**6), st.integers(0, 10**15)), min_size=6, max_size=6
)
weights = st.lists(st.integers(1, 999), min_size=1, max_size=4)


@settings(max_examples=examples(100), deadline=None)
@given(
    claims=st.lists(claims_of_a_deal, min_size=1, max_size=4), parts=weights, order=st.sampled_from(list(PaymentOrder))
)
def test_payments_against_exact_fractions(claims: list[list[int]], parts: list[int], order: PaymentOrder) -> None:
    names = ["fund_fen", "tax_fen", "a", "b", "c", "d"]
    millionths = apportion(10**6, parts)
    by = plan(*((30 * k, str(Decimal(share).scaleb(-6))) for k, share in enumerate(millionths)))
    deals = grants(*(sum(row) for row in claims))
    shares = shared(deals, *claims, parties=names)
    before = deals.copy(), shares.copy()
    table = scheduled(deals, shares, by, order)
    pd.testing.assert_frame_equal(deals, before[0])
    pd.testing.assert_frame_equal(shares, before[1])
    first = 2 if order is PaymentOrder.FUND_FIRST else 0
    expected = [
        row
        for row_claims in claims
        for row in brute(sum(row_claims), row_claims, [Fraction(share, 10**6) for share in millionths], first)
    ]
    paid = table[names].to_numpy()
    assert paid.tolist() == expected
    assert (paid >= 0).all()
    assert (paid.sum(axis=1) == table["amount_fen"]).all()
    assert table.groupby("parcel_code", sort=False)[names].sum().to_numpy().tolist() == claims


def test_the_parties_of_the_split_are_the_default() -> None:
    deals = grants(800)
    shares = shared(deals, [800] + [0] * (len(PARTIES) - 1), parties=PARTIES)
    table = payment_schedule(deals, shares, AT_ONCE, order=PaymentOrder.PRO_RATA, timing=RentTiming.ADVANCE)
    assert list(table.columns) == ["parcel_code", "instalment", "due_on", "amount_fen", *PARTIES]
    assert present_value(table, Decimal(0), date(2024, 3, 1)).iloc[0].tolist() == [800] + [0] * (len(PARTIES) - 1)
    assert cash_by(table)["amount_fen"].tolist() == [800, 800]


@pytest.mark.parametrize(
    ("deals", "parts", "message"),
    [
        (grants(1000), (1, 2, 3), "宗1 = '成交价 1000 分，各方合计 6 分'"),
        (grants(1000), (1000, 1, -1), "members_fen.*宗1 = .*-1"),
        (grants(1000), (1000, 0, None), "members_fen.*宗1"),
        (grants(-1), (0, 0, -1), "deal_price_fen.*宗1 = .*-1"),
        (grants(1000, contract_by=pd.Timestamp("NaT")), (1000, 0, 0), "contract_by（签约期限）.*宗1.*补上签约日"),
        (grants(1000, form="作价出资"), (1000, 0, 0), "form.*宗1 = '作价出资'.*没有现金付款"),
        (lease(100, 4).assign(annual_rent_fen=101), (400, 0, 0), "annual_rent_fen（年租金分）.*宗1 = 101"),
        (lease(100, 4).assign(lease_years=2.5), (400, 0, 0), "lease_years（租期）.*宗1 = 2.5"),
        (lease(100, 4).assign(lease_years=np.nan), (400, 0, 0), "lease_years（租期）.*宗1"),
    ],
)
def test_deals_that_cannot_be_scheduled_are_named(
    deals: pd.DataFrame, parts: tuple[int | None, ...], message: str
) -> None:
    with pytest.raises(BadValueError, match=f"payment_schedule.*{message}.*") as refused:
        scheduled(deals, shared(deals, parts))
    assert "办法：" in str(refused.value)


def test_tables_that_do_not_fit_are_refused() -> None:
    deals = grants(10, 20)
    shares = shared(deals, (10, 0, 0), (20, 0, 0))
    with pytest.raises(IndexMismatchError, match="次序不同"):
        scheduled(deals, shares.iloc[::-1])
    with pytest.raises(MissingColumnError, match="form"):
        scheduled(deals.drop(columns="form"), shares)
    with pytest.raises(MissingColumnError, match="annual_rent_fen（年租金分）"):
        scheduled(deals.assign(form="出租", lease_years=1.0), shares)
    with pytest.warns(UnverifiedRuleWarning, match="测试计划.*虚构〔2024〕1号"):
        scheduled(deals, shares, replace(HALVES, verified=False))


def test_without_a_deal_there_are_no_payments() -> None:
    deals = grants(None)
    table = scheduled(deals, shared(deals, (None, None, None)))
    assert len(table) == 0
    assert list(table.columns) == ["parcel_code", "instalment", "due_on", "amount_fen", *THREE]
    assert cash_by(table, parties=THREE)[["year", "amount_fen"]].to_numpy().tolist() == [["合计", 0]]
    assert len(present_value(table, Decimal("0.05"), date(2024, 1, 1), parties=THREE)) == 0


def test_cash_by_year_and_township() -> None:
    deals = grants(1000, 200, 30)
    table = scheduled(deals, shared(deals, (500, 100, 400), (0, 0, 200), (30, 0, 0)))
    towns = pd.Series(["凤鸣街道", "范坡镇", None], index=deals.index, name="township")
    table = table.join(towns, on="parcel_code")
    by_year = cash_by(table, parties=THREE)
    assert by_year["year"].tolist() == ["2024", "2025", "合计"]
    assert by_year[["amount_fen", *THREE]].to_numpy().tolist() == [
        [615, 265, 50, 300],
        [615, 265, 50, 300],
        [1230, 530, 100, 600],
    ]
    both = cash_by(table, ("township", "year"), parties=THREE)
    assert both[["township", "year", "amount_fen"]].to_numpy().tolist() == [
        ["", "2024", 15],
        ["", "2025", 15],
        ["凤鸣街道", "2024", 500],
        ["凤鸣街道", "2025", 500],
        ["范坡镇", "2024", 100],
        ["范坡镇", "2025", 100],
        ["合计", "", 1230],
    ]
    with pytest.raises(MissingColumnError, match="village"):
        cash_by(table, ("village",), parties=THREE)


def half_up(value: Fraction) -> int:
    """Round half-up."""
    return int((2 * value + 1) // 2)


def test_the_annuity_of_a_lease() -> None:
    # Three years from 2024-03-01 of 365 days each; no 29 February lies between.
    rent, r = 123_456_789, Fraction(5, 100)
    deals = lease(rent, 3)
    shares = shared(deals, (0, 0, 3 * rent))
    annuity = rent * (1 - (1 + r) ** -3) / r
    for timing, closed in ((RentTiming.ARREARS, annuity), (RentTiming.ADVANCE, annuity * (1 + r))):
        table = scheduled(deals, shares, timing=timing)
        worth = present_value(table, Decimal("0.05"), SIGNED.date(), parties=THREE)
        assert worth.to_numpy().tolist() == [[0, 0, half_up(closed)]]


@settings(max_examples=examples(60), deadline=None)
@given(fen=st.integers(0, 10**15), years=st.integers(-3, 40), percent=st.integers(0, 99))
def test_a_single_payment(fen: int, years: int, percent: int) -> None:
    deals = grants(fen)
    table = scheduled(deals, shared(deals, (fen, 0, 0)), AT_ONCE)
    on = SIGNED.date() - timedelta(days=365 * years)
    worth = present_value(table, Decimal(percent).scaleb(-2), on, parties=THREE)
    assert worth.loc["宗1", "fund_fen"] == half_up(fen / (1 + Fraction(percent, 100)) ** years)


@pytest.mark.parametrize(
    ("fen", "rate", "days", "worth"),
    [
        (3, "0.2", 365, 3),  # 2.5 exactly, from a factor 5/6 that never ends
        (11, "0.61051", 73, 10),  # 1.61051 is the fifth power of 1.1
        (10**15, "0.21", 0, 10**15),
        (1_000_000, "0.05", 30, 995_998),  # exp(-30/365·ln 1.05) = 0.9959979…
    ],
)
def test_parts_of_a_year_and_ties(fen: int, rate: str, days: int, worth: int) -> None:
    deals = grants(fen)
    table = scheduled(deals, shared(deals, (fen, 0, 0)), plan((days, "1")))
    assert present_value(table, Decimal(rate), SIGNED.date(), parties=THREE).loc["宗1", "fund_fen"] == worth


@settings(max_examples=examples(40), deadline=None)
@given(claims=st.lists(st.lists(st.integers(0, 10**15), min_size=3, max_size=3), min_size=1, max_size=5))
def test_at_no_interest_the_value_is_the_sum(claims: list[list[int]]) -> None:
    deals = grants(*(sum(row) for row in claims))
    table = scheduled(deals, shared(deals, *claims))
    worth = present_value(table, Decimal(0), date(2020, 1, 1), parties=THREE)
    assert worth.to_numpy().tolist() == claims
    pd.testing.assert_index_equal(worth.index, deals.index)


@pytest.mark.parametrize("rate", ["5", "-0.01", "1", "NaN"])
def test_a_rate_that_is_no_fraction_is_refused(rate: str) -> None:
    deals = grants(1)
    table = scheduled(deals, shared(deals, (1, 0, 0)))
    with pytest.raises(BadValueError, match=r"折现率.*5% 写成 0\.05"):
        present_value(table, Decimal(rate), date(2024, 1, 1), parties=THREE)


TOML = 'name = "两期付款"\nsource = "合同范本"\nverified = true\n'


def written(folder: Path, *records: str, head: str = TOML) -> Path:
    """A plan as a file."""
    path = folder / "付款计划.toml"
    path.write_text(head + "".join(f"[[instalment]]\n{record}\n" for record in records), encoding="utf-8")
    return path


def test_a_plan_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, "days_after_contract = 30\nshare = 0.3", "days_after_contract = 60\nshare = 0.7")
    read = read_payment_plan(path)
    assert read.instalments == (Instalment(30, Decimal("0.3")), Instalment(60, Decimal("0.7")))
    assert (read.name, read.source, read.verified) == ("两期付款", "合同范本", True)


@pytest.mark.parametrize(
    ("records", "part"),
    [
        ([], "instalment"),
        (["days_after_contract = 30\nshare = 0.999999"], "0.999999.*恰为 1"),
        (["days_after_contract = 30\nshare = 0.5"] * 2, r"\[30, 30\].*办法：.*递增"),
        (["days_after_contract = -1\nshare = 1"], r"\[-1\]"),
        (["days_after_contract = 1\nshare = 0", "days_after_contract = 2\nshare = 1"], "share = 0"),
        (["days_after_contract = 1.5\nshare = 1"], "days_after_contract = .*整数"),
        (["days_after_contract = 1\nshare = 1\nshares = 1"], "不认识的键 shares"),
        (["days_after_contract = 1\nshare = -1"], "share = -1"),
    ],
)
def test_a_plan_that_does_not_pay_the_price_is_refused(tmp_path: Path, records: list[str], part: str) -> None:
    with pytest.raises(RuleError, match=part):
        read_payment_plan(written(tmp_path, *records))
