"""A county computed tile by tile (分片运行): memory for one tile, a run folder that is a partitioned dataset.

Finished tiles are kept in a hidden folder beside the run folders until all are done, so that a broken run goes on where
it stopped; then they are linked into the run folder, which is written whole as every other.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from landmarket.checks import require_projected
from landmarket.county import County, read_scenario, require_meeting
from landmarket.crs import extent_on_earth, recognise_crs, swap_axes, to_projected
from landmarket.errors import BadValueError, LandMarketWarning, ReadError
from landmarket.io.kept_work import kept_work
from landmarket.io.located import with_crs
from landmarket.io.manifest import fingerprints, versions
from landmarket.io.tables import write_tables
from landmarket.io.writing import RunFolder, output_errors
from landmarket.products.run_folder import TABLES, county_run, record_facts, scenario_layers
from landmarket.products.work import rules_asked_on
from landmarket.progress import Progress, unwatched
from landmarket.scenario import TOTAL, Scenario
from landmarket.scenario.steps import zone_parcels
from landmarket.tiles.gathered import gather
from landmarket.tiles.parcel_file import ParcelFile, parcel_file
from landmarket.tiles.rows import row_boxes
from landmarket.tiles.tile_job import TileJob, indexed
from landmarket.tiles.tile_record import TileRecord, finish_tile, kept_record
from landmarket.tiles.tile_sums import Together, together, warn_again
from landmarket.tiles.tiling import Tile, Tiling, in_order, plan_tiles, scattered

FOLDER = ".landmarket-tiles-internal"
"""Folder beside the run folders that holds the tiles of unfinished work. Secret: reserve prices are among them."""

_FAR = 8.0
"""Neighbours in so many times a tile's own rows: the rows are in no order of place."""
_DIGEST_BYTES = 20

Executor = Callable[[TileJob, Sequence[Tile]], Iterator[TileRecord]]
"""Works on tiles somewhere and gives their records as they are done, in any order."""


@dataclass(frozen=True, eq=False)
class TiledRun:
    """What a run by tiles gave (分片运行结果); the tables are in its folder.

    Attributes
    ----------
    folder : Path
        The run folder.
    together : Together
        Counts and sums.
    """

    folder: Path
    together: Together

    def totals(self) -> pd.DataFrame:
        """Sums by township.

        Returns
        -------
        DataFrame
            As `Outcome.totals` gives them.
        """
        return _totals(self.together)

    def table(self, name: str) -> gpd.GeoDataFrame | pd.DataFrame:
        """Read a table of the run, all of it: only where memory holds it.

        Parameters
        ----------
        name : str
            parcels, entry, prices, deals, shares, findings or set_aside.

        Returns
        -------
        GeoDataFrame or DataFrame
            In the order of the tiles.
        """
        folder = self.folder / TABLES / name
        return gpd.read_parquet(folder) if name in ("parcels", "set_aside") else pd.read_parquet(folder)


def _unnoted(run: RunFolder) -> None:
    """Record nothing more."""


def here(job: TileJob, tiles: Sequence[Tile]) -> Iterator[TileRecord]:
    """Work on tiles in this process, one after the other (本进程).

    Parameters
    ----------
    job : TileJob
        What all tiles share.
    tiles : sequence of Tile
        The tiles.

    Yields
    ------
    TileRecord
        In the order of the tiles.
    """
    for tile in tiles:
        yield finish_tile(job, tile)


def run_tiles(
    county: County,
    out: Path,
    *,
    tiling: Tiling | None = None,
    executor: Executor = here,
    progress: Progress = unwatched,
    created: datetime | None = None,
    opened: Callable[[RunFolder], object] = _unnoted,
) -> TiledRun:
    """Check and compute a county tile by tile, and write its tables (分片运行).

    Parameters
    ----------
    county : County
        The county file; its parcels are in GeoParquet, best written by `write_ordered`.
    out : Path
        Folder of all runs.
    tiling : callable, optional
        How the rows are divided; by default `in_order`. The result does not depend on it.
    executor : callable, optional
        Where the tiles are worked on; by default in this process.
    progress : callable, optional
        Told how many parcels are done.
    created : datetime, optional
        Time of the run; by default now.
    opened : callable, optional
        Told of the run folder once it is open; may record facts.

    Returns
    -------
    TiledRun
        The run folder: ``tables/<name>/part-….parquet`` with the rows that `screen` and `run_scenario` give for the
        whole file, ``tables/totals.parquet``, the internal folder and the manifest.

    Raises
    ------
    ReadError
        If the parcels cannot be read in pieces.
    BadValueError
        If no parcel can be accepted.
    OutputError
        If a tile or the run folder cannot be written, or another process runs tiles into ``out``. Finished tiles are
        kept: run again to go on.
    """
    source = county.sources["parcels"]
    if not isinstance(source, Path):
        raise ReadError(f"{source.name}：分块计算只读 GeoParquet 文件。办法：先用 write_layer() 导出。")
    day = created or datetime.now().astimezone()
    with kept_work(out, FOLDER, "分片运行") as kept, county_run(county, out, day) as run:
        opened(run)
        file = parcel_file(source)
        tiles = plan_tiles(file, tiling or in_order())
        warned = _scattered_warning(file, tiles)
        warn_again(warned)
        scenario, job = _job(county, file, kept / _key(county, file, tiles, run))
        _forget_others(kept, job.folder)
        records = _records(job, tiles, executor, progress)
        found = together(records)
        if not found.counts.get("采用"):
            raise BadValueError(f"{source}：没有一宗可以采用。办法：先用 check 查看并改正列出的错误。")
        parts = gather(run, job.folder, records, scenario.price_table)
        _record(run, county, scenario, records, found)
        run.record(tiles=[{"name": tile.place.name, "rows": tile.place.spans} for tile in tiles], parts=parts)
    warn_again(found.warned)
    return TiledRun(run.final, found)


def _scattered_warning(file: ParcelFile, tiles: Sequence[Tile]) -> tuple[tuple[str, str], ...]:
    times = scattered(file, tiles)
    if len(tiles) < _FAR or times <= _FAR:
        return ()
    text = (
        f"{file.path.name}：行的次序与位置无关，每片要查看 {times:.0f} 倍于自身的宗地，计算很慢。"
        "办法：先用 landmarket sort 原文件 新文件.parquet 按位置重写。"
    )
    return ((LandMarketWarning.__name__, text),)


def _job(county: County, file: ParcelFile, folder: Path) -> tuple[Scenario, TileJob]:
    """Read the layers once, whole, and check them whole: a tile only ever sees some of their areas."""
    where = str(file.path)
    stated = next(iter(file.shapes.values()))
    boxes = gpd.GeoDataFrame(geometry=shapely.box(*file.boxes.T), crs=CRS.from_user_input(stated) if stated else None)
    swapped = recognise_crs(extent_on_earth(boxes.geometry.to_numpy())).swapped
    there, _ = with_crs(boxes, county.crs, where)
    crs = require_projected(to_projected(_middle(file, there.crs, swapped)), "run_tiles")
    projected = there.to_crs(crs)
    scenario = read_scenario(county, crs)
    require_meeting(projected, scenario.villages, where)
    zone_parcels(_nothing(crs), scenario)
    job = TileJob(
        file=file,
        county=county.county,
        stated=CRS.from_user_input(there.crs).to_wkt(),
        swapped=swapped,
        crs=crs.to_wkt(),
        scenario=_without_layers(scenario),
        villages=indexed(scenario.villages),
        plan=indexed(scenario.plan),
        owners=indexed(scenario.owners),
        constraints=tuple(indexed(layer.areas) for layer in scenario.constraints),
        folder=folder,
    )
    return scenario, job


def _middle(file: ParcelFile, crs: CRS | None, swapped: bool) -> gpd.GeoDataFrame:
    """One shape whose place is that of most rows, as `landmarket.crs.place_of` tells it of the rows themselves."""
    frames = row_boxes(file, np.arange(file.rows))
    known = frames[np.isfinite(frames).all(axis=1)]
    shapes = shapely.box(*np.median(known, axis=0)[:, None]) if len(known) else np.array([None])
    middle = gpd.GeoDataFrame(geometry=shapes, crs=crs)
    return swap_axes(middle) if swapped else middle


def _nothing(crs: CRS) -> gpd.GeoDataFrame:
    """Parcels without a row, as zoning takes them."""
    index = pd.Index([], dtype="str", name="parcel_code")
    columns = {"floor_area_ratio": pd.Series(dtype="str", index=index)}
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries([], index=index, crs=crs))


def _without_layers(scenario: Scenario) -> Scenario:
    """The scenario with a row of each layer: each layer is sent with its index, once."""
    return replace(
        scenario,
        villages=scenario.villages.iloc[:1],
        plan=scenario.plan.iloc[:1],
        owners=scenario.owners.iloc[:1],
        constraints=tuple(replace(layer, areas=layer.areas.iloc[:1]) for layer in scenario.constraints),
    )


def _key(county: County, file: ParcelFile, tiles: Sequence[Tile], run: RunFolder) -> str:
    """Name the work by all that its tiles rest on: inputs, libraries, and how the rows are divided."""
    digest = blake2b(digest_size=_DIGEST_BYTES)
    secret = fingerprints([county.path, county.files["deal_terms"]])
    digest.update(json.dumps([run.facts["inputs"], secret, versions(), file.footer]).encode("utf-8"))
    for tile in tiles:
        digest.update(repr((tile.place.name, tile.place.spans, tile.twins)).encode("utf-8"))
    return digest.hexdigest()


def _forget_others(kept: Path, folder: Path) -> None:
    """Remove the tiles of work that nobody will go on with: its inputs are not these."""
    with output_errors(kept):
        kept.mkdir(mode=0o700, parents=True, exist_ok=True)
    for other in kept.iterdir():
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)


def _records(job: TileJob, tiles: Sequence[Tile], executor: Executor, progress: Progress) -> list[TileRecord]:
    """Take the tiles that are kept, and have the others worked on."""
    found = {tile.number: kept_record(job.folder, tile.number) for tile in tiles}
    sizes = {tile.number: sum(stop - start for start, stop in tile.place.spans) for tile in tiles}
    done = {number: record for number, record in found.items() if record is not None}
    with progress("分片计算", job.file.rows) as tell:
        for number in done:
            tell(sizes[number])
        for record in executor(job, [tile for tile in tiles if tile.number not in done]):
            done[record.number] = record
            tell(sizes[record.number])
    return [done[tile.number] for tile in tiles]


def _totals(found: Together) -> pd.DataFrame:
    table = pd.DataFrame.from_dict(found.sums, orient="index").rename_axis(index="township")
    table.loc[TOTAL] = table.sum()
    return table.astype("int64").assign(area=table["area"] / 100)


def _record(run: RunFolder, county: County, scenario: Scenario, records: Sequence[TileRecord], found: Together) -> None:
    """Write the sums, and tell the manifest what the run rests on and what was found."""
    write_tables(run.folder / TABLES, {"totals": _totals(found)})
    rules = rules_asked_on(county, scenario, found.vote_days, found.deal_days)
    record_facts(county, scenario_layers(scenario), found.counts, rules, run)
    run.record(
        findings={"by_severity": found.findings, "columns": records[0].columns},
        gaps=found.gaps,
        sums={TOTAL: {name: int(value) for name, value in _totals(found).drop(columns="area").iloc[-1].items()}},
        warnings=[text for _, text in found.warned],
    )
