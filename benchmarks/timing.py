"""What the benchmarks share: answers compared first, then sides timed in turn, in CPU seconds and medians.

Every benchmark is one command over synthetic counties of several sizes, written where they are not there yet::

    python -m benchmarks.shares FOLDER --parcels 10000 100000 1000000

Each size runs in a process of its own, so that no size pays for another's memory.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import os
import statistics
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypedDict

import numpy as np

from benchmarks.synthetic import write_county
from landmarket.errors import LandMarketWarning

Call = Callable[[], object]

OURS = "landmarket"


class Elsewhere(NamedTuple):
    """An answer that another process gave, with the CPU seconds and the peak memory [GB] that it cost there."""

    answer: object
    seconds: float
    peak: float


@dataclass(frozen=True)
class Part:
    """A call that answers a part of the question only; its seconds are scaled to the whole.

    Attributes
    ----------
    call : callable
        The call.
    times : float
        How often the part goes into the whole.
    """

    call: Call
    times: float

    def __call__(self) -> object:
        """Answer the part."""
        return self.call()


class Measured(TypedDict):
    """One question at one size: median CPU seconds and peak memory [GB] by side."""

    question: str
    target: str
    parcels: int
    seconds: dict[str, float]
    peak: dict[str, float]


@dataclass(frozen=True)
class Contest:
    """One question put to several sides.

    Attributes
    ----------
    question : str
        What is asked.
    target : str
        What was set as the bar.
    sides : mapping
        Name of a side → the call that answers; ours first, under `OURS`.
    require_equal : callable
        Raises unless the answer of another side is ours: ``require_equal(ours, name, other)``.
    """

    question: str
    target: str
    sides: Mapping[str, Call]
    require_equal: Callable[[object, str, object], None]


def cpu_seconds() -> float:
    """CPU seconds of this process, all threads, and of its children that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def peak_of(call: Call) -> tuple[object, float]:
    """Answer of a call and the most memory that the process held meanwhile [GB]; nan where the system does not tell."""
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except (OSError, AttributeError, TypeError):
        return call(), float("nan")
    answer = call()
    told = Path("/proc/self/status").read_text(encoding="ascii").split("VmHWM:")[1].split()[0]
    return answer, int(told) / 1e6


def measured(contest: Contest, parcels: int, repetitions: int) -> Measured:
    """Compare every answer with ours, then time all sides in turn.

    Parameters
    ----------
    contest : Contest
        Question and sides.
    parcels : int
        How many parcels there are.
    repetitions : int
        How often each side is timed.

    Returns
    -------
    Measured
        Medians, and the peak of the untimed first call.
    """
    peak: dict[str, float] = {}
    ours, peak[OURS] = peak_of(contest.sides[OURS])
    for name, call in contest.sides.items():
        if name != OURS:
            answer, peak[name] = peak_of(call)
            if isinstance(answer, Elsewhere):
                peak[name] = answer.peak
                answer = answer.answer
            contest.require_equal(ours, name, answer)
            del answer
    del ours
    spent: dict[str, list[float]] = {name: [] for name in contest.sides}
    for _ in range(repetitions):
        for name, call in contest.sides.items():
            gc.collect()
            begin = cpu_seconds()
            answer = call()
            seconds = answer.seconds if isinstance(answer, Elsewhere) else cpu_seconds() - begin
            spent[name].append(seconds * (call.times if isinstance(call, Part) else 1.0))
    medians = {name: statistics.median(each) for name, each in spent.items()}
    return Measured(question=contest.question, target=contest.target, parcels=parcels, seconds=medians, peak=peak)


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Slope of the cost over the size, both as logarithms: 1 is linear."""
    return float(np.polyfit(np.log(sizes), np.log(np.maximum(costs, 1e-3)), 1)[0])


def table(runs: Sequence[Measured]) -> Iterator[str]:
    """Lines of a table: a row a side of each question, a column a size."""
    sizes = sorted({run["parcels"] for run in runs})
    heads = " | ".join(f"{size:,}" for size in sizes)
    yield f"| question | side | {heads} | exponent | × ours | peak, GB | target |"
    yield f"|---|---|{'---:|' * (len(sizes) + 3)}---|"
    for question in dict.fromkeys(run["question"] for run in runs):
        asked = sorted((run for run in runs if run["question"] == question), key=lambda run: run["parcels"])
        largest = asked[-1]
        for name in largest["seconds"]:
            costs = [run["seconds"][name] for run in asked]
            cells = " | ".join(f"{cost:.2f}" for cost in costs)
            slope = f"{exponent(sizes, costs):.2f}" if len(sizes) > 1 else ""
            ratio = "" if name == OURS else f"{costs[-1] / largest['seconds'][OURS]:.1f}"
            told = (question, largest["target"]) if name == OURS else ("", "")
            peak = largest["peak"][name]
            yield f"| {told[0]} | {name} | {cells} | {slope} | {ratio} | {peak:.2f} | {told[1]} |"


def county(folder: Path, parcels: int) -> Path:
    """Folder of the synthetic county of so many parcels; written where it is not there yet."""
    own = folder / f"county{parcels}"
    if not (own / "county.toml").is_file():
        write_county(own, parcels)
    return own


def main(module: str, description: str, contests: Callable[[Path, int], tuple[int, Sequence[Contest]]]) -> None:
    """Read the options, run every size in a process of its own, and print the table.

    Parameters
    ----------
    module : str
        Name of the benchmark's module.
    description : str
        What it times.
    contests : callable
        Of a folder for what is written and a size: how many parcels there are exactly, and what is asked about them.
    """
    options = argparse.ArgumentParser(description=description)
    options.add_argument("folder", type=Path)
    options.add_argument("--parcels", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    options.add_argument("--repetitions", type=int, default=3)
    options.add_argument("--one", type=int, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    warnings.simplefilter("ignore", LandMarketWarning)
    if chosen.one is not None:
        parcels, asked = contests(chosen.folder, chosen.one)
        print(json.dumps([measured(contest, parcels, chosen.repetitions) for contest in asked]))
        return
    runs: list[Measured] = []
    for size in chosen.parcels:
        command = [sys.executable, "-m", module, str(chosen.folder), "--one", str(size)]
        command += ["--repetitions", str(chosen.repetitions)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        runs += json.loads(done.stdout.splitlines()[-1])
    for line in table(runs):
        print(line)
