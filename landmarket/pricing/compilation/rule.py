"""The county's rule on compiling a benchmark price (基准地价编制办法)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path

import pandas as pd


class CellKey(StrEnum):
    """What a price is stated for (地价表的键): grade × use of the county, or of each township."""

    GRADE = "grade"
    TOWNSHIP_GRADE = "township_grade"


class CellAverage(StrEnum):
    """How the samples of a cell become its price (级别地价的取法)."""

    MEAN = "mean"
    MEDIAN = "median"


class Sparse(StrEnum):
    """What happens to a grade with too few samples (样点不足的级别).

    Merged: with the samples of the next better grade (of the best grade: the next worse). Score: by the curve of price
    over total score that all samples of the use give.
    """

    MERGE = "merge"
    SCORE = "score"


class HalfStep(StrEnum):
    """How 较优 and 较劣 are printed (半级取值): notices truncate half a step, or round it."""

    TRUNCATE = "truncate"
    ROUND = "round"


class FarSource(StrEnum):
    """Where the floor-area-ratio factors come from (容积率修正来源)."""

    LAST_EDITION = "last_edition"
    SAMPLES = "samples"


class ScreenKind(StrEnum):
    """Kind of an outlier screen (异常样点剔除规则)."""

    TEXT = "text"
    RATIO = "ratio"
    SIGMA = "sigma"
    IQR = "iqr"


@dataclass(frozen=True)
class Screen:
    """One named rule that sets samples aside (异常样点剔除规则).

    Attributes
    ----------
    name : str
        What the rule is called on outputs.
    kind : ScreenKind
        text: a column holds one of the words. ratio: price over the median of its cell outside ``low`` to ``high``.
        sigma: logarithm of the price further than ``k`` standard deviations from the mean of its cell. iqr: logarithm
        further than ``k`` interquartile ranges outside the quartiles of its cell.
    column : str
        For text: the column.
    words : tuple of str
        For text: the words.
    low, high : float
        For ratio.
    k : float
        For sigma and iqr.
    """

    name: str
    kind: ScreenKind
    column: str = ""
    words: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    k: float = 0.0


@dataclass(frozen=True)
class UsePricing:
    """How one use is priced (分用途编制).

    Attributes
    ----------
    name : str
        Use, as grades, samples and the last edition name it.
    factors : mapping of str to str
        Factor of the correction table → factor of the grading rule whose weight it has.
    far : FarSource
        Where its floor-area-ratio factors come from.
    state_ratio : float or None
        Price of collective land over that of state land (集体与国有地价比), for cells without samples; None: no price.
    state_prices : mapping of str to float
        State benchmark price of each grade [元/㎡].
    state_source : str
        Document that gives ratio and state prices.
    """

    name: str
    factors: Mapping[str, str]
    far: FarSource
    state_ratio: float | None = None
    state_prices: Mapping[str, float] = field(default_factory=dict)
    state_source: str = ""


@dataclass(frozen=True, eq=False)
class CompileRule:
    """A county's rule on compiling a benchmark price (基准地价编制办法).

    Attributes
    ----------
    name, document, source : str
        Title and number of the notice to be, and where the rule comes from.
    county : str
        County code.
    verified : bool
        Whether the rule was read in its document.
    base_date : date
        Valuation date of the prices (估价期日).
    last_edition, samples : Path
        The last notice, whose connotation and correction tables hold on unless stated here; the sample sheet.
    key : CellKey
        What a price is stated for.
    average : CellAverage
        How samples become a price.
    round_to : float
        Prices are rounded half-up to multiples of this [元/㎡].
    least_samples : int
        Samples below which a cell does not stand alone.
    sparse : Sparse
        What happens then.
    span : tuple of float
        Quantiles of the sample prices taken as lowest and highest price of a grade.
    half_step : HalfStep
        How half steps are printed.
    level : float
        Confidence of the intervals.
    resamples, seed : int
        Of the bootstrap.
    index : DataFrame
        ``date, use, index``: land price index up to the base date; an empty use holds for all.
    case_factors : mapping of str to float
        Correction for the circumstances by kind of sample or mode of deal (情况修正); 1 where not listed.
    screens : tuple of Screen
        Outlier screens, in order.
    uses : tuple of UsePricing
        The uses.
    """

    name: str
    document: str
    source: str
    county: str
    verified: bool
    base_date: date
    last_edition: Path
    samples: Path
    key: CellKey
    average: CellAverage
    round_to: float
    least_samples: int
    sparse: Sparse
    span: tuple[float, float]
    half_step: HalfStep
    level: float
    resamples: int
    seed: int
    index: pd.DataFrame
    case_factors: Mapping[str, float]
    screens: tuple[Screen, ...]
    uses: tuple[UsePricing, ...]
