"""Tiles: any division of the rows gives the same; broken runs go on where they stopped; nothing is ever half there."""

from __future__ import annotations

import errno
import json
import re
import resource
import shutil
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket import read_county
from landmarket.cli.main_command import app
from landmarket.county import County, read_county_parcels, sample_county
from landmarket.errors import BadValueError, LandMarketWarning, OutputError, ReadError
from landmarket.io.geoparquet import read_geoparquet, write_geoparquet
from landmarket.io.manifest import altered_files
from landmarket.io.parcels import read_parcels
from landmarket.io.writing import read_latest
from landmarket.products.run_folder import internal_reserves
from landmarket.products.work import Work, do_county, rules_used
from landmarket.tiles import Place, by_township, here, in_order, parcel_file, run_tiles, write_ordered
from landmarket.tiles.order import SOURCE_ROW
from landmarket.tiles.parcel_file import ParcelFile
from landmarket.tiles.rows import read_rows, row_boxes
from landmarket.tiles.tile_job import TileJob, indexed
from landmarket.tiles.tile_record import TileRecord
from landmarket.tiles.tiled_run import FOLDER, TiledRun
from landmarket.tiles.tiling import Tile, neighbours, plan_tiles, scattered
from tests.hunting import examples
from tests.small_county import write_small_county

pytestmark = pytest.mark.filterwarnings("ignore::landmarket.errors.LandMarketWarning")

STEPS = ("parcels", "entry", "prices", "deals", "shares")


def planted(raw: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The rows with faults that reach across tiles: repeated rows, codes and shapes, overlaps, and what is missing."""
    last = len(raw) - 1
    same_row = raw.iloc[[0]]
    same_code = raw.iloc[[last]].assign(parcel_code=raw["parcel_code"].iloc[1])
    same_shape = raw.iloc[[2]].assign(parcel_code=raw["parcel_code"].iloc[2][:-1] + "9")
    moved = raw.iloc[[3]].assign(parcel_code=raw["parcel_code"].iloc[3][:-2] + "88")
    moved = moved.set_geometry(moved.geometry.translate(3.0, 2.0))
    wide = raw.iloc[[4]].assign(parcel_code=raw["parcel_code"].iloc[4][:-2] + "77")
    wide = wide.set_geometry(gpd.GeoSeries([shapely.box(*raw.geometry.iloc[:12].total_bounds)], wide.index, raw.crs))
    no_code = raw.iloc[[5]].assign(parcel_code=None)
    no_shape = raw.iloc[[6]].assign(parcel_code=raw["parcel_code"].iloc[6][:-2] + "66")
    no_shape = no_shape.set_geometry(gpd.GeoSeries([None], no_shape.index, raw.crs))
    added = [raw, same_row, same_code, same_shape, moved, wide, no_code, no_shape]
    rows = gpd.GeoDataFrame(pd.concat(added, ignore_index=True), crs=raw.crs)
    rows["层数"] = pd.array(np.arange(len(rows)) % 7, dtype="Int64")
    rows.loc[3, "层数"] = pd.NA
    rows["楼龄"] = np.where(np.arange(len(rows)) == 4, np.nan, np.arange(len(rows)))
    rows["已拆"] = pd.Series([None if i == 5 else i % 2 == 0 for i in range(len(rows))], dtype="object")
    return rows


@dataclass(frozen=True)
class Known:
    """A county in GeoParquet, and what its main job gives in one piece."""

    county: County
    whole: Work

    @property
    def file(self) -> ParcelFile:
        return parcel_file(self.path)

    @property
    def path(self) -> Path:
        source = self.county.sources["parcels"]
        assert isinstance(source, Path)
        return source


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    path = write_small_county(tmp_path_factory.mktemp("county") / "county", parcels=10)
    county = read_county(path)
    rows = planted(read_county_parcels(county))
    write_geoparquet(rows, path.parent / "parcels.parquet")
    in_groups(path.parent / "parcels.parquet", 7)
    path.write_text(path.read_text(encoding="utf-8").replace("parcels.gpkg", "parcels.parquet"), encoding="utf-8")
    county = read_county(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        return Known(county, do_county(county, lambda step: None))


def in_groups(path: Path, rows: int) -> None:
    pq.write_table(pq.read_table(path), path, row_group_size=rows)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def seconds(table: pd.DataFrame) -> pd.DataFrame:
    """Days in the unit that the tables have in memory; Parquet keeps milliseconds."""
    days = [name for name in table.columns if pd.api.types.is_datetime64_any_dtype(table[name])]
    return pd.DataFrame(table).astype(dict.fromkeys(days, "datetime64[s]"))


def assert_as_whole(done: TiledRun, whole: Work) -> None:
    """Every table has the rows and columns, in their order, that the job in one piece gives; money to the fen."""
    for name in STEPS:
        expected = seconds(getattr(whole.outcome, name)).sort_index()
        found = seconds(done.table(name)).sort_index()
        assert list(found.columns) == list(expected.columns)
        pd.testing.assert_frame_equal(found, expected, check_exact=True, check_dtype=False)
    keys = ["source_row", "check", "column", "value"]
    expected = whole.screening.findings.query("source_row > 0").sort_values(keys, ignore_index=True)
    found = done.table("findings").sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)
    aside = seconds(done.table("set_aside")).sort_index()
    pd.testing.assert_frame_equal(aside, seconds(whole.screening.set_aside).sort_index(), check_dtype=False)
    assert done.together.counts == whole.screening.counts
    assert done.together.gaps == whole.outcome.gaps
    totals = whole.outcome.totals()
    pd.testing.assert_frame_equal(done.totals().loc[totals.index], totals, check_exact=False, atol=1e-6, rtol=0)


@st.composite
def divisions(draw: st.DrawFn, rows: int) -> list[Place]:
    """Any division of the rows into places of any spans, in any order."""
    cuts = sorted(draw(st.sets(st.integers(1, rows - 1), min_size=1, max_size=5)))
    spans = list(zip([0, *cuts], [*cuts, rows], strict=True))
    owners = draw(st.lists(st.integers(0, 2), min_size=len(spans), max_size=len(spans)))
    order = draw(st.permutations(sorted(set(owners))))
    return [Place(f"{one}", tuple(s for s, own in zip(spans, owners, strict=True) if own == one)) for one in order]


@settings(max_examples=examples(3), deadline=None)
@given(st.data())
def test_result_does_not_depend_on_the_division(
    known: Known, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    places = data.draw(divisions(known.file.rows))
    mixed = data.draw(st.permutations(range(len(places))))

    def executor(job: TileJob, tiles: Sequence[Tile]) -> Iterator[TileRecord]:
        return here(job, [tiles[i] for i in mixed])

    done = run_tiles(known.county, tmp_path_factory.mktemp("out"), tiling=lambda file: places, executor=executor)
    assert_as_whole(done, known.whole)


def test_townships_give_the_same_and_the_run_folder_is_whole(known: Known, tmp_path: Path) -> None:
    done = run_tiles(known.county, tmp_path, tiling=by_township)
    assert_as_whole(done, known.whole)
    assert altered_files(done.folder) == []
    assert read_latest(tmp_path) == done.folder
    manifest = json.loads((done.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["counts"] == known.whole.screening.counts
    used = rules_used(known.whole)
    assert [rule["item"] for rule in manifest["rules"]] == used["item"].tolist()
    names = known.whole.screening.accepted["township"].unique()
    assert {tile["name"] for tile in manifest["tiles"]} == set(names)
    parts = (done.folder / "internal").rglob("part-*.csv")
    reserves = pd.concat([pd.read_csv(part) for part in parts]).set_index("parcel_code").sort_index()
    expected = internal_reserves(known.whole.outcome, known.whole.scenario.terms).sort_index()
    assert reserves["reserve_price_fen"].to_dict() == expected["reserve_price_fen"].to_dict()
    assert not list(done.folder.joinpath("tables").rglob("*reserve*"))


def test_degrees_give_what_they_give_in_one_piece(known: Known, tmp_path: Path) -> None:
    folder = tmp_path / "county"
    shutil.copytree(known.county.path.parent, folder)
    write_geoparquet(read_geoparquet(known.path).to_crs("EPSG:4490"), folder / "parcels.parquet")
    in_groups(folder / "parcels.parquet", 5)
    county = read_county(folder)
    assert_as_whole(run_tiles(county, tmp_path / "out", tiling=in_order(11)), do_county(county, lambda step: None))


@pytest.mark.parametrize("moved", [{0: (1_500_000, 0)}, {1: (0, 300_000)}, {0: (1_500_000, 0), 1: (0, 300_000)}])
def test_parcels_far_from_all_others_give_what_they_give_in_one_piece(
    known: Known, tmp_path: Path, moved: dict[int, tuple[float, float]]
) -> None:
    """Alone in its tile, such a parcel lies outside every village, plan area and owner, and far off the meridian."""
    folder = tmp_path / "county"
    shutil.copytree(known.county.path.parent, folder)
    rows = read_geoparquet(known.path).iloc[[0, 1, 2, 3, 4, 5, -1]].copy()
    shapes = rows.geometry.to_numpy().copy()
    for row, (east, north) in moved.items():
        shapes[row] = shapely.affinity.translate(shapes[row], east, north)
        rows.loc[rows.index[row], ["township", "village"]] = None
    write_geoparquet(rows.set_geometry(gpd.GeoSeries(shapes, rows.index, rows.crs)), folder / "parcels.parquet")
    in_groups(folder / "parcels.parquet", 1)
    county = read_county(folder)
    whole = do_county(county, lambda step: None)
    done = run_tiles(county, tmp_path / "out", tiling=in_order(1))
    assert_as_whole(done, whole)
    pd.testing.assert_series_equal(seconds(done.table("parcels")).dtypes, seconds(whole.outcome.parcels).dtypes)


@pytest.mark.parametrize("crs", ["EPSG:4547", "EPSG:4526", "EPSG:4490", "EPSG:3857"])
@pytest.mark.parametrize("scale", [1e12, 1e200])
def test_a_shape_that_lies_nowhere_is_set_aside_as_in_one_piece(
    known: Known, tmp_path: Path, crs: str, scale: float
) -> None:
    folder = tmp_path / "county"
    shutil.copytree(known.county.path.parent, folder)
    rows = read_geoparquet(known.path).iloc[:6].to_crs(crs)
    shapes = rows.geometry.to_numpy().copy()
    shapes[2] = shapely.transform(shapes[2], lambda points: points * scale)
    write_geoparquet(rows.set_geometry(gpd.GeoSeries(shapes, rows.index, rows.crs)), folder / "parcels.parquet")
    in_groups(folder / "parcels.parquet", 2)
    county = read_county(folder)
    whole = do_county(county, lambda step: None)
    assert whole.screening.set_aside["set_aside_reason"].to_dict() == {3: "坐标超出范围"}
    for rows_of_tile in (1, 4):
        assert_as_whole(run_tiles(county, tmp_path / "out", tiling=in_order(rows_of_tile)), whole)


@settings(max_examples=examples(30), deadline=None)
@given(st.data())
def test_rows_are_read_as_among_all_others(known: Known, data: st.DataObject) -> None:
    rows = sorted(data.draw(st.sets(st.integers(0, known.file.rows - 1))))
    found = read_rows(known.file, np.array(rows, dtype=np.int64))
    expected = read_geoparquet(known.path).iloc[rows]
    assert list(found.columns) == list(expected.columns)
    assert found.dtypes.to_dict() == expected.dtypes.to_dict()
    pd.testing.assert_frame_equal(pd.DataFrame(found), pd.DataFrame(expected), check_index_type=False)


@settings(max_examples=examples(30), deadline=None)
@given(st.data())
def test_neighbours_are_all_rows_whose_extents_meet(known: Known, data: st.DataObject) -> None:
    own = np.array(sorted(data.draw(st.sets(st.integers(0, known.file.rows - 1), min_size=1))), dtype=np.int64)
    margin = data.draw(st.sampled_from([0.0, 1.0, 300.0]))
    boxes = read_geoparquet(known.path).bounds.to_numpy()
    meet = {
        i
        for i in set(range(len(boxes))) - set(own.tolist())
        for j in own.tolist()
        if (boxes[i, :2] <= boxes[j, 2:] + margin).all() and (boxes[i, 2:] >= boxes[j, :2] - margin).all()
    }
    assert set(neighbours(known.file, own, margin).tolist()) == meet


def test_twins_are_the_other_rows_of_a_code(known: Known) -> None:
    codes = read_geoparquet(known.path)["parcel_code"]
    for tile in plan_tiles(known.file, in_order(6)):
        own = tile.place.rows
        same = codes.isin(codes.iloc[own].dropna()).to_numpy().nonzero()[0]
        assert list(tile.twins) == sorted(set(same.tolist()) - set(own.tolist()))
        assert len(own) <= 6


@settings(max_examples=examples(40), deadline=None)
@given(st.integers(1, 40))
def test_tiles_in_order_hold_every_row_once(known: Known, parcels: int) -> None:
    places = in_order(parcels)(known.file)
    assert np.concatenate([place.rows for place in places]).tolist() == list(range(known.file.rows))
    assert max(len(place.rows) for place in places) <= parcels


def test_a_broken_run_goes_on_where_it_stopped(known: Known, tmp_path: Path) -> None:
    worked: list[int] = []

    def breaking(job: TileJob, tiles: Sequence[Tile]) -> Iterator[TileRecord]:
        for record in here(job, tiles):
            worked.append(record.number)
            yield record
            if len(worked) == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_tiles(known.county, tmp_path, tiling=in_order(7), executor=breaking)
    assert names_in(tmp_path) == [FOLDER]
    (damaged,) = tmp_path.rglob("000001/entry.parquet")
    damaged.write_bytes(damaged.read_bytes()[:-1])
    done = run_tiles(known.county, tmp_path, tiling=in_order(7), executor=breaking)
    assert worked == [0, 1, 1, 2, 3]
    assert_as_whole(done, known.whole)
    assert not (tmp_path / FOLDER).exists()


def test_kept_tiles_of_other_inputs_are_not_taken(known: Known, tmp_path: Path) -> None:
    def never(job: TileJob, tiles: Sequence[Tile]) -> Iterator[TileRecord]:
        yield from here(job, tiles[:1])
        raise KeyboardInterrupt

    def all_again(job: TileJob, tiles: Sequence[Tile]) -> Iterator[TileRecord]:
        assert len(tiles) == len(plan_tiles(job.file, in_order(16)))
        return here(job, tiles)

    folder = tmp_path / "county"
    shutil.copytree(known.county.path.parent, folder)
    with pytest.raises(KeyboardInterrupt):
        run_tiles(read_county(folder), tmp_path / "out", tiling=in_order(16), executor=never)
    text = (folder / "county.toml").read_text(encoding="utf-8")
    (folder / "county.toml").write_text(text.replace("seed = ", "seed = 1"), encoding="utf-8")
    done = run_tiles(read_county(folder), tmp_path / "out", tiling=in_order(16), executor=all_again)
    assert done.together.counts == known.whole.screening.counts


def test_a_full_disk_leaves_nothing_half_and_the_run_goes_on(known: Known, tmp_path: Path) -> None:
    before = run_tiles(known.county, tmp_path, tiling=in_order(14))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, hard))
    try:
        with pytest.raises(OutputError, match="办法："):
            run_tiles(known.county, tmp_path, tiling=in_order(30))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert read_latest(tmp_path) == before.folder
    assert [path for path in tmp_path.iterdir() if path.name.startswith("run-")] == [before.folder]
    assert_as_whole(run_tiles(known.county, tmp_path, tiling=in_order(30)), known.whole)


def test_a_disk_that_fills_while_the_dataset_is_put_together_keeps_the_tiles(
    known: Known, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(target))

    with monkeypatch.context() as patched:
        patched.setattr("landmarket.tiles.gathered._link", full)
        with pytest.raises(OutputError, match="磁盘已满"):
            run_tiles(known.county, tmp_path, tiling=in_order(20))
    assert names_in(tmp_path) == [FOLDER]

    def nothing_left(job: TileJob, tiles: Sequence[Tile]) -> Iterator[TileRecord]:
        assert not tiles
        return iter(())

    assert_as_whole(run_tiles(known.county, tmp_path, tiling=in_order(20), executor=nothing_left), known.whole)


def test_file_systems_without_links_get_copies(known: Known, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(source: Path, target: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("landmarket.tiles.gathered.os.link", no_links)
    assert altered_files(run_tiles(known.county, tmp_path, tiling=in_order(30)).folder) == []


def test_a_file_changed_in_between_is_refused(known: Known, tmp_path: Path) -> None:
    shutil.copy(known.path, tmp_path / "p.parquet")
    file = parcel_file(tmp_path / "p.parquet")
    in_groups(tmp_path / "p.parquet", 5)
    with pytest.raises(ReadError, match="被人改动"):
        read_rows(file, np.array([0]))


def test_files_that_cannot_be_read_in_pieces_are_refused(known: Known, tmp_path: Path) -> None:
    frame = read_geoparquet(known.path)
    frame.to_parquet(tmp_path / "no_boxes.parquet")
    frame.to_parquet(tmp_path / "points.parquet", geometry_encoding="geoarrow", write_covering_bbox=True)
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "plain.parquet")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and then nothing")
    for name, what in (
        ("no_boxes.parquet", "bbox"),
        ("points.parquet", "只读 WKB"),
        ("plain.parquet", "没有 GeoParquet 的图形说明"),
        ("broken.parquet", "不能作为 GeoParquet 读取"),
        ("nowhere.parquet", "没有这个文件"),
        ("parcels.shp", "只读 GeoParquet"),
    ):
        with pytest.raises(ReadError, match=f"{what}.*办法："):
            parcel_file(tmp_path / name)


def test_a_county_without_an_acceptable_parcel_is_refused(known: Known, tmp_path: Path) -> None:
    folder = tmp_path / "county"
    shutil.copytree(known.county.path.parent, folder)
    write_geoparquet(read_geoparquet(known.path).assign(parcel_code=None), folder / "parcels.parquet")
    with pytest.raises(BadValueError, match="没有一宗可以采用"):
        run_tiles(read_county(folder), tmp_path / "out", tiling=in_order(12))


def test_zero_parcels_a_tile_are_refused() -> None:
    with pytest.raises(BadValueError, match="每片 0 宗"):
        in_order(0)


@settings(max_examples=examples(5), deadline=None)
@given(st.integers(1, 40), st.randoms(use_true_random=False))
def test_ordered_files_hold_the_same_rows(
    known: Known, tmp_path_factory: pytest.TempPathFactory, stack: int, random: Random
) -> None:
    folder = tmp_path_factory.mktemp("order")
    rows = read_geoparquet(known.path)
    mixed = list(range(len(rows)))
    random.shuffle(mixed)
    write_geoparquet(rows.iloc[mixed], folder / "mixed.parquet")
    write_ordered(folder / "mixed.parquet", folder / "ordered.parquet", rows_a_stack=stack)
    found = read_geoparquet(folder / "ordered.parquet").set_index(SOURCE_ROW).sort_index()
    expected = read_geoparquet(folder / "mixed.parquet")
    pd.testing.assert_frame_equal(
        pd.DataFrame(found), pd.DataFrame(expected), check_index_type=False, check_names=False
    )
    file = parcel_file(folder / "ordered.parquet")
    boxes = row_boxes(file, np.arange(file.rows))
    np.testing.assert_array_equal(boxes, read_geoparquet(file.path).bounds.to_numpy())
    assert names_in(folder) == ["mixed.parquet", "ordered.parquet"]


def test_order_brings_neighbours_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("landmarket.tiles.order._A_GROUP", 64)
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(64), np.arange(64)))
    mixed = np.random.default_rng(5).permutation(len(x))
    squares = shapely.box(x * 10 + 400_000, y * 10 + 3_700_000, x * 10 + 400_009, y * 10 + 3_700_009)[mixed]
    write_geoparquet(gpd.GeoDataFrame({"n": mixed}, geometry=squares, crs="EPSG:4547"), tmp_path / "mixed.parquet")
    in_groups(tmp_path / "mixed.parquet", 64)
    write_ordered(tmp_path / "mixed.parquet", tmp_path / "ordered.parquet", rows_a_stack=300)
    looked = {}
    for name in ("mixed", "ordered"):
        file = parcel_file(tmp_path / f"{name}.parquet")
        looked[name] = scattered(file, plan_tiles(file, in_order(64)))
    assert looked["mixed"] > 60  # every tile of mixed rows lies everywhere: it looks at all 64
    assert looked["ordered"] < 10  # a block of 8 by 8 meets its eight neighbours and itself


def test_a_tile_in_two_places_does_not_look_between_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(64), np.arange(64)))
    squares = shapely.box(x * 10 + 400_000, y * 10 + 3_700_000, x * 10 + 400_009, y * 10 + 3_700_009)
    write_geoparquet(gpd.GeoDataFrame({"n": x}, geometry=squares, crs="EPSG:4547"), tmp_path / "rows.parquet")
    in_groups(tmp_path / "rows.parquet", 64)
    file = parcel_file(tmp_path / "rows.parquet")
    asked: list[int] = []
    read = row_boxes

    def counted(file: ParcelFile, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        asked.append(len(rows))
        return read(file, rows)

    monkeypatch.setattr("landmarket.tiles.tiling.row_boxes", counted)
    corners = np.array([0, 64 * 64 - 1])
    assert neighbours(file, corners, 2.0).tolist() == [1, 64, 65, 4030, 4031, 4094]
    assert sum(asked) == 2 + 4 * 64 - 2  # each corner and the groups of its own row of squares and of the next
    layer = indexed(gpd.GeoDataFrame(geometry=squares, crs="EPSG:4547"))
    assert layer.near(squares[corners]).index.tolist() == corners.tolist()


def test_rows_in_no_order_are_warned_of(known: Known, tmp_path: Path) -> None:
    folder = tmp_path / "county"
    shutil.copytree(known.county.path.parent, folder)
    rows = read_geoparquet(known.path)
    mixed = np.random.default_rng(1).permutation(len(rows))
    write_geoparquet(rows.iloc[mixed], folder / "parcels.parquet")
    in_groups(folder / "parcels.parquet", 2)

    def never(job: TileJob, tiles: Sequence[Tile]) -> Iterator[TileRecord]:
        raise KeyboardInterrupt

    with pytest.warns(LandMarketWarning, match="次序与位置无关"), pytest.raises(KeyboardInterrupt):
        run_tiles(read_county(folder), tmp_path / "out", tiling=in_order(2), executor=never)


def test_commands_sort_and_run_by_tiles(known: Known, tmp_path: Path) -> None:
    folder = tmp_path / "county"
    shutil.copytree(known.county.path.parent, folder)
    sorted_file = folder / "sorted.parquet"
    assert CliRunner().invoke(app, ["sort", str(folder / "parcels.parquet"), str(sorted_file)]).exit_code == 0
    sorted_file.replace(folder / "parcels.parquet")
    asked = ["run", str(folder), "--tables", "--tile-parcels", "20", "--out", str(tmp_path / "out"), "--json"]
    result = CliRunner().invoke(app, asked, catch_exceptions=False)
    said = json.loads(result.stdout)
    assert said["counts"] == known.whole.screening.counts
    totals = known.whole.outcome.totals().loc["合计"]
    assert said["sums"]["fund_fen"] == int(totals["fund_fen"])
    assert said["sums"]["deal_price_fen"] == int(totals["deal_price_fen"])
    manifest = json.loads((Path(said["folder"]) / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["command"]["name"] == ["run"]
    assert manifest["command"]["options"]["tile_parcels"] == 20
    assert said["gaps"] == known.whole.outcome.gaps
    told = CliRunner().invoke(app, asked[:-1], catch_exceptions=False).stdout
    assert f"没有地价 {said['gaps']['price_gap']} 宗" in told


def test_any_parcel_file_is_sorted_into_geoparquet(known: Known, tmp_path: Path) -> None:
    """What the file holds stays; the run by tiles gives what the file itself gives."""
    folder = tmp_path / "county"
    shutil.copytree(known.county.path.parent, folder)
    rows = gpd.read_file(sample_county() / "parcels.shp", encoding="GB18030").head(30)
    rows.to_file(folder / "宗地.shp", encoding="GB18030")
    (folder / "宗地.cpg").unlink(missing_ok=True)
    done = CliRunner().invoke(app, ["sort", str(folder / "宗地.shp"), str(tmp_path / "新" / "宗地.parquet")])
    assert done.exit_code == 0, done.output
    found = read_parcels(tmp_path / "新" / "宗地.parquet").set_index(SOURCE_ROW).sort_index()
    expected = read_parcels(folder / "宗地.shp")
    assert found.index.tolist() == expected.index.tolist()
    assert set(found.columns) - {"bbox"} == set(expected.columns)
    for name in expected.columns:
        assert found[name].astype("str").tolist() == expected[name].astype("str").tolist()
    text = (folder / "county.toml").read_text(encoding="utf-8")
    counts = {}
    for name in ("宗地.shp", "../新/宗地.parquet"):
        (folder / "county.toml").write_text(text.replace("parcels.parquet", name), encoding="utf-8")
        asked = ["run", str(folder), "--tables", "--out", str(tmp_path / "out"), "--json"]
        asked = asked if name.endswith(".parquet") else ["report", *asked[1:2], *asked[3:]]
        counts[name] = json.loads(CliRunner().invoke(app, asked, catch_exceptions=False).stdout)
    assert counts["宗地.shp"]["counts"] == counts["../新/宗地.parquet"]["counts"]
    assert counts["宗地.shp"]["sums"] == counts["../新/宗地.parquet"]["sums"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["宗地.parquet", "宗地.parquet"], "源文件与新文件是同一个文件.*办法"),
        (["宗地.gpkg", "新.gpkg"], r"只写 GeoParquet.*\.parquet"),
        (["没有.shp", "新.parquet"], "没有这个文件"),
    ],
)
def test_what_cannot_be_sorted_is_refused(tmp_path: Path, words: list[str], said: str) -> None:
    done = CliRunner().invoke(app, ["sort", *(str(tmp_path / word) for word in words)])
    assert re.search(said, str(done.exception))
    assert list(tmp_path.iterdir()) == []


def test_parcels_elsewhere_than_in_a_file_are_refused(tmp_path: Path) -> None:
    county = read_county(write_small_county(tmp_path / "county", parcels=2))
    with pytest.raises(ReadError, match="只读 GeoParquet"):
        run_tiles(county, tmp_path / "out")
    assert not list((tmp_path / "out").glob("run-*"))
