"""Planned use (规划用途) of every parcel: exact shares in the spatial plan."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from landmarket.checks import require_columns
from landmarket.overlay import at_rows, in_settled_order, largest_share
from landmarket.pieces import Parcels
from landmarket.zoning.use import Scheme, land_use_table, require_codes, scheme_of


def require_plan(plan: gpd.GeoDataFrame, scheme: str, needed_by: str) -> None:
    """Raise unless a plan has the columns and codes that `planned_use` needs (核对规划图层).

    Parameters
    ----------
    plan : GeoDataFrame
        Plan areas.
    scheme : str
        Classification of the plan's codes.
    needed_by : str
        The file, or the function that needs the layer, for the message.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    SchemeError
        If the classification is unknown.
    BadValueError
        If a code is missing or not in the classification.
    """
    require_columns(plan, ["plan_code", "plan_type", "plan_approved_on"], needed_by)
    require_codes(plan["plan_code"], scheme, needed_by)


def planned_use(
    parcels: Parcels, plan: gpd.GeoDataFrame, scheme: str = Scheme.用地用海, *, tolerance: float = 0.01
) -> pd.DataFrame:
    """Planned use (规划用途) of every parcel: the code with the largest share of it.

    Parameters
    ----------
    parcels : GeoDataFrame or IndexedParcels
        Polygons indexed by parcel code.
    plan : GeoDataFrame
        Plan areas with ``plan_code``, ``plan_type`` and ``plan_approved_on``, in the same coordinate system; they
        may overlap and leave gaps.
    scheme : str, default 用地用海分类2023
        Classification of the plan's codes.
    tolerance : float, default 0.01
        Area up to which a parcel only touches the areas of a code [㎡]: layers that share an edge overlap by what
        the arithmetic of coordinates leaves.

    Returns
    -------
    DataFrame
        On the parcels' index: ``planned_use`` (missing where the parcel lies in no plan area, or touches them only),
        ``planned_use_scheme``, ``planned_use_name``, ``use_category``, ``planned_use_share``, ``plan_gap_share`` and
        ``plan_overlap_share`` (all 0 to 1), ``plan_tied`` (是, 否), and ``plan_type`` and ``plan_approved_on`` of the
        area of that code that has the largest piece: of several as large the one without a date, else that approved
        last.

    Raises
    ------
    MissingColumnError
        If the plan lacks a column.
    CrsError
        If the coordinate systems are missing, geographic or different.
    SchemeError
        If the classification is unknown.
    BadValueError
        If a code is missing or not in the classification, a geometry is missing or invalid, or a parcel is named
        twice.

    Notes
    -----
    Areas of one code count together, ground under several of them once. Areas equal within 1e-6 ㎡ tie: the smallest
    code wins and ``plan_tied`` says so. The shares are exact whatever the tolerance, except that a parcel without a
    code has a share of 0.
    """
    named = scheme_of(scheme)
    require_plan(plan, named, "planned_use")
    plan = in_settled_order(plan, ["plan_approved_on", "plan_type"], last_first=True)
    found = largest_share(parcels, plan, ["plan_code"])
    lies = found["area"].to_numpy() > tolerance
    code = found["plan_code"].where(lies)
    uses = land_use_table(named)
    rows = np.where(lies, found["area_row"].to_numpy(), -1)
    taken = at_rows(plan[["plan_type", "plan_approved_on"]], rows, parcels.index)
    return pd.DataFrame(
        {
            "planned_use": code,
            "planned_use_scheme": pd.Series(str(named), index=parcels.index, dtype="str").where(code.notna()),
            "planned_use_name": code.map(uses["name"]),
            "use_category": code.map(uses["category"]),
            "planned_use_share": found["share"].where(lies, 0.0),
            "plan_gap_share": found["gap_share"],
            "plan_overlap_share": found["overlap_share"],
            "plan_tied": pd.Series(np.where(found["tied"] & lies, "是", "否"), index=parcels.index, dtype="str"),
            "plan_type": taken["plan_type"],
            "plan_approved_on": taken["plan_approved_on"],
        },
        index=parcels.index,
    )
