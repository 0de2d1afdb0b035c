"""The registers beside a land book (台账各表), read and checked; rows about parcels that are not there stand apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from landmarket.county import County
from landmarket.land_book.book_plan import BookPlan
from landmarket.land_book.cause_zones import read_permits, read_use_records
from landmarket.land_book.collectives import read_collectives
from landmarket.land_book.decisions import check_decisions, decision_rules, read_decisions
from landmarket.land_book.disputes import dispute_states, read_disputes
from landmarket.land_book.plan_coverage import read_plan_register
from landmarket.rules import Rule, read_rules


@dataclass(frozen=True, eq=False)
class Registers:
    """Registers of a county (台账各表).

    Attributes
    ----------
    rules : tuple of Rule
        The county's own rules for them.
    collectives : DataFrame
        As from `read_collectives`.
    decisions : DataFrame
        As from `read_decisions`, with what `check_decisions` says of each.
    disputes : DataFrame
        As from `dispute_states`, of every accepted parcel.
    plans : DataFrame
        As from `read_plan_register`.
    permits, use_records : DataFrame
        As from `read_permits` and `read_use_records`.
    strays : dict of str to list of str
        By register the codes that no accepted parcel has; their rows are in none of these tables.
    """

    rules: tuple[Rule, ...]
    collectives: pd.DataFrame
    decisions: pd.DataFrame
    disputes: pd.DataFrame
    plans: pd.DataFrame
    permits: pd.DataFrame
    use_records: pd.DataFrame
    strays: dict[str, list[str]]


def read_registers(plan: BookPlan, county: County, parcels: pd.DataFrame, *, on: date) -> Registers:
    """Read the registers that a plan names, and check them (读取台账各表).

    Parameters
    ----------
    plan : BookPlan
        What the book is checked against.
    county : County
        The county file.
    parcels : DataFrame
        Accepted parcels, indexed by parcel code.
    on : date
        The day.

    Returns
    -------
    Registers
        What they say on that day.

    Raises
    ------
    ReadError, MissingColumnError, BadValueError
        If a register cannot be used.
    """
    rules = tuple(read_rules(plan.rules))
    collectives = read_collectives(plan.collectives)
    decisions = read_decisions(plan.decisions, collectives)
    asked = decision_rules(rules)
    answers = check_decisions(decisions, asked, on=on, county=county.county, pilot=county.pilot)
    permits, disputes = read_permits(plan.permits), read_disputes(plan.disputes)
    records = read_use_records(plan.use_records)
    codes = {"用地批准": permits["parcel_code"], "权属争议": disputes["parcel_code"]}
    codes |= {"利用状况": records.index.to_series(), "民主决策": decisions["parcel_code"]}
    strays = {name: _unknown(own, parcels) for name, own in codes.items()}
    return Registers(
        rules=rules,
        collectives=collectives,
        decisions=decisions.join(answers),
        disputes=dispute_states(parcels, disputes[disputes["parcel_code"].isin(parcels.index)], on=on),
        plans=read_plan_register(plan.plans),
        permits=permits[permits["parcel_code"].isin(parcels.index)],
        use_records=records[records.index.isin(parcels.index)],
        strays={name: own for name, own in strays.items() if own},
    )


def _unknown(codes: pd.Series[str], parcels: pd.DataFrame) -> list[str]:
    return [str(code) for code in codes[~codes.isin(parcels.index)].unique()]
