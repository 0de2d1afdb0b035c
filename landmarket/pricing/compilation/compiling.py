"""Compiling a benchmark price notice (基准地价编制): from graded villages and samples to a price table."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from landmarket.checks import JOINT, require_columns
from landmarket.display import frame_table, paragraph
from landmarket.errors import BadValueError, RuleError, UnverifiedRuleWarning
from landmarket.pricing.compilation.cells import ALONE, NONE, cell_prices, cells_of_use
from landmarket.pricing.compilation.correction_tables import far_table, level_table
from landmarket.pricing.compilation.normalising import index_at, normalise_samples
from landmarket.pricing.compilation.rule import CompileRule, FarSource, UsePricing
from landmarket.pricing.compilation.screens import screen_samples
from landmarket.pricing.grading.land import Grades
from landmarket.pricing.notice_checks import check_notice
from landmarket.pricing.notice_findings import Finding, findings_table
from landmarket.pricing.notice_tables import notice_tables
from landmarket.pricing.price_table import Connotation, PriceTable
from landmarket.units import round_half_up_array

DECIMALS = 2
_INDEX_DECIMALS = 4
_NAMED = 10


class GradedVillages(NamedTuple):
    """What compiling needs to know of the grades (定级结果).

    Attributes
    ----------
    villages : DataFrame
        ``use, village_code, township, village, grade, score``: one row a village and use.
    weights : dict of str to Series of float
        By use: weight of each graded factor.
    names : dict of str to tuple of str
        By use: names of its grades, best first.
    """

    villages: pd.DataFrame
    weights: dict[str, pd.Series[float]]
    names: dict[str, tuple[str, ...]]


@dataclass(frozen=True, eq=False, repr=False)
class Compilation:
    """A compiled notice and the evidence behind it (编制成果).

    Attributes
    ----------
    table : PriceTable
        The notice, as the main job applies it.
    evidence : DataFrame
        One row a cell: ``township, grade, use, unit_price`` [元/㎡], ``samples``, ``mean, median, lowest, highest, low,
        high`` [元/㎡] (the last two the confidence interval of the average), ``way`` and ``basis``, how the price came
        about.
    samples : DataFrame
        Every sample with its corrections, ``gap`` (why it cannot be corrected), ``dropped`` (which screen set it aside)
        and ``counted``.
    findings : DataFrame
        severity, where, value, message, cure.
    """

    table: PriceTable
    evidence: pd.DataFrame
    samples: pd.DataFrame
    findings: pd.DataFrame

    def __repr__(self) -> str:
        """Count instead of printing the tables."""
        priced = int(self.evidence["unit_price"].notna().sum())
        counted = int(self.samples["counted"].sum())
        return f"<Compilation {self.table.name}：{priced} 个价格，采用样点 {counted}/{len(self.samples)}>"

    def _repr_html_(self) -> str:
        """Show what the notice rests on, and the notice, in a notebook; every text is escaped."""
        counted, priced = self.samples["counted"].sum(), self.evidence["unit_price"].notna().sum()
        cells = f"有价 {priced}/{len(self.evidence)} 格，{len(self.findings)} 处问题"
        line = f"采用样点 {counted}/{len(self.samples)}，{cells}"
        ways = self.evidence.groupby(["use", "way"], sort=False).size().reset_index()
        return (
            paragraph(line)
            + frame_table(ways.set_axis(["用途", "价格由来", "格数"], axis=1))
            + self.table._repr_html_()
        )


def graded_villages(grades: Grades) -> GradedVillages:
    """Take from a graded county what compiling needs (定级结果).

    Parameters
    ----------
    grades : Grades
        A graded county.

    Returns
    -------
    GradedVillages
        Its villages by use, weights and names of grades.
    """
    place = pd.DataFrame(grades.villages[["township", "village"]])
    parts = []
    for use, one in grades.uses.items():
        own = place.assign(use=use, grade=one.villages["grade"], score=one.villages["score"])
        parts.append(own.rename_axis("village_code").reset_index())
    weights = {use: one.use.weights for use, one in grades.uses.items()}
    names = {use: one.use.names for use, one in grades.uses.items()}
    return GradedVillages(pd.concat(parts, ignore_index=True), weights, names)


def compile_price_table(
    samples: pd.DataFrame, graded: GradedVillages, rule: CompileRule, last: PriceTable
) -> Compilation:
    """Compile a benchmark price notice (编制基准地价).

    Parameters
    ----------
    samples : DataFrame
        As `landmarket.pricing.samples.read_samples` gives them, with ``village_code``: the village each lies in,
        missing where it lies in none.
    graded : GradedVillages
        The grades.
    rule : CompileRule
        The county's rule.
    last : PriceTable
        The last edition: connotation, uses, and the correction tables that the rule does not make anew.

    Returns
    -------
    Compilation
        The notice with its evidence. A use without samples, a grade with too few, samples that cannot be corrected or
        were set aside: each is a finding, and stands in the evidence.

    Raises
    ------
    MissingColumnError
        If the samples lack a column.
    BadValueError
        If no sample can be used at all.
    RuleError
        If the rule names a use that was not graded, or a factor that was not.

    Warns
    -----
    UnverifiedRuleWarning
        If the rule's document was not read by whoever entered it.

    Notes
    -----
    Where floor-area-ratio factors are made from samples, the samples are corrected and screened a second time, by the
    factors that the notice prints: its prices and its factors belong together.
    """
    if not rule.verified:
        warnings.warn(f"规则未经核对原文：{rule.name}（{rule.source}）", UnverifiedRuleWarning, stacklevel=2)
    require_columns(samples, ["price_use", "village_code"], "compile_price_table")
    lacking = [use.name for use in rule.uses if use.name not in graded.weights]
    if lacking:
        raise RuleError(
            f"{rule.name}：用途 {'、'.join(lacking)} 没有定级。办法：在定级办法中补上，或从编制办法中删去。"
        )
    placed = _graded(samples, graded)
    table = _corrected(placed, rule, last)
    basis, remade = _with_far(table, rule, last)
    if remade:
        table = _corrected(placed, rule, basis)
    if not table["counted"].any():
        raise BadValueError(f"{rule.name}：没有一个样点可用。原因：{_reasons(table)}。办法：补充或改正样点。")
    parts = [_use_tables(table, graded, use, rule) for use in rule.uses]
    evidence = pd.concat([part.evidence for part in parts], ignore_index=True)
    found = [*_sample_findings(table), *remade, *(finding for part in parts for finding in part.findings)]
    notice = _notice(graded, rule, basis, evidence, parts)
    checked = check_notice(_addressed(notice), pd.Timestamp(rule.base_date))
    findings = findings_table([*found, *checked])
    return Compilation(replace(notice, findings=findings_table(checked)), evidence, table, findings)


def _graded(samples: pd.DataFrame, graded: GradedVillages) -> pd.DataFrame:
    """Give every sample grade, total score and township of its village."""
    keyed = graded.villages.set_index(["use", "village_code"])[["grade", "score", "township"]]
    place = keyed.reindex(pd.MultiIndex.from_arrays([samples["price_use"], samples["village_code"]]))
    table = samples.assign(**{name: place[name].to_numpy() for name in place.columns})
    return table.astype({"grade": "str"})


def _corrected(placed: pd.DataFrame, rule: CompileRule, basis: PriceTable) -> pd.DataFrame:
    """Give every sample its corrections, and whether it counts."""
    table = placed.join(normalise_samples(placed, rule, basis))
    table["dropped"] = screen_samples(table, rule.screens)
    return table.assign(counted=table["gap"].eq("") & table["dropped"].eq(""))


def _with_far(samples: pd.DataFrame, rule: CompileRule, last: PriceTable) -> tuple[PriceTable, list[Finding]]:
    """Put floor-area-ratio factors made from samples in the place of the last edition's; say what became of each."""
    far = last.far
    found: list[Finding] = []
    for use in rule.uses:
        if use.far is FarSource.SAMPLES:
            own = samples[samples["counted"] & samples["price_use"].eq(use.name)]
            made, more = far_table(own, use, last, rule.least_samples)
            far = pd.concat([far[far["use"].ne(use.name)], made], ignore_index=True)
            found += more
    return replace(last, far=far), found


def _reasons(table: pd.DataFrame) -> str:
    counts = pd.concat([table["gap"], table["dropped"]]).replace("", pd.NA).dropna().value_counts()
    return "；".join(f"{reason}（{count} 个）" for reason, count in counts.head(5).items())


def _sample_findings(table: pd.DataFrame) -> list[Finding]:
    """Count each reason; a sample with several stands under each of them."""
    found = []
    gaps = table.loc[table["gap"].ne(""), "gap"].str.split(JOINT).explode()
    dropped = table.loc[table["dropped"].ne(""), "dropped"]
    for reasons, what, cure in (
        (gaps, "样点不能修正到价格内涵", "补齐或改正样点表；不能用的留作记录"),
        (dropped, "样点被剔除", "核对原始合同；确属正常交易的，放宽剔除规则"),
    ):
        short = reasons.str.split("：").str[0]
        samples = {str(reason): [str(name) for name in own.index] for reason, own in short.groupby(short)}
        for reason, names in sorted(samples.items(), key=lambda item: -len(item[1])):
            named = "、".join(names[:_NAMED]) + " 等" * (len(names) > _NAMED)
            found.append(Finding("提示", named, f"{len(names)} 个", f"{what}：{reason}", cure))
    return found


class _UseTables(NamedTuple):
    """What one use adds to the notice."""

    evidence: pd.DataFrame
    levels: pd.DataFrame
    findings: list[Finding]


def _use_tables(samples: pd.DataFrame, graded: GradedVillages, use: UsePricing, rule: CompileRule) -> _UseTables:
    own = samples[samples["counted"] & samples["price_use"].eq(use.name)]
    villages = graded.villages[graded.villages["use"].eq(use.name)]
    names = graded.names[use.name]
    evidence = cell_prices(own, cells_of_use(villages, names, rule), names, use, rule)
    levels, more = level_table(own, evidence, use, graded.weights[use.name], rule)
    return _UseTables(evidence, levels, [*_cell_findings(evidence, use), *more])


def _cell_findings(evidence: pd.DataFrame, use: UsePricing) -> list[Finding]:
    found = []
    for row in evidence[evidence["way"].ne(ALONE)].to_dict("records"):
        severity = "错误" if row["way"] == NONE else "警告"
        where = f"{row['township']} {row['grade']} 级 {use.name}".strip()
        cure = "补充样点，或在规则中给出有文号的集体与国有地价比" if row["way"] == NONE else "公布前补充样点"
        found.append(Finding(severity, where, str(row["way"]), str(row["basis"]), cure))
    return found


def _notice(
    graded: GradedVillages, rule: CompileRule, last: PriceTable, evidence: pd.DataFrame, parts: list[_UseTables]
) -> PriceTable:
    """Put the notice together; what the rule does not make anew is the last edition's."""
    uses = [use.name for use in rule.uses]
    ranges = graded.villages[graded.villages["use"].isin(uses)]
    by_use = last.connotation.by_use
    stated = by_use[by_use["use"].isin([*uses, ""])].reset_index(drop=True)
    return PriceTable(
        name=rule.name,
        document=rule.document,
        source=rule.source,
        connotation=Connotation(rule.base_date, last.connotation.rights, stated),
        prices=evidence[["township", "grade", "use", "unit_price"]].reset_index(drop=True),
        grade_ranges=ranges[["township", "use", "grade", "village"]].reset_index(drop=True),
        uses=last.uses[last.uses["use"].isin(uses)].reset_index(drop=True),
        dates=_dates(rule),
        far=pd.concat([last.far[last.far["use"].eq(use)] for use in ["", *uses]], ignore_index=True),
        factors=pd.concat([part.levels for part in parts], ignore_index=True),
        steps=last.steps[last.steps["use"].isin([*uses, ""])].reset_index(drop=True),
        development=last.development,
        decimals=DECIMALS,
        factor_decimals=last.factor_decimals,
        far_outside=last.far_outside,
        formula=last.formula,
        monthly_growth=last.monthly_growth,
        index_valid_months=last.index_valid_months,
    )


def _dates(rule: CompileRule) -> pd.DataFrame:
    """Take the index from the base date on; the base date is read between two dates where it is none of them."""
    base = pd.Timestamp(rule.base_date)
    later = rule.index[rule.index["date"].ge(base)]
    begun = set(later.loc[later["date"].eq(base), "use"])
    between = [
        (base, use, round_half_up_array(index_at(own, str(use), pd.Series([base])), _INDEX_DECIMALS)[0])
        for use, own in rule.index.groupby("use")
        if use not in begun
    ]
    first = pd.DataFrame(between, columns=["date", "use", "index"]).astype(later.dtypes).dropna()
    return pd.concat([first, later]).sort_values(["use", "date"], ignore_index=True)[["date", "use", "index"]]


def _addressed(notice: PriceTable) -> dict[str, pd.DataFrame]:
    """Give every cell of the notice the address that checks name: its table and row."""
    frames = notice_tables(notice)
    frames["prices"] = frames["prices"].assign(wan_per_mu=np.nan)
    frames["uses"] = frames["uses"].rename(columns={"code": "codes"})
    frames["grade_ranges"] = frames["grade_ranges"].rename(columns={"village": "villages"})
    titles = {
        "prices": "基准地价表",
        "connotation": "价格内涵",
        "uses": "用途对应",
        "grade_ranges": "级别范围",
        "dates": "期日修正",
        "far": "容积率修正",
        "factors": "因素修正",
        "steps": "其他修正",
        "development": "开发程度修正",
    }
    addressed = {}
    for name, frame in frames.items():
        rows = [f"{titles[name]} 第 {row} 行" for row in range(1, len(frame) + 1)]
        addressed[name] = frame.assign(**{f"@{column}": rows for column in frame.columns})
    return addressed
