"""The whole job as a competent analyst would write it with geopandas: it stands beside ours in `benchmarks.whole_run`.

::

    python -m benchmarks.plain_script COUNTY_FOLDER OUT_FOLDER

It reads the same GeoParquet, drops rows that cannot be used, finds village, plan, owner and constraints by
`geopandas.overlay` and the largest piece, prices by merges and NumPy, makes one deal a parcel, splits it in floating
point and writes GeoParquet. It gives no reasons, names no fault, keeps no money exact, and prices by the parts of the
notice that the sample county has. The notice is read by this package; everything else is geopandas, pandas and NumPy.
"""

from __future__ import annotations

import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from benchmarks.main_job import plain_price
from landmarket import read_county
from landmarket.pricing import read_price_table

OPERATING = ("08", "09", "10")
FUND = {"商服": 0.42, "工业": 0.22, "公共管理与公共服务": 0.26}
TAX, RETAINED = 0.0005, 0.3


def usable(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Rows with a code of their own and a valid area of more than a square metre."""
    shapes = parcels.geometry
    good = shapes.notna() & ~shapes.is_empty & shapes.is_valid & shapes.area.gt(1)
    return parcels[good & ~parcels["parcel_code"].duplicated(keep=False)]


def largest(parcels: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, columns: list[str]) -> pd.DataFrame:
    """Columns of the areas that hold most of each parcel; areas of one value together."""
    pieces = gpd.overlay(parcels[["parcel_code", "geometry"]], areas[[*columns, "geometry"]], keep_geom_type=True)
    pieces["piece"] = pieces.area
    sums = pieces.groupby(["parcel_code", *columns], as_index=False, dropna=False)["piece"].sum()
    return sums.sort_values("piece").drop_duplicates("parcel_code", keep="last").set_index("parcel_code")[columns]


def ratios(parcels: pd.DataFrame) -> pd.Series:
    """The floor-area ratio that prices a parcel: the lower end of industry and storage, else the upper one."""
    text = parcels["floor_area_ratio"]
    parts = text.str.extract(r"^([\d.]*)[≤≥]?R?([≤≥]?)([\d.]*)$")
    first, last = pd.to_numeric(parts[0], errors="coerce"), pd.to_numeric(parts[2], errors="coerce")
    low = first.where(~text.str.startswith("≥", na=False), last)
    high = last.where(last.notna() & ~text.str.startswith("≥", na=False), first)
    return low.where(parcels["planned_use"].str[:2].isin(["10", "11"]), high)


def zoned(parcels: gpd.GeoDataFrame, folder: Path) -> gpd.GeoDataFrame:
    """Village, plan, owner and constraints of each parcel."""
    layers = {name: gpd.read_parquet(folder / f"{name}.parquet") for name in ("plan", "ownership", "villages")}
    plan = layers["plan"].rename(columns={"plan_code": "planned_use"})
    table = parcels.drop(columns=["township", "village"]).set_index("parcel_code")
    table = table.join(largest(parcels, layers["villages"], ["township", "village"]))
    table = table.join(largest(parcels, plan, ["planned_use"]))
    table = table.join(largest(parcels, layers["ownership"], ["owner", "owner_level", "member_count"]))
    for name in ("永久基本农田", "采空区"):
        layer = gpd.read_parquet(folder / f"{name}.parquet")
        touched = shapely.STRtree(table.geometry.to_numpy()).query(layer.geometry.to_numpy(), predicate="intersects")[1]
        table[name] = np.isin(np.arange(len(table)), touched)
    return table


def dealt(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """May it enter, one deal at a random premium, the parts of each party."""
    yes = {
        name: table[name].eq(word)
        for name, word in (("ownership_registered", "是"), ("disputed", "否"), ("sealed", "否"))
    }
    voted = (table["vote_yes"] >= table["vote_total"] * 2 / 3) & table["entry_plan_filed_on"].notna()
    allowed = table["planned_use"].str[:2].isin(OPERATING) & voted & ~table["永久基本农田"] & ~table["采空区"]
    for each in yes.values():
        allowed &= each
    premium = 1 + np.random.default_rng(411081).exponential(0.15, len(table))
    price = (table["total_price"] * premium).round(2).where(allowed)
    cost = table["acquisition_cost"].fillna(0) + table["development_cost"].fillna(0)
    fund = (table["price_use"].map(FUND) * (price - cost).clip(lower=0)).round(2)
    net = (price - fund - TAX * price - cost).clip(lower=0)
    kept = (RETAINED * net).round(2)
    return table.assign(
        allowed=allowed, deal_price=price, fund=fund, retained=kept, members=net - kept,
        per_member=(net - kept) / table["member_count"],
    )  # fmt: skip


def main() -> None:
    """Do the whole job of a county."""
    folder, out = (Path(each) for each in sys.argv[1:3])
    county = read_county(folder)
    parcels = usable(gpd.read_parquet(folder / "parcels.parquet"))
    table = zoned(gpd.GeoDataFrame(parcels), folder)
    table["area"] = table["registered_area"].fillna(table.area).round(2)
    table["floor_area_ratio"] = ratios(table)
    table["term"] = table["term"].where(table["term"].str.match(r"^[\d.]+年?$", na=False))
    priced = plain_price(table, read_price_table(folder / county.files["prices"].name), county.on)
    out.mkdir(parents=True, exist_ok=True)
    dealt(priced).to_parquet(out / "plain.parquet")


if __name__ == "__main__":
    main()
