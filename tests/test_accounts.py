"""Accounts of retained funds and the reserve, and the fund at resale: against brute force and hand-worked tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.distribution.accounts import (
    account_by_year,
    account_deposits,
    read_fund_uses,
    retained_account,
    risk_reserve,
)
from landmarket.distribution.resale import resale_fund
from landmarket.distribution.rule import FundBase, FundRate, SplitRule
from landmarket.errors import (
    BadValueError,
    IndexMismatchError,
    MissingColumnError,
    NoRuleInForceError,
    RuleError,
    UnverifiedRuleWarning,
)
from tests.helpers import assert_same_index
from tests.hunting import examples

VILLAGE, OTHER = "N2411081001", "N2411081002"
Entry = tuple[str, str, int]


def deposits(*entries: Entry) -> pd.DataFrame:
    """Deposits: collective, day, fen."""
    table = pd.DataFrame(list(entries), columns=["collective_code", "entry_on", "amount_fen"])
    return table.assign(entry_on=pd.to_datetime(table["entry_on"])).astype({"amount_fen": "int64"})


def uses(*entries: Entry, **columns: str | pd.Timestamp | None) -> pd.DataFrame:
    """Uses: collective, day, fen; with a purpose and a document."""
    return deposits(*entries).assign(purpose="修路", document="村决〔2024〕1号").assign(**columns)


def test_a_hand_worked_account() -> None:
    into = deposits((VILLAGE, "2024-05-01", 1000), (OTHER, "2025-01-01", 70), (VILLAGE, "2026-03-01", 500))
    out = uses((VILLAGE, "2026-03-01", 1200), (VILLAGE, "2024-05-01", 100), (OTHER, "2026-12-31", 70))
    account = retained_account(into, out)
    columns = ["collective_code", "entry_kind", "in_fen", "out_fen", "balance_fen"]
    assert account[columns].to_numpy().tolist() == [
        [VILLAGE, "存入", 1000, 0, 1000],
        [VILLAGE, "使用", 0, 100, 900],
        [VILLAGE, "存入", 500, 0, 1400],
        [VILLAGE, "使用", 0, 1200, 200],
        [OTHER, "存入", 70, 0, 70],
        [OTHER, "使用", 0, 70, 0],
    ]
    assert account["purpose"].tolist() == ["", "修路", "", "修路", "", "修路"]
    years = account_by_year(account)
    assert list(years.columns) == ["collective_code", "year", "opening_fen", "in_fen", "out_fen", "closing_fen"]
    assert years.to_numpy().tolist() == [
        [VILLAGE, 2024, 0, 1000, 100, 900],
        [VILLAGE, 2025, 900, 0, 0, 900],
        [VILLAGE, 2026, 900, 500, 1200, 200],
        [OTHER, 2025, 0, 70, 0, 70],
        [OTHER, 2026, 70, 0, 70, 0],
    ]


def test_an_empty_account_has_no_years() -> None:
    account = retained_account(deposits(), uses())
    assert len(account) == 0
    assert len(account_by_year(account)) == 0


days = st.dates(date(2020, 1, 1), date(2024, 12, 31)).map(str)
some = st.lists(st.tuples(st.sampled_from([VILLAGE, OTHER]), days, st.integers(1, 50)), max_size=12)


@settings(max_examples=examples(100), deadline=None)
@given(into=some, out=some)
def test_accounts_against_a_ledger_kept_by_hand(into: list[Entry], out: list[Entry]) -> None:
    def balance(code: str, day: str) -> int:
        """Of all entries up to and with a day."""
        return sum(n for c, d, n in into if c == code and d <= day) - sum(
            n for c, d, n in out if c == code and d <= day
        )

    if any(balance(code, day) < 0 for code, day, _ in out):
        with pytest.raises(BadValueError, match="balance_fen（余额）不得为负"):
            retained_account(deposits(*into), uses(*out))
        return
    account = retained_account(deposits(*into), uses(*out))
    assert len(account) == len(into) + len(out)
    assert (account["balance_fen"] >= 0).all()
    last = account.groupby(["collective_code", "entry_on"]).tail(1)
    for row in last.itertuples():
        assert row.balance_fen == balance(str(row.collective_code), f"{row.entry_on:%Y-%m-%d}")
    for row in account_by_year(account).itertuples():
        code, year = str(row.collective_code), int(str(row.year))
        assert row.opening_fen == balance(code, f"{year - 1}-12-31")
        assert row.closing_fen == balance(code, f"{year}-12-31")
        assert row.in_fen == sum(n for c, d, n in into if c == code and d.startswith(str(year)))


def test_an_overdrawn_entry_is_named() -> None:
    with pytest.raises(BadValueError) as refused:
        retained_account(deposits((VILLAGE, "2024-05-02", 100)), uses((VILLAGE, "2024-05-01", 100)))
    for part in ("共 1 行", VILLAGE, "2024-05-01", "修路", "村决〔2024〕1号", "使用 100 分，余额 -100 分", "办法："):
        assert part in str(refused.value)


@pytest.mark.parametrize(
    ("out", "part"),
    [
        (uses((VILLAGE, "2024-01-01", 1), purpose=" "), "purpose.*写明用途"),
        (uses((VILLAGE, "2024-01-01", 1), document=None), "document.*文件号"),
        (uses((VILLAGE, "2024-01-01", 0)), "amount_fen.*大于 0"),
        (uses(("", "2024-01-01", 1)), "collective_code.*补上集体代码"),
        (uses((VILLAGE, "2024-01-01", 1), entry_on=pd.Timestamp("NaT")), "entry_on.*补上日期"),
    ],
)
def test_a_use_without_its_papers_is_refused(out: pd.DataFrame, part: str) -> None:
    with pytest.raises(BadValueError, match=f"使用.*{part}"):
        retained_account(deposits((VILLAGE, "2024-01-01", 100)), out)


def test_a_deposit_that_cannot_be_booked_is_refused() -> None:
    with pytest.raises(BadValueError, match=r"存入.*amount_fen.*-1.*不得为负"):
        retained_account(deposits((VILLAGE, "2024-01-01", -1)), uses())
    with pytest.raises(MissingColumnError, match="document"):
        retained_account(deposits(), uses().drop(columns="document"))


def test_uses_are_read(tmp_path: Path) -> None:
    path = tmp_path / "使用.csv"
    header = "集体代码,日期,用途,金额（元）,文件号\n"
    path.write_text(f'{header}{VILLAGE},2024-05-01,修路,"1,200.05",村决〔2024〕1号\n', encoding="utf-8")
    read = read_fund_uses(path)
    assert read["amount_fen"].tolist() == [120_005]
    assert retained_account(deposits((VILLAGE, "2024-05-01", 120_005)), read)["balance_fen"].tolist() == [120_005, 0]
    for row, part in (
        (f"{VILLAGE},2024-05-01,,1,文", "purpose（用途）.*第 2 行.*不能留空"),
        (f"{VILLAGE},2024-05-01,修路,1,", "document（文件号）.*第 2 行.*不能留空"),
        (f"{VILLAGE},2024-05-01,修路,-1,文", "amount_fen（金额）.*第 2 行 = '-1.00 元'.*大于 0"),
    ):
        path.write_text(header + row, encoding="utf-8")
        with pytest.raises(BadValueError, match=part):
            read_fund_uses(path)


def test_the_reserve_of_each_fund_and_its_account() -> None:
    index = pd.Index(["a", "b", "c", "d"], name="parcel_code")
    shares = pd.DataFrame({"fund_fen": pd.array([1001, 5, None, 0], dtype="Int64")}, index=index)
    kept = risk_reserve(shares, Decimal("0.1"), "虚构〔2024〕2号")
    assert_same_index(kept, shares)
    assert kept["provision_fen"].tolist()[:2] == [100, 1]  # 0.5 fen is rounded up
    assert kept["rest_fen"].tolist()[:2] == [901, 4]
    assert kept.loc["c"].isna().all()
    county = pd.Series("411081", index=index)
    opened = pd.Series(pd.Timestamp(2024, 1, 1), index=index)
    into = account_deposits(kept["provision_fen"], county, opened)
    assert into["parcel_code"].tolist() == ["a", "b", "d"]
    account = retained_account(into, uses(("411081", "2024-06-01", 101), purpose="风险补偿"))
    assert account["balance_fen"].tolist() == [100, 101, 101, 0]
    with pytest.raises(IndexMismatchError, match="account_deposits"):
        account_deposits(kept["provision_fen"], county.iloc[:2], opened)


@settings(max_examples=examples(60), deadline=None)
@given(funds=st.lists(st.integers(0, 9 * 10**14), min_size=1, max_size=5), millionths=st.integers(0, 10**6))
def test_reserve_and_rest_are_the_fund(funds: list[int], millionths: int) -> None:
    shares = pd.DataFrame({"fund_fen": pd.array(funds, dtype="Int64")})
    kept = risk_reserve(shares, Decimal(millionths).scaleb(-6), "文")
    assert kept["provision_fen"].tolist() == [int((2 * Fraction(fen * millionths, 10**6) + 1) // 2) for fen in funds]
    assert (kept["provision_fen"] + kept["rest_fen"]).tolist() == funds
    assert (kept["rest_fen"] >= 0).all()


@pytest.mark.parametrize(
    ("share", "document", "part"),
    [("0.1", " ", "依据.*文号"), ("20", "文", "超过 1.*0.2"), ("-0.1", "文", "风险准备金比例 = -0.1")],
)
def test_a_reserve_without_a_rule_is_refused(share: str, document: str, part: str) -> None:
    shares = pd.DataFrame({"fund_fen": [1]})
    with pytest.raises(RuleError, match=part):
        risk_reserve(shares, Decimal(share), document)
    with pytest.raises(BadValueError, match=r"fund_fen.*-1"):
        risk_reserve(-shares, Decimal("0.1"), "文")


RULE = SplitRule(
    name="再转让办法",
    source="虚构",
    county="330521",
    pilot=True,
    effective_from=date(2015, 1, 1),
    verified=True,
    fund_base=FundBase.GAIN,
    fund_rates=(FundRate(Decimal("0.2")), FundRate(Decimal("0.35"), price_use="商服")),
    tax_rate=Decimal(0),
    retention_rate=Decimal(0),
    direct_distribution=True,
)


def resales(*rows: tuple[int, int, int], **columns: str | pd.Timestamp | None) -> pd.DataFrame:
    """Resales: price, what the seller paid, what it spent."""
    index = pd.Index([f"宗{i}" for i in range(1, len(rows) + 1)], name="parcel_code")
    table = pd.DataFrame(rows, index, ["resale_price_fen", "acquisition_fen", "development_fen"])
    return table.assign(resold_on=pd.Timestamp(2016, 6, 1), price_use="工业").assign(**columns)


def test_the_seller_pays_on_the_gain() -> None:
    # 20 % of 1000 − 600 − 97 = 303 is 60.6; at a loss, and at no gain, nothing.
    table = resales((1000, 600, 97), (1000, 900, 200), (1000, 900, 100))
    before = table.copy()
    result = resale_fund(table, RULE)
    pd.testing.assert_frame_equal(table, before)
    assert_same_index(result, table)
    columns = ["gain_fen", "loss_fen", "fund_rate", "fund_fen", "seller_fen"]
    assert result[columns].to_numpy().tolist() == [
        [303, 0, 0.2, 61, 939],
        [0, 100, 0.2, 0, 1000],
        [0, 0, 0.2, 0, 1000],
    ]
    commerce = resale_fund(table.assign(price_use="商服"), RULE)
    assert commerce["fund_fen"].tolist() == [106, 0, 0]  # 35 % of 303 is 106.05
    assert resale_fund(resales((10, 0, 0), price_use="商服"), RULE)["fund_fen"].tolist() == [4]  # 3.5 is rounded up


def test_a_fund_on_the_price_is_due_whatever_the_gain() -> None:
    result = resale_fund(resales((1000, 900, 200)), replace(RULE, county="411081", fund_base=FundBase.PRICE))
    assert result.iloc[0].tolist() == [0, 100, 0.2, 200, 800]


fen = st.integers(0, 10**14)


@settings(max_examples=examples(60), deadline=None)
@given(rows=st.lists(st.tuples(fen, fen, fen), min_size=1, max_size=5))
def test_fund_and_seller_are_the_price(rows: list[tuple[int, int, int]]) -> None:
    result = resale_fund(resales(*rows), RULE)
    gains = [Fraction(price - bought - spent) for price, bought, spent in rows]
    assert result["fund_fen"].tolist() == [int((2 * max(gain, Fraction(0)) / 5 + 1) // 2) for gain in gains]
    assert (result["gain_fen"] - result["loss_fen"]).tolist() == gains
    assert (result["fund_fen"] + result["seller_fen"]).tolist() == [price for price, *_ in rows]


def test_resales_that_cannot_be_charged_are_named() -> None:
    with pytest.raises(NoRuleInForceError, match=r"resale_fund：列 resold_on.*宗1.*2020-01-01.*不当作 0"):
        resale_fund(resales((1, 0, 0), resold_on=pd.Timestamp(2020, 1, 1)), RULE)
    with pytest.raises(NoRuleInForceError, match=r"宗1.*再转让办法 在 2014-12-31 未生效"):
        resale_fund(resales((1, 0, 0), resold_on=pd.Timestamp(2014, 12, 31)), RULE)
    with pytest.raises(RuleError, match=r"宗1.*缺的一项决定调节金比例"):
        resale_fund(resales((1, 0, 0), price_use=None), RULE)
    with pytest.raises(RuleError, match=r"0.1 不在"):
        resale_fund(resales((1, 0, 0)), replace(RULE, fund_rates=(FundRate(Decimal("0.1")),)))
    with pytest.raises(BadValueError, match=r"resold_on.*宗1.*补上再转让日"):
        resale_fund(resales((1, 0, 0), resold_on=pd.Timestamp("NaT")), RULE)
    with pytest.raises(BadValueError, match=r"acquisition_fen.*宗2 = -1.*不得为负"):
        resale_fund(resales((1, 0, 0), (1, -1, 0)), RULE)
    with pytest.raises(MissingColumnError, match="price_use"):
        resale_fund(resales((1, 0, 0)).drop(columns="price_use"), RULE)
    with pytest.warns(UnverifiedRuleWarning, match="再转让办法"):
        resale_fund(resales((1, 0, 0)), replace(RULE, verified=False))
