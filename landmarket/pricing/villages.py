"""Names of villages: as registered, as notices print them, and when they mean the same (村名)."""

from __future__ import annotations

import re

_COMMITTEE = re.compile(r"(?:(?<=村)民委员会|(?<=村)委会|居民委员会|居委会|委员会|委会)$")
_SETTLEMENT = re.compile(r"(?:社区|村)$")
_SEPARATORS = re.compile(r"[、，,；;\s]+")


def village_names(name: str) -> tuple[str, str, str]:
    """Give the names under which a village is looked for, most particular first.

    Parameters
    ----------
    name : str
        Official or everyday name.

    Returns
    -------
    tuple of str
        Full name; without the committee; also without 社区 or 村.

    Examples
    --------
    >>> village_names("长春社区居委会"), village_names("王庄村民委员会")
    (('长春社区居委会', '长春社区', '长春'), ('王庄村民委员会', '王庄村', '王庄'))
    """
    full = re.sub(r"\s+", "", name)
    without = _COMMITTEE.sub("", full) or full
    return full, without, _SETTLEMENT.sub("", without) or without


def listed_names(text: str) -> list[str]:
    """Split a list of names as notices print it.

    Parameters
    ----------
    text : str
        For example ``东关村、西关村``.

    Returns
    -------
    list of str
        The names.
    """
    return [name for name in _SEPARATORS.split(text) if name]
