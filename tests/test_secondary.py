"""The secondary market: a chain of events worked by hand, day counts, and every refusal."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, LandMarketError, MissingColumnError, NoRuleInForceError, RuleError
from landmarket.market.right_events import after_years, years_between
from landmarket.market.secondary import transfer
from tests.helpers import assert_same_index
from tests.hunting import examples

A, B = "411081101001GB00001", "411081101001GB00002"
COUNTY = "411081"
WAN = 1_000_000
Row = tuple[str, str, str, str, str, int | None, int | None]


def rights(**changed: object) -> pd.DataFrame:
    """A right of 40 years from 1 March 2021, bought for 100 万元, and one of 50 years."""
    facts = {
        "right_holder": ["甲公司", "丁公司"],
        "right_from": pd.to_datetime(["2021-03-01", "2022-01-01"]),
        "right_until": pd.to_datetime(["2061-03-01", "2072-01-01"]),
        "price_fen": [100 * WAN, 50 * WAN],
        "sealed": ["否", "否"],
    }
    return pd.DataFrame(facts, index=pd.Index([A, B], name="parcel_code")).assign(**changed)


def events(*rows: Row, told: str | None = "2021-04-01") -> pd.DataFrame:
    """Events: parcel, day, kind, giver, taker, price, years."""
    names = ["parcel_code", "event_on", "event_kind", "giver", "taker", "price_fen", "lease_years"]
    table = pd.DataFrame(rows, columns=names)
    table["event_on"] = pd.to_datetime(table["event_on"])
    table[["price_fen", "lease_years"]] = table[["price_fen", "lease_years"]].astype("Int64")
    table["owner_notified_on"] = pd.to_datetime(pd.Series(told, index=table.index))
    return table.set_axis([f"事{n}" for n in range(len(rows))])


CHAIN = events(
    (A, "2023-03-01", "转让", "甲公司", "乙公司", 130 * WAN, None),
    (B, "2023-01-01", "出租", "丁公司", "租户", None, 10),
    (A, "2024-03-01", "赠与", "乙公司", "丙公司", None, None),
    (B, "2024-01-01", "转租", "租户", "次租户", None, 3),
    (A, "2026-03-01", "出资", "丙公司", "合资公司", 120 * WAN, None),
    (B, "2025-01-01", "互换", "丁公司", "戊公司", 80 * WAN, None),
    (B, "2027-01-01", "转租", "租户", "次租户二", None, 6),
    (B, "2033-01-01", "出租", "戊公司", "新租户", None, 20),
)


def test_a_chain_of_events_worked_by_hand() -> None:
    before = CHAIN.copy(deep=True)
    result = transfer(rights(), CHAIN, county=COUNTY)
    assert_same_index(result, CHAIN)
    pd.testing.assert_frame_equal(CHAIN, before)
    holders = ["乙公司", "丁公司", "丙公司", "丁公司", "合资公司", "戊公司", "戊公司", "戊公司"]
    assert result["right_holder"].tolist() == holders
    # The lease goes on under a new holder (a sale does not break it); after the sublease the lessee sublets again.
    users = ["乙公司", "租户", "丙公司", "次租户", "合资公司", "次租户", "次租户二", "新租户"]
    assert result["land_user"].tolist() == users
    until = ["2061-03-01", "2033-01-01", "2061-03-01", "2027-01-01", "2061-03-01", "2027-01-01", "2033-01-01"]
    assert result["use_until"].tolist() == list(pd.to_datetime([*until, "2053-01-01"]))
    # 40 years from 2021: 38, 37, 35 left. 50 years from 2022: 49, 48, 47, 45, 39 left.
    assert result["remaining_years"].tolist() == [38.0, 49.0, 37.0, 48.0, 35.0, 47.0, 45.0, 39.0]
    assert result["right_until"].eq(CHAIN["parcel_code"].map(rights()["right_until"])).all()
    # 130 − 100; a gift has no price, and what the giver had paid goes over: 120 − 130 is no gain; 80 − 50.
    paid = ["事0", "事4", "事5"]
    assert result.loc[paid, "acquisition_fen"].tolist() == [100 * WAN, 130 * WAN, 50 * WAN]
    assert result.loc[paid, "resale_price_fen"].tolist() == [130 * WAN, 120 * WAN, 80 * WAN]
    assert result.loc[paid, "resale_gain_fen"].tolist() == [30 * WAN, 0, 30 * WAN]
    assert result.loc[paid, "resold_on"].equals(CHAIN.loc[paid, "event_on"])
    rest = result.drop(index=paid)
    assert rest[["acquisition_fen", "resale_price_fen", "resale_gain_fen", "resold_on"]].isna().all(axis=None)


def test_no_events_no_rows() -> None:
    nothing = transfer(rights(), CHAIN.iloc[:0], county=COUNTY)
    assert nothing.empty
    assert list(nothing.columns) == list(transfer(rights(), CHAIN, county=COUNTY).columns)


SALE = (A, "2023-03-01", "转让", "甲公司", "乙公司", 130 * WAN, None)
LEASE = (A, "2023-03-01", "出租", "甲公司", "租户", None, 10)


@pytest.mark.parametrize(
    ("rows", "error", "said"),
    [
        ([SALE, (A, "2023-02-28", "赠与", "乙公司", "丙", None, None)], BadValueError, r"事1.*早于.*2023-03-01"),
        ([(A, "2020-12-31", *SALE[2:])], BadValueError, r"事0.*2020-12-31 早于.*2021-03-01"),
        ([(A, "2061-03-01", *SALE[2:])], BadValueError, r"事0.*2061-03-01 到期"),
        ([(A, "2023-03-01", "转让", "乙公司", "丙", WAN, None)], BadValueError, r"乙公司 不是使用权人 甲公司"),
        ([SALE, SALE], BadValueError, r"事1.*甲公司 不是使用权人 乙公司"),
        ([(*LEASE[:6], 21)], RuleError, r"事0.*21 年超过.*20 年.*民法典.*705"),
        ([(A, "2045-03-01", *LEASE[2:6], 17)], RuleError, r"2062-03-01，超过使用权剩余年期 2061-03-01"),
        ([LEASE, (A, "2024-03-01", "出租", "甲公司", "别人", None, 1)], BadValueError, r"租约至 2033-03-01 未到期"),
        ([LEASE, (A, "2024-03-01", "转租", "租户", "次", None, 10)], RuleError, r"2034-03-01，超过原租约 2033-03-01"),
        ([LEASE, (A, "2024-03-01", "转租", "甲公司", "次", None, 1)], BadValueError, r"甲公司 不是承租人 租户"),
        ([LEASE, (A, "2033-03-01", "转租", "租户", "次", None, 1)], BadValueError, r"没有未到期的租约"),
        ([(A, "2023-03-01", "转租", "甲公司", "次", None, 1)], BadValueError, r"没有未到期的租约"),
        ([(*SALE[:5], None, None)], BadValueError, r"price_fen（报价分）.*事0"),
        ([(*LEASE[:5], 5, 10)], BadValueError, r"price_fen（报价分）.*事0"),
        ([(*LEASE[:6], None)], BadValueError, r"lease_years（租期）.*事0"),
        ([(*SALE[:6], 3)], BadValueError, r"lease_years（租期）.*事0"),
        ([(A, "2023-03-01", "继承", "甲公司", "乙", None, None)], BadValueError, r"event_kind.*继承.*转让、互换、出资"),
        ([("别处", *SALE[1:])], BadValueError, r"parcel_code（宗地代码）.*别处"),
        ([(A, "2023-03-01", "赠与", "甲公司", None, None, None)], BadValueError, r"taker（受让方）.*事0"),
    ],
)
def test_events_that_cannot_be_are_refused(rows: list[Row], error: type[LandMarketError], said: str) -> None:
    with pytest.raises(error, match=said):
        transfer(rights(), events(*rows), county=COUNTY)


def test_twenty_years_and_the_very_last_day_are_lawful() -> None:
    twenty = transfer(rights(), events((*LEASE[:6], 20)), county=COUNTY)
    assert twenty["use_until"].tolist() == [pd.Timestamp("2043-03-01")]
    last = transfer(rights(), events((A, "2045-03-01", *LEASE[2:6], 16)), county=COUNTY)
    assert last["use_until"].tolist() == [pd.Timestamp("2061-03-01")]
    whole = transfer(rights(), events(LEASE, (A, "2024-03-01", "转租", "租户", "次", None, 9)), county=COUNTY)
    assert whole["use_until"].tolist() == [pd.Timestamp("2033-03-01")] * 2


def test_the_owner_must_have_been_told() -> None:
    with pytest.raises(BadValueError, match=r"owner_notified_on（书面通知所有权人日）.*事0.*书面通知土地所有权人"):
        transfer(rights(), events(SALE, told=None), county=COUNTY)


def test_a_sealed_parcel_goes_nowhere() -> None:
    with pytest.raises(BadValueError, match=rf"parcel_code（宗地代码）.*共 1 行：事0 = '{A}'.*查封"):
        transfer(rights(sealed=["是", "否"]), events(SALE), county=COUNTY)
    with pytest.raises(BadValueError, match=rf"sealed（查封）.*{B}"):
        transfer(rights(sealed=["否", None]), events(SALE), county=COUNTY)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"right_holder": ["甲公司", None]}, f"right_holder（使用权持有人）.*{B}"),
        ({"right_until": pd.to_datetime(["2061-03-01", None])}, f"right_until（使用权终止日）.*{B}"),
        ({"right_until": pd.to_datetime(["2021-03-01", "2072-01-01"])}, f"right_until.*{A}.*晚于起始日"),
        ({"price_fen": [-1, 0]}, f"price_fen.*{A}"),
    ],
)
def test_rights_that_cannot_be_are_named(changed: dict[str, object], said: str) -> None:
    with pytest.raises(BadValueError, match=said):
        transfer(rights(**changed), events(SALE), county=COUNTY)
    with pytest.raises(MissingColumnError, match="right_from（使用权起始日）"):
        transfer(rights().drop(columns="right_from"), events(SALE), county=COUNTY)


def test_a_lease_before_any_rule_is_refused() -> None:
    old = rights(right_from=pd.to_datetime(["1990-01-01", "1990-01-01"]))
    with pytest.raises(NoRuleInForceError, match="lease_years_max"):
        transfer(old, events((A, "1995-01-01", *LEASE[2:])), county=COUNTY)


# Days.


def test_the_day_after_some_years() -> None:
    leap = date(2024, 2, 29)
    assert [after_years(leap, years) for years in (0, 1, 4, 76)] == [
        leap,
        date(2025, 2, 28),
        date(2028, 2, 29),
        date(2100, 2, 28),
    ]
    assert after_years(date(2021, 3, 1), 40) == date(2061, 3, 1)


DAYS = st.dates(date(1990, 1, 1), date(2070, 12, 31))


@settings(max_examples=examples(100), deadline=None)
@given(DAYS, st.integers(0, 30_000))
def test_years_by_walking_from_day_to_day(start: date, length: int) -> None:
    """Whole years are the anniversaries not after the end, the rest is days of the running year."""
    end = start + timedelta(days=length)
    whole = sum(pd.Timestamp(start) + pd.DateOffset(years=years) <= pd.Timestamp(end) for years in range(1, 90))
    last, following = (pd.Timestamp(start) + pd.DateOffset(years=whole + more) for more in (0, 1))
    exact = whole + Fraction((pd.Timestamp(end) - last).days, (following - last).days)
    assert years_between(start, end) == pytest.approx(float(exact), abs=1e-12)


def test_a_term_does_not_run_backwards() -> None:
    with pytest.raises(BadValueError, match="2020-01-01 早于 2021-01-01"):
        years_between(date(2021, 1, 1), date(2020, 1, 1))
