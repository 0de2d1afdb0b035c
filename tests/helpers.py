"""What several test modules need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd
import pytest


def assert_same_index(result: pd.DataFrame | pd.Series, table: pd.DataFrame | pd.Series) -> None:
    """Assert that a function kept its input's index: same parcels, same order, same name."""
    pd.testing.assert_index_equal(result.index, table.index)


@contextmanager
def blank_figures() -> Iterator[pytest.MonkeyPatch]:
    """Figures are drawn, and saved as empty files: rendering them is slow and has tests of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("landmarket.figures.saving.save_figure", lambda figure, path, created: path.write_bytes(b""))
        yield patch
