"""What the pages of a county share: its townships, their outlines and sums, and the texts around a map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from landmarket.checks import require_projected
from landmarket.maps.elements import escaped
from landmarket.maps.facts import Sum, township_sums
from landmarket.maps.layer import PageText
from landmarket.maps.legend import plain_texts
from landmarket.maps.packing import Ints
from landmarket.maps.sketch import Sketch, inset, sketch_of

NO_TOWNSHIP = "乡镇不明"
"""Page of the parcels whose township is not known."""

INTERNAL = "内部工作用图，未经地图审核，不得公开"


@dataclass(frozen=True)
class Places:
    """Which township each parcel belongs to (宗地所在乡镇).

    Attributes
    ----------
    names : list of str
        Townships with parcels, or rows set aside, in the order of their codes.
    of_parcel, of_set_aside : ndarray of int64
        Position in ``names``; -1 for a row set aside that lies nowhere.
    """

    names: list[str]
    of_parcel: Ints
    of_set_aside: Ints

    def parcels(self, township: str) -> Ints:
        """Find the accepted parcels of a township.

        Parameters
        ----------
        township : str
            Official name.

        Returns
        -------
        ndarray of int64
            Their positions in the table.
        """
        return np.flatnonzero(self.of_parcel == self.names.index(township))

    def set_aside(self, township: str) -> Ints:
        """Find the rows set aside in a township.

        Parameters
        ----------
        township : str
            Official name.

        Returns
        -------
        ndarray of int64
            Their positions in the table of rows set aside.
        """
        return np.flatnonzero(self.of_set_aside == self.names.index(township))


@dataclass(frozen=True)
class County:
    """What the pages of a county share.

    Attributes
    ----------
    name : str
        Name of the county, or empty.
    on : date or None
        Date the values stand for.
    notice : str
        Printed on every page.
    counts : mapping of str to int
        Counts of the run.
    crs : str
        The coordinate system, in words.
    places : Places
        Which township each parcel belongs to.
    codes : mapping of str to str
        Code of each township, where known.
    sketch : Sketch
        Outlines of the townships.
    sums : list of Sum
        What each parcel adds to its township's row.
    """

    name: str
    on: date | None
    notice: str
    counts: Mapping[str, int]
    crs: str
    places: Places
    codes: Mapping[str, str]
    sketch: Sketch
    sums: list[Sum]

    @property
    def title(self) -> str:
        """Title of the county's index page."""
        return f"{self.name}集体经营性建设用地入市与地价"


def county_frame(
    table: gpd.GeoDataFrame,
    places: Places,
    context: Mapping[str, gpd.GeoDataFrame],
    *,
    name: str,
    on: date | None,
    notice: str,
    counts: Mapping[str, int],
) -> County:
    """Gather what the pages of a county share.

    Parameters
    ----------
    table : GeoDataFrame
        Accepted parcels.
    places : Places
        Which township each belongs to.
    context : mapping of str to GeoDataFrame
        The context layers.
    name : str
        Name of the county.
    on : date or None
        Date the values stand for.
    notice : str
        Printed on every page.
    counts : mapping of str to int
        Counts of the run.

    Returns
    -------
    County
        The frame of every page.
    """
    return County(
        name=name,
        on=on,
        notice=notice,
        counts=counts,
        crs=crs_note(table),
        places=places,
        codes=township_codes([table, *context.values()]),
        sketch=sketch_of(_outlines(table, places, context)),
        sums=township_sums(table),
    )


def places_of(table: gpd.GeoDataFrame, aside: gpd.GeoDataFrame, context: Mapping[str, gpd.GeoDataFrame]) -> Places:
    """Tell the townships apart.

    Parameters
    ----------
    table : GeoDataFrame
        Accepted parcels with ``township``.
    aside : GeoDataFrame
        Rows set aside; one without a township that is known goes to the one it lies in by the outlines of the
        context, else to that of the nearest accepted parcel.
    context : mapping of str to GeoDataFrame
        The context layers.

    Returns
    -------
    Places
        Townships in the order of their codes, else of their names; unknown ones last.
    """
    own = [name or NO_TOWNSHIP for name in _column(table, "township")]
    known = {*own, *_named_outlines(context, table)[0]}
    others = [name if name in known else "" for name in _column(aside, "township")]
    unknown = np.flatnonzero([not name for name in others])
    for place, found in zip(unknown, _lying_in(aside.iloc[unknown], table, own, context), strict=True):
        others[place] = found
    codes = township_codes([table, *context.values()])
    names = sorted({*own, *others} - {""}, key=lambda name: (name == NO_TOWNSHIP, codes.get(name, "~"), name))
    place_of = {name: number for number, name in enumerate(names)}
    return Places(
        names,
        np.array([place_of[name] for name in own], dtype=np.int64),
        np.array([place_of.get(name, -1) for name in others], dtype=np.int64),
    )


def _column(table: pd.DataFrame, column: str) -> list[str | None]:
    return plain_texts(table[column]) if column in table.columns else [None] * len(table)


def _lying_in(
    rows: gpd.GeoDataFrame, table: gpd.GeoDataFrame, own: list[str], context: Mapping[str, gpd.GeoDataFrame]
) -> list[str]:
    crs = require_projected(table, "township_maps")
    points = np.asarray(shapely.centroid(np.asarray(rows.geometry.to_crs(crs).array)))
    found = np.full(len(rows), "", dtype=object)
    placed = ~(shapely.is_missing(points) | shapely.is_empty(points))
    names, areas = _named_outlines(context, table)
    for shapes, owners, reach in ((areas, names, 0.0), (np.asarray(table.geometry.array), own, None)):
        open_rows = np.flatnonzero(placed & (found == ""))
        if len(shapes) and len(open_rows):
            at, hit = shapely.STRtree(shapes).query_nearest(points[open_rows], max_distance=reach, all_matches=False)
            found[open_rows[at]] = np.array(owners, dtype=object)[hit]
    return [str(name) for name in found]


def with_outlines(context: Mapping[str, gpd.GeoDataFrame]) -> dict[str, gpd.GeoDataFrame]:
    """Join villages to townships where the context has no outlines of townships.

    Parameters
    ----------
    context : mapping of str to GeoDataFrame
        The context layers.

    Returns
    -------
    dict of str to GeoDataFrame
        The layers, below them the joined outlines as 乡镇界 where they were missing.
    """
    placed = [layer for layer in context.values() if "township" in layer.columns and len(layer)]
    if not placed or any("village" not in layer.columns for layer in placed):
        return dict(context)
    villages = placed[0]
    names = np.array([name or "" for name in _column(villages, "township")], dtype=object)
    shapes = np.asarray(villages.geometry.array)
    townships = [name for name in dict.fromkeys(names.tolist()) if name]
    codes = township_codes([villages])
    joined = gpd.GeoDataFrame(
        {"township": townships, "township_code": [codes.get(name, "") for name in townships]},
        geometry=[shapely.union_all(shapes[names == name]) for name in townships],
        crs=villages.crs,
    )
    return {"乡镇界": joined, **context}


def _named_outlines(
    context: Mapping[str, gpd.GeoDataFrame], table: gpd.GeoDataFrame
) -> tuple[list[str], npt.NDArray[np.object_]]:
    """Outlines of townships from the context, else its villages under their township's name."""
    layers = [layer for layer in context.values() if "township" in layer.columns and len(layer)]
    layers.sort(key=lambda layer: "village" in layer.columns)
    if not layers:
        return [], np.zeros(0, dtype=object)
    outlines = layers[0].geometry.to_crs(require_projected(table, "township_maps"))
    return [name or "" for name in _column(layers[0], "township")], np.asarray(outlines.array)


def _outlines(
    table: gpd.GeoDataFrame, places: Places, context: Mapping[str, gpd.GeoDataFrame]
) -> dict[str, BaseGeometry]:
    """Outline of each township: drawn in the context, joined from its villages, or the hull of its parcels."""
    names, areas = _named_outlines(context, table)
    named = np.array(names, dtype=object)
    outlines = {name: shapely.union_all(areas[named == name]) for name in dict.fromkeys(names) if name}
    geometries = np.asarray(table.geometry.array)
    for name in places.names:
        if name not in outlines and name != NO_TOWNSHIP:
            outlines[name] = shapely.convex_hull(shapely.union_all(shapely.envelope(geometries[places.parcels(name)])))
    return outlines


def township_codes(tables: list[pd.DataFrame]) -> dict[str, str]:
    """Look up the code of each township in the tables that hold it.

    Parameters
    ----------
    tables : list of DataFrame
        Tables that may have ``township`` and ``township_code``.

    Returns
    -------
    dict of str to str
        Code by official name; the first one found.
    """
    codes: dict[str, str] = {}
    for table in tables:
        if {"township", "township_code"} <= set(table.columns):
            pairs = table[["township", "township_code"]].drop_duplicates()
            for name, code in zip(_column(pairs, "township"), _column(pairs, "township_code"), strict=True):
                if name and code:
                    codes.setdefault(name, code)
    return codes


def crs_note(table: gpd.GeoDataFrame) -> str:
    """Say the coordinate system in the words a map prints.

    Parameters
    ----------
    table : GeoDataFrame
        Layer with a projected CRS.

    Returns
    -------
    str
        For EPSG:4547 ``2000国家大地坐标系，高斯-克吕格投影，3度带，中央经线114°``; for others their own name.
    """
    crs = CRS.from_user_input(table.crs)
    geodetic, operation = crs.geodetic_crs, crs.coordinate_operation
    if geodetic is None or operation is None or "China Geodetic Coordinate System 2000" not in geodetic.name:
        return crs.name
    meridian = next((p.value for p in operation.params if p.name == "Longitude of natural origin"), None)
    if meridian is None:
        return f"2000国家大地坐标系（{crs.name}）"
    width = "3度带，" if "3-degree" in crs.name else "6度带，" if "Gauss-Kruger" in crs.name else ""
    return f"2000国家大地坐标系，高斯-克吕格投影，{width}中央经线{meridian:g}°"


def page_text(township: str, county: County) -> PageText:
    """Write what stands around the map of a township.

    Parameters
    ----------
    township : str
        Official name.
    county : County
        What its pages share.

    Returns
    -------
    PageText
        Escaped HTML.
    """
    title = f"{county.name}{township}集体经营性建设用地宗地图"
    return PageText(
        title=title,
        head=f"<h1>{escaped(title)}</h1>{subtitle(county)}{notice_badge(county)}",
        over=_inset(township, county),
        panel=_counts(township, county),
        foot=foot(county),
    )


def subtitle(county: County) -> str:
    """Write the date the values stand for.

    Parameters
    ----------
    county : County
        What its pages share.

    Returns
    -------
    str
        HTML, empty where there is no date.
    """
    return f"<p>期日 {county.on:%Y-%m-%d}</p>" if county.on else ""


def notice_badge(county: County) -> str:
    """Write the notice as a badge of the head line.

    Parameters
    ----------
    county : County
        What its pages share.

    Returns
    -------
    str
        HTML, empty where there is none.
    """
    return f'<strong class="lm-notice">{escaped(county.notice)}</strong>' if county.notice else ""


def foot(county: County) -> str:
    """Write the foot line: internal use, notice, coordinate system.

    Parameters
    ----------
    county : County
        What its pages share.

    Returns
    -------
    str
        HTML.
    """
    notice = f"<span>{escaped(county.notice)}</span>" if county.notice else ""
    return (
        f"<strong>{INTERNAL}</strong>{notice}<span>数据坐标系：{escaped(county.crs)}；屏幕显示为网络墨卡托投影</span>"
    )


def count_rows(counts: Mapping[str, int], unit: str) -> str:
    """Write counts as rows of a list.

    Parameters
    ----------
    counts : mapping of str to int
        Numbers of parcels by what they are.
    unit : str
        Written after each number.

    Returns
    -------
    str
        HTML of ``dt`` and ``dd``.
    """
    return "".join(f"<dt>{escaped(name)}</dt><dd>{int(count):,}{unit}</dd>" for name, count in counts.items())


def _counts(township: str, county: County) -> str:
    here = {"采用": len(county.places.parcels(township)), "暂不处理": len(county.places.set_aside(township))}
    lists = [("本乡镇", here)] + ([("全县", dict(county.counts))] if county.counts else [])
    columns = "".join(
        f'<div><h2>{title}（宗）</h2><dl class="lm-counts">{count_rows(rows, "")}</dl></div>' for title, rows in lists
    )
    return f'<section class="lm-tally">{columns}</section>'


def _inset(township: str, county: County) -> str:
    if len(county.sketch.paths) < 2:
        return ""
    return f'<section class="lm-inset"><h2>位置</h2>{inset(county.sketch, township)}</section>'
