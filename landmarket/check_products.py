"""What checking a parcel file hands over (检查成果): a workbook with a sheet per problem, and a layer of problems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import geopandas as gpd
import pandas as pd

from landmarket.columns import label
from landmarket.crs import to_projected
from landmarket.geometry import usable_polygons
from landmarket.io.writing import RunFolder
from landmarket.report.geopackage import write_geopackage
from landmarket.report.layer_style import Category, LayerStyle
from landmarket.report.table_book import write_table_book
from landmarket.screening import Screening, neighbour_faults

WORKBOOK, LAYERS = "检查结果.xlsx", "检查结果.gpkg"
PROBLEMS, NEIGHBOURS = "问题宗地", "相邻关系"
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


def checked(parcels: gpd.GeoDataFrame, screening: Screening, title: str, notice: str = "") -> CheckWork:
    """Gather what a check found (检查).

    Parameters
    ----------
    parcels : GeoDataFrame
        As `landmarket.io.read_parcels` gives them.
    screening : Screening
        What `screen` gave for them.
    title : str
        The file, as the workbook names it.
    notice : str, optional
        A line that every output carries.

    Returns
    -------
    CheckWork
        What `write_check` writes.

    Raises
    ------
    CrsError
        If the layer has no coordinate system.
    """
    notes = tuple(map(str, parcels.attrs.get("source_notes", ())))
    raw = to_projected(parcels)
    if "parcel_code" not in raw.columns:
        raw = raw.assign(parcel_code=pd.Series("", index=raw.index, dtype="str"))
    raw = raw.set_geometry(gpd.GeoSeries(usable_polygons(raw.geometry.to_numpy()), index=raw.index, crs=raw.crs))
    return CheckWork(title, notes, raw.geometry, screening, neighbour_faults(raw), notice)


def problem_tables(work: CheckWork) -> dict[str, pd.DataFrame]:
    """Gather the sheets of the workbook (检查结果各表).

    Parameters
    ----------
    work : CheckWork
        A checked file.

    Returns
    -------
    dict of str to DataFrame
        The summary first, then the rows of each check by its name, neighbours, and what was said of the file.
    """
    findings, tables = _shown(work.screening), {SUMMARY: work.screening.summary()}
    for name in tables[SUMMARY]["检查项"].drop_duplicates():
        tables[str(name)] = findings[findings["检查项"].eq(name)].drop(columns=["检查项", "严重程度"])
    neighbours = work.neighbours.drop(columns=work.neighbours.geometry.name).rename(columns=_HEADERS)
    tables[NEIGHBOURS] = pd.DataFrame(neighbours)
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
}


def _shown(screening: Screening) -> pd.DataFrame:
    """The findings with Chinese headers, columns by their labels."""
    return screening.findings.assign(column=screening.findings["column"].map(label)).rename(columns=_HEADERS)


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
        问题宗地: a row per finding with the polygon of its parcel, invalid ones as repaired; 相邻关系: the ground of
        each overlap and gap. Findings of rows without a polygon and of whole columns stand in the workbook alone. A
        layer without a row is left out.
    """
    rows = work.screening.findings["source_row"]
    shapes = gpd.GeoSeries(work.shapes.reindex(rows)).to_numpy()
    drawn = gpd.GeoDataFrame(_shown(work.screening), geometry=shapes, crs=work.shapes.crs)
    layers = {PROBLEMS: drawn[drawn.geometry.notna()], NEIGHBOURS: work.neighbours.rename(columns=_HEADERS)}
    return {name: layer for name, layer in layers.items() if len(layer)}


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
        Files by what they are; without a problem that can be drawn there is no layer.

    Raises
    ------
    OutputError
        If a file cannot be written whole, or a check found more rows than a sheet holds.
    """
    write_table_book(
        run.folder / WORKBOOK,
        problem_tables(work),
        title=f"{work.title} 检查结果",
        line="；".join(_counts(work.screening)),
        created=created,
        notice=work.notice,
        long=("办法", "值", "说明"),
    )
    made, layers = {"检查结果": WORKBOOK}, problem_layers(work)
    if layers:
        styles = {PROBLEMS: _style("严重程度", _SEVERITIES), NEIGHBOURS: _style("关系", _RELATIONS)}
        write_geopackage(run.folder / LAYERS, layers, {name: styles[name] for name in layers}, created=created)
        made["问题图层"] = LAYERS
    run.record(counts=work.screening.counts, notice=work.notice, notes=work.notes)
    return made


def _style(column: str, colours: Mapping[str, str]) -> LayerStyle:
    classes = tuple(Category(name, name, colour) for name, colour in colours.items())
    return LayerStyle(column, column, classes, label_column="宗地代码", other_colour="#999999")
