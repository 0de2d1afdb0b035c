"""The command: help in Chinese, exit codes, machine-readable output, the installed wheel."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from landmarket import cli
from landmarket.county import sample_county
from landmarket.products import Work

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


@pytest.mark.parametrize("command", ["", "check", "price", "run", "map", "report", "demo"])
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
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "price", str(SAMPLE), "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) > 2000
    assert call(monkeypatch, "price", str(SAMPLE), "--parcel", rows[0]["parcel_code"]) == 0
    said = capsys.readouterr().out
    assert "级别基准地价" in said
    assert "总地价" in said
    assert call(monkeypatch, "price", str(SAMPLE), "--parcel", "411081999999JB99999") == 4


def test_run_reports_where_everything_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert call(monkeypatch, "run", str(SAMPLE), "--out", str(tmp_path), "--json") == 0
    document = json.loads(capsys.readouterr().out)
    folder = Path(document["folder"])
    assert all((folder / file).is_file() for file in document["files"].values())
    assert set(document["gaps"]) == {"price_gap", "deal_gap", "split_gap"}
    assert document["gaps"]["price_gap"] == document["counts"]["采用"] - document["sums"]["priced"]
    assert (tmp_path / "latest").read_text(encoding="utf-8").strip() == folder.name


def test_warnings_are_told_without_code_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, sample_work: Work
) -> None:
    assert call(monkeypatch, "map", str(SAMPLE), "--out", str(tmp_path)) == 0
    captured = capsys.readouterr()
    gaps = sample_work.outcome.gaps
    assert f"没有地价 {gaps['price_gap']} 宗；可入市而未模拟交易 {gaps['deal_gap']} 宗" in captured.out
    assert f"未分配 {gaps['split_gap']} 宗" in captured.out
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
    code = "import landmarket, sys; from landmarket.cli import main; print(landmarket.__file__); main()"
    environment = {**os.environ, "PYTHONPATH": str(site), "PYTHONUTF8": "1"}
    result = subprocess.run(
        [sys.executable, "-c", code, "demo"], cwd=empty, env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines()[0].startswith(str(site))
    assert (empty / "output" / "latest").is_file()
    assert "工作簿" in result.stdout
    shutil.rmtree(build)
