"""A county's rules of market entry (入市规则), read from its own file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from landmarket.display import paragraph
from landmarket.errors import RuleError
from landmarket.rules import Rule, load_toml, national_rules, read_rules, rules_shown
from landmarket.workdays import HolidayNotice, holiday_notices
from landmarket.zoning.use import Scheme, land_use_table, scheme_of

JOINT = "、"
_LOCAL_KEYS = (
    "entry_use_codes",
    "entry_use_codes_added",
    "entry_warn_codes",
    "entry_least_use_share",
    "entry_most_overlap_share",
    "entry_plan_types",
    "entry_filing_days",
    "entry_sources",
    "entry_sources_to_convert",
    "entry_pathways",
)
_VOTE_KEYS = ("vote_majority:", "vote_quorum:", "vote_least_total:")
_HEAD = ("name", "county", "pilot", "scheme", "rule", "holidays")


@dataclass(frozen=True)
class EntryRule:
    """A county's rules of market entry (入市规则): what it adds to, or puts in place of, the national ones.

    Attributes
    ----------
    name : str
        Name of the rules.
    county : str
        County code, 6 digits.
    pilot : bool
        Whether the county is a pilot county.
    rules : tuple of Rule
        Dated local rules. Lists are texts joined by 、; a list of codes names their classification as its unit.
        The keys are

        - ``entry_use_codes``: codes (or their beginnings) that may enter, in place of the national list;
        - ``entry_use_codes_added``: codes that may enter beside that list;
        - ``entry_warn_codes``: codes that may enter with a remark;
        - ``entry_least_use_share``: share of a parcel that its planned use must cover, 0 to 1;
        - ``entry_most_overlap_share``: share of a parcel that may lie under several plan areas, 0 to 1; the national
          default lets pass what is noise of areas that share an edge;
        - ``entry_plan_types``: kinds of plan that entry can rest on;
        - ``entry_filing_days``: working days between filing the plan and entry;
        - ``entry_sources``: sources of land that may enter;
        - ``entry_sources_to_convert``: sources that need a conversion document;
        - ``entry_pathways``: pathways that may be taken;
        - ``vote_majority:``, ``vote_quorum:``, ``vote_least_total:`` with the body's name, as in the national file.

        A key with no rule in force on the day asks for nothing, except that a vote of a body with no majority in
        force cannot be judged, and that without ``entry_use_codes`` no land may enter. A rule that names its
        ``counties`` replaces the national one of its key.
    scheme : str
        Classification of the planned-use codes.
    holidays : tuple of HolidayNotice
        Public holidays of years the package does not know.
    """

    name: str
    county: str
    pilot: bool
    rules: tuple[Rule, ...] = ()
    scheme: str = Scheme.用地用海
    holidays: tuple[HolidayNotice, ...] = ()

    def __repr__(self) -> str:
        """Name the rules and count the county's own."""
        return f"<EntryRule {self._heading()}，本县规则 {len(self.rules)} 条>"

    def _repr_html_(self) -> str:
        """Show the county's own rules in a notebook; the national ones are in `all_rules`."""
        return paragraph(f"{self._heading()}，用途代码：{self.scheme}") + rules_shown(self.rules)

    def _heading(self) -> str:
        return f"{self.name}：{self.county}，{'试点' if self.pilot else '非试点'}"

    @property
    def all_rules(self) -> tuple[Rule, ...]:
        """National and local rules together.

        Returns
        -------
        tuple of Rule
            National rules first.
        """
        return (*national_rules(), *self.rules)


def read_entry_rule(path: Path | str) -> EntryRule:
    """Read a county's rules of market entry.

    Parameters
    ----------
    path : path-like
        TOML file with ``name``, ``county``, ``pilot``, optionally ``scheme``, ``[[rule]]`` records and
        ``[[holidays]]``.

    Returns
    -------
    EntryRule
        The rules; a record that names no ``counties`` is the county's own.

    Raises
    ------
    ReadError
        If the file cannot be read.
    RuleError
        If a key is missing or unknown, a value has the wrong kind, or a code is not in the classification.
    """
    path = Path(path)
    document = load_toml(path)
    unknown = [key for key in document if key not in _HEAD]
    name, county, pilot = document.get("name"), document.get("county"), document.get("pilot")
    if unknown or not isinstance(name, str) or not isinstance(county, str) or not isinstance(pilot, bool):
        raise RuleError(
            f"{path}：须有 name、county（文字）与 pilot（true/false），不认识 {unknown}。办法：按入市规则文件格式改正。"
        )
    rules = read_rules(path) if "rule" in document else ()
    scheme = str(scheme_of(str(document.get("scheme", Scheme.用地用海))))
    for rule in rules:
        if rule.key not in _LOCAL_KEYS and not rule.key.startswith(_VOTE_KEYS):
            raise RuleError(f"{path}：不认识规则 {rule.key}（{rule.name}）。办法：用 {JOINT.join(_LOCAL_KEYS)} 之一。")
        if rule.key.endswith(("_codes", "_codes_added")):
            _check_codes(rule, path)
    rules = tuple(replace(rule, counties=rule.counties or (county,)) for rule in rules)
    return EntryRule(name, county, pilot, rules, scheme, holiday_notices(document.get("holidays", []), str(path)))


def _check_codes(rule: Rule, path: Path) -> None:
    known = land_use_table(rule.unit).index
    strange = [code for code in words(rule) if code not in known]
    if strange:
        raise RuleError(
            f"{path}：规则 {rule.key} 的代码 {JOINT.join(strange)} 不在{rule.unit}中。办法：以“、”分隔，unit 写明分类。"
        )


def words(rule: Rule | None) -> tuple[str, ...]:
    """The words of a rule whose value is a list joined by 、.

    Parameters
    ----------
    rule : Rule or None
        The rule.

    Returns
    -------
    tuple of str
        Empty where there is no rule.

    Raises
    ------
    RuleError
        If the value is no text.
    """
    if rule is None:
        return ()
    if not isinstance(rule.value, str):
        raise RuleError(f"规则 {rule.key}（{rule.name}）的值 {rule.value!r} 不是文字。办法：写成以“、”分隔的文字。")
    return tuple(word.strip() for word in rule.value.split(JOINT) if word.strip())
