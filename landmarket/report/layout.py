"""Which sheet shows which columns, in which order; the lists themselves are ``sheets.csv`` and ``summary.csv``."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from itertools import takewhile

import numpy as np
import pandas as pd

from landmarket.checks import require_columns, require_unique_index
from landmarket.columns import UNKNOWN_TOWNSHIP, label, schema
from landmarket.errors import BadValueError, IndexMismatchError, OutputError, named_rows
from landmarket.io.manifest import require_public
from landmarket.report.cells import Cells, cells_of, display_width
from landmarket.units import square_metres_to_mu

UNPLACED = UNKNOWN_TOWNSHIP
HEADER_ROW = 3
FIRST_ROW = 4
MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
MOST_LINES = 24
"""Lines of the tallest row; Excel allows 409 points."""

PARCELS = "parcels"
"""Name of the table that every other one takes its facts from."""

_PER_PARCEL = ("entry", "prices", "deals", "shares")
_REST = "*"
_HIDDEN = "hidden"
_LONG = ("long", "screen")
_WIDEST = {"code": 40, "text": 26, "long": 44}
_SEVERITIES = schema()["severity"].allowed


@dataclass(frozen=True)
class SheetColumn:
    """A column of a sheet and what it is there for.

    Attributes
    ----------
    cells : Cells
        Header, format and values.
    role : str
        ``total``: summed; ``whole`` and ``part``: summed, and the parts of a row must make the whole; ``long``:
        long text in a wide column; ``screen``: the same, not printed; or empty.
    """

    cells: Cells
    role: str

    @cached_property
    def width(self) -> int:
        """Width in half-width characters; text wraps, codes and numbers do not."""
        widest = _WIDEST["code" if self.is_code else "long" if self.role in _LONG else "text"]
        content = min(self.cells.longest, widest) if self.cells.is_text else self.cells.longest
        return max(content + 2, *(-(-display_width(line) // 2) + 3 for line in self.header.split("\n")), 8)

    @property
    def header(self) -> str:
        """The header with its unit on a line of its own."""
        return self.cells.header.replace("（", "\n（", 1)

    @property
    def is_code(self) -> bool:
        """Whether the cells hold codes, which must not be broken."""
        column = schema().get(self.cells.name)
        return column is not None and column.kind == "code"

    def lines(self) -> list[int]:
        """Count the lines that each cell needs.

        Returns
        -------
        list of int
            Its own line breaks counted too.
        """
        room = self.width - 2
        needed = {
            entry: sum(-(-max(display_width(line), 1) // room) for line in entry.split("\n"))
            for entry in set(self.cells.entries)
            if isinstance(entry, str)
        }
        return [needed[entry] if isinstance(entry, str) else 1 for entry in self.cells.entries]


@dataclass(frozen=True)
class Sheet:
    """One sheet with the rows of one table.

    Attributes
    ----------
    name : str
        Name of the sheet.
    columns : tuple of SheetColumn
        Columns in order.
    rows : int
        Number of rows.
    """

    name: str
    columns: tuple[SheetColumn, ...]
    rows: int

    def position(self, name: str) -> int | None:
        """Find a column.

        Parameters
        ----------
        name : str
            Column identifier.

        Returns
        -------
        int or None
            Its position; None if the sheet does not have it.
        """
        return next((i for i, column in enumerate(self.columns) if column.cells.name == name), None)

    @property
    def printed(self) -> tuple[SheetColumn, ...]:
        """The columns before the first that is for the screen only."""
        return tuple(takewhile(lambda column: column.role != "screen", self.columns))

    @property
    def width(self) -> int:
        """Width of the printed columns in half-width characters."""
        return sum(column.width for column in self.printed)

    def tall_rows(self) -> dict[int, int]:
        """Find the rows that need more than one line.

        Returns
        -------
        dict of int to int
            Row, from 0, and its lines.
        """
        wrapped = [
            column.lines()
            for column in self.columns
            if column.cells.is_text and column.width - 2 < column.cells.longest
        ]
        lines = [max(row) for row in zip(*wrapped, strict=True)]
        return {row: min(count, MOST_LINES) for row, count in enumerate(lines) if count > 1}

    def positions(self, *roles: str) -> list[int]:
        """Find all columns of some roles.

        Parameters
        ----------
        *roles : str
            Roles of `SheetColumn`.

        Returns
        -------
        list of int
            Their positions.
        """
        return [i for i, column in enumerate(self.columns) if column.role in roles]


@dataclass(frozen=True)
class SummaryColumn:
    """One column of the summary by township (汇总).

    Attributes
    ----------
    header : str
        Chinese header with its unit.
    sheet, column : str
        Where it is taken from.
    how : str
        ``count`` the rows, ``filled``: rows with a number, ``equal``: rows with a text, or ``sum``.
    match : str
        The text, for ``equal``.
    """

    header: str
    sheet: str
    column: str
    how: str
    match: str


def _rows(name: str) -> list[dict[str, str]]:
    text = files("landmarket.report").joinpath(name).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


@cache
def summary_columns() -> tuple[SummaryColumn, ...]:
    """Columns of the summary sheet.

    Returns
    -------
    tuple of SummaryColumn
        In the order of ``summary.csv``.
    """
    return tuple(SummaryColumn(**row) for row in _rows("summary.csv"))


@cache
def _layout() -> dict[tuple[str, str], tuple[tuple[str, str], ...]]:
    """Columns and roles by sheet and table."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in _rows("sheets.csv"):
        found.setdefault((row["sheet"], row["table"]), []).append((row["column"], row["role"]))
    return {key: tuple(columns) for key, columns in found.items()}


@cache
def _listed() -> frozenset[str]:
    """Columns of parcels that some sheet shows by name, so that no other sheet repeats them."""
    return frozenset(
        column for (_, table), columns in _layout().items() if table in _PER_PARCEL for column, _ in columns
    )


def sheets_of(tables: Mapping[str, pd.DataFrame]) -> list[Sheet]:
    """Lay out every table on its sheet.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``parcels``, and any of ``entry``, ``prices``, ``deals``, ``shares``, ``sources``, ``findings``,
        ``set_aside``.

    Returns
    -------
    list of Sheet
        In the order of ``sheets.csv``; a table that is not given has no sheet.

    Raises
    ------
    BadValueError
        If a table is unknown, or a column is secret.
    IndexMismatchError
        If a table has parcels that ``parcels`` does not have.
    OutputError
        If a table has more rows or columns than a sheet can hold.
    """
    known = {PARCELS, *(table for _, table in _layout())}
    if PARCELS not in tables or not tables.keys() <= known:
        raise BadValueError(
            f"工作簿：表 {'、'.join(tables)} 不对。办法：给出 parcels，其余只能是 {'、'.join(sorted(known))}。"
        )
    for name, table in tables.items():
        require_public(table.columns, f"工作簿 {name}")
        require_room(name, table)
    facts, facts_of_parcels = _facts(tables), set(tables[PARCELS].columns)
    sheets = []
    for (sheet, name), columns in _layout().items():
        if name in tables:
            table = _with_facts(name, tables[name], facts) if name in _PER_PARCEL else _plain(name, tables[name])
            elsewhere = {*facts_of_parcels, *_listed()} if name in _PER_PARCEL else set()
            own = [str(column) for column in tables[name].columns if column not in elsewhere]
            sheets.append(_sheet(sheet, own, table, columns))
    return sheets


def require_room(name: str, table: pd.DataFrame) -> None:
    """Refuse a table that a sheet cannot hold.

    Parameters
    ----------
    name : str
        Name of the table, for the message.
    table : DataFrame
        The table.

    Raises
    ------
    OutputError
        If it has too many rows or columns.
    """
    rows, columns = len(table) + FIRST_ROW + 1, table.shape[1] + 2
    if rows > MOST_ROWS or columns > MOST_COLUMNS:
        raise OutputError(
            f"工作簿：表 {name} 有 {len(table)} 行、{table.shape[1]} 列，"
            f"一张工作表至多 {MOST_ROWS} 行、{MOST_COLUMNS} 列（含表头与合计）。"
            "办法：分乡镇输出，或用 write_tables() 写成 Parquet。"
        )


def _facts(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """All columns of all tables of parcels, the earlier table going first."""
    parcels = tables[PARCELS]
    require_columns(parcels, ["township", "area"], "工作簿")
    require_unique_index(parcels, "工作簿")
    facts = pd.DataFrame(parcels.drop(columns="geometry", errors="ignore"))
    for name in [name for name in _PER_PARCEL if name in tables]:
        table = tables[name]
        require_unique_index(table, f"工作簿 {name}")
        strange = table.index[~table.index.isin(facts.index)]
        if len(strange):
            raise IndexMismatchError(
                f"工作簿：表 {name} 有 parcels 中没有的宗地，{named_rows(strange)}。办法：用同一次测算的表。"
            )
        facts = facts.join(table[table.columns.difference(facts.columns, sort=False)])
    area = pd.Series(np.asarray(facts["area"], dtype=np.float64), index=facts.index)
    return facts.assign(
        parcel_code=facts.index,
        township=facts["township"]
        .astype("object")
        .where(facts["township"].notna() & facts["township"].ne(""), UNPLACED),
        area_mu=square_metres_to_mu(area),
    )


def _with_facts(name: str, table: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """The table's own columns, and those it lacks from the facts of its parcels."""
    own = table.drop(columns=["township", "parcel_code"], errors="ignore")
    return own.join(facts[facts.columns.difference(own.columns, sort=False)])


def _plain(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """A table that is not by parcel, its named index among the columns."""
    if table.index.name is not None and table.index.name not in table.columns:
        table = table.reset_index()
    if name == "findings":
        order = table["severity"].map({severity: i for i, severity in enumerate(_SEVERITIES)})
        table = table.assign(column=table["column"].map(label)).loc[order.sort_values(kind="stable").index]
    return table


def _sheet(name: str, own: list[str], table: pd.DataFrame, layout: tuple[tuple[str, str], ...]) -> Sheet:
    """Put the columns that exist in the order of the layout."""
    listed = {column for column, _ in layout}
    rest = [column for column in own if column not in listed]
    named = [(column, role) for wanted, role in layout for column in (rest if wanted == _REST else [wanted])]
    columns = [
        SheetColumn(cells_of(table, column), role)
        for column, role in named
        if role != _HIDDEN and column in table.columns and _shown(table, column)
    ]
    return Sheet(name, tuple(columns), len(table))


def _shown(table: pd.DataFrame, column: str) -> bool:
    """Leave out shapes, and yuan that stand in integer fen beside it."""
    twin = f"{column}_fen" in table.columns and pd.api.types.is_numeric_dtype(table[column])
    return column != "geometry" and not twin
