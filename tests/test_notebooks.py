"""Notebooks are kept without outputs, and what they show of our own values is short and escaped."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import replace
from html import unescape
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

from landmarket import (
    Outcome,
    Scenario,
    Screening,
    read_county,
    read_county_parcels,
    read_scenario,
    run_scenario,
    sample_county,
    screen,
)
from landmarket.distribution import read_income_plan, read_roster
from landmarket.errors import LandMarketWarning

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
NAMES = [
    "01_parcels",
    "02_benchmark_price",
    "03_scenarios",
    "04_township_maps",
    "06_grades",
    "07_price_table",
    "08_supply_plan",
    "09_entry_or_expropriation",
    "10_income_rules",
    "11_land_book",
]
MOST_CELLS = 25
HOSTILE = "<img src=x onerror=alert(1)>"


def cells(path: Path, kind: str) -> list[str]:
    """Sources of the cells of a kind."""
    return [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


def test_all_notebooks_are_there() -> None:
    assert [path.stem for path in NOTEBOOKS] == NAMES


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_format_is_valid_and_cells_have_stable_names(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    names = [cell.id for cell in notebook.cells]
    assert names == [f"{path.stem[:2]}-{number:02d}" for number in range(1, len(names) + 1)]
    assert len(names) < MOST_CELLS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_output_is_kept(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert not any(cell.metadata for cell in notebook.cells)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_cells_parse_and_show_their_last_value(path: Path) -> None:
    for source in cells(path, "code"):
        calls = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
        assert "print" not in {call.id for call in calls if isinstance(call, ast.Name)}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_says_that_the_data_are_invented(path: Path) -> None:
    assert "示例数据：宗地、地价与成交均为虚构" in cells(path, "markdown")[0]


@pytest.fixture(scope="module")
def work() -> tuple[Screening, Scenario, Outcome]:
    """The sample county's screening, scenario and outcome."""
    county = read_county(sample_county())
    screening = screen(read_county_parcels(county), county=county.county)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        scenario = read_scenario(county, screening.accepted.crs)
        return screening, scenario, run_scenario(screening.accepted, scenario)


def shown(html: str) -> pd.DataFrame:
    """The table that a browser would show, every cell as text."""
    rows = html.replace("</tr>", "").split("<tr")[2:]
    values = [[cell.split("</td>")[0] for cell in row.split("<td>")[1:]] for row in rows]
    return pd.DataFrame(values)


def test_shown_in_one_line(work: tuple[Screening, Scenario, Outcome]) -> None:
    screening, scenario, outcome = work
    assert repr(screening) == (
        f"<Screening 读入 3011 宗，采用 {len(screening.accepted)} 宗，暂不处理 {len(screening.set_aside)} 宗>"
    )
    assert repr(scenario) == "<Scenario 禹州市，2026-03-02>"
    assert len(repr(outcome)) < 400
    assert "\n" not in repr(outcome)


def test_screening_shows_every_check_it_found(work: tuple[Screening, Scenario, Outcome]) -> None:
    screening, _, _ = work
    html = screening._repr_html_()
    assert f"暂不处理 {len(screening.set_aside)} 宗" in html
    assert set(shown(html)[1]) >= {name.replace(">", "&gt;") for name in screening.findings["check"]}


def test_outcome_shows_sums_that_are_those_of_its_tables(work: tuple[Screening, Scenario, Outcome]) -> None:
    *_, outcome = work
    table = shown(outcome._repr_html_()).set_index(0)[1]
    assert table["宗地"] == f"{len(outcome.parcels)} 宗"
    assert f"可入市 {sum(outcome.entry['allowed'] == '可入市')} 宗" in table["入市资格"]
    assert f"成交价 {sum(outcome.deals['deal_price_fen'].dropna()) / 1_000_000:,.2f} 万元" in table["交易"]
    assert f"成员 {sum(outcome.shares['members_fen'].dropna()) / 1_000_000:,.2f} 万元" in table["分配"]


def test_scenario_shows_what_it_rests_on(work: tuple[Screening, Scenario, Outcome]) -> None:
    _, scenario, _ = work
    html = scenario._repr_html_()
    for text in (scenario.price_table.name, scenario.entry_rule.name, scenario.terms.name, scenario.split_rule.name):
        assert text in html
    assert str(scenario.terms.reserve_ratio) not in html


def test_text_of_a_file_stays_text(work: tuple[Screening, Scenario, Outcome]) -> None:
    screening, scenario, outcome = work
    findings = screening.findings.assign(value=HOSTILE, check=HOSTILE)
    hostile = [
        screening._replace(findings=findings),
        replace(scenario, name=HOSTILE, split_rule=replace(scenario.split_rule, name=HOSTILE)),
        replace(outcome, entry=outcome.entry.assign(allowed=HOSTILE)),
    ]
    for value in hostile:
        html = value._repr_html_()
        assert "<img" not in html
        assert "&lt;img src=x onerror=alert(1)&gt;" in html


def test_nothing_found_is_shown_too(work: tuple[Screening, Scenario, Outcome]) -> None:
    screening, *_ = work
    clean = screening._replace(findings=screening.findings.iloc[:0])
    assert "读入 3011 宗" in clean._repr_html_()


LATIN = {"base", "direct_distribution", "effective_from", "false", "override_document", "qianinfo", "split", "toml"}
"""Latin words in what the notebook on income shows: keys, values and names of the rule files, and of a source."""


@pytest.fixture(scope="module")
def income_sections(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[nbformat.NotebookNode]]:
    """What the notebook on income shows, executed in an empty folder: outputs by the heading they stand under."""
    notebook = nbformat.read(FOLDER / "10_income_rules.ipynb", as_version=4)
    folder = tmp_path_factory.mktemp("income")
    NotebookClient(
        notebook,
        kernel_name="python3",
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
    ).execute()
    assert not list(folder.iterdir())
    sections: dict[str, list[nbformat.NotebookNode]] = {}
    heading = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heading = cell.source.splitlines()[0].strip("# ")
        else:
            sections.setdefault(heading.partition("、")[0], []).extend(cell.outputs)
    return sections


def seen(outputs: list[nbformat.NotebookNode]) -> str:
    """The text of tables as a browser shows it."""
    pages = [re.sub(r"(?s)<style.*?</style>", "", output.data.get("text/html", "")) for output in outputs]
    return unescape(re.sub(r"<[^>]+>", " ", "\n".join(pages)))


def test_income_is_shown_as_tables_and_pictures(income_sections: dict[str, list[nbformat.NotebookNode]]) -> None:
    assert list(income_sections) == ["10 收益分配", *"一二三四五六七八"]
    kinds = {
        name: {kind for output in outputs for kind in output.get("data", {})}
        for name, outputs in income_sections.items()
    }
    assert {output.output_type for outputs in income_sections.values() for output in outputs} <= {
        "display_data",
        "execute_result",
    }
    assert {name for name, found in kinds.items() if "text/html" in found} == set(income_sections)
    assert {name for name, found in kinds.items() if "image/png" in found} == set("二四五六七八")


def test_income_names_no_member(income_sections: dict[str, list[nbformat.NotebookNode]]) -> None:
    plan = read_county(sample_county()).income_plan
    assert plan is not None
    roster = read_income_plan(plan).roster
    assert roster is not None
    names = set(read_roster(roster)["name"])
    text = "\n".join(seen(outputs) for outputs in income_sections.values())
    assert "＊" in seen(income_sections["五"])
    assert [name for name in names if name in text] == []


def test_income_is_told_in_chinese(income_sections: dict[str, list[nbformat.NotebookNode]]) -> None:
    text = "\n".join(seen(outputs) for outputs in income_sections.values())
    assert set(re.findall(r"[A-Za-z_]{4,}", text)) <= LATIN


def test_income_says_what_is_in_force_and_what_was_published(
    income_sections: dict[str, list[nbformat.NotebookNode]],
) -> None:
    rules = seen(income_sections["一"])
    assert "没有生效的规则" in rules
    assert "2021-06-01 在 411081（试点）没有生效的国家调节金规定，不当作 0" in rules
    assert rules.count("拒绝") == 6
    published = seen(income_sections["六"])  # 28.6 and 178.1 of 257 亿元
    assert "11.1%" in published
    assert "69.3%" in published
    assert "国有地价是编造的" in published
    assert "40.00%" in seen(income_sections["八"])
