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
