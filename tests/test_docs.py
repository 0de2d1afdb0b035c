"""README and documentation say what works: their code runs, their commands, links, keys and names exist."""

from __future__ import annotations

import ast
import dataclasses
import doctest
import importlib
import inspect
import pkgutil
import re
import shlex
import subprocess
import sys
import tomllib
import warnings
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import click
import pandas as pd
import pytest
from PIL import Image

import landmarket
from landmarket import cli
from landmarket.columns import schema
from landmarket.county import FILES, ConstraintFile, ContextFile, County, read_county
from landmarket.distribution import FundRate, SplitRule, read_split_rule
from landmarket.errors import LandMarketWarning
from landmarket.land_book.book_plan import BookPlan
from landmarket.market.capped_round import CappedRoundTerms, read_capped_round_terms
from landmarket.market.document import LocalDocument
from landmarket.market.tender_terms import TenderCriterion, TenderTerms, read_tender_terms
from landmarket.market.terms import DealTerms
from landmarket.pricing.notice_layout import layout
from landmarket.report.paper_fact_file import read_paper_facts
from landmarket.report.paper_facts import paper_facts
from landmarket.rules import Rule, read_rules, shipped_rules
from landmarket.workdays import HolidayNotice
from landmarket.zoning import EntryRule, read_entry_rule

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
READMES = [ROOT / "README.md", ROOT / "README.en.md"]
PAGES = sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)
EVERY = [*READMES, *PAGES, ROOT / "sample_data" / "README.md"]
OTHER_COMMANDS = {"python3", "py", "pip", "export", "dask"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(path: Path, language: str) -> list[str]:
    """Code blocks of one language on a page, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S)


def pages_with(language: str, pages: list[Path]) -> list[Path]:
    return [path for path in pages if blocks(path, language)]


# --- code


@pytest.mark.parametrize("path", pages_with("python", [READMES[0], *PAGES]), ids=name_of)
def test_python_blocks_run_in_order(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "__main__"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", LandMarketWarning)  # the sample's rules are invented, hence unverified
        for number, block in enumerate(blocks(path, "python"), start=1):
            exec(compile(block, f"{name_of(path)} block {number}", "exec"), names)  # noqa: S102
    if path == READMES[0]:
        _check_the_notebook(names, tmp_path)


def _check_the_notebook(names: dict[str, object], folder: Path) -> None:
    """Maps are there, the functions by hand give the scenario's prices, and the amounts in 万元 are the outcome's."""
    outcome, by_hand, shares = names["outcome"], names["prices"], names["shares"]
    assert isinstance(outcome, landmarket.Outcome)
    assert isinstance(by_hand, pd.DataFrame)
    assert isinstance(shares, pd.DataFrame)
    assert (folder / "maps" / "index.html").is_file()
    assert len(list((folder / "maps").glob("*.html"))) > 26
    pd.testing.assert_series_equal(by_hand["total_price_fen"], outcome.prices["total_price_fen"])
    assert shares["fund_fen"].notna().any()
    in_wan = names["in_wan"]
    assert isinstance(in_wan, pd.DataFrame)
    fund = in_wan["before"]["调节金"]
    assert fund * 1_000_000 == pytest.approx(outcome.shares["fund_fen"].sum(), abs=0.5)
    assert in_wan["change"].lt(0).all()


@pytest.mark.parametrize("path", READMES, ids=name_of)
def test_notebooks_are_short(path: Path) -> None:
    assert len(blocks(path, "python")) == 4
    for block in blocks(path, "python"):
        assert len(block.splitlines()) < 20


def test_both_readmes_have_the_same_code() -> None:
    first, second = ([ast.dump(ast.parse(block)) for block in blocks(path, "python")] for path in READMES)
    assert first == second


@pytest.mark.parametrize("path", pages_with("pycon", EVERY), ids=name_of)
def test_doctests(path: Path) -> None:
    text = "\n".join(blocks(path, "pycon"))
    test = doctest.DocTestParser().get_doctest(text, {}, name_of(path), str(path), 0)
    assert test.examples
    result = doctest.DocTestRunner(verbose=False).run(test)
    assert result.failed == 0


# --- commands


def commands(path: Path) -> Iterator[list[str]]:
    """Words of every command line on a page."""
    for language in ("sh", "powershell"):
        for block in blocks(path, language):
            for line in block.splitlines():
                words = shlex.split(line, comments=True, posix=language == "sh")
                if words:
                    yield words


@pytest.mark.parametrize("path", [path for path in EVERY if any(commands(path))], ids=name_of)
def test_shell_commands_exist(path: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    for words in commands(path):
        program = re.split(r"[\\/]", words[0])[-1]
        if program == "make":
            assert set(words[1:]) <= targets, words
        elif program == "landmarket":
            _check_landmarket(words[1:])
        else:
            assert program in OTHER_COMMANDS, words


def _check_landmarket(words: list[str]) -> None:
    """The command parses as it stands on the page; nothing is run."""
    command = cli.app.commands[words[0]]
    while isinstance(command, click.Group):
        words = words[1:]
        command = command.commands[words[0]]
    with command.make_context(words[0], list(words[1:]), resilient_parsing=False) as context:
        needed = [parameter for parameter in command.params if isinstance(parameter, click.Argument)]
        assert all(context.params[parameter.name or ""] is not None for parameter in needed), words


@pytest.mark.parametrize("path", READMES, ids=name_of)
def test_readme_opens_with_the_two_commands_and_lists_all_others(path: Path) -> None:
    first = blocks(path, "sh")[0]
    assert [line.split("#")[0].split() for line in first.splitlines()] == [["make", "demo"], ["make", "test"]]
    assert path.read_text(encoding="utf-8").index("make demo") < 100
    shown = {words[1] for words in commands(path) if words[0] == "landmarket"}
    assert shown == set(cli.app.commands)


@pytest.mark.parametrize("path", READMES, ids=name_of)
def test_readme_lists_the_exit_codes(path: Path) -> None:
    listed = re.findall(r"^\| (\d) \|", path.read_text(encoding="utf-8"), re.M)
    codes = [0, cli.WARNINGS_FOUND, cli.WRONG_USAGE, cli.ERRORS_FOUND, cli.REFUSED]
    assert [int(code) for code in listed] == codes


# --- links


@pytest.mark.parametrize("path", EVERY, ids=name_of)
def test_relative_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.S)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"https?://", link):
            assert (path.parent / link.partition("#")[0]).exists(), link


def test_the_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, str(DOCS / "build.py"), str(tmp_path / "html")], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "<math" in (tmp_path / "html" / "explanation" / "formula.html").read_text(encoding="utf-8")


def test_the_gallery_shows_every_notebook_with_its_picture() -> None:
    page = (DOCS / "gallery" / "index.md").read_text(encoding="utf-8")
    names = [path.stem for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
    assert re.findall(r"\{doc\}`[^<]+<([^>]+)>`", page) == names
    assert re.findall(r"^(\w+)$", page.split(":hidden:")[1], re.M) == names
    pictures = sorted((DOCS / "static" / "gallery").glob("*.png"))
    assert [path.stem for path in pictures] == names
    for path in pictures:
        with Image.open(path) as picture:
            assert picture.size == (360, 240)


@pytest.mark.parametrize("path", READMES, ids=name_of)
def test_readme_shows_a_township_as_it_looks(path: Path) -> None:
    shown = re.findall(r"^!\[.+\]\((.+\.png)\)$", path.read_text(encoding="utf-8"), re.M)
    assert shown == ["docs/static/township.png"]
    with Image.open(ROOT / shown[0]) as picture:
        assert picture.size == (1280, 800)
        assert len(picture.convert("RGB").getcolors(1 << 24)) > 100


def test_the_build_finds_broken_links_and_outside_resources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DOCS))
    build = importlib.import_module("build")
    page = '<h1 id="here"></h1><a href="#here"></a><a href="b.html#{place}"></a><script src="{script}"></script>'
    (tmp_path / "b.html").write_text('<p id="there"></p>', encoding="utf-8")
    (tmp_path / "s.js").write_text("", encoding="utf-8")
    (tmp_path / "a.html").write_text(page.format(place="there", script="s.js"), encoding="utf-8")
    assert build.broken_links(tmp_path) == []
    (tmp_path / "a.html").write_text(page.format(place="nowhere", script="//cdn/s.js"), encoding="utf-8")
    assert len(build.broken_links(tmp_path)) == 2


# --- keys of the files to prepare


def fields(*kinds: type) -> set[str]:
    return {field.name for kind in kinds for field in dataclasses.fields(kind)}


def in_tables(name: str) -> set[str]:
    """What stands in code marks in the tables of a page."""
    text = (DOCS / "files" / name).read_text(encoding="utf-8")
    return {word for row in re.findall(r"^\|.*", text, re.M) for word in re.findall(r"`([^`]+)`", row)}


def test_county_page_has_every_key() -> None:
    parts = {"path", "sources", "files", "layers", "constraints", "context", "floor_area_ratio"}
    keys = fields(County) - parts | set(FILES)
    assert in_tables("county.md") >= keys | fields(ConstraintFile, ContextFile) - {"path"} | {"file"}


def test_land_book_page_has_every_key() -> None:
    assert in_tables("land_book.md") >= fields(BookPlan) - {"weak_income_fen"} | {"weak_income"}


def test_deal_page_has_every_key() -> None:
    keys = fields(DealTerms) - {"holidays"} | fields(HolidayNotice)
    missing = keys - in_tables("deal.md")
    assert not missing


def test_tender_page_has_every_key() -> None:
    assert in_tables("tender.md") >= fields(TenderTerms, TenderCriterion, LocalDocument) - {"document", "criteria"}


def test_capped_round_page_has_every_key() -> None:
    assert in_tables("capped_round.md") >= fields(CappedRoundTerms, LocalDocument) - {"document"}


def test_paper_facts_page_has_every_fact() -> None:
    text = (DOCS / "files" / "paper_facts.md").read_text(encoding="utf-8").partition("## 填写项")[2]
    named = {name.strip() for row in re.findall(r"^\|[^|]+\|([^|]+)\|$", text, re.M) for name in row.split("、")}
    assert named - {"填写项", "---"} == set(paper_facts())


def test_split_page_has_every_key() -> None:
    assert in_tables("split.md") >= fields(SplitRule, FundRate) - {"fund_rates", "inherited"}  # these are no keys


def test_entry_page_has_every_key() -> None:
    keys = set(re.findall(r"``((?:entry|vote)_\w+)", inspect.getdoc(EntryRule) or ""))
    assert len(keys) > 10
    written = {word.partition(":")[0] for word in in_tables("entry.md")}
    assert written >= keys | (fields(Rule) - {"region", "when"})  # these are of the rule library


def test_notice_page_has_every_sheet_and_header() -> None:
    sections = re.split(r"^## ", (DOCS / "files" / "notice.md").read_text(encoding="utf-8"), flags=re.M)
    by_title = {section.partition("\n")[0]: section for section in sections[1:]}
    for columns in layout().values():
        section = by_title[columns[0].sheet]
        for column in columns:
            assert column.headers[0] in section, (columns[0].sheet, column.headers[0])


def test_examples_of_files_can_be_read(tmp_path: Path) -> None:
    example = {name: blocks(DOCS / "files" / f"{name}.md", "toml")[0] for name in ("county", "entry", "split")}
    for name, text in example.items():
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    document = tomllib.loads(example["county"])
    for file in [*document["files"].values(), *(layer["file"] for layer in document["constraints"])]:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    assert read_county(tmp_path).name == "某县"
    assert [rule.key for rule in read_entry_rule(tmp_path / "entry.toml").rules] == ["entry_sources"]
    assert len(read_split_rule(tmp_path / "split.toml").fund_rates) == 2


def test_examples_of_tender_round_and_facts_can_be_read(tmp_path: Path) -> None:
    for name in ("tender", "capped_round", "paper_facts"):
        (tmp_path / f"{name}.toml").write_text(blocks(DOCS / "files" / f"{name}.md", "toml")[0], encoding="utf-8")
    assert [each.name for each in read_tender_terms(tmp_path / "tender.toml").criteria] == ["产业方案", "带动就业"]
    assert read_capped_round_terms(tmp_path / "capped_round.toml").premium_cap == Decimal("0.5")
    facts = read_paper_facts(tmp_path / "paper_facts.toml", "411081004002JB00001")
    assert (facts["交易方式"], facts["起始价"]) == ("挂牌", 123_456_789)


def test_every_page_is_in_the_table_of_contents() -> None:
    listed = [
        f"{(page.parent / entry).relative_to(DOCS).as_posix()}.md"
        for page in (DOCS / "index.md", DOCS / "gallery" / "index.md")
        for block in blocks(page, r"\{toctree\}")
        for entry in block.split()
        if not entry.startswith(":")
    ]
    assert not {path.relative_to(DOCS).as_posix() for path in PAGES} - {"index.md"} - set(listed)


# --- names


def modules() -> list[ModuleType]:
    found = pkgutil.walk_packages(landmarket.__path__, "landmarket.")
    return [landmarket, *(importlib.import_module(module.name) for module in found)]


def glossary() -> list[str]:
    rows = re.findall(r"^\| `([^`]+)` \|(.*)\|$", (DOCS / "glossary.md").read_text(encoding="utf-8"), re.M)
    assert all(len(rest.split("|")) == 4 and rest.split("|")[0].strip() for _, rest in rows)
    return [name for name, _ in rows]


def known_names() -> set[str]:
    """Columns, public functions and classes, their parameters and fields."""
    names = set(schema())
    for module in modules():
        for name, value in vars(module).items():
            if name.startswith("_") or isinstance(value, ModuleType):
                continue
            names.add(name)
            if inspect.isclass(value) and value.__module__.startswith("landmarket"):
                members = {member for member in [*vars(value), *getattr(value, "_fields", ())] if member[0] != "_"}
                members |= set(getattr(value, "__dataclass_fields__", ()))
                names |= members | {f"{name}.{member}" for member in members}
            elif inspect.isfunction(value) and value.__module__.startswith("landmarket"):
                names |= set(inspect.signature(value).parameters)
    return names


def test_every_term_of_the_glossary_exists_and_stands_once() -> None:
    terms = glossary()
    assert len(terms) > 100
    assert sorted(set(terms)) == sorted(terms)
    assert not set(terms) - known_names()


def test_every_public_name_is_in_the_glossary_or_the_reference() -> None:
    written = re.findall(r"public-names:: (\S+)", (DOCS / "reference" / "api.rst").read_text(encoding="utf-8"))
    referred = {module for module in written if importlib.import_module(module)}
    terms = set(glossary())
    packages = [module for module in modules() if hasattr(module, "__path__") and hasattr(module, "__all__")]
    assert {module.__name__ for module in packages} >= {"landmarket", "landmarket.zoning", "landmarket.pricing"}
    for module in packages:
        for name in module.__all__:
            value = getattr(module, name)
            described = module.__name__ in referred and callable(value)
            assert described or name in terms or name == "__version__", f"{module.__name__}.{name}"


@pytest.mark.parametrize("path", [*READMES, *PAGES], ids=name_of)
def test_names_in_code_marks_exist(path: Path) -> None:
    """A word in code marks that looks like one of our functions or columns is one."""
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.S)
    words = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", text))
    keys = fields(County, ConstraintFile, ContextFile, DealTerms, SplitRule, FundRate, Rule, HolidayNotice)
    keys |= set(re.findall(r"``((?:entry|vote)_\w+)", inspect.getdoc(EntryRule) or "")) | set(FILES)
    local = read_rules(landmarket.sample_county() / "land_book" / "candidates.toml")
    keys |= fields(BookPlan) | {"weak_income"} | {rule.key for rule in (*shipped_rules("land_book/data"), *local)}
    parts = {"fund_rate", "source_notes", "_fen"}
    assert not words - known_names() - keys - parts
