"""The command: help in Chinese, exit codes, machine-readable output, the installed wheel."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import docx
import geopandas as gpd
import pyogrio
import pytest

from landmarket import cli, compile_products
from landmarket.compile_products import CompileWork, write_draft
from landmarket.county import read_county, sample_county
from landmarket.pricing import read_price_table, write_price_table
from landmarket.products import Work, do_county
from landmarket.report.paper_template import shipped_template_text
from tests.compiled_county import SHEET, write_compile_county, write_sheet
from tests.graded_county import NOTICE, write_county
from tests.small_county import write_small_county

SAMPLE = sample_county()
ROOT = Path(__file__).parent.parent


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command in process; return its exit code."""
    monkeypatch.setattr(sys, "argv", ["landmarket", *arguments])
    try:
        cli.main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.mark.parametrize(
    "command", ["", "check", "price", "run", "map", "report", "demo", "atlas", "papers", "worksheet", "layers"]
)
def test_help_is_in_chinese(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert call(monkeypatch, *command.split(), "--help") == 0
    said = capsys.readouterr().out
    assert said.startswith("用法：")
    assert "选项" in said
    assert not {"Usage", "Options", "Commands", "Show this message"} & set(said.replace(":", " ").split())


def test_check_tells_everything_and_exits_by_severity(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "check", str(SAMPLE / "parcels.shp"), "--county", "411081") == 3
    said = capsys.readouterr().out
    for words in ("GB18030", "宗地代码缺失", "图形无效", "registered_area（登记面积）", "办法：", "读入"):
        assert words in said


def test_check_names_the_parcels_of_the_first_rows(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = gpd.read_file(SAMPLE / "parcels.shp", rows=6, encoding="GB18030").assign(面积=-1.0)
    rows["宗地代码"] = [None, *rows["宗地代码"].iloc[1:]]
    rows.to_file(tmp_path / "宗地.gpkg")
    assert call(monkeypatch, "check", str(tmp_path / "宗地.gpkg")) == 3
    codes = rows["宗地代码"]
    assert f"行：1、2（{codes[1]}）、3（{codes[2]}）、4、5、6\n" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["check", "run", "map", "layers", "atlas", "report"])
@pytest.mark.parametrize("out", ["文件", "文件/里面"])
def test_a_file_is_no_folder_of_outputs_and_nothing_is_computed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str, out: str
) -> None:
    (tmp_path / "文件").write_text("甲", encoding="utf-8")
    assert call(monkeypatch, command, str(SAMPLE), "--out", str(tmp_path / out)) == 4
    said = capsys.readouterr().err
    assert f"{tmp_path / '文件'}：是文件，不能作成果目录。办法" in said
    assert "…" not in said
    assert (tmp_path / "文件").read_text(encoding="utf-8") == "甲"


def test_a_folder_without_a_county_file_is_told_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert call(monkeypatch, "check", str(tmp_path)) == 4
    assert "没有 county.toml" in capsys.readouterr().err


def test_check_speaks_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(monkeypatch, "check", str(SAMPLE), "--json") == 3
    document = json.loads(capsys.readouterr().out)
    assert document["counts"]["读入"] == document["counts"]["采用"] + document["counts"]["暂不处理"]
    assert {"source_row", "check", "severity", "column", "value", "cure"} <= set(document["findings"][0])
    assert "乡镇名称不在名录中" in {finding["check"] for finding in document["findings"]}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["check", "no.shp"], 4, "没有这个文件"),
        (["check"], 2, "用法错误"),
        (["run", "no.toml"], 4, "打不开"),
        (["fly"], 2, "用法错误"),
        (["check", "x", "--nonsense"], 2, "用法错误"),
        (["check", "x", "--county", "禹州"], 2, "禹州 不是县级行政区代码：应为 6 位数字，如 411081"),
        (["check", "x", "--county", "41108"], 2, "41108 不是县级行政区代码"),
    ],
)
def test_refusals_are_told_in_chinese_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    assert call(monkeypatch, *arguments) == code
    captured = capsys.readouterr()
    assert said in captured.err
    assert "Traceback" not in captured.err


def test_price_lists_parcels_and_writes_out_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], sample_work: Work
) -> None:
    assert call(monkeypatch, "price", str(SAMPLE), "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) > 2000
    # The same county is computed again for no parcel.
    monkeypatch.setattr("landmarket.cli.run_commands.do_county", lambda county, say: sample_work)
    assert call(monkeypatch, "price", str(SAMPLE), "--parcel", rows[0]["parcel_code"]) == 0
    said = capsys.readouterr().out
    assert "级别基准地价" in said
    assert "总地价" in said
    assert call(monkeypatch, "price", str(SAMPLE), "--parcel", "411081999999JB99999") == 4


def test_run_reports_where_everything_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    county = write_small_county(tmp_path / "county")
    assert call(monkeypatch, "run", str(county), "--out", str(tmp_path), "--json") == 0
    document = json.loads(capsys.readouterr().out)
    folder = Path(document["folder"])
    assert all((folder / file).is_file() for file in document["files"].values())
    assert set(document["gaps"]) == {"price_gap", "allowed_price_gap", "far_gap", "deal_gap", "split_gap"}
    assert document["gaps"]["price_gap"] == document["counts"]["采用"] - document["sums"]["priced"]
    assert (tmp_path / "latest").read_text(encoding="utf-8").strip() == folder.name


@pytest.mark.filterwarnings("ignore::landmarket.errors.LandMarketWarning")
def test_ranges_without_a_choice_are_counted_and_warned_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    county = write_small_county(tmp_path / "county")
    text = county.read_text(encoding="utf-8")
    county.write_text(text.replace('"商服" = "upper"\n', ""), encoding="utf-8")
    work = do_county(read_county(county), lambda _: None)
    parcels = work.outcome.parcels
    ranged = parcels["far_low"].ne(parcels["far_high"]) & parcels[["far_low", "far_high"]].notna().any(axis=1)
    count = int((ranged & parcels["price_use"].eq("商服")).sum())
    assert work.outcome.gaps["far_gap"] == count > 0
    monkeypatch.setattr("landmarket.cli.run_commands.do_county", lambda county, say: work)
    assert call(monkeypatch, "report", str(county), "--out", str(tmp_path / "out")) == 0
    said = capsys.readouterr().err
    assert f"注意：{count} 宗的容积率是区间而没有选定取值" in said
    assert "[floor_area_ratio]" in said


def test_warnings_are_told_without_code_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, sample_work: Work
) -> None:
    # The maps themselves are drawn, and looked at, elsewhere.
    monkeypatch.setattr("landmarket.cli.map_commands.write_maps", lambda *_: None)
    assert call(monkeypatch, "map", str(SAMPLE), "--out", str(tmp_path)) == 0
    captured = capsys.readouterr()
    gaps = sample_work.outcome.gaps
    assert f"没有地价 {gaps['price_gap']} 宗（其中可入市 {gaps['allowed_price_gap']} 宗）；" in captured.out
    assert f"有地价、可入市而未模拟交易 {gaps['deal_gap']} 宗" in captured.out
    assert f"未分配 {gaps['split_gap']} 宗" in captured.out
    assert "没有选定取值" not in captured.err
    said = captured.err
    assert "… 读取宗地" in said
    assert "注意：规则未经核对原文" in said
    assert ".py" not in said


def test_demo_works_from_the_wheel_in_an_empty_folder(tmp_path: Path) -> None:
    build, site, empty = tmp_path / "wheel", tmp_path / "site", tmp_path / "empty"
    empty.mkdir()
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(build), str(ROOT)], check=True)
    wheel = next(build.glob("*.whl"))
    assert wheel.stat().st_size < 15_000_000
    subprocess.run([*pip, "install", "--no-deps", "--no-index", "--target", str(site), str(wheel)], check=True)
    # The atlas is left out: it is slow, and drawn elsewhere.
    code = (
        "import landmarket; from landmarket.cli import main; from landmarket.products import sheets;"
        "sheets.write_county_atlas = lambda *_: None; print(landmarket.__file__); main()"
    )
    environment = {**os.environ, "PYTHONPATH": str(site), "PYTHONUTF8": "1"}
    result = subprocess.run(
        [sys.executable, "-c", code, "demo"], cwd=empty, env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines()[0].startswith(str(site))
    assert (empty / "output" / "latest").is_file()
    assert "工作簿" in result.stdout
    shutil.rmtree(build)


def test_help_of_grade_is_in_chinese(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(monkeypatch, "grade", "--help") == 0
    said = capsys.readouterr().out
    assert said.startswith("用法：")
    assert "土地定级" in said
    assert not {"Usage", "Options", "Show this message"} & set(said.replace(":", " ").split())


def test_grade_speaks_json_of_the_sample_county(grade_document: dict[str, object]) -> None:
    folder = Path(str(grade_document["folder"]))
    assert (folder.parent / "latest").read_text(encoding="utf-8").strip() == folder.name
    assert grade_document["files"] == {
        "定级首页": "maps/index.html",
        "工作簿": "定级成果.xlsx",
        "级别图斑": "级别图斑.gpkg",
        "清单": "manifest.json",
    }
    villages = grade_document["villages"]
    assert isinstance(villages, dict)
    assert list(villages) == ["商服", "工业", "公共管理与公共服务", "宅基地"]
    assert all(type(count) is int for use in villages.values() for count in use.values())


def test_grade_tells_counts_steps_and_where_everything_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    county, out = write_county(tmp_path / "county"), tmp_path / "out"
    assert call(monkeypatch, "grade", str(county / "county.toml"), "--out", str(out)) == 0
    captured = capsys.readouterr()
    run = out / (out / "latest").read_text(encoding="utf-8").strip()
    for name, file in (("定级首页", "maps/index.html"), ("工作簿", "定级成果.xlsx"), ("级别图斑", "级别图斑.gpkg")):
        assert f"{name}：{run / file}" in captured.out
        assert (run / file).is_file()
    assert NOTICE in captured.out
    for use in ("商服", "工业"):
        said = re.search(rf"^{use}：(.+)$", captured.out, re.MULTILINE)
        assert said
        assert sum(int(count) for count in re.findall(r"(\d+) 村", said[1])) == 12
    assert "需要核对 0 处" in captured.out
    assert "… 计算作用分：3 个因素，网格 100 m，12 村" in captured.err
    assert ".py" not in captured.err


def without_rule(county: Path) -> None:
    """Let the county file name no grading rule."""
    text = (county / "county.toml").read_text(encoding="utf-8")
    (county / "county.toml").write_text(text.replace('grading_rule = "grading.toml"', ""), encoding="utf-8")


def changed_rule(old: str, new: str) -> Callable[[Path], None]:
    """Change the grading rule of a county."""

    def change(county: Path) -> None:
        text = (county / "grading.toml").read_text(encoding="utf-8")
        assert old in text
        (county / "grading.toml").write_text(text.replace(old, new), encoding="utf-8")

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without_rule, "[files] 没有 grading_rule"),
        (lambda county: (county / "grading.toml").unlink(), "grading.toml"),
        (lambda county: (county / "roads.gpkg").unlink(), "找不到文件"),
        (changed_rule('county = "411081"', 'county = "410000"'), "county = 410000，县配置为 411081"),
        (changed_rule("[[use]]", "[[use"), "grading.toml"),
        (changed_rule("verified = true", ""), "缺少 verified"),
        (changed_rule("cell = 100", "cell = 100\nsell = 1"), "不认识的键 sell"),
        (changed_rule("[0.2, 0.5, 0.3]", "[0.2, 0.5, 0.2]"), "权重"),
        (changed_rule('level_column = "级别"', 'level_column = "等级"'), "没有列 等级"),
        (changed_rule("cell = 100", "cell = 5000"), "网格边长 5000 m 太大"),
    ],
)
def test_a_county_that_cannot_be_graded_is_refused_and_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    change: Callable[[Path], None],
    said: str,
) -> None:
    county = write_county(tmp_path / "county")
    change(county)
    assert call(monkeypatch, "grade", str(county), "--out", str(tmp_path / "out"), "--json") == 4
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "不能处理：" in captured.err
    assert said in captured.err
    assert "办法" in captured.err
    assert "Traceback" not in captured.err
    assert not (tmp_path / "out").exists()


def test_a_disk_error_while_grading_is_refused_with_its_cure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    county, out = write_county(tmp_path / "county"), tmp_path / "out"
    real, calls = os.fsync, []

    def failing(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    monkeypatch.setattr(os, "fsync", failing)
    assert call(monkeypatch, "grade", str(county), "--out", str(out)) == 4
    assert "磁盘已满" in capsys.readouterr().err
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("command", ["compile", "price", "run"])
def test_help_of_compiling_names_the_folder_it_writes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert call(monkeypatch, command, "--help") == 0
    said = capsys.readouterr().out
    assert said.startswith("用法：")
    assert "price_table" in "".join(said.split())
    assert not {"Usage", "Options", "Show this message"} & set(said.replace(":", " ").split())


def test_compile_tells_prices_steps_and_where_everything_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    county, out = write_compile_county(tmp_path / "county"), tmp_path / "out"
    assert call(monkeypatch, "compile", str(county), "--out", str(out)) == 0
    captured = capsys.readouterr()
    run = out / (out / "latest").read_text(encoding="utf-8").strip()
    files = {"首页": "maps/index.html", "工作簿": "基准地价编制.xlsx", "地价表": "price_table", "公告稿": "公告稿.docx"}
    for name, file in files.items():
        assert f"{name}：{run / file}" in captured.out
        assert (run / file).exists()
    table = read_price_table(run / "price_table").prices
    for use, own in table.groupby("use"):
        cells = zip(own["grade"], own["unit_price"], strict=True)
        assert f"{use}（元/㎡）：{'，'.join(f'{grade}级 {price:g}' for grade, price in cells)}" in captured.out
    assert "采用样点 71/72；需要核对" in captured.out
    assert NOTICE in captured.out
    assert "… 编制基准地价：72 个样点" in captured.err
    assert ".py" not in captured.err


def test_compile_speaks_json_and_says_where_there_is_no_price(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    county, out = write_compile_county(tmp_path / "county"), tmp_path / "out"
    write_sheet(county / "sheet.csv", SHEET[:36])
    monkeypatch.setattr(compile_products, "write_compilation", lambda *_: None)
    assert call(monkeypatch, "compile", str(county), "--out", str(out), "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert (Path(document["folder"]) / document["files"]["清单"]).is_file()
    assert list(document["files"]) == ["首页", "工作簿", "地价表", "公告稿", "清单"]
    assert document["counted"] == 35
    prices = {(row["use"], row["grade"]): row["unit_price"] for row in document["prices"]}
    assert all(price > 0 for (use, _), price in prices.items() if use == "商服")
    assert [price for (use, _), price in prices.items() if use == "工业"] == [None] * 3


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('compile_rule = "compile.toml"', "", "[files] 没有 compile_rule"),
        ('compile_rule = "compile.toml"', 'compile_rule = "no.toml"', "no.toml：打不开"),
        ('grading_rule = "grading.toml"', "", "[files] 没有 grading_rule"),
        ('roads.gpkg"', 'no.gpkg"', "no.gpkg"),
        ('county = "411081"', 'county = "411082"', "县配置为 411082"),
    ],
)
def test_a_county_that_cannot_be_compiled_is_refused_and_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, old: str, new: str, said: str
) -> None:
    county = write_compile_county(tmp_path / "county")
    name = "grading.toml" if "roads" in old else "county.toml"
    text = (county / name).read_text(encoding="utf-8")
    assert old in text
    (county / name).write_text(text.replace(old, new), encoding="utf-8")
    assert call(monkeypatch, "compile", str(county), "--out", str(tmp_path / "out"), "--json") == 4
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "不能处理：" in captured.err
    assert said in captured.err
    assert "办法" in captured.err
    assert "Traceback" not in captured.err
    assert not (tmp_path / "out").exists()


def test_a_compiled_notice_prices_parcels_from_its_folder_and_from_its_draft_alike(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    compiled_sample: CompileWork,
    sample_work: Work,
) -> None:
    write_price_table(compiled_sample.compilation.table, tmp_path / "price_table")
    monkeypatch.setattr(compile_products, "write_notice_docx", lambda *_, **__: None)
    write_draft(compiled_sample, tmp_path, datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
    listed = []
    for notice in ("price_table", "公告稿.xlsx"):
        assert call(monkeypatch, "price", str(SAMPLE), "--prices", str(tmp_path / notice), "--json") == 0
        listed.append(json.loads(capsys.readouterr().out))
    assert listed[0] == listed[1]
    assert len(listed[0]) > 2000
    shipped = sample_work.outcome.prices["unit_price"]
    assert any(row["unit_price"] != shipped.get(row["parcel_code"]) for row in listed[0])


@pytest.mark.parametrize(
    ("command", "notice", "said"),
    [("price", "no.xlsx", "no.xlsx"), ("price", "county.toml", "county.toml"), ("run", "", "notice.toml")],
)
def test_a_notice_that_is_none_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    command: str,
    notice: str,
    said: str,
) -> None:
    (tmp_path / "county.toml").write_text("x = 1", encoding="utf-8")
    out = ["--out", str(tmp_path / "out")] if command == "run" else []
    assert call(monkeypatch, command, str(SAMPLE), "--prices", str(tmp_path / notice), *out) == 4
    captured = capsys.readouterr()
    assert said in captured.err
    assert "办法" in captured.err
    assert "Traceback" not in captured.err
    assert not (tmp_path / "out").exists()


# --- one product at a time; the county is not computed again


@pytest.fixture
def computed(sample_work: Work, monkeypatch: pytest.MonkeyPatch) -> Work:
    """The sample county as every command finds it, already computed."""
    monkeypatch.setattr("landmarket.cli.run_commands.do_county", lambda county, say: sample_work)
    return sample_work


def test_papers_tell_what_is_missing(
    computed: Work, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code = computed.outcome.prices.index[0]
    assert call(monkeypatch, "papers", str(SAMPLE), "--parcel", code, "--out", str(tmp_path), "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert list(document["missing"]) == ["入市方案", "出让公告", "成交确认书", "合同要点与附件", "监管协议"]
    assert any("竞得人" in line for line in document["missing"]["成交确认书"])
    files = [Path(document["folder"]) / name for name in document["files"]]
    assert len(files) == 10
    assert all(path.is_file() for path in files)


def test_papers_take_a_template_of_the_bureau(
    computed: Work, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "templates").mkdir()
    text = shipped_template_text("监管协议").replace('title = "', 'title = "本局改写的', 1)
    (tmp_path / "templates" / "监管.toml").write_text(text, encoding="utf-8")
    code = computed.outcome.prices.index[0]
    options = ["--templates", str(tmp_path / "templates"), "--out", str(tmp_path / "out"), "--json"]
    assert call(monkeypatch, "papers", str(SAMPLE), "--parcel", code, *options) == 0
    document = json.loads(capsys.readouterr().out)
    page = Path(document["folder"]) / "交易文书" / "监管协议.html"
    assert "本局改写的" in page.read_text(encoding="utf-8")


def test_worksheet_of_a_parcel_says_what_price_says(
    computed: Work, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code = computed.outcome.prices.index[0]
    assert call(monkeypatch, "worksheet", str(SAMPLE), "--parcel", code, "--out", str(tmp_path), "--json") == 0
    document = json.loads(capsys.readouterr().out)
    written = docx.Document(str(Path(document["folder"]) / document["files"][0]))
    assert call(monkeypatch, "price", str(SAMPLE), "--parcel", code, "--json") == 0
    steps = json.loads(capsys.readouterr().out)
    assert [row.cells[0].text for row in written.tables[1].rows][1:] == [step["step"] for step in steps]
    assert call(monkeypatch, "worksheet", str(SAMPLE), "--parcel", "411081999999JB99999") == 4


def test_layers_are_written_for_every_program(
    computed: Work, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert call(monkeypatch, "layers", str(SAMPLE), "--out", str(tmp_path), "--json") == 0
    folder = Path(json.loads(capsys.readouterr().out)["folder"])
    shape = pyogrio.read_dataframe(folder / "宗地.shp", encoding="GB18030")
    assert set(shape["宗地代码"]) == set(computed.outcome.table.index)
    assert (folder / "宗地_字段对照.csv").is_file()
    assert {name for name, _ in pyogrio.list_layers(folder / "图层.gdb")} == {"宗地", "地价", "村界"}


def test_public_maps_of_a_county_with_internal_files_are_refused_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    options = ["--public", "豫S（2026）012号", "--out", str(tmp_path)]
    assert call(monkeypatch, "map", str(SAMPLE), *options) == cli.REFUSED
    said = capsys.readouterr().err
    assert "宗地 parcels（内部）" in said
    assert "[classification]" in said
    assert not list(tmp_path.iterdir())


def test_two_runs_stand_on_one_page(
    computed: Work, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("landmarket.cli.map_commands.write_maps", lambda *some: None)
    notice = SAMPLE / "price_notice.xlsx"
    assert call(monkeypatch, "map", str(SAMPLE), "--compare", str(notice), "--out", str(tmp_path), "--json") == 0
    document = json.loads(capsys.readouterr().out)
    page = (Path(document["folder"]) / document["files"]["对比图"]).read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert computed.county.notice in page
