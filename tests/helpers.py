"""What several test modules need."""

from __future__ import annotations

import pandas as pd


def assert_same_index(result: pd.DataFrame | pd.Series, table: pd.DataFrame | pd.Series) -> None:
    """Assert that a function kept its input's index: same parcels, same order, same name."""
    pd.testing.assert_index_equal(result.index, table.index)
