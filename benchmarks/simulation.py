"""Time the market simulated many times beside a plain loop over parcels, draws and bidders of the same model.

::

    PYTHONPATH=. python benchmarks/simulation.py --repetitions 3
    PYTHONPATH=. python benchmarks/simulation.py --parcels 500 --draws 50000

CPU seconds of this process, all threads; medians. The loop is timed on a slice of the lots and draws and scaled to all
of them, as the table says. Before any time is printed, both sides must agree on the price, the round and the bidders of
every lot of the slice in every draw, in each mode. Peak memory is that of numpy and Python objects alone.
"""

from __future__ import annotations

import argparse
import statistics
import time
import tracemalloc
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.results import OURS, Measured, leave
from landmarket.market.demand import Demand, Relisting, UseDemand
from landmarket.market.distributions import Shape, Spread
from landmarket.market.lot_draws import lot_draws
from landmarket.market.lot_offers import lots_of
from landmarket.market.lots import market_draws
from landmarket.market.simulation import simulate_market
from landmarket.market.terms import DayKind, DealTerms, Form, Mode, ReserveComparison, StepBasis
from tests.market_clerk import ClerkLot, Ending, clerk_lots, run_lot

SEED = 1
ON = date(2025, 3, 3)
LOOP = "Python 循环"
MEGABYTE = 1e6
TOWNSHIPS = 26
LEAST_TENDERERS = 3
D = Decimal
TERMS = DealTerms(
    name="计时用交易条件",
    source="虚构",
    county="411081",
    effective_from=date(2020, 1, 1),
    verified=True,
    mode=Mode.LISTING,
    form=Form.GRANT,
    start_ratio=D("0.85"),
    unit_yuan=1000,
    step=D("0.01"),
    step_basis=StepBasis.OF_START,
    deposit_ratio=D("0.2"),
    min_bidders=1,
    notice_days=20,
    listing_days=10,
    listing_day_kind=DayKind.WORKING,
    contract_days=10,
    payment_days=60,
    reserve_comparison=ReserveComparison.NOT_BELOW,
    reserve_ratio=D("0.88"),
    bidder_weights=(D(1),),
    value_low=D(1),
    value_high=D(1),
)
MULTIPLE = Spread(Shape.UNIFORM, D("0.78"), D("0.44"))
NEAR_ONE = Spread(Shape.UNIFORM, D("0.9"), D("0.2"))
DEMAND = Demand(
    name="计时用需求假设",
    source="虚构",
    verified=True,
    uses=(
        UseDemand("工业", (D(0), D(40), D(60)), (D("1.2"), D("2"), D("2.8")), MULTIPLE, NEAR_ONE, NEAR_ONE),
        UseDemand("商服", (D(0),), (D("3.1"),), Spread(Shape.EXPONENTIAL, D("0.7"), D("0.25")), NEAR_ONE, NEAR_ONE),
    ),
    relisting=Relisting(1, D("0.1"), D(2)),
    county_shock=NEAR_ONE,
    sealed_shares=(D("0.9"), D("0.95")),
)


def made(count: int) -> pd.DataFrame:
    """Some priced parcels."""
    rng = np.random.default_rng(SEED)
    return pd.DataFrame(
        {
            "total_price_fen": rng.integers(10**8, 10**10, count),
            "area": rng.integers(10**4, 10**6, count) / 100,
            "price_use": rng.choice(["工业", "商服"], count),
            "location_score": rng.uniform(10, 90, count),
            "township": [f"乡镇{number % TOWNSHIPS}" for number in range(count)],
        },
        index=pd.Index([f"411081{number:06d}JB{number:05d}" for number in range(count)], name="parcel_code"),
    )


def plain_loop(lots: list[ClerkLot], terms: DealTerms, draws: int) -> list[list[Ending]]:
    """The whole model in plain Python."""
    return [[run_lot(lot, terms, DEMAND, seed=SEED, draw=draw) for draw in range(draws)] for lot in lots]


def require_equal(slice_: pd.DataFrame, draws: int) -> None:
    """Refuse to time two things that are not the same."""
    for mode in (Mode.LISTING, Mode.AUCTION, Mode.TENDER):
        terms = replace(TERMS, mode=mode)
        least = LEAST_TENDERERS if mode is Mode.TENDER else 1
        market = market_draws(DEMAND, mode, least, terms.county, draws=draws, seed=SEED)
        plain = plain_loop(clerk_lots(slice_, terms, DEMAND), terms, draws)
        for lot, endings in zip(lots_of(slice_, terms, DEMAND), plain, strict=True):
            ours = lot_draws(lot, market)
            assert ours.price.tolist() == [ending.price for ending in endings], (mode, lot.code)
            assert ours.sold_in.tolist() == [ending.sold_in for ending in endings], (mode, lot.code)
            assert ours.bidders == sum(ending.registered for ending in endings), (mode, lot.code)


def ours_seconds(table: pd.DataFrame, draws: int) -> float:
    """CPU seconds of the simulation with all its tables."""
    begin = time.process_time()
    simulate_market(table, TERMS, DEMAND, draws=draws, seed=SEED, on=ON)
    return time.process_time() - begin


def plain_seconds(slice_: pd.DataFrame, draws: int) -> float:
    """CPU seconds of the loop on a slice, without any table."""
    lots = clerk_lots(slice_, TERMS, DEMAND)
    begin = time.process_time()
    plain_loop(lots, TERMS, draws)
    return time.process_time() - begin


def peak(table: pd.DataFrame, draws: int) -> float:
    """Most memory that the simulation holds at once [MB]."""
    tracemalloc.start()
    simulate_market(table, TERMS, DEMAND, draws=draws, seed=SEED, on=ON)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / MEGABYTE


def main() -> None:
    """Read the options, compare, print."""
    options = argparse.ArgumentParser(description="time the simulated market beside a plain loop")
    options.add_argument("--parcels", type=int, default=10_000)
    options.add_argument("--draws", type=int, default=10_000)
    options.add_argument("--slice", type=int, nargs=2, default=(20, 400), help="parcels and draws of the plain loop")
    options.add_argument("--repetitions", type=int, default=3)
    options.add_argument("--leave", type=Path, help="folder for what was measured")
    chosen = options.parse_args()
    table, (parcels, draws) = made(chosen.parcels), chosen.slice
    slice_ = table.iloc[:parcels]
    require_equal(slice_, draws)
    factor = chosen.parcels * chosen.draws / (parcels * draws)
    ours, plain = [], []
    for _ in range(chosen.repetitions):
        ours.append(ours_seconds(table, chosen.draws))
        plain.append(plain_seconds(slice_, draws))
    a, b = statistics.median(ours), statistics.median(plain) * factor
    if chosen.leave is not None:
        run = Measured(
            question=f"市场模拟，每宗 {chosen.draws:,} 次，含全部表（列头是宗数）",
            target="Python 循环的 30 倍，一万宗 25 秒",
            parcels=chosen.parcels,
            seconds={OURS: a, LOOP: b},
            peak={},
            bars={LOOP: 30.0},
            most=2500.0,
        )
        leave(chosen.leave, "simulation", [run])
    print(f"Listing with one relisting, {chosen.parcels:,} parcels × {chosen.draws:,} draws, CPU seconds\n")
    print("| landmarket, with all tables | plain loop, scaled | timed on | ratio |")
    print("|---:|---:|---|---:|")
    print(f"| {a:.1f} | {b:,.0f} | {parcels} parcels × {draws} draws | {b / a:.0f} |")
    few = table.iloc[: max(chosen.parcels // 20, 1)]
    for number in (chosen.draws, 5 * chosen.draws):
        print(f"\nPeak memory, {len(few):,} parcels × {number:,} draws: {peak(few, number):.0f} MB", end="")
    print()


if __name__ == "__main__":
    main()
