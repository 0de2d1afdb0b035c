"""What a reserve rests on: weighed values by fractions, floors, and the curve of reserves in closed form."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, MissingColumnError, UnverifiedRuleWarning
from landmarket.io.manifest import require_public, secret_name
from landmarket.market.reserve_basis import reserve_floors, reserve_price_basis
from landmarket.market.reserve_curve import reserve_curve
from tests.helpers import assert_same_index
from tests.hunting import examples
from tests.test_deal import TERMS, prices

ON = date(2025, 3, 3)
A, B, C = (f"411081101001GB0000{n}" for n in range(3))
PARCELS = pd.DataFrame(index=pd.Index([A, B], name="parcel_code"))


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """The rule on the number of methods was not read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnverifiedRuleWarning)
        yield


def methods(*rows: tuple[str, str, int, float]) -> pd.DataFrame:
    """Valuations: parcel, method, value [分], weight."""
    table = pd.DataFrame(rows, columns=["parcel_code", "method", "value_fen", "weight"])
    return table.assign(source="测算").set_axis([f"估{n}" for n in range(len(rows))])


def floors(*rows: tuple[str, str, int]) -> pd.DataFrame:
    """Floors: parcel, name, value [分]."""
    table = pd.DataFrame(rows, columns=["parcel_code", "reserve_floor", "reserve_floor_fen"])
    return table.assign(reserve_floor_source="台账")


def basis(valued: pd.DataFrame, floored: pd.DataFrame) -> pd.DataFrame:
    """The basis of the two parcels."""
    return reserve_price_basis(PARCELS, valued, floored, on=ON, county="411081")


VALUED = methods(
    (A, "市场比较法", 60_000_000, 0.4), (A, "收益还原法", 66_000_000, 0.6), (B, "成本逼近法", 50_000_000, 0.5)
)
SOUND = pd.concat([VALUED, methods((B, "剩余法", 40_000_000, 0.5)).set_axis(["估3"])])


def test_a_basis_worked_by_hand() -> None:
    # A: 0.4 × 60 + 0.6 × 66 = 63.6 万元, gap 10 %. Floors 62 (does not bind) and 65 (binds): 65 to 66.
    # B: 45, gap 25 %, no floor: 40 to 50.
    floored = floors((A, "取得成本与开发支出", 62_000_000), (A, "工业用地最低价", 65_000_000))
    before = SOUND.copy(deep=True)
    result = basis(SOUND, floored)
    assert_same_index(result, PARCELS)
    pd.testing.assert_frame_equal(SOUND, before)
    assert result["reserve_method_count"].tolist() == [2, 2]
    assert result["reserve_weighted_fen"].tolist() == [63_600_000, 45_000_000]
    assert result["reserve_gap"].round(9).tolist() == [0.1, 0.25]
    assert result["reserve_floor_fen"].tolist() == [65_000_000, 0]
    assert result["reserve_binding"].tolist() == ["工业用地最低价", ""]
    assert result["reserve_low_fen"].tolist() == [65_000_000, 40_000_000]
    assert result["reserve_point_fen"].tolist() == [65_000_000, 45_000_000]
    assert result["reserve_high_fen"].tolist() == [66_000_000, 50_000_000]
    assert result.loc[A, "reserve_floors"] == "取得成本与开发支出 62.00 万元（台账）；工业用地最低价 65.00 万元（台账）"
    assert (
        result.loc[A, "reserve_methods"] == "市场比较法 60.00 万元 × 0.4（测算）；收益还原法 66.00 万元 × 0.6（测算）"
    )


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.tuples(st.integers(1, 10**13), st.integers(1, 999_999)), min_size=2, max_size=5))
def test_weighed_values_by_fractions(drawn: list[tuple[int, int]]) -> None:
    total = sum(share for _, share in drawn)
    millionths = [share * 10**6 // total for _, share in drawn]
    millionths[0] += 10**6 - sum(millionths)
    rows = [(A, f"方法{n}", value, m / 10**6) for n, ((value, _), m) in enumerate(zip(drawn, millionths, strict=True))]
    parcels = PARCELS.iloc[:1]
    result = reserve_price_basis(parcels, methods(*rows), floors(), on=ON, county="411081")
    exact = sum(Fraction(value * m, 10**6) for (value, _), m in zip(drawn, millionths, strict=True))
    assert result["reserve_weighted_fen"].tolist() == [floor(exact + Fraction(1, 2))]
    assert result["reserve_low_fen"].tolist() == [min(value for value, _ in drawn)]
    assert result["reserve_high_fen"].tolist() == [max(value for value, _ in drawn)]


def test_one_method_is_too_few() -> None:
    alone = methods((B, "成本逼近法", 50_000_000, 1.0))
    with pytest.raises(
        BadValueError, match=rf"reserve_method_count（底价依据-估价方法数）.*共 1 行：{B}.*至少采用 2 种方法"
    ):
        basis(pd.concat([VALUED.iloc[:2], alone]), floors())
    with pytest.raises(BadValueError, match=rf"{B}.*= .*0.*至少采用 2 种方法"):
        basis(VALUED.iloc[:2], floors())


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("parcel_code", C, rf"parcel_code（宗地代码）.*估0 = '{C}'"),
        ("value_fen", 0, r"value_fen（评估值分）.*估0"),
        ("weight", 1.5, r"weight.*估0 = 1.5.*0—1"),
        ("weight", 0.1234567, r"weight.*估0.*至多六位小数"),
        ("weight", 0.5, r"weight.*共 2 行：估0.*估1.*之和应为 1"),
        ("method", "收益还原法", r"method.*共 2 行：估0.*只列一行"),
    ],
)
def test_valuations_that_cannot_be_weighed_are_named(column: str, value: object, said: str) -> None:
    table = SOUND.copy()
    table.loc["估0", column] = value
    with pytest.raises(BadValueError, match=said):
        basis(table, floors())


def test_floors_of_other_parcels_or_without_amount_are_named() -> None:
    with pytest.raises(BadValueError, match=C):
        basis(SOUND, floors((C, "工业用地最低价", 1)))
    with pytest.raises(BadValueError, match="reserve_floor_fen"):
        basis(SOUND, floors((A, "工业用地最低价", 0)))
    with pytest.raises(MissingColumnError, match="reserve_floor_source"):
        basis(SOUND, floors().drop(columns="reserve_floor_source"))


def test_the_rule_on_methods_was_not_read() -> None:
    with pytest.warns(UnverifiedRuleWarning, match="一宗地至少采用的估价方法数 = 2"):
        basis(SOUND, floors())


def test_floors_of_the_terms() -> None:
    table = prices(3).assign(
        price_use=["工业", "商服", "工业"], acquisition_cost=[10.0, 0.0, 5.5], development_cost=0.0
    )
    terms = replace(TERMS, floor_entry_cost=True, floor_price_ratio=Decimal("0.7"), industrial_minimum=Decimal(96))
    found = reserve_floors(table, replace(terms, industrial_uses=("工业",)))
    cost = found[found["reserve_floor"].eq("取得成本与开发支出")].set_index("parcel_code")["reserve_floor_fen"]
    assert cost.to_dict() == {table.index[0]: 1000, table.index[2]: 550}
    ratio = found[found["reserve_floor"].eq("地方最低价比例")]["reserve_floor_fen"]
    assert ratio.tolist() == [-(-int(fen) * 7 // 10) for fen in table["total_price_fen"]]
    industrial = found[found["reserve_floor"].eq("工业用地最低价")].set_index("parcel_code")["reserve_floor_fen"]
    assert industrial.to_dict() == {code: round(table.loc[code, "area"] * 9600) for code in table.index[[0, 2]]}
    assert set(found["reserve_floor_source"]) == {TERMS.source}
    assert reserve_floors(table, TERMS).empty


# The curve.

SCALE = 10_000
SIDE = 400


def lattice(bidders: int) -> tuple[np.ndarray, np.ndarray]:
    """Highest and second of values even on [0, SCALE], by the midpoints of a lattice: every draw as likely."""
    side = SIDE if bidders == 2 else 60
    points = (np.arange(side) + 0.5) / side * SCALE
    grids = np.sort(np.stack([grid.ravel() for grid in np.meshgrid(*[points] * bidders)]), axis=0)
    return np.rint(grids[-1]).astype(int), np.rint(grids[-2]).astype(int)


@pytest.mark.parametrize("bidders", [2, 3])
def test_income_of_even_values_in_closed_form(bidders: int) -> None:
    """R(r) = n rⁿ (1 − r) + n (n − 1) [(1 − rⁿ)/n − (1 − rⁿ⁺¹)/(n + 1)] on [0, 1]; its maximum is at 1/2."""
    n = bidders
    top, second = lattice(n)
    reserves = [SCALE * k // 20 for k in range(1, 20)]
    curve = reserve_curve(top.tolist(), second.tolist(), reserves, floor_fen=0, kept_fen=0)
    r = np.array(reserves) / SCALE
    income = n * r**n * (1 - r) + n * (n - 1) * ((1 - r**n) / n - (1 - r ** (n + 1)) / (n + 1))
    if n == 2:
        assert np.allclose(income, 1 / 3 + r**2 - 4 * r**3 / 3)
    assert np.allclose(curve["reserve_income_fen"] / SCALE, income, atol=0.006)
    assert np.allclose(curve["reserve_sale_share"], 1 - r**n, atol=0.02)
    assert curve.loc[curve["reserve_best"].eq("是"), "reserve_price_fen"].tolist() == [SCALE // 2]


def test_what_the_land_is_worth_unsold_lifts_the_best_reserve() -> None:
    # (1 + k) / 2 with k = 0.2: 0.6.
    top, second = (values.tolist() for values in lattice(2))
    reserves = [SCALE * k // 20 for k in range(1, 20)]
    curve = reserve_curve(top, second, reserves, floor_fen=0, kept_fen=SCALE // 5)
    assert curve.loc[curve["reserve_best"].eq("是"), "reserve_price_fen"].tolist() == [SCALE * 6 // 10]


def test_the_best_reserve_is_not_below_the_floor() -> None:
    top, second = (values.tolist() for values in lattice(2))
    curve = reserve_curve(top, second, [3000, 5000, 7000, 9000], floor_fen=6000, kept_fen=0)
    assert curve["reserve_allowed"].tolist() == ["否", "否", "是", "是"]
    assert curve["reserve_best"].tolist() == ["否", "否", "是", "否"]
    none = reserve_curve(top, second, [3000], floor_fen=6000, kept_fen=0)
    assert none["reserve_best"].tolist() == ["否"]


DRAWS = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=12)


@settings(max_examples=examples(60), deadline=None)
@given(DRAWS, st.lists(st.integers(1, 300), min_size=1, max_size=6, unique=True), st.integers(0, 50))
def test_the_curve_by_fractions(pairs: list[tuple[int, int]], reserves: list[int], kept: int) -> None:
    drawn = [(max(pair), min(pair)) for pair in pairs]
    curve = reserve_curve([x for x, _ in drawn], [y for _, y in drawn], reserves, floor_fen=0, kept_fen=kept)
    assert curve["reserve_price_fen"].tolist() == sorted(reserves)
    exact = {r: [Fraction(max(r, y) if x >= r else kept) for x, y in drawn] for r in sorted(reserves)}
    means = {r: sum(each) / len(drawn) for r, each in exact.items()}
    assert curve["reserve_income_fen"].tolist() == [floor(mean + Fraction(1, 2)) for mean in means.values()]
    assert curve["reserve_sale_share"].tolist() == [
        sum(x >= r for x, _ in drawn) / len(drawn) for r in sorted(reserves)
    ]
    variances = [sum((one - means[r]) ** 2 for one in each) / len(drawn) for r, each in exact.items()]
    errors = [float(variance / len(drawn)) ** 0.5 for variance in variances]
    assert np.allclose(curve["reserve_income_error_fen"], errors)
    best = min(r for r in reserves if means[r] == max(means.values()))
    assert curve.loc[curve["reserve_best"].eq("是"), "reserve_price_fen"].tolist() == [best]


@pytest.mark.parametrize(
    ("top", "second", "reserves", "said"),
    [
        ([100, 100], [50, 101], [10], r"second_fen.*共 1 行：1.*次高者不应高于最高者"),
        ([100, -1], [50, 0], [10], r"highest_fen.*1"),
        ([100], [50], [0], r"reserve_price_fen（底价分）"),
    ],
)
def test_draws_that_cannot_be_are_refused(top: list[int], second: list[int], reserves: list[int], said: str) -> None:
    with pytest.raises(BadValueError, match=said):
        reserve_curve(top, second, reserves, floor_fen=0, kept_fen=0)


def test_every_column_is_a_secret() -> None:
    curve = reserve_curve([100], [50], [10], floor_fen=0, kept_fen=0)
    terms = replace(TERMS, floor_price_ratio=Decimal("0.7"))
    told = [*basis(SOUND, floors()).columns, *curve.columns, *reserve_floors(prices(3), terms).columns]
    assert {name for name in told if not secret_name(name)} == {"parcel_code"}
    with pytest.raises(BadValueError, match="reserve_income_fen"):
        require_public(curve.columns, "公开成果")
