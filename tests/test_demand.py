"""Assumptions on demand: the file, its bands, and the distributions against published and computed values."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from math import exp, log
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from landmarket.errors import BadValueError, MissingColumnError, ReadError, RuleError
from landmarket.market.demand import BudgetBasis, Demand, Relisting, UseDemand, mean_bidders, read_demand
from landmarket.market.distributions import (
    ONE,
    Shape,
    Spread,
    exponential,
    natural_log,
    normal_quantiles,
    poisson_shares,
    quantiles,
)
from landmarket.market.draw_streams import positions, stream_keys, uniforms_at, words
from landmarket.units import Floats
from tests.helpers import assert_same_index

FILE = """
name = "需求假设（测试）"
source = "虚构"
verified = false
relist_times = 2
relist_cut = 0.1
round_months = 3
sealed_shares = [1, 0.5, 0.9]
county_shock = {shape = "均匀", base = 0.9, scale = 0.2}
[[use]]
price_use = "工业"
score_from = [0, 40, 60.5]
bidders = [0.8, 1.6, 2.9]
private = {shape = "均匀", base = 0.78, scale = 0.44}
[[use]]
price_use = "商服"
score_from = [0]
bidders = [3]
private = {shape = "指数", base = 0.7, scale = 0.3}
common = {shape = "对数正态", base = 1, scale = 0.1}
budget = {shape = "均匀", base = 1000000, scale = 5000000}
budget_basis = "元"
pool = 40
"""


def written(folder: Path, text: str) -> Path:
    """The text as a file."""
    path = folder / "demand.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_read_key_by_key(tmp_path: Path) -> None:
    number = Decimal
    assert read_demand(written(tmp_path, FILE)) == Demand(
        name="需求假设（测试）",
        source="虚构",
        verified=False,
        uses=(
            UseDemand(
                "工业",
                (number(0), number(40), number("60.5")),
                (number("0.8"), number("1.6"), number("2.9")),
                Spread(Shape.UNIFORM, number("0.78"), number("0.44")),
            ),
            UseDemand(
                "商服",
                (number(0),),
                (number(3),),
                Spread(Shape.EXPONENTIAL, number("0.7"), number("0.3")),
                Spread(Shape.LOGNORMAL, number(1), number("0.1")),
                ONE,
                Spread(Shape.UNIFORM, number(1_000_000), number(5_000_000)),
                BudgetBasis.AMOUNT,
                40,
            ),
        ),
        relisting=Relisting(2, number("0.1"), number(3)),
        county_shock=Spread(Shape.UNIFORM, number("0.9"), number("0.2")),
        sealed_shares=(number(1), number("0.5"), number("0.9")),
    )


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("verified = false", "", ["verified", "缺少"]),
        ("pool = 40", "pools = 40", ["不认识的键 pools", "第 2 条 [[use]]"]),
        ("[0.8, 1.6, 2.9]", "[0.8, 1.6]", ["工业", "score_from 与 bidders 应一样长"]),
        ("[0, 40, 60.5]", "[0, 70, 60.5]", ["工业", "应递增"]),
        ("bidders = [3]", "bidders = [300]", ["商服", "0 至 100"]),
        ("relist_cut = 0.1", "relist_cut = 10", ["relist_cut = 10", "小于 1"]),
        ("relist_times = 2", "relist_times = 200", ["relist_times = 200"]),
        ("round_months = 3", "round_months = 0", ["round_months = 0"]),
        ('shape = "指数"', 'shape = "正态"', ["第 2 条 [[use]] private", "均匀、指数、对数正态"]),
        ("base = 1, scale = 0.1", "base = 0, scale = 0.1", ["分布 对数正态", "base = 0"]),
        ("base = 0.7, scale = 0.3", "base = -1, scale = 0.3", ["分布 指数", "base = -1"]),
        ("base = 0.7, scale = 0.3", "base = 0.7", ["private", "缺少 scale"]),
        ("base = 0.7, scale = 0.3", "base = 0.7, scale = 0.3, mean = 1", ["不认识的键 mean"]),
        ("[1, 0.5, 0.9]", "[1, 50]", ["sealed_shares 应在 0 与 1 之间"]),
        ('price_use = "商服"', 'price_use = "工业"', ["price_use 不应重复"]),
        ("relist_times = 2", "relist_times = 2\nbidder_lots = 0", ["bidder_lots 应不小于 1"]),
        ("relist_times = 2", "relist_times = 2\nbidder_lots = 3", ["bidder_lots 大于 1", "pool", "budget"]),
        ("pool = 40", "pool = -1", ["pool 不应小于 0"]),
    ],
)
def test_a_file_that_says_nonsense_is_refused(tmp_path: Path, old: str, new: str, parts: list[str]) -> None:
    assert FILE.count(old) == 1
    with pytest.raises(RuleError) as caught:
        read_demand(written(tmp_path, FILE.replace(old, new)))
    assert all(part in str(caught.value) for part in [*parts, "办法："]), str(caught.value)


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="TOML"):
        read_demand(written(tmp_path, "工业 = 1"))


def test_a_parcel_is_in_the_last_band_it_reaches(tmp_path: Path) -> None:
    demand = read_demand(written(tmp_path, FILE))
    table = pd.DataFrame(
        {"price_use": ["工业"] * 5 + ["商服"], "location_score": [0, 39.99, 40, 60.49, 60.5, np.nan]},
        index=list("abcdef"),
    )
    before = table.copy()
    means = mean_bidders(table, demand)
    assert means.tolist() == ["0.8", "0.8", "1.6", "1.6", "2.9", "3"]
    assert_same_index(means, table)
    pd.testing.assert_frame_equal(table, before)


def test_parcels_without_a_band_are_named(tmp_path: Path) -> None:
    demand = read_demand(written(tmp_path, FILE))
    table = pd.DataFrame({"price_use": ["工业", "住宅", "商服"], "location_score": [np.nan, 1, 2]}, index=list("abc"))
    with pytest.raises(BadValueError) as caught:
        mean_bidders(table, demand)
    assert all(part in str(caught.value) for part in ("共 1 行：b = '住宅'", "price_use", "工业、商服", "办法："))
    with pytest.raises(BadValueError, match=r"共 1 行：a = nan.*最低一档 0"):
        mean_bidders(table.drop(index="b"), demand)
    with pytest.raises(MissingColumnError, match="location_score"):
        mean_bidders(table[["price_use"]].drop(index="b"), demand)


# Random numbers.


def test_the_published_sequence_of_splitmix64() -> None:
    # The reference implementation with seed 1234567, as Rosetta Code prints it.
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    assert words(np.uint64(1234567), positions(5)).tolist() == [*published, 16408922859458223821]


def test_a_number_depends_on_its_own_name_and_draw_alone() -> None:
    few, many = (stream_keys("宗地|a", count, seed=3) for count in (2, 19))
    assert few == many[:2]
    assert len(set(many) | set(stream_keys("宗地|b", 19, seed=3)) | set(stream_keys("宗地|a", 19, seed=4))) == 57
    chosen = np.array([7, 0, 99])
    assert uniforms_at(few[0], positions(100)[chosen]).tolist() == uniforms_at(few[0], positions(100))[chosen].tolist()


def test_streams_are_even_and_independent() -> None:
    at = positions(100_000)
    drawn = np.array([uniforms_at(each, at) for each in stream_keys("均匀性", 12, seed=1)])
    assert stats.kstest(drawn.ravel(), "uniform").pvalue > 0.001
    between = np.corrcoef(drawn)[np.triu_indices(12, 1)]
    along = [np.corrcoef(row[:-1], row[1:])[0, 1] for row in drawn]
    assert max(abs(between).max(), np.abs(along).max()) < 5 / np.sqrt(100_000)


# Distributions.


def steps(numbers: list[float]) -> Floats:
    """Numbers as a stream gives them: multiples of 2⁻⁵³ below one."""
    whole = np.array([int(number * 2**53) for number in numbers])
    return whole / 2**53


SHARES = steps([0.0, 1e-15, 1e-9, 0.001, 0.07, 0.3, 0.5, 0.73, 0.925, 0.999, 1 - 1e-9, 1 - 2.0**-52])


def test_arithmetic_logarithm_and_exponential() -> None:
    numbers = np.concatenate([np.geomspace(1e-16, 1e16, 3001), np.linspace(0.5, 2, 999)])
    expected = [log(number) for number in numbers]
    np.testing.assert_allclose(natural_log(numbers), expected, rtol=1e-15, atol=1e-16)
    powers = np.linspace(-700, 700, 5001)
    np.testing.assert_allclose(exponential(powers), [exp(power) for power in powers], rtol=4e-16)


def test_normal_quantiles() -> None:
    inner = SHARES[(SHARES > 0) & (SHARES < 0.9999)]
    middle = 2.0**-54  # in the upper half it is added to the share that is above, so that nothing is rounded away
    below, above = (
        [NormalDist().inv_cdf(share + middle) for share in inner],
        [NormalDist().inv_cdf(1 - share - middle) for share in inner],
    )
    expected = np.where(inner < 0.5, below, np.negative(above))
    np.testing.assert_allclose(normal_quantiles(inner), expected, rtol=2e-15, atol=1e-15)
    # Φ⁻¹(0.975), as every table prints it; and the far tails mirror each other.
    assert round(float(normal_quantiles(np.array([0.975]))[0]), 6) == 1.959964
    low, high = normal_quantiles(np.array([2.0**-53, 1 - 2 * 2.0**-53]))
    assert low == pytest.approx(-high, rel=1e-15)
    assert low == pytest.approx(stats.norm.ppf(1.5 * 2.0**-53), rel=1e-13)


@pytest.mark.parametrize(
    ("spread", "peer"),
    [
        (Spread(Shape.UNIFORM, Decimal("0.8"), Decimal("0.4")), stats.uniform(0.8, 0.4)),
        (Spread(Shape.EXPONENTIAL, Decimal("0.7"), Decimal("0.3")), stats.expon(0.7, 0.3)),
        (Spread(Shape.LOGNORMAL, Decimal("1.1"), Decimal("0.25")), stats.lognorm(0.25, scale=1.1)),
    ],
)
def test_quantiles_are_those_of_scipy(spread: Spread, peer: stats.rv_continuous) -> None:
    inner = SHARES[(SHARES > 1e-4) & (SHARES < 0.9999)]
    np.testing.assert_allclose(quantiles(spread, inner), peer.ppf(inner), rtol=1e-12)
    assert (np.diff(quantiles(spread, SHARES)) >= 0).all()
    certain = replace(spread, scale=Decimal(0))
    assert set(quantiles(certain, SHARES)) == {float(spread.base)}


@pytest.mark.parametrize("mean", ["0", "0.3", "2", "7.25", "100"])
def test_chances_of_arrivals_are_those_of_scipy(mean: str) -> None:
    shares = poisson_shares(Decimal(mean))
    np.testing.assert_allclose(shares, stats.poisson.cdf(range(len(shares)), float(mean)), rtol=1e-12)
    assert shares[-1] == 1.0
