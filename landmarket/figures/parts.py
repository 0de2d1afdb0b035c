"""Texts beside the parts of a stack (分配额文字): sums, what is missing, totals."""

from __future__ import annotations

from collections.abc import Sequence

from landmarket.figures.sheet import shortened
from landmarket.figures.values import NO_DATA, known_sum, share_text
from landmarket.units import wan_text

Parts = list[int | None]
"""Amounts [分] of the parties; None where missing."""


def known_total(row: Parts) -> int | None:
    """Add the amounts of a row that are there (已知合计).

    Parameters
    ----------
    row : list of int or None
        Amounts [分] of the parties.

    Returns
    -------
    int or None
        Their sum [分]; None where none is there.
    """
    return None if all(part is None for part in row) else known_sum(row)


def row_text(row: Parts, names: Sequence[str]) -> str:
    """Write the sum of a row and whose amounts are missing (行合计).

    Parameters
    ----------
    row : list of int or None
        Amounts [分] of the parties.
    names : sequence of str
        Their Chinese names.

    Returns
    -------
    str
        Sum [万元].
    """
    gone = [shortened(name, 8) for name, part in zip(names, row, strict=True) if part is None]
    if len(gone) == len(row):
        return NO_DATA
    return wan_text(known_sum(row)) + (f"（{'、'.join(gone)}{NO_DATA}）" if gone else "")


def short_row_text(row: Parts) -> str:
    """Write the sum of a row where there is little room (行合计).

    Parameters
    ----------
    row : list of int or None
        Amounts [分] of the parties.

    Returns
    -------
    str
        Sum [万元]; below it that something is missing.
    """
    if all(part is None for part in row):
        return NO_DATA
    return wan_text(known_sum(row)) + (f"\n部分{NO_DATA}" if None in row else "")


def totals_note(rows: Sequence[Parts], names: Sequence[str]) -> str:
    """Write the total and that of each party (合计).

    Parameters
    ----------
    rows : sequence of list of int or None
        Amounts [分] of the parties, row by row.
    names : sequence of str
        Their Chinese names.

    Returns
    -------
    str
        Sums [万元], shares where none is negative, and how many rows lack an amount.
    """
    totals = [known_sum(column) for column in zip(*rows, strict=True)]
    whole = sum(totals)
    shares = whole > 0 and all(part is None or part >= 0 for row in rows for part in row)
    parts = [
        f"{shortened(name, 14)} {wan_text(total)}" + (f"（{share_text(total, whole)}）" if shares else "")
        for name, total in zip(names, totals, strict=True)
    ]
    gone = sum(None in row for row in rows)
    left_out = f"；{gone} 行有{NO_DATA}的金额，未计入" if gone else ""
    return f"合计 {wan_text(whole)} 万元：{'，'.join(parts)}{left_out}"
