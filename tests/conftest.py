"""Fixtures that cost something, made once a session: the sample county's main job and its run folder."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from pathlib import Path

import pytest

from landmarket.county import read_county, sample_county
from landmarket.errors import LandMarketWarning
from landmarket.products import Work, county_run, do_county, write_all


def quiet(step: str) -> None:
    """Say nothing."""


@pytest.fixture(scope="session")
def sample_work() -> Work:
    """The main job on the sample county, computed and not written; not to be changed by a test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)  # the sample's rules are invented, hence unverified
        return do_county(read_county(sample_county()), quiet)


@pytest.fixture(scope="session")
def sample_run(sample_work: Work, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of the sample county."""
    created = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    with county_run(sample_work.county, tmp_path_factory.mktemp("out"), created) as run:
        write_all(sample_work, run, created, quiet)
    return run.final
