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
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from benchmarks.results import OURS, Measured, leave, table
from benchmarks.synthetic import write_county
from landmarket.errors import LandMarketWarning

Call = Callable[[], object]


ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
"""What waits for other threads would be counted as work."""


class Elsewhere(NamedTuple):
    """An answer that another process gave, with the CPU seconds and the peak memory [GB] that it cost there."""

    answer: pd.DataFrame | pd.Series
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


@dataclass(frozen=True)
class Contest:
    """One question put to several sides.

    Attributes
    ----------
    question : str
        What is asked.
    target : str
        What was set as the bar, in words.
    sides : mapping
        Name of a side → the call that answers; ours first, under `OURS`.
    require_equal : callable
        Raises unless the answer of another side is ours: ``require_equal(ours, name, other)``.
    bars : mapping
        Side → how many times our seconds it must take at least.
    most : float or None
        CPU seconds that a million may cost us.
    """

    question: str
    target: str
    sides: Mapping[str, Call]
    require_equal: Callable[[object, str, object], None]
    bars: Mapping[str, float] = field(default_factory=dict)
    most: float | None = None


def asked_elsewhere(python: str, script: str, source: Path, target: Path, *more: str) -> Elsewhere:
    """Let a script of this folder answer under the interpreter of another environment, in an empty folder.

    Parameters
    ----------
    python : str
        The interpreter.
    script : str
        Name of the script: it is told a file to read, one to write its table into and what else there is, and prints
        CPU seconds and peak [GB].
    source, target : Path
        The two files.
    *more : str
        What else it is told.

    Returns
    -------
    Elsewhere
        The table and what it cost.
    """
    # The interpreter of an environment is a link: it is made absolute, not followed.
    command = [str(Path(python).absolute()), str(Path(__file__).with_name(script))]
    command += [str(source.resolve()), str(target.resolve()), *more]
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=empty)
    seconds, peak = json.loads(done.stdout.splitlines()[-1])
    return Elsewhere(pd.read_parquet(target), seconds, peak)


def cpu_seconds() -> float:
    """CPU seconds of this process, all threads, and of its children that have ended."""
    ended = os.times()
    return time.process_time() + ended.children_user + ended.children_system


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
    return answer, int(told) * 1024 / 1e9


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
    return Measured(
        question=contest.question,
        target=contest.target,
        parcels=parcels,
        seconds=medians,
        peak=peak,
        bars=dict(contest.bars),
        most=contest.most,
    )


def county(folder: Path, parcels: int) -> Path:
    """Folder of the synthetic county of so many parcels; written where it is not there yet."""
    own = folder / f"county{parcels}"
    if not (own / "county.toml").is_file():
        write_county(own, parcels)
    return own


def main(module: str, description: str, contests: Callable[[Path, int], tuple[int, Sequence[Contest]]]) -> None:
    """Read the options, run every size in a process of its own, leave the results and print the table.

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
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, **ONE_THREAD})
        runs += json.loads(done.stdout.splitlines()[-1])
    leave(chosen.folder, module.rpartition(".")[2], runs)
    for line in table(runs):
        print(line)
