"""What a parcel is priced as: price use from its planned use, grade from its village (地价用途、土地级别)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from landmarket.checks import require_columns, require_unique_index
from landmarket.pricing.benchmark import price_cells
from landmarket.pricing.keys import present_pairs, text_codes, texts
from landmarket.pricing.notice_cells import words
from landmarket.pricing.notice_findings import Finding, findings_table
from landmarket.pricing.price_table import PriceTable
from landmarket.pricing.villages import village_names

_TIERS = 3
NEEDED_BY = "price_basis"


def price_basis(parcels: pd.DataFrame, table: PriceTable) -> pd.DataFrame:
    """Find what each parcel is priced as.

    Parameters
    ----------
    parcels : DataFrame
        With ``planned_use, planned_use_scheme, township, village``; a ``grade`` of its own is used where the notice
        lists no villages.
    table : PriceTable
        The notice.

    Returns
    -------
    DataFrame
        On the same index: ``price_use``, ``grade`` (missing where not found) and ``price_gap``: empty, or the reason in
        Chinese why the notice has no price.

    Notes
    -----
    The longest matching beginning of the land-use code decides the use, within its own scheme only. A village is
    matched by its full name, else without 居委会/村委会 and the like, else also without 社区/村; a name that then means
    villages of two grades is not matched. What else a price needs is looked at by `price_gaps`.
    """
    require_unique_index(parcels, NEEDED_BY)
    require_columns(parcels, ["planned_use", "planned_use_scheme", "township", "village"], NEEDED_BY)
    use, use_gap = _price_use(parcels, table)
    placed = parcels[["township", "village"]].assign(price_use=use)
    if len(table.grade_ranges):
        grade, grade_gap = _grade_by_village(placed, table)
    elif "grade" in parcels:
        grade, grade_gap = parcels["grade"].astype("str"), _constant("", parcels.index)
    else:
        grade, grade_gap = _constant(None, parcels.index), _constant("", parcels.index)
    keyed = placed.assign(grade=grade)
    gap = use_gap.where(use_gap != "", grade_gap)
    gap = gap.where(gap != "", no_price_texts(keyed)).where(np.isnan(price_cells(keyed, table)), "")
    return pd.DataFrame({"price_use": use, "grade": grade, "price_gap": gap}, index=parcels.index)


def no_price_texts(parcels: pd.DataFrame) -> pd.Series[str]:
    """Say that a notice has no price for a township, grade and use.

    Parameters
    ----------
    parcels : DataFrame
        With ``township, grade, price_use``.

    Returns
    -------
    Series of str
        In Chinese, on the same index.
    """
    township, grade, use = (parcels[name].astype("str").fillna("") for name in ("township", "grade", "price_use"))
    return ("公告中 " + township + " " + grade + "级 " + use + " 无价").str.replace("级级", "级")


def _constant(value: str | None, index: pd.Index[str]) -> pd.Series[str]:
    return pd.Series([value] * len(index), index=index, dtype="str")


def _price_use(parcels: pd.DataFrame, table: PriceTable) -> tuple[pd.Series[str], pd.Series[str]]:
    code, codes = text_codes(parcels["planned_use"])
    scheme, schemes = text_codes(parcels["planned_use_scheme"])
    present, which = present_pairs(code, scheme, len(schemes))
    found = [_use_of(codes[own], schemes[of], table) for own, of in present]
    uses = texts([use for use, _ in found], which, parcels.index)
    return uses.where(uses != ""), texts([gap for _, gap in found], which, parcels.index)


def _use_of(code: str, scheme: str, table: PriceTable) -> tuple[str, str]:
    if not code:
        return "", "没有规划用途"
    same = table.uses[table.uses["scheme"] == scheme]
    if not len(same):
        return "", f"公告用途对应表没有分类标准 {scheme or '（未填）'}"
    fitting = [
        (len(prefix), use) for prefix, use in zip(same["code"], same["use"], strict=True) if code.startswith(prefix)
    ]
    return (max(fitting)[1], "") if fitting else ("", f"规划用途 {code}（{scheme}）在公告中没有地价用途")


def _grade_by_village(placed: pd.DataFrame, table: PriceTable) -> tuple[pd.Series[str], pd.Series[str]]:
    (township, townships), (village, villages), (use, uses) = (
        text_codes(placed[name]) for name in ("township", "village", "price_use")
    )
    places, place = present_pairs(township, village, len(villages))
    present, which = present_pairs(place, use, len(uses))
    ranges = grade_index(table)
    found = [
        _grade_of(townships[places[at][0]], villages[places[at][1]], uses[wanted], ranges) for at, wanted in present
    ]
    grades = texts([grade for grade, _ in found], which, placed.index)
    return grades.where(grades != ""), texts([gap for _, gap in found], which, placed.index)


GradeIndex = dict[tuple[str, str], list[dict[str, set[str]]]]


def grade_index(table: PriceTable) -> GradeIndex:
    """Index the villages of a notice by township and use.

    Parameters
    ----------
    table : PriceTable
        The notice.

    Returns
    -------
    dict
        For township and use (empty: all uses), one dictionary per way of naming a village, from name to its grades.
    """
    index: GradeIndex = {}
    for row in table.grade_ranges.itertuples(index=False):
        tiers = index.setdefault((str(row.township), str(row.use)), [{} for _ in range(_TIERS)])
        for tier, name in zip(tiers, village_names(str(row.village)), strict=True):
            tier.setdefault(name, set()).add(str(row.grade))
    return index


def _grade_of(township: str, village: str, use: str, ranges: GradeIndex) -> tuple[str, str]:
    if not use:
        return "", ""
    if not township:
        return "", "不知所在乡镇"
    listed = [tiers for tiers in (ranges.get((township, use)), ranges.get((township, ""))) if tiers is not None]
    if not listed:
        return "", f"公告级别范围没有 {township}"
    for tiers in listed:
        for tier, name in zip(tiers, village_names(village), strict=True):
            grades = tier.get(name, set()) if village else set()
            if len(grades) > 1:
                return "", f"{township}{village} 在公告级别范围中属于 {'、'.join(sorted(grades))} 几个级别"
            if grades:
                return next(iter(grades)), ""
    for word in (*words()["remaining"], *words()["whole_township"]):
        for tiers in listed:
            grades = tiers[0].get(word, set())
            if len(grades) == 1:
                return next(iter(grades)), ""
    return "", f"{township}{village or '（村未知）'} 不在公告级别范围内"


def range_findings(table: PriceTable, villages: pd.DataFrame) -> pd.DataFrame:
    """Compare the villages of a notice's grade ranges with the villages there are.

    Parameters
    ----------
    table : PriceTable
        The notice.
    villages : DataFrame
        The villages layer, with ``township`` and ``village``.

    Returns
    -------
    DataFrame
        Columns severity, where, value, message, cure: names in the notice that no village of the township has, and
        villages of a township with ranges that the notice places in no grade or in several.
    """
    require_columns(villages, ["township", "village"], "range_findings")
    found = [*_unknown_villages(table, villages), *_unplaced_villages(table, villages)]
    return findings_table(found)


def _unknown_villages(table: PriceTable, villages: pd.DataFrame) -> Iterator[Finding]:
    known: dict[str, set[str]] = {}
    for township, village in zip(villages["township"], villages["village"], strict=True):
        known.setdefault(str(township), set()).update(village_names(str(village)))
    general = {*words()["remaining"], *words()["whole_township"]}
    for township, grade, village in table.grade_ranges[["township", "grade", "village"]].astype("str").to_numpy():
        if village not in general and known.get(township, set()).isdisjoint(village_names(village)):
            message = f"{township} 没有叫这个名字的村"
            yield Finding("警告", f"级别范围 {township} {grade}", village, message, "核对村名与所属乡镇")


def _unplaced_villages(table: PriceTable, villages: pd.DataFrame) -> Iterator[Finding]:
    ranges = grade_index(table)
    uses = list(dict.fromkeys(str(use) for use in table.prices["use"]))
    for township, village in villages[["township", "village"]].astype("str").drop_duplicates().to_numpy():
        if not any((township, use) in ranges for use in ("", *uses)):
            continue
        gaps = dict.fromkeys(gap for use in uses if (gap := _grade_of(township, village, use, ranges)[1]))
        for gap in gaps:
            yield Finding("警告", f"级别范围 {township}", village, gap, "在公告级别范围中补上该村，或更正村名")
