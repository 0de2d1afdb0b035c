"""Deals with the costs that are known on the day of settlement (决算): from the ledger where it has the parcel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

import pandas as pd

from landmarket.checks import require_columns
from landmarket.distribution.cost_ledger import COST_COLUMNS, CostKind, ledger_costs

SETTLED_COSTS: Mapping[CostKind, str] = MappingProxyType(
    {
        CostKind.ACQUISITION: "acquisition_cost",
        CostKind.RECLAMATION: "reclamation_cost",
        CostKind.DEVELOPMENT: "development_cost",
        CostKind.TRANSACTION: "transaction_cost",
        CostKind.TAX: "tax_paid",
    }
)
"""The column of a deal [元] that holds its costs of each kind."""
_FEN = 100
LEDGER, TABLE = "台账", "宗地表"


def settled_deals(deals: pd.DataFrame, ledger: pd.DataFrame, until: date) -> pd.DataFrame:
    """Put the costs of the ledger into the deals (决算成本).

    Parameters
    ----------
    deals : DataFrame
        Index parcel code; ``acquisition_cost`` and ``development_cost`` [元] as the parcel table states them.
    ledger : DataFrame
        As `landmarket.distribution.read_cost_ledger` gives it.
    until : date
        Day of settlement: later entries do not count.

    Returns
    -------
    DataFrame
        On the same index, with ``acquisition_cost``, ``reclamation_cost``, ``development_cost``, ``transaction_cost``
        and ``tax_paid`` [元], and ``cost_basis``: 台账 where the ledger has an entry for the parcel until that day, all
        five are its sums; else 宗地表, with the stated costs, and nothing for those of the other three that the table
        does not state.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        As `landmarket.distribution.ledger_costs` raises it.
    """
    require_columns(deals, ["acquisition_cost", "development_cost"], "settled_deals")
    costs = ledger_costs(ledger, deals.index, until)
    entered = deals.index.isin(ledger.loc[pd.to_datetime(ledger["paid_on"]) <= pd.Timestamp(until), "parcel_code"])
    stated = deals.reindex(columns=list(SETTLED_COSTS.values()))
    extra = [name for name in SETTLED_COSTS.values() if name not in deals.columns]
    stated[extra] = 0.0
    for kind, name in SETTLED_COSTS.items():
        stated[name] = stated[name].astype("float64").mask(entered, costs[COST_COLUMNS[kind]] / _FEN)
    basis = pd.Series(TABLE, index=deals.index, dtype="str").mask(entered, LEDGER)
    return deals.drop(columns=stated.columns, errors="ignore").join(stated).assign(cost_basis=basis)
