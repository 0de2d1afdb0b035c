"""Time the main job on the sample county, step by step, beside plain geopandas doing its comparable core.

::

    python benchmarks/main_job.py --repetitions 7
    python benchmarks/main_job.py --profile report

CPU seconds of this process, all threads; medians of interleaved repetitions. ``first`` is the first run in a fresh
process, which is what the command line pays: it also reads the national rules and the holidays, once. Before any time
is printed, both sides must agree on the planned use, its area, the owner and the price of every parcel.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType
from typing import NamedTuple, ParamSpec, TypeVar
from unittest.mock import patch

import geopandas as gpd
import numpy as np
import pandas as pd

from landmarket import County, read_county, sample_county
from landmarket.errors import LandMarketWarning
from landmarket.io.database_address import place_of
from landmarket.io.parcels import read_layer, read_parcels
from landmarket.pricing import PriceTable, benchmark_price, price_basis
from landmarket.pricing.price_table import LEVELS
from landmarket.products import Work, county_run, do_county, sheets, whole_run, write_all
from landmarket.products import work as computed
from landmarket.products.book import write_report
from landmarket.products.maps import write_maps
from landmarket.scenario import steps
from landmarket.zoning import ownership, planned_use

P = ParamSpec("P")
T = TypeVar("T")
Seconds = dict[str, float]
Call = tuple[ModuleType, str]

IMPORT, REST, WHOLE = "import", "everything else", "whole"

# Step → the functions that are its time, each in the module that calls it.
STEPS: Mapping[str, Sequence[Call]] = {
    "read parcels": [(computed, "read_county_parcels")],
    "screen": [(computed, "screen")],
    "read layers, notice and rules": [(computed, "read_villages"), (computed, "read_scenario")],
    "zoning": [(steps, "zone_parcels")],
    "entry": [(steps, "market_entry")],
    "price": [(steps, name) for name in ("price_basis", "price_or_gap")],
    "deals": [(steps, "simulate_deals")],
    "split": [(steps, "split_income")],
    "maps": [(whole_run, "write_maps")],
    "atlas": [(sheets, "write_county_atlas")],
    "workbook": [(whole_run, "write_report")],
    "township documents": [(whole_run, "write_townships")],
    "layers": [(whole_run, "write_layers")],
    "reserve prices": [(whole_run, "write_reserves")],
    "tables": [(whole_run, "write_results")],
}
CORE_STEPS = ("read", "join with plan", "join with ownership", "price", "write")
DEVELOPMENT = ["通路", "通电", "供水", "排水", "通讯", "通气", "供热"]


@contextmanager
def clock(seconds: Seconds, step: str) -> Iterator[None]:
    """Add the CPU seconds of a block to a step."""
    begin = time.process_time()
    yield
    seconds[step] = seconds.get(step, 0.0) + time.process_time() - begin


def timed(function: Callable[P, T], seconds: Seconds, step: str) -> Callable[P, T]:
    """Wrap a function so that its CPU seconds are added to a step."""

    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        with clock(seconds, step):
            return function(*args, **kwargs)

    return run


def import_seconds() -> float:
    """CPU seconds of importing everything the command line imports, in a fresh process."""
    code = "import time, landmarket.cli; print(time.process_time())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)


# --- the whole main job ----------------------------------------------------------------------------------------


def whole_job(county: County, out: Path) -> tuple[Work, Seconds]:
    """Do what ``landmarket run`` does, and time its steps where it calls them."""
    seconds: Seconds = {}
    with ExitStack() as patches, clock(seconds, WHOLE):
        for step, calls in STEPS.items():
            for module, name in calls:
                patches.enter_context(patch.object(module, name, timed(getattr(module, name), seconds, step)))
        created = datetime.now(UTC)
        done = do_county(county, str)
        with county_run(county, out, created) as run:
            write_all(done, run, created, str)
    seconds[REST] = seconds[WHOLE] - sum(seconds[step] for step in STEPS)
    return done, seconds


# --- the comparable core, ours and plain -----------------------------------------------------------------------


@dataclass(frozen=True)
class Files:
    """What both sides of the comparison start from: screened parcels, layers, the notice already read."""

    parcels: Path
    county: County
    notice: PriceTable
    on: date


class Core(NamedTuple):
    """What the comparable core gives; all on the parcels' index."""

    use: pd.Series
    use_area: pd.Series
    owner: pd.Series
    unit_price: pd.Series


def screened(work: Work, folder: Path) -> Files:
    """Write the screened and placed parcels once, with the floor-area ratio that prices them."""
    outcome = work.outcome
    ratio = outcome.prices["floor_area_ratio"].reindex(outcome.parcels.index)
    path = folder / "screened.gpkg"
    columns = ["township", "village", "area", "term", "development", "宗地形状", "临街状况"]
    columns += sorted(set(work.scenario.price_table.factors["factor"]))
    table = outcome.parcels[[*columns, "geometry"]].assign(floor_area_ratio=ratio)
    table.reset_index().to_file(path, layer="parcels")
    return Files(path, work.county, work.scenario.price_table, work.scenario.on)


def our_core(files: Files, seconds: Seconds, target: Path) -> Core:
    """The core by this package."""
    county = files.county
    with clock(seconds, "read"):
        parcels = read_parcels(files.parcels).set_index("parcel_code")
        plan, owners = (
            read_layer(place_of(county.sources[key]), layer=county.layers[key]).to_crs(parcels.crs)
            for key in ("plan", "ownership")
        )
    with clock(seconds, "join with plan"):
        use = planned_use(parcels, plan)
    with clock(seconds, "join with ownership"):
        owner = ownership(parcels, owners)
    with clock(seconds, "price"):
        zoned = parcels.join(use).join(owner)
        zoned = zoned.join(price_basis(zoned, files.notice))
        priced = zoned[zoned["price_gap"].eq("")]
        priced = priced.assign(floor_area_ratio=priced["floor_area_ratio"].astype("float64"))
        prices = benchmark_price(priced, files.notice, on=files.on)
        result = parcels.join(zoned[["planned_use", "owner", "grade", "price_use"]])
        result = result.join(prices[["unit_price", "total_price"]])
    with clock(seconds, "write"):
        result.reset_index().to_file(target, layer="prices")
    area = use["planned_use_share"] * parcels.area
    return Core(use["planned_use"], area, owner["owner"], result["unit_price"])


def plain_core(files: Files, seconds: Seconds, target: Path) -> Core:
    """The core in plain geopandas, as one would write it in a notebook: two overlays, merges, numpy."""
    county = files.county
    with clock(seconds, "read"):
        parcels = gpd.read_file(files.parcels).set_index("parcel_code")
        plan = gpd.read_file(place_of(county.sources["plan"]), layer=county.layers["plan"]).to_crs(parcels.crs)
        owners = gpd.read_file(place_of(county.sources["ownership"]), layer=county.layers["ownership"]).to_crs(
            parcels.crs
        )
    plain = parcels[["geometry"]].reset_index()
    with clock(seconds, "join with plan"):
        column = next(name for name in plan.columns if name in ("用地代码", "规划用途", "规划分类", "YDDM"))
        use, use_area = plain_winner(plain, plan.rename(columns={column: "plan_code"}), "plan_code", parcels.index)
    with clock(seconds, "join with ownership"):
        column = next(name for name in owners.columns if name in ("所有权人", "权利人", "土地所有权人"))
        owner, _ = plain_winner(plain, owners.rename(columns={column: "owner"}), "owner", parcels.index)
    with clock(seconds, "price"):
        result = plain_price(parcels.assign(planned_use=use, owner=owner), files.notice, files.on)
    with clock(seconds, "write"):
        result.reset_index().to_file(target, layer="prices")
    return Core(use, use_area, owner, result["unit_price"])


def plain_winner(
    parcels: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, key: str, index: pd.Index
) -> tuple[pd.Series, pd.Series]:
    """Largest key of every parcel by `geopandas.overlay`, and its area; ground under one key twice counts once."""
    pieces = gpd.overlay(parcels, areas[[key, "geometry"]], how="intersection", keep_geom_type=True)
    pieces["piece"] = pieces.area
    sums = pieces.groupby(["parcel_code", key])["piece"].agg(["sum", "size"])
    for code, name in sums.index[sums["size"].gt(1)]:
        twice = pieces.loc[pieces["parcel_code"].eq(code) & pieces[key].eq(name), "geometry"]
        sums.loc[(code, name), "sum"] = twice.union_all().area
    best = sums["sum"].round(6).sort_values(ascending=False, kind="stable").reset_index().drop_duplicates("parcel_code")
    best = best.set_index("parcel_code").reindex(index)
    return best[key], best["sum"].fillna(0.0)


def plain_price(parcels: gpd.GeoDataFrame, notice: PriceTable, on: date) -> gpd.GeoDataFrame:
    """Price parcels by the sample county's notice with merges and numpy; only what that notice contains."""
    table = parcels.assign(use=parcels["planned_use"].str[:2].map(notice.uses.set_index("code")["use"]))
    village = notice.grade_ranges[["township", "village", "grade"]]
    keyed = table.reset_index().merge(village, how="left", on=["township", "village"])
    keyed = keyed.merge(notice.prices, how="left", on=["township", "grade", "use"], suffixes=("_", ""))
    keyed = keyed.merge(notice.connotation.by_use.drop(columns="grade"), how="left", on="use", suffixes=("", "_stated"))
    keyed = keyed.set_index("parcel_code")
    total = pd.Series(0.0, index=keyed.index)
    for row in notice.factors.to_dict("records"):
        chosen = keyed["use"].eq(row["use"])
        total[chosen] += keyed.loc[chosen, row["factor"]].map({level: row[level] for level in LEVELS}).astype("float64")
    factor = 1 + total / 100
    in_force = notice.dates[notice.dates["date"] <= pd.Timestamp(on)].groupby("use")["index"]
    factor *= keyed["use"].map((in_force.last() / in_force.first()).round(6))
    legal, rate = keyed["legal_term"], keyed["capitalisation_rate"]
    years = keyed["term"].str.removesuffix("年").astype("float64").fillna(legal)
    factor *= ((1 - (1 + rate) ** -years) / (1 - (1 + rate) ** -legal)).round(6)
    for use, ratios in notice.far.groupby("use"):
        chosen = keyed["use"].eq(use)
        ratio = keyed.loc[chosen, "floor_area_ratio"]
        factor[chosen] *= np.interp(ratio, ratios["floor_area_ratio"], ratios["factor"]).round(6)
    for row in notice.steps.to_dict("records"):
        chosen = keyed["use"].eq(row["use"]) | (row["use"] == "")
        value = keyed[row["column"]]
        chosen &= value.eq(row["level"]) if row["level"] else value.ge(row["low"]) & ~value.ge(row["high"])
        factor[chosen] *= row["factor"]
    extra = keyed["development"].map(plain_development(notice)) - keyed["development_stated"].map(
        plain_development(notice)
    )
    price = (keyed["unit_price"] * factor + extra.fillna(0.0)).round(notice.decimals)
    return parcels.assign(
        grade=keyed["grade"], price_use=keyed["use"], unit_price=price, total_price=price * parcels["area"]
    )


def plain_development(notice: PriceTable) -> dict[str, float]:
    """Cost of 三通一平 to 七通一平."""
    cost = notice.development.set_index("item")["unit_cost"]
    return {f"{'一二三四五六七'[n - 1]}通一平": float(cost[[*DEVELOPMENT[:n], "场地平整"]].sum()) for n in range(1, 8)}


def require_equal(ours: Core, plain: Core) -> None:
    """Stop unless both sides found the same."""
    pd.testing.assert_series_equal(ours.use, plain.use, check_names=False, check_dtype=False)
    pd.testing.assert_series_equal(ours.use_area, plain.use_area, check_names=False, rtol=0, atol=1e-6)
    pd.testing.assert_series_equal(ours.owner, plain.owner, check_names=False, check_dtype=False)
    pd.testing.assert_series_equal(ours.unit_price, plain.unit_price, check_names=False, rtol=0, atol=0.0101)


# --- report ----------------------------------------------------------------------------------------------------


def median(runs: Sequence[Seconds], step: str) -> float:
    """Median of a step over the runs."""
    return statistics.median(run[step] for run in runs)


def whole_table(runs: Sequence[Seconds], imports: Sequence[float], parcels: int) -> Iterator[str]:
    """Lines of the table of the whole job."""
    first, rest = runs[0], runs[1:] or runs
    loaded = statistics.median(imports)
    total, total_first = median(rest, WHOLE) + loaded, first[WHOLE] + loaded
    yield f"Whole job, {parcels:,} parcels, CPU seconds; median of {len(rest)} runs after the first:\n"
    yield "| step | first | median | share of first |"
    yield "|---|---:|---:|---:|"
    yield f"| {IMPORT} | {loaded:.2f} | {loaded:.2f} | {loaded / total_first:.0%} |"
    for step in (*STEPS, REST):
        yield f"| {step} | {first[step]:.2f} | {median(rest, step):.2f} | {first[step] / total_first:.0%} |"
    yield f"| **{WHOLE}** | **{total_first:.2f}** | **{total:.2f}** | 100% |"


def core_table(ours: Sequence[Seconds], plain: Sequence[Seconds]) -> Iterator[str]:
    """Lines of the table of the comparable core."""
    yield f"\nComparable core, CPU seconds, median of {len(ours)} interleaved runs, equal results:\n"
    yield f"| step | landmarket | geopandas {gpd.__version__} | ratio |"
    yield "|---|---:|---:|---:|"
    for step in CORE_STEPS:
        a, b = median(ours, step), median(plain, step)
        yield f"| {step} | {a:.3f} | {b:.3f} | {a / b:.2f} |"
    a, b = (statistics.median(sum(run.values()) for run in runs) for runs in (ours, plain))
    yield f"| **{WHOLE}** | **{a:.3f}** | **{b:.3f}** | **{a / b:.2f}** |"


def compare(county: County, repetitions: int, folder: Path) -> None:
    """Run everything in turn, then print both tables."""
    runs: list[Seconds] = []
    imports: list[float] = []
    ours: list[Seconds] = []
    plain: list[Seconds] = []
    work, seconds = whole_job(county, folder / "runs")
    runs.append(seconds)
    files = screened(work, folder)
    require_equal(our_core(files, {}, folder / "ours.gpkg"), plain_core(files, {}, folder / "plain.gpkg"))
    for number in range(repetitions):
        imports.append(import_seconds())
        runs.append(whole_job(county, folder / "runs")[1])
        for side, core, name in ((ours, our_core, "ours"), (plain, plain_core, "plain")):
            seconds = {}
            core(files, seconds, folder / f"{name}{number}.gpkg")
            side.append(seconds)
    read = work.screening.counts["读入"]
    for line in (*whole_table(runs, imports, read), *core_table(ours, plain)):
        print(line)


def profile(county: County, part: str, folder: Path) -> None:
    """Print where the first run of a part of the job spends its time."""
    profiler = cProfile.Profile(time.process_time)
    created = datetime.now(UTC)
    with profiler if part == "compute" else ExitStack():
        work = do_county(county, str)
    with profiler if part == "maps" else ExitStack():
        write_maps(work, folder / "maps")
    with profiler if part == "report" else ExitStack():
        write_report(work, folder / "report.xlsx", created)
    pstats.Stats(profiler).sort_stats("tottime").print_stats(40)


def main() -> None:
    """Read the options and run."""
    options = argparse.ArgumentParser(description="time the main job on the sample county")
    options.add_argument("--repetitions", type=int, default=5)
    options.add_argument("--profile", choices=["compute", "maps", "report"], help="profile one part instead")
    chosen = options.parse_args()
    warnings.simplefilter("ignore", LandMarketWarning)
    county = read_county(sample_county())
    with tempfile.TemporaryDirectory() as folder:
        if chosen.profile:
            profile(county, chosen.profile, Path(folder))
        else:
            compare(county, chosen.repetitions, Path(folder))


if __name__ == "__main__":
    main()
