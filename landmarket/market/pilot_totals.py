"""Totals that pilots report of their deals (试点合计), as published: no deal of theirs is known by itself."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class PilotTotals:
    """What a pilot reports of its deals (试点合计).

    Attributes
    ----------
    pilot, place, dated : str
        Name, place, and the day as precise as published.
    parcels : int
        Number of deals.
    area_mu : Decimal
        Their area [亩].
    money_wan : Decimal
        Their prices together [万元].
    source : str
        Where it was published.
    verified : bool
        Whether the page was read and its address is known.
    note : str
        What is not known of them.
    """

    pilot: str
    place: str
    dated: str
    parcels: int
    area_mu: Decimal
    money_wan: Decimal
    source: str
    verified: bool
    note: str

    @property
    def wan_per_mu(self) -> Fraction:
        """Mean price [万元/亩], exact."""
        return Fraction(self.money_wan) / Fraction(self.area_mu)


@cache
def pilot_totals() -> tuple[PilotTotals, ...]:
    """Return the totals of pilots that ship with the package (试点合计).

    Returns
    -------
    tuple of PilotTotals
        As published.

    Examples
    --------
    许昌, early 2022: 75.95 万元/亩.

    >>> round(float(pilot_totals()[0].wan_per_mu), 2)
    75.95
    """
    text = files("landmarket.market").joinpath("data/pilot_totals.csv").read_text(encoding="utf-8-sig")
    return tuple(
        PilotTotals(
            row["pilot"],
            row["place"],
            row["dated"],
            int(row["parcels"]),
            Decimal(row["area_mu"]),
            Decimal(row["money_wan"]),
            row["source"],
            row["verified"] == "是",
            row["note"],
        )
        for row in csv.DictReader(text.splitlines())
    )
