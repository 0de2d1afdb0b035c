"""Broken files, thousands of them, each read in earnest; only a result or a `LandMarketError` may come of it.

::

    python -m tests.file_fuzz 10000 --seed 1 --keep failures

Every file that a county hands in is changed at random and read by its own reader, in a worker process with a limit of
time and memory: a process that dies or hangs is a failure too. The failures are kept with their seed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import resource
import shutil
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import NamedTuple, TypeAlias

import geopandas as gpd
from pyproj import CRS

from landmarket import screen
from landmarket.county import read_county, read_scenario, read_villages
from landmarket.distribution import read_split_rule
from landmarket.distribution.accounts import read_fund_uses
from landmarket.distribution.cost_ledger import read_cost_ledger
from landmarket.distribution.income_plan import read_income_plan
from landmarket.distribution.payment_plan import read_payment_plan
from landmarket.distribution.roster import read_roster
from landmarket.distribution.township_incomes import read_township_incomes
from landmarket.errors import LandMarketError, LandMarketWarning
from landmarket.io.boundary_text import read_boundary_text
from landmarket.io.parcels import read_layer, read_parcels
from landmarket.land_book.book_plan import read_book_plan
from landmarket.land_book.cause_zones import read_permits, read_use_records
from landmarket.land_book.collectives import read_collectives
from landmarket.land_book.disputes import read_disputes
from landmarket.land_book.events import read_events
from landmarket.land_book.plan_coverage import read_plan_register
from landmarket.land_book.village_incomes import read_village_incomes
from landmarket.market.demand import read_demand
from landmarket.market.market_plan import read_market_plan
from landmarket.market.supply_rule import read_supply_rule
from landmarket.market.terms import read_deal_terms
from landmarket.pricing import read_price_table
from landmarket.pricing.compilation.rule_reading import read_compile_rule
from landmarket.pricing.factors.terrain import read_elevation
from landmarket.pricing.grading.rule_reading import read_grading_rule
from landmarket.pricing.samples import read_samples
from landmarket.report.paper_fact_file import read_paper_facts
from landmarket.sweep.plan import read_sweep
from landmarket.zoning.entry_rule import read_entry_rule
from tests.mutations import mutated
from tests.small_county import write_small_county

SAMPLE = Path(__file__).parent.parent / "sample_data" / "yuzhou"
BOUNDARY = Path(__file__).parent / "data" / "boundary"
PLANE = CRS("EPSG:4547")
SECONDS, MEMORY = 30.0, 6 << 30
Reader = Callable[[Path], object]
Pipe: TypeAlias = "Connection[object, object]"


class Task(NamedTuple):
    """A broken file: its path in the folder, and what it holds."""

    name: str
    data: bytes


def parcels(path: Path) -> object:
    """Parcels, screened: the number of findings."""
    return len(screen(read_parcels(path), county="411081").findings)


def shapefile(path: Path) -> object:
    """A parcel file of which one part is broken."""
    return parcels(path.with_suffix(".shp"))


def geodatabase(path: Path) -> object:
    """A FileGDB of which one file is broken."""
    return len(read_layer(path.parent, layer="国土空间规划"))


def county(path: Path) -> object:
    """A county with all its layers and rules."""
    named = read_county(path.parent)
    return len(read_scenario(named, PLANE).plan) + len(read_villages(named))


READERS: Mapping[str, Reader] = {
    "parcels.gpkg": parcels,
    "shape/parcels.shp": shapefile,
    "shape/parcels.dbf": shapefile,
    "shape/parcels.shx": shapefile,
    "shape/parcels.prj": shapefile,
    "parcels.parquet": parcels,
    "parcels.geojson": parcels,
    "plan.gdb/a00000009.gdbtable": geodatabase,
    "plan.gdb/a00000009.gdbtablx": geodatabase,
    "plan.gdb/a00000004.gdbtable": geodatabase,
    "villages.gpkg": partial(read_layer, layer="villages"),
    "constraints.gpkg": partial(read_layer, layer="采空区"),
    "county.toml": county,
    "price_notice.xlsx": read_price_table,
    "roster.xlsx": read_roster,
    "cost_ledger.xlsx": read_cost_ledger,
    "fund_uses.xlsx": read_fund_uses,
    "samples.xlsx": partial(read_samples, crs=PLANE),
    "township_incomes.csv": partial(read_township_incomes, urban_income=Decimal(40000)),
    "dem.tif": partial(read_elevation, crs=PLANE),
    "paper_facts.toml": partial(read_paper_facts, code="411081004002JB00001"),
    "rules/entry.toml": read_entry_rule,
    "rules/deal.toml": read_deal_terms,
    "rules/split.toml": read_split_rule,
    "rules/grading.toml": read_grading_rule,
    "rules/compile.toml": read_compile_rule,
    "rules/income.toml": read_income_plan,
    "rules/market.toml": read_market_plan,
    "rules/book.toml": read_book_plan,
    "rules/demand.toml": read_demand,
    "rules/payment.toml": read_payment_plan,
    "rules/supply.toml": read_supply_rule,
    "rules/sweep.toml": read_sweep,
    "land_book/events.xlsx": read_events,
    "land_book/collectives.xlsx": read_collectives,
    "land_book/disputes.xlsx": read_disputes,
    "land_book/permits.xlsx": read_permits,
    "land_book/plans.xlsx": read_plan_register,
    "land_book/use_records.xlsx": read_use_records,
    "land_book/village_incomes.csv": read_village_incomes,
    "boundary/holed.txt": read_boundary_text,
    "boundary/l_shape.txt": read_boundary_text,
}
"""Every kind of file by its path in the folder, and what reads it."""


def write_files(folder: Path) -> None:
    """Write the sound files: a small county, its registers, a shapefile, boundary text files."""
    write_small_county(folder)
    for name in ("fund_uses.xlsx", "dem.tif"):
        shutil.copy(SAMPLE / name, folder)
    shutil.copytree(SAMPLE / "land_book", folder / "land_book")
    shutil.copytree(BOUNDARY, folder / "boundary")
    sound = gpd.read_file(folder / "parcels.gpkg")
    sound.to_file(folder / "parcels.geojson")
    sound.to_parquet(folder / "parcels.parquet")
    (folder / "shape").mkdir()
    sound.to_file(folder / "shape" / "parcels.shp", encoding="GB18030")


def read_case(folder: Path, name: str, data: bytes) -> str:
    """Put a broken file in place, read it, put the sound one back: how it ended."""
    path = folder / name
    sound = path.read_bytes()
    path.write_bytes(data)
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            READERS[name](path)
    except LandMarketError as error:
        return type(error).__name__
    finally:
        path.write_bytes(sound)
    foreign = [one for one in said if not issubclass(one.category, LandMarketWarning | ResourceWarning)]
    return "result with warnings" if foreign or said else "result"


def work(folder: Path, tasks: Pipe) -> None:
    """Read what is asked for until the pipe closes; an unexpected exception is told with its place."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    while True:
        try:
            task = tasks.recv()
        except EOFError:
            return
        assert isinstance(task, Task)
        try:
            tasks.send(read_case(folder, task.name, task.data))
        except BaseException as error:  # noqa: BLE001
            place = error.__traceback__
            while place is not None and place.tb_next is not None:
                place = place.tb_next
            where = f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else ""
            tasks.send(f"FAILURE {type(error).__name__} at {where}: {str(error)[:200]}")


@dataclass
class Worker:
    """A process that reads broken files; started anew when it died or hung."""

    folder: Path
    process: SpawnProcess | None = None
    tasks: Pipe | None = None

    def start(self) -> None:
        context = multiprocessing.get_context("spawn")
        if self.folder.exists():
            shutil.rmtree(self.folder)
        write_files(self.folder)
        self.tasks, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(self.folder, theirs), daemon=True)
        self.process.start()
        theirs.close()

    def stop(self) -> None:
        if self.process is not None and self.tasks is not None:
            self.process.kill()
            self.process.join()
            self.tasks.close()
            self.process = None

    def read(self, name: str, data: bytes) -> str:
        if self.process is None:
            self.start()
        assert self.tasks is not None
        self.tasks.send(Task(name, data))
        try:
            if self.tasks.poll(SECONDS):
                return str(self.tasks.recv())
            self.stop()
        except EOFError:
            self.stop()
            return "FAILURE the process died"
        return f"FAILURE nothing came within {SECONDS:.0f} s"


@dataclass
class Figures:
    """How the files ended, and which of them failed."""

    ends: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[str, int, str, str]] = field(default_factory=list)
    seconds: float = 0.0


def hunt(count: int, seed: int, keep: Path | None = None) -> Figures:
    """Read so many broken files; the kinds of file take turns."""
    figures, names = Figures(), list(READERS)
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        worker = Worker(Path(folder) / "county")
        worker.start()
        sound = {name: (worker.folder / name).read_bytes() for name in names}
        try:
            for number in range(count):
                name = names[number % len(names)]
                case = random.Random(f"{seed}/{number}").getrandbits(63)  # noqa: S311
                what, data = mutated(sound[name], case)
                end = worker.read(name, data)
                figures.ends["failure" if end.startswith("FAILURE") else end] += 1
                if end.startswith("FAILURE"):
                    figures.failures.append((name, case, what, end))
                    if keep is not None:
                        keep.mkdir(parents=True, exist_ok=True)
                        (keep / f"{case}_{name.replace('/', '_')}").write_bytes(data)
        finally:
            worker.stop()
    figures.seconds = time.monotonic() - begin
    return figures


def main() -> None:
    """Hunt, and write what was found."""
    options = argparse.ArgumentParser()
    options.add_argument("count", type=int)
    options.add_argument("--seed", type=int, default=date.today().toordinal())
    options.add_argument("--keep", type=Path)
    chosen = options.parse_args()
    figures = hunt(chosen.count, chosen.seed, chosen.keep)
    for name, case, what, end in figures.failures:
        sys.stdout.write(f"{name} {case} {what}: {end}\n")
    for end, number in figures.ends.most_common():
        sys.stdout.write(f"{end}: {number}\n")
    sys.stdout.write(f"{chosen.count} files, seed {chosen.seed}, {figures.seconds:.0f} s\n")


if __name__ == "__main__":
    main()
