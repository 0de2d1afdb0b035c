"""Collective land ownership (集体土地所有权, JA): townships, villages and groups, all outlines invented."""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from sample_data.county import facts
from sample_data.county.layers import ORDINALS, half_of, polygons, short_name, without


@dataclass
class Owner:
    """One owner while its land is put together."""

    name: str
    level: str
    agent: str | None
    members: int
    district: str
    shapes: list[shapely.Geometry] = field(default_factory=list)


def cadastral_numbers(seed: int, villages: gpd.GeoDataFrame) -> pd.Series[str]:
    """地籍区 and 地籍子区 (six digits) of every village: invented, not the statistical codes."""
    rng = facts.generator(seed, "cadastre")
    codes = sorted(villages["township_code"].unique())
    number = dict(zip(codes, rng.permutation(np.arange(1, len(codes) + 1)), strict=True))
    place = villages.groupby("township_code").cumcount() + 1
    text = [f"{number[code]:03d}{row:03d}" for code, row in zip(villages["township_code"], place, strict=True)]
    return pd.Series(text, index=villages.index)


def _groups(rng: np.random.Generator, village: pd.Series, frames: gpd.GeoDataFrame) -> list[shapely.Geometry]:
    """Divide a village among its groups, each block whole in one of them."""
    count = int(rng.integers(2, 6))
    low, high = np.array(village.geometry.bounds).reshape(2, 2)
    centre = np.array([village["x"], village["y"]])
    points = np.round(centre + rng.uniform(-0.3, 0.3, (count, 2)) * (high - low), 3)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=village.geometry))
    parts = [shapely.intersection(cell, village.geometry) for cell in cells]
    if frames.empty:
        return [part for part in map(polygons, parts) if part is not None]
    share = np.array([[part.intersection(frame).area for part in parts] for frame in frames.geometry])
    owner = share.argmax(axis=1)
    inside = frames.geometry.to_numpy()
    joined = [
        shapely.union_all([shapely.difference(part, shapely.union_all(inside)), *inside[owner == i]])
        for i, part in enumerate(parts)
    ]
    return [part for part in map(polygons, joined) if part is not None]


def _agent(rng: np.random.Generator, level: str, township: str) -> str:
    if rng.random() < (0.75 if level == "村" else 0.3):
        return "自行"
    return f"{township}农村集体资产经营有限公司（示例）"


def ownership_layer(
    seed: int,
    villages: gpd.GeoDataFrame,
    frames: gpd.GeoDataFrame,
    block_fates: pd.DataFrame,
    parcels: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """Who owns which land: whole villages, groups of some villages, some blocks of townships; a few gaps.

    Parameters
    ----------
    seed : int
        Seed of the county.
    villages, frames, parcels : GeoDataFrame
        The county so far; parcels with their fates.
    block_fates : DataFrame
        As from `draw_block_fates`.

    Returns
    -------
    GeoDataFrame
        Chinese headers, one row an owner and village.
    """
    rng = facts.generator(seed, "owners")
    district = cadastral_numbers(seed, villages)
    special = _special_land(rng, frames, block_fates, parcels)
    tree = shapely.STRtree(np.array([shape for _, _, shape in special], dtype=object))
    inside = dict(iter(frames[~frames["across"]].groupby("village_code")))
    owners: list[Owner] = []
    township_owner: dict[str, Owner] = {}
    for code, village in villages.iterrows():
        own_frames = inside.get(code, frames.iloc[:0])
        agent_known = bool(block_fates.loc[own_frames.index, "agent_known"].all())
        divided = rng.random() < 0.25
        parts = _groups(rng, village, own_frames) if divided else [village.geometry]
        name = village["township"] + short_name(village["village"])
        level = "组" if divided else "村"
        of_village = []
        for i, part in enumerate(parts):
            title = f"{name}{ORDINALS[i]}村民小组农民集体" if divided else f"{name}农民集体"
            agent = _agent(rng, level, village["township"]) if agent_known else None
            members = int(rng.integers(60, 320) if divided else rng.integers(600, 3200))
            of_village.append(Owner(title, level, agent, members, district[code], [part]))
        for position in tree.query(village.geometry, predicate="intersects"):
            taker, home, shape = special[position]
            if home != code:
                continue
            for owner in of_village:
                owner.shapes = [without(own, np.array([shape], dtype=object)) for own in owner.shapes]
            if taker == "乡镇":
                key = village["township_code"]
                if key not in township_owner:
                    title = f"{village['township']}农民集体"
                    count = int(rng.integers(20_000, 60_000))
                    township_owner[key] = Owner(
                        title, "乡镇", _agent(rng, "乡镇", village["township"]), count, district[code]
                    )
                township_owner[key].shapes.append(shape)
        owners += of_village
    return _table([*owners, *township_owner.values()])


def _special_land(
    rng: np.random.Generator, frames: gpd.GeoDataFrame, block_fates: pd.DataFrame, parcels: gpd.GeoDataFrame
) -> list[tuple[str, str, shapely.Geometry]]:
    """Land that is not its village's: (乡镇 or empty for nobody, village code, shape)."""
    of_township = frames[block_fates["owner_level"] == "乡镇"]
    special = [("乡镇", row["village_code"], row.geometry) for _, row in of_township.iterrows()]
    for _, parcel in parcels.iterrows():
        if parcel["block"] in of_township.index:
            continue
        if parcel["layer_obstacle"] == "无权属":
            special.append(("", parcel["village_code"], parcel["cell"]))
        elif parcel["layer_obstacle"] == "两个所有权人":
            half = half_of(parcel.geometry, rng.uniform(0.3, 0.6), rng.uniform(0, 360))
            special.append(("乡镇", parcel["village_code"], half))
    return special


def _table(owners: list[Owner]) -> gpd.GeoDataFrame:
    """The owners as a layer with Chinese headers and JA parcel codes."""
    rows, used = [], {}
    for owner in owners:
        shape = polygons(shapely.union_all([s for s in owner.shapes if s is not None]))
        if shape is None:
            continue
        used[owner.district] = used.get(owner.district, 0) + 1
        code = f"{facts.COUNTY}{owner.district}JA{used[owner.district]:05d}"
        rows.append((owner.name, code, owner.level, owner.agent, owner.members, shape))
    names = ["所有权人", "所有权代码", "所有权层级", "实施主体", "成员人数", "geometry"]
    return gpd.GeoDataFrame(rows, columns=names, crs=facts.CRS)
