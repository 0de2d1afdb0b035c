"""Land use (用途): a code never goes without its classification, because the same digits differ between them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import pandas as pd

from landmarket.columns import label
from landmarket.errors import BadValueError, SchemeError, named_rows


class Scheme(StrEnum):
    """A classification of land uses (用地分类标准).

    Sources: 《国土空间调查、规划、用途管制用地用海分类指南》(2023); GB/T 21010-2017 《土地利用现状分类》; the working
    classes of the third national land survey (三调工作分类). What was read and what is known from memory stands in the
    column ``evidence`` of ``land_use.csv``.
    """

    用地用海 = "用地用海分类2023"
    GBT21010 = "GB/T 21010-2017"
    三调 = "三调"


@dataclass(frozen=True)
class _Class:
    name: str
    name_en: str
    category: str


def _rows(name: str) -> list[dict[str, str]]:
    text = files("landmarket.zoning").joinpath("data", name).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


@cache
def _classes() -> Mapping[tuple[str, str], _Class]:
    return MappingProxyType(
        {
            (row["scheme"], row["code"]): _Class(row["name"], row["name_en"], row["category"])
            for row in _rows("land_use.csv")
        }
    )


def scheme_of(name: str) -> Scheme:
    """Find a classification by its name.

    Parameters
    ----------
    name : str
        ``"用地用海分类2023"``, ``"GB/T 21010-2017"`` or ``"三调"``.

    Returns
    -------
    Scheme
        The classification.

    Raises
    ------
    SchemeError
        If there is none of that name.
    """
    try:
        return Scheme(name)
    except ValueError as error:
        known = "、".join(Scheme)
        raise SchemeError(f"没有用地分类 {name!r}。办法：用 {known} 之一。") from error


@dataclass(frozen=True, eq=False)
class LandUse:
    """One class of a land-use classification (用地分类代码).

    Attributes
    ----------
    scheme : str
        Classification: a `Scheme` or its value.
    code : str
        Code within it.

    Raises
    ------
    SchemeError
        If there is no such classification.
    BadValueError
        If the classification has no such code.

    Examples
    --------
    The same four digits are two kinds of land:

    >>> LandUse("用地用海分类2023", "0601").name, LandUse("三调", "0601").name
    ('农村道路', '工业用地')
    """

    scheme: str
    code: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "scheme", scheme_of(self.scheme))
        if (self.scheme, self.code) not in _classes():
            raise BadValueError(
                f"{self.scheme}没有用地代码 {self.code!r}。办法：核对分类标准；代码须为文字，0601 不能写成 601。"
            )

    @property
    def name(self) -> str:
        """Chinese name.

        Returns
        -------
        str
            For example ``"工业用地"``.
        """
        return _classes()[self.scheme, self.code].name

    @property
    def name_en(self) -> str:
        """English name.

        Returns
        -------
        str
            For example ``"Industrial land"``.
        """
        return _classes()[self.scheme, self.code].name_en

    @property
    def category(self) -> str:
        """Category of use (用途类别), the same words for all classifications, such as 商服 or 工矿仓储.

        Returns
        -------
        str
            For example ``"工矿仓储"``.
        """
        return _classes()[self.scheme, self.code].category

    def _comparable(self, other: LandUse) -> None:
        if self.scheme != other.scheme:
            raise SchemeError(
                f"不能比较不同分类的用地代码：{self} 与 {other}。办法：先用 use_crosswalk() 换算到同一分类。"
            )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LandUse):
            return NotImplemented
        self._comparable(other)
        return self.code == other.code

    def __lt__(self, other: LandUse) -> bool:
        self._comparable(other)
        return self.code < other.code

    def __hash__(self) -> int:
        return hash((self.scheme, self.code))

    def __str__(self) -> str:
        return f"{self.name}（{self.scheme} {self.code}）"

    def within(self, other: LandUse) -> bool:
        """Tell whether this class is the other or part of it.

        Parameters
        ----------
        other : LandUse
            A class of the same classification.

        Returns
        -------
        bool
            True for 090101 within 09.

        Raises
        ------
        SchemeError
            If the classifications differ.
        """
        self._comparable(other)
        return self.code.startswith(other.code)


@dataclass(frozen=True, eq=False)
class Correspondence:
    """One row of the crosswalk between classifications (用地分类对照).

    Attributes
    ----------
    use : LandUse
        The class in the other classification.
    exact : bool
        Whether the two classes are the same land; otherwise they only overlap.
    evidence : str
        Whether the row was read or is known from memory.
    """

    use: LandUse
    exact: bool
    evidence: str


@cache
def _crosswalk() -> Mapping[tuple[str, str, str], tuple[Correspondence, ...]]:
    found: dict[tuple[str, str, str], list[Correspondence]] = {}
    for row in _rows("crosswalk.csv"):
        exact, evidence = row["exactness"] == "exact", row["evidence"]
        one = LandUse(row["from_scheme"], row["from_code"])
        other = LandUse(row["to_scheme"], row["to_code"])
        for source, target in ((one, other), (other, one)):
            rows = found.setdefault((source.scheme, source.code, target.scheme), [])
            rows.append(Correspondence(target, exact, evidence))
    return MappingProxyType({key: tuple(rows) for key, rows in found.items()})


def use_crosswalk(code: str, source: str, target: str) -> tuple[Correspondence, ...]:
    """Classes of another classification that correspond to a code.

    Parameters
    ----------
    code : str
        Code in the classification it comes from.
    source : str
        Classification of the code.
    target : str
        Classification wanted.

    Returns
    -------
    tuple of Correspondence
        One where the classes are the same; several, or one that is not exact, where they only overlap.

    Raises
    ------
    SchemeError
        If a classification is unknown, or nothing corresponds.
    BadValueError
        If the code is unknown.

    Examples
    --------
    >>> [(row.use.code, row.exact) for row in use_crosswalk("0601", "三调", "用地用海分类2023")]
    [('1001', True)]
    """
    use = LandUse(source, code)
    wanted = scheme_of(target)
    if use.scheme == wanted:
        return (Correspondence(use, True, "identity"),)
    rows = _crosswalk().get((use.scheme, use.code, wanted))
    if rows is None:
        raise SchemeError(f"{use} 在 {wanted} 中没有对照。办法：人工确定，或在 crosswalk.csv 中补充带来源的对照。")
    return rows


def land_use_table(scheme: str) -> pd.DataFrame:
    """All classes of a classification.

    Parameters
    ----------
    scheme : str
        The classification.

    Returns
    -------
    DataFrame
        Index ``code``; columns ``name``, ``name_en``, ``category``.

    Raises
    ------
    SchemeError
        If there is no such classification.
    """
    wanted = scheme_of(scheme)
    rows = [(code, c.name, c.name_en, c.category) for (owner, code), c in _classes().items() if owner == wanted]
    return pd.DataFrame(rows, columns=["code", "name", "name_en", "category"]).set_index("code")


def require_codes(codes: pd.Series[str], scheme: str, needed_by: str) -> None:
    """Raise unless every code is a class of the classification.

    Parameters
    ----------
    codes : Series of str
        Codes; a missing one is refused.
    scheme : str
        The classification.
    needed_by : str
        The function that needs it, for the message.

    Raises
    ------
    BadValueError
        Naming the rows and codes.
    """
    known = codes.isin(land_use_table(scheme).index)
    if not known.all():
        bad = codes[~known]
        raise BadValueError(
            f"{needed_by}：列 {label(codes.name)} 有{scheme_of(scheme)}没有的用地代码，{named_rows(bad.index, bad)}。"
            "办法：核对代码与分类标准；代码列须按文字读取。"
        )
