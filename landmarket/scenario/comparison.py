"""What differs between two scenarios (情景比较)."""

from __future__ import annotations

import pandas as pd

from landmarket.checks import require_same_index
from landmarket.scenario.values import Outcome


def compare_scenarios(before: Outcome, after: Outcome) -> pd.DataFrame:
    """Compare two outcomes of the same parcels, by township.

    Parameters
    ----------
    before, after : Outcome
        Two outcomes of `run_scenario` on the same parcels.

    Returns
    -------
    DataFrame
        Index township and 合计; for each sum of `Outcome.totals` the columns ``before``, ``after``, ``change``.

    Raises
    ------
    IndexMismatchError
        If the outcomes are of different parcels.
    """
    require_same_index(before.parcels, after.parcels, "compare_scenarios")
    first, second = before.totals(), after.totals()
    second = second.reindex(first.index.union(second.index, sort=False), fill_value=0)
    first = first.reindex(second.index, fill_value=0)
    return pd.concat({"before": first, "after": second, "change": second - first}, axis=1).swaplevel(axis=1)[
        first.columns
    ]
