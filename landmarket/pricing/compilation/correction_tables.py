"""The correction system of a compiled notice (修正体系): five levels from the price span, floor-area-ratio factors."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from landmarket.errors import RuleError
from landmarket.pricing.compilation.normalising import stated_rows
from landmarket.pricing.compilation.rule import CompileRule, HalfStep, UsePricing
from landmarket.pricing.corrections import five_level
from landmarket.pricing.keys import rows_for
from landmarket.pricing.kinds import Floats
from landmarket.pricing.notice_findings import Finding
from landmarket.pricing.price_table import LEVELS, PriceTable
from landmarket.units import round_half_up_array

_SLOPE_ERRORS = 2.0


def level_table(
    samples: pd.DataFrame, evidence: pd.DataFrame, use: UsePricing, weights: pd.Series[float], rule: CompileRule
) -> tuple[pd.DataFrame, list[Finding]]:
    """Make the five-level correction tables of one use (因素修正系数表).

    Parameters
    ----------
    samples : DataFrame
        The samples that count: ``township, grade, standard_price`` [元/㎡].
    evidence : DataFrame
        The priced cells of the use.
    use : UsePricing
        Which factors the table has.
    weights : Series of float
        Weights of the grading rule for the use.
    rule : CompileRule
        Quantiles of the span; how half steps are printed.

    Returns
    -------
    table : DataFrame
        ``use, grade, factor`` and the five levels [%]; one row a grade and factor, for grades that have a price.
    findings : list of Finding
        Grades whose span had to be borrowed.

    Raises
    ------
    RuleError
        If a factor of the table is not among the graded ones.

    Notes
    -----
    The weights of the factors named are scaled to sum to 1, so that the best of all gives the whole span: the rule that
    ΣK lies between −F_down and +F_up. Each sample is held against the price of its own cell, so that what distinguishes
    townships is not corrected twice. A grade with too few samples takes the relative span of all samples of the use.
    """
    unknown = [name for name in use.factors.values() if name not in weights.index]
    if unknown:
        raise RuleError(f"用途 {use.name}：定级因素中没有 {'、'.join(unknown)}。办法：改正 weight_of。")
    if not use.factors:
        return _no_levels(), []
    shares = pd.Series({name: float(weights[source]) for name, source in use.factors.items()})
    shares = shares / shares.sum()
    relative = _relative_prices(samples, evidence)
    every = relative.dropna()
    rows, findings = [], []
    for grade in evidence.loc[evidence["unit_price"].notna(), "grade"].unique():
        own = relative[samples["grade"].eq(grade)].dropna()
        if len(own) < rule.least_samples:
            where = f"用途 {use.name} {grade} 级"
            said = f"样点 {len(own)} 个，该用途共 {len(every)} 个"
            own = every
            if len(own) < rule.least_samples:
                findings.append(Finding("错误", where, said, "没有足够样点，不能编制因素修正系数表", "补充样点"))
                continue
            findings.append(Finding("提示", where, said, "样点不足，因素修正幅度取自该用途全部样点", "补充样点后重编"))
        low, high = np.quantile(own, rule.span)
        rows += _levels(use.name, str(grade), min(float(low), 1.0), max(float(high), 1.0), shares, rule)
    table = pd.DataFrame(rows, columns=["use", "grade", "factor", *LEVELS])
    return (table if rows else _no_levels()), findings


def _relative_prices(samples: pd.DataFrame, evidence: pd.DataFrame) -> pd.Series[float]:
    """Divide each sample's price by that of its cell; missing where the cell has none."""
    of_townships = bool(evidence["township"].ne("").any())
    town = samples["township"] if of_townships else pd.Series("", index=samples.index)
    prices = evidence.set_index(["township", "grade"])["unit_price"]
    cell = prices.reindex(pd.MultiIndex.from_arrays([town, samples["grade"]])).set_axis(samples.index)
    own: pd.Series[float] = samples["standard_price"]
    return own / cell


def _no_levels() -> pd.DataFrame:
    texts = {name: pd.Series(dtype="str") for name in ("use", "grade", "factor")}
    return pd.DataFrame(texts | {level: pd.Series(dtype="float64") for level in LEVELS})


def _levels(
    use: str, grade: str, low: float, high: float, shares: pd.Series[float], rule: CompileRule
) -> list[tuple[str | float, ...]]:
    rows: list[tuple[str | float, ...]] = []
    for factor, share in shares.items():
        exact = five_level(1.0, low, high, float(share))
        printed = printed_levels(exact, rule.half_step)
        rows.append((use, grade, str(factor), *(printed[level] for level in LEVELS)))
    return rows


def printed_levels(exact: Mapping[str, float], half_step: HalfStep) -> dict[str, float]:
    """Print five levels in percent with two decimals (五级系数取值).

    Parameters
    ----------
    exact : mapping of str to float
        As `five_level` gives them [fraction].
    half_step : HalfStep
        Whether half of the printed whole step is truncated or rounded.

    Returns
    -------
    dict of str to float
        By level [%].

    Examples
    --------
    Published: 8.59 and 5.85 with halves 4.29 and 2.92.

    >>> levels = {"优": 0.0859, "较优": 0.04295, "一般": 0.0, "较劣": -0.04295, "劣": -0.0859}
    >>> printed_levels(levels, HalfStep.TRUNCATE)
    {'优': 8.59, '较优': 4.29, '一般': 0.0, '较劣': -4.29, '劣': -8.59}
    """
    whole = round_half_up_array(np.array([exact["优"], exact["劣"]]) * 100, 2)
    hundredths = np.rint(whole * 100).astype(np.int64)
    halves = [(-1 if one < 0 else 1) * ((abs(int(one)) + (half_step is HalfStep.ROUND)) // 2) for one in hundredths]
    values = [hundredths[0], halves[0], 0, halves[1], hundredths[1]]
    return {level: int(value) / 100 + 0.0 for level, value in zip(LEVELS, values, strict=True)}


def far_table(
    samples: pd.DataFrame, use: UsePricing, basis: PriceTable, least: int
) -> tuple[pd.DataFrame, list[Finding]]:
    r"""Make the floor-area-ratio factors of one use from its samples (容积率修正系数表).

    .. math:: k = (R / R_0)^b

    Parameters
    ----------
    samples : DataFrame
        The samples that count, with ``floor_area_ratio``, ``far_factor`` and ``development_correction`` [元/㎡] (that
        were applied to them) and ``standard_price`` [元/㎡].
    use : UsePricing
        The use.
    basis : PriceTable
        The last edition: its ratios and its standard ratio R_0 are kept.
    least : int
        Samples below which nothing is fitted.

    Returns
    -------
    table : DataFrame
        ``use, grade, floor_area_ratio, factor``; the last edition's rows where samples do not give any.
    findings : list of Finding
        What became of it.

    Notes
    -----
    b is the slope of the logarithm of the price, before it was corrected for the ratio and development, over the
    logarithm of the ratio, inside grades. It is taken only where it is positive and twice its standard error.
    """
    last = basis.far[basis.far["use"].eq(use.name)]
    where = f"用途 {use.name} 容积率修正"
    stated = stated_rows(basis, use.name, "")["floor_area_ratio"].unique()
    known = samples[samples["floor_area_ratio"].gt(0)] if "floor_area_ratio" in samples else samples.iloc[:0]
    steps = rows_for(basis.far, use.name)
    if not len(steps) or not len(stated) or np.isnan(stated).any():
        said = "上一版没有容积率修正表或标准容积率，不从样点推算"
        return last, [Finding("提示", where, "", said, "需要时在上一版中补充")]
    if len(stated) > 1:
        said = "各级标准容积率不同，不从样点推算，沿用上一版"
        return last, [Finding("提示", where, "、".join(f"{one:g}" for one in stated), said, "far 改为 last_edition")]
    standard = float(stated[0])
    if len(known) < max(least, 3):
        return last, [Finding("提示", where, f"样点 {len(known)} 个", "样点不足，沿用上一版", "补充样点后重编")]
    slope, error = _slope_within(known)
    said = f"b = {slope:.4f}，标准误 {error:.4f}，{len(known)} 个样点"
    if not slope > _SLOPE_ERRORS * error:
        return last, [Finding("警告", where, said, "样点看不出地价随容积率上升，沿用上一版", "核对样点的容积率")]
    ratios = np.unique(steps["floor_area_ratio"].to_numpy(dtype=np.float64))
    factors = round_half_up_array((ratios / standard) ** slope, 4)
    table = pd.DataFrame({"use": use.name, "grade": "", "floor_area_ratio": ratios, "factor": factors})
    return table, [Finding("提示", where, said, "由样点推算，k = (R/R0)^b", "与上一版比较后采用")]


def _slope_within(samples: pd.DataFrame) -> tuple[float, float]:
    """Slope of log price over log ratio inside grades, and its standard error."""
    bare = (samples["standard_price"] - samples["development_correction"]) / samples["far_factor"]
    price = np.log(bare.to_numpy(dtype=np.float64))
    ratio = np.log(samples["floor_area_ratio"].to_numpy(dtype=np.float64))
    logs = pd.DataFrame({"price": price, "ratio": ratio}, index=samples.index)
    inside = logs - logs.groupby(samples["grade"]).transform("mean")
    y: Floats = inside["price"].to_numpy(dtype=np.float64)
    x: Floats = inside["ratio"].to_numpy(dtype=np.float64)
    square = float(x @ x)
    freedom = len(x) - samples["grade"].nunique() - 1
    if square <= 0 or freedom < 1:
        return 0.0, np.inf
    slope = float(x @ y) / square
    rest = y - slope * x
    return slope, float(np.sqrt(rest @ rest / freedom / square))
