"""Reading a county's grading rule (定级办法) from its TOML file."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pandas as pd

from landmarket.errors import BadValueError, ReadError, RuleError
from landmarket.io.sheet_tables import sheet_numbers, sheet_table
from landmarket.paths import is_there
from landmarket.pricing.factors.formulas import BEST, Decay
from landmarket.pricing.grading.grades import GRADE_NAMES, BoundaryMethod, printed_weights
from landmarket.pricing.grading.rule import (
    AreaFactor,
    Combine,
    Distance,
    FacilityKind,
    Factor,
    GradingRule,
    LayerFile,
    Level,
    Measure,
    PointFactor,
    RoadFactor,
    TerrainFactor,
    UnitKind,
    UseRule,
)
from landmarket.pricing.weights import ahp_weights, consistency, delphi_weights, pairwise_weights, require_weights
from landmarket.rule_file import RuleFile
from landmarket.rules import load_toml

_SUM = 1e-9
_OWN_COLUMNS = {"总分值", "名次", "级别", "归并前级别", "区片号", "区片分值", "township", "village", "village_code"}


def read_grading_rule(path: str | Path) -> GradingRule:
    """Read a county's grading rule (定级办法).

    Parameters
    ----------
    path : path-like
        The TOML file; the files it names are relative to it.

    Returns
    -------
    GradingRule
        Its content, weights computed from the experts' judgements, every file checked to exist.

    Raises
    ------
    ReadError
        If the file is not TOML, or a file it names does not exist.
    RuleError
        If a key is missing, unknown or of the wrong kind; if a factor or layer is named that is not there; or if
        weights or judgements cannot be used, inconsistent ones included.
    """
    path = Path(path)
    document = RuleFile(load_toml(path), str(path))
    layers = _layers(document, path.parent)
    factors = tuple(_factor(record, layers) for record in document.records("factor"))
    names = [factor.name for factor in factors]
    taken = sorted(set(names) & _OWN_COLUMNS)
    if taken:
        raise RuleError(f"{path}：因素不能叫 {'、'.join(taken)}，成果表用了这些列名。办法：换一个因素名。")
    if not factors or len(set(names)) < len(names):
        raise RuleError(f"{path}：没有 [[factor]]，或因素重名：{'、'.join(names)}。办法：每个因素写一条，名称不重复。")
    uses = tuple(_use(record, names, path.parent) for record in document.records("use"))
    if not uses or len({use.name.casefold() for use in uses}) < len(uses):
        raise RuleError(f"{path}：没有 [[use]]，或用途重名。办法：每种用途写一条，名称不重复。")
    samples = document.text("samples", "")
    rule = GradingRule(
        name=document.text("name"),
        county=document.text("county"),
        source=document.text("source"),
        verified=document.flag("verified"),
        cell=_positive(document, "cell"),
        unit=document.choice("unit", UnitKind),
        area_count=document.whole("area_count", 0),
        smallest=1e6 * _positive(document, "smallest_km2", zero=True),
        factors=factors,
        uses=uses,
        layers=layers,
        samples=LayerFile(path.parent / samples) if samples else None,
    )
    document.finish()
    if rule.unit is UnitKind.AREA and rule.area_count < 2:
        raise RuleError(f"{path}：unit = area 时须有 area_count（区片数，不少于 2）。办法：补上。")
    files = [*layers.values(), *([rule.samples] if rule.samples else [])]
    gone = [str(file.path) for file in files if not is_there(file.path)]
    if gone:
        raise ReadError(f"{path}：找不到文件 {'、'.join(gone)}。办法：路径相对于该文件。")
    return rule


def _layers(document: RuleFile, folder: Path) -> dict[str, LayerFile]:
    layers: dict[str, LayerFile] = {}
    for record in document.records("layer"):
        name = record.text("name")
        if name in layers:
            raise RuleError(f"{record.where}：图层 {name} 写了两次。办法：每个图层一条，名称不重复。")
        layers[name] = _layer(record, folder)
    return layers


def _layer(record: RuleFile, folder: Path) -> LayerFile:
    file = LayerFile(folder / record.text("file"), record.text("layer", "") or None, record.text("village_code", ""))
    record.finish()
    return file


def _positive(record: RuleFile, key: str, *, zero: bool = False) -> float:
    number = _finite(record, key)
    if not (number > 0 or (zero and number == 0)):
        raise RuleError(
            f"{record.where}：{key} = {number:g} 应为{'不小于 0 的' if zero else '正'}数。办法：改写规则文件。"
        )
    return number


def _finite(record: RuleFile, key: str) -> float:
    number = float(record.number(key))
    if not math.isfinite(number):
        raise RuleError(f"{record.where}：{key} = {number:g} 不是有限的数。办法：改写规则文件。")
    return number


def _factor(record: RuleFile, layers: Mapping[str, LayerFile]) -> Factor:
    kinds: dict[str, Callable[[RuleFile], Factor]] = {
        "points": _points,
        "roads": _roads,
        "area": _area,
        "terrain": _terrain,
    }
    kind = record.text("kind")
    if kind not in kinds:
        raise RuleError(f"{record.where}：kind = {kind!r} 不是 {'、'.join(kinds)} 之一。办法：改写规则文件。")
    factor = kinds[kind](record)
    record.finish()
    named = [factor.layer, *([factor.roads] if isinstance(factor, PointFactor) and factor.roads else [])]
    unknown = [name for name in named if name not in layers]
    if unknown:
        raise RuleError(f"{record.where}：没有图层 {'、'.join(unknown)}。办法：在 [[layer]] 中写明 name 与 file。")
    return factor


def _points(record: RuleFile) -> PointFactor:
    kinds = tuple(_facility_kind(one) for one in record.records("facility"))
    total, named = sum(kind.weight for kind in kinds), {kind.name for kind in kinds}
    if len(named) < len(kinds):
        raise RuleError(f"{record.where}：设施类别重名：{'、'.join(sorted(named))}。办法：每类设施一条。")
    if not kinds or abs(total - 1) > _SUM:
        raise RuleError(f"{record.where}：各类设施的 weight 合计 {total:g}，应为 1。办法：改正 [[factor.facility]]。")
    distance = record.choice("distance", Distance, Distance.STRAIGHT)
    return PointFactor(
        name=record.text("name"),
        layer=record.text("layer"),
        kind_column=record.text("kind_column"),
        level_column=record.text("level_column"),
        name_column=record.text("name_column"),
        kinds=kinds,
        decay=record.choice("decay", Decay),
        distance=distance,
        roads=record.text("roads") if distance is Distance.ROADS else "",
    )


def _facility_kind(record: RuleFile) -> FacilityKind:
    kind = FacilityKind(
        name=record.text("name"),
        weight=_positive(record, "weight") if record.has("weight") else 1.0,
        levels=_levels(record, "level"),
        sizes=record.texts("sizes"),
        combine=record.choice("combine", Combine, Combine.BEST),
        leave_out=record.texts("leave_out"),
    )
    record.finish()
    unscored = [level.name for level in kind.levels if level.score is None]
    if kind.sizes and not unscored:
        raise RuleError(f"{record.where}：各级都有 score，sizes 不起作用。办法：删去 sizes，或删去各级的 score。")
    if unscored and not kind.sizes:
        raise RuleError(
            f"{record.where}：级别 {'、'.join(unscored)} 没有 score，又没有 sizes。办法：给出作用分或规模列。"
        )
    if unscored and len(unscored) < len(kind.levels):
        raise RuleError(f"{record.where}：作用分要么各级都给，要么都由规模计算。办法：统一写法。")
    return kind


def _levels(record: RuleFile, key: str) -> tuple[Level, ...]:
    levels = []
    for one in record.records(key):
        score = float(one.number("score")) if one.has("score") else None
        radius = _positive(one, "radius") if one.has("radius") else None
        if score is not None and not 0 < score <= BEST:
            raise RuleError(f"{one.where}：score = {score:g} 应大于 0、不超过 100。办法：改写规则文件。")
        levels.append(Level(one.text("name"), score, radius))
        one.finish()
    if not levels or len({level.name for level in levels}) < len(levels):
        raise RuleError(f"{record.where}：没有 [[{key}]]，或级别重名。办法：由高到低逐级写明。")
    return tuple(levels)


def _roads(record: RuleFile) -> RoadFactor:
    classes = _levels(record, "class")
    unscored = [one.name for one in classes if one.score is None]
    if unscored:
        raise RuleError(f"{record.where}：道路等级 {'、'.join(unscored)} 没有 score。办法：给出作用分。")
    return RoadFactor(
        name=record.text("name"),
        layer=record.text("layer"),
        class_column=record.text("class_column"),
        name_column=record.text("name_column"),
        classes=classes,
        decay=record.choice("decay", Decay),
        leave_out=record.texts("leave_out"),
    )


def _ends(record: RuleFile) -> tuple[float, float]:
    worst, best = _finite(record, "worst"), _finite(record, "best")
    if worst == best:
        raise RuleError(f"{record.where}：worst 与 best 相等。办法：worst 写 0 分的值，best 写 100 分的值。")
    return worst, best


def _area(record: RuleFile) -> AreaFactor:
    worst, best = _ends(record)
    return AreaFactor(
        record.text("name"), record.text("layer"), record.text("column"), worst, best, record.text("unit", "")
    )


def _terrain(record: RuleFile) -> TerrainFactor:
    worst, best = _ends(record)
    measure = record.choice("measure", Measure)
    window = _positive(record, "window") if measure is Measure.RELIEF else 0.0
    return TerrainFactor(record.text("name"), record.text("layer"), measure, window, worst, best)


def _use(record: RuleFile, factors: Sequence[str], folder: Path) -> UseRule:
    name, named = record.text("name"), record.texts("factors")
    unknown = [factor for factor in named if factor not in factors]
    if not named or unknown or len(set(named)) < len(named):
        raise RuleError(f"{record.where}：factors 为空、重复，或没有这些因素：{'、'.join(unknown)}。办法：改正因素名。")
    weights, weighting = _weights(record, named, folder)
    method = record.choice("boundaries", BoundaryMethod)
    given: tuple[float, ...] = ()
    count = record.whole("grades")
    if method is BoundaryMethod.GIVEN:
        given = tuple(float(number) for number in record.numbers("scores"))
        inside = all(0 < score <= BEST for score in given)
        if len(given) != count - 1 or not inside or sorted(set(given)) != list(given):
            raise RuleError(
                f"{record.where}：scores = {list(given)} 应为 {count - 1} 个 0—100 之间由小到大的分界。办法：改正。"
            )
    names = record.texts("names") or GRADE_NAMES
    if not 2 <= count <= len(names) or len(set(names)) < len(names):
        raise RuleError(f"{record.where}：grades = {count}，级别名称 {list(names)} 不够或重复。办法：改正。")
    record.finish()
    return UseRule(name, weights, weighting, count, method, given, tuple(names[:count]))


def _weights(record: RuleFile, factors: Sequence[str], folder: Path) -> tuple[pd.Series[float], str]:
    """Take the weights as given, or from the experts' judgements."""
    stated = [key for key in ("weights", "ahp", "pairwise", "delphi") if record.has(key)]
    if len(stated) != 1:
        raise RuleError(f"{record.where}：weights、ahp、pairwise、delphi 应写且只写一种。办法：改写规则文件。")
    try:
        if stated == ["weights"]:
            given = pd.Series([float(number) for number in record.numbers("weights")])
            if len(given) != len(factors):
                raise RuleError(
                    f"{record.where}：weights 有 {len(given)} 个，因素有 {len(factors)} 个。办法：一一对应。"
                )
            weights, how = require_weights(given.set_axis(list(factors))), "规则给定"
        elif stated == ["ahp"]:
            matrix = _matrix(record, "ahp", factors)
            weights = ahp_weights(matrix)
            found = consistency(matrix)
            how = f"层次分析法，λmax = {found.lambda_max:.4f}，CR = {found.consistency_ratio:.4f}"
        elif stated == ["pairwise"]:
            weights, how = pairwise_weights(_matrix(record, "pairwise", factors)), "因素成对比较法"
        else:
            scores = _experts(folder / record.text("delphi"), factors)
            weights, how = delphi_weights(scores), f"特尔菲法，末轮 {len(scores)} 位专家"
        return printed_weights(weights), how
    except BadValueError as error:
        raise RuleError(f"{record.where}：{error}") from error


def _matrix(record: RuleFile, key: str, factors: Sequence[str]) -> pd.DataFrame:
    rows = record.value(key, "判断矩阵")
    if not isinstance(rows, list) or any(not isinstance(row, list) or len(row) != len(factors) for row in rows):
        raise RuleError(
            f"{record.where}：{key} 应为 {len(factors)}×{len(factors)} 的数组。办法：行列次序与 factors 相同。"
        )
    if len(rows) != len(factors):
        raise RuleError(f"{record.where}：{key} 有 {len(rows)} 行，因素有 {len(factors)} 个。办法：补齐。")
    plain = [[float(cell) if isinstance(cell, Decimal) else cell for cell in row] for row in rows]
    return pd.DataFrame(plain, index=list(factors), columns=list(factors), dtype=object)


def _experts(path: Path, factors: Sequence[str]) -> pd.DataFrame:
    """Read the last round of a Delphi table: 轮次, 专家, then one column a factor."""
    table = sheet_table(path, ["轮次", "专家", *factors])
    rounds = sheet_numbers(table, "轮次", path)
    scores = pd.DataFrame({name: sheet_numbers(table, name, path) for name in factors})
    if rounds.isna().any() or not len(table):
        raise ReadError(f"{path}：没有打分，或轮次有空格。办法：每行写明轮次与专家。")
    last = rounds.eq(rounds.max())
    return scores[last].set_axis(table.loc[last, "专家"], axis=0)
