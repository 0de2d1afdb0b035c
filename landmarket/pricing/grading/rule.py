"""The county's grading rule (定级办法): factors, weights, how grades are cut."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import pandas as pd

from landmarket.pricing.factors.formulas import Decay
from landmarket.pricing.grading.grades import GRADE_NAMES, BoundaryMethod


class UnitKind(StrEnum):
    """What is graded (评价单元): cells of the grid, villages, or homogeneous areas of villages."""

    CELL = "cell"
    VILLAGE = "village"
    AREA = "area"


class Combine(StrEnum):
    """How several facilities of a kind act together (叠加方式).

    The best one alone, or the best of each level of function, added up.
    """

    BEST = "best"
    FUNCTIONS = "functions"


class Distance(StrEnum):
    """How distances are measured (距离)."""

    STRAIGHT = "straight"
    ROADS = "roads"


class Measure(StrEnum):
    """What of the terrain counts (地形指标)."""

    SLOPE = "slope"
    RELIEF = "relief"


@dataclass(frozen=True)
class Level:
    """A level of facilities, or a class of roads (设施级别、道路等级).

    Attributes
    ----------
    name : str
        As the layer writes it.
    score : float or None
        Score at the facility; None: by size.
    radius : float or None
        Influence radius [m]; None: by formula.
    """

    name: str
    score: float | None
    radius: float | None


@dataclass(frozen=True)
class FacilityKind:
    """Facilities of one kind inside a factor (设施类别).

    Attributes
    ----------
    name : str
        Such as 医院; the value of ``kind_column`` that selects them.
    weight : float
        Weight inside the factor; those of a factor sum to 1.
    levels : tuple of Level
        Highest first.
    sizes : tuple of str
        Columns of size, for levels without a score.
    combine : Combine
        How several act together.
    leave_out : tuple of str
        Levels that do not count.
    """

    name: str
    weight: float
    levels: tuple[Level, ...]
    sizes: tuple[str, ...]
    combine: Combine
    leave_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class PointFactor:
    """A factor of facilities that act over a distance (点状因素).

    Attributes
    ----------
    name : str
        Name of the factor.
    layer : str
        Key of its layer.
    kind_column, level_column, name_column : str
        Columns of kind, level and name of a facility.
    kinds : tuple of FacilityKind
        What belongs to it.
    decay : Decay
        How scores fall.
    distance : Distance
        How distances are measured.
    roads : str
        Key of the road layer, where distances follow roads.
    """

    name: str
    layer: str
    kind_column: str
    level_column: str
    name_column: str
    kinds: tuple[FacilityKind, ...]
    decay: Decay
    distance: Distance = Distance.STRAIGHT
    roads: str = ""


@dataclass(frozen=True)
class RoadFactor:
    """A factor of roads by class (线状因素).

    Attributes
    ----------
    name : str
        Name of the factor.
    layer : str
        Key of its layer.
    class_column, name_column : str
        Columns of class and name of a road.
    classes : tuple of Level
        Each with its score; the radius by formula where none is given.
    decay : Decay
        How scores fall.
    leave_out : tuple of str
        Classes that do not count, such as motorways between their exits.
    """

    name: str
    layer: str
    class_column: str
    name_column: str
    classes: tuple[Level, ...]
    decay: Decay
    leave_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class AreaFactor:
    """A factor that acts where it is alone (面状因素).

    Attributes
    ----------
    name : str
        Name of the factor.
    layer : str
        Key of its layer: polygons with a number.
    column : str
        The number.
    worst, best : float
        Values of the scores 0 and 100.
    unit : str
        Unit of the number.
    """

    name: str
    layer: str
    column: str
    worst: float
    best: float
    unit: str


@dataclass(frozen=True)
class TerrainFactor:
    """Slope or relief (地形因素).

    Attributes
    ----------
    name : str
        Name of the factor.
    layer : str
        Key of the elevation model.
    measure : Measure
        Slope [%] or relief [m].
    window : float
        Side of the window of the relief [m].
    worst, best : float
        Values of the scores 0 and 100.
    """

    name: str
    layer: str
    measure: Measure
    window: float
    worst: float
    best: float

    @property
    def unit(self) -> str:
        """Unit of the measure."""
        return "%" if self.measure is Measure.SLOPE else "m"


Factor = PointFactor | RoadFactor | AreaFactor | TerrainFactor


@dataclass(frozen=True, eq=False)
class UseRule:
    """How one use is graded (分用途定级).

    Attributes
    ----------
    name : str
        Use class, such as 商服.
    weights : Series of float
        Weight of each factor at four decimals, sum 1.
    weighting : str
        How the weights were found, in Chinese.
    count : int
        How many grades.
    method : BoundaryMethod
        How the boundaries are found.
    boundaries : tuple of float
        The boundaries where they are given, ascending.
    names : tuple of str
        Names of the grades, best first.
    """

    name: str
    weights: pd.Series[float]
    weighting: str
    count: int
    method: BoundaryMethod
    boundaries: tuple[float, ...] = ()
    names: tuple[str, ...] = GRADE_NAMES


@dataclass(frozen=True)
class LayerFile:
    """Where a layer of the rule is (图层文件).

    Attributes
    ----------
    path : Path
        Vector file, raster, or a table of villages.
    layer : str or None
        Layer of a file with several.
    key : str
        For a table: its column of village codes; empty otherwise.
    """

    path: Path
    layer: str | None = None
    key: str = ""


@dataclass(frozen=True, eq=False)
class GradingRule:
    """A county's grading rule (定级办法).

    Attributes
    ----------
    name, county, source : str
        Title, county code and where the figures come from.
    verified : bool
        Whether they were read in that document.
    cell : float
        Side of a cell of the grid [m].
    unit : UnitKind
        What is graded.
    area_count : int
        How many homogeneous areas, where those are graded.
    smallest : float
        Patches under this area [㎡] are joined to their neighbours.
    factors : tuple of Factor
        All factors.
    uses : tuple of UseRule
        All uses.
    layers : mapping of str to LayerFile
        The files, by key.
    samples : LayerFile or None
        Sample prices that check the grades.
    """

    name: str
    county: str
    source: str
    verified: bool
    cell: float
    unit: UnitKind
    area_count: int
    smallest: float
    factors: tuple[Factor, ...]
    uses: tuple[UseRule, ...]
    layers: Mapping[str, LayerFile] = field(default_factory=dict)
    samples: LayerFile | None = None
