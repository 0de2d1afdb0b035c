"""What the command writes on the terminal: texts of the data are seen, and do nothing."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import geopandas as gpd
import pytest

from landmarket.cli.main_command import _show_warning
from landmarket.cli.terminal import printable, tell_json
from landmarket.errors import LandMarketWarning
from tests.test_cli import SAMPLE, call

FORGED = "甲\n[错误] 假的：9 行\r\x1b[31m\u202e\u2028\x9b\x7f\u200f"
SHOWN = r"甲\n[错误] 假的：9 行\r\x1b[31m\u202e\u2028\x9b\x7f\u200f"
CONTROLS = [
    *(*range(0x20), *range(0x7F, 0xA0), 0x200E, 0x200F, 0x2028, 0x2029),
    *(*range(0x202A, 0x202F), *range(0x2066, 0x206A)),
]
"""Unicode: the categories Cc, Zl, Zp, and the marks of direction of UAX 9."""
_RAW = re.compile(f"[{''.join(map(re.escape, map(chr, CONTROLS)))}]")

BOUNDARY = (
    "[属性描述]\n坐标系=2000国家大地坐标系\n几度分带=3\n投影类型=高斯克吕格\n计量单位=米\n带号=38\n精度=0.001\n"
    "[地块坐标]\n3,1,1,甲,面,,,,@\nJ1,1,甲,乙\nJ2,1,丙,丁\nJ3,1,1,2\n"
)
"""Coordinates that are no numbers, in several lines: all are told at once."""


@pytest.fixture
def forged(tmp_path: Path) -> Path:
    rows = gpd.read_file(SAMPLE / "parcels.shp", rows=4, encoding="GB18030")
    rows["宗地代码"] = [FORGED, *rows["宗地代码"].iloc[1:]]
    rows["面积"] = ["1", FORGED, "", "4"]
    rows.to_file(tmp_path / "宗地.gpkg")
    return tmp_path / "宗地.gpkg"


@pytest.mark.parametrize("code", CONTROLS)
def test_every_control_character_is_written_out(code: int) -> None:
    assert re.fullmatch(r"甲\\(x[0-9a-f]{2}|u[0-9a-f]{4}|[nrt])乙", printable(f"甲{chr(code)}乙"))


def test_values_cannot_forge_a_line(
    forged: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "check", str(forged)) == 3
    said = capsys.readouterr().out
    assert [line for line in said.split("\n") if line.startswith("[错误] 假的")] == []
    assert SHOWN in said
    assert _RAW.findall(said.replace("\n", "")) == []


def test_json_stays_json_and_holds_what_the_file_holds(
    forged: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "check", str(forged), "--json") == 3
    said = capsys.readouterr().out
    assert _RAW.findall(said.replace("\n", "")) == []
    assert any(FORGED in finding["value"] for finding in json.loads(said)["findings"])
    tell_json({"甲": "".join(map(chr, CONTROLS))})
    assert json.loads(capsys.readouterr().out) == {"甲": "".join(map(chr, CONTROLS))}


def test_errors_and_warnings_cannot_forge_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "check", f"{FORGED}.shp") == 4
    _show_warning(set(), FORGED, LandMarketWarning, "", 0)
    assert call(monkeypatch, FORGED) == 2
    said = capsys.readouterr().err
    assert len([line for line in said.split("\n") if line.startswith("[错误]")]) == 0
    assert f"注意：{SHOWN}\n" in said
    assert _RAW.findall(said.replace("\n", "")) == []


def test_lines_of_a_message_stay_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "界址.txt").write_text(BOUNDARY, encoding="utf-8")
    assert call(monkeypatch, "check", str(tmp_path / "界址.txt")) == 4
    lines = capsys.readouterr().err.rstrip("\n").split("\n")
    assert lines[0].startswith("不能处理：")
    assert len(lines) > 1
    assert all(line.startswith("    ") for line in lines[1:])


def test_the_command_writes_through_one_module() -> None:
    for path in (Path(__file__).parent.parent / "landmarket" / "cli").glob("*.py"):
        calls = {
            ast.unparse(node.func)
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Call)
        }
        assert path.name == "terminal.py" or not calls & {"click.echo", "click.secho", "print", "sys.stdout.write"}
