"""Time the ratio study beside assesspy: point statistics of a million sales, intervals of a hundred thousand.

::

    pip install --target /tmp/assesspy --no-deps assesspy==2.0.2 statsmodels patsy
    PYTHONPATH=/tmp/assesspy python -m benchmarks.ratio_study --repetitions 3

CPU seconds of this process, all threads; medians of interleaved repetitions. Before any time is printed both sides must
agree on every statistic, of the sales and of the same resamples. assesspy bootstraps one statistic at a time in a loop:
it is timed on a few resamples and scaled to as many as ours, as the tables say. Ours gives eight statistics at once.
"""

from __future__ import annotations

import argparse
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.results import OURS, Measured, leave
from landmarket.pricing import ratio_study
from landmarket.pricing.ratio_study.bootstrap import counted_statistics, intervals, resample_counts, sorted_sales
from landmarket.pricing.ratio_study.formulas import STATISTICS
from landmarket.pricing.ratio_study.sales import read_sales

COMPARED = ("cod", "prd", "prb", "mki")
# Resamples on which assesspy is timed; its Gini coefficients are loops of Python.
LOOPED = {"cod": 20, "prd": 20, "prb": 10, "mki": 2}
RESAMPLES = 1000
MEGABYTE = 1e6


class Timed(NamedTuple):
    """CPU seconds of both sides, one per repetition; assesspy's scaled by ``factor``."""

    ours: list[float]
    theirs: list[float]
    factor: float = 1.0

    @property
    def medians(self) -> tuple[float, float]:
        """Median of either side."""
        return statistics.median(self.ours), statistics.median(self.theirs) * self.factor


def peer() -> ModuleType:
    """The package to compare with, or a message that says how to get it."""
    try:
        return import_module("assesspy")
    except ImportError as error:
        raise SystemExit(
            f"assesspy is missing ({error}): nothing to compare with. It is no dependency of landmarket. To install it "
            "aside:\n    pip install --target /tmp/assesspy --no-deps assesspy==2.0.2 statsmodels patsy\n"
            "    PYTHONPATH=/tmp/assesspy python -m benchmarks.ratio_study"
        ) from error


def made(n: int) -> pd.DataFrame:
    """Sales of distinct prices with lognormal ratios."""
    draw = np.random.default_rng(20261)
    price = np.exp(draw.normal(6.5, 0.7, n))
    return pd.DataFrame({"estimate": 0.95 * price * np.exp(draw.normal(0, 0.2, n)), "price": price})


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of a call."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def require_equal(assesspy: ModuleType, table: pd.DataFrame) -> None:
    """Stop unless both sides find the same of the sales."""
    estimate, price = table["estimate"], table["price"]
    for name in (*COMPARED, "ki"):
        ours, theirs = (getattr(side, name)(estimate, price) for side in (ratio_study, assesspy))
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, err_msg=name)


def require_equal_resamples(assesspy: ModuleType, table: pd.DataFrame, resamples: int) -> None:
    """Stop unless both sides find the same of the same resamples."""
    ordered = sorted_sales(read_sales(table["estimate"], table["price"], "benchmark"))
    counts = np.concatenate(list(resample_counts(len(table), resamples, seed=1)))
    for drawn, found in zip(counts, counted_statistics(ordered, counts), strict=True):
        rows = np.repeat(np.arange(len(table)), drawn)
        for name in COMPARED:
            theirs = getattr(assesspy, name)(pd.Series(ordered.estimate[rows]), pd.Series(ordered.price[rows]))
            np.testing.assert_allclose(found[STATISTICS.index(name)], theirs, rtol=1e-8, err_msg=f"resampled {name}")


def time_points(assesspy: ModuleType, table: pd.DataFrame, repetitions: int) -> dict[str, Timed]:
    """Time each statistic of all sales."""
    estimate, price = table["estimate"], table["price"]
    timed = {name: Timed([], []) for name in COMPARED}
    for _ in range(repetitions):
        for name, times in timed.items():
            for side, into in ((ratio_study, times.ours), (assesspy, times.theirs)):
                function = getattr(side, name)
                into.append(seconds(lambda function=function: function(estimate, price)))
    return timed


def time_intervals(assesspy: ModuleType, table: pd.DataFrame, repetitions: int) -> tuple[list[float], dict[str, Timed]]:
    """Time all our intervals, and assesspy's one statistic at a time."""
    estimate, price = table["estimate"], table["price"]
    ours: list[float] = []
    timed = {name: Timed(ours, [], RESAMPLES / LOOPED[name]) for name in COMPARED}
    for _ in range(repetitions):
        ours.append(seconds(lambda: intervals(estimate, price, seed=1, resamples=RESAMPLES)))
        for name, times in timed.items():
            function, looped = getattr(assesspy, name), LOOPED[name]
            times.theirs.append(
                seconds(
                    lambda function=function, looped=looped: assesspy.boot_ci(function, estimate, price, nboot=looped)
                )
            )
    return ours, timed


def peak(table: pd.DataFrame, resamples: int) -> float:
    """Most memory our intervals hold at any time [MB]."""
    tracemalloc.start()
    intervals(table["estimate"], table["price"], seed=1, resamples=resamples)
    most = tracemalloc.get_traced_memory()[1] / MEGABYTE
    tracemalloc.stop()
    return most


def point_table(timed: dict[str, Timed], n: int) -> Iterator[str]:
    """Lines of the table of point statistics."""
    yield f"Point statistics of {n:,} sales, CPU seconds, equal results:\n"
    yield f"| statistic | landmarket | assesspy {version('assesspy')} | ratio |"
    yield "|---|---:|---:|---:|"
    for name, times in timed.items():
        a, b = times.medians
        yield f"| {name} | {a:.3f} | {b:.3f} | {b / a:.1f} |"
    for label, names in (("cod + prd + prb", COMPARED[:3]), ("all four", COMPARED)):
        a, b = (sum(timed[name].medians[side] for name in names) for side in (0, 1))
        yield f"| **{label}** | **{a:.3f}** | **{b:.3f}** | **{b / a:.1f}** |"


def interval_table(ours: Sequence[float], timed: dict[str, Timed], n: int) -> Iterator[str]:
    """Lines of the table of intervals."""
    a = statistics.median(ours)
    yield f"\nIntervals of {n:,} sales, {RESAMPLES:,} resamples, CPU seconds; all eight of ours together: {a:.2f}\n"
    yield "| statistic | assesspy, scaled | timed on | of ours, all eight |"
    yield "|---|---:|---:|---:|"
    for name, times in timed.items():
        yield f"| {name} | {times.medians[1]:.1f} | {LOOPED[name]} resamples | {times.medians[1] / a:.1f} |"
    for label, names in (("cod + prd (cod_ci, prd_ci)", COMPARED[:2]), ("all four", COMPARED)):
        b = sum(timed[name].medians[1] for name in names)
        yield f"| **{label}** | **{b:.1f}** | | **{b / a:.1f}** |"


def measured(
    points: dict[str, Timed], ours: Sequence[float], timed: dict[str, Timed], sizes: tuple[int, int]
) -> Iterator[Measured]:
    """What was found, for the page of the documentation."""
    theirs = f"assesspy {version('assesspy')}"
    a, b = (sum(points[name].medians[side] for name in COMPARED[:3]) for side in (0, 1))
    question = "比率分析：COD、PRD、PRB（列头是成交宗数）"
    yield Measured(
        question=question,
        target="assesspy 的 5 倍",
        parcels=sizes[0],
        seconds={OURS: a, theirs: b},
        peak={},
        bars={theirs: 5.0},
        most=None,
    )
    b = sum(timed[name].medians[1] for name in COMPARED[:2])
    question = f"比率分析：{RESAMPLES:,} 次重抽样的区间；本库八个指标，对方只算 COD、PRD（列头是成交宗数）"
    yield Measured(
        question=question,
        target="assesspy 的 20 倍，内存不随次数增长",
        parcels=sizes[1],
        seconds={OURS: statistics.median(ours), theirs: b},
        peak={},
        bars={theirs: 20.0},
        most=None,
    )


def main() -> None:
    """Read the options, compare, print."""
    options = argparse.ArgumentParser(description="time the ratio study beside assesspy")
    options.add_argument("--repetitions", type=int, default=3)
    options.add_argument("--sales", type=int, default=1_000_000, help="sales of the point statistics")
    options.add_argument("--resampled", type=int, default=100_000, help="sales of the intervals")
    options.add_argument("--leave", type=Path, help="folder for what was measured")
    chosen = options.parse_args()
    assesspy = peer()
    many, fewer = made(chosen.sales), made(chosen.resampled)
    require_equal(assesspy, many)
    require_equal(assesspy, fewer)
    require_equal_resamples(assesspy, fewer, 2)
    points = time_points(assesspy, many, chosen.repetitions)
    ours, timed = time_intervals(assesspy, fewer, chosen.repetitions)
    if chosen.leave is not None:
        leave(chosen.leave, "ratio_study", list(measured(points, ours, timed, (len(many), len(fewer)))))
    for line in (*point_table(points, len(many)), *interval_table(ours, timed, len(fewer))):
        print(line)
    peaks = [peak(fewer, resamples) for resamples in (RESAMPLES, 4 * RESAMPLES)]
    print(f"\nPeak memory of ours, {RESAMPLES:,} and {4 * RESAMPLES:,} resamples: {peaks[0]:.1f} and {peaks[1]:.1f} MB")


if __name__ == "__main__":
    main()
