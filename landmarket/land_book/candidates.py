"""Candidates for the market (备选地块): why each parcel is looked at, how much of it, and what evidence is missing."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd

from landmarket.checks import JOINT, require_columns, require_unique_index
from landmarket.errors import BadValueError
from landmarket.land_book.candidate_rule import CandidateRule, causes
from landmarket.land_book.cause_zones import CLAIMS, cause_zones, check_patches
from landmarket.overlay import coverage, largest_share
from landmarket.pieces import EQUAL_AREA

TOLERANCE = 1.0
"""Area up to which a part is a matter of drawing [㎡]."""
_EVIDENCE = ["conversion_document", "released_on", "ownership_registered", "disputed", "planned_use"]


def cause_areas(parcels: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Area of every parcel by cause (按原因分的面积); ground under several causes belongs to the first in order.

    Parameters
    ----------
    parcels : GeoDataFrame
        Polygons indexed by parcel code.
    zones : GeoDataFrame
        Polygons with ``cause``, in the same coordinate system; they may overlap.

    Returns
    -------
    DataFrame
        On the parcels' index: the column of each cause and ``other_area`` [㎡] in the plane; a row adds up to the
        area of the parcel.

    Raises
    ------
    MissingColumnError, CrsError, BadValueError
        As `landmarket.overlay.coverage`; also if a cause is unknown.

    Notes
    -----
    The area of a cause is the union of all causes up to it less the union of those before it.
    """
    require_columns(zones, ["cause"], "cause_areas")
    unknown = sorted(set(zones["cause"]) - set(causes()))
    if unknown:
        raise BadValueError(
            f"cause_areas：不认识的原因 {'、'.join(map(str, unknown))}。办法：应为 {'、'.join(causes())}。"
        )
    result = pd.DataFrame(index=parcels.index)
    before = np.zeros(len(parcels))
    taken: list[str] = []
    for cause in causes().values():
        taken.append(cause.cause)
        reached = before
        if zones["cause"].eq(cause.cause).any():
            covered = coverage(parcels, zones[zones["cause"].isin(taken)])["area"].to_numpy()
            reached = np.where(covered - before > EQUAL_AREA, covered, before)
        result[cause.column] = reached - before
        before = reached
    result["other_area"] = parcels.geometry.area.to_numpy() - before
    return result


def candidates(
    parcels: gpd.GeoDataFrame, patches: gpd.GeoDataFrame, permits: gpd.GeoDataFrame, rule: CandidateRule, *, on: date
) -> pd.DataFrame:
    """List candidates with causes and evidence (备选地块清单).

    Parameters
    ----------
    parcels : GeoDataFrame
        Accepted parcels indexed by parcel code, with ``land_source``, ``conversion_document``, ``released_on``,
        ``disused_since``, ``building_area``, ``ownership_registered``, ``disputed`` and ``planned_use``.
    patches : GeoDataFrame
        Patches of the land survey with ``current_use`` (三调 code), ``owner_nature`` and ``settlement_code``.
    permits : GeoDataFrame
        Approvals and permits with their days and ground, see `permit_areas`.
    rule : CandidateRule
        Cut-off day, thresholds and lists of codes.
    on : date
        The day of the list.

    Returns
    -------
    DataFrame
        On the parcels' index: the areas of `cause_areas`, ``candidate_area`` [㎡], ``main_cause`` (empty where no
        cause makes it a candidate), ``legal_share``, ``evidence_status`` and ``missing_evidence``.

    Raises
    ------
    MissingColumnError, CrsError, BadValueError
        If a layer lacks a column, lies elsewhere, or holds values that cannot be used.
    """
    require_columns(parcels, _EVIDENCE, "candidates")
    require_unique_index(parcels, "candidates")
    zones = cause_zones(parcels, patches, permits, rule, on=on)
    result = cause_areas(parcels, zones)
    able = [cause for cause in causes().values() if cause.candidate]
    areas = result[[cause.column for cause in able]]
    result["candidate_area"] = areas.sum(axis=1)
    result["main_cause"] = _main_cause(areas, [cause.name for cause in able])
    result["legal_share"] = _legal_share(parcels, permits, rule, on)
    texts = _missing(parcels, patches, result, rule)
    listed = (result["candidate_area"] > TOLERANCE).to_numpy()
    status = np.select([~listed, (texts == "").to_numpy()], ["不是备选", "齐全"], "待补")
    result["evidence_status"] = pd.Series(status, index=parcels.index, dtype="str")
    result["missing_evidence"] = texts
    return result


def _main_cause(areas: pd.DataFrame, names: list[str]) -> pd.Series[str]:
    """The largest area above the tolerance; areas that only arithmetic tells apart tie, the first in order wins."""
    values = areas.to_numpy(dtype=np.float64)
    best = values.max(axis=1, initial=0.0)
    first = (values >= best[:, None] - EQUAL_AREA).argmax(axis=1)
    named = np.where(best > TOLERANCE, np.array(names, dtype=object)[first], "")
    return pd.Series(named, index=areas.index, dtype="str")


def _legal_share(
    parcels: gpd.GeoDataFrame, permits: gpd.GeoDataFrame, rule: CandidateRule, on: date
) -> pd.Series[float]:
    until = min(pd.Timestamp(rule.cutoff), pd.Timestamp(on) + pd.Timedelta(days=1))
    proof = permits["permit_kind"].isin(rule.land_approvals) & (permits["permit_on"] < until)
    return coverage(parcels, permits[proof])["share"]


def _missing(
    parcels: gpd.GeoDataFrame, patches: gpd.GeoDataFrame, found: pd.DataFrame, rule: CandidateRule
) -> pd.Series[str]:
    """Everything that is missing, in the order in which an analyst would look for it."""
    texts: list[list[str]] = [[] for _ in range(len(parcels))]

    def say(where: pd.Series[bool], words: list[str] | str) -> None:
        for row in np.flatnonzero(where.fillna(False).to_numpy(dtype=bool)):
            texts[row].append(words if isinstance(words, str) else words[row])

    settled = largest_share(parcels, patches, ["settlement_code"])
    gaps = settled["gap_share"] * parcels.geometry.area
    source, homestead = parcels["land_source"], parcels["land_source"].eq("退出宅基地")
    for kind, cause in CLAIMS.items():
        absent = source.eq(kind) & (found[causes()[cause].column] <= TOLERANCE)
        say(absent, f"土地来源填为{kind}，调查图斑或日期不支持")
    say(gaps > TOLERANCE, [f"有 {gap:.2f} ㎡ 没有调查图斑" for gap in gaps])
    say(homestead & parcels["released_on"].isna(), "缺宅基地退出日期")
    say(homestead & parcels["conversion_document"].fillna("").eq(""), "缺宅基地转用文件")
    disused = source.isin(["废弃工矿", "废弃公益"])
    say(disused & parcels["disused_since"].isna(), "缺停用日期")
    legal = found["legal_share"]
    short = (1 - legal) * parcels.geometry.area > TOLERANCE
    cut = f"{rule.cutoff:%Y-%m-%d}"
    say(short & (legal == 0), f"没有 {cut} 以前的用地批准")
    say(short & (legal > 0), [f"{cut} 以前的用地批准只占 {share:.1%}" for share in legal])
    unproven = found["unproven_area"]
    say(unproven > TOLERANCE, [f"有 {area:.2f} ㎡ 建设用地没有依据" for area in unproven])
    say(found["state_land_area"] > TOLERANCE, [f"有 {area:.2f} ㎡ 调查为国有" for area in found["state_land_area"]])
    urban = settled["settlement_code"].fillna("").astype("str").str.rstrip("A").isin(rule.urban_settlements)
    say(urban, "图斑在城市或建制镇内，核实是否已征收")
    say(~parcels["ownership_registered"].eq("是").fillna(False), "缺集体土地所有权登记")
    say(parcels["disputed"].eq("是"), "权属争议没有解决")
    say(parcels["disputed"].isna(), "没有核查权属争议")
    say(parcels["planned_use"].fillna("").eq(""), "缺规划用途")
    return pd.Series([JOINT.join(row) for row in texts], index=parcels.index, dtype="str")


def unregistered_patches(patches: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame, rule: CandidateRule) -> pd.DataFrame:
    """Construction patches of collectives that no parcel covers (未登记的建设用地图斑).

    Parameters
    ----------
    patches : GeoDataFrame
        Patches of the land survey with ``current_use``, ``owner_nature`` and ``settlement_code``; unique index.
    parcels : GeoDataFrame
        Registered parcels.
    rule : CandidateRule
        The rule.

    Returns
    -------
    DataFrame
        On the patches' index: ``collective_construction`` (bool), ``registered_share`` and ``unregistered_area``
        [㎡]; the area is 0 for patches that are not collective construction land.

    Raises
    ------
    MissingColumnError, CrsError, BadValueError
        As `candidates`.
    """
    check_patches(patches, rule)
    built = patches["current_use"].str.startswith(rule.construction_codes)
    built &= patches["owner_nature"].isin(rule.collective_natures)
    covered = coverage(patches, parcels)
    left = (patches.geometry.area - covered["area"]).where(built, 0.0)
    return pd.DataFrame(
        {"collective_construction": built, "registered_share": covered["share"], "unregistered_area": left}
    )
