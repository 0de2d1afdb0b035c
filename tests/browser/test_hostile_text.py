"""Nothing in the data is trusted: scripts in every text there is, and none of them runs."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import expect

from landmarket.maps import save_maps, township_maps
from tests.browser import samples
from tests.browser.conftest import Open, Visit
from tests.page_data import page_data
from tests.script_corpus import told

PAYLOADS = [
    "<script>document.title='run'</script>",
    "</script><script>document.title='run'</script>",
    "<!--<script>",
    "<img src=x onerror=document.title='run'>",
    "<svg onload=alert(1)>",
    '"><iframe src=javascript:alert(1)>',
    "' onmouseover='alert(1)' x='",
    "<a href=javascript:alert(1)>x</a>",
    "<style>*{display:none}</style>",
    "<meta http-equiv=refresh content=0;url=https://example.invalid>",
    "<link rel=stylesheet href=https://example.invalid/x.css>",
    "${alert(1)}",
    "`;alert(1);`",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "{{7*7}}",
    "{% raw %}{{ config }}",
    "{{ ''.__class__.__mro__ }}",
    "{#x",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#x3c;img src=x onerror=alert(1)&#x3e;",
    "</title><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "javascript:alert(1)",
    "\u202egnp.exe",
    "a\u2028alert(1)\u2029b",
    "'-alert(1)-'",
    '";alert(1);//',
    "\\",
    "__proto__",
    "constructor",
]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], list[str]]:
    """A county whose every text is a payload: codes, names, values, columns, worksheets, layers, notice, counts."""
    table = samples.parcels()
    count = len(table)
    texts = [PAYLOADS[i % len(PAYLOADS)] for i in range(count)]
    odd_column = "<img src=x onerror=alert(1)>${1}{{7*7}}"
    table.index = [f"{text}#{i}" for i, text in enumerate(texts)]
    names = dict(
        zip(samples.TOWNSHIPS, ("</script><script>alert(1)</script>", "${alert(1)}{{7*7}}", "con"), strict=True)
    )
    for column in ("village", "grade", "planned_use_name", "allowed", "outcome"):
        table[column] = texts
    table[odd_column] = texts
    table["township"] = table["township"].map(names)
    table["township_code"] = table["township"].map(dict(zip(names.values(), PAYLOADS, strict=False)))
    sheets = samples.sheets(table)
    for column in ("value", "unit", "source", "step"):
        sheets[column] = [PAYLOADS[i % len(PAYLOADS)] for i in range(len(sheets))]
    aside = samples.set_aside().assign(set_aside_reason=PAYLOADS[:3], township=list(names.values()))
    aside.index = PAYLOADS[3:6]
    context = samples.context()
    layers = {
        PAYLOADS[0]: context["乡镇界"].assign(township=list(names.values())),
        PAYLOADS[3]: context["村界"].assign(
            village=PAYLOADS[:12], township=[names[n] for n in context["村界"]["township"]]
        ),
        PAYLOADS[11]: context["道路"],
    }
    maps = township_maps(
        table,
        "unit_price",
        views=["unit_price", "grade", "planned_use_name", "allowed", "outcome", odd_column],
        worksheets=sheets,
        set_aside=aside,
        context=layers,
        notice=PAYLOADS[1] + PAYLOADS[14],
        counts={PAYLOADS[4]: 1, PAYLOADS[14]: 2},
        county=PAYLOADS[20],
        on=date(2026, 3, 2),
    )
    return save_maps(maps, tmp_path_factory.mktemp("hostile")), [odd_column, *names.values()]


def data_of(seen: Visit) -> dict:
    """The data of the parcels as the page holds them."""
    return page_data(seen.page.content(), "parcels")


@pytest.mark.parametrize("place", range(4))
def test_no_page_runs_what_its_data_say(visit: Open, hostile: tuple[list[Path], list[str]], place: int) -> None:
    files, named = hostile
    seen = visit(files[place])
    title = seen.page.title()
    assert told(PAYLOADS[20]) in told(title)
    assert seen.page.locator("img, iframe, object, embed, link, base").count() == 0
    assert told(PAYLOADS[1] + PAYLOADS[14]) in told(seen.page.locator(".lm-notice").inner_text())
    if place:
        walk_through(seen)
    else:
        links = {told(text) for text in seen.page.locator("tbody a").all_inner_texts()}
        assert {told(name) for name in named[1:]} == links
    assert seen.page.title() == title
    assert seen.noticed == []


def walk_through(seen: Visit) -> None:
    """Show every view, point at and click every parcel, and compare what is shown with what was written."""
    data = data_of(seen)
    texts = data["texts"]
    choices = seen.page.locator(".lm-choice")
    for number, view in enumerate(data["views"]):
        choices.nth(number).click()
        assert told(seen.page.locator(".lm-legend-box h3").inner_text()).startswith(told(view["title"]))
        shown = {told(text) for text in seen.page.locator(".lm-legend .lm-label").all_inner_texts()}
        wanted = {told(view["classes"][i]["label"]) for i in view["members"] if i >= 0}
        assert wanted <= shown
    for code in data["codes"]:
        seen.page.mouse.move(*seen.parcel_at(code))
        expect(seen.page.locator(".lm-tip .lm-code")).to_have_text(code)
    for feature, code in enumerate(data["codes"]):
        seen.page.locator(".lm-search input").fill(code)
        seen.page.keyboard.press("Enter")
        card = seen.page.get_by_role("dialog")
        assert told(card.locator("h2").inner_text()) == told(code)
        shown = told(card.inner_text())
        village = next(fact for fact in data["facts"] if fact["column"] == "village")
        start = 4 * sum(data["worksheets"]["counts"][:feature])
        cells = data["worksheets"]["cells"][start : start + 4 * data["worksheets"]["counts"][feature]]
        for text in (texts[i] for i in (village["values"][feature], *cells)):
            assert told(text) in shown
        seen.page.keyboard.press("Escape")
    for name in (PAYLOADS[0], PAYLOADS[3], PAYLOADS[11]):
        assert told(name) in [told(text) for text in seen.page.locator(".lm-layer").all_inner_texts()]


def test_every_payload_reaches_the_pages_as_it_was_written(hostile: tuple[list[Path], list[str]]) -> None:
    files, named = hostile
    texts: set[str] = set()
    for path in files[1:]:
        data = page_data(path.read_text(encoding="utf-8"), "parcels")
        texts |= {code.rsplit("#", 1)[0] for code in data["codes"]} | set(data["texts"])
        texts |= {view["title"] for view in data["views"]}
    assert set(PAYLOADS) - texts == set()
    assert named[0] in texts


def test_the_policy_stops_what_escaping_might_let_through(visit: Open, pages: dict[str, Path]) -> None:
    """The second wall: markup put into the page by hand does nothing either, and asks for nothing."""
    seen = visit(pages["火龙镇"])
    title = seen.page.title()
    ends: list[str | None] = []
    seen.page.on("requestfailed", lambda request: ends.append(request.failure))
    seen.page.on("requestfinished", lambda request: ends.append(None))
    blocked = seen.page.evaluate(
        """() => new Promise(done => {
            const directives = [];
            document.addEventListener("securitypolicyviolation", event => {
                directives.push(event.effectiveDirective);
            });
            document.querySelector(".lm-note").innerHTML =
                "<img src='https://example.invalid/x.png' onerror=\\"document.title='run'\\">" +
                "<svg onload=\\"document.title='run'\\"></svg><a href='javascript:document.title=1' id='bad'>x</a>";
            document.getElementById("bad").click();
            const script = document.createElement("script");
            script.textContent = "document.title = 'run'";
            document.body.appendChild(script);
            fetch("https://example.invalid/").catch(() => directives.push("fetch"));
            setTimeout(() => done(directives), 500);
        })"""
    )
    assert {"img-src", "script-src-attr", "script-src-elem", "connect-src", "fetch"} <= set(blocked)
    assert seen.page.title() == title
    assert not [line for line in seen.noticed if line.startswith("dialog")]
    assert set(ends) <= {"csp"}, "whatever was asked for was stopped by the policy"
