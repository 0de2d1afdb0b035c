"""A county whose layers lie in PostGIS and GeoParquet: the outcome that its files give, and a manifest that tells."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pandas.testing import assert_frame_equal

from landmarket.county import read_county, read_county_parcels, sample_county
from landmarket.errors import LandMarketWarning, ReadError
from landmarket.io import read_layer, write_layer
from landmarket.io.database_address import DatabaseLayer, place_of
from landmarket.io.manifest import fingerprints
from landmarket.products import Work, county_run, do_county
from landmarket.products.run_folder import record, write_results
from tests.conftest import quiet
from tests.postgis import PASSWORD, execute, fresh_database, without_password

CREATED = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
FARMLAND = 'file = "constraints.gpkg"\nlayer = "永久基本农田"'


@dataclass(frozen=True)
class Moved:
    """The sample county with layers elsewhere: its folder, the database with the password, the work done on it."""

    folder: Path
    url: str
    work: Work


@pytest.fixture(scope="module")
def moved(postgis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    """Parcels and a constraint in PostGIS, the plan in GeoParquet."""
    folder = tmp_path_factory.mktemp("县") / "county"
    shutil.copytree(sample_county(), folder)
    county = read_county(folder)
    with fresh_database(postgis_url) as url, warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        plan = read_layer(place_of(county.sources["plan"]), layer=county.layers["plan"])
        write_layer(plan.rename_axis(None), folder / "规划.parquet")
        write_layer(read_county_parcels(county).rename_axis(None), url, "public.宗地 2026")
        farmland = read_layer(folder / "constraints.gpkg", layer="永久基本农田")
        write_layer(farmland.rename_axis(None), url, "public.永久基本农田")
        text = (folder / "county.toml").read_text(encoding="utf-8")
        for old, new in (
            ('parcels = "parcels.shp"', f'parcels = "{url}"'),
            ('plan = "plan.gdb"', 'plan = "规划.parquet"'),
            ('plan = "国土空间规划"', 'parcels = "public.宗地 2026"'),
            (FARMLAND, f'file = "{url}"\nlayer = "public.永久基本农田"'),
        ):
            assert text.count(old) == 1
            text = text.replace(old, new)
        (folder / "county.toml").write_text(text, encoding="utf-8")
        for name in ("parcels.shp", "plan.gdb"):
            part = folder / name
            shutil.rmtree(part) if part.is_dir() else part.unlink()
        yield Moved(folder, url, do_county(read_county(folder), quiet))


def test_the_outcome_is_that_of_the_files(moved: Moved, sample_work: Work) -> None:
    assert_frame_equal(moved.work.outcome.table, sample_work.outcome.table, check_exact=True)
    assert moved.work.screening.counts == sample_work.screening.counts
    assert_frame_equal(moved.work.screening.findings, sample_work.screening.findings)


@pytest.mark.filterwarnings("ignore::landmarket.errors.LandMarketWarning")
def test_the_manifest_tells_what_was_read_and_nothing_holds_the_password(
    moved: Moved, sample_work: Work, tmp_path: Path
) -> None:
    with county_run(moved.work.county, tmp_path, CREATED) as run:
        write_results(moved.work, run.folder)
        record(moved.work, run)
    stated = json.loads((run.final / "manifest.json").read_text(encoding="utf-8"))["inputs"]
    tables = {one["layer"]: one for one in stated if "database" in one}
    assert set(tables) == {"public.宗地 2026", "public.永久基本农田"}
    parcels = tables["public.宗地 2026"]
    assert parcels["rows"] == sample_work.screening.counts["读入"]
    assert parcels["database"] == without_password(moved.url)
    assert len(bytes.fromhex(parcels["sha256"])) == 32
    assert {Path(one["path"]).name for one in stated if "path" in one} >= {"规划.parquet", "villages.gpkg"}
    written = [path for path in run.final.rglob("*") if path.is_file()]
    assert not [path for path in written if PASSWORD.encode() in path.read_bytes()]
    assert PASSWORD not in repr(moved.work.county) + str(moved.work.county.sources["parcels"])


@pytest.mark.filterwarnings("ignore::landmarket.errors.LandMarketWarning")
def test_a_table_changed_since_it_was_read_is_told(moved: Moved, tmp_path: Path) -> None:
    table = [DatabaseLayer(moved.url, "public.永久基本农田")]
    before = fingerprints(table)
    assert fingerprints(table) == before
    moves = "SET geometry = ST_Translate(geometry, 0.001, 0) WHERE ctid = '(0,1)'"
    execute(moved.url, f'UPDATE "永久基本农田" {moves}')
    assert fingerprints(table) != before
    with pytest.raises(ReadError, match=r"永久基本农田.*被人改动.*办法") as said:  # noqa: SIM117
        with county_run(moved.work.county, tmp_path, CREATED) as run:
            record(moved.work, run)
    assert PASSWORD not in str(said.value)
    assert not list(tmp_path.rglob("*.json"))


def test_any_change_changes_the_fingerprint(postgis_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    address = without_password(postgis_database)
    execute(
        address,
        "CREATE TABLE t (id int PRIMARY KEY, 名 text, g geometry(Point, 4547))",
        "INSERT INTO t SELECT n, 'a', ST_SetSRID(ST_Point(500000 + n, 3780000), 4547) FROM generate_series(1, 3) n",
    )
    seen = [fingerprints([DatabaseLayer(address, "t")])]
    for change in (
        "UPDATE t SET 名 = 'b' WHERE id = 2",
        "UPDATE t SET 名 = NULL WHERE id = 2",
        "UPDATE t SET 名 = '' WHERE id = 2",
        "UPDATE t SET g = NULL WHERE id = 1",
        "DELETE FROM t WHERE id = 3",
        "ALTER TABLE t RENAME 名 TO 称",
        "ALTER TABLE t ALTER g TYPE geometry(Point, 4546) USING ST_SetSRID(g, 4546)",
    ):
        execute(address, change)
        seen.append(fingerprints([DatabaseLayer(address, "t")]))
    assert len({json.dumps(one) for one in seen}) == len(seen)
    # What others do to rows and take back, and where the rows lie, is no change: they are read by the key.
    execute(address, "UPDATE t SET 称 = 'c' WHERE id = 1", "UPDATE t SET 称 = 'a' WHERE id = 1", "ANALYZE t")
    execute(address, "CLUSTER t USING t_pkey")
    assert fingerprints([DatabaseLayer(address, "t")]) == seen[-1]


def test_an_address_in_a_county_file_is_checked_at_once(tmp_path: Path) -> None:
    shutil.copytree(sample_county(), tmp_path / "county")
    path = tmp_path / "county" / "county.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"parcels.shp"', '"postgresql://u:pa@ss-word@h/land"'), encoding="utf-8")
    with pytest.raises(ReadError, match=r"分不清.*办法") as said:
        read_county(path)
    assert "ss-word" not in str(said.value)
