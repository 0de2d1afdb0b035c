"""What a notebook shows of a value (笔记本中的显示): short tables of escaped text, without style or script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

import pandas as pd

MOST_ROWS = 120
"""Rows of a table that are shown; the others are counted."""
_MISSING = "—"
_DECIMALS = 6


def shown_text(value: object) -> str:
    """Write a cell as a person reads it; nothing is escaped yet.

    Parameters
    ----------
    value : object
        What a cell holds.

    Returns
    -------
    str
        A dash where it is missing; a float with at most six decimals.

    Examples
    --------
    >>> shown_text(0.5), shown_text(180.0), shown_text(None)
    ('0.5', '180', '—')
    """
    if value is None or value is pd.NA or value is pd.NaT or value != value:  # only NaN differs
        return _MISSING
    if isinstance(value, float):
        text = f"{value:.{_DECIMALS}f}"
        return text.rstrip("0").rstrip(".")
    return str(value)


def paragraph(*lines: object) -> str:
    """Write lines under one another (段落).

    Parameters
    ----------
    *lines : object
        Texts; empty ones are left out.

    Returns
    -------
    str
        HTML, escaped.

    Examples
    --------
    >>> paragraph("1 < 2", "")
    '<p>1 &lt; 2</p>'
    """
    return f"<p>{'<br>'.join(escape(str(line)) for line in lines if str(line))}</p>"


def rows_table(headers: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """Write rows as a table (表格).

    Parameters
    ----------
    headers : sequence of object
        Names of the columns.
    rows : iterable of sequence of object
        The cells; after `MOST_ROWS` rows the others are only counted.

    Returns
    -------
    str
        HTML; every text is escaped, nothing carries a style.

    Examples
    --------
    >>> print(rows_table(["用途"], [["<工业>"]]))
    <table><thead><tr><th>用途</th></tr></thead><tbody><tr><td>&lt;工业&gt;</td></tr></tbody></table>
    """
    every = list(rows)
    head = "".join(f"<th>{escape(str(name))}</th>" for name in headers)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(shown_text(cell))}</td>' for cell in row)}</tr>" for row in every[:MOST_ROWS]
    )
    left = f"共 {len(every)} 行，这里显示前 {MOST_ROWS} 行。" if len(every) > MOST_ROWS else ""
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return table + (paragraph(left) if left else "")


def pairs_table(pairs: Mapping[str, object], left: str, right: str) -> str:
    """Write names and what belongs to them as a table of two columns (两栏表).

    Parameters
    ----------
    pairs : mapping of str to object
        The rows.
    left, right : str
        Names of the columns.

    Returns
    -------
    str
        As `rows_table` gives it.
    """
    return rows_table([left, right], list(pairs.items()))


def frame_table(frame: pd.DataFrame) -> str:
    """Write a data frame as a table, its index left out (数据表).

    Parameters
    ----------
    frame : DataFrame
        One level of columns.

    Returns
    -------
    str
        As `rows_table` gives it.
    """
    return rows_table(list(frame.columns), list(frame.astype("object").itertuples(index=False, name=None)))
