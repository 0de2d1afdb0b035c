"""A small county on disk: a few townships and parcels of the sample county, with all its rules and layers."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd

from landmarket.county import sample_county

_DROPPED = ("parcels.*", "villages.gpkg", "dem.tif", "land_book", "planted.csv", "README.md", "fund_uses.xlsx")

FIRST_TWO = ("411081001", "411081002")
WITH_ROSTER = "411081004"
"""A township where a collective has a roster: its deals are posted in the village."""


def write_small_county(folder: Path, townships: Sequence[str] = FIRST_TWO, parcels: int = 12) -> Path:
    """Write a county of some townships, with so many parcels of each; returns the path of its county file."""
    source = sample_county().parent if sample_county().is_file() else sample_county()
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns(*_DROPPED))
    villages = gpd.read_file(source / "villages.gpkg", layer="villages")
    villages = villages[villages["乡镇代码"].isin(townships)]
    names = villages["乡镇名称"].unique()
    rows = gpd.read_file(source / "parcels.gpkg")
    chosen = pd.concat([rows[rows["乡镇名称"].eq(name)].head(parcels) for name in names])
    chosen.to_file(folder / "parcels.gpkg", layer="parcels")
    villages.to_file(folder / "villages.gpkg", layer="villages")
    text = (folder / "county.toml").read_text(encoding="utf-8")
    (folder / "county.toml").write_text(text.replace('"parcels.shp"', '"parcels.gpkg"'), encoding="utf-8")
    income = (folder / "rules" / "income.toml").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in income if not line.startswith("fund_uses")]  # spent from deals of other townships
    (folder / "rules" / "income.toml").write_text("".join(kept), encoding="utf-8")
    return folder / "county.toml"
