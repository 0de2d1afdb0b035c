"""The tables of a notice as they are printed (公告附表): prices side by side by use, villages by grade, corrections."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.columns import schema
from landmarket.report.cells import display_width
from landmarket.report.notice_parts import PRICED, PRICES, NoticeDraft, notice_columns, wan_per_mu_text

Floats = npt.NDArray[np.float64]
BLANK = "〔待填〕"
NONE = "—"
_LONG = 24  # a column wider than this is a text, and is not centred
_MOST_USES, _MOST_COLUMNS = 4, 8  # beside each other on one sheet
_ALL = {"township": "全县", "grade": "各级", "use": "各用途"}
_JOINT = "、"


@dataclass(frozen=True)
class PrintedTable:
    """One table of the notice, as text (附表).

    Attributes
    ----------
    caption : str
        What it is called, without its number.
    heads : tuple of tuple of str
        One or two header rows; equal neighbours in a row are one cell.
    rows : tuple of tuple of str
        The cells.
    note : str
        A line below the table; may be empty.
    """

    caption: str
    heads: tuple[tuple[str, ...], ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """Width of each column in half-width characters."""
        return tuple(
            max(6, *(display_width(row[place]) for row in (self.heads[-1], *self.rows)))
            for place in range(len(self.heads[-1]))
        )

    @cached_property
    def texts(self) -> tuple[bool, ...]:
        """Which columns hold long text."""
        return tuple(width > _LONG for width in self.widths)


def printed_tables(draft: NoticeDraft, name: str) -> list[PrintedTable]:
    """Print one table of a notice; a table too wide for a sheet is several.

    Parameters
    ----------
    draft : NoticeDraft
        The draft.
    name : str
        Identifier of the table.

    Returns
    -------
    list of PrintedTable
        None where the notice does not have it.
    """
    return _PRINTERS[name](draft) if len(draft.table(name)) else []


def plain_number(value: float) -> str:
    """Print a number with the digits it has.

    Parameters
    ----------
    value : float
        The number; infinite is 无年期, missing —.

    Returns
    -------
    str
        Without an exponent.

    Examples
    --------
    >>> plain_number(0.8621), plain_number(712.0), plain_number(float("inf"))
    ('0.8621', '712', '无年期')
    """
    if np.isnan(value) or np.isinf(value):
        return NONE if np.isnan(value) else "无年期"
    text = f"{Decimal(repr(float(value))):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def even_numbers(values: Iterable[float]) -> list[str]:
    """Print numbers with equally many decimals.

    Parameters
    ----------
    values : iterable of float
        The numbers.

    Returns
    -------
    list of str
        As many decimals as the number with most of them needs.

    Examples
    --------
    >>> even_numbers([1.0, 0.8621, float("nan")])
    ['1.0000', '0.8621', '—']
    """
    texts = [plain_number(value) for value in values]
    decimals = max((len(text.partition(".")[2]) for text in texts), default=0)
    return [f"{Decimal(text):.{decimals}f}" if text[-1:].isdigit() else text for text in texts]


def _caption(name: str) -> str:
    return notice_columns()[name][0].sheet


def _headers(name: str, columns: Sequence[str]) -> tuple[str, ...]:
    headers = {column.column: column.header for column in notice_columns()[name]}
    return tuple(headers[column] for column in columns)


def _order(values: Iterable[str]) -> dict[str, int]:
    return {value: place for place, value in enumerate(dict.fromkeys(values))}


def _named(table: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """Keep the columns of keys in which any row says something."""
    return [column for column in columns if (table[column] != "").any()]


def _keys(table: pd.DataFrame, columns: Sequence[str]) -> list[tuple[str, ...]]:
    """Print keys, an empty one as what it means."""
    return [
        tuple(text or _ALL[column] for column, text in zip(columns, row, strict=True))
        for row in table[list(columns)].astype("str").to_numpy().tolist()
    ]


def _prices(draft: NoticeDraft) -> list[PrintedTable]:
    """Print prices by township and grade, the uses side by side, each in 元/㎡ and 万元/亩."""
    prices = draft.table(PRICES)
    columns = _named(prices, ("township", "grade"))
    townships, grades = _order(prices["township"]), _order(prices["grade"])
    keys = list(dict.fromkeys(zip(prices["township"], prices["grade"], strict=True)))
    keys.sort(key=lambda key: (townships[key[0]], grades[key[1]]))
    numbers: Floats = prices["unit_price"].to_numpy(dtype=np.float64)
    every = zip(*(prices[name] for name in PRICED), strict=True)
    cells = dict(zip(every, numbers.tolist(), strict=True))
    named = [dict(zip(("township", "grade"), key, strict=True)) for key in keys]
    first = [tuple(one[column] or _ALL[column] for column in columns) for one in named]
    uses = list(dict.fromkeys(prices["use"]))
    return [
        _price_table(columns, first, {use: [cells.get((*key, use), np.nan) for key in keys] for use in part})
        for part in _parts(uses, _MOST_USES)
    ]


def _price_table(
    columns: Sequence[str], first: Sequence[tuple[str, ...]], prices: Mapping[str, Sequence[float]]
) -> PrintedTable:
    printed = [text for own in prices.values() for text in (even_numbers(own), [*map(wan_per_mu_text, own)])]
    rows = tuple((*key, *own) for key, own in zip(first, zip(*printed, strict=True), strict=True))
    own_heads = _headers(PRICES, columns)
    heads = (
        (*own_heads, *(use for use in prices for _ in range(2))),
        (*own_heads, *(_headers(PRICES, ("unit_price", "wan_per_mu")) * len(prices))),
    )
    return PrintedTable(_caption(PRICES), heads, rows, "注：“—”为无价。" if _any_blank(rows) else "")


def _parts(names: list[str], most: int) -> list[list[str]]:
    return [names[at : at + most] for at in range(0, len(names), most)]


def _any_blank(rows: Sequence[tuple[str, ...]]) -> bool:
    return any(text == NONE for row in rows for text in row)


def _connotation(draft: NoticeDraft) -> list[PrintedTable]:
    """Print the basis; what it leaves open is to be filled in."""
    table = draft.table("connotation")
    columns = ["use", *_named(table, ["grade"])]
    others = ["legal_term", "floor_area_ratio", "development", "capitalisation_rate", "price_form"]
    keys = _keys(table, columns)
    rows = []
    for key, row in zip(keys, table[others].to_dict("records"), strict=True):
        numbers = (row["legal_term"], row["floor_area_ratio"], row["capitalisation_rate"])
        term, ratio, rate = (BLANK if value != value else plain_number(float(value)) for value in numbers)
        texts = [str(row[name] or BLANK) for name in ("development", "price_form")]
        rows.append((*key, term, ratio, texts[0], rate, texts[1]))
    return [PrintedTable(_caption("connotation"), (_headers("connotation", [*columns, *others]),), tuple(rows))]


def grouped(table: pd.DataFrame, keys: Sequence[str], many: str) -> pd.DataFrame:
    """Put the values of equal keys into one list, as notices print villages and codes.

    Parameters
    ----------
    table : DataFrame
        One row a value.
    keys : sequence of str
        Columns that are equal.
    many : str
        The column of values.

    Returns
    -------
    DataFrame
        One row a list, in the order in which the keys first stand there; values separated by 、.
    """
    lists = table.groupby(list(keys), sort=False)[many].agg(_JOINT.join)
    return lists.reset_index()


def ordered_ranges(draft: NoticeDraft) -> pd.DataFrame:
    """List the villages of each grade, township by township, best grade first.

    Parameters
    ----------
    draft : NoticeDraft
        The draft.

    Returns
    -------
    DataFrame
        ``township, use, grade`` and the villages in one text; grades in the order of the price table.
    """
    ranges = grouped(draft.table("grade_ranges"), ("township", "use", "grade"), "village")
    places = [
        ranges["township"].map(_order(ranges["township"])),
        ranges["use"].map(_order(ranges["use"])),
        ranges["grade"].map(_order([*draft.table(PRICES)["grade"], *ranges["grade"]])),
    ]
    return ranges.assign(t=places[0], u=places[1], g=places[2]).sort_values(["t", "u", "g"], kind="stable")[
        ["township", "use", "grade", "village"]
    ]


def _ranges(draft: NoticeDraft) -> list[PrintedTable]:
    table = ordered_ranges(draft)
    columns = _named(table, ("township", "use", "grade"))
    keys = _keys(table, columns)
    rows = tuple((*key, villages) for key, villages in zip(keys, table["village"], strict=True))
    return [PrintedTable(_caption("grade_ranges"), (_headers("grade_ranges", [*columns, "village"]),), rows)]


def _uses(draft: NoticeDraft) -> list[PrintedTable]:
    table = grouped(draft.table("uses"), ("use", "scheme"), "code")
    rows = tuple(tuple(row) for row in table.astype("str").to_numpy().tolist())
    return [PrintedTable(_caption("uses"), (_headers("uses", ("use", "scheme", "code")),), rows)]


def _pivoted(
    name: str, first: str, down: Iterable[str], across: Iterable[str], cells: Mapping[tuple[str, str], float]
) -> list[PrintedTable]:
    """Print numbers by a first column, one further column a key; only so many beside each other."""
    rows_of, tables = list(dict.fromkeys(down)), []
    for part in _parts(list(dict.fromkeys(across)), _MOST_COLUMNS):
        own = [text for text in rows_of if any((text, key) in cells for key in part)]
        columns = [even_numbers([cells.get((text, key), np.nan) for text in own]) for key in part]
        rows = tuple(zip(own, *columns, strict=True))
        tables.append(PrintedTable(_caption(name), ((first, *part),), rows))
    return tables


def _dates(draft: NoticeDraft) -> list[PrintedTable]:
    table = draft.table("dates")
    days = [f"{day:%Y-%m-%d}" for day in pd.to_datetime(table["date"])]
    uses = [use or _ALL["use"] for use in table["use"]]
    cells = dict(zip(zip(days, uses, strict=True), table["index"].tolist(), strict=True))
    return _pivoted("dates", "期日", sorted(days), uses, cells)


def _far(draft: NoticeDraft) -> list[PrintedTable]:
    table = draft.table("far")
    names = [" ".join(filter(None, (use or _ALL["use"], grade))) for use, grade in _pairs(table)]
    ratios = [plain_number(ratio) for ratio in table["floor_area_ratio"]]
    cells = dict(zip(zip(ratios, names, strict=True), table["factor"].tolist(), strict=True))
    return _pivoted("far", "容积率", sorted(ratios, key=Decimal), names, cells)


def _pairs(table: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(table["use"].astype("str"), table["grade"].astype("str"), strict=True))


def _factors(draft: NoticeDraft) -> list[PrintedTable]:
    table = draft.table("factors")
    columns = ["use", *_named(table, ["grade"])]
    levels = ["优", "较优", "一般", "较劣", "劣"]
    numbers = np.array(even_numbers(table[levels].to_numpy(dtype=np.float64).ravel().tolist())).reshape(-1, len(levels))
    rows = tuple(
        (*key, str(factor), *own)
        for key, factor, own in zip(_keys(table, columns), table["factor"], numbers.tolist(), strict=True)
    )
    heads = (_headers("factors", [*columns, "factor", *levels]),)
    return [PrintedTable(f"{_caption('factors')}（%）", heads, rows)]


def _steps(draft: NoticeDraft) -> list[PrintedTable]:
    table = draft.table("steps")
    ends = [[plain_number(value).replace(NONE, "不限") for value in table[name]] for name in ("low", "high")]
    bands = [f"[{low}，{high})" for low, high in zip(*ends, strict=True)]
    levels = [level or band for level, band in zip(table["level"].astype("str"), bands, strict=True)]
    columns = [column_name(str(column)) for column in table["column"]]
    uses = [use or _ALL["use"] for use in table["use"]]
    rows = tuple(zip(table["name"].astype("str"), uses, columns, levels, even_numbers(table["factor"]), strict=True))
    heads = (("名称", "用途", "依据的指标", "等级或区间", "系数"),)
    return [PrintedTable(_caption("steps"), heads, rows, "注：区间含下限、不含上限。")]


def column_name(column: str) -> str:
    """Name a column of the parcels as people do.

    Parameters
    ----------
    column : str
        Identifier, or a header of the bureau's own.

    Returns
    -------
    str
        Its first Chinese header.

    Examples
    --------
    >>> column_name("area"), column_name("临街状况")
    ('计价面积', '临街状况')
    """
    known = schema().get(column)
    return known.headers[0] if known else column


def _development(draft: NoticeDraft) -> list[PrintedTable]:
    table = draft.table("development")
    rows = tuple(zip(table["item"].astype("str"), even_numbers(table["unit_cost"]), strict=True))
    return [PrintedTable(_caption("development"), (_headers("development", ("item", "unit_cost")),), rows)]


_PRINTERS: dict[str, Callable[[NoticeDraft], list[PrintedTable]]] = {
    "prices": _prices,
    "connotation": _connotation,
    "grade_ranges": _ranges,
    "uses": _uses,
    "dates": _dates,
    "far": _far,
    "factors": _factors,
    "steps": _steps,
    "development": _development,
}
