"""A run done again gives the same; what changed in between is named; two runs are compared cell by cell."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click
import docx
import geopandas as gpd
import pandas as pd
import pytest
import shapely
import xlsxwriter
from click.testing import CliRunner

from landmarket.cli.main_command import app
from landmarket.cli.options import record_command
from landmarket.errors import ReadError
from landmarket.io.manifest import altered_files
from landmarket.io.writing import new_run, read_latest
from landmarket.rerun import changed_inputs, changed_versions, compare_runs, moved, read_run
from tests.small_county import write_small_county
from tests.test_durability import layer

pytestmark = pytest.mark.filterwarnings("ignore::landmarket.errors.LandMarketWarning")
NEEDED = ("index.html", "maps/index.html", "图集.pdf", "地价与收益分配.xlsx", "图层.gpkg", "tables/shares.parquet")


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_county(tmp_path_factory.mktemp("rerun") / "county", parcels=6)


@pytest.fixture(scope="module")
def first(county: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder of ``landmarket layers``: every kind of layer, without pages."""
    return made(["layers", str(county)], tmp_path_factory.mktemp("first"))


def made(arguments: list[str], out: Path) -> Path:
    done = CliRunner().invoke(app, [*arguments, "--out", str(out)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    run = read_latest(out)
    assert run is not None
    return run


def again(folder: Path, out: Path) -> tuple[int, dict[str, str], str]:
    """Exit code of ``rerun``, the result for each file, and the error."""
    done = CliRunner().invoke(app, ["rerun", str(folder), "--out", str(out), "--json"])
    if isinstance(done.exception, ReadError):
        return -1, {}, str(done.exception)
    document = json.loads(done.stdout)
    return done.exit_code, {row["file"]: row["result"] for row in document["files"]}, done.stderr


def test_the_whole_job_done_again_is_equal_to_the_byte(county: Path, tmp_path: Path) -> None:
    run = made(["run", str(county)], tmp_path / "one")
    code, files, _ = again(run, tmp_path / "two")
    assert code == 0
    assert set(files.values()) == {"逐字节相同"}
    for needed in (
        "index.html",
        "maps/index.html",
        "图集.pdf",
        "地价与收益分配.xlsx",
        "图层.gpkg",
        "tables/shares.parquet",
    ):
        assert needed in files
    assert any(name.endswith(".docx") for name in files)


def test_a_check_ends_by_what_it_found_and_is_compared_all_the_same(tmp_path: Path) -> None:
    layer("甲").to_file(tmp_path / "宗地.gpkg")
    found = CliRunner().invoke(app, ["check", str(tmp_path / "宗地.gpkg"), "--out", str(tmp_path / "当时")])
    assert found.exit_code == 1  # of warnings: columns are missing
    checked = read_latest(tmp_path / "当时")
    assert checked is not None
    code, results, _ = again(checked, tmp_path / "现在")
    assert (code, set(results)) == (0, {"检查结果.xlsx", "检查结果.gpkg"})
    (checked / "检查结果.xlsx").unlink()
    assert again(checked, tmp_path / "现在")[0] == 1


def test_options_are_recorded_and_used_again(county: Path, tmp_path: Path) -> None:
    notice = tmp_path / "公告.xlsx"
    shutil.copy(county.parent / "price_notice.xlsx", notice)
    run = made(["run", str(county), "--prices", str(notice)], tmp_path / "one")
    recorded = read_run(run)
    assert recorded.command == ("run",)
    given = {"county": county.resolve().as_posix(), "prices": notice.resolve().as_posix()}
    assert given.items() <= recorded.options.items()
    assert not {"out", "as_json"} & recorded.options.keys()
    with notice.open("ab") as file:
        file.write(b" ")
    assert again(run, tmp_path / "two")[0] == -1


@pytest.mark.parametrize("typed", ["county", "county/county.toml", ".", "../县/county"])
def test_a_run_of_relative_paths_is_done_again_from_anywhere(
    county: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    """Also where the county's folder has been moved, if its place is given."""
    shutil.copytree(county.parent, tmp_path / "县" / "county")
    monkeypatch.chdir(tmp_path / "县" / ("county" if typed == "." else ""))
    run = made(["report", typed], tmp_path / "一")
    elsewhere = tmp_path / "别处"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    code, files, said = again(run, elsewhere / "二")
    assert (code, files.get("地价与收益分配.xlsx")) == (0, "逐字节相同"), said
    (tmp_path / "县").rename(tmp_path / "新县")
    code, _, said = again(run, elsewhere / "三")
    assert code == -1
    lost = tmp_path / "县" / "county" / "parcels.gpkg"
    assert f"（找的是 {lost}）" in said
    assert "--county" in said
    assert said.count("parcels.gpkg") == 2  # as recorded, and where it was looked for
    place = tmp_path / "新县" / ("county/county.toml" if typed.endswith(".toml") else "county")
    done = CliRunner().invoke(app, ["rerun", str(run), "--county", str(place), "--out", "四", "--json"])
    assert {row["result"] for row in json.loads(done.stdout)["files"]} == {"逐字节相同"}


def test_a_place_is_given_only_to_runs_of_a_county(tmp_path: Path) -> None:
    with new_run(tmp_path) as run:
        run.record(command={"name": ["demo"], "options": {}})
    with pytest.raises(ReadError, match=r"没有记县配置.*办法"):
        moved(read_run(run.final), tmp_path)


def test_a_changed_input_is_named_and_nothing_is_written(county: Path, first: Path, tmp_path: Path) -> None:
    moved = tmp_path / "county"
    shutil.copytree(county.parent, moved)
    run = made(["layers", str(moved / "county.toml")], tmp_path / "one")
    (moved / "rules" / "entry.toml").write_text("# 改过\n", encoding="utf-8")
    (moved / "ownership.gpkg").unlink()
    with (moved / "rules" / "deal.toml").open("a", encoding="utf-8") as file:
        file.write("\n# 改过\n")
    code, _, said = again(run, tmp_path / "two")
    assert code == -1
    for words in (
        "entry.toml：内容已变",
        "ownership.gpkg",
        "没有这个文件",
        "deal.toml：内容已变",
        "办法：恢复当时的文件",
    ):
        assert words in said
    assert not (tmp_path / "two").exists()
    assert len(changed_inputs(read_run(run))) == 3
    assert changed_inputs(read_run(first)).empty


def test_without_the_internal_folder_secret_inputs_cannot_be_vouched_for(first: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shutil.copytree(first, shared, ignore=shutil.ignore_patterns("internal"))
    problems = changed_inputs(read_run(shared))
    assert problems["problem"].str.contains("内部文件夹 internal 不在").tolist() == [True]


def test_other_versions_are_told(first: Path, tmp_path: Path) -> None:
    older = tmp_path / "older"
    shutil.copytree(first, older)
    manifest = json.loads((older / "manifest.json").read_text(encoding="utf-8"))
    manifest["versions"]["shapely"] = "0.1"
    (older / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    changed = changed_versions(read_run(older))
    assert changed[["package", "then"]].values.tolist() == [["shapely", "0.1"]]
    code, _, said = again(older, tmp_path / "again")
    assert code == 0
    assert "版本不同：shapely 当时 0.1" in said


def test_runs_without_a_command_say_so(tmp_path: Path) -> None:
    with new_run(tmp_path) as run:
        (run.folder / "表.txt").write_text("1", encoding="utf-8")
    with pytest.raises(ReadError, match=r"清单没有记命令.*办法"):
        read_run(run.final)
    with pytest.raises(ReadError, match=r"没有清单或清单损坏.*办法"):
        read_run(tmp_path)


def test_a_password_is_never_recorded(tmp_path: Path) -> None:
    @click.command("probe")
    @click.argument("book")
    def probe(book: str) -> None:
        with new_run(tmp_path) as run:
            record_command(run)

    group = click.Group("landmarket", {"book": click.Group("book", {"probe": probe})})
    done = CliRunner().invoke(group, ["book", "probe", "postgresql://zhang:hush@db/land"], catch_exceptions=False)
    assert done.exit_code == 0
    run = read_latest(tmp_path)
    assert run is not None
    assert "hush" not in (run / "manifest.json").read_text(encoding="utf-8")
    assert read_run(run).command == ("book", "probe")
    assert read_run(run).options == {"book": "postgresql://zhang@db/land"}


Facts = dict[str, object]
GUARDED = "secret_inputs"


def stated(**facts: object) -> Callable[[Facts], object]:
    return lambda manifest: manifest.update(facts)


def command_of(name: object, **options: object) -> Callable[[Facts], object]:
    return stated(command={"name": name, "options": options})


NOT_A_MANIFEST: dict[str, Callable[[Facts], object]] = {
    "inputs null": stated(inputs=None),
    "inputs a text": stated(inputs="abc"),
    "inputs a number": stated(inputs=5),
    "inputs of numbers": stated(inputs=[1, 2]),
    "input without path": stated(inputs=[{"files": []}]),
    "path a number": stated(inputs=[{"path": 5, "files": []}]),
    "file without name": stated(inputs=[{"path": "a", "files": [{"sha256": "x"}]}]),
    "secret null": stated(**{GUARDED: None}),
    "secret a text": stated(**{GUARDED: "x"}),
    "secret a number": stated(**{GUARDED: 7}),
    "versions of lists": stated(versions={"numpy": [1]}),
    "versions pairs": stated(versions=["ab", "cd"]),
}
NOT_A_COMMAND: dict[str, tuple[Callable[[Facts], object], str]] = {
    "a text": (command_of("layers"), "没有记命令"),
    "nested": (command_of([["layers"]]), "没有记命令"),
    "records": (command_of([{}]), "没有记命令"),
    "options a list": (stated(command={"name": ["layers"], "options": []}), "没有记命令"),
    "unknown": (command_of(["nothing"]), "没有命令 nothing"),
    "none": (command_of([]), "不写成果"),
    "a group": (command_of(["book"]), "不写成果"),
    "writes no run": (command_of(["sort"], source="a", target="b"), "不写成果"),
    "rerun": (command_of(["rerun"], folder="."), "不写成果"),
    "county a number": (command_of(["layers"], county=5), "county 的值 5 不能用"),
    "county null": (command_of(["layers"], county=None), "county 的值 None 不能用"),
    "county a list": (command_of(["layers"], county=["a"]), "county 的值"),
    "county missing": (command_of(["layers"]), "缺少选项：county"),
    "out": (command_of(["layers"], county="a", out="b"), "没有的选项：out"),
    "as_json": (command_of(["layers"], county="a", as_json=True), "没有的选项：as_json"),
    "day": (command_of(["book", "report"], book="b", county="a", on="x"), "on 的值 'x' 不能用"),
    "range": (command_of(["run"], county="a", tile_parcels=0), "tile_parcels 的值 0 不能用"),
    "flag": (command_of(["run"], county="a", tables="yes"), "tables 的值 'yes' 不能用"),
}


def edited(first: Path, tmp_path: Path, edit: Callable[[Facts], object]) -> Path:
    folder = tmp_path / "edited"
    shutil.copytree(first, folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    edit(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


@pytest.mark.parametrize("case", NOT_A_MANIFEST)
def test_a_manifest_of_another_form_is_refused(case: str, first: Path, tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"manifest\.json：没有清单或清单损坏.*办法"):
        read_run(edited(first, tmp_path, NOT_A_MANIFEST[case]))


def test_a_manifest_nested_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("[" * 200_000, encoding="utf-8")
    with pytest.raises(ReadError, match="没有清单或清单损坏"):
        read_run(tmp_path)


@pytest.mark.parametrize("case", NOT_A_COMMAND)
def test_a_command_of_another_form_is_refused(case: str, first: Path, tmp_path: Path) -> None:
    edit, words = NOT_A_COMMAND[case]
    code, _, said = again(edited(first, tmp_path, edit), tmp_path / "again")
    assert code == -1
    assert words in said
    assert "办法" in said
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("key", [b"zz", "键".encode(), b""])
def test_a_damaged_key_is_refused(key: bytes, first: Path, tmp_path: Path) -> None:
    folder = edited(first, tmp_path, lambda _: None)
    (folder / "internal" / "fingerprint.key").write_bytes(key)
    for read in (altered_files, lambda folder: changed_inputs(read_run(folder))):
        with pytest.raises(ReadError, match=r"fingerprint\.key：指纹密钥.*办法"):
            read(folder)


# --- the comparer


def text_file(path: Path, value: float, when: str) -> None:
    path.with_suffix(".html").write_text(f"<p id='map_{len(when):032x}'>{when}</p>\n<p>{value}</p>", encoding="utf-8")


def parquet(path: Path, value: float, when: str) -> None:
    table = pd.DataFrame({"price_fen": [100, int(value)], "note": ["甲", None]}, index=["一", "二"])
    table.to_parquet(path.with_suffix(".parquet"))


def workbook(path: Path, value: float, when: str) -> None:
    with xlsxwriter.Workbook(path.with_suffix(".xlsx")) as book:
        book.set_properties({"created": datetime.fromisoformat(when)})
        sheet = book.add_worksheet("汇总")
        sheet.write("A1", f"生成时间 {when}")
        sheet.write_number("B3", value)
        sheet.write_formula("B4", "=SUM(B3)", value=value)


def document(path: Path, value: float, when: str) -> None:
    text = docx.Document()
    text.core_properties.created = datetime.fromisoformat(when)
    text.add_paragraph(f"总价 {value} 元")
    text.save(str(path.with_suffix(".docx")))


def geopackage(path: Path, value: float, when: str) -> None:
    frame = gpd.GeoDataFrame({"price": [value]}, geometry=[shapely.Point(1, 2)], crs=4490)
    frame.to_file(path.with_suffix(".gpkg"), layer="宗地")


def pdf(path: Path, value: float, when: str) -> None:
    path.with_suffix(".pdf").write_bytes(f"%PDF /CreationDate (D:{when}) {value}".encode())


MAKERS = {
    ".html": (text_file, "第 2 行"),
    ".parquet": (parquet, "第 2 行（二）price_fen：7 与 8"),
    ".xlsx": (workbook, "工作表 汇总：单元格 B3"),
    ".docx": (document, "word/document.xml"),
    ".gpkg": (geopackage, "图层 宗地：第 1 行"),
    ".pdf": (pdf, "除日期、编号外"),
}
Maker = Callable[[Path, float, str], None]


@pytest.mark.parametrize("ending", MAKERS)
def test_times_do_not_count_and_the_first_difference_is_named(ending: str, tmp_path: Path) -> None:
    make, where = MAKERS[ending]
    for folder, value, minute in (("a", 7, 30), ("b", 7, 31), ("c", 8, 30)):
        (tmp_path / folder).mkdir()
        make(tmp_path / folder / "甲", value, f"2026-03-02 09:{minute}")
    alike = compare_runs(tmp_path / "a", tmp_path / "b")
    assert set(alike["result"]) <= {"逐字节相同", "内容相同"}
    other = compare_runs(tmp_path / "a", tmp_path / "c")
    assert other["file"].tolist() == [f"甲{ending}"]
    assert other["result"].tolist() == ["不同"]
    assert where in other["difference"].iloc[0]


def test_a_file_of_one_run_only_is_listed(tmp_path: Path) -> None:
    for folder, names in (("a", "甲乙"), ("b", "乙丙")):
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / f"{name}.txt").write_text("1", encoding="utf-8")
    table = compare_runs(tmp_path / "a", tmp_path / "b").set_index("file")
    assert table["result"].to_dict() == {"丙.txt": "缺少", "乙.txt": "逐字节相同", "甲.txt": "缺少"}
    assert table.loc["丙.txt", "difference"] == "前一次没有这个文件"
    done = CliRunner().invoke(app, ["compare", str(tmp_path / "a"), str(tmp_path / "b")])
    assert done.exit_code == 1
    assert "有 2 个文件不同" in done.output
    done = CliRunner().invoke(app, ["compare", str(tmp_path / "a"), str(tmp_path / "a")])
    assert (done.exit_code, "复算" in done.output) == (0, False)
    assert f"与成果目录一相同：{tmp_path / 'a'}" in done.output


def test_a_changed_stored_value_behind_an_equal_formula_is_seen(tmp_path: Path) -> None:
    for folder, value in (("a", 7), ("b", 8)):
        (tmp_path / folder).mkdir()
        with xlsxwriter.Workbook(tmp_path / folder / "甲.xlsx") as book:
            book.set_properties({"created": datetime(2026, 3, 2, tzinfo=UTC)})
            book.add_worksheet("汇总").write_formula("B4", "=SUM(B3)", value=value)
    table = compare_runs(tmp_path / "a", tmp_path / "b")
    assert table["difference"].str.contains("单元格 B4").tolist() == [True]
    assert zipfile.is_zipfile(tmp_path / "a" / "甲.xlsx")


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    """One bit inside the first member of an archive is another: its checksum is wrong."""
    return content[:200] + bytes([content[200] ^ 255]) + content[201:]


@pytest.mark.parametrize(
    ("ending", "damage"),
    [(".xlsx", cut), (".xlsx", flipped), (".docx", cut), (".parquet", cut), (".gpkg", lambda _: b"x")],
)
@pytest.mark.parametrize("side", ["a", "b"])
def test_a_damaged_file_is_different_and_its_run_is_named(
    ending: str, damage: Callable[[bytes], bytes], side: str, tmp_path: Path
) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        MAKERS[ending][0](tmp_path / folder / "甲", 7, "2026-03-02 09:30")
    file = tmp_path / side / f"甲{ending}"
    file.write_bytes(damage(file.read_bytes()))
    table = compare_runs(tmp_path / "a", tmp_path / "b")
    assert table["result"].tolist() == ["不同"]
    assert table["difference"].iloc[0].startswith({"a": "前一次的文件损坏", "b": "后一次的文件损坏"}[side])
    done = CliRunner().invoke(app, ["compare", str(tmp_path / "a"), str(tmp_path / "b")])
    assert (done.exit_code, f"甲{ending}" in done.output) == (1, True)


def test_lists_in_a_table_are_compared(tmp_path: Path) -> None:
    for folder, last, other in (("a", 2, 0), ("b", 3, 0), ("c", 2, 1)):
        (tmp_path / folder).mkdir()
        table = pd.DataFrame({"parts": [[1, 2], [1, last]], "note": [None, {"x": [1]}]})
        table.assign(other=other).to_parquet(tmp_path / folder / "甲.parquet")
    said = [compare_runs(tmp_path / "a", tmp_path / name).loc[0, "difference"] for name in "bc"]
    assert said == ["第 2 行（1）parts：'[1, 2]' 与 '[1, 3]'", "第 1 行（0）other：0 与 1"]
