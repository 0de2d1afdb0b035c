"""The ledger of costs: exact amounts from the printed decimals, and no entry lost in any sum."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from random import Random

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.distribution.cost_ledger import (
    COST_COLUMNS,
    CostKind,
    foreign_entries,
    later_entries,
    ledger_costs,
    read_cost_ledger,
)
from landmarket.errors import BadValueError, MissingColumnError, ReadError
from tests.helpers import assert_same_index
from tests.hunting import examples

A, B, ELSEWHERE = (f"41108110000{i}GB0000{i}" for i in (1, 2, 3))
HEADER = "宗地代码,日期,类别,金额（元）,凭证号,收款方,说明"
ROWS = (
    f'{A},2024-01-05,取得,"1,000,000.10",记-001,甲村集体,征收补偿',
    f"{A},2024年3月1日,开发,20000.05,记-002,乙公司,",
    f"{A},2024-03-02,开发,-0.05,记-003,乙公司,冲销记-002尾差",
    f"{B},2024-04-01,税费,７０,记-004,税务局,",
    f"{B},2025-01-01,复垦,300.5,记-005,丙公司,",
    f"{ELSEWHERE},2024-02-01,交易,8,记-006,交易中心,",
)
PARCELS = pd.Index([B, A], name="parcel_code")
CLOSED = date(2024, 12, 31)


def sheet(folder: Path, *rows: str, header: str = HEADER) -> Path:
    """Write a ledger as CSV."""
    path = folder / "台账.csv"
    path.write_text("\n".join(["成本台账", header, *rows]), encoding="utf-8-sig")
    return path


def test_a_ledger_is_added_up_by_hand(tmp_path: Path) -> None:
    ledger = read_cost_ledger(sheet(tmp_path, *ROWS))
    costs = ledger_costs(ledger, PARCELS, CLOSED)
    assert list(costs.columns) == [
        "acquisition_fen",
        "reclamation_fen",
        "development_fen",
        "transaction_fen",
        "tax_paid_fen",
    ]
    assert costs.loc[[A]].to_numpy().tolist() == [[100_000_010, 0, 2_000_000, 0, 0]]
    assert costs.loc[[B]].to_numpy().tolist() == [[0, 0, 0, 0, 7_000]]
    assert set(costs.dtypes.astype(str)) == {"int64"}
    pd.testing.assert_index_equal(costs.index, PARCELS)
    assert later_entries(ledger, CLOSED)["voucher"].tolist() == ["记-005"]
    assert foreign_entries(ledger, PARCELS, CLOSED)["voucher"].tolist() == ["记-006"]
    assert ledger["source_row"].tolist() == [3, 4, 5, 6, 7, 8]
    assert ledger["note"].tolist()[1] == ""


def test_the_day_of_the_cut_counts(tmp_path: Path) -> None:
    ledger = read_cost_ledger(sheet(tmp_path, *ROWS))
    assert ledger_costs(ledger, PARCELS, date(2025, 1, 1)).loc[B, "reclamation_fen"] == 30_050
    assert ledger_costs(ledger, PARCELS, date(2024, 12, 31)).loc[B, "reclamation_fen"] == 0


def test_a_workbook_reads_as_the_csv_does(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    cells = book.active
    assert cells is not None
    cells.append(["宗地代码", "日期", "类别", "金额", "凭证号"])
    cells.append([A, datetime(2024, 1, 5), "取得", 0.29, "1"])
    cells.append([A, datetime(2024, 1, 6), "取得", 57.7, "2"])
    book.save(tmp_path / "台账.xlsx")
    ledger = read_cost_ledger(tmp_path / "台账.xlsx")
    assert ledger["amount_fen"].tolist() == [29, 5770]  # int(0.29 * 100) would be 28
    assert ledger["paid_on"].dt.date.tolist() == [date(2024, 1, 5), date(2024, 1, 6)]


def test_amounts_may_have_their_unit_behind_them(tmp_path: Path) -> None:
    """12.345678万元 are 123,456.78 元."""
    rows = (f"{A},2024-01-05,取得,12.345678万元,1,,", f'{A},2024-01-06,取得,"￥1,020.05元",2,,')
    assert read_cost_ledger(sheet(tmp_path, *rows))["amount_fen"].tolist() == [12_345_678, 102_005]


def test_an_empty_ledger_costs_nothing(tmp_path: Path) -> None:
    ledger = read_cost_ledger(sheet(tmp_path))
    assert len(ledger) == 0
    assert ledger_costs(ledger, PARCELS, CLOSED).to_numpy().tolist() == [[0] * 5] * 2


@pytest.mark.parametrize(
    ("row", "parts"),
    [
        (f"{A},2024-01-05,取得,1.005,9,,", ["amount_fen", "金额", "第 3 行", "1.005", "两位小数"]),
        (f"{A},2024-01-05,取得,12亩,9,,", ["金额", "第 3 行", "12亩"]),
        (f"{A},2024-01-05,取得,1.0000005万元,9,,", ["金额", "第 3 行", "1.0000005万元", "两位小数"]),
        (f"{A},2024-01-05,取得,1e20,9,,", ["金额", "第 3 行", "1e20"]),
        (f"{A},2024-02-30,取得,1,9,,", ["paid_on", "日期", "第 3 行", "2024-02-30", "2024-01-31"]),
        (f"{A},,取得,1,9,,", ["日期", "第 3 行", "不能留空"]),
        (f"{A},2024-01-05,青苗,1,9,,", ["cost_kind", "类别", "第 3 行", "青苗", "取得、复垦、开发、交易、税费"]),
        (f"{A},2024-01-05,取得,1,,,", ["voucher", "凭证号", "第 3 行", "不能留空"]),
        (",2024-01-05,取得,1,9,,", ["parcel_code", "宗地代码", "第 3 行", "不能留空"]),
        (f"{A},2024-01-05,取得,1,记-001,,", ["voucher", "凭证号", "共 2 行", "第 3 行", "第 4 行", "记-001"]),
        (f"{A},2024-01-05,取得,-1,9,,", ["金额", "第 3 行", "-1.00 元", "冲销", "说明"]),
        (f"{B},2024-01-05,取得,-1,9,,冲销", [B, "取得", "-100 分", "合计为负"]),
    ],
)
def test_what_cannot_be_booked_is_refused(tmp_path: Path, row: str, parts: list[str]) -> None:
    with pytest.raises(BadValueError, match="办法：") as refused:
        read_cost_ledger(sheet(tmp_path, row, *ROWS))
    for part in ["台账.csv", *parts]:
        assert part in str(refused.value)


def test_an_entry_after_the_close_is_refused(tmp_path: Path) -> None:
    path = sheet(tmp_path, *ROWS)
    assert len(read_cost_ledger(path, until=date(2025, 1, 1))) == len(ROWS)
    with pytest.raises(BadValueError, match=r"paid_on（日期）.*第 7 行 = '2025-01-01'.*2024-12-31"):
        read_cost_ledger(path, until=CLOSED)


@pytest.mark.parametrize(
    ("header", "parts"),
    [
        ("宗地代码,日期,类别,金额（万元）,凭证号", ["金额（万元）", "不是元"]),
        ("宗地代码,日期,类别,金额（元）,金额,凭证号", ["同一列"]),
        ("宗地代码,日期,类别,金额（元）", ["凭证号", "voucher"]),
        ("代码,日期,类别,金额（元）,凭证号", ["宗地代码"]),
    ],
)
def test_a_sheet_of_another_shape_is_refused(tmp_path: Path, header: str, parts: list[str]) -> None:
    with pytest.raises(ReadError, match="办法：") as refused:
        read_cost_ledger(sheet(tmp_path, header=header))
    assert all(part in str(refused.value) for part in parts)


def entries(drawn: list[tuple[str, int, CostKind, int]]) -> pd.DataFrame:
    """A ledger of entries on days counted from 2024-01-01."""
    table = pd.DataFrame(drawn, columns=["parcel_code", "paid_on", "cost_kind", "amount_fen"])
    table["paid_on"] = pd.Timestamp(2024, 1, 1) + pd.to_timedelta(table["paid_on"], unit="D")
    return table.astype({"amount_fen": "int64"})


drawn_entries = st.lists(
    st.tuples(
        st.sampled_from([A, B, ELSEWHERE]),
        st.integers(0, 20),
        st.sampled_from(list(CostKind)),
        st.integers(0, 10**14),
    ),
    min_size=1,
    max_size=20,
)


@settings(max_examples=examples(60), deadline=None)
@given(drawn=drawn_entries, cut=st.integers(0, 20), order=st.randoms(use_true_random=False))
def test_nothing_is_lost_and_order_is_irrelevant(
    drawn: list[tuple[str, int, CostKind, int]], cut: int, order: Random
) -> None:
    until = date(2024, 1, 1 + cut)
    ledger = entries(drawn)
    costs = ledger_costs(ledger, PARCELS, until)
    assert_same_index(costs, pd.DataFrame(index=PARCELS))
    for kind, name in COST_COLUMNS.items():
        for parcel in PARCELS:
            mine = [fen for code, at, what, fen in drawn if code == parcel and what is kind and at <= cut]
            assert costs.loc[parcel, name] == sum(mine)
    left_out = [later_entries(ledger, until), foreign_entries(ledger, PARCELS, until)]
    assert sum(int(part["amount_fen"].sum()) for part in left_out) + int(costs.to_numpy().sum()) == sum(
        fen for *_, fen in drawn
    )
    shuffled = list(drawn)
    order.shuffle(shuffled)
    pd.testing.assert_frame_equal(ledger_costs(entries(shuffled), PARCELS, until), costs)


@settings(max_examples=examples(60), deadline=None)
@given(fen=st.integers(-(10**15), 10**15), style=st.sampled_from(["{}", "{:,}", "{:+}"]))
def test_an_amount_comes_back_to_the_fen(tmp_path_factory: pytest.TempPathFactory, fen: int, style: str) -> None:
    printed = style.format(Decimal(fen).scaleb(-2))
    rows = (f'{A},2024-01-05,取得,"{printed}",1,,注', f"{A},2024-01-05,取得,{10**13},2,,")
    ledger = read_cost_ledger(sheet(tmp_path_factory.mktemp("台账"), *rows))
    assert ledger["amount_fen"].tolist() == [fen, 10**15]


def test_a_correction_dated_before_its_cost_is_refused() -> None:
    ledger = entries([(A, 0, CostKind.TAX, -5), (A, 9, CostKind.TAX, 7)])
    assert ledger_costs(ledger, PARCELS, date(2024, 1, 10)).loc[A, "tax_paid_fen"] == 2
    with pytest.raises(BadValueError, match=rf"截至 2024-01-09.*{A} 税费 = '-5 分'.*办法："):
        ledger_costs(ledger, PARCELS, date(2024, 1, 9))


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"cost_kind": "青苗"}, "青苗"),
        ({"paid_on": pd.Timestamp("NaT")}, "补上日期"),
        ({"amount_fen": None}, "补上金额"),
    ],
)
def test_a_table_that_would_lose_an_entry_is_refused(change: dict[str, str | pd.Timestamp | None], part: str) -> None:
    ledger = entries([(A, 0, CostKind.TAX, 5)]).assign(**change)
    for refuse in (ledger_costs, foreign_entries):
        with pytest.raises(BadValueError, match=part):
            refuse(ledger, PARCELS, CLOSED)
    with pytest.raises(BadValueError, match=part):
        later_entries(ledger, CLOSED)


def test_a_parcel_named_twice_or_a_missing_column_is_refused() -> None:
    ledger = entries([(A, 0, CostKind.TAX, 5)])
    with pytest.raises(BadValueError, match=f"重复.*{A}"):
        ledger_costs(ledger, pd.Index([A, A]), CLOSED)
    with pytest.raises(MissingColumnError, match="paid_on"):
        later_entries(ledger.drop(columns="paid_on"), CLOSED)
