"""What a finished tile adds to the whole (分片记录), and the folder that keeps it until the whole is done."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from landmarket.errors import LandMarketWarning
from landmarket.io.manifest import INTERNAL, require_public
from landmarket.io.tables import csv_bytes
from landmarket.io.whole import output_errors, write_whole
from landmarket.products.run_folder import internal_reserves
from landmarket.screening.result import WHOLE_COLUMN
from landmarket.tiles.tile_job import TileJob, TileWork, work_on
from landmarket.tiles.tiling import Tile

RECORD = "tile.json"
RESERVES = f"{INTERNAL}.csv"
TABLES = ("parcels", "entry", "prices", "deals", "shares", "findings", "set_aside")
"""Tables of a tile: those of a run, and what screening found."""

_HUNDREDTHS = 100
Sums = dict[str, dict[str, int]]


@dataclass(frozen=True)
class TileRecord:
    """What a tile adds to the whole (分片记录); whole numbers only, so that their order does not matter.

    Attributes
    ----------
    number : int
        Number of the tile.
    files : dict of str to int
        Its files, with their size [bytes].
    counts : dict of str to int
        读入, 采用, 暂不处理.
    sums : dict of str to dict of str to int
        By township: parcels, area [0.01 ㎡], allowed, priced, sold, and money in fen.
    gaps : dict of str to int
        Parcels without price, deal, split.
    findings : dict of str to int
        Findings by severity.
    columns : list of list of str
        Findings on whole columns: check, severity, column, value, cure. The same in every tile.
    vote_days, deal_days : list of str
        Days on which a rule was asked.
    warned : list of list of str
        Warnings: class and text.
    """

    number: int
    files: dict[str, int]
    counts: dict[str, int]
    sums: Sums
    gaps: dict[str, int]
    findings: dict[str, int]
    columns: list[list[str]]
    vote_days: list[str]
    deal_days: list[str]
    warned: list[list[str]]


def finish_tile(job: TileJob, tile: Tile) -> TileRecord:
    """Work on a tile and keep what it gives; take it where it is kept already (完成一片).

    Parameters
    ----------
    job : TileJob
        What all tiles share.
    tile : Tile
        The tile.

    Returns
    -------
    TileRecord
        The same either way.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    kept = kept_record(job.folder, tile.number)
    if kept is not None:
        return kept
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", LandMarketWarning)
        work = work_on(job, tile)
    warned = {(type(each.message).__name__, str(each.message)) for each in caught if _ours(each.message)}
    folder = tile_folder(job.folder, tile.number)
    with output_errors(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = {}
    for name, content in _contents(job, work).items():
        write_whole(folder / name, content)
        files[name] = len(content)
    record = _record(tile, work, files, sorted(warned))
    write_whole(folder / RECORD, json.dumps(asdict(record), ensure_ascii=False).encode("utf-8"))
    return record


def _ours(message: Warning | str) -> bool:
    return isinstance(message, LandMarketWarning)


def tile_folder(folder: Path, number: int) -> Path:
    """Folder of one tile.

    Parameters
    ----------
    folder : Path
        Where finished tiles are kept.
    number : int
        Number of the tile.

    Returns
    -------
    Path
        The folder.
    """
    return folder / f"{number:06d}"


def kept_record(folder: Path, number: int) -> TileRecord | None:
    """Look for a finished tile.

    Parameters
    ----------
    folder : Path
        Where finished tiles are kept.
    number : int
        Number of the tile.

    Returns
    -------
    TileRecord or None
        None if it is not there, not whole, or cannot be read: then it is made again.
    """
    own = tile_folder(folder, number)
    try:
        record = TileRecord(**json.loads((own / RECORD).read_text(encoding="utf-8")))
        whole = all((own / name).stat().st_size == size for name, size in record.files.items())
    except (OSError, ValueError, TypeError):
        return None
    return record if whole and record.number == number else None


def _contents(job: TileJob, work: TileWork) -> dict[str, bytes]:
    """The files of a tile; tables without a row are left out."""
    screening, outcome = work.screening, work.outcome
    findings = screening.findings[screening.findings["source_row"].ne(WHOLE_COLUMN)]
    tables: dict[str, pd.DataFrame] = {"findings": findings, "set_aside": screening.set_aside}
    files = {}
    if outcome is not None:
        tables |= {name: getattr(outcome, name) for name in ("parcels", "entry", "prices", "deals", "shares")}
        reserves = internal_reserves(outcome, job.scenario.terms)
        files = {RESERVES: csv_bytes(reserves)} if len(reserves) else {}
    for name, table in tables.items():
        require_public(table.columns, f"表 {name}")
    return {f"{name}.parquet": parquet_bytes(table) for name, table in tables.items() if len(table)} | files


def parquet_bytes(table: pd.DataFrame) -> bytes:
    """Write a table as Parquet; a GeoDataFrame as GeoParquet with the extent of each row.

    Parameters
    ----------
    table : DataFrame
        The table.

    Returns
    -------
    bytes
        The file.
    """
    texts = [
        name
        for name in table.columns
        if table[name].dtype == np.dtype(object) and pd.api.types.infer_dtype(table[name], skipna=True) == "string"
    ]
    typed, buffer = table.assign(**{str(name): table[name].astype("str") for name in texts}), io.BytesIO()
    if isinstance(typed, gpd.GeoDataFrame):
        typed.to_parquet(buffer, compression="zstd", schema_version="1.1.0", write_covering_bbox=True)
    else:
        typed.to_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def _record(tile: Tile, work: TileWork, files: dict[str, int], warned: Sequence[tuple[str, str]]) -> TileRecord:
    found, outcome = work.screening.findings, work.outcome
    whole = found["source_row"].eq(WHOLE_COLUMN)
    columns = found.loc[whole, ["check", "severity", "column", "value", "cure"]].astype("str").to_numpy().tolist()
    own = found.loc[~whole, ["source_row", "severity", "check", "column"]].drop_duplicates()
    return TileRecord(
        number=tile.number,
        files=files,
        counts=work.screening.counts,
        sums={} if outcome is None else _sums(outcome.totals()),
        gaps={} if outcome is None else outcome.gaps,
        findings={str(name): int(count) for name, count in own["severity"].value_counts().items()},
        columns=columns,
        vote_days=[] if outcome is None else _days(outcome.parcels["vote_on"]),
        deal_days=[] if outcome is None else _days(outcome.deals["deal_on"]),
        warned=[list(pair) for pair in warned],
    )


def _sums(totals: pd.DataFrame) -> Sums:
    """Sums of each township as whole numbers."""
    exact = totals.iloc[:-1].assign(area=np.rint(totals["area"] * _HUNDREDTHS).astype("int64"))
    return {
        str(place): dict(zip(map(str, exact.columns), map(int, row), strict=True))
        for place, row in zip(exact.index, exact.to_numpy(dtype="int64").tolist(), strict=True)
    }


def _days(column: pd.Series[pd.Timestamp]) -> list[str]:
    return sorted(f"{day:%Y-%m-%d}" for day in column.dropna().unique())
