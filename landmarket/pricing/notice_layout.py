"""Where a notice keeps what: sheets, headers and records, for workbooks and CSV folders alike."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from landmarket.errors import ReadError
from landmarket.io.sheets import Grid, plain
from landmarket.pricing.notice_cells import words

_UNIT_PRICE = ("元/m2", "元/平方米")
_WAN_PER_MU = ("万元/亩",)
_UNIT_IN_BRACKETS = re.compile(r"[（(](元/(?:㎡|m2|m²|平方米)|万元/亩)[）)]$")


@dataclass(frozen=True)
class Field:
    """One column (列) of a sheet of the notice.

    Attributes
    ----------
    table, sheet : str
        Identifier and Chinese title of the sheet.
    column : str
        Identifier of the column.
    headers : tuple of str
        Chinese headers it is read from.
    kind : str
        ``text``, ``grade``, ``number``, ``whole``, ``percent``, ``price``, ``years`` or ``date``.
    needed : bool
        Whether the sheet cannot do without it.
    """

    table: str
    sheet: str
    column: str
    headers: tuple[str, ...]
    kind: str
    needed: bool

    def names(self, text: str) -> bool:
        """Tell whether a header means this column.

        Parameters
        ----------
        text : str
            Header as printed.

        Returns
        -------
        bool
            True for the identifier and each Chinese header.
        """
        tidy = plain(text)
        return tidy == self.column or any(tidy == plain(header) for header in self.headers)


@dataclass(frozen=True)
class Record:
    """One row (行) of a sheet: text by column, and the address each text stands at."""

    texts: dict[str, str]
    cells: dict[str, str]


@cache
def layout() -> dict[str, tuple[Field, ...]]:
    """Return the columns of every sheet of a notice.

    Returns
    -------
    dict of str to tuple of Field
        By table identifier, as in ``notice_layout.csv``.
    """
    text = files("landmarket.pricing").joinpath("data/notice_layout.csv").read_text(encoding="utf-8-sig")
    tables: dict[str, tuple[Field, ...]] = {}
    for row in csv.DictReader(text.splitlines()):
        headers = tuple(row["headers"].split("|"))
        field = Field(row["table"], row["sheet"], row["column"], headers, row["kind"], row["needed"] == "是")
        tables[field.table] = (*tables.get(field.table, ()), field)
    return tables


def settings(grid: Grid) -> Record:
    """Read a sheet of keys and values.

    Parameters
    ----------
    grid : Grid
        First column keys, second column values.

    Returns
    -------
    Record
        By identifier; keys the layout does not know are left out.
    """
    values: dict[str, str] = {}
    cells: dict[str, str] = {}
    for position, row in enumerate(grid.rows):
        for field in layout()["notice"]:
            if len(row) > 1 and row[1] and field.names(row[0]):
                values[field.column], cells[field.column] = row[1], grid.address(position, 1)
    return Record(values, cells)


def records(grid: Grid, table: str) -> list[Record]:
    """Read the rows of a sheet below its header.

    Parameters
    ----------
    grid : Grid
        The sheet.
    table : str
        Which sheet of the layout it is.

    Returns
    -------
    list of Record
        One per row that is neither empty nor a footnote.

    Raises
    ------
    ReadError
        If no row has the needed headers.
    """
    fields = layout()[table]
    for position, row in enumerate(grid.rows):
        found = {field.column: _position(row, field) for field in fields}
        if all(found[field.column] is not None for field in fields if field.needed) and any(
            place is not None for place in found.values()
        ):
            places = {column: place for column, place in found.items() if place is not None}
            return [_record(grid, at, places) for at in _data_rows(grid, position + 1, places)]
    needed = "、".join(field.headers[0] for field in fields if field.needed)
    raise ReadError(f"{grid.name}：找不到表头。需要的列：{needed}。办法：核对工作表 {fields[0].sheet} 的表头文字。")


def price_records(grid: Grid) -> list[Record]:
    """Read the price sheet, printed long (a column 用途) or wide (one or two columns per use).

    Parameters
    ----------
    grid : Grid
        The sheet.

    Returns
    -------
    list of Record
        One per price cell.

    Raises
    ------
    ReadError
        If neither form is found.
    """
    use, grade = (next(f for f in layout()["prices"] if f.column == column) for column in ("use", "grade"))
    for position, row in enumerate(grid.rows):
        if _position(row, use) is not None:
            return records(grid, "prices")
        if _position(row, grade) is not None:
            return list(_wide(grid, position))
    raise ReadError(f"{grid.name}：找不到表头 级别 或 用途。办法：核对基准地价表的表头文字。")


def _position(row: tuple[str, ...], field: Field) -> int | None:
    return next((place for place, text in enumerate(row) if text and field.names(text)), None)


def _data_rows(grid: Grid, start: int, places: dict[str, int]) -> Iterator[int]:
    for position in range(start, len(grid.rows)):
        row = grid.rows[position]
        first = next((text for text in row if text), "")
        if any(row[place] for place in places.values()) and not first.startswith(words()["footnote"]):
            yield position


def _record(grid: Grid, position: int, places: dict[str, int]) -> Record:
    row = grid.rows[position]
    return Record(
        {column: row[place] for column, place in places.items()},
        {column: grid.address(position, place) for column, place in places.items()},
    )


def _unit(text: str) -> str | None:
    tidy = plain(text).strip("()")
    if tidy in _UNIT_PRICE:
        return "unit_price"
    return "wan_per_mu" if tidy in _WAN_PER_MU else None


def _wide(grid: Grid, header: int) -> Iterator[Record]:
    """Unfold a table with one or two columns per use into one record per price cell."""
    titles = grid.rows[header]
    below = grid.rows[header + 1] if header + 1 < len(grid.rows) else ()
    has_units = any(_unit(text) for text in below)
    keys = {f.column: _position(titles, f) for f in layout()["prices"] if f.column in ("township", "grade")}
    places = {column: place for column, place in keys.items() if place is not None}
    whole_table = "wan_per_mu" if _printed_in_wan(grid.rows[:header]) else "unit_price"
    uses: dict[str, dict[str, int]] = {}
    for place, title in enumerate(titles):
        if title and place not in places.values():
            inside = _UNIT_IN_BRACKETS.search(title)
            unit = _unit(below[place]) if has_units else _unit(inside.group(1)) if inside else whole_table
            if unit:
                uses.setdefault(_UNIT_IN_BRACKETS.sub("", title), {})[unit] = place
    priced = [place for columns in uses.values() for place in columns.values()]
    everything = places | {str(place): place for place in priced}
    for position in _data_rows(grid, header + 1 + has_units, everything):
        if not any(grid.rows[position][place] for place in priced) and not grid.rows[position][places["grade"]]:
            continue
        for use, columns in uses.items():
            record = _record(grid, position, places | columns)
            yield Record(
                record.texts | {"use": use}, record.cells | {"use": grid.address(header, min(columns.values()))}
            )


def _printed_in_wan(rows: tuple[tuple[str, ...], ...]) -> bool:
    head = plain("".join(text for row in rows for text in row))
    return any(unit in head for unit in _WAN_PER_MU) and not any(
        unit in head.replace("万元", "") for unit in _UNIT_PRICE
    )
