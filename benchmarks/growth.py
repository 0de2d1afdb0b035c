"""How the cost of each step of a county's job grows with the number of parcels: CPU seconds and the fitted exponent.

::

    python benchmarks/growth.py FOLDER --parcels 10000 100000 1000000

Synthetic counties of `benchmarks.synthetic` are written into the folder where they are not there yet. Each size runs in
a process of its own, which also tells its peak memory. There is no peer here: what plain geopandas needs for the
comparable core stands in ``main_job.py``.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.results import OURS, Measured, exponent, leave
from benchmarks.synthetic import write_county
from landmarket import read_county, screen
from landmarket.county import read_county_parcels, read_scenario, read_villages
from landmarket.errors import LandMarketWarning
from landmarket.io.tables import write_tables
from landmarket.scenario import steps

Seconds = dict[str, float]
STEPS = {
    "read": "读宗地",
    "screen": "数据检查",
    "layers, notice, rules": "读图层、公告、规则",
    "zoning and entry": "规划用途与入市",
    "price": "地价",
    "deals and shares": "交易与分配",
    "write": "写数据表",
    "whole": "合计",
}


@contextmanager
def clock(seconds: Seconds, step: str) -> Iterator[None]:
    """Take the CPU seconds of a block."""
    begin = time.process_time()
    yield
    seconds[step] = time.process_time() - begin


def one_size(folder: Path) -> Mapping[str, float]:
    """Do the job of one county from GeoParquet to Parquet; CPU seconds by step, the parcels and the peak [GB]."""
    seconds: Seconds = {}
    county = read_county(folder)
    with clock(seconds, "read"):
        parcels, villages = read_county_parcels(county), read_villages(county)
    with clock(seconds, "screen"):
        screening = screen(parcels, county=county.county, villages=villages)
    with clock(seconds, "layers, notice, rules"):
        scenario = read_scenario(county, screening.accepted.crs)
    with clock(seconds, "zoning and entry"):
        zoned = steps.zoned_parcels(screening.accepted, scenario)
    with clock(seconds, "price"):
        priced = steps.priced_parcels(zoned, scenario)
    with clock(seconds, "deals and shares"):
        outcome = steps.deals_and_shares(zoned, priced, priced.offered, scenario)
    with clock(seconds, "write"):
        tables = {"parcels": outcome.parcels, "entry": outcome.entry, "prices": outcome.prices, "deals": outcome.deals}
        write_tables(folder / "out", {**tables, "shares": outcome.shares})
    seconds["whole"] = sum(seconds.values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    return {**seconds, "parcels": len(parcels), "peak": peak}


def table(runs: Sequence[Mapping[str, float]]) -> Iterator[str]:
    """Lines of the table."""
    sizes = [run["parcels"] for run in runs]
    yield f"| step | {' | '.join(f'{size:,.0f}' for size in sizes)} | exponent |"
    yield f"|---|{'---:|' * (len(runs) + 1)}"
    for step in (name for name in runs[0] if name not in ("parcels", "peak")):
        costs = [run[step] for run in runs]
        slope = exponent(sizes, costs) if len(runs) > 1 else math.nan
        yield f"| {step} | {' | '.join(f'{cost:.2f}' for cost in costs)} | {slope:.2f} |"
    peaks = " | ".join(f"{run['peak']:.2f}" for run in runs)
    yield f"| peak memory, GB | {peaks} | |"


def measured(runs: Sequence[Mapping[str, float]]) -> Iterator[Measured]:
    """What each step cost at each size."""
    for run in runs:
        for step, name in STEPS.items():
            yield Measured(
                question=name,
                target="",
                parcels=int(run["parcels"]),
                seconds={OURS: run[step]},
                peak={OURS: run["peak"]} if step == "whole" else {},
                bars={},
                most=None,
            )


def main() -> None:
    """Run every size in a process of its own and print the table."""
    options = argparse.ArgumentParser(description="how cost grows with the number of parcels")
    options.add_argument("folder", type=Path)
    options.add_argument("--parcels", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    options.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    warnings.simplefilter("ignore", LandMarketWarning)
    if chosen.one is not None:
        print(json.dumps(one_size(chosen.one)))
        return
    runs = []
    for size in chosen.parcels:
        folder = chosen.folder / f"county{size}"
        if not (folder / "county.toml").is_file():
            write_county(folder, size)
        command = [sys.executable, "-m", "benchmarks.growth", str(chosen.folder), "--one", str(folder)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        runs.append(json.loads(done.stdout.splitlines()[-1]))
    leave(chosen.folder, "growth", list(measured(runs)))
    for line in table(runs):
        print(line)


if __name__ == "__main__":
    main()
