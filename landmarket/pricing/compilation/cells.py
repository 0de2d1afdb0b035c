"""The price of each cell of the table (级别地价), with the evidence behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from landmarket.errors import RuleError
from landmarket.pricing.compilation.rule import CellAverage, CellKey, CompileRule, Sparse, UsePricing
from landmarket.pricing.kinds import Floats
from landmarket.units import round_half_up, round_half_up_array

ALONE, MERGED, BY_SCORE, BY_STATE, NONE = "样点", "并级", "总分值推算", "国有地价推算", "无价"

EVIDENCE = (
    "township",
    "grade",
    "use",
    "unit_price",
    "samples",
    "mean",
    "median",
    "lowest",
    "highest",
    "low",
    "high",
    "way",
    "basis",
)
"""Columns of the evidence table."""


@dataclass(frozen=True)
class Curve:
    r"""Price over total score, from all samples of a use (地价—总分值模型).

    .. math:: P = a (1 + b)^S

    Attributes
    ----------
    log_a, log_b : float
        Logarithms of a and of 1 + b.
    samples : int
        How many samples it was fitted to.
    """

    log_a: float
    log_b: float
    samples: int

    def price(self, score: float) -> float:
        """Compute the price at a total score.

        Parameters
        ----------
        score : float
            Total score, 0 to 100.

        Returns
        -------
        float
            Price [元/㎡].
        """
        return float(np.exp(self.log_a + self.log_b * score))

    def text(self) -> str:
        """Write the curve as a notice's evidence states it.

        Returns
        -------
        str
            Its formula and how many samples it rests on.
        """
        return f"P = {np.exp(self.log_a):.2f} × {np.exp(self.log_b):.5f}^S，{self.samples} 个样点"


def price_curve(prices: Floats, scores: Floats, least: int) -> Curve | None:
    """Fit the curve of price over total score by least squares of logarithms (地价—总分值模型).

    Parameters
    ----------
    prices : ndarray of float64
        Sample prices [元/㎡], positive.
    scores : ndarray of float64
        Total score at each sample.
    least : int
        Samples below which nothing is fitted.

    Returns
    -------
    Curve or None
        None where there are too few samples, all scores are one, or prices do not rise with the score.

    Notes
    -----
    The form is that of the grading standard's model of differential income, GB/T 18507-2014 (from memory).
    """
    if len(prices) < max(least, 3) or np.ptp(scores) == 0:
        return None
    slope, level = np.polyfit(scores, np.log(prices), 1)
    return Curve(float(level), float(slope), len(prices)) if slope > 0 else None


def cell_prices(
    samples: pd.DataFrame, cells: pd.DataFrame, names: Sequence[str], use: UsePricing, rule: CompileRule
) -> pd.DataFrame:
    """Price every cell of one use (级别地价).

    Parameters
    ----------
    samples : DataFrame
        The samples that count: ``township, grade, standard_price`` [元/㎡], ``score`` (total score of the village).
    cells : DataFrame
        ``township`` (empty for the whole county), ``grade`` and ``score`` (mean total score of the villages) of
        each cell that has villages.
    names : sequence of str
        Grades, best first.
    use : UsePricing
        The use.
    rule : CompileRule
        How samples become a price.

    Returns
    -------
    DataFrame
        One row a cell, with the columns of `EVIDENCE`; a cell without evidence has no price and says why.

    Raises
    ------
    RuleError
        If a price is rounded to nothing.
    """
    curve = price_curve(
        samples["standard_price"].to_numpy(dtype=np.float64),
        samples["score"].to_numpy(dtype=np.float64),
        rule.least_samples,
    )
    rows = [
        _cell(samples, cell.township, cell.grade, float(cell.score), names, use, rule, curve) for cell in _rows(cells)
    ]
    return pd.DataFrame(rows, columns=list(EVIDENCE))


@dataclass(frozen=True)
class _Cell:
    township: str
    grade: str
    score: float


def _rows(cells: pd.DataFrame) -> list[_Cell]:
    columns = zip(cells["township"], cells["grade"], cells["score"], strict=True)
    return [_Cell(str(township), str(grade), float(score)) for township, grade, score in columns]


def _own(samples: pd.DataFrame, township: str, grades: Sequence[str]) -> Floats:
    here = samples["grade"].isin(list(grades))
    if township:
        here &= samples["township"].eq(township)
    return samples.loc[here, "standard_price"].to_numpy(dtype=np.float64)


Row = tuple[str, str, str, float, int, float, float, float, float, float, float, str, str]


def _cell(
    samples: pd.DataFrame,
    township: str,
    grade: str,
    score: float,
    names: Sequence[str],
    use: UsePricing,
    rule: CompileRule,
    curve: Curve | None,
) -> Row:
    own = _own(samples, township, [grade])
    prices, way, basis = own, ALONE, f"{len(own)} 个样点的{_AVERAGES[rule.average]}"
    if len(own) < rule.least_samples:
        few = f"样点 {len(own)} 个，不足 {rule.least_samples} 个"
        merged, with_what = _merged(samples, township, grade, names, rule)
        if rule.sparse is Sparse.SCORE and curve is not None:
            price = curve.price(score)
            return _row(
                township, grade, use, own, price, rule, BY_SCORE, f"{few}：按 {curve.text()} 推算，S = {score:.2f}"
            )
        if len(merged) >= rule.least_samples:
            prices, way, basis = merged, MERGED, f"{few}：与 {with_what} 合并，共 {len(merged)} 个样点"
        elif use.state_ratio is not None and grade in use.state_prices:
            price = use.state_ratio * use.state_prices[grade]
            basis = f"{few}：国有基准地价 {use.state_prices[grade]:g} × {use.state_ratio:g}（{use.state_source}）"
            return _row(township, grade, use, own, price, rule, BY_STATE, basis)
        else:
            return _row(township, grade, use, own, np.nan, rule, NONE, f"{few}，也没有可借用的依据")
    return _row(township, grade, use, prices, _average(prices, rule.average), rule, way, basis)


_AVERAGES = {CellAverage.MEAN: "平均数", CellAverage.MEDIAN: "中位数"}


def _merged(
    samples: pd.DataFrame, township: str, grade: str, names: Sequence[str], rule: CompileRule
) -> tuple[Floats, str]:
    """Join the next better grade, or the next worse of the best; in a township first all townships of the grade."""
    if township:
        county = _own(samples, "", [grade])
        if len(county) >= rule.least_samples:
            return county, f"全县 {grade} 级"
    at = list(names).index(grade)
    if len(names) == 1:
        return _own(samples, "", [grade]), f"全县 {grade} 级"
    other = names[at - 1] if at else names[1]
    return _own(samples, "", [grade, other]), f"{other} 级"


def _average(prices: Floats, average: CellAverage) -> float:
    """Average prices that are whole cents; the cents are added up, so that a tie stays a tie."""
    cents = np.rint(prices * 100)
    if average is CellAverage.MEDIAN:
        return float(np.median(cents)) / 100
    return int(cents.sum()) / (100 * len(cents))


def _row(
    township: str, grade: str, use: UsePricing, prices: Floats, price: float, rule: CompileRule, way: str, basis: str
) -> Row:
    sampled = way in (ALONE, MERGED)
    low, high = _interval(prices, rule, f"{use.name}/{township}/{grade}") if sampled else (np.nan, np.nan)
    averages = [_average(prices, one) if len(prices) else np.nan for one in (CellAverage.MEAN, CellAverage.MEDIAN)]
    mean, median = round_half_up_array(np.array(averages), 2).tolist()
    whole = rounded(price, rule.round_to)
    if whole == 0:
        where = f"{township} {grade} 级 {use.name}".strip()
        raise RuleError(f"{where}：地价 {price:.2f} 元/㎡ 取整到 {rule.round_to:g} 的倍数为 0。办法：改小 round_to。")
    return (
        township,
        grade,
        use.name,
        whole,
        len(prices),
        mean,
        median,
        float(prices.min()) if len(prices) else np.nan,
        float(prices.max()) if len(prices) else np.nan,
        round(low, 2),
        round(high, 2),
        way,
        basis,
    )


def rounded(price: float, multiple: float) -> float:
    """Round a price half-up to a multiple (取整).

    Parameters
    ----------
    price : float
        Price [元/㎡]; missing stays missing.
    multiple : float
        Such as 5 [元/㎡].

    Returns
    -------
    float
        The nearest multiple, the higher one of two.

    Examples
    --------
    >>> rounded(712.5, 5), rounded(711.0, 5), rounded(143.96, 0.5), rounded(0.35, 0.1)
    (715.0, 710.0, 144.0, 0.4)
    """
    if np.isnan(price):
        return price
    step = Decimal(repr(float(multiple)))
    return float(round_half_up(Decimal(repr(float(price))) / step, 0) * step)


def _interval(prices: Floats, rule: CompileRule, cell: str) -> tuple[float, float]:
    """Bootstrap the average of a cell; what a cell draws depends on seed and cell alone."""
    if len(prices) < 2:
        return np.nan, np.nan
    rng = np.random.default_rng([rule.seed, *cell.encode()])
    drawn = np.sort(prices)[rng.integers(0, len(prices), (rule.resamples, len(prices)))]
    averages = np.median(drawn, axis=1) if rule.average is CellAverage.MEDIAN else drawn.mean(axis=1)
    tail = (1 - rule.level) / 2
    low, high = np.quantile(averages, [tail, 1 - tail])
    return float(low), float(high)


def cells_of_use(villages: pd.DataFrame, names: Sequence[str], rule: CompileRule) -> pd.DataFrame:
    """List the cells of one use that have villages (地价表的格).

    Parameters
    ----------
    villages : DataFrame
        ``township, grade, score`` of each village.
    names : sequence of str
        Grades, best first.
    rule : CompileRule
        What a price is stated for.

    Returns
    -------
    DataFrame
        ``township`` (empty for the whole county), ``grade, score``, townships in the order of the villages, best grade
        first.
    """
    place = villages["township"] if rule.key is CellKey.TOWNSHIP_GRADE else pd.Series("", index=villages.index)
    keyed = pd.DataFrame({"township": place, "grade": villages["grade"], "score": villages["score"]})
    means = keyed.groupby(["township", "grade"], sort=False)["score"].mean().reset_index()
    order = {name: rank for rank, name in enumerate(names)}
    towns = {name: rank for rank, name in enumerate(dict.fromkeys(place))}
    means = means.assign(a=means["township"].map(towns), b=means["grade"].map(order)).sort_values(["a", "b"])
    return means[["township", "grade", "score"]].reset_index(drop=True)
