"""The attribute table of the parcels, with Chinese headers of at most five characters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import Geod

from sample_data.county import facts

ON = date(2026, 3, 2)
LEVELS = ("优", "较优", "一般", "较劣", "劣")
_NEW_LAW = date(2025, 5, 1)
_FAR = {
    "工业": ("1.0", "1.2", "0.8", "≥1.0", "≥0.8", "≥1.2", "1.0≤R≤2.5", "0.8≤R≤1.5", "1.0≤R≤2.0", "1.2≤R≤3.0"),
    "商业": ("1.5", "1.2", "1.8", "≤1.5", "≤2.0", "≤1.2", "1.0≤R≤2.5", "0.8≤R≤1.8", "1.0≤R≤1.5"),
    "公服": ("1.2", "1.0", "≤1.5", "≤1.2", "0.8≤R≤1.6", "0.6≤R≤1.2"),
}
_TERMS = {
    "工业": ("50", "50", "50", "50年", "40", "30", "20", ""),
    "商业": ("40", "40", "40年", "30", "20", ""),
    "公服": ("50", "50", "40", ""),
}
_DEVELOPMENT = ("五通一平", "五通一平", "五通一平", "三通一平", "四通一平", "六通一平", "七通一平")
_CURRENT = {
    "存量": ("0601", "05H1", "0508", "0601"),
    "退出宅基地": ("0702",),
    "废弃工矿": ("0601", "0602"),
    "废弃公益": ("08H2", "08H1"),
}
_LEVEL_OF_FACTOR = ("道路通达度", "基础设施", "产业集聚", "商服繁华")
_GEOD = Geod(a=6378137.0, rf=298.257222101)


@dataclass
class Vote:
    """One vote of a collective."""

    on: date | None
    body: str | None
    total: int | None
    attended: int | None
    yes: int | None


def true_area(shapes: gpd.GeoSeries) -> npt.NDArray[np.float64]:
    """Area on the ellipsoid [㎡]."""
    degrees = shapes.to_crs("EPSG:4490")
    turned = [_GEOD.geometry_area_perimeter(shapely.orient_polygons(shape))[0] for shape in degrees]
    return np.array(turned)


def price_kind(code: str, kind: str) -> str:
    """工业, 商业 or 公服 by planned use, else by the kind of block."""
    return {"10": "工业", "11": "工业", "09": "商业", "08": "公服"}.get(code[:2], kind)


def date_text(rng: np.random.Generator, day: date | None) -> str | None:
    """A date as people type it: three forms."""
    if day is None:
        return None
    form = rng.choice(3, p=(0.6, 0.25, 0.15))
    if form == 0:
        return day.isoformat()
    return f"{day.year}年{day.month}月{day.day}日" if form == 1 else f"{day:%Y%m%d}"


def _between(rng: np.random.Generator, first: date, last: date) -> date:
    return first + timedelta(days=int(rng.integers(0, (last - first).days + 1)))


def draw_vote(rng: np.random.Generator, obstacles: set[str]) -> Vote:
    """A vote that passes, but for the obstacles of the parcel."""
    if "未表决" in obstacles:
        return Vote(None, None, None, None, None)
    if rng.random() < 0.12 and not obstacles & {"期日后表决", "到会不足"}:
        day, body = _between(rng, date(2024, 3, 1), date(2025, 4, 20)), str(rng.choice(("村民会议", "村民代表会议")))
    else:
        day, body = (
            _between(rng, date(2025, 5, 10), date(2026, 1, 16)),
            str(rng.choice(("成员大会", "成员代表大会"), p=(0.6, 0.4))),
        )
    if "到会不足" in obstacles:
        body = "成员大会"
    if "表决过早" in obstacles:
        day, body = _between(rng, date(2018, 3, 1), date(2019, 11, 30)), "村民会议"
    if "代表太少" in obstacles:
        day, body = _between(rng, date(2025, 5, 10), date(2026, 1, 16)), "成员代表大会"
    if "期日后表决" in obstacles:
        day = _between(rng, ON + timedelta(days=2), ON + timedelta(days=50))
    total = int(rng.integers(24, 75) if "代表" in body else rng.integers(90, 1800))
    if "代表太少" in obstacles:
        total = int(rng.integers(9, 20))
    needed = -(-2 * total // 3)
    attended = int(rng.integers(needed, total + 1))
    yes = int(rng.integers(needed, attended + 1))
    if "同意不足" in obstacles:
        yes = int(rng.integers(total // 3, needed))
    if "到会不足" in obstacles:
        attended = int(rng.integers(total // 3, needed))
        yes = int(rng.integers(attended // 2, attended + 1))
    return Vote(day, body, total, attended, yes)


def _filed(rng: np.random.Generator, vote: Vote, obstacles: set[str]) -> date | None:
    if "方案未报" in obstacles:
        return None
    if "方案报送不足十日" in obstacles:
        return _between(rng, date(2026, 2, 24), date(2026, 2, 27))
    start = vote.on if vote.on is not None and vote.on < ON else date(2025, 6, 1)
    return min(start + timedelta(days=int(rng.integers(3, 40))), date(2026, 2, 3))


def _parcel(rng: np.random.Generator, kind: str, obstacles: set[str], landform: str) -> dict[str, object]:
    """Everything about one parcel that needs neither its place nor its area."""
    source = str(rng.choice(("存量", "退出宅基地", "废弃工矿"), p=(0.7, 0.12, 0.18)))
    for obstacle, its_source in (("宅基地未转用", "退出宅基地"), ("来源不允许", "废弃公益")):
        source = its_source if obstacle in obstacles else source
    pathway = "整治" if "途径不允许" in obstacles else str(rng.choice(("就地", "调整"), p=(0.93, 0.07)))
    document = (
        f"禹政土〔{rng.integers(2021, 2026)}〕{rng.integers(3, 160)}号（示例）" if source == "退出宅基地" else None
    )
    vote = draw_vote(rng, obstacles)

    def yes_no(bad: str, unknown: str, bad_value: str) -> str | None:
        if unknown in obstacles:
            return None
        return bad_value if bad in obstacles else {"是": "否", "否": "是"}[bad_value]

    return {
        "现状地类": str(rng.choice(_CURRENT[source])),
        "容积率": str(rng.choice(_FAR[kind])),
        "使用年期": str(rng.choice(_TERMS[kind])) or None,
        "开发程度": str(rng.choice(_DEVELOPMENT)),
        "土地来源": None if "来源不明" in obstacles else source,
        "转用文号": None if obstacles & {"宅基地未转用", "来源不明"} else document,
        "入市途径": None if "途径不明" in obstacles else pathway,
        "权属登记": yes_no("未登记", "登记不明", "否"),
        "权属争议": yes_no("有争议", "争议不明", "是"),
        "是否查封": yes_no("查封", "查封不明", "是"),
        "征收范围": yes_no("在征收范围", "征收不明", "是"),
        "表决日期": date_text(rng, vote.on),
        "表决机构": vote.body,
        "应到人数": vote.total,
        "实到人数": vote.attended,
        "同意人数": vote.yes,
        "备案日期": date_text(rng, _filed(rng, vote, obstacles)),
        "规划区位": {"城区": "县城规划区"}.get(landform) or str(rng.choice(("乡镇规划区", "其他区域"), p=(0.6, 0.4))),
        "建筑密度": float(rng.choice((40, 45, 50, 55, 60) if kind == "工业" else (30, 35, 40, 45))),
        "绿地率": float(rng.choice((10, 15, 20) if kind == "工业" else (20, 25, 30, 35))),
        "限高": float(rng.choice((18, 20, 24, 30, 36))),
        "配套占比": float(rng.choice((5, 7))) if kind == "工业" else np.nan,
        "投资强": float(rng.choice((120, 150, 180, 200, 240))) if kind == "工业" else np.nan,
        "税收强度": float(rng.choice((6, 8, 10, 12))) if kind == "工业" else np.nan,
        "临街状况": str(rng.choice(("主干道", "次干道", "支路", "不临街"), p=(0.18, 0.27, 0.33, 0.22))),
    }


def _levels(
    rng: np.random.Generator, parcels: gpd.GeoDataFrame, villages: gpd.GeoDataFrame
) -> dict[str, npt.NDArray[np.object_]]:
    """Factor levels: better near the seat of the township and near the town, with some noise."""
    seats = villages.groupby("township_code")[["x", "y"]].first()
    own = seats.loc[parcels["village_code"].str[:9]].to_numpy()
    centre = np.column_stack([parcels.geometry.centroid.x, parcels.geometry.centroid.y])
    town = villages[["x", "y"]].to_numpy()[0]
    remote = np.hypot(*(centre - own).T) / 3500 + np.hypot(*(centre - town).T) / 22_000
    cuts = (0.35, 0.75, 1.45, 2.2)
    return {
        name: np.array(LEVELS, dtype=object)[np.digitize(remote + rng.normal(0, 0.28, len(parcels)), cuts)]
        for name in _LEVEL_OF_FACTOR
    }


def parcel_table(
    seed: int,
    parcels: gpd.GeoDataFrame,
    villages: gpd.GeoDataFrame,
    townships: gpd.GeoDataFrame,
    district: pd.Series[str],
) -> gpd.GeoDataFrame:
    """The parcels as a bureau would hand them over, still without any defect.

    Parameters
    ----------
    seed : int
        Seed of the county.
    parcels : GeoDataFrame
        Shapes with fates, from `parcel_shapes` and `draw_fates`.
    villages, townships : GeoDataFrame
        As from `village_outlines`.
    district : Series of str
        地籍区 and 地籍子区 of every village.

    Returns
    -------
    GeoDataFrame
        Chinese headers; one row a parcel.
    """
    rng = facts.generator(seed, "attributes")
    home = parcels["village_code"]
    landform = home.str[:9].map(townships["landform"])
    kinds = [price_kind(code, kind) for code, kind in zip(parcels["plan_code"], parcels["kind"], strict=True)]
    obstacles = [
        set(pair) - {""} for pair in zip(parcels["attribute_obstacle"], parcels["second_obstacle"], strict=True)
    ]
    rows = [_parcel(rng, kind, own, shape) for kind, own, shape in zip(kinds, obstacles, landform, strict=True)]
    sequence = parcels.groupby(home).cumcount() + 1
    feature = rng.choice(("JB", "JS", "JX"), len(parcels), p=(0.985, 0.01, 0.005))
    measured = true_area(parcels.geometry)
    registered = np.round(measured * (1 + rng.normal(0, 0.0006, len(parcels))), 2)
    table = pd.DataFrame(rows, index=parcels.index)
    numbers = [f"{facts.COUNTY}{district[v]}{f}{n:05d}" for v, f, n in zip(home, feature, sequence, strict=True)]
    front = {
        "宗地代码": numbers,
        "乡镇名称": home.map(villages["township"]).to_numpy(),
        "村名称": home.map(villages["village"]).to_numpy(),
        "面积": registered,
    }
    base = np.where(np.array(kinds) == "商业", 150.0, 80.0)
    costs = {
        "取得成本": np.round(registered * base * rng.uniform(0.5, 1.1, len(table)), 2),
        "开发成本": np.round(registered * rng.uniform(15, 45, len(table)), 2),
    }
    table = pd.concat([pd.DataFrame(front | costs, index=parcels.index), table], axis=1)
    table = table.assign(**_levels(rng, parcels, villages), 宗地形状=parcels["宗地形状"])
    for name in ("应到人数", "实到人数", "同意人数"):
        table[name] = table[name].astype("Int64")
    return gpd.GeoDataFrame(table, geometry=parcels.geometry.to_numpy(), crs=parcels.crs)
