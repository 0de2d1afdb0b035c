"""Grading a county (土地定级): from a rule and its layers to the grade of every village for every use."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from landmarket.checks import require_columns, require_unique_index
from landmarket.display import frame_table, paragraph
from landmarket.errors import BadValueError, UnverifiedRuleWarning, named_rows
from landmarket.pricing.grading.grades import BoundaryMethod, assign_grade, grade_boundaries, total_scores
from landmarket.pricing.grading.grid import ScoreGrid, score_grid
from landmarket.pricing.grading.layers import Layers, layer_findings
from landmarket.pricing.grading.rule import GradingRule, UnitKind, UseRule
from landmarket.pricing.grading.scores import FactorScores, Reach, score_factors
from landmarket.pricing.grading.units import (
    Neighbours,
    cell_polygons,
    grade_polygons,
    homogeneous_areas,
    merge_small,
    merge_small_cells,
    neighbours,
)
from landmarket.pricing.notice_findings import Finding, findings_table
from landmarket.units import round_half_up_array

NEEDED = ["village", "township"]
_MEAN_DECIMALS = 9  # a mean that ends in 5 must not be rounded down by its last binary digit


@dataclass(frozen=True, eq=False, repr=False)
class UseGrades:
    """The grades of one use (分用途定级结果).

    Attributes
    ----------
    use : UseRule
        Its rule.
    boundaries : tuple of float
        Scores between the grades, ascending.
    villages : DataFrame
        On the villages' index: ``score`` (总分值, two decimals), ``unit_score`` (score of the unit that was graded: the
        village's own, or its area's), ``area_number`` (0 where areas are not graded), ``grade_by_score``, ``grade``
        (after small patches were joined), ``grade_share`` (share of the village in its grade), ``rank`` (1 the best).
    cells : Series of str
        Grade of each cell, where cells were graded; empty otherwise.
    findings : tuple of Finding
        What is to be looked at.
    """

    use: UseRule
    boundaries: tuple[float, ...]
    villages: pd.DataFrame
    cells: pd.Series[str]
    findings: tuple[Finding, ...] = ()

    def __repr__(self) -> str:
        """Count the villages of each grade instead of printing all."""
        counts = self.villages["grade"].value_counts().reindex(list(self.use.names), fill_value=0)
        return f"<UseGrades {self.use.name}：{'，'.join(f'{grade} 级 {count} 村' for grade, count in counts.items())}>"


@dataclass(frozen=True, eq=False, repr=False)
class Grades:
    """A graded county (定级成果).

    Attributes
    ----------
    rule : GradingRule
        What it was graded by.
    villages : GeoDataFrame
        The villages, with their code as index.
    grid : ScoreGrid
        The grid on which factors were scored.
    cells : FactorScores
        Factor scores of the cells, with what gave them.
    scores : DataFrame
        Factor scores of the villages: the mean of their cells, two decimals; what totals are computed from.
    uses : mapping of str to UseGrades
        The grades by use.
    neighbours : Neighbours
        Which villages touch.
    findings : DataFrame
        severity, where, value, message, cure.
    """

    rule: GradingRule
    villages: gpd.GeoDataFrame
    grid: ScoreGrid
    cells: FactorScores
    scores: pd.DataFrame
    uses: Mapping[str, UseGrades]
    neighbours: Neighbours
    findings: pd.DataFrame

    def __repr__(self) -> str:
        """Count instead of printing the tables."""
        return f"<Grades {self.rule.name}：{len(self.villages)} 村，{'；'.join(map(repr, self.uses.values()))}>"

    def _repr_html_(self) -> str:
        """Show villages by use and grade, in a notebook; every text is escaped."""
        head = paragraph(f"{self.rule.name}：{len(self.villages)} 村，{len(self.findings)} 处问题（见 .findings）")
        return head + frame_table(self.counts().reset_index())

    def counts(self) -> pd.DataFrame:
        """Count the villages of each grade.

        Returns
        -------
        DataFrame
            One row a use, one column a grade.
        """
        rows = {use: one.villages["grade"].value_counts() for use, one in self.uses.items()}
        names = list(dict.fromkeys(name for one in self.uses.values() for name in one.use.names))
        table = pd.DataFrame(rows).T.reindex(columns=names).fillna(0).astype("int64")
        table.index.name, table.columns.name = "用途", "级别"
        return table

    def ranges(self) -> pd.DataFrame:
        """List the villages of each grade as notices do (级别范围).

        Returns
        -------
        DataFrame
            ``township, use, grade, village``, one row a village and use: what a `landmarket.pricing.PriceTable` takes.
        """
        place = self.villages[["township", "village"]]
        parts = [
            pd.DataFrame(
                {
                    "township": place["township"],
                    "use": use,
                    "grade": one.villages["grade"],
                    "village": place["village"],
                }
            )
            for use, one in self.uses.items()
        ]
        return pd.concat(parts, ignore_index=True)


def grade_land(villages: gpd.GeoDataFrame, rule: GradingRule, layers: Layers) -> Grades:
    """Grade a county for every use of its rule (土地定级).

    Parameters
    ----------
    villages : GeoDataFrame
        Polygons with ``village`` and ``township``, indexed by village code, projected [m].
    rule : GradingRule
        The county's rule.
    layers : mapping of str to GeoDataFrame or Elevation
        Its layers, as `landmarket.pricing.grading.read_grading_layers` gives them.

    Returns
    -------
    Grades
        Exactly one grade a village and use.

    Raises
    ------
    MissingColumnError, CrsError, BadValueError
        If a layer cannot be used, a factor has no value in a village, or the scores cannot be cut into grades.

    Warns
    -----
    UnverifiedRuleWarning
        If the rule's document was not read by whoever entered it.
    """
    require_columns(villages, NEEDED, "grade_land")
    require_unique_index(villages, "grade_land")
    if not rule.verified:
        warnings.warn(f"规则未经核对原文：{rule.name}（{rule.source}）", UnverifiedRuleWarning, stacklevel=2)
    found = layer_findings(rule, layers, villages)
    grid = score_grid(villages, rule.cell)
    cells = score_factors(grid.cells, rule, layers, Reach(float(villages.geometry.area.sum())))
    found += _gaps(cells.table, grid)
    scores = village_scores(cells.table, grid, villages)
    pairs = neighbours(villages)
    uses = {use.name: grade_use(use, rule, cells.table, scores, grid, villages, pairs) for use in rule.uses}
    found += [finding for use in uses.values() for finding in use.findings]
    return Grades(rule, villages, grid, cells, scores, uses, pairs, findings_table(found))


def _gaps(cells: pd.DataFrame, grid: ScoreGrid) -> list[Finding]:
    """Say which factors have no value in some cells."""
    found = []
    for name in cells.columns:
        missing = cells[name].isna()
        if missing.any():
            units = grid.cells.loc[missing, "unit"].unique()
            share = f"{missing.mean():.2%} 的网格"
            found.append(
                Finding(
                    "警告",
                    f"因素 {name}",
                    share,
                    f"没有数据，涉及 {named_rows(units)}",
                    "补齐图层；村的作用分只按有数据的网格平均",
                )
            )
    return found


def village_scores(cells: pd.DataFrame, grid: ScoreGrid, villages: gpd.GeoDataFrame) -> pd.DataFrame:
    """Average factor scores over the cells of each village (村平均作用分).

    Parameters
    ----------
    cells : DataFrame
        Factor scores of the cells.
    grid : ScoreGrid
        Which village each cell belongs to.
    villages : GeoDataFrame
        The villages.

    Returns
    -------
    DataFrame
        On the villages' index, rounded half-up to two decimals.

    Raises
    ------
    BadValueError
        If a village has no cell with a value.
    """
    means = grid.unit_means(cells).reindex(villages.index)
    for name in means.columns:
        lost = means[name].isna()
        if lost.any():
            raise BadValueError(f"因素 {name} 在这些村没有数据，{named_rows(means.index[lost])}。办法：补齐图层。")
    exact = means.round(_MEAN_DECIMALS)
    return exact.apply(lambda column: pd.Series(round_half_up_array(column.to_numpy(), 2), index=column.index))


def grade_use(
    use: UseRule,
    rule: GradingRule,
    cells: pd.DataFrame,
    scores: pd.DataFrame,
    grid: ScoreGrid,
    villages: gpd.GeoDataFrame,
    pairs: Neighbours,
    boundaries: tuple[float, ...] | None = None,
) -> UseGrades:
    """Grade the villages for one use.

    Parameters
    ----------
    use : UseRule
        Weights and boundaries.
    rule : GradingRule
        What is graded, and how small a patch may be.
    cells, scores : DataFrame
        Factor scores of the cells and of the villages.
    grid : ScoreGrid
        The grid.
    villages : GeoDataFrame
        The villages.
    pairs : Neighbours
        Which villages touch.
    boundaries : tuple of float, optional
        Boundaries to keep, whatever the rule says, as when a rule is compared with a changed one.

    Returns
    -------
    UseGrades
        Exactly one grade a village.
    """
    own = total_scores(scores, use.weights)
    by_cell = pd.Series(dtype="str")
    if rule.unit is UnitKind.CELL:
        totals = total_scores(cells, use.weights).dropna()
        cuts = boundaries or _boundaries(use, totals, None)
        by_cell = merge_small_cells(assign_grade(totals, cuts, use.names), grid, rule.smallest)
        table = _most_cells(by_cell, grid, villages.index, use)
        table["grade_by_score"] = assign_grade(own, cuts, use.names)
        table["unit_score"], table["area_number"] = own, 0
    else:
        number = pd.Series(0, index=villages.index)
        unit_score, size = own, villages.geometry.area
        if rule.unit is UnitKind.AREA:
            number = homogeneous_areas(villages, scores[list(use.weights.index)] * use.weights, rule.area_count, pairs)
            unit_score = _area_means(own, size, number)
        cuts = boundaries or _boundaries(use, unit_score, size)
        by_score = assign_grade(unit_score, cuts, use.names)
        grade = merge_small(by_score, size, pairs, rule.smallest)
        table = pd.DataFrame({"grade": grade, "grade_by_score": by_score, "grade_share": 1.0, "unit_score": unit_score})
        table["area_number"] = number
    table["score"] = own
    table["rank"] = own.rank(ascending=False, method="min").astype("int64")
    columns = ["score", "unit_score", "area_number", "grade_by_score", "grade", "grade_share", "rank"]
    return UseGrades(use, cuts, table[columns], by_cell, tuple(_use_findings(use, table)))


def _boundaries(use: UseRule, scores: pd.Series[float], areas: pd.Series[float] | None) -> tuple[float, ...]:
    if use.method is BoundaryMethod.GIVEN:
        return use.boundaries
    try:
        return grade_boundaries(scores, use.count, use.method, weights=areas)
    except BadValueError as error:
        raise BadValueError(f"用途 {use.name}：{error}") from error


def _area_means(scores: pd.Series[float], size: pd.Series[float], number: pd.Series[int]) -> pd.Series[float]:
    weighted = (scores * size).groupby(number).transform("sum") / size.groupby(number).transform("sum")
    return pd.Series(round_half_up_array(weighted.to_numpy(dtype=np.float64), 2), index=scores.index)


def _most_cells(grades: pd.Series[str], grid: ScoreGrid, index: pd.Index[str], use: UseRule) -> pd.DataFrame:
    """Give each village the grade of most of its cells; of equal ones the better."""
    counts = pd.crosstab(grid.cells.loc[grades.index, "unit"].to_numpy(), grades.to_numpy())
    counts = counts.reindex(index=index, columns=list(use.names), fill_value=0)
    lost = counts.index[counts.sum(axis=1).eq(0)]
    if len(lost):
        raise BadValueError(f"用途 {use.name}：没有一个网格各因素齐全的村，{named_rows(lost)}。办法：补齐图层。")
    shares = counts.to_numpy() / counts.sum(axis=1).to_numpy()[:, None]
    most = shares.argmax(axis=1)
    return pd.DataFrame(
        {
            "grade": pd.Series(np.array(use.names, dtype=object)[most], index=index, dtype="str"),
            "grade_share": shares[np.arange(len(index)), most],
        },
        index=index,
    )


def _use_findings(use: UseRule, table: pd.DataFrame) -> list[Finding]:
    found = []
    empty = [name for name in use.names if not table["grade"].eq(name).any()]
    if empty:
        found.append(
            Finding(
                "错误",
                f"用途 {use.name}",
                "、".join(empty),
                "没有一个村属于该级",
                "减少级数，改分界，或减小最小图斑面积",
            )
        )
    moved = table["grade"].ne(table["grade_by_score"])
    if moved.any():
        pairs = table.loc[moved, "grade_by_score"] + "→" + table.loc[moved, "grade"]
        found.append(
            Finding(
                "提示",
                f"用途 {use.name}",
                named_rows(table.index[moved], pairs),
                "村的级别与按总分值划定的不同（小图斑归并，或按网格多数）",
                "核对这些村；不应归并的，减小最小图斑面积",
            )
        )
    return found


def use_polygons(grades: Grades, use: str) -> gpd.GeoDataFrame:
    """Draw the grades of one use as polygons (级别图斑).

    Parameters
    ----------
    grades : Grades
        A graded county.
    use : str
        One of its uses.

    Returns
    -------
    GeoDataFrame
        One row a grade: ``use``, ``grade``, ``area`` [㎡] and the geometry.

    Raises
    ------
    BadValueError
        If the county was not graded for that use.
    """
    if use not in grades.uses:
        raise BadValueError(f"没有用途 {use} 的级别。办法：可用的用途：{'、'.join(grades.uses)}。")
    one = grades.uses[use]
    if grades.rule.unit is UnitKind.CELL:
        drawn = cell_polygons(one.cells, grades.grid)
    else:
        drawn = grade_polygons(grades.villages[[grades.villages.geometry.name]].assign(grade=one.villages["grade"]))
    return drawn.assign(use=use)[["use", "grade", "area", drawn.geometry.name]]
