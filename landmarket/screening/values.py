"""Checks of values (数值与事实): what cannot be read, what cannot be true."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from landmarket.columns import alike, rename_map, schema
from landmarket.io.dates import FIRST_YEAR, LAST_YEAR, written_day
from landmarket.io.manifest import secret_name
from landmarket.io.parcels import typed_column
from landmarket.io.quantities import quantity_cure
from landmarket.io.values import half_width, to_term
from landmarket.screening.result import Findings, Mask
from landmarket.zoning.conditions import readable_far_ranges
from landmarket.zoning.use import Scheme, land_use_table

FACTS = (
    "floor_area_ratio",
    "acquisition_cost",
    "development_cost",
    "ownership_registered",
    "disputed",
    "sealed",
    "expropriation",
    "vote_on",
    "vote_body",
    "vote_total",
    "vote_attended",
    "vote_yes",
    "entry_plan_filed_on",
    "land_source",
    "conversion_document",
    "pathway",
)
"""Facts of a parcel that later steps ask for; what the file lacks is unknown."""

_GIVEN = (
    *FACTS,
    "parcel_code",
    "geometry",
    "township",
    "township_code",
    "village",
    "village_code",
    "registered_area",
    "current_use",
    "term",
    "development",
    "zone",
    "building_density",
    "green_share",
    "height_limit",
    "supporting_share",
    "investment_intensity",
    "tax_intensity",
    "grade",
)
"""Columns of the schema that a parcel file may bring; all others are results."""

_WHOLE = 100.0  # per cent
_COSTS = ("acquisition_cost", "development_cost")
_PRICING = ("registered_area", *_COSTS)


def check_headers(headers: Sequence[str], found: Findings) -> None:
    """Name headers nobody knows that may mean a column which the file lacks.

    Parameters
    ----------
    headers : sequence of str
        Of the raw parcels.
    found : Findings
        Where findings go.
    """
    meant: dict[str, list[str]] = {}
    for header, name in alike(headers).items():
        if name in _GIVEN and name not in headers:
            meant.setdefault(name, []).append(header)
    for name, written in meant.items():
        found.add_column("column_alike", name, "、".join(written))


def check_columns(table: gpd.GeoDataFrame, found: Findings) -> None:
    """Add the fact columns that the file does not have, as unknown, and name columns that mean one already there.

    Parameters
    ----------
    table : GeoDataFrame
        Raw parcels; changed in place.
    found : Findings
        Where findings go.
    """
    for name in [str(name) for name in table.columns if name not in schema()]:
        if rename_map([name]).get(name) in table.columns:
            found.add_column("column_doubled", name)
    for name in FACTS:
        if name not in table.columns:
            found.add_column("column_missing", name)
            kind = {"date": "datetime64[s]", "number": "float64", "whole": "float64"}.get(schema()[name].kind, "str")
            table[name] = pd.Series(None, index=table.index, dtype=kind)


def check_values(table: gpd.GeoDataFrame, found: Findings) -> None:
    """Give every column the schema knows its type; unreadable cells become missing.

    Parameters
    ----------
    table : GeoDataFrame
        Raw parcels; typed in place.
    found : Findings
        Where findings go.
    """
    for name in [str(name) for name in table.columns if secret_name(name)]:
        found.add_column("reserve_dropped", name)
        del table[name]
    for name in [str(name) for name in table.columns if name in schema() and name not in _GIVEN]:
        found.add_column("result_dropped", name)
        del table[name]
    for name in [str(name) for name in table.columns if name in schema()]:
        if name in ("parcel_code", "geometry"):
            continue
        typed, bad = typed_column(table[name])
        if schema()[name].kind == "date":
            bad = _check_years(table[name], bad, found)
        check = "value_unreadable" if name in _PRICING else "value_unknown"
        found.add(check, bad, table.loc[bad, name], name, cure=_cure(name))
        if schema()[name].kind in ("number", "whole"):
            negative = np.asarray(typed, dtype=np.float64) < 0
            found.add("value_negative", negative, table.loc[negative, name], name)
        if name in _COSTS:
            blank = typed.isna().to_numpy() & ~bad
            found.add("cost_missing", blank, [""] * int(blank.sum()), name)
        table[name] = typed
    for name, check in (("floor_area_ratio", "far_unreadable"), ("term", "term_unreadable")):
        if name in table.columns:
            text = table[name]
            if name == "term":
                bad = to_term(text)[1]
            else:
                bad = text.notna().to_numpy() & ~readable_far_ranges(text).to_numpy()
            found.add(check, bad, text[bad])


def _check_years(column: pd.Series[str], bad: Mask, found: Findings) -> Mask:
    """Tell days of years that cannot be apart from what is no day; gives the cells that are none."""
    cells = column[bad]
    outside = bad.copy()
    outside[bad] = [written_day(half_width(str(cell)).strip()) is not None for cell in cells]
    cure = f"核对年份，应在 {FIRST_YEAR} 年至 {LAST_YEAR} 年之间"
    found.add("value_outside", outside, column[outside].astype("str"), str(column.name), cure=cure)
    return bad & ~outside


def _cure(name: str) -> str:
    """Say how to write a cell of a column; empty where the check says it."""
    described = schema()[name]
    if described.allowed:
        return f"写成 {'、'.join(described.allowed)} 之一；不明的留空"
    return quantity_cure(described.unit).removesuffix("。") if described.kind in ("number", "whole") else ""


def check_facts(table: gpd.GeoDataFrame, found: Findings) -> None:
    """Check facts against each other; counts of a vote that cannot be true together become missing.

    Parameters
    ----------
    table : GeoDataFrame
        Typed parcels; changed in place.
    found : Findings
        Where findings go.
    """
    votes = ["vote_yes", "vote_attended", "vote_total"]
    yes, attended, total = (table[name].to_numpy(dtype=np.float64) for name in votes)
    wrong = (yes > attended) | (attended > total) | (yes > total)
    found.add(
        "vote_contradictory",
        wrong,
        [f"{y:g}/{a:g}/{t:g}" for y, a, t in zip(yes[wrong], attended[wrong], total[wrong], strict=True)],
    )
    table.loc[wrong, votes] = np.nan
    filed, voted = table["entry_plan_filed_on"], table["vote_on"]
    early = (filed < voted).to_numpy()
    days = (column[early].dt.strftime("%Y-%m-%d") for column in (filed, voted))
    found.add("filing_before_vote", early, [f"{day} 备案，{vote} 表决" for day, vote in zip(*days, strict=True)])
    if "current_use" in table.columns:
        unused = table["current_use"].isna().to_numpy()
        found.add("current_use_missing", unused, [""] * int(unused.sum()))
        strange = ~unused & ~table["current_use"].isin(land_use_table(Scheme.三调).index).to_numpy()
        found.add("current_use_unknown", strange, table.loc[strange, "current_use"])
    for name in ("building_density", "green_share", "supporting_share"):
        if name in table.columns:
            over = table[name].to_numpy(dtype=np.float64) > _WHOLE
            cure = f"核对该值与单位，应在 0—{_WHOLE:g} % 之间"
            found.add("value_outside", over, table.loc[over, name].map("{:g}".format), name, cure=cure)
            table.loc[over, name] = np.nan
