"""Why a village has its grade (级别评定说明), step by step, and what acts on it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from landmarket.errors import BadValueError
from landmarket.pricing.grading.grades import method_name
from landmarket.pricing.grading.land import Grades, UseGrades
from landmarket.pricing.grading.scores import Influence
from landmarket.pricing.grading.tables import grade_label

COLUMNS = ["step", "value", "unit", "source"]


def grade_worksheets(grades: Grades, use: str) -> pd.DataFrame:
    """Write out how each village got its grade for a use (级别评定说明).

    Parameters
    ----------
    grades : Grades
        A graded county.
    use : str
        One of its uses.

    Returns
    -------
    DataFrame
        Several rows a village, indexed by its code: ``step, value, unit, source``, all text. Each factor with its
        score, weight, product and what acted most; the total; the boundaries; the grade. The products are written in
        full: added up and rounded they are the total.

    Raises
    ------
    BadValueError
        If the county was not graded for that use.
    """
    if use not in grades.uses:
        raise BadValueError(f"没有用途 {use} 的级别。办法：可用的用途：{'、'.join(grades.uses)}。")
    one = grades.uses[use]
    parts = [_factor_rows(grades, one, factor) for factor in map(str, one.use.weights.index)]
    parts += _result_rows(one)
    stacked = pd.concat(parts, keys=range(len(parts)), names=["order", "village_code"])
    place = pd.Series(np.arange(len(grades.villages)), index=grades.villages.index)
    order = np.lexsort((stacked.index.get_level_values(0), place.loc[stacked.index.get_level_values(1)].to_numpy()))
    return stacked.iloc[order].droplevel(0)


def explain_grade(grades: Grades, use: str, village: str) -> pd.DataFrame:
    """Write out how one village got its grade (级别评定说明).

    Parameters
    ----------
    grades : Grades
        A graded county.
    use : str
        One of its uses.
    village : str
        Village code.

    Returns
    -------
    DataFrame
        ``step, value, unit, source``.

    Raises
    ------
    BadValueError
        If there is no such use or village.
    """
    if village not in grades.villages.index:
        raise BadValueError(f"没有村代码 {village}。办法：核对代码（12 位）。")
    return grade_worksheets(grades, use).loc[[village]].reset_index(drop=True)


def _factor_rows(grades: Grades, one: UseGrades, factor: str) -> pd.DataFrame:
    score, weight = grades.scores[factor], float(one.use.weights[factor])
    value = [f"{each:.2f} × {weight:.4f} = {each * weight:.6f}" for each in score]
    return _rows(grades.scores.index, factor, value, "分", acting(grades, factor))


def _result_rows(one: UseGrades) -> list[pd.DataFrame]:
    table, index = one.villages, one.villages.index
    names, cuts = one.use.names, one.boundaries
    between = "；".join(f"{grade_label(name)} ≥ {cut:.2f}" for name, cut in zip(names, reversed(cuts), strict=False))
    by_area = bool(table["area_number"].gt(0).any())
    judged = "区片分值" if by_area else "总分值"
    rows = [
        _rows(
            index,
            "总分值",
            [f"{score:.2f}" for score in table["score"]],
            "分",
            "各因素作用分 × 权重之和，四舍五入到两位小数",
        )
    ]
    if by_area:
        areas = [f"第 {number} 区片，按面积平均" for number in table["area_number"]]
        rows.append(_rows(index, "区片分值", [f"{score:.2f}" for score in table["unit_score"]], "分", areas))
    if table["grade_share"].lt(1).any():
        rows.append(
            _rows(
                index, "级别面积占比", [f"{share:.1%}" for share in table["grade_share"]], "", "村域内该级网格所占比例"
            )
        )
    rest = f"{method_name(one.use.method)}；其余为 {grade_label(names[len(cuts)])}"
    return [
        *rows,
        _rows(index, "级别分界", between, "", rest),
        _rows(index, "距上一级", _missing_to_better(one), "分", f"{judged}与上一级分界之差"),
        _rows(index, "全县名次", [f"{rank} / {len(table)}" for rank in table["rank"]], "", "按总分值由高到低"),
        _rows(index, "级别", table["grade"].tolist(), "级", _reasons(one, judged)),
    ]


def _reasons(one: UseGrades, judged: str) -> list[str]:
    """Say what gave each village its grade."""
    pairs = zip(one.villages["grade_by_score"], one.villages["grade"], strict=True)
    if len(one.cells):
        return ["村域内该级网格最多" + ("" if by == own else f"；按总分值为 {grade_label(by)}") for by, own in pairs]
    return [
        f"按{judged}划定" if by == own else f"按{judged}为 {grade_label(by)}，并入相邻的 {grade_label(own)}"
        for by, own in pairs
    ]


def _missing_to_better(one: UseGrades) -> list[str]:
    """Say what a unit's score lacks to the next better grade."""
    score = one.villages["unit_score"]
    cuts = np.append(np.asarray(one.boundaries), np.nan)
    above = cuts[np.searchsorted(one.boundaries, score.to_numpy(), side="right")]
    return ["已是最好一级" if np.isnan(cut) else f"{cut - own:.2f}" for cut, own in zip(above, score, strict=True)]


def _rows(index: pd.Index[str], step: str, value: list[str] | str, unit: str, source: list[str] | str) -> pd.DataFrame:
    return pd.DataFrame({"step": step, "value": value, "unit": unit, "source": source}, index=index)[COLUMNS]


def acting(grades: Grades, factor: str) -> list[str]:
    """Say what acts on each village most in one factor (主要作用来源).

    Parameters
    ----------
    grades : Grades
        A graded county.
    factor : str
        One of its factors.

    Returns
    -------
    list of str
        One text a village, in their order: per part of the factor the facility or road that governs most of its cells,
        with its mean distance there, the share of the cells and the mean score of the part; or the mean of the value.
    """
    parts = [_part_texts(grades, part) for part in grades.cells.influences[factor]]
    return ["；".join(texts) for texts in zip(*parts, strict=True)]


def _part_texts(grades: Grades, part: Influence) -> list[str]:
    unit = pd.Series(grades.grid.cells["unit"].to_numpy(), index=part.found.index)
    villages = grades.villages.index
    if "value" in part.found:
        means = part.found["value"].groupby(unit).mean().reindex(villages)
        return [f"平均 {value:.2f} {part.unit}".rstrip() + f"（{part.note}）" for value in means]
    means = part.found["score"].groupby(unit).mean().reindex(villages)
    reached = part.found[part.found["facility"] >= 0].assign(unit=unit)
    grouped = reached.groupby(["unit", "facility"])["distance"].agg(["size", "mean"]).reset_index()
    most = grouped.sort_values(["size", "facility"], ascending=[False, True]).drop_duplicates("unit").set_index("unit")
    most = most.reindex(villages)
    share = most["size"] / unit.value_counts().reindex(villages)
    names = part.sources["name"].to_numpy()
    texts = []
    for facility, distance, own, mean in zip(most["facility"], most["mean"], share, means, strict=True):
        if np.isnan(facility):
            texts.append(f"{part.label}：不在影响半径内")
            continue
        weight = f" × {part.weight:g}" if part.weight != 1 else ""
        texts.append(
            f"{part.label}：{names[int(facility)]}（平均 {distance / 1000:.2f} km，{own:.0%} 的网格）"
            f"{mean:.2f} 分{weight}"
        )
    return texts


def factor_table(grades: Grades) -> pd.DataFrame:
    """List what the factors were scored with (因素、级别与影响半径).

    Parameters
    ----------
    grades : Grades
        A graded county.

    Returns
    -------
    DataFrame
        ``factor, part, level, count, score, radius`` [m]: one row a level of each part; scores as a range where they go
        by size.
    """
    rows: list[tuple[str, str, str, int | None, str, float | None]] = []
    for factor, parts in grades.cells.influences.items():
        for part in parts:
            if not len(part.sources):
                rows.append((factor, part.label, "", None, "", None))
            for level, own in part.sources.groupby("level", sort=False):
                low, high = own["score"].min(), own["score"].max()
                score = f"{low:.2f}" if low == high else f"{low:.2f}—{high:.2f}"
                rows.append((factor, part.label, str(level), len(own), score, round(float(own["radius"].iloc[0]), 1)))
    table = pd.DataFrame(rows, columns=["factor", "part", "level", "count", "score", "radius"])
    return table.astype({"count": "Int64", "radius": "Float64"})
