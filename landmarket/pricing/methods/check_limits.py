"""Limits that a review of appraisals holds them against (估价成果核对的限值)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from landmarket.errors import NoRuleInForceError
from landmarket.rules import Rule, holding_rule, national_rules


@dataclass(frozen=True)
class CheckLimits:
    """What appraisals are held against (核对限值); a county's own by ``dataclasses.replace``.

    Attributes
    ----------
    gap : float
        Most by which two methods, or two appraisers, may differ: (higher − lower) / lower.
    least_methods : int
        Fewest methods a parcel is valued by.
    least_comparables : int
        Fewest different comparables of the market comparison method.
    far_tolerance : float
        Most by which a quotient may differ from the floor-area ratio.
    source : str
        Where the limits come from, as findings cite it.
    """

    gap: float
    least_methods: int
    least_comparables: int
    far_tolerance: float
    source: str


def check_limits(on: date) -> CheckLimits:
    """Return the limits that ship with the package.

    Parameters
    ----------
    on : date
        The day.

    Returns
    -------
    CheckLimits
        Whether their document was read is said in ``source``, hence in every finding, not here.

    Raises
    ------
    NoRuleInForceError
        If a limit is not in force on that day.
    """
    gap, methods, comparables, far = (
        _rule(key, on) for key in ("appraisal_gap_max", "appraisal_methods_min", "comparables_min", "far_tolerance")
    )
    rules = (gap, methods, comparables, far)
    cited = [rule.source + ("" if rule.verified else "（未经核对原文）") for rule in rules]
    return CheckLimits(
        gap=float(gap.number),
        least_methods=int(methods.number),
        least_comparables=int(comparables.number),
        far_tolerance=float(far.number),
        source="；".join(dict.fromkeys(cited)),
    )


def _rule(key: str, on: date) -> Rule:
    rule = holding_rule(national_rules(), key, on=on, county="", pilot=False)
    if rule is None:
        raise NoRuleInForceError(f"{on}：没有生效的核对限值 {key}。办法：自行给出 CheckLimits。")
    return rule
