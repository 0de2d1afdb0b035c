"""What a county's land book is checked against (台账方案): survey, permits, registers, local rules."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from landmarket.errors import BadValueError
from landmarket.rule_file import RuleFile, require_files
from landmarket.rules import load_toml
from landmarket.units import yuan_to_fen

_FILES = (
    *("survey", "permits", "use_records", "collectives", "decisions", "disputes", "plans", "rules"),
    *("village_incomes", "township_incomes"),
)


@dataclass(frozen=True)
class BookPlan:
    """Files and figures beside a county's land book (台账方案).

    Attributes
    ----------
    survey, permits, use_records : Path
        Patches of the land survey, permits, and what is known of the use of parcels.
    collectives, decisions, disputes, plans : Path
        Registers of collectives, of decisions, of disputes and of plans.
    rules : Path
        Local rules: cut-off day, low use and further ones.
    village_incomes : Path
        Yearly income of the villages' collectives.
    township_incomes : Path
        Residents of the townships.
    weak_income_fen : int
        Yearly income under which a village is weak [分].
    source : str
        What that figure rests on.
    """

    survey: Path
    permits: Path
    use_records: Path
    collectives: Path
    decisions: Path
    disputes: Path
    plans: Path
    rules: Path
    village_incomes: Path
    township_incomes: Path
    weak_income_fen: int
    source: str

    @property
    def files(self) -> list[Path]:
        """Every file it names."""
        return [getattr(self, name) for name in _FILES]


def read_book_plan(path: Path) -> BookPlan:
    """Read what a county's land book is checked against (台账方案).

    Parameters
    ----------
    path : Path
        The TOML file; paths in it are relative to it.

    Returns
    -------
    BookPlan
        Its content, with every file checked to exist.

    Raises
    ------
    ReadError
        If the file is not TOML, or a file it names does not exist.
    RuleError
        If a key is missing, unknown or of the wrong kind.
    BadValueError
        If the income of a weak village is not positive.
    """
    document = RuleFile(load_toml(path), str(path))
    files = {name: path.parent / document.text(name) for name in _FILES}
    income = document.number("weak_income")
    if income <= 0:
        raise BadValueError(f"{path}：weak_income（薄弱村年收入标准）= {income}。办法：填本县规定的数，单位元。")
    plan = BookPlan(**files, weak_income_fen=yuan_to_fen(income), source=document.text("source"))
    document.finish()
    require_files(path, plan.files)
    return plan
