"""Consent of the collective (民主决策): majority and quorum by the law in force on the day of the vote.

A vote passes with ``majority × total`` or more votes in favour, counted in integers: 以上 includes the number itself
(民法典 art. 1259).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.errors import RuleError
from landmarket.rules import Rule, rule_in_force
from landmarket.zoning.reasons import Found

VOTE_COLUMNS = ["vote_on", "vote_body", "vote_total", "vote_attended", "vote_yes"]
Fraction = tuple[int, int]
Ints = npt.NDArray[np.int64]
_MOST_PEOPLE = 1e12  # more than that nobody counted


Votes = TypeVar("Votes", int, Ints)


def votes_needed(total: Votes, fraction: Fraction) -> Votes:
    """Least number of votes that is the fraction or more of the total.

    Parameters
    ----------
    total : int or ndarray of int64
        Members or representatives, all of them.
    fraction : tuple of int
        Numerator and denominator, as the law of the day states them.

    Returns
    -------
    int or ndarray of int64
        The smallest ``yes`` with ``denominator × yes >= numerator × total``.

    Examples
    --------
    Two thirds, 土地管理法 art. 63(2):

    >>> [votes_needed(total, (2, 3)) for total in (30, 45, 99, 100, 101, 300)]
    [20, 30, 66, 67, 68, 200]
    """
    numerator, denominator = fraction
    return -(-numerator * total // denominator)


class _Law(NamedTuple):
    """What one body needs on one day; None where the law asks for nothing."""

    majority: Fraction
    quorum: Fraction | None
    least_total: int
    article: str


def _fraction(rule: Rule) -> Fraction:
    if isinstance(rule.value, tuple) and len(rule.value) == 2 and all(v == int(v) > 0 for v in rule.value):
        return int(rule.value[0]), int(rule.value[1])
    raise RuleError(f"规则 {rule.key}（{rule.name}）的值 {rule.value!r} 不是比例。办法：写成 [分子, 分母]，如 [2, 3]。")


def _law(rules: Sequence[Rule], body: str, on: date, county: str, pilot: bool) -> _Law | None:
    def find(key: str) -> Rule | None:
        return rule_in_force(rules, f"{key}:{body}", on=on, county=county, pilot=pilot)

    majority, quorum, least = find("vote_majority"), find("vote_quorum"), find("vote_least_total")
    if majority is None:
        return None
    least_total = least.number if least is not None else Decimal(1)
    return _Law(
        _fraction(majority),
        _fraction(quorum) if quorum is not None else None,
        int(least_total),
        majority.source,
    )


class _Votes(NamedTuple):
    """Votes of all parcels: whole numbers (-1 where missing), and the law of each as a position in a list."""

    total: Ints
    attended: Ints
    yes: Ints
    law: Ints


def _parse(parcels: pd.DataFrame) -> tuple[Ints, Ints, Ints]:
    counts = []
    for name in ("vote_total", "vote_attended", "vote_yes"):
        values = parcels[name].to_numpy(dtype=np.float64, na_value=np.nan)
        whole = (values >= 0) & (values < _MOST_PEOPLE) & (values == np.floor(values))
        counts.append(np.where(whole, values, -1).astype(np.int64))
    return counts[0], counts[1], counts[2]


def _laws(
    parcels: pd.DataFrame, decided: npt.NDArray[np.bool_], rules: Sequence[Rule], county: str, pilot: bool
) -> tuple[Ints, list[_Law]]:
    """The law of every decided vote: -1 where none is in force or the vote is not decided."""
    cases = parcels.loc[decided, ["vote_body", "vote_on"]]
    distinct = cases.drop_duplicates()
    laws: list[_Law] = []
    chosen: list[int] = []
    for body, day in zip(distinct["vote_body"], distinct["vote_on"], strict=True):
        law = _law(rules, body, day.date(), county, pilot)
        if law is not None and law not in laws:
            laws.append(law)
        chosen.append(laws.index(law) if law is not None else -1)
    position = np.full(len(parcels), -1, dtype=np.int64)
    number = cases.groupby(["vote_body", "vote_on"], sort=False).ngroup().to_numpy()
    position[decided] = np.array(chosen, dtype=np.int64)[number]
    return position, laws


def vote_reasons(parcels: pd.DataFrame, rules: Sequence[Rule], *, on: date, county: str, pilot: bool) -> list[Found]:
    """What speaks against the consent of every parcel.

    Parameters
    ----------
    parcels : DataFrame
        With `VOTE_COLUMNS`.
    rules : sequence of Rule
        Rules on votes, keys ``vote_majority:``, ``vote_quorum:`` and ``vote_least_total:`` with the body's name.
    on : date
        Day of entry.
    county : str
        County code.
    pilot : bool
        Whether the county is a pilot county.

    Returns
    -------
    list of Found
        The reasons that begin with ``vote_``.

    Raises
    ------
    RuleError
        If two rules are in force at once, or one is no fraction.
    """
    total, attended, yes = _parse(parcels)
    held = parcels["vote_on"].notna().to_numpy()
    late = held & (parcels["vote_on"] > pd.Timestamp(on)).to_numpy()
    known = held & parcels["vote_body"].notna().to_numpy() & (total > 0) & (yes >= 0)
    known &= (yes <= total) & (attended <= total) & ((attended < 0) | (yes <= attended))
    position, laws = _laws(parcels, known & ~late, rules, county, pilot)
    ruled = position >= 0
    asks_quorum = np.array([law.quorum is not None for law in laws] + [False])[position]
    unknown = (~known & ~late) | (ruled & asks_quorum & (attended < 0))
    decided = ruled & ~unknown
    found = [
        Found("vote_unknown", unknown),
        Found("vote_not_held", late, [f"{day:%Y-%m-%d}" for day in parcels.loc[late, "vote_on"]]),
        Found("vote_no_rule", known & ~late & ~ruled),
    ]
    return found + _counted(_Votes(total, attended, yes, position), decided, laws)


def _counted(votes: _Votes, decided: npt.NDArray[np.bool_], laws: list[_Law]) -> list[Found]:
    """Compare the counts with the law of each vote."""
    majority, quorum, least = (np.zeros_like(votes.total) for _ in range(3))
    for position, law in enumerate(laws):
        rows = votes.law == position
        majority[rows] = votes_needed(votes.total[rows], law.majority)
        quorum[rows] = votes_needed(votes.total[rows], law.quorum) if law.quorum is not None else 0
        least[rows] = law.least_total
    small = decided & (votes.total < least)
    absent = decided & (votes.attended < quorum) & (quorum > 0)
    few = decided & (votes.yes < majority)
    return [
        Found(
            "vote_body_too_small",
            small,
            [f"{votes.total[i]} 人，应不少于 {least[i]} 人" for i in np.flatnonzero(small)],
        ),
        Found(
            "vote_no_quorum",
            absent,
            [
                f"应到 {votes.total[i]} 人，实到 {votes.attended[i]} 人，至少 {quorum[i]} 人"
                for i in np.flatnonzero(absent)
            ],
        ),
        Found(
            "vote_too_few",
            few,
            [f"共 {votes.total[i]} 人，同意 {votes.yes[i]} 人，至少 {majority[i]} 人" for i in np.flatnonzero(few)],
            [laws[votes.law[i]].article for i in np.flatnonzero(few)],
        ),
    ]
