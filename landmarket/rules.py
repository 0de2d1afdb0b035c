"""Dated, cited rules from TOML: which one is in force on a date, in a county, inside or outside a pilot.

A rule file is a list of ``[[rule]]`` records. "None in force" is an answer of its own, never a zero.
"""

from __future__ import annotations

import tomllib
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from landmarket.display import rows_table
from landmarket.errors import BadValueError, NoRuleInForceError, ReadError, RuleError, UnverifiedRuleWarning
from landmarket.paths import refuse_pipe

RuleValue = Decimal | str | bool | tuple[Decimal, ...]
_REQUIRED = ("key", "name", "value", "unit", "effective_from", "source", "verified")
_OPTIONAL = ("effective_to", "counties", "pilot", "note", "region", "when")
_MOST, _FINEST = 10**18, 18
"""The largest number of a document, and the decimals of the finest."""

YEARS = range(1900, 2200)
"""Years that something is computed for."""


@dataclass(frozen=True)
class Rule:
    """One dated, cited value (规则) from a law, a notice or a local document.

    Attributes
    ----------
    key : str
        What it decides, for example ``"fund_rate_band"``; rules of one key replace each other in time.
    name : str
        Chinese name.
    value : Decimal, str, bool or tuple of Decimal
        The value; numbers are exact decimals.
    unit : str
        Unit, or empty.
    effective_from : date
        First day in force.
    effective_to : date or None
        Last day in force; None while it is in force.
    source : str
        Document and article.
    verified : bool
        Whether value and dates were read in the text of the document.
    counties : tuple of str
        County codes (6 digits) or their beginnings (2 or 4 digits); empty means everywhere.
    pilot : bool or None
        True: pilot counties only; False: all others only; None: both.
    note : str
        Remarks.
    region : str
        Name under which a local document's rules are found together, such as 德清; empty for national rules.
    when : tuple of (str, str)
        What else it depends on, such as ``("price_use", "工业")``; empty: on nothing.
    """

    key: str
    name: str
    value: RuleValue
    unit: str
    effective_from: date
    source: str
    verified: bool
    effective_to: date | None = None
    counties: tuple[str, ...] = ()
    pilot: bool | None = None
    note: str = ""
    region: str = ""
    when: tuple[tuple[str, str], ...] = ()

    def holds(self, on: date, county: str, pilot: bool) -> bool:
        """Tell whether the rule is in force.

        Parameters
        ----------
        on : date
            The day.
        county : str
            County code, 6 digits.
        pilot : bool
            Whether the county is a pilot county on that day.

        Returns
        -------
        bool
            True if date, county and pilot status all fit.
        """
        in_time = self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)
        in_place = not self.counties or county.startswith(self.counties)
        return in_time and in_place and self.pilot in (None, pilot)

    @property
    def number(self) -> Decimal:
        """The value as one exact number; raises RuleError where it is none."""
        if isinstance(self.value, Decimal):
            return self.value
        raise RuleError(f"规则 {self.key}（{self.name}）的值 {self.value!r} 不是数。办法：在规则文件中改为数值。")

    @property
    def band(self) -> tuple[Decimal, Decimal]:
        """The value as lowest and highest number; raises RuleError where it is not two of them in order."""
        if isinstance(self.value, tuple) and len(self.value) == 2 and self.value[0] <= self.value[1]:
            return self.value[0], self.value[1]
        raise RuleError(f"规则 {self.name} 的值 {self.value!r} 应为 [下限, 上限]。办法：改写规则文件。")


def value_text(value: RuleValue) -> str:
    """Write a rule's value as a table prints it (规则的值).

    Parameters
    ----------
    value : Decimal, str, bool or tuple of Decimal
        The value.

    Returns
    -------
    str
        是 or 否 for a flag; two ends with a dash between them.

    Examples
    --------
    >>> value_text((Decimal("0.2"), Decimal("0.5"))), value_text(False)
    ('0.2—0.5', '否')
    """
    if isinstance(value, bool):
        return "是" if value else "否"
    return "—".join(map(str, value)) if isinstance(value, tuple) else str(value)


def rules_shown(rules: Iterable[Rule]) -> str:
    """Write rules as a table for a notebook (规则表).

    Parameters
    ----------
    rules : iterable of Rule
        The rules.

    Returns
    -------
    str
        HTML; every text is escaped.
    """
    headers = ["规则", "值", "单位", "施行", "出处", "核对原文"]
    return rows_table(
        headers,
        [
            [
                rule.name,
                value_text(rule.value),
                rule.unit,
                f"{rule.effective_from}—{rule.effective_to or '今'}",
                rule.source,
                "是" if rule.verified else "否",
            ]
            for rule in rules
        ],
    )


def _exact(value: object, where: str) -> RuleValue:
    if isinstance(value, bool | str | Decimal):
        return value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, list) and all(isinstance(item, int | Decimal) for item in value):
        return tuple(Decimal(item) for item in value)
    raise RuleError(f"{where}：value = {value!r} 不是数、文字、是否或数组。")


def _date(value: object, where: str) -> date:
    if type(value) is date:
        return value
    raise RuleError(f"{where}：{value!r} 不是日期。办法：写成 2023-03-01，不加引号。")


def _record(record: object, where: str) -> Rule:
    if not isinstance(record, dict):
        raise RuleError(f"{where}：不是 [[rule]] 记录。")
    missing = [key for key in _REQUIRED if key not in record]
    unknown = [key for key in record if key not in _REQUIRED + _OPTIONAL]
    if missing or unknown:
        raise RuleError(f"{where}：缺少 {missing}，不认识 {unknown}。办法：按 docs 中的规则文件格式补齐。")
    for key in ("key", "name", "unit", "source"):
        if not isinstance(record[key], str):
            raise RuleError(f"{where}：{key} = {record[key]!r} 应为文字。")
    pilot, counties = record.get("pilot"), record.get("counties", [])
    if not isinstance(record["verified"], bool) or not (pilot is None or isinstance(pilot, bool)):
        raise RuleError(f"{where}：verified、pilot 应为 true 或 false。")
    if not isinstance(counties, list) or not all(isinstance(code, str) and code for code in counties):
        raise RuleError(f'{where}：counties 应为代码文字的数组，如 ["411081"]。')
    when = record.get("when", {})
    if not isinstance(when, dict) or not all(isinstance(text, str) for text in when.values()):
        raise RuleError(f'{where}：when 应为“条件 = 文字”的表，如 {{ price_use = "工业" }}。')
    start = _date(record["effective_from"], where)
    end = _date(record["effective_to"], where) if "effective_to" in record else None
    if end is not None and end < start:
        raise RuleError(f"{where}：effective_to {end} 早于 effective_from {start}。")
    return Rule(
        key=record["key"],
        name=record["name"],
        value=_exact(record["value"], where),
        unit=record["unit"],
        effective_from=start,
        effective_to=end,
        source=record["source"],
        verified=record["verified"],
        counties=tuple(counties),
        pilot=pilot,
        note=str(record.get("note", "")),
        region=str(record.get("region", "")),
        when=tuple(when.items()),
    )


def as_day(on: object, needed_by: str) -> date:
    """Take the day that something is computed for (期日) as a date.

    Parameters
    ----------
    on : object
        A date; a time at midnight is its date.
    needed_by : str
        The function that needs it, for the message.

    Returns
    -------
    date
        The day.

    Raises
    ------
    BadValueError
        If it is anything else, or a day of another age.

    Examples
    --------
    >>> as_day(datetime(2026, 3, 2), "simulate_deals")
    datetime.date(2026, 3, 2)
    """
    if isinstance(on, datetime) and on == on and on.tzinfo is None and on.time() == time():  # a missing time differs
        on = on.date()
    if not isinstance(on, date) or isinstance(on, datetime) or on.year not in YEARS:
        raise BadValueError(
            f"{needed_by}：on = {on!r} 不是 {YEARS[0]} 至 {YEARS[-1]} 年间的日期。办法：写成 date(2026, 3, 2)。"
        )
    return on


def load_toml(path: Path | Traversable) -> dict[str, object]:
    """Read a TOML file with exact decimals.

    Parameters
    ----------
    path : path-like
        The file, UTF-8.

    Returns
    -------
    dict of str to object
        The document; floats are `decimal.Decimal`.

    Raises
    ------
    ReadError
        If it cannot be opened, is not UTF-8 or not TOML; the line is named.
    RuleError
        If a number is infinite or beyond all measure.
    """
    try:
        if isinstance(path, Path):
            refuse_pipe(path)
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"), parse_float=Decimal)
    except OSError as error:
        raise ReadError(f"{path}：打不开（{error.strerror}）。办法：检查路径与权限。") from error
    except UnicodeDecodeError as error:
        raise ReadError(f"{path}：不是 UTF-8 文本（第 {error.start} 字节）。办法：另存为 UTF-8。") from error
    except (ValueError, RecursionError) as error:  # the grammar, and numbers and nesting beyond all measure
        raise ReadError(f"{path}：不是有效的 TOML：{error}。办法：中文键名须加引号，日期不加引号。") from error
    odd = next(_odd_numbers(document, ""), None)
    if odd is not None:
        raise RuleError(f"{path}：{odd} 不是有限的数，或大得、细得不像数值。办法：改正该数。")
    return document


def _odd_numbers(value: object, key: str) -> Iterator[str]:
    """Numbers that nothing in a rule can be, with their keys: infinite, above 10¹⁸, or with digits below 10⁻¹⁸."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _odd_numbers(inner, f"{key}.{name}".lstrip("."))
    elif isinstance(value, list):
        for inner in value:
            yield from _odd_numbers(inner, key)
    elif isinstance(value, int | Decimal) and not _sane(Decimal(value)):
        yield f"{key} = {str(value)[:40]}"


def _sane(value: Decimal) -> bool:
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -_FINEST and abs(value) <= _MOST


def read_rules(path: Path | Traversable) -> tuple[Rule, ...]:
    """Read a rule file.

    Parameters
    ----------
    path : path-like
        TOML file of ``[[rule]]`` records.

    Returns
    -------
    tuple of Rule
        In the order of the file.

    Raises
    ------
    ReadError
        If the file is not TOML.
    RuleError
        If a record lacks a key, has an unknown one, or a value of the wrong kind.
    """
    records = load_toml(path).get("rule")
    if not isinstance(records, list):
        raise RuleError(f"{path}：没有 [[rule]] 记录。")
    return tuple(_record(record, f"{path} 第 {i} 条规则") for i, record in enumerate(records, start=1))


@cache
def national_rules() -> tuple[Rule, ...]:
    """Return the rules that ship with the package.

    Returns
    -------
    tuple of Rule
        All records of the TOML files under ``landmarket/data``, files in name order.
    """
    return shipped_rules("data")


@cache
def shipped_rules(folder: str) -> tuple[Rule, ...]:
    """Return the rules of one folder of the package.

    Parameters
    ----------
    folder : str
        Such as ``"data"``; folders below it are left out.

    Returns
    -------
    tuple of Rule
        All records of its TOML files, files in name order.
    """
    listed = files("landmarket").joinpath(folder).iterdir()
    paths = sorted((path for path in listed if path.name.endswith(".toml")), key=lambda path: path.name)
    return tuple(rule for path in paths for rule in read_rules(path))


def holding_rule(rules: Iterable[Rule], key: str, *, on: date, county: str, pilot: bool) -> Rule | None:
    """Find the rule of a key that holds, without a word on whether its document was read.

    Parameters
    ----------
    rules : iterable of Rule
        Candidates.
    key : str
        What is to be decided.
    on : date
        The day.
    county : str
        County code, 6 digits.
    pilot : bool
        Whether the county is a pilot county on that day.

    Returns
    -------
    Rule or None
        None where no rule is in force. The longest matching beginning of the county code decides: a rule for the
        county goes before one for its prefecture, that before one for the province and that before one for everywhere.

    Raises
    ------
    RuleError
        If two rules of the same reach are in force.
    """
    holding = [rule for rule in rules if rule.key == key and rule.holds(on, county, pilot)]
    reaches = [max((len(code) for code in rule.counties if county.startswith(code)), default=0) for rule in holding]
    found = [rule for rule, reach in zip(holding, reaches, strict=True) if reach == max(reaches)]
    if len(found) > 1:
        named = "；".join(f"{rule.name}（{rule.source}）" for rule in found)
        cases = len({rule.when for rule in found}) == len(found)
        cure = "指明是哪一种情形（when）" if cases else "改正生效与失效日期"
        raise RuleError(f"{on} {county}：规则 {key} 有 {len(found)} 条同时有效：{named}。办法：{cure}。")
    return found[0] if found else None


def rule_in_force(rules: Iterable[Rule], key: str, *, on: date, county: str, pilot: bool) -> Rule | None:
    """Find the rule of a key that is in force.

    Parameters
    ----------
    rules : iterable of Rule
        Candidates.
    key : str
        What is to be decided.
    on : date
        The day.
    county : str
        County code, 6 digits.
    pilot : bool
        Whether the county is a pilot county on that day.

    Returns
    -------
    Rule or None
        As `holding_rule` finds it.

    Raises
    ------
    RuleError
        If two rules of the same reach are in force.

    Warns
    -----
    UnverifiedRuleWarning
        If the rule's document was not read by whoever entered it.
    """
    rule = holding_rule(rules, key, on=on, county=county, pilot=pilot)
    if rule is not None and not rule.verified:
        value = "、".join(map(str, rule.value)) if isinstance(rule.value, tuple) else rule.value
        warnings.warn(f"规则未经核对原文：{rule.name} = {value}（{rule.source}）", UnverifiedRuleWarning, stacklevel=2)
    return rule


def require_rule(rules: Sequence[Rule], key: str, *, on: date, county: str, pilot: bool) -> Rule:
    """Find the rule of a key that is in force, or refuse.

    Parameters
    ----------
    rules : sequence of Rule
        Candidates.
    key : str
        What is to be decided.
    on : date
        The day.
    county : str
        County code, 6 digits.
    pilot : bool
        Whether the county is a pilot county on that day.

    Returns
    -------
    Rule
        The one rule in force.

    Raises
    ------
    NoRuleInForceError
        If there is none.
    """
    rule = rule_in_force(rules, key, on=on, county=county, pilot=pilot)
    if rule is None:
        known = sorted({f"{r.name} {r.effective_from}—{r.effective_to or '今'}" for r in rules if r.key == key})
        raise NoRuleInForceError(
            f"{on} {county}：没有生效的规则 {key}。已知：{'；'.join(known) or '无'}。"
            "办法：在规则文件中补充带文号的规则。"
        )
    return rule
