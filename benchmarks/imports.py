"""What importing costs: ``import landmarket`` beside ``import geopandas``, each in fresh processes, in turn.

::

    python -m benchmarks.imports FOLDER --repetitions 9
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks.results import OURS, Measured, leave, table

PEER = "import geopandas"
SIDES = {OURS: "landmarket", PEER: "geopandas"}


def seconds(module: str, compiled: Path) -> float:
    """CPU seconds of importing a module, in a fresh process, less those of starting Python."""
    settings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    settings["PYTHONPYCACHEPREFIX"] = str(compiled.absolute())
    code = f"import time; begin = time.process_time(); import {module}; print(time.process_time() - begin)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=settings)
    return float(done.stdout)


def main() -> None:
    """Import in turn, leave the medians, print the table."""
    options = argparse.ArgumentParser(description="time the imports")
    options.add_argument("folder", type=Path)
    options.add_argument("--repetitions", type=int, default=9)
    chosen = options.parse_args()
    compiled = chosen.folder / "compiled"
    for module in SIDES.values():
        seconds(module, compiled)  # as after an installation: compiled files are there, and the disk is warm
    spent: dict[str, list[float]] = {side: [] for side in SIDES}
    for _ in range(chosen.repetitions):
        for side, module in SIDES.items():
            spent[side].append(seconds(module, compiled))
    medians = {side: statistics.median(each) for side, each in spent.items()}
    target = "不超过 import geopandas 的 1.1 倍"
    run = Measured(
        question="import（一次）", target=target, parcels=1, seconds=medians, peak={}, bars={PEER: 1 / 1.1}, most=None
    )
    leave(chosen.folder, "imports", [run])
    for line in table([run]):
        print(line)


if __name__ == "__main__":
    main()
