"""Run folders: written whole or not at all, whatever kills the process."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import threading
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landmarket.errors import BadValueError, LandMarketError, OutputError, ReadError
from landmarket.io.file_names import LONGEST, file_names
from landmarket.io.manifest import INTERNAL, MANIFEST, altered_files, as_json, fingerprints, parts_of
from landmarket.io.writing import LATEST, new_run, read_latest, safe_file_name
from landmarket.rules import Rule

DEAD_CHILD = """
import os, sys, random, time
from pathlib import Path
from landmarket.io.writing import new_run

out, calls = Path(sys.argv[1]), int(sys.argv[2])

def run(out):
    with new_run(out, inputs=[Path(__file__)], seed=1) as run:
        (run.folder / "maps").mkdir()
        for number in range(5):
            (run.folder / "maps" / f"{number}.html").write_text("页" * 1000 * number, encoding="utf-8")
        (run.internal / "reserve.csv").write_text("secret", encoding="utf-8")
        run.record(counts={"读入": 1})
"""


def write_run(out: Path, text: str = "一", **arguments: object) -> Path:
    """One small run; gives its final folder."""
    with new_run(out, **arguments) as run:  # type: ignore[arg-type] # the tests pass what they name
        (run.folder / "map.html").write_text(text, encoding="utf-8")
        (run.folder / "maps").mkdir()
        (run.folder / "maps" / "凤鸣街道.html").write_text(text * 3, encoding="utf-8")
    return run.final


def hidden(out: Path) -> list[str]:
    """Leftovers in the folder of all runs."""
    return sorted(path.name for path in out.iterdir() if path.name.startswith("."))


def manifest_of(folder: Path) -> dict[str, object]:
    """The manifest as it stands in the file."""
    document = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def sha256(path: Path) -> str:
    """Hash by another way than the code's."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_run_is_whole_and_latest(tmp_path: Path) -> None:
    out, source = tmp_path / "a" / "输出", tmp_path / "宗地.geojson"
    source.write_text("{}", encoding="utf-8")
    final = write_run(out, inputs=[source], seed=411081, created=datetime(2026, 3, 2, 9, 30, tzinfo=timezone.utc))
    assert read_latest(out) == final
    assert final.name.startswith("run-20260302-093000-")
    assert hidden(out) == []
    manifest = manifest_of(final)
    assert manifest["created"] == "2026-03-02T09:30:00+00:00"
    assert manifest["seed"] == 411081
    assert manifest["run"] == final.name
    assert manifest["inputs"] == [
        {"path": source.as_posix(), "files": [{"name": "宗地.geojson", "size": 2, "sha256": sha256(source)}]}
    ]
    assert manifest["outputs"] == [
        {"path": path, "size": (final / path).stat().st_size, "sha256": sha256(final / path)}
        for path in ("map.html", "maps/凤鸣街道.html")
    ]
    assert {"python", "landmarket", "geopandas", "shapely", "GDAL", "pyproj", "folium"} <= set(manifest["versions"])  # type: ignore[call-overload] # JSON
    assert altered_files(final) == []
