"""Every kind of page the library writes, in every manner: alone, on a phone, by keyboard, on paper."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open, Visit
from tests.browser.run_folders import all_runs

PICTURES = Path(__file__).resolve().parents[2] / "output" / "pictures"


@dataclass(frozen=True)
class Kind:
    """A kind of page: the command that writes it, its file in the run folder, what the Tab key reaches on it."""

    name: str
    run: str
    file: str
    reaches: str


MAP, LINK, PAPER = "folium-map", "a", ""
KINDS = [
    Kind("成果首页", "run", r"index\.html", LINK),
    Kind("地图首页", "run", r"maps/index\.html", LINK),
    Kind("乡镇地图", "run", r"maps/\d{9}_[^/]+\.html", MAP),
    Kind("全县宗地图", "run", r"maps/全县宗地图\.html", MAP),
    Kind("乡镇汇总目录", "run", r"乡镇汇总/index\.html", LINK),
    Kind("乡镇汇总", "run", r"乡镇汇总/(?!index)[^/]+\.html", PAPER),
    Kind("定级首页", "grade", r"maps/index\.html", LINK),
    Kind("级别图", "grade", r"maps/级别图_[^/]+\.html", MAP),
    Kind("各村级别评定说明", "grade", r"maps/各村级别评定说明\.html", MAP),
    Kind("基准地价首页", "compile", r"maps/index\.html", LINK),
    Kind("基准地价表", "compile", r"maps/基准地价\.html", LINK),
    Kind("级别图（基准地价）", "compile", r"maps/级别图_[^/]+\.html", MAP),
    Kind("各村级别评定说明（基准地价）", "compile", r"maps/各村级别评定说明\.html", MAP),
    Kind("收益首页", "income", r"index\.html", LINK),
    Kind("公示表目录", "income", r"公示表/index\.html", LINK),
    Kind("供应测算首页", "simulate", r"index\.html", PAPER),
    Kind("交易文书", "parcel", r"交易文书/[^/]+\.html", PAPER),
    Kind("地价测算说明", "parcel", r"地价测算说明_[^/]+\.html", PAPER),
    Kind("对比图", "parcel", r"对比图\.html", MAP),
]
"""All kinds of page, each once."""


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run folder of every command that writes pages."""
    return all_runs(tmp_path_factory.mktemp("every_page"))


@pytest.fixture(scope="session")
def pictures() -> Path:
    """An empty folder for pictures of the pages, to be looked at."""
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    return PICTURES


def found(runs: dict[str, Path], kind: Kind) -> list[Path]:
    """The pages of a kind."""
    run = runs[kind.run]
    return [path for path in sorted(run.rglob("*.html")) if re.fullmatch(kind.file, path.relative_to(run).as_posix())]


def page_of(runs: dict[str, Path], kind: Kind) -> Path:
    """The largest page of a kind: what fits there fits on the others."""
    return max(found(runs, kind), key=lambda path: path.stat().st_size)


def test_every_page_is_of_exactly_one_kind(runs: dict[str, Path]) -> None:
    for name, run in runs.items():
        for path in run.rglob("*.html"):
            file = path.relative_to(run).as_posix()
            kinds = [kind.name for kind in KINDS if kind.run == name and re.fullmatch(kind.file, file)]
            assert len(kinds) == 1, f"{name}: {file} is of the kinds {kinds}"
    assert [kind.name for kind in KINDS if not found(runs, kind)] == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_page_opens_alone(visit: Open, runs: dict[str, Path], pictures: Path, kind: Kind) -> None:
    seen = visit(page_of(runs, kind))
    assert seen.page.title().strip()
    policy = seen.page.locator("head > meta").nth(1)  # after the encoding
    assert policy.get_attribute("http-equiv") == "Content-Security-Policy"
    assert (policy.get_attribute("content") or "").startswith("default-src 'none'; ")
    seen.page.screenshot(path=pictures / f"{kind.name}.png")
    reach(seen, kind)
    on_paper(seen, pictures / f"{kind.name}.pdf")
    assert seen.noticed == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_page_fits_a_phone(visit: Open, runs: dict[str, Path], pictures: Path, kind: Kind) -> None:
    seen = visit(page_of(runs, kind), 375, 700, phone=True)
    seen.page.screenshot(path=pictures / f"{kind.name}（手机）.png")
    assert seen.page.evaluate("document.scrollingElement.scrollWidth") <= 375, "the page must not scroll sideways"
    assert seen.noticed == []


def reach(seen: Visit, kind: Kind) -> None:
    """By keyboard alone: what is to be worked with is reached, visibly; a page to read goes on to its end."""
    page = seen.page
    if kind.reaches == PAPER:
        page.keyboard.press("End")
        ended = "scrollY + innerHeight >= document.scrollingElement.scrollHeight - 1"
        for _ in range(100):  # waiting in the page itself is forbidden by its policy
            if page.evaluate(ended):
                break
            page.wait_for_timeout(20)
        assert page.evaluate(ended)
        return
    wanted = f"document.activeElement.matches('{kind.reaches if kind.reaches == LINK else '.' + kind.reaches}')"
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(wanted):
            break
    assert page.evaluate(wanted)
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", "focus can be seen"


def on_paper(seen: Visit, path: Path) -> None:
    """What belongs to the screen alone is not printed, and nothing is cut off at the side of an A4 sheet."""
    page = seen.page
    page.pdf(path=path, prefer_css_page_size=True)
    page.emulate_media(media="print")
    expect(page.locator("input:visible, button:visible, select:visible")).to_have_count(0)


def test_every_notice_is_in_their_list(visit: Open, runs: dict[str, Path]) -> None:
    folder = next(runs["income"].rglob("公示表"))
    notices = {path.name for path in folder.rglob("*.docx")}
    assert notices
    links = visit(folder / "index.html").page.locator("a").evaluate_all("all => all.map(a => decodeURI(a.href))")
    assert notices <= {link.rsplit("/", 1)[-1] for link in links}
