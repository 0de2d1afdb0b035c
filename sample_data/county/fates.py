"""What is to be found out about every parcel: which planned use it has, and what stands in the way of its entry."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from sample_data.county import facts

# One parcel in eighty for each obstacle: about forty of three thousand.
_SHARE = 1 / 78

# Obstacles written into the attribute table, one a parcel.
ATTRIBUTE_OBSTACLES = (
    "未登记",
    "登记不明",
    "有争议",
    "争议不明",
    "查封",
    "查封不明",
    "在征收范围",
    "征收不明",
    "未表决",
    "到会不足",
    "同意不足",
    "期日后表决",
    "表决过早",
    "代表太少",
    "方案未报",
    "方案报送不足十日",
    "来源不明",
    "宅基地未转用",
    "途径不明",
    "来源不允许",
    "途径不允许",
)
# Obstacles that lie in other layers.
LAYER_OBSTACLES = (
    "无规划",
    "规划部分缺失",
    "规划重叠",
    "规划并列",
    "无权属",
    "两个所有权人",
    "占基本农田",
    "占红线",
    "在采空区",
    "近文物",
)
_PLANNED_OTHERWISE = {
    "耕地": ("0103", "0101", "0102"),
    "居住": ("070301", "070302", "0701"),
    "绿地": ("1401", "1402", "1403"),
    "其他": ("1208", "1305", "1506", "0602"),
    "储备库": ("1102",),
    "盐田": ("1003",),
}
_MAIN_CODES = {
    "工业": (
        ("100101", "100102", "1001", "110101", "110102", "100103", "1002"),
        (0.28, 0.27, 0.16, 0.14, 0.07, 0.05, 0.03),
    ),
    "商业": (
        ("090101", "090103", "090104", "090102", "0904", "0902", "090105", "0903"),
        (0.3, 0.15, 0.12, 0.12, 0.1, 0.08, 0.08, 0.05),
    ),
    "公服": (("080701", "0806", "080603", "0801", "080403", "0803"), (0.33, 0.17, 0.14, 0.12, 0.12, 0.12)),
}


def _main_codes(rng: np.random.Generator, cells: gpd.GeoDataFrame) -> pd.Series[str]:
    """Planned use: one for a block, another one for some of its cells."""
    codes = np.empty(len(cells), dtype=object)
    for kind, (names, chances) in _MAIN_CODES.items():
        rows = np.flatnonzero(cells["kind"] == kind)
        of_block = rng.choice(names, cells["block"].max() + 1, p=chances)
        own = rng.choice(names, len(rows), p=chances)
        keep = rng.random(len(rows)) < 0.7
        codes[rows] = np.where(keep, of_block[cells["block"].to_numpy()[rows]], own)
    return pd.Series(codes, index=cells.index)


def draw_fates(seed: int, cells: gpd.GeoDataFrame, frames: gpd.GeoDataFrame) -> pd.DataFrame:
    """Draw planned use and obstacles.

    Parameters
    ----------
    seed : int
        Seed of the county.
    cells, frames : GeoDataFrame
        As from `place_blocks`.

    Returns
    -------
    DataFrame
        On the cells' index: plan_code, layer_obstacle, attribute_obstacle, second_obstacle (empty text where none).
    """
    rng = facts.generator(seed, "fates")
    each = max(1, round(len(cells) * _SHARE))
    table = pd.DataFrame({"plan_code": _main_codes(rng, cells)}, index=cells.index)
    for name in ("layer_obstacle", "attribute_obstacle", "second_obstacle"):
        table[name] = ""
    inside = np.flatnonzero(~frames["across"].to_numpy()[cells["block"].to_numpy()])
    order = iter(rng.permutation(inside))

    def take(count: int) -> list[int]:
        return [int(row) for _, row in zip(range(count), order, strict=False)]

    for codes in _PLANNED_OTHERWISE.values():
        rows = take(each)
        table.iloc[rows, 0] = rng.choice(codes, len(rows))
    for name in LAYER_OBSTACLES:
        table.iloc[take(each if name != "规划并列" else max(1, each // 4)), 1] = name
    for name in ATTRIBUTE_OBSTACLES:
        table.iloc[take(each), 2] = name
    hampered = np.flatnonzero((table["layer_obstacle"] != "") | (table["attribute_obstacle"] != ""))
    second = rng.permutation(hampered)[: len(hampered) // 12]
    table.iloc[second, 3] = rng.choice(ATTRIBUTE_OBSTACLES, len(second))
    return table


def draw_block_fates(seed: int, cells: gpd.GeoDataFrame, frames: gpd.GeoDataFrame) -> pd.DataFrame:
    """Draw what holds for a whole block: the state of its plan, the level of its owner, whether its agent is known.

    Parameters
    ----------
    seed : int
        Seed of the county.
    cells, frames : GeoDataFrame
        As from `place_blocks`.

    Returns
    -------
    DataFrame
        On the frames' index: plan_state, owner_level, agent_known, plan_shift (share of the cell width).
    """
    rng = facts.generator(seed, "block fates")
    count = cells.groupby("block").size().reindex(frames.index, fill_value=0)
    wanted = max(1, round(len(cells) * _SHARE))
    table = pd.DataFrame(
        {"plan_state": "已批准", "owner_level": "", "agent_known": True, "plan_shift": 0.0}, index=frames.index
    )
    order = iter(rng.permutation(frames.index[~frames["across"]]))
    for column, value in (
        ("plan_state", "尚未批准"),
        ("plan_state", "批准不明"),
        ("plan_state", "仅乡镇规划"),
        ("agent_known", False),
        ("owner_level", "乡镇"),
    ):
        reached = 0
        for frame in order:
            table.loc[frame, column] = value
            reached += int(count[frame])
            if reached >= wanted:
                break
    shifted = [frame for _, frame in zip(range(len(frames) // 10), order, strict=False)]
    table.loc[shifted, "plan_shift"] = rng.uniform(0.08, 0.25, len(shifted))
    return table
