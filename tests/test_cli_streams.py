"""What the command says gets through, or is told: code pages without a character, full disks, readers who go away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pytest

from tests.small_county import write_small_county

RARE = "𠮷"  # in none of the code pages of Chinese Windows
FULL = Path("/dev/full")
ON_POSIX = pytest.mark.skipif(sys.platform == "win32", reason="streams of POSIX systems")


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A county with one land use that no code page has."""
    path = write_small_county(tmp_path_factory.mktemp("streams") / "county", parcels=6)
    layer = path.parent / "parcels.gpkg"
    parcels = gpd.read_file(layer)
    parcels.loc[0, "现状地类"] = RARE
    parcels.to_file(layer, layer="parcels", driver="GPKG")
    return path


def run(*arguments: str, then: str = "", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command; ``then`` is what follows it on the line, where its own exit code is the one that counts."""
    command = [sys.executable, "-m", "landmarket", *arguments]
    if then:
        command = ["bash", "-c", f'"$@" {then}; exit ${{PIPESTATUS[0]}}', "bash", *command]
    return subprocess.run(command, capture_output=True, env=os.environ | environment, timeout=300, check=False)


def verdict(county: Path) -> int:
    return run("check", str(county)).returncode


def test_a_character_that_the_screen_lacks_is_escaped(county: Path) -> None:
    done = run("check", str(county), PYTHONIOENCODING="gbk")
    assert done.returncode == verdict(county)
    assert "\\ud842\\udfb7" in done.stdout.decode("gbk")  # as JSON escapes it
    assert b"Traceback" not in done.stderr


def test_json_stays_json_on_every_code_page(county: Path) -> None:
    done = run("check", str(county), "--json", PYTHONIOENCODING="gbk")
    findings = json.loads(done.stdout.decode("gbk"))["findings"]
    assert any(RARE in str(finding["value"]) for finding in findings)


@ON_POSIX
def test_a_system_that_cannot_write_chinese_names_is_told_with_its_cure(county: Path, tmp_path: Path) -> None:
    ascii_names = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = run("report", str(county), "--out", str(tmp_path / "out"), **ascii_names)
    said = done.stderr.decode("utf-8")
    assert done.returncode == 4
    assert "文件名编码" in said
    assert "办法：先执行 export LANG=C.UTF-8" in said
    assert "Traceback" not in said
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
@pytest.mark.parametrize("command", ["price", "check", "--help"])
def test_a_full_disk_behind_the_screen_is_refused(command: str, county: Path) -> None:
    done = run(command, *([] if command == "--help" else [str(county)]), then=">/dev/full")
    assert done.returncode == 4
    said = done.stderr.decode("utf-8")
    assert "磁盘已满" in said
    assert "办法" in said
    assert "Traceback" not in said


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
def test_notes_that_cannot_be_written_stop_no_work(county: Path, tmp_path: Path) -> None:
    done = run("report", str(county), "--out", str(tmp_path), then="2>/dev/full")
    assert done.returncode == 0
    assert (tmp_path / "latest").is_file()
    assert run("price", str(tmp_path / "nothing"), then="2>/dev/full").returncode == 4


@ON_POSIX
def test_whoever_stops_reading_still_has_the_verdict(county: Path, tmp_path: Path) -> None:
    for arguments in (["check", str(county)], ["check", str(county), "--json"]):
        done = run(*arguments, then="| true")
        assert done.returncode == verdict(county) == 3
        assert b"Traceback" not in done.stderr
    for folder, text in (("a", "1"), ("b", "2"), ("c", "1")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "表.txt").write_text(text, encoding="utf-8")
    codes = [run("compare", str(tmp_path / "a"), str(tmp_path / other), then="| true").returncode for other in "bc"]
    assert codes == [1, 0]


@ON_POSIX
def test_a_list_that_is_read_in_part_is_no_failure(county: Path) -> None:
    done = run("price", str(county), then="| head -1")
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    assert b"BrokenPipe" not in done.stderr


def test_an_address_with_half_a_bracket_is_refused() -> None:
    done = run("book", "status", "postgresql://[bad")
    assert done.returncode == 4
    assert "数据库地址写法有误" in done.stderr.decode("utf-8")
    assert b"Traceback" not in done.stderr
