"""Which plans cover a parcel (规划覆盖), and which villages must be planned first (规划编制清单)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from importlib.resources import files
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from landmarket.checks import require_columns, require_same_index, require_unique_index, require_values
from landmarket.errors import RuleError
from landmarket.land_book.register_sheets import read_register
from landmarket.overlay import coverage, shares
from landmarket.rules import Rule, read_rules, require_rule
from landmarket.units import square_metres_to_mu, times_area_fen

PLAN_TYPES = {"乡镇规划": "township_plan_share", "村庄规划": "village_plan_share", "详细规划": "detailed_plan_share"}
"""The column of each kind of plan."""
PLAN_COLUMNS = ["plan_id", "plan_type", "plan_approved_on", "plan_expires_on"]
TOLERANCE = 1.0
"""Area up to which a part is a matter of drawing [㎡]."""


def read_plan_register(path: str | Path) -> pd.DataFrame:
    """Read the register of plans (规划台账).

    Parameters
    ----------
    path : path-like
        ``.xlsx`` or ``.csv`` with 规划编号、规划类型、乡镇、规划批准日, and if known 村、规划期末.

    Returns
    -------
    DataFrame
        `PLAN_COLUMNS`, ``township`` and ``village`` (empty where the plan is the whole township's); the index is the
        row in the sheet. A plan without a day of approval is not approved yet.

    Raises
    ------
    ReadError, MissingColumnError, BadValueError
        As `read_register`; also if a kind or township is blank, or a plan ends before it was approved.
    """
    needed = [*PLAN_COLUMNS[:3], "township"]
    register = read_register(path, needed, ["village", "plan_expires_on"], key="plan_id")
    for name in ("plan_type", "township"):
        require_values(register, name, register[name].isna(), "补上该单元格。", str(path))
    ended = register["plan_expires_on"] < register["plan_approved_on"]
    require_values(register, "plan_expires_on", ended, "规划期末早于批准日，核对两个日期。", str(path))
    return register


def plan_areas(register: pd.DataFrame, villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give each plan of a register the ground of its village or township (规划范围).

    Parameters
    ----------
    register : DataFrame
        As from `read_plan_register`.
    villages : GeoDataFrame
        Villages with ``township`` and ``village``.

    Returns
    -------
    GeoDataFrame
        On the register's index.

    Raises
    ------
    MissingColumnError
        If the villages lack a column.
    BadValueError
        If a plan names a village or township that is not there.
    """
    require_columns(villages, ["township", "village"], "plan_areas")
    whole = villages.dissolve("township").geometry
    single = villages.dissolve(["township", "village"]).geometry
    of_township = register["village"].fillna("").eq("")
    pairs = pd.MultiIndex.from_frame(register[["township", "village"]].fillna(""))
    no_village = ~of_township & ~pairs.isin(single.index)
    require_values(register, "township", ~register["township"].isin(whole.index), "村界中没有该乡镇。", "plan_areas")
    require_values(register, "village", no_village, "村界中该乡镇没有这个村，核对村名。", "plan_areas")
    shapes = [whole[pair[0]] if all_of_it else single[pair] for pair, all_of_it in zip(pairs, of_township, strict=True)]
    return gpd.GeoDataFrame(register, geometry=gpd.GeoSeries(shapes, index=register.index, crs=villages.crs))


def entry_plan_types(local: Sequence[Rule], *, on: date, county: str, pilot: bool) -> tuple[str, ...]:
    """Kinds of plans that must cover a parcel before it enters (入市所需规划).

    Parameters
    ----------
    local : sequence of Rule
        Rules of the county.
    on : date
        The day.
    county : str
        County code.
    pilot : bool
        Whether the county is a pilot county.

    Returns
    -------
    tuple of str
        Any of them does.

    Raises
    ------
    NoRuleInForceError
        If no rule is in force.
    RuleError
        If a kind is unknown.
    """
    shipped = read_rules(files("landmarket.land_book").joinpath("data", "plans.toml"))
    rule = require_rule([*local, *shipped], "entry_plan_types", on=on, county=county, pilot=pilot)
    kinds = tuple(part.strip() for part in str(rule.value).split("、"))
    if not set(kinds) <= set(PLAN_TYPES):
        raise RuleError(f"规则 {rule.key} 的值 {rule.value!r} 不认识。办法：用 {'、'.join(PLAN_TYPES)}，以“、”分隔。")
    return kinds


def plan_coverage(
    parcels: gpd.GeoDataFrame, plans: gpd.GeoDataFrame, needed: Sequence[str], *, on: date
) -> pd.DataFrame:
    """How much of every parcel plans cover, and how old they are (规划覆盖).

    Parameters
    ----------
    parcels : GeoDataFrame
        Polygons indexed by parcel code.
    plans : GeoDataFrame
        `PLAN_COLUMNS` with the plans' ground, in the same coordinate system.
    needed : sequence of str
        Kinds that entry needs, any of which does; see `entry_plan_types`.
    on : date
        The day: a plan is in force from its approval to the last day of its period.

    Returns
    -------
    DataFrame
        On the parcels' index: the share in plans in force of each kind, ``entry_plan_share`` of the kinds needed,
        ``expired_plan_share`` in expired plans of these kinds and in none in force, ``newest_plan``,
        ``newest_plan_on`` and ``plan_status``.

    Raises
    ------
    MissingColumnError, CrsError, BadValueError
        If a column is missing, a kind unknown, or a geometry cannot be used.
    """
    require_columns(plans, PLAN_COLUMNS, "plan_coverage")
    require_values(
        plans, "plan_type", ~plans["plan_type"].isin(PLAN_TYPES), f"应为 {'、'.join(PLAN_TYPES)}。", "plan_coverage"
    )
    today = pd.Timestamp(on)
    approved = plans["plan_approved_on"] <= today
    expired = approved & (plans["plan_expires_on"] < today)
    holding, kind = approved & ~expired, plans["plan_type"]
    result = pd.DataFrame(index=parcels.index)
    for name, column in PLAN_TYPES.items():
        result[column] = coverage(parcels, plans[holding & (kind == name)])["share"]
    wanted = kind.isin(list(needed))
    covered = coverage(parcels, plans[holding & wanted])
    ever = coverage(parcels, plans[approved & wanted])
    result["entry_plan_share"] = covered["share"]
    result["expired_plan_share"] = (ever["share"] - covered["share"]).clip(lower=0.0)
    result = result.join(_newest(parcels, plans[holding]))
    whole = parcels.geometry.area
    full, none = whole - covered["area"] <= TOLERANCE, covered["area"] <= TOLERANCE
    old = result["expired_plan_share"] * whole > TOLERANCE
    status = np.select([full, ~none, old], ["已覆盖", "部分覆盖", "规划已过期"], "没有规划")
    result["plan_status"] = pd.Series(status, index=parcels.index, dtype="str")
    return result


def _newest(parcels: gpd.GeoDataFrame, plans: gpd.GeoDataFrame) -> pd.DataFrame:
    """The plan approved last that covers more than the tolerance; of one day, the first by its number."""
    met = shares(parcels, plans)
    met = met[met["area"] > TOLERANCE]
    rows = met["area_row"].to_numpy()
    table = pd.DataFrame(
        {
            "parcel_code": met["parcel_code"].to_numpy(),
            "newest_plan": plans["plan_id"].to_numpy()[rows],
            "newest_plan_on": plans["plan_approved_on"].to_numpy()[rows],
        }
    )
    table = table.sort_values(["newest_plan_on", "newest_plan"], ascending=[False, True], kind="stable")
    return table.drop_duplicates("parcel_code").set_index("parcel_code").reindex(parcels.index)


def plan_work_list(parcels: pd.DataFrame, coverage_table: pd.DataFrame) -> pd.DataFrame:
    """List villages whose plan must come first (规划编制清单), by the value, then the area that waits for it.

    Parameters
    ----------
    parcels : DataFrame
        With ``township``, ``village``, ``area`` [㎡] and ``unit_price_fen`` [分/㎡], missing where without a price.
    coverage_table : DataFrame
        As from `plan_coverage`, same index.

    Returns
    -------
    DataFrame
        Indexed by ``township`` and ``village``: ``waiting_parcels``, ``waiting_area`` [㎡], ``waiting_mu`` [亩],
        ``waiting_value_fen`` [分] and ``unpriced_parcels``; only villages where a parcel is not wholly covered.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    IndexMismatchError
        If the tables are not of the same parcels.
    BadValueError
        If a parcel has no village, or its area or price is negative or missing.

    Notes
    -----
    A parcel that a plan covers in part waits as a whole: half a parcel cannot enter.
    """
    require_columns(parcels, ["township", "village", "area", "unit_price_fen"], "plan_work_list")
    require_columns(coverage_table, ["plan_status"], "plan_work_list")
    require_unique_index(parcels, "plan_work_list")
    require_same_index(parcels, coverage_table, "plan_work_list")
    waiting = parcels[coverage_table["plan_status"] != "已覆盖"]
    for name in ("township", "village"):
        require_values(waiting, name, waiting[name].isna(), "先用 locate() 取得乡镇与村。", "plan_work_list")
    area = waiting["area"].astype("float64")
    require_values(waiting, "area", ~(area >= 0), "面积应为不小于 0 的数。", "plan_work_list")
    price = waiting["unit_price_fen"].astype("Int64")
    require_values(
        waiting, "unit_price_fen", (price < 0).fillna(False), "单价应不小于 0；无价的留空。", "plan_work_list"
    )
    centi = (area * 100).round().astype("int64")
    rows = waiting[["township", "village"]].assign(
        waiting_parcels=1,
        waiting_centi=centi,
        waiting_value_fen=times_area_fen(price.fillna(0).astype("int64"), centi),
        unpriced_parcels=price.isna().astype("int64"),
    )
    sums = rows.groupby(["township", "village"], sort=True).sum()
    sums["waiting_area"] = sums["waiting_centi"] / 100
    sums["waiting_mu"] = square_metres_to_mu(sums["waiting_area"])
    order = ["waiting_value_fen", "waiting_area"]
    sums = sums.sort_values(order, ascending=False, kind="stable")
    return sums[["waiting_parcels", "waiting_area", "waiting_mu", "waiting_value_fen", "unpriced_parcels"]]
