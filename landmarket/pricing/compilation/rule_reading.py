"""Reading a county's rule on compiling a benchmark price (基准地价编制办法) from its TOML file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pandas as pd

from landmarket.errors import ReadError, RuleError
from landmarket.paths import is_there
from landmarket.pricing.compilation.rule import (
    CellAverage,
    CellKey,
    CompileRule,
    FarSource,
    HalfStep,
    Screen,
    ScreenKind,
    Sparse,
    UsePricing,
)
from landmarket.rule_file import RuleFile
from landmarket.rules import load_toml

_CENT = Decimal("0.01")
_MOST_RESAMPLES = 100_000


def read_compile_rule(path: str | Path) -> CompileRule:
    """Read a county's rule on compiling a benchmark price (基准地价编制办法).

    Parameters
    ----------
    path : path-like
        The TOML file; the files it names are relative to it.

    Returns
    -------
    CompileRule
        Its content, every file checked to exist.

    Raises
    ------
    ReadError
        If the file is not TOML, or a file it names does not exist.
    RuleError
        If a key is missing, unknown, of the wrong kind or out of range.
    """
    path = Path(path)
    document = RuleFile(load_toml(path), str(path))
    low, high = _pair(document, "span")
    rule = CompileRule(
        name=document.text("name"),
        document=document.text("document", ""),
        source=document.text("source"),
        county=document.text("county"),
        verified=document.flag("verified"),
        base_date=document.day_of_work("base_date"),
        last_edition=path.parent / document.text("last_edition"),
        samples=path.parent / document.text("samples"),
        key=document.choice("key", CellKey),
        average=document.choice("average", CellAverage),
        round_to=_between(document, "round_to", 0, 1000),
        least_samples=document.whole("least_samples"),
        sparse=document.choice("sparse", Sparse),
        span=(low, high),
        half_step=document.choice("half_step", HalfStep),
        level=_between(document, "level", 0, 1),
        resamples=document.whole("resamples"),
        seed=document.whole("seed"),
        index=_index(document.records("index")),
        case_factors=_case_factors(document),
        screens=tuple(_screen(record) for record in document.records("screen")),
        uses=tuple(_use(record) for record in document.records("use")),
    )
    document.finish()
    if rule.least_samples < 1 or not 1 <= rule.resamples <= _MOST_RESAMPLES or rule.seed < 0:
        raise RuleError(
            f"{path}：least_samples 应为正整数，resamples 在 1—{_MOST_RESAMPLES} 之间，seed 不为负。办法：改写规则。"
        )
    if not 0 <= low < high <= 1:
        raise RuleError(f"{path}：span = {[low, high]} 应为 0—1 之间由小到大的两个数。办法：改写规则文件。")
    if document.number("round_to") % _CENT:
        raise RuleError(f"{path}：round_to = {rule.round_to:g} 应为 {_CENT} 的倍数，单价到分。办法：改写规则文件。")
    if not rule.uses or len({use.name for use in rule.uses}) < len(rule.uses):
        raise RuleError(f"{path}：没有 [[use]]，或用途重名。办法：每种用途写一条。")
    unknown = sorted(set(rule.index["use"]) - {use.name for use in rule.uses} - {""})
    if unknown:
        raise RuleError(f"{path}：[[index]] 的用途 {'、'.join(unknown)} 不在 [[use]] 中。办法：统一用途的写法。")
    gone = [str(file) for file in (rule.last_edition, rule.samples) if not is_there(file)]
    if gone:
        raise ReadError(f"{path}：找不到文件 {'、'.join(gone)}。办法：路径相对于该文件。")
    return rule


def _between(record: RuleFile, key: str, low: float, high: float) -> float:
    number = record.number(key)
    if not (number.is_finite() and low < number < high):
        raise RuleError(f"{record.where}：{key} = {number} 应在 {low:g}—{high:g} 之间。办法：改写规则文件。")
    return float(number)


def _pair(record: RuleFile, key: str) -> tuple[float, float]:
    numbers = record.numbers(key)
    if len(numbers) != 2:
        raise RuleError(f"{record.where}：{key} 应为两个数。办法：改写规则文件。")
    return float(numbers[0]), float(numbers[1])


def _index(records: list[RuleFile]) -> pd.DataFrame:
    rows = []
    for record in records:
        value = record.number("value")
        if not _positive(value):
            raise RuleError(f"{record.where}：value = {value} 应为正数。办法：改写规则文件。")
        rows.append((pd.Timestamp(record.day("date")), record.text("use", ""), float(value)))
        record.finish()
    table = pd.DataFrame(rows, columns=["date", "use", "index"])
    twice = table[table.duplicated(["date", "use"])]
    if len(twice):
        raise RuleError(f"[[index]] 同一用途同一天有两个指数：{twice['date'].iloc[0]:%Y-%m-%d}。办法：只留一个。")
    return table.sort_values(["use", "date"], ignore_index=True)


def _case_factors(document: RuleFile) -> Mapping[str, float]:
    if not document.has("case_factors"):
        return {}
    table = document.value("case_factors", "情况修正表")
    if not isinstance(table, dict):
        raise RuleError(f"{document.where}：[case_factors] 应为“类型 = 系数”的表。办法：改写规则文件。")
    wrong = {key: value for key, value in table.items() if not _positive(value)}
    if wrong:
        raise RuleError(f"{document.where}：情况修正系数应为正数：{wrong}。办法：改写规则文件。")
    return {str(key): float(value) for key, value in table.items()}


def _positive(value: object) -> bool:
    """Tell whether a value is a number that stays positive and finite in floating point."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return False
    return 0 < float(Decimal(value)) < math.inf


def _screen(record: RuleFile) -> Screen:
    name, kind = record.text("name"), record.choice("rule", ScreenKind)
    if kind is ScreenKind.TEXT:
        screen = Screen(name, kind, column=record.text("column"), words=record.texts("words"))
        if not all(screen.words) or not screen.words:
            raise RuleError(f"{record.where}：words 为空，或有空的词语：它在每一格里都能找到。办法：写明词语。")
    elif kind is ScreenKind.RATIO:
        screen = Screen(name, kind, low=_between(record, "low", 0, 1), high=_between(record, "high", 1, 1000))
    else:
        screen = Screen(name, kind, k=_between(record, "k", 0, 1000))
    record.finish()
    return screen


def _use(record: RuleFile) -> UsePricing:
    factors = _factors(record)
    ratio = _between(record, "state_ratio", 0, 10) if record.has("state_ratio") else None
    prices = _prices(record) if record.has("state_prices") else {}
    if (ratio is None) != (not prices):
        raise RuleError(f"{record.where}：state_ratio 与 state_prices 应同时给出。办法：补齐，或都不写。")
    use = UsePricing(
        name=record.text("name"),
        factors=factors,
        far=record.choice("far", FarSource),
        state_ratio=ratio,
        state_prices=prices,
        state_source=record.text("state_source") if ratio is not None else "",
    )
    record.finish()
    return use


def _factors(record: RuleFile) -> dict[str, str]:
    factors: dict[str, str] = {}
    for one in record.records("factor"):
        name = one.text("name")
        if name in factors:
            raise RuleError(f"{one.where}：因素 {name} 重名。办法：每个因素写一条。")
        factors[name] = one.text("weight_of")
        one.finish()
    return factors


def _prices(record: RuleFile) -> dict[str, float]:
    table = record.value("state_prices", "国有地价表")
    if not isinstance(table, dict) or not all(_positive(value) for value in table.values()):
        raise RuleError(f"{record.where}：state_prices 应为“级别 = 元/㎡”的表。办法：改写规则文件。")
    prices = {str(grade): float(value) for grade, value in table.items()}
    values = list(prices.values())
    if any(better < worse for better, worse in pairwise(values)):
        raise RuleError(f"{record.where}：state_prices 没有由高到低：{prices}。办法：按级别由好到差写，并核对数值。")
    return prices
