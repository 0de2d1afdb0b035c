"""What it costs to report bad rows, against what it costs to read good ones.

::

    python -m benchmarks.check --rows 100000

Of the bad file every row has faults of shape, code and values. A round reads the good rows, checks them and writes
the results out, and does the same with the bad ones; medians of CPU seconds are printed.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from benchmarks.synthetic import CRS, write_county
from landmarket.check_products import checked, write_check
from landmarket.io.geoparquet import write_geoparquet
from landmarket.io.parcels import read_parcels
from landmarket.io.writing import new_run
from landmarket.screening import Screening, survey

Shapes = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]
CREATED = datetime(2026, 3, 2, tzinfo=UTC)


def within(shapes: Shapes) -> tuple[Floats, Floats, Floats, Floats]:
    """The sides of a box well inside each parcel, where the parcel is as usual."""
    x0, y0, x1, y1 = shapely.bounds(shapes).T
    return 0.7 * x0 + 0.3 * x1, 0.7 * y0 + 0.3 * y1, 0.3 * x0 + 0.7 * x1, 0.3 * y0 + 0.7 * y1


def bow_ties(shapes: Shapes) -> Shapes:
    """Rings that cross themselves."""
    x0, y0, x1, y1 = within(shapes)
    return np.asarray(shapely.polygons(np.stack([x0, y0, x1, y1, x1, y0, x0, y1, x0, y0], axis=1).reshape(-1, 5, 2)))


def spikes(shapes: Shapes) -> Shapes:
    """Rings with a spike, which the repair takes off."""
    x0, y0, x1, y1 = within(shapes)
    ring = [x0, y0, x1, y0, x1, y1, x1, y1 + 5, x1, y1, x0, y1, x0, y0]
    return np.asarray(shapely.polygons(np.stack(ring, axis=1).reshape(-1, 7, 2)))


def collections(shapes: Shapes) -> Shapes:
    """Two polygons that overlap, and a line, in a collection."""
    x0, y0, x1, y1 = within(shapes)
    left, right = shapely.box(x0, y0, 0.4 * x0 + 0.6 * x1, y1), shapely.box(0.6 * x0 + 0.4 * x1, y0, x1, y1)
    return np.asarray(shapely.geometrycollections(np.stack([left, right, shapely.boundary(left)], axis=1)))


def lines(shapes: Shapes) -> Shapes:
    """Outlines, which are no parcels."""
    return np.asarray(shapely.boundary(shapes))


def moved(shapes: Shapes) -> Shapes:
    """Parcels that lie over their neighbours."""
    return np.asarray(shapely.transform(shapes, lambda xy: xy + 3.0))


FAULTS: tuple[Callable[[Shapes], Shapes], ...] = (bow_ties, spikes, collections, lines, moved)


def bad_rows(good: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give every row a faulty shape, code or both, and two faulty values; some shapes lie over their neighbours."""
    bad, shapes = good.copy(), good.geometry.to_numpy().copy()
    number = np.arange(len(bad))
    for kind, fault in enumerate(FAULTS):
        own = number % len(FAULTS) == kind
        shapes[own] = fault(shapes[own])
    codes = bad["parcel_code"].astype("object")
    codes[number % 3 == 0] = codes.str[:-1]
    codes[number % 3 == 1] = None
    bad["parcel_code"] = codes.astype("str")
    bad["registered_area"] = [f"约 {area:.0f}" for area in good["registered_area"]]
    bad["floor_area_ratio"] = "待定"
    return bad.set_geometry(gpd.GeoSeries(shapes, index=bad.index, crs=CRS))


def read(path: Path) -> gpd.GeoDataFrame:
    """Read the rows."""
    return read_parcels(path)


def check(path: Path, out: Path) -> Screening:
    """Read, screen, write the workbook and the layers."""
    parcels = read_parcels(path)
    found = survey(parcels)
    with new_run(out, created=CREATED) as run:
        write_check(checked(parcels, found, path.name), run, CREATED)
    return found.screening


def main() -> None:
    """Print the medians."""
    options = argparse.ArgumentParser(description="bad rows against good ones")
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    seconds: dict[str, list[float]] = {"read good": [], "check good": [], "check bad": []}
    with tempfile.TemporaryDirectory() as folder:
        write_county(Path(folder), chosen.rows)
        good, bad = Path(folder) / "parcels.parquet", Path(folder) / "bad.parquet"
        rows = read_parcels(good)
        write_geoparquet(bad_rows(rows), bad)
        for number in range(chosen.rounds):
            moments = [time.process_time()]
            assert len(read(good)) == len(rows)
            moments.append(time.process_time())
            sound = check(good, Path(folder) / f"good{number}")
            moments.append(time.process_time())
            found = check(bad, Path(folder) / f"bad{number}")
            moments.append(time.process_time())
            for name, taken in zip(seconds, np.diff(moments).tolist(), strict=True):
                seconds[name].append(taken)
            assert sound.counts["读入"] == found.counts["读入"] == found.counts["暂不处理"] == len(rows)
            assert set(found.findings["source_row"]) >= set(found.set_aside.index)
    for name, each in seconds.items():
        shown = ", ".join(f"{taken:.2f}" for taken in each)
        print(f"{name:10} {len(rows):9,} rows {statistics.median(each):8.2f} CPU s ({shown})")


if __name__ == "__main__":
    main()
