"""Finished townships of a simulation, kept until the work is done (模拟进度): a killed run goes on where it stopped.

A tile is kept under a name made of all that it rests on, so that it can only be found again by work that would give
the same numbers. What is kept depends on the secret reserve: the folder is removed when the work has ended well, and
until then it can be read by its owner alone.
"""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path

import numpy as np

from landmarket.io.kept_work import kept_work
from landmarket.io.whole import output_errors, write_whole
from landmarket.market.lots import Lot, Market
from landmarket.market.market_totals import Totals
from landmarket.market.tiles import Book, Find, Place, Tile, simulate_tile

FOLDER = ".landmarket-market-internal"
"""Folder beside the run folders that holds the tiles of unfinished work. Secret."""
_DIGEST_BYTES = 20
_PARTS = ("money", "area", "parties")
_READING = threading.Lock()
"""NumPy parses the head of each array with `ast`, which in early releases of Python 3.11 and 3.12 now and then raises
SystemError if two threads do so at once (gh-106905)."""


@dataclass(frozen=True)
class TileStore:
    """A folder of finished tiles (模拟进度). Internal.

    Attributes
    ----------
    folder : Path
        The folder; made on first use.
    """

    folder: Path

    def find(self, key: str) -> Tile | None:
        """Look for a tile (查找).

        Parameters
        ----------
        key : str
            From `tile_key`.

        Returns
        -------
        Tile or None
            None if it is not there, or cannot be read: then it is made again.
        """
        try:
            data = io.BytesIO(self._path(key).read_bytes())
            with _READING, np.load(data, allow_pickle=False) as file:
                rows = json.loads(file["rows"].tobytes().decode("utf-8"))
                years = file["years"].tolist()
                totals = {year: Totals(*(file[f"{part}{year}"] for part in _PARTS)) for year in years}
                return Tile(rows, file["most"].tolist(), totals)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None

    def keep(self, key: str, tile: Tile) -> None:
        """Keep a tile (保存), whole or not at all.

        Parameters
        ----------
        key : str
            From `tile_key`.
        tile : Tile
            The tile.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        rows = np.frombuffer(json.dumps([dict(row) for row in tile.rows]).encode("utf-8"), dtype=np.uint8)
        years = sorted(tile.totals)
        arrays = {f"{part}{year}": getattr(tile.totals[year], part) for year in years for part in _PARTS}
        buffer = io.BytesIO()
        most, kept = np.array(tile.most, dtype=np.int64), np.array(years, dtype=np.int64)
        np.savez(buffer, rows=rows, most=most, years=kept, **arrays)
        with output_errors(self.folder):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(self._path(key), buffer.getvalue())

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.npz"


@contextmanager
def kept_tiles(out: Path) -> Iterator[TileStore]:
    """Keep finished townships beside the run folders until the work has ended well (模拟进度).

    Parameters
    ----------
    out : Path
        Folder of all runs.

    Yields
    ------
    TileStore
        With the tiles of work that was killed before, if any. It stays if the block raises, and is removed if not.

    Raises
    ------
    OutputError
        If another process is simulating into the same folder.
    """
    with kept_work(out, FOLDER, "模拟") as folder:
        yield TileStore(folder)


def tile_key(book: Book, market: Market, at: Place) -> str:
    """Name a tile by all that it rests on (指纹).

    Parameters
    ----------
    book : Book
        All lots.
    market : Market
        What they share.
    at : tuple of str and ndarray of int64
        The township, and the positions of its lots.

    Returns
    -------
    str
        Hexadecimal digest. The name of the township and the order of other townships are no part of it.
    """
    digest = blake2b(digest_size=_DIGEST_BYTES)
    stated = (version("landmarket"), str(market.mode), market.min_bidders, market.seed, len(market.at))
    digest.update(repr((*stated, list(book.shares), book.months)).encode("utf-8"))
    digest.update(market.sealed_shares.tobytes())
    for position in at[1].tolist():
        lot = book.lots[position]
        counted = (book.areas[position].item(), book.rates[position].tolist(), book.years[position].item())
        digest.update(repr((_facts(lot), counted)).encode("utf-8"))
        digest.update(lot.arrivals.tobytes())
        digest.update(market.shocks[lot.use.price_use].tobytes())
    return digest.hexdigest()


def _facts(lot: Lot) -> tuple[object, ...]:
    rounds = [(each.start, each.step, each.least) for each in lot.rounds]
    return (lot.code, lot.use, lot.appraised, rounds, lot.years)


def kept_tile(store: TileStore, book: Book, market: Market, find: Find, place: Place) -> Tile:
    """Take a township from the store, or simulate it and keep it there (乡镇模拟).

    Parameters
    ----------
    store : TileStore
        The store.
    book : Book
        All lots.
    market : Market
        What they share.
    find : callable
        Gives the draws of the lot at a position.
    place : tuple of str and ndarray of int64
        The township, and the positions of its lots.

    Returns
    -------
    Tile
        The same either way.
    """
    key = tile_key(book, market, place)
    tile = store.find(key)
    if tile is None:
        tile = simulate_tile(book, find, place)
        store.keep(key, tile)
    return tile
