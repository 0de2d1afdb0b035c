"""Make the sample county: real names and codes of 禹州市, everything else invented.

python sample_data/make_yuzhou.py [--seed N] [--out DIR] [--clean | --random-defects] [--parcels N]
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["OPENPYXL_LXML"] = "False"  # a workbook has the same bytes whether lxml is installed or not

from sample_data.county import (
    attributes,
    blocks,
    book_events,
    book_plan,
    documents,
    facts,
    fates,
    grading,
    income,
    land_book,
    layers,
    market,
    network,
    notice,
    outline,
    owners,
    pricing,
    samples,
    writing,
)
from sample_data.county.defects import plant_defects

SEED = 411081
PARCELS = 3000


def _located(villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    table = villages.reset_index()[["village_code", "village", "township_code", "township", "geometry"]]
    names = {"village_code": "村代码", "village": "村名称", "township_code": "乡镇代码", "township": "乡镇名称"}
    return table.rename(columns=names)


def _townships(townships: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    table = townships.reset_index()[["township_code", "township", "kind", "geometry"]]
    return table.rename(columns={"township_code": "乡镇代码", "township": "乡镇名称", "kind": "类别"})


def make_county(folder: str | Path, seed: int, parcels: int = PARCELS, defects: str = "shipped") -> pd.DataFrame:
    """Write a whole county into a folder.

    Parameters
    ----------
    folder : path-like
        Where to; made if it does not exist, files of the same names are replaced.
    seed : int
        Decides everything that is drawn.
    parcels : int, default 3000
        How many parcels to draw, about.
    defects : str, default "shipped"
        ``shipped``, ``none`` or ``random``: see `sample_data.county.defects.plant_defects`.

    Returns
    -------
    DataFrame
        What was planted: source_row, kind, detail.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    villages, townships = outline.village_outlines(seed)
    county = shapely.coverage_union_all(townships.geometry.to_numpy())
    roads = network.road_layer(seed, villages, county)
    frames, cells = blocks.place_blocks(seed, parcels, villages, townships, roads)
    shapes = blocks.parcel_shapes(seed, cells).join(fates.draw_fates(seed, cells, frames))
    block_fates = fates.draw_block_fates(seed, cells, frames)
    landform = villages["township_code"].map(townships["landform"])
    district = owners.cadastral_numbers(seed, villages)
    table = attributes.parcel_table(seed, shapes, villages, townships, district)
    samples.write_samples(folder / "samples.xlsx", seed, table, shapes["plan_code"], shapes["village_code"])
    table, planted = plant_defects(seed, table, defects)
    writing.write_shapefile(folder / "parcels.shp", table)
    writing.write_geopackage(folder / "parcels.gpkg", {"parcels": table})
    cores = layers.village_cores(seed, villages, frames)
    plan = layers.plan_layer(seed, villages, landform, frames, block_fates, shapes, cores)
    writing.write_geodatabase(folder / "plan.gdb", "国土空间规划", plan)
    owned = owners.ownership_layer(seed, villages, frames, block_fates, shapes)
    writing.write_geopackage(folder / "ownership.gpkg", {"ownership": owned})
    located = {"villages": _located(villages), "townships": _townships(townships)}
    writing.write_geopackage(folder / "villages.gpkg", located, f"{facts.NOTICE}；{facts.NAMES_NOTICE}")
    constraints = layers.constraint_layers(seed, villages, townships, frames, shapes, cores)
    writing.write_geopackage(folder / "constraints.gpkg", constraints)
    writing.write_geopackage(folder / "roads.gpkg", {"roads": roads})
    writing.write_geopackage(folder / "facilities.gpkg", {"facilities": network.facility_layer(seed, villages)})
    writing.write_elevation(folder / "dem.tif", seed, townships)
    notice.write_notice(folder / "price_notice.xlsx")
    writing.write_csv(folder / "planted.csv", planted)
    grading.write_grading(folder, seed, villages)
    pricing.write_compile_rule(folder)
    market.write_market(folder)
    clear = income.clear_parcels(table, planted, shapes, block_fates, owned)
    income.write_income(folder, seed, townships, clear, income.chosen_owners(owned, clear))
    land_book.write_land_book(folder, seed, table, clear, owned, villages)
    book_events.write_book_events(folder, seed, table, shapes, clear, owned)
    book_plan.write_book_plan(folder, seed, villages)
    documents.write_documents(folder, seed, len(table))
    return planted


def main() -> None:
    """Read the command line and make the county."""
    parser = argparse.ArgumentParser(description="生成示例县（名称与代码真实，其余虚构）")
    parser.add_argument("--seed", type=int, default=SEED, help="随机种子")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent / "yuzhou", help="输出文件夹")
    parser.add_argument("--parcels", type=int, default=PARCELS, help="宗地数（约）")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--clean", action="store_true", help="不埋任何毛病")
    kind.add_argument("--random-defects", action="store_true", help="毛病的数量也随机")
    choice = parser.parse_args()
    mode = "none" if choice.clean else "random" if choice.random_defects else "shipped"
    planted = make_county(choice.out, choice.seed, choice.parcels, mode)
    print(f"{facts.NOTICE}\n已写入 {choice.out}，埋入 {len(planted)} 处毛病")


if __name__ == "__main__":
    main()
