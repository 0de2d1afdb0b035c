"""Checks of parcel codes (宗地代码): missing, malformed, repeated."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landmarket.screening.result import Findings, Mask
from landmarket.zoning.parcel_code import check_parcel_codes, other_rights


def check_codes(table: gpd.GeoDataFrame, raw: gpd.GeoDataFrame, found: Findings, county: str | None) -> None:
    """Check that every row has a code of its own, made by the rules.

    Parameters
    ----------
    table : GeoDataFrame
        Parcels with ``parcel_code``.
    raw : GeoDataFrame
        The same rows as they were read: rows are repeated only where the file repeats them.
    found : Findings
        Where findings go.
    county : str or None
        County code that parcel codes must begin with.
    """
    codes = table["parcel_code"]
    missing = codes.isna().to_numpy()
    found.add("code_missing", missing, codes[missing])
    checked = check_parcel_codes(codes.fillna(""), county)
    malformed = ~checked["ok"].to_numpy(dtype=bool) & ~missing
    found.add("code_malformed", malformed, codes[malformed] + "：" + checked.loc[malformed, "problem"])
    other = other_rights(codes) & ~malformed & ~missing
    found.add("code_other_right", other, codes[other])
    repeated = codes.duplicated(keep=False).to_numpy() & ~missing
    if repeated.any():
        attributes = [name for name in raw.columns if name not in (raw.geometry.name, "parcel_code")]
        content = pd.util.hash_pandas_object(raw.loc[repeated, attributes].astype("str"), index=False)
        shape = shapely.to_wkb(raw.geometry.to_numpy()[repeated])
        whole = pd.DataFrame({"code": codes[repeated], "content": content, "shape": shape})
        same_row = whole.groupby("code")[["content", "shape"]].transform("nunique").eq(1).all(axis=1)
        later = whole.duplicated("code") & same_row
        found.add("row_repeated", _mask(table, later), codes[later.index[later]])
        found.add("code_duplicated", _mask(table, ~same_row), codes[same_row.index[~same_row]])


def _mask(table: pd.DataFrame, chosen: pd.Series[bool]) -> Mask:
    """Spread a choice among some rows over the whole table."""
    return np.asarray(table.index.isin(chosen.index[chosen]), dtype=bool)
