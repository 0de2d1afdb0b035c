"""File names that every operating system takes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

LONGEST = 60
"""Characters of a file name before its ending."""

_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³")}
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\s%#&;=+,!`$(){}\[\]@^~\']+')


def safe_stem(text: str) -> str:
    """Make a file name, without its ending, from any text.

    Parameters
    ----------
    text : str
        For example a township's code and name.

    Returns
    -------
    str
        Letters, digits and Chinese characters kept; what Windows forbids, controls and marks of direction become
        ``_``; no device name, no leading or trailing dot, at most 60 characters, never empty.

    Examples
    --------
    >>> safe_stem("411081100_火龙镇"), safe_stem("CON"), safe_stem("a/../b. ")
    ('411081100_火龙镇', '_CON', 'a_.._b')
    """
    kept = "".join("_" if unicodedata.category(c)[0] in "CZ" else c for c in unicodedata.normalize("NFC", text))
    stem = re.sub(r"_{2,}", "_", _FORBIDDEN.sub("_", kept)).strip("._")[:LONGEST].rstrip("._")
    if stem.split(".")[0].casefold() in _RESERVED:
        stem = f"_{stem}"
    return stem or "_"


def distinct_stems(texts: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """Make file names that differ also where capital letters do not count.

    Parameters
    ----------
    texts : iterable of str
        One text a file.
    taken : iterable of str
        Names that must not be used.

    Returns
    -------
    list of str
        One name a text, same order; the second of two equal ones ends in ``_2``.

    Examples
    --------
    >>> distinct_stems(["A?", "a*", "index"], taken=["index"])
    ['A', 'a_2', 'index_2']
    """
    used = {name.casefold() for name in taken}
    stems = []
    for text in texts:
        stem = first = safe_stem(text)
        number = 1
        while stem.casefold() in used:
            number += 1
            stem = f"{first}_{number}"
        used.add(stem.casefold())
        stems.append(stem)
    return stems
