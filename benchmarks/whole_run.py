"""The whole `landmarket run --tables`, GeoParquet to GeoParquet, beside the plain script of the same job.

::

    python -m benchmarks.whole_run FOLDER --parcels 10000 100000 1000000

Both run as commands of their own, in turn; CPU seconds and the peak are those that the system counted for the process,
its start and imports included. Before any time is printed planned use, owner and unit price must agree: the plain
script sums ground under two plan areas of one code twice, so parcels with such ground are left out, and it rounds in
floating point, so a price may be a fen off.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.results import OURS, Measured, leave, table
from benchmarks.timing import ONE_THREAD, county
from landmarket.io.writing import read_latest

PLAIN = "geopandas 脚本"
LEAST_COMPARED = 0.9
TOUCHED = 0.0101
"""Ground up to which a parcel only touches a plan area, for ours [㎡]; the script takes its code from that too."""


class Spent(NamedTuple):
    """CPU seconds and most memory [GB] of a command."""

    seconds: float
    peak: float


def spent(command: list[str]) -> Spent:
    """Run a command; what it and its children cost."""
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **ONE_THREAD}
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Spent(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e9)


def require_equal(ours: Path, plain: Path) -> None:
    """Stop unless both found the same planned use, owner and unit price of the parcels that both kept."""
    columns = ["planned_use", "owner", "plan_overlap_share", "plan_gap_share", "area"]
    mine = pd.read_parquet(ours / "parcels", columns=columns)
    mine = mine.join(pd.read_parquet(ours / "prices", columns=["unit_price"]))
    theirs = pd.read_parquet(plain, columns=["planned_use", "owner", "unit_price"])
    both = mine.join(theirs.add_suffix("_plain"), how="inner")
    planned = (1 - both["plan_gap_share"]) * both["area"]
    both = both[both["plan_overlap_share"].lt(1e-9) & ~planned.between(1e-9, TOUCHED)]
    if len(both) < LEAST_COMPARED * len(mine):
        raise AssertionError(f"only {len(both)} of {len(mine)} parcels can be compared")
    for name in ("planned_use", "owner"):
        pd.testing.assert_series_equal(both[name], both[f"{name}_plain"], check_names=False, check_dtype=False)
    priced = both[both["unit_price"].notna()]
    np.testing.assert_allclose(priced["unit_price"], priced["unit_price_plain"], rtol=0, atol=0.0101)


def measured(folder: Path, size: int, repetitions: int) -> Measured:
    """Both sides at one size."""
    own = county(folder, size)
    out, plain = own / "run", own / "plain"
    commands = {
        OURS: [sys.executable, "-m", "landmarket", "run", str(own / "county.toml"), "--tables", "--out", str(out)],
        PLAIN: [sys.executable, "-m", "benchmarks.plain_script", str(own), str(plain)],
    }
    times: dict[str, list[Spent]] = {side: [] for side in commands}
    for _ in range(repetitions):
        shutil.rmtree(out, ignore_errors=True)
        for side, command in commands.items():
            times[side].append(spent(command))
    latest = read_latest(out)
    assert latest is not None
    require_equal(latest / "tables", plain / "plain.parquet")
    parcels = len(pd.read_parquet(own / "parcels.parquet", columns=["parcel_code"]))
    return Measured(
        question="整个 run，GeoParquet 到 GeoParquet",
        target="geopandas 脚本的 3 倍（力争 4 倍），百万宗 60 秒",
        parcels=parcels,
        seconds={side: statistics.median(each.seconds for each in all_) for side, all_ in times.items()},
        peak={side: max(each.peak for each in all_) for side, all_ in times.items()},
        bars={PLAIN: 3.0},
        most=60.0,
    )


def main() -> None:
    """Run every size, leave the results, print the table."""
    options = ArgumentParser(description="time the whole run")
    options.add_argument("folder", type=Path)
    options.add_argument("--parcels", type=int, nargs="+", default=[10_000, 100_000])
    options.add_argument("--repetitions", type=int, default=3)
    chosen = options.parse_args()
    runs = [measured(chosen.folder, size, chosen.repetitions) for size in chosen.parcels]
    leave(chosen.folder, "whole_run", runs)
    for line in table(runs):
        print(line)


if __name__ == "__main__":
    main()
