"""Screening (数据检查): raw rows → accepted, findings, set aside.

The only function of the package that sets rows aside. What can be repaired without doubt is repaired and said;
what cannot be read becomes missing and is said; a row that cannot be worked with is set aside with every reason.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landmarket.columns import label, schema
from landmarket.crs import to_projected
from landmarket.errors import SHOWN
from landmarket.geometry import ellipsoidal_area, mean_width, polygons_only, repaired
from landmarket.io.parcels import typed_column
from landmarket.io.values import clean_text, to_number
from landmarket.units import round_half_up_array
from landmarket.zoning.conditions import readable_far_ranges
from landmarket.zoning.parcel_code import check_parcel_codes

ERROR = "错误"
UNLIMITED_TERMS = ("无年期", "无限年", "无限年期", "无期限")
_PRICING = ("registered_area", "acquisition_cost", "development_cost")
_UNIT_RATIOS = (2000 / 3, 15.0, 10_000.0)
_SEVERITIES = ["错误", "警告", "提示"]
_SUMMARY = ["严重程度", "检查项", "列", "数量", "行", "值", "办法"]
_FINDING = ["source_row", "parcel_code", "check", "severity", "column", "value", "cure"]

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Tolerances:
    """Limits of the checks (检查容差); local practice decides them.

    Attributes
    ----------
    area_share : float
        Registered and ellipsoidal area may differ by this share of the ellipsoidal one.
    sliver_area : float
        Parcels below this area are slivers [㎡].
    sliver_width : float
        Parcels below this mean width are slivers [m].
    overlap_area : float
        Overlaps above this area are findings [㎡].
    """

    area_share: float = 0.05
    sliver_area: float = 10.0
    sliver_width: float = 1.0
    overlap_area: float = 1.0


class Screening(NamedTuple):
    """What screening gives (数据检查结果).

    Attributes
    ----------
    accepted : GeoDataFrame
        Rows that can be worked with; index ``parcel_code``, unique; projected coordinates; values typed; columns
        ``source_row``, ``ellipsoidal_area``, ``area`` and ``area_source`` added.
    findings : DataFrame
        One row per problem: source row, parcel code, check, severity, column, value, cure.
    set_aside : GeoDataFrame
        The other rows as they were read, with ``set_aside_reason``; index ``source_row``.
    """

    accepted: gpd.GeoDataFrame
    findings: pd.DataFrame
    set_aside: gpd.GeoDataFrame

    @property
    def counts(self) -> dict[str, int]:
        """The three counts that stand on every output: 读入, 采用, 暂不处理."""
        return {
            "读入": len(self.accepted) + len(self.set_aside),
            "采用": len(self.accepted),
            "暂不处理": len(self.set_aside),
        }

    def summary(self) -> pd.DataFrame:
        """Group the findings by check and column.

        Returns
        -------
        DataFrame
            严重程度, 检查项, 列, 数量, 行 (first ten source rows), 值 (their values), 办法; errors first.
        """
        groups = self.findings.groupby(["severity", "check", "column", "cure"], sort=False)
        first_ten = {
            "数量": groups["source_row"].nunique(),
            "行": groups["source_row"].agg(lambda rows: "、".join(map(str, rows.drop_duplicates()[:SHOWN]))),
            "值": groups["value"].agg(lambda values: "、".join(values.drop_duplicates()[:SHOWN])),
        }
        table = pd.DataFrame(first_ten).reset_index()
        table["column"] = table["column"].map(label)
        table = table.sort_values("severity", key=lambda names: names.map(_SEVERITIES.index), kind="stable")
        headers = {"severity": "严重程度", "check": "检查项", "column": "列", "cure": "办法"}
        return table.rename(columns=headers)[_SUMMARY].reset_index(drop=True)


@dataclass(frozen=True)
class _Check:
    name: str
    severity: str
    column: str
    cure: str


@cache
def _checks() -> dict[str, _Check]:
    text = files("landmarket").joinpath("screening_checks.csv").read_text(encoding="utf-8-sig")
    rows = csv.DictReader(text.splitlines())
    return {row["key"]: _Check(row["name"], row["severity"], row["column"], row["cure"]) for row in rows}


class _Findings:
    """Collects findings while the checks run; lives inside one call of `screen`."""

    def __init__(self, codes: pd.Series[str]) -> None:
        self._codes = codes
        self._frames: list[pd.DataFrame] = []

    def add(self, key: str, rows: Mask, values: Sequence[str] | pd.Series[str], column: str = "") -> None:
        """Record one check: `values` holds one value per marked row."""
        if not rows.any():
            return
        check = _checks()[key]
        index = self._codes.index[rows]
        self._frames.append(
            pd.DataFrame(
                {
                    "source_row": index,
                    "parcel_code": self._codes[rows].to_numpy(),
                    "check": check.name,
                    "severity": check.severity,
                    "column": column or check.column,
                    "value": pd.Series(list(values), dtype="str").fillna("").to_numpy(),
                    "cure": check.cure,
                }
            )
        )

    def table(self) -> pd.DataFrame:
        if not self._frames:
            return pd.DataFrame(columns=_FINDING)
        return pd.concat(self._frames, ignore_index=True)


def screen(
    parcels: gpd.GeoDataFrame,
    *,
    county: str | None = None,
    townships: Collection[str] | None = None,
    tolerances: Tolerances | None = None,
) -> Screening:
    """Check raw parcels (数据检查): accept, repair or set aside every row, and say why.

    Parameters
    ----------
    parcels : GeoDataFrame
        As `landmarket.io.read_parcels` gives them.
    county : str, optional
        County code that parcel codes must begin with; without it any county of the list is right.
    townships : collection of str, optional
        Official township names; others are a finding.
    tolerances : Tolerances, optional
        Limits of the checks.

    Returns
    -------
    Screening
        ``accepted, findings, set_aside``; every row read is in exactly one of the first and the last.

    Raises
    ------
    MissingColumnError
        If there is no column of parcel codes.
    CrsError
        If the layer has no coordinate system.
    """
    limits = tolerances or Tolerances()
    raw = to_projected(parcels)
    table = raw.copy()
    if "parcel_code" not in table.columns:
        table["parcel_code"] = pd.Series(None, index=table.index, dtype="str")
    table["parcel_code"] = clean_text(table["parcel_code"])
    found = _Findings(table["parcel_code"])
    _check_values(table, found)
    _check_codes(table, found, county)
    geometry = _check_geometry(table, found, limits)
    table = table.set_geometry(gpd.GeoSeries(geometry, index=table.index, crs=table.crs))
    _check_area(table, found, limits)
    _check_facts(table, found, townships)
    _check_overlaps(table, found, limits)
    findings = found.table()
    reasons = (
        findings[findings["severity"].eq(ERROR)]
        .groupby("source_row")["check"]
        .agg(lambda names: "；".join(dict.fromkeys(names)))
    )
    repeats = findings.loc[findings["check"].eq(_checks()["row_repeated"].name), "source_row"]
    aside = table.index.isin(reasons.index) | table.index.isin(repeats)
    set_aside = raw.loc[aside].copy()
    set_aside["set_aside_reason"] = reasons.reindex(set_aside.index).fillna(_checks()["row_repeated"].name)
    accepted = table.loc[~aside].reset_index(names="source_row").set_index("parcel_code")
    return Screening(accepted, findings, set_aside)


def _check_values(table: gpd.GeoDataFrame, found: _Findings) -> None:
    """Type every column the schema knows, in place; unreadable cells become missing."""
    for name in [str(name) for name in table.columns if name in schema()]:
        if name in ("parcel_code", "geometry"):
            continue
        typed, bad = typed_column(table[name])
        found.add("value_unreadable" if name in _PRICING else "value_unknown", bad, table.loc[bad, name], name)
        if schema()[name].kind in ("number", "whole"):
            negative = np.asarray(typed, dtype=np.float64) < 0
            found.add("value_negative", negative, table.loc[negative, name], name)
        table[name] = typed
    for name, check in (("floor_area_ratio", "far_unreadable"), ("term", "term_unreadable")):
        if name in table.columns:
            text = table[name]
            if name == "term":
                years, bad = to_number(text)
                bad = (bad & ~text.isin(UNLIMITED_TERMS).to_numpy()) | (years.to_numpy() <= 0)
            else:
                bad = text.notna().to_numpy() & ~readable_far_ranges(text).to_numpy()
            found.add(check, bad, text[bad])


def _check_codes(table: gpd.GeoDataFrame, found: _Findings, county: str | None) -> None:
    codes = table["parcel_code"]
    missing = codes.isna().to_numpy()
    found.add("code_missing", missing, codes[missing])
    checked = check_parcel_codes(codes.fillna(""), county)
    malformed = ~checked["ok"].to_numpy(dtype=bool) & ~missing
    found.add("code_malformed", malformed, codes[malformed] + "：" + checked.loc[malformed, "problem"])
    repeated = codes.duplicated(keep=False).to_numpy() & ~missing
    if repeated.any():
        attributes = [name for name in table.columns if name != table.geometry.name]
        content = pd.util.hash_pandas_object(table.loc[repeated, attributes].astype("str"), index=False)
        shape = pd.Series([shapely.to_wkb(shape) for shape in table.geometry[repeated]], index=content.index)
        whole = pd.DataFrame({"code": codes[repeated], "content": content, "shape": shape})
        same_row = whole.groupby("code")[["content", "shape"]].transform("nunique").eq(1).all(axis=1)
        later = whole.duplicated("code") & same_row
        found.add("row_repeated", _mask(table, later), codes[later.index[later]])
        found.add("code_duplicated", _mask(table, ~same_row), codes[same_row.index[~same_row]])


def _mask(table: pd.DataFrame, chosen: pd.Series[bool]) -> Mask:
    """Spread a choice among some rows over the whole table."""
    return np.asarray(table.index.isin(chosen.index[chosen]), dtype=bool)


def _check_geometry(table: gpd.GeoDataFrame, found: _Findings, limits: Tolerances) -> npt.NDArray[np.object_]:
    """Check shapes and give back what could be repaired; unusable ones become None."""
    original = shapely.force_2d(table.geometry.to_numpy())
    missing = shapely.is_missing(original) | shapely.is_empty(original)
    found.add("geometry_missing", missing, [""] * int(missing.sum()))
    surface = np.isin(shapely.get_type_id(original), (3, 6, 7))
    usable = ~shapely.is_missing(polygons_only(original)) & surface
    not_polygon = ~missing & ~usable
    found.add("geometry_not_polygon", not_polygon, [shape.geom_type for shape in original[not_polygon]])
    candidates = original.copy()
    candidates[missing | not_polygon] = None
    invalid = ~shapely.is_valid(candidates) & ~shapely.is_missing(candidates)
    fixed, certain = repaired(candidates)
    collections = shapely.get_type_id(fixed) == shapely.GeometryType.GEOMETRYCOLLECTION
    fixed[collections] = polygons_only(fixed[collections])
    reasons = shapely.is_valid_reason(candidates)
    found.add("geometry_repaired", invalid & certain, list(map(str, reasons[invalid & certain])))
    doubtful = invalid & ~certain
    found.add("geometry_invalid", doubtful, list(map(str, reasons[doubtful])))
    fixed[doubtful] = None
    area, width = shapely.area(fixed), mean_width(fixed)
    sliver = (area < limits.sliver_area) | (width < limits.sliver_width)
    shown = [f"{a:.2f}㎡，均宽 {w:.2f} m" for a, w in zip(area[sliver], width[sliver], strict=True)]
    found.add("geometry_sliver", sliver, shown)
    return fixed


def _check_area(table: gpd.GeoDataFrame, found: _Findings, limits: Tolerances) -> None:
    """Compare registered and ellipsoidal area and choose the one that prices, in place."""
    measured = ellipsoidal_area(table)
    stated = table["registered_area"] if "registered_area" in table.columns else measured * np.nan
    stated = stated.where(stated > 0)
    ratio = (stated / measured).to_numpy()
    share = np.abs(ratio - 1)
    unit = np.zeros(len(table), dtype=bool)
    for factor in _UNIT_RATIOS:
        unit |= (np.abs(ratio / factor - 1) <= limits.area_share) | (np.abs(ratio * factor - 1) <= limits.area_share)
    shown = "登记 " + stated.map("{:.2f}".format) + "，椭球 " + measured.map("{:.2f}".format)
    found.add("area_unit", unit, shown[unit])
    differs = (share > limits.area_share) & ~unit
    found.add("area_differs", differs, shown[differs])
    absent = stated.isna().to_numpy() & measured.notna().to_numpy()
    found.add("area_missing", absent, [""] * int(absent.sum()))
    area = round_half_up_array(np.asarray(stated.fillna(measured), dtype=np.float64), 2)
    table["ellipsoidal_area"] = round_half_up_array(np.asarray(measured, dtype=np.float64), 2)
    table["area"] = area
    table["area_source"] = np.where(stated.notna(), "登记", "椭球")


def _check_facts(table: gpd.GeoDataFrame, found: _Findings, townships: Collection[str] | None) -> None:
    """Check facts against each other and against the list of townships, in place."""
    votes = ["vote_yes", "vote_attended", "vote_total"]
    if set(votes) <= set(table.columns):
        yes, attended, total = (table[name].to_numpy(dtype=np.float64) for name in votes)
        wrong = (yes > attended) | (attended > total) | (yes > total)
        found.add(
            "vote_contradictory",
            wrong,
            [f"{y:g}/{a:g}/{t:g}" for y, a, t in zip(yes[wrong], attended[wrong], total[wrong], strict=True)],
        )
        table.loc[wrong, votes] = np.nan
    if "current_use" in table.columns:
        unused = table["current_use"].isna().to_numpy()
        found.add("current_use_missing", unused, [""] * int(unused.sum()))
    if townships is not None and "township" in table.columns:
        strange = table["township"].notna().to_numpy() & ~table["township"].isin(list(townships)).to_numpy()
        found.add("township_unknown", strange, table.loc[strange, "township"])


def _check_overlaps(table: gpd.GeoDataFrame, found: _Findings, limits: Tolerances) -> None:
    """Find parcels with equal shapes, and pairs that overlap."""
    geometry = table.geometry.to_numpy()
    tree = shapely.STRtree(geometry)
    left, right = tree.query(geometry, predicate="intersects")
    pairs = left < right
    left, right = left[pairs], right[pairs]
    shared = shapely.area(shapely.intersection(geometry[left], geometry[right]))
    union = shapely.area(geometry[left]) + shapely.area(geometry[right]) - shared
    over = shared > limits.overlap_area
    equal = over & (union - shared <= 1e-6 * union)
    codes = table["parcel_code"].fillna("（无代码）").to_numpy()
    equal &= codes[left] != codes[right]
    over &= ~equal & (codes[left] != codes[right])
    for key, chosen in (("geometry_duplicated", equal), ("geometry_overlap", over)):
        rows = np.concatenate([left[chosen], right[chosen]])
        others = np.concatenate([right[chosen], left[chosen]])
        areas = np.tile(shared[chosen], 2)
        said = pd.Series(
            [f"{codes[o]}（第 {table.index[o]} 行）{a:.2f}㎡" for o, a in zip(others, areas, strict=True)],
            index=rows,
            dtype="str",
        )
        texts = said.groupby(level=0).agg("；".join)
        mask = np.zeros(len(table), dtype=bool)
        mask[texts.index.to_numpy(dtype=np.int64)] = True
        found.add(key, mask, texts.sort_index())
