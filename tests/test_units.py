"""Units against published conversions, money against decimal arithmetic."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landmarket.errors import BadValueError
from landmarket.units import (
    fen_series,
    fen_to_yuan,
    round_half_up,
    round_half_up_array,
    square_metres_to_mu,
    times_area_fen,
    wan_per_mu,
    wan_text,
    yuan_text,
    yuan_to_fen,
)
from tests.helpers import assert_same_index


@pytest.mark.parametrize(
    ("square_metres", "mu"),
    [(51317.23, "76.98"), (38898.24, "58.35"), (20000, "30.00"), (29032.01, "43.55"), (3764.0, "5.65")],
)
def test_published_areas_in_mu(square_metres: float, mu: str) -> None:
    # Notices of 明光 (2021-09) and 平罗 (2022).
    assert round_half_up(square_metres_to_mu(square_metres), 2) == Decimal(mu)


@pytest.mark.parametrize(
    ("unit_price", "printed"),
    [(712, "47.47"), (645, "43.00"), (170, "11.33"), (327, "21.80"), (525, "35.00"), (144, "9.60")],
)
def test_published_prices_in_wan_per_mu(unit_price: int, printed: str) -> None:
    # Notice of 彭山 (2021).
    assert round_half_up(wan_per_mu(unit_price), 2) == Decimal(printed)


def test_a_deal_of_yicheng() -> None:
    # 宜城刘台村, 2017: 45.2 万元 for 739.37 ㎡.
    assert round_half_up(452_000 / 739.37, 2) == Decimal("611.33")
    assert round_half_up(square_metres_to_mu(739.37), 3) == Decimal("1.109")


def test_floats_too_large_for_decimals_stay_as_they_are() -> None:
    values = np.array([4.6e15, 1e17, 1e300, -1e300])
    assert round_half_up_array(values, 2).tolist() == values.tolist()


def test_columns_keep_their_index() -> None:
    area = pd.Series([667.0, 2000.0], index=["b", "a"], name="area")
    assert_same_index(square_metres_to_mu(area), area)
    assert_same_index(wan_per_mu(area), area)
    assert_same_index(fen_series(area), area)
    assert_same_index(fen_to_yuan(fen_series(area)), area)
    assert_same_index(times_area_fen(fen_series(area), fen_series(area)), area)


@given(st.floats(-1e12, 1e12), st.integers(0, 6))
def test_rounding_is_half_up_of_the_printed_number(value: float, decimals: int) -> None:
    wanted = Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    assert round_half_up(value, decimals) == wanted
    assert round_half_up(Decimal(repr(value)), decimals) == wanted
    assert round_half_up(Fraction(Decimal(repr(value))), decimals) == wanted


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1), st.integers(0, 4))
def test_arrays_round_ties_half_up(thousandths: list[int], decimals: int) -> None:
    values = np.array(thousandths) / 1000
    wanted = [float(round_half_up(float(value), decimals)) for value in values]
    assert round_half_up_array(values, decimals).tolist() == wanted


def test_numpy_would_lose_a_fen() -> None:
    values = np.array([2.675, 1.005, 0.125])
    assert round_half_up_array(values, 2).tolist() == [2.68, 1.01, 0.13]
    assert np.round(values, 2).tolist() != [2.68, 1.01, 0.13]


def test_missing_stays_missing_when_rounding() -> None:
    assert np.isnan(round_half_up_array(np.array([np.nan]), 2)).all()


@given(st.decimals(0, 10**10, places=4))
def test_yuan_to_fen_is_exact(yuan: Decimal) -> None:
    fen = int((yuan * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    assert yuan_to_fen(yuan) == fen
    assert fen_series(pd.Series([float(yuan)])).iloc[0] == yuan_to_fen(float(yuan))


@given(st.integers(0, 10**7), st.integers(0, 10**9))
def test_total_is_the_printed_product(price_fen: int, area_centi: int) -> None:
    exact = Decimal(price_fen) / 100 * (Decimal(area_centi) / 100)
    total = times_area_fen(pd.Series([price_fen]), pd.Series([area_centi])).iloc[0]
    assert Decimal(int(total)) / 100 == exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


@pytest.mark.parametrize(
    ("fen", "printed"),
    [
        (1_005_000, "1.01"),
        (1_004_999, "1.00"),
        (2_675_000, "2.68"),
        (-1_005_000, "-1.01"),
        (0, "0.00"),
        (-4_999, "0.00"),
        (192_000_000, "192.00"),
        (900_719_925_474_099_300, "900,719,925,474.10"),
        (9_007_199_254_740_993_005_000, "9,007,199,254,740,993.01"),
    ],
)
def test_sums_in_wan_are_exact(fen: int, printed: str) -> None:
    assert wan_text(fen) == printed


@given(st.integers(-(2**62), 2**62))
def test_sums_in_wan_follow_decimal_arithmetic(fen: int) -> None:
    wanted = (Decimal(fen) / 1_000_000).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    assert Decimal(wan_text(fen).replace(",", "")) == wanted
    assert wan_text(int(np.int64(fen))) == wan_text(fen)


def test_mingguang_sold_at_the_industrial_minimum() -> None:
    # 明光 J-03, 2021: 192 万元 for 20,000 ㎡ is 96.00 元/㎡.
    assert times_area_fen(pd.Series([9600]), pd.Series([2_000_000])).iloc[0] == yuan_to_fen(1_920_000)


def test_a_missing_amount_is_refused_by_name() -> None:
    with pytest.raises(BadValueError, match="宗地乙"):
        fen_series(pd.Series([1.0, np.nan], index=["宗地甲", "宗地乙"], name="acquisition_cost"))


def test_a_product_beyond_64_bits_is_refused() -> None:
    with pytest.raises(BadValueError, match="64"):
        times_area_fen(pd.Series([10**12]), pd.Series([10**9]))


def test_rounding_is_to_whole_units_unless_said() -> None:
    assert str(round_half_up(2.5)) == "3"
    assert str(round_half_up(Fraction(-1, 3), 1)) == "-0.3"
    assert str(round_half_up(Fraction(0), 2)) == "0.00"


@given(st.integers(-(10**30), 10**30), st.integers(0, 4))
def test_decimals_and_fractions_round_alike(thousandths: int, decimals: int) -> None:
    # A decimal of thirty digits has no float: it must not be taken through one.
    exact = Decimal(f"{thousandths}E-3")
    assert round_half_up(exact, decimals) == round_half_up(Fraction(thousandths, 1000), decimals)


def test_arrays_decide_only_what_is_near_a_tie() -> None:
    # Above 2**52 every float is whole; the last half below it is rounded up.
    assert round_half_up_array(np.array([2.0**52 - 0.5, 2.0**52 + 1, 2.0**53]), 0).tolist() == [
        2.0**52,
        2.0**52 + 1,
        2.0**53,
    ]
    # Far from a tie, at a tie, and two floats beside it, at a large and a small value.
    for tie in (0.125, 1234567.125, 68719476736.125):
        values = np.array([np.nextafter(tie, 0), tie, np.nextafter(tie, np.inf)])
        expected = [float(Decimal(repr(float(v))).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)) for v in values]
        assert round_half_up_array(values, 2).tolist() == expected


def test_a_column_of_fen_keeps_name_index_and_kind() -> None:
    yuan = pd.Series([1.0, 2.0], index=["乙", "甲"], name="deal_price").astype("object")
    fen = fen_series(yuan)
    pd.testing.assert_series_equal(fen, pd.Series([100, 200], index=["乙", "甲"], name="deal_price", dtype="int64"))
    back = fen_to_yuan(pd.Series([100, 205], index=["乙", "甲"], dtype="int64"))
    pd.testing.assert_series_equal(back, pd.Series([1.0, 2.05], index=["乙", "甲"], dtype="float64"))
    gaps = fen_to_yuan(pd.Series([150, None], dtype="Int64"))
    assert gaps.dtype == "float64"
    assert gaps.iloc[0] == 1.5
    assert gaps.isna().tolist() == [False, True]


def test_the_refusal_names_ten_rows_and_the_count() -> None:
    rows = [f"宗{number:02}" for number in range(12)]
    with pytest.raises(BadValueError) as refused:
        fen_series(pd.Series(np.nan, index=rows, name="deal_price"))
    assert str(refused.value) == (
        f"金额列 deal_price 有缺失、非数值或不小于 9e+16 元的，共 12 行：{'、'.join(rows[:10])}。办法：补齐后再算。"
    )


def test_totals_are_made_of_integers_of_any_width() -> None:
    # 30,000.00 ㎡ at 1,000.00 元/㎡: the product of the two columns fits no 32 bits.
    price, area = pd.Series([100_000], dtype="int32"), pd.Series([3_000_000], dtype="int32")
    assert times_area_fen(price, area).tolist() == [3_000_000_000]
    missing_aware = pd.Series([100_000], dtype="Int64")
    assert times_area_fen(missing_aware, missing_aware).dtype == "int64"


def test_the_largest_product_is_still_a_price() -> None:
    assert times_area_fen(pd.Series([3 * 10**9]), pd.Series([3 * 10**9])).tolist() == [9 * 10**16]
    with pytest.raises(BadValueError) as refused:
        times_area_fen(pd.Series([3 * 10**9]), pd.Series([3 * 10**9 + 10**3]))
    assert str(refused.value) == ("单价×面积超出 64 位整数范围。办法：检查面积单位是否为 ㎡、单价单位是否为 元/㎡。")


@pytest.mark.parametrize(
    ("fen", "printed"),
    [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (100, "1.00"), (-100, "-1.00"), (10_700_053, "107,000.53")],
)
def test_amounts_in_yuan_are_printed_to_the_fen(fen: int, printed: str) -> None:
    assert yuan_text(fen) == printed


@pytest.mark.parametrize("amount", [float("nan"), float("inf"), Decimal("NaN")])
def test_what_is_no_amount_is_refused(amount: float) -> None:
    for convert in (yuan_to_fen, wan_text):
        with pytest.raises(BadValueError, match="办法"):
            convert(amount)


@pytest.mark.parametrize("cell", [1e30, -1e30, 9.3e16, "x", float("inf")])
def test_amounts_beyond_64_bits_are_named(cell: object) -> None:
    with pytest.raises(BadValueError, match=r"cost .*共 1 行：乙。办法"):
        fen_series(pd.Series([1.0, cell], index=["甲", "乙"], name="cost"))
