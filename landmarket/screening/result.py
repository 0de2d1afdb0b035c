"""What screening gives, and what it finds on the way (数据检查结果)."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.columns import label
from landmarket.display import frame_table, paragraph
from landmarket.errors import SHOWN

_SEVERITIES = ["错误", "警告", "提示"]
_SUMMARY = ["严重程度", "检查项", "列", "数量", "行", "值", "办法"]
WHOLE_COLUMN = 0
"""Source row of a finding that concerns a whole column."""
WHOLE = "整列"
"""How people are told of it."""

_FINDING = ["source_row", "parcel_code", "check", "severity", "column", "value", "cure"]
FACTS = (
    "fault",
    "fault_x",
    "fault_y",
    "area_before",
    "area_after",
    "registered_area",
    "ellipsoidal_area",
    "plane_area",
)
"""Columns of findings that only checks of shapes and areas fill."""

Mask = npt.NDArray[np.bool_]


class Screening(NamedTuple):
    """What screening gives (数据检查结果).

    Attributes
    ----------
    accepted : GeoDataFrame
        Rows that can be worked with; index ``parcel_code``, unique; projected coordinates; values typed; columns
        ``source_row``, ``ellipsoidal_area``, ``area`` and ``area_source`` added.
    findings : DataFrame
        One row per problem: source row, parcel code, check, severity, column, value, cure; and the facts of shapes and
        areas, missing elsewhere: ``fault``, ``fault_x``, ``fault_y`` [m], ``area_before``, ``area_after``,
        ``registered_area``, ``ellipsoidal_area``, ``plane_area`` [㎡].
    set_aside : GeoDataFrame
        The other rows as they were read, with ``set_aside_reason``; index ``source_row``.
    """

    accepted: gpd.GeoDataFrame
    findings: pd.DataFrame
    set_aside: gpd.GeoDataFrame

    @property
    def counts(self) -> dict[str, int]:
        """The three counts that stand on every output: 读入, 采用, 暂不处理."""
        return {
            "读入": len(self.accepted) + len(self.set_aside),
            "采用": len(self.accepted),
            "暂不处理": len(self.set_aside),
        }

    def __repr__(self) -> str:
        """Give the counts instead of printing all tables."""
        return f"<Screening {'，'.join(f'{name} {count} 宗' for name, count in self.counts.items())}>"

    def _repr_html_(self) -> str:
        """Show the counts and the findings in a notebook; every text is escaped."""
        counts = "；".join(f"{name} {count} 宗" for name, count in self.counts.items())
        return paragraph(counts) + frame_table(self.summary())

    def summary(self) -> pd.DataFrame:
        """Group the findings by check and column.

        Returns
        -------
        DataFrame
            严重程度, 检查项, 列, 数量, 行 (first ten source rows, or 整列), 值 (their values), 办法; errors first.
        """
        keys = ["severity", "check", "column", "cure"]
        groups = self.findings.groupby(keys, sort=False)
        table = groups["source_row"].nunique().reset_index(name="数量")
        for name, header in (("source_row", "行"), ("value", "值")):
            distinct = self.findings[[*keys, name]].drop_duplicates()
            first_ten = distinct.groupby(keys, sort=False).head(SHOWN)
            shown = first_ten[name].astype("str").mask(first_ten[name].eq(WHOLE_COLUMN), WHOLE)
            texts = first_ten.assign(**{name: shown}).groupby(keys, sort=False)[name]
            table[header] = texts.agg("、".join).to_numpy()
        table["column"] = table["column"].map(label)
        table = table.sort_values("severity", key=lambda names: names.map(_SEVERITIES.index), kind="stable")
        headers = {"severity": "严重程度", "check": "检查项", "column": "列", "cure": "办法"}
        return table.rename(columns=headers)[_SUMMARY].reset_index(drop=True)


@dataclass(frozen=True)
class Check:
    """One check (检查项), as ``checks.csv`` describes it.

    Attributes
    ----------
    name : str
        Chinese name.
    severity : str
        错误 sets the row aside; 警告 and 提示 do not.
    column : str
        Column it looks at, where it is always the same.
    cure : str
        What the analyst should do, in Chinese.
    """

    name: str
    severity: str
    column: str
    cure: str


@cache
def checks() -> dict[str, Check]:
    """Return all checks by key.

    Returns
    -------
    dict of str to Check
        In the order of ``checks.csv``.
    """
    text = files("landmarket.screening").joinpath("checks.csv").read_text(encoding="utf-8-sig")
    rows = csv.DictReader(text.splitlines())
    return {row["key"]: Check(row["name"], row["severity"], row["column"], row["cure"]) for row in rows}


class Findings:
    """Collects findings while the checks run; lives inside one call of `screen`.

    Parameters
    ----------
    codes : Series of str
        Parcel code of every row, on the index of source rows.
    """

    def __init__(self, codes: pd.Series[str]) -> None:
        self._codes = codes
        self._frames: list[pd.DataFrame] = []

    def add(
        self,
        key: str,
        rows: Mask,
        values: Sequence[str] | pd.Series[str],
        column: str = "",
        facts: pd.DataFrame | None = None,
        cure: str = "",
    ) -> None:
        """Record the rows that one check finds.

        Parameters
        ----------
        key : str
            Key of the check.
        rows : ndarray of bool
            The rows found.
        values : sequence of str or Series
            What each of them holds, one value per marked row.
        column : str, default ""
            Column, where the check is made of several.
        facts : DataFrame, optional
            Some of `FACTS`, one row per marked row, in their order.
        cure : str, default ""
            What to do, where it hangs on the column.
        """
        if not rows.any():
            return
        check = checks()[key]
        index = self._codes.index[rows]
        told = pd.DataFrame(
            {
                "source_row": index,
                "parcel_code": self._codes[rows].to_numpy(),
                "check": check.name,
                "severity": check.severity,
                "column": column or check.column,
                "value": pd.Series(values).astype("str").fillna("").to_numpy(),
                "cure": cure or check.cure,
            }
        )
        self._frames.append(told if facts is None else told.join(facts.set_axis(told.index, axis=0)))

    def add_column(self, key: str, column: str, value: str = WHOLE) -> None:
        """Record a finding that concerns a whole column; it stands under source row 0.

        Parameters
        ----------
        key : str
            Key of the check.
        column : str
            Identifier of the column.
        value : str
            What was found instead of it.
        """
        check = checks()[key]
        row = [WHOLE_COLUMN, "", check.name, check.severity, column, value, check.cure]
        self._frames.append(pd.DataFrame([row], columns=_FINDING))

    def of(self, column: str) -> Mask:
        """Rows of which something was found in a column so far.

        Parameters
        ----------
        column : str
            Identifier of the column.

        Returns
        -------
        ndarray of bool
            On the index of source rows.
        """
        rows = [frame.loc[frame["column"].eq(column), "source_row"] for frame in self._frames]
        return np.asarray(self._codes.index.isin(pd.concat(rows)) if rows else np.zeros(len(self._codes)), dtype=bool)

    def table(self) -> pd.DataFrame:
        """Give all findings.

        Returns
        -------
        DataFrame
            One row per row and check, in the order of the checks.
        """
        columns = [*_FINDING, *FACTS]
        if not self._frames:
            return pd.DataFrame(columns=columns)
        table = pd.concat(self._frames, ignore_index=True).reindex(columns=columns)
        kinds = {name: "str" if name == "fault" else "float64" for name in FACTS}
        return table.astype(kinds)


def row_numbers(findings: pd.DataFrame) -> pd.Series[int]:
    """Number the findings by source row for people; a finding on a whole column has no number (行号).

    Parameters
    ----------
    findings : DataFrame
        Findings.

    Returns
    -------
    Series of Int64
        On the same index.
    """
    rows = findings["source_row"].astype("Int64")
    return rows.mask(rows.eq(WHOLE_COLUMN))


def joined(findings: pd.DataFrame, column: str) -> pd.Series[str]:
    """Join what findings hold of each row, each text once (逐宗合并).

    Parameters
    ----------
    findings : DataFrame
        Findings, in the order in which they are to be told.
    column : str
        Column of texts.

    Returns
    -------
    Series of str
        By source row: the texts joined by ；.
    """
    once = findings.drop_duplicates(["source_row", column])
    numbers, texts = pd.factorize(once[column])
    rows, index = pd.factorize(once["source_row"])
    place = once.groupby("source_row").cumcount().to_numpy()
    said, told = np.zeros(len(index), dtype=np.int64), [""]
    for turn in range(place.max(initial=-1) + 1):  # many rows say the same: each sequence of texts is joined once
        now = place == turn
        pairs, distinct = pd.factorize(said[rows[now]] * len(texts) + numbers[now])
        before, added = np.divmod(distinct, len(texts))
        ends = [(told[one], str(texts[other])) for one, other in zip(before, added, strict=True)]
        said[rows[now]] = pairs + len(told)
        told += [f"{start}；{text}" if turn else text for start, text in ends]
    return pd.Series(np.array(told, dtype="object")[said], index=index, dtype="str")
