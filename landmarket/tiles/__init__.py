"""A county larger than memory (分片运行): its parcels in tiles, each worked on alone, the results one dataset."""

from landmarket.tiles.order import write_ordered, write_parcels_ordered
from landmarket.tiles.parcel_file import ParcelFile, parcel_file
from landmarket.tiles.tiled_run import Executor, TiledRun, here, run_tiles
from landmarket.tiles.tiling import PARCELS_A_TILE, PARCELS_AT_A_WORKER, Place, Tile, Tiling, by_township, in_order

__all__ = [
    "PARCELS_AT_A_WORKER",
    "PARCELS_A_TILE",
    "Executor",
    "ParcelFile",
    "Place",
    "Tile",
    "TiledRun",
    "Tiling",
    "by_township",
    "here",
    "in_order",
    "parcel_file",
    "run_tiles",
    "write_ordered",
    "write_parcels_ordered",
]
