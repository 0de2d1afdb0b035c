"""Checks of a notice as printed: units, order, jumps, gaps (公告检查).

Each check is a function from the typed tables to findings; a column ``@name`` holds the address of each value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.errors import BadValueError
from landmarket.pricing.corrections import far_factor
from landmarket.pricing.development import development_items
from landmarket.pricing.keys import number_at, rows_for, text_at
from landmarket.pricing.notice_cells import grade_rank
from landmarket.pricing.notice_findings import Finding
from landmarket.pricing.price_table import LEVELS
from landmarket.pricing.villages import listed_names, village_names
from landmarket.units import round_half_up_array, wan_per_mu

WAN_PER_MU_TOLERANCE = 0.04
"""Published 万元/亩 deviate by this much from 元/㎡ ÷ 15 without a misprint (德阳, 珙县, 筠连 notices)."""

PRICE_JUMP = 3.0
FAR_JUMP = 2.0
_RATES = (0.01, 0.2)
_ORIGINAL = "核对公告原件"
Floats = npt.NDArray[np.float64]
_INDEX_LEAP = 2.0  # no price level doubles from one date of a notice to the next


def check_notice(frames: Mapping[str, pd.DataFrame], base_date: pd.Timestamp) -> list[Finding]:
    """Check all tables of a notice.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        Typed tables by identifier; columns ``@name`` hold the address of each value.
    base_date : Timestamp
        Valuation date of the notice.

    Returns
    -------
    list of Finding
        In the order of the sheets.
    """
    return [
        *_units(frames["prices"]),
        *_grade_order(frames["prices"]),
        *_price_steps(frames["prices"]),
        *_connotation(frames["connotation"], frames["prices"]),
        *_unknown_uses(frames),
        *_ranges(frames["grade_ranges"], frames["prices"]),
        *_dates(frames["dates"], base_date),
        *_far_order(frames["far"]),
        *_far_jumps(frames["far"]),
        *_far_baseline(frames["far"], frames["connotation"]),
        *_five_levels(frames["factors"]),
        *_bands(frames["steps"]),
        *_development(frames["development"]),
        *_date_index(frames["dates"]),
    ]


def _date_index(dates: pd.DataFrame) -> Iterator[Finding]:
    """Find an index that leaps from one date to the next: a slip of the decimal point, or a percentage."""
    for _, rows in dates.dropna(subset=["index"]).sort_values("date").groupby("use"):
        ratios = (rows["index"] / rows["index"].shift()).to_numpy(dtype=np.float64)
        for row, ratio in zip(rows.index, ratios, strict=True):
            if ratio > _INDEX_LEAP or ratio < 1 / _INDEX_LEAP:
                shown = f"{number_at(rows, row, 'index'):g}"
                message = f"期日指数为上一期的 {ratio:.3g} 倍"
                yield Finding(
                    "错误", text_at(rows, row, "@index"), shown, message, "核对小数点；指数写成数，不写百分数"
                )


def _units(prices: pd.DataFrame) -> Iterator[Finding]:
    """Compare 元/㎡ with 万元/亩."""
    both = prices[prices["unit_price"].notna() & prices["wan_per_mu"].notna()]
    yuan_price: pd.Series[float] = both["unit_price"]
    exact: Floats = np.asarray(wan_per_mu(yuan_price), dtype=np.float64)
    printed_wan: Floats = both["wan_per_mu"].to_numpy(dtype=np.float64)
    difference: Floats = np.abs(printed_wan - exact)
    off = round_half_up_array(difference, 6)
    shown = round_half_up_array(exact, 2)
    for row, deviation, right in zip(both.index, off, shown, strict=True):
        printed = number_at(both, row, "wan_per_mu")
        if round(abs(printed - right), 6) == 0:
            continue
        severity = "提示" if deviation <= WAN_PER_MU_TOLERANCE else "错误"
        yuan = number_at(both, row, "unit_price")
        message = f"{yuan:g} 元/㎡ 应为 {right:.2f} 万元/亩，印作 {printed:g}，以 元/㎡ 为准"
        yield Finding(severity, text_at(both, row, "@wan_per_mu"), f"{printed:g}", message, _ORIGINAL)
    only = prices[prices["unit_price"].isna() & prices["wan_per_mu"].notna()]
    for row in only.index:
        where, printed = text_at(only, row, "@wan_per_mu"), number_at(only, row, "wan_per_mu")
        yield Finding(
            "错误", where, f"{printed:g}", "有 万元/亩 而无 元/㎡，按无价处理", "补上 元/㎡；不从已舍入的数反算"
        )


def _grade_order(prices: pd.DataFrame) -> Iterator[Finding]:
    """Find townships whose grades are not printed from the best down."""
    for (township, _), rows in prices.groupby(["township", "use"], sort=False):
        ranks = [grade_rank(grade) for grade in rows["grade"]]
        for at, (before, after) in enumerate(pairwise(ranks), start=1):
            if before is not None and after is not None and after < before:
                row = rows.iloc[at]
                message = f"{township} 的级别次序颠倒：{row['grade']} 排在 {rows.iloc[at - 1]['grade']} 之后"
                yield Finding("提示", str(row["@grade"] or row["@unit_price"]), str(row["grade"]), message, _ORIGINAL)


def _price_steps(prices: pd.DataFrame) -> Iterator[Finding]:
    """Find a better grade priced below a worse one, and steps too high to be meant. Equal prices are common."""
    columns = ("township", "use", "grade", "unit_price", "@unit_price")
    priced: dict[tuple[str, str], list[tuple[int, str, float, str]]] = {}
    for township, use, grade, price, where in zip(*(prices[name].tolist() for name in columns), strict=True):
        rows, rank = priced.setdefault((township, use), []), grade_rank(grade)
        if rank and not np.isnan(price):
            rows.append((rank, grade, price, where))
    for (township, use), rows in priced.items():
        ranked = sorted(rows, key=lambda row: row[0])
        for (_, better_grade, better, where), (_, worse_grade, worse, _) in pairwise(ranked):
            names = f"{township}{use} {better_grade} {better:g} 与 {worse_grade} {worse:g}"
            if better < worse:
                yield Finding("警告", where, f"{better:g}", f"{names}：高级别价低于低级别", _ORIGINAL)
            elif better > PRICE_JUMP * worse:
                yield Finding("警告", where, f"{better:g}", f"{names}：相差 {PRICE_JUMP:g} 倍以上", _ORIGINAL)


def _connotation(basis: pd.DataFrame, prices: pd.DataFrame) -> Iterator[Finding]:
    for use in prices["use"].unique():
        if use not in set(basis["use"]):
            where = str(prices.loc[prices["use"] == use, "@use"].iloc[0])
            yield Finding("警告", where, str(use), f"价格内涵没有用途 {use}", "补上年期、容积率、开发程度")
    rates = basis["capitalisation_rate"] / 100
    for row in basis.index[rates.notna() & ~rates.between(*_RATES)]:
        where, rate = text_at(basis, row, "@capitalisation_rate"), number_at(basis, row, "capitalisation_rate")
        yield Finding("警告", where, f"{rate:g}", f"土地还原率 {rate:g}% 不像年率", "此列以 % 为单位，6% 写 6")
    for row in basis.index:
        try:
            development_items(text_at(basis, row, "development"))
        except BadValueError as error:
            yield Finding(
                "警告", text_at(basis, row, "@development"), text_at(basis, row, "development"), str(error), _ORIGINAL
            )


def _unknown_uses(frames: Mapping[str, pd.DataFrame]) -> Iterator[Finding]:
    """Find uses and grades of other sheets that the price sheet does not know."""
    known = set(frames["prices"]["use"]) | {""}
    for table in ("connotation", "uses", "grade_ranges", "dates", "far", "factors", "steps"):
        frame = frames[table]
        first = frame.drop_duplicates("use")
        for row in first.index[~first["use"].isin(known)]:
            use = text_at(frame, row, "use")
            yield Finding("警告", text_at(frame, row, "@use"), use, f"基准地价表没有用途 {use}", "统一用途的写法")


def _ranges(ranges: pd.DataFrame, prices: pd.DataFrame) -> Iterator[Finding]:
    """Find villages in two grades, grades without a price and priced grades without villages."""
    priced = set(zip(prices["township"], prices["grade"], strict=True))
    listed = set(zip(ranges["township"], ranges["grade"], strict=True))
    townships = {township for township, _ in priced}
    seen: dict[tuple[str, str, str], tuple[str, str]] = {}
    for row in ranges.index:
        township, use, grade = (text_at(ranges, row, name) for name in ("township", "use", "grade"))
        where = text_at(ranges, row, "@villages")
        if (township, grade) not in priced and ("", grade) not in priced:
            what = "乡镇" if township not in townships else "级别"
            yield Finding("警告", where, f"{township} {grade}", f"基准地价表没有该{what}", "统一乡镇与级别的写法")
        for village in listed_names(text_at(ranges, row, "villages")):
            other = seen.setdefault((township, use, village_names(village)[-1]), (grade, village))
            if other[0] != grade:
                message = f"{township} 的 {village} 与 {other[0]} 的 {other[1]} 分不开，同名宗地无法定级"
                yield Finding("错误", where, village, message, "每个村只列入一个级别")
    if len(ranges):
        for row in prices.drop_duplicates(["township", "grade"]).index:
            township, grade = text_at(prices, row, "township"), text_at(prices, row, "grade")
            if township and (township, grade) not in listed:
                where = text_at(prices, row, "@grade")
                yield Finding("警告", where, grade, f"{township} {grade} 有价而级别范围没有列出", "补上级别范围")


def _dates(dates: pd.DataFrame, base_date: pd.Timestamp) -> Iterator[Finding]:
    for use, rows in dates.groupby("use", sort=False):
        for at, (before, after) in enumerate(pairwise(rows["date"]), start=1):
            if after <= before:
                where = str(rows["@date"].iloc[at])
                yield Finding("提示", where, str(after.date()), "期日次序颠倒或重复，已按日期排序", _ORIGINAL)
        if rows["date"].min() > base_date:
            where = str(rows["@date"].iloc[0])
            message = f"期日修正表（{str(use) or '全部用途'}）没有估价期日 {base_date.date()} 的指数"
            yield Finding("错误", where, str(rows["date"].iloc[0].date()), message, "补上估价期日的指数")


def _far_order(far: pd.DataFrame) -> Iterator[Finding]:
    for (use, grade), rows in far.groupby(["use", "grade"], sort=False):
        for at, (before, after) in enumerate(pairwise(rows["floor_area_ratio"]), start=1):
            if after <= before:
                where = str(rows["@floor_area_ratio"].iloc[at])
                message = f"{use}{grade} 容积率次序颠倒：{after:g} 在 {before:g} 之后，已按容积率排序"
                yield Finding("提示", where, f"{after:g}", message, _ORIGINAL)


def _far_jumps(far: pd.DataFrame) -> Iterator[Finding]:
    """Find factors that turn back, or rise more than twice as steeply as the four steps around."""
    for (use, grade), rows in far.groupby(["use", "grade"], sort=False):
        rows = rows.drop_duplicates("floor_area_ratio").sort_values("floor_area_ratio")
        slopes = np.diff(rows["factor"]) / np.diff(rows["floor_area_ratio"])
        direction = 1.0 if np.sum(np.sign(slopes)) >= 0 else -1.0
        for at, slope in enumerate(slopes * direction):
            around = np.abs(np.concatenate([slopes[max(at - 2, 0) : at], slopes[at + 1 : at + 3]]))
            row = rows.iloc[at + 1]
            name = f"{use}{grade} 容积率 {row['floor_area_ratio']:g} 的系数 {row['factor']:g}"
            if slope < 0:
                yield Finding("警告", str(row["@factor"]), f"{row['factor']:g}", f"{name} 走向与全表相反", _ORIGINAL)
            elif len(around) and around.max() > 0 and slope > FAR_JUMP * around.max():
                yield Finding("警告", str(row["@factor"]), f"{row['factor']:g}", f"{name} 突变，疑为误印", _ORIGINAL)


def _far_baseline(far: pd.DataFrame, basis: pd.DataFrame) -> Iterator[Finding]:
    """Find uses whose factor is not 1 at the floor-area ratio the price is stated on."""
    for row in basis.index[basis["floor_area_ratio"].notna()]:
        use, grade, stated = (
            text_at(basis, row, "use"),
            text_at(basis, row, "grade"),
            number_at(basis, row, "floor_area_ratio"),
        )
        grades = [grade] if grade else far.loc[far["use"] == use, "grade"].unique()
        for each in grades:
            rows = rows_for(far, str(use), str(each)).drop_duplicates("floor_area_ratio")
            own = basis[(basis["use"] == use) & (basis["grade"] == each)]
            if not len(rows) or (not grade and each and len(own)):
                continue
            where = text_at(basis, row, "@floor_area_ratio")
            factors = pd.Series(rows["factor"].to_numpy(), index=rows["floor_area_ratio"])
            if not factors.index.min() <= stated <= factors.index.max():
                message = f"{use}{each} 内涵容积率 {stated:g} 不在容积率修正表内"
                yield Finding("错误", where, f"{stated:g}", message, _ORIGINAL)
                continue
            factor = far_factor(stated, factors)
            if round(factor - 1, 9) != 0:
                nearest = rows.index[int(np.argmin(np.abs(rows["floor_area_ratio"].to_numpy() - stated)))]
                message = f"{use}{each} 在内涵容积率 {stated:g} 处系数为 {factor:g}，应为 1"
                yield Finding("错误", text_at(rows, nearest, "@factor"), f"{factor:g}", message, _ORIGINAL)


def _five_levels(factors: pd.DataFrame) -> Iterator[Finding]:
    for row in factors.index:
        values = [number_at(factors, row, level) for level in LEVELS]
        name = f"{text_at(factors, row, 'use')}{text_at(factors, row, 'grade')} {text_at(factors, row, 'factor')}"
        for level, (better, worse) in zip(LEVELS[1:], pairwise(values), strict=True):
            if worse > better:
                where = text_at(factors, row, f"@{level}")
                yield Finding("警告", where, f"{worse:g}", f"{name}：{level} 高于前一级 {better:g}", _ORIGINAL)
        if values[2] != 0:
            yield Finding("警告", text_at(factors, row, "@一般"), f"{values[2]:g}", f"{name}：一般 应为 0", _ORIGINAL)


def _bands(steps: pd.DataFrame) -> Iterator[Finding]:
    """Find bands out of order and gaps between them."""
    banded = steps[steps["level"] == ""]
    for (name, use), rows in banded.groupby(["name", "use"], sort=False):
        low = rows["low"].fillna(-np.inf).to_numpy()
        if (np.diff(low) <= 0).any():
            at = int(np.flatnonzero(np.diff(low) <= 0)[0]) + 1
            yield Finding(
                "提示", str(rows["@low"].iloc[at]), f"{low[at]:g}", f"{name}{use} 分段次序颠倒，已排序", _ORIGINAL
            )
        rows = rows.assign(start=low).sort_values("start")
        high = rows["high"].fillna(np.inf).to_numpy()
        for at in np.flatnonzero(high[:-1] < rows["start"].to_numpy()[1:]).tolist():
            message = f"{name}{use} 在 {high[at]:g} 与 {rows['start'].iloc[at + 1]:g} 之间没有系数"
            yield Finding("警告", str(rows["@high"].iloc[at]), f"{high[at]:g}", message, _ORIGINAL)


def _development(costs: pd.DataFrame) -> Iterator[Finding]:
    for row in costs.index:
        try:
            development_items(text_at(costs, row, "item"))
        except BadValueError as error:
            yield Finding("警告", text_at(costs, row, "@item"), text_at(costs, row, "item"), str(error), _ORIGINAL)
