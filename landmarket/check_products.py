"""What checking a parcel file hands over (检查成果): a workbook with a sheet per problem, and a layer of problems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import geopandas as gpd
import numpy as np
import pandas as pd

from landmarket.columns import label
from landmarket.io.tables import csv_bytes
from landmarket.io.whole import write_whole
from landmarket.io.writing import RunFolder
from landmarket.report.geopackage import write_geopackage
from landmarket.report.layer_style import Category, LayerStyle
from landmarket.report.table_book import write_table_book
from landmarket.screening import Screening, Survey, neighbour_table
from landmarket.screening.result import FACTS, joined, row_numbers

WORKBOOK, LAYERS, LIST = "检查结果.xlsx", "检查结果.gpkg", "检查结果.csv"
PROBLEMS, PLACES, NEIGHBOURS = "问题宗地", "问题位置", "相邻关系"
LISTED = 1000
"""Rows of one problem that the workbook lists: nobody reads more, and a sheet of a hundred thousand opens slowly."""
SUMMARY = "检查汇总"
_SEVERITIES = {"错误": "#c0392b", "警告": "#e6a23c", "提示": "#7f8c8d"}
_RELATIONS = {"重叠": "#c0392b", "图形相同": "#8e44ad", "缝隙": "#2980b9"}


@dataclass(frozen=True, eq=False)
class CheckWork:
    """A parcel file checked (检查).

    Attributes
    ----------
    title : str
        The file, as the workbook names it.
    notes : tuple of str
        What was found about file, encoding and coordinates.
    shapes : GeoSeries
        Every row's polygon, in a projected system, invalid ones as repaired; None where there is none.
    screening : Screening
        Accepted rows, findings, rows set aside.
    neighbours : GeoDataFrame
        Pairs that overlap, are equal, or leave a gap.
    notice : str
        A line that every output carries; may be empty.
    """

    title: str
    notes: tuple[str, ...]
    shapes: gpd.GeoSeries
    screening: Screening
    neighbours: gpd.GeoDataFrame
    notice: str


def checked(parcels: gpd.GeoDataFrame, found: Survey, title: str, notice: str = "") -> CheckWork:
    """Gather what a check found (检查).

    Parameters
    ----------
    parcels : GeoDataFrame
        As `landmarket.io.read_parcels` gives them.
    found : Survey
        What `survey` gave for them.
    title : str
        The file, as the workbook names it.
    notice : str, optional
        A line that every output carries.

    Returns
    -------
    CheckWork
        What `write_check` writes.
    """
    notes = tuple(map(str, parcels.attrs.get("source_notes", ())))
    nameless = pd.Series("", index=parcels.index, dtype="str")
    codes = parcels["parcel_code"] if "parcel_code" in parcels.columns else nameless
    neighbours = neighbour_table(codes, found.shapes, found.overlaps, found.tolerances)
    return CheckWork(title, notes, found.shapes, found.screening, neighbours, notice)


def problem_tables(work: CheckWork) -> dict[str, pd.DataFrame]:
    """Gather the sheets of the workbook (检查结果各表).

    Parameters
    ----------
    work : CheckWork
        A checked file.

    Returns
    -------
    dict of str to DataFrame
        The summary first, then the rows of each check by its name, neighbours, and what was said of the file. Of a
        check or of neighbours the first `LISTED` rows; columns that no row fills are left out.
    """
    findings, tables = _shown(work.screening.findings), {SUMMARY: work.screening.summary()}
    for name in tables[SUMMARY]["检查项"].drop_duplicates():
        rows = findings[findings["检查项"].eq(name)].drop(columns=["检查项", "严重程度"])
        tables[str(name)] = rows.head(LISTED).dropna(axis=1, how="all")
    neighbours = work.neighbours.drop(columns=work.neighbours.geometry.name).rename(columns=_HEADERS)
    tables[NEIGHBOURS] = pd.DataFrame(neighbours).head(LISTED)
    tables["文件"] = pd.DataFrame({"说明": [*work.notes, *_counts(work.screening)]}, dtype="str")
    return tables


_HEADERS = {
    "source_row": "源文件行号",
    "other_row": "另一宗行号",
    "parcel_code": "宗地代码",
    "other_code": "另一宗代码",
    "check": "检查项",
    "severity": "严重程度",
    "column": "列",
    "value": "值",
    "cure": "办法",
    "relation": "关系",
    "relation_area": "面积（㎡）",
    "relation_width": "均宽（m）",
    "fault": "图形毛病",
    "fault_x": "位置东（m）",
    "fault_y": "位置北（m）",
    "area_before": "修复前面积（㎡）",
    "area_after": "修复后面积（㎡）",
    "registered_area": "登记面积（㎡）",
    "ellipsoidal_area": "椭球面积（㎡）",
    "plane_area": "投影面积（㎡）",
}


def _shown(findings: pd.DataFrame) -> pd.DataFrame:
    """The findings with Chinese headers, columns by their labels, areas and places to the centimetre."""
    labels = {name: label(name) for name in findings["column"].unique()}
    measures = {name: findings[name].astype("float64").round(2) for name in FACTS if name != "fault"}
    named = findings.assign(source_row=row_numbers(findings), column=findings["column"].map(labels), **measures)
    return named.rename(columns=_HEADERS)


def _counts(screening: Screening) -> list[str]:
    return [f"{name} {count} 宗" for name, count in screening.counts.items()]


def problem_layers(work: CheckWork) -> dict[str, gpd.GeoDataFrame]:
    """Draw the problems (检查结果图层).

    Parameters
    ----------
    work : CheckWork
        A checked file.

    Returns
    -------
    dict of str to GeoDataFrame
        问题宗地: a row per parcel with a problem, all its problems named, the worst of them first, and its polygon,
        invalid ones as repaired; 问题位置: the point of each fault of a shape; 相邻关系: the ground of each overlap and
        gap. Parcels without a polygon and whole columns stand in the workbook alone. A layer without a row is left out.
    """
    findings = work.screening.findings
    parcels = _by_parcel(findings)
    shapes = gpd.GeoSeries(work.shapes.reindex(parcels["source_row"])).to_numpy()
    drawn = gpd.GeoDataFrame(parcels.rename(columns=_HEADERS), geometry=shapes, crs=work.shapes.crs)
    placed = findings[np.isfinite(findings["fault_x"].astype("float64") + findings["fault_y"].astype("float64"))]
    points = gpd.points_from_xy(placed["fault_x"], placed["fault_y"], crs=work.shapes.crs)
    told = _shown(placed).drop(columns=["列", "值", "办法"]).dropna(axis=1, how="all")
    layers = {
        PROBLEMS: drawn[drawn.geometry.notna()],
        PLACES: gpd.GeoDataFrame(told, geometry=points),
        NEIGHBOURS: work.neighbours.rename(columns=_HEADERS),
    }
    return {name: layer for name, layer in layers.items() if len(layer)}


def _by_parcel(findings: pd.DataFrame) -> pd.DataFrame:
    """One row per source row: its worst severity, how many problems it has, and their names."""
    rank = findings["severity"].map({name: place for place, name in enumerate(_SEVERITIES)})
    worst_first = findings.loc[rank.sort_values(kind="stable").index]
    first = worst_first.drop_duplicates("source_row")[["source_row", "parcel_code", "severity"]]
    names = joined(worst_first, "check")
    count = findings["source_row"].value_counts()
    rows = first["source_row"]
    return first.assign(问题数=rows.map(count), 全部问题=rows.map(names)).sort_values("source_row")


def write_check(work: CheckWork, run: RunFolder, created: datetime) -> Mapping[str, str]:
    """Write what a check hands over into a run folder (检查成果).

    Parameters
    ----------
    work : CheckWork
        A checked file.
    run : RunFolder
        The run folder.
    created : datetime
        Time of the run.

    Returns
    -------
    mapping of str to str
        Files by what they are; without a problem that can be drawn there is no layer, and only where the workbook
        does not list all rows of a problem is there a list of all.

    Raises
    ------
    OutputError
        If a file cannot be written whole.
    """
    tables, layers, findings = problem_tables(work), problem_layers(work), work.screening.findings
    line, made = "；".join(_counts(work.screening)), {"检查结果": WORKBOOK}
    if findings["check"].value_counts().max() > LISTED:
        write_whole(run.folder / LIST, csv_bytes(_shown(findings)))
        line, made["全部问题"] = f"{line}；每种问题列出前 {LISTED} 行，全部见 {LIST}", LIST
    write_table_book(
        run.folder / WORKBOOK,
        tables,
        title=f"{work.title} 检查结果",
        line=line,
        created=created,
        notice=work.notice,
        long=("办法", "值", "说明"),
    )
    if layers:
        styles = {
            PROBLEMS: _style("严重程度", _SEVERITIES),
            PLACES: _style("严重程度", _SEVERITIES),
            NEIGHBOURS: _style("关系", _RELATIONS),
        }
        write_geopackage(run.folder / LAYERS, layers, {name: styles[name] for name in layers}, created=created)
        made["问题图层"] = LAYERS
    run.record(counts=work.screening.counts, notice=work.notice, notes=work.notes)
    return made


def _style(column: str, colours: Mapping[str, str]) -> LayerStyle:
    classes = tuple(Category(name, name, colour) for name, colour in colours.items())
    return LayerStyle(column, column, classes, label_column="宗地代码", other_colour="#999999")
