"""The house: imports point down only, and importing the package stays light."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import landmarket

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "landmarket"


def floors() -> dict[str, int]:
    """Floor of each room, from the table in ARCHITECTURE.md; a row without a number belongs to the one above."""
    found: dict[str, int] = {}
    floor = 0
    for row in (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in row.split("|")[1:-1]]
        if len(cells) == 4 and cells[0].isdigit():
            floor = int(cells[0])
        if len(cells) == 4:
            found |= {name.split("/")[0].removesuffix(".py"): floor for name in re.findall(r"`([\w/]+\.py)`", cells[2])}
    return found


LEVEL = floors()
DRAWING = {"maps", "report", "figures"}
DOMAIN = {"zoning", "screening", "pricing", "market", "distribution", "indicators", "scenario"}


def modules() -> list[Path]:
    """Every module of the package except its front door."""
    return [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]


def room_of(path: Path) -> str:
    """The top-level room a module lies in."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    """Rooms of the package that a module imports, wherever in the module."""
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        rooms |= {name.split(".")[1] for name in names if name.startswith("landmarket.")}
    return rooms


def test_every_module_has_a_floor() -> None:
    assert {room_of(path) for path in modules()} <= set(LEVEL)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    own = room_of(path)
    upward = {room for room in imported_rooms(path) - {own} if LEVEL.get(room, 99) >= LEVEL[own]}
    assert not upward, f"{own} imports {upward}"


@pytest.mark.parametrize("path", [p for p in modules() if room_of(p) in DRAWING], ids=lambda p: p.name)
def test_drawing_knows_no_domain(path: Path) -> None:
    assert not imported_rooms(path) & DOMAIN


def test_import_is_light() -> None:
    heavy = "geopandas folium matplotlib dask rasterio openpyxl xlsxwriter scipy sklearn jenkspy docx"
    code = f"import landmarket, sys; print([m for m in {heavy.split()!r} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_every_public_name_is_there_when_asked_for() -> None:
    assert set(landmarket.__all__) <= set(dir(landmarket))
    for name in landmarket.__all__:
        assert getattr(landmarket, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        landmarket.nothing  # noqa: B018


def test_architecture_names_every_module() -> None:
    tree = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = set(re.findall(r"[\w/]+\.py", tree))
    present = {str(path.relative_to(PACKAGE)).replace("\\", "/") for path in PACKAGE.rglob("*.py")}
    present = {name for name in present if not name.endswith("__init__.py")}
    assert named >= present, f"missing in ARCHITECTURE.md: {sorted(present - named)}"
    gone = {
        name
        for name in named - present
        if not name.startswith(("tests/", "notebooks/", "sample_data/", "docs/", "benchmarks/"))
    }
    assert gone <= {"__init__.py"}, f"named in ARCHITECTURE.md but gone: {sorted(gone)}"
