"""What the command writes on the terminal (终端): every line through here, so that no text of the data acts on it."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext, suppress

import click
import pandas as pd

from landmarket.io.tables import csv_bytes

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
INDENT = "    "


def printable(text: str) -> str:
    """Write control characters of a text so that they are seen and do nothing (控制字符).

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        One line: ends of lines, escape sequences and marks that turn the direction of a text stand as in Python.

    Examples
    --------
    >>> print(printable("甲\\n\\x1b[31m乙\\u202e"))
    甲\\n\\x1b[31m乙\\u202e
    """
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def tell(text: str, *, err: bool = False, colour: str | None = None) -> None:
    """Write one line (一行).

    Parameters
    ----------
    text : str
        The line; an end of a line within it is written as ``\\n``.
    err : bool, default False
        On standard error; where nobody can read it, the work goes on.
    colour : str, optional
        Its colour, where the terminal has colours.
    """
    with suppress(OSError) if err else nullcontext():
        click.echo(click.style(printable(text), fg=colour), err=err)


def tell_problem(text: str, *, colour: str) -> None:
    """Write a message of several lines on standard error, the later ones indented (多行提示).

    Parameters
    ----------
    text : str
        The message. A value with an end of a line in it makes an indented line, never one that looks like another
        message.
    colour : str
        Its colour, where the terminal has colours.
    """
    first, *others = text.split("\n")
    for line in (first, *(INDENT + other.strip(" ") for other in others)):
        tell(line, err=True, colour=colour)


def tell_json(document: object) -> None:
    """Write a document as JSON, its control characters escaped.

    Parameters
    ----------
    document : object
        What `json` takes; days and paths become text.
    """
    tell_json_text(json.dumps(document, ensure_ascii=False, indent=1, default=str))


def tell_json_text(text: str) -> None:
    """Write a text that is JSON, its control characters escaped.

    Parameters
    ----------
    text : str
        JSON; ends of lines stand between values only.
    """
    click.echo(_CONTROL.sub(lambda found: found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}", text))


def tell_csv(table: pd.DataFrame) -> None:
    """Write a table as CSV, control characters of its texts written out (逗号分隔的表).

    Parameters
    ----------
    table : DataFrame
        Headers and cells as they are shown.
    """
    texts = {
        str(name): table[name].map(printable, na_action="ignore") for name in table.select_dtypes(["object", "str"])
    }
    click.echo(csv_bytes(table.assign(**texts)).decode("utf-8-sig"), nl=False)
