"""The whole job again and again in one process: writes memory, open files and what is left in the temporary folder.

::

    python -m tests.soak 1000 > readings.csv
"""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
import warnings
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

from landmarket.county import read_county
from landmarket.errors import LandMarketWarning
from landmarket.products import county_run, do_county, sheets, write_all
from tests.small_county import write_small_county

CREATED = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ATLAS_EVERY = 10
"""An atlas takes longer than all the rest: every tenth round is the whole job, the others leave the atlas out."""


def quiet(step: str) -> None:
    """Say nothing."""


def job(county_file: Path, out: Path, atlas: bool) -> None:
    """Read, compute and write everything once."""
    work = do_county(read_county(county_file), quiet)
    left_out = nullcontext() if atlas else patch.object(sheets, "write_county_atlas")
    with left_out, county_run(work.county, out, CREATED) as run:
        write_all(work, run, CREATED, quiet)


def resident() -> int:
    """Resident memory of this process [bytes]."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def main(rounds: int) -> None:
    """Write a line a round: number, resident bytes, open files, entries left in the temporary folder."""
    warnings.simplefilter("ignore", LandMarketWarning)
    with tempfile.TemporaryDirectory() as own:
        county_file = write_small_county(Path(own) / "county", parcels=6)
        left = Path(own) / "tmp"
        left.mkdir()
        tempfile.tempdir = str(left)
        for number in range(rounds):
            out = Path(own) / "out"
            job(county_file, out, number % ATLAS_EVERY == 0)
            shutil.rmtree(out)
            gc.collect()
            handles = len(list(Path("/proc/self/fd").iterdir()))
            sys.stdout.write(f"{number},{resident()},{handles},{len(list(left.iterdir()))}\n")
            sys.stdout.flush()
        tempfile.tempdir = None


if __name__ == "__main__":
    main(int(sys.argv[1]))
