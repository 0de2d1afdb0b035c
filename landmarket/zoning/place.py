"""Where a parcel lies: township and village by geometry, never by the digits of its code."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from landmarket.checks import require_columns
from landmarket.overlay import largest_share
from landmarket.pieces import Parcels

_KEYS = ["village_code", "village", "township_code", "township"]


def require_villages(villages: gpd.GeoDataFrame, needed_by: str) -> None:
    """Raise unless a layer of villages has the columns that `locate` needs (核对行政村图层).

    Parameters
    ----------
    villages : GeoDataFrame
        Villages.
    needed_by : str
        The file, or the function that needs the layer, for the message.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    """
    require_columns(villages, _KEYS, needed_by)


def locate(parcels: Parcels, villages: gpd.GeoDataFrame) -> pd.DataFrame:
    """Township and village (乡镇、村) of every parcel: the village with the largest share of it.

    Parameters
    ----------
    parcels : GeoDataFrame or IndexedParcels
        Polygons indexed by parcel code.
    villages : GeoDataFrame
        Villages with ``township``, ``township_code``, ``village``, ``village_code``, in the same coordinate system.

    Returns
    -------
    DataFrame
        On the parcels' index: ``township``, ``township_code``, ``village``, ``village_code`` (missing where the
        parcel lies in no village) and ``village_share``, 0 to 1. Where two villages tie, the smaller code.

    Raises
    ------
    MissingColumnError
        If the villages lack a column.
    CrsError
        If the coordinate systems are missing, geographic or different.
    BadValueError
        If a geometry is missing or invalid, or a parcel is named twice.
    """
    require_villages(villages, "locate")
    found = largest_share(parcels, villages, _KEYS)
    result = found[["township", "township_code", "village", "village_code"]].copy()
    result["village_share"] = found["share"]
    return result
