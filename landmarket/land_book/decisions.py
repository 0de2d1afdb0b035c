"""Decisions of collectives (民主决策记录): who met, quorum and votes, the steps of 四议两公开 and their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd

from landmarket.checks import JOINT, require_columns, require_values
from landmarket.errors import RuleError
from landmarket.land_book.register_sheets import read_register
from landmarket.rules import Rule, national_rules, read_rules, require_rule
from landmarket.zoning.reasons import Found, reasons
from landmarket.zoning.votes import VOTE_COLUMNS, vote_reasons

STEPS: Mapping[str, str] = MappingProxyType(
    {
        "提议": "proposed_on",
        "商议": "discussed_on",
        "审议": "reviewed_on",
        "表决": "vote_on",
        "决议公开": "resolution_posted_on",
        "结果公开": "result_posted_on",
    }
)
"""The column with the day of each step."""
POSTINGS: Mapping[str, str] = MappingProxyType(
    {"resolution_posted_on": "resolution_posted_until", "result_posted_on": "result_posted_until"}
)
Days = Mapping[str, pd.Timestamp]
_NEEDED = ["decision_no", "parcel_code", "collective_code", *VOTE_COLUMNS]
_DAYS = [*STEPS.values(), *POSTINGS.values()]


def read_decisions(path: str | Path, register: pd.DataFrame) -> pd.DataFrame:
    """Read the register of decisions (民主决策台账).

    Parameters
    ----------
    path : path-like
        ``.xlsx`` or ``.csv`` with 决议编号、宗地代码、集体代码、表决日期、表决机构、应到人数、实到人数、同意人数, and
        if known the days of the other steps and the last days of the postings.
    register : DataFrame
        As from `landmarket.land_book.collectives.read_collectives`.

    Returns
    -------
    DataFrame
        Indexed by ``decision_no``, with ``owner_level`` of the collective.

    Raises
    ------
    ReadError, MissingColumnError, BadValueError
        As `read_register`; also if a parcel is blank or a collective is not in the register.
    """
    optional = [name for name in _DAYS if name not in _NEEDED]
    decisions = read_register(path, _NEEDED, optional, key="decision_no").set_index("decision_no")
    blank = decisions["parcel_code"].isna()
    require_values(decisions, "parcel_code", blank, "补上宗地代码。", str(path))
    unknown = ~decisions["collective_code"].isin(register.index)
    require_values(decisions, "collective_code", unknown, "集体台账中没有该集体，补登或改正代码。", str(path))
    level = register["owner_level"].reindex(decisions["collective_code"]).to_numpy()
    return decisions.assign(owner_level=pd.Series(level, index=decisions.index, dtype="str"))


def decision_rules(local: Sequence[Rule]) -> tuple[Rule, ...]:
    """Put together the rules for decisions (决策规则): the county's, the shipped steps, and the law on votes.

    Parameters
    ----------
    local : sequence of Rule
        Rules of the county; where they name the county they go before the shipped ones.

    Returns
    -------
    tuple of Rule
        For `check_decisions`.
    """
    shipped = read_rules(files("landmarket.land_book").joinpath("data", "decisions.toml"))
    return (*local, *shipped, *national_rules())


def check_decisions(
    decisions: pd.DataFrame, rules: Sequence[Rule], *, on: date, county: str, pilot: bool
) -> pd.DataFrame:
    """Check every decision (核对民主决策): votes by the law of the day, steps complete and in order, postings.

    Parameters
    ----------
    decisions : DataFrame
        As from `read_decisions`.
    rules : sequence of Rule
        As from `decision_rules`.
    on : date
        The day of entry.
    county : str
        County code.
    pilot : bool
        Whether the county is a pilot county.

    Returns
    -------
    DataFrame
        On the same index: ``decision_answer`` (成立, 不成立, 待核实) and ``decision_text`` with every reason.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    NoRuleInForceError
        If no rule names the steps of a level on a day.
    RuleError
        If a rule names a step nobody knows, or two rules are in force at once.

    Notes
    -----
    Steps may fall on one day. Days of posting are counted without the first (民法典第二百零一条): posted on the 1st
    and taken down on the 8th are 7 days.
    """
    require_columns(decisions, ["owner_level", *VOTE_COLUMNS, *_DAYS], "check_decisions")
    texts: list[list[str]] = [[] for _ in range(len(decisions))]
    refused, open_ = np.zeros(len(decisions), dtype=bool), np.zeros(len(decisions), dtype=bool)
    votes = vote_reasons(decisions, rules, on=on, county=county, pilot=pilot)
    for found in votes:
        _note(found, texts)
        refused |= found.where & (reasons()[found.code].effect == "no")
        open_ |= found.where & (reasons()[found.code].effect == "unknown")
    laws = _laws(decisions, rules, on, county, pilot)
    for row, days in enumerate(_days(decisions)):
        for problems in (_step_problems, _posting_problems):
            wrong, missing = problems(days, laws[row], pd.Timestamp(on))
            texts[row] += wrong + missing
            refused[row] |= bool(wrong)
            open_[row] |= bool(missing)
    answer = np.select([refused, open_], ["不成立", "待核实"], "成立")
    return pd.DataFrame(
        {
            "decision_answer": pd.Series(answer, index=decisions.index, dtype="str"),
            "decision_text": pd.Series([JOINT.join(row) for row in texts], index=decisions.index, dtype="str"),
        }
    )


def _note(found: Found, texts: list[list[str]]) -> None:
    text = reasons()[found.code].text
    for number, row in enumerate(np.flatnonzero(found.where)):
        texts[row].append(f"{text}（{found.details[number]}）" if found.details else text)


def _days(decisions: pd.DataFrame) -> list[Days]:
    """The days of every decision by column."""
    columns = [decisions[name] for name in _DAYS]
    return [dict(zip(_DAYS, row, strict=True)) for row in zip(*columns, strict=True)]


class _Law(NamedTuple):
    """What one level of collective has to do on one day: its steps in order, and the least days of posting."""

    steps: tuple[str, ...]
    least_days: int


def _laws(decisions: pd.DataFrame, rules: Sequence[Rule], on: date, county: str, pilot: bool) -> list[_Law]:
    """The law of every decision, by the day of its vote; of a vote that is not held, by the day of entry."""
    days = decisions["vote_on"].fillna(pd.Timestamp(on)).dt.date
    known: dict[tuple[str, date], _Law] = {}
    result = []
    for level, day in zip(decisions["owner_level"], days, strict=True):
        if (level, day) not in known:
            steps = _steps(rules, str(level), day, county, pilot)
            least = require_rule(rules, "decision_publicity_days", on=day, county=county, pilot=pilot)
            known[level, day] = _Law(steps, int(least.number))
        result.append(known[level, day])
    return result


def _step_problems(written: Days, law: _Law, on: pd.Timestamp) -> tuple[list[str], list[str]]:
    """What is wrong with the steps of one decision, and which are missing."""
    days = {step: written[name] for step, name in STEPS.items() if pd.notna(written[name])}
    missing = [f"缺{step}日期" for step in law.steps if step not in days and step != "表决"]
    wrong = [
        f"{later}（{days[later]:%Y-%m-%d}）早于{step}（{days[step]:%Y-%m-%d}）"
        for step, later in pairwise(days)
        if days[later] < days[step]
    ]
    late = [step for step in law.steps if step in days and step != "表决" and days[step] > on]
    wrong += [f"{step}（{days[step]:%Y-%m-%d}）在入市日以后" for step in late]
    return wrong, missing


def _posting_problems(written: Days, law: _Law, on: pd.Timestamp) -> tuple[list[str], list[str]]:
    """What is wrong with the postings of one decision, and which last days are missing."""
    wrong: list[str] = []
    missing: list[str] = []
    known = {name: written[name] for name in written if pd.notna(written[name])}
    for step, name in STEPS.items():
        if name not in POSTINGS or name not in known:
            continue
        first, last = known[name], known.get(POSTINGS[name])
        if last is None:
            missing.append(f"缺{step}截止日期")
        elif (last - first).days < law.least_days:
            wrong.append(f"{step} {(last - first).days} 天，至少 {law.least_days} 天")
        elif step in law.steps and first <= on < last:
            wrong.append(f"{step}到 {last:%Y-%m-%d} 才结束，在入市日以后")
    return wrong, missing


def _steps(rules: Sequence[Rule], level: str, on: date, county: str, pilot: bool) -> tuple[str, ...]:
    rule = require_rule(rules, f"decision_steps:{level}", on=on, county=county, pilot=pilot)
    steps = tuple(part.strip() for part in str(rule.value).split("、"))
    unknown = [step for step in steps if step not in STEPS]
    if unknown or list(steps) != [step for step in STEPS if step in steps]:
        raise RuleError(f"规则 {rule.key} 的步骤 {rule.value!r} 不认识或次序不对。办法：按次序用 {'、'.join(STEPS)}。")
    return steps
