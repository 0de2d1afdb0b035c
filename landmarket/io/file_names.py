"""File names that every system takes: made from names of townships, tables and runs."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

LONGEST = 80
"""Most characters of a file name, its suffix not counted."""

_MOST_BYTES = 240  # file systems take 255; the rest is left for a suffix
_FORBIDDEN = frozenset('<>:"/\\|?*')
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})  # controls, bidi marks, unassigned, private
_RESERVED = frozenset({"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}) | {
    f"{port}{number}" for port in ("COM", "LPT") for number in "0123456789¹²³"
}


def safe_file_name(text: str) -> str:
    """Make a file name that Windows, Linux and macOS take from any text.

    Parameters
    ----------
    text : str
        Any text, such as the name of a township; without the suffix of the file.

    Returns
    -------
    str
        The text with separators, control and bidirectional characters replaced by ``_``, without spaces and dots at
        its ends, at most 80 characters, never a reserved name, never empty.

    Notes
    -----
    Two texts may give one name; `file_names` keeps them apart. The reserved names are those of "Naming Files, Paths,
    and Namespaces" in the documentation of Windows.

    Examples
    --------
    >>> [safe_file_name(text) for text in ("凤鸣街道", "../etc", "CON", "a/b.", "")]
    ['凤鸣街道', '_.._etc', '_CON', 'a_b', '_']
    """
    kept = "".join(
        "_" if char in _FORBIDDEN or unicodedata.category(char) in _INVISIBLE else char
        for char in unicodedata.normalize("NFC", text)
    )
    name = kept.strip()[:LONGEST].encode()[:_MOST_BYTES].decode(errors="ignore").rstrip(" .\u3000")
    if name.startswith("."):
        name = ("_" + name)[:LONGEST]
    if name.split(".")[0].rstrip().upper() in _RESERVED:
        name = ("_" + name)[:LONGEST]
    return name or "_"


def file_names(texts: Iterable[str]) -> dict[str, str]:
    """Give each text its own safe file name.

    Parameters
    ----------
    texts : iterable of str
        Names, such as those of all townships.

    Returns
    -------
    dict of str to str
        File name of each text; where two would be one (upper and lower case are one on Windows), the later ones get
        a number.

    Examples
    --------
    >>> file_names(["a/b", "a:b", "A_B"])
    {'a/b': 'a_b', 'a:b': 'a_b_2', 'A_B': 'A_B_3'}
    """
    named: dict[str, str] = {}
    taken: set[str] = set()
    for text in dict.fromkeys(texts):
        stem = safe_file_name(text)
        name, number = stem, 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem[: LONGEST - 8]}_{number}"
        taken.add(name.casefold())
        named[text] = name
    return named
