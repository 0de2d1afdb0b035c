"""Exceptions and warnings of the package, and the one way their messages are built.

::

    LandMarketError
     ├── BadValueError        (ValueError)   a value in a row cannot be used
     ├── MissingColumnError   (LookupError)  a table lacks a column
     ├── IndexMismatchError   (ValueError)   two tables do not describe the same parcels
     ├── CrsError             (ValueError)   no, a wrong or a geographic coordinate system
     ├── SchemeError          (ValueError)   land-use codes of two schemes meet
     ├── ReadError            (ValueError)   a file cannot be read as what it should be
     ├── NoPriceError         (LookupError)  the notice has no price for a parcel
     ├── StalePriceTableError (ValueError)   the notice is too old to be applied
     ├── RuleError            (ValueError)   a rule file is malformed or gives two answers
     ├── NoRuleInForceError   (LookupError)  no rule is in force on that date
     ├── UnsupportedModeError (ValueError)   a mode of deal that is not simulated yet
     ├── ClusterError         (RuntimeError) a cluster cannot be reached, or stopped before the work was done
     ├── FontError            (LookupError)  no font has the Chinese characters of a chart
     └── OutputError          (OSError)      a result cannot be written whole

    LandMarketWarning (UserWarning)
     ├── UnverifiedRuleWarning               a rule nobody has checked is being applied
     ├── PriceTableWarning                   a cell of the notice looks wrong
     ├── DealTermsWarning                    terms of a deal fall short of a national minimum
     ├── CoordinateWarning                   coordinates of another datum, of untrue areas, or not where their codes say
     └── ShiftedDataWarning                  a layer looks as if it was traced from a shifted map
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import numpy as np

SHOWN = 10
"""How many bad rows a message names before it only counts the rest."""


class LandMarketError(Exception):
    """Anything this package refuses to do; the message says what, where and how to cure it."""


class BadValueError(LandMarketError, ValueError):
    """A value in a row cannot be used."""


class MissingColumnError(LandMarketError, LookupError):
    """A table lacks a column that the function needs."""


class IndexMismatchError(LandMarketError, ValueError):
    """Two tables that must describe the same parcels do not."""


class CrsError(LandMarketError, ValueError):
    """The coordinate system is missing, geographic where metres are needed, or not the other layer's."""


class SchemeError(LandMarketError, ValueError):
    """Land-use codes of two schemes were compared or joined."""


class ReadError(LandMarketError, ValueError):
    """A file cannot be read as what it should be."""


class NoPriceError(LandMarketError, LookupError):
    """The notice has no benchmark price for a parcel."""


class StalePriceTableError(LandMarketError, ValueError):
    """The notice is older than the rule on staleness allows."""


class RuleError(LandMarketError, ValueError):
    """A rule file is malformed, or two rules claim the same day."""


class NoRuleInForceError(LandMarketError, LookupError):
    """No rule is in force on that date, in that county: neither zero nor a default."""


class UnsupportedModeError(LandMarketError, ValueError):
    """This mode of deal (交易方式) is lawful but not simulated yet."""


class ClusterError(LandMarketError, RuntimeError):
    """A cluster cannot be reached, or stopped before the work was done."""


class FontError(LandMarketError, LookupError):
    """No installed font, or not the one named, can write Chinese."""


class OutputError(LandMarketError, OSError):
    """A result cannot be written whole, so nothing was written."""


class LandMarketWarning(UserWarning):
    """Something the analyst should look at, while the work goes on."""


class UnverifiedRuleWarning(LandMarketWarning):
    """A rule nobody has checked against its document is being applied."""


class PriceTableWarning(LandMarketWarning):
    """A cell of a price notice looks wrong."""


class DealTermsWarning(LandMarketWarning):
    """Terms of a deal fall short of a national minimum that is applied by analogy."""


class CoordinateWarning(LandMarketWarning):
    """Coordinates are of another datum than CGCS2000, give untrue areas, or do not lie where their codes say."""


class ShiftedDataWarning(LandMarketWarning):
    """A layer lies where a map in shifted coordinates (GCJ-02) would put it."""


def named_rows(rows: Iterable[object], values: Iterable[object] | None = None) -> str:
    """List bad rows for a message: the count, and the first ten by name.

    Parameters
    ----------
    rows : iterable of object
        Parcel codes or source rows.
    values : iterable of object, optional
        The offending value of each row, same order.

    Returns
    -------
    str
        For example ``"共 2 行：411081…00001 = 'abc'、411081…00002 = ''"``.
    """
    names = [str(row) for row in rows]
    if values is not None:
        names = [f"{name} = {_written(value)}" for name, value in zip(names, values, strict=True)]
    shown = "、".join(names[:SHOWN])
    more = f" 等（另有 {len(names) - SHOWN} 行）" if len(names) > SHOWN else ""
    return f"共 {len(names)} 行：{shown}{more}"


def _written(value: object) -> str:
    """Write a value as it would be typed: a number or a day without the name of its type."""
    if isinstance(value, date) and value == value:  # the missing day is a date too, and equals nothing
        return f"{value:%Y-%m-%d}"
    return str(value) if isinstance(value, np.generic | Decimal) else repr(value)
