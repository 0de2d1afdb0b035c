"""A county's income under its rule and under each reform (办法比较): who gains, who loses."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from landmarket.distribution.reform import compare_splits
from landmarket.distribution.split import COLLECTIVES
from landmarket.distribution.worksheet import party_names
from landmarket.income_products.inequality import BASE, every_split
from landmarket.income_products.work import IncomeWork
from landmarket.indicators import changes_by_place, gainers_and_losers, income_changes

_BETWEEN = "\x1f"  # between township and village: no name has it


def reform_table(work: IncomeWork) -> pd.DataFrame:
    """List for every reform what each township and party gains or loses (办法比较).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    DataFrame
        办法, township, party, and amounts; empty where no reform is planned.
    """
    return _changes({name: one.changes for name, one in work.reforms.items()}).rename(columns={"group": "township"})


def village_table(work: IncomeWork) -> pd.DataFrame:
    """List for every reform what each village and party gains or loses (办法比较，逐村).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    DataFrame
        办法, township, village, party, and amounts, where anything changes; empty where no reform is planned.
    """
    splits = every_split(work)
    places = (work.deals["township"] + _BETWEEN + work.deals["village"]).rename("group")
    made = {name: compare_splits(splits[BASE], splits[name], places) for name in work.reforms}
    table = _changes({name: one[one["change"].ne(0)] for name, one in made.items()})
    parts = table["group"].astype("str").str.partition(_BETWEEN)
    table.insert(1, "township", parts[0])
    table.insert(2, "village", parts[2])
    return table.drop(columns="group")


def _changes(made: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    names = party_names()
    columns = {"party": "分配方"} | {amount: f"{amount}_fen" for amount in ("before", "after", "change")}
    tables = [
        one.reset_index().assign(办法=name, party=lambda rows: rows["party"].map(names)) for name, one in made.items()
    ]
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["办法", "group", *columns])
    return table[["办法", "group", *columns]].rename(columns=columns)


def village_changes(work: IncomeWork, name: str) -> pd.DataFrame:
    """Find the villages whose collectives and members gain and lose most under a reform (增减前十).

    Parameters
    ----------
    work : IncomeWork
        A county's income.
    name : str
        Name of the reform.

    Returns
    -------
    DataFrame
        See `landmarket.indicators.gainers_and_losers`.
    """
    before, after = _to_collectives(work, name)
    places = (work.deals["township"] + " " + work.deals["village"]).reindex(before.index).rename("village")
    return gainers_and_losers(changes_by_place(income_changes(before, after, "to_collectives_fen"), places))


def to_collectives_change(work: IncomeWork, name: str) -> int:
    """Add up what all collectives and members gain or lose under a reform (集体与成员增减合计).

    Parameters
    ----------
    work : IncomeWork
        A county's income.
    name : str
        Name of the reform.

    Returns
    -------
    int
        Of the whole county [分]; a loss is negative.
    """
    before, after = _to_collectives(work, name)
    return int(after["to_collectives_fen"].sum() - before["to_collectives_fen"].sum())


def _to_collectives(work: IncomeWork, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What collectives and members have of each deal, under the county's rule and under a reform."""
    parties, splits = [*COLLECTIVES, "members_fen"], every_split(work)
    before, after = (
        one[parties].astype("Int64").sum(axis=1).to_frame("to_collectives_fen") for one in (splits[BASE], splits[name])
    )
    return before, after
