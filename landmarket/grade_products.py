"""What grading a county hands over (定级成果): maps, workbook, polygons, surfaces and tables, in one run folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from landmarket.checks import require_projected
from landmarket.columns import label
from landmarket.county import County, read_villages
from landmarket.errors import BadValueError, MissingColumnError, RuleError, named_rows
from landmarket.geometry import repaired
from landmarket.io.database_address import Source
from landmarket.io.file_names import file_names
from landmarket.io.tables import write_tables
from landmarket.io.whole import file_beside, output_errors
from landmarket.io.writing import RunFolder, new_run
from landmarket.maps.table_page import write_table_page
from landmarket.maps.villages import save_page, village_map
from landmarket.pricing.grading import (
    Grades,
    GradingRule,
    factor_table,
    grade_land,
    grade_worksheets,
    read_grading_layers,
    read_grading_rule,
    sensitivity,
    total_scores,
    use_polygons,
    write_surfaces,
)
from landmarket.pricing.grading.grades import method_name
from landmarket.pricing.grading.layers import Layers
from landmarket.pricing.grading.sample_check import check_samples, graded_samples, order_findings
from landmarket.pricing.grading.tables import (
    grade_label,
    range_table,
    summary_table,
    village_table,
    weight_table,
)
from landmarket.products import Say
from landmarket.report.sources import stated_sources
from landmarket.report.table_book import WeightedSum, write_table_book
from landmarket.rule_file import RuleFile
from landmarket.rules import load_toml

MAPS, TABLES, SURFACES = "maps", "tables", "surfaces"
WORKBOOK, POLYGONS, INDEX = "定级成果.xlsx", "级别图斑.gpkg", "index.html"
VILLAGE_LAYER = "村级别"
"""Layer of the villages beside the layers of the uses."""

_NOT_WHOLE = "没有写全，多半是磁盘已满"
_NEEDED = ("township", "township_code", "village", "village_code")


@dataclass(frozen=True, eq=False)
class GradeWork:
    """A county, graded (定级工作).

    Attributes
    ----------
    county : County
        The county file.
    grades : Grades
        The grades.
    layers : mapping of str to GeoDataFrame or Elevation
        What they were made from.
    samples : DataFrame
        Sample prices with the village they lie in and its grade; no rows where the rule names none.
    checks : DataFrame
        The check of mean sample prices, by use.
    ranks : DataFrame
        Rank correlation of factors and sample prices, by use.
    moves : DataFrame
        The sensitivity of the grades.
    """

    county: County
    grades: Grades
    layers: Layers
    samples: pd.DataFrame
    checks: pd.DataFrame
    ranks: pd.DataFrame
    moves: pd.DataFrame

    @property
    def findings(self) -> pd.DataFrame:
        """What is to be looked at: in grading, and in the check of mean sample prices."""
        return pd.concat([self.grades.findings, order_findings(self.checks)], ignore_index=True)

    @property
    def rule(self) -> GradingRule:
        """The rule that the county was graded by."""
        return self.grades.rule


def grading_villages(county: County) -> gpd.GeoDataFrame:
    """Read the villages that are graded.

    Parameters
    ----------
    county : County
        The county file.

    Returns
    -------
    GeoDataFrame
        Indexed by village code, projected; shapes repaired where that leaves no doubt.

    Raises
    ------
    MissingColumnError, CrsError, BadValueError
        If a column or the coordinate system is missing; if a name or code is blank, or a code stands twice; if a shape
        is missing, is no area, or crosses itself so that nobody can say which area is meant.
    """
    path, villages = county.sources["villages"], read_villages(county)
    lacking = [label(name) for name in _NEEDED if name not in villages.columns]
    if lacking:
        raise MissingColumnError(f"{path}：定级以村为单位，村界图层缺少列 {'、'.join(lacking)}。办法：补上这些列。")
    blank = villages[list(_NEEDED)].isna().any(axis=1)
    twice = villages["village_code"].duplicated(keep=False) & ~blank
    for bad, what in ((blank, "乡镇、村的名称或代码有空格"), (twice, "村代码重复")):
        if bad.any():
            rows = named_rows([f"第 {row} 行" for row in villages.index[bad]], villages.loc[bad, "village_code"])
            raise BadValueError(f"{path}：{what}，{rows}。办法：补齐名称与代码，一村一行（多个图形先合并）。")
    require_projected(villages, "grading_villages")
    return _with_areas(villages.set_index("village_code"), path)


def _with_areas(villages: gpd.GeoDataFrame, path: Source) -> gpd.GeoDataFrame:
    """Repair what can be repaired without doubt; refuse what is no area."""
    shapes, certain = repaired(villages.geometry.to_numpy())
    for bad, what in ((shapely.get_dimensions(shapes) != 2, "没有图形，或不是面"), (~certain, "图形自相交")):
        if bad.any():
            raise BadValueError(f"{path}：村界{what}，{named_rows(villages.index[bad])}。办法：在 GIS 软件中改正图形。")
    name = villages.geometry.name
    return villages.set_geometry(gpd.GeoSeries(shapes, index=villages.index, crs=villages.crs, name=name))


def do_grading(county: County, say: Say) -> GradeWork:
    """Read, score and grade a county.

    Parameters
    ----------
    county : County
        The county file; it must name a grading rule.
    say : callable
        Told of each step, in Chinese, as it begins.

    Returns
    -------
    GradeWork
        All results, nothing written.

    Raises
    ------
    RuleError
        If the county file names no grading rule, or one of another county.
    """
    if county.grading_rule is None:
        raise RuleError(f"{county.path}：[files] 没有 grading_rule。办法：写明定级办法的 TOML 文件。")
    rule = read_grading_rule(county.grading_rule)
    if rule.county != county.county:
        raise RuleError(
            f"{county.grading_rule}：county = {rule.county}，县配置为 {county.county}。办法：换用本县的规则。"
        )
    say("读取村界与定级图层")
    villages = grading_villages(county)
    layers = read_grading_layers(rule, villages)
    say(f"计算作用分：{len(rule.factors)} 个因素，网格 {rule.cell:g} m，{len(villages)} 村")
    grades = grade_land(villages, rule, layers)
    say(f"级别：{len(grades.uses)} 种用途；样点检验")
    samples = graded_samples(grades)
    checks, ranks = check_samples(grades, samples)
    say("敏感性分析")
    return GradeWork(county, grades, layers, samples, checks, ranks, sensitivity(grades, layers))


@contextmanager
def grading_run(work: GradeWork, out: Path, created: datetime) -> Iterator[RunFolder]:
    """Open a run folder that knows what the grades were made from.

    Parameters
    ----------
    work : GradeWork
        A graded county.
    out : Path
        Folder of all runs.
    created : datetime
        Time of the run.

    Yields
    ------
    RunFolder
        Write into its ``folder``.
    """
    rule, county = work.rule, work.county
    files: list[Source] = [county.sources["villages"], *(file.path for file in rule.layers.values())]
    files += [county.grading_rule, *_judgements(county.grading_rule)] if county.grading_rule else []
    files += [rule.samples.path] if rule.samples else []
    with new_run(out, inputs=list(dict.fromkeys(files)), secret_inputs=[county.path], created=created) as run:
        yield run


def _judgements(rule: Path) -> list[Path]:
    """Find the sheets of judgements that the weights of a rule were computed from."""
    names = [use.text("delphi", "") for use in RuleFile(load_toml(rule), str(rule)).records("use")]
    return [rule.parent / name for name in names if name]


def write_grades(work: GradeWork, run: RunFolder, created: datetime, say: Say) -> None:
    """Write everything that grading hands over into a run folder.

    Parameters
    ----------
    work : GradeWork
        A graded county.
    run : RunFolder
        The run folder.
    created : datetime
        Time of the run.
    say : callable
        Told of each step, in Chinese, as it begins.
    """
    say("写级别图与评定说明")
    write_grade_maps(work, run.folder / MAPS)
    say("写工作簿、级别图斑、作用分面")
    write_grade_book(work, run.folder / WORKBOOK, created)
    write_grade_polygons(work, run.folder / POLYGONS)
    write_grade_surfaces(work, run.folder / SURFACES)
    write_tables(run.folder / TABLES, _result_tables(work))
    run.record(notice=work.county.notice, rules=_sources(work).astype("object").to_dict("records"))


def _result_tables(work: GradeWork) -> dict[str, pd.DataFrame]:
    """Results for other programs, by the name of their file."""
    return {
        "village_grades": village_table(work.grades),
        "village_scores": work.grades.scores,
        "grade_ranges": work.grades.ranges(),
        "samples": work.samples,
        "price_order": work.checks,
        "sensitivity": work.moves,
    }


def write_grade_maps(work: GradeWork, folder: Path) -> None:
    """Write one map a use, one of all uses, and the index page.

    Parameters
    ----------
    work : GradeWork
        A graded county.
    folder : Path
        Where the pages go.
    """
    grades, county, notice = work.grades, work.county, work.county.notice
    table, sheets = village_table(grades), {use: grade_worksheets(grades, use) for use in grades.uses}
    stems = file_names([f"级别图_{use}" for use in grades.uses])
    links = {f"{use}级别图": f"{stems[f'级别图_{use}']}.html" for use in grades.uses}
    context = {
        key: layer for key, layer in work.layers.items() if isinstance(layer, gpd.GeoDataFrame) and _lines(layer)
    }
    for use, one in grades.uses.items():
        factors = list(map(str, one.use.weights.index))
        page = village_map(
            table.join(grades.scores[factors]),
            f"{use}级别",
            title=f"{county.name}集体建设用地定级 · {use}",
            views=[f"{use}级别", f"{use}总分值", *factors],
            worksheets=sheets[use],
            context=context,
            remarks=_remarks(work, use),
            notice=notice,
        )
        save_page(page, folder / links[f"{use}级别图"], INDEX)
    columns = [f"{use}级别" for use in grades.uses]
    stacked = pd.concat([_with_heading(use, sheet) for use, sheet in sheets.items()])
    page = village_map(
        table,
        columns[0],
        title=f"{county.name}集体建设用地定级 · 各村级别评定说明",
        views=columns,
        worksheets=stacked,
        context=context,
        notice=notice,
    )
    save_page(page, folder / "各村级别评定说明.html", INDEX)
    write_table_page(
        folder / INDEX,
        _index_tables(work),
        title=f"{county.name}集体建设用地定级",
        links=links | {"各村级别评定说明": "各村级别评定说明.html"},
        notice=notice,
        foot=f"{work.rule.name}（{work.rule.source}）",
    )


def _lines(layer: gpd.GeoDataFrame) -> bool:
    return bool(layer.geom_type.str.contains("LineString").all())


def _with_heading(use: str, sheet: pd.DataFrame) -> pd.DataFrame:
    return sheet.assign(step=f"{use}：" + sheet["step"])


def _remarks(work: GradeWork, use: str) -> dict[str, str]:
    """Say below the legend how a use was graded, and what its check against sample prices found."""
    one = work.grades.uses[use]
    weights = "，".join(f"{factor} {weight:.4f}" for factor, weight in one.use.weights.items())
    between = "；".join(f"{cut:.2f}" for cut in reversed(one.boundaries))
    own = work.checks[work.checks["use"].eq(use)]
    order = "；".join(
        f"{grade_label(grade)} {count} 个" + ("" if pd.isna(mean) else f"，均价 {mean:.2f} 元/㎡") + f"（{verdict}）"
        for grade, count, mean, verdict in zip(
            own["grade"], own["samples"], own["mean_price"], own["verdict"], strict=True
        )
    )
    return {
        "级别分界": f"{between}（{method_name(one.use.method)}）",
        f"权重（{one.use.weighting}）": weights,
        "样点检验": order or "没有该用途的样点",
    }


def _index_tables(work: GradeWork) -> dict[str, pd.DataFrame]:
    checks = work.checks.rename(columns=_HEADERS)
    findings = work.findings.rename(columns=_HEADERS)
    return {"各级村数与面积": summary_table(work.grades), "样点检验": checks, "需要核对": findings}


_HEADERS = {
    "use": "用途",
    "grade": "级别",
    "samples": "样点数",
    "mean_price": "平均地价（元/㎡）",
    "median_price": "中位地价（元/㎡）",
    "verdict": "结论",
    "cure": "办法",
    "severity": "严重程度",
    "where": "位置",
    "value": "值",
    "message": "问题",
    "factor": "因素",
    "rank_correlation": "与样点地价的等级相关系数",
    "what": "变动对象",
    "change": "变动",
    "changed": "变级村数（重新分界）",
    "changed_same_boundaries": "变级村数（分界不变）",
    "share": "变级村占比（重新分界）",
    "note": "说明",
    "part": "组成",
    "level": "级别或等级",
    "count": "个数",
    "score": "作用分",
    "radius": "影响半径（m）",
    "price_use": "用途",
    "village_code": "村代码",
    "unit_price": "单价（元/㎡）",
    "left_out": "未参与检验的原因",
    "sample_id": "样点编号",
}


def write_grade_book(work: GradeWork, path: Path, created: datetime) -> None:
    """Write the workbook of a graded county.

    Parameters
    ----------
    work : GradeWork
        A graded county.
    path : Path
        The ``.xlsx`` file.
    created : datetime
        Time in the properties of the file.
    """
    grades = work.grades
    tables: dict[str, pd.DataFrame] = {"级别汇总": summary_table(grades), "级别范围": range_table(grades)}
    sums: dict[str, WeightedSum] = {}
    for use in grades.uses:
        name = f"得分 {use}"
        tables[name], sums[name] = _score_sheet(grades, use)
    tables |= {
        "权重": weight_table(grades),
        "因素与半径": factor_table(grades).rename(columns=_HEADERS),
        "样点检验": work.checks.rename(columns=_HEADERS),
        "因素与地价": work.ranks.rename(columns=_HEADERS),
        "样点": work.samples.reset_index(names="sample_id").rename(columns=_HEADERS),
        "敏感性": work.moves.rename(columns=_HEADERS),
        "需要核对": work.findings.rename(columns=_HEADERS),
        "依据": _sources(work),
    }
    write_table_book(
        path,
        tables,
        title=f"{work.county.name}集体建设用地定级",
        line=f"{len(grades.villages)} 村　{len(grades.uses)} 种用途　网格 {grades.grid.cell:g} m",
        created=created,
        notice=work.county.notice,
        long=("村（社区）", "办法", "问题", "值", "说明"),
        sums=sums,
    )


def _score_sheet(grades: Grades, use: str) -> tuple[pd.DataFrame, WeightedSum]:
    """One sheet a use: factor scores, the total as a formula, rank and grade."""
    one = grades.uses[use]
    factors = list(map(str, one.use.weights.index))
    places = pd.DataFrame(grades.villages[["township", "village"]]).reset_index()
    own = one.villages.reset_index(drop=True)
    table = places.join(grades.scores[factors].reset_index(drop=True))
    table = table.assign(总分值=own["score"], 名次=own["rank"])
    if own["area_number"].gt(0).any():
        table = table.assign(区片号=own["area_number"], 区片分值=own["unit_score"])
    table = table.assign(归并前级别=own["grade_by_score"], 级别=own["grade"])
    return table, WeightedSum("总分值", {name: float(one.use.weights[name]) for name in factors}, 2)


def _sources(work: GradeWork) -> pd.DataFrame:
    """List what the grades rest on (依据)."""
    rule = work.rule
    units = {"cell": "网格", "village": "村", "area": f"均质区片（{rule.area_count} 个）"}
    stated = {
        "县": f"{work.county.name}（{work.county.county}）",
        "定级办法": rule.name,
        "评价单元": units[rule.unit],
        "网格边长": f"{rule.cell:g} m",
        "最小图斑": f"{rule.smallest / 1e6:g} km²",
        **{f"图层：{key}": file.path.name for key, file in rule.layers.items()},
        **({"样点": rule.samples.path.name} if rule.samples else {}),
    }
    return stated_sources(stated, rule.source).assign(verified="是" if rule.verified else "否")


def write_grade_polygons(work: GradeWork, path: Path) -> None:
    """Write the grade polygons of every use, and the villages, as a GeoPackage.

    Parameters
    ----------
    work : GradeWork
        A graded county.
    path : Path
        The ``.gpkg`` file; an older one is replaced.

    Raises
    ------
    OutputError
        If the file cannot be written whole.
    """
    drawn = [use_polygons(work.grades, use) for use in work.grades.uses]
    drawn.append(village_table(work.grades).reset_index())
    layers = dict(zip(_layer_names(work.grades.uses), drawn, strict=True))
    with file_beside(path) as part:
        try:
            for name, layer in layers.items():
                pyogrio.write_dataframe(layer, part, layer=name, driver="GPKG", append=True)
            found = {name: pyogrio.read_info(part, layer=name) for name in layers}
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
            raise OSError(str(error)) from error
        for name, layer in layers.items():  # a disk that fills up while the file is closed is not reported
            if found[name]["features"] != len(layer) or not found[name]["capabilities"]["fast_spatial_filter"]:
                raise OSError(_NOT_WHOLE)


def _layer_names(uses: Iterable[str]) -> list[str]:
    """Name the layers: as the uses where GDAL takes that, which wants no sign at the front and no name twice."""
    names = [stem if stem[0].isalnum() else f"_{stem}" for stem in file_names(uses).values()]
    own, taken = VILLAGE_LAYER, {name.casefold() for name in names}
    while own in taken:
        own += "_"
    return [*names, own]


def write_grade_surfaces(work: GradeWork, folder: Path) -> None:
    """Write the scores of the cells as GeoTIFF: one band a factor, one band a use.

    Parameters
    ----------
    work : GradeWork
        A graded county.
    folder : Path
        Where the files go.

    Raises
    ------
    OutputError
        If a file cannot be written whole.
    """
    grid, cells = work.grades.grid, work.grades.cells.table
    totals = {use: total_scores(cells, one.use.weights) for use, one in work.grades.uses.items()}
    for name, surfaces in (("因素作用分", cells), ("总分值", pd.DataFrame(totals))):
        path = folder / f"{name}.tif"
        with output_errors(path):
            folder.mkdir(parents=True, exist_ok=True)
        write_surfaces(path, grid, surfaces)
