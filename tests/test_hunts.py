"""The hunts in small: a seeded slice of each on every run, whole under ``make hunt``; and every failure they found."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landmarket import screen
from landmarket.errors import BadValueError, CrsError, LandMarketError, ReadError, RuleError
from landmarket.io.parcels import read_layer, read_parcels
from landmarket.io.sheets import workbook_grids
from landmarket.land_book.village_incomes import read_village_incomes
from landmarket.rules import load_toml
from tests.file_fuzz import READERS, hunt, read_case, write_files
from tests.hunting import FULL, examples
from tests.mutations import MUTATIONS, TOKENS, mutated
from tests.parser_fuzz import PROMISES, SEEDS

FILES = 10_000 if FULL else 5 * len(READERS)
SEED = 20260302


def test_broken_files_give_a_result_or_are_refused(tmp_path: Path) -> None:
    figures = hunt(FILES, SEED, keep=tmp_path / "failures")
    assert figures.failures == []
    assert sum(figures.ends.values()) == FILES
    assert figures.ends["result"] > 0
    assert figures.ends["ReadError"] > 0


def test_sound_files_are_read_by_their_readers(tmp_path: Path) -> None:
    """The hunt would be blind if a reader refused the sound file already."""
    folder = tmp_path / "county"
    write_files(folder)
    for name in READERS:
        assert read_case(folder, name, (folder / name).read_bytes()).startswith("result"), name


def test_a_reader_that_fails_is_caught(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Seen to fail: an error that is not ours comes out of a case."""

    def broken(path: Path) -> object:
        raise KeyError(path)

    (tmp_path / "县.toml").write_text("", encoding="utf-8")
    monkeypatch.setattr("tests.file_fuzz.READERS", {"县.toml": broken})
    with pytest.raises(KeyError):
        read_case(tmp_path, "县.toml", b"a")
    assert (tmp_path / "县.toml").read_bytes() == b""


@pytest.mark.parametrize("mutation", list(dict.fromkeys(MUTATIONS)), ids=lambda mutation: mutation.__name__)
def test_every_mutation_changes_files_and_takes_any(mutation: object) -> None:
    assert callable(mutation)
    text = "宗地代码,面积\r\n411081004002JB00001,5108.06\r\n".encode("gb18030")
    given = [mutation(text, random.Random(seed)) for seed in range(40)]  # noqa: S311
    assert any(data != text for data in given)
    assert all(isinstance(mutation(b"", random.Random(seed)), bytes) for seed in range(40))  # noqa: S311
    assert mutated(text, 7) == mutated(text, 7)


@pytest.mark.parametrize("name", PROMISES)
def test_parsers_keep_their_promises_on_their_seeds(name: str) -> None:
    for text in SEEDS[name]:
        PROMISES[name](text)
    if name != "rules":
        for token in TOKENS:
            PROMISES[name](token.decode("utf-8", "replace"))


def pieces(name: str) -> st.SearchStrategy[str]:
    """Texts put together from pieces of the seeds and any characters."""
    seeds = [
        seed[start : start + size] for seed in SEEDS[name] for start in range(0, len(seed), 3) for size in (1, 4, 40)
    ]
    return st.lists(st.one_of(st.sampled_from(seeds), st.text(max_size=3)), max_size=6).map("".join)


@pytest.mark.parametrize("name", PROMISES)
@settings(max_examples=examples(150), suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_parsers_keep_their_promises_on_any_text(name: str, data: st.DataObject) -> None:
    PROMISES[name](data.draw(pieces(name)))


def test_a_broken_promise_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.parser_fuzz.parse_parcel_code", lambda text: "411081004002JB00002")
    with pytest.raises(AssertionError):
        PROMISES["parcel_code"]("411081004002JB00001")


# --- what the hunts found


@pytest.mark.parametrize("number", ["inf", "-inf", "nan", "1e19", "1e999999", "1e-30", "9" * 25])
def test_numbers_beyond_all_measure_are_refused_with_their_key(number: str, tmp_path: Path) -> None:
    path = tmp_path / "规则.toml"
    path.write_text(f"[[rule]]\nvalue = {number}\n", encoding="utf-8")
    with pytest.raises(RuleError, match=r"rule\.value = .*办法"):
        load_toml(path)


@pytest.mark.parametrize("text", ["a = " + "9" * 5000, "a = " + "[" * 5000])
def test_toml_beyond_all_measure_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "规则.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LandMarketError, match="办法"):
        load_toml(path)


def test_a_workbook_with_broken_parts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "表.xlsx"
    book = openpyxl.Workbook()
    book.save(path)
    members = {name: zipfile.ZipFile(path).read(name) for name in zipfile.ZipFile(path).namelist()}
    for chosen, data in [(one, data) for one in members for data in (b"", b"<a>", members[one][:-20])]:
        with zipfile.ZipFile(path, "w") as packed:
            for name, member in members.items():
                packed.writestr(name, data if name == chosen else member)
        try:
            workbook_grids(path)
        except ReadError as error:
            assert "办法" in str(error)  # noqa: PT017


def test_a_cell_far_away_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "表.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.cell(1_048_576, 16_384, "x")
    book.save(path)
    with pytest.raises(ReadError, match=r"1048576 行 × 16384 列.*办法"):
        workbook_grids(path)


def test_a_workbook_that_unpacks_to_gigabytes_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "表.xlsx"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed,
        packed.open("xl/a.xml", "w", force_zip64=True) as member,
    ):
        for _ in range(1100):
            member.write(bytes(1 << 20))
    assert path.stat().st_size < 2_000_000
    with pytest.raises(ReadError, match=r"解开后有 1,153 MB.*办法"):
        workbook_grids(path)


def one_parcel(path: Path) -> Path:
    square = shapely.box(437_000, 3_780_000, 437_100, 3_780_100)
    frame = gpd.GeoDataFrame(
        {"宗地代码": ["411081004002JB00001"]},
        geometry=[
            square,
        ],
        crs="EPSG:4547",
    )
    frame.to_file(path, encoding="GB18030")
    return path


@pytest.mark.parametrize(
    ("sound", "broken"),
    [('PARAMETER["Scale_Factor",1.0]', 'PARAMETER["Scale_Factor",0.0]'), ("6378137.0", "1737400.0")],
)
def test_a_damaged_prj_is_named(sound: str, broken: str, tmp_path: Path) -> None:
    path = one_parcel(tmp_path / "宗地.shp")
    projection = path.with_suffix(".prj")
    text = projection.read_text(encoding="ascii")
    assert sound in text
    projection.write_text(text.replace(sound, broken), encoding="ascii")
    with pytest.raises(CrsError, match="办法"):
        read_parcels(path)


def test_a_table_whose_header_does_not_fit_is_named(tmp_path: Path) -> None:
    path = one_parcel(tmp_path / "宗地.shp")
    sound = path.with_suffix(".dbf").read_bytes()
    for data in (sound[:20], sound[:10] + b"\x05\x00" + sound[12:], sound[:8] + b"\xff\xff" + sound[10:]):
        path.with_suffix(".dbf").write_bytes(data)
        with pytest.raises(ReadError, match=r"\.dbf.*办法"):
            read_parcels(path)


def test_a_ring_that_does_not_close_keeps_its_row(tmp_path: Path) -> None:
    path = one_parcel(tmp_path / "宗地.shp")
    data = bytearray(path.read_bytes())
    data[-16:-8] = b"\x00" * 8  # the last x
    path.write_bytes(bytes(data))
    result = screen(read_parcels(path, crs="EPSG:4547"))
    assert result.counts == {"读入": 1, "采用": 0, "暂不处理": 1}


def test_an_income_beyond_all_measure_is_named(tmp_path: Path) -> None:
    path = tmp_path / "收入.csv"
    path.write_text("村代码,乡镇,村,年经营收入（元）\n411081001001,甲镇,乙村,99999999999999999999\n", encoding="utf-8")
    with pytest.raises(BadValueError, match=r"第? ?2.*办法|办法"):
        read_village_incomes(path)


def test_a_layer_of_nonsense_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "图层.gpkg"
    path.write_bytes(b"SQLite format 3\x00" + bytes(range(256)) * 40)
    with pytest.raises(ReadError, match="办法"):
        read_layer(path)
