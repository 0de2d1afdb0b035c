"""Nothing from a file becomes a formula, a command, a path or code; the package has nothing that could run it."""

from __future__ import annotations

import ast
import csv
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import docx
import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

from landmarket.columns import schema
from landmarket.io.file_names import file_names, safe_file_name
from landmarket.io.tables import csv_bytes, read_csv_table
from landmarket.land_book.collectives import PERSONAL_COLUMNS
from landmarket.maps.facts import FACTS, SET_ASIDE_FACTS
from landmarket.report.geopackage import write_geopackage
from landmarket.report.layer_style import Category, LayerStyle
from landmarket.report.paper import Paper, Part
from landmarket.report.paper_document import write_paper_docx
from landmarket.report.table_book import write_table_book
from tests.script_corpus import FORMULAS, SCRIPTS

PACKAGE = Path(__file__).parent.parent / "landmarket"
CREATED = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ALL = (*SCRIPTS, *FORMULAS)
NUMBERS = [-5.0, -0.01, -1e9, 0.0, 12.5]


# --- workbooks, CSV, documents


def test_workbooks_keep_texts_as_texts_and_numbers_as_numbers(tmp_path: Path) -> None:
    path = tmp_path / "表.xlsx"
    table = pd.DataFrame({"文字": ALL, "=1+1": ALL[::-1], "数": [NUMBERS[n % 5] for n in range(len(ALL))]})
    write_table_book(
        path, {"=SUM(A1)": table, SCRIPTS[0]: table}, title="=1+1", line="@x", created=CREATED, notice="+1"
    )
    book = openpyxl.load_workbook(path)
    for sheet in book:
        cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
        assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
        assert not [cell.coordinate for cell in cells if cell.hyperlink is not None]
        numbers = [cell.value for cell in cells if cell.data_type == "n" and not isinstance(cell.value, datetime)]
        assert {float(str(value)) for value in numbers} >= set(NUMBERS)
        texts = {str(cell.value) for cell in cells if cell.data_type == "s"}
        assert {text.strip() for text in FORMULAS if text.strip().isprintable()} <= {text.strip() for text in texts}
    with zipfile.ZipFile(path) as packed:
        assert not [name for name in packed.namelist() if "macro" in name.lower() or "externalLink" in name]


def test_csv_cells_are_guarded_and_come_back_as_they_were(tmp_path: Path) -> None:
    table = pd.DataFrame({"note": [text for text in ALL if text.isprintable()]})
    table["amount"] = [NUMBERS[n % 5] for n in range(len(table))]
    data = csv_bytes(table)
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert not [row for row in rows if row[0].startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))]
    assert {float(row[1]) for row in rows[1:]} == set(NUMBERS)
    path = tmp_path / "表.csv"
    path.write_bytes(data)
    assert read_csv_table(path)["note"].tolist() == table["note"].tolist()


def test_documents_have_the_texts_and_nothing_that_is_fetched_or_computed(tmp_path: Path) -> None:
    path = tmp_path / "文书.docx"
    write_paper_docx(path, Paper("甲", SCRIPTS[8], SCRIPTS[5], (Part(SCRIPTS[0], ALL),)), created=CREATED)
    texts = "\n".join(paragraph.text for paragraph in docx.Document(str(path)).paragraphs)
    assert [text for text in ALL if text.isprintable() and text not in texts] == []
    with zipfile.ZipFile(path) as packed:
        for name in packed.namelist():
            data = packed.read(name)
            assert b'TargetMode="External"' not in data
            assert b"w:altChunk" not in data
            if name.endswith((".xml", ".rels")):
                ET.fromstring(data)  # noqa: S314  # our own


def test_layers_keep_texts_and_their_styles_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "图层.gpkg"
    texts = [text for text in ALL if "\x00" not in text]
    layer = gpd.GeoDataFrame({"名称": texts}, geometry=[shapely.box(0, 0, 1, 1)] * len(texts), crs=4547)
    style = LayerStyle("'); DROP TABLE x; --", "名称", tuple(Category(text, text, "#ff0000") for text in texts[:40]))
    write_geopackage(path, {"甲'乙": layer}, {"甲'乙": style}, created=CREATED)
    assert gpd.read_file(path, layer="甲'乙")["名称"].tolist() == texts
    qml = gpd.read_file(path, layer="layer_styles")["styleQML"].iloc[0]
    values = {each.get("value") for each in ET.fromstring(qml).iter("category")}  # noqa: S314  # our own
    assert {text for text in texts[:40] if text.isprintable()} <= values


@pytest.mark.parametrize("text", [*ALL, "..", "../../x", "/etc/passwd", "C:\\x", "con", "NUL.txt", "a\x00b", "x" * 400])
def test_a_name_from_data_stays_in_its_folder(text: str, tmp_path: Path) -> None:
    for name in (safe_file_name(text), *file_names([text, "甲"]).values()):
        path = (tmp_path / f"{name}.txt").resolve()
        assert path.parent == tmp_path.resolve()
        path.write_text("甲", encoding="utf-8")
        assert not set(name) & set('<>:"/\\|?*')
        assert name.isprintable()
        assert len(name.encode("utf-8")) <= 250


# --- the package


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


FORBIDDEN_CALLS = {
    *("eval", "exec", "compile", "__import__", "builtins.eval", "builtins.exec"),
    *("os.system", "os.popen", "pd.read_pickle", "pd.eval", "pandas.eval", "pandas.read_pickle"),
}
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "subprocess", "yaml", "dill", "cloudpickle", "requests", "urllib3"}


def danger(node: ast.AST) -> str:
    """What a node calls or imports that could run a text; empty where nothing."""
    if isinstance(node, ast.Import):
        return "、".join(alias.name for alias in node.names if alias.name.partition(".")[0] in FORBIDDEN_MODULES)
    if isinstance(node, ast.ImportFrom):
        names = {f"{node.module}.{alias.name}" for alias in node.names} & FORBIDDEN_CALLS
        return "、".join(
            names | ({node.module or ""} if (node.module or "").partition(".")[0] in FORBIDDEN_MODULES else set())
        )
    if not isinstance(node, ast.Call):
        return ""
    wrong = [word.arg for word in node.keywords if word.arg in ("shell", "allow_pickle") and not is_false(word.value)]
    called = ast.unparse(node.func)
    return str(wrong[0]) if wrong else called if called in FORBIDDEN_CALLS else ""


def is_false(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is False


def test_the_package_can_run_nothing_from_a_file() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{getattr(node, 'lineno', 0)}: {danger(node)}"
        for path, tree in sources()
        for node in ast.walk(tree)
        if danger(node)
    ]
    # What workers of a cluster share is pickled into a folder that only its owner can read or write; so does dask.
    assert [place for place in found if not (place.startswith("cluster.py:") and place.endswith(": pickle"))] == []


DANGERS = (
    *(
        "eval('1')",
        "import pickle",
        "from subprocess import run",
        "os.system('x')",
        "f(shell=True)",
        "pandas.eval('1')",
    ),
    *("from os import system", "import pickle as p", "builtins.eval('1')", "np.load('x', allow_pickle=True)"),
    "import urllib3.util",
)


def test_the_checks_see_what_they_forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen to fail: each kind of danger in a module of the test's own."""
    for text in DANGERS:
        tree = ast.parse(text)
        monkeypatch.setattr("tests.test_output_safety.sources", lambda tree=tree: iter([(PACKAGE / "甲.py", tree)]))
        with pytest.raises(AssertionError, match="甲"):
            test_the_package_can_run_nothing_from_a_file()


def test_scripts_of_pages_set_text_and_nothing_else() -> None:
    scripts = sorted(PACKAGE.rglob("*.js"))
    assert scripts
    dangers = re.compile(r"(?:inner|outer)HTML *=[^=]|insertAdjacentHTML|document\.write|\beval\(|new Function")
    found = {path.name: dangers.findall(path.read_text(encoding="utf-8")) for path in scripts}
    assert {name: places for name, places in found.items() if places} == {}
    assert dangers.search("a.innerHTML = b")
    assert not dangers.search("a.innerHTML")


def test_pages_are_written_through_the_one_head() -> None:
    """Whoever writes HTML takes the head with the policy from `html_page`, or adds to a folium page that has it."""
    texts = {path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8").lower() for path, _ in sources()}
    assert {name for name, text in texts.items() if "<!doctype html" in text or "<html" in text} == {"html_page.py"}


def test_maps_show_no_column_of_persons() -> None:
    """No column that can hold a person's name is among what a click shows; rosters are never joined to parcels."""
    columns = schema()
    labels = {header for column in columns.values() for header in column.headers}
    assert not {label for label in labels if "姓名" in label or "身份证" in label or "户主" in label}
    assert {name for name, column in columns.items() if "never on a map" in column.meaning} == set(PERSONAL_COLUMNS)
    who = re.compile(r"(?i)\b(who|whom|representative|person|bidder|buyer|holder|user|collective that)\b")
    named = {name for name, column in columns.items() if column.kind == "text" and who.search(column.meaning)}
    assert {"party", "bidder", "right_holder", "land_user", "giver", "taker", "payee", *PERSONAL_COLUMNS} <= named
    assert not named & {*FACTS, *SET_ASIDE_FACTS}


def test_a_locked_environment_has_hashes_and_no_host() -> None:
    for path in sorted((PACKAGE.parent / "requirements").glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        assert "://" not in text
        pins = [line for line in text.splitlines() if "==" in line and not line.startswith((" ", "#"))]
        assert pins
        assert text.count("--hash=sha256:") >= len(pins)
