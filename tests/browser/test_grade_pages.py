"""What an analyst does with the pages of a graded county: look, switch, search, read why, go back, follow links."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlparse

import pandas as pd
import pytest
from playwright.sync_api import Locator, expect

from landmarket.grade_products import INDEX, MAPS, GradeWork
from landmarket.maps.audience import INTERNAL
from landmarket.pricing.grading import grade_worksheets
from landmarket.pricing.grading.tables import grade_label, summary_table
from tests import graded_county
from tests.browser.conftest import Open, Visit
from tests.browser.test_hostile_text import PAYLOADS, told
from tests.graded_county import graded, handed_over, write_county

USES = ("商服", "工业", "公共管理与公共服务", "宅基地")
EXPLANATION = "各村级别评定说明.html"


def legend(visit: Visit) -> dict[str, str]:
    """Count of each legend entry."""
    entries = visit.page.locator(".lm-legend li")
    return {
        entries.nth(i).locator(".lm-label").inner_text(): entries.nth(i).locator(".lm-count").inner_text()
        for i in range(entries.count())
    }


def choose(visit: Visit, view: str) -> None:
    """Switch to a view."""
    visit.page.locator(".lm-choice").get_by_text(view, exact=True).click()


def tab_to(visit: Visit, condition: str) -> None:
    """Go on by the Tab key until the focused element is the one wanted."""
    for _ in range(60):
        visit.page.keyboard.press("Tab")
        if visit.page.evaluate(f"(element => {condition})(document.activeElement)"):
            return
    pytest.fail(f"the Tab key does not reach {condition}")


def worksheet(card: Locator) -> list[list[str]]:
    """Rows of the worksheet of an open card; a formula has its source in a cell with it."""
    lines = card.locator(".lm-sheet tbody tr")
    return [lines.nth(i).locator("th, td").all_inner_texts() for i in range(lines.count())]


def as_shown(sheet: pd.DataFrame) -> list[list[str]]:
    """Rows of a worksheet as the card should show them: what is longer than a column takes the line."""
    return [
        [step, f"{value} {unit}".strip() + f"\n{source}"] if len(value) > 16 else [step, value, unit, source]
        for step, value, unit, source in sheet.itertuples(index=False)
    ]


@pytest.mark.parametrize("use", ["商服", "公共管理与公共服务"])
def test_a_page_of_a_use_opens_alone_and_counts_the_villages(
    visit: Open, graded_run: Path, graded_sample: GradeWork, use: str
) -> None:
    seen = visit(graded_run / MAPS / f"级别图_{use}.html")
    assert seen.page.title() == f"禹州市集体建设用地定级 · {use}"
    expect(seen.page.locator("h1")).to_have_text(seen.page.title())
    expect(seen.page.locator("footer")).to_contain_text(INTERNAL)
    expect(seen.page.locator(".lm-notice")).to_have_text(graded_sample.county.notice)
    counts = graded_sample.grades.counts().loc[use]
    wanted = {grade_label(name): f"{count} 村" for name, count in counts.items() if count}
    assert legend(seen) == {**wanted, "无数据": "0 村"}
    one = graded_sample.grades.uses[use]
    expect(seen.page.locator(".lm-remarks")).to_contain_text("；".join(f"{cut:.2f}" for cut in one.boundaries[::-1]))
    assert seen.noticed == []


def test_switching_shows_totals_and_factors(visit: Open, graded_run: Path, graded_sample: GradeWork) -> None:
    seen = visit(graded_run / MAPS / "级别图_商服.html")
    factors = list(map(str, graded_sample.grades.uses["商服"].use.weights.index))
    assert seen.page.locator(".lm-choice").all_inner_texts() == ["商服级别", "商服总分值", *factors]
    totals = graded_sample.grades.uses["商服"].villages["score"]
    for view, values in (("商服总分值", totals), (factors[0], graded_sample.grades.scores[factors[0]])):
        choose(seen, view)
        expect(seen.page.locator(".lm-legend-box h3")).to_have_text(view)
        shown = {label.replace(",", ""): int(count.split()[0]) for label, count in legend(seen).items()}
        assert shown.pop("无数据") == 0
        edges = [float(label[2:]) for label in shown if label.startswith("≥")]
        assert shown[f"≥ {edges[0]:g}"] == int((values >= edges[0]).sum())
        low = next(label for label in shown if label.startswith("＜"))
        assert shown[low] == int((values < float(low[2:])).sum())
        assert sum(shown.values()) == 678
    assert seen.noticed == []


def test_a_village_is_found_and_explained_by_keyboard_alone(
    visit: Open, graded_run: Path, graded_sample: GradeWork
) -> None:
    grades = graded_sample.grades
    names = grades.villages["village"]
    first, second = map(str, names.index[~names.duplicated(keep=False)][[100, 400]])
    seen = visit(graded_run / MAPS / "级别图_工业.html")
    card = seen.page.get_by_role("dialog", name="村详情")
    for code, typed in ((first, first), (second, str(names[second]))):
        tab_to(seen, 'element.type === "search"')
        seen.page.keyboard.press("Control+A")
        seen.page.keyboard.type(typed)
        expect(seen.page.locator(".lm-found button").first).to_contain_text(code)
        seen.page.keyboard.press("Enter")
        expect(card.locator("h2")).to_have_text(code)
        assert seen.page.evaluate("document.activeElement.getAttribute('role')") == "dialog"
        expect(card).to_contain_text(str(names[code]))
        expect(card.locator(".lm-sheet summary")).to_have_text("级别评定说明")
        assert worksheet(card) == as_shown(grade_worksheets(grades, "工业").loc[[code]])
        results = card.locator("tr.lm-result th")
        assert results.all_inner_texts() == ["总分值", "级别"]
        weight = results.first.evaluate("cell => Number(getComputedStyle(cell).fontWeight)")
        assert weight >= 600, "the total stands out"
        seen.page.keyboard.press("Escape")
        expect(card).to_be_hidden()
    assert seen.noticed == []


def test_a_click_tells_the_grade_and_the_tip_its_value(
    visit: Open, graded_run: Path, graded_sample: GradeWork, tmp_path: Path
) -> None:
    one = graded_sample.grades.uses["宅基地"]
    code = str(graded_sample.grades.villages.geometry.area.idxmax())
    seen = visit(graded_run / MAPS / "级别图_宅基地.html")
    seen.page.mouse.move(*seen.parcel_at(code, inwards=1))
    expect(seen.page.locator(".lm-tip")).to_contain_text(code)
    expect(seen.page.locator(".lm-tip")).to_contain_text(grade_label(one.villages.at[code, "grade"]))
    seen.page.mouse.click(*seen.parcel_at(code, inwards=1))
    card = seen.page.get_by_role("dialog")
    expect(card.locator("h2")).to_have_text(code)
    expect(card).to_contain_text(f"{one.villages.at[code, 'score']:.2f}")
    picture = seen.page.screenshot(path=tmp_path / "page.png")
    assert picture.startswith(b"\x89PNG")
    assert (tmp_path / "page.png").stat().st_size > 50_000, "a map is drawn"
    drawn = seen.page.evaluate(
        """() => {
            const canvas = document.querySelector(".leaflet-landmarket-400-pane canvas");
            const all = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data, found = {};
            for (let i = 0; i < all.length; i += 4) { found[all[i] + "," + all[i + 1] + "," + all[i + 2]] = true; }
            return Array.from(document.querySelectorAll(".lm-legend li")).slice(0, -1).map(
                item => getComputedStyle(item.querySelector(".lm-swatch")).backgroundColor
            ).map(colour => Boolean(found[colour.replace(/[^0-9,]/g, "")]));
        }"""
    )
    assert drawn == [True] * len(one.use.names), "every grade is on the map in the colour of its legend"
    assert seen.noticed == []


def test_the_explanation_shows_every_use_of_a_village(visit: Open, graded_run: Path, graded_sample: GradeWork) -> None:
    grades = graded_sample.grades
    seen = visit(graded_run / MAPS / EXPLANATION)
    assert seen.page.locator(".lm-choice").all_inner_texts() == [f"{use}级别" for use in USES]
    for use in USES:
        choose(seen, f"{use}级别")
        counts = grades.counts().loc[use]
        assert {label: count for label, count in legend(seen).items() if label != "无数据"} == {
            grade_label(name): f"{count} 村" for name, count in counts.items() if count
        }
    code = str(grades.villages.index[345])
    seen.page.locator(".lm-search input").fill(code)
    seen.page.keyboard.press("Enter")
    card = seen.page.get_by_role("dialog")
    assert card.locator("tr.lm-result th").all_inner_texts() == [
        f"{use}：{step}" for use in USES for step in ("总分值", "级别")
    ]
    wanted = []
    for use in USES:
        own = grade_worksheets(grades, use).loc[[code]]
        wanted += as_shown(own.assign(step=f"{use}：" + own["step"]))
    assert worksheet(card) == wanted
    assert seen.noticed == []


@pytest.mark.parametrize(("width", "height", "phone"), [(1280, 800, False), (390, 844, True)])
def test_the_index_shows_the_tables_and_fits(
    visit: Open, graded_run: Path, graded_sample: GradeWork, width: int, height: int, phone: bool
) -> None:
    seen = visit(graded_run / MAPS / INDEX, width, height, phone=phone)
    assert seen.page.title() == "禹州市集体建设用地定级"
    expect(seen.page.locator(".lm-notice")).to_have_text(graded_sample.county.notice)
    expect(seen.page.locator("footer")).to_contain_text(f"{graded_sample.rule.name}（{graded_sample.rule.source}）")
    assert seen.page.locator("h2").all_inner_texts() == ["各级村数与面积", "样点检验", "需要核对"]
    body = seen.page.locator(".ix-table").first.locator("tbody tr")
    shown = [body.nth(i).locator("td").all_inner_texts() for i in range(body.count())]
    summary = summary_table(graded_sample.grades)
    assert shown == [
        [use, grade, f"{villages:,}", *(f"{number:,.2f}" for number in numbers)]
        for use, grade, villages, *numbers in summary.itertuples(index=False)
    ]
    checks = seen.page.locator(".ix-table").nth(1)
    assert checks.locator("tbody tr").count() == len(graded_sample.checks)
    expect(checks).to_contain_text("倒挂")
    wide = seen.page.evaluate("document.scrollingElement.scrollWidth")
    assert wide <= width, "the page must not scroll sideways"
    seen.page.emulate_media(media="print")
    expect(checks.locator("table")).to_be_visible()
    assert seen.noticed == []


def test_the_index_leads_to_every_page_and_back_by_keyboard(visit: Open, graded_run: Path) -> None:
    seen = visit(graded_run / MAPS / INDEX)
    links = seen.page.locator(".tp-links a")
    assert links.all_inner_texts() == [*(f"{use}级别图" for use in USES), "各村级别评定说明"]
    named = [unquote(links.nth(i).get_attribute("href") or "") for i in range(links.count())]
    assert sorted(named) == sorted(path.name for path in (graded_run / MAPS).iterdir() if path.name != INDEX)
    tab_to(seen, 'element.textContent === "工业级别图"')
    seen.page.keyboard.press("Enter")
    expect(seen.page.locator("h1")).to_have_text("禹州市集体建设用地定级 · 工业")
    tab_to(seen, 'element.className === "lm-home"')
    seen.page.keyboard.press("Enter")
    expect(seen.page.locator(".tp-links")).to_be_visible()
    assert unquote(urlparse(seen.page.url).path).endswith(f"{MAPS}/{INDEX}")
    assert seen.noticed == []


# --- nothing in the data is trusted


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, GradeWork, dict[str, str]]:
    """A graded county whose every text is a payload: names of places, uses, factors, rule, samples, layers, notice."""
    home = tmp_path_factory.mktemp("hostile")
    texts = [text for text in PAYLOADS if text != "\\"]  # which a reader takes for a blank
    plain = [
        *(graded_county.NAME, graded_county.NOTICE, graded_county.RULE, graded_county.SOURCE),
        *graded_county.USES,
        *graded_county.FACTORS,
        *graded_county.TOWNSHIPS,
        *graded_county.VILLAGES,
        *("县医院", "东镇卫生院", "西镇卫生院", "样例国道", "样例县道", "国道", "县道", "县级", "乡镇级", "医院"),
        *("设施", "道路"),
    ]
    names = {name: f"{texts[i % len(texts)]}{i}" for i, name in enumerate(plain)}
    samples = [  # five a village and use, dearer where the grade is worse
        (
            f"{texts[n % len(texts)]}#{n}",
            "出让",
            graded_county.USES[n % 2],
            "2025-03-01",
            100 + n,
            "",
            n // 10,
            500,
            700,
        )
        for n in range(120)
    ]
    grades = [f"{text}等级" for text in texts[:3]]
    work = graded(write_county(home / "county", names, grades=grades, samples=samples))
    return handed_over(work, home / "out"), work, names


def pages_of(run: Path) -> list[Path]:
    """The index, the explanation, then the pages of the uses."""
    first = [run / MAPS / INDEX, run / MAPS / EXPLANATION]
    return first + sorted(path for path in (run / MAPS).iterdir() if path not in first)


@pytest.mark.parametrize("place", range(4))
def test_no_page_runs_what_its_data_say(
    visit: Open, hostile: tuple[Path, GradeWork, dict[str, str]], place: int
) -> None:
    run, work, names = hostile
    seen = visit(pages_of(run)[place])
    title = seen.page.title()
    assert told(names[graded_county.NAME]) in told(title)
    assert told(seen.page.locator(".lm-notice").inner_text()) == told(names[graded_county.NOTICE])
    assert seen.page.locator("img, iframe, object, embed, link, base, form").count() == 0
    if place:
        walk_through(seen, work, names)
    else:
        read_tables(seen, work, names)
    assert seen.page.title() == title
    assert seen.noticed == []


def read_tables(seen: Visit, work: GradeWork, names: dict[str, str]) -> None:
    """Compare the index with the tables, and follow every link."""
    foot = told(seen.page.locator("footer").inner_text())
    assert told(f"{names[graded_county.RULE]}（{names[graded_county.SOURCE]}）") in foot
    shown = {told(text) for text in seen.page.locator("td").all_inner_texts()}
    assert {told(text) for use in work.grades.uses.values() for text in (use.use.name, *use.use.names)} <= shown
    cures = {told(text) for text in work.checks["cure"] if text}
    assert any("#" in cure for cure in cures), "a cure names samples"
    assert cures <= shown
    links = seen.page.locator(".tp-links a")
    titles = [told(f"{use}级别图") for use in work.grades.uses]
    assert [told(text) for text in links.all_inner_texts()] == [*titles, "各村级别评定说明"]
    for number in range(links.count()):
        links.nth(number).click()
        expect(seen.page.locator(".lm-legend li").first).to_be_visible()
        seen.page.get_by_role("link", name="返回全县索引").click()


def walk_through(seen: Visit, work: GradeWork, names: dict[str, str]) -> None:
    """Show every view, open every village's card, and compare what is shown with what was written."""
    choices = [told(text) for text in seen.page.locator(".lm-choice").all_inner_texts()]
    for number, choice in enumerate(choices):
        seen.page.locator(".lm-choice").nth(number).click()
        assert told(seen.page.locator(".lm-legend-box h3").inner_text()) == choice
        assert sum(int(count.split()[0]) for count in legend(seen).values()) == 12
    uses = [use for use in work.grades.uses if told(f"{use}级别") in choices]
    sheets = {use: grade_worksheets(work.grades, use) for use in uses}
    card = seen.page.get_by_role("dialog")
    for code, village in work.grades.villages.iterrows():
        seen.page.locator(".lm-search input").fill(str(code))
        seen.page.keyboard.press("Enter")
        expect(card.locator("h2")).to_have_text(str(code))
        shown = told(card.inner_text())
        assert told(village["village"]) in shown
        assert told(village["township"]) in shown
        for use in uses:
            for step, value, _, source in sheets[use].loc[[code]].itertuples(index=False):
                assert all(told(text) in shown for text in (step, value, source)), (use, step)
        seen.page.keyboard.press("Escape")
    layers = [told(text) for text in seen.page.locator(".lm-layer").all_inner_texts()]
    assert told(names["道路"]) in layers


def test_a_hostile_name_is_found_and_pointed_at_as_it_was_written(
    visit: Open, hostile: tuple[Path, GradeWork, dict[str, str]]
) -> None:
    run, work, _ = hostile
    seen = visit(pages_of(run)[1])
    villages = work.grades.villages
    for code, name in villages["village"].iloc[::3].items():
        seen.page.locator(".lm-search input").fill(str(name))
        expect(seen.page.locator(".lm-found button").first).to_contain_text(str(code))
        seen.page.mouse.move(*seen.parcel_at(str(code)))
        expect(seen.page.locator(".lm-tip .lm-code")).to_have_text(str(code))
        grade = next(iter(work.grades.uses.values())).villages.at[code, "grade"]
        assert told(grade_label(grade)) in told(seen.page.locator(".lm-tip").inner_text())
    assert seen.noticed == []


def test_every_payload_was_in_the_county(hostile: tuple[Path, GradeWork, dict[str, str]]) -> None:
    _, work, names = hostile
    assert {text for text in PAYLOADS if text != "\\"} <= {
        re.sub(r"#?\d+$", "", name) for name in (*names.values(), *work.samples.index)
    }
    assert set(work.grades.villages["village"]) <= set(names.values())
    assert list(work.grades.uses) == [names[use] for use in graded_county.USES]
    assert work.county.notice == names[graded_county.NOTICE]
