"""A synthetic county of any size, seeded: what the benchmarks run on.

::

    python benchmarks/synthetic.py FOLDER --parcels 1000000

A million parcels lie on 1,500 km² beside 5,000 plan areas, 2,000 owners, 300 grade areas, 3,000 facilities and 20,000
road segments; a county of n parcels has the same density, so that the work grows with n. Parcels are cells of a
jittered lattice that share their bent edges exactly; of each hundred, three are left out as gaps, two have a hole, two
are in two parts; of each thousand five are slivers and one lies over its neighbours. Attributes are those of the sample
county's sound parcels, drawn at random; the notice and all rules are the sample county's.
"""

from __future__ import annotations

import argparse
import json
import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from landmarket import read_county, sample_county, screen
from landmarket.county import read_county_parcels, read_villages
from landmarket.errors import LandMarketWarning
from landmarket.io.geoparquet import write_geoparquet
from landmarket.io.parcels import read_layer

Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]

CRS = "EPSG:4547"
ORIGIN = (400_000.0, 3_760_000.0)
PER_PARCEL = 1500.0
"""Ground of one parcel [㎡]."""
BANDS = 26
"""Villages lie in so many rows of so many."""
PER_MILLION = {"plan": 5000, "ownership": 2000, "grade_areas": 300, "facilities": 3000, "roads": 20_000}
OPERATING = 0.7
"""Share of the plan areas that are for commerce or industry."""


@dataclass(frozen=True)
class Lattice:
    """Cells of a jittered lattice: corners, and the bent edges between them."""

    corners: Floats
    across: Floats
    upwards: Floats

    def cells(self, row: Floats, column: Floats) -> Shapes:
        """Cells as polygons that share their edges exactly."""
        i, j = np.asarray(row, dtype=np.int64), np.asarray(column, dtype=np.int64)
        c, h, v = self.corners, self.across, self.upwards
        ring = np.concatenate(
            [
                c[i, j][:, None],
                h[i, j],
                c[i, j + 1][:, None],
                v[i, j + 1],
                c[i + 1, j + 1][:, None],
                h[i + 1, j][:, ::-1],
                c[i + 1, j][:, None],
                v[i, j][:, ::-1],
                c[i, j][:, None],
            ],
            axis=1,
        )
        return np.asarray(shapely.polygons(ring))


def lattice(rows: int, columns: int, width: float, bends: int, rng: np.random.Generator) -> Lattice:
    """A lattice over a square of a width, each edge bent at so many points."""
    sides = np.array([width / columns, width / rows])
    grid = np.stack(np.meshgrid(np.arange(columns + 1), np.arange(rows + 1)), axis=-1).astype(np.float64)
    jitter = rng.uniform(-0.18, 0.18, grid.shape)
    jitter[[0, -1], :, 1] = 0.0
    jitter[:, [0, -1], 0] = 0.0
    corners = np.asarray(ORIGIN) + (grid + jitter) * sides

    def bent(start: Floats, end: Floats) -> Floats:
        steps = (np.arange(1, bends + 1) / (bends + 1))[:, None]
        along = start[..., None, :] + steps * (end - start)[..., None, :]
        reach = min(0.03, 0.3 / (bends + 1))  # less than half a step: an edge never turns back
        return along + rng.uniform(-reach, reach, along.shape) * sides

    return Lattice(corners, bent(corners[:, :-1], corners[:, 1:]), bent(corners[:-1], corners[1:]))


def all_cells(count: int, width: float, bends: int, rng: np.random.Generator) -> Shapes:
    """About so many cells over a square."""
    side = max(2, round(count**0.5))
    row, column = np.divmod(np.arange(side * side), side)
    return lattice(side, side, width, bends, rng).cells(row, column)


def parcel_shapes(shapes: Shapes, rng: np.random.Generator) -> Shapes:
    """Holes, second parts, slivers, overlaps and gaps among the cells; None where a gap is."""
    shapes = shapes.copy()
    chance = rng.random(len(shapes))
    x0, y0, x1, y1 = shapely.bounds(shapes).T
    x, y, w, h = (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0
    hole = chance < 0.02
    inner = shapely.box(x - 0.1 * w, y - 0.1 * h, x + 0.1 * w, y + 0.1 * h)
    shapes[hole] = shapely.difference(shapes[hole], inner[hole])
    parts = (chance >= 0.02) & (chance < 0.04)
    shapes[parts] = shapely.difference(shapes[parts], shapely.box(x - 1, y0 - 1, x + 1, y1 + 1)[parts])
    sliver = (chance >= 0.04) & (chance < 0.045)
    shapes[sliver] = shapely.intersection(shapes[sliver], shapely.box(x - 0.2, y0, x + 0.2, y1)[sliver])
    over = (chance >= 0.045) & (chance < 0.046)
    shapes[over] = shapely.transform(shapes[over], lambda xy: xy + 4.0)
    shapes[chance >= 0.97] = None
    return shapes


def sound_rows() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """The sample county's raw rows that screening accepts, and its villages."""
    county = read_county(sample_county())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        raw, villages = read_county_parcels(county), read_villages(county)
        accepted = screen(raw, county=county.county, villages=villages).accepted
    return raw.loc[accepted["source_row"].to_numpy()], villages


def write_parcels(path: Path, parcels: int, width: float, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Write the parcels, a row of villages after the other; gives the villages."""
    donors, names = sound_rows()
    kept = donors.drop(columns=["geometry", "parcel_code", "township", "village", "registered_area"])
    names = names.sort_values("village_code").head(BANDS * BANDS).reset_index(drop=True)
    side = max(BANDS, round((parcels / 0.97) ** 0.5))
    net = lattice(side, side, width, 3, rng)
    blocks = np.array_split(np.arange(side), BANDS)
    outlines, writer = [], None
    for band, rows in enumerate(blocks):
        tables = []
        for at, columns in enumerate(blocks):
            village = names.iloc[band * BANDS + at]
            i, j = (each.ravel() for each in np.meshgrid(rows, columns, indexing="ij"))
            outlines.append(shapely.box(*_corner(rows[0], columns[0], side, width), *_far(rows, columns, side, width)))
            shape = parcel_shapes(net.cells(i, j), rng)
            shape = shape[~shapely.is_missing(shape)]
            table = kept.iloc[rng.integers(0, len(kept), len(shape))].reset_index(drop=True)
            area = np.round(shapely.area(shape) * rng.uniform(0.99, 1.01, len(shape)), 2)
            table.insert(0, "registered_area", area)
            table.insert(0, "village", village["village"])
            table.insert(0, "township", village["township"])
            table.insert(0, "parcel_code", [f"{village['village_code']}JB{n:05d}" for n in range(1, len(shape) + 1)])
            tables.append(gpd.GeoDataFrame(table, geometry=shape, crs=CRS))
        part = path.with_suffix(".band")
        write_geoparquet(gpd.GeoDataFrame(pd.concat(tables, ignore_index=True)), part)
        read = pq.read_table(part)
        if writer is None:
            writer = pq.ParquetWriter(
                path, read.schema.with_metadata(_with_extent(read.schema, width)), compression="zstd"
            )
        writer.write_table(read.cast(writer.schema))
        part.unlink()
    assert writer is not None
    writer.close()
    return gpd.GeoDataFrame(names, geometry=np.array(outlines), crs=CRS)


def _corner(row: int, column: int, side: int, width: float) -> tuple[float, float]:
    return ORIGIN[0] + column * width / side, ORIGIN[1] + row * width / side


def _far(rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64], side: int, width: float) -> tuple[float, float]:
    return _corner(rows[-1] + 1, columns[-1] + 1, side, width)


def _with_extent(schema: pa.Schema, width: float) -> dict[bytes, bytes]:
    """The metadata of a band, with the extent of the whole county."""
    described = json.loads(schema.metadata[b"geo"])
    x, y = ORIGIN
    described["columns"]["geometry"]["bbox"] = [x, y, x + width + 4, y + width + 4]
    return {**schema.metadata, b"geo": json.dumps(described).encode()}


def _draw(table: pd.DataFrame, shapes: Shapes, rows: npt.NDArray[np.int64]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(table.iloc[rows].reset_index(drop=True), geometry=shapes, crs=CRS)


def plan_areas(count: int, width: float, rng: np.random.Generator, rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Plan areas: three in a hundred are left out, three overlap their neighbours."""
    shapes = all_cells(count, width, 20, rng)
    chance = rng.random(len(shapes))
    shapes[chance < 0.03] = shapely.buffer(shapes[chance < 0.03], 15.0, quad_segs=2)
    shapes = shapes[chance < 0.97]
    operating = rows["plan_code"].str[:2].isin(["09", "10"]).to_numpy()
    weight = np.where(operating, OPERATING / operating.sum(), (1 - OPERATING) / (~operating).sum())
    return _draw(rows.drop(columns="geometry"), shapes, rng.choice(len(rows), len(shapes), p=weight))


def write_county(folder: Path, parcels: int, seed: int = 1) -> Path:
    """Write a synthetic county.

    Parameters
    ----------
    folder : Path
        Where to; made if it does not exist.
    parcels : int
        About how many parcels.
    seed : int, default 1
        Decides everything that is drawn.

    Returns
    -------
    Path
        The county file.
    """
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    width = (parcels * PER_PARCEL) ** 0.5
    count = {name: max(9, round(number * parcels / 1e6)) for name, number in PER_MILLION.items()}
    sample = sample_county()
    villages = write_parcels(folder / "parcels.parquet", parcels, width, rng)
    write_geoparquet(villages, folder / "villages.parquet")
    plan = read_layer(sample / "plan.gdb", layer="国土空间规划")
    write_geoparquet(plan_areas(count["plan"], width, rng, plan), folder / "plan.parquet")
    owners = read_layer(sample / "ownership.gpkg", layer="ownership")
    cells = all_cells(count["ownership"], width, 10, rng)
    drawn = _draw(owners.drop(columns="geometry"), cells, np.arange(len(cells)) % len(owners))
    write_geoparquet(drawn, folder / "ownership.parquet")
    cells = all_cells(count["grade_areas"], width, 40, rng)
    grades = pd.DataFrame({"grade": np.array(["一级", "二级", "三级", "四级"])})
    write_geoparquet(_draw(grades, cells, rng.integers(0, 4, len(cells))), folder / "grade_areas.parquet")
    for name in ("永久基本农田", "采空区"):
        at = np.asarray(ORIGIN) + rng.uniform(0, width, (count["grade_areas"], 2))
        discs = shapely.buffer(shapely.points(at), rng.uniform(20, 150, len(at)), quad_segs=8)
        write_geoparquet(
            gpd.GeoDataFrame({"说明": ["虚构"] * len(discs)}, geometry=discs, crs=CRS), folder / f"{name}.parquet"
        )
    at = np.asarray(ORIGIN) + rng.uniform(0, width, (count["facilities"], 2))
    kinds = rng.choice(np.array(["学校", "医院", "集贸市场", "公交站"]), len(at))
    write_geoparquet(
        gpd.GeoDataFrame({"kind": kinds}, geometry=shapely.points(at), crs=CRS), folder / "facilities.parquet"
    )
    write_geoparquet(roads(count["roads"], width, rng), folder / "roads.parquet")
    _write_documents(sample, folder)
    return folder / "county.toml"


def roads(count: int, width: float, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Road segments of about 150 m in lines across the county."""
    lines = max(1, round(count * 150 / width))
    start = np.asarray(ORIGIN) + rng.uniform(0, width, (lines, 2))
    angle = rng.uniform(0, np.pi, lines)
    steps = np.arange(count // lines + 1) * 150.0
    path = start[:, None] + steps[None, :, None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)[:, None]
    path += rng.uniform(-20, 20, path.shape)
    inside = np.asarray(ORIGIN) + np.mod(path - np.asarray(ORIGIN), width)
    pairs = np.stack([inside[:, :-1], inside[:, 1:]], axis=2).reshape(-1, 2, 2)
    near = np.linalg.norm(pairs[:, 0] - pairs[:, 1], axis=1) < 400
    kinds = rng.choice(np.array(["主干道", "次干道", "支路"]), int(near.sum()))
    return gpd.GeoDataFrame({"kind": kinds}, geometry=shapely.linestrings(pairs[near]), crs=CRS)


def _write_documents(sample: Path, folder: Path) -> None:
    """The notice and the rules of the sample county, and a county file that names the layers."""
    shutil.copytree(sample / "rules", folder / "rules", dirs_exist_ok=True)
    shutil.copy(sample / "price_notice.xlsx", folder)
    layers = "".join(f'{name} = "{name}.parquet"\n' for name in ("parcels", "plan", "ownership", "villages"))
    text = f"""name = "虚构县"
county = "411081"
pilot = true
on = 2026-03-02
seed = 411081
notice = "测试数据：全部虚构"

[files]
{layers}prices = "price_notice.xlsx"
entry_rule = "rules/entry.toml"
deal_terms = "rules/deal.toml"
split_rule = "rules/split.toml"

[floor_area_ratio]
"商服" = "upper"
"工业" = "lower"
"公共管理与公共服务" = "upper"
"""
    for name, effect in (("永久基本农田", "veto"), ("采空区", "unknown")):
        text += f'\n[[constraints]]\nname = "{name}"\nfile = "{name}.parquet"\neffect = "{effect}"\nsource = "虚构"\n'
    (folder / "county.toml").write_text(text, encoding="utf-8")


def main() -> None:
    """Write the county that was asked for."""
    options = argparse.ArgumentParser(description="write a synthetic county")
    options.add_argument("folder", type=Path)
    options.add_argument("--parcels", type=int, default=1_000_000)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    print(write_county(chosen.folder, chosen.parcels, chosen.seed))


if __name__ == "__main__":
    main()
