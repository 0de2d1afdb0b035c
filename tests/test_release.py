"""What is needed away from here: wheels for Windows, installers that every shell and code page reads."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.tags import cpython_tags
from packaging.utils import canonicalize_name, parse_wheel_filename

ROOT = Path(__file__).parent.parent
LOCK = (ROOT / "requirements" / "core.txt").read_text(encoding="utf-8")
WINDOWS = ROOT / "requirements" / "windows.csv"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
_REQUIREMENT = re.compile(
    r"^([A-Za-z0-9._-]+)==(\S+)(?: ; ([^\\\n]+))? \\\n((?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n?)+)", re.M
)


def locked() -> list[tuple[str, str, str, set[str]]]:
    """Name, version, marker and fingerprints of every locked package."""
    found = _REQUIREMENT.findall(LOCK)
    return [
        (name, version, marker.strip(), set(re.findall("[0-9a-f]{64}", hashes)))
        for name, version, marker, hashes in found
    ]


def on_windows(marker: str, python: str) -> bool:
    machine = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": "win32"}
    machine |= {"platform_system": "Windows", "os_name": "nt"}
    return not marker or Marker(marker).evaluate(machine)


def test_the_lock_is_read_whole() -> None:
    assert len(locked()) == len(re.findall("==", re.sub(r" ; [^\\]+", "", LOCK)))


@pytest.mark.parametrize("python", PYTHONS)
def test_every_core_package_has_a_wheel_for_windows(python: str) -> None:
    with WINDOWS.open(encoding="utf-8", newline="") as file:
        wheels = {(row["package"], row["version"]): row for row in csv.DictReader(file) if row["python"] == python}
    major, minor = map(int, python.split("."))
    tags = set(cpython_tags((major, minor), platforms=["win_amd64"]))
    tags |= set(parse_wheel_filename("x-1-py3-none-any.whl")[3])
    needed = [one for one in locked() if on_windows(one[2], python)]
    assert len(needed) > 40
    for name, version, _, fingerprints in needed:
        wheel = wheels[name, version]
        there, there_version, _, fitting = parse_wheel_filename(wheel["wheel"])
        assert (there, str(there_version)) == (canonicalize_name(name), version)
        assert fitting & tags
        assert wheel["sha256"] in fingerprints  # the lock lets pip install just this file


def test_the_windows_installer_is_read_by_every_code_page() -> None:
    script = (ROOT / "release" / "install.bat").read_bytes()
    assert script.isascii()
    assert script.count(b"\n") == script.count(b"\r\n") > 10
    jumps = set(re.findall(rb"goto (\w+)", script))
    assert jumps == set(re.findall(rb"^:(\w+)\r$", script, re.M))


def test_the_linux_installer_has_plain_line_ends() -> None:
    assert b"\r" not in (ROOT / "release" / "install.sh").read_bytes()
