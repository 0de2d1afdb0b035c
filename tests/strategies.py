"""Hypothesis strategies that several test modules draw from."""

from __future__ import annotations

from datetime import date

import pandas as pd
from hypothesis import strategies as st

from tests.script_corpus import FORMULAS, SCRIPTS

Place = tuple[float, float]
Site = tuple[Place, float, float]

EASTING, NORTHING = 437_000.0, 3_780_000.0
"""Somewhere inside the sample county, EPSG:4547 [m]."""

places: st.SearchStrategy[Place] = st.tuples(st.integers(-60, 60), st.integers(-60, 60)).map(
    lambda cell: (EASTING + 50.0 * cell[0], NORTHING + 50.0 * cell[1])
)
"""Points of a coarse lattice: many coincide, stand in one line, or are exactly as far as a radius."""

scores: st.SearchStrategy[float] = st.one_of(
    st.integers(1, 100).map(float), st.sampled_from([1.0, 15.0, 50.0, 100.0]), st.floats(1, 100)
)
"""Scores of facilities and roads."""

radii: st.SearchStrategy[float] = st.one_of(
    st.integers(1, 40).map(lambda steps: 50.0 * steps), st.sampled_from([1e-6, 0.5, 250.0, 1e9]), st.floats(1, 5000)
)
"""Influence radii [m], tiny and huge ones among them."""

sites: st.SearchStrategy[list[Site]] = st.lists(st.tuples(places, scores, radii), min_size=1, max_size=12)
"""Facilities: place, score, radius; often several at one place."""


# --- tables, rules and rosters, sound or with a defect that is known

odd_texts: st.SearchStrategy[str] = st.one_of(
    st.sampled_from((*SCRIPTS, *FORMULAS)),
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co"), exclude_characters="\ufeff"), max_size=12),
)
"""Texts that a cell may hold: of the corpus of scripts and formulas, and any others that can be printed."""


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """Tables as outputs have them: texts of any kind, numbers below nought too, days, what is missing."""
    count = draw(st.integers(1, 6))

    def column(cells: st.SearchStrategy[object]) -> list[object]:
        return draw(st.lists(st.none() | cells, min_size=count, max_size=count))

    return pd.DataFrame(
        {
            "note": pd.Series(column(odd_texts), dtype="str"),
            draw(odd_texts.filter(lambda text: text.strip() not in ("", "note", "area"))): pd.Series(
                column(odd_texts), dtype="str"
            ),
            "area": pd.Series(column(st.floats(-1e9, 1e9, allow_nan=False)), dtype="float64"),
            "deal_price_fen": pd.array(column(st.integers(-(10**12), 10**12)), dtype="Int64"),
            "deal_on": pd.Series(column(st.dates(date(1990, 1, 1), date(2090, 1, 1)))).astype("datetime64[s]"),
        }
    )


ROSTER_HEADERS = ("成员编号", "所有权代码", "户号", "姓名", "份额", "加入日期", "退出日期", "身份证号")
ROSTER_DEFECTS: dict[str, tuple[str, str]] = {
    "没有姓名": ("姓名", ""),
    "没有户号": ("户号", ""),
    "没有代码": ("所有权代码", ""),
    "代码不是所有权代码": ("所有权代码", "411081001001JB00001"),
    "份额是负数": ("份额", "-0.5"),
    "份额不是数": ("份额", "一份半"),
    "日期不是日期": ("加入日期", "去年"),
    "先退出后加入": ("退出日期", "1999-12-31"),
    "姓名处是身份证号": ("姓名", "411081199003071233"),
    "成员重复": ("成员编号", "m0"),
}
"""What is wrong with one member: the column, and what stands there."""

Roster = tuple[list[list[str]], str, int]


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    """Rows of a roster below its headers; what is wrong, empty where nothing is, and in which row, from 0."""
    count = draw(st.integers(2, 8))
    names, shares, days = (
        draw(st.lists(st.sampled_from(cells), min_size=count, max_size=count))
        for cells in (["张三", "李四", "王五"], ["", "1", "0.25", "2"], ["", "2016-01-01"])
    )
    rows = [
        [
            f"m{at}",
            "411081001001JA00001",
            f"{at // 2:03d}",
            names[at],
            shares[at],
            days[at],
            "",
            f"41108119900307{at:04d}",
        ]
        for at in range(count)
    ]
    defect, place = draw(st.sampled_from(["", *ROSTER_DEFECTS])), draw(st.integers(1, count - 1))
    if defect:
        header, cell = ROSTER_DEFECTS[defect]
        rows[place][ROSTER_HEADERS.index(header)] = cell
        if defect == "先退出后加入":
            rows[place][ROSTER_HEADERS.index("加入日期")] = "2016-01-01"
    return rows, defect, place


RULE = {
    "name": '"某县办法"',
    "source": '"虚构"',
    "county": '"411081"',
    "pilot": "true",
    "effective_from": "2024-01-01",
    "verified": "false",
    "fund_base": '"gain"',
    "tax_rate": "0.0005",
    "retention_rate": "0.30",
    "direct_distribution": "true",
}
"""A rule of splitting income, key by key, as its file has it; one rate stands below them."""
_RATE = '\n[[fund_rate]]\nprice_use = "工业"\nrate = 0.20\n'
NO_TOML = "2024-13-01x"
_OTHER_KINDS = ('"甲"', "1.5", "-3", "true", NO_TOML, "[]", "{}", "1e999", "nan", '""')


@st.composite
def rule_files(draw: st.DrawFn) -> tuple[str, str, str]:
    """Text of a rule file, the key that is changed, and how: left out, misspelt, or what stands there instead."""
    keys, changed = dict(RULE), draw(st.sampled_from(["", *RULE]))
    how = draw(st.sampled_from(["out", "misspelt", *_OTHER_KINDS])) if changed else ""
    if how == "out":
        del keys[changed]
    elif how == "misspelt":
        keys = {(f"{key}s" if key == changed else key): value for key, value in keys.items()}
    elif how:
        keys[changed] = how
    lines = draw(st.permutations([f"{key} = {value}" for key, value in keys.items()]))
    return "\n".join(lines) + _RATE, changed, how
