"""Which province (省份) the codes of a layer name, and where it roughly lies: coordinates held against the codes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import geopandas as gpd

from landmarket.errors import RuleError
from landmarket.rules import load_toml

_CODES = ("parcel_code", "village_code", "township_code", "owner_code")
_AGREED = 0.9
"""Share of the codes that must name one province."""


@dataclass(frozen=True)
class Province:
    """A province (省级行政区).

    Attributes
    ----------
    code : str
        Two digits.
    name : str
        Official name.
    bounds : tuple of float
        West, south, east, north [°], with the margin.
    """

    code: str
    name: str
    bounds: tuple[float, float, float, float]

    def holds(self, longitude: float, latitude: float) -> bool:
        """Tell whether a place can lie in the province.

        Parameters
        ----------
        longitude, latitude : float
            The place [°].

        Returns
        -------
        bool
            Whether it lies within the bounds.
        """
        west, south, east, north = self.bounds
        return west <= longitude <= east and south <= latitude <= north


@cache
def provinces() -> tuple[Province, ...]:
    """Read the provinces.

    Returns
    -------
    tuple of Province
        As in ``provinces.toml``.
    """
    document = load_toml(files("landmarket").joinpath("data/places/provinces.toml"))
    records, margin = document["province"], document["margin"]
    if not isinstance(records, list):
        raise RuleError("provinces.toml：没有 [[province]] 记录。办法：恢复程序自带的文件。")
    wider = float(str(margin))
    found = []
    for record in records:
        west, south, east, north = map(float, record["bounds"])
        around = (west - wider, south - wider, east + wider, north + wider)
        found.append(Province(str(record["code"]), str(record["name"]), around))
    return tuple(found)


def province_of_codes(layer: gpd.GeoDataFrame) -> Province | None:
    """Find the province that the codes of a layer name.

    Parameters
    ----------
    layer : GeoDataFrame
        With codes under their identifiers, or without any.

    Returns
    -------
    Province or None
        None where there are no codes, or they do not agree.
    """
    for name in _CODES:
        codes = layer[name].dropna().astype("str") if name in layer.columns else None
        if codes is None or codes.empty:
            continue
        beginnings = codes.str[:2].value_counts(normalize=True)
        if beginnings.iloc[0] < _AGREED:
            return None
        return next((province for province in provinces() if province.code == beginnings.index[0]), None)
    return None
