"""What counts as level and fair: acceptance bands of the ratio statistics (评价标准)."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from landmarket.errors import BadValueError, UnverifiedRuleWarning

EVERY = "全部"
"""Kind of a band that holds for every kind of land."""

NAMES = {
    "median": "比率中位数",
    "mean": "比率均值",
    "weighted_mean": "加权均值",
    "cod": "COD",
    "prd": "PRD",
    "prb": "PRB",
    "mki": "MKI",
    "ki": "KI",
}
"""Chinese names of the statistics, for texts."""


@dataclass(frozen=True)
class Band:
    """A band in which a statistic is acceptable (允许范围).

    Attributes
    ----------
    statistic : str
        Which statistic.
    kind : str
        Kind of land it holds for, or `EVERY`.
    low, high : float
        Its ends, both acceptable; infinite where there is none.
    below, above : str
        What it means to lie below or above, in Chinese.
    source : str
        Document, and how it was read.
    verified : bool
        Whether the document itself was read.
    """

    statistic: str
    kind: str
    low: float
    high: float
    below: str
    above: str
    source: str
    verified: bool

    @property
    def text(self) -> str:
        """Give the band as a person would write it."""
        if self.low == float("-inf"):
            return f"不大于 {self.high:g}"
        return f"不小于 {self.low:g}" if self.high == float("inf") else f"在 {self.low:g} 与 {self.high:g} 之间"

    def meaning(self, value: float) -> str:
        """Say what a value means.

        Parameters
        ----------
        value : float
            The statistic; not a number where it is not defined.

        Returns
        -------
        str
            In Chinese; empty inside the band, and where the value is not defined.
        """
        return self.below if value < self.low else self.above if value > self.high else ""


@cache
def _rows() -> tuple[Band, ...]:
    text = files("landmarket.pricing").joinpath("data/ratio_bands.csv").read_text(encoding="utf-8-sig")
    return tuple(
        Band(
            statistic=row["statistic"],
            kind=row["kind"],
            low=float(row["low"] or "-inf"),
            high=float(row["high"] or "inf"),
            below=row["below"],
            above=row["above"],
            source=row["source"],
            verified=row["verified"] == "是",
        )
        for row in csv.DictReader(text.splitlines())
    )


def ratio_bands(kind: str) -> tuple[Band, ...]:
    """Give the bands that ship for a kind of land.

    Parameters
    ----------
    kind : str
        住宅 (built up), 土地, or 乡村土地 (vacant land of rural or small markets).

    Returns
    -------
    tuple of Band
        Those of this kind and those of every kind. They are foreign practice: China has set none.

    Raises
    ------
    BadValueError
        If there are none of this kind.
    """
    kinds = list(dict.fromkeys(band.kind for band in _rows() if band.kind != EVERY))
    if kind not in kinds:
        raise BadValueError(f"ratio_bands：没有 {kind!r} 的评价标准。办法：写 {'、'.join(kinds)} 之一。")
    return tuple(band for band in _rows() if band.kind in (kind, EVERY))


def ratio_shared_bands() -> tuple[Band, ...]:
    """Give the bands that ship for every kind of land.

    Returns
    -------
    tuple of Band
        Those of the kind 全部.
    """
    return tuple(band for band in _rows() if band.kind == EVERY)


def band_of(bands: Sequence[Band], statistic: str) -> Band:
    """Find the one band of a statistic.

    Parameters
    ----------
    bands : sequence of Band
        Where to look.
    statistic : str
        Which statistic.

    Returns
    -------
    Band
        The band.

    Raises
    ------
    BadValueError
        If there is none, or more than one.
    """
    found = [band for band in bands if band.statistic == statistic]
    if len(found) != 1:
        raise BadValueError(f"评价标准：{statistic} 应有一条，现有 {len(found)} 条。办法：补上或删去多余的。")
    return found[0]


def warn_unverified(bands: Iterable[Band], stacklevel: int) -> None:
    """Warn of bands whose documents were not read.

    Parameters
    ----------
    bands : iterable of Band
        Those that are applied.
    stacklevel : int
        How far up the caller is, as for `warnings.warn`.

    Warns
    -----
    UnverifiedRuleWarning
        Once, naming all of them.
    """
    listed = [
        f"{NAMES.get(band.statistic, band.statistic)} {band.text}（{band.source}）"
        for band in bands
        if not band.verified
    ]
    if listed:
        warnings.warn(f"评价标准未经核对原文：{'；'.join(listed)}", UnverifiedRuleWarning, stacklevel=stacklevel + 1)
