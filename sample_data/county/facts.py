"""The facts of the sample county: real names and codes, and the sentence that says the rest is invented."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import Transformer

NOTICE = "示例数据：宗地、地价与成交均为虚构"
NAMES_NOTICE = (
    "乡镇与村的名称、代码真实（国家统计局 2023 年统计用区划代码，经 china-division 包，MIT）；界线、图形均为虚构"
)
COUNTY = "411081"
CRS = "EPSG:4547"

_SOURCES = Path(__file__).resolve().parents[1] / "sources"
_TO_PROJECTED = Transformer.from_crs("EPSG:4490", CRS, always_xy=True)


def townships() -> pd.DataFrame:
    """The 26 townships of 禹州市, indexed by their 9-digit code, with an invented seat [m]."""
    table = pd.read_csv(_SOURCES / "townships.csv", dtype={"township_code": str}, encoding="utf-8-sig")
    x, y = _TO_PROJECTED.transform(table["seat_longitude"].to_numpy(), table["seat_latitude"].to_numpy())
    return table.assign(x=x, y=y).set_index("township_code")


def villages() -> pd.DataFrame:
    """The 678 villages and communities of 禹州市, indexed by their 12-digit code."""
    table = pd.read_csv(_SOURCES / "villages.csv", dtype=str, encoding="utf-8-sig").set_index("village_code")
    return table.join(townships()[["township"]], on="township_code")


def project(lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Longitudes and latitudes [°] to EPSG:4547 [m]."""
    x, y = _TO_PROJECTED.transform(lonlat[:, 0], lonlat[:, 1])
    return np.column_stack([x, y])


def generator(seed: int, part: str) -> np.random.Generator:
    """A generator for one part of the county, so that changing one part leaves the others as they are."""
    return np.random.default_rng([seed, *part.encode()])
