"""Fixtures that cost something, made once a session: the sample county's main job and its run folder."""

from __future__ import annotations

import io
import json
import sys
import warnings
from contextlib import redirect_stdout
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import pytest
from hypothesis import settings

from landmarket import cli, compile_products, grade_products
from landmarket.compile_products import CompileWork, do_compiling
from landmarket.county import read_county, sample_county
from landmarket.errors import LandMarketWarning
from landmarket.grade_products import GradeWork, do_grading
from landmarket.pricing.grading import Grades
from landmarket.products import Work, county_run, do_county, write_all
from tests.hunting import FULL
from tests.postgis import postgis_database as postgis_database
from tests.postgis import postgis_url as postgis_url

settings.register_profile("a seeded slice", deadline=None, derandomize=True)
settings.register_profile("a hunt", deadline=None)
settings.load_profile("a hunt" if FULL else "a seeded slice")


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


@pytest.fixture(scope="session")
def graded_sample() -> GradeWork:
    """The sample county, graded and not written; not to be changed by a test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        return do_grading(read_county(sample_county()), quiet)


@pytest.fixture(scope="session")
def grade_document(graded_sample: GradeWork, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What ``landmarket grade --json`` says of the sample county; the grading itself is not done again."""
    out = str(tmp_path_factory.mktemp("graded"))
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as said:
        patch.setattr(grade_products, "do_grading", lambda county, say: graded_sample)
        patch.setattr(sys, "argv", ["landmarket", "grade", str(sample_county()), "--out", out, "--json"])
        cli.main()
    document = json.loads(said.getvalue())
    assert isinstance(document, dict)
    return document


@pytest.fixture(scope="session")
def graded_run(grade_document: dict[str, object]) -> Path:
    """The run folder that ``landmarket grade`` leaves for the sample county."""
    return Path(str(grade_document["folder"]))


@pytest.fixture(scope="session")
def sample_grades(graded_sample: GradeWork) -> Grades:
    """The graded sample county without what it is handed over with; not to be changed by a test."""
    return graded_sample.grades


@pytest.fixture(scope="session")
def sample_villages(sample_grades: Grades) -> gpd.GeoDataFrame:
    """Its villages, indexed by their code; not to be changed by a test."""
    return sample_grades.villages


@pytest.fixture(scope="session")
def compiled_sample(graded_sample: GradeWork) -> CompileWork:
    """The sample county, compiled and not written, without grading it again; not to be changed by a test."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        patch.setattr(compile_products, "do_grading", lambda county, say: graded_sample)
        return do_compiling(read_county(sample_county()), quiet)
