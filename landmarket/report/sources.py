"""What results rest on, as a table (依据): rules with their dates, notices, seeds, assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

import pandas as pd

from landmarket.rules import Rule, RuleValue

COLUMNS = ("item", "value", "unit", "effective_from", "effective_to", "source", "verified", "note")


def rule_sources(rules: Iterable[Rule]) -> pd.DataFrame:
    """List rules as the sheet 依据 shows them.

    Parameters
    ----------
    rules : iterable of Rule
        The rules that were applied.

    Returns
    -------
    DataFrame
        item, value, unit, effective_from, effective_to, source, verified, note; one row per rule.
    """
    rows = [
        (
            rule.name,
            _shown(rule.value),
            rule.unit,
            rule.effective_from,
            rule.effective_to,
            rule.source,
            rule.verified,
            rule.note,
        )
        for rule in rules
    ]
    return _typed(pd.DataFrame(rows, columns=list(COLUMNS)))


def stated_sources(facts: Mapping[str, str], source: str) -> pd.DataFrame:
    """List other facts a result rests on, such as the seed or the notice's number.

    Parameters
    ----------
    facts : mapping of str to str
        Chinese name and value.
    source : str
        Where they come from.

    Returns
    -------
    DataFrame
        The columns of `rule_sources`, no dates, ``verified`` missing.
    """
    rows = pd.DataFrame({"item": list(facts), "value": list(facts.values()), "source": source})
    return _typed(rows.reindex(columns=list(COLUMNS)))


def _typed(rows: pd.DataFrame) -> pd.DataFrame:
    dates = {name: pd.to_datetime(rows[name]).astype("datetime64[s]") for name in ("effective_from", "effective_to")}
    return rows.assign(**dates, verified=rows["verified"].astype("boolean"))


def _shown(value: RuleValue) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value if isinstance(value, str) else "、".join(f"{number:f}" for number in value)
