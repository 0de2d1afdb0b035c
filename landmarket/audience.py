"""For whom an output is made (使用范围): office or public; and how its inputs are classified (资料密级)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from landmarket.errors import BadValueError, NoRuleInForceError
from landmarket.rules import rule_in_force, shipped_rules

INTERNAL = "内部工作用图，未经地图审核，不得公开"
"""On every map, sheet and page that is not for the public."""

INTERNAL_TABLE = "内部工作用表，未经审核，不得公开"
"""On every sheet of a workbook."""

INTERNAL_DRAFT = "内部工作稿，未经审核，不得公开"
"""On every page of a document."""

_REVIEW_NUMBER = re.compile(r"[\u4e00-\u9fffA-Z]{1,10}[（(〔\[](19|20)\d\d年?[）)〕\]]\s?\d{1,6}号")


class Classification(StrEnum):
    """How a file is classified (资料密级), from what anybody may see to what the fewest may."""

    PUBLIC = "公开"
    INTERNAL = "内部"
    CONFIDENTIAL = "秘密"
    SECRET = "机密"  # noqa: S105  # a grade, not a password
    TOP_SECRET = "绝密"  # noqa: S105

    @property
    def rank(self) -> int:
        """Place in the order, the public first."""
        return list(Classification).index(self)


@dataclass(frozen=True)
class Audience:
    """For whom an output is made (使用范围).

    Attributes
    ----------
    review_number : str
        Number of the map review (审图号), such as 豫S（2026）012号; empty for the office.
    accuracy : float
        How far a drawn point may lie from the surveyed one along either axis [m]; zero where coordinates are exact.

    Raises
    ------
    BadValueError
        If the number is not one, or an output for the public is exact, or one for the office is not.
    """

    review_number: str = ""
    accuracy: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what no output may be made with."""
        if self.review_number and not _REVIEW_NUMBER.fullmatch(self.review_number):
            raise BadValueError(
                f"审图号“{self.review_number}”不像审图号。办法：公开前先送审，再照批准文件填写，如 豫S（2026）012号。"
            )
        if bool(self.review_number) != (self.accuracy > 0):
            raise BadValueError(
                f"使用范围：审图号“{self.review_number}”与位置精度 {self.accuracy:g} m 不相称。"
                "办法：公开的用 public_audience()，内部的用 OFFICE。"
            )

    @property
    def public(self) -> bool:
        """Whether anybody may see it."""
        return bool(self.review_number)

    @property
    def exact(self) -> bool:
        """Whether surveyed coordinates stand in it."""
        return self.accuracy == 0.0

    @property
    def foot(self) -> str:
        """What stands first in the foot of each page."""
        return f"审图号：{self.review_number}" if self.public else INTERNAL


OFFICE = Audience()
"""For work inside the office, with exact coordinates."""


def public_audience(review_number: str, *, on: date) -> Audience:
    """Make outputs for the public (公开), which need a review number and hold no exact coordinates.

    Parameters
    ----------
    review_number : str
        The number under which the map passed its review (审图号), such as ``"豫S（2026）012号"``.
    on : date
        Day of publication: the limit of accuracy in force is taken.

    Returns
    -------
    Audience
        To be given to `township_maps`, `county_map`, `village_map` or `Imprint`.

    Raises
    ------
    BadValueError
        If the number is not one.
    NoRuleInForceError
        If no limit of accuracy is in force.

    Warns
    -----
    UnverifiedRuleWarning
        If nobody has compared the limit with its document.

    Notes
    -----
    What is published must be the map that was reviewed: the number is printed, it is not checked with the office
    that gave it. Whether codes, prices and other columns may be shown is decided by whoever chooses the columns.
    """
    number = review_number.strip()
    if not _REVIEW_NUMBER.fullmatch(number):
        raise BadValueError(
            f"审图号“{review_number}”不像审图号。办法：公开前先送审，再照批准文件填写，如 豫S（2026）012号。"
        )
    limit = rule_in_force(shipped_rules("maps"), "public_position_accuracy", on=on, county="", pilot=False)
    if limit is None:
        raise NoRuleInForceError(f"{on:%Y-%m-%d} 没有公开地图位置精度的规定。办法：核对公开日期。")
    return Audience(number, float(limit.number))


def strictest(stated: Mapping[str, Classification]) -> tuple[Classification, tuple[str, ...]]:
    """Find the classification of what is made from several inputs (成果密级): that of the most restrictive.

    Parameters
    ----------
    stated : mapping of str to Classification
        By the name of the input.

    Returns
    -------
    tuple of Classification and tuple of str
        The classification, and the inputs that cause it; 内部 by none where there is no input.

    Examples
    --------
    >>> found, inputs = strictest({"宗地": Classification.CONFIDENTIAL, "道路": Classification.PUBLIC})
    >>> str(found), inputs
    ('秘密', ('宗地',))
    """
    highest = max(stated.values(), key=lambda one: one.rank, default=Classification.INTERNAL)
    return highest, tuple(name for name, one in stated.items() if one is highest)


def require_audience(audience: Audience, stated: Mapping[str, Classification]) -> None:
    """Raise unless what is made from inputs may go to an audience (公开前核对密级).

    Parameters
    ----------
    audience : Audience
        For whom.
    stated : mapping of str to Classification
        Classification of each input, by its name.

    Raises
    ------
    BadValueError
        If it is for the public and an input is not 公开.
    """
    closed = [f"{name}（{one}）" for name, one in stated.items() if one is not Classification.PUBLIC]
    if audience.public and closed:
        raise BadValueError(
            f"公开成果不得由未公开的资料制作：{'、'.join(closed)}。"
            "办法：经定密、公开审查后，在县配置的 [classification] 中写明“公开”；否则去掉审图号，只作内部用图。"
        )
