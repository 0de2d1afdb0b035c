"""The parcel code (宗地代码) of 19 characters and the real-estate unit code (不动产单元代码) of 28.

::

    411081   002      004       J       B     00011     | W       00000000
    county   地籍区   地籍子区   owner   right  sequence  | fixture number

Source: 《宗地代码编制规则》 and 《不动产单元设定与代码编制规则》 (GB/T 37346-2019, from memory); no check digit.
The digits of 地籍区 and 地籍子区 are no township code: a township comes from geometry or a column, never from here.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.errors import BadValueError

LENGTH = 19
OWNERSHIPS: Mapping[str, str] = MappingProxyType({"G": "国家", "J": "集体", "Z": "未确权或争议"})
FEATURES: Mapping[str, str] = MappingProxyType(
    {
        "A": "集体土地所有权",
        "B": "建设用地使用权（地表）",
        "S": "建设用地使用权（地上）",
        "X": "建设用地使用权（地下）",
        "C": "宅基地使用权",
        "D": "土地承包经营权（耕地）",
        "E": "土地承包经营权（林地）",
        "F": "土地承包经营权（草地）",
        "H": "海域使用权",
        "G": "无居民海岛使用权",
        "W": "使用权未确定或有争议",
        "Y": "其他",
    }
)
COLLECTIVE_ONLY = ("A", "C")
FIXTURES: Mapping[str, str] = MappingProxyType({"F": "房屋等建筑物", "L": "林木", "Q": "其他", "W": "无定着物"})
_PARTS = re.compile(r"(\d{6})(\d{3})(\d{3})([A-Z])([A-Z])(\d{5})", re.ASCII)
_FIXTURE_DIGITS = 8
_CONSTRUCTION_RIGHTS = ("JB", "JS", "JX")


@dataclass(frozen=True)
class County:
    """What is known of a county code at the head of parcel codes (县级行政区代码).

    Attributes
    ----------
    code : str
        Six digits.
    name : str
        Chinese name.
    status : str
        ``current``, ``legacy`` (on old certificates only) or ``never`` (no parcel code begins with it).
    successor : str
        The code that replaced a legacy one, or empty.
    note : str
        Remarks.
    """

    code: str
    name: str
    status: str
    successor: str
    note: str


@cache
def counties() -> Mapping[str, County]:
    """County codes that ship with the package: those of 许昌.

    Returns
    -------
    mapping of str to County
        By code; read-only.
    """
    text = files("landmarket.zoning").joinpath("data", "counties.csv").read_text(encoding="utf-8-sig")
    rows = csv.DictReader(text.splitlines())
    return MappingProxyType(
        {r["code"]: County(r["code"], r["name"], r["status"], r["successor"], r["note"]) for r in rows}
    )


@dataclass(frozen=True, order=True)
class ParcelCode:
    """A parcel code in its parts (宗地代码).

    Attributes
    ----------
    county : str
        County code, 6 digits.
    district : str
        Cadastral district (地籍区), 3 digits.
    subdistrict : str
        Cadastral subdistrict (地籍子区), 3 digits.
    ownership : str
        G state, J collective, Z not settled.
    feature : str
        Kind of right (特征码), see `FEATURES`.
    sequence : int
        Sequence number, 1 to 99999.

    Raises
    ------
    BadValueError
        If the parts make no valid code.
    """

    county: str
    district: str
    subdistrict: str
    ownership: str
    feature: str
    sequence: int

    def __post_init__(self) -> None:
        problem = _problem_of(str(self))
        if problem:
            raise BadValueError(f"宗地代码 {str(self)!r} 不合规则：{problem}。办法：对照《宗地代码编制规则》改正。")

    def __str__(self) -> str:
        return f"{self.county}{self.district}{self.subdistrict}{self.ownership}{self.feature}{self.sequence:05d}"

    @property
    def is_collective(self) -> bool:
        """Whether the land is owned by a collective.

        Returns
        -------
        bool
            True for ownership J.
        """
        return self.ownership == "J"


def is_county_code(text: str) -> bool:
    """Tell whether a text is built like a county code (县级行政区代码).

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    bool
        True for six digits.

    Examples
    --------
    >>> [is_county_code(text) for text in ("411081", "41108", "禹州")]
    [True, False, False]
    """
    return re.fullmatch("[0-9]{6}", text) is not None


def build_parcel_code(county: str, district: str, subdistrict: str, ownership: str, feature: str, sequence: int) -> str:
    """Build a parcel code from its parts.

    Parameters
    ----------
    county : str
        County code, 6 digits.
    district, subdistrict : str
        地籍区 and 地籍子区, 3 digits each.
    ownership : str
        G, J or Z.
    feature : str
        Kind of right.
    sequence : int
        1 to 99999.

    Returns
    -------
    str
        19 characters.

    Raises
    ------
    BadValueError
        If the parts make no valid code.

    Examples
    --------
    The example of the standard's annex:

    >>> build_parcel_code("340123", "002", "004", "G", "B", 11)
    '340123002004GB00011'
    """
    return str(ParcelCode(county, district, subdistrict, ownership, feature, sequence))


def parse_parcel_code(code: str) -> ParcelCode:
    """Take a parcel code apart.

    Parameters
    ----------
    code : str
        19 characters.

    Returns
    -------
    ParcelCode
        Its parts.

    Raises
    ------
    BadValueError
        If it is no valid parcel code; the message says why.

    Examples
    --------
    >>> parse_parcel_code("340123002004GB00011").sequence
    11
    """
    match = _PARTS.fullmatch(code)
    problem = _problem_of(code)
    if match is None or problem:
        raise BadValueError(f"宗地代码 {code!r} 不合规则：{problem}。办法：对照《宗地代码编制规则》改正。")
    county, district, subdistrict, ownership, feature, sequence = match.groups()
    return ParcelCode(county, district, subdistrict, ownership, feature, int(sequence))


def _problem_of(code: str, accepted: tuple[str, ...] = ()) -> str:
    """What is wrong with a code, in Chinese; empty where nothing is."""
    if len(code) != LENGTH:
        return f"不是 {LENGTH} 位"
    match = _PARTS.fullmatch(code)
    if match is None:
        return "应为 12 位数字、2 个大写字母、5 位数字"
    county, _, _, ownership, feature, sequence = match.groups()
    entry = counties().get(county)
    never = entry is not None and entry.status == "never"
    found = (
        (ownership not in OWNERSHIPS, "所有权码不是 G、J、Z"),
        (feature not in FEATURES, "特征码不在规定字母内"),
        (feature in COLLECTIVE_ONLY and ownership != "J", "特征码 A、C 只能配集体所有 J"),
        (sequence == "00000", "顺序号不能为 00000"),
        (never, "该县级代码不作宗地代码的开头"),
        (bool(accepted) and not never and county not in accepted, f"县级代码不是 {'、'.join(accepted)}"),
    )
    return "；".join(what for wrong, what in found if wrong)


def _sound(codes: pd.Series[str], accepted: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    """Codes that have no problem for certain, a whole column at a time; `_problem_of` looks at the others."""
    never = [code for code, entry in counties().items() if entry.status == "never"]
    shared = "".join(sorted(set(FEATURES) - set(COLLECTIVE_ONLY)))
    shape = f"[0-9]{{12}}(?:[{''.join(OWNERSHIPS)}][{shared}]|J[{''.join(COLLECTIVE_ONLY)}])[0-9]{{5}}"
    county = codes.str[:6]
    sound = codes.str.fullmatch(shape) & ~codes.str.endswith("00000") & ~county.isin(never)
    return (sound & county.isin(accepted) if accepted else sound).to_numpy(dtype=bool)


def _accepted(county: str | None) -> tuple[str, ...]:
    if county is None:
        return ()
    return (county, *(other.code for other in counties().values() if other.successor == county))


def check_parcel_codes(codes: pd.Series[str], county: str | None = None) -> pd.DataFrame:
    """Check a column of parcel codes.

    Parameters
    ----------
    codes : Series of str
        Codes; a missing one is a problem.
    county : str, optional
        The county the parcels lie in; its legacy codes are accepted with a note. Without it only codes that never
        begin a parcel code are refused.

    Returns
    -------
    DataFrame
        On the same index: ``ok`` (bool), ``problem`` and ``note`` in Chinese, empty where there is none. Several
        problems of one code are joined by ；.
    """
    text = codes.astype("str").fillna("")
    accepted = _accepted(county)
    problems = np.full(len(text), "", dtype=object)
    doubtful = ~_sound(text, accepted)
    problems[doubtful] = [_problem_of(code, accepted) for code in text[doubtful]]
    problem = pd.Series(problems, index=codes.index, dtype="str")
    legacy = {code: entry.note for code, entry in counties().items() if entry.status == "legacy"}
    note = pd.Series("", index=codes.index, dtype="str")
    old = text.str[:6].isin(legacy) & problem.eq("")
    note[old] = text[old].str[:6].map(legacy)
    return pd.DataFrame({"ok": problem.eq(""), "problem": problem, "note": note}, index=codes.index)


def other_rights(codes: pd.Index[str] | pd.Series[str]) -> npt.NDArray[np.bool_]:
    """Find parcel codes that stand for another right than that to collective construction land (集体建设用地使用权).

    Parameters
    ----------
    codes : Index or Series of str
        Parcel codes.

    Returns
    -------
    ndarray of bool
        True where the code is built like a parcel code and its letters are not JB, JS or JX (land surface, above, below
        ground), such as GB (国有建设用地使用权), JA (集体土地所有权) or JC (宅基地使用权).
    """
    texts = pd.Series(codes, dtype="str")
    built = texts.str.fullmatch(_PARTS.pattern).fillna(False).to_numpy(dtype=bool)
    return np.asarray(built & ~texts.str[12:14].isin(_CONSTRUCTION_RIGHTS).to_numpy(), dtype=bool)


def unit_code(parcel_code: str, fixture: str = "W", number: int = 0) -> str:
    """Real-estate unit code (不动产单元代码) of 28 characters.

    Parameters
    ----------
    parcel_code : str
        Parcel code of 19 characters.
    fixture : str, default "W"
        F buildings, L trees, Q other, W none.
    number : int, default 0
        Number of the unit; 0 for bare land (W) and only there.

    Returns
    -------
    str
        28 characters.

    Raises
    ------
    BadValueError
        If the parcel code, the letter or the number is not valid.

    Examples
    --------
    >>> unit_code("340123002004GB00011")
    '340123002004GB00011W00000000'
    """
    parsed = parse_parcel_code(parcel_code)
    if fixture not in FIXTURES:
        raise BadValueError(f"定着物特征码 {fixture!r} 不是 {'、'.join(FIXTURES)}。办法：对照编码规则改正。")
    if not 0 <= number < 10**_FIXTURE_DIGITS or (number == 0) != (fixture == "W"):
        raise BadValueError(
            f"不动产单元 {parcel_code}{fixture} 的顺序号 {number} 不合规则。办法：无定着物为 0，其余从 1 起。"
        )
    return f"{parsed}{fixture}{number:0{_FIXTURE_DIGITS}d}"
